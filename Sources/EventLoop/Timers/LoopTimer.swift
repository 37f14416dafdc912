/// A timer that an actor of the loop sets, moves and cancels without waiting: for idle limits, deadlines and ticks.
///
/// All of it is used on the loop's thread, and the calls come there. It ends when it is released.
package final class LoopTimer: @unchecked Sendable {
  // Safety: every function checks that it is on the loop's thread.

  private let handle: TimerHandle

  /// - Parameter name: what the timer is for, for messages about handles left open.
  package init(name: String, on loop: EventLoop) throws(UVError) {
    handle = try TimerHandle(name: name, loop: loop)
  }

  deinit {
    let handle = handle
    handle.loop.perform { handle.close(because: UVError(.closed, "\(handle.name) was released")) }
  }

  /// Calls `fire` once after `delay`, and then every `interval` if one is given. Replaces what was scheduled before.
  package func schedule(after delay: Duration, every interval: Duration? = nil, _ fire: @escaping () -> Void) {
    handle.loop.preconditionOnLoop()
    handle.schedule(after: delay, every: interval, fire)
  }

  /// Has nothing called until the next ``schedule(after:every:_:)``.
  package func cancel() {
    handle.loop.preconditionOnLoop()
    handle.cancel()
  }
}
