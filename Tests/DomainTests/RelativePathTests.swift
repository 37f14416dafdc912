import Domain
import Testing

@Suite("Relative paths", .timeLimit(.minutes(1)))
struct RelativePathTests {
  @Test(
    "a path that could leave the workspace or reach into .git is refused, with the reason",
    arguments: [
      ("", "is empty"),
      ("/etc/passwd", "is absolute"),
      ("a/../../b", "has an empty, '.' or '..' part"),
      ("./a", "has an empty, '.' or '..' part"),
      ("a//b", "has an empty, '.' or '..' part"),
      ("a/", "has an empty, '.' or '..' part"),
      (".git/config", "reaches into .git"),
      ("sub/.GIT/hooks/pre-commit", "reaches into .git"),
      ("a\0b", "contains a NUL byte"),
      (String(repeating: "x", count: 2_049), "is too long"),
    ]
  )
  func refused(_ path: String, _ reason: String) {
    #expect(throws: PathError(path: path, reason: reason)) { try RelativePath(path) }
  }

  @Test("ordinary and odd but harmless paths are taken", arguments: ["a", "a/b c/d.py", ".gitignore", "ü/日本", "a/..b"])
  func taken(_ path: String) throws {
    #expect(try RelativePath(path).string == path)
  }

  @Test("name and folders are the parts of the path")
  func parts() throws {
    let path = try RelativePath("a/b/c.py")
    #expect(path.name == "c.py")
    #expect(path.folders == ["a", "b"])
    #expect(try RelativePath("x").folders.isEmpty)
  }
}

@Suite("Tree names", .timeLimit(.minutes(1)))
struct TreeIDTests {
  @Test("only 40 hexadecimal digits are a tree's name", arguments: ["", "abc", String(repeating: "g", count: 40)])
  func refused(_ text: String) {
    #expect(TreeID(hex: text) == nil)
  }

  @Test("digits are kept in lower case")
  func lowerCase() {
    #expect(TreeID(hex: String(repeating: "A", count: 40))?.hex == String(repeating: "a", count: 40))
  }
}
