/// Something a snapshot left out, and why.
package struct SnapshotNotice: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Why something was left out.
  package enum Reason: String, Sendable, Codable {
    /// Longer than ``WorkspaceLimits/fileBytesMax``.
    case tooLong
    /// A FIFO, socket or device.
    case specialFile
    /// The file or folder may not be read, or vanished while it was read.
    case unreadable
    /// The name is not UTF-8, or longer than a path may be.
    case unusableName
    /// A repository of its own inside the workspace that is not a submodule.
    case nestedRepository
    /// Folders inside one another beyond ``WorkspaceLimits/folderDepthMax``.
    case tooDeep
    /// The file changed while it was being read; the last bytes read were taken.
    case changedWhileRead
    /// An unsaved buffer of a file that is git-ignored or lies outside the workspace.
    case overlayIgnored
    /// The repository could not be opened; the folder is treated as one without git.
    case repositoryUnusable
  }

  /// The path below the root, lossily decoded; `.` for the root.
  package let path: String
  package let reason: Reason
  /// The sentence for the user.
  package let message: String

  package var description: String { "\(path): \(message)" }

  package init(path: String, reason: Reason, message: String) {
    self.path = path
    self.reason = reason
    self.message = message
  }
}
