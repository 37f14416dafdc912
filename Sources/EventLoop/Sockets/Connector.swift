import CLibUV
import Glibc

extension ByteStream {
  /// Connects to a listening socket. Bound the wait with ``EventLoop/sleep(for:)`` in a second task, or by cancellation.
  ///
  /// - Throws: `notFound` (no such path or host), `connectionRefused`, `permissionDenied`, `timedOut` (the system's own
  ///   limit for TCP), `invalidArgument`, `cancelled`, `loopStopped`.
  package static func connect(
    to address: SocketAddress,
    on loop: EventLoop,
    limits: StreamLimits = StreamLimits()
  ) async throws(UVError) -> ByteStream {
    let connector = Connector(loop, limits)
    switch address {
    case .unix(let path): return try await connector.connect(SocketAddress.unixAddress(path), to: address)
    case .tcp(let host, let port):
      var failure = UVError(.notFound, "\(host) has no address")
      for candidate in try await Resolver.resolve(host: host, port: port, on: loop) {
        do throws(UVError) { return try await connector.connect(candidate, to: address) } catch {
          if error.code == .cancelled || error.code == .loopStopped { throw error }
          failure = error
        }
      }
      throw failure
    }
  }

  /// Two streams that are each other's peer, within this process.
  package static func pair(
    on loop: EventLoop,
    limits: StreamLimits = StreamLimits()
  ) async throws(UVError) -> (ByteStream, ByteStream) {
    var sockets: [Int32] = [-1, -1]
    guard baton_socket_pair(&sockets) == 0 else { throw UVError(system: errno, "make a pair of sockets") }
    let (first, second) = (sockets[0], sockets[1])
    return try await loop.run { () throws(UVError) in
      let one: ByteStream
      do throws(UVError) {
        one = try overSocket(first, isUnix: true, name: "first of a pair", loop: loop, limits: limits)
      } catch {
        Glibc.close(second)
        throw error
      }
      return (one, try overSocket(second, isUnix: true, name: "second of a pair", loop: loop, limits: limits))
    }
  }

  /// A stream over a connected socket, which it takes over, also when it throws. On the loop's thread.
  static func overSocket(
    _ socket: Int32,
    isUnix: Bool,
    name: String,
    loop: EventLoop,
    limits: StreamLimits
  ) throws(UVError) -> ByteStream {
    // Small messages must not wait for each other's acknowledgement; a failure costs only speed.
    if !isUnix { baton_set_no_delay(socket) }
    var credentials: PeerCredentials?
    var raw = baton_peer_credentials()
    if isUnix, baton_peer_credentials(socket, &raw) == 0 {
      credentials = PeerCredentials(userID: raw.uid, groupID: raw.gid, processID: raw.pid)
    }
    let core = try StreamCore(reading: socket, writing: socket, name: name, loop: loop, limits: limits)
    return ByteStream(core, peerCredentials: credentials)
  }
}

/// Waits for a connection on the loop's thread.
private actor Connector {
  /// Pause between two tries when a Unix socket's queue of connections is full, in milliseconds.
  private static let fullPauseMilliseconds = 10

  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  private let limits: StreamLimits

  init(_ loop: EventLoop, _ limits: StreamLimits) {
    self.loop = loop
    self.limits = limits
  }

  func connect(_ raw: baton_address, to address: SocketAddress) async throws(UVError) -> ByteStream {
    let isUnix = if case .unix = address { true } else { false }
    let name = "connection to \(address)"
    while true {
      var raw = raw
      let socket = baton_socket(&raw)
      guard socket >= 0 else { throw UVError(system: errno, "connect to \(address)") }
      switch baton_connect(socket, &raw) == 0 ? 0 : errno {
      case 0: return try ByteStream.overSocket(socket, isUnix: isUnix, name: name, loop: loop, limits: limits)
      case EAGAIN where isUnix:
        close(socket)
        try await loop.sleep(for: .milliseconds(Self.fullPauseMilliseconds))
      case EINPROGRESS:
        return try await finish(socket, isUnix: isUnix, to: address)
      case let number:
        close(socket)
        throw UVError(system: number, "connect to \(address)")
      }
    }
  }

  private func finish(_ socket: Int32, isUnix: Bool, to address: SocketAddress) async throws(UVError) -> ByteStream {
    // The stream's own handle will watch the same socket, so this one watches a duplicate.
    let watched = baton_fcntl(socket, F_DUPFD_CLOEXEC, 0)
    guard watched >= 0 else {
      let number = errno
      close(socket)
      throw UVError(system: number, "connect to \(address)")
    }
    do throws(UVError) {
      let handle = try PollHandle(owning: watched, name: "connection to \(address)", loop: loop)
      defer { handle.close(because: UVError(.closed, "connected")) }
      try await handle.wait(for: .writable)
    } catch {
      close(socket)
      throw error
    }
    let number = baton_socket_error(socket)
    guard number == 0 else {
      close(socket)
      throw UVError(system: number, "connect to \(address)")
    }
    return try ByteStream.overSocket(
      socket,
      isUnix: isUnix,
      name: "connection to \(address)",
      loop: loop,
      limits: limits
    )
  }
}
