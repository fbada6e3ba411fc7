"""Compare a result with the expected one, and say both in words."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

Tensor = torch.Tensor


@dataclass(frozen=True)
class Finding:
    """What is wrong with one result: its kind, a sentence, the two values, and where in the result they stand."""

    kind: str
    sentence: str
    got: Any = None
    expected: Any = None
    path: tuple[Any, ...] = ()


def part(value: Any, path: tuple[Any, ...]) -> Any:
    """The part of a nested result that a finding's path points to."""
    for key in path:
        value = value[key]
    return value


def readable(value: Any) -> bool:
    """Whether something is a tensor whose numbers can simply be read: on the CPU, not sparse, quantised or complex."""
    if not isinstance(value, Tensor) or value.device.type != "cpu" or value.layout != torch.strided:
        return False
    return not value.is_quantized and not value.is_complex()


def type_finding(got: Any, wanted: str, expected: Any, path: tuple[Any, ...]) -> Finding:
    """The finding for a result of the wrong type; advice about tensors only where a tensor is expected."""
    tensors = ""
    if got is None:
        kind, text = "None", "Here `None` comes out: is a `return` missing on one of the ways through your function?"
    elif isinstance(got, np.ndarray):
        kind = "numpy"
        text = "This is a NumPy array."
        floats = isinstance(expected, Tensor) and expected.is_floating_point()
        tensors = " Stay in torch: NumPy ends the chain along which gradients flow." if floats else " Stay in torch."
    elif isinstance(got, tuple):
        kind, text = "list", f"You return {len(got)} things, in a tuple."
        if hasattr(got, "indices"):
            text = f"`{type(got).__name__}` with an axis gives two things, the values and their places: take `.values`."
    elif isinstance(got, list):
        kind, text = "list", "This is a list."
        of_tensors = got and all(isinstance(item, Tensor) for item in got)
        tensors = " `torch.stack` makes one tensor of a list of tensors." if of_tensors else " Calculate with tensors."
    elif isinstance(got, numbers.Number):
        kind, text = "number", f"This is a plain number ({type(got).__name__})."
        tensors = " Return the tensor itself, without `.item()` or `float()`."
    elif isinstance(got, Tensor):
        kind, text = "tensor", "This is a tensor."
    elif inspect.isgenerator(got):
        kind, text = "generator", "You have a `yield` in your function, which makes it a generator. Use `return`."
    elif inspect.iscoroutine(got):
        got.close()
        kind, text = "coroutine", "Your function is `async` and returns a coroutine. Remove `async`."
    elif inspect.isroutine(got) or isinstance(got, type):
        kind, text = "function", "This is a function or a class. Are the parentheses of a call missing?"
    else:
        kind, text = "type", f"This is of type `{type(got).__name__}`."
    advice = tensors if isinstance(expected, Tensor) else ""
    return Finding(kind, f"{text}{advice} {wanted} is expected.", got, expected, path)


def difference(got: Any, expected: Any, tolerance: float, path: tuple[Any, ...] = ()) -> Finding | None:
    """The first difference between a result and what is expected, or None: types and shapes first, then numbers."""
    if isinstance(expected, Tensor):
        return tensor_difference(got, expected, tolerance, path)
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return type_finding(got, "A dictionary", expected, path)
        if list(got) != list(expected) and set(got) != set(expected):
            missing, more = ([show(k) for k in a if k not in b] for a, b in ((expected, got), (got, expected)))
            lacks = f"Your dictionary lacks {', '.join(missing)}" if missing else "Your dictionary has too much"
            text = f"{lacks}{'; too many:' if missing else ':'} {', '.join(more)}." if more else f"{lacks}."
            return Finding("keys", text, got, expected, path)
        pairs = [(got[key], value, key) for key, value in expected.items()]
    elif isinstance(expected, (list, tuple)):
        if (readable(got) or isinstance(got, np.ndarray)) and all(isinstance(item, numbers.Real) for item in expected):
            got = got.tolist()
        if not isinstance(got, (list, tuple)):
            return type_finding(got, f"A {type(expected).__name__} of {len(expected)}", expected, path)
        if len(got) != len(expected):
            text = f"Yours has {len(got)} entries; there should be {len(expected)}."
            return Finding("length", text, got, expected, path)
        pairs = [(item, value, place) for place, (item, value) in enumerate(zip(got, expected, strict=True))]
    elif isinstance(expected, (int, float)) and not isinstance(expected, bool):
        return number_difference(got, expected, tolerance, path)
    else:
        if not isinstance(got, type(expected)):
            return type_finding(got, f"A value of type `{type(expected).__name__}`", expected, path)
        return None if got == expected else Finding("value", "", got, expected, path)
    return next((f for g, e, key in pairs if (f := difference(g, e, tolerance, (*path, key)))), None)


