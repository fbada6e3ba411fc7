"""Simple relations between a learner's results and other ones, which hold on every input: turned, scaled, cut off, …"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from nsthelpers.checks.machinery.compare import Tensor, difference, readable, show, tensor_difference

AXES = {2: ("the rows", "the columns"), 3: ("the channels", "the rows", "the columns")}
AXES[4] = ("the pictures of the batch", *AXES[3])
MOST = 100_000  # numbers in a result; larger ones are not compared so closely


def numbers_of(value: Any, depth: int = 4) -> Tensor | None:
    """The numbers of a result in float64, whatever they are kept in, lists in lists too; None if it holds anything else."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        value = torch.as_tensor(value.copy())
    elif isinstance(value, numbers.Real):
        value = torch.tensor(float(value)) if abs(value) < 1e300 or value != value else None
    elif isinstance(value, (list, tuple)) and 0 < len(value) < MOST and depth:
        parts = [item if isinstance(item, Tensor) else numbers_of(item, depth - 1) for item in value[:100]]
        alike = len(value) <= 100 and all(readable(p) and p.numel() < 1000 and p.shape == parts[0].shape for p in parts)
        value = torch.stack([part.detach().double() for part in parts]) if alike else None
    return value.detach().double() if readable(value) and value.numel() <= MOST else None


def same(first: Tensor, second: Tensor) -> bool:
    return first.shape == second.shape and tensor_difference(first.detach(), second.detach(), 1e-4, ()) is None


def agree(first: Any, second: Any, tolerance: float) -> bool:
    """Whether two results are the same; a comparison that fails says no."""
    try:
        return difference(first, second, tolerance) is None
    except Exception:
        return False


def axis_name(axis: int, count: int) -> str:
    return f"{AXES[count][axis]} (axis {axis})" if count in AXES else f"axis {axis}"


def versions(t: Tensor) -> Iterator[tuple[str, str, Tensor]]:
    """What one may have made of the right numbers: a name, a sentence, and the result."""
    yield "wrong sign", "Every number has the wrong sign.", -t
    if t.dim() > 1:
        yield "transposed", "You have exchanged rows and columns.", t.mT
    if t.dim() in (3, 4):
        for order in ((1, 2, 0), (2, 0, 1)):
            *front, a, b, c = range(t.dim())
            turned = [*front, *((a, b, c)[place] for place in order)]
            text = f"Your numbers are right, but you have their axes in another order: {tuple(turned)}."
            yield "axes", text, t.permute(turned)
    for axis in range(t.dim()):
        name, last = axis_name(axis, t.dim()), t.shape[axis] - 1
        turned = {-1: "mirrored", -2: "upside down"}.get(axis - t.dim(), "reversed") if t.dim() > 1 else "reversed"
        yield turned, f"You have reversed the order of {name}.", t.flip(axis)
        for keep in (False, True):
            yield f"mean over {axis}", f"You have also averaged over {name}.", t.mean(axis, keepdim=keep)
            yield f"sum over {axis}", f"You have also added up {name}.", t.sum(axis, keepdim=keep)
        yield f"mean over {axis}", f"You have averaged over {name}.", t.mean(axis, keepdim=True).expand_as(t)
        if last < 1:
            continue
        for what, place in (("first", 0), ("last", last)):
            text = f"You give only the {what} of {name}."
            yield f"only the {what}", text, t.select(axis, place)
            yield f"only the {what}", text, t.narrow(axis, place, 1)
            rest = f"The {what} of {name} is missing."
            yield f"{what} missing", rest, t.narrow(axis, 1 - min(place, 1), last)
    yield "clamped", "You have cut your numbers to the range 0 … 1; these may leave it.", t.clamp(0, 1)
    yield "cut off at 0", "You give 0 where the number should be negative.", t.relu()
    yield "absolute values", "You have lost the signs: what should be negative is positive in yours.", t.abs()
    yield "signs only", "You give only the signs, −1, 0 or 1, of the numbers.", t.sign()
    yield "rounded", "You have rounded to whole numbers.", t.round()
    yield "rounded down", "You have cut off the decimals: does `//` or `int(...)` do that?", t.floor()
    yield "square", "You have squared once too often: your result is the square of what is expected.", t.square()
    if t.numel() > 1:
        yield "mean of all", "You have averaged all numbers into one.", t.mean()
        yield "sum of all", "You have added all numbers up into one.", t.sum()
        yield "largest", "You give only the largest of the numbers.", t.max()
        yield "smallest", "You give only the smallest of the numbers.", t.min()


