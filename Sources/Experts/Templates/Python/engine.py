"""The engine's main loop: request in, progress and patches out. Everything else is in the modules beside it."""

import hashlib
import os
import select
import signal
import sys
import time
import traceback

from . import command as commands
from . import localize, servers
from .search import Search
from .sources import SourceError, SourceFile
from .wire import Wire

TESTS_TRACED_FAILING_MAX = 24
TESTS_TRACED_PASSING_MAX = 400
TESTS_TRACED_HANGING_MAX = 3
TEST_FILES_MAX = 60
# CPU seconds of a test: at the first look, at the second, and while a hanging one is traced.
QUICK_CPU, PATIENT_CPU, HANG_TRACE_CPU = 0.15, 1.5, 0.2



def last_line(text):
    """What a failure's text ends with: the error itself, without pytest's margin."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return lines[-1].removeprefix("E").strip()[:300] if lines else "no reason given"

class Stopped(Exception):
    """The other side asked for the end."""


class CannotRun(Exception):
    """The suite cannot be handled; the message says why, for people."""


class Engine:
    def __init__(self, wire, request):
        self.wire = wire
        self.request = request
        self.root = os.path.realpath(request["root"])
        self.began = time.monotonic()
        self.seconds = float(request["seconds"])
        self.protected = set(request.get("protected", ()))
        self.rejected = {(row["path"], hashlib.sha256(row["bytes"].encode("latin-1")).digest())
                         for row in request.get("rejected", ())}
        self.command = commands.parse(request.get("command") or "")
        self.directory = os.path.realpath(os.path.join(self.root, self.command.directory or request.get("directory") or "."))
        self.workers = max(1, min(int(request.get("workers") or 2), 8))
        self.pids = []
        self.slots = []
        self.cold = None
        self.notes = []
        self.last_progress = 0.0

    # Time and events

    def elapsed(self):
        return time.monotonic() - self.began

    def left(self):
        return self.seconds - self.elapsed()

    def progress(self, text, tried=0, force=False):
        now = time.monotonic()
        if force or now - self.last_progress >= 0.5:
            self.last_progress = now
            self.wire.send("progress", message=text, tried=tried)

    def pump(self, timeout):
        """Messages that came from servers within `timeout` seconds: [(slot, message)]."""
        watched = {slot.result_read: slot for slot in self.slots + ([self.cold] if self.cold else []) if slot.alive}
        ready = select.select(list(watched) + [self.wire.input_fd], [], [], max(0, timeout))[0]
        if self.wire.input_fd in ready:
            raise Stopped()
        events = []
        for descriptor in ready:
            slot = watched[descriptor]
            events += [(slot, message) for message in slot.receive()]
            if not slot.alive:
                events.append((slot, {"t": "end", "why": "server gone"}))
        return events

    def close(self):
        for slot in self.slots + ([self.cold] if self.cold else []):
            slot.close()
        for pid in self.pids:
            try:
                os.killpg(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass

    # Collection

    def start(self):
        files = localize.product_files(self.root, self.protected)
        if not files:
            raise CannotRun("the workspace holds no Python file that may be edited")
        self.files = files
        failing, passing = self.request.get("failing") or [], self.request.get("passing") or []
        attempts = [(self.targets(failing, passing), False), (self.targets(failing, passing), True),
                    (list(self.command.targets), False), ([], False)]
        if self.command.runner == "unittest":
            attempts = [(list(self.command.targets), False)]
        reasons, tried = [], []
        for targets, reset in attempts:
            if (targets, reset) in tried:
                continue
            tried.append((targets, reset))
            self.setup = servers.Setup(self.root, self.directory, self.command, frozenset(files), targets)
            self.setup.reset_options = reset
            reason = self.collect()
            if reason is None:
                return
            reasons.append(reason)
        raise CannotRun("the tests could not be collected in a warm process: " + "; ".join(dict.fromkeys(reasons))[:1500])

    def targets(self, failing, passing):
        """Test files to collect: those of the failing tests first, then of passing ones."""
        files = []
        for name in list(failing) + list(passing):
            path = name.split("::")[0] if "::" in name else None
            if path and path not in files and os.path.exists(os.path.join(self.directory, path)):
                files.append(path)
            if len(files) >= TEST_FILES_MAX:
                break
        return files if files else list(self.command.targets)

    def collect(self):
        """None, or why it failed."""
        pid, slots = servers.start_warm(self.wire, self.setup, self.workers)
        self.pids.append(pid)
        self.slots = slots
        limit = time.monotonic() + max(5, min(60, self.left() / 3))
        reason = "collecting the tests took too long"
        while time.monotonic() < limit:
            for slot, message in self.pump(0.2):
                if message["t"] == "collected":
                    self.note_collected(message)
                    if not self.names:
                        reason = "no tests were collected"
                        if message["errors"]:
                            reason = "collecting failed: " + last_line(message["errors"][0][1])
                        break
                    return None
                if message["t"] in ("broken", "end"):
                    if message["t"] == "broken":
                        reason = message["why"]
                        if message.get("errors"):
                            reason += ": " + last_line(message["errors"][0][1])
                    limit = 0
            else:
                continue
            break
        for slot in self.slots:
            slot.close()
        self.slots = []
        try:
            os.killpg(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        return reason

    def note_collected(self, message):
        self.names = message["names"]
        self.paths = message["paths"]
        self.usable = [index for index, expected in enumerate(message["xfail"]) if not expected]
        self.errors = message["errors"]
        self.called_at_import = {tuple(key) for key in message["called"]}
        self.imported = set(message["imported"])
        # A test's own file is never a place for edits, whatever its name is.
        for path in set(self.paths):
            self.files.pop(path, None)

    # Localisation

    def match(self):
        """Indices of the failing and passing tests among the collected ones."""
        by_name = {}
        for index in self.usable:
            by_name.setdefault(commands.normal_id(self.names[index]), index)

        def indices(names):
            found = []
            for name in names or ():
                index = by_name.get(commands.normal_id(name))
                if index is not None and index not in found:
                    found.append(index)
            return sorted(found)

        return indices(self.request.get("failing")), indices(self.request.get("passing"))

    def observe(self, tests, traced, cpu, chunk, until):
        """Runs tests in warm children: {test: message}. Each timed-out one ends its child; the rest goes on in another."""
        results = {}
        queue = [tests[start:start + chunk] for start in range(0, len(tests), chunk)]
        running = 0
        while queue or running:
            if time.monotonic() > until and queue:
                queue = []
            for slot in self.slots:
                if slot.busy is None and slot.alive and queue:
                    batch = queue.pop(0)
                    slot.submit({"t": "observe", "tests": batch, "traced": traced, "cpu": cpu, "wall": 3 + 6 * cpu}, batch)
                    running += 1
            if not running:
                break
            for slot, message in self.pump(0.5):
                if message["t"] == "observed":
                    results[message["test"]] = message
                elif message["t"] == "end" and slot.busy is not None:
                    batch, slot.busy = slot.busy, None
                    running -= 1
                    rest = [test for test in batch if test not in results]
                    if rest and (len(rest) == len(batch) or message["why"] != "exit"):
                        # Silent or dead without a word: the first test of the batch did it.
                        results[rest[0]] = {"test": rest[0], "outcome": "timeout", "seconds": cpu}
                        rest = rest[1:]
                    if rest:
                        queue.insert(0, rest)
            if not any(slot.alive for slot in self.slots):
                raise CannotRun("the test process died while it ran the tests")
        return results

    def localise(self):
        failing, passing = self.match()
        matched = bool(failing)
        share = min(20.0, self.seconds * 0.2)
        until = time.monotonic() + share
        # Given names may say nothing here, or none were given: then find out which tests fail.
        suspects = failing or [index for index in self.usable if index not in passing]
        first = self.quick_look(suspects, until)
        if not matched:
            failing = [i for i in suspects if first.get(i) in ("failed", "timeout")]
            passing = sorted(set(passing) | {i for i in suspects if first.get(i) == "passed"})
        if not failing:
            detail = ""
            if self.errors:
                detail = ": " + last_line(self.errors[0][1])
            raise CannotRun("none of the failing tests could be run one by one" + detail)
        self.progress("running %d failing tests to see which code they use" % len(failing), force=True)
        spectrum = localize.Spectrum()
        self.spectrum = spectrum
        hanging = [i for i in failing if first.get(i) == "timeout"]
        quick = [i for i in failing if first.get(i) != "timeout"]
        # A share of its own: tests that hang may have used up the first one, and nothing is found without a trace.
        until = time.monotonic() + share
        traced = self.observe(quick[:TESTS_TRACED_FAILING_MAX], True, 1.0, 1, until)
        traced.update(self.observe(hanging[:TESTS_TRACED_HANGING_MAX], True, HANG_TRACE_CPU, 1, until))
        for index in hanging[TESTS_TRACED_HANGING_MAX:]:
            traced[index] = {"outcome": "timeout", "seconds": HANG_TRACE_CPU, "test": index}
        flaky = [i for i, m in traced.items() if m["outcome"] == "passed"]
        self.failing = [i for i in failing if i not in flaky]
        if not self.failing:
            raise CannotRun("the failing tests pass when they are run one by one: they depend on other tests or on chance")
        for index in flaky:
            self.notes.append("%s passes when run alone" % self.names[index])
        for message in traced.values():
            if "lines" in message:
                spectrum.note(message)
        self.outcomes = {}
        for index in self.failing:
            outcome = dict(traced.get(index) or {"outcome": first.get(index) or "failed", "seconds": 0.1})
            outcome["seconds"] = self.first_seconds.get(index, outcome["seconds"])
            self.outcomes[index] = outcome
        if not passing and matched and not self.request.get("passing"):
            passing = [index for index in self.usable if index not in failing]
        near = {self.paths[i] for i in self.failing}
        passing.sort(key=lambda index: (self.paths[index] not in near, index))
        passing = passing[:TESTS_TRACED_PASSING_MAX]
        self.progress("running %d passing tests for comparison" % len(passing), force=True)
        until = time.monotonic() + share
        times = self.observe(passing, False, 3.0, 16, until)
        self.passing = [i for i in passing if i in times and times[i]["outcome"] == "passed"]
        self.durations = {i: times[i]["seconds"] for i in self.passing}
        sample = sorted(self.passing, key=lambda i: (self.paths[i] not in near, self.durations[i]))[:120]
        for index, message in self.observe(sample, True, 4.0, 8, time.monotonic() + share).items():
            if message["outcome"] == "passed":
                spectrum.note(message)
        self.covered_by = {index: lines for index, lines in spectrum.passing}
        touched = {path for _, lines in spectrum.failing for path, _ in lines} | {path for path, _ in spectrum.frames}
        self.sources = {}
        for path in touched:
            if path not in self.files:
                continue
            try:
                with open(path, "rb") as file:
                    self.sources[path] = SourceFile(path, self.files[path], file.read())
            except (OSError, SourceError) as error:
                self.notes.append("%s is left alone: %s" % (self.files[path], error))
        self.scores, self.units = spectrum.scores(self.sources)

    def quick_look(self, tests, until):
        """{test: outcome}, without tracing. A test counts as hanging only when a longer run says so too."""
        found = self.observe(tests, False, QUICK_CPU, 8, until)
        slow = [i for i in tests if i in found and found[i]["outcome"] == "timeout"]
        again = self.observe(slow[:2], False, PATIENT_CPU, 1, until)
        found.update(again)
        if any(message["outcome"] != "timeout" for message in again.values()):
            found.update(self.observe(slow[2:], False, PATIENT_CPU, 1, until))
        self.first_seconds = {i: m["seconds"] for i, m in found.items() if m["outcome"] != "timeout"}
        return {index: message["outcome"] for index, message in found.items()}

    # The whole run

    def run(self):
        self.start()
        try:
            pid, self.cold = servers.start_cold(self.wire, self.setup)
            self.pids.append(pid)
            self.progress("collected %d tests" % len(self.names), force=True)
            self.localise()
            lines = localize.report_lines(self.scores, self.sources, self.spectrum, 20)
            self.wire.send("suspects", lines=lines)
            if not self.scores:
                raise CannotRun("the failing tests run no code of the workspace that may be edited")
            search = Search(self)
            summary = search.run()
            return {"suspects": lines, **summary}
        finally:
            self.close()


def main():
    real_input = sys.stdin.buffer
    wire = Wire()
    try:
        request = wire.request(real_input)
        engine = Engine(wire, request)
    except (EOFError, ValueError, KeyError, OSError) as error:
        wire.send("error", message="bad request: %s" % error)
        return
    result = {"tried": 0, "order": []}
    try:
        result = engine.run()
    except CannotRun as error:
        result["cannot"] = str(error)
    except Stopped:
        return
    except Exception as error:
        wire.complain(traceback.format_exc())
        wire.send("error", message="the repair engine failed: %s: %s" % (type(error).__name__, error))
        return
    result["notes"] = engine.notes[:20]
    result["seconds"] = round(engine.elapsed(), 3)
    wire.send("done", **result)
