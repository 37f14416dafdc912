import BatonProtocol
import JSONRPC

/// Finds the JSON Schema of a Codable type by decoding it from nothing and noting what it asks for. So the schema says
/// what the type really reads, not what somebody wrote down beside it.
final class SchemaProbe {
  /// Schemas of all structures met, by name.
  private(set) var components: [String: JSONValue] = [:]
  private let documentation: DocumentationComments

  init(_ documentation: DocumentationComments) {
    self.documentation = documentation
  }

  /// A structure's members in order, each with its schema.
  struct Member {
    let name: String
    let isRequired: Bool
    let schema: JSONValue
  }

  /// The members that a structure reads.
  func members(of type: any Decodable.Type) throws -> [Member] {
    let recorder = Recorder(self, type)
    _ = try type.init(from: recorder)
    return recorder.members
  }

  /// The schema of any type: structures and enumerations as references to ``components``.
  func schema(of type: any Decodable.Type) throws -> JSONValue {
    try probe(type).schema
  }

  /// A type's schema, and some value of it.
  fileprivate func probe(_ type: any Decodable.Type) throws -> (schema: JSONValue, value: any Decodable) {
    switch type {
    case is Null.Type: return (["type": "null"], Null())
    case is Token.Type:
      return (["oneOf": [["type": "integer"], ["type": "string"]]], Token.number(0))
    default: break
    }
    if let enumeration = type as? any (CaseIterable & RawRepresentable & Decodable).Type {
      return try probe(enumeration: enumeration)
    }
    let recorder = Recorder(self, type)
    let value = try type.init(from: recorder)
    if let schema = recorder.plainSchema { return (schema, value) }
    let name = documentation.name(of: type)
    components[name] = structure(recorder.members, documentation.text(of: type))
    return (["$ref": .string("#/components/schemas/\(name)")], value)
  }

  private func probe<Value: CaseIterable & RawRepresentable & Decodable>(
    enumeration type: Value.Type
  ) throws -> (schema: JSONValue, value: any Decodable) {
    let values = type.allCases.compactMap { $0.rawValue as? String }
    guard let first = type.allCases.first, values.count == type.allCases.count else {
      throw SchemaError("\(type) is no enumeration of strings")
    }
    let name = documentation.name(of: type)
    let cases = type.allCases.map { value in
      "`\(value.rawValue)`: \(documentation.text(of: type, member: "\(value)"))"
    }
    components[name] = [
      "type": "string", "enum": .array(values.map { .string($0) }),
      "description": .string(([documentation.text(of: type)] + cases).joined(separator: "\n")),
    ]
    return (["$ref": .string("#/components/schemas/\(name)")], first)
  }

  private func structure(_ members: [Member], _ description: String) -> JSONValue {
    var properties = JSONObject()
    for member in members { properties[member.name] = member.schema }
    return [
      "type": "object", "description": .string(description), "properties": .object(properties),
      "required": .array(members.filter(\.isRequired).map { .string($0.name) }),
    ]
  }

  /// A member's schema, with what the source says about it.
  fileprivate func member(_ name: String, of owner: any Decodable.Type, _ schema: JSONValue) -> JSONValue {
    guard case .object(var object) = schema else { return schema }
    object["description"] = .string(documentation.text(of: owner, member: name))
    return .object(object)
  }
}

struct SchemaError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// A decoder that has no data, answers everything and remembers what was asked.
private final class Recorder: Decoder {
  let probe: SchemaProbe
  let type: any Decodable.Type
  var members: [SchemaProbe.Member] = []
  /// Set when the type is no structure.
  var plainSchema: JSONValue?

  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  init(_ probe: SchemaProbe, _ type: any Decodable.Type) {
    self.probe = probe
    self.type = type
  }

  func container<Key: CodingKey>(keyedBy key: Key.Type) -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(Members(recorder: self))
  }

  func unkeyedContainer() -> any UnkeyedDecodingContainer { Elements(recorder: self) }
  func singleValueContainer() -> any SingleValueDecodingContainer { Single(recorder: self) }

  func value<Value: Decodable>(_ type: Value.Type) throws -> (schema: JSONValue, value: Value) {
    let found = try probe.probe(type)
    guard let value = found.value as? Value else { throw SchemaError("\(type) cannot be made up") }
    return (found.schema, value)
  }
}

private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let recorder: Recorder

  var codingPath: [any CodingKey] { [] }
  var allKeys: [Key] { [] }
  func contains(_ key: Key) -> Bool { true }
  func decodeNil(forKey key: Key) throws -> Bool { throw SchemaError("\(key) is read by hand") }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    let found = try recorder.value(type)
    note(key, isRequired: true, found.schema)
    return found.value
  }

  func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
    let found = try recorder.value(type)
    note(key, isRequired: false, found.schema)
    return found.value
  }

  // The types that the protocol asks for by overloads of their own.
  func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try optional(type, key) }
  func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try optional(type, key) }
  func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try optional(type, key) }
  func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try optional(type, key) }
  func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? { try optional(type, key) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type,
    forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { throw SchemaError("\(key) is read by hand") }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    throw SchemaError("\(key) is read by hand")
  }

  func superDecoder() throws -> any Decoder { throw SchemaError("a class") }
  func superDecoder(forKey key: Key) throws -> any Decoder { throw SchemaError("a class") }

  private func optional<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
    let found = try recorder.value(type)
    note(key, isRequired: false, found.schema)
    return found.value
  }

  private func note(_ key: Key, isRequired: Bool, _ schema: JSONValue) {
    let described = recorder.probe.member(key.stringValue, of: recorder.type, schema)
    recorder.members.append(SchemaProbe.Member(name: key.stringValue, isRequired: isRequired, schema: described))
  }
}

/// Gives one element.
private struct Elements: UnkeyedDecodingContainer {
  let recorder: Recorder
  var currentIndex = 0

  init(recorder: Recorder) {
    self.recorder = recorder
  }

  var codingPath: [any CodingKey] { [] }
  var count: Int? { 1 }
  var isAtEnd: Bool { currentIndex > 0 }

  mutating func decodeNil() throws -> Bool { false }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let found = try recorder.value(type)
    recorder.plainSchema = ["type": "array", "items": found.schema]
    currentIndex += 1
    return found.value
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
    throw SchemaError("an array is read by hand")
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    throw SchemaError("an array is read by hand")
  }

  mutating func superDecoder() throws -> any Decoder { throw SchemaError("a class") }
}

/// Gives one value of the standard library's own types.
private struct Single: SingleValueDecodingContainer {
  let recorder: Recorder

  var codingPath: [any CodingKey] { [] }
  func decodeNil() -> Bool { false }

  func decode(_ type: Bool.Type) throws -> Bool { note("boolean", false) }
  func decode(_ type: String.Type) throws -> String { note("string", "") }
  func decode(_ type: Double.Type) throws -> Double { note("number", 0) }
  func decode(_ type: Int.Type) throws -> Int { note("integer", 0) }
  func decode(_ type: Int64.Type) throws -> Int64 { note("integer", 0) }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    throw SchemaError("\(recorder.type) is read by hand")
  }

  private func note<Value>(_ name: String, _ value: Value) -> Value {
    recorder.plainSchema = ["type": .string(name)]
    return value
  }
}
