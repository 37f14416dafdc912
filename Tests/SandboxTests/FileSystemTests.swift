import Domain
import Glibc
import Sandbox
import TestSupport
import Testing

@Suite("What a run sees and writes", .timeLimit(.minutes(5)))
struct FileSystemTests {
  @Test("a run writes its workspace, and the user's files stay as they are", arguments: Starter.possible)
  func copyOnWrite(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      try makeDirectory(machine.root + "/folder", mode: 0o777)
      try write("kept\n", to: machine.root + "/folder/inner.txt")
      try machine.handOver()
      let result = try await machine.shell(
        """
        set -e
        pwd
        echo changed >file.txt; echo new >new.txt; rm folder/inner.txt; mv folder moved; mkdir folder
        chmod 600 file.txt; cat file.txt new.txt
        """
      )
      #expect(result.termination == .exited(code: 0), "\(result.errors)")
      #expect(result.output == machine.root + "\nchanged\nnew\n")
      #expect(result.tier == .full)
      #expect(try read(machine.root + "/file.txt") == Array("original\n".utf8))
      #expect(try read(machine.root + "/folder/inner.txt") == Array("kept\n".utf8))
      #expect(!exists(machine.root + "/new.txt") && !exists(machine.root + "/moved"))
    }
  }

  @Test("nothing outside the workspace can be written", arguments: Starter.possible)
  func writeOutside(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let marker = "baton-escape-\(getpid())"
      let result = try await machine.shell(
        """
        for place in / /etc /usr /usr/local/bin /var /var/lib /opt /srv /sys /proc/sys/kernel /boot /dev; do
          if touch $place/\(marker) 2>/dev/null; then echo "wrote $place"; fi
        done
        for place in /tmp /var/tmp /dev/shm /run "$HOME"; do touch $place/\(marker) || echo "no private $place"; done
        ln -s /etc/\(marker) link && echo x >link 2>/dev/null && echo "wrote through a link"
        echo x >/proc/self/root/etc/\(marker) 2>/dev/null && echo "wrote through /proc/self/root"
        mount -o remount,rw / 2>/dev/null && echo remounted
        umount "$HOME" 2>/dev/null && echo unmounted
        true
        """
      )
      #expect(result.output == "")
      #expect(result.termination == .exited(code: 0), "\(result.errors)")
      for place in ["/tmp", "/var/tmp", "/dev/shm", "/run", machine.home, "/etc", "/usr"] {
        #expect(!exists("\(place)/\(marker)"))
      }
    }
  }

  @Test("secrets in the home directory are not there", arguments: Starter.possible)
  func homeIsHidden(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      let result = try await machine.shell(
        """
        echo "home $HOME"; ls -A "$HOME"; cat \(machine.home)/.ssh/id_ed25519 2>&1
        ln \(machine.home)/.ssh/id_ed25519 stolen 2>/dev/null && cat stolen
        cat /etc/shadow 2>/dev/null
        ls /root 2>/dev/null; true
        """
      )
      #expect(result.output.hasPrefix("home \(machine.home)\n"))
      #expect(result.output.contains("No such file"))
      #expect(!result.output.contains("secret-key"))
      #expect(!result.output.contains("root:"))
    }
  }

  @Test("a build cache is warm, can be written, and keeps what it had", arguments: Starter.possible)
  func caches(starter: Starter) async throws {
    try await withMachine(
      starter,
      prepareHome: { home in
        try makeDirectory(home + "/.cache")
        try makeDirectory(home + "/.cache/go-build")
        try write("warm\n", to: home + "/.cache/go-build/entry")
      },
      { machine in
        let result = try await machine.shell(
          "cd ~/.cache/go-build && cat entry && echo new >entry && echo more >other && cat entry other"
        )
        #expect(result.output == "warm\nnew\nmore\n", "\(result.errors)")
        let cache = machine.home + "/.cache/go-build"
        #expect(try read(cache + "/entry") == Array("warm\n".utf8))
        #expect(!exists(cache + "/other"))
      }
    )
  }

  @Test("a tool chain below the home directory is shown read-only, credentials beside it are not")
  func toolChains() async throws {
    try await withTemporaryDirectory { home in
      try makeDirectory(home + "/.cargo")
      try makeDirectory(home + "/.cargo/bin")
      try write("#!/bin/sh\necho tool runs\n", to: home + "/.cargo/bin/tool")
      chmod(home + "/.cargo/bin/tool", 0o755)
      try write("token", to: home + "/.cargo/credentials.toml")
      try makeDirectory(home + "/deep")
      try makeDirectory(home + "/deep/venv")
      try makeDirectory(home + "/deep/venv/bin")
      try write("#!/bin/sh\ncat \(home)/deep/venv/data\n", to: home + "/deep/venv/bin/linked")
      chmod(home + "/deep/venv/bin/linked", 0o755)
      try write("data of the venv\n", to: home + "/deep/venv/data")
      try write("private", to: home + "/deep/private")
      try makeDirectory(home + "/tools")
      symlink("../deep/venv/bin/linked", home + "/tools/linked")
      try makeDirectory(home + "/work")
      chmod(home, 0o755)
      try await withEventLoop { loop in
        let sandbox = try await Sandbox.probe(
          loop: loop,
          environment: ["HOME": home, "PATH": "\(home)/.cargo/bin:relative:\(home)/tools:/usr/bin:/missing"]
        )
        let result = try await sandbox.run(
          SandboxedCommand(arguments: [
            "sh", "-c",
            """
            tool; linked; ls -A ~/.cargo ~/deep; echo "$PATH"
            touch ~/.cargo/bin/evil ~/deep/venv/evil 2>/dev/null && echo wrote
            touch ~/mine && echo home is writable
            """,
          ]),
          policy: SandboxPolicy(root: home + "/work")
        )
        #expect(
          result.output == """
            tool runs
            data of the venv
            \(home)/.cargo:
            bin

            \(home)/deep:
            venv
            \(home)/.cargo/bin:\(home)/tools:/usr/bin:/usr/local/bin:/bin
            home is writable

            """,
          "\(result.errors)"
        )
      }
    }
  }

  @Test(
    "a workspace may have any name",
    arguments: [
      "with space", "co:lon", "com,ma", "back\\slash", "qu'ote\"s", "ümläut", String(repeating: "long", count: 50),
    ]
  )
  func names(name: String) async throws {
    for starter in Starter.possible where starter != .unmappedRoot {
      try await withMachine(starter, workspace: name) { machine in
        let result = try await machine.shell("pwd; echo changed >file.txt; cat file.txt")
        #expect(result.output == machine.root + "\nchanged\n", "\(result.errors)")
        #expect(try read(machine.root + "/file.txt") == Array("original\n".utf8))
      }
    }
  }

  @Test("a private workspace below private directories works, with its own modes", arguments: Starter.possible)
  func privateModes(starter: Starter) async throws {
    try await withMachine(starter) { machine in
      try makeDirectory(machine.root + "/sub", mode: 0o700)
      try write("private\n", to: machine.root + "/sub/file")
      chmod(machine.root + "/sub/file", 0o600)
      try machine.handOver()
      chmod(machine.root, 0o700)
      let result = try await machine.shell("cat sub/file; stat -c %a . sub sub/file; echo x >>sub/file; cat sub/file")
      #expect(result.output == "private\n700\n700\n600\nprivate\nx\n", "\(result.errors)")
    }
  }

  @Test("directories the daemon names are hidden too")
  func hiddenPaths() async throws {
    try await withTemporaryDirectory { state in
      try write("state", to: state + "/journal")
      try await withMachine(hiddenPaths: [state]) { machine in
        let result = try await machine.shell("cat \(state)/journal")
        #expect(result.termination != .exited(code: 0))
      }
    }
  }

  @Test("a workspace that holds what must be hidden is refused", arguments: ["/", "/tmp", "/etc", "/usr"])
  func refusedRoots(root: String) async throws {
    try await withMachine { machine in
      await #expect {
        _ = try await machine.sandbox.run(SandboxedCommand(arguments: ["true"]), policy: SandboxPolicy(root: root))
      } throws: {
        ($0 as? SandboxError)?.code == .invalidPolicy
      }
    }
  }

  @Test("the environment is an allow list")
  func environment() async throws {
    let own = [
      "PATH": "/usr/bin:/bin", "GITHUB_TOKEN": "secret", "AWS_SECRET_ACCESS_KEY": "secret", "LD_PRELOAD": "/tmp/x.so",
      "PYTHONSTARTUP": "/tmp/x.py", "SSH_AUTH_SOCK": "/tmp/agent", "TZ": "Europe/Berlin",
    ]
    try await withMachine(environment: own) { machine in
      let result = try await machine.shell("env", environment: ["EXTRA": "given", "CI": "yes"])
      let names = Set(result.output.split(separator: "\n").map { String($0.prefix { $0 != "=" }) })
      #expect(
        names.isDisjoint(with: [
          "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "LD_PRELOAD", "PYTHONSTARTUP", "SSH_AUTH_SOCK",
        ])
      )
      for line in ["LANG=C.UTF-8", "TMPDIR=/tmp", "HOME=\(machine.home)", "TZ=Europe/Berlin", "EXTRA=given", "CI=yes"] {
        #expect(result.output.split(separator: "\n").contains(Substring(line)))
      }
    }
  }
}
