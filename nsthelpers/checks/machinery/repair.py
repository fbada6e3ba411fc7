"""The one change to a learner's code that makes it right: it tells what was done, whatever the exercise is."""

from __future__ import annotations

import ast
import contextlib
import inspect
import itertools
import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Any

from nsthelpers.checks.machinery.sandbox import TimeIsUp, limited, undisturbed

TRIES = 200  # a count, not seconds: the same answer gets the same diagnosis on every machine
PATIENCE = 10.0  # seconds for all of them: for an endless one only, since a busy machine must not change a diagnosis

SIGNS = {"Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "MatMult": "@", "Pow": "**", "Mod": "%",
         "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==", "NotEq": "!=", "And": "and", "Or": "or",
         "BitOr": "|", "BitAnd": "&", "BitXor": "^"}  # fmt: skip
# What stands in the code, and what one often means instead.
OPERATORS = {"+": "- *", "-": "+ /", "*": "/ @ + **", "/": "*", "//": "/", "@": "*", "**": "*", "<": "<= >",
             "<=": "< >=", ">": ">= <", ">=": "> <=", "==": "!=", "!=": "==", "and": "or", "or": "and",
             "|": "&", "&": "|", "^": "**"}  # fmt: skip
ALIKE = ("mean sum amax norm", "std var", "max min sum", "amax amin", "argmax argmin", "maximum minimum", "cat stack",
         "square abs sqrt", "exp log log1p log2 log10", "round floor ceil", "append extend", "any all", "relu abs clamp",
         "keys values items", "product combinations zip permutations")  # fmt: skip
REDUCE = {"mean", "sum", "std", "var", "amax", "amin", "norm", "std_mean", "median", "max", "min"}
ALONG = REDUCE | {"sort", "softmax", "cat", "stack", "flip", "diff", "unsqueeze", "argmax", "argmin", "cumsum"}
AXES = (0, 1, 2, 3, -1, -2, (1, 2), (2, 3), (0, 2, 3), (1, 2, 3))
ENDS = (".mean()", ".sum()", ".sqrt()", ".square()", ".clamp(0, 1)", ".round()", ".T", "[0]", "[::-1]", " / 2", " * -1")
MEANT = "You write `{old}`; `{new}` is meant."
# The kinds of change, those first that explain most in the fewest tries.
KINDS = ("too much", "operator", "correction", "exchanged", "brackets", "axis", "in the loop", "order",
         "function", "name", "number", "missing")  # fmt: skip
# A kind, a sentence about the {old} code, the {new} and what is {around}, and the new code ...
Other = tuple[str, str, str]
# ... and for a place: a kind, a sentence, what is around, the first byte of the old code, the last, and the new code.
Change = tuple[str, str, ast.AST | None, int, int, str]


def short(code: str) -> str:
    line = " ".join(code.split())
    return line if len(line) <= 70 else line[:68] + " …"


def bracketed(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Call | ast.Constant) else f"({ast.unparse(node)})"


def swapped(items: Sequence[str]) -> Iterator[list[str]]:
    """A list with two of its items in each other's place."""
    for i, j in itertools.combinations(range(len(items)), 2):
        yield [*items[:i], items[j], *items[i + 1 : j], items[i], *items[j + 1 :]]


def name_of(call: Any) -> str:
    return getattr(getattr(call, "func", None), "attr", getattr(getattr(call, "func", None), "id", ""))


def literal(node: ast.AST) -> Any:
    """The number, or tuple of numbers, that is written; None if it is something else."""
    with contextlib.suppress(ValueError, TypeError, SyntaxError):
        value = ast.literal_eval(node)
        value = tuple(value) if isinstance(value, list) else value
        return value if type(value) in (int, float, tuple) else None


