/// What the user asked for, as a value: the same from the command line, an editor or another agent.
package struct CodingTask: Sendable, Codable, Equatable {
  /// The sort of outcome that is wanted.
  package enum Kind: String, Sendable, Codable {
    /// Make failing tests pass.
    case repair
    /// Change the code as described; the tests must stay green.
    case change
    /// Answer a question; no patch.
    case ask
  }

  /// Absolute path of the workspace's root.
  package var root: String
  /// Sort of outcome.
  package var kind: Kind
  /// The user's own words, if any.
  package var text: String?
  /// The test command as the user typed it, run by `/bin/sh -c` inside the sandbox; nil: found from the repository.
  package var testCommand: String?
  /// Whether a patch may change the test suite and its configuration.
  package var allowsTestEdits: Bool
  /// Hard limits.
  package var budget: Budget
  /// Bytes of unsaved editor buffers, by path; they win over the disk.
  package var overlays: [RelativePath: [UInt8]]
  /// Whether the run may go on without any isolation because the user typed so for this very run.
  package var allowsNoSandbox: Bool

  package init(
    root: String,
    kind: Kind = .repair,
    text: String? = nil,
    testCommand: String? = nil,
    allowsTestEdits: Bool = false,
    budget: Budget = Budget(),
    overlays: [RelativePath: [UInt8]] = [:],
    allowsNoSandbox: Bool = false
  ) {
    self.root = root
    self.kind = kind
    self.text = text
    self.testCommand = testCommand
    self.allowsTestEdits = allowsTestEdits
    self.budget = budget
    self.overlays = overlays
    self.allowsNoSandbox = allowsNoSandbox
  }
}
