import Domain
import Workspace

/// Which languages a tree is written in, by file name.
enum Languages {
  private static let byExtension: [Substring: String] = [
    "py": "python", "js": "javascript", "mjs": "javascript", "cjs": "javascript", "ts": "typescript",
    "swift": "swift", "rs": "rust", "go": "go", "c": "c", "h": "c", "cc": "c++", "cpp": "c++", "hpp": "c++",
    "java": "java", "kt": "kotlin", "rb": "ruby", "php": "php",
  ]

  /// Languages of the files in `entries`, most files first.
  static func ranked(in entries: [TreeEntry]) -> [String] {
    var counts: [String: Int] = [:]
    for entry in entries {
      let name = entry.path.name
      guard let dot = name.lastIndex(of: "."), let language = byExtension[name[name.index(after: dot)...]] else {
        continue
      }
      counts[language, default: 0] += 1
    }
    return counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.map(\.key)
  }
}
