#ifndef BATON_CSANDBOX_PROTOCOL_H
#define BATON_CSANDBOX_PROTOCOL_H

#include <stdint.h>

// What the launcher and the Swift module `Sandbox` say to each other. All integers have the machine's byte order:
// both ends are the same build on the same machine.

// Descriptors the launcher is started with, besides 0, 1 and 2, which become the command's own.
enum {
  /// A memory file with the policy, sealed or not; mapped read-only.
  BATON_SANDBOX_POLICY_DESCRIPTOR = 3,
  /// The write end of a pipe for `baton_sandbox_status` records. Its reader's death ends the run.
  BATON_SANDBOX_STATUS_DESCRIPTOR = 4,
  /// The write end of a pipe for collected files: `baton_sandbox_file` records, each followed by its bytes.
  BATON_SANDBOX_FILES_DESCRIPTOR = 5,
};

/// First word of a policy; the last digit is the format's version.
#define BATON_SANDBOX_POLICY_MAGIC 0x31505342u

// Hard limits of a policy.
enum {
  /// Bytes of a whole policy, changes included.
  BATON_SANDBOX_POLICY_BYTES_MAX = 512 * 1024 * 1024,
  /// Records of one tag.
  BATON_SANDBOX_POLICY_RECORDS_MAX = 65536,
};

/// A policy is the magic word, then records: tag (u32), payload length in bytes (u32), payload, padded with zeros to
/// a multiple of 8. Strings in payloads end in NUL and hold no other NUL.
enum baton_sandbox_tag {
  /// string: absolute path of the workspace.
  BATON_SANDBOX_TAG_ROOT = 1,
  /// string: absolute path the command starts in.
  BATON_SANDBOX_TAG_DIRECTORY = 2,
  /// string: one element of the command's argv, in order.
  BATON_SANDBOX_TAG_ARGUMENT = 3,
  /// string: NAME=value.
  BATON_SANDBOX_TAG_ENVIRONMENT = 4,
  /// string: absolute path of a directory that is covered by an empty private one.
  BATON_SANDBOX_TAG_MASK = 5,
  /// string: absolute path of a file or directory that is shown read-only although something above it is masked.
  BATON_SANDBOX_TAG_READABLE = 6,
  /// string, string: absolute path and target of a symbolic link made inside a masked directory.
  BATON_SANDBOX_TAG_LINK = 7,
  /// u32 executable, string path relative to the root, then the bytes of the file.
  BATON_SANDBOX_TAG_CHANGE_FILE = 8,
  /// u32 zero, string path, string target.
  BATON_SANDBOX_TAG_CHANGE_LINK = 9,
  /// u32 zero, string path.
  BATON_SANDBOX_TAG_CHANGE_DELETE = 10,
  /// u64 most bytes, string: absolute path of a file that is handed back after the command ended.
  BATON_SANDBOX_TAG_COLLECT = 11,
  /// u64 each, in the order of `baton_sandbox_limit`.
  BATON_SANDBOX_TAG_LIMITS = 12,
  /// u32: `baton_sandbox_option` bits.
  BATON_SANDBOX_TAG_OPTIONS = 13,
  /// string: absolute path of the home directory, made inside a mask.
  BATON_SANDBOX_TAG_HOME = 14,
  /// string: absolute path of a directory below a mask, shown writable by copy on write: a build cache.
  BATON_SANDBOX_TAG_CACHE = 15,
};

enum baton_sandbox_limit {
  BATON_SANDBOX_LIMIT_WALL_MILLISECONDS = 0,
  BATON_SANDBOX_LIMIT_CPU_SECONDS,
  BATON_SANDBOX_LIMIT_MEMORY_BYTES,
  BATON_SANDBOX_LIMIT_PROCESSES,
  BATON_SANDBOX_LIMIT_OPEN_FILES,
  BATON_SANDBOX_LIMIT_FILE_BYTES,
  BATON_SANDBOX_LIMIT_WORKSPACE_BYTES,
  BATON_SANDBOX_LIMIT_WORKSPACE_INODES,
  BATON_SANDBOX_LIMIT_COUNT,
};

