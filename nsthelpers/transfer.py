"""The optimisation loop: style transfer, and content and style reconstruction as its special cases."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from nsthelpers._validation import check_image, check_layers, check_rate, check_whole
from nsthelpers.backbones import Backbone, check_backbone, deepest_layer
from nsthelpers.engine.checkpoints import Checkpoint, state_after
from nsthelpers.engine.colours import keep_colours, luminance, prepare_colours
from nsthelpers.engine.inputs import load_inputs
from nsthelpers.engine.memory import fit_memory
from nsthelpers.engine.network import choose_dtype, lean_gram_matrix, prepare
from nsthelpers.engine.pyramid import plan_scales, refine, share_done, shrink
from nsthelpers.engine.running import Result, run
from nsthelpers.engine.signatures import takes
from nsthelpers.files.settings import describe, digest
from nsthelpers.images import Source, load_argument, resize
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS, StyleTransferLoss, whole_cells

LOSS_SETTINGS = ("content_weight", "style_weight", "tv_weight", "style_blend", "content_layers", "style_layers")
LEARNING_RATES = {"lbfgs": 1.0, "adam": 0.03, "sgd": None}
LEAP = 10  # a step of L-BFGS that multiplies the loss by more than this has gone wrong: see `minimise`


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a picture is painted. `stylize` takes each of these as a keyword; the command line, the studio, checkpoints and
    the settings inside PNGs are made from this list.

    >>> chosen = Settings(size=256)
    >>> chosen.size, chosen.steps, chosen.optimizer
    (256, 200, 'lbfgs')
    """

    backbone: str | Backbone = _setting("mini", "the network: 'mini', 'vgg16', 'vgg19', or a loaded one")
    weights: str | None = _setting(None, "weights of the network: None for the trained ones, a file, or 'random'")
    size: int | None = _setting(512, "longer side of both pictures in pixels, 1 to 16384; None keeps their own")
    steps: int = _setting(200, "evaluations of the loss and its gradient, at least 1")
    content_weight: float = _setting(0.0003, "how much the content counts, at least 0; 0.03 or more for faces or noise")
    style_weight: float = _setting(1.0, "how much the style counts, at least 0")
    tv_weight: float = _setting(0.01, "how much smoothness counts (total variation), at least 0")
    style_blend: Sequence[float] | None = _setting(None, "shares of several style pictures; None for equal shares")
    style_scale: float = _setting(1.0, "size of the style relative to `size`, 0.1 to 4; smaller: finer strokes")
    masks: Sequence[Source] | None = _setting(None, "a mask picture for each style, white where it is painted, or None")
    keep_colours: str | bool | None = _setting(
        False, "'luminance' (or True): paint only light and dark; 'match': give the style the content's colours"
    )
    content_layers: Sequence[str] | Mapping[str, float] = _setting(
        CONTENT_LAYERS, "layers at which the content is compared, or a dictionary from layer to weight"
    )
    style_layers: Sequence[str] | Mapping[str, float] = _setting(
        STYLE_LAYERS, "layers at which the style is compared, or a dictionary from layer to weight"
    )
    optimizer: str = _setting("lbfgs", "'lbfgs', 'adam', or 'sgd' (plain gradient descent)")
    learning_rate: float | None = _setting(None, "learning rate, above 0; None for 1 (lbfgs) or 0.03 (adam)")
    init: Source = _setting("content", "start from 'content', 'style', 'noise', or a picture that covers the content")
    pooling: str = _setting("avg", "'avg', or 'max' as in VGG's training")
    seed: int = _setting(0, "random seed of the noise and of random weights, at least 0")
    precision: str = _setting("auto", "precision of the network: 'float32', 'bfloat16', or 'auto' for the faster one")
    scales: int | str = _setting("auto", "number of sizes, coarse to fine, 1 (no pyramid) to 6, or 'auto'")
    device: str | None = _setting(None, "'cpu', 'cuda' or 'mps'; None for the network's, or the best one available")


