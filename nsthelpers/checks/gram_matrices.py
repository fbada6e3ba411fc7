"""Exercises of notebook 05: style as a table of correlations."""

import torch
import torch.nn.functional as F

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


def flat(features):
    return features.flatten(-2)


def area(features):
    return features.shape[-2] * features.shape[-1]


flatten_features = exercise(
    "flatten_features",
    "(B, C, H, W) → (B, C, H·W): every channel map written as one row, line after line.",
    lambda features: features.reshape(*features.shape[:2], -1),
    lambda seed: [
        (normal(seed, 1, 2, 3, 4),),
        (normal(seed, 2, 3, 4, 5),),
        (normal(seed, 3, 4, 2, 7),),
        (normal(seed, 1, 5, 3, 3).transpose(-1, -2),),
        (normal(seed, 2, 1, 1, 6, scale=1e4),),
    ],
    "A layer's output is a table: one row for each channel, one column for each place. Every statistic starts from it.",
    (
        Hint("shape", "Keep the first two axes and melt the last two into one: `flatten(start_dim=...)` or `reshape`."),
        Hint("value",
             "A reshape only cuts the row of numbers anew. To exchange axes one needs `permute` or `transpose`."),
    ),
    (
        Mistake("channels melted too", lambda f: f.flatten(1),
                "You melted the channels together with the places: (B, C·H·W). Start at axis 2, not 1."),
        Mistake("batch melted too", lambda f: f.reshape(f.shape[0] * f.shape[1], -1),
                "Batch and channels became one axis. The pictures of a batch must stay apart."),
        Mistake("all melted", lambda f: f.flatten(), "Everything became one long row: keep batch and channels."),
        Mistake("positions first", lambda f: flat(f).transpose(1, 2),
                "Positions and channels are exchanged: (B, H·W, C). Leave the order of the axes as it is."),
        Mistake("scrambled", lambda f: f.reshape(f.shape[0], -1, f.shape[1]),
                "`reshape` to (B, H·W, C) does not exchange axes: it cuts the numbers anew and mixes the channels."),
        Mistake("scrambled", lambda f: f.permute(0, 2, 3, 1).reshape(*f.shape[:2], -1),
                "After the permute channels come last; the reshape to (B, C, H·W) then mixes them."),
        Mistake("column by column", lambda f: flat(f.transpose(2, 3)),
                "You wrote the maps column by column; height and width must not be exchanged before."),
        Mistake("no batch", lambda f: flat(f)[0], "The batch axis is lost: only the first picture is left."),
        Mistake("batch and channels exchanged", lambda f: flat(f.transpose(0, 1)), "Batch and channels are exchanged."),
        Mistake("not flattened", lambda f: f, "Nothing happened: height and width are still two axes."),
    ),
    minutes=3,
)  # fmt: skip


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
    "A Gram matrix tells which channels light up together, and forgets where. That is what the paper calls style.",
    (
        Hint("shape", "C × C comes from (C, H·W) times its transpose (H·W, C): what is summed over are the places."),
        Hint("value", "Check one number by hand: G[0, 1] is the mean over all places of map 0 times map 1."),
    ),
    (
        Mistake("summed over channels", lambda f: flat(f).T @ flat(f) / area(f),
                "You summed over channels instead of positions: the result is (H·W) × (H·W). Transpose the other "
                "factor."),
        Mistake("summed over channels", lambda f: flat(f).T @ flat(f) / len(f),
                "You summed over channels instead of positions: the result is (H·W) × (H·W). Transpose the other "
                "factor."),
        Mistake("summed over channels", lambda f: flat(f).T @ flat(f),
                "You summed over channels instead of positions: the result is (H·W) × (H·W). Transpose the other "
                "factor."),
        Mistake("not divided", lambda f: flat(f) @ flat(f).T,
                "The sum is right, but not divided by H·W: a larger picture would seem to have a stronger style."),
        Mistake("divided twice", lambda f: flat(f) @ flat(f).T / area(f) ** 2,
                "You divided by H·W twice: a mean has it once (did you also call `.mean`?)."),
        Mistake("divided by C·H·W", lambda f: flat(f) @ flat(f).T / f.numel(),
                "You divided by C·H·W, as the PyTorch tutorial does. Here it is H·W alone: the mean over places."),
        Mistake("divided by C", lambda f: flat(f) @ flat(f).T / len(f),
                "You divided by the number of channels; the sum runs over the places, so divide by H·W."),
        Mistake("divided by H·W − 1", lambda f: flat(f) @ flat(f).T / (area(f) - 1),
                "You divided by H·W − 1, as for a covariance; here it is H·W."),
        Mistake("mean removed", lambda f: centred(f) @ centred(f).T / area(f),
                "You subtracted each map's mean first: this is the covariance. The Gram matrix keeps the mean."),
        Mistake("mean removed", lambda f: torch.cov(flat(f)).reshape(len(f), len(f)),
                "This is the covariance (`torch.cov` subtracts the mean). The Gram matrix keeps the mean."),
        Mistake("normalised maps", lambda f: F.normalize(flat(f)) @ F.normalize(flat(f)).T,
                "You scaled every map to length 1: these are cosines. How strong a channel is belongs to the style."),
        Mistake("reshaped, not transposed", lambda f: flat(f) @ f.reshape(area(f), len(f)) / area(f),
                "The second factor was reshaped to (H·W, C), which shuffles the numbers; transpose it: `.T`."),
        Mistake("reshaped, not transposed", lambda f: f.reshape(area(f), len(f)).T @ f.reshape(area(f), len(f)) / area(f),
                "`reshape(H·W, C)` does not put channels last, it shuffles the numbers. Reshape to (C, H·W), then "
                "`.T`."),
        Mistake("only the diagonal", lambda f: (f * f).mean(dim=(1, 2)),
                "These are the products of each map with itself: the diagonal only. Off the diagonal stand the pairs."),
        Mistake("only the diagonal", lambda f: torch.diag((f * f).mean(dim=(1, 2))),
                "Only the diagonal is filled: each map with itself. The pairs of different channels are missing."),
        Mistake("product of the means", lambda f: torch.outer(f.mean((1, 2)), f.mean((1, 2))),
                "You took the mean of each map first and multiplied then; first multiply place by place, then "
                "average."),
        Mistake("matrix product of the maps", lambda f: (f @ f.mT),
                "`@` on (C, H, W) multiplies within each map. Flatten the maps to rows first."),
    ),
    minutes=8,
    difficulty=2,
    needs_gradient=True,
    loops="remark",
)  # fmt: skip


