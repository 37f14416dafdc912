/// The name of an immutable tree of files: a git tree object's hash, 40 lower-case hexadecimal digits.
package struct TreeID: Hashable, Sendable, Codable, CustomStringConvertible {
  /// 40 lower-case hexadecimal digits.
  package let hex: String

  /// - Parameter hex: 40 hexadecimal digits; nil for anything else.
  package init?(hex: String) {
    guard hex.utf8.count == 40, hex.allSatisfy(\.isHexDigit) else { return nil }
    self.hex = hex.lowercased()
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let tree = TreeID(hex: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a tree's name is 40 hexadecimal digits")
    }
    self = tree
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }

  package var description: String { hex }
}
