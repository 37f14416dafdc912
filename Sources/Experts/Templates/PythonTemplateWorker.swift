import Diagnostics
package import Domain
import JSONRPC
package import Sandbox
import StandardExtensions
package import Workspace

/// Repairs Python code without a model: searches single edits from templates, best first, and runs the failing tests on
/// each in forked children of a warm test process, all inside one sandbox.
///
/// Whatever the engine says is a proposal only: a candidate counts once verification has run the original tests on it.
package struct PythonTemplateWorker: Worker {
  /// Seconds kept back from the deadline for ending the sandbox and reading the rest.
  static let marginSeconds = 1.5
  /// Below so many seconds it does not start.
  static let usefulSecondsMin = 3.0
  /// Most seconds of one call: what is not found by then is not in the space or needs too long a suite.
  static let secondsMax = 240.0

  private let workspace: Workspace
  private let sandbox: Sandbox

  package init(workspace: Workspace, sandbox: Sandbox) {
    self.workspace = workspace
    self.sandbox = sandbox
  }

  /// Measured on the 40 Python programs of QuixBugs, one file each (Benchmarks/QuixBugs).
  package var card: CapabilityCard {
    CapabilityCard(
      name: "python-templates",
      roles: [.coder],
      languages: ["python"],
      kinds: [.repair],
      solvedShare: 0.9,
      measuredTasks: 40,
      cpuSeconds: 10,
      microdollars: 0
    )
  }

  package func perform(
    _ assignment: Assignment,
    report: @escaping @Sendable (WorkerProgress) -> Void
  ) async throws -> WorkProduct {
    let left = ContinuousClock.now.duration(to: assignment.deadline).seconds - Self.marginSeconds
    guard left >= Self.usefulSecondsMin else {
      return WorkProduct(candidates: [], answer: "There was too little time left for a search.")
    }
    let request = try await request(for: assignment, seconds: min(left, Self.secondsMax))
    var limits = SandboxLimits()
    limits.wallSeconds = request.seconds + Self.marginSeconds
    limits.cpuSeconds = limits.wallSeconds * Double(request.workers + 2)
    limits.outputBytes = 256 << 20
    let policy = SandboxPolicy(
      root: workspace.root,
      changes: try await workspace.drift(from: assignment.base),
      limits: limits
    )
    let command = SandboxedCommand(
      arguments: EngineProgram.arguments(testCommand: request.command),
      standardInput: EngineProgram.modulesLine + request.line
    )
    let session = try await sandbox.start(command, policy: policy)
    var account = EngineAccount()
    do {
      try await converse(with: session, account: &account, report: report)
    } catch {
      await session.kill()
      throw error
    }
    let result = await session.finish()
    try Task.checkCancellation()
    let timedOut = if case .timedOut = result.termination { true } else { false }
    guard account.summary != nil || timedOut || !account.patches.isEmpty else { throw Self.death(result) }
    let candidates = try await candidates(from: account, assignment: assignment)
    return WorkProduct(
      candidates: candidates,
      answer: account.answer(candidates: candidates, timedOut: timedOut),
      suspects: account.suspects,
      usage: Usage(cpuSeconds: result.cpuSeconds, candidatesTried: account.tried)
    )
  }

  // MARK: In

  private func request(for assignment: Assignment, seconds: Double) async throws -> EngineRequest {
    let evidence = assignment.evidence
    // A suite known by its exit code alone has one made-up test: the engine finds the real ones by itself.
    let named = evidence.report.format != .exitCode
    var rejected: [FileChange] = []
    for tree in assignment.rejected.suffix(16) {
      rejected += try await workspace.changes(from: assignment.base, to: tree)
    }
    return EngineRequest(
      root: workspace.root,
      seconds: seconds,
      command: assignment.task.testCommand ?? evidence.command,
      failing: named ? evidence.failing.map(\.name) : [],
      passing: named ? evidence.passing.map(\.name) : [],
      workers: 2,
      rejected: rejected
    )
  }

  // MARK: Between

  private func converse(
    with session: SandboxSession,
    account: inout EngineAccount,
    report: @Sendable (WorkerProgress) -> Void
  ) async throws {
    while account.summary == nil {
      try Task.checkCancellation()
      guard let line = try await session.nextLine(bytesMax: EngineMessage.lineBytesMax) else { return }
      if let progress = try account.receive(line) { report(progress) }
    }
  }

  private static func death(_ result: SandboxResult) -> ExpertError {
    let last = result.standardError.text.split(separator: "\n").last.map(String.init) ?? "no message"
    let ending =
      switch result.termination {
      case .exited(let code): "exited with code \(code)"
      case .signalled(let number): "was killed by signal \(number)"
      case .timedOut(let seconds): "used up its \(seconds) s"
      case .outputLimit(let bytes): "wrote more than \(bytes) bytes"
      }
    let hint = last.contains("not found") ? "; is python3 installed?" : ""
    return ExpertError(.engineDied, "the Python repair engine \(ending) before it was done: \(last)\(hint)")
  }

  // MARK: Out

  /// Candidates of the engine's patches: only files that are in the base, are no tests, and change.
  private func candidates(from account: EngineAccount, assignment: Assignment) async throws -> [Candidate] {
    var kinds: [RelativePath: TreeEntry.Kind] = [:]
    for entry in try await workspace.entries(of: assignment.base) { kinds[entry.path] = entry.kind }
    var candidates: [Candidate] = []
    for patch in account.ranked {
      let kind = kinds[patch.path]
      guard kind == .file || kind == .executable else { continue }
      guard assignment.task.allowsTestEdits || !TestPath.isTest(patch.path) else { continue }
      guard try await workspace.contents(of: patch.path, in: assignment.base) != patch.bytes else { continue }
      let content = FileChange.Content.file(bytes: patch.bytes, isExecutable: kind == .executable)
      let change = FileChange(path: patch.path, content: content)
      if !assignment.rejected.isEmpty {
        let tree = try await workspace.derive(from: assignment.base, applying: [change])
        if assignment.rejected.contains(tree) { continue }
      }
      let scope = patch.isPartial ? " (partial: fixes \(patch.fixes) failing tests)" : ""
      candidates.append(
        Candidate(changes: [change], rationale: "\(patch.path):\(patch.line): \(patch.description)\(scope)")
      )
    }
    return candidates
  }
}
