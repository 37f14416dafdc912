"""Edits of an expression that add something: a condition, a call, an operand, built from what stands nearby."""

import ast

from .classical import change, is_one
from .scopes import NUMBERS, SEQUENCES, SIZED, own_nodes
from .sources import P_AND, P_ARITH, P_ATOM, P_OR, P_POWER, P_TERM, strength

EXPRESSIONS_MAX = 60


def value_nodes(context, statement):
    """Expressions of a statement whose value is used, each with its parent."""
    source = context.source
    for node in own_nodes(statement):
        if not isinstance(node, ast.expr) or isinstance(node, (ast.Slice, ast.Starred, ast.JoinedStr)):
            continue
        if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
            continue
        parent = source.parents.get(node)
        if isinstance(parent, ast.Expr) or isinstance(parent, ast.Call) and parent.func is node:
            continue
        if isinstance(parent, (ast.JoinedStr, ast.FormattedValue, ast.arg, ast.Attribute)):
            continue
        yield node, parent


def condition_atoms(context, node, nearby):
    """Short conditions over the variables in scope: (text, weight)."""
    names = [n for n in context.names_at(node) if n != "self"]
    atoms = []
    for name in names:
        kinds = context.types.get(name, frozenset())
        boost = 1.5 if name in nearby else 1.0
        if not kinds or "NoneType" in kinds:
            atoms += [("%s is None" % name, boost), ("%s is not None" % name, boost * 0.8)]
        else:
            atoms += [("%s is None" % name, 0.35 * boost), ("%s is not None" % name, 0.25 * boost)]
        atoms += [("not %s" % name, 0.9 * boost), (name, 0.6 * boost)]
        if not kinds or kinds & NUMBERS:
            atoms += [("%s %s" % (name, tail), 0.5 * boost) for tail in ("== 0", "> 0", "< 0", "<= 0", "> 1", "<= 1")]
        for other in names:
            if other == name:
                continue
            kind = context.types.get(other, frozenset())
            pair = 1.2 if name in nearby or other in nearby else 0.7
            if kinds and kind and kinds <= NUMBERS and kind <= NUMBERS or not kinds or not kind:
                if name < other:
                    atoms += [("%s %s %s" % (name, op, other), 0.35 * pair) for op in ("<", "<=", ">", ">=", "==", "!=")]
            elif kinds == kind and name < other:
                atoms += [("%s %s %s" % (name, op, other), 0.2 * pair) for op in ("==", "!=", "<", ">")]
            if not kind or kind & SIZED:
                atoms += [("%s in %s" % (name, other), 0.35 * pair), ("%s not in %s" % (name, other), 0.35 * pair)]
    for text, other in list(context.expressions.items())[:EXPRESSIONS_MAX]:
        if isinstance(other, (ast.Compare, ast.BoolOp)) or isinstance(other, ast.UnaryOp) and isinstance(other.op, ast.Not):
            atoms.append((text if strength(other) > P_AND else "(%s)" % text, 0.8))
        elif isinstance(other, (ast.Attribute, ast.Call)) and isinstance(getattr(other, "ctx", ast.Load()), ast.Load):
            atoms += [(text, 0.5), ("not " + text, 0.5), (text + " is None", 0.4), (text + " is not None", 0.3)]
    return atoms


def names_in(nodes):
    return {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}


def condition_extension(context, statement):
    source = context.source
    tests = []
    if isinstance(statement, (ast.If, ast.While, ast.Assert)):
        tests.append(statement.test)
    for node in own_nodes(statement):
        if isinstance(node, ast.IfExp):
            tests.append(node.test)
        elif isinstance(node, ast.comprehension):
            tests += node.ifs
    if isinstance(statement, ast.Return) and isinstance(statement.value, (ast.Compare, ast.BoolOp)):
        tests.append(statement.value)
    for test in tests:
        own = source.segment(test)
        nearby = names_in([test])
        body_names = names_in(getattr(statement, "body", []) if isinstance(statement, (ast.If, ast.While)) else [])
        for atom, weight in condition_atoms(context, test, nearby | body_names):
            if atom in own:
                continue
            for word, binding in (("or", P_OR), ("and", P_AND)):
                inner = "(%s)" % own if strength(test) < binding else own
                # A guard goes first: it protects the rest.
                first = " is None" in atom or atom.startswith("not ") or " is not None" in atom
                if first:
                    text = "%s %s %s" % (atom, word, inner)
                    yield change(source, test, source.fit(test, text, binding), weight, "condition also %s %s" % (word, atom))
                    weight *= 0.9
                text = "%s %s %s" % (inner, word, atom)
                yield change(source, test, source.fit(test, text, binding), weight * (0.5 if first else 1),
                             "condition also %s %s" % (word, atom))


