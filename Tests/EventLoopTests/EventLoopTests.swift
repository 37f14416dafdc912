import EventLoop
import StandardExtensions
import TestSupport
import Testing

/// An actor of a loop, for tests.
private actor Counter {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
  private(set) var value = 0
  private(set) var offLoop = 0

  init(_ loop: EventLoop) { self.loop = loop }

  func increment() {
    value += 1
    if !loop.isCurrent { offLoop += 1 }
  }

  func increment(_ other: Counter, times: Int) async {
    for _ in 0..<times { await other.increment() }
  }

  func stopLoop() async -> Bool {
    await loop.stop()
    value += 1
    return loop.isCurrent
  }
}

@Suite("The event loop as an executor", .timeLimit(.minutes(1)))
struct EventLoopTests {
  @Test("work added by one thread runs on the loop, in order")
  func order() async throws {
    try await withEventLoop { loop in
      let seen = Locked<[Int]>([])
      for index in 0..<10_000 { loop.perform { seen.withLock { $0.append(index) } } }
      await Counter(loop).increment()
      #expect(seen.withLock { $0 } == Array(0..<10_000))
    }
  }

  @Test("100,000 calls of eight tasks each run exactly once, on the loop's thread")
  func manyHops() async throws {
    try await withEventLoop { loop in
      let counter = Counter(loop)
      await withTaskGroup { group in
        for _ in 0..<8 {
          group.addTask { for _ in 0..<12_500 { await counter.increment() } }
        }
      }
      #expect(await counter.value == 100_000)
      #expect(await counter.offLoop == 0)
    }
  }

  @Test("actors of one loop call each other without leaving its thread")
  func sameLoopCalls() async throws {
    try await withEventLoop { loop in
      let (first, second) = (Counter(loop), Counter(loop))
      await first.increment(second, times: 100_000)
      #expect(await second.value == 100_000)
    }
  }

  @Test("assumeIsolated works in a call that belongs to no task")
  func isolationOutsideTasks() async throws {
    try await withEventLoop { loop in
      let counter = Counter(loop)
      loop.perform { counter.assumeIsolated { $0.increment() } }
      #expect(await counter.value == 1)
    }
  }

  @Test("assumeIsolated off the loop traps, and says where it should have been")
  func isolationMisuse() async {
    await #expect(processExitsWith: .failure) {
      let loop = try EventLoop.start(name: "misuse")
      incrementWithoutHop(Counter(loop))
    }
  }

  @Test("a function of the loop that is called off the loop traps")
  func preconditionMisuse() async {
    await #expect(processExitsWith: .failure) {
      try EventLoop.start(name: "misuse").preconditionOnLoop()
    }
  }

  @Test("a stop runs what waits, and later jobs still run, one after another")
  func lateJobs() async throws {
    let loop = try EventLoop.start(name: "late")
    let counter = Counter(loop)
    for _ in 0..<1_000 { loop.perform { counter.assumeIsolated { $0.increment() } } }
    await loop.stop()
    #expect(await counter.value == 1_000)
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<100 { await counter.increment() } }
      }
    }
    #expect(await counter.value == 1_800)
    #expect(await counter.offLoop == 0)
    await loop.stop()
  }

  @Test("jobs that race with the stop all run")
  func stopRace() async throws {
    for _ in 0..<50 {
      let loop = try EventLoop.start(name: "race")
      let counter = Counter(loop)
      await withTaskGroup { group in
        for _ in 0..<4 {
          group.addTask { for _ in 0..<50 { await counter.increment() } }
        }
        group.addTask { await loop.stop() }
      }
      #expect(await counter.value == 200)
    }
  }

  @Test("an actor of the loop can stop it, and goes on afterwards")
  func stopFromInside() async throws {
    let counter = Counter(try EventLoop.start(name: "inside"))
    #expect(await counter.stopLoop())
    #expect(await counter.value == 1)
  }

  @Test("started and stopped loops leave no descriptor behind")
  func nothingLeft() async {
    await #expect(processExitsWith: .success) {
      try await withEventLoop { await Counter($0).increment() }
      let before = openDescriptors()
      for _ in 0..<20 { try await withEventLoop { await Counter($0).increment() } }
      #expect(openDescriptors() == before)
    }
  }
}

private func incrementWithoutHop(_ counter: Counter) {
  counter.assumeIsolated { $0.increment() }
}
