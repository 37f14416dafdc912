import BatonProtocol
import Domain
import JSONRPC
import Jobs

extension CodingTask {
  /// The task that a client asks for.
  ///
  /// - Throws: ``RPCError`` or ``PathError`` that names the member that is wrong.
  init(_ params: TaskSubmitRequest.Params) throws {
    guard params.root.hasPrefix("/"), !params.root.utf8.contains(0) else {
      throw RPCError(.invalidParams, "root: '\(params.root)' is not an absolute path")
    }
    var overlays: [RelativePath: [UInt8]] = [:]
    for (position, overlay) in (params.overlays ?? []).enumerated() {
      let path = try RelativePath(overlay.path)
      guard let bytes = overlay.content.bytes else {
        throw RPCError(.invalidParams, "overlays[\(position)].content: has not exactly one of text and valid base64")
      }
      guard overlays.updateValue(bytes, forKey: path) == nil else {
        throw RPCError(.invalidParams, "overlays[\(position)].path: '\(path)' is there twice")
      }
    }
    self.init(
      root: params.root,
      kind: Kind(params.kind ?? .repair),
      text: params.text,
      testCommand: params.testCommand,
      allowsTestEdits: params.allowsTestEdits ?? false,
      budget: try Budget(params.budget ?? BudgetLimits()),
      overlays: overlays,
      allowsNoSandbox: params.allowsNoSandbox ?? false
    )
  }
}

extension CodingTask.Kind {
  init(_ kind: TaskKind) {
    switch kind {
    case .repair: self = .repair
    case .change: self = .change
    case .ask: self = .ask
    }
  }
}

extension TaskKind {
  init(_ kind: CodingTask.Kind) {
    switch kind {
    case .repair: self = .repair
    case .change: self = .change
    case .ask: self = .ask
    }
  }
}

extension Budget {
  /// The default with a client's limits laid over it.
  init(_ limits: BudgetLimits) throws(RPCError) {
    self.init()
    if let value = limits.wallSeconds {
      guard value > 0, value <= 7 * 86_400 else {
        throw RPCError(.invalidParams, "budget.wallSeconds: must be above 0 and at most a week")
      }
      wallSeconds = value
    }
    try Self.lay(limits.microdollars, "microdollars", over: &microdollars)
    try Self.lay(limits.tokens, "tokens", over: &tokens)
    try Self.lay(limits.testRuns, "testRuns", over: &testRuns)
    try Self.lay(limits.workerCalls, "workerCalls", over: &workerCalls)
    try Self.lay(limits.rounds, "rounds", over: &rounds)
  }

  private static func lay(_ limit: Int?, _ name: String, over value: inout Int) throws(RPCError) {
    guard let limit else { return }
    guard limit >= 0, limit <= 1_000_000_000_000 else {
      throw RPCError(.invalidParams, "budget.\(name): must be from 0 to 1000000000000")
    }
    value = limit
  }
}

extension BudgetLimits {
  init(_ budget: Budget) {
    self.init(
      wallSeconds: budget.wallSeconds,
      microdollars: budget.microdollars,
      tokens: budget.tokens,
      testRuns: budget.testRuns,
      workerCalls: budget.workerCalls,
      rounds: budget.rounds
    )
  }
}

extension TaskDescription {
  init(_ task: CodingTask) {
    self.init(
      root: task.root,
      kind: TaskKind(task.kind),
      text: task.text,
      testCommand: task.testCommand,
      allowsTestEdits: task.allowsTestEdits,
      allowsNoSandbox: task.allowsNoSandbox,
      overlays: task.overlays.keys.map(\.string).sorted()
    )
  }
}

extension JobID {
  init(_ params: JobParams) throws(RPCError) {
    try self.init(name: params.job)
  }

  /// - Throws: ``RPCError`` when `name` cannot be a job's.
  init(name: String) throws(RPCError) {
    guard let id = JobID(name) else {
      let text = "job: '\(name.prefix(40))' is not a job's name; it has ten letters and digits"
      throw RPCError(.invalidParams, text, data: ["kind": .string(JobError.Code.unknownJob.rawValue)])
    }
    self = id
  }
}
