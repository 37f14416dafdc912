package import EventLoop
import JSONRPC

/// A client at the other end of a stream.
package final class StreamTransport: SessionTransport {
  /// Seconds that a client has to read the last answers before its connection is closed.
  package static let closeSecondsMax = 2.0

  private let stream: ByteStream

  package init(_ stream: ByteStream) {
    self.stream = stream
  }

  package func start(_ session: Session) { stream.start(session) }
  package func send(_ bytes: [UInt8]) { stream.send(bytes) }
  package var queuedBytes: Int { stream.unwrittenBytes }

  package func drained() async {
    // An error has reached the session as its stream's handler.
    do { try await stream.flush() } catch {}
  }

  package func setReading(_ isReading: Bool) {
    if isReading { stream.resumeReading() } else { stream.pauseReading() }
  }

  package func close() async {
    await stream.close(writingFor: .seconds(Self.closeSecondsMax))
  }
}

extension Session: ByteStreamHandler {
  package func received(_ bytes: UnsafeRawBufferPointer) { receive(bytes) }
  package func receivedEnd() { inputEnded() }
  package func failed(_ error: UVError) { transportFailed("\(error)") }
}
