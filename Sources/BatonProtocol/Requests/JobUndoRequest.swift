/// Takes an applied patch back. Only what the job changed is touched; what the user changed since stays.
package enum JobUndoRequest: RequestType {
  package static let method = "job/undo"
  package typealias Params = JobParams
  package typealias Result = PatchOutcome
}
