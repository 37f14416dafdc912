/// Why bytes are no JSON, or not the JSON that was asked for.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sort of failure.
  package enum Code: Sendable, Equatable {
    /// Not JSON (RFC 8259); the message says where.
    case malformed
    /// A string is not UTF-8, or holds half of a surrogate pair.
    case invalidUnicode
    /// Arrays and objects are nested deeper than the limit.
    case tooDeep
    /// A number has no value as a finite `Double`.
    case numberOutOfRange
    /// An object has a name twice.
    case duplicateName
    /// Valid JSON of another shape than was asked for.
    case wrongShape
    /// A Swift value has no form in JSON (a number that is not finite, an integer beyond 64 bits).
    case notEncodable
  }

  package let code: Code
  /// What is wrong, as a sentence without its full stop.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
