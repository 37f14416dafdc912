import CLibGit2
import Glibc

/// A serial executor on a thread of its own: libgit2 blocks and keeps its error messages thread-local, so a workspace
/// must neither block the cooperative pool nor hop between threads inside an operation.
///
/// The thread lives until the executor is released; jobs already queued are still run.
final class WorkspaceThread: SerialExecutor {
  /// Bytes of the thread's stack: folders are scanned recursively.
  static let stackBytes = 8 << 20

  private let queue: JobQueue

  /// Starts the thread.
  init() throws(WorkspaceError) {
    queue = JobQueue()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, Self.stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let retained = Unmanaged.passRetained(queue)
    let status = pthread_create(
      &thread,
      &attributes,
      { context in
        guard let context else { return nil }
        baton_name_thread("baton-workspace")
        let queue = Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue()
        while let (job, executor) = queue.next() { job.runSynchronously(on: executor) }
        return nil
      },
      retained.toOpaque()
    )
    guard status == 0 else {
      retained.release()
      throw WorkspaceError(
        .git,
        "No thread can be started for the workspace.",
        underlying: String(cString: strerror(status))
      )
    }
  }

  deinit { queue.close() }

  func enqueue(_ job: consuming ExecutorJob) {
    queue.append(UnownedJob(job), asUnownedSerialExecutor())
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
}

/// The jobs waiting for the thread. It outlives the executor, so the thread never touches a released one.
private final class JobQueue: @unchecked Sendable {
  // Safety: `jobs` and `isClosed` are only touched while `mutex` is held. A pthread condition is needed to wait, which
  // the standard library's lock does not offer.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var jobs: [(UnownedJob, UnownedSerialExecutor)] = []
  private var isClosed = false

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func append(_ job: UnownedJob, _ executor: UnownedSerialExecutor) {
    pthread_mutex_lock(mutex)
    jobs.append((job, executor))
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Waits for a job; nil once closed and empty.
  func next() -> (UnownedJob, UnownedSerialExecutor)? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while jobs.isEmpty {
      if isClosed { return nil }
      pthread_cond_wait(condition, mutex)
    }
    return jobs.removeFirst()
  }
}
