/// A scanner for the part of XML that test reports use: elements, attributes, text, CDATA, comments.
///
/// Not an XML parser on purpose: there are no document types, so no entity can be declared and none can explode or fetch
/// a file; an unknown entity is kept as it stands.
struct XMLScanner {
  enum Event: Equatable {
    case start(String, attributes: [String: String])
    case end(String)
    case text(String)
  }

  /// Why a text is no report.
  struct Failure: Error, Equatable, CustomStringConvertible {
    var description: String
  }

  /// Deepest nesting of elements.
  static let depthMax = 64
  /// Most attributes of one element.
  static let attributesMax = 64

  private let bytes: [UInt8]
  private var position = 0
  private var open: [String] = []
  private var pendingEnd: String?
  private var hasRoot = false

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The next event; nil at the end of a whole document.
  mutating func next() throws(Failure) -> Event? {
    if let name = pendingEnd {
      pendingEnd = nil
      open.removeLast()
      return .end(name)
    }
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "<") else {
        let text = scanText()
        if open.isEmpty || text.isEmpty { continue }
        return .text(text)
      }
      if starts("<!--") { try skip(past: "-->"); continue }
      if starts("<?") { try skip(past: "?>"); continue }
      if starts("<![CDATA[") {
        position += 9
        let start = position
        try skip(past: "]]>")
        return .text(String(decoding: bytes[start..<(position - 3)], as: UTF8.self))
      }
      if starts("<!") { throw Failure(description: "the report has a document type, which no test runner writes") }
      return try starts("</") ? scanEnd() : scanStart()
    }
    guard open.isEmpty, hasRoot else { throw Failure(description: "the report ends too early") }
    return nil
  }

  private mutating func scanText() -> String {
    let end = bytes[position...].firstIndex(of: UInt8(ascii: "<")) ?? bytes.count
    defer { position = end }
    return Self.decoded(bytes[position..<end])
  }

  private mutating func scanEnd() throws(Failure) -> Event {
    position += 2
    let name = scanName()
    skipSpace()
    guard take(">"), open.popLast() == name else { throw Failure(description: "</\(name)> closes nothing") }
    return .end(name)
  }

  private mutating func scanStart() throws(Failure) -> Event {
    position += 1
    let name = scanName()
    guard !name.isEmpty else { throw Failure(description: "'<' begins no element") }
    guard open.count < Self.depthMax else { throw Failure(description: "elements are nested too deeply") }
    guard !open.isEmpty || !hasRoot else { throw Failure(description: "the report has two roots") }
    hasRoot = true
    var attributes: [String: String] = [:]
    while true {
      skipSpace()
      if take("/") {
        guard take(">") else { throw Failure(description: "<\(name)> is not closed") }
        pendingEnd = name
        break
      }
      if take(">") { break }
      let attribute = scanName()
      skipSpace()
      guard !attribute.isEmpty, take("="), attributes.count < Self.attributesMax else {
        throw Failure(description: "<\(name)> has a broken attribute")
      }
      skipSpace()
      attributes[attribute] = try scanValue()
    }
    open.append(name)
    return .start(name, attributes: attributes)
  }

  private mutating func scanValue() throws(Failure) -> String {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'") else {
      throw Failure(description: "an attribute has no quotes")
    }
    let quote = bytes[position]
    position += 1
    guard let end = bytes[position...].firstIndex(of: quote) else {
      throw Failure(description: "the report ends too early")
    }
    defer { position = end + 1 }
    return Self.decoded(bytes[position..<end])
  }

  private mutating func scanName() -> String {
    let start = position
    while position < bytes.count, !" \t\r\n=<>/\"'".utf8.contains(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func skipSpace() {
    while position < bytes.count, " \t\r\n".utf8.contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private func starts(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    return text.withUTF8Buffer { $0.elementsEqual(bytes[position..<(position + count)]) }
  }

  private mutating func skip(past text: StaticString) throws(Failure) {
    while position < bytes.count {
      if starts(text) {
        position += text.utf8CodeUnitCount
        return
      }
      position += 1
    }
    throw Failure(description: "the report ends too early")
  }

  private static let entities: [String: String] = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]

  /// Text with the five entities and character references resolved; lossy where the bytes are no UTF-8.
  private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
    guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
    var result = ""
    var rest = bytes
    while let ampersand = rest.firstIndex(of: UInt8(ascii: "&")) {
      result += String(decoding: rest[..<ampersand], as: UTF8.self)
      let tail = rest[(ampersand + 1)...].prefix(12)
      guard let semicolon = tail.firstIndex(of: UInt8(ascii: ";")) else {
        result += "&"
        rest = rest[(ampersand + 1)...]
        continue
      }
      let name = String(decoding: rest[(ampersand + 1)..<semicolon], as: UTF8.self)
      result += entities[name] ?? character(name) ?? "&\(name);"
      rest = rest[(semicolon + 1)...]
    }
    return result + String(decoding: rest, as: UTF8.self)
  }

  private static func character(_ name: String) -> String? {
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst()
    let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return number.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
  }
}
