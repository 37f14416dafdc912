import Glibc

/// Whole files by path, for Baton's own state and the few files of git's that are read directly.
enum FileBytes {
  /// The absolute path without symbolic links; nil when nothing is there.
  static func canonicalPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  /// All bytes of the file at `path`.
  static func read(path: String, bytesMax: Int) throws(WorkspaceError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(.readFailed, "\(path) cannot be opened.") }
    defer { close(descriptor) }
    guard let bytes = read(descriptor: descriptor, bytesMax: bytesMax) else {
      throw .system(.readFailed, "\(path) cannot be read, or is longer than \(bytesMax) bytes.")
    }
    return bytes
  }

  /// All bytes of an open file; nil on an error (in `errno`) or beyond `bytesMax` (`EFBIG`).
  static func read(descriptor: Int32, bytesMax: Int) -> [UInt8]? {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    var bytes: [UInt8] = []
    // One byte more than expected: a full read then also proves the end of the file.
    var room = min(max(Int(status.st_size), 0), bytesMax) + 1
    while true {
      let start = bytes.count
      var failed = false
      bytes += [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        while count < room {
          let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, room - count)
          if got < 0, errno == EINTR { continue }
          if got <= 0 {
            failed = got < 0
            break
          }
          count += got
        }
      }
      if failed { return nil }
      if bytes.count > bytesMax {
        errno = EFBIG
        return nil
      }
      if bytes.count - start < room { return bytes }
      room = 1 << 16
    }
  }

  /// Writes all of `bytes`; false on an error (in `errno`).
  static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
    var position = 0
    while position < bytes.count {
      let written = Glibc.write(descriptor, bytes.baseAddress.map { $0 + position }, bytes.count - position)
      if written < 0 {
        if errno == EINTR { continue }
        return false
      }
      position += written
    }
    return true
  }

  /// Replaces one of Baton's own files as a whole: a reader sees the old bytes or the new ones.
  static func replace(path: String, with bytes: [UInt8], syncs: Bool = false) throws(WorkspaceError) {
    let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .system(.storeUnusable, "\(temporary) cannot be created.") }
    let written = bytes.withUnsafeBytes { write($0, to: descriptor) } && (!syncs || fsync(descriptor) == 0)
    let failure = errno
    close(descriptor)
    guard written, rename(temporary, path) == 0 else {
      let error = WorkspaceError.system(.storeUnusable, "\(path) cannot be written.", number: written ? errno : failure)
      unlink(temporary)
      throw error
    }
  }
}

extension WorkspaceError {
  /// An error with the system's message for `number`.
  static func system(_ code: Code, _ message: String, number: Int32 = errno) -> WorkspaceError {
    WorkspaceError(code, message, underlying: String(cString: strerror(number)))
  }
}
