/// A job's patch, as a unified diff and, if asked for, as edits of texts.
package enum PatchGetRequest: RequestType {
  package static let method = "patch/get"

  /// Which patch, in which form.
  package struct Params: Codable, Sendable, Equatable {
    /// The job's name.
    package var job: String
    /// Also give edits, with positions in this encoding.
    package var positionEncoding: PositionEncodingKind?

    package init(job: String, positionEncoding: PositionEncodingKind? = nil) {
      self.job = job
      self.positionEncoding = positionEncoding
    }
  }

  /// The patch.
  package struct Result: Codable, Sendable, Equatable {
    /// The job's name.
    package var job: String
    /// The tree it starts from: a git tree's hash.
    package var base: String
    /// The tree it leads to, which the tests ran on.
    package var target: String
    /// The unified diff, as `git apply` takes it.
    package var diff: EncodedBytes
    /// The files it changes.
    package var files: [PatchFile]

    package init(job: String, base: String, target: String, diff: EncodedBytes, files: [PatchFile]) {
      self.job = job
      self.base = base
      self.target = target
      self.diff = diff
      self.files = files
    }
  }
}
