/// One file's new state, as a step from one tree to another. Contents are bytes: Baton never re-encodes a file.
package struct FileChange: Hashable, Sendable, Codable {
  /// What the path holds afterwards.
  package enum Content: Hashable, Sendable, Codable {
    /// A regular file with these bytes.
    case file(bytes: [UInt8], isExecutable: Bool)
    /// A symbolic link with this target, not followed.
    case symbolicLink(target: String)
    /// Nothing: the path is removed.
    case deleted
  }

  /// The file, relative to the workspace's root.
  package let path: RelativePath
  /// Its new state.
  package let content: Content

  package init(path: RelativePath, content: Content) {
    self.path = path
    self.content = content
  }
}
