/// How messages are told apart in a stream of bytes.
package enum Framing: Sendable, Equatable {
  /// `Content-Length: N`, an empty line, N bytes: the base protocol of LSP.
  case headers
  /// One message a line, as ACP and MCP do.
  case lines

  /// Appends one message in this framing.
  package func append(_ message: some Collection<UInt8>, to output: inout [UInt8]) {
    switch self {
    case .headers:
      output.append(contentsOf: "Content-Length: ".utf8)
      var writer = JSONWriter()
      writer.append(Int64(message.count))
      output.append(contentsOf: writer.bytes)
      output.append(contentsOf: [13, 10, 13, 10])
      output.append(contentsOf: message)
    case .lines:
      output.append(contentsOf: message)
      output.append(10)
    }
  }
}
