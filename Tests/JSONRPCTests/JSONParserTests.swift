import JSONRPC
import Testing

@Suite("JSON text", .timeLimit(.minutes(1)))
struct JSONParserTests {
  @Test(
    "valid texts are read exactly",
    arguments: [
      ("null", .null), (" true ", true), ("\t[ ]\n", []), ("{}", [:]),
      ("0", 0), ("-7", -7), ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .double(0x1p63)), ("1.0", .double(1)), ("1e2", .double(100)), ("-0", .double(-0.0)),
      ("2.2250738585072014E-308", .double(2.2250738585072014e-308)), ("0.1", .double(0.1)),
      (#""""#, ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC""#, "é€"),
      (#""\ud83d\ude00 and 😀""#, "😀 and 😀"), (#""\u0000""#, "\0"),
      (#"{"a":[1,{"b":null}],"":2}"#, ["a": [1, ["b": nil]], "": 2]),
    ] as [(String, JSONValue)]
  )
  func reads(text: String, value: JSONValue) throws {
    let parsed = try JSONValue(parsing: Array(text.utf8))
    #expect(parsed == value)
    #expect(try JSONValue(parsing: parsed.serialized()) == value)
    #expect(try JSONValue(parsing: parsed.serialized(.indented)) == value)
  }

  @Test(
    "invalid texts are refused with the sort of fault",
    arguments: [
      ("", .malformed), ("nul", .malformed), ("truee", .malformed), ("[1,]", .malformed), ("{\"a\":1,}", .malformed),
      ("{a:1}", .malformed), ("01", .malformed), ("1.", .malformed), (".5", .malformed), ("1e", .malformed),
      ("+1", .malformed), ("-", .malformed), ("NaN", .malformed), ("\"a", .malformed), ("\"\\x\"", .malformed),
      ("\"\\u12g4\"", .malformed), ("\"\\u12\"", .malformed), ("\"a\nb\"", .malformed), ("[1 2]", .malformed),
      ("{\"a\" 1}", .malformed), ("1 1", .malformed), ("\"\\", .malformed), ("[", .malformed), ("{\"a\":", .malformed),
      ("'a'", .malformed), ("/* */1", .malformed), ("\u{FEFF}1", .malformed), ("\"\\n\u{1}\"", .malformed),
      (#""\ud800""#, .invalidUnicode), (#""\ud800\u0041""#, .invalidUnicode), (#""\udc00""#, .invalidUnicode),
      (#""\ud800x""#, .invalidUnicode), ("1e400", .numberOutOfRange), ("{\"a\":1,\"\\u0061\":2}", .duplicateName),
    ] as [(String, JSONError.Code)]
  )
  func refuses(text: String, code: JSONError.Code) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: Array(text.utf8)) }
    do {
      _ = try JSONValue(parsing: Array(text.utf8))
    } catch {
      #expect(error.code == code)
    }
  }

  @Test("bytes that are not UTF-8 are refused", arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]])
  func refusesBrokenUTF8(bytes: [UInt8]) {
    for text in [bytes, Array("\\n".utf8) + bytes] {
      let error = #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22] + text + [0x22]) }
      #expect(error?.code == .invalidUnicode)
    }
  }

  @Test("nesting is taken up to the limit and refused beyond it")
  func limitsDepth() throws {
    let deep = { (depth: Int) in
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    _ = try JSONValue(parsing: deep(JSONValue.depthMax))
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: deep(JSONValue.depthMax + 1)) }
    #expect(error?.code == .tooDeep)
    let hostile = #expect(throws: JSONError.self) { try JSONValue(parsing: [UInt8](repeating: 0x5B, count: 1_000_000)) }
    #expect(hostile?.code == .tooDeep)
  }

  @Test("plain runs of strings end at the first special byte, wherever it stands")
  func findsSpecialBytes() throws {
    for length in 0..<40 {
      for position in 0...length {
        var text = [UInt8](repeating: 0xC3, count: 0)
        for index in 0..<length { text += index % 3 == 0 ? Array("é".utf8) : [0x7F] }
        let boundary = String(decoding: text, as: UTF8.self)
        let split = boundary.unicodeScalars.prefix(position).reduce(into: "") { $0.unicodeScalars.append($1) }
        let value = JSONValue.string(split + "\"\\\u{1F}" + boundary)
        #expect(try JSONValue(parsing: value.serialized()) == value)
      }
    }
  }

  @Test("objects keep their order and find members by name, few or many")
  func keepsOrder() throws {
    for count in [0, 1, 8, 9, 10, 100] {
      let text = "{" + (0..<count).map { "\"name\($0)\":\($0)" }.joined(separator: ",") + "}"
      var object = try #require(try JSONValue(parsing: Array(text.utf8)).object)
      #expect(object.names == (0..<count).map { "name\($0)" })
      #expect((0..<count).allSatisfy { object["name\($0)"] == .integer(Int64($0)) })
      #expect(object["other"] == nil)
      #expect(JSONValue.object(object).serialized() == Array(text.utf8))
      if count > 0 {
        object["name0"] = nil
        #expect(object["name0"] == nil)
        #expect(object.members.count == count - 1)
        #expect(count < 2 || object["name\(count - 1)"] == .integer(Int64(count - 1)))
      }
    }
  }
}
