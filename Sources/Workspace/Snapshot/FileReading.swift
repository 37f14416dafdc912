import Glibc

/// A file's bytes together with the stamp that belongs to them.
struct FileReading {
  /// Times a file is read anew because it changed while it was read.
  static let attemptsMax = 3

  var bytes: [UInt8]
  var status: stat
  /// When the reading began.
  var time: Moment
  /// The file still changed at the last attempt.
  var isUnsettled: Bool

  /// Reads a regular file or a symbolic link in the folder `directory`; nil, with `errno`, when it cannot be read.
  static func read(
    _ directory: Int32,
    _ name: UnsafePointer<CChar>,
    _ status: stat,
    _ limits: WorkspaceLimits
  ) -> FileReading? {
    if status.st_mode & S_IFMT == S_IFLNK { return readLink(directory, name) }
    let descriptor = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    for attempt in 1...attemptsMax {
      var before = stat()
      var after = stat()
      let time = Moment.now
      guard fstat(descriptor, &before) == 0 else { return nil }
      guard before.st_mode & S_IFMT == S_IFREG else {
        errno = EINVAL
        return nil
      }
      guard lseek(descriptor, 0, SEEK_SET) == 0,
        let bytes = FileBytes.read(descriptor: descriptor, bytesMax: limits.fileBytesMax),
        fstat(descriptor, &after) == 0
      else { return nil }
      let isSettled = FileStamp(before) == FileStamp(after) && bytes.count == Int(after.st_size)
      if isSettled || attempt == attemptsMax {
        return FileReading(bytes: bytes, status: before, time: time, isUnsettled: !isSettled)
      }
    }
    return nil
  }

  private static func readLink(_ directory: Int32, _ name: UnsafePointer<CChar>) -> FileReading? {
    var status = stat()
    let time = Moment.now
    guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
    let target = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
      buffer.withMemoryRebound(to: CChar.self) {
        guard let base = $0.baseAddress else { return }
        count = max(0, readlinkat(directory, name, base, $0.count))
      }
    }
    guard !target.isEmpty else { return nil }
    return FileReading(bytes: target, status: status, time: time, isUnsettled: false)
  }
}

extension TreeObject.Mode {
  /// The mode of a regular file or a symbolic link.
  init(_ status: stat) {
    if status.st_mode & S_IFMT == S_IFLNK {
      self = .symbolicLink
    } else {
      self = status.st_mode & S_IXUSR != 0 ? .executable : .file
    }
  }
}
