"""Judge a learner's function against an exercise: the one road that every check takes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from nsthelpers.checks.machinery import sandbox
from nsthelpers.checks.machinery.compare import Finding, describe, difference
from nsthelpers.checks.machinery.diagnose import Trial, diagnose
from nsthelpers.checks.machinery.exercise import Exercise
from nsthelpers.checks.machinery.messages import meaning
from nsthelpers.checks.machinery.sandbox import Outcome, call, copied, undisturbed
from nsthelpers.checks.machinery.source import (
    body_of,
    cuts,
    does_something,
    ends,
    own_line,
    returns,
    still_none,
    values_in_line,
)

SEED = 7
BLANK = re.compile(r"_+|todo|fill_?(me|in)?|your_\w+", re.IGNORECASE)


@dataclass
class Verdict:
    """What a check found out: "solved", "wrong" or "open" (an unsolved stub), and all that a card tells about it."""

    exercise: Exercise
    status: str
    diagnosis: str = ""
    sentence: str = ""
    finding: Finding | None = None
    number: int = 0  # of the input that `finding` belongs to, from 1
    total: int = 0
    right_on: int = 0
    given: str = ""
    where: str = ""
    values: str = ""  # what the names in that line stood for
    printed: str = ""
    remark: str = ""


def judge(exercise: Exercise, answer: Any, dtype: torch.dtype = torch.float32) -> Verdict:
    """Run a learner's function on all inputs of an exercise and find out what, if anything, is wrong."""
    if answer is None or answer is ...:
        return Verdict(exercise, "open")
    with undisturbed(SEED):
        parameters = inspect.signature(exercise.reference).parameters.values()
        names = [parameter.name for parameter in parameters if parameter.kind == parameter.POSITIONAL_OR_KEYWORD]
        if refusal := not_a_fitting_function(exercise, answer, names):
            return Verdict(exercise, "wrong", *refusal)
        trials: list[Trial] = []
        cases = exercise.make_inputs(SEED)
        for args in cases:
            args = copied(tuple(args), dtype)
            outcome, expected = call(answer, args), exercise.reference(*copied(args))
            if not trials and is_unsolved(answer, outcome):
                return Verdict(exercise, "open")
            given = dict(zip(names, args, strict=True))
            trials.append(Trial(args, outcome, expected, examine(outcome, expected, exercise, answer, given)))
            if outcome.late:
                break
        bad = next((trial for trial in trials if trial.finding), None)
        verdict = Verdict(exercise, "wrong", total=len(cases), printed=trials[0].outcome.printed)
        verdict.right_on = sum(trial.finding is None for trial in trials)
        if bad and bad.finding:
            verdict.diagnosis, verdict.sentence, bad = diagnose(exercise, answer, trials, names)
            verdict.finding = bad.finding
        else:
            bad, verdict.finding, verdict.remark = closer_look(exercise, answer, trials)
            if verdict.finding is None:
                verdict.status = "solved"
                return verdict
            verdict.diagnosis, verdict.sentence = verdict.finding.kind, verdict.finding.sentence
        verdict.number, verdict.given = trials.index(bad) + 1, describe(names, bad.args)
        verdict.where = own_line(bad.outcome.error)
        inside = values_in_line(bad.outcome.error)
        verdict.values = describe(list(inside), tuple(inside.values()))
        return verdict


def not_a_fitting_function(exercise: Exercise, answer: Any, names: list[str]) -> tuple[str, str] | None:
    """A name and a sentence if `answer` is not a function that takes the exercise's arguments."""
    if not callable(answer):
        kind = type(answer).__name__
        text = f"Hand over the function itself, not its result (a {kind}): `check.{exercise.name}({exercise.name})`."
        return "not a function", text
    try:
        inspect.signature(answer).bind(*names)
    except ValueError:  # some built-in functions do not tell their arguments
        return None
    except TypeError:
        takes = list(inspect.signature(answer).parameters)
        has = f"yours takes {', '.join(takes)}" if takes else "yours takes none"
        return "arguments", f"The function is called with {len(names)} argument(s), {', '.join(names)}; {has}."
    return None


def is_unsolved(answer: Callable[..., Any], outcome: Outcome) -> bool:
    """Whether a stub was handed over as it came: None, `...`, NotImplementedError or an unfilled name."""
    error, value = outcome.error, outcome.value
    if error is not None:
        blank = isinstance(error, NameError) and BLANK.fullmatch(str(getattr(error, "name", "") or ""))
        raised = isinstance(error, NotImplementedError) and (not error.args or "raise" in own_line(error))
        return raised or bool(blank) or "'ellipsis'" in str(error)  # PyTorch raises NotImplementedError too
    if isinstance(value, (tuple, list)) and value:
        return all(item is None or item is ... for item in value)
    if outcome.late or value is None:
        return not outcome.late and not does_something(answer)
    return value is ... or value is NotImplemented


def none_finding(answer: Callable[..., Any], expected: Any) -> Finding | None:
    """What the text of a function tells about the None that it gave."""
    body = body_of(answer)
    if not does_something(answer):
        return None
    if body is not None and not any(map(returns, body)):
        return Finding("no return", "Your function calculates something, but ends without `return`.", None, expected)
    what = still_none(body) if body else ""
    text = f"You return `{what}`, which is None" if what else "Your function returns None"
    if what.isidentifier():
        return Finding("returns None", f"{text}: do you ever give it another value?", None, expected)
    text += ". `.backward()`, `.sort()`, `.update()` and the like change something in place and return None."
    return Finding("returns None", text, None, expected) if body is None or ends(body) else None


