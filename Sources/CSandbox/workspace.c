#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "internal.h"
#include "kernel.h"

// The workspace is copy on write: the real directory is the overlay's read-only lower layer, what the run writes
// goes to the scratch file system and vanishes with it. No file of the user is ever copied beforehand.

/// Deepest directory that a deletion walks into.
enum { DELETE_DEPTH_MAX = 256 };

static int make_layer(int scratch, const char *name) {
  return mkdirat(scratch, name, 0700) == 0 ? 0 : errno;
}

int sandbox_mount_copy(const struct identity *identity, int scratch, int lower, const char *target, const char *name) {
  char lower_name[64], upper_name[64], work_name[64], options[256];
  snprintf(lower_name, sizeof lower_name, "lower-%s", name);
  snprintf(upper_name, sizeof upper_name, "upper-%s", name);
  snprintf(work_name, sizeof work_name, "work-%s", name);
  int error = make_layer(scratch, lower_name);
  if (error == 0) error = make_layer(scratch, upper_name);
  if (error == 0) error = make_layer(scratch, work_name);
  // The merged root takes owner and mode from the upper directory: give it those of the lower. Not by its path, where
  // a private directory may already be waiting for the mount.
  struct stat status;
  if (error == 0 && fstat(lower, &status) != 0) error = errno;
  bool gives = identity->mapped && error == 0;
  if (gives && fchownat(scratch, upper_name, identity->uid, identity->gid, 0) != 0) error = errno;
  if (error == 0 && fchmodat(scratch, upper_name, (status.st_mode & 0777) | 0700, 0) != 0) error = errno;
  // The layers are named relative to the scratch directory, so nothing in the target's own path (colons, commas,
  // backslashes, its length) can meet the overlay's option syntax.
  unsigned empty_path = KERNEL_MOVE_MOUNT_F_EMPTY_PATH;
  if (error == 0 && kernel_move_mount(lower, "", scratch, lower_name, empty_path) != 0) error = errno;
  close(lower);
  snprintf(
    options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s,%s", lower_name, upper_name, work_name,
    identity->mapped ? "redirect_dir=on" : "userxattr");
  if (error == 0 && fchdir(scratch) != 0) error = errno;
  if (error == 0 && mount("overlay", target, "overlay", MS_NOSUID | MS_NODEV, options) != 0) error = errno;
  if (chdir("/") != 0) error = errno;
  return error;
}

void sandbox_mount_workspace(
  const struct policy *policy, const struct identity *identity, int scratch, int lower, uint32_t *features) {
  int error = sandbox_mount_copy(identity, scratch, lower, policy->root, "workspace");
  if (error != 0) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, error, policy->root);
  if (identity->mapped) return;
  // Replaced directories are recorded in a user attribute, which the scratch file system has since Linux 6.6.
  int upper = openat(scratch, "upper-workspace", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (upper < 0) sandbox_fail(BATON_SANDBOX_STAGE_WORKSPACE, errno, "upper");
  if (fsetxattr(upper, "user.overlay.probe", "", 0, 0) != 0)
    *features |= BATON_SANDBOX_FEATURE_NO_OPAQUE_DIRECTORIES;
  else
    (void)fremovexattr(upper, "user.overlay.probe");
  close(upper);
}

// Changes are made with the command's own rights, one path component at a time, and no component may be a symbolic
// link: what a repository's links point at is never written.

