package import Domain

/// What the world tells the machine.
package enum ConductorEvent: Sendable {
  /// Begin. Sent once, first.
  case start
  /// The conductor's answer to ``ConductorEffect/plan(_:)``.
  case planned(Workflow)
  /// The conductor could not answer.
  case planFailed(String)
  /// A step returned, after `seconds` of wall time.
  case stepFinished(step: Int, product: WorkProduct, seconds: Double)
  /// A step broke.
  case stepFailed(step: Int, message: String, seconds: Double)
  /// A candidate was tested.
  case verified(VerificationRequest, verdict: Verdict, seconds: Double)
  /// A candidate could not be tested (it does not apply, its run could not be made).
  case verificationFailed(VerificationRequest, message: String, seconds: Double)
  /// The budget's wall time is over.
  case deadlinePassed
  /// The user stopped the job.
  case cancelled
}

/// One candidate to be tested.
package struct VerificationRequest: Sendable, Equatable {
  /// Round it belongs to, from 0.
  package var round: Int
  /// Position of the step that proposed it.
  package var step: Int
  /// The tree its changes are made to.
  package var base: TreeID
  package var candidate: Candidate

  package init(round: Int, step: Int, base: TreeID, candidate: Candidate) {
    self.round = round
    self.step = step
    self.base = base
    self.candidate = candidate
  }
}

/// What the machine wants done. Effects of one `handle` call are started in order.
package enum ConductorEffect: Sendable {
  /// Ask the conductor.
  case plan(PlanningContext)
  /// Let worker `worker` do a step.
  case perform(step: Int, worker: Int, StepOrder)
  /// Test a candidate against the job's original evidence.
  case verify(VerificationRequest)
  /// Stop all workers and verifications that are under way. Their events are still delivered and ignored.
  case stopWork
  /// The end: sent exactly once, last.
  case finish(ConductingResult)
}

/// What a worker is told, as values; the shell adds the clock.
package struct StepOrder: Sendable {
  package var round: Int
  package var role: Workflow.Role
  package var subtask: String
  package var base: TreeID
  package var evidence: Evidence
  package var visible: [Assignment.VisibleAnswer]
  package var rejected: [TreeID]
  package var verdict: Verdict?

  package init(
    round: Int,
    role: Workflow.Role,
    subtask: String,
    base: TreeID,
    evidence: Evidence,
    visible: [Assignment.VisibleAnswer],
    rejected: [TreeID],
    verdict: Verdict?
  ) {
    self.round = round
    self.role = role
    self.subtask = subtask
    self.base = base
    self.evidence = evidence
    self.visible = visible
    self.rejected = rejected
    self.verdict = verdict
  }
}
