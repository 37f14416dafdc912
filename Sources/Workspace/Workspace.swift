import Diagnostics
package import Domain
import Glibc

/// One folder of the user's, seen through immutable snapshots.
///
/// Everything is read-only for the user but ``apply(from:to:)`` and ``undo(_:)``: snapshots and candidates live in a
/// private store, keyed by the root's canonical path, and the user's repository (index, HEAD, refs, config, objects) is
/// never written, not even by those two.
///
/// Runs on a thread of its own: calls block that thread, never the cooperative pool.
package actor Workspace {
  /// Canonical absolute path of the folder.
  package nonisolated let root: String
  /// Whether a git repository holds the folder and does not ignore it.
  package nonisolated let isGitRepository: Bool
  /// Absolute path of this workspace's own store.
  package nonisolated let storePath: String
  /// The hard limits it was opened with.
  package nonisolated let limits: WorkspaceLimits
  /// What the last snapshot left out, and why; cut to ``WorkspaceLimits/noticesMax``.
  package private(set) var snapshotNotices: [SnapshotNotice] = []

  private nonisolated let thread: WorkspaceThread
  let store: ObjectStore
  let repository: UserRepository
  private let openingNotice: SnapshotNotice?
  private var memory = ScanMemory()

  package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// Opens the folder `root`.
  ///
  /// - Parameters:
  ///   - root: the folder, absolute or relative to the process's directory.
  ///   - storeDirectory: folder for the stores of all workspaces, created with mode 0700; outside `root`.
  ///   - limits: hard limits.
  /// - Throws: ``WorkspaceError`` with the code `rootUnreadable`, `rootRefused` or `storeUnusable`.
  package init(root: String, storeDirectory: String, limits: WorkspaceLimits = WorkspaceLimits()) throws(WorkspaceError)
  {
    try LibGit2.initialise()
    let place = try WorkspacePlace(root: root, storeDirectory: storeDirectory)
    var notice: SnapshotNotice?
    var found: UserRepository?
    do throws(WorkspaceError) { found = try UserRepository.find(around: place.root) } catch {
      guard error.code == .git else { throw error }
      let message = "the repository is not used, the folder is read as it is: \(error)"
      notice = SnapshotNotice(path: ".", reason: .repositoryUnusable, message: message)
    }
    store = try ObjectStore(path: place.store, alternate: found?.objectsPath)
    repository = if let found { found } else { try UserRepository.standIn(store: place.store, root: place.root) }
    thread = try WorkspaceThread()
    try ApplyRecovery.finishLeftovers(root: place.root, store: store, bytesMax: limits.fileBytesMax)
    self.root = place.root
    self.limits = limits
    storePath = place.store
    isGitRepository = found != nil
    openingNotice = notice
  }

  // MARK: Trees

  /// Freezes the folder: tracked and untracked files that are not git-ignored, raw bytes, with unsaved buffers on top.
  ///
  /// - Parameter overlays: bytes of unsaved editor buffers; they win over the disk.
  /// - Throws: ``WorkspaceError``, e.g. `tooLarge`.
  package func snapshot(overlays: [RelativePath: [UInt8]] = [:]) throws(WorkspaceError) -> TreeID {
    let live = try scan()
    let changes = try overlayChanges(overlays, on: live)
    let tree = changes.isEmpty ? live : try TreeEditor(store: store).tree(from: live, applying: changes)
    try store.flush()
    return try TreeID(tree)
  }

  /// The files of a tree, sorted by path.
  package func entries(of tree: TreeID) throws(WorkspaceError) -> [TreeEntry] {
    var entries: [TreeEntry] = []
    for difference in try TreeComparison(store: store).differences(from: nil, to: ObjectID(tree)) {
      guard let item = difference.new else { continue }
      let isSubmodule = item.mode == .submodule
      entries.append(
        TreeEntry(
          path: try RelativePath(tree: difference.path),
          kind: TreeEntry.Kind(item.mode),
          blob: item.id.hex,
          bytes: isSubmodule ? 0 : try store.size(of: item.id)
        )
      )
    }
    return entries.sorted { $0.path < $1.path }
  }

  /// A file's bytes in a tree (a symbolic link's target); nil where the tree has no file of that path.
  package func contents(of path: RelativePath, in tree: TreeID) throws(WorkspaceError) -> [UInt8]? {
    guard let item = try store.item(at: path, in: ObjectID(tree)) else { return nil }
    switch item.mode {
    case .file, .executable, .symbolicLink: return try store.bytes(of: item.id)
    case .tree, .submodule: return nil
    }
  }

  /// Another tree: `tree` with `changes` on top. Of two changes to a path the later counts; a file may take a folder's
  /// place and the other way round.
  ///
  /// - Throws: `changeRefused` when the changes contradict one another or reach into a submodule.
  package func derive(from tree: TreeID, applying changes: [FileChange]) throws(WorkspaceError) -> TreeID {
    let derived = try TreeEditor(store: store).tree(from: ObjectID(tree), applying: changes)
    try store.flush()
    return try TreeID(derived)
  }

  /// The steps from one tree to another, sorted by path. Submodules are left out: Baton never changes them.
  package func changes(from old: TreeID, to new: TreeID) throws(WorkspaceError) -> [FileChange] {
    try fileChanges(from: ObjectID(old), to: ObjectID(new))
  }

  /// What, laid over the folder as it is now, shows exactly `tree`; git-ignored files stay as they are.
  package func drift(from tree: TreeID) throws(WorkspaceError) -> [FileChange] {
    let live = try scan()
    try store.flush()
    return try fileChanges(from: live, to: ObjectID(tree))
  }

  /// The difference of two trees as a patch and as a list.
  package func diff(from old: TreeID, to new: TreeID) throws(WorkspaceError) -> TreeDiff {
    try PatchWriter(store: store).diff(from: ObjectID(old), to: ObjectID(new))
  }

  /// The difference of two trees as edits of texts, for editors; sorted by path.
  package func textEdits(
    from old: TreeID,
    to new: TreeID,
    encoding: PositionEncoding
  ) throws(WorkspaceError) -> [FileEdits] {
    var files: [FileEdits] = []
    for difference in try TreeComparison(store: store).differences(from: ObjectID(old), to: ObjectID(new)) {
      if difference.old?.mode == .submodule || difference.new?.mode == .submodule { continue }
      let path = try RelativePath(tree: difference.path)
      files.append(
        FileEdits(
          path: path,
          change: try editChange(difference, encoding),
          isExecutable: difference.new?.mode == .executable
        )
      )
    }
    return files.sorted { $0.path < $1.path }
  }

  /// Merges two changes of one file's bytes, e.g. an editor's stale buffer with what is on the disk.
  package nonisolated func mergeFile(
    base: [UInt8],
    ours: [UInt8],
    theirs: [UInt8]
  ) throws(WorkspaceError) -> FileMerge {
    try FileMerge(base: base, ours: ours, theirs: theirs)
  }

  // MARK: Inside

  /// Scans the folder and returns its tree. Objects are stored but not flushed.
  func scan() throws(WorkspaceError) -> ObjectID {
    var notices: [SnapshotNotice] = openingNotice.map { [$0] } ?? []
    let tree = try memory.scan(root: root, store: store, repository: repository, limits: limits, notices: &notices)
    snapshotNotices = notices
    return tree
  }

  private func fileChanges(from old: ObjectID, to new: ObjectID) throws(WorkspaceError) -> [FileChange] {
    var changes: [FileChange] = []
    for difference in try TreeComparison(store: store).differences(from: old, to: new) {
      if difference.old?.mode == .submodule || difference.new?.mode == .submodule { continue }
      let path = try RelativePath(tree: difference.path)
      changes.append(FileChange(path: path, content: try store.content(of: difference.new)))
    }
    return changes.sorted { $0.path < $1.path }
  }

  private func editChange(
    _ difference: TreeComparison.Difference,
    _ encoding: PositionEncoding
  ) throws(WorkspaceError) -> FileEdits.Change {
    switch try store.content(of: difference.new) {
    case .deleted: return .removed
    case .symbolicLink(let target): return .linked(target: target)
    case .file(let bytes, _):
      guard let old = difference.old else { return .created(bytes: bytes) }
      guard old.mode.isRegular else { return .replaced(bytes: bytes) }
      let edits = try TextComparison.edits(from: store.bytes(of: old.id), to: bytes, encoding: encoding)
      return edits.map { .edited($0) } ?? .replaced(bytes: bytes)
    }
  }

  private func overlayChanges(
    _ overlays: [RelativePath: [UInt8]],
    on live: ObjectID
  ) throws(WorkspaceError) -> [FileChange] {
    var changes: [FileChange] = []
    for (path, bytes) in overlays.sorted(by: { $0.key < $1.key }) {
      let item = try store.item(at: path, in: live)
      switch item?.mode {
      case .file, .executable:
        changes.append(FileChange(path: path, content: .file(bytes: bytes, isExecutable: item?.mode == .executable)))
      case nil where !repository.isIgnored(path.string):
        changes.append(FileChange(path: path, content: .file(bytes: bytes, isExecutable: false)))
      default:
        let message = "is git-ignored or no regular file; its unsaved text is left out"
        snapshotNotices.append(SnapshotNotice(path: path.string, reason: .overlayIgnored, message: message))
      }
    }
    return changes
  }
}

extension TreeEntry.Kind {
  fileprivate init(_ mode: TreeObject.Mode) {
    switch mode {
    case .executable: self = .executable
    case .symbolicLink: self = .symbolicLink
    case .submodule: self = .submodule
    case .file, .tree: self = .file
    }
  }
}

extension TreeID {
  init(_ id: ObjectID) throws(WorkspaceError) {
    guard let tree = TreeID(hex: id.hex) else { throw WorkspaceError(.git, "A hash has no hexadecimal form.") }
    self = tree
  }
}
