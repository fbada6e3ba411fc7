"""The coarse-to-fine pyramid: how many sizes, how many steps at each, and what a finer one starts from."""

from __future__ import annotations

import math
from typing import NamedTuple

from torch import Tensor

from nsthelpers.images import resize

COARSEST = 128  # pixels on the longer side: below it, a VGG's deep layers have too few positions to average over


class Stage(NamedTuple):
    """One scale of the pyramid: the size of the picture as a share of the final one, and the steps spent there."""

    share: float
    steps: int


def plan_scales(shape: tuple[int, int], steps: int, scales: int | str = "auto", smallest: int = 16) -> list[Stage]:
    """Return the stages from coarse to fine for a picture of `shape` (height, width) and `steps` evaluations in all.

    Each stage doubles the side of the one before it. "auto" uses up to three stages with a longer side of at least 128
    pixels, and one for fewer than 30 steps; a number is used as it is, as long as the shorter side keeps the `smallest`
    pixels that the layers need. An evaluation at half the side costs a quarter, so coarse stages are given many of the
    evaluations (0.35 of them each, or 0.7 together where there are more than two) and still take little of the time. Raises
    ValueError for other `scales`.

    >>> plan_scales((512, 384), 200)
    [Stage(share=0.25, steps=70), Stage(share=0.5, steps=70), Stage(share=1.0, steps=60)]
    """
    if scales == "auto":
        count = 1 + sum(max(shape) / 2**n >= COARSEST for n in (1, 2))
        count = count if steps >= 30 else 1
    else:
        if scales not in range(1, 7) or isinstance(scales, bool):
            raise ValueError(f"scales is {scales!r}; give 'auto' or a whole number from 1 to 6.")
        count = min(int(scales), steps)
    count = min(count, max(1, int(math.log2(max(1, min(shape) / smallest))) + 1))
    coarse = int(0.35 * steps) if count < 4 else int(0.7 * steps / (count - 1))
    coarse = max(1, coarse)
    stages = [Stage(0.5 ** (count - 1 - n), coarse) for n in range(count - 1)]
    return [*stages, Stage(1.0, steps - coarse * (count - 1))]


def share_done(stages: list[Stage], number: int, steps: int) -> float:
    """Return the share of the work that is done after `steps` steps at stage `number`: a step costs as its pixels do."""
    work = [share**2 * count for share, count in stages]
    return min(1.0, (sum(work[:number]) + stages[number].share ** 2 * steps) / sum(work))


def shrink(image: Tensor, share: float, smallest: int = 1) -> Tensor:
    """Return a picture (1, 3, H, W) at a share of its size, with at least `smallest` pixels on each side."""
    return resize(image, tuple(max(smallest, round(side * share)) for side in image.shape[2:])) if share < 1 else image


def refine(coarse: Tensor, start: Tensor) -> Tensor:
    """Return a coarse picture enlarged to the size of `start`, with the fine detail of `start`; all (1, 3, H, W).

    Enlarging cannot bring detail back, so the detail that `start` loses when shrunk to the size of `coarse`, a band of
    its Laplacian pyramid, is added (Kolkin, Salavon and Shakhnarovich 2019).

    >>> import torch
    >>> refine(torch.zeros(1, 3, 2, 2), torch.ones(1, 3, 4, 4)).shape
    torch.Size([1, 3, 4, 4])
    """
    shape = tuple(start.shape[2:])
    without_detail = resize(resize(start, tuple(coarse.shape[2:])), shape)
    return (resize(coarse, shape) + start - without_detail).clamp(0, 1)
