import Domain
import Testing
import Verification

/// Outputs of real runs of the compiled languages' runners, shortened.
@Suite("Reports of compiled languages", .timeLimit(.minutes(1)))
struct CompiledReportTests {
  private let traces = TraceReader(root: "/srv/repository")

  // MARK: cargo

  private static let cargo = """
       Compiling shop v0.1.0 (/srv/repository)
        Finished `test` profile [unoptimized + debuginfo] target(s) in 0.56s
         Running unittests src/lib.rs (target/debug/deps/shop-507999230d6984fa)

    running 4 tests
    test tests::fine ... ok
    test tests::panics - should panic ... ok
    test tests::slow ... ignored, slow
    test tests::adds ... FAILED

    failures:

    ---- tests::adds stdout ----

    thread 'tests::adds' (13639) panicked at src/lib.rs:15:9:
    assertion `left == right` failed
      left: -1
     right: 3
    stack backtrace:
       0: __rustc::rust_begin_unwind
                 at /rustc/59807616e1fa/library/std/src/panicking.rs:689:5
       4: shop::tests::adds
                 at ./src/lib.rs:15:9


    failures:
        tests::adds

    test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.16s

    error: test failed, to rerun pass `--lib`
         Running tests/it.rs (target/debug/deps/it-d6c00e1614d165e9)

    running 1 test
    test outside ... ok

    test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

       Doc-tests shop

    running 2 tests
    test src/lib.rs - add (line 4) ... FAILED
    test src/lib.rs - add (line 9) ... ok

    failures:

    ---- src/lib.rs - add (line 4) stdout ----
    Test executable failed (exit status: 101).


    failures:
        src/lib.rs - add (line 4)

    test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.32s

    error: doctest failed, to rerun pass `--doc`

    """

  private func cargo(_ text: String) -> ReportReading { LibtestReport.read(Array(text.utf8), traces: traces) }

