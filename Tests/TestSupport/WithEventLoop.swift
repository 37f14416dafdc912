package import EventLoop

/// Runs `body` with a new event loop, and stops the loop afterwards, also when `body` throws.
package func withEventLoop<Result>(
  _ name: String = "test",
  _ body: (EventLoop) async throws -> Result
) async throws -> Result {
  let loop = try EventLoop.start(name: name)
  let result: Result
  do {
    result = try await body(loop)
  } catch {
    await loop.stop()
    throw error
  }
  await loop.stop()
  return result
}
