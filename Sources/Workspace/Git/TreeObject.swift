/// A git tree object as a value: the names of one folder, in git's order.
struct TreeObject {
  /// What a name stands for, with git's number for it.
  enum Mode: UInt32 {
    case tree = 0o040000
    case file = 0o100644
    case executable = 0o100755
    case symbolicLink = 0o120000
    case submodule = 0o160000

    /// Accepts the forms old versions of git wrote.
    init?(lenient raw: UInt32) {
      if let mode = Mode(rawValue: raw) {
        self = mode
      } else if raw & 0o170000 == 0o100000 {
        self = raw & 0o100 != 0 ? .executable : .file
      } else {
        return nil
      }
    }

    var isRegular: Bool { self == .file || self == .executable }
    /// The digits git writes into a tree.
    var octal: [UInt8] { Array(String(rawValue, radix: 8).utf8) }
  }

  /// One name.
  struct Item: Equatable {
    var name: [UInt8]
    var mode: Mode
    var id: ObjectID
  }

  var items: [Item]

  init(items: [Item]) {
    self.items = items
  }

  /// Reads the bytes of a tree object; nil when they are not one.
  init?(parsing bytes: UnsafeRawBufferPointer) {
    items = []
    var position = 0
    while position < bytes.count {
      var mode: UInt32 = 0
      while position < bytes.count, bytes[position] != UInt8(ascii: " ") {
        guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(bytes[position]), mode < 1 << 24 else { return nil }
        mode = mode << 3 | UInt32(bytes[position] - UInt8(ascii: "0"))
        position += 1
      }
      position += 1
      let start = position
      while position < bytes.count, bytes[position] != 0 { position += 1 }
      guard position + 1 + ObjectID.byteCount <= bytes.count, position > start, let known = Mode(lenient: mode) else {
        return nil
      }
      let id = ObjectID(bytes: UnsafeRawBufferPointer(rebasing: bytes[(position + 1)...]))
      items.append(Item(name: Array(bytes[start..<position]), mode: known, id: id))
      position += 1 + ObjectID.byteCount
    }
  }

  /// The bytes of the tree object; sorts the items first.
  mutating func serialise() -> [UInt8] {
    items.sort { Self.precedes($0, $1) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(items.reduce(0) { $0 + $1.name.count + 28 })
    for item in items {
      bytes += item.mode.octal
      bytes.append(UInt8(ascii: " "))
      bytes += item.name
      bytes.append(0)
      bytes += item.id.bytes
    }
    return bytes
  }

  /// Git's order: by bytes, a folder as if its name ended with `/`.
  static func precedes(_ left: Item, _ right: Item) -> Bool {
    let common = min(left.name.count, right.name.count)
    for index in 0..<common where left.name[index] != right.name[index] {
      return left.name[index] < right.name[index]
    }
    return next(left, common) < next(right, common)
  }

  private static func next(_ item: Item, _ position: Int) -> Int {
    if position < item.name.count { return Int(item.name[position]) }
    return item.mode == .tree ? Int(UInt8(ascii: "/")) : -1
  }
}
