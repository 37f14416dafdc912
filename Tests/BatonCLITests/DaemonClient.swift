import EventLoop
import JSONRPC
import TestSupport

/// A client of a spawned `baton serve`, speaking one JSON message a line.
actor DaemonClient {
  private let stream: ByteStream
  private var input: [UInt8] = []
  private var lastID: Int64 = 0
  /// Notifications that came while an answer was waited for, oldest first.
  private(set) var notifications: [JSONValue] = []
  /// Answers that nobody waited for: there must be none.
  private(set) var strays: [JSONValue] = []

  /// Connects as soon as the socket takes connections, and shakes hands.
  static func connect(to address: SocketAddress, on loop: EventLoop, token: String? = nil) async throws -> DaemonClient
  {
    let client = DaemonClient(try await connectWhenReady(to: address, on: loop))
    let params: JSONValue =
      if let token { ["protocolVersion": 1, "token": .string(token)] } else { ["protocolVersion": 1] }
    _ = try await client.call("initialize", params)
    try await client.send(["jsonrpc": "2.0", "method": "initialized"])
    return client
  }

  private static func connectWhenReady(to address: SocketAddress, on loop: EventLoop) async throws -> ByteStream {
    while true {
      do throws(UVError) { return try await ByteStream.connect(to: address, on: loop) } catch {
        guard error.code == .notFound || error.code == .connectionRefused else { throw error }
        await Task.yield()
      }
    }
  }

  init(_ stream: ByteStream) {
    self.stream = stream
  }

  /// Sends a request and waits for its answer; an error answer is thrown.
  func call(_ method: String, _ params: JSONValue) async throws -> JSONValue {
    lastID += 1
    let id = lastID
    try await send(["jsonrpc": "2.0", "id": .integer(id), "method": .string(method), "params": params])
    while true {
      let message = try await next()
      guard message["method"] == nil else {
        notifications.append(message)
        continue
      }
      guard message["id"]?.integer == id else {
        strays.append(message)
        continue
      }
      if let error = message["error"] { throw DaemonError(message: error["message"]?.string ?? "") }
      return message["result"] ?? .null
    }
  }

  /// Waits until a job rests; its state and outcome.
  func waitForRest(of job: String) async throws -> JSONValue {
    func rests(_ message: JSONValue) -> JSONValue? {
      guard let summary = message["params"]?["job"], summary["job"]?.string == job,
        let state = summary["state"]?.string, state != "queued", state != "running"
      else { return .none }
      return summary
    }
    if let summary = notifications.compactMap(rests).last { return summary }
    while true {
      let message = try await next()
      notifications.append(message)
      if let summary = rests(message) { return summary }
    }
  }

  func send(_ message: JSONValue) async throws {
    try await stream.write(message.serialized() + [UInt8(ascii: "\n")])
  }

  func close() async {
    await stream.close()
  }

  private func next() async throws -> JSONValue {
    while true {
      if let end = input.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(input[..<end])
        input.removeSubrange(...end)
        return try JSONValue(parsing: line[...])
      }
      guard let bytes = try await stream.read() else { throw DaemonError(message: "the daemon hung up") }
      input += bytes
    }
  }
}

struct DaemonError: Error, CustomStringConvertible {
  let message: String
  var description: String { message }
}
