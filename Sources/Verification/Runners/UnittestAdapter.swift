import Domain

/// `unittest`, through a result class of Baton's that stands in front of the one in use.
struct UnittestAdapter: RunnerAdapter {
  var format: TestReport.Format { .unittest }
  var canSelect: Bool { true }

  func instrument(_ command: String, in folder: RunFolder, options: RunOptions) -> Instrumentation {
    PythonPlugins.instrument(command, folder: folder, options: options)
  }

  func read(_ files: [String: [UInt8]], folder: RunFolder, traces: TraceReader) -> ReportReading {
    RunRecords.read(files["report"] ?? [], nonces: folder.nonces, traces: traces)
  }
}
