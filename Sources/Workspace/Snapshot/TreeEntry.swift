package import Domain

/// One file of a tree.
package struct TreeEntry: Sendable, Hashable, Codable {
  /// What a path holds.
  package enum Kind: String, Sendable, Codable {
    /// A regular file.
    case file
    /// A regular file its owner may execute.
    case executable
    /// A symbolic link; its blob is the target.
    case symbolicLink
    /// A submodule: `blob` names a commit of another repository, `bytes` is 0.
    case submodule
  }

  package let path: RelativePath
  package let kind: Kind
  /// Hash of the content, 40 lower-case hexadecimal digits: equal hashes are equal bytes.
  package let blob: String
  /// Length of the content in bytes.
  package let bytes: Int

  package init(path: RelativePath, kind: Kind, blob: String, bytes: Int) {
    self.path = path
    self.kind = kind
    self.blob = blob
    self.bytes = bytes
  }
}
