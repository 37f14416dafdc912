import CLibUV

/// Turns host names into addresses on libuv's thread pool, because the system's resolver blocks.
enum Resolver {
  /// All addresses of `host`, in the resolver's order; at least one.
  static func resolve(host: String, port: Int, on loop: EventLoop) async throws(UVError) -> [baton_address] {
    guard (0...65_535).contains(port) else {
      throw UVError(.invalidArgument, "a port is a number from 0 to 65535, not \(port)")
    }
    guard !host.isEmpty, !host.utf8.contains(0) else {
      throw UVError(.invalidArgument, "the host of \(host):\(port) is empty or has a zero byte")
    }
    // A number needs no thread, and must not wait behind names whose server doesn't answer.
    if let address = numeric(host, port) { return [address] }
    let result = await withCheckedContinuation { continuation in
      loop.perform { Request.start(host: host, port: port, loop: loop, continuation) }
    }
    return try result.get()
  }

  private static func numeric(_ host: String, _ port: Int) -> baton_address? {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | AI_NUMERICHOST
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &list) == 0, let list else { return nil }
    defer { freeaddrinfo(list) }
    var address = baton_address()
    baton_copy_address(list, &address)
    return address
  }

  private typealias Continuation = CheckedContinuation<Result<[baton_address], UVError>, Never>

  /// One question, kept alive by libuv's request until the answer. On the loop's thread.
  private final class Request {
    private let host: String
    private let loop: EventLoop
    private let continuation: Continuation
    private let memory: UnsafeMutablePointer<uv_getaddrinfo_t>

    private init(_ host: String, _ loop: EventLoop, _ continuation: Continuation) {
      self.host = host
      self.loop = loop
      self.continuation = continuation
      memory = .allocate(capacity: 1)
    }

    deinit {
      memory.deallocate()
    }

    static func start(host: String, port: Int, loop: EventLoop, _ continuation: Continuation) {
      do throws(UVError) { try loop.checkAcceptsHandles() } catch {
        return continuation.resume(returning: .failure(error))
      }
      let request = Request(host, loop, continuation)
      request.memory.pointee.data = Unmanaged.passRetained(request).toOpaque()
      var hints = addrinfo()
      hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
      hints.ai_flags = AI_NUMERICSERV
      let status = uv_getaddrinfo(
        loop.loop,
        request.memory,
        { memory, status, list in
          guard let data = memory?.pointee.data else { return }
          Unmanaged<Request>.fromOpaque(data).takeRetainedValue().end(status, list)
        },
        host,
        String(port),
        &hints
      )
      loop.requestStarted()
      if status != 0, let data = request.memory.pointee.data {
        Unmanaged<Request>.fromOpaque(data).takeRetainedValue().end(status, nil)
      }
    }

    func end(_ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
      loop.requestEnded()
      defer { uv_freeaddrinfo(list) }
      var addresses: [baton_address] = []
      var next = list
      while let info = next {
        var address = baton_address()
        baton_copy_address(info, &address)
        addresses.append(address)
        next = info.pointee.ai_next
      }
      guard status == 0, !addresses.isEmpty else {
        let words = String(cString: uv_strerror(status))
        return continuation.resume(
          returning: .failure(UVError(.notFound, "find the host \(host): \(words)", errno: -status))
        )
      }
      continuation.resume(returning: .success(addresses))
    }
  }
}
