#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "internal.h"
#include "kernel.h"

// The view: the machine's own tree, read-only, with private directories laid over what must not be seen. All private
// directories are parts of one tmpfs, so one size and one inode limit bounds everything a run can write.

#define READ_ONLY (KERNEL_MOUNT_ATTR_RDONLY | KERNEL_MOUNT_ATTR_NOSUID | KERNEL_MOUNT_ATTR_NODEV)

static const char *const device_names[] = {"null", "zero", "full", "random", "urandom"};
enum { DEVICE_COUNT = sizeof device_names / sizeof *device_names };

/// Files that a process with root's uid could read although it has no capability.
static const char *const root_secrets[] = {
  "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/security/opasswd",
};

/// Most directories a view may lay private ones over.
enum { COVERS_MAX = 64 };

struct view {
  const struct policy *policy;
  const struct identity *identity;
  /// The tmpfs's root.
  int scratch;
  const char *covered[COVERS_MAX];
  size_t covered_count;
};

static void attach(int tree, const char *target, enum baton_sandbox_stage stage) {
  if (kernel_move_mount(tree, "", AT_FDCWD, target, KERNEL_MOVE_MOUNT_F_EMPTY_PATH) != 0)
    sandbox_fail(stage, errno, target);
  close(tree);
}

int sandbox_clone_tree(const struct identity *identity, const char *path, bool must_exist) {
  // Without a map the tree comes with what is mounted below it: a locked mount cannot be left out by an ordinary
  // user. With one it comes alone, because not every file system below may support the map.
  unsigned recursive = identity->mapped ? 0 : KERNEL_AT_RECURSIVE;
  int tree = kernel_open_tree(AT_FDCWD, path, KERNEL_OPEN_TREE_CLONE | KERNEL_OPEN_TREE_CLOEXEC | recursive);
  if (tree < 0) {
    if (!must_exist) return -1;
    sandbox_fail(BATON_SANDBOX_STAGE_READ_ONLY, errno, path);
  }
  struct kernel_mount_attr attr = {.attr_set = READ_ONLY, .propagation = MS_PRIVATE};
  if (identity->mapped) {
    attr.attr_set |= KERNEL_MOUNT_ATTR_IDMAP;
    attr.userns_fd = (uint64_t)identity->map_descriptor;
  }
  if (kernel_mount_setattr(tree, "", AT_EMPTY_PATH | recursive, &attr) != 0) {
    int error = errno;
    close(tree);
    errno = error;
    if (!must_exist) return -1;
    sandbox_fail(BATON_SANDBOX_STAGE_READ_ONLY, error, path);
  }
  return tree;
}

/// Makes every missing directory of `path`, owned by the sandbox's identity.
static void make_directories(char *path, const struct identity *identity, mode_t mode) {
  for (size_t end = 0; path[end] != 0;) {
    end += 1 + strcspn(path + end + 1, "/");
    char saved = path[end];
    path[end] = 0;
    if (mkdir(path, mode) == 0) {
      if (identity->mapped && chown(path, identity->uid, identity->gid) != 0)
        sandbox_fail(BATON_SANDBOX_STAGE_MASKS, errno, path);
    } else if (errno != EEXIST && errno != EROFS) {
      sandbox_fail(BATON_SANDBOX_STAGE_MASKS, errno, path);
    }
    path[end] = saved;
  }
}

/// Makes a directory of the scratch file system and returns a detached mount of it.
static int scratch_directory(const struct view *view, const char *name, mode_t mode) {
  if (mkdirat(view->scratch, name, 0700) != 0 || fchmodat(view->scratch, name, mode, 0) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_SCRATCH, errno, name);
  if (view->identity->mapped
      && fchownat(view->scratch, name, view->identity->uid, view->identity->gid, AT_SYMLINK_NOFOLLOW) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_SCRATCH, errno, name);
  int tree = kernel_open_tree(view->scratch, name, KERNEL_OPEN_TREE_CLONE | KERNEL_OPEN_TREE_CLOEXEC);
  if (tree < 0) sandbox_fail(BATON_SANDBOX_STAGE_SCRATCH, errno, name);
  return tree;
}

