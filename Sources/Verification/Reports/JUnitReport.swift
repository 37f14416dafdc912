import Domain

/// Reads JUnit XML, as `ctest --output-junit` and many others write it.
package struct JUnitReport {
  private var reading = ReportReading()
  private let traces: TraceReader
  private var id = ""
  private var seconds: Double?
  private var outcome: TestOutcome?
  private var message: String?
  private var text = ""
  private var isInCase = false

  package static func read(_ bytes: [UInt8], traces: TraceReader) -> ReportReading {
    var report = JUnitReport(traces: traces)
    guard !bytes.isEmpty else { return report.reading }
    report.reading.isPresent = true
    var scanner = XMLScanner(bytes)
    do throws(XMLScanner.Failure) {
      while let event = try scanner.next() { report.take(event) }
    } catch {
      report.reading.incomplete = error.description
    }
    return report.reading
  }

  private init(traces: TraceReader) {
    self.traces = traces
  }

  private mutating func take(_ event: XMLScanner.Event) {
    switch event {
    case .start("testcase", let attributes):
      isInCase = true
      let name = attributes["name"] ?? ""
      let suite = attributes["classname"] ?? ""
      id = suite.isEmpty || suite == name ? name : "\(suite).\(name)"
      seconds = attributes["time"].flatMap(Double.init)
      let status = attributes["status"]
      outcome = status == "notrun" || status == "disabled" ? .skipped : status == "fail" ? .failed : nil
      message = nil
      text = ""
    case .start("failure", let attributes) where isInCase: note(.failed, attributes)
    case .start("error", let attributes) where isInCase: note(.errored, attributes)
    case .start("skipped", let attributes) where isInCase: note(.skipped, attributes)
    case .text(let piece) where isInCase:
      if text.utf8.count < TestReport.detailBytesMax { text += piece }
    case .end("testcase"):
      isInCase = false
      let outcome = outcome ?? .passed
      let isRed = outcome == .failed || outcome == .errored
      let detail = isRed ? text : nil
      let trace = isRed ? traces.places(in: text) : []
      reading.add(.read(id, outcome, seconds: seconds, message: message, detail: detail, trace: trace))
    default: break
    }
  }

  private mutating func note(_ new: TestOutcome, _ attributes: [String: String]) {
    outcome = max(outcome ?? .passed, new) { $0.severity < $1.severity }
    if let said = attributes["message"], !said.isEmpty { message = message ?? said }
  }

  private func max(_ a: TestOutcome, _ b: TestOutcome, by less: (TestOutcome, TestOutcome) -> Bool) -> TestOutcome {
    less(a, b) ? b : a
  }
}
