/// Codable types from and to JSON bytes, without Foundation.
///
/// Strings must be UTF-8, integers must fit exactly, unknown members are ignored, optional members that are nil are
/// left out by synthesised conformances. A `[UInt8]` is an array of numbers.
package enum JSONCoder {
  /// Reads a value.
  ///
  /// - Throws: ``JSONError`` with a message that names the place, e.g. `budget.tokens: a number was expected, not null`.
  package static func decode<Value: Decodable>(
    _ type: Value.Type = Value.self,
    from bytes: some Collection<UInt8>
  ) throws(JSONError) -> Value {
    try decode(type, from: JSONValue(parsing: bytes))
  }

  /// Reads a value that was parsed already.
  package static func decode<Value: Decodable>(
    _ type: Value.Type = Value.self,
    from value: JSONValue
  ) throws(JSONError) -> Value {
    if let value = value as? Value { return value }
    do {
      return try Value(from: JSONValueDecoder(value: value, codingPath: []))
    } catch {
      throw JSONError(decoding: error)
    }
  }

  /// Writes a value as compact UTF-8 text.
  ///
  /// - Throws: ``JSONError`` when a number has no form in JSON or the type's own encoding fails.
  package static func encode(_ value: some Encodable, layout: JSONValue.Layout = .compact) throws(JSONError) -> [UInt8]
  {
    try self.value(of: value).serialized(layout)
  }

  /// The value as a JSON tree.
  package static func value(of value: some Encodable) throws(JSONError) -> JSONValue {
    do {
      return try JSONNode.encoding(value, codingPath: []).value
    } catch let error as JSONError {
      throw error
    } catch {
      throw JSONError(.notEncodable, "\(error)")
    }
  }
}

extension JSONValue: Codable {
  package init(from decoder: any Decoder) throws {
    guard let decoder = decoder as? JSONValueDecoder else {
      throw JSONError(.wrongShape, "a JSON value can only be read by JSONCoder")
    }
    self = decoder.value
  }

  package func encode(to encoder: any Encoder) throws {
    guard let encoder = encoder as? JSONNode.NodeEncoder else {
      throw JSONError(.notEncodable, "a JSON value can only be written by JSONCoder")
    }
    encoder.node.content = .value(self)
  }
}

extension JSONError {
  /// The error of a `Decodable` initialiser, with the place in front.
  fileprivate init(decoding error: any Error) {
    switch error {
    case let error as JSONError: self = error
    case DecodingError.keyNotFound(let key, let context):
      self.init(.wrongShape, Self.message(context.codingPath, "the member \"\(key.stringValue)\" is missing"))
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context):
      self.init(.wrongShape, Self.message(context.codingPath, context.debugDescription))
    default: self.init(.wrongShape, "\(error)")
    }
  }

  private static func message(_ path: [any CodingKey], _ text: String) -> String {
    let steps = path.map { $0.intValue.map { "[\($0)]" } ?? "." + $0.stringValue }
    let place = String(steps.joined().drop { $0 == "." })
    return place.isEmpty ? text : "\(place): \(text)"
  }
}

/// A member's name or an element's position.
struct JSONKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = String(intValue)
    self.intValue = intValue
  }
}