def centred(features):
    return flat(features) - flat(features).mean(dim=1, keepdim=True)


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
                "You moved place p *to* permutation[p]; asked is what comes *from* there: the permutation the other "
                "way."),
        Mistake("not reshaped", lambda f, p: flat(f)[:, p],
                "The places are right; give the result its shape (C, H, W) back."),
        Mistake("unchanged", lambda f, p: f, "Nothing moved: the result is the input."),
        Mistake("column by column", lambda f, p: flat(f.mT)[:, p].reshape(f.mT.shape).mT,
                "You counted the places column by column; they are counted row by row, as `flatten` does."),
        Mistake("reshaped to W × H", lambda f, p: flat(f)[:, p].reshape(f.mT.shape).mT,
                "At the end height and width are exchanged: reshape to (C, H, W)."),
        Mistake("positions first", lambda f, p: f.permute(1, 2, 0).reshape(-1, len(f))[p].reshape(f.shape),
                "Channels stood last when you shuffled; put them first again (`permute`) before the reshape."),
        Mistake("scrambled", lambda f, p: f.reshape(area(f), len(f))[p].reshape(f.shape),
                "`reshape(H·W, C)` does not exchange axes: it mixes channels and places. Reshape to (C, H·W)."),
        Mistake("channels moved", lambda f, p: f[p[p < len(f)]],
                "You reordered the channels; the places within the maps should move."),
        Mistake("only the first channel", lambda f, p: torch.cat([flat(f)[:1, p].reshape(1, *f.shape[1:]), f[1:]]),
                "Only the first channel moved: all channels must move together."),
    ),
    minutes=5,
    difficulty=2,
    loops="wrong",
)  # fmt: skip


def batched(features):
    return flat(features) @ flat(features).mT / area(features)


def features_and_target(seed, *shape, scale=1.0):
    return normal(seed, *shape, scale=scale), batched(normal(seed + 1, *shape, scale=scale) + 0.2)


