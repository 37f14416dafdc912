#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

// What is given up here never comes back: no capability in any set, none to be had from a uid or a file, and the bits
// that say so are locked.

static void check(int result, const char *what) {
  if (result != 0) sandbox_fail(BATON_SANDBOX_STAGE_PRIVILEGES, errno, what);
}

void sandbox_drop_privileges(const struct identity *identity) {
  // The bounding set ends where the kernel knows no further capability.
  int capability = 0;
  while (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) capability++;
  if (errno != EINVAL || capability == 0) sandbox_fail(BATON_SANDBOX_STAGE_PRIVILEGES, errno, "bounding set");
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL)
    sandbox_fail(BATON_SANDBOX_STAGE_PRIVILEGES, errno, "ambient set");
  check(
    prctl(
      PR_SET_SECUREBITS,
      SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED
        | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
      0, 0, 0),
    "securebits");
  if (identity->mapped) {
    check(setgroups(0, NULL), "setgroups");
    check(setresgid(identity->gid, identity->gid, identity->gid), "setresgid");
    check(setresuid(identity->uid, identity->uid, identity->uid), "setresuid");
  }
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  memset(data, 0, sizeof data);
  check((int)syscall(SYS_capset, &header, data), "capset");
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}
