import Diagnostics
import Domain
import Glibc

/// Ends an apply from its journal alone, whether it failed just now or its process was killed: before the commit mark
/// everything is put back, after it the leftovers go. What it finds on the disk decides, so it may run again and again.
struct ApplyRecovery: ~Copyable {
  private let tree: WorkTree
  private let store: ObjectStore
  private let bytesMax: Int
  private let logger = Log.logger("workspace")

  init(root: String, store: ObjectStore, bytesMax: Int) throws(WorkspaceError) {
    tree = try WorkTree(root: root)
    self.store = store
    self.bytesMax = bytesMax
  }

  /// Ends what an earlier process left unfinished, unless it is still at work.
  static func finishLeftovers(root: String, store: ObjectStore, bytesMax: Int) throws(WorkspaceError) {
    guard FileBytes.exists(ApplyJournal.path(in: store)),
      let lock = try FileLock(path: store.path + "/apply.flock", .exclusive)
    else { return }
    let bytes = try FileBytes.read(path: ApplyJournal.path(in: store), bytesMax: ApplyJournal.bytesMax)
    if let journal = ApplyJournal(bytes) {
      try ApplyRecovery(root: root, store: store, bytesMax: bytesMax).finish(journal)
    } else {
      // Written whole or not at all, so this is no journal of ours.
      Glibc.unlink(ApplyJournal.path(in: store))
    }
    extendLifetime(lock)
  }

  /// Ends the apply and removes its journal. Something that cannot be ended is logged and left as it is.
  func finish(_ journal: ApplyJournal) {
    if journal.isCommitted {
      for entry in journal.entries { removeLeftovers(entry) }
    } else {
      for entry in journal.entries.reversed() where entry.action == .create || entry.action == .replace {
        putBack(entry)
      }
      for folder in journal.createdFolders.reversed() { removeFolderIfEmpty(folder) }
      for entry in journal.entries.reversed() where entry.action == .remove || entry.action == .removeFolder {
        putBack(entry)
      }
    }
    Glibc.unlink(ApplyJournal.path(in: store))
  }

  private func putBack(_ entry: ApplyJournal.Entry) {
    switch entry.action {
    case .remove, .removeFolder:
      if tree.isThere(entry.backup) { restore(entry) }
    case .replace:
      if tree.isThere(entry.backup) {
        if hash(entry.path) == entry.newHash { remove(entry.path) }
        restore(entry)
      } else if tree.isThere(entry.temporary), hash(entry.temporary) != entry.newHash,
        hash(entry.path) == entry.newHash
      {
        report(tree.rename(entry.temporary, entry.path, .exchange), entry.path)
      }
      if tree.isThere(entry.temporary) { remove(entry.temporary) }
    case .create:
      if tree.isThere(entry.temporary) {
        remove(entry.temporary)
      } else if hash(entry.path) == entry.newHash {
        remove(entry.path)
      }
    }
  }

  /// Brings the old file back, unless the user has put something else there meanwhile; the store has its bytes anyway.
  private func restore(_ entry: ApplyJournal.Entry) {
    let status = tree.move(entry.backup, entry.path)
    if status == EEXIST, entry.action != .removeFolder {
      remove(entry.backup)
    } else {
      report(status, entry.path)
    }
  }

  /// After the commit: the old bytes, and folders that hold nothing any more.
  private func removeLeftovers(_ entry: ApplyJournal.Entry) {
    for path in [entry.temporary, entry.backup] where !path.isEmpty && tree.isThere(path) {
      if entry.action == .removeFolder { removeTree(path) } else { remove(path) }
    }
    guard entry.action == .remove else { return }
    var parts = entry.path.split(separator: "/").dropLast()
    while !parts.isEmpty, removeFolderIfEmpty(parts.joined(separator: "/")) { parts = parts.dropLast() }
  }

  private func removeTree(_ folder: String) {
    let names = orLog("list \(folder)", logger) { try tree.list(folder) } ?? []
    for (name, isFolder) in names {
      if isFolder { removeTree(folder + "/" + name) } else { remove(folder + "/" + name) }
    }
    removeFolderIfEmpty(folder)
  }

  @discardableResult
  private func removeFolderIfEmpty(_ folder: String) -> Bool {
    unlink(folder, AT_REMOVEDIR) == 0
  }

  private func remove(_ path: String) {
    report(unlink(path, 0), path)
  }

  /// 0 or the system's error number.
  private func unlink(_ path: String, _ flags: Int32) -> Int32 {
    do throws(WorkspaceError) {
      let place = try tree.locate(path)
      return unlinkat(place.folder.descriptor, place.name, flags) == 0 ? 0 : errno
    } catch { return ENOENT }
  }

  /// Hash of what the path holds, empty for nothing or something that has no bytes.
  private func hash(_ path: String) -> String {
    let hash = orLog("read \(path)", logger) { () throws -> String in
      guard tree.isThere(path) else { return "" }
      let place = try tree.locate(path)
      let bytes = try place.folder.read(place.name, bytesMax: bytesMax, path: path).bytes
      guard let bytes else { return "" }
      return try store.hash(of: bytes).hex
    }
    return hash ?? ""
  }

  private func report(_ status: Int32, _ path: String) {
    guard status != 0, status != ENOENT else { return }
    orLog("put back an unfinished change", logger) { () throws in
      throw WorkspaceError.system(.writeFailed, "\(path) cannot be put back.", number: status)
    }
  }
}
