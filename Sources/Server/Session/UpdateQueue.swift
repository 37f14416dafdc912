import Jobs

/// Updates of jobs that a client has not been told yet: at most one a job, the newest. A client that reads slowly
/// costs this much memory and no more.
struct UpdateQueue {
  /// Jobs that may wait; beyond, the one that waits longest is dropped and counted.
  static let jobsMax = 1_024

  /// What to tell.
  struct Untold {
    var summary: JobSummary
    var progress: String?
  }

  private var entries: [JobID: Untold] = [:]
  /// Names in the order of their first untold update, from `first` on.
  private var order: [JobID] = []
  private var first = 0
  /// Jobs dropped since the last call of ``takeMissed()``.
  private var missed = 0

  var isEmpty: Bool { entries.isEmpty }

  /// Adds an update, or lays it over the one that waits for the same job.
  mutating func put(_ update: JobUpdate) {
    let id = update.summary.id
    if var entry = entries[id] {
      switch update.event {
      case .state: entry.summary = update.summary
      // Said before the job came to rest, and overtaken by it.
      case .progress where entry.summary.state.isResting: return
      case .progress(let line): entry.progress = line
      }
      entries[id] = entry
      return
    }
    if entries.count == Self.jobsMax {
      entries[order[first]] = nil
      first += 1
      compact()
      missed += 1
    }
    var entry = Untold(summary: update.summary)
    if case .progress(let line) = update.event { entry.progress = line }
    entries[id] = entry
    order.append(id)
  }

  /// The update that waits longest.
  mutating func take() -> Untold? {
    guard first < order.count else { return nil }
    let entry = entries.removeValue(forKey: order[first])
    first += 1
    compact()
    return entry
  }

  /// Gives the names before `first` back, now and then, so that each costs a constant time and the list stays short.
  private mutating func compact() {
    guard first == order.count || first >= Self.jobsMax else { return }
    order.removeSubrange(..<first)
    first = 0
  }

  /// How many jobs were dropped since the last call.
  mutating func takeMissed() -> Int? {
    defer { missed = 0 }
    return missed > 0 ? missed : nil
  }
}
