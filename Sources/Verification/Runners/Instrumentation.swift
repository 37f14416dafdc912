import Domain

/// A private folder of one run, outside the workspace, with what only this run knows.
struct RunFolder: Sendable, Equatable {
  /// Runs of a test runner within one command, e.g. two in a script, that can be reported.
  static let sessionsMax = 8

  /// Absolute path inside the sandbox.
  let path: String
  /// Name of the Python package and of the folder for plugins: new for each run, so nothing in a repository names it.
  let package: String
  /// What marks the lines of a report as the plugin's own, one for each session.
  let nonces: [String]

  init() {
    func random(_ words: Int) -> String {
      (0..<words).map { _ in
        let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
      }.joined()
    }
    let name = random(1)
    path = "/tmp/.baton-\(name)"
    package = "baton_\(name)"
    nonces = (0..<Self.sessionsMax).map { _ in random(2) }
  }

  /// The path of a file in it.
  func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// What a run is told beyond its command.
struct RunOptions: Sendable, Equatable {
  /// Seconds after which a single test is stopped, where the runner allows that; 0: never.
  var testSecondsMax: Double = 0
  /// The only tests to run, where the runner allows a choice; empty: all.
  var only: [TestID] = []
}

/// A command made to report what it does.
struct Instrumentation: Sendable, Equatable {
  /// Largest report in bytes that is read.
  static let reportBytesMax = 64 << 20

  var command: String
  /// Added to the scrubbed environment.
  var environment: [String: String] = [:]
  /// Written into the run's folder before the command starts: name → text.
  var files: [String: String] = [:]
  /// Names of files in the run's folder that are read afterwards.
  var reports: [String] = []
  /// Whether all output goes to the file `output` of the run's folder, because it is the report.
  var capturesOutput = false
}

/// One test runner: how it is made to report, and how its report is read.
protocol RunnerAdapter: Sendable {
  /// Where its results come from.
  var format: TestReport.Format { get }
  /// Whether it can run a choice of tests.
  var canSelect: Bool { get }
  func instrument(_ command: String, in folder: RunFolder, options: RunOptions) -> Instrumentation
  /// - Parameter files: the reports that were found, by name.
  func read(_ files: [String: [UInt8]], folder: RunFolder, traces: TraceReader) -> ReportReading
}

extension RunnerAdapter {
  var canSelect: Bool { false }
}

extension TestRunnerKind {
  /// The adapter for this runner.
  var adapter: any RunnerAdapter {
    switch self {
    case .pytest: PytestAdapter()
    case .unittest: UnittestAdapter()
    case .swiftTest: SwiftTestAdapter()
    case .cargoTest: CargoTestAdapter()
    case .goTest: GoTestAdapter()
    case .nodeTest: NodeTestAdapter()
    case .ctest: CTestAdapter()
    case .generic: ExitCodeAdapter()
    }
  }
}

extension String {
  /// The text with `insertion` behind each of `ranges`.
  func inserting(_ insertion: String, behind ranges: [Range<String.Index>]) -> String {
    var result = self
    for range in ranges.sorted(by: { $0.lowerBound > $1.lowerBound }) {
      result.insert(contentsOf: insertion, at: range.upperBound)
    }
    return result
  }
}
