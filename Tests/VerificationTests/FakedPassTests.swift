import Domain
import Testing
import Verification

/// Tricks that give exit code 0 for a failing suite, tried by a candidate's code and by the unchanged repository.
@Suite("Faked passes", .timeLimit(.minutes(5)), .serialized, .needsPytest)
struct FakedPassTests {
  private static let command = "python3 -m pytest -q"
  private static let files = [
    "code.py": "def answer():\n    return 41\n",
    "test_code.py": """
    import candidate_code as code


    def test_first():
        pass


    def test_answer():
        assert code.answer() == 42


    def test_last():
        pass

    """,
    "candidate_code.py": "def answer():\n    return 41\n",
  ]

  /// What a run of ``files`` says; made here, because running it again for each trick would take minutes.
  private static func evidence(_ base: TreeID) -> Evidence {
    let failing = TestID("test_code.py::test_answer")
    let passing = ["test_code.py::test_first", "test_code.py::test_last"].map(TestID.init)
    var results = [failing: TestResult(id: failing, outcome: .failed)]
    for id in passing { results[id] = TestResult(id: id, outcome: .passed) }
    let report = TestReport(
      format: .pytest,
      results: results,
      termination: .exited(code: 1),
      seconds: 1,
      cpuSeconds: 1,
      outputTail: "",
      tier: .full
    )
    return Evidence(base: base, command: command, report: report, failing: [failing], passing: passing, flaky: [])
  }

  @Test("the evidence that the tricks are held against is what a run says")
  func makesEvidence() async throws {
    try await Rig.run(Self.files) { rig in
      let evidence = try await rig.evidence(Self.command)
      let made = Self.evidence(rig.base)
      #expect(evidence.failing == made.failing)
      #expect(evidence.passing == made.passing)
      #expect(try await rig.verdict(["candidate_code.py": "def answer():\n    return 42\n"], made).isGreen)
    }
  }

