package import JSONRPC

/// What a session must know about its server and its client's rights.
package struct SessionConfiguration: Sendable {
  /// What a client must show in `initialize`.
  package enum Authorization: Sendable {
    /// Nothing: the kernel has said already that it is the same user.
    case none
    /// This secret.
    case token([UInt8])
  }

  /// Shown in the answer to `initialize`.
  package var serverVersion: String
  /// What a client must show.
  package var authorization: Authorization
  /// Bounds of the connection.
  package var limits: RPCLimits
  /// Bytes that may wait in the transport before updates are held back and coalesced.
  package var updateBytesHigh = 64 * 1_024
  /// Seconds from the connection to a right `initialize`, after which it is closed; nil: any time.
  package var handshakeSecondsMax: Double?
  /// Seconds that open requests have to end by themselves when the server stops.
  package var stopSecondsMax = 2.0
  /// Jobs whose updates a session follows; beyond, those that ended first are let go.
  package var watchedJobsMax = 4_096

  /// Jobs in one page of `task/list`.
  package static let pageSizeMax = 100

  package init(serverVersion: String, authorization: Authorization = .none, limits: RPCLimits = RPCLimits()) {
    self.serverVersion = serverVersion
    self.authorization = authorization
    self.limits = limits
  }
}

/// Comparing secrets.
enum Secret {
  /// Whether both are the same, in a time that depends on the length of `given` only.
  static func matches(_ given: [UInt8], _ secret: [UInt8]) -> Bool {
    var difference: UInt8 = given.count == secret.count && !secret.isEmpty ? 0 : 1
    for (position, byte) in given.enumerated() {
      difference |= byte ^ (secret.isEmpty ? 0 : secret[position % secret.count])
    }
    return difference == 0
  }
}
