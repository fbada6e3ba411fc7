"""Name what is behind wrong results: a known mistake, a relation to the right ones, or what the inputs have in common."""

from __future__ import annotations

import difflib
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from nsthelpers.checks.machinery import source
from nsthelpers.checks.machinery.compare import Finding, Tensor, difference, part, show
from nsthelpers.checks.machinery.exercise import Exercise, Mistake
from nsthelpers.checks.machinery.messages import meaning
from nsthelpers.checks.machinery.relations import AXES, agree, list_relation, numbers_of, relation, same, sizes
from nsthelpers.checks.machinery.repair import repair
from nsthelpers.checks.machinery.sandbox import Outcome, call, copied

FRESH = (27, 28)  # seeds of inputs on which a change must be right too: not by chance
LOOSE = ("factor", "constant factor", "constant offset", "other scale", "turned over", "always the same")
VAGUE = ("error", "shapes", "index", "axes", "type", "not one number", "list", "refused", "detached")
OPEN = ("value", "shape", "length", "nan", "list", "keys")  # findings that leave open what was done


# What Python says of types and arguments, and what it means here.
WORDS = (
    (r"'(?:builtin_function_or_method|method|function)' object|iterable (?:builtin_function_or_method|method|function) ob",
     "parentheses", "You take a function where you need its result: the parentheses of a call are missing."),
    (r"'([\w.]+)' object has no attribute '(\w+)'", "type", "You ask for `.{1}` of a {0}, which has none."),
    (r"unsupported operand type\(s\) for (\S+): '([\w.]+)' and '([\w.]+)'", "type",
     "You write `{0}` between a {1} and a {2}: take what is inside them first."),
    (r"can't multiply sequence", "list", "You multiply a list or a tuple by a number: take the tensor out of it first."),
    (r"(\w+)(?:\.__init__)?\(\) missing \d+ required positional arguments?: (.+)", "arguments",
     "You call `{0}` without {1}."),
    (r"(\w+)\(\) takes (\d+) positional arguments? but (\d+) w", "arguments", "`{0}` takes {1} arguments, not {2}."),
    (r"could not infer output dtype", "dtype", "You average True and False: convert them first, with `.float()`."),
    (r"only one element tensors|cannot be converted to Scalar", "not one number",
     "You give a tensor of many numbers to something that takes one, such as `math` or `float`: take torch's function."),
)  # fmt: skip


@dataclass(eq=False)
class Trial:
    """One input, what the learner's function did with it, what was expected, and what is wrong, if anything."""

    args: tuple[Any, ...]
    outcome: Outcome
    expected: Any
    finding: Finding | None

    @property
    def came_back(self) -> bool:
        return self.outcome.error is None and not self.outcome.late


class Known:
    """The known mistakes of an exercise, and what each makes of an input, calculated when it is first needed."""

    def __init__(self, exercise: Exercise) -> None:
        self.mistakes, self.tolerance, self.reference = exercise.mistakes, exercise.tolerance, exercise.reference
        self.inputs = exercise.make_inputs
        self.made: dict[tuple[Mistake, Trial], Any] = {}

    def result(self, mistake: Mistake, trial: Trial) -> Any:
        """A value or an exception."""
        if (mistake, trial) not in self.made:
            try:
                self.made[mistake, trial] = mistake.answer(*copied(trial.args))
            except Exception as error:
                self.made[mistake, trial] = error
        return self.made[mistake, trial]

    def fits(self, mistake: Mistake, trial: Trial) -> bool:
        """Whether a mistake gives what the learner's function gave: the same value, or the same exception."""
        value, result = trial.outcome.value, self.result(mistake, trial)
        if isinstance(result, Exception):
            return str(trial.outcome.error) == str(result) and type(trial.outcome.error) is type(result)
        if not trial.came_back:
            return False
        if isinstance(result, Tensor) and not isinstance(value, Tensor) and not isinstance(trial.expected, Tensor):
            result = result.tolist()  # where numbers are expected, tensors are as good
        return agree(value.detach() if isinstance(value, Tensor) else value, result, self.tolerance)


