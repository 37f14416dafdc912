/// Progress of a job that was submitted with a `progressToken`, in the words of LSP.
package enum ProgressNotification: NotificationType {
  package static let method = "$/progress"
  package static let sender = MessageSender.server

  /// The report.
  package struct Params: Codable, Sendable, Equatable {
    /// The client's token.
    package var token: Token
    /// The report.
    package var value: ProgressValue

    package init(token: Token, value: ProgressValue) {
      self.token = token
      self.value = value
    }
  }
}

/// A piece of progress.
package struct ProgressValue: Codable, Sendable, Equatable {
  /// The place of a report in a job's life.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// The first.
    case begin
    /// Any between.
    case report
    /// The last.
    case end
  }

  /// The place of this report.
  package var kind: Kind
  /// What it is about; with `begin`.
  package var title: String?
  /// What is being done, or how it ended.
  package var message: String?

  package init(kind: Kind, title: String? = nil, message: String? = nil) {
    self.kind = kind
    self.title = title
    self.message = message
  }
}
