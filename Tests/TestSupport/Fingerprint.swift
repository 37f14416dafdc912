import Foundation

/// Everything about a folder that a careful user would notice: for each path its kind, mode, time and bytes.
package struct Fingerprint: Equatable, Sendable {
  /// One line a path, by path.
  package private(set) var entries: [String: String] = [:]

  /// - Parameters:
  ///   - root: absolute path of the folder.
  ///   - withTimes: whether times of change count too.
  package init(of root: String, withTimes: Bool = true) throws {
    let manager = FileManager.default
    guard let names = manager.enumerator(atPath: root) else { throw CocoaError(.fileReadNoSuchFile) }
    while let name = names.nextObject() as? String {
      let path = root + "/" + name
      let attributes = try manager.attributesOfItem(atPath: path)
      let type = attributes[.type] as? FileAttributeType ?? .typeUnknown
      var line = "\(type.rawValue) \(attributes[.posixPermissions] ?? 0)"
      if withTimes, type != .typeDirectory, let date = attributes[.modificationDate] as? Date {
        line += " \(date.timeIntervalSince1970)"
      }
      switch type {
      case .typeRegular:
        let data = try Data(contentsOf: URL(filePath: path))
        line += " \(data.count) \(Self.hash(data))"
      case .typeSymbolicLink: line += " → " + (try manager.destinationOfSymbolicLink(atPath: path))
      default: break
      }
      entries[name] = line
    }
  }

  /// Paths that differ between two fingerprints, sorted.
  package func differences(from other: Fingerprint) -> [String] {
    Set(entries.keys).union(other.entries.keys).filter { entries[$0] != other.entries[$0] }.sorted()
  }

  private static func hash(_ data: Data) -> UInt64 {
    data.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
