import CLibUV
import Glibc

/// One `posix_spawn`: prepares the child's descriptors, starts it, and gives the parent's ends of the pipes.
///
/// posix_spawn shares the parent's memory until the exec, so a start takes about 0.5 ms also from a process of many
/// gigabytes, where fork copies its page tables (39 ms from 1 GiB).
struct Spawn: ~Copyable {
  /// A started child.
  struct Child {
    let pid: Int32
    /// This process's ends of the pipes, by the child's descriptor.
    let pipes: [Int32: Int32]
  }

  /// Highest descriptor number a child may be given.
  static let childDescriptorMax: Int32 = 255

  private let specification: ProcessSpecification
  /// The child's descriptors, and what each is made from: all above the child's own, so no copy overwrites a source.
  private var sources: [Int32: Int32] = [:]
  private var pipes: [Int32: Int32] = [:]

  /// Starts the child that `specification` describes. Blocks until the kernel has replaced the child's image.
  static func start(_ specification: ProcessSpecification) throws(UVError) -> Child {
    var spawn = Spawn(specification)
    try spawn.check()
    do throws(UVError) {
      try spawn.openSources()
      return Child(pid: try spawn.spawn(), pipes: spawn.pipes)
    } catch {
      for descriptor in spawn.pipes.values { close(descriptor) }
      throw error
    }
  }

  private init(_ specification: ProcessSpecification) {
    self.specification = specification
  }

  deinit {
    for descriptor in sources.values { close(descriptor) }
  }

  private var childDescriptors: [Int32: DescriptorSetup] {
    [0: .null, 1: .null, 2: .null].merging(specification.descriptors) { $1 }
  }

  private func check() throws(UVError) {
    guard specification.executable.hasPrefix("/") else {
      throw UVError(.invalidArgument, "start \(specification.executable): the path of a program must be absolute")
    }
    if let number = specification.descriptors.keys.first(where: { !(0...Self.childDescriptorMax).contains($0) }) {
      throw UVError(
        .invalidArgument,
        "start \(specification.executable): descriptor \(number) is not in 0…\(Self.childDescriptorMax)"
      )
    }
    if let name = specification.environment.keys.first(where: { $0.isEmpty || $0.contains("=") }) {
      throw UVError(
        .invalidArgument,
        "start \(specification.executable): \"\(name)\" can't name an environment variable"
      )
    }
    let strings =
      specification.arguments + specification.environment.flatMap { [$0, $1] } + [specification.executable]
      + [specification.workingDirectory].compactMap(\.self)
    if strings.contains(where: { $0.utf8.contains(0) }) {
      throw UVError(.invalidArgument, "start \(specification.executable): an argument has a zero byte")
    }
    if specification.killsGroupAtExit, specification.group == .inherited {
      throw UVError(
        .invalidArgument,
        "start \(specification.executable): only a process group of its own can be killed"
      )
    }
  }

  private mutating func openSources() throws(UVError) {
    for (number, setup) in childDescriptors {
      switch setup {
      case .null:
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        try take(null, for: number)
      case .inherit:
        try duplicate(number, for: number)
      case .descriptor(let own):
        try duplicate(own, for: number)
      case .inputPipe, .outputPipe:
        var ends: [Int32] = [-1, -1]
        guard baton_pipe_close_on_exec(&ends) == 0 else { throw failed("make a pipe") }
        let isInput = setup == .inputPipe
        pipes[number] = ends[isInput ? 1 : 0]
        try take(ends[isInput ? 0 : 1], for: number)
      }
    }
  }

  /// Moves `descriptor`, which this takes over, above all numbers of the child.
  private mutating func take(_ descriptor: Int32, for number: Int32) throws(UVError) {
    guard descriptor >= 0 else { throw failed("open a descriptor") }
    defer { close(descriptor) }
    try duplicate(descriptor, for: number)
  }

  private mutating func duplicate(_ descriptor: Int32, for number: Int32) throws(UVError) {
    let copy = baton_fcntl(descriptor, F_DUPFD_CLOEXEC, Self.childDescriptorMax + 1)
    guard copy >= 0 else { throw failed("pass on descriptor \(descriptor)") }
    sources[number] = copy
  }

  private func failed(_ doing: String, _ number: Int32 = errno) -> UVError {
    UVError(system: number, "start \(specification.executable): \(doing)")
  }

  private func spawn() throws(UVError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let last = sources.keys.max() ?? 2
    for number in 0...last {
      if let source = sources[number] {
        posix_spawn_file_actions_adddup2(&actions, source, number)
      } else {
        posix_spawn_file_actions_addclose(&actions, number)
      }
    }
    baton_spawn_add_close_from(&actions, last + 1)
    if let directory = specification.workingDirectory { baton_spawn_add_directory(&actions, directory) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    setAttributes(&attributes)

    var pid: pid_t = 0
    let environment = specification.environment.map { "\($0)=\($1)" }
    let status = withCStrings(specification.arguments) { arguments in
      withCStrings(environment) { environment in
        posix_spawn(&pid, specification.executable, &actions, &attributes, arguments, environment)
      }
    }
    guard status == 0 else { throw explain(status) }
    return pid
  }

  /// The child starts with no signal blocked and none ignored, whatever the thread that starts it has.
  private func setAttributes(_ attributes: inout posix_spawnattr_t) {
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    var flags = baton_spawn_set_signal_defaults | baton_spawn_set_signal_mask
    switch specification.group {
    case .inherited: break
    case .new:
      posix_spawnattr_setpgroup(&attributes, 0)
      flags |= baton_spawn_set_process_group
    case .newSession: flags |= baton_spawn_set_session
    }
    posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
  }

  /// posix_spawn has one number for all that can fail: find out what the user should look at.
  private func explain(_ status: Int32) -> UVError {
    if let directory = specification.workingDirectory, access(directory, X_OK) != 0 {
      return UVError(
        system: status,
        "start \(specification.executable) in \(directory): the directory can't be entered"
      )
    }
    if status == ENOENT, access(specification.executable, F_OK) == 0 {
      return UVError(
        .notFound,
        "start \(specification.executable): the file exists, but the interpreter that it names does not",
        errno: status
      )
    }
    return UVError(system: status, "start \(specification.executable)")
  }
}

/// Calls `body` with `strings` as a C array of C strings that ends with nil.
private func withCStrings<Result>(
  _ strings: [String],
  _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeMutableBufferPointer { buffer in
    // The array has at least the nil at its end, so it has an address.
    body(buffer.baseAddress.unsafelyUnwrapped)
  }
}
