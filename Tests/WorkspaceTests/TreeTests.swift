import Domain
import Testing
import Workspace

@Suite(.timeLimit(.minutes(1)))
struct TreeTests {
  @Test("a derived tree holds the changes, and the way back is found")
  func derives() async throws {
    try await Playground.withRepository { playground in
      let workspace = try playground.open()
      let base = try await workspace.snapshot()
      let changes = [
        FileChange(path: "a.txt", content: .deleted),
        FileChange(path: "a.txt/now/folder", content: .file(bytes: [0, 255, 10], isExecutable: true)),
        FileChange(path: "link", content: .symbolicLink(target: "a.txt/now")),
        FileChange(path: "src", content: .file(bytes: Array("was a folder".utf8), isExecutable: false)),
      ]
      let derived = try await workspace.derive(from: base, applying: changes)
      #expect(try await workspace.entries(of: derived).paths == ["a.txt/now/folder", "link", "src"])
      let forth = try await workspace.changes(from: base, to: derived)
      let back = try await workspace.changes(from: derived, to: base)
      #expect(try await workspace.derive(from: base, applying: forth) == derived)
      #expect(try await workspace.derive(from: derived, applying: back) == base)
    }
  }

  @Test("of two changes to one path the later counts, and removing what is not there changes nothing")
  func laterCounts() async throws {
    try await Playground.withRepository { playground in
      let workspace = try playground.open()
      let base = try await workspace.snapshot()
      let same = try await workspace.derive(from: base, applying: [FileChange(path: "no/such", content: .deleted)])
      #expect(same == base)
      let twice = try await workspace.derive(
        from: base,
        applying: [
          FileChange(path: "a.txt", content: .deleted),
          FileChange(path: "a.txt", content: .file(bytes: [65], isExecutable: false)),
        ]
      )
      #expect(try await workspace.contents(of: "a.txt", in: twice) == [65])
    }
  }

  @Test("a path that is to be a file and a folder at once is refused")
  func refusesContradiction() async throws {
    try await Playground.withRepository { playground in
      let workspace = try playground.open()
      let base = try await workspace.snapshot()
      let changes = [
        FileChange(path: "x", content: .file(bytes: [], isExecutable: false)),
        FileChange(path: "x/y", content: .file(bytes: [], isExecutable: false)),
      ]
      let error = await #expect(throws: WorkspaceError.self) {
        try await workspace.derive(from: base, applying: changes)
      }
      #expect(error?.code == .changeRefused)
    }
  }

  @Test("a tree nobody stored is named in the error")
  func missingTree() async throws {
    try await Playground.withRepository { playground in
      let workspace = try playground.open()
      let unknown = try #require(TreeID(hex: String(repeating: "ab", count: 20)))
      let error = await #expect(throws: WorkspaceError.self) { try await workspace.entries(of: unknown) }
      #expect(error?.code == .objectMissing)
      #expect(error?.message.contains(unknown.hex) == true)
    }
  }

  @Test("drift laid over the folder shows the tree, whatever happened to the folder")
  func drift() async throws {
    try await Playground.withRepository { playground in
      try playground.write(".gitignore", "cache/\n")
      try playground.write("cache/x", "ignored")
      let workspace = try playground.open()
      let tree = try await workspace.snapshot()
      #expect(try await workspace.drift(from: tree).isEmpty)
      try playground.shell("rm a.txt; echo 3 >> src/b.py; echo new > n; echo other > cache/x")
      let drift = try await workspace.drift(from: tree)
      #expect(drift.map(\.path) == ["a.txt", "n", "src/b.py"])
      let live = try await workspace.snapshot()
      #expect(try await workspace.derive(from: live, applying: drift) == tree)
    }
  }
}