/// A descriptor of the directory that holds `path`, made where missing; -1 with errno. `name` is set to the last part.
static int open_parent(int root, const char *path, const char **name, bool make) {
  int directory = dup(root);
  const char *part = path;
  for (;;) {
    const char *slash = strchr(part, '/');
    if (!slash || directory < 0) break;
    char component[NAME_MAX + 1];
    size_t length = (size_t)(slash - part);
    int next = -1;
    if (length > NAME_MAX) {
      errno = ENAMETOOLONG;
    } else {
      memcpy(component, part, length);
      component[length] = 0;
      int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
      next = openat(directory, component, flags);
      if (next < 0 && make && (errno == ENOTDIR || errno == ELOOP || errno == ENOENT)) {
        // A file or link where the new tree has a directory gives way to it.
        if (errno != ENOENT) (void)unlinkat(directory, component, 0);
        if (mkdirat(directory, component, 0777) == 0) next = openat(directory, component, flags);
      }
    }
    int error = errno;
    close(directory);
    errno = error;
    directory = next;
    part = slash + 1;
  }
  *name = part;
  return directory;
}

bool sandbox_remove_tree(int parent, const char *name, int depth) {
  if (unlinkat(parent, name, 0) == 0 || errno == ENOENT) return true;
  if (errno != EISDIR && errno != EPERM) return false;
  if (depth == DELETE_DEPTH_MAX) {
    errno = ELOOP;
    return false;
  }
  int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) return false;
  DIR *directory = fdopendir(descriptor);
  if (!directory) {
    close(descriptor);
    return false;
  }
  bool removed = true;
  for (struct dirent *entry; removed && (entry = readdir(directory)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    removed = sandbox_remove_tree(descriptor, entry->d_name, depth + 1);
  }
  int error = errno;
  closedir(directory);
  errno = error;
  return removed && unlinkat(parent, name, AT_REMOVEDIR) == 0;
}

static void delete_path(int root, const struct change *change) {
  const char *name;
  int parent = open_parent(root, change->path, &name, false);
  if (parent < 0) {
    // What is not there, or is reached only through a link, is not part of the tree.
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return;
    sandbox_fail(BATON_SANDBOX_STAGE_CHANGES, errno, change->path);
  }
  if (!sandbox_remove_tree(parent, name, 0)) sandbox_fail(BATON_SANDBOX_STAGE_CHANGES, errno, change->path);
  close(parent);
  // A tree of files has no empty directories: Python, for one, imports them as packages.
  char *path = strdup(change->path);
  if (!path) sandbox_fail(BATON_SANDBOX_STAGE_CHANGES, ENOMEM, change->path);
  for (char *slash; (slash = strrchr(path, '/')) != NULL;) {
    *slash = 0;
    int above = open_parent(root, path, &name, false);
    bool removed = above >= 0 && unlinkat(above, name, AT_REMOVEDIR) == 0;
    if (above >= 0) close(above);
    if (!removed) break;
  }
  free(path);
}

static void write_change(int root, const struct change *change) {
  const char *name;
  int parent = open_parent(root, change->path, &name, true);
  if (parent < 0 || !sandbox_remove_tree(parent, name, 0))
    sandbox_fail(BATON_SANDBOX_STAGE_CHANGES, errno, change->path);
  if (change->kind == CHANGE_LINK) {
    if (symlinkat(change->content, parent, name) != 0) sandbox_fail(BATON_SANDBOX_STAGE_CHANGES, errno, change->path);
  } else {
    mode_t mode = change->executable ? 0755 : 0644;
    int file = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (file < 0 || !sandbox_write_all(file, change->content, change->bytes))
      sandbox_fail(BATON_SANDBOX_STAGE_CHANGES, errno, change->path);
    close(file);
  }
  close(parent);
}

void sandbox_apply_changes(const struct policy *policy) {
  if (policy->change_count == 0) return;
  int root = open(policy->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) sandbox_fail(BATON_SANDBOX_STAGE_CHANGES, errno, policy->root);
  // Deletions first: a file may become a directory of the same name and the other way round.
  for (size_t index = 0; index < policy->change_count; index++) {
    if (policy->changes[index].kind == CHANGE_DELETE) delete_path(root, &policy->changes[index]);
  }
  for (size_t index = 0; index < policy->change_count; index++) {
    if (policy->changes[index].kind != CHANGE_DELETE) write_change(root, &policy->changes[index]);
  }
  close(root);
}
