/// Stops a job. Answered when no process of it survives; a job that has ended stays as it is.
package enum TaskCancelRequest: RequestType {
  package static let method = "task/cancel"
  package typealias Params = JobParams
  package typealias Result = JobSummary
}
