import Domain
import Foundation
import Testing
import Workspace

@Suite(.timeLimit(.minutes(1)))
struct PlaceTests {
  private func code(_ body: () async throws -> Void) async throws -> WorkspaceError.Code? {
    do {
      try await body()
      return nil
    } catch let error as WorkspaceError {
      #expect(!error.message.isEmpty)
      return error.code
    }
  }

  @Test("the machine, a home, Baton's own state, files and nothing at all are refused as roots")
  func refusedRoots() async throws {
    try await Playground.with { playground in
      let home = FileManager.default.homeDirectoryForCurrentUser.path
      func open(_ root: String, _ state: String? = nil) async throws -> WorkspaceError.Code? {
        try await code { _ = try Workspace(root: root, storeDirectory: state ?? playground.state) }
      }
      #expect(try await open("/") == .rootRefused)
      #expect(try await open("/usr/..") == .rootRefused)
      #expect(try await open(home) == .rootRefused)
      #expect(try await open(playground.root, playground.path("state")) == .rootRefused)
      #expect(!playground.exists("state"))
      try playground.shell("mkdir -p '\(playground.state)/inside'")
      #expect(try await open(playground.state) == .rootRefused)
      #expect(try await open(playground.state + "/inside") == .rootRefused)
      #expect(try await open(playground.path("no such folder")) == .rootUnreadable)
      try playground.write("file", "x")
      #expect(try await open(playground.path("file")) == .rootUnreadable)
      try playground.shell("git init -q --bare bare.git")
      #expect(try await open(playground.path("bare.git")) == .rootRefused)
    }
  }

  @Test("a workspace beyond its limits is refused with the limit in the message")
  func limits() async throws {
    try await Playground.with { playground in
      for index in 0..<5 { try playground.write("f\(index)", "12345") }
      let files = try playground.open(WorkspaceLimits(filesMax: 4))
      #expect(try await code { _ = try await files.snapshot() } == .tooLarge)
      let bytes = try playground.open(WorkspaceLimits(totalBytesMax: 24))
      #expect(try await code { _ = try await bytes.snapshot() } == .tooLarge)
      let enough = try playground.open(WorkspaceLimits(filesMax: 5, totalBytesMax: 25))
      #expect(try await enough.entries(of: enough.snapshot()).count == 5)
    }
  }

