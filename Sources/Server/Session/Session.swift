import BatonProtocol
import Diagnostics
package import EventLoop
package import JSONRPC
package import Jobs
import Logging

/// One client's connection. It lives on the event loop of its transport, so bytes become answers without a switch of
/// threads; only the methods' own work happens elsewhere.
///
/// Messages are read in the order in which they came. Requests overlap only as ``RequestOrder`` allows. A client that
/// does not read is not read from, and is told only the newest state of each job (``UpdateQueue``).
package actor Session {
  /// Longest client's name that is kept, in Unicode scalars.
  package static let clientNameLengthMax = 100

  private let loop: EventLoop
  private let configuration: SessionConfiguration
  private let jobs: any JobControlling
  private let transport: any SessionTransport
  private let logger = Log.logger("server")
  /// The client, for display in jobs and logs.
  private var clientName = "client"

  private var peer: RPCPeer
  private var handshake = Handshake()
  private var order = RequestOrder()
  private var handlers: [RequestID: Task<Void, Never>] = [:]
  /// Jobs of answered `task/submit`s whose answer is not written yet.
  private var adoptions: [RequestID: (job: JobID, token: Token?)] = [:]
  /// Open `task/submit`s. While there are any, a client that hears of all jobs hears of none, so that the answer with a
  /// job's name comes before its first update.
  private var submissions: Set<RequestID> = []
  private var watch: JobWatch
  private var wantsAllJobs = false
  private var updates = UpdateQueue()
  private var isReading = true
  private var isAwaitingDrain = false
  private var hasInputEnded = false
  private var isStopping = false
  private var isClosed = false
  private var endWaiters: [CheckedContinuation<Void, Never>] = []
  private var handlerWaiters: [CheckedContinuation<Void, Never>] = []

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - loop: the transport's.
  ///   - framing: nil: as the client's first byte says.
  package init(
    _ configuration: SessionConfiguration,
    jobs: any JobControlling,
    transport: any SessionTransport,
    loop: EventLoop,
    framing: Framing? = nil
  ) {
    self.configuration = configuration
    self.jobs = jobs
    self.transport = transport
    self.loop = loop
    peer = RPCPeer(limits: configuration.limits, framing: framing)
    watch = JobWatch(countMax: configuration.watchedJobsMax)
  }

  // MARK: Life

  /// Serves the client until it goes, is sent away, or the session is stopped. Returns when nothing of it is left.
  package func run() async {
    transport.start(self)
    let handshakeTimer = handshakeTimer()
    if !isClosed { await withCheckedContinuation { endWaiters.append($0) } }
    handshakeTimer?.cancel()
    await transport.close()
    await handlersEnded()
  }

  /// Ends the session in good order: open requests get a moment to end, the rest is answered as cancelled.
  package func stop() async {
    guard !isClosed else { return }
    isStopping = true
    transport.setReading(false)
    for handler in handlers.values { handler.cancel() }
    await withDiscardingTaskGroup { group in
      group.addTask { await self.waitToStop() }
      await handlersEnded()
      group.cancelAll()
    }
    guard !isClosed else { return }
    peer.answerAll(with: Self.stopping)
    pump()
    close()
  }

  /// Has those who wait for the handlers wait no longer than the limit.
  private func waitToStop() async {
    do {
      try await loop.sleep(for: .seconds(configuration.stopSecondsMax))
      Self.resume(&handlerWaiters)
    } catch {
      // Cancelled: the handlers have ended by themselves.
    }
  }

  private func handshakeTimer() -> Task<Void, Never>? {
    guard let seconds = configuration.handshakeSecondsMax else { return nil }
    return Task {
      do { try await loop.sleep(for: .seconds(seconds)) } catch { return }
      guard handshake.phase == .new, !isClosed else { return }
      logger.info("\(clientName): no 'initialize' within \(seconds) seconds")
      close()
    }
  }

  private func handlersEnded() async {
    guard !handlers.isEmpty else { return }
    await withCheckedContinuation { handlerWaiters.append($0) }
  }

  private static func resume(_ waiters: inout [CheckedContinuation<Void, Never>]) {
    let due = waiters
    waiters = []
    for waiter in due { waiter.resume() }
  }

  /// Sends what is written and ends.
  private func close() {
    guard !isClosed else { return }
    if peer.outputBytes > 0 { transport.send(peer.takeOutput()) }
    end()
  }

  private func end() {
    isClosed = true
    updates = UpdateQueue()
    Self.resume(&endWaiters)
  }

  // MARK: What the transport says

  /// Bytes of the client.
  package func receive(_ bytes: UnsafeRawBufferPointer) {
    guard !isClosed else { return }
    peer.receive(bytes)
    pump()
  }

  /// The client sends no more. What it asked for is still answered, since it may have closed one direction only.
  package func inputEnded() {
    hasInputEnded = true
    if case .fault(let text)? = peer.endOfInput() { logger.info("\(clientName): \(text)") }
    pump()
  }

  /// The client is gone. Its jobs go on; its open requests end by themselves, unheard.
  package func transportFailed(_ reason: String) {
    logger.info("\(clientName): \(reason)")
    end()
  }

  // MARK: Updates

  /// A job changed.
  package func offer(_ update: JobUpdate) {
    let id = update.summary.id
    guard !isClosed, handshake.phase == .ready else { return }
    switch update.event {
    case .state: guard wantsAllJobs || watch.contains(id) else { return }
    case .progress: guard watch.contains(id), !watch.hasEnded(id) else { return }
    }
    watch.hear(id)
    updates.put(update)
    pump()
  }

  /// Remembers that a request made a job, whose updates are told once the request is answered.
  func adopt(_ job: JobID, token: Token?, from request: RequestID) {
    adoptions[request] = (job, token)
  }

  private func follow(_ id: JobID, _ token: Token?) {
    watch.add(id, token: token)
    // What happened between the making of the job and now was told to nobody.
    Task {
      let job = await orLog("read job \(id)", logger) { try await jobs.job(id) }
      if let job, !watch.hasNews(id) { offer(JobUpdate(summary: job.summary, event: .state)) }
    }
  }

  private func tellNextUpdate() {
    guard let entry = updates.take() else { return }
    let params = TaskUpdatedNotification.Params(
      job: BatonProtocol.JobSummary(entry.summary),
      progress: entry.progress,
      missed: updates.takeMissed()
    )
    notify(TaskUpdatedNotification.self, params)
    for progress in watch.progress(for: entry) { notify(ProgressNotification.self, progress) }
  }

  private func notify<Notification: NotificationType>(_ type: Notification.Type, _ params: Notification.Params) {
    orLog("write \(type.method)", logger) { peer.notify(type.method, params: try JSONCoder.encode(params)) }
  }

  // MARK: Reading and writing

  /// Reads what has come and writes what is due, as far as the client reads.
  private func pump() {
    guard !isClosed else { return }
    var hasMore = true
    while hasMore, waitingBytes < configuration.limits.outputBytesHigh {
      guard let event = peer.next() else {
        hasMore = peer.isOutputFull
        break
      }
      handle(event)
      guard !isClosed else { return }
    }
    while !updates.isEmpty, !holdsUpdates, waitingBytes < configuration.updateBytesHigh { tellNextUpdate() }
    if peer.outputBytes > 0 { transport.send(peer.takeOutput()) }
    if hasInputEnded, !hasMore, peer.openRequests.isEmpty { return close() }
    let isStalled = hasMore || !updates.isEmpty && !holdsUpdates
    if isStalled { awaitDrain() }
    if isReading == hasMore {
      isReading = !hasMore
      transport.setReading(isReading)
    }
  }

  /// Goes on once the client has read what was sent.
  private func awaitDrain() {
    guard !isAwaitingDrain else { return }
    isAwaitingDrain = true
    Task {
      await transport.drained()
      isAwaitingDrain = false
      pump()
    }
  }

  private var holdsUpdates: Bool { wantsAllJobs && !submissions.isEmpty }

  private var waitingBytes: Int { transport.queuedBytes + peer.outputBytes }

  private func handle(_ event: RPCEvent) {
    switch event {
    case .request(let id, let method, let params): handle(id, method, params)
    case .notification(ExitNotification.method, _): close()
    case .notification(let method, _):
      if method != InitializedNotification.method { logger.debug("\(clientName): unknown notification \(method)") }
    case .cancellation(let id): handlers[id]?.cancel()
    // The native protocol asks nothing of its clients.
    case .answer: break
    case .fault(let text): logger.info("\(clientName): \(text)")
    case .failed(let error):
      logger.info("\(clientName): \(error)")
      close()
    }
  }

  // MARK: Requests

  private static let stopping = RPCError(.serverCancelled, "the server stops")

  private func handle(_ id: RequestID, _ method: String, _ params: ArraySlice<UInt8>?) {
    guard !isStopping else {
      peer.answer(id, with: .failure(Self.stopping))
      return
    }
    if let refusal = handshake.refusal(of: method) {
      peer.answer(id, with: .failure(refusal))
      return
    }
    switch method {
    case InitializeRequest.method: initialize(id, params)
    case ShutdownRequest.method:
      handshake.shutDown()
      peer.answer(id, with: .success(Array("null".utf8)))
    default:
      guard let known = MethodTable.methods[method] else {
        peer.answer(id, with: .failure(RPCError(.methodNotFound, "there is no method '\(method)'")))
        return
      }
      // Copied: a slice would keep the whole receive buffer from being reused.
      start(id, known, params.map { Array($0) } ?? Array("{}".utf8))
    }
  }

  private func initialize(_ id: RequestID, _ params: ArraySlice<UInt8>?) {
    do {
      let params = try JSONCoder.decode(InitializeRequest.Params.self, from: params ?? ArraySlice("{}".utf8))
      guard params.protocolVersion >= 1 else {
        throw RPCError(.invalidParams, "protocolVersion: \(params.protocolVersion) is not known; the first one is 1")
      }
      if case .token(let secret) = configuration.authorization,
        !Secret.matches(Array((params.token ?? "").utf8), secret)
      {
        throw RPCError(.unauthorized, "the token is missing or wrong; it is in the server's token file")
      }
      if let info = params.clientInfo { clientName = Self.displayed(info.name) }
      wantsAllJobs = params.capabilities?.allJobs ?? false
      let result = InitializeRequest.Result(configuration, clientVersion: params.protocolVersion)
      peer.answer(id, with: .success(try JSONCoder.encode(result)))
      handshake.initialized()
    } catch {
      let failure = RPCError(failure: error)
      peer.answer(id, with: .failure(failure))
      // One guess a connection.
      if failure.code == .unauthorized { close() }
    }
  }

  /// A client's name as it may be shown on a terminal.
  private static func displayed(_ name: String) -> String {
    let scalars = name.unicodeScalars.prefix(clientNameLengthMax).filter { $0.properties.generalCategory != .control }
    return String(String.UnicodeScalarView(scalars))
  }

  private func start(_ id: RequestID, _ method: Method, _ params: [UInt8]) {
    let access: RequestAccess
    do {
      access = try method.access(params)
    } catch {
      peer.answer(id, with: .failure(error))
      return
    }
    let reply = ReplyOnce(id) { [self] id, result in
      if loop.isCurrent {
        assumeIsolated { $0.finish(id, result) }
      } else {
        loop.perform { self.assumeIsolated { $0.finish(id, result) } }
      }
    }
    let context = MethodContext(jobs: jobs, owner: clientName, session: self, request: id)
    let predecessors = order.predecessors(of: access)
    let number = order.nextNumber()
    let task = Task {
      for predecessor in predecessors { await predecessor.value }
      reply.answer(with: await method.run(params, context))
      order.remove(access, number)
    }
    handlers[id] = task
    if method.name == TaskSubmitRequest.method { submissions.insert(id) }
    order.add(access, number, task)
  }

  private func finish(_ id: RequestID, _ result: Result<[UInt8], RPCError>) {
    handlers[id] = nil
    submissions.remove(id)
    if handlers.isEmpty { Self.resume(&handlerWaiters) }
    let adoption = adoptions.removeValue(forKey: id)
    guard !isClosed else { return }
    switch result {
    case .failure(let error) where isStopping && error.code == .requestCancelled:
      peer.answer(id, with: .failure(Self.stopping))
    case .success(let json) where json.count > configuration.limits.frameBytesMax:
      let text = "the result has \(json.count) bytes, more than the \(configuration.limits.frameBytesMax) of a message"
      peer.answer(id, with: .failure(RPCError(.requestFailed, text)))
    default: peer.answer(id, with: result)
    }
    if let adoption { follow(adoption.job, adoption.token) }
    pump()
  }
}
