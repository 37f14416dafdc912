import EventLoop
import Foundation
import Glibc
import JSONRPC
import TestSupport
import Testing

/// Runs `baton serve` with `arguments` while `body` uses it, then ends it with SIGTERM.
private func withDaemon(
  _ baton: BatonProgram,
  _ arguments: [String],
  _ body: @escaping @Sendable (_ loop: EventLoop, _ daemon: ChildProcess) async throws -> Void
) async throws {
  let loop = try EventLoop.start(name: "clients")
  let result = try await runCommand(
    [productsDirectory() + "/baton", "serve"] + arguments,
    environment: testEnvironment(["BATON_STATE_DIR": baton.stateDirectory])
  ) { daemon in
    let outcome: Result<Void, any Error>
    do {
      try await body(loop, daemon)
      outcome = .success(())
    } catch { outcome = .failure(error) }
    await daemon.kill(SIGTERM)
    try outcome.get()
  }
  await loop.stop()
  #expect(result.status == 0, "\(result.errorText)")
}

@Suite("baton serve", .timeLimit(.minutes(5)))
struct ServeTests {
  @Test("three clients at once submit, watch and cancel; no answer is lost")
  func threeClients() async throws {
    try await withBaton { baton, root in
      let broken = root + "/broken"
      let healthy = root + "/healthy"
      try await ExampleRepository.wrongComparison.writeAsGitRepository(to: broken)
      try ExampleRepository.healthy.write(to: healthy)
      let socket = root + "/../s/baton.sock"
      let command = "sleep 8\(Int.random(in: 100_000...999_999))"
      try await withDaemon(baton, ["--socket", socket]) { loop, _ in
        let path = SocketAddress.unix(path: socket)
        let fixer = try await DaemonClient.connect(to: path, on: loop)
        let watcher = try await DaemonClient.connect(to: path, on: loop)
        let canceller = try await DaemonClient.connect(to: path, on: loop)

        let job = try #require(
          try await fixer.call("task/submit", ["root": .string(broken)])["job"]?.string
        )
        let hanging = try #require(
          try await canceller.call("task/submit", ["root": .string(healthy), "testCommand": .string(command)])["job"]?
            .string
        )
        while try processes(withCommandLine: command).isEmpty { await Task.yield() }
        let started = ContinuousClock.now
        let cancelled = try await canceller.call("task/cancel", ["job": .string(hanging)])
        #expect(ContinuousClock.now - started < .seconds(3))
        #expect(try processes(withCommandLine: command).isEmpty)
        #expect(cancelled["state"] == "cancelled")

        let rested = try await fixer.waitForRest(of: job)
        #expect(rested["outcome"] == "fixed", "\(rested)")
        let listed = try await watcher.call("task/list", [:])
        #expect(listed["jobs"]?.array?.count == 2)
        #expect(try await watcher.call("task/get", ["job": .string(job)])["summary"]?["outcome"] == "fixed")
        let patch = try await watcher.call("patch/get", ["job": .string(job), "positionEncoding": "utf-16"])
        #expect(patch["files"]?.array?.count == 1)
        #expect(try await watcher.call("patch/apply", ["job": .string(job)])["applied"] == true)
        #expect(try await fixer.call("job/undo", ["job": .string(job)])["applied"] == true)
        for client in [fixer, watcher, canceller] {
          #expect(await client.strays.isEmpty)
          _ = try await client.call("shutdown", .null)
          await client.close()
        }
      }
    }
  }

  @Test("a client that is killed in the middle of a message harms nobody, and its job goes on")
  func killedClient() async throws {
    try await withBaton { baton, root in
      try await ExampleRepository.wrongComparison.writeAsGitRepository(to: root)
      let socket = root + "/../s/baton.sock"
      try await withDaemon(baton, ["--socket", socket]) { loop, _ in
        let path = SocketAddress.unix(path: socket)
        let watcher = try await DaemonClient.connect(to: path, on: loop)
        let script = """
          import json, os, signal, socket
          s = socket.socket(socket.AF_UNIX); s.connect("\(socket)")
          def send(**m): s.sendall((json.dumps(dict(m, jsonrpc="2.0")) + "\\n").encode())
          send(id=1, method="initialize", params={"protocolVersion": 1})
          send(method="initialized")
          send(id=2, method="task/submit", params={"root": "\(root)"})
          data = b""
          while b'"id":2' not in data.replace(b" ", b""): data += s.recv(65536)
          s.sendall(b'{"jsonrpc":"2.0","id":3,"met')
          os.kill(os.getpid(), signal.SIGKILL)
          """
        #expect(try await runCommand(["python3", "-c", script]).status == 128 + SIGKILL)
        let jobs = try await watcher.call("task/list", [:])["jobs"]?.array ?? []
        let job = try #require(jobs.first?["job"]?.string)
        var state = "running"
        while state == "running" || state == "queued" {
          state = try await watcher.call("task/get", ["job": .string(job)])["summary"]?["state"]?.string ?? ""
        }
        #expect(state == "proposed")
        await watcher.close()
      }
    }
  }

  @Test("the socket is for this user only, and its folder too; a second daemon at the same path is refused")
  func socketModes() async throws {
    try await withBaton { baton, root in
      let socket = root + "/../s/baton.sock"
      try await withDaemon(baton, ["--socket", socket]) { loop, _ in
        let client = try await DaemonClient.connect(to: .unix(path: socket), on: loop)
        var status = stat()
        #expect(stat(socket, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(stat(root + "/../s", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
        let second = try await baton("serve", "--socket", socket)
        #expect(second.status == 2)
        #expect(second.errorText.contains("baton.sock"))
        await client.close()
      }
      #expect(access(socket, F_OK) != 0, "a daemon that ends takes its socket with it")
    }
  }

  @Test("over TCP only who shows the token of a private file is served")
  func tcpToken() async throws {
    try await withBaton { baton, root in
      let file = root + "/../token"
      try Data("0123456789abcdefghij\n".utf8).write(to: URL(filePath: file))
      chmod(file, 0o644)
      let open = try await baton("serve", "--tcp", "127.0.0.1:0", "--token-file", file)
      #expect(open.status == 2)
      #expect(open.errorText.contains("0600"))
      chmod(file, 0o600)
      let port = try await freePort()
      try await withDaemon(baton, ["--tcp", "127.0.0.1:\(port)", "--token-file", file]) { loop, _ in
        let address = SocketAddress.tcp(host: "127.0.0.1", port: port)
        let client = try await DaemonClient.connect(to: address, on: loop, token: "0123456789abcdefghij")
        #expect(try await client.call("task/list", [:])["jobs"] == .array([]))
        await #expect(throws: DaemonError.self) {
          try await DaemonClient.connect(to: address, on: loop, token: "0123456789abcdefghiX")
        }
        await #expect(throws: DaemonError.self) { try await DaemonClient.connect(to: address, on: loop) }
        await client.close()
      }
      let remote = try await baton("serve", "--tcp", "0.0.0.0:0")
      #expect(remote.status == 2)
      #expect(remote.errorText.contains("--allow-remote"))
    }
  }

  @Test("without a place to serve, the usage is explained")
  func usage() async throws {
    try await withBaton { baton, _ in
      let output = try await baton("serve")
      #expect(output.status == 2)
      #expect(output.errorText.contains("--stdio"))
    }
  }
}

/// A TCP port that nobody uses just now.
private func freePort() async throws -> Int {
  let output = try await runCommand([
    "python3", "-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])",
  ])
  return Int(output.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
}