def diagnose(
    exercise: Exercise, answer: Callable[..., Any], trials: list[Trial], names: Sequence[str]
) -> tuple[str, str, Trial]:
    """A name and a sentence for what is wrong, and the trial that shows it best."""
    bad = next(trial for trial in trials if trial.finding)
    finding = bad.finding
    assert finding is not None
    spoilt = finding.kind == "changed input" and not difference(bad.outcome.value, bad.expected, exercise.tolerance)
    if finding.kind == "endless" or spoilt:  # a changed argument is the only fault of this input
        return finding.kind, finding.sentence, bad
    usable = [trial for trial in trials if trial.came_back]
    wrong = [trial for trial in usable if trial.finding]
    known = Known(exercise)
    best = min(wrong or [bad], key=size_of)  # the one that is easiest to follow by hand
    for mistake in exercise.mistakes:
        if all(known.fits(mistake, trial) for trial in trials):
            return mistake.name, mistake.sentence, bad
    if finding.kind == "value" and chance(answer, trials[0]):
        text = "Two calls with the same input give different results: chance, or an outer variable."
        return "not repeatable", text, bad
    if wrong:
        stops = next((trial for trial in trials if trial.outcome.error is not None), None)
        more = f" (On input {trials.index(stops) + 1} it stops: {said(stops)}.)" if stops else ""
        if finding.sentence and all(alike(numbers_of(t.outcome.value), numbers_of(t.expected)) for t in usable):
            return finding.kind, finding.sentence + more, bad  # right numbers, as another kind of thing
        open_kind = wrong[0].finding is not None and wrong[0].finding.kind in OPEN
        sharp = (nearly_known, given_back, exchanged, unread, related, one_change, entry_by_entry)
        for search in sharp if open_kind else (nearly_known, another_kind):
            if found := search(known, answer, trials):
                if found[0] in LOOSE:
                    found = one_change(known, answer, trials) or found
                return found[0], found[1] + more, wrong[0]
    misspelt = isinstance(bad.outcome.error, NameError)
    if not finding.sentence and not misspelt and (text := source.unused(answer)):
        return "argument not used", text, bad
    sentence = finding.sentence
    if bad.outcome.error is not None:
        kind, sentence = explained(bad.outcome.error, bad, trials, names)
        if kind in VAGUE and not wrong and (found := one_change(known, answer, trials)):
            sentence = f"{sentence} {found[1]}"
        finding = Finding(kind, sentence, path=finding.path)
    name, text = pattern(trials, names, answer)
    if name and not (sentence and bad.came_back):
        return finding.kind if sentence and finding.kind != "error" else name, f"{text} {sentence}".strip(), bad
    if sentence or finding.kind not in ("value", "shape"):
        return finding.kind, sentence, bad
    return "", where_wrong(sorted(wrong, key=size_of)), best


def said(trial: Trial) -> str:
    error = trial.outcome.error
    return re.sub(r"0x[0-9a-fA-F]+", "0x…", f"{type(error).__name__}: {error}")[:120].rstrip(".")


def chance(answer: Callable[..., Any], first: Trial) -> bool:
    again = call(answer, first.args, seed=1)
    return again.error is None and first.came_back and not agree(again.value, first.outcome.value, 1e-6)


def size_of(trial: Trial) -> int:
    return sum(a.numel() if isinstance(a, Tensor) else len(a) if hasattr(a, "__len__") else 1 for a in trial.args)


Found = tuple[str, str] | None


def nearly_known(known: Known, answer: Any, trials: list[Trial]) -> Found:
    """A known mistake without the inputs on which one of the two stops, or that the learner has guarded well."""
    usable = [trial for trial in trials if trial.came_back]
    for without_right in (False, True):
        for mistake in known.mistakes:
            some = [t for t in usable if t.finding or not without_right]
            some = [t for t in some if t.finding or not isinstance(known.result(mistake, t), Exception)]
            faults = sum(trial.finding is not None for trial in some)
            if len(some) > 1 and faults > without_right and all(known.fits(mistake, trial) for trial in some):
                return mistake.name, mistake.sentence
    return None


