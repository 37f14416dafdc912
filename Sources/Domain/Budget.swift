/// Hard limits of one job, over all its workers, steps and rounds. A job that meets one ends with its best verified
/// result and a complete account.
package struct Budget: Sendable, Codable, Equatable {
  /// Wall time in seconds, from submission.
  package var wallSeconds: Double
  /// Money in millionths of a US dollar.
  package var microdollars: Int
  /// Model tokens, read and written.
  package var tokens: Int
  /// Runs of the test suite (full or partial) by verification; an expert's own candidate runs are counted apart.
  package var testRuns: Int
  /// Calls of workers.
  package var workerCalls: Int
  /// Workflows: the first plan and its corrective rounds.
  package var rounds: Int

  package init(
    wallSeconds: Double = 300,
    microdollars: Int = 0,
    tokens: Int = 2_000_000,
    testRuns: Int = 200,
    workerCalls: Int = 20,
    rounds: Int = 4
  ) {
    self.wallSeconds = wallSeconds
    self.microdollars = microdollars
    self.tokens = tokens
    self.testRuns = testRuns
    self.workerCalls = workerCalls
    self.rounds = rounds
  }
}

/// What something has used of a ``Budget``.
package struct Usage: Sendable, Codable, Equatable {
  /// CPU seconds of workers and tests, as accounted by the kernel.
  package var cpuSeconds: Double
  /// Money in millionths of a US dollar.
  package var microdollars: Int
  /// Tokens read by models.
  package var tokensIn: Int
  /// Tokens written by models.
  package var tokensOut: Int
  /// Runs of the test suite by verification.
  package var testRuns: Int
  /// Candidates that an expert tried by itself.
  package var candidatesTried: Int
  /// Calls of workers.
  package var workerCalls: Int

  package init(
    cpuSeconds: Double = 0,
    microdollars: Int = 0,
    tokensIn: Int = 0,
    tokensOut: Int = 0,
    testRuns: Int = 0,
    candidatesTried: Int = 0,
    workerCalls: Int = 0
  ) {
    self.cpuSeconds = cpuSeconds
    self.microdollars = microdollars
    self.tokensIn = tokensIn
    self.tokensOut = tokensOut
    self.testRuns = testRuns
    self.candidatesTried = candidatesTried
    self.workerCalls = workerCalls
  }

  package static func + (left: Usage, right: Usage) -> Usage {
    Usage(
      cpuSeconds: left.cpuSeconds + right.cpuSeconds,
      microdollars: left.microdollars + right.microdollars,
      tokensIn: left.tokensIn + right.tokensIn,
      tokensOut: left.tokensOut + right.tokensOut,
      testRuns: left.testRuns + right.testRuns,
      candidatesTried: left.candidatesTried + right.candidatesTried,
      workerCalls: left.workerCalls + right.workerCalls
    )
  }

  package static func += (left: inout Usage, right: Usage) {
    left = left + right
  }
}
