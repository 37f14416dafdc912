"""Writes what a test run does, one JSON object a line, so that the reader can tell a forged line from a real one.

Every line carries the session's nonce and a sequence number. The nonces lie in a file next to this one; a process takes
the first that is left, so a later process cannot speak for an earlier one.
"""

import fcntl
import json
import os
import random
import signal
import sys
import threading
import time

FRAMES_MAX = 64
TEXT_CHARACTERS_MAX = 16384
# A test that ran into the time limit makes the limit for the next ones shorter: this many times the longest test.
LIMIT_FACTOR = 3.0
LIMIT_SECONDS_MIN = 1.0

# Recorders that have begun and not ended in this process.
_active = []
_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class TestTimeLimit(BaseException):
    """A test ran longer than it may. Not an Exception, so that `except Exception` does not swallow it."""

    __module__ = "builtins"


def hide_from_children():
    """Makes processes that tests start, and `sys.path`, look as if nothing had been added."""
    plugins = os.environ.get("PYTEST_PLUGINS", "").split(",")
    _put_environment("PYTEST_PLUGINS", ",".join(name for name in plugins if not name.startswith(__package__)))
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    _put_environment("PYTHONPATH", os.pathsep.join(path for path in paths if path != _FOLDER))
    _put_environment("BATON_PACKAGE", "")
    sys.path[:] = [path for path in sys.path if path != _FOLDER]


def _put_environment(name, value):
    if value:
        os.environ[name] = value
    else:
        os.environ.pop(name, None)


def _take_nonce():
    with open(os.path.join(_FOLDER, "nonces"), "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        lines = file.read().split()
        file.seek(0)
        file.truncate()
        file.write("\n".join(lines[1:]))
        return lines[0] if lines else None


def is_active():
    return bool(_active)


def settings():
    with open(os.path.join(_FOLDER, "settings.json")) as file:
        return json.load(file)


def clean(text):
    """Text that is valid UTF-8 and not too long; a long one keeps its beginning and its end."""
    text = str(text).encode("utf-8", "backslashreplace").decode("utf-8")
    if len(text) > TEXT_CHARACTERS_MAX:
        half = TEXT_CHARACTERS_MAX // 2
        text = text[:half] + "\n[...]\n" + text[-half:]
    return text


class Recorder:
    """The report of one session. Lines are written at once, so that a run that is killed leaves what it knew."""

    def __init__(self):
        self._nonce = _take_nonce()
        self._process = os.getpid()
        self._sequence = 0
        # The functions are kept: code under test may replace them in their modules.
        self._write, self._encode, self._pid = os.write, json.dumps, os.getpid
        self._file = os.open(os.path.join(_FOLDER, "report"), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

        _active.append(self)

    def close(self):
        _active.remove(self)
        os.close(self._file)

    def record(self, kind, **fields):
        if self._nonce is None or self._pid() != self._process:
            return
        fields.update(nonce=self._nonce, sequence=self._sequence, kind=kind)
        self._sequence += 1
        rest = (self._encode(fields) + "\n").encode("ascii")
        while rest:
            rest = rest[self._write(self._file, rest) :]


class Watch:
    """Stops a test that runs too long, by a signal on the main thread; what blocks in C code is left to the run's limit."""

    def __init__(self, seconds):
        self._seconds = seconds
        self._longest = 0.0
        self._began = time.monotonic()
        self._armed = False
        self._rang = None
        self._clock, self._timer, self._handle = time.monotonic, signal.setitimer, signal.signal

    def start(self):
        self._began = self._clock()
        self._rang = None
        if self._seconds <= 0 or threading.current_thread() is not threading.main_thread():
            return
        if signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL or signal.getitimer(signal.ITIMER_REAL)[0] > 0:
            return
        self._handle(signal.SIGALRM, self._ring)
        # Rings again and again: code under test may swallow the first one.
        self._timer(signal.ITIMER_REAL, self._seconds, 0.5)
        self._armed = True

    def stop(self):
        """Ends the watch over a test; gives the exception that stopped it, if one did."""
        if self._armed:
            self._timer(signal.ITIMER_REAL, 0)
            self._handle(signal.SIGALRM, signal.SIG_DFL)
            self._armed = False
        if self._seconds > 0:
            self._longest = max(self._longest, min(self._clock() - self._began, self._seconds))
        return self._rang

    def seconds(self):
        """Time since the watch began."""
        return self._clock() - self._began

    def _ring(self, number, frame):
        seconds = self._seconds
        self._longest = min(self._longest, seconds / LIMIT_FACTOR)
        self._seconds = min(seconds, max(LIMIT_SECONDS_MIN, LIMIT_FACTOR * self._longest))
        self._rang = self._rang or TestTimeLimit("the test was stopped after %g seconds" % seconds)
        raise self._rang


def frames(traceback):
    """(file, line, function) of a traceback, innermost last."""
    found = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        found.append([clean(code.co_filename), traceback.tb_lineno, clean(code.co_name)])
        traceback = traceback.tb_next
    return found[-FRAMES_MAX:]


def exception_frames(exception):
    """As `frames`, with the place of a syntax error, which no frame has, at the end."""
    found = frames(exception.__traceback__)
    if isinstance(exception, SyntaxError) and exception.filename and exception.lineno:
        found.append([clean(exception.filename), int(exception.lineno), ""])
    return found[-FRAMES_MAX:]


def random_name():
    return "%016x" % random.SystemRandom().getrandbits(64)
