#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
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

enum action { ALLOW, DENY, NO_SYSTEM_CALL, CHECK_CLONE, CHECK_IOCTL, CHECK_SOCKET, ACTION_COUNT };

struct rule {
  uint32_t number;
  enum action action;
};

static struct rule rules[] = {
  // Paths around other rules of this filter: io_uring_setup, io_uring_enter, io_uring_register.
  {425, DENY}, {426, DENY}, {427, DENY},
  // The user's keyrings.
  {SYS_add_key, DENY}, {SYS_request_key, DENY}, {SYS_keyctl, DENY},
  // Large attack surfaces.
  {SYS_bpf, DENY}, {SYS_perf_event_open, DENY}, {SYS_userfaultfd, DENY},
  // The view, with open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr, open_tree_attr.
  {SYS_mount, DENY}, {SYS_umount2, DENY}, {SYS_pivot_root, DENY}, {SYS_chroot, DENY}, {428, DENY}, {429, DENY},
  {430, DENY}, {431, DENY}, {432, DENY}, {433, DENY}, {442, DENY}, {467, DENY}, {SYS_open_by_handle_at, DENY},
  // Namespaces. The flags of clone3 are behind a pointer; the C libraries go back to clone on ENOSYS.
  {SYS_unshare, DENY}, {SYS_setns, DENY}, {SYS_clone, CHECK_CLONE}, {SYS_clone3, NO_SYSTEM_CALL},
  // The machine.
  {SYS_init_module, DENY}, {SYS_finit_module, DENY}, {SYS_delete_module, DENY}, {SYS_kexec_load, DENY},
  {SYS_kexec_file_load, DENY}, {SYS_reboot, DENY}, {SYS_swapon, DENY}, {SYS_swapoff, DENY}, {SYS_acct, DENY},
  {SYS_quotactl, DENY}, {SYS_settimeofday, DENY}, {SYS_clock_settime, DENY}, {SYS_adjtimex, DENY},
  {SYS_clock_adjtime, DENY}, {SYS_syslog, DENY}, {SYS_vhangup, DENY}, {SYS_nfsservctl, DENY},
#if defined(__x86_64__)
  {SYS_iopl, DENY}, {SYS_ioperm, DENY}, {SYS_modify_ldt, DENY},
#endif
  // Typing into a terminal, and socket families that reach past the network namespace.
  {SYS_ioctl, CHECK_IOCTL}, {SYS_socket, CHECK_SOCKET},
};

static const uint16_t allowed_families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

enum {
  RULE_COUNT = sizeof rules / sizeof *rules,
  FAMILY_COUNT = sizeof allowed_families / sizeof *allowed_families,
  PROGRAM_MAX = 3 * RULE_COUNT + FAMILY_COUNT + 32,
};

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
// Low words of the arguments; both architectures are little-endian.
#define LOAD_ARGUMENT(index) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[index]))
#define IF_EQUAL(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (then), (otherwise))
#define IF_AT_LEAST(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (value), (then), (otherwise))
#define IF_ANY_BIT(value, then, otherwise) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (value), (then), (otherwise))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define RETURN_ERROR(number) RETURN(SECCOMP_RET_ERRNO | (number))

struct program {
  struct sock_filter code[PROGRAM_MAX];
  unsigned length;
  /// Jumps whose target is the code of an action, which comes last.
  struct {
    unsigned at;
    enum action action;
  } jumps[RULE_COUNT];
  unsigned jump_count;
};

#define ADD(program, ...) (program)->code[(program)->length++] = (struct sock_filter)__VA_ARGS__

static int by_number(const void *left, const void *right) {
  uint32_t a = ((const struct rule *)left)->number, b = ((const struct rule *)right)->number;
  return (a > b) - (a < b);
}

