/// Writes a job's patch into the workspace, merged with what the user changed meanwhile. A conflict is no error: it is
/// an answer with `applied` false, and nothing was written.
package enum PatchApplyRequest: RequestType {
  package static let method = "patch/apply"
  package typealias Params = JobParams
  package typealias Result = PatchOutcome
}
