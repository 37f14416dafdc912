/// Rules on what must never be in a committed file: one machine's paths, and secrets.
enum LeakRules {
  /// Spelled in two parts, so that this file does not break its own rule.
  static let machinePaths = [
    "/wo" + "rk/", "/ro" + "ot/.pyenv", "/opt/sw" + "ift", "/tmp/ba" + "sh_jobs", "/tmp/sp" + "ec/",
  ]

  static func check(_ file: SourceFile) -> [Finding] {
    file.lines.enumerated().flatMap { index, line in
      var messages = machinePaths.filter { line.contains($0) }.map { "names a path of one machine: \($0)" }
      let mayBeSecret = prefixes.contains { line.contains($0) } && line.contains(secret)
      if mayBeSecret || line.contains("-----BEGIN") && line.contains(privateKey) {
        messages.append("holds what looks like a secret")
      }
      return messages.map { Finding(path: file.path, line: index + 1, message: $0) }
    }
  }

  private static let prefixes = ["sk-", "ghp_", "gho_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AKIA"]

  /// Tokens as providers make them: a known prefix and at least 24 characters that vary. Made-up samples in tests are
  /// shorter or say EXAMPLE.
  private static var secret: Regex<Substring> {
    /\b(?:sk-|ghp_|gho_|github_pat_|glpat-|xox[bp]-|AKIA)(?![A-Za-z0-9_\-]*EXAMPLE)(?=[A-Za-z_\-]*[0-9])[A-Za-z0-9_\-]{24,}/
  }

  private static var privateKey: Regex<Substring> { /-----BEGIN [A-Z ]*PRIVATE KEY-----/ }
}
