import Domain
import JSONRPC

/// Reads the records that Baton's own plugins write (`Runners/Python`, `Runners/Node`): one JSON object a line, each
/// with its session's nonce and a sequence number.
///
/// What it holds against a run that would rather be green:
/// - a line without a nonce, or with one out of turn, was not written by the plugin;
/// - a gap or a repetition in the sequence means that lines were removed or copied;
/// - a session without its `end` died: `os._exit(0)` leaves none;
/// - a canary that ended otherwise than it must shows that outcomes are bent on their way.
package struct RunRecords {
  private struct Test {
    var started = false
    var outcome: TestOutcome?
    var seconds = 0.0
    var message: String?
    var detail: String?
    var trace: [SourceLocation] = []
  }

  fileprivate struct Session {
    var next: Int64 = 0
    var hasEnded = false
    var onlyCollected = false
    var canaries: [Bool: String] = [:]
    var runner = ""
    var running: String?
  }

  private let nonces: [String: Int]
  private let traces: TraceReader
  private var sessions: [Session] = []
  private var tests: [String: Test] = [:]
  private var reading = ReportReading()
  private var foreignLines = 0
  private var wrongSequence = false
  private var isCut = false

  /// - Parameters:
  ///   - bytes: the report.
  ///   - nonces: what the run was given, in the order they are used.
  package static func read(_ bytes: [UInt8], nonces: [String], traces: TraceReader) -> ReportReading {
    var records = RunRecords(nonces: nonces, traces: traces)
    ReportText.forEachLine(of: bytes) { line, isEnded in records.take(line, isEnded: isEnded) }
    return records.finish()
  }

  private init(nonces: [String], traces: TraceReader) {
    self.nonces = Dictionary(zip(nonces, 0...), uniquingKeysWith: { first, _ in first })
    self.traces = traces
  }

  private mutating func take(_ line: ArraySlice<UInt8>, isEnded: Bool) {
    guard !line.isEmpty else { return }
    let record: JSONValue
    do throws(JSONError) { record = try JSONValue(parsing: line) } catch {
      // The last line of a killed run is cut; any other line that is no JSON is not the plugin's.
      if isEnded { foreignLines += 1 } else { isCut = true }
      return
    }
    guard let nonce = record["nonce"]?.string, let session = nonces[nonce], let sequence = record["sequence"]?.integer
    else {
      foreignLines += 1
      return
    }
    // Nonces are used in order, and a session opens itself.
    if session == sessions.count, record["kind"]?.string == "begin" { sessions.append(Session()) }
    guard session < sessions.count else {
      foreignLines += 1
      return
    }
    guard sequence == sessions[session].next else {
      wrongSequence = true
      return
    }
    sessions[session].next += 1
    reading.isPresent = true
    apply(record, to: session)
  }

  private mutating func apply(_ record: JSONValue, to session: Int) {
    let id = record["id"]?.string ?? ""
    switch record["kind"]?.string {
    case "begin":
      let runner = record["runner"]?.string ?? ""
      sessions[session].runner = runner
      reading.format = runner == "node" ? .nodeTest : runner == "unittest" ? .unittest : .pytest
    case "collected": tests[id, default: Test()].started = tests[id]?.started ?? false
    case "start":
      tests[id, default: Test()].started = true
      sessions[session].running = id
    case "collection_error":
      note(id, .errored, record)
    case "phase":
      if sessions[session].running == id, record["phase"]?.string != "setup" { sessions[session].running = nil }
      applyPhase(record, id)
    case "canary":
      guard let fails = record["fails"]?.bool else { return }
      sessions[session].canaries[fails] = record["outcome"]?.string ?? "none"
    case "end":
      sessions[session].hasEnded = true
      sessions[session].onlyCollected = record["only_collected"]?.bool ?? false
    default: break
    }
  }

  private mutating func applyPhase(_ record: JSONValue, _ id: String) {
    let phase = record["phase"]?.string ?? ""
    tests[id, default: Test()].seconds += max(0, record["seconds"]?.double ?? 0)
    if let bent = record["bent"]?.string {
      tests[id, default: Test()].message = bent
      merge(id, .failed)
      return
    }
    switch record["outcome"]?.string {
    case "passed": if phase == "call" { merge(id, .passed) }
    case "skipped":
      tests[id, default: Test()].message = tests[id]?.message ?? record["message"]?.string
      merge(id, .skipped)
    case "failed": note(id, phase == "call" ? .failed : .errored, record)
    // An attempt of a plugin that repeats failing tests; the last one has another outcome.
    case "rerun": break
    default: note(id, .errored, record)
    }
  }

  private mutating func merge(_ id: String, _ outcome: TestOutcome) {
    let earlier = tests[id]?.outcome
    if earlier.map({ $0.severity < outcome.severity }) ?? true { tests[id, default: Test()].outcome = outcome }
  }

  private mutating func note(_ id: String, _ outcome: TestOutcome, _ record: JSONValue) {
    let isWorse = tests[id]?.outcome.map { $0.severity < outcome.severity } ?? true
    merge(id, outcome)
    guard isWorse else { return }
    tests[id, default: Test()].message = record["message"]?.string
    tests[id, default: Test()].detail = record["detail"]?.string
    tests[id, default: Test()].trace = (record["trace"]?.array ?? []).prefix(ReportText.framesMax).compactMap { frame in
      guard let parts = frame.array, parts.count >= 2, let file = parts[0].string, let line = parts[1].integer else {
        return nil
      }
      return traces.location(file, line: line, function: parts.dropFirst(2).first?.string)
    }
  }

  private consuming func finish() -> ReportReading {
    for session in sessions where !session.hasEnded {
      guard let running = session.running, tests[running]?.outcome == nil || tests[running]?.outcome == .passed else {
        continue
      }
      tests[running]?.outcome = .errored
      tests[running]?.message = "was still running when the run ended"
    }
    for (id, test) in tests {
      guard let outcome = test.outcome else { continue }
      reading.add(
        .read(id, outcome, seconds: test.seconds, message: test.message, detail: test.detail, trace: test.trace)
      )
    }
    if sessions.contains(where: { !$0.hasEnded }) || isCut {
      reading.incomplete = "the run ended before its report did"
    } else if sessions.contains(where: \.onlyCollected) {
      reading.incomplete = "the tests were only collected, not run"
    }
    if wrongSequence {
      reading.forged = "lines of the report are missing or doubled"
    } else if foreignLines > 0 {
      reading.forged = "the report has \(foreignLines) line(s) that the test runner did not write"
    } else if let canary = sessions.lazy.compactMap(\.badCanary).first {
      reading.forged = canary
    } else if let bare = sessions.first(where: { $0.isMissingCanary }), bare.hasEnded, !hasFailures {
      reading.forged = "the canary tests were not run"
    }
    return reading
  }

  private var hasFailures: Bool {
    tests.values.contains { $0.outcome == .failed || $0.outcome == .errored }
  }
}

extension RunRecords.Session {
  /// What is wrong with the canaries that were run.
  fileprivate var badCanary: String? {
    if let outcome = canaries[true], outcome != "failed" {
      return "a test that must fail was reported as \(outcome.cut(toBytes: 200))"
    }
    if let outcome = canaries[false], outcome != "passed" {
      return "a test that must pass was reported as \(outcome.cut(toBytes: 200))"
    }
    return nil
  }

  /// Whether there should be canaries and are none. The runner of Node has its reporter in a process of its own.
  fileprivate var isMissingCanary: Bool { runner != "node" && !onlyCollected && canaries.count < 2 }
}
