/// The name that a request carries and its answer repeats.
package enum RequestID: Hashable, Sendable, CustomStringConvertible {
  case number(Int64)
  case string(String)

  package var description: String {
    switch self {
    case .number(let number): "\(number)"
    case .string(let string): "\"\(string)\""
    }
  }

  /// The identifier as JSON.
  package var json: JSONValue {
    switch self {
    case .number(let number): .integer(number)
    case .string(let string): .string(string)
    }
  }

  /// - Returns: nil for anything but a string or an integer.
  package init?(json: JSONValue) {
    if let string = json.string {
      self = .string(string)
    } else if let number = json.integer {
      self = .number(number)
    } else {
      return nil
    }
  }
}

extension RequestID: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let id = RequestID(json: try container.decode(JSONValue.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "an id is a string or an integer")
    }
    self = id
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .string(let string): try container.encode(string)
    }
  }
}
