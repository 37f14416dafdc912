"""Spectrum-based fault localisation: Ochiai by function, then by line, with what the failures' traces point at."""

import ast
import math
import os

TEST_FOLDERS = frozenset(("test", "tests", "testing", "python_testcases"))
SKIPPED_FOLDERS = frozenset(("node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "env", "virtualenv"))
FILES_MAX = 4000
FILE_BYTES_MAX = 1024 * 1024


def is_test_path(relative):
    parts = relative.split("/")
    name = parts[-1]
    return (name.startswith("test_") or name.endswith("_test.py") or name in ("conftest.py", "tests.py", "setup.py",
                                                                              "noxfile.py", "load_testdata.py")
            or any(part in TEST_FOLDERS for part in parts[:-1]))


def product_files(root, protected):
    """{real path: relative path} of the workspace's own Python files that may be edited."""
    found = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED_FOLDERS
                            and not f.endswith(".egg-info")
                            and not os.path.exists(os.path.join(folder, f, "pyvenv.cfg")))
        for name in sorted(names):
            if not name.endswith(".py"):
                continue
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, root)
            if relative in protected or is_test_path(relative) or os.path.islink(path):
                continue
            try:
                if os.path.getsize(path) > FILE_BYTES_MAX:
                    continue
            except OSError:
                continue
            found[os.path.realpath(path)] = relative
            if len(found) >= FILES_MAX:
                return found
    return found


class Spectrum:
    """Which failing and passing tests ran which lines."""

    def __init__(self):
        self.failing = []
        self.passing = []
        self.frames = {}
        self.types = {}
        self.errors = {}

    def note(self, message):
        lines = {(path, line) for path, numbers in message.get("lines", ()) for line in numbers}
        if message["outcome"] == "passed":
            self.passing.append((message["test"], lines))
        elif message["outcome"] != "skipped":
            self.failing.append((message["test"], lines))
            if message.get("error"):
                self.errors[message["test"]] = message["error"]
            frames = message.get("frames") or ()
            for distance, (path, line) in enumerate(reversed(list(frames)[-12:])):
                key = (path, line)
                self.frames[key] = max(self.frames.get(key, 0), 1.0 / (1 + distance))
        for path, first, names in message.get("types", ()):
            known = self.types.setdefault((path, first), {})
            for name, kinds in names:
                known.setdefault(name, set()).update(kinds)

    def ochiai(self, covers):
        """`covers(lines)` says whether a test ran the element."""
        failed = sum(1 for _, lines in self.failing if covers(lines))
        passed = sum(1 for _, lines in self.passing if covers(lines))
        if not failed or not self.failing:
            return 0.0
        return failed / math.sqrt(len(self.failing) * (failed + passed))

    def scores(self, sources):
        """{(path, line): score from 0 to 1} for lines that failing tests ran, and {(path, unit): score}."""
        line_fails, line_passes = {}, {}
        for _, lines in self.failing:
            for key in lines:
                line_fails[key] = line_fails.get(key, 0) + 1
        for _, lines in self.passing:
            for key in lines:
                line_passes[key] = line_passes.get(key, 0) + 1
        units = {}
        for path, source in sources.items():
            for unit in source.units:
                body = range(unit.node.body[0].lineno, unit.node.end_lineno + 1)
                keys = {(path, line) for line in body}
                if not any(key in line_fails for key in keys):
                    continue
                units[(path, unit)] = (self.ochiai(lambda lines: not keys.isdisjoint(lines)), body)
        scores = {}
        for (path, unit), (function_score, body) in units.items():
            for line in body:
                failed = line_fails.get((path, line), 0)
                if not failed:
                    continue
                own = failed / math.sqrt(len(self.failing) * (failed + line_passes.get((path, line), 0)))
                score = math.sqrt(function_score * own) * own
                frame = self.frames.get((path, line), 0)
                scores[(path, line)] = min(1.0, score * (1 + 0.6 * frame))
        return scores, {key: value[0] for key, value in units.items()}


def report_lines(scores, sources, spectrum, count):
    """The most suspicious lines with their reasons, for people."""
    rows = []
    for (path, line), score in scores.items():
        source = sources[path]
        function = None
        for unit in source.units:
            if unit.node.lineno <= line <= unit.node.end_lineno:
                function = unit.qualified
        failing = sum(1 for _, lines in spectrum.failing if (path, line) in lines)
        passing = sum(1 for _, lines in spectrum.passing if (path, line) in lines)
        reason = "run by %d of %d failing and %d of %d passing tests" % (
            failing, len(spectrum.failing), passing, len(spectrum.passing))
        frame = spectrum.frames.get((path, line), 0)
        if frame >= 1:
            reason += "; the failure is raised here"
        elif frame > 0:
            reason += "; in the failure's trace"
        rows.append((score, source.relative, line, function, reason))
    rows.sort(key=lambda row: (-row[0], row[1], row[2]))
    return [{"score": round(s, 4), "path": p, "line": n, "function": f, "reason": r} for s, p, n, f, r in rows[:count]]


def types_for(spectrum, path, node):
    """Observed types of all functions inside `node`, by variable."""
    merged = {}
    inner = {min([n.lineno] + [d.lineno for d in n.decorator_list]) for n in ast.walk(node)
             if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
    inner |= {n.lineno for n in ast.walk(node) if isinstance(n, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))}
    for (other, first), names in spectrum.types.items():
        if other == path and first in inner:
            for name, kinds in names.items():
                merged.setdefault(name, set()).update(kinds)
    return merged
