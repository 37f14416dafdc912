import Glibc

/// Runs `body` with a new empty directory, and removes the directory and all below it afterwards.
///
/// The path is short enough for Unix sockets, whose paths have 107 bytes at most, and free of symbolic links.
package func withTemporaryDirectory<Result>(
  _ body: (_ path: String) async throws -> Result
) async throws -> Result {
  var template = Array("/tmp/baton-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { throw TestSupportError("mkdtemp: \(String(cString: strerror(errno)))") }
  let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  defer { removeTree(path) }
  return try await body(path)
}

/// What a helper of the tests could not do.
package struct TestSupportError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}

private func removeTree(_ path: String) {
  guard unlink(path) != 0, errno == EISDIR || errno == EPERM else { return }
  // A directory without its owner's permissions is a test's own doing: take them back before going in.
  chmod(path, 0o700)
  guard let directory = opendir(path) else { return }
  var names: [String] = []
  while let entry = readdir(directory) {
    names.append(
      withUnsafePointer(to: &entry.pointee.d_name) { name in
        name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
    )
  }
  closedir(directory)
  for name in names where name != "." && name != ".." { removeTree(path + "/" + name) }
  rmdir(path)
}
