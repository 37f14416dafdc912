/// What a connection's bytes mean to its owner.
package enum RPCEvent: Sendable, Equatable {
  /// The peer asks. Answer with ``RPCPeer/answer(_:with:)``, once.
  case request(id: RequestID, method: String, params: ArraySlice<UInt8>?)
  /// The peer tells.
  case notification(method: String, params: ArraySlice<UInt8>?)
  /// The peer gives up a request that still waits. It must be answered all the same, as its work ends.
  case cancellation(id: RequestID)
  /// A request of ours ended: by an answer, by its deadline, or with the connection.
  case answer(CallID, Result<JSONValue, RPCError>)
  /// The peer sent something that could not be used; it was answered where an answer is due. For the log.
  case fault(String)
  /// The stream is of no more use: close the connection once the output is written.
  case failed(FrameError)
}

/// A request of ours to the peer.
package struct CallID: Hashable, Sendable {
  let number: Int64
}
