import Glibc

/// The part of a ``ByteStream`` that lives on the loop's thread: reading into a handler, gathering and writing output.
final class StreamCore: TurnEndFlushing, @unchecked Sendable {
  // Safety: every member but the constants is used on the loop's thread only; ByteStream is an actor of that loop, and its
  // synchronous functions check the thread.

  /// Reads from one stream before others get their turn.
  static let readRoundsMax = 16

  let loop: EventLoop
  let name: String
  let limits: StreamLimits
  /// The same object for a socket; nil once that direction has ended.
  private var reader: PollHandle?
  private var writer: PollHandle?
  private let isSocket: Bool

  private var handler: (any ByteStreamHandler)?
  private var isPausedByHandler = false
  private var isPausedByOutput = false
  private var hasReadEnd = false
  private var isReadInUse = false

  private var output = OutputQueue()
  private var isFlushDue = false
  private var isBlocked = false
  private var isWriteFinished = false
  private var outputWaiters: [OutputWaiter] = []
  private var tickets = 0
  private var failure: UVError?
  private var closing: [PollHandle]?

  /// A task that waits until at most `byteCount` bytes are unwritten.
  private struct OutputWaiter {
    let ticket: Int
    let byteCount: Int
    let continuation: CheckedContinuation<Result<Void, UVError>, Never>
  }

  /// A stream over descriptors that can be polled, which it takes over, also when it throws. On the loop's thread.
  ///
  /// - Parameter writing: the same number as `reading` for a socket.
  init(reading: Int32, writing: Int32, name: String, loop: EventLoop, limits: StreamLimits) throws(UVError) {
    self.loop = loop
    self.name = name
    self.limits = limits
    isSocket = reading == writing
    let reader: PollHandle
    do throws(UVError) {
      reader = try PollHandle(owning: reading, name: isSocket ? name : "\(name), input", loop: loop)
    } catch {
      if reading != writing { Glibc.close(writing) }
      throw error
    }
    self.reader = reader
    do throws(UVError) {
      writer = isSocket ? reader : try PollHandle(owning: writing, name: "\(name), output", loop: loop)
    } catch {
      reader.close(because: error)
      throw error
    }
    // The handles are open as long as the stream is, and keep it.
    for handle in handles {
      handle.onReady = { self.ready($0) }
      handle.onLoopStop = { self.fail(self.loop.loopStopped) }
    }
  }

  /// Bytes that were sent and are not yet given to the system.
  var unwrittenBytes: Int { output.byteCount }

  private var handles: [PollHandle] {
    guard let reader else { return writer.map { [$0] } ?? [] }
    guard let writer, writer !== reader else { return [reader] }
    return [reader, writer]
  }

  private var closedError: UVError { failure ?? UVError(.closed, "\(name) is closed") }

  // MARK: Reading

  /// Gives all that comes to `handler`, from now on.
  func start(_ handler: any ByteStreamHandler) {
    precondition(self.handler == nil && !isReadInUse, "\(name) has a reader already")
    self.handler = handler
    updateInterest()
  }

  /// Stops or resumes reading for the handler, besides what back-pressure does by itself.
  func pause(_ isPaused: Bool) {
    isPausedByHandler = isPaused
    updateInterest()
  }

  func read(upTo byteCount: Int, isolation: isolated any Actor = #isolation) async throws(UVError) -> [UInt8]? {
    precondition(handler == nil, "\(name) gives its bytes to a handler")
    guard !isReadInUse else { throw UVError(.busy, "another task already reads \(name)") }
    isReadInUse = true
    defer { isReadInUse = false }
    while true {
      if hasReadEnd { return nil }
      guard let reader, failure == nil else { throw closedError }
      switch DescriptorIO.read(reader.descriptor, upTo: byteCount, through: loop.readBuffer) {
      case .done(let bytes): return bytes
      case .end: hasReadEnd = true
      case .wouldBlock: try await reader.wait(for: .readable, isolation: isolation)
      case .failed(let number):
        let error = UVError(system: number, "read \(name)")
        fail(error)
        throw error
      }
    }
  }

  private var wantsInput: Bool {
    handler != nil && !hasReadEnd && !isPausedByHandler && !isPausedByOutput
  }

  private func ready(_ readiness: PollHandle.Readiness) {
    if readiness.contains(.writable) { writeOutput() }
    if readiness.contains(.readable) { readInput() }
  }

