import Domain
import EventLoop
import Experts
import Foundation
import Sandbox
import TestSupport
import Workspace

/// A repository in a folder of its own with a worker on it, in the real sandbox.
struct Bench: Sendable {
  /// The repository's folder.
  let root: String
  let workspace: Workspace
  let sandbox: Sandbox
  let base: TreeID

  var worker: PythonTemplateWorker { PythonTemplateWorker(workspace: workspace, sandbox: sandbox) }

  /// An assignment on the repository; names of tests are optional, as the engine finds them by itself too.
  func assignment(
    command: String = "python3 -m pytest -q",
    failing: [String] = [],
    passing: [String] = [],
    rejected: [TreeID] = [],
    base other: TreeID? = nil,
    seconds: Double = 40
  ) -> Assignment {
    let tree = other ?? base
    let report = TestReport(
      format: failing.isEmpty ? .exitCode : .junitXML,
      results: [:],
      termination: .exited(code: 1),
      seconds: 1,
      cpuSeconds: 1,
      outputTail: "",
      tier: sandbox.tier
    )
    let evidence = Evidence(
      base: tree,
      command: command,
      report: report,
      failing: failing.map { TestID($0) },
      passing: passing.map { TestID($0) },
      flaky: []
    )
    return Assignment(
      task: CodingTask(root: root, testCommand: command),
      role: .coder,
      subtask: "make the failing tests pass",
      base: tree,
      evidence: evidence,
      visible: [],
      rejected: rejected,
      verdict: nil,
      deadline: .now + .seconds(seconds)
    )
  }

  /// What `path` holds in the first candidate of `product`; nil when it does not change it.
  func text(of path: String, in product: WorkProduct) -> String? {
    product.candidates.first.flatMap { Self.text(of: path, in: $0) }
  }

  static func text(of path: String, in candidate: Candidate) -> String? {
    for change in candidate.changes where change.path.string == path {
      if case .file(let bytes, _) = change.content { return String(decoding: bytes, as: UTF8.self) }
    }
    return nil
  }
}

/// Runs `body` with `files` written to a new folder.
func withBench<Result>(
  _ files: [String: String],
  _ body: (Bench) async throws -> Result
) async throws -> Result {
  try await withTemporaryDirectory { directory in
    let root = directory + "/repository"
    try ExampleRepository(files: files).write(to: root)
    return try await withEventLoop { loop in
      let workspace = try Workspace(root: root, storeDirectory: directory + "/store")
      let sandbox = try await Sandbox.probe(loop: loop)
      let base = try await workspace.snapshot()
      return try await body(Bench(root: workspace.root, workspace: workspace, sandbox: sandbox, base: base))
    }
  }
}

/// Progress of a worker, collected.
actor ProgressLog {
  private(set) var messages: [String] = []
  func add(_ progress: WorkerProgress) { messages.append(progress.message) }
}
