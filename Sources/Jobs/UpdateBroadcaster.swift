import StandardExtensions

/// Hands updates to every listener, in order, from any thread, without waiting for anybody.
final class UpdateBroadcaster: Sendable {
  private struct State {
    var listeners: [Int: AsyncStream<JobUpdate>.Continuation] = [:]
    var count = 0
    var isFinished = false
  }

  private let state = Locked(State())

  /// A new listener, who hears what is sent from now on.
  ///
  /// - Parameter bufferedMax: updates it may be behind; older ones are dropped.
  func listen(bufferedMax: Int) -> AsyncStream<JobUpdate> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: JobUpdate.self,
      bufferingPolicy: .bufferingNewest(bufferedMax)
    )
    let number: Int? = state.withLock { state in
      guard !state.isFinished else { return nil }
      state.count += 1
      state.listeners[state.count] = continuation
      return state.count
    }
    if let number {
      continuation.onTermination = { [self] _ in state.withLock { _ = $0.listeners.removeValue(forKey: number) } }
    } else {
      continuation.finish()
    }
    return stream
  }

  func send(_ update: JobUpdate) {
    // Copied out first: a continuation may call back into the lock when it ends.
    let listeners = state.withLock { Array($0.listeners.values) }
    for listener in listeners { listener.yield(update) }
  }

  /// Ends all listeners, and those who still come.
  func finish() {
    let listeners = state.withLock { state in
      state.isFinished = true
      let listeners = Array(state.listeners.values)
      state.listeners = [:]
      return listeners
    }
    for listener in listeners { listener.finish() }
  }
}
