"""Fork servers: a warm process that has collected the tests, or a fresh one, forks a child for each job."""

import ctypes
import importlib.machinery
import os
import resource
import select
import signal
import sys
import time

from . import suites
from .suites import FAILED, PASSED, SKIPPED, TIMED_OUT, Limiter, TestTimeLimit, real
from .tracing import Tracer, plain
from .wire import MessageBuffer, read_message, write_message

MEMORY_EXTRA_BYTES = 768 * 1024 * 1024
PR_SET_PDEATHSIG = 1


class Setup:
    """How the suite is run: the same for every server."""

    def __init__(self, root, directory, command, files, targets):
        self.root = root
        self.directory = directory
        self.command = command
        self.files = files
        self.targets = targets
        self.reset_options = False

    def enter(self):
        """In a server's process, before any workspace module is imported."""
        os.chdir(self.directory)
        os.environ.update(self.command.environment)
        os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
        extra = [p for p in self.command.environment.get("PYTHONPATH", "").split(":") if p]
        if not self.command.environment.get("PYTHONPATH"):
            extra = [p for p in os.environ.get("PYTHONPATH", "").split(":") if p]
        sys.path[:0] = [os.path.abspath(p) for p in extra]
        if self.command.adds_directory:
            sys.path.insert(0, self.directory)
        sys.argv[:] = ["pytest" if self.command.runner == "pytest" else "python -m unittest"]


class Slot:
    """The engine's end of one server: one job at a time."""

    def __init__(self, name):
        self.name = name
        self.job_read, self.job_write = os.pipe()
        self.result_read, self.result_write = os.pipe()
        self.buffer = MessageBuffer()
        self.busy = None
        self.alive = True

    def opened_in_engine(self):
        os.close(self.job_read)
        os.close(self.result_write)

    def opened_in_server(self):
        os.close(self.job_write)
        os.close(self.result_read)

    def submit(self, job, context):
        self.busy = context
        try:
            write_message(self.job_write, job)
        except BrokenPipeError:
            self.alive = False

    def receive(self):
        """Messages that have come; marks the slot dead at the end of its stream."""
        piece = os.read(self.result_read, 1 << 16)
        if not piece:
            self.alive = False
            return []
        messages = self.buffer.feed(piece)
        if self.buffer.broken:
            self.alive = False
        return messages

    def close(self):
        for descriptor in (self.job_write, self.result_read):
            try:
                os.close(descriptor)
            except OSError:
                pass


def die_with_parent():
    try:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        pass


def fork_server(wire, slots, body):
    """Forks a process that runs `body()` with the server's ends of `slots`. Returns its pid."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        die_with_parent()
        os.setpgid(0, 0)
        wire.close_in_child()
        for slot in slots:
            slot.opened_in_server()
        body()
        status = 0
    except BaseException as error:
        try:
            write_message(slots[0].result_write, {"t": "broken", "why": "%s: %s" % (type(error).__name__, error)})
        except BaseException:
            status = 2
    finally:
        os._exit(status)


def start_warm(wire, setup, count):
    """Starts `count` warm servers that share one collection. The first one reports what was collected."""
    slots = [Slot("warm%d" % index) for index in range(count)]

    def use(items, errors):
        sys.setprofile(None)
        swaps = suites.swap_map(setup.files)
        imported = {real(m.__file__) for m in list(sys.modules.values()) if getattr(m, "__file__", None)}
        write_message(slots[0].result_write, {
            "t": "collected", "names": [i.name for i in items], "paths": [i.path for i in items],
            "xfail": [i.expected_to_fail for i in items], "errors": errors[:50],
            "called": [list(key) for key in called], "imported": sorted(imported & setup.files),
        })
        handler = WarmHandler(setup, items, swaps, imported)
        for slot in slots[1:]:
            if os.fork() == 0:
                die_with_parent()
                os.setpgid(0, 0)
                serve(slot, handler.handle)
        serve(slots[0], handler.handle)

    called = set()

    def note_call(frame, event, argument):
        if event == "call":
            code = frame.f_code
            path = real(code.co_filename)
            if path in setup.files:
                called.add((path, code.co_name, code.co_firstlineno))

    def body():
        setup.enter()
        sys.setprofile(note_call)
        if setup.command.runner == "unittest":
            use([suites.UnittestItem(case) for case in suites.unittest_cases(setup.command, setup.targets)], [])
        else:
            import pytest
            plugin = suites.CollectPlugin(use)
            code = pytest.main(suites.pytest_arguments(setup.command, setup.targets, setup.reset_options), [plugin])
            write_message(slots[0].result_write, {
                "t": "broken", "why": "pytest ended with code %d before the tests were collected" % int(code),
                "errors": plugin.errors,
            })

    pid = fork_server(wire, slots, body)
    for slot in slots:
        slot.opened_in_engine()
    return pid, slots


def start_cold(wire, setup):
    """Starts a server whose children import the workspace afresh for every job."""
    slot = Slot("cold")

    def body():
        setup.enter()
        if setup.command.runner == "pytest":
            import pytest
        serve(slot, ColdHandler(setup).handle)

    pid = fork_server(wire, [slot], body)
    slot.opened_in_engine()
    return pid, slot


def serve(slot, handle):
    """Reads jobs for ever; each runs in a forked child, whose messages are passed on; then says how it ended."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    while True:
        job = read_message(slot.job_read)
        if job is None:
            os._exit(0)
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            run_child(job, handle, write_end)
        os.close(write_end)
        why = relay(pid, read_end, slot.result_write, job["wall"])
        os.close(read_end)
        write_message(slot.result_write, {"t": "end", "why": why})