def unfinished(t: Tensor) -> Iterator[tuple[str, str, Tensor]]:
    """What would have to be done with a learner's result still."""
    yield "root", "You have taken a root too many: your result is the square root of what is expected.", t.square()
    yield "inverted", "Your result is upside down: 1 over what is expected.", 1 / t
    yield "exponential", "You have taken an exponential too many.", t.log()
    yield "logarithm", "You have taken a logarithm too many.", t.exp()
    yield "not clamped", "Your numbers leave the range 0 … 1: clamp them, on both sides.", t.clamp(0, 1)
    yield "not rounded", "Your numbers are not rounded.", t.round()
    if t.dim():
        yield "not summed", "You have not added up: the sum of your numbers is right.", t.sum()
        yield "not averaged", "You have not averaged: the mean of your numbers is right.", t.mean()
    for axis in range(t.dim() if t.dim() > 1 else 0):
        name = axis_name(axis, t.dim())
        yield f"not summed over {axis}", f"You have not added up {name}.", t.sum(axis)
        yield f"not averaged over {axis}", f"You have not averaged over {name}.", t.mean(axis)


def holding(got: Tensor, wanted: Tensor) -> dict[str, str]:
    """The relations between two results: {name: sentence}."""
    found = {}
    if got.numel() == wanted.numel() and got.shape != wanted.shape:
        if same(got.squeeze(), wanted.squeeze()):
            found["extra axis"] = "Your numbers are right; add an axis of size 1 (`[None]`), or take one away (`[0]`)."
        if same(got.flatten(), wanted.flatten()):
            found["not reshaped"] = "Your numbers are right, and in the right order; give them the expected shape."
    for name, sentence, version in versions(wanted):
        if name not in found and same(got, version):
            found[name] = sentence
    for name, sentence, version in unfinished(got):
        if name not in found and same(version, wanted):
            found[name] = sentence
    return found


def relation(pairs: Sequence[tuple[Any, Any]], inputs: Sequence[tuple[Any, ...]]) -> tuple[str, str] | None:
    """A name and a sentence if all results are turned, scaled, … versions of the others."""
    turned = [(numbers_of(got), numbers_of(wanted)) for got, wanted in pairs]
    tensors = [(g, w) for g, w in turned if g is not None and w is not None]
    if len(tensors) < len(turned) or not sum(w.numel() for g, w in tensors if g.shape != w.shape or not same(g, w)) > 1:
        return None
    if len({float(n) for g, _ in tensors if g.numel() for n in (g.flatten()[0], g.min(), g.max())}) < 2:
        return None  # one and the same number everywhere is a version of many things
    common: dict[str, str] | None = None
    for got, wanted in tensors:
        found = holding(got, wanted)
        common = found if common is None else {name: text for name, text in common.items() if name in found}
        if not common:
            break
    if common:
        return next(iter(common.items()))
    if any(g.shape != w.shape for g, w in tensors):
        return None
    return factor(tensors, inputs) or straight(tensors)


def sizes(args: tuple[Any, ...]) -> dict[str, float]:
    """The numbers that one may divide by in vain, of the first tensor with two axes."""
    shape = next((a.shape for a in args if isinstance(a, Tensor) and a.dim() >= 2), None)
    layers = next((len(a) for a in args if isinstance(a, (list, dict))), None)
    named = {} if layers is None else {"the number of entries": layers}
    if shape is None:
        return named
    h, w, c, b = shape[-2], shape[-1], shape[-3] if len(shape) > 2 else 1, shape[0] if len(shape) > 3 else 1
    named |= {"H·W": h * w, "C": c, "C·H·W": c * h * w, "B": b, "H": h, "W": w, "C²": c**2, "(H·W)²": (h * w) ** 2}
    return named | {"C²·H·W": c * c * h * w, "(C·H·W)²": (c * h * w) ** 2, "B·C·H·W": b * c * h * w, "B·H·W": b * h * w}


def factor(pairs: Sequence[tuple[Tensor, Tensor]], inputs: Sequence[tuple[Any, ...]]) -> tuple[str, str] | None:
    """Whether every result is a multiple of the expected one, and if so, which multiple."""
    ratios: list[float] = []
    named: list[dict[str, float]] = []
    for (got, wanted), args in zip(pairs, inputs, strict=True):
        if not wanted.isfinite().all() or not wanted.any():
            if not same(got, wanted):
                return None
            continue
        ratio = float((got * wanted).sum() / wanted.square().sum())
        if not ratio or not math.isfinite(ratio) or not same(got / ratio, wanted):
            return None
        ratios.append(ratio)
        named.append(sizes(args))
    named = [{name: size for name, size in one.items() if size} for one in named]
    if len(ratios) < 2 or all(math.isclose(ratio, 1, rel_tol=1e-3) for ratio in ratios):
        return None  # nearly right: no factor tells that

    def constant(values: Sequence[float]) -> bool:
        return all(math.isclose(value, values[0], rel_tol=1e-3) for value in values)

    if constant(ratios):
        return "constant factor", f"Every number is {show(ratios[0])} times what is expected, on every input."
    shared = [name for name in named[0] if all(name in one for one in named)] if len(ratios) > 2 else []
    for name in shared:
        for power, big, small, undo in ((1, "large", "not", ""), (-1, "small", "", " once too often")):
            times = [ratio / size[name] ** power for ratio, size in zip(ratios, named, strict=True)]
            if constant(times):
                more = "" if constant([times[0], 1.0]) else f" (and a factor of {show(times[0])} is in it)"
                text = f"Every number is {name} times too {big}{more}: you have {small} divided by {name}{undo}."
                return ("times " if power == 1 else "over ") + name, text.replace("  ", " ")
    if max(wanted.numel() for _, wanted in pairs) < 2:
        return None  # of two single numbers one is always a multiple of the other
    return "factor", "On each input, all your numbers are too large or too small by one common factor."