def argument(call: ast.expr) -> tuple[str, ast.expr, str] | None:
    """The only value that goes into a call, between the code before it and after it."""
    match call:
        case ast.Call(ast.Attribute(value, name), [], words):
            return "(", value, f").{name}({', '.join(map(ast.unparse, words))})"
        case ast.Call(function, [value], words) if literal(value) is None:
            return f"{ast.unparse(function)}(", value, "".join(f", {ast.unparse(word)}" for word in words) + ")"
    return None


def other_operations(node: ast.BinOp, sign: str) -> Iterator[Other]:
    left, right = bracketed(node.left), bracketed(node.right)
    for side, before, after in ((node.left, "", f" {sign} {right}"), (node.right, f"{left} {sign} ", "")):
        yield "too much", f"In `{{old}}`, `{short(before + after)}` is too much.", bracketed(side)
        if inside := argument(side):
            yield "brackets", MEANT, f"{inside[0]}{before}{bracketed(inside[1])}{after}{inside[2]}"
        if isinstance(side, ast.BinOp):
            a, b, inner = bracketed(side.left), bracketed(side.right), SIGNS.get(type(side.op).__name__)
            yield "brackets", MEANT, f"({before}{a}) {inner} {b}" if before else f"{a} {inner} ({b}{after})"
    if sign in ("-", "/", "@", "**"):
        yield "exchanged", MEANT, f"{right} {sign} {left}"
    if sign in ("@", "*"):
        yield "exchanged", MEANT, f"{left} @ ({right}).mT"


def other_calls(call: ast.Call) -> Iterator[Other]:
    name, function, inside = name_of(call), ast.unparse(call.func), argument(call)
    args, words = [ast.unparse(a) for a in call.args], [ast.unparse(word) for word in call.keywords]

    def again(parts: list[str]) -> str:
        return f"{function}({', '.join(parts)})"

    if name in ("std", "var", "cov", "std_mean", "var_mean"):
        rest = [word for word in args + words if not word.startswith(("correction=", "unbiased="))]
        for value, divisor in enumerate(("their number", "one less than their number")):
            sentence = f"`{{old}}` divides by another number of values: {divisor} is meant, `correction={value}`."
            yield "correction", sentence, again([*rest, f"correction={value}"])
    for order in swapped(args):
        yield "exchanged", MEANT, again(order + words)
    for other in (other for group in ALIKE if name in group.split() for other in group.split() if other != name):
        code = again(args + words).replace(function, function.removesuffix(name) + other, 1)
        yield "function", f"You take `{name}` in `{{old}}`; `{other}` is meant.", code
    if inside and isinstance(inside[1], ast.BinOp) and (sign := SIGNS.get(type(inside[1].op).__name__)):
        before, value, after = inside
        yield "brackets", MEANT, f"{before}{ast.unparse(value.left)}{after} {sign} {bracketed(value.right)}"
        yield "brackets", MEANT, f"{bracketed(value.left)} {sign} {before}{ast.unparse(value.right)}{after}"
    if inside and (deeper := argument(inside[1])):
        yield "order", MEANT, f"{deeper[0]}{inside[0]}{ast.unparse(deeper[1])}{inside[2]}{deeper[2]}"
    whole = inside[1] if inside else getattr(call.func, "value", None)
    if whole and name not in ("clone", "detach"):
        yield "too much", f"`{name}` is too much in `{{old}}`.", ast.unparse(whole)
    if name not in REDUCE:
        return
    axes = {word for word in words if word.startswith(("dim=", "axis="))}
    axes |= {a for a, node in zip(args, call.args, strict=True) if literal(node) is not None}
    if axes:
        bare = again([part for part in args + words if part not in axes])
        yield "axis", "In `{old}`, the axis is too much: all numbers are meant.", bare
    for axis, more in itertools.product(() if axes else AXES, (["keepdim=True"], [])):
        sentence = f"`{{old}}` takes all numbers together; axis {', '.join([str(axis), *more])} is meant."
        yield "axis", sentence, again([*args, f"dim={axis}", *words, *more])


