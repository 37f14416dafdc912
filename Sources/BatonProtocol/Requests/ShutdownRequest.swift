/// Ends the session: afterwards only `exit` is taken. Jobs go on, unless the server serves this one client only (stdio).
package enum ShutdownRequest: RequestType {
  package static let method = "shutdown"
  package typealias Params = EmptyObject
  package typealias Result = Null
}
