/// What a message is, with its large parts still unparsed.
package enum Envelope: Sendable, Equatable {
  /// Wants an answer.
  case request(id: RequestID, method: String, params: ArraySlice<UInt8>?)
  /// Wants none.
  case notification(method: String, params: ArraySlice<UInt8>?)
  /// Answers a request of ours; the result is unparsed JSON.
  case result(id: RequestID, ArraySlice<UInt8>)
  /// Answers a request of ours, or a message of ours that the peer could not read (id nil).
  case failure(id: RequestID?, ArraySlice<UInt8>)
}

/// Why a message is none of the ``Envelope``s, and what becomes of it.
package struct EnvelopeError: Error, Sendable, Equatable {
  /// The answer's error.
  package let error: RPCError
  /// The request's identifier where it could be read; else the answer has `null`.
  package let id: RequestID?
  /// Whether the message wants an answer. A broken answer of the peer's gets none, or two sides could answer each
  /// other's errors for ever.
  package let wantsAnswer: Bool

  init(_ code: RPCError.Code, _ message: String, id: RequestID? = nil, wantsAnswer: Bool = true) {
    error = RPCError(code, message)
    self.id = id
    self.wantsAnswer = wantsAnswer
  }
}
