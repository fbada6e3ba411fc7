"""The optimisation loop: style transfer, and content and style reconstruction as its special cases."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from nsthelpers.backbones import Backbone, load_backbone
from nsthelpers.images import Source, load_image, resize
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS, StyleTransferLoss
from nsthelpers.speed import choose_dtype, fit_memory, plan_scales, prepare

LEARNING_RATES = {"lbfgs": 1.0, "adam": 0.03, "sgd": None}


@dataclass(frozen=True)
class Progress:
    """One step of the optimisation, as `stylize_steps` yields it and callbacks receive it.

    `step` counts from 1 to `steps`; one step is one evaluation of the loss and its gradient. `losses` holds "content",
    "style", "tv" (unweighted) and "total" (weighted) as floats, for the picture *before* this step's update; `image` is
    that picture, (1, 3, H, W) in [0, 1], smaller than the final one on the coarse scales of a pyramid. `seconds` is the time
    that the steps have taken, `done` the share of the whole work that is done (a step on a coarse scale is little work).
    """

    step: int
    steps: int
    losses: dict[str, float]
    image: Tensor
    seconds: float
    done: float

    @property
    def seconds_left(self) -> float:
        """The time that the rest of the work will take at the present speed, in seconds."""
        return self.seconds * (1 - self.done) / self.done


@dataclass
class Result:
    """What a run gives: `image` is the picture of the lowest total loss seen, (1, 3, H, W) in [0, 1].

    `history` has one dictionary for each step: "step", "seconds", "size" (the longer side), "total" and the terms.
    `settings` are the arguments of the run. `stopped` says why it ended: "finished", "stopped" (a callback), "interrupted"
    or "diverged".
    """

    image: Tensor
    history: list[dict[str, float]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    stopped: str = "finished"

    @property
    def seconds(self) -> float:
        """How long the optimisation took."""
        return self.history[-1]["seconds"] if self.history else 0.0

    @property
    def evaluations(self) -> int:
        """How many times the loss and its gradient were computed."""
        return len(self.history)

    def _repr_jpeg_(self) -> bytes:
        from nsthelpers.plots import jpeg_bytes

        return jpeg_bytes(self.image)


def stylize(
    content: Source,
    style: Source | Sequence[Source],
    *,
    backbone: str | Backbone = "mini",
    weights: str | None = None,
    size: int | None = 384,
    steps: int = 200,
    content_weight: float = 0.03,
    style_weight: float = 1.0,
    tv_weight: float = 0.1,
    content_layers: Sequence[str] = CONTENT_LAYERS,
    style_layers: Sequence[str] | Mapping[str, float] = STYLE_LAYERS,
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    init: str | Tensor = "content",
    pooling: str = "max",
    seed: int = 0,
    precision: str = "auto",
    scales: int | str = "auto",
    convention: str | None = None,
    device: str | None = None,
    callback: Callable[[Progress], object] | None = None,
    progress: bool = True,
) -> Result:
    """Paint the content picture in the style of the style picture (Gatys, Ecker and Bethge 2016).

    `content` and `style` are anything that `load_image` takes; several style pictures have their Gram matrices averaged.
    `size` is the longer side of both in pixels (None keeps their own); neither is cropped or stretched. `backbone` is a
    name (see `load_backbone`, which also explains `weights` and `pooling`) or a loaded backbone. `steps` is the number of
    evaluations of the loss. The weights and layers are those of `StyleTransferLoss`. `optimizer` is "lbfgs", "adam" or "sgd"
    (plain gradient descent), `learning_rate` None for its default (1.0, 0.03, none). `init` is the picture to start
    from: "content", "style" (scaled to cover, then cropped), "noise" (seeded by `seed`) or an image tensor.
    `precision` is that of the network: "bfloat16", "float32", or "auto" for bfloat16 where the hardware is fast at it; the
    image, the losses and the optimiser are always in float32. `scales` is the number of sizes of the coarse-to-fine pyramid
    (see `speed.plan_scales`), 1 for none.
    `convention` runs another implementation's loss, start, optimiser and learning rate instead (see `conventions`): the
    weights, layers, `init`, `optimizer`, `precision` and `scales` given here are then not used, and the terms of the
    history are weighted, as that implementation prints them.
    `callback` is called with each `Progress`; when it returns False, the run ends. `progress` shows a bar.

    Returns a `Result`, whose image is the best one seen; an interrupt (Ctrl-C, or the stop button of a notebook) ends the
    run and returns it too. An exception on the way has the result so far attached as its attribute `result`.
    Raises ValueError for bad settings, and whatever `load_image` and `load_backbone` raise.

    >>> result = stylize("chelsea", "swirls", size=64, steps=3, progress=False)
    >>> result.image.shape, result.evaluations
    (torch.Size([1, 3, 43, 64]), 3)
    """
    settings = {name: value for name, value in locals().items() if name not in ("callback", "progress")}
    return _run(stylize_steps(**settings), settings, steps, callback, progress)


def stylize_steps(
    content: Source,
    style: Source | Sequence[Source],
    *,
    backbone: str | Backbone = "mini",
    weights: str | None = None,
    size: int | None = 384,
    steps: int = 200,
    content_weight: float = 0.03,
    style_weight: float = 1.0,
    tv_weight: float = 0.1,
    content_layers: Sequence[str] = CONTENT_LAYERS,
    style_layers: Sequence[str] | Mapping[str, float] = STYLE_LAYERS,
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    init: str | Tensor = "content",
    pooling: str = "max",
    seed: int = 0,
    precision: str = "auto",
    scales: int | str = "auto",
    convention: str | None = None,
    device: str | None = None,
) -> Iterator[Progress]:
    """The generator under `stylize`: the same arguments, one `Progress` for each evaluation of the loss.

    >>> [record.step for record in stylize_steps("chelsea", "swirls", size=64, steps=2)]
    [1, 2]
    """
    content = load_image(content, size, device)
    pictures = list(style) if isinstance(style, (list, tuple)) else [style]
    styles = [load_image(picture, size, content.device) for picture in pictures]
    if isinstance(backbone, str):
        backbone = load_backbone(backbone, pooling, weights, content.device)
    check_steps(steps)
    if convention is not None:
        from nsthelpers.conventions import convention_loss_module, convention_start

        loss = convention_loss_module(convention, backbone, content, styles[0])
        rate = loss.convention.learning_rate if learning_rate is None else learning_rate
        yield from minimise(
            loss, convention_start(convention, content, seed), steps, loss.convention.plan.optimizer, rate
        )
        return
    start = starting_image(init, content, styles[0], seed)
    stages = plan_scales(tuple(content.shape[2:]), steps, scales)
    dtype, layers = choose_dtype(precision, content.device), [*content_layers, *style_layers]
    checkpoint = fit_memory(backbone, content, layers, dtype)
    network = prepare(backbone, layers, dtype, checkpoint)
    work, done, offset, seconds = sum(share**2 * count for share, count in stages), 0.0, 0, 0.0
    for share, count in stages:
        small, *small_styles = (_shrink(picture, share) for picture in (content, *styles))
        loss = StyleTransferLoss(
            network, small, small_styles, content_layers, style_layers, content_weight, style_weight, tv_weight
        )
        image, began, record = resize(start, tuple(small.shape[2:])), seconds, None
        for record in minimise(loss, image, count, optimizer, learning_rate):
            done, seconds, start = done + share**2 / work, began + record.seconds, record.image
            yield replace(record, step=offset + record.step, steps=steps, seconds=seconds, done=min(done, 1.0))
        if record is None or record.step < count:
            return  # the loss is no longer a number: no finer scale will mend it
        offset += count


def _shrink(image: Tensor, share: float) -> Tensor:
    """Return a picture at a share of its size, with at least 16 pixels on each side (what the deepest layers need)."""
    return resize(image, tuple(max(16, round(side * share)) for side in image.shape[2:])) if share < 1 else image


def reconstruct(
    backbone: Backbone,
    image: Source,
    *,
    content_layer: str | None = None,
    style_layers: Sequence[str] | Mapping[str, float] | None = None,
    steps: int = 200,
    tv_weight: float = 0.0,
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    init: str | Tensor = "noise",
    seed: int = 0,
    callback: Callable[[Progress], object] | None = None,
    progress: bool = True,
) -> Result:
    """Rebuild a picture from what some layers hold of it: figure 1 of Gatys, Ecker and Bethge 2016.

    With `content_layer`, a picture that has the same activations there (feature inversion, Mahendran and Vedaldi 2015);
    with `style_layers`, one that has the same Gram matrices (texture synthesis, Gatys et al. 2015). Exactly one of the
    two must be given. The other arguments and the result are those of `stylize`; there is no `size`: the picture is taken
    as it is. Raises ValueError for bad settings.

    >>> from nsthelpers import load_backbone, load_image
    >>> cat = load_image("chelsea", 64)
    >>> reconstruct(load_backbone("mini"), cat, content_layer="relu2_1", steps=2, progress=False).evaluations
    2
    """
    if (content_layer is None) == (style_layers is None):
        raise ValueError("Give either content_layer='relu4_2' (inversion) or style_layers=[...] (texture), not both.")
    settings = {name: value for name, value in locals().items() if name not in ("callback", "progress")}
    image = load_image(image, device=next(backbone.buffers()).device)
    if content_layer is not None:
        loss = StyleTransferLoss(backbone, content=image, content_layers=[content_layer], tv_weight=tv_weight)
    else:
        loss = StyleTransferLoss(backbone, style=image, style_layers=style_layers, tv_weight=tv_weight)
    start = starting_image(init, image, image, seed)
    return _run(minimise(loss, start, steps, optimizer, learning_rate), settings, steps, callback, progress)


def starting_image(init: str | Tensor, content: Tensor, style: Tensor, seed: int = 0) -> Tensor:
    """Return the picture that the optimisation starts from, with the shape of `content`.

    `init` is "content", "style" (scaled to cover the content's frame, then cropped around the centre), "noise" (seeded:
    every machine and device starts from the same) or an image tensor of the content's shape. Raises ValueError.

    >>> starting_image("noise", torch.zeros(1, 3, 8, 9), torch.zeros(1, 3, 5, 5)).shape
    torch.Size([1, 3, 8, 9])
    """
    height, width = content.shape[2:]
    if isinstance(init, Tensor):
        if init.shape != content.shape:
            raise ValueError(f"init has the shape {tuple(init.shape)}; the content has {tuple(content.shape)}.")
        return load_image(init, device=content.device)
    if init == "content":
        return content.clone()
    if init == "noise":
        noise = torch.randn(content.shape, generator=torch.Generator().manual_seed(seed))
        return (0.5 + 0.15 * noise).clamp(0, 1).to(content.device)
    if init == "style":
        scale = max(height / style.shape[2], width / style.shape[3])
        covering = resize(style, tuple(max(n, round(s * scale)) for n, s in zip((height, width), style.shape[2:])))
        top, left = (covering.shape[2] - height) // 2, (covering.shape[3] - width) // 2
        return covering[..., top : top + height, left : left + width].clone()
    raise ValueError(f"init is {init!r}; use 'content', 'style', 'noise' or an image tensor.")


def minimise(
    loss: Callable[[Tensor], dict[str, Tensor]] | nn.Module,
    start: Tensor,
    steps: int,
    optimizer: str = "lbfgs",
    learning_rate: float | Callable[[int], float] | None = None,
) -> Iterator[Progress]:
    """Change the pixels of `start` so that `loss` falls, yielding a `Progress` for each of `steps` evaluations.

    `loss` takes an image and returns a dictionary of 0-d tensors with the key "total". `learning_rate` may be a function of
    the step, counted from 0; "sgd", plain gradient descent, has no default. The generator ends early when the
    loss is no longer a finite number. Raises ValueError for bad settings.

    >>> grey = lambda image: {"total": (image - 0.5).square().sum()}
    >>> [round(p.losses["total"], 3) for p in minimise(grey, torch.ones(1, 3, 1, 1), 3)]
    [0.75, 0.083, 0.0]
    """
    check_steps(steps)
    if optimizer not in LEARNING_RATES:
        raise ValueError(f"optimizer is {optimizer!r}; use 'lbfgs' or 'adam' (or 'sgd', plain gradient descent).")
    rate = LEARNING_RATES[optimizer] if learning_rate is None else learning_rate
    first = rate(0) if callable(rate) else rate
    if not isinstance(first, (int, float)) or not 0 < first < math.inf:
        default = "; 'sgd' has no default" if rate is None else ", or None for the default"
        raise ValueError(f"learning_rate is {learning_rate!r}; give a number above 0{default}.")
    image = start.detach().clone().contiguous().requires_grad_(True)
    if optimizer == "lbfgs":
        # max_iter=1: each call of step() costs exactly one evaluation; the memory of curvature lives on between calls.
        stepper = torch.optim.LBFGS(
            [image], lr=first, max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0
        )
    else:
        stepper = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[optimizer]([image], lr=first)
    losses: dict[str, float] = {}

    def closure() -> Tensor:
        stepper.zero_grad()
        terms = loss(image)
        terms["total"].backward()
        losses.update({name: term.item() for name, term in terms.items()})
        return terms["total"]

    began = time.monotonic()
    for step in range(1, steps + 1):
        with torch.no_grad():
            # Between steps, so that every picture that is evaluated and scored is one that can be shown.
            image.clamp_(0, 1)
        if callable(rate):
            stepper.param_groups[0]["lr"] = rate(step - 1)
        before = image.detach().clone()
        stepper.step(closure)
        if not math.isfinite(losses["total"]):
            return
        yield Progress(step, steps, dict(losses), before, time.monotonic() - began, step / steps)


def check_steps(steps: Any) -> None:
    """Raise ValueError unless `steps` is a whole number of at least 1."""
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise ValueError(f"steps is {steps!r}; give a whole number of at least 1.")


def _run(
    records: Iterator[Progress],
    settings: dict[str, Any],
    steps: int,
    callback: Callable[[Progress], object] | None,
    progress: bool,
) -> Result:
    """Drive `records` to their end, keeping the best picture, whatever happens on the way."""
    from tqdm.auto import tqdm

    settings = {name: _describe(value) for name, value in settings.items()}
    result, lowest = Result(image=None, settings=settings), math.inf
    with tqdm(total=steps, disable=not progress, unit="step", leave=False) as bar:
        try:
            for record in records:
                size = max(record.image.shape[2:])
                row = {"step": record.step, "seconds": record.seconds, "size": size, **record.losses}
                result.history.append(row)
                # The losses of two scales cannot be compared: a finer picture replaces the best coarse one.
                finer = result.image is None or record.image.shape != result.image.shape
                if finer or record.losses["total"] < lowest:
                    lowest, result.image = record.losses["total"], record.image
                bar.set_postfix(
                    {"left": f"{record.seconds_left:.0f} s"}
                    | {name: f"{value:.4g}" for name, value in record.losses.items()},
                    refresh=False,
                )
                bar.update()
                if callback is not None and callback(record) is False:
                    result.stopped = "stopped"
                    break
        except KeyboardInterrupt:
            if result.image is None:
                raise
            result.stopped = "interrupted"
        except Exception as problem:
            problem.result = result if result.image is not None else None
            raise
    if result.image is None:
        raise ValueError("The loss of the starting picture is not a finite number; lower the weights.")
    if result.stopped == "finished" and len(result.history) < steps:
        result.stopped = "diverged"
        warnings.warn(
            f"The loss stopped being a number after {len(result.history)} of {steps} steps; the best picture so far is "
            "kept. A lower learning_rate, or the optimizer 'adam', helps.",
            stacklevel=3,
        )
    return result


def _describe(value: Any) -> Any:
    """Return a setting as something that JSON can hold: pictures and networks by name or shape."""
    if isinstance(value, Tensor):
        return f"tensor {tuple(value.shape)}"
    if isinstance(value, Backbone):
        return value.name
    if isinstance(value, (list, tuple)):
        return [_describe(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _describe(item) for name, item in value.items()}
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
