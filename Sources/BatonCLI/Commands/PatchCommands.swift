import ArgumentParser
import Domain
import Jobs
import Workspace

/// `baton apply`
struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Write a job's patch into its folder.",
    discussion: "Changes made meanwhile are merged; on a conflict nothing is written (exit code 1)."
  )

  @Argument(help: "The job, or the beginning of its name.")
  var job: String

  func run() async throws {
    try await decide(job, verb: "applied") { service, id throws(JobError) in try await service.apply(id) }
  }
}

/// `baton undo`
struct UndoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "undo",
    abstract: "Take an applied patch back.",
    discussion: "Touches only what the patch changed; on a conflict nothing is written (exit code 1)."
  )

  @Argument(help: "The job, or the beginning of its name.")
  var job: String

  func run() async throws {
    try await decide(job, verb: "undone") { service, id throws(JobError) in try await service.undo(id) }
  }
}

private func decide(
  _ name: String,
  verb: String,
  _ act: @escaping (JobService, JobID) async throws(JobError) -> ApplyOutcome
) async throws {
  try await withJobService { service, _ in
    do throws(JobError) {
      let job = try await service.job(named: name)
      switch try await act(service, job.id) {
      case .applied:
        Terminal.standardOutput.line("\(verb): job \(job.id) in \(Terminal.printable(job.task.root))")
      case .conflicted(let conflicts): throw JobError(.wrongState, FileConflict.message(conflicts))
      }
    } catch {
      throw error.code == .wrongState ? CommandFailure(.notFixed, error.message) : CommandFailure(error)
    }
  }
}
