import EventLoop
import Glibc

/// Runs `body`; an interrupt or a request to end (SIGINT, SIGTERM, SIGHUP) meanwhile runs `onInterrupt`, once.
///
/// - Parameters:
///   - onInterrupt: makes `body` end soon; what it throws is thrown here after `body` has ended.
func withInterrupts(
  on loop: EventLoop,
  _ onInterrupt: @escaping @Sendable () async throws -> Void,
  during body: () async throws -> Void
) async throws {
  let source = try await SignalSource.start([SIGINT, SIGTERM, SIGHUP], on: loop)
  let outcome: Result<Void, any Error>
  let watcher = Task {
    for await _ in source.signals {
      try await onInterrupt()
      break
    }
  }
  do {
    try await body()
    outcome = .success(())
  } catch { outcome = .failure(error) }
  await source.close()
  // Ends by itself now that no more signals come; a cancel under way is waited for.
  try await watcher.value
  try outcome.get()
}
