/// What the last scan knew of one folder: the memory that makes the next scan cheap.
///
/// Confined to its workspace's executor.
final class FolderState {
  /// One file: a slice of ``names`` with what is known of its bytes.
  struct File {
    var nameStart: UInt32
    var nameCount: UInt32
    var mode: TreeObject.Mode
    /// The user's index has the file, so ignore rules do not concern it.
    var isTracked: Bool
    /// The stamp proves nothing: the bytes must be read again.
    var isUncertain: Bool
    var stamp: FileStamp
    /// Length in bytes.
    var bytes: Int
    var id: ObjectID
  }

  /// The folder's own name; empty for the root.
  let name: [UInt8]
  /// The names of all files and ignored entries, one after another.
  var names: [UInt8] = []
  /// Sorted by name.
  var files: [File] = []
  /// Sorted by name.
  var folders: [FolderState] = []
  /// Names that ignore rules left out.
  var ignored: Set<[UInt8]> = []
  /// Stamp of the folder's own `.gitignore`.
  var rules = FileStamp.none
  /// The folder's tree; nil when it holds no file at any depth.
  var tree: ObjectID?
  /// Whether a tracked file lies in it, at any depth.
  var hasTracked = false

  init(name: [UInt8]) {
    self.name = name
  }

  func name(of file: File) -> ArraySlice<UInt8> {
    names[Int(file.nameStart)..<Int(file.nameStart + file.nameCount)]
  }

  /// Appends a file whose name is `name`.
  func append(_ name: some Collection<UInt8>, _ file: File) {
    var file = file
    file.nameStart = UInt32(names.count)
    file.nameCount = UInt32(name.count)
    names += name
    files.append(file)
  }

  /// Puts ``folders`` into the order of their names.
  func sortFolders() {
    let isSorted = zip(folders, folders.dropFirst()).allSatisfy { $0.name.lexicographicallyPrecedes($1.name) }
    if !isSorted { folders.sort { $0.name.lexicographicallyPrecedes($1.name) } }
  }

  /// The folder's items as a tree object.
  func treeObject() -> TreeObject {
    var items = files.map { TreeObject.Item(name: Array(name(of: $0)), mode: $0.mode, id: $0.id) }
    for folder in folders {
      if let tree = folder.tree { items.append(TreeObject.Item(name: folder.name, mode: .tree, id: tree)) }
    }
    return TreeObject(items: items)
  }
}
