import Conductor
import Domain
import Testing

@Suite("The conductor's state machine", .timeLimit(.minutes(1)))
struct ConductorMachineTests {
  @Test("a suite without failures ends at once as nothing to fix")
  func nothingToFix() throws {
    var machine = try Fixture.machine(failing: [])
    #expect(machine.handle(.start).ending?.ending == .nothingToFix)
  }

  @Test("a green candidate ends the job and stops all other work")
  func green() throws {
    var machine = try Fixture.machine()
    #expect(machine.handle(.start).question?.history.isEmpty == true)
    #expect(machine.handle(.planned(Fixture.solo())).startedSteps == [0])
    let product = WorkProduct(
      candidates: [try Fixture.candidate("x"), try Fixture.candidate("y")],
      answer: "two",
      usage: Usage(cpuSeconds: 2)
    )
    let requests = machine.handle(.stepFinished(step: 0, product: product, seconds: 1)).verifications
    #expect(requests.map(\.candidate.rationale) == ["x"], "candidates of one step are tested in the worker's order")
    let request = try #require(requests.first)
    let verdict = try Fixture.verdict(tree: "b", fixed: ["t"])
    let effects = machine.handle(.verified(request, verdict: verdict, seconds: 1))
    #expect(effects.stopsWork)
    let result = try #require(effects.ending)
    #expect(result.ending == .fixed)
    #expect(result.best?.rationale == "x")
    #expect(result.ledger.total.testRuns == 1)
    #expect(result.ledger.total.workerCalls == 1)
    #expect(machine.handle(.cancelled).isEmpty, "nothing happens after the end")
  }

