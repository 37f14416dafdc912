/// The words of a shell command, with their places in its text.
///
/// Only as much of the shell as it takes to recognise a test runner: quotes, escapes, and the operators that end a
/// simple command. Substitutions are kept as they stand.
struct ShellWords {
  /// One word.
  struct Word: Equatable {
    /// Without quotes and escapes.
    var text: String
    /// Where it stands, with quotes.
    var range: Range<String.Index>

    /// The last part of a path.
    var name: Substring { text[(text.lastIndex(of: "/").map(text.index(after:)) ?? text.startIndex)...] }

    /// Whether it is `NAME=value`, which sets a variable for the command that follows.
    var isAssignment: Bool {
      guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return false }
      return text[..<equals].utf8.allSatisfy { $0 == UInt8(ascii: "_") || ($0 & 0xdf) &- 65 < 26 || $0 &- 48 < 10 }
    }
  }

  /// The simple commands, in order.
  private(set) var commands: [[Word]] = []

  private let text: String
  private var position: String.Index
  private var current: [Word] = []
  private var word: (text: String, start: String.Index)?

  init(_ text: String) {
    self.text = text
    position = text.startIndex
    while position < text.endIndex { step() }
    endCommand()
  }

  private mutating func step() {
    let character = text[position]
    switch character {
    case "'": quoted(by: "'", escapes: false)
    case "\"": quoted(by: "\"", escapes: true)
    case "\\":
      let next = text.index(after: position)
      if next < text.endIndex { append(text[next]) }
      position = next < text.endIndex ? text.index(after: next) : next
      return
    case " ", "\t": endWord()
    case "\n", ";", "|", "&", "(", ")": endCommand()
    case "#" where word == nil:
      while position < text.endIndex, text[position] != "\n" { position = text.index(after: position) }
      return
    default: append(character)
    }
    if position < text.endIndex { position = text.index(after: position) }
  }

  /// Reads up to the closing quote and stays on it.
  private mutating func quoted(by quote: Character, escapes: Bool) {
    if word == nil { word = ("", position) }
    position = text.index(after: position)
    while position < text.endIndex, text[position] != quote {
      if escapes, text[position] == "\\", text.index(after: position) < text.endIndex {
        position = text.index(after: position)
      }
      append(text[position])
      position = text.index(after: position)
    }
  }

  private mutating func append(_ character: Character) {
    if word == nil { word = ("", position) }
    word?.text.append(character)
  }

  private mutating func endWord() {
    guard let ended = word else { return }
    current.append(Word(text: ended.text, range: ended.start..<position))
    word = nil
  }

  private mutating func endCommand() {
    endWord()
    if !current.isEmpty { commands.append(current) }
    current = []
  }
}