def condition_synthesis(context, statement):
    """Another operator and another constant or operand at once; or another condition altogether."""
    source = context.source
    for node in own_nodes(statement):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            left, right = source.segment(node.left), node.comparators[0]
            if isinstance(right, ast.Constant) and type(right.value) in (int, float):
                for value in (right.value - 1, right.value, right.value + 1, 0, 1, 2):
                    for operator in ("<", "<=", ">", ">=", "==", "!="):
                        yield change(source, node, "%s %s %s" % (left, operator, value), 1.5, "%s %s %s" % (left, operator, value))
        if isinstance(node, (ast.If, ast.While)):
            continue
    if isinstance(statement, (ast.If, ast.While)):
        nearby = names_in([statement.test])
        for atom, weight in condition_atoms(context, statement.test, nearby):
            yield change(source, statement.test, source.fit(statement.test, atom), weight * 0.25, "condition is %s" % atom)


def call_wrap(context, statement):
    source = context.source
    for node, parent in value_nodes(context, statement):
        text = source.segment(node)
        if "\n" in text or isinstance(node, ast.Constant) and not isinstance(node.value, (int, float, str)):
            continue
        if isinstance(parent, (ast.If, ast.While, ast.BoolOp, ast.Compare)) and isinstance(node, (ast.Compare, ast.BoolOp)):
            continue
        kinds = context.kinds(node)
        if not kinds or kinds & NUMBERS:
            rate = 1.0 if kinds else 0.4
            rate *= 1.3 if isinstance(parent, (ast.Assign, ast.Return, ast.AugAssign)) else 0.7
            partners = [("0", 1.2), ("1", 0.3)]
            for name in context.names_at(node):
                kind = context.types.get(name, frozenset())
                if name != text and (not kind or kind & NUMBERS):
                    partners.append((name, 0.8))
            for function in ("max", "min"):
                for partner, weight in partners:
                    new = "%s(%s, %s)" % (function, partner, text)
                    yield change(source, node, new, weight * rate, new)
            for function in ("abs", "int", "float", "str", "round"):
                yield change(source, node, "%s(%s)" % (function, text), 0.4 * rate, "%s(…)" % function)
        if not kinds or kinds & SIZED or kinds & {"zip", "reversed", "enumerate", "dict_keys", "filter", "map", "generator"}:
            if isinstance(node, ast.Constant):
                continue
            rate = 0.6 if kinds else 0.2
            for function in ("len", "list", "sorted", "set", "reversed", "tuple", "enumerate", "sum", "max", "min"):
                yield change(source, node, "%s(%s)" % (function, text), rate, "%s(…)" % function)
        if "str" in kinds:
            for function in ("int", "float", "len"):
                yield change(source, node, "%s(%s)" % (function, text), 0.4, "%s(…)" % function)
        if not kinds or kinds & {"str"}:
            receiver = "(%s)" % text if strength(node) < P_ATOM else text
            for method in ("strip()", "lower()", "upper()", "split()"):
                yield change(source, node, "%s.%s" % (receiver, method), 0.4 if kinds else 0.1, ".%s" % method)
        if not kinds or kinds & {"list", "dict", "set"}:
            receiver = "(%s)" % text if strength(node) < P_ATOM else text
            if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)):
                for method in ("copy()",) + (("items()", "values()", "keys()") if "dict" in kinds else ()):
                    yield change(source, node, "%s.%s" % (receiver, method), 0.5 if kinds else 0.15, ".%s" % method)
        if isinstance(parent, (ast.Return, ast.Assign)) and isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            for other in ("''", "[]", "0", "{}"):
                yield change(source, node, "%s or %s" % (text, other), 0.2, "… or %s" % other)
    for node in own_nodes(statement):
        if isinstance(node, ast.Call):
            name = source.segment(node.func).split(".")[-1]
            end = source.span(node)[1] - 1
            comma = ", " if node.args or node.keywords else ""
            if source.text[end] == ")" and not source.text[:end].rstrip().endswith(","):
                extras = {"sorted": ("reverse=True", "key=len"), "sort": ("reverse=True", "key=len"), "range": ("-1",),
                          "round": ("2",), "get": ("0", "''", "[]", "None"), "pop": ("0", "None"), "split": ("','",),
                          "max": ("default=0", "default=None"), "min": ("default=0", "default=None"),
                          "sum": ("0",), "next": ("None",), "getattr": ("None",), "int": ("2",), "enumerate": ("1",)}
                for extra in extras.get(name, ()):
                    if extra.split("=")[0] not in [k.arg for k in node.keywords]:
                        yield end, end, comma + extra, 0.5, "%s(…, %s)" % (name, extra)
                signature = context.functions.get(name)
                if signature:
                    for variable in context.names_at(node):
                        yield end, end, comma + variable, 0.25, "%s(…, %s)" % (name, variable)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and not isinstance(node.slice, ast.Slice):
            kinds = context.kinds(node.value)
            if not kinds or kinds & {"dict", "Counter", "OrderedDict"}:
                value, key = source.segment(node.value), source.segment(node.slice)
                for default, weight in (("", 0.7), (", 0", 0.5), (", []", 0.3), (", ''", 0.3), (", False", 0.2)):
                    yield change(source, node, "%s.get(%s%s)" % (value, key, default), weight * (1 if kinds else 0.3), ".get(…)")


