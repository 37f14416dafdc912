// swift-tools-version: 6.2
import PackageDescription

// One section a floor (Documentation/Architecture.md): a target depends only on targets of lower floors.
// TidyTests reads this manifest and the imports, and fails when the two disagree.

let package = Package(
  name: "baton",
  products: [
    .executable(name: "baton", targets: ["baton"]),
    .executable(name: "baton-sandbox", targets: ["baton-sandbox"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // MARK: Floor 0: doors to C, what the standard library lacks, logging
    .systemLibrary(name: "CLibGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
    .systemLibrary(name: "CLibUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
    .target(name: "CSandbox"),
    .target(
      name: "Diagnostics",
      dependencies: ["StandardExtensions", .product(name: "Logging", package: "swift-log")]
    ),
    .target(name: "StandardExtensions"),

    // MARK: Floor 1: the loop, the wire types, the domain's words
    .target(name: "BatonProtocol"),
    .target(name: "Domain", dependencies: ["StandardExtensions"]),
    .target(
      name: "EventLoop",
      dependencies: ["CLibUV", "Diagnostics", "StandardExtensions", .product(name: "Logging", package: "swift-log")]
    ),

    // MARK: Floor 2: framing, snapshots, isolation
    .target(name: "JSONRPC", dependencies: ["StandardExtensions"]),
    .target(
      name: "Sandbox",
      dependencies: [
        "CSandbox", "Diagnostics", "Domain", "EventLoop", "StandardExtensions",
        .product(name: "Logging", package: "swift-log"),
      ]
    ),
    .target(name: "Workspace", dependencies: ["CLibGit2", "Diagnostics", "Domain", "StandardExtensions"]),

    // MARK: Floor 3: running tests, workers
    .target(
      name: "Experts",
      dependencies: ["Diagnostics", "Domain", "JSONRPC", "Sandbox", "StandardExtensions", "Workspace"],
      resources: [
        .embedInCode("Templates/Python/boot.py"),
        .embedInCode("Templates/Python/classical.py"),
        .embedInCode("Templates/Python/command.py"),
        .embedInCode("Templates/Python/engine.py"),
        .embedInCode("Templates/Python/ingredients.py"),
        .embedInCode("Templates/Python/localize.py"),
        .embedInCode("Templates/Python/scopes.py"),
        .embedInCode("Templates/Python/search.py"),
        .embedInCode("Templates/Python/servers.py"),
        .embedInCode("Templates/Python/sources.py"),
        .embedInCode("Templates/Python/space.py"),
        .embedInCode("Templates/Python/statements.py"),
        .embedInCode("Templates/Python/suites.py"),
        .embedInCode("Templates/Python/tracing.py"),
        .embedInCode("Templates/Python/wire.py"),
      ]
    ),
    .target(
      name: "Verification",
      dependencies: ["Diagnostics", "Domain", "JSONRPC", "Sandbox", "StandardExtensions", "Workspace"],
      resources: [
        .embedInCode("Runners/Node/reporter.mjs"),
        .embedInCode("Runners/Python/pytest_plugin.py"),
        .embedInCode("Runners/Python/recorder.py"),
        .embedInCode("Runners/Python/sitecustomize.py"),
        .embedInCode("Runners/Python/unittest_recorder.py"),
      ]
    ),

    // MARK: Floor 4: the conductor
    .target(name: "Conductor", dependencies: ["Diagnostics", "Domain", "StandardExtensions"]),

    // MARK: Floor 5: durable jobs
    .target(
      name: "Jobs",
      dependencies: [
        "Conductor", "Diagnostics", "Domain", "EventLoop", "Experts", "Sandbox", "StandardExtensions", "Verification",
        "Workspace",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ]
    ),

    // MARK: Floor 6: sessions and faces
    .target(
      name: "Server",
      dependencies: [
        "BatonProtocol", "Conductor", "Diagnostics", "Domain", "EventLoop", "JSONRPC", "Jobs", "StandardExtensions",
        "Verification", "Workspace",
        .product(name: "Logging", package: "swift-log"),
      ]
    ),

    // MARK: Floor 7: the command line as a library
    .target(
      name: "BatonCLI",
      dependencies: [
        "Conductor", "Diagnostics", "Domain", "EventLoop", "Jobs", "Sandbox", "Server", "StandardExtensions",
        "Verification", "Workspace",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]
    ),

    // MARK: Floor 8: mains
    .executableTarget(name: "baton", dependencies: ["BatonCLI"]),
    // Without the Swift runtime and static: half a millisecond less for every run of a test suite.
    .executableTarget(
      name: "baton-sandbox",
      dependencies: ["CSandbox"],
      linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-executable"])]
    ),

    // MARK: Benchmarks
    .executableTarget(
      name: "baton-bench",
      dependencies: ["Domain", "EventLoop", "Sandbox", "StandardExtensions", "Workspace", "baton-sandbox"],
      path: "Benchmarks/Snapshot/baton-bench"
    ),

    // MARK: Tests
    .target(
      name: "TestSupport",
      dependencies: ["Domain", "EventLoop", "JSONRPC", "StandardExtensions"],
      path: "Tests/TestSupport"
    ),
    .testTarget(
      name: "BatonCLITests",
      dependencies: ["EventLoop", "JSONRPC", "TestSupport", "baton", "baton-sandbox"]
    ),
    .testTarget(name: "ConductorTests", dependencies: ["Conductor", "Domain", "StandardExtensions", "TestSupport"]),
    .testTarget(name: "DomainTests", dependencies: ["Domain", "Diagnostics", "TestSupport"]),
    .testTarget(name: "EventLoopTests", dependencies: ["EventLoop", "StandardExtensions", "TestSupport"]),
    .testTarget(
      name: "ExpertsTests",
      dependencies: ["Domain", "EventLoop", "Experts", "Sandbox", "TestSupport", "Workspace", "baton-sandbox"]
    ),
    .testTarget(name: "JSONRPCTests", dependencies: ["BatonProtocol", "JSONRPC", "StandardExtensions", "TestSupport"]),
    .testTarget(
      name: "JobsTests",
      dependencies: [
        "Conductor", "Domain", "EventLoop", "Jobs", "TestSupport", "Verification", "Workspace", "baton-sandbox",
      ]
    ),
    .testTarget(
      name: "SandboxTests",
      dependencies: ["Domain", "EventLoop", "Sandbox", "TestSupport", "baton-sandbox"]
    ),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "BatonProtocol", "Conductor", "Domain", "EventLoop", "JSONRPC", "Jobs", "Server", "StandardExtensions",
        "TestSupport", "Verification", "Workspace", "baton", "baton-sandbox",
      ]
    ),
    .testTarget(name: "TidyTests", dependencies: ["BatonProtocol", "JSONRPC", "TestSupport"]),
    .testTarget(
      name: "VerificationTests",
      dependencies: [
        "Domain", "EventLoop", "Sandbox", "TestSupport", "Verification", "Workspace", "baton-sandbox",
      ]
    ),
    .testTarget(name: "WorkspaceTests", dependencies: ["Domain", "TestSupport", "Workspace"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu17
)

// Set once, for every Swift target: no target can be forgotten.
let strictSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]
for target in package.targets where ![.system, .plugin, .macro, .binary].contains(target.type) {
  target.swiftSettings = (target.swiftSettings ?? []) + strictSettings
}

// While one module is worked on, BATON_ONLY="Workspace,WorkspaceTests" builds just these and what they need.
if let only = Context.environment["BATON_ONLY"] {
  let wanted = Set(only.split(separator: ",").map(String.init))
  let byName = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
  var kept: Set<String> = []
  func keep(_ name: String) {
    guard let target = byName[name], kept.insert(name).inserted else { return }
    for dependency in target.dependencies {
      if case .byNameItem(let name, _) = dependency { keep(name) }
    }
  }
  wanted.forEach(keep)
  package.targets = package.targets.filter { kept.contains($0.name) }
  package.products = []
}
