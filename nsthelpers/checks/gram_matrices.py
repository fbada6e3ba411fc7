"""Exercises of notebook 05: style as a table of correlations."""

import torch
import torch.nn.functional as F

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


def flat(features):
    return features.flatten(-2)


COVARIANCE = "You subtract each map's mean first: this is the covariance. The Gram matrix keeps the mean."


def area(features):
    return features.shape[-2] * features.shape[-1]


gram = exercise(
    "gram",
    "(C, H, W) → (C, C): the inner product of every channel map with every other, divided by H·W.",
    lambda features: flat(features) @ flat(features).T / area(features),
    lambda seed: [
        (normal(seed, 3, 4, 6) + 0.3,),
        (normal(seed, 5, 7, 2) + 0.3,),
        (normal(seed, 4, 3, 3),),
        (normal(seed, 2, 9, 5, scale=1e3),),
        (normal(seed, 1, 2, 3),),
        (torch.zeros(3, 2, 5),),
    ],
    "A Gram matrix tells which channels fire together, and forgets where. From here on it is yours that paints.",
    (
        Hint("shape", "C × C comes from (C, H·W) times its transpose (H·W, C): sum over the places."),
        Hint("value", "Check one number by hand: G[0, 1] is the mean over all places of map 0 times map 1."),
    ),
    (
        *(Mistake("summed over channels", lambda f, by=by: flat(f).T @ flat(f) / by(f),
                  "You summed over channels instead of positions: the result is (H·W) × (H·W). Transpose the other "
                  "factor.") for by in (area, len, lambda f: 1)),
        Mistake("not divided", lambda f: flat(f) @ flat(f).T,
                "You sum, but do not divide by H·W: a larger picture would seem to have a stronger style."),
        Mistake("divided by C·H·W", lambda f: flat(f) @ flat(f).T / f.numel(),
                "You divide by C·H·W, as the PyTorch tutorial does; divide by H·W alone, for the mean over places."),
        Mistake("mean removed", lambda f: centred(f) @ centred(f).T / area(f),
                COVARIANCE),
        Mistake("mean removed", lambda f: torch.cov(flat(f), correction=0), COVARIANCE),
        Mistake("mean removed", lambda f: torch.cov(flat(f)).reshape(len(f), len(f)), COVARIANCE),
        Mistake("normalised maps", lambda f: F.normalize(flat(f)) @ F.normalize(flat(f)).T,
                "You scale every map to length 1, which gives cosines. How strong a channel is belongs to the style."),
        Mistake("reshaped, not transposed", lambda f: flat(f) @ f.reshape(area(f), len(f)) / area(f),
                "You reshape the second factor to (H·W, C), which shuffles the numbers; transpose it: `.T`."),
        Mistake("reshaped, not transposed", lambda f: f.reshape(area(f), len(f)).T @ f.reshape(area(f), len(f)) / area(f),
                "Your `reshape(H·W, C)` shuffles the numbers. Reshape to (C, H·W), then `.T`."),
        *(Mistake("half filled", lambda f, half=half: half(batched(f)),
                  "You fill only one half; G[i, j] and G[j, i] are the same number.")
          for half in (torch.tril, torch.triu, lambda g: g.tril(-1))),
    ),
    minutes=10, difficulty=2, needs_gradient=True, loops="remark",
)  # fmt: skip


def batched(features):
    return flat(features) @ flat(features).mT / area(features)


def centred(features):
    return flat(features) - flat(features).mean(dim=-1, keepdim=True)


def features_and_target(seed, *shape, scale=1.0):
    return normal(seed, *shape, scale=scale), batched(normal(seed + 1, *shape, scale=scale) + 0.2)


