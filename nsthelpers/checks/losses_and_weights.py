"""Exercises of notebook 06: what the weights mean."""

from itertools import accumulate

import torch
from torch.nn.functional import pad

from nsthelpers.checks.gram_matrices import area, batched, features_and_target
from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


def gap(features, target):
    return batched(features) - target


style_loss = exercise(
    "style_loss",
    "(B, C, H, W) and a target (B, C, C) → one number: Σ (G − A)² / (4·C²), with G divided by H·W as in notebook 05.",
    lambda features, target_gram: gap(features, target_gram).square().sum() / (4 * features.shape[1] ** 2),
    lambda seed: [
        features_and_target(seed, 1, 3, 4, 6),
        features_and_target(seed, 2, 5, 4, 3),
        features_and_target(seed, 1, 2, 5, 5, scale=20.0),
        features_and_target(seed, 1, 7, 2, 3, scale=0.05),
        (normal(seed, 1, 3, 3, 5), batched(normal(seed, 1, 3, 3, 5))),
    ],
    "This is E_l of the paper. The 4·C² makes its gradient tidy, and its value depend on the layer's width.",
    (
        Hint("value", "G, then Σ (G − A)², then divide by 4·C·C. For one channel the divisor is 4."),
        Hint("gradient", "Keep the tensor: `.item()`, `.detach()` and NumPy cut the gradient off from the pixels."),
    ),
    (
        Mistake("mean", lambda f, a: gap(f, a).square().mean(),
                "You take the mean, which divides by B·C²; the paper's divisor is 4·C² (and the batch is summed)."),
        Mistake("4 missing", lambda f, a: gap(f, a).square().sum() / f.shape[1] ** 2, "You leave out the 4 of 4·C²."),
        Mistake("mean over 4", lambda f, a: gap(f, a).square().mean() / 4,
                "You take the mean, which divides by the batch as well; sum over the batch."),
        Mistake("Gram not divided", lambda f, a: (batched(f) * area(f) - a).square().sum() / (4 * f.shape[1] ** 2),
                "You do not divide your Gram matrix by H·W."),
        *(Mistake("another size for C", lambda f, a, axis=axis: gap(f, a).square().sum() / (4 * f.shape[axis] ** 2),
                  f"You divide by 4 times the square of axis {axis}, the {size}; C is axis 1.")
          for axis, size in ((0, "batch"), (2, "height"), (3, "width"))),
    ),
    minutes=6, difficulty=2, needs_gradient=True,
)  # fmt: skip


relative_style_loss = exercise(
    "relative_style_loss",
    "(B, C, H, W) and a target (B, C, C) → one number: Σ (G − A)² / Σ A², with G divided by H·W as in notebook 05.",
    lambda features, target_gram: gap(features, target_gram).square().sum() / target_gram.square().sum(),
    lambda seed: [
        features_and_target(seed, 1, 3, 4, 6),
        features_and_target(seed, 2, 5, 4, 3),
        features_and_target(seed, 1, 2, 5, 5, scale=20.0),
        features_and_target(seed, 1, 7, 2, 3, scale=0.05),
    ],
    "Whatever makes all activations larger cancels: the same weight serves every layer, size and network.",
    (
        Hint("value", "Divide one sum of squares by another: that of G − A by that of A."),
        Hint("gradient", "Keep the tensor: `.item()`, `.detach()` and NumPy cut the gradient off from the pixels."),
    ),
    (
        Mistake("not divided", lambda f, a: gap(f, a).square().sum(), "You do not divide by Σ A²."),
        Mistake("the paper's", lambda f, a: gap(f, a).square().sum() / (4 * f.shape[1] ** 2),
                "You divide by 4·C², as the paper does; divide by Σ A²."),
        Mistake("divided by G", lambda f, a: gap(f, a).square().sum() / batched(f).square().sum(),
                "You divide by the picture's own G, which changes at each step; divide by the target's A."),
        *(Mistake("entry by entry", lambda f, a, of=of: of((gap(f, a) / a).square()),
                  "You divide entry by entry, so that a small entry of A decides all; divide the two sums.")
          for of in (torch.mean, torch.sum)),
        *(Mistake("A not squared", lambda f, a, size=size: gap(f, a).square().sum() / size(a).sum(),
                  "You do not square the entries of A.") for size in (torch.abs, torch.clone)),
        Mistake("Gram not divided",
                lambda f, a: (batched(f) * area(f) - a).square().sum() / a.square().sum(),
                "You do not divide your Gram matrix by H·W."),
        Mistake("brackets", lambda f, a: batched(f) - a.square().sum() / a.square().sum(),
                "You square and sum only A, since brackets are missing. Square `(G - A)`."),
    ),
    minutes=5, difficulty=2, needs_gradient=True,
)  # fmt: skip


