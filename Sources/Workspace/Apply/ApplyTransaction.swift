import CLibGit2
import Diagnostics
import Domain
import Glibc

/// Writes the steps of a plan into the live folder: all of them, or none.
///
/// Every new file is staged beside its target and synced first. Then, path by path, the live bytes are compared once
/// more with what the plan saw, and old and new change places in one system call, so the old file is still there to be
/// checked and, on any failure, to be put back.
///
/// Confined to its workspace's executor, for the length of one apply.
final class ApplyTransaction {
  /// Why a transaction was put back.
  enum Failure: Error {
    case changedMeanwhile(RelativePath)
    case folderNotEmpty(RelativePath)
    case failed(WorkspaceError)
  }

  private typealias Operation = (step: ApplyPlan.Step, entry: ApplyJournal.Entry)

  private let tree: WorkTree
  private let store: ObjectStore
  private let bytesMax: Int
  private var journal = ApplyJournal()
  private var operations: [Operation] = []
  /// Every path that goes, including those that go with their folder.
  private var removed: Set<String> = []

  init(tree: consuming WorkTree, store: ObjectStore, bytesMax: Int) {
    self.tree = tree
    self.store = store
    self.bytesMax = bytesMax
  }

  /// Carries out `steps`.
  func run(_ steps: [ApplyPlan.Step]) throws(Failure) {
    try reporting { () throws(WorkspaceError) in
      try prepare(steps)
      try journal.save(in: store)
    }
    do throws(Failure) {
      for operation in operations where !operation.entry.temporary.isEmpty {
        try reporting { () throws(WorkspaceError) in try stage(operation) }
      }
      for operation in operations { try commit(operation) }
      try reporting { () throws(WorkspaceError) in
        try syncFolders()
        journal.isCommitted = true
        try journal.save(in: store)
      }
    } catch {
      finish()
      throw error
    }
    finish()
  }

  /// Puts everything back, or removes the leftovers, as the journal says. If the root itself is gone, the journal stays
  /// for when it is opened again.
  private func finish() {
    orLog("end an apply", Log.logger("workspace")) { () throws in
      try ApplyRecovery(root: tree.path, store: store, bytesMax: bytesMax).finish(journal)
    }
  }

  private func reporting(_ body: () throws(WorkspaceError) -> Void) throws(Failure) {
    do throws(WorkspaceError) { try body() } catch { throw .failed(error) }
  }

  // MARK: Preparing

  /// Decides every name before the first is used, so that the journal knows them all.
  private func prepare(_ steps: [ApplyPlan.Step]) throws(WorkspaceError) {
    let id = String(UInt64.random(in: .min ... .max), radix: 36)
    let movedFolders = steps.filter { $0.live == .folder }.map { $0.path.string + "/" }
    removed = Set(steps.filter { $0.result == nil }.map(\.path.string))
    for (index, step) in steps.enumerated() {
      if step.result == nil, movedFolders.contains(where: { step.path.string.hasPrefix($0) }) { continue }
      try prepare(step, name: ".baton-\(id)-\(index)")
    }
    let order: [ApplyJournal.Action] = [.remove, .removeFolder, .replace, .create]
    operations = order.flatMap { action in operations.filter { $0.entry.action == action } }
    journal.entries = operations.map(\.entry)
  }

  private func prepare(_ step: ApplyPlan.Step, name: String) throws(WorkspaceError) {
    let parts = step.path.string.split(separator: "/")
    let staging = try stagingFolder(parts)
    var entry = ApplyJournal.Entry(
      action: .remove,
      path: step.path.string,
      temporary: "",
      backup: staging + name + ".old",
      newHash: ""
    )
    guard let result = step.result else {
      operations.append((step, entry))
      return
    }
    if step.live == .folder {
      entry.action = .removeFolder
      operations.append((step, entry))
    }
    entry.temporary = staging + name
    entry.newHash = try store.hash(of: result.bytes).hex
    if step.live.bytes != nil {
      entry.action = .replace
    } else {
      entry.action = .create
      entry.backup = ""
      for count in parts.indices.dropFirst() {
        let folder = parts[..<count].joined(separator: "/")
        if folder.utf8.count >= staging.utf8.count, !journal.createdFolders.contains(folder) {
          journal.createdFolders.append(folder)
        }
      }
    }
    operations.append((step, entry))
  }