@dataclass(frozen=True, eq=False)
class Progress:
    """One step of the optimisation, as `stylize_steps` yields it and callbacks receive it.

    `step` counts from 1 to `steps`; one step is one evaluation of the loss and its gradient. `losses` holds "content",
    "style", "tv" (unweighted) and "total" (weighted) as floats, for the picture *before* this step's update; `image` is
    that picture, (1, 3, H, W) in [0, 1], smaller than the final one on the coarse scales of a pyramid. `seconds` is the time
    since the beginning, callbacks included, `done` the share of the whole work that is done (a step on a coarse scale is
    little work). `state()` is what `minimise` needs to continue after this step: call it before the next step, which
    changes the pixels. `scale` is the number of the scale, from 0, `memory` the estimated bytes of the run, 0 for unknown.

    >>> record = next(stylize_steps("tuebingen", "starry_night", size=64, steps=2))
    >>> record.step, record.steps, sorted(record.losses), record.image.shape
    (1, 2, ['content', 'style', 'total', 'tv'], torch.Size([1, 3, 48, 64]))
    """

    step: int
    steps: int
    losses: dict[str, float]
    image: Tensor = field(repr=False)
    seconds: float
    done: float
    state: Callable[[], dict[str, Any]] = field(repr=False, default=dict)
    scale: int = 0
    memory: int = 0

    @property
    def seconds_left(self) -> float:
        """The time, in seconds, that the rest of the work will take at the present speed."""
        return self.seconds * (1 - self.done) / self.done


@torch.inference_mode(False)
@torch.enable_grad()
def minimise(
    loss: Callable[[Tensor], dict[str, Tensor]],
    start: Tensor,
    steps: int,
    optimizer: str = "lbfgs",
    learning_rate: float | Callable[[int], float] | None = None,
    state: Mapping[str, Any] | None = None,
) -> Iterator[Progress]:
    """Lower `loss` by changing the pixels of an image, and yield a `Progress` for each of `steps` evaluations.

    `start` is the image to begin with, (1, 3, H, W) in [0, 1]; it is not changed. `loss` takes an image and returns a
    dictionary of 0-d tensors with the key "total". `learning_rate`, above 0, is a number or a function of the step, counted
    from 0; None is 1 for "lbfgs" and 0.03 for "adam", and "sgd", plain gradient descent, needs one. If a step of "lbfgs"
    multiplies the loss by more than ten, a tenth of it is taken in its place, and the curvature is measured again. The
    generator ends early when the loss is not finite. `state` is a `Progress.state()`. Raises ValueError for bad settings.

    Used in notebooks 00, 01, 02, 05, 06, 10 and 11.

    >>> grey = lambda image: {"total": (image - 0.5).square().sum()}
    >>> [round(p.losses["total"], 3) for p in minimise(grey, torch.ones(1, 3, 1, 1), 3)]
    [0.75, 0.083, 0.0]
    """
    steps, image = check_whole(steps, "steps", 1), check_image(start, "start")
    if not callable(loss):
        raise ValueError(f"loss is a {type(loss).__name__}; give a function from an image to a dictionary of terms.")
    if optimizer not in tuple(LEARNING_RATES):  # a tuple: what has no hash is refused, too
        raise ValueError(f"optimizer is {optimizer!r}; use 'lbfgs' or 'adam' (or 'sgd').")
    rate = check_rate(LEARNING_RATES[optimizer] if learning_rate is None else learning_rate)
    image = (image if state is None else state["pixels"].to(image)).detach().clone().contiguous().requires_grad_(True)
    if optimizer == "lbfgs":
        # max_iter=1: each call of step() costs exactly one evaluation; the curvature history is kept between calls.
        stepper = torch.optim.LBFGS([image], rate(0), max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0)
    else:
        stepper = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[optimizer]([image], rate(0))
    if state is not None:
        stepper.load_state_dict(stepper.state_dict() | {"state": {0: state["optimizer"]}})
    losses: dict[str, float] = {}
    # Where a leap goes back to: the last picture that was none, and its loss.
    safe, safe_loss = (image, math.inf) if state is None else (state["evaluated"].to(image), state["loss"])

    def closure() -> Tensor:
        stepper.zero_grad()
        terms = loss(image)
        terms["total"].backward()
        losses.update({name: term.item() for name, term in terms.items()})
        return terms["total"]

    began = time.monotonic()
    for step in range(1 if state is None else state["step"] + 1, steps + 1):
        with torch.no_grad():
            # Between steps, so that every picture that is evaluated and scored is one that can be shown.
            image.clamp_(0, 1)
        stepper.param_groups[0]["lr"] = rate(step - 1)
        before = image.detach().clone()
        stepper.step(closure)
        if not math.isfinite(losses["total"]):
            return
        if optimizer == "lbfgs" and losses["total"] > LEAP * safe_loss:
            # The measured curvature held only nearby; the picture would not come back from so far off.
            image.data.copy_(torch.lerp(safe, before, 0.1))
            stepper.state.clear()
        else:
            safe, safe_loss = before.clone(), losses["total"]  # a copy: a callback may draw on the other
        resume = partial(state_after, step, image, safe, safe_loss, stepper)  # called only where the state is kept
        yield Progress(step, steps, dict(losses), before, time.monotonic() - began, step / steps, resume)


