/// Why an operation on a workspace failed. The message is a sentence a user understands; nothing was written.
package struct WorkspaceError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sort of failure, for callers that react to it.
  package enum Code: String, Sendable, Codable {
    /// The root does not exist, is no directory, or may not be read.
    case rootUnreadable
    /// The root is `/`, a home directory, a bare repository, or holds Baton's own state.
    case rootRefused
    /// The workspace has more files, or more bytes, than ``WorkspaceLimits`` allows.
    case tooLarge
    /// The private store cannot be created, read or written.
    case storeUnusable
    /// A tree or blob is in neither the private store nor the repository.
    case objectMissing
    /// A requested change contradicts itself or the tree.
    case changeRefused
    /// A file of the workspace cannot be read.
    case readFailed
    /// A file of the workspace cannot be written; what had been written was put back.
    case writeFailed
    /// The task was cancelled.
    case cancelled
    /// libgit2 failed in a way that has no code of its own here.
    case git
  }

  package let code: Code
  /// What failed and what to do, as a sentence.
  package let message: String
  /// The underlying message of the system or of libgit2, if there is one.
  package let underlying: String?

  package init(_ code: Code, _ message: String, underlying: String? = nil) {
    self.code = code
    self.message = message
    self.underlying = underlying
  }

  package var description: String {
    guard let underlying else { return message }
    return "\(message) (\(underlying))"
  }
}
