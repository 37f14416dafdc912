import Domain
import Glibc
import Sandbox
import TestSupport
import Testing

@Suite("Files handed back by a run", .timeLimit(.minutes(5)))
struct CollectTests {
  @Test("regular files come back, from the workspace and from private directories", arguments: Starter.possible)
  func regular(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let report = machine.root + "/report.xml"
      let result = try await machine.shell(
        "echo workspace >report.xml; echo tmp >/tmp/x; : >/tmp/empty; head -c 3000000 /dev/zero >/tmp/large",
        collect: [report: 100, "/tmp/x": 100, "/tmp/empty": 100, "/tmp/large": 3_000_000, "/tmp/missing": 100]
      )
      #expect(result.files[report] == Array("workspace\n".utf8))
      #expect(result.files["/tmp/x"] == Array("tmp\n".utf8))
      #expect(result.files["/tmp/empty"] == [])
      #expect(result.files["/tmp/large"] == [UInt8](repeating: 0, count: 3_000_000))
      #expect(result.files["/tmp/missing"] == nil)
      #expect(result.refusedFiles.keys.sorted() == ["/tmp/missing"])
    }
  }

  @Test(
    "anything but a regular file within its limit is refused",
    arguments: [
      ("mkfifo /tmp/x", "is not a regular file"), ("ln -s /etc/passwd /tmp/x", "is a symbolic link"),
      ("mkdir /tmp/x", "is not a regular file"), ("head -c 101 /dev/zero >/tmp/x", "is larger than its limit"),
      ("truncate -s 1T /tmp/x", "is larger than its limit"), ("echo x >/tmp/x; chmod 000 /tmp/x", "Permission denied"),
      ("python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"/tmp/x\")'", "is a socket or device"),
    ]
  )
  func refused(make: String, reason: String) async throws {
    try await withMachine { machine in
      let result = try await machine.shell(
        make,
        limits: SandboxLimits(wallSeconds: 20, fileBytes: 2 << 40),
        collect: ["/tmp/x": 100]
      )
      #expect(result.termination == .exited(code: 0), "\(result.errors)")
      #expect(result.files.isEmpty)
      #expect(result.refusedFiles == ["/tmp/x": reason])
    }
  }

  @Test("files of a run that was killed at its deadline come back too")
  func afterDeadline() async throws {
    try await withMachine { machine in
      let result = try await machine.shell(
        "echo partial >/tmp/x; sleep 1000",
        limits: SandboxLimits(wallSeconds: 0.5),
        collect: ["/tmp/x": 100]
      )
      #expect(result.termination == .timedOut(seconds: 0.5))
      #expect(result.files["/tmp/x"] == Array("partial\n".utf8))
    }
  }
}
