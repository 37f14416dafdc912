/// Hard limits of one workspace.
package struct WorkspaceLimits: Sendable, Equatable, Codable {
  /// Most files (tracked and untracked) a snapshot may have; a larger workspace is refused.
  package var filesMax: Int
  /// Most bytes the files of a snapshot may have together; a larger workspace is refused.
  package var totalBytesMax: Int
  /// Longest file that enters a snapshot; a longer one is left out with a notice and never touched.
  package var fileBytesMax: Int
  /// Most folders inside one another; deeper ones are left out with a notice.
  package var folderDepthMax: Int
  /// Most notices kept of one snapshot; further ones are only counted.
  package var noticesMax: Int

  package init(
    filesMax: Int = 500_000,
    totalBytesMax: Int = 8 << 30,
    fileBytesMax: Int = 64 << 20,
    folderDepthMax: Int = 128,
    noticesMax: Int = 200
  ) {
    self.filesMax = filesMax
    self.totalBytesMax = totalBytesMax
    self.fileBytesMax = fileBytesMax
    self.folderDepthMax = folderDepthMax
    self.noticesMax = noticesMax
  }
}
