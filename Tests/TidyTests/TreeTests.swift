import Testing

/// The repository keeps its rules. Each test gathers every place where one rule is broken.
@Suite("The source tree", .timeLimit(.minutes(1)))
struct TreeTests {
  let tree: SourceTree
  let manifest: Manifest

  init() throws {
    tree = try SourceTree.repository.get()
    manifest = Manifest(try tree.text("Package.swift"))
    // A rule over nothing proves nothing: the reader of the manifest and of the tree must have found the project.
    try #require(manifest.targets.count >= 30)
    try #require(manifest.floors.count == 9)
    try #require(tree.swift(in: "Sources", "Tests").count >= 30)
  }

  private func expectNone(_ findings: [Finding], sourceLocation: Testing.SourceLocation = #_sourceLocation) {
    let list = findings.map(\.description).joined(separator: "\n")
    #expect(findings.isEmpty, "\(list)", sourceLocation: sourceLocation)
  }

  @Test("dependencies point to lower floors")
  func manifestKeepsFloors() {
    expectNone(FloorRules.checkManifest(manifest))
  }

  @Test("imports are declared dependencies")
  func importsAreDeclared() {
    expectNone(tree.swift(in: "Sources", "Tests").flatMap { FloorRules.checkImports($0, manifest: manifest) })
  }

  @Test("declared dependencies are imported")
  func dependenciesAreUsed() {
    expectNone(FloorRules.checkUse(manifest, files: tree.swift(in: "Sources")))
  }

  @Test("each C library has one door, and its types stay behind it")
  func doorsAreKept() {
    expectNone(tree.swift(in: "Sources", "Tests").flatMap(FloorRules.checkDoors))
  }

  @Test("the hot path and the pure modules import no Foundation")
  func hotPathIsFreeOfFoundation() {
    expectNone(tree.swift(in: "Sources").flatMap(FloorRules.checkFoundation))
  }

  @Test("only the server converts between wire and domain")
  func onlyServerConverts() {
    expectNone(tree.swift(in: "Sources").flatMap(FloorRules.checkConversion))
  }

  @Test("what other modules see is documented")
  func packageTypesAreDocumented() {
    expectNone(tree.swift(in: "Sources", "Tests").flatMap(DocumentationRules.checkTypes))
  }

  @Test("the manifest sets strictness once, for every target")
  func manifestIsStrict() throws {
    expectNone(ManifestRules.check(try tree.text("Package.swift")))
    expectNone(ManifestRules.checkFolders(manifest: manifest, files: tree.files.map(\.path)))
  }

  @Test("files and functions are short enough to read")
  func sizesAreKept() {
    let code = tree.files.filter {
      ["swift", "c", "h", "py"].contains($0.fileExtension) && $0.isIn(["Sources", "Tests", "Benchmarks", "Examples"])
    }
    expectNone(code.flatMap(SizeRules.checkFile))
    expectNone(code.flatMap(SizeRules.checkFunctions))
  }

  @Test("banned calls are absent")
  func bannedCallsAreAbsent() {
    expectNone(tree.files.flatMap { CallRules.check($0) })
  }

  @Test("an error is dropped only with a reason")
  func silentTryHasReason() {
    expectNone(tree.files.flatMap(CallRules.checkSilentTry))
  }

  @Test("the process is ended only with a reason")
  func fatalErrorHasReason() {
    expectNone(tree.files.flatMap(CallRules.checkFatal))
  }

  @Test("what the compiler is told not to check has its reason beside it")
  func unsafeHasReason() {
    expectNone(tree.files.flatMap(CallRules.checkSafety))
  }

  @Test("no work is left for later")
  func noMarkers() {
    expectNone(tree.files.flatMap(CallRules.checkMarkers))
  }

  @Test("no file names one machine's paths or holds a secret")
  func nothingLeaks() {
    expectNone(tree.files.flatMap(LeakRules.check))
  }

  @Test("the table of floors is the manifest's")
  func architectureMatchesManifest() throws {
    let text = try tree.text("Documentation/Architecture.md")
    expectNone(DocumentationRules.checkFloors(architecture: text, manifest: manifest))
  }

  @Test("Modules.md describes each target and no other")
  func modulesAreDescribed() throws {
    let text = try tree.text("Documentation/Modules.md")
    expectNone(DocumentationRules.checkModules(text, manifest: manifest))
  }

  @Test("decision records are numbered without gaps and listed in their index")
  func decisionsAreListed() throws {
    let index = try tree.text("Documentation/Decisions/README.md")
    expectNone(DocumentationRules.checkDecisions(index: index, files: tree.files.map(\.path)))
  }

  @Test("commands in the documents exist")
  func commandsExist() throws {
    let makeTargets = DocumentationRules.makeTargets(try tree.text("Makefile"))
    let subcommands = DocumentationRules.subcommands(tree.swift(in: "Sources/BatonCLI"))
    try #require(makeTargets.contains("demo"))
    expectNone(
      documents.flatMap {
        DocumentationRules.checkCommands($0, makeTargets: makeTargets, subcommands: subcommands)
      }
    )
  }

  @Test("links and paths in the documents lead somewhere")
  func pathsExist() {
    expectNone(documents.flatMap { DocumentationRules.checkPaths($0, exists: tree.exists) })
  }

  private var documents: [SourceFile] { tree.files.filter { $0.fileExtension == "md" } }
}
