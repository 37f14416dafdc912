#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

// No isolation, by the user's own word: the command runs as the user, with limits, in a copy of the workspace. What
// the sandbox promises is kept as far as ordinary processes can: the real workspace is not the one that is written,
// and nothing of the run survives it, because orphans become children of this process, which kills them all.

enum {
  /// Deepest directory that is copied.
  COPY_DEPTH_MAX = 256,
  /// Rounds of killing descendants, each of which may have forked since the last.
  KILL_ROUNDS_MAX = 1000,
};

struct copy {
  uint64_t bytes_left;
  uint64_t inodes_left;
};

static void copy_file(int from, int to, const char *name, const struct stat *status, struct copy *copy) {
  int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  // What the user cannot read, the command could not have read either.
  if (source < 0) return;
  int target = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, status->st_mode & 0777);
  if (target < 0) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, errno, name);
  char buffer[65536];
  for (ssize_t count; (count = read(source, buffer, sizeof buffer)) > 0;) {
    if ((uint64_t)count > copy->bytes_left) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, EFBIG, name);
    copy->bytes_left -= (uint64_t)count;
    if (!sandbox_write_all(target, buffer, (size_t)count)) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, errno, name);
  }
  close(source);
  close(target);
}

static void copy_tree(int from, int to, int depth, struct copy *copy) {
  if (depth == COPY_DEPTH_MAX) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, ELOOP, "too deep");
  DIR *directory = fdopendir(dup(from));
  if (!directory) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, errno, "workspace");
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    const char *name = entry->d_name;
    struct stat status;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
    if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (copy->inodes_left-- == 0) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, ENOSPC, name);
    if (S_ISREG(status.st_mode)) {
      copy_file(from, to, name, &status, copy);
    } else if (S_ISLNK(status.st_mode)) {
      char target[PATH_MAX];
      ssize_t length = readlinkat(from, name, target, sizeof target - 1);
      if (length < 0) continue;
      target[length] = 0;
      if (symlinkat(target, to, name) != 0) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, errno, name);
    } else if (S_ISDIR(status.st_mode)) {
      int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (source < 0) continue;
      if (mkdirat(to, name, (status.st_mode & 0777) | 0700) != 0)
        sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, errno, name);
      int target = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (target < 0) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, errno, name);
      copy_tree(source, target, depth + 1, copy);
      close(source);
      close(target);
    }
  }
  closedir(directory);
}

/// `path` with the workspace's own path in front replaced by the copy's.
static const char *moved(const char *path, const char *root, const char *copy) {
  size_t length = strlen(root);
  if (strncmp(path, root, length) != 0 || (path[length] != '/' && path[length] != 0)) return path;
  char *result;
  if (asprintf(&result, "%s%s", copy, path + length) < 0) sandbox_fail(BATON_SANDBOX_STAGE_POLICY, ENOMEM, path);
  return result;
}

/// The directory of the copy, to be deleted at the end.
static char copy_directory[] = "/tmp/baton-run-XXXXXX";

static void delete_copy(void) {
  int parent = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
  // A copy that cannot be deleted is left to whoever cleans /tmp.
  if (parent >= 0) (void)sandbox_remove_tree(parent, copy_directory + strlen("/tmp/"), 0);
}

/// Copies the workspace and lets the policy point at the copy.
static void move_to_copy(struct policy *policy) {
  const char *directory = mkdtemp(copy_directory);
  if (!directory) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, errno, "/tmp");
  sandbox_failure_cleanup = delete_copy;
  char *copy, *home;
  if (asprintf(&copy, "%s/workspace", directory) < 0 || asprintf(&home, "HOME=%s/home", directory) < 0)
    sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, ENOMEM, directory);
  if (mkdir(copy, 0700) != 0 || mkdir(home + strlen("HOME="), 0700) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, errno, copy);
  int from = open(policy->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int to = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (from < 0 || to < 0) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, errno, policy->root);
  struct copy limits = {
    .bytes_left = policy->limits[BATON_SANDBOX_LIMIT_WORKSPACE_BYTES],
    .inodes_left = policy->limits[BATON_SANDBOX_LIMIT_WORKSPACE_INODES]};
  copy_tree(from, to, 0, &limits);
  close(from);
  close(to);
  const char *root = policy->root;
  policy->root = copy;
  policy->directory = moved(policy->directory, root, copy);
  for (size_t index = 0; index < policy->collect_count; index++) {
    policy->collects[index].path = moved(policy->collects[index].path, root, copy);
  }
  for (size_t index = 0; policy->environment.items[index]; index++) {
    if (strncmp(policy->environment.items[index], "HOME=", 5) == 0) policy->environment.items[index] = home;
  }
}

