import Glibc
import Jobs

/// The secret that a client over TCP must show, in a file that only this user can read.
enum TokenFile {
  /// Shortest token that is taken, in bytes.
  private static let bytesMin = 16
  private static let bytesMax = 4_096

  /// The token in the file at `path`; nil: in the state folder, where it is made if there is none.
  ///
  /// - Throws: ``JobError`` when the file can be read by others, is no regular file, or holds no usable token.
  static func read(_ path: String?) throws(JobError) -> [UInt8] {
    let file: String
    if let path {
      file = path
    } else {
      file = try StateDirectory(environment: environment()).path + "/token"
      try makeIfMissing(file)
    }
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(file, "cannot be opened: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw failure(file, "is not a regular file")
    }
    guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
      throw failure(file, "can be reached by other users; make it yours with mode 0600")
    }
    var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    let token = bytes.prefix(max(0, count)).filter { $0 > 32 && $0 < 127 }
    guard (bytesMin...bytesMax).contains(token.count) else {
      throw failure(file, "must hold from \(bytesMin) to \(bytesMax) visible characters")
    }
    return token
  }

  private static func makeIfMissing(_ file: String) throws(JobError) {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    if descriptor < 0, errno == EEXIST { return }
    guard descriptor >= 0 else { throw failure(file, "cannot be made: \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    var generator = SystemRandomNumberGenerator()
    let token = (0..<8).map { _ in String(UInt32.random(in: .min ... .max, using: &generator), radix: 36) }.joined()
    let line = Array((token + "\n").utf8)
    guard Glibc.write(descriptor, line, line.count) == line.count else { throw failure(file, "cannot be written") }
  }

  private static func failure(_ file: String, _ reason: String) -> JobError {
    JobError(.unsupported, "the token file '\(file)' \(reason)")
  }
}
