extension JSONValue {
  /// How JSON is laid out.
  package enum Layout: Sendable {
    /// No white space.
    case compact
    /// Two spaces a level, a member or element a line, for people.
    case indented
  }

  /// The value as UTF-8 text. Numbers read back exactly; a `double` that is not finite is written as `null`.
  package func serialized(_ layout: Layout = .compact) -> [UInt8] {
    var writer = JSONWriter(layout: layout)
    writer.append(self)
    return writer.bytes
  }
}

/// Writes JSON as UTF-8.
package struct JSONWriter {
  /// What was written so far.
  package var bytes: [UInt8] = []
  private let layout: JSONValue.Layout
  private var level = 0

  package init(layout: JSONValue.Layout = .compact) {
    self.layout = layout
  }

  /// Writes any value.
  package mutating func append(_ value: JSONValue) {
    switch value {
    case .null: append(ascii: "null")
    case .bool(let bool): append(ascii: bool ? "true" : "false")
    case .integer(let number): append(number)
    case .double(let number): append(number)
    case .string(let string): append(string)
    case .array(let elements):
      list("[", "]", elements) { $0.append($1) }
    case .object(let object):
      list("{", "}", object.members) { writer, member in
        writer.append(member.name)
        writer.append(ascii: writer.layout == .compact ? ":" : ": ")
        writer.append(member.value)
      }
    }
  }

  /// Writes an integer.
  package mutating func append(_ number: Int64) {
    Self.append(number, to: &bytes)
  }

  /// Writes an integer into `bytes`.
  static func append(_ number: Int64, to bytes: inout [UInt8]) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var divisor: UInt64 = 1
    while number.magnitude / divisor >= 10 { divisor *= 10 }
    // The first digit first: turning a part of an array round would copy it.
    while divisor > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(number.magnitude / divisor % 10))
      divisor /= 10
    }
  }

  /// Writes the shortest text that reads back as the same number; `null` when it is not finite.
  package mutating func append(_ number: Double) {
    guard number.isFinite else { return append(ascii: "null") }
    bytes.append(contentsOf: number.description.utf8)
  }

  /// Writes a string in quotes.
  package mutating func append(_ string: String) {
    bytes.append(UInt8(ascii: "\""))
    var string = string
    string.withUTF8 { text in
      var start = 0
      while true {
        let end = JSONBytes.endOfPlainRun(in: text, from: start)
        bytes.append(contentsOf: text[start..<end])
        guard end < text.count else { break }
        appendEscaped(text[end])
        start = end + 1
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// Writes text that is JSON already.
  package mutating func append(ascii text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func appendEscaped(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append(ascii: "\\\"")
    case UInt8(ascii: "\\"): append(ascii: "\\\\")
    case 8: append(ascii: "\\b")
    case 9: append(ascii: "\\t")
    case 10: append(ascii: "\\n")
    case 12: append(ascii: "\\f")
    case 13: append(ascii: "\\r")
    default:
      append(ascii: "\\u00")
      bytes.append(byte < 0x10 ? UInt8(ascii: "0") : UInt8(ascii: "1"))
      let digit = byte & 0x0F
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }

  private mutating func list<Element>(
    _ open: StaticString,
    _ close: StaticString,
    _ elements: [Element],
    _ write: (inout JSONWriter, Element) -> Void
  ) {
    append(ascii: open)
    level += 1
    for (position, element) in elements.enumerated() {
      if position > 0 { append(ascii: ",") }
      newLine()
      write(&self, element)
    }
    level -= 1
    if !elements.isEmpty { newLine() }
    append(ascii: close)
  }

  private mutating func newLine() {
    guard layout == .indented else { return }
    bytes.append(10)
    bytes.append(contentsOf: repeatElement(0x20, count: 2 * level))
  }
}
