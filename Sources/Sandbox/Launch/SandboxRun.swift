import CSandbox
import Diagnostics
import Domain
import EventLoop
import Glibc
import Logging

/// The launcher's descriptors beyond the command's own three.
enum LauncherDescriptor {
  static let policy = Int32(BATON_SANDBOX_POLICY_DESCRIPTOR)
  static let status = Int32(BATON_SANDBOX_STATUS_DESCRIPTOR)
  static let files = Int32(BATON_SANDBOX_FILES_DESCRIPTOR)
}

/// One started launcher, from its spawn until nothing of it is alive. Lives on the event loop with its process, so
/// bytes reach it without a switch of threads.
actor SandboxRun {
  /// Time that pipes have to end after the launcher has gone, before they are closed: whoever still holds one has
  /// escaped the reaping (without isolation) and must not keep anybody waiting.
  static let drainMillisecondsMax = 250
  /// Time that the launcher has to end its tree when it is asked, before it is killed itself.
  static let stopMillisecondsMax = 900
  /// Time beyond the command's deadline after which a launcher that does not end is killed.
  static let overdueSecondsMax = 5.0
  /// Bytes read at once.
  static let chunkBytes = 1 << 16

  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  nonisolated let process: ChildProcess

  private let limits: SandboxLimits
  private let tier: SandboxTier
  private var output = CappedBytes()
  private var errorOutput = CappedBytes()
  private var outputBytes = 0
  private var collector: FileCollector
  private var pendingStatus: [UInt8] = []
  private var failure: StatusRecord?
  private var end: StatusRecord.End?
  private(set) var features: UInt32 = 0
  private(set) var landlockABI = 0
  private var isOverOutput = false
  private var isStopping = false

  private static let log = Log.logger("Sandbox")

  init(process: ChildProcess, loop: EventLoop, limits: SandboxLimits, collected: [String], tier: SandboxTier) {
    self.process = process
    self.loop = loop
    self.limits = limits
    self.tier = tier
    collector = FileCollector(paths: collected)
  }

  /// Starts the launcher with `policy` on its descriptor.
  static func start(
    launcher: String,
    policy: consuming [UInt8],
    hasInput: Bool,
    limits: SandboxLimits,
    collected: [String],
    tier: SandboxTier,
    loop: EventLoop
  ) async throws(SandboxError) -> SandboxRun {
    let file = try MemoryFile(policy)
    let specification = ProcessSpecification(
      executable: launcher,
      arguments: ["baton-sandbox"],
      descriptors: [
        0: hasInput ? .inputPipe : .null, 1: .outputPipe, 2: .outputPipe,
        LauncherDescriptor.policy: .descriptor(file.descriptor),
        LauncherDescriptor.status: .outputPipe,
        LauncherDescriptor.files: .outputPipe,
      ]
    )
    do throws(UVError) {
      let process = try await ChildProcess.spawn(specification, on: loop)
      _ = consume file
      return SandboxRun(process: process, loop: loop, limits: limits, collected: collected, tier: tier)
    } catch {
      if error.code == .cancelled { throw SandboxError(.cancelled, "the run was cancelled") }
      throw SandboxError(.launcherMissing, "the sandbox launcher could not be started: \(error)", errno: error.errno)
    }
  }

  /// Feeds the input, reads everything, and returns when the launcher and all it started are gone.
  ///
  /// - Parameter readsOutput: whether standard output is read here too, or by a session.
  func finish(input: [UInt8]?, readsOutput: Bool) async {
    let overdue = Task { [process, limits] in
      try await Task.sleep(for: .seconds(limits.wallSeconds + Self.overdueSecondsMax))
      await process.kill(SIGKILL)
    }
    await withTaskGroup { group in
      if let input { group.addTask { await self.feed(input) } }
      if readsOutput { group.addTask { await self.read(1) } }
      group.addTask { await self.read(2) }
      group.addTask { await self.read(LauncherDescriptor.status) }
      group.addTask { await self.read(LauncherDescriptor.files) }
      _ = await process.wait()
      let drain = Task { [process] in
        try await Task.sleep(for: .milliseconds(Self.drainMillisecondsMax))
        await process.close()
      }
      await group.waitForAll()
      drain.cancel()
    }
    overdue.cancel()
    await process.close()
  }

  /// Ends the run: the launcher kills its tree, awaits it and leaves. Returns when it has left.
  func stop() async {
    guard !isStopping else {
      _ = await process.wait()
      return
    }
    isStopping = true
    await process.kill(SIGTERM)
    let killer = Task { [process] in
      try await Task.sleep(for: .milliseconds(Self.stopMillisecondsMax))
      await process.kill(SIGKILL)
    }
    _ = await process.wait()
    killer.cancel()
  }

  /// What became of the command.
  func result() throws(SandboxError) -> SandboxResult {
    if let failure { throw SetupFailure.explain(failure) }
    guard let end else {
      throw SandboxError(.setupFailed, "the sandbox launcher ended without a report; it was killed or crashed")
    }
    var result = SandboxResult(termination: termination(of: end), tier: tier)
    result.standardOutput = output
    result.standardError = errorOutput
    result.files = collector.files
    result.refusedFiles = collector.refused
    result.seconds = end.wallSeconds
    result.cpuSeconds = end.cpuSeconds
    result.peakMemoryBytes = end.peakMemoryBytes
    result.limit = limit(of: end)
    return result
  }

  /// The result of a run that was stopped on purpose: the command may have had no time to report.
  func resultOrKilled() -> SandboxResult {
    do throws(SandboxError) { return try result() } catch {
      var result = SandboxResult(termination: .signalled(number: Int(SIGKILL)), tier: tier)
      if isOverOutput {
        result.termination = .outputLimit(bytes: limits.outputBytes)
        result.limit = .output
      }
      result.standardOutput = output
      result.standardError = errorOutput
      return result
    }
  }

  private func termination(of end: StatusRecord.End) -> TestReport.Termination {
    if isOverOutput { return .outputLimit(bytes: limits.outputBytes) }
    if end.limitHit == BATON_SANDBOX_HIT_WALL.rawValue { return .timedOut(seconds: limits.wallSeconds) }
    let number = end.waitStatus & 0x7f
    return number == 0 ? .exited(code: Int(end.waitStatus >> 8 & 0xff)) : .signalled(number: Int(number))
  }

  private func limit(of end: StatusRecord.End) -> SandboxLimit? {
    if isOverOutput { return .output }
    switch baton_sandbox_limit_hit(end.limitHit) {
    case BATON_SANDBOX_HIT_WALL: return .wallTime
    case BATON_SANDBOX_HIT_MEMORY: return .memory
    case BATON_SANDBOX_HIT_PROCESSES: return .processes
    default: return nil
    }
  }

  // MARK: Pipes

  private func feed(_ input: [UInt8]) async {
    do throws(UVError) { try await process.write(input, to: 0) } catch {
      // A command may end, or close its input, before it has read all of it.
      if error.code != .peerVanished, error.code != .cancelled, error.code != .closed {
        Self.log.error("standard input of a run: \(error)")
      }
    }
    await process.closeInput(0)
  }

  private func read(_ descriptor: Int32) async {
    do throws(UVError) {
      while let bytes = try await process.read(descriptor, upTo: Self.chunkBytes) { receive(bytes, from: descriptor) }
    } catch {
      guard error.code != .cancelled, error.code != .closed else { return }
      Self.log.error("descriptor \(descriptor) of a run: \(error)")
    }
  }

  /// Takes bytes of one of the launcher's descriptors.
  func receive(_ bytes: [UInt8], from descriptor: Int32) {
    switch descriptor {
    case 1: output.append(bytes)
    case 2: errorOutput.append(bytes)
    case LauncherDescriptor.files: return collector.append(bytes)
    default:
      pendingStatus += bytes
      for record in StatusRecord.take(from: &pendingStatus) { receive(record) }
      return
    }
    outputBytes += bytes.count
    guard outputBytes > limits.outputBytes, !isOverOutput else { return }
    isOverOutput = true
    Task { await self.stop() }
  }

  private func receive(_ record: StatusRecord) {
    switch record {
    case .failed: failure = failure ?? record
    case .started(let features, let abi):
      self.features = features
      landlockABI = abi
    case .ended(let end): self.end = self.end ?? end
    }
  }

  /// Whether output went over its limit, so that nothing more is wanted of the run.
  var hasOverflowed: Bool { isOverOutput }

  /// The launcher's report of a failed step, if it gave one.
  var setupFailure: StatusRecord? { failure }
}
