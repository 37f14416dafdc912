import EventLoop
import JSONRPC
import Server
import TestSupport
import Testing

@Suite("Sessions", .timeLimit(.minutes(5)))
struct SessionTests {
  private let root = JSONValue.string(ScriptedJobs.root)

  @Test("nothing is answered before the handshake, and it happens once")
  func handshake() async throws {
    try await withServer { server in
      let client = try await server.connect()
      #expect(try await client.request("task/list").errorCode == -32002)
      #expect(try await client.request("shutdown").errorCode == -32002)
      #expect(try await client.request("no/such").errorCode == -32002)
      #expect(try await client.request("initialize", ["protocolVersion": 0]).errorCode == -32602)
      #expect(try await client.request("initialize", [:]).errorCode == -32602)
      let answer = try await client.request("initialize", ["protocolVersion": 7, "future": [1]])
      #expect(answer["result"]?["protocolVersion"] == 1)
      #expect(answer["result"]?["serverInfo"] == ["name": "baton", "version": "1.2.3"])
      #expect(try await client.request("initialize", ["protocolVersion": 1]).errorCode == -32600)
      #expect(try await client.request("no/such").errorCode == -32601)
      #expect(try await client.request("shutdown")["result"] == .null)
      #expect(try await client.request("task/list").errorCode == -32600)
      try await client.send(["jsonrpc": "2.0", "method": "exit"])
      #expect(try await client.next() == nil)
      await client.close()
    }
  }

  @Test(
    "over TCP a client shows the token, and has one guess",
    arguments: ["", "secre", "secrets", "Secret", "secret"]
  )
  func token(token: String) async throws {
    let configuration = SessionConfiguration(serverVersion: "1", authorization: .token(Array("secret".utf8)))
    try await withServer(configuration) { server in
      let client = try await server.connect()
      let answer = try await client.request("initialize", ["protocolVersion": 1, "token": .string(token)])
      if token == "secret" {
        #expect(answer["result"] != nil)
      } else {
        #expect(answer.errorCode == -32003)
        #expect(try await client.next() == nil)
      }
      await client.close()
    }
  }

  @Test("a client that never shakes hands is sent away")
  func handshakeTimer() async throws {
    var configuration = SessionConfiguration(serverVersion: "1")
    configuration.handshakeSecondsMax = 0.05
    try await withServer(configuration) { server in
      let client = try await server.connect()
      #expect(try await client.next() == nil)
      await client.close()
    }
  }

