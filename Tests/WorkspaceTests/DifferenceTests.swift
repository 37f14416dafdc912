import Domain
import Foundation
import Testing
import Workspace

@Suite(.timeLimit(.minutes(1)))
struct DifferenceTests {
  @Test("git apply takes the patch and makes exactly the new tree", arguments: [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
  func gitApplies(_ seed: UInt64) async throws {
    try await Playground.with { playground in
      var random = Random(state: seed)
      let workspace = try playground.open()
      let empty = try await workspace.snapshot()
      let old = try await workspace.derive(from: empty, applying: Self.randomFiles(&random))
      let new = try await workspace.derive(from: old, applying: Self.randomFiles(&random))
      let diff = try await workspace.diff(from: old, to: new)
      try playground.write("../patch", diff.unified)
      try playground.shell("git init -q .")
      _ = try await workspace.apply(from: empty, to: old)
      try playground.shell("git apply --whitespace=nowarn ../patch")
      #expect(try await workspace.snapshot() == new)
      try playground.shell("git apply -R --whitespace=nowarn ../patch")
      #expect(try await workspace.snapshot() == old)
      let changes = try await workspace.changes(from: old, to: new)
      #expect(Set(diff.files.map(\.path)) == Set(changes.map(\.path)))
    }
  }

  private static func randomFiles(_ random: inout Random) -> [FileChange] {
    let paths: [RelativePath] = [
      "a.txt", "dir/b.txt", "dir/c d.txt", "new\nline", "quo\"te", "ünï", "tab\there", "x/y/z", "empty", "back\\slash",
      "link",
    ]
    return paths.compactMap { path in
      switch random.next(below: 8) {
      case 0: nil
      case 1: FileChange(path: path, content: .deleted)
      case 2: FileChange(path: path, content: .file(bytes: random.bytes(), isExecutable: random.next(below: 2) == 0))
      case 3: FileChange(path: path, content: .symbolicLink(target: "some/where \(random.next(below: 3))"))
      default: FileChange(path: path, content: .file(bytes: random.lines(), isExecutable: random.next(below: 4) == 0))
      }
    }
  }

  @Test("the list of a diff counts lines and tells the kinds of change")
  func lists() async throws {
    try await Playground.withRepository { playground in
      let workspace = try playground.open()
      let old = try await workspace.snapshot()
      let new = try await workspace.derive(
        from: old,
        applying: [
          FileChange(path: "a.txt", content: .file(bytes: Array("one\n2\nthree\nfour\n".utf8), isExecutable: false)),
          FileChange(path: "b.bin", content: .file(bytes: [0, 1, 2], isExecutable: false)),
          FileChange(path: "src/b.py", content: .symbolicLink(target: "../a.txt")),
        ]
      )
      let files = try await workspace.diff(from: old, to: new).files
      #expect(files.map(\.path) == ["a.txt", "b.bin", "src/b.py"])
      #expect(files.map(\.change) == [.modified, .added, .kindChanged])
      #expect(files.map(\.isBinary) == [false, true, false])
      #expect(files.map(\.addedLines) == [2, 0, 1])
      #expect(files.map(\.deletedLines) == [1, 0, 1])
      #expect(try await workspace.diff(from: old, to: old).unified.isEmpty)
    }
  }

  @Test("edits laid over the old text make the new one, in every encoding", arguments: PositionEncoding.allCases)
  func editsFit(_ encoding: PositionEncoding) async throws {
    try await Playground.with { playground in
      let workspace = try playground.open()
      let empty = try await workspace.snapshot()
      var random = Random(state: 42)
      for _ in 0..<60 {
        let mark: [UInt8] = random.next(below: 4) == 0 ? [0xEF, 0xBB, 0xBF] : []
        let old = random.lines()
        let new = random.next(below: 3) == 0 ? random.lines() : random.changed(old)
        let first = try await workspace.derive(
          from: empty,
          applying: [FileChange(path: "t", content: .file(bytes: mark + old, isExecutable: false))]
        )
        let second = try await workspace.derive(
          from: empty,
          applying: [FileChange(path: "t", content: .file(bytes: mark + new, isExecutable: false))]
        )
        let files = try await workspace.textEdits(from: first, to: second, encoding: encoding)
        guard let file = files.first else {
          #expect(old == new)
          continue
        }
        guard case .edited(let edits) = file.change else {
          Issue.record("no edits but \(file.change)")
          continue
        }
        let result = EditorText(String(decoding: old, as: UTF8.self)).applying(edits, encoding)
        #expect(Array(result.utf8) == new)
      }
    }
  }

  @Test("a position after astral characters counts in the encoding asked for")
  func astral() async throws {
    try await Playground.with { playground in
      try playground.write("t", "a\r\nb\rc\n😀é no end")
      let workspace = try playground.open()
      let old = try await workspace.snapshot()
      let change = FileChange(path: "t", content: .file(bytes: Array("a\r\nb\rc\nend".utf8), isExecutable: false))
      let new = try await workspace.derive(from: old, applying: [change])
      for (encoding, character) in [(PositionEncoding.utf8, 13), (.utf16, 10), (.utf32, 9)] {
        let edits = try await workspace.textEdits(from: old, to: new, encoding: encoding)
        let edit = TextEdit(
          start: TextPosition(line: 3, character: 0),
          end: TextPosition(line: 3, character: character),
          newText: "end"
        )
        #expect(edits.map(\.change) == [.edited([edit])])
      }
    }
  }

  @Test("a file that is no UTF-8 text is replaced as a whole, as bytes")
  func notText() async throws {
    try await Playground.with { playground in
      try playground.write("latin", [0xE9, 0x0A, 0x62, 0x0A])
      let workspace = try playground.open()
      let old = try await workspace.snapshot()
      let change = FileChange(path: "latin", content: .file(bytes: [0xE9, 0x0A, 0x63, 0x0A], isExecutable: false))
      let new = try await workspace.derive(from: old, applying: [change])
      let edits = try await workspace.textEdits(from: old, to: new, encoding: .utf16)
      #expect(edits.map(\.change) == [.replaced(bytes: [0xE9, 0x0A, 0x63, 0x0A])])
      let back = try await workspace.textEdits(
        from: new,
        to: try await workspace.derive(
          from: new,
          applying: [FileChange(path: "latin", content: .deleted)]
        ),
        encoding: .utf16
      )
      #expect(back.map(\.change) == [.removed])
    }
  }

  @Test("a stale buffer merges with the disk, and a clash is shown with markers")
  func merges() async throws {
    let base = Array("1\n2\n3\n4\n5\n".utf8)
    let ours = Array("one\n2\n3\n4\n5\n".utf8)
    let theirs = Array("1\n2\n3\n4\nfive\n".utf8)
    #expect(try FileMerge(base: base, ours: ours, theirs: theirs) == .merged(Array("one\n2\n3\n4\nfive\n".utf8)))
    guard case .conflicted(let marked) = try FileMerge(base: base, ours: ours, theirs: Array("uno\n2\n3\n4\n5\n".utf8))
    else {
      Issue.record("no conflict")
      return
    }
    #expect(String(decoding: marked, as: UTF8.self).contains("one\n||||||| base\n1\n=======\nuno\n>>>>>>> baton's\n"))
    #expect(try FileMerge(base: [0, 1], ours: [0, 2], theirs: [0, 3]) == .binaryConflict)
  }
}
