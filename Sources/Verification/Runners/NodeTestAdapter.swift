import Domain

/// `node --test`, by a reporter in the runner's own process; test files run in other processes.
struct NodeTestAdapter: RunnerAdapter {
  var format: TestReport.Format { .nodeTest }

  func instrument(_ command: String, in folder: RunFolder, options: RunOptions) -> Instrumentation {
    let file = "\(folder.package)/reporter.mjs"
    let option = "--test-reporter=\(folder.file(file)) --test-reporter-destination=/dev/null"
    return Instrumentation(
      command: command,
      // Also through `npm test`. The usual words for people go on beside it.
      environment: ["NODE_OPTIONS": "\(option) --test-reporter=spec --test-reporter-destination=stdout"],
      files: [file: PythonPlugins.text(PackageResources.reporter_mjs)],
      reports: ["report"]
    )
  }

  func read(_ files: [String: [UInt8]], folder: RunFolder, traces: TraceReader) -> ReportReading {
    RunRecords.read(files["report"] ?? [], nonces: folder.nonces, traces: traces)
  }
}
