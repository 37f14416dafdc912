import Conductor
import Domain

/// Small values for conductor tests: a tree for each letter, evidence, cards and verdicts.
enum Fixture {
  static func tree(_ letter: Character) throws -> TreeID {
    guard let tree = TreeID(hex: String(repeating: letter, count: 40)) else { throw FixtureError() }
    return tree
  }

  static func report(passed: [String] = [], failed: [String] = []) -> TestReport {
    var results: [TestID: TestResult] = [:]
    for name in passed { results[TestID(name)] = TestResult(id: TestID(name), outcome: .passed) }
    for name in failed { results[TestID(name)] = TestResult(id: TestID(name), outcome: .failed) }
    return TestReport(
      format: .junitXML,
      results: results,
      termination: .exited(code: failed.isEmpty ? 0 : 1),
      seconds: 0.1,
      cpuSeconds: 0.1,
      outputTail: "",
      tier: .full
    )
  }

  static func evidence(failing: [String], passing: [String] = ["p"]) throws -> Evidence {
    Evidence(
      base: try tree("a"),
      command: "pytest",
      report: report(passed: passing, failed: failing),
      failing: failing.map(TestID.init),
      passing: passing.map(TestID.init),
      flaky: []
    )
  }

  static func card(
    _ name: String,
    roles: [Workflow.Role] = [.coder],
    solved: Double = 0.5,
    languages: [String] = ["python"]
  ) -> CapabilityCard {
    CapabilityCard(
      name: name,
      roles: roles,
      languages: languages,
      kinds: [.repair],
      solvedShare: solved,
      measuredTasks: 40,
      cpuSeconds: 1,
      microdollars: 0
    )
  }

  static func verdict(
    tree letter: Character,
    fixed: [String] = [],
    still: [String] = [],
    broken: [String] = []
  ) throws -> Verdict {
    Verdict(
      tree: try tree(letter),
      report: report(passed: fixed, failed: still + broken),
      fixed: fixed.map(TestID.init),
      stillFailing: still.map(TestID.init),
      broken: broken.map(TestID.init),
      stayedGreen: [],
      missing: []
    )
  }

  static func candidate(_ text: String) throws -> Candidate {
    Candidate(
      changes: [
        FileChange(path: try RelativePath("m.py"), content: .file(bytes: Array(text.utf8), isExecutable: false))
      ],
      rationale: text
    )
  }

  static func solo(_ worker: Int = 0, _ subtask: String = "fix") -> Workflow {
    Workflow(
      steps: [Workflow.Step(worker: worker, role: .coder, subtask: subtask, access: .nothing)],
      rationale: "one coder"
    )
  }

  static func machine(
    failing: [String] = ["t"],
    pool: [CapabilityCard] = [card("one")],
    budget: Budget = Budget()
  ) throws -> ConductorMachine {
    ConductorMachine(
      task: CodingTask(root: "/repository", budget: budget),
      evidence: try evidence(failing: failing),
      pool: pool,
      languages: ["python"]
    )
  }
}

struct FixtureError: Error {}

extension [ConductorEffect] {
  /// The requests to test candidates among the effects.
  var verifications: [VerificationRequest] {
    compactMap { if case .verify(let request) = $0 { request } else { nil } }
  }

  /// Positions of the steps that are started.
  var startedSteps: [Int] {
    compactMap { if case .perform(let step, _, _) = $0 { step } else { nil } }
  }

  /// The end, if it is among the effects.
  var ending: ConductingResult? {
    compactMap { if case .finish(let result) = $0 { result } else { nil } }.first
  }

  /// What the conductor is asked, if it is.
  var question: PlanningContext? {
    compactMap { if case .plan(let context) = $0 { context } else { nil } }.first
  }

  /// The order of step `position`, if it is started.
  func order(_ position: Int) -> StepOrder? {
    compactMap { if case .perform(position, _, let order) = $0 { order } else { nil } }.first
  }

  var stopsWork: Bool {
    contains { if case .stopWork = $0 { true } else { false } }
  }
}
