"""The engine's line protocol (JSON lines) and its private pipes (length-prefixed marshal)."""

import json
import marshal
import os
import select
import struct
import sys

MESSAGE_BYTES_MAX = 64 * 1024 * 1024


class Wire:
    """Owns the real standard streams: what tests print or read goes to /dev/null instead."""

    def __init__(self):
        self.input = sys.stdin.buffer
        self.output = os.dup(1)
        self.errors = os.dup(2)
        self.input_fd = os.dup(0)
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        os.close(null)

    def request(self, real_input):
        line = real_input.readline()
        if not line:
            raise EOFError("no request came")
        return json.loads(line)

    def send(self, kind, **fields):
        fields["kind"] = kind
        data = (json.dumps(fields) + "\n").encode("ascii")
        view = memoryview(data)
        while view:
            view = view[os.write(self.output, view):]

    def complain(self, text):
        try:
            os.write(self.errors, (text.rstrip() + "\n").encode("utf-8", "replace")[:65536])
        except OSError:
            pass

    def stop_requested(self):
        """Whether the other side closed the stream or asked for the end."""
        return bool(select.select([self.input_fd], [], [], 0)[0])

    def close_in_child(self):
        for descriptor in (self.output, self.errors, self.input_fd):
            try:
                os.close(descriptor)
            except OSError:
                pass


def write_message(descriptor, value):
    body = marshal.dumps(value)
    view = memoryview(struct.pack("<I", len(body)) + body)
    while view:
        view = view[os.write(descriptor, view):]


def read_message(descriptor):
    """The next message, blocking; None at the end of the stream."""
    head = _read_exactly(descriptor, 4)
    if head is None:
        return None
    body = _read_exactly(descriptor, struct.unpack("<I", head)[0])
    return None if body is None else marshal.loads(body)


def _read_exactly(descriptor, count):
    data = b""
    while len(data) < count:
        piece = os.read(descriptor, count - len(data))
        if not piece:
            return None
        data += piece
    return data


class MessageBuffer:
    """Cuts a stream of pieces into messages. The peer runs untrusted tests: a bad stream ends, it never raises."""

    def __init__(self):
        self.data = bytearray()
        self.broken = False

    def feed(self, piece):
        self.data += piece
        messages = []
        while not self.broken and len(self.data) >= 4:
            size = struct.unpack_from("<I", self.data)[0]
            if size > MESSAGE_BYTES_MAX:
                self.broken = True
                break
            if len(self.data) < 4 + size:
                break
            try:
                messages.append(marshal.loads(bytes(self.data[4:4 + size])))
            except (ValueError, EOFError, TypeError):
                self.broken = True
            del self.data[:4 + size]
        return messages
