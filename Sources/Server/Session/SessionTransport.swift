/// The way to a client, used on the session's event loop only. It tells the session what comes, as an event loop's
/// stream tells its handler.
package protocol SessionTransport: AnyObject, Sendable {
  /// Begins to hand what comes to `session`.
  func start(_ session: Session)
  /// Takes bytes to send, in order. Never waits; errors reach the session.
  func send(_ bytes: [UInt8])
  /// Bytes taken that the system has not.
  var queuedBytes: Int { get }
  /// Returns when the system has all bytes, or never will.
  func drained() async
  /// Whether to go on reading. While not, the client is slowed down by its own full pipe.
  func setReading(_ isReading: Bool)
  /// Sends what is queued, for a while at most, and closes.
  func close() async
}
