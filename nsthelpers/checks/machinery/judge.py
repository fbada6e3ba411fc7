"""Judge a learner's function against an exercise: the one road that every check takes."""

from __future__ import annotations

import ast
import inspect
import linecache
import os
import re
import sysconfig
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from nsthelpers.checks.machinery import sandbox
from nsthelpers.checks.machinery.compare import Finding, describe, difference, part, relation
from nsthelpers.checks.machinery.exercise import Exercise
from nsthelpers.checks.machinery.messages import meaning
from nsthelpers.checks.machinery.sandbox import Outcome, call, copied, undisturbed

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
    printed: str = ""
    remark: str = ""


@dataclass(eq=False)
class Trial:
    """One input, what the learner's function did with it, what was expected, and what is wrong, if anything."""

    args: tuple[Any, ...]
    outcome: Outcome
    expected: Any
    finding: Finding | None


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
            verdict.finding = bad.finding
            verdict.diagnosis, verdict.sentence = diagnose(exercise, answer, trials, bad.finding)
        else:
            bad, verdict.finding, verdict.remark = closer_look(exercise, answer, trials)
            if verdict.finding is None:
                verdict.status = "solved"
                return verdict
            verdict.diagnosis, verdict.sentence = verdict.finding.kind, verdict.finding.sentence
        verdict.number, verdict.given = trials.index(bad) + 1, describe(names, bad.args)
        verdict.where = own_line(bad.outcome.error)
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


def none_finding(answer: Callable[..., Any], expected: Any) -> Finding | None:
    """What the text of a function tells about the None that it gave."""
    body = body_of(answer)
    if not does_something(answer):
        return None
    if body is not None and not any(map(returns, body)):
        return Finding("no return", "Your function calculates something, but ends without `return`.", None, expected)
    text = "Your function returns None. Methods such as `.reverse()`, `.sort()` and `.update()` change a list or "
    text += "dictionary in place and return None."
    return Finding("returns None", text, None, expected) if body is None or ends(body) else None


def examine(
    outcome: Outcome, expected: Any, exercise: Exercise, answer: Callable[..., Any], given: dict[str, Any]
) -> Finding | None:
    """What is wrong with the outcome of one call with the arguments `given`."""
    if outcome.late:
        text = f"Your function did not come back within {sandbox.TIME_LIMIT:g} seconds: does a loop never end?"
        return Finding("endless", text)
    if outcome.error is not None:
        text = f"{type(outcome.error).__name__}: {outcome.error}"
        return Finding(*meaning(text), path=("error", re.sub(r"0x[0-9a-fA-F]+", "0x…", text)[:300]))
    if outcome.value is None and (finding := none_finding(answer, expected)):
        return finding
    finding = difference(outcome.value, expected, exercise.tolerance)
    if outcome.changed is not None and (finding is None or finding.kind in ("value", "attached")):
        name = list(given)[outcome.changed]
        text = f"Your function changes its argument `{name}`, which belongs to the caller. "
        return Finding("changed input", text + instead(name, given[name]))
    return finding


def instead(name: str, argument: Any) -> str:
    """What to do instead of changing an argument in place."""
    if not isinstance(argument, (dict, list)):
        return "Work on a new tensor or a `.clone()`, and leave nothing behind."
    parts = argument.values() if isinstance(argument, dict) else argument
    inside = ", and on a `.clone()` of a tensor in it" if any(isinstance(p, torch.Tensor) for p in parts) else ""
    return f"Work on a copy: `{type(argument).__name__}({name})`{inside}."


def diagnose(exercise: Exercise, answer: Callable[..., Any], trials: list[Trial], finding: Finding) -> tuple[str, str]:
    """Name what is behind wrong results: a known mistake, one that the finding tells by itself, a simple relation."""
    bad = next(trial for trial in trials if trial.finding)
    spoilt = finding.kind == "changed input" and not difference(bad.outcome.value, bad.expected, exercise.tolerance)
    if finding.kind == "endless" or spoilt:  # a changed argument is the only fault of this input
        return finding.kind, finding.sentence
    for mistake in exercise.mistakes:
        if all(matches(mistake.answer, trial, exercise.tolerance) for trial in trials):
            return mistake.name, mistake.sentence
    if finding.kind == "value":
        again, before = call(answer, trials[0].args, seed=1), trials[0].outcome
        if again.error is None and before.error is None and difference(again.value, before.value, 1e-6):
            return (
                "not repeatable",
                "Two calls with the same input give different results: chance, or an outer variable.",
            )
    if finding.kind in ("value", "shape", "length", "nan"):
        try:
            pairs = [(part(t.outcome.value, finding.path), part(t.expected, finding.path)) for t in trials]
            if related := relation(pairs, [trial.args for trial in trials]):
                name, sentence = related
                place = "".join(f"[{key!r}]" for key in finding.path)
                return name, f"Entry {place}: {sentence[0].lower()}{sentence[1:]}" if place else sentence
        except (LookupError, TypeError, ValueError, RuntimeError):
            pass  # another input gave a result of another form
    if finding.kind in ("value", "shape") and not finding.sentence:
        return pattern(trials)
    return finding.kind, finding.sentence


