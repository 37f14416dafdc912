import Glibc

/// The ignore rules that hold in one folder: its own `.gitignore`, and those of the folders above, the repository and
/// the user. Files are read when first asked for.
///
/// libgit2's own check is not used: it drops a negation that answers a rule of another file, and takes 25 µs a path.
///
/// Confined to its workspace's executor.
final class IgnoreScope {
  /// Longest file of rules that is read, in bytes; a longer one has no rules.
  static let fileBytesMax = 4 << 20

  /// One line of a file of rules.
  private struct Rule {
    let pattern: GlobPattern
    /// Brings back what an earlier rule left out.
    let isNegated: Bool
    let isForFolders: Bool
    /// Compared with the whole path below the rules' folder, not with the last part alone.
    let isAnchored: Bool
  }

  private let above: IgnoreScope?
  private let path: String
  /// Bytes of the path, from the repository's root, that rules of this scope do not see.
  private let baseCount: Int
  private let followsLink: Bool
  private lazy var rules = Self.readRules(path, followsLink: followsLink)

  /// - Parameters:
  ///   - path: the file with the rules; need not exist.
  ///   - base: the rules' folder from the repository's root: empty, or ending with `/`.
  ///   - above: the scope whose rules yield to these.
  ///   - followsLink: whether the file may be a symbolic link; one inside the work tree has no rules, as in git.
  init(path: String, base: [UInt8], above: IgnoreScope?, followsLink: Bool = false) {
    self.followsLink = followsLink
    self.path = path
    baseCount = base.count
    self.above = above
  }

  /// Whether the last rule that matches leaves the path out. What lies in a folder that is left out is left out too,
  /// which is the caller's to know.
  ///
  /// - Parameter path: from the repository's root, without a `/` at its end.
  func ignores(_ path: [UInt8], isFolder: Bool) -> Bool {
    let nameStart = path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    var scope: IgnoreScope? = self
    while let current = scope {
      scope = current.above
      guard current.baseCount <= nameStart else { continue }
      for rule in current.rules.reversed() where isFolder || !rule.isForFolders {
        if rule.pattern.matches(path[(rule.isAnchored ? current.baseCount : nameStart)...]) { return !rule.isNegated }
      }
    }
    return false
  }

  /// Whether the path, or a folder around it, is left out.
  ///
  /// - Parameter start: bytes of the path that name folders known not to be left out.
  func ignoresWithFolders(_ path: [UInt8], isFolder: Bool, after start: Int = 0) -> Bool {
    for index in path.indices.dropFirst(start) where path[index] == UInt8(ascii: "/") {
      if ignores(Array(path[..<index]), isFolder: true) { return true }
    }
    return ignores(path, isFolder: isFolder)
  }

  private static func readRules(_ path: String, followsLink: Bool) -> [Rule] {
    let descriptor = open(path, O_RDONLY | (followsLink ? 0 : O_NOFOLLOW) | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    guard var bytes = FileBytes.read(descriptor: descriptor, bytesMax: fileBytesMax) else { return [] }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    return bytes.split(separator: UInt8(ascii: "\n")).compactMap { parse($0) }
  }

  private static func parse(_ line: ArraySlice<UInt8>) -> Rule? {
    var line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    guard line.first != UInt8(ascii: "#") else { return nil }
    while line.last == UInt8(ascii: " "), line.dropLast().last != UInt8(ascii: "\\") { line = line.dropLast() }
    let isNegated = line.first == UInt8(ascii: "!")
    if isNegated { line = line.dropFirst() }
    let isForFolders = line.last == UInt8(ascii: "/")
    if isForFolders { line = line.dropLast() }
    let isAnchored = line.contains(UInt8(ascii: "/"))
    if line.first == UInt8(ascii: "/") { line = line.dropFirst() }
    guard !line.isEmpty, let pattern = GlobPattern(line) else { return nil }
    return Rule(pattern: pattern, isNegated: isNegated, isForFolders: isForFolders, isAnchored: isAnchored)
  }
}
