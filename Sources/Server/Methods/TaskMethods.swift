import BatonProtocol
import Domain
import JSONRPC
import Jobs

extension MethodTable {
  static let taskMethods = [
    Method(TaskSubmitRequest.self) { params, context in
      let id = try await context.jobs.submit(try CodingTask(params), owner: context.owner)
      await context.session.adopt(id, token: params.progressToken, from: context.request)
      return TaskSubmitRequest.Result(job: id.string)
    },
    Method(TaskGetRequest.self, on: { .reads(job: $0) }) { params, context in
      JobDetails(try await context.jobs.job(try JobID(params)))
    },
    Method(TaskListRequest.self) { params, context in
      let limit = params.limit ?? SessionConfiguration.pageSizeMax
      guard (1...SessionConfiguration.pageSizeMax).contains(limit) else {
        throw RPCError(.invalidParams, "limit: must be from 1 to \(SessionConfiguration.pageSizeMax)")
      }
      let cursor = try params.cursor.map { text throws(RPCError) -> JobID in
        guard let id = JobID(text) else { throw RPCError(.invalidParams, "cursor: is not one that task/list gave") }
        return id
      }
      // One more than asked for tells whether there is another page.
      let jobs = try await context.jobs.summaries(before: cursor, limit: limit + 1)
      let page = jobs.prefix(limit)
      return TaskListRequest.Result(
        jobs: page.map { BatonProtocol.JobSummary($0) },
        nextCursor: jobs.count > limit ? page.last?.id.string : nil
      )
    },
    Method(TaskCancelRequest.self, on: { .changes(job: $0) }) { params, context in
      let id = try JobID(params)
      try await context.jobs.cancel(id)
      return BatonProtocol.JobSummary(try await context.jobs.job(id).summary)
    },
  ]
}
