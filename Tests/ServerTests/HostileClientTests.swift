import EventLoop
import JSONRPC
import Server
import TestSupport
import Testing

@Suite("Clients that misbehave", .timeLimit(.minutes(5)))
struct HostileClientTests {
  private let root = JSONValue.string(ScriptedJobs.root)

  @Test("a client that vanishes in the middle of a message harms nobody, and its jobs go on")
  func vanishing() async throws {
    try await withServer { server in
      let watcher = try await server.connect()
      try await watcher.initialize(allJobs: true)
      let client = try await server.connect()
      try await client.initialize()
      _ = try await client.request("task/submit", ["root": root])
      try await client.ask("task/cancel", ["job": "jbbbbbbbb9"], id: 1)
      try await client.sendText(#"{"jsonrpc":"2.0","id":2,"meth"#)
      await client.close()
      for action in ["start", "finish"] { try await server.jobs.act(action) }
      var states: [JSONValue] = []
      while states.last != "proposed" {
        let update = try #require(try await watcher.next())
        states.append(try #require(update["params"]?["job"]?["state"]))
      }
      let details = try await watcher.request("task/get", ["job": "jbbbbbbbb2"])
      #expect(details["result"]?["verdict"]?["isGreen"] == true)
      await watcher.close()
    }
  }

  @Test("a client that closed its sending side still gets its answers, then the end")
  func halfClosed() async throws {
    try await withServer { server in
      let client = try await server.connect()
      try await client.initialize()
      _ = try await client.request("task/submit", ["root": root])
      try await server.jobs.act("hold")
      try await client.ask("task/cancel", ["job": "jbbbbbbbb2"], id: 1)
      try await client.stream.finishWriting()
      try await server.jobs.act("release")
      #expect(try await client.answer(to: 1)["result"]?["state"] == "cancelled")
      while try await client.next() != nil {}
      await client.close()
    }
  }

  @Test("a slow reader is told the newest state of each job, costs bounded memory, and slows nobody down")
  func slowReader() async throws {
    try await withServer { server in
      let slow = try await server.connect()
      let quick = try await server.connect()
      try await slow.initialize(allJobs: true)
      try await quick.initialize(allJobs: true)
      _ = try await slow.request("task/submit", ["root": root])
      try await server.jobs.act("start")
      // Far more than the socket and the session would hold: one line each would be tens of megabytes.
      await server.jobs.chatter(100_000)
      await server.jobs.crowd(5_000)
      #expect(try await quick.request("task/list")["result"] != nil)
      try await server.jobs.act("finish")
      // The quick client has heard the last: so all was offered to the slow one, too, which has read nothing of it.
      while try await quick.next()?["params"]?["job"]?["state"] != "proposed" {}
      var count = 0
      var missed: Int64 = 0
      while true {
        let message = try #require(try await slow.next())
        count += 1
        missed += message["params"]?["missed"]?.integer ?? 0
        if message["params"]?["job"]?["state"] == "proposed" { break }
      }
      #expect(count < 20_000)
      #expect(missed > 0)
      #expect(try await slow.request("task/list")["result"] != nil)
      await slow.close()
      await quick.close()
    }
  }

  @Test("a client that asks and never reads is not read from, and others are served")
  func neverReads() async throws {
    try await withServer { server in
      let rude = try await server.connect()
      let polite = try await server.connect()
      try await polite.initialize()
      let flood = Task {
        let request = Array(String(repeating: #"{"jsonrpc":"2.0","id":1,"method":"m"}"# + "\n", count: 10_000).utf8)
        // Ends when the connection does: the server's buffers are full long before.
        do { for _ in 0..<1_000 { try await rude.stream.write(request) } } catch {}
      }
      for _ in 0..<100 { #expect(try await polite.request("task/list")["result"] != nil) }
      await rude.close()
      await flood.value
      await polite.close()
    }
  }

  @Test("one client too many is told so")
  func tooMany() async throws {
    try await withTemporaryDirectory { directory in
      try await withEventLoop { loop in
        let address = SocketAddress.unix(path: directory + "/socket")
        let listener = try await Listener.listen(at: address, on: loop)
        let server = Server(jobs: ScriptedJobs(), loop: loop)
        let serving = Task { await server.serve(listener, SessionConfiguration(serverVersion: "1")) }
        var clients: [TestClient] = []
        for _ in 0..<Server.clientsMax {
          let client = TestClient(try await ByteStream.connect(to: address, on: loop))
          try await client.initialize()
          clients.append(client)
        }
        let last = StreamChannel(stream: try await ByteStream.connect(to: address, on: loop))
        let refusal = try #require(try await last.receive())
        #expect(String(decoding: refusal, as: UTF8.self).contains("-32001"))
        await clients.removeLast().close()
        await last.stream.close()
        await server.stop()
        await serving.value
        for client in clients { await client.close() }
      }
    }
  }

  @Test("over TCP nobody is served without a token in the configuration")
  func tcpNeedsToken() async throws {
    try await withEventLoop { loop in
      let listener = try await Listener.listen(at: .tcp(host: "127.0.0.1", port: 0), on: loop)
      let server = Server(jobs: ScriptedJobs(), loop: loop)
      let serving = Task { await server.serve(listener, SessionConfiguration(serverVersion: "1")) }
      let client = StreamChannel(stream: try await ByteStream.connect(to: listener.address, on: loop))
      let refusal = try #require(try await client.receive())
      #expect(String(decoding: refusal, as: UTF8.self).contains("-32003"))
      await client.stream.close()
      await server.stop()
      await serving.value
    }
  }

  @Test("mutated messages get one answer each and the session lives on", arguments: [1, 2, 3] as [UInt64])
  func fuzz(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let methods = [
      "task/get", "task/list", "task/submit", "patch/get", "patch/apply", "job/undo", "shutdwn", "\u{7F}é",
    ]
    let params: [JSONValue] = [
      ["job": "jbbbbbbbb2"], ["job": 1], [:], [], ["root": root], ["root": "/x", "overlays": [[:]]], ["limit": -1],
      ["job": .string(String(repeating: "x", count: 70_000))],
    ]
    try await withServer { server in
      let client = try await server.connect()
      try await client.initialize()
      for id in 0..<300 {
        let method = methods[Int.random(in: 0..<methods.count, using: &generator)]
        let value = params[Int.random(in: 0..<params.count, using: &generator)]
        try await client.ask(method, value, id: .integer(Int64(id)))
      }
      for id in 0..<300 {
        let answer = try await client.answer(to: .integer(Int64(id)))
        #expect((answer["result"] == nil) != (answer["error"] == nil))
      }
      #expect(try await client.request("task/list")["result"] != nil)
      await client.close()
    }
  }
}

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
