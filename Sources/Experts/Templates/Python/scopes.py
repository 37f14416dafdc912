"""What a place in the code may be repaired with: names in scope, their observed types, expressions nearby."""

import ast
import builtins

from .sources import FUNCTIONS, SCOPES

BUILTINS = frozenset(dir(builtins))
NUMBERS = frozenset(("int", "float", "bool", "complex"))
SEQUENCES = frozenset(("list", "tuple", "str", "bytes", "range", "deque"))
SIZED = SEQUENCES | frozenset(("dict", "set", "frozenset", "defaultdict", "Counter", "OrderedDict"))
HEADER_FIELDS = {
    ast.If: ("test",), ast.While: ("test",), ast.For: ("target", "iter"), ast.AsyncFor: ("target", "iter"),
    ast.With: ("items",), ast.AsyncWith: ("items",), ast.Try: (), ast.FunctionDef: (), ast.AsyncFunctionDef: (),
    ast.ClassDef: (),
}
if hasattr(ast, "TryStar"):
    HEADER_FIELDS[ast.TryStar] = ()
if hasattr(ast, "Match"):
    HEADER_FIELDS[ast.Match] = ("subject",)
BLOCK_FIELDS = ("body", "orelse", "finalbody")


def header_roots(statement):
    """The expressions that belong to a statement itself, not to the statements inside it."""
    fields = HEADER_FIELDS.get(type(statement))
    if fields is None:
        return [statement]
    roots = []
    for field in fields:
        value = getattr(statement, field)
        roots += value if isinstance(value, list) else [value]
    return roots


def own_nodes(statement):
    """All nodes of a statement's own expressions, outermost first."""
    nodes = []
    pending = header_roots(statement)
    while pending:
        node = pending.pop(0)
        nodes.append(node)
        if isinstance(node, SCOPES):
            continue
        pending += [child for child in ast.iter_child_nodes(node)
                    if not isinstance(child, (ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop))]
    return nodes


def blocks_of(statement):
    """The lists of statements directly inside `statement`."""
    found = [getattr(statement, field) for field in BLOCK_FIELDS if getattr(statement, field, None)]
    for handler in getattr(statement, "handlers", ()):
        found.append(handler.body)
    for case in getattr(statement, "cases", ()):
        found.append(case.body)
    return [block for block in found if block and isinstance(block[0], ast.stmt)]


