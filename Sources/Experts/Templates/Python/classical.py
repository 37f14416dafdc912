"""Classical mutations: one operator, constant, name or order is wrong.

A template takes a context and a statement and yields (start, end, new text, weight, what it does).
"""

import ast

from .scopes import BUILTINS, NUMBERS, edit_distance, is_docstring, own_nodes, blocks_of, in_loop
from .sources import BINARY_STRENGTH, P_ARITH, P_ATOM, P_NOT, P_UNARY, strength

COMPARE_TEXT = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in",
                ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"}
COMPARE_CHANGES = {
    "<": (("<=", 3), (">", 2), (">=", 1.2), ("!=", 0.6), ("==", 0.4)),
    "<=": (("<", 3), (">=", 2), (">", 1.2), ("==", 0.5), ("!=", 0.3)),
    ">": ((">=", 3), ("<", 2), ("<=", 1.2), ("!=", 0.6), ("==", 0.4)),
    ">=": ((">", 3), ("<=", 2), ("<", 1.2), ("==", 0.5), ("!=", 0.3)),
    "==": (("!=", 2.5), ("<=", 1), (">=", 1), ("<", 0.6), (">", 0.6), ("in", 0.4), ("is", 0.1)),
    "!=": (("==", 2.5), ("<", 0.8), (">", 0.8), ("<=", 0.4), (">=", 0.4), ("not in", 0.3)),
    "in": (("not in", 3), ("==", 1)), "not in": (("in", 3), ("!=", 1)),
    "is": (("is not", 3), ("==", 1)), "is not": (("is", 3), ("!=", 1)),
}
BINARY_TEXT = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
               ast.Pow: "**", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
               ast.MatMult: "@"}
BINARY_TYPE = {text: kind for kind, text in BINARY_TEXT.items()}
BINARY_CHANGES = {
    "+": (("-", 3), ("*", 1), ("//", 0.2), ("%", 0.2)), "-": (("+", 3), ("*", 0.5), ("//", 0.3), ("%", 0.3)),
    "*": (("+", 1.5), ("/", 1), ("//", 1), ("**", 1), ("-", 0.5)),
    "/": (("//", 3), ("*", 1.5), ("%", 0.8), ("-", 0.5)), "//": (("/", 2), ("%", 2), ("*", 1), (">>", 0.2)),
    "%": (("//", 2), ("/", 1), ("*", 0.5), ("-", 0.4)), "**": (("*", 2), ("+", 0.3), ("//", 0.3)),
    "&": (("|", 2), ("^", 2)), "|": (("&", 2), ("^", 2)), "^": (("&", 2), ("|", 2), ("**", 1)),
    "<<": ((">>", 3), ("*", 1)), ">>": (("<<", 3), ("//", 1)), "@": (("*", 1),),
}
FAMILIES = [
    "any all", "min max", "sum max min len", "append extend insert add", "add discard remove", "pop popleft",
    "append appendleft", "extend extendleft", "floor ceil round trunc int", "sin cos tan", "keys values items",
    "find rfind index rindex", "lstrip rstrip strip", "startswith endswith", "upper lower title capitalize swapcase",
    "isupper islower", "isalpha isdigit isalnum isnumeric isspace", "split rsplit splitlines", "union intersection",
    "difference symmetric_difference", "issubset issuperset", "update add", "get pop setdefault", "sorted reversed list",
    "heappush heappop heappushpop heapify heapreplace", "bisect_left bisect_right bisect", "ljust rjust center",
    "list tuple set", "int float str", "log log2 log10", "encode decode", "count index", "group groups",
    "match search fullmatch findall", "exists isfile isdir", "dirname basename", "add sub", "chr ord", "days seconds total_seconds",
    "replace translate", "copy deepcopy", "load loads", "dump dumps", "read readline readlines", "write writelines",
    "chain product", "permutations combinations combinations_with_replacement", "isoformat strftime", "setattr getattr hasattr",
    "isinstance issubclass", "filter map", "enumerate zip", "abs max",
]
SIBLINGS = {}
for family in FAMILIES:
    for word in family.split():
        SIBLINGS.setdefault(word, []).extend(w for w in family.split() if w != word)


