#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "internal.h"

// The policy comes from the daemon, so it is not hostile, but a mistake in it must end in a named error, never in a
// sandbox that is weaker than asked for.

struct cursor {
  const char *next;
  size_t left;
};

static _Noreturn void malformed(const char *what) {
  sandbox_fail(BATON_SANDBOX_STAGE_POLICY, EBADMSG, what);
}

static uint32_t take_u32(struct cursor *cursor, const char *what) {
  uint32_t value;
  if (cursor->left < sizeof value) malformed(what);
  memcpy(&value, cursor->next, sizeof value);
  cursor->next += sizeof value;
  cursor->left -= sizeof value;
  return value;
}

static uint64_t take_u64(struct cursor *cursor, const char *what) {
  uint64_t value;
  if (cursor->left < sizeof value) malformed(what);
  memcpy(&value, cursor->next, sizeof value);
  cursor->next += sizeof value;
  cursor->left -= sizeof value;
  return value;
}

static const char *take_string(struct cursor *cursor, const char *what) {
  const char *end = memchr(cursor->next, 0, cursor->left);
  if (!end) malformed(what);
  const char *string = cursor->next;
  cursor->left -= (size_t)(end + 1 - cursor->next);
  cursor->next = end + 1;
  return string;
}

static const char *take_last_string(struct cursor *cursor, const char *what) {
  const char *string = take_string(cursor, what);
  if (cursor->left != 0) malformed(what);
  return string;
}

static const char *take_absolute_path(struct cursor *cursor, const char *what) {
  const char *path = take_last_string(cursor, what);
  if (path[0] != '/') malformed(what);
  return path;
}

