import Conductor
import Domain
import StandardExtensions
import Testing

/// A worker made of a function, so that a test can say what it proposes and when it hangs.
private struct FunctionWorker: Worker {
  let card = Fixture.card("function")
  let body: @Sendable (Assignment) async throws -> WorkProduct

  func perform(
    _ assignment: Assignment,
    report: @escaping @Sendable (WorkerProgress) -> Void
  ) async throws -> WorkProduct {
    report(WorkerProgress(message: "working", candidatesTried: 1))
    return try await body(assignment)
  }
}

@Suite("The orchestrator", .timeLimit(.minutes(1)))
struct OrchestratorTests {
  private func orchestrator(
    failing: [String] = ["t"],
    wallSeconds: Double = 30,
    worker: @escaping @Sendable (Assignment) async throws -> WorkProduct,
    verify: @escaping @Sendable (TreeID) async throws -> Verdict
  ) throws -> Orchestrator {
    Orchestrator(
      task: CodingTask(root: "/repository", budget: Budget(wallSeconds: wallSeconds)),
      evidence: try Fixture.evidence(failing: failing),
      languages: ["python"],
      workers: [FunctionWorker(body: worker)],
      conductor: RuleConductor(),
      services: ConductorServices(
        derive: { base, _ in base == (try Fixture.tree("a")) ? try Fixture.tree("b") : try Fixture.tree("c") },
        verify: verify,
        observe: { _ in }
      ),
      deadline: ContinuousClock.now + .seconds(wallSeconds)
    )
  }

  @Test("two faults are repaired in two rounds, the second from the first's result")
  func twoRounds() async throws {
    let orchestrator = try orchestrator(failing: ["t", "u"]) { assignment in
      WorkProduct(candidates: [try Fixture.candidate("from \(assignment.base.hex.prefix(1))")], answer: "one edit")
    } verify: { tree in
      tree == (try Fixture.tree("b"))
        ? try Fixture.verdict(tree: "b", fixed: ["t"], still: ["u"])
        : try Fixture.verdict(tree: "c", fixed: ["t", "u"])
    }
    let result = await orchestrator.run()
    #expect(result.ending == .fixed)
    #expect(result.rounds.count == 2)
    #expect(result.best?.rationale == "from b")
    #expect(result.ledger.total.workerCalls == 2)
  }

  @Test("a worker that never answers is stopped at the deadline, and the account is complete")
  func hangingWorker() async throws {
    let ended = Locked(false)
    let orchestrator = try orchestrator(wallSeconds: 0.2) { _ in
      defer { ended.withLock { $0 = true } }
      try await Task.sleep(for: .seconds(3_600))
      return WorkProduct(candidates: [], answer: "")
    } verify: { _ in
      try Fixture.verdict(tree: "b")
    }
    let result = await orchestrator.run()
    #expect(result.ending == .budgetSpent)
    #expect(ended.withLock { $0 }, "the worker has ended before run returns")
  }

  @Test("cancelling ends the job as cancelled after the worker has stopped")
  func cancel() async throws {
    let (started, announce) = AsyncStream.makeStream(of: Void.self)
    let orchestrator = try orchestrator { _ in
      announce.yield()
      try await Task.sleep(for: .seconds(3_600))
      return WorkProduct(candidates: [], answer: "")
    } verify: { _ in
      try Fixture.verdict(tree: "b")
    }
    let running = Task { await orchestrator.run() }
    for await _ in started { break }
    running.cancel()
    #expect(await running.value.ending == .cancelled)
  }

  @Test("a worker that throws and a verification that throws are told, not hidden")
  func errors() async throws {
    struct Broken: Error {}
    let orchestrator = try orchestrator { _ in
      WorkProduct(candidates: [try Fixture.candidate("x")], answer: "")
    } verify: { _ in
      throw Broken()
    }
    let result = await orchestrator.run()
    #expect(result.ending == .notFixed)
    #expect(result.rounds.first?.unverifiable == ["Broken()"])
  }
}
