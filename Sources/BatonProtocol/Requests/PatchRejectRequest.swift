/// Notes that the user does not want a job's patch.
package enum PatchRejectRequest: RequestType {
  package static let method = "patch/reject"
  package typealias Params = JobParams
  package typealias Result = JobSummary
}
