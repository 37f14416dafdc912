import Domain

/// pytest, through a plugin of Baton's: node ids, traces, a limit for each test, canaries.
///
/// JUnit XML would lose the node ids, and any test can write a file of that name; the plugin's lines carry a nonce.
struct PytestAdapter: RunnerAdapter {
  var format: TestReport.Format { .pytest }
  var canSelect: Bool { true }

  func instrument(_ command: String, in folder: RunFolder, options: RunOptions) -> Instrumentation {
    PythonPlugins.instrument(command, folder: folder, options: options)
  }

  func read(_ files: [String: [UInt8]], folder: RunFolder, traces: TraceReader) -> ReportReading {
    RunRecords.read(files["report"] ?? [], nonces: folder.nonces, traces: traces)
  }
}
