/// The client goes: the server closes the connection, and a server on stdio ends.
package enum ExitNotification: NotificationType {
  package static let method = "exit"
  package static let sender = MessageSender.client
  package typealias Params = EmptyObject
}
