/// Which test runner a command runs, by its text alone.
package struct CommandRecognition: Equatable {
  /// The runner; `generic` when there is none that is known, or several different ones.
  package var runner: TestRunnerKind
  /// Where arguments for the runner can be inserted: behind `-m unittest`, `swift test`, `go test`…
  package var insertionPoints: [Range<String.Index>]
  /// The name of a `package.json` script that the command runs (`npm test`), if it does nothing else.
  package var script: String?

  package init(_ command: String) {
    var found: [(TestRunnerKind, Range<String.Index>)] = []
    var scripts: [String] = []
    for words in ShellWords(command).commands {
      let words = Self.withoutWrappers(words)
      if let hit = Self.runner(of: words) { found.append(hit) }
      if let script = Self.script(of: words) { scripts.append(script) }
    }
    let kinds = Set(found.map(\.0))
    runner = kinds.count == 1 && scripts.isEmpty ? found.first?.0 ?? .generic : .generic
    insertionPoints = runner == .generic ? [] : found.map(\.1)
    script = kinds.isEmpty && scripts.count == 1 ? scripts.first : nil
  }

  /// Commands that run the command behind them.
  private static let wrappers: Set<Substring> = [
    "env", "time", "nice", "exec", "command", "nohup", "xvfb-run", "stdbuf", "poetry", "pipenv", "uv", "pdm", "hatch",
    "run", "npx", "timeout",
  ]

  private static func withoutWrappers(_ words: [ShellWords.Word]) -> [ShellWords.Word] {
    var words = words[...]
    var isWrapped = false
    while let first = words.first {
      if wrappers.contains(first.name) {
        isWrapped = true
      } else if !first.isAssignment, !(isWrapped && (first.text.hasPrefix("-") || first.text.first?.isNumber == true)) {
        break
      }
      words = words.dropFirst()
    }
    return Array(words)
  }

  private static func runner(of words: [ShellWords.Word]) -> (TestRunnerKind, Range<String.Index>)? {
    guard let first = words.first else { return nil }
    let second = words.dropFirst().first { !$0.text.hasPrefix("+") }
    switch first.name {
    case "pytest", "py.test", "pytest-3": return (.pytest, first.range)
    case "swift" where second?.text == "test": return second.map { (.swiftTest, $0.range) }
    case "cargo" where second?.text == "test" || second?.text == "t": return second.map { (.cargoTest, $0.range) }
    case "go" where second?.text == "test": return second.map { (.goTest, $0.range) }
    case "node", "nodejs": return words.first { $0.text == "--test" }.map { (.nodeTest, $0.range) }
    case "ctest": return (.ctest, first.range)
    case "coverage", "python", "python2", "python3", "pypy", "pypy3": return pythonModule(of: words)
    default: return first.name.hasPrefix("python3.") ? pythonModule(of: words) : nil
    }
  }

  private static func pythonModule(of words: [ShellWords.Word]) -> (TestRunnerKind, Range<String.Index>)? {
    guard let option = words.firstIndex(where: { $0.text == "-m" }), option + 1 < words.count else { return nil }
    let module = words[option + 1]
    switch module.text {
    case "pytest", "py.test": return (.pytest, module.range)
    case "unittest": return (.unittest, module.range)
    case "coverage": return pythonModule(of: Array(words[(option + 2)...]))
    default: return nil
    }
  }

  private static func script(of words: [ShellWords.Word]) -> String? {
    guard let first = words.first, ["npm", "yarn", "pnpm"].contains(first.name) else { return nil }
    let rest = words.dropFirst().filter { !$0.text.hasPrefix("-") }.map(\.text)
    if rest.first == "run" || rest.first == "run-script" { return rest.dropFirst().first }
    return rest.first == "t" ? "test" : rest.first
  }
}
