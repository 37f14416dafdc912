"""Reports each unittest test's outcome to Baton. Python imports this module by itself at start-up.

It does nothing until a unittest runner begins to run; a process that runs no unittest is not touched.
"""
import json
import os
import sys


def _install():
    import importlib.abc
    import importlib.util

    class Finder(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            if name != "unittest.runner":
                return None
            sys.meta_path.remove(self)
            spec = importlib.util.find_spec(name)
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                _patch(module)

            spec.loader.exec_module = exec_module
            return spec

    sys.meta_path.insert(0, Finder())


def _patch(runner):
    original = runner.TextTestRunner.run

    def run(self, test):
        report = os.environ.pop("BATON_REPORT", "")
        nonce = os.environ.pop("BATON_NONCE", "")
        seconds = float(os.environ.pop("BATON_TEST_SECONDS", "0") or 0)
        if not report:
            return original(self, test)
        descriptor = os.open(report, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        write, dumps = os.write, json.dumps

        def emit(**record):
            record["nonce"] = nonce
            write(descriptor, (dumps(record) + "\n").encode("utf-8", "backslashreplace"))

        emit(event="start", root=os.getcwd())
        self.resultclass = _reporting(self.resultclass, emit, seconds)
        result = original(self, test)
        emit(event="end", status=0 if result.wasSuccessful() else 1)
        return result

    runner.TextTestRunner.run = run


def _reporting(base, emit, seconds):
    import signal
    import time
    import traceback

    def describe(error):
        kind, value, trace = error
        frames = [[frame.filename, frame.lineno] for frame in traceback.extract_tb(trace)]
        detail = "".join(traceback.format_exception(kind, value, trace))[-16384:]
        return {"message": ("%s: %s" % (kind.__name__, value)).split("\n", 1)[0][:500], "detail": detail,
                "frames": frames}

    class OutOfTime(BaseException):
        """Not an Exception, so that a test's own `except Exception` does not hide it."""

    def out_of_time(number, frame):
        raise OutOfTime("did not end within the limit of %g s" % seconds)

    class Result(base):
        def startTest(self, test):
            self._baton_start = time.perf_counter()
            super().startTest(test)
            if seconds > 0:
                signal.signal(signal.SIGALRM, out_of_time)
                # Again and again: code that swallows one gets the next.
                signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)

        def stopTest(self, test):
            if seconds > 0:
                signal.setitimer(signal.ITIMER_REAL, 0)
            super().stopTest(test)

        def _baton(self, test, outcome, when="call", **more):
            started = getattr(self, "_baton_start", None)
            took = time.perf_counter() - started if started is not None else 0.0
            emit(event="test", id=test.id(), when=when, outcome=outcome, seconds=took, xfail=False, **more)

        def addSuccess(self, test):
            self._baton(test, "passed")
            super().addSuccess(test)

        def addFailure(self, test, err):
            self._baton(test, "failed", **describe(err))
            super().addFailure(test, err)

        def addError(self, test, err):
            self._baton(test, "failed", when="error", **describe(err))
            super().addError(test, err)

        def addSkip(self, test, reason):
            self._baton(test, "skipped")
            super().addSkip(test, reason)

        def addExpectedFailure(self, test, err):
            self._baton(test, "skipped")
            super().addExpectedFailure(test, err)

        def addUnexpectedSuccess(self, test):
            self._baton(test, "failed", message="unexpected success", detail="unexpected success", frames=[])
            super().addUnexpectedSuccess(test)

        def addSubTest(self, test, subtest, err):
            if err is not None:
                self._baton(subtest, "failed", **describe(err))
            super().addSubTest(test, subtest, err)

    return Result


if os.environ.get("BATON_REPORT"):
    _install()
