"""Exercises of notebook 04: what can be rebuilt from a layer."""

import math

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


def two_layers(seed):
    same = normal(seed, 1, 3, 4, 4)
    return [
        (normal(seed, 1, 2, 3, 5), normal(seed + 1, 1, 2, 3, 5)),
        (normal(seed, 2, 4, 5, 2), normal(seed + 1, 2, 4, 5, 2) + 0.5),
        (normal(seed, 1, 5, 3, 3, scale=100.0), normal(seed + 1, 1, 5, 3, 3, scale=100.0)),
        (same, same.clone()),
        (normal(seed, 3, 1, 2, 7, scale=0.01), normal(seed + 1, 3, 1, 2, 7)),
    ]


def gap(features, target):
    return features - target


content_loss = exercise(
    "content_loss",
    "Features and target, both (B, C, H, W) → one number: ½ Σ (F − P)².",
    lambda features, target: 0.5 * gap(features, target).square().sum(),
    two_layers,
    "Two pictures are alike for a layer if this number is small, whatever their pixels do.",
    (
        Hint("value", "Difference, square, sum over everything, times one half: in this order."),
        Hint("gradient", "Keep the tensor: `.item()`, `.detach()` or NumPy would cut the way back to the pixels."),
    ),
    (
        Mistake("mean", lambda f, p: gap(f, p).square().mean(),
                "This is the mean of the squares; equation 1 of the paper has ½ times the sum."),
        Mistake("mean", lambda f, p: 0.5 * gap(f, p).square().mean(),
                "You took the mean of the squares; the paper sums them."),
        Mistake("no one half", lambda f, p: gap(f, p).square().sum(), "The factor ½ is missing."),
        Mistake("absolute values", lambda f, p: 0.5 * gap(f, p).abs().sum(),
                "You took absolute values; it is squares."),
        Mistake("absolute values", lambda f, p: gap(f, p).abs().sum(), "You took absolute values; it is squares."),
        Mistake("absolute values", lambda f, p: gap(f, p).abs().mean(), "You took absolute values; it is squares."),
        Mistake("root", lambda f, p: gap(f, p).norm(), "This is the distance, a root; the loss is ½ of its square."),
        Mistake("root", lambda f, p: 0.5 * gap(f, p).norm(), "This is half the distance, a root; square it."),
        Mistake("not squared", lambda f, p: 0.5 * gap(f, p).sum(),
                "The square is missing: positive and negative differences cancel."),
        Mistake("not squared", lambda f, p: gap(f, p).sum(),
                "The square is missing: positive and negative differences cancel."),
        Mistake("summed, then squared", lambda f, p: 0.5 * gap(f, p).sum().square(), "First square, then sum."),
        Mistake("not summed", lambda f, p: 0.5 * gap(f, p).square(), "One number is asked: sum over all axes."),
        Mistake("one for each picture", lambda f, p: 0.5 * gap(f, p).square().sum((1, 2, 3)),
                "Sum over the batch too."),
        Mistake("squares subtracted", lambda f, p: 0.5 * (f.square() - p.square()).sum(),
                "Subtract first, then square."),
        Mistake("relative", lambda f, p: gap(f, p).square().sum() / p.square().sum(),
                "This is the relative loss; here ½ Σ (F − P)²."),
        Mistake("divided by batch", lambda f, p: 0.5 * gap(f, p).square().sum() / len(f),
                "Do not divide by the batch."),
        Mistake("one quarter", lambda f, p: 0.25 * gap(f, p).square().sum(),
                "The factor is ½, and it stands there once."),
    ),
    minutes=4,
    needs_gradient=True,
)  # fmt: skip


