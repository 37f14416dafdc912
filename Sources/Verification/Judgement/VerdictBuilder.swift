import Domain

/// Compares one run of a candidate with the evidence. Pure.
struct VerdictBuilder {
  let evidence: Evidence
  let run: RunOutcome

  /// The verdict on the whole suite.
  func verdict(tree: TreeID, restored: [RelativePath]) -> Verdict {
    var verdict = Verdict(
      tree: tree,
      report: run.report,
      fixed: [],
      stillFailing: newlyRed,
      broken: [],
      stayedGreen: [],
      missing: [],
      restored: restored,
      distrust: run.distrust
    )
    for id in evidence.failing {
      switch outcome(of: id) {
      case .passed: verdict.fixed.append(id)
      case .failed, .errored: verdict.stillFailing.append(id)
      case .skipped, nil: verdict.missing.append(id)
      }
    }
    for id in evidence.passing {
      switch outcome(of: id) {
      case .passed: verdict.stayedGreen.append(id)
      case .failed, .errored: verdict.broken.append(id)
      case .skipped, nil: verdict.missing.append(id)
      }
    }
    verdict.stillFailing.sort()
    verdict.missing.sort()
    return verdict
  }

  /// The verdict on a run of the failing tests alone, when none of them passes: nothing else needs to be run then.
  ///
  /// - Returns: nil when the whole suite has to decide.
  func hopeless(tree: TreeID, restored: [RelativePath]) -> Verdict? {
    guard run.distrust == nil, evidence.failing.allSatisfy({ run.report.results[$0]?.outcome.isRed == true }) else {
      return nil
    }
    return Verdict(
      tree: tree,
      report: run.report,
      fixed: [],
      stillFailing: evidence.failing,
      broken: [],
      stayedGreen: [],
      missing: [],
      restored: restored
    )
  }

  /// The test's outcome. What failed on the base as a whole (a file that could not be collected, a class whose set-up
  /// broke, a build) has no result of its own when it is mended: then the tests inside it speak.
  private func outcome(of id: TestID) -> TestOutcome? {
    let results = run.report.results
    if let result = results[id] { return result.outcome }
    if id == TestID(evidence.command) {
      guard run.exitCode == 0, run.isWhole else { return nil }
      return results.values.contains { $0.outcome == .passed } ? .passed : nil
    }
    let separators = ["::", ".", " > ", "/", " "]
    let inside = results.values.filter { result in
      result.id.name.hasPrefix(id.name)
        && separators.contains { result.id.name.dropFirst(id.name.count).hasPrefix($0) }
    }
    guard let worst = inside.max(by: { $0.outcome.severity < $1.outcome.severity }) else { return nil }
    if worst.outcome.isRed { return .failed }
    return inside.contains { $0.outcome == .passed } ? .passed : nil
  }

  /// Tests that the base did not report and that fail: they were hidden behind what failed there.
  private var newlyRed: [TestID] {
    let flaky = Set(evidence.flaky)
    return run.report.results.values.filter { $0.outcome.isRed }.map(\.id)
      .filter { evidence.report.results[$0] == nil && !flaky.contains($0) }
  }
}

extension TestOutcome {
  var isRed: Bool { self == .failed || self == .errored }
}
