/// The client has read the answer to `initialize`.
package enum InitializedNotification: NotificationType {
  package static let method = "initialized"
  package static let sender = MessageSender.client
  package typealias Params = EmptyObject
}
