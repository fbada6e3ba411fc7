"""The parts that a loss convention is made of: sums of squares over divisors, total variation, plan and source.

With C channels and M = H·W positions of a layer and P pixels of the picture, implementations differ in two
divisors, that of the Gram matrix and that of the sum of squares. `nsthelpers.conventions` puts the parts together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

# C channels and M positions of the layer, P pixels of the picture.
DIVISORS: dict[str, Callable[[float, float, float], float]] = {
    "1": lambda c, m, p: 1.0,
    "2": lambda c, m, p: 2.0,
    "M": lambda c, m, p: m,
    "CM": lambda c, m, p: c * m,
    "C²": lambda c, m, p: c**2,
    "4C²": lambda c, m, p: 4 * c**2,
    "C⁴": lambda c, m, p: c**4,
    "C³M": lambda c, m, p: c**3 * m,
    "36P²": lambda c, m, p: 36 * p**2,
}


@dataclass(frozen=True)
class FeatureTerm:
    """weight · Σ_layers layer weight · Σ(x − target)² / divisor, where x are features (content) or Gram matrices (style).

    `divisor` is a key of `DIVISORS`, or "target" for ‖target‖². `gram` is None for a content term; for a style term it is
    the key of what FFᵀ is divided by.

    >>> import torch
    >>> term = FeatureTerm(2.0, {"relu1_1": 1.0}, "CM")
    >>> term.per_layer({"relu1_1": torch.ones(1, 3, 4, 5)}, {"relu1_1": torch.zeros(1, 3, 4, 5)}, pixels=20)
    {'relu1_1': tensor(2.)}
    """

    weight: float
    layers: Mapping[str, float]
    divisor: str
    gram: str | None = None

    def prepare(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return what the term compares, {layer: tensor}: the features (1, C, H, W), or their Gram matrices (1, C, C)."""
        if self.gram is None:
            return {name: features[name] for name in self.layers}
        flat = {name: features[name].flatten(2) for name in self.layers}
        return {n: f @ f.mT / DIVISORS[self.gram](f.shape[1], f.shape[2], math.nan) for n, f in flat.items()}

    def per_layer(
        self, features: Mapping[str, Tensor], targets: Mapping[str, Tensor], pixels: int
    ) -> dict[str, Tensor]:
        """Return the weighted term of each layer as a 0-d tensor; `targets` are from `prepare`, `pixels` is H·W."""
        terms = {}
        for name, value in self.prepare(features).items():
            (channels, height, width), target = features[name].shape[1:], targets[name]
            if self.divisor == "target":
                divisor = target.square().sum().clamp_min(1e-12)
            else:
                divisor = DIVISORS[self.divisor](channels, height * width, pixels)
            terms[name] = self.weight * self.layers[name] * (value - target).square().sum() / divisor
        return terms

    def unit(self, layer: str | None = None) -> FeatureTerm:
        """Return the term with weight 1, and with one layer only, of weight 1, if one is named."""
        return replace(self, weight=1.0, layers=self.layers if layer is None else {layer: 1.0})

    def coefficients(self, sizes: Mapping[str, tuple[float, float, float]], scale: float) -> dict[str, float]:
        """Return each layer's factor on Σ(F − P)², or on Σ(G − A)² with G = FFᵀ/M, for sizes {layer: (C, M, P)}."""
        if self.divisor == "target":  # the divisor is not known here, and the scale cancels
            return {name: self.weight * factor for name, factor in self.layers.items()}
        factors = {}
        for name, factor in self.layers.items():
            c, m, p = sizes[name]
            power = scale**2 if self.gram is None else (scale**2 * m / DIVISORS[self.gram](c, m, p)) ** 2
            factors[name] = self.weight * factor * power / DIVISORS[self.divisor](c, m, p)
        return factors


