/// The sender gives a request of its own up. The request is answered all the same: with -32800, or with its result when
/// that was there first.
package enum CancelRequestNotification: NotificationType {
  package static let method = "$/cancelRequest"
  package static let sender = MessageSender.both

  /// Which request.
  package struct Params: Codable, Sendable, Equatable {
    /// Its id.
    package var id: Token

    package init(id: Token) {
      self.id = id
    }
  }
}