style_distance = exercise(
    "style_distance",
    "(B, C, H, W) and a target (B, C, C) → one number: ‖G − A‖² / ‖A‖², G the Gram matrices of the features.",
    lambda features, target_gram: (batched(features) - target_gram).square().sum() / target_gram.square().sum(),
    lambda seed: [
        features_and_target(seed, 1, 3, 4, 6),
        features_and_target(seed, 2, 4, 5, 3),
        features_and_target(seed, 3, 2, 7, 7, scale=30.0),
        features_and_target(seed, 1, 5, 2, 8, scale=0.05),
        (normal(seed, 2, 3, 3, 5), batched(normal(seed, 2, 3, 3, 5))),
    ],
    "Style has become one number that an optimiser can make small, the same for every layer, width and picture size.",
    (
        Hint("value",
             "Three steps: G (divided by H·W), then Σ(G − A)², then divide by ΣA²: no root, no mean of ratios."),
        Hint("gradient",
             "Stay in torch from features to result: no `.item()`, no `.detach()`, no `torch.tensor(...)`."),
    ),
    (
        Mistake("not relative", lambda f, a: (batched(f) - a).square().sum(),
                "This is ‖G − A‖²; divide it by ‖A‖², so that layers with large numbers do not drown the others."),
        Mistake("not relative", lambda f, a: (batched(f) - a).square().mean(),
                "This is the mean of (G − A)²; asked is ‖G − A‖² divided by ‖A‖²."),
        Mistake("paper's factor", lambda f, a: (batched(f) - a).square().sum() / (4 * a.shape[-1] ** 2),
                "This is the paper's 1/(4C²); here the distance is relative: divide by ‖A‖² instead."),
        Mistake("not squared", lambda f, a: (batched(f) - a).norm() / a.norm(),
                "This is ‖G − A‖ / ‖A‖: the squares are missing (or a root is too many)."),
        Mistake("denominator not squared", lambda f, a: (batched(f) - a).square().sum() / a.norm(),
                "The numerator is squared, the denominator ‖A‖ is not."),
        Mistake("denominator not squared", lambda f, a: (batched(f) - a).square().sum() / a.sum(),
                "The denominator is ΣA; it should be ΣA²."),
        Mistake("divided by G", lambda f, a: (batched(f) - a).square().sum() / batched(f).square().sum(),
                "You divide by ‖G‖²; the target A is the fixed one, divide by ‖A‖²."),
        Mistake("element by element", lambda f, a: ((batched(f) - a) / a).square().mean(),
                "You divide entry by entry and then average; first sum up (G − A)² and A², then divide once."),
        Mistake("element by element", lambda f, a: ((batched(f) - a) / a).square().sum(),
                "You divide entry by entry and then add; first sum up (G − A)² and A², then divide once."),
        Mistake("absolute values", lambda f, a: (batched(f) - a).abs().sum() / a.abs().sum(),
                "You took absolute values; the distance is made of squares."),
        Mistake("summed, then squared", lambda f, a: (batched(f) - a).sum().square() / a.square().sum(),
                "You summed first and squared then: positive and negative differences cancel. Square first."),
        Mistake("one for each picture", lambda f, a: (batched(f) - a).square().sum((1, 2)) / a.square().sum((1, 2)),
                "This is one number for each picture of the batch; sum over the batch too."),
        Mistake("mean over the batch", lambda f, a: ((batched(f) - a).square().sum((1, 2)) / a.square().sum((1, 2))).mean(),
                "You averaged the ratios of the pictures; here both sums run over the whole batch, then one division."),
        Mistake("Gram not divided", lambda f, a: (batched(f) * area(f) - a).square().sum() / a.square().sum(),
                "Your Gram matrix is not divided by H·W, and the target is."),
        Mistake("Gram divided by C·H·W", lambda f, a: (batched(f) / f.shape[1] - a).square().sum() / a.square().sum(),
                "Your Gram matrix is divided by C·H·W, and the target only by H·W."),
        Mistake("extra factor one half", lambda f, a: 0.5 * (batched(f) - a).square().sum() / a.square().sum(),
                "There is a factor ½ (as in the content loss) that does not belong here."),
    ),
    minutes=8,
    difficulty=2,
    needs_gradient=True,
)  # fmt: skip