def change(source, node, text, weight, description):
    start, end = source.span(node)
    return start, end, text, weight, description


def between(source, left, right):
    """Span of the code between two neighbours, where their operator stands."""
    return source.span(left)[1], source.span(right)[0]


def operator_span(source, left, right, text):
    start, end = between(source, left, right)
    gap = source.text[start:end]
    words = text.split()
    at = gap.find(words[0])
    if at < 0:
        return None
    if len(words) == 1:
        return start + at, start + at + len(text)
    last = gap.find(words[1], at)
    return None if last < 0 else (start + at, start + last + len(words[1]))


def comparison(context, statement):
    source = context.source
    for node in own_nodes(statement):
        if not isinstance(node, ast.Compare):
            continue
        left = node.left
        for operator, right in zip(node.ops, node.comparators):
            text = COMPARE_TEXT[type(operator)]
            span = operator_span(source, left, right, text)
            if span:
                for new, weight in COMPARE_CHANGES[text]:
                    yield span[0], span[1], new, weight, "%s becomes %s" % (text, new)
            left = right


def arithmetic(context, statement):
    source = context.source
    for node in own_nodes(statement):
        if isinstance(node, ast.BinOp):
            text = BINARY_TEXT[type(node.op)]
            span = operator_span(source, node.left, node.right, text)
            kinds = context.kinds(node)
            if not span:
                continue
            for new, weight in BINARY_CHANGES[text]:
                if kinds and not kinds & NUMBERS:
                    weight *= 0.1
                binding = BINARY_STRENGTH[BINARY_TYPE[new]]
                rewritten = (fitted(source, node.left, binding) + source.text[source.span(node.left)[1]:span[0]] + new
                             + source.text[span[1]:source.span(node.right)[0]]
                             + fitted(source, node.right, binding + (new != "**")))
                if binding == BINARY_STRENGTH[type(node.op)]:
                    yield span[0], span[1], new, weight, "%s becomes %s" % (text, new)
                else:
                    first, last = source.span(node)
                    if first == source.span(node.left)[0] and last == source.span(node.right)[1]:
                        rewritten = source.fit(node, rewritten, binding)
                        yield first, last, rewritten, weight, "%s becomes %s" % (text, new)
                    yield span[0], span[1], new, weight * 0.7, "%s becomes %s" % (text, new)
        elif isinstance(node, ast.AugAssign):
            text = BINARY_TEXT[type(node.op)] + "="
            span = operator_span(source, node.target, node.value, text)
            if span:
                for new, weight in BINARY_CHANGES[text[:-1]]:
                    yield span[0], span[1], new + "=", weight, "%s becomes %s=" % (text, new)
                yield span[0], span[1], "=", 1, "%s becomes =" % text
        elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            span = operator_span(source, node.targets[0], node.value, "=")
            if span and node.targets[0].id in context.names:
                for new in ("+=", "-="):
                    yield span[0], span[1], new, 0.7, "= becomes %s" % new


def fitted(source, node, binding):
    text = source.segment(node)
    return "(%s)" % text if strength(node) < binding else text


def boolean(context, statement):
    source = context.source
    for node in own_nodes(statement):
        if isinstance(node, ast.BoolOp):
            text, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in zip(node.values, node.values[1:]):
                span = operator_span(source, left, right, text)
                if span:
                    yield span[0], span[1], new, 1, "%s becomes %s" % (text, new)


