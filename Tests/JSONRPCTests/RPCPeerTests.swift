import JSONRPC
import StandardExtensions
import Testing

@Suite("Connections", .timeLimit(.minutes(1)))
struct RPCPeerTests {
  /// A peer that speaks lines, so that tests can read what it writes.
  private func peer(_ change: (inout RPCLimits) -> Void = { _ in }) -> RPCPeer {
    var limits = RPCLimits()
    change(&limits)
    return RPCPeer(limits: limits, framing: .lines)
  }

  private func request(_ id: Int, _ method: String = "m") -> String {
    #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)"}"# + "\n"
  }

  private func messages(_ peer: inout RPCPeer) throws -> [JSONValue] {
    try peer.takeOutput().split(separator: 10).map { try JSONValue(parsing: $0) }
  }

  private func events(_ peer: inout RPCPeer, _ input: String) -> [RPCEvent] {
    peer.receive(Array(input.utf8))
    var events: [RPCEvent] = []
    while let event = peer.next() { events.append(event) }
    return events
  }

  @Test("a request is answered once; a second answer goes nowhere")
  func answersOnce() throws {
    var peer = peer()
    #expect(events(&peer, request(1)) == [.request(id: .number(1), method: "m", params: nil)])
    #expect(peer.openRequests == [.number(1)])
    let first = peer.answer(.number(1), with: .success(Array("[1]".utf8)))
    let second = peer.answer(.number(1), with: .success(Array("[2]".utf8)))
    let unknown = peer.answer(.number(9), with: .success(Array("[2]".utf8)))
    #expect([first, second, unknown] == [true, false, false])
    #expect(try messages(&peer) == [["jsonrpc": "2.0", "id": 1, "result": [1]]])
    #expect(peer.openRequests.isEmpty)
    // The id is free again.
    #expect(events(&peer, request(1)).count == 1)
  }

  @Test("framing of the answers follows the peer's first byte")
  func mirrorsFraming() {
    var peer = RPCPeer()
    let body = #"{"jsonrpc":"2.0","id":"é","method":"m"}"#
    _ = events(&peer, "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    peer.answer(.string("é"), with: .success(Array("null".utf8)))
    let answer = #"{"jsonrpc":"2.0","id":"é","result":null}"#
    let output = String(decoding: peer.takeOutput(), as: UTF8.self)
    #expect(output == "Content-Length: \(answer.utf8.count)\r\n\r\n\(answer)")
  }

  @Test("an id that is still open cannot be used again")
  func openID() throws {
    var peer = peer()
    let found = events(&peer, request(1) + request(1))
    #expect(found.count == 2)
    let answers = try messages(&peer)
    #expect(answers.map { $0["error"]?["code"] } == [-32600])
    #expect(answers[0]["id"] == 1)
    #expect(peer.openRequests == [.number(1)])
  }

  @Test("a cancelled request waits for its own answer; late cancels mean nothing; wrong ones are noted")
  func cancellation() throws {
    var peer = peer { $0.finishedIDsMax = 2 }
    let cancel = { (id: String) in #"{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":\#(id)}}"# + "\n" }
    _ = events(&peer, request(1))
    #expect(events(&peer, cancel("1")) == [.cancellation(id: .number(1))])
    #expect(peer.openRequests == [.number(1)])
    peer.answer(.number(1), with: .failure(RPCError(.requestCancelled, "cancelled")))
    #expect(try messages(&peer).map { $0["error"]?["code"] } == [-32800])
    #expect(events(&peer, cancel("1")) == [])
    for id in 2...3 {
      _ = events(&peer, request(id))
      peer.answer(.number(Int64(id)), with: .success(Array("1".utf8)))
    }
    #expect(events(&peer, cancel("3") + cancel("2")) == [])
    // Forgotten after two others; nobody is harmed.
    let strange = events(&peer, cancel("1") + cancel("\"x\"") + cancel("{}") + cancel("nonsense"))
    #expect(strange.count == 4)
    #expect(strange.allSatisfy { if case .fault = $0 { true } else { false } })
    _ = peer.takeOutput()
    #expect(peer.openRequests.isEmpty)
  }

  @Test("one request too many is answered as overload at once")
  func overload() throws {
    var peer = peer { $0.pendingRequestsMax = 2 }
    let found = events(&peer, request(1) + request(2) + request(3))
    #expect(found.count == 3)
    let answers = try messages(&peer)
    #expect(answers.count == 1)
    #expect(answers[0]["id"] == 3 && answers[0]["error"]?["code"] == -32001)
    peer.answer(.number(1), with: .success(Array("1".utf8)))
    #expect(events(&peer, request(3)) == [.request(id: .number(3), method: "m", params: nil)])
  }

  @Test("a peer that does not read is not listened to until it does")
  func outputStopsInput() throws {
    var peer = peer { $0.outputBytesHigh = 200 }
    var answered = 0
    peer.receive(Array((1...50).map { request($0) }.joined().utf8))
    while case .request(let id, _, _)? = peer.next() {
      peer.answer(id, with: .failure(RPCError(.methodNotFound, "no such method")))
      answered += 1
    }
    #expect(answered < 5 && peer.isOutputFull)
    while answered < 50, peer.takeOutput().isEmpty == false {
      while case .request(let id, _, _)? = peer.next() {
        peer.answer(id, with: .failure(RPCError(.methodNotFound, "no such method")))
        answered += 1
      }
    }
    #expect(answered == 50)
  }

  @Test("requests of ours end by answer, error, deadline or the end of the connection")
  func calls() throws {
    var peer = peer { $0.outgoingRequestsMax = 4 }
    let start = ContinuousClock.now
    let calls = try (1...4).map {
      try peer.call("ask", params: Array("{}".utf8), deadline: start + .seconds($0))
    }
    do {
      _ = try peer.call("ask", params: Array("{}".utf8), deadline: start)
      Issue.record("a request over the limit was taken")
    } catch {
      #expect(error.code == .overloaded)
    }
    let ids = try messages(&peer).compactMap { $0["id"]?.integer }
    #expect(ids.count == 4)
    let answer = #"{"jsonrpc":"2.0","id":\#(ids[0]),"result":{"a":1}}"# + "\n"
    let failure = #"{"jsonrpc":"2.0","id":\#(ids[1]),"error":{"code":-1,"message":"no"}}"# + "\n"
    #expect(
      events(&peer, answer + failure) == [
        .answer(calls[0], .success(["a": 1])), .answer(calls[1], .failure(RPCError(.init(rawValue: -1), "no"))),
      ]
    )
    #expect(peer.nextDeadline == start + .seconds(3))
    let early = peer.expire(at: start + .seconds(2))
    #expect(early.isEmpty)
    let expired = peer.expire(at: start + .seconds(3))
    guard case .answer(let call, .failure(let error))? = expired.first, expired.count == 1, call == calls[2] else {
      Issue.record("\(expired)")
      return
    }
    #expect(error.code == .timedOut)
    #expect(
      try messages(&peer) == [["jsonrpc": "2.0", "method": "$/cancelRequest", "params": ["id": .integer(ids[2])]]]
    )
    // The answer that comes after all, one to nothing, and one that cannot be read.
    let late =
      #"{"jsonrpc":"2.0","id":\#(ids[2]),"result":1}"# + "\n" + #"{"jsonrpc":"2.0","id":"q","result":1}"# + "\n"
    #expect(events(&peer, late).count == 2)
    let gone = peer.disconnect()
    #expect(gone == [.answer(calls[3], .failure(RPCError(.disconnected, "the peer is gone")))])
    #expect(peer.nextDeadline == nil)
    #expect(peer.outputBytes == 0)
  }

