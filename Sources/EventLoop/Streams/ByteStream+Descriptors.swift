import CLibUV
import Glibc

extension ByteStream {
  /// A stream that reads one descriptor and writes another, of any kind: pipe, socket, terminal, file or device.
  ///
  /// The stream uses duplicates, which it closes; the caller's descriptors stay open, and stay blocking unless they are
  /// sockets (or /proc is missing). For a file the stream has a helper thread, because files can't be polled; ``close()`` waits until it has
  /// written all.
  package static func over(
    reading: Int32,
    writing: Int32,
    name: String,
    on loop: EventLoop,
    limits: StreamLimits = StreamLimits()
  ) async throws(UVError) -> ByteStream {
    let input = try pollable(reading, isInput: true)
    let output: (descriptor: Int32, pump: DescriptorPump?)
    do throws(UVError) { output = try pollable(writing, isInput: false) } catch {
      Glibc.close(input.descriptor)
      throw error
    }
    let outputPump = output.pump
    let (reading, writing) = (input.descriptor, output.descriptor)
    return try await loop.run { () throws(UVError) in
      let core = try StreamCore(
        reading: reading,
        writing: writing,
        name: name,
        loop: loop,
        limits: limits
      )
      return ByteStream(core, outputPump: outputPump)
    }
  }

  /// The stream over this process's standard input and output, which are then closed to everybody else: descriptor 0
  /// becomes /dev/null, and 1 the standard error, so that nothing can be printed between two frames. Call once.
  package static func standardInputOutput(
    on loop: EventLoop,
    limits: StreamLimits = StreamLimits()
  ) async throws(UVError) -> ByteStream {
    let stream = try await over(reading: 0, writing: 1, name: "standard input and output", on: loop, limits: limits)
    let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard null >= 0, dup2(null, 0) == 0, dup2(2, 1) == 1 else {
      let error = UVError(system: errno, "replace standard input and output")
      await stream.close()
      throw error
    }
    Glibc.close(null)
    return stream
  }

  /// A descriptor of its own for the same pipe, socket, terminal or file, that can be polled.
  private static func pollable(
    _ descriptor: Int32,
    isInput: Bool
  ) throws(UVError) -> (descriptor: Int32, pump: DescriptorPump?) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw UVError(system: errno, "use descriptor \(descriptor)") }
    let access = (isInput ? O_RDONLY : O_WRONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
    switch status.st_mode & S_IFMT {
    case S_IFSOCK: return (try duplicate(descriptor), nil)
    case S_IFIFO:
      // Opened again, it has its own flags: other processes that have the same pipe must not become non-blocking.
      let own = open("/proc/self/fd/\(descriptor)", access)
      return (own >= 0 ? own : try duplicate(descriptor), nil)
    case S_IFCHR where isatty(descriptor) == 1:
      let own = open("/proc/self/fd/\(descriptor)", access)
      if own >= 0 { return (own, nil) }
      return try pumped(descriptor, isInput: isInput)
    default: return try pumped(descriptor, isInput: isInput)
    }
  }

  private static func pumped(
    _ descriptor: Int32,
    isInput: Bool
  ) throws(UVError) -> (descriptor: Int32, pump: DescriptorPump?) {
    let (own, pump) = try DescriptorPump.start(try duplicate(descriptor), isInput: isInput)
    return (own, pump)
  }

  private static func duplicate(_ descriptor: Int32) throws(UVError) -> Int32 {
    let copy = baton_fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    guard copy >= 0 else { throw UVError(system: errno, "use descriptor \(descriptor)") }
    return copy
  }
}