def negation(context, statement):
    source = context.source
    for node in own_nodes(statement):
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield change(source, node, source.fit(node, source.segment(node.operand)), 1.5, "not removed")
            continue
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            yield change(source, node, source.fit(node, source.segment(node.operand)), 0.6, "sign removed")
        parent = source.parents.get(node)
        condition = (
            isinstance(parent, (ast.If, ast.While, ast.IfExp)) and parent.test is node
            or isinstance(parent, ast.comprehension) and node in parent.ifs
            or isinstance(parent, (ast.BoolOp, ast.Assert)) and not isinstance(node, ast.Constant)
            or isinstance(parent, ast.Return) and "bool" in (context.kinds(node) or ("bool",))
        )
        if condition and isinstance(node, ast.expr):
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                continue
            inner = source.segment(node)
            inner = "(%s)" % inner if strength(node) < P_NOT else inner
            yield change(source, node, source.fit(node, "not " + inner, P_NOT), 1, "negated")
        elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(parent, (ast.Return, ast.Call, ast.BinOp)):
            if context.kinds(node) & NUMBERS and getattr(parent, "func", None) is not node:
                yield change(source, node, source.fit(node, "-" + source.segment(node), P_UNARY), 0.3, "sign changed")


def constant(context, statement):
    source = context.source
    if is_docstring(source, statement):
        return
    numbers = []
    for node in ast.walk(context.node):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value not in numbers:
            numbers.append(node.value)
    for node in own_nodes(statement):
        if not isinstance(node, ast.Constant) or isinstance(source.parents.get(node), (ast.JoinedStr, ast.FormattedValue)):
            continue
        value = node.value
        if value is True or value is False:
            yield change(source, node, str(not value), 2, "%s becomes %s" % (value, not value))
            yield change(source, node, "None", 0.2, "%s becomes None" % value)
        elif type(value) is int:
            news = [(value + 1, 2), (value - 1, 2), (0, 1), (1, 1), (-1, 0.6), (2, 0.6), (-value, 0.6), (10, 0.3),
                    (value * 2, 0.3), (value * 10, 0.2), (value // 10, 0.2), (100, 0.2)]
            news += [(number, 0.6) for number in numbers]
            seen = {value}
            for new, weight in news:
                if new not in seen:
                    seen.add(new)
                    binding = P_UNARY if new < 0 else P_ATOM
                    yield change(source, node, source.fit(node, repr(new), binding), weight, "%s becomes %s" % (value, new))
            yield change(source, node, "None", 0.1, "%s becomes None" % value)
        elif type(value) is float:
            for new, weight in ((value + 1, 1), (value - 1, 1), (0.0, 0.7), (1.0, 0.7), (-value, 0.6), (value * 10, 0.5),
                                (value / 10, 0.5), (value * 2, 0.4), (value / 2, 0.4), (int(value) if value == value and abs(value) < 1e15 else 0, 0.4)):
                if new != value:
                    yield change(source, node, source.fit(node, repr(new)), weight, "%s becomes %s" % (value, new))
        elif value is None:
            for new in ("0", "[]", "''", "{}", "True", "False", "1"):
                yield change(source, node, new, 0.3, "None becomes %s" % new)
        elif isinstance(value, str):
            news = [("", 0.8), (" ", 0.8)]
            news += [(value.strip(), 0.7), (value.lower(), 0.5), (value.upper(), 0.5), (value + " ", 0.3), (" " + value, 0.3)]
            if len(value) == 1:
                news += [(other, 0.5) for other in ("\n", ",", "-", "_", ".", "0", "/", ";", ":", "(", ")", "[", "]", "+", "*")]
            if len(value) > 1:
                news += [(value[1:], 0.3), (value[:-1], 0.3)]
            for other, _ in news[:]:
                if other == value:
                    news = [pair for pair in news if pair[0] != value]
            seen = set()
            for new, weight in news:
                if new not in seen:
                    seen.add(new)
                    yield change(source, node, repr(new), weight, "%r becomes %r" % (value[:20], new[:20]))


def off_by_one(context, statement):
    source = context.source
    for node in own_nodes(statement):
        if not isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.BinOp, ast.Subscript)):
            continue
        if isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del)):
            continue
        parent = source.parents.get(node)
        kinds = context.kinds(node)
        if kinds and not kinds & NUMBERS:
            continue
        weight = 0.5
        if isinstance(parent, ast.Call):
            if parent.func is node:
                continue
            weight = 1.5 if isinstance(parent.func, ast.Name) and parent.func.id == "range" else 0.8
        elif isinstance(parent, ast.Subscript) and parent.slice is node:
            weight = 1.2
        elif isinstance(parent, ast.Slice):
            weight = 1.5
        elif isinstance(parent, ast.Compare):
            weight = 0.6
        elif isinstance(parent, ast.Tuple) and isinstance(source.parents.get(parent), ast.Subscript):
            weight = 1
        elif isinstance(parent, (ast.Return, ast.Assign, ast.AugAssign)):
            weight = 0.7
        elif isinstance(parent, (ast.Attribute, ast.Expr, ast.For, ast.Starred, ast.keyword, ast.FormattedValue, ast.comprehension)):
            continue
        elif isinstance(parent, (ast.If, ast.While, ast.BoolOp, ast.UnaryOp, ast.Subscript)):
            continue
        elif not isinstance(parent, ast.BinOp):
            weight = 0.3
        if not kinds:
            weight *= 0.6
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, (ast.Add, ast.Sub)) and is_one(node.right):
                yield change(source, node, source.fit(node, source.segment(node.left)), weight * 2, "1 left out")
                other = " - 1" if isinstance(node.op, ast.Add) else " + 1"
                yield change(source, node, source.segment(node.left) + other, weight * 0.6, "moved by two")
                continue
            if isinstance(node.op, ast.Add) and is_one(node.left):
                yield change(source, node, source.fit(node, source.segment(node.right)), weight * 2, "1 left out")
        text = source.segment(node)
        if strength(node) < P_ARITH or "\n" in text:
            continue
        for suffix in (" + 1", " - 1"):
            yield change(source, node, source.fit(node, text + suffix, P_ARITH), weight, "%s becomes %s%s" % (text, text, suffix))