def others(node: ast.expr, parent: ast.AST, names: Sequence[str]) -> Iterator[Other]:
    """What might stand in the place of an expression."""
    value, axis = literal(node), name_of(parent) in ALONG or getattr(parent, "arg", "") == "dim"
    match node:
        case ast.BinOp(a, op, b) | ast.Compare(a, [op], [b]) | ast.BoolOp(op, [a, b]):
            sign = SIGNS.get(type(op).__name__, "")
            for other in OPERATORS.get(sign, "").split():
                yield "operator", MEANT, f"{bracketed(a)} {other} {bracketed(b)}"
            yield from other_operations(node, sign) if sign and isinstance(node, ast.BinOp) else ()
        case ast.Call():
            yield from other_calls(node)
        case ast.Name():
            for name in (name for name in names if name != node.id):
                yield "name", f"You take `{node.id}` in `{{around}}`; `{name}` is meant.", name
        case ast.Tuple() if value is None and not any(isinstance(item, ast.Slice) for item in node.elts):
            for items in swapped([ast.unparse(item) for item in node.elts]):
                yield "exchanged", MEANT, ", ".join(items)
        case ast.Subscript(whole) | ast.UnaryOp(_, whole) if value is None:
            yield "too much", MEANT, ast.unparse(whole)
    if type(value) is tuple or axis and type(value) is int:
        for other in (other for other in AXES if other != value):
            yield "axis", f"You take axis {value} in `{{around}}`; axis {other} is meant.", str(other)
    elif type(value) in (int, float):
        near = (value + 1, value - 1, 1 - value, 0, 2, value * 2, value / 2)
        for number in dict.fromkeys(type(value)(n) for n in near if n != value):
            yield "number", f"You write {value} in `{{around}}`; {number:g} is meant.", str(number)
    if isinstance(parent, ast.Return | ast.Assign) and not isinstance(node, ast.Constant | ast.Tuple):
        for end in ENDS:
            yield "missing", f"After `{{old}}`, `{end.strip()}` is missing.", bracketed(node) + end


def other_lines(lines: list[str]) -> Iterator[tuple[str, str, int, list[str]]]:
    """A kind, a sentence, and which lines stand from line `n` on: one of them moved, changed or left out."""
    depth = [len(line) - len(line.lstrip()) for line in lines] + [0]
    for n, line in itertools.islice(enumerate(lines), 1, None):
        header = next((k for k in range(n - 1, -1, -1) if depth[k] < depth[n]), 0)
        sibling = next((k for k in range(n - 1, header, -1) if depth[k] == depth[n]), header)
        here, above, below = f"`{short(line)}`", lines[n - 1], lines[n + 1] if n + 1 < len(lines) else ""
        if line.lstrip().startswith("for "):
            yield "in the loop", f"`{short(below)}` stands in the loop; it belongs before it.", n, [below[4:], line]
            if sibling == n - 1 > header:
                sentence = f"`{short(above)}` stands before the loop; it belongs into it."
                yield "in the loop", sentence, n - 1, [line, "    " + above]
        if line.endswith(":"):
            continue
        if depth[n + 1] < depth[n] and lines[header].lstrip().startswith("for "):
            yield "in the loop", f"{here} stands in the loop; it belongs after it.", n, [line[4:]]
        if depth[n - 1] > depth[n] and lines[sibling].lstrip().startswith("for "):
            yield "in the loop", f"{here} stands after the loop; it belongs into it.", n, ["    " + line]
        if not line.lstrip().startswith("return"):
            yield "too much", f"{here} is too much.", n, [" " * depth[n] + "pass"]
            if depth[n + 1] == depth[n] and not below.endswith(":"):
                yield "order", f"The order of two lines: `{short(below)}` belongs before {here}.", n, [below, line]
        if parts := re.match(r"(.+?) (\S{1,2})= (.*)", line):
            for sign in OPERATORS.get(parts[2], "").split():
                code = f"{parts[1]} {sign}= {parts[3]}"
                yield "operator", f"You write {here}; `{short(code)}` is meant.", n, [code]


