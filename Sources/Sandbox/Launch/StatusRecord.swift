import CSandbox
import Glibc

/// What the launcher says on its status descriptor.
enum StatusRecord: Equatable {
  case failed(stage: UInt32, error: Int32, detail: String)
  case started(features: UInt32, landlockABI: Int)
  case ended(End)

  /// The command's end.
  struct End: Equatable {
    var waitStatus: Int32
    var limitHit: UInt32
    var cpuSeconds: Double
    var wallSeconds: Double
    var peakMemoryBytes: Int
  }

  static let bytes = MemoryLayout<baton_sandbox_status>.size

  /// Decodes whole records from the front of `bytes` and removes them; unknown kinds are passed over.
  static func take(from bytes: inout [UInt8]) -> [StatusRecord] {
    var records: [StatusRecord] = []
    while bytes.count >= Self.bytes {
      let record = bytes.withUnsafeBytes { $0.loadUnaligned(as: baton_sandbox_status.self) }
      bytes.removeFirst(Self.bytes)
      if let record = StatusRecord(record) { records.append(record) }
    }
    return records
  }

  private init?(_ record: baton_sandbox_status) {
    switch baton_sandbox_status_kind(record.kind) {
    case BATON_SANDBOX_STATUS_FAILED:
      let detail = withUnsafeBytes(of: record.detail) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      self = .failed(stage: record.stage, error: record.error, detail: detail)
    case BATON_SANDBOX_STATUS_STARTED:
      self = .started(features: record.features, landlockABI: Int(record.landlock_abi))
    case BATON_SANDBOX_STATUS_ENDED:
      self = .ended(
        End(
          waitStatus: record.wait_status,
          limitHit: record.limit_hit,
          cpuSeconds: Double(record.user_microseconds + record.system_microseconds) / 1e6,
          wallSeconds: Double(record.wall_microseconds) / 1e6,
          peakMemoryBytes: Int(clamping: record.peak_memory_bytes)
        )
      )
    default: return nil
    }
  }
}

/// Reads collected files as they arrive.
struct FileCollector {
  private var paths: [String]
  private var pending: [UInt8] = []
  private(set) var files: [String: [UInt8]] = [:]
  private(set) var refused: [String: String] = [:]

  init(paths: [String]) {
    self.paths = paths
  }

  mutating func append(_ bytes: [UInt8]) {
    pending += bytes
    let headBytes = MemoryLayout<baton_sandbox_file>.size
    while pending.count >= headBytes {
      let head = pending.withUnsafeBytes { $0.loadUnaligned(as: baton_sandbox_file.self) }
      let total = headBytes + Int(clamping: head.bytes)
      guard pending.count >= total else { return }
      if Int(head.index) < paths.count {
        let path = paths[Int(head.index)]
        if head.error == 0 {
          files[path] = Array(pending[headBytes..<total])
        } else {
          refused[path] = Self.reason(head.error)
        }
      }
      pending.removeFirst(total)
    }
  }

  private static func reason(_ error: Int32) -> String {
    switch error {
    case EFBIG: "is larger than its limit"
    case EINVAL: "is not a regular file"
    case ELOOP: "is a symbolic link"
    case ENXIO: "is a socket or device"
    default: String(cString: strerror(error))
    }
  }
}