def normal_noise(like: Tensor, seed: int) -> Tensor:
    """Return noise (mean 0, standard deviation 1) with the shape and device of `like`: the same on every machine."""
    options = {"generator": torch.Generator().manual_seed(seed), "dtype": torch.float32, "device": "cpu"}
    return torch.randn(like.shape, **options).to(like.device)


def starting_image(init: Source, content: Tensor, style: Tensor, seed: int = 0) -> Tensor:
    """Return the picture that the optimisation starts from, with the shape of `content`.

    `init` is "content", "style", "noise" (seeded: every machine and device starts from the same) or anything that
    `load_image` takes. A style or a picture of another size is scaled to cover the content's frame, then cropped around
    the centre. Raises ValueError for a bad `init` or `seed`.

    >>> starting_image("noise", torch.zeros(1, 3, 8, 9), torch.zeros(1, 3, 5, 5)).shape
    torch.Size([1, 3, 8, 9])
    """
    height, width = content.shape[2:]
    seed = check_whole(seed, "seed", 0)
    word = init if isinstance(init, str) else ""
    if word == "content":
        return content.clone()
    if word == "noise":
        return (0.5 + 0.15 * normal_noise(content, seed)).clamp(0, 1)
    try:
        picture = style if word == "style" else load_argument(init, "init", None, style.device)
    except FileNotFoundError:
        raise ValueError(f"init is {init!r}; use 'content', 'style', 'noise' or a picture.") from None
    scale = max(height / picture.shape[2], width / picture.shape[3])
    covering = resize(picture, tuple(max(n, round(s * scale)) for n, s in zip((height, width), picture.shape[2:])))
    top, left = (covering.shape[2] - height) // 2, (covering.shape[3] - width) // 2
    return covering[..., top : top + height, left : left + width].clone()


