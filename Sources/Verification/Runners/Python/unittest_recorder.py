"""Makes `unittest.TextTestRunner` report each test by its id, whoever runs it: `-m unittest`, a script, make, tox."""

import re
import unittest

from . import recorder

_FAILED_LOADING = "unittest.loader._FailedTest."
_BROKEN_SETUP = re.compile(r"^(?:setUp|tearDown)(?:Class|Module) \((.+)\)$")


def patch(module):
    original = module.TextTestRunner.run

    def run(self, test):
        if recorder.is_active():
            # A test of the suite runs a suite of its own.
            return original(self, test)
        return _Session(self, original).run(test)

    module.TextTestRunner.run = run


class _Session:
    """One run of one suite."""

    def __init__(self, runner, original):
        self._runner = runner
        self._original = original
        self._recorder = recorder.Recorder()
        self._settings = recorder.settings()
        recorder.hide_from_children()

    def run(self, test):
        runner, record = self._runner, self._recorder.record
        record("begin", runner="unittest", root="")
        # Evidence needs every test: a stop at the first failure is lifted.
        runner.failfast = False
        only = frozenset(self._settings["only"])
        if only:
            test = unittest.TestSuite(case for case in _cases(test) if _id(case) in only)
        for case in _cases(test):
            record("collected", id=_id(case))
        base = runner.resultclass
        runner.resultclass = self._result_class(base, self._recorder)
        try:
            result = self._original(runner, test)
            self._release_canaries(base)
        finally:
            runner.resultclass = base
        record("end", status=0 if result.wasSuccessful() else 1, only_collected=False)
        self._recorder.close()
        return result

    def _result_class(self, base, sink):
        watch = recorder.Watch(self._settings["test_seconds_max"])
        kind = base if isinstance(base, type) else unittest.TextTestResult
        return type(kind.__name__, (_Reporting, kind), {"sink": sink, "watch": watch})

    def _release_canaries(self, base):
        for fails in (False, True):
            outcomes = _Outcomes()
            kind = self._result_class(base, outcomes)
            _Canary("fails" if fails else "passes").run(kind(_Nowhere(), False, 0))
            outcome = outcomes.found[0] if len(outcomes.found) == 1 else "none"
            self._recorder.record("canary", fails=fails, outcome=outcome)


class _Reporting:
    """Reports what a result class is told, before the class itself."""

    def startTest(self, test):
        self.sink.record("start", id=_id(test))
        super().startTest(test)
        self.watch.start()

    def stopTest(self, test):
        rang = self.watch.stop()
        if rang is not None:
            # Also when the code under test swallowed it.
            self._phase(test, "failed", (type(rang), rang, rang.__traceback__))
        super().stopTest(test)

    def _phase(self, test, outcome, error=None, message=None):
        fields = {"id": _id(test), "phase": "call", "outcome": outcome, "seconds": self.watch.seconds()}
        if error is not None and error[1] is not None:
            fields["message"] = recorder.clean("%s: %s" % (error[0].__name__, error[1])).split("\n")[0]
            fields["detail"] = recorder.clean(self._exc_info_to_string(error, test))
            fields["trace"] = recorder.exception_frames(_with_traceback(error))
        if message is not None:
            fields["message"] = recorder.clean(message)
        self.sink.record("phase", **fields)

    def addSuccess(self, test):
        self._phase(test, "passed")
        super().addSuccess(test)

    def addFailure(self, test, err):
        self._phase(test, "failed", err)
        super().addFailure(test, err)

    def addError(self, test, err):
        self._phase(test, "errored", err)
        super().addError(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._phase(test, "failed" if issubclass(err[0], test.failureException) else "errored", err)
        super().addSubTest(test, subtest, err)

    def addSkip(self, test, reason):
        self._phase(test, "skipped", message=reason)
        super().addSkip(test, reason)

    def addExpectedFailure(self, test, err):
        self._phase(test, "skipped", message="failed as expected")
        super().addExpectedFailure(test, err)

    def addUnexpectedSuccess(self, test):
        self._phase(test, "failed", message="passed, but is marked as an expected failure")
        super().addUnexpectedSuccess(test)


class _Canary(unittest.TestCase):
    def passes(self):
        self.assertTrue(True)

    def fails(self):
        self.assertTrue(False)


class _Outcomes:
    """Takes the canaries' results in the report's place."""

    def __init__(self):
        self.found = []

    def record(self, kind, **fields):
        if kind == "phase":
            self.found.append(fields["outcome"])


class _Nowhere:
    def __getattr__(self, name):
        return lambda *rest, **options: None


def _id(test):
    """The test's id. Of a subtest, the test it belongs to; of what broke before its tests, their module or class."""
    name = getattr(test, "test_case", test).id()
    if name.startswith(_FAILED_LOADING):
        name = name[len(_FAILED_LOADING) :]
    match = _BROKEN_SETUP.match(name)
    return recorder.clean(match.group(1) if match else name)


def _cases(suite):
    if not isinstance(suite, unittest.TestSuite):
        yield suite
        return
    for test in suite:
        yield from _cases(test)


def _with_traceback(error):
    return error[1] if error[1].__traceback__ is not None else error[1].with_traceback(error[2])
