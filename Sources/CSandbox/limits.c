#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "internal.h"

static void set(int resource, uint64_t soft, uint64_t hard, const char *name) {
  struct rlimit current;
  if (getrlimit(resource, &current) != 0) sandbox_fail(BATON_SANDBOX_STAGE_LIMITS, errno, name);
  // Never above what the caller itself is held to.
  if (current.rlim_max != RLIM_INFINITY && hard > current.rlim_max) hard = current.rlim_max;
  if (soft > hard) soft = hard;
  struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
  if (setrlimit(resource, &limit) != 0) sandbox_fail(BATON_SANDBOX_STAGE_LIMITS, errno, name);
}

void sandbox_set_limits(const struct policy *policy) {
  const uint64_t *limits = policy->limits;
  uint64_t cpu = limits[BATON_SANDBOX_LIMIT_CPU_SECONDS];
  // The soft limit sends SIGXCPU, the hard one kills: a second between them for whoever wants to say so.
  set(RLIMIT_CPU, cpu, cpu + 1, "CPU");
  // Private memory, not address space: many runtimes reserve far more addresses than they use.
  set(RLIMIT_DATA, limits[BATON_SANDBOX_LIMIT_MEMORY_BYTES], limits[BATON_SANDBOX_LIMIT_MEMORY_BYTES], "DATA");
  set(RLIMIT_NPROC, limits[BATON_SANDBOX_LIMIT_PROCESSES], limits[BATON_SANDBOX_LIMIT_PROCESSES], "NPROC");
  set(RLIMIT_NOFILE, limits[BATON_SANDBOX_LIMIT_OPEN_FILES], limits[BATON_SANDBOX_LIMIT_OPEN_FILES], "NOFILE");
  set(RLIMIT_FSIZE, limits[BATON_SANDBOX_LIMIT_FILE_BYTES], limits[BATON_SANDBOX_LIMIT_FILE_BYTES], "FSIZE");
  set(RLIMIT_CORE, 0, 0, "CORE");
}

void sandbox_prefer_for_oom_killer(void) {
  // When the whole machine is short of memory, a test run goes before anything of the user's. Not vital.
  int descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  (void)!write(descriptor, "1000", 4);
  close(descriptor);
}
