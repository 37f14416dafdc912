import Glibc
import StandardExtensions

/// A standard stream of the process: whether a person reads it, how wide it is, and writing to it without breaking on a
/// closed pipe.
struct Terminal: Sendable {
  /// The process's standard output.
  static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
  /// The process's standard error.
  static let standardError = Terminal(descriptor: STDERR_FILENO)

  private let descriptor: Int32
  /// Whether a person reads it.
  let isInteractive: Bool
  /// Whether colours may be used: a terminal, and neither `NO_COLOR` nor `TERM=dumb`.
  let hasColors: Bool

  init(descriptor: Int32) {
    self.descriptor = descriptor
    isInteractive = isatty(descriptor) == 1
    let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    hasColors = isInteractive && getenv("NO_COLOR") == nil && !isDumb
  }

  /// Columns; 80 where nobody says.
  var columns: Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes `text` and a line end.
  func line(_ text: String) {
    write(Array(text.utf8) + [UInt8(ascii: "\n")])
  }

  /// Writes all of `bytes`; a reader that went away ends the writing quietly.
  func write(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
        if count > 0 {
          offset += count
        } else if errno == EAGAIN {
          var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = Glibc.poll(&poll, 1, 1_000)
        } else if errno != EINTR {
          return
        }
      }
    }
  }

  /// The colours Baton uses.
  enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
  }

  /// `text` in a style where this stream has colours.
  func styled(_ text: String, _ style: Style) -> String {
    hasColors ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
  }

  /// Untrusted text with control, escape and direction-changing characters made visible: a test's name or output must
  /// not be able to drive the terminal.
  static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      if isUnsafe(scalar) {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0a, 0x09: false
    case ..<0x20, 0x7f..<0xa0: true
    case 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