def statements_in(body):
    """Statements of a block and of the blocks inside it, in the order of the text."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.ClassDef):
            continue
        for block in blocks_of(statement):
            yield from statements_in(block)


def bound_names(target):
    return [n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


class Context:
    """One function (or a module's own code) with what its edits may use."""

    def __init__(self, source, node, types):
        self.source = source
        self.node = node
        self.types = types
        self.is_function = isinstance(node, FUNCTIONS)
        self.body = node.body
        self.statements = [s for s in statements_in(self.body)]
        if not self.is_function:
            self.statements = [s for s in self.statements if not isinstance(s, SCOPES)]
        self.block_of = {}
        self._note_blocks(self.body)
        self.names = self._names()
        self._collect()

    def _note_blocks(self, body):
        for index, statement in enumerate(body):
            self.block_of[statement] = (body, index)
            for block in blocks_of(statement):
                self._note_blocks(block)

    def _names(self):
        """Variables that a load may name, in order of first appearance."""
        names = []

        def add(name):
            if name not in names:
                names.append(name)

        scope = self.node
        outer = []
        while scope is not None:
            if isinstance(scope, FUNCTIONS):
                outer.append(scope)
            scope = self.source.parents.get(scope)
        for function in outer:
            for argument in arguments_of(function):
                add(argument)
        self.parameters = list(names)
        for node in ast.walk(self.node):
            if isinstance(node, FUNCTIONS) and node is not self.node:
                for argument in arguments_of(node):
                    add(argument)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                if not self._in_comprehension(node):
                    add(node.id)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                add(node.name)
        for function in outer[1:]:
            for node in ast.walk(function):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not self._in_comprehension(node):
                    add(node.id)
        return names

    def _in_comprehension(self, node):
        parent = self.source.parents.get(node)
        while parent is not None and not isinstance(parent, ast.stmt):
            if isinstance(parent, ast.comprehension):
                return True
            parent = self.source.parents.get(parent)
        return False

    def _collect(self):
        """Expressions, calls and attributes of this function and of its file."""
        source = self.source
        self.expressions = {}
        self.attributes = {}
        self.strings = []
        self.globals = []
        for node in source.tree.body:
            if isinstance(node, SCOPES):
                self.globals.append(node.name)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    self.globals += bound_names(target)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self.globals += [(a.asname or a.name).split(".")[0] for a in node.names]
        for node in ast.walk(self.node):
            if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.Compare,
                                 ast.BoolOp, ast.UnaryOp, ast.Constant, ast.List, ast.Tuple)):
                if isinstance(getattr(node, "ctx", None), ast.Store) or not hasattr(node, "lineno"):
                    continue
                parent = source.parents.get(node)
                if isinstance(parent, ast.Call) and parent.func is node or isinstance(parent, ast.Expr):
                    continue
                if isinstance(node, ast.Constant) and isinstance(parent, ast.JoinedStr):
                    continue
                text = source.segment(node)
                if len(text) <= 60 and "\n" not in text:
                    self.expressions.setdefault(text, node)
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute):
                called = isinstance(source.parents.get(node), ast.Call) and source.parents[node].func is node
                bucket = self.attributes.setdefault(called, {})
                bucket[node.attr] = bucket.get(node.attr, 0) + 1
        for node in ast.walk(source.tree):
            if isinstance(node, FUNCTIONS):
                parent = source.parents.get(node)
                if isinstance(parent, ast.ClassDef):
                    self.attributes.setdefault(True, {}).setdefault(node.name, 1)
        self.functions = {}
        for node in ast.walk(source.tree):
            if isinstance(node, FUNCTIONS):
                required = len(node.args.args) - len(node.args.defaults)
                self.functions[node.name] = (required, len(node.args.args), isinstance(
                    source.parents.get(node), ast.ClassDef))

    # Scope and types

    def names_at(self, node):
        """Variables visible at `node`, with those of comprehensions around it."""
        names = list(self.names)
        parent = self.source.parents.get(node)
        while parent is not None and parent is not self.node:
            for generator in getattr(parent, "generators", ()):
                names += [n for n in bound_names(generator.target) if n not in names]
            if isinstance(parent, ast.Lambda):
                names += [a.arg for a in parent.args.args if a.arg not in names]
            parent = self.source.parents.get(parent)
        return names

    def kinds(self, node):
        """Names of the types that an expression had or must have; empty when unknown."""
        if isinstance(node, ast.Constant):
            return {type(node.value).__name__}
        if isinstance(node, ast.Name):
            return self.types.get(node.id, frozenset())
        if isinstance(node, (ast.List, ast.ListComp)):
            return {"list"}
        if isinstance(node, ast.Tuple):
            return {"tuple"}
        if isinstance(node, (ast.Dict, ast.DictComp)):
            return {"dict"}
        if isinstance(node, (ast.Set, ast.SetComp)):
            return {"set"}
        if isinstance(node, (ast.Compare, ast.JoinedStr)):
            return {"bool"} if isinstance(node, ast.Compare) else {"str"}
        if isinstance(node, ast.UnaryOp):
            return {"bool"} if isinstance(node.op, ast.Not) else self.kinds(node.operand)
        if isinstance(node, ast.BoolOp):
            return self.kinds(node.values[-1])
        if isinstance(node, ast.IfExp):
            return self.kinds(node.body)
        if isinstance(node, ast.BinOp):
            return self.kinds(node.left) or self.kinds(node.right)
        if isinstance(node, ast.Subscript):
            if isinstance(node.slice, ast.Slice):
                return self.kinds(node.value)
            value = self.kinds(node.value)
            if value == {"str"}:
                return value
            return self.types.get(_dotted(node.value) + "[]", frozenset())
        if isinstance(node, ast.Attribute):
            return self.types.get(_dotted(node), frozenset())
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            known = {"len": "int", "int": "int", "float": "float", "str": "str", "list": "list", "set": "set",
                     "dict": "dict", "tuple": "tuple", "sorted": "list", "abs": "int", "sum": "int", "any": "bool",
                     "all": "bool", "range": "range", "ord": "int", "chr": "str", "isinstance": "bool",
                     "round": "int", "bool": "bool", "repr": "str", "enumerate": "enumerate", "zip": "zip",
                     "reversed": "reversed"}.get(node.func.id)
            return {known} if known else frozenset()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            known = {"strip": "str", "lower": "str", "upper": "str", "join": "str", "replace": "str", "split": "list",
                     "count": "int", "index": "int", "find": "int", "format": "str", "copy": None}.get(node.func.attr)
            return {known} if known else frozenset()
        return frozenset()

    def affinity(self, left, right):
        """From 0 to 1: how well a value of one of the types `right` may stand for one of `left`."""
        if not left or not right:
            return 0.5
        if left & right:
            return 1.0
        if left <= NUMBERS and right <= NUMBERS:
            return 0.7
        return 0.06


def _dotted(node):
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return "%s.%s" % (node.value.id, node.attr)
    return "?"


def arguments_of(function):
    arguments = function.args
    found = [a.arg for a in arguments.posonlyargs + arguments.args + arguments.kwonlyargs]
    for extra in (arguments.vararg, arguments.kwarg):
        if extra:
            found.append(extra.arg)
    return found


def is_docstring(source, statement):
    return (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            and isinstance(statement.value.value, str))


def terminal(statement):
    return isinstance(statement, (ast.Return, ast.Raise, ast.Continue, ast.Break))


def in_loop(context, statement):
    node = context.source.parents.get(statement)
    while node is not None and node is not context.node and not isinstance(node, SCOPES):
        if isinstance(node, (ast.For, ast.While, ast.AsyncFor)):
            return True
        node = context.source.parents.get(node)
    return False


def edit_distance(left, right):
    """Damerau-Levenshtein distance, for names."""
    previous, row = None, list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, previous = previous, row
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (a != b))
            if older is not None and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
