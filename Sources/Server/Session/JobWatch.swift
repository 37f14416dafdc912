import BatonProtocol
import Jobs

/// The jobs a client hears of, and how far their progress was told.
struct JobWatch {
  private struct Watched {
    var token: Token?
    /// Whether any update came since the job is followed.
    var hasNews = false
    var hasBegun = false
    var hasEnded = false
  }

  private let countMax: Int
  private var watched: [JobID: Watched] = [:]
  /// Names in the order in which they came.
  private var order: [JobID] = []

  init(countMax: Int) {
    self.countMax = countMax
  }

  /// Follows a job from now on.
  mutating func add(_ id: JobID, token: Token?) {
    guard watched[id] == nil else { return }
    if order.count >= countMax {
      let oldest = order.firstIndex { watched[$0]?.hasEnded == true } ?? 0
      watched[order.remove(at: oldest)] = nil
    }
    watched[id] = Watched(token: token)
    order.append(id)
  }

  func contains(_ id: JobID) -> Bool { watched[id] != nil }

  /// Notes that an update came.
  mutating func hear(_ id: JobID) {
    watched[id]?.hasNews = true
  }

  /// Whether any update came since the job is followed.
  func hasNews(_ id: JobID) -> Bool { watched[id]?.hasNews ?? false }

  /// Whether the job has come to rest once: what is still said about its progress is out of date.
  func hasEnded(_ id: JobID) -> Bool { watched[id]?.hasEnded ?? false }

  /// What `$/progress` tells about an update, if the client asked for it.
  mutating func progress(for entry: UpdateQueue.Untold) -> [ProgressNotification.Params] {
    let id = entry.summary.id
    guard var job = watched[id], !job.hasEnded else { return [] }
    let isEnd = entry.summary.state.isResting
    var values: [ProgressValue] = []
    if !job.hasBegun {
      values.append(ProgressValue(kind: .begin, title: "Baton: \(entry.summary.root)", message: entry.progress))
    } else if let progress = entry.progress, !isEnd {
      values.append(ProgressValue(kind: .report, message: progress))
    }
    if isEnd { values.append(ProgressValue(kind: .end, message: entry.summary.message)) }
    job.hasBegun = true
    job.hasEnded = isEnd
    watched[id] = job
    guard let token = job.token else { return [] }
    return values.map { ProgressNotification.Params(token: token, value: $0) }
  }
}
