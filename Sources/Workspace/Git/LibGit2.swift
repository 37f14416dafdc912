import CLibGit2

/// The library's process-wide state and its error messages.
enum LibGit2 {
  /// Initialises the library once; the version it reports, or the reason why it is unusable.
  private static let start: Result<Void, WorkspaceError> = {
    guard git_libgit2_init() > 0 else {
      return .failure(error(.git, "libgit2 cannot be initialised."))
    }
    var major: Int32 = 0
    var minor: Int32 = 0
    var revision: Int32 = 0
    git_libgit2_version(&major, &minor, &revision)
    guard major == 1, minor >= 5 else {
      let found = "\(major).\(minor).\(revision)"
      return .failure(WorkspaceError(.git, "libgit2 1.5 or a later 1.x is needed, but \(found) was loaded."))
    }
    guard baton_git_ignore_ownership() == 0, baton_git_accept_extensions() == 0 else {
      return .failure(error(.git, "libgit2 does not take its settings."))
    }
    return .success(())
  }()

  /// Makes the library usable; cheap after the first call.
  static func initialise() throws(WorkspaceError) {
    try start.get()
  }

  /// Throws the thread's libgit2 message with the code `git` when `status` is an error.
  static func check(_ status: Int32, _ message: @autoclosure () -> String) throws(WorkspaceError) {
    guard status < 0 else { return }
    throw error(.git, message())
  }

  /// Throws the thread's libgit2 message when `status` is an error.
  static func check(
    _ status: Int32,
    _ code: WorkspaceError.Code,
    _ message: @autoclosure () -> String
  ) throws(WorkspaceError) {
    guard status < 0 else { return }
    throw error(code, message())
  }

  /// The thread's last libgit2 error as an error of this module.
  static func error(_ code: WorkspaceError.Code, _ message: String) -> WorkspaceError {
    let underlying = git_error_last().flatMap { $0.pointee.message }.map { String(cString: $0) }
    return WorkspaceError(code, message, underlying: underlying)
  }
}
