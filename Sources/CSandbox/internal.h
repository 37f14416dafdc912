#ifndef BATON_CSANDBOX_INTERNAL_H
#define BATON_CSANDBOX_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "include/CSandboxProtocol.h"

// The parts of the launcher. One process runs them in this order (launcher.c): read the policy, choose an identity,
// make namespaces, build the file system view, fork the sandbox's pid 1, which mounts /proc, gives up every
// privilege, applies the changes, forks the command, reaps until it ends, and hands back files. Everything fails
// closed: `sandbox_fail` reports on the status descriptor and leaves; a set-up error never looks like an exit code
// of the command.

struct strings {
  const char **items;
  size_t count;
};

enum change_kind { CHANGE_FILE, CHANGE_LINK, CHANGE_DELETE };

struct change {
  enum change_kind kind;
  bool executable;
  const char *path;
  /// CHANGE_FILE: the bytes; CHANGE_LINK: the target, NUL-terminated.
  const char *content;
  size_t bytes;
};

struct collect {
  const char *path;
  uint64_t bytes_max;
};

struct link {
  const char *path;
  const char *target;
};

/// The decoded policy. Every pointer reaches into the mapped policy.
struct policy {
  const char *root;
  const char *directory;
  const char *home;
  struct strings arguments;
  struct strings environment;
  struct strings masks;
  struct strings readable;
  struct strings caches;
  struct link *links;
  size_t link_count;
  struct change *changes;
  size_t change_count;
  struct collect *collects;
  size_t collect_count;
  uint64_t limits[BATON_SANDBOX_LIMIT_COUNT];
  uint32_t options;
};

/// Who the command runs as.
struct identity {
  /// Started by real root and able to show files as an unprivileged uid's own.
  bool mapped;
  /// Started by real root, but kept at uid 0 (without capabilities).
  bool root_uid;
  uid_t uid;
  gid_t gid;
  /// `mapped` only: a user namespace whose maps idmapped mounts use, and a detached mount of the workspace with it.
  int map_descriptor;
  int workspace;
};

// status.c
_Noreturn void sandbox_fail(enum baton_sandbox_stage stage, int error, const char *detail);
/// What `sandbox_fail` does before it leaves, for the one mode that leaves something on the machine's own disk.
extern void (*sandbox_failure_cleanup)(void);
void sandbox_report(struct baton_sandbox_status *status);
/// Completes `status`, which holds what was known at the start, with the end and the times of all reaped children.
void sandbox_report_end(struct baton_sandbox_status *status, int wait_status, uint64_t wall_microseconds);
bool sandbox_write_all(int descriptor, const void *bytes, size_t count);
/// Points 0, 1 and 2 at /dev/null, so that only the command holds its pipes.
void sandbox_close_standard_descriptors(void);

// policy.c
void sandbox_read_policy(int descriptor, struct policy *policy);

// namespaces.c
void sandbox_choose_identity(const struct policy *policy, struct identity *identity);
void sandbox_enter_namespaces(const struct identity *identity);

// mounts.c
void sandbox_build_view(const struct policy *policy, const struct identity *identity, uint32_t *features);
bool sandbox_mount_proc(const struct policy *policy, const struct identity *identity);
int sandbox_clone_tree(const struct identity *identity, const char *path, bool must_exist);

// workspace.c
/// Lays a private writable layer over the detached mount `lower`, which it takes over, and mounts both at `target`.
/// `name` tells the layers of one run apart. Returns 0 or an errno value.
int sandbox_mount_copy(const struct identity *identity, int scratch, int lower, const char *target, const char *name);
void sandbox_mount_workspace(
  const struct policy *policy, const struct identity *identity, int scratch, int lower, uint32_t *features);
void sandbox_apply_changes(const struct policy *policy);
/// Removes a file, link or directory without following links. Returns false with errno.
bool sandbox_remove_tree(int parent, const char *name, int depth);

// privileges.c
void sandbox_drop_privileges(const struct identity *identity);

// limits.c
void sandbox_set_limits(const struct policy *policy);
void sandbox_prefer_for_oom_killer(void);

// landlock.c
int sandbox_landlock_abi(void);
/// A ruleset's descriptor for `sandbox_enforce_landlock`, or -1 where the kernel has no usable Landlock.
int sandbox_prepare_landlock(const struct policy *policy, int abi);
void sandbox_enforce_landlock(int ruleset);

// seccomp.c
void sandbox_install_filter(void);

// collect.c
void sandbox_collect(const struct policy *policy);

// init.c
/// Runs as the sandbox's pid 1; never returns. `lifeline` is a pipe that ends when the launcher dies.
_Noreturn void sandbox_init(const struct policy *policy, const struct identity *identity, int lifeline, uint32_t features);
/// Runs the command in the calling process; never returns.
_Noreturn void sandbox_execute(const struct policy *policy);

// unisolated.c
_Noreturn void sandbox_run_unisolated(struct policy *policy);

#endif
