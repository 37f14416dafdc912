package import Domain
package import Sandbox
import StandardExtensions
package import Workspace

/// Gives evidence and verdicts: runs the tests of a snapshot or a candidate in the sandbox and says what they say.
///
/// The original tests decide, skipped or missing is never passed, and no exit code is believed alone where the runner
/// can be made to report.
package struct Verifier: Sendable {
  /// Longest single run of the test command in seconds.
  package static let runSecondsMax = 600.0
  /// Longest time in seconds that looking for an interpreter may take.
  private static let probeSecondsMax = 20.0

  private let workspace: Workspace
  private let run: TestRun

  package init(workspace: Workspace, sandbox: Sandbox) {
    self.workspace = workspace
    run = TestRun(workspace: workspace, sandbox: sandbox)
  }

  // MARK: Plan

  /// How the tests of `tree` are run: the task's own command, or what the tree's files say. ``TestDiscovery`` has the
  /// rules.
  ///
  /// - Throws: ``VerificationError`` with code `noTestsFound` when nothing looks like a test suite.
  package func plan(for task: CodingTask, tree: TreeID) async throws(VerificationError) -> TestPlan {
    var listing: TreeListing
    do throws(WorkspaceError) {
      let entries = try await workspace.entries(of: tree)
      listing = TreeListing(paths: entries.map(\.path.string))
      let wanted = Set(listing.wanted)
      for entry in entries where wanted.contains(entry.path.string) && entry.bytes <= TreeListing.fileBytesMax {
        let bytes = try await workspace.contents(of: entry.path, in: tree)
        listing.texts[entry.path.string] = bytes.map { String(decoding: $0, as: UTF8.self) }
      }
    } catch { throw VerificationError(.workspace, "\(error)") }
    if let command = task.testCommand { return try Self.given(command, listing) }
    let python = TestDiscovery.asksForPython(listing) ? try await python(tree) : .init(hasPytest: false)
    return try TestDiscovery(listing: listing, python: python).plan()
  }

  /// The plan for a command the user typed.
  static func given(_ command: String, _ listing: TreeListing) throws(VerificationError) -> TestPlan {
    guard command.contains(where: { !$0.isWhitespace }) else {
      throw VerificationError(
        .noTestsFound,
        "The test command is empty. Pass a shell command, e.g. --test \"make test\"."
      )
    }
    let recognised = CommandRecognition(command)
    var runner = recognised.runner
    if let script = recognised.script, let text = listing.texts["package.json"],
      let line = PackageManifest.script(script, in: text), CommandRecognition(line).runner == .nodeTest
    {
      runner = .nodeTest
    }
    return TestPlan(command: command, runner: runner, origin: "given by --test")
  }

  private func python(_ tree: TreeID) async throws(VerificationError) -> TestDiscovery.Python {
    let script = """
      first=
      for python in .venv/bin/python venv/bin/python python3 python; do
        command -v "$python" >/dev/null 2>&1 || continue
        [ -n "$first" ] || first=$python
        if "$python" -I -c 'import importlib.util as u; raise SystemExit(u.find_spec("pytest") is None)' 2>/dev/null
        then echo "pytest $python"; exit; fi
      done
      echo "plain $first"
      """
    let words = try await run.ask(script, tree: tree, seconds: Self.probeSecondsMax).split { $0 == " " || $0 == "\n" }
    guard words.count == 2 else { return .init(hasPytest: false) }
    return .init(interpreter: String(words[1]), hasPytest: words[0] == "pytest")
  }

  // MARK: Evidence

  /// Runs the tests of the snapshot; twice when some fail, so that flaky ones are known and decide nothing.
  ///
  /// A test that never ends is stopped by a limit for each test where the runner allows one, and counts as failing.
  ///
  /// - Throws: ``VerificationError`` when the run says nothing that can be used: `commandNotFound`, `noTestsFound`,
  ///   `runnerFailed`, `timedOut`, `outputLimit`, `untrustworthy`, `sandbox`, `workspace`, `cancelled`. No failing test
  ///   is a result, not an error.
  package func gatherEvidence(
    task: CodingTask,
    plan: TestPlan,
    base: TreeID,
    deadline: ContinuousClock.Instant
  ) async throws(VerificationError) -> Evidence {
    let left = Self.seconds(until: deadline)
    var options = RunOptions(testSecondsMax: min(30, max(2, left / 12)))
    let first = try await run(plan, on: base, seconds: min(Self.runSecondsMax, max(5, 0.6 * left)), options: options)
    try BaseCheck(plan: plan, outcome: first).check()
    let report = first.report
    var evidence = Evidence(
      base: base,
      command: plan.command,
      report: report,
      failing: report.tests(.failed, .errored),
      passing: report.tests(.passed),
      flaky: []
    )
    let seconds = Self.seconds(until: deadline)
    guard !evidence.failing.isEmpty, seconds > 3 * report.seconds else { return evidence }
    options.testSecondsMax = min(options.testSecondsMax, Self.testSeconds(evidence))
    // A suite that takes long is not run whole again, only for what fails.
    let isSlow = report.seconds > 0.1 * seconds
    if isSlow, plan.runner.adapter.canSelect { options.only = evidence.failing }
    if isSlow, options.only.isEmpty { return evidence }
    let second = try await run(plan, on: base, seconds: 0.5 * seconds, options: options)
    evidence.sortOutFlaky(second.report, only: options.only)
    return evidence
  }

  // MARK: Verdict

  /// Tests a candidate with the original tests.
  ///
  /// - Parameters:
  ///   - candidate: what a worker proposes. The verdict names the tree that was tested: without the candidate's changes
  ///     to tests, unless the task allows them.
  ///   - evidence: the results of the job's own snapshot, against which everything is held.
  package func verify(
    _ candidate: TreeID,
    plan: TestPlan,
    evidence: Evidence,
    task: CodingTask,
    deadline: ContinuousClock.Instant
  ) async throws(VerificationError) -> Verdict {
    var tree = candidate
    var restored: [RelativePath] = []
    if !task.allowsTestEdits {
      let restoration = TestRestoration(workspace: workspace, files: ProtectedFiles(plan: plan))
      do throws(WorkspaceError) {
        (tree, restored) = try await restoration.restore(candidate, base: evidence.base)
      } catch {
        throw VerificationError(.workspace, "\(error)")
      }
    }
    var options = RunOptions(testSecondsMax: Self.testSeconds(evidence))
    if plan.runner.adapter.canSelect, evidence.report.seconds > Self.slowSeconds, evidence.failing.count <= 100 {
      options.only = evidence.failing
      let outcome = try await run(plan, on: tree, seconds: Self.runSeconds(evidence, deadline), options: options)
      let builder = VerdictBuilder(evidence: evidence, run: outcome)
      if let verdict = builder.hopeless(tree: tree, restored: restored) { return verdict }
      options.only = []
    }
    let outcome = try await run(plan, on: tree, seconds: Self.runSeconds(evidence, deadline), options: options)
    var verdict = VerdictBuilder(evidence: evidence, run: outcome).verdict(tree: tree, restored: restored)
    // What was green once may be luck, or know how often it ran: a second run in a fresh sandbox costs little.
    if verdict.isGreen, outcome.report.seconds < Self.slowSeconds,
      Self.seconds(until: deadline) > 3 * outcome.report.seconds + 1
    {
      let again = try await run(plan, on: tree, seconds: Self.runSeconds(evidence, deadline), options: options)
      let second = VerdictBuilder(evidence: evidence, run: again).verdict(tree: tree, restored: restored)
      if !second.isGreen {
        verdict = second
        verdict.distrust = second.distrust ?? "the tests passed in one run and not in the next"
      }
    }
    return verdict
  }

  /// Seconds from which a suite counts as slow: then the failing tests go first, and green is not run twice.
  private static let slowSeconds = 10.0

  /// Longest run of a candidate: far above what the base took, far below the job's time, since candidates hang often.
  private static func runSeconds(_ evidence: Evidence, _ deadline: ContinuousClock.Instant) -> Double {
    min(seconds(until: deadline), 30 + 10 * evidence.report.seconds)
  }

  /// Longest time of one test in seconds: far above the slowest one that passed on the base.
  private static func testSeconds(_ evidence: Evidence) -> Double {
    let passed = evidence.report.results.values.filter { $0.outcome == .passed }
    return 3 + 10 * (passed.map(\.seconds).max() ?? 0)
  }

  private static func seconds(until deadline: ContinuousClock.Instant) -> Double {
    max(0.1, min(runSecondsMax, (deadline - ContinuousClock.now).seconds))
  }
}

extension Evidence {
  /// Takes tests out that ended otherwise in another run of the same tree.
  ///
  /// - Parameter only: the tests that the other run had; empty: all.
  mutating func sortOutFlaky(_ second: TestReport, only: [TestID]) {
    let known = only.isEmpty ? Set(report.results.keys).union(second.results.keys) : Set(only)
    let unsure = known.filter { report.results[$0]?.outcome.isRed != second.results[$0]?.outcome.isRed }
    flaky = unsure.sorted()
    failing.removeAll(where: unsure.contains)
    passing.removeAll(where: unsure.contains)
  }
}
