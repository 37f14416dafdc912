package import Domain

/// A conductor that needs no model: rules over what is known before anything is spent. It takes one coder for what one
/// coder has a fair chance at, and goes on from a partial improvement.
package struct RuleConductor: Conducting {
  package let name = "rules"

  package init() {}

  package func plan(_ context: PlanningContext) async throws -> Workflow {
    let coders = fittingCoders(context)
    guard let first = coders.first else {
      let languages = context.languages.isEmpty ? "this repository" : context.languages.joined(separator: ", ")
      return Workflow(steps: [], rationale: "no worker of the pool can edit \(languages)")
    }
    guard let last = context.history.last else { return firstRound(context, coders: coders, best: first) }
    if let best = last.best, best.verdict.isImprovement, best.tree != last.base {
      let repaired = best.verdict.fixed.count
      let left = best.verdict.stillFailing.count
      return Workflow(
        steps: [coderStep(first, failing: left)],
        rationale: "one coder again: the last round repaired \(repaired) test(s), \(left) still fail"
      )
    }
    let tried = Set(context.history.flatMap { $0.workflow.steps.map(\.worker) })
    if let fresh = coders.first(where: { !tried.contains($0) }) {
      return Workflow(
        steps: [coderStep(fresh, failing: context.evidence.failing.count)],
        rationale: "another coder: the last round improved nothing"
      )
    }
    let word = coders.count == 1 ? "the only fitting worker has" : "all \(coders.count) fitting workers have"
    return Workflow(steps: [], rationale: "\(word) tried without a green result")
  }

  private func firstRound(_ context: PlanningContext, coders: [Int], best: Int) -> Workflow {
    let failing = context.evidence.failing.count
    let files = Set(
      context.evidence.failing.compactMap { context.evidence.report.results[$0] }.flatMap(\.trace).map(\.path)
    )
    let tests = failing == 1 ? "a single failing test" : "\(failing) failing tests"
    let trace =
      switch files.count {
      case 0: "no file named in a trace"
      case 1: "one file in the trace"
      default: "\(files.count) files in the traces"
      }
    return Workflow(
      steps: [coderStep(best, failing: failing)],
      rationale: "one coder: \(tests), \(trace)"
    )
  }

  private func coderStep(_ worker: Int, failing: Int) -> Workflow.Step {
    Workflow.Step(
      worker: worker,
      role: .coder,
      subtask: failing == 1 ? "Make the failing test pass." : "Make the \(failing) failing tests pass.",
      access: .nothing
    )
  }

  /// Coders for the task's kind and languages: the highest measured share first, then the cheaper.
  private func fittingCoders(_ context: PlanningContext) -> [Int] {
    context.pool.indices
      .filter { position in
        let card = context.pool[position]
        return card.roles.contains(.coder) && card.kinds.contains(context.task.kind)
          && (card.languages.isEmpty || card.languages.contains { context.languages.contains($0) })
      }
      .sorted { left, right in
        let (left, right) = (context.pool[left], context.pool[right])
        if left.solvedShare != right.solvedShare { return left.solvedShare > right.solvedShare }
        return (left.microdollars, left.cpuSeconds) < (right.microdollars, right.cpuSeconds)
      }
  }
}
