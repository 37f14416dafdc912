import CLibGit2
import Glibc

/// The record of an apply under way, kept in the store so that one that was killed is put back when the workspace is
/// next opened: a user never finds half a patch, or a temporary file.
struct ApplyJournal: Equatable {
  /// Longest journal that is read, in bytes.
  static let bytesMax = 64 << 20

  /// What is done to a path.
  enum Action: String {
    /// The file goes to `backup`.
    case remove
    /// The folder, which holds nothing but files that are removed, goes to `backup`.
    case removeFolder
    /// The file at `temporary` changes places with the old one.
    case replace
    /// The file at `temporary` comes to the path.
    case create
  }

  /// One path, and the names used on the way.
  struct Entry: Equatable {
    var action: Action
    /// The path, relative to the root.
    var path: String
    /// Where the new bytes were staged, relative to the root; empty for removals.
    var temporary: String
    /// Where the old file goes, relative to the root.
    var backup: String
    /// Hash of the new bytes; empty for removals.
    var newHash: String
  }

  /// Everything is in place; only the leftovers must go.
  var isCommitted = false
  var entries: [Entry] = []
  /// Folders that were made for new files, outermost first.
  var createdFolders: [String] = []

  private static let magic = "baton-apply-1"

  /// Fields ended by NUL, which no path contains.
  var bytes: [UInt8] {
    var fields = [Self.magic, isCommitted ? "committed" : "prepared", String(entries.count)]
    for entry in entries {
      fields += [entry.action.rawValue, entry.path, entry.temporary, entry.backup, entry.newHash]
    }
    fields += createdFolders
    return Array(fields.joined(separator: "\0").utf8)
  }

  /// Nil for bytes that are no journal.
  init?(_ bytes: [UInt8]) {
    let fields = bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    guard fields.count >= 3, fields[0] == Self.magic, let count = Int(fields[2]), count >= 0,
      fields.count >= 3 + 5 * count
    else { return nil }
    isCommitted = fields[1] == "committed"
    for index in 0..<count {
      let start = 3 + 5 * index
      guard let action = Action(rawValue: fields[start]) else { return nil }
      entries.append(
        Entry(
          action: action,
          path: fields[start + 1],
          temporary: fields[start + 2],
          backup: fields[start + 3],
          newHash: fields[start + 4]
        )
      )
    }
    createdFolders = Array(fields[(3 + 5 * count)...])
  }

  init() {}
}

extension ApplyJournal {
  static func path(in store: ObjectStore) -> String { store.path + "/apply.journal" }

  /// Makes the journal durable.
  func save(in store: ObjectStore) throws(WorkspaceError) {
    try FileBytes.replace(path: Self.path(in: store), with: bytes, syncs: true)
  }
}
