import JSONRPC
import Testing

/// Numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    // SplitMix64.
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }
}

@Suite("Hostile bytes", .timeLimit(.minutes(1)))
struct FuzzTests {
  private static let seeds: [UInt64] = [1, 2, 3, 4]
  private static let rounds = 3_000

  private static let corpus = [
    #"{"jsonrpc":"2.0","id":1,"method":"task/get","params":{"job":"abc","list":[1,2.5e3,null,true]}}"#,
    #"{"jsonrpc":"2.0","id":"a\u00e9\ud83d\ude00","method":"m","params":[[],{},"\\\""]}"#,
    #"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}"#,
    #"{"jsonrpc":"2.0","id":7,"result":{"x":[-0.0,1e-9]}}"#,
    #"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"x"}}"#,
    #"[{"jsonrpc":"2.0","id":1,"method":"m"}]"#,
  ]

  private static let pieces: [[UInt8]] =
    [
      "{", "}", "[", "]", "\"", "\\", "\\u", "\\ud800", ":", ",", "\n", "\r\n", "\0", "\u{FEFF}", "1e999", "-", "null",
      "\"id\":",
      "\"id\":5,", "Content-Length: ", "99999999999999999999", "\r\n\r\n", "\"method\":", "\"params\":",
    ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80]]

  /// Some message with some things wrong with it.
  private func mutated(_ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = Array(Self.corpus.randomElement(using: &generator)?.utf8 ?? "".utf8)
    for _ in 0..<Int.random(in: 0...4, using: &generator) {
      let position = Int.random(in: 0...bytes.count, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes.insert(contentsOf: Self.pieces.randomElement(using: &generator) ?? [], at: position)
      case 1 where position < bytes.count: bytes[position] = UInt8.random(in: 0...255, using: &generator)
      case 2: bytes.removeSubrange(position..<min(bytes.count, position + Int.random(in: 0...9, using: &generator)))
      default: bytes.append(contentsOf: bytes[position...])
      }
    }
    return bytes
  }

  @Test("the parser takes what it writes and never traps", arguments: seeds)
  func parser(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<Self.rounds {
      let bytes = mutated(&generator)
      guard case .success(let value) = Result(catching: { try JSONValue(parsing: bytes) }) else { continue }
      #expect(try JSONValue(parsing: value.serialized()) == value)
    }
  }

  @Test("each message that can be read as a request gets exactly one answer", arguments: seeds)
  func peer(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for framing in [Framing.headers, .lines] {
      var peer = RPCPeer(framing: framing)
      var wanted: [JSONValue] = []
      var answers: [JSONValue] = []
      for _ in 0..<Self.rounds {
        var message = mutated(&generator)
        if framing == .lines { message.removeAll { $0 == 10 || $0 == 13 } }
        // An empty line means nothing, an empty framed message is a broken one.
        if framing == .headers || !message.isEmpty { wanted.append(contentsOf: answersDue(message)) }
        var frame: [UInt8] = []
        framing.append(message, to: &frame)
        let cut = Int.random(in: 0...frame.count, using: &generator)
        for part in [frame[..<cut], frame[cut...]] {
          peer.receive(Array(part))
          while let event = peer.next() {
            if case .request(let id, _, _) = event {
              let isAnswered = peer.answer(id, with: .success(Array("0".utf8)))
              #expect(isAnswered)
            }
            if case .failed(let error) = event { Issue.record("\(error)") }
          }
        }
        answers.append(contentsOf: try ids(peer.takeOutput(), framing))
      }
      #expect(answers == wanted)
      #expect(peer.openRequests.isEmpty)
    }
  }

  @Test("random bytes in random chunks end or go on, and never trap", arguments: seeds)
  func stream(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var limits = RPCLimits()
    limits.frameBytesMax = 300
    for _ in 0..<Self.rounds / 10 {
      var peer = RPCPeer(limits: limits)
      for _ in 0..<20 {
        var chunk = mutated(&generator)
        if Bool.random(using: &generator) {
          var frame: [UInt8] = []
          Framing.headers.append(chunk, to: &frame)
          chunk = frame
        }
        peer.receive(chunk)
        while let event = peer.next() {
          if case .request(let id, _, _) = event { peer.answer(id, with: .success(Array("0".utf8))) }
        }
        _ = peer.takeOutput()
      }
      #expect(peer.openRequests.isEmpty)
    }
  }

  /// What must be answered, by a second reading of each message by itself: the ids of the answers.
  private func answersDue(_ message: [UInt8]) -> [JSONValue] {
    switch Envelope.scan(message[...]) {
    case .success(.request(let id, _, _)): return [id.json]
    case .success: return []
    case .failure(let fault): return fault.wantsAnswer ? [fault.id?.json ?? .null] : []
    }
  }

  private func ids(_ output: [UInt8], _ framing: Framing) throws -> [JSONValue] {
    var decoder = FrameDecoder(framing: framing)
    decoder.append(output)
    var ids: [JSONValue] = []
    while case .frame(let frame)? = decoder.next() {
      let message = try JSONValue(parsing: frame)
      guard message["method"] == nil else { continue }
      ids.append(try #require(message["id"]))
    }
    return ids
  }
}