def given_back(known: Known, answer: Any, trials: list[Trial]) -> Found:
    """An argument that comes back as it went in."""
    usable = [trial for trial in trials if trial.came_back]
    values = [trial.outcome.value for trial in usable]
    values = [value.detach() if isinstance(value, Tensor) else value for value in values]
    for place, (name, _) in enumerate(zip(inspect.signature(known.reference).parameters, usable[0].args, strict=False)):
        if len(usable) > 1 and all(agree(v, trial.args[place], 1e-6) for v, trial in zip(values, usable, strict=True)):
            return "given back", f"You return `{name}` as it came in."
    return None


def exchanged(known: Known, answer: Any, trials: list[Trial]) -> Found:
    """The right calculation with two arguments in each other's place."""
    usable = [trial for trial in trials if trial.came_back]
    names = list(inspect.signature(known.reference).parameters)
    for i, j in itertools.combinations(range(len(usable[0].args)), 2) if len(usable) > 1 else ():
        try:
            for trial in usable:
                args = list(copied(trial.args))
                args[i], args[j] = args[j], args[i]
                if not agree(trial.outcome.value, known.reference(*args), known.tolerance):
                    break
            else:
                return "exchanged", f"You have exchanged `{names[i]}` and `{names[j]}`."
        except Exception:
            continue
    return None


def unread(known: Known, answer: Any, trials: list[Trial]) -> Found:
    """An argument that the code never reads, or a result that is the same whatever comes in."""
    if next(t.finding.kind for t in trials if t.finding and t.came_back) in ("list", "keys"):
        return None
    if text := source.unused(answer):
        return "argument not used", text
    usable = [trial for trial in trials if trial.came_back]
    first = usable[0]
    if len(usable) < 3 or all(agree(t.expected, first.expected, 1e-6) for t in usable):
        return None
    if all(agree(t.outcome.value, first.outcome.value, 1e-6) for t in usable):
        return "always the same", f"Your function gives the same for every input: {show(first.outcome.value)}."
    numbers = [numbers_of(trial.outcome.value) for trial in usable]
    if all(n is not None and n.numel() and (n == n.flatten()[0]).all() for n in numbers) and first.expected is not None:
        values = {float(n.flatten()[0]) for n in numbers if n is not None}
        if len(values) == 1 and any(n is not None and n.numel() > 1 for n in numbers):
            return "always the same", f"All your numbers are {show(values.pop())}, on every input."
    flat = all(n is not None and n.dim() == 2 and same(n, n[:1].expand_as(n)) for n in numbers)
    if flat and sum(len(n) > 1 for n in numbers if n is not None) > 1:
        return "rows alike", "All rows of your result are the same. (`[row] * n` is one and the same row, n times.)"
    shapes = [t.outcome.value.shape for t in usable if isinstance(t.outcome.value, Tensor)]
    if len(shapes) == len(usable) and len(set(shapes)) == 1 and shapes[0] and first.finding is None:
        text = f"Your result has the shape {tuple(shapes[0])} on every input; it must follow the input's shape."
        return "always one shape", text
    return None


