import Domain
import Sandbox

/// What one run of the test command came to: the runner's report held against how the command ended. Pure.
struct RunOutcome: Sendable {
  /// Longest end of the output in characters that is kept for people.
  private static let tailCharactersMax = 8_192

  var report: TestReport
  /// Why the run cannot be believed, as a sentence; nil: it can.
  var distrust: String?
  /// Whether the report itself shows that it was forged or bent.
  var isForged: Bool
  /// Whether the runner's report is there and whole.
  var isWhole: Bool
  /// Whether the runner reported any test, as against the exit code alone.
  var hasReport: Bool
  /// nil when the command was killed.
  var exitCode: Int?

  /// - Parameters:
  ///   - command: names the result that the exit code alone gives.
  ///   - format: of the runner's report; `exitCode` when none is expected.
  init(_ reading: ReportReading, _ result: SandboxResult, command: String, format: TestReport.Format, output: String) {
    if case .exited(let code) = result.termination { exitCode = code }
    hasReport = reading.isPresent && !reading.results.isEmpty
    isForged = reading.forged != nil
    isWhole = reading.isPresent && reading.incomplete == nil
    report = TestReport(
      format: hasReport ? reading.format ?? format : .exitCode,
      results: reading.results,
      termination: result.termination,
      seconds: result.seconds,
      cpuSeconds: result.cpuSeconds,
      outputTail: String(output.suffix(Self.tailCharactersMax)),
      tier: result.tier
    )
    distrust = reading.forged
    if hasReport {
      judgeReport(reading, command)
    } else {
      judgeExitCode(reading, command, isKnownRunner: format != .exitCode, output: output)
    }
  }

  private var hasRed: Bool { report.results.values.contains { $0.outcome.isRed } }

  /// There are results: the exit code must not contradict them.
  private mutating func judgeReport(_ reading: ReportReading, _ command: String) {
    switch report.termination {
    case .exited(0):
      distrust = distrust ?? reading.incomplete
    case .exited(let code):
      distrust = distrust ?? reading.incomplete
      guard !hasRed else { return }
      let message = "the command ended with exit code \(code) although no test failed"
      add(command, .errored, message)
      distrust = distrust ?? message
    case .signalled(let number):
      distrust = distrust ?? "the command was killed by signal \(number)"
      if !hasRed { add(command, .errored, "killed by signal \(number)") }
    case .timedOut(let seconds):
      if !hasRed { add(command, .errored, "did not end within \(Int(seconds.rounded())) s") }
    case .outputLimit(let bytes):
      distrust = distrust ?? "the command wrote more than \(bytes >> 20) MiB"
    }
  }

  /// There are no results: the exit code is all there is, and a known runner's success without a report is none.
  private mutating func judgeExitCode(
    _ reading: ReportReading,
    _ command: String,
    isKnownRunner: Bool,
    output: String
  ) {
    switch report.termination {
    case .exited(0):
      if isKnownRunner || reading.isPresent {
        distrust = distrust ?? reading.incomplete ?? "the test runner ended with exit code 0 and reported no test"
      } else {
        add(command, .passed, nil)
      }
    case .exited(let code):
      let lines = output.split(separator: "\n")
      let line = lines.last { $0.lowercased().contains("error") } ?? lines.last
      add(command, .failed, line.map(String.init) ?? "exit code \(code)")
    case .signalled(let number): add(command, .errored, "killed by signal \(number)")
    case .timedOut(let seconds): add(command, .errored, "did not end within \(Int(seconds.rounded())) s")
    case .outputLimit(let bytes): distrust = distrust ?? "the command wrote more than \(bytes >> 20) MiB"
    }
  }

  private mutating func add(_ command: String, _ outcome: TestOutcome, _ message: String?) {
    let detail = outcome == .passed ? nil : report.outputTail
    let result = TestResult.read(command, outcome, seconds: report.seconds, message: message, detail: detail)
    report.results[result.id] = result
  }
}