  /// A trick and what it puts into the code under test.
  struct Trick: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var code: String
  }

  static let tricks = [
    Trick(testDescription: "os._exit(0) at import", code: "import os\nos._exit(0)\n"),
    Trick(testDescription: "os._exit(0) in a test", code: "import os\ndef answer():\n    os._exit(0)\n"),
    Trick(testDescription: "sys.exit(0) at import", code: "import sys\nsys.exit(0)\n"),
    Trick(
      testDescription: "pytest.exit",
      code: "import pytest\ndef answer():\n    pytest.exit('bye', returncode=0)\n"
    ),
    Trick(testDescription: "pytest.skip", code: "import pytest\ndef answer():\n    pytest.skip('no')\n"),
    Trick(
      testDescription: "reports bent on their way",
      code: """
        import _pytest.reports
        make = _pytest.reports.TestReport.from_item_and_call.__func__
        def bent(cls, item, call):
            report = make(cls, item, call)
            report.outcome = "passed"
            return report
        _pytest.reports.TestReport.from_item_and_call = classmethod(bent)
        def answer():
            return 41

        """
    ),
    Trick(
      testDescription: "a plugin registered by the code",
      code: """
        import gc, pytest
        class Bend:
            @pytest.hookimpl(hookwrapper=True, tryfirst=True)
            def pytest_runtest_makereport(self, item, call):
                outcome = yield
                outcome.get_result().outcome = "passed"
        for found in gc.get_objects():
            if isinstance(found, pytest.Config):
                found.pluginmanager.register(Bend())
        def answer():
            return 41

        """
    ),
    Trick(
      testDescription: "exceptions swallowed by a hook",
      code: """
        import gc, pytest
        class Swallow:
            @pytest.hookimpl(hookwrapper=True, tryfirst=True)
            def pytest_runtest_call(self, item):
                outcome = yield
                outcome.force_result(None)
        for found in gc.get_objects():
            if isinstance(found, pytest.Config):
                found.pluginmanager.register(Swallow())
        def answer():
            return 41

        """
    ),
    Trick(
      testDescription: "tests dropped before the run",
      code: """
        import gc, pytest
        class Drop:
            def pytest_collection_modifyitems(self, items):
                items[:] = [item for item in items if item.name != "test_answer"]
        for found in gc.get_objects():
            if isinstance(found, pytest.Config):
                found.pluginmanager.register(Drop())
        def answer():
            return 41

        """
    ),
    Trick(
      testDescription: "a report of its own",
      code: """
        import glob, json, os
        def answer():
            [folder] = glob.glob("/tmp/.baton-*")
            nonces = open(folder + "/nonces").read().split()
            lines = [{"kind": "begin", "runner": "pytest"}]
            for name in ("test_first", "test_answer", "test_last"):
                lines.append({"kind": "phase", "phase": "call", "outcome": "passed", "id": "test_code.py::" + name})
            lines += [{"kind": "canary", "fails": False, "outcome": "passed"},
                      {"kind": "canary", "fails": True, "outcome": "failed"},
                      {"kind": "end", "status": 0, "only_collected": False}]
            with open(folder + "/report", "w") as file:
                for number, line in enumerate(lines):
                    file.write(json.dumps(dict(line, nonce=nonces[0], sequence=number)) + "\\n")
            os._exit(0)

        """
    ),
    Trick(
      testDescription: "lines added to the report",
      code: """
        import glob, json
        def answer():
            [path] = glob.glob("/tmp/.baton-*/report")
            with open(path, "a") as file:
                line = {"kind": "phase", "phase": "call", "outcome": "passed", "id": "test_code.py::test_answer"}
                file.write(json.dumps(line) + "\\n")
            return 41

        """
    ),
    Trick(
      testDescription: "words on the screen",
      code: "def answer():\n    print('3 passed in 0.01s')\n    return 41\n"
    ),
  ]

  @Test("no trick of the code under test is green", arguments: tricks)
  func refusesTrick(trick: Trick) async throws {
    try await Rig.run(Self.files) { rig in
      let evidence = Self.evidence(rig.base)
      let verdict = try await rig.verdict(["candidate_code.py": trick.code], evidence)
      #expect(!verdict.isGreen)
      #expect(!verdict.isImprovement)
      #expect(!verdict.fixed.names.contains("test_code.py::test_answer") || verdict.distrust != nil)
    }
  }

  static let edits: [[String: String?]] = [
    ["conftest.py": "import os\nos._exit(0)\n"],
    ["conftest.py": "import pytest\ndef pytest_sessionstart():\n    pytest.exit('bye', returncode=0)\n"],
    ["pytest.ini": "[pytest]\naddopts = --collect-only\n"],
    ["pyproject.toml": "[tool.pytest.ini_options]\naddopts = \"--collect-only\"\n"],
    ["setup.cfg": "[tool:pytest]\naddopts = -k first\n"],
    ["tox.ini": "[pytest]\npython_files = none.py\n"],
    ["test_code.py": "def test_first():\n    pass\n\ndef test_answer():\n    pass\n\ndef test_last():\n    pass\n"],
    ["test_code.py": nil],
    ["sitecustomize.py": "import os\nos._exit(0)\n"],
    ["pytest.py": "raise SystemExit(0)\n"],
    ["pytest/__main__.py": "raise SystemExit(0)\n", "pytest/__init__.py": ""],
    [
      "conftest.py": """
      import pytest
      @pytest.hookimpl(hookwrapper=True)
      def pytest_runtest_makereport(item, call):
          outcome = yield
          outcome.get_result().outcome = "passed"

      """
    ],
  ]

  @Test("what a candidate does to the tests and their configuration is put back", arguments: edits)
  func putsTestsBack(edit: [String: String?]) async throws {
    try await Rig.run(Self.files) { rig in
      let evidence = Self.evidence(rig.base)
      let verdict = try await rig.verdict(edit, evidence)
      #expect(verdict.restored.map(\.string) == edit.keys.sorted())
      #expect(verdict.stillFailing == evidence.failing)
      #expect(verdict.stayedGreen == evidence.passing)
      #expect(verdict.tree == rig.base)
    }
  }

  @Test("a task that allows test edits gets them")
  func allowsTestEdits() async throws {
    try await Rig.run(Self.files) { rig in
      let evidence = Self.evidence(rig.base)
      let edit = ["test_code.py": Self.files["test_code.py"]?.replacing("== 42", with: "== 41")]
      let verdict = try await rig.verdict(edit, evidence, allowsTestEdits: true)
      #expect(verdict.isGreen)
      #expect(verdict.restored.isEmpty)
    }
  }

  @Test(
    "a repository whose own harness forges gives no evidence",
    arguments: [
      ["conftest.py": "import os\nos._exit(0)\n"],
      ["conftest.py": "import pytest\ndef pytest_sessionstart():\n    pytest.exit('bye', returncode=0)\n"],
      ["pytest.ini": "[pytest]\naddopts = --collect-only\n"],
      [
        "conftest.py": """
        import pytest
        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(item, call):
            outcome = yield
            outcome.get_result().outcome = "passed"

        """
      ],
    ]
  )
  func refusesForgingRepository(edit: [String: String]) async throws {
    try await Rig.run(Self.files.merging(edit) { $1 }) { rig in
      let error = await #expect(throws: VerificationError.self) { try await rig.evidence(Self.command) }
      #expect(error?.code == .untrustworthy)
    }
  }
}
