"""The loss conventions of ten well-known implementations, as data: why the style weight is 1e6 here and 1e-2 there.

All of them weight three kinds of terms, and differ in what they divide by. With F (C × M) the features of a layer (C
channels, M = H·W positions), P those of the content picture, G and A the Gram matrices, every content term is
Σ(F − P)² / divisor and every style term Σ(G − A)² / divisor. E = Σ(G − A)² / 4C², with G = FFᵀ/M, is the layer loss of
Gatys, Ecker and Bethge 2016 (equation 4). The data are in ``conventions.json``, each with the source that was read.

**One backbone for all.** Images are ours, in [0, 1], and the network is the one you pass. What an implementation does to
its input is described by three fields of a `Convention`:

- `pixel_scale`: what our red, green and blue are multiplied by (255, or 1 / deviation). Exact for total variation, the
  only term that sees pixels; their order and mean do not matter there.
- `raw`: RGB · 255 − mean goes to a network trained on normalised pixels (gordicaleksa). We feed it the same: exact.
- `feature_scale`: its weights were trained on pixels that are s times larger (Caffe: s = 255 · 0.226), so we multiply the
  features by s: content terms ∝ s², style terms ∝ s⁴. An assumption: exact if its network is ours with s times larger
  input and biases. The real Caffe weights have a scale of their own in each layer; a backbone that holds them prints that
  implementation's numbers with ``replace(CONVENTIONS["keras"], feature_scale=1.0)``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nsthelpers._validation import check_image
from nsthelpers.backbones import IMAGENET_MEAN, IMAGENET_STD, Backbone, layer_table
from nsthelpers.conventions.parts import DIVISORS, FeatureTerm, Origin, Plan, VariationTerm, exact_ratio
from nsthelpers.engine.inputs import load_inputs
from nsthelpers.engine.running import Result, run
from nsthelpers.engine.signatures import takes
from nsthelpers.features import extract_features
from nsthelpers.files.settings import describe
from nsthelpers.images import Source, resize
from nsthelpers.transfer import Progress, Settings, minimise, normal_noise, starting_image


@dataclass(frozen=True)
class Convention:
    """One implementation: its terms, what it does to pixels (see the top of this module), its plan and its source.

    `same_size`: it resizes the style picture to the content picture. `prints_tv`: the total that it prints includes total
    variation (neural-style adds only its gradient). `note` says what else differs.
    """

    name: str
    content: FeatureTerm | None
    style: FeatureTerm | None
    tv: VariationTerm | None
    plan: Plan
    source: Origin
    pixel_scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    feature_scale: float = 1.0
    raw: bool = False
    same_size: bool = False
    prints_tv: bool = True
    note: str = ""

    def learning_rate(self, step: int = 0) -> float:
        """Return the learning rate that moves pixels in [0, 1] as theirs moves its own, `step` counted from 0.

        A pixel of theirs is u = a · x. Adam's step has the size of the rate whatever the gradient: rate / a. A plain
        gradient step is rate · dL/du = rate / a · dL/dx, in units of u: rate / a². L-BFGS finds its own scale (its first
        step apart). Where each channel has its own a, the mean over them.

        >>> round(CONVENTIONS["keras"].learning_rate() * 255**2, 9)
        100.0
        """
        plan, power = self.plan, {"lbfgs": 0, "adam": 1, "sgd": 2}[self.plan.optimizer]
        periods = step / plan.every if plan.every else 0.0
        rate = plan.rate * plan.decay ** (periods if plan.smooth else math.floor(periods))
        return rate if power == 0 else rate * sum(a**-power for a in self.pixel_scale) / 3


def _load() -> dict[str, Convention]:
    conventions = {}
    for name, entry in json.loads(Path(__file__).with_name("conventions.json").read_text(encoding="utf-8")).items():
        pixels, larger = entry.pop("pixels"), entry.pop("weights_for_pixels", None)
        entry["pixel_scale"] = tuple(1 / d for d in IMAGENET_STD) if pixels == "normalised" else (float(pixels),) * 3
        entry["feature_scale"] = larger * sum(IMAGENET_STD) / 3 if larger else 1.0
        kinds = {"content": FeatureTerm, "style": FeatureTerm, "tv": VariationTerm, "plan": Plan, "source": Origin}
        made = {
            key: kind(**entry.pop(key)) if entry[key] is not None else entry.pop(key) for key, kind in kinds.items()
        }
        conventions[name] = Convention(name, **made, **entry)
    return conventions


CONVENTIONS: dict[str, Convention] = _load()


def get_convention(name: str | Convention) -> Convention:
    """Return the convention of that name, or the given one itself. Raises ValueError for an unknown name.

    >>> get_convention("gatys-2016").plan.optimizer
    'lbfgs'
    """
    if isinstance(name, Convention):
        return name
    if name not in CONVENTIONS:
        raise ValueError(f"There is no convention {name!r}; use one of {', '.join(CONVENTIONS)}.")
    return CONVENTIONS[name]


class ConventionLoss(nn.Module):
    """A convention's loss for one pair of pictures, for `nsthelpers.minimise`; also called `convention_loss_module`.

    `name` is a key of `CONVENTIONS` or a `Convention`; the images are (1, 3, H, W) in [0, 1]. The targets are buffers, so
    ``.to()`` moves the whole loss. Raises ValueError for an unknown name, for layers that the backbone lacks and for
    images too small for them.

    >>> from nsthelpers import load_backbone, load_image, minimise
    >>> photo, painting = load_image("tuebingen", 64), load_image("starry_night", 64)
    >>> loss = convention_loss_module("tensorflow", load_backbone("mini"), photo, painting)
    >>> sorted(next(minimise(loss, photo, 1, "adam", loss.convention.learning_rate())).losses)
    ['content', 'style', 'total', 'tv']
    """

    def __init__(self, name: str | Convention, backbone: nn.Module, content: Tensor, style: Tensor) -> None:
        super().__init__()
        self.convention = get_convention(name)
        self.backbone, self.scale = backbone, self.convention.pixel_scale
        self.shape = tuple(check_image(content, "content").shape)
        if self.convention.same_size:
            style = resize(style, tuple(content.shape[2:]))
        terms = {"content": self.convention.content, "style": self.convention.style}
        self.feature_terms = {kind: term for kind, term in terms.items() if term is not None}
        with torch.no_grad():
            for kind, term in self.feature_terms.items():
                picture = content if kind == "content" else style
                for layer, target in term.prepare(self._features(picture, term.layers)).items():
                    self.register_buffer(f"{kind} {layer}", target)

    def _features(self, image: Tensor, layers: Mapping[str, float]) -> dict[str, Tensor]:
        scale = self.convention.feature_scale
        if self.convention.raw:
            # The backbone subtracts the mean and divides by the deviation; the network should get a · (x − mean).
            mean, std, a = (image.new_tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD, self.scale))
            image = mean + a * std * (image - mean)
        maps = extract_features(self.backbone, image, list(layers))
        # At least float32: bfloat16 is too coarse for Gram matrices of features 57 times larger.
        return {name: scale * f.to(torch.promote_types(f.dtype, torch.float32)) for name, f in maps.items()}

    def per_layer(self, image: Tensor) -> dict[str, dict[str, Tensor]]:
        """Return {"content": {layer: term}, "style": {layer: term}}, weighted, as 0-d tensors that keep the graph."""
        if tuple(image.shape) != self.shape:
            raise ValueError(f"image has the shape {tuple(image.shape)}; this loss expects {self.shape}: resize it.")
        layers = {name: 1.0 for term in self.feature_terms.values() for name in term.layers}
        features = self._features(image, layers) if layers else {}
        pixels = image.shape[2] * image.shape[3]
        parts = {}
        for kind, term in self.feature_terms.items():
            targets = {name: self.get_buffer(f"{kind} {name}") for name in term.layers}
            parts[kind] = term.per_layer(features, targets, pixels)
        return parts

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        """Return the weighted terms "content", "style", "tv" of an image (1, 3, H, W), and their sum "total"."""
        return self._sums(self.per_layer(image), image)

    def _sums(self, parts: Mapping[str, Mapping[str, Tensor]], image: Tensor) -> dict[str, Tensor]:
        zero, variation = image.new_zeros(()), self.convention.tv
        terms = {kind: sum(parts.get(kind, {}).values(), zero) for kind in ("content", "style")}
        terms["tv"] = zero if variation is None else variation.value(image, self.scale)
        return {**terms, "total": sum(terms.values(), zero)}


convention_loss_module = ConventionLoss


def convention_loss(
    name: str | Convention, backbone: nn.Module, image: Tensor, content: Tensor, style: Tensor
) -> dict[str, float]:
    """Return what that implementation prints for an image, term by term: {"content relu4_2": …, …, "total": …}.

    The arguments are those of `convention_loss_module`, and `image` (1, 3, H, W) is the picture to judge, as large as
    `content`. Every number is weighted; the layers add up to "content" and "style", and these with "tv" to "total", which
    is what is minimised. "printed" is the total that the implementation prints.

    >>> from nsthelpers import load_backbone, load_image
    >>> photo, painting = load_image("tuebingen", 64), load_image("starry_night", 64)
    >>> terms = convention_loss("keras", load_backbone("mini"), photo, photo, painting)
    >>> terms["content relu5_2"], terms["printed"] == terms["total"]
    (0.0, True)
    """
    loss = ConventionLoss(name, backbone, content, style)
    with torch.no_grad():
        parts = loss.per_layer(image)
        terms = {f"{kind} {name}": value for kind, layers in parts.items() for name, value in layers.items()}
        terms.update(loss._sums(parts, image))
    numbers = {name: value.item() for name, value in terms.items()}
    return {**numbers, "printed": numbers["total"] - (0.0 if loss.convention.prints_tv else numbers["tv"])}


def convention_start(name: str | Convention, content: Tensor, seed: int = 0) -> Tensor:
    """Return the picture that the implementation starts from, like `content` (1, 3, H, W) in shape and device.

    >>> photo = torch.rand(1, 3, 4, 6)
    >>> [bool((convention_start(name, photo) == photo).all()) for name in ("gatys-pytorch", "gatys-2016")]
    [True, False]
    """
    convention = get_convention(name)
    if convention.plan.start == "content":
        return content.clone()
    if convention.plan.start == "noise":
        return starting_image("noise", content, content, seed).to(content)
    noise = normal_noise(content, seed)
    return content.new_tensor(IMAGENET_MEAN).view(1, 3, 1, 1) + 0.001 / convention.pixel_scale[0] * noise


@takes(Settings, "backbone", "weights", "pooling", "size", "steps", "seed", "device")
def stylize_like(
    name: str | Convention,
    content: Source,
    style: Source,
    *,
    callback: Callable[[Progress], object] | None = None,
    progress: bool = True,
    **settings: Any,
) -> Result:
    """Paint the content picture in the style of the style picture with another implementation's loss, start, optimiser and
    learning rate; the other arguments, and the result, are those of `nsthelpers.stylize`. The settings, with their defaults:

    {settings}

    The terms of the history are weighted, as that implementation prints them. Raises ValueError for an unknown name,
    for several style pictures, and what `stylize` raises.

    >>> stylize_like("keras", "tuebingen", "starry_night", size=64, steps=2, progress=False)
    Result(64 × 48 pixels, 2 evaluations, finished)
    """
    convention = get_convention(name)
    chosen = Settings(**settings)
    if isinstance(style, (list, tuple)):
        raise ValueError(f"style holds {len(style)} pictures; the convention {convention.name!r} takes one.")
    photograph, (painting,), network, _ = load_inputs(content, style, chosen)
    loss = ConventionLoss(convention, network, photograph, painting)
    start, rate = convention_start(convention, photograph, chosen.seed), convention.learning_rate
    records = minimise(loss, start, chosen.steps, convention.plan.optimizer, rate)
    record = describe({"content": content, "style": style, "convention": convention.name, **settings})
    return run(records, chosen.steps, record, callback, progress)


@dataclass(frozen=True)
class Conversion:
    """A converted weight; `how` is "exact" (from the formulas) or "measured" (at a picture); `detail` gives the ratios."""

    weight: float
    how: str
    detail: str


def convert(
    weight: float,
    of: str = "style",
    source: str | Convention = "pytorch-tutorial",
    target: str | Convention = "nsthelpers",
    backbone: Backbone | None = None,
    content: Tensor | None = None,
    style: Tensor | None = None,
    image: Tensor | None = None,
    layer: str | None = None,
) -> Conversion:
    """Return the weight that gives a term the same pull in `target` as `weight` gives it in `source`.

    The pull is the norm of the term's gradient relative to that of another term with its usual weight: "style" and "tv"
    are compared with content, "content" with style. `layer` compares the formulas on that one layer, where the weight
    includes the layer's own, instead of on the layers of each. Where the terms differ only by factors the answer is
    exact and needs no pictures (factors with C, M or P need `backbone` and `content`, for their sizes).
    Otherwise, for example if Gram matrices are divided by different things and the style is not as large as the content,
    it is measured at `image`, by default seeded noise, and needs `backbone`, `content` and `style`. Raises ValueError for a
    term that a convention lacks, missing pictures, or an image where a term has no gradient, as content at `content`.

    >>> convert(100, "style", "neural-style", "gatys-pytorch").detail
    'neural-style to gatys-pytorch: style 1.016 : 1, content 5.039 : 1'
    """
    first, second = get_convention(source), get_convention(target)
    other = {"style": "content", "tv": "content", "content": "style"}.get(of)
    if other is None or not all(getattr(convention, of) for convention in (first, second)):
        raise ValueError(f"of is {of!r}; use 'style', 'content' or 'tv', which both conventions must have.")
    first, second = (replace(c, **{of: getattr(c, of).unit(layer)}) for c in (first, second))
    ratios, how = {}, "exact"
    for kind in (of, other):
        pair = [(getattr(c, kind), c.pixel_scale if kind == "tv" else c.feature_scale) for c in (first, second)]
        sizes = _sizes(backbone, content) if backbone is not None and content is not None else None
        alike = kind == "tv" or first.raw == second.raw
        if kind == "style" and content is not None and style is not None and content.shape != style.shape:
            alike = alike and _same_targets(first, second)
        ratio = exact_ratio(*pair, sizes) if alike else None
        if ratio is None:
            if backbone is None or content is None or style is None:
                raise ValueError("This conversion must be measured; give backbone, content and style.")
            if image is None:
                image = starting_image("noise", content, style).to(content)
            norms = [_gradient_norm(c, kind, backbone, content, style, image) for c in (first, second)]
            if not min(norms) > 0:
                raise ValueError(f"The {kind} term has no gradient at this image; give another image.")
            ratio, how = norms[0] / norms[1], "measured"
        ratios[kind] = ratio
    detail = ", ".join(f"{kind} {ratio:.4g} : 1" for kind, ratio in ratios.items())
    return Conversion(weight * ratios[of] / ratios[other], how, f"{first.name} to {second.name}: {detail}")


def _same_targets(first: Convention, second: Convention) -> bool:
    """Whether the Gram matrices of two conventions differ by a factor only, when the style's size is not the content's."""
    grams = [DIVISORS[convention.style.gram] for convention in (first, second)]
    growth = [gram(1.0, 2.0, math.nan) / gram(1.0, 1.0, math.nan) for gram in grams]  # with the number of positions
    return first.same_size == second.same_size and (first.same_size or growth[0] == growth[1])


def _sizes(backbone: Backbone, content: Tensor) -> dict[str, tuple[float, float, float]]:
    height, width = content.shape[2:]
    return {
        row.name: (row.channels, (height // row.stride) * (width // row.stride), height * width)
        for row in layer_table(backbone)
    }


@torch.inference_mode(False)
@torch.enable_grad()
def _gradient_norm(
    convention: Convention, kind: str, backbone: nn.Module, content: Tensor, style: Tensor, image: Tensor
) -> float:
    alone = replace(convention, **{other: None for other in ("content", "style", "tv") if other != kind})
    pixels = image.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(ConventionLoss(alone, backbone, content, style)(pixels)["total"], pixels)
    return gradient.cpu().double().norm().item()


class HiddenWeight(NamedTuple):
    """One row of `compare`: `weight` is the layer's factor on E, `relative` that divided by the mean (geometric)."""

    convention: str
    layer: str
    channels: int
    positions: int
    weight: float
    relative: float


