import Domain
import EventLoop
import Glibc
import Sandbox
import StandardExtensions

/// Measures what isolation adds to a run: /bin/true in the sandbox, with a workspace laid over copy-on-write, in turns
/// with a bare one and, where it is installed, with bubblewrap set up to isolate about as much.
struct SandboxBenchmark {
  let workspace: String
  let rounds: Int

  /// Runs of one way, one after another, in a round.
  private static let runsPerRound = 40
  /// Runs of one way, several at once, in a round.
  private static let parallelRuns = 400
  private static let parallelTasks = 4
  /// The aim: what isolation may add to a bare run.
  private static let addedMillisecondsMax = 1.5

  private enum Way: String, CaseIterable {
    case bare
    case sandbox
    case bubblewrap
  }

  func run() async throws {
    let loop = try EventLoop.start(name: "bench")
    let result: Result<Void, any Error>
    do {
      try await measure(on: loop)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await loop.stop()
    try result.get()
  }

  private func measure(on loop: EventLoop) async throws {
    let sandbox = try await Sandbox.probe(loop: loop)
    for finding in sandbox.findings { complain("tier \(sandbox.tier.rawValue): \(finding.summary)") }
    let ways = Way.allCases.filter { $0 != .bubblewrap || Self.bubblewrap != nil }
    var latency: [Way: [Double]] = [:]
    var throughput: [Way: [Double]] = [:]
    for _ in 0..<rounds {
      for way in ways {
        var times: [Double] = []
        for _ in 0..<Self.runsPerRound {
          let start = ContinuousClock.now
          try await runOnce(way, sandbox, loop)
          times.append((ContinuousClock.now - start).seconds * 1_000)
        }
        latency[way, default: []].append(Self.median(times))
      }
      for way in ways {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup { group in
          for _ in 0..<Self.parallelTasks {
            group.addTask {
              for _ in 0..<Self.parallelRuns / Self.parallelTasks { try await runOnce(way, sandbox, loop) }
            }
          }
          try await group.waitForAll()
        }
        throughput[way, default: []].append(Double(Self.parallelRuns) / (ContinuousClock.now - start).seconds)
      }
    }
    report(latency, throughput)
  }

  private func report(_ latency: [Way: [Double]], _ throughput: [Way: [Double]]) {
    let bare = latency[.bare] ?? []
    let aim = Self.format((Self.median(bare) + Self.addedMillisecondsMax) / Self.median(bare))
    let title = "sandboxed /bin/true"
    row("\(title), 10,000-file workspace", latency, .bare, unit: "ms", reference: "bare posix_spawn", aim: "<= \(aim)")
    row("\(title), 10,000-file workspace", latency, .bubblewrap, unit: "ms", reference: "bwrap", aim: "<= 0.6")
    let many = "\(title), \(Self.parallelTasks) at once"
    row(many, throughput, .bare, unit: "runs/s", reference: "bare posix_spawn", aim: ">= 0.25")
    row(many, throughput, .bubblewrap, unit: "runs/s", reference: "bwrap", aim: ">= 2.5")
    for way in Way.allCases {
      guard let times = latency[way], let rates = throughput[way] else { continue }
      let range = "\(Self.format(times.min() ?? 0))-\(Self.format(times.max() ?? 0)) ms"
      complain("\(way.rawValue): \(range), \(Int(rates.min() ?? 0))-\(Int(rates.max() ?? 0)) runs/s")
    }
  }

  private func row(
    _ title: String,
    _ figures: [Way: [Double]],
    _ way: Way,
    unit: String,
    reference: String,
    aim: String
  ) {
    guard let ours = figures[.sandbox], let theirs = figures[way] else { return }
    let ratio = Self.median(zip(ours, theirs).map { $0 / $1 })
    let fields = [
      title, Self.format(Self.median(ours)), Self.format(Self.median(theirs)), unit, reference, Self.format(ratio), aim,
    ]
    print(fields.joined(separator: "\t"))
  }

  // MARK: Ways

  private static let bubblewrap: String? = ["/usr/bin/bwrap", "/usr/local/bin/bwrap"]
    .first { access($0, X_OK) == 0 }

  private func runOnce(_ way: Way, _ sandbox: Sandbox, _ loop: EventLoop) async throws {
    switch way {
    case .sandbox:
      let command = SandboxedCommand(arguments: ["/bin/true"])
      let result = try await sandbox.run(command, policy: SandboxPolicy(root: workspace))
      guard result.termination == .exited(code: 0) else { throw BenchmarkError(message: "\(result.termination)") }
    case .bare:
      try await spawn("/bin/true", [], loop)
    case .bubblewrap:
      let options = [
        "--unshare-all", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--dev", "/dev", "--proc",
        "/proc", "--tmpfs", "/run", "--bind", workspace, workspace, "/bin/true",
      ]
      try await spawn(Self.bubblewrap ?? "/usr/bin/bwrap", options, loop)
    }
  }

  /// The same loop and the same two output pipes as a sandboxed run has, so that the difference is the isolation.
  private func spawn(_ program: String, _ arguments: [String], _ loop: EventLoop) async throws {
    let specification = ProcessSpecification(
      executable: program,
      arguments: [program] + arguments,
      descriptors: [1: .outputPipe, 2: .outputPipe]
    )
    let process = try await ChildProcess.spawn(specification, on: loop)
    let output = try await process.read(1, upTo: 1_024)
    let exit = await process.wait()
    await process.close()
    guard exit.isSuccess, output == nil else { throw BenchmarkError(message: "\(program): \(exit.reason)") }
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
  }

  private static func format(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }
}
