import CLibUV

/// Watches a descriptor that can be polled (pipe, socket, terminal, pidfd), and owns it: it is closed with the handle.
///
/// libuv tells *when* the descriptor is ready; reading and writing are this module's own calls, so that nothing is ever
/// read that nobody asked for, and output is gathered in one place.
final class PollHandle: LoopHandle, @unchecked Sendable {
  // Safety: as LoopHandle: used on the loop's thread only.

  /// What a descriptor is ready for, or should be watched for.
  struct Readiness: OptionSet {
    let rawValue: Int32
    static let readable = Readiness(rawValue: Int32(UV_READABLE.rawValue))
    static let writable = Readiness(rawValue: Int32(UV_WRITABLE.rawValue))
  }

  let descriptor: Int32
  /// Called when the descriptor is ready for something that ``interest`` names. An error makes it ready for everything:
  /// the next read or write tells what is wrong.
  var onReady: ((Readiness) -> Void)?
  /// Called before the handle is closed because the loop stops.
  var onLoopStop: (() -> Void)?
  private(set) var interest: Readiness = []
  private var waiters: [Waiter] = []
  private var tickets = 0
  private var closeReason: UVError?

  /// Watches `descriptor`, and makes it non-blocking. On an error the descriptor is closed, too.
  init(owning descriptor: Int32, name: String, loop: EventLoop) throws(UVError) {
    self.descriptor = descriptor
    do throws(UVError) {
      try super.init(UV_POLL, name: name, loop: loop) { memory in
        uv_poll_init(loop.loop, memory.assumingMemoryBound(to: uv_poll_t.self), descriptor)
      }
    } catch {
      CLibUV.close(descriptor)
      throw error
    }
  }

  /// Changes what ``onReady`` is called for, besides what tasks wait for.
  func watch(_ interest: Readiness) {
    guard interest != self.interest else { return }
    self.interest = interest
    update()
  }

  /// Suspends until the descriptor is ready for `readiness` or in error.
  ///
  /// Throws `cancelled` when the task is, `closed` or `loopStopped` when the handle is closed meanwhile.
  func wait(for readiness: Readiness, isolation: isolated any Actor = #isolation) async throws(UVError) {
    try checkOpen()
    tickets += 1
    let ticket = tickets
    try await waitUnlessCancelled(isolation: isolation) { continuation in
      waiters.append(Waiter(ticket: ticket, readiness: readiness, continuation: continuation))
      update()
    } onCancel: {
      // Runs on the loop after the waiter has been noted there, also when the task was cancelled before.
      loop.perform { [self] in
        resume(with: .failure(UVError(.cancelled, "\(name): the wait was cancelled"))) { $0.ticket == ticket }
        update()
      }
    }
  }

  /// Throws why the handle was closed, if it was. To be called before each use of ``descriptor``, whose number may be
  /// another file's after that.
  func checkOpen() throws(UVError) {
    guard !isOpen else { return }
    throw closeReason ?? UVError(.closed, "\(name) is closed")
  }

  override func loopIsStopping() {
    onLoopStop?()
    super.loopIsStopping()
  }

  override func willClose(_ reason: UVError) {
    // uv_close has ended the watch, so the descriptor may go at once.
    CLibUV.close(descriptor)
    closeReason = reason
    onReady = nil
    onLoopStop = nil
    resume(with: .failure(reason)) { _ in true }
  }

  private struct Waiter {
    let ticket: Int
    let readiness: Readiness
    let continuation: CheckedContinuation<Result<Void, UVError>, Never>
  }

  private func resume(with result: Result<Void, UVError>, where isMeant: (Waiter) -> Bool) {
    let due = waiters.filter(isMeant)
    guard !due.isEmpty else { return }
    waiters.removeAll(where: isMeant)
    for waiter in due { waiter.continuation.resume(returning: result) }
  }

  private func update() {
    loop.preconditionOnLoop()
    guard let poll = pointer(as: uv_poll_t.self) else { return }
    let wanted = waiters.reduce(interest) { $0.union($1.readiness) }
    guard !wanted.isEmpty else {
      uv_poll_stop(poll)
      return
    }
    let status = uv_poll_start(poll, wanted.rawValue) { poll, status, events in
      guard let poll else { return }
      UnsafeMutableRawPointer(poll).withMemoryRebound(to: uv_handle_t.self, capacity: 1) { handle in
        guard let owner = LoopHandle.owner(of: handle).map({ unsafeDowncast($0, to: PollHandle.self) }) else { return }
        guard status < 0 else { return owner.ready(Readiness(rawValue: events)) }
        // libuv has ended the watch; it goes on unless the read or write that now fails closes the handle.
        owner.ready([.readable, .writable])
        owner.update()
      }
    }
    if status != 0 { ready([.readable, .writable]) }
  }

  private func ready(_ readiness: Readiness) {
    if !waiters.isEmpty {
      resume(with: .success(())) { !$0.readiness.isDisjoint(with: readiness) }
      update()
    }
    let meant = readiness.intersection(interest)
    if !meant.isEmpty { onReady?(meant) }
  }
}
