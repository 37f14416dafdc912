import Domain
import Testing
import Workspace

@Suite(.timeLimit(.minutes(1)))
struct SnapshotTests {
  @Test("a snapshot is the tree git would write of tracked and untracked files")
  func equalsGit() async throws {
    try await Playground.withRepository { playground in
      try playground.write("src/b.py", "print(2)\n")
      try playground.write("new/deep/c.txt", "untracked\n")
      try playground.write("run.sh", "#!/bin/sh\n")
      try playground.shell("chmod +x run.sh; ln -s src/b.py link; rm a.txt; touch empty; mkdir nothing")
      let workspace = try playground.open()
      let tree = try await workspace.snapshot()
      let expected = try playground.gitTree()
      #expect(tree.hex == expected)
      #expect(workspace.isGitRepository)
      let entries = try await workspace.entries(of: tree)
      #expect(entries.paths == ["empty", "link", "new/deep/c.txt", "run.sh", "src/b.py"])
      #expect(entries.map(\.kind) == [.file, .symbolicLink, .file, .executable, .file])
      #expect(entries.map(\.bytes) == [0, 8, 10, 10, 9])
    }
  }

  @Test("a warm snapshot sees every sort of change that a cold one sees")
  func warmSnapshots() async throws {
    try await Playground.withRepository { playground in
      let workspace = try playground.open()
      let steps = [
        "true", "echo more >> a.txt", "mkdir x && echo 1 > x/y", "rm -r x", "chmod +x a.txt", "mv a.txt c.txt",
        "rm -r src && echo file > src", "rm src && mkdir src && echo folder > src/z", "git add -A",
        "echo z > .gitignore", "rm .gitignore", "mkdir -p d/e && echo '*.o' > d/.gitignore && touch d/e/f.o d/e/f.c",
        "echo '!f.o' > d/e/.gitignore", "git add -f d/e/f.o && rm d/e/.gitignore", "git rm -q --cached d/e/f.o",
        "echo d > .git/info/exclude", "ln -s nowhere broken", "rm broken && echo now > broken",
      ]
      for step in steps {
        try playground.shell(step)
        let tree = try await workspace.snapshot()
        #expect(try tree.hex == playground.gitTree(), "after: \(step)")
      }
    }
  }

  @Test("a folder without git is snapshotted, and its .gitignore counts")
  func withoutGit() async throws {
    try await Playground.with { playground in
      try playground.write("a.txt", "a")
      try playground.write("build/out.o", "x")
      try playground.write(".gitignore", "build/\n*.log\n!keep.log\n")
      try playground.write("sub/x.log", "x")
      try playground.write("sub/keep.log", "x")
      let workspace = try playground.open()
      #expect(!workspace.isGitRepository)
      let tree = try await workspace.snapshot()
      #expect(try await workspace.entries(of: tree).paths == [".gitignore", "a.txt", "sub/keep.log"])
      #expect(!playground.exists(".git"))
    }
  }

  @Test("unsaved buffers win over the disk, and ignored ones are left out with a notice")
  func overlays() async throws {
    try await Playground.withRepository { playground in
      try playground.write(".gitignore", ".env\n")
      let workspace = try playground.open()
      let tree = try await workspace.snapshot(overlays: [
        "a.txt": Array("buffer".utf8), "fresh.txt": Array("new".utf8), ".env": Array("secret".utf8),
      ])
      #expect(try await workspace.contents(of: "a.txt", in: tree) == Array("buffer".utf8))
      #expect(try await workspace.contents(of: "fresh.txt", in: tree) == Array("new".utf8))
      #expect(try await workspace.contents(of: ".env", in: tree) == nil)
      #expect(await workspace.snapshotNotices.map(\.reason) == [.overlayIgnored])
      #expect(try playground.text("a.txt") == "one\ntwo\nthree\n")
      let drift = try await workspace.drift(from: tree)
      #expect(drift.map(\.path) == ["a.txt", "fresh.txt"])
    }
  }

  @Test("nothing of the user's repository or work tree is written by any reading operation")
  func leavesUserAlone() async throws {
    try await Playground.withRepository { playground in
      try playground.write("a.txt", "changed\n")
      try playground.write("untracked.txt", "new\n")
      let before = try playground.fingerprint()
      let workspace = try playground.open()
      let tree = try await workspace.snapshot(overlays: ["src/b.py": Array("print(3)\n".utf8)])
      let base = try await workspace.snapshot()
      let changes = [
        FileChange(path: "a.txt", content: .file(bytes: Array("one\ntwo\nthree\n".utf8), isExecutable: false))
      ]
      let derived = try await workspace.derive(from: base, applying: changes)
      _ = try await workspace.entries(of: derived)
      _ = try await workspace.diff(from: tree, to: derived)
      _ = try await workspace.drift(from: derived)
      _ = try await workspace.changes(from: base, to: derived)
      #expect(try playground.fingerprint() == before)
      #expect(try playground.shell("git fsck --strict && git status --short") == " M a.txt\n?? untracked.txt\n")
    }
  }

  @Test("the store is a sound repository that only its owner may enter")
  func storeIsSound() async throws {
    try await Playground.withRepository { playground in
      let workspace = try playground.open()
      try playground.write("big/file.txt", String(repeating: "line\n", count: 1_000))
      let tree = try await workspace.snapshot()
      let store = workspace.storePath
      #expect(try playground.shell("stat -c %a .", in: playground.state) == "700\n")
      #expect(try playground.shell("git fsck --full --strict --no-dangling", in: store).hasPrefix("notice: HEAD"))
      #expect(try playground.shell("git cat-file -p \(tree.hex):big/file.txt | wc -l", in: store) == "1000\n")
      #expect(try playground.shell("find . -name '*.lock' -o -name '*tmp*' -o -name 'index*'", in: store).isEmpty)
    }
  }
}
