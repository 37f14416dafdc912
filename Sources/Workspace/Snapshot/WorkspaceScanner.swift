import Domain
import Glibc

/// One walk over the work tree: compares every file's stamp with what the last scan and the user's index know, reads
/// only what may have changed, and stores only what is missing.
///
/// Confined to its workspace's executor, for the length of one scan.
final class WorkspaceScanner {
  let store: ObjectStore
  let repository: UserRepository
  let limits: WorkspaceLimits
  /// Path of the workspace's root.
  private let root: String
  /// The root's place in the repository: empty, or ending with `/`.
  private let prefix: [UInt8]
  /// Whether `seed` was read from the user's index: it then says which files are tracked.
  let hasSeed: Bool
  private(set) var notices: NoticeList
  private var filesCount = 0
  private var totalBytes = 0

  /// What is passed down from a folder to the folders in it.
  private struct Context {
    var path: [UInt8]
    var depth: Int
    var previous: FolderState?
    var seed: FolderState?
    /// Ignore rules of the folder; its own are added when it is entered.
    var scope: IgnoreScope
    /// No ignore rule above changed since the last scan.
    var trustsRules: Bool
    /// No attribute above converts files, so the index's hashes are those of the bytes on disk.
    var trustsSeed: Bool
  }

  init(root: String, store: ObjectStore, repository: UserRepository, limits: WorkspaceLimits, hasSeed: Bool) {
    self.root = root
    prefix = Array(repository.prefix.utf8)
    self.store = store
    self.repository = repository
    self.limits = limits
    self.hasSeed = hasSeed
    notices = NoticeList(max: limits.noticesMax)
  }

