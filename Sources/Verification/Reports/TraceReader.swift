package import Domain

/// Turns places that a report names into places of the workspace.
package struct TraceReader: Sendable, Equatable {
  /// Folders whose code is not the user's, although they may lie inside the workspace.
  private static let foreign: Set<Substring> = [
    "site-packages", "dist-packages", "node_modules", ".venv", "venv", ".build", "target", ".tox", ".nox",
  ]
  /// Longest text in bytes that is searched for places.
  private static let textBytesMax = 256 * 1_024

  /// Absolute path of the workspace.
  package let root: String
  /// The folder the tests ran in, relative; nil: the root.
  package let directory: RelativePath?

  package init(root: String, directory: RelativePath? = nil) {
    self.root = root
    self.directory = directory
  }

  /// The place; nil when it is outside the workspace or no place at all.
  ///
  /// - Parameters:
  ///   - file: absolute, or relative to the folder the tests ran in.
  ///   - line: from 1.
  package func location(_ file: some StringProtocol, line: Int64, function: String? = nil) -> SourceLocation? {
    guard line >= 1, line <= 10_000_000 else { return nil }
    var path: Substring
    if file.hasPrefix("/") {
      guard file.hasPrefix(root + "/") else { return nil }
      path = Substring(file).dropFirst(root.count + 1)
    } else {
      path = Substring((directory.map { "\($0)/" } ?? "") + file)
      while path.hasPrefix("./") { path = path.dropFirst(2) }
    }
    guard !path.split(separator: "/").contains(where: Self.foreign.contains) else { return nil }
    // Silent: a report may name anything; what is no path of a workspace is no place in it.
    guard let checked = try? RelativePath(String(path)) else { return nil }
    let name = function.flatMap { $0.isEmpty ? nil : $0.cut(toBytes: 256) }
    return SourceLocation(path: checked, line: Int(line), function: name)
  }

  /// The places a text names, in order: Python's `File "x", line 3, in f`, and `x.ext:3` in all its forms.
  package func places(in text: String) -> [SourceLocation] {
    var found: [SourceLocation] = []
    for line in text.utf8.prefix(Self.textBytesMax).split(separator: UInt8(ascii: "\n")) {
      let line = String(decoding: line.prefix(2_048), as: UTF8.self)
      guard let place = pythonPlace(line) ?? colonPlace(line), place != found.last else { continue }
      found.append(place)
      if found.count > 4 * ReportText.framesMax { found.removeFirst(2 * ReportText.framesMax) }
    }
    return Array(found.suffix(ReportText.framesMax))
  }

  private func pythonPlace(_ line: String) -> SourceLocation? {
    guard let start = line.firstRange(of: "File \""), let end = line.firstRange(of: "\", line ") else { return nil }
    guard start.upperBound <= end.lowerBound else { return nil }
    let digits = line[end.upperBound...].prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits) else { return nil }
    let rest = line[end.upperBound...].dropFirst(digits.count)
    let function = rest.hasPrefix(", in ") ? String(rest.dropFirst(5)) : nil
    return location(line[start.upperBound..<end.lowerBound], line: number, function: function)
  }

  private func colonPlace(_ line: String) -> SourceLocation? {
    for word in line.split(whereSeparator: { " \t()'\"`,".contains($0) }) {
      let parts = word.split(separator: ":", maxSplits: 2)
      guard parts.count >= 2, let number = Int64(parts[1].prefix { $0.isASCII && $0.isNumber }) else { continue }
      guard let dot = parts[0].lastIndex(of: "."), parts[0].distance(from: dot, to: parts[0].endIndex) <= 7,
        parts[0].last?.isLetter == true
      else { continue }
      if let place = location(parts[0], line: number) { return place }
    }
    return nil
  }
}
