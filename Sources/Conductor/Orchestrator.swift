package import Domain
import StandardExtensions

/// What the orchestrator needs of the house around it, as functions over values.
package struct ConductorServices: Sendable {
  /// Makes a candidate's tree from its changes.
  package var derive: @Sendable (TreeID, [FileChange]) async throws -> TreeID
  /// Tests a tree against the job's original evidence.
  package var verify: @Sendable (TreeID) async throws -> Verdict
  /// Hears of everything that happens, for the journal and for clients.
  package var observe: @Sendable (OrchestratorNews) -> Void

  package init(
    derive: @escaping @Sendable (TreeID, [FileChange]) async throws -> TreeID,
    verify: @escaping @Sendable (TreeID) async throws -> Verdict,
    observe: @escaping @Sendable (OrchestratorNews) -> Void
  ) {
    self.derive = derive
    self.verify = verify
    self.observe = observe
  }
}

/// What an observer hears while a job is conducted.
package enum OrchestratorNews: Sendable {
  case planned(round: Int, Workflow)
  case stepStarted(round: Int, step: Int, worker: String)
  case progress(round: Int, step: Int, WorkerProgress)
  case stepFinished(round: Int, step: Int, worker: String, candidates: Int)
  case stepFailed(round: Int, step: Int, worker: String, message: String)
  case verified(round: Int, rationale: String, Verdict)
}

/// The shell of ``ConductorMachine``: runs its effects as child tasks and feeds back what they say. All child tasks have
/// ended when `run` returns, also when it is cancelled.
package actor Orchestrator {
  private var machine: ConductorMachine
  private let task: CodingTask
  private let workers: [any Worker]
  private let conductor: any Conducting
  private let services: ConductorServices
  private let deadline: ContinuousClock.Instant
  /// Wall time of one run of the tests on the base.
  private let evidenceSeconds: Double

  /// - Parameters:
  ///   - workers: the pool, by position.
  ///   - deadline: end of the budget's wall time.
  package init(
    task: CodingTask,
    evidence: Evidence,
    languages: [String],
    workers: [any Worker],
    conductor: any Conducting,
    services: ConductorServices,
    deadline: ContinuousClock.Instant
  ) {
    machine = ConductorMachine(task: task, evidence: evidence, pool: workers.map(\.card), languages: languages)
    self.task = task
    self.workers = workers
    self.conductor = conductor
    self.services = services
    self.deadline = deadline
    evidenceSeconds = evidence.report.seconds
  }

  /// Conducts the job to its end. Cancelling the calling task ends it as `cancelled`, after everything has stopped.
  package func run() async -> ConductingResult {
    var result: ConductingResult?
    await withTaskGroup(of: ConductorEvent.self) { group in
      let deadline = deadline
      var pending: [ConductorEvent] = [.start]
      group.addTask {
        do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return .cancelled }
        return .deadlinePassed
      }
      while true {
        while !pending.isEmpty {
          for effect in machine.handle(pending.removeFirst()) {
            switch effect {
            case .stopWork: group.cancelAll()
            case .finish(let ending):
              result = ending
              group.cancelAll()
            default: start(effect, in: &group)
            }
          }
        }
        guard let event = await group.next() else { break }
        pending.append(event)
      }
    }
    return result
      ?? ConductingResult(
        ending: .cancelled,
        reason: "stopped before it began",
        best: nil,
        rounds: [],
        suspects: [],
        ledger: Ledger(budget: task.budget)
      )
  }

  private func start(_ effect: ConductorEffect, in group: inout TaskGroup<ConductorEvent>) {
    switch effect {
    case .plan(let context):
      let conductor = conductor
      let observe = services.observe
      group.addTask {
        do {
          let workflow = try await conductor.plan(context)
          observe(.planned(round: context.history.count, workflow))
          return .planned(workflow)
        } catch { return .planFailed("\(error)") }
      }
    case .perform(let step, let worker, let order):
      let assignment = assignment(order)
      let observe = services.observe
      let worker = workers[worker]
      observe(.stepStarted(round: order.round, step: step, worker: worker.card.name))
      group.addTask {
        await Self.perform(step, worker, order.round, assignment, observe)
      }
    case .verify(let request):
      let services = services
      group.addTask {
        await Self.verify(request, services)
      }
    case .stopWork, .finish:
      break
    }
  }

  private func assignment(_ order: StepOrder) -> Assignment {
    Assignment(
      task: task,
      role: order.role,
      subtask: order.subtask,
      base: order.base,
      evidence: order.evidence,
      visible: order.visible,
      rejected: order.rejected,
      verdict: order.verdict,
      deadline: deadline - verificationReserve
    )
  }

  /// Time kept back from workers, so that what they propose in the last moment can still be tested.
  private var verificationReserve: Duration {
    .seconds(min(0.25 * task.budget.wallSeconds, 1 + 2 * evidenceSeconds))
  }

  private static func perform(
    _ step: Int,
    _ worker: any Worker,
    _ round: Int,
    _ assignment: Assignment,
    _ observe: @escaping @Sendable (OrchestratorNews) -> Void
  ) async -> ConductorEvent {
    let started = ContinuousClock.now
    let name = worker.card.name
    do {
      let product = try await worker.perform(assignment) { observe(.progress(round: round, step: step, $0)) }
      observe(.stepFinished(round: round, step: step, worker: name, candidates: product.candidates.count))
      let seconds = (ContinuousClock.now - started).seconds
      return .stepFinished(step: step, product: product, seconds: seconds)
    } catch {
      let seconds = (ContinuousClock.now - started).seconds
      observe(.stepFailed(round: round, step: step, worker: name, message: "\(error)"))
      return .stepFailed(step: step, message: "\(error)", seconds: seconds)
    }
  }

  private static func verify(_ request: VerificationRequest, _ services: ConductorServices) async -> ConductorEvent {
    let started = ContinuousClock.now
    do {
      let tree = try await services.derive(request.base, request.candidate.changes)
      let verdict = try await services.verify(tree)
      services.observe(.verified(round: request.round, rationale: request.candidate.rationale, verdict))
      return .verified(request, verdict: verdict, seconds: (ContinuousClock.now - started).seconds)
    } catch {
      let seconds = (ContinuousClock.now - started).seconds
      return .verificationFailed(request, message: "\(error)", seconds: seconds)
    }
  }
}
