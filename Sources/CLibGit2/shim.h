// Swift cannot call variadic functions or function-like macros, and does not see what glibc hides behind _GNU_SOURCE.
#ifndef BATON_CLIBGIT2_SHIM_H
#define BATON_CLIBGIT2_SHIM_H

#include <git2.h>
#include <git2/sys/repository.h>
#include <sys/prctl.h>
#include <sys/xattr.h>
#include <zlib.h>

// Repositories that belong to another user are read too: nothing from their configuration is ever executed.
static inline int baton_git_ignore_ownership(void) {
  return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
}

// Extensions of a repository's format that do not change how its index, objects and ignore rules are read.
static inline int baton_git_accept_extensions(void) {
  const char *extensions[] = {"worktreeconfig", "partialclone", "preciousobjects", "refstorage"};
  return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, (size_t)4);
}

static inline int baton_deflate_init(z_stream *stream, int level) {
  return deflateInit(stream, level);
}

// Names the calling thread, for debuggers; at most 15 bytes.
static inline void baton_name_thread(const char *name) {
  prctl(PR_SET_NAME, name, 0, 0, 0);
}

// glibc's wrapper, declared here because its header shows it only under _GNU_SOURCE.
extern int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned int flags);

static const unsigned int BATON_RENAME_NOREPLACE = 1 << 0;
static const unsigned int BATON_RENAME_EXCHANGE = 1 << 1;

#endif
