import Domain
import JSONRPC

/// How a test command is made to tell its results per test, without a file in the repository and without trusting the
/// exit code: Python's two runners load a reporter from a private folder of the sandbox, named by the environment, so it
/// works through shell lines, make and tox alike.
struct Instrument {
  /// Folder inside the sandbox's private `/tmp`.
  private static let folder = "/tmp/.baton"
  /// The report's path inside the sandbox.
  static let reportPath = folder + "/results"
  /// Largest report that is read, in bytes.
  static let reportBytesMax = 64 << 20

  /// A word that only this run's reporter knows.
  let nonce: String
  /// Longest time one test may take, in seconds; nil: as long as the whole run.
  let testSeconds: Double?

  init(testSeconds: Double?) {
    self.testSeconds = testSeconds
    nonce = (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined()
  }

  /// The words that start `command`. The reporters' sources come on standard input, the tests' own input is empty.
  func arguments(for command: String) -> [String] {
    let script = """
      mkdir -m 700 \(Self.folder) && cd \(Self.folder) && IFS= read -r size \
      && head -c "$size" > baton_pytest.py && cat > sitecustomize.py && cd "$2" && exec /bin/sh -c "$1" </dev/null
      """
    return ["/bin/sh", "-c", script, "baton", command]
  }

  /// Length of the first source as a line, then both sources.
  var standardInput: [UInt8] {
    let first = PackageResources.baton_pytest_py
    return Array("\(first.count)\n".utf8) + first + PackageResources.sitecustomize_py
  }

  /// Variables for the run.
  var environment: [String: String] {
    var variables = [
      "PYTHONPATH": Self.folder,
      "PYTEST_ADDOPTS": "-p baton_pytest -p no:cacheprovider",
      "BATON_REPORT": Self.reportPath,
      "BATON_NONCE": nonce,
    ]
    if let testSeconds { variables["BATON_TEST_SECONDS"] = "\(testSeconds)" }
    return variables
  }
}

/// What a reporter wrote, checked line by line; a line without the run's nonce is nobody's.
struct ReporterOutput {
  private struct Record: Decodable {
    var event: String
    var nonce: String
    var id: String?
    var when: String?
    var outcome: String?
    var seconds: Double?
    var xfail: Bool?
    var message: String?
    var detail: String?
    var frames: [Frame]?
    var ids: [String]?
    var status: Int?
  }

  private struct Frame: Decodable {
    let path: String
    let line: Int

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      path = try container.decode(String.self)
      line = try container.decode(Int.self)
    }
  }

  /// Whether a reporter ran at all.
  private(set) var hasStarted = false
  /// Whether every session that began also ended.
  private(set) var hasEnded = false
  /// Outcomes by test.
  private(set) var results: [TestID: TestResult] = [:]
  /// Tests that were collected (pytest only).
  private(set) var collected: Set<String> = []
  /// Why the report cannot be believed.
  private(set) var distrust: String?

  private let root: String
  private var plantedPass: TestOutcome?
  private var plantedFail: TestOutcome?
  private var isPytest = false
  private var openSessions = 0

  /// - Parameters:
  ///   - bytes: the report file.
  ///   - root: the workspace's absolute path, the same inside the sandbox.
  init(_ bytes: [UInt8], nonce: String, root: String) {
    self.root = root
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let record: Record
      do { record = try JSONCoder.decode(Record.self, from: Array(line)) } catch {
        distrust = "the report holds a line that no reporter wrote"
        continue
      }
      guard record.nonce == nonce else {
        distrust = "the report holds a result that was not written by this run's reporter"
        continue
      }
      take(record, nonce: nonce)
    }
    hasEnded = hasStarted && openSessions == 0
    checkPlanted()
  }

  private mutating func take(_ record: Record, nonce: String) {
    switch record.event {
    case "start":
      hasStarted = true
      openSessions += 1
    case "end": openSessions -= 1
    case "collected":
      isPytest = true
      collected.formUnion(record.ids ?? [])
    case "collection":
      isPytest = true
      if let id = record.id, !id.isEmpty { add(record, TestID(id), .errored) }
    case "test":
      guard let id = record.id else { return }
      let outcome = Self.outcome(record)
      if id.contains("baton_planted_pass_\(nonce)") {
        plantedPass = outcome
      } else if id.contains("baton_planted_fail_\(nonce)") {
        plantedFail = outcome
      } else {
        add(record, TestID(id), outcome)
      }
    default: distrust = "the report holds an unknown event"
    }
  }

  private static func outcome(_ record: Record) -> TestOutcome {
    switch record.outcome {
    case "passed": .passed
    case "skipped": .skipped
    default: record.when == "call" ? .failed : .errored
    }
  }

  private mutating func add(_ record: Record, _ id: TestID, _ outcome: TestOutcome) {
    // The worst word about a test counts: a passed call with a broken teardown is no pass.
    let severity: [TestOutcome: Int] = [.passed: 0, .skipped: 1, .failed: 2, .errored: 3]
    if let earlier = results[id], severity[earlier.outcome, default: 0] >= severity[outcome, default: 0] { return }
    results[id] = TestResult(
      id: id,
      outcome: outcome,
      seconds: record.seconds ?? 0,
      message: record.message,
      detail: record.detail.map { String($0.prefix(TestReport.detailBytesMax)) },
      trace: (record.frames ?? []).compactMap(location)
    )
  }

  private func location(_ frame: Frame) -> SourceLocation? {
    let name = frame.path.hasPrefix(root + "/") ? String(frame.path.dropFirst(root.utf8.count + 1)) : frame.path
    guard let path = orNil({ () throws(PathError) in try RelativePath(name) }) else { return nil }
    return SourceLocation(path: path, line: frame.line)
  }

  private mutating func checkPlanted() {
    guard isPytest, hasEnded, distrust == nil, plantedPass != nil || plantedFail != nil else { return }
    if plantedFail == .passed || plantedFail == .skipped {
      distrust = "a test that was planted to fail was reported as \(plantedFail?.rawValue ?? ""): outcomes are forged"
    } else if plantedPass != .passed {
      distrust = "a test that was planted to pass did not: outcomes are forged"
    }
  }
}

/// nil instead of a ``PathError``: a path outside the workspace is simply none of ours.
private func orNil<Value>(_ body: () throws(PathError) -> Value) -> Value? {
  do throws(PathError) { return try body() } catch { return nil }
}
