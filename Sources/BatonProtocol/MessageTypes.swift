/// A message that wants an answer.
package protocol RequestType: SendableMetatype {
  /// The parameters, an object.
  associatedtype Params: Codable & Sendable
  /// The answer.
  associatedtype Result: Codable & Sendable
  /// The name on the wire.
  static var method: String { get }
}

/// A message that wants none.
package protocol NotificationType: SendableMetatype {
  /// The parameters, an object.
  associatedtype Params: Codable & Sendable
  /// The name on the wire.
  static var method: String { get }
  /// Who sends it.
  static var sender: MessageSender { get }
}

/// A side of the connection.
package enum MessageSender: String, Sendable {
  case client
  case server
  case both
}

/// All messages of the native protocol, as the manual and the OpenRPC document list them.
package enum BatonProtocolRegistry {
  /// The version that ``InitializeRequest`` negotiates.
  package static let version = 1

  /// Requests of a client.
  package static let requests: [any RequestType.Type] = [
    InitializeRequest.self, TaskSubmitRequest.self, TaskGetRequest.self, TaskListRequest.self, TaskCancelRequest.self,
    PatchGetRequest.self, PatchApplyRequest.self, PatchRejectRequest.self, JobUndoRequest.self, ShutdownRequest.self,
  ]

  /// Notifications of both sides.
  package static let notifications: [any NotificationType.Type] = [
    InitializedNotification.self, ExitNotification.self, TaskUpdatedNotification.self, ProgressNotification.self,
    CancelRequestNotification.self,
  ]
}

/// No members: `{}`.
package struct EmptyObject: Codable, Sendable, Equatable {
  package init() {}
}

/// The answer `null`.
package struct Null: Codable, Sendable, Equatable {
  package init() {}

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard container.decodeNil() else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "null was expected")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encodeNil()
  }
}
