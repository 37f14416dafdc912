/// Rules that keep the documents in step with the code.
enum DocumentationRules {
  /// The table of floors in Architecture.md, the one whose first column is headed `floor`: rows of a number, a title,
  /// the modules between backticks.
  static func floors(in architecture: String) -> [Manifest.Floor] {
    let table = architecture.split(separator: "\n", omittingEmptySubsequences: false)
      .drop { !$0.hasPrefix("| floor |") }.prefix { $0.hasPrefix("|") }
    return table.compactMap { line in
      let cells = line.split(separator: "|").map { $0.trimmingSpaces() }
      guard cells.count >= 3, let number = Int(cells[0]) else { return nil }
      let targets = cells[2].matches(of: /`([^`]+)`/).map { String($0.1) }
      return Manifest.Floor(number: number, title: String(cells[1]), targets: Set(targets))
    }.sorted { $0.number < $1.number }
  }

  static func checkFloors(architecture: String, manifest: Manifest) -> [Finding] {
    let path = "Documentation/Architecture.md"
    let written = floors(in: architecture)
    guard written.count == manifest.floors.count else {
      let message = "lists \(written.count) floors, Package.swift has \(manifest.floors.count)"
      return [Finding(path: path, line: 1, message: message)]
    }
    return zip(written, manifest.floors).filter { $0 != $1 }.map { written, real in
      let message = """
        floor \(real.number): the table says '\(written.title)': \(written.targets.sorted()), \
        Package.swift '\(real.title)': \(real.targets.sorted())
        """
      return Finding(path: path, line: 1, message: message)
    }
  }

  /// Modules.md has one section (`### Name`) with a text for each target, and none for anything else.
  static func checkModules(_ text: String, manifest: Manifest) -> [Finding] {
    let path = "Documentation/Modules.md"
    let sections = text.split(separator: #/(?:^|\n)### /#, omittingEmptySubsequences: false).dropFirst().map {
      section in
      let parts = section.split(separator: "\n", maxSplits: 1)
      return (name: String(parts[0].filter { $0 != "`" }), body: parts.count > 1 ? parts[1] : "")
    }
    var findings: [Finding] = []
    func report(_ message: String) { findings.append(Finding(path: path, line: 1, message: message)) }
    for target in manifest.describedTargets {
      let own = sections.filter { $0.name == target }
      if own.count != 1 { report("has \(own.count) sections on \(target), not one") }
      if own.contains(where: { $0.body.count < 80 }) { report("says next to nothing on \(target)") }
    }
    for section in sections where !manifest.describedTargets.contains(section.name) {
      report("describes \(section.name), which is no target")
    }
    return findings
  }

  /// Every decision record is listed in the index with its number, numbers have no gap, and the index lists no other.
  static func checkDecisions(index: String, files: [String]) -> [Finding] {
    let path = "Documentation/Decisions/README.md"
    let records = files.filter { $0.hasPrefix("Documentation/Decisions/") && $0 != path }
      .map { String($0.dropFirst("Documentation/Decisions/".count)) }.sorted()
    let listed = index.matches(of: /\]\((\d{4}-[^)]+\.md)\)/).map { String($0.1) }
    var findings: [Finding] = []
    func report(_ message: String) { findings.append(Finding(path: path, line: 1, message: message)) }
    if listed != records { report("lists \(listed), the folder holds \(records)") }
    for (number, record) in records.enumerated() where Int(record.prefix(4)) != number + 1 {
      report("\(record) does not carry the number \(number + 1)")
    }
    return findings
  }

  /// Every type that other modules see says what it is for. Its members may speak for themselves or conform to a
  /// protocol that says it.
  static func checkTypes(_ file: SourceFile) -> [Finding] {
    let declaration = /^\s*package (?:[\w()]+ )*(?:struct|class|enum|actor|protocol) (\w+)/
    return file.codeLines.enumerated().compactMap { index, line in
      guard line.contains("package "), let match = line.firstMatch(of: declaration) else { return nil }
      var above = index - 1
      while above >= 0, file.codeLines[above].drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
      guard above < 0 || !file.commentLines[above].contains("///") else { return nil }
      return Finding(path: file.path, line: index + 1, message: "\(match.1) has no documentation")
    }
  }

  /// Every `make X` in a document is a target of the Makefile, every `baton X` a subcommand.
  static func checkCommands(_ file: SourceFile, makeTargets: Set<String>, subcommands: Set<String>) -> [Finding] {
    var isFenced = false
    return file.lines.enumerated().flatMap { index, line -> [Finding] in
      if line.hasPrefix("```") { isFenced.toggle() }
      // Commands stand in fenced blocks and between backticks; anywhere else "make" is a verb.
      let texts = isFenced ? [line] : line.matches(of: /`([^`]+)`/).map(\.1)
      return texts.flatMap { text -> [Finding] in
        let made = text.matches(of: /(?:^|\s)make ([a-z]+)/).map { ("make", String($0.1), makeTargets) }
        let run = text.matches(of: /(?:^|[\s\/])baton ([a-z]+)/).map { ("baton", String($0.1), subcommands) }
        return (made + run).filter { !$2.contains($1) }.map { program, name, _ in
          Finding(path: file.path, line: index + 1, message: "names '\(program) \(name)', which does not exist")
        }
      }
    }
  }

  static func makeTargets(_ makefile: String) -> Set<String> {
    Set(makefile.matches(of: /(?m)^([a-z][a-z-]*):(?!=)/).map { String($0.1) })
  }

  /// The names of the command line's subcommands.
  static func subcommands(_ files: [SourceFile]) -> Set<String> {
    Set(files.flatMap { $0.text.matches(of: /commandName: "([a-z-]+)"/).map { String($0.1) } })
  }

  /// Relative links and paths between backticks lead to something that exists.
  static func checkPaths(_ file: SourceFile, exists: (String) -> Bool) -> [Finding] {
    let folder = file.path.split(separator: "/").dropLast()
    return file.lines.enumerated().flatMap { index, line -> [Finding] in
      let links = line.matches(of: /\]\(([^)#:\s]+)(?:#[^)]*)?\)/).map { resolve($0.1, from: folder) }
      let paths = line.matches(
        of: /`((?:Sources|Tests|Documentation|Protocol|EditorClients|Examples|Benchmarks|Scripts|\.ci)\/[\w.\/-]*)`/
      ).map { String($0.1) }
      return (links + paths).filter { !exists($0) }.map { path in
        Finding(path: file.path, line: index + 1, message: "points to \(path), which does not exist")
      }
    }
  }

  private static func resolve(_ link: Substring, from folder: ArraySlice<Substring>) -> String {
    var parts = Array(folder)
    for part in link.split(separator: "/") {
      if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }
}

extension Substring {
  fileprivate func trimmingSpaces() -> Substring {
    var trimmed = drop { $0 == " " }
    while trimmed.last == " " { trimmed.removeLast() }
    return trimmed
  }
}
