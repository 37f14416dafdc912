import Glibc

/// What the sandbox hides of this machine, and what it shows again: decided once, from the environment and the home
/// directory, by names and links only. No file's content is read.
struct HostView: Sendable, Equatable {
  /// The home directory's real path; nil where there is none worth hiding (`/`, missing).
  var home: String?
  /// Directories covered by empty private ones, none below another.
  var masks: [String]
  /// Existing paths shown read-only below masks, the outer ones first.
  var readable: [String]
  /// Build caches below masks, shown writable by copy on write: cold, a first build can take longer than the tests.
  var caches: [String]
  /// Symbolic links made below masks: path → target.
  var links: [String: String]
  /// The environment every run starts from.
  var environment: [String: String]

  /// The home directory inside: the real one's path, so tools find what is shown of it where they look for it.
  var insideHome: String { home ?? "/tmp/home" }

  /// Where services keep data and listen on sockets outside of /run: a read-only mount does not keep anybody from
  /// connecting to a socket, and before Landlock 9 neither does Landlock.
  static let services = [
    "/var/lib/containerd", "/var/lib/docker", "/var/lib/incus", "/var/lib/libvirt", "/var/lib/lxd", "/var/lib/mysql",
    "/var/lib/postgresql", "/var/lib/redis", "/var/mail", "/var/snap", "/var/spool",
  ]

  /// Most directory entries looked at while following the links of tools.
  static let toolsMax = 4_096

  /// - Parameters:
  ///   - environment: of the daemon.
  ///   - hiddenPaths: further directories that no run may see, such as the daemon's own state.
  init(environment: [String: String], hiddenPaths: [String]) {
    home = Self.realHome(environment)
    masks = []
    readable = []
    caches = []
    links = [:]
    self.environment = [:]

    let hidden =
      ["/home", "/root", "/run", "/tmp", "/var/tmp"] + Self.services + [home].compactMap(\.self) + hiddenPaths
    for path in hidden.compactMap(RealPath.resolve).sorted(by: { $0.utf8.count < $1.utf8.count })
    where RealPath.isDirectory(path) && path != "/" && !isMasked(path) {
      masks.append(path)
    }
    let pathDirectories = Self.pathDirectories(environment["PATH"] ?? "")
    for path in Self.toolChains(home: home) + pathDirectories { show(path) }
    for directory in pathDirectories where isMasked(directory) { showTargets(in: directory) }
    for name in EnvironmentPolicy.locations {
      // A location of a tool chain that lies somewhere unusual, such as PYENV_ROOT=/home/me/tools/pyenv.
      guard let value = environment[name], value.hasPrefix("/"), name != "CARGO_HOME" else { continue }
      show(value)
    }
    readable = Self.outermost(readable)
    caches = Self.caches(home: home).compactMap(RealPath.resolve).filter { RealPath.isDirectory($0) && isMasked($0) }
    self.environment = EnvironmentPolicy.environment(from: environment, view: self, path: pathDirectories)
  }

  /// Whether `path` is hidden unless it is shown again.
  func isMasked(_ path: String) -> Bool {
    masks.contains { RealPath.isBelow(path, $0) }
  }

  /// Whether `path` can be seen inside.
  func isVisible(_ path: String) -> Bool {
    guard let real = RealPath.resolve(path) else { return false }
    let isReachable = !isMasked(path) || links[path] != nil || readable.contains { RealPath.isBelow(path, $0) }
    return isReachable && (!isMasked(real) || readable.contains { RealPath.isBelow(real, $0) })
  }

  /// Shows `path`, under its own name and where its links lead, if it exists below a mask. Never all of a mask.
  private mutating func show(_ path: String) {
    guard let real = RealPath.resolve(path), !masks.contains(real), real != home else { return }
    if let home, RealPath.isBelow(home, real) { return }
    if isMasked(real) { readable.append(real) }
    if path != real, isMasked(path) { links[path] = real }
  }

  /// Tools in the home directory are often links into a directory of their own, such as a virtual environment.
  private mutating func showTargets(in directory: String) {
    for entry in RealPath.entries(of: directory, max: Self.toolsMax) {
      let path = directory + "/" + entry
      guard let real = RealPath.resolve(path), !RealPath.isBelow(real, directory), isMasked(real) else { continue }
      let folder = RealPath.parent(of: real)
      let tree = folder.hasSuffix("/bin") ? RealPath.parent(of: folder) : folder
      show(tree == home || masks.contains(tree) ? real : tree)
    }
  }

  private static func realHome(_ environment: [String: String]) -> String? {
    guard let home = environment["HOME"], home.hasPrefix("/"), let real = RealPath.resolve(home) else { return nil }
    return real == "/" || !RealPath.isDirectory(real) ? nil : real
  }

  /// The absolute directories of PATH that exist, each once, and the system's own at the end.
  private static func pathDirectories(_ path: String) -> [String] {
    var seen: Set<String> = []
    let all = path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin", "/bin"]
    return all.filter { $0.hasPrefix("/") && RealPath.isDirectory($0) && seen.insert($0).inserted }
  }

  /// Drops what lies below another; the order is by length, so a mount never hides an earlier one.
  private static func outermost(_ paths: [String]) -> [String] {
    var kept: [String] = []
    for path in paths.sorted(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) })
    where !kept.contains(where: { RealPath.isBelow(path, $0) }) {
      kept.append(path)
    }
    return kept
  }

  /// Where build tools keep what they made and downloaded, and expect to write.
  private static func caches(home: String?) -> [String] {
    guard let home else { return [] }
    let names = [
      ".cache/go-build", "go/pkg/mod", ".m2/repository", ".gradle/caches", ".npm/_cacache", ".cache/yarn", ".ccache",
      ".cache/ccache", ".cache/sccache", ".cache/zig", ".cache/org.swift.swiftpm", ".nuget/packages",
    ]
    return names.map { home + "/" + $0 }
  }

  /// Where language tool chains and their downloaded packages usually are below a home directory. Directories that
  /// also hold credentials are named by their harmless parts.
  private static func toolChains(home: String?) -> [String] {
    guard let home else { return [] }
    let names = [
      ".pyenv", ".local/bin", ".local/lib", ".local/pipx", ".local/share/pipx", ".local/share/uv",
      ".local/share/virtualenvs", ".local/share/mise", ".local/share/swiftly", ".local/share/pnpm", ".virtualenvs",
      ".cache/pypoetry/virtualenvs", ".cache/uv", "miniconda3", "miniforge3", "mambaforge", "anaconda3",
      ".asdf/installs", ".asdf/shims", ".asdf/bin", ".asdf/lib", ".asdf/plugins", ".rbenv", ".rvm", ".nvm",
      ".volta/bin", ".volta/tools",
      ".fnm", ".bun/bin", ".bun/install/cache", ".deno/bin", ".yarn/berry/cache", ".rustup", ".cargo/bin",
      ".cargo/registry", ".cargo/git", ".cargo/config.toml", ".cargo/config", ".cargo/env", "go", ".goenv", ".swiftpm",
      ".swiftenv", ".ghcup", ".cabal/bin", ".cabal/packages", ".cabal/store", ".stack/programs", ".opam",
      ".sdkman/candidates", ".m2/wrapper", ".gradle/wrapper",
      ".dotnet", ".nix-profile",
      ".juliaup", ".julia/juliaup", ".julia/packages", ".julia/artifacts", ".hex", ".mix", "bin",
    ]
    return names.map { home + "/" + $0 }
  }
}
