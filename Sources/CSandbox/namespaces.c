#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "internal.h"
#include "kernel.h"

// Root must not stay root inside. Where the kernel can show files under another owner (idmapped mounts, Linux 5.19
// for overlay layers), the command gets a uid that nothing else on the machine has; a run's number is part of it, so
// that limits which count per uid count one run. The workspace owner's files are then shown as that uid's own.

/// Above every range that systemd or container engines hand out, below 2^31.
#define RUN_ID_BASE 0x70000000u
#define RUN_ID_COUNT 0x00400000u
/// Where the ids of other owners are shown: nobody has these either.
#define OTHER_ID_BASE 0x78000000u
#define OTHER_ID_COUNT 65536u

static int write_file(const char *path, const char *text) {
  int descriptor = open(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  ssize_t written = write(descriptor, text, strlen(text));
  int error = errno;
  close(descriptor);
  errno = error;
  return written < 0 ? -1 : 0;
}

/// Whether the caller is root of the machine or of a container that maps every id: setuid to any id works.
static bool is_real_root(void) {
  if (geteuid() != 0) return false;
  char text[128] = {0};
  int descriptor = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  ssize_t count = read(descriptor, text, sizeof text - 1);
  close(descriptor);
  unsigned inside, outside, length;
  if (count <= 0 || sscanf(text, "%u %u %u", &inside, &outside, &length) != 3) return false;
  return inside == 0 && outside == 0 && length == UINT32_MAX;
}

/// A map that shows `owner` as `run` and every other id below 65536 as one that nobody has.
static void format_id_map(char *text, size_t size, unsigned owner, unsigned run) {
  if (owner >= OTHER_ID_COUNT) {
    snprintf(text, size, "0 %u %u\n%u %u 1\n", OTHER_ID_BASE, OTHER_ID_COUNT, owner, run);
    return;
  }
  int length = 0;
  if (owner > 0) length = snprintf(text, size, "0 %u %u\n", OTHER_ID_BASE, owner);
  length += snprintf(text + length, size - (size_t)length, "%u %u 1\n", owner, run);
  if (owner + 1 < OTHER_ID_COUNT) {
    snprintf(
      text + length, size - (size_t)length, "%u %u %u\n", owner + 1, OTHER_ID_BASE + owner + 1,
      OTHER_ID_COUNT - owner - 1);
  }
}

static int wait_for_gate(void *argument) {
  char byte;
  while (read(*(int *)argument, &byte, 1) < 0 && errno == EINTR) {}
  return 0;
}

/// Opens a user namespace with the two maps. A namespace needs a process for a moment: a thread-like child that shares
/// memory is the cheapest. Returns -1 with errno.
static int open_map_namespace(const char *uid_map, const char *gid_map) {
  static char stack[16 * 1024] __attribute__((aligned(16)));
  int gate[2];
  if (pipe2(gate, O_CLOEXEC) != 0) return -1;
  pid_t child = clone(wait_for_gate, stack + sizeof stack, CLONE_VM | CLONE_NEWUSER | SIGCHLD, &gate[0]);
  int result = -1;
  int error = errno;
  if (child > 0) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/uid_map", child);
    bool mapped = write_file(path, uid_map) == 0;
    snprintf(path, sizeof path, "/proc/%d/gid_map", child);
    mapped = mapped && write_file(path, gid_map) == 0;
    snprintf(path, sizeof path, "/proc/%d/ns/user", child);
    if (mapped) result = open(path, O_RDONLY | O_CLOEXEC);
    error = errno;
    // The child has its own copy of the gate's write end, so closing ours would not wake it.
    (void)!write(gate[1], "", 1);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
  }
  close(gate[0]);
  close(gate[1]);
  errno = error;
  return result;
}

void sandbox_choose_identity(const struct policy *policy, struct identity *identity) {
  *identity = (struct identity){.uid = geteuid(), .gid = getegid(), .map_descriptor = -1, .workspace = -1};
  if (!is_real_root()) return;
  identity->root_uid = true;
  struct stat status;
  if (stat(policy->root, &status) != 0) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, errno, policy->root);
  if (policy->options & BATON_SANDBOX_OPTION_NO_IDENTITY_MAP) return;

  unsigned run = RUN_ID_BASE + (unsigned)getpid() % RUN_ID_COUNT;
  char uid_map[128], gid_map[128];
  format_id_map(uid_map, sizeof uid_map, status.st_uid, run);
  format_id_map(gid_map, sizeof gid_map, status.st_gid, run);
  int map = open_map_namespace(uid_map, gid_map);
  if (map < 0) return;
  // The file system decides whether it can be shown under other ids: ask with the workspace itself.
  struct identity candidate = {.mapped = true, .uid = run, .gid = run, .map_descriptor = map};
  candidate.workspace = sandbox_clone_tree(&candidate, policy->root, false);
  if (candidate.workspace >= 0) {
    *identity = candidate;
  } else {
    close(map);
  }
}

static void write_own_map(const char *path, unsigned id) {
  char text[64];
  snprintf(text, sizeof text, "%u %u 1\n", id, id);
  if (write_file(path, text) != 0) sandbox_fail(BATON_SANDBOX_STAGE_USER_NAMESPACE, errno, path);
}

static void bring_loopback_up(void) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) sandbox_fail(BATON_SANDBOX_STAGE_NETWORK, errno, "socket");
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  if (ioctl(descriptor, SIOCSIFFLAGS, &request) != 0) sandbox_fail(BATON_SANDBOX_STAGE_NETWORK, errno, "lo");
  close(descriptor);
}

void sandbox_enter_namespaces(const struct identity *identity) {
  int spaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWNET;
  if (!identity->mapped) {
    if (unshare(CLONE_NEWUSER) != 0) sandbox_fail(BATON_SANDBOX_STAGE_USER_NAMESPACE, errno, "unshare");
    write_own_map("/proc/self/uid_map", identity->uid);
    if (write_file("/proc/self/setgroups", "deny") != 0)
      sandbox_fail(BATON_SANDBOX_STAGE_USER_NAMESPACE, errno, "/proc/self/setgroups");
    write_own_map("/proc/self/gid_map", identity->gid);
  }
  if (unshare(spaces) != 0) sandbox_fail(BATON_SANDBOX_STAGE_NAMESPACES, errno, "unshare");
  bring_loopback_up();
}
