import Domain
import Glibc
import Sandbox
import TestSupport
import Testing

@Suite("Changes laid over the workspace", .timeLimit(.minutes(5)))
struct ChangesTests {
  private static func file(_ path: String, _ text: String, isExecutable: Bool = false) throws -> FileChange {
    FileChange(path: try RelativePath(path), content: .file(bytes: Array(text.utf8), isExecutable: isExecutable))
  }

  private static func link(_ path: String, _ target: String) throws -> FileChange {
    FileChange(path: try RelativePath(path), content: .symbolicLink(target: target))
  }

  private static func deleted(_ path: String) throws -> FileChange {
    FileChange(path: try RelativePath(path), content: .deleted)
  }

  @Test(
    "files are written, replaced, linked and deleted, and the live directory keeps its own",
    arguments: Starter.possible
  )
  func all(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      try makeDirectory(machine.root + "/package", mode: 0o777)
      try write("old\n", to: machine.root + "/package/only.py")
      try write("gone\n", to: machine.root + "/gone.txt")
      try machine.handOver()
      let result = try await machine.shell(
        "cat file.txt a/b/c.txt; ./run.sh; readlink link; ls -A; stat -c '%a' file.txt run.sh",
        changes: [
          Self.file("file.txt", "changed\n"), Self.file("a/b/c.txt", "deep\n"),
          Self.file("run.sh", "#!/bin/sh\necho ran\n", isExecutable: true), Self.link("link", "../anywhere"),
          Self.deleted("gone.txt"), Self.deleted("package/only.py"), Self.deleted("never/there.txt"),
        ]
      )
      #expect(
        result.output == "changed\ndeep\nran\n../anywhere\na\nfile.txt\nlink\nrun.sh\n644\n755\n",
        "\(result.errors)"
      )
      #expect(try read(machine.root + "/file.txt") == Array("original\n".utf8))
      #expect(try read(machine.root + "/package/only.py") == Array("old\n".utf8))
      #expect(exists(machine.root + "/gone.txt") && !exists(machine.root + "/a"))
    }
  }

  @Test("a file may become a directory, and a directory a file")
  func kinds() async throws {
    try await withMachine { machine in
      try makeDirectory(machine.root + "/folder")
      try write("inner\n", to: machine.root + "/folder/inner.txt")
      let result = try await machine.shell(
        "cat file.txt/inside; cat folder",
        changes: [
          Self.file("file.txt/inside", "now a directory\n"), Self.deleted("folder/inner.txt"),
          Self.file("folder", "now a file\n"),
        ]
      )
      #expect(result.output == "now a directory\nnow a file\n", "\(result.errors)")
    }
  }

  @Test("links in the workspace are never followed when changes are applied", arguments: Starter.possible)
  func symlinkEscape(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let outside = machine.directory + "/outside"
      try makeDirectory(outside, mode: 0o777)
      chmod(outside, 0o777)
      try write("untouched\n", to: outside + "/target")
      symlink(outside, machine.root + "/folder")
      symlink(outside + "/target", machine.root + "/leaf")
      let result = try await machine.shell(
        "cat leaf folder/target; test -L leaf || echo leaf is a file; test -L folder || echo folder is a directory",
        changes: [Self.file("leaf", "new leaf\n"), Self.file("folder/target", "new target\n")]
      )
      #expect(result.output == "new leaf\nnew target\nleaf is a file\nfolder is a directory\n", "\(result.errors)")
      #expect(try read(outside + "/target") == Array("untouched\n".utf8))
    }
  }

  @Test("changes that do not fit are an error that names the file")
  func noSpace() async throws {
    try await withMachine { machine in
      await #expect {
        _ = try await machine.shell(
          "echo ran",
          limits: SandboxLimits(workspaceBytes: 1 << 20),
          changes: [Self.file("big.bin", String(repeating: "x", count: 4 << 20))]
        )
      } throws: { error in
        guard let error = error as? SandboxError else { return false }
        return error.code == .changeFailed && error.message.contains("big.bin")
      }
    }
  }

  @Test("two thousand changes are applied")
  func many() async throws {
    try await withMachine { machine in
      let changes = try (0..<2_000).map { try Self.file("d\($0 % 50)/f\($0)", "\($0)") }
      let result = try await machine.shell("find . -name 'f*' -type f | wc -l", changes: changes)
      #expect(result.output.trimmingSpaces == "2001", "\(result.errors)")
    }
  }
}

extension String {
  fileprivate var trimmingSpaces: String { String(self.filter { !$0.isWhitespace }) }
}
