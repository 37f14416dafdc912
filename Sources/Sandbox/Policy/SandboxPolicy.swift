package import Domain

/// What one run may see, write and use.
package struct SandboxPolicy: Sendable {
  /// Absolute path of the real workspace directory. Inside it is at the same path; what is written there goes to a
  /// private layer that vanishes with the run.
  package var root: String
  /// Applied to the private layer before the command starts: the run sees the live directory with these changes.
  package var changes: [FileChange]
  /// Absolute paths shown read-only although they lie below a hidden directory, beyond the tool chains that are found
  /// by themselves.
  package var readablePaths: [String]
  /// Added to the scrubbed environment; wins over it.
  package var environment: [String: String]
  /// Files handed back after the command ended: absolute path inside → most bytes. Anything but a regular file of at
  /// most so many bytes is refused.
  package var collect: [String: Int]
  /// Hard limits.
  package var limits: SandboxLimits

  package init(
    root: String,
    changes: [FileChange] = [],
    readablePaths: [String] = [],
    environment: [String: String] = [:],
    collect: [String: Int] = [:],
    limits: SandboxLimits = SandboxLimits()
  ) {
    self.root = root
    self.changes = changes
    self.readablePaths = readablePaths
    self.environment = environment
    self.collect = collect
    self.limits = limits
  }
}

/// What is run.
package struct SandboxedCommand: Sendable {
  /// The argument vector; the first is looked up in PATH if it has no slash.
  package var arguments: [String]
  /// The directory it starts in, below the root; nil: the root.
  package var directory: RelativePath?
  /// All of its standard input. For ``Sandbox/start(_:policy:)``: what is sent first; the input then stays open.
  package var standardInput: [UInt8]

  package init(arguments: [String], directory: RelativePath? = nil, standardInput: [UInt8] = []) {
    self.arguments = arguments
    self.directory = directory
    self.standardInput = standardInput
  }
}
