import CLibGit2

/// Finds the smallest line-aligned edits from one UTF-8 text to another.
struct TextComparison {
  /// A run of lines that differs, as ranges of bytes.
  private struct Hunk {
    var old: Range<Int>
    var new: Range<Int>
  }

  /// The edits; nil when either text is no UTF-8 text, holds NUL, or only one has a byte order mark.
  static func edits(
    from old: [UInt8],
    to new: [UInt8],
    encoding: PositionEncoding
  ) throws(WorkspaceError) -> [TextEdit]? {
    guard isText(old), isText(new) else { return nil }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    guard old.starts(with: mark) == new.starts(with: mark) else { return nil }
    let hasMark = old.starts(with: mark)
    let oldText = hasMark ? Array(old.dropFirst(mark.count)) : old
    let newText = hasMark ? Array(new.dropFirst(mark.count)) : new
    let hunks = try hunks(oldText, newText)
    let places = positions(of: hunks.flatMap { [$0.old.lowerBound, $0.old.upperBound] }, in: oldText, encoding)
    return hunks.enumerated().map { index, hunk in
      TextEdit(
        start: places[2 * index],
        end: places[2 * index + 1],
        newText: String(decoding: newText[hunk.new], as: UTF8.self)
      )
    }
  }

  private static func isText(_ bytes: [UInt8]) -> Bool {
    !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
  }

  private static func hunks(_ old: [UInt8], _ new: [UInt8]) throws(WorkspaceError) -> [Hunk] {
    var options = git_diff_options()
    git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
    options.context_lines = 0
    options.interhunk_lines = 0
    options.flags = GIT_DIFF_FORCE_TEXT.rawValue
    var patch: OpaquePointer?
    let status = old.withUnsafeBytes { old in
      new.withUnsafeBytes { new in
        git_patch_from_buffers(&patch, old.baseAddress, old.count, nil, new.baseAddress, new.count, nil, &options)
      }
    }
    try LibGit2.check(status, "Two texts cannot be compared.")
    defer { git_patch_free(patch) }
    let oldLines = lineStarts(old)
    let newLines = lineStarts(new)
    var hunks: [Hunk] = []
    for index in 0..<git_patch_num_hunks(patch) {
      var raw: UnsafePointer<git_diff_hunk>?
      try LibGit2.check(git_patch_get_hunk(&raw, nil, patch, index), "Two texts cannot be compared.")
      guard let hunk = raw?.pointee else { continue }
      hunks.append(
        Hunk(
          old: bytes(ofLines: Int(hunk.old_start), Int(hunk.old_lines), oldLines),
          new: bytes(ofLines: Int(hunk.new_start), Int(hunk.new_lines), newLines)
        )
      )
    }
    return hunks
  }

  /// Where each line starts, and at last where the text ends.
  private static func lineStarts(_ text: [UInt8]) -> [Int] {
    var starts = [0]
    for (index, byte) in text.enumerated() where byte == UInt8(ascii: "\n") { starts.append(index + 1) }
    if starts.last != text.count { starts.append(text.count) }
    return starts
  }

  /// Lines count from 1; a run of no lines is named by the line before it.
  private static func bytes(ofLines start: Int, _ count: Int, _ starts: [Int]) -> Range<Int> {
    let first = min(count == 0 ? start : start - 1, starts.count - 1)
    return starts[first]..<starts[min(first + count, starts.count - 1)]
  }

  /// The positions of offsets, which ascend.
  private static func positions(
    of offsets: [Int],
    in text: [UInt8],
    _ encoding: PositionEncoding
  ) -> [TextPosition] {
    var result: [TextPosition] = []
    var position = TextPosition(line: 0, character: 0)
    var index = 0
    for offset in offsets {
      while index < offset {
        let byte = text[index]
        let endsLine =
          byte == UInt8(ascii: "\n")
          || (byte == UInt8(ascii: "\r") && !(index + 1 < text.count && text[index + 1] == UInt8(ascii: "\n")))
        if endsLine {
          position = TextPosition(line: position.line + 1, character: 0)
        } else {
          position.character += encoding.units(startingWith: byte)
        }
        index += 1
      }
      result.append(position)
    }
    return result
  }
}
