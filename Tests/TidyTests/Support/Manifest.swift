/// What `Package.swift` says, read from its text: targets, their dependencies, and the floors its section comments
/// name (`// MARK: Floor 2: framing, snapshots, isolation`).
struct Manifest {
  struct Target {
    enum Kind: String { case target, executableTarget, testTarget, systemLibrary, plugin, macro, binaryTarget }

    let kind: Kind
    let name: String
    /// Nil for what stands beside the floors: tests, their support, benchmarks.
    let floor: Int?
    /// The section's title, e.g. `Tests`, or the floor's.
    let section: String
    /// Names of this package's targets.
    let dependencies: Set<String>
    /// Names of other packages' products.
    let products: Set<String>
  }

  struct Floor: Equatable {
    let number: Int
    let title: String
    let targets: Set<String>
  }

  let targets: [Target]
  let floorTitles: [Int: String]

  init(_ text: String) {
    var targets: [Target] = []
    var titles: [Int: String] = [:]
    var floor: Int?
    var section = ""
    var pending: (kind: Target.Kind, text: String, depth: Int)?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let match = line.firstMatch(of: /^ *\/\/ MARK: (?:Floor (\d+): )?(.*)$/) {
        floor = match.1.flatMap { Int($0) }
        section = String(match.2)
        if let floor { titles[floor] = section }
      }
      if pending == nil, let match = line.firstMatch(of: /^    \.(\w+)\(/) {
        guard let kind = Target.Kind(rawValue: String(match.1)) else { continue }
        pending = (kind, "", 0)
      }
      guard let (kind, text, depth) = pending else { continue }
      let whole = text + line + "\n"
      let nesting = line.reduce(depth) { $1 == "(" ? $0 + 1 : $1 == ")" ? $0 - 1 : $0 }
      if nesting == 0 {
        if let target = Target(kind: kind, text: whole, floor: floor, section: section) { targets.append(target) }
        pending = nil
      } else {
        pending = (kind, whole, nesting)
      }
    }
    self.targets = targets
    floorTitles = titles
  }

  var floors: [Floor] {
    floorTitles.sorted { $0.key < $1.key }.map { number, title in
      Floor(number: number, title: title, targets: Set(targets.filter { $0.floor == number }.map(\.name)))
    }
  }

  /// Everything Modules.md describes: targets that are neither tests nor benchmarks.
  var describedTargets: [String] {
    targets.filter { $0.kind != .testTarget && $0.section != "Benchmarks" }.map(\.name)
  }

  func target(_ name: String) -> Target? { targets.first { $0.name == name } }
}

extension Manifest.Target {
  fileprivate init?(kind: Kind, text: String, floor: Int?, section: String) {
    guard let name = text.firstMatch(of: /name: "([^"]+)"/)?.1 else { return nil }
    self.kind = kind
    self.name = String(name)
    self.floor = floor
    self.section = section
    products = Set(text.matches(of: /\.product\(name: "([^"]+)"/).map { String($0.1) })
    guard let start = text.firstRange(of: "dependencies: [")?.upperBound else {
      dependencies = []
      return
    }
    let list = text[start...].replacing(/\.product\([^)]*\)/, with: "").prefix { $0 != "]" }
    dependencies = Set(list.matches(of: /"([^"]+)"/).map { String($0.1) })
  }
}
