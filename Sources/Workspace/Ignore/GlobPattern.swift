/// A pattern of `.gitignore` files, compiled: `*` and `?` stop at `/`, `**` does not, `[…]` is a class of bytes.
/// Matching takes time proportional to the pattern's length times the text's, whatever the pattern.
struct GlobPattern {
  private enum Token {
    case byte(UInt8)
    /// One of these bytes.
    case oneOf(ByteSet)
    /// Any number of bytes but `/`.
    case star
    /// Any number of bytes.
    case anything
    /// `**/`: nothing, or any folders with their `/`.
    case folders
    /// The inside of ``folders``: bytes up to a `/`.
    case insideFolders
  }

  private var tokens: [Token] = []
  /// The pattern's own bytes when it has no special ones: most patterns, and compared at once.
  private let literal: [UInt8]?
  /// What follows a leading `*` when nothing else is special, as in `*.o`.
  private let suffix: [UInt8]?

  /// Compiles `text`; nil for a pattern that matches nothing, such as one with an open class.
  init?(_ text: ArraySlice<UInt8>) {
    var parser = Parser(text: Array(text))
    guard let tokens = parser.parse() else { return nil }
    self.tokens = tokens
    literal = Self.bytes(tokens[...])
    if case .star? = tokens.first { suffix = Self.bytes(tokens.dropFirst()) } else { suffix = nil }
  }

