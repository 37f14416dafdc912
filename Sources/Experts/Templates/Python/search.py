"""Best-first search: batches of candidates to warm servers, plausible ones to a cold run, the best five to the report."""

import ast
import hashlib
import math

from .localize import types_for
from .scopes import arguments_of
from .sources import FUNCTIONS, SCOPES
from .space import Space

# Confirmed edits that are enough; more are taken only while better ones may come.
PLAUSIBLE_MAX, PLAUSIBLE_MORE_MAX = 5, 10
CONFIRMING = 9
PARTIAL_MAX = 3
PROBES_MAX = 4
GUARDS_MAX = 40
# CPU seconds a test may take in each tier, and how many times what it took on the base.
TIER_CPU_FLOOR = (0.016, 0.15, 1.0, 5.0)
TIER_FACTOR = (4, 8, 16, 32)
# How far a timed-out edit falls back: less where the failing test hangs on the base too.
HANG_PENALTY, NEW_HANG_PENALTY = 2.5, 4.0
PROMISING_PENALTY = 0.7
BATCH_START, BATCH_MAX = 3, 10
# How long to look for better patches after the first: a share of the search so far, within these bounds.
EXTRA_SECONDS_MIN, EXTRA_SECONDS_MAX = 2.0, 12.0
CONFIRM_SECONDS_MAX = 15.0
# Edits that wait for confirmation are given up when so many confirmed ones rank higher.
CONFIRMED_WANTED = 3


