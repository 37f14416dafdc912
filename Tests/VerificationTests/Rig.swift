import Domain
import EventLoop
import Foundation
import Sandbox
import TestSupport
import Testing
import Verification
import Workspace

/// A small repository with a real sandbox and a verifier on it.
struct Rig {
  let workspace: Workspace
  let sandbox: Sandbox
  let verifier: Verifier
  let base: TreeID

  /// Writes `files` to a new folder and runs `body` with a verifier on it.
  static func run<Result>(_ files: [String: String], _ body: (Rig) async throws -> Result) async throws -> Result {
    try await withTemporaryDirectory { folder in
      try ExampleRepository(files: files).write(to: folder + "/repository")
      return try await withEventLoop { loop in
        let workspace = try Workspace(root: folder + "/repository", storeDirectory: folder + "/store")
        let sandbox = try await Sandbox.probe(loop: loop)
        let base = try await workspace.snapshot()
        let verifier = Verifier(workspace: workspace, sandbox: sandbox)
        return try await body(Rig(workspace: workspace, sandbox: sandbox, verifier: verifier, base: base))
      }
    }
  }

  func task(_ command: String? = nil, allowsTestEdits: Bool = false) -> CodingTask {
    CodingTask(root: workspace.root, testCommand: command, allowsTestEdits: allowsTestEdits)
  }

  func plan(_ command: String? = nil) async throws -> TestPlan {
    try await verifier.plan(for: task(command), tree: base)
  }

  func evidence(_ command: String? = nil, seconds: Double = 60) async throws -> Evidence {
    try await verifier.gatherEvidence(
      task: task(command),
      plan: try await plan(command),
      base: base,
      deadline: .now + .seconds(seconds)
    )
  }

  /// The verdict on the base with some files changed; nil deletes one.
  func verdict(
    _ changes: [String: String?],
    _ evidence: Evidence,
    allowsTestEdits: Bool = false
  ) async throws -> Verdict {
    let command = evidence.command
    let candidate = try await workspace.derive(
      from: base,
      applying: changes.map { path, text in
        FileChange(
          path: try RelativePath(path),
          content: text.map { .file(bytes: Array($0.utf8), isExecutable: false) } ?? .deleted
        )
      }
    )
    return try await verifier.verify(
      candidate,
      plan: try await plan(command),
      evidence: evidence,
      task: task(command, allowsTestEdits: allowsTestEdits),
      deadline: .now + .seconds(60)
    )
  }
}

/// Whether a program is there for the tests that need a tool chain; all are optional for a contributor.
func has(_ command: String) async throws -> Bool {
  try await runCommand(["/bin/sh", "-c", command]).status == 0
}

extension Trait where Self == ConditionTrait {
  static var needsPytest: Self {
    .enabled("pytest is installed") { try await has("python3 -c 'import pytest'") }
  }
}

extension Collection<TestID> {
  var names: [String] { map(\.name) }
}
