extension JSONValue {
  /// Nesting that a parser accepts unless told otherwise.
  package static let depthMax = 128

  /// Parses one JSON value with nothing but white space around it: strict RFC 8259, UTF-8 checked, no name twice.
  ///
  /// - Parameter depthMax: arrays and objects that may be open at once.
  package init(parsing bytes: some Collection<UInt8>, depthMax: Int = JSONValue.depthMax) throws(JSONError) {
    let parsed: Result<JSONValue, JSONError>? = bytes.withContiguousStorageIfAvailable { bytes in
      var parser = JSONParser(bytes: bytes, depthMax: depthMax)
      return Result { () throws(JSONError) in try parser.document() }
    }
    guard let parsed else {
      self = try JSONValue(parsing: Array(bytes), depthMax: depthMax)
      return
    }
    self = try parsed.get()
  }
}

/// Parses JSON from memory that outlives it. Recursion is bounded by `depthMax`.
struct JSONParser {
  private let bytes: UnsafeBufferPointer<UInt8>
  private let depthMax: Int
  private var position = 0
  private var depth = 0

  init(bytes: UnsafeBufferPointer<UInt8>, depthMax: Int) {
    self.bytes = bytes
    self.depthMax = depthMax
  }

  mutating func document() throws(JSONError) -> JSONValue {
    let value = try value()
    skipWhiteSpace()
    guard position == bytes.count else { throw malformed("there is more after the JSON value") }
    return value
  }

  // MARK: Values

