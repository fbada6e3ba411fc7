"""What learners really write: the answers that the checks of each notebook are measured with.

Every answer is written out as a learner would, independently of the mistakes listed in `nsthelpers.checks`.
`@wrong(exercise, name)` gives the diagnosis that it deserves; `@right(exercise)` must be accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nsthelpers.checks import Exercise


@dataclass(frozen=True)
class Answer:
    exercise: Exercise
    function: Callable[..., Any]
    diagnosis: str | None  # None: right


ANSWERS: list[Answer] = []


def wrong(exercise: Exercise, diagnosis: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        ANSWERS.append(Answer(exercise, function, diagnosis))
        return function

    return keep


def right(exercise: Exercise) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        ANSWERS.append(Answer(exercise, function, None))
        return function

    return keep