def pattern(trials: list[Trial]) -> tuple[str, str]:
    """What the inputs have in common for which an unknown mistake gives right results, if that tells anything."""
    shapes = [[a.shape for a in trial.args if isinstance(a, torch.Tensor) and a.dim() > 1][:1] for trial in trials]
    right = [shape[0] for trial, shape in zip(trials, shapes, strict=True) if shape and not trial.finding]
    wrong = [shape[0] for trial, shape in zip(trials, shapes, strict=True) if shape and trial.finding]
    if right and all(s[-1] == s[-2] for s in right) and all(s[-1] != s[-2] for s in wrong):
        return "only square", "It is right for square inputs only: are height and width exchanged somewhere?"
    if right and all(len(s) == 4 and s[0] == 1 for s in right) and all(len(s) == 4 and s[0] > 1 for s in wrong):
        return "only one picture", "It is right for one picture and wrong for a batch: is the first axis forgotten?"
    return "", ""


def matches(mistake: Callable[..., Any], trial: Trial, tolerance: float) -> bool:
    """Whether a known mistake gives what the learner's function gave, errors included."""
    value, tensor = trial.outcome.value, torch.Tensor
    try:
        wrong = mistake(*copied(trial.args))
    except Exception:
        return trial.outcome.error is not None
    if isinstance(wrong, tensor) and not isinstance(value, tensor) and not isinstance(trial.expected, tensor):
        wrong = wrong.tolist()  # where numbers are expected, tensors are as good
    value = value.detach() if isinstance(value, tensor) else value
    return trial.outcome.error is None and difference(value, wrong, tolerance) is None


def closer_look(
    exercise: Exercise, answer: Callable[..., Any], trials: list[Trial]
) -> tuple[Trial, Finding | None, str]:
    """For right numbers: is the answer the same twice, does the gradient flow, is there a loop over the data?"""
    first = trials[0]
    again = call(answer, first.args, seed=1)
    if again.error is not None or difference(again.value, first.expected, exercise.tolerance):
        text = "The first call was right, a second one with the same input was not: does something outside change?"
        return first, Finding("not repeatable", text, again.value, first.expected), ""
    for trial in trials[:2] if exercise.needs_gradient else []:
        if finding := gradient_finding(exercise, answer, trial.args):
            return trial, finding, ""
    counts = [trial.outcome.operations for trial in trials]
    if exercise.loops != "fine" and max(counts) > 20 and max(counts) > 2 * min(counts):
        loop = f"On the smallest input you call torch {min(counts)} times, on the largest {max(counts)} times: "
        loop += (
            "a Python loop over the data. A real layer is a thousand times larger; one operation on all of it is fast."
        )
        wrong = exercise.loops == "wrong"
        return (trials[counts.index(max(counts))], Finding("loop", loop), "") if wrong else (first, None, loop)
    left = any(trial.outcome.left_gradient for trial in trials)
    remark = "It leaves `requires_grad` switched on in the caller's tensor; `.detach().clone()` at the start avoids it."
    return first, None, remark if left else ""


def gradient_finding(exercise: Exercise, answer: Callable[..., Any], args: tuple[Any, ...]) -> Finding | None:
    """What is wrong with the gradient that an answer passes back to its first argument."""
    got = call(lambda *given: backward(answer, *given), args, gradient=True)
    cut = "The numbers are right, but no gradient flows back through them: something like `.detach()`, `.item()`, "
    cut += "`.numpy()`, `torch.tensor(...)` or `no_grad` cuts the graph."
    if got.error is not None:
        kind, sentence = meaning(f"{type(got.error).__name__}: {got.error}")
        return Finding("detached", cut) if kind in ("error", "detached") else Finding(kind, sentence)
    if got.value is None:
        return Finding("detached", cut)
    wanted = backward(exercise.reference, args[0].clone().requires_grad_(), *args[1:])
    wrong = difference(got.value, wanted, 10 * exercise.tolerance)
    text = (
        "The result is right, but not the gradient that flows back: part of the graph is cut, or something is rounded."
    )
    return Finding("gradient", text, got.value, wanted) if wrong else None


def backward(function: Callable[..., Any], *args: Any) -> torch.Tensor | None:
    """The gradient of a weighted sum of a function's result with respect to its first argument."""
    result = function(*args)
    if not isinstance(result, torch.Tensor) or not result.requires_grad:
        return None
    weights = torch.linspace(0.5, 1.5, result.numel(), dtype=result.dtype).reshape(result.shape)
    return torch.autograd.grad((result * weights).sum(), args[0], allow_unused=True)[0]


def own_line(error: BaseException | None) -> str:
    """The last line of the learner's own code on an error's way, without our frames or PyTorch's."""
    foreign = (os.path.dirname(os.path.dirname(__file__)), sysconfig.get_paths()["stdlib"], "<frozen", "<string")
    line, step = "", error.__traceback__ if error else None
    while step is not None:
        code = step.tb_frame.f_code
        if "site-packages" not in code.co_filename and not code.co_filename.startswith(foreign):
            text = linecache.getline(code.co_filename, step.tb_lineno).strip()[:120]
            line = f"`{code.co_name}`, line {step.tb_lineno}" + (f": `{text}`" if text else "")
        step = step.tb_next
    return line
