package import Domain
import JSONRPC

/// One line of the engine's output. The engine shares its process tree with the tests of an untrusted repository, so
/// every field is checked and cut to size here.
package enum EngineMessage: Equatable {
  /// Longest line in bytes: one whole source file, escaped.
  package static let lineBytesMax = 16 << 20
  /// Longest text for people in characters.
  package static let textCharactersMax = 2_000
  /// Most locations taken from a report.
  package static let suspectsMax = 50

  case progress(message: String, tried: Int)
  case suspects([SuspiciousLocation])
  case patch(EnginePatch)
  case done(EngineSummary)
  case failure(String)

  /// Reads a line.
  ///
  /// - Throws: ``ExpertError`` with the code `protocolBroken`, naming the field.
  package init(line: [UInt8]) throws(ExpertError) {
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue(parsing: line) } catch {
      throw ExpertError(.protocolBroken, "the repair engine wrote a line that is no JSON: \(error)")
    }
    switch value["kind"]?.string {
    case "progress": self = .progress(message: Self.text(value["message"]), tried: Self.count(value["tried"]))
    case "suspects": self = .suspects(Self.locations(value["lines"]))
    case "patch": self = .patch(try EnginePatch(value))
    case "done": self = .done(EngineSummary(value))
    case "error": self = .failure(Self.text(value["message"]))
    default: throw ExpertError(.protocolBroken, "the repair engine wrote a message of an unknown kind")
    }
  }

  /// Text for people: one line, without control characters, cut to size.
  static func text(_ value: JSONValue?) -> String {
    let printable = (value?.string ?? "").unicodeScalars.prefix(textCharactersMax).map { scalar in
      scalar.properties.generalCategory == .control ? " " : Character(scalar)
    }
    return String(printable)
  }

  /// A number of things: never negative.
  static func count(_ value: JSONValue?) -> Int {
    Int(clamping: max(0, value?.integer ?? 0))
  }

  private static func locations(_ value: JSONValue?) -> [SuspiciousLocation] {
    (value?.array ?? []).prefix(suspectsMax).compactMap { row in
      guard let name = row["path"]?.string, let path = relativePath(name), let line = row["line"]?.integer, line > 0
      else { return nil }
      let location = SourceLocation(
        path: path,
        line: Int(clamping: line),
        function: row["function"]?.string == nil ? nil : text(row["function"])
      )
      let score = min(1, max(0, row["score"]?.double ?? 0))
      return SuspiciousLocation(location: location, score: score, reason: text(row["reason"]))
    }
  }

  static func relativePath(_ name: String) -> RelativePath? {
    do throws(PathError) { return try RelativePath(name) } catch { return nil }
  }
}

/// One file as the engine would have it, with the reason.
package struct EnginePatch: Equatable {
  /// Largest file in bytes that is taken.
  package static let fileBytesMax = 2 << 20

  /// The engine's own number of the edit.
  package var id: Int
  package var path: RelativePath
  /// The whole file.
  package var bytes: [UInt8]
  /// Line of the edit, from 1.
  package var line: Int
  /// What it does, in one line.
  package var description: String
  /// Whether it fixes some of the failing tests only.
  package var isPartial: Bool
  /// How many failing tests it fixes, as the engine says.
  package var fixes: Int

  init(_ value: JSONValue) throws(ExpertError) {
    guard let id = value["id"]?.integer, let name = value["path"]?.string, let path = EngineMessage.relativePath(name)
    else { throw ExpertError(.protocolBroken, "the repair engine wrote a patch without a number or with a bad path") }
    guard let text = value["bytes"]?.string, let bytes = Self.bytes(of: text), bytes.count <= Self.fileBytesMax else {
      throw ExpertError(
        .protocolBroken,
        "the repair engine wrote a patch of \(path) without bytes, or with more than \(Self.fileBytesMax)"
      )
    }
    self.id = Int(clamping: id)
    self.path = path
    self.bytes = bytes
    line = EngineMessage.count(value["line"])
    description = EngineMessage.text(value["description"])
    isPartial = value["partial"]?.bool ?? false
    fixes = value["fixes"]?.array?.count ?? 0
  }

  /// Bytes as the protocol writes them: one character U+0000 to U+00FF each. Nil: other characters.
  static func bytes(of text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.unicodeScalars.count)
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  /// The other way round.
  static func text(of bytes: [UInt8]) -> String {
    var text = String.UnicodeScalarView()
    text.reserveCapacity(bytes.count)
    for byte in bytes { text.append(Unicode.Scalar(byte)) }
    return String(text)
  }
}

/// The engine's last word.
package struct EngineSummary: Equatable {
  /// Candidate edits whose tests were run.
  package var tried: Int
  /// Numbers of the patches, the most promising first.
  package var order: [Int]
  /// How many patches passed all the tests that the engine ran.
  package var plausible: Int
  /// Why it stopped: `enough`, `time`, `exhausted`.
  package var reason: String
  /// Why it could not handle this suite, if so.
  package var cannot: String?
  /// Remarks for people.
  package var notes: [String]

  init(_ value: JSONValue) {
    tried = EngineMessage.count(value["tried"])
    order = (value["order"]?.array ?? []).prefix(64).compactMap { $0.integer.map { Int(clamping: $0) } }
    plausible = EngineMessage.count(value["plausible"])
    reason = EngineMessage.text(value["reason"])
    cannot = value["cannot"]?.string == nil ? nil : EngineMessage.text(value["cannot"])
    notes = (value["notes"]?.array ?? []).prefix(8).map { EngineMessage.text($0) }
  }
}
