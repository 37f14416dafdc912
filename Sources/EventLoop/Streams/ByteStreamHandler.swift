/// An actor of the loop that takes a stream's bytes as they come, without a task switch or a copy.
///
/// All of it is called synchronously on the loop's thread. What the handler sends meanwhile is gathered, and written by
/// one call before the loop polls again.
package protocol ByteStreamHandler: Actor {
  /// The peer has sent `bytes`, at most 64 KiB, which are valid during the call only.
  func received(_ bytes: UnsafeRawBufferPointer)
  /// The peer has read so much that the unwritten output fell from above the high-water mark to the low-water mark. A
  /// handler that keeps unread input of its own while output piles up goes on with it now. Does nothing unless implemented.
  func outputDrained()
  /// The peer will send nothing more; it may still read.
  func receivedEnd()
  /// The stream can't be read or written any more: the peer vanished, or the loop stops. Called at most once, and
  /// nothing is called after it. The stream must still be closed.
  func failed(_ error: UVError)
}

extension ByteStreamHandler {
  package func outputDrained() {}

  /// Calls ``received(_:)`` from a callback of libuv, which belongs to no task. Traps when the handler is no actor of the
  /// loop that calls.
  nonisolated func deliver(_ bytes: UnsafeRawBufferPointer) {
    // Safety: the handler gets the pointer on this thread, and has returned before the memory is used again.
    nonisolated(unsafe) let bytes = bytes
    assumeIsolated { $0.received(bytes) }
  }
}
