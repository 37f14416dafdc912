import BatonProtocol
import Diagnostics
import JSONRPC
import Jobs

/// What a method's work may use.
struct MethodContext: Sendable {
  let jobs: any JobControlling
  /// The client's name, for display.
  let owner: String
  let session: Session
  /// The request that is being worked on.
  let request: RequestID
}

/// A method of the native protocol: how to read its parameters, do its work, write its result.
struct Method: Sendable {
  /// Longest parameters of a method about one job, in bytes: they are read on the event loop.
  static let jobParamsBytesMax = 65_536

  let name: String
  /// What the request touches, from its parameters.
  let access: @Sendable ([UInt8]) throws(RPCError) -> RequestAccess
  /// The work. Runs away from the event loop, and ends with an error when its task is cancelled in time.
  let run: @Sendable ([UInt8], MethodContext) async -> Result<[UInt8], RPCError>

  /// A method that overlaps with everything.
  init<Request: RequestType>(
    _ type: Request.Type,
    _ body: @escaping @Sendable (Request.Params, MethodContext) async throws -> Request.Result
  ) {
    name = type.method
    access = { _ in .free }
    run = { params, context in await Self.perform(type, params, context, body) }
  }

  /// A method about one job.
  ///
  /// - Parameter access: what it does to the job.
  init<Request: RequestType>(
    _ type: Request.Type,
    on access: @escaping @Sendable (String) -> RequestAccess,
    _ body: @escaping @Sendable (Request.Params, MethodContext) async throws -> Request.Result
  ) {
    name = type.method
    self.access = { params throws(RPCError) in
      guard params.count <= Self.jobParamsBytesMax else {
        throw RPCError(.invalidParams, "the parameters have more than \(Self.jobParamsBytesMax) bytes")
      }
      do throws(JSONError) {
        return access(try JSONCoder.decode(JobParams.self, from: params).job)
      } catch {
        throw RPCError(.invalidParams, error.message)
      }
    }
    run = { params, context in await Self.perform(type, params, context, body) }
  }

  @concurrent
  private static func perform<Request: RequestType>(
    _ type: Request.Type,
    _ params: [UInt8],
    _ context: MethodContext,
    _ body: @Sendable (Request.Params, MethodContext) async throws -> Request.Result
  ) async -> Result<[UInt8], RPCError> {
    let result: Request.Result
    do {
      try Task.checkCancellation()
      result = try await body(try JSONCoder.decode(Request.Params.self, from: params), context)
    } catch {
      // Whatever the work threw when it was told to stop: it stopped.
      return .failure(RPCError(failure: Task.isCancelled ? CancellationError() : error))
    }
    do { return .success(try JSONCoder.encode(result)) } catch {
      invariant(false, "the result of \(type.method) cannot be written: \(error)")
      return .failure(RPCError(.internalError, "the result cannot be written as JSON"))
    }
  }
}

/// The methods that do work. `initialize` and `shutdown` belong to the session itself.
enum MethodTable {
  static let methods: [String: Method] = {
    let all = taskMethods + patchMethods
    return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
  }()
}
