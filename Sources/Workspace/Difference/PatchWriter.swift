import CLibGit2
import Domain

/// Renders the difference of two trees through libgit2.
struct PatchWriter {
  let store: ObjectStore

  func diff(from old: ObjectID, to new: ObjectID) throws(WorkspaceError) -> TreeDiff {
    try store.withRepository { (repository) throws(WorkspaceError) in
      let oldTree = try TreeHandle(old, in: repository)
      let newTree = try TreeHandle(new, in: repository)
      var options = git_diff_options()
      git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
      options.flags = GIT_DIFF_SHOW_BINARY.rawValue | GIT_DIFF_IGNORE_SUBMODULES.rawValue
      // A binary patch names whole hashes or `git apply` refuses it.
      options.id_abbrev = UInt16(2 * ObjectID.byteCount)
      options.max_size = git_off_t(WorkspaceLimits().fileBytesMax)
      var diff: OpaquePointer?
      let status = git_diff_tree_to_tree(&diff, repository, oldTree.pointer, newTree.pointer, &options)
      try LibGit2.check(status, .objectMissing, "The trees \(old.hex) and \(new.hex) cannot be compared.")
      defer { git_diff_free(diff) }
      var bytes: [UInt8] = []
      var files: [FileDiff] = []
      for index in 0..<git_diff_num_deltas(diff) {
        var patch: OpaquePointer?
        try LibGit2.check(git_patch_from_diff(&patch, diff, index), "A difference cannot be rendered.")
        defer { git_patch_free(patch) }
        guard let patch, let delta = git_patch_get_delta(patch) else { continue }
        var buffer = git_buf()
        defer { git_buf_dispose(&buffer) }
        try LibGit2.check(git_patch_to_buf(&buffer, patch), "A difference cannot be rendered.")
        bytes += UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size)
        files.append(try Self.fileDiff(delta.pointee, patch))
      }
      return TreeDiff(unified: bytes, files: Self.joinedKindChanges(files))
    }
  }

  private static func fileDiff(_ delta: git_diff_delta, _ patch: OpaquePointer) throws(WorkspaceError) -> FileDiff {
    let isDeleted = delta.status == GIT_DELTA_DELETED
    let path = String(cString: isDeleted ? delta.old_file.path : delta.new_file.path)
    var added = 0
    var deleted = 0
    git_patch_line_stats(nil, &added, &deleted, patch)
    return FileDiff(
      path: try RelativePath(tree: Array(path.utf8)),
      change: isDeleted ? .deleted : delta.status == GIT_DELTA_ADDED ? .added : .modified,
      isBinary: delta.flags & GIT_DIFF_FLAG_BINARY.rawValue != 0,
      addedLines: added,
      deletedLines: deleted
    )
  }

  /// A change of kind is written as a removal and an addition of one path, but told as one thing.
  private static func joinedKindChanges(_ files: [FileDiff]) -> [FileDiff] {
    var joined: [FileDiff] = []
    for file in files {
      if let last = joined.last, last.path == file.path {
        joined[joined.count - 1] = FileDiff(
          path: file.path,
          change: .kindChanged,
          isBinary: last.isBinary || file.isBinary,
          addedLines: last.addedLines + file.addedLines,
          deletedLines: last.deletedLines + file.deletedLines
        )
      } else {
        joined.append(file)
      }
    }
    return joined
  }
}

/// A libgit2 tree, freed with the value.
private struct TreeHandle: ~Copyable {
  let pointer: OpaquePointer?

  init(_ id: ObjectID, in repository: OpaquePointer) throws(WorkspaceError) {
    var pointer: OpaquePointer?
    var oid = id.oid
    try LibGit2.check(
      git_tree_lookup(&pointer, repository, &oid),
      .objectMissing,
      "The tree \(id.hex) is not in the store."
    )
    self.pointer = pointer
  }

  deinit { git_tree_free(pointer) }
}
