import Conductor
import Domain
import Foundation
import Jobs
import Verification

/// The one document that `baton fix --json` prints; its form is described in Documentation/User/JSON.md.
struct FixDocument: Encodable {
  /// Results of one run by outcome.
  struct Results: Encodable {
    var passed: [TestID]
    var failed: [TestID]
    var skipped: [TestID]
    var missing: [TestID]

    init(_ report: TestReport, missing: [TestID]) {
      passed = report.tests(.passed)
      failed = report.tests(.failed, .errored)
      skipped = report.tests(.skipped)
      self.missing = missing
    }
  }

  struct Tests: Encodable {
    var command: String?
    var format: TestReport.Format?
    var before: Results?
    var after: Results?
    var flaky: [TestID]
  }

  /// One plan, as in the Conductor paper: three lists of one length.
  struct WorkflowDocument: Encodable {
    var rationale: String
    var modelIDs: [Int]
    var subtasks: [String]
    var accessLists: [[AccessItem]]
    var steps: [StepRecord?]
    var candidates: [CandidateDocument]

    // The paper's own spelling.
    enum CodingKeys: String, CodingKey {
      case rationale, subtasks, steps, candidates
      case modelIDs = "model_id"
      case accessLists = "access_list"
    }

    init(_ round: RoundRecord) {
      rationale = round.workflow.rationale
      modelIDs = round.workflow.steps.map(\.worker)
      subtasks = round.workflow.steps.map(\.subtask)
      accessLists = round.workflow.steps.map { step in
        switch step.access {
        case .nothing: []
        case .all: [.word("all")]
        case .steps(let positions): positions.map(AccessItem.position)
        }
      }
      steps = round.steps
      candidates = round.verified.map(CandidateDocument.init)
    }
  }

  enum AccessItem: Encodable {
    case word(String)
    case position(Int)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .word(let word): try container.encode(word)
      case .position(let position): try container.encode(position)
      }
    }
  }

  struct CandidateDocument: Encodable {
    var tree: TreeID
    var worker: String
    var rationale: String
    var green: Bool
    var fixed: [TestID]
    var stillFailing: [TestID]
    var broken: [TestID]
    var missing: [TestID]
    var restored: [RelativePath]
    var distrust: String?

    init(_ candidate: VerifiedCandidate) {
      let verdict = candidate.verdict
      tree = candidate.tree
      worker = candidate.worker
      rationale = candidate.rationale
      green = verdict.isGreen
      fixed = verdict.fixed
      stillFailing = verdict.stillFailing
      broken = verdict.broken
      missing = verdict.missing
      restored = verdict.restored
      distrust = verdict.distrust
    }
  }

  struct LedgerDocument: Encodable {
    var total: Usage
    var entries: [Ledger.Entry]
    var budget: Budget
    var seconds: Double
  }

  struct SandboxDocument: Encodable {
    var tier: SandboxTier?
  }

  var job: JobID
  var state: Job.State
  var outcome: Job.Outcome?
  var message: String?
  var base: TreeID?
  var patch: String?
  var patchBase64: String?
  var tests: Tests
  var workflows: [WorkflowDocument]
  var suspects: [SuspiciousLocation]
  var ledger: LedgerDocument
  var sandbox: SandboxDocument
  var notices: [String]

  init(_ job: Job) {
    self.job = job.id
    state = job.state
    outcome = job.outcome
    message = job.message
    base = job.base
    patch = job.patch.flatMap { String(validating: $0, as: UTF8.self) }
    patchBase64 = patch == nil ? job.patch.map { Data($0).base64EncodedString() } : nil
    let verdict = job.result?.best?.verdict
    tests = Tests(
      command: job.evidence?.command ?? job.plan?.command,
      format: job.evidence?.report.format,
      before: job.evidence.map { Results($0.report, missing: []) },
      after: verdict.map { Results($0.report, missing: $0.missing) },
      flaky: job.evidence?.flaky ?? []
    )
    workflows = job.result?.rounds.map(WorkflowDocument.init) ?? []
    suspects = job.result?.suspects ?? []
    ledger = LedgerDocument(
      total: job.result?.ledger.total ?? Usage(),
      entries: job.result?.ledger.entries ?? [],
      budget: job.task.budget,
      seconds: job.updatedAt - job.createdAt
    )
    sandbox = SandboxDocument(tier: job.tier)
    notices = job.notices
  }

  enum CodingKeys: CodingKey {
    case job, state, outcome, message, base, patch, patchBase64, tests, workflows, suspects, ledger, sandbox, notices
  }

  /// Writes every key, `null` where there is nothing: a script need not guess.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(job, forKey: .job)
    try container.encode(state, forKey: .state)
    try container.encode(outcome, forKey: .outcome)
    try container.encode(message, forKey: .message)
    try container.encode(base, forKey: .base)
    try container.encode(patch, forKey: .patch)
    try container.encodeIfPresent(patchBase64, forKey: .patchBase64)
    try container.encode(tests, forKey: .tests)
    try container.encode(workflows, forKey: .workflows)
    try container.encode(suspects, forKey: .suspects)
    try container.encode(ledger, forKey: .ledger)
    try container.encode(sandbox, forKey: .sandbox)
    try container.encode(notices, forKey: .notices)
  }

  /// The document's text, keys sorted.
  func rendered() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }
}
