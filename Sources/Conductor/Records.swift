package import Domain

/// What one step did.
package struct StepRecord: Sendable, Codable, Equatable {
  /// The worker's name.
  package var worker: String
  package var role: Workflow.Role
  package var subtask: String
  /// Its answer in words, or why it broke.
  package var answer: String
  /// Proposals it handed in.
  package var candidates: Int
  /// Whether it broke instead of answering.
  package var failed: Bool
  package var usage: Usage
  /// Wall time in seconds.
  package var seconds: Double

  package init(
    worker: String,
    role: Workflow.Role,
    subtask: String,
    answer: String,
    candidates: Int,
    failed: Bool,
    usage: Usage,
    seconds: Double
  ) {
    self.worker = worker
    self.role = role
    self.subtask = subtask
    self.answer = answer
    self.candidates = candidates
    self.failed = failed
    self.usage = usage
    self.seconds = seconds
  }
}

/// A candidate with what the tests said about it.
package struct VerifiedCandidate: Sendable, Codable, Equatable {
  package var tree: TreeID
  package var verdict: Verdict
  /// What it does, in one line.
  package var rationale: String
  /// Name of the worker that proposed it.
  package var worker: String

  package init(tree: TreeID, verdict: Verdict, rationale: String, worker: String) {
    self.tree = tree
    self.verdict = verdict
    self.rationale = rationale
    self.worker = worker
  }
}

/// One workflow and what came out of it.
package struct RoundRecord: Sendable, Codable, Equatable {
  /// The tree it started from.
  package var base: TreeID
  package var workflow: Workflow
  /// By position; nil for a step that was not started or was stopped because the tests were green.
  package var steps: [StepRecord?]
  /// Candidates that were tested, in order.
  package var verified: [VerifiedCandidate]
  /// Proposals that could not be tested, with the reason.
  package var unverifiable: [String]

  package init(base: TreeID, workflow: Workflow) {
    self.base = base
    self.workflow = workflow
    steps = Array(repeating: nil, count: workflow.steps.count)
    verified = []
    unverifiable = []
  }

  /// The highest ranked candidate of the round.
  package var best: VerifiedCandidate? {
    verified.max { $0.verdict.rank < $1.verdict.rank }
  }
}

/// How a job's conducting ended.
package struct ConductingResult: Sendable, Codable, Equatable {
  /// The end.
  package enum Ending: String, Sendable, Codable {
    /// A candidate is green.
    case fixed
    /// No failing test to begin with.
    case nothingToFix
    /// Nothing more to try.
    case notFixed
    /// A cap of the budget was met first.
    case budgetSpent
    /// Stopped by the user.
    case cancelled
  }

  package var ending: Ending
  /// Why it ended so, in one sentence.
  package var reason: String
  /// The best candidate that improves on the base; green when `ending` is `fixed`.
  package var best: VerifiedCandidate?
  package var rounds: [RoundRecord]
  /// Places likely at fault, most suspicious first.
  package var suspects: [SuspiciousLocation]
  package var ledger: Ledger

  package init(
    ending: Ending,
    reason: String,
    best: VerifiedCandidate?,
    rounds: [RoundRecord],
    suspects: [SuspiciousLocation],
    ledger: Ledger
  ) {
    self.ending = ending
    self.reason = reason
    self.best = best
    self.rounds = rounds
    self.suspects = suspects
    self.ledger = ledger
  }
}
