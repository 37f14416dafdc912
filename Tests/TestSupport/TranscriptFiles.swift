import Glibc

/// The repository's folders, found from where this file was compiled.
package enum RepositoryFolder {
  /// The repository's root.
  package static let root: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }()

  /// Names of a folder's entries, sorted.
  package static func entries(of folder: String) throws -> [String] {
    guard let directory = opendir("\(root)/\(folder)") else { throw TranscriptError("\(folder) cannot be listed") }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX)) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// A file's text.
  package static func text(of path: String) throws -> String {
    guard let file = fopen("\(root)/\(path)", "r") else { throw TranscriptError("\(path) cannot be read") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw TranscriptError("\(path) is not UTF-8") }
    return text
  }

  /// Replaces a file's text.
  package static func write(_ text: [UInt8], to path: String) throws {
    guard let file = fopen("\(root)/\(path)", "w") else { throw TranscriptError("\(path) cannot be written") }
    let count = fwrite(text, 1, text.count, file)
    guard fclose(file) == 0, count == text.count else { throw TranscriptError("\(path) cannot be written") }
  }
}

extension Transcript {
  /// All transcripts of `Protocol/transcripts`.
  package static func all() throws -> [Transcript] {
    let folder = "Protocol/transcripts"
    return try RepositoryFolder.entries(of: folder).filter { $0.hasSuffix(".jsonl") }.map { name in
      try Transcript(name: name, text: RepositoryFolder.text(of: "\(folder)/\(name)"))
    }
  }
}
