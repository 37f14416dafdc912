import EventLoop
import StandardExtensions
import TestSupport
import Testing

/// Sends back all that it gets.
private actor Echo: ByteStreamHandler {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  private let stream: ByteStream
  private(set) var mostUnwritten = 0
  private(set) var receivedBytes = 0
  private(set) var drainedCount = 0
  private var end: CheckedContinuation<UVError?, Never>?
  private var ended: UVError??

  init(_ stream: ByteStream) {
    self.stream = stream
    loop = stream.loop
  }

  func start() { stream.start(self) }

  func received(_ bytes: UnsafeRawBufferPointer) {
    receivedBytes += bytes.count
    stream.send(bytes)
    mostUnwritten = max(mostUnwritten, stream.unwrittenBytes)
  }

  func outputDrained() { drainedCount += 1 }

  func receivedEnd() { finish(nil) }

  func failed(_ error: UVError) { finish(error) }

  /// Waits for the end or the failure of the stream.
  func waitForEnd() async -> UVError? {
    if let ended { return ended }
    return await withCheckedContinuation { end = $0 }
  }

  private func finish(_ error: UVError?) {
    if ended == nil { ended = .some(error) }
    end?.resume(returning: error)
    end = nil
  }
}

@Suite("Stream handlers on the loop", .timeLimit(.minutes(1)))
struct ByteStreamHandlerTests {
  @Test("a handler gets every byte and answers in the same turn")
  func echo() async throws {
    try await withStreamPair { first, second in
      let echo = Echo(first)
      await echo.start()
      let bytes = patternBytes(4 << 20)
      let writer = Task {
        try await second.write(bytes)
        try await second.finishWriting()
      }
      var received: [UInt8] = []
      while received.count < bytes.count, let more = try await second.read() { received += more }
      #expect(received == bytes)
      try await writer.value
      #expect(await echo.waitForEnd() == nil)
    }
  }

  @Test("a handler whose peer doesn't read its answers is given no more, so memory stays bounded")
  func backPressure() async throws {
    let limits = StreamLimits(outputHighWaterBytes: 100_000, outputLowWaterBytes: 50_000, outputBytesMax: 400_000)
    try await withEventLoop { loop in
      let (first, second) = try await ByteStream.pair(on: loop, limits: limits)
      let echo = Echo(first)
      await echo.start()
      let bytes = patternBytes(20_000)
      let writer = Task {
        for _ in 0..<500 { try await second.write(bytes) }
        try await second.finishWriting()
      }
      // Nothing is read until the writer stands still: then all queues are full, and each within its limit.
      var before = -1
      while await echo.receivedBytes != before || before == 0 {
        before = await echo.receivedBytes
        try await loop.sleep(for: .milliseconds(50))
      }
      #expect(before < 5_000_000)
      var total = 0
      while total < 10_000_000, let more = try await second.read() { total += more.count }
      #expect(total == 10_000_000)
      try await writer.value
      #expect(await echo.mostUnwritten <= 100_000 + 65_536)
      #expect(await echo.drainedCount > 0)
      await first.close()
      await second.close()
    }
  }

  @Test("a peer that vanishes fails the handler's stream once it writes")
  func vanish() async throws {
    try await withStreamPair { first, second in
      let echo = Echo(first)
      await echo.start()
      try await second.write(patternBytes(500_000))
      await second.close()
      let error = await echo.waitForEnd()
      #expect(error == nil || error?.code == .peerVanished)
    }
  }

  @Test("a paused handler gets nothing until it resumes")
  func pause() async throws {
    try await withStreamPair { first, second in
      let echo = Echo(first)
      await echo.start()
      await echo.pause(first, true)
      try await second.write([1, 2, 3])
      try await second.flush()
      try await first.loop.sleep(for: .milliseconds(20))
      #expect(await echo.receivedBytes == 0)
      await echo.pause(first, false)
      #expect(try await second.read() == [1, 2, 3])
    }
  }

  @Test("a handler learns that the loop stops")
  func loopStops() async throws {
    let loop = try EventLoop.start(name: "stops")
    let (first, second) = try await ByteStream.pair(on: loop)
    let echo = Echo(first)
    await echo.start()
    await loop.stop()
    #expect(await echo.waitForEnd()?.code == .loopStopped)
    await first.close()
    await second.close()
  }

  @Test("sending off the loop's thread traps")
  func misuse() async {
    await #expect(processExitsWith: .failure) {
      let (first, _) = try await ByteStream.pair(on: try EventLoop.start(name: "misuse"))
      first.send([1])
    }
  }
}

extension Echo {
  fileprivate func pause(_ stream: ByteStream, _ isPaused: Bool) {
    if isPaused { stream.pauseReading() } else { stream.resumeReading() }
  }
}