def is_one(node):
    return isinstance(node, ast.Constant) and node.value == 1 and type(node.value) is int


def variable(context, statement):
    """A name, or a constant where one may stand, becomes another variable."""
    source = context.source
    if is_docstring(source, statement):
        return
    for node in own_nodes(statement):
        parent = source.parents.get(node)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if isinstance(parent, ast.Call) and parent.func is node:
                continue
            known = node.id in context.names or node.id in context.globals or node.id in BUILTINS
            kinds = context.kinds(node)
            for name in context.names_at(node):
                if name == node.id or name == "self":
                    continue
                weight = context.affinity(kinds, context.types.get(name, frozenset()))
                if node.id == "self":
                    weight *= 0.1
                if not known or edit_distance(node.id, name) <= 1:
                    weight *= 1.5
                if not known:
                    weight *= max(0.2, 6 - edit_distance(node.id, name))
                yield change(source, node, name, weight, "%s becomes %s" % (node.id, name))
            if not known:
                for name in set(context.globals) | BUILTINS:
                    if edit_distance(node.id, name) <= 2:
                        yield change(source, node, name, 5, "%s becomes %s" % (node.id, name))
        elif isinstance(node, ast.Constant) and type(node.value) in (bool, int, float, type(None)):
            if isinstance(parent, (ast.JoinedStr, ast.FormattedValue)):
                continue
            kinds = context.kinds(node)
            # Out of `while True:` the function must go on somewhere, or else it answers None.
            loop = isinstance(parent, ast.While) and goes_on(context, parent)
            for name in context.names_at(node):
                if name == "self":
                    continue
                names = context.types.get(name, frozenset())
                weight = 0.8 if loop else 0.35 * context.affinity(kinds, names)
                yield change(source, node, name, weight, "%s becomes %s" % (node.value, name))


def goes_on(context, loop):
    body, index = context.block_of.get(loop, (None, 0))
    answers = any(isinstance(s, ast.Return) and s.value is not None for s in context.statements)
    return body is not None and index + 1 < len(body) or not answers


