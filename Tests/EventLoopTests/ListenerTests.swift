import EventLoop
import Glibc
import TestSupport
import Testing

/// Sends back what each client sends, until the listener is closed.
private func serveEcho(_ listener: Listener) async throws {
  try await withThrowingDiscardingTaskGroup { group in
    while let stream = try await listener.accept() {
      group.addTask {
        // A client that vanishes ends its own connection only.
        do { while let bytes = try await stream.read() { try await stream.write(bytes) } } catch {}
        await stream.close(writingFor: .seconds(5))
      }
    }
  }
}

/// Runs `body` with a listener that echoes, and closes it.
private func withEchoServer(
  at address: (_ directory: String) -> SocketAddress,
  _ body: (Listener) async throws -> Void
) async throws {
  try await withTemporaryDirectory { directory in
    try await withEventLoop { loop in
      let listener = try await Listener.listen(at: address(directory), on: loop)
      let server = Task { try await serveEcho(listener) }
      let result: Result<Void, any Error>
      do { result = .success(try await body(listener)) } catch { result = .failure(error) }
      await listener.close()
      try await server.value
      try result.get()
    }
  }
}

private enum Transport: CaseIterable {
  case unix, tcp4, tcp6

  func address(in directory: String) -> SocketAddress {
    switch self {
    case .unix: .unix(path: directory + "/socket")
    case .tcp4: .tcp(host: "127.0.0.1", port: 0)
    case .tcp6: .tcp(host: "::1", port: 0)
    }
  }

  static var available: [Transport] {
    // Some machines have no IPv6 at all.
    access("/proc/net/if_inet6", R_OK) == 0 ? allCases : [.unix, .tcp4]
  }
}

