import Domain
import Foundation
import Testing
import Workspace

@Suite(.timeLimit(.minutes(1)))
struct ApplyTests {
  static let text = (1...20).map { "line \($0)\n" }.joined()

  private func file(_ text: String, isExecutable: Bool = false) -> FileChange.Content {
    .file(bytes: Array(text.utf8), isExecutable: isExecutable)
  }

  /// Applies `changes` against a fresh snapshot, after `meanwhile` happened to the folder.
  private func apply(
    _ changes: [FileChange],
    in playground: Playground,
    meanwhile: String = "true"
  ) async throws -> (Workspace, ApplyOutcome) {
    let workspace = try playground.open()
    let base = try await workspace.snapshot()
    let target = try await workspace.derive(from: base, applying: changes)
    try playground.shell(meanwhile)
    return (workspace, try await workspace.apply(from: base, to: target))
  }

  private func record(_ outcome: ApplyOutcome) throws -> ApplyRecord {
    guard case .applied(let record) = outcome else { throw ShellError(command: "apply", output: "\(outcome)") }
    return record
  }

  private func conflicts(_ outcome: ApplyOutcome) throws -> [FileConflict] {
    guard case .conflicted(let conflicts) = outcome else { throw ShellError(command: "apply", output: "\(outcome)") }
    return conflicts
  }

