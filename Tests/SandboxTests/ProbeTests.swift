import Domain
import EventLoop
import Glibc
import Sandbox
import TestSupport
import Testing

@Suite("What the machine offers", .timeLimit(.minutes(5)))
struct ProbeTests {
  @Test("the probe names the tier and what was found", arguments: Starter.possible)
  func findings(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      #expect(machine.sandbox.tier == .full)
      #expect(machine.sandbox.findings.contains { $0.severity == .good })
      let keepsRoot = machine.sandbox.findings.contains { $0.summary.contains("root's user id") }
      #expect(keepsRoot == (starter == .unmappedRoot))
    }
  }

  @Test("a launcher that is not there is an error that says where it was looked for")
  func missingLauncher() async throws {
    _ = try await withEventLoop { loop in
      await #expect {
        _ = try await Sandbox.probe(loop: loop, launcher: "/nowhere/baton-sandbox")
      } throws: { error in
        guard let error = error as? SandboxError else { return false }
        return error.code == .launcherMissing && error.message.contains("/nowhere/baton-sandbox")
      }
    }
  }

  @Test("without user namespaces the probe refuses, names the step, and runs unisolated only when told to")
  func noNamespaces() async throws {
    // `unshare --user` with the limit of nested namespaces at 0: what a hardened machine answers.
    try await withTemporaryDirectory { directory in
      let script = directory + "/launch"
      let launcher = try builtLauncher()
      let text = """
        #!/bin/sh
        exec /usr/bin/unshare --user --map-current-user --keep-caps /bin/sh -c \
        'echo 0 >/proc/sys/user/max_user_namespaces; exec /usr/bin/setpriv --bounding-set -all --inh-caps -all \(launcher)'
        """
      try write(Array(text.utf8), to: script, mode: 0o755)
      let root = directory + "/workspace"
      try makeDirectory(root)
      try write("original\n", to: root + "/file.txt")
      try await withEventLoop { loop in
        await #expect {
          _ = try await Sandbox.probe(loop: loop, launcher: script)
        } throws: { error in
          guard let error = error as? SandboxError else { return false }
          return error.code == .unavailable && error.message.contains("user namespace")
        }
        let sandbox = try await Sandbox.probe(loop: loop, allowsNone: true, launcher: script)
        #expect(sandbox.tier == .none)
        let result = try await sandbox.run(
          SandboxedCommand(arguments: ["/bin/sh", "-c", "cat file.txt; echo changed >file.txt; echo x >out"]),
          policy: SandboxPolicy(root: root, collect: [root + "/out": 10])
        )
        #expect(result.tier == .none)
        #expect(result.output == "original\n")
        #expect(result.files[root + "/out"] == Array("x\n".utf8))
        #expect(try read(root + "/file.txt") == Array("original\n".utf8))
        #expect(!exists(root + "/out"))
      }
    }
  }

  @Test("in a container without a fresh /proc, runs see names of other processes and nothing more")
  func container() async throws {
    // A /proc that is partly covered, as container engines leave it: the kernel then gives no fresh one.
    try await withTemporaryDirectory { directory in
      let script = directory + "/launch"
      let launcher = try builtLauncher()
      let text = """
        #!/bin/sh
        exec /usr/bin/unshare --user --map-root-user --mount /bin/sh -c \
        'mount --bind /dev/null /proc/cpuinfo && exec \(launcher)'
        """
      try write(Array(text.utf8), to: script, mode: 0o755)
      let root = directory + "/workspace"
      try makeDirectory(root)
      try await withEventLoop { loop in
        let sandbox = try await Sandbox.probe(loop: loop, launcher: script)
        #expect(sandbox.tier == .fullWithoutProc)
        #expect(sandbox.findings.first?.severity == .warning)
        let result = try await sandbox.run(
          SandboxedCommand(arguments: [
            "/bin/sh", "-c",
            "cat /proc/\(getpid())/environ 2>/dev/null && echo read it; kill -0 \(getpid()) 2>/dev/null && echo signalled; echo end",
          ]),
          policy: SandboxPolicy(root: root)
        )
        #expect(result.output == "end\n", "\(result.errors)")
      }
    }
  }

  @Test("a test suite with pytest runs green inside, with the tool chain of whoever runs the tests")
  func pytest() async throws {
    try await withTemporaryDirectory { root in
      try write(
        """
        import asyncio, multiprocessing, os, pathlib, subprocess, tempfile, threading
        def test_tmp(tmp_path): (tmp_path / "x").write_text("y")
        def test_subprocess(): assert subprocess.run(["sh", "-c", "exit 3"]).returncode == 3
        def test_pool():
            with multiprocessing.get_context("spawn").Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]
        def test_server():
            async def main():
                async def serve(r, w): w.write(await r.readline()); w.close()
                server = await asyncio.start_server(serve, "127.0.0.1", 0)
                r, w = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
                w.write(b"hi\\n"); assert await r.read() == b"hi\\n"; server.close()
            asyncio.run(main())
        def test_threads():
            e = threading.Event(); threading.Thread(target=e.set).start(); assert e.wait(5)
        def test_cache(): pathlib.Path("written").write_text("x")
        """,
        to: root + "/test_suite.py"
      )
      try await withEventLoop { loop in
        let sandbox = try await Sandbox.probe(loop: loop)
        let result = try await sandbox.run(
          SandboxedCommand(arguments: ["python3", "-m", "pytest", "-q", "--junitxml=/tmp/report.xml"]),
          policy: SandboxPolicy(root: root, collect: ["/tmp/report.xml": 1 << 20])
        )
        #expect(result.termination == .exited(code: 0), "\(result.output)\(result.errors)")
        #expect(result.output.contains("6 passed"))
        #expect(result.files["/tmp/report.xml"] != nil)
        #expect(!exists(root + "/written"))
      }
    }
  }
}
