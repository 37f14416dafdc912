import Domain
import Experts
import Testing

/// What is taken from an engine that shares its processes with untrusted tests.
@Suite(.timeLimit(.minutes(1)))
struct EngineMessageTests {
  @Test("a patch's bytes come back as they were, whatever they are")
  func readsPatch() throws {
    let line =
      #"{"kind": "patch", "id": 7, "path": "a/b.py", "bytes": "x\u00e9\u0000\r\n", "line": 3, "#
      + #""description": "one\ntwo", "partial": true, "fixes": ["t"]}"#
    guard case .patch(let patch) = try EngineMessage(line: Array(line.utf8)) else {
      Issue.record("no patch")
      return
    }
    #expect(patch.id == 7)
    #expect(patch.path.string == "a/b.py")
    #expect(patch.bytes == [0x78, 0xE9, 0x00, 0x0D, 0x0A])
    #expect(patch.line == 3)
    #expect(patch.description == "one two")
    #expect(patch.isPartial)
    #expect(patch.fixes == 1)
  }

  @Test(
    "a patch of a path outside, inside .git, or without bytes is refused",
    arguments: [
      #"{"kind": "patch", "id": 1, "path": "../x.py", "bytes": ""}"#,
      #"{"kind": "patch", "id": 1, "path": "/etc/passwd", "bytes": ""}"#,
      #"{"kind": "patch", "id": 1, "path": ".git/config", "bytes": ""}"#,
      #"{"kind": "patch", "id": 1, "path": "x.py"}"#,
      #"{"kind": "patch", "id": 1, "path": "x.py", "bytes": "\u0100"}"#,
      #"{"kind": "patch", "path": "x.py", "bytes": ""}"#,
      #"{"kind": "something else"}"#,
      #"["kind"]"#,
      "not JSON",
      "",
    ]
  )
  func refusesBrokenLines(line: String) {
    let error = #expect(throws: ExpertError.self) { try EngineMessage(line: Array(line.utf8)) }
    #expect(error?.code == .protocolBroken)
  }

  @Test("a patch larger than the limit is refused")
  func refusesHugePatch() {
    let bytes = String(repeating: "x", count: EnginePatch.fileBytesMax + 1)
    let line = #"{"kind": "patch", "id": 1, "path": "x.py", "bytes": ""# + bytes + #""}"#
    #expect(throws: ExpertError.self) { try EngineMessage(line: Array(line.utf8)) }
  }

  @Test("suspects with bad paths or lines are left out, scores are kept between 0 and 1, long texts are cut")
  func cleansSuspects() throws {
    let reason = String(repeating: "y", count: 3_000)
    let line =
      #"{"kind": "suspects", "lines": ["#
      + #"{"path": "../x.py", "line": 1, "score": 1, "reason": ""}, {"path": "x.py", "line": 0, "score": 1}, "#
      + #"{"path": "x.py", "line": 4, "score": 7.5, "function": "f", "reason": ""# + reason + #""}]}"#
    guard case .suspects(let locations) = try EngineMessage(line: Array(line.utf8)) else {
      Issue.record("no suspects")
      return
    }
    #expect(locations.count == 1)
    #expect(locations.first?.score == 1)
    #expect(locations.first?.location.function == "f")
    #expect(locations.first?.reason.count == EngineMessage.textCharactersMax)
  }

  @Test("numbers of things are never negative, and absent ones are zero")
  func cleansCounts() throws {
    #expect(
      try EngineMessage(line: Array(#"{"kind": "progress", "message": "m", "tried": -4}"#.utf8))
        == .progress(message: "m", tried: 0)
    )
    guard case .done(let summary) = try EngineMessage(line: Array(#"{"kind": "done"}"#.utf8)) else {
      Issue.record("no summary")
      return
    }
    #expect(summary.tried == 0)
    #expect(summary.order.isEmpty)
  }
}
