import CLibUV

/// A libuv handle: memory that libuv keeps a pointer to until its close callback, and the Swift object that owns it.
///
/// Lives on the loop's thread. The handle keeps its owner alive until it is closed, so a callback never meets freed
/// memory; closing is the only end.
class LoopHandle: @unchecked Sendable {
  // Safety: every member but the constants is used on the loop's thread only; `preconditionOnLoop` guards the entries.

  let loop: EventLoop
  /// What the handle is for, for messages about handles left open.
  let name: String
  private var memory: UnsafeMutablePointer<uv_handle_t>?
  private var isClosing = false
  private var closeWaiters: [() -> Void] = []

  /// Allocates the memory of a handle and has `initialise` fill it.
  ///
  /// - Parameters:
  ///   - type: libuv's kind of handle, which decides the size.
  ///   - initialise: calls `uv_…_init` with the memory and returns its status.
  init(
    _ type: uv_handle_type,
    name: String,
    loop: EventLoop,
    initialise: (UnsafeMutableRawPointer) -> Int32
  ) throws(UVError) {
    self.loop = loop
    self.name = name
    try loop.checkAcceptsHandles()
    let raw = UnsafeMutableRawPointer.allocate(byteCount: uv_handle_size(type), alignment: 16)
    let status = initialise(raw)
    guard status == 0 else {
      raw.deallocate()
      throw UVError(system: status, name)
    }
    let handle = raw.assumingMemoryBound(to: uv_handle_t.self)
    handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    memory = handle
    loop.handleOpened()
  }

  /// Whether `close` has not been called yet.
  var isOpen: Bool { memory != nil && !isClosing }

  /// The libuv handle as its own type; nil once it is being closed.
  func pointer<Handle>(as type: Handle.Type) -> UnsafeMutablePointer<Handle>? {
    guard isOpen, let memory else { return nil }
    return UnsafeMutableRawPointer(memory).assumingMemoryBound(to: type)
  }

  /// Closes the handle and calls `completion` when libuv has let go of it; at once if it has already.
  ///
  /// Subclasses release what they hold in ``willClose(_:)``.
  func close(because reason: UVError, then completion: (() -> Void)? = nil) {
    guard let memory else {
      completion?()
      return
    }
    if let completion { closeWaiters.append(completion) }
    guard !isClosing else { return }
    isClosing = true
    uv_close(memory) { handle in
      guard let handle, let owner = LoopHandle.owner(of: handle) else { return }
      owner.didClose()
    }
    willClose(reason)
  }

  /// Closes the handle and waits until libuv has let go of it.
  func close(because reason: UVError) async {
    await withCheckedContinuation { done in
      close(because: reason) { done.resume() }
    }
  }

  /// Called once, when closing begins: fail whoever waits, with `reason`.
  func willClose(_ reason: UVError) {}

  /// Called when the loop stops while the handle is open.
  func loopIsStopping() {
    close(because: loop.loopStopped)
  }

  /// The Swift owner of a libuv handle; nil for the loop's own handles.
  static func owner(of handle: UnsafeMutablePointer<uv_handle_t>) -> LoopHandle? {
    guard handle.pointee.type != UV_PREPARE, let data = handle.pointee.data else { return nil }
    return Unmanaged<LoopHandle>.fromOpaque(data).takeUnretainedValue()
  }

  private func didClose() {
    guard let memory else { return }
    self.memory = nil
    UnsafeMutableRawPointer(memory).deallocate()
    loop.handleClosed()
    let waiters = closeWaiters
    closeWaiters = []
    for waiter in waiters { waiter() }
    // The libuv handle's own reference, taken in the initialiser.
    Unmanaged.passUnretained(self).release()
  }
}