@dataclass(frozen=True)
class VariationTerm:
    """weight · factor · Σ|d|^power over vertical and horizontal neighbours, or their two means with `mean`.

    With `joint` it is Σ(dx² + dy²)^power over all pixels but the last row and column.

    >>> import torch
    >>> VariationTerm(1.0).value(torch.tensor([[[[0.0, 1.0], [1.0, 0.0]]]]), [255.0])
    tensor(1020.)
    """

    weight: float
    power: float = 1.0
    factor: float = 1.0
    joint: bool = False
    mean: bool = False

    def unit(self, layer: str | None = None) -> VariationTerm:
        """Return the term with weight 1; it has no layers."""
        return replace(self, weight=1.0)

    def value(self, image: Tensor, scale: Sequence[float]) -> Tensor:
        """Return the weighted term of an image (1, C, H, W), its channels multiplied by `scale`, as a 0-d tensor."""
        pixels = image * image.new_tensor(scale).view(1, -1, 1, 1)
        dy, dx = pixels.diff(dim=2), pixels.diff(dim=3)
        if self.joint:
            parts = [dx[:, :, :-1].square() + dy[..., :-1].square()]
        else:
            parts = [d.abs() for d in (dx, dy) if d.numel()]
        total = sum(
            ((d**self.power).mean() if self.mean else (d**self.power).sum() for d in parts), image.new_zeros(())
        )
        return self.weight * self.factor * total


@dataclass(frozen=True)
class Plan:
    """How an implementation optimises: its own learning rate at `rate`, in its own pixel units.

    The rate is multiplied by `decay` after each `every` steps, or smoothly with `smooth`. `start` is "content", "noise" or
    "mean" (the mean colour, with noise of a thousandth of a grey level).
    """

    optimizer: str = "lbfgs"
    rate: float = 1.0
    steps: int = 500
    start: str = "content"
    decay: float = 1.0
    every: int = 0
    smooth: bool = False


@dataclass(frozen=True)
class Origin:
    """Where a convention was read: repository, path and commit.

    `verified` is True where formulas, weights and optimiser were read there, None where a part was not; `note` says which.
    """

    repository: str
    path: str = ""
    commit: str = ""
    verified: bool | None = True
    note: str = ""

    @property
    def url(self) -> str:
        """The address of the file at that commit, "" if it is in no repository."""
        return f"https://github.com/{self.repository}/blob/{self.commit}/{self.path}" if self.commit else ""


def exact_ratio(
    first: tuple[FeatureTerm | VariationTerm, float | Sequence[float]],
    second: tuple[FeatureTerm | VariationTerm, float | Sequence[float]],
    sizes: Mapping[str, tuple[float, float, float]] | None = None,
) -> float | None:
    """Return how many times larger the first term is, if that is the same number for every picture, else None.

    Each argument is a term and its scale: of the pixels for total variation, of the features otherwise. `sizes` is
    {layer: (C, M, P)}; without it, the ratio must be the same for all sizes.

    >>> exact_ratio((FeatureTerm(8.0, {"relu1_1": 1.0}, "1"), 10.0), (FeatureTerm(1.0, {"relu1_1": 1.0}, "2"), 1.0))
    1600.0
    """
    (a, a_scale), (b, b_scale) = first, second
    if isinstance(a, VariationTerm):
        factors = [x / y for x, y in zip(a_scale, b_scale)]
        if (a.power, a.joint, a.mean) != (b.power, b.joint, b.mean) or not math.isclose(*sorted(factors)[::2]):
            return None
        return a.weight * a.factor / (b.weight * b.factor) * factors[0] ** (2 * a.power if a.joint else a.power)
    if set(a.layers) != set(b.layers) or (a.divisor == "target") != (b.divisor == "target"):
        return None
    # Without sizes: two made-up ones, and the answer holds if it is the same for both.
    made_up = [dict.fromkeys(a.layers, size) for size in ((3.0, 5.0, 7.0), (11.0, 13.0, 17.0))]
    ratios = []
    for trial in [sizes] if sizes else made_up:
        ours, theirs = a.coefficients(trial, a_scale), b.coefficients(trial, b_scale)
        ratios += [ours[name] / theirs[name] for name in a.layers]
    return ratios[0] if math.isclose(min(ratios), max(ratios)) else None