def run_child(job, handle, write_end):
    try:
        die_with_parent()
        os.setpgid(0, 0)
        limit_memory()
        handle(job, lambda message: write_message(write_end, message))
    except BaseException as error:
        try:
            write_message(write_end, {"t": "child-error", "why": "%s: %s" % (type(error).__name__, error)})
        except BaseException:
            os._exit(2)
    finally:
        os._exit(0)


def limit_memory():
    try:
        with open("/proc/self/statm") as file:
            size = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY_EXTRA_BYTES, resource.RLIM_INFINITY))
    except (OSError, ValueError):
        return


def relay(pid, source, destination, wall):
    """Passes whole messages on until the child ends or is silent for `wall` seconds, then kills its group."""
    buffer = MessageBuffer()
    try:
        watch = os.pidfd_open(pid)
    except (AttributeError, OSError):
        watch = None
    deadline = time.monotonic() + wall
    why = "exit"
    ended = False
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            why = "silent"
            break
        wait = left if watch is not None else min(left, 0.02)
        ready = select.select([source] + ([watch] if watch is not None else []), [], [], 0 if ended else wait)[0]
        if source in ready:
            piece = os.read(source, 1 << 16)
            for message in buffer.feed(piece):
                write_message(destination, message)
                deadline = time.monotonic() + wall
            if not piece or buffer.broken:
                break
            continue
        if ended:
            break
        if watch in ready:
            ended = True
        elif watch is None:
            ended = os.waitpid(pid, os.WNOHANG)[0] != 0
    for target in (lambda: os.killpg(pid, signal.SIGKILL), lambda: os.kill(pid, signal.SIGKILL)):
        try:
            target()
        except (ProcessLookupError, PermissionError):
            pass
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        pass
    if watch is not None:
        os.close(watch)
    return why


def override_source(path, data):
    """From now on importing the file `path` runs the source `data` instead."""
    loader = importlib.machinery.SourceFileLoader
    original = loader.get_code

    def get_code(self, fullname):
        if real(self.path) == path:
            return compile(data, self.path, "exec", dont_inherit=True)
        return original(self, fullname)

    loader.get_code = get_code


