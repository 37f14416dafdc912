/// Suspends an actor's task until somebody resumes the continuation, or the task is cancelled.
///
/// The isolation is a parameter, and captured, on purpose: with Swift 6.3 the operation of
/// `withTaskCancellationHandler` leaves the caller's actor when the caller is `nonisolated(nonsending)`, and `park` would
/// touch libuv on a foreign thread.
///
/// - Parameters:
///   - park: notes the continuation; runs on the caller's actor.
///   - onCancel: has the continuation resumed; runs on any thread, possibly before `park` has.
func waitUnlessCancelled<Value: Sendable>(
  isolation: isolated any Actor,
  park: (CheckedContinuation<Result<Value, UVError>, Never>) -> Void,
  onCancel: @Sendable () -> Void
) async throws(UVError) -> Value {
  let result = await withTaskCancellationHandler(
    operation: { await withCheckedContinuation(isolation: isolation) { park($0) } },
    onCancel: onCancel,
    isolation: isolation
  )
  return try result.get()
}
