"""One change to a learner's code that makes it right: what is found, what is said, and that nothing else happens."""

from __future__ import annotations

import time

import pytest
import torch

from nsthelpers.checks import images_as_tensors
from nsthelpers.checks.machinery import repair as machinery
from nsthelpers.checks.machinery.judge import judge
from nsthelpers.checks.machinery.repair import repair

CALLED = []


def brackets(a, b):
    return a - b / 2


def other_axis(a, b):
    CALLED.append(1)
    return (a + b).mean(0)


def other_name(a, b):
    first, second = a + 1, b + 1  # noqa: F841
    return first * first


def returns_early(a, b):
    total = 0
    for item in a:
        total += item * b
        return total


def wrong_order(a, b):
    b = b + a
    a = a * 2
    return a + b


def both_places(a, b):
    return a.std() / b.std()


@pytest.mark.parametrize(
    ("answer", "right", "args", "sentence"),
    [
        (brackets, lambda a, b: (a - b) / 2, (5.0, 3.0), "You write `a - b / 2`; `(a - b) / 2` is meant."),
        (other_axis, lambda a, b: (a + b).mean(1), (torch.rand(2, 3), 1),
         "You take axis 0 in `(a + b).mean(0)`; axis 1 is meant."),
        (other_name, lambda a, b: (a + 1) * (b + 1), (3, 4), "You take `first` in `first * first`; `second` is meant."),
        (returns_early, lambda a, b: sum(a) * b, ([1, 2, 3], 4),
         "`return total` stands in the loop; it belongs after it."),
        (wrong_order, lambda a, b: 4 * a + b, (1.75, 5.0),
         "The order of two lines: `a = a * 2` belongs before `b = b + a`."),
        (both_places, lambda a, b: a.std(correction=0) / b.std(correction=0), (torch.arange(3.0), torch.rand(4)),
         "`a.std()` divides by another number of values: their number is meant, `correction=0`. "
         "The same is true of each such place."),
    ],
)  # fmt: skip
def test_a_single_slip_is_found_and_told(answer, right, args, sentence):
    wanted = torch.as_tensor(right(*args))

    def passes(changed):
        value = torch.as_tensor(changed(*args))
        return value.shape == wanted.shape and torch.allclose(value.double(), wanted.double())

    CALLED.clear()
    assert repair(answer, passes, 200)[1] == sentence
    assert repair(answer, lambda changed: False, 200) is None
    assert repair(answer, passes, 1) is None


def test_an_endless_change_ends(monkeypatch):
    def never_comes_back(changed):
        while True:
            pass

    monkeypatch.setattr(machinery, "PATIENCE", 0.2)
    start = time.monotonic()
    assert repair(brackets, never_comes_back, 200) is None
    assert time.monotonic() - start < 3


def test_a_change_that_is_right_on_these_inputs_alone_is_not_told():
    exercise = images_as_tensors.view_loss
    seen = {float(exercise.reference(*args)) for args in exercise.make_inputs(7)}

    def knows_the_inputs(image, target, view):
        half = (view(image) - view(target)).square().sum() / 2
        return half + 1 if float(half) in seen else half * 3

    globals()["seen"] = seen
    verdict = judge(exercise, knows_the_inputs)
    assert verdict.status == "wrong" and "too much" not in verdict.diagnosis
