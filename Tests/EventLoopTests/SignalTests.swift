import EventLoop
import Glibc
import TestSupport
import Testing

@Suite("Signals", .timeLimit(.minutes(1)))
struct SignalTests {
  /// In a process of its own: a signal goes to the whole process.
  @Test("signals come as a stream, and do again what they did when it is closed")
  func signals() async {
    await #expect(processExitsWith: .signal(SIGTERM)) {
      try await withEventLoop { loop in
        let source = try await SignalSource.start([SIGTERM, SIGHUP], on: loop)
        var signals = source.signals.makeAsyncIterator()
        for number in [SIGTERM, SIGHUP, SIGTERM] {
          kill(getpid(), number)
          let received = await signals.next()
          guard received == number else { exit(1) }
        }
        await source.close()
        guard await signals.next() == nil else { exit(2) }
        kill(getpid(), SIGTERM)
        try await loop.sleep(for: .seconds(20))
      }
    }
  }

  @Test("a signal that can't be caught is refused", arguments: [SIGKILL, SIGSTOP])
  func refused(number: Int32) async throws {
    try await withEventLoop { loop in
      let error = await #expect(throws: UVError.self) { _ = try await SignalSource.start([SIGHUP, number], on: loop) }
      #expect(error?.code == .invalidArgument)
    }
  }
}
