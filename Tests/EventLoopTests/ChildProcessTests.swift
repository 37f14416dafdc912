import EventLoop
import Glibc
import TestSupport
import Testing

/// A shell command with its three standard descriptors on pipes.
private func shell(_ text: String, _ change: (inout ProcessSpecification) -> Void = { _ in }) -> ProcessSpecification {
  var specification = ProcessSpecification(
    executable: "/bin/sh",
    arguments: ["sh", "-c", text],
    environment: ["PATH": "/usr/bin:/bin"],
    descriptors: [0: .inputPipe, 1: .outputPipe, 2: .outputPipe]
  )
  change(&specification)
  return specification
}

extension ChildProcess {
  /// Everything the child writes to `descriptor`, until the end.
  fileprivate func readAll(_ descriptor: Int32 = 1) async throws -> [UInt8] {
    var all: [UInt8] = []
    while let bytes = try await read(descriptor, upTo: 65_536) { all += bytes }
    return all
  }

  fileprivate func readText(_ descriptor: Int32 = 1) async throws -> String {
    String(decoding: try await readAll(descriptor), as: UTF8.self)
  }
}

/// Starts a process, and kills, reaps and closes it after `body`.
private func withProcess<Result>(
  _ specification: ProcessSpecification,
  _ body: (ChildProcess) async throws -> Result
) async throws -> Result {
  try await withEventLoop { loop in
    let process = try await ChildProcess.spawn(specification, on: loop)
    let result: Result
    do { result = try await body(process) } catch {
      await end(process)
      throw error
    }
    await end(process)
    return result
  }
}

private func end(_ process: ChildProcess) async {
  await process.killGroup(SIGKILL)
  _ = await process.wait()
  await process.close()
}

@Suite("Child processes", .timeLimit(.minutes(1)))
struct ChildProcessTests {
  @Test("an exit code is reported as it was given", arguments: [0, 1, 77, 255] as [Int32])
  func exitCode(code: Int32) async throws {
    let exit = try await withProcess(shell("exit \(code)")) { await $0.wait() }
    #expect(exit.reason == .exited(code))
    #expect(exit.isSuccess == (code == 0))
    #expect(exit.peakMemoryBytes > 100_000)
  }

  @Test("a signal that ends the process is reported", arguments: [SIGKILL, SIGTERM, SIGSEGV])
  func signal(number: Int32) async throws {
    let exit = try await withProcess(shell("read line")) { process async throws in
      await process.kill(number)
      return await process.wait()
    }
    #expect(exit.reason == .signalled(number))
  }

  @Test("time on the processor is measured")
  func cpuTime() async throws {
    let exit = try await withProcess(shell("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done")) { await $0.wait() }
    #expect(exit.cpuSeconds > 0.005)
    #expect(exit.cpuSeconds < 30)
  }

  @Test("several callers wait for one exit, also after it")
  func severalWaiters() async throws {
    try await withProcess(shell("read line; exit 3")) { process async throws in
      async let first = process.wait()
      async let second = process.wait()
      await process.closeInput(0)
      #expect(await first.reason == .exited(3))
      #expect(await second.reason == .exited(3))
      #expect(await process.wait().reason == .exited(3))
    }
  }

