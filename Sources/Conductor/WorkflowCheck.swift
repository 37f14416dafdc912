package import Domain

/// Why a workflow cannot be run.
package struct WorkflowProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// A sentence that a conductor model can act on.
  package let description: String
}

extension Workflow {
  /// Checks that the plan can be run with `pool`: its length, worker positions, roles, and that access lists only name
  /// earlier steps (so the plan is its own topological order).
  package func check(pool: [CapabilityCard], stepsMax: Int = Workflow.stepsMax) throws(WorkflowProblem) {
    guard steps.count <= stepsMax else {
      throw WorkflowProblem(description: "the plan has \(steps.count) steps; at most \(stepsMax) are allowed")
    }
    for (position, step) in steps.enumerated() {
      guard pool.indices.contains(step.worker) else {
        throw WorkflowProblem(
          description: "step \(position) names worker \(step.worker); the pool has workers 0 to \(pool.count - 1)"
        )
      }
      guard pool[step.worker].roles.contains(step.role) else {
        throw WorkflowProblem(
          description:
            "step \(position) gives the role \(step.role.rawValue) to worker \(step.worker), who cannot play it"
        )
      }
      if case .steps(let positions) = step.access, let wrong = positions.first(where: { !(0..<position).contains($0) })
      {
        throw WorkflowProblem(
          description:
            "step \(position) wants to see step \(wrong); only earlier steps (0 to \(position - 1)) can be seen"
        )
      }
    }
    guard steps.isEmpty || steps.contains(where: { $0.role == .coder }) else {
      throw WorkflowProblem(description: "the plan has no coder, so it can propose no patch")
    }
  }

  /// The earlier positions that step `position` sees.
  package func visible(to position: Int) -> [Int] {
    switch steps[position].access {
    case .nothing: []
    case .all: Array(0..<position)
    case .steps(let positions): positions.sorted()
    }
  }
}
