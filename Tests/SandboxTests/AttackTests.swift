import Domain
import Glibc
import Sandbox
import TestSupport
import Testing

@Suite("Attacks from inside", .timeLimit(.minutes(5)))
struct AttackTests {
  @Test("no privilege is left, and none can be had", arguments: Starter.possible)
  func privileges(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let result = try await machine.shell(
        "id -u; grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status | tr '\\t' ' '"
      )
      var lines = result.output.split(separator: "\n").map(String.init)
      let user = lines.removeFirst()
      switch starter {
      case .current: #expect(geteuid() == 0 ? (UInt32(user) ?? 0) >= 0x7000_0000 : user == "\(geteuid())")
      case .ordinaryUser: #expect(user == "\(Starter.ordinaryID)")
      case .unmappedRoot: #expect(user == "0")
      }
      let none = "0000000000000000"
      #expect(
        lines == [
          "CapInh: \(none)", "CapPrm: \(none)", "CapEff: \(none)", "CapBnd: \(none)", "CapAmb: \(none)",
          "NoNewPrivs: 1", "Seccomp: 2",
        ]
      )
    }
  }

  @Test("system calls around the walls are refused", arguments: Starter.possible)
  func systemCalls(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let result = try await machine.python(
        """
        import ctypes, errno, os, platform
        libc = ctypes.CDLL(None, use_errno=True)
        arm = platform.machine() == "aarch64"
        def number(x86, generic): return generic if arm else x86
        buffer = ctypes.create_string_buffer(256)
        calls = {
            "io_uring_setup": (425, 8, buffer), "keyctl": (number(250, 219), 0, -3, 0),
            "add_key": (number(248, 217), b"user", b"x", b"y", 1, -3), "bpf": (number(321, 280), 0, buffer, 64),
            "perf_event_open": (number(298, 241), buffer, 0, -1, -1, 0), "userfaultfd": (number(323, 282), 0),
            "mount": (number(165, 40), b"none", b"/tmp", b"tmpfs", 0, None), "unshare": (number(272, 97), 0x10000000),
            "setns": (number(308, 268), 0, 0), "open_tree": (428, -100, b"/", 1), "fsopen": (430, b"tmpfs", 0),
            "mount_setattr": (442, -100, b"/", 0, buffer, 32), "clone": (number(56, 220), 0x10000011, 0, 0, 0, 0),
            "open_by_handle_at": (number(304, 265), -100, buffer, 0), "pivot_root": (number(155, 41), b"/", b"/"),
            "kexec_load": (number(246, 104), 0, 0, None, 0), "init_module": (number(175, 105), buffer, 0, b""),
            "clock_settime": (number(227, 112), 0, buffer), "umount2": (number(166, 39), b"/tmp", 2),
        }
        for name, arguments in calls.items():
            ctypes.set_errno(0)
            status = libc.syscall(*arguments)
            if status == 0 and name == "clone": os._exit(1)
            if status != -1 or ctypes.get_errno() != errno.EPERM:
                print(name, status, errno.errorcode.get(ctypes.get_errno()))
        libc.syscall(435, buffer, 88)
        if ctypes.get_errno() != errno.ENOSYS: print("clone3", ctypes.get_errno())
        """
      )
      #expect(result.output == "" && result.termination == .exited(code: 0), "\(result.errors)")
    }
  }

  @Test("nothing can be typed into a terminal")
  func terminal() async throws {
    try await withMachine { machine in
      let result = try await machine.python(
        """
        import errno, fcntl, os, termios
        master, slave = os.openpty()
        for request in (termios.TIOCSTI, 0x541C):
            try:
                fcntl.ioctl(slave, request, b"x"); print("typed")
            except OSError as error:
                print(errno.errorcode[error.errno])
        os.write(master, b"ping\\n"); print(os.read(slave, 10).decode().strip())
        """
      )
      #expect(result.output == "EPERM\nEPERM\nping\n", "\(result.errors)")
    }
  }

  @Test(
    "processes outside, and the sandbox's own first, cannot be seen, read, traced or signalled",
    arguments: Starter.possible
  )
  func processes(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let result = try await machine.python(
        """
        import ctypes, os, signal
        pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
        print(pids[0], len(pids) < 4)
        def attempt(name, act):
            try:
                act(); print(name, "OPEN")
            except OSError: pass
        for file in ("environ", "mem", "maps", "fd/3", "fd/4", "root", "cwd"):
            attempt(file, lambda: open("/proc/1/" + file, "rb").read(1))
        attempt("kill outside", lambda: os.kill(\(getpid()), 0))
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(16, 1, 0, 0) == 0: print("traced")
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP):
            try: os.kill(1, number)
            except OSError: pass
        print("alive", sorted(os.listdir("/proc/self/fd"))[:3])
        """
      )
      #expect(result.output == "1 True\nalive ['0', '1', '2']\n", "\(result.errors)")
      #expect(result.termination == .exited(code: 0))
    }
  }

  @Test("descriptors of this process and of the launcher are not inherited")
  func descriptors() async throws {
    try await withMachine { machine in
      let result = try await machine.sandbox.run(
        SandboxedCommand(arguments: ["/bin/ls", "/proc/self/fd"]),
        policy: SandboxPolicy(root: machine.root)
      )
      // The last one is the directory that is being listed.
      #expect(result.output == "0\n1\n2\n3\n")
    }
  }

  @Test("only harmless devices exist", arguments: Starter.possible)
  func devices(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let result = try await machine.shell(
        """
        ls -A /dev | tr '\\n' ' '; echo
        echo x >/dev/null && head -c 4 /dev/zero | wc -c && head -c 8 /dev/urandom | wc -c
        mknod disk b 254 0 2>/dev/null && echo made a device
        true
        """
      )
      #expect(
        result.output
          == "fd full null ptmx pts random shm stderr stdin stdout urandom zero \n4\n8\n",
        "\(result.errors)"
      )
    }
  }

  @Test("shared memory and queues of the machine are not there")
  func interprocess() async throws {
    try await withMachine { machine in
      let result = try await machine.shell("wc -l </proc/sysvipc/shm; ls -A /dev/shm; hostname >/dev/null; echo end")
      #expect(result.output.split(separator: "\n").map { $0.filter { !$0.isWhitespace } } == ["1", "end"])
    }
  }

  @Test("a set-up that fails runs nothing, and says what failed")
  func failsClosed() async throws {
    try await withMachine { machine in
      let policy = SandboxPolicy(root: machine.root)
      await #expect {
        _ = try await machine.sandbox.run(SandboxedCommand(arguments: ["no-such-command"]), policy: policy)
      } throws: { error in
        guard let error = error as? SandboxError else { return false }
        return error.code == .commandNotFound && error.message.contains("no-such-command")
      }
      await #expect {
        _ = try await machine.sandbox.run(
          SandboxedCommand(arguments: ["true"], directory: RelativePath("missing")),
          policy: policy
        )
      } throws: { error in
        guard let error = error as? SandboxError else { return false }
        return error.code == .invalidPolicy && error.message.contains("missing")
      }
    }
  }
}
