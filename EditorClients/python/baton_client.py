#!/usr/bin/env python3
"""A client of `baton serve`, in one file, with nothing but the standard library.

As a module:

    with BatonClient(["baton", "serve", "--stdio"]) as baton:
        job = baton.call("task/submit", {"root": "/path/to/project"})["job"]
        summary = baton.wait(job, print)
        sys.stdout.buffer.write(content(baton.call("patch/get", {"job": job})["diff"]))

As a command, `baton_client.py FOLDER [--baton PROGRAM] [--apply]` repairs a folder and prints the patch. Its exit code is
0 when the patch is there.
"""
import argparse
import base64
import json
import os
import subprocess
import sys


class BatonError(Exception):
    """The daemon's error answer."""

    def __init__(self, error):
        super().__init__(error.get("message", "unknown error"))
        self.code = error.get("code")


class BatonClient:
    """One session. Not for several threads at once."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.last_id = 0
        self.updates = []
        self.server = self.call("initialize", {"protocolVersion": 1, "clientInfo": {"name": "baton-client-python"}})
        self.notify("initialized", {})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, method, params=None):
        """Sends a request and waits for its result; updates that come meanwhile are kept for `wait`."""
        self.last_id += 1
        wanted = self.last_id
        self._send({"jsonrpc": "2.0", "id": wanted, "method": method, "params": params or {}})
        while True:
            message = self._receive()
            if message.get("id") == wanted and "method" not in message:
                if "error" in message:
                    raise BatonError(message["error"])
                return message.get("result")
            self._take(message)

    def notify(self, method, params):
        """Sends a notification, which has no answer."""
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def wait(self, job, show=lambda line: None):
        """Waits until a job rests and returns its summary; `show` gets one line for people at a time."""
        while True:
            while self.updates:
                update = self.updates.pop(0)
                if update["job"]["job"] != job:
                    continue
                if update.get("progress"):
                    show(update["progress"])
                if update["job"]["state"] not in ("queued", "running", "applying"):
                    return update["job"]
            self._take(self._receive())

    def close(self):
        """Ends the session and the daemon that was started for it."""
        if self.process.poll() is None:
            try:
                self.call("shutdown")
                self.notify("exit", {})
                self.process.stdin.close()
            except (OSError, EOFError):
                pass  # It ended by itself, which is what was wanted.
        self.process.wait()

    def _take(self, message):
        if message.get("method") == "task/updated":
            self.updates.append(message["params"])

    def _send(self, message):
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def _receive(self):
        line = self.process.stdout.readline()
        if not line:
            raise EOFError("the daemon ended")
        return json.loads(line)


def content(encoded):
    """The bytes of a file or a patch, which the protocol carries as text or, when they are no UTF-8, as base64."""
    if "text" in encoded:
        return encoded["text"].encode()
    return base64.b64decode(encoded["base64"])


def main():
    parser = argparse.ArgumentParser(description="Repair a folder through the Baton daemon.")
    parser.add_argument("folder")
    parser.add_argument("--baton", default="baton", help="the program (default: baton, from PATH)")
    parser.add_argument("--apply", action="store_true", help="write the patch into the folder")
    options = parser.parse_args()
    with BatonClient([options.baton, "serve", "--stdio"]) as baton:
        job = baton.call("task/submit", {"root": os.path.abspath(options.folder)})["job"]
        summary = baton.wait(job, lambda line: print(line, file=sys.stderr))
        print("%s: %s" % (summary.get("outcome"), summary.get("message")), file=sys.stderr)
        if summary["state"] != "proposed":
            return 1
        sys.stdout.buffer.write(content(baton.call("patch/get", {"job": job})["diff"]))
        if options.apply and not baton.call("patch/apply", {"job": job})["applied"]:
            print("the folder changed meanwhile; nothing was written", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
