import EventLoop
import Glibc
import JSONRPC
import TestSupport
import Testing

@Suite("The daemon as a process", .timeLimit(.minutes(1)))
struct SpawnedServerTests {
  @Test(
    "follows the transcripts over its standard streams, and ends with its client",
    arguments: TranscriptTests.transcripts.filter { !$0.isScripted },
    [Framing.headers, .lines]
  )
  func standardStreams(transcript: Transcript, framing: Framing) async throws {
    try await withTemporaryDirectory { directory in
      try await withEventLoop { loop in
        let process = try await spawn(["--stdio"], directory, loop)
        do {
          try await withTimeout(transcript.name) {
            var player = TranscriptPlayer(ProcessChannel(process: process), framing: framing)
            try await player.play(transcript) { throw TranscriptError("no scripted jobs: \($0)") }
          }
        } catch { Issue.record("\(error)") }
        await process.closeInput(0)
        #expect(await process.wait().isSuccess)
        await process.close()
      }
    }
  }

  @Test(
    "follows the transcripts over its socket, whose file is the owner's only and goes with it",
    arguments: [SIGTERM, SIGINT]
  )
  func socket(signal: Int32) async throws {
    try await withTemporaryDirectory { directory in
      try await withEventLoop { loop in
        let path = directory + "/run/baton.sock"
        let process = try await spawn(["--socket", path], directory, loop)
        let transcripts = TranscriptTests.transcripts.filter { !$0.isScripted }
        for transcript in transcripts {
          let stream = try await connect(path, loop)
          do {
            try await withTimeout(transcript.name) {
              var player = TranscriptPlayer(StreamChannel(stream: stream), framing: .lines)
              try await player.play(transcript) { throw TranscriptError("no scripted jobs: \($0)") }
            }
          } catch { Issue.record("\(error)") }
          await stream.close()
        }
        // A client in the middle of a message is no reason to stay.
        let last = try await connect(path, loop)
        try await last.write(Array("{\"jsonrpc\"".utf8))
        await process.kill(signal)
        let exit = try await withTimeout("the daemon's end") { await process.wait() }
        #expect(exit.isSuccess, "\(exit)")
        #expect(access(path, F_OK) != 0)
        await last.close()
        await process.close()
      }
    }
  }

  private func spawn(_ options: [String], _ directory: String, _ loop: EventLoop) async throws -> ChildProcess {
    let program = try productsDirectory() + "/baton"
    return try await ChildProcess.spawn(
      ProcessSpecification(
        executable: program,
        arguments: [program, "serve"] + options,
        environment: testEnvironment(["BATON_STATE_DIR": directory + "/state"]),
        workingDirectory: directory,
        descriptors: [0: .inputPipe, 1: .outputPipe, 2: .inherit]
      ),
      on: loop
    )
  }

  /// Connects as soon as the daemon listens.
  private func connect(_ path: String, _ loop: EventLoop) async throws -> ByteStream {
    try await withTimeout("the daemon to listen") {
      while true {
        do throws(UVError) {
          return try await ByteStream.connect(to: .unix(path: path), on: loop)
        } catch {
          guard error.code == .notFound || error.code == .connectionRefused else { throw error }
          try await loop.sleep(for: .milliseconds(10))
        }
      }
    }
  }
}
