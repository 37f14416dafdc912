import Glibc

extension Envelope {
  /// Finds out what a message is, by looking at its outermost members only.
  ///
  /// The insides of `params`, `result` and `error` are passed over, with their brackets and strings matched; whether
  /// they are JSON is found out when somebody reads them. That is what makes a message of a mebibyte cheap that
  /// nobody wants.
  package static func scan(_ frame: ArraySlice<UInt8>, limits: RPCLimits = RPCLimits()) -> Result<
    Envelope, EnvelopeError
  > {
    let members = frame.withUnsafeBufferPointer { bytes in
      var scanner = EnvelopeScanner(bytes: bytes, limits: limits)
      return Result { () throws(EnvelopeError) in try scanner.scan() }
    }
    return members.flatMap { members in
      Result { () throws(EnvelopeError) in try members.envelope(of: frame, limits) }
    }
  }
}

/// Walks over the outermost members of a message.
struct EnvelopeScanner {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let limits: RPCLimits
  private var position = 0

  init(bytes: UnsafeBufferPointer<UInt8>, limits: RPCLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  mutating func scan() throws(EnvelopeError) -> EnvelopeMembers {
    skipWhiteSpace()
    if peek == UInt8(ascii: "[") {
      throw EnvelopeError(.invalidRequest, "batches are not supported; send each message by itself")
    }
    guard take(UInt8(ascii: "{")) else { throw try notAnObject() }
    var members = EnvelopeMembers()
    skipWhiteSpace()
    if !take(UInt8(ascii: "}")) {
      repeat { try member(&members) } while try hasMore()
    }
    skipWhiteSpace()
    guard position == bytes.count else { throw malformed() }
    return members
  }

  private mutating func hasMore() throws(EnvelopeError) -> Bool {
    skipWhiteSpace()
    if take(UInt8(ascii: ",")) { return true }
    guard take(UInt8(ascii: "}")) else { throw malformed() }
    return false
  }

  private mutating func member(_ members: inout EnvelopeMembers) throws(EnvelopeError) {
    skipWhiteSpace()
    let nameStart = position
    guard take(UInt8(ascii: "\"")) else { throw malformed() }
    try skipString()
    let name = nameStart..<position
    skipWhiteSpace()
    guard take(UInt8(ascii: ":")) else { throw malformed() }
    skipWhiteSpace()
    let start = position
    try skipValue()
    try keep(name, start..<position, in: &members)
  }

  // MARK: Members

  private func keep(_ name: Range<Int>, _ value: Range<Int>, in members: inout EnvelopeMembers) throws(EnvelopeError) {
    if isText("\"method\"", name) {
      if members.method != nil { members.duplicate = "method" }
      members.method = try small(value)
    } else if isText("\"id\"", name) {
      if members.id != nil { members.duplicate = "id" }
      members.id = try small(value)
    } else if isText("\"jsonrpc\"", name) {
      if members.isVersion2 != nil { members.duplicate = "jsonrpc" }
      members.isVersion2 = isText("\"2.0\"", value)
    } else if isText("\"params\"", name) {
      if members.params != nil { members.duplicate = "params" }
      members.params = value
    } else if isText("\"result\"", name) {
      if members.result != nil { members.duplicate = "result" }
      members.result = value
    } else if isText("\"error\"", name) {
      if members.error != nil { members.duplicate = "error" }
      members.error = value
    }
  }

  /// A string, number or literal; anything larger is known to be of no use and stands as an empty object.
  private func small(_ value: Range<Int>) throws(EnvelopeError) -> JSONValue {
    guard bytes[value.lowerBound] != UInt8(ascii: "{"), bytes[value.lowerBound] != UInt8(ascii: "[") else { return [:] }
    var parser = JSONParser(bytes: UnsafeBufferPointer(rebasing: bytes[value]), depthMax: 0)
    do {
      return try parser.document()
    } catch {
      throw EnvelopeError(.parseError, "the message is no JSON: \(error.message) of a member")
    }
  }

  /// Whether the string at a range is `text`, with its quotes; also when it is written with escapes.
  private func isText(_ text: StaticString, _ range: Range<Int>) -> Bool {
    if range.count == text.utf8CodeUnitCount, let base = bytes.baseAddress {
      return memcmp(base + range.lowerBound, text.utf8Start, range.count) == 0
    }
    // An escape makes a string longer, so this is rare: a hostile or a very odd peer.
    guard range.count > text.utf8CodeUnitCount, bytes[range.lowerBound] == UInt8(ascii: "\""),
      bytes[range].contains(UInt8(ascii: "\\"))
    else { return false }
    var parser = JSONParser(bytes: UnsafeBufferPointer(rebasing: bytes[range]), depthMax: 0)
    guard case .success(.string(let string)) = Result(catching: { () throws(JSONError) in try parser.document() })
    else {
      return false
    }
    return string.utf8.elementsEqual(
      UnsafeBufferPointer(start: text.utf8Start + 1, count: text.utf8CodeUnitCount - 2)
    )
  }

  // MARK: Passing over values

  private mutating func skipValue() throws(EnvelopeError) {
    switch peek {
    case UInt8(ascii: "\""):
      position += 1
      try skipString()
    case UInt8(ascii: "{"), UInt8(ascii: "["): try skipNested()
    case nil: throw malformed()
    default: try skipScalar()
    }
  }

  /// Passes over a number or literal; what it is, is checked by who reads it, and here when it is none.
  private mutating func skipScalar() throws(EnvelopeError) {
    let start = position
    while let byte = peek, !Self.endsScalar(byte) { position += 1 }
    var parser = JSONParser(bytes: UnsafeBufferPointer(rebasing: bytes[start..<position]), depthMax: 0)
    do {
      _ = try parser.document()
    } catch {
      throw malformed()
    }
  }

  private static func endsScalar(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"): true
    default: false
    }
  }

  /// Passes over an object or array: brackets must match in kind, strings must end.
  private mutating func skipNested() throws(EnvelopeError) {
    // Whether each open bracket is a brace, the innermost in the lowest bit.
    var braces: UInt128 = 0
    var depth = 0
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): try skipString()
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        // The message's own braces are the first level.
        guard depth < limits.depthMax else {
          let text = "arrays and objects are nested more than \(limits.depthMax) deep"
          throw EnvelopeError(.invalidRequest, text)
        }
        braces = braces << 1 | (byte == UInt8(ascii: "{") ? 1 : 0)
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard braces & 1 == (byte == UInt8(ascii: "}") ? 1 : 0) else { throw malformed() }
        braces >>= 1
        depth -= 1
        if depth == 0 { return }
      default: break
      }
    }
    throw malformed()
  }

  /// Passes over the rest of a string whose opening quote is behind.
  private mutating func skipString() throws(EnvelopeError) {
    while true {
      position = JSONBytes.endOfPlainRun(in: bytes, from: position)
      guard position < bytes.count else { throw malformed() }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return
      case UInt8(ascii: "\\"):
        guard position + 1 < bytes.count else { throw malformed() }
        position += 2
      default: throw malformed()
      }
    }
  }

  // MARK: Bytes

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipWhiteSpace() {
    position = JSONBytes.endOfWhiteSpace(in: bytes, from: position)
  }

  private func malformed() -> EnvelopeError {
    EnvelopeError(.parseError, "the message is no JSON: something is wrong at or before byte \(position)")
  }

  private mutating func notAnObject() throws(EnvelopeError) -> EnvelopeError {
    try skipValue()
    skipWhiteSpace()
    guard position == bytes.count else { return malformed() }
    return EnvelopeError(.invalidRequest, "a message must be an object")
  }
}
