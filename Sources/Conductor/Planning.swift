package import Domain

/// What a conductor sees when it plans: values only. Workers are positions with cards.
package struct PlanningContext: Sendable {
  /// The user's task.
  package var task: CodingTask
  /// Test results of the tree the next workflow starts from.
  package var evidence: Evidence
  /// Languages of the files in question, most frequent first, lower case.
  package var languages: [String]
  /// The pool: a worker's position in it is its `model_id`.
  package var pool: [CapabilityCard]
  /// Rounds so far, oldest first: own plans, what came out.
  package var history: [RoundRecord]
  /// What is left of the budget.
  package var remaining: Remaining
  /// Why the previous answer to this same question was not a valid plan, when this is the one chance to mend it.
  package var complaint: String?

  /// What is left.
  package struct Remaining: Sendable, Codable, Equatable {
    package var rounds: Int
    package var workerCalls: Int
    package var testRuns: Int

    package init(rounds: Int, workerCalls: Int, testRuns: Int) {
      self.rounds = rounds
      self.workerCalls = workerCalls
      self.testRuns = testRuns
    }
  }

  package init(
    task: CodingTask,
    evidence: Evidence,
    languages: [String],
    pool: [CapabilityCard],
    history: [RoundRecord],
    remaining: Remaining,
    complaint: String? = nil
  ) {
    self.task = task
    self.evidence = evidence
    self.languages = languages
    self.pool = pool
    self.history = history
    self.remaining = remaining
    self.complaint = complaint
  }
}

/// The manager: looks at a task and designs a workflow. After a workflow it is asked again with what came out, and
/// either accepts (a workflow without steps) or plans a corrective round.
package protocol Conducting: Sendable {
  /// Name for records.
  var name: String { get }

  /// Plans the next workflow.
  ///
  /// - Throws: when no plan can be had; the machine then falls back to the best single worker.
  func plan(_ context: PlanningContext) async throws -> Workflow
}
