/// One end of a JSON-RPC connection, as a state machine: bytes in, ``RPCEvent``s and bytes out. It does no I/O, has no
/// clock and no threads; its owner moves the bytes.
///
/// Both directions: it keeps the peer's requests until they are answered, and ours until the peer answers or their
/// time is over. Whatever the peer sends, each of its requests that can be read gets exactly one answer.
package struct RPCPeer: Sendable {
  private struct Call {
    var deadline: ContinuousClock.Instant
  }

  /// The connection's bounds.
  package let limits: RPCLimits
  private var decoder: FrameDecoder
  /// The request that the last event handed out; it is put into `pending` only if it is still open at the next one.
  private var fresh: RequestID?
  private var pending: Set<RequestID> = []
  private var finished: FinishedIDs
  private var calls: [CallID: Call] = [:]
  private var callsCount: Int64 = 0
  private var output: [UInt8] = []
  private var body: [UInt8] = []
  private var hasFailed = false

  /// - Parameter framing: how to frame messages; nil: as the peer's first byte says (and by headers before it).
  package init(limits: RPCLimits = RPCLimits(), framing: Framing? = nil) {
    self.limits = limits
    decoder = FrameDecoder(limits: limits, framing: framing)
    finished = FinishedIDs(countMax: limits.finishedIDsMax)
  }

  // MARK: Bytes in

  /// Takes bytes of the peer. Then call ``next()`` until it returns nil.
  package mutating func receive(_ bytes: [UInt8]) {
    decoder.append(bytes)
  }

  /// Takes bytes of the peer, which are copied. Then call ``next()`` until it returns nil.
  package mutating func receive(_ bytes: UnsafeRawBufferPointer) {
    decoder.append(bytes)
  }

  /// The end of the peer's bytes: a fault when it came inside a message. Requests that wait may still be answered,
  /// since a peer can close one direction only.
  package func endOfInput() -> RPCEvent? {
    decoder.endOfInput().map { .fault($0.message) }
  }

  /// The next event; nil when there is none, or while ``isOutputFull``.
  package mutating func next() -> RPCEvent? {
    keepFresh()
    while !hasFailed, !isOutputFull {
      switch decoder.next() {
      case nil: return nil
      case .frame(let frame):
        if let event = read(frame) { return event }
      case .rejected(let error):
        refuse(nil, RPCError(.invalidRequest, error.message))
        return .fault(error.message)
      case .failed(let error):
        hasFailed = true
        refuse(nil, RPCError(.parseError, error.message))
        return .failed(error)
      }
    }
    return nil
  }

  private mutating func read(_ frame: ArraySlice<UInt8>) -> RPCEvent? {
    switch Envelope.scan(frame, limits: limits) {
    case .success(.request(let id, let method, let params)): return request(id, method, params)
    case .success(.notification("$/cancelRequest", let params)): return cancellation(params)
    case .success(.notification(let method, let params)): return .notification(method: method, params: params)
    case .success(.result(let id, let result)):
      return answer(id, Result { () throws(JSONError) in try JSONValue(parsing: result) }.mapError(Self.unreadable))
    case .success(.failure(let id, let error)):
      let failure = Result { () throws(JSONError) in try JSONCoder.decode(RPCError.self, from: error) }
      let text: RPCError = failure.mapError(Self.unreadable).merged
      guard let id else { return .fault("the peer could not read a message: \(text)") }
      return answer(id, .failure(text))
    case .failure(let fault):
      if fault.wantsAnswer { refuse(fault.id, fault.error) }
      return .fault(fault.error.message)
    }
  }

  private mutating func request(_ id: RequestID, _ method: String, _ params: ArraySlice<UInt8>?) -> RPCEvent {
    if pending.contains(id) {
      // The answer carries the same id twice; that is the peer's fault, and each of its requests has one.
      let error = RPCError(.invalidRequest, "a request with the id \(id) is still open")
      refuse(id, error)
      return .fault(error.message)
    }
    guard pending.count < limits.pendingRequestsMax else {
      let error = RPCError(.overloaded, "\(pending.count) requests are open already; retry when some are answered")
      refuse(id, error)
      return .fault(error.message)
    }
    fresh = id
    return .request(id: id, method: method, params: params)
  }

  private mutating func cancellation(_ params: ArraySlice<UInt8>?) -> RPCEvent? {
    guard let params,
      case .success(let value) = Result(catching: { () throws(JSONError) in try JSONValue(parsing: params) }),
      let id = value["id"].flatMap(RequestID.init(json:))
    else { return .fault("$/cancelRequest has no id of a request") }
    if pending.contains(id) { return .cancellation(id: id) }
    // Crossed with the answer: nobody's fault.
    if finished.contains(id) { return nil }
    return .fault("$/cancelRequest names the request \(id), which was never made")
  }

  private static func unreadable(_ error: JSONError) -> RPCError {
    RPCError(.parseError, "the peer's answer cannot be read: \(error.message)")
  }

  // MARK: Answers to the peer

  /// Requests of the peer that wait for an answer.
  package var openRequests: [RequestID] {
    fresh.map { [$0] + pending } ?? Array(pending)
  }

  /// Answers a request.
  ///
  /// - Parameter result: the result as JSON, or the error.
  /// - Returns: false, and nothing is sent, when the request is not open (any more).
  @discardableResult
  package mutating func answer(_ id: RequestID, with result: Result<[UInt8], RPCError>) -> Bool {
    if fresh == id {
      fresh = nil
    } else if pending.remove(id) == nil {
      return false
    }
    finished.insert(id)
    switch result {
    case .success(let json): send(id, "result") { $0.bytes.append(contentsOf: json) }
    case .failure(let error): refuse(id, error)
    }
    return true
  }

  /// Answers all requests that wait, e.g. because the connection ends.
  package mutating func answerAll(with error: RPCError) {
    for id in openRequests { answer(id, with: .failure(error)) }
  }

  /// Tells the peer why it is not served, before it has asked anything: an answer with the id null.
  package mutating func refuseConnection(with error: RPCError) {
    refuse(nil, error)
  }

  private mutating func keepFresh() {
    guard let id = fresh else { return }
    pending.insert(id)
    fresh = nil
  }

  private mutating func refuse(_ id: RequestID?, _ error: RPCError) {
    send(id, "error") { writer in
      writer.append(ascii: "{\"code\":")
      writer.append(Int64(error.code.rawValue))
      writer.append(ascii: ",\"message\":")
      writer.append(error.message)
      if let data = error.data {
        writer.append(ascii: ",\"data\":")
        writer.append(data)
      }
      writer.append(ascii: "}")
    }
  }

  private mutating func send(_ id: RequestID?, _ member: StaticString, _ write: (inout JSONWriter) -> Void) {
    frame { writer in
      writer.append(ascii: "{\"jsonrpc\":\"2.0\",\"id\":")
      switch id {
      case .number(let number): writer.append(number)
      case .string(let string): writer.append(string)
      case nil: writer.append(ascii: "null")
      }
      writer.append(ascii: ",\"")
      writer.append(ascii: member)
      writer.append(ascii: "\":")
      write(&writer)
      writer.append(ascii: "}")
    }
  }

  // MARK: Messages of ours

  /// Tells the peer.
  ///
  /// - Parameter params: an object or array as JSON.
  package mutating func notify(_ method: String, params: [UInt8]) {
    frame { writer in
      writer.append(ascii: "{\"jsonrpc\":\"2.0\",\"method\":")
      writer.append(method)
      writer.append(ascii: ",\"params\":")
      writer.bytes.append(contentsOf: params)
      writer.append(ascii: "}")
    }
  }

  /// Asks the peer. The end comes as ``RPCEvent/answer(_:_:)``, or from ``expire(at:)`` or ``disconnect()``.
  ///
  /// - Throws: `overloaded` when too many requests of ours wait already.
  package mutating func call(
    _ method: String,
    params: [UInt8],
    deadline: ContinuousClock.Instant
  ) throws(RPCError) -> CallID {
    guard calls.count < limits.outgoingRequestsMax else {
      throw RPCError(.overloaded, "\(calls.count) requests wait for the peer's answer already")
    }
    callsCount += 1
    let call = CallID(number: callsCount)
    calls[call] = Call(deadline: deadline)
    frame { writer in
      writer.append(ascii: "{\"jsonrpc\":\"2.0\",\"id\":")
      writer.append(call.number)
      writer.append(ascii: ",\"method\":")
      writer.append(method)
      writer.append(ascii: ",\"params\":")
      writer.bytes.append(contentsOf: params)
      writer.append(ascii: "}")
    }
    return call
  }

  /// When ``expire(at:)`` has something to do next.
  package var nextDeadline: ContinuousClock.Instant? {
    calls.values.map(\.deadline).min()
  }

  /// Ends our requests whose time is over and tells the peer that their answers are not wanted any more.
  package mutating func expire(at now: ContinuousClock.Instant) -> [RPCEvent] {
    let late = calls.filter { $0.value.deadline <= now }.keys.sorted { $0.number < $1.number }
    return late.map { call in
      calls[call] = nil
      notify("$/cancelRequest", params: (["id": .integer(call.number)] as JSONValue).serialized())
      return .answer(call, .failure(RPCError(.timedOut, "the peer did not answer in time")))
    }
  }

  /// Ends all our requests, because the peer is gone.
  package mutating func disconnect() -> [RPCEvent] {
    let open = calls.keys.sorted { $0.number < $1.number }
    calls = [:]
    return open.map { .answer($0, .failure(RPCError(.disconnected, "the peer is gone"))) }
  }

  private mutating func answer(_ id: RequestID, _ result: Result<JSONValue, RPCError>) -> RPCEvent {
    guard case .number(let number) = id, calls.removeValue(forKey: CallID(number: number)) != nil else {
      return .fault("an answer names the request \(id), which does not wait for one")
    }
    return .answer(CallID(number: number), result)
  }

  // MARK: Bytes out

  /// Bytes that wait to be sent.
  package var outputBytes: Int { output.count }

  /// Whether so much waits to be sent that no further message of the peer is looked at: a peer that asks and does not
  /// read stops itself.
  package var isOutputFull: Bool { output.count >= limits.outputBytesHigh }

  /// Hands over the bytes to send.
  package mutating func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  private mutating func frame(_ write: (inout JSONWriter) -> Void) {
    var writer = JSONWriter()
    swap(&writer.bytes, &body)
    writer.bytes.removeAll(keepingCapacity: true)
    write(&writer)
    (decoder.framing ?? .headers).append(writer.bytes, to: &output)
    // The storage is kept for the next message, unless this one was large.
    if writer.bytes.capacity <= 64 * 1_024 { swap(&writer.bytes, &body) }
  }
}

extension Result where Success == Failure {
  /// The value, which is the same type either way.
  fileprivate var merged: Success {
    switch self {
    case .success(let value), .failure(let value): value
    }
  }
}
