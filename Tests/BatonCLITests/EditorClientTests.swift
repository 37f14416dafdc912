import Foundation
import TestSupport
import Testing

@Suite("Clients", .timeLimit(.minutes(5)))
struct EditorClientTests {
  /// The repository's root.
  private var root: String {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
  }

  @Test("the Python client repairs a folder through the daemon, prints the patch and applies it")
  func python() async throws {
    try await withBaton { baton, folder in
      try await ExampleRepository.wrongComparison.writeAsGitRepository(to: folder)
      let output = try await runCommand(
        [
          "python3", root + "/EditorClients/python/baton_client.py", folder, "--apply", "--baton",
          productsDirectory() + "/baton",
        ],
        environment: testEnvironment(["BATON_STATE_DIR": baton.stateDirectory])
      )
      #expect(output.status == 0, "\(output.errorText)")
      #expect(output.text.hasPrefix("diff --git a/people/age.py"))
      #expect(output.errorText.contains("fixed: "))
      let text = try String(contentsOfFile: folder + "/people/age.py", encoding: .utf8)
      #expect(!text.contains("age > ADULT"))
    }
  }

  @Test("the Python client tells the daemon's error answers apart from results")
  func pythonError() async throws {
    try await withBaton { baton, folder in
      let output = try await runCommand(
        [
          "python3", root + "/EditorClients/python/baton_client.py", folder + "/gone", "--baton",
          productsDirectory() + "/baton",
        ],
        environment: testEnvironment(["BATON_STATE_DIR": baton.stateDirectory])
      )
      #expect(output.status == 1)
      #expect(output.errorText.contains("gone"))
    }
  }
}
