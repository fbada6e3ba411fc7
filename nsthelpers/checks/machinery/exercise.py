"""What an exercise is: data, all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch

NOTEBOOKS = {
    "start_here": 0, "images_as_tensors": 1, "convolutions_and_features": 2, "inside_vgg": 3, "what_layers_remember": 4,
    "gram_matrices": 5, "losses_and_weights": 6, "optimisation_loop": 7, "studio": 8, "experiments": 9, "control": 10,
    "beyond_gatys": 11, "failure_clinic": 12, "gallery": 13,
}  # fmt: skip


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that learners give, and the sentence that explains it; `answer` takes the learner's arguments."""

    name: str
    answer: Callable[..., Any]
    sentence: str


@dataclass(frozen=True)
class Hint:
    """A hint and the symptom that it is for: "shape", "value", "gradient", "error" or another kind of finding."""

    symptom: str
    text: str


@dataclass(frozen=True, eq=False)
class Exercise:
    """One exercise. A notebook's module makes its own with `Book.exercise`, which learners call with their functions.

    Args:
        notebook, name: where it belongs and what it is called, as in `check.name(...)`.
        task: one sentence with the shapes; shown as long as the exercise is unsolved.
        reference: the right answer. A number from it means that a number or a tensor without axes is accepted;
            a tensor means that a tensor of that shape, dtype and device is needed.
        make_inputs: seed -> argument tuples: at least three, one not square, one with a batch where batches are meant.
        solved: what the learner knows now.
        hints: two; the one whose symptom is seen comes first.
        mistakes: tried in this order; the first that gives the learner's results on *every* input is named.
        tolerance: the largest difference allowed, relative to the largest expected number.
        needs_gradient: the result must carry the right gradient back to the first argument.
        loops: whether Python loops over the data are "fine", worth a "remark", or "wrong".
    """

    notebook: str
    name: str
    task: str
    reference: Callable[..., Any]
    make_inputs: Callable[[int], Sequence[tuple[Any, ...]]]
    solved: str
    hints: tuple[Hint, ...]
    mistakes: tuple[Mistake, ...]
    minutes: int = 5
    difficulty: int = 1
    tolerance: float = 1e-4
    needs_gradient: bool = False
    loops: Literal["fine", "remark", "wrong"] = "fine"

    @property
    def key(self) -> str:
        return f"{self.notebook}.{self.name}"


def normal(seed: int, *shape: int, scale: float = 1.0) -> torch.Tensor:
    """Normally distributed numbers, the same for the same seed and shape."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed + sum(shape))) * scale


def uniform(seed: int, *shape: int) -> torch.Tensor:
    """Numbers between 0 and 1, the same for the same seed and shape."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed + sum(shape)))
