import Domain

/// Finds the command that runs a workspace's tests, from a snapshot alone.
///
/// Rules, in this order:
/// 1. A folder nearer to the root wins over a deeper one; below two levels nothing is looked for.
/// 2. In one folder, a declaration (a pytest section, `Package.swift`, `Cargo.toml`, `go.mod`, a test script of
///    `package.json`) wins over what is only guessed from names of files, and a build tool (`ctest`, `make`) comes last.
/// 3. Among declarations of one folder, the one whose language has the most files wins; ties go by the order of
///    ``Ecosystem``. The others are named in the origin, so that a user sees what to pass with `--test`.
package struct TestDiscovery {
  /// The Python at hand.
  package struct Python: Sendable, Equatable {
    /// As a word of a command, e.g. `python3`, `.venv/bin/python`; nil: none.
    package var interpreter: String?
    package var hasPytest: Bool

    package init(interpreter: String? = nil, hasPytest: Bool) {
      self.interpreter = interpreter
      self.hasPytest = hasPytest
    }
  }

  /// The families of runners, in order of preference.
  enum Ecosystem: Int, CaseIterable {
    case python
    case swift
    case rust
    case go
    case node
    case cmake
    case make

    var extensions: [String] {
      switch self {
      case .python: [".py"]
      case .swift: [".swift"]
      case .rust: [".rs"]
      case .go: [".go"]
      case .node: [".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx"]
      case .cmake, .make: []
      }
    }
  }

  private struct Found {
    var ecosystem: Ecosystem
    var command: String
    var runner: TestRunnerKind
    var reason: String
    var rank: Int
  }

  let listing: TreeListing
  let python: Python

  package init(listing: TreeListing, python: Python) {
    self.listing = listing
    self.python = python
  }

  /// Whether the choice depends on the Python at hand, which costs a run to find out.
  static func asksForPython(_ listing: TreeListing) -> Bool {
    listing.paths.contains { $0.hasSuffix(".py") }
  }

  /// The plan; throws ``VerificationError/Code/noTestsFound`` with all that was looked for.
  package func plan() throws(VerificationError) -> TestPlan {
    let folders = Set(listing.wanted.map(Self.folder) + listing.paths.filter(Self.isLoneTest).map(Self.folder))
    for depth in 0...2 {
      let level = folders.union([""]).filter {
        depth == 0 ? $0.isEmpty : !$0.isEmpty && TreeListing.depth($0) == depth - 1
      }
      for folder in level.sorted() {
        let found = Ecosystem.allCases.compactMap { look(for: $0, in: folder) }
        guard let best = found.min(by: isBetter) else { continue }
        return plan(best, others: found.filter { $0.ecosystem != best.ecosystem }, folder: folder)
      }
    }
    throw VerificationError(.noTestsFound, nothing)
  }

  private func plan(_ best: Found, others: [Found], folder: String) -> TestPlan {
    var origin = "found: \(best.reason)"
    if !others.isEmpty {
      origin += "; also found: " + others.map { "\($0.reason) (\($0.command))" }.joined(separator: ", ")
      origin += "; pass --test to choose another"
    }
    // Silent: a folder of the tree is a path of the tree, so it is never refused.
    let directory = folder.isEmpty ? nil : (try? RelativePath(folder))
    return TestPlan(command: best.command, runner: best.runner, origin: origin, directory: directory)
  }

  private func isBetter(_ left: Found, _ right: Found) -> Bool {
    (left.rank, -count(left.ecosystem), left.ecosystem.rawValue)
      < (right.rank, -count(right.ecosystem), right.ecosystem.rawValue)
  }

  private func count(_ ecosystem: Ecosystem) -> Int {
    listing.paths.count { path in ecosystem.extensions.contains { path.hasSuffix($0) } }
  }

  private var nothing: String {
    let hint = pythonHint.map { " " + $0 } ?? ""
    return """
      No tests were found.\(hint) Looked for: pytest.ini, [tool.pytest] in pyproject.toml, [tool:pytest] in setup.cfg, \
      [pytest] in tox.ini, conftest.py, test_*.py, *_test.py (pytest or unittest); Package.swift with Tests/; \
      Cargo.toml; go.mod; "scripts.test" in package.json, *.test.js; CMakeLists.txt with enable_testing(); \
      a Makefile with the target test or check. Pass the command with --test CMD.
      """
  }

  private var pythonHint: String? {
    guard listing.paths.contains(where: TestFiles.isPytestDefault), !python.hasPytest else { return nil }
    guard let interpreter = python.interpreter else {
      return "There are Python tests, but no python3 in PATH; install it (Debian: apt install python3 python3-pytest)."
    }
    return "There are tests for pytest, but \(interpreter) cannot import it (Debian: apt install python3-pytest)."
  }

  // MARK: One ecosystem in one folder

  private func look(for ecosystem: Ecosystem, in folder: String) -> Found? {
    switch ecosystem {
    case .python: lookForPython(in: folder)
    case .swift: lookForSwift(in: folder)
    case .rust:
      listing.contains(path("Cargo.toml", in: folder))
        ? Found(ecosystem: .rust, command: "cargo test", runner: .cargoTest, reason: "Cargo.toml", rank: 0) : nil
    case .go:
      listing.contains(path("go.mod", in: folder)) && below(folder).contains { $0.hasSuffix("_test.go") }
        ? Found(ecosystem: .go, command: "go test ./...", runner: .goTest, reason: "go.mod and *_test.go", rank: 0)
        : nil
    case .node: lookForNode(in: folder)
    case .cmake: lookForCMake(in: folder)
    case .make: lookForMake(in: folder)
    }
  }

  private func lookForPython(in folder: String) -> Found? {
    guard let interpreter = python.interpreter else { return nil }
    let declared = pytestDeclaration(in: folder)
    let tests = below(folder).filter(TestFiles.isPythonTest)
    guard declared != nil || !tests.isEmpty else { return nil }
    if python.hasPytest {
      guard let reason = declared ?? tests.first(where: TestFiles.isPytestDefault) else {
        return unittest(interpreter, tests, folder)
      }
      let command = "\(interpreter) -m pytest -q"
      return Found(
        ecosystem: .python,
        command: command,
        runner: .pytest,
        reason: reason,
        rank: declared == nil ? 1 : 0
      )
    }
    return unittest(interpreter, tests, folder)
  }

  /// unittest when the tests are written for it and for nothing else.
  private func unittest(_ interpreter: String, _ tests: [String], _ folder: String) -> Found? {
    let texts = tests.compactMap { listing.texts[$0] }
    guard let first = tests.first, texts.contains(where: { $0.contains("unittest") }),
      !texts.contains(where: { $0.contains("import pytest") || $0.contains("from pytest") })
    else { return nil }
    var command = "\(interpreter) -m unittest discover"
    let inFolder = { (path: String) in folder.isEmpty ? path : String(path.dropFirst(folder.utf8.count + 1)) }
    let places = Set(tests.map { Self.folder(inFolder($0)) })
    if let start = places.map({ $0.split(separator: "/").first.map(String.init) ?? "" }).min(), !places.contains("") {
      let isPackage = listing.contains(path("\(start)/__init__.py", in: folder))
      command += isPackage ? " -s \(start) -t ." : " -s \(start)"
    }
    if tests.allSatisfy({ TreeListing.name($0).hasSuffix("_test.py") }) { command += " -p '*_test.py'" }
    let reason = "\(first) uses unittest" + (python.hasPytest ? "" : ", and pytest is not installed")
    return Found(ecosystem: .python, command: command, runner: .unittest, reason: reason, rank: 1)
  }

  private func pytestDeclaration(in folder: String) -> String? {
    for name in ["pytest.ini", ".pytest.ini", "pytest.toml"] where listing.contains(path(name, in: folder)) {
      return path(name, in: folder)
    }
    let sections = [
      ("pyproject.toml", "[tool.pytest"), ("setup.cfg", "[tool:pytest]"), ("tox.ini", "[pytest]"),
    ]
    for (name, section) in sections where listing.texts[path(name, in: folder)]?.contains(section) == true {
      return "\(path(name, in: folder)) has \(section)\(section.hasSuffix("]") ? "" : "…]")"
    }
    let conftests = [path("conftest.py", in: folder), path("tests/conftest.py", in: folder)]
    return conftests.first(where: listing.contains)
  }

  private func lookForSwift(in folder: String) -> Found? {
    let manifest = path("Package.swift", in: folder)
    guard listing.contains(manifest) else { return nil }
    let hasTests =
      listing.texts[manifest]?.contains(".testTarget(") == true
      || below(folder).contains { $0.hasPrefix(path("Tests/", in: folder)) }
    guard hasTests else { return nil }
    return Found(
      ecosystem: .swift,
      command: "swift test",
      runner: .swiftTest,
      reason: "Package.swift with tests",
      rank: 0
    )
  }

  private func lookForNode(in folder: String) -> Found? {
    let manifest = path("package.json", in: folder)
    if let text = listing.texts[manifest], let script = PackageManifest.script("test", in: text) {
      let runner = CommandRecognition(script).runner
      return Found(
        ecosystem: .node,
        command: "npm test",
        runner: runner == .nodeTest ? .nodeTest : .generic,
        reason: "\(manifest) has the script test",
        rank: 0
      )
    }
    guard let first = below(folder).first(where: TestFiles.isNodeTest),
      listing.contains(manifest) || TreeListing.name(first).contains("test.")
    else { return nil }
    return Found(ecosystem: .node, command: "node --test", runner: .nodeTest, reason: first, rank: 1)
  }

  private func lookForCMake(in folder: String) -> Found? {
    let manifest = path("CMakeLists.txt", in: folder)
    guard let text = listing.texts[manifest], text.contains("enable_testing") || text.contains("include(CTest)") else {
      return nil
    }
    // Built out of the tree: the run's own temporary folder is fresh.
    let command = """
      cmake -S . -B /tmp/cmake-build -DCMAKE_BUILD_TYPE=Debug && cmake --build /tmp/cmake-build -j2 && \
      ctest --test-dir /tmp/cmake-build --output-on-failure
      """
    return Found(
      ecosystem: .cmake,
      command: command,
      runner: .ctest,
      reason: "\(manifest) has enable_testing()",
      rank: 2
    )
  }

  private func lookForMake(in folder: String) -> Found? {
    for name in ["GNUmakefile", "makefile", "Makefile"] {
      guard let text = listing.texts[path(name, in: folder)] else { continue }
      let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
      for target in ["test", "check"]
      where lines.contains(where: { $0.hasPrefix("\(target):") && !$0.hasPrefix("\(target):=") }) {
        return Found(
          ecosystem: .make,
          command: "make \(target)",
          runner: .generic,
          reason: "\(path(name, in: folder)) has the target \(target)",
          rank: 3
        )
      }
    }
    return nil
  }

  // MARK: Paths

  private func path(_ name: String, in folder: String) -> String { folder.isEmpty ? name : "\(folder)/\(name)" }

  private func below(_ folder: String) -> [String] {
    folder.isEmpty ? listing.paths : listing.paths.filter { $0.hasPrefix(folder + "/") }
  }

  private static func isLoneTest(_ path: String) -> Bool {
    TestFiles.isPythonTest(path) || TestFiles.isNodeTest(path) || TreeListing.name(path) == "conftest.py"
  }

  private static func folder(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}
