/// Hard limits of one run. All are held by the kernel or by the sandbox's own first process, not by the daemon alone.
package struct SandboxLimits: Sendable, Equatable {
  /// Wall time in seconds from the start of the command; then everything is killed.
  package var wallSeconds: Double
  /// Processor time in seconds of any one process.
  package var cpuSeconds: Double
  /// Private memory in bytes of any one process, held exactly, and of the whole run, held every 100 ms.
  package var memoryBytes: Int
  /// Processes and threads alive at once.
  package var processes: Int
  /// Descriptors one process may have open.
  package var openFiles: Int
  /// Size in bytes of any one file.
  package var fileBytes: Int
  /// Bytes of everything the run writes anywhere: workspace, home, /tmp, /dev/shm together. It is memory.
  package var workspaceBytes: Int
  /// Files and directories the run makes, anywhere.
  package var workspaceInodes: Int
  /// Bytes of standard output and standard error together; then everything is killed.
  package var outputBytes: Int

  package init(
    wallSeconds: Double = 120,
    cpuSeconds: Double = 240,
    memoryBytes: Int = 4 << 30,
    processes: Int = 512,
    openFiles: Int = 4_096,
    fileBytes: Int = 1 << 30,
    workspaceBytes: Int = 1 << 30,
    workspaceInodes: Int = 200_000,
    outputBytes: Int = 64 << 20
  ) {
    self.wallSeconds = wallSeconds
    self.cpuSeconds = cpuSeconds
    self.memoryBytes = memoryBytes
    self.processes = processes
    self.openFiles = openFiles
    self.fileBytes = fileBytes
    self.workspaceBytes = workspaceBytes
    self.workspaceInodes = workspaceInodes
    self.outputBytes = outputBytes
  }
}
