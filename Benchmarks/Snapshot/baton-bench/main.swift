import Glibc

// The measuring half of Benchmarks/Snapshot and Benchmarks/Sandbox; see Benchmarks/README.md.
let words = Array(CommandLine.arguments.dropFirst())
switch words.first {
case "snapshot":
  guard words.count == 4, let rounds = Int(words[3]), rounds > 0 else { usage() }
  do {
    try await SnapshotBenchmark(root: words[1], scratch: words[2], rounds: rounds).run()
  } catch {
    complain("baton-bench: \(error)")
    exit(1)
  }
case "sandbox":
  guard words.count == 3, let rounds = Int(words[2]), rounds > 0 else { usage() }
  do {
    try await SandboxBenchmark(workspace: words[1], rounds: rounds).run()
  } catch {
    complain("baton-bench: \(error)")
    exit(1)
  }
default: usage()
}

func usage() -> Never {
  complain("usage: baton-bench snapshot REPOSITORY SCRATCH-FOLDER ROUNDS")
  complain("       baton-bench sandbox WORKSPACE ROUNDS")
  exit(2)
}

/// Writes a line to standard error.
func complain(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = write(STDERR_FILENO, bytes, bytes.count)
}