def number_difference(got: Any, expected: float, tolerance: float, path: tuple[Any, ...]) -> Finding | None:
    """As `difference`, for a plain number: a tensor without axes is as good."""
    if isinstance(got, Tensor):
        if got.dim():
            return Finding("shape", "One number is expected.", got, expected, path)
        if not readable(got):
            return Finding("device", "The numbers of this tensor cannot be read: see its device.", got, expected, path)
        if got.requires_grad:
            text = "This number keeps the graph of its calculation in memory: `.item()` frees it."
            return Finding("attached", text, got, expected, path)
        got = got.item()
    if not isinstance(got, numbers.Real) or isinstance(got, (bool, np.bool_)):
        return type_finding(got, "One number", expected, path)
    if isinstance(expected, int) and not isinstance(got, numbers.Integral) and got == expected:
        text = "A whole number (int) is expected; this is a float."
        return Finding("float", text, InWords(f"{float(got):.1f}"), expected, path)
    near = abs(got - expected) <= tolerance * (abs(expected) or 1e-3) if abs(got) < 1e300 else False
    close = got == expected or near and math.isfinite(expected)
    if close or (got != got and expected != expected):
        return None
    return Finding("value", "", *told_apart(got, expected), path)


def tensor_difference(got: Any, expected: Tensor, tolerance: float, path: tuple[Any, ...]) -> Finding | None:
    """As `difference`, for a tensor; the shape comes first, so that nothing is ever done with a huge result."""
    if not isinstance(got, Tensor):
        return type_finding(got, "A tensor", expected, path)
    if got.device != expected.device:
        text = f"The result is on the device `{got.device}`, the input on `{expected.device}`: make new tensors there."
        return Finding("device", text, got, expected, path)
    if got.shape != expected.shape:
        return Finding("shape", "", got, expected, path)
    if got.dtype != expected.dtype:
        text = f"The result is {name_of(got.dtype)}, and {name_of(expected.dtype)} is expected."
        return Finding("dtype", text, got, expected, path)
    if not readable(got):
        return type_finding(got, "An ordinary (dense) one", expected, path)
    result, wanted = got.detach().double(), expected.detach().double()
    if (wanted.isfinite() & ~result.isfinite()).any():
        text = "There is NaN or infinity in the result: a division by 0, or the root or logarithm of a negative number."
        return Finding("nan", text, got, expected, path)
    finite = wanted[wanted.isfinite()].abs()
    scale = float(finite.max()) if finite.numel() else 0.0
    if not torch.allclose(result, wanted, rtol=0, atol=tolerance * (scale or 1e-3), equal_nan=True):
        return Finding("value", "", *told_apart(got, expected), path)
    if got.requires_grad and not expected.requires_grad:
        text = "The numbers are right, but the result keeps the graph of its calculation: `.detach()` it."
        return Finding("attached", text, got, expected, path)
    return None


def name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


class InWords(str):
    """A number that is written already, for a card."""


def told_apart(got: Any, expected: Any) -> tuple[Any, Any]:
    """Two unequal numbers as a card should show them: with more digits if the usual four are the same."""
    if isinstance(expected, Tensor) and expected.dim() or show(got) != show(expected):
        return got, expected
    texts = [[show(value, digits=digits) for value in (got, expected)] for digits in (6, 9, 17)]
    different = next((pair for pair in texts if pair[0] != pair[1]), texts[-1])
    return InWords(different[0]), InWords(different[1])


def show(value: Any, depth: int = 3, digits: int = 4) -> str:
    """A value in a few words, the same on every machine: no addresses, four digits."""
    if isinstance(value, InWords):
        return str(value)
    if isinstance(value, Tensor):
        where = "" if value.device.type == "cpu" else f" on {value.device}"
        kind = "" if value.dtype == torch.float32 else f", {name_of(value.dtype)}"
        if not value.dim() and readable(value):
            return f"tensor({show(value.item(), digits=digits)}{kind})"
        return f"shape {tuple(value.shape)}{kind}{where}"
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return repr(value)[:80]
    if isinstance(value, numbers.Integral):
        return str(int(value)) if abs(value) < 10**15 else "a very large whole number"
    if isinstance(value, numbers.Real):
        return f"{float(value) + 0.0:.{digits}g}"
    if isinstance(value, np.ndarray):
        return f"NumPy array of shape {value.shape}, {value.dtype}"
    if isinstance(value, (dict, list, tuple)) and not depth:
        return "…"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{show(k, depth - 1)}: {show(v, depth - 1)}" for k, v in list(value.items())[:6]) + "}"
    if isinstance(value, (list, tuple)):
        more = ", …" if len(value) > 8 else ""
        left, right = "()" if isinstance(value, tuple) else "[]"
        return left + ", ".join(show(item, depth - 1) for item in value[:8]) + more + right
    if callable(value) and getattr(value, "__doc__", None) and inspect.isroutine(value):
        return str(value.__doc__).splitlines()[0]
    return f"a {type(value).__name__}"


def describe(names: Sequence[str], args: tuple[Any, ...]) -> str:
    """The arguments of one call, in words."""
    words = []
    for name, value in zip(names, args, strict=False):
        text = show(value)
        if isinstance(value, Tensor) and value.dim() and value.numel():
            low, high = show(value.min().item()), show(value.max().item())
            text += f", {'all ' + low if low == high else f'from {low} to {high}'}"
        words.append(f"{name}: {text}")
    return "; ".join(words)
