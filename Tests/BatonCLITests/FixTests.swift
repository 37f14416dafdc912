import Foundation
import TestSupport
import Testing

@Suite("baton fix", .timeLimit(.minutes(5)))
struct FixTests {
  @Test("a fault is repaired, with evidence, and the folder stays byte-identical")
  func repairs() async throws {
    try await withBaton { baton, root in
      try await ExampleRepository.wrongComparison.writeAsGitRepository(to: root)
      let before = try Fingerprint(of: root)
      let output = try await baton("fix", root, "--json")
      #expect(output.status == 0, "\(output.errorText)")
      let document = try Document(output)
      #expect(document.outcome == "fixed")
      #expect(document.tests.before?.failed == ["tests/test_people.py::test_eighteen"])
      #expect(document.tests.after?.failed == [])
      #expect(document.tests.after?.passed.count == 4)
      #expect(document.sandbox.tier == "A")
      #expect(document.workflows.first?.modelIDs == [0])
      #expect(document.ledger.total.workerCalls == 1)
      #expect(try Fingerprint(of: root).differences(from: before) == [])

      let patch = root + "/../fix.patch"
      try Data((document.patch ?? "").utf8).write(to: URL(filePath: patch))
      let applied = try await runCommand(["git", "apply", patch], in: root)
      #expect(applied.status == 0, "\(applied.errorText)")
      let plain = try await runCommand(["python3", "-m", "pytest", "-q", "-p", "no:cacheprovider"], in: root)
      #expect(plain.status == 0, "\(plain.text)")
    }
  }

  @Test("a folder that is no git repository, with unittest, is repaired in place and put back by undo")
  func nonGitApplyUndo() async throws {
    try await withBaton { baton, root in
      try ExampleRepository.unittestOnly.write(to: root)
      let before = try Fingerprint(of: root, withTimes: false)
      let output = try await baton("fix", "--json", "--apply", "--test", "python3 -m unittest -q", in: root)
      #expect(output.status == 0, "\(output.errorText)")
      let document = try Document(output)
      #expect(try Fingerprint(of: root, withTimes: false).differences(from: before) == ["limits.py"])
      let plain = try await runCommand(
        ["python3", "-m", "unittest", "-q"],
        in: root,
        environment: testEnvironment(["PYTHONDONTWRITEBYTECODE": "1"])
      )
      #expect(plain.status == 0, "\(plain.errorText)")
      let undo = try await baton("undo", document.job)
      #expect(undo.status == 0, "\(undo.errorText)")
      #expect(try Fingerprint(of: root, withTimes: false).differences(from: before) == [])
    }
  }

  @Test("a user's edit made before apply survives it; an edit of the same line is a conflict and nothing is written")
  func userEdits() async throws {
    try await withBaton { baton, root in
      try await ExampleRepository.wrongComparison.writeAsGitRepository(to: root)
      let job = try Document(try await baton("fix", root, "--json")).job
      let file = URL(filePath: root + "/people/age.py")
      let original = try String(contentsOf: file, encoding: .utf8)
      try Data(original.replacing("age > ADULT", with: "ADULT < age").utf8).write(to: file)
      let conflict = try await baton("apply", job)
      #expect(conflict.status == 1)
      #expect(conflict.errorText.contains("people/age.py"))
      #expect(try String(contentsOf: file, encoding: .utf8).contains("ADULT < age"))

      try Data((original + "\n\ndef mine():\n    return 1\n").utf8).write(to: file)
      let applied = try await baton("apply", job)
      #expect(applied.status == 0, "\(applied.errorText)")
      let merged = try String(contentsOf: file, encoding: .utf8)
      #expect(merged.contains("def mine()"))
      #expect(!merged.contains("age > ADULT"))
    }
  }

  @Test("a healthy suite is nothing to fix: exit code 3")
  func nothingToFix() async throws {
    try await withBaton { baton, root in
      try await ExampleRepository.healthy.writeAsGitRepository(to: root)
      let output = try await baton("fix", root, "--json")
      #expect(output.status == 3)
      #expect(try Document(output).outcome == "nothingToFix")
      #expect(try Document(output).patch == nil)
    }
  }

  @Test("what cannot be fixed ends with exit code 1 and the places likely at fault")
  func notFixed() async throws {
    try await withBaton { baton, root in
      try await ExampleRepository.hopeless.writeAsGitRepository(to: root)
      let output = try await baton("fix", root, "--json", "--max-seconds", "60")
      #expect(output.status == 1, "\(output.errorText)")
      let document = try Document(output)
      #expect(document.outcome == "notFixed")
      #expect(document.patch == nil)
      #expect(document.suspects.contains { $0.location.path == "store.py" })
    }
  }

  @Test("a folder in shared memory, and one with odd characters in its name, are no different")
  func oddPlaces() async throws {
    try await withBaton { baton, root in
      let shared = "/dev/shm/baton-\(UInt32.random(in: .min ... .max))"
      defer { orRecord { try FileManager.default.removeItem(atPath: shared) } }
      for folder in [shared, root + "/we ird,na:me=x"] {
        try ExampleRepository.unittestOnly.write(to: folder)
        let output = try await baton("fix", folder, "--quiet")
        #expect(output.status == 0, "\(folder): \(output.text)\(output.errorText)")
      }
    }
  }

  @Test("the report for people names the tests, the team, the cost and the next command")
  func report() async throws {
    try await withBaton { baton, root in
      try await ExampleRepository.wrongComparison.writeAsGitRepository(to: root)
      let patch = root + "/../out.patch"
      let output = try await baton("fix", root, "--patch", patch)
      #expect(output.status == 0, "\(output.errorText)")
      for phrase in ["fixed:", "failed → passed", "test_eighteen", "one coder", "sandbox tier A", "baton apply"] {
        #expect(output.text.contains(phrase), "missing: \(phrase)")
      }
      #expect(try String(contentsOfFile: patch, encoding: .utf8).hasPrefix("diff --git"))
    }
  }
}

/// Runs a clean-up; its failure is a test's issue.
private func orRecord(_ body: () throws -> Void) {
  do { try body() } catch { Issue.record(error) }
}
