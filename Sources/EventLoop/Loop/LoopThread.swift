import CLibUV
import Glibc
import StandardExtensions

/// Starts the threads of the event loop and remembers, for each thread, which loop it runs.
enum LoopThread {
  /// Longest thread name the kernel keeps, without the final zero.
  static let nameBytesMax = 15

  /// Starts a detached thread.
  ///
  /// SIGPIPE is blocked on it: a write to a vanished peer reports EPIPE and harms nobody, and the disposition of the
  /// signal, which belongs to the whole process and is inherited by children, stays as it was.
  ///
  /// - Parameters:
  ///   - name: shown by `ps -T` and debuggers, cut to ``nameBytesMax`` bytes.
  ///   - loop: the loop whose jobs the thread runs; ``EventLoop/isCurrent`` answers by it. Nil for a helper thread.
  ///   - body: runs on the new thread.
  static func start(
    name: String,
    running loop: EventLoop?,
    _ body: @escaping @Sendable () -> Void
  ) throws(UVError) {
    let start = Unmanaged.passRetained(Start(name: name, loop: loop, body: body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let status = pthread_create(&thread, &attributes, threadMain, start.toOpaque())
    guard status == 0 else {
      start.release()
      throw UVError(system: status, "start the thread \(name)")
    }
  }

  /// The loop whose jobs the calling thread runs, as an address to compare with; nil on any other thread.
  static var currentLoop: UnsafeMutableRawPointer? {
    pthread_getspecific(key)
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = pthread_key_create(&key, nil)
    precondition(status == 0, "no thread-local key is left: \(status)")
    return key
  }()

  private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
    guard let argument else { return nil }
    let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
    var blocked = sigset_t()
    sigemptyset(&blocked)
    sigaddset(&blocked, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &blocked, nil)
    baton_set_thread_name(String(decoding: start.name.utf8.prefix(nameBytesMax), as: UTF8.self))
    if let loop = start.loop {
      pthread_setspecific(key, Unmanaged.passUnretained(loop).toOpaque())
    }
    start.body()
    return nil
  }

  /// What a new thread is to do, carried through the C interface.
  private final class Start {
    let name: String
    let loop: EventLoop?
    let body: @Sendable () -> Void

    init(name: String, loop: EventLoop?, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.loop = loop
      self.body = body
    }
  }
}