def examine(
    outcome: Outcome, expected: Any, exercise: Exercise, answer: Callable[..., Any], given: dict[str, Any]
) -> Finding | None:
    """What is wrong with the outcome of one call with the arguments `given`."""
    if outcome.late:
        text = f"Your function did not come back within {sandbox.TIME_LIMIT:g} seconds: does a loop never end? "
        text += "(If other programs keep the machine busy, run the cell again.)"
        return Finding("endless", text)
    if outcome.error is not None:
        text = re.sub(r"0x[0-9a-fA-F]+", "0x…", f"{type(outcome.error).__name__}: {outcome.error}")
        return Finding("error", "", path=("error", text[:300]))
    if outcome.value is None and (finding := none_finding(answer, expected)):
        return finding
    finding = difference(outcome.value, expected, exercise.tolerance)
    if finding and finding.kind == "attached" and exercise.needs_gradient:
        text = "The numbers are right, but your result is the start of a new graph: no gradient flows back from it."
        return Finding("detached", text, finding.got, finding.expected)
    if outcome.changed is not None and (finding is None or finding.kind in ("value", "attached")):
        name = list(given)[outcome.changed]
        text = f"Your function changes its argument `{name}`, which belongs to the caller. "
        return Finding("changed input", text + instead(name, given[name]))
    return finding


def instead(name: str, argument: Any) -> str:
    """What to do instead of changing an argument in place."""
    if isinstance(argument, torch.nn.Module):
        return "A hook stays on the network and works in all later calls: `.remove()` what `register_…` gave you."
    if not isinstance(argument, (dict, list)):
        return "Work on a new tensor or a `.clone()`, and leave nothing behind."
    parts = argument.values() if isinstance(argument, dict) else argument
    inside = ", and on a `.clone()` of a tensor in it" if any(isinstance(p, torch.Tensor) for p in parts) else ""
    return f"Work on a copy: `{type(argument).__name__}({name})`{inside}."


def closer_look(
    exercise: Exercise, answer: Callable[..., Any], trials: list[Trial]
) -> tuple[Trial, Finding | None, str]:
    """For right numbers: is the answer the same twice, does the gradient flow, is there a loop over the data?"""
    first = trials[0]

    def twice(*given: Any) -> Any:
        # A network may be trained by the first call; whatever else stays behind shows in the second.
        answer(*(copied(each) if isinstance(each, torch.nn.Module) else each for each in given))
        return answer(*given)

    again = call(twice, first.args, seed=1)
    if again.error is not None or difference(again.value, first.expected, exercise.tolerance):
        text = "The first call was right, a second one with the same input was not: does something outside change? "
        if first.outcome.left_gradient:
            text += "A `.grad` that stays on the caller's tensor grows: work on `.detach().clone()`."
        return first, Finding("not repeatable", text, again.value, first.expected), ""
    for trial in trials[:2] if exercise.needs_gradient else []:
        if finding := gradient_finding(exercise, answer, trial.args):
            return trial, finding, ""
    counts = [trial.outcome.operations for trial in trials]
    if exercise.loops != "fine" and max(counts) > 20 and max(counts) > 2 * min(counts):
        loop = f"On the smallest input you call torch {min(counts)} times, on the largest {max(counts)} times: "
        loop += "a Python loop over the data. A real layer is a thousand times larger: use one operation on all of it."
        wrong = exercise.loops == "wrong"
        return (trials[counts.index(max(counts))], Finding("loop", loop), "") if wrong else (first, None, loop)
    left = any(trial.outcome.left_gradient for trial in trials)
    remark = "You leave `requires_grad` on in the caller's tensor; `.detach().clone()` at the start avoids it."
    return first, None, remark if left else ""


def gradient_finding(exercise: Exercise, answer: Callable[..., Any], args: tuple[Any, ...]) -> Finding | None:
    """What is wrong with the gradient that an answer passes back to its first argument."""
    got = call(lambda *given: backward(answer, *given), args, gradient=True)
    found = cuts(answer)
    what = " and ".join(found) + " in your code" if found else "something like `.detach()`, `.item()` or `no_grad`"
    cut = "The numbers are right, but no gradient flows back through them: "
    cut += f"{what} {'cut' if len(found) > 1 else 'cuts'} the graph."
    if got.error is not None:
        kind, sentence = meaning(f"{type(got.error).__name__}: {got.error}")
        return Finding("detached", cut) if kind in ("error", "detached") else Finding(kind, sentence)
    if got.value is None:
        return Finding("detached", cut)
    wanted = backward(exercise.reference, args[0].clone().requires_grad_(), *args[1:])
    wrong = difference(got.value, wanted, 10 * exercise.tolerance)
    text = "Your result is right, but the gradient that flows back is not: you cut part of the graph, or round."
    return Finding("gradient", text, got.value, wanted) if wrong else None


def backward(function: Callable[..., Any], *args: Any) -> torch.Tensor | None:
    """The gradient of a weighted sum of a function's result with respect to its first argument."""
    result = function(*args)
    if not isinstance(result, torch.Tensor) or not result.requires_grad:
        return None
    weights = torch.linspace(0.5, 1.5, result.numel(), dtype=result.dtype).reshape(result.shape)
    return torch.autograd.grad((result * weights).sum(), args[0], allow_unused=True)[0]
