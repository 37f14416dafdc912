import CLibGit2
import Glibc

/// What `stat` says of a file, cut to what git's index keeps: equal stamps of a settled file mean equal bytes.
struct FileStamp: Equatable, BitwiseCopyable {
  var modifiedSeconds: UInt32 = 0
  var modifiedNanoseconds: UInt32 = 0
  var changedSeconds: UInt32 = 0
  var changedNanoseconds: UInt32 = 0
  var inode: UInt32 = 0
  /// Low 32 bits of the length in bytes.
  var size: UInt32 = 0

  /// Stands for "no file".
  static let none = FileStamp()
  /// Equals no file's stamp.
  static let unknown = FileStamp(modifiedNanoseconds: .max)

  private init(modifiedNanoseconds: UInt32 = 0) {
    self.modifiedNanoseconds = modifiedNanoseconds
  }

  init(_ status: stat) {
    modifiedSeconds = UInt32(truncatingIfNeeded: status.st_mtim.tv_sec)
    modifiedNanoseconds = UInt32(truncatingIfNeeded: status.st_mtim.tv_nsec)
    changedSeconds = UInt32(truncatingIfNeeded: status.st_ctim.tv_sec)
    changedNanoseconds = UInt32(truncatingIfNeeded: status.st_ctim.tv_nsec)
    inode = UInt32(truncatingIfNeeded: status.st_ino)
    size = UInt32(truncatingIfNeeded: status.st_size)
  }

  init(_ entry: git_index_entry) {
    modifiedSeconds = UInt32(bitPattern: entry.mtime.seconds)
    modifiedNanoseconds = entry.mtime.nanoseconds
    changedSeconds = UInt32(bitPattern: entry.ctime.seconds)
    changedNanoseconds = entry.ctime.nanoseconds
    inode = entry.ino
    size = entry.file_size
  }

  /// The stamp of the file at `path`, ``none`` when there is none.
  init(path: String) {
    var status = stat()
    self = lstat(path, &status) == 0 ? FileStamp(status) : .none
  }

  /// Whether the file could change once more without changing this stamp, seen at `now`: its times are as young as the
  /// clock's step (git's "racily clean").
  func isRacy(at now: Moment) -> Bool {
    let hasFraction = modifiedNanoseconds != 0 || changedNanoseconds != 0
    let step: Int64 = hasFraction ? 20_000_000 : 2_000_000_000
    return max(modified, changed) > now.nanoseconds - step
  }

  /// Git's own rule for an entry of an index file last written at `indexTime`.
  func isRacy(inIndexOf indexTime: FileStamp) -> Bool {
    modified >= indexTime.modified
  }

  private var modified: Int64 { Int64(modifiedSeconds) * 1_000_000_000 + Int64(modifiedNanoseconds) }
  private var changed: Int64 { Int64(changedSeconds) * 1_000_000_000 + Int64(changedNanoseconds) }
}

/// A time of the clock that stamps files.
struct Moment {
  /// Nanoseconds since 1970.
  let nanoseconds: Int64

  static var now: Moment {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
  }
}
