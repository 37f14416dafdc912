// The door to libuv, and to the Linux calls that Swift's Glibc module hides because they need _GNU_SOURCE or are variadic.
// A system library target compiles no C, so all of it is inline.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <spawn.h>
#include <string.h>
#include <sys/file.h>
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

// An address of any family, and how many bytes of it count.
struct baton_address {
  struct sockaddr_storage storage;
  socklen_t length;
};

enum { baton_unix_path_bytes_max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1 };

// The address of a Unix socket; -1 when the path is too long.
static inline int baton_unix_address(const char *path, struct baton_address *address) {
  struct sockaddr_un unix_address = {.sun_family = AF_UNIX};
  size_t length = strlen(path);
  if (length > baton_unix_path_bytes_max) return -1;
  memcpy(unix_address.sun_path, path, length + 1);
  memcpy(&address->storage, &unix_address, sizeof unix_address);
  address->length = sizeof unix_address;
  return 0;
}

// A stream socket for the address, close-on-exec and non-blocking.
static inline int baton_socket(const struct baton_address *address) {
  return socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static inline int baton_socket_pair(int sockets[2]) {
  return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets);
}

static inline int baton_connect(int socket, const struct baton_address *address) {
  return connect(socket, (const struct sockaddr *)&address->storage, address->length);
}

static inline int baton_bind(int socket, const struct baton_address *address) {
  return bind(socket, (const struct sockaddr *)&address->storage, address->length);
}

// The error of a connection that was begun without blocking; 0 when it stands.
static inline int baton_socket_error(int socket) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

static inline int baton_set_no_delay(int socket) {
  int on = 1;
  return setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static inline int baton_set_reuse_address(int socket) {
  int on = 1;
  return setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

// The numeric host and the port of the socket's own end; the port, or -1.
static inline int baton_local_port(int socket, char *host, size_t host_bytes) {
  struct baton_address address = {.length = sizeof address.storage};
  if (getsockname(socket, (struct sockaddr *)&address.storage, &address.length) != 0) return -1;
  if (uv_ip_name((const struct sockaddr *)&address.storage, host, host_bytes) != 0) return -1;
  return address.storage.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&address.storage)->sin6_port)
                                               : ntohs(((struct sockaddr_in *)&address.storage)->sin_port);
}

// Copies one result of getaddrinfo.
static inline void baton_copy_address(const struct addrinfo *info, struct baton_address *address) {
  memcpy(&address->storage, info->ai_addr, info->ai_addrlen);
  address->length = info->ai_addrlen;
}
