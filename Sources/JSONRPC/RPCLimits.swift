/// The bounds of one connection. What happens at each is said with it; none of them ends the process.
package struct RPCLimits: Sendable, Equatable {
  /// A message's length in bytes. A longer one is skipped without being kept and answered with -32600, id null.
  package var frameBytesMax = 16 * 1_024 * 1_024
  /// All header lines of one message, in bytes. More than that ends the connection: the stream has lost its framing.
  package var headerBytesMax = 4_096
  /// Nesting of arrays and objects. Deeper: -32600.
  package var depthMax = JSONValue.depthMax
  /// Length of a method's name in bytes. Longer: -32600.
  package var methodBytesMax = 256
  /// Length of a request id that is a string, in bytes. Longer: -32600, id null.
  package var idBytesMax = 256
  /// Requests of the peer that wait for an answer. One more: -32001, at once.
  package var pendingRequestsMax = 1_024
  /// Requests of ours that wait for the peer's answer. One more is refused to the caller.
  package var outgoingRequestsMax = 64
  /// Identifiers of finished requests that are remembered, so that a late cancel is told from a wrong one.
  package var finishedIDsMax = 64
  /// Bytes that wait to be sent, from which on no further message of the peer is looked at.
  package var outputBytesHigh = 1_024 * 1_024

  package init() {}
}
