package import Domain

/// The test runners whose results Baton reads test by test.
package enum TestRunnerKind: String, Sendable, Codable, CaseIterable {
  case pytest
  case unittest
  case swiftTest
  case cargoTest
  case goTest
  case nodeTest
  /// Anything else: one result, from the exit code.
  case generic
}

/// How the tests of a workspace are run.
package struct TestPlan: Sendable, Codable, Equatable {
  /// Text for `sh -c`.
  package var command: String
  package var runner: TestRunnerKind
  /// Where the command comes from, as a sentence's end: `given by --test`, `found: pytest.ini`.
  package var origin: String
  /// Folder it runs in, below the root; nil: the root.
  package var directory: RelativePath?

  package init(command: String, runner: TestRunnerKind, origin: String, directory: RelativePath? = nil) {
    self.command = command
    self.runner = runner
    self.origin = origin
    self.directory = directory
  }
}
