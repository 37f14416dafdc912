package import Domain

/// How one run ended and what it left.
package struct SandboxResult: Sendable {
  /// How the command ended, or which limit of time or output ended it.
  package var termination: TestReport.Termination
  package var standardOutput: CappedBytes
  package var standardError: CappedBytes
  /// The collected files, by the path that was asked for. Refused and missing ones are in ``refusedFiles``.
  package var files: [String: [UInt8]]
  /// Files that were asked for and not handed back, with the reason.
  package var refusedFiles: [String: String]
  /// Wall time of the command in seconds, without the time to build the sandbox.
  package var seconds: Double
  /// Processor time in seconds of all its processes.
  package var cpuSeconds: Double
  /// Resident memory in bytes of its largest process.
  package var peakMemoryBytes: Int
  /// The limit that ended the run, if one did.
  package var limit: SandboxLimit?
  package var tier: SandboxTier

  package init(
    termination: TestReport.Termination,
    standardOutput: CappedBytes = CappedBytes(),
    standardError: CappedBytes = CappedBytes(),
    files: [String: [UInt8]] = [:],
    refusedFiles: [String: String] = [:],
    seconds: Double = 0,
    cpuSeconds: Double = 0,
    peakMemoryBytes: Int = 0,
    limit: SandboxLimit? = nil,
    tier: SandboxTier
  ) {
    self.termination = termination
    self.standardOutput = standardOutput
    self.standardError = standardError
    self.files = files
    self.refusedFiles = refusedFiles
    self.seconds = seconds
    self.cpuSeconds = cpuSeconds
    self.peakMemoryBytes = peakMemoryBytes
    self.limit = limit
    self.tier = tier
  }
}

/// A limit for which a whole run is killed. Others show inside the run, as failed calls.
package enum SandboxLimit: String, Sendable {
  case wallTime
  case memory
  case processes
  case output
}

/// The beginning and the end of a stream of bytes, with all between left out.
package struct CappedBytes: Sendable, Equatable {
  /// Most bytes kept of the beginning.
  package static let headBytesMax = 1 << 20
  /// Most bytes kept of the end.
  package static let tailBytesMax = 3 << 20

  /// The first bytes.
  package private(set) var head: [UInt8] = []
  /// Bytes seen in all.
  package private(set) var totalBytes = 0
  /// The last bytes, and at times some before them: trimming each time would move every byte often.
  private var recent: [UInt8] = []

  package init() {}

  /// The last bytes that are not in ``head``.
  package var tail: [UInt8] { Array(recent.suffix(Self.tailBytesMax)) }

  /// Adds bytes at the end.
  package mutating func append(_ bytes: [UInt8]) {
    totalBytes += bytes.count
    var rest = bytes[...]
    if head.count < Self.headBytesMax {
      let count = min(Self.headBytesMax - head.count, rest.count)
      head += rest.prefix(count)
      rest = rest.dropFirst(count)
    }
    recent += rest.suffix(Self.tailBytesMax)
    if recent.count > 2 * Self.tailBytesMax { recent.removeFirst(recent.count - Self.tailBytesMax) }
  }

  /// The bytes as text; what is no UTF-8 is replaced, what is left out is named.
  package var text: String {
    let tail = tail
    let missing = totalBytes - head.count - tail.count
    guard missing > 0 else { return String(decoding: head + tail, as: UTF8.self) }
    let beginning = String(decoding: head, as: UTF8.self)
    return beginning + "\n… \(missing) bytes left out …\n" + String(decoding: tail, as: UTF8.self)
  }
}
