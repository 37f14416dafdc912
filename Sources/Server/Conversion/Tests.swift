import BatonProtocol
import Domain

extension TestNames {
  init(_ tests: [TestID]) {
    self.init(all: tests.map(\.name).sorted())
  }
}

extension CodeLocation {
  init(_ location: SourceLocation) {
    self.init(path: location.path.string, line: location.line, function: location.function)
  }
}

extension Suspect {
  init(_ suspect: SuspiciousLocation) {
    self.init(location: CodeLocation(suspect.location), score: suspect.score, reason: suspect.reason)
  }
}

extension EvidenceSummary {
  init(_ evidence: Evidence) {
    let failures = evidence.failing.prefix(TestFailure.failuresMax).map { id in
      let result = evidence.report.results[id]
      return TestFailure(
        test: id.name,
        message: result?.message,
        location: result?.trace.last.map { CodeLocation($0) }
      )
    }
    self.init(
      base: evidence.base.hex,
      failing: TestNames(evidence.failing),
      passing: TestNames(evidence.passing),
      flaky: TestNames(evidence.flaky),
      skipped: TestNames(evidence.report.tests(.skipped)),
      failures: failures,
      seconds: evidence.report.seconds
    )
  }
}

extension VerdictSummary {
  init(_ verdict: Verdict) {
    self.init(
      tree: verdict.tree.hex,
      isGreen: verdict.isGreen,
      fixed: TestNames(verdict.fixed),
      stillFailing: TestNames(verdict.stillFailing),
      broken: TestNames(verdict.broken),
      stayedGreen: TestNames(verdict.stayedGreen),
      missing: TestNames(verdict.missing),
      restored: verdict.restored.map(\.string),
      distrust: verdict.distrust,
      seconds: verdict.report.seconds
    )
  }
}
