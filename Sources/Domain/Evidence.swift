/// What is known about the task before anybody works on it: the base's test results and what they point at.
package struct Evidence: Sendable, Codable, Equatable {
  /// The snapshot the tests ran on.
  package var base: TreeID
  /// The command that was run, as shown to people.
  package var command: String
  /// The base's results (of the first run).
  package var report: TestReport
  /// Tests that fail on the base, in every run: what must become green.
  package var failing: [TestID]
  /// Tests that pass on the base, in every run: what must stay green.
  package var passing: [TestID]
  /// Tests whose outcome differed between two runs of the base: they decide nothing.
  package var flaky: [TestID]

  package init(
    base: TreeID,
    command: String,
    report: TestReport,
    failing: [TestID],
    passing: [TestID],
    flaky: [TestID]
  ) {
    self.base = base
    self.command = command
    self.report = report
    self.failing = failing
    self.passing = passing
    self.flaky = flaky
  }
}

/// A place that is likely at fault, with the reason, for ranking and for a report when nothing was fixed.
package struct SuspiciousLocation: Sendable, Codable, Hashable {
  package var location: SourceLocation
  /// From 0 (innocent) to 1 (every failing test passes here and no other).
  package var score: Double
  /// Why, in words a user understands.
  package var reason: String

  package init(location: SourceLocation, score: Double, reason: String) {
    self.location = location
    self.score = score
    self.reason = reason
  }
}
