/// Why evidence or a verdict could not be had.
package struct VerificationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sort of failure.
  package enum Code: Sendable {
    /// No test command is known for the workspace.
    case noTestsFound
    /// The command, or a program it needs, is not there.
    case commandNotFound
    /// The run was killed at its time limit.
    case timedOut
    /// The run was killed at its limit of output.
    case outputLimit
    /// The run said nothing that can be used.
    case unusable
    /// The sandbox refused or broke.
    case sandbox
    /// The snapshot could not be read.
    case workspace
  }

  package let code: Code
  /// What is wrong and what to do, as a sentence.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
