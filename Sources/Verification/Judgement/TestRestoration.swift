import Domain
import Workspace

/// Puts a candidate's tests back to the original ones.
struct TestRestoration {
  /// Marks the beginning of the tests inside a Rust source file.
  private static let rustMark = "#[cfg(test)]"

  let workspace: Workspace
  let files: ProtectedFiles

  /// The candidate with the original tests, and the paths that were put back, sorted.
  func restore(
    _ candidate: TreeID,
    base: TreeID
  ) async throws(WorkspaceError) -> (tree: TreeID, restored: [RelativePath]) {
    var putBack: [FileChange] = []
    for change in try await workspace.changes(from: candidate, to: base) {
      if files.contains(change.path) {
        putBack.append(change)
      } else if change.path.string.hasSuffix(".rs"), let spliced = try await splice(change, candidate) {
        putBack.append(spliced)
      }
    }
    guard !putBack.isEmpty else { return (candidate, []) }
    let tree = try await workspace.derive(from: candidate, applying: putBack)
    return (tree, putBack.map(\.path).sorted())
  }

  /// The candidate's code with the base's tests, for Rust's tests that stand at the end of the code's own file.
  private func splice(_ change: FileChange, _ candidate: TreeID) async throws(WorkspaceError) -> FileChange? {
    guard case .file(let old, let isExecutable) = change.content,
      let new = try await workspace.contents(of: change.path, in: candidate)
    else { return nil }
    let oldTests = Self.tests(in: old)
    let newTests = Self.tests(in: new)
    guard !oldTests.isEmpty, oldTests != newTests else { return nil }
    let bytes = new.dropLast(newTests.count) + oldTests
    return FileChange(path: change.path, content: .file(bytes: Array(bytes), isExecutable: isExecutable))
  }

  private static func tests(in bytes: [UInt8]) -> ArraySlice<UInt8> {
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
      if bytes[start..<end].starts(with: rustMark.utf8) { return bytes[start...] }
      start = min(end + 1, bytes.endIndex)
    }
    return []
  }
}
