/// Why there is no evidence or no verdict.
package struct VerificationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure, for callers that decide by it.
  package struct Code: Sendable, Hashable {
    package let name: String

    package init(_ name: String) {
      self.name = name
    }

    /// No way to run tests was found, or the command ran and had no tests.
    package static let noTestsFound = Code("noTestsFound")
    /// The command does not exist where it runs.
    package static let commandNotFound = Code("commandNotFound")
    /// The command started, but its runner refused to run the tests.
    package static let runnerFailed = Code("runnerFailed")
    /// The time was over before the tests had said anything.
    package static let timedOut = Code("timedOut")
    /// The run wrote more than it may.
    package static let outputLimit = Code("outputLimit")
    /// The report of the tests on the unchanged code cannot be believed.
    package static let untrustworthy = Code("untrustworthy")
    /// The sandbox could not run the command.
    package static let sandbox = Code("sandbox")
    /// A tree could not be read or made.
    package static let workspace = Code("workspace")
    /// The calling task was cancelled.
    package static let cancelled = Code("cancelled")
  }

  package let code: Code
  /// What happened and what to do, in words for a user.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
