import Glibc

/// The names in one folder, sorted by bytes.
struct FolderListing {
  /// One name.
  struct Item {
    fileprivate var start: UInt32
    fileprivate var count: UInt32
    /// `DT_…` of `readdir`.
    var type: UInt8
  }

  private(set) var items: [Item] = []
  private var bytes: [UInt8] = []
  /// Whether a `.git` (in any case) lies in the folder; it is not among the items.
  private(set) var holdsGit = false

  /// Lists the folder that `descriptor` is open on, and takes the descriptor over.
  init?(takingOver stream: OpaquePointer) {
    errno = 0
    while let entry = readdir(stream) {
      let name = UnsafeRawPointer(entry).advanced(by: Self.nameOffset).assumingMemoryBound(to: UInt8.self)
      let count = strlen(UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
      if name[0] == UInt8(ascii: "."), count == 1 || (count == 2 && name[1] == UInt8(ascii: ".")) { continue }
      if Self.isGit(name, count) {
        holdsGit = true
        continue
      }
      items.append(Item(start: UInt32(bytes.count), count: UInt32(count), type: entry.pointee.d_type))
      bytes.append(contentsOf: UnsafeBufferPointer(start: name, count: count))
      // Every name ends with NUL, so it can be handed to the system as it lies here.
      bytes.append(0)
      errno = 0
    }
    guard errno == 0 else { return nil }
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      // NUL ends the shorter name and sorts first, so one comparison of C strings gives the order of bytes.
      items.sort { strcmp(base + Int($0.start), base + Int($1.start)) < 0 }
    }
  }

  private static let nameOffset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 19

  private static func isGit(_ name: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    count == 4 && name[0] == UInt8(ascii: ".") && name[1] | 0x20 == UInt8(ascii: "g")
      && name[2] | 0x20 == UInt8(ascii: "i") && name[3] | 0x20 == UInt8(ascii: "t")
  }

  func name(of item: Item) -> ArraySlice<UInt8> {
    bytes[Int(item.start)..<Int(item.start + item.count)]
  }

  /// Runs `body` with the name as a C string.
  func withName<Result>(of item: Item, _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    bytes.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        guard let base = characters.baseAddress else { return body("") }
        return body(base + Int(item.start))
      }
    }
  }

  /// The item with this name.
  func find(_ wanted: StaticString) -> Item? {
    wanted.withUTF8Buffer { wanted in
      var low = 0
      var high = items.count
      while low < high {
        let middle = (low + high) / 2
        if name(of: items[middle]).lexicographicallyPrecedes(wanted) { low = middle + 1 } else { high = middle }
      }
      return low < items.count && name(of: items[low]).elementsEqual(wanted) ? items[low] : nil
    }
  }
}
