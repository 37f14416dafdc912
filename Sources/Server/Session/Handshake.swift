import BatonProtocol
import JSONRPC

/// Which messages a session takes, by what came before.
struct Handshake {
  enum Phase {
    /// Nothing came yet.
    case new
    /// `initialize` was answered.
    case ready
    /// `shutdown` was answered.
    case shutDown
  }

  private(set) var phase = Phase.new

  /// Why a request is refused now; nil when it is taken.
  func refusal(of method: String) -> RPCError? {
    switch phase {
    case .new where method != InitializeRequest.method:
      RPCError(.notInitialized, "the first request must be 'initialize'")
    case .ready where method == InitializeRequest.method:
      RPCError(.invalidRequest, "'initialize' was answered already")
    case .shutDown: RPCError(.invalidRequest, "the session was shut down; only 'exit' is taken")
    default: nil
    }
  }

  mutating func initialized() {
    phase = .ready
  }

  mutating func shutDown() {
    phase = .shutDown
  }
}