enum baton_sandbox_option {
  /// Go on with the inherited /proc where a fresh one cannot be mounted (inside a container); Landlock must then hold.
  BATON_SANDBOX_OPTION_INHERITED_PROC = 1,
  /// No isolation at all, only a process group with limits. The workspace is written in place.
  BATON_SANDBOX_OPTION_NO_ISOLATION = 2,
  /// As root: do not try identity-mapped mounts. For tests of the fallback.
  BATON_SANDBOX_OPTION_NO_IDENTITY_MAP = 4,
};

/// Where setting up failed.
enum baton_sandbox_stage {
  BATON_SANDBOX_STAGE_POLICY = 1,
  BATON_SANDBOX_STAGE_USER_NAMESPACE,
  BATON_SANDBOX_STAGE_NAMESPACES,
  BATON_SANDBOX_STAGE_NETWORK,
  BATON_SANDBOX_STAGE_READ_ONLY,
  BATON_SANDBOX_STAGE_SCRATCH,
  BATON_SANDBOX_STAGE_MASKS,
  BATON_SANDBOX_STAGE_DEVICES,
  BATON_SANDBOX_STAGE_WORKSPACE,
  BATON_SANDBOX_STAGE_PROC,
  BATON_SANDBOX_STAGE_PRIVILEGES,
  BATON_SANDBOX_STAGE_CHANGES,
  BATON_SANDBOX_STAGE_LIMITS,
  BATON_SANDBOX_STAGE_LANDLOCK,
  BATON_SANDBOX_STAGE_SECCOMP,
  BATON_SANDBOX_STAGE_DIRECTORY,
  BATON_SANDBOX_STAGE_EXECUTE,
  BATON_SANDBOX_STAGE_FORK,
};

enum baton_sandbox_status_kind {
  /// `stage`, `error`, `detail`: the command never ran.
  BATON_SANDBOX_STATUS_FAILED = 1,
  /// `features`: the sandbox stands, the command is about to run.
  BATON_SANDBOX_STATUS_STARTED = 2,
  /// `wait_status`, `limit_hit`, times: the command ended and nothing of it is alive.
  BATON_SANDBOX_STATUS_ENDED = 3,
};

enum baton_sandbox_feature {
  BATON_SANDBOX_FEATURE_FRESH_PROC = 1,
  BATON_SANDBOX_FEATURE_LANDLOCK = 2,
  /// Started by root: the command has an unprivileged uid of its own, files are shown as its own.
  BATON_SANDBOX_FEATURE_IDENTITY_MAP = 4,
  /// Started by root: the command keeps root's uid, without capabilities.
  BATON_SANDBOX_FEATURE_ROOT_UID = 8,
  BATON_SANDBOX_FEATURE_ISOLATED = 16,
  /// The overlay cannot record a replaced directory (tmpfs without user attributes, Linux before 6.6).
  BATON_SANDBOX_FEATURE_NO_OPAQUE_DIRECTORIES = 32,
};

/// The limit that ended a run.
enum baton_sandbox_limit_hit {
  BATON_SANDBOX_HIT_NONE = 0,
  BATON_SANDBOX_HIT_WALL = 1,
  BATON_SANDBOX_HIT_MEMORY = 2,
  BATON_SANDBOX_HIT_PROCESSES = 3,
};

/// One record on the status descriptor, written whole: it is shorter than PIPE_BUF.
struct baton_sandbox_status {
  uint32_t kind;
  uint32_t stage;
  int32_t error;
  uint32_t features;
  int32_t wait_status;
  uint32_t limit_hit;
  uint64_t user_microseconds;
  uint64_t system_microseconds;
  uint64_t wall_microseconds;
  /// Of the largest single process.
  uint64_t peak_memory_bytes;
  uint32_t landlock_abi;
  uint32_t reserved;
  /// The path or name that was being handled, NUL-terminated.
  char detail[192];
};

/// Head of one collected file on the files descriptor.
struct baton_sandbox_file {
  /// Position among the policy's COLLECT records.
  uint32_t index;
  /// 0, or why there are no bytes: an errno value; EFBIG over its limit, EINVAL not a regular file.
  int32_t error;
  /// Bytes that follow.
  uint64_t bytes;
};

#endif
