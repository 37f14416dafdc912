extension EventLoop {
  /// Runs `body` on the loop's thread and returns what it returns. Not for actors of the loop, which are there already.
  package func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(UVError) -> Value
  ) async throws(UVError) -> Value {
    let result = await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, UVError>, Never>) in
      perform { continuation.resume(returning: Result(catching: body)) }
    }
    return try result.get()
  }
}
