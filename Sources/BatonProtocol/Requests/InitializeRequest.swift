/// The first request of a connection.
package enum InitializeRequest: RequestType {
  package static let method = "initialize"

  /// Who the client is.
  package struct Params: Codable, Sendable, Equatable {
    /// The newest version of the protocol that the client knows.
    package var protocolVersion: Int
    /// The client.
    package var clientInfo: ProgramInfo?
    /// The server's secret; needed over TCP only.
    package var token: String?
    /// What the client can take.
    package var capabilities: ClientCapabilities?

    package init(
      protocolVersion: Int,
      clientInfo: ProgramInfo? = nil,
      token: String? = nil,
      capabilities: ClientCapabilities? = nil
    ) {
      self.protocolVersion = protocolVersion
      self.clientInfo = clientInfo
      self.token = token
      self.capabilities = capabilities
    }
  }

  /// Who the server is.
  package struct Result: Codable, Sendable, Equatable {
    /// The version that both speak from now on: the lower of the two newest.
    package var protocolVersion: Int
    /// The server.
    package var serverInfo: ProgramInfo
    /// What the server can do.
    package var capabilities: ServerCapabilities
    /// The bounds of this connection.
    package var limits: ConnectionLimits

    package init(
      protocolVersion: Int,
      serverInfo: ProgramInfo,
      capabilities: ServerCapabilities,
      limits: ConnectionLimits
    ) {
      self.protocolVersion = protocolVersion
      self.serverInfo = serverInfo
      self.capabilities = capabilities
      self.limits = limits
    }
  }
}
