import Testing

/// The rules on documents are able to fail.
@Suite("The rules on documents", .timeLimit(.minutes(1)))
struct DocumentationRuleTests {
  private let manifest = RuleTests.manifest

  private let table = """
    | floor | what | modules |
    |---|---|---|
    | 1 | loop, words | `Domain`, `EventLoop` |
    | 0 | ground | `CLibUV`, `Diagnostics`, `StandardExtensions` |
    """

  @Test("a table of floors that differs from the manifest is found, in any order of rows")
  func findsWrongFloor() {
    func findings(_ text: String) -> [Finding] {
      DocumentationRules.checkFloors(architecture: text, manifest: manifest)
    }
    #expect(findings(table).isEmpty)
    #expect(findings(table.replacing("`Domain`, ", with: "")).count == 1)
    #expect(findings(table.replacing("ground", with: "basement")).count == 1)
    #expect(findings("no table").count == 1)
  }

  @Test("a module without its section, or a section without its module, is found")
  func findsWrongModules() {
    let body = String(repeating: "A sentence about it. ", count: 5)
    let text = manifest.describedTargets.map { "### `\($0)`\n\n\(body)\n" }.joined(separator: "\n")
    func findings(_ text: String) -> [Finding] { DocumentationRules.checkModules(text, manifest: manifest) }
    #expect(findings(text).isEmpty)
    #expect(findings(text.replacing("### `Domain`", with: "### `Ghost`")).count == 2)
    #expect(findings(text + "\n### `Domain`\n\n\(body)").count == 1)
    #expect(findings(text.replacing("### `Domain`\n\n\(body)", with: "### `Domain`\n\nShort.")).count == 1)
  }

  @Test(
    "a type that others see and that says nothing is found",
    arguments: [
      "package struct A {}", "package final class A {}", "  package indirect enum A {}", "// A.\npackage actor A {}",
    ]
  )
  func findsUndocumented(text: String) {
    #expect(DocumentationRules.checkTypes(SourceFile(path: "Sources/Jobs/A.swift", text: text)).count == 1)
  }

  @Test(
    "documented and inner things pass",
    arguments: [
      "/// It.\npackage struct A {}", "/// It.\n@MainActor\npackage struct A {}", "struct A {}", "package init() {}",
      "package func a() {}",
      "package import Domain", "package let a = 1",
    ]
  )
  func passesDocumented(text: String) {
    #expect(DocumentationRules.checkTypes(SourceFile(path: "Sources/Jobs/A.swift", text: text)).isEmpty)
  }

  @Test("a decision record that is not listed, or a gap in the numbers, is found")
  func findsWrongDecisions() {
    func findings(_ index: String, _ names: String...) -> [Finding] {
      DocumentationRules.checkDecisions(index: index, files: names.map { "Documentation/Decisions/\($0)" })
    }
    let index = "- [one](0001-one.md)\n- [two](0002-two.md)"
    #expect(findings(index, "README.md", "0001-one.md", "0002-two.md").isEmpty)
    #expect(findings(index, "README.md", "0001-one.md").count == 1)
    #expect(findings(index, "0001-one.md", "0002-two.md", "0003-three.md").count == 1)
    #expect(findings("- [two](0002-two.md)", "0002-two.md").count == 1)
  }

  @Test(
    "a command that does not exist is found",
    arguments: [
      "`make nothing`", "```sh\nmake nothing\n```", "`baton nothing DIR`", "```\n.build/debug/baton nothing\n```",
    ]
  )
  func findsWrongCommand(text: String) {
    #expect(commandFindings(text).count == 1)
  }

  @Test(
    "commands that exist pass, and in prose 'make' is a verb",
    arguments: ["`make demo`", "make sure of it", "`baton fix DIR --json`", "`baton --version`", "baton is a tool"]
  )
  func passesCommand(text: String) {
    #expect(commandFindings(text).isEmpty)
  }

  private func commandFindings(_ text: String) -> [Finding] {
    let makeTargets = DocumentationRules.makeTargets(
      ".PHONY: x\nCONFIG := debug\ndemo: build\n\tmake nothing\nbuild:\n"
    )
    let source = SourceFile(path: "Sources/BatonCLI/Fix.swift", text: "CommandConfiguration(commandName: \"fix\")")
    return DocumentationRules.checkCommands(
      SourceFile(path: "README.md", text: text),
      makeTargets: makeTargets,
      subcommands: DocumentationRules.subcommands([source])
    )
  }

  @Test("the Makefile's reader sees targets, not variables")
  func readsMakefile() {
    #expect(DocumentationRules.makeTargets("A := 1\nb := 2\ntest: build\n\tx: y\nbuild:\n") == ["test", "build"])
  }

  @Test("a link or path that leads nowhere is found, relative to its document")
  func findsDeadLink() {
    func findings(_ text: String) -> [Finding] {
      let file = SourceFile(path: "Documentation/User/Install.md", text: text)
      return DocumentationRules.checkPaths(file) { ["Documentation/Architecture.md", "Sources/Domain/"].contains($0) }
    }
    #expect(findings("[a](../Architecture.md#floors) `Sources/Domain/` [web](https://example.org)").isEmpty)
    #expect(findings("[a](Architecture.md)").count == 1)
    #expect(findings("see `Sources/Ghost/`").count == 1)
  }
}
