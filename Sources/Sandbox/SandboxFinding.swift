/// One thing that the probe found out about this machine, for `baton doctor`.
package struct SandboxFinding: Sendable, Equatable {
  /// How much it matters.
  package enum Severity: String, Sendable {
    case good
    /// Works, but weaker or with an exception the user should know.
    case warning
    /// Isolation is missing.
    case problem
  }

  package let severity: Severity
  /// What was found, one sentence.
  package let summary: String
  /// What the user can do about it, if anything.
  package let remedy: String?

  package init(_ severity: Severity, _ summary: String, remedy: String? = nil) {
    self.severity = severity
    self.summary = summary
    self.remedy = remedy
  }
}
