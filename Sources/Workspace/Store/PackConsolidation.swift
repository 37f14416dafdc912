import Glibc

/// Joins the packs of a store when they have become many: every lookup asks each of them.
enum PackConsolidation {
  /// Most packs a store is opened with.
  static let packsMax = 32

  /// Joins the packs in `directory` if there are too many. Nobody else may have the store open.
  static func run(in directory: String) throws(WorkspaceError) {
    let names = try list(directory).filter { $0.hasSuffix(".idx") }.map { String($0.dropLast(4)) }.sorted()
    guard names.count > packsMax else { return }
    var body: [UInt8] = []
    var entries: [PackWriter.Entry] = []
    var seen: Set<ObjectID> = []
    var joined: [String] = []
    for name in names {
      let path = "\(directory)/\(name)"
      let index = try FileBytes.read(path: path + ".idx", bytesMax: PackFile.bodyBytesMax)
      // An object may lie in a pack once, so a pack that repeats one stays by itself.
      guard let found = PackFile.entries(of: index), !found.contains(where: { seen.contains($0.id) }) else { continue }
      let pack = try FileBytes.read(path: path + ".pack", bytesMax: 2 * PackFile.bodyBytesMax)
      guard body.count + pack.count < PackFile.bodyBytesMax else { continue }
      // Objects of our packs are whole, so they may be copied as they lie.
      let shift = body.count
      for entry in found {
        entries.append(PackWriter.Entry(id: entry.id, offset: entry.offset + shift, checksum: entry.checksum))
      }
      seen.formUnion(found.map(\.id))
      body += pack.dropFirst(PackFile.headerBytes).dropLast(ObjectID.byteCount)
      joined.append(path)
    }
    guard joined.count > 1 else { return }
    try PackFile.write(body: body, entries: entries, in: directory)
    for path in joined {
      unlink(path + ".idx")
      unlink(path + ".pack")
    }
  }

  private static func list(_ directory: String) throws(WorkspaceError) -> [String] {
    guard let stream = opendir(directory) else { throw .system(.storeUnusable, "\(directory) cannot be listed.") }
    defer { closedir(stream) }
    guard let listing = FolderListing(takingOver: stream) else {
      throw .system(.storeUnusable, "\(directory) cannot be listed.")
    }
    return listing.items.map { String(decoding: listing.name(of: $0), as: UTF8.self) }
  }
}
