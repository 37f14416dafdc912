"""Runs single tests of a collected suite in this process, through pytest's or unittest's own set-up and tear-down."""

import os
import signal
import sys
import time
import types
import unittest

PASSED, FAILED, SKIPPED, TIMED_OUT = "passed", "failed", "skipped", "timeout"


class TestTimeLimit(BaseException):
    """Raised inside a test that used up its time."""


class Limiter:
    """CPU-time limit of a test. It repeats, for code that swallows every exception."""

    def __init__(self):
        self.fired = False
        signal.signal(signal.SIGPROF, self._fire)

    def _fire(self, number, frame):
        self.fired = True
        raise TestTimeLimit()

    def start(self, seconds):
        self.fired = False
        signal.setitimer(signal.ITIMER_PROF, seconds, max(0.02, seconds / 4))

    def stop(self):
        try:
            signal.setitimer(signal.ITIMER_PROF, 0)
        except TestTimeLimit:
            signal.setitimer(signal.ITIMER_PROF, 0)


class PytestItem:
    """One collected pytest item."""

    def __init__(self, item):
        from _pytest import outcomes
        self.item = item
        self.name = item.nodeid
        self.path = os.path.realpath(str(getattr(item, "path", None) or item.fspath))
        self.skips = (outcomes.Skipped, outcomes.XFailed, unittest.SkipTest)
        self.expected_to_fail = item.get_closest_marker("xfail") is not None

    def run(self):
        """Outcome and exception. The item can be run again afterwards."""
        item = self.item
        if getattr(item, "_request", None) is False and hasattr(item, "_initrequest"):
            item._initrequest()
        error = None
        try:
            item.ihook.pytest_runtest_setup(item=item)
            item.ihook.pytest_runtest_call(item=item)
        except TestTimeLimit as caught:
            error = caught
        except BaseException as caught:
            error = caught
        recorded = getattr(item, "_excinfo", None)
        if recorded:
            # unittest cases record their failures instead of raising.
            error = recorded.pop(0).value
            item._excinfo = None
        try:
            item.ihook.pytest_runtest_teardown(item=item, nextitem=None)
        except BaseException as caught:
            error = error or caught
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            if hasattr(sys, name):
                delattr(sys, name)
        if hasattr(item, "_request"):
            item._request = False
            item.funcargs = None
        if error is None:
            return PASSED, None
        return (SKIPPED if isinstance(error, self.skips) else FAILED), error


class UnittestItem:
    """One unittest case."""

    def __init__(self, case):
        self.case = case
        self.name = case.id()
        module = sys.modules.get(type(case).__module__)
        self.path = os.path.realpath(getattr(module, "__file__", None) or "")
        self.expected_to_fail = False

    def run(self):
        result = _Result()
        suite = unittest.TestSuite([self.case])
        suite._cleanup = False
        error = None
        try:
            suite.run(result)
        except BaseException as caught:
            error = caught
        error = error or result.error
        if error is not None:
            return FAILED, error
        return (PASSED if result.passed else SKIPPED), None


class _Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.error = None
        self.passed = False

    def _note(self, err):
        self.error = self.error or err[1] or err[0]()

    def addError(self, test, err):
        self._note(err)

    def addFailure(self, test, err):
        self._note(err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._note(err)

    def addSuccess(self, test):
        self.passed = True

    def addUnexpectedSuccess(self, test):
        self.error = self.error or AssertionError("unexpected success")


class CollectPlugin:
    """Takes the place of pytest's run loop: hands the collected items to `use`."""

    def __init__(self, use):
        self.use = use
        self.errors = []

    def pytest_collectreport(self, report):
        if report.failed:
            self.errors.append((report.nodeid, str(report.longrepr)[-4000:]))

    def pytest_runtestloop(self, session):
        self.use([PytestItem(item) for item in session.items], self.errors)
        return True


class ReportPlugin:
    """Notes each test's outcome during a full, ordinary pytest run."""

    def __init__(self, note):
        self.note = note
        self.state = {}

    def pytest_collectreport(self, report):
        if report.failed:
            self.note(report.nodeid, FAILED)

    def pytest_runtest_logreport(self, report):
        state = self.state.get(report.nodeid, PASSED)
        if report.failed:
            state = FAILED
        elif report.skipped and state == PASSED:
            state = SKIPPED
        self.state[report.nodeid] = state
        if report.when == "teardown":
            self.note(report.nodeid, state)


def pytest_arguments(command, targets, reset_options):
    arguments = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:pytest_cov", "-p", "no:randomly",
                 "-p", "no:random_order", "-p", "no:faulthandler", "-p", "no:junitxml", "--capture=no",
                 "--assert=plain", "--tb=no", "-q", "--continue-on-collection-errors"]
    if reset_options:
        arguments += ["-o", "addopts="]
    return arguments + list(command.options) + list(targets)


def unittest_cases(command, targets):
    """All cases that the unittest command line names, in order."""
    loader = unittest.TestLoader()
    program = object.__new__(unittest.TestProgram)
    program.__dict__.update(
        module=None, testLoader=loader, exit=False, failfast=None, catchbreak=None, verbosity=1, buffer=None,
        defaultTest=None, warnings=None, progName="python -m unittest", tb_locals=False, durations=None,
        testNamePatterns=None, _discovery_parser=None,
    )
    program.parseArgs(["python -m unittest"] + (list(targets) or list(command.targets)))
    cases = []

    def walk(suite):
        for part in suite:
            walk(part) if isinstance(part, unittest.TestSuite) else cases.append(part)

    walk(program.test)
    return cases


def clock():
    return time.process_time()


def frames_of(error):
    """(file, line) of a failure's traceback, innermost last."""
    frames = []
    trace = getattr(error, "__traceback__", None)
    while trace is not None and len(frames) < 200:
        frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return frames


def swap_map(paths):
    """{(file, name, first line): [function objects]} of all functions of the files `paths`, wherever referenced."""
    import gc
    found = {}
    for value in gc.get_objects():
        if type(value) is types.FunctionType:
            code = value.__code__
            path = real(code.co_filename)
            if path in paths:
                found.setdefault((path, code.co_name, code.co_firstlineno), []).append(value)
    return found


_real = {}


def real(path):
    found = _real.get(path)
    if found is None:
        found = _real[path] = os.path.realpath(path)
    return found
