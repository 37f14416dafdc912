import EventLoop
import Glibc
import Jobs

/// Opens the state directory, a loop and a job service, runs `body`, and shuts all of them down.
func withJobService(_ body: (JobService, EventLoop) async throws -> Void) async throws {
  let loop = try EventLoop.start(name: "baton")
  var outcome = Result<Void, any Error>.success(())
  do throws(JobError) {
    let state = try StateDirectory(environment: environment())
    let service = try JobService(JobConfiguration(stateDirectory: state, loop: loop))
    do { try await body(service, loop) } catch { outcome = .failure(error) }
    await service.shutdown()
  } catch { outcome = .failure(CommandFailure(error)) }
  await loop.stop()
  try outcome.get()
}

/// The process's environment.
func environment() -> [String: String] {
  var result: [String: String] = [:]
  var entry = environ
  while let text = entry.pointee {
    let pair = String(cString: text)
    if let separator = pair.firstIndex(of: "=") {
      result[String(pair[..<separator])] = String(pair[pair.index(after: separator)...])
    }
    entry += 1
  }
  return result
}