/// Refuses absolute paths, empty parts, `.` and `..`: the second check of what `RelativePath` promises.
static const char *take_relative_path(struct cursor *cursor) {
  const char *path = take_string(cursor, "path of a change");
  const char *part = path;
  for (;;) {
    size_t length = strcspn(part, "/");
    bool dots = (length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.');
    if (length == 0 || dots) malformed("path of a change");
    if (part[length] == 0) return path;
    part += length + 1;
  }
}

/// Room for one more element in an array that grows by doubling.
static void *grown(void *items, size_t count, size_t size, const char *what) {
  if (count >= BATON_SANDBOX_POLICY_RECORDS_MAX) malformed(what);
  if (count != 0 && (count < 16 || (count & (count - 1)) != 0)) return items;
  void *larger = realloc(items, (count < 16 ? 16 : count * 2) * size);
  if (!larger) sandbox_fail(BATON_SANDBOX_STAGE_POLICY, ENOMEM, what);
  return larger;
}

static void append(struct strings *strings, const char *item, const char *what) {
  strings->items = grown(strings->items, strings->count, sizeof *strings->items, what);
  strings->items[strings->count++] = item;
}

static void append_change(struct policy *policy, enum change_kind kind, struct cursor *payload) {
  struct change change = {.kind = kind};
  change.executable = take_u32(payload, "flags of a change") != 0;
  change.path = take_relative_path(payload);
  if (kind == CHANGE_FILE) {
    change.content = payload->next;
    change.bytes = payload->left;
  } else if (kind == CHANGE_LINK) {
    change.content = take_last_string(payload, "target of a change");
  }
  policy->changes = grown(policy->changes, policy->change_count, sizeof change, "too many changes");
  policy->changes[policy->change_count++] = change;
}

static void read_record(struct policy *policy, uint32_t tag, struct cursor payload) {
  switch (tag) {
  case BATON_SANDBOX_TAG_ROOT: policy->root = take_absolute_path(&payload, "root"); break;
  case BATON_SANDBOX_TAG_DIRECTORY: policy->directory = take_absolute_path(&payload, "directory"); break;
  case BATON_SANDBOX_TAG_HOME: policy->home = take_absolute_path(&payload, "home"); break;
  case BATON_SANDBOX_TAG_ARGUMENT: append(&policy->arguments, take_last_string(&payload, "argument"), "arguments"); break;
  case BATON_SANDBOX_TAG_ENVIRONMENT:
    append(&policy->environment, take_last_string(&payload, "environment"), "environment");
    break;
  case BATON_SANDBOX_TAG_MASK: append(&policy->masks, take_absolute_path(&payload, "mask"), "masks"); break;
  case BATON_SANDBOX_TAG_READABLE:
    append(&policy->readable, take_absolute_path(&payload, "readable path"), "readable paths");
    break;
  case BATON_SANDBOX_TAG_CACHE: append(&policy->caches, take_absolute_path(&payload, "cache"), "caches"); break;
  case BATON_SANDBOX_TAG_LINK: {
    struct link link;
    link.path = take_string(&payload, "link");
    link.target = take_last_string(&payload, "link");
    if (link.path[0] != '/') malformed("link");
    policy->links = grown(policy->links, policy->link_count, sizeof link, "links");
    policy->links[policy->link_count++] = link;
    break;
  }
  case BATON_SANDBOX_TAG_CHANGE_FILE: append_change(policy, CHANGE_FILE, &payload); break;
  case BATON_SANDBOX_TAG_CHANGE_LINK: append_change(policy, CHANGE_LINK, &payload); break;
  case BATON_SANDBOX_TAG_CHANGE_DELETE: append_change(policy, CHANGE_DELETE, &payload); break;
  case BATON_SANDBOX_TAG_COLLECT: {
    struct collect collect = {.bytes_max = take_u64(&payload, "collect")};
    collect.path = take_absolute_path(&payload, "collect");
    policy->collects = grown(policy->collects, policy->collect_count, sizeof collect, "collects");
    policy->collects[policy->collect_count++] = collect;
    break;
  }
  case BATON_SANDBOX_TAG_LIMITS:
    for (int limit = 0; limit < BATON_SANDBOX_LIMIT_COUNT; limit++) {
      policy->limits[limit] = take_u64(&payload, "limits");
      if (policy->limits[limit] == 0) malformed("a limit is zero");
    }
    if (payload.left != 0) malformed("limits");
    break;
  case BATON_SANDBOX_TAG_OPTIONS: policy->options = take_u32(&payload, "options"); break;
  default: malformed("unknown tag");
  }
}

void sandbox_read_policy(int descriptor, struct policy *policy) {
  memset(policy, 0, sizeof *policy);
  struct stat status;
  if (fstat(descriptor, &status) != 0) sandbox_fail(BATON_SANDBOX_STAGE_POLICY, errno, "descriptor");
  if (status.st_size < 8 || status.st_size > BATON_SANDBOX_POLICY_BYTES_MAX) malformed("size");
  void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (bytes == MAP_FAILED) sandbox_fail(BATON_SANDBOX_STAGE_POLICY, errno, "mapping");
  struct cursor cursor = {.next = bytes, .left = (size_t)status.st_size};
  if (take_u32(&cursor, "magic") != BATON_SANDBOX_POLICY_MAGIC) malformed("magic");
  if (take_u32(&cursor, "padding") != 0) malformed("padding");
  while (cursor.left > 0) {
    uint32_t tag = take_u32(&cursor, "tag");
    uint32_t length = take_u32(&cursor, "length");
    size_t padded = ((size_t)length + 7) & ~(size_t)7;
    if (padded > cursor.left) malformed("length");
    read_record(policy, tag, (struct cursor){.next = cursor.next, .left = length});
    cursor.next += padded;
    cursor.left -= padded;
  }
  if (!policy->root) malformed("no root");
  if (!policy->directory) policy->directory = policy->root;
  if (!policy->home) malformed("no home");
  if (policy->arguments.count == 0) malformed("no command");
  if (policy->limits[0] == 0) malformed("no limits");
  append(&policy->arguments, NULL, "arguments");
  append(&policy->environment, NULL, "environment");
}
