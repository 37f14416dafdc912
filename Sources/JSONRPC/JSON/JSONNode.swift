/// A JSON value under construction: Codable hands out containers that are filled later, so nodes are references.
final class JSONNode {
  enum Content {
    case value(JSONValue)
    case array([JSONNode])
    case object([(name: String, node: JSONNode)])
  }

  var content = Content.value(.null)

  /// The finished value. A name that was encoded twice keeps its last value.
  var value: JSONValue {
    switch content {
    case .value(let value): return value
    case .array(let nodes): return .array(nodes.map(\.value))
    case .object(let members):
      var object = JSONObject()
      for member in members { object[member.name] = member.node.value }
      return .object(object)
    }
  }

  func append() -> JSONNode {
    let node = JSONNode()
    if case .array(var nodes) = content {
      content = .value(.null)
      nodes.append(node)
      content = .array(nodes)
    }
    return node
  }

  func insert(_ name: String) -> JSONNode {
    let node = JSONNode()
    if case .object(var members) = content {
      content = .value(.null)
      members.append((name, node))
      content = .object(members)
    }
    return node
  }

  var elementCount: Int {
    guard case .array(let nodes) = content else { return 0 }
    return nodes.count
  }

  static func encoding(_ value: some Encodable, codingPath: [any CodingKey]) throws -> JSONNode {
    let node = JSONNode()
    if let bytes = value as? [UInt8] {
      node.content = .value(.array(bytes.map { .integer(Int64($0)) }))
    } else {
      try value.encode(to: NodeEncoder(node: node, codingPath: codingPath))
    }
    return node
  }
}

extension JSONNode {
  /// Fills one node.
  struct NodeEncoder: Encoder {
    let node: JSONNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
      if case .object = node.content {} else { node.content = .object([]) }
      return KeyedEncodingContainer(ObjectWriter(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
      if case .array = node.content {} else { node.content = .array([]) }
      return ArrayWriter(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    fileprivate func set(_ number: some BinaryInteger) throws {
      guard let integer = Int64(exactly: number) else {
        throw JSONError(.notEncodable, "the integer \(number) does not fit into 64 bits with a sign")
      }
      node.content = .value(.integer(integer))
    }
  }
}

extension JSONNode.NodeEncoder: SingleValueEncodingContainer {
  func encodeNil() { node.content = .value(.null) }
  func encode(_ value: Bool) { node.content = .value(.bool(value)) }
  func encode(_ value: String) { node.content = .value(.string(value)) }
  func encode(_ value: Double) throws {
    guard value.isFinite else { throw JSONError(.notEncodable, "the number \(value) has no form in JSON") }
    node.content = .value(.double(value))
  }
  func encode(_ value: Float) throws { try encode(Double(value)) }
  func encode(_ value: Int) throws { try set(value) }
  func encode(_ value: Int8) throws { try set(value) }
  func encode(_ value: Int16) throws { try set(value) }
  func encode(_ value: Int32) throws { try set(value) }
  func encode(_ value: Int64) throws { try set(value) }
  func encode(_ value: UInt) throws { try set(value) }
  func encode(_ value: UInt8) throws { try set(value) }
  func encode(_ value: UInt16) throws { try set(value) }
  func encode(_ value: UInt32) throws { try set(value) }
  func encode(_ value: UInt64) throws { try set(value) }
  func encode<T: Encodable>(_ value: T) throws {
    node.content = try JSONNode.encoding(value, codingPath: codingPath).content
  }
}

/// Members of an object.
private struct ObjectWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: JSONNode
  let codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) { writer(key).encodeNil() }
  func encode(_ value: Bool, forKey key: Key) { writer(key).encode(value) }
  func encode(_ value: String, forKey key: Key) { writer(key).encode(value) }
  func encode(_ value: Double, forKey key: Key) throws { try writer(key).encode(value) }
  func encode(_ value: Float, forKey key: Key) throws { try writer(key).encode(value) }
  func encode(_ value: Int, forKey key: Key) throws { try writer(key).encode(value) }
  func encode(_ value: Int8, forKey key: Key) throws { try writer(key).encode(value) }
  func encode(_ value: Int16, forKey key: Key) throws { try writer(key).encode(value) }
  func encode(_ value: Int32, forKey key: Key) throws { try writer(key).encode(value) }
  func encode(_ value: Int64, forKey key: Key) throws { try writer(key).encode(value) }
  func encode(_ value: UInt, forKey key: Key) throws { try writer(key).encode(value) }
  func encode(_ value: UInt8, forKey key: Key) throws { try writer(key).encode(value) }
  func encode(_ value: UInt16, forKey key: Key) throws { try writer(key).encode(value) }
  func encode(_ value: UInt32, forKey key: Key) throws { try writer(key).encode(value) }
  func encode(_ value: UInt64, forKey key: Key) throws { try writer(key).encode(value) }
  func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try writer(key).encode(value) }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy keyType: NestedKey.Type,
    forKey key: Key
  ) -> KeyedEncodingContainer<NestedKey> {
    writer(key).container(keyedBy: keyType)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { writer(key).unkeyedContainer() }
  func superEncoder() -> any Encoder {
    JSONNode.NodeEncoder(node: node.insert("super"), codingPath: codingPath + [JSONKey(stringValue: "super")])
  }
  func superEncoder(forKey key: Key) -> any Encoder { writer(key) }

  private func writer(_ key: Key) -> JSONNode.NodeEncoder {
    JSONNode.NodeEncoder(node: node.insert(key.stringValue), codingPath: codingPath + [key])
  }
}

/// Elements of an array.
private struct ArrayWriter: UnkeyedEncodingContainer {
  let node: JSONNode
  let codingPath: [any CodingKey]

  var count: Int { node.elementCount }

  func encodeNil() { writer().encodeNil() }
  func encode(_ value: Bool) { writer().encode(value) }
  func encode(_ value: String) { writer().encode(value) }
  func encode(_ value: Double) throws { try writer().encode(value) }
  func encode(_ value: Float) throws { try writer().encode(value) }
  func encode(_ value: Int) throws { try writer().encode(value) }
  func encode(_ value: Int8) throws { try writer().encode(value) }
  func encode(_ value: Int16) throws { try writer().encode(value) }
  func encode(_ value: Int32) throws { try writer().encode(value) }
  func encode(_ value: Int64) throws { try writer().encode(value) }
  func encode(_ value: UInt) throws { try writer().encode(value) }
  func encode(_ value: UInt8) throws { try writer().encode(value) }
  func encode(_ value: UInt16) throws { try writer().encode(value) }
  func encode(_ value: UInt32) throws { try writer().encode(value) }
  func encode(_ value: UInt64) throws { try writer().encode(value) }
  func encode<T: Encodable>(_ value: T) throws { try writer().encode(value) }

  func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
    writer().container(keyedBy: keyType)
  }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { writer().unkeyedContainer() }
  func superEncoder() -> any Encoder { writer() }

  private func writer() -> JSONNode.NodeEncoder {
    let path = codingPath + [JSONKey(intValue: node.elementCount)]
    return JSONNode.NodeEncoder(node: node.append(), codingPath: path)
  }
}
