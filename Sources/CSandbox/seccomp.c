#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

// A deny list: an allow list breaks tool chains with every new system call. The namespaces already contain files,
// processes and the network; the filter takes away what they do not contain, or what kernel bugs were mostly found
// in, and what no test suite needs.

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the sandbox's filter is written for x86_64 and aarch64"
#endif

#define X32_BIT 0x40000000u
#define SPECULATION_ALLOWED 4u
#define NAMESPACE_FLAGS \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

/// Answered with EPERM whatever the arguments.
static const uint16_t denied[] = {
  // Paths around other rules of this filter.
  425, 426, 427, /* io_uring_setup, io_uring_enter, io_uring_register */
  // The user's keyrings.
  SYS_add_key, SYS_request_key, SYS_keyctl,
  // Large attack surfaces.
  SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
  // The view.
  SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot,
  428, 429, 430, 431, 432, 433, 442, /* open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr */
  467, /* open_tree_attr */
  // Namespaces; clone is checked by its flags.
  SYS_unshare, SYS_setns,
  SYS_open_by_handle_at,
  // The machine.
  SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_reboot,
  SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex,
  SYS_clock_adjtime, SYS_syslog, SYS_vhangup, SYS_nfsservctl,
#if defined(__x86_64__)
  SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
};

static const uint16_t allowed_families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

enum {
  DENIED_COUNT = sizeof denied / sizeof *denied,
  FAMILY_COUNT = sizeof allowed_families / sizeof *allowed_families,
  PROGRAM_MAX = DENIED_COUNT + FAMILY_COUNT + 48,
};

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
// Low words of the arguments; both architectures are little-endian.
#define LOAD_ARGUMENT(index) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[index]))
#define IF_EQUAL(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then), (otherwise))
#define IF_ANY_BIT(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (value), (then), (otherwise))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define RETURN_ERROR(number) RETURN(SECCOMP_RET_ERRNO | (number))

void sandbox_install_filter(void) {
  struct sock_filter program[PROGRAM_MAX];
  unsigned length = 0;
#define ADD(...) program[length++] = (struct sock_filter)__VA_ARGS__
  ADD(LOAD(arch));
  ADD(IF_EQUAL(NATIVE_ARCHITECTURE, 1, 0));
  ADD(RETURN(SECCOMP_RET_KILL_PROCESS));
  ADD(LOAD(nr));
#if defined(__x86_64__)
  ADD(IF_ANY_BIT(X32_BIT, 0, 1));
  ADD(RETURN(SECCOMP_RET_KILL_PROCESS));
#endif
  ADD(IF_EQUAL(SYS_clone3, 0, 1));
  // Its flags are behind a pointer; the C libraries go back to clone on this error.
  ADD(RETURN_ERROR(ENOSYS));

  ADD(IF_EQUAL(SYS_clone, 0, 4));
  ADD(LOAD_ARGUMENT(0));
  ADD(IF_ANY_BIT((uint32_t)NAMESPACE_FLAGS, 0, 1));
  ADD(RETURN_ERROR(EPERM));
  ADD(RETURN(SECCOMP_RET_ALLOW));

  ADD(IF_EQUAL(SYS_ioctl, 0, 5));
  ADD(LOAD_ARGUMENT(1));
  ADD(IF_EQUAL(TIOCSTI, 1, 0));
  ADD(IF_EQUAL(TIOCLINUX, 0, 1));
  ADD(RETURN_ERROR(EPERM));
  ADD(RETURN(SECCOMP_RET_ALLOW));

  ADD(IF_EQUAL(SYS_socket, 0, FAMILY_COUNT + 3));
  ADD(LOAD_ARGUMENT(0));
  for (unsigned index = 0; index < FAMILY_COUNT; index++) {
    ADD(IF_EQUAL(allowed_families[index], FAMILY_COUNT - index, 0));
  }
  ADD(RETURN_ERROR(EAFNOSUPPORT));
  ADD(RETURN(SECCOMP_RET_ALLOW));

  for (unsigned index = 0; index < DENIED_COUNT; index++) {
    ADD(IF_EQUAL(denied[index], DENIED_COUNT - index, 0));
  }
  ADD(RETURN(SECCOMP_RET_ALLOW));
  ADD(RETURN_ERROR(EPERM));
#undef ADD

  struct sock_fprog filter = {.len = (unsigned short)length, .filter = program};
  // Without this flag kernels before 5.16 slow every process with a filter down against speculation attacks that
  // separate address spaces already hold off. Kernels that do not know it (before 4.17) are too old for the rest.
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SPECULATION_ALLOWED, &filter) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_SECCOMP, errno, "filter");
}
