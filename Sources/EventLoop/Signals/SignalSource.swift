import CLibUV

/// Signals sent to this process, such as SIGTERM, as a stream. While it is open they don't do what they do otherwise.
package final class SignalSource: Sendable {
  /// Most signals that wait to be seen; beyond it the oldest is dropped.
  package static let pendingSignalsMax = 16

  /// The signals as they come, for one reader. Ends when the source is closed or the loop stops.
  package let signals: AsyncStream<Int32>
  private let handles: [SignalHandle]
  private let loop: EventLoop

  /// Begins to watch for `numbers`.
  ///
  /// - Throws: `invalidArgument` for a signal that can't be caught (SIGKILL, SIGSTOP), `loopStopped`.
  package static func start(_ numbers: [Int32], on loop: EventLoop) async throws(UVError) -> SignalSource {
    let (signals, continuation) = AsyncStream.makeStream(
      of: Int32.self,
      bufferingPolicy: .bufferingNewest(pendingSignalsMax)
    )
    let handles = try await loop.run { () throws(UVError) in
      var handles: [SignalHandle] = []
      do throws(UVError) {
        for number in numbers { handles.append(try SignalHandle(number, loop: loop, continuation)) }
      } catch {
        for handle in handles { handle.close(because: error) }
        throw error
      }
      return handles
    }
    return SignalSource(signals, handles, loop)
  }

  private init(_ signals: AsyncStream<Int32>, _ handles: [SignalHandle], _ loop: EventLoop) {
    self.signals = signals
    self.handles = handles
    self.loop = loop
  }

  deinit {
    let handles = handles
    loop.perform { for handle in handles { handle.close(because: UVError(.closed, "signals are not watched")) } }
  }

  /// Lets the signals do again what they did before. Returns when it is so.
  package func close() async {
    for handle in handles {
      await withCheckedContinuation { done in
        loop.perform { handle.close(because: UVError(.closed, "signals are not watched")) { done.resume() } }
      }
    }
  }
}

/// A libuv signal watch. On the loop's thread.
private final class SignalHandle: LoopHandle, @unchecked Sendable {
  // Safety: as LoopHandle: used on the loop's thread only.

  private let continuation: AsyncStream<Int32>.Continuation

  init(_ number: Int32, loop: EventLoop, _ continuation: AsyncStream<Int32>.Continuation) throws(UVError) {
    self.continuation = continuation
    try super.init(UV_SIGNAL, name: "signal \(number)", loop: loop) { memory in
      uv_signal_init(loop.loop, memory.assumingMemoryBound(to: uv_signal_t.self))
    }
    guard let signal = pointer(as: uv_signal_t.self) else { return }
    let status = uv_signal_start(
      signal,
      { signal, number in
        guard let signal else { return }
        UnsafeMutableRawPointer(signal).withMemoryRebound(to: uv_handle_t.self, capacity: 1) { handle in
          let owner = LoopHandle.owner(of: handle).map { unsafeDowncast($0, to: SignalHandle.self) }
          owner?.continuation.yield(number)
        }
      },
      number
    )
    guard status == 0 else {
      let error = UVError(system: status, "watch signal \(number)")
      close(because: error)
      throw error
    }
  }

  override func willClose(_ reason: UVError) {
    continuation.finish()
  }
}
