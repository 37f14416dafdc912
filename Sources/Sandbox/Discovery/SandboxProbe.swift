import CSandbox
import Domain
import EventLoop
import Glibc

/// What a no-op in a real sandbox says about this machine.
struct SandboxProbe {
  var tier: SandboxTier
  var findings: [SandboxFinding]
  /// For every later run.
  var options: UInt32

  /// Tries the full sandbox, then the one for containers, then decides about none.
  static func run(
    launcher: String,
    view: HostView,
    loop: EventLoop,
    allowsNone: Bool,
    options: UInt32
  ) async throws(SandboxError) -> SandboxProbe {
    let full = try await attempt(launcher, view, loop, options: options)
    if case .standing(let features, let abi) = full {
      return SandboxProbe(tier: .full, findings: findings(features, abi), options: options)
    }
    let inherited = options | BATON_SANDBOX_OPTION_INHERITED_PROC.rawValue
    if case .failed(let stage, _, _) = full, stage == BATON_SANDBOX_STAGE_PROC.rawValue,
      case .standing(let features, let abi) = try await attempt(launcher, view, loop, options: inherited)
    {
      let finding = SandboxFinding(
        .warning,
        "Inside this container a run cannot have a /proc of its own: it sees the names of the container's other "
          + "processes, but not their memory or environment.",
        remedy: "docker run --security-opt systempaths=unconfined (or --privileged) lifts this."
      )
      return SandboxProbe(tier: .fullWithoutProc, findings: [finding] + findings(features, abi), options: inherited)
    }
    let finding = missing(full)
    guard allowsNone else {
      let remedy = finding.remedy.map { " \($0)" } ?? ""
      throw SandboxError(.unavailable, "tests cannot be isolated on this machine. \(finding.summary)\(remedy)")
    }
    return SandboxProbe(tier: .none, findings: [finding], options: BATON_SANDBOX_OPTION_NO_ISOLATION.rawValue)
  }

  private enum Outcome {
    case standing(features: UInt32, landlockABI: Int)
    case failed(stage: UInt32, error: Int32, detail: String)
  }

  private static func attempt(
    _ launcher: String,
    _ view: HostView,
    _ loop: EventLoop,
    options: UInt32
  ) async throws(SandboxError) -> Outcome {
    // Any directory serves as a workspace; this one is on the root file system of every machine.
    let policy = SandboxPolicy(root: "/etc", limits: SandboxLimits(wallSeconds: 10, outputBytes: 4_096))
    let command = SandboxedCommand(arguments: ["/bin/true"])
    let encoded = try PolicyEncoder.encode(
      command,
      root: policy.root,
      policy: policy,
      collected: [],
      view: view,
      options: options
    )
    let run = try await SandboxRun.start(
      launcher: launcher,
      policy: encoded,
      hasInput: false,
      limits: policy.limits,
      collected: [],
      tier: .full,
      loop: loop
    )
    await withTaskCancellationHandler {
      await run.finish(input: nil, readsOutput: true)
    } onCancel: {
      Task { await run.stop() }
    }
    if let failure = await run.setupFailure, case .failed(let stage, let error, let detail) = failure {
      return .failed(stage: stage, error: error, detail: detail)
    }
    _ = try await run.result()
    return .standing(features: await run.features, landlockABI: await run.landlockABI)
  }

  private static func findings(_ features: UInt32, _ abi: Int) -> [SandboxFinding] {
    var findings: [SandboxFinding] = []
    if features & BATON_SANDBOX_FEATURE_ROOT_UID.rawValue != 0 {
      findings.append(
        SandboxFinding(
          .warning,
          "This file system cannot be shown under another owner, so runs keep root's user id, without any capability.",
          remedy: "Run Baton as an ordinary user, or on a file system with idmapped mounts (ext4, xfs, btrfs)."
        )
      )
    }
    if features & BATON_SANDBOX_FEATURE_LANDLOCK.rawValue == 0 {
      findings.append(
        SandboxFinding(
          .warning,
          "This kernel has no usable Landlock; mounts and namespaces alone keep runs in.",
          remedy: "Landlock is in Linux 5.19 and later, where 'landlock' is in the kernel's list of security modules."
        )
      )
    }
    if features & BATON_SANDBOX_FEATURE_NO_OPAQUE_DIRECTORIES.rawValue != 0 {
      findings.append(
        SandboxFinding(
          .warning,
          "On this kernel a run cannot delete a directory of the workspace and make it again under the same name.",
          remedy: "Linux 6.6 and later can."
        )
      )
    }
    let owner = features & BATON_SANDBOX_FEATURE_IDENTITY_MAP.rawValue != 0
    findings.append(
      SandboxFinding(
        .good,
        "Runs have namespaces, a private copy-on-write workspace, a system call filter"
          + (abi > 0 ? ", Landlock \(abi)" : "") + (owner ? ", and a user id of their own." : ".")
      )
    )
    return findings
  }

  /// Names what is missing and what to do, from the step that failed and the kernel's settings.
  private static func missing(_ outcome: Outcome) -> SandboxFinding {
    guard case .failed(let stage, let error, let detail) = outcome else {
      return SandboxFinding(.problem, "The sandbox could not be built.")
    }
    let reason = String(cString: strerror(error))
    let what = "It failed at \(SetupFailure.name(stage))" + (detail.isEmpty ? "" : " (\(detail))") + ": \(reason)."
    return SandboxFinding(.problem, what, remedy: remedy(stage: stage))
  }

  private static func remedy(stage: UInt32) -> String? {
    if setting("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
      return "User namespaces are switched off: sudo sysctl -w kernel.unprivileged_userns_clone=1"
    }
    if setting("/proc/sys/user/max_user_namespaces") == "0" {
      return "User namespaces are switched off: sudo sysctl -w user.max_user_namespaces=15000"
    }
    if let value = setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"), value != "0" {
      return "AppArmor forbids user namespaces: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give "
        + "baton-sandbox an AppArmor profile with 'userns,'."
    }
    if access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0 {
      return "The container's own filter forbids it: start it with --security-opt seccomp=unconfined --security-opt "
        + "apparmor=unconfined --cap-add SYS_ADMIN, or with --privileged."
    }
    if stage == BATON_SANDBOX_STAGE_READ_ONLY.rawValue { return "Linux 5.12 or later is needed." }
    return "Linux 5.12 or later with user namespaces and overlayfs is needed."
  }

  private static func setting(_ path: String) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 64)
    guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
    let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").first.map(String.init)
  }
}
