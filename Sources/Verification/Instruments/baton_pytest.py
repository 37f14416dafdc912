"""Reports each test's outcome to Baton, and plants two tests whose outcomes are known beforehand.

Loaded into pytest from outside the repository. What it writes is believed only when the planted tests came out as
they must: one passes, one fails. Code that turns every outcome into "passed" turns the second one too.
"""
import json
import os
import signal

import pytest

_REPORT = os.environ.pop("BATON_REPORT", "")
_NONCE = os.environ.pop("BATON_NONCE", "")
_TEST_SECONDS = float(os.environ.pop("BATON_TEST_SECONDS", "0") or 0)
_DETAIL_MAX = 16384
_write = os.write
_descriptor = -1
_planted_failed = False


def _emit(record, _dumps=json.dumps):
    if _descriptor < 0:
        return
    record["nonce"] = _NONCE
    _write(_descriptor, (_dumps(record) + "\n").encode("utf-8", "backslashreplace"))


def _frames(longrepr):
    frames = []
    traceback = getattr(longrepr, "reprtraceback", None)
    for entry in getattr(traceback, "reprentries", ()) or ():
        location = getattr(entry, "reprfileloc", None)
        if location is not None:
            frames.append([str(location.path), int(location.lineno)])
    return frames


def _message(longrepr):
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None:
        return str(crash.message).split("\n", 1)[0][:500]
    return str(longrepr).strip().split("\n")[-1][:500]


class _OutOfTime(BaseException):
    """Not an Exception, so that a test's own `except Exception` does not hide it."""


def _out_of_time(number, frame):
    raise _OutOfTime("did not end within the limit of %g s" % _TEST_SECONDS)


def _limited():
    if _TEST_SECONDS <= 0:
        yield
        return
    previous = signal.signal(signal.SIGALRM, _out_of_time)
    # Again and again: code that swallows one gets the next.
    signal.setitimer(signal.ITIMER_REAL, _TEST_SECONDS, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    yield from _limited()


class _Planted(pytest.Item):
    def __init__(self, *, passes, **keywords):
        super().__init__(**keywords)
        self.passes = passes

    def runtest(self):
        global _planted_failed
        if not self.passes:
            _planted_failed = True
            raise AssertionError("planted to fail")

    def repr_failure(self, excinfo, style=None):
        return "planted to fail"

    def reportinfo(self):
        return self.path, 0, self.name


def pytest_configure(config):
    global _descriptor
    if not _REPORT:
        return
    _descriptor = os.open(_REPORT, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    _emit({"event": "start", "root": str(config.rootpath)})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(session, config, items):
    _emit({"event": "collected", "ids": [item.nodeid for item in items]})
    if _descriptor < 0 or getattr(config.option, "numprocesses", None):
        return
    for passes in (True, False):
        name = "baton_planted_%s_%s" % ("pass" if passes else "fail", _NONCE)
        items.append(_Planted.from_parent(session, name=name, passes=passes))


def pytest_collectreport(report):
    if report.failed:
        _emit({
            "event": "collection", "id": report.nodeid, "message": _message(report.longrepr),
            "detail": str(report.longrepr)[-_DETAIL_MAX:], "frames": _frames(report.longrepr),
        })


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        record = {
            "event": "test", "id": report.nodeid, "when": report.when, "outcome": report.outcome,
            "seconds": report.duration, "xfail": hasattr(report, "wasxfail"),
        }
        if report.failed:
            record["message"] = _message(report.longrepr)
            record["detail"] = str(report.longrepr)[-_DETAIL_MAX:]
            record["frames"] = _frames(report.longrepr)
        _emit(record)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    # The planted failure is ours; the shell must see the exit code of the repository's own tests.
    if _planted_failed and int(exitstatus) == 1 and session.testsfailed == 1:
        session.exitstatus = exitstatus = 0
    _emit({"event": "end", "status": int(exitstatus)})
