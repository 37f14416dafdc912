import Conductor
import Domain
import Sandbox
import StandardExtensions
import Verification
import Workspace

/// Walks one job through the house: snapshot, evidence, conducting, patch. Everything it starts has ended when `run`
/// returns.
struct JobRunner {
  let toolbox: Toolbox
  let conductor: any Conducting
  /// Keeps what is known so far; called after every stage.
  let save: @Sendable (Job) async -> Void
  /// One line for people.
  let say: @Sendable (String) -> Void

  /// The job at its end. Cancelling the calling task gives a cancelled job.
  func run(_ job: Job) async -> Job {
    var job = job
    do {
      try await work(&job)
    } catch let error as JobError {
      end(&job, error)
    } catch let error as VerificationError {
      end(&job, JobError(.verification, "\(error)"), timeIsOver: error.code == .timedOut)
    } catch let error as WorkspaceError {
      end(&job, JobError(.workspace, "\(error)"))
    } catch is CancellationError {
      job.message = "cancelled by the user"
    } catch {
      job.outcome = .failed
      job.message = "\(error)"
    }
    if Task.isCancelled, job.outcome != .fixed {
      job.outcome = .cancelled
      job.message = "cancelled by the user"
    }
    job.state =
      switch job.outcome {
      case .fixed: job.task.kind == .ask ? .ended : .proposed
      case .cancelled: .cancelled
      default: .ended
      }
    return job
  }

  private func end(_ job: inout Job, _ error: JobError, timeIsOver: Bool = false) {
    job.message = error.message
    job.outcome =
      switch error.code {
      case .sandbox: .sandboxRefused
      case .workspace, .verification, .unsupported: timeIsOver ? .budgetSpent : .invalid
      default: .failed
      }
  }

  private func work(_ job: inout Job) async throws {
    let task = job.task
    guard task.kind == .repair else {
      throw JobError(
        .unsupported,
        "the embedded default repairs failing tests; a task in words needs a model worker, and none is configured"
      )
    }
    let deadline = ContinuousClock.now + .seconds(task.budget.wallSeconds)
    say("taking a snapshot of \(task.root)")
    let workspace = try await toolbox.workspace(root: task.root)
    let base = try await workspace.snapshot(overlays: task.overlays)
    job.base = base
    job.notices = await workspace.snapshotNotices.map(\.description)
    let sandbox = try await toolbox.sandbox(allowsNone: task.allowsNoSandbox)
    job.tier = sandbox.tier
    await save(job)

    let verifier = Verifier(workspace: workspace, sandbox: sandbox)
    let plan = try await verifier.plan(for: task, tree: base)
    job.plan = plan
    say("running the tests on the snapshot: \(plan.command)")
    let evidence = try await verifier.gatherEvidence(task: task, plan: plan, base: base, deadline: deadline)
    job.evidence = evidence
    await save(job)
    try Task.checkCancellation()
    say("\(evidence.failing.count) failing, \(evidence.passing.count) passing")

    let languages = Languages.ranked(in: try await workspace.entries(of: base))
    let orchestrator = Orchestrator(
      task: task,
      evidence: evidence,
      languages: languages,
      workers: toolbox.workers(workspace: workspace, sandbox: sandbox),
      conductor: conductor,
      services: services(task, workspace, verifier, plan, evidence, deadline),
      deadline: deadline
    )
    let result = await orchestrator.run()
    job.result = result
    job.message = result.reason
    job.outcome = Job.Outcome(result.ending)
    if result.ending == .fixed, let best = result.best {
      job.patch = try await workspace.diff(from: base, to: best.tree).unified
    }
  }

  private func services(
    _ task: CodingTask,
    _ workspace: Workspace,
    _ verifier: Verifier,
    _ plan: TestPlan,
    _ evidence: Evidence,
    _ deadline: ContinuousClock.Instant
  ) -> ConductorServices {
    let say = say
    return ConductorServices(
      derive: { base, changes in try await workspace.derive(from: base, applying: changes) },
      verify: { tree in
        try await verifier.verify(tree, plan: plan, evidence: evidence, task: task, deadline: deadline)
      },
      observe: { news in say(news.line) }
    )
  }
}

extension Job.Outcome {
  fileprivate init(_ ending: ConductingResult.Ending) {
    self =
      switch ending {
      case .fixed: .fixed
      case .nothingToFix: .nothingToFix
      case .notFixed: .notFixed
      case .budgetSpent: .budgetSpent
      case .cancelled: .cancelled
      }
  }
}

extension OrchestratorNews {
  /// One line for people.
  fileprivate var line: String {
    switch self {
    case .planned(let round, let workflow):
      workflow.steps.isEmpty
        ? "conductor, round \(round + 1): \(workflow.rationale)"
        : "conductor, round \(round + 1): \(workflow.steps.count) step(s), \(workflow.rationale)"
    case .stepStarted(_, let step, let worker): "step \(step + 1): \(worker) starts"
    case .progress(_, let step, let progress): "step \(step + 1): \(progress.message)"
    case .stepFinished(_, let step, let worker, let candidates):
      "step \(step + 1): \(worker) proposes \(candidates) candidate(s)"
    case .stepFailed(_, let step, let worker, let message): "step \(step + 1): \(worker) failed: \(message)"
    case .verified(_, let rationale, let verdict):
      verdict.isGreen
        ? "green: \(rationale)"
        : "red (\(verdict.fixed.count) fixed, \(verdict.stillFailing.count) still failing, "
          + "\(verdict.broken.count) broken): \(rationale)"
    }
  }
}
