import Glibc

/// Cuts a stream of bytes into messages. Chunks may end anywhere.
///
/// The first byte that is no white space decides the ``Framing`` for good: a letter begins a header line, `{` and `[`
/// begin a line of JSON, anything else ends the connection. A message that is too long is passed over without being
/// kept, so that memory stays bounded by ``RPCLimits/frameBytesMax`` and one chunk.
package struct FrameDecoder: Sendable {
  /// What was found.
  package enum Event: Sendable, Equatable {
    /// A whole message. Take it before the next `append`, which would otherwise have to copy.
    case frame(ArraySlice<UInt8>)
    /// A message that cannot be taken; the stream goes on after it.
    case rejected(FrameError)
    /// The stream has lost its framing. Nothing more comes.
    case failed(FrameError)
  }

  private enum State {
    case undecided
    case headers
    case body(bytes: Int)
    case line
    case skippingBody(bytes: Int)
    case skippingLine
    case failed
  }

  /// Bytes of storage that are kept between messages; more is given back.
  private static let idleBytesMax = 256 * 1_024

  private let limits: RPCLimits
  private var state: State
  private var buffer: [UInt8] = []
  /// First byte of `buffer` that is still needed.
  private var start = 0
  /// First byte of `buffer` that was not searched for the end of the line.
  private var searched = 0
  private var header = FrameHeader()
  /// How messages come; nil before the first byte.
  package private(set) var framing: Framing?

  /// - Parameter framing: nil: the first byte decides.
  package init(limits: RPCLimits = RPCLimits(), framing: Framing? = nil) {
    self.limits = limits
    self.framing = framing
    state =
      switch framing {
      case nil: .undecided
      case .headers: .headers
      case .lines: .line
      }
  }

  // MARK: Input

  /// Adds the next bytes of the stream.
  package mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Adds the next bytes of the stream, which are copied.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    makeRoom()
    // What is passed over is never stored.
    let bytes = UnsafeRawBufferPointer(rebasing: bytes[min(skip(bytes), bytes.count)...])
    buffer.append(contentsOf: bytes)
  }

  /// The end of the stream.
  ///
  /// - Returns: an error when it came inside a message.
  package func endOfInput() -> FrameError? {
    switch state {
    case .failed, .undecided: return nil
    case .body, .skippingBody, .skippingLine: break
    case .headers: if start == buffer.count, header.bytes == 0 { return nil }
    case .line: if start == buffer.count { return nil }
    }
    return FrameError(.truncated, "the stream ended inside a message")
  }

  /// Forgets bytes that were handed out.
  private mutating func makeRoom() {
    if start == buffer.count {
      if buffer.capacity > Self.idleBytesMax {
        buffer = []
      } else {
        buffer.removeAll(keepingCapacity: true)
      }
    } else if start > buffer.count / 2 {
      buffer.removeSubrange(..<start)
    } else {
      return
    }
    searched -= start
    start = 0
  }

  /// Passes over the bytes of a message that is too long, as far as `bytes` has them.
  private mutating func skip(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard start == buffer.count else { return 0 }
    switch state {
    case .skippingBody(let left):
      let count = min(left, bytes.count)
      state = count == left ? .headers : .skippingBody(bytes: left - count)
      return count
    case .skippingLine:
      guard let end = bytes.firstIndex(of: 10) else { return bytes.count }
      state = .line
      return end + 1
    default: return 0
    }
  }

  // MARK: Output

  /// The next message or fault; nil when more bytes are needed.
  package mutating func next() -> Event? {
    while true {
      switch state {
      case .failed: return nil
      case .undecided:
        guard let event = decide() else {
          if case .undecided = state { return nil }
          continue
        }
        return event
      case .headers:
        do {
          guard let length = try readHeaders() else { return nil }
          if length > limits.frameBytesMax {
            state = .skippingBody(bytes: length)
            return .rejected(tooLarge(length))
          }
          state = .body(bytes: length)
          buffer.reserveCapacity(start + length)
        } catch {
          return fail(error)
        }
      case .body(let bytes):
        guard buffer.count - start >= bytes else { return nil }
        state = .headers
        let charsetError = header.charsetError
        header = FrameHeader()
        let frame = buffer[start..<start + bytes]
        consume(to: start + bytes)
        if let charsetError { return .rejected(charsetError) }
        return .frame(frame)
      case .line:
        switch readLine() {
        case .some(let event): return event
        case nil:
          guard case .skippingLine = state else { return nil }
        }
      case .skippingBody(let bytes):
        header = FrameHeader()
        let count = min(bytes, buffer.count - start)
        consume(to: start + count)
        guard count == bytes else {
          state = .skippingBody(bytes: bytes - count)
          return nil
        }
        state = .headers
      case .skippingLine:
        guard let end = endOfLine() else {
          consume(to: buffer.count)
          return nil
        }
        consume(to: end + 1)
        state = .line
      }
    }
  }

  private mutating func decide() -> Event? {
    while start < buffer.count {
      let byte = buffer[start]
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: consume(to: start + 1)
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        framing = .lines
        state = .line
        return nil
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"):
        framing = .headers
        state = .headers
        return nil
      default:
        let text = "the first byte (\(byte)) begins neither a Content-Length header nor a JSON message"
        return fail(FrameError(.unknownFraming, text))
      }
    }
    return nil
  }

  // MARK: Headers

  /// Reads header lines; the body's length after the empty line that ends them.
  private mutating func readHeaders() throws(FrameError) -> Int? {
    while let end = endOfLine() {
      try header.count(end + 1 - start, limits)
      let hasReturn = end > start && buffer[end - 1] == 13
      let line = buffer[start..<(hasReturn ? end - 1 : end)]
      if line.isEmpty {
        guard header.hasLines else {
          consume(to: end + 1)
          continue
        }
        let length = try header.finished()
        consume(to: end + 1)
        return length
      }
      try header.read(line)
      consume(to: end + 1)
    }
    try header.check(buffer.count - start, limits)
    return nil
  }

  // MARK: Lines

  private mutating func readLine() -> Event? {
    while let end = endOfLine() {
      let hasReturn = end > start && buffer[end - 1] == 13
      let frame = buffer[start..<(hasReturn ? end - 1 : end)]
      consume(to: end + 1)
      if frame.count > limits.frameBytesMax { return .rejected(tooLarge(frame.count)) }
      // Empty lines between messages mean nothing.
      if !frame.isEmpty { return .frame(frame) }
    }
    guard buffer.count - start > limits.frameBytesMax else { return nil }
    state = .skippingLine
    consume(to: buffer.count)
    return .rejected(tooLarge(nil))
  }

  // MARK: Bytes

  private mutating func endOfLine() -> Int? {
    let from = searched
    let found: Int? = buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, bytes.count > from else { return nil }
      return memchr(base + from, 10, bytes.count - from).map { UnsafeRawPointer($0) - base }
    }
    searched = found ?? buffer.count
    return found
  }

  private mutating func consume(to position: Int) {
    start = position
    searched = position
  }

  private mutating func fail(_ error: FrameError) -> Event {
    state = .failed
    buffer = []
    consume(to: 0)
    return .failed(error)
  }

  private func tooLarge(_ bytes: Int?) -> FrameError {
    let length = bytes.map { "has \($0) bytes" } ?? "is a line"
    return FrameError(.frameTooLarge, "a message \(length) over the limit of \(limits.frameBytesMax) bytes")
  }
}
