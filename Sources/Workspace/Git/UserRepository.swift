import CLibGit2
import Glibc

/// The user's repository around a workspace, read only. Without one, the store's repository answers the same questions
/// for the workspace alone, so `.gitignore` files count either way.
///
/// Confined to its workspace's executor.
final class UserRepository {
  private let handle: RepositoryHandle
  /// Whether this is the user's own repository.
  let isUsers: Bool
  /// Path of the workspace's root below the repository's work tree: empty, or ending with `/`.
  let prefix: String
  /// The user's directory of objects.
  let objectsPath: String?
  /// The index of the work tree that holds the root.
  let indexPath: String?

  /// Canonical path of the repository's work tree, ending with `/`; the workspace's root without a repository.
  private let workTree: String

  private init(handle: consuming RepositoryHandle, isUsers: Bool, workTree: String, prefix: String) {
    self.workTree = workTree
    objectsPath = isUsers ? handle.path(of: GIT_REPOSITORY_ITEM_OBJECTS) : nil
    indexPath = isUsers ? handle.path(of: GIT_REPOSITORY_ITEM_INDEX) : nil
    self.handle = handle
    self.isUsers = isUsers
    self.prefix = prefix
  }

  /// Finds the repository whose work tree holds `root`, a canonical path; nil when there is none, or when the
  /// repository ignores the root.
  static func find(around root: String) throws(WorkspaceError) -> UserRepository? {
    guard let handle = try RepositoryHandle(opening: root, searchesUpwards: true) else { return nil }
    let workTree: String? = handle.withPointer { git_repository_workdir($0).map { String(cString: $0) } }
    guard let workTree else {
      let gitDirectory: String = handle.withPointer { String(cString: git_repository_path($0)) }
      guard root + "/" == gitDirectory else { return nil }
      throw WorkspaceError(.rootRefused, "\(root) is a bare repository; give the path of a work tree.")
    }
    guard let canonical = FileBytes.canonicalPath(workTree), (root + "/").hasPrefix(canonical.withTrailingSlash) else {
      return nil
    }
    let prefix = String((root + "/").dropFirst(canonical.withTrailingSlash.count))
    let repository = UserRepository(
      handle: handle,
      isUsers: true,
      workTree: canonical.withTrailingSlash,
      prefix: prefix
    )
    return repository.ignoresRoot ? nil : repository
  }

  /// Stands in where the user has no repository.
  ///
  /// - Parameter store: path of the store's own repository.
  static func standIn(store: String, root: String) throws(WorkspaceError) -> UserRepository {
    guard let handle = try RepositoryHandle(opening: store, searchesUpwards: false) else {
      throw WorkspaceError(.storeUnusable, "The store \(store) vanished.")
    }
    return UserRepository(handle: handle, isUsers: false, workTree: root + "/", prefix: "")
  }

  /// The ignore rules that hold in the workspace's root but for those of its own `.gitignore`.
  func scopeAboveRoot() -> IgnoreScope {
    var scope = IgnoreScope(path: userRules ?? "", base: [], above: nil, followsLink: true)
    if isUsers, let info = handle.path(of: GIT_REPOSITORY_ITEM_INFO) {
      scope = IgnoreScope(path: info.withTrailingSlash + "exclude", base: [], above: scope, followsLink: true)
    }
    for folder in folders(above: prefix) {
      scope = IgnoreScope(path: workTree + folder + ".gitignore", base: Array(folder.utf8), above: scope)
    }
    return scope
  }

  /// The folders around `path`, from the work tree's root, each empty or ending with `/`.
  private func folders(above path: String) -> [String] {
    var folders: [String] = []
    var folder = ""
    for part in path.split(separator: "/") {
      folders.append(folder)
      folder += part + "/"
    }
    return folders
  }

  /// Whether git's ignore rules leave out `path`, relative to the workspace's root; no `/` at its end.
  func isIgnored(_ path: String) -> Bool {
    var scope = scopeAboveRoot()
    let whole = prefix + path
    for folder in folders(above: whole) where folder.utf8.count >= prefix.utf8.count {
      scope = IgnoreScope(path: workTree + folder + ".gitignore", base: Array(folder.utf8), above: scope)
    }
    return scope.ignoresWithFolders(Array(whole.utf8), isFolder: false, after: prefix.utf8.count)
  }

  /// Whether the repository's rules leave out the workspace's root itself.
  private var ignoresRoot: Bool {
    !prefix.isEmpty && scopeAboveRoot().ignoresWithFolders(Array(prefix.utf8.dropLast()), isFolder: true)
  }

  /// The user's own file of ignore rules.
  private var userRules: String? {
    if let path = configuration("core.excludesfile", asPath: true) { return path }
    if let folder = getenv("XDG_CONFIG_HOME"), folder.pointee != 0 { return String(cString: folder) + "/git/ignore" }
    return getenv("HOME").map { String(cString: $0) + "/.config/git/ignore" }
  }

  /// The files outside the workspace that ignore rules come from, or that say where those are.
  var ignoreSources: [String] {
    var paths = folders(above: prefix).map { workTree + $0 + ".gitignore" }
    if let path = userRules { paths.append(path) }
    for item in [GIT_REPOSITORY_ITEM_CONFIG, GIT_REPOSITORY_ITEM_INFO] {
      if let path = handle.path(of: item) {
        paths.append(item == GIT_REPOSITORY_ITEM_INFO ? path.withTrailingSlash + "exclude" : path)
      }
    }
    for find in [git_config_find_global, git_config_find_xdg] {
      var buffer = git_buf()
      defer { git_buf_dispose(&buffer) }
      if find(&buffer) == 0, let path = buffer.ptr { paths.append(String(cString: path)) }
    }
    return paths
  }

  /// Whether settings could make the repository's blobs differ from the bytes on disk: line ending conversion. Filters
  /// and the like are named by attributes, which the scan sees.
  var convertsLineEndings: Bool {
    guard let value = configuration("core.autocrlf", asPath: false)?.lowercased() else { return false }
    return !["false", "no", "off", "0"].contains(value)
  }

  /// Whether the repository has attributes outside the work tree that could convert files.
  var hasAttributesOfItsOwn: Bool {
    guard isUsers, let info = handle.path(of: GIT_REPOSITORY_ITEM_INFO) else { return false }
    var paths = [info.withTrailingSlash + "attributes"]
    if let path = configuration("core.attributesfile", asPath: true) { paths.append(path) }
    return paths.contains { path in
      guard FileBytes.exists(path) else { return false }
      do { return try Attributes.mayConvert(FileBytes.read(path: path, bytesMax: Attributes.bytesMax)) } catch {
        return true
      }
    }
  }

  private func configuration(_ name: String, asPath: Bool) -> String? {
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    let status = handle.withPointer { repository in
      var snapshot: OpaquePointer?
      guard git_repository_config_snapshot(&snapshot, repository) == 0 else { return GIT_ERROR.rawValue }
      defer { git_config_free(snapshot) }
      return asPath
        ? git_config_get_path(&buffer, snapshot, name) : git_config_get_string_buf(&buffer, snapshot, name)
    }
    guard status == 0, let text = buffer.ptr else { return nil }
    return String(cString: text)
  }
}

extension String {
  var withTrailingSlash: String { hasSuffix("/") ? self : self + "/" }
}
