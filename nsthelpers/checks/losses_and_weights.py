"""Exercises of notebook 06: what the weights mean."""

import torch

from nsthelpers.checks.gram_matrices import area, batched
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
        Hint("gradient", "Keep the tensor: `.item()`, `.detach()` or NumPy would cut the way back to the pixels."),
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
        Mistake("Gram divided by C·H·W", lambda f, a: (batched(f) / f.shape[1] - a).square().sum() / (4 * f.shape[1] ** 2),
                "Your Gram matrix is divided by C·H·W, not by H·W."),
        Mistake("not squared", lambda f, a: gap(f, a).abs().sum() / (4 * f.shape[1] ** 2),
                "Squares, not absolute values."),
        Mistake("root", lambda f, a: gap(f, a).norm() / (4 * f.shape[1] ** 2), "This has a root too many: Σ (G − A)²."),
        Mistake("relative", lambda f, a: gap(f, a).square().sum() / a.square().sum(),
                "This is the relative form of notebook 05; here the paper's."),
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


def across(image):
    return image[..., 1:] - image[..., :-1]


def down(image):
    return image[..., 1:, :] - image[..., :-1, :]


def chequered(height, width):
    return ((torch.arange(height)[:, None] + torch.arange(width)) % 2.0).expand(1, 3, height, width).clone()


total_variation = exercise(
    "total_variation",
    "(B, 3, H, W) → one number: mean |difference of horizontal neighbours| + mean |difference of vertical neighbours|.",
    lambda image: across(image).abs().mean() + down(image).abs().mean(),
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
        Mistake("squares", lambda i: across(i).square().mean() + down(i).square().mean(),
                "You squared the differences; here it is their size (`abs`)."),
        Mistake("sums", lambda i: across(i).abs().sum() + down(i).abs().sum(),
                "You took sums; means do not depend on the picture's size."),
        Mistake("signed", lambda i: across(i).mean() + down(i).mean(), "`abs` is missing: up and down cancel."),
        Mistake("only one direction", lambda i: across(i).abs().mean(),
                "Only horizontal neighbours; the vertical ones are missing."),
        Mistake("only one direction", lambda i: down(i).abs().mean(),
                "Only vertical neighbours; the horizontal ones are missing."),
        Mistake("mean of both", lambda i: (across(i).abs().mean() + down(i).abs().mean()) / 2,
                "You took the mean of the two; add them."),
        Mistake("one common mean", lambda i: (across(i).abs().sum() + down(i).abs().sum()) / i.numel(),
                "You divide both sums by the number of pixels; there are fewer neighbours than pixels. Take two "
                "means."),
        Mistake("one common mean", lambda i: torch.cat([across(i).flatten(), down(i).flatten()]).abs().mean(),
                "Take two means and add them."),
        Mistake("wrapped round", lambda i: (i - i.roll(1, -1)).abs().mean() + (i - i.roll(1, -2)).abs().mean(),
                "`roll` compares the right edge with the left: the picture is no ring. Use slices."),
        Mistake("diagonal", lambda i: (i[..., 1:, 1:] - i[..., :-1, :-1]).abs().mean(),
                "You compare diagonal neighbours."),
        Mistake("length of the gradient", lambda i: torch.hypot(across(i)[..., :-1, :], down(i)[..., :-1]).mean(),
                "You took the length √(dx² + dy²); here the two sizes are added."),
        Mistake("across channels", lambda i: (i[:, 1:] - i[:, :-1]).abs().mean(),
                "You compare channels; neighbours are pixels."),
        Mistake("across channels", lambda i: (i[:, 1:] - i[:, :-1]).abs().mean() + down(i).abs().mean(),
                "You compare channels; neighbours are pixels."),
        Mistake("difference of differences", lambda i: (across(i).abs().mean() - down(i).abs().mean()),
                "Add the two directions."),
        Mistake("next but one",
                lambda i: (i[..., 2:] - i[..., :-2]).abs().mean() + (i[..., 2:, :] - i[..., :-2, :]).abs().mean(),
                "You skip a pixel: neighbours are one apart."),
    ),
    minutes=7,
    difficulty=2,
    needs_gradient=True,
    loops="wrong",
)  # fmt: skip


def amounts(*values):
    return {name: torch.tensor(value) for name, value in zip(("content", "style", "variation"), values, strict=False)}


def weighted(losses, weights):
    return sum(weights[name] * loss for name, loss in losses.items())


