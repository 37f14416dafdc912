import Conductor
import Domain
import Jobs
import Server
import StandardExtensions
import Verification
import Workspace

/// A job service whose jobs do what a test tells them, and nothing by themselves.
actor ScriptedJobs: JobControlling {
  static let root = "/workspace"
  private static let time = 1_700_000_000.0
  private static let tree = TreeID(hex: String(repeating: "1", count: 40))
  private static let target = TreeID(hex: String(repeating: "2", count: 40))

  private var jobs: [Job] = []
  private var clock = ScriptedJobs.time
  private var isHeld = false
  private var heldWaiters: [CheckedContinuation<Void, Never>] = []
  private(set) var log: [String] = []
  private nonisolated let listeners = Locked<[AsyncStream<JobUpdate>.Continuation]>([])

  // MARK: What a test says

  enum Script: String {
    case start, finish, fail, hold, release
  }

  func act(_ action: String) throws {
    if action.hasPrefix("say ") { return try say(String(action.dropFirst(4))) }
    switch Script(rawValue: action) {
    case .start: try change(from: .queued) { $0.state = .running }
    case .finish: try change(from: .running) { try Self.finish(&$0) }
    case .fail:
      try change(from: .running) { job in
        job.state = .ended
        job.outcome = .notFixed
        job.message = "no candidate made the tests pass"
      }
    case .hold: isHeld = true
    case .release: release()
    case nil: throw JobError(.unsupported, "no such action: \(action)")
    }
  }

  /// Sends `count` updates about the newest job, as a busy worker would.
  func chatter(_ count: Int) {
    guard let job = jobs.last else { return }
    for number in 1...count { send(JobUpdate(summary: job.summary, event: .progress("line \(number)"))) }
  }

  /// Sends an update about each of `count` jobs that nobody submitted here.
  func crowd(_ count: Int) {
    for _ in 0..<count {
      let job = Job(id: .random(), owner: "other", task: CodingTask(root: Self.root), createdAt: clock)
      send(JobUpdate(summary: job.summary, event: .state))
    }
  }

  private func say(_ line: String) throws {
    guard let job = jobs.last else { throw JobError(.unknownJob, "no job") }
    send(JobUpdate(summary: job.summary, event: .progress(line)))
  }

  private func release() {
    isHeld = false
    let waiters = heldWaiters
    heldWaiters = []
    for waiter in waiters { waiter.resume() }
  }

  private func change(from state: Job.State, _ body: (inout Job) throws -> Void) throws {
    guard let index = jobs.firstIndex(where: { $0.state == state }) else {
      throw JobError(.wrongState, "no job is \(state)")
    }
    try body(&jobs[index])
    touch(index)
  }

  private func touch(_ index: Int) {
    clock += 1
    jobs[index].updatedAt = clock
    send(JobUpdate(summary: jobs[index].summary, event: .state))
  }

  private nonisolated func send(_ update: JobUpdate) {
    for listener in listeners.withLock({ $0 }) { listener.yield(update) }
  }

  // MARK: JobControlling

  func submit(_ task: CodingTask, owner: String) throws(JobError) -> JobID {
    guard task.root == Self.root else {
      throw JobError(.workspace, "the path '\(task.root)' cannot be opened: No such file or directory")
    }
    guard let id = JobID("jbbbbbbbb" + String("23456789"[jobs.count])) else {
      throw JobError(.overloaded, "8 jobs are waiting already; submit the task again later")
    }
    clock += 1
    let job = Job(id: id, owner: owner, task: task, createdAt: clock)
    jobs.append(job)
    send(JobUpdate(summary: job.summary, event: .state))
    return id
  }

  func job(_ id: JobID) throws(JobError) -> Job { jobs[try index(id)] }

  func patch(_ id: JobID, positions: PositionEncoding?) throws(JobError) -> JobPatch {
    let job = jobs[try index(id)]
    guard let patch = job.patch, let base = Self.tree, let target = Self.target, let path = try? RelativePath("cart.py")
    else { throw JobError(.wrongState, "job \(id) has no patch") }
    let file = FileDiff(path: path, change: .modified, isBinary: false, addedLines: 1, deletedLines: 1)
    let edit = TextEdit(
      start: TextPosition(line: 1, character: 0),
      end: TextPosition(line: 2, character: 0),
      newText: "    return sum(prices)\n"
    )
    let edits = FileEdits(path: path, change: .edited([edit]), isExecutable: false)
    let unified = job.task.text == "huge" ? [UInt8](repeating: 0x2B, count: 17 * 1_024 * 1_024) : patch
    let diff = TreeDiff(unified: unified, files: [file])
    return JobPatch(job: id, base: base, target: target, diff: diff, edits: positions == nil ? nil : [edits])
  }

  func summaries(before: JobID?, limit: Int) throws(JobError) -> [JobSummary] {
    let end = try before.map { id throws(JobError) in try index(id) } ?? jobs.count
    return jobs[..<end].reversed().prefix(limit).map(\.summary)
  }

  func cancel(_ id: JobID) async throws(JobError) {
    log.append("cancel begins")
    await waitWhileHeld()
    log.append("cancel ends")
    let index = try index(id)
    guard !jobs[index].state.isResting else { return }
    jobs[index].state = .cancelled
    jobs[index].outcome = .cancelled
    jobs[index].message = "cancelled"
    touch(index)
  }

  func apply(_ id: JobID) async throws(JobError) -> ApplyOutcome {
    log.append("apply begins")
    await waitWhileHeld()
    log.append("apply ends")
    if Task.isCancelled { throw JobError(.workspace, "the task was cancelled") }
    let index = try index(id, in: [.proposed, .undone], "applied")
    guard jobs[index].task.text != "conflict" else { return .conflicted(try Self.conflicts()) }
    jobs[index].state = .applied
    touch(index)
    return .applied(try Self.record())
  }

  func reject(_ id: JobID) throws(JobError) {
    let index = try index(id, in: [.proposed, .undone], "rejected")
    jobs[index].state = .rejected
    touch(index)
  }

  func undo(_ id: JobID) throws(JobError) -> ApplyOutcome {
    log.append("undo")
    let index = try index(id, in: [.applied], "undone")
    jobs[index].state = .undone
    touch(index)
    return .applied(try Self.record())
  }

  nonisolated func updates() -> AsyncStream<JobUpdate> {
    let (stream, continuation) = AsyncStream.makeStream(of: JobUpdate.self)
    listeners.withLock { $0.append(continuation) }
    return stream
  }

  private func waitWhileHeld() async {
    guard isHeld else { return }
    await withCheckedContinuation { heldWaiters.append($0) }
  }

  private func index(_ id: JobID, in states: Set<Job.State>? = nil, _ verb: String = "") throws(JobError) -> Int {
    guard let index = jobs.firstIndex(where: { $0.id == id }) else {
      throw JobError(.unknownJob, "there is no job '\(id)'; `baton jobs` lists them")
    }
    if let states, !states.contains(jobs[index].state) {
      throw JobError(.wrongState, "job \(id) is \(jobs[index].state.rawValue), so its patch cannot be \(verb)")
    }
    return index
  }
}

