/// Everything about one job: evidence, plans, verdict, account.
package enum TaskGetRequest: RequestType {
  package static let method = "task/get"
  package typealias Params = JobParams
  package typealias Result = JobDetails
}
