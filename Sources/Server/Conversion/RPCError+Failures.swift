import Diagnostics
import Domain
import JSONRPC
import Jobs
import Logging

extension RPCError {
  /// The one place that says how a failure looks on the wire.
  init(failure error: any Error) {
    switch error {
    case let error as RPCError: self = error
    case let error as JSONError: self.init(error.code == .malformed ? .parseError : .invalidParams, error.message)
    case let error as PathError: self.init(.invalidParams, error.description)
    case is CancellationError: self.init(.requestCancelled, "the request was cancelled")
    case let error as JobError: self.init(error)
    default:
      Log.logger("server").error("a request failed unexpectedly: \(error)")
      self.init(.internalError, "\(error)")
    }
  }

  private init(_ error: JobError) {
    let code: Code =
      switch error.code {
      case .overloaded: .overloaded
      case .stopping: .serverCancelled
      case .unknownJob: .invalidParams
      case .wrongState: .contentModified
      case .workspace, .verification, .sandbox, .unsupported, .journal: .requestFailed
      }
    self.init(code, error.message, data: ["kind": .string(error.code.rawValue)])
  }
}
