#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

// The sandbox's pid 1. It has the command's own uid and no capability, but cannot be traced or read by the command
// (non-dumpable) nor signalled by it (pid 1). When it dies, the kernel kills everything in the sandbox.

/// How often the run's processes and memory are summed up. Runs shorter than this are never disturbed.
enum { WATCH_MILLISECONDS = 100 };

extern char **environ;

static uint64_t now_microseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u;
}

/// Whether a pipe's only writer is gone.
static bool has_ended(int pipe) {
  struct pollfd poll_entry = {.fd = pipe};
  return poll(&poll_entry, 1, 0) > 0 && (poll_entry.revents & POLLHUP) != 0;
}

void sandbox_execute(const struct policy *policy) {
  (void)signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (chdir(policy->directory) != 0) sandbox_fail(BATON_SANDBOX_STAGE_DIRECTORY, errno, policy->directory);
  environ = (char **)policy->environment.items;
  execvp(policy->arguments.items[0], (char *const *)policy->arguments.items);
  sandbox_fail(BATON_SANDBOX_STAGE_EXECUTE, errno, policy->arguments.items[0]);
}

/// The command shares this process's memory until its exec: no page tables are copied. All it writes there is
/// `environ` and the order of the filter's rules, which nobody reads afterwards, and it never returns.
static pid_t start_command(const struct policy *policy, int ruleset) {
  pid_t child = vfork();
  if (child < 0) sandbox_fail(BATON_SANDBOX_STAGE_FORK, errno, "command");
  if (child > 0) return child;
  // A process group of its own, or `kill(0, …)` would reach the launcher outside. The session is the launcher's, which
  // has no terminal: one more would also be one more scheduling group, which waits its turn on a busy machine.
  (void)setpgid(0, 0);
  sandbox_set_limits(policy);
  sandbox_enforce_landlock(ruleset);
  sandbox_install_filter();
  sandbox_execute(policy);
}

/// Private memory of one process in pages, from the kernel's "size resident shared …"; 0 when it is gone.
static uint64_t private_pages(int proc, const char *pid) {
  char path[300], text[128];
  snprintf(path, sizeof path, "%s/statm", pid);
  int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = 0;
  unsigned long long size, resident, shared;
  if (sscanf(text, "%llu %llu %llu", &size, &resident, &shared) != 3) return 0;
  return resident > shared ? resident - shared : 0;
}

/// The limit of the whole run that is exceeded now, if any. Limits of the kernel count one process or one uid; this
/// is for memory spread over many, and for root's uid, which the kernel does not count.
static enum baton_sandbox_limit_hit check_run(const struct policy *policy) {
  DIR *directory = opendir("/proc");
  if (!directory) return BATON_SANDBOX_HIT_NONE;
  uint64_t processes = 0, pages = 0;
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    processes++;
    pages += private_pages(dirfd(directory), entry->d_name);
  }
  closedir(directory);
  // pid 1 is not the run's own.
  if (processes > policy->limits[BATON_SANDBOX_LIMIT_PROCESSES] + 1) return BATON_SANDBOX_HIT_PROCESSES;
  uint64_t bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
  if (bytes > policy->limits[BATON_SANDBOX_LIMIT_MEMORY_BYTES]) return BATON_SANDBOX_HIT_MEMORY;
  return BATON_SANDBOX_HIT_NONE;
}

/// Reaps until the command ended or a limit was hit. Returns whether `status` holds the command's own end.
static bool await_command(
  const struct policy *policy, pid_t command, uint64_t deadline, bool watches, int *status,
  enum baton_sandbox_limit_hit *hit) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  uint64_t next_watch = now_microseconds() + WATCH_MILLISECONDS * 1000u;
  for (;;) {
    int ended;
    for (pid_t pid; (pid = waitpid(-1, &ended, WNOHANG)) > 0;) {
      if (pid != command) continue;
      *status = ended;
      return true;
    }
    uint64_t now = now_microseconds();
    if (now >= deadline) {
      *hit = BATON_SANDBOX_HIT_WALL;
      return false;
    }
    if (watches && now >= next_watch) {
      *hit = check_run(policy);
      if (*hit != BATON_SANDBOX_HIT_NONE) return false;
      now = now_microseconds();
      next_watch = now + WATCH_MILLISECONDS * 1000u;
    }
    uint64_t wake = watches && next_watch < deadline ? next_watch : deadline;
    uint64_t wait = wake > now ? wake - now : 1;
    struct timespec timeout = {.tv_sec = (time_t)(wait / 1000000u), .tv_nsec = (long)(wait % 1000000u) * 1000};
    (void)sigtimedwait(&children, NULL, &timeout);
  }
}

/// Kills and reaps everything that is left. `status` is set if the command is among it.
static void end_everything(pid_t command, int *status) {
  for (;;) {
    (void)kill(-1, SIGKILL);
    int ended;
    pid_t pid = waitpid(-1, &ended, 0);
    if (pid == command) *status = ended;
    if (pid < 0 && errno == ECHILD) return;
  }
}

void sandbox_init(const struct policy *policy, const struct identity *identity, int lifeline, uint32_t features) {
  bool has_proc = sandbox_mount_proc(policy, identity);
  sandbox_drop_privileges(identity);
  // After the change of uid, which would clear both.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_PRIVILEGES, errno, "pid 1");
  if (has_ended(lifeline)) _exit(0);

  int abi = sandbox_landlock_abi();
  int ruleset = sandbox_prepare_landlock(policy, abi);
  // The machine's own /proc shows other processes' environments; only Landlock closes them then.
  if (!has_proc && ruleset < 0) sandbox_fail(BATON_SANDBOX_STAGE_LANDLOCK, ENOSYS, "needed where /proc is inherited");
  sandbox_apply_changes(policy);

  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  features |= BATON_SANDBOX_FEATURE_ISOLATED;
  if (has_proc) features |= BATON_SANDBOX_FEATURE_FRESH_PROC;
  if (ruleset >= 0) features |= BATON_SANDBOX_FEATURE_LANDLOCK;
  struct baton_sandbox_status report = {
    .kind = BATON_SANDBOX_STATUS_STARTED, .features = features, .landlock_abi = (uint32_t)abi};
  sandbox_report(&report);

  uint64_t start = now_microseconds();
  uint64_t deadline = start + policy->limits[BATON_SANDBOX_LIMIT_WALL_MILLISECONDS] * 1000u;
  pid_t command = start_command(policy, ruleset);
  if (ruleset >= 0) close(ruleset);
  // The command alone holds its pipes, so that their ends are seen when it and its children are gone.
  sandbox_close_standard_descriptors();

  enum baton_sandbox_limit_hit hit = BATON_SANDBOX_HIT_NONE;
  int status = SIGKILL;
  (void)await_command(policy, command, deadline, has_proc, &status, &hit);
  uint64_t end = now_microseconds();
  end_everything(command, &status);
  sandbox_collect(policy);

  report.limit_hit = hit;
  sandbox_report_end(&report, status, end - start);
  _exit(0);
}
