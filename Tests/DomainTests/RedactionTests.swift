import Diagnostics
import Testing

@Suite("Redaction", .timeLimit(.minutes(1)))
struct RedactionTests {
  @Test(
    "what looks like a secret does not leave the process",
    arguments: [
      ("key sk-abcdefghijklmnop used", "key [redacted] used"),
      ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
      ("Bearer hunter2hunter2", "Bearer [redacted]"),
      ("OPENAI_API_KEY=abcdefgh", "[redacted]"),
      ("run --token t0k3n now", "run --token [redacted] now"),
      ("nothing to hide: 3 tests", "nothing to hide: 3 tests"),
    ]
  )
  func secrets(_ text: String, _ clean: String) {
    #expect(Redaction.clean(text) == clean)
  }

  @Test("control characters are shown, not sent")
  func controls() {
    #expect(Redaction.clean("a\u{1b}[31mred\u{7f}") == "a\\x1b[31mred\\x7f")
  }

  @Test("a huge message is cut")
  func huge() {
    #expect(Redaction.clean(String(repeating: "x", count: 100_000)).count < Redaction.charactersMax + 100)
  }
}
