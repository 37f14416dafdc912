package import Domain

/// The conducting of one job as a pure state machine: no task, clock, process or socket. Events go in, effects come
/// out; ``Orchestrator`` is its shell.
///
/// A round is: the conductor plans a workflow, its steps run as soon as the steps they may see have ended, every
/// proposal is tested at once, and the first green one ends the job. On red the conductor is asked again with what came
/// out (recursion), from the best partial candidate, until it accepts, a cap is met or nothing new is left to try.
package struct ConductorMachine: Sendable {
  /// Proposals of one step that are tested.
  package static let candidatesPerStepMax = 8
  /// Tests of candidates that run at the same time. Candidates of one step are tested one after the other, so that the
  /// worker's own order decides between two green ones.
  package static let verificationsAtOnceMax = 2

  private enum Phase {
    case idle
    case planning(attempt: Int)
    case working
    case finished
  }

  private let task: CodingTask
  private let evidence: Evidence
  private let pool: [CapabilityCard]
  private let languages: [String]
  private var phase = Phase.idle
  private var ledger: Ledger
  private var rounds: [RoundRecord] = []
  private var running: Set<Int> = []
  private var waiting: [VerificationRequest] = []
  private var verifying: [VerificationRequest] = []
  private var answers: [Int: String] = [:]
  private var rejected: [TreeID] = []
  private var suspects: [SuspiciousLocation] = []
  private var tried: Set<String> = []
  private var spent: String?

  /// - Parameters:
  ///   - task: what is wanted.
  ///   - evidence: test results of the job's snapshot; every verdict is held against these.
  ///   - pool: the workers' cards.
  ///   - languages: languages of the files in question, lower case.
  package init(task: CodingTask, evidence: Evidence, pool: [CapabilityCard], languages: [String]) {
    self.task = task
    self.evidence = evidence
    self.pool = pool
    self.languages = languages
    ledger = Ledger(budget: task.budget)
  }

  /// Advances by one event. After ``ConductorEffect/finish(_:)`` every event is ignored.
  package mutating func handle(_ event: ConductorEvent) -> [ConductorEffect] {
    if case .finished = phase { return [] }
    switch event {
    case .start:
      guard !evidence.failing.isEmpty else {
        return finish(.nothingToFix, "every test of the suite passes already")
      }
      guard !pool.isEmpty else { return finish(.notFixed, "no worker is configured") }
      return askForPlan(complaint: nil, attempt: 0)
    case .planned(let workflow):
      return accept(workflow)
    case .planFailed(let message):
      return replan(after: message)
    case .stepFinished(let step, let product, let seconds):
      return finishStep(step, product, seconds)
    case .stepFailed(let step, let message, let seconds):
      let product = WorkProduct(candidates: [], answer: message)
      return finishStep(step, product, seconds, failed: true)
    case .verified(let request, let verdict, let seconds):
      return finishVerification(request, verdict, seconds)
    case .verificationFailed(let request, let message, let seconds):
      verifying.removeAll { $0 == request }
      settleVerification(request, cpuSeconds: 0, seconds)
      rounds[request.round].unverifiable.append(message)
      return advance()
    case .deadlinePassed:
      return [.stopWork] + finish(.budgetSpent, "the time limit of \(Int(task.budget.wallSeconds)) s was reached")
    case .cancelled:
      return [.stopWork] + finish(.cancelled, "cancelled by the user")
    }
  }

  // MARK: Planning

  private mutating func askForPlan(complaint: String?, attempt: Int) -> [ConductorEffect] {
    if attempt == 0, !ledger.reserve(.rounds) {
      return finish(.budgetSpent, "the limit of \(task.budget.rounds) rounds was reached")
    }
    phase = .planning(attempt: attempt)
    let used = ledger.total
    return [
      .plan(
        PlanningContext(
          task: task,
          evidence: currentEvidence,
          languages: languages,
          pool: pool,
          history: rounds,
          remaining: PlanningContext.Remaining(
            rounds: task.budget.rounds - rounds.count,
            workerCalls: task.budget.workerCalls - used.workerCalls,
            testRuns: task.budget.testRuns - used.testRuns
          ),
          complaint: complaint
        )
      )
    ]
  }

  private mutating func accept(_ workflow: Workflow) -> [ConductorEffect] {
    guard case .planning = phase else { return [] }
    if workflow.steps.isEmpty {
      return finish(.notFixed, workflow.rationale)
    }
    do throws(WorkflowProblem) {
      try workflow.check(pool: pool)
    } catch {
      return replan(after: error.description)
    }
    let base = currentBase
    // A round must improve the verdict (then its base differs) or change the strategy (then its plan differs).
    guard tried.insert("\(base.hex) \(workflow.steps)").inserted else {
      return finish(.notFixed, "the conductor had no new strategy after \(rounds.count) round(s)")
    }
    rounds.append(RoundRecord(base: base, workflow: workflow))
    phase = .working
    running = []
    answers = [:]
    return advance()
  }

  /// One chance to mend a bad plan, then the best single worker, then the end.
  private mutating func replan(after complaint: String) -> [ConductorEffect] {
    guard case .planning(let attempt) = phase else { return [] }
    if attempt == 0 { return askForPlan(complaint: complaint, attempt: 1) }
    guard attempt == 1, let fallback = Self.fallback(pool: pool, languages: languages) else {
      return finish(.notFixed, "no valid plan: \(complaint)")
    }
    phase = .planning(attempt: 2)
    return accept(fallback)
  }

  /// The best single coder for the languages at hand.
  private static func fallback(pool: [CapabilityCard], languages: [String]) -> Workflow? {
    let coders = pool.indices.filter { pool[$0].roles.contains(.coder) }
    let fitting = coders.filter {
      pool[$0].languages.isEmpty || !pool[$0].languages.allSatisfy { !languages.contains($0) }
    }
    guard let best = (fitting.isEmpty ? coders : fitting).max(by: { pool[$0].solvedShare < pool[$1].solvedShare })
    else {
      return nil
    }
    return Workflow(
      steps: [
        Workflow.Step(worker: best, role: .coder, subtask: "Make the failing tests pass.", access: .nothing)
      ],
      rationale: "one coder: the conductor gave no valid plan, so the best single worker was taken"
    )
  }

  // MARK: Working

  /// Starts what can start; ends the round when nothing is left to wait for.
  private mutating func advance() -> [ConductorEffect] {
    guard case .working = phase, let round = rounds.indices.last else { return [] }
    var effects: [ConductorEffect] = []
    while verifying.count < Self.verificationsAtOnceMax,
      let next = waiting.firstIndex(where: { request in !verifying.contains { $0.step == request.step } })
    {
      guard ledger.reserve(.testRuns) else {
        spent = "the limit of \(task.budget.testRuns) test runs was reached"
        waiting = []
        break
      }
      let request = waiting.remove(at: next)
      verifying.append(request)
      effects.append(.verify(request))
    }
    effects += startSteps(round)
    if effects.isEmpty, running.isEmpty, verifying.isEmpty, waiting.isEmpty {
      return endRound()
    }
    return effects
  }

  private mutating func startSteps(_ round: Int) -> [ConductorEffect] {
    let workflow = rounds[round].workflow
    var effects: [ConductorEffect] = []
    for position in workflow.steps.indices where rounds[round].steps[position] == nil && !running.contains(position) {
      let visible = workflow.visible(to: position)
      guard visible.allSatisfy({ answers[$0] != nil }), spent == nil else { continue }
      guard ledger.reserve(.workerCalls) else {
        spent = "the limit of \(task.budget.workerCalls) worker calls, or of money or tokens, was reached"
        break
      }
      running.insert(position)
      let step = workflow.steps[position]
      effects.append(
        .perform(
          step: position,
          worker: step.worker,
          StepOrder(
            round: round,
            role: step.role,
            subtask: step.subtask,
            base: rounds[round].base,
            evidence: currentEvidence,
            visible: visible.map {
              Assignment.VisibleAnswer(step: $0, subtask: workflow.steps[$0].subtask, answer: answers[$0] ?? "")
            },
            rejected: rejected,
            verdict: best?.verdict
          )
        )
      )
    }
    return effects
  }

  private mutating func finishStep(
    _ step: Int,
    _ product: WorkProduct,
    _ seconds: Double,
    failed: Bool = false
  ) -> [ConductorEffect] {
    guard case .working = phase, let round = rounds.indices.last, running.remove(step) != nil else { return [] }
    let plan = rounds[round].workflow.steps[step]
    var usage = product.usage
    usage.workerCalls = 1
    let name = pool[plan.worker].name
    ledger.settle(Ledger.Entry(round: round, step: step, spender: name, usage: usage, seconds: seconds))
    answers[step] = product.answer
    rounds[round].steps[step] = StepRecord(
      worker: name,
      role: plan.role,
      subtask: plan.subtask,
      answer: product.answer,
      candidates: product.candidates.count,
      failed: failed,
      usage: usage,
      seconds: seconds
    )
    if !product.suspects.isEmpty { suspects = product.suspects }
    if plan.role == .coder {
      let base = rounds[round].base
      waiting += product.candidates.prefix(Self.candidatesPerStepMax).map {
        VerificationRequest(round: round, step: step, base: base, candidate: $0)
      }
    }
    return advance()
  }

  private mutating func finishVerification(
    _ request: VerificationRequest,
    _ verdict: Verdict,
    _ seconds: Double
  ) -> [ConductorEffect] {
    verifying.removeAll { $0 == request }
    settleVerification(request, cpuSeconds: verdict.report.cpuSeconds, seconds)
    let worker = pool[rounds[request.round].workflow.steps[request.step].worker].name
    rounds[request.round].verified.append(
      VerifiedCandidate(
        tree: verdict.tree,
        verdict: verdict,
        rationale: request.candidate.rationale,
        worker: worker
      )
    )
    if verdict.isGreen {
      return [.stopWork] + finish(.fixed, "every failing test passes now and nothing else broke")
    }
    rejected.append(verdict.tree)
    return advance()
  }

  private mutating func settleVerification(_ request: VerificationRequest, cpuSeconds: Double, _ seconds: Double) {
    ledger.settle(
      Ledger.Entry(
        round: request.round,
        step: nil,
        spender: "verification",
        usage: Usage(cpuSeconds: cpuSeconds, testRuns: 1),
        seconds: seconds
      ),
      releasing: .testRuns
    )
  }

  private mutating func endRound() -> [ConductorEffect] {
    if let spent { return finish(.budgetSpent, spent) }
    return askForPlan(complaint: nil, attempt: 0)
  }

  // MARK: Results

  /// The best candidate so far that improves on the job's base.
  private var best: VerifiedCandidate? {
    rounds.flatMap(\.verified).filter { $0.verdict.isGreen || $0.verdict.isImprovement }
      .max { $0.verdict.rank < $1.verdict.rank }
  }

  private var currentBase: TreeID { best?.tree ?? evidence.base }

  /// The original evidence, or the test results of the partial candidate that the next round starts from.
  private var currentEvidence: Evidence {
    guard let best else { return evidence }
    var evidence = evidence
    evidence.base = best.tree
    evidence.report = best.verdict.report
    evidence.failing = best.verdict.stillFailing
    evidence.passing = (best.verdict.stayedGreen + best.verdict.fixed).sorted()
    return evidence
  }

  private mutating func finish(_ ending: ConductingResult.Ending, _ reason: String) -> [ConductorEffect] {
    phase = .finished
    return [
      .finish(
        ConductingResult(
          ending: ending,
          reason: reason,
          best: best,
          rounds: rounds,
          suspects: suspects,
          ledger: ledger
        )
      )
    ]
  }
}