relative_content = exercise(
    "relative_content",
    "Features and target, both (B, C, H, W) → one number: ‖F − P‖² / ‖P‖².",
    lambda features, target: gap(features, target).square().sum() / target.square().sum(),
    two_layers,
    "1 means as far away as nothing at all; the number can be compared between layers, networks and picture sizes.",
    (
        Hint("value", "Two sums of squares and one division. Features of zero must give exactly 1."),
        Hint("gradient", "Keep the tensor: `.item()`, `.detach()` or NumPy would cut the way back to the pixels."),
    ),
    (
        Mistake("not relative", lambda f, p: gap(f, p).square().sum(), "Divide by ‖P‖²."),
        Mistake("not relative", lambda f, p: gap(f, p).square().mean(),
                "This is the mean square; divide by that of the target."),
        Mistake("not relative", lambda f, p: 0.5 * gap(f, p).square().sum(),
                "This is the paper's content loss; divide by ‖P‖² instead of the ½."),
        Mistake("divided by F", lambda f, p: gap(f, p).square().sum() / f.square().sum(),
                "The target P is the fixed one: divide by ‖P‖²."),
        Mistake("not squared", lambda f, p: gap(f, p).norm() / p.norm(),
                "This is ‖F − P‖ / ‖P‖: the squares are missing."),
        Mistake("denominator not squared", lambda f, p: gap(f, p).square().sum() / p.norm(),
                "The denominator is not squared."),
        Mistake("denominator not squared", lambda f, p: gap(f, p).square().sum() / p.sum(),
                "The denominator is ΣP; it should be ΣP²."),
        Mistake("element by element", lambda f, p: (gap(f, p) / p).square().mean(),
                "You divide entry by entry; first sum, then divide once."),
        Mistake("element by element", lambda f, p: (gap(f, p) / p).square().sum(),
                "You divide entry by entry; first sum, then divide once."),
        Mistake("absolute values", lambda f, p: gap(f, p).abs().sum() / p.abs().sum(),
                "You took absolute values; it is squares."),
        Mistake("mean over the batch", lambda f, p: (gap(f, p).square().sum((1, 2, 3)) / p.square().sum((1, 2, 3))).mean(),
                "You averaged the ratios of the pictures; here both sums run over the whole batch."),
        Mistake("variance", lambda f, p: gap(f, p).square().mean() / p.var(unbiased=False),
                "You divide by the variance of P; it is ‖P‖², the mean stays in."),
        Mistake("extra factor one half", lambda f, p: 0.5 * gap(f, p).square().sum() / p.square().sum(),
                "There is a factor ½ too many."),
        Mistake("squares subtracted", lambda f, p: (f.square() - p.square()).sum() / p.square().sum(),
                "Subtract first, then square."),
    ),
    minutes=4,
    needs_gradient=True,
)  # fmt: skip


def error(a, b):
    return (a - b).square().mean().item()


def decibels(value, factor=10.0, logarithm=math.log10):
    return factor * logarithm(value) if value else -math.copysign(math.inf, factor)


def two_pictures(seed):
    a = uniform(seed, 1, 3, 4, 6)
    return [
        (a, uniform(seed + 1, 1, 3, 4, 6)),
        (uniform(seed, 1, 3, 5, 3), (uniform(seed, 1, 3, 5, 3) * 0.9 + 0.03)),
        (a, a.clone()),
        (uniform(seed, 2, 3, 3, 3), uniform(seed + 1, 2, 3, 3, 3)),
        (torch.zeros(1, 3, 2, 5), torch.full((1, 3, 2, 5), 0.4)),
    ]


psnr = exercise(
    "psnr",
    "Two pictures in [0, 1] → one number: 10·log₁₀(1 / mean squared error), in decibels; equal pictures give inf.",
    lambda a, b: decibels(error(a, b), -10.0),
    two_pictures,
    "20 dB is a poor copy, 40 dB one that you cannot tell from the original. You can now measure forgetting.",
    (
        Hint("value", "Halving the error adds 3.01 dB. Is the logarithm to base 10, and the factor 10 (not 20)?"),
        Hint("error",
             "Equal pictures: the error is 0. `math.log10(0)` stops; torch's `log10` gives −inf, which is what you "
             "need."),
    ),
    (
        Mistake("natural logarithm", lambda a, b: decibels(error(a, b), -10, math.log),
                "`log` is the natural logarithm; decibels need `log10`."),
        Mistake("base 2", lambda a, b: decibels(error(a, b), -10, math.log2),
                "This is the logarithm to base 2; decibels need base 10."),
        Mistake("factor 20", lambda a, b: decibels(error(a, b), -20),
                "The factor 20 goes with the *root* of the squared error; here it is 10."),
        Mistake("wrong sign", lambda a, b: decibels(error(a, b), 10),
                "The sign is turned: better copies have more decibels."),
        Mistake("factor missing", lambda a, b: decibels(error(a, b), -1), "These are bels: the factor 10 is missing."),
        Mistake("root of the error", lambda a, b: decibels(error(a, b), -5),
                "You took the root of the error as well; then the factor is 20."),
        Mistake("absolute error", lambda a, b: decibels((a - b).abs().mean().item(), -10),
                "It is the mean *squared* error; you took absolute values."),
        Mistake("summed error", lambda a, b: decibels(error(a, b) * a.numel(), -10),
                "It is the *mean* squared error; you took the sum."),
        Mistake("peak of 255", lambda a, b: decibels(error(a, b) / 255**2, -10),
                "The largest value is 1 here, not 255."),
        Mistake("peak of the picture", lambda a, b: decibels(error(a, b) / (a.max().item() ** 2 or 1e-30), -10),
                "You take the brightest pixel as the peak; it is 1, whatever the picture."),
        Mistake("the error", lambda a, b: error(a, b), "This is the mean squared error; turn it into decibels."),
        Mistake("infinity avoided", lambda a, b: decibels(error(a, b) + 1e-8, -10),
                "A small number is added, so equal pictures give 80 instead of infinity."),
        Mistake("infinity replaced", lambda a, b: decibels(error(a, b), -10) if error(a, b) else 100.0,
                "Equal pictures give inf."),
        Mistake("infinity replaced", lambda a, b: decibels(error(a, b), -10) if error(a, b) else 0.0,
                "Equal pictures give inf."),
        Mistake("stops for equal pictures", lambda a, b: 10 * math.log10(1 / error(a, b)),
                "For equal pictures you divide by 0: give `math.inf` before."),
    ),
    minutes=6,
    difficulty=2,
)  # fmt: skip