  @Test("every kind of change arrives, and undo restores every byte, mode and link")
  func appliesAndUndoes() async throws {
    try await Playground.withRepository([
      "a.txt": Self.text, "gone/deep/b.txt": "bye\n", "run.sh": "#!/bin/sh\n", "becomes/folder": "x\n", "plain": "p\n",
      "secret": "s\n",
    ]) { playground in
      try playground.shell("ln -s a.txt link; chmod 640 a.txt; chmod 755 run.sh; chmod 600 secret")
      let before = try playground.shell("find . -path ./.git -prune -o -printf '%p %y %m %l\\n' | sort; cat a.txt")
      let git = try playground.shell("find .git -type f | sort | xargs sha1sum")
      let (workspace, outcome) = try await apply(
        [
          FileChange(path: "a.txt", content: file(Self.text.replacing("line 3\n", with: "line three\n"))),
          FileChange(path: "gone/deep/b.txt", content: .deleted),
          FileChange(path: "new/dir/c.bin", content: .file(bytes: [0, 1, 255, 13, 10], isExecutable: true)),
          FileChange(path: "run.sh", content: file("#!/bin/sh\n")),
          FileChange(path: "becomes", content: file("a file now\n")),
          FileChange(path: "plain", content: .deleted),
          FileChange(path: "plain/inner", content: file("folder now\n")),
          FileChange(path: "link", content: .symbolicLink(target: "run.sh")),
          FileChange(path: "secret", content: .deleted),
        ],
        in: playground
      )
      let record = try record(outcome)
      #expect(try playground.text("a.txt").contains("line three"))
      #expect(!playground.exists("gone"))
      #expect(try playground.bytes("new/dir/c.bin") == [0, 1, 255, 13, 10])
      #expect(try playground.text("becomes") == "a file now\n")
      #expect(try playground.text("plain/inner") == "folder now\n")
      #expect(try playground.shell("stat -c %a a.txt run.sh new/dir/c.bin; readlink link") == "640\n644\n755\nrun.sh\n")
      #expect(try playground.shell("find . -name '.baton*'").isEmpty)
      let decoded = try JSONDecoder().decode(ApplyRecord.self, from: JSONEncoder().encode(record))
      let undone = try self.record(await workspace.undo(decoded))
      #expect(
        try playground.shell("find . -path ./.git -prune -o -printf '%p %y %m %l\\n' | sort; cat a.txt") == before
      )
      _ = try self.record(await workspace.undo(undone))
      #expect(try playground.text("plain/inner") == "folder now\n")
      #expect(try playground.shell("find .git -type f | sort | xargs sha1sum") == git)
    }
  }

  @Test("edits made meanwhile elsewhere in the file and in other files survive apply and undo")
  func mergesMeanwhile() async throws {
    try await Playground.withRepository(["a.txt": Self.text, "b.txt": "b\n"]) { playground in
      let (workspace, outcome) = try await apply(
        [FileChange(path: "a.txt", content: file(Self.text.replacing("line 3\n", with: "line three\n")))],
        in: playground,
        meanwhile: "sed -i 's/line 15/user/' a.txt; echo more >> b.txt; echo new > c.txt"
      )
      let record = try record(outcome)
      #expect(record.paths == ["a.txt"])
      let merged = Self.text.replacing("line 3\n", with: "line three\n").replacing("line 15\n", with: "user\n")
      #expect(try playground.text("a.txt") == merged)
      #expect(try playground.text("b.txt") == "b\nmore\n")
      try playground.write("a.txt", merged.replacing("line 20\n", with: "later\n"))
      _ = try self.record(await workspace.undo(record))
      let undone = Self.text.replacing("line 15\n", with: "user\n").replacing("line 20\n", with: "later\n")
      #expect(try playground.text("a.txt") == undone)
      #expect(try playground.text("c.txt") == "new\n")
    }
  }

  @Test("a conflict shows both sides and nothing at all is written")
  func conflicts() async throws {
    try await Playground.withRepository(["a.txt": Self.text, "b.txt": "b\n", "z.txt": "z\n"]) { playground in
      let changed = Self.text.replacing("line 3\n", with: "line three\n")
      let mine = Self.text.replacing("line 3\n", with: "mine\n")
      let workspace = try playground.open()
      let base = try await workspace.snapshot()
      let target = try await workspace.derive(
        from: base,
        applying: [
          FileChange(path: "a.txt", content: file(changed)), FileChange(path: "b.txt", content: file("B\n")),
          FileChange(path: "new.txt", content: file("theirs\n")), FileChange(path: "z.txt", content: .deleted),
        ]
      )
      try playground.write("a.txt", mine)
      try playground.write("new.txt", "ours\n")
      try playground.write("z.txt", "edited\n")
      let before = try playground.fingerprint()
      let conflicts = try conflicts(await workspace.apply(from: base, to: target))
      #expect(conflicts.map(\.path) == ["a.txt", "new.txt", "z.txt"])
      #expect(conflicts.map(\.reason) == [.sameLines, .addedByBoth, .changedAndRemoved])
      #expect(conflicts.first?.ours == Array(mine.utf8))
      #expect(conflicts.first?.theirs == Array(changed.utf8))
      #expect(conflicts.first?.base == Array(Self.text.utf8))
      #expect(conflicts.first?.marked?.contains(UInt8(ascii: "<")) == true)
      #expect(try playground.fingerprint() == before)
    }
  }

  @Test("undo is refused where the user edited the same lines since")
  func undoConflict() async throws {
    try await Playground.withRepository(["a.txt": Self.text]) { playground in
      let changed = Self.text.replacing("line 3\n", with: "line three\n")
      let (workspace, outcome) = try await apply(
        [FileChange(path: "a.txt", content: file(changed))],
        in: playground
      )
      let mine = changed.replacing("line three\n", with: "mine\n")
      try playground.write("a.txt", mine)
      let conflicts = try conflicts(await workspace.undo(record(outcome)))
      #expect(conflicts.map(\.reason) == [.sameLines])
      #expect(try playground.text("a.txt") == mine)
    }
  }

  @Test("what the folder shows already is no work and is not undone")
  func alreadyThere() async throws {
    try await Playground.withRepository(["a.txt": Self.text, "b.txt": "b\n"]) { playground in
      let (workspace, outcome) = try await apply(
        [
          FileChange(path: "a.txt", content: file("same\n")), FileChange(path: "b.txt", content: .deleted),
          FileChange(path: "gone.txt", content: .deleted),
        ],
        in: playground,
        meanwhile: "echo same > a.txt; rm b.txt"
      )
      let record = try record(outcome)
      #expect(record.paths.isEmpty)
      _ = try self.record(await workspace.undo(record))
      #expect(try playground.text("a.txt") == "same\n")
      #expect(!playground.exists("b.txt"))
    }
  }

  @Test("CRLF, lone CR, a byte order mark and Latin-1 bytes outside the changed lines are untouched")
  func bytesStay() async throws {
    try await Playground.withRepository { playground in
      let head: [UInt8] = [0xEF, 0xBB, 0xBF] + Array("first\r\nlone\rcr\r\n".utf8) + [0xE9, 0xFF, 0x0A]
      let tail = Array("x\ny\nz\nlast without end".utf8)
      try playground.write("mixed.txt", head + Array("old\r\n".utf8) + tail)
      let (_, outcome) = try await apply(
        [
          FileChange(path: "mixed.txt", content: .file(bytes: head + Array("new\r\n".utf8) + tail, isExecutable: false))
        ],
        in: playground,
        meanwhile: "sed -i 's/last/very last/' mixed.txt"
      )
      _ = try record(outcome)
      let expected = head + Array("new\r\n".utf8) + Array("x\ny\nz\nvery last without end".utf8)
      #expect(try playground.bytes("mixed.txt") == expected)
    }
  }

  @Test("a link that leads outside is never written through; one that stays inside is")
  func symbolicLinks() async throws {
    try await Playground.withRepository(["a.txt": Self.text, "d/b.txt": "b\n"]) { playground in
      let outside = playground.state + "-outside"
      let changed = Self.text.replacing("line 3\n", with: "line three\n")
      let workspace = try playground.open()
      let base = try await workspace.snapshot()
      let target = try await workspace.derive(from: base, applying: [FileChange(path: "a.txt", content: file(changed))])
      try playground.shell("mkdir '\(outside)'; mv a.txt '\(outside)/x'; ln -s '\(outside)/x' a.txt")
      #expect(try conflicts(await workspace.apply(from: base, to: target)).map(\.reason) == [.symbolicLink])
      try playground.shell("rm a.txt; ln -s ../../work\\ tree-other/x a.txt")
      #expect(try conflicts(await workspace.apply(from: base, to: target)).map(\.reason) == [.symbolicLink])
      try playground.shell("rm a.txt; mv '\(outside)/x' inside.txt; ln -s ./d/../inside.txt a.txt")
      let record = try record(await workspace.apply(from: base, to: target))
      #expect(record.paths == ["inside.txt"])
      #expect(try playground.text("inside.txt") == changed)
      #expect(try playground.shell("readlink a.txt") == "./d/../inside.txt\n")
    }
  }

  @Test("a folder that became a link is not entered")
  func linkedFolder() async throws {
    try await Playground.withRepository(["d/b.txt": "b\n"]) { playground in
      let outside = playground.state + "-outside"
      let (_, outcome) = try await apply(
        [FileChange(path: "d/b.txt", content: file("B\n")), FileChange(path: "d/new.txt", content: file("n\n"))],
        in: playground,
        meanwhile: "mv d '\(outside)'; ln -s '\(outside)' d"
      )
      #expect(try conflicts(outcome).map(\.reason) == [.symbolicLink, .symbolicLink])
      #expect(try playground.shell("cat b.txt; ls", in: outside) == "b\nb.txt\n")
    }
  }

  @Test("a folder that holds more than what is removed is not replaced by a file")
  func folderNotEmpty() async throws {
    try await Playground.withRepository(["d/b.txt": "b\n", "other": "o\n"]) { playground in
      let (_, outcome) = try await apply(
        [FileChange(path: "d", content: file("file\n")), FileChange(path: "other", content: file("O\n"))],
        in: playground,
        meanwhile: "mkdir d/more && echo mine > d/more/mine.txt"
      )
      #expect(try conflicts(outcome).map(\.reason) == [.folderNotEmpty])
      #expect(try playground.text("d/more/mine.txt") == "mine\n")
      #expect(try playground.text("other") == "o\n")
      #expect(try playground.shell("find . -name '.baton*'").isEmpty)
    }
  }

  @Test("a write that fails half way puts everything back")
  func rollsBack() async throws {
    try await Playground.withRepository(["a.txt": "a\n", "b/c.txt": "c\n", "z.txt": "z\n"]) { playground in
      let workspace = try playground.open()
      let base = try await workspace.snapshot()
      let long = String(repeating: "n", count: 255)
      let target = try await workspace.derive(
        from: base,
        applying: [
          FileChange(path: "a.txt", content: file("A\n")), FileChange(path: "b/c.txt", content: .deleted),
          FileChange(path: "new/file", content: file("new\n")),
          // The staged name fits, the name itself is longer than any file system takes.
          FileChange(path: try RelativePath("z.d/" + long + "x"), content: file("too long\n")),
        ]
      )
      let before = try playground.shell("find . -path ./.git -prune -o -printf '%p %s %i\\n' | sort")
      let error = await #expect(throws: WorkspaceError.self) { try await workspace.apply(from: base, to: target) }
      #expect(error?.code == .readFailed || error?.code == .writeFailed)
      #expect(try playground.shell("find . -path ./.git -prune -o -printf '%p %s %i\\n' | sort") == before)
    }
  }

  @Test("every state of a killed apply is put back when the workspace is opened again", arguments: 0..<5)
  func recovers(_ stage: Int) async throws {
    try await Playground.withRepository(["a.txt": "old\n", "gone.txt": "gone\n"]) { playground in
      let store = try playground.open().storePath
      let newHash = try playground.shell("printf 'new\\n' | git hash-object --stdin").prefix(40)
      let fields =
        ["baton-apply-1", stage == 4 ? "committed" : "prepared", "3"]
        + ["remove", "gone.txt", "", ".baton-1-0.old", ""]
        + ["replace", "a.txt", ".baton-1-1", ".baton-1-1.old", String(newHash)]
        + ["create", "n/new.txt", ".baton-1-2", "", String(newHash), "n"]
      try playground.write("../journal", fields.joined(separator: "\0"))
      let steps = [
        "printf 'ne' > .baton-1-1; printf 'new\\n' > .baton-1-2",
        "printf 'new\\n' > .baton-1-1; mv gone.txt .baton-1-0.old",
        "mv a.txt t; mv .baton-1-1 a.txt; mv t .baton-1-1", "mkdir n; mv .baton-1-2 n/new.txt", "true",
      ]
      for step in steps[...stage] { try playground.shell(step) }
      try playground.shell("mv ../journal '\(store)/apply.journal'")
      _ = try playground.open()
      let expected = stage == 4 ? "./a.txt\n./n/new.txt\n" : "./a.txt\n./gone.txt\n"
      #expect(try playground.shell("find . -path ./.git -prune -o -type f -print | sort") == expected)
      #expect(try playground.text("a.txt") == (stage == 4 ? "new\n" : "old\n"))
      #expect(playground.exists("n") == (stage == 4))
      #expect(try playground.shell("find . -name '*journal*'", in: store).isEmpty)
    }
  }
}
