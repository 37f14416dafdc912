import Domain
import JSONRPC

/// Reads Swift Testing's event stream (one JSON object a line) and, beside it, XCTest's text.
package struct SwiftTestingReport {
  private var reading = ReportReading()
  private let traces: TraceReader
  private var suites: Set<String> = []
  private var started: Set<String> = []
  private var issues: [String: [(message: String, place: SourceLocation?)]] = [:]
  private var openRuns = 0

  /// - Parameters:
  ///   - events: the file of `--event-stream-output-path`; empty when the package has no test of Swift Testing.
  ///   - output: what `swift test` printed.
  package static func read(events: [UInt8], output: [UInt8], traces: TraceReader) -> ReportReading {
    var report = SwiftTestingReport(traces: traces)
    ReportText.forEachLine(of: events) { line, _ in report.take(line) }
    report.finish()
    var reading = report.reading
    let old = XCTestReport.read(output, traces: traces)
    for result in old.results.values { reading.add(result) }
    reading.isPresent = reading.isPresent || old.isPresent
    reading.incomplete = reading.incomplete ?? old.incomplete
    reading.forged = reading.forged ?? old.forged
    return reading
  }

  private init(traces: TraceReader) {
    self.traces = traces
  }

  private mutating func take(_ line: ArraySlice<UInt8>) {
    guard !line.isEmpty else { return }
    let record: JSONValue
    do throws(JSONError) { record = try JSONValue(parsing: line) } catch {
      reading.incomplete = reading.incomplete ?? "a line of the event stream is broken: \(error)"
      return
    }
    reading.isPresent = true
    guard let payload = record["payload"] else { return }
    if record["kind"]?.string == "test" {
      if payload["kind"]?.string == "suite", let id = payload["id"]?.string { suites.insert(Self.name(id)) }
    } else {
      takeEvent(payload)
    }
  }

  private mutating func takeEvent(_ payload: JSONValue) {
    let id = payload["testID"]?.string.map(Self.name) ?? ""
    let words = payload["messages"]?.array?.compactMap { $0["text"]?.string } ?? []
    switch payload["kind"]?.string {
    case "runStarted": openRuns += 1
    case "runEnded": openRuns -= 1
    case "testStarted": started.insert(id)
    case "issueRecorded":
      let issue = payload["issue"]
      guard issue?["isKnown"]?.bool != true, issue?["isFailure"]?.bool != false else { return }
      let source = issue?["sourceLocation"]
      let file = source?["filePath"]?.string ?? source?["_filePath"]?.string
      let place = file.flatMap { traces.location($0, line: source?["line"]?.integer ?? 0) }
      issues[id, default: []].append((words.joined(separator: "\n"), place))
    case "testSkipped":
      started.remove(id)
      if !suites.contains(id) { reading.add(.read(id, .skipped, message: words.first)) }
    case "testEnded": end(id)
    default: break
    }
  }

  private mutating func end(_ id: String) {
    started.remove(id)
    let found = issues[id] ?? []
    // A suite counts only for what is recorded on itself.
    if suites.contains(id), found.isEmpty { return }
    reading.add(
      .read(
        id,
        found.isEmpty ? .passed : .failed,
        message: found.first?.message,
        detail: found.isEmpty ? nil : found.map(\.message).joined(separator: "\n"),
        trace: found.compactMap(\.place)
      )
    )
  }

  private mutating func finish() {
    for id in started where !suites.contains(id) {
      reading.add(.read(id, .errored, message: "was still running when the run ended"))
    }
    if openRuns != 0 || !started.isEmpty { reading.incomplete = "the run ended before its report did" }
  }

  /// The id without the place that Swift Testing adds to it, which moves with each edit of the file.
  private static func name(_ id: String) -> String {
    guard let slash = id.lastIndex(of: "/") else { return id }
    let last = id[id.index(after: slash)...].split(separator: ":")
    let isPlace = last.count == 3 && last[0].hasSuffix(".swift") && Int(last[1]) != nil && Int(last[2]) != nil
    return isPlace ? String(id[..<slash]) : id
  }
}

/// Reads XCTest's text, as swift-corelibs-xctest prints it.
struct XCTestReport {
  private var reading = ReportReading()
  private let traces: TraceReader
  private var details: [String: String] = [:]
  private var running: String?
  private var openBundles = 0

  static func read(_ bytes: [UInt8], traces: TraceReader) -> ReportReading {
    var report = XCTestReport(traces: traces)
    ReportText.forEachLine(of: bytes) { line, _ in report.take(String(decoding: line, as: UTF8.self)) }
    if let running = report.running {
      report.reading.add(.read(running, .errored, message: "was still running when the run ended"))
    }
    if report.openBundles > 0 { report.reading.incomplete = "the run ended before its report did" }
    return report.reading
  }

  private init(traces: TraceReader) {
    self.traces = traces
  }

  private mutating func take(_ line: String) {
    if line.hasPrefix("Test Suite '"), let quote = line.dropFirst(12).firstIndex(of: "'") {
      let isBundle = line.dropFirst(12)[..<quote].hasSuffix(".xctest")
      let rest = line[line.index(after: quote)...]
      if isBundle { openBundles += rest.hasPrefix(" started") ? 1 : -1 }
    } else if line.hasPrefix("Test Case '"), let quote = line.dropFirst(11).firstIndex(of: "'") {
      takeCase(String(line.dropFirst(11)[..<quote]), line[line.index(after: quote)...])
    } else if let running, (details[running]?.utf8.count ?? 0) < TestReport.detailBytesMax {
      details[running, default: ""] += line + "\n"
    }
  }

  private mutating func takeCase(_ id: String, _ rest: Substring) {
    if rest.hasPrefix(" started") {
      reading.isPresent = true
      running = id
      return
    }
    guard running == id else {
      reading.forged = reading.forged ?? "the end of \(id.cut(toBytes: 200)) was reported, but it had not started"
      return
    }
    running = nil
    let seconds = rest.firstIndex(of: "(").flatMap { Double(rest[rest.index(after: $0)...].prefix { $0 != " " }) }
    let detail = details[id]
    if rest.hasPrefix(" passed") {
      reading.add(.read(id, .passed, seconds: seconds))
    } else if rest.hasPrefix(" skipped") {
      reading.add(.read(id, .skipped, seconds: seconds, message: detail))
    } else {
      let message = detail?.split(separator: "\n").lazy.compactMap { line in
        line.firstRange(of: " error: \(id) : ").map { String(line[$0.upperBound...]) }
      }.first
      let trace = traces.places(in: detail ?? "")
      reading.add(.read(id, .failed, seconds: seconds, message: message, detail: detail, trace: trace))
    }
  }
}
