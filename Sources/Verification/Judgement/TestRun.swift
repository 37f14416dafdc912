import Domain
import Sandbox
import Workspace

/// Runs the test command on one tree, in the sandbox.
struct TestRun: Sendable {
  /// Runs on a workspace that keeps changing are begun anew at most this often.
  private static let attemptsMax = 3
  /// Output of one run in bytes; then it is killed.
  static let outputBytesMax = 64 << 20

  /// Puts the run's files into its folder, then becomes the command. The nonces come on standard input, so that no
  /// list of processes shows them; the tests' own input is empty.
  private static let prologue = """
    command=$1; folder=$2; mode=$3; shift 3
    umask 077 && mkdir "$folder" || exit 125
    while [ $# -gt 1 ]; do
      mkdir -p "$(dirname "$folder/$1")" && printf %s "$2" >"$folder/$1" || exit 125
      shift 2
    done
    cat >"$folder/nonces" || exit 125
    umask 022
    [ "$mode" = stream ] && exec /bin/sh -c "$command" </dev/null
    /bin/sh -c "$command" </dev/null >"$folder/output" 2>&1
    status=$?
    tail -c 65536 "$folder/output"
    exit "$status"
    """

  let workspace: Workspace
  let sandbox: Sandbox

  /// Runs `plan` on `tree`. A runner that refuses the instruments is run again without them, by its exit code alone.
  ///
  /// The tree is shown as the live folder with changes laid over it, so the folder is looked at again afterwards: a run
  /// during which somebody edited a file is thrown away and begun anew.
  func callAsFunction(
    _ plan: TestPlan,
    on tree: TreeID,
    seconds: Double,
    options: RunOptions
  ) async throws(VerificationError) -> RunOutcome {
    for _ in 0..<Self.attemptsMax {
      let before = try await drift(from: tree)
      var (outcome, isRefused) = try await once(plan, plan.runner.adapter, before, seconds, options)
      if isRefused { outcome = try await once(plan, PlainAdapter(), before, seconds, options).0 }
      if before == (try await drift(from: tree)) { return outcome }
    }
    throw VerificationError(
      .workspace,
      "The files of '\(workspace.root)' kept changing while their tests ran. Stop what writes there, then try again."
    )
  }

  /// Runs a script of Baton's own, to find out what the sandbox has, and returns what it prints.
  func ask(_ script: String, tree: TreeID, seconds: Double) async throws(VerificationError) -> String {
    var limits = SandboxLimits()
    limits.wallSeconds = seconds
    let policy = SandboxPolicy(root: workspace.root, changes: try await drift(from: tree), limits: limits)
    return try await sandboxed(SandboxedCommand(arguments: ["/bin/sh", "-c", script]), policy).standardOutput.text
  }

  private func drift(from tree: TreeID) async throws(VerificationError) -> [FileChange] {
    do throws(WorkspaceError) { return try await workspace.drift(from: tree) } catch {
      throw VerificationError(.workspace, "\(error)")
    }
  }

  private func once(
    _ plan: TestPlan,
    _ adapter: any RunnerAdapter,
    _ changes: [FileChange],
    _ seconds: Double,
    _ options: RunOptions
  ) async throws(VerificationError) -> (RunOutcome, isRefused: Bool) {
    let folder = RunFolder()
    let instrumentation = adapter.instrument(plan.command, in: folder, options: options)
    var limits = SandboxLimits()
    limits.wallSeconds = seconds
    limits.outputBytes = Self.outputBytesMax
    let reports = instrumentation.reports + (instrumentation.capturesOutput ? ["output"] : [])
    let policy = SandboxPolicy(
      root: workspace.root,
      changes: changes,
      environment: instrumentation.environment,
      collect: Dictionary(
        reports.map { (folder.file($0), Instrumentation.reportBytesMax) },
        uniquingKeysWith: { first, _ in first }
      ),
      limits: limits
    )
    var result = try await sandboxed(Self.command(instrumentation, folder, plan), policy)
    if instrumentation.capturesOutput, result.refusedFiles[folder.file("output")] != nil {
      result.termination = .outputLimit(bytes: Instrumentation.reportBytesMax)
    }
    var files: [String: [UInt8]] = [:]
    for name in reports { files[name] = result.files[folder.file(name)] }
    let traces = TraceReader(root: workspace.root, directory: plan.directory)
    let reading = adapter.read(files, folder: folder, traces: traces)
    let output = files["output"].map { String(decoding: $0.suffix(1 << 20), as: UTF8.self) } ?? result.allOutput
    let outcome = RunOutcome(reading, result, command: plan.command, format: adapter.format, output: output)
    let hasFailed = outcome.exitCode.map { $0 != 0 } ?? false
    return (outcome, !outcome.hasReport && hasFailed && Self.refuses(output, instrumentation, folder))
  }

  private static func command(
    _ instrumentation: Instrumentation,
    _ folder: RunFolder,
    _ plan: TestPlan
  ) -> SandboxedCommand {
    let mode = instrumentation.capturesOutput ? "capture" : "stream"
    let files = instrumentation.files.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
    return SandboxedCommand(
      arguments: ["/bin/sh", "-c", prologue, "sh", instrumentation.command, folder.path, mode] + files,
      directory: plan.directory,
      standardInput: Array(folder.nonces.joined(separator: "\n").utf8)
    )
  }

  /// Whether a failed run complains about what it was given beyond its own command.
  private static func refuses(_ output: String, _ instrumentation: Instrumentation, _ folder: RunFolder) -> Bool {
    guard instrumentation != Instrumentation(command: instrumentation.command) else { return false }
    let complaints = ["not allowed in NODE_OPTIONS", "--test-reporter", "--event-stream-output-path", "--output-junit"]
    return output.contains(folder.package) || complaints.contains { output.contains($0) }
  }

  private func sandboxed(
    _ command: SandboxedCommand,
    _ policy: SandboxPolicy
  ) async throws(VerificationError) -> SandboxResult {
    do throws(SandboxError) { return try await sandbox.run(command, policy: policy) } catch {
      guard !Task.isCancelled, error.code != .cancelled else {
        throw VerificationError(.cancelled, "The tests were cancelled.")
      }
      throw VerificationError(.sandbox, "The tests could not be run: \(error)")
    }
  }
}

extension SandboxResult {
  /// Both streams, the errors last.
  fileprivate var allOutput: String { standardOutput.text + standardError.text }
}
