"""Compare a result with the expected one, and find simple relations between the two."""

from __future__ import annotations

import inspect
import math
import numbers
from collections.abc import Callable, Sequence
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
        tensors = " Stay in torch: NumPy ends the chain along which gradients flow."
    elif isinstance(got, (list, tuple)):
        kind, text = "list", f"This is a {type(got).__name__}."
        tensors = " `torch.stack` makes one tensor of a list of tensors."
    elif isinstance(got, numbers.Number):
        kind, text = "number", f"This is a plain number ({type(got).__name__})."
        tensors = " Return the tensor itself, without `.item()` or `float()`."
    elif isinstance(got, Tensor):
        kind, text = "tensor", "This is a tensor."
    elif inspect.isgenerator(got):
        kind, text = "generator", "There is a `yield` in your function: it hands out a generator. Use `return`."
    elif inspect.iscoroutine(got):
        got.close()
        kind, text = "coroutine", "Your function is `async`: it hands out a coroutine. Leave `async` away."
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
            return Finding("keys", f"The keys should be {list(expected)}.", got, expected, path)
        pairs = [(got[key], value, key) for key, value in expected.items()]
    elif isinstance(expected, (list, tuple)):
        if (readable(got) or isinstance(got, np.ndarray)) and all(isinstance(item, numbers.Real) for item in expected):
            got = got.tolist()
        if not isinstance(got, (list, tuple)):
            return type_finding(got, f"A {type(expected).__name__} of {len(expected)}", expected, path)
        if len(got) != len(expected):
            text = f"There should be {len(expected)} entries; there are {len(got)}."
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
            text = (
                "This number is still tied to the graph of its calculation, which stays in memory: `.item()` frees it."
            )
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
        text = "The numbers are right, but the result still drags the graph of its calculation along: `.detach()` it."
        return Finding("attached", text, got, expected, path)
    return None


def name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


TRANSFORMS: tuple[tuple[str, Callable[[Tensor], Tensor], str], ...] = (
    ("transposed", lambda t: t.transpose(-1, -2), "Rows and columns are exchanged: your result is the transpose."),
    ("extra axis", lambda t: t.squeeze(), "The numbers are right; only axes of size 1 are too many or missing."),
    ("wrong sign", lambda t: -t, "Every number has the wrong sign."),
    ("root", lambda t: t.square(), "Your result is the square root of what is expected."),
    ("square", lambda t: t.sqrt(), "Your result is the square of what is expected."),
    ("mirrored", lambda t: t.flip(-1), "Your result is mirrored: left and right are exchanged."),
    ("upside down", lambda t: t.flip(-2), "Your result is upside down."),
)


def relation(pairs: Sequence[tuple[Any, Any]], inputs: Sequence[tuple[Any, ...]]) -> tuple[str, str] | None:
    """A name and a sentence if all results are transposed, scaled, … versions of the expected ones."""
    if not all(isinstance(value, (Tensor, int, float)) for pair in pairs for value in pair):
        return None
    tensors = [(torch.as_tensor(g).detach(), torch.as_tensor(e).detach()) for g, e in pairs]
    if any(g.numel() != e.numel() or not readable(g) for g, e in tensors):
        return None
    doubled = [(g.double(), e.double()) for g, e in tensors]
    for name, undo, sentence in TRANSFORMS:
        try:
            wanted = [(undo(g), e.squeeze() if name == "extra axis" else e) for g, e in doubled]
        except (RuntimeError, IndexError):  # too few axes for this one
            continue
        if not any(tensor_difference(g, e, 1e-4, ()) for g, e in wanted):
            return name, sentence
    if any(g.shape != e.shape for g, e in doubled):
        return None
    return factor(doubled, inputs) or offset(doubled)


def factor(pairs: Sequence[tuple[Tensor, Tensor]], inputs: Sequence[tuple[Any, ...]]) -> tuple[str, str] | None:
    """Whether every result is a multiple of the expected one, and if so, which multiple."""
    factors: list[tuple[float, dict[str, float]]] = []
    for (got, expected), args in zip(pairs, inputs, strict=True):
        if not expected.isfinite().all() or not expected.any():
            if tensor_difference(got, expected, 1e-4, ()):
                return None
            continue
        ratio = float((got * expected).sum() / expected.square().sum())
        if not ratio or not math.isfinite(ratio) or tensor_difference(got / ratio, expected, 1e-4, ()):
            return None
        shape = next((a.shape for a in args if isinstance(a, Tensor) and a.dim() >= 2), (1, 1))
        height, width, channels = shape[-2], shape[-1], shape[-3] if len(shape) > 2 else 1
        area, batch = height * width, shape[0] if len(shape) > 3 else 1
        named = {"H·W": area, "C": channels, "C·H·W": channels * area, "B": batch, "H": height, "W": width}
        named |= {
            "(H·W)²": area**2,
            "C²": channels**2,
            "C²·H·W": channels**2 * area,
            "(C·H·W)²": (channels * area) ** 2,
        }
        named |= {"B·C·H·W": batch * channels * area, "4·C²": 4 * channels**2, "4": 4, "2": 2, "3": 3, "255": 255}
        factors.append((ratio, named))
    if not factors or all(math.isclose(ratio, 1, rel_tol=1e-3) for ratio, _ in factors):
        return None  # nearly right: no factor tells that
    for name in factors[0][1]:
        if all(math.isclose(ratio, named[name], rel_tol=1e-3) for ratio, named in factors):
            return f"times {name}", f"Every number is {name} times too large: a division by {name} is missing."
        if all(math.isclose(ratio * named[name], 1, rel_tol=1e-3) for ratio, named in factors):
            return f"over {name}", f"Every number is {name} times too small: one division by {name} is too many."
    if all(math.isclose(ratio, factors[0][0], rel_tol=1e-3) for ratio, _ in factors):
        text = f"Every number is {show(factors[0][0])} times what is expected, on every input: a constant factor."
        return "constant factor", text
    if max(expected.numel() for _, expected in pairs) < 2:
        return None  # of two single numbers one is always a multiple of the other
    return "factor", "On each input, all numbers are too large or too small by one common factor."


def offset(pairs: Sequence[tuple[Tensor, Tensor]]) -> tuple[str, str] | None:
    """Whether all results differ from the expected ones by one and the same number."""
    gaps = torch.cat([(got - expected).flatten() for got, expected in pairs])
    if (
        len(gaps) > len(pairs)
        and gaps.isfinite().all()
        and float(gaps.max() - gaps.min()) <= 1e-4 * abs(float(gaps[0]))
    ):
        return "constant offset", f"Every number is off by the same amount, {show(float(gaps[0]))}."
    return None


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
