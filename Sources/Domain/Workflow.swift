/// A plan by a conductor: which worker does what, seeing which earlier answers. As in the Conductor paper
/// (arXiv 2512.04388) it is three equally long lists; here zipped into steps.
package struct Workflow: Sendable, Codable, Equatable {
  /// Most steps a plan may have unless configured otherwise.
  package static let stepsMax = 5

  /// One step.
  package struct Step: Sendable, Codable, Equatable {
    /// Position of the worker in the pool given to the conductor (`model_id`).
    package var worker: Int
    /// What the worker plays in this step.
    package var role: Role
    /// What it is told to do.
    package var subtask: String
    /// Earlier steps whose subtask and answer it sees.
    package var access: Access

    package init(worker: Int, role: Role, subtask: String, access: Access) {
      self.worker = worker
      self.role = role
      self.subtask = subtask
      self.access = access
    }
  }

  /// The access list of a step.
  package enum Access: Sendable, Codable, Equatable {
    /// Nothing earlier (`[]`).
    case nothing
    /// All earlier steps (`["all"]`).
    case all
    /// These earlier positions.
    case steps([Int])
  }

  /// A worker's part in a step.
  package enum Role: String, Sendable, Codable {
    case planner
    case coder
    case verifier
  }

  /// The steps. Empty: the result so far is accepted as it is.
  package var steps: [Step]
  /// One sentence a user understands: why this team.
  package var rationale: String

  package init(steps: [Step], rationale: String) {
    self.steps = steps
    self.rationale = rationale
  }
}