def changes(code: str) -> Iterator[Change]:
    """The single changes of a function."""
    lines = code.split("\n")
    starts = list(itertools.accumulate((len(line.encode()) + 1 for line in lines), initial=0))
    for kind, sentence, n, new in other_lines(lines):
        yield kind, sentence, None, starts[n], starts[n + len(new)] - 1, "\n".join(new)
    tree = ast.parse(code).body[0]
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    names = list(dict.fromkeys([n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)] + stored))
    waiting: list[tuple[Any, Any, Any]] = [(tree, None, None)]
    for node, parent, around in waiting:
        if isinstance(node, ast.JoinedStr | ast.arguments):
            continue  # Python 3.11 does not know where the parts of an f-string stand
        calls = isinstance(parent, ast.Call) and node is parent.func and isinstance(node, ast.Name)
        if isinstance(node, ast.expr) and not calls and not isinstance(getattr(node, "ctx", None), ast.Store):
            start, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
            for kind, sentence, new in others(node, parent, names):
                yield kind, sentence, around, start, end, f"({new})"
        shown = around if isinstance(node, ast.Attribute | ast.Tuple | ast.keyword) else node
        waiting += [(child, node, shown) for child in ast.iter_child_nodes(node)]


def cancels(code: bytes) -> bool:
    """Whether `a / a`, `a - a` or `b * a / a` stands there: a change that does this hides a fault."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Sub):
            product = isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Mult)
            if ast.dump(node.left.right if product else node.left) == ast.dump(node.right):
                return True
    return False


def repair(answer: Any, right: Callable[[Any], bool], most: int) -> tuple[str, str] | None:
    """A kind and a sentence for the first change after which an answer is `right`, among at most so many."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(answer))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None
    endless = any(isinstance(node, ast.While) for node in ast.walk(tree))  # so a change makes it, easily
    fits = isinstance(tree, ast.FunctionDef) and isinstance(answer, FunctionType) and not answer.__code__.co_freevars
    if endless or not fits:
        return None
    tree.decorator_list, tree.returns = [], None
    tree.body = tree.body[ast.get_docstring(tree) is not None :]
    source = ast.unparse(tree)
    slips: dict[tuple[str, str], list[Change]] = {}
    for change in changes(source):
        slips.setdefault(change[:2], []).append(change)
    tries = [[change] for slip in slips.values() for change in slip]
    tries += [slip for (_, sentence), slip in slips.items() if sentence != MEANT and len(slip) > 1]
    tries.sort(key=lambda tried: KINDS.index(tried[0][0]))
    found: list[Change] | None = None

    def works(tried: list[Change]) -> bool:
        code, space = source.encode(), dict(answer.__globals__)
        for *_, start, end, new in sorted(tried, key=lambda change: -change[3]):
            code = code[:start] + new.encode() + code[end:]
        try:
            exec(compile(code, "<changed>", "exec"), space)
            return right(space[tree.name]) and not cancels(code)
        except (TimeIsUp, KeyboardInterrupt):
            raise
        except BaseException:  # SystemExit too, as in the sandbox
            return False

    def search() -> None:
        nonlocal found
        found = next(filter(works, tries[: min(most, TRIES)]), None)

    with undisturbed(0), contextlib.suppress(TimeIsUp):
        limited(search, PATIENCE)
    if found is None:
        return None
    kind, sentence, around, start, end, new = found[0]
    if around:
        words = {"{old}": source.encode()[start:end].decode(), "{around}": ast.unparse(around)}
        for word, code in (words | {"{new}": ast.unparse(ast.parse(new))}).items():
            sentence = sentence.replace(word, short(code))
    return kind, sentence + " The same is true of each such place." * (len(found) > 1)
