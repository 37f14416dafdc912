import Glibc

/// How long a test waits for one event, in seconds; BATON_TEST_TIMEOUT_SECONDS in the environment overrides it.
package let testTimeoutSeconds: Double = {
  guard let text = getenv("BATON_TEST_TIMEOUT_SECONDS"), let seconds = Double(String(cString: text)) else { return 20 }
  return seconds
}()

/// Runs `body`, and cancels it and throws ``TimeoutError`` when it takes longer than `seconds`.
///
/// `body` must honour cancellation: the timeout is thrown when it has ended.
///
/// - Parameters:
///   - doing: what is waited for, named by the error.
///   - seconds: the longest wait; ``testTimeoutSeconds`` unless given.
package func withTimeout<Result: Sendable>(
  _ doing: String,
  seconds: Double = testTimeoutSeconds,
  _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
  try await withThrowingTaskGroup(of: Result.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: .seconds(seconds))
      throw TimeoutError(doing: doing, seconds: seconds)
    }
    defer { group.cancelAll() }
    guard let result = try await group.next() else { throw TimeoutError(doing: doing, seconds: seconds) }
    return result
  }
}

/// An awaited event did not come.
package struct TimeoutError: Error, CustomStringConvertible {
  let doing: String
  let seconds: Double

  package var description: String { "\(doing): nothing within \(seconds) s" }
}