combine = exercise(
    "combine",
    "A dictionary of losses and one of weights, by name → one number: Σ weight · loss. A name without a weight "
    "counts 0.",
    lambda losses, weights: sum(weights.get(name, 0.0) * loss for name, loss in losses.items()),
    lambda seed: [
        (amounts(2.0, 0.5, 0.1), {"content": 1.0, "style": 100.0, "variation": 3.0}),
        (amounts(0.3, 4.0), {"style": 0.25, "content": 2.0}),
        (amounts(5.0, 1.0, 7.0), {"content": 0.1, "style": 10.0}),
        (amounts(1.5), {"content": 4.0, "style": 9.0}),
    ],
    "Style transfer is a bargain between wishes, and the weights are what each is worth.",
    (
        Hint("value",
             "Go through the losses by name and look its weight up; the order of the two dictionaries may differ."),
        Hint("error", "`weights.get(name, 0.0)` gives 0 where a name is missing, `weights[name]` stops."),
    ),
    (
        Mistake("weights ignored", lambda ls, ws: sum(ls.values()), "The weights are not used."),
        Mistake("mean", lambda ls, ws: sum(ws.get(n, 0) * v for n, v in ls.items()) / len(ls),
                "This is the mean; the sum is asked."),
        Mistake("divided by the weights", lambda ls, ws: sum(ws.get(n, 0) * v for n, v in ls.items()) / sum(ws.values()),
                "You divided by the sum of the weights; only their ratio would then count."),
        Mistake("sum times sum", lambda ls, ws: sum(ls.values()) * sum(ws.values()),
                "Multiply each loss with its own weight, then add."),
        Mistake("wrong pairs", lambda ls, ws: sum(v * w for v, w in zip(ls.values(), ws.values(), strict=False)),
                "Losses and weights are paired by position; pair them by name."),
        Mistake("missing counts 1", lambda ls, ws: sum(ws.get(n, 1.0) * v for n, v in ls.items()),
                "A name without a weight should count 0, not 1."),
        Mistake("missing name stops", weighted, "A loss without a weight stops your function; it should count 0."),
        Mistake("product", lambda ls, ws: torch.stack([ws.get(n, 0) * v for n, v in ls.items()]).prod(),
                "Add the terms, do not multiply them."),
        Mistake("a dictionary", lambda ls, ws: {n: ws.get(n, 0) * v for n, v in ls.items()},
                "Add the terms up: one number is asked."),
        Mistake("only the last", lambda ls, ws: [ws.get(n, 0) * v for n, v in ls.items()][-1],
                "Only the last term: add with `+=` inside the loop."),
        Mistake("only the first", lambda ls, ws: [ws.get(n, 0) * v for n, v in ls.items()][0],
                "Only the first term: is the `return` inside the loop?"),
        Mistake("divided", lambda ls, ws: sum(v / ws[n] for n, v in ls.items() if n in ws),
                "Multiply by the weight, do not divide."),
        Mistake("weights added", lambda ls, ws: sum(v + ws.get(n, 0) for n, v in ls.items()),
                "Multiply by the weight, do not add it."),
    ),
    minutes=5,
)  # fmt: skip


balance = exercise(
    "balance",
    "Content loss, style loss and a ratio → the style weight w for which w·style is `ratio` times the content loss.",
    lambda content, style, ratio: ratio * content / style,
    lambda seed: [(2.0, 0.5, 1.0), (3.0, 6.0, 4.0), (0.01, 250.0, 10.0), (7.0, 0.002, 0.5)],
    "A weight says nothing by itself: the same picture needs 1e6 or 1e-2, depending on how the losses are scaled.",
    (
        Hint("value", "Write the equation down, w·style = ratio·content, and solve it for w."),
        Hint("error", "Three numbers come in, one number goes out: one multiplication and one division."),
    ),
    (
        Mistake("inverted", lambda c, s, r: s / (r * c), "This is 1/w: content and ratio belong above the line."),
        Mistake("content and style exchanged", lambda c, s, r: r * s / c,
                "Content and style are exchanged: w grows if the style loss is small."),
        Mistake("ratio ignored", lambda c, s, r: c / s, "The ratio is not used."),
        Mistake("divided by ratio", lambda c, s, r: c / (s * r), "The ratio belongs above the line."),
        Mistake("weighted style", lambda c, s, r: r * c, "This is w·style: divide by the style loss."),
        Mistake("style forgotten", lambda c, s, r: r / s, "The content loss is not used."),
        Mistake("the ratio", lambda c, s, r: r, "This is the ratio itself, right only if both losses are equal."),
        Mistake("product", lambda c, s, r: r * c * s, "Divide by the style loss, do not multiply."),
        Mistake("share", lambda c, s, r: r * c / (s + c), "Divide by the style loss alone."),
        Mistake("root", lambda c, s, r: (r * c / s) ** 0.5, "There is a root too many."),
        Mistake("rounded", lambda c, s, r: r * c // s, "`//` cuts off what is behind the point: divide with `/`."),
    ),
    minutes=4,
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
        Mistake("mean forgotten", lambda w, c: w * 4,
                "The tutorial's Gram has another C in its divisor; squared it is C²."),
        Mistake("unchanged", lambda w, c: w, "Nothing is converted."),
        Mistake("multiplied by 4C²", lambda w, c: w * 4 * c**2, "Divide by C², do not multiply."),
        Mistake("to the third", lambda w, c: w * 4 / c**3,
                "Their Gram has 1/C, squared 1/C²; their mean another 1/C². Together 1/C⁴."),
        Mistake("rounded", lambda w, c: w * 4 // c**2, "`//` cuts off what is behind the point: divide with `/`."),
    ),
    minutes=8,
    difficulty=3,
)  # fmt: skip