def slices(context, statement):
    source = context.source
    for node, parent in value_nodes(context, statement):
        if not isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            continue
        if isinstance(parent, ast.Subscript) and parent.value is node:
            continue
        kinds = context.kinds(node)
        if kinds and not kinds & SEQUENCES:
            continue
        rate = 1.0 if kinds else 0.25
        if isinstance(parent, (ast.For, ast.comprehension, ast.Call)):
            rate *= 1.4
        text = source.segment(node)
        if "\n" in text:
            continue
        bounds = [("1:", 1.5), (":-1", 1.2), ("::-1", 0.8), (":1", 0.3), ("2:", 0.3), ("-1:", 0.2)]
        for name in context.names_at(node):
            kind = context.types.get(name, frozenset())
            if name != text and ("int" in kind or not kind):
                bounds += [("%s:" % name, 1.0), (":%s" % name, 1.0), ("%s + 1:" % name, 0.5), (":%s + 1" % name, 0.4)]
        for bound, weight in bounds:
            yield change(source, node, "%s[%s]" % (text, bound), weight * rate, "%s[%s]" % (text, bound))
        for index, weight in (("0", 0.4), ("-1", 0.4)):
            yield change(source, node, "%s[%s]" % (text, index), weight * rate, "%s[%s]" % (text, index))


def arithmetic_extension(context, statement):
    source = context.source
    for node, parent in value_nodes(context, statement):
        kinds = context.kinds(node)
        text = source.segment(node)
        if "\n" in text or strength(node) < P_ARITH or isinstance(parent, (ast.For, ast.comprehension)):
            continue
        if isinstance(node, ast.Constant) and type(node.value) not in (int, float):
            continue
        numeric = bool(kinds & NUMBERS)
        if kinds and not numeric and not kinds & (SEQUENCES | {"set"}):
            continue
        rate = 1.0 if kinds else 0.35
        if isinstance(node, ast.Constant):
            rate *= 0.3
        for name in context.names_at(node):
            if name in ("self", text):
                continue
            kind = context.types.get(name, frozenset())
            weight = rate * context.affinity(kinds, kind)
            if weight < 0.1:
                continue
            yield change(source, node, source.fit(node, "%s + %s" % (text, name), P_ARITH), weight * 1.1, "%s + %s" % (text, name))
            if numeric or not kinds:
                yield change(source, node, source.fit(node, "%s - %s" % (text, name), P_ARITH), weight * 1.1, "%s - %s" % (text, name))
                yield change(source, node, source.fit(node, "%s - %s" % (name, text if strength(node) > P_ARITH else "(%s)" % text), P_ARITH),
                             weight * 0.5, "%s - %s" % (name, text))
                factor = text if strength(node) >= P_TERM else "(%s)" % text
                for operator, share in (("*", 0.6), ("//", 0.4), ("/", 0.3), ("%", 0.4)):
                    yield change(source, node, source.fit(node, "%s %s %s" % (factor, operator, name), P_TERM), weight * share,
                                 "%s %s %s" % (text, operator, name))
            elif not numeric:
                yield change(source, node, source.fit(node, "%s + %s" % (name, text), P_ARITH), weight * 0.6, "%s + %s" % (name, text))
        if numeric or not kinds:
            factor = text if strength(node) >= P_TERM else "(%s)" % text
            base = text if strength(node) > P_POWER else "(%s)" % text
            for operator, operand, weight in (("*", "2", 0.8), ("//", "2", 0.8), ("/", "2", 0.4), ("%", "2", 0.3), ("%", "10", 0.2), ("*", "100", 0.2), ("/", "100", 0.2)):
                yield change(source, node, source.fit(node, "%s %s %s" % (factor, operator, operand), P_TERM), weight * rate,
                             "%s %s %s" % (text, operator, operand))
            yield change(source, node, source.fit(node, "%s ** 2" % base, P_POWER), 0.8 * rate, "%s ** 2" % text)
            if not (isinstance(node, ast.BinOp) and is_one(node.right)):
                for suffix in (" + 2", " - 2"):
                    yield change(source, node, source.fit(node, text + suffix, P_ARITH), 0.25 * rate, text + suffix)


