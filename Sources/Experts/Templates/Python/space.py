"""The space of single edits, generated lazily and handed out best first."""

import ast
import heapq
import itertools
import math

from . import classical, statements, ingredients
from .scopes import Context, header_roots
from .sources import SourceError, code_key

GROUP_MAX = 4000
# How much better than its template's prior a group's best edit may be: log of the largest weight over its root.
GROUP_BOUND = 0.5
TEMPLATES = classical.TEMPLATES + ingredients.TEMPLATES + statements.TEMPLATES
# Lines that only other tests reach, or module code that runs at import, are still thought of, late.
MODULE_SHARE = 0.25


class Edit:
    """One candidate: a splice of one file, with the compiled function when only a function's body changed."""

    __slots__ = ("number", "path", "source", "start", "end", "new", "unit", "code", "template", "description", "score",
                 "line", "tier", "priority", "seconds", "fixed", "key")

    def __init__(self, path, source, start, end, new, template, description, score, line):
        self.path, self.source, self.start, self.end, self.new = path, source, start, end, new
        self.template, self.description, self.score, self.line = template, description, score, line
        self.unit = self.code = self.key = None
        self.tier = 1
        self.priority = score
        self.number = -1
        self.seconds = 0.0
        self.fixed = []

    def bytes(self):
        return self.source.spliced_bytes(self.start, self.end, self.new)

    def text(self):
        return self.source.spliced(self.start, self.end, self.new)


class Space:
    """`scores`: {(path, line): suspicion}. `types`: callable (path, node) → observed types."""

    def __init__(self, sources, scores, types):
        self.sources = sources
        self.scores = scores
        self.types = types
        self.heap = []
        self.ticket = itertools.count()
        self.seen = set()
        self.numbers = itertools.count(1)
        self.generated = 0
        self.invalid = 0
        self.duplicates = 0
        self.opened = set()
        self.contexts = {}
        best = {}
        for (path, line), score in scores.items():
            source = sources[path]
            for unit in source.units:
                if unit.node.lineno <= line <= unit.node.end_lineno:
                    best[(path, unit)] = max(best.get((path, unit), 0), score)
        for (path, unit), score in best.items():
            self._push(2 * math.log(max(score, 1e-6)), "unit", (path, unit))

    def add_module_code(self, path, score, lines=None):
        """Also tries module-level and class-level code of a file; `lines`: only these."""
        source = self.sources[path]
        if (path, None) in self.opened:
            return
        self.opened.add((path, None))
        for node in [source.tree] + [n for n in ast.walk(source.tree) if isinstance(n, ast.ClassDef)]:
            context = Context(source, node, {})
            for statement in context.statements:
                if lines is not None and statement.lineno not in lines:
                    continue
                self._open_statement(path, context, statement, score)

    def _push(self, priority, kind, payload):
        heapq.heappush(self.heap, (-priority, next(self.ticket), kind, payload))

    def best_priority(self):
        return -self.heap[0][0] if self.heap else -math.inf

    def defer(self, edit, penalty):
        """Puts an edit back, behind others: its tests need more time."""
        edit.priority -= penalty
        self._push(edit.priority, "edit", edit)

    def _open_unit(self, path, unit):
        source = self.sources[path]
        context = Context(source, unit.node, self.types(path, unit.node))
        self.contexts[(path, unit)] = context
        try:
            span = source.span(unit.node)
            original = source.compile_unit(unit, span[0], span[0], "")
            if original is not None:
                self.seen.add((path, unit.qualified, code_key(original)))
        except (SyntaxError, ValueError):
            self.invalid += 1
        for statement in context.statements:
            score = 0.0
            for root in header_roots(statement) or [statement]:
                last = getattr(root, "end_lineno", None) or statement.lineno
                for line in range(getattr(root, "lineno", statement.lineno), last + 1):
                    score = max(score, self.scores.get((path, line), 0))
            if score > 0:
                self._open_statement(path, context, statement, score)

    def _open_statement(self, path, context, statement, score):
        for name, template, prior in TEMPLATES:
            self._push(2 * math.log(max(score, 1e-6)) + math.log(prior) + GROUP_BOUND, "group",
                       (path, context, statement, name, template, prior, score))

    def _open_group(self, path, context, statement, name, template, prior, score):
        rows = []
        source = context.source
        try:
            for start, end, new, weight, description in template(context, statement):
                if weight > 0 and source.text[start:end] != new:
                    rows.append((weight, start, end, new, description))
        except (SourceError, RecursionError):
            self.invalid += 1
        if not rows:
            return
        if len(rows) > GROUP_MAX:
            rows = heapq.nlargest(GROUP_MAX, rows, key=lambda row: row[0])
        # Weights are absolute (1: an ordinary edit of its kind), so a group of poor ones stays behind.
        total = sum(row[0] for row in rows)
        base = 2 * math.log(max(score, 1e-6)) + math.log(prior) - 0.5 * math.log(max(1.0, total))
        self.generated += len(rows)
        for weight, start, end, new, description in rows:
            value = base + math.log(weight)
            edit = Edit(path, source, start, end, new, name, description, value, statement.lineno)
            self._push(value, "edit", edit)

    def next(self):
        """The most promising edit that is valid Python and not seen before; None when the space is exhausted."""
        while self.heap:
            _, _, kind, payload = heapq.heappop(self.heap)
            if kind == "unit":
                self._open_unit(*payload)
            elif kind == "group":
                self._open_group(*payload)
            elif payload.number >= 0 or self._prepare(payload):
                return payload
        return None

    def _prepare(self, edit):
        """Compiles a new edit. False: invalid, or the same as one before."""
        source = edit.source
        unit = None
        for candidate in source.units:
            first, last = source.span(candidate.node.body[0])[0], source.span(candidate.node)[1]
            line_start = source.line_starts[candidate.node.body[0].lineno - 1]
            if min(first, line_start) <= edit.start and edit.end <= last + len(source.newline) + 200 \
                    and edit.start <= last + 200 and self._inside(source, candidate, edit):
                unit = candidate
                break
        try:
            if unit is None:
                compile(edit.text(), edit.path, "exec", dont_inherit=True)
                key = (edit.path, None, edit.start, edit.end, edit.new)
            else:
                edit.code = source.compile_unit(unit, edit.start, edit.end, edit.new)
                if edit.code is None:
                    self.invalid += 1
                    return False
                key = (edit.path, unit.qualified, code_key(edit.code))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            self.invalid += 1
            return False
        if key in self.seen:
            self.duplicates += 1
            return False
        self.seen.add(key)
        edit.unit = unit
        edit.key = key
        edit.number = next(self.numbers)
        return True

    def _inside(self, source, unit, edit):
        """Whether the edit lies in the unit's body: on its lines from the first statement to the last line's end."""
        start = source.line_starts[unit.node.body[0].lineno - 1]
        if unit.node.body[0].lineno == unit.node.lineno:
            start = source.span(unit.node.body[0])[0]
        last_line = unit.node.end_lineno
        stop = source.line_starts[last_line] if last_line < len(source.line_starts) else len(source.text)
        return start <= edit.start and edit.end <= stop