  @Test("long files, special files, odd names and nested repositories are left out with a reason; loops are links")
  func leftOut() async throws {
    try await Playground.withRepository { playground in
      try playground.shell(
        """
        truncate -s 2G huge.bin; mkfifo pipe; ln -s loop loop; ln -s ../x/y/../../nowhere far; ln -s . here
        mkdir nested && git -C nested init -q && touch nested/file
        touch "$(printf 'bad\\377name')" "new
        line" 'quo"te'; mkdir d && touch A.txt a.TXT
        python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('sock')"
        """
      )
      let workspace = try playground.open()
      let tree = try await workspace.snapshot()
      let paths = try await workspace.entries(of: tree).paths
      #expect(
        Set(paths) == [
          "A.txt", "a.TXT", "a.txt", "far", "here", "loop", "new\nline", "quo\"te", "src/b.py",
        ]
      )
      let notices = await workspace.snapshotNotices
      let reasons = Dictionary(uniqueKeysWithValues: notices.map { ($0.path, $0.reason) })
      #expect(
        reasons == [
          "huge.bin": .tooLong, "pipe": .specialFile, "sock": .specialFile, "nested": .nestedRepository,
          "bad\u{FFFD}name": .unusableName,
        ]
      )
      #expect(try await workspace.drift(from: tree).isEmpty)
      #expect(try await workspace.snapshot() == tree)
    }
  }

  @Test("a submodule stays the commit it is, whatever lies in it")
  func submodule() async throws {
    try await Playground.withRepository { playground in
      try playground.shell(
        """
        git init -q ../other && cd ../other && echo x > x && git add x && \(Playground.commit) && cd - > /dev/null
        git -c protocol.file.allow=always submodule --quiet add ../other sub && \(Playground.commit)
        echo dirty >> sub/x; echo untracked > sub/u
        """
      )
      let workspace = try playground.open()
      let tree = try await workspace.snapshot()
      let entries = try await workspace.entries(of: tree)
      #expect(entries.paths == [".gitmodules", "a.txt", "src/b.py", "sub"])
      #expect(entries.last?.kind == .submodule)
      #expect(try entries.last?.blob == playground.shell("git -C sub rev-parse HEAD").prefix(40).description)
      #expect(try tree.hex == playground.gitTree())
      let inside = FileChange(path: "sub/x", content: .deleted)
      #expect(try await code { _ = try await workspace.derive(from: tree, applying: [inside]) } == .changeRefused)
      #expect(try await workspace.drift(from: tree).isEmpty)
    }
  }

  @Test("a linked worktree uses its own index and the shared objects")
  func linkedWorktree() async throws {
    try await Playground.withRepository { playground in
      try playground.shell("git worktree add -q ../linked && echo linked > ../linked/a.txt && rm ../linked/src/b.py")
      let linked = Playground(root: playground.path("../linked"), state: playground.state)
      let workspace = try linked.open()
      #expect(workspace.isGitRepository)
      let before = try linked.fingerprint() + playground.fingerprint()
      let tree = try await workspace.snapshot()
      #expect(try linked.fingerprint() + playground.fingerprint() == before)
      #expect(try tree.hex == linked.gitTree())
      #expect(try await workspace.entries(of: tree).paths == ["a.txt"])
    }
  }

  @Test("a repository in the middle of a merge, and one with a split index, are snapshotted as they lie")
  func oddIndexes() async throws {
    try await Playground.withRepository { playground in
      try playground.shell(
        """
        git checkout -q -b other && echo other > a.txt && git commit -qam o --author 'a <a@b>' || true
        git -c user.name=T -c user.email=t@t commit -qam o || true; git checkout -q - && echo mine > a.txt
        git -c user.name=T -c user.email=t@t commit -qam m; git -c user.name=T -c user.email=t@t merge -q other || true
        """
      )
      #expect(try playground.text("a.txt").contains("<<<<<<<"))
      let workspace = try playground.open()
      let tree = try await workspace.snapshot()
      #expect(try await workspace.contents(of: "a.txt", in: tree) == playground.bytes("a.txt"))
      try playground.shell("git reset -q --hard && git update-index --split-index && echo 2 >> a.txt && touch new")
      #expect(try await workspace.snapshot().hex == playground.gitTree())
      #expect(try await playground.open().snapshot().hex == playground.gitTree())
    }
  }

  @Test(
    "raw bytes are kept although the repository converts line ends",
    arguments: ["autocrlf", "attributes", "index"]
  )
  func conversion(_ how: String) async throws {
    try await Playground.with { playground in
      try playground.write("dos.txt", "a\r\nb\r\n")
      if how == "attributes" { try playground.write(".gitattributes", "*.txt text\n") }
      try playground.shell("git init -q . && git config core.autocrlf \(how == "autocrlf" ? "input" : "false")")
      try playground.shell(
        "git add -A 2>/dev/null && \(Playground.commit) && touch -d '1 minute ago' dos.txt && git add -A"
      )
      let workspace = try playground.open()
      for _ in 0..<2 {
        let tree = try await workspace.snapshot()
        #expect(try await workspace.contents(of: "dos.txt", in: tree) == Array("a\r\nb\r\n".utf8))
      }
    }
  }

  @Test("a filter of the repository is never run")
  func filters() async throws {
    try await Playground.withRepository { playground in
      let trace = playground.state + "-ran"
      try playground.write(".gitattributes", "* filter=evil diff=evil merge=evil\n")
      for (key, word) in [("filter.evil.clean", "cat"), ("filter.evil.smudge", "cat"), ("diff.evil.textconv", "cat")] {
        try playground.shell("git config \(key) \"touch '\(trace)'; \(word)\"")
      }
      try playground.shell(
        "git config core.fsmonitor \"touch '\(trace)'\"; git config core.hooksPath .; rm -f '\(trace)'"
      )
      let workspace = try playground.open()
      try playground.write("a.txt", "changed\n")
      let base = try await workspace.snapshot()
      let change = FileChange(path: "a.txt", content: .file(bytes: [1, 2], isExecutable: false))
      let target = try await workspace.derive(from: base, applying: [change])
      _ = try await workspace.diff(from: base, to: target)
      _ = try await workspace.apply(from: base, to: target)
      #expect(access(trace, F_OK) != 0)
    }
  }

  @Test("files that change while they are read never break a snapshot, and the last one is right")
  func concurrentEdits() async throws {
    try await Playground.withRepository { playground in
      let workspace = try playground.open()
      let root = playground.root
      async let writer: Void = {
        for round in 0..<150 {
          try playground.write("a.txt", String(repeating: "round \(round)\n", count: 1 + round * 37 % 500))
          try playground.write("d\(round % 3)/f", "\(round)")
          if round % 5 == 0 { try FileManager.default.removeItem(atPath: "\(root)/d\(round % 3)") }
          await Task.yield()
        }
      }()
      for _ in 0..<20 { _ = try await workspace.snapshot() }
      try await writer
      let tree = try await workspace.snapshot()
      #expect(try tree.hex == playground.gitTree())
      #expect(try await workspace.contents(of: "a.txt", in: tree) == playground.bytes("a.txt"))
    }
  }

  @Test("a rewrite of the same length right after a snapshot is seen")
  func racyRewrite() async throws {
    try await Playground.with { playground in
      let workspace = try playground.open()
      for round in 0..<30 {
        try playground.write("f", "\(round % 10)")
        let tree = try await workspace.snapshot()
        #expect(try await workspace.contents(of: "f", in: tree) == Array("\(round % 10)".utf8))
      }
    }
  }
}