def layer_strengths(grams, power=2):
    return {name: (gram.square().sum() / gram.shape[-1] ** power).item() for name, gram in grams.items()}


def shares(strengths):
    total = sum(strengths.values())
    return {name: value / total for name, value in strengths.items()}


layer_shares = exercise(
    "layer_shares",
    "{layer: Gram matrix A (1, C, C)} → {layer: its share}: Σ A² / C² as a number, divided by the sum over all layers.",
    lambda grams: shares(layer_strengths(grams)),
    lambda seed: [
        ({"relu1_1": batched(normal(seed, 1, 3, 4, 6)), "relu2_1": batched(normal(seed, 1, 5, 4, 3))},),
        ({f"relu{n}_1": batched(normal(seed, 1, n + 1, 2, 3, scale=n)) for n in (1, 2, 3)},),
        ({"relu3_1": batched(normal(seed, 1, 4, 3, 5)), "relu1_1": batched(normal(seed + 1, 1, 2, 3, 5))},),
    ],
    "Where terms are not relative, the loudest layer decides: its weight is hidden in its activations.",
    (
        Hint("value", "Two steps: Σ A² / C² for each layer; then divide each by the sum of all, so that they add up to 1."),
        Hint("keys", "A dictionary with the same names: `{name: ... for name, A in grams.items()}`."),
    ),
    (
        Mistake("not divided by the sum", layer_strengths, "Your shares do not add up to 1: divide each by their sum."),
        Mistake("C missing", lambda g: shares(layer_strengths(g, 0)), "You do not divide by C²."),
        Mistake("C not squared", lambda g: shares(layer_strengths(g, 1)), "You divide by C; divide by C²."),
        Mistake("root", lambda g: shares({n: (a.norm() / a.shape[-1]).item() for n, a in g.items()}),
                "You take the root of Σ A²; take Σ A² itself."),
        Mistake("growing sum",
                lambda g: {n: s / t for (n, s), t in zip(layer_strengths(g).items(),
                                                         accumulate(layer_strengths(g).values()), strict=True)},
                "You divide while the sum is still growing: first add all parts, then divide each."),
        Mistake("softmax",
                lambda g: dict(zip(g, torch.tensor([*layer_strengths(g).values()]).softmax(0).tolist(), strict=True)),
                "You take a softmax, which has exponentials; divide each part by the sum of the parts."),
        Mistake("equal shares", lambda g: dict.fromkeys(g, 1 / len(g)),
                "You give all layers the same share and do not use the Gram matrices."),
    ),
    minutes=6, difficulty=2,
)  # fmt: skip


def across(image):
    return image[..., 1:] - image[..., :-1]


def down(image):
    return image[..., 1:, :] - image[..., :-1, :]


def chequered(height, width):
    return ((torch.arange(height)[:, None] + torch.arange(width)) % 2.0).expand(1, 3, height, width).clone()