/// Kills every descendant: with this process as subreaper, all of them are its children sooner or later.
static void end_descendants(pid_t command, int *status) {
  // The command and its process group first, then whatever is handed to this process when its parents die.
  (void)kill(-command, SIGKILL);
  for (int round = 0; round < KILL_ROUNDS_MAX; round++) {
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = file < 0 ? 0 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    text[count > 0 ? count : 0] = 0;
    char *rest = text;
    for (char *word; (word = strsep(&rest, " ")) != NULL;) {
      pid_t child = (pid_t)strtol(word, NULL, 10);
      if (child > 1) (void)kill(child, SIGKILL);
    }
    int ended;
    pid_t pid = waitpid(-1, &ended, 0);
    if (pid == command) *status = ended;
    if (pid < 0 && errno == ECHILD) return;
  }
}

static uint64_t now_microseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u;
}

/// Waits for the command's end, its deadline, a request to stop or the daemon's death, whichever is first.
static enum baton_sandbox_limit_hit await(pid_t command, uint64_t deadline, int *status, bool *ended) {
  sigset_t awaited;
  sigprocmask(SIG_SETMASK, NULL, &awaited);
  *ended = false;
  for (;;) {
    int code;
    for (pid_t pid; (pid = waitpid(-1, &code, WNOHANG)) > 0;) {
      if (pid != command) continue;
      *status = code;
      *ended = true;
      return BATON_SANDBOX_HIT_NONE;
    }
    if (now_microseconds() >= deadline) return BATON_SANDBOX_HIT_WALL;
    struct pollfd reader = {.fd = BATON_SANDBOX_STATUS_DESCRIPTOR};
    if (poll(&reader, 1, 0) > 0 && (reader.revents & POLLERR)) return BATON_SANDBOX_HIT_NONE;
    // The pipe and the deadline are looked at ten times a second, a child's end or a request at once.
    struct timespec timeout = {.tv_nsec = 100 * 1000 * 1000};
    int signal = sigtimedwait(&awaited, NULL, &timeout);
    if (signal > 0 && signal != SIGCHLD) return BATON_SANDBOX_HIT_NONE;
  }
}

_Noreturn void sandbox_run_unisolated(struct policy *policy) {
  move_to_copy(policy);
  sandbox_apply_changes(policy);
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) sandbox_fail(BATON_SANDBOX_STAGE_FORK, errno, "subreaper");
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, NULL);
  struct baton_sandbox_status report = {.kind = BATON_SANDBOX_STATUS_STARTED};
  sandbox_report(&report);

  uint64_t start = now_microseconds();
  pid_t command = fork();
  if (command < 0) sandbox_fail(BATON_SANDBOX_STAGE_FORK, errno, "command");
  if (command == 0) {
    sandbox_failure_cleanup = NULL;
    (void)setsid();
    // Processes are counted over all of the user's here, so their limit would hit the user, not the run.
    policy->limits[BATON_SANDBOX_LIMIT_PROCESSES] = UINT64_MAX;
    sandbox_set_limits(policy);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) sandbox_fail(BATON_SANDBOX_STAGE_PRIVILEGES, errno, "no_new_privs");
    sandbox_execute(policy);
  }
  sandbox_close_standard_descriptors();
  int status = SIGKILL;
  bool ended;
  uint64_t deadline = start + policy->limits[BATON_SANDBOX_LIMIT_WALL_MILLISECONDS] * 1000u;
  report.limit_hit = await(command, deadline, &status, &ended);
  uint64_t end = now_microseconds();
  int killed = status;
  end_descendants(command, &killed);
  if (!ended) status = killed;
  sandbox_collect(policy);
  delete_copy();
  sandbox_report_end(&report, status, end - start);
  _exit(0);
}
