/// A path inside a workspace that is safe to write: relative, no `.` or `..`, no empty parts, no NUL, never inside
/// `.git`. The only form in which a worker's output, a test report or a client's request may name a file.
package struct RelativePath: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
  /// Bytes a path may have; `PATH_MAX` less room for the workspace's own path.
  package static let bytesMax = 2_048

  /// The path with `/` between its parts.
  package let string: String

  /// Checks `string`; throws a ``PathError`` that says what is wrong with it.
  package init(_ string: String) throws(PathError) {
    guard !string.isEmpty else { throw PathError(path: string, reason: "is empty") }
    guard string.utf8.count <= Self.bytesMax else { throw PathError(path: string, reason: "is too long") }
    guard !string.utf8.contains(0) else { throw PathError(path: string, reason: "contains a NUL byte") }
    guard !string.hasPrefix("/") else { throw PathError(path: string, reason: "is absolute") }
    for part in string.split(separator: "/", omittingEmptySubsequences: false) {
      guard !part.isEmpty, part != ".", part != ".." else {
        throw PathError(path: string, reason: "has an empty, '.' or '..' part")
      }
      guard part.lowercased() != ".git" else { throw PathError(path: string, reason: "reaches into .git") }
    }
    self.string = string
  }

  package init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(string)
  }

  /// The last part.
  package var name: Substring {
    string[(string.lastIndex(of: "/").map(string.index(after:)) ?? string.startIndex)...]
  }

  /// The folder's parts, outermost first; empty for a file at the root.
  package var folders: [Substring] {
    Array(string.split(separator: "/").dropLast())
  }

  package var description: String { string }

  package static func < (left: RelativePath, right: RelativePath) -> Bool { left.string < right.string }
}

/// Why a string is not a ``RelativePath``.
package struct PathError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The string as given.
  package let path: String
  /// What is wrong, as the end of the sentence "the path …".
  package let reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  package var description: String { "the path '\(path)' \(reason)" }
}
