/// A job's name: ten characters of a lower-case alphabet without look-alikes, random, so that two processes that share
/// a journal never collide.
package struct JobID: Hashable, Sendable, Codable, CustomStringConvertible {
  private static let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")

  package let string: String

  /// A new random name.
  package static func random() -> JobID {
    JobID(string: String((0..<10).map { _ in alphabet[Int.random(in: alphabet.indices)] }))
  }

  private init(string: String) {
    self.string = string
  }

  /// - Parameter text: a name as a user or client gives it; nil if it cannot be one.
  package init?(_ text: String) {
    guard text.count == 10, text.allSatisfy({ Self.alphabet.contains($0) }) else { return nil }
    string = text
  }

  package init(from decoder: any Decoder) throws {
    string = try decoder.singleValueContainer().decode(String.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(string)
  }

  package var description: String { string }
}
