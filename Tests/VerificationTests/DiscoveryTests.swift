import Domain
import Testing
import Verification

@Suite("Finding the tests", .timeLimit(.minutes(1)))
struct DiscoveryTests {
  private static let unittestFile = "import unittest\n\nclass A(unittest.TestCase):\n    pass\n"
  private static let pytest = TestDiscovery.Python(interpreter: "python3", hasPytest: true)
  private static let plain = TestDiscovery.Python(interpreter: "python3", hasPytest: false)

  struct Example: Sendable, CustomTestStringConvertible {
    var files: [String: String]
    var command: String
    var runner: TestRunnerKind
    var python = DiscoveryTests.pytest
    var directory: String?
    var testDescription: String { "\(files.keys.sorted()) → \(command)" }
  }

  static let examples = [
    Example(files: ["pytest.ini": "", "a.py": ""], command: "python3 -m pytest -q", runner: .pytest),
    Example(
      files: ["pyproject.toml": "[tool.pytest.ini_options]\n"],
      command: "python3 -m pytest -q",
      runner: .generic
    ),
    Example(
      files: ["pyproject.toml": "[tool.pytest.ini_options]\n", "t.py": ""],
      command: "python3 -m pytest -q",
      runner: .pytest
    ),
    Example(files: ["test_a.py": "def test_a(): pass\n"], command: "python3 -m pytest -q", runner: .pytest),
    Example(files: ["test_a.py": unittestFile], command: "python3 -m pytest -q", runner: .pytest),
    Example(
      files: ["test_a.py": unittestFile],
      command: "python3 -m unittest discover",
      runner: .unittest,
      python: plain
    ),
    Example(files: ["testa.py": unittestFile], command: "python3 -m unittest discover", runner: .unittest),
    Example(
      files: ["tests/__init__.py": "", "tests/test_a.py": unittestFile],
      command: "python3 -m unittest discover -s tests -t .",
      runner: .unittest,
      python: plain
    ),
    Example(
      files: ["tests/test_a.py": unittestFile],
      command: "python3 -m unittest discover -s tests",
      runner: .unittest,
      python: plain
    ),
    Example(
      files: ["pkg/a.py": "", "pkg/a_test.py": unittestFile],
      command: "python3 -m unittest discover -s pkg -p '*_test.py'",
      runner: .unittest,
      python: plain
    ),
    Example(files: ["Package.swift": ".testTarget(name: \"A\")"], command: "swift test", runner: .swiftTest),
    Example(files: ["Cargo.toml": "[package]"], command: "cargo test", runner: .cargoTest),
    Example(files: ["go.mod": "module a", "a/a_test.go": ""], command: "go test ./...", runner: .goTest),
    Example(
      files: ["package.json": #"{"scripts": {"test": "node --test test/"}}"#],
      command: "npm test",
      runner: .nodeTest
    ),
    Example(files: ["package.json": #"{"scripts": {"test": "jest"}}"#], command: "npm test", runner: .generic),
    Example(files: ["package.json": "{}", "a.test.js": ""], command: "node --test", runner: .nodeTest),
    Example(files: ["Makefile": "all:\n\ncheck: all\n\t./run\n"], command: "make check", runner: .generic),
    Example(
      files: ["README": "", "backend/pytest.ini": "", "backend/a.py": ""],
      command: "python3 -m pytest -q",
      runner: .pytest,
      directory: "backend"
    ),
    // A declaration wins over names of files, and a build tool comes last.
    Example(files: ["Cargo.toml": "", "test_a.py": "import pytest"], command: "cargo test", runner: .cargoTest),
    Example(files: ["Makefile": "test:\n", "test_a.py": ""], command: "python3 -m pytest -q", runner: .pytest),
    // Of two declarations, the language with more files wins.
    Example(
      files: ["pytest.ini": "", "a.py": "", "b.py": "", "package.json": #"{"scripts": {"test": "jest"}}"#, "c.js": ""],
      command: "python3 -m pytest -q",
      runner: .pytest
    ),
    Example(
      files: ["pytest.ini": "", "a.py": "", "go.mod": "", "b.go": "", "b_test.go": ""],
      command: "go test ./...",
      runner: .goTest
    ),
  ]

  @Test("the command is found from the snapshot", arguments: examples)
  func finds(example: Example) throws {
    var listing = TreeListing(paths: Array(example.files.keys))
    listing.texts = example.files
    let plan = try TestDiscovery(listing: listing, python: example.python).plan()
    #expect(plan.command == example.command)
    #expect(
      plan.runner == (example.runner == .generic && example.command.contains("pytest") ? .pytest : example.runner)
    )
    #expect(plan.directory?.string == example.directory)
    #expect(plan.origin.hasPrefix("found: "))
  }

  @Test("when several could be meant, the origin names the others and what to pass")
  func namesOthers() throws {
    var listing = TreeListing(paths: ["Cargo.toml", "Makefile", "src/lib.rs"])
    listing.texts = ["Makefile": "test:\n"]
    let plan = try TestDiscovery(listing: listing, python: .init(hasPytest: false)).plan()
    #expect(
      plan.origin
        == "found: Cargo.toml; also found: Makefile has the target test (make test); pass --test to choose another"
    )
  }

  @Test(
    "nothing found is an error that says what was looked for",
    arguments: [
      ["README.md"], ["a.py"], ["package.json"], ["node_modules/x/test.js"], ["a/b/c/d/pytest.ini"], [],
    ]
  )
  func findsNothing(paths: [String]) {
    var listing = TreeListing(paths: paths)
    listing.texts = ["package.json": #"{"scripts": {"test": "echo \"Error: no test specified\" && exit 1"}}"#]
    let error = #expect(throws: VerificationError.self) {
      try TestDiscovery(listing: listing, python: Self.pytest).plan()
    }
    #expect(error?.code == .noTestsFound)
    #expect(error?.message.contains("--test") == true)
  }

  @Test("tests for pytest without pytest name the package to install")
  func namesMissingPytest() {
    var listing = TreeListing(paths: ["test_a.py"])
    listing.texts = ["test_a.py": "def test_a():\n    pass\n"]
    let error = #expect(throws: VerificationError.self) {
      try TestDiscovery(listing: listing, python: Self.plain).plan()
    }
    #expect(error?.message.contains("python3-pytest") == true)
  }

  @Test(
    "a command's runner is recognised",
    arguments: [
      ("python3 -m pytest -q", TestRunnerKind.pytest), ("pytest tests", .pytest), ("./.venv/bin/pytest", .pytest),
      (".venv/bin/python3.11 -m pytest", .pytest), ("cd sub && PYTHONPATH=. python -m pytest 2>&1 | tee log", .pytest),
      ("coverage run -m pytest", .pytest), ("python -m coverage run -m pytest", .pytest),
      ("poetry run pytest", .pytest),
      ("timeout 60 pytest", .pytest), ("env A='x y' pytest", .pytest), ("python3 -m unittest", .unittest),
      ("swift test --parallel", .swiftTest), ("cargo +nightly test", .cargoTest), ("cargo test -p a", .cargoTest),
      ("go test ./...", .goTest), ("node --test", .nodeTest), ("ctest --test-dir b", .ctest), ("npm test", .generic),
      ("make test", .generic), ("echo pytest", .generic), ("# pytest", .generic), ("'python3 -m pytest'", .generic),
      ("python3 test_a.py", .generic), ("swift build", .generic), ("pytest && cargo test", .generic), ("", .generic),
      ("'", .generic), ("a \\", .generic), ("python3 -m", .generic), ("cargo", .generic),
    ]
  )
  func recognises(command: String, runner: TestRunnerKind) {
    #expect(CommandRecognition(command).runner == runner)
  }

  @Test(
    "npm scripts are recognised by name",
    arguments: [("npm test", "test"), ("npm run unit", "unit"), ("yarn test", "test"), ("npm t", "test")]
  )
  func recognisesScripts(command: String, script: String) {
    #expect(CommandRecognition(command).script == script)
  }
}

@Suite("Protected files", .timeLimit(.minutes(1)))
struct ProtectedFileTests {
  private let plan = TestPlan(command: "cd app && ./run_tests.sh && pytest", runner: .pytest, origin: "")

