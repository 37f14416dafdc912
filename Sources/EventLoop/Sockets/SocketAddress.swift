import CLibUV

/// Where a stream socket listens, or is connected to.
package enum SocketAddress: Sendable, Equatable, CustomStringConvertible {
  /// A Unix socket, by its absolute path of at most ``unixPathBytesMax`` bytes.
  case unix(path: String)
  /// A host, by name or number, and a port; port 0 lets the system choose one.
  case tcp(host: String, port: Int)

  /// Longest path of a Unix socket in bytes, which the system's address structure gives.
  package static let unixPathBytesMax = Int(baton_unix_path_bytes_max)

  package var description: String {
    switch self {
    case .unix(let path): path
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
  }

  /// The address in the system's form, to bind or connect a socket to.
  static func unixAddress(_ path: String) throws(UVError) -> baton_address {
    guard path.hasPrefix("/"), !path.utf8.contains(0) else {
      throw UVError(.invalidArgument, "the path of a socket must be absolute: \(path)")
    }
    var address = baton_address()
    guard baton_unix_address(path, &address) == 0 else {
      throw UVError(
        .invalidArgument,
        "the path of a socket has at most \(unixPathBytesMax) bytes, this one has \(path.utf8.count): \(path)"
      )
    }
    return address
  }
}
