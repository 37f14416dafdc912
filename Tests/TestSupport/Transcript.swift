package import JSONRPC

/// A golden exchange: what a client sends and what it must hear, in order, with names in place of what differs from
/// run to run. The format is described in `Protocol/README.md`.
package struct Transcript: Sendable, CustomStringConvertible {
  /// What a line says.
  package enum Step: Sendable {
    /// The client sends this message.
    case send(JSONValue)
    /// The client sends this text as a message, whatever it is.
    case sendFrame(String)
    /// The next message of the server.
    case expect(JSONValue)
    /// A message of the server; notifications before it are passed over.
    case await(JSONValue)
    /// Something that the scripted job service of the tests does.
    case jobs(String)
    /// The server closes the connection.
    case expectEnd
  }

  /// One line of the file.
  package struct Line: Sendable {
    package let number: Int
    package let step: Step
  }

  /// The file's name.
  package let name: String
  /// What it shows.
  package let about: String
  /// Whether it needs the scripted job service, so that it cannot be played against a real server.
  package let isScripted: Bool
  package let lines: [Line]

  package var description: String { name }

  /// - Parameter text: lines of JSON; the first is `{"about": …, "jobs": "scripted" | "none"}`.
  package init(name: String, text: String) throws {
    self.name = name
    var lines: [Line] = []
    var header: JSONValue?
    for (index, text) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where !text.isEmpty
    {
      let line = try JSONValue(parsing: Array(text.utf8))
      guard header != nil else {
        header = line
        continue
      }
      lines.append(Line(number: index + 1, step: try Self.step(line, "\(name):\(index + 1)")))
    }
    guard let about = header?["about"]?.string, let jobs = header?["jobs"]?.string else {
      throw TranscriptError("\(name): the first line does not say what it is about and what jobs it needs")
    }
    self.about = about
    isScripted = jobs == "scripted"
    self.lines = lines
  }

  private static func step(_ line: JSONValue, _ place: String) throws -> Step {
    guard let member = line.object?.members.first, line.object?.members.count == 1 else {
      throw TranscriptError("\(place): a line has one member")
    }
    switch (member.name, member.value) {
    case ("send", let message): return .send(message)
    case ("sendFrame", .string(let text)): return .sendFrame(text)
    case ("expect", let message): return .expect(message)
    case ("await", let message): return .await(message)
    case ("jobs", .string(let action)): return .jobs(action)
    case ("expectEnd", .bool(true)): return .expectEnd
    default: throw TranscriptError("\(place): '\(member.name)' is no step")
    }
  }
}

/// A transcript that cannot be read, or a server that does not follow it.
package struct TranscriptError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
