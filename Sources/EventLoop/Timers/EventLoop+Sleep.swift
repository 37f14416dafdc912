extension EventLoop {
  /// Suspends for `duration`, timed by the loop, to a millisecond.
  ///
  /// - Throws: `cancelled` as soon as the task is, `loopStopped`.
  package func sleep(for duration: Duration) async throws(UVError) {
    let sleeper = Sleeper(self)
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        perform { sleeper.start(duration, continuation) }
      }
    } onCancel: {
      perform { sleeper.cancel() }
    }
    try result.get()
  }
}

/// One sleep. On the loop's thread.
private final class Sleeper: @unchecked Sendable {
  // Safety: used on the loop's thread only, in calls of `perform`.

  private let loop: EventLoop
  private var timer: TimerHandle?
  private var continuation: CheckedContinuation<Result<Void, UVError>, Never>?
  private var isCancelled = false

  init(_ loop: EventLoop) {
    self.loop = loop
  }

  func start(_ duration: Duration, _ continuation: CheckedContinuation<Result<Void, UVError>, Never>) {
    self.continuation = continuation
    guard !isCancelled else { return cancel() }
    do throws(UVError) {
      let timer = try TimerHandle(name: "sleep", loop: loop)
      self.timer = timer
      timer.onClose = { self.end(.failure($0)) }
      timer.schedule(after: duration) { self.end(.success(())) }
    } catch {
      end(.failure(error))
    }
  }

  /// May come before `start`, when the task was cancelled already.
  func cancel() {
    isCancelled = true
    end(.failure(UVError(.cancelled, "a sleep was cancelled")))
  }

  private func end(_ result: Result<Void, UVError>) {
    guard let continuation else { return }
    self.continuation = nil
    timer?.close(because: UVError(.closed, "a sleep is over"))
    timer = nil
    continuation.resume(returning: result)
  }
}
