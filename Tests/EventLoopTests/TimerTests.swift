import EventLoop
import StandardExtensions
import TestSupport
import Testing

@Suite("Timers", .timeLimit(.minutes(1)))
struct TimerTests {
  @Test("a sleep is never too short", arguments: [0, 1, 15, 60])
  func notEarly(milliseconds: Int) async throws {
    try await withEventLoop { loop in
      let clock = ContinuousClock()
      let took = try await clock.measure { try await loop.sleep(for: .milliseconds(milliseconds)) }
      #expect(took >= .milliseconds(milliseconds))
    }
  }

  @Test("sleeps end in the order of their lengths")
  func order() async throws {
    try await withEventLoop { loop in
      let ended = try await withThrowingTaskGroup { group in
        for milliseconds in [90, 10, 50] {
          group.addTask {
            try await loop.sleep(for: .milliseconds(milliseconds))
            return milliseconds
          }
        }
        var ended: [Int] = []
        for try await milliseconds in group { ended.append(milliseconds) }
        return ended
      }
      #expect(ended == [10, 50, 90])
    }
  }

  @Test("a cancelled sleep ends at once, whether it had begun or not", arguments: [true, false])
  func cancelled(hasBegun: Bool) async throws {
    try await withEventLoop { loop in
      let sleeper = Task { try await loop.sleep(for: .seconds(300)) }
      if hasBegun { try await loop.sleep(for: .milliseconds(5)) }
      sleeper.cancel()
      let error = await #expect(throws: UVError.self) { try await sleeper.value }
      #expect(error?.code == .cancelled)
    }
  }

  @Test("the stop of the loop ends sleeps, and refuses new ones")
  func loopStops() async throws {
    let loop = try EventLoop.start(name: "sleeps")
    let sleeper = Task { try await loop.sleep(for: .seconds(300)) }
    try await loop.sleep(for: .milliseconds(5))
    await loop.stop()
    let error = await #expect(throws: UVError.self) { try await sleeper.value }
    #expect(error?.code == .loopStopped)
    let late = await #expect(throws: UVError.self) { try await loop.sleep(for: .zero) }
    #expect(late?.code == .loopStopped)
  }

  @Test("a loop timer fires again and again until it is cancelled, and its last schedule counts")
  func loopTimer() async throws {
    try await withEventLoop { loop in
      let fired = Locked<[String]>([])
      let timer = try await loop.run { () throws(UVError) in
        let timer = try LoopTimer(name: "tick", on: loop)
        timer.schedule(after: .seconds(300)) { fired.withLock { $0.append("never") } }
        timer.schedule(after: .milliseconds(1), every: .milliseconds(1)) {
          fired.withLock { $0.append("tick") }
          if fired.withLock({ $0.count }) == 3 { timer.cancel() }
        }
        return timer
      }
      while fired.withLock({ $0.count }) < 3 { try await loop.sleep(for: .milliseconds(2)) }
      try await loop.sleep(for: .milliseconds(10))
      #expect(fired.withLock { $0 } == ["tick", "tick", "tick"])
      _ = timer
    }
  }
}