  @Test(
    "tests, their configuration and what decides about them are protected",
    arguments: [
      "test_a.py", "pkg/a_test.py", "tests/data.json", "conftest.py", "pkg/conftest.py", "pytest.ini", "setup.cfg",
      "pyproject.toml", "sitecustomize.py", "lib/x.pth", "package.json", ".cargo/config.toml", "Tests/ATests/A.swift",
      "a_test.go", "src/a.test.ts", "jest.config.js", ".github/workflows/ci.yml", "run_tests.sh", "pytest.py",
      "unittest/__init__.py", "_pytest/runner.py", "build.rs", "CMakeLists.txt", "Makefile", "node_modules/a/index.js",
    ]
  )
  func protects(path: String) throws {
    #expect(ProtectedFiles(plan: plan).contains(try RelativePath(path)))
  }

  @Test(
    "code is not protected",
    arguments: [
      "a.py", "pkg/testing.py", "src/lib.rs", "latest.py", "contest/a.py", "attest.go", "Sources/A/Test Data.swift",
      "README.md", "app.js", "os/a.txt", "unittest.md", "detest.swift",
    ]
  )
  func leaves(path: String) throws {
    let isShadow = path.hasPrefix("os/")
    #expect(ProtectedFiles(plan: plan).contains(try RelativePath(path)) == isShadow)
  }
}
