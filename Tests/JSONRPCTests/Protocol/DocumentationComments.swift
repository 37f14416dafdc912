import TestSupport

/// The documentation comments of the wire types, read from their sources.
struct DocumentationComments {
  private static let folder = "Sources/BatonProtocol"
  private var texts: [String: String] = [:]

  init() throws {
    for entry in try RepositoryFolder.entries(of: Self.folder) {
      let path = "\(Self.folder)/\(entry)"
      if entry.hasSuffix(".swift") {
        read(try RepositoryFolder.text(of: path))
      } else {
        for file in try RepositoryFolder.entries(of: path) { read(try RepositoryFolder.text(of: "\(path)/\(file)")) }
      }
    }
  }

  /// A type's name without its module: `InitializeRequest.Params` is `InitializeRequestParams`.
  func name(of type: any Decodable.Type) -> String {
    path(of: type).split(separator: ".").joined()
  }

  /// What the source says about a type.
  func text(of type: any Decodable.Type) -> String { texts[path(of: type)] ?? "" }

  /// What the source says about a member or case of a type.
  func text(of type: any Decodable.Type, member: String) -> String { texts["\(path(of: type)).\(member)"] ?? "" }

  /// What the source says about a name, e.g. of a request.
  func text(ofName name: String) -> String { texts[name] ?? "" }

  private func path(of type: any Decodable.Type) -> String {
    String(reflecting: type).split(separator: ".").dropFirst().joined(separator: ".")
  }

  private mutating func read(_ source: String) {
    var stack: [(name: String, depth: Int)] = []
    var depth = 0
    var comment: [Substring] = []
    for line in source.split(separator: "\n", omittingEmptySubsequences: false) {
      let text = line.drop { $0 == " " }
      if text.hasPrefix("///") {
        comment.append(text.dropFirst(3).drop { $0 == " " })
        continue
      }
      let opened = text.filter { $0 == "{" }.count
      let closed = text.filter { $0 == "}" }.count
      if let match = text.firstMatch(of: /^package (?:indirect )?(?:struct|enum|protocol) (\w+)/) {
        keep(&comment, stack.map(\.name) + [String(match.1)])
        if opened > closed { stack.append((String(match.1), depth)) }
      } else if let match = text.firstMatch(of: /^(?:package var|case) (\w+)/) {
        keep(&comment, stack.map(\.name) + [String(match.1)])
      }
      comment = []
      depth += opened - closed
      while let last = stack.last, depth <= last.depth { stack.removeLast() }
    }
  }

  private mutating func keep(_ comment: inout [Substring], _ path: [String]) {
    // A symbol in double backticks is of use to Swift only.
    let text = comment.joined(separator: " ").split(separator: "``", omittingEmptySubsequences: false).joined(
      separator: "`"
    )
    texts[path.joined(separator: ".")] = text
  }
}
