import ArgumentParser
import Domain
import EventLoop
import Glibc
import Jobs
import Sandbox

/// `baton doctor`
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check what this machine offers, and say what is missing and how to get it."
  )

  func run() async throws {
    let output = Terminal.standardOutput
    var status = ExitStatus.success
    let loop = try EventLoop.start(name: "doctor")
    do throws(SandboxError) {
      let sandbox = try await Sandbox.probe(loop: loop)
      output.line("\(output.styled("ok", .green))       sandbox tier \(sandbox.tier.rawValue)")
      for finding in sandbox.findings {
        let remedy = finding.remedy.map { " (\($0))" } ?? ""
        output.line("         " + Terminal.printable(finding.summary + remedy))
      }
    } catch {
      status = .sandboxRefused
      output.line("\(output.styled("missing", .red))  sandbox: \(Terminal.printable("\(error)"))")
    }
    await loop.stop()
    do throws(JobError) {
      let state = try StateDirectory(environment: environment())
      _ = try Journal(path: state.journal)
      output.line("\(output.styled("ok", .green))       state directory \(Terminal.printable(state.path))")
    } catch {
      if status == .success { status = .failed }
      output.line("\(output.styled("missing", .red))  journal: \(Terminal.printable(error.message))")
    }
    for (tool, purpose) in [
      ("python3", "repairs Python with the embedded default"), ("git", "useful beside Baton, not needed by it"),
    ] {
      let found = Self.find(tool)
      let mark = found == nil ? output.styled("absent", .yellow) + "  " : output.styled("ok", .green) + "      "
      output.line("\(mark) \(tool)\(found.map { " at " + $0 } ?? ""): \(purpose)")
    }
    if status != .success { throw CommandFailure(status) }
  }

  private static func find(_ tool: String) -> String? {
    let folders = environment()["PATH"]?.split(separator: ":").map(String.init) ?? []
    return folders.map { $0 + "/" + tool }.first { access($0, X_OK) == 0 }
  }
}
