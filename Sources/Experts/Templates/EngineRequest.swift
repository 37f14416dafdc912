import Domain
import JSONRPC

/// What the engine is told: one line of JSON after its modules.
struct EngineRequest {
  /// Most names of tests that are sent of each sort; the engine finds the others by itself.
  static let testNamesMax = 2_000
  /// Most bytes of earlier candidates that are sent for not being offered again.
  static let rejectedBytesMax = 4 << 20

  /// Absolute path of the workspace.
  var root: String
  /// Wall seconds it may use.
  var seconds: Double
  /// The test command as typed or found.
  var command: String
  /// Names of tests that fail, and that pass; empty when the runner gave none.
  var failing: [String]
  var passing: [String]
  /// Child processes that run tests at the same time.
  var workers: Int
  /// Files as earlier candidates left them, which are not wanted again.
  var rejected: [FileChange]

  /// The line, with its newline.
  var line: [UInt8] {
    var bytesLeft = Self.rejectedBytesMax
    var earlier: [JSONValue] = []
    for change in rejected {
      guard case .file(let bytes, _) = change.content, bytes.count <= bytesLeft else { continue }
      bytesLeft -= bytes.count
      earlier.append(["path": .string(change.path.string), "bytes": .string(EnginePatch.text(of: bytes))])
    }
    let value: JSONValue = [
      "root": .string(root),
      "seconds": .double(seconds),
      "command": .string(command),
      "failing": .array(failing.prefix(Self.testNamesMax).map { .string($0) }),
      "passing": .array(passing.prefix(Self.testNamesMax).map { .string($0) }),
      "workers": .integer(Int64(workers)),
      "rejected": .array(earlier),
    ]
    return value.serialized() + [0x0A]
  }
}
