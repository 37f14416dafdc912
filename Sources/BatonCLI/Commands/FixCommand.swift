import ArgumentParser
import Domain
import EventLoop
import Glibc
import Jobs
import Workspace

/// `baton fix`
struct FixCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fix",
    abstract: "Repair a repository until its own tests pass.",
    discussion: """
      Takes a snapshot, runs the tests in a sandbox, lets workers propose patches and tests each of them the same way. \
      Without --apply nothing in the folder changes.
      Exit codes: 0 fixed, 1 not fixed, 2 bad usage, 3 nothing to fix, 4 budget or time spent, 5 sandbox refused, \
      130 cancelled.
      """
  )

  @Argument(help: "The folder to repair.")
  var path = "."

  @Option(name: .long, help: "What to do, in words. Without it: make the failing tests pass.")
  var task: String?

  @Option(name: .long, help: "The test command, run by sh. Without it: found from the repository.")
  var test: String?

  @Flag(name: .long, help: "Write the patch into the folder.")
  var apply = false

  @Option(name: .long, help: "Write the patch to this file ('-': standard output).")
  var patch: String?

  @Flag(name: .long, help: "Print one JSON document instead of the report.")
  var json = false

  @Option(name: .long, help: "Wall time in seconds.")
  var maxSeconds = 300.0

  @Option(name: .long, help: "Money for model workers, in US dollars.")
  var budgetUsd = 0.0

  @Flag(name: .long, help: "Let the patch change the tests and their configuration.")
  var allowTestEdits = false

  @Flag(name: .long, help: "Run this once without isolation when none is to be had. The verdict says so.")
  var noSandbox = false

  @Flag(name: .shortAndLong, help: "No progress lines.")
  var quiet = false

  func validate() throws {
    guard maxSeconds > 0, maxSeconds <= 86_400 else {
      throw ValidationError("--max-seconds takes a number above 0, at most 86400")
    }
    guard budgetUsd >= 0, budgetUsd <= 10_000 else {
      throw ValidationError("--budget-usd takes a number from 0 to 10000")
    }
    if let test, test.allSatisfy(\.isWhitespace) { throw ValidationError("--test is empty; give a command") }
    guard !(json && patch == "-") else {
      throw ValidationError("--json and --patch - both write to standard output; give --patch a file")
    }
  }

  func run() async throws {
    try Self.checkFolder(path)
    try await withJobService { service, loop in
      let job = try await work(service, loop)
      try await deliver(job, service)
    }
  }

  /// Runs the job to its end, showing progress; an interrupt cancels it.
  private func work(_ service: JobService, _ loop: EventLoop) async throws -> Job {
    let budget = Budget(
      wallSeconds: maxSeconds,
      microdollars: Int((budgetUsd * 1_000_000).rounded())
    )
    let coding = CodingTask(
      root: path,
      kind: task == nil ? .repair : .change,
      text: task,
      testCommand: test,
      allowsTestEdits: allowTestEdits,
      budget: budget,
      allowsNoSandbox: noSandbox
    )
    let updates = service.updates()
    let id: JobID
    do { id = try await service.submit(coding, owner: "cli") } catch { throw CommandFailure(error) }
    var progress = ProgressPrinter(isQuiet: quiet)
    try await withInterrupts(on: loop) {
      do throws(JobError) { try await service.cancel(id) } catch { throw CommandFailure(error) }
    } during: {
      for await update in updates where update.summary.id == id {
        progress.show(update)
        if update.summary.state.isResting { break }
      }
    }
    progress.end()
    do { return try await service.job(named: id.string) } catch { throw CommandFailure(error) }
  }

  private func deliver(_ job: Job, _ service: JobService) async throws {
    var job = job
    var conflicts: [FileConflict] = []
    if apply, job.outcome == .fixed {
      do throws(JobError) {
        if case .conflicted(let files) = try await service.apply(job.id) { conflicts = files }
        job = try await service.job(named: job.id.string)
      } catch { throw CommandFailure(error) }
    }
    if let file = patch, let bytes = job.patch { try Self.write(bytes, to: file) }
    let output = Terminal.standardOutput
    if json {
      output.write(try FixDocument(job).rendered())
    } else if patch != "-" {
      for line in FixReport(job: job, terminal: output).lines { output.line(line) }
      if !apply, patch == nil, let bytes = job.patch { output.write([UInt8(ascii: "\n")] + bytes) }
    }
    guard conflicts.isEmpty else { throw CommandFailure(.notFixed, FileConflict.message(conflicts)) }
    let status = job.outcome.map(ExitStatus.init) ?? .failed
    // The report has said why already; a document for scripts leaves people without a word, so they get it here.
    if status != .success { throw CommandFailure(status, json ? job.message ?? "" : "") }
  }

  private static func checkFolder(_ path: String) throws {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw CommandFailure(.usage, "'\(path)' cannot be opened: \(String(cString: strerror(errno)))")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw CommandFailure(.usage, "'\(path)' is not a folder; give the folder that holds the project")
    }
  }

  private static func write(_ bytes: [UInt8], to file: String) throws {
    if file == "-" {
      Terminal.standardOutput.write(bytes)
      return
    }
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw CommandFailure(.usage, "the patch cannot be written to '\(file)': \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    Terminal(descriptor: descriptor).write(bytes)
  }
}
