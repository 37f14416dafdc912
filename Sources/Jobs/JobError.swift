/// Why a job could not be made, found or acted on.
package struct JobError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The sort of failure.
  package enum Code: String, Sendable, Codable {
    /// No job has this identifier.
    case unknownJob
    /// The job's state does not allow this.
    case wrongState
    /// The queue is full.
    case overloaded
    /// The service is stopping.
    case stopping
    /// The workspace cannot be opened or read.
    case workspace
    /// The test command cannot be found or run.
    case verification
    /// No isolation is to be had here.
    case sandbox
    /// The task itself cannot be done as asked.
    case unsupported
    /// The journal cannot be read or written.
    case journal
  }

  package let code: Code
  /// What is wrong and what to do, as a sentence.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  package var description: String { message }
}
