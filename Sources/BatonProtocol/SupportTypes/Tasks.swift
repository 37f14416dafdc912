/// The sort of outcome that is wanted.
package enum TaskKind: String, Codable, Sendable, CaseIterable {
  /// Make failing tests pass.
  case repair
  /// Change the code as described; the tests must stay green.
  case change
  /// Answer a question; no patch.
  case ask
}

/// Hard limits of one job. A member that is missing has the server's default.
package struct BudgetLimits: Codable, Sendable, Equatable {
  /// Wall time in seconds, from submission.
  package var wallSeconds: Double?
  /// Money in millionths of a US dollar.
  package var microdollars: Int?
  /// Model tokens, read and written.
  package var tokens: Int?
  /// Runs of the test suite.
  package var testRuns: Int?
  /// Calls of workers.
  package var workerCalls: Int?
  /// Plans: the first and its corrections.
  package var rounds: Int?

  package init(
    wallSeconds: Double? = nil,
    microdollars: Int? = nil,
    tokens: Int? = nil,
    testRuns: Int? = nil,
    workerCalls: Int? = nil,
    rounds: Int? = nil
  ) {
    self.wallSeconds = wallSeconds
    self.microdollars = microdollars
    self.tokens = tokens
    self.testRuns = testRuns
    self.workerCalls = workerCalls
    self.rounds = rounds
  }
}

/// An unsaved editor buffer; it wins over the file on the disk.
package struct Overlay: Codable, Sendable, Equatable {
  /// The file, relative to the workspace's root.
  package var path: String
  /// What the buffer holds.
  package var content: EncodedBytes

  package init(path: String, content: EncodedBytes) {
    self.path = path
    self.content = content
  }
}

/// A task as it was submitted, without the contents of buffers.
package struct TaskDescription: Codable, Sendable, Equatable {
  /// Absolute path of the workspace's root, with symbolic links resolved.
  package var root: String
  /// The sort of outcome that is wanted.
  package var kind: TaskKind
  /// The user's own words.
  package var text: String?
  /// The test command as it was given.
  package var testCommand: String?
  /// Whether a patch may change the test suite and its configuration.
  package var allowsTestEdits: Bool
  /// Whether the job may run without any isolation.
  package var allowsNoSandbox: Bool
  /// Paths whose unsaved buffers were part of the snapshot.
  package var overlays: [String]

  package init(
    root: String,
    kind: TaskKind,
    text: String? = nil,
    testCommand: String? = nil,
    allowsTestEdits: Bool,
    allowsNoSandbox: Bool,
    overlays: [String]
  ) {
    self.root = root
    self.kind = kind
    self.text = text
    self.testCommand = testCommand
    self.allowsTestEdits = allowsTestEdits
    self.allowsNoSandbox = allowsNoSandbox
    self.overlays = overlays
  }
}
