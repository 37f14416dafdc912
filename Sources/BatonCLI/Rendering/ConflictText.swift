import Domain
import Workspace

extension FileConflict {
  /// The conflict as a line for people.
  var line: String {
    let reason =
      switch self.reason {
      case .sameLines: "you changed the same lines"
      case .binary: "you changed it too, and it is not text"
      case .changedAndRemoved: "one side changed it, the other removed it"
      case .addedByBoth: "both sides added it, differently"
      case .kindChanged: "one side made it something else"
      case .symbolicLink: "a symbolic link on its path leads outside the folder"
      case .folderNotEmpty: "its folder still holds other files"
      case .changedWhileApplying: "it changed just now"
      }
    return "\(path): \(reason)"
  }

  /// The conflicts as lines for people, after a sentence that nothing was written.
  static func message(_ conflicts: [FileConflict]) -> String {
    let lines = conflicts.map { "\n  " + Terminal.printable($0.line) }.joined()
    return "the folder changed meanwhile, nothing was written:" + lines
  }
}