  private mutating func value() throws(JSONError) -> JSONValue {
    skipWhiteSpace()
    switch peek {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "t"):
      try literal("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try literal("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try literal("null")
      return .null
    case nil: throw malformed("the text ends where a value is missing")
    // Says itself what is wrong with anything that is no number.
    default: return try number()
    }
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    try open()
    var object = JSONObject()
    skipWhiteSpace()
    if take(UInt8(ascii: "}")) {
      depth -= 1
      return .object(object)
    }
    while true {
      skipWhiteSpace()
      guard peek == UInt8(ascii: "\"") else { throw malformed("a member's name in quotes is missing") }
      let name = try string()
      skipWhiteSpace()
      guard take(UInt8(ascii: ":")) else { throw malformed("a ':' is missing") }
      guard object.insertNew(name, try value()) else {
        throw JSONError(.duplicateName, "the name \"\(name)\" is there twice in one object")
      }
      skipWhiteSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "}")) else { throw malformed("a ',' or '}' is missing") }
      depth -= 1
      return .object(object)
    }
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    try open()
    var elements: [JSONValue] = []
    skipWhiteSpace()
    if take(UInt8(ascii: "]")) {
      depth -= 1
      return .array(elements)
    }
    while true {
      elements.append(try value())
      skipWhiteSpace()
      if take(UInt8(ascii: ",")) { continue }
      guard take(UInt8(ascii: "]")) else { throw malformed("a ',' or ']' is missing") }
      depth -= 1
      return .array(elements)
    }
  }

  private mutating func open() throws(JSONError) {
    position += 1
    depth += 1
    guard depth <= depthMax else {
      throw JSONError(.tooDeep, "arrays and objects are nested more than \(depthMax) deep at byte \(position - 1)")
    }
  }

  private mutating func literal(_ word: StaticString) throws(JSONError) {
    let count = word.utf8CodeUnitCount
    guard bytes.count - position >= count,
      (0..<count).allSatisfy({ bytes[position + $0] == word.utf8Start[$0] })
    else { throw malformed("a value cannot begin so") }
    position += count
  }

  // MARK: Numbers

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = position
    let isNegative = take(UInt8(ascii: "-"))
    let firstDigit = position
    let digits = skipDigits()
    guard digits > 0 || isNegative else { throw malformed("a value cannot begin so") }
    guard digits > 0, digits == 1 || bytes[firstDigit] != UInt8(ascii: "0") else {
      throw malformed("a number has no digits or a leading zero")
    }
    var isInteger = true
    if take(UInt8(ascii: ".")) {
      isInteger = false
      guard skipDigits() > 0 else { throw malformed("digits are missing after the decimal point") }
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      isInteger = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      guard skipDigits() > 0 else { throw malformed("digits are missing in the exponent") }
    }
    // Minus zero is no integer: it stays a double, or its sign would be lost.
    if isInteger, let integer = integer(firstDigit..<position, isNegative), !(isNegative && integer == 0) {
      return .integer(integer)
    }
    let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
    guard let double = Double(String(decoding: text, as: UTF8.self)), double.isFinite else {
      throw JSONError(.numberOutOfRange, "the number at byte \(start) is too large")
    }
    return .double(double)
  }

  private func integer(_ digits: Range<Int>, _ isNegative: Bool) -> Int64? {
    var number: Int64 = 0
    for position in digits {
      // Summed up below zero, where one number more has room.
      let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isTooLargeNow) = product.subtractingReportingOverflow(Int64(bytes[position] - UInt8(ascii: "0")))
      guard !isTooLarge, !isTooLargeNow else { return nil }
      number = sum
    }
    return isNegative ? number : (number == .min ? nil : -number)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- UInt8(ascii: "0") <= 9 { position += 1 }
    return position - start
  }

  // MARK: Strings

  /// Reads a string whose opening quote is the next byte.
  mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    // Most strings have no escapes: found, checked and copied at once.
    position = JSONBytes.endOfPlainRun(in: bytes, from: position)
    guard position < bytes.count else { throw malformed("a string does not end") }
    if bytes[position] == UInt8(ascii: "\"") {
      let text = UnsafeBufferPointer(rebasing: bytes[start..<position])
      position += 1
      return try checked(text, at: start)
    }
    var decoded = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        return try decoded.withUnsafeBufferPointer { (text) throws(JSONError) in try checked(text, at: start) }
      }
      guard byte == UInt8(ascii: "\\") else { throw malformed("a control character is not escaped") }
      try escape(into: &decoded)
      let run = position
      position = JSONBytes.endOfPlainRun(in: bytes, from: position)
      decoded.append(contentsOf: bytes[run..<position])
    }
    throw malformed("a string does not end")
  }

  private func checked(_ text: UnsafeBufferPointer<UInt8>, at start: Int) throws(JSONError) -> String {
    guard let string = String(validating: text, as: UTF8.self) else {
      throw JSONError(.invalidUnicode, "the string at byte \(start) is not UTF-8")
    }
    return string
  }

  private mutating func escape(into decoded: inout [UInt8]) throws(JSONError) {
    guard position + 1 < bytes.count else { throw malformed("a string does not end") }
    let kind = bytes[position + 1]
    position += 2
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(kind)
    case UInt8(ascii: "b"): decoded.append(8)
    case UInt8(ascii: "f"): decoded.append(12)
    case UInt8(ascii: "n"): decoded.append(10)
    case UInt8(ascii: "r"): decoded.append(13)
    case UInt8(ascii: "t"): decoded.append(9)
    case UInt8(ascii: "u"): decoded.append(contentsOf: try unicodeEscape().utf8)
    default: throw malformed("'\\' is followed by a character that cannot be escaped")
    }
  }

  private mutating func unicodeEscape() throws(JSONError) -> Character {
    let first = try hexadecimalUnit()
    if let scalar = Unicode.Scalar(first) { return Character(scalar) }
    guard first < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    else { throw JSONError(.invalidUnicode, "half of a surrogate pair stands alone before byte \(position)") }
    position += 2
    let second = try hexadecimalUnit()
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00))
    else { throw JSONError(.invalidUnicode, "half of a surrogate pair stands alone before byte \(position)") }
    return Character(scalar)
  }

  private mutating func hexadecimalUnit() throws(JSONError) -> UInt16 {
    guard bytes.count - position >= 4 else { throw malformed("a string does not end") }
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue, bytes[position] < 0x80 else {
        throw malformed("'\\u' is not followed by four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  // MARK: Bytes

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipWhiteSpace() {
    position = JSONBytes.endOfWhiteSpace(in: bytes, from: position)
  }

  private func malformed(_ what: String) -> JSONError {
    JSONError(.malformed, "\(what) at byte \(position)")
  }
}
