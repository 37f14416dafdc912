import Domain
import Foundation
import Workspace

/// A folder for one test with a work tree in it and a place for stores beside it; removed with the scope.
struct Playground {
  /// The work tree.
  let root: String
  /// The folder for stores.
  let state: String

  /// Runs `body` in a new folder, which is removed afterwards.
  static func with<Result>(_ body: (Playground) async throws -> Result) async throws -> Result {
    let base = FileManager.default.temporaryDirectory.path + "/workspace-tests-\(UUID().uuidString)"
    let playground = Playground(root: base + "/work tree", state: base + "/state")
    try FileManager.default.createDirectory(atPath: playground.root, withIntermediateDirectories: true)
    do {
      let result = try await body(playground)
      try FileManager.default.removeItem(atPath: base)
      return result
    } catch {
      try FileManager.default.removeItem(atPath: base)
      throw error
    }
  }

  /// Runs `body` in a new folder that is a git repository with one commit of `files`.
  static func withRepository<Result>(
    _ files: [String: String] = ["a.txt": "one\ntwo\nthree\n", "src/b.py": "print(1)\n"],
    _ body: (Playground) async throws -> Result
  ) async throws -> Result {
    try await with { playground in
      for (path, text) in files { try playground.write(path, text) }
      try playground.shell("git init -q . && git add -A && \(Self.commit)")
      return try await body(playground)
    }
  }

  static let commit = "git -c user.name=T -c user.email=t@example.invalid -c commit.gpgsign=false commit -qm x"

  func open(_ limits: WorkspaceLimits = WorkspaceLimits()) throws -> Workspace {
    try Workspace(root: root, storeDirectory: state, limits: limits)
  }

  func path(_ relative: String) -> String { root + "/" + relative }

  func write(_ relative: String, _ text: String) throws {
    try write(relative, Array(text.utf8))
  }

  func write(_ relative: String, _ bytes: [UInt8]) throws {
    let url = URL(filePath: path(relative))
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func bytes(_ relative: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(filePath: path(relative))))
  }

  func text(_ relative: String) throws -> String {
    String(decoding: try bytes(relative), as: UTF8.self)
  }

  func exists(_ relative: String) -> Bool {
    var status = stat()
    return lstat(path(relative), &status) == 0
  }

  /// Runs `command` in the work tree and returns what it printed; throws when it fails.
  @discardableResult
  func shell(_ command: String, in directory: String? = nil) throws -> String {
    let quoted = "'" + (directory ?? root).replacing("'", with: "'\\''") + "'"
    let script = "cd \(quoted) && export GIT_CONFIG_NOSYSTEM=1 LC_ALL=C.UTF-8; { \(command)\n} 2>&1"
    guard let stream = popen(script, "re") else { throw ShellError(command: command, output: "popen failed") }
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&buffer, 1, buffer.count, stream)
      if count == 0 { break }
      output += buffer[..<count]
    }
    let status = pclose(stream)
    let text = String(decoding: output, as: UTF8.self)
    guard status == 0 else { throw ShellError(command: command, output: "status \(status): \(text)") }
    return text
  }

  /// The tree git itself makes of the work tree, through a copy of the index.
  func gitTree() throws -> String {
    let index = state + "-index"
    let script = """
      rm -f '\(index)'; cp -p "$(git rev-parse --git-path index)" '\(index)' 2>/dev/null
      export GIT_INDEX_FILE='\(index)'
      git add -A 2>/dev/null; git write-tree
      """
    return try shell(script).split(separator: "\n").last.map(String.init) ?? ""
  }

  /// Path, type, mode, bytes, link target and times of everything below the work tree, `.git` included.
  func fingerprint() throws -> String {
    try shell("find . -printf '%p %y %m %s %l %T@ %i\\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha1sum")
  }
}

struct ShellError: Error {
  let command: String
  let output: String
}

extension RelativePath: ExpressibleByStringLiteral {
  package init(stringLiteral text: String) {
    do { try self.init(text) } catch { fatalError("\(error)") }
  }
}

extension [TreeEntry] {
  var paths: [String] { map(\.path.string) }
}