  @Test("the answer to a submission comes before the job's updates, and its progress is told in order")
  func updates() async throws {
    try await withServer { server in
      let client = try await server.connect()
      let stranger = try await server.connect()
      try await client.initialize()
      try await stranger.initialize()
      try await client.ask("task/submit", ["root": root, "progressToken": "p"], id: 1)
      let answer = try #require(try await client.next())
      #expect(answer["result"]?["job"] == "jbbbbbbbb2")
      let first = try #require(try await client.next())
      #expect(first["method"] == "task/updated")
      #expect(first["params"]?["job"]?["state"] == "queued")
      #expect(try await client.next()?["params"]?["value"]?["kind"] == "begin")
      for action in ["start", "say looking", "finish"] {
        try await server.jobs.act(action)
        let update = try #require(try await client.next())
        #expect(update["method"] == "task/updated")
        if action == "say looking" { #expect(update["params"]?["progress"] == "looking") }
        if action != "start" {
          let progress = try #require(try await client.next())
          #expect(progress["params"]?["token"] == "p")
          #expect(progress["params"]?["value"]?["kind"] == (action == "finish" ? "end" : "report"))
        }
      }
      // Another client has heard nothing of it, and can ask.
      let list = try await stranger.request("task/list")
      #expect(list["result"]?["jobs"]?.array?.count == 1)
      try await stranger.ask("no/such", id: 9)
      #expect(try await stranger.next()?["id"] == 9)
      await client.close()
      await stranger.close()
    }
  }

  @Test("requests about one job keep their order; others overtake them")
  func order() async throws {
    try await withServer { server in
      let client = try await server.connect()
      try await client.initialize()
      _ = try await client.request("task/submit", ["root": root])
      try await server.jobs.act("start")
      try await server.jobs.act("finish")
      try await server.jobs.act("hold")
      let job: JSONValue = ["job": "jbbbbbbbb2"]
      try await client.ask("patch/apply", job, id: 1)
      try await client.ask("job/undo", job, id: 2)
      try await client.ask("task/get", job, id: 3)
      #expect(try await client.request("task/list")["result"] != nil)
      #expect(try await client.request("task/get", ["job": "jbbbbbbbb9"]).errorCode == -32602)
      try await server.jobs.act("release")
      #expect(try await client.answer(to: 1)["result"]?["state"] == "applied")
      #expect(try await client.answer(to: 2)["result"]?["state"] == "undone")
      #expect(try await client.answer(to: 3)["result"]?["summary"]?["state"] == "undone")
      #expect(await server.jobs.log == ["apply begins", "apply ends", "undo"])
      await client.close()
    }
  }

  @Test("a cancelled request is answered as cancelled, also while it waits for another")
  func cancellation() async throws {
    try await withServer { server in
      let client = try await server.connect()
      try await client.initialize()
      _ = try await client.request("task/submit", ["root": root])
      try await server.jobs.act("start")
      try await server.jobs.act("finish")
      try await server.jobs.act("hold")
      let job: JSONValue = ["job": "jbbbbbbbb2"]
      try await client.ask("patch/apply", job, id: 1)
      try await client.ask("job/undo", job, id: 2)
      for id in 1...2 {
        try await client.send(["jsonrpc": "2.0", "method": "$/cancelRequest", "params": ["id": .integer(Int64(id))]])
      }
      // Both cancels were read once this is answered.
      _ = try await client.request("task/list")
      try await server.jobs.act("release")
      #expect(try await client.answer(to: 1).errorCode == -32800)
      #expect(try await client.answer(to: 2).errorCode == -32800)
      // Late, and harmless.
      try await client.send(["jsonrpc": "2.0", "method": "$/cancelRequest", "params": ["id": 1]])
      #expect(try await client.request("task/get", job)["result"]?["summary"]?["state"] == "proposed")
      await client.close()
    }
  }

  @Test("a stopping server answers what is open")
  func stop() async throws {
    var configuration = SessionConfiguration(serverVersion: "1")
    configuration.stopSecondsMax = 0.05
    try await withServer(configuration) { server in
      let client = try await server.connect()
      try await client.initialize()
      _ = try await client.request("task/submit", ["root": root])
      try await server.jobs.act("hold")
      try await client.ask("task/cancel", ["job": "jbbbbbbbb2"], id: 1)
      _ = try await client.request("task/list")
      await server.server.stop()
      #expect(try await client.answer(to: 1).errorCode == -32802)
      while let message = try await client.next() { #expect(message["method"] == "task/updated") }
      try await server.jobs.act("release")
      await client.close()
    }
  }

  @Test("bad parameters are named by their place, and end nothing")
  func badParams() async throws {
    let cases: [(String, JSONValue, String)] = [
      ("task/submit", [:], "root"), ("task/submit", ["root": "relative"], "root"),
      ("task/submit", ["root": root, "kind": "sing"], "kind"),
      ("task/submit", ["root": root, "budget": ["tokens": -1]], "tokens"),
      ("task/submit", ["root": root, "budget": ["wallSeconds": 0]], "wallSeconds"),
      ("task/submit", ["root": root, "overlays": [["path": "../x", "content": ["text": ""]]]], "../x"),
      ("task/submit", ["root": root, "overlays": [["path": "x", "content": [:]]]], "overlays[0].content"),
      (
        "task/submit", ["root": root, "overlays": [["path": "x", "content": ["base64": "%%%%"]]]], "overlays[0].content"
      ),
      ("task/submit", [1, 2], "an object"), ("task/get", ["job": 5], "job"), ("task/get", ["job": "x"], "job"),
      ("task/list", ["limit": 0], "limit"), ("task/list", ["limit": 1_000_000], "limit"),
      ("task/list", ["cursor": "?"], "cursor"),
      ("patch/get", ["job": "jbbbbbbbb2", "positionEncoding": "ebcdic"], "positionEncoding"),
      ("patch/apply", [:], "job"),
    ]
    try await withServer { server in
      let client = try await server.connect()
      try await client.initialize()
      for (method, params, place) in cases {
        let answer = try await client.request(method, params)
        #expect(answer.errorCode == -32602, "\(method) \(params)")
        let message = try #require(answer["error"]?["message"]?.string)
        #expect(message.contains(place), "\(method): \(message)")
      }
      #expect(try await client.request("task/list")["result"]?["jobs"] == [])
      await client.close()
    }
  }

  @Test("also a client that hears of all jobs gets the answer to a submission before the job's updates")
  func allJobsOrder() async throws {
    try await withServer { server in
      let client = try await server.connect()
      try await client.initialize(allJobs: true)
      for id in 0..<8 {
        try await client.ask("task/submit", ["root": root], id: .integer(Int64(id)))
      }
      var answered: Set<String> = []
      var heard: Set<String> = []
      while heard.count < 8 {
        let message = try #require(try await client.next())
        if let job = message["result"]?["job"]?.string { answered.insert(job) }
        guard let job = message["params"]?["job"]?["job"]?.string else { continue }
        #expect(answered.contains(job))
        heard.insert(job)
      }
      await client.close()
    }
  }

  @Test("a result that is larger than a message may be is an error, and a name is shown without control characters")
  func largeResult() async throws {
    try await withServer { server in
      let client = try await server.connect()
      let params: JSONValue = ["protocolVersion": 1, "clientInfo": ["name": "a\u{1B}[31mb\n\u{9B}c"]]
      #expect(try await client.request("initialize", params)["result"] != nil)
      _ = try await client.request("task/submit", ["root": root, "text": "huge"])
      for action in ["start", "finish"] { try await server.jobs.act(action) }
      let answer = try await client.request("patch/get", ["job": "jbbbbbbbb2"])
      #expect(answer.errorCode == -32803)
      let list = try await client.request("task/list")
      #expect(list["result"]?["jobs"]?.array?.first?["owner"] == "a[31mbc")
      await client.close()
    }
  }

  @Test("pages of the list follow each other")
  func pages() async throws {
    try await withServer { server in
      let client = try await server.connect()
      try await client.initialize()
      for _ in 0..<5 { _ = try await client.request("task/submit", ["root": root]) }
      var names: [JSONValue] = []
      var params: JSONValue = ["limit": 2]
      while true {
        let page = try #require(try await client.request("task/list", params)["result"])
        names += (page["jobs"]?.array ?? []).compactMap { $0["job"] }
        guard let cursor = page["nextCursor"] else { break }
        params = ["limit": 2, "cursor": cursor]
      }
      #expect(names == ["jbbbbbbbb6", "jbbbbbbbb5", "jbbbbbbbb4", "jbbbbbbbb3", "jbbbbbbbb2"])
      await client.close()
    }
  }
}
