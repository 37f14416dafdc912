import Foundation

/// One file of the repository, with its code and comments told apart where it is Swift or C.
struct SourceFile {
  /// Path from the repository's root.
  let path: String
  let text: String
  let lines: [Substring]
  /// The file's code and comments by line; empty for a file that is neither Swift nor C.
  let code: String
  let codeLines: [Substring]
  let commentLines: [Substring]

  init(path: String, text: String) {
    self.path = path
    self.text = text
    lines = Self.lines(of: text)
    let language: CodeMask.Language? =
      path.hasSuffix(".swift") ? .swift : path.hasSuffix(".c") || path.hasSuffix(".h") ? .c : nil
    let mask = language.map { CodeMask(text, language: $0) }
    code = mask?.code ?? ""
    codeLines = Self.lines(of: code)
    commentLines = Self.lines(of: mask?.comments ?? "")
  }

  private static func lines(of text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// Whether the code holds one of `words`: a cheap question before a search by line.
  func codeContains(_ words: [String]) -> Bool { words.contains { code.contains($0) } }

  var fileExtension: Substring { path[(path.lastIndex(of: ".").map(path.index(after:)) ?? path.endIndex)...] }

  /// Whether the file lies in one of these folders.
  func isIn(_ folders: [String]) -> Bool { folders.contains { path.hasPrefix($0 + "/") } }

  /// The target whose folder holds the file: the second part of its path below `Sources` or `Tests`.
  var target: String? {
    let parts = path.split(separator: "/")
    guard parts.count > 2, parts[0] == "Sources" || parts[0] == "Tests" else { return nil }
    return String(parts[1])
  }
}

/// A place where a rule is broken, and what to do about it.
struct Finding: CustomStringConvertible {
  let path: String
  let line: Int
  let message: String

  var description: String { "\(path):\(line): \(message)" }
}

/// The repository as it lies on disk, without what is built or fetched.
struct SourceTree {
  let root: URL
  let files: [SourceFile]

  /// The tree this test was compiled from, read once for all tests.
  static let repository = Result { try SourceTree(root: repositoryRoot) }

  private static var repositoryRoot: URL {
    // Tests/TidyTests/Support/SourceTree.swift → the root.
    (0..<4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
  }

  private static let ignoredNames: Set<String> = [
    ".git", "__pycache__", ".pytest_cache", ".venv", "node_modules", "Package.resolved",
  ]

  init(root: URL) throws {
    self.root = root
    files = try Self.files(in: root, below: "").sorted { $0.path < $1.path }
  }

  private static func files(in folder: URL, below prefix: String) throws -> [SourceFile] {
    var found: [SourceFile] = []
    for url in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: [.isDirectoryKey]) {
      let name = url.lastPathComponent
      if ignoredNames.contains(name) || name.hasPrefix(".build") { continue }
      let path = prefix + name
      if try url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true {
        found += try files(in: url, below: path + "/")
      } else if let text = String(data: try Data(contentsOf: url), encoding: .utf8) {
        found.append(SourceFile(path: path, text: text))
      }
    }
    return found
  }

  struct MissingFile: Error { let path: String }

  /// The text of the file at `path`, which must exist.
  func text(_ path: String) throws(MissingFile) -> String {
    guard let file = files.first(where: { $0.path == path }) else { throw MissingFile(path: path) }
    return file.text
  }

  func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  func swift(in folders: String...) -> [SourceFile] {
    files.filter { $0.fileExtension == "swift" && $0.isIn(folders) }
  }
}
