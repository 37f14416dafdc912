import CSandbox
import Domain
import Glibc

/// Writes a policy in the launcher's format (CSandboxProtocol.h): a magic word, then padded records.
struct PolicyEncoder {
  private var bytes: [UInt8] = []
  private var failure: SandboxError?

  /// A policy's records, as the launcher reads them.
  ///
  /// - Parameters:
  ///   - root: the workspace's real path.
  ///   - collected: paths to hand back, in the order in which the launcher numbers them.
  static func encode(
    _ command: SandboxedCommand,
    root: String,
    policy: SandboxPolicy,
    collected: [String],
    view: HostView,
    options: UInt32
  ) throws(SandboxError) -> [UInt8] {
    var encoder = PolicyEncoder()
    encoder.word(BATON_SANDBOX_POLICY_MAGIC)
    encoder.word(0)
    encoder.record(BATON_SANDBOX_TAG_ROOT, root)
    if let directory = command.directory {
      encoder.record(BATON_SANDBOX_TAG_DIRECTORY, root + "/" + directory.string)
    }
    encoder.record(BATON_SANDBOX_TAG_HOME, view.insideHome)
    encoder.record(BATON_SANDBOX_TAG_OPTIONS) { $0.word(options) }
    try encoder.limits(policy.limits)
    for argument in command.arguments { encoder.record(BATON_SANDBOX_TAG_ARGUMENT, argument) }
    let environment = view.environment.merging(policy.environment) { $1 }
    for (name, value) in environment {
      encoder.record(BATON_SANDBOX_TAG_ENVIRONMENT, name + "=" + value)
    }
    for mask in view.masks { encoder.record(BATON_SANDBOX_TAG_MASK, mask) }
    for path in view.readable + policy.readablePaths where !RealPath.isBelow(path, root) {
      encoder.record(BATON_SANDBOX_TAG_READABLE, path)
    }
    for path in view.caches where !RealPath.isBelow(path, root) && !RealPath.isBelow(root, path) {
      encoder.record(BATON_SANDBOX_TAG_CACHE, path)
    }
    for (path, target) in view.links where !RealPath.isBelow(path, root) {
      encoder.record(BATON_SANDBOX_TAG_LINK) { $0.strings(path, target) }
    }
    for change in policy.changes { encoder.change(change) }
    for path in collected {
      encoder.record(BATON_SANDBOX_TAG_COLLECT) {
        $0.doubleWord(UInt64(max(policy.collect[path] ?? 0, 0)))
        $0.strings(path)
      }
    }
    if let failure = encoder.failure { throw failure }
    guard encoder.bytes.count <= BATON_SANDBOX_POLICY_BYTES_MAX else {
      throw SandboxError(
        .invalidPolicy,
        "the changes of one run are \(encoder.bytes.count) bytes; at most \(BATON_SANDBOX_POLICY_BYTES_MAX) fit"
      )
    }
    return encoder.bytes
  }

  private mutating func limits(_ limits: SandboxLimits) throws(SandboxError) {
    let values: [(String, Double)] = [
      ("wallSeconds", limits.wallSeconds * 1_000), ("cpuSeconds", limits.cpuSeconds.rounded(.up)),
      ("memoryBytes", Double(limits.memoryBytes)), ("processes", Double(limits.processes)),
      ("openFiles", Double(limits.openFiles)), ("fileBytes", Double(limits.fileBytes)),
      ("workspaceBytes", Double(limits.workspaceBytes)), ("workspaceInodes", Double(limits.workspaceInodes)),
    ]
    for (name, value) in values where !(value >= 1 && value < 0x1p53) {
      throw SandboxError(.invalidPolicy, "the limit \(name) is out of range")
    }
    record(BATON_SANDBOX_TAG_LIMITS) { encoder in
      for (_, value) in values { encoder.doubleWord(UInt64(value)) }
    }
  }

  private mutating func change(_ change: FileChange) {
    switch change.content {
    case .file(let content, let isExecutable):
      record(BATON_SANDBOX_TAG_CHANGE_FILE) {
        $0.word(isExecutable ? 1 : 0)
        $0.strings(change.path.string)
        $0.bytes += content
      }
    case .symbolicLink(let target):
      record(BATON_SANDBOX_TAG_CHANGE_LINK) {
        $0.word(0)
        $0.strings(change.path.string, target)
      }
    case .deleted:
      record(BATON_SANDBOX_TAG_CHANGE_DELETE) {
        $0.word(0)
        $0.strings(change.path.string)
      }
    }
  }

  private mutating func record(_ tag: baton_sandbox_tag, _ string: String) {
    record(tag) { $0.strings(string) }
  }

  private mutating func record(_ tag: baton_sandbox_tag, _ payload: (inout PolicyEncoder) -> Void) {
    word(tag.rawValue)
    let lengthAt = bytes.count
    word(0)
    payload(&self)
    let length = bytes.count - lengthAt - 4
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: length)) { bytes.replaceSubrange(lengthAt..<lengthAt + 4, with: $0) }
    while bytes.count % 8 != 0 { bytes.append(0) }
  }

  private mutating func strings(_ strings: String...) {
    for string in strings {
      if string.utf8.contains(0) {
        failure = SandboxError(.invalidPolicy, "a path, argument or variable holds a NUL byte")
      }
      bytes += string.utf8
      bytes.append(0)
    }
  }

  private mutating func word(_ value: UInt32) {
    withUnsafeBytes(of: value) { bytes += $0 }
  }

  private mutating func doubleWord(_ value: UInt64) {
    withUnsafeBytes(of: value) { bytes += $0 }
  }
}
