/// Rules on single expressions: what is not called, and what needs its reason beside it.
enum CallRules {
  struct Ban {
    let what: String
    let folders: [String]
    let exceptIn: [String]
    let instead: String
    let words: [String]
    let matches: @Sendable (Substring) -> Bool

    /// - Parameters:
    ///   - folders: where it is banned.
    ///   - exceptIn: folders below them where it is allowed.
    ///   - words: one of these stands in every line that may match.
    ///   - matches: whether a line of code that holds such a word breaks the rule.
    init(
      _ what: String,
      in folders: [String],
      exceptIn: [String] = [],
      instead: String,
      words: [String],
      matches: @escaping @Sendable (Substring) -> Bool
    ) {
      self.what = what
      self.folders = folders
      self.exceptIn = exceptIn
      self.instead = instead
      self.words = words
      self.matches = matches
    }
  }

  static let bans: [Ban] = [
    Ban("try!", in: everywhere, instead: "handle the error or let it through", words: ["try!"]) {
      $0.contains(/\btry!/)
    },
    Ban(
      "print(",
      in: ["Sources"],
      exceptIn: ["Sources/BatonCLI"],
      instead: "log, or return the text",
      words: ["print("]
    ) {
      $0.contains(/(?:^|[^\w.])print\(/)
    },
    Ban("Task.detached", in: everywhere, instead: "use a task group: structured work is awaited", words: ["detached"]) {
      $0.contains(/\bTask\.detached/)
    },
    Ban("DispatchQueue", in: everywhere, instead: "use an actor or the event loop", words: ["DispatchQueue"]) { _ in
      true
    },
    Ban("Foundation's Process", in: everywhere, instead: "use EventLoop's ChildProcess", words: ["Process"]) {
      $0.contains(/Foundation\.Process\W|(?:^|[^\w.])Process\(\)/)
    },
    // An hour stands for work that never ends and must be cancelled; the shared helpers poll with a deadline.
    Ban(
      "a sleep",
      in: ["Tests"],
      exceptIn: ["Tests/TestSupport"],
      instead: "await the event itself, or poll with a deadline",
      words: ["sleep"]
    ) {
      !$0.contains("Task.sleep(for: .seconds(3_600))")
        && $0.contains(/Thread\.sleep|Task(?:<Never, Never>)?\.sleep|(?:^|[^\w.])(?:u|nano)?sleep\(/)
    },
    Ban("@testable", in: everywhere, instead: "test what is `package`", words: ["@testable"]) { _ in true },
    Ban(
      "public",
      in: ["Sources"],
      instead: "use package: nothing here is a promised library",
      words: ["public ", "open "]
    ) {
      $0.contains(/(?:^|\s)(?:public|open) (?:\w+ )*(?:func|var|let|struct|class|enum|actor|protocol|init|import)\b/)
    },
    Ban(
      "chdir or setenv",
      in: everywhere,
      instead: "give the child process its directory and environment",
      words: ["chdir(", "setenv(", "putenv(", "changeCurrentDirectoryPath"]
    ) {
      $0.contains(/(?:^|[^\w.])(?:f?chdir|(?:un)?setenv|putenv)\(|changeCurrentDirectoryPath/)
    },
  ]

  private static let everywhere = ["Sources", "Tests", "Benchmarks"]

  static func check(_ file: SourceFile, bans: [Ban] = bans) -> [Finding] {
    guard file.fileExtension == "swift" else { return [] }
    let active = bans.filter { file.isIn($0.folders) && !file.isIn($0.exceptIn) && file.codeContains($0.words) }
    guard !active.isEmpty else { return [] }
    return file.codeLines.enumerated().flatMap { index, line in
      active.filter { ban in ban.words.contains { line.contains($0) } && ban.matches(line) }.map { ban in
        Finding(path: file.path, line: index + 1, message: "uses \(ban.what): \(ban.instead)")
      }
    }
  }

  /// `try?` drops an error: in Sources it needs a comment beside it that begins with `Silent:` and says why nobody
  /// needs the error.
  static func checkSilentTry(_ file: SourceFile) -> [Finding] {
    guard file.fileExtension == "swift", file.isIn(["Sources"]) else { return [] }
    return reasonsMissing(in: file, keyword: "Silent:", words: ["try?"]).map { line in
      let message = "drops an error: handle it, use orLog, or say why in a '// Silent: …' comment"
      return Finding(path: file.path, line: line, message: message)
    }
  }

  /// What the compiler is told not to check needs a comment that says why it holds.
  static func checkSafety(_ file: SourceFile) -> [Finding] {
    guard file.fileExtension == "swift", file.isIn(["Sources", "Tests", "Benchmarks"]) else { return [] }
    return reasonsMissing(in: file, keyword: "Safety:", words: ["@unchecked Sendable", "nonisolated(unsafe)"]).map {
      line in
      Finding(path: file.path, line: line, message: "switches off a check without a '// Safety: …' comment beside it")
    }
  }

  /// Ending the process is the last resort: a comment right above says why nothing better is left.
  static func checkFatal(_ file: SourceFile) -> [Finding] {
    guard file.fileExtension == "swift", file.isIn(["Sources"]) else { return [] }
    return reasonsMissing(in: file, keyword: "//", words: ["fatalError("], linesBelow: 0).map { line in
      let message = "ends the process: throw, use invariant(), or say right above why nothing better is left"
      return Finding(path: file.path, line: line, message: message)
    }
  }

  private static let markers = ["TODO", "FIXME", "XXX", "HACK"]

  /// Work left for later does not land.
  static func checkMarkers(_ file: SourceFile) -> [Finding] {
    guard ["swift", "c", "h"].contains(file.fileExtension) else { return [] }
    return file.commentLines.enumerated().compactMap { index, line in
      guard markers.contains(where: { line.contains($0) }) else { return nil }
      return Finding(path: file.path, line: index + 1, message: "leaves work for later: do it, or open an issue")
    }
  }

  /// Lines (from 1) that hold one of `words` and have no comment with `keyword` on the same line, in the block of
  /// comments and attributes above, or in the `linesBelow` lines below.
  private static func reasonsMissing(
    in file: SourceFile,
    keyword: String,
    words: [String],
    linesBelow: Int = 2
  ) -> [Int] {
    guard file.codeContains(words) else { return [] }
    func needsReason(_ line: Substring) -> Bool { words.contains { line.contains($0) } }
    let code = file.codeLines
    let comments = file.commentLines
    return code.indices.filter { needsReason(code[$0]) }.filter { index in
      if comments[index...min(index + linesBelow, comments.count - 1)].contains(where: { $0.contains(keyword) }) {
        return false
      }
      var above = index - 1
      while above >= 0 {
        if comments[above].contains(keyword) { return false }
        let rest = code[above].drop { $0 == " " }
        // One reason may stand above a block of such lines.
        guard rest.isEmpty && !comments[above].allSatisfy({ $0 == " " }) || rest.hasPrefix("@") || needsReason(rest)
        else {
          return true
        }
        above -= 1
      }
      return true
    }.map { $0 + 1 }
  }
}
