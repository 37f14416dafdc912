import CLibGit2
import Domain
import Glibc

/// The private object store of one workspace: a bare repository of its own that borrows the user's objects read-only
/// (alternates). Nothing is ever written to the user's repository, not even a file's time.
///
/// Confined to its workspace's executor.
final class ObjectStore {
  /// Sort of object that is stored.
  enum Kind {
    case blob
    case tree

    var type: git_object_t { self == .blob ? GIT_OBJECT_BLOB : GIT_OBJECT_TREE }
  }

  /// Absolute path of the store's directory.
  let path: String
  /// Held as long as the store is open, so that nobody joins its packs meanwhile.
  private let lock: FileLock?
  private let repository: RepositoryHandle
  private let database: ObjectDatabaseHandle

  /// Opens the store at `path`, created with mode 0700 when missing.
  ///
  /// - Parameter alternate: the user's directory of objects, read only; nil without a repository.
  init(path: String, alternate: String?) throws(WorkspaceError) {
    self.path = path
    repository = try Self.openRepository(path)
    lock = try Self.consolidate(path)
    try Self.writeAlternates(path: path, alternate: alternate)
    database = try ObjectDatabaseHandle(of: repository)
  }

  private static func openRepository(_ path: String) throws(WorkspaceError) -> RepositoryHandle {
    if let repository = try RepositoryHandle(opening: path, searchesUpwards: false) { return repository }
    var options = git_repository_init_options()
    git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION))
    options.flags = GIT_REPOSITORY_INIT_BARE.rawValue | GIT_REPOSITORY_INIT_MKDIR.rawValue
    options.mode = 0o700
    var pointer: OpaquePointer?
    let status = git_repository_init_ext(&pointer, path, &options)
    try LibGit2.check(status, .storeUnusable, "The store \(path) cannot be created.")
    guard let pointer else { throw LibGit2.error(.storeUnusable, "The store \(path) cannot be created.") }
    return RepositoryHandle(owning: pointer)
  }

  /// Joins packs if nobody else has the store open; the lock to hold from then on.
  private static func consolidate(_ path: String) throws(WorkspaceError) -> FileLock? {
    let file = path + "/open.flock"
    if let alone = try FileLock(path: file, .exclusive) {
      try PackConsolidation.run(in: path + "/objects/pack")
      extendLifetime(alone)
    }
    return try FileLock(path: file, .shared)
  }

  private static func writeAlternates(path: String, alternate: String?) throws(WorkspaceError) {
    let file = path + "/objects/info/alternates"
    let wanted = alternate.map { Array(($0 + "\n").utf8) } ?? []
    if wanted.isEmpty {
      unlink(file)
      return
    }
    if FileBytes.exists(file), try FileBytes.read(path: file, bytesMax: 1 << 16) == wanted { return }
    try FileBytes.replace(path: file, with: wanted)
  }

  // MARK: Writing

  /// An object that is written with the next flush.
  private struct Pending {
    var id: ObjectID
    var kind: Kind
    var bytes: [UInt8]
  }

  /// Most objects that are written as files of their own; more make a pack.
  private static let looseMax = 12
  /// Most bytes that wait for a flush.
  private static let pendingBytesMax = 64 << 20

  private var pending: [Pending] = []
  private var pendingPositions: [ObjectID: Int] = [:]
  private var pendingBytes = 0

  /// The hash `bytes` have as an object.
  func hash(_ bytes: UnsafeRawBufferPointer, as kind: Kind) throws(WorkspaceError) -> ObjectID {
    var oid = git_oid()
    try LibGit2.check(git_odb_hash(&oid, bytes.baseAddress, bytes.count, kind.type), "Bytes cannot be hashed.")
    return ObjectID(oid)
  }

  /// The hash `bytes` have as a blob.
  func hash(of bytes: [UInt8]) throws(WorkspaceError) -> ObjectID {
    try bytes.withRawBytes { (raw) throws(WorkspaceError) in try hash(raw, as: .blob) }
  }

  /// Stores `bytes` unless they are known; returns their hash.
  func write(_ bytes: UnsafeRawBufferPointer, as kind: Kind) throws(WorkspaceError) -> ObjectID {
    let id = try hash(bytes, as: kind)
    try write(bytes, as: kind, id: id)
    return id
  }

  func write(_ bytes: [UInt8], as kind: Kind) throws(WorkspaceError) -> ObjectID {
    try bytes.withRawBytes { (raw) throws(WorkspaceError) in try write(raw, as: kind) }
  }

  /// Stores `bytes` as a blob unless their hash is `known`, which is stored already.
  func hashOrWrite(_ bytes: [UInt8], known: ObjectID?) throws(WorkspaceError) -> ObjectID {
    try bytes.withRawBytes { (raw) throws(WorkspaceError) in
      let id = try hash(raw, as: .blob)
      if id != known { try write(raw, as: .blob, id: id) }
      return id
    }
  }

  /// Stores `bytes` under their hash `id` unless they are known.
  func write(_ bytes: UnsafeRawBufferPointer, as kind: Kind, id: ObjectID) throws(WorkspaceError) {
    if contains(id) { return }
    pendingPositions[id] = pending.count
    pending.append(Pending(id: id, kind: kind, bytes: Array(bytes)))
    pendingBytes += bytes.count
    if pendingBytes > Self.pendingBytesMax { try flush() }
  }

  /// Makes everything written so far readable, also for other processes and after a crash of this one.
  func flush() throws(WorkspaceError) {
    guard !pending.isEmpty else { return }
    if pending.count <= Self.looseMax {
      for object in pending { try writeLoose(object) }
    } else {
      var pack = try PackWriter()
      for object in pending { try pack.add(object.id, object.kind, object.bytes) }
      try pack.finish(in: path + "/objects/pack")
      try database.withPointer { (database) throws(WorkspaceError) in
        try LibGit2.check(git_odb_refresh(database), .storeUnusable, "The store \(path) cannot be read.")
      }
    }
    pending.removeAll()
    pendingPositions.removeAll()
    pendingBytes = 0
  }

  private func writeLoose(_ object: Pending) throws(WorkspaceError) {
    var oid = git_oid()
    try database.withPointer { (database) throws(WorkspaceError) in
      let status = object.bytes.withUnsafeBytes {
        git_odb_write(&oid, database, $0.baseAddress, $0.count, object.kind.type)
      }
      try LibGit2.check(status, .storeUnusable, "The store \(path) cannot be written.")
    }
  }

  // MARK: Reading

  /// Whether the object is in the store or the user's repository.
  func contains(_ id: ObjectID) -> Bool {
    if pendingPositions[id] != nil { return true }
    var oid = id.oid
    return database.withPointer { git_odb_exists_ext($0, &oid, UInt32(GIT_ODB_LOOKUP_NO_REFRESH.rawValue)) } == 1
  }

  /// Runs `body` with an object's bytes.
  func read<Result>(
    _ id: ObjectID,
    as kind: Kind,
    _ body: (UnsafeRawBufferPointer) throws(WorkspaceError) -> Result
  ) throws(WorkspaceError) -> Result {
    if let position = pendingPositions[id], pending[position].kind == kind {
      return try pending[position].bytes.withRawBytes(body)
    }
    var object: OpaquePointer?
    var oid = id.oid
    let status = database.withPointer { git_odb_read(&object, $0, &oid) }
    try LibGit2.check(status, .objectMissing, "The object \(id.hex) is not in the store; was the repository pruned?")
    defer { git_odb_object_free(object) }
    guard let object, git_odb_object_type(object) == kind.type else {
      throw WorkspaceError(.objectMissing, "The object \(id.hex) is no \(kind).")
    }
    return try body(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
  }

  func bytes(of blob: ObjectID) throws(WorkspaceError) -> [UInt8] {
    try read(blob, as: .blob) { Array($0) }
  }

  func tree(_ id: ObjectID) throws(WorkspaceError) -> TreeObject {
    let tree = try read(id, as: .tree) { TreeObject(parsing: $0) }
    guard let tree else { throw WorkspaceError(.objectMissing, "The tree \(id.hex) is damaged.") }
    return tree
  }

  /// Length of a blob, in bytes, without reading all of it where the store allows.
  func size(of blob: ObjectID) throws(WorkspaceError) -> Int {
    var length = 0
    var type = GIT_OBJECT_ANY
    var oid = blob.oid
    let status = database.withPointer { git_odb_read_header(&length, &type, $0, &oid) }
    try LibGit2.check(status, .objectMissing, "The object \(blob.hex) is not in the store; was the repository pruned?")
    return length
  }

  /// Runs `body` with the repository the trees live in.
  func withRepository<Result, Failure: Error>(
    _ body: (OpaquePointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try repository.withPointer(body)
  }
}

extension Array where Element == UInt8 {
  /// `withUnsafeBytes` with a typed error.
  func withRawBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeBufferPointer { (buffer) throws(Failure) in try body(UnsafeRawBufferPointer(buffer)) }
  }
}

extension ObjectStore {
  /// What a tree has at `path`; nil: nothing.
  func item(at path: RelativePath, in root: ObjectID) throws(WorkspaceError) -> TreeObject.Item? {
    var folder = root
    let parts = path.string.utf8.split(separator: UInt8(ascii: "/"))
    for (index, part) in parts.enumerated() {
      guard let item = try tree(folder).items.first(where: { $0.name.elementsEqual(part) }) else { return nil }
      if index == parts.count - 1 { return item }
      guard item.mode == .tree else { return nil }
      folder = item.id
    }
    return nil
  }

  /// A tree's item as the new state of a path.
  func content(of item: TreeObject.Item?) throws(WorkspaceError) -> FileChange.Content {
    guard let item else { return .deleted }
    let bytes = try bytes(of: item.id)
    if item.mode == .symbolicLink { return .symbolicLink(target: String(decoding: bytes, as: UTF8.self)) }
    return .file(bytes: bytes, isExecutable: item.mode == .executable)
  }
}
