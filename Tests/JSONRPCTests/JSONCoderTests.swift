import JSONRPC
import Testing

@Suite("Codable types as JSON", .timeLimit(.minutes(1)))
struct JSONCoderTests {
  private enum Colour: String, Codable { case red, blue }

  private enum Shape: Codable, Equatable {
    case circle(radius: Double)
    case nothing
  }

  private struct Sample: Codable, Equatable {
    var name: String
    var count: Int
    var small: UInt8
    var ratio: Double
    var flag: Bool
    var missing: String?
    var present: Int?
    var colour: Colour
    var shapes: [Shape]
    var table: [String: [Int]]
    var bytes: [UInt8]
    var nested: [[String?]]
    var raw: JSONValue
  }

  private class Base: Codable {
    var number: Int
    init(number: Int) { self.number = number }
  }

  private final class Derived: Base {
    var word: String
    enum CodingKeys: String, CodingKey { case word }

    init(number: Int, word: String) {
      self.word = word
      super.init(number: number)
    }

    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      word = try container.decode(String.self, forKey: .word)
      try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(word, forKey: .word)
      try super.encode(to: container.superEncoder())
    }
  }

  private let sample = Sample(
    name: "a \"b\" é 😀",
    count: .min,
    small: 255,
    ratio: 0.1,
    flag: true,
    missing: nil,
    present: 3,
    colour: .blue,
    shapes: [.circle(radius: 1.5), .nothing],
    table: ["x": [1, 2], "": []],
    bytes: [0, 128, 255],
    nested: [["a", nil], []],
    raw: ["k": [1, nil, "v"]]
  )

  @Test("a value comes back as it was written")
  func roundTrip() throws {
    let bytes = try JSONCoder.encode(sample)
    #expect(try JSONCoder.decode(Sample.self, from: bytes) == sample)
    let value = try JSONCoder.value(of: sample)
    #expect(value["missing"] == nil)
    #expect(value["bytes"] == [0, 128, 255])
    #expect(value["raw"] == ["k": [1, nil, "v"]])
    #expect(try JSONCoder.decode(Sample.self, from: value) == sample)
  }

  @Test("classes encode their superclass apart")
  func inheritance() throws {
    let bytes = try JSONCoder.encode(Derived(number: 4, word: "w"))
    #expect(String(decoding: bytes, as: UTF8.self) == #"{"word":"w","super":{"number":4}}"#)
    let derived = try JSONCoder.decode(Derived.self, from: bytes)
    #expect(derived.number == 4 && derived.word == "w")
  }

  @Test(
    "a value of another shape is refused with its place",
    arguments: [
      (#"{"inner":{"list":[1,"x"]}}"#, "inner.list[1]: an integer was expected, not a string"),
      (#"{"inner":{"list":[1,2.5]}}"#, "inner.list[1]: the number is no integer"),
      (#"{"inner":{"list":[1,300]}}"#, "inner.list[1]: the number is no integer from -128 to 127"),
      (#"{"inner":{}}"#, "inner: the member \"list\" is missing"),
      (#"{"inner":[]}"#, "inner: an object was expected, not an array"),
      (#"{"inner":{"list":{}}}"#, "inner.list: an array was expected, not an object"),
      (#"[]"#, "an object was expected, not an array"),
      (#"{"#, "a member's name in quotes is missing"),
    ]
  )
  func namesThePlace(text: String, message: String) throws {
    struct Inner: Decodable { var list: [Int8] }
    struct Outer: Decodable { var inner: Inner }
    let error = #expect(throws: JSONError.self) { try JSONCoder.decode(Outer.self, from: Array(text.utf8)) }
    #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "none")")
  }

  @Test("integers are exact or refused")
  func exactIntegers() throws {
    #expect(try JSONCoder.decode(Int64.self, from: Array("9007199254740993".utf8)) == 9_007_199_254_740_993)
    #expect(try JSONCoder.decode(Int.self, from: Array("3.0".utf8)) == 3)
    for text in ["9223372036854775808", "18446744073709551615", "1e300", "0.5"] {
      #expect(throws: JSONError.self) { try JSONCoder.decode(UInt64.self, from: Array(text.utf8)) }
    }
    #expect(throws: JSONError.self) { try JSONCoder.encode(UInt64.max) }
    #expect(throws: JSONError.self) { try JSONCoder.encode([Double.nan]) }
    #expect(throws: JSONError.self) { try JSONCoder.encode(Double.infinity) }
  }
}
