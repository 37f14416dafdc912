/// A test's name as its runner reports it, stable between runs of one suite, e.g. `tests/test_cart.py::test_total`.
package struct TestID: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  /// The runner's own name of the test.
  package let name: String

  package init(_ name: String) {
    self.name = name
  }

  package init(from decoder: any Decoder) throws {
    name = try decoder.singleValueContainer().decode(String.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }

  package var description: String { name }

  package static func < (left: TestID, right: TestID) -> Bool { left.name < right.name }
}

/// How one test ended. Only `passed` counts as passed.
package enum TestOutcome: String, Sendable, Codable, Hashable {
  case passed
  /// An assertion failed.
  case failed
  /// The test, its set-up or its collection broke.
  case errored
  /// Skipped, disabled, expected to fail.
  case skipped
}

/// A place in the code.
package struct SourceLocation: Hashable, Sendable, Codable {
  /// The file.
  package var path: RelativePath
  /// Line, from 1.
  package var line: Int
  /// The function around it, where known.
  package var function: String?

  package init(path: RelativePath, line: Int, function: String? = nil) {
    self.path = path
    self.line = line
    self.function = function
  }
}

/// One test's result in one run.
package struct TestResult: Hashable, Sendable, Codable {
  package var id: TestID
  package var outcome: TestOutcome
  /// Wall time in seconds as the runner says; 0 where it says nothing.
  package var seconds: Double
  /// First line of the failure, e.g. `AssertionError: assert 3 == 4`.
  package var message: String?
  /// The failure's full text (trace, captured output), cut to ``TestReport/detailBytesMax``.
  package var detail: String?
  /// Frames of the failure inside the workspace, innermost last.
  package var trace: [SourceLocation]

  package init(
    id: TestID,
    outcome: TestOutcome,
    seconds: Double = 0,
    message: String? = nil,
    detail: String? = nil,
    trace: [SourceLocation] = []
  ) {
    self.id = id
    self.outcome = outcome
    self.seconds = seconds
    self.message = message
    self.detail = detail
    self.trace = trace
  }
}

/// What one run of the test command said.
package struct TestReport: Sendable, Codable, Equatable {
  /// Longest ``TestResult/detail`` in bytes.
  package static let detailBytesMax = 16_384

  /// Where the results come from.
  package enum Format: String, Sendable, Codable {
    /// Records of a plugin that the run was given.
    case pytest
    /// Records of a reporter that the run was given.
    case nodeTest
    case junitXML
    case goJSON
    case tap
    case libtest
    case swiftTesting
    case unittest
    /// No per-test results: the exit code alone, as one test named after the command. The weakest evidence.
    case exitCode
  }

  /// How the command ended.
  package enum Termination: Sendable, Codable, Equatable {
    case exited(code: Int)
    case signalled(number: Int)
    /// Killed at its time limit, in seconds.
    case timedOut(seconds: Double)
    /// Killed at its limit of output, in bytes.
    case outputLimit(bytes: Int)
  }

  package var format: Format
  package var results: [TestID: TestResult]
  package var termination: Termination
  /// Wall time in seconds.
  package var seconds: Double
  /// The kernel's account, in seconds.
  package var cpuSeconds: Double
  /// The end of the run's output, lossily decoded, for people.
  package var outputTail: String
  /// Isolation of the run.
  package var tier: SandboxTier

  package init(
    format: Format,
    results: [TestID: TestResult],
    termination: Termination,
    seconds: Double,
    cpuSeconds: Double,
    outputTail: String,
    tier: SandboxTier
  ) {
    self.format = format
    self.results = results
    self.termination = termination
    self.seconds = seconds
    self.cpuSeconds = cpuSeconds
    self.outputTail = outputTail
    self.tier = tier
  }

  /// The tests with one of `outcomes`, sorted by name.
  package func tests(_ outcomes: TestOutcome...) -> [TestID] {
    results.values.filter { outcomes.contains($0.outcome) }.map(\.id).sorted()
  }
}

/// How strongly a run is isolated from the machine. Probed once, shown in every verdict, never lowered silently.
package enum SandboxTier: String, Sendable, Codable {
  /// All namespaces, private copy-on-write workspace, masks, Landlock, seccomp, limits.
  case full = "A"
  /// As `full`, without a fresh `/proc` (inside a container).
  case fullWithoutProc = "A'"
  /// A profiled system bubblewrap with an inner filter.
  case bubblewrap = "B"
  /// No namespaces: Landlock and seccomp only. Weak; no patch is accepted from it without a question.
  case landlock = "C"
  /// None, by the user's own word for this run.
  case none = "D"
}
