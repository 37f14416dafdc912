import Conductor
package import Domain
package import Workspace

/// A job's patch, with what a client may want to know about it.
package struct JobPatch: Sendable {
  package var job: JobID
  /// The snapshot it starts from.
  package var base: TreeID
  /// The tree it leads to, which the tests ran on.
  package var target: TreeID
  /// The patch as text and as a list of files.
  package var diff: TreeDiff
  /// The patch as edits of texts, if they were asked for.
  package var edits: [FileEdits]?

  package init(job: JobID, base: TreeID, target: TreeID, diff: TreeDiff, edits: [FileEdits]? = nil) {
    self.job = job
    self.base = base
    self.target = target
    self.diff = diff
    self.edits = edits
  }
}

extension JobService {
  /// The patch of a job that has one.
  ///
  /// - Parameter positions: also give edits, with positions counted so.
  /// - Throws: `wrongState` when the job has no patch, `workspace` when its trees cannot be read any more.
  package func patch(_ id: JobID, positions: PositionEncoding? = nil) async throws(JobError) -> JobPatch {
    let job = try job(named: id.string)
    guard let base = job.base, let target = job.winner?.tree else {
      throw JobError(.wrongState, "job \(id) has no patch")
    }
    let workspace = try await toolbox.workspace(root: job.task.root)
    do throws(WorkspaceError) {
      let diff = try await workspace.diff(from: base, to: target)
      var edits: [FileEdits]?
      if let positions { edits = try await workspace.textEdits(from: base, to: target, encoding: positions) }
      return JobPatch(job: id, base: base, target: target, diff: diff, edits: edits)
    } catch {
      throw JobError(.workspace, "\(error)")
    }
  }
}
