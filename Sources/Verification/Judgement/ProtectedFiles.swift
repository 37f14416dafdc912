package import Domain

/// Files that decide what the tests are and how they run. The original ones decide: what a candidate does to them is
/// put back before the run, unless the task allows test edits.
package struct ProtectedFiles: Sendable {
  let plan: TestPlan

  package init(plan: TestPlan) {
    self.plan = plan
  }

  private static let names: Set<Substring> = [
    // Python
    "conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", "tox.ini", "setup.cfg", "pyproject.toml", "noxfile.py",
    "sitecustomize.py", "usercustomize.py", ".coveragerc", "tests.py", "test.py",
    // JavaScript
    "package.json", "package-lock.json", "yarn.lock", "pnpm-lock.yaml", ".npmrc", ".babelrc", ".nycrc", ".swcrc",
    // Rust, Go, Swift, C
    "Cargo.lock", "build.rs", "go.mod", "go.sum", "go.work", "Package.swift", "Package.resolved", "CMakeLists.txt",
    "CTestConfig.cmake", "CTestCustom.cmake", "Makefile", "makefile", "GNUmakefile", "rust-toolchain",
    "rust-toolchain.toml",
    // Continuous integration
    ".gitlab-ci.yml", ".travis.yml", "Jenkinsfile", "azure-pipelines.yml", "appveyor.yml",
  ]
  private static let stems: [String] = [
    "jest.config.", "jest.setup.", "vitest.config.", "vite.config.", "babel.config.", "karma.conf.", ".mocharc.",
    "ava.config.", "playwright.config.", "Package@swift-",
  ]
  private static let folders: Set<Substring> = [
    "tests", "test", "Tests", "__tests__", "__mocks__", "testdata", "spec", ".github", ".circleci", ".cargo", ".ci",
    "node_modules", ".venv", "venv", "site-packages",
  ]
  /// Names that would stand before a test runner's own module when a candidate puts them at the root.
  private static let shadows: Set<Substring> = [
    "pytest", "_pytest", "pluggy", "iniconfig", "packaging", "unittest", "json", "os", "re", "signal", "threading",
    "random", "importlib",
  ]

  /// Whether `path` belongs to the test suite, its configuration or the continuous integration.
  package func contains(_ path: RelativePath) -> Bool {
    let name = path.name
    if Self.names.contains(name) || name.hasSuffix(".pth") { return true }
    if Self.stems.contains(where: name.hasPrefix) { return true }
    if path.folders.contains(where: Self.folders.contains) { return true }
    return isTestFile(name) || isShadow(path) || scripts.contains(path.string)
  }

  private func isTestFile(_ name: Substring) -> Bool {
    guard let dot = name.lastIndex(of: ".") else { return false }
    let stem = name[..<dot]
    switch name[name.index(after: dot)...] {
    case "py":
      return stem.hasPrefix("test_") || stem.hasSuffix("_test") || plan.runner == .unittest && stem.hasPrefix("test")
    case "go": return stem.hasSuffix("_test")
    case "js", "mjs", "cjs", "ts", "tsx", "jsx", "mts", "cts":
      return [".test", ".spec", "-test", "_test"].contains { stem.hasSuffix($0) } || stem.hasPrefix("test-")
    case "swift": return stem.hasSuffix("Tests") || stem.hasSuffix("Test")
    default: return false
    }
  }

  private func isShadow(_ path: RelativePath) -> Bool {
    var inside = Substring(path.string)
    if let directory = plan.directory?.string {
      guard inside.hasPrefix(directory + "/") else { return false }
      inside = inside.dropFirst(directory.utf8.count + 1)
    }
    let first = inside.split(separator: "/").first ?? ""
    let isModule = first.hasSuffix(".py") || inside.contains("/")
    return isModule && Self.shadows.contains(first.hasSuffix(".py") ? first.dropLast(3) : first)
  }

  /// Shell scripts and test programs that the command names.
  private var scripts: Set<String> {
    let words = ShellWords(plan.command).commands.joined().map(\.text)
    let prefix = plan.directory.map { "\($0)/" } ?? ""
    return Set(
      words.filter { word in
        let name = TreeListing.name(word)
        return name.hasSuffix(".sh") || name.hasSuffix(".bash") || name.contains("test") || name.contains("check")
      }.map { prefix + ($0.hasPrefix("./") ? String($0.dropFirst(2)) : $0) }
    )
  }
}