  @Test(
    "a hundred processes at once all end and are all reaped",
    arguments: [ChildProcess.ExitWatch.automatic, .thread]
  )
  func manyProcesses(watch: ChildProcess.ExitWatch) async throws {
    try await withEventLoop { loop in
      try await withThrowingTaskGroup { group in
        for number in 0..<100 {
          group.addTask {
            let process = try await ChildProcess.spawn(shell("echo \(number)"), on: loop, watch: watch)
            #expect(try await process.readText() == "\(number)\n")
            #expect(await process.wait().isSuccess)
            await process.close()
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("what is written comes back, and the end of the input is seen")
  func echo() async throws {
    let text = try await withProcess(shell("cat")) { process async throws in
      try await process.write(Array("hello ".utf8), to: 0)
      try await process.write(Array("there".utf8), to: 0)
      await process.closeInput(0)
      await process.closeInput(0)
      return try await process.readText()
    }
    #expect(text == "hello there")
  }

  @Test("the environment, directory and arguments are just those given")
  func surroundings() async throws {
    let specification = ProcessSpecification(
      executable: "/usr/bin/env",
      arguments: [
        "env", "sh", "-c", "pwd; env | grep -v -e ^PWD -e ^_ -e ^SHLVL -e ^OLDPWD | sort; ls /proc/self/fd | wc -l",
      ],
      environment: ["B": "two words", "PATH": "/usr/bin:/bin"],
      workingDirectory: "/usr",
      descriptors: [1: .outputPipe]
    )
    let text = try await withProcess(specification) { try await $0.readText() }
    // ls itself has its directory open as a fourth descriptor; standard input is /dev/null.
    #expect(text == "/usr\nB=two words\nPATH=/usr/bin:/bin\n4\n")
  }

  @Test("descriptors reach the child under the numbers asked for, whatever they are here")
  func descriptorNumbers() async throws {
    let specification = shell("cat <&7; echo err >&9; printf %s \"$(ls /proc/self/fd | tr '\\n' ' ')\"") {
      $0.descriptors = [0: .null, 1: .outputPipe, 2: .null, 7: .inputPipe, 9: .outputPipe]
    }
    try await withProcess(specification) { process async throws in
      try await process.write(Array("seven ".utf8), to: 7)
      await process.closeInput(7)
      #expect(try await process.readText(1) == "seven 0 1 2 3 7 9 ")
      #expect(try await process.readText(9) == "err\n")
    }
  }

  @Test("a child that writes a lot waits until it is read, and nothing is lost")
  func hugeOutput() async throws {
    let byteCount = 64 << 20
    try await withProcess(shell("head -c \(byteCount) /dev/zero")) { process async throws in
      var total = 0
      while let bytes = try await process.read(1, upTo: 65_536) { total += bytes.count }
      #expect(total == byteCount)
      #expect(await process.wait().isSuccess)
    }
  }

  @Test("large input and output at once don't block each other")
  func bothDirections() async throws {
    let bytes = patternBytes(8 << 20)
    try await withProcess(shell("cat")) { process async throws in
      async let received = process.readAll()
      try await process.write(bytes, to: 0)
      await process.closeInput(0)
      #expect(try await received == bytes)
    }
  }

  @Test("writing to a child that closed its input says so, and harms nobody")
  func closedInput() async throws {
    try await withProcess(shell("exec <&-; echo closed; read line <&1")) { process async throws in
      #expect(try await process.read(1, upTo: 100) == Array("closed\n".utf8))
      let error = await #expect(throws: UVError.self) {
        try await process.write(Array(repeating: 0, count: 1 << 20), to: 0)
      }
      #expect(error?.code == .peerVanished)
    }
  }

  @Test("a grandchild that holds the output open doesn't hold up the exit or the close")
  func grandchild() async throws {
    try await withProcess(shell("sleep 300 & echo $!")) { process async throws in
      #expect(await process.wait().isSuccess)
      #expect(try await process.read(1, upTo: 100) != nil)
      let rest = Task { try await process.read(1, upTo: 100) }
      await process.close()
      let error = await #expect(throws: UVError.self) { try await rest.value }
      #expect(error?.code == .closed)
    }
  }

  @Test("a group is killed with its leader when asked for")
  func groupKill() async throws {
    let specification = shell("sleep 300 & exit 0") { $0.killsGroupAtExit = true }
    try await withProcess(specification) { process async throws in
      // The sleep holds the output open: its end shows that the sleep is gone.
      #expect(try await process.readText() == "")
      #expect(await process.wait().isSuccess)
    }
  }

  @Test("a cancelled read throws, and the next one reads on")
  func cancelledRead() async throws {
    try await withProcess(shell("read line; echo $line")) { process async throws in
      let reader = Task { try await process.read(1, upTo: 100) }
      reader.cancel()
      let error = await #expect(throws: UVError.self) { try await reader.value }
      #expect(error?.code == .cancelled)
      try await process.write(Array("on\n".utf8), to: 0)
      #expect(try await process.read(1, upTo: 100) == Array("on\n".utf8))
    }
  }

  @Test("a second reader of the same descriptor is refused while the first waits")
  func twoReaders() async throws {
    try await withProcess(shell("read line")) { process async throws in
      let readers = (0..<2).map { _ in Task { try await process.read(1, upTo: 10) } }
      // Whichever comes second is refused, and the other reads the end when the child has ended.
      await process.closeInput(0)
      var refused = 0
      var ended = 0
      for reader in readers {
        switch await reader.result {
        case .success(let bytes): ended += bytes == nil ? 1 : 0
        case .failure(let error): refused += (error as? UVError)?.code == .busy ? 1 : 0
        }
      }
      #expect(refused + ended == 2)
      #expect(ended >= 1)
    }
  }

  @Test(
    "a program that can't be started is explained",
    arguments: [
      ("/no/such/program", nil, UVError.Code.notFound, "/no/such/program"),
      ("/etc/passwd", nil, .permissionDenied, "/etc/passwd"),
      ("/bin/true", "/no/such/directory", .notFound, "/no/such/directory"),
      ("true", nil, .invalidArgument, "absolute"),
      ("/bin/tr\0ue", nil, .invalidArgument, "zero byte"),
    ] as [(String, String?, UVError.Code, String)]
  )
  func spawnErrors(executable: String, directory: String?, code: UVError.Code, mention: String) async throws {
    try await withEventLoop { loop in
      let error = await #expect(throws: UVError.self) {
        _ = try await ChildProcess.spawn(
          ProcessSpecification(
            executable: executable,
            arguments: ["x"],
            workingDirectory: directory,
            descriptors: [1: .outputPipe]
          ),
          on: loop
        )
      }
      #expect(error?.code == code)
      #expect(error?.message.contains(mention) == true)
    }
  }

  @Test("a script whose interpreter is missing is told from a missing script")
  func missingInterpreter() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/script"
      let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o755)
      write(file, "#!/no/such/interpreter\n", 23)
      close(file)
      try await withEventLoop { loop in
        let error = await #expect(throws: UVError.self) {
          _ = try await ChildProcess.spawn(ProcessSpecification(executable: path, arguments: ["x"]), on: loop)
        }
        #expect(error?.code == .notFound)
        #expect(error?.message.contains("interpreter") == true)
      }
    }
  }

  @Test(
    "a process that still runs when the loop stops is killed, and whoever waits for it learns so",
    arguments: [ChildProcess.ExitWatch.automatic, .thread]
  )
  func loopStops(watch: ChildProcess.ExitWatch) async throws {
    let loop = try EventLoop.start(name: "stops")
    let process = try await ChildProcess.spawn(shell("sleep 300"), on: loop, watch: watch)
    let exit = Task { await process.wait() }
    let read = Task { try await process.read(1, upTo: 1) }
    await loop.stop()
    #expect(await exit.value.reason == .signalled(SIGKILL))
    // The kill may end the pipe before the stop has closed it.
    switch await read.result {
    case .success(let bytes): #expect(bytes == nil)
    case .failure(let error): #expect((error as? UVError)?.code == .loopStopped)
    }
    let late = await #expect(throws: UVError.self) { try await process.read(1, upTo: 1) }
    #expect(late?.code == .loopStopped)
    await process.close()
  }

  @Test("a process on a stopped loop is refused, and doesn't stay behind")
  func stoppedLoop() async throws {
    let loop = try EventLoop.start(name: "stopped")
    await loop.stop()
    let error = await #expect(throws: UVError.self) {
      _ = try await ChildProcess.spawn(shell("sleep 300"), on: loop)
    }
    #expect(error?.code == .loopStopped)
  }
}

