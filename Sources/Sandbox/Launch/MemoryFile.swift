import CSandbox
import Glibc

/// A file in memory that a child process is given by its descriptor; closed with the value.
struct MemoryFile: ~Copyable {
  let descriptor: Int32

  init(_ bytes: [UInt8]) throws(SandboxError) {
    descriptor = baton_sandbox_memory_file()
    guard descriptor >= 0 else { throw Self.failed("make a file in memory") }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if count > 0 {
        written += count
      } else if errno != EINTR {
        close(descriptor)
        throw Self.failed("write a policy")
      }
    }
  }

  deinit {
    close(descriptor)
  }

  private static func failed(_ doing: String) -> SandboxError {
    let number = errno
    let reason = String(cString: strerror(number))
    return SandboxError(.setupFailed, "the sandbox could not \(doing): \(reason)", errno: number)
  }
}
