/// What waits to be run on a loop's thread.
enum LoopWork: Sendable {
  /// A piece of an actor's work, from Swift's concurrency runtime.
  case job(UnownedJob)
  /// A call from another thread.
  case call(@Sendable () -> Void)
}

/// The state of an ``EventLoop`` that all threads share, as a machine: each change answers what its caller must do then.
struct LoopQueue {
  /// A loop's life goes forward only.
  enum Phase {
    /// libuv turns and jobs run on the loop's thread.
    case running
    /// `stop()` was called: jobs still run, handles are being closed, new handles are refused.
    case stopping
    /// libuv is gone. Late jobs run one after another on a helper thread.
    case stopped
  }

  /// What the thread that added work must do, while it still holds the lock.
  enum Wake {
    case none
    /// Wake the loop's thread out of its poll.
    case loop
    /// Start a helper thread for late work.
    case lateThread
  }

  private(set) var phase = Phase.running
  private var work: [LoopWork] = []
  /// Whether somebody already makes sure that the queue is drained: one wake-up per change from empty is enough.
  private var isWakePending = false
  private var stopWaiters: [CheckedContinuation<Void, Never>] = []

  /// Adds work at the end.
  ///
  /// - Parameter isOnLoop: whether the caller runs on the loop's thread, which drains the queue before it polls anyway.
  mutating func add(_ item: LoopWork, isOnLoop: Bool) -> Wake {
    work.append(item)
    guard !isWakePending else { return .none }
    if phase == .stopped {
      isWakePending = true
      return .lateThread
    }
    guard !isOnLoop else { return .none }
    isWakePending = true
    return .loop
  }

  /// Moves all waiting work into `batch`, which must be empty; its storage is reused. Answers whether there was any.
  mutating func take(into batch: inout [LoopWork]) -> Bool {
    isWakePending = false
    guard !work.isEmpty else { return false }
    swap(&work, &batch)
    return true
  }

  /// Says that work is left over after a bounded drain; answers whether the loop must be woken at once.
  mutating func hasLeftover() -> Bool {
    guard !work.isEmpty, !isWakePending else { return false }
    isWakePending = true
    return true
  }

  /// As ``take(into:)`` for the helper thread: when nothing is left, the thread must end, and the next work starts another.
  mutating func takeLate(into batch: inout [LoopWork]) -> Bool {
    guard !work.isEmpty else {
      isWakePending = false
      return false
    }
    swap(&work, &batch)
    return true
  }

  /// What a call of `stop()` finds.
  enum StopAnswer {
    case alreadyStopped
    case waits(wakesLoop: Bool)
  }

  /// Asks the loop to stop, or joins those who already wait for it.
  mutating func stop(_ waiter: CheckedContinuation<Void, Never>) -> StopAnswer {
    guard phase != .stopped else { return .alreadyStopped }
    stopWaiters.append(waiter)
    guard phase == .running else { return .waits(wakesLoop: false) }
    phase = .stopping
    let wakes = !isWakePending
    isWakePending = true
    return .waits(wakesLoop: wakes)
  }

  /// Ends the life of libuv if no work is left; from the return of true on nobody may wake the loop.
  mutating func finishStopping() -> Bool {
    guard phase == .stopping, work.isEmpty else { return false }
    phase = .stopped
    isWakePending = false
    return true
  }

  /// Those who wait for the end, once.
  mutating func takeStopWaiters() -> [CheckedContinuation<Void, Never>] {
    defer { stopWaiters = [] }
    return stopWaiters
  }
}
