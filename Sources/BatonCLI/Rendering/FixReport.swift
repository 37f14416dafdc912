import Conductor
import Domain
import Jobs

/// The report of `baton fix` for people: what came out, the evidence for it, who did it and what it cost.
struct FixReport {
  private static let testsShownMax = 20
  private static let suspectsShownMax = 10

  let job: Job
  let terminal: Terminal

  /// The report's lines.
  var lines: [String] {
    [headline] + evidence + team + suspects + account + notices + next
  }

  private var headline: String {
    let message = Terminal.printable(job.message ?? "")
    return switch job.outcome {
    case .fixed: terminal.styled("fixed", .green) + ": " + message
    case .nothingToFix: terminal.styled("nothing to fix", .green) + ": " + message
    case .notFixed: terminal.styled("not fixed", .red) + ": " + message
    case .budgetSpent: terminal.styled("not fixed in time", .yellow) + ": " + message
    case .cancelled: terminal.styled("cancelled", .yellow) + ": " + message
    case .sandboxRefused: terminal.styled("refused", .red) + ": " + message
    case .invalid, .failed, nil: terminal.styled("failed", .red) + ": " + message
    }
  }

  private var evidence: [String] {
    guard let evidence = job.evidence, !evidence.failing.isEmpty else { return [] }
    var lines = ["", terminal.styled("Evidence", .bold) + " (\(Terminal.printable(evidence.command)))"]
    let verdict = job.result?.best?.verdict
    for test in evidence.failing.prefix(Self.testsShownMax) {
      let name = Terminal.printable(test.name)
      let message = evidence.report.results[test]?.message.map { "  " + Terminal.printable($0) } ?? ""
      if let verdict, verdict.fixed.contains(test) {
        lines.append("  \(terminal.styled("failed → passed", .green))  \(name)")
      } else {
        lines.append("  \(terminal.styled("failed", .red))  \(name)\(terminal.styled(message, .dim))")
      }
    }
    let more = evidence.failing.count - Self.testsShownMax
    if more > 0 { lines.append("  … and \(more) more failing test(s)") }
    if let verdict {
      lines.append("  \(verdict.stayedGreen.count) other test(s) stayed green, \(verdict.broken.count) broke")
    } else {
      lines.append("  \(evidence.passing.count) test(s) pass")
    }
    if !evidence.flaky.isEmpty {
      lines.append("  \(evidence.flaky.count) flaky test(s) left out: \(names(evidence.flaky))")
    }
    if evidence.report.format == .exitCode {
      lines.append("  (the exit code alone: this command gives no results per test)")
    }
    return lines
  }

  private var team: [String] {
    guard let result = job.result, !result.rounds.isEmpty else { return [] }
    var lines = ["", terminal.styled("Team", .bold)]
    for (number, round) in result.rounds.enumerated() {
      lines.append("  round \(number + 1): \(Terminal.printable(round.workflow.rationale))")
      for step in round.steps.compactMap({ $0 }) {
        lines.append("    \(step.worker) (\(step.role.rawValue)): \(Terminal.printable(step.answer))")
      }
      for candidate in round.verified {
        let mark = candidate.verdict.isGreen ? terminal.styled("green", .green) : terminal.styled("red", .red)
        lines.append("    \(mark): \(Terminal.printable(candidate.rationale))")
        if let distrust = candidate.verdict.distrust {
          lines.append("      not believed: \(Terminal.printable(distrust))")
        }
      }
      lines += round.unverifiable.map { "    not testable: \(Terminal.printable($0))" }
    }
    return lines
  }

  private var suspects: [String] {
    guard job.outcome != .fixed, let suspects = job.result?.suspects, !suspects.isEmpty else { return [] }
    let rows = suspects.prefix(Self.suspectsShownMax).map { suspect in
      let place = "\(suspect.location.path):\(suspect.location.line)"
      let function = suspect.location.function.map { " in \($0)" } ?? ""
      let score = Int((suspect.score * 100).rounded())
      return "  \(score)%  " + Terminal.printable("\(place)\(function): \(suspect.reason)")
    }
    return ["", terminal.styled("Where the fault is likely to be", .bold)] + rows
  }

  private var account: [String] {
    guard let ledger = job.result?.ledger else { return [] }
    let total = ledger.total
    let wall = job.updatedAt - job.createdAt
    let money = Double(total.microdollars) / 1_000_000
    var line =
      "  \(seconds(wall)) in all, \(seconds(total.cpuSeconds)) CPU, \(total.candidatesTried) candidate(s) tried, "
    line += "\(total.testRuns) verification run(s), \(total.tokensIn + total.tokensOut) tokens, $\(decimal(money, 2))"
    let tier = job.tier.map { "  sandbox tier \($0.rawValue)" } ?? ""
    return ["", terminal.styled("Cost", .bold), line, tier]
  }

  private var notices: [String] {
    guard !job.notices.isEmpty else { return [] }
    return ["", terminal.styled("Left out of the snapshot", .bold)] + job.notices.map { "  " + Terminal.printable($0) }
  }

  private var next: [String] {
    switch job.state {
    case .proposed: ["", "Job \(job.id): `baton apply \(job.id)` writes the patch into \(job.task.root)"]
    case .applied: ["", "Job \(job.id): the patch is applied; `baton undo \(job.id)` takes it back"]
    default: ["", "Job \(job.id)"]
    }
  }

  private func names(_ tests: [TestID]) -> String {
    tests.prefix(5).map { Terminal.printable($0.name) }.joined(separator: ", ") + (tests.count > 5 ? ", …" : "")
  }

  private func seconds(_ value: Double) -> String { decimal(value, 1) + " s" }

  private func decimal(_ value: Double, _ digits: Int) -> String {
    let scale = digits == 1 ? 10.0 : 100.0
    let scaled = Int((value * scale).rounded())
    let fraction = String(scaled % Int(scale))
    return "\(scaled / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
