import Jobs
import StandardExtensions

/// Shows what a job does: one line that is rewritten on a terminal, plain lines elsewhere. Always on standard error, so
/// that standard output holds the result only.
struct ProgressPrinter {
  private let terminal = Terminal.standardError
  private let started = ContinuousClock.now
  private let isQuiet: Bool
  private var lastWasTransient = false

  init(isQuiet: Bool) {
    self.isQuiet = isQuiet
  }

  mutating func show(_ update: JobUpdate) {
    guard !isQuiet, case .progress(let text) = update.event else { return }
    let seconds = Int((ContinuousClock.now - started).seconds)
    let line = Terminal.printable(text.split(separator: "\n").first.map(String.init) ?? "")
    if terminal.isInteractive {
      let room = max(10, terminal.columns - 8)
      let shown = line.count > room ? line.prefix(room - 1) + "…" : line[...]
      terminal.write(Array("\r\u{1b}[K\(terminal.styled("\(seconds)s", .dim)) \(shown)".utf8))
      lastWasTransient = true
    } else {
      terminal.line("[\(seconds)s] \(line)")
    }
  }

  /// Removes the rewritten line, before the report.
  mutating func end() {
    if lastWasTransient { terminal.write(Array("\r\u{1b}[K".utf8)) }
    lastWasTransient = false
  }
}