  @Test("cargo test is read program by program")
  func readsCargo() throws {
    let reading = cargo(Self.cargo)
    #expect(reading.incomplete == nil && reading.forged == nil)
    let outcomes = Dictionary(uniqueKeysWithValues: reading.results.values.map { ($0.id.name, $0.outcome) })
    #expect(
      outcomes == [
        "shop src/lib.rs tests::fine": .passed, "shop src/lib.rs tests::panics": .passed,
        "shop src/lib.rs tests::slow": .skipped, "shop src/lib.rs tests::adds": .failed,
        "it tests/it.rs outside": .passed, "doc shop src/lib.rs - add": .failed,
        "doc shop src/lib.rs - add #2": .passed,
      ]
    )
    let adds = try #require(reading.results[TestID("shop src/lib.rs tests::adds")])
    #expect(adds.message == "assertion `left == right` failed")
    #expect(adds.trace.last == SourceLocation(path: try RelativePath("src/lib.rs"), line: 15))
  }

  @Test("a test program that exits in the middle has no result")
  func seesCargoExit() {
    let cut = Self.cargo.replacing(
      "test tests::panics - should panic ... ok\n",
      with: "     Running tests/it.rs (x-1)\n"
    )
    #expect(cargo(cut).incomplete == "the test program shop src/lib.rs ended without a result")
  }

  @Test(
    "counts and lines that differ are not believed",
    arguments: [
      ("test tests::adds ... FAILED\n", "test tests::adds ... ok\n"),
      ("test tests::adds ... FAILED\n", "test tests::adds ... FAILED\ntest tests::adds ... ok\n"),
      ("test tests::adds ... FAILED\n", ""),
      ("running 1 test\n", "test result: ok. 0 passed; 0 failed; 0 ignored\nrunning 1 test\n"),
    ]
  )
  func seesForgedCargo(line: String, replacement: String) {
    #expect(cargo(Self.cargo.replacing(line, with: replacement)).forged != nil)
  }

  @Test("a program that does not compile has no report")
  func seesCargoBuildFailure() {
    #expect(!cargo("error[E0425]: cannot find value `x`\nerror: could not compile `shop`\n").isPresent)
  }

  // MARK: go

  private static func go(_ action: String, _ test: String?, _ more: String = "") -> String {
    let name = test.map { #","Test":"\#($0)""# } ?? ""
    return #"{"Time":"2026-11-24T04:51:58Z","Action":"\#(action)","Package":"example.org/shop"\#(name)\#(more)}"#
  }

  private static let goLines = [
    "# example.org/shop/calc [example.org/shop/calc.test]",
    #"calc/calc.go:3:23: cannot use "a" (untyped string constant) as int value in return statement"#,
    go("run", "TestAdd"), go("output", "TestAdd", #","Output":"=== RUN   TestAdd\n""#),
    go("output", "TestAdd", #","Output":"    shop_test.go:7: got -1\n""#),
    go("output", "TestAdd", #","Output":"--- FAIL: TestAdd (0.00s)\n""#),
    go("fail", "TestAdd", #","Elapsed":0.5"#), go("run", "TestTable"), go("run", "TestTable/zero_case"),
    go("pass", "TestTable/zero_case", #","Elapsed":0"#), go("pass", "TestTable"), go("run", "TestSkip"),
    go("skip", "TestSkip"), go("fail", nil, #","Elapsed":0.013"#), "FAIL\texample.org/shop/calc [build failed]",
  ]

  private func go(_ lines: [String]) -> ReportReading {
    GoReport.read(Array(lines.map { $0 + "\n" }.joined().utf8), traces: traces)
  }

  @Test("go test -json is read, with packages that do not build")
  func readsGo() throws {
    let reading = go(Self.goLines)
    #expect(reading.incomplete == nil && reading.forged == nil)
    let outcomes = Dictionary(uniqueKeysWithValues: reading.results.values.map { ($0.id.name, $0.outcome) })
    #expect(
      outcomes == [
        "example.org/shop TestAdd": .failed, "example.org/shop TestTable": .passed,
        "example.org/shop TestTable/zero_case": .passed, "example.org/shop TestSkip": .skipped,
        "example.org/shop/calc": .errored,
      ]
    )
    let add = try #require(reading.results[TestID("example.org/shop TestAdd")])
    #expect(add.message == "shop_test.go:7: got -1")
    #expect(add.seconds == 0.5)
    let build = try #require(reading.results[TestID("example.org/shop/calc")])
    #expect(build.trace == [SourceLocation(path: try RelativePath("calc/calc.go"), line: 3)])
  }

  @Test("a go test that never ended is an error, and the report is not whole")
  func seesGoExit() {
    let reading = go([Self.go("run", "TestAdd"), Self.go("run", "TestFine"), Self.go("pass", "TestFine")])
    #expect(reading.incomplete != nil)
    #expect(reading.results[TestID("example.org/shop TestAdd")]?.outcome == .errored)
  }

  // MARK: swift

  private static func event(_ kind: String, _ id: String, _ more: String = "") -> String {
    #"{"kind":"event","payload":{"kind":"\#(kind)","messages":[{"symbol":"x","text":"\#(kind) text"}],"#
      + #""testID":"\#(id)"\#(more)},"version":"6.3.0"}"#
  }

  private static let swiftLines = [
    #"{"kind":"test","payload":{"id":"LibTests.Adding","kind":"suite","name":"Adding"},"version":"6.3.0"}"#,
    event("runStarted", ""), event("testStarted", "LibTests.Adding"),
    event("testStarted", "LibTests.Adding\\/adds()\\/A.swift:4:4"),
    event(
      "issueRecorded",
      "LibTests.Adding\\/adds()\\/A.swift:4:4",
      #","issue":{"isFailure":true,"isKnown":false,"sourceLocation":{"line":4,"filePath":"\/srv\/repository\/A.swift"}}"#
    ),
    event("testEnded", "LibTests.Adding\\/adds()\\/A.swift:4:4"),
    event("testStarted", "LibTests.Adding\\/known()\\/A.swift:9:4"),
    event("issueRecorded", "LibTests.Adding\\/known()\\/A.swift:9:4", #","issue":{"isKnown":true}"#),
    event("testEnded", "LibTests.Adding\\/known()\\/A.swift:9:4"),
    event("testSkipped", "LibTests.Adding\\/off()\\/A.swift:6:4"), event("testEnded", "LibTests.Adding"),
    event("runEnded", ""),
  ]

  private static let xctest = """
    Test Suite 'All tests' started at 2026-11-24 03:55:29.765
    Test Suite 'debug.xctest' started at 2026-11-24 03:55:29.770
    Test Suite 'OldTests' started at 2026-11-24 03:55:29.770
    Test Case 'OldTests.testAdds' started at 2026-11-24 03:55:29.770
    /srv/repository/Tests/X.swift:4: error: OldTests.testAdds : XCTAssertEqual failed: ("-1") is not equal to ("3") -\u{20}
    Test Case 'OldTests.testAdds' failed (0.001 seconds)
    Test Case 'OldTests.testFine' started at 2026-11-24 03:55:29.771
    Test Case 'OldTests.testFine' passed (0.25 seconds)
    Test Case 'OldTests.testSkipped' started at 2026-11-24 03:55:29.771
    /srv/repository/Tests/X.swift:6: OldTests.testSkipped : Test skipped - no
    Test Case 'OldTests.testSkipped' skipped (0.0 seconds)
    Test Suite 'OldTests' failed at 2026-11-24 03:55:29.772
    Test Suite 'debug.xctest' failed at 2026-11-24 03:55:29.772
    Test Suite 'All tests' failed at 2026-11-24 03:55:29.772

    """

  private func swift(_ lines: [String], _ output: String) -> ReportReading {
    let events = Array(lines.map { $0 + "\n" }.joined().utf8)
    return SwiftTestingReport.read(events: events, output: Array(output.utf8), traces: traces)
  }

  @Test("Swift Testing's events and XCTest's text are read together")
  func readsSwift() throws {
    let reading = swift(Self.swiftLines, Self.xctest)
    #expect(reading.incomplete == nil && reading.forged == nil)
    let outcomes = Dictionary(uniqueKeysWithValues: reading.results.values.map { ($0.id.name, $0.outcome) })
    #expect(
      outcomes == [
        "LibTests.Adding/adds()": .failed, "LibTests.Adding/known()": .passed, "LibTests.Adding/off()": .skipped,
        "OldTests.testAdds": .failed, "OldTests.testFine": .passed, "OldTests.testSkipped": .skipped,
      ]
    )
    let adds = try #require(reading.results[TestID("LibTests.Adding/adds()")])
    #expect(adds.trace == [SourceLocation(path: try RelativePath("A.swift"), line: 4)])
    let old = try #require(reading.results[TestID("OldTests.testAdds")])
    #expect(old.message?.hasPrefix("XCTAssertEqual failed") == true)
    #expect(old.trace == [SourceLocation(path: try RelativePath("Tests/X.swift"), line: 4)])
    #expect(reading.results[TestID("OldTests.testFine")]?.seconds == 0.25)
  }

  @Test("a Swift run that exits in the middle is not whole")
  func seesSwiftExit() {
    let reading = swift(Array(Self.swiftLines.prefix(4)), "")
    #expect(reading.incomplete != nil)
    #expect(reading.results[TestID("LibTests.Adding/adds()")]?.outcome == .errored)
    let old = swift([], Self.xctest.split(separator: "\n").prefix(4).joined(separator: "\n"))
    #expect(old.incomplete != nil)
    #expect(old.results[TestID("OldTests.testAdds")]?.outcome == .errored)
    #expect(swift([], "Test Case 'A.b' passed (0 seconds)\n").forged != nil)
  }

  @Test("every cut of each report is read without a trap")
  func survivesCuts() {
    let texts = [
      Self.cargo, Self.goLines.joined(separator: "\n"), Self.swiftLines.joined(separator: "\n"), Self.xctest,
    ]
    for text in texts {
      let bytes = Array(text.utf8)
      for count in stride(from: 0, to: bytes.count, by: 13) {
        let part = Array(bytes.prefix(count)) + [0xff]
        _ = LibtestReport.read(part, traces: traces)
        _ = GoReport.read(part, traces: traces)
        let both = SwiftTestingReport.read(events: part, output: part, traces: traces)
        #expect(both.results.count < 20)
      }
    }
  }
}