static bool is_below(const char *path, const char *above) {
  size_t length = strlen(above);
  return strncmp(path, above, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static bool is_covered(const struct view *view, const char *path) {
  for (size_t index = 0; index < view->covered_count; index++) {
    if (is_below(path, view->covered[index])) return true;
  }
  return false;
}

/// Lays an empty private directory over `path`, if `path` is a directory and not already below one.
static void cover(struct view *view, const char *path, mode_t mode) {
  struct stat status;
  if (is_covered(view, path)) return;
  if (lstat(path, &status) != 0 || !S_ISDIR(status.st_mode)) return;
  if (view->covered_count == COVERS_MAX) sandbox_fail(BATON_SANDBOX_STAGE_MASKS, E2BIG, path);
  char name[16];
  snprintf(name, sizeof name, "m%zu", view->covered_count);
  attach(scratch_directory(view, name, mode), path, BATON_SANDBOX_STAGE_MASKS);
  view->covered[view->covered_count++] = path;
}

/// Covers the outermost directory above `path` that the sandbox's own uid could not walk through.
static void cover_impassable_parent(struct view *view, const char *path) {
  if (!view->identity->mapped || is_covered(view, path)) return;
  char *prefix = strdup(path);
  if (!prefix) sandbox_fail(BATON_SANDBOX_STAGE_MASKS, ENOMEM, path);
  for (size_t end = 1; path[end] != 0; end++) {
    if (path[end] != '/') continue;
    prefix[end] = 0;
    struct stat status;
    if (stat(prefix, &status) == 0 && (status.st_mode & S_IXOTH) == 0) {
      cover(view, prefix, 0755);
      return;
    }
    prefix[end] = '/';
  }
  free(prefix);
}

/// Makes the place where `path` will be shown: a directory or an empty file, where a private directory is above it.
static void make_mount_point(const struct view *view, const char *path, bool is_directory) {
  if (!is_covered(view, path)) return;
  char *copy = strdup(path);
  if (!copy) sandbox_fail(BATON_SANDBOX_STAGE_MASKS, ENOMEM, path);
  char *slash = strrchr(copy, '/');
  if (!is_directory && slash != copy) *slash = 0;
  make_directories(copy, view->identity, 0755);
  free(copy);
  if (is_directory) return;
  int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0 && errno != EROFS) sandbox_fail(BATON_SANDBOX_STAGE_MASKS, errno, path);
  if (file >= 0) close(file);
}

static void mount_scratch(struct view *view) {
  const struct policy *policy = view->policy;
  char options[128];
  snprintf(
    options, sizeof options, "mode=0755,size=%llu,nr_inodes=%llu",
    (unsigned long long)policy->limits[BATON_SANDBOX_LIMIT_WORKSPACE_BYTES],
    (unsigned long long)policy->limits[BATON_SANDBOX_LIMIT_WORKSPACE_INODES]);
  if (mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, options) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_SCRATCH, errno, "tmpfs");
  view->scratch = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (view->scratch < 0) sandbox_fail(BATON_SANDBOX_STAGE_SCRATCH, errno, "/tmp");
}

static void open_devices(int trees[DEVICE_COUNT]) {
  for (int index = 0; index < DEVICE_COUNT; index++) {
    char path[32];
    snprintf(path, sizeof path, "/dev/%s", device_names[index]);
    trees[index] = kernel_open_tree(AT_FDCWD, path, KERNEL_OPEN_TREE_CLONE | KERNEL_OPEN_TREE_CLOEXEC);
    if (trees[index] < 0) sandbox_fail(BATON_SANDBOX_STAGE_DEVICES, errno, path);
  }
}

static void link_device(int directory, const char *target, const char *name) {
  if (symlinkat(target, directory, name) != 0) sandbox_fail(BATON_SANDBOX_STAGE_DEVICES, errno, name);
}

