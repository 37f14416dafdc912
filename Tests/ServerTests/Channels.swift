import EventLoop
import JSONRPC
import Server
import StandardExtensions
import TestSupport

/// A client over a stream.
struct StreamChannel: TranscriptChannel {
  let stream: ByteStream

  func send(_ bytes: [UInt8]) async throws { try await stream.write(bytes) }

  func receive() async throws -> [UInt8]? {
    do {
      return try await stream.read()
    } catch {
      guard error.code == .peerVanished else { throw error }
      return nil
    }
  }
}

/// A client of a process, by its standard streams.
struct ProcessChannel: TranscriptChannel {
  let process: ChildProcess

  func send(_ bytes: [UInt8]) async throws { try await process.write(bytes, to: 0) }
  func receive() async throws -> [UInt8]? { try await process.read(1, upTo: 65_536) }
}

/// Both ends of a connection without any system call.
final class MemoryTransport: SessionTransport, TranscriptChannel, Sendable {
  private let loop: EventLoop
  private struct Ends {
    var session: Session?
    /// What the client sent before the session began.
    var early: [UInt8] = []
  }

  private let ends = Locked(Ends())
  private let chunks: AsyncStream<[UInt8]>
  private let continuation: AsyncStream<[UInt8]>.Continuation

  init(_ loop: EventLoop) {
    self.loop = loop
    (chunks, continuation) = AsyncStream.makeStream(of: [UInt8].self)
  }

  // MARK: The session's end

  func start(_ session: Session) {
    let early = ends.withLock { ends in
      ends.session = session
      return ends.early
    }
    session.assumeIsolated { $0.receiveAll(early) }
  }

  func send(_ bytes: [UInt8]) { continuation.yield(bytes) }
  var queuedBytes: Int { 0 }
  func drained() async {}
  func setReading(_ isReading: Bool) {}
  func close() async { continuation.finish() }

  // MARK: The client's end

  func send(_ bytes: [UInt8]) async throws {
    let session = ends.withLock { ends in
      if ends.session == nil { ends.early += bytes }
      return ends.session
    }
    await session?.receiveAll(bytes)
  }

  func receive() async throws -> [UInt8]? {
    for await chunk in chunks { return chunk }
    return nil
  }

  /// Ends the client's direction.
  func endInput() async {
    await ends.withLock { $0.session }?.inputEnded()
  }
}

extension Session {
  /// Hands bytes over in one piece.
  fileprivate func receiveAll(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { receive($0) }
  }
}