def one_change(known: Known, answer: Any, trials: list[Trial]) -> Found:
    """One change to the learner's code after which it is right, or after which the wrong entry of its result is."""
    wrong = sorted((trial for trial in trials if trial.finding), key=size_of)
    entry = isinstance(wrong[0].expected, (dict, tuple)) and wrong[0].came_back
    path = wrong[0].finding.path[:1] if wrong[0].finding and entry else ()
    cases = [(t.args, t.expected) for t in [*wrong, *(t for t in trials if not t.finding)]]
    fresh = [args for seed in FRESH for args in known.inputs(seed)]
    cases += [(args, known.reference(*copied(args))) for args in fresh]

    def right(function: Callable[..., Any]) -> bool:
        pairs = ((function(*copied(args)), expected) for args, expected in cases)
        return all(agree(part(got, path), part(wanted, path), known.tolerance) for got, wanted in pairs)

    most = 20 + 6_000 // (10 + wrong[0].outcome.operations)  # so that they take a second at most
    networks = any(isinstance(argument, torch.nn.Module) for argument in wrong[0].args)
    return repair(answer, right, most // 3 if networks else most)


def related(known: Known, answer: Any, trials: list[Trial]) -> Found:
    """A relation between the learner's results and the right ones."""
    usable = [trial for trial in trials if trial.came_back]
    if len(usable) < 2:
        return None
    inputs, path = [trial.args for trial in usable], next(t.finding.path for t in usable if t.finding)
    if next(t.finding.kind for t in usable if t.finding) not in (*OPEN, "type"):
        return None
    if found := list_relation([(t.outcome.value, t.expected) for t in usable], known.tolerance):
        return found
    for depth in {0, *([1] if path and not isinstance(path[0], int) else []), len(path)}:
        try:
            pairs = [(part(t.outcome.value, path[:depth]), part(t.expected, path[:depth])) for t in usable]
        except (LookupError, TypeError, ValueError):
            continue  # another input gave a result of another form
        found = relation(pairs, inputs)
        if found is None and depth and len(pairs) > 2 and all(agree(got, pairs[0][0], 1e-6) for got, _ in pairs):
            found = "always the same", f"It is {show(pairs[0][0])} on every input."
        if found:
            place = "".join(f"[{key!r}]" for key in path[:depth])
            return found[0], f"Entry {place}: {found[1][0].lower()}{found[1][1:]}" if place else found[1]
    return None


def entry_by_entry(known: Known, answer: Any, trials: list[Trial]) -> Found:
    """A known mistake that tells one entry of a dictionary or tuple, where another fault tells the others."""
    usable = [trial for trial in trials if trial.came_back]
    path = next(t.finding.path for t in usable if t.finding)[:1]
    if not path or not isinstance(trials[0].expected, (dict, tuple)) or len(usable) < 2:
        return None
    try:
        if all(agree(part(t.outcome.value, path), part(t.expected, path), known.tolerance) for t in usable):
            return None
    except (LookupError, TypeError, ValueError):
        return None
    for mistake in known.mistakes:
        try:
            pairs = ((part(t.outcome.value, path), part(known.result(mistake, t), path)) for t in usable)
            if all(agree(value, other, known.tolerance) for value, other in pairs):
                return mistake.name, mistake.sentence
        except (LookupError, TypeError, ValueError):
            continue
    return None


def another_kind(known: Known, answer: Any, trials: list[Trial]) -> Found:
    """A known mistake whose numbers come as another kind of thing: plain numbers, an array, float64."""
    usable = [trial for trial in trials if trial.came_back]
    mine = [numbers_of(trial.outcome.value) for trial in usable]
    for mistake in known.mistakes if len(usable) > 1 else ():
        if all(alike(m, numbers_of(known.result(mistake, trial))) for m, trial in zip(mine, usable, strict=True)):
            return mistake.name, mistake.sentence
    return None


def alike(first: Tensor | None, second: Tensor | None) -> bool:
    return first is not None and second is not None and same(first, second)


def explained(error: BaseException, bad: Trial, trials: list[Trial], names: Sequence[str]) -> tuple[str, str]:
    """The name of an error and what it means here, with what the arguments hold."""
    text, given = f"{type(error).__name__}: {error}", dict(zip(names, bad.args, strict=False))
    key = error.args[0] if error.args else ""
    if isinstance(error, KeyError):
        for name, value in dictionaries(given):
            if key not in value:
                has = ", ".join(show(k) for k in list(value)[:6])
                other = any(key in v for t in trials for _, v in dictionaries(dict(zip(names, t.args, strict=False))))
                more = "; the names differ from input to input" if other else ""
                return (
                    "key",
                    f"{name} has no {key!r} here, only {has or 'nothing'}{more}: use the names that are there.",
                )
        return "key", f"You look up {key!r} in a dictionary that has no such key."
    if isinstance(error, FileNotFoundError) and any(value == error.filename for value in given.values()):
        return "file", "You open it as a file, but this is the text itself, not a file's name."
    if isinstance(error, NameError):
        missing, place = getattr(error, "name", None) or "", source.own_frame(error)
        close = difflib.get_close_matches(missing, [*given, *(place[0].f_locals if place else ())], 1)
        near = f"Did you mean `{close[0]}`?" if close else f"Your arguments are {', '.join(f'`{n}`' for n in given)}."
        if "associated" in text or "referenced before" in text:
            near = "Give it a first value before the loop or the `if`."
        return "name", f"`{missing}` has no value here. {near}"
    for said, kind, told in WORDS:
        if match := re.search(said, text):
            return kind, told.format(*(part.rpartition(".")[2] for part in match.groups()))
    name, told = meaning(text)
    if clash := re.search(r"tensor a \((\d+)\) must match .* tensor b \((\d+)\) .* dimension (\d+)", text):
        told = f"Left and right do not fit: along axis {clash[3]}, left is {clash[1]} long, right {clash[2]}."
    if clash or name == "axes":
        there = {n: v for n, v in source.values_in_line(error).items() if isinstance(v, Tensor)}
        shapes = " and ".join(f"`{n}` of the shape {tuple(v.shape)}" for n, v in there.items())
        flat = next((n for n, v in there.items() if v.dim() == 1), None)
        if flat and name == "shapes":
            text = f"Your line has {shapes}: `{flat}` meets the last axis; `[:, None, None]` lets it meet the channels."
            return name, text
        return name, f"{told} Your line has {shapes}." if there else told
    if name == "error" and isinstance(error, (ValueError, TypeError)) and (refuser := source.refuser(error)):
        return "refused", f"You give `{refuser}` something that it does not accept. Its message: {error}"
    return name, told


def dictionaries(given: dict[str, Any]) -> Iterator[tuple[str, dict[Any, Any]]]:
    """The dictionaries among the arguments and, one level down, inside them."""
    for name, value in given.items():
        if isinstance(value, dict):
            yield f"`{name}`", value
            yield from ((f"`{name}[{k!r}]`", v) for k, v in value.items() if isinstance(v, dict))


def traits(args: tuple[Any, ...], names: Sequence[str]) -> dict[str, bool]:
    """What can be said of an input, for a sentence "wrong where …"."""
    found: dict[str, bool] = {}
    pictures = [(name, a) for name, a in zip(names, args, strict=False) if isinstance(a, Tensor) and a.dim() > 1]
    for name, a in pictures:
        height, width = a.shape[-2:]
        found[f"`{name}` is not square"] = height != width
        found[f"`{name}` is square"] = height == width
        if a.dim() == 4:
            found[f"`{name}` holds more than one picture"] = len(a) > 1
        found[f"a side of `{name}` is odd"] = bool(height % 2 or width % 2)
        found |= {f"the height of `{name}` is odd": bool(height % 2), f"the width of `{name}` is odd": bool(width % 2)}
        found |= {f"`{name}` is higher than wide": height > width, f"`{name}` is wider than high": width > height}
        if a.numel():
            found[f"`{name}` is not all zeros"] = bool(a.any())
            found[f"`{name}` has negative numbers"] = bool((a < 0).any())
            found[f"`{name}` has numbers above 1"] = bool((a > 1).any())
            found[f"`{name}` is all zeros"] = not a.any()
    for (name, a), (other, b) in zip(pictures, pictures[1:], strict=False):
        found[f"`{name}` and `{other}` have different shapes"] = a.shape != b.shape
    for name, a in zip(names, args, strict=False):
        if isinstance(a, (int, float)) and not isinstance(a, bool):
            found |= {f"`{name}` is 0": a == 0, f"`{name}` is negative": a < 0, f"`{name}` is above 1": a > 1}
            found |= {f"`{name}` is not 1": a != 1, f"`{name}` is odd": isinstance(a, int) and a % 2 == 1}
        elif isinstance(a, (list, dict, str)):
            found |= {f"`{name}` is empty": not a, f"`{name}` has more than one entry": len(a) > 1}
            found[f"`{name}` has more than two entries"] = len(a) > 2
    return found


def pattern(trials: list[Trial], names: Sequence[str], answer: Any) -> tuple[str, str]:
    """What the wrong inputs have in common, and the right ones have not: a fact, also for a mistake that nobody knows."""
    right, wrong = ([trial for trial in trials if bool(trial.finding) == fault] for fault in (False, True))
    if not right:
        return "", ""
    score = f"It is right on {len(right)} of {len(trials)} inputs"
    for size in sizes(right[0].args):
        number = sizes(right[0].args)[size]
        elsewhere = [sizes(trial.args).get(size) for trial in wrong]
        if number in source.numbers_in(answer) and number not in elsewhere and number > (2 if len(right) > 1 else 4):
            if all(sizes(trial.args).get(size) == number for trial in right):
                return "a number of one input", f"{score}: where {size} is {number}, the number in your code."
    for place, name in enumerate(names):
        forms = [
            tuple(a.shape[-2:]) if isinstance(a := t.args[place], Tensor) and a.dim() == 2 else None for t in trials
        ]
        good, bad = (
            {f for f, t in zip(forms, trials, strict=True) if bool(t.finding) == fault} for fault in (False, True)
        )
        if len(good) == 1 and None not in good and len(right) > 1 and not good & bad:
            return "wrong where", f"{score}, and wrong where `{name}` is not {' × '.join(map(str, good.pop()))}."
    seen = [traits(trial.args, names) for trial in (*right, *wrong)]
    for trait in seen[0]:
        stops = any(trial.outcome.error for trial in wrong)
        strong = len(right) > 1 or "more than one" in trait or "odd" in trait and stops
        if strong and all(trait in s and s[trait] == (n >= len(right)) for n, s in enumerate(seen)):
            return "wrong where", f"{score}, and wrong where {trait}."
    return "", ""


def where_wrong(wrong: list[Trial]) -> str:
    """Where in the results the wrong numbers stand, if that tells anything."""
    pairs = [(numbers_of(t.outcome.value), numbers_of(t.expected)) for t in wrong]
    if not all(isinstance(t.outcome.value, Tensor) for t in wrong):
        return ""
    if not pairs or any(g is None or w is None or g.shape != w.shape or not g.dim() for g, w in pairs):
        return ""
    faults = [~((g - w).abs() <= 1e-4 * w.abs().max()) for g, w in pairs]  # NaN is one; type: ignore[union-attr]
    if all(fault.all() for fault in faults):
        return ""
    if all(f.dim() > 1 and min(f.shape[-2:]) > 2 and not f[..., 1:-1, 1:-1].any() for f in faults):
        return "Your numbers are wrong only at the border; inside they are right."
    for axis in range(faults[0].dim()):
        if all(f.dim() == faults[0].dim() and f.shape[axis] > 1 for f in faults):
            what = AXES.get(faults[0].dim(), [f"axis {n}" for n in range(9)])[axis]
            if not any(f.select(axis, 0).any() for f in faults):
                return f"The first of {what} (axis {axis}) is right, the others are not."
            if not any(f.narrow(axis, 1, f.shape[axis] - 1).any() for f in faults):
                return f"Only the first of {what} (axis {axis}) is wrong."
            if not any(f.narrow(axis, 0, f.shape[axis] - 1).any() for f in faults):
                return f"Only the last of {what} (axis {axis}) is wrong."
    diagonal = [torch.eye(*f.shape[-2:], dtype=torch.bool).expand_as(f) for f in faults if f.dim() > 1]
    if len(diagonal) == len(faults):
        if not any((f & d).any() for f, d in zip(faults, diagonal, strict=True)):
            return "The diagonal is right, the other numbers are not."
        if not any((f & ~d).any() for f, d in zip(faults, diagonal, strict=True)):
            return "Only the diagonal is wrong."
    if all((f == (w < 0)).all() for f, (_, w) in zip(faults, pairs, strict=True)):
        return "Your numbers are wrong exactly where they should be negative."
    fault = faults[0]
    first = fault.nonzero()[0].tolist()
    return f"{int(fault.sum())} of {fault.numel()} numbers are wrong, the first one at {first}."
