// For memmem.
#define _GNU_SOURCE
// The yardstick for the daemon's transport: a minimal JSON-RPC server on libuv, over a Unix socket, with the base framing of
// the Language Server Protocol. It finds the Content-Length and the id of each request, parses nothing else, and answers
// with error -32601 (method not found). Usage: echo_server SOCKET. Ends on SIGTERM.

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { header_bytes_max = 4096, frame_bytes_max = 64 << 20, read_bytes = 65536 };

// Bytes that grow at the end and are taken from the front.
struct buffer {
  char *bytes;
  size_t count, capacity, taken;
};

struct connection {
  uv_pipe_t pipe;
  struct buffer input, output;
};

// What libuv has not written at once, on its own until it is.
struct pending_write {
  uv_write_t request;
  char bytes[];
};

static char read_memory[read_bytes];

static void *must(void *memory) {
  if (memory == NULL) abort();
  return memory;
}

static void buffer_append(struct buffer *buffer, const void *bytes, size_t count) {
  if (buffer->taken == buffer->count) buffer->taken = buffer->count = 0;
  if (buffer->count + count > buffer->capacity) {
    buffer->capacity = (buffer->count + count) * 2;
    buffer->bytes = must(realloc(buffer->bytes, buffer->capacity));
  }
  memcpy(buffer->bytes + buffer->count, bytes, count);
  buffer->count += count;
}

static void closed(uv_handle_t *handle) {
  struct connection *connection = handle->data;
  free(connection->input.bytes);
  free(connection->output.bytes);
  free(connection);
}

static void written(uv_write_t *request, int status) {
  (void)status;
  free(request);
}

static void flush(struct connection *connection) {
  struct buffer *output = &connection->output;
  if (output->count == 0) return;
  uv_stream_t *stream = (uv_stream_t *)&connection->pipe;
  uv_buf_t whole = uv_buf_init(output->bytes, output->count);
  int done = uv_try_write(stream, &whole, 1);
  size_t rest = output->count - (done > 0 ? done : 0);
  if (rest > 0) {
    struct pending_write *pending = must(malloc(sizeof *pending + rest));
    memcpy(pending->bytes, output->bytes + output->count - rest, rest);
    uv_buf_t left = uv_buf_init(pending->bytes, rest);
    if (uv_write(&pending->request, stream, &left, 1, written) != 0) free(pending);
  }
  output->count = 0;
}

// The value of "id" as it stands in the request: a number or a string without escapes.
static bool find_id(const char *body, size_t count, const char **id, size_t *id_count) {
  const char *found = memmem(body, count, "\"id\":", 5);
  if (found == NULL) return false;
  const char *end = body + count;
  const char *start = found + 5;
  while (start < end && *start == ' ') start++;
  const char *stop = start;
  if (stop < end && *stop == '"') {
    stop = memchr(stop + 1, '"', end - stop - 1);
    if (stop == NULL) return false;
    stop++;
  } else {
    while (stop < end && *stop != ',' && *stop != '}' && *stop != ' ') stop++;
  }
  *id = start;
  *id_count = stop - start;
  return true;
}

static void answer(struct connection *connection, const char *body, size_t count) {
  const char *id;
  size_t id_count;
  if (!find_id(body, count, &id, &id_count) || id_count > 256) return;
  char frame[512];
  static const char tail[] = ",\"error\":{\"code\":-32601,\"message\":\"method not found\"}}";
  static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":";
  size_t body_count = sizeof head - 1 + id_count + sizeof tail - 1;
  int frame_count = snprintf(
      frame, sizeof frame, "Content-Length: %zu\r\n\r\n%s%.*s%s", body_count, head, (int)id_count, id, tail);
  buffer_append(&connection->output, frame, frame_count);
}

// Answers every complete frame of the input. False when the peer speaks something else.
static bool answer_all(struct connection *connection) {
  struct buffer *input = &connection->input;
  while (input->taken < input->count) {
    const char *start = input->bytes + input->taken;
    size_t available = input->count - input->taken;
    const char *header_end = memmem(start, available, "\r\n\r\n", 4);
    if (header_end == NULL) return available <= header_bytes_max;
    static const char name[] = "Content-Length: ";
    const char *length = memmem(start, header_end - start, name, sizeof name - 1);
    if (length == NULL) return false;
    size_t body_count = strtoul(length + sizeof name - 1, NULL, 10);
    if (body_count > frame_bytes_max) return false;
    size_t frame_count = header_end + 4 - start + body_count;
    if (available < frame_count) return true;
    answer(connection, header_end + 4, body_count);
    input->taken += frame_count;
  }
  return true;
}

static void give_memory(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  (void)handle, (void)suggested;
  *buffer = uv_buf_init(read_memory, sizeof read_memory);
}

static void received(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
  struct connection *connection = stream->data;
  if (count > 0) {
    buffer_append(&connection->input, buffer->base, count);
    bool understood = answer_all(connection);
    flush(connection);
    if (understood) return;
  } else if (count == 0) {
    return;
  }
  uv_close((uv_handle_t *)stream, closed);
}

static void connected(uv_stream_t *listener, int status) {
  if (status < 0) return;
  struct connection *connection = must(calloc(1, sizeof *connection));
  uv_pipe_init(listener->loop, &connection->pipe, 0);
  connection->pipe.data = connection;
  uv_stream_t *stream = (uv_stream_t *)&connection->pipe;
  if (uv_accept(listener, stream) != 0 || uv_read_start(stream, give_memory, received) != 0) {
    uv_close((uv_handle_t *)stream, closed);
  }
}

static int check(int status, const char *doing) {
  if (status < 0) {
    fprintf(stderr, "%s: %s\n", doing, uv_strerror(status));
    exit(1);
  }
  return status;
}

static void terminated(uv_signal_t *signal, int number) {
  (void)number;
  uv_stop(signal->loop);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: echo_server SOCKET\n");
    return 2;
  }
  uv_loop_t *loop = uv_default_loop();
  uv_pipe_t listener;
  uv_signal_t termination;
  check(uv_pipe_init(loop, &listener, 0), "create a socket");
  check(uv_pipe_bind(&listener, argv[1]), argv[1]);
  check(uv_listen((uv_stream_t *)&listener, 128, connected), argv[1]);
  uv_signal_init(loop, &termination);
  uv_signal_start(&termination, terminated, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  uv_run(loop, UV_RUN_DEFAULT);
  unlink(argv[1]);
  return 0;
}
