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
  /// Edits that turn the base's text into the patched one, in order and without overlap; only if positions were asked
  /// for, and missing for a file that is no text.
  package var edits: [TextEdit]?

  package init(path: String, kind: FileChangeKind, edits: [TextEdit]? = nil) {
    self.path = path
    self.kind = kind
    self.edits = edits
  }
}

/// A file that a patch could not be merged into, because it changed meanwhile.
package struct PatchConflict: Codable, Sendable, Equatable {
  /// The file, relative to the root.
  package var path: String
  /// Why it does not fit.
  package var reason: String

  package init(path: String, reason: String) {
    self.path = path
    self.reason = reason
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
