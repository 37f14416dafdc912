import CLibUV
import Glibc

/// Reads and writes of descriptors that don't block, with errno turned into what the caller must do next.
enum DescriptorIO {
  enum Outcome<Value> {
    case done(Value)
    /// Nothing now: wait until the descriptor is ready.
    case wouldBlock
    /// A read found the end of the stream; a write found nobody to read it.
    case end
    case failed(Int32)
  }

  /// Reads at most `byteCount` bytes into an array of just what came.
  ///
  /// - Parameter scratch: where they are read to first, so that the array is no larger than its content; no more than
  ///   its size is read at once.
  static func read(
    _ descriptor: Int32,
    upTo byteCount: Int,
    through scratch: UnsafeMutableRawBufferPointer
  ) -> Outcome<[UInt8]> {
    let target = UnsafeMutableRawBufferPointer(rebasing: scratch.prefix(byteCount))
    switch read(descriptor, into: target) {
    case .done(let count): return .done([UInt8](target.prefix(count)))
    case .wouldBlock: return .wouldBlock
    case .end: return .end
    case .failed(let number): return .failed(number)
    }
  }

  /// Reads into memory of the caller; the value is the count, at least 1.
  static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Outcome<Int> {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count > 0 { return .done(count) }
      if count == 0 { return .end }
      switch errno {
      case EINTR: continue
      case EAGAIN: return .wouldBlock
      case let number: return .failed(number)
      }
    }
  }

  /// Writes a part of `bytes`, as much as fits now; the value is the count.
  static func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Outcome<Int> {
    bytes.withUnsafeBytes { write(descriptor, $0) }
  }

  static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Outcome<Int> {
    while true {
      let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      if count >= 0 { return .done(count) }
      switch errno {
      case EINTR: continue
      case EAGAIN: return .wouldBlock
      case EPIPE, ECONNRESET: return .end
      case let number: return .failed(number)
      }
    }
  }

  /// Whether the descriptor was opened for writing.
  static func isWritable(_ descriptor: Int32) -> Bool {
    baton_fcntl(descriptor, F_GETFL, 0) & O_ACCMODE != O_RDONLY
  }
}
