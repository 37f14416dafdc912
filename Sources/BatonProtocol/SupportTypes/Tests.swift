/// Names of tests. Long lists are cut; the total is always right.
package struct TestNames: Codable, Sendable, Equatable {
  /// Names in one list; the rest is cut off.
  package static let namesMax = 1_000

  /// How many there are.
  package var total: Int
  /// The first of them, sorted.
  package var names: [String]

  /// - Parameter names: all of them, sorted.
  package init(all names: [String]) {
    total = names.count
    self.names = Array(names.prefix(Self.namesMax))
  }
}

/// How tests are run.
package struct TestPlanDescription: Codable, Sendable, Equatable {
  /// The command, run by `/bin/sh -c` inside the sandbox.
  package var command: String
  /// The test runner that was recognised, e.g. `pytest`.
  package var runner: String
  /// Where the command comes from.
  package var origin: String
  /// The folder it runs in, relative to the root; missing: the root.
  package var directory: String?

  package init(command: String, runner: String, origin: String, directory: String? = nil) {
    self.command = command
    self.runner = runner
    self.origin = origin
    self.directory = directory
  }
}

/// What the tests said about the base.
package struct EvidenceSummary: Codable, Sendable, Equatable {
  /// The snapshot that was tested.
  package var base: String
  /// Tests that fail: what must become green.
  package var failing: TestNames
  /// Tests that pass: what must stay green.
  package var passing: TestNames
  /// Tests whose outcome differed between two runs: they decide nothing.
  package var flaky: TestNames
  /// Tests that were skipped.
  package var skipped: TestNames
  /// Failures in short, for the first failing tests.
  package var failures: [TestFailure]
  /// Wall time of the run in seconds.
  package var seconds: Double

  package init(
    base: String,
    failing: TestNames,
    passing: TestNames,
    flaky: TestNames,
    skipped: TestNames,
    failures: [TestFailure],
    seconds: Double
  ) {
    self.base = base
    self.failing = failing
    self.passing = passing
    self.flaky = flaky
    self.skipped = skipped
    self.failures = failures
    self.seconds = seconds
  }
}

/// One test's failure.
package struct TestFailure: Codable, Sendable, Equatable {
  /// Failures in one summary.
  package static let failuresMax = 50

  /// The test.
  package var test: String
  /// First line of the failure.
  package var message: String?
  /// The innermost place inside the workspace.
  package var location: CodeLocation?

  package init(test: String, message: String? = nil, location: CodeLocation? = nil) {
    self.test = test
    self.message = message
    self.location = location
  }
}

/// What the original tests said about a candidate, compared with the base.
package struct VerdictSummary: Codable, Sendable, Equatable {
  /// The tree that was tested: a git tree's hash.
  package var tree: String
  /// Whether every failing test passes and nothing broke.
  package var isGreen: Bool
  /// Failed before, pass now.
  package var fixed: TestNames
  /// Failed before, still do not pass.
  package var stillFailing: TestNames
  /// Passed before, fail now.
  package var broken: TestNames
  /// Passed before, pass now.
  package var stayedGreen: TestNames
  /// Were reported before, are not now.
  package var missing: TestNames
  /// Files of the test suite that the candidate changed and that were put back for the run.
  package var restored: [String]
  /// Why the run is not believed, if so.
  package var distrust: String?
  /// Wall time of the run in seconds.
  package var seconds: Double

  package init(
    tree: String,
    isGreen: Bool,
    fixed: TestNames,
    stillFailing: TestNames,
    broken: TestNames,
    stayedGreen: TestNames,
    missing: TestNames,
    restored: [String],
    distrust: String? = nil,
    seconds: Double
  ) {
    self.tree = tree
    self.isGreen = isGreen
    self.fixed = fixed
    self.stillFailing = stillFailing
    self.broken = broken
    self.stayedGreen = stayedGreen
    self.missing = missing
    self.restored = restored
    self.distrust = distrust
    self.seconds = seconds
  }
}

/// A place in the code.
package struct CodeLocation: Codable, Sendable, Equatable {
  /// The file, relative to the root.
  package var path: String
  /// Line, from 1.
  package var line: Int
  /// The function around it.
  package var function: String?

  package init(path: String, line: Int, function: String? = nil) {
    self.path = path
    self.line = line
    self.function = function
  }
}

/// A place likely at fault.
package struct Suspect: Codable, Sendable, Equatable {
  /// Suspects in one answer.
  package static let suspectsMax = 50

  /// Where.
  package var location: CodeLocation
  /// From 0 (innocent) to 1.
  package var score: Double
  /// Why.
  package var reason: String

  package init(location: CodeLocation, score: Double, reason: String) {
    self.location = location
    self.score = score
    self.reason = reason
  }
}