style_distance = exercise(
    "style_distance",
    "(C, H, W) and a target (C, C) → one number: ‖G − A‖² / ‖A‖², G the Gram matrix of the features.",
    lambda features, target_gram: (batched(features) - target_gram).square().sum() / target_gram.square().sum(),
    lambda seed: [
        features_and_target(seed, 3, 4, 6),
        features_and_target(seed, 4, 5, 3),
        features_and_target(seed, 2, 7, 7, scale=30.0),
        features_and_target(seed, 5, 2, 8, scale=0.05),
        (normal(seed, 3, 3, 5), batched(normal(seed, 3, 3, 5))),
    ],
    "Style has become one number that an optimiser can make small, the same for every layer, width and picture size.",
    (
        Hint("value", "Three steps: G (divided by H·W), then Σ(G − A)², then divide by ΣA²: no root, no mean of ratios."),
        Hint("gradient", "Stay in torch from features to result: no `.item()`, no `.detach()`, no `torch.tensor(...)`."),
    ),
    (
        Mistake("not relative", lambda f, a: (batched(f) - a).square().sum(),
                "You return ‖G − A‖²; divide it by ‖A‖², so that layers with large numbers do not drown the others."),
        Mistake("paper's factor", lambda f, a: (batched(f) - a).square().sum() / (4 * a.shape[-1] ** 2),
                "You divide by the paper's 4C²; here the distance is relative: divide by ‖A‖² instead."),
        Mistake("divided by G", lambda f, a: (batched(f) - a).square().sum() / batched(f).square().sum(),
                "You divide by ‖G‖², which changes at each step; divide by the target's ‖A‖²."),
        Mistake("element by element", lambda f, a: ((batched(f) - a) / a).square().mean(),
                "You divide entry by entry; first sum up (G − A)² and A², then divide once."),
        Mistake("Gram not divided", lambda f, a: (batched(f) * area(f) - a).square().sum() / a.square().sum(),
                "You do not divide your Gram matrix by H·W."),
        Mistake("spectral norm", lambda f, a: (torch.linalg.matrix_norm(batched(f) - a, 2)
                / torch.linalg.matrix_norm(a, 2)).square(),
                "You take the spectral norm, the largest stretch; ‖…‖² here is the sum of all squared entries."),
    ),
    minutes=8, difficulty=2, needs_gradient=True,
)  # fmt: skip


def looks(*strides):
    """A stand-in for a network: a picture (1, 3, H, W) → {layer: maps}, each smaller and with more channels."""

    def look(image):
        """a function from a picture to {layer: (C, H, W)}"""
        maps = {}
        for number, stride in enumerate(strides, 1):
            kernel = normal(number, 2 * number, image.shape[1], 3, 3).to(image)
            image = F.relu(F.conv2d(image, kernel, stride=stride, padding=1) + 0.1)
            maps[f"relu{number}_1"] = image[0]
        return maps

    return look


def picture_and_targets(seed, height, width, *strides, wanted=None, scale=1.0):
    look = looks(*strides)
    style = look(normal(seed + 1, 1, 3, height + 2, width + 3) + 0.2)
    targets = {name: scale**number * batched(maps) for number, (name, maps) in enumerate(style.items())}
    targets = {name: target for name, target in targets.items() if not wanted or name in wanted}
    return normal(seed, 1, 3, height, width), look, targets


def distance(features, target):
    return (batched(features) - target).square().sum() / target.square().sum()


def each(image, look, targets, measure=distance):
    maps = look(image)
    return torch.stack([measure(maps[name], target) for name, target in targets.items()])


