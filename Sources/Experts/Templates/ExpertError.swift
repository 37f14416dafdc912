/// Why an embedded expert could not do its work. Finding no repair is a result, not an error.
package struct ExpertError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure, for callers that decide by it.
  package enum Code: Sendable {
    /// The engine's process ended before it said that it was done.
    case engineDied
    /// The engine says that it failed.
    case engineFailed
    /// The engine's output breaks its protocol.
    case protocolBroken
  }

  package let code: Code
  /// What happened, in words for a user.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
