/// A walk over one folder's sorted names, in step with what the last scan and the index know of the same folder.
struct FolderWalk {
  /// The folder's new state, as far as the walk went.
  let state: FolderState
  private let previous: FolderState?
  private let seed: FolderState?
  private var previousFiles = 0
  private var previousFolders = 0
  private var seedFiles = 0
  private var seedFolders = 0
  /// The same name in the last scan and in the index.
  private(set) var previousFile: FolderState.File?
  private(set) var previousFolder: FolderState?
  private var seedFile: FolderState.File?
  private(set) var seedFolder: FolderState?
  /// Whether ignore rules leave out the folder itself; nil while nobody has asked.
  var isInsideIgnored: Bool?
  /// Names kept as they were.
  private var keptFiles = 0
  private var keptFolders = 0

  init(name: [UInt8], previous: FolderState?, seed: FolderState?) {
    state = FolderState(name: name)
    self.previous = previous
    self.seed = seed
    if let previous {
      state.names.reserveCapacity(previous.names.count)
      state.files.reserveCapacity(previous.files.count)
    }
  }

  /// Goes on to `name`, which sorts after the names before.
  mutating func advance(to name: ArraySlice<UInt8>) {
    previousFile = Self.file(name, previous, &previousFiles)
    previousFolder = Self.folder(name, previous, &previousFolders)
    seedFile = Self.file(name, seed, &seedFiles)
    seedFolder = Self.folder(name, seed, &seedFolders)
  }

  private static func file(
    _ name: ArraySlice<UInt8>,
    _ folder: FolderState?,
    _ position: inout Int
  ) -> FolderState.File? {
    guard let folder else { return nil }
    while position < folder.files.count {
      let candidate = folder.name(of: folder.files[position])
      if candidate.elementsEqual(name) { return folder.files[position] }
      guard candidate.lexicographicallyPrecedes(name) else { return nil }
      position += 1
    }
    return nil
  }

  private static func folder(
    _ name: ArraySlice<UInt8>,
    _ folder: FolderState?,
    _ position: inout Int
  ) -> FolderState? {
    guard let folder else { return nil }
    while position < folder.folders.count {
      let candidate = folder.folders[position]
      if candidate.name.elementsEqual(name) { return candidate }
      guard candidate.name.lexicographicallyPrecedes(name) else { return nil }
      position += 1
    }
    return nil
  }

  /// Whether ignore rules do not concern the name because it is, or holds, something tracked.
  func isTracked(hasSeed: Bool) -> Bool {
    if hasSeed { return seedFile != nil || seedFolder != nil }
    return previousFile?.isTracked ?? false || previousFolder?.hasTracked ?? false
  }

  /// Whether the last scan had the name and did not leave it out.
  var isKnown: Bool { previousFile != nil || previousFolder != nil }

  /// Whether the last scan had the name because no rule left it out, rather than because it was tracked.
  var passedRules: Bool {
    if let previousFile { return !previousFile.isTracked }
    return previousFolder.map { !$0.hasTracked } ?? false
  }

  func wasIgnored(_ name: ArraySlice<UInt8>) -> Bool {
    previous?.ignored.contains(Array(name)) ?? false
  }

  /// The tracked submodule of this name.
  func submodule(hasSeed: Bool) -> FolderState.File? {
    let file = hasSeed ? seedFile : previousFile
    return file?.mode == .submodule ? file : nil
  }

  /// What is known of the file's bytes, if its stamp proves that they did not change.
  func match(_ stamp: FileStamp, trustsSeed: Bool) -> FolderState.File? {
    if let file = previousFile, file.stamp == stamp, !file.isUncertain { return file }
    if trustsSeed, let file = seedFile, file.stamp == stamp, !file.isUncertain, file.mode != .submodule { return file }
    return nil
  }

  /// Takes the file over into the new state.
  mutating func keep(_ name: ArraySlice<UInt8>, _ file: FolderState.File) {
    if let previousFile, previousFile.id == file.id, previousFile.mode == file.mode { keptFiles += 1 }
    state.append(name, file)
  }

  /// Takes a subfolder over into the new state.
  mutating func add(_ folder: FolderState) {
    if let previousFolder, previousFolder.tree == folder.tree { keptFolders += 1 }
    state.folders.append(folder)
  }

  /// Whether the folder's tree must be what it was at the last scan.
  var isUnchanged: Bool {
    guard let previous else { return false }
    return keptFiles == previous.files.count && keptFiles == state.files.count
      && keptFolders == previous.folders.count && keptFolders == state.folders.count
  }
}
