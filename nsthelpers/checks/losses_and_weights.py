"""Exercises of notebook 06: what the weights mean."""

import torch
from torch.nn.functional import pad

from nsthelpers.checks.gram_matrices import area, batched, centred
from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


def features_and_target(seed, *shape, scale=1.0):
    return normal(seed, *shape, scale=scale), batched(normal(seed + 1, *shape, scale=scale) + 0.2)


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
        Hint("gradient", "Keep the tensor: `.item()`, `.detach()` or NumPy would cut the gradient's way to the pixels."),
    ),
    (
        Mistake("no divisor", lambda f, a: gap(f, a).square().sum(), "The divisor 4·C² is missing."),
        Mistake("mean", lambda f, a: gap(f, a).square().mean(),
                "The mean divides by B·C²; the paper's divisor is 4·C² (and the batch is summed)."),
        Mistake("4 missing", lambda f, a: gap(f, a).square().sum() / f.shape[1] ** 2, "The 4 of 4·C² is missing."),
        Mistake("C not squared", lambda f, a: gap(f, a).square().sum() / (4 * f.shape[1]),
                "It is 4·C², with the square."),
        Mistake("(4C)²", lambda f, a: gap(f, a).square().sum() / (4 * f.shape[1]) ** 2,
                "You squared the 4 as well: 4·C², not (4·C)²."),
        Mistake("mean over 4", lambda f, a: gap(f, a).square().mean() / 4,
                "With `mean` the batch is divided out too; it should be summed."),
        Mistake("divided twice by C²", lambda f, a: gap(f, a).square().mean() / (4 * f.shape[1] ** 2),
                "`mean` has divided by C² already."),
        Mistake("divided by H·W again", lambda f, a: gap(f, a).square().sum() / (4 * f.shape[1] ** 2 * area(f) ** 2),
                "The paper's 1/M² is in the Gram matrices already (they are divided by H·W)."),
        Mistake("Gram not divided", lambda f, a: (batched(f) * area(f) - a).square().sum() / (4 * f.shape[1] ** 2),
                "Your Gram matrix is not divided by H·W."),
        Mistake("divided by H·W again", lambda f, a: (batched(f) / area(f) - a).square().sum() / (4 * f.shape[1] ** 2),
                "You divide the Gram matrix by H·W twice; once it was done already."),
        Mistake("Gram divided by C·H·W", lambda f, a: (batched(f) / f.shape[1] - a).square().sum() / (4 * f.shape[1] ** 2),
                "Your Gram matrix is divided by C·H·W, not by H·W."),
        Mistake("not squared", lambda f, a: gap(f, a).abs().sum() / (4 * f.shape[1] ** 2),
                "Squares, not absolute values."),
        Mistake("root", lambda f, a: gap(f, a).norm() / (4 * f.shape[1] ** 2), "This has a root too many: Σ (G − A)²."),
        Mistake("relative", lambda f, a: gap(f, a).square().sum() / a.square().sum(),
                "This is the relative form, which comes later in the notebook; here the paper's."),
        Mistake("mean removed", lambda f, a: gap(centred(f).reshape(f.shape), a).square().sum() / (4 * f.shape[1] ** 2),
                "You subtracted each map's mean first: this is the covariance. The Gram matrix keeps the mean."),
        Mistake("another size for C", lambda f, a: gap(f, a).square().sum() / (4 * f.shape[0] ** 2),
                "You divide by 4 times the square of axis 0, the batch; C is axis 1."),
        Mistake("another size for C", lambda f, a: gap(f, a).square().sum() / (4 * f.shape[-1] ** 2),
                "You divide by 4 times the square of the last axis, the width; C is axis 1."),
        Mistake("another size for C", lambda f, a: gap(f, a).square().sum() / (4 * f.shape[2] ** 2),
                "You divide by 4 times the square of axis 2, the height; C is axis 1."),
        Mistake("summed, then squared", lambda f, a: gap(f, a).sum().square() / (4 * f.shape[1] ** 2),
                "First square, then sum."),
        Mistake("multiplied by ¼C²", lambda f, a: gap(f, a).square().sum() / 4 * f.shape[1] ** 2,
                "`/ 4 * C**2` multiplies by C²: write `/ (4 * C**2)`."),
        Mistake("one for each picture", lambda f, a: gap(f, a).square().sum((1, 2)) / (4 * f.shape[1] ** 2),
                "Sum over the batch too."),
    ),
    minutes=6,
    difficulty=2,
    needs_gradient=True,
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
        Hint("value", "Two sums of squares, one divided by the other: above the line G − A, below it A alone."),
        Hint("gradient", "Keep the tensor: `.item()`, `.detach()` or NumPy would cut the gradient's way to the pixels."),
    ),
    (
        Mistake("not divided", lambda f, a: gap(f, a).square().sum(), "The division by Σ A² is missing."),
        Mistake("the paper's", lambda f, a: gap(f, a).square().sum() / (4 * f.shape[1] ** 2),
                "This is the paper's form; here divide by Σ A² in place of 4·C²."),
        Mistake("both divisors", lambda f, a: gap(f, a).square().sum() / a.square().sum() / (4 * f.shape[1] ** 2),
                "4·C² has no place here: Σ A² alone is below the line."),
        Mistake("mean removed", lambda f, a: gap(centred(f).reshape(f.shape), a).square().sum() / a.square().sum(),
                "You subtracted each map's mean first: this is the covariance. The Gram matrix keeps the mean."),
        Mistake("root", lambda f, a: gap(f, a).norm() / a.norm(), "This is the ratio of the norms: square it."),
        Mistake("root below", lambda f, a: gap(f, a).square().sum() / a.norm(),
                "Below the line stands a norm: it must be squared, too."),
        Mistake("divided by G", lambda f, a: gap(f, a).square().sum() / batched(f).square().sum(),
                "You divide by the picture's own G, which changes at each step; divide by the target's A."),
        Mistake("entry by entry", lambda f, a: (gap(f, a) / a).square().mean(),
                "You divide entry by entry, where a small entry of A decides all; divide the two sums."),
        Mistake("entry by entry", lambda f, a: (gap(f, a) / a).square().sum(),
                "You divide entry by entry, where a small entry of A decides all; divide the two sums."),
        Mistake("mean over sum", lambda f, a: gap(f, a).square().mean() / a.square().sum(),
                "A mean above the line and a sum below: take two sums, or two means."),
        Mistake("sum over mean", lambda f, a: gap(f, a).square().sum() / a.square().mean(),
                "A sum above the line and a mean below: take two sums, or two means."),
        Mistake("not squared", lambda f, a: gap(f, a).abs().sum() / a.abs().sum(), "Squares, not absolute values."),
        Mistake("A not squared", lambda f, a: gap(f, a).square().sum() / a.abs().sum(),
                "The entries of A must be squared, too."),
        Mistake("A not squared", lambda f, a: gap(f, a).square().sum() / a.sum(),
                "The entries of A must be squared, too."),
        Mistake("summed, then squared", lambda f, a: (gap(f, a).sum() / a.sum()).square(), "First square, then sum."),
        Mistake("Gram not divided",
                lambda f, a: (batched(f) * area(f) - a).square().sum() / a.square().sum(),
                "Your Gram matrix is not divided by H·W."),
        Mistake("Gram divided by C·H·W",
                lambda f, a: (batched(f) / f.shape[1] - a).square().sum() / a.square().sum(),
                "Your Gram matrix is divided by C·H·W, not by H·W."),
        Mistake("divided by both", lambda f, a: gap(f, a).square().sum() / (batched(f).square().sum() + a.square().sum()),
                "You divide by Σ G² and Σ A² together; here it is Σ A² alone, which does not change on the way."),
        Mistake("both scaled to length 1", lambda f, a: (batched(f) / batched(f).norm() - a / a.norm()).square().sum(),
                "You scale G and A to length 1 each, so that a G twice as strong goes unseen; divide once, by Σ A²."),
        Mistake("brackets", lambda f, a: batched(f) - a.square().sum() / a.square().sum(),
                "Brackets are missing: only A is squared and summed. It should be `(G - A)`, and that squared."),
        Mistake("inverted", lambda f, a: a.square().sum() / gap(f, a).square().sum(),
                "It is upside down: a perfect match must give 0."),
        Mistake("difference of the sums",
                lambda f, a: (batched(f).square().sum() - a.square().sum()) / a.square().sum(),
                "First the difference G − A, then the squares."),
        Mistake("one for each picture",
                lambda f, a: gap(f, a).square().sum((1, 2)) / a.square().sum((1, 2)), "Sum over the batch too."),
    ),
    minutes=5,
    difficulty=2,
    needs_gradient=True,
)  # fmt: skip


