// The door to libuv, and to the Linux calls that Swift's Glibc module hides because they need _GNU_SOURCE or are variadic.
// A system library target compiles no C, so all of it is inline.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

// glibc declares these only with _GNU_SOURCE, which a module cannot set for its importers.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *__restrict, const char *__restrict);
extern int pipe2(int[2], int);
extern int accept4(int, struct sockaddr *__restrict, socklen_t *__restrict, int);

extern int pthread_setname_np(pthread_t, const char *);

enum {
  baton_spawn_set_process_group = 0x02,
  baton_spawn_set_signal_defaults = 0x04,
  baton_spawn_set_signal_mask = 0x08,
  baton_spawn_set_session = 0x80
};

static inline int baton_spawn_add_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

static inline int baton_spawn_add_directory(posix_spawn_file_actions_t *actions, const char *path) {
  return posix_spawn_file_actions_addchdir_np(actions, path);
}

static inline int baton_pipe_close_on_exec(int descriptors[2]) {
  return pipe2(descriptors, O_CLOEXEC);
}

static inline int baton_accept_nonblocking(int listener) {
  return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

// A descriptor, close-on-exec, that becomes readable when the process exits; -1 with errno before Linux 5.3.
static inline int baton_pidfd_open(pid_t pid) {
#ifdef SYS_pidfd_open
  return (int)syscall(SYS_pidfd_open, pid, 0);
#else
  return (int)syscall(434, pid, 0);
#endif
}

// The exit code or the signal that ended the child, told apart by the return value: 1 exited, 0 ended by a signal.
static inline int baton_wait_status(int status, int *value) {
  if (WIFEXITED(status)) {
    *value = WEXITSTATUS(status);
    return 1;
  }
  *value = WTERMSIG(status);
  return 0;
}

static inline pid_t baton_wait_no_hang(pid_t pid, int *status, struct rusage *usage) {
  return wait4(pid, status, WNOHANG, usage);
}

// Blocks until the child has exited, and leaves it to be reaped.
static inline int baton_wait_without_reaping(pid_t pid) {
  siginfo_t info;
  int result;
  do {
    result = waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
  } while (result == -1 && errno == EINTR);
  return result;
}

struct baton_peer_credentials {
  pid_t pid;
  uid_t uid;
  gid_t gid;
};

// Who is at the other end of a Unix socket, as the kernel knew it when the connection was made.
static inline int baton_peer_credentials(int socket, struct baton_peer_credentials *credentials) {
  socklen_t length = sizeof *credentials;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, credentials, &length);
}

static inline int baton_fcntl(int descriptor, int command, int argument) {
  return fcntl(descriptor, command, argument);
}

// Names the calling thread; at most 15 bytes.
static inline void baton_set_thread_name(const char *name) {
  pthread_setname_np(pthread_self(), name);
}