  @Test("faults are answered and the connection goes on; lost framing ends it")
  func faults() throws {
    var peer = RPCPeer()
    let found = events(&peer, "{\"jsonrpc\":\"2.0\",\"id\":3}\n[]\nnonsense\n" + request(5))
    #expect(found.count == 4)
    #expect(try messages(&peer).map { $0["error"]?["code"] } == [-32600, -32600, -32700])
    #expect(found.last == .request(id: .number(5), method: "m", params: nil))

    var broken = RPCPeer()
    guard case .failed(let error)? = events(&broken, "Content-Length: x\r\n\r\n" + request(1)).first else {
      Issue.record("the stream went on")
      return
    }
    #expect(error.code == .invalidLength)
    #expect(broken.outputBytes > 0)
    #expect(events(&broken, request(1)).isEmpty)
  }

  @Test("at the end all open requests can be answered")
  func answersAll() throws {
    var peer = peer()
    _ = events(&peer, request(1) + request(2) + request(3))
    peer.answer(.number(2), with: .success(Array("true".utf8)))
    peer.answerAll(with: RPCError(.serverCancelled, "the server stops"))
    #expect(Set(try messages(&peer).compactMap { $0["id"]?.integer }) == [1, 2, 3])
    #expect(peer.openRequests.isEmpty)
  }
}

@Suite("The duty to answer", .timeLimit(.minutes(1)))
struct ReplyOnceTests {
  @Test("a reply that is let go of answers with an internal error")
  func dropped() {
    let answers = Locked<[Result<[UInt8], RPCError>]>([])
    do {
      let reply = ReplyOnce(.number(1)) { _, result in answers.withLock { $0.append(result) } }
      #expect(reply.id == .number(1))
    }
    let found = answers.withLock { $0 }
    guard case .failure(let error)? = found.first, found.count == 1 else {
      Issue.record("\(found)")
      return
    }
    #expect(error.code == .internalError)
  }

  @Test("a reply that was used answers once")
  func used() {
    let count = Locked(0)
    do {
      let reply = ReplyOnce(.number(1)) { _, _ in count.withLock { $0 += 1 } }
      reply.answer(with: .success(Array("1".utf8)))
    }
    #expect(count.withLock { $0 } == 1)
  }

  @Test("answering twice traps")
  func twice() async {
    await #expect(processExitsWith: .failure) {
      let reply = ReplyOnce(.number(1)) { _, _ in }
      reply.answer(with: .success([]))
      reply.answer(with: .success([]))
    }
  }
}
