/// A job changed, or says what it is doing. A client that reads slowly gets the newest state of each job, not every
/// step towards it.
package enum TaskUpdatedNotification: NotificationType {
  package static let method = "task/updated"
  package static let sender = MessageSender.server

  /// The change.
  package struct Params: Codable, Sendable, Equatable {
    /// The job as it is now.
    package var job: JobSummary
    /// What is being done, in one line.
    package var progress: String?
    /// Jobs whose changes were dropped because the client read too slowly; `task/list` tells their state.
    package var missed: Int?

    package init(job: JobSummary, progress: String? = nil, missed: Int? = nil) {
      self.job = job
      self.progress = progress
      self.missed = missed
    }
  }
}
