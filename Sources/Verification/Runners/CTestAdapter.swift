import Domain

/// `ctest`, by its JUnit XML (CMake 3.21 and later).
struct CTestAdapter: RunnerAdapter {
  var format: TestReport.Format { .junitXML }

  func instrument(_ command: String, in folder: RunFolder, options: RunOptions) -> Instrumentation {
    let option = " --output-junit \(folder.file("junit.xml"))"
    return Instrumentation(
      command: command.inserting(option, behind: CommandRecognition(command).insertionPoints),
      reports: ["junit.xml"]
    )
  }

  func read(_ files: [String: [UInt8]], folder: RunFolder, traces: TraceReader) -> ReportReading {
    JUnitReport.read(files["junit.xml"] ?? [], traces: traces)
  }
}
