package import Domain

/// What differs between two trees.
package struct TreeDiff: Sendable, Equatable {
  /// The differences as `git apply` takes them: unified with three lines of context, binary files as git binary
  /// patches. The files' own bytes, whatever their encoding.
  package let unified: [UInt8]
  /// One element a file, in the order of the patch.
  package let files: [FileDiff]

  package init(unified: [UInt8], files: [FileDiff]) {
    self.unified = unified
    self.files = files
  }
}

/// How one file differs.
package struct FileDiff: Sendable, Equatable, Codable {
  /// What happened to a file.
  package enum Change: String, Sendable, Codable {
    case added
    case deleted
    case modified
    /// From a file to a symbolic link, or back.
    case kindChanged
  }

  package let path: RelativePath
  package let change: Change
  /// Whether either side holds bytes that are not shown as lines.
  package let isBinary: Bool
  /// Lines that only the new side has; 0 for a binary file.
  package let addedLines: Int
  /// Lines that only the old side has; 0 for a binary file.
  package let deletedLines: Int

  package init(path: RelativePath, change: Change, isBinary: Bool, addedLines: Int, deletedLines: Int) {
    self.path = path
    self.change = change
    self.isBinary = isBinary
    self.addedLines = addedLines
    self.deletedLines = deletedLines
  }
}
