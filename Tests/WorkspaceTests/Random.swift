import Workspace

/// A small generator with a seed, so that a failure can be repeated.
struct Random {
  var state: UInt64

  mutating func next(below bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }

  mutating func bytes() -> [UInt8] {
    (0..<next(below: 300)).map { _ in UInt8(next(below: 256)) }
  }

  /// Text with all sorts of line ends, with and without an end of the last line.
  mutating func lines() -> [UInt8] {
    var text = ""
    for _ in 0..<next(below: 30) { text += line() }
    if next(below: 3) == 0 { text += ["x", "😀", "é"][next(below: 3)] }
    return Array(text.utf8)
  }

  /// `text` with some of its lines changed.
  mutating func changed(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for part in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      switch next(below: 6) {
      case 0: continue
      case 1: result += Array(line().utf8)
      default: result += part + [UInt8(ascii: "\n")]
      }
    }
    if next(below: 3) == 0, !result.isEmpty { result.removeLast() }
    return Array(String(decoding: result, as: UTF8.self).utf8)
  }

  private mutating func line() -> String {
    let words = ["alpha", "bêta", "😀😀", "", "  indented", "γ", "z"]
    let ends = ["\n", "\n", "\n", "\r\n", "\r\n", "\r", "\n\n"]
    return words[next(below: words.count)] + words[next(below: words.count)] + ends[next(below: ends.count)]
  }
}

/// An editor's text: finds offsets by counting lines and characters on its own, and lays edits over it.
struct EditorText {
  private let scalars: [Unicode.Scalar]

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
  }

  func applying(_ edits: [TextEdit], _ encoding: PositionEncoding) -> String {
    var result = String.UnicodeScalarView()
    var done = 0
    for edit in edits {
      result.append(contentsOf: scalars[done..<offset(edit.start, encoding)])
      result.append(contentsOf: edit.newText.unicodeScalars)
      done = offset(edit.end, encoding)
    }
    result.append(contentsOf: scalars[done...])
    return String(result)
  }

  private func offset(_ position: TextPosition, _ encoding: PositionEncoding) -> Int {
    var line = 0
    var index = 0
    while line < position.line, index < scalars.count {
      if scalars[index] == "\r", index + 1 < scalars.count, scalars[index + 1] == "\n" { index += 1 }
      if scalars[index] == "\n" || scalars[index] == "\r" { line += 1 }
      index += 1
    }
    var character = 0
    while character < position.character {
      switch encoding {
      case .utf8: character += String(scalars[index]).utf8.count
      case .utf16: character += String(scalars[index]).utf16.count
      case .utf32: character += 1
      }
      index += 1
    }
    return index
  }
}
