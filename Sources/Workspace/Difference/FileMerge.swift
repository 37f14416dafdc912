import CLibGit2

/// What a three-way merge of one file's bytes came to.
package enum FileMerge: Sendable, Equatable {
  /// Both sides' changes together.
  case merged([UInt8])
  /// Both sides changed the same lines: the bytes with conflict markers, for people.
  case conflicted(marked: [UInt8])
  /// Both sides changed a file that is not lines of text; there is nothing to show.
  case binaryConflict

  /// Merges the changes from `base` to `ours` and from `base` to `theirs` line by line. Bytes outside the changed lines
  /// are untouched, whatever their encoding and line endings.
  package init(base: [UInt8], ours: [UInt8], theirs: [UInt8]) throws(WorkspaceError) {
    if ours == theirs || base == theirs {
      self = .merged(ours)
    } else if base == ours {
      self = .merged(theirs)
    } else if [base, ours, theirs].contains(where: Self.isBinary) {
      self = .binaryConflict
    } else {
      self = try Self.mergeLines(base, ours, theirs)
    }
  }

  /// Git's rule: a NUL among the first bytes.
  static func isBinary(_ bytes: [UInt8]) -> Bool {
    bytes.prefix(8_000).contains(0)
  }

  private static func mergeLines(
    _ base: [UInt8],
    _ ours: [UInt8],
    _ theirs: [UInt8]
  ) throws(WorkspaceError) -> FileMerge {
    try LibGit2.initialise()
    var result = git_merge_file_result()
    defer { git_merge_file_result_free(&result) }
    var options = git_merge_file_options()
    git_merge_file_options_init(&options, UInt32(GIT_MERGE_FILE_OPTIONS_VERSION))
    options.flags = GIT_MERGE_FILE_STYLE_DIFF3.rawValue
    let status = "file".withCString { path in
      "yours".withCString { ourLabel in
        "base".withCString { baseLabel in
          "baton's".withCString { theirLabel in
            options.our_label = ourLabel
            options.ancestor_label = baseLabel
            options.their_label = theirLabel
            return input(base, path) { base in
              input(ours, path) { ours in
                input(theirs, path) { theirs in git_merge_file(&result, base, ours, theirs, &options) }
              }
            }
          }
        }
      }
    }
    try LibGit2.check(status, "Files cannot be merged.")
    let bytes = Array(UnsafeRawBufferPointer(start: result.ptr, count: result.len))
    return result.automergeable != 0 ? .merged(bytes) : .conflicted(marked: bytes)
  }

  private static func input(
    _ bytes: [UInt8],
    _ path: UnsafePointer<CChar>,
    _ body: (UnsafePointer<git_merge_file_input>) -> Int32
  ) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var input = git_merge_file_input()
      git_merge_file_input_init(&input, UInt32(GIT_MERGE_FILE_INPUT_VERSION))
      input.ptr = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      input.size = buffer.count
      input.path = path
      return body(&input)
    }
  }
}
