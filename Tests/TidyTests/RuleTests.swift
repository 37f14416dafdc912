import Testing

/// Every rule is able to fail: each is shown a small sample that breaks it and one that comes close but keeps it.
@Suite("The rules", .timeLimit(.minutes(1)))
struct RuleTests {
  static let manifest = Manifest(
    """
    targets: [
        // MARK: Floor 0: ground
        .systemLibrary(name: "CLibUV", pkgConfig: "libuv"),
        .target(name: "Diagnostics", dependencies: ["StandardExtensions", .product(name: "Logging", package: "log")]),
        .target(name: "StandardExtensions"),

        // MARK: Floor 1: loop, words
        .target(name: "Domain", dependencies: ["StandardExtensions"]),
        .target(
          name: "EventLoop",
          dependencies: ["CLibUV", "Diagnostics"],
          resources: [.copy("x")]
        ),

        // MARK: Tests
        .testTarget(name: "DomainTests", dependencies: ["Domain"]),
    ]
    """
  )

  @Test("the manifest's reader sees targets, floors, dependencies and products")
  func readsManifest() throws {
    let names = Self.manifest.targets.map(\.name)
    #expect(names == ["CLibUV", "Diagnostics", "StandardExtensions", "Domain", "EventLoop", "DomainTests"])
    let diagnostics = try #require(Self.manifest.target("Diagnostics"))
    #expect(diagnostics.dependencies == ["StandardExtensions"])
    #expect(diagnostics.products == ["Logging"])
    #expect(Self.manifest.target("EventLoop")?.floor == 1)
    #expect(Self.manifest.target("DomainTests")?.floor == nil)
    #expect(FloorRules.checkManifest(Self.manifest).isEmpty)
  }

  @Test(
    "a dependency that is not on a lower floor is found",
    arguments: [
      #".target(name: "Domain", dependencies: ["EventLoop"]),"#,
      #".target(name: "Domain", dependencies: ["Ghost"]),"#,
    ]
  )
  func findsUpwardDependency(target: String) {
    let text = """
          // MARK: Floor 1: one
          \(target)
          .target(name: "EventLoop"),
      """
    #expect(FloorRules.checkManifest(Manifest(text)).count == 1)
  }

  @Test("a target without a floor is found")
  func findsFloorlessTarget() {
    #expect(FloorRules.checkManifest(Manifest("    .target(name: \"Loose\"),")).count == 1)
  }

  @Test(
    "an import that is not declared is found, in any spelling",
    arguments: [
      "import EventLoop", "package import EventLoop", "internal import struct EventLoop.Timer",
      "@preconcurrency import EventLoop", "import GRDB", "#if DEBUG\nimport EventLoop\n#endif",
    ]
  )
  func findsUndeclaredImport(text: String) {
    let file = SourceFile(path: "Sources/Domain/A.swift", text: text)
    #expect(FloorRules.checkImports(file, manifest: Self.manifest).count == 1)
  }

  @Test(
    "declared imports, the toolchain's modules and words in strings and comments pass",
    arguments: [
      "import StandardExtensions", "import Synchronization", "// import EventLoop", "let a = \"import EventLoop\"",
    ]
  )
  func passesDeclaredImport(text: String) {
    let file = SourceFile(path: "Sources/Domain/A.swift", text: text)
    #expect(FloorRules.checkImports(file, manifest: Self.manifest).isEmpty)
  }

  @Test("a dependency that nobody imports is found")
  func findsUnusedDependency() {
    let empty = SourceFile(path: "Sources/EventLoop/A.swift", text: "")
    let importing = SourceFile(path: "Sources/EventLoop/B.swift", text: "import CLibUV")
    #expect(FloorRules.checkUse(Self.manifest, files: [empty]).count == 1)
    #expect(FloorRules.checkUse(Self.manifest, files: [empty, importing]).isEmpty)
  }

  @Test("a file in the folder of no target is found")
  func findsStrayFolder() {
    let file = SourceFile(path: "Sources/Ghost/A.swift", text: "")
    #expect(FloorRules.checkImports(file, manifest: Self.manifest).count == 1)
    let files = ["Sources/Ghost/A.swift"] + Self.manifest.targets.map { "Sources/\($0.name)/B.swift" }.dropLast()
    #expect(ManifestRules.checkFolders(manifest: Self.manifest, files: files).count == 1)
    #expect(ManifestRules.checkFolders(manifest: Self.manifest, files: Array(files.dropFirst())).isEmpty)
  }

  @Test("a second door to C, or a C type let into signatures, is found")
  func findsDoor() {
    let other = SourceFile(path: "Sources/Jobs/A.swift", text: "import CLibGit2")
    let signature = SourceFile(path: "Sources/EventLoop/A.swift", text: "package import CLibUV")
    let plain = SourceFile(path: "Sources/EventLoop/A.swift", text: "import CLibUV")
    #expect(FloorRules.checkDoors(other).count == 1)
    #expect(FloorRules.checkDoors(signature).count == 1)
    #expect(FloorRules.checkDoors(plain).isEmpty)
  }

