import JSONRPC
import Testing

@Suite("Framing", .timeLimit(.minutes(1)))
struct FrameDecoderTests {
  /// All events of `input`, given in chunks of `chunk` bytes.
  private func events(_ input: String, chunk: Int, limits: RPCLimits = RPCLimits()) -> [String] {
    var decoder = FrameDecoder(limits: limits)
    var found: [String] = []
    let bytes = Array(input.utf8)
    for start in stride(from: 0, to: bytes.count, by: chunk) {
      decoder.append(Array(bytes[start..<min(start + chunk, bytes.count)]))
      while let event = decoder.next() {
        switch event {
        case .frame(let frame): found.append(String(decoding: frame, as: UTF8.self))
        case .rejected(let error): found.append("rejected \(error.code)")
        case .failed(let error): found.append("failed \(error.code)")
        }
      }
    }
    if let error = decoder.endOfInput() { found.append("end \(error.code)") }
    return found
  }

  private static let small: RPCLimits = {
    var limits = RPCLimits()
    limits.frameBytesMax = 20
    limits.headerBytesMax = 60
    return limits
  }()

  private static let long = String(repeating: "x", count: 50)

  @Test(
    "whatever the chunks, the same messages come out",
    arguments: [
      ("Content-Length: 2\r\n\r\n{}", ["{}"]),
      ("content-length:2\r\nX-Other: a:b\r\n\r\n{}Content-Length: 3\r\n\r\n[1]", ["{}", "[1]"]),
      ("Content-Length: 2\n\n{}", ["{}"]),
      ("\r\n Content-Length: 0\r\n\r\nContent-Length: 1\r\n\r\n7", ["", "7"]),
      ("Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", ["{}"]),
      ("Content-Length: 2\r\n\r\n{}\r\n\r\nContent-Length: 2\r\n\r\n[]", ["{}", "[]"]),
      ("Content-Type: text/x; charset=utf8\r\nContent-Length: 2\r\n\r\n{}", ["{}"]),
      (
        "Content-Type: a; charset=latin1\r\nContent-Length: 2\r\n\r\n{}Content-Length: 1\r\n\r\n1",
        ["rejected unsupportedCharset", "1"]
      ),
      ("{}\n\n[1]\r\n", ["{}", "[1]"]),
      ("  \n{\"a\":1}\n not json \n", ["{\"a\":1}", " not json "]),
      ("{}\n\(long)\n{}\n", ["{}", "rejected frameTooLarge", "{}"]),
      ("Content-Length: 50\r\n\r\n\(long)Content-Length: 1\r\n\r\n1", ["rejected frameTooLarge", "1"]),
      ("Content-Length: 9223372036854775807\r\n\r\n\(long)", ["rejected frameTooLarge", "end truncated"]),
      ("Content-Length: 9223372036854775808\r\n\r\n{}", ["failed invalidLength"]),
      ("Content-Length: -1\r\n\r\n{}", ["failed invalidLength"]),
      ("Content-Length: \r\n\r\n{}", ["failed invalidLength"]),
      ("Content-Length: 1 2\r\n\r\n{}", ["failed invalidLength"]),
      ("Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", ["failed invalidLength"]),
      ("Content-Type: a\r\n\r\n{}", ["failed missingLength"]),
      ("Content-Length 5\r\n\r\n{}", ["failed malformedHeader"]),
      ("A: b\r\n: c\r\n\r\n", ["failed malformedHeader"]),
      ("Content Length: 1\r\n\r\n1", ["failed malformedHeader"]),
      ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", ["failed malformedHeader"]),
      ("A: \(long)\r\nB: \(long)\r\n\r\n", ["failed headerTooLong"]),
      ("A\(long)\(long)", ["failed headerTooLong"]),
      ("\u{1}\u{2}", ["failed unknownFraming"]),
      ("5\n", ["failed unknownFraming"]),
      ("Content-Length: 5\r\n\r\n{}", ["end truncated"]),
      ("Content-Len", ["end truncated"]),
      ("{}\n{", ["{}", "end truncated"]),
      (" \n", []),
      ("", []),
    ]
  )
  func decodes(input: String, expected: [String]) {
    for chunk in [1, 2, 3, 7, 16, 1_000] {
      #expect(events(input, chunk: chunk, limits: Self.small) == expected, "chunks of \(chunk)")
    }
  }

  @Test("a message as long as the limit is taken", arguments: [Framing.headers, .lines])
  func takesTheLongest(framing: Framing) {
    var output: [UInt8] = []
    framing.append([UInt8](repeating: 0x5B, count: 20), to: &output)
    framing.append([UInt8](repeating: 0x5B, count: 21), to: &output)
    let text = String(decoding: output, as: UTF8.self)
    for chunk in [1, 5, 200] {
      let found = events(text, chunk: chunk, limits: Self.small)
      #expect(found == [String(repeating: "[", count: 20), "rejected frameTooLarge"])
    }
  }

  @Test("what is written in a framing is read back")
  func roundTrip() {
    for framing in [Framing.headers, .lines] {
      var output: [UInt8] = []
      let messages = ["{}", "{\"a\":\"é\"}", "[]"]
      for message in messages { framing.append(message.utf8, to: &output) }
      #expect(events(String(decoding: output, as: UTF8.self), chunk: 4) == messages)
    }
  }
}
