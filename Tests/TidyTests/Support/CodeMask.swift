/// Splits source text into code and comments, line by line, without parsing it: in ``code`` every comment and every
/// string's content is blanked, in ``comments`` everything but comments is. Lines and columns stay where they were, so
/// a rule can search code without being misled by a word in a string.
struct CodeMask {
  enum Language { case swift, c }

  let code: String
  let comments: String

  init(_ text: String, language: Language) {
    var scanner = Scanner(bytes: Array(text.utf8), language: language)
    scanner.scanCode(untilClosingParenthesis: false)
    code = String(decoding: scanner.code, as: UTF8.self)
    comments = String(decoding: scanner.comments, as: UTF8.self)
  }
}

private struct Scanner {
  let bytes: [UInt8]
  let language: CodeMask.Language
  var code: [UInt8]
  var comments: [UInt8]
  var index = 0

  init(bytes: [UInt8], language: CodeMask.Language) {
    self.bytes = bytes
    self.language = language
    code = bytes.map { $0 == newline ? newline : space }
    comments = code
  }

  func byte(_ offset: Int = 0) -> UInt8 {
    index + offset < bytes.count ? bytes[index + offset] : 0
  }

  func starts(with text: StaticString, at offset: Int = 0) -> Bool {
    (0..<text.utf8CodeUnitCount).allSatisfy { byte(offset + $0) == text.utf8Start[$0] }
  }

  /// Copies `count` bytes as code.
  mutating func keep(_ count: Int = 1) {
    for _ in 0..<count where index < bytes.count {
      code[index] = bytes[index]
      index += 1
    }
  }

  /// Scans code to the end, or to the parenthesis that closes a string's interpolation (which is consumed).
  mutating func scanCode(untilClosingParenthesis: Bool) {
    var depth = 0
    while index < bytes.count {
      switch bytes[index] {
      case slash, quote, UInt8(ascii: "#"), UInt8(ascii: "'"):
        if !scanDelimited() { keep() }
      case UInt8(ascii: "("):
        depth += 1
        keep()
      case UInt8(ascii: ")"):
        if depth == 0, untilClosingParenthesis {
          index += 1
          return
        }
        depth -= 1
        keep()
      default:
        code[index] = bytes[index]
        index += 1
      }
    }
  }

  /// Scans a comment, string or regular expression that begins here; false when none does.
  private mutating func scanDelimited() -> Bool {
    if starts(with: "//") {
      scanLineComment()
    } else if starts(with: "/*") {
      scanBlockComment()
    } else if let hashes = hashesBeforeQuote() {
      scanString(hashes: hashes)
    } else if language == .c, byte() == UInt8(ascii: "'") {
      scanCharacter()
    } else if language == .swift, let length = regexLength() {
      index += length
    } else {
      return false
    }
    return true
  }

  private mutating func scanLineComment() {
    while index < bytes.count, byte() != newline {
      comments[index] = bytes[index]
      index += 1
    }
  }

  private mutating func scanBlockComment() {
    var depth = 0
    repeat {
      let opens = starts(with: "/*")
      let closes = starts(with: "*/")
      if opens { depth = language == .swift ? depth + 1 : 1 }
      if closes { depth -= 1 }
      for _ in 0..<(opens || closes ? 2 : 1) where index < bytes.count {
        comments[index] = bytes[index]
        index += 1
      }
    } while depth > 0 && index < bytes.count
  }

  /// The number of `#` before the quote that begins a string here; nil when none begins.
  private func hashesBeforeQuote() -> Int? {
    var hashes = 0
    if language == .swift {
      while byte(hashes) == UInt8(ascii: "#") { hashes += 1 }
    }
    return byte(hashes) == quote ? hashes : nil
  }

  private mutating func scanString(hashes: Int) {
    index += hashes
    let isMultiline = language == .swift && starts(with: "\"\"\"")
    index += isMultiline ? 3 : 1
    let quotes = isMultiline ? 3 : 1
    while index < bytes.count {
      if byte() == backslash, (1...max(1, hashes)).allSatisfy({ hashes == 0 || byte($0) == UInt8(ascii: "#") }) {
        index += 1 + hashes
        if language == .swift, byte() == UInt8(ascii: "(") {
          index += 1
          scanCode(untilClosingParenthesis: true)
        } else {
          index += 1
        }
      } else if (0..<quotes).allSatisfy({ byte($0) == quote }),
        (0..<hashes).allSatisfy({ byte(quotes + $0) == UInt8(ascii: "#") })
      {
        index += quotes + hashes
        return
      } else if !isMultiline, byte() == newline {
        return  // Not a string after all, or broken code: never swallow the rest of the file.
      } else {
        index += 1
      }
    }
  }

  private mutating func scanCharacter() {
    index += 1
    while index < bytes.count, byte() != UInt8(ascii: "'"), byte() != newline {
      index += byte() == backslash ? 2 : 1
    }
    index += 1
  }

  /// The length of a regular expression literal that begins here: `#/…/#`, or `/…/` on one line where an operand is
  /// expected.
  private func regexLength() -> Int? {
    if starts(with: "#/") {
      var length = 2
      while index + length < bytes.count, !starts(with: "/#", at: length) { length += 1 }
      return length + 2
    }
    guard byte() == slash, byte(1) != space, byte(1) != slash, byte(1) != newline, operandIsExpected() else {
      return nil
    }
    var length = 1
    while index + length < bytes.count, byte(length) != newline {
      if byte(length) == backslash {
        length += 2
      } else if byte(length) == slash {
        return length + 1
      } else {
        length += 1
      }
    }
    return nil
  }

  private func operandIsExpected() -> Bool {
    var position = index - 1
    while position >= 0, bytes[position] == space { position -= 1 }
    guard position >= 0 else { return true }
    return "=(,:[{\n".utf8.contains(bytes[position])
  }
}

private let newline = UInt8(ascii: "\n")
private let space = UInt8(ascii: " ")
private let quote = UInt8(ascii: "\"")
private let slash = UInt8(ascii: "/")
private let backslash = UInt8(ascii: "\\")