@takes(Settings)  # makes each field a keyword with its default, and lists them in the docstring at {settings}
def stylize(
    content: Source,
    style: Source | Sequence[Source],
    *,
    callback: Callable[[Progress], object] | None = None,
    progress: bool = True,
    checkpoint: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> Result:
    """Paint the content picture in the style of the style picture (Gatys, Ecker and Bethge 2016).

    `content` and `style` are anything that `load_image` takes. Several style pictures are blended: their Gram matrices are
    averaged with the shares of `style_blend`, or with `masks` each style is painted in its own region (Gatys et al. 2017).
    No picture is cropped or stretched; a style is loaded with at most about four times the content's pixels. The settings,
    with their defaults (`load_backbone` says more about the network, `StyleTransferLoss` about weights and layers):

    {settings}

    `callback` is called with each `Progress`; when it returns False, the run ends. `progress` shows a bar with the
    estimated memory, the time left and the losses. `checkpoint` is a file that keeps the state of the run, saved every half
    minute and when the run ends, however it ends. If the file exists, the run continues from it as if it had never stopped:
    with the same pictures, bit for bit on the CPU of the same machine with precision="float32", elsewhere up to rounding. A
    file with other settings is refused.

    Each scale of the pyramid starts from the enlarged picture of the one before it, with the fine detail of the start. A
    picture whose sides are no multiples of the deepest layer's stride at every scale (64 pixels at the defaults) is painted
    with a mirrored margin, which is cut off; the losses include it. The image, the losses and the optimiser are in float32
    at every `precision`.

    Returns a `Result`, whose image is the best one seen; an interrupt (Ctrl-C, or the stop button of a notebook) ends the
    run and returns it too. An exception during the run carries the result so far in its attribute `result`.
    Raises ValueError for bad settings, and whatever `load_image` and `load_backbone` raise.

    Used in notebooks 00, 02, 07, 08, 10, 11 and 12.

    >>> result = stylize("tuebingen", "starry_night", size=64, steps=3, progress=False)
    >>> result
    Result(64 × 48 pixels, 3 evaluations, finished)
    """
    chosen = Settings(**settings)
    keeper = None if checkpoint is None else Checkpoint(checkpoint)
    record = describe({"content": content, "style": style, **vars(chosen)})
    records = stylize_steps(content, style, checkpoint=keeper, **settings)
    return run(records, chosen.steps, record, callback, progress, keeper)


@takes(Settings)
@torch.inference_mode(False)
@torch.enable_grad()
def stylize_steps(
    content: Source, style: Source | Sequence[Source], *, checkpoint: Checkpoint | None = None, **settings: Any
) -> Iterator[Progress]:
    """The generator behind `stylize`: the same settings and errors, one `Progress` for each evaluation of the loss.

    With a `checkpoint`, the run continues from its state.

    >>> [record.step for record in stylize_steps("tuebingen", "starry_night", size=64, steps=2)]
    [1, 2]
    """
    chosen = Settings(**settings)
    photograph, styles, backbone, masks = load_inputs(content, style, chosen)
    content, styles = prepare_colours(chosen.keep_colours, photograph, styles)
    start = starting_image(chosen.init, content, styles[0], chosen.seed)
    recolour = chosen.keep_colours in (True, "luminance")  # grey pictures in the loop, coloured for those who look
    start = luminance(start).expand(-1, 3, -1, -1) if recolour else start
    steps = check_whole(chosen.steps, "steps", 1)
    layers = check_layers(chosen.content_layers, "content_layers") + check_layers(chosen.style_layers, "style_layers")
    smallest = deepest_layer(backbone, layers).stride
    shortest = min(side for picture in (content, *styles) for side in picture.shape[2:])
    stages = plan_scales((max(content.shape[2:]), shortest), steps, chosen.scales, smallest)
    # Whole cells at every scale, by a margin that is painted and cut off: one that only mirrors the picture leaves stripes.
    cell = round(smallest / stages[0].share)
    content, start, *masks = (whole_cells(each, cell) for each in (content, start, *masks))
    dtype = choose_dtype(chosen.precision, content.device)
    copies = [*layers, *(list(chosen.style_layers) * len(masks))]  # each mask makes a copy of each of the style's maps
    frugal, memory = fit_memory(backbone, [content, *styles], copies, dtype)
    network = prepare(backbone, layers, dtype, frugal)
    options = {name: getattr(chosen, name) for name in LOSS_SETTINGS}
    state = None
    if checkpoint is not None:  # the run's identity: pictures and weights by content; "" for what may differ
        weights = f"{backbone.name} ({backbone.pooling} pooling) {digest(*backbone.parameters())}"
        inputs = {"backbone": weights, "weights": "", "masks": masks, "init": start, "device": ""}
        checkpoint.claim(describe({"content": photograph, "style": styles} | vars(chosen) | inputs))
        state = checkpoint.state
    began = time.monotonic() - (state["seconds"] if state else 0.0)
    picture = state["evaluated"].to(content) if state else None
    # From coarse to fine; without a pyramid, once. `lean_gram_matrix` is `gram_matrix` in less time and memory.
    for number, (share, count) in enumerate(stages):
        if state and number < state["scale"]:
            continue  # done before the run was stopped
        small, small_start, *small_styles = (shrink(each, share, smallest) for each in (content, start, *styles))
        small_masks = [shrink(mask, share, smallest) for mask in masks] or None
        height, width = shrink(photograph, share, smallest).shape[2:]
        loss = StyleTransferLoss(network, small, small_styles, gram=lean_gram_matrix, masks=small_masks, **options)
        resumed = state if state and number == state["scale"] else None
        first = small_start if picture is None or resumed else refine(picture, small_start)
        taken = resumed["step"] if resumed else 0
        for record in minimise(loss, first, count, chosen.optimizer, chosen.learning_rate, resumed):
            taken, image = record.step, record.image[..., :height, :width]
            if taken == count:
                picture = record.state()["evaluated"]
            yield replace(
                record,
                image=keep_colours(image, photograph) if recolour else image,
                step=sum(stage.steps for stage in stages[:number]) + taken,
                steps=steps,
                seconds=time.monotonic() - began,
                done=share_done(stages, number, taken),
                scale=number,
                memory=memory,
            )
        if taken < count:
            return  # the loss is no longer a number: a finer scale would not help


@takes(Settings, "steps", "tv_weight", "optimizer", "learning_rate", "init", "seed", init="noise", tv_weight=0.0)
def reconstruct(
    backbone: Backbone,
    image: Source,
    *,
    content_layer: str | None = None,
    style_layers: Sequence[str] | Mapping[str, float] | None = None,
    callback: Callable[[Progress], object] | None = None,
    progress: bool = True,
    **settings: Any,
) -> Result:
    """Rebuild a picture from what some layers keep of it: figure 1 of Gatys, Ecker and Bethge 2016.

    With `content_layer`, a picture that has the same activations there (feature inversion, Mahendran and Vedaldi 2015);
    with `style_layers`, one that has the same Gram matrices (texture synthesis, Gatys et al. 2015). Give exactly one of the
    two. The picture keeps its size. The settings, with their defaults:

    {settings}

    `callback`, `progress` and the result are those of `stylize`. Raises ValueError for bad settings.

    Used in notebook 05.

    >>> from nsthelpers import load_backbone, load_image
    >>> cat = load_image("chelsea", 64)
    >>> reconstruct(load_backbone("mini"), cat, content_layer="relu2_1", steps=2, progress=False).evaluations
    2
    """
    if (content_layer is None) == (style_layers is None):
        raise ValueError("Give either content_layer='relu4_2' (inversion) or style_layers=[...] (texture), not both.")
    chosen = Settings(**settings)
    layers = {"content_layer": content_layer, "style_layers": style_layers}
    record = describe({"backbone": backbone, "image": image, **layers, **settings})
    image = load_argument(image, "image", None, check_backbone(backbone).device)
    if content_layer is not None:
        loss = StyleTransferLoss(backbone, image, content_layers=[content_layer], tv_weight=chosen.tv_weight)
    else:
        loss = StyleTransferLoss(backbone, style=image, style_layers=style_layers, tv_weight=chosen.tv_weight)
    start = starting_image(chosen.init, image, image, chosen.seed)
    records = minimise(loss, start, chosen.steps, chosen.optimizer, chosen.learning_rate)
    return run(records, chosen.steps, record, callback, progress)
