import JSONRPC
import Testing

@Suite("Envelopes", .timeLimit(.minutes(1)))
struct EnvelopeTests {
  private func scan(_ text: String, limits: RPCLimits = RPCLimits()) -> Result<Envelope, EnvelopeError> {
    // Inside a larger array: ranges must count from the slice's own start.
    let bytes = Array("xx".utf8) + Array(text.utf8) + Array("}".utf8)
    return Envelope.scan(bytes[2..<bytes.count - 1], limits: limits)
  }

  private func slice(_ text: String) -> ArraySlice<UInt8> { ArraySlice(Array(text.utf8)) }

  @Test("requests, notifications and answers are told apart, members in any order")
  func kinds() {
    #expect(
      scan(#"{"jsonrpc":"2.0","id":1,"method":"a/b","params":{"x":[1,"}"]}}"#)
        == .success(.request(id: .number(1), method: "a/b", params: slice(#"{"x":[1,"}"]}"#)))
    )
    #expect(
      scan(#" { "params" : [ ] , "method":"m","id":"x\ty", "jsonrpc":"2.0" , "other":{"id":5}} "#)
        == .success(.request(id: .string("x\ty"), method: "m", params: slice("[ ]")))
    )
    #expect(scan(#"{"jsonrpc":"2.0","method":"m"}"#) == .success(.notification(method: "m", params: nil)))
    #expect(
      scan(#"{"jsonrpc":"2.0","method":"m","params":null}"#) == .success(.notification(method: "m", params: nil))
    )
    #expect(scan(#"{"jsonrpc":"2.0","id":-3,"result":null}"#) == .success(.result(id: .number(-3), slice("null"))))
    #expect(scan(#"{"jsonrpc":"2.0","id":null,"error":{}}"#) == .success(.failure(id: nil, slice("{}"))))
  }

  @Test("escapes in member names and in the method's name are understood")
  func escapes() {
    #expect(
      scan(#"{"\u006asonrpc":"\u0032.0","i\u0064":1,"m\u0065thod":"\ud83d\ude00\/\u0061"}"#)
        == .success(.request(id: .number(1), method: "😀/a", params: nil))
    )
  }

  @Test("the insides of parameters are not judged, only passed over")
  func lazy() {
    #expect(
      scan(#"{"jsonrpc":"2.0","method":"m","params":{nonsense,"\x":01}}"#)
        == .success(.notification(method: "m", params: slice(#"{nonsense,"\x":01}"#)))
    )
  }

  @Test(
    "each malformed message has a decided outcome",
    arguments: [
      ("", -32700, nil), ("{", -32700, nil), (#"{"a"}"#, -32700, nil), (#"{"a":}"#, -32700, nil),
      (#"{"jsonrpc":"2.0","id":1,"method":"m"}x"#, -32700, nil),
      (#"{"jsonrpc":"2.0","id":1,"method":"m",}"#, -32700, nil),
      (#"{"jsonrpc":"2.0","id":1,"method":"m","params":{]}"#, -32700, nil), (#"{"a":"b"#, -32700, nil),
      (#"{"id":01}"#, -32700, nil), (#"{"params":tru}"#, -32700, nil), (#"{"method":"\ud800"}"#, -32700, nil),
      ("[]", -32600, nil), (#"[{"jsonrpc":"2.0","id":1,"method":"m"}]"#, -32600, nil), ("5", -32600, nil),
      ("\"x\"", -32600, nil), ("{}", -32600, nil), ("nul", -32700, nil),
      (#"{"id":1,"method":"m"}"#, -32600, 1), (#"{"jsonrpc":"1.0","id":1,"method":"m"}"#, -32600, 1),
      (#"{"jsonrpc":2.0,"id":1,"method":"m"}"#, -32600, 1), (#"{"jsonrpc":"2.0","id":1}"#, -32600, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":5}"#, -32600, 1), (#"{"jsonrpc":"2.0","id":1,"method":{}}"#, -32600, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":"m","params":3}"#, -32600, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":"m","params":"s"}"#, -32600, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":"m","result":3}"#, -32600, 1),
      (#"{"jsonrpc":"2.0","id":1.5,"method":"m"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":[],"method":"m"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":true,"method":"m"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":99999999999999999999,"method":"m"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":1,"id":2,"method":"m"}"#, -32600, nil),
      (#"{"jsonrpc":"2.0","id":1,"method":"m","m\u0065thod":"n"}"#, -32600, 1),
      (#"{"jsonrpc":"2.0","id":1,"method":"m","params":[],"params":[]}"#, -32600, 1),
    ] as [(String, Int, Int64?)]
  )
  func refuses(text: String, code: Int, id: Int64?) throws {
    guard case .failure(let fault) = scan(text) else {
      Issue.record("taken: \(text)")
      return
    }
    #expect(fault.error.code.rawValue == code)
    #expect(fault.id == id.map(RequestID.number))
    #expect(fault.wantsAnswer)
  }

  @Test(
    "a broken answer is never answered",
    arguments: [
      #"{"jsonrpc":"2.0","id":1,"result":1,"error":{}}"#, #"{"jsonrpc":"2.0","result":1}"#, #"{"id":1,"result":1}"#,
      #"{"jsonrpc":"2.0","id":1.5,"error":{}}"#, #"{"jsonrpc":"2.0","id":1,"result":1,"params":{}}"#,
    ]
  )
  func silentOnAnswers(text: String) {
    guard case .failure(let fault) = scan(text) else {
      Issue.record("taken: \(text)")
      return
    }
    #expect(!fault.wantsAnswer)
  }

  @Test("limits of depth, method and id have their errors")
  func limits() {
    let nested = String(repeating: "[", count: 127) + String(repeating: "]", count: 127)
    let message = { (params: String) in #"{"jsonrpc":"2.0","id":1,"method":"m","params":\#(params)}"# }
    guard case .success = scan(message(nested)) else {
      Issue.record("127 levels inside a message were refused")
      return
    }
    let tests = [
      message("[" + nested + "]"), message(String(repeating: "[{\"a\":", count: 200_000)),
      #"{"jsonrpc":"2.0","id":1,"method":"\#(String(repeating: "m", count: 257))"}"#,
      #"{"jsonrpc":"2.0","id":"\#(String(repeating: "i", count: 257))","method":"m"}"#,
    ]
    for text in tests {
      guard case .failure(let fault) = scan(text) else {
        Issue.record("taken: \(text.prefix(80))")
        continue
      }
      #expect(fault.error.code == .invalidRequest)
    }
  }
}
