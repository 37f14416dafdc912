import Domain
import Glibc

/// What must be written to bring a change into the live folder, found by comparing three sides of every path: the base
/// the change was made against, the folder as it is now, and the target. Pure but for reading.
struct ApplyPlan {
  /// One side of a path.
  struct Side: Equatable {
    var mode: TreeObject.Mode
    var bytes: [UInt8]
  }

  /// One path that must be written or removed.
  struct Step: Equatable {
    var path: RelativePath
    /// What is there now; the step is off when it is something else by then.
    var live: LiveFile
    /// What comes there; nil: nothing.
    var result: Side?
    /// Permission bits of a file that comes back; nil: the usual ones.
    var mode: mode_t?
  }

  private(set) var steps: [Step] = []
  private(set) var conflicts: [FileConflict] = []

  /// Plans the way from `base` to `target`.
  ///
  /// - Parameter modes: permission bits for files that come into being, by path.
  init(
    from base: ObjectID,
    to target: ObjectID,
    in tree: borrowing WorkTree,
    store: ObjectStore,
    modes: [String: UInt32],
    bytesMax: Int
  ) throws(WorkspaceError) {
    let differences = try TreeComparison(store: store).differences(from: base, to: target)
    var changed: [RelativePath: Bool] = [:]
    for difference in differences { changed[try RelativePath(tree: difference.path)] = difference.new == nil }
    for difference in differences {
      if difference.old?.mode == .submodule || difference.new?.mode == .submodule { continue }
      let path = try RelativePath(tree: difference.path)
      var sides = Sides(
        path: path,
        base: try Self.side(difference.old, store),
        live: try tree.read(path, bytesMax: bytesMax),
        target: try Self.side(difference.new, store)
      )
      if case .symbolicLink = sides.live, sides.target?.mode.isRegular == true, sides.base?.mode.isRegular == true {
        // The user made the file a link meanwhile: write through it, but only to a place inside.
        guard let (resolved, live) = try tree.resolve(link: path, bytesMax: bytesMax), changed[resolved] == nil else {
          conflicts.append(sides.conflict(.symbolicLink))
          continue
        }
        sides.path = resolved
        sides.live = live
      }
      try add(sides, changed: changed, mode: modes[path.string])
    }
  }

  /// The three sides of one path.
  private struct Sides {
    var path: RelativePath
    var base: Side?
    var live: LiveFile
    var target: Side?

    var liveSide: Side? {
      switch live {
      case .file(let bytes, let attributes):
        Side(mode: attributes.mode & S_IXUSR != 0 ? .executable : .file, bytes: bytes)
      case .symbolicLink(let bytes): Side(mode: .symbolicLink, bytes: bytes)
      default: nil
      }
    }

    func conflict(_ reason: FileConflict.Reason, marked: [UInt8]? = nil) -> FileConflict {
      FileConflict(
        path: path,
        reason: reason,
        base: base?.bytes,
        ours: live.bytes,
        theirs: target?.bytes,
        marked: marked
      )
    }
  }

  private static func side(_ item: TreeObject.Item?, _ store: ObjectStore) throws(WorkspaceError) -> Side? {
    guard let item else { return nil }
    return Side(mode: item.mode, bytes: try store.bytes(of: item.id))
  }

  private mutating func add(_ sides: Sides, changed: [RelativePath: Bool], mode: UInt32?) throws(WorkspaceError) {
    switch sides.live {
    case .behindLink:
      conflicts.append(sides.conflict(.symbolicLink))
      return
    case .special:
      conflicts.append(sides.conflict(.kindChanged))
      return
    case .folder:
      // A file takes the place of a folder whose files go with the same change.
      let prefix = sides.path.string + "/"
      let clears = sides.base == nil && changed.contains { $0.value && $0.key.string.hasPrefix(prefix) }
      if sides.target != nil, clears {
        steps.append(Step(path: sides.path, live: .folder, result: sides.target, mode: mode.map { mode_t($0) }))
      } else if sides.target != nil || sides.base != nil {
        conflicts.append(sides.conflict(.kindChanged))
      }
      return
    case .behindFile(let file):
      guard sides.target != nil else { return }
      if changed[file] != true {
        conflicts.append(sides.conflict(.kindChanged))
        return
      }
    case .missing, .file, .symbolicLink: break
    }
    let live = sides.liveSide
    if live == sides.target { return }
    if live == sides.base {
      steps.append(Step(path: sides.path, live: sides.live, result: sides.target, mode: mode.map { mode_t($0) }))
      return
    }
    try merge(sides, live)
  }

  private mutating func merge(_ sides: Sides, _ live: Side?) throws(WorkspaceError) {
    guard let live, let target = sides.target else {
      conflicts.append(sides.conflict(.changedAndRemoved))
      return
    }
    guard let base = sides.base else {
      conflicts.append(sides.conflict(.addedByBoth))
      return
    }
    guard base.mode.isRegular, live.mode.isRegular, target.mode.isRegular else {
      conflicts.append(sides.conflict(.kindChanged))
      return
    }
    let mode = base.mode == live.mode ? target.mode : live.mode
    switch try FileMerge(base: base.bytes, ours: live.bytes, theirs: target.bytes) {
    case .merged(let bytes):
      let result = Side(mode: mode, bytes: bytes)
      if result != live { steps.append(Step(path: sides.path, live: sides.live, result: result)) }
    case .conflicted(let marked):
      conflicts.append(sides.conflict(.sameLines, marked: marked))
    case .binaryConflict:
      conflicts.append(sides.conflict(.binary))
    }
  }
}
