import CLibGit2
import Glibc

/// Mode, ownership and extended attributes of a file that takes another's place.
enum FileAttributes {
  /// Most bytes of one extended attribute, and of their names together, that are carried over.
  static let extendedBytesMax = 65_536

  /// Gives the staged file on `descriptor` what the file it replaces has; a new file gets the usual permissions, and,
  /// when root writes into somebody's folder, that folder's owner.
  static func set(_ step: ApplyPlan.Step, on descriptor: Int32, in folder: Int32) throws(WorkspaceError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(.writeFailed, "\(step.path) cannot be written.") }
    var mode = step.mode ?? status.st_mode & 0o666
    var owner = status.st_uid
    var group = status.st_gid
    if case .file(_, let attributes) = step.live {
      mode = attributes.mode
      owner = attributes.owner
      group = attributes.group
    } else if geteuid() == 0 {
      var parent = stat()
      guard fstat(folder, &parent) == 0 else { throw .system(.writeFailed, "\(step.path) cannot be written.") }
      owner = parent.st_uid
      group = parent.st_gid
    }
    if step.result?.mode == .executable {
      // Whoever may read it may execute it.
      if mode & S_IXUSR == 0 { mode |= (mode & 0o444) >> 2 }
    } else {
      mode &= ~0o111
    }
    if owner != status.st_uid || group != status.st_gid, fchown(descriptor, owner, group) != 0 {
      // Only root may give a file away; the group alone is worth a try.
      guard errno == EPERM else { throw .system(.writeFailed, "\(step.path) cannot be given to its owner.") }
      _ = fchown(descriptor, status.st_uid, group)
      mode &= ~0o6000
    }
    guard fchmod(descriptor, mode) == 0 else { throw .system(.writeFailed, "\(step.path) cannot get its mode.") }
  }

  /// Copies extended attributes (access lists, labels) as far as the file system and our rights allow.
  static func copyExtended(from source: Int32, to target: Int32) {
    var names = [CChar](repeating: 0, count: extendedBytesMax)
    let count = flistxattr(source, &names, names.count)
    guard count > 0 else { return }
    var value = [UInt8](repeating: 0, count: extendedBytesMax)
    for name in names[..<count].split(separator: 0) {
      let terminated = Array(name) + [0]
      let size = fgetxattr(source, terminated, &value, value.count)
      if size >= 0 { _ = fsetxattr(target, terminated, value, size, 0) }
    }
  }
}
