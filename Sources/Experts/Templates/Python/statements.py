"""Edits of whole statements: one is missing, is guarded, moves a level, or puts its result elsewhere."""

import ast
import re

from .classical import change
from .ingredients import condition_atoms, names_in
from .scopes import FUNCTIONS, NUMBERS, SIZED, blocks_of, header_roots, in_loop, is_docstring, own_nodes, terminal


def insertions(context, statement):
    """Places around a statement where another may stand: (offset, indent, weight, where)."""
    source = context.source
    lines = source.statement_lines(statement)
    indent = source.indent_of(statement)
    if lines is None or indent is None:
        return
    if not is_docstring(source, statement):
        yield lines[0], indent, 1.0, "before"
    if not terminal(statement):
        at_end = source.text[lines[0]:lines[1]].endswith(("\n", "\r"))
        if at_end:
            yield lines[1], indent, 1.0, "after"
    for block in blocks_of(statement):
        # The end of an inner block is reached only through its last statement, which may run in no failing test.
        last = source.statement_lines(block[-1])
        inner = source.indent_of(block[-1])
        if last and inner is not None and not terminal(block[-1]) and not blocks_of(block[-1]):
            if source.text[last[0]:last[1]].endswith(("\n", "\r")):
                yield last[1], inner, 0.8, "at the end of the block in"


def new_statements(context, statement):
    """Short statements made from what is in scope: (text, weight)."""
    source = context.source
    found = {}

    def add(text, weight):
        if weight > found.get(text, 0):
            found[text] = weight

    names = [n for n in context.names if n != "self"]
    for other in context.statements:
        text = source.segment(other)
        if "\n" in text or len(text) > 100 or blocks_of(other) or is_docstring(source, other):
            continue
        if isinstance(other, ast.Return):
            add(text, 0.7)
            continue
        if isinstance(other, (ast.Assign, ast.AugAssign, ast.Expr, ast.AnnAssign)):
            add(text, 1.5)
            for node in ast.walk(other):
                if isinstance(node, ast.Name) and node.id in context.names:
                    start, end = source.span(node)
                    base = source.span(other)[0]
                    for name in names:
                        if name != node.id:
                            kind = context.affinity(context.types.get(node.id, frozenset()), context.types.get(name, frozenset()))
                            add(text[:start - base] + name + text[end - base:], 0.5 * kind)
    for name in names:
        kinds = context.types.get(name, frozenset())
        elements = context.types.get(name + "[]", frozenset())
        for other in names:
            if other == name:
                continue
            kind = context.types.get(other, frozenset())
            if "list" in kinds or not kinds:
                scale = 0.9 if kinds else 0.2
                add("%s.append(%s)" % (name, other), scale * context.affinity(elements, kind))
                add("%s.extend(%s)" % (name, other), 0.2 * scale)
            if "set" in kinds:
                add("%s.add(%s)" % (name, other), 1.2 * context.affinity(elements, kind))
            if name not in context.parameters or kinds & kind:
                add("%s = %s" % (name, other), 0.8 * context.affinity(kinds, kind))
            if kinds & NUMBERS and kind & NUMBERS:
                add("%s += %s" % (name, other), 0.3)
        if kinds & NUMBERS:
            add("%s += 1" % name, 0.6)
            add("%s -= 1" % name, 0.4)
            add("%s = 0" % name, 0.3)
        if "list" in kinds:
            add("%s.pop()" % name, 0.3)
            add("%s = []" % name, 0.15)
            add("%s.sort()" % name, 0.15)
            add("%s = list(%s)" % (name, name), 0.15)
        if "str" in kinds:
            add("%s = %s.strip()" % (name, name), 0.1)
            add("%s = %s.lower()" % (name, name), 0.1)
        add("return %s" % name, 0.4)
    if in_loop(context, statement):
        add("continue", 0.4)
        add("break", 0.5)
    for constant in ("True", "False", "None", "0", "[]"):
        add("return %s" % constant, 0.15)
    return found


def statement_insertion(context, statement):
    source = context.source
    if not context.is_function:
        return
    texts = None
    for offset, indent, place, where in insertions(context, statement):
        if texts is None:
            texts = new_statements(context, statement)
        own = source.segment(statement)
        for text, weight in texts.items():
            if text == own and where != "at the end of the block in":
                weight *= 0.2
            if text.startswith("return") and where == "before":
                weight *= 0.3
            yield offset, offset, indent + text + source.newline, weight * place, "%s line %d: %s" % (
                where, statement.lineno, text)


