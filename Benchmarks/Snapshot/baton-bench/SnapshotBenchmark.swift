import Domain
import Glibc
import StandardExtensions
import Workspace

/// Measures snapshots of one repository in turns with git on a copy of the repository's index, which is how other
/// agents take them. Both store new objects outside the repository; both trees must be the same.
struct SnapshotBenchmark {
  /// The repository, with changes to its commit; it is left as it was found, but for times of files.
  let root: String
  /// A folder for stores and copies.
  let scratch: String
  let rounds: Int

  /// What is measured, in the order of a round.
  enum Case: String, CaseIterable {
    case first
    case none
    case ten
    case many

    var title: String {
      switch self {
      case .first: "the first, store and all"
      case .none: "nothing changed"
      case .ten: "10 files changed"
      case .many: "1,000 files new"
      }
    }
  }

  /// Milliseconds of every round.
  private final class Times {
    var ours: [Case: [Double]] = [:]
    var gits: [Case: [Double]] = [:]
    /// git on a fresh copy each time, where the other keeps its copy.
    var gitCopies: [Case: [Double]] = [:]
  }

  func run() async throws {
    let times = Times()
    let files = try shell("git ls-files | wc -l").trimmed
    for round in 0..<rounds {
      try await runRound(round, times)
    }
    for item in Case.allCases {
      let ours = times.ours[item] ?? []
      let gits = times.gits[item] ?? []
      let ratios = zip(ours, gits).map { $0 / $1 }
      let aim: String =
        switch item {
        case .first: "<= 1.0"
        case .none: "<= 0.6"
        case .ten: "<= 0.6"
        case .many: "<= 0.25"
        }
      let reference = item == .first ? "git add -A, write-tree; copied index" : "the same, its copy kept"
      let row = [
        "snapshot of \(files) files, \(item.title)", format(median(ours)), format(median(gits)), "ms", reference,
        format(median(ratios)), aim,
      ]
      print(row.joined(separator: "\t"))
      let copies = times.gitCopies[item] ?? gits
      complain("\(item.rawValue): baton \(range(ours)), git kept \(range(gits)), git fresh copy \(range(copies)) ms")
    }
  }

  private func runRound(_ round: Int, _ times: Times) async throws {
    let base = "\(scratch)/round-\(round)"
    try shell("mkdir -p '\(base)/objects' '\(base)/copy-objects'")
    defer { _ = try? shell("rm -rf '\(base)'") }
    var workspace: Workspace?
    for item in Case.allCases {
      try change(item, round)
      // Files younger than git's time step are read again by git; both shall measure settled files.
      usleep(1_200_000)
      var tree: TreeID?
      let ours = try await ContinuousClock().measure {
        let opened = try workspace ?? Workspace(root: root, storeDirectory: base + "/state")
        workspace = opened
        tree = try await opened.snapshot()
      }
      let (gits, gitTree) = try git(base, index: "kept", objects: "objects", copies: item == .first)
      let (copies, _) = try git(base, index: "copy", objects: "copy-objects", copies: true)
      guard tree?.hex == gitTree else {
        throw BenchmarkError(message: "\(item): the trees differ: \(tree?.hex ?? "none"), git \(gitTree)")
      }
      times.ours[item, default: []].append(ours.seconds * 1_000)
      times.gits[item, default: []].append(gits)
      times.gitCopies[item, default: []].append(copies)
    }
    try shell("rm -rf bench-new")
  }

  private func change(_ item: Case, _ round: Int) throws {
    switch item {
    case .first, .none: return
    case .ten:
      try shell("git ls-files | head -n 5000 | awk 'NR % 500 == 1' | while read -r f; do echo \(round) >> \"$f\"; done")
    case .many:
      try shell("mkdir bench-new")
      for index in 0..<1_000 {
        guard let file = fopen("\(root)/bench-new/file-\(index).txt", "w") else {
          throw BenchmarkError(message: "no file can be made")
        }
        for line in 0..<10 { fputs("round \(round) file \(index) line \(line)\n", file) }
        fclose(file)
      }
    }
  }

  /// Milliseconds of git, and its tree.
  private func git(_ base: String, index: String, objects: String, copies: Bool) throws -> (Double, String) {
    let script = """
      export GIT_INDEX_FILE='\(base)/\(index)' GIT_OBJECT_DIRECTORY='\(base)/\(objects)'
      export GIT_ALTERNATE_OBJECT_DIRECTORIES='\(root)/.git/objects'
      \(copies ? "cp -p .git/index '\(base)/\(index)'" : "true")
      git add -A && git write-tree
      """
    var output = ""
    let duration = try ContinuousClock().measure { output = try shell(script) }
    return (duration.seconds * 1_000, output.trimmed)
  }

  @discardableResult
  private func shell(_ script: String) throws -> String {
    guard let stream = popen("cd '\(root)' && \(script)", "re") else { throw BenchmarkError(message: "no shell") }
    var output: [UInt8] = []
    while case let byte = getc(stream), byte != EOF { output.append(UInt8(truncatingIfNeeded: byte)) }
    guard pclose(stream) == 0 else { throw BenchmarkError(message: "failed: \(script)") }
    return String(decoding: output, as: UTF8.self)
  }

  private func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return .nan }
    return sorted.count % 2 == 1
      ? sorted[sorted.count / 2] : (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
  }

  private func range(_ values: [Double]) -> String {
    "\(format(median(values))) (\(format(values.min() ?? .nan))-\(format(values.max() ?? .nan)))"
  }

  private func format(_ value: Double) -> String {
    let digits = value < 10 ? 100.0 : value < 100 ? 10.0 : 1.0
    let rounded = (value * digits).rounded() / digits
    return digits == 1 ? String(Int(rounded)) : String(rounded)
  }
}

struct BenchmarkError: Error, CustomStringConvertible {
  let message: String
  var description: String { message }
}

extension String {
  fileprivate var trimmed: String {
    var text = Substring(self)
    while text.last?.isWhitespace ?? false { text.removeLast() }
    return String(text.drop(while: \.isWhitespace))
  }
}
