import Domain
import Glibc

/// The live folder, reached so that no symbolic link is ever followed: each part of a path is opened by itself, below
/// the part before, with `O_NOFOLLOW`.
struct WorkTree: ~Copyable {
  private let root: FolderHandle
  /// Canonical path of the root.
  let path: String

  init(root path: String) throws(WorkspaceError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system(.rootUnreadable, "The folder \(path) cannot be opened.") }
    root = FolderHandle(owning: descriptor)
    self.path = path
  }

  /// What stands in the way of a path's folder.
  enum Obstacle: Error, Equatable {
    /// A folder of the path is missing; the parts before it are there.
    case missing(afterParts: Int)
    /// A part of the path is a file.
    case file(RelativePath)
    /// A part of the path is a symbolic link.
    case symbolicLink
    /// The system's error number.
    case system(Int32)
  }

  /// Opens the folder named by `parts`, below the root.
  borrowing func folder(_ parts: ArraySlice<Substring>) throws(Obstacle) -> FolderHandle {
    var current = dup(root.descriptor)
    guard current >= 0 else { throw .system(errno) }
    for (index, part) in parts.enumerated() {
      let next = openat(current, String(part), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      let number = errno
      if next < 0 {
        let obstacle = Self.obstacle(current, parts, index, number)
        close(current)
        throw obstacle
      }
      close(current)
      current = next
    }
    return FolderHandle(owning: current)
  }

  private static func obstacle(
    _ folder: Int32,
    _ parts: ArraySlice<Substring>,
    _ index: Int,
    _ number: Int32
  ) -> Obstacle {
    if number == ENOENT { return .missing(afterParts: index) }
    guard number == ENOTDIR || number == ELOOP else { return .system(number) }
    var status = stat()
    let part = String(parts[parts.startIndex + index])
    guard fstatat(folder, part, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return .system(errno) }
    if status.st_mode & S_IFMT == S_IFLNK { return .symbolicLink }
    do { return .file(try RelativePath(parts[...(parts.startIndex + index)].joined(separator: "/"))) } catch {
      return .system(number)
    }
  }

  /// What the path holds now.
  borrowing func read(_ path: RelativePath, bytesMax: Int) throws(WorkspaceError) -> LiveFile {
    let parts = path.string.split(separator: "/")
    let folder: FolderHandle
    do throws(Obstacle) { folder = try self.folder(parts.dropLast()) } catch {
      switch error {
      case .missing: return .missing
      case .file(let file): return .behindFile(file)
      case .symbolicLink: return .behindLink
      case .system(let number): throw .system(.readFailed, "\(path) cannot be reached.", number: number)
      }
    }
    return try folder.read(String(path.name), bytesMax: bytesMax, path: path.string)
  }

  /// Follows the symbolic link at `path` to a regular file's path inside the workspace; nil when it leads outside, to
  /// nothing, through a linked folder, or round in circles.
  borrowing func resolve(link path: RelativePath, bytesMax: Int) throws(WorkspaceError) -> (RelativePath, LiveFile)? {
    var current = path
    for _ in 0..<Self.linksMax {
      switch try read(current, bytesMax: bytesMax) {
      case .symbolicLink(let target):
        guard let text = String(validating: target, as: UTF8.self), let next = Self.join(current, text, root: self.path)
        else { return nil }
        current = next
      case .file(let bytes, let attributes):
        return (current, .file(bytes, attributes))
      default:
        return nil
      }
    }
    return nil
  }

  /// Most links that are followed one after another.
  static let linksMax = 8

  private static func join(_ link: RelativePath, _ target: String, root: String) -> RelativePath? {
    var parts = link.folders.map(String.init)
    var rest = target
    if target.hasPrefix("/") {
      guard target.hasPrefix(root + "/") else { return nil }
      rest = String(target.dropFirst(root.count + 1))
      parts = []
    }
    for part in rest.split(separator: "/") where part != "." {
      if part == ".." {
        guard parts.popLast() != nil else { return nil }
      } else {
        parts.append(String(part))
      }
    }
    do { return try RelativePath(parts.joined(separator: "/")) } catch { return nil }
  }
}

