import JSONRPC

/// What discovery reads of a `package.json`.
enum PackageManifest {
  /// What `npm init` writes where nobody has written a test yet.
  private static let placeholder = "no test specified"

  /// The command of a script; nil when there is none, or only npm's own placeholder.
  static func script(_ name: String, in text: String) -> String? {
    // Silent: a manifest that is no JSON has no scripts, for npm too.
    guard let value = try? JSONValue(parsing: Array(text.utf8)), let script = value["scripts"]?[name]?.string,
      !script.isEmpty, !script.contains(placeholder)
    else { return nil }
    return script
  }
}
