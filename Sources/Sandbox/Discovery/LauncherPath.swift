import Glibc

/// Where the launcher is, and what this process was started with.
enum LauncherPath {
  /// `baton-sandbox` beside this program (or test bundle), or in `../libexec/baton`.
  static func find() throws(SandboxError) -> String {
    guard let own = RealPath.resolve("/proc/self/exe") else {
      throw SandboxError(.launcherMissing, "/proc/self/exe cannot be read: is /proc mounted?")
    }
    let directory = RealPath.parent(of: own)
    let candidates = [directory + "/baton-sandbox", RealPath.parent(of: directory) + "/libexec/baton/baton-sandbox"]
    if let found = candidates.first(where: { access($0, X_OK) == 0 }) { return found }
    throw SandboxError(
      .launcherMissing,
      "the sandbox launcher is not at \(candidates[0]); install 'baton-sandbox' beside 'baton'"
    )
  }

  /// This process's environment as it was when it was asked for.
  static func ownEnvironment() -> [String: String] {
    var result: [String: String] = [:]
    var entry = environ
    while let pointer = entry.pointee {
      let parts = String(cString: pointer).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return result
  }
}
