/// The members of a JSON object in the order in which they were written, each name once.
package struct JSONObject: Sendable {
  /// One name with its value.
  package struct Member: Sendable, Equatable {
    package let name: String
    package var value: JSONValue
  }

  /// Members up to which a search by comparing is quicker than hashing.
  private static let searchedMembersMax = 8

  /// All members, in order.
  package private(set) var members: [Member] = []
  /// Positions by name; kept only for objects of more than `searchedMembersMax` members.
  private var positions: [String: Int] = [:]

  package init() {}

  /// The value of a name; setting it keeps the name's place, setting nil removes it.
  package subscript(_ name: String) -> JSONValue? {
    get { position(of: name).map { members[$0].value } }
    set {
      switch (position(of: name), newValue) {
      case (let position?, let value?): members[position].value = value
      case (let position?, nil): remove(at: position)
      case (nil, let value?): append(name, value)
      case (nil, nil): break
      }
    }
  }

  /// Names, in order.
  package var names: [String] { members.map(\.name) }

  /// Adds a member; false, and nothing changed, when the name is there already.
  package mutating func insertNew(_ name: String, _ value: JSONValue) -> Bool {
    guard position(of: name) == nil else { return false }
    append(name, value)
    return true
  }

  private func position(of name: String) -> Int? {
    if members.count > Self.searchedMembersMax { return positions[name] }
    return members.firstIndex { $0.name == name }
  }

  private mutating func append(_ name: String, _ value: JSONValue) {
    members.append(Member(name: name, value: value))
    if members.count > Self.searchedMembersMax + 1 {
      positions[name] = members.count - 1
    } else if members.count == Self.searchedMembersMax + 1 {
      index()
    }
  }

  private mutating func remove(at position: Int) {
    members.remove(at: position)
    positions = [:]
    if members.count > Self.searchedMembersMax { index() }
  }

  private mutating func index() {
    for (position, member) in members.enumerated() { positions[member.name] = position }
  }
}

extension JSONObject: Equatable {
  /// Equal members; their order does not matter.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count && left.members.allSatisfy { right[$0.name] == $0.value }
  }
}
