package import Domain

/// What a runner's report says, and how far it can be believed. Made by pure functions of bytes.
package struct ReportReading: Equatable, Sendable {
  /// Most tests of one report; what is beyond is left out and makes the report incomplete.
  package static let resultsMax = 200_000

  /// Results by test.
  package var results: [TestID: TestResult] = [:]
  /// What wrote the report, where it says so itself.
  package var format: TestReport.Format?
  /// Whether there is any report at all.
  package var isPresent = false
  /// Why the report is not whole, as a sentence; nil: it is.
  package var incomplete: String?
  /// Why the report is believed to be forged or bent, as a sentence; nil: nothing of that sort was seen.
  package var forged: String?

  /// Adds a result. The worst of two for one test counts, so that a line that was added cannot turn red into green.
  mutating func add(_ result: TestResult) {
    guard results.count < Self.resultsMax || results[result.id] != nil else {
      incomplete = incomplete ?? "the report has more than \(Self.resultsMax) tests"
      return
    }
    guard let earlier = results[result.id] else {
      results[result.id] = result
      return
    }
    if result.outcome.severity > earlier.outcome.severity { results[result.id] = result }
  }
}

extension TestOutcome {
  /// Order for merging several results of one test: higher is worse.
  var severity: Int {
    switch self {
    case .passed: 0
    case .skipped: 1
    case .failed: 2
    case .errored: 3
    }
  }
}

extension TestResult {
  /// A result with what a report says, cut and made sane: nothing in a report is trusted to be short or a number.
  static func read(
    _ id: String,
    _ outcome: TestOutcome,
    seconds: Double? = nil,
    message: String? = nil,
    detail: String? = nil,
    trace: [SourceLocation] = []
  ) -> TestResult {
    TestResult(
      id: TestID(id.cut(toBytes: ReportText.nameBytesMax)),
      outcome: outcome,
      seconds: seconds.map { $0.isFinite && $0 >= 0 && $0 < 1e9 ? $0 : 0 } ?? 0,
      message: message.map { ($0.split(separator: "\n").first.map(String.init) ?? "").cut(toBytes: 1_024) },
      detail: detail?.cut(toBytes: TestReport.detailBytesMax),
      trace: Array(trace.suffix(ReportText.framesMax))
    )
  }
}

/// Limits and cuts for text of reports.
enum ReportText {
  /// Longest name of a test in bytes.
  static let nameBytesMax = 4_096
  /// Most frames of one trace.
  static let framesMax = 64
  /// Longest line in bytes that is looked at.
  static let lineBytesMax = 1 << 20

  /// Runs `body` for each line, without its end; a line that is too long is cut. Never copies the whole text.
  static func forEachLine(of bytes: [UInt8], _ body: (ArraySlice<UInt8>, _ isEnded: Bool) -> Void) {
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
      var line = bytes[start..<(end ?? bytes.endIndex)]
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      body(line.prefix(lineBytesMax), end != nil)
      start = end.map { $0 + 1 } ?? bytes.endIndex
    }
  }
}

extension String {
  /// The beginning and the end, with a mark between, when the text is longer than `bytes`.
  func cut(toBytes bytes: Int) -> String {
    guard utf8.count > bytes else { return self }
    let half = max(0, bytes / 2 - 8)
    return String(decoding: utf8.prefix(half), as: UTF8.self) + "\n[…]\n"
      + String(decoding: utf8.suffix(half), as: UTF8.self)
  }
}
