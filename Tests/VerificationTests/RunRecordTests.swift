import Domain
import Testing
import Verification

/// Baton's own records, honest and forged.
@Suite("Records of a run", .timeLimit(.minutes(1)))
struct RunRecordTests {
  private static let nonces = ["one", "two"]

  private func read(_ lines: [String]) -> ReportReading {
    read(Array(lines.map { $0 + "\n" }.joined().utf8))
  }

  private func read(_ bytes: [UInt8]) -> ReportReading {
    RunRecords.read(bytes, nonces: Self.nonces, traces: TraceReader(root: "/srv/repository"))
  }

  private func line(_ sequence: Int, _ fields: String, nonce: String = "one") -> String {
    #"{"nonce":"\#(nonce)","sequence":\#(sequence),\#(fields)}"#
  }

  private func phase(_ id: String, _ outcome: String, _ phase: String = "call") -> String {
    #""kind":"phase","id":"\#(id)","phase":"\#(phase)","outcome":"\#(outcome)""#
  }

  /// A whole session around some records.
  private func session(_ records: [String], nonce: String = "one", canaries: Bool = true) -> [String] {
    var all = [#""kind":"begin","runner":"pytest""#] + records
    if canaries {
      all.append(#""kind":"canary","fails":false,"outcome":"passed""#)
      all.append(#""kind":"canary","fails":true,"outcome":"failed""#)
    }
    all.append(#""kind":"end","status":0,"only_collected":false"#)
    return all.enumerated().map { line($0.offset, $0.element, nonce: nonce) }
  }

  @Test("an honest session is read whole")
  func readsHonest() {
    let reading = read(
      session([phase("a", "passed"), phase("b", "failed"), phase("c", "failed", "teardown"), phase("d", "skipped")])
    )
    #expect(reading.isPresent && reading.incomplete == nil && reading.forged == nil)
    #expect(reading.format == .pytest)
    let outcomes = reading.results.mapValues(\.outcome)
    #expect(outcomes == [TestID("a"): .passed, TestID("b"): .failed, TestID("c"): .errored, TestID("d"): .skipped])
  }

  @Test("two sessions of one command are read together, and the worst outcome of a test counts")
  func readsTwoSessions() {
    let reading = read(
      session([phase("a", "passed"), phase("b", "failed")]) + session([phase("b", "passed")], nonce: "two")
    )
    #expect(reading.forged == nil)
    #expect(reading.results[TestID("b")]?.outcome == .failed)
  }

  @Test("a report that was tampered with is not believed")
  func refusesTampering() {
    let honest = session([phase("a", "passed"), phase("b", "failed")])
    var dropped = honest
    dropped.remove(at: 2)
    #expect(read(dropped).forged != nil)
    #expect(read(honest + [honest[2]]).forged != nil)
    #expect(read(honest + [line(99, phase("b", "passed"))]).forged != nil)
    #expect(read(honest + [line(0, phase("b", "passed"), nonce: "two")]).forged != nil)
    #expect(read(honest + [line(0, phase("b", "passed"), nonce: "guess")]).forged != nil)
    #expect(read(honest + [#"{"kind":"phase","id":"b","outcome":"passed"}"#]).forged != nil)
    #expect(read(honest + ["<testsuite/>"]).forged != nil)
    #expect(read(session([phase("b", "passed")], nonce: "two")).isPresent == false)
    #expect(read(session([phase("a", "passed")], canaries: false)).forged != nil)
  }

  @Test("a canary that ended otherwise than it must is told", arguments: ["passed", "skipped", "none"])
  func seesBentCanary(outcome: String) {
    let lines = session([phase("a", "passed")]).map {
      $0.replacing(#""fails":true,"outcome":"failed""#, with: #""fails":true,"outcome":"\#(outcome)""#)
    }
    #expect(read(lines).forged == "a test that must fail was reported as \(outcome)")
  }

  @Test("an outcome that a hook bent counts as failed")
  func seesBentOutcome() {
    let reading = read(session([phase("a", "passed") + #","bent":"ValueError was raised""#]))
    #expect(reading.results[TestID("a")]?.outcome == .failed)
    #expect(reading.results[TestID("a")]?.message == "ValueError was raised")
  }

  @Test("a run that died names the test it died in")
  func namesRunningTest() {
    let lines = [
      line(0, #""kind":"begin","runner":"pytest""#), line(1, #""kind":"start","id":"a""#),
      line(2, phase("a", "passed", "setup")),
    ]
    let reading = read(lines)
    #expect(reading.incomplete != nil)
    #expect(reading.results[TestID("a")]?.outcome == .errored)
    let cut = read(Array((lines.joined(separator: "\n") + "\n{\"nonce\":\"on").utf8))
    #expect(cut.forged == nil && cut.incomplete != nil)
  }

  @Test("tests that were only collected are no report of a run")
  func seesCollectOnly() {
    let lines = session([#""kind":"collected","id":"a""#], canaries: false)
      .map { $0.replacing(#""only_collected":false"#, with: #""only_collected":true"#) }
    #expect(read(lines).incomplete == "the tests were only collected, not run")
    #expect(read(lines).results.isEmpty)
  }

  @Test("places are kept when they are in the workspace")
  func keepsPlaces() throws {
    let trace = """
      [["/srv/repository/a.py",3,"f"],["/usr/lib/python3/x.py",1,"g"],["/srv/repository/../etc/passwd",1,""],\
      ["/srv/repository/.venv/lib/y.py",1,"h"],["/srv/repository/b.py",-4,"i"],["/srv/repositoryx/c.py",1,"j"],7]
      """
    let reading = read(session([phase("a", "failed") + #","trace":\#(trace)"#]))
    let places = try #require(reading.results[TestID("a")]).trace
    #expect(places == [SourceLocation(path: try RelativePath("a.py"), line: 3, function: "f")])
  }

  @Test("junk never traps", arguments: [[0xff, 0xfe, 0x0a], [0x0a, 0x0a], Array("{\n[\n\"\n1e999\n".utf8), [0]])
  func survivesJunk(bytes: [UInt8]) {
    #expect(read(bytes).results.isEmpty)
  }

  @Test("numbers and names out of all proportion are made sane")
  func cutsExtremes() throws {
    let long = String(repeating: "x", count: 100_000)
    let reading = read(session([phase(long, "failed") + #","seconds":1e300,"message":"\#(long)","detail":"\#(long)""#]))
    let result = try #require(reading.results.values.first)
    #expect(result.id.name.utf8.count <= 4_096)
    #expect(result.seconds == 0)
    #expect((result.detail?.utf8.count ?? 0) <= TestReport.detailBytesMax)
  }
}