static void build_devices(struct view *view, int trees[DEVICE_COUNT]) {
  int tree = scratch_directory(view, "dev", 0755);
  int directory = openat(view->scratch, "dev", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) sandbox_fail(BATON_SANDBOX_STAGE_DEVICES, errno, "dev");
  for (int index = 0; index < DEVICE_COUNT; index++) {
    int file = openat(directory, device_names[index], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) sandbox_fail(BATON_SANDBOX_STAGE_DEVICES, errno, device_names[index]);
    close(file);
  }
  link_device(directory, "/proc/self/fd", "fd");
  link_device(directory, "/proc/self/fd/0", "stdin");
  link_device(directory, "/proc/self/fd/1", "stdout");
  link_device(directory, "/proc/self/fd/2", "stderr");
  link_device(directory, "pts/ptmx", "ptmx");
  if (mkdirat(directory, "pts", 0755) != 0 || mkdirat(directory, "shm", 0755) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_DEVICES, errno, "shm");
  close(directory);
  struct kernel_mount_attr attr = {.attr_set = KERNEL_MOUNT_ATTR_RDONLY};
  if (kernel_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_DEVICES, errno, "dev");
  attach(tree, "/dev", BATON_SANDBOX_STAGE_DEVICES);
  for (int index = 0; index < DEVICE_COUNT; index++) {
    char path[32];
    snprintf(path, sizeof path, "/dev/%s", device_names[index]);
    attach(trees[index], path, BATON_SANDBOX_STAGE_DEVICES);
  }
  attach(scratch_directory(view, "shm", 01777), "/dev/shm", BATON_SANDBOX_STAGE_DEVICES);
  if (view->covered_count < COVERS_MAX) view->covered[view->covered_count++] = "/dev/shm";
  // Terminals of its own, where the kernel lets it have them; nothing depends on it.
  (void)mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620");
}

/// Lays a private file over one of the machine's; where the machine has none, nothing happens.
static void replace_file(struct view *view, const char *name, const char *path, const char *text) {
  if (access(path, F_OK) != 0) return;
  int file = openat(view->scratch, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0 || !sandbox_write_all(file, text, strlen(text))) sandbox_fail(BATON_SANDBOX_STAGE_MASKS, errno, path);
  close(file);
  int tree = kernel_open_tree(view->scratch, name, KERNEL_OPEN_TREE_CLONE | KERNEL_OPEN_TREE_CLOEXEC);
  struct kernel_mount_attr attr = {.attr_set = READ_ONLY};
  if (tree < 0 || kernel_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_MASKS, errno, path);
  attach(tree, path, BATON_SANDBOX_STAGE_MASKS);
}

/// The run's own uid gets a name, because test suites ask for their user.
static void name_identity(struct view *view) {
  char text[PATH_MAX + 256];
  if (!view->identity->mapped) return;
  snprintf(
    text, sizeof text, "root:x:0:0:root:/root:/bin/sh\nsandbox:x:%u:%u:sandbox:%s:/bin/sh\n", view->identity->uid,
    view->identity->gid, view->policy->home);
  replace_file(view, "passwd", "/etc/passwd", text);
  snprintf(text, sizeof text, "root:x:0:\nsandbox:x:%u:\n", view->identity->gid);
  replace_file(view, "group", "/etc/group", text);
}

static void hide_root_secrets(struct view *view) {
  if (!view->identity->root_uid) return;
  for (size_t index = 0; index < sizeof root_secrets / sizeof *root_secrets; index++) {
    char name[16];
    snprintf(name, sizeof name, "s%zu", index);
    replace_file(view, name, root_secrets[index], "");
  }
  cover(view, "/etc/ssh", 0755);
  cover(view, "/etc/ssl/private", 0755);
}

/// A cache that cannot be shown is no failure: the command finds an empty directory and works without it.
static void show_caches(struct view *view, const int *trees) {
  for (size_t index = 0; index < view->policy->caches.count; index++) {
    if (trees[index] < 0) continue;
    const char *path = view->policy->caches.items[index];
    // What belongs to somebody else could not be written inside: an empty directory serves better.
    struct stat status;
    if (fstat(trees[index], &status) != 0 || status.st_uid != view->identity->uid) {
      close(trees[index]);
      continue;
    }
    char name[32];
    snprintf(name, sizeof name, "cache-%zu", index);
    make_mount_point(view, path, true);
    (void)sandbox_mount_copy(view->identity, view->scratch, trees[index], path, name);
  }
}

/// Opens what will be shown again, before anything covers it; -1 for what is not there.
static int *open_trees(const struct identity *identity, const struct strings *paths) {
  int *trees = calloc(paths->count + 1, sizeof *trees);
  if (!trees) sandbox_fail(BATON_SANDBOX_STAGE_MASKS, ENOMEM, "paths");
  for (size_t index = 0; index < paths->count; index++) {
    trees[index] = sandbox_clone_tree(identity, paths->items[index], false);
  }
  return trees;
}

