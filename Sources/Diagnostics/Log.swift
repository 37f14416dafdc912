package import Logging

/// Loggers of the daemon, one label a module, with every message passed through ``Redaction``.
package enum Log {
  /// A logger for one module.
  ///
  /// - Parameter module: the module's name, the logger's label.
  package static func logger(_ module: String) -> Logger {
    Logger(label: "baton.\(module)")
  }

  /// Sends every log line of the process to `standard error`, redacted. Call once, from a main.
  ///
  /// - Parameter level: the least severe level that is shown.
  package static func bootstrap(level: Logger.Level) {
    LoggingSystem.bootstrap { label in
      var handler = RedactingHandler(StreamLogHandler.standardError(label: label))
      handler.logLevel = level
      return handler
    }
  }
}

/// Runs `body`; a thrown error is logged with what was being done, and nil is returned. For work whose failure must
/// not end the caller: the alternative to a silent `try?`.
package func orLog<Result>(_ doing: String, _ logger: Logger, _ body: () throws -> Result) -> Result? {
  do { return try body() } catch {
    logger.error("\(doing): \(error)")
    return nil
  }
}

/// The asynchronous form of ``orLog(_:_:_:)``.
package func orLog<Result>(_ doing: String, _ logger: Logger, _ body: () async throws -> Result) async -> Result? {
  do { return try await body() } catch {
    logger.error("\(doing): \(error)")
    return nil
  }
}

/// Checks something that only a fault of ours can break, never a user's input: traps in debug builds, logs a fault in
/// release builds. Returns whether the condition held, so the caller can recover.
@discardableResult
package func invariant(
  _ condition: @autoclosure () -> Bool,
  _ message: @autoclosure () -> String,
  file: StaticString = #fileID,
  line: UInt = #line
) -> Bool {
  guard !condition() else { return true }
  assertionFailure("\(message()) at \(file):\(line)")
  Log.logger("invariant").critical("fault at \(file):\(line): \(message())")
  return false
}
