// For memmem.
#define _GNU_SOURCE
// Measures a JSON-RPC server over a Unix socket with the base framing of the Language Server Protocol: round trips one after
// another, requests sent all at once, and one large request. One thread, non-blocking; prints one JSON document.
//
// Usage: rpc_driver SOCKET [--method NAME] [--params JSON] [--initialize JSON] [--sequential N] [--pipelined N]...
//                          [--large BYTES] [--large-rounds N] [--timeout-seconds S]
//
// --initialize sends that request (with the JSON as its params) and the notification `initialized` first. A request counts
// as answered when a frame with its id came, whether result or error; ids that never come are counted as unanswered.

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { pipelined_max = 8, input_bytes = 1 << 20 };

struct options {
  const char *socket, *method, *params, *initialize;
  int sequential, large_bytes, large_rounds, pipelined[pipelined_max], pipelined_count;
  double timeout_seconds;
};

// The connection, and what of its input has not been understood yet.
static int peer = -1;
static char *input;
static size_t input_count, input_capacity;
static double timeout_seconds;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static void fail(const char *what) {
  fprintf(stderr, "rpc_driver: %s: %s\n", what, errno ? strerror(errno) : "unexpected");
  exit(1);
}

static void *must(void *memory) {
  if (memory == NULL) fail("memory");
  return memory;
}

static void connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) fail("the socket's path is too long");
  strcpy(address.sun_path, path);
  peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (peer < 0 || connect(peer, (struct sockaddr *)&address, sizeof address) != 0) fail(path);
  if (fcntl(peer, F_SETFL, O_NONBLOCK) != 0) fail("fcntl");
}

// Waits until the peer can be read or, if asked, written. False after the timeout.
static bool wait_ready(bool writes) {
  struct pollfd watch = {.fd = peer, .events = POLLIN | (writes ? POLLOUT : 0)};
  int count;
  do count = poll(&watch, 1, (int)(timeout_seconds * 1000));
  while (count < 0 && errno == EINTR);
  if (count < 0) fail("poll");
  return count > 0;
}

// Reads what is there. False when there was nothing.
static bool read_some(void) {
  if (input_capacity - input_count < 65536) {
    input_capacity = input_capacity == 0 ? input_bytes : input_capacity * 2;
    input = must(realloc(input, input_capacity));
  }
  ssize_t count = read(peer, input + input_count, input_capacity - input_count);
  if (count > 0) {
    input_count += count;
    return true;
  }
  if (count == 0) {
    errno = 0;
    fail("the server closed the connection");
  }
  if (errno != EAGAIN && errno != EINTR) fail("read");
  return false;
}

// Calls `seen` with the id of each complete frame of the input; frames without a numeric id are notifications.
static void take_frames(void (*seen)(long)) {
  size_t taken = 0;
  while (taken < input_count) {
    char *start = input + taken;
    char *header_end = memmem(start, input_count - taken, "\r\n\r\n", 4);
    if (header_end == NULL) break;
    char *length = memmem(start, header_end - start, "Content-Length: ", 16);
    if (length == NULL) fail("a frame without Content-Length");
    size_t body_count = strtoul(length + 16, NULL, 10);
    size_t frame_count = header_end + 4 - start + body_count;
    if (input_count - taken < frame_count) break;
    char *body = header_end + 4;
    char *id = memmem(body, body_count, "\"id\":", 5);
    // A request of the server's own has a method, and is none of ours.
    if (id != NULL && memmem(body, body_count, "\"method\":", 9) == NULL) {
      char *end;
      long number = strtol(id + 5, &end, 10);
      if (end != id + 5) seen(number);
    }
    taken += frame_count;
  }
  memmove(input, input + taken, input_count - taken);
  input_count -= taken;
}

static char *make_request(size_t *count, long id, const char *method, const char *params) {
  size_t capacity = strlen(method) + strlen(params) + 160;
  char *body = must(malloc(capacity));
  int body_count =
      snprintf(body, capacity, "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":\"%s\",\"params\":%s}", id, method, params);
  char *frame = must(malloc(capacity + 64));
  *count = snprintf(frame, capacity + 64, "Content-Length: %d\r\n\r\n%s", body_count, body);
  free(body);
  return frame;
}

// What the current exchange waits for: ids `first_id` to `first_id + wanted - 1`.
static long first_id, wanted, answered, duplicates;
static bool *was_answered;

static void note_answer(long id) {
  if (id < first_id || id >= first_id + wanted) return;
  if (was_answered[id - first_id]) {
    duplicates++;
    return;
  }
  was_answered[id - first_id] = true;
  answered++;
}

static void expect(long first, long count) {
  first_id = first;
  wanted = count;
  answered = duplicates = 0;
  free(was_answered);
  was_answered = must(calloc(count, sizeof *was_answered));
}

// Sends all of `bytes` and reads until every answer is there, or nothing moves for the timeout. The seconds it took.
static double exchange(const char *bytes, size_t count) {
  double start = now(), last = start;
  size_t sent = 0;
  while (answered < wanted) {
    bool moved = false;
    while (sent < count) {
      ssize_t part = write(peer, bytes + sent, count - sent);
      if (part > 0) {
        sent += part;
        moved = true;
      } else if (errno == EAGAIN) {
        break;
      } else if (errno != EINTR) {
        fail("write");
      }
    }
    if (read_some()) {
      take_frames(note_answer);
      moved = true;
      last = now();
    }
    if (!moved && !wait_ready(sent < count)) break;
  }
  return (answered == wanted ? last : now()) - start;
}

