/// What is wrong with the bytes around messages.
package struct FrameError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sort of fault.
  package enum Code: Sendable, Equatable {
    /// The first byte begins neither a header line nor a JSON text.
    case unknownFraming
    /// Header lines without a colon, or with a character that no header has.
    case malformedHeader
    /// More header bytes than the limit.
    case headerTooLong
    /// No `Content-Length`.
    case missingLength
    /// A `Content-Length` that is no number, or two that differ.
    case invalidLength
    /// A `Content-Type` with another character set than UTF-8.
    case unsupportedCharset
    /// More message bytes than the limit.
    case frameTooLarge
    /// The stream ended inside a message.
    case truncated
  }

  package let code: Code
  /// What is wrong and what was expected, as a sentence without its full stop.
  package let message: String

  init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// Whether the next message can still be found. If not, the connection must end.
  package var isRecoverable: Bool {
    code == .frameTooLarge || code == .unsupportedCharset
  }

  package var description: String { message }
}
