/// A string or an integer, chosen by the client: a request's id, a progress token.
package enum Token: Codable, Sendable, Hashable {
  case number(Int64)
  case string(String)

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      self = .string(try container.decode(String.self))
    } catch DecodingError.typeMismatch {
      self = .number(try container.decode(Int64.self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .string(let string): try container.encode(string)
    }
  }
}
