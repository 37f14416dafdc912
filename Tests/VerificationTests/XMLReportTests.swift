import Domain
import Testing
import Verification

@Suite("JUnit XML", .timeLimit(.minutes(1)))
struct XMLReportTests {
  private func read(_ text: String) -> ReportReading {
    JUnitReport.read(Array(text.utf8), traces: TraceReader(root: "/srv/repository"))
  }

  @Test("what ctest writes is read")
  func readsCTest() throws {
    let reading = read(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuite name="(empty)"
      \ttests="3"
      \tfailures="1"
      \t>
      \t<testcase name="good" classname="good" time="0.00177757" status="run">
      \t\t<system-out></system-out>
      \t</testcase>
      \t<testcase name="bad" classname="bad" time="0.00127555" status="fail">
      \t\t<failure message=""/>
      \t\t<system-out>src/t.c:1: went &lt;wrong&gt; &amp; [NON-XML-CHAR-0x1]
      </system-out>
      \t</testcase>
      \t<testcase name="off" classname="off" time="0" status="disabled">
      \t\t<system-out>Disabled</system-out>
      \t</testcase>
      </testsuite>
      """
    )
    #expect(reading.incomplete == nil)
    let outcomes = reading.results.mapValues(\.outcome)
    #expect(outcomes == [TestID("good"): .passed, TestID("bad"): .failed, TestID("off"): .skipped])
    let bad = try #require(reading.results[TestID("bad")])
    #expect(bad.detail?.contains("went <wrong> & [NON-XML-CHAR-0x1]") == true)
    #expect(bad.trace == [SourceLocation(path: try RelativePath("src/t.c"), line: 1)])
  }

  @Test("classes, errors, CDATA, character references and doubled cases are read")
  func readsPytest() throws {
    let reading = read(
      """
      <testsuites><testsuite><testcase classname="a.B" name="x[&#233;&#x41;]" time="nan"><error message="boom"><![CDATA[
      File "/srv/repository/a.py", line 7, in f
      <not an element>]]></error></testcase><!-- <testcase name="no"/> -->
      <testcase name='y' time="-3"><skipped/></testcase><testcase name="z"/><testcase name="z"><failure/></testcase>
      </testsuite></testsuites>
      """
    )
    #expect(reading.incomplete == nil)
    let outcomes = reading.results.mapValues(\.outcome)
    #expect(outcomes == [TestID("a.B.x[éA]"): .errored, TestID("y"): .skipped, TestID("z"): .failed])
    let first = try #require(reading.results[TestID("a.B.x[éA]")])
    #expect(first.message == "boom")
    #expect(first.seconds == 0)
    #expect(first.trace == [SourceLocation(path: try RelativePath("a.py"), line: 7, function: "f")])
  }

  @Test(
    "what is no whole report is incomplete, and never more",
    arguments: [
      "<testsuite><testcase name=\"a\"/>", "<testsuite><testcase name=\"a", "<a></b>", "no xml", "<", "<a b>",
      "<a b=c/>",
      "<a/><a/>", "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><testsuite>&c;</testsuite>",
      "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "<![CDATA[", "<!-- ", String(repeating: "<a>", count: 5_000),
    ]
  )
  func refusesBroken(text: String) {
    #expect(read(text).incomplete != nil)
  }

  @Test("an entity that nobody declared stays as it stands")
  func keepsUnknownEntity() {
    let reading = read("<testsuite><testcase name=\"&boom;&#xffffffff;&#0;&\"/></testsuite>")
    #expect(reading.results.keys.map(\.name) == ["&boom;&#xffffffff;\u{0}&"])
  }

  @Test("bytes that are no UTF-8 are replaced")
  func replacesInvalidBytes() {
    let bytes = Array("<t><testcase name=\"a".utf8) + [0xff, 0xc3] + Array("\"/></t>".utf8)
    let reading = JUnitReport.read(bytes, traces: TraceReader(root: "/r"))
    #expect(reading.results.keys.map(\.name) == ["a\u{fffd}\u{fffd}"])
  }

  @Test("every cut of a report is read without a trap")
  func survivesCuts() {
    let text = "<a><testcase name='x' time='1'><failure message='m'>t&amp;</failure></testcase><![CDATA[c]]></a>"
    for count in 0..<text.utf8.count {
      let reading = JUnitReport.read(Array(text.utf8.prefix(count)), traces: TraceReader(root: "/r"))
      #expect(count == 0 || reading.incomplete != nil)
    }
  }
}
