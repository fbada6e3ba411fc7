"""What a learner's code tells by itself: its statements, its names and numbers, and where it stopped."""

from __future__ import annotations

import ast
import dis
import inspect
import linecache
import os
import re
import sysconfig
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

import numpy as np
import torch

DATA = (torch.Tensor, np.ndarray, int, float, str, list, dict, tuple)
# Names in a function's code that end the way of a gradient, as one writes them.
CUTS = {"detach": ".detach()", "item": ".item()", "numpy": ".numpy()", "tolist": ".tolist()", "data": ".data"}
CUTS |= {"no_grad": "no_grad", "inference_mode": "inference_mode", "set_grad_enabled": "set_grad_enabled"}
CUTS |= {"tensor": "torch.tensor(...)", "as_tensor": "torch.as_tensor(...)", "float": "float(...)", "int": "int(...)"}
CUTS |= {"round": "round", "floor": "floor", "sign": "sign", "argmax": "argmax", "argmin": "argmin"}


def body_of(answer: Callable[..., Any]) -> list[ast.stmt] | None:
    """The statements of a function; None for a lambda, and where there is no source."""
    try:
        first = ast.parse(textwrap.dedent(inspect.getsource(answer))).body[0]
    except (OSError, TypeError, SyntaxError):
        return None
    return first.body if isinstance(first, ast.FunctionDef) else None


def does_something(answer: Callable[..., Any]) -> bool:
    """Whether a function that gave None is more than a stub."""
    body = body_of(answer)
    if body is None:
        return bool(getattr(getattr(answer, "__code__", None), "co_names", ()))
    return not all(map(idle, body))


def idle(statement: ast.stmt) -> bool:
    """Whether a statement does nothing yet: `pass`, a text, `...`, `x = None`, `return None` or `return x`."""
    if isinstance(statement, ast.Assign):
        return isinstance(statement.value, ast.Constant) and statement.value.value in (None, ...)
    if isinstance(statement, ast.Return):
        return statement.value is None or isinstance(statement.value, (ast.Constant, ast.Name))
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass)


def returns(node: ast.AST) -> bool:
    """Whether a `return` stands in a statement; those of inner functions do not count."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    return isinstance(node, ast.Return) or any(map(returns, ast.iter_child_nodes(node)))


def ends(body: list[ast.stmt]) -> bool:
    """Whether the last statement returns on every way through it."""
    last = body[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and ends(last.body) and ends(last.orelse)
    return ends(last.body) if isinstance(last, ast.With) else isinstance(last, (ast.Return, ast.Raise))


def codes(answer: Any) -> Iterator[CodeType]:
    """The code of a function and of those that are written inside it."""
    waiting = [getattr(answer, "__code__", None)]
    while waiting:
        if code := waiting.pop():
            yield code
            waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def cuts(answer: Any) -> list[str]:
    """What in a function's code may end the way of a gradient, as one writes it."""
    names = {name for code in codes(answer) for name in code.co_names}
    return [f"`{text}`" for name, text in CUTS.items() if name in names]


def numbers_in(answer: Any) -> set[int]:
    """The whole numbers, from 2 on, that are written in a function's code."""
    found = [item for code in codes(answer) for c in code.co_consts for item in (c if isinstance(c, tuple) else [c])]
    return {number for number in found if type(number) is int and number > 1}


def still_none(body: list[ast.stmt]) -> str:
    """What a function returns at its end, if that is a name or a call."""
    value = getattr(body[-1], "value", None) if isinstance(body[-1], ast.Return) else None
    return ast.unparse(value) if isinstance(value, (ast.Name, ast.Call)) else ""


def unused(answer: Any) -> str:
    """A sentence about the first parameter that a function never reads, or overwrites before it does."""
    code = getattr(answer, "__code__", None)
    if code is None or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return ""
    touched: dict[str, list[str]] = {}
    for step in dis.get_instructions(code):
        for name in step.argval if isinstance(step.argval, tuple) else [step.argval]:
            if isinstance(name, str) and step.opname != "MAKE_CELL":
                touched.setdefault(name, []).append(step.opname)
    for name in code.co_varnames[: code.co_argcount]:
        steps = touched.get(name, [])
        if steps and steps[0].startswith("STORE"):
            return f"You overwrite `{name}` before you read it, and lose what the function was given."
        if not steps and not name.startswith("_"):
            outer = [f"`{name}`" for name, value in outer_data(answer).items() if not name.isupper()]
            instead = f" It reads {' and '.join(outer)} from outside instead." if outer else ""
            return f"Your function never uses its argument `{name}`.{instead}"
    return ""


def outer_data(answer: Any) -> dict[str, Any]:
    """The pictures, numbers, lists and texts outside a function that its code reads by name."""
    steps = [step for code in codes(answer) for step in dis.get_instructions(code)]
    names = {str(step.argval) for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    cells = zip(answer.__code__.co_freevars, answer.__closure__ or (), strict=False)
    space = answer.__globals__ | {name: cell.cell_contents for name, cell in cells}
    found = {name: space[name] for name in sorted(names | set(answer.__code__.co_freevars)) if name in space}
    return {name: value for name, value in found.items() if isinstance(value, DATA)}


def own_frame(error: BaseException | None) -> tuple[FrameType, int] | None:
    """The last place in the learner's own code on an error's way, without our frames or PyTorch's."""
    foreign = (
        os.path.dirname(os.path.dirname(os.path.dirname(__file__))),
        sysconfig.get_paths()["stdlib"],
        "<frozen",
        "<string",
    )
    place, step = None, error.__traceback__ if error else None
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if "site-packages" not in file and not file.startswith(foreign):
            place = step.tb_frame, step.tb_lineno
        step = step.tb_next
    return place


def line_of(error: BaseException | None) -> str:
    """The text of the learner's line that stopped."""
    place = own_frame(error)
    return linecache.getline(place[0].f_code.co_filename, place[1]).strip()[:120] if place else ""


def own_line(error: BaseException | None) -> str:
    """The learner's line that stopped, with the name of its function and its number."""
    place, text = own_frame(error), line_of(error)
    return f"`{place[0].f_code.co_name}`, line {place[1]}" + (f": `{text}`" if text else "") if place else ""


def values_in_line(error: BaseException | None) -> dict[str, Any]:
    """What the names in the learner's line that stopped stood for, at most four of them."""
    place = own_frame(error)
    words = re.findall(r"[A-Za-z_]\w*", re.sub(r"(\"|').*?\1|#.*|\.\w+", " ", line_of(error)))
    here = place[0].f_locals if place else {}
    found = {word: here[word] for word in words if word in here and isinstance(here[word], DATA)}
    return dict(list(found.items())[:4])


def refuser(error: BaseException) -> str:
    """The name of the package's function that a learner's line has called and that raised an error, if one did."""
    place, called, step = own_frame(error), "", error.__traceback__
    while step is not None and place:
        if called == "" and step.tb_frame.f_back is place[0]:
            called = step.tb_frame.f_code.co_name
        module, step = step.tb_frame.f_globals.get("__name__", ""), step.tb_next
    return called if called.isidentifier() and module.startswith(("nsthelpers.", "torch.optim")) else ""
