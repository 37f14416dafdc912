package import Domain

/// How an editor counts the characters of a line.
package enum PositionEncoding: String, Sendable, Codable, CaseIterable {
  case utf8 = "utf-8"
  case utf16 = "utf-16"
  case utf32 = "utf-32"

  /// Units of a UTF-8 text that starts with `byte`: all of a character's units are counted at its first byte.
  func units(startingWith byte: UInt8) -> Int {
    switch self {
    case .utf8: 1
    case .utf16: byte & 0xC0 == 0x80 ? 0 : byte >= 0xF0 ? 2 : 1
    case .utf32: byte & 0xC0 == 0x80 ? 0 : 1
    }
  }
}

/// A place in a text as editors count: lines end with LF, CR LF or CR.
package struct TextPosition: Sendable, Hashable, Codable {
  /// Line, from 0.
  package var line: Int
  /// Units of the line before the place, in the encoding asked for.
  package var character: Int

  package init(line: Int, character: Int) {
    self.line = line
    self.character = character
  }
}

/// One replaced range of a text. A file's edits are sorted, do not touch one another, and all count in the old text.
package struct TextEdit: Sendable, Hashable, Codable {
  package var start: TextPosition
  /// The first place after the range.
  package var end: TextPosition
  package var newText: String

  package init(start: TextPosition, end: TextPosition, newText: String) {
    self.start = start
    self.end = end
    self.newText = newText
  }
}

/// The way from one state of a file to another, as an editor can follow it.
package struct FileEdits: Sendable, Hashable, Codable {
  /// What happens to the file.
  package enum Change: Sendable, Hashable, Codable {
    /// Ranges of whole lines are replaced. A byte order mark is not part of the text and stays.
    case edited([TextEdit])
    /// The file is new.
    case created(bytes: [UInt8])
    /// All bytes are replaced, because one of the two states is no UTF-8 text or not a regular file.
    case replaced(bytes: [UInt8])
    /// The path becomes a symbolic link.
    case linked(target: String)
    /// The file goes.
    case removed
  }

  package var path: RelativePath
  package var change: Change
  /// Whether the file may be executed afterwards.
  package var isExecutable: Bool

  package init(path: RelativePath, change: Change, isExecutable: Bool) {
    self.path = path
    self.change = change
    self.isExecutable = isExecutable
  }
}
