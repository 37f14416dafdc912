import Domain
import Sandbox
import TestSupport
import Testing

@Suite("The limits of a run", .timeLimit(.minutes(5)))
struct LimitTests {
  @Test("a hanging command is killed at its deadline, with all it started", arguments: Starter.possible)
  func deadline(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let clock = ContinuousClock()
      let start = clock.now
      let result = try await machine.shell(
        "trap '' TERM; echo begun; (setsid sleep 1000 &); sleep 1000",
        limits: SandboxLimits(wallSeconds: 0.5)
      )
      #expect(result.termination == .timedOut(seconds: 0.5))
      #expect(result.limit == .wallTime)
      #expect(result.output == "begun\n")
      #expect(clock.now - start < .seconds(20))
    }
  }

  @Test("a fork bomb meets the limit of processes", arguments: Starter.possible)
  func forkBomb(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let result = try await machine.python(
        """
        import os, time
        count = 0
        try:
            while count < 3000:
                if os.fork() == 0:
                    time.sleep(60); os._exit(0)
                count += 1
        except OSError:
            print("refused", count < 70, flush=True)
            os._exit(0)
        print("unbounded")
        """,
        limits: SandboxLimits(wallSeconds: 20, processes: 64)
      )
      #expect(!result.output.contains("unbounded"))
      if starter == .unmappedRoot {
        // The kernel does not count root's processes; the sandbox's first process does.
        #expect(result.limit == .processes)
      } else {
        #expect(result.output == "refused True\n", "\(result.errors)")
      }
    }
  }

  @Test("one process that takes too much memory is refused it", arguments: Starter.possible)
  func memoryBomb(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let result = try await machine.python(
        """
        try:
            data = bytearray(1 << 30); print("got it")
        except MemoryError:
            print("refused")
        """,
        limits: SandboxLimits(wallSeconds: 20, memoryBytes: 256 << 20)
      )
      #expect(result.output == "refused\n", "\(result.errors)")
    }
  }

  @Test("many processes that take too much memory together are killed")
  func memoryOfMany() async throws {
    try await withMachine { machine in
      let result = try await machine.python(
        """
        import os, time
        for _ in range(6):
            if os.fork() == 0:
                data = bytearray(os.urandom(1 << 20) * 60); time.sleep(60)
        time.sleep(60)
        """,
        limits: SandboxLimits(wallSeconds: 30, memoryBytes: 128 << 20)
      )
      #expect(result.limit == .memory)
      #expect(result.termination == .signalled(number: 9))
    }
  }

  @Test("a run cannot fill the disk, by bytes or by files", arguments: Starter.possible)
  func diskFill(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let result = try await machine.python(
        """
        import errno
        def attempt(name, act):
            try:
                act(); print(name, "unbounded")
            except OSError as error:
                print(name, errno.errorcode[error.errno])
        def fill(path):
            with open(path, "wb") as f:
                for _ in range(64): f.write(bytes(1 << 20))
        def inodes():
            for i in range(2000): open("f%d" % i, "w").close()
        attempt("workspace", lambda: fill("big"))
        attempt("tmp", lambda: fill("/tmp/big"))
        attempt("shm", lambda: fill("/dev/shm/big"))
        import os
        for path in ("big", "/tmp/big", "/dev/shm/big"): os.unlink(path)
        attempt("inodes", inodes)
        """,
        limits: SandboxLimits(wallSeconds: 20, workspaceBytes: 16 << 20, workspaceInodes: 1_000)
      )
      #expect(result.output == "workspace ENOSPC\ntmp ENOSPC\nshm ENOSPC\ninodes ENOSPC\n", "\(result.errors)")
    }
  }

  @Test("one file cannot be larger than its limit")
  func fileSize() async throws {
    try await withMachine { machine in
      let result = try await machine.shell(
        "head -c 3000000 /dev/zero >big",
        limits: SandboxLimits(wallSeconds: 20, fileBytes: 1 << 20)
      )
      #expect(result.termination == .exited(code: 1) || result.termination == .exited(code: 153))
    }
  }

  @Test("a gigabyte of output is cut, and its writer killed", arguments: Starter.possible)
  func output(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let result = try await machine.shell(
        "echo first; head -c 1073741824 /dev/zero | tr '\\0' 'x'; echo last",
        limits: SandboxLimits(wallSeconds: 30, outputBytes: 8 << 20)
      )
      #expect(result.termination == .outputLimit(bytes: 8 << 20))
      #expect(result.limit == .output)
      #expect(result.output.hasPrefix("first\nxxx"))
      #expect(result.output.contains("bytes left out"))
      #expect(result.output.utf8.count <= CappedBytes.headBytesMax + CappedBytes.tailBytesMax + 100)
      #expect(result.standardOutput.totalBytes < 512 << 20)
    }
  }

  @Test("processor time of one process is limited")
  func processorTime() async throws {
    try await withMachine { machine in
      let result = try await machine.shell(
        "while :; do :; done",
        limits: SandboxLimits(wallSeconds: 30, cpuSeconds: 1)
      )
      #expect(result.termination == .signalled(number: 24))
      #expect(result.cpuSeconds > 0.5 && result.cpuSeconds < 10)
    }
  }

  @Test("a limit of zero is refused")
  func zero() async throws {
    try await withMachine { machine in
      await #expect {
        _ = try await machine.shell("true", limits: SandboxLimits(processes: 0))
      } throws: {
        ($0 as? SandboxError)?.code == .invalidPolicy
      }
    }
  }
}

@Suite("Bytes with the middle left out")
struct CappedBytesTests {
  @Test("what fits is kept whole")
  func small() {
    var bytes = CappedBytes()
    bytes.append(Array("one ".utf8))
    bytes.append(Array("two".utf8))
    #expect(bytes.text == "one two")
    #expect(bytes.totalBytes == 7)
  }

  @Test("of what does not fit, the beginning and the end are kept", arguments: [1_000, 65_536, 9_000_000])
  func large(chunk: Int) {
    var bytes = CappedBytes()
    let total = 9_000_000
    var count = 0
    while count < total {
      let size = min(chunk, total - count)
      bytes.append((count..<count + size).map { UInt8($0 % 251) })
      count += size
    }
    #expect(bytes.totalBytes == total)
    #expect(bytes.head == (0..<CappedBytes.headBytesMax).map { UInt8($0 % 251) })
    #expect(bytes.tail == (total - CappedBytes.tailBytesMax..<total).map { UInt8($0 % 251) })
    let missing = total - CappedBytes.headBytesMax - CappedBytes.tailBytesMax
    #expect(bytes.text.contains("… \(missing) bytes left out …"))
  }
}
