package import Domain

/// How the tests of a workspace are run.
package struct TestPlan: Sendable, Codable, Equatable {
  /// Text for `/bin/sh -c`.
  package var command: String
  /// Whose results are read.
  package var runner: TestRunnerKind
  /// Why this command, as a sentence for people.
  package var origin: String
  /// The folder it starts in; nil: the workspace's root.
  package var directory: RelativePath?

  package init(command: String, runner: TestRunnerKind, origin: String, directory: RelativePath? = nil) {
    self.command = command
    self.runner = runner
    self.origin = origin
    self.directory = directory
  }
}

/// The test runners whose results Baton reads, test by test.
package enum TestRunnerKind: String, Sendable, Codable, CaseIterable {
  case pytest
  case unittest
  case swiftTest
  case cargoTest
  case goTest
  case nodeTest
  case ctest
  /// Anything else: the exit code is the only result.
  case generic
}
