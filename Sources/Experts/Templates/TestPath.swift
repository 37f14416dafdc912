import Domain

/// Which Python files belong to a test suite, by the names that pytest and unittest collect.
enum TestPath {
  private static let folders: Set<Substring> = ["test", "tests", "testing"]
  private static let names: Set<Substring> = ["conftest.py", "tests.py", "setup.py", "noxfile.py"]

  static func isTest(_ path: RelativePath) -> Bool {
    let name = path.name
    return name.hasPrefix("test_") || name.hasSuffix("_test.py") || names.contains(name)
      || path.folders.contains { folders.contains($0) }
  }
}
