import BatonProtocol
import JSONRPC

/// The OpenRPC document of the native protocol, made from the Swift types, their comments and the manual's examples.
struct OpenRPCDocument {
  private let probe: SchemaProbe
  private let documentation: DocumentationComments
  private let manual: ProtocolManual

  init(_ manual: ProtocolManual) throws {
    self.manual = manual
    documentation = try DocumentationComments()
    probe = SchemaProbe(documentation)
  }

  /// The document.
  func value() throws -> JSONValue {
    let requests = try BatonProtocolRegistry.requests.map { try request($0) }
    let notifications = try BatonProtocolRegistry.notifications.map { try notification($0) }
    var schemas = JSONObject()
    for (name, schema) in probe.components.sorted(by: { $0.key < $1.key }) { schemas[name] = schema }
    return [
      "openrpc": "1.3.2",
      "info": [
        "title": "Baton's native protocol", "version": .string("\(BatonProtocolRegistry.version)"),
        "description": """
        Coding tasks over JSON-RPC 2.0. README.md beside this file is the manual; this document is made from the types \
        in Sources/BatonProtocol and is not edited by hand. Members that are not described are ignored.
        """,
      ],
      "methods": .array(requests + notifications),
      "components": ["schemas": .object(schemas), "errors": errors()],
    ]
  }

  private func request<Request: RequestType>(_ type: Request.Type) throws -> JSONValue {
    try method(type.method, "\(type)", sender: .client, Request.Params.self, result: Request.Result.self)
  }

  private func notification<Notification: NotificationType>(_ type: Notification.Type) throws -> JSONValue {
    try method(type.method, "\(type)", sender: type.sender, Notification.Params.self, result: nil)
  }

  private func method(
    _ name: String,
    _ typeName: String,
    sender: MessageSender,
    _ params: any Decodable.Type,
    result: (any Decodable.Type)?
  ) throws -> JSONValue {
    var method = JSONObject()
    method["name"] = .string(name)
    method["description"] = .string(documentation.text(ofName: typeName))
    method["x-sender"] = .string(sender.rawValue)
    method["paramStructure"] = "by-name"
    method["params"] = .array(
      try probe.members(of: params).map { member in
        ["name": .string(member.name), "required": .bool(member.isRequired), "schema": member.schema]
      }
    )
    if let result { method["result"] = ["name": "result", "schema": try probe.schema(of: result)] }
    if let example = manual.examples[name] { method["examples"] = [try self.example(name, example)] }
    return .object(method)
  }

  private func example(_ name: String, _ example: ProtocolManual.Example) throws -> JSONValue {
    var result = JSONObject()
    result["name"] = .string(name)
    let params = example.message["params"]?.object?.members ?? []
    result["params"] = .array(params.map { ["name": .string($0.name), "value": $0.value] })
    if let answer = example.answer?["result"] { result["result"] = ["name": "result", "value": answer] }
    return .object(result)
  }

  private func errors() -> JSONValue {
    var errors = JSONObject()
    for (code, name) in RPCError.Code.onTheWire {
      errors[name] = ["code": .integer(Int64(code.rawValue)), "message": .string(name)]
    }
    return .object(errors)
  }
}
