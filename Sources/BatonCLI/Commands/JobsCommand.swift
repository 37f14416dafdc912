import ArgumentParser
import Foundation
import Jobs

/// `baton jobs`
struct JobsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "jobs", abstract: "List jobs, newest first.")

  @Flag(name: .long, help: "Print a JSON array.")
  var json = false

  @Option(name: .long, help: "At most this many.")
  var limit = 20

  func validate() throws {
    guard (1...Journal.pageSizeMax).contains(limit) else {
      throw ValidationError("--limit takes a number from 1 to \(Journal.pageSizeMax)")
    }
  }

  func run() async throws {
    let summaries: [JobSummary]
    do throws(JobError) {
      let state = try StateDirectory(environment: environment())
      summaries = try Journal(path: state.journal).summaries(limit: limit)
    } catch { throw CommandFailure(error) }
    let output = Terminal.standardOutput
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      output.write(Array(try encoder.encode(summaries)) + [UInt8(ascii: "\n")])
      return
    }
    if summaries.isEmpty { output.line("no jobs yet; `baton fix` makes one") }
    for summary in summaries {
      let date = Date(timeIntervalSince1970: summary.createdAt).formatted(.iso8601)
      let outcome = summary.outcome.map { " (\($0.rawValue))" } ?? ""
      output.line("\(summary.id)  \(date)  \(summary.state.rawValue)\(outcome)  \(Terminal.printable(summary.root))")
    }
  }
}
