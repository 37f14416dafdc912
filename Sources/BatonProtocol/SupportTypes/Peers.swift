/// A program that speaks the protocol.
package struct ProgramInfo: Codable, Sendable, Equatable {
  /// Its name, e.g. `baton-vscode`.
  package var name: String
  /// Its version.
  package var version: String?

  package init(name: String, version: String? = nil) {
    self.name = name
    self.version = version
  }
}

/// What a client can take. A member that is missing means no.
package struct ClientCapabilities: Codable, Sendable, Equatable {
  /// Wants `task/updated` for all jobs of the server, not only for those it submitted on this connection.
  package var allJobs: Bool?

  package init(allJobs: Bool? = nil) {
    self.allJobs = allJobs
  }
}

/// What a server can do.
package struct ServerCapabilities: Codable, Sendable, Equatable {
  /// Units in which `patch/get` can count characters.
  package var positionEncodings: [PositionEncodingKind]
  /// Kinds of task that can be submitted.
  package var taskKinds: [TaskKind]

  package init(positionEncodings: [PositionEncodingKind], taskKinds: [TaskKind]) {
    self.positionEncodings = positionEncodings
    self.taskKinds = taskKinds
  }
}

/// The bounds of this connection.
package struct ConnectionLimits: Codable, Sendable, Equatable {
  /// A message's length in bytes; a longer one is answered with -32600.
  package var frameBytesMax: Int
  /// Requests of the client that may be open; one more is answered with -32001.
  package var pendingRequestsMax: Int
  /// Jobs in one page of `task/list`.
  package var pageSizeMax: Int
  /// Names in one ``TestNames``.
  package var testNamesMax: Int

  package init(frameBytesMax: Int, pendingRequestsMax: Int, pageSizeMax: Int, testNamesMax: Int) {
    self.frameBytesMax = frameBytesMax
    self.pendingRequestsMax = pendingRequestsMax
    self.pageSizeMax = pageSizeMax
    self.testNamesMax = testNamesMax
  }
}
