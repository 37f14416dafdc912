import Domain

/// Finds the test command from the names and texts of a snapshot, or recognises the runner of a command given by hand.
/// Pure: it reads the snapshot through a closure and runs nothing.
struct PlanFinder {
  /// Paths of the snapshot's files.
  let paths: Set<String>
  /// A file's text; nil when it is not there or not text.
  let text: (String) -> String?

  /// What was looked for, for the error message.
  static let lookedFor =
    "pytest (pytest.ini, pyproject.toml, conftest.py, test_*.py), unittest (test*.py), swift test (Package.swift), "
    + "cargo test (Cargo.toml), go test (go.mod), node --test (package.json), ctest (CMakeLists.txt), make (Makefile)"

  /// The plan, or nil when nothing that looks like a test suite is there. The first match of a fixed order decides:
  /// Python, Swift, Rust, Go, Node, make.
  func find() -> TestPlan? {
    python() ?? swift() ?? rust() ?? golang() ?? node() ?? make()
  }

  /// The plan for a command the user typed.
  static func given(_ command: String) -> TestPlan {
    TestPlan(command: command, runner: recognise(command), origin: "given by --test")
  }

  /// Which runner a shell command starts, by its words.
  static func recognise(_ command: String) -> TestRunnerKind {
    let words = command.split { " \t\n;&|()".contains($0) }.map { String($0.split(separator: "/").last ?? $0) }
    for (position, word) in words.enumerated() {
      let next = position + 1 < words.count ? words[position + 1] : ""
      let afterNext = position + 2 < words.count ? words[position + 2] : ""
      if word == "pytest" || word == "py.test" { return .pytest }
      if word.hasPrefix("python"), next == "-m" {
        if afterNext == "pytest" { return .pytest }
        if afterNext == "unittest" { return .unittest }
      }
      if word == "swift", next == "test" { return .swiftTest }
      if word == "cargo", next == "test" { return .cargoTest }
      if word == "go", next == "test" { return .goTest }
      if word == "node", next == "--test" { return .nodeTest }
    }
    return .generic
  }

  private func python() -> TestPlan? {
    func plan(_ reason: String) -> TestPlan {
      TestPlan(command: "python3 -m pytest -q", runner: .pytest, origin: "found: \(reason)")
    }
    if paths.contains("pytest.ini") { return plan("pytest.ini") }
    if text("pyproject.toml")?.contains("[tool.pytest") == true { return plan("pyproject.toml has [tool.pytest…]") }
    if text("setup.cfg")?.contains("[tool:pytest]") == true { return plan("setup.cfg has [tool:pytest]") }
    if text("tox.ini")?.contains("[pytest]") == true { return plan("tox.ini has [pytest]") }
    if let conftest = paths.sorted().first(where: { $0 == "conftest.py" || $0.hasSuffix("/conftest.py") }) {
      return plan(conftest)
    }
    let tests = paths.sorted().filter(Self.isPythonTest)
    guard let first = tests.first else { return nil }
    let sources = tests.prefix(50).compactMap(text)
    let usesPytest = sources.contains { source in
      source.contains("import pytest") || source.contains("\ndef test") || source.hasPrefix("def test")
    }
    if usesPytest { return plan("\(first) has pytest functions") }
    if sources.contains(where: { $0.contains("unittest") }) {
      return TestPlan(command: "python3 -m unittest", runner: .unittest, origin: "found: \(first) uses unittest only")
    }
    return plan(first)
  }

  private static func isPythonTest(_ path: String) -> Bool {
    let name = path.split(separator: "/").last ?? ""
    return name.hasSuffix(".py") && (name.hasPrefix("test_") || name.hasSuffix("_test.py") || name == "tests.py")
  }

  private func swift() -> TestPlan? {
    guard paths.contains("Package.swift") else { return nil }
    return TestPlan(command: "swift test", runner: .swiftTest, origin: "found: Package.swift")
  }

  private func rust() -> TestPlan? {
    guard paths.contains("Cargo.toml") else { return nil }
    return TestPlan(command: "cargo test --offline", runner: .cargoTest, origin: "found: Cargo.toml")
  }

  private func golang() -> TestPlan? {
    guard paths.contains("go.mod") else { return nil }
    return TestPlan(command: "go test ./...", runner: .goTest, origin: "found: go.mod")
  }

  private func node() -> TestPlan? {
    guard let package = text("package.json") else { return nil }
    if package.contains("\"test\"") {
      let runner = package.contains("node --test") ? TestRunnerKind.nodeTest : .generic
      return TestPlan(command: "npm test --silent", runner: runner, origin: "found: package.json has a test script")
    }
    return TestPlan(command: "node --test", runner: .nodeTest, origin: "found: package.json")
  }

  private func make() -> TestPlan? {
    guard let makefile = ["GNUmakefile", "Makefile", "makefile"].compactMap(text).first else { return nil }
    for target in ["test", "check"]
    where makefile.split(separator: "\n").contains(where: { $0.hasPrefix(target + ":") }) {
      return TestPlan(command: "make \(target)", runner: .generic, origin: "found: Makefile has the target '\(target)'")
    }
    return nil
  }
}
