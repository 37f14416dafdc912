#ifndef BATON_CSANDBOX_KERNEL_H
#define BATON_CSANDBOX_KERNEL_H

// System calls and constants that are newer than the C library or the kernel headers of the oldest supported build
// machine (Debian 12: glibc 2.36, Linux 6.1). Numbers of calls are the same on every architecture since 424.

#include <fcntl.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

#define KERNEL_OPEN_TREE_CLONE 1u
#define KERNEL_OPEN_TREE_CLOEXEC O_CLOEXEC
#define KERNEL_AT_RECURSIVE 0x8000u
#define KERNEL_MOVE_MOUNT_F_EMPTY_PATH 0x4u
#define KERNEL_MOVE_MOUNT_T_EMPTY_PATH 0x40u
#define KERNEL_MOUNT_ATTR_RDONLY 0x1u
#define KERNEL_MOUNT_ATTR_NOSUID 0x2u
#define KERNEL_MOUNT_ATTR_NODEV 0x4u
#define KERNEL_MOUNT_ATTR_IDMAP 0x100000u

struct kernel_mount_attr {
  uint64_t attr_set;
  uint64_t attr_clr;
  uint64_t propagation;
  uint64_t userns_fd;
};

static inline int kernel_open_tree(int directory, const char *path, unsigned flags) {
  return (int)syscall(SYS_open_tree, directory, path, flags);
}

static inline int kernel_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
  return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}

static inline int kernel_mount_setattr(int directory, const char *path, unsigned flags, struct kernel_mount_attr *attr) {
  return (int)syscall(SYS_mount_setattr, directory, path, flags, attr, sizeof *attr);
}

static inline int kernel_close_range(unsigned first, unsigned last, unsigned flags) {
  return (int)syscall(SYS_close_range, first, last, flags);
}

static inline int kernel_pidfd_open(pid_t pid) {
  return (int)syscall(SYS_pidfd_open, pid, 0);
}

#endif
