import Domain
import EventLoop
import Glibc
import Sandbox
import TestSupport
import Testing

/// Who starts the launcher in a test.
enum Starter: String, CaseIterable, CustomTestStringConvertible {
  /// Whoever runs the tests.
  case current = "whoever runs the tests"
  /// Root, as an ordinary user without any group.
  case ordinaryUser = "an ordinary user"
  /// Root, on a file system that cannot be shown under another owner.
  case unmappedRoot = "root without identity mapping"

  var testDescription: String { rawValue }

  /// The starters this process can play: the others need root.
  static var possible: [Starter] { geteuid() == 0 ? allCases : [.current] }

  static let ordinaryID: UInt32 = 12_345
}

/// A workspace, a home directory with a secret, and a sandbox for them.
struct TestMachine: Sendable {
  let sandbox: Sandbox
  let loop: EventLoop
  /// The workspace; holds `file.txt` with "original\n".
  let root: String
  let home: String
  /// Parent of both.
  let directory: String

  /// Who starts the launcher.
  let starter: Starter

  /// Gives everything a test has made to whoever starts the launcher.
  func handOver() throws {
    if starter == .ordinaryUser { try giveAway(directory) }
  }

  /// Runs shell text in the sandbox.
  func shell(
    _ text: String,
    limits: SandboxLimits = SandboxLimits(wallSeconds: 20),
    changes: [FileChange] = [],
    collect: [String: Int] = [:],
    environment: [String: String] = [:],
    input: [UInt8] = []
  ) async throws -> SandboxResult {
    let policy = SandboxPolicy(
      root: root,
      changes: changes,
      environment: environment,
      collect: collect,
      limits: limits
    )
    return try await sandbox.run(
      SandboxedCommand(arguments: ["/bin/sh", "-c", text], standardInput: input),
      policy: policy
    )
  }

  func python(_ text: String, limits: SandboxLimits = SandboxLimits(wallSeconds: 20)) async throws -> SandboxResult {
    let command = SandboxedCommand(arguments: ["/usr/bin/python3", "-"], standardInput: Array(text.utf8))
    return try await sandbox.run(command, policy: SandboxPolicy(root: root, limits: limits))
  }
}

extension SandboxResult {
  var output: String { standardOutput.text }
  var errors: String { standardError.text }
}

/// Makes a machine and runs `body` with it.
///
/// - Parameters:
///   - starter: who starts the launcher.
///   - workspace: name of the workspace directory.
///   - environment: replaces the daemon's environment, save for HOME.
///   - prepareHome: puts something into the home directory before it is looked at.
@discardableResult
func withMachine<Result: Sendable>(
  _ starter: Starter = .current,
  workspace: String = "workspace",
  hiddenPaths: [String] = [],
  environment: [String: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin"],
  prepareHome: @Sendable (String) throws -> Void = { _ in },
  _ body: @Sendable (TestMachine) async throws -> Result
) async throws -> Result {
  try await withTemporaryDirectory { directory in
    let root = directory + "/" + workspace
    let home = directory + "/home"
    try makeDirectory(root)
    try makeDirectory(home)
    try makeDirectory(home + "/.ssh")
    try write("secret-key\n", to: home + "/.ssh/id_ed25519")
    try write("original\n", to: root + "/file.txt")
    try prepareHome(home)
    var environment = environment
    environment["HOME"] = home
    let launcher = try starter.launcher(in: directory)
    if starter == .ordinaryUser { try giveAway(directory) }
    return try await withEventLoop { loop in
      let sandbox = try await Sandbox.probe(
        loop: loop,
        launcher: launcher,
        hiddenPaths: hiddenPaths,
        environment: environment,
        mapsIdentity: starter != .unmappedRoot
      )
      return try await body(
        TestMachine(sandbox: sandbox, loop: loop, root: root, home: home, directory: directory, starter: starter)
      )
    }
  }
}

extension Starter {
  /// The launcher's path; for the ordinary user a script that becomes that user first.
  fileprivate func launcher(in directory: String) throws -> String? {
    guard self == .ordinaryUser else { return nil }
    let copy = directory + "/baton-sandbox"
    try write(try read(builtLauncher()), to: copy, mode: 0o755)
    let script = directory + "/launch"
    let id = Starter.ordinaryID
    let text = "#!/bin/sh\nexec /usr/bin/setpriv --reuid \(id) --regid \(id) --clear-groups \(copy)\n"
    try write(Array(text.utf8), to: script, mode: 0o755)
    return script
  }
}

/// The launcher that was built with this test bundle.
func builtLauncher() throws -> String {
  guard let own = realpath("/proc/self/exe", nil) else { throw TestSupportError("/proc/self/exe cannot be read") }
  defer { free(own) }
  let path = String(cString: own)
  return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]) + "/baton-sandbox"
}

// MARK: Files

func makeDirectory(_ path: String, mode: mode_t = 0o755) throws {
  guard mkdir(path, mode) == 0 else { throw TestSupportError("mkdir \(path): \(String(cString: strerror(errno)))") }
}

func write(_ text: String, to path: String) throws {
  try write(Array(text.utf8), to: path, mode: 0o644)
}

func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws {
  let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
  guard file >= 0 else { throw TestSupportError("open \(path): \(String(cString: strerror(errno)))") }
  defer { close(file) }
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + written }, bytes.count - written) }
    guard count > 0 else { throw TestSupportError("write \(path): \(String(cString: strerror(errno)))") }
    written += count
  }
}

func read(_ path: String) throws -> [UInt8] {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw TestSupportError("open \(path): \(String(cString: strerror(errno)))") }
  defer { close(file) }
  var result: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = Glibc.read(file, &buffer, buffer.count)
    guard count >= 0 else { throw TestSupportError("read \(path): \(String(cString: strerror(errno)))") }
    guard count > 0 else { return result }
    result += buffer[..<count]
  }
}

func exists(_ path: String) -> Bool {
  var status = stat()
  return lstat(path, &status) == 0
}

/// Makes the ordinary user the owner of everything in `directory`.
private func giveAway(_ path: String) throws {
  guard lchown(path, Starter.ordinaryID, Starter.ordinaryID) == 0 else {
    throw TestSupportError("chown \(path): \(String(cString: strerror(errno)))")
  }
  guard let directory = opendir(path) else { return }
  defer { closedir(directory) }
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { try giveAway(path + "/" + name) }
  }
}
