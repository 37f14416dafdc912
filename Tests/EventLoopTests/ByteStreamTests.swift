import EventLoop
import Glibc
import StandardExtensions
import TestSupport
import Testing

extension ByteStream {
  func readAll() async throws(UVError) -> [UInt8] {
    var all: [UInt8] = []
    while let bytes = try await read() { all += bytes }
    return all
  }

  /// What the peer has left unread so far, for those who aren't on the loop.
  fileprivate func unwritten() -> Int { unwrittenBytes }
}

/// Runs `body` with two connected streams, and closes both.
func withStreamPair<Result>(
  limits: StreamLimits = StreamLimits(),
  _ body: (ByteStream, ByteStream) async throws -> Result
) async throws -> Result {
  try await withEventLoop { loop in
    let (first, second) = try await ByteStream.pair(on: loop, limits: limits)
    let result: Result
    do { result = try await body(first, second) } catch {
      await first.close()
      await second.close()
      throw error
    }
    await first.close()
    await second.close()
    return result
  }
}

/// Bytes in which a lost, doubled or swapped piece shows.
func patternBytes(_ count: Int) -> [UInt8] {
  let block = (0..<4_096).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + block.count)
  while bytes.count < count {
    // Each block begins with its own place.
    withUnsafeBytes(of: bytes.count) { bytes += $0 }
    bytes += block
  }
  return Array(bytes.prefix(count))
}

@Suite("Byte streams", .timeLimit(.minutes(1)))
struct ByteStreamTests {
  @Test("what is written on one side is read on the other, in order")
  func order() async throws {
    try await withStreamPair { first, second in
      async let received = second.readAll()
      for index in 0..<1_000 { try await first.write(Array("\(index) ".utf8)) }
      try await first.finishWriting()
      let text = String(decoding: try await received, as: UTF8.self)
      #expect(text == (0..<1_000).map { "\($0) " }.joined())
    }
  }

  @Test("pieces of every size arrive whole", arguments: [1, 65_535, 65_536, 65_537, 200_000, 5 << 20])
  func sizes(byteCount: Int) async throws {
    try await withStreamPair { first, second in
      let bytes = patternBytes(byteCount)
      async let received = second.readAll()
      try await first.write([1])
      try await first.write(bytes)
      try await first.write([2])
      try await first.finishWriting()
      #expect(try await received == [1] + bytes + [2])
    }
  }

  @Test("much goes both ways at once")
  func bothWays() async throws {
    try await withStreamPair { first, second in
      let bytes = patternBytes(8 << 20)
      @Sendable func send(_ stream: ByteStream) async throws {
        try await stream.write(bytes)
        try await stream.finishWriting()
      }
      async let toSecond: Void = send(first)
      async let toFirst: Void = send(second)
      async let atFirst = first.readAll()
      async let atSecond = second.readAll()
      #expect(try await atFirst == bytes)
      #expect(try await atSecond == bytes)
      _ = try await (toFirst, toSecond)
    }
  }

  @Test("after a half-close the other direction still works")
  func halfClose() async throws {
    try await withStreamPair { first, second in
      try await first.finishWriting()
      #expect(try await second.read() == nil)
      #expect(try await second.read() == nil)
      try await second.write([1, 2, 3])
      try await second.finishWriting()
      #expect(try await first.readAll() == [1, 2, 3])
      let error = await #expect(throws: UVError.self) { try await first.write([1]) }
      #expect(error?.code == .closed)
    }
  }

  @Test("writing waits while the peer doesn't read, so memory stays bounded")
  func slowReader() async throws {
    let limits = StreamLimits(outputHighWaterBytes: 100_000, outputLowWaterBytes: 10_000)
    try await withStreamPair(limits: limits) { first, second in
      let written = Locked(0)
      let writer = Task {
        for _ in 0..<100 {
          try await first.write([UInt8](repeating: 7, count: 50_000))
          written.withLock { $0 += 1 }
          #expect(await first.unwritten() <= 150_000)
        }
        try await first.finishWriting()
      }
      var total = 0
      while let bytes = try await second.read(upTo: 4_096) {
        total += bytes.count
        // What was written is read, in the stream's queue, in the socket's buffer, or the piece that waits.
        #expect(written.withLock { $0 } * 50_000 <= total + 150_000 + 1_000_000)
      }
      try await writer.value
      #expect(total == 5_000_000)
    }
  }

