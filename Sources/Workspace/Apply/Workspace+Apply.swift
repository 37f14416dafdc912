package import Domain

extension Workspace {
  /// Brings the change from `base` to `target` into the live folder, merged with whatever the user changed since
  /// `base`: all files or none. Bytes outside the changed lines stay as they are, and so do modes and owners.
  ///
  /// - Throws: ``WorkspaceError`` when the folder cannot be read or written; what was written is put back first.
  package func apply(from base: TreeID, to target: TreeID) throws(WorkspaceError) -> ApplyOutcome {
    try bring(from: base, to: target, modes: [:], record: (base, target))
  }

  /// Takes back what an apply wrote: the inverse change, merged with what the user changed since. Only paths that the
  /// apply wrote are touched, and nothing else is removed.
  ///
  /// - Returns: the record of the undo, which can itself be undone; a conflict where the user changed the same lines.
  package func undo(_ record: ApplyRecord) throws(WorkspaceError) -> ApplyOutcome {
    try bring(
      from: record.after,
      to: record.before,
      modes: record.removedModes,
      record: (record.target, record.base)
    )
  }

  private func bring(
    from base: TreeID,
    to target: TreeID,
    modes: [String: UInt32],
    record: (base: TreeID, target: TreeID)
  ) throws(WorkspaceError) -> ApplyOutcome {
    guard let lock = try FileLock(path: store.path + "/apply.flock", .exclusive) else {
      throw WorkspaceError(.writeFailed, "Another process is applying a change to \(root); try again when it is done.")
    }
    defer { extendLifetime(lock) }
    let tree = try WorkTree(root: root)
    let plan = try ApplyPlan(
      from: ObjectID(base),
      to: ObjectID(target),
      in: tree,
      store: store,
      modes: modes,
      bytesMax: limits.fileBytesMax
    )
    guard plan.conflicts.isEmpty else { return .conflicted(plan.conflicts) }
    let made = try makeRecord(plan.steps, record)
    guard !plan.steps.isEmpty else { return .applied(made) }
    do throws(ApplyTransaction.Failure) {
      try ApplyTransaction(tree: tree, store: store, bytesMax: limits.fileBytesMax).run(plan.steps)
    } catch {
      switch error {
      case .changedMeanwhile(let path): return .conflicted([FileConflict(path: path, reason: .changedWhileApplying)])
      case .folderNotEmpty(let path): return .conflicted([FileConflict(path: path, reason: .folderNotEmpty)])
      case .failed(let error): throw error
      }
    }
    return .applied(made)
  }

  /// Stores both states of the touched paths before the first is touched.
  private func makeRecord(
    _ steps: [ApplyPlan.Step],
    _ record: (base: TreeID, target: TreeID)
  ) throws(WorkspaceError) -> ApplyRecord {
    var before: [FileChange] = []
    var after: [FileChange] = []
    var modes: [String: UInt32] = [:]
    for step in steps {
      if let old = step.live.content { before.append(FileChange(path: step.path, content: old)) }
      if let new = step.result?.content { after.append(FileChange(path: step.path, content: new)) }
      if step.result == nil, case .file(_, let attributes) = step.live { modes[step.path.string] = attributes.mode }
    }
    let empty = try store.write([], as: .tree)
    let editor = TreeEditor(store: store)
    let trees = (
      before: try editor.tree(from: empty, applying: before), after: try editor.tree(from: empty, applying: after)
    )
    try store.flush()
    return ApplyRecord(
      base: record.base,
      target: record.target,
      before: try TreeID(trees.before),
      after: try TreeID(trees.after),
      paths: steps.map(\.path).sorted(),
      removedModes: modes
    )
  }
}

extension LiveFile {
  /// The file as the state of a path; nil for no file.
  fileprivate var content: FileChange.Content? {
    switch self {
    case .file(let bytes, let attributes): .file(bytes: bytes, isExecutable: attributes.mode & 0o100 != 0)
    case .symbolicLink(let target): .symbolicLink(target: String(decoding: target, as: UTF8.self))
    default: nil
    }
  }
}

extension ApplyPlan.Side {
  fileprivate var content: FileChange.Content {
    if mode == .symbolicLink { return .symbolicLink(target: String(decoding: bytes, as: UTF8.self)) }
    return .file(bytes: bytes, isExecutable: mode == .executable)
  }
}
