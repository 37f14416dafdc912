import CLibUV

/// What can go wrong on the event loop: a failed system call, or a use that the state of a stream, a process or the loop
/// does not allow.
package struct UVError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kind of failure, for callers that decide by it.
  package enum Code: Sendable {
    /// A path, host or executable does not exist (ENOENT, unknown host).
    case notFound
    /// The system refused it (EACCES, EPERM).
    case permissionDenied
    /// Somebody else listens at the address.
    case addressInUse
    /// Nobody listens at the address.
    case connectionRefused
    /// The peer is gone: what is still to be written cannot arrive.
    case peerVanished
    /// The task that waited was cancelled.
    case cancelled
    /// The loop has stopped, or stopped while the call waited.
    case loopStopped
    /// The stream, listener or descriptor was closed by this process.
    case closed
    /// Another task already waits for the same thing.
    case busy
    /// A value that no call could accept, such as a path with a zero byte or a socket path over 107 bytes.
    case invalidArgument
    /// A limit of the process or the machine is reached (EMFILE, ENFILE, EAGAIN, ENOMEM).
    case exhausted
    /// A queue of this process reached its named limit.
    case limitReached
    /// A wait took longer than it was allowed to.
    case timedOut
    /// Any other error of the system; ``UVError/errno`` tells which.
    case system
  }

  package let code: Code
  /// What was being done and why it failed, in words for a user.
  package let message: String
  /// The system's error number, positive, when a system call failed.
  package let errno: Int32?

  package init(_ code: Code, _ message: String, errno: Int32? = nil) {
    self.code = code
    self.message = message
    self.errno = errno
  }

  /// The error of a failed system call.
  ///
  /// - Parameters:
  ///   - number: the error number, positive as from errno or negative as from libuv.
  ///   - doing: what was being done, e.g. `start /bin/true`: put before the system's own words.
  package init(system number: Int32, _ doing: String) {
    let positive = abs(number)
    self.init(Self.code(of: positive), "\(doing): \(Self.words(of: positive))", errno: positive)
  }

  package var description: String { message }

  private static func code(of number: Int32) -> Code {
    switch number {
    case ENOENT: .notFound
    case EACCES, EPERM: .permissionDenied
    case EADDRINUSE: .addressInUse
    case ECONNREFUSED: .connectionRefused
    case EPIPE, ECONNRESET, ENOTCONN: .peerVanished
    case ECANCELED: .cancelled
    case EINVAL, ENAMETOOLONG: .invalidArgument
    case EMFILE, ENFILE, EAGAIN, ENOMEM, ENOBUFS: .exhausted
    case ETIMEDOUT: .timedOut
    default: .system
    }
  }

  private static func words(of number: Int32) -> String {
    // Numbers beyond the system's own are libuv's for getaddrinfo, which strerror does not know.
    guard let text = number < 2_000 ? strerror(number) : UnsafeMutablePointer(mutating: uv_strerror(-number)) else {
      return "error \(number)"
    }
    return String(cString: text)
  }
}