class Search:
    def __init__(self, engine):
        self.engine = engine
        self.spectrum = engine.spectrum
        self.space = Space(engine.sources, engine.scores, lambda path, node: types_for(engine.spectrum, path, node))
        self.waiting = []
        self.cold_queue = []
        self.confirmed = []
        self.partial = []
        self.refuted = 0
        self.tried = 0
        self.timeouts = 0
        self.batch = BATCH_START
        self.first_at = None
        self.templates = {}
        self.reached, self.late_at = {}, {}
        self.guards_of = {}
        self.choose_probes()
        hangs = any(engine.outcomes[i]["outcome"] == "timeout" for i in self.probes)
        self.hang_penalty = HANG_PENALTY if hangs else NEW_HANG_PENALTY
        # What each test took on the base: its limits are multiples of that.
        self.base_cpu = dict(engine.durations)
        for index, outcome in engine.outcomes.items():
            if outcome["outcome"] != "timeout":
                self.base_cpu[index] = outcome["seconds"]

    def choose_probes(self):
        """One quick failing test for every way of failing."""
        engine = self.engine
        groups = {}
        for index in engine.failing:
            outcome = engine.outcomes[index]
            frames = outcome.get("frames") or ()
            error = (outcome.get("error") or outcome["outcome"]).split(":")[0]
            place = tuple(frames[-1]) if frames else None
            name = engine.names[index].split("[")[0]
            groups.setdefault((error, place, name), []).append(index)
        chosen = []
        for members in groups.values():
            members.sort(key=lambda i: (engine.outcomes[i]["outcome"] == "timeout", engine.outcomes[i]["seconds"]))
            chosen.append(members[0])
        chosen.sort(key=lambda i: (engine.outcomes[i]["outcome"] == "timeout", engine.outcomes[i]["seconds"]))
        # A test that hangs on the base is asked only about edits that mend another one, where there is another.
        quick = [i for i in chosen if engine.outcomes[i]["outcome"] != "timeout"]
        self.probes = (quick or chosen[:1])[:PROBES_MAX]
        # Quick ones first: most wrong edits fall before a slow test runs.
        rest = [i for i in engine.failing if i not in self.probes]
        self.rest = sorted(rest, key=lambda i: (engine.outcomes[i]["outcome"] == "timeout", engine.outcomes[i]["seconds"]))
        self.several = len(self.probes) > 1

    def guards(self, edit):
        """Passing tests that run the edited function, quickest first."""
        key = (edit.path, edit.unit.qualified if edit.unit else None)
        found = self.guards_of.get(key)
        if found is None:
            engine = self.engine
            if edit.unit is not None:
                body = {(edit.path, line) for line in range(edit.unit.node.body[0].lineno, edit.unit.node.end_lineno + 1)}
                found = [i for i in engine.passing if i not in engine.covered_by or not body.isdisjoint(engine.covered_by[i])]
            else:
                found = list(engine.passing)
            found.sort(key=lambda i: engine.durations[i])
            # In the suite's own order: tests may lean on what earlier ones left behind.
            self.guards_of[key] = found = sorted(found[:GUARDS_MAX])
        return found

    # Scheduling

    def submit_batch(self, slot):
        edits = []
        first = None
        while len(edits) < self.batch:
            edit = self.waiting.pop(0) if self.waiting else self.space.next()
            if edit is None:
                break
            if edit.unit is None or (edit.path, edit.unit.name, edit.unit.first_line) in self.engine.called_at_import:
                self.cold_queue.append(edit)
                if len(self.cold_queue) > 400:
                    self.cold_queue.sort(key=lambda e: -e.priority)
                    del self.cold_queue[300:]
                continue
            if first is None:
                first = edit
            elif edit.tier != first.tier or edit.unit is not first.unit or (edit.path, edit.unit.name) == ("", ""):
                self.waiting.insert(0, edit)
                break
            edits.append(edit)
            if edit.tier > 1 or edit.path not in self.engine.imported:
                break
        if not edits:
            return False
        tests = self.probes + self.rest + self.guards(first)
        cpu = {i: self.limit(i, first.tier) for i in tests}
        job = {
            "t": "try", "probes": self.probes, "rest": self.rest, "guards": self.guards(first), "cpu": cpu,
            "wall": min(40.0, 2.0 + 5 * sum(cpu.values())), "partial": self.several, "wanted": len(self.engine.failing),
            "candidates": [(e.number, e.path, e.unit.name, e.unit.first_line, e.code,
                            None if e.path in self.engine.imported else e.bytes()) for e in edits],
        }
        slot.submit(job, {"edits": {e.number: e for e in edits}, "tier": first.tier})
        return True

    def limit(self, index, tier):
        """CPU seconds for a test in a tier."""
        return min(20.0, max(TIER_CPU_FLOOR[tier - 1], TIER_FACTOR[tier - 1] * self.base_cpu.get(index, 0.0)))

    def submit_cold(self):
        """A confirmation, or the best edit that only a fresh process can try."""
        slot = self.engine.cold
        engine = self.engine
        if slot is None or not slot.alive or slot.busy is not None or not self.cold_queue:
            return False
        self.cold_queue.sort(key=lambda e: (e.tier != CONFIRMING, -e.priority))
        edit = self.cold_queue[0]
        confirming = edit.tier == CONFIRMING
        if not confirming and edit.priority < self.space.best_priority() - 0.7:
            return False
        self.cold_queue.pop(0)
        targets = self.cold_targets() if confirming else [engine.names[i] for i in self.probes]
        cpu = 5.0 + 4 * self.base_seconds() + (10.0 if confirming else 0.0)
        slot.submit({
            "t": "cold", "path": edit.path, "source": edit.bytes(), "targets": targets, "cpu": cpu,
            "stop": [engine.names[i] for i in engine.failing], "wall": 5.0 + 4 * cpu,
        }, {"edit": edit, "confirming": confirming, "outcomes": None})
        return True

    def cold_targets(self):
        """Whole files in their own order where that is cheap, else the tests that matter."""
        engine = self.engine
        if engine.command.runner == "unittest":
            return []
        if self.base_seconds() > 5 or len(engine.names) > 600:
            near = {engine.paths[i] for i in engine.failing}
            chosen = sorted(engine.failing + [i for i in engine.passing if engine.paths[i] in near][:200])
            return [engine.names[i] for i in chosen]
        return list(engine.setup.targets)

    def base_seconds(self):
        return sum(self.base_cpu.values())

    # Results

    def tried_message(self, slot, message):
        edit = slot.busy["edits"].pop(message["id"], None)
        if edit is None:
            return
        self.tried += 1
        verdict = message["verdict"]
        self.templates[edit.template] = self.templates.get(edit.template, 0) + 1
        edit.seconds = message.get("seconds", 0.0)
        if verdict == "unswappable":
            self.tried -= 1
            edit.tier = 1
            self.cold_queue.append(edit)
        elif verdict == "timeout":
            self.late(edit, bool(message.get("fixed")))
        elif verdict in ("plausible", "partial"):
            edit.fixed = message["fixed"]
            if is_rejected(self.engine, edit):
                return
            if verdict == "plausible":
                self.plausible(edit)
            elif len(edit.fixed) < len(self.engine.failing):
                self.partial.append(edit)

    def plausible(self, edit):
        """Queues an edit for its confirmation, ranked by how natural it is."""
        self.reached[edit.tier] = self.reached.get(edit.tier, 0) + 1
        edit.tier = CONFIRMING
        edit.score += naturalness(edit)
        edit.priority = edit.score
        self.cold_queue.append(edit)

    def late(self, edit, promising):
        """A time-out: again with more time, later; at once when it already fixed something."""
        self.timeouts += 1
        self.late_at[edit.tier] = self.late_at.get(edit.tier, 0) + 1
        if edit.tier >= len(TIER_CPU_FLOOR):
            return
        penalty = self.hang_penalty if not promising else PROMISING_PENALTY
        edit.tier += 1
        self.space.defer(edit, penalty)

    def ended(self, slot, message):
        context, slot.busy = slot.busy, None
        if context is None:
            return
        if "edits" in context:
            left = list(context["edits"].values())
            if left and message["why"] != "exit":
                self.tried += 1
                self.late(left.pop(0), False)
            self.waiting = left + self.waiting
            self.batch = max(1, self.batch - 1) if left else min(BATCH_MAX, self.batch + 1)
        elif "edit" in context:
            self.confirmation(context)

    def confirmation(self, context):
        edit, outcomes = context["edit"], context["outcomes"]
        engine = self.engine
        if outcomes is None:
            self.refuted += 1
            return
        passed = {name for name, outcome in outcomes.items() if outcome == "passed"}
        wanted = [engine.names[i] for i in (engine.failing if context["confirming"] else self.probes)]
        fixed = [name for name in wanted if name in passed]
        if not context["confirming"]:
            self.tried += 1
            if len(fixed) == len(wanted):
                edit.fixed = list(engine.failing)
                self.plausible(edit)
            return
        broken = [engine.names[i] for i in engine.passing if outcomes.get(engine.names[i]) == "failed"]
        if len(fixed) < len(wanted) or broken:
            self.refuted += 1
            return
        if self.first_at is None:
            self.first_at = engine.elapsed()
        self.confirmed.append(edit)
        self.send(edit, False)

    def send(self, edit, partial):
        engine = self.engine
        engine.wire.send("patch", **patch_fields(edit, engine.files[edit.path], {
            "partial": partial, "fixes": [engine.names[i] for i in edit.fixed], "tried": self.tried,
            "after": round(engine.elapsed(), 3)}))

    # The loop

    def enough(self):
        """Whether to stop looking for edits."""
        if self.engine.left() <= 0.3 or len(self.confirmed) >= PLAUSIBLE_MORE_MAX:
            return True
        if self.first_at is None:
            return False
        if len(self.confirmed) >= PLAUSIBLE_MAX and max(e.score for e in self.confirmed) > self.space.best_priority():
            return True
        extra = max(EXTRA_SECONDS_MIN, min(EXTRA_SECONDS_MAX, 0.6 * (self.first_at - self.began)))
        return self.engine.elapsed() - self.first_at > extra

    def confirming(self):
        """Whether edits that may turn out the best still wait for their cold run."""
        cold = self.engine.cold
        if self.engine.left() <= 0.3 or not cold.alive:
            return False
        if self.engine.elapsed() - self.first_at > EXTRA_SECONDS_MAX + CONFIRM_SECONDS_MAX:
            return False
        scores = sorted((e.score for e in self.confirmed), reverse=True)
        bar = scores[CONFIRMED_WANTED - 1] if len(scores) >= CONFIRMED_WANTED else -math.inf
        waiting = [edit for edit in self.cold_queue if edit.tier == CONFIRMING and edit.score > bar]
        return bool(waiting) or cold.busy is not None and cold.busy["confirming"]

    def run(self):
        engine = self.engine
        self.began = engine.elapsed()
        self.open_module_code()
        reason = "time"
        while True:
            enough = self.enough()
            if enough and not (self.confirmed and self.confirming()):
                reason = "enough" if self.confirmed else "time"
                break
            self.submit_cold()
            for slot in engine.slots:
                if slot.alive and slot.busy is None and not enough:
                    self.submit_batch(slot)
            running = [s for s in engine.slots + [engine.cold] if s.alive and s.busy is not None]
            if not running:
                if self.cold_queue and engine.cold.alive:
                    self.submit_cold_anyway()
                    continue
                reason = "exhausted"
                break
            for slot, message in engine.pump(0.5):
                kind = message["t"]
                if kind == "tried" and slot.busy and "edits" in slot.busy:
                    self.tried_message(slot, message)
                elif kind == "ran" and slot.busy and "edit" in slot.busy:
                    slot.busy["outcomes"] = message["outcomes"]
                elif kind == "end":
                    self.ended(slot, message)
            if not any(slot.alive for slot in engine.slots):
                reason = "the test processes died"
                break
            engine.progress("%d candidate edits tried, %d plausible" % (self.tried, len(self.confirmed)), self.tried)
        return self.finish(reason)

    def submit_cold_anyway(self):
        """Nothing else is left: the best waiting edit, whatever its priority."""
        best = max(self.cold_queue, key=lambda e: (e.tier == CONFIRMING, e.priority))
        best.priority = math.inf
        self.submit_cold()

    def open_module_code(self):
        """Constants and tables at module level, late; the lines of an import error at once."""
        engine = self.engine
        best = {}
        for (path, _), score in engine.scores.items():
            best[path] = max(best.get(path, 0), score)
        for path, score in sorted(best.items(), key=lambda pair: -pair[1])[:5]:
            source = engine.sources[path]
            used = set()
            for unit in source.units:
                if any((path, line) in engine.scores for line in range(unit.node.lineno, unit.node.end_lineno + 1)):
                    used |= {n.id for n in ast.walk(unit.node) if isinstance(n, ast.Name)}
                    used |= {n.attr for n in ast.walk(unit.node) if isinstance(n, ast.Attribute)}
            lines = set()
            for node in ast.walk(source.tree):
                if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)) and source.unit_of(node) is None:
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    names = {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
                    if names & used:
                        lines.add(node.lineno)
            if lines:
                self.space.add_module_code(path, 0.25 * score, lines)

    def finish(self, reason):
        engine = self.engine
        if self.confirmed:
            quickest = min(e.seconds for e in self.confirmed)
            for edit in self.confirmed:
                if edit.seconds > 0.02 and edit.seconds > 8 * quickest:
                    edit.score -= 1.5
            self.confirmed.sort(key=lambda e: -e.score)
        order = [e.number for e in self.confirmed]
        if not self.confirmed and self.partial:
            self.partial.sort(key=lambda e: (-len(e.fixed), -e.score))
            del self.partial[50:]
            self.partial.sort(key=lambda e: (-len(e.fixed), -(e.score + naturalness(e))))
            for edit in self.partial[:PARTIAL_MAX]:
                self.send(edit, True)
                order.append(edit.number)
        return {
            "tried": self.tried, "reason": reason, "order": order, "refuted": self.refuted, "timeouts": self.timeouts,
            "generated": self.space.generated, "templates": self.templates, "plausible": len(self.confirmed), "plausible_tiers": self.reached, "late_tiers": self.late_at,
        }


def is_rejected(engine, edit):
    """Whether an earlier candidate left this file with exactly these bytes."""
    if not engine.rejected:
        return False
    return (engine.files[edit.path], hashlib.sha256(edit.bytes()).digest()) in engine.rejected


def patch_fields(edit, relative, extra):
    fields = {"id": edit.number, "path": relative, "bytes": edit.bytes().decode("latin-1"),
              "description": "%s (%s)" % (edit.description, edit.template), "line": edit.line, "score": round(edit.score, 3)}
    fields.update(extra)
    return fields


def naturalness(edit):
    """Correction of an edit's rank by how people repair code: small, nothing thrown away, no constant answers."""
    change = 0.0
    if edit.template == "deletion":
        change -= 2.0
    if edit.template == "removal":
        change -= 0.4
    new = edit.new.strip()
    if edit.template in ("return", "guard", "statement") and new.split("return ")[-1] in (
            "None", "True", "False", "0", "1", "-1", "[]", "''", "{}"):
        change -= 0.7 if edit.template == "guard" else 1.2
    old = edit.source.text[edit.start:edit.end]
    change -= min(1.0, 0.02 * abs(len(new) - len(old.strip())))
    if loses_recursion(edit, old, new):
        change -= 0.8
    if edit.unit is not None:
        try:
            after = unused_names(ast.parse(edit.text()), edit.unit)
        except (SyntaxError, ValueError):
            return change
        if after - unused_names(edit.source.tree, edit.unit):
            change -= 1.5
    return change


def loses_recursion(edit, old, new):
    """Whether a call of a function around the edit, or of one nested in it, is taken away."""
    if edit.template not in ("removal", "expression", "variable") or edit.unit is None:
        return False
    names = [n.name for n in ast.walk(edit.unit.node) if isinstance(n, FUNCTIONS)]
    return any(name + "(" in old and name + "(" not in new for name in names)


def unused_names(tree, unit):
    """Names that a function binds and never reads: an edit that adds one throws a value away."""
    for name, index in unit.chain:
        found = [n for n in tree.body if isinstance(n, SCOPES) and n.name == name]
        if index >= len(found):
            return set()
        tree = found[index]
    loaded, stored = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
        elif isinstance(node, FUNCTIONS):
            stored.update(arguments_of(node))
    return stored - loaded
