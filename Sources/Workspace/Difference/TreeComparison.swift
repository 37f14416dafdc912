import Domain

/// Finds what differs between two trees, reading only the folders that differ.
struct TreeComparison {
  /// One path that differs. Folders never appear, only what they hold.
  struct Difference {
    var path: [UInt8]
    /// What the first tree has there; nil: nothing.
    var old: TreeObject.Item?
    /// What the second tree has there; nil: nothing.
    var new: TreeObject.Item?
  }

  let store: ObjectStore

  /// All differences, in the order of the paths' bytes within each folder.
  func differences(from old: ObjectID?, to new: ObjectID?) throws(WorkspaceError) -> [Difference] {
    var found: [Difference] = []
    try compare(old, new, [], &found)
    return found
  }

  private func compare(
    _ old: ObjectID?,
    _ new: ObjectID?,
    _ prefix: [UInt8],
    _ found: inout [Difference]
  ) throws(WorkspaceError) {
    guard old != new else { return }
    let olds = try sortedItems(old)
    let news = try sortedItems(new)
    var left = 0
    var right = 0
    while left < olds.count || right < news.count {
      let isOld =
        left < olds.count && (right == news.count || !news[right].name.lexicographicallyPrecedes(olds[left].name))
      let isNew =
        right < news.count && (left == olds.count || !olds[left].name.lexicographicallyPrecedes(news[right].name))
      let oldItem = isOld ? olds[left] : nil
      let newItem = isNew ? news[right] : nil
      try compareItems(oldItem, newItem, prefix, &found)
      if isOld { left += 1 }
      if isNew { right += 1 }
    }
  }

  private func compareItems(
    _ old: TreeObject.Item?,
    _ new: TreeObject.Item?,
    _ prefix: [UInt8],
    _ found: inout [Difference]
  ) throws(WorkspaceError) {
    guard old != new, let name = (old ?? new)?.name else { return }
    let path = prefix + name
    let oldTree = old.flatMap { $0.mode == .tree ? $0.id : nil }
    let newTree = new.flatMap { $0.mode == .tree ? $0.id : nil }
    let oldFile = oldTree == nil ? old : nil
    let newFile = newTree == nil ? new : nil
    if oldFile != nil || newFile != nil { found.append(Difference(path: path, old: oldFile, new: newFile)) }
    try compare(oldTree, newTree, path + [UInt8(ascii: "/")], &found)
  }

  private func sortedItems(_ tree: ObjectID?) throws(WorkspaceError) -> [TreeObject.Item] {
    guard let tree else { return [] }
    return try store.tree(tree).items.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }
}

extension RelativePath {
  /// A path of a tree as a checked path.
  init(tree bytes: [UInt8]) throws(WorkspaceError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw WorkspaceError(.changeRefused, "The tree holds a path that is not UTF-8.")
    }
    do { try self.init(text) } catch { throw WorkspaceError(.changeRefused, error.description) }
  }
}
