import CLibGit2
import Domain

/// A git object's SHA-1 as a plain value: 20 bytes in memory, in order.
struct ObjectID: Hashable, Sendable, Comparable {
  private var first: UInt64 = 0
  private var second: UInt64 = 0
  private var third: UInt32 = 0

  /// Bytes of a hash.
  static let byteCount = 20
  static let zero = ObjectID()

  private init() {}

  init(_ id: git_oid) {
    self.init()
    withUnsafeBytes(of: id) { source in withBytes { $0.copyMemory(from: source) } }
  }

  /// Takes the first 20 bytes of `bytes`, which must be as many.
  init(bytes: UnsafeRawBufferPointer) {
    self.init()
    withBytes { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[0..<Self.byteCount])) }
  }

  init(_ tree: TreeID) {
    self.init()
    var digits = tree.hex.utf8.makeIterator()
    withBytes { bytes in
      for index in 0..<Self.byteCount {
        guard let high = digits.next(), let low = digits.next() else { return }
        bytes[index] = Self.value(high) << 4 | Self.value(low)
      }
    }
  }

  private static func value(_ digit: UInt8) -> UInt8 {
    digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : (digit | 0x20) - UInt8(ascii: "a") + 10
  }

  private mutating func withBytes(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
    withUnsafeMutableBytes(of: &self) { body(UnsafeMutableRawBufferPointer(rebasing: $0[0..<Self.byteCount])) }
  }

  /// The value as libgit2 takes it.
  var oid: git_oid {
    var oid = git_oid()
    withUnsafeMutableBytes(of: &oid) { target in
      withUnsafeBytes(of: self) { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[0..<Self.byteCount])) }
    }
    return oid
  }

  var bytes: [UInt8] {
    withUnsafeBytes(of: self) { Array($0[0..<Self.byteCount]) }
  }

  var firstByte: UInt8 { withUnsafeBytes(of: self) { $0[0] } }

  var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(unsafeUninitializedCapacity: 2 * Self.byteCount) { output in
      withUnsafeBytes(of: self) { bytes in
        for index in 0..<Self.byteCount {
          output[2 * index] = digits[Int(bytes[index] >> 4)]
          output[2 * index + 1] = digits[Int(bytes[index] & 15)]
        }
      }
      return 2 * Self.byteCount
    }
  }

  /// Order of the bytes, as pack indexes are sorted.
  static func < (left: ObjectID, right: ObjectID) -> Bool {
    if left.first != right.first { return left.first.bigEndian < right.first.bigEndian }
    if left.second != right.second { return left.second.bigEndian < right.second.bigEndian }
    return left.third.bigEndian < right.third.bigEndian
  }
}