@Suite("What child processes leave behind", .timeLimit(.minutes(1)))
struct ChildProcessLeakTests {
  /// In a process of its own, because descriptors and children are counted for the whole process.
  @Test("nothing is left of processes that ran, were killed, were not started, or were forgotten")
  func leaks() async {
    await #expect(processExitsWith: .success) {
      try await useProcesses()
      let before = openDescriptors()
      for _ in 0..<10 { try await useProcesses() }
      #expect(openDescriptors() == before)
      // No child, running or zombie.
      #expect(waitpid(-1, nil, WNOHANG) == -1)
      #expect(errno == ECHILD)
    }
  }

  @Test("a child inherits no descriptor of this process, also one without close-on-exec")
  func inheritance() async {
    await #expect(processExitsWith: .success) {
      let open = (0..<20).map { _ in dup(1) }
      #expect(open.allSatisfy { $0 > 2 })
      try await withProcess(shell("ls /proc/self/fd | wc -l")) { process async throws in
        #expect(try await process.readText() == "4\n")
      }
    }
  }

  @Test("where the kernel has no pidfd, a thread notices the exit")
  func exitWithoutPidfd() async throws {
    try await withEventLoop { loop in
      let process = try await ChildProcess.spawn(shell("read line; exit 4"), on: loop, watch: .thread)
      await process.closeInput(0)
      #expect(await process.wait().reason == .exited(4))
      await process.close()
    }
  }
}

private func useProcesses() async throws {
  try await withEventLoop { loop in
    let specification = shell("cat; exit 1")
    let finished = try await ChildProcess.spawn(specification, on: loop)
    await finished.closeInput(0)
    _ = try await finished.readAll()
    _ = await finished.wait()
    await finished.close()

    let killed = try await ChildProcess.spawn(specification, on: loop)
    await killed.kill(SIGKILL)
    _ = await killed.wait()
    await killed.close()

    _ = try? await ChildProcess.spawn(ProcessSpecification(executable: "/none", arguments: ["none"]), on: loop)

    // Forgotten, with its group: the end of its input, or else the stop of the loop, ends it.
    _ = try await ChildProcess.spawn(shell("cat"), on: loop).pid
    _ = try await ChildProcess.spawn(shell("sleep 300"), on: loop).pid
    let last = try await ChildProcess.spawn(shell("exit 0"), on: loop)
    _ = await last.wait()
    await last.close()
  }
}

/// How many descriptors this process has open.
func openDescriptors() -> Int {
  guard let directory = opendir("/proc/self/fd") else { return -1 }
  defer { closedir(directory) }
  var count = 0
  while readdir(directory) != nil { count += 1 }
  return count
}
