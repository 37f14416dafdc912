/// The header lines of one message.
struct FrameHeader: Sendable {
  /// Bytes of the lines so far, with their ends.
  private(set) var bytes = 0
  /// Whether any line was read.
  private(set) var hasLines = false
  /// Why the message's text cannot be read, if so.
  private(set) var charsetError: FrameError?
  private var length: Int?

  mutating func count(_ more: Int, _ limits: RPCLimits) throws(FrameError) {
    try check(more, limits)
    bytes += more
  }

  /// Throws when the lines with `more` bytes would be longer than the limit.
  func check(_ more: Int, _ limits: RPCLimits) throws(FrameError) {
    guard bytes + more <= limits.headerBytesMax else {
      throw FrameError(.headerTooLong, "a message's header has more than \(limits.headerBytesMax) bytes")
    }
  }

  /// Reads one line, without its end. Unknown headers are passed over.
  mutating func read(_ line: ArraySlice<UInt8>) throws(FrameError) {
    hasLines = true
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
      throw FrameError(.malformedHeader, "a header line has no name before a colon; 'Content-Length: N' was expected")
    }
    let name = line[..<colon]
    guard name.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw FrameError(.malformedHeader, "a header's name has a character that no name has")
    }
    let value = Self.trimmed(line[(colon + 1)...])
    if Self.matches(name, "content-length") {
      try readLength(value)
    } else if Self.matches(name, "content-type") {
      readType(value)
    }
  }

  /// The body's length.
  func finished() throws(FrameError) -> Int {
    guard let length else { throw FrameError(.missingLength, "a message's header has no Content-Length") }
    return length
  }

  private mutating func readLength(_ value: ArraySlice<UInt8>) throws(FrameError) {
    var number = 0
    for byte in value {
      let digit = byte &- UInt8(ascii: "0")
      let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isTooLargeNow) = product.addingReportingOverflow(Int(digit))
      guard digit <= 9, !isTooLarge, !isTooLargeNow else { throw Self.invalidLength }
      number = sum
    }
    guard !value.isEmpty, length == nil || length == number else { throw Self.invalidLength }
    length = number
  }

  private mutating func readType(_ value: ArraySlice<UInt8>) {
    let text = String(decoding: value, as: UTF8.self).lowercased()
    guard let start = text.firstRange(of: "charset=")?.upperBound else { return }
    let charset = text[start...].prefix { $0 != ";" && $0 != " " }.filter { $0 != "\"" }
    if charset != "utf-8", charset != "utf8" {
      charsetError = FrameError(.unsupportedCharset, "messages must be UTF-8, not \(charset.prefix(40))")
    }
  }

  private static let invalidLength = FrameError(
    .invalidLength,
    "a Content-Length must be a decimal number of bytes, and the same each time it is given"
  )

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let front = bytes.drop { $0 == 0x20 || $0 == 0x09 }
    guard let last = front.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }) else { return front.prefix(0) }
    return front[...last]
  }

  private static func matches(_ name: ArraySlice<UInt8>, _ lowered: StaticString) -> Bool {
    guard name.count == lowered.utf8CodeUnitCount else { return false }
    return name.withUnsafeBufferPointer { name in
      // The bit that makes a letter small; a hyphen has it already.
      for position in name.indices where name[position] | 0x20 != lowered.utf8Start[position] { return false }
      return true
    }
  }
}