@Suite("Listeners", .timeLimit(.minutes(1)))
struct ListenerTests {
  @Test("many clients at once are all served", arguments: Transport.available)
  fileprivate func manyClients(transport: Transport) async throws {
    try await withEchoServer(at: transport.address) { listener in
      try await withThrowingTaskGroup { group in
        for client in 0..<60 {
          group.addTask {
            let stream = try await ByteStream.connect(to: listener.address, on: listener.loop)
            for round in 0..<20 {
              let message = Array("client \(client) round \(round)".utf8)
              try await stream.write(message)
              var answer: [UInt8] = []
              while answer.count < message.count, let bytes = try await stream.read() { answer += bytes }
              #expect(answer == message)
            }
            await stream.close()
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("clients that vanish in the middle of a message harm nobody else", arguments: Transport.available)
  fileprivate func vanishingClients(transport: Transport) async throws {
    try await withEchoServer(at: transport.address) { listener in
      let steady = try await ByteStream.connect(to: listener.address, on: listener.loop)
      for _ in 0..<50 {
        let stream = try await ByteStream.connect(to: listener.address, on: listener.loop)
        try await stream.write([UInt8](repeating: 1, count: 100_000))
        await stream.close()
      }
      try await steady.write([42])
      #expect(try await steady.read() == [42])
      await steady.close()
    }
  }

  @Test("port 0 is reported as the port that the system chose")
  func chosenPort() async throws {
    try await withEventLoop { loop in
      let listener = try await Listener.listen(at: .tcp(host: "localhost", port: 0), on: loop)
      guard case .tcp(_, let port) = listener.address else { Issue.record("no TCP address"); return }
      #expect(port > 0)
      let error = await #expect(throws: UVError.self) {
        _ = try await Listener.listen(at: listener.address, on: loop)
      }
      #expect(error?.code == .addressInUse)
      await listener.close()
    }
  }

  @Test("a Unix socket is its owner's only, and tells who connects")
  func unixOwner() async throws {
    try await withTemporaryDirectory { directory in
      try await withEventLoop { loop in
        let path = directory + "/socket"
        let listener = try await Listener.listen(at: .unix(path: path), on: loop)
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let client = try await ByteStream.connect(to: listener.address, on: loop)
        let served = try #require(try await listener.accept())
        #expect(served.peerCredentials?.processID == getpid())
        #expect(served.peerCredentials?.userID == getuid())
        #expect(served.peerCredentials?.groupID == getgid())
        await client.close()
        await served.close()
        await listener.close()
        #expect(lstat(path, &status) != 0)
        await listener.close()
      }
    }
  }

  @Test("the socket of a process that has ended is replaced, one that is listened at is not")
  func staleSocket() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/socket"
      try await withEventLoop { loop in
        let first = try await Listener.listen(at: .unix(path: path), on: loop)
        let error = await #expect(throws: UVError.self) {
          _ = try await Listener.listen(at: .unix(path: path), on: loop)
        }
        #expect(error?.code == .addressInUse)
        // A second name for the file stays behind when the listener removes the first: a socket without a listener.
        #expect(link(path, directory + "/stale") == 0)
        await first.close()
        let second = try await Listener.listen(at: .unix(path: directory + "/stale"), on: loop)
        let client = try await ByteStream.connect(to: second.address, on: loop)
        await client.close()
        await second.close()
      }
    }
  }

  @Test("of many that want one path at once exactly one gets it")
  func race() async throws {
    try await withTemporaryDirectory { directory in
      try await withEventLoop { loop in
        let path = directory + "/socket"
        let listeners = await withTaskGroup { group in
          for _ in 0..<10 {
            group.addTask {
              do {
                return Result<Listener, any Error>.success(try await .listen(at: .unix(path: path), on: loop))
              } catch {
                return .failure(error)
              }
            }
          }
          var listeners: [Listener] = []
          for await result in group {
            switch result {
            case .success(let listener): listeners.append(listener)
            case .failure(let error): #expect((error as? UVError)?.code == .addressInUse)
            }
          }
          return listeners
        }
        #expect(listeners.count == 1)
        for listener in listeners { await listener.close() }
      }
    }
  }

  @Test("a file that is no socket is left alone")
  func otherFile() async throws {
    try await withTemporaryDirectory { directory in
      let path = directory + "/precious"
      close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
      try await withEventLoop { loop in
        let error = await #expect(throws: UVError.self) {
          _ = try await Listener.listen(at: .unix(path: path), on: loop)
        }
        #expect(error?.code == .addressInUse)
        #expect(error?.message.contains("no socket") == true)
      }
      #expect(access(path, F_OK) == 0)
    }
  }

