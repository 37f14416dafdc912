import EventLoop
import Foundation
import TestSupport

/// The built `baton`, run with a state directory of its own.
struct BatonProgram: Sendable {
  let stateDirectory: String

  /// Runs `baton` with `arguments` to its end.
  func callAsFunction(
    _ arguments: String...,
    in directory: String? = nil,
    onStart: @escaping @Sendable (ChildProcess) async throws -> Void = { _ in }
  ) async throws -> CommandOutput {
    try await runCommand(
      [productsDirectory() + "/baton"] + arguments,
      in: directory,
      environment: testEnvironment(["BATON_STATE_DIR": stateDirectory, "NO_COLOR": "1"]),
      onStart: onStart
    )
  }
}

/// Gives `body` the program and an empty folder for a repository.
func withBaton(_ body: (_ baton: BatonProgram, _ root: String) async throws -> Void) async throws {
  try await withTemporaryDirectory { directory in
    let root = directory + "/repository"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try await body(BatonProgram(stateDirectory: directory + "/state"), root)
  }
}

/// The keys of `baton fix --json` that tests look at.
struct Document: Decodable {
  struct Results: Decodable {
    var passed: [String]
    var failed: [String]
    var skipped: [String]
    var missing: [String]
  }

  struct Tests: Decodable {
    var before: Results?
    var after: Results?
  }

  struct Workflow: Decodable {
    var rationale: String
    var modelIDs: [Int]
    var subtasks: [String]

    enum CodingKeys: String, CodingKey {
      case rationale, subtasks
      case modelIDs = "model_id"
    }
  }

  struct Ledger: Decodable {
    struct Total: Decodable {
      var testRuns: Int
      var workerCalls: Int
      var cpuSeconds: Double
    }
    var total: Total
  }

  struct Sandbox: Decodable {
    var tier: String?
  }

  struct Suspect: Decodable {
    struct Location: Decodable {
      var path: String
      var line: Int
    }
    var location: Location
    var score: Double
  }

  var job: String
  var outcome: String
  var message: String?
  var patch: String?
  var base: String?
  var tests: Tests
  var workflows: [Workflow]
  var ledger: Ledger
  var sandbox: Sandbox
  var suspects: [Suspect]
  var notices: [String]

  init(_ output: CommandOutput) throws {
    self = try JSONDecoder().decode(Document.self, from: Data(output.standardOutput))
  }
}
