package import EventLoop

/// How a ``JobService`` works.
package struct JobConfiguration: Sendable {
  /// Jobs that wait at once; one more is refused as overload.
  package static let queuedJobsMax = 1_000

  /// Journal and object stores.
  package var stateDirectory: StateDirectory
  /// The loop that sandboxed processes live on.
  package var loop: EventLoop
  /// Jobs that run at once; the others wait their turn.
  package var concurrentJobsMax: Int

  package init(stateDirectory: StateDirectory, loop: EventLoop, concurrentJobsMax: Int = 2) {
    self.stateDirectory = stateDirectory
    self.loop = loop
    self.concurrentJobsMax = concurrentJobsMax
  }
}
