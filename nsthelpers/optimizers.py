"""An L-BFGS for pictures: the loss changes slowly along what is coarse in a picture, so there it takes longer steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

LONGEST_WAVE = 40  # pixels: waves longer than this are enlarged as much as these
FIRST, LARGEST = 0.02, 0.1  # root mean square of the first step, and of the largest one, in units of a pixel's range


class SmoothLBFGS(torch.optim.Optimizer):
    """L-BFGS (Liu and Nocedal 1989) whose steps are smooth at first, for one picture (1, 3, H, W) in [0, 1].

    `params` holds the picture; `lr` scales the steps; `history_size` pairs are remembered. A call of `step` is one
    evaluation, as with ``torch.optim.LBFGS(max_iter=1)``, from which it differs in three points.

    - L-BFGS begins each direction with a guess of how curved the loss is, the same for all directions that it has not
      measured yet. Here the guess says that waves across the picture are the less curved the longer they are: before they
      enter the direction, waves of f cycles per pixel are multiplied by (2f)^-a, with a = 1 in the first step and falling
      to 0 over `smooth_steps` steps, from where on it is plain L-BFGS. (The smoothed gradient is a Sobolev gradient,
      Neuberger 1997; optimising Fourier coefficients scaled by 1/f, as in Olah, Mordvintsev and Schubert 2017, does the
      same.) A constant a would be faster at first too, but often ends higher: the pixels' limits of 0 and 1 do not agree
      with smooth steps.
    - The default rate is 1.5, not 1: what L-BFGS takes for the whole way to the minimum is a little short here.
    - The first step has a fixed length, and no step may be longer than 0.1 (both root mean squares over the pixels).
      PyTorch's first step is so short that the change of the gradient can drown in the rounding of bfloat16.

    >>> image = torch.ones(1, 3, 4, 4, requires_grad=True)
    >>> stepper = SmoothLBFGS([image])
    >>> def closure():
    ...     stepper.zero_grad()
    ...     loss = (image - 0.5).square().sum()
    ...     loss.backward()
    ...     return loss
    >>> losses = [stepper.step(closure).item() for _ in range(20)]
    >>> losses[0], losses[-1] < 0.01
    (12.0, True)
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float = 1.5, history_size: int = 10, smooth_steps: int = 60
    ) -> None:
        super().__init__(params, {"lr": lr, "history_size": history_size, "smooth_steps": smooth_steps})

    @torch.no_grad()
    def step(self, closure: Callable[[], Tensor]) -> Tensor:
        """Evaluate `closure`, which computes the loss and its gradient, move the picture, and return the loss."""
        with torch.enable_grad():
            loss = closure()
        (group,) = self.param_groups
        (image,) = group["params"]
        state, gradient = self.state[image], image.grad.clone()
        # Lists and tensors are replaced, never written into: whoever keeps the state can go on from it later.
        if state:
            pair = (state["move"], gradient - state["gradient"])
            # The curvature along the move must be positive, and more than what mere rounding would give: a cosine of about
            # one over the root of the number of values. In real runs it was 0.07 at least.
            if _dot(*pair) > 0.01 * pair[0].norm() * pair[1].norm():
                for name, value in zip(("moves", "changes"), pair):
                    state[name] = [*state[name], value][-group["history_size"] :]
        else:
            state.update(steps=0, moves=[], changes=[])
        direction = self._direction(gradient)
        length = direction.square().mean().sqrt().clamp_min(torch.finfo(direction.dtype).tiny).item()
        rate = min(group["lr"], LARGEST / length) if state["moves"] else FIRST / length
        move = direction * rate
        image.add_(move)
        state.update(steps=state["steps"] + 1, move=move, gradient=gradient)
        return loss

    def _direction(self, gradient: Tensor) -> Tensor:
        """Return the direction of the next step: the two loops of L-BFGS, with a smoothing in between."""
        (group,) = self.param_groups
        state = self.state[group["params"][0]]
        smooth_steps = group["smooth_steps"]
        exponent = max(0.0, 1 - state["steps"] / smooth_steps) if smooth_steps else 0.0
        pairs = [(move, change, 1 / _dot(move, change)) for move, change in zip(state["moves"], state["changes"])]
        direction, shares = -gradient, []
        for move, change, weight in reversed(pairs):
            shares.append(weight * _dot(move, direction))
            direction = direction - shares[-1] * change
        direction = smooth(direction, exponent)
        if pairs:
            move, change, _ = pairs[-1]
            direction = direction * (_dot(move, change) / _dot(change, smooth(change, exponent)))
        for (move, change, weight), share in zip(pairs, reversed(shares)):
            direction = direction + (share - weight * _dot(change, direction)) * move
        return direction


def smooth(picture: Tensor, exponent: float) -> Tensor:
    """Return (…, H, W) with its waves of f cycles per pixel multiplied by (2f)^-exponent: the longer, the more.

    The finest waves along the rows or columns, f = 1/2, keep their height; the mean and all waves longer than 40 pixels
    are multiplied alike, by 20^exponent.

    >>> smooth(torch.ones(1, 1, 2, 2), 1.0).flatten()
    tensor([20., 20., 20., 20.])
    """
    if not exponent:
        return picture
    height, width = picture.shape[-2:]
    rows, columns = torch.fft.fftfreq(height, device=picture.device), torch.fft.rfftfreq(width, device=picture.device)
    frequencies = torch.hypot(rows[:, None], columns).clamp_min(1 / LONGEST_WAVE)
    return torch.fft.irfft2(torch.fft.rfft2(picture) * (2 * frequencies) ** -exponent, s=(height, width))


def _dot(first: Tensor, second: Tensor) -> Tensor:
    return torch.dot(first.flatten(), second.flatten())
