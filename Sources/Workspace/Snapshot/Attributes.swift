/// The few questions a scan has about `.gitattributes`.
enum Attributes {
  /// Longest file of attributes that is searched; a longer one counts as converting.
  static let bytesMax = 1 << 20

  private static let converting = ["text", "crlf", "eol", "filter", "ident", "working-tree-encoding"]

  /// Whether the attributes could make a blob in the repository differ from the bytes on disk.
  static func mayConvert(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      for word in line.split(whereSeparator: \.isWhitespace).dropFirst() {
        // `-text` and `!text` switch conversion off, and with it nothing else.
        let name = word.prefix { $0 != "=" }
        if converting.contains(String(name)) { return true }
        if line.hasPrefix("[attr]") { return true }
      }
    }
    return false
  }
}
