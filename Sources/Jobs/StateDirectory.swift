import Glibc

/// Where Baton keeps its journal and object stores: `$BATON_STATE_DIR`, else `$XDG_STATE_HOME/baton`, else
/// `~/.local/state/baton`. Created with mode 0700.
package struct StateDirectory: Sendable {
  /// Absolute path.
  package let path: String

  /// - Throws: ``JobError`` with code `journal` when the folder cannot be made or is not ours.
  package init(path: String) throws(JobError) {
    guard path.hasPrefix("/") else {
      throw JobError(.journal, "the state directory '\(path)' is not an absolute path; set BATON_STATE_DIR to one")
    }
    self.path = path
    try Self.create(path)
  }

  /// The folder for this user, from the environment.
  package init(environment: [String: String]) throws(JobError) {
    if let path = environment["BATON_STATE_DIR"], !path.isEmpty {
      try self.init(path: path)
    } else if let base = environment["XDG_STATE_HOME"], base.hasPrefix("/") {
      try self.init(path: base + "/baton")
    } else if let home = environment["HOME"], home.hasPrefix("/") {
      try self.init(path: home + "/.local/state/baton")
    } else {
      throw JobError(.journal, "neither BATON_STATE_DIR nor HOME is set, so there is no place for the journal")
    }
  }

  /// The journal's database.
  package var journal: String { path + "/jobs.sqlite" }

  /// The private object store for the workspace at `root`.
  package func store(forRoot root: String) -> String {
    // FNV-1a: a short, stable name; the store itself records its root.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in root.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return path + "/stores/" + String(hash, radix: 36)
  }

  private static func create(_ path: String) throws(JobError) {
    var prefix = ""
    for part in path.split(separator: "/") {
      prefix += "/" + part
      if mkdir(prefix, 0o700) != 0, errno != EEXIST, errno != EROFS, errno != EISDIR {
        throw JobError(.journal, "cannot create the state directory '\(path)': \(String(cString: strerror(errno)))")
      }
    }
    guard access(path, W_OK | X_OK) == 0 else {
      throw JobError(
        .journal,
        "the state directory '\(path)' cannot be written: \(String(cString: strerror(errno))); set BATON_STATE_DIR"
      )
    }
  }
}