def attribute(context, statement):
    source = context.source
    for node in own_nodes(statement):
        if not isinstance(node, ast.Attribute):
            continue
        parent = source.parents.get(node)
        called = isinstance(parent, ast.Call) and parent.func is node
        end = source.span(node)[1]
        start = end - len(node.attr)
        if source.text[start:end] != node.attr:
            continue
        related = SIBLINGS.get(node.attr, ())
        owner = source.segment(node.value)
        known = {name[len(owner) + 1:] for name in context.types if name.startswith(owner + ".")}
        known = {name for name in known if name.isidentifier()}
        for name, count in context.attributes.get(called, {}).items():
            if name == node.attr or name in related:
                continue
            weight = 0.5 + min(count, 5) * 0.1
            if known:
                weight *= 2 if name in known else 0.2
            if edit_distance(name, node.attr) <= 2:
                weight *= 2
            yield start, end, name, weight, ".%s becomes .%s" % (node.attr, name)
        for name in known - set(context.attributes.get(called, ())):
            if name != node.attr and not called:
                yield start, end, name, 0.6, ".%s becomes .%s" % (node.attr, name)


def sibling(context, statement):
    """A function becomes one of its family, or another function of the file that takes as many arguments."""
    source = context.source
    for node in own_nodes(statement):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            name, end = node.func.attr, source.span(node.func)[1]
        elif isinstance(node.func, ast.Name):
            name, end = node.func.id, source.span(node.func)[1]
        else:
            continue
        start = end - len(name)
        for index, other in enumerate(SIBLINGS.get(name, ())):
            yield start, end, other, 1.5 if index < 3 else 1, "%s becomes %s" % (name, other)
        if isinstance(node.func, ast.Name):
            count = len(node.args)
            for other, (least, most, is_method) in context.functions.items():
                if other != name and not is_method and least <= count <= most:
                    yield start, end, other, 0.7, "%s becomes %s" % (name, other)
            known = name in context.names or name in context.globals or name in BUILTINS
            if not known:
                for other in set(context.globals) | BUILTINS:
                    if edit_distance(other, name) <= 2:
                        yield start, end, other, 4, "%s becomes %s" % (name, other)


def swap(context, statement):
    source = context.source

    def swapped(left, right, weight, what):
        (a, b), (c, d) = source.span(left), source.span(right)
        if source.text[a:b] == source.text[c:d]:
            return None
        text = source.text
        return a, d, text[c:d] + text[b:c] + text[a:b], weight, what

    edits = []
    for node in own_nodes(statement):
        if isinstance(node, ast.Call) and len(node.args) > 1:
            pairs = [(i, j) for i in range(len(node.args)) for j in range(i + 1, len(node.args))]
            for i, j in pairs[:15]:
                alike = context.affinity(context.kinds(node.args[i]), context.kinds(node.args[j]))
                edits.append(swapped(node.args[i], node.args[j], 2 * alike + 0.1, "arguments swapped"))
        elif isinstance(node, ast.BinOp) and not isinstance(node.op, (ast.Mult, ast.BitAnd, ast.BitOr, ast.BitXor)):
            numeric = context.kinds(node.left) & NUMBERS and isinstance(node.op, ast.Add)
            if strength(node.left) == strength(node.right) or strength(node.left) >= P_UNARY and strength(node.right) >= P_UNARY:
                if not numeric:
                    edits.append(swapped(node.left, node.right, 1, "operands swapped"))
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            if isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn)):
                edits.append(swapped(node.left, node.comparators[0], 0.8, "operands swapped"))
        elif isinstance(node, (ast.Tuple, ast.List)) and 1 < len(node.elts) <= 6:
            for i, left in enumerate(node.elts):
                for right in node.elts[i + 1:]:
                    edits.append(swapped(left, right, 0.8, "elements swapped"))
        elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Subscript):
            edits.append(swapped(node.value.slice, node.slice, 1, "subscripts swapped"))
        elif isinstance(node, ast.IfExp):
            edits.append(swapped(node.body, node.orelse, 1, "branches swapped"))
        elif isinstance(node, ast.Slice) and node.lower and node.upper:
            edits.append(swapped(node.lower, node.upper, 0.5, "bounds swapped"))
    body, index = context.block_of.get(statement, (None, 0))
    if body and index + 1 < len(body) and not blocks_of(statement) and not blocks_of(body[index + 1]):
        edits.append(swapped(statement, body[index + 1], 0.6, "statements swapped"))
    yield from (edit for edit in edits if edit)


