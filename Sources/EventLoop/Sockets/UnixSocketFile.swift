import CLibUV
import Glibc

/// The file of a listening Unix socket: made for its owner only, never over a file of somebody else, and removed in the
/// end only if it is still the one that was made.
struct UnixSocketFile {
  /// Permissions of the file: whoever may write to it may connect.
  static let mode: mode_t = 0o600

  private let path: String
  private let device: dev_t
  private let inode: ino_t

  /// What stands in the way of two processes that want the same path at the same time: a lock on the directory.
  enum Attempt {
    case made(UnixSocketFile)
    /// Another process is just about it.
    case locked
  }

  /// Binds `socket` to `path` and listens, once the path is known to be free or left by a process that has ended.
  static func listen(_ socket: Int32, at path: String, backlog: Int32) throws(UVError) -> Attempt {
    var address = try SocketAddress.unixAddress(path)
    let lock = try openDirectory(of: path)
    defer { close(lock) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      guard errno == EWOULDBLOCK else { throw UVError(system: errno, "lock the directory of \(path)") }
      return .locked
    }
    try clear(path, address)
    // Linux makes the file with the mode of the socket itself, so it never exists with another one.
    guard fchmod(socket, mode) == 0, baton_bind(socket, &address) == 0, Glibc.listen(socket, backlog) == 0 else {
      throw UVError(system: errno, "listen at \(path)")
    }
    var status = stat()
    guard lstat(path, &status) == 0 else { throw UVError(system: errno, "listen at \(path)") }
    guard status.st_mode & 0o177 == 0 else {
      unlink(path)
      throw UVError(.permissionDenied, "the file system of \(path) makes sockets that others can use")
    }
    return .made(UnixSocketFile(path: path, device: status.st_dev, inode: status.st_ino))
  }

  /// Removes the file if it is still ours.
  func remove() {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else { return }
    unlink(path)
  }

  private static func openDirectory(of path: String) throws(UVError) -> Int32 {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let directory = slash == path.startIndex ? "/" : String(path[..<slash])
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw UVError(system: errno, "open the directory \(directory) for a socket") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw UVError(system: errno, "look at the directory \(directory)")
    }
    // Where everybody may rename files, anybody could put a socket of their own in place of this one.
    if status.st_mode & S_IWOTH != 0, status.st_mode & S_ISVTX == 0 {
      close(descriptor)
      throw UVError(
        .permissionDenied,
        "everybody may change the directory \(directory): use one of your own for a socket"
      )
    }
    return descriptor
  }

  /// Makes sure that nothing is at `path`; removes the socket of a process that has ended.
  private static func clear(_ path: String, _ address: baton_address) throws(UVError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      guard errno == ENOENT else { throw UVError(system: errno, "look at \(path)") }
      return
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw UVError(
        .addressInUse,
        "\(path) exists and is no socket: remove it or choose another path",
        errno: EADDRINUSE
      )
    }
    var address = address
    let probe = baton_socket(&address)
    guard probe >= 0 else { throw UVError(system: errno, "look who listens at \(path)") }
    defer { close(probe) }
    guard baton_connect(probe, &address) != 0, errno == ECONNREFUSED || errno == ENOENT else {
      throw UVError(.addressInUse, "another process listens at \(path)", errno: EADDRINUSE)
    }
    guard unlink(path) == 0 || errno == ENOENT else {
      throw UVError(system: errno, "remove the socket \(path) of a process that has ended")
    }
  }
}