static int by_value(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

static long next_id = 1;

static void initialize(const char *params) {
  size_t count;
  char *frame = make_request(&count, next_id, "initialize", params);
  expect(next_id++, 1);
  double seconds = exchange(frame, count);
  free(frame);
  if (answered != 1) fail("no answer to initialize");
  static const char body[] = "{\"jsonrpc\":\"2.0\",\"method\":\"initialized\",\"params\":{}}";
  char notification[160];
  int length = snprintf(notification, sizeof notification, "Content-Length: %zu\r\n\r\n%s", sizeof body - 1, body);
  if (write(peer, notification, length) != length) fail("write");
  printf("\"initialize_ms\": %.3f, ", seconds * 1e3);
}

// `rounds` requests one after another: the sorted times in seconds. Ends the program when one is not answered.
static double *measure_one_by_one(int rounds, const char *method, const char *params) {
  double *seconds = must(malloc(rounds * sizeof *seconds));
  for (int round = 0; round < rounds; round++) {
    size_t count;
    char *frame = make_request(&count, next_id, method, params);
    expect(next_id++, 1);
    seconds[round] = exchange(frame, count);
    free(frame);
    if (answered != 1) {
      errno = ETIMEDOUT;
      fail("a request was not answered");
    }
  }
  qsort(seconds, rounds, sizeof *seconds, by_value);
  return seconds;
}

static void measure_pipelined(int requests, const struct options *options) {
  size_t total = 0, capacity = 0;
  char *bytes = NULL;
  for (int index = 0; index < requests; index++) {
    size_t count;
    char *frame = make_request(&count, next_id + index, options->method, options->params);
    if (total + count > capacity) {
      capacity = (total + count) * 2;
      bytes = must(realloc(bytes, capacity));
    }
    memcpy(bytes + total, frame, count);
    total += count;
    free(frame);
  }
  expect(next_id, requests);
  next_id += requests;
  double seconds = exchange(bytes, total);
  free(bytes);
  printf(
      "{\"requests\": %d, \"per_second\": %.0f, \"seconds\": %.4f, \"unanswered\": %ld, \"duplicates\": %ld}",
      requests, answered / seconds, seconds, wanted - answered, duplicates);
}

static void measure(const struct options *options) {
  printf("{\"socket\": \"%s\", \"method\": \"%s\", ", options->socket, options->method);
  if (options->initialize) initialize(options->initialize);
  if (options->sequential > 0) {
    free(measure_one_by_one(options->sequential / 10 + 1, options->method, options->params));
    int rounds = options->sequential;
    double *seconds = measure_one_by_one(rounds, options->method, options->params);
    printf(
        "\"sequential\": {\"requests\": %d, \"p50_us\": %.2f, \"p99_us\": %.2f, \"max_us\": %.2f}, ", rounds,
        seconds[rounds / 2] * 1e6, seconds[rounds * 99 / 100] * 1e6, seconds[rounds - 1] * 1e6);
    free(seconds);
  }
  printf("\"pipelined\": [");
  for (int index = 0; index < options->pipelined_count; index++) {
    if (index > 0) printf(", ");
    measure_pipelined(options->pipelined[index], options);
  }
  printf("]");
  if (options->large_bytes > 0) {
    char *params = must(malloc(options->large_bytes + 16));
    strcpy(params, "{\"text\":\"");
    size_t head = strlen(params);
    memset(params + head, 'a', options->large_bytes);
    strcpy(params + head + options->large_bytes, "\"}");
    int rounds = options->large_rounds;
    double *seconds = measure_one_by_one(rounds, options->method, params);
    printf(
        ", \"large\": {\"bytes\": %d, \"requests\": %d, \"p50_ms\": %.3f, \"max_ms\": %.3f}", options->large_bytes,
        rounds, seconds[rounds / 2] * 1e3, seconds[rounds - 1] * 1e3);
    free(seconds);
    free(params);
  }
  printf("}\n");
}

static int usage(void) {
  fprintf(
      stderr,
      "usage: rpc_driver SOCKET [--method NAME] [--params JSON] [--initialize JSON] [--sequential N] [--pipelined N]...\n"
      "                         [--large BYTES] [--large-rounds N] [--timeout-seconds S]\n");
  return 2;
}

int main(int argc, char **argv) {
  struct options options = {
      .method = "task/unknown",
      .params = "{}",
      .sequential = 2000,
      .large_bytes = 1 << 20,
      .large_rounds = 21,
      .timeout_seconds = 5,
  };
  if (argc < 2 || argv[1][0] == '-') return usage();
  options.socket = argv[1];
  for (int index = 2; index + 1 < argc; index += 2) {
    const char *name = argv[index], *value = argv[index + 1];
    if (strcmp(name, "--method") == 0) options.method = value;
    else if (strcmp(name, "--params") == 0) options.params = value;
    else if (strcmp(name, "--initialize") == 0) options.initialize = value;
    else if (strcmp(name, "--sequential") == 0) options.sequential = atoi(value);
    else if (strcmp(name, "--large") == 0) options.large_bytes = atoi(value);
    else if (strcmp(name, "--large-rounds") == 0 && atoi(value) > 0) options.large_rounds = atoi(value);
    else if (strcmp(name, "--timeout-seconds") == 0) options.timeout_seconds = atof(value);
    else if (strcmp(name, "--pipelined") == 0 && atoi(value) > 0 && options.pipelined_count < pipelined_max)
      options.pipelined[options.pipelined_count++] = atoi(value);
    else return usage();
  }
  if (argc % 2 != 0) return usage();
  if (options.pipelined_count == 0) {
    options.pipelined[options.pipelined_count++] = 10000;
    options.pipelined[options.pipelined_count++] = 100000;
  }
  timeout_seconds = options.timeout_seconds;
  connect_to(options.socket);
  measure(&options);
  return 0;
}