extension WorkTree {
  /// A folder and a name in it.
  struct Place: ~Copyable {
    let folder: FolderHandle
    let name: String
  }

  /// The place of `path`, whose folder must be there.
  borrowing func locate(_ path: String) throws(WorkspaceError) -> Place {
    let parts = path.split(separator: "/")
    guard let name = parts.last else { throw WorkspaceError(.writeFailed, "An empty path cannot be written.") }
    do throws(Obstacle) { return Place(folder: try folder(parts.dropLast()), name: String(name)) } catch {
      throw WorkspaceError(.writeFailed, "The folder of \(path) cannot be reached (\(error)).")
    }
  }

  private borrowing func reach(_ path: String) throws(WorkspaceError) -> FolderHandle {
    do throws(Obstacle) { return try folder(path.split(separator: "/")[...]) } catch {
      throw WorkspaceError(.readFailed, "The folder \(path) cannot be reached (\(error)).")
    }
  }

  /// The names in the folder at `path`, and whether each is a folder.
  borrowing func list(_ path: String) throws(WorkspaceError) -> [(name: String, isFolder: Bool)] {
    let handle = try reach(path)
    let copy = dup(handle.descriptor)
    guard copy >= 0, let stream = fdopendir(copy) else { throw .system(.readFailed, "\(path) cannot be listed.") }
    defer { closedir(stream) }
    guard let listing = FolderListing(takingOver: stream) else {
      throw .system(.readFailed, "\(path) cannot be listed.")
    }
    var names: [(name: String, isFolder: Bool)] = listing.holdsGit ? [(".git", false)] : []
    for item in listing.items {
      var status = stat()
      guard listing.withName(of: item, { fstatat(handle.descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
        continue
      }
      let name = String(decoding: listing.name(of: item), as: UTF8.self)
      names.append((name, status.st_mode & S_IFMT == S_IFDIR))
    }
    return names
  }
}

/// What a path of the live folder holds.
enum LiveFile: Equatable {
  /// What is kept when a file is replaced.
  struct Attributes: Equatable {
    var mode: mode_t
    var owner: uid_t
    var group: gid_t
  }

  case missing
  case file([UInt8], Attributes)
  case symbolicLink([UInt8])
  case folder
  /// A FIFO, socket or device.
  case special
  /// A part of the path is this file.
  case behindFile(RelativePath)
  /// A part of the path is a symbolic link.
  case behindLink

  var bytes: [UInt8]? {
    switch self {
    case .file(let bytes, _), .symbolicLink(let bytes): bytes
    default: nil
    }
  }
}

/// An open folder, closed with the value.
struct FolderHandle: ~Copyable {
  let descriptor: Int32

  init(owning descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// What `name` in this folder holds; `path` is for messages.
  borrowing func read(_ name: String, bytesMax: Int, path: String) throws(WorkspaceError) -> LiveFile {
    var status = stat()
    guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return .missing }
      throw .system(.readFailed, "\(path) cannot be read.")
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return .folder
    case S_IFREG, S_IFLNK:
      var limits = WorkspaceLimits()
      limits.fileBytesMax = bytesMax
      guard let reading = FileReading.read(descriptor, name, status, limits) else {
        throw .system(.readFailed, "\(path) cannot be read.")
      }
      if status.st_mode & S_IFMT == S_IFLNK { return .symbolicLink(reading.bytes) }
      let attributes = LiveFile.Attributes(
        mode: reading.status.st_mode & 0o7777,
        owner: reading.status.st_uid,
        group: reading.status.st_gid
      )
      return .file(reading.bytes, attributes)
    default: return .special
    }
  }
}
