package import Domain

/// How an attempt to change the live folder ended. Either all files were written or none.
package enum ApplyOutcome: Sendable, Equatable {
  /// Every change is in the folder, or was there already.
  case applied(ApplyRecord)
  /// Nothing was written: these files moved on in a way that cannot be merged.
  case conflicted([FileConflict])
}

/// What an apply did, enough to undo it later without the user's git history. Its trees live in the private store.
package struct ApplyRecord: Sendable, Equatable, Codable {
  /// The snapshot the change was made against.
  package let base: TreeID
  /// The tree that was wanted.
  package let target: TreeID
  /// The touched paths, and nothing else, as they were right before.
  package let before: TreeID
  /// The touched paths, and nothing else, as they were written: the target merged with what had changed meanwhile.
  package let after: TreeID
  /// The paths that were written or removed, sorted. Empty: the folder showed the target already.
  package let paths: [RelativePath]
  /// Permission bits of removed files, by path, so that they come back as they were.
  package let removedModes: [String: UInt32]

  package init(
    base: TreeID,
    target: TreeID,
    before: TreeID,
    after: TreeID,
    paths: [RelativePath],
    removedModes: [String: UInt32]
  ) {
    self.base = base
    self.target = target
    self.before = before
    self.after = after
    self.paths = paths
    self.removedModes = removedModes
  }
}

/// One file that cannot be merged, with both sides. A side that is nil is: no file.
package struct FileConflict: Sendable, Equatable, Codable {
  /// Why it cannot be merged.
  package enum Reason: String, Sendable, Codable {
    /// Both sides changed the same lines.
    case sameLines
    /// Both sides changed a file that is not text.
    case binary
    /// One side changed the file, the other removed it.
    case changedAndRemoved
    /// Both sides added the file, differently; yours may be git-ignored.
    case addedByBoth
    /// One side made it something else: a link, a folder, a special file.
    case kindChanged
    /// A symbolic link on the path leads outside the workspace, or may not be followed.
    case symbolicLink
    /// A folder that must go still holds other files.
    case folderNotEmpty
    /// The file changed between the check and the write.
    case changedWhileApplying
  }

  package let path: RelativePath
  package let reason: Reason
  /// What the snapshot had.
  package let base: [UInt8]?
  /// What the folder has now: yours.
  package let ours: [UInt8]?
  /// What was to be written.
  package let theirs: [UInt8]?
  /// Both sides with conflict markers, where the file is text.
  package let marked: [UInt8]?

  package init(
    path: RelativePath,
    reason: Reason,
    base: [UInt8]? = nil,
    ours: [UInt8]? = nil,
    theirs: [UInt8]? = nil,
    marked: [UInt8]? = nil
  ) {
    self.path = path
    self.reason = reason
    self.base = base
    self.ours = ours
    self.theirs = theirs
    self.marked = marked
  }
}
