import Domain
import Testing
import Workspace

@Suite(.timeLimit(.minutes(1)))
struct StoreTests {
  @Test("many new files become one pack that git verifies, and no loose objects")
  func onePack() async throws {
    try await Playground.with { playground in
      var random = Random(state: 7)
      for index in 0..<300 { try playground.write("d\(index % 7)/f\(index)", random.lines() + [UInt8(index % 256)]) }
      try playground.write("big", [UInt8](repeating: 65, count: 3_000_000))
      try playground.write("noise", (0..<70_000).map { _ in UInt8(random.next(below: 256)) })
      let workspace = try playground.open()
      let tree = try await workspace.snapshot()
      let store = workspace.storePath
      #expect(try playground.shell("ls objects/pack | sed 's/.*[.]//' | sort", in: store) == "idx\npack\n")
      #expect(try playground.shell("find objects -name '??' | wc -l", in: store) == "0\n")
      try playground.shell("git verify-pack objects/pack/*.idx && git fsck --full --strict", in: store)
      try playground.shell("git init -q . && git add -A")
      #expect(try playground.shell("git write-tree") == tree.hex + "\n")
      #expect(try await workspace.contents(of: "noise", in: tree) == playground.bytes("noise"))
    }
  }

  @Test("packs are joined when there are many, and everything is still there")
  func joinsPacks() async throws {
    try await Playground.with { playground in
      var trees: [TreeID] = []
      for round in 0..<40 {
        for index in 0..<14 { try playground.write("f\(index)", "round \(round) file \(index)\n") }
        let workspace = try playground.open()
        trees.append(try await workspace.snapshot())
      }
      let workspace = try playground.open()
      let count = try playground.shell("ls objects/pack/*.pack | wc -l", in: workspace.storePath)
      #expect(Int(count.filter(\.isNumber)) ?? 0 < 34)
      for (round, tree) in trees.enumerated() {
        let bytes = try await workspace.contents(of: "f13", in: tree)
        #expect(bytes == Array("round \(round) file 13\n".utf8))
      }
      try playground.shell("git fsck --full --strict", in: workspace.storePath)
    }
  }

  @Test("a tree outlives the daemon: a new one reads it")
  func outlives() async throws {
    try await Playground.withRepository { playground in
      let tree = try await playground.open().snapshot(overlays: ["a.txt": [1, 2, 3]])
      #expect(try await playground.open().contents(of: "a.txt", in: tree) == [1, 2, 3])
    }
  }
}
