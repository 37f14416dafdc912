import EventLoop
import JSONRPC
import Server
import TestSupport

/// A server with scripted jobs, whose clients are at the other ends of socket pairs.
actor ServerUnderTest {
  nonisolated let jobs: ScriptedJobs
  nonisolated let server: Server
  nonisolated let loop: EventLoop
  private let configuration: SessionConfiguration
  private var serving: [Task<Void, Never>] = []

  fileprivate init(_ configuration: SessionConfiguration, _ loop: EventLoop) {
    jobs = ScriptedJobs()
    server = Server(jobs: jobs, loop: loop)
    self.loop = loop
    self.configuration = configuration
  }

  /// A new client.
  func connect(limits: StreamLimits = StreamLimits()) async throws -> TestClient {
    let (near, far) = try await ByteStream.pair(on: loop, limits: limits)
    serving.append(Task { [server, configuration] in await server.serve(far, configuration) })
    return TestClient(near)
  }

  /// Waits until all sessions have ended.
  fileprivate func end() async {
    await server.stop()
    for task in serving { await task.value }
  }
}

/// Runs `body` with a server, and stops it afterwards.
func withServer(
  _ configuration: SessionConfiguration = SessionConfiguration(serverVersion: "1.2.3"),
  _ body: (ServerUnderTest) async throws -> Void
) async throws {
  try await withEventLoop { loop in
    let server = ServerUnderTest(configuration, loop)
    do {
      try await body(server)
    } catch {
      await server.end()
      throw error
    }
    await server.end()
  }
}

/// A client that reads messages one by one.
actor TestClient {
  nonisolated let stream: ByteStream
  private var decoder = FrameDecoder(framing: .lines)
  private var passedOver: [JSONValue] = []
  private var count: Int64 = 0

  init(_ stream: ByteStream) {
    self.stream = stream
  }

  func send(_ message: JSONValue) async throws {
    try await stream.write(message.serialized() + [10])
  }

  func sendText(_ text: String) async throws {
    try await stream.write(Array(text.utf8))
  }

  /// Sends a request without waiting for its answer.
  func ask(_ method: String, _ params: JSONValue = [:], id: JSONValue) async throws {
    try await send(["jsonrpc": "2.0", "id": id, "method": .string(method), "params": params])
  }

  /// Asks, and waits for the answer; what comes before it is kept.
  func request(_ method: String, _ params: JSONValue = [:]) async throws -> JSONValue {
    count += 1
    let id = JSONValue.string("request \(count)")
    try await ask(method, params, id: id)
    return try await answer(to: id)
  }

  /// The answer to a request; what comes before it is kept.
  func answer(to id: JSONValue) async throws -> JSONValue {
    if let index = passedOver.firstIndex(where: { $0["id"] == id }) { return passedOver.remove(at: index) }
    while let message = try await read() {
      if message["id"] == id, message["method"] == nil { return message }
      passedOver.append(message)
    }
    throw TestSupportError("the connection ended before the answer to \(id)")
  }

  /// The next message that was not looked at yet; nil at the end.
  func next() async throws -> JSONValue? {
    passedOver.isEmpty ? try await read() : passedOver.removeFirst()
  }

  /// Shakes hands.
  func initialize(allJobs: Bool = false) async throws {
    let params: JSONValue = [
      "protocolVersion": 1, "clientInfo": ["name": "test"], "capabilities": ["allJobs": .bool(allJobs)],
    ]
    let answer = try await request("initialize", params)
    guard answer["result"] != nil else { throw TestSupportError("no handshake: \(answer)") }
  }

  func close() async { await stream.close() }

  private func read() async throws -> JSONValue? {
    while true {
      switch decoder.next() {
      case .frame(let frame): return try JSONValue(parsing: frame)
      case .rejected(let error), .failed(let error): throw error
      case nil:
        let stream = stream
        let bytes = try await withTimeout("a message of the server") {
          try await StreamChannel(stream: stream).receive()
        }
        guard let bytes else { return nil }
        decoder.append(bytes)
      }
    }
  }
}

extension JSONValue {
  /// The error's code, if the message is one.
  var errorCode: Int64? { self["error"]?["code"]?.integer }
}
