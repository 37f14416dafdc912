import EventLoop
import JSONRPC
import Server
import TestSupport
import Testing

@Suite("Transcripts", .timeLimit(.minutes(5)))
struct TranscriptTests {
  static let transcripts: [Transcript] = {
    do { return try Transcript.all() } catch {
      Issue.record("\(error)")
      return []
    }
  }()

  @Test("are followed in memory", arguments: transcripts, [Framing.headers, .lines])
  func inMemory(transcript: Transcript, framing: Framing) async throws {
    try await withEventLoop { loop in
      let jobs = ScriptedJobs()
      let channel = MemoryTransport(loop)
      let configuration = SessionConfiguration(serverVersion: "1")
      let session = Session(configuration, jobs: jobs, transport: channel, loop: loop)
      let updates = jobs.updates()
      await withDiscardingTaskGroup { group in
        group.addTask { await session.run() }
        group.addTask { for await update in updates { await session.offer(update) } }
        await play(transcript, channel, framing, jobs)
        await channel.endInput()
        group.cancelAll()
      }
    }
  }

  @Test("are followed over a socket", arguments: transcripts, [Framing.headers, .lines])
  func overSocket(transcript: Transcript, framing: Framing) async throws {
    try await withServer { server in
      let client = try await server.connect()
      await play(transcript, StreamChannel(stream: client.stream), framing, server.jobs)
      await client.close()
    }
  }

  private func play(
    _ transcript: Transcript,
    _ channel: any TranscriptChannel,
    _ framing: Framing,
    _ jobs: ScriptedJobs
  ) async {
    do {
      try await withTimeout(transcript.name) {
        var player = TranscriptPlayer(channel, framing: framing)
        try await player.play(transcript) { try await jobs.act($0) }
      }
    } catch { Issue.record("\(error)") }
  }
}
