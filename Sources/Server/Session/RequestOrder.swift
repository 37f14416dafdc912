/// What a request touches: decides which requests of one client may overlap.
enum RequestAccess: Sendable, Equatable {
  /// Overlaps with everything.
  case free
  /// Sees what earlier changes of the same job did.
  case reads(job: String)
  /// Alone among the requests about the same job.
  case changes(job: String)

  var job: String? {
    switch self {
    case .free: nil
    case .reads(let job), .changes(let job): job
    }
  }

  var isChange: Bool {
    if case .changes = self { true } else { false }
  }
}

/// Keeps the requests about one job in the order in which they came: a change waits for all before it, a read for the
/// changes before it. Its size is bounded by the open requests.
struct RequestOrder {
  private struct Entry {
    let number: Int
    let isChange: Bool
    let task: Task<Void, Never>
  }

  private var lines: [String: [Entry]] = [:]
  private var count = 0

  /// Work that must end before a request with this access begins.
  func predecessors(of access: RequestAccess) -> [Task<Void, Never>] {
    guard let job = access.job, let line = lines[job] else { return [] }
    return line.filter { access.isChange || $0.isChange }.map(\.task)
  }

  /// A number for a request's work.
  mutating func nextNumber() -> Int {
    count += 1
    return count
  }

  /// Notes a request's work.
  mutating func add(_ access: RequestAccess, _ number: Int, _ task: Task<Void, Never>) {
    guard let job = access.job else { return }
    lines[job, default: []].append(Entry(number: number, isChange: access.isChange, task: task))
  }

  /// Forgets work that ended.
  mutating func remove(_ access: RequestAccess, _ number: Int) {
    guard let job = access.job else { return }
    lines[job]?.removeAll { $0.number == number }
    if lines[job]?.isEmpty == true { lines[job] = nil }
  }
}
