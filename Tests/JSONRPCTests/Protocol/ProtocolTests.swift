import BatonProtocol
import Glibc
import JSONRPC
import TestSupport
import Testing

@Suite("The protocol's documents", .timeLimit(.minutes(1)))
struct ProtocolTests {
  private static let openRPC = "Protocol/openrpc.json"

  private var methods: [String] {
    BatonProtocolRegistry.requests.map { $0.method } + BatonProtocolRegistry.notifications.map { $0.method }
  }

  /// Set BATON_UPDATE_PROTOCOL to have the document written anew.
  @Test("openrpc.json says what the Swift types say")
  func openRPCDocument() throws {
    let made = try OpenRPCDocument(ProtocolManual()).value()
    let text = made.serialized(.indented) + [10]
    if getenv("BATON_UPDATE_PROTOCOL") != nil { try RepositoryFolder.write(text, to: Self.openRPC) }
    let kept = try JSONValue(parsing: Array(RepositoryFolder.text(of: Self.openRPC).utf8))
    let differences = Self.differences(made, kept, "")
    #expect(
      differences.isEmpty,
      "run again with BATON_UPDATE_PROTOCOL=1, look at the changes and note them in CHANGELOG.md"
    )
    for difference in differences.prefix(10) { Issue.record("\(difference)") }
  }

  @Test("everything in the document has a description")
  func descriptions() throws {
    let document = try OpenRPCDocument(ProtocolManual()).value()
    for method in document["methods"]?.array ?? [] {
      let name = method["name"]?.string ?? "?"
      #expect(method["description"]?.string?.isEmpty == false, "\(name)")
      for param in method["params"]?.array ?? [] {
        #expect(param["schema"]?["description"]?.string?.isEmpty == false, "\(name): \(param["name"] ?? "?")")
      }
    }
    for schema in document["components"]?["schemas"]?.object?.members ?? [] {
      #expect(schema.value["description"]?.string?.isEmpty == false, "\(schema.name)")
      for member in schema.value["properties"]?.object?.members ?? [] {
        #expect(member.value["description"]?.string?.isEmpty == false, "\(schema.name).\(member.name)")
      }
    }
  }

  @Test("the manual has one section with an example for each method, and none for anything else")
  func manualIsComplete() throws {
    let manual = try ProtocolManual()
    #expect(manual.faults.isEmpty)
    #expect(Set(manual.examples.keys) == Set(methods))
    #expect(Set(methods).count == methods.count)
    for request in BatonProtocolRegistry.requests {
      #expect(manual.examples[request.method]?.answer != nil, "\(request.method) has no example of an answer")
    }
  }

  @Test("the manual's examples are what the Swift types read and write")
  func examples() throws {
    let manual = try ProtocolManual()
    for request in BatonProtocolRegistry.requests { try check(request, manual) }
    for notification in BatonProtocolRegistry.notifications { try check(notification, manual) }
  }

  @Test("the manual names every error code, and openrpc.json the same")
  func errorCodes() throws {
    let manual = try ProtocolManual()
    #expect(manual.errors.map(\.code) == RPCError.Code.onTheWire.map(\.code.rawValue))
    #expect(manual.errors.map(\.name) == RPCError.Code.onTheWire.map(\.name))
  }

  @Test("the manual's limits are the code's")
  func limits() throws {
    let text = try ProtocolManual().text
    let limits = RPCLimits()
    for number in [
      limits.frameBytesMax, limits.headerBytesMax, limits.depthMax, limits.methodBytesMax, limits.idBytesMax,
      limits.pendingRequestsMax, TestNames.namesMax, TestFailure.failuresMax, Suspect.suspectsMax,
      PatchConflict.sideBytesMax,
    ] {
      #expect(text.contains("| \(number) |"), "the table of limits does not name \(number)")
    }
  }

  @Test("every transcript is readable, and every method is in one")
  func transcripts() throws {
    let transcripts = try Transcript.all()
    #expect(!transcripts.isEmpty)
    var seen: Set<String> = []
    for transcript in transcripts {
      for line in transcript.lines {
        switch line.step {
        case .send(let message), .expect(let message), .await(let message):
          if let method = message["method"]?.string { seen.insert(method) }
        default: break
        }
      }
    }
    #expect(seen.isSuperset(of: methods), "\(Set(methods).subtracting(seen))")
  }

  @Test("the change log has an entry for the newest version")
  func changeLog() throws {
    let text = try RepositoryFolder.text(of: "Protocol/CHANGELOG.md")
    #expect(text.contains("\n## \(BatonProtocolRegistry.version)\n"))
  }

  // MARK: Helpers

  private func check<Request: RequestType>(_ type: Request.Type, _ manual: ProtocolManual) throws {
    let example = try #require(manual.examples[type.method])
    try roundTrip(Request.Params.self, example.message["params"] ?? [:], type.method)
    try roundTrip(Request.Result.self, try #require(example.answer?["result"]), type.method)
    #expect(example.answer?["id"] == example.message["id"])
  }

  private func check<Notification: NotificationType>(_ type: Notification.Type, _ manual: ProtocolManual) throws {
    let example = try #require(manual.examples[type.method])
    try roundTrip(Notification.Params.self, example.message["params"] ?? [:], type.method)
  }

  /// Nothing in the example is unknown to the type, and nothing it must have is missing.
  private func roundTrip<Value: Codable>(_ type: Value.Type, _ example: JSONValue, _ name: String) throws {
    let value = try JSONCoder.decode(type, from: example)
    let differences = Self.differences(example, try JSONCoder.value(of: value), name)
    #expect(differences.isEmpty, "\(differences)")
  }

  /// Where two documents differ. `1` and `1.0` are the same number.
  private static func differences(_ left: JSONValue, _ right: JSONValue, _ path: String) -> [String] {
    switch (left, right) {
    case (.object(let one), .object(let other)):
      let unknown = Set(one.names).symmetricDifference(other.names).sorted().map { "\(path)/\($0): only on one side" }
      return unknown
        + one.members.flatMap { member in
          other[member.name].map { differences(member.value, $0, "\(path)/\(member.name)") } ?? []
        }
    case (.array(let one), .array(let other)):
      guard one.count == other.count else { return ["\(path): \(one.count) elements, not \(other.count)"] }
      return zip(one, other).enumerated().flatMap { differences($1.0, $1.1, "\(path)/\($0)") }
    default:
      if let one = left.double, let other = right.double, one == other { return [] }
      return left == right ? [] : ["\(path): \(left) and \(right)"]
    }
  }
}