  private static func bytes(_ tokens: ArraySlice<Token>) -> [UInt8]? {
    var bytes: [UInt8] = []
    for token in tokens {
      guard case .byte(let byte) = token else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  /// Whether the whole of `text` matches.
  func matches(_ text: ArraySlice<UInt8>) -> Bool {
    if let literal { return literal.elementsEqual(text) }
    if let suffix {
      guard text.count >= suffix.count else { return false }
      return text.suffix(suffix.count).elementsEqual(suffix) && !text.dropLast(suffix.count).contains(Self.slash)
    }
    // Every token is a state; the text is read once while the set of possible states is kept.
    var states = [Bool](repeating: false, count: tokens.count + 1)
    enter(0, &states)
    for byte in text {
      var next = [Bool](repeating: false, count: tokens.count + 1)
      for (index, token) in tokens.enumerated() where states[index] {
        switch token {
        case .byte(let wanted): if wanted == byte { enter(index + 1, &next) }
        case .oneOf(let set): if set.contains(byte) { enter(index + 1, &next) }
        case .star: if byte != Self.slash { enter(index, &next) }
        case .anything: enter(index, &next)
        case .folders: break
        case .insideFolders:
          next[index] = true
          if byte == Self.slash { enter(index + 1, &next) }
        }
      }
      states = next
    }
    return states[tokens.count]
  }

  /// Marks a state, and those that are reached from it without reading.
  private func enter(_ state: Int, _ states: inout [Bool]) {
    guard !states[state] else { return }
    states[state] = true
    guard state < tokens.count else { return }
    switch tokens[state] {
    case .star, .anything: enter(state + 1, &states)
    case .folders:
      states[state + 1] = true
      enter(state + 2, &states)
    case .byte, .oneOf, .insideFolders: return
    }
  }

  private static let slash = UInt8(ascii: "/")

  // MARK: Compiling

  /// A set of bytes.
  private struct ByteSet {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    mutating func insert(_ byte: UInt8) {
      let bit: UInt64 = 1 << UInt64(byte & 63)
      switch byte >> 6 {
      case 0: words.0 |= bit
      case 1: words.1 |= bit
      case 2: words.2 |= bit
      default: words.3 |= bit
      }
    }

    func contains(_ byte: UInt8) -> Bool {
      let word =
        switch byte >> 6 {
        case 0: words.0
        case 1: words.1
        case 2: words.2
        default: words.3
        }
      return word >> UInt64(byte & 63) & 1 == 1
    }

    var withoutSlash: ByteSet { inverted.inverted }

    /// The set of all others, without `/`.
    var inverted: ByteSet {
      var result = ByteSet()
      for byte in UInt8.min...UInt8.max where byte != GlobPattern.slash && !contains(byte) { result.insert(byte) }
      return result
    }
  }

  private struct Parser {
    let text: [UInt8]
    private var position = 0

    init(text: [UInt8]) {
      self.text = text
    }

    mutating func parse() -> [Token]? {
      var tokens: [Token] = []
      while position < text.count {
        let byte = text[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\\"):
          guard position < text.count else { return nil }
          tokens.append(.byte(text[position]))
          position += 1
        case UInt8(ascii: "?"): tokens.append(.oneOf(ByteSet().inverted))
        case UInt8(ascii: "["):
          guard let set = parseClass() else { return nil }
          tokens.append(.oneOf(set))
        case UInt8(ascii: "*"): tokens += parseStars()
        default: tokens.append(.byte(byte))
        }
      }
      return tokens
    }

    /// One or more stars, the first of which was read.
    private mutating func parseStars() -> [Token] {
      let isAtStart = position == 1 || text[position - 2] == GlobPattern.slash
      let first = position
      while position < text.count, text[position] == UInt8(ascii: "*") { position += 1 }
      guard isAtStart, position - first == 1 else { return [.star] }
      if position == text.count { return [.anything] }
      guard text[position] == GlobPattern.slash else { return [.star] }
      position += 1
      return [.folders, .insideFolders]
    }

    /// A class, the `[` of which was read.
    private mutating func parseClass() -> ByteSet? {
      var set = ByteSet()
      var isNegated = false
      if let byte = peek(), byte == UInt8(ascii: "!") || byte == UInt8(ascii: "^") {
        isNegated = true
        position += 1
      }
      var isFirst = true
      while let byte = peek() {
        position += 1
        if byte == UInt8(ascii: "]"), !isFirst { return isNegated ? set.inverted : set.withoutSlash }
        isFirst = false
        if byte == UInt8(ascii: "["), peek() == UInt8(ascii: ":") {
          guard insertNamedClass(into: &set) else { return nil }
          continue
        }
        guard let low = unescape(byte) else { return nil }
        guard peek() == UInt8(ascii: "-"), position + 1 < text.count, text[position + 1] != UInt8(ascii: "]") else {
          set.insert(low)
          continue
        }
        let end = text[position + 1]
        position += 2
        guard let high = unescape(end) else { return nil }
        if low <= high { for member in low...high { set.insert(member) } }
      }
      return nil
    }

    private func peek() -> UInt8? {
      position < text.count ? text[position] : nil
    }

    private mutating func unescape(_ byte: UInt8) -> UInt8? {
      guard byte == UInt8(ascii: "\\") else { return byte }
      guard let next = peek() else { return nil }
      position += 1
      return next
    }

    /// `[:name:]`, the first `[` of which was read.
    private mutating func insertNamedClass(into set: inout ByteSet) -> Bool {
      guard let end = text[position...].firstIndex(of: UInt8(ascii: "]")), end > position + 1,
        text[end - 1] == UInt8(ascii: ":")
      else {
        set.insert(UInt8(ascii: "["))
        return true
      }
      let name = String(decoding: text[(position + 1)..<(end - 1)], as: UTF8.self)
      guard let isMember = Self.namedClasses[name] else { return false }
      for byte in UInt8.min..<0x80 where isMember(Unicode.Scalar(byte)) { set.insert(byte) }
      position = end + 1
      return true
    }

    private static let namedClasses: [String: @Sendable (Unicode.Scalar) -> Bool] = [
      "alpha": { $0.properties.isAlphabetic },
      "digit": { ("0"..."9").contains($0) },
      "alnum": { $0.properties.isAlphabetic || ("0"..."9").contains($0) },
      "upper": { $0.properties.isUppercase },
      "lower": { $0.properties.isLowercase },
      "space": { $0.properties.isWhitespace },
      "blank": { $0 == " " || $0 == "\t" },
      "punct": { ("!"..."~").contains($0) && !$0.properties.isAlphabetic && !("0"..."9").contains($0) },
      "xdigit": { $0.properties.isASCIIHexDigit },
      "cntrl": { $0.value < 32 || $0.value == 127 },
      "graph": { ("!"..."~").contains($0) },
      "print": { (" "..."~").contains($0) },
    ]
  }
}
