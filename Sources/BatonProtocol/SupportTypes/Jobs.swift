/// Where a job stands.
package enum JobState: String, Codable, Sendable, CaseIterable {
  /// Waits for its turn.
  case queued
  /// Is being worked on.
  case running
  /// Ended with a verified patch that nobody has decided on.
  case proposed
  /// The patch is being written into the workspace, or taken back.
  case applying
  /// The patch is in the workspace.
  case applied
  /// The patch was applied and taken back.
  case undone
  /// The user does not want the patch.
  case rejected
  /// Ended without a patch; the outcome says why.
  case ended
  /// Stopped by the user.
  case cancelled
}

/// What came out of a job.
package enum JobOutcome: String, Codable, Sendable, CaseIterable {
  /// A patch makes the failing tests pass and breaks none.
  case fixed
  /// No patch was found.
  case notFixed
  /// No test failed to begin with.
  case nothingToFix
  /// The budget or the time was spent first.
  case budgetSpent
  /// No isolation is to be had, and running without was not allowed.
  case sandboxRefused
  /// Stopped by the user.
  case cancelled
  /// Bad input or configuration: no tests, unreadable workspace, unsupported task.
  case invalid
  /// The server broke or was stopped meanwhile.
  case failed
}

/// A job in a list or an update.
package struct JobSummary: Codable, Sendable, Equatable {
  /// The job's name.
  package var job: String
  /// Who submitted it, for display.
  package var owner: String
  /// Absolute path of the workspace.
  package var root: String
  /// Where it stands.
  package var state: JobState
  /// What came out, once it ended.
  package var outcome: JobOutcome?
  /// One sentence about the outcome.
  package var message: String?
  /// When it was submitted, in seconds since 1970.
  package var createdAt: Double
  /// When it last changed, in seconds since 1970.
  package var updatedAt: Double

  package init(
    job: String,
    owner: String,
    root: String,
    state: JobState,
    outcome: JobOutcome? = nil,
    message: String? = nil,
    createdAt: Double,
    updatedAt: Double
  ) {
    self.job = job
    self.owner = owner
    self.root = root
    self.state = state
    self.outcome = outcome
    self.message = message
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

/// All that is known about a job.
package struct JobDetails: Codable, Sendable, Equatable {
  /// The job in short.
  package var summary: JobSummary
  /// What was asked for.
  package var task: TaskDescription
  /// The snapshot the job works from: a git tree's hash, 40 hexadecimal digits.
  package var base: String?
  /// What was left out of the snapshot, with the reason.
  package var notices: [String]
  /// How tests are run.
  package var testPlan: TestPlanDescription?
  /// What the tests said about the base.
  package var evidence: EvidenceSummary?
  /// Plans that were tried, in order.
  package var plans: [PlanSummary]
  /// What the tests say about the patch.
  package var verdict: VerdictSummary?
  /// Places likely at fault, most suspicious first.
  package var suspects: [Suspect]
  /// What was spent.
  package var ledger: LedgerSummary?
  /// How the tests were isolated: `A`, `A'`, `B`, `C` or `D`.
  package var sandboxTier: String?

  package init(
    summary: JobSummary,
    task: TaskDescription,
    base: String? = nil,
    notices: [String] = [],
    testPlan: TestPlanDescription? = nil,
    evidence: EvidenceSummary? = nil,
    plans: [PlanSummary] = [],
    verdict: VerdictSummary? = nil,
    suspects: [Suspect] = [],
    ledger: LedgerSummary? = nil,
    sandboxTier: String? = nil
  ) {
    self.summary = summary
    self.task = task
    self.base = base
    self.notices = notices
    self.testPlan = testPlan
    self.evidence = evidence
    self.plans = plans
    self.verdict = verdict
    self.suspects = suspects
    self.ledger = ledger
    self.sandboxTier = sandboxTier
  }
}
