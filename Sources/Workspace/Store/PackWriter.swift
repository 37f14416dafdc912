import CLibGit2
import Glibc

/// Writes many objects as one pack file with its index, as git reads them: one file costs what a thousand loose
/// objects cost a thousand times. Objects are deflated on their own, never as deltas.
struct PackWriter: ~Copyable {
  /// zlib's fastest level: snapshots are short-lived.
  private static let level: Int32 = 1

  /// One object's place in the pack.
  struct Entry {
    var id: ObjectID
    var offset: Int
    var checksum: UInt32
  }

  private(set) var entries: [Entry] = []
  /// Everything between the header and the trailer.
  private var body: [UInt8] = []
  private let stream: UnsafeMutablePointer<z_stream>

  init() throws(WorkspaceError) {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard baton_deflate_init(stream, Self.level) == Z_OK else {
      stream.deallocate()
      throw WorkspaceError(.storeUnusable, "There is no memory to compress objects.")
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// Bytes of the pack so far.
  var byteCount: Int { body.count }

  /// Adds an object that the pack does not hold yet.
  mutating func add(_ id: ObjectID, _ kind: ObjectStore.Kind, _ bytes: [UInt8]) throws(WorkspaceError) {
    let start = body.count
    var size = bytes.count >> 4
    var byte = UInt8(kind == .blob ? 3 : 2) << 4 | UInt8(bytes.count & 15)
    while size > 0 {
      body.append(byte | 0x80)
      byte = UInt8(size & 0x7f)
      size >>= 7
    }
    body.append(byte)
    try deflate(bytes)
    let checksum = body.withUnsafeBytes { body in
      crc32(0, body.baseAddress?.advanced(by: start).assumingMemoryBound(to: UInt8.self), UInt32(body.count - start))
    }
    entries.append(Entry(id: id, offset: PackFile.headerBytes + start, checksum: UInt32(truncatingIfNeeded: checksum)))
  }

  private mutating func deflate(_ bytes: [UInt8]) throws(WorkspaceError) {
    deflateReset(stream)
    let stream = stream
    let room = Int(deflateBound(stream, UInt(bytes.count)))
    var status = Z_OK
    body += [UInt8](unsafeUninitializedCapacity: room) { output, count in
      bytes.withUnsafeBytes { input in
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        )
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = UInt32(room)
        status = CLibGit2.deflate(stream, Z_FINISH)
        count = room - Int(stream.pointee.avail_out)
      }
    }
    guard status == Z_STREAM_END else { throw WorkspaceError(.storeUnusable, "An object cannot be compressed.") }
  }

  /// Writes the pack and its index into `directory` and starts anew.
  mutating func finish(in directory: String) throws(WorkspaceError) {
    guard !entries.isEmpty else { return }
    try PackFile.write(body: body, entries: entries, in: directory)
    entries.removeAll()
    body.removeAll()
  }
}

/// The format of a pack file and of its index (version 2).
enum PackFile {
  /// Bytes before the first object.
  static let headerBytes = 12
  /// Bytes of a pack's body beyond which offsets would need the index's long form.
  static let bodyBytesMax = 1 << 30

  /// Writes a pack and its index. The index comes last: a pack without one is not seen.
  static func write(body: [UInt8], entries: [PackWriter.Entry], in directory: String) throws(WorkspaceError) {
    var header = Array("PACK".utf8)
    append(2, to: &header)
    append(UInt32(entries.count), to: &header)
    let trailer = SHA1.hash(header, body)
    let name = "\(directory)/pack-\(hex(trailer))"
    try FileBytes.replace(path: name + ".pack", with: header + body + trailer)
    try FileBytes.replace(path: name + ".idx", with: index(of: entries, trailer: trailer))
  }

  private static func index(of entries: [PackWriter.Entry], trailer: [UInt8]) -> [UInt8] {
    let sorted = entries.sorted { $0.id < $1.id }
    var index: [UInt8] = [0xff, UInt8(ascii: "t"), UInt8(ascii: "O"), UInt8(ascii: "c")]
    append(2, to: &index)
    var position = 0
    for first in 0...255 {
      while position < sorted.count, Int(sorted[position].id.firstByte) <= first { position += 1 }
      append(UInt32(position), to: &index)
    }
    for entry in sorted { index += entry.id.bytes }
    for entry in sorted { append(entry.checksum, to: &index) }
    for entry in sorted { append(UInt32(entry.offset), to: &index) }
    index += trailer
    return index + SHA1.hash(index)
  }

  /// The objects of a pack whose index is `index`; nil for a form that is not ours.
  static func entries(of index: [UInt8]) -> [PackWriter.Entry]? {
    let tables = 8 + 256 * 4
    guard index.count >= tables + 40, index.starts(with: [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]) else { return nil }
    let count = Int(number(index, tables - 4))
    guard index.count == tables + count * (ObjectID.byteCount + 8) + 40 else { return nil }
    let checksums = tables + count * ObjectID.byteCount
    return (0..<count).map { position in
      let id = index.withUnsafeBytes { bytes in
        ObjectID(bytes: UnsafeRawBufferPointer(rebasing: bytes[(tables + position * ObjectID.byteCount)...]))
      }
      return PackWriter.Entry(
        id: id,
        offset: Int(number(index, checksums + 4 * count + 4 * position)),
        checksum: number(index, checksums + 4 * position)
      )
    }
  }

  private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    bytes.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
  }

  private static func append(_ number: UInt32, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