  /// Scans the whole workspace.
  func scan(
    previous: FolderState?,
    seed: FolderState?,
    trustsRules: Bool
  ) throws(WorkspaceError) -> FolderState {
    let descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(.rootUnreadable, "The folder \(root) cannot be opened.") }
    let context = Context(
      path: [],
      depth: 0,
      previous: previous,
      seed: seed,
      scope: repository.scopeAboveRoot(),
      trustsRules: trustsRules,
      trustsSeed: !repository.hasAttributesOfItsOwn
    )
    guard let state = try scanFolder(descriptor, name: [], context) else {
      throw WorkspaceError(.rootUnreadable, "The folder \(root) cannot be read.")
    }
    return state
  }

  /// Scans one folder and takes over its descriptor; nil when it is left out.
  private func scanFolder(
    _ descriptor: Int32,
    name: [UInt8],
    _ context: Context
  ) throws(WorkspaceError) -> FolderState? {
    guard let stream = fdopendir(descriptor) else {
      close(descriptor)
      note(context.path, .unreadable, "cannot be read: \(String(cString: strerror(errno)))")
      return nil
    }
    defer { closedir(stream) }
    if Task.isCancelled { throw WorkspaceError(.cancelled, "The snapshot was cancelled.") }
    guard let listing = FolderListing(takingOver: stream) else {
      note(context.path, .unreadable, "cannot be read: \(String(cString: strerror(errno)))")
      return nil
    }
    if listing.holdsGit, context.depth > 0, !hasTracked(context) {
      note(context.path, .nestedRepository, "is a repository of its own and is left out")
      return nil
    }
    var walk = FolderWalk(name: name, previous: context.previous, seed: context.seed)
    var context = context
    readRules(descriptor, listing, &context, walk.state)
    for item in listing.items {
      try scanItem(item, listing, descriptor, context, &walk)
    }
    try finish(&walk, context)
    return walk.state
  }

  private func hasTracked(_ context: Context) -> Bool {
    hasSeed ? context.seed != nil : context.previous?.hasTracked ?? false
  }

  /// Notices changed ignore rules, and attributes that make the index's hashes useless.
  private func readRules(
    _ descriptor: Int32,
    _ listing: FolderListing,
    _ context: inout Context,
    _ state: FolderState
  ) {
    if let item = listing.find(".gitignore") {
      var status = stat()
      if listing.withName(of: item, { fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 {
        let stamp = FileStamp(status)
        state.rules = stamp.isRacy(at: .now) ? .unknown : stamp
        let file = root + "/" + String(decoding: context.path, as: UTF8.self) + ".gitignore"
        context.scope = IgnoreScope(path: file, base: prefix + context.path, above: context.scope)
      }
    }
    if state.rules == .unknown || context.previous.map({ $0.rules != state.rules }) ?? false {
      context.trustsRules = false
    }
    if context.trustsSeed, context.seed != nil, let item = listing.find(".gitattributes") {
      let file = listing.withName(of: item) { openat(descriptor, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
      guard file >= 0 else { return }
      defer { close(file) }
      let bytes = FileBytes.read(descriptor: file, bytesMax: Attributes.bytesMax)
      if bytes.map(Attributes.mayConvert) ?? true { context.trustsSeed = false }
    }
  }

  // MARK: One item

  private func scanItem(
    _ item: FolderListing.Item,
    _ listing: FolderListing,
    _ descriptor: Int32,
    _ context: Context,
    _ walk: inout FolderWalk
  ) throws(WorkspaceError) {
    let name = listing.name(of: item)
    walk.advance(to: name)
    var status = stat()
    var isFolder = item.type == DT_DIR
    let isTracked = walk.isTracked(hasSeed: hasSeed)
    if !isTracked, context.trustsRules, walk.wasIgnored(name) {
      walk.state.ignored.insert(Array(name))
      return
    }
    guard walk.isKnown || isUsable(name, context) else { return }
    if !isTracked, !(context.trustsRules && walk.passedRules) {
      if isIgnored(item, name, listing, descriptor, context, &walk) {
        walk.state.ignored.insert(Array(name))
        return
      }
    }
    if !isFolder {
      // A name that vanished since it was listed is as if it had never been there.
      guard listing.withName(of: item, { fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else { return }
      isFolder = status.st_mode & S_IFMT == S_IFDIR
    }
    if isFolder {
      if let submodule = walk.submodule(hasSeed: hasSeed) {
        walk.keep(name, submodule)
        return
      }
      try scanSubfolder(item, listing, descriptor, context, &walk)
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG, S_IFLNK:
      try scanFile(item, listing, descriptor, status, context, &walk)
    default:
      note(context.path + name, .specialFile, "is a FIFO, socket or device and is left out")
    }
  }

  private func isIgnored(
    _ item: FolderListing.Item,
    _ name: ArraySlice<UInt8>,
    _ listing: FolderListing,
    _ descriptor: Int32,
    _ context: Context,
    _ walk: inout FolderWalk
  ) -> Bool {
    let folder = prefix + context.path
    if walk.isInsideIgnored == nil {
      // Only tracked files make a scan enter a folder that the rules leave out.
      walk.isInsideIgnored =
        context.depth > 0
        && context.scope.ignoresWithFolders(Array(folder.dropLast()), isFolder: true, after: prefix.count)
    }
    if walk.isInsideIgnored == true { return true }
    var isFolder = item.type == DT_DIR
    if item.type == DT_UNKNOWN {
      var status = stat()
      let found = listing.withName(of: item) { fstatat(descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }
      isFolder = found == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
    return context.scope.ignores(folder + name, isFolder: isFolder)
  }

  private func isUsable(_ name: ArraySlice<UInt8>, _ context: Context) -> Bool {
    let isText = name.allSatisfy { $0 < 0x80 } || String(validating: name, as: UTF8.self) != nil
    if isText, context.path.count + name.count <= RelativePath.bytesMax { return true }
    note(context.path + name, .unusableName, isText ? "is too long a path" : "has a name that is not UTF-8")
    return false
  }

  private func scanSubfolder(
    _ item: FolderListing.Item,
    _ listing: FolderListing,
    _ descriptor: Int32,
    _ context: Context,
    _ walk: inout FolderWalk
  ) throws(WorkspaceError) {
    let name = Array(listing.name(of: item))
    let path = context.path + name
    guard context.depth < limits.folderDepthMax else {
      note(path, .tooDeep, "lies more than \(limits.folderDepthMax) folders deep and is left out")
      return
    }
    let child = listing.withName(of: item) {
      openat(descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    guard child >= 0 else {
      if errno != ENOENT { note(path, .unreadable, "cannot be opened: \(String(cString: strerror(errno)))") }
      return
    }
    var inner = context
    inner.path = path + [UInt8(ascii: "/")]
    inner.depth += 1
    inner.previous = walk.previousFolder
    inner.seed = walk.seedFolder
    if let state = try scanFolder(child, name: name, inner) { walk.add(state) }
  }

  private func scanFile(
    _ item: FolderListing.Item,
    _ listing: FolderListing,
    _ descriptor: Int32,
    _ status: stat,
    _ context: Context,
    _ walk: inout FolderWalk
  ) throws(WorkspaceError) {
    let name = listing.name(of: item)
    guard status.st_size <= limits.fileBytesMax else {
      let message = "has \(status.st_size) bytes, more than the limit of \(limits.fileBytesMax), and is left out"
      note(context.path + name, .tooLong, message)
      return
    }
    try count(Int(status.st_size))
    if var known = walk.match(FileStamp(status), trustsSeed: context.trustsSeed) {
      known.mode = TreeObject.Mode(status)
      known.isTracked = walk.isTracked(hasSeed: hasSeed)
      known.isUncertain = false
      walk.keep(name, known)
      return
    }
    let path = context.path + name
    guard let read = listing.withName(of: item, { FileReading.read(descriptor, $0, status, limits) }) else {
      note(path, .unreadable, "cannot be read: \(String(cString: strerror(errno)))")
      return
    }
    if status.st_mode & S_IFMT == S_IFLNK, String(validating: read.bytes, as: UTF8.self) == nil {
      note(path, .unusableName, "is a symbolic link to a name that is not UTF-8 and is left out")
      return
    }
    if read.isUnsettled { note(path, .changedWhileRead, "changed while it was read") }
    let id = try store.hashOrWrite(read.bytes, known: walk.previousFile?.id)
    walk.keep(
      name,
      FolderState.File(
        nameStart: 0,
        nameCount: 0,
        mode: TreeObject.Mode(read.status),
        isTracked: walk.isTracked(hasSeed: hasSeed),
        isUncertain: read.isUnsettled || FileStamp(read.status).isRacy(at: read.time),
        stamp: FileStamp(read.status),
        bytes: read.bytes.count,
        id: id
      )
    )
  }

  private func count(_ bytes: Int) throws(WorkspaceError) {
    filesCount += 1
    totalBytes += bytes
    guard filesCount <= limits.filesMax else { throw tooLarge("more than \(limits.filesMax) files") }
    guard totalBytes <= limits.totalBytesMax else { throw tooLarge("files of more than \(limits.totalBytesMax) bytes") }
  }

  private func tooLarge(_ what: String) -> WorkspaceError {
    let advice = "git-ignore what is generated, or choose a smaller folder."
    return WorkspaceError(.tooLarge, "The workspace has \(what) that are not git-ignored; \(advice)")
  }

  private func finish(_ walk: inout FolderWalk, _ context: Context) throws(WorkspaceError) {
    let state = walk.state
    state.hasTracked = state.files.contains(where: \.isTracked) || state.folders.contains(where: \.hasTracked)
    if let previous = context.previous, walk.isUnchanged {
      state.tree = previous.tree
      return
    }
    var object = state.treeObject()
    if !object.items.isEmpty { state.tree = try store.write(object.serialise(), as: .tree) }
  }

  private func note(_ path: some Sequence<UInt8>, _ reason: SnapshotNotice.Reason, _ message: String) {
    notices.add(path: Array(path), reason, message)
  }
}
