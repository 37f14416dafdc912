import Domain

/// Any other command: its exit code is the one result. A pytest or unittest that it starts
/// inside (`make test`) still reports.
struct ExitCodeAdapter: RunnerAdapter {
  var format: TestReport.Format { .exitCode }

  func instrument(_ command: String, in folder: RunFolder, options: RunOptions) -> Instrumentation {
    PythonPlugins.instrument(command, folder: folder, options: options)
  }

  func read(_ files: [String: [UInt8]], folder: RunFolder, traces: TraceReader) -> ReportReading {
    RunRecords.read(files["report"] ?? [], nonces: folder.nonces, traces: traces)
  }
}

/// The command as it stands, for a runner that does not take the instruments.
struct PlainAdapter: RunnerAdapter {
  var format: TestReport.Format { .exitCode }

  func instrument(_ command: String, in folder: RunFolder, options: RunOptions) -> Instrumentation {
    Instrumentation(command: command)
  }

  func read(_ files: [String: [UInt8]], folder: RunFolder, traces: TraceReader) -> ReportReading {
    ReportReading()
  }
}
