import Domain

/// `swift test`, by Swift Testing's event stream and XCTest's text.
struct SwiftTestAdapter: RunnerAdapter {
  var format: TestReport.Format { .swiftTesting }

  func instrument(_ command: String, in folder: RunFolder, options: RunOptions) -> Instrumentation {
    let option = " --event-stream-output-path \(folder.file("events"))"
    return Instrumentation(
      command: command.inserting(option, behind: CommandRecognition(command).insertionPoints),
      reports: ["events"],
      capturesOutput: true
    )
  }

  func read(_ files: [String: [UInt8]], folder: RunFolder, traces: TraceReader) -> ReportReading {
    SwiftTestingReport.read(events: files["events"] ?? [], output: files["output"] ?? [], traces: traces)
  }
}
