/// Bytes of a file: `text` when they are UTF-8, else `base64`. Exactly one of the two is there.
package struct EncodedBytes: Codable, Sendable, Equatable {
  /// The bytes as UTF-8 text.
  package var text: String?
  /// The bytes in base64 (RFC 4648, with padding).
  package var base64: String?

  /// The bytes in the form that suits them.
  package init(_ bytes: [UInt8]) {
    if let text = String(validating: bytes, as: UTF8.self) {
      self.text = text
    } else {
      base64 = Base64.encode(bytes)
    }
  }

  package init(text: String?, base64: String?) {
    self.text = text
    self.base64 = base64
  }

  /// The bytes; nil when neither or both members are there, or the base64 is none.
  package var bytes: [UInt8]? {
    switch (text, base64) {
    case (let text?, nil): Array(text.utf8)
    case (nil, let base64?): Base64.decode(base64)
    default: nil
    }
  }
}

/// The encoding of RFC 4648, section 4.
package enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()
  private static let padding = UInt8(ascii: "=")

  /// Text of `bytes`, padded to a multiple of four characters.
  package static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    var position = 0
    while position < bytes.count {
      let group = bytes[position..<min(position + 3, bytes.count)]
      var word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      word <<= UInt32(8 * (3 - group.count))
      for character in 0..<4 {
        let isPadding = character > group.count
        text.append(isPadding ? padding : alphabet[Int(word >> UInt32(18 - 6 * character) & 0x3F)])
      }
      position += 3
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of `text`; nil when it is not exactly what ``encode(_:)`` writes.
  package static func decode(_ text: String) -> [UInt8]? {
    let characters = Array(text.utf8)
    guard characters.count % 4 == 0 else { return nil }
    let paddings = characters.suffix(2).reversed().prefix { $0 == padding }.count
    var bytes: [UInt8] = []
    bytes.reserveCapacity(characters.count / 4 * 3)
    var word: UInt32 = 0
    for (position, character) in characters.dropLast(paddings).enumerated() {
      let value = values[Int(character)]
      guard value != 0xFF else { return nil }
      word = word << 6 | UInt32(value)
      if position % 4 == 3 {
        bytes += [UInt8(word >> 16 & 0xFF), UInt8(word >> 8 & 0xFF), UInt8(word & 0xFF)]
        word = 0
      }
    }
    // Bits that belong to no byte must be zero, or two texts would mean the same bytes.
    switch paddings {
    case 1:
      guard word & 0x3 == 0 else { return nil }
      bytes += [UInt8(word >> 10 & 0xFF), UInt8(word >> 2 & 0xFF)]
    case 2:
      guard word & 0xF == 0 else { return nil }
      bytes.append(UInt8(word >> 4 & 0xFF))
    default: break
    }
    return bytes
  }
}
