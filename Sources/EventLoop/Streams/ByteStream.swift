/// Bytes to and from a peer: a Unix or TCP socket, or a pair of pipes or files.
///
/// Read it in one of two ways: ``read(upTo:)`` for tasks, or ``start(_:)`` with a handler on the same loop, which is the
/// fast path of servers. Back-pressure goes both ways: nothing is read that nobody asks for; ``write(_:)`` waits while the
/// peer is behind; and a stream with a handler reads nothing while its peer leaves too much unread.
///
/// Whoever holds the stream calls ``close()`` in the end, also after an error.
package actor ByteStream {
  /// Most bytes one ``read(upTo:)`` returns; asking for more is no error.
  package static let readBytesMax = EventLoop.readBufferBytes

  package nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  /// Who the peer is, when it is a process on the other end of a Unix socket.
  package nonisolated let peerCredentials: PeerCredentials?
  private nonisolated let core: StreamCore
  /// What writes the output on to a file.
  private let outputPump: DescriptorPump?

  init(_ core: StreamCore, peerCredentials: PeerCredentials? = nil, outputPump: DescriptorPump? = nil) {
    self.core = core
    self.outputPump = outputPump
    self.peerCredentials = peerCredentials
    loop = core.loop
  }

  deinit {
    // A stream that nobody closed costs its descriptors no longer than this.
    let core = core
    loop.perform { core.beginClosing() }
  }

  // MARK: For tasks

  /// Reads what the peer has sent, waiting for the first byte.
  ///
  /// - Parameter byteCount: most bytes that are returned, at least 1.
  /// - Returns: at least one byte; nil at the end.
  /// - Throws: `cancelled` (nothing is lost), `busy` while another task reads, `peerVanished`, `closed`, `loopStopped`.
  package func read(upTo byteCount: Int = ByteStream.readBytesMax) async throws(UVError) -> [UInt8]? {
    guard byteCount > 0 else { throw UVError(.invalidArgument, "a read is of at least 1 byte, not \(byteCount)") }
    return try await core.read(upTo: byteCount)
  }

  /// Sends `bytes`, all or none of them; waits while more than the high-water mark is unwritten.
  ///
  /// - Throws: `peerVanished`, `closed`, `loopStopped`, `limitReached`; `cancelled` when the task is cancelled while it
  ///   waits: the bytes will be written nevertheless, so that no frame is cut.
  package func write(_ bytes: [UInt8]) async throws(UVError) {
    if let error = core.sendError { throw error }
    core.send(bytes)
    if let error = core.sendError { throw error }
    if core.unwrittenBytes > core.limits.outputHighWaterBytes {
      try await core.waitForOutput(atMost: core.limits.outputLowWaterBytes)
    }
  }

  /// Waits until all output is given to the system, and ends it: the peer reads the end. Reading goes on.
  ///
  /// - Throws: as ``write(_:)``; a peer that reads nothing makes it wait until the task is cancelled.
  package func finishWriting() async throws(UVError) {
    try await core.waitForOutput(atMost: 0)
    core.endOutput()
  }

  /// Waits until all output is given to the system.
  package func flush() async throws(UVError) {
    try await core.waitForOutput(atMost: 0)
  }

  /// Closes the stream and drops what is unwritten; whoever waits gets `closed`. Returns when all is freed. Any number of
  /// calls.
  package func close() async {
    await core.close()
    await outputPump?.wait()
  }

  /// Closes the stream as soon as its output is written, at the latest after `patience`.
  package func close(writingFor patience: Duration) async {
    // An error ends the stream just as well as the end of the output; there is nobody left who could be told.
    do throws(UVError) {
      let deadline = try TimerHandle(name: "last output", loop: loop)
      deadline.schedule(after: patience) { [core] in core.beginClosing() }
      do throws(UVError) { try await core.waitForOutput(atMost: 0) } catch {}
      await deadline.close(because: UVError(.closed, "the stream is closed"))
    } catch {}
    await close()
  }

  // MARK: For actors of the loop

  /// Gives all that comes to `handler`, which must be an actor of the same loop, and keeps it until the stream is closed.
  /// On the loop's thread.
  package nonisolated func start(_ handler: any ByteStreamHandler) {
    loop.preconditionOnLoop()
    core.start(handler)
  }

  /// Sends `bytes` without waiting; an error reaches the handler. On the loop's thread.
  package nonisolated func send(_ bytes: UnsafeRawBufferPointer) {
    loop.preconditionOnLoop()
    core.send(bytes)
  }

  /// Sends `bytes` without waiting; an error reaches the handler. On the loop's thread.
  package nonisolated func send(_ bytes: [UInt8]) {
    loop.preconditionOnLoop()
    core.send(bytes)
  }

  /// Bytes that were sent and are not yet given to the system. On the loop's thread.
  package nonisolated var unwrittenBytes: Int {
    loop.preconditionOnLoop()
    return core.unwrittenBytes
  }

  /// Has nothing more read until ``resumeReading()``: the handler is behind. On the loop's thread.
  package nonisolated func pauseReading() {
    loop.preconditionOnLoop()
    core.pause(true)
  }

  /// Ends ``pauseReading()``. On the loop's thread.
  package nonisolated func resumeReading() {
    loop.preconditionOnLoop()
    core.pause(false)
  }
}

/// Who is at the other end of a Unix socket, as the kernel knew it when the connection was made.
package struct PeerCredentials: Sendable, Equatable {
  package let userID: UInt32
  package let groupID: UInt32
  package let processID: Int32
}