/// Finds the rule by halving. When a filter is installed the kernel runs it once for every system call to learn which
/// are always allowed, so a chain of comparisons would cost more than a run of /bin/true takes in them.
static void add_search(struct program *program, unsigned first, unsigned end) {
  if (end - first > 3) {
    unsigned middle = first + (end - first) / 2;
    unsigned branch = program->length;
    ADD(program, IF_AT_LEAST(rules[middle].number, 0, 0));
    add_search(program, first, middle);
    program->code[branch].jt = (uint8_t)(program->length - branch - 1);
    add_search(program, middle, end);
    return;
  }
  for (unsigned index = first; index < end; index++) {
    program->jumps[program->jump_count].at = program->length;
    program->jumps[program->jump_count++].action = rules[index].action;
    ADD(program, IF_EQUAL(rules[index].number, 0, 0));
  }
  ADD(program, RETURN(SECCOMP_RET_ALLOW));
}

static void add_action(struct program *program, enum action action) {
  switch (action) {
  case DENY: ADD(program, RETURN_ERROR(EPERM)); break;
  case NO_SYSTEM_CALL: ADD(program, RETURN_ERROR(ENOSYS)); break;
  case CHECK_CLONE:
    ADD(program, LOAD_ARGUMENT(0));
    ADD(program, IF_ANY_BIT((uint32_t)NAMESPACE_FLAGS, 0, 1));
    ADD(program, RETURN_ERROR(EPERM));
    ADD(program, RETURN(SECCOMP_RET_ALLOW));
    break;
  case CHECK_IOCTL:
    ADD(program, LOAD_ARGUMENT(1));
    ADD(program, IF_EQUAL(TIOCSTI, 1, 0));
    ADD(program, IF_EQUAL(TIOCLINUX, 0, 1));
    ADD(program, RETURN_ERROR(EPERM));
    ADD(program, RETURN(SECCOMP_RET_ALLOW));
    break;
  case CHECK_SOCKET:
    ADD(program, LOAD_ARGUMENT(0));
    for (unsigned index = 0; index < FAMILY_COUNT; index++) {
      ADD(program, IF_EQUAL(allowed_families[index], FAMILY_COUNT - index, 0));
    }
    ADD(program, RETURN_ERROR(EAFNOSUPPORT));
    ADD(program, RETURN(SECCOMP_RET_ALLOW));
    break;
  default: break;
  }
}

void sandbox_install_filter(void) {
  struct program program = {.length = 0};
  qsort(rules, RULE_COUNT, sizeof *rules, by_number);
  ADD(&program, LOAD(arch));
  ADD(&program, IF_EQUAL(NATIVE_ARCHITECTURE, 1, 0));
  ADD(&program, RETURN(SECCOMP_RET_KILL_PROCESS));
  ADD(&program, LOAD(nr));
#if defined(__x86_64__)
  ADD(&program, IF_ANY_BIT(X32_BIT, 0, 1));
  ADD(&program, RETURN(SECCOMP_RET_KILL_PROCESS));
#endif
  add_search(&program, 0, RULE_COUNT);
  for (enum action action = DENY; action < ACTION_COUNT; action++) {
    for (unsigned index = 0; index < program.jump_count; index++) {
      if (program.jumps[index].action != action) continue;
      unsigned distance = program.length - program.jumps[index].at - 1;
      // A jump reaches 255 instructions; the program is shorter, unless somebody adds many rules.
      if (distance > UINT8_MAX) sandbox_fail(BATON_SANDBOX_STAGE_SECCOMP, E2BIG, "filter");
      program.code[program.jumps[index].at].jt = (uint8_t)distance;
    }
    add_action(&program, action);
  }

  struct sock_fprog filter = {.len = (unsigned short)program.length, .filter = program.code};
  // Without this flag kernels before 5.16 slow every process with a filter down against speculation attacks that
  // separate address spaces already hold off. Kernels that do not know it (before 4.17) are too old for the rest.
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SPECULATION_ALLOWED, &filter) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_SECCOMP, errno, "filter");
}
