/// Hands a task over. Answered as soon as the job is in the journal; `task/updated` tells the rest.
package enum TaskSubmitRequest: RequestType {
  package static let method = "task/submit"

  /// The task.
  package struct Params: Codable, Sendable, Equatable {
    /// Absolute path of the workspace's root.
    package var root: String
    /// The sort of outcome that is wanted; missing: `repair`.
    package var kind: TaskKind?
    /// The user's own words.
    package var text: String?
    /// The test command, run by `/bin/sh -c` inside the sandbox; missing: found from the repository.
    package var testCommand: String?
    /// Whether a patch may change the test suite and its configuration; missing: no.
    package var allowsTestEdits: Bool?
    /// Whether the job may run without any isolation, because the user said so for this very task; missing: no.
    package var allowsNoSandbox: Bool?
    /// Hard limits.
    package var budget: BudgetLimits?
    /// Unsaved buffers, each path once.
    package var overlays: [Overlay]?
    /// If there, the job's progress is also told as `$/progress` with this token, on this connection.
    package var progressToken: Token?

    package init(
      root: String,
      kind: TaskKind? = nil,
      text: String? = nil,
      testCommand: String? = nil,
      allowsTestEdits: Bool? = nil,
      allowsNoSandbox: Bool? = nil,
      budget: BudgetLimits? = nil,
      overlays: [Overlay]? = nil,
      progressToken: Token? = nil
    ) {
      self.root = root
      self.kind = kind
      self.text = text
      self.testCommand = testCommand
      self.allowsTestEdits = allowsTestEdits
      self.allowsNoSandbox = allowsNoSandbox
      self.budget = budget
      self.overlays = overlays
      self.progressToken = progressToken
    }
  }

  /// The new job.
  package struct Result: Codable, Sendable, Equatable {
    /// Its name.
    package var job: String

    package init(job: String) {
      self.job = job
    }
  }
}
