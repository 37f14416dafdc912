/// Any JSON value.
///
/// Numbers without fraction and exponent that fit are `integer`; all others are `double`, rounded to the nearest as
/// JavaScript does. An integer beyond 64 bits therefore becomes a `double` and cannot be decoded as an integer any more.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// The member of an object; nil for an unknown name and for anything that is no object.
  package subscript(_ name: String) -> JSONValue? {
    guard case .object(let object) = self else { return nil }
    return object[name]
  }

  /// The string, if it is one.
  package var string: String? {
    guard case .string(let string) = self else { return nil }
    return string
  }

  /// The number as an integer, if it is one exactly (`2`, `2.0`).
  package var integer: Int64? {
    switch self {
    case .integer(let number): number
    // Beyond 2^53 a double stands for several integers: none of them is "the" value.
    case .double(let number) where number.magnitude <= 0x1p53: Int64(exactly: number)
    default: nil
    }
  }

  /// The number, if it is one.
  package var double: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// The truth value, if it is one.
  package var bool: Bool? {
    guard case .bool(let bool) = self else { return nil }
    return bool
  }

  /// The elements, if it is an array.
  package var array: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }

  /// The members, if it is an object.
  package var object: JSONObject? {
    guard case .object(let object) = self else { return nil }
    return object
  }

  /// What it is, for messages: `a string`, `null`, ….
  package var kindDescription: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer, .double: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(floatLiteral value: Double) { self = .double(value) }
  package init(nilLiteral: ()) { self = .null }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (name, value) in elements { object[name] = value }
    self = .object(object)
  }
}
