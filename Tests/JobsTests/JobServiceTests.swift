import Conductor
import Domain
import EventLoop
import Foundation
import Glibc
import Jobs
import TestSupport
import Testing

/// Gives `body` a service with a journal of its own, an empty folder for a repository, and the state directory.
private func withService(
  concurrentJobsMax: Int = 2,
  _ body: (_ service: JobService, _ root: String, _ state: StateDirectory) async throws -> Void
) async throws {
  try await withTemporaryDirectory { directory in
    let root = directory + "/repository"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let state = try StateDirectory(path: directory + "/state")
    let loop = try EventLoop.start(name: "jobs")
    let service = try JobService(
      JobConfiguration(stateDirectory: state, loop: loop, concurrentJobsMax: concurrentJobsMax)
    )
    let outcome: Result<Void, any Error>
    do {
      try await body(service, root, state)
      outcome = .success(())
    } catch { outcome = .failure(error) }
    await service.shutdown()
    await loop.stop()
    try outcome.get()
  }
}

extension JobService {
  /// Submits a task and waits until its job rests.
  fileprivate func finish(_ task: CodingTask) async throws -> Job {
    let updates = updates()
    let id = try submit(task, owner: "test")
    for await update in updates where update.summary.id == id && update.summary.state.isResting { break }
    return try job(named: id.string)
  }

  /// Waits until a job says something that contains `text`.
  fileprivate func hear(_ text: String, from id: JobID, in updates: AsyncStream<JobUpdate>) async {
    for await update in updates where update.summary.id == id {
      if case .progress(let line) = update.event, line.contains(text) { return }
    }
  }
}

@Suite("The job service", .timeLimit(.minutes(5)))
struct JobServiceTests {
  @Test("a job walks from task to patch, and every process can read it afterwards")
  func wholeWay() async throws {
    try await withService { service, root, state in
      try await ExampleRepository.wrongComparison.writeAsGitRepository(to: root)
      let job = try await service.finish(CodingTask(root: root))
      #expect(job.state == .proposed, "\(job.message ?? "")")
      #expect(job.outcome == .fixed)
      #expect(job.winner?.verdict.isGreen == true)
      #expect(job.patch?.isEmpty == false)
      let read = try Journal(path: state.journal).job(named: String(job.id.string.prefix(6)))
      #expect(read.patch == job.patch)
      #expect(try await service.summaries().map(\.id) == [job.id])
    }
  }

  @Test("of two applies at the same time one writes and the other is refused; undo takes it back once")
  func applyOnce() async throws {
    try await withService { service, root, _ in
      try await ExampleRepository.wrongComparison.writeAsGitRepository(to: root)
      let before = try Fingerprint(of: root, withTimes: false)
      let id = try await service.finish(CodingTask(root: root)).id
      async let first = Result { () async throws in try await service.apply(id) }
      async let second = Result { () async throws in try await service.apply(id) }
      let outcomes = await [first, second]
      #expect(outcomes.count { if case .success = $0 { true } else { false } } == 1)
      #expect(try Fingerprint(of: root, withTimes: false).differences(from: before) == ["people/age.py"])
      _ = try await service.undo(id)
      #expect(try Fingerprint(of: root, withTimes: false).differences(from: before) == [])
      await #expect(throws: JobError.self) { try await service.undo(id) }
    }
  }

  @Test("cancelling a running job returns when no process of it survives; a waiting one never starts")
  func cancel() async throws {
    try await withService(concurrentJobsMax: 1) { service, root, _ in
      try ExampleRepository.healthy.write(to: root)
      let updates = service.updates()
      let command = "sleep 7\(Int.random(in: 100_000...999_999))"
      let running = try await service.submit(CodingTask(root: root, testCommand: command), owner: "test")
      let waiting = try await service.submit(CodingTask(root: root), owner: "test")
      await service.hear("running the tests", from: running, in: updates)
      while try processes(withCommandLine: command).isEmpty { await Task.yield() }
      let started = ContinuousClock.now
      try await service.cancel(waiting)
      try await service.cancel(running)
      #expect(ContinuousClock.now - started < .seconds(5))
      #expect(try processes(withCommandLine: command).isEmpty)
      for id in [running, waiting] {
        #expect(try await service.job(named: id.string).state == .cancelled)
        #expect(try await service.job(named: id.string).outcome == .cancelled)
      }
      try await service.cancel(running)
    }
  }

