import EventLoop
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("baton fix with bad input", .timeLimit(.minutes(5)))
struct BadInputTests {
  @Test(
    "bad usage is exit code 2 with a sentence that names what is wrong",
    arguments: [
      (["fix", "/nonexistent/folder"], "/nonexistent/folder"),
      (["fix", "/etc/passwd"], "is not a folder"),
      (["fix", "/"], "/"),
      (["fix", "--max-seconds", "0"], "--max-seconds"),
      (["fix", "--budget-usd", "-1"], "--budget-usd"),
      (["fix", "--test", "  "], "--test is empty"),
      (["fix", "--no-such-option"], "--no-such-option"),
      (["fixx"], "fixx"),
      (["apply", "zzzzzzzzzz"], "zzzzzzzzzz"),
      (["undo", "zzzzzzzzzz"], "zzzzzzzzzz"),
    ]
  )
  func usage(_ arguments: [String], _ phrase: String) async throws {
    try await withBaton { baton, _ in
      let output = try await runCommand(
        [productsDirectory() + "/baton"] + arguments,
        environment: testEnvironment(["BATON_STATE_DIR": baton.stateDirectory])
      )
      #expect(output.status == 2, "\(output.text)\(output.errorText)")
      #expect(output.errorText.contains(phrase), "\(output.errorText)")
    }
  }

  @Test("a folder without tests is exit code 2 and the message says what was looked for")
  func noTests() async throws {
    try await withBaton { baton, root in
      try ExampleRepository(files: ["README.md": "nothing here\n"]).write(to: root)
      let output = try await baton("fix", root)
      #expect(output.status == 2)
      #expect(output.errorText.contains("--test") || output.text.contains("--test"))
    }
  }

  @Test("an empty folder is exit code 2")
  func emptyFolder() async throws {
    try await withBaton { baton, root in
      let output = try await baton("fix", root)
      #expect(output.status == 2, "\(output.errorText)")
    }
  }

  @Test("a test command that hangs ends at the time limit with exit code 4, and no process survives")
  func hangs() async throws {
    try await withBaton { baton, root in
      try ExampleRepository.healthy.write(to: root)
      let marker = "4\(Int.random(in: 100_000...999_999))"
      let output = try await baton("fix", root, "--test", "sleep \(marker)", "--max-seconds", "2")
      #expect(output.status == 4, "\(output.text)\(output.errorText)")
      #expect(try processes(withCommandLine: "sleep \(marker)").isEmpty)
    }
  }

  @Test("a test command that leaves a daemon behind leaves nothing behind")
  func forksDaemons() async throws {
    try await withBaton { baton, root in
      try await ExampleRepository.wrongComparison.writeAsGitRepository(to: root)
      let marker = "5\(Int.random(in: 100_000...999_999))"
      let command = "setsid sleep \(marker) & python3 -m pytest -q"
      let output = try await baton("fix", root, "--json", "--test", command)
      #expect(output.status == 0, "\(output.errorText)")
      #expect(try processes(withCommandLine: "sleep \(marker)").isEmpty)
    }
  }

  @Test("a test command that prints a gigabyte is cut off with a clear message")
  func printsGigabyte() async throws {
    try await withBaton { baton, root in
      try ExampleRepository.healthy.write(to: root)
      let output = try await baton("fix", root, "--test", "head -c 1000000000 /dev/zero", "--max-seconds", "60")
      #expect(output.status == 2, "\(output.text)\(output.errorText)")
      #expect((output.text + output.errorText).contains("output"))
    }
  }

  @Test("a test command that does not exist is exit code 2 and is named")
  func commandNotFound() async throws {
    try await withBaton { baton, root in
      try ExampleRepository.healthy.write(to: root)
      let output = try await baton("fix", root, "--test", "no-such-command-here")
      #expect(output.status == 2, "\(output.text)\(output.errorText)")
      #expect((output.text + output.errorText).contains("no-such-command-here"))
    }
  }

  @Test("a link loop, a pipe, a socket name and a 2 GB file do not disturb; what is left out is said")
  func oddFiles() async throws {
    try await withBaton { baton, root in
      try await ExampleRepository.wrongComparison.writeAsGitRepository(to: root)
      try FileManager.default.createSymbolicLink(atPath: root + "/loop", withDestinationPath: "loop")
      try FileManager.default.createSymbolicLink(atPath: root + "/dangling", withDestinationPath: "/no/such/target")
      #expect(mkfifo(root + "/pipe", 0o644) == 0)
      let descriptor = open(root + "/huge.bin", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
      #expect(ftruncate(descriptor, 2_147_483_648) == 0)
      close(descriptor)
      let output = try await baton("fix", root, "--json")
      #expect(output.status == 0, "\(output.errorText)")
      let notices = try Document(output).notices
      #expect(notices.contains { $0.contains("pipe") })
      #expect(notices.contains { $0.contains("huge.bin") })
    }
  }

  @Test("an interrupt cancels: exit code 130, and no process survives")
  func interrupt() async throws {
    try await withBaton { baton, root in
      try ExampleRepository.healthy.write(to: root)
      let marker = "6\(Int.random(in: 100_000...999_999))"
      let output = try await baton("fix", root, "--test", "sleep \(marker)") { process in
        while try processes(withCommandLine: "sleep \(marker)").isEmpty { await Task.yield() }
        await process.kill(SIGINT)
      }
      #expect(output.status == 130, "\(output.text)\(output.errorText)")
      #expect(try processes(withCommandLine: "sleep \(marker)").isEmpty)
    }
  }
}
