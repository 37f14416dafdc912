/// The identifiers of the requests that were answered last.
struct FinishedIDs: Sendable {
  private let countMax: Int
  private var ids: [RequestID] = []
  private var oldest = 0

  init(countMax: Int) {
    self.countMax = countMax
  }

  mutating func insert(_ id: RequestID) {
    guard ids.count == countMax else {
      if countMax > 0 { ids.append(id) }
      return
    }
    guard countMax > 0 else { return }
    ids[oldest] = id
    oldest = (oldest + 1) % countMax
  }

  func contains(_ id: RequestID) -> Bool { ids.contains(id) }
}