  @Test("a directory that everybody may change is refused")
  func openDirectory() async throws {
    try await withTemporaryDirectory { directory in
      chmod(directory, 0o777)
      try await withEventLoop { loop in
        let error = await #expect(throws: UVError.self) {
          _ = try await Listener.listen(at: .unix(path: directory + "/socket"), on: loop)
        }
        #expect(error?.code == .permissionDenied)
      }
    }
  }

  @Test(
    "an address that can't be listened at is explained",
    arguments: [
      (.unix(path: "relative/socket"), .invalidArgument, "absolute"),
      (.unix(path: "/tmp/" + String(repeating: "x", count: 103)), .invalidArgument, "107"),
      (.unix(path: "/no/such/directory/socket"), .notFound, "/no/such/directory"),
      (.tcp(host: "127.0.0.1", port: 65_536), .invalidArgument, "65535"),
      (.tcp(host: "", port: 1), .invalidArgument, "empty"),
      // No name server is asked for a name with a space.
      (.tcp(host: "no such host", port: 0), .notFound, "no such host"),
    ] as [(SocketAddress, UVError.Code, String)]
  )
  func badAddresses(address: SocketAddress, code: UVError.Code, mention: String) async throws {
    try await withEventLoop { loop in
      let error = await #expect(throws: UVError.self) { _ = try await Listener.listen(at: address, on: loop) }
      #expect(error?.code == code)
      #expect(error?.message.contains(mention) == true)
    }
  }

  @Test("the longest path that a socket can have works")
  func longestPath() async throws {
    try await withTemporaryDirectory { directory in
      let padding = SocketAddress.unixPathBytesMax - directory.utf8.count - 1
      let path = directory + "/" + String(repeating: "s", count: padding)
      #expect(path.utf8.count == 107)
      try await withEventLoop { loop in
        let listener = try await Listener.listen(at: .unix(path: path), on: loop)
        let client = try await ByteStream.connect(to: .unix(path: path), on: loop)
        await client.close()
        await listener.close()
      }
    }
  }

  @Test("connecting where nobody listens is refused", arguments: Transport.available)
  fileprivate func refused(transport: Transport) async throws {
    try await withTemporaryDirectory { directory in
      try await withEventLoop { loop in
        let listener = try await Listener.listen(at: transport.address(in: directory), on: loop)
        await listener.close()
        let error = await #expect(throws: UVError.self) {
          _ = try await ByteStream.connect(to: listener.address, on: loop)
        }
        #expect(error?.code == (transport == .unix ? .notFound : .connectionRefused))
      }
    }
  }

  @Test("a stop waits for a host's name that is being looked up")
  func stopWhileResolving() async throws {
    let loop = try EventLoop.start(name: "resolves")
    let lookup = Task { try await ByteStream.connect(to: .tcp(host: "no such host", port: 1), on: loop) }
    await loop.stop()
    await #expect(throws: UVError.self) { try await lookup.value }
  }

  @Test("accepting ends when the listener is closed, the task is cancelled, or the loop stops")
  func acceptEnds() async throws {
    let loop = try EventLoop.start(name: "accepts")
    let address = SocketAddress.tcp(host: "127.0.0.1", port: 0)
    let closed = try await Listener.listen(at: address, on: loop)
    let first = Task { try await closed.accept() == nil }
    await closed.close()
    #expect(try await first.value)

    let cancelled = try await Listener.listen(at: address, on: loop)
    let second = Task { try await cancelled.accept() == nil }
    second.cancel()
    let error = await #expect(throws: UVError.self) { try await second.value }
    #expect(error?.code == .cancelled)
    await cancelled.close()

    let stopped = try await Listener.listen(at: address, on: loop)
    let third = Task { try await stopped.accept() == nil }
    await loop.stop()
    #expect(try await third.value)
    await stopped.close()
  }

  @Test("a listener without a descriptor left waits, and goes on when there is one again")
  func exhausted() async {
    await #expect(processExitsWith: .success) {
      try await withEventLoop { loop in
        let listener = try await Listener.listen(at: .tcp(host: "127.0.0.1", port: 0), on: loop)
        let client = try await ByteStream.connect(to: listener.address, on: loop)
        var limit = rlimit(rlim_cur: 64, rlim_max: 64)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var hoard: [Int32] = []
        while case let copy = dup(0), copy >= 0 { hoard.append(copy) }
        let accepting = Task { try await listener.accept() }
        try await loop.sleep(for: .milliseconds(150))
        for descriptor in hoard { close(descriptor) }
        let served = try await accepting.value
        try await client.write([9])
        guard try await served?.read() == [9] else { exit(3) }
      }
    }
  }

  @Test("nothing is left open of listeners and connections, closed or forgotten")
  func leaks() async {
    await #expect(processExitsWith: .success) {
      try await useSockets()
      let before = openDescriptors()
      for _ in 0..<10 { try await useSockets() }
      #expect(openDescriptors() == before)
    }
  }
}

private func useSockets() async throws {
  try await withTemporaryDirectory { directory in
    try await withEventLoop { loop in
      for transport in Transport.available {
        let listener = try await Listener.listen(at: transport.address(in: directory), on: loop)
        let client = try await ByteStream.connect(to: listener.address, on: loop)
        let served = try await listener.accept()
        try await client.write([1])
        _ = try await served?.read()
        // Neither the client nor a third connection is closed.
        _ = try await ByteStream.connect(to: listener.address, on: loop)
        await served?.close()
        await listener.close()
      }
    }
  }
}
