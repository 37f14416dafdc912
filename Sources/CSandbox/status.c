#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "internal.h"

bool sandbox_write_all(int descriptor, const void *bytes, size_t count) {
  const char *next = bytes;
  while (count > 0) {
    ssize_t written = write(descriptor, next, count);
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    next += written;
    count -= (size_t)written;
  }
  return true;
}

void sandbox_report(struct baton_sandbox_status *status) {
  // A vanished reader is noticed by the launcher's own loop; here there is nobody left to tell.
  (void)sandbox_write_all(BATON_SANDBOX_STATUS_DESCRIPTOR, status, sizeof *status);
}

void sandbox_report_end(struct baton_sandbox_status *status, int wait_status, uint64_t wall_microseconds) {
  struct rusage usage;
  (void)getrusage(RUSAGE_CHILDREN, &usage);
  status->kind = BATON_SANDBOX_STATUS_ENDED;
  status->wait_status = wait_status;
  status->user_microseconds = (uint64_t)usage.ru_utime.tv_sec * 1000000u + (uint64_t)usage.ru_utime.tv_usec;
  status->system_microseconds = (uint64_t)usage.ru_stime.tv_sec * 1000000u + (uint64_t)usage.ru_stime.tv_usec;
  status->wall_microseconds = wall_microseconds;
  status->peak_memory_bytes = (uint64_t)usage.ru_maxrss * 1024u;
  sandbox_report(status);
}

void sandbox_close_standard_descriptors(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) sandbox_fail(BATON_SANDBOX_STAGE_DEVICES, errno, "/dev/null");
  for (int descriptor = 0; descriptor < 3; descriptor++) (void)dup2(null, descriptor);
  if (null > 2) close(null);
}

void (*sandbox_failure_cleanup)(void);

_Noreturn void sandbox_fail(enum baton_sandbox_stage stage, int error, const char *detail) {
  struct baton_sandbox_status status = {.kind = BATON_SANDBOX_STATUS_FAILED, .stage = stage, .error = error};
  if (detail) strncpy(status.detail, detail, sizeof status.detail - 1);
  sandbox_report(&status);
  void (*cleanup)(void) = sandbox_failure_cleanup;
  sandbox_failure_cleanup = NULL;
  if (cleanup) cleanup();
  _exit(125);
}