  @Test("a partial improvement becomes the base of the next round, with its own evidence")
  func recursion() throws {
    var machine = try Fixture.machine(failing: ["t", "u"])
    _ = machine.handle(.start)
    _ = machine.handle(.planned(Fixture.solo()))
    let product = WorkProduct(candidates: [try Fixture.candidate("half")], answer: "half")
    let request = try #require(
      machine.handle(.stepFinished(step: 0, product: product, seconds: 1)).verifications.first
    )
    let verdict = try Fixture.verdict(tree: "b", fixed: ["t"], still: ["u"])
    let question = try #require(machine.handle(.verified(request, verdict: verdict, seconds: 1)).question)
    #expect(question.evidence.base == verdict.tree)
    #expect(question.evidence.failing == [TestID("u")])
    #expect(question.history.count == 1)
    let effects = machine.handle(.planned(Fixture.solo()))
    #expect(effects.order(0)?.base == verdict.tree, "the same plan on a better base is a new strategy")
    #expect(effects.order(0)?.verdict == verdict)
    #expect(effects.order(0)?.rejected == [verdict.tree])
  }

  @Test("the same plan on the same base is refused, and the job ends honestly")
  func noNewStrategy() throws {
    var machine = try Fixture.machine()
    _ = machine.handle(.start)
    _ = machine.handle(.planned(Fixture.solo()))
    let question = machine.handle(
      .stepFinished(step: 0, product: WorkProduct(candidates: [], answer: "none"), seconds: 1)
    )
    #expect(question.question != nil)
    let result = try #require(machine.handle(.planned(Fixture.solo())).ending)
    #expect(result.ending == .notFixed)
    #expect(result.rounds.count == 1)
  }

  @Test("an empty plan accepts what there is")
  func accepted() throws {
    var machine = try Fixture.machine()
    _ = machine.handle(.start)
    let result = machine.handle(.planned(Workflow(steps: [], rationale: "nobody fits"))).ending
    #expect(result?.ending == .notFixed)
    #expect(result?.reason == "nobody fits")
  }

  @Test("independent steps start together, a dependent one waits and sees just what it may see")
  func accessLists() throws {
    let pool = [Fixture.card("planner", roles: [.planner]), Fixture.card("coder")]
    var machine = try Fixture.machine(pool: pool)
    _ = machine.handle(.start)
    let plan = Workflow(
      steps: [
        Workflow.Step(worker: 0, role: .planner, subtask: "plan", access: .nothing),
        Workflow.Step(worker: 1, role: .coder, subtask: "solo", access: .nothing),
        Workflow.Step(worker: 1, role: .coder, subtask: "follow", access: .steps([0])),
      ],
      rationale: "two ways"
    )
    #expect(machine.handle(.planned(plan)).startedSteps == [0, 1])
    let effects = machine.handle(
      .stepFinished(step: 0, product: WorkProduct(candidates: [], answer: "do this"), seconds: 1)
    )
    #expect(effects.startedSteps == [2])
    #expect(effects.order(2)?.visible == [Assignment.VisibleAnswer(step: 0, subtask: "plan", answer: "do this")])
  }

  @Test(
    "a plan that cannot be run is sent back once, then the best single worker is taken",
    arguments: [
      Workflow(
        steps: [Workflow.Step(worker: 7, role: .coder, subtask: "", access: .nothing)],
        rationale: "no such worker"
      ),
      Workflow(
        steps: [Workflow.Step(worker: 0, role: .coder, subtask: "", access: .steps([0]))],
        rationale: "sees itself: a cycle"
      ),
      Workflow(
        steps: [Workflow.Step(worker: 0, role: .planner, subtask: "", access: .nothing)],
        rationale: "a role it cannot play"
      ),
      Workflow(
        steps: Array(
          repeating: Workflow.Step(worker: 0, role: .coder, subtask: "", access: .nothing),
          count: Workflow.stepsMax + 1
        ),
        rationale: "too long"
      ),
    ]
  )
  func badPlan(_ plan: Workflow) throws {
    var machine = try Fixture.machine(pool: [Fixture.card("weak", solved: 0.1), Fixture.card("strong", solved: 0.9)])
    _ = machine.handle(.start)
    let second = try #require(machine.handle(.planned(plan)).question)
    #expect(second.complaint != nil)
    let effects = machine.handle(.planned(plan))
    #expect(effects.startedSteps == [0])
    guard case .perform(_, let worker, _) = effects.first else {
      Issue.record("the fallback plan did not start")
      return
    }
    #expect(worker == 1)
  }

  @Test("a cap on test runs ends the job with the best verified result")
  func testRunCap() throws {
    var machine = try Fixture.machine(failing: ["t", "u"], budget: Budget(testRuns: 1))
    _ = machine.handle(.start)
    _ = machine.handle(.planned(Fixture.solo()))
    let product = WorkProduct(candidates: [try Fixture.candidate("x"), try Fixture.candidate("y")], answer: "")
    let request = try #require(
      machine.handle(.stepFinished(step: 0, product: product, seconds: 1)).verifications.first
    )
    let verdict = try Fixture.verdict(tree: "b", fixed: ["t"], still: ["u"])
    let result = try #require(machine.handle(.verified(request, verdict: verdict, seconds: 1)).ending)
    #expect(result.ending == .budgetSpent)
    #expect(result.best?.verdict == verdict)
  }

  @Test("caps on rounds and on worker calls end the job")
  func otherCaps() throws {
    var machine = try Fixture.machine(budget: Budget(rounds: 1))
    _ = machine.handle(.start)
    _ = machine.handle(.planned(Fixture.solo()))
    let nothing = WorkProduct(candidates: [], answer: "")
    #expect(machine.handle(.stepFinished(step: 0, product: nothing, seconds: 1)).ending?.ending == .budgetSpent)

    machine = try Fixture.machine(budget: Budget(workerCalls: 0))
    _ = machine.handle(.start)
    #expect(machine.handle(.planned(Fixture.solo())).ending?.ending == .budgetSpent)
  }

  @Test("deadline and cancel stop all work at any moment", arguments: [true, false])
  func stopping(byDeadline: Bool) throws {
    var machine = try Fixture.machine()
    _ = machine.handle(.start)
    _ = machine.handle(.planned(Fixture.solo()))
    let effects = machine.handle(byDeadline ? .deadlinePassed : .cancelled)
    #expect(effects.stopsWork)
    #expect(effects.ending?.ending == (byDeadline ? .budgetSpent : .cancelled))
  }

  @Test("a broken step and an untestable candidate are recorded, and the round goes on")
  func failures() throws {
    var machine = try Fixture.machine(pool: [Fixture.card("one"), Fixture.card("two")])
    _ = machine.handle(.start)
    let plan = Workflow(
      steps: [
        Workflow.Step(worker: 0, role: .coder, subtask: "a", access: .nothing),
        Workflow.Step(worker: 1, role: .coder, subtask: "b", access: .nothing),
      ],
      rationale: "two coders"
    )
    _ = machine.handle(.planned(plan))
    #expect(machine.handle(.stepFailed(step: 0, message: "it broke", seconds: 1)).isEmpty)
    let product = WorkProduct(candidates: [try Fixture.candidate("x")], answer: "")
    let request = try #require(
      machine.handle(.stepFinished(step: 1, product: product, seconds: 1)).verifications.first
    )
    let question = try #require(
      machine.handle(.verificationFailed(request, message: "does not apply", seconds: 1)).question
    )
    #expect(question.history.first?.steps[0]?.failed == true)
    #expect(question.history.first?.unverifiable == ["does not apply"])
  }
}