class WarmHandler:
    """Jobs of a warm server's child: the modules are imported, functions get their code swapped."""

    def __init__(self, setup, items, swaps, imported):
        self.setup = setup
        self.items = items
        self.swaps = swaps
        self.imported = imported

    def handle(self, job, send):
        self.limiter = Limiter()
        if job["t"] == "observe":
            self.observe(job, send)
        else:
            for candidate in job["candidates"]:
                if not self.attempt(candidate, job, send):
                    return

    def run(self, index, seconds):
        """One test: outcome, exception, CPU seconds. A fired limit counts as a time-out whatever the test made of it."""
        item = self.items[index]
        began = time.process_time()
        error = None
        try:
            self.limiter.start(seconds)
            outcome, error = item.run()
        except TestTimeLimit:
            outcome = TIMED_OUT
        except BaseException as caught:
            outcome, error = FAILED, caught
        finally:
            self.limiter.stop()
        if self.limiter.fired:
            outcome = TIMED_OUT
        return outcome, error, time.process_time() - began

    def observe(self, job, send):
        tracer = Tracer(self.setup.files) if job["traced"] else None
        for index in job["tests"]:
            if tracer:
                tracer.start()
            try:
                outcome, error, seconds = self.run(index, job["cpu"])
            finally:
                if tracer:
                    tracer.stop()
            message = {"t": "observed", "test": index, "outcome": outcome, "seconds": seconds}
            if error is not None:
                message["error"] = ("%s: %s" % (type(error).__name__, error))[:500]
                message["frames"] = [(real(p), n) for p, n in suites.frames_of(error) if real(p) in self.setup.files]
            if tracer:
                message["lines"] = [(path, sorted(lines)) for path, lines in tracer.lines.items()]
                message["types"] = plain(tracer.types)
            send(message)
            if outcome == TIMED_OUT:
                return

    def attempt(self, candidate, job, send):
        """Tries one candidate. False: this process must not go on with the next one."""
        number, path, name, line, code, source = candidate
        functions = self.swaps.get((path, name, line))
        fresh = False
        if not functions:
            if path in self.imported or source is None:
                send({"t": "tried", "id": number, "verdict": "unswappable"})
                return True
            override_source(path, source)
            fresh = True
        originals = [(f, f.__code__) for f in functions or ()]
        try:
            for function, _ in originals:
                function.__code__ = code
        except ValueError:
            for function, original in originals:
                function.__code__ = original
            send({"t": "tried", "id": number, "verdict": "unswappable"})
            return True
        result = judge(self.run, job)
        for function, original in originals:
            function.__code__ = original
        result["t"] = "tried"
        result["id"] = number
        send(result)
        # A test that ran out of time in the first tier was left by an exception, like one that failed.
        return result["verdict"] in ("failed", "timeout") and not result["fixed"] and not fresh


def judge(run, job):
    """Failing tests first; the rest of them only when a probe passes; then the guards, up to the first broken one."""
    fixed, timeouts, spent = [], 0, 0.0
    waiting = list(job["probes"])
    rest = list(job["rest"])
    while waiting:
        index = waiting.pop(0)
        outcome, _, seconds = run(index, job["cpu"][index])
        spent += seconds
        if outcome == PASSED:
            fixed.append(index)
        elif outcome == TIMED_OUT:
            return {"verdict": "timeout", "fixed": fixed, "seconds": spent}
        elif not job["partial"] and not fixed:
            return {"verdict": "failed", "fixed": fixed, "seconds": spent}
        if not waiting and rest and fixed:
            waiting, rest = rest, []
    if not fixed:
        return {"verdict": "failed", "fixed": [], "seconds": spent}
    for index in job["guards"]:
        outcome, _, seconds = run(index, job["cpu"][index])
        spent += seconds
        if outcome == TIMED_OUT:
            return {"verdict": "timeout", "fixed": fixed, "seconds": spent}
        if outcome == FAILED:
            return {"verdict": "breaks", "fixed": fixed, "seconds": spent, "broken": index}
    complete = len(fixed) == job["wanted"]
    return {"verdict": "plausible" if complete else "partial", "fixed": fixed, "seconds": spent}


class ColdHandler:
    """Jobs of a cold server's child: an ordinary run of the suite's own runner on a changed file."""

    def __init__(self, setup):
        self.setup = setup

    def handle(self, job, send):
        if job["path"] is not None:
            override_source(job["path"], job["source"])
        if job.get("cpu"):
            resource.setrlimit(resource.RLIMIT_CPU, (int(job["cpu"]) + 1, int(job["cpu"]) + 2))
        began = time.process_time()
        outcomes = {}
        if self.setup.command.runner == "unittest":
            for case in suites.unittest_cases(self.setup.command, job["targets"]):
                outcomes[case.id()] = suites.UnittestItem(case).run()[0]
                send({"t": "alive"})
                if job["stop"] and outcomes[case.id()] == FAILED and case.id() in job["stop"]:
                    break
        else:
            import pytest

            def note(name, outcome):
                outcomes[name] = outcome
                send({"t": "alive"})
                if outcome == FAILED and name in job["stop"]:
                    send({"t": "ran", "outcomes": outcomes, "seconds": time.process_time() - began, "code": 1})
                    os._exit(0)

            arguments = suites.pytest_arguments(self.setup.command, job["targets"], self.setup.reset_options)
            pytest.main(arguments, [suites.ReportPlugin(note)])
        send({"t": "ran", "outcomes": outcomes, "seconds": time.process_time() - began, "code": 0})
