"""The optimisation loop: style transfer, and content and style reconstruction as its special cases."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from nsthelpers.backbones import Backbone, check_backbone, check_layers, load_backbone
from nsthelpers.checkpoints import SECONDS, State, digest, open_state
from nsthelpers.features import cell_size
from nsthelpers.images import Source, check_image, check_whole, load_argument, resize
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS, StyleTransferLoss
from nsthelpers.speed import choose_dtype, fit_memory, plan_scales, prepare

EXPLODED, PATIENCE = 1000, 20  # so many times the lowest loss, for so many steps on end: no run comes back from there
LEARNING_RATES = {"lbfgs": 1.0, "adam": 0.03, "sgd": None}


@dataclass(frozen=True)
class Progress:
    """One step of the optimisation, as `stylize_steps` yields it and callbacks receive it.

    `step` counts from 1 to `steps`; one step is one evaluation of the loss and its gradient. `losses` holds "content",
    "style", "tv" (unweighted) and "total" (weighted) as floats, for the picture *before* this step's update; `image` is
    that picture, (1, 3, H, W) in [0, 1], smaller than the final one on the coarse scales of a pyramid. `seconds` is the time
    since the beginning, callbacks included, `done` the share of the whole work that is done (a step on a coarse scale is
    little work).
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
    """What a run gives: `image` is the picture of the lowest total loss, (1, 3, H, W) in [0, 1].

    With a pyramid it is the best of the last scale that was reached, since losses of two scales cannot be compared: a run
    that is stopped early gives a smaller picture.

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
        from nsthelpers.show.html import jpeg_bytes

        return jpeg_bytes(self.image)


def stylize(
    content: Source,
    style: Source | Sequence[Source],
    *,
    backbone: str | Backbone = "mini",
    weights: str | None = None,
    size: int | None = 512,
    steps: int = 200,
    content_weight: float = 0.03,
    style_weight: float = 1.0,
    tv_weight: float = 0.01,
    content_layers: Sequence[str] = CONTENT_LAYERS,
    style_layers: Sequence[str] | Mapping[str, float] = STYLE_LAYERS,
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    init: str | Tensor = "content",
    pooling: str = "avg",
    seed: int = 0,
    precision: str = "auto",
    scales: int | str = "auto",
    convention: str | None = None,
    device: str | None = None,
    callback: Callable[[Progress], object] | None = None,
    progress: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
) -> Result:
    """Paint the content picture in the style of the style picture (Gatys, Ecker and Bethge 2016).

    `content` and `style` are anything that `load_image` takes; several style pictures have their Gram matrices averaged.
    `size` is the longer side of both in pixels (None keeps their own); neither is cropped or stretched. `backbone` is a
    name (see `load_backbone`, which also explains `weights` and `pooling`) or a loaded backbone. `steps` is the number of
    evaluations of the loss. The weights and layers are those of `StyleTransferLoss`. `optimizer` is "lbfgs", "adam"
    or "sgd" (plain gradient descent), `learning_rate` None for its default (1.0, 0.03, none). `init` is the picture to start
    from: "content", "style" (scaled to cover, then cropped), "noise" (seeded by `seed`) or an image tensor.
    `precision` is that of the network: "bfloat16", "float32", or "auto" for bfloat16 where the hardware is fast at it; the
    image, the losses and the optimiser are always in float32. `scales` is the number of sizes of the coarse-to-fine pyramid
    (see `speed.plan_scales`), 1 for none; each begins with the picture of the one before it, enlarged, and the fine detail
    of the starting picture.
    `convention` runs another implementation's loss, start, optimiser and learning rate instead (see `conventions`): the
    weights, layers, `init`, `optimizer`, `precision` and `scales` given here are then not used, and the terms of the
    history are weighted, as that implementation prints them.
    `callback` is called with each `Progress`; when it returns False, the run ends. `progress` shows a bar with the
    estimated memory (see `speed.estimate_memory`), the time left and the losses.
    `checkpoint` is a file in which the state of the run is kept, every half minute and at its end, however it ends. If the
    file is there, the run goes on from it, as if it had never stopped: the same pictures, bit for bit on the same machine
    with precision="float32" on the processor, elsewhere to rounding. A file of other settings is refused.

    Returns a `Result`, whose image is the best one seen; an interrupt (Ctrl-C, or the stop button of a notebook) ends the
    run and returns it too. An exception on the way has the result so far attached as its attribute `result`.
    Raises ValueError for bad settings, and whatever `load_image` and `load_backbone` raise.

    >>> result = stylize("tuebingen", "starry_night", size=64, steps=3, progress=False)
    >>> result.image.shape, result.evaluations
    (torch.Size([1, 3, 48, 64]), 3)
    """
    settings = {name: value for name, value in locals().items() if name not in ("callback", "progress", "checkpoint")}
    state = State() if checkpoint is None else open_state(checkpoint, device)
    return _run(stylize_steps(**settings, state=state), settings, steps, callback, progress, state)


def stylize_steps(
    content: Source,
    style: Source | Sequence[Source],
    *,
    backbone: str | Backbone = "mini",
    weights: str | None = None,
    size: int | None = 512,
    steps: int = 200,
    content_weight: float = 0.03,
    style_weight: float = 1.0,
    tv_weight: float = 0.01,
    content_layers: Sequence[str] = CONTENT_LAYERS,
    style_layers: Sequence[str] | Mapping[str, float] = STYLE_LAYERS,
    optimizer: str = "lbfgs",
    learning_rate: float | None = None,
    init: str | Tensor = "content",
    pooling: str = "avg",
    seed: int = 0,
    precision: str = "auto",
    scales: int | str = "auto",
    convention: str | None = None,
    device: str | None = None,
    state: State | None = None,
) -> Iterator[Progress]:
    """The generator under `stylize`: the same arguments, one `Progress` for each evaluation of the loss.

    `state` is kept up to date with what is needed to go on; the run begins where it stands (see `checkpoints`).

    >>> [record.step for record in stylize_steps("tuebingen", "starry_night", size=64, steps=2)]
    [1, 2]
    """
    arguments = locals()
    content = load_argument(content, "content", size, device)
    pictures = list(style) if isinstance(style, (list, tuple)) else [style]
    styles = [load_argument(picture, "style", size, content.device) for picture in pictures]
    if not styles:
        raise ValueError("style is empty; give at least one picture.")
    if not isinstance(backbone, Backbone):
        backbone = load_backbone(backbone, pooling, weights, content.device)
    check_whole(steps, "steps", 1)
    state = _check_state(state)
    if state.path is not None:
        state.claim(_fingerprint(arguments, content, styles, backbone))
    if convention is not None:
        if not isinstance(convention, str):
            raise ValueError(f"convention is {convention!r}; give the name of an implementation, such as 'keras'.")
        from nsthelpers.conventions import convention_loss_module, convention_start

        loss = convention_loss_module(convention, backbone, content, styles[0])
        rate = loss.convention.learning_rate if learning_rate is None else learning_rate
        yield from minimise(
            loss, convention_start(convention, content, seed), steps, loss.convention.plan.optimizer, rate, state
        )
        return
    start = starting_image(init, content, styles[0], seed)
    stages = plan_scales(tuple(content.shape[2:]), steps, scales)
    layers = [*check_layers(content_layers, "content_layers"), *check_layers(style_layers, "style_layers")]
    dtype = choose_dtype(precision, content.device)
    checkpoint, memory = fit_memory(backbone, content, layers, dtype)
    state.replace(memory=memory)
    network = prepare(backbone, layers, dtype, checkpoint)
    work, offset, finished = sum(share**2 * count for share, count in stages), 0, 0.0
    for number, (share, count) in enumerate(stages):
        if number > state.scale:
            state.replace(scale=number, step=0, image=None, optimizer={})
        if number == state.scale:
            smallest = max(16, cell_size(network, layers))
            small, *small_styles = (_shrink(picture, share, smallest) for picture in (content, *styles))
            loss = StyleTransferLoss(
                network, small, small_styles, content_layers, style_layers, content_weight, style_weight, tv_weight
            )
            image = _shrink(start, share, smallest)
            if number and state.step == 0:
                # The picture that the last step of the coarser scale was scored by, and the fine detail of the start, which
                # enlarging cannot bring back: a band of its Laplacian pyramid (Kolkin, Salavon and Shakhnarovich 2019).
                coarse, shape = state.evaluated.to(image), tuple(image.shape[2:])
                coarse_start = resize(image, tuple(coarse.shape[2:]))
                image = (resize(coarse, shape) + image - resize(coarse_start, shape)).clamp(0, 1)
            for record in minimise(loss, image, count, optimizer, learning_rate, state):
                done = (finished + share**2 * record.step) / work
                yield replace(record, step=offset + record.step, steps=steps, done=min(done, 1.0))
            if state.step < count:
                return  # the loss is no longer a number: no finer scale will mend it
        offset, finished = offset + count, finished + share**2 * count


def _fingerprint(
    arguments: Mapping[str, Any], content: Tensor, styles: Sequence[Tensor], backbone: Backbone
) -> dict[str, Any]:
    """Return what makes a run the run that it is: its settings, its pictures and its network, however they were named."""
    named = ("content", "style", "backbone", "weights", "pooling", "device", "state")
    settings = {name: _describe(value) for name, value in arguments.items() if name not in named}
    network = f"{backbone.name} ({backbone.pooling} pooling) {digest(*backbone.parameters())}"
    return settings | {"backbone": network, "content": _describe(content), "style": _describe(styles)}


def _shrink(image: Tensor, share: float, smallest: int) -> Tensor:
    """Return a picture at a share of its size, with at least `smallest` pixels on each side, which the layers need."""
    return resize(image, tuple(max(smallest, round(side * share)) for side in image.shape[2:])) if share < 1 else image


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
    image = load_argument(image, "image", None, next(check_backbone(backbone).buffers()).device)
    if content_layer is not None:
        loss = StyleTransferLoss(backbone, content=image, content_layers=[content_layer], tv_weight=tv_weight)
    else:
        loss = StyleTransferLoss(backbone, style=image, style_layers=style_layers, tv_weight=tv_weight)
    start = starting_image(init, image, image, seed)
    state = State()
    records = minimise(loss, start, steps, optimizer, learning_rate, state)
    return _run(records, settings, steps, callback, progress, state)


def starting_image(init: str | Tensor, content: Tensor, style: Tensor, seed: int = 0) -> Tensor:
    """Return the picture that the optimisation starts from, with the shape of `content`.

    `init` is "content", "style" (scaled to cover the content's frame, then cropped around the centre), "noise" (seeded:
    every machine and device starts from the same) or an image tensor of the content's shape. Raises ValueError.

    >>> starting_image("noise", torch.zeros(1, 3, 8, 9), torch.zeros(1, 3, 5, 5)).shape
    torch.Size([1, 3, 8, 9])
    """
    height, width = content.shape[2:]
    check_whole(seed, "seed", 0)
    if isinstance(init, Tensor):
        if init.shape != content.shape:
            raise ValueError(f"init has the shape {tuple(init.shape)}; the content has {tuple(content.shape)}.")
        return load_argument(init, "init", None, content.device)
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
    state: State | None = None,
) -> Iterator[Progress]:
    """Change the pixels of `start` so that `loss` falls, yielding a `Progress` for each of `steps` evaluations.

    `loss` takes an image and returns a dictionary of 0-d tensors with the key "total". `learning_rate` may be a function of
    the step, counted from 0; "sgd", plain gradient descent, has no default. The generator ends early when the
    loss is no longer a finite number. `state`, if given, is kept up to date, and the run begins where it stands. Raises
    ValueError for bad settings.

    >>> grey = lambda image: {"total": (image - 0.5).square().sum()}
    >>> [round(p.losses["total"], 3) for p in minimise(grey, torch.ones(1, 3, 1, 1), 3)]
    [0.75, 0.083, 0.0]
    """
    check_whole(steps, "steps", 1)
    check_image(start, "start")
    if not callable(loss):
        raise ValueError(f"loss is a {type(loss).__name__}; give a function from an image to a dictionary of terms.")
    if optimizer not in tuple(LEARNING_RATES):
        raise ValueError(f"optimizer is {optimizer!r}; use 'lbfgs' or 'adam' (or 'sgd').")
    rate = LEARNING_RATES[optimizer] if learning_rate is None else learning_rate
    first = rate(0) if callable(rate) else rate
    if isinstance(first, bool) or not isinstance(first, (int, float)) or not 0 < first < math.inf:
        default = "; 'sgd' has no default" if rate is None else ", or None for the default"
        raise ValueError(f"learning_rate is {learning_rate!r}; give a number above 0{default}.")
    state = _check_state(state)
    image = start if state.image is None else state.image.to(start)
    image = image.detach().clone().contiguous().requires_grad_(True)
    if optimizer == "lbfgs":
        # max_iter=1: each call of step() costs exactly one evaluation; the memory of curvature lives on between calls.
        stepper = torch.optim.LBFGS(
            [image], lr=first, max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0
        )
    else:
        kinds = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
        stepper = kinds[optimizer]([image], lr=first)
    if state.optimizer:
        groups = stepper.state_dict()["param_groups"]
        stepper.load_state_dict({"state": {0: state.optimizer}, "param_groups": groups})
    losses: dict[str, float] = {}

    def closure() -> Tensor:
        stepper.zero_grad()
        terms = loss(image)
        terms["total"].backward()
        losses.update({name: term.item() for name, term in terms.items()})
        return terms["total"]

    began = time.monotonic() - state.seconds
    for step in range(state.step + 1, steps + 1):
        with torch.no_grad():
            # Between steps, so that every picture that is evaluated and scored is one that can be shown.
            image.clamp_(0, 1)
        if callable(rate):
            stepper.param_groups[0]["lr"] = rate(step - 1)
        before = image.detach().clone()
        stepper.step(closure)
        if not math.isfinite(losses["total"]):
            return
        seconds = time.monotonic() - began
        state.replace(
            step=step,
            evaluations=state.evaluations + 1,
            seconds=seconds,
            image=image.detach().clone(),
            evaluated=before,
            optimizer=_memory(stepper),
        )
        # A copy: whoever draws on it does not change the run.
        yield Progress(step, steps, dict(losses), before.clone(), seconds, step / steps)


def _memory(stepper: torch.optim.Optimizer) -> dict[str, Any]:
    """Return what the optimiser remembers, safe from its next step: it writes into its tensors and its lists, but never
    into the tensors in the lists (the 20 vectors of L-BFGS), so that those need no copies."""
    copies = {Tensor: Tensor.clone, list: list.copy}
    memory = stepper.state_dict()["state"].get(0, {})
    return {name: copies.get(type(value), lambda same: same)(value) for name, value in memory.items()}


def _check_state(state: Any) -> State:
    if state is not None and not isinstance(state, State):
        raise ValueError(
            f"state is a {type(state).__name__}; open one with checkpoints.open_state(path), or give None."
        )
    return State() if state is None else state


def _run(
    records: Iterator[Progress],
    settings: dict[str, Any],
    steps: int,
    callback: Callable[[Progress], object] | None,
    progress: bool,
    state: State,
) -> Result:
    """Drive `records` to their end, keeping the best picture and the checkpoint, whatever happens on the way."""
    from tqdm.auto import tqdm

    if callback is not None and not callable(callback):
        raise ValueError(f"callback is {callback!r}; give a function that takes a Progress, or None.")
    result = Result(state.best, state.history, {name: _describe(value) for name, value in settings.items()})
    written, raised, begun = time.monotonic(), 0, state.evaluations
    with tqdm(total=steps, initial=len(state.history), disable=not progress, unit="step", leave=False) as bar:
        try:
            for record in records:
                total, size = record.losses["total"], max(record.image.shape[2:])
                # The losses of two scales cannot be compared: a finer picture replaces the best coarse one.
                if state.best is None or record.image.shape != state.best.shape or total < state.lowest:
                    state.replace(best=record.image.clone(), lowest=total)
                    result.image, raised = state.best, 0
                state.history.append({"step": record.step, "seconds": record.seconds, "size": size, **record.losses})
                if state.memory and state.evaluations == begun + 1:
                    bar.set_description(f"about {state.memory / 1e9:.2g} GB")
                bar.set_postfix(
                    {"left": f"{record.seconds_left:.0f} s"}
                    | {name: f"{value:.4g}" for name, value in record.losses.items()},
                    refresh=False,
                )
                bar.update()
                if callback is not None and callback(record) is False:
                    result.stopped = "stopped"
                    break
                raised = raised + 1 if total > EXPLODED * state.lowest else 0
                if raised == PATIENCE:
                    result.stopped = "diverged"
                    break
                if time.monotonic() - written > SECONDS:
                    _write(state)
                    written = time.monotonic()
        except KeyboardInterrupt:
            if result.image is None:
                raise
            result.stopped = "interrupted"
        except Exception as problem:
            if _is_out_of_memory(problem):
                size = settings.get("size")
                half = f"size={size // 2}" if size else "half the size"
                sentence = f"The memory does not suffice for this picture; {half} needs a quarter of it."
                raise _attach(MemoryError(sentence), result) from problem
            _attach(problem, result)
            raise
        finally:
            if state.evaluations > begun:
                _write(state)
    if result.image is None:
        raise ValueError("The loss of the starting picture is not a finite number; lower the weights.")
    if result.stopped == "finished" and len(result.history) < steps:
        result.stopped = "diverged"
    lower = "a lower learning_rate, or the optimizer 'adam', helps."
    if result.stopped == "diverged":
        how = f"grew beyond {EXPLODED} times its lowest value" if raised == PATIENCE else "stopped being a number"
        taken = f"after {len(result.history)} of {steps} steps"
        warnings.warn(f"The loss {how} {taken}; the best picture so far is kept: {lower}", stacklevel=3)
    return result


def _write(state: State) -> None:
    """Write the checkpoint, if there is one; a full disk costs the checkpoint, not the run."""
    if state.path is None or state.best is None:
        return
    try:
        state.write()
    except Exception as problem:  # an OSError, or safetensors' own
        warnings.warn(f"Cannot write the checkpoint {state.path.name!r} ({problem}); the run goes on.", stacklevel=4)


def _attach(problem: Exception, result: Result) -> Exception:
    """Return the exception with the result so far as its attribute `result`, None before the first step."""
    problem.result = result if result.image is not None else None
    return problem


def _is_out_of_memory(problem: Exception) -> bool:
    # On the CPU, PyTorch has no exception of its own for it.
    words = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc")
    if isinstance(problem, MemoryError):
        return not str(problem)  # Python's own; those of this package say what fits
    return isinstance(problem, RuntimeError) and any(word in str(problem) for word in words)


def _describe(value: Any) -> Any:
    """Return a setting as something that JSON can hold: pictures and networks by name or shape."""
    if isinstance(value, Tensor):
        return f"tensor {tuple(value.shape)} {digest(value)}"
    if isinstance(value, Backbone):
        return value.name
    if isinstance(value, (list, tuple)):
        return [_describe(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _describe(item) for name, item in value.items()}
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
