import Domain
import Testing
import Verification

/// pytest in the real sandbox.
@Suite("pytest, run in the sandbox", .timeLimit(.minutes(5)), .serialized, .needsPytest)
struct PytestTests {
  private let command = "python3 -m pytest -q"
  private let adding = [
    "shop/__init__.py": "",
    "shop/cart.py": "def total(prices):\n    return sum(prices) + 1\n",
    "tests/test_cart.py": """
    from shop.cart import total


    def test_total():
        assert total([1, 2]) == 3


    def test_name():
        assert total.__name__ == "total"

    """,
  ]
  private let repaired = ["shop/cart.py": "def total(prices):\n    return sum(prices)\n"]

  @Test("evidence names the failing test, its message and the place in the workspace; the repair is green")
  func repairs() async throws {
    try await Rig.run(adding) { rig in
      let evidence = try await rig.evidence(command)
      #expect(evidence.report.format == .pytest)
      #expect(evidence.failing.names == ["tests/test_cart.py::test_total"])
      #expect(evidence.passing.names == ["tests/test_cart.py::test_name"])
      #expect(evidence.flaky.isEmpty)
      let result = try #require(evidence.report.results[TestID("tests/test_cart.py::test_total")])
      #expect(result.message == "assert 4 == 3")
      #expect(
        result.trace.last
          == SourceLocation(path: try RelativePath("tests/test_cart.py"), line: 5, function: "test_total")
      )

      let green = try await rig.verdict(repaired, evidence)
      #expect(green.isGreen)
      #expect(green.fixed == evidence.failing)
      #expect(green.stayedGreen == evidence.passing)
      let red = try await rig.verdict(["shop/cart.py": "def tally(prices):\n    return 3\n"], evidence)
      #expect(!red.isGreen)
      #expect(red.missing == (evidence.failing + evidence.passing).sorted())
    }
  }

  @Test(
    "a report comes through any shell line",
    arguments: [
      "pytest tests", "PYTHONPATH=. python3 -m pytest -q 2>&1 | tail -5", "cd tests && PYTHONPATH='..' pytest -x -q",
      "PYTEST_ADDOPTS='-v' python3 -m pytest --maxfail=1 -p no:cacheprovider", "make test",
    ]
  )
  func readsThroughShell(command: String) async throws {
    var files = adding
    files["conftest.py"] = ""
    files["Makefile"] = "test:\n\tpython3 -m pytest -q\n"
    try await Rig.run(files) { rig in
      let evidence = try await rig.evidence(command)
      // In `cd tests`, pytest names files from there.
      #expect(evidence.failing.names.map { $0.split(separator: "/").last } == ["test_cart.py::test_total"])
      #expect(evidence.passing.names.map { $0.split(separator: "/").last } == ["test_cart.py::test_name"])
      #expect(try await rig.verdict(repaired, evidence).isGreen)
    }
  }

  @Test("ids with odd characters, skips and expected failures are told apart")
  func readsOddIDs() async throws {
    let text = """
      import pytest


      @pytest.mark.parametrize("word", ["a::b", "ü", "a b", "\\n", "[", "\\udcff", "", "a/b"])
      def test_word(word):
          assert word != "a b"


      @pytest.mark.skip(reason="later")
      def test_skipped():
          pass


      @pytest.mark.xfail
      def test_expected():
          assert False


      @pytest.mark.xfail
      def test_unexpected():
          pass


      @pytest.fixture
      def broken():
          raise ValueError("no")


      def test_fixture(broken):
          pass

      """
    try await Rig.run(["test_odd.py": text]) { rig in
      let evidence = try await rig.evidence(command)
      #expect(evidence.failing.names == ["test_odd.py::test_fixture", "test_odd.py::test_word[a b]"])
      #expect(evidence.passing.count == 7)
      #expect(evidence.passing.names.contains("test_odd.py::test_word[a::b]"))
      #expect(evidence.report.tests(.skipped).count == 3)
      #expect(evidence.report.results[TestID("test_odd.py::test_fixture")]?.outcome == .errored)
    }
  }

  @Test(
    "a file that cannot be collected is one failing test; the others run, and its own tests count when it is mended"
  )
  func readsCollectionErrors() async throws {
    var files = adding
    files["shop/cart.py"] = "def total(prices):\n    return sum(prices)\n"
    files["shop/store.py"] = "def load(:\n"
    files["tests/test_store.py"] = "from shop.store import load\n\n\ndef test_load():\n    assert load() == 1\n"
    try await Rig.run(files) { rig in
      let evidence = try await rig.evidence(command)
      #expect(evidence.failing.names == ["tests/test_store.py"])
      #expect(evidence.passing.count == 2)
      let trace = evidence.report.results[TestID("tests/test_store.py")]?.trace.map(\.path.string)
      #expect(trace == ["tests/test_store.py", "shop/store.py"])
      let half = try await rig.verdict(["shop/store.py": "def load():\n    return 2\n"], evidence)
      #expect(!half.isGreen)
      #expect(half.stillFailing.names == ["tests/test_store.py", "tests/test_store.py::test_load"])
      let whole = try await rig.verdict(["shop/store.py": "def load():\n    return 1\n"], evidence)
      #expect(whole.isGreen)
      #expect(whole.fixed.names == ["tests/test_store.py"])
    }
  }

  @Test("a conftest that cannot be imported because of the code is evidence")
  func readsBrokenConftest() async throws {
    var files = adding
    files["shop/cart.py"] = "import nowhere\n"
    files["conftest.py"] = "import shop.cart\n"
    try await Rig.run(files) { rig in
      let evidence = try await rig.evidence(command)
      #expect(evidence.failing.names == [command])
      #expect(evidence.report.format == .exitCode)
      #expect(try await rig.verdict(repaired, evidence).isGreen)
    }
  }

  @Test("a test that hangs is stopped and counts as failing, also when it swallows what stops it")
  func stopsHangingTests() async throws {
    let files = [
      "loop.py": "def spin():\n    while True:\n        pass\n",
      "test_loop.py": """
      from loop import spin


      def test_fine():
          pass


      def test_spin():
          spin()


      def test_swallowed():
          try:
              spin()
          except BaseException:
              pass


      def test_after():
          pass

      """,
    ]
    try await Rig.run(files) { rig in
      let evidence = try await rig.evidence(command, seconds: 30)
      #expect(evidence.failing.names == ["test_loop.py::test_spin", "test_loop.py::test_swallowed"])
      #expect(evidence.passing.count == 2)
      let result = evidence.report.results[TestID("test_loop.py::test_spin")]
      #expect(result?.trace.last?.path.string == "loop.py")
      #expect(result?.message?.hasPrefix("TestTimeLimit: the test was stopped after") == true)
      #expect(try await rig.verdict(["loop.py": "def spin():\n    pass\n"], evidence).isGreen)
    }
  }

  @Test("what hangs in C code is killed with the run, and named")
  func killsHangingRun() async throws {
    let text = """
      import time, signal


      def test_fine():
          pass


      def test_deaf():
          signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
          while True:
              time.sleep(60)

      """
    try await Rig.run(["test_deaf.py": text]) { rig in
      let evidence = try await rig.evidence(command, seconds: 10)
      #expect(evidence.failing.names == ["test_deaf.py::test_deaf"])
      #expect(evidence.passing.names == ["test_deaf.py::test_fine"])
      guard case .timedOut = evidence.report.termination else {
        Issue.record("\(evidence.report.termination)")
        return
      }
    }
  }

  @Test("a flaky test decides nothing and is reported")
  func findsFlakyTests() async throws {
    // Two runs of one tree differ in nothing but chance; the names of private folders are chance enough.
    let files = [
      "test_flaky.py": """
      import pathlib
      import random


      def test_flaky():
          assert random.random() < 0.5


      def test_red():
          assert False


      def test_green():
          pass

      """
    ]
    try await Rig.run(files) { rig in
      for _ in 0..<20 {
        let evidence = try await rig.evidence(command)
        #expect(evidence.failing.names.contains("test_flaky.py::test_red"))
        #expect(evidence.passing.names.contains("test_flaky.py::test_green"))
        guard !evidence.flaky.isEmpty else { continue }
        #expect(evidence.flaky.names == ["test_flaky.py::test_flaky"])
        #expect(!evidence.failing.names.contains("test_flaky.py::test_flaky"))
        return
      }
      Issue.record("twenty pairs of runs agreed by chance")
    }
  }

  @Test("nothing failing is evidence without failing tests")
  func findsNothingToFix() async throws {
    try await Rig.run(adding.merging(repaired) { $1 }) { rig in
      let evidence = try await rig.evidence()
      #expect(evidence.failing.isEmpty)
      #expect(evidence.passing.count == 2)
    }
  }
}
