import Domain

/// Reads what `cargo test` prints, standard output and standard error together: libtest's stable text.
///
/// Each `running N tests` must be followed by a `test result:` line whose counts are those of the tests seen; a process
/// that exits in the middle (`std::process::exit(0)`) has none, and a line that code under test forged makes the counts
/// differ.
package struct LibtestReport {
  private var reading = ReportReading()
  private let traces: TraceReader
  private var target = ""
  /// Results of the running binary, not yet confirmed by its counts.
  private var pending: [String: TestOutcome] = [:]
  private var announced: Int?
  /// Names of the tests of ``pending`` as printed → as reported.
  private var names: [String: String] = [:]
  private var isDoubled = false
  private var failing: String?
  private var details: [String: String] = [:]

  package static func read(_ bytes: [UInt8], traces: TraceReader) -> ReportReading {
    var report = LibtestReport(traces: traces)
    ReportText.forEachLine(of: bytes) { line, _ in report.take(String(decoding: line, as: UTF8.self)) }
    report.endBinary()
    return report.reading
  }

  private init(traces: TraceReader) {
    self.traces = traces
  }

  private mutating func take(_ line: String) {
    let trimmed = line.drop { $0 == " " }
    if trimmed.hasPrefix("Running "), trimmed.hasSuffix(")"), line.hasPrefix(" ") {
      endBinary()
      target = Self.target(trimmed.dropFirst("Running ".count))
    } else if trimmed.hasPrefix("Doc-tests "), line.hasPrefix(" ") {
      endBinary()
      target = "doc " + trimmed.dropFirst("Doc-tests ".count)
    } else if line.hasPrefix("running "), line.hasSuffix(" tests") || line.hasSuffix(" test"), announced == nil {
      announced = Int(line.dropFirst("running ".count).prefix { $0.isNumber })
      if announced != nil { reading.isPresent = true }
    } else if line.hasPrefix("test result: ") {
      confirm(line)
    } else if line.hasPrefix("test "), announced != nil, failing == nil {
      takeTest(line.dropFirst("test ".count))
    } else if line.hasPrefix("---- "), line.hasSuffix(" stdout ----") {
      let name = String(line.dropFirst(5).dropLast(" stdout ----".count))
      failing = names[name] ?? name
    } else if line == "failures:" {
      failing = nil
    } else if let failing, (details[failing]?.utf8.count ?? 0) < TestReport.detailBytesMax {
      details[failing, default: ""] += line + "\n"
    }
  }

  /// `unittests src/lib.rs (target/debug/deps/shop-0f3a)` → `shop src/lib.rs`.
  private static func target(_ text: Substring) -> String {
    guard let open = text.lastIndex(of: "(") else { return String(text) }
    var path = text[..<open].drop { $0 == " " }
    if path.hasPrefix("unittests ") { path = path.dropFirst("unittests ".count) }
    let binary = text[text.index(after: open)...].dropLast().split(separator: "/").last ?? ""
    let name = binary.lastIndex(of: "-").map { binary[..<$0] } ?? binary
    return "\(name) \(path.split(separator: " ").first ?? "")"
  }

  private mutating func takeTest(_ rest: Substring) {
    guard let dots = rest.ranges(of: " ... ").last else { return }
    var name = rest[..<dots.lowerBound]
    let word = rest[dots.upperBound...]
    for mark in [" - should panic", " - compile fail", " - compile"] where name.hasSuffix(mark) {
      name = name.dropLast(mark.count)
    }
    let outcome: TestOutcome
    if word == "ok" || word.hasPrefix("ok <") {
      outcome = .passed
    } else if word == "FAILED" || word.hasPrefix("FAILED <") {
      outcome = .failed
    } else if word.hasPrefix("ignored") {
      outcome = .skipped
    } else {
      return
    }
    let key = documentationName(name)
    names[String(name)] = key
    if let earlier = pending[key] {
      isDoubled = true
      if earlier.severity > outcome.severity { return }
    }
    pending[key] = outcome
  }

  /// A documentation test's name without its line, which moves with each edit above it; the second of one item gets a
  /// number in its place.
  private func documentationName(_ name: Substring) -> String {
    guard target.hasPrefix("doc "), name.hasSuffix(")"), let mark = name.ranges(of: " (line ").last else {
      return String(name)
    }
    let bare = String(name[..<mark.lowerBound])
    var number = 1
    while pending[number == 1 ? bare : "\(bare) #\(number)"] != nil { number += 1 }
    return number == 1 ? bare : "\(bare) #\(number)"
  }

  private mutating func confirm(_ line: String) {
    guard let announced else {
      reading.forged = reading.forged ?? "a result line belongs to no test program"
      return
    }
    func count(_ word: String) -> Int? {
      guard let range = line.firstRange(of: " " + word) else { return nil }
      return Int(line[..<range.lowerBound].split(separator: " ").last ?? "")
    }
    let counts = [count("passed"), count("failed"), count("ignored")]
    let seen = [TestOutcome.passed, .failed, .skipped].map { wanted in pending.values.count { $0 == wanted } }
    if isDoubled || announced != pending.count || counts != seen.map(Optional.some) {
      reading.forged = reading.forged ?? "the counts of a test program and its lines differ"
    }
    file()
    self.announced = nil
  }

  /// Ends a binary; without its result line it died.
  private mutating func endBinary() {
    if announced != nil {
      reading.incomplete = reading.incomplete ?? "the test program \(target) ended without a result"
      file()
    }
    announced = nil
    failing = nil
  }

  private mutating func file() {
    for (name, outcome) in pending {
      let detail = outcome == .failed ? details[name] : nil
      let message = detail.map(Self.message)
      reading.add(
        .read(
          target.isEmpty ? name : "\(target) \(name)",
          outcome,
          message: message,
          detail: detail,
          trace: traces.places(in: detail ?? "").reversed()
        )
      )
    }
    pending = [:]
    names = [:]
    details = [:]
    isDoubled = false
    failing = nil
  }

  /// The first line behind `thread … panicked at …:`.
  private static func message(_ detail: String) -> String {
    let lines = detail.split(separator: "\n")
    guard let panic = lines.firstIndex(where: { $0.contains("panicked at") }) else { return String(lines.first ?? "") }
    let next = panic + 1 < lines.count ? lines[panic + 1] : ""
    return String(lines[panic].hasSuffix(":") ? next : lines[panic])
  }
}
