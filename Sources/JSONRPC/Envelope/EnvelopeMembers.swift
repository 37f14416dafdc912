/// Where the outermost members of a message are, and its small ones.
struct EnvelopeMembers {
  /// Whether the version is right; nil when it is missing.
  var isVersion2: Bool?
  var id: JSONValue?
  var method: JSONValue?
  var params: Range<Int>?
  var result: Range<Int>?
  var error: Range<Int>?
  /// A member that is there twice.
  var duplicate: String?

  /// Decides what the message is. Ranges count from the start of `frame`.
  func envelope(of frame: ArraySlice<UInt8>, _ limits: RPCLimits) throws(EnvelopeError) -> Envelope {
    let requestID = id.flatMap(RequestID.init(json:))
    let isAnswer = method == nil && (result != nil || error != nil)
    func fault(_ message: String) -> EnvelopeError {
      EnvelopeError(.invalidRequest, message, id: duplicate == "id" ? nil : requestID, wantsAnswer: !isAnswer)
    }
    if let duplicate { throw fault("the member \"\(duplicate)\" is there twice") }
    guard isVersion2 == true else { throw fault("the member \"jsonrpc\" must be \"2.0\"") }
    if case .string(let string) = requestID, string.utf8.count > limits.idBytesMax {
      throw EnvelopeError(.invalidRequest, "the id has more than \(limits.idBytesMax) bytes", wantsAnswer: !isAnswer)
    }
    if isAnswer { return try answer(of: frame, requestID, fault) }
    guard let method else { throw fault("the member \"method\" is missing") }
    guard case .string(let name) = method else { throw fault("the member \"method\" must be a string") }
    guard name.utf8.count <= limits.methodBytesMax else {
      throw fault("the method's name has more than \(limits.methodBytesMax) bytes")
    }
    guard result == nil, error == nil else { throw fault("a message with a method has no \"result\" or \"error\"") }
    let arguments = try parameters(of: frame, fault)
    guard id != nil else { return .notification(method: name, params: arguments) }
    guard let requestID else { throw fault("the member \"id\" must be a string or an integer of 64 bits") }
    return .request(id: requestID, method: name, params: arguments)
  }

  private func answer(
    of frame: ArraySlice<UInt8>,
    _ requestID: RequestID?,
    _ fault: (String) -> EnvelopeError
  ) throws(EnvelopeError) -> Envelope {
    guard params == nil else { throw fault("an answer has no \"params\"") }
    switch (result, error) {
    case (let result?, nil):
      guard let requestID else { throw fault("a result must have the id of its request") }
      return .result(id: requestID, frame.part(result))
    case (nil, let error?):
      guard requestID != nil || id == nil || id == .null else { throw fault("the id of an answer is of no use") }
      return .failure(id: requestID, frame.part(error))
    default: throw fault("an answer has either \"result\" or \"error\"")
    }
  }

  private func parameters(
    of frame: ArraySlice<UInt8>,
    _ fault: (String) -> EnvelopeError
  ) throws(EnvelopeError) -> ArraySlice<UInt8>? {
    guard let params else { return nil }
    let part = frame.part(params)
    switch part.first {
    case UInt8(ascii: "{"), UInt8(ascii: "["): return part
    // Some clients write null where there are no parameters.
    case UInt8(ascii: "n"): return nil
    default: throw fault("the member \"params\" must be an object or an array")
    }
  }
}

extension ArraySlice<UInt8> {
  /// The part at a range that counts from this slice's start.
  fileprivate func part(_ range: Range<Int>) -> ArraySlice<UInt8> {
    self[startIndex + range.lowerBound..<startIndex + range.upperBound]
  }
}
