/// Which of the daemon's environment variables a run gets: an allow list, because any other may hold a secret or make
/// a program load code.
enum EnvironmentPolicy {
  /// Where tool chains are: passed on if the value is an absolute path that can be seen inside.
  static let locations = [
    "PYENV_ROOT", "CARGO_HOME", "RUSTUP_HOME", "GOROOT", "GOPATH", "GOMODCACHE", "JAVA_HOME", "NVM_DIR", "VOLTA_HOME",
    "VIRTUAL_ENV", "CONDA_PREFIX", "RBENV_ROOT", "ASDF_DATA_DIR", "SDKMAN_DIR", "DOTNET_ROOT", "SWIFTLY_HOME_DIR",
    "SWIFTLY_BIN_DIR", "BUN_INSTALL", "DENO_DIR", "JULIA_DEPOT_PATH",
  ]

  /// Passed on as they are.
  static let plain = ["TZ", "PYENV_VERSION", "RUSTUP_TOOLCHAIN", "GOTOOLCHAIN", "NODE_ENV"]

  static func environment(from own: [String: String], view: HostView, path: [String]) -> [String: String] {
    var result = [
      "PATH": path.filter(view.isVisible).joined(separator: ":"),
      "HOME": view.insideHome,
      "TMPDIR": "/tmp",
      "LANG": "C.UTF-8",
      "SHELL": "/bin/sh",
      "TERM": "dumb",
      "CI": "1",
      "PYTHONDONTWRITEBYTECODE": "1",
      "PIP_NO_INPUT": "1",
      "GIT_TERMINAL_PROMPT": "0",
    ]
    for name in plain {
      result[name] = own[name]
    }
    for name in locations {
      guard let value = own[name], value.hasPrefix("/") else { continue }
      // Cargo's own home is shown in parts, so it is there although it is not shown as a whole.
      if view.isVisible(value) || name == "CARGO_HOME" { result[name] = value }
    }
    return result
  }
}
