/// Bytes that wait to be written: small pieces are gathered, large ones are kept as they came.
struct OutputQueue {
  /// Pieces are gathered into chunks of at most this size, each written by one call.
  static let chunkBytes = 65_536

  /// Most memory that an empty queue keeps, about.
  static let idleBytesMax = 16_384

  /// Never empty: the last chunk is the one that small pieces are added to.
  private var chunks: [[UInt8]] = [[]]
  private var first = 0
  /// How much of the first chunk is written.
  private var written = 0
  private(set) var byteCount = 0

  var isEmpty: Bool { byteCount == 0 }

  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else { return }
    makeRoom(for: bytes.count)
    chunks[chunks.count - 1].append(contentsOf: bytes)
    byteCount += bytes.count
  }

  mutating func append(_ bytes: [UInt8]) {
    guard bytes.count >= Self.chunkBytes else { return bytes.withUnsafeBytes { append($0) } }
    if chunks[chunks.count - 1].isEmpty { chunks[chunks.count - 1] = bytes } else { chunks.append(bytes) }
    byteCount += bytes.count
  }

  /// Gives the first chunk's unwritten bytes to `write`, which answers how many of them it has written.
  mutating func withFirstChunk<Result>(_ write: (UnsafeRawBufferPointer) -> Result) -> Result {
    chunks[first].withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[written...])) }
  }

  /// Forgets the first `count` bytes, which are written; they are all of the first chunk.
  mutating func consume(_ count: Int) {
    written += count
    byteCount -= count
    guard written == chunks[first].count else { return }
    written = 0
    guard first < chunks.count - 1 else {
      // Some memory is kept for the next piece, but not so much that many idle streams have it together.
      let keeps = chunks[first].count <= Self.idleBytesMax
      chunks[first].removeAll(keepingCapacity: keeps)
      if first > 0 {
        chunks.removeFirst(first)
        first = 0
      }
      return
    }
    chunks[first] = []
    first += 1
  }

  mutating func removeAll() {
    self = OutputQueue()
  }

  private mutating func makeRoom(for count: Int) {
    let last = chunks[chunks.count - 1].count
    if last == 0 || last + count <= Self.chunkBytes { return }
    var chunk: [UInt8] = []
    chunk.reserveCapacity(max(count, Self.chunkBytes))
    chunks.append(chunk)
  }
}