  /// The deepest folder of a path that exists, with a trailing slash; empty for the root.
  private func stagingFolder(_ parts: [Substring]) throws(WorkspaceError) -> String {
    for count in parts.indices.reversed() {
      do throws(WorkTree.Obstacle) {
        _ = try tree.folder(parts[..<count])
        return parts[..<count].map { $0 + "/" }.joined()
      } catch {
        switch error {
        case .missing, .file: continue
        case .symbolicLink, .system:
          throw WorkspaceError(
            .writeFailed,
            "The folder of \(parts.joined(separator: "/")) cannot be reached (\(error))."
          )
        }
      }
    }
    return ""
  }

  /// Writes the new bytes beside the target, with the old file's attributes.
  private func stage(_ operation: Operation) throws(WorkspaceError) {
    let step = operation.step
    guard let result = step.result else { return }
    let place = try tree.locate(operation.entry.temporary)
    if result.mode == .symbolicLink {
      let target = String(decoding: result.bytes, as: UTF8.self)
      guard symlinkat(target, place.folder.descriptor, place.name) == 0 else {
        throw .system(.writeFailed, "\(step.path) cannot be written.")
      }
      return
    }
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = openat(place.folder.descriptor, place.name, flags, 0o666)
    guard descriptor >= 0 else { throw .system(.writeFailed, "\(step.path) cannot be written.") }
    defer { close(descriptor) }
    guard result.bytes.withUnsafeBytes({ FileBytes.write($0, to: descriptor) }) else {
      throw .system(.writeFailed, "\(step.path) cannot be written.")
    }
    if operation.entry.action == .replace {
      let old = openat(place.folder.descriptor, String(step.path.name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
      if old >= 0 {
        FileAttributes.copyExtended(from: old, to: descriptor)
        close(old)
      }
    }
    try FileAttributes.set(step, on: descriptor, in: place.folder.descriptor)
    guard fsync(descriptor) == 0 else { throw .system(.writeFailed, "\(step.path) cannot be written to the disk.") }
  }

  // MARK: Committing

  private func commit(_ operation: Operation) throws(Failure) {
    let (step, entry) = operation
    switch entry.action {
    case .remove:
      try checkUnchanged(step)
      try move(entry.path, entry.backup, step.path)
      guard try readBytes(entry.backup) == step.live.bytes else { throw .changedMeanwhile(step.path) }
    case .removeFolder:
      try checkHoldsOnlyRemoved(entry.path, step.path)
      try move(entry.path, entry.backup, step.path)
      try checkHoldsOnlyRemoved(entry.backup, step.path)
    case .replace:
      try checkUnchanged(step)
      try exchange(step, entry)
    case .create:
      try reporting { () throws(WorkspaceError) in try makeFolders(of: step.path) }
      try move(entry.temporary, entry.path, step.path)
    }
  }

  /// Compares the live file with what the plan saw.
  private func checkUnchanged(_ step: ApplyPlan.Step) throws(Failure) {
    let live: LiveFile
    do throws(WorkspaceError) { live = try tree.read(step.path, bytesMax: bytesMax) } catch { throw .failed(error) }
    guard live == step.live else { throw .changedMeanwhile(step.path) }
  }

  private func readBytes(_ path: String) throws(Failure) -> [UInt8]? {
    do throws(WorkspaceError) {
      let place = try tree.locate(path)
      return try place.folder.read(place.name, bytesMax: bytesMax, path: path).bytes
    } catch { throw .failed(error) }
  }

  /// A folder may only go when every file in it is removed by this same change.
  private func checkHoldsOnlyRemoved(_ folder: String, _ path: RelativePath) throws(Failure) {
    var pending = [""]
    while let below = pending.popLast() {
      var names: [(name: String, isFolder: Bool)] = []
      try reporting { () throws(WorkspaceError) in names = try tree.list(folder + "/" + below) }
      for (name, isFolder) in names {
        let inner = below.isEmpty ? name : below + "/" + name
        if isFolder {
          pending.append(inner)
        } else if !removed.contains(path.string + "/" + inner) {
          throw .folderNotEmpty(path)
        }
      }
    }
  }

  private func exchange(_ step: ApplyPlan.Step, _ entry: ApplyJournal.Entry) throws(Failure) {
    var old = entry.temporary
    let status = tree.rename(entry.temporary, entry.path, .exchange)
    if status == EINVAL || status == ENOSYS {
      // A file system without exchange: the old file steps aside first.
      try move(entry.path, entry.backup, step.path)
      try move(entry.temporary, entry.path, step.path)
      old = entry.backup
    } else if status == ENOENT {
      throw .changedMeanwhile(step.path)
    } else if status != 0 {
      throw .failed(.system(.writeFailed, "\(step.path) cannot be replaced.", number: status))
    }
    guard try readBytes(old) == step.live.bytes else { throw .changedMeanwhile(step.path) }
  }

  /// Renames within the tree without ever replacing anything.
  private func move(_ from: String, _ to: String, _ path: RelativePath) throws(Failure) {
    let status = tree.move(from, to)
    switch status {
    case 0: return
    case EEXIST, ENOTEMPTY, ENOENT, ENOTDIR, EISDIR: throw .changedMeanwhile(path)
    default: throw .failed(.system(.writeFailed, "\(path) cannot be changed.", number: status))
    }
  }

  private func makeFolders(of path: RelativePath) throws(WorkspaceError) {
    let parts = path.string.split(separator: "/")
    for count in parts.indices.dropFirst() {
      let folder = parts[..<count].joined(separator: "/")
      guard journal.createdFolders.contains(folder) else { continue }
      let place = try tree.locate(folder)
      if mkdirat(place.folder.descriptor, place.name, 0o777) != 0 {
        guard errno == EEXIST else { throw .system(.writeFailed, "The folder \(folder) cannot be made.") }
        continue
      }
      var parent = stat()
      if geteuid() == 0, fstat(place.folder.descriptor, &parent) == 0 {
        _ = fchownat(place.folder.descriptor, place.name, parent.st_uid, parent.st_gid, AT_SYMLINK_NOFOLLOW)
      }
    }
  }

  /// Makes the new names durable before the journal says that they are there.
  private func syncFolders() throws(WorkspaceError) {
    for folder in Set(operations.map { String($0.step.path.folders.joined(separator: "/")) }) {
      do throws(WorkTree.Obstacle) {
        let handle = try tree.folder(folder.split(separator: "/")[...])
        guard fsync(handle.descriptor) == 0 || errno == EINVAL else { throw .system(errno) }
      } catch {
        // A folder that went with its files has nothing to sync.
        if case .system(let number) = error {
          throw .system(.writeFailed, "The folder \(folder) cannot be written to the disk.", number: number)
        }
      }
    }
  }
}

/// What a rename does with something that is at the new name.
enum RenameFlag {
  /// The two change places.
  case exchange
  /// The rename fails.
  case noReplace
}

extension WorkTree {
  /// Renames `from` to `to`; 0 or the system's error number.
  borrowing func rename(_ from: String, _ to: String, _ flag: RenameFlag) -> Int32 {
    rename(from, to, flags: flag == .exchange ? BATON_RENAME_EXCHANGE : BATON_RENAME_NOREPLACE)
  }

  /// Renames `from` to `to` unless something is there; 0 or the system's error number.
  borrowing func move(_ from: String, _ to: String) -> Int32 {
    let status = rename(from, to, .noReplace)
    guard status == EINVAL || status == ENOSYS else { return status }
    return isThere(to) ? EEXIST : rename(from, to, flags: 0)
  }

  borrowing func isThere(_ path: String) -> Bool {
    do throws(WorkspaceError) {
      let place = try locate(path)
      var status = stat()
      return fstatat(place.folder.descriptor, place.name, &status, AT_SYMLINK_NOFOLLOW) == 0
    } catch { return false }
  }

  private borrowing func rename(_ from: String, _ to: String, flags: UInt32) -> Int32 {
    do throws(WorkspaceError) {
      let old = try locate(from)
      let new = try locate(to)
      return renameat2(old.folder.descriptor, old.name, new.folder.descriptor, new.name, flags) == 0 ? 0 : errno
    } catch { return ENOENT }
  }
}
