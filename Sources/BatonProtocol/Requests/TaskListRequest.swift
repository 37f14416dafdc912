/// Jobs of this user, newest first, in pages.
package enum TaskListRequest: RequestType {
  package static let method = "task/list"

  /// Which page.
  package struct Params: Codable, Sendable, Equatable {
    /// `nextCursor` of the page before; missing: the first page.
    package var cursor: String?
    /// Jobs wanted, at most the server's `pageSizeMax`; missing: that many.
    package var limit: Int?

    package init(cursor: String? = nil, limit: Int? = nil) {
      self.cursor = cursor
      self.limit = limit
    }
  }

  /// A page.
  package struct Result: Codable, Sendable, Equatable {
    /// The jobs.
    package var jobs: [JobSummary]
    /// Where the next page begins; missing: this was the last.
    package var nextCursor: String?

    package init(jobs: [JobSummary], nextCursor: String? = nil) {
      self.jobs = jobs
      self.nextCursor = nextCursor
    }
  }
}