  @Test("Foundation on the hot path is found", arguments: ["Foundation", "FoundationEssentials", "Dispatch"])
  func findsFoundation(module: String) {
    let banned = SourceFile(path: "Sources/JSONRPC/A.swift", text: "import \(module)")
    let allowed = SourceFile(path: "Sources/BatonCLI/A.swift", text: "import \(module)")
    #expect(FloorRules.checkFoundation(banned).count == 1)
    #expect(FloorRules.checkFoundation(allowed).isEmpty)
  }

  @Test("a second place that converts between wire and domain is found")
  func findsConversion() {
    let text = "import BatonProtocol\npackage import Domain"
    #expect(FloorRules.checkConversion(SourceFile(path: "Sources/BatonCLI/A.swift", text: text)).count == 1)
    #expect(FloorRules.checkConversion(SourceFile(path: "Sources/Server/A.swift", text: text)).isEmpty)
    #expect(FloorRules.checkConversion(SourceFile(path: "Sources/BatonCLI/A.swift", text: "import Domain")).isEmpty)
  }

  @Test("a manifest that loses a setting, or sets one aside, is found")
  func findsLaxManifest() {
    let strict =
      (ManifestRules.requiredSettings + [ManifestRules.loop, ManifestRules.assignment, "swiftLanguageModes: [.v6]"])
      .joined(separator: "\n")
    #expect(ManifestRules.check(strict).isEmpty)
    #expect(ManifestRules.check(strict.replacing(".treatAllWarnings(as: .error)", with: "")).count == 1)
    #expect(ManifestRules.check(strict.replacing(ManifestRules.assignment, with: "")).count == 1)
    #expect(ManifestRules.check(strict + "\n swiftSettings: [.unsafeFlags([\"-Onone\"])]").count == 1)
    #expect(ManifestRules.check(strict + "\n linkerSettings: [.unsafeFlags([\"-static-executable\"])]").isEmpty)
    #expect(ManifestRules.check(strict + "\n    .plugin(name: \"Generate\"),").count == 1)
  }

  @Test("a file over the limit is found")
  func findsLongFile() {
    func file(lines: Int) -> SourceFile {
      SourceFile(path: "Sources/Domain/A.swift", text: String(repeating: "//\n", count: lines))
    }
    #expect(SizeRules.checkFile(file(lines: SizeRules.linesOfFileMax)).isEmpty)
    #expect(SizeRules.checkFile(file(lines: SizeRules.linesOfFileMax + 1)).count == 1)
  }

  @Test(
    "a function over the limit is found in Swift, C and Python",
    arguments: [
      ("A.swift", "struct A {\n  func long<T>(\n    a: T\n  ) throws(E) -> T where T: P {\n", "    a()\n", "  }\n}\n"),
      ("A.swift", "struct A {\n  init(a: () -> Void = {}) {\n", "    if b { \"}\".c(\"\\(d(\"{\"))\") }\n", "  }\n}\n"),
      ("a.c", "static int run(int a) {\n", "  if (a == '}') { b(\"{\"); }\n", "}\n"),
      ("a.py", "class A:\n    def run(\n        self,\n    ):\n", "        pass\n", "\n\nx = 1\n"),
    ]
  )
  func findsLongFunction(name: String, head: String, line: String, tail: String) throws {
    func findings(of lines: Int) -> [Finding] {
      let text = head + String(repeating: line, count: lines) + tail
      return SizeRules.checkFunctions(SourceFile(path: "Sources/Domain/\(name)", text: text))
    }
    #expect(findings(of: 5).isEmpty)
    #expect(findings(of: SizeRules.linesOfFunctionMax + 1).count == 1)
  }

  @Test("functions are measured from keyword to brace, and protocol requirements have no body")
  func measuresFunctions() {
    let text = """
      protocol P {
        func required() -> Int
        init(a: Int)
      }
      struct S {
        func outer() {
          func inner() {}
          self.init()
        }
        let pattern = /"{/
        var text = #"{"#
        func last() -> [Int] {
          []
        }
      }
      """
    let found = SizeRules.functions(of: SourceFile(path: "A.swift", text: text))
    #expect(found.map(\.name) == ["func outer", "func inner", "func last"])
    #expect(found.map(\.lines) == [4, 1, 3])
    #expect(found.map(\.line) == [6, 7, 12])
  }

  @Test(
    "a banned call is found",
    arguments: [
      "let a = try! b()", "print(a)", "  print(\"x\")", "Task.detached { }", "let q = DispatchQueue.main",
      "let p = Foundation.Process.run()", "let p = Process()", "@testable import Domain",
      "public struct A {}", "public static func a() {}", "chdir(\"/\")", "setenv(a, b, 1)",
    ]
  )
  func findsBannedCall(text: String) {
    #expect(CallRules.check(SourceFile(path: "Sources/Jobs/A.swift", text: text)).count == 1)
  }

