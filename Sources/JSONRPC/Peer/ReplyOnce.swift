import Synchronization

/// The right and the duty to answer one request, exactly once, from any thread.
///
/// Answering twice is a fault of ours and traps. Letting go of it unanswered (a handler that forgot, a task that died)
/// answers with an internal error, so that no client waits for ever.
package final class ReplyOnce: Sendable {
  /// The request.
  package let id: RequestID
  private let send: @Sendable (RequestID, Result<[UInt8], RPCError>) -> Void
  private let isAnswered = Atomic(false)

  /// - Parameter send: hands the answer to the connection; called once, from any thread.
  package init(_ id: RequestID, send: @escaping @Sendable (RequestID, Result<[UInt8], RPCError>) -> Void) {
    self.id = id
    self.send = send
  }

  /// Answers.
  ///
  /// - Parameter result: the result as JSON, or the error.
  package func answer(with result: Result<[UInt8], RPCError>) {
    precondition(!isAnswered.exchange(true, ordering: .acquiringAndReleasing), "request \(id) was answered twice")
    send(id, result)
  }

  deinit {
    guard !isAnswered.load(ordering: .acquiring) else { return }
    send(id, .failure(RPCError(.internalError, "the request's handler ended without an answer")))
  }
}