// MARK: What a finished job looks like

extension ScriptedJobs {
  private static let diff = """
    diff --git a/cart.py b/cart.py
    --- a/cart.py
    +++ b/cart.py
    @@ -1,2 +1,2 @@
     def total(prices):
    -    return sum(prices[1:])
    +    return sum(prices)

    """

  private static func finish(_ job: inout Job) throws {
    guard let base = tree, let target else { return }
    let path = try RelativePath("cart.py")
    let place = SourceLocation(path: path, line: 2, function: "total")
    let failing = TestID("test_cart.py::test_total")
    let passing = TestID("test_cart.py::test_empty")
    job.base = base
    job.plan = TestPlan(command: "python3 -m pytest -q", runner: .pytest, origin: "given by the task", directory: nil)
    job.tier = .full
    let before = report([
      TestResult(id: failing, outcome: .failed, message: "assert 2 == 3", trace: [place]),
      TestResult(id: passing, outcome: .passed),
    ])
    job.evidence = Evidence(
      base: base,
      command: "python3 -m pytest -q",
      report: before,
      failing: [failing],
      passing: [passing],
      flaky: []
    )
    let after = report([TestResult(id: failing, outcome: .passed), TestResult(id: passing, outcome: .passed)])
    let verdict = Verdict(
      tree: target,
      report: after,
      fixed: [failing],
      stillFailing: [],
      broken: [],
      stayedGreen: [passing],
      missing: []
    )
    let candidate = VerifiedCandidate(tree: target, verdict: verdict, rationale: "sum all prices", worker: "python")
    job.result = result(base, candidate, place)
    job.patch = Array(diff.utf8)
    job.state = .proposed
    job.outcome = .fixed
    job.message = "1 failing test passes, 1 still passes"
  }

  private static func report(_ results: [TestResult]) -> TestReport {
    TestReport(
      format: .junitXML,
      results: Dictionary(uniqueKeysWithValues: results.map { ($0.id, $0) }),
      termination: .exited(code: 0),
      seconds: 0.5,
      cpuSeconds: 0.25,
      outputTail: "",
      tier: .full
    )
  }

  private static func result(
    _ base: TreeID,
    _ candidate: VerifiedCandidate,
    _ place: SourceLocation
  ) -> ConductingResult {
    let step = Workflow.Step(worker: 0, role: .coder, subtask: "Make the failing tests pass.", access: .nothing)
    var round = RoundRecord(base: base, workflow: Workflow(steps: [step], rationale: "one worker knows Python"))
    let usage = Usage(cpuSeconds: 1.5, candidatesTried: 12, workerCalls: 1)
    round.steps = [
      StepRecord(
        worker: "python",
        role: .coder,
        subtask: step.subtask,
        answer: "1 candidate",
        candidates: 1,
        failed: false,
        usage: usage,
        seconds: 2
      )
    ]
    round.verified = [candidate]
    var ledger = Ledger(budget: Budget())
    ledger.settle(Ledger.Entry(round: 0, step: 0, spender: "python", usage: usage, seconds: 2))
    return ConductingResult(
      ending: .fixed,
      reason: "a candidate is green",
      best: candidate,
      rounds: [round],
      suspects: [SuspiciousLocation(location: place, score: 0.9, reason: "on the trace of the failing test")],
      ledger: ledger
    )
  }

  private static func record() throws(JobError) -> ApplyRecord {
    guard let tree, let target, let path = try? RelativePath("cart.py") else { throw JobError(.workspace, "no record") }
    return ApplyRecord(base: tree, target: target, before: tree, after: target, paths: [path], removedModes: [:])
  }

  private static func conflicts() throws(JobError) -> [FileConflict] {
    guard let path = try? RelativePath("cart.py") else { throw JobError(.workspace, "no path") }
    return [FileConflict(path: path, reason: .sameLines, ours: Array("mine\n".utf8), theirs: [0xFF, 0xFE])]
  }
}

extension String {
  fileprivate subscript(_ index: Int) -> Character {
    index < count ? self[self.index(startIndex, offsetBy: index)] : "?"
  }
}