def layers_of(seed, *shapes):
    first = {f"relu{n}_1": normal(seed + n, *shape) for n, shape in enumerate(shapes, 1)}
    return first, {
        name: normal(seed + 9, *value.shape) * (place + 1) for place, (name, value) in enumerate(first.items())
    }


def ratio(f, p):
    return (gap(f, p).square().sum() / p.square().sum()).item()


def common_denominator(features, targets):
    whole = sum(target.square().sum() for target in targets.values())
    return {name: (gap(features[name], target).square().sum() / whole).item() for name, target in targets.items()}


errors_by_layer = exercise(
    "errors_by_layer",
    "Two dictionaries {layer: (B, C, H, W)}, features and targets → {layer: ‖F − P‖² / ‖P‖² as a number}.",
    lambda features, targets: {name: ratio(features[name], target) for name, target in targets.items()},
    lambda seed: [
        layers_of(seed, (1, 2, 4, 6), (1, 4, 2, 3)),
        layers_of(seed, (2, 3, 5, 4), (2, 5, 3, 2), (2, 6, 2, 1)),
        layers_of(seed, (1, 3, 3, 3)),
    ],
    "One line of the notebook's curve: how much of a picture each layer still knows.",
    (
        Hint("value", "A loop over `targets.items()`; for each layer the relative error of the exercise before."),
        Hint("keys", "A dictionary with the names of the layers as keys: `{name: ... for name in targets}`."),
    ),
    (
        Mistake("list", lambda f, t: [ratio(f[n], t[n]) for n in t],
                "A list has lost the names of the layers: make a dictionary."),
        Mistake("sum", lambda f, t: sum(ratio(f[n], t[n]) for n in t),
                "This is the sum; one number for each layer is asked."),
        Mistake("mean over layers", lambda f, t: sum(ratio(f[n], t[n]) for n in t) / len(t),
                "This is the mean; one number for each layer is asked."),
        Mistake("only the last layer", lambda f, t: {list(t)[-1]: ratio(f[list(t)[-1]], t[list(t)[-1]])},
                "Only the last layer is there: fill the dictionary inside the loop, and make it before."),
        Mistake("only the first layer", lambda f, t: {list(t)[0]: ratio(f[list(t)[0]], t[list(t)[0]])},
                "Only the first layer is there: is the `return` inside the loop?"),
        Mistake("not relative", lambda f, t: {n: gap(f[n], t[n]).square().sum().item() for n in t},
                "Divide by ‖P‖² in each layer."),
        Mistake("not relative", lambda f, t: {n: gap(f[n], t[n]).square().mean().item() for n in t},
                "Divide by the mean square of P in each layer."),
        Mistake("not squared", lambda f, t: {n: ratio(f[n], t[n]) ** 0.5 for n in t},
                "This is ‖F − P‖ / ‖P‖: the squares are missing."),
        Mistake("divided by F", lambda f, t: {n: ratio(t[n], f[n]) for n in t},
                "Divide by the target's ‖P‖², not by ‖F‖²."),
        Mistake("one denominator for all", common_denominator,
                "You divide all layers by one common sum; each has its own ‖P‖²."),
        Mistake("share of the whole", lambda f, t: {n: ratio(f[n], t[n]) / sum(ratio(f[m], t[m]) for m in t) for n in t},
                "These are shares that add up to 1; the error of each layer itself is asked."),
    ),
    minutes=5,
    difficulty=2,
)  # fmt: skip
