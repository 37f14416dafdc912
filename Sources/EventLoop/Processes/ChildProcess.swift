import CLibUV

/// A child process, with its pipes and its exit on an ``EventLoop``.
///
/// It is reaped exactly once, as soon as it has exited, whether or not somebody waits for it. Pipes are read only while
/// somebody asks: a child that writes more than is read blocks on its pipe. A grandchild may hold a pipe open after the
/// child's exit, so the end of the output and the exit are separate events: the caller decides when to stop reading.
///
/// Whoever spawned it calls ``close()`` in the end; that frees the pipes, and leaves a process that still runs running.
/// When the loop stops, processes that still run are killed.
package actor ChildProcess {
  /// Most bytes one ``read(_:upTo:)`` returns; asking for more is no error.
  package static let readBytesMax = EventLoop.readBufferBytes

  /// The process's number, valid for signals from outside until ``wait()`` has returned.
  package nonisolated let pid: Int32
  package nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let name: String
  private let reaper: Reaper
  private var pipes: [Int32: Pipe] = [:]

  /// How the exit of a child is noticed.
  package enum ExitWatch: Sendable {
    /// A pidfd on the loop; where the kernel has none (before Linux 5.3, or forbidden), a waiting thread.
    case automatic
    /// Always a thread that blocks in waitid, one a child.
    case thread
  }

  private struct Pipe {
    let handle: PollHandle
    let isInput: Bool
    var isInUse = false
  }

  /// Starts a process.
  ///
  /// - Throws: `notFound` or `permissionDenied` for the program or its directory, `invalidArgument` for a specification
  ///   that no process can have, `exhausted` when the system has no process or descriptor left, `loopStopped`.
  package static func spawn(
    _ specification: ProcessSpecification,
    on loop: EventLoop
  ) async throws(UVError) -> ChildProcess {
    try await spawn(specification, on: loop, watch: .automatic)
  }

  /// As ``spawn(_:on:)``, with the way in which the exit is noticed chosen by the caller.
  package static func spawn(
    _ specification: ProcessSpecification,
    on loop: EventLoop,
    watch: ExitWatch
  ) async throws(UVError) -> ChildProcess {
    // Not on the loop's thread: the exec of a program on a slow disk blocks.
    let child = try Spawn.start(specification)
    let process = ChildProcess(child.pid, specification, loop)
    do throws(UVError) {
      try await process.adopt(child.pipes, watch)
    } catch {
      await process.abandon()
      throw error
    }
    return process
  }

  private init(_ pid: Int32, _ specification: ProcessSpecification, _ loop: EventLoop) {
    self.pid = pid
    self.loop = loop
    name = "process \(pid) (\(specification.executable))"
    reaper = Reaper(pid, name: name, specification, loop)
  }

  deinit {
    // Closing needs the loop; a process that was not closed costs its descriptors no longer than this.
    let handles = pipes.values.map(\.handle)
    guard !handles.isEmpty else { return }
    let reason = UVError(.closed, "\(name) was released")
    loop.perform { for handle in handles { handle.close(because: reason) } }
  }

  // MARK: Pipes

  /// Reads what the child has written to an `outputPipe`, waiting for the first byte.
  ///
  /// - Parameters:
  ///   - descriptor: the child's number of the descriptor.
  ///   - byteCount: most bytes that are returned, at least 1.
  /// - Returns: at least one byte; nil at the end, when no process holds the pipe open for writing.
  /// - Throws: `cancelled` (nothing is lost: the next call reads on), `busy` while another call reads it, `closed`.
  package func read(_ descriptor: Int32, upTo byteCount: Int) async throws(UVError) -> [UInt8]? {
    guard byteCount > 0 else {
      throw UVError(.invalidArgument, "\(name): a read is of at least 1 byte, not \(byteCount)")
    }
    let pipe = try use(descriptor, asInput: false)
    defer { pipes[descriptor]?.isInUse = false }
    while true {
      try pipe.checkOpen()
      switch DescriptorIO.read(pipe.descriptor, upTo: byteCount, through: loop.readBuffer) {
      case .done(let bytes): return bytes
      case .end: return nil
      case .wouldBlock: try await pipe.wait(for: .readable)
      case .failed(let number): throw UVError(system: number, "read descriptor \(descriptor) of \(name)")
      }
    }
  }

  /// Writes all of `bytes` to an `inputPipe`, waiting while the child doesn't read.
  ///
  /// - Throws: `peerVanished` when no process holds the pipe open for reading; `cancelled` (a part may be written);
  ///   `busy` while another call writes it; `closed`.
  package func write(_ bytes: [UInt8], to descriptor: Int32) async throws(UVError) {
    let pipe = try use(descriptor, asInput: true)
    defer { pipes[descriptor]?.isInUse = false }
    var written = 0
    while written < bytes.count {
      try pipe.checkOpen()
      switch DescriptorIO.write(pipe.descriptor, bytes[written...]) {
      case .done(let count): written += count
      case .wouldBlock: try await pipe.wait(for: .writable)
      case .end: throw UVError(.peerVanished, "\(name) closed its descriptor \(descriptor)", errno: EPIPE)
      case .failed(let number): throw UVError(system: number, "write to descriptor \(descriptor) of \(name)")
      }
    }
  }

  /// Closes this process's end of an `inputPipe`, so the child reads the end of its input. No effect the second time.
  package func closeInput(_ descriptor: Int32) async {
    guard let pipe = pipes[descriptor], pipe.isInput else { return }
    pipes[descriptor] = nil
    await pipe.handle.close(because: UVError(.closed, "descriptor \(descriptor) of \(name) is closed"))
  }

  /// Closes this process's ends of all pipes; reads and writes that wait throw `closed`. The process itself goes on if
  /// it still runs, and is reaped when it exits.
  package func close() async {
    let handles = pipes.values.map(\.handle)
    pipes = [:]
    for handle in handles { await handle.close(because: UVError(.closed, "\(name) is closed")) }
  }

  // MARK: Signals and exit

  /// Sends a signal to the process; none after it was reaped, so another process of the same number is never hit.
  package func kill(_ signal: Int32) {
    reaper.kill(signal, group: false)
  }

  /// Sends a signal to the process and all others of its process group. Only for a process with a group of its own, and
  /// only until it was reaped: see ``ProcessSpecification/killsGroupAtExit``.
  package func killGroup(_ signal: Int32) {
    reaper.kill(signal, group: true)
  }

  /// Waits until the process has exited and is reaped. Not ended by cancellation: kill the process to end the wait.
  package func wait() async -> ProcessExit {
    await reaper.wait()
  }

  private func adopt(_ ends: [Int32: Int32], _ watch: ExitWatch) throws(UVError) {
    var failure: UVError?
    for (descriptor, end) in ends {
      do throws(UVError) {
        let handle = try PollHandle(owning: end, name: "descriptor \(descriptor) of \(name)", loop: loop)
        pipes[descriptor] = Pipe(handle: handle, isInput: DescriptorIO.isWritable(end))
      } catch {
        // The handle closes the descriptor it could not take; go on, so that none of the others stays open.
        failure = error
      }
    }
    if let failure { throw failure }
    try reaper.start(watch)
  }

  /// Ends a child that the loop could not take: it must not outlive the failed spawn.
  private func abandon() async {
    reaper.killAndReap()
    await close()
  }

  private func use(_ descriptor: Int32, asInput isInput: Bool) throws(UVError) -> PollHandle {
    guard let pipe = pipes[descriptor] else {
      throw UVError(.closed, "descriptor \(descriptor) of \(name) is closed or no pipe")
    }
    guard pipe.isInput == isInput else {
      throw UVError(.invalidArgument, "descriptor \(descriptor) of \(name) is for \(pipe.isInput ? "in" : "out")put")
    }
    guard !pipe.isInUse else {
      throw UVError(.busy, "another task already uses descriptor \(descriptor) of \(name)")
    }
    pipes[descriptor]?.isInUse = true
    return pipe.handle
  }
}
