import Domain

/// What the engine has said so far, and the product it amounts to. Pure: lines in, progress and product out.
struct EngineAccount {
  /// Most patches that are kept.
  static let patchesMax = 8

  private(set) var patches: [EnginePatch] = []
  private(set) var suspects: [SuspiciousLocation] = []
  private(set) var tried = 0
  private(set) var summary: EngineSummary?

  /// Takes a line; returns progress to report, if any.
  ///
  /// - Throws: ``ExpertError`` for a broken line or when the engine says that it failed.
  mutating func receive(_ line: [UInt8]) throws(ExpertError) -> WorkerProgress? {
    switch try EngineMessage(line: line) {
    case .progress(let message, let tried):
      self.tried = max(self.tried, tried)
      return WorkerProgress(message: message, candidatesTried: self.tried)
    case .suspects(let locations):
      suspects = locations
      guard let first = locations.first?.location else { return nil }
      return WorkerProgress(message: "most suspicious: \(first.path):\(first.line)", candidatesTried: tried)
    case .patch(let patch):
      if patches.count < Self.patchesMax { patches.append(patch) }
      return WorkerProgress(
        message:
          "\(patch.isPartial ? "partial" : "plausible") edit of \(patch.path):\(patch.line): \(patch.description)",
        candidatesTried: tried
      )
    case .done(let summary):
      self.summary = summary
      tried = max(tried, summary.tried)
      return nil
    case .failure(let message):
      throw ExpertError(.engineFailed, message)
    }
  }

  /// The patches, best first: in the engine's order if it came to an end, else as they came.
  var ranked: [EnginePatch] {
    guard let summary, !summary.order.isEmpty else {
      return patches.filter { !$0.isPartial } + patches.filter(\.isPartial)
    }
    return summary.order.compactMap { id in patches.first { $0.id == id } }
  }

  /// The answer in words, given the candidates that were taken.
  func answer(candidates: [Candidate], timedOut: Bool) -> String {
    if let reason = summary?.cannot { return "The Python template search cannot handle this suite: \(reason)" }
    var parts: [String] = []
    let whole = patches.contains { !$0.isPartial }
    if candidates.isEmpty {
      parts.append("No single edit made the failing tests pass; \(tried) candidate edits were tried.")
      if timedOut || summary?.reason == "time" { parts.append("The time ran out before all were tried.") }
      if summary?.reason == "exhausted" { parts.append("All edits that the templates give were tried.") }
    } else if whole {
      parts.append("\(candidates.count) edit(s) pass the tests, of \(tried) tried; first: \(candidates[0].rationale).")
    } else {
      parts.append("No single edit fixes everything; \(candidates.count) of \(tried) tried fix some failing tests.")
    }
    if !whole, let worst = suspects.first {
      parts.append("Most suspicious: \(worst.location.path):\(worst.location.line) (\(worst.reason)).")
    }
    return (parts + (summary?.notes ?? [])).joined(separator: " ")
  }
}