  @Test(
    "sleeping in a test is found",
    arguments: ["try await Task.sleep(for: .seconds(1))", "Thread.sleep(forTimeInterval: 1)", "usleep(10)", "sleep(1)"]
  )
  func findsSleep(text: String) {
    #expect(CallRules.check(SourceFile(path: "Tests/JobsTests/A.swift", text: text)).count == 1)
    #expect(CallRules.check(SourceFile(path: "Sources/Jobs/A.swift", text: text)).isEmpty)
  }

  @Test("work that never ends, and the shared helpers' polling, may sleep")
  func allowsSleep() {
    let endless = SourceFile(path: "Tests/JobsTests/A.swift", text: "try await Task.sleep(for: .seconds(3_600))")
    let polling = SourceFile(path: "Tests/TestSupport/A.swift", text: "try await Task.sleep(for: interval)")
    #expect(CallRules.check(endless).isEmpty)
    #expect(CallRules.check(polling).isEmpty)
  }

  @Test(
    "what only looks like a banned call passes",
    arguments: [
      "debugPrint(a)", "stream.print(a)", "// try! is banned", "let a = \"DispatchQueue\"", "let publicKey = 1",
      "ChildProcess()", "posix_spawn_file_actions_addchdir_np(a, b)", "let a = \"\"\"\nprint(a)\n\"\"\"",
      "/* print(a) */",
    ]
  )
  func passesLookalike(text: String) {
    #expect(CallRules.check(SourceFile(path: "Sources/Jobs/A.swift", text: text)).isEmpty)
  }

  @Test("code inside a string's interpolation is code")
  func seesInterpolation() {
    let file = SourceFile(path: "Sources/Jobs/A.swift", text: #"let a = "x \(try! b("y")) print(z)""#)
    #expect(CallRules.check(file).map(\.message).count == 1)
  }

  @Test("print is the command line's to use")
  func allowsPrintInCommandLine() {
    #expect(CallRules.check(SourceFile(path: "Sources/BatonCLI/A.swift", text: "print(a)")).isEmpty)
  }

  @Test("a dropped error without a reason is found, one with its reason passes")
  func findsSilentTry() {
    func findings(_ text: String) -> [Finding] {
      CallRules.checkSilentTry(SourceFile(path: "Sources/Jobs/A.swift", text: text))
    }
    #expect(findings("let a = 1\nlet b = try? c()").map(\.line) == [2])
    #expect(findings("// An unrelated word.\nlet b = try? c()").count == 1)
    #expect(findings("// Silent: the file may be gone already.\nlet b = try? c()").isEmpty)
    #expect(findings("let b = try? c()  // Silent: closed already.").isEmpty)
    #expect(findings("// Silent: of another line.\nlet a = 1\nlet b = try? c()").count == 1)
  }

  @Test("an end of the process without a reason is found, one with its reason right above passes")
  func findsFatalError() {
    func findings(_ text: String) -> [Finding] {
      CallRules.checkFatal(SourceFile(path: "Sources/Jobs/A.swift", text: text))
    }
    #expect(findings("  fatalError(\"x\")").count == 1)
    #expect(findings("  fatalError(\"x\")\n  // Below is too late.").count == 1)
    #expect(findings("  // Nothing else can be done.\n  fatalError(\"x\")").isEmpty)
  }

  @Test("an unchecked claim without a reason is found, one with its reason passes")
  func findsUnsafe() {
    func findings(_ text: String) -> [Finding] {
      CallRules.checkSafety(SourceFile(path: "Sources/Jobs/A.swift", text: text))
    }
    #expect(findings("final class A: @unchecked Sendable {\n}").count == 1)
    #expect(findings("nonisolated(unsafe) var a = 1").count == 1)
    #expect(findings("final class A: @unchecked Sendable {\n  // Safety: only one thread.\n}").isEmpty)
    #expect(findings("/// Doc.\n// Safety: set once.\n@usableFromInline\nnonisolated(unsafe) var a = 1").isEmpty)
    #expect(findings("// Safety: of another.\nlet b = 1\nnonisolated(unsafe) var a = 1").count == 1)
  }

  @Test("work left for later is found in comments only")
  func findsMarkers() {
    let marker = "TO" + "DO"
    #expect(CallRules.checkMarkers(SourceFile(path: "A.swift", text: "// \(marker): later")).count == 1)
    #expect(CallRules.checkMarkers(SourceFile(path: "a.c", text: "/* \(marker) */")).count == 1)
    #expect(CallRules.checkMarkers(SourceFile(path: "A.swift", text: "let a = \"\(marker)\"")).isEmpty)
  }

  @Test("machine paths and secrets are found")
  func findsLeaks() {
    func findings(_ text: String) -> [Finding] { LeakRules.check(SourceFile(path: "README.md", text: text)) }
    for path in LeakRules.machinePaths { #expect(findings("see \(path)x").count == 1) }
    #expect(findings("key: sk-" + "proj0a1b2c3d4e5f6a7b8c9d0e1f2").count == 1)
    #expect(findings("-----BEGIN " + "OPENSSH PRIVATE KEY-----").count == 1)
    #expect(findings("framework/main sk-short ghp_EXAMPLE00000000000000000000000").isEmpty)
  }
}
