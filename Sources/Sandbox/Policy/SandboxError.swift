/// Why something could not be run in the sandbox. A run that ended badly is a result, not an error.
package struct SandboxError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure, for callers that decide by it.
  package enum Code: Sendable {
    /// This machine offers too little isolation; the message says what is missing and what to do.
    case unavailable
    /// The launcher `baton-sandbox` was not found or could not be started.
    case launcherMissing
    /// The policy asks for something that cannot be, such as a workspace that is the home directory.
    case invalidPolicy
    /// A step of building the sandbox failed; nothing was run.
    case setupFailed
    /// The command does not exist inside the sandbox or is no program.
    case commandNotFound
    /// A change could not be applied; nothing was run.
    case changeFailed
    /// The task was cancelled; nothing of the run is alive.
    case cancelled
    /// The session's command has ended or closed its input.
    case ended
    /// A line of a session is longer than was allowed.
    case lineTooLong
  }

  package let code: Code
  /// What happened and what to do, in words for a user.
  package let message: String
  /// The system's error number, where a system call failed.
  package let errno: Int32?

  package init(_ code: Code, _ message: String, errno: Int32? = nil) {
    self.code = code
    self.message = message
    self.errno = errno
  }

  package var description: String { message }
}
