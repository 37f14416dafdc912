import Foundation

/// Small repositories that tests repair.
package struct ExampleRepository: Sendable {
  /// Contents by relative path.
  package var files: [String: String]

  package init(files: [String: String]) {
    self.files = files
  }

  /// Writes the files below `root`, which is created.
  package func write(to root: String) throws {
    for (name, text) in files {
      let url = URL(filePath: root).appending(path: name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
  }

  /// Writes the files and makes the folder a git repository with one commit.
  package func writeAsGitRepository(to root: String) async throws {
    try write(to: root)
    let script = """
      git init -q && git add -A && \
      git -c user.name=Test -c user.email=test@example.invalid commit -qm 'broken'
      """
    let output = try await runCommand(["/bin/sh", "-c", script], in: root)
    guard output.status == 0 else { throw ExampleError(message: output.errorText) }
  }

  /// One fault in one of two modules: `is_adult` compares with `>` where `>=` is right.
  package static let wrongComparison = ExampleRepository(files: [
    "people/__init__.py": "",
    "people/age.py": """
    ADULT = 18


    def is_adult(age):
        return age > ADULT


    def older(first, second):
        return max(first, second)

    """,
    "people/names.py": """
    def full_name(first, last):
        return first + " " + last

    """,
    "tests/test_people.py": """
    from people.age import is_adult, older
    from people.names import full_name


    def test_child():
        assert not is_adult(3)


    def test_eighteen():
        assert is_adult(18)


    def test_older():
        assert older(3, 5) == 5


    def test_name():
        assert full_name("Ada", "Lovelace") == "Ada Lovelace"

    """,
    "conftest.py": "",
  ])

  /// As ``wrongComparison``, repaired: nothing to fix.
  package static let healthy: ExampleRepository = {
    var repository = wrongComparison
    repository.files["people/age.py"] = repository.files["people/age.py"]?.replacing(
      "age > ADULT",
      with: "age >= ADULT"
    )
    return repository
  }()

  /// A test that no edit of the code can make pass.
  package static let hopeless = ExampleRepository(files: [
    "store.py": """
    def load(name):
        return name.upper()

    """,
    "test_store.py": """
    from store import load


    def test_fine():
        assert load("a") == "A"


    def test_hopeless():
        load("a")
        assert False, "cannot be"

    """,
  ])

  /// unittest only, for a folder that is no git repository.
  package static let unittestOnly = ExampleRepository(files: [
    "limits.py": """
    def clamp(value, low, high):
        if value < low:
            return high
        if value > high:
            return high
        return value

    """,
    "test_limits.py": """
    import unittest

    from limits import clamp


    class ClampTests(unittest.TestCase):
        def test_below(self):
            self.assertEqual(clamp(-5, 0, 10), 0)

        def test_above(self):
            self.assertEqual(clamp(15, 0, 10), 10)

        def test_inside(self):
            self.assertEqual(clamp(7, 0, 10), 7)


    if __name__ == "__main__":
        unittest.main()

    """,
  ])
}

/// An example could not be made.
package struct ExampleError: Error, CustomStringConvertible {
  package let message: String
  package var description: String { message }
}
