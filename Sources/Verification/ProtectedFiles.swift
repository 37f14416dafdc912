import Domain

/// Files that decide what the tests are and how they run. The original ones always decide: a candidate's changes to them
/// are put back before the run, unless the task allows test edits.
enum ProtectedFiles {
  private static let names: Set<Substring> = [
    "conftest.py", "pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "sitecustomize.py", "usercustomize.py",
    "noxfile.py", "package.json", "package-lock.json", "jest.config.js", "babel.config.js", ".babelrc", ".mocharc.json",
    "Cargo.lock", "build.rs", "go.mod", "go.sum", "Package.resolved", "CMakeLists.txt", "Makefile", "makefile",
    "GNUmakefile", ".gitlab-ci.yml", "Jenkinsfile", ".travis.yml",
  ]
  private static let folders: Set<Substring> = [
    "tests", "test", "Tests", "testing", "__tests__", ".github", ".cargo", ".ci",
  ]

  /// Whether `path` belongs to the test suite, its configuration or CI.
  static func contains(_ path: RelativePath) -> Bool {
    let name = path.name
    if names.contains(name) || name.hasSuffix(".pth") { return true }
    if path.folders.contains(where: folders.contains) { return true }
    let stem = name.split(separator: ".").first ?? name
    let ending = name.split(separator: ".").last ?? ""
    return switch ending {
    case "py": stem.hasPrefix("test_") || stem.hasSuffix("_test") || stem == "tests"
    case "go": stem.hasSuffix("_test")
    case "js", "mjs", "cjs", "ts", "tsx", "jsx":
      name.contains(".test.") || name.contains(".spec.") || stem.hasPrefix("test-")
    case "swift": stem.hasSuffix("Tests") || stem.hasSuffix("Test")
    default: false
    }
  }
}
