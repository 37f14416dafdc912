import CLibUV
import Diagnostics
import Glibc
import Logging

/// A socket that others connect to.
///
/// Connections are taken from the system only while somebody asks with ``accept()``; as many as ``backlog`` wait there.
package actor Listener {
  /// Connections the system keeps until they are accepted.
  package static let backlog: Int32 = 128
  /// How long accepting rests when the process has no descriptor left, in milliseconds.
  package static let exhaustedPauseMilliseconds = 100
  /// How often, and how many milliseconds apart, the directory of a Unix socket is tried while another process has it.
  private static let lockAttemptsMax = 100
  private static let lockPauseMilliseconds = 20

  package nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  /// Where it listens; with the port that the system chose.
  package nonisolated let address: SocketAddress

  private var handle: PollHandle?
  private let file: UnixSocketFile?
  private let limits: StreamLimits
  private var accepted = 0
  /// Whether the last connection could not be accepted for want of descriptors or memory.
  private var isExhausted = false

  /// Listens at `address`.
  ///
  /// A Unix socket can be used by this user only (mode 0600). The file of a process that has ended is replaced.
  ///
  /// - Parameter limits: of each accepted stream.
  /// - Throws: `addressInUse` when somebody listens there or the path is another file, `invalidArgument` for a path that
  ///   is too long or not absolute or no port, `permissionDenied`, `notFound` for a host or directory, `loopStopped`.
  package static func listen(
    at address: SocketAddress,
    on loop: EventLoop,
    limits: StreamLimits = StreamLimits()
  ) async throws(UVError) -> Listener {
    switch address {
    case .unix(let path): try await listenUnix(at: path, on: loop, limits)
    case .tcp(let host, let port): try await listenTCP(host: host, port: port, on: loop, limits)
    }
  }

  private init(_ handle: PollHandle, at address: SocketAddress, _ file: UnixSocketFile?, _ limits: StreamLimits) {
    self.handle = handle
    self.address = address
    self.file = file
    self.limits = limits
    loop = handle.loop
  }

  deinit {
    guard let handle else { return }
    file?.remove()
    handle.loop.perform { handle.close(because: UVError(.closed, "\(handle.name) was released")) }
  }

  /// Waits for the next connection.
  ///
  /// - Returns: its stream, which the caller closes; nil when the listener is closed or the loop stops.
  /// - Throws: `cancelled`, or what keeps the system from accepting.
  package func accept() async throws(UVError) -> ByteStream? {
    while let handle, handle.isOpen {
      let socket = baton_accept_nonblocking(handle.descriptor)
      guard socket < 0 else { return try makeStream(socket) }
      switch errno {
      // The peer has gone already, or its network failed: that is no fault of the listener.
      case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH, ENONET, ENOPROTOOPT, EPERM:
        continue
      case EAGAIN:
        do { try await handle.wait(for: .readable) } catch {
          if error.code == .cancelled { throw error }
        }
      case EMFILE, ENFILE, ENOBUFS, ENOMEM:
        let error = UVError(system: errno, "accept a connection at \(address)")
        if !isExhausted { Log.logger("EventLoop").warning("\(error); trying until it is possible") }
        isExhausted = true
        try await loop.sleep(for: .milliseconds(Self.exhaustedPauseMilliseconds))
      case let number: throw UVError(system: number, "accept a connection at \(address)")
      }
    }
    return nil
  }

  /// Stops listening and removes the file of a Unix socket; ``accept()`` returns nil. Accepted streams go on. Returns when
  /// all is freed; any number of calls.
  package func close() async {
    guard let handle else { return }
    self.handle = nil
    file?.remove()
    await handle.close(because: UVError(.closed, "\(handle.name) is closed"))
  }

  private func makeStream(_ socket: Int32) throws(UVError) -> ByteStream {
    accepted += 1
    isExhausted = false
    let name = "connection \(accepted) at \(address)"
    return try ByteStream.overSocket(socket, isUnix: file != nil, name: name, loop: loop, limits: limits)
  }

  private static func listenUnix(
    at path: String,
    on loop: EventLoop,
    _ limits: StreamLimits
  ) async throws(UVError) -> Listener {
    var address = try SocketAddress.unixAddress(path)
    for _ in 0..<lockAttemptsMax {
      let socket = baton_socket(&address)
      guard socket >= 0 else { throw UVError(system: errno, "listen at \(path)") }
      let attempt: UnixSocketFile.Attempt
      do throws(UVError) {
        attempt = try UnixSocketFile.listen(socket, at: path, backlog: backlog)
      } catch {
        Glibc.close(socket)
        throw error
      }
      if case .made(let file) = attempt {
        return try await make(socket, at: .unix(path: path), file, on: loop, limits)
      }
      Glibc.close(socket)
      try await loop.sleep(for: .milliseconds(lockPauseMilliseconds))
    }
    throw UVError(.busy, "another process keeps the directory of \(path) locked")
  }

  private static func listenTCP(
    host: String,
    port: Int,
    on loop: EventLoop,
    _ limits: StreamLimits
  ) async throws(UVError) -> Listener {
    let wanted = SocketAddress.tcp(host: host, port: port)
    var failure = UVError(.notFound, "\(host) has no address")
    for var address in try await Resolver.resolve(host: host, port: port, on: loop) {
      let socket = baton_socket(&address)
      guard socket >= 0 else {
        failure = UVError(system: errno, "listen at \(wanted)")
        continue
      }
      // A port in TIME_WAIT of an ended daemon can be used again; one that is listened at cannot.
      guard
        baton_set_reuse_address(socket) == 0, baton_bind(socket, &address) == 0, Glibc.listen(socket, backlog) == 0
      else {
        failure = UVError(system: errno, "listen at \(wanted)")
        Glibc.close(socket)
        continue
      }
      var name = [CChar](repeating: 0, count: 64)
      let actual = baton_local_port(socket, &name, name.count)
      let numeric = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      return try await make(socket, at: .tcp(host: numeric, port: Int(actual)), nil, on: loop, limits)
    }
    throw failure
  }

  private static func make(
    _ socket: Int32,
    at address: SocketAddress,
    _ file: UnixSocketFile?,
    on loop: EventLoop,
    _ limits: StreamLimits
  ) async throws(UVError) -> Listener {
    do throws(UVError) {
      let handle = try await loop.run { () throws(UVError) in
        try PollHandle(owning: socket, name: "listener at \(address)", loop: loop)
      }
      return Listener(handle, at: address, file, limits)
    } catch {
      file?.remove()
      throw error
    }
  }
}
