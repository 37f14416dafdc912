import Domain
import Sandbox
import Workspace

/// One run of the test command on one tree, in the sandbox, with its results.
struct TestRun {
  /// Runs on a workspace that keeps changing are begun anew at most this often.
  private static let attemptsMax = 3
  /// Output of one run that is kept for reading, in bytes.
  static let outputBytesMax = 64 << 20

  let workspace: Workspace
  let sandbox: Sandbox

  /// What a run gave: its report, and why it cannot be believed, if so.
  struct Outcome {
    var report: TestReport
    var distrust: String?
    /// The exit code of the sandboxed shell, nil when it was killed.
    var exitCode: Int?
  }

  /// Runs `plan` on `tree`.
  ///
  /// The tree is shown as the live folder with changes laid over it, so the folder is looked at again afterwards: a run
  /// during which somebody edited a file is thrown away and begun anew.
  ///
  /// - Parameters:
  ///   - seconds: wall time of the whole run.
  ///   - testSeconds: longest time of one test, where the runner lets us stop one.
  func callAsFunction(
    _ plan: TestPlan,
    on tree: TreeID,
    seconds: Double,
    testSeconds: Double? = nil
  ) async throws -> Outcome {
    for _ in 0..<Self.attemptsMax {
      let before = try await workspace.drift(from: tree)
      let outcome = try await once(plan, changes: before, seconds: seconds, Instrument(testSeconds: testSeconds))
      let after = try await workspace.drift(from: tree)
      if before == after { return outcome }
    }
    throw VerificationError(
      .workspace,
      "the files of '\(workspace.root)' kept changing while their tests ran; stop what writes there, then try again"
    )
  }

  private func once(
    _ plan: TestPlan,
    changes: [FileChange],
    seconds: Double,
    _ instrument: Instrument
  ) async throws -> Outcome {
    var limits = SandboxLimits()
    limits.wallSeconds = seconds
    limits.outputBytes = Self.outputBytesMax
    let policy = SandboxPolicy(
      root: workspace.root,
      changes: changes,
      environment: instrument.environment,
      collect: [Instrument.reportPath: Instrument.reportBytesMax],
      limits: limits
    )
    let folder = plan.directory.map { workspace.root + "/" + $0.string } ?? workspace.root
    let command = SandboxedCommand(
      arguments: instrument.arguments(for: plan.command) + [folder],
      directory: plan.directory,
      standardInput: instrument.standardInput
    )
    let result: SandboxResult
    do { result = try await sandbox.run(command, policy: policy) } catch {
      try Task.checkCancellation()
      throw VerificationError(.sandbox, "the tests could not be run: \(error)")
    }
    try Task.checkCancellation()
    let reported = ReporterOutput(
      result.files[Instrument.reportPath] ?? [],
      nonce: instrument.nonce,
      root: workspace.root
    )
    return outcome(plan, result, reported)
  }

  private func outcome(_ plan: TestPlan, _ result: SandboxResult, _ reported: ReporterOutput) -> Outcome {
    let exitCode: Int? = if case .exited(let code) = result.termination { code } else { nil }
    let output = result.standardOutput.text + result.standardError.text
    var report = TestReport(
      format: plan.runner == .unittest ? .unittest : .pytest,
      results: reported.results,
      termination: result.termination,
      seconds: result.seconds,
      cpuSeconds: result.cpuSeconds,
      outputTail: String(output.suffix(8_192)),
      tier: result.tier
    )
    guard reported.hasStarted else {
      if plan.runner == .pytest || plan.runner == .unittest {
        return Outcome(report: report, distrust: "the test runner ended without a report", exitCode: exitCode)
      }
      report.format = .exitCode
      let id = TestID(plan.command)
      let passes = exitCode == 0
      let message = passes ? nil : output.split(separator: "\n").last.map(String.init)
      report.results = [id: TestResult(id: id, outcome: passes ? .passed : .failed, message: message)]
      return Outcome(report: report, distrust: nil, exitCode: exitCode)
    }
    var distrust = reported.distrust
    if distrust == nil, !reported.hasEnded { distrust = "the test runner died before its session ended" }
    if distrust == nil, exitCode == 0, !report.tests(.failed, .errored).isEmpty {
      distrust = "the exit code says success although tests failed"
    }
    let unreported = reported.collected.filter { reported.results[TestID($0)] == nil }
    if distrust == nil, exitCode == 0, !unreported.isEmpty {
      distrust = "\(unreported.count) collected test(s) gave no result"
    }
    return Outcome(report: report, distrust: distrust, exitCode: exitCode)
  }
}
