import CLibUV
import Diagnostics
import Glibc
import Logging
import StandardExtensions

/// A thread that copies between a file, which can't be polled, and a pipe, which can: reading a file may block for as long
/// as its disk does, and the loop must not.
final class DescriptorPump: Sendable {
  private static let bufferBytes = 65_536

  private struct State {
    var hasEnded = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Locked(State())

  /// Starts copying, and returns the end of the pipe that the stream is to use. Takes over `file`.
  ///
  /// - Parameter isInput: whether the file is read, and not written.
  static func start(_ file: Int32, isInput: Bool) throws(UVError) -> (descriptor: Int32, pump: DescriptorPump) {
    var ends: [Int32] = [-1, -1]
    guard baton_pipe_close_on_exec(&ends) == 0 else {
      let number = errno
      close(file)
      throw UVError(system: number, "make a pipe")
    }
    let (reading, writing) = (ends[0], ends[1])
    let pump = DescriptorPump()
    do throws(UVError) {
      try LoopThread.start(name: isInput ? "file-in" : "file-out", running: nil) {
        Self.copy(from: isInput ? file : reading, to: isInput ? writing : file)
        for descriptor in [file, isInput ? writing : reading] { close(descriptor) }
        pump.end()
      }
    } catch {
      for descriptor in [file, reading, writing] { close(descriptor) }
      throw error
    }
    return (isInput ? reading : writing, pump)
  }

  /// Waits until everything is copied, after the stream's end of the pipe was closed.
  func wait() async {
    await withCheckedContinuation { waiter in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.waiters.append(waiter) }
        return state.hasEnded
      }
      if hasEnded { waiter.resume() }
    }
  }

  private func end() {
    let waiters = state.withLock { state in
      state.hasEnded = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Copies until the end of the input, or until nobody reads the output.
  private static func copy(from input: Int32, to output: Int32) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 64)
    defer { buffer.deallocate() }
    while case .done(let count) = DescriptorIO.read(input, into: buffer) {
      var written = 0
      while written < count {
        switch DescriptorIO.write(output, UnsafeRawBufferPointer(rebasing: buffer[written..<count])) {
        case .done(let part): written += part
        case .end: return
        case .wouldBlock, .failed:
          Log.logger("EventLoop").error("\(UVError(system: errno, "write output to a file"))")
          return
        }
      }
    }
  }
}