def removal(context, statement):
    """A call, an operand, a condition or the whole statement is too much."""
    source = context.source
    for node in own_nodes(statement):
        parent = source.parents.get(node)
        if isinstance(node, ast.Call) and len(node.args) >= 1 and not isinstance(parent, ast.Expr):
            for index, argument in enumerate(node.args):
                if not isinstance(argument, ast.Starred):
                    text = source.fit(node, source.segment(argument), strength(argument))
                    yield change(source, node, text, 1 if index == 0 else 0.4, "call left out")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not isinstance(parent, ast.Expr):
            yield change(source, node, source.segment(node.func.value), 0.6, "method call left out")
        if isinstance(node, ast.Call) and len(node.args) + len(node.keywords) > 1:
            for argument in node.args[1:] + node.keywords:
                start, end = source.span(argument)
                comma = source.text.rfind(",", source.span(node.func)[1], start)
                if comma > 0:
                    yield comma, end, "", 0.4, "argument left out"
        if isinstance(node, ast.BinOp):
            for part, weight in ((node.left, 1), (node.right, 1)):
                yield change(source, node, source.fit(node, source.segment(part), strength(part)), weight, "operand left out")
        elif isinstance(node, ast.BoolOp):
            for index, part in enumerate(node.values):
                if index:
                    span = source.span(node.values[index - 1])[1], source.span(part)[1]
                else:
                    span = source.span(part)[0], source.span(node.values[1])[0]
                yield span[0], span[1], "", 1.2, "condition left out"
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            yield change(source, node, source.segment(node.value), 0.5, "subscript left out")
        elif isinstance(node, ast.IfExp):
            for part in (node.body, node.orelse):
                yield change(source, node, source.fit(node, source.segment(part), strength(part)), 0.6, "choice left out")
        elif isinstance(node, ast.Slice):
            for part in (node.lower, node.upper, node.step):
                if part is not None:
                    yield change(source, part, "", 0.4, "bound left out")
        elif isinstance(node, (ast.List, ast.Tuple)) and isinstance(node.ctx, ast.Load) and len(node.elts) == 1:
            yield change(source, node, source.fit(node, source.segment(node.elts[0])), 0.4, "brackets left out")


def deletion(context, statement):
    source = context.source
    lines = source.statement_lines(statement)
    body, index = context.block_of.get(statement, (None, 0))
    if lines is None or body is None or is_docstring(source, statement):
        return
    if isinstance(statement, (ast.If, ast.For, ast.While, ast.With)) and len(source.segment(statement)) > 400:
        return
    if len(body) == 1:
        start, end = source.span(statement)
        yield start, end, "pass", 0.6, "statement left out"
    else:
        yield lines[0], lines[1], "", 1, "statement left out"
    if isinstance(statement, (ast.Continue, ast.Break)):
        other = "break" if isinstance(statement, ast.Continue) else "continue"
        yield change(source, statement, other, 3, "%s instead" % other)
        yield change(source, statement, "return", 0.4, "return instead")
    if isinstance(statement, ast.If) and in_loop(context, statement):
        start = source.span(statement)[0]
        yield start, start + 2, "while", 0.3, "if becomes while"
    if isinstance(statement, ast.If):
        start = source.span(statement)[0]
        if source.text[start:start + 4] == "elif":
            yield start, start + 4, "if", 0.7, "elif becomes if"
        elif source.text[start:start + 2] == "if" and index and isinstance(body[index - 1], ast.If) and not body[index - 1].orelse:
            yield start, start + 2, "elif", 0.5, "if becomes elif"
    if isinstance(statement, ast.While):
        start = source.span(statement)[0]
        yield start, start + 5, "if", 0.4, "while becomes if"


TEMPLATES = [
    ("comparison", comparison, 0.13), ("arithmetic", arithmetic, 0.08), ("boolean", boolean, 0.05),
    ("negation", negation, 0.04), ("constant", constant, 0.07), ("off by one", off_by_one, 0.10),
    ("variable", variable, 0.11), ("attribute", attribute, 0.05), ("function", sibling, 0.07), ("swap", swap, 0.08),
    ("removal", removal, 0.06), ("deletion", deletion, 0.012),
]
