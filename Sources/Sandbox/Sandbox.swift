import CSandbox
package import Domain
package import EventLoop
import Glibc

/// Runs commands of untrusted repositories: isolated, limited, on a private copy-on-write view of the workspace.
///
/// Each run has namespaces of its own (users, mounts, processes, network with loopback, IPC, host name), the machine's
/// file system read-only with home, /run, /tmp and other places hidden, Landlock and a system call filter as second
/// walls, and hard limits. Nothing of a run survives it. The work is done by the `baton-sandbox` program; this is the
/// daemon's side of it.
package final class Sandbox: Sendable {
  /// How strongly every run is isolated.
  package let tier: SandboxTier
  /// What was found out about this machine, the most serious first.
  package let findings: [SandboxFinding]

  private let launcher: String
  private let loop: EventLoop
  private let view: HostView
  private let options: UInt32

  /// Finds out, by building a sandbox, what this machine offers.
  ///
  /// - Parameters:
  ///   - loop: where processes and pipes are watched.
  ///   - allowsNone: whether to go on without any isolation where nothing better works, by the user's word for this run.
  ///   - launcher: absolute path of `baton-sandbox`; nil: beside this program.
  ///   - hiddenPaths: directories no run may see, beyond home, /run and the like: the daemon's own state.
  ///   - environment: the environment that the runs' own is scrubbed from; nil: this process's.
  ///   - mapsIdentity: as root: whether runs get a user id of their own where the file system allows it. Only tests of
  ///     what happens otherwise say no.
  /// - Throws: `unavailable` when no isolation works and `allowsNone` is false, `launcherMissing`.
  package static func probe(
    loop: EventLoop,
    allowsNone: Bool = false,
    launcher: String? = nil,
    hiddenPaths: [String] = [],
    environment: [String: String]? = nil,
    mapsIdentity: Bool = true
  ) async throws(SandboxError) -> Sandbox {
    let launcher = if let launcher { launcher } else { try LauncherPath.find() }
    let view = HostView(environment: environment ?? LauncherPath.ownEnvironment(), hiddenPaths: hiddenPaths)
    let probe = try await SandboxProbe.run(
      launcher: launcher,
      view: view,
      loop: loop,
      allowsNone: allowsNone,
      options: mapsIdentity ? 0 : BATON_SANDBOX_OPTION_NO_IDENTITY_MAP.rawValue
    )
    return Sandbox(launcher: launcher, loop: loop, view: view, probe: probe)
  }

  private init(launcher: String, loop: EventLoop, view: HostView, probe: SandboxProbe) {
    self.launcher = launcher
    self.loop = loop
    self.view = view
    tier = probe.tier
    findings = probe.findings
    options = probe.options
  }

  /// Runs `command` to its end.
  ///
  /// Cancelling the task kills the whole tree of processes and returns, by throwing `cancelled`, when it is gone.
  ///
  /// - Throws: when nothing could be run; a command that failed, hung or was killed is a result.
  package func run(_ command: SandboxedCommand, policy: SandboxPolicy) async throws(SandboxError) -> SandboxResult {
    let input = command.standardInput
    let run = try await launch(command, policy: policy, hasInput: !input.isEmpty)
    await withTaskCancellationHandler {
      await run.finish(input: input.isEmpty ? nil : input, readsOutput: true)
    } onCancel: {
      Task { await run.stop() }
    }
    if await run.hasOverflowed { return await run.resultOrKilled() }
    do throws(SandboxError) { return try await run.result() } catch {
      if Task.isCancelled { throw SandboxError(.cancelled, "the run was cancelled") }
      throw error
    }
  }

  /// Starts `command` as a helper that is talked to by lines.
  ///
  /// The caller ends it by ``SandboxSession/finish()`` or ``SandboxSession/kill()``; one that is only let go is killed.
  package func start(_ command: SandboxedCommand, policy: SandboxPolicy) async throws(SandboxError) -> SandboxSession {
    let run = try await launch(command, policy: policy, hasInput: true)
    let session = SandboxSession(run: run)
    if !command.standardInput.isEmpty { try await session.send(command.standardInput) }
    return session
  }

  private func launch(
    _ command: SandboxedCommand,
    policy: SandboxPolicy,
    hasInput: Bool
  ) async throws(SandboxError) -> SandboxRun {
    guard !Task.isCancelled else { throw SandboxError(.cancelled, "the run was cancelled") }
    let root = try workspaceRoot(policy.root)
    guard !command.arguments.isEmpty else { throw SandboxError(.invalidPolicy, "there is no command to run") }
    let collected = policy.collect.keys.sorted()
    let encoded = try PolicyEncoder.encode(
      command,
      root: root,
      policy: policy,
      collected: collected,
      view: view,
      options: options
    )
    return try await SandboxRun.start(
      launcher: launcher,
      policy: encoded,
      hasInput: hasInput,
      limits: policy.limits,
      collected: collected,
      tier: tier,
      loop: loop
    )
  }

  /// The workspace's real path, if it is one that can be shown without showing what must be hidden.
  private func workspaceRoot(_ path: String) throws(SandboxError) -> String {
    guard path.hasPrefix("/"), let root = RealPath.resolve(path), RealPath.isDirectory(root) else {
      throw SandboxError(.invalidPolicy, "the workspace '\(path)' is not an existing directory's absolute path")
    }
    let above = view.masks + [view.home, "/dev", "/proc", "/sys", "/etc", "/usr"].compactMap(\.self)
    if let hidden = above.first(where: { RealPath.isBelow($0, root) }) {
      throw SandboxError(
        .invalidPolicy,
        "the workspace '\(root)' is or contains '\(hidden)', which no test run may see; use a directory below it"
      )
    }
    return root
  }
}
