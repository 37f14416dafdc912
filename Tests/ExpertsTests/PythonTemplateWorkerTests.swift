import Domain
import Experts
import Foundation
import TestSupport
import Testing
import Workspace

/// The whole worker: engine, sandbox and workspace as they are.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct PythonTemplateWorkerTests {
  @Test("an off-by-one in a package of several modules is repaired")
  func repairsOffByOne() async throws {
    try await withBench(Repositories.offByOne) { bench in
      let assignment = bench.assignment(
        failing: ["tests/test_pages.py::test_first", "tests/test_pages.py::test_last"],
        passing: ["tests/test_pages.py::test_count"]
      )
      let log = ProgressLog()
      let product = try await bench.worker.perform(assignment) { progress in Task { await log.add(progress) } }
      let text = try #require(bench.text(of: "shop/pages.py", in: product))
      #expect(text.contains("return items[start:start + size]"))
      #expect(text.contains("# Pages are counted from one."))
      #expect(product.usage.candidatesTried > 0)
      #expect(product.usage.cpuSeconds > 0)
      let first = try #require(product.suspects.first)
      #expect(first.location.path.string == "shop/pages.py")
      #expect(first.location.function == "page")
    }
  }

  @Test("a crash on None gets a guard that the tests accept")
  func repairsNoneCrash() async throws {
    try await withBench(Repositories.noneCrash) { bench in
      let product = try await bench.worker.perform(bench.assignment()) { _ in }
      let text = try #require(bench.text(of: "people.py", in: product))
      #expect(text.contains("None"))
      try await expectGreen(bench, product)
    }
  }

  @Test("a wrong operator is repaired, with the tests' names found by the engine itself")
  func repairsOperator() async throws {
    try await withBench(ExampleRepository.wrongComparison.files) { bench in
      let product = try await bench.worker.perform(bench.assignment()) { _ in }
      #expect(bench.text(of: "people/age.py", in: product)?.contains("age >= ADULT") == true)
    }
  }

  @Test("a unittest suite is repaired without pytest")
  func repairsUnittest() async throws {
    try await withBench(ExampleRepository.unittestOnly.files) { bench in
      let assignment = bench.assignment(
        command: "python3 -m unittest",
        failing: ["test_limits.ClampTests.test_below"],
        passing: ["test_limits.ClampTests.test_above", "test_limits.ClampTests.test_inside"]
      )
      let product = try await bench.worker.perform(assignment) { _ in }
      #expect(bench.text(of: "limits.py", in: product)?.contains("return low") == true)
    }
  }

  @Test("a src layout with fixtures, parameters and classes is repaired")
  func repairsSourceLayout() async throws {
    try await withBench(Repositories.sourceLayout) { bench in
      let product = try await bench.worker.perform(bench.assignment()) { _ in }
      #expect(bench.text(of: "src/bank/account.py", in: product)?.contains("if amount > self.balance:") == true)
    }
  }

  @Test("every byte outside the edit stays: CRLF, comments, no newline at the end, another encoding")
  func keepsBytes() async throws {
    let before =
      "# -*- coding: latin-1 -*-\r\n# Größe\r\ndef larger(a, b):\r\n\treturn a if a < b else b  # µ\r\nLAST = 'é'"
    let test =
      "from sizes import larger\n\n\ndef test_larger():\n    assert larger(2, 1) == 2\n    assert larger(1, 2) == 2\n"
    try await withBench(["test_sizes.py": test, "sizes.py": ""]) { bench in
      let bytes = try #require(before.data(using: .isoLatin1))
      try bytes.write(to: URL(filePath: bench.root + "/sizes.py"))
      let base = try await bench.workspace.snapshot()
      let product = try await bench.worker.perform(bench.assignment(base: base)) { _ in }
      let candidate = try #require(product.candidates.first)
      guard case .file(let after, let isExecutable) = candidate.changes[0].content else {
        Issue.record("the candidate is no file")
        return
      }
      #expect(!isExecutable)
      let head = Array(bytes.prefix { $0 != UInt8(ascii: "\t") })
      let tail = Array(bytes.suffix(16))
      #expect(Array(after.prefix(head.count)) == head)
      #expect(Array(after.suffix(16)) == tail)
      #expect(after.count { $0 == 13 } == 4)
    }
  }

  @Test("candidates that never end, floods of output and forged protocol lines disturb nothing")
  func survivesHangsAndPrints() async throws {
    try await withBench(Repositories.hanging) { bench in
      let product = try await bench.worker.perform(bench.assignment()) { _ in }
      #expect(bench.text(of: "digits.py", in: product)?.contains("while number > 0:") == true)
    }
  }

  @Test("two faults give partial candidates; from the better base the other fault is repaired")
  func goesOnFromPartial() async throws {
    try await withBench(Repositories.twoFaults) { bench in
      let first = try await bench.worker.perform(bench.assignment(seconds: 14)) { _ in }
      let candidate = try #require(first.candidates.first)
      #expect(candidate.rationale.contains("partial"))
      let next = try await bench.workspace.derive(from: bench.base, applying: candidate.changes)
      let second = try await bench.worker.perform(bench.assignment(base: next)) { _ in }
      let text = try #require(bench.text(of: "geometry.py", in: second))
      #expect(text.contains("width * height"))
      #expect(!second.candidates[0].rationale.contains("partial"))
    }
  }

  @Test("a rejected candidate is not offered again")
  func leavesOutRejected() async throws {
    try await withBench(ExampleRepository.wrongComparison.files) { bench in
      let first = try await bench.worker.perform(bench.assignment()) { _ in }
      let candidate = try #require(first.candidates.first)
      let tree = try await bench.workspace.derive(from: bench.base, applying: candidate.changes)
      let second = try await bench.worker.perform(bench.assignment(rejected: [tree], seconds: 12)) { _ in }
      #expect(!second.candidates.contains { $0.changes == candidate.changes })
    }
  }

  @Test("tests are never edited, and a hopeless test ends in a report of suspects")
  func neverEditsTests() async throws {
    try await withBench(ExampleRepository.hopeless.files) { bench in
      let product = try await bench.worker.perform(bench.assignment(seconds: 15)) { _ in }
      #expect(product.candidates.isEmpty)
      #expect(product.suspects.first?.location.path.string == "store.py")
      #expect(product.answer.contains("No single edit"))
      #expect(product.usage.candidatesTried > 20)
    }
  }

  @Test("a suite that cannot be collected is said to be so")
  func saysWhatItCannotDo() async throws {
    let files = [
      "app.py": "def f():\n    return 1\n", "test_app.py": "import missing_module\n\n\ndef test_f():\n    pass\n",
    ]
    try await withBench(files) { bench in
      let product = try await bench.worker.perform(bench.assignment()) { _ in }
      #expect(product.candidates.isEmpty)
      #expect(product.answer.contains("missing_module"))
    }
  }

  @Test("an engine that is killed on the way is an error that says so")
  func reportsDeath() async throws {
    // A suite's own code kills everything it can reach: inside the sandbox that is the engine.
    let killer = "import os\nimport signal\n\nos.kill(-1, signal.SIGKILL)\n"
    let files = ["app.py": "def f():\n    return 1\n", "test_app.py": killer + "\n\ndef test_f():\n    assert False\n"]
    try await withBench(files) { bench in
      let error = await #expect(throws: ExpertError.self) {
        try await bench.worker.perform(bench.assignment()) { _ in }
      }
      #expect(error?.code == .engineDied)
      #expect(error?.message.contains("before it was done") == true)
    }
  }

  @Test("cancelling ends the call, and no process of it is left")
  func cancels() async throws {
    let sleeper = "600.\(UInt32.random(in: 1 ..< .max))"
    var files = Repositories.waiting
    files["conftest.py"] = "import subprocess\nsubprocess.Popen(['sleep', '\(sleeper)'])\n"
    try await withBench(files) { bench in
      let (started, continuation) = AsyncStream.makeStream(of: Void.self)
      let worker = bench.worker
      let assignment = bench.assignment(seconds: 50)
      let call = Task {
        defer { continuation.finish() }
        return try await worker.perform(assignment) { _ in continuation.yield() }
      }
      for await _ in started { break }
      let during = try processes(withCommandLine: "sleep \(sleeper)")
      #expect(!during.isEmpty)
      call.cancel()
      await #expect(throws: (any Error).self) { try await call.value }
      let after = try processes(withCommandLine: "sleep \(sleeper)")
      #expect(after.isEmpty)
    }
  }

  @Test("with no time left it says so at once")
  func refusesTooLittleTime() async throws {
    try await withBench(Repositories.offByOne) { bench in
      let product = try await bench.worker.perform(bench.assignment(seconds: 2)) { _ in }
      #expect(product.candidates.isEmpty)
      #expect(product.answer.contains("too little time"))
    }
  }

  /// The first candidate passes an ordinary run of the suite.
  private func expectGreen(_ bench: Bench, _ product: WorkProduct) async throws {
    let candidate = try #require(product.candidates.first)
    try await withTemporaryDirectory { directory in
      for change in candidate.changes {
        guard case .file(let bytes, _) = change.content else { continue }
        try Data(bytes).write(to: URL(filePath: bench.root + "/" + change.path.string))
      }
      let output = try await runCommand(["python3", "-m", "pytest", "-q", "-p", "no:cacheprovider"], in: bench.root)
      #expect(output.status == 0, "\(directory): \(output.text)")
    }
  }
}