def layer_strengths(grams, power=2):
    return {name: (gram.square().sum() / gram.shape[-1] ** power).item() for name, gram in grams.items()}


def shares(strengths):
    total = sum(strengths.values())
    return {name: value / total for name, value in strengths.items()}


def growing(grams):
    found, total = {}, 0.0
    for name, value in layer_strengths(grams).items():
        total += value
        found[name] = value / total
    return found


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
        Mistake("not divided by the sum", layer_strengths, "The shares must add up to 1: divide each by their sum."),
        Mistake("C missing", lambda g: shares(layer_strengths(g, 0)), "The division by C² is missing."),
        Mistake("C not squared", lambda g: shares(layer_strengths(g, 1)), "Divide by C², with the square."),
        Mistake("C to the fourth", lambda g: shares(layer_strengths(g, 4)),
                "C² once is enough: a mean over the entries and a division by C² are two."),
        Mistake("not squared",
                lambda g: shares({n: (a.abs().sum() / a.shape[-1] ** 2).item() for n, a in g.items()}),
                "The entries of A must be squared before they are added."),
        Mistake("not squared", lambda g: shares({n: a.mean().item() for n, a in g.items()}),
                "The entries of A must be squared before they are added."),
        Mistake("root", lambda g: shares({n: (a.norm() / a.shape[-1]).item() for n, a in g.items()}),
                "There is a root too many: Σ A², not its root."),
        Mistake("root", lambda g: shares({n: (a.norm() / a.shape[-1] ** 2).item() for n, a in g.items()}),
                "There is a root too many: Σ A², not its root."),
        Mistake("summed, then squared", 
                lambda g: shares({n: (a.sum() ** 2 / a.shape[-1] ** 2).item() for n, a in g.items()}),
                "You add up first and square then: first square each entry of A."),
        Mistake("growing sum", growing, "You divide while the sum is still growing: first all parts, then divide each."),
        Mistake("softmax", 
                lambda g: dict(zip(g, torch.tensor([*layer_strengths(g).values()]).softmax(0).tolist(), strict=True)),
                "This is a softmax, which takes exponentials first; divide each part by the sum of the parts."),
        Mistake("equal shares", lambda g: dict.fromkeys(g, 1 / len(g)), "The Gram matrices are not used."),
        Mistake("divided by the largest",
                lambda g: {n: v / max(layer_strengths(g).values()) for n, v in layer_strengths(g).items()},
                "You divided by the largest; divide by the sum."),
        Mistake("mean for the sum", lambda g: {n: v * len(g) for n, v in shares(layer_strengths(g)).items()},
                "You divided by the mean of the layers; divide by their sum."),
        Mistake("a list", lambda g: list(shares(layer_strengths(g)).values()),
                "A list has lost the names of the layers: make a dictionary."),
        Mistake("inverted", lambda g: shares({n: 1 / v for n, v in layer_strengths(g).items()}),
                "It is upside down: the loud layer has the large share."),
    ),
    minutes=6,
    difficulty=2,
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
        Hint("value",
             "A chequerboard must give exactly 2: one for each direction. Two slices, shifted by one, subtracted."),
        Hint("shapes",
             "`image[..., 1:] - image[..., :-1]` is one narrower than the image: take its mean before you add."),
    ),
    (
        Mistake("absolute values", lambda i: across(i).abs().mean() + down(i).abs().mean(),
                "You took the size of the differences, which makes flat blocks; here their squares."),
        Mistake("sums", lambda i: across(i).square().sum() + down(i).square().sum(),
                "You took sums; means do not depend on the picture's size."),
        Mistake("signed", lambda i: across(i).mean() + down(i).mean(), "The squares are missing: up and down cancel."),
        Mistake("mean, then squared", lambda i: across(i).mean().square() + down(i).mean().square(),
                "First square, then take the mean: up and down cancel in a mean of differences."),
        Mistake("only one direction", lambda i: across(i).square().mean(),
                "Only horizontal neighbours; the vertical ones are missing."),
        Mistake("only one direction", lambda i: down(i).square().mean(),
                "Only vertical neighbours; the horizontal ones are missing."),
        Mistake("mean of both", lambda i: (across(i).square().mean() + down(i).square().mean()) / 2,
                "You took the mean of the two; add them."),
        Mistake("one common mean", lambda i: (across(i).square().sum() + down(i).square().sum()) / i.numel(),
                "You divide both sums by the number of pixels; there are fewer neighbours than pixels. Take two "
                "means."),
        Mistake("one common mean", lambda i: torch.cat([across(i).flatten(), down(i).flatten()]).square().mean(),
                "Take two means and add them."),
        Mistake("wrapped round", lambda i: (i - i.roll(1, -1)).square().mean() + (i - i.roll(1, -2)).square().mean(),
                "`roll` compares the right edge with the left: the picture is no ring. Use slices."),
        Mistake("diagonal", lambda i: (i[..., 1:, 1:] - i[..., :-1, :-1]).square().mean(),
                "You compare diagonal neighbours."),
        Mistake("length of the gradient", lambda i: torch.hypot(across(i)[..., :-1, :], down(i)[..., :-1]).mean(),
                "You took the length √(dx² + dy²); here the two squares are added, without a root."),
        Mistake("length of the gradient",
                lambda i: (across(i)[..., :-1, :].square() + down(i)[..., :-1].square()).sqrt().mean(),
                "You took the length √(dx² + dy²); here the two squares are added, without a root."),
        Mistake("zeros around", 
                lambda i: across(pad(i, (1, 1))).square().mean() + down(pad(i, (0, 0, 1, 1))).square().mean(),
                "You put zeros around the picture first: its edge then counts as a step to black."),
        Mistake("zeros around", 
                lambda i: across(pad(i, (0, 1, 0, 1))).square().mean() + down(pad(i, (0, 1, 0, 1))).square().mean(),
                "You put zeros at the edge first: the edge then counts as a step to black."),
        Mistake("from the first", 
                lambda i: (i[..., 1:] - i[..., :1]).square().mean() + (i[..., 1:, :] - i[..., :1, :]).square().mean(),
                "You compare every pixel with the first of its row or column; its neighbour is `[..., :-1]`."),
        Mistake("stops too early", lambda i: across(i[..., :-1]).square().mean() + down(i[..., :-1, :]).square().mean(),
                "The last column and the last row are left out: does a loop stop one too early?"),
        Mistake("root", lambda i: (across(i).square().mean() + down(i).square().mean()).sqrt(),
                "There is a root too many."),
        Mistake("root", lambda i: across(i).square().mean().sqrt() + down(i).square().mean().sqrt(),
                "There is a root too many."),
        Mistake("across channels", lambda i: (i[:, 1:] - i[:, :-1]).square().mean(),
                "You compare channels; neighbours are pixels."),
        Mistake("across channels", lambda i: (i[:, 1:] - i[:, :-1]).square().mean() + down(i).square().mean(),
                "You compare channels; neighbours are pixels."),
        Mistake("difference of differences", lambda i: (across(i).square().mean() - down(i).square().mean()),
                "Add the two directions."),
        Mistake("next but one",
                lambda i: (i[..., 2:] - i[..., :-2]).square().mean() + (i[..., 2:, :] - i[..., :-2, :]).square().mean(),
                "You skip a pixel: neighbours are one apart."),
    ),
    minutes=7,
    difficulty=2,
    needs_gradient=True,
    loops="wrong",
)  # fmt: skip


