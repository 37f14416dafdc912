import ArgumentParser
import Diagnostics
import Logging

/// The entry of the command line as a library, callable from tests.
package enum BatonMain {
  /// Runs one command. Call once a process: it sets up logging, to standard error.
  ///
  /// - Parameter arguments: the words after the program's name.
  /// - Returns: the process's exit code; see ``ExitStatus``.
  package static func run(_ arguments: [String]) async -> Int32 {
    Log.bootstrap(level: environment()["BATON_LOG"].flatMap { Logger.Level(rawValue: $0) } ?? .error)
    do {
      var command = try BatonCommand.parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      return ExitStatus.success.rawValue
    } catch let failure as CommandFailure {
      if !failure.message.isEmpty { Terminal.standardError.line("baton: \(failure.message)") }
      return failure.status.rawValue
    } catch {
      let text = BatonCommand.fullMessage(for: error)
      guard BatonCommand.exitCode(for: error) != .success else {
        Terminal.standardOutput.line(text)
        return ExitStatus.success.rawValue
      }
      Terminal.standardError.line(text)
      return ExitStatus.usage.rawValue
    }
  }
}

/// `baton`
struct BatonCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baton",
    abstract: "Repairs code, and shows the tests that prove it.",
    discussion: "A patch arrives with executed evidence, or with the reason why not.",
    version: BatonVersion.string,
    subcommands: [
      FixCommand.self, ServeCommand.self, JobsCommand.self, ApplyCommand.self, UndoCommand.self, DoctorCommand.self,
    ]
  )
}

/// The program's version.
package enum BatonVersion {
  /// Semantic version.
  package static let string = "0.1.0"
}
