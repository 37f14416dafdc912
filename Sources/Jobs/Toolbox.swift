import Conductor
import Domain
import Experts
import Sandbox
import Verification
import Workspace

/// The parts of the house that jobs share: open workspaces and the sandbox, each made once and kept.
actor Toolbox {
  private let configuration: JobConfiguration
  private var workspaces: [String: Workspace] = [:]
  private var sandboxes: [Bool: Sandbox] = [:]

  init(configuration: JobConfiguration) {
    self.configuration = configuration
  }

  /// The workspace at `root`, opened once.
  func workspace(root: String) throws(JobError) -> Workspace {
    if let open = workspaces[root] { return open }
    do throws(WorkspaceError) {
      let store = configuration.stateDirectory.store(forRoot: root)
      let workspace = try Workspace(root: root, storeDirectory: store)
      workspaces[root] = workspace
      return workspace
    } catch {
      throw JobError(.workspace, "\(error)")
    }
  }

  /// The probed sandbox.
  ///
  /// - Parameter allowsNone: whether the user typed that this run may go without isolation.
  func sandbox(allowsNone: Bool) async throws(JobError) -> Sandbox {
    if let probed = sandboxes[allowsNone] { return probed }
    do throws(SandboxError) {
      let sandbox = try await Sandbox.probe(
        loop: configuration.loop,
        allowsNone: allowsNone,
        hiddenPaths: [configuration.stateDirectory.path]
      )
      sandboxes[allowsNone] = sandbox
      return sandbox
    } catch {
      throw JobError(.sandbox, "\(error)")
    }
  }

  /// The embedded pool. Its order is the workers' numbering.
  nonisolated func workers(workspace: Workspace, sandbox: Sandbox) -> [any Worker] {
    [PythonTemplateWorker(workspace: workspace, sandbox: sandbox)]
  }
}
