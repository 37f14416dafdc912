import Domain
import JSONRPC

/// Reads what `go test -json` prints. Lines that are no JSON are the go tool's own words (build errors).
package struct GoReport {
  private var reading = ReportReading()
  private let traces: TraceReader
  private var output: [String: String] = [:]
  private var open: Set<String> = []
  private var openPackages: Set<String> = []
  private var failedTests: Set<String> = []
  private var loose = ""

  package static func read(_ bytes: [UInt8], traces: TraceReader) -> ReportReading {
    var report = GoReport(traces: traces)
    ReportText.forEachLine(of: bytes) { line, _ in report.take(line) }
    return report.finish()
  }

  private init(traces: TraceReader) {
    self.traces = traces
  }

  private mutating func take(_ line: ArraySlice<UInt8>) {
    guard line.first == UInt8(ascii: "{") else { return keepLoose(line) }
    let event: JSONValue
    do throws(JSONError) { event = try JSONValue(parsing: line) } catch { return keepLoose(line) }
    guard let action = event["Action"]?.string, let package = event["Package"]?.string ?? event["ImportPath"]?.string
    else { return keepLoose(line) }
    reading.isPresent = true
    let test = event["Test"]?.string
    let id = test.map { "\(package) \($0)" } ?? package
    switch action {
    case "output", "build-output":
      if (output[id]?.utf8.count ?? 0) < TestReport.detailBytesMax {
        output[id, default: ""] += event["Output"]?.string ?? ""
      }
    case "start": openPackages.insert(package)
    case "run":
      openPackages.insert(package)
      open.insert(id)
    case "pass", "fail", "skip":
      end(id, package: package, isTest: test != nil, action: action, seconds: event["Elapsed"]?.double)
    default: break
    }
  }

  private mutating func keepLoose(_ line: ArraySlice<UInt8>) {
    let text = String(decoding: line.prefix(2_048), as: UTF8.self)
    if text.hasPrefix("FAIL\t"), text.hasSuffix(" failed]"), let package = text.dropFirst(5).split(separator: " ").first
    {
      // `[build failed]`, `[setup failed]`; newer tools say it in JSON.
      reading.isPresent = true
      add(String(package), .errored, nil, loose)
    }
    if loose.utf8.count < TestReport.detailBytesMax { loose += text + "\n" }
  }

  private mutating func end(_ id: String, package: String, isTest: Bool, action: String, seconds: Double?) {
    let detail = output[id]
    guard isTest else {
      openPackages.remove(package)
      // A package that fails without a failing test did not build, or ended by itself.
      guard action == "fail", !failedTests.contains(package) else { return }
      add(package, .errored, seconds, (detail ?? "") + loose)
      return
    }
    open.remove(id)
    if action == "fail" { failedTests.insert(package) }
    let outcome: TestOutcome = action == "pass" ? .passed : action == "fail" ? .failed : .skipped
    add(id, outcome, seconds, outcome == .passed ? nil : detail)
  }

  private mutating func add(_ id: String, _ outcome: TestOutcome, _ seconds: Double?, _ detail: String?) {
    let lines = detail?.split(separator: "\n").map { $0.drop { $0 == " " || $0 == "\t" } } ?? []
    let message = lines.first { !$0.hasPrefix("=== ") && !$0.hasPrefix("--- ") && !$0.hasPrefix("# ") && !$0.isEmpty }
    reading.add(
      .read(
        id,
        outcome,
        seconds: seconds,
        message: message.map(String.init),
        detail: detail,
        trace: traces.places(in: detail ?? "").reversed()
      )
    )
  }

  private consuming func finish() -> ReportReading {
    for id in open { add(id, .errored, nil, "was still running when the run ended\n" + (output[id] ?? "")) }
    if !openPackages.isEmpty { reading.incomplete = "the run ended before its report did" }
    return reading
  }
}
