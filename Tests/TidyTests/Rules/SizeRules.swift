/// Rules on how much a reader must hold in mind at once.
enum SizeRules {
  /// Aimed at: 500 lines. From here on a file is refused.
  static let linesOfFileMax = 600
  static let linesOfFunctionMax = 70

  static func checkFile(_ file: SourceFile) -> [Finding] {
    let count = file.text.isEmpty ? 0 : file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
    guard count > linesOfFileMax else { return [] }
    let message = "has \(count) lines, more than \(linesOfFileMax): split it by concept"
    return [Finding(path: file.path, line: 1, message: message)]
  }

  static func checkFunctions(_ file: SourceFile) -> [Finding] {
    functions(of: file).filter { $0.lines > linesOfFunctionMax }.map { function in
      let message = "\(function.name) has \(function.lines) lines, more than \(linesOfFunctionMax)"
      return Finding(path: file.path, line: function.line, message: message)
    }
  }

  struct Function: Equatable {
    let name: String
    let line: Int
    /// From the line of its keyword to that of its closing brace.
    let lines: Int
  }

  static func functions(of file: SourceFile) -> [Function] {
    switch file.fileExtension {
    case "swift": swiftFunctions(Array(file.code.utf8))
    case "c", "h": cFunctions(Array(file.code.utf8))
    case "py": pythonFunctions(file.lines)
    default: []
    }
  }

  private static func swiftFunctions(_ code: [UInt8]) -> [Function] {
    var found: [Function] = []
    var line = 1
    var index = 0
    while index < code.count {
      if code[index] == UInt8(ascii: "\n") { line += 1 }
      guard isWordByte(code[index]), index == 0 || !isWordByte(code[index - 1]) else {
        index += 1
        continue
      }
      let end = code[index...].firstIndex { !isWordByte($0) } ?? code.count
      let word = String(decoding: code[index..<end], as: UTF8.self)
      let isMember = index > 0 && code[index - 1] == UInt8(ascii: ".")
      if !isMember, ["func", "init", "deinit", "subscript"].contains(word), let body = bodyRange(after: end, in: code) {
        let lines = 1 + code[index..<body.upperBound].count { $0 == UInt8(ascii: "\n") }
        let name = word == "func" ? "func " + firstName(after: end, in: code) : word
        found.append(Function(name: name, line: line, lines: lines))
      }
      index = end
    }
    return found
  }

  private static func firstName(after index: Int, in code: [UInt8]) -> String {
    let start = code[index...].firstIndex { $0 != UInt8(ascii: " ") } ?? code.count
    let end = code[start...].firstIndex { !isWordByte($0) } ?? code.count
    return String(decoding: code[start..<end], as: UTF8.self)
  }

  /// The range of the braces of the declaration whose keyword ended at `index`; nil for one without a body, as in a
  /// protocol, where a closing brace or another declaration comes first.
  private static func bodyRange(after index: Int, in code: [UInt8]) -> Range<Int>? {
    let declarations: Set<String> = [
      "func", "var", "let", "init", "deinit", "subscript", "static", "mutating", "associatedtype", "typealias", "case",
      "package", "private", "nonisolated", "struct", "class", "enum", "protocol", "extension", "actor", "import",
    ]
    var parentheses = 0
    var position = index
    while position < code.count {
      switch code[position] {
      case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
      case UInt8(ascii: "{") where parentheses == 0:
        return position..<closingBrace(from: position, in: code)
      case UInt8(ascii: "}") where parentheses == 0: return nil
      case UInt8(ascii: "\n") where parentheses == 0:
        if declarations.contains(firstName(after: position + 1, in: code)) { return nil }
      default: break
      }
      position += 1
    }
    return nil
  }

  private static func closingBrace(from open: Int, in code: [UInt8]) -> Int {
    var depth = 0
    for position in open..<code.count {
      if code[position] == UInt8(ascii: "{") { depth += 1 }
      if code[position] == UInt8(ascii: "}") { depth -= 1 }
      if depth == 0 { return position + 1 }
    }
    return code.count
  }

  /// In C a function's body is a brace block of the outermost level that follows a parenthesis.
  private static func cFunctions(_ code: [UInt8]) -> [Function] {
    var found: [Function] = []
    var position = 0
    var previous: UInt8 = 0
    while position < code.count {
      if code[position] == UInt8(ascii: "{") {
        let end = closingBrace(from: position, in: code)
        if previous == UInt8(ascii: ")") {
          let line = 1 + code[..<position].count { $0 == UInt8(ascii: "\n") }
          let lines = 1 + code[position..<end].count { $0 == UInt8(ascii: "\n") }
          found.append(Function(name: "the function", line: line, lines: lines))
        }
        position = end
        previous = UInt8(ascii: "}")
      } else {
        if !" \n\t".utf8.contains(code[position]) { previous = code[position] }
        position += 1
      }
    }
    return found
  }

  private static func pythonFunctions(_ lines: [Substring]) -> [Function] {
    var found: [Function] = []
    for (start, line) in lines.enumerated() {
      guard let match = line.firstMatch(of: /^( *)(?:async )?def (\w+)/) else { continue }
      let indent = match.1.count
      var last = start
      for (index, line) in lines.enumerated().dropFirst(start + 1) {
        let content = line.drop { $0 == " " }
        if content.isEmpty { continue }
        // The closing parenthesis of a signature over several lines stands at the `def`'s own depth.
        if line.count - content.count <= indent, !content.hasPrefix(")") { break }
        last = index
      }
      found.append(Function(name: "def " + match.2, line: start + 1, lines: last - start + 1))
    }
    return found
  }
}

private func isWordByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
    true
  default: byte >= 0x80
  }
}
