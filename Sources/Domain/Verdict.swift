/// What the original tests said about one candidate, compared with the base.
package struct Verdict: Sendable, Codable, Equatable {
  /// The tree that was tested.
  package var tree: TreeID
  /// The run it rests on.
  package var report: TestReport
  /// Failed on the base, pass now.
  package var fixed: [TestID]
  /// Failed on the base, still do not pass.
  package var stillFailing: [TestID]
  /// Passed on the base, fail now.
  package var broken: [TestID]
  /// Passed on the base, pass now.
  package var stayedGreen: [TestID]
  /// Were reported on the base, are not now (or are skipped now): never counted as passed.
  package var missing: [TestID]
  /// Paths of the test suite or its configuration that the candidate changed and that were put back for the run.
  package var restored: [RelativePath]
  /// Why the run cannot be believed, if so: a forged report, a runner that died. Then it counts as red.
  package var distrust: String?

  package init(
    tree: TreeID,
    report: TestReport,
    fixed: [TestID],
    stillFailing: [TestID],
    broken: [TestID],
    stayedGreen: [TestID],
    missing: [TestID],
    restored: [RelativePath] = [],
    distrust: String? = nil
  ) {
    self.tree = tree
    self.report = report
    self.fixed = fixed
    self.stillFailing = stillFailing
    self.broken = broken
    self.stayedGreen = stayedGreen
    self.missing = missing
    self.restored = restored
    self.distrust = distrust
  }

  /// Every target test passes, nothing that was green broke or vanished, and the run is believed.
  package var isGreen: Bool {
    distrust == nil && stillFailing.isEmpty && broken.isEmpty && missing.isEmpty
  }

  /// Fewer red tests than the base and nothing broken: a base worth going on from.
  package var isImprovement: Bool {
    distrust == nil && !fixed.isEmpty && broken.isEmpty && missing.isEmpty
  }

  /// Orders verdicts of one job: higher is better.
  package var rank: Int {
    guard distrust == nil else { return .min }
    return fixed.count - 3 * (broken.count + missing.count)
  }
}