  @Test("a peer that lets output pile up beyond the limit loses the stream, not the process")
  func outputLimit() async throws {
    try await withStreamPair(limits: StreamLimits(outputBytesMax: 3_000_000)) { first, _ in
      let error = await #expect(throws: UVError.self) {
        try await first.write([UInt8](repeating: 0, count: 3_000_001))
      }
      #expect(error?.code == .limitReached)
      let second = await #expect(throws: UVError.self) { try await first.write([1]) }
      #expect(second?.code == .limitReached)
    }
  }

  @Test("a peer that vanishes in the middle of a write fails it")
  func vanishWhileWriting() async throws {
    try await withStreamPair { first, second in
      let writer = Task { try await first.write([UInt8](repeating: 0, count: 16 << 20)) }
      _ = try await second.read(upTo: 1)
      await second.close()
      let error = await #expect(throws: UVError.self) { try await writer.value }
      #expect(error?.code == .peerVanished)
    }
  }

  @Test("a peer that vanishes in the middle of a frame ends the reading")
  func vanishWhileReading() async throws {
    try await withStreamPair { first, second in
      try await second.write(Array("Content-Length: 100\r\n\r\n{".utf8))
      try await second.flush()
      await second.close()
      #expect(try await first.readAll() == Array("Content-Length: 100\r\n\r\n{".utf8))
    }
  }

  @Test("closing ends reads and writes that wait, and may be repeated")
  func closeEndsWaits() async throws {
    try await withStreamPair { first, _ in
      let reader = Task { try await first.read() }
      let writer = Task { try await first.write([UInt8](repeating: 0, count: 16 << 20)) }
      // Once the writer waits, the reader, which came first, does, too.
      while await first.unwritten() == 0 { await Task.yield() }
      await first.close()
      for result in [await reader.result.map { _ in }, await writer.result] {
        let error = #expect(throws: UVError.self) { try result.get() }
        #expect(error?.code == .closed)
      }
      await first.close()
    }
  }

  @Test("a cancelled read loses nothing")
  func cancelledRead() async throws {
    try await withStreamPair { first, second in
      let reader = Task { try await first.read() }
      reader.cancel()
      let error = await #expect(throws: UVError.self) { try await reader.value }
      #expect(error?.code == .cancelled)
      try await second.write([5])
      #expect(try await first.read() == [5])
    }
  }

  @Test("a cancelled write is complete nevertheless: no frame is cut")
  func cancelledWrite() async throws {
    try await withStreamPair { first, second in
      let bytes = patternBytes(16 << 20)
      let writer = Task { try await first.write(bytes) }
      _ = try await second.read(upTo: 1)
      writer.cancel()
      _ = await writer.result
      async let rest = second.readAll()
      try await first.finishWriting()
      #expect(try await rest.count == bytes.count - 1)
    }
  }

  @Test("closing with patience writes what is left, and gives up on a peer that doesn't read")
  func closeWithPatience() async throws {
    try await withStreamPair { first, second in
      async let received = second.readAll()
      try await first.write([UInt8](repeating: 1, count: 900_000))
      await first.close(writingFor: .seconds(20))
      #expect(try await received.count == 900_000)
    }
    try await withStreamPair { first, _ in
      try await first.write([UInt8](repeating: 1, count: 900_000))
      await first.close(writingFor: .milliseconds(20))
    }
  }

  @Test("the stop of the loop ends streams that are open")
  func loopStops() async throws {
    let loop = try EventLoop.start(name: "stops")
    let (first, second) = try await ByteStream.pair(on: loop)
    let reader = Task { try await first.read() }
    await loop.stop()
    let error = await #expect(throws: UVError.self) { try await reader.value }
    #expect(error?.code == .loopStopped)
    await #expect(throws: UVError.self) { try await second.write([1]) }
    await first.close()
    await second.close()
    await #expect(throws: UVError.self) { _ = try await ByteStream.pair(on: loop) }
  }
}

@Suite("Streams over descriptors of any kind", .timeLimit(.minutes(1)))
struct DescriptorStreamTests {
  @Test("a file is read to its end, and a file is written completely before the close returns")
  func files() async throws {
    try await withTemporaryDirectory { directory in
      let bytes = patternBytes(3_000_000)
      let input = open(directory + "/in", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      let output = open(directory + "/out", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      defer { for descriptor in [input, output] { close(descriptor) } }
      try #require(bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) } == bytes.count)
      lseek(input, 0, SEEK_SET)
      try await withEventLoop { loop in
        let stream = try await ByteStream.over(reading: input, writing: output, name: "files", on: loop)
        let read = try await stream.readAll()
        #expect(read == bytes)
        try await stream.write(read)
        try await stream.finishWriting()
        await stream.close()
      }
      var written = [UInt8](repeating: 0, count: bytes.count + 1)
      lseek(output, 0, SEEK_SET)
      #expect(written.withUnsafeMutableBytes { Glibc.read(output, $0.baseAddress, $0.count) } == bytes.count)
      #expect(written.dropLast() == bytes[...])
    }
  }

  @Test("/dev/null has an end, and takes everything")
  func null() async throws {
    let null = open("/dev/null", O_RDWR | O_CLOEXEC)
    defer { close(null) }
    try await withEventLoop { loop in
      let stream = try await ByteStream.over(reading: null, writing: null, name: "null", on: loop)
      #expect(try await stream.read() == nil)
      try await stream.write([UInt8](repeating: 0, count: 1_000_000))
      try await stream.finishWriting()
      await stream.close()
    }
  }

  @Test("pipes work, and the caller's own descriptors stay open and blocking")
  func pipes() async throws {
    var toStream: [Int32] = [0, 0]
    var fromStream: [Int32] = [0, 0]
    try #require(pipe(&toStream) == 0 && pipe(&fromStream) == 0)
    defer { for descriptor in toStream + fromStream { close(descriptor) } }
    let (reading, writing) = (toStream[0], fromStream[1])
    try await withEventLoop { loop in
      let stream = try await ByteStream.over(reading: reading, writing: writing, name: "pipes", on: loop)
      write(toStream[1], "ping", 4)
      #expect(try await stream.read() == Array("ping".utf8))
      try await stream.write(Array("pong".utf8))
      try await stream.flush()
      await stream.close()
    }
    var bytes = [UInt8](repeating: 0, count: 10)
    #expect(read(fromStream[0], &bytes, 10) == 4)
    for descriptor in toStream + fromStream { #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK == 0) }
  }

  @Test("standard input and output become a stream, and nothing else can print into it")
  func standardStreams() async throws {
    // This process is given pipes for its standard streams by the child that runs it.
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      try await withEventLoop { loop in
        let stream = try await ByteStream.standardInputOutput(on: loop)
        print("stray")
        fflush(nil)
        try await stream.write(Array("framed".utf8))
        try await stream.finishWriting()
        await stream.close()
      }
    }
    let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    #expect(output.contains("framed"))
    #expect(!output.contains("stray"))
  }
}
