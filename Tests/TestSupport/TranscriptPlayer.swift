package import JSONRPC

/// The client's end of a connection, as a transcript uses it.
package protocol TranscriptChannel: Sendable {
  /// Sends bytes as they are.
  func send(_ bytes: [UInt8]) async throws
  /// The next bytes of the server; nil at the end.
  func receive() async throws -> [UInt8]?
}

/// Plays a client's part of a ``Transcript`` and checks what the server says.
package struct TranscriptPlayer {
  private let channel: any TranscriptChannel
  private let framing: Framing
  private var decoder: FrameDecoder
  /// What the names of a transcript stand for in this run.
  private var bindings: [String: JSONValue]

  /// - Parameter bindings: names that are known beforehand, e.g. the workspace's path.
  package init(_ channel: any TranscriptChannel, framing: Framing, bindings: [String: JSONValue] = [:]) {
    self.channel = channel
    self.framing = framing
    self.bindings = bindings
    decoder = FrameDecoder(framing: framing)
  }

  /// Plays all lines.
  ///
  /// - Parameter jobs: does what a line asks of the scripted job service.
  /// - Throws: ``TranscriptError`` at the first difference.
  package mutating func play(_ transcript: Transcript, jobs: (String) async throws -> Void) async throws {
    for line in transcript.lines {
      let place = "\(transcript.name):\(line.number)"
      switch line.step {
      case .send(let message): try await send(filled(message).serialized())
      case .sendFrame(let text): try await send(Array(text.utf8))
      case .jobs(let action): try await jobs(action)
      case .expect(let pattern):
        let message = try await next(place)
        if let difference = match(pattern, message, "") { throw TranscriptError("\(place): \(difference)") }
      case .await(let pattern): try await awaitMatch(pattern, place)
      case .expectEnd:
        guard try await nextMessage() == nil else { throw TranscriptError("\(place): the connection goes on") }
      }
    }
  }

  private func send(_ message: [UInt8]) async throws {
    var bytes: [UInt8] = []
    framing.append(message, to: &bytes)
    try await channel.send(bytes)
  }

  private mutating func awaitMatch(_ pattern: JSONValue, _ place: String) async throws {
    var last = "nothing came"
    while true {
      guard let message = try await nextMessage() else {
        throw TranscriptError("\(place): the connection ended; the last message: \(last)")
      }
      let saved = bindings
      guard let difference = match(pattern, message, "") else { return }
      bindings = saved
      last = difference
      guard message["id"] == nil else { throw TranscriptError("\(place): \(difference)") }
    }
  }

  private mutating func next(_ place: String) async throws -> JSONValue {
    guard let message = try await nextMessage() else { throw TranscriptError("\(place): the connection ended") }
    return message
  }

  /// The server's next message; nil at the end.
  private mutating func nextMessage() async throws -> JSONValue? {
    while true {
      switch decoder.next() {
      case .frame(let frame): return try JSONValue(parsing: frame)
      case .rejected(let error), .failed(let error): throw error
      case nil:
        guard let bytes = try await channel.receive() else { return nil }
        decoder.append(bytes)
      }
    }
  }

  // MARK: Names

  /// `<name>` by itself stands for any value: the one it was first seen with. `<_>` matches anything. Inside a longer
  /// string a name stands for the string it is bound to.
  private func name(_ text: String) -> String? {
    guard text.hasPrefix("<"), text.hasSuffix(">"), text.count > 2, !text.dropLast().contains(">") else { return nil }
    return String(text.dropFirst().dropLast())
  }

  private func filled(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text):
      if let name = name(text), let bound = bindings[name] { return bound }
      let replaced = bindings.reduce(text) { text, binding in
        binding.value.string.map {
          text.split(separator: "<\(binding.key)>", omittingEmptySubsequences: false).joined(separator: $0)
        } ?? text
      }
      return .string(replaced)
    case .array(let elements): return .array(elements.map(filled))
    case .object(let object):
      var result = JSONObject()
      for member in object.members { result[member.name] = filled(member.value) }
      return .object(result)
    default: return value
    }
  }

  /// What is different, in words; nil when `value` is as expected.
  private mutating func match(_ pattern: JSONValue, _ value: JSONValue, _ path: String) -> String? {
    switch (pattern, value) {
    case (.string(let text), _) where name(text) != nil:
      guard let name = name(text), name != "_" else { return nil }
      guard let bound = bindings[name] else {
        bindings[name] = value
        return nil
      }
      return bound == value ? nil : difference(path, bound, value)
    case (.object(let expected), .object(let actual)):
      let names = Set(expected.names).symmetricDifference(actual.names)
      guard names.isEmpty else {
        return "\(path.isEmpty ? "the message" : path): members differ: \(names.sorted()) in \(text(value))"
      }
      for member in expected.members {
        guard let actual = actual[member.name] else { continue }
        if let difference = match(member.value, actual, "\(path)/\(member.name)") { return difference }
      }
      return nil
    case (.array(let expected), .array(let actual)):
      guard expected.count == actual.count else { return difference(path, pattern, value) }
      for (index, pair) in zip(expected, actual).enumerated() {
        if let difference = match(pair.0, pair.1, "\(path)/\(index)") { return difference }
      }
      return nil
    default: return filled(pattern) == value ? nil : difference(path, filled(pattern), value)
    }
  }

  private func difference(_ path: String, _ expected: JSONValue, _ actual: JSONValue) -> String {
    "\(path): expected \(text(expected)), came \(text(actual))"
  }

  private func text(_ value: JSONValue) -> String { String(decoding: value.serialized(), as: UTF8.self) }
}
