import Domain

/// Turns a run of the unchanged code that cannot serve as evidence into an error that says why and what to do. Pure.
struct BaseCheck {
  let plan: TestPlan
  let outcome: RunOutcome

  func check() throws(VerificationError) {
    let report = outcome.report
    let output = report.outputTail
    let tail = output.split(separator: "\n").suffix(5).joined(separator: "\n")
    switch report.termination {
    case .timedOut(let seconds) where !outcome.hasReport || report.tests(.failed, .errored).isEmpty:
      throw VerificationError(
        .timedOut,
        """
        The test command `\(plan.command)` did not end within \(Int(seconds.rounded())) s and was killed, before it had \
        reported a failing test. Give it more time with --max-seconds, or name a smaller command with --test.
        """
      )
    case .outputLimit(let bytes):
      throw VerificationError(
        .outputLimit,
        "The test command `\(plan.command)` wrote more than \(bytes >> 20) MiB of output and was killed."
      )
    case .exited(127) where !outcome.hasReport, .exited(126) where !outcome.hasReport:
      throw VerificationError(.commandNotFound, "The test command `\(plan.command)` cannot be run: \(tail)")
    default: break
    }
    try checkPython(output)
    if !outcome.hasReport, output.contains("No tests found") || ranNothing(output) {
      throw VerificationError(
        .noTestsFound,
        "The test command `\(plan.command)` ran and found no tests. Pass another one with --test. It said: \(tail)"
      )
    }
    try checkTrust(tail)
  }

  private func checkPython(_ output: String) throws(VerificationError) {
    guard plan.runner == .pytest, !outcome.hasReport else { return }
    if output.contains("No module named pytest") || output.contains("No module named 'pytest'") {
      throw VerificationError(
        .commandNotFound,
        "The test command `\(plan.command)` needs pytest, which is not installed (Debian: apt install python3-pytest)."
      )
    }
    // 4: pytest does not understand its arguments or configuration. A conftest that cannot be imported is a fault of the
    // code like any other.
    if outcome.exitCode == 4, !output.contains("ImportError while loading conftest") {
      let line = output.split(separator: "\n").first { $0.hasPrefix("ERROR") } ?? "usage error"
      throw VerificationError(.runnerFailed, "pytest refuses the command `\(plan.command)`: \(line)")
    }
  }

  private func ranNothing(_ output: String) -> Bool {
    switch plan.runner {
    case .pytest: outcome.exitCode == 5
    case .unittest: output.contains("Ran 0 tests")
    case .goTest: output.contains("no packages to test") || output.contains("[no test files]") && outcome.exitCode == 0
    case .ctest: output.contains("No tests were found")
    case .cargoTest, .swiftTest, .nodeTest: outcome.exitCode == 0 && outcome.isWhole
    case .generic: false
    }
  }

  /// On unchanged code a contradiction is no proof of bad faith, as long as there is something red to work on.
  private func checkTrust(_ tail: String) throws(VerificationError) {
    guard let distrust = outcome.distrust, outcome.report.tests(.failed, .errored).isEmpty || outcome.isForged else {
      return
    }
    throw VerificationError(
      .untrustworthy,
      "The run of `\(plan.command)` on the unchanged code cannot be believed: \(distrust). It said: \(tail)"
    )
  }
}