texture_loss = exercise(
    "texture_loss",
    "A picture (1, 3, H, W), `look` (picture → {layer: (C, H, W)}) and targets {layer: (C, C)} → one number: the mean of "
    "the style distances of the layers in `targets`.",
    lambda image, look, targets: each(image, look, targets).mean(),
    lambda seed: [
        picture_and_targets(seed, 6, 9, 1, 2),
        picture_and_targets(seed + 1, 8, 5, 1, 1, 2),
        picture_and_targets(seed + 2, 7, 7, 1, 2, 2, scale=30.0),
        picture_and_targets(seed + 3, 5, 8, 1),
        picture_and_targets(seed + 4, 9, 6, 1, 2, 1, wanted=("relu2_1",)),
        picture_and_targets(seed + 5, 6, 10, 2, 1, 1, wanted=("relu3_1", "relu1_1")),
    ],
    "This one number is all that a texture needs (Gatys et al. 2015): an optimiser may now make it small.",
    (
        Hint("value", "`maps = look(image)` once; then for each name in `targets` a style distance; add up, and divide by "
             "the number of layers in `targets`."),
        Hint("gradient", "Let tensors flow from `image` to the result: no `no_grad`, no `.item()`, no `.detach()`."),
    ),
    (
        Mistake("divided by five", lambda i, look, t: each(i, look, t).sum() / 5,
                "You always divide by 5; divide by `len(targets)`."),
        Mistake("only the last layer", lambda i, look, t: each(i, look, t)[-1],
                "You return the last layer only: does the sum start again in the loop, or is `return` in it?"),
        Mistake("only the first layer", lambda i, look, t: each(i, look, t)[0],
                "You return the first layer only: `return` is in the loop."),
        Mistake("all layers in one", lambda i, look, t: (
                    sum((batched(look(i)[n]) - a).square().sum() for n, a in t.items())
                    / sum(a.square().sum() for a in t.values())),
                "You divide once, at the end: the layer with the largest numbers decides. Divide layer by layer."),
        *(Mistake("not relative", lambda i, look, t, of=of: each(
                      i, look, t, lambda f, a: of((batched(f) - a).square())).mean(),
                  "You do not divide the layers by ‖A‖²; use your `style_distance` for each.")
          for of in (torch.sum, torch.mean)),
    ),
    minutes=8, difficulty=2, needs_gradient=True,
)  # fmt: skip


def maps_and_permutation(seed, *shape):
    places = torch.randperm(shape[1] * shape[2], generator=torch.Generator().manual_seed(seed))
    return normal(seed, *shape), places


shuffle_pixels = exercise(
    "shuffle_pixels",
    "(C, H, W) and a permutation of the H·W places → (C, H, W): at place p what stood at place permutation[p].",
    lambda features, permutation: flat(features)[:, permutation].reshape(features.shape),
    lambda seed: [
        maps_and_permutation(seed, 2, 3, 4),
        maps_and_permutation(seed, 3, 6, 2),
        maps_and_permutation(seed, 5, 5, 5),
        (normal(seed, 4, 2, 3), torch.tensor([1, 2, 3, 4, 5, 0])),
        maps_and_permutation(seed, 1, 8, 9),
    ],
    "Moving all places about, every channel alike, destroys the picture and leaves the Gram matrix as it is.",
    (
        Hint("value", "Indexing does it: `flat[:, permutation]` has at place p what `flat` has at permutation[p]."),
        Hint("shape", "Flatten to (C, H·W), move the columns, and give the result its old shape again."),
    ),
    (
        Mistake("inverse permutation", lambda f, p: flat(f)[:, p.argsort()].reshape(f.shape),
                "You move place p *to* permutation[p]; it should take what stands there."),
        Mistake("column by column", lambda f, p: flat(f.mT)[:, p].reshape(f.mT.shape).mT,
                "You count the places column by column; count them row by row, as `flatten` does."),
        Mistake("reshaped to W × H", lambda f, p: flat(f)[:, p].reshape(f.mT.shape).mT,
                "You exchange height and width at the end: reshape to (C, H, W)."),
        Mistake("positions first", lambda f, p: f.permute(1, 2, 0).reshape(-1, len(f))[p].reshape(f.shape),
                "You reshape while the channels are last; put them first again (`permute`) before the reshape."),
        Mistake("scrambled", lambda f, p: f.reshape(area(f), len(f))[p].reshape(f.shape),
                "Your `reshape(H·W, C)` mixes channels and places. Reshape to (C, H·W)."),
    ),
    minutes=5, difficulty=2, loops="wrong",
)  # fmt: skip
