/// Anything that can plan, code or verify: an embedded expert, a chat model, an external agent. The conductor knows
/// workers only by position and card.
package protocol Worker: Sendable {
  /// What it can do and what it costs.
  var card: CapabilityCard { get }

  /// Does one step. Cancelling the task stops the work, and no process of it survives the return.
  ///
  /// - Parameters:
  ///   - assignment: what to do, with everything the worker may see.
  ///   - report: called with progress, from any thread, until the call returns.
  /// - Throws: when the worker broke; finding no candidate is a result, not an error.
  func perform(
    _ assignment: Assignment,
    report: @escaping @Sendable (WorkerProgress) -> Void
  ) async throws -> WorkProduct
}

/// What a worker can do, measured, and what it costs. Conductors choose by cards, never by names.
package struct CapabilityCard: Sendable, Codable, Equatable {
  /// Name for people and records; not shown to a conductor model.
  package var name: String
  /// Roles it can play.
  package var roles: [Workflow.Role]
  /// Languages it can edit, lower case (`python`); empty: any.
  package var languages: [String]
  /// Kinds of task it can do.
  package var kinds: [CodingTask.Kind]
  /// Share of tasks of its kind it solved when measured, 0 to 1, and on how many.
  package var solvedShare: Double
  package var measuredTasks: Int
  /// Expected CPU seconds a call, and price a call in millionths of a US dollar.
  package var cpuSeconds: Double
  package var microdollars: Int

  package init(
    name: String,
    roles: [Workflow.Role],
    languages: [String],
    kinds: [CodingTask.Kind],
    solvedShare: Double,
    measuredTasks: Int,
    cpuSeconds: Double,
    microdollars: Int
  ) {
    self.name = name
    self.roles = roles
    self.languages = languages
    self.kinds = kinds
    self.solvedShare = solvedShare
    self.measuredTasks = measuredTasks
    self.cpuSeconds = cpuSeconds
    self.microdollars = microdollars
  }
}

/// One step as its worker sees it.
package struct Assignment: Sendable {
  /// An earlier step's subtask and answer, granted by the access list.
  package struct VisibleAnswer: Sendable, Codable, Equatable {
    package var step: Int
    package var subtask: String
    package var answer: String

    package init(step: Int, subtask: String, answer: String) {
      self.step = step
      self.subtask = subtask
      self.answer = answer
    }
  }

  /// The user's task.
  package var task: CodingTask
  /// What to play.
  package var role: Workflow.Role
  /// What to do, in words.
  package var subtask: String
  /// The tree to start from: the job's snapshot, or the best partial candidate of an earlier round.
  package var base: TreeID
  /// Test results of `base`.
  package var evidence: Evidence
  /// Earlier answers this worker may see.
  package var visible: [VisibleAnswer]
  /// Candidates of this job that were already tested and are not wanted again.
  package var rejected: [TreeID]
  /// The best verdict so far, when this is a corrective round.
  package var verdict: Verdict?
  /// When the worker must have returned.
  package var deadline: ContinuousClock.Instant

  package init(
    task: CodingTask,
    role: Workflow.Role,
    subtask: String,
    base: TreeID,
    evidence: Evidence,
    visible: [VisibleAnswer],
    rejected: [TreeID],
    verdict: Verdict?,
    deadline: ContinuousClock.Instant
  ) {
    self.task = task
    self.role = role
    self.subtask = subtask
    self.base = base
    self.evidence = evidence
    self.visible = visible
    self.rejected = rejected
    self.verdict = verdict
    self.deadline = deadline
  }
}

/// What a worker says while it works.
package struct WorkerProgress: Sendable, Equatable {
  /// One line for people.
  package var message: String
  /// Candidates tried so far.
  package var candidatesTried: Int

  package init(message: String, candidatesTried: Int) {
    self.message = message
    self.candidatesTried = candidatesTried
  }
}

/// A proposal of a coder: changes to its assignment's base, not yet believed.
package struct Candidate: Sendable, Codable, Equatable {
  package var changes: [FileChange]
  /// What it does, in one line.
  package var rationale: String

  package init(changes: [FileChange], rationale: String) {
    self.changes = changes
    self.rationale = rationale
  }
}

/// What a worker hands back.
package struct WorkProduct: Sendable, Codable, Equatable {
  /// Proposals, the most promising first. Empty: none found.
  package var candidates: [Candidate]
  /// The answer in words, for later steps and for people.
  package var answer: String
  /// Places that are likely at fault, most suspicious first.
  package var suspects: [SuspiciousLocation]
  /// What it used.
  package var usage: Usage

  package init(
    candidates: [Candidate],
    answer: String,
    suspects: [SuspiciousLocation] = [],
    usage: Usage = Usage()
  ) {
    self.candidates = candidates
    self.answer = answer
    self.suspects = suspects
    self.usage = usage
  }
}
