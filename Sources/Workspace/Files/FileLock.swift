import Glibc

/// A lock between processes on a file of the store. The kernel drops it when its process dies, so none is ever stale.
struct FileLock: ~Copyable {
  /// Who else may hold the lock at the same time.
  enum Mode {
    case exclusive
    case shared
  }

  private let descriptor: Int32

  /// Takes the lock without waiting; nil when another holder forbids it.
  init?(path: String, _ mode: Mode) throws(WorkspaceError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system(.storeUnusable, "\(path) cannot be opened.") }
    guard flock(descriptor, (mode == .exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 else { return nil }
  }

  deinit { close(descriptor) }
}
