#define _GNU_SOURCE
#include <sys/mman.h>

#include "include/CSandbox.h"

int baton_sandbox_memory_file(void) {
  return memfd_create("baton-sandbox-policy", MFD_CLOEXEC);
}
