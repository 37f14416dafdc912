import CLibUV
import StandardExtensions

/// A libuv timer. On the loop's thread.
final class TimerHandle: LoopHandle, @unchecked Sendable {
  // Safety: as LoopHandle: used on the loop's thread only.

  private var onFire: (() -> Void)?
  /// Called when the timer is closed before it fired.
  var onClose: ((UVError) -> Void)?

  init(name: String, loop: EventLoop) throws(UVError) {
    try super.init(UV_TIMER, name: name, loop: loop) { memory in
      uv_timer_init(loop.loop, memory.assumingMemoryBound(to: uv_timer_t.self))
    }
  }

  /// Calls `fire` once, not before `delay` is over, and then every `interval` if there is one. Replaces an earlier call.
  func schedule(after delay: Duration, every interval: Duration? = nil, _ fire: @escaping () -> Void) {
    guard let timer = pointer(as: uv_timer_t.self) else { return }
    onFire = fire
    // The loop's time is that of its last poll: a long turn would make the timer fire early.
    uv_update_time(loop.loop)
    let repeatMilliseconds = interval.map { max(1, Self.milliseconds($0)) } ?? 0
    uv_timer_start(
      timer,
      { timer in
        guard let timer else { return }
        UnsafeMutableRawPointer(timer).withMemoryRebound(to: uv_handle_t.self, capacity: 1) { handle in
          LoopHandle.owner(of: handle).map { unsafeDowncast($0, to: TimerHandle.self) }?.onFire?()
        }
      },
      Self.milliseconds(delay),
      repeatMilliseconds
    )
  }

  func cancel() {
    onFire = nil
    guard let timer = pointer(as: uv_timer_t.self) else { return }
    uv_timer_stop(timer)
  }

  override func willClose(_ reason: UVError) {
    onFire = nil
    let onClose = onClose
    self.onClose = nil
    onClose?(reason)
  }

  /// Whole milliseconds, rounded up: libuv counts in them, and must not fire early.
  private static func milliseconds(_ duration: Duration) -> UInt64 {
    let whole = duration.milliseconds
    return UInt64(max(0, duration > .milliseconds(whole) ? whole + 1 : whole))
  }
}
