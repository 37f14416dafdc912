import BatonProtocol
import JSONRPC
import Jobs
import Workspace

extension MethodTable {
  static let patchMethods = [
    Method(PatchGetRequest.self, on: { .reads(job: $0) }) { params, context in
      let id = try JobID(name: params.job)
      return PatchGetRequest.Result(
        try await context.jobs.patch(id, positions: params.positionEncoding.map { PositionEncoding($0) })
      )
    },
    Method(PatchApplyRequest.self, on: { .changes(job: $0) }) { params, context in
      let id = try JobID(params)
      let outcome = try await context.jobs.apply(id)
      return PatchOutcome(outcome, state: try await context.jobs.job(id).state)
    },
    Method(PatchRejectRequest.self, on: { .changes(job: $0) }) { params, context in
      let id = try JobID(params)
      try await context.jobs.reject(id)
      return BatonProtocol.JobSummary(try await context.jobs.job(id).summary)
    },
    Method(JobUndoRequest.self, on: { .changes(job: $0) }) { params, context in
      let id = try JobID(params)
      let outcome = try await context.jobs.undo(id)
      return PatchOutcome(outcome, state: try await context.jobs.job(id).state)
    },
  ]
}
