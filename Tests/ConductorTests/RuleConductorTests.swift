import Conductor
import Domain
import Testing

@Suite("The embedded conductor", .timeLimit(.minutes(1)))
struct RuleConductorTests {
  private func context(
    pool: [CapabilityCard],
    history: [RoundRecord] = [],
    languages: [String] = ["python"]
  ) throws -> PlanningContext {
    PlanningContext(
      task: CodingTask(root: "/repository"),
      evidence: try Fixture.evidence(failing: ["t"]),
      languages: languages,
      pool: pool,
      history: history,
      remaining: PlanningContext.Remaining(rounds: 3, workerCalls: 9, testRuns: 9)
    )
  }

  @Test("an easy task gets one worker, the best measured one, and the reason is one sentence")
  func solo() async throws {
    let pool = [Fixture.card("weak", solved: 0.1), Fixture.card("strong", solved: 0.8)]
    let plan = try await RuleConductor().plan(context(pool: pool))
    #expect(plan.steps.map(\.worker) == [1])
    #expect(plan.rationale == "one coder: a single failing test, no file named in a trace")
  }

  @Test("without a worker for the language it gives up and says so")
  func nobody() async throws {
    let plan = try await RuleConductor().plan(context(pool: [Fixture.card("one")], languages: ["rust"]))
    #expect(plan.steps.isEmpty)
    #expect(plan.rationale == "no worker of the pool can edit rust")
  }

  @Test("after a round without improvement another worker is tried, then it stops")
  func another() async throws {
    let pool = [Fixture.card("a", solved: 0.9), Fixture.card("b", solved: 0.2)]
    let base = try Fixture.tree("a")
    let first = RoundRecord(base: base, workflow: Fixture.solo(0))
    let second = try await RuleConductor().plan(context(pool: pool, history: [first]))
    #expect(second.steps.map(\.worker) == [1])
    let third = try await RuleConductor().plan(
      context(pool: pool, history: [first, RoundRecord(base: base, workflow: Fixture.solo(1))])
    )
    #expect(third.steps.isEmpty)
  }

  @Test("a partial improvement is gone on from with the same worker")
  func goOn() async throws {
    var round = RoundRecord(base: try Fixture.tree("a"), workflow: Fixture.solo(0))
    let verdict = try Fixture.verdict(tree: "b", fixed: ["t"], still: ["u"])
    round.verified = [VerifiedCandidate(tree: verdict.tree, verdict: verdict, rationale: "half", worker: "one")]
    let plan = try await RuleConductor().plan(context(pool: [Fixture.card("one")], history: [round]))
    #expect(plan.steps.map(\.worker) == [0])
    #expect(plan.rationale == "one coder again: the last round repaired 1 test(s), 1 still fail")
  }
}
