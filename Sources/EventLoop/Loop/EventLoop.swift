import CLibUV
import Diagnostics
import Glibc
import Logging
import StandardExtensions

/// A libuv loop on a thread of its own, and the executor of the actors that use its streams, timers and processes.
///
/// An actor lives on the loop by returning ``asUnownedSerialExecutor()`` as its `unownedExecutor`, and keeps the loop in
/// a `let`. Calls between actors of one loop don't switch threads. All of them share the one thread: an actor of the loop
/// moves bytes, and never computes for long or calls what may block.
///
/// The loop is a serial executor only: as a task executor as well it would make each call between two of its actors an
/// enqueue of its own (measured with Swift 6.3: 2,000 instead of 0 for 1,000 calls).
///
/// **Turn.** libuv polls for events and calls back; then, before it polls again, the loop runs the jobs that wait, at
/// most ``drainRoundsMax`` rounds of them, and lets streams write what the turn gave them in one call.
///
/// **Stop.** ``stop()`` runs the jobs that wait, closes every open handle, and ends the thread; whoever waited on a handle
/// gets ``UVError/Code/loopStopped``. Jobs that arrive later still run, one after another, on a helper thread, so a task
/// that only then learns of the stop can end in good order; what would need libuv fails with `loopStopped`.
package final class EventLoop: SerialExecutor, @unchecked Sendable {
  // Safety: `queue` is locked; `loop` and `wakeUp` are set once, and used by other threads only under that lock while the
  // phase says they exist; everything else is touched on the loop's thread only.

  /// Rounds of jobs a turn runs before it looks for events again, so that actors calling each other cannot starve I/O.
  package static let drainRoundsMax = 64

  /// Shown as the thread's name and in log messages.
  package let name: String

  let loop: UnsafeMutablePointer<uv_loop_t>
  private let wakeUp: UnsafeMutablePointer<uv_async_t>
  private let beforePoll: UnsafeMutablePointer<uv_prepare_t>
  private let queue = Locked(LoopQueue())
  /// Memory into which streams read, one after another: its content is valid during one callback only.
  let readBuffer: UnsafeMutableRawBufferPointer
  /// Size of ``readBuffer``.
  package static let readBufferBytes = 65_536
  private var batch: [LoopWork] = []
  private var flushes: [any TurnEndFlushing] = []
  /// Handles and requests that libuv still knows, besides the loop's own two.
  private var openHandles = 0
  private var openRequests = 0

  /// Starts a loop on a new thread. It lives until ``stop()``.
  ///
  /// - Parameter name: what the loop is for, as the thread's name (the first 15 bytes).
  package static func start(name: String) throws(UVError) -> EventLoop {
    let loop = try EventLoop(name: name)
    do throws(UVError) {
      try LoopThread.start(name: name, running: loop) { loop.run() }
    } catch {
      loop.destroyLibUV()
      throw error
    }
    return loop
  }

  private init(name: String) throws(UVError) {
    self.name = name
    loop = .allocate(capacity: 1)
    wakeUp = .allocate(capacity: 1)
    beforePoll = .allocate(capacity: 1)
    readBuffer = .allocate(byteCount: Self.readBufferBytes, alignment: 64)
    let status = uv_loop_init(loop)
    guard status == 0 else {
      deallocate()
      throw UVError(system: status, "create the event loop \(name)")
    }
    // Neither call can fail once the loop exists, except for want of descriptors in the first.
    let wakeUpStatus = uv_async_init(loop, wakeUp) { _ in }
    guard wakeUpStatus == 0 else {
      uv_loop_close(loop)
      deallocate()
      throw UVError(system: wakeUpStatus, "create the event loop \(name)")
    }
    wakeUp.pointee.data = nil
    uv_prepare_init(loop, beforePoll)
    beforePoll.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    uv_prepare_start(beforePoll) { handle in
      guard let data = handle?.pointee.data else { return }
      Unmanaged<EventLoop>.fromOpaque(data).takeUnretainedValue().turn()
    }
    // The loop lives while `wakeUp` is open, whatever else is: the prepare handle doesn't count.
    UnsafeMutableRawPointer(beforePoll).withMemoryRebound(to: uv_handle_t.self, capacity: 1) { uv_unref($0) }
    Self.makeChildrenWaitable()
  }

  /// Whether the calling thread is the one that runs this loop's jobs.
  package var isCurrent: Bool {
    LoopThread.currentLoop == Unmanaged.passUnretained(self).toOpaque()
  }

  /// Traps unless the caller runs on the loop: for functions that are synchronous because only the loop may call them.
  package func preconditionOnLoop(_ function: StaticString = #function) {
    precondition(isCurrent, "\(function) must be called on the event loop \(name)")
  }

  /// Runs `call` on the loop's thread, after the work that waits there already. It always runs, also during and after
  /// ``stop()``.
  package func perform(_ call: @escaping @Sendable () -> Void) {
    add(.call(call))
  }

  /// Stops the loop: runs what waits, closes every handle, ends the thread. Returns when all of it is done; a second call
  /// waits for the same end. May be called from an actor of the loop. A host's name that is being looked up is waited for,
  /// because the system's resolver can't be interrupted.
  package func stop() async {
    await withCheckedContinuation { waiter in
      let answer = queue.withLock { queue -> LoopQueue.StopAnswer in
        let answer = queue.stop(waiter)
        // Under the lock: the loop closes its wake-up handle only after it has taken this lock once more.
        if case .waits(wakesLoop: true) = answer { uv_async_send(wakeUp) }
        return answer
      }
      if case .alreadyStopped = answer { waiter.resume() }
    }
  }

  // MARK: For handles

  /// Throws when libuv may no longer be given new handles. Traps off the loop's thread.
  func checkAcceptsHandles() throws(UVError) {
    preconditionOnLoop()
    guard queue.withLock({ $0.phase == .running }) else { throw loopStopped }
  }

  /// The error of everything that needs a loop which has stopped or is stopping.
  var loopStopped: UVError { UVError(.loopStopped, "the event loop \(name) has stopped") }

  func handleOpened() { openHandles += 1 }
  func handleClosed() { openHandles -= 1 }
  func requestStarted() { openRequests += 1 }
  func requestEnded() { openRequests -= 1 }

  /// Has `object` flushed once, before the loop polls next.
  func flushAtEndOfTurn(_ object: any TurnEndFlushing) {
    flushes.append(object)
  }

  // MARK: The turn

  private func add(_ work: LoopWork) {
    let isOnLoop = isCurrent
    let wake = queue.withLock { queue -> LoopQueue.Wake in
      let wake = queue.add(work, isOnLoop: isOnLoop)
      // Under the lock: a send to a handle that is being closed would be a use after free.
      if case .loop = wake { uv_async_send(wakeUp) }
      return wake
    }
    if case .lateThread = wake { startLateThread() }
  }

  private func turn() {
    var rounds = 0
    while rounds < Self.drainRoundsMax, drain() || flush() { rounds += 1 }
    if rounds == Self.drainRoundsMax {
      _ = flush()
      queue.withLock { if $0.hasLeftover() || !flushes.isEmpty { uv_async_send(wakeUp) } }
    }
    // With requests under way the loop must block for them; without, `run` looks whether all is done.
    if openRequests == 0, queue.withLock({ $0.phase == .stopping }) { uv_stop(loop) }
  }

  private func drain() -> Bool {
    guard queue.withLock({ $0.take(into: &batch) }) else { return false }
    runBatch()
    return true
  }

  private func runBatch() {
    let executor = asUnownedSerialExecutor()
    for work in batch {
      switch work {
      case .job(let job): job.runSynchronously(on: executor)
      case .call(let call): call()
      }
    }
    batch.removeAll(keepingCapacity: batch.count <= Self.batchCapacityKept)
  }

  /// Largest batch whose memory is kept for the next.
  private static let batchCapacityKept = 4_096

  private func flush() -> Bool {
    guard !flushes.isEmpty else { return false }
    let due = flushes
    flushes.removeAll(keepingCapacity: true)
    for object in due { object.flush() }
    return true
  }

  // MARK: The thread

  private func run() {
    uv_run(loop, UV_RUN_DEFAULT)
    var namesLeaks = true
    while true {
      closeHandles(namesLeaks: namesLeaks)
      namesLeaks = false
      if openHandles == 0, openRequests == 0, queue.withLock({ $0.finishStopping() }) { break }
      uv_run(loop, UV_RUN_ONCE)
    }
    destroyLibUV()
    for waiter in queue.withLock({ $0.takeStopWaiters() }) { waiter.resume() }
  }

  private func closeHandles(namesLeaks: Bool) {
    var open: [LoopHandle] = []
    withUnsafeMutablePointer(to: &open) { open in
      uv_walk(
        loop,
        { handle, argument in
          // The loop's own two handles carry no LoopHandle.
          guard let handle, uv_is_closing(handle) == 0, let owner = LoopHandle.owner(of: handle) else { return }
          argument?.assumingMemoryBound(to: [LoopHandle].self).pointee.append(owner)
        },
        open
      )
    }
    if namesLeaks, !open.isEmpty {
      let names = open.map(\.name).joined(separator: ", ")
      Log.logger("EventLoop").debug("\(name) stopped with \(open.count) open handles: \(names)")
    }
    for handle in open { handle.loopIsStopping() }
  }

  private func destroyLibUV() {
    for handle in [UnsafeMutableRawPointer(wakeUp), UnsafeMutableRawPointer(beforePoll)] {
      uv_close(handle.assumingMemoryBound(to: uv_handle_t.self), nil)
    }
    uv_run(loop, UV_RUN_DEFAULT)
    let status = uv_loop_close(loop)
    invariant(status == 0, "the event loop \(name) closed with open handles: \(status)")
    deallocate()
  }

  private func deallocate() {
    loop.deallocate()
    wakeUp.deallocate()
    beforePoll.deallocate()
    readBuffer.deallocate()
  }

  private func startLateThread() {
    do {
      try LoopThread.start(name: name, running: self) { [self] in
        while queue.withLock({ $0.takeLate(into: &batch) }) { runBatch() }
      }
    } catch {
      // A job that is never run is a task that never ends: worse than the end of the process.
      fatalError("a job arrived after the stop of the event loop \(name), and no thread can be had for it: \(error)")
    }
  }

  /// A process that was started with SIGCHLD ignored has its children reaped by the kernel, exit codes lost.
  private static func makeChildrenWaitable() {
    var action = sigaction()
    sigaction(SIGCHLD, nil, &action)
    guard unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1 else { return }
    signal(SIGCHLD, SIG_DFL)
  }
}

extension EventLoop {
  package func enqueue(_ job: consuming ExecutorJob) {
    add(.job(UnownedJob(job)))
  }

  package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  /// libuv calls back without a current task: by this answer `assumeIsolated` works in its callbacks.
  package func isIsolatingCurrentContext() -> Bool? {
    isCurrent
  }

  package func checkIsolated() {
    preconditionOnLoop()
  }
}

/// Something that gathers work during a turn and does it once, before the loop polls again.
protocol TurnEndFlushing {
  func flush()
}