total_variation = exercise(
    "total_variation",
    "(B, 3, H, W) → one number: mean (difference of horizontal neighbours)² + mean (difference of vertical neighbours)².",
    lambda image: across(image).square().mean() + down(image).square().mean(),
    lambda seed: [
        (uniform(seed, 1, 3, 4, 6),),
        (uniform(seed, 2, 3, 5, 3),),
        (chequered(6, 7),),
        (torch.full((1, 3, 4, 4), 0.6),),
        (uniform(seed, 1, 3, 8, 2) * 3,),
    ],
    "Noise has a large total variation, a smooth wash a small one; a chequerboard of 0 and 1 has exactly 2.",
    (
        Hint("value", "A chequerboard must give exactly 2: one for each direction. Two slices, shifted by one, subtracted."),
        Hint("shapes", "`image[..., 1:] - image[..., :-1]` is one narrower than the image: take its mean before you add."),
    ),
    (
        Mistake("absolute values", lambda i: across(i).abs().mean() + down(i).abs().mean(),
                "You take absolute differences, which make flat blocks; take their squares."),
        Mistake("sums", lambda i: across(i).square().sum() + down(i).square().sum(),
                "You take sums; means do not depend on the picture's size."),
        Mistake("signed", lambda i: across(i).mean() + down(i).mean(), "You do not square: up and down cancel."),
        Mistake("mean, then squared", lambda i: across(i).mean().square() + down(i).mean().square(),
                "You take the mean first and then square, so that up and down cancel: square first."),
        Mistake("only one direction", lambda i: across(i).square().mean(),
                "You compare horizontal neighbours only; add the vertical ones."),
        Mistake("only one direction", lambda i: down(i).square().mean(),
                "You compare vertical neighbours only; add the horizontal ones."),
        Mistake("one common mean", lambda i: (across(i).square().sum() + down(i).square().sum()) / i.numel(),
                "You divide both sums by the number of pixels, and there are fewer neighbours. Take two means."),
        Mistake("one common mean", lambda i: torch.cat([across(i).flatten(), down(i).flatten()]).square().mean(),
                "You take one mean of all differences; take two means and add them."),
        Mistake("wrapped round", lambda i: (i - i.roll(1, -1)).square().mean() + (i - i.roll(1, -2)).square().mean(),
                "You use `roll`, which compares the right edge with the left. Use slices."),
        Mistake("length of the gradient",
                lambda i: (across(i)[..., :-1, :].square() + down(i)[..., :-1].square()).sqrt().mean(),
                "You take the length √(dx² + dy²); add the two squares, without a root."),
        Mistake("zeros around",
                lambda i: across(pad(i, (1, 1))).square().mean() + down(pad(i, (0, 0, 1, 1))).square().mean(),
                "You put zeros around the picture first: its edge then counts as a step to black."),
        Mistake("zeros around",
                lambda i: across(pad(i, (0, 1, 0, 1))).square().mean() + down(pad(i, (0, 1, 0, 1))).square().mean(),
                "You put zeros at the edge first: the edge then counts as a step to black."),
        Mistake("from the first",
                lambda i: (i[..., 1:] - i[..., :1]).square().mean() + (i[..., 1:, :] - i[..., :1, :]).square().mean(),
                "You compare every pixel with the first of its row or column; compare it with its neighbour, `[..., :-1]`."),
        Mistake("next but one",
                lambda i: (i[..., 2:] - i[..., :-2]).square().mean() + (i[..., 2:, :] - i[..., :-2, :]).square().mean(),
                "You skip a pixel: neighbours are one apart."),
    ),
    minutes=7, difficulty=2, needs_gradient=True, loops="wrong",
)  # fmt: skip


convert_weight = exercise(
    "convert_weight",
    "A style weight from the PyTorch tutorial (Gram / (C·H·W), loss = mean of squares) and C → the weight for Σ (G − "
    "A)² / (4·C²).",
    lambda weight, channels: weight * 4 / channels**2,
    lambda seed: [(1e6, 64), (1.0, 2), (1e6, 512), (500.0, 3)],
    "1e6 there is 977 here for 64 channels: numbers from a tutorial mean something only with their formula.",
    (
        Hint("value", "Their loss is Σ (G − A)² / C⁴ in our G (why C⁴?). Solve: weight · theirs = new weight · ours."),
        Hint("error", "You get two numbers. You need no size of the picture: both losses divide by H·W."),
    ),
    (
        Mistake("inverted", lambda w, c: w * c**2 / 4,
                "Your factor is upside down: their loss is the smaller one, so the weight here is smaller."),
        Mistake("4 forgotten", lambda w, c: w / c**2, "You do not use the 4 of the paper's 4·C²."),
        Mistake("4 inverted", lambda w, c: w / (4 * c**2), "You divide by 4; multiply by it."),
        Mistake("C not squared", lambda w, c: w * 4 / c, "You divide by C once; divide by C²."),
        *(Mistake("C to the fourth", lambda w, c, four=four: w * four / c**4,
                  "You divide by C⁴; our loss has 4·C², so that 4/C² is left.") for four in (1, 4)),
    ),
    minutes=8, difficulty=3,
)  # fmt: skip