  @Test("a rejected patch cannot be applied; an unknown job is named")
  func reject() async throws {
    try await withService { service, root, _ in
      try await ExampleRepository.wrongComparison.writeAsGitRepository(to: root)
      let id = try await service.finish(CodingTask(root: root)).id
      try await service.reject(id)
      let error = await #expect(throws: JobError.self) { try await service.apply(id) }
      #expect(error?.code == .wrongState)
      let unknown = await #expect(throws: JobError.self) { try await service.job(named: "zzzzzzzzzz") }
      #expect(unknown?.code == .unknownJob)
    }
  }

  @Test("a task in words says that it needs a model")
  func needsModel() async throws {
    try await withService { service, root, _ in
      try ExampleRepository.healthy.write(to: root)
      let job = try await service.finish(CodingTask(root: root, kind: .change, text: "add a flag"))
      #expect(job.outcome == .invalid)
      #expect(job.message?.contains("model") == true)
    }
  }

  @Test("a folder that vanished is named at once")
  func missingFolder() async throws {
    try await withService { service, root, _ in
      let error = await #expect(throws: JobError.self) {
        try await service.submit(CodingTask(root: root + "/gone"), owner: "test")
      }
      #expect(error?.message.contains("gone") == true)
    }
  }
}

@Suite("The journal", .timeLimit(.minutes(5)))
struct JournalTests {
  @Test(
    "what a dead process left behind is ended, and an interrupted apply can be tried again",
    arguments: [(Job.State.queued, Job.State.ended), (.running, .ended), (.applying, .proposed)]
  )
  func recovery(_ left: Job.State, _ becomes: Job.State) async throws {
    try await withTemporaryDirectory { directory in
      let state = try StateDirectory(path: directory + "/state")
      let journal = try Journal(path: state.journal)
      let dead = try await runCommand(["/bin/sh", "-c", "echo $$"])
      var job = Job(id: .random(), owner: "test", task: CodingTask(root: directory), createdAt: 1)
      job.state = left
      job.processID = Int32(dead.text.trimmingCharacters(in: .whitespacesAndNewlines))
      try journal.save(job)
      let loop = try EventLoop.start(name: "jobs")
      let service = try JobService(JobConfiguration(stateDirectory: state, loop: loop))
      let recovered = try await service.job(named: job.id.string)
      #expect(recovered.state == becomes)
      #expect(recovered.message != nil)
      await service.shutdown()
      await loop.stop()
    }
  }

  @Test("the job of a process that lives is left alone")
  func living() async throws {
    try await withTemporaryDirectory { directory in
      let state = try StateDirectory(path: directory + "/state")
      let journal = try Journal(path: state.journal)
      var job = Job(id: .random(), owner: "test", task: CodingTask(root: directory), createdAt: 1)
      job.state = .running
      job.processID = getppid()
      try journal.save(job)
      let loop = try EventLoop.start(name: "jobs")
      let service = try JobService(JobConfiguration(stateDirectory: state, loop: loop))
      #expect(try await service.job(named: job.id.string).state == .running)
      await service.shutdown()
      await loop.stop()
    }
  }

  @Test("a list is paged by a cursor, newest first, and every job comes once")
  func paging() async throws {
    try await withTemporaryDirectory { directory in
      let journal = try Journal(path: directory + "/jobs.sqlite")
      var made: [JobID] = []
      for number in 0..<25 {
        // Equal times among them: the cursor must not lose or repeat any.
        let job = Job(
          id: .random(),
          owner: "test",
          task: CodingTask(root: directory),
          createdAt: Double(number / 5)
        )
        try journal.save(job)
        made.append(job.id)
      }
      var seen: [JobID] = []
      while true {
        let page = try journal.summaries(before: seen.last, limit: 4)
        if page.isEmpty { break }
        seen += page.map(\.id)
      }
      #expect(seen.count == 25)
      #expect(Set(seen) == Set(made))
    }
  }

  @Test("a journal that is no database, and a state directory that cannot be made, are named")
  func broken() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/jobs.sqlite"
      try Data("this is no database, just a long enough text to look at".utf8).write(to: URL(filePath: path))
      let error = #expect(throws: JobError.self) { try Journal(path: path) }
      #expect(error?.message.contains(path) == true)
      #expect(throws: JobError.self) { try StateDirectory(path: path + "/below") }
      #expect(throws: JobError.self) { try StateDirectory(path: "relative") }
    }
  }
}

extension Result where Failure == any Error {
  /// The outcome of an asynchronous call.
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
