import Domain

/// `go test`, by its own JSON. Modules come from what is on the machine; the network is not asked.
struct GoTestAdapter: RunnerAdapter {
  var format: TestReport.Format { .goJSON }

  func instrument(_ command: String, in folder: RunFolder, options: RunOptions) -> Instrumentation {
    let words = ShellWords(command).commands.joined().map(\.text)
    let points = words.contains("-json") ? [] : CommandRecognition(command).insertionPoints
    return Instrumentation(
      command: command.inserting(" -json", behind: points),
      environment: ["GOPROXY": "off", "GOTOOLCHAIN": "local"],
      capturesOutput: true
    )
  }

  func read(_ files: [String: [UInt8]], folder: RunFolder, traces: TraceReader) -> ReportReading {
    GoReport.read(files["output"] ?? [], traces: traces)
  }
}
