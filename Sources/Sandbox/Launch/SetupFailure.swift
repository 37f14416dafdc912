import CSandbox
import Glibc

/// Turns the launcher's `{stage, errno}` into words a user understands.
enum SetupFailure {
  static func explain(_ record: StatusRecord) -> SandboxError {
    guard case .failed(let stage, let error, let detail) = record else {
      return SandboxError(.setupFailed, "the sandbox launcher ended without a report")
    }
    let reason = String(cString: strerror(error))
    switch baton_sandbox_stage(stage) {
    case BATON_SANDBOX_STAGE_EXECUTE:
      let name = detail.isEmpty ? "the command" : "'\(detail)'"
      return SandboxError(.commandNotFound, "\(name) cannot be run in the sandbox: \(reason)", errno: error)
    case BATON_SANDBOX_STAGE_DIRECTORY:
      return SandboxError(.invalidPolicy, "the directory '\(detail)' cannot be entered: \(reason)", errno: error)
    case BATON_SANDBOX_STAGE_CHANGES:
      // An owner that the run's user namespace does not know cannot be given to the private copy.
      let cause = error == EOVERFLOW ? "it or its directory belongs to another user; chown it" : reason
      return SandboxError(.changeFailed, "the change of '\(detail)' cannot be applied: \(cause)", errno: error)
    case BATON_SANDBOX_STAGE_POLICY:
      return SandboxError(.invalidPolicy, "the sandbox policy was refused: \(detail): \(reason)", errno: error)
    default:
      let what = detail.isEmpty ? "" : " ('\(detail)')"
      let message = "the sandbox could not be built: \(name(stage))\(what): \(reason)"
      return SandboxError(.setupFailed, message, errno: error)
    }
  }

  /// What the stage was doing.
  static func name(_ stage: UInt32) -> String {
    switch baton_sandbox_stage(stage) {
    case BATON_SANDBOX_STAGE_USER_NAMESPACE: "making a user namespace"
    case BATON_SANDBOX_STAGE_NAMESPACES: "making namespaces"
    case BATON_SANDBOX_STAGE_NETWORK: "bringing up the private network"
    case BATON_SANDBOX_STAGE_READ_ONLY: "making the file system read-only"
    case BATON_SANDBOX_STAGE_SCRATCH: "making private space"
    case BATON_SANDBOX_STAGE_MASKS: "hiding directories"
    case BATON_SANDBOX_STAGE_DEVICES: "making /dev"
    case BATON_SANDBOX_STAGE_WORKSPACE: "mounting the workspace copy-on-write"
    case BATON_SANDBOX_STAGE_PROC: "mounting /proc"
    case BATON_SANDBOX_STAGE_PRIVILEGES: "dropping privileges"
    case BATON_SANDBOX_STAGE_LIMITS: "setting limits"
    case BATON_SANDBOX_STAGE_LANDLOCK: "enforcing Landlock"
    case BATON_SANDBOX_STAGE_SECCOMP: "installing the system call filter"
    case BATON_SANDBOX_STAGE_FORK: "starting its first process"
    default: "step \(stage)"
    }
  }
}
