import Domain

/// Makes a new tree from one and a list of changes, without touching the disk's work tree.
struct TreeEditor {
  let store: ObjectStore

  /// The changes below one folder.
  private final class Node {
    var change: FileChange.Content?
    var children: [ArraySlice<UInt8>: Node] = [:]

    var writes: Bool {
      switch change {
      case .file, .symbolicLink: true
      case .deleted, nil: children.values.contains(where: \.writes)
      }
    }
  }

  /// The tree `base` with `changes` on top; of two changes to a path the later counts. A file may take a folder's place
  /// and the other way round; what was there goes.
  func tree(from base: ObjectID, applying changes: [FileChange]) throws(WorkspaceError) -> ObjectID {
    let root = Node()
    for change in changes {
      var node = root
      for part in change.path.string.utf8.split(separator: UInt8(ascii: "/")) {
        let name = ArraySlice(part)
        let child = node.children[name] ?? Node()
        node.children[name] = child
        node = child
      }
      node.change = change.content
    }
    if let tree = try edit(base, root, path: "") { return tree }
    return try store.write([], as: .tree)
  }

  private func edit(_ base: ObjectID?, _ node: Node, path: String) throws(WorkspaceError) -> ObjectID? {
    var items: [ArraySlice<UInt8>: TreeObject.Item] = [:]
    if let base {
      for item in try store.tree(base).items { items[ArraySlice(item.name)] = item }
    }
    for (name, child) in node.children {
      let childPath = path + String(decoding: name, as: UTF8.self)
      items[name] = try item(named: Array(name), from: items[name], child, path: childPath)
    }
    guard !items.isEmpty else { return nil }
    var object = TreeObject(items: Array(items.values))
    return try store.write(object.serialise(), as: .tree)
  }

  private func item(
    named name: [UInt8],
    from base: TreeObject.Item?,
    _ node: Node,
    path: String
  ) throws(WorkspaceError) -> TreeObject.Item? {
    if base?.mode == .submodule {
      throw WorkspaceError(.changeRefused, "\(path) is a submodule; Baton changes files of this repository only.")
    }
    let writesBelow = node.children.values.contains(where: \.writes)
    switch node.change {
    case .file(let bytes, let isExecutable):
      guard !writesBelow else { throw contradiction(path) }
      let id = try store.write(bytes, as: .blob)
      return TreeObject.Item(name: name, mode: isExecutable ? .executable : .file, id: id)
    case .symbolicLink(let target):
      guard !writesBelow else { throw contradiction(path) }
      guard !target.isEmpty, !target.utf8.contains(0) else {
        throw WorkspaceError(.changeRefused, "The symbolic link \(path) has no usable target.")
      }
      return TreeObject.Item(name: name, mode: .symbolicLink, id: try store.write(Array(target.utf8), as: .blob))
    case .deleted where !writesBelow:
      return nil
    case .deleted, nil:
      let folder = node.change == nil && base?.mode == .tree ? base?.id : nil
      if folder == nil, !writesBelow { return base }
      let tree = try edit(folder, node, path: path + "/")
      return tree.map { TreeObject.Item(name: name, mode: .tree, id: $0) }
    }
  }

  private func contradiction(_ path: String) -> WorkspaceError {
    WorkspaceError(.changeRefused, "\(path) cannot be a file and a folder at once.")
  }
}
