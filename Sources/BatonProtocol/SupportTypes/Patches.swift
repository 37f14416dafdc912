/// The unit in which a position counts characters of a line.
package enum PositionEncodingKind: String, Codable, Sendable, CaseIterable {
  /// Bytes.
  case utf8 = "utf-8"
  /// 16-bit units, as in LSP by default.
  case utf16 = "utf-16"
  /// Unicode scalars.
  case utf32 = "utf-32"
}

/// A place between two characters.
package struct TextPosition: Codable, Sendable, Equatable {
  /// Line, from 0.
  package var line: Int
  /// Units of the asked encoding before the place, from 0.
  package var character: Int

  package init(line: Int, character: Int) {
    self.line = line
    self.character = character
  }
}

/// The text from `start` up to `end`.
package struct TextRange: Codable, Sendable, Equatable {
  /// Where it begins.
  package var start: TextPosition
  /// Where it ends; the character there is not part of it.
  package var end: TextPosition

  package init(start: TextPosition, end: TextPosition) {
    self.start = start
    self.end = end
  }
}

/// Replaces a range of a file by new text.
package struct TextEdit: Codable, Sendable, Equatable {
  /// What is replaced, in the file as it is in the base.
  package var range: TextRange
  /// What comes there.
  package var newText: String

  package init(range: TextRange, newText: String) {
    self.range = range
    self.newText = newText
  }
}

/// What happens to a file.
package enum FileChangeKind: String, Codable, Sendable, CaseIterable {
  /// It is new.
  case added
  /// Its content or mode changes.
  case modified
  /// It goes.
  case deleted
}

/// One file of a patch.
package struct PatchFile: Codable, Sendable, Equatable {
  /// The file, relative to the root.
  package var path: String
  /// What happens to it.
  package var kind: FileChangeKind
  /// Whether the file may be executed afterwards. This and the following only if positions were asked for.
  package var isExecutable: Bool?
  /// Edits that turn the base's text into the patched one, in order and without overlap.
  package var edits: [TextEdit]?
  /// All of the file, when it is new, or no text on one side.
  package var content: EncodedBytes?
  /// Where the path points, when it becomes a symbolic link.
  package var linkTarget: String?

  package init(
    path: String,
    kind: FileChangeKind,
    isExecutable: Bool? = nil,
    edits: [TextEdit]? = nil,
    content: EncodedBytes? = nil,
    linkTarget: String? = nil
  ) {
    self.path = path
    self.kind = kind
    self.isExecutable = isExecutable
    self.edits = edits
    self.content = content
    self.linkTarget = linkTarget
  }
}

/// Why a file cannot be merged.
package enum ConflictReason: String, Codable, Sendable, CaseIterable {
  /// Both sides changed the same lines.
  case sameLines
  /// Both sides changed a file that is not text.
  case binary
  /// One side changed the file, the other removed it.
  case changedAndRemoved
  /// Both sides added the file, differently.
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

/// A file that a patch could not be merged into, because it changed meanwhile.
package struct PatchConflict: Codable, Sendable, Equatable {
  /// Longest side that is shown, in bytes.
  package static let sideBytesMax = 256 * 1_024

  /// The file, relative to the root.
  package var path: String
  /// Why it cannot be merged.
  package var reason: ConflictReason
  /// What the workspace has; missing when there is no file, or too large a one.
  package var ours: EncodedBytes?
  /// What was to be written; missing when the file was to go, or is too large.
  package var theirs: EncodedBytes?

  package init(path: String, reason: ConflictReason, ours: EncodedBytes? = nil, theirs: EncodedBytes? = nil) {
    self.path = path
    self.reason = reason
    self.ours = ours
    self.theirs = theirs
  }
}

/// What became of an apply or undo. Either all files were written or none.
package struct PatchOutcome: Codable, Sendable, Equatable {
  /// Whether the workspace holds the change now.
  package var applied: Bool
  /// Where the job stands.
  package var state: JobState
  /// What stood in the way; empty when `applied`.
  package var conflicts: [PatchConflict]

  package init(applied: Bool, state: JobState, conflicts: [PatchConflict] = []) {
    self.applied = applied
    self.state = state
    self.conflicts = conflicts
  }
}

/// The parameter of all requests about one job.
package struct JobParams: Codable, Sendable, Equatable {
  /// The job's name.
  package var job: String

  package init(job: String) {
    self.job = job
  }
}
