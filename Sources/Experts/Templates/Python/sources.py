"""A source file as text with exact positions: edits are single splices, everything outside them stays byte-exact."""

import ast
import io
import re
import tokenize

LINE_END = re.compile(r"\r\n|\n|\r")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = FUNCTIONS + (ast.ClassDef,)

# Binding strength of expressions, for parentheses around replaced text.
P_LAMBDA, P_IFEXP, P_OR, P_AND, P_NOT, P_COMPARE, P_BITOR, P_BITXOR, P_BITAND, P_SHIFT, P_ARITH, P_TERM = range(12)
P_UNARY, P_POWER, P_AWAIT, P_ATOM = 12, 13, 14, 15
BINARY_STRENGTH = {
    ast.BitOr: P_BITOR, ast.BitXor: P_BITXOR, ast.BitAnd: P_BITAND, ast.LShift: P_SHIFT, ast.RShift: P_SHIFT,
    ast.Add: P_ARITH, ast.Sub: P_ARITH, ast.Mult: P_TERM, ast.Div: P_TERM, ast.FloorDiv: P_TERM, ast.Mod: P_TERM,
    ast.MatMult: P_TERM, ast.Pow: P_POWER,
}


class SourceError(Exception):
    """The file cannot be edited safely; the message says why."""


def strength(node):
    """How strongly the expression `node` binds."""
    if isinstance(node, ast.BinOp):
        return BINARY_STRENGTH[type(node.op)]
    if isinstance(node, ast.BoolOp):
        return P_AND if isinstance(node.op, ast.And) else P_OR
    if isinstance(node, ast.UnaryOp):
        return P_NOT if isinstance(node.op, ast.Not) else P_UNARY
    if isinstance(node, ast.Compare):
        return P_COMPARE
    if isinstance(node, ast.IfExp):
        return P_IFEXP
    if isinstance(node, (ast.Lambda, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Starred)):
        return P_LAMBDA
    if isinstance(node, ast.Await):
        return P_AWAIT
    return P_ATOM


