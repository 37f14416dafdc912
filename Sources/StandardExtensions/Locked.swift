#if BATON_TSAN
import Glibc
#else
import Synchronization
#endif

/// A value guarded by a lock, for the few places that synchronous code of several threads must share.
///
/// The one place that names a lock: Swift 6.3's `Mutex` is invisible to ThreadSanitizer on Linux and makes it report
/// races on correct code, so a build with `-DBATON_TSAN` uses a pthread mutex instead.
package final class Locked<Value: ~Copyable>: @unchecked Sendable {
  // Safety: `value` is only reached inside `withLock`, which holds the mutex for the whole access.
  #if BATON_TSAN
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private var value: Value

  package init(_ value: consuming sending Value) {
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    self.value = value
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  /// Runs `body` with the value while no other thread can reach it. `body` must not block or take another lock.
  package func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }
  #else
  private let mutex: Mutex<Value>

  package init(_ value: consuming sending Value) {
    mutex = Mutex(value)
  }

  /// Runs `body` with the value while no other thread can reach it. `body` must not block or take another lock.
  package func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try mutex.withLock(body)
  }
  #endif
}