def straight(pairs: Sequence[tuple[Tensor, Tensor]]) -> tuple[str, str] | None:
    """Whether all numbers follow from the expected ones by one multiplication and one addition."""
    pairs = [pair for pair in pairs if pair[0].numel()]
    if not pairs:
        return None
    got, wanted = (torch.cat([pair[side].flatten() for pair in pairs]) for side in (0, 1))
    if len(wanted) < 4 or not (got.isfinite() & wanted.isfinite()).all():
        return None
    # One input with huge numbers must not outweigh the others, neither in the fit nor in the comparison.
    weights = torch.cat([torch.full_like(g, 1 / max(g.abs().max(), w.abs().max(), 1e-9)).flatten() for g, w in pairs])
    weights = weights.square() / weights.square().sum()
    middle = wanted - (weights * wanted).sum()
    if not middle.abs().max() > 1e-6 * wanted.abs().max():
        return None
    slope = float((weights * middle * got).sum() / (weights * middle.square()).sum())
    shift = float((weights * got).sum() - slope * (weights * wanted).sum())
    if len(wanted) == len(pairs) and not math.isclose(abs(slope), 1, rel_tol=1e-4):
        return None  # single numbers lie on a line too easily
    if abs(slope) < 1e-6 or not all(same(g, slope * w + shift) for g, w in pairs):
        return None
    if math.isclose(slope, 1, rel_tol=1e-4):
        return "constant offset", f"Every number is off by the same amount, {show(shift)}."
    if math.isclose(slope, -1, rel_tol=1e-4):
        return (
            "turned over",
            f"Your result is {show(shift)} minus what is expected: you have exchanged large and small.",
        )
    return (
        "other scale",
        f"Your numbers are on another scale: {show(slope)} times the expected ones, plus {show(shift)}.",
    )


def flattened(items: Sequence[Any]) -> list[Any]:
    return [part for item in items for part in (item if isinstance(item, (list, tuple)) else [item])]


ORDERS: tuple[tuple[str, str, Callable[[list[Any]], Any]], ...] = (
    ("reversed", "Your entries are the right ones in reverse order.", lambda w: w[::-1]),
    ("first missing", "Your first entry is missing; the others are right.", lambda w: w[1:]),
    ("last missing", "Your last entry is missing; the others are right.", lambda w: w[:-1]),
    ("only the first", "You return only the first entry: is `return` in the loop?", lambda w: w[:1]),
    ("only the first", "You return only the first entry: is `return` in the loop?", lambda w: w[0]),
    ("only the last", "You return only the last entry: does each round overwrite the one before?", lambda w: w[-1:]),
    ("only the last", "You return the last entry alone; return all of them, in a list.", lambda w: w[-1]),
    ("how many", "You return how many there are, not the entries themselves.", len),
    ("all alike", "All your entries are the last one: do you append one object that every round changes?",
     lambda w: w[-1:] * len(w)),
    ("all alike", "All your entries are the first one.", lambda w: w[:1] * len(w)),
    ("list", "You return the values in a list, without their names.", lambda w: w),
)  # fmt: skip


def list_relation(pairs: Sequence[tuple[Any, Any]], tolerance: float) -> tuple[str, str] | None:
    """As `relation`, for lists and tuples of anything: the order, and what is missing; for dictionaries, their values."""
    named = all(isinstance(wanted, dict) for _, wanted in pairs)
    if not named and not all(isinstance(wanted, (list, tuple)) for _, wanted in pairs):
        return None
    if named and any(isinstance(got, dict) for got, _ in pairs):
        return None
    wholes = [(got, list(wanted.values() if named else wanted)) for got, wanted in pairs]
    wholes = [(list(got) if isinstance(got, tuple) else got, wanted) for got, wanted in wholes if len(wanted) > 1]
    if not wholes:
        return None

    for name, sentence, version in ORDERS:
        if all(agree(got, version(wanted), tolerance) for got, wanted in wholes):
            return name, sentence
    lists = [(got, wanted) for got, wanted in wholes if isinstance(got, list)]
    if len(lists) < len(wholes):
        return None
    if all(agree(flattened(got), wanted, tolerance) for got, wanted in lists):
        return "nested", "Your list holds lists: `append` adds a list as one entry, `extend` or `+=` adds its entries."
    if all(
        len(got) == len(wanted) and all(any(agree(g, w, tolerance) for g in got) for w in wanted)
        for got, wanted in lists
    ):
        return "order", "Your entries are the right ones, in another order."
    if all(len(got) > len(wanted) and agree(got[: len(wanted)], wanted, tolerance) for got, wanted in lists):
        return "too many", "Your list is too long; its first entries are right."
    return None