static void show_readable(struct view *view, const int *trees) {
  for (size_t index = 0; index < view->policy->readable.count; index++) {
    const char *path = view->policy->readable.items[index];
    struct stat status;
    if (trees[index] < 0) continue;
    if (fstat(trees[index], &status) != 0) sandbox_fail(BATON_SANDBOX_STAGE_MASKS, errno, path);
    make_mount_point(view, path, S_ISDIR(status.st_mode));
    attach(trees[index], path, BATON_SANDBOX_STAGE_MASKS);
  }
  for (size_t index = 0; index < view->policy->link_count; index++) {
    const struct link *link = &view->policy->links[index];
    char *parent = strdup(link->path);
    if (!parent) sandbox_fail(BATON_SANDBOX_STAGE_MASKS, ENOMEM, link->path);
    char *slash = strrchr(parent, '/');
    *slash = 0;
    if (is_covered(view, parent)) make_directories(parent, view->identity, 0755);
    free(parent);
    // Below a path shown read-only the link is there already, or cannot be made.
    (void)!symlink(link->target, link->path);
  }
}

void sandbox_build_view(const struct policy *policy, const struct identity *identity, uint32_t *features) {
  struct view view = {.policy = policy, .identity = identity, .scratch = -1};
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_NAMESPACES, errno, "private propagation");

  int devices[DEVICE_COUNT];
  open_devices(devices);
  int lower = identity->mapped ? identity->workspace : sandbox_clone_tree(identity, policy->root, true);
  int *readable = open_trees(identity, &policy->readable);
  int *caches = open_trees(identity, &policy->caches);

  struct kernel_mount_attr attr = {.attr_set = READ_ONLY};
  if (kernel_mount_setattr(AT_FDCWD, "/", KERNEL_AT_RECURSIVE, &attr) != 0)
    sandbox_fail(BATON_SANDBOX_STAGE_READ_ONLY, errno, "/");
  mount_scratch(&view);

  attach(scratch_directory(&view, "tmp", 01777), "/tmp", BATON_SANDBOX_STAGE_MASKS);
  view.covered[view.covered_count++] = "/tmp";
  cover(&view, "/var/tmp", 01777);
  cover(&view, "/run", 0755);
  for (size_t index = 0; index < policy->masks.count; index++) cover(&view, policy->masks.items[index], 0755);
  hide_root_secrets(&view);
  cover_impassable_parent(&view, policy->root);
  for (size_t index = 0; index < policy->readable.count; index++) {
    if (readable[index] >= 0) cover_impassable_parent(&view, policy->readable.items[index]);
  }
  name_identity(&view);
  make_mount_point(&view, policy->home, true);
  show_readable(&view, readable);
  show_caches(&view, caches);
  free(readable);
  free(caches);
  build_devices(&view, devices);
  make_mount_point(&view, policy->root, true);
  sandbox_mount_workspace(policy, identity, view.scratch, lower, features);
  close(view.scratch);
}

bool sandbox_mount_proc(const struct policy *policy, const struct identity *identity) {
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) {
    if (policy->options & BATON_SANDBOX_OPTION_INHERITED_PROC) return false;
    sandbox_fail(BATON_SANDBOX_STAGE_PROC, errno, "proc");
  }
  // Root's uid may write the machine's settings whatever its capabilities.
  static const char *const settings[] = {"/proc/sys", "/proc/irq", "/proc/bus", "/proc/sysrq-trigger"};
  for (size_t index = 0; identity->root_uid && index < sizeof settings / sizeof *settings; index++) {
    int tree = kernel_open_tree(AT_FDCWD, settings[index], KERNEL_OPEN_TREE_CLONE | KERNEL_OPEN_TREE_CLOEXEC);
    if (tree < 0 && errno == ENOENT) continue;
    struct kernel_mount_attr attr = {.attr_set = READ_ONLY};
    if (tree < 0 || kernel_mount_setattr(tree, "", AT_EMPTY_PATH, &attr) != 0)
      sandbox_fail(BATON_SANDBOX_STAGE_PROC, errno, settings[index]);
    attach(tree, settings[index], BATON_SANDBOX_STAGE_PROC);
  }
  return true;
}
