/// How much a ``ByteStream`` holds in memory for a peer that doesn't read.
package struct StreamLimits: Sendable, Equatable {
  /// Above this much unwritten output `write` waits, and a stream with a handler reads nothing more.
  package var outputHighWaterBytes: Int
  /// At or below this much, writing and reading go on.
  package var outputLowWaterBytes: Int
  /// More unwritten output than this fails the stream: the peer has stopped reading.
  package var outputBytesMax: Int

  package init(
    outputHighWaterBytes: Int = 1 << 20,
    outputLowWaterBytes: Int = 256 << 10,
    outputBytesMax: Int = 64 << 20
  ) {
    self.outputHighWaterBytes = outputHighWaterBytes
    self.outputLowWaterBytes = outputLowWaterBytes
    self.outputBytesMax = outputBytesMax
  }
}
