import Logging

/// Removes what looks like a secret from text that leaves the process (logs, error messages).
package enum Redaction {
  /// Longest text that is scanned; the rest is cut off with a mark, so that a huge message cannot stall the logger.
  package static let charactersMax = 16_384

  /// `text` with tokens, bearer headers and key assignments replaced by `[redacted]`, and control characters escaped.
  package static func clean(_ text: String) -> String {
    var words: [String] = []
    var previousAsksForSecret = false
    let shortened = text.count > charactersMax ? text.prefix(charactersMax) + " [cut]" : text[...]
    for word in shortened.split(separator: " ", omittingEmptySubsequences: false) {
      let asksForSecret = announcers.contains(word.lowercased())
      if !word.isEmpty, !asksForSecret, previousAsksForSecret || looksSecret(word) {
        words.append("[redacted]")
        previousAsksForSecret = false
      } else {
        words.append(escapingControls(word))
        previousAsksForSecret = asksForSecret
      }
    }
    return words.joined(separator: " ")
  }

  private static let prefixes = ["sk-", "ghp_", "gho_", "github_pat_", "xoxb-", "xoxp-", "AKIA", "eyJ", "glpat-"]
  /// Words after which a secret stands.
  private static let announcers: Set<String> = ["authorization:", "bearer", "basic", "--token", "--api-key"]
  private static let names = ["api_key", "apikey", "token", "secret", "password", "passwd"]

  private static func looksSecret(_ word: Substring) -> Bool {
    let bare = word.drop { "\"'([{<".contains($0) }
    if prefixes.contains(where: { bare.hasPrefix($0) && bare.count >= $0.count + 12 }) { return true }
    guard let separator = bare.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return false }
    let name = bare[..<separator].lowercased()
    let value = bare[bare.index(after: separator)...]
    return value.count >= 6 && names.contains { name.hasSuffix($0) }
  }

  private static func escapingControls(_ word: Substring) -> String {
    guard word.unicodeScalars.contains(where: { $0.value < 32 && $0 != "\n" && $0 != "\t" || $0.value == 127 }) else {
      return String(word)
    }
    return word.unicodeScalars.reduce(into: "") { result, scalar in
      if scalar.value < 32 && scalar != "\n" && scalar != "\t" || scalar.value == 127 {
        result += "\\x" + String(scalar.value, radix: 16)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }
}

/// A log handler that passes each message through ``Redaction`` before another handler sees it.
struct RedactingHandler: LogHandler {
  private var next: any LogHandler

  init(_ next: any LogHandler) {
    self.next = next
  }

  var logLevel: Logger.Level {
    get { next.logLevel }
    set { next.logLevel = newValue }
  }

  var metadata: Logger.Metadata {
    get { next.metadata }
    set { next.metadata = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { next[metadataKey: key] }
    set { next[metadataKey: key] = newValue }
  }

  func log(event: LogEvent) {
    var event = event
    event.message = Logger.Message(stringLiteral: Redaction.clean(event.message.description))
    next.log(event: event)
  }
}
