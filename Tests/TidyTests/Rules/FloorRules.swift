/// Rules on who may know whom: floors, the doors to C, modules without Foundation.
enum FloorRules {
  struct Import: Equatable {
    let line: Int
    let module: String
    /// `package` or `public`: the module's types may stand in signatures.
    let isReexported: Bool
  }

  /// Modules that are neither ours nor another package's: the toolchain's.
  static let toolchainModules: Set<String> = [
    "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Observation", "RegexBuilder", "Swift",
    "Synchronization",
    "Testing", "_Concurrency", "PackageDescription",
  ]

  /// The one module that others of floor 0 may import: what the standard library lacks, without dependencies.
  static let ground = "StandardExtensions"

  /// Declared by nearly every target whether it needs them today or not.
  static let common: Set<String> = [ground, "Diagnostics"]

  /// Who may import each door to C.
  static let doors: [String: Set<String>] = [
    "CLibUV": ["EventLoop"],
    "CLibGit2": ["Workspace"],
    "CSandbox": ["Sandbox", "baton-sandbox"],
  ]

  /// Modules of the hot path and of pure rules, which stay free of Foundation's start-up time and size.
  static let withoutFoundation: Set<String> = ["EventLoop", "JSONRPC", "BatonProtocol", "Domain", "Conductor"]

  static func imports(of file: SourceFile) -> [Import] {
    var result: [Import] = []
    for (index, line) in file.codeLines.enumerated() where line.contains("import ") {
      let pattern =
        /^\s*(?:@[\w()]+\s+)*(?:(package|public|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/
      guard let match = line.firstMatch(of: pattern) else { continue }
      let isReexported = match.1 == "package" || match.1 == "public"
      result.append(Import(line: index + 1, module: String(match.2), isReexported: isReexported))
    }
    return result
  }

  /// Every dependency of a target lies on a lower floor, in the manifest itself.
  static func checkManifest(_ manifest: Manifest) -> [Finding] {
    var findings: [Finding] = []
    func report(_ message: String) { findings.append(Finding(path: "Package.swift", line: 1, message: message)) }
    for target in manifest.targets {
      if target.floor == nil, !["Tests", "Benchmarks"].contains(target.section) {
        report("\(target.name) stands on no floor: put it below a '// MARK: Floor N: …' comment")
      }
      for name in target.dependencies.sorted() {
        guard let dependency = manifest.target(name) else {
          report("\(target.name) depends on \(name), which is no target here")
          continue
        }
        guard let floor = target.floor else { continue }
        let isLower = dependency.floor.map { $0 < floor } ?? false
        if !isLower, !(floor == 0 && name == ground) {
          report("\(target.name) (floor \(floor)) depends on \(name), which is not on a lower floor")
        }
      }
    }
    return findings
  }

  /// Every import of a target's file is declared in the manifest (whose dependencies are checked above).
  static func checkImports(_ file: SourceFile, manifest: Manifest) -> [Finding] {
    guard let name = file.target else { return [] }
    guard let target = manifest.target(name) else {
      return [Finding(path: file.path, line: 1, message: "lies in the folder of no target: \(name)")]
    }
    return imports(of: file).compactMap { used in
      let module = used.module
      if module == name || toolchainModules.contains(module) || target.products.contains(module) { return nil }
      if target.dependencies.contains(module) { return nil }
      let message = "imports \(module), which \(name) does not declare in Package.swift"
      return Finding(path: file.path, line: used.line, message: message)
    }
  }

  /// Every declared dependency of a floor's target is imported by one of its files: a dependency nobody uses hides who
  /// knows whom. `files` are those of the tree; targets without Swift files import nothing by name.
  static func checkUse(_ manifest: Manifest, files: [SourceFile]) -> [Finding] {
    let swiftFiles = Dictionary(grouping: files.filter { $0.fileExtension == "swift" }) { $0.target ?? "" }
    return manifest.targets.filter { $0.floor != nil }.flatMap { target -> [Finding] in
      guard let own = swiftFiles[target.name] else { return [] }
      let used = Set(own.flatMap(imports).map(\.module))
      return target.dependencies.union(target.products).subtracting(used).subtracting(common).sorted().map {
        Finding(path: "Package.swift", line: 1, message: "\(target.name) declares \($0) and never imports it")
      }
    }
  }

  /// Each door to C is used by its owner only, and never in an import that lets its types into signatures.
  static func checkDoors(_ file: SourceFile) -> [Finding] {
    imports(of: file).compactMap { used in
      guard let owners = doors[used.module], let target = file.target else { return nil }
      if !owners.contains(target) {
        let message = "imports \(used.module): only \(owners.sorted().joined(separator: ", ")) may"
        return Finding(path: file.path, line: used.line, message: message)
      }
      guard used.isReexported else { return nil }
      return Finding(
        path: file.path,
        line: used.line,
        message: "imports \(used.module) for signatures: C types stay inside their module, import it plainly"
      )
    }
  }

  /// Only `Server` knows the wire's types and the domain's at once.
  static func checkConversion(_ file: SourceFile) -> [Finding] {
    guard file.isIn(["Sources"]), file.target != "Server" else { return [] }
    let used = imports(of: file)
    let domain: Set<String> = ["Conductor", "Domain", "Jobs"]
    guard let wire = used.first(where: { $0.module == "BatonProtocol" }),
      let other = used.first(where: { domain.contains($0.module) })
    else { return [] }
    let message = "imports BatonProtocol and \(other.module): only Server converts between wire and domain"
    return [Finding(path: file.path, line: wire.line, message: message)]
  }

  /// The modules above import no Foundation.
  static func checkFoundation(_ file: SourceFile) -> [Finding] {
    guard file.isIn(["Sources"]), let target = file.target, withoutFoundation.contains(target) else { return [] }
    return imports(of: file).compactMap { used in
      guard used.module.hasPrefix("Foundation") || used.module == "Dispatch" else { return nil }
      return Finding(path: file.path, line: used.line, message: "\(target) must not import \(used.module)")
    }
  }
}
