import Domain
import Glibc

/// Where a workspace and its store lie, checked before anything is opened.
struct WorkspacePlace {
  /// Canonical absolute path of the folder.
  let root: String
  /// Absolute path of the folder's own store.
  let store: String

  init(root given: String, storeDirectory: String) throws(WorkspaceError) {
    guard let root = FileBytes.canonicalPath(given) else {
      throw .system(.rootUnreadable, "The folder \(given) cannot be opened; check the path.")
    }
    var status = stat()
    guard stat(root, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      throw WorkspaceError(.rootUnreadable, "\(given) is not a folder; give the folder that holds the code.")
    }
    guard root != "/" else {
      throw WorkspaceError(.rootRefused, "/ is the whole machine; give the folder that holds the code.")
    }
    guard !Self.homes.contains(root) else {
      throw WorkspaceError(.rootRefused, "\(root) is a home folder; give the folder inside it that holds the code.")
    }
    let stores = try Self.canonical(storeDirectory)
    guard !(stores + "/").hasPrefix(root + "/") else {
      throw WorkspaceError(.rootRefused, "\(root) holds Baton's own state (\(stores)); choose another state folder.")
    }
    guard !(root + "/").hasPrefix(stores + "/") else {
      throw WorkspaceError(
        .rootRefused,
        "\(root) lies inside Baton's own state (\(stores)); choose another state folder."
      )
    }
    try Self.create(stores)
    self.root = root
    store = "\(stores)/\(Self.key(root)).git"
  }

  private static var homes: Set<String> {
    var homes: Set<String> = []
    if let home = getenv("HOME"), let path = FileBytes.canonicalPath(String(cString: home)) { homes.insert(path) }
    if let entry = getpwuid(geteuid()), let path = FileBytes.canonicalPath(String(cString: entry.pointee.pw_dir)) {
      homes.insert(path)
    }
    return homes
  }

  /// The root's last part, for people, and a hash of the whole path.
  private static func key(_ root: String) -> String {
    // FNV-1a, twice with different starts: stable between runs, as file names must be.
    var hashes: [UInt64] = [0xcbf2_9ce4_8422_2325, 0x9ae1_6a3b_2f90_404f]
    for byte in root.utf8 {
      for index in hashes.indices { hashes[index] = (hashes[index] ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    let name = root.utf8.suffix(while: { $0 != UInt8(ascii: "/") })
    let safe = name.map { byte -> Character in
      let character = Character(UnicodeScalar(byte))
      return byte < 0x80 && (character.isLetter || character.isNumber) ? character : "-"
    }
    return String(safe.prefix(32)) + "-" + hashes.map { String($0, radix: 36) }.joined()
  }

  /// The path without symbolic links, as far as it exists already.
  private static func canonical(_ directory: String) throws(WorkspaceError) -> String {
    var missing: [Substring] = []
    var present = directory[...]
    while true {
      if let path = FileBytes.canonicalPath(present.isEmpty ? "." : String(present)) {
        return ([path == "/" ? "" : path] + missing.reversed().map(String.init)).joined(separator: "/")
      }
      guard errno == ENOENT, !present.isEmpty else {
        throw .system(.storeUnusable, "The folder \(directory) cannot be used.")
      }
      while present.last == "/" { present.removeLast() }
      missing.append(present[(present.lastIndex(of: "/").map(present.index(after:)) ?? present.startIndex)...])
      present = present.dropLast(missing.last?.count ?? 0)
    }
  }

  private static func create(_ directory: String) throws(WorkspaceError) {
    var path = directory.hasPrefix("/") ? "" : "."
    for part in directory.split(separator: "/") {
      path += "/\(part)"
      if mkdir(path, 0o700) != 0, errno != EEXIST {
        throw .system(.storeUnusable, "The folder \(directory) cannot be created.")
      }
    }
  }
}

extension Collection where Element == UInt8 {
  fileprivate func suffix(while predicate: (UInt8) -> Bool) -> [UInt8] {
    Array(Array(self).reversed().prefix(while: predicate).reversed())
  }
}
