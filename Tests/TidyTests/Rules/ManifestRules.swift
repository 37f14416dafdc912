/// Rules on `Package.swift`'s settings: strictness is set once, in a loop over all targets.
enum ManifestRules {
  static let requiredSettings = [
    ".enableUpcomingFeature(\"ExistentialAny\")",
    ".enableUpcomingFeature(\"ImmutableWeakCaptures\")",
    ".enableUpcomingFeature(\"InferIsolatedConformances\")",
    ".enableUpcomingFeature(\"InternalImportsByDefault\")",
    ".enableUpcomingFeature(\"MemberImportVisibility\")",
    ".enableUpcomingFeature(\"NonisolatedNonsendingByDefault\")",
    ".treatAllWarnings(as: .error)",
  ]
  static let loop = "for target in package.targets where ![.system, .plugin, .macro, .binary].contains(target.type) {"
  static let assignment = "target.swiftSettings = (target.swiftSettings ?? []) + strictSettings"

  static func check(_ text: String) -> [Finding] {
    var findings: [Finding] = []
    func report(_ message: String) { findings.append(Finding(path: "Package.swift", line: 1, message: message)) }
    for needed in requiredSettings + [loop, assignment, "swiftLanguageModes: [.v6]"] where !text.contains(needed) {
      report("lacks '\(needed)'")
    }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      // How a program is linked is its own matter; how it is compiled is everybody's.
      let isSetting =
        line.contains("swiftSettings") || line.contains("cSettings")
        || line.contains("unsafeFlags") && !line.contains("linkerSettings")
      if isSetting, !line.contains(assignment) {
        let message = "sets compiler options for one target: options are set once, for all, in the loop"
        findings.append(Finding(path: "Package.swift", line: index + 1, message: message))
      }
    }
    for target in Manifest(text).targets where [.plugin, .macro, .binaryTarget].contains(target.kind) {
      report("\(target.name) is a \(target.kind.rawValue), which the strict loop leaves out")
    }
    return findings
  }

  /// Every folder below Sources is a target's, and every target has its folder.
  static func checkFolders(manifest: Manifest, files: [String]) -> [Finding] {
    let folders = Set(
      files.filter { $0.hasPrefix("Sources/") }.compactMap { $0.split(separator: "/").dropFirst().first }
    )
    let targets = Set(manifest.targets.filter { $0.floor != nil }.map(\.name))
    let lonely = folders.map(String.init).filter { !targets.contains($0) }
    let missing = targets.filter { !folders.contains(Substring($0)) }
    return lonely.map { Finding(path: "Sources/\($0)", line: 1, message: "is the folder of no target") }
      + missing.map { Finding(path: "Package.swift", line: 1, message: "the target \($0) has no folder in Sources") }
  }
}
