import Diagnostics
package import EventLoop
import Glibc
import JSONRPC
import Jobs
import Logging

/// Serves any number of clients at once, on one event loop.
///
/// A client that vanishes, stalls or sends nonsense costs its own session and nothing else: jobs go on, other clients
/// are answered and told of updates as if it were not there.
package actor Server {
  /// Clients at once; one more is told to come back later.
  package static let clientsMax = 64

  private let loop: EventLoop
  private let jobs: any JobControlling
  private let logger = Log.logger("server")
  private var sessions: [Int: Session] = [:]
  private var sessionsCount = 0
  private var listeners: [Listener] = []
  private var updates: Task<Void, Never>?
  private var isStopping = false

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameter loop: that of all listeners and streams that will be served.
  package init(jobs: any JobControlling, loop: EventLoop) {
    self.jobs = jobs
    self.loop = loop
  }

  /// Serves whoever connects, until the listener is closed or the server stops. Returns when its clients are gone.
  ///
  /// Over a Unix socket only this process's own user is served, by the kernel's word; over TCP whoever has the token
  /// of `configuration`.
  package func serve(_ listener: Listener, _ configuration: SessionConfiguration) async {
    guard !isStopping else { return await listener.close() }
    listeners.append(listener)
    await withDiscardingTaskGroup { group in
      while let stream = await accept(listener) {
        let refusal = refusal(of: stream, at: listener.address, configuration)
        group.addTask {
          if let refusal { await Self.refuse(stream, refusal) } else { await self.serve(stream, configuration) }
        }
      }
    }
  }

  /// Serves one client until it goes or the server stops.
  package func serve(_ stream: ByteStream, _ configuration: SessionConfiguration) async {
    guard !isStopping else { return await stream.close() }
    forwardUpdates()
    let session = Session(configuration, jobs: jobs, transport: StreamTransport(stream), loop: loop)
    sessionsCount += 1
    let number = sessionsCount
    sessions[number] = session
    await session.run()
    sessions[number] = nil
  }

  /// Takes no more clients, ends all sessions in good order and returns when they have ended. Jobs are not touched.
  package func stop() async {
    isStopping = true
    updates?.cancel()
    for listener in listeners { await listener.close() }
    listeners = []
    let open = Array(sessions.values)
    await withDiscardingTaskGroup { group in
      for session in open { group.addTask { await session.stop() } }
    }
  }

  private func accept(_ listener: Listener) async -> ByteStream? {
    do { return try await listener.accept() } catch {
      if error.code != .cancelled { logger.error("no more clients are taken at \(listener.address): \(error)") }
      return nil
    }
  }

  private func refusal(
    of stream: ByteStream,
    at address: SocketAddress,
    _ configuration: SessionConfiguration
  ) -> RPCError? {
    if case .unix = address {
      guard let user = stream.peerCredentials?.userID, user == geteuid() else {
        return RPCError(.unauthorized, "this server serves the user with the number \(geteuid()) only")
      }
    } else if case .none = configuration.authorization {
      return RPCError(.unauthorized, "this server has no token, so it serves nobody over TCP")
    }
    guard sessions.count < Self.clientsMax else {
      return RPCError(.overloaded, "\(sessions.count) clients are served already; connect again later")
    }
    return nil
  }

  /// Says why, and hangs up.
  private static func refuse(_ stream: ByteStream, _ error: RPCError) async {
    var peer = RPCPeer()
    peer.refuseConnection(with: error)
    // A peer that is gone already needs no reason.
    do { try await stream.write(peer.takeOutput()) } catch {}
    await stream.close(writingFor: .seconds(StreamTransport.closeSecondsMax))
  }

  /// Hands every job's updates to every session, which takes what concerns it and never waits.
  private func forwardUpdates() {
    guard updates == nil else { return }
    let stream = jobs.updates()
    updates = Task {
      for await update in stream {
        for session in sessions.values { await session.offer(update) }
      }
    }
  }
}
