import Domain
import EventLoop
import Glibc
import Sandbox
import TestSupport
import Testing

/// A word that stands in the command line of a test's own processes, so that they can be looked for.
private func uniqueMark() -> String {
  "baton-mark-\(getpid())-\(UInt32.random(in: .min ... .max))"
}

/// Whether a process with `mark` in its command line is alive.
private func isAlive(_ mark: String) throws -> Bool {
  guard let proc = opendir("/proc") else { throw TestSupportError("/proc cannot be read") }
  defer { closedir(proc) }
  while let entry = readdir(proc) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    guard let pid = Int32(name), pid != getpid() else { continue }
    // A process may end while it is looked at.
    guard let line = try? read("/proc/\(pid)/cmdline") else { continue }
    if String(decoding: line, as: UTF8.self).contains(mark) { return true }
  }
  return false
}

/// Waits until no process with `mark` is alive.
private func expectGone(_ mark: String, within seconds: Double) async throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while try isAlive(mark) {
    guard ContinuousClock.now < deadline else { throw TestSupportError("a process with \(mark) is still alive") }
    await Task.yield()
  }
}

@Suite("The life of a run's processes", .timeLimit(.minutes(5)))
struct LifetimeTests {
  @Test("a daemon the run leaves behind is gone when the run has returned", arguments: Starter.possible)
  func daemon(starter: Starter) async throws {
    let mark = uniqueMark()
    try await withMachine(starter) { machine in
      let result = try await machine.python(
        """
        import os, sys
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execvp("sh", ["sh", "-c", "echo daemon; trap '' HUP TERM INT; sleep 1000; : \(mark)"])
            os._exit(0)
        os.wait()
        print("runner ends")
        """
      )
      #expect(result.termination == .exited(code: 0))
      #expect(result.output.contains("runner ends"))
      #expect(try !isAlive(mark))
    }
  }

  @Test("cancelling kills the whole tree before it returns", arguments: Starter.possible)
  func cancellation(starter: Starter) async throws {
    let mark = uniqueMark()
    try await withMachine(starter) { machine in
      let run = Task {
        try await machine.shell("trap '' TERM; (setsid sh -c 'sleep 1000; : \(mark)' &); sleep 1000; : \(mark)")
      }
      while try !isAlive(mark) { await Task.yield() }
      let start = ContinuousClock.now
      run.cancel()
      await #expect { _ = try await run.value } throws: { ($0 as? SandboxError)?.code == .cancelled }
      // It takes milliseconds; the limit is for machines with more to do than these tests.
      #expect(ContinuousClock.now - start < .seconds(15))
      #expect(try !isAlive(mark))
    }
  }

  @Test("a task that is cancelled already runs nothing")
  func cancelledBefore() async throws {
    try await withMachine { machine in
      let run = Task {
        withUnsafeCurrentTask { $0?.cancel() }
        return try await machine.shell("echo ran")
      }
      await #expect { _ = try await run.value } throws: { ($0 as? SandboxError)?.code == .cancelled }
    }
  }

  @Test("a killed launcher leaves nothing behind", arguments: Starter.possible)
  func launcherKilled(starter: Starter) async throws {
    let mark = uniqueMark()
    try await withMachine(starter) { machine in
      let session = try await machine.sandbox.start(
        SandboxedCommand(arguments: [
          "/bin/sh", "-c", "(setsid sh -c 'sleep 1000; : \(mark)' &); echo up; sleep 1000; : \(mark)",
        ]),
        policy: SandboxPolicy(root: machine.root)
      )
      #expect(try await session.nextLine(bytesMax: 100) == Array("up".utf8))
      #expect(try isAlive(mark))
      Glibc.kill(session.processID, SIGKILL)
      try await expectGone(mark, within: 5)
      _ = await session.finish()
    }
  }

  @Test("a daemon that is killed takes its runs with it", arguments: Starter.possible)
  func parentKilled(starter: Starter) async throws {
    // The launcher's reader stands for the daemon: when its end of the status pipe is gone, so is the run.
    let mark = uniqueMark()
    try await withMachine(starter) { machine in
      let session = try await machine.sandbox.start(
        SandboxedCommand(arguments: ["/bin/sh", "-c", "echo up; sleep 1000; : \(mark)"]),
        policy: SandboxPolicy(root: machine.root)
      )
      #expect(try await session.nextLine(bytesMax: 100) == Array("up".utf8))
      #expect(try isAlive(mark))
      await session.abandonDescriptors()
      try await expectGone(mark, within: 5)
    }
  }

  @Test("a run that hangs in a thousand processes ends quickly")
  func manyProcesses() async throws {
    let mark = uniqueMark()
    try await withMachine { machine in
      let result = try await machine.shell(
        "i=0; while [ $i -lt 400 ]; do (sleep 1000; : \(mark)) & i=$((i+1)); done; echo all",
        limits: SandboxLimits(wallSeconds: 20, processes: 1_000)
      )
      #expect(result.output == "all\n")
      #expect(try !isAlive(mark))
    }
  }

  @Test("a session answers line by line, and its end is a result", arguments: Starter.possible)
  func session(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let session = try await machine.sandbox.start(
        SandboxedCommand(arguments: ["/bin/sh", "-c", "while read line; do echo \"got $line\"; done; echo bye; exit 3"]
        ),
        policy: SandboxPolicy(root: machine.root)
      )
      for word in ["one", "two"] {
        try await session.send(Array("\(word)\n".utf8))
        #expect(try await session.nextLine(bytesMax: 100) == Array("got \(word)".utf8))
      }
      let result = await session.finish()
      #expect(result.termination == .exited(code: 3))
      #expect(result.output == "bye\n")
      await #expect { try await session.send(Array("late\n".utf8)) } throws: { ($0 as? SandboxError)?.code == .ended }
      #expect(try await session.nextLine(bytesMax: 100) == nil)
    }
  }

  @Test("a session's line over its limit is an error, not memory")
  func longLine() async throws {
    try await withMachine { machine in
      let session = try await machine.sandbox.start(
        SandboxedCommand(arguments: ["/bin/sh", "-c", "head -c 100000000 /dev/zero"]),
        policy: SandboxPolicy(root: machine.root)
      )
      await #expect { _ = try await session.nextLine(bytesMax: 1_000) } throws: {
        ($0 as? SandboxError)?.code == .lineTooLong
      }
      await session.kill()
    }
  }

  @Test("a session that is killed, or let go, leaves nothing behind")
  func sessionEnds() async throws {
    try await withMachine { machine in
      let marks = [uniqueMark(), uniqueMark()]
      func start(_ mark: String) async throws -> SandboxSession {
        let session = try await machine.sandbox.start(
          SandboxedCommand(arguments: ["/bin/sh", "-c", "echo up; sleep 1000; : \(mark)"]),
          policy: SandboxPolicy(root: machine.root)
        )
        #expect(try await session.nextLine(bytesMax: 10) == Array("up".utf8))
        return session
      }
      let killed = try await start(marks[0])
      await killed.kill()
      #expect(try !isAlive(marks[0]))
      _ = try await start(marks[1])
      try await expectGone(marks[1], within: 5)
    }
  }
}