def compare(
    backbone: Backbone, content: Tensor, style: Tensor, names: Sequence[str | Convention] = tuple(CONVENTIONS)
) -> list[HiddenWeight]:
    """Return the hidden layer weights: the factor of each style layer on the paper's E, for these pictures.

    The paper gives all layers the same weight, so its `relative` is 1 everywhere; those of another convention tell how
    many times its divisors favour a layer.

    >>> from nsthelpers import load_backbone, load_image
    >>> rows = compare(load_backbone("mini"), load_image("tuebingen", 64), load_image("starry_night", 64), ["gatys-2016"])
    >>> [round(row.relative, 3) for row in rows]
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    rows, sizes = [], _sizes(backbone, content)
    for convention in map(get_convention, names):
        term = convention.style
        factors = term.coefficients(sizes, convention.feature_scale)
        if term.divisor == "target":
            with torch.no_grad():
                grams = term.prepare(extract_features(backbone, style, list(term.layers)))
            factors = {name: factor / grams[name].square().sum().item() for name, factor in factors.items()}
        weights = {name: factor * 4 * sizes[name][0] ** 2 for name, factor in factors.items()}
        mean = math.exp(sum(map(math.log, weights.values())) / len(weights))
        rows += [HiddenWeight(convention.name, n, *sizes[n][:2], w, w / mean) for n, w in weights.items()]
    return rows
