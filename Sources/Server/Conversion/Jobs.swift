import BatonProtocol
import Conductor
import Domain
import Jobs
import Verification

extension BatonProtocol.JobSummary {
  init(_ summary: Jobs.JobSummary) {
    self.init(
      job: summary.id.string,
      owner: summary.owner,
      root: summary.root,
      state: JobState(summary.state),
      outcome: summary.outcome.map { JobOutcome($0) },
      message: summary.message,
      createdAt: summary.createdAt,
      updatedAt: summary.updatedAt
    )
  }
}

extension JobState {
  init(_ state: Job.State) {
    switch state {
    case .queued: self = .queued
    case .running: self = .running
    case .proposed: self = .proposed
    case .applying: self = .applying
    case .applied: self = .applied
    case .undone: self = .undone
    case .rejected: self = .rejected
    case .ended: self = .ended
    case .cancelled: self = .cancelled
    }
  }
}

extension JobOutcome {
  init(_ outcome: Job.Outcome) {
    switch outcome {
    case .fixed: self = .fixed
    case .notFixed: self = .notFixed
    case .nothingToFix: self = .nothingToFix
    case .budgetSpent: self = .budgetSpent
    case .sandboxRefused: self = .sandboxRefused
    case .cancelled: self = .cancelled
    case .invalid: self = .invalid
    case .failed: self = .failed
    }
  }
}

extension JobDetails {
  init(_ job: Job) {
    self.init(
      summary: BatonProtocol.JobSummary(job.summary),
      task: TaskDescription(job.task),
      base: job.base?.hex,
      notices: job.notices,
      testPlan: job.plan.map { TestPlanDescription($0) },
      evidence: job.evidence.map { EvidenceSummary($0) },
      plans: job.result?.rounds.map { PlanSummary($0) } ?? [],
      verdict: job.result?.best.map { VerdictSummary($0.verdict) },
      suspects: job.result?.suspects.prefix(Suspect.suspectsMax).map { Suspect($0) } ?? [],
      ledger: job.result.map { LedgerSummary($0.ledger) },
      sandboxTier: job.tier?.rawValue
    )
  }
}

extension TestPlanDescription {
  init(_ plan: TestPlan) {
    self.init(
      command: plan.command,
      runner: plan.runner.rawValue,
      origin: plan.origin,
      directory: plan.directory?.string
    )
  }
}

extension PlanSummary {
  init(_ round: RoundRecord) {
    self.init(
      rationale: round.workflow.rationale,
      steps: zip(round.workflow.steps, round.steps).map { PlanStep($0, $1) },
      candidatesVerified: round.verified.count
    )
  }
}

extension PlanStep {
  init(_ step: Workflow.Step, _ record: StepRecord?) {
    self.init(
      worker: record?.worker,
      role: WorkerRole(step.role),
      subtask: step.subtask,
      answer: record?.answer,
      failed: record?.failed ?? false,
      seconds: record?.seconds ?? 0
    )
  }
}

extension WorkerRole {
  init(_ role: Workflow.Role) {
    switch role {
    case .planner: self = .planner
    case .coder: self = .coder
    case .verifier: self = .verifier
    }
  }
}

extension LedgerSummary {
  init(_ ledger: Ledger) {
    let total = ledger.total
    self.init(
      budget: BudgetLimits(ledger.budget),
      used: UsageSummary(
        cpuSeconds: total.cpuSeconds,
        microdollars: total.microdollars,
        tokensIn: total.tokensIn,
        tokensOut: total.tokensOut,
        testRuns: total.testRuns,
        candidatesTried: total.candidatesTried,
        workerCalls: total.workerCalls
      )
    )
  }
}