convert_weight = exercise(
    "convert_weight",
    "A style weight from the PyTorch tutorial (Gram / (C·H·W), loss = mean of squares) and C → the weight for Σ (G − "
    "A)² / (4·C²).",
    lambda weight, channels: weight * 4 / channels**2,
    lambda seed: [(1e6, 64), (1.0, 2), (1e6, 512), (500.0, 3)],
    "1e6 there is 977 here for 64 channels: numbers from a tutorial mean something only with their formula.",
    (
        Hint("value",
             "Their loss is Σ (G − A)² / C⁴ in our G (why C⁴?), ours Σ (G − A)² / (4·C²). Equal: weight · their loss "
             "= new · ours."),
        Hint("error", "Two numbers come in. The size of the picture is not needed: both divide by H·W."),
    ),
    (
        Mistake("inverted", lambda w, c: w * c**2 / 4,
                "The factor is upside down: their loss is the smaller one, so the weight here is smaller."),
        Mistake("4 forgotten", lambda w, c: w / c**2, "The 4 of the paper's 4·C² is not used."),
        Mistake("4 inverted", lambda w, c: w / (4 * c**2), "The 4 belongs above the line."),
        Mistake("C not squared", lambda w, c: w * 4 / c, "C enters squared: once more than you have it."),
        Mistake("C to the fourth", lambda w, c: w * 4 / c**4, "Their C⁴ is divided by our C²: C² is left."),
        Mistake("C to the fourth", lambda w, c: w / c**4, "Their C⁴ is divided by our 4·C²: 4/C² is left."),
        Mistake("no C", lambda w, c: w * 4,
                "This is 4 times the weight, without C: divide by C², in brackets (`/ c * c` multiplies again)."),
        Mistake("unchanged", lambda w, c: w, "Nothing is converted."),
        Mistake("multiplied by 4C²", lambda w, c: w * 4 * c**2, "Divide by C², do not multiply."),
        Mistake("to the third", lambda w, c: w * 4 / c**3,
                "Their Gram has 1/C, squared 1/C²; their mean another 1/C². Together 1/C⁴."),
        Mistake("rounded", lambda w, c: w * (4 // c**2), "`4 // C**2` cuts to 0 what is behind the point: divide with `/`."),
        Mistake("rounded", lambda w, c: w * 4 // c**2, "You cut off what is behind the point, with `//` or `int`."),
    ),
    minutes=8,
    difficulty=3,
)  # fmt: skip
