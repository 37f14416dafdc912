package import EventLoop
import Glibc

/// What a finished command said.
package struct CommandOutput: Sendable {
  /// Exit code; 128 and the signal's number when a signal ended it, as a shell says.
  package let status: Int32
  package let standardOutput: [UInt8]
  package let standardError: [UInt8]

  /// Standard output, lossily decoded.
  package var text: String { String(decoding: standardOutput, as: UTF8.self) }
  /// Standard error, lossily decoded.
  package var errorText: String { String(decoding: standardError, as: UTF8.self) }
}

/// The folder that the tests and the programs under test were built into.
package func productsDirectory() throws -> String {
  var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
  let count = readlink("/proc/self/exe", &buffer, buffer.count)
  guard count > 0 else { throw UVError(system: errno, "read /proc/self/exe") }
  let path = String(decoding: buffer[..<count], as: UTF8.self)
  return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
}

/// The process's environment with `changes` made to it; nil removes a variable.
package func testEnvironment(_ changes: [String: String?] = [:]) -> [String: String] {
  var result: [String: String] = [:]
  for name in ["PATH", "HOME", "LANG", "TMPDIR", "USER"] {
    if let value = getenv(name) { result[name] = String(cString: value) }
  }
  for (name, value) in changes { result[name] = value }
  return result
}

/// Runs a command to its end and collects what it says.
///
/// - Parameters:
///   - arguments: the words; the first is an absolute path or a name looked up in PATH.
///   - onStart: is given the process while it runs, for tests that signal it.
package func runCommand(
  _ arguments: [String],
  in directory: String? = nil,
  environment: [String: String] = testEnvironment(),
  onStart: @escaping @Sendable (ChildProcess) async throws -> Void = { _ in }
) async throws -> CommandOutput {
  let loop = try EventLoop.start(name: "command")
  let result: Result<CommandOutput, any Error>
  do {
    let process = try await ChildProcess.spawn(
      ProcessSpecification(
        executable: try executable(arguments.first ?? "", environment),
        arguments: arguments,
        environment: environment,
        workingDirectory: directory,
        descriptors: [0: .null, 1: .outputPipe, 2: .outputPipe]
      ),
      on: loop
    )
    async let standardOutput = readAll(process, 1)
    async let standardError = readAll(process, 2)
    try await onStart(process)
    let output = try await (standardOutput, standardError)
    let exit = await process.wait()
    await process.close()
    result = .success(
      CommandOutput(status: exit.shellStatus, standardOutput: output.0, standardError: output.1)
    )
  } catch { result = .failure(error) }
  await loop.stop()
  return try result.get()
}

private func readAll(_ process: ChildProcess, _ descriptor: Int32) async throws -> [UInt8] {
  var bytes: [UInt8] = []
  while let chunk = try await process.read(descriptor, upTo: 65_536) { bytes += chunk }
  return bytes
}

private func executable(_ name: String, _ environment: [String: String]) throws -> String {
  if name.hasPrefix("/") { return name }
  for folder in (environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":") {
    let path = "\(folder)/\(name)"
    if access(path, X_OK) == 0 { return path }
  }
  throw UVError(system: ENOENT, "find '\(name)' in PATH")
}

extension ProcessExit {
  /// The exit code as a shell tells it.
  fileprivate var shellStatus: Int32 {
    switch reason {
    case .exited(let code): code
    case .signalled(let number): 128 + number
    }
  }
}
