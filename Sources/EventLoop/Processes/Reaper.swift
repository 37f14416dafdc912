import CLibUV
import Diagnostics

/// Waits for the exit of one child and reaps it, exactly once.
///
/// It lives until then, whether or not anybody still holds the ``ChildProcess``: a process leaves no zombie. When the loop
/// stops first, the child is killed: nobody could end it in good order any more.
final class Reaper: @unchecked Sendable {
  // Safety: used on the loop's thread only, also by the waiting thread, which hands over to the loop.

  private let pid: Int32
  private let name: String
  private let hasGroup: Bool
  private let killsGroupAtExit: Bool
  private let loop: EventLoop
  private var handle: PollHandle?
  private var guardian: TimerHandle?
  private(set) var exit: ProcessExit?
  private var waiters: [CheckedContinuation<ProcessExit, Never>] = []

  init(_ pid: Int32, name: String, _ specification: ProcessSpecification, _ loop: EventLoop) {
    self.pid = pid
    self.name = name
    self.loop = loop
    hasGroup = specification.group != .inherited
    killsGroupAtExit = specification.killsGroupAtExit
  }

  /// Begins to watch. On an error the child is not watched, and the caller must ``killAndReap()`` it.
  func start(_ watch: ChildProcess.ExitWatch) throws(UVError) {
    try loop.checkAcceptsHandles()
    let pidfd = watch == .automatic ? baton_pidfd_open(pid) : -1
    guard pidfd >= 0 else { return try startThread() }
    let handle = try PollHandle(owning: pidfd, name: "exit of \(name)", loop: loop)
    handle.onReady = { _ in self.reap() }
    handle.onLoopStop = { self.killAndReap() }
    handle.watch(.readable)
    self.handle = handle
  }

  /// Sends a signal to the process, or to its group; none once it is reaped and the number may be another's.
  func kill(_ signal: Int32, group: Bool) {
    guard exit == nil, !group || hasGroup else { return }
    CLibUV.kill(group ? -pid : pid, signal)
  }

  func wait(isolation: isolated any Actor = #isolation) async -> ProcessExit {
    if let exit { return exit }
    return await withCheckedContinuation(isolation: isolation) { waiters.append($0) }
  }

  /// Ends a child that the loop can't watch. Blocks, for as short as the kernel needs to end a process.
  func killAndReap() {
    kill(SIGKILL, group: hasGroup)
    baton_wait_without_reaping(pid)
    reap()
  }

  private func startThread() throws(UVError) {
    // It never fires: it is there to be closed when the loop stops before the child has ended.
    let guardian = try TimerHandle(name: "exit of \(name)", loop: loop)
    guardian.onClose = { _ in if self.exit == nil { self.killAndReap() } }
    self.guardian = guardian
    try LoopThread.start(name: "wait-\(pid)", running: nil) { [self] in
      baton_wait_without_reaping(pid)
      loop.perform { self.reap() }
    }
  }

  private func reap() {
    guard exit == nil else { return }
    if killsGroupAtExit { kill(SIGKILL, group: true) }
    var status: Int32 = 0
    var usage = rusage()
    let reaped = baton_wait_no_hang(pid, &status, &usage)
    guard reaped != 0 else { return }
    invariant(reaped == pid, "\(name) was reaped by somebody else")
    var value: Int32 = 0
    let hasExited = baton_wait_status(status, &value) == 1
    let exit = ProcessExit(
      reason: hasExited ? .exited(value) : .signalled(value),
      cpuSeconds: usage.ru_utime.inSeconds + usage.ru_stime.inSeconds,
      peakMemoryBytes: usage.ru_maxrss * 1_024
    )
    self.exit = exit
    handle?.close(because: UVError(.closed, "\(name) has exited"))
    handle = nil
    guardian?.close(because: UVError(.closed, "\(name) has exited"))
    guardian = nil
    for waiter in waiters { waiter.resume(returning: exit) }
    waiters = []
  }
}

extension timeval {
  fileprivate var inSeconds: Double { Double(tv_sec) + Double(tv_usec) / 1_000_000 }
}