  private func readInput() {
    for _ in 0..<Self.readRoundsMax {
      guard wantsInput, let reader, let handler else { return }
      switch DescriptorIO.read(reader.descriptor, into: loop.readBuffer) {
      case .done(let count):
        handler.deliver(UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]))
        // Less than asked for: there is no more, or the next poll tells.
        if count < loop.readBuffer.count { return }
      case .end:
        hasReadEnd = true
        updateInterest()
        handler.assumeIsolated { $0.receivedEnd() }
      case .wouldBlock: return
      case .failed(let number): fail(UVError(system: number, "read \(name)"))
      }
    }
  }

  // MARK: Writing

  /// Adds bytes to the output, which is written at the end of the turn.
  func send(_ bytes: UnsafeRawBufferPointer) {
    guard accepts(bytes.count) else { return }
    output.append(bytes)
    outputGrew()
  }

  func send(_ bytes: [UInt8]) {
    guard accepts(bytes.count) else { return }
    output.append(bytes)
    outputGrew()
  }

  /// The error that keeps output from being taken, if any.
  var sendError: UVError? {
    if let failure { return failure }
    return writer == nil || isWriteFinished ? UVError(.closed, "\(name) is closed for writing") : nil
  }

  /// Suspends until at most `byteCount` bytes are unwritten. Cancellation ends the wait, and leaves the output.
  func waitForOutput(atMost byteCount: Int, isolation: isolated any Actor = #isolation) async throws(UVError) {
    if output.byteCount <= byteCount { return }
    if let failure { throw failure }
    tickets += 1
    let ticket = tickets
    try await waitUnlessCancelled(isolation: isolation) { continuation in
      outputWaiters.append(OutputWaiter(ticket: ticket, byteCount: byteCount, continuation: continuation))
    } onCancel: {
      loop.perform { [self] in
        let cancelled = UVError(.cancelled, "\(name): the wait for the peer to read was cancelled")
        resumeWaiters(.failure(cancelled)) { $0.ticket == ticket }
      }
    }
  }

  /// Ends the output, which must be written: the peer reads the end. Reading goes on.
  func endOutput() {
    guard let writer, !isWriteFinished else { return }
    isWriteFinished = true
    // An error means that the peer has gone, which reading tells, or that this is no socket but a pipe.
    shutdown(writer.descriptor, Int32(SHUT_WR))
    if !isSocket {
      self.writer = nil
      writer.close(because: closedError)
    }
  }

  func flush() {
    isFlushDue = false
    if !isBlocked { writeOutput() }
  }

  private func accepts(_ byteCount: Int) -> Bool {
    guard sendError == nil else { return false }
    guard output.byteCount + byteCount <= limits.outputBytesMax else {
      fail(
        UVError(
          .limitReached,
          "\(name): the peer has left \(output.byteCount) bytes unread, the limit is \(limits.outputBytesMax)"
        )
      )
      return false
    }
    return true
  }

  private func outputGrew() {
    if !isPausedByOutput, output.byteCount > limits.outputHighWaterBytes {
      isPausedByOutput = true
      updateInterest()
    }
    guard !isFlushDue, !isBlocked else { return }
    isFlushDue = true
    loop.flushAtEndOfTurn(self)
  }

  private func writeOutput() {
    guard let writer else { return }
    isBlocked = false
    writing: while !output.isEmpty {
      switch output.withFirstChunk({ DescriptorIO.write(writer.descriptor, $0) }) {
      case .done(let count): output.consume(count)
      case .wouldBlock:
        isBlocked = true
        break writing
      case .end: return fail(UVError(.peerVanished, "\(name): the peer has gone", errno: EPIPE))
      case .failed(let number): return fail(UVError(system: number, "write to \(name)"))
      }
    }
    let hasDrained = isPausedByOutput && output.byteCount <= limits.outputLowWaterBytes
    if hasDrained { isPausedByOutput = false }
    updateInterest()
    if !outputWaiters.isEmpty { resumeWaiters(.success(())) { output.byteCount <= $0.byteCount } }
    if hasDrained { handler?.assumeIsolated { $0.outputDrained() } }
  }

  private func resumeWaiters(_ result: Result<Void, UVError>, where isMeant: (OutputWaiter) -> Bool) {
    let due = outputWaiters.filter(isMeant)
    outputWaiters.removeAll(where: isMeant)
    for waiter in due { waiter.continuation.resume(returning: result) }
  }

  private func updateInterest() {
    let input: PollHandle.Readiness = wantsInput ? .readable : []
    let output: PollHandle.Readiness = isBlocked ? .writable : []
    if isSocket {
      reader?.watch(input.union(output))
    } else {
      reader?.watch(input)
      writer?.watch(output)
    }
  }

  // MARK: The end

  /// Ends both directions because of an error: waiting tasks and the handler get it, unwritten output is dropped.
  private func fail(_ error: UVError) {
    guard failure == nil, closing == nil else { return }
    failure = error
    let handler = handler
    closeHandles(error)
    handler?.assumeIsolated { $0.failed(error) }
  }

  /// Closes both directions and drops unwritten output. Returns when libuv has let go; any number of calls.
  func close(isolation: isolated any Actor = #isolation) async {
    for handle in beginClosing() { await handle.close(because: closedError) }
  }

  /// As ``close(isolation:)``, without waiting.
  @discardableResult
  func beginClosing() -> [PollHandle] {
    if closing == nil { closeHandles(closedError) }
    return closing ?? []
  }

  private func closeHandles(_ reason: UVError) {
    let open = handles
    closing = open
    reader = nil
    writer = nil
    handler = nil
    output.removeAll()
    for handle in open { handle.close(because: reason) }
    resumeWaiters(.failure(reason)) { _ in true }
  }
}