def guard(context, statement):
    """`if x is None: return …` before a statement that cannot stand it."""
    source = context.source
    lines, indent = source.statement_lines(statement), source.indent_of(statement)
    if lines is None or indent is None or is_docstring(source, statement) or not context.is_function:
        return
    if isinstance(statement, FUNCTIONS + (ast.ClassDef,)):
        return
    step = "    " if "\t" not in indent else "\t"
    used = names_in(header_roots(statement))
    returns = ["return", "return None"]
    for other in context.statements:
        if isinstance(other, ast.Return) and other.value is not None:
            text = source.segment(other)
            if "\n" not in text and len(text) < 60 and text not in returns:
                returns.insert(0, text)
    own_returns = list(returns)
    kinds = set()
    for other in context.statements:
        if isinstance(other, ast.Return) and other.value is not None:
            kinds |= set(context.kinds(other.value))
    for kind, text in (("list", "return []"), ("dict", "return {}"), ("str", "return ''"), ("int", "return 0"),
                       ("bool", "return False"), ("bool", "return True"), ("float", "return 0.0"), ("set", "return set()"),
                       ("tuple", "return ()")):
        if text not in returns:
            returns.append(text) if kind not in kinds else returns.insert(0, text)
    answers = bool(kinds - {"NoneType"}) or any(text.startswith("return ") and text != "return None" for text in own_returns)
    actions = []
    for index, text in enumerate(returns[:10]):
        # Where a function answers with values, nothing is rarely the answer to a special case.
        share = 0.25 if answers and text in ("return", "return None") else 1.0
        actions.append((text, share / (1 + 0.25 * index)))
    if in_loop(context, statement):
        actions += [("continue", 0.9), ("break", 0.6)]
    conditions = []
    for name in context.names_at(statement):
        if name == "self":
            continue
        kinds = context.types.get(name, frozenset())
        weight = 1.2 if name in used else 0.4
        if not kinds or "NoneType" in kinds:
            conditions.append(("%s is None" % name, weight * 1.3))
        conditions.append(("not %s" % name, weight))
        if kinds & NUMBERS:
            conditions += [("%s < 0" % name, weight * 0.7), ("%s <= 0" % name, weight * 0.4), ("%s == 0" % name, weight * 0.4),
                           ("%s == 1" % name, weight * 0.2), ("%s < 2" % name, weight * 0.2)]
        if kinds & SIZED:
            conditions.append(("len(%s) < 2" % name, weight * 0.2))
    for node in own_nodes(statement):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            text = source.segment(node.value)
            if text not in context.names and len(text) < 40 and text != "self":
                conditions += [("%s is None" % text, 0.8), ("not %s" % text, 0.6)]
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and not isinstance(node.slice, ast.Slice):
            value, key = source.segment(node.value), source.segment(node.slice)
            if len(value) + len(key) < 50:
                conditions.append(("%s not in %s" % (key, value), 0.6))
        elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.FloorDiv, ast.Mod)):
            text = source.segment(node.right)
            if len(text) < 40 and text not in context.names:
                conditions += [("not %s" % text, 0.8), ("%s == 0" % text, 0.5)]
    for condition, weight in conditions:
        for action, share in actions:
            text = "%sif %s:%s%s%s%s%s" % (indent, condition, source.newline, indent, step, action, source.newline)
            yield lines[0], lines[0], text, weight * share, "guard: if %s: %s" % (condition, action)


def assignment_target(context, statement):
    source = context.source
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, (ast.AugAssign, ast.For)):
        targets = [statement.target]
    else:
        return
    options = {}
    for name in context.names:
        if name != "self":
            options[name] = 1.0
    names = names_in([statement])
    for other in ast.walk(context.node):
        if isinstance(other, (ast.Subscript, ast.Attribute)) and hasattr(other, "lineno"):
            text = source.segment(other)
            if len(text) < 50 and "\n" not in text:
                options[text] = 1.2
                if isinstance(other, ast.Subscript) and not isinstance(other.slice, ast.Slice):
                    base = source.segment(other.value)
                    for name in names:
                        options.setdefault("%s[%s]" % (base, name), 0.7)
                    for sub in ast.walk(statement):
                        if isinstance(sub, ast.Subscript):
                            options.setdefault("%s[%s]" % (base, source.segment(sub.slice)), 0.8)
    for target in targets:
        if isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                for text in context.names:
                    if text != source.segment(element):
                        yield change(source, element, text, 0.5, "target %s" % text)
            continue
        own = source.segment(target)
        for text, weight in options.items():
            if text != own:
                if isinstance(target, ast.Name) != text.isidentifier():
                    weight *= 0.4
                if text.split("[")[0].split(".")[0] in names:
                    weight *= 1.5
                yield change(source, target, text, weight, "target becomes %s" % text)


