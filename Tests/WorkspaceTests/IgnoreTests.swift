import Domain
import Testing
import Workspace

@Suite(.timeLimit(.minutes(1)))
struct IgnoreTests {
  @Test("ignore rules leave out what git leaves out, for random rules and names", arguments: 1...16)
  func equalsGit(_ seed: Int) async throws {
    try await Playground.with { playground in
      var random = Random(state: UInt64(seed))
      let names = ["a", "b", "ab", "abc", "a.o", "b.log", "x y", "a-b", "[a]", "*", "foo", "\\a"]
      // A name may be a folder already; then it stays one.
      let script = (0..<40).map { _ in
        let depth = 1 + random.next(below: 4)
        let path = (0..<depth).map { _ in names[random.next(below: names.count)] }.joined(separator: "/")
        return "mkdir -p -- \"$(dirname '\(path)')\" 2>/dev/null && touch -- '\(path)'"
      }
      try playground.shell(script.joined(separator: "\n") + "\ntrue")
      try playground.shell("git init -q .")
      for folder in ["", "a/", "foo/", "ab/a/"] where random.next(below: 3) > 0 {
        let rules = (0..<(1 + random.next(below: 5))).map { _ in Self.rule(&random) }.joined(separator: "\n") + "\n"
        try playground.shell("mkdir -p './\(folder)' || true")
        try playground.shell("[ ! -d './\(folder)' ] || cat > './\(folder).gitignore' << 'END'\n\(rules)END")
      }
      try playground.shell("cat > .git/info/exclude << 'END'\n\(Self.rule(&random))\nEND")
      let workspace = try playground.open()
      let tree = try await workspace.snapshot()
      let rules = try playground.shell("tail -n +1 .git/info/exclude $(find . -name .gitignore)")
      let git = try playground.shell("git ls-files -z -o --exclude-standard | tr '\\0' '\\n' | sort")
      let ours = try await workspace.entries(of: tree).paths.sorted {
        Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8))
      }
      #expect(ours.map { $0 + "\n" }.joined() == git, "\(rules)")
    }
  }

  private static func rule(_ random: inout Random) -> String {
    let parts = [
      "a", "b", "foo", "*", "**", "?", "*.o", "a*", "*b", "[a-c]", "[!a]", "[[:alpha:]]b", "\\*", "a?c", "**b", "[]a]",
      "[a", "x y", "\\[a\\]", "[[:punct:]]", "*[.-]*", "\\\\a", "[\\*]",
    ]
    var text = (0..<(1 + random.next(below: 3))).map { _ in parts[random.next(below: parts.count)] }.joined(
      separator: "/"
    )
    if random.next(below: 4) == 0 { text = "/" + text }
    if random.next(below: 4) == 0 { text += "/" }
    if random.next(below: 3) == 0 { text = "!" + text }
    if random.next(below: 8) == 0 { text += "  " }
    if random.next(below: 8) == 0 { text += "\r" }
    return random.next(below: 12) == 0 ? "#" + text : text
  }

  @Test("the repository's rules hold in a workspace that is a folder inside it")
  func subfolder() async throws {
    try await Playground.withRepository([
      ".gitignore": "*.o\n/pkg/out\n", "pkg/a.c": "a", "pkg/sub/.gitignore": "!k.o\n",
    ]) {
      playground in
      try playground.shell("mkdir pkg/out && touch pkg/out/x pkg/a.o pkg/b.c pkg/sub/k.o pkg/sub/l.o")
      let workspace = try Workspace(root: playground.path("pkg"), storeDirectory: playground.state)
      #expect(workspace.isGitRepository)
      let tree = try await workspace.snapshot()
      #expect(try await workspace.entries(of: tree).paths == ["a.c", "b.c", "sub/.gitignore", "sub/k.o"])
      try playground.shell("mkdir hidden && echo hidden >> .gitignore && touch hidden/file")
      let alone = try Workspace(root: playground.path("hidden"), storeDirectory: playground.state)
      #expect(!alone.isGitRepository)
      #expect(try await alone.entries(of: alone.snapshot()).paths == ["file"])
    }
  }

  @Test("a tracked file stays although rules leave it out, and untracked ones beside it do not")
  func trackedWins() async throws {
    try await Playground.withRepository(["out/kept.txt": "k"]) { playground in
      try playground.write(".gitignore", "out/\n")
      try playground.write("out/other.txt", "o")
      let workspace = try playground.open()
      for _ in 0..<2 {
        let tree = try await workspace.snapshot()
        #expect(try await workspace.entries(of: tree).paths == [".gitignore", "out/kept.txt"])
      }
    }
  }

  @Test("a pattern made to be slow is not", .timeLimit(.minutes(1)))
  func slowPattern() async throws {
    try await Playground.with { playground in
      try playground.write(
        ".gitignore",
        String(repeating: "*a", count: 60) + "b\n" + String(repeating: "**/a", count: 60)
      )
      try playground.write(String(repeating: "a", count: 200), "x")
      let workspace = try playground.open()
      #expect(try await workspace.entries(of: workspace.snapshot()).count == 2)
    }
  }
}
