/// A worker's part in a step.
package enum WorkerRole: String, Codable, Sendable, CaseIterable {
  /// Says what to do.
  case planner
  /// Proposes changes.
  case coder
  /// Judges changes.
  case verifier
}

/// One plan of the conductor and what came out of it.
package struct PlanSummary: Codable, Sendable, Equatable {
  /// Why this team, in one sentence.
  package var rationale: String
  /// Its steps, in order.
  package var steps: [PlanStep]
  /// Candidates that were tested.
  package var candidatesVerified: Int

  package init(rationale: String, steps: [PlanStep], candidatesVerified: Int) {
    self.rationale = rationale
    self.steps = steps
    self.candidatesVerified = candidatesVerified
  }
}

/// One step of a plan.
package struct PlanStep: Codable, Sendable, Equatable {
  /// The worker's name; missing while the step has not begun.
  package var worker: String?
  /// What it plays.
  package var role: WorkerRole
  /// What it was told to do.
  package var subtask: String
  /// Its answer in words, or why it broke; missing while it has not ended.
  package var answer: String?
  /// Whether it broke.
  package var failed: Bool
  /// Wall time in seconds.
  package var seconds: Double

  package init(
    worker: String? = nil,
    role: WorkerRole,
    subtask: String,
    answer: String? = nil,
    failed: Bool,
    seconds: Double
  ) {
    self.worker = worker
    self.role = role
    self.subtask = subtask
    self.answer = answer
    self.failed = failed
    self.seconds = seconds
  }
}

/// What a job may spend and has spent.
package struct LedgerSummary: Codable, Sendable, Equatable {
  /// The limits, all of them.
  package var budget: BudgetLimits
  /// The sum of all uses.
  package var used: UsageSummary

  package init(budget: BudgetLimits, used: UsageSummary) {
    self.budget = budget
    self.used = used
  }
}

/// What was used.
package struct UsageSummary: Codable, Sendable, Equatable {
  /// CPU seconds of workers and tests.
  package var cpuSeconds: Double
  /// Money in millionths of a US dollar.
  package var microdollars: Int
  /// Tokens read by models.
  package var tokensIn: Int
  /// Tokens written by models.
  package var tokensOut: Int
  /// Runs of the test suite.
  package var testRuns: Int
  /// Candidates that workers tried by themselves.
  package var candidatesTried: Int
  /// Calls of workers.
  package var workerCalls: Int

  package init(
    cpuSeconds: Double,
    microdollars: Int,
    tokensIn: Int,
    tokensOut: Int,
    testRuns: Int,
    candidatesTried: Int,
    workerCalls: Int
  ) {
    self.cpuSeconds = cpuSeconds
    self.microdollars = microdollars
    self.tokensIn = tokensIn
    self.tokensOut = tokensOut
    self.testRuns = testRuns
    self.candidatesTried = candidatesTried
    self.workerCalls = workerCalls
  }
}
