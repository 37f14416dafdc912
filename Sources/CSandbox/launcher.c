#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "include/CSandbox.h"
#include "internal.h"
#include "kernel.h"

// The process that the daemon starts. It builds the sandbox around itself, forks pid 1 into it and stays outside as
// its keeper: when the daemon asks (SIGTERM), when the daemon is gone, or when pid 1 itself fails to keep the
// deadline, it kills pid 1 and leaves only after the whole tree is gone.

/// Time that pid 1 has beyond the command's deadline to end the run, collect files and report.
enum { GRACE_MILLISECONDS = 2000 };

static long long now_milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void prepare_process(void) {
  // Signals have their defaults: the daemon starts every program so. A vanished reader is an error of `write`, not the
  // end of the keeper.
  (void)signal(SIGPIPE, SIG_IGN);
  sigset_t asked;
  sigemptyset(&asked);
  sigaddset(&asked, SIGTERM);
  sigaddset(&asked, SIGINT);
  sigaddset(&asked, SIGHUP);
  sigprocmask(SIG_SETMASK, &asked, NULL);
  // Keys pressed in a terminal go to the daemon, not to its runs.
  (void)setsid();
  (void)umask(022);
  (void)kernel_close_range(BATON_SANDBOX_FILES_DESCRIPTOR + 1, ~0u, 0);
  for (int descriptor = BATON_SANDBOX_POLICY_DESCRIPTOR; descriptor <= BATON_SANDBOX_FILES_DESCRIPTOR; descriptor++) {
    (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
}

/// Lets the run's uid open its own pipes again by name (`> /dev/stderr`). Only pipes: a null device is the machine's.
static void own_standard_pipes(const struct identity *identity) {
  for (int descriptor = 0; identity->mapped && descriptor < 3; descriptor++) {
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISFIFO(status.st_mode)) continue;
    (void)!fchown(descriptor, identity->uid, identity->gid);
  }
}

/// Reports for a pid 1 that could not: killed by us past its deadline, or by the kernel, which is out of memory.
static void report_lost_init(bool past_deadline) {
  struct baton_sandbox_status report = {.kind = BATON_SANDBOX_STATUS_ENDED, .wait_status = SIGKILL};
  report.limit_hit = past_deadline ? BATON_SANDBOX_HIT_WALL : BATON_SANDBOX_HIT_MEMORY;
  sandbox_report(&report);
}

static int keep(const struct policy *policy, pid_t init) {
  sigset_t asked;
  sigprocmask(SIG_SETMASK, NULL, &asked);
  int signals = signalfd(-1, &asked, SFD_CLOEXEC);
  int process = kernel_pidfd_open(init);
  if (signals < 0 || process < 0) {
    int error = errno;
    (void)kill(init, SIGKILL);
    sandbox_fail(BATON_SANDBOX_STAGE_FORK, error, "keeper");
  }
  long long deadline =
    now_milliseconds() + (long long)policy->limits[BATON_SANDBOX_LIMIT_WALL_MILLISECONDS] + GRACE_MILLISECONDS;
  bool past_deadline = false, asked_to_end = false;
  for (;;) {
    // The status pipe is watched for the death of its reader, the daemon. PDEATHSIG would follow the thread that
    // started us, which may end while the daemon goes on.
    struct pollfd events[] = {
      {.fd = process, .events = POLLIN}, {.fd = signals, .events = POLLIN}, {.fd = BATON_SANDBOX_STATUS_DESCRIPTOR}};
    long long left = deadline - now_milliseconds();
    int timeout = left <= 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
    int count = poll(events, 3, timeout);
    if (count < 0 && errno == EINTR) continue;
    if (events[0].revents) break;
    asked_to_end = events[1].revents || events[2].revents || count < 0;
    past_deadline = !asked_to_end && now_milliseconds() >= deadline;
    if (asked_to_end || past_deadline) {
      (void)kill(init, SIGKILL);
      break;
    }
  }
  int status = 0;
  while (waitpid(init, &status, 0) < 0 && errno == EINTR) {}
  if (WIFSIGNALED(status) && !asked_to_end) report_lost_init(past_deadline);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

int baton_sandbox_main(int argc, char **argv) {
  (void)argv;
  struct stat descriptor;
  if (argc > 1 || fstat(BATON_SANDBOX_STATUS_DESCRIPTOR, &descriptor) != 0 || !S_ISFIFO(descriptor.st_mode)) {
    fputs("baton-sandbox is started by baton, with a policy on descriptor 3 and pipes on 4 and 5.\n", stderr);
    return 64;
  }
  prepare_process();
  struct policy policy;
  sandbox_read_policy(BATON_SANDBOX_POLICY_DESCRIPTOR, &policy);
  sandbox_prefer_for_oom_killer();
  if (policy.options & BATON_SANDBOX_OPTION_NO_ISOLATION) sandbox_run_unisolated(&policy);

  struct identity identity;
  sandbox_choose_identity(&policy, &identity);
  own_standard_pipes(&identity);
  sandbox_enter_namespaces(&identity);
  uint32_t features = 0;
  if (identity.mapped) features |= BATON_SANDBOX_FEATURE_IDENTITY_MAP;
  if (identity.root_uid) features |= BATON_SANDBOX_FEATURE_ROOT_UID;
  sandbox_build_view(&policy, &identity, &features);

  int lifeline[2];
  if (pipe2(lifeline, O_CLOEXEC) != 0) sandbox_fail(BATON_SANDBOX_STAGE_FORK, errno, "lifeline");
  pid_t init = fork();
  if (init < 0) sandbox_fail(BATON_SANDBOX_STAGE_FORK, errno, "pid 1");
  if (init == 0) {
    close(lifeline[1]);
    sandbox_init(&policy, &identity, lifeline[0], features);
  }
  close(lifeline[0]);
  sandbox_close_standard_descriptors();
  close(BATON_SANDBOX_FILES_DESCRIPTOR);
  return keep(&policy, init);
}
