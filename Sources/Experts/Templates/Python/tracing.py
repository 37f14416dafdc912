"""Line coverage and run-time types of workspace code while one test runs."""

import sys
import threading

from .suites import real

SAMPLES_MAX = 1500
NAMES_MAX = 60
ELEMENTS_MAX = 3


class Tracer:
    """`files`: real paths of the code to watch. Results: `lines` {path: set}, `types` {(path, line): {name: set}}."""

    def __init__(self, files):
        self.files = files
        self.known = {}
        self.monitoring = getattr(sys, "monitoring", None)
        self.tool = None
        self.reset()

    def reset(self):
        self.lines = {}
        self.types = {}
        self.samples = 0

    def lookup(self, name):
        found = self.known.get(name, 0)
        if found == 0:
            path = real(name)
            found = self.known[name] = path if path in self.files else None
        return found

    def start(self):
        self.reset()
        if self.monitoring is not None and self._start_monitoring():
            return
        threading.settrace(self._call)
        sys.settrace(self._call)

    def stop(self):
        if self.tool is not None:
            self.monitoring.set_events(self.tool, 0)
            self.monitoring.free_tool_id(self.tool)
            self.tool = None
            return
        sys.settrace(None)
        threading.settrace(None)

    # Python 3.12 and later: each line reports once, then costs nothing.

    def _start_monitoring(self):
        monitoring = self.monitoring
        for tool in (4, 3, 5, 2):
            try:
                monitoring.use_tool_id(tool, "baton")
            except ValueError:
                continue
            self.tool = tool
            monitoring.register_callback(tool, monitoring.events.LINE, self._monitor)
            monitoring.set_events(tool, monitoring.events.LINE)
            monitoring.restart_events()
            return True
        return False

    def _monitor(self, code, line):
        path = self.lookup(code.co_filename)
        if path is not None:
            self._visit(path, line, sys._getframe(1))
        return self.monitoring.DISABLE

    # Earlier versions.

    def _call(self, frame, event, argument):
        if self.lookup(frame.f_code.co_filename) is None:
            return None
        return self._line

    def _line(self, frame, event, argument):
        if event == "line":
            path = self.known[frame.f_code.co_filename]
            seen = self.lines.get(path)
            if seen is None or frame.f_lineno not in seen:
                self._visit(path, frame.f_lineno, frame)
        return self._line

    def _visit(self, path, line, frame):
        self.lines.setdefault(path, set()).add(line)
        if self.samples >= SAMPLES_MAX:
            return
        self.samples += 1
        types = self.types.setdefault((path, frame.f_code.co_firstlineno), {})
        for name, value in list(frame.f_locals.items())[:NAMES_MAX]:
            note_type(types, name, value)


def note_type(types, name, value, depth=0):
    kind = type(value)
    types.setdefault(name, set()).add(kind.__name__)
    try:
        if kind in (list, tuple, set, frozenset):
            for element in list(value)[:ELEMENTS_MAX] if len(value) < 200 else ():
                types.setdefault(name + "[]", set()).add(type(element).__name__)
        elif kind is dict:
            for key in list(value)[:ELEMENTS_MAX]:
                types.setdefault(name + "{}", set()).add(type(key).__name__)
                types.setdefault(name + "[]", set()).add(type(value[key]).__name__)
        elif depth == 0 and kind.__module__ != "builtins" and isinstance(getattr(value, "__dict__", None), dict):
            for attribute, inner in list(vars(value).items())[:30]:
                note_type(types, "%s.%s" % (name, attribute), inner, 1)
    except Exception:
        # A container with an odd protocol of its own: its type's name is enough.
        return


def plain(types):
    """As values that marshal takes."""
    return [(path, line, [(name, sorted(kinds)[:6]) for name, kinds in names.items()])
            for (path, line), names in types.items()]
