"""A pytest plugin that reports each test by its node id. Works with pytest 6.2 and later.

It never trusts the outcome alone: a pair of canaries, one that must pass and one that must fail, goes through the same
hooks after the last test and shows whether outcomes are bent on their way.
"""

import os
import re

import pytest
from _pytest.runner import runtestprotocol

from . import recorder

_PLACE = re.compile(r"^(?:E\s+)?(?:File \"(?P<file>[^\"\n]+)\", line (?P<at>\d+)(?:, in (?P<name>.+))?"
                    r"|(?P<path>[^\s:][^:\n]*\.py):(?P<line>\d+): (?:in (?P<function>.+))?)", re.MULTILINE)


class _Canary(pytest.Item):
    def __init__(self, *, fails, **rest):
        super().__init__(**rest)
        self.fails = fails

    def runtest(self):
        assert not self.fails


class _Plugin:
    def __init__(self, config):
        self._recorder = recorder.Recorder()
        settings = recorder.settings()
        plugins = config.pluginmanager
        # A plugin that limits tests by itself knows better.
        own_limit = plugins.hasplugin("timeout") and _timeout_is_set(config)
        self._watch = recorder.Watch(0 if own_limit else settings["test_seconds_max"])
        self._only = frozenset(settings["only"]) or None
        self._raised = {}
        self._exceptions = {}
        self._recorder.record("begin", runner="pytest", version=pytest.__version__, root=recorder.clean(config.rootpath))
        # Evidence needs every test: a stop at the first failure is lifted.
        config.option.maxfail = 0
        if hasattr(config.option, "continue_on_collection_errors"):
            config.option.continue_on_collection_errors = True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config, items):
        if self._only is not None:
            dropped = [item for item in items if item.nodeid not in self._only]
            items[:] = [item for item in items if item.nodeid in self._only]
            config.hook.pytest_deselected(items=dropped)

    def pytest_collection_finish(self, session):
        for item in session.items:
            self._recorder.record("collected", id=recorder.clean(item.nodeid))

    def pytest_collectreport(self, report):
        if report.failed:
            text = recorder.clean(report.longreprtext)
            self._recorder.record(
                "collection_error",
                id=recorder.clean(report.nodeid) or ".",
                message=_collection_message(text),
                detail=text,
                trace=_places(text),
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid):
        self._recorder.record("start", id=recorder.clean(nodeid))

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item):
        # Around everything of the test, also its fixtures; a ring outside a phase ends the run, and shows.
        yield
        self._raised.pop(item.nodeid, None)
        self._exceptions.pop(item.nodeid, None)

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_setup(self, item):
        yield from self._watched()

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item):
        yield from self._watched()

    @pytest.hookimpl(hookwrapper=True, trylast=True)
    def pytest_runtest_call(self, item):
        self._watch.start()
        outcome = yield
        rang = self._watch.stop()
        self._raised[item.nodeid] = rang or (outcome.excinfo[1] if outcome.excinfo else None)

    def _watched(self):
        self._watch.start()
        yield
        self._watch.stop()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item, call):
        outcome = yield
        if call.excinfo is not None:
            self._exceptions[item.nodeid] = call.excinfo.value

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report):
        self._recorder.record(
            "phase",
            id=recorder.clean(report.nodeid),
            phase=report.when,
            outcome="skipped" if hasattr(report, "wasxfail") else report.outcome,
            seconds=getattr(report, "duration", 0.0),
            **self._failure(report)
        )

    def _failure(self, report):
        raised = self._raised.get(report.nodeid)
        if report.passed and report.when == "call" and not hasattr(report, "wasxfail"):
            if isinstance(raised, (Exception, recorder.TestTimeLimit)) and not isinstance(raised, pytest.skip.Exception):
                return {"bent": "%s was raised, and a hook reported the test as passed" % type(raised).__name__}
        if report.skipped and isinstance(report.longrepr, tuple):
            return {"message": recorder.clean(report.longrepr[2])}
        if not report.failed:
            return {}
        exception = self._exceptions.get(report.nodeid)
        crash = getattr(report.longrepr, "reprcrash", None)
        message = getattr(crash, "message", None) or (repr(exception) if exception else "failed")
        detail = report.longreprtext + "".join("\n--- %s ---\n%s" % section for section in report.sections)
        trace = recorder.exception_frames(exception) if exception else _places(report.longreprtext)
        return {"message": recorder.clean(message).split("\n")[0], "detail": recorder.clean(detail), "trace": trace}

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session):
        outcome = yield
        if outcome.excinfo is None and not session.config.option.collectonly:
            self._release_canaries(session)

    def _release_canaries(self, session):
        for fails in (False, True):
            name = recorder.random_name()
            try:
                item = _Canary.from_parent(session, name=name, fails=fails)
                reports = runtestprotocol(item, log=False, nextitem=None)
                outcomes = [report.outcome for report in reports if report.when == "call"]
            except Exception as error:
                outcomes = ["error: %s" % recorder.clean(repr(error))]
            self._recorder.record("canary", fails=fails, outcome=outcomes[0] if outcomes else "none")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session, exitstatus):
        only_collected = bool(session.config.option.collectonly)
        self._recorder.record("end", status=int(exitstatus), only_collected=only_collected)


def _timeout_is_set(config):
    try:
        return bool(config.getoption("timeout", None) or config.getini("timeout") or os.environ.get("PYTEST_TIMEOUT"))
    except (KeyError, ValueError):
        return False


def _collection_message(text):
    lines = [line[1:].strip() for line in text.split("\n") if line.startswith("E ")]
    return (lines or text.split("\n") or [""])[-1]


def _places(text):
    """Places named in a failure's text, where no exception is at hand."""
    found = []
    for match in _PLACE.finditer(text):
        path = match.group("file") or match.group("path")
        line = match.group("at") or match.group("line")
        function = match.group("name") or match.group("function") or ""
        found.append([os.path.abspath(path), int(line), function])
    return found[-recorder.FRAMES_MAX :]


def pytest_configure(config):
    # A worker of pytest-xdist sends its reports to the process that started it, which records them.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Plugin(config))


recorder.hide_from_children()
