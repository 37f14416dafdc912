/// Notices of one snapshot, up to a limit.
struct NoticeList {
  /// Most notices that are kept.
  let max: Int
  private(set) var notices: [SnapshotNotice] = []
  /// Notices beyond ``max``.
  private(set) var omittedCount = 0

  init(max: Int) {
    self.max = max
  }

  /// Adds a notice about the path with these bytes; an empty path is the root.
  mutating func add(path: [UInt8], _ reason: SnapshotNotice.Reason, _ message: String) {
    guard notices.count < max else {
      omittedCount += 1
      return
    }
    var text = path.isEmpty ? "." : String(decoding: path, as: UTF8.self)
    if text.count > 1, text.hasSuffix("/") { text.removeLast() }
    notices.append(SnapshotNotice(path: text, reason: reason, message: message))
  }
}
