package import Domain

/// The one account of a job: what may still be spent and who spent what. Money, tokens, calls and test runs are
/// reserved before they are used, so that a cap is never passed by work already under way.
package struct Ledger: Sendable, Codable, Equatable {
  /// One settled use.
  package struct Entry: Sendable, Codable, Equatable {
    /// Round, from 0.
    package var round: Int
    /// Position of the step in its workflow; nil for a verification or the conductor itself.
    package var step: Int?
    /// The worker's name, `verification` or `conductor`.
    package var spender: String
    package var usage: Usage
    /// Wall time in seconds.
    package var seconds: Double

    package init(round: Int, step: Int?, spender: String, usage: Usage, seconds: Double) {
      self.round = round
      self.step = step
      self.spender = spender
      self.usage = usage
      self.seconds = seconds
    }
  }

  /// What a reservation asks for.
  package enum Resource: String, Sendable, Codable {
    case testRuns = "test runs"
    case workerCalls = "worker calls"
    case rounds
  }

  /// The caps.
  package let budget: Budget
  /// All settled uses, in order.
  package private(set) var entries: [Entry] = []
  private var reservedTestRuns = 0
  private var startedCalls = 0
  private var startedRounds = 0

  package init(budget: Budget) {
    self.budget = budget
  }

  /// The sum of all entries.
  package var total: Usage {
    entries.reduce(Usage()) { $0 + $1.usage }
  }

  /// Sets one unit of `resource` aside; false when the cap is reached.
  package mutating func reserve(_ resource: Resource) -> Bool {
    switch resource {
    case .testRuns:
      guard total.testRuns + reservedTestRuns < budget.testRuns else { return false }
      reservedTestRuns += 1
    case .workerCalls:
      guard startedCalls < budget.workerCalls, total.microdollars <= budget.microdollars || budget.microdollars == 0,
        total.tokensIn + total.tokensOut < budget.tokens
      else { return false }
      startedCalls += 1
    case .rounds:
      guard startedRounds < budget.rounds else { return false }
      startedRounds += 1
    }
    return true
  }

  /// Records a use; a reservation of a test run ends here, whatever became of it.
  package mutating func settle(_ entry: Entry, releasing resource: Resource? = nil) {
    if resource == .testRuns { reservedTestRuns -= 1 }
    entries.append(entry)
  }
}
