package import Domain
package import Sandbox
package import Workspace

/// Gives evidence and verdicts: runs the tests of a snapshot or a candidate in the sandbox and says what they say.
package struct Verifier: Sendable {
  /// Longest single run of the test command, in seconds.
  package static let runSecondsMax = 600.0
  /// Bytes of one file that are read to find the test command.
  private static let planFileBytesMax = 1 << 20

  private let workspace: Workspace
  private let run: TestRun

  package init(workspace: Workspace, sandbox: Sandbox) {
    self.workspace = workspace
    run = TestRun(workspace: workspace, sandbox: sandbox)
  }

  /// How the tests of `tree` are run.
  ///
  /// - Throws: ``VerificationError`` with code `noTestsFound` when nothing looks like a test suite.
  package func plan(for task: CodingTask, tree: TreeID) async throws -> TestPlan {
    if let command = task.testCommand { return PlanFinder.given(command) }
    let entries = try await workspace.entries(of: tree)
    var texts: [String: String] = [:]
    for entry in entries where entry.bytes <= Self.planFileBytesMax && Self.matters(entry.path) {
      guard let bytes = try await workspace.contents(of: entry.path, in: tree) else { continue }
      texts[entry.path.string] = String(decoding: bytes, as: UTF8.self)
    }
    let finder = PlanFinder(paths: Set(entries.map(\.path.string))) { texts[$0] }
    guard let plan = finder.find() else {
      throw VerificationError(
        .noTestsFound,
        "no tests were found in '\(workspace.root)'. Looked for: \(PlanFinder.lookedFor). "
          + "Name the command yourself: --test \"…\""
      )
    }
    return plan
  }

  private static func matters(_ path: RelativePath) -> Bool {
    let name = path.name
    if path.folders.isEmpty { return true }
    return name.hasSuffix(".py") && (name.hasPrefix("test") || name.hasSuffix("_test.py"))
  }

  /// Runs the tests of the snapshot; twice when some fail, so that flaky ones are known and decide nothing.
  package func gatherEvidence(
    task: CodingTask,
    plan: TestPlan,
    base: TreeID,
    deadline: ContinuousClock.Instant
  ) async throws -> Evidence {
    let (first, testSeconds) = try await firstRun(plan, base, deadline)
    try Self.check(first, plan)
    let report = first.report
    var failing = report.tests(.failed, .errored)
    var passing = report.tests(.passed)
    var flaky: [TestID] = []
    if !failing.isEmpty {
      let left = Self.seconds(until: deadline)
      let second = try await run(plan, on: base, seconds: left, testSeconds: testSeconds).report
      flaky = report.results.keys.filter { report.results[$0]?.outcome != second.results[$0]?.outcome }.sorted()
      let unsure = Set(flaky)
      failing.removeAll(where: unsure.contains)
      passing.removeAll(where: unsure.contains)
    }
    return Evidence(
      base: base,
      command: plan.command,
      report: report,
      failing: failing,
      passing: passing,
      flaky: flaky
    )
  }

  /// The first run of the base. A test that never ends must not eat the job's time, and its name is the evidence: when
  /// the run does not end within a part of the time, it is made again with a limit for each test, ten times what the
  /// slowest test that passed had taken.
  private func firstRun(
    _ plan: TestPlan,
    _ base: TreeID,
    _ deadline: ContinuousClock.Instant
  ) async throws -> (TestRun.Outcome, testSeconds: Double?) {
    let left = Self.seconds(until: deadline)
    guard plan.runner == .pytest || plan.runner == .unittest else {
      return (try await run(plan, on: base, seconds: left), nil)
    }
    let outcome = try await run(plan, on: base, seconds: min(left, max(5, min(120, 0.2 * left))))
    guard case .timedOut = outcome.report.termination else { return (outcome, nil) }
    let slowest = outcome.report.results.values.filter { $0.outcome == .passed }.map(\.seconds).max() ?? 0
    let testSeconds = max(1, 10 * slowest)
    let again = try await run(plan, on: base, seconds: Self.seconds(until: deadline), testSeconds: testSeconds)
    return (again, testSeconds)
  }

  /// Limits of a candidate's run: far above what the base took, far below the job's time, since candidates hang often.
  private static func limits(_ evidence: Evidence, _ deadline: ContinuousClock.Instant) -> (Double, test: Double) {
    let slowest = evidence.report.results.values.map(\.seconds).max() ?? 0
    return (min(seconds(until: deadline), 30 + 10 * evidence.report.seconds), 5 + 10 * slowest)
  }

  /// Tests a candidate with the original tests.
  ///
  /// - Parameter evidence: the results of the job's own snapshot, against which everything is held.
  package func verify(
    _ candidate: TreeID,
    plan: TestPlan,
    evidence: Evidence,
    task: CodingTask,
    deadline: ContinuousClock.Instant
  ) async throws -> Verdict {
    var tree = candidate
    var restored: [RelativePath] = []
    if !task.allowsTestEdits {
      let putBack = try await workspace.changes(from: candidate, to: evidence.base)
        .filter { ProtectedFiles.contains($0.path) }
      restored = putBack.map(\.path).sorted()
      if !putBack.isEmpty { tree = try await workspace.derive(from: candidate, applying: putBack) }
    }
    let (seconds, testSeconds) = Self.limits(evidence, deadline)
    let outcome = try await run(plan, on: tree, seconds: seconds, testSeconds: testSeconds)
    let results = outcome.report.results
    func outcomes(_ tests: [TestID], _ matches: (TestOutcome?) -> Bool) -> [TestID] {
      tests.filter { matches(results[$0]?.outcome) }
    }
    let isRed: (TestOutcome?) -> Bool = { $0 == .failed || $0 == .errored }
    let isGone: (TestOutcome?) -> Bool = { $0 == nil || $0 == .skipped }
    // A collection error hides its file's tests: they are new names, so the old name is simply gone when mended.
    let mended = evidence.failing.filter { isMendedCollection($0, evidence, results) }
    return Verdict(
      tree: tree,
      report: outcome.report,
      fixed: (outcomes(evidence.failing) { $0 == .passed } + mended).sorted(),
      stillFailing: outcomes(evidence.failing, isRed) + Self.newlyRed(evidence, results, mended: !mended.isEmpty),
      broken: outcomes(evidence.passing, isRed),
      stayedGreen: outcomes(evidence.passing) { $0 == .passed },
      missing: outcomes(evidence.failing + evidence.passing, isGone).filter { !mended.contains($0) },
      restored: restored,
      distrust: outcome.distrust
    )
  }

  /// Whether a file that could not be collected on the base now is, with tests that ran.
  private func isMendedCollection(_ id: TestID, _ evidence: Evidence, _ results: [TestID: TestResult]) -> Bool {
    guard evidence.report.results[id]?.outcome == .errored, results[id] == nil, !id.name.contains("::") else {
      return false
    }
    return results.keys.contains { $0.name.hasPrefix(id.name + "::") }
  }

  /// Tests that the base did not know (its file could not be collected) and that fail now.
  private static func newlyRed(_ evidence: Evidence, _ results: [TestID: TestResult], mended: Bool) -> [TestID] {
    guard mended else { return [] }
    return results.values.filter { $0.outcome == .failed || $0.outcome == .errored }.map(\.id)
      .filter { evidence.report.results[$0] == nil }.sorted()
  }

  private static func seconds(until deadline: ContinuousClock.Instant) -> Double {
    let left = deadline - ContinuousClock.now
    return max(0.1, min(runSecondsMax, Double(left.components.seconds) + Double(left.components.attoseconds) * 1e-18))
  }

  /// Turns a run of the base that cannot serve as evidence into an error that says why.
  private static func check(_ outcome: TestRun.Outcome, _ plan: TestPlan) throws {
    let tail = outcome.report.outputTail.split(separator: "\n").suffix(5).joined(separator: "\n")
    switch outcome.report.termination {
    case .timedOut(let seconds):
      throw VerificationError(
        .timedOut,
        "the test command `\(plan.command)` did not end within \(Int(seconds.rounded())) s and was killed"
      )
    case .outputLimit(let bytes):
      throw VerificationError(
        .outputLimit,
        "the test command `\(plan.command)` printed more than \(bytes >> 20) MiB of output and was killed"
      )
    case .exited(127):
      throw VerificationError(.commandNotFound, "the test command `\(plan.command)` was not found: \(tail)")
    case .exited, .signalled: break
    }
    guard outcome.report.format == .exitCode || !outcome.report.results.isEmpty else {
      throw VerificationError(
        .unusable,
        "the test command `\(plan.command)` ran no test (\(outcome.distrust ?? "none was collected")): \(tail)"
      )
    }
  }
}
