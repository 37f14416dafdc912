import CLibGit2

/// The user's repository around a workspace, read only. Without one, the same questions are answered by the store's
/// repository with the workspace as its work tree, so `.gitignore` files count either way.
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

  private init(handle: consuming RepositoryHandle, isUsers: Bool, prefix: String) {
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
    let repository = UserRepository(handle: handle, isUsers: true, prefix: prefix)
    return prefix.isEmpty || !repository.isIgnored("") ? repository : nil
  }

  /// Stands in where the user has no repository.
  ///
  /// - Parameter store: path of the store's own repository.
  static func standIn(store: String, root: String) throws(WorkspaceError) -> UserRepository {
    guard let handle = try RepositoryHandle(opening: store, searchesUpwards: false) else {
      throw WorkspaceError(.storeUnusable, "The store \(store) vanished.")
    }
    try handle.withPointer { (repository) throws(WorkspaceError) in
      try LibGit2.check(git_repository_set_workdir(repository, root, 0), "The folder \(root) cannot be used.")
    }
    return UserRepository(handle: handle, isUsers: false, prefix: "")
  }

  /// Whether git's ignore rules leave out `path`, relative to the workspace's root.
  func isIgnored(_ path: String) -> Bool {
    var ignored: Int32 = 0
    let status = handle.withPointer { git_ignore_path_is_ignored(&ignored, $0, prefix + path) }
    return status == 0 && ignored == 1
  }

  /// Forgets rules that were read, so that a file rewritten within its time stamp's step counts at once.
  func forgetRules() {
    _ = handle.withPointer { git_attr_cache_flush($0) }
  }

  /// The files outside the work tree that ignore rules come from, in the order they are read.
  var ignoreSources: [String] {
    var paths: [String] = []
    for item in [GIT_REPOSITORY_ITEM_CONFIG, GIT_REPOSITORY_ITEM_INFO] {
      if let path = handle.path(of: item) {
        paths.append(item == GIT_REPOSITORY_ITEM_INFO ? path.withTrailingSlash + "exclude" : path)
      }
    }
    if let path = configuration("core.excludesfile", asPath: true) { paths.append(path) }
    for level in [GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_XDG] {
      var buffer = git_buf()
      defer { git_buf_dispose(&buffer) }
      let status = level == GIT_CONFIG_LEVEL_GLOBAL ? git_config_find_global(&buffer) : git_config_find_xdg(&buffer)
      if status == 0, let path = buffer.ptr { paths.append(String(cString: path)) }
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
