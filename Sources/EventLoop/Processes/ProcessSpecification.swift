/// Everything a child process is started with. Nothing is inherited that is not named here.
package struct ProcessSpecification: Sendable {
  /// Absolute path of the program; no search in PATH.
  package var executable: String
  /// The argument vector, the program's own name included as the first.
  package var arguments: [String]
  /// The complete environment.
  package var environment: [String: String]
  /// Absolute path of the directory to start in; nil for this process's own.
  package var workingDirectory: String?
  /// What each descriptor of the child is. 0, 1 and 2 are ``DescriptorSetup/null`` unless named; all others are closed.
  package var descriptors: [Int32: DescriptorSetup]
  /// How the child relates to this process's session and process group.
  package var group: ProcessGroup
  /// Whether all of the child's process group is killed when the child itself has exited, before it is reaped and its
  /// number can be used again. Needs a ``group`` of its own.
  package var killsGroupAtExit: Bool

  package init(
    executable: String,
    arguments: [String],
    environment: [String: String] = [:],
    workingDirectory: String? = nil,
    descriptors: [Int32: DescriptorSetup] = [:],
    group: ProcessGroup = .newSession,
    killsGroupAtExit: Bool = false
  ) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.descriptors = descriptors
    self.group = group
    self.killsGroupAtExit = killsGroupAtExit
  }
}

/// What a descriptor of a child process is connected to.
package enum DescriptorSetup: Sendable, Equatable {
  /// /dev/null, for reading and writing.
  case null
  /// The descriptor of this process that has the same number.
  case inherit
  /// A pipe that the child reads and this process writes.
  case inputPipe
  /// A pipe that the child writes and this process reads.
  case outputPipe
  /// A duplicate of a descriptor of this process, which stays the caller's own.
  case descriptor(Int32)
}

/// The session and process group a child is started in.
package enum ProcessGroup: Sendable, Equatable {
  /// This process's own: signals of the terminal reach the child.
  case inherited
  /// A process group of its own in this process's session.
  case new
  /// A session of its own, without a terminal: the child can't ask the user for a password.
  case newSession
}

/// How a child process ended, and what it and the children it had waited for used.
package struct ProcessExit: Sendable, Equatable {
  /// The two ways a process ends.
  package enum Reason: Sendable, Equatable {
    /// It returned or called exit, with this code (0–255).
    case exited(Int32)
    /// This signal ended it.
    case signalled(Int32)
  }

  package let reason: Reason
  /// Time on a processor, user and system, in seconds.
  package let cpuSeconds: Double
  /// The largest resident size of any one of the processes, in bytes.
  package let peakMemoryBytes: Int

  package init(reason: Reason, cpuSeconds: Double, peakMemoryBytes: Int) {
    self.reason = reason
    self.cpuSeconds = cpuSeconds
    self.peakMemoryBytes = peakMemoryBytes
  }

  /// Whether it exited with code 0.
  package var isSuccess: Bool { reason == .exited(0) }
}
