package import Domain
package import Jobs
package import Workspace

/// What sessions need of the job service.
package protocol JobControlling: AnyObject, Sendable {
  /// Takes a task on; the job is in the journal when this returns.
  func submit(_ task: CodingTask, owner: String) async throws(JobError) -> JobID
  /// The job as it is now.
  func job(_ id: JobID) async throws(JobError) -> Job
  /// The job's patch, with edits if `positions` says how to count in them.
  func patch(_ id: JobID, positions: PositionEncoding?) async throws(JobError) -> JobPatch
  /// Jobs made before `before`, newest first.
  func summaries(before: JobID?, limit: Int) async throws(JobError) -> [JobSummary]
  /// Stops a job; returns when nothing of it survives.
  func cancel(_ id: JobID) async throws(JobError)
  /// Writes the job's patch into the workspace.
  func apply(_ id: JobID) async throws(JobError) -> ApplyOutcome
  /// Notes that the patch is not wanted.
  func reject(_ id: JobID) async throws(JobError)
  /// Takes the applied patch back.
  func undo(_ id: JobID) async throws(JobError) -> ApplyOutcome
  /// Every change of every job, from now on.
  func updates() -> AsyncStream<JobUpdate>
}

extension JobService: JobControlling {
  package func job(_ id: JobID) async throws(JobError) -> Job {
    try job(named: id.string)
  }
}
