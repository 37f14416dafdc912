import Jobs

/// What the process's exit code says. Part of the contract with scripts: see Documentation/User/ExitCodes.md.
package enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Fixed, or the command did what was asked.
  case success = 0
  /// Not fixed; the report says where the fault is likely to be. For `apply` and `undo`: conflicts.
  case notFixed = 1
  /// Bad usage or configuration.
  case usage = 2
  /// Every test passes already.
  case nothingToFix = 3
  /// The budget or the time was spent first.
  case budgetSpent = 4
  /// No isolation is to be had, and none was waived.
  case sandboxRefused = 5
  /// Baton itself failed.
  case failed = 70
  /// Stopped by the user.
  case cancelled = 130

  init(_ outcome: Job.Outcome) {
    self =
      switch outcome {
      case .fixed: .success
      case .notFixed: .notFixed
      case .nothingToFix: .nothingToFix
      case .budgetSpent: .budgetSpent
      case .sandboxRefused: .sandboxRefused
      case .cancelled: .cancelled
      case .invalid: .usage
      case .failed: .failed
      }
  }

  init(_ error: JobError) {
    self =
      switch error.code {
      case .unknownJob, .wrongState, .workspace, .verification, .unsupported: .usage
      case .sandbox: .sandboxRefused
      case .overloaded, .stopping, .journal: .failed
      }
  }
}

/// Ends a command with an exit code and, unless it is empty, a message on standard error.
struct CommandFailure: Error {
  let status: ExitStatus
  let message: String

  init(_ status: ExitStatus, _ message: String = "") {
    self.status = status
    self.message = message
  }

  init(_ error: JobError) {
    self.init(ExitStatus(error), error.message)
  }
}
