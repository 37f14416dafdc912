/// Searches in JSON text that both the parser and the envelope scanner need. All positions stay within `0...count`.
enum JSONBytes {
  /// The first position from `start` on that is no space, tab or line end.
  @inline(__always)
  static func endOfWhiteSpace(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var position = start
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position += 1
      default: return position
      }
    }
    return position
  }

  /// The first position from `start` on that holds a quote, a backslash or a control character; the count if none
  /// does. Eight bytes at a time, since strings are most of a large message.
  static func endOfPlainRun(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    var position = start
    while bytes.count - position >= 8 {
      let hit = specials(in: word(of: bytes, at: position))
      if hit != 0 { return position + hit.trailingZeroBitCount / 8 }
      position += 8
    }
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { return position }
      position += 1
    }
    return position
  }

  /// The lowest set bit is in the first byte of `word` that is a quote, a backslash or below 0x20. Bits above it mean
  /// nothing: a borrow may have set them.
  @inline(__always)
  private static func specials(in word: UInt64) -> UInt64 {
    let quotes = word ^ 0x2222_2222_2222_2222
    let backslashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
    let zeroQuotes = (quotes &- 0x0101_0101_0101_0101) & ~quotes
    let zeroBackslashes = (backslashes &- 0x0101_0101_0101_0101) & ~backslashes
    let controls = (word &- 0x2020_2020_2020_2020) & ~word
    return (zeroQuotes | zeroBackslashes | controls) & 0x8080_8080_8080_8080
  }

  @inline(__always)
  private static func word(of bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> UInt64 {
    UInt64(littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: position, as: UInt64.self))
  }
}
