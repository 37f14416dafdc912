import ArgumentParser
import EventLoop
import Glibc
import Jobs
import Server

/// `baton serve`
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run the daemon that editors and other programs talk to.",
    discussion: """
      Speaks the protocol of Protocol/README.md over standard input and output, a Unix socket (for this user only), or \
      TCP (for who has the token). Several at once serve the same jobs. SIGTERM ends it in good order.
      """
  )

  @Flag(name: .long, help: "Serve standard input and output; ends when the input ends.")
  var stdio = false

  @Option(name: .long, help: "Serve a Unix socket at this path.")
  var socket: String?

  @Option(name: .long, help: "Serve TCP at HOST:PORT; port 0 takes any free one.")
  var tcp: String?

  @Option(name: .long, help: "The file that holds the token for TCP (mode 0600). Without it: one in the state folder.")
  var tokenFile: String?

  @Flag(name: .long, help: "Let --tcp listen where other machines can reach it.")
  var allowRemote = false

  func validate() throws {
    guard stdio || socket != nil || tcp != nil else {
      throw ValidationError("say where to serve: --stdio, --socket PATH or --tcp HOST:PORT")
    }
    if let tcp {
      let address = try Self.address(tcp)
      guard allowRemote || Self.isLoopback(address.host) else {
        throw ValidationError("--tcp \(tcp) can be reached from other machines; add --allow-remote if you mean it")
      }
    }
  }

  func run() async throws {
    try await withJobService { service, loop in
      let server = Server(jobs: service, loop: loop)
      let listeners = try await listen(on: loop)
      try await withInterrupts(on: loop) {
        await server.stop()
      } during: {
        try await withThrowingDiscardingTaskGroup { group in
          for (listener, configuration) in listeners {
            group.addTask { await server.serve(listener, configuration) }
          }
          guard stdio else { return }
          let stream = try await ByteStream.standardInputOutput(on: loop)
          await server.serve(stream, SessionConfiguration(serverVersion: BatonVersion.string))
          // With nobody at the other end of the pipe there is no reason to go on, unless sockets are served too.
          if listeners.isEmpty { await server.stop() }
        }
      }
    }
  }

  private func listen(on loop: EventLoop) async throws -> [(Listener, SessionConfiguration)] {
    var result: [(Listener, SessionConfiguration)] = []
    do throws(UVError) {
      if let socket {
        let path = Self.absolute(socket)
        mkdir(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), 0o700)
        let listener = try await Listener.listen(at: .unix(path: path), on: loop)
        result.append((listener, SessionConfiguration(serverVersion: BatonVersion.string)))
      }
      if let tcp, let (host, port) = Self.parts(tcp) {
        let listener = try await Listener.listen(at: .tcp(host: host, port: port), on: loop)
        let token: [UInt8]
        do { token = try TokenFile.read(tokenFile) } catch {
          await listener.close()
          throw UVError(.invalidArgument, error.message)
        }
        var configuration = SessionConfiguration(serverVersion: BatonVersion.string, authorization: .token(token))
        configuration.handshakeSecondsMax = 10
        result.append((listener, configuration))
      }
    } catch {
      for (listener, _) in result { await listener.close() }
      throw CommandFailure(.usage, error.message)
    }
    for (listener, _) in result { Terminal.standardError.line("baton: serving \(listener.address)") }
    return result
  }

  private static func address(_ text: String) throws -> (host: String, port: Int) {
    guard let parts = parts(text) else {
      throw ValidationError("--tcp takes HOST:PORT, such as 127.0.0.1:7420, not '\(text)'")
    }
    return parts
  }

  /// Host and port of `HOST:PORT` or `[HOST]:PORT`.
  private static func parts(_ text: String) -> (host: String, port: Int)? {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65_535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return host.isEmpty ? nil : (String(host), port)
  }

  private static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1" || host.hasPrefix("127.") && host.split(separator: ".").count == 4
  }

  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }
}