def call_to_assignment(context, statement):
    source = context.source
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and len(call.args) >= 1:
            receiver, argument = source.segment(call.func.value), source.segment(call.args[0])
            yield change(source, statement, "%s = %s" % (receiver, argument), 1.5, "%s = %s" % (receiver, argument))
            yield change(source, statement, "%s += %s" % (receiver, argument), 0.7, "%s += %s" % (receiver, argument))
            if len(call.args) == 1:
                yield change(source, statement, "%s.append(%s)" % (receiver, argument), 0.5, "append")
        text = source.segment(call)
        for name in context.names:
            if name != "self":
                yield change(source, statement, "%s = %s" % (name, text), 0.5, "%s = %s" % (name, text))
        yield change(source, statement, "return %s" % text, 1.0, "return %s" % text)
        if isinstance(call.func, ast.Attribute):
            receiver = source.segment(call.func.value)
            yield change(source, statement, "%s = %s" % (receiver, text), 0.8, "%s = %s" % (receiver, text))
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = source.segment(statement.targets[0]), source.segment(statement.value)
        kinds = context.kinds(statement.targets[0])
        if "list" in kinds:
            yield change(source, statement, "%s.append(%s)" % (target, value), 0.8, "append instead")
            yield change(source, statement, "%s.extend(%s)" % (target, value), 0.4, "extend instead")
        if "\n" not in value:
            yield change(source, statement, "return %s" % value, 0.5, "return instead")


def return_synthesis(context, statement):
    source = context.source
    if not isinstance(statement, ast.Return):
        return
    own = source.segment(statement)
    kinds = context.kinds(statement.value) if statement.value is not None else {"NoneType"}
    options = {}
    for name in context.names:
        if name == "self":
            continue
        kind = context.types.get(name, frozenset())
        options[name] = max(options.get(name, 0), 0.8 * context.affinity(kinds, kind))
        if kinds <= {"bool"}:
            if kind & NUMBERS or not kind:
                for tail in ("== 0", "> 0", "!= 0", "< 0", "== 1"):
                    options["%s %s" % (name, tail)] = 0.7 if tail == "== 0" else 0.3
            options["not %s" % name] = 0.5
            options["bool(%s)" % name] = 0.3
        elif kind & SIZED and (not kinds or kinds & NUMBERS):
            options["len(%s)" % name] = 0.5
    if kinds <= {"bool"}:
        for atom, weight in condition_atoms(context, statement, set()):
            options.setdefault(atom, weight * 0.3)
    for text, node in context.expressions.items():
        options.setdefault(text, 0.4 * context.affinity(kinds, context.kinds(node)))
    for constant in ("None", "True", "False", "0", "1", "-1", "[]", "''"):
        options.setdefault(constant, 0.12)
    for text, weight in options.items():
        new = "return " + text
        if new != own:
            yield change(source, statement, new, weight, new)


def block_moves(context, statement):
    """A statement one level further out or in: a `return` inside its loop, an update outside it."""
    source = context.source
    body, index = context.block_of.get(statement, (None, 0))
    lines, indent = source.statement_lines(statement), source.indent_of(statement)
    if body is None or lines is None or indent is None or "\n" in source.segment(statement).strip() and not isinstance(statement, ast.If):
        return
    holder = source.parents.get(statement)
    text = source.text[lines[0]:lines[1]]
    if re.search(r"'''|\"\"\"", text):
        return

    def reindented(new):
        return "".join(new + line[len(indent):] if line.startswith(indent) else line for line in re.split(r"(?<=\n)", text))

    if index == len(body) - 1 and holder is not None and holder is not context.node and isinstance(holder, ast.stmt) and len(body) > 1:
        outer = source.indent_of(holder)
        block = source.statement_lines(holder)
        if outer is not None and block and block[1] == lines[1]:
            yield lines[0], lines[1], reindented(outer), 1.2 if terminal(statement) else 0.8, "one level out"
    if index > 0 and blocks_of(body[index - 1]):
        previous = body[index - 1]
        inner = blocks_of(previous)[-1][-1]
        deeper = source.indent_of(inner)
        end = source.statement_lines(previous)
        if deeper is not None and end and end[1] == lines[0] and not terminal(inner):
            yield lines[0], lines[1], reindented(deeper), 0.8, "one level in"
    if isinstance(statement, (ast.If,)) and not statement.orelse and index + 1 < len(body):
        following = body[index + 1]
        span = source.statement_lines(following)
        inner = source.indent_of(statement.body[-1])
        if span and inner is not None and span[0] == lines[1] and not blocks_of(following):
            line = source.text[span[0]:span[1]]
            yield span[0], span[1], indent + "else:" + source.newline + inner + line[len(indent):], 0.6, "else added"


TEMPLATES = [
    ("statement", statement_insertion, 0.06), ("guard", guard, 0.04), ("target", assignment_target, 0.03),
    ("assignment", call_to_assignment, 0.03), ("return", return_synthesis, 0.03), ("block", block_moves, 0.02),
]
