import Domain

/// `cargo test`, by libtest's stable text. All test programs are run, also after one failed; the network is not asked.
struct CargoTestAdapter: RunnerAdapter {
  var format: TestReport.Format { .libtest }

  func instrument(_ command: String, in folder: RunFolder, options: RunOptions) -> Instrumentation {
    let points = command.contains("--no-fail-fast") ? [] : CommandRecognition(command).insertionPoints
    return Instrumentation(
      command: command.inserting(" --no-fail-fast", behind: points),
      environment: ["CARGO_NET_OFFLINE": "true", "CARGO_TERM_COLOR": "never"],
      capturesOutput: true
    )
  }

  func read(_ files: [String: [UInt8]], folder: RunFolder, traces: TraceReader) -> ReportReading {
    LibtestReport.read(files["output"] ?? [], traces: traces)
  }
}
