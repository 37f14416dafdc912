import JSONRPC
import TestSupport

/// `Protocol/README.md`, as far as programs can check it.
struct ProtocolManual {
  /// A message with its answer, if it wants one.
  struct Example {
    var message: JSONValue
    var answer: JSONValue?
  }

  /// The example of each method that has a section (`### method`).
  private(set) var examples: [String: Example] = [:]
  /// Codes and names of the table of errors.
  private(set) var errors: [(code: Int, name: String)] = []
  /// What is wrong with the manual's form.
  private(set) var faults: [String] = []
  let text: String

  init() throws {
    text = try RepositoryFolder.text(of: "Protocol/README.md")
    for section in text.split(separator: #/(?:^|\n)### /#).dropFirst() {
      guard let name = section.firstMatch(of: /^`([^`\n]+)`/) else { continue }
      read(section, String(name.1))
    }
    errors = text.matches(of: /\| (-\d+) \| `(\w+)` \|/).compactMap { match in
      Int(match.1).map { ($0, String(match.2)) }
    }
  }

  private mutating func read(_ section: Substring, _ method: String) {
    let body = section.prefix(upTo: section.firstRange(of: "\n## ")?.lowerBound ?? section.endIndex)
    var messages: [JSONValue] = []
    for block in body.matches(of: #/```json\n([\s\S]*?)```/#) {
      do {
        messages.append(try JSONValue(parsing: Array(block.1.utf8)))
      } catch {
        faults.append("\(method): \(error)")
      }
    }
    guard let first = messages.first, first["method"]?.string == method, messages.count <= 2 else {
      faults.append("\(method): an example of the message, then at most its answer, is expected")
      return
    }
    if examples[method] != nil { faults.append("\(method): has two sections") }
    examples[method] = Example(message: first, answer: messages.dropFirst().first)
  }
}
