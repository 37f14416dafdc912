/// What discovery may look at: the paths of a snapshot, and the bytes of those that it names.
///
/// Two steps, so that the decision is a pure function: ``wanted`` says what to read, and the caller reads it.
package struct TreeListing: Sendable {
  /// Largest file in bytes that is looked into.
  package static let fileBytesMax = 512 * 1_024
  /// Most files that are looked into.
  package static let filesMax = 60

  /// All paths of the tree, sorted.
  package let paths: [String]
  /// Text of the files that were read, by path.
  package var texts: [String: String] = [:]

  private let all: Set<String>

  package init(paths: [String], texts: [String: String] = [:]) {
    self.paths = paths.sorted()
    self.texts = texts
    all = Set(paths)
  }

  func contains(_ path: String) -> Bool { all.contains(path) }

  /// Files whose content decides, the ones nearest to the root first.
  package var wanted: [String] {
    let named = paths.filter { Self.markers.contains(Self.name($0)) && Self.depth($0) <= 2 }
    let tests = paths.filter(TestFiles.isPythonTest)
    return Array((named.sorted { (Self.depth($0), $0) < (Self.depth($1), $1) } + tests).prefix(Self.filesMax))
  }

  static let markers: Set<Substring> = [
    "pytest.ini", ".pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini", "package.json", "Cargo.toml", "go.mod",
    "Package.swift", "CMakeLists.txt", "Makefile", "makefile", "GNUmakefile",
  ]

  static func name(_ path: String) -> Substring {
    path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
  }

  static func depth(_ path: String) -> Int {
    path.utf8.count { $0 == UInt8(ascii: "/") }
  }
}

/// Which files hold tests, by name.
enum TestFiles {
  static func isPythonTest(_ path: String) -> Bool {
    let name = TreeListing.name(path)
    return name.hasSuffix(".py") && (name.hasPrefix("test") || name.hasSuffix("_test.py"))
  }

  /// By pytest's own default patterns.
  static func isPytestDefault(_ path: String) -> Bool {
    let name = TreeListing.name(path)
    return name.hasSuffix(".py") && (name.hasPrefix("test_") || name.hasSuffix("_test.py"))
  }

  static func isNodeTest(_ path: String) -> Bool {
    let name = TreeListing.name(path)
    let stem = [".js", ".mjs", ".cjs"].first { name.hasSuffix($0) }.map { name.dropLast($0.count) }
    guard let stem, !path.hasPrefix("node_modules/"), !path.contains("/node_modules/") else { return false }
    return stem == "test" || stem.hasPrefix("test-") || [".test", "-test", "_test"].contains { stem.hasSuffix($0) }
      || path.hasPrefix("test/") || path.contains("/test/")
  }
}
