package import Conductor
package import Domain
package import Verification
package import Workspace

/// A task's durable execution, as the journal keeps it.
package struct Job: Sendable, Codable {
  /// Where it stands.
  package enum State: String, Sendable, Codable, CaseIterable {
    /// Waiting for its turn.
    case queued
    /// Being worked on.
    case running
    /// Ended with a verified patch that nobody has decided on.
    case proposed
    /// The patch is being written; seen after a restart it means that the apply did not end.
    case applying
    /// The patch is in the user's workspace.
    case applied
    /// The patch was applied and taken back.
    case undone
    /// The user does not want the patch.
    case rejected
    /// Ended without a patch; see ``Job/outcome``.
    case ended
    /// Stopped by the user.
    case cancelled

    /// Whether nothing more happens by itself.
    package var isResting: Bool { self != .queued && self != .running && self != .applying }
  }

  /// What came out, in the words of the exit codes.
  package enum Outcome: String, Sendable, Codable {
    case fixed
    case notFixed
    case nothingToFix
    case budgetSpent
    case sandboxRefused
    case cancelled
    /// Bad input or configuration: no tests, unreadable workspace, unsupported task.
    case invalid
    /// The daemon broke or was stopped meanwhile.
    case failed
  }

  package let id: JobID
  /// Who submitted it (`cli`, or a session's identity): only for display.
  package var owner: String
  package var task: CodingTask
  package var state: State
  package var outcome: Outcome?
  /// One sentence about the outcome.
  package var message: String?
  /// Seconds since 1970.
  package var createdAt: Double
  package var updatedAt: Double
  /// The snapshot.
  package var base: TreeID?
  /// Files that were left out of the snapshot, with the reason.
  package var notices: [String]
  /// How tests are run.
  package var plan: TestPlan?
  package var evidence: Evidence?
  /// Plans, steps, verdicts, ledger.
  package var result: ConductingResult?
  /// Isolation of the runs.
  package var tier: SandboxTier?
  /// The unified diff from `base` to the winning candidate, for `git apply`. Bytes, since files may hold any.
  package var patch: [UInt8]?
  /// How to take the applied patch back.
  package var applyRecord: ApplyRecord?
  /// Process that works on it, to tell an interrupted job from a running one.
  package var processID: Int32?

  package init(id: JobID, owner: String, task: CodingTask, createdAt: Double) {
    self.id = id
    self.owner = owner
    self.task = task
    self.createdAt = createdAt
    updatedAt = createdAt
    state = .queued
    notices = []
  }

  /// The green candidate, if the job has one.
  package var winner: VerifiedCandidate? {
    guard outcome == .fixed else { return nil }
    return result?.best
  }
}

/// A job in a list.
package struct JobSummary: Sendable, Codable {
  package var id: JobID
  package var owner: String
  package var root: String
  package var state: Job.State
  package var outcome: Job.Outcome?
  package var message: String?
  package var createdAt: Double
  package var updatedAt: Double

  package init(
    id: JobID,
    owner: String,
    root: String,
    state: Job.State,
    outcome: Job.Outcome? = nil,
    message: String? = nil,
    createdAt: Double,
    updatedAt: Double
  ) {
    self.id = id
    self.owner = owner
    self.root = root
    self.state = state
    self.outcome = outcome
    self.message = message
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

/// Something happened to a job.
package struct JobUpdate: Sendable {
  /// What happened.
  package enum Event: Sendable {
    /// The state changed.
    case state
    /// One line for people: what is being done.
    case progress(String)
  }

  package var summary: JobSummary
  package var event: Event

  package init(summary: JobSummary, event: Event) {
    self.summary = summary
    self.event = event
  }
}
