import Domain

/// What makes the next scan cheap: the last one's result, and the files that its rules came from.
///
/// Confined to its workspace's executor.
struct ScanMemory {
  private var root: FolderState?
  /// Stamp of the user's index when it was last read.
  private var index = FileStamp.none
  /// Stamps of the files outside the work tree that ignore rules come from.
  private var rules: [FileStamp] = []

  /// Scans `root` and returns its tree; objects are stored but not flushed.
  mutating func scan(
    root path: String,
    store: ObjectStore,
    repository: UserRepository,
    limits: WorkspaceLimits,
    notices: inout [SnapshotNotice]
  ) throws(WorkspaceError) -> ObjectID {
    let indexNow = repository.indexPath.map { FileStamp(path: $0) } ?? .none
    let rulesNow = repository.ignoreSources.map { FileStamp(path: $0) }
    let needsSeed = indexNow != .none && (root == nil || indexNow != index)
    let seed = needsSeed ? try IndexSeed(of: repository, scratch: store.path) : nil
    let scanner = WorkspaceScanner(
      root: path,
      store: store,
      repository: repository,
      limits: limits,
      hasSeed: seed != nil
    )
    let trustsRules = root != nil && rules == rulesNow && (!needsSeed || seed != nil)
    let state = try scanner.scan(previous: root, seed: seed?.root, trustsRules: trustsRules)
    notices += scanner.notices.notices
    if scanner.notices.omittedCount > 0 {
      let message = "\(scanner.notices.omittedCount) more were left out"
      notices.append(SnapshotNotice(path: ".", reason: .unreadable, message: message))
    }
    let tree = if let tree = state.tree { tree } else { try store.write([], as: .tree) }
    root = state
    index = indexNow
    rules = rulesNow
    return tree
  }
}
