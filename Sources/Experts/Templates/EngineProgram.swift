import JSONRPC

/// The repair engine's Python program, carried inside this binary, and how it is started in a sandbox: the first line
/// of its standard input holds its modules, so nothing of it is written into the workspace.
enum EngineProgram {
  /// The modules by name, as one line of JSON.
  static let modulesLine: [UInt8] = {
    let modules: [(String, [UInt8])] = [
      ("classical", PackageResources.classical_py), ("command", PackageResources.command_py),
      ("engine", PackageResources.engine_py), ("ingredients", PackageResources.ingredients_py),
      ("localize", PackageResources.localize_py), ("scopes", PackageResources.scopes_py),
      ("search", PackageResources.search_py), ("servers", PackageResources.servers_py),
      ("sources", PackageResources.sources_py), ("space", PackageResources.space_py),
      ("statements", PackageResources.statements_py), ("suites", PackageResources.suites_py),
      ("tracing", PackageResources.tracing_py), ("wire", PackageResources.wire_py),
    ]
    var object = JSONObject()
    for (name, source) in modules { object[name] = .string(String(decoding: source, as: UTF8.self)) }
    return JSONValue.object(object).serialized() + [0x0A]
  }()

  /// The argument vector: finds the interpreter that the test command uses, inside the sandbox.
  ///
  /// - Parameter testCommand: the test command as typed or found; nil: unknown.
  static func arguments(testCommand: String?) -> [String] {
    let script = """
      named="$1"
      if [ -n "$named" ] && command -v "$named" >/dev/null 2>&1; then exec "$named" -I -c "$0"; fi
      runner=$(command -v "$2" 2>/dev/null)
      if [ -n "$runner" ]; then
        IFS= read -r line < "$runner"
        case "$line" in
          '#!'*/python*) interpreter=${line#\\#!}; set -- $interpreter; [ -x "$1" ] && exec "$1" -I -c "$0" ;;
        esac
      fi
      for python in .venv/bin/python venv/bin/python env/bin/python; do
        if [ -x "$python" ]; then exec "$PWD/$python" -I -c "$0"; fi
      done
      exec python3 -I -c "$0"
      """
    let boot = String(decoding: PackageResources.boot_py, as: UTF8.self)
    return ["/bin/sh", "-c", script, boot, namedInterpreter(in: testCommand) ?? "", namedRunner(in: testCommand) ?? ""]
  }

  /// The interpreter a command names: the word before `-m`, such as `python3.12` or `.venv/bin/python`.
  static func namedInterpreter(in command: String?) -> String? {
    let words = command?.split(whereSeparator: \.isWhitespace) ?? []
    for (word, next) in zip(words, words.dropFirst()) where next == "-m" || next.hasPrefix("-") {
      if isInterpreter(word) { return String(word) }
    }
    return nil
  }

  /// The test runner a command calls by itself, such as `pytest`.
  static func namedRunner(in command: String?) -> String? {
    command?.split(whereSeparator: \.isWhitespace).first { word in
      let name = word.split(separator: "/").last ?? word
      return (name == "pytest" || name == "py.test") && isPlain(word)
    }.map(String.init)
  }

  private static func isInterpreter(_ word: Substring) -> Bool {
    (word.split(separator: "/").last ?? word).hasPrefix("python") && isPlain(word)
  }

  /// Whether the shell would read the word as it stands.
  private static func isPlain(_ word: Substring) -> Bool {
    !word.hasPrefix("-") && word.allSatisfy { $0.isLetter || $0.isNumber || "/._-+".contains($0) }
  }
}
