import EventLoop
import Glibc

/// A command in the sandbox that is talked to while it runs, such as a server that forks a test run for each line.
///
/// Lines are read only when they are asked for: a command that writes more blocks on its pipe. Letting the session go
/// kills the command.
package actor SandboxSession {
  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private nonisolated let loop: EventLoop
  private nonisolated let run: SandboxRun
  private let completion: Task<Void, Never>
  private var buffer: [UInt8] = []
  /// How much of ``buffer`` was searched for a line's end without finding one.
  private var searched = 0
  private var hasEnded = false

  init(run: SandboxRun) {
    self.run = run
    loop = run.loop
    completion = Task { await run.finish(input: nil, readsOutput: false) }
  }

  deinit {
    // Harmless after the end: a process that was reaped is not signalled.
    let run = run
    Task { await run.stop() }
  }

  /// The launcher's process number, for signals from outside and for records.
  package nonisolated var processID: Int32 { run.process.pid }

  /// Closes all of this process's ends of the run's pipes, as this process's death would: the launcher then ends the
  /// run. For an emergency stop that cannot wait.
  package func abandonDescriptors() async {
    await run.process.close()
  }

  /// Writes all of `bytes` to the command's input, waiting while it does not read.
  ///
  /// - Throws: `ended` when the command no longer reads, `cancelled`.
  package func send(_ bytes: [UInt8]) async throws(SandboxError) {
    do throws(UVError) { try await run.process.write(bytes, to: 0) } catch {
      throw Self.explain(error, "write to a sandboxed helper")
    }
  }

  /// The next line of the command's standard output without its newline, waiting for it; what is left without a
  /// newline at the end of the output is a line too.
  ///
  /// - Parameter bytesMax: longest line in bytes.
  /// - Returns: nil at the end of the output.
  /// - Throws: `lineTooLong`, `cancelled` (nothing is lost: the next call goes on).
  package func nextLine(bytesMax: Int) async throws(SandboxError) -> [UInt8]? {
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        guard end <= bytesMax else { throw Self.tooLong(bytesMax) }
        let line = Array(buffer[..<end])
        buffer.removeFirst(end + 1)
        searched = 0
        return line
      }
      searched = buffer.count
      guard buffer.count <= bytesMax else { throw Self.tooLong(bytesMax) }
      if hasEnded {
        guard !buffer.isEmpty else { return nil }
        defer {
          buffer = []
          searched = 0
        }
        return buffer
      }
      do throws(UVError) {
        if let bytes = try await run.process.read(1, upTo: SandboxRun.chunkBytes) {
          buffer += bytes
        } else {
          hasEnded = true
        }
      } catch {
        guard error.code == .closed else { throw Self.explain(error, "read from a sandboxed helper") }
        hasEnded = true
      }
    }
  }

  /// Ends the command's input.
  package func closeInput() async {
    await run.process.closeInput(0)
  }

  /// Kills the command and all it started; returns when they are gone.
  package func kill() async {
    await run.stop()
    await completion.value
  }

  /// Ends the input, reads what is left of the output, and waits for the end, at most until the run's deadline.
  /// Cancelling the task kills the command.
  package func finish() async -> SandboxResult {
    await closeInput()
    let rest = buffer
    buffer = []
    searched = 0
    await run.receive(rest, from: 1)
    await withTaskCancellationHandler {
      await drain()
      await completion.value
    } onCancel: {
      let run = run
      Task { await run.stop() }
    }
    return await run.resultOrKilled()
  }

  private func drain() async {
    while !hasEnded {
      do throws(UVError) {
        guard let bytes = try await run.process.read(1, upTo: SandboxRun.chunkBytes) else { break }
        await run.receive(bytes, from: 1)
      } catch { break }
    }
    hasEnded = true
  }

  private static func tooLong(_ bytesMax: Int) -> SandboxError {
    SandboxError(.lineTooLong, "a sandboxed helper wrote a line of more than \(bytesMax) bytes")
  }

  private static func explain(_ error: UVError, _ doing: String) -> SandboxError {
    switch error.code {
    case .cancelled: SandboxError(.cancelled, "\(doing): cancelled")
    case .peerVanished, .closed: SandboxError(.ended, "\(doing): it has ended", errno: error.errno)
    default: SandboxError(.ended, "\(doing): \(error)", errno: error.errno)
    }
  }
}
