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
      append("Content-Length: ", to: &output)
      JSONWriter.append(Int64(message.count), to: &output)
      append("\r\n\r\n", to: &output)
      output.append(contentsOf: message)
    case .lines:
      output.append(contentsOf: message)
      output.append(10)
    }
  }

  private func append(_ text: StaticString, to output: inout [UInt8]) {
    output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
