import BatonProtocol
import Domain
import Jobs
import Workspace

extension PatchOutcome {
  init(_ outcome: ApplyOutcome, state: Job.State) {
    switch outcome {
    case .applied: self.init(applied: true, state: JobState(state))
    case .conflicted(let conflicts):
      self.init(applied: false, state: JobState(state), conflicts: conflicts.map { PatchConflict($0) })
    }
  }
}

extension PatchConflict {
  init(_ conflict: FileConflict) {
    self.init(
      path: conflict.path.string,
      reason: ConflictReason(conflict.reason),
      ours: Self.side(conflict.ours),
      theirs: Self.side(conflict.theirs)
    )
  }

  private static func side(_ bytes: [UInt8]?) -> EncodedBytes? {
    guard let bytes, bytes.count <= sideBytesMax else { return nil }
    return EncodedBytes(bytes)
  }
}

extension ConflictReason {
  init(_ reason: FileConflict.Reason) {
    switch reason {
    case .sameLines: self = .sameLines
    case .binary: self = .binary
    case .changedAndRemoved: self = .changedAndRemoved
    case .addedByBoth: self = .addedByBoth
    case .kindChanged: self = .kindChanged
    case .symbolicLink: self = .symbolicLink
    case .folderNotEmpty: self = .folderNotEmpty
    case .changedWhileApplying: self = .changedWhileApplying
    }
  }
}

extension PatchGetRequest.Result {
  init(_ patch: JobPatch) {
    self.init(
      job: patch.job.string,
      base: patch.base.hex,
      target: patch.target.hex,
      diff: EncodedBytes(patch.diff.unified),
      files: patch.diff.files.map { file in
        PatchFile(file, patch.edits?.first { $0.path == file.path })
      }
    )
  }
}

extension PatchFile {
  init(_ file: FileDiff, _ edits: FileEdits?) {
    self.init(path: file.path.string, kind: FileChangeKind(file.change))
    guard let edits else { return }
    isExecutable = edits.isExecutable
    switch edits.change {
    case .edited(let edits):
      self.edits = edits.map { edit in
        let start = BatonProtocol.TextPosition(line: edit.start.line, character: edit.start.character)
        let end = BatonProtocol.TextPosition(line: edit.end.line, character: edit.end.character)
        return BatonProtocol.TextEdit(range: TextRange(start: start, end: end), newText: edit.newText)
      }
    case .created(let bytes), .replaced(let bytes): content = EncodedBytes(bytes)
    case .linked(let target): linkTarget = target
    case .removed: isExecutable = nil
    }
  }
}

extension PositionEncoding {
  init(_ kind: PositionEncodingKind) {
    switch kind {
    case .utf8: self = .utf8
    case .utf16: self = .utf16
    case .utf32: self = .utf32
    }
  }
}

extension FileChangeKind {
  init(_ change: FileDiff.Change) {
    switch change {
    case .added: self = .added
    case .deleted: self = .deleted
    case .modified, .kindChanged: self = .modified
    }
  }
}
