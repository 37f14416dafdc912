/// The error member of an answer.
package struct RPCError: Error, Sendable, Equatable, Codable, CustomStringConvertible {
  /// The number that tells errors apart. Below -32000: as in JSON-RPC 2.0 and LSP; from -32099 to -32000: as named here.
  package struct Code: Sendable, Hashable, Codable, RawRepresentable {
    package let rawValue: Int

    package init(rawValue: Int) {
      self.rawValue = rawValue
    }

    /// The message is no JSON.
    package static let parseError = Code(rawValue: -32_700)
    /// The message is no request, notification or answer; or passes a limit of the connection.
    package static let invalidRequest = Code(rawValue: -32_600)
    /// No such method.
    package static let methodNotFound = Code(rawValue: -32_601)
    /// The parameters are not those of the method.
    package static let invalidParams = Code(rawValue: -32_602)
    /// A fault of the answering side.
    package static let internalError = Code(rawValue: -32_603)
    /// Too much waits already; the same request may succeed later.
    package static let overloaded = Code(rawValue: -32_001)
    /// Something else than `initialize` came first.
    package static let notInitialized = Code(rawValue: -32_002)
    /// The token is missing or wrong.
    package static let unauthorized = Code(rawValue: -32_003)
    /// The answer did not come in time. Only between the two halves of one side, never on the wire.
    package static let timedOut = Code(rawValue: -32_004)
    /// The other side is gone. Only between the two halves of one side, never on the wire.
    package static let disconnected = Code(rawValue: -32_005)
    /// The asking side gave the request up.
    package static let requestCancelled = Code(rawValue: -32_800)
    /// The state changed so that the result would be of no use.
    package static let contentModified = Code(rawValue: -32_801)
    /// The answering side gave the request up, e.g. because it stops.
    package static let serverCancelled = Code(rawValue: -32_802)
    /// The request was right and could not be done; the message says why.
    package static let requestFailed = Code(rawValue: -32_803)

    /// The codes that a client can meet, with their names in the protocol's documents.
    package static let onTheWire: [(code: Code, name: String)] = [
      (parseError, "ParseError"), (invalidRequest, "InvalidRequest"), (methodNotFound, "MethodNotFound"),
      (invalidParams, "InvalidParams"), (internalError, "InternalError"), (overloaded, "Overloaded"),
      (notInitialized, "NotInitialized"), (unauthorized, "Unauthorized"), (requestCancelled, "RequestCancelled"),
      (contentModified, "ContentModified"), (serverCancelled, "ServerCancelled"), (requestFailed, "RequestFailed"),
    ]
  }

  package var code: Code
  /// What is wrong and what to do, as a sentence.
  package var message: String
  /// More for programs.
  package var data: JSONValue?

  package init(_ code: Code, _ message: String, data: JSONValue? = nil) {
    self.code = code
    self.message = message
    self.data = data
  }

  package var description: String { "\(message) (\(code.rawValue))" }
}
