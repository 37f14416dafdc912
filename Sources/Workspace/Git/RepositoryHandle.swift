import CLibGit2

/// An open libgit2 repository, freed with the value.
struct RepositoryHandle: ~Copyable {
  private let pointer: OpaquePointer

  /// Takes over `pointer`.
  init(owning pointer: OpaquePointer) {
    self.pointer = pointer
  }

  /// Opens the repository at `path`, or above it when `searchesUpwards`; nil when there is none.
  init?(opening path: String, searchesUpwards: Bool) throws(WorkspaceError) {
    var pointer: OpaquePointer?
    let flags = searchesUpwards ? 0 : GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue
    let status = git_repository_open_ext(&pointer, path, flags, nil)
    if status == GIT_ENOTFOUND.rawValue { return nil }
    try LibGit2.check(status, "The repository at \(path) cannot be opened.")
    guard let pointer else { return nil }
    self.pointer = pointer
  }

  deinit { git_repository_free(pointer) }

  /// Runs `body` with the C pointer, which must not escape.
  borrowing func withPointer<Result, Failure: Error>(
    _ body: (OpaquePointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(pointer)
  }

  /// The path of one of the repository's own files, which honours linked worktrees and `.git` files.
  borrowing func path(of item: git_repository_item_t) -> String? {
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    guard git_repository_item_path(&buffer, pointer, item) == 0, let text = buffer.ptr else { return nil }
    return String(cString: text)
  }
}

/// An open object database, freed with the value.
struct ObjectDatabaseHandle: ~Copyable {
  private let pointer: OpaquePointer

  init(of repository: borrowing RepositoryHandle) throws(WorkspaceError) {
    var pointer: OpaquePointer?
    try repository.withPointer { (repository) throws(WorkspaceError) in
      try LibGit2.check(
        git_repository_odb(&pointer, repository),
        .storeUnusable,
        "The store's objects cannot be opened."
      )
    }
    guard let pointer else { throw LibGit2.error(.storeUnusable, "The store's objects cannot be opened.") }
    self.pointer = pointer
  }

  deinit { git_odb_free(pointer) }

  /// Runs `body` with the C pointer, which must not escape.
  borrowing func withPointer<Result, Failure: Error>(
    _ body: (OpaquePointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(pointer)
  }
}
