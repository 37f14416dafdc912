import BatonProtocol
import JSONRPC
import Jobs

extension InitializeRequest.Result {
  /// The answer to a client that knows versions up to `clientVersion`.
  init(_ configuration: SessionConfiguration, clientVersion: Int) {
    self.init(
      protocolVersion: min(clientVersion, BatonProtocolRegistry.version),
      serverInfo: ProgramInfo(name: "baton", version: configuration.serverVersion),
      capabilities: ServerCapabilities(positionEncodings: PositionEncodingKind.allCases, taskKinds: [.repair]),
      limits: ConnectionLimits(
        frameBytesMax: configuration.limits.frameBytesMax,
        pendingRequestsMax: configuration.limits.pendingRequestsMax,
        pageSizeMax: SessionConfiguration.pageSizeMax,
        testNamesMax: TestNames.namesMax
      )
    )
  }
}