def strength_of_text(text):
    """How strongly the expression written as `text` binds; the weakest if it is no expression by itself."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return P_LAMBDA
    if isinstance(tree.body, ast.Tuple) and not text.lstrip().startswith("("):
        return P_LAMBDA
    return strength(tree.body)


class Unit:
    """The outermost function around a place: what a candidate swaps in a warm process. `chain` names its scopes."""

    def __init__(self, node, chain):
        self.node = node
        self.chain = chain
        self.name = node.name
        lines = [node.lineno] + [d.lineno for d in node.decorator_list]
        self.first_line = min(lines)
        self.qualified = ".".join(name for name, _ in chain)


class SourceFile:
    """One Python file. Positions are character offsets into `text`, which keeps line ends as they are."""

    def __init__(self, path, relative, data):
        self.path = path
        self.relative = relative
        self.data = data
        try:
            self.encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            self.text = data.decode(self.encoding)
        except (SyntaxError, UnicodeDecodeError, LookupError) as error:
            raise SourceError("cannot decode: %s" % error)
        if self.text.encode(self.encoding) != data:
            raise SourceError("its %s encoding does not survive a round trip" % self.encoding)
        self.line_starts = [0]
        for match in LINE_END.finditer(self.text):
            self.line_starts.append(match.end())
        first = LINE_END.search(self.text)
        self.newline = first.group() if first else "\n"
        try:
            self.tree = ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError) as error:
            raise SourceError("does not parse: %s" % error)
        self.parents = {}
        for node in ast.walk(self.tree):
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
        self._spans = {}
        self.future = [n for n in self.tree.body if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
        self.units = []
        self._collect_units(self.tree.body, [])

    def _collect_units(self, body, chain):
        seen = {}
        for node in body:
            if isinstance(node, SCOPES):
                count = seen.get(node.name, 0)
                seen[node.name] = count + 1
                here = chain + [(node.name, count)]
                if isinstance(node, FUNCTIONS):
                    self.units.append(Unit(node, here))
                else:
                    self._collect_units(node.body, here)

    # Positions

    def offset(self, line, column):
        """Character offset of the ast position: `line` from 1, `column` in UTF-8 bytes."""
        start = self.line_starts[line - 1]
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        row = self.text[start:end]
        if row.isascii():
            return start + column
        return start + len(row.encode("utf-8")[:column].decode("utf-8", "ignore"))

    def span(self, node):
        found = self._spans.get(node)
        if found is None:
            found = (
                self.offset(node.lineno, node.col_offset),
                self.offset(node.end_lineno, node.end_col_offset),
            )
            self._spans[node] = found
        return found

    def segment(self, node):
        start, end = self.span(node)
        return self.text[start:end]

    def line_of(self, offset):
        low, high = 0, len(self.line_starts)
        while high - low > 1:
            middle = (low + high) // 2
            if self.line_starts[middle] <= offset:
                low = middle
            else:
                high = middle
        return low + 1

    def indent_of(self, node):
        """The white space before the statement on its own line; None when other code stands before it."""
        start = self.line_starts[node.lineno - 1]
        before = self.text[start:self.span(node)[0]]
        return before if not before.strip() else None

    def statement_lines(self, node):
        """Whole-line span of a statement (with decorators), or None when it shares a line with other code."""
        if self.indent_of(node) is None:
            return None
        first = min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", [])])
        start = self.line_starts[first - 1]
        end = self.span(node)[1]
        line = self.line_of(end)
        stop = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        rest = self.text[end:stop].strip()
        if rest and not rest.startswith("#"):
            return None
        return start, stop

    # Parentheses

    def required_strength(self, node):
        """The weakest binding that may stand in `node`'s place without parentheses."""
        parent = self.parents.get(node)
        start, end = self.span(node)
        if self.text[start - 1:start] == "(" and self.text[end:end + 1] == ")":
            return P_LAMBDA
        if isinstance(parent, ast.BinOp):
            own = BINARY_STRENGTH[type(parent.op)]
            right = parent.right is node
            if isinstance(parent.op, ast.Pow):
                return P_UNARY if right else P_AWAIT
            return own + 1 if right else own
        if isinstance(parent, ast.UnaryOp):
            return P_NOT if isinstance(parent.op, ast.Not) else P_UNARY
        if isinstance(parent, ast.BoolOp):
            return P_NOT if isinstance(parent.op, ast.And) else P_AND
        if isinstance(parent, ast.Compare):
            return P_BITOR
        if isinstance(parent, (ast.Attribute, ast.Await)):
            return P_ATOM
        if isinstance(parent, ast.Subscript):
            return P_ATOM if parent.value is node else P_IFEXP
        if isinstance(parent, ast.Call):
            return P_ATOM if parent.func is node else P_IFEXP
        if isinstance(parent, ast.IfExp):
            return P_IFEXP if parent.orelse is node else P_OR
        if isinstance(parent, (ast.Starred, ast.comprehension)):
            return P_OR
        return P_IFEXP

    def fit(self, node, text, binding=None):
        """`text` as an expression in `node`'s place, in parentheses where they are needed."""
        if binding is None:
            binding = strength_of_text(text)
        return "(%s)" % text if binding < self.required_strength(node) else text

    # Edits

    def spliced(self, start, end, new):
        return self.text[:start] + new + self.text[end:]

    def spliced_bytes(self, start, end, new):
        return self.spliced(start, end, new).encode(self.encoding)

    def top_level(self, node):
        while not isinstance(self.parents.get(node), ast.Module):
            node = self.parents[node]
        return node

    def unit_of(self, node):
        """The outermost function whose *body* holds `node`; None for module, class and signature code."""
        chain = []
        while node is not None:
            parent = self.parents.get(node)
            if isinstance(parent, FUNCTIONS) and any(node is child for child in parent.body):
                chain.append(parent)
            node = parent
        if not chain:
            return None
        for unit in self.units:
            if unit.node is chain[-1]:
                return unit
        return None

    def compile_unit(self, unit, start, end, new):
        """Code object of `unit` after the splice, compiled without the rest of the module; None when it vanished.

        Raises SyntaxError or ValueError when the result is no Python.
        """
        top = self.top_level(unit.node)
        lines = [top.lineno] + [d.lineno for d in getattr(top, "decorator_list", [])]
        first = self.line_starts[min(lines) - 1]
        last = self.statement_lines(top)
        stop = last[1] if last else len(self.text)
        head = "".join(self.segment(node) + "\n" for node in self.future)
        text = head + self.text[first:start] + new + self.text[end:stop]
        code = compile(text, self.path, "exec", dont_inherit=True)
        skipped = 0
        for node in self.tree.body:
            if node is top:
                break
            if isinstance(node, SCOPES) and node.name == unit.chain[0][0]:
                skipped += 1
        for position, (name, index) in enumerate(unit.chain):
            wanted = index - skipped if position == 0 else index
            code = nested_code(code, name, wanted)
            if code is None:
                return None
        shift = min(lines) - 1 - len(self.future)
        return shifted(code, shift)


def nested_code(code, name, index):
    for constant in code.co_consts:
        if hasattr(constant, "co_code") and constant.co_name == name:
            if index == 0:
                return constant
            index -= 1
    return None


def shifted(code, lines):
    """The code object with its line numbers moved, so that traces name the file's own lines."""
    constants = tuple(shifted(c, lines) if hasattr(c, "co_code") else c for c in code.co_consts)
    return code.replace(co_firstlineno=code.co_firstlineno + lines, co_consts=constants)


def code_key(code):
    """Equal for code that behaves the same: everything but the positions."""
    constants = tuple(
        code_key(c) if hasattr(c, "co_code") else (type(c).__name__, repr(c)) for c in code.co_consts
    )
    return (
        code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars,
        code.co_flags, code.co_argcount, code.co_kwonlyargcount, code.co_posonlyargcount,
        getattr(code, "co_exceptiontable", b""),
    )
