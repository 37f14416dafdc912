#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

// Files are read after every other process of the run is gone, with the command's own rights, inside its own view.
// So nothing can be swapped while it is read, and a link can name nothing that the command could not have read.

static void refuse(struct baton_sandbox_file head, int error) {
  head.error = error;
  head.bytes = 0;
  (void)sandbox_write_all(BATON_SANDBOX_FILES_DESCRIPTOR, &head, sizeof head);
}

static void collect(const struct collect *collect, struct baton_sandbox_file head) {
  // O_NONBLOCK: opening a FIFO must not wait for its other end.
  int file = open(collect->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (file < 0) return refuse(head, errno);
  struct stat status;
  if (fstat(file, &status) != 0) {
    refuse(head, errno);
  } else if (!S_ISREG(status.st_mode)) {
    refuse(head, EINVAL);
  } else if ((uint64_t)status.st_size > collect->bytes_max) {
    refuse(head, EFBIG);
  } else {
    head.bytes = (uint64_t)status.st_size;
    if (!sandbox_write_all(BATON_SANDBOX_FILES_DESCRIPTOR, &head, sizeof head)) _exit(0);
    char buffer[65536];
    for (uint64_t left = head.bytes; left > 0;) {
      ssize_t count = read(file, buffer, left < sizeof buffer ? left : sizeof buffer);
      // The head promised bytes that the file no longer gives: the reader sees a cut stream and drops the file.
      if (count <= 0 || !sandbox_write_all(BATON_SANDBOX_FILES_DESCRIPTOR, buffer, (size_t)count)) _exit(0);
      left -= (uint64_t)count;
    }
  }
  close(file);
}

void sandbox_collect(const struct policy *policy) {
  for (size_t index = 0; index < policy->collect_count; index++) {
    collect(&policy->collects[index], (struct baton_sandbox_file){.index = (uint32_t)index});
  }
}
