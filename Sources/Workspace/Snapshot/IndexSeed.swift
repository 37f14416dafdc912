import CLibGit2
import Glibc

/// What the user's index knows of the work tree, as the state a scan starts from. The index file is copied first and
/// only the copy is opened.
struct IndexSeed {
  /// Longest index that is read, in bytes; a longer one is not used.
  static let indexBytesMax = 1 << 30

  let root: FolderState

  /// Reads the index of `repository`; nil when there is none or it has a form this library cannot read (split or
  /// sparse): the scan then reads every file once.
  ///
  /// - Parameter scratch: directory for the copy.
  init?(of repository: UserRepository, scratch: String) throws(WorkspaceError) {
    guard let path = repository.indexPath, FileBytes.exists(path) else { return nil }
    let stamp = FileStamp(path: path)
    let bytes = try FileBytes.read(path: path, bytesMax: Self.indexBytesMax)
    let copy = "\(scratch)/index.\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
    try FileBytes.replace(path: copy, with: bytes)
    defer { unlink(copy) }
    var index: OpaquePointer?
    guard git_index_open(&index, copy) == 0, let index else { return nil }
    defer { git_index_free(index) }
    var builder = Builder(
      prefix: Array(repository.prefix.utf8),
      stamp: stamp,
      convertsLineEndings: repository.convertsLineEndings
    )
    for position in 0..<git_index_entrycount(index) {
      if let entry = git_index_get_byindex(index, position) { builder.add(entry.pointee) }
    }
    root = builder.finish()
  }

  /// Turns the sorted list of paths into folders.
  private struct Builder {
    let prefix: [UInt8]
    let stamp: FileStamp
    let convertsLineEndings: Bool
    /// The folders from the root to the one being filled.
    var open: [FolderState] = [FolderState(name: [])]

    mutating func add(_ entry: git_index_entry) {
      guard let text = entry.path else { return }
      let whole = UnsafeBufferPointer(start: text, count: strlen(text)).withMemoryRebound(to: UInt8.self) { $0 }
      guard whole.starts(with: prefix), whole.count > prefix.count else { return }
      guard let mode = TreeObject.Mode(lenient: entry.mode), mode != .tree else { return }
      let parts = whole[prefix.count...].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      guard let name = parts.last else { return }
      enter(parts.dropLast())
      guard let folder = open.last else { return }
      if let last = folder.files.last, folder.name(of: last).elementsEqual(name) {
        // A further stage of a merge conflict.
        folder.files[folder.files.count - 1].isUncertain = true
        return
      }
      let isStaged = (entry.flags >> 12) & 3 != 0
      let isIntent = UInt32(entry.flags_extended) & GIT_INDEX_ENTRY_INTENT_TO_ADD.rawValue != 0
      let fileStamp = FileStamp(entry)
      folder.append(
        name,
        FolderState.File(
          nameStart: 0,
          nameCount: 0,
          mode: mode,
          isTracked: true,
          isUncertain: isStaged || isIntent || convertsLineEndings || fileStamp.isRacy(inIndexOf: stamp),
          stamp: fileStamp,
          bytes: Int(entry.file_size),
          id: ObjectID(entry.id)
        )
      )
    }

    private mutating func enter(_ folders: ArraySlice<Slice<UnsafeBufferPointer<UInt8>>>) {
      var depth = 0
      for part in folders {
        if depth + 1 < open.count, open[depth + 1].name.elementsEqual(part) {
          depth += 1
          continue
        }
        close(to: depth)
        // Git's order keeps a folder's files together, so it is met again only right after its own subfolders.
        let folder = FolderState(name: Array(part))
        open[depth].folders.append(folder)
        open.append(folder)
        depth += 1
      }
      close(to: depth)
    }

    private mutating func close(to depth: Int) {
      while open.count > depth + 1 { open.removeLast().finishSeed() }
    }

    mutating func finish() -> FolderState {
      close(to: 0)
      open[0].finishSeed()
      return open[0]
    }
  }
}

extension FolderState {
  fileprivate func finishSeed() {
    hasTracked = true
    sortFolders()
  }
}