def literal_wrap(context, statement):
    source = context.source
    for node, parent in value_nodes(context, statement):
        if isinstance(parent, (ast.If, ast.While, ast.BoolOp, ast.Compare, ast.For, ast.comprehension)):
            continue
        text = source.segment(node)
        if "\n" in text or len(text) > 60:
            continue
        if isinstance(node, ast.List) and not node.elts:
            yield change(source, node, "[[]]", 1.5, "[] becomes [[]]")
            yield change(source, node, "{}", 0.4, "[] becomes {}")
            yield change(source, node, "set()", 0.4, "[] becomes set()")
            for name in context.names_at(node):
                if name != "self":
                    yield change(source, node, "[%s]" % name, 1, "[] becomes [%s]" % name)
        elif isinstance(node, (ast.Name, ast.Subscript, ast.Attribute, ast.List, ast.Call, ast.Constant)):
            rate = 1.0 if isinstance(parent, (ast.Return, ast.Assign, ast.BinOp, ast.Call)) else 0.4
            yield change(source, node, "[%s]" % text, 0.5 * rate, "[%s]" % text)
            if isinstance(parent, (ast.Call, ast.Return)):
                yield change(source, node, "(%s,)" % text, 0.2 * rate, "(%s,)" % text)


def expression_replacement(context, statement):
    source = context.source
    for node, parent in value_nodes(context, statement):
        if isinstance(node, (ast.Lambda, ast.GeneratorExp)):
            continue
        text = source.segment(node)
        if "\n" in text or len(text) > 80:
            continue
        kinds = context.kinds(node)
        simple = isinstance(node, (ast.Name, ast.Constant))
        for other_text, other in context.expressions.items():
            if other_text == text or simple and isinstance(other, (ast.Name, ast.Constant)):
                continue
            other_kinds = context.kinds(other)
            weight = context.affinity(kinds, other_kinds)
            if isinstance(node, (ast.Call, ast.Subscript, ast.Attribute)) and isinstance(other, (ast.Subscript, ast.Attribute, ast.Name, ast.Call)):
                weight *= 1.5
            if type(node) is type(other):
                weight *= 1.5
            if isinstance(other, ast.Constant) and not isinstance(node, ast.Constant):
                weight *= 0.3
            if isinstance(node, ast.Compare) != isinstance(other, ast.Compare):
                weight *= 0.4
            if text in other_text or other_text in text:
                weight *= 0.8
            yield change(source, node, source.fit(node, other_text), weight, "%s becomes %s" % (text, other_text))
        for name in context.parameters if not simple else ():
            for index in ("0", "-1"):
                kind = context.types.get(name, frozenset())
                if kind & SEQUENCES:
                    yield change(source, node, "%s[%s]" % (name, index), 0.15, "%s[%s]" % (name, index))
        if isinstance(node, ast.Name):
            # An index into, or a member of, something in scope.
            for name in context.names_at(node):
                kind = context.types.get(name, frozenset())
                if name == node.id or not kind & (SIZED - {"set", "frozenset"}):
                    continue
                element = context.types.get(name + "[]", frozenset())
                weight = 0.4 * context.affinity(kinds, element)
                if weight > 0.1:
                    yield change(source, node, "%s[%s]" % (name, node.id), weight, "%s[%s]" % (name, node.id))


TEMPLATES = [
    ("condition extension", condition_extension, 0.06), ("condition", condition_synthesis, 0.04),
    ("call wrap", call_wrap, 0.05), ("slice", slices, 0.03), ("arithmetic extension", arithmetic_extension, 0.06),
    ("literal", literal_wrap, 0.03), ("expression", expression_replacement, 0.05),
]
