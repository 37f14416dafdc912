package import Conductor
import Diagnostics
package import Domain
import Foundation
import Glibc
import Logging
package import Workspace

/// Runs tasks as jobs: a durable queue, one journal, one account a job. Shared by all faces of a process.
package actor JobService {
  private struct Running {
    let task: Task<Void, Never>
  }

  private let configuration: JobConfiguration
  private let journal: Journal
  let toolbox: Toolbox
  private let conductor: any Conducting
  private let logger = Log.logger("jobs")
  private var waiting: [JobID] = []
  private var live: [JobID: Job] = [:]
  private var running: [JobID: Running] = [:]
  private let broadcaster = UpdateBroadcaster()
  private var isStopping = false

  /// Updates one listener may be behind; older ones are dropped, the job's state stays readable.
  package static let updatesBufferedMax = 1_024

  /// Opens the journal and marks jobs that a process left unfinished when it died.
  ///
  /// - Throws: ``JobError`` when the journal cannot be opened.
  package init(_ configuration: JobConfiguration, conductor: any Conducting = RuleConductor()) throws(JobError) {
    self.configuration = configuration
    self.conductor = conductor
    journal = try Journal(path: configuration.stateDirectory.journal)
    toolbox = Toolbox(configuration: configuration)
    try Self.recover(journal)
  }

  // MARK: Reading

  /// The job with this name, or the only one whose name begins so.
  package func job(named name: String) throws(JobError) -> Job {
    if let id = JobID(name), let job = live[id] { return job }
    return try journal.job(named: name)
  }

  /// Jobs of all processes of this user, newest first.
  package func summaries(before: JobID? = nil, limit: Int = Journal.pageSizeMax) throws(JobError) -> [JobSummary] {
    try journal.summaries(before: before, limit: limit)
  }

  /// Every change of every job of this process, from now on. Ends when the service stops.
  package nonisolated func updates() -> AsyncStream<JobUpdate> {
    broadcaster.listen(bufferedMax: Self.updatesBufferedMax)
  }

  // MARK: Working

  /// Takes a task on. The job is in the journal when this returns.
  package func submit(_ task: CodingTask, owner: String) throws(JobError) -> JobID {
    guard !isStopping else { throw JobError(.stopping, "Baton is stopping; submit the task again later") }
    guard waiting.count < JobConfiguration.queuedJobsMax else {
      throw JobError(.overloaded, "\(waiting.count) jobs are waiting already; submit the task again later")
    }
    var task = task
    task.root = try Self.canonicalRoot(task.root)
    var job = Job(id: .random(), owner: owner, task: task, createdAt: Self.now())
    job.processID = getpid()
    try journal.save(job)
    live[job.id] = job
    waiting.append(job.id)
    announce(job, .state)
    startWaiting()
    return job.id
  }

  /// Stops a job; returns when nothing of it survives. A job that has ended already stays as it is.
  package func cancel(_ id: JobID) async throws(JobError) {
    if let position = waiting.firstIndex(of: id), var job = live[id] {
      waiting.remove(at: position)
      job.state = .cancelled
      job.outcome = .cancelled
      job.message = "cancelled before it began"
      keep(job)
      live[id] = nil
      return
    }
    guard let current = running[id] else {
      let job = try journal.job(named: id.string)
      guard job.state.isResting else {
        throw JobError(.wrongState, "job \(id) belongs to another Baton process; cancel it there")
      }
      return
    }
    current.task.cancel()
    await current.task.value
  }

  /// Ends the service: running jobs are cancelled, waiting ones are given up, listeners end. Returns when nothing of
  /// any job survives.
  package func shutdown() async {
    isStopping = true
    for id in waiting { await orLog("cancel job \(id)", logger) { try await cancel(id) } }
    for job in running.values { job.task.cancel() }
    for job in running.values { await job.task.value }
    broadcaster.finish()
  }

  private func startWaiting() {
    while !isStopping, running.count < configuration.concurrentJobsMax, !waiting.isEmpty {
      let id = waiting.removeFirst()
      guard var job = live[id] else { continue }
      job.state = .running
      keep(job)
      let starting = job
      running[id] = Running(task: Task { await self.run(starting) })
    }
  }

  private func run(_ job: Job) async {
    let id = job.id
    let broadcaster = broadcaster
    let summary = job.summary
    let runner = JobRunner(
      toolbox: toolbox,
      conductor: conductor,
      save: { job in await self.keep(job) },
      say: { line in broadcaster.send(JobUpdate(summary: summary, event: .progress(line))) }
    )
    let ended = await runner.run(job)
    keep(ended)
    live[id] = nil
    running[id] = nil
    startWaiting()
  }

  // MARK: Patches

  /// Writes the job's patch into the workspace, three-way against what the user did meanwhile.
  package func apply(_ id: JobID) async throws(JobError) -> ApplyOutcome {
    let job = try journal.change(id, from: [.proposed, .undone], to: .applying, verb: "applied")
    guard let base = job.base, let winner = job.winner else {
      try settle(id, as: .proposed)
      throw JobError(.wrongState, "job \(id) has no patch")
    }
    let before: Job.State = job.applyRecord == nil ? .proposed : .undone
    do {
      let workspace = try await toolbox.workspace(root: job.task.root)
      let outcome = try await workspace.apply(from: base, to: winner.tree)
      if case .applied(let record) = outcome {
        try settle(id, as: .applied, record: record)
      } else {
        try settle(id, as: before)
      }
      return outcome
    } catch {
      try settle(id, as: before)
      throw JobError(.workspace, "\(error)")
    }
  }

  /// Notes that the user does not want the patch.
  package func reject(_ id: JobID) throws(JobError) {
    announce(try journal.change(id, from: [.proposed, .undone], to: .rejected, verb: "rejected"), .state)
  }

  /// Takes an applied patch back, three-way: only what the job changed.
  package func undo(_ id: JobID) async throws(JobError) -> ApplyOutcome {
    let job = try journal.change(id, from: [.applied], to: .applying, verb: "undone")
    guard let record = job.applyRecord else {
      try settle(id, as: .applied)
      throw JobError(.wrongState, "job \(id) was not applied by Baton")
    }
    do {
      let workspace = try await toolbox.workspace(root: job.task.root)
      let outcome = try await workspace.undo(record)
      if case .applied = outcome { try settle(id, as: .undone) } else { try settle(id, as: .applied) }
      return outcome
    } catch {
      try settle(id, as: .applied)
      throw JobError(.workspace, "\(error)")
    }
  }

  /// Ends an apply or undo.
  private func settle(_ id: JobID, as state: Job.State, record: ApplyRecord? = nil) throws(JobError) {
    announce(try journal.change(id, from: [.applying], to: state, verb: "settled", record: record), .state)
  }

  // MARK: Keeping

  private func keep(_ job: Job) {
    var job = job
    job.updatedAt = Self.now()
    if live[job.id] != nil { live[job.id] = job }
    orLog("write job \(job.id) to the journal", logger) { try journal.save(job) }
    announce(job, .state)
  }

  private func announce(_ job: Job, _ event: JobUpdate.Event) {
    broadcaster.send(JobUpdate(summary: job.summary, event: event))
  }

  private static func now() -> Double { Date().timeIntervalSince1970 }

  private static func canonicalRoot(_ path: String) throws(JobError) -> String {
    guard let resolved = realpath(path, nil) else {
      throw JobError(.workspace, "the path '\(path)' cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// Marks what a dead process left behind. Nothing of it is lost: the journal says what it was about.
  private static func recover(_ journal: Journal) throws(JobError) {
    for var job in try journal.unfinished() {
      if let processID = job.processID, processID != getpid(), kill(processID, 0) == 0 { continue }
      if job.state == .applying {
        job.state = .proposed
        job.message = "an apply was interrupted; look at the workspace, then apply again"
      } else {
        job.state = .ended
        job.outcome = .failed
        job.message = "the process that worked on it ended; submit the task again"
      }
      job.updatedAt = now()
      try journal.save(job)
    }
  }
}

extension Job {
  /// The job as a line of a list.
  package var summary: JobSummary {
    JobSummary(
      id: id,
      owner: owner,
      root: task.root,
      state: state,
      outcome: outcome,
      message: message,
      createdAt: createdAt,
      updatedAt: updatedAt
    )
  }
}
