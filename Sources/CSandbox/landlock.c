#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

// The second wall: should a mount ever be wrong, Landlock still lets nothing be written outside the private
// directories, no process outside be traced or signalled, and no abstract socket outside be reached. The layouts
// and bits are the kernel's (Documentation/userspace-api/landlock.rst); headers of Linux 6.1 lack the newer ones.

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

struct ruleset_attr {
  uint64_t handled_access_fs;
  uint64_t handled_access_net;
  uint64_t scoped;
};

struct path_beneath_attr {
  uint64_t allowed_access;
  int32_t parent_fd;
} __attribute__((packed));

enum { CREATE_RULESET_VERSION = 1, RULE_PATH_BENEATH = 1 };

#define FS_EXECUTE (1ull << 0)
#define FS_WRITE_FILE (1ull << 1)
#define FS_READ_FILE (1ull << 2)
#define FS_READ_DIR (1ull << 3)
#define FS_ABI_1 ((1ull << 13) - 1)
#define FS_REFER (1ull << 13)
#define FS_TRUNCATE (1ull << 14)
#define FS_IOCTL_DEV (1ull << 15)
#define FS_MAKE_CHAR (1ull << 6)
#define FS_MAKE_BLOCK (1ull << 11)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)
#define SCOPE_SIGNAL (1ull << 1)

/// What a single file can be granted; the rest only makes sense for directories.
#define FS_OF_FILE (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

int sandbox_landlock_abi(void) {
  int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
  return abi < 0 ? 0 : abi;
}

static void allow(int ruleset, const char *path, uint64_t access) {
  int descriptor = open(path, O_PATH | O_CLOEXEC);
  if (descriptor < 0 && errno == ENOENT) return;
  struct stat status;
  if (descriptor < 0 || fstat(descriptor, &status) != 0) sandbox_fail(BATON_SANDBOX_STAGE_LANDLOCK, errno, path);
  if (!S_ISDIR(status.st_mode)) access &= FS_OF_FILE;
  struct path_beneath_attr rule = {.allowed_access = access, .parent_fd = descriptor};
  if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_LANDLOCK, errno, path);
  close(descriptor);
}

int sandbox_prepare_landlock(const struct policy *policy, int abi) {
  // The first version forbids every rename between directories: test suites would break.
  if (abi < 2) return -1;
  uint64_t handled = FS_ABI_1 | FS_REFER;
  if (abi >= 3) handled |= FS_TRUNCATE;
  if (abi >= 5) handled |= FS_IOCTL_DEV;
  struct ruleset_attr attr = {.handled_access_fs = handled};
  if (abi >= 6) attr.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
  size_t size = abi >= 6 ? sizeof attr : abi >= 4 ? 16 : 8;
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
  if (ruleset < 0) sandbox_fail(BATON_SANDBOX_STAGE_LANDLOCK, errno, "ruleset");

  uint64_t writable = handled & ~(FS_MAKE_CHAR | FS_MAKE_BLOCK);
  allow(ruleset, "/", FS_EXECUTE | FS_READ_FILE | FS_READ_DIR);
  allow(ruleset, policy->root, writable);
  static const char *const private[] = {"/tmp", "/var/tmp", "/run", "/dev/shm", "/dev/pts"};
  for (size_t index = 0; index < sizeof private / sizeof *private; index++) allow(ruleset, private[index], writable);
  for (size_t index = 0; index < policy->masks.count; index++) allow(ruleset, policy->masks.items[index], writable);
  for (size_t index = 0; index < policy->caches.count; index++) allow(ruleset, policy->caches.items[index], writable);
  static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
  uint64_t device = handled & (FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV);
  for (size_t index = 0; index < sizeof devices / sizeof *devices; index++) allow(ruleset, devices[index], device);
  allow(ruleset, "/proc", handled & (FS_WRITE_FILE | FS_READ_FILE | FS_READ_DIR | FS_EXECUTE | FS_TRUNCATE));
  return ruleset;
}

void sandbox_enforce_landlock(int ruleset) {
  if (ruleset < 0) return;
  if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_LANDLOCK, errno, "restrict");
  close(ruleset);
}
