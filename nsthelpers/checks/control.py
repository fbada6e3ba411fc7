"""Exercises of notebook 10: colours, place, blend and the size of strokes."""

import math

import torch
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from nsthelpers.checks.gram_matrices import batched as gram
from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


def symmetric_root(covariance):
    """The symmetric square root, by eigenvalues."""
    values, vectors = torch.linalg.eigh(covariance)
    return vectors @ torch.diag(values.clamp_min(0).sqrt()) @ vectors.T


def coloured(seed, height, width):
    """A picture of random colours whose channels are correlated."""
    colours = uniform(seed, 3, height * width)
    mixed = (uniform(seed + 1, 3, 3) + torch.eye(3)) @ colours / 3
    return mixed.reshape(1, 3, height, width)


def moments(image):
    """Pixels (3, N), their mean (3, 1) and covariance (3, 3)."""
    pixels = image[0].flatten(1)
    mean = pixels.mean(dim=1, keepdim=True)
    return pixels, mean, (pixels - mean) @ (pixels - mean).T / pixels.shape[1]


def matched(change):
    """An answer of which only the calculation differs: (style's and content's moments, root) -> pixels (3, N)."""

    def answer(style, content, root):
        return change(moments(style), moments(content), root).reshape_as(style)

    return answer


def by_channel(style, content, root):
    (pixels, mean, covariance), (_, target, wanted) = style, content
    return (pixels - mean) * (wanted.diagonal() / covariance.diagonal()).sqrt()[:, None] + target


def with_matrix(make):
    """{style's and content's roots} -> a calculation whose matrix alone is another one."""

    def change(style, content, root):
        (pixels, mean, covariance), (_, target, wanted) = style, content
        return make(root(wanted), root(covariance)) @ (pixels - mean) + target

    return change


inv = torch.linalg.inv

match_colours = exercise(
    "match_colours",
    "A style (1, 3, h, w), a content (1, 3, H, W) and a function root from a covariance (3, 3) to its root (3, 3) → the "
    "style with the mean and covariance of the content's colours, (1, 3, h, w), not clamped.",
    matched(with_matrix(lambda wanted, given: wanted @ inv(given))),
    lambda seed: [
        (coloured(seed, 20, 36), coloured(seed + 4, 24, 30), symmetric_root),
        (coloured(seed + 1, 38, 52), 0.2 + coloured(seed + 5, 40, 50) / 2, torch.linalg.cholesky),
        (coloured(seed + 2, 12, 60), 0.3 * coloured(seed + 6, 30, 24), symmetric_root),
    ],
    "Two pictures with one mean and one covariance: to everything that looks at mean colours and at pairs of channels, "
    "they are the same palette.",
    (
        Hint("value",
             "Subtract the style's mean first, multiply by A = root(Σc) · root(Σs)⁻¹, add the content's mean last. Three "
             "rows, one for each colour: `pixels = style[0].flatten(1)`."),
        Hint("shape", "A picture becomes (3, h·w) with `style[0].flatten(1)`, and one again with `.reshape_as(style)`."),
        Hint("error", "`torch.cov(pixels)` gives (3, 3) for pixels (3, N); `torch.linalg.inv` inverts a matrix."),
    ),
    (
        Mistake("only the mean", matched(lambda s, c, root: s[0] - s[1] + c[1]),
                "You match only the mean; the spread of the colours is still the style's."),
        Mistake("channel by channel", matched(by_channel),
                "You match mean and deviation of each channel, but not how the channels go together."),
        Mistake("mean not subtracted", matched(lambda s, c, root: root(c[2]) @ inv(root(s[2])) @ s[0] + c[1]),
                "You do not subtract the style's mean before you multiply, so that it stays in the result."),
        Mistake("mean not added", matched(lambda s, c, root: root(c[2]) @ inv(root(s[2])) @ (s[0] - s[1])),
                "You leave out the content's mean: add it at the end."),
        Mistake("the style's mean added", matched(lambda s, c, root: root(c[2]) @ inv(root(s[2])) @ (s[0] - s[1]) + s[1]),
                "You add the style's own mean back; add the content's."),
        Mistake("no inverse", matched(with_matrix(lambda wanted, given: wanted @ given)),
                "You do not invert the style's root: first remove the style's covariance, then give it the content's."),
        Mistake("the wrong way", matched(with_matrix(lambda wanted, given: given @ inv(wanted))),
                "You go from the content to the style: exchange the two covariances."),
        Mistake("transposed", matched(with_matrix(lambda wanted, given: (wanted @ inv(given)).T)),
                "You use the transpose of the matrix: write `A @ pixels`, with a colour in each column."),
        Mistake("no root", matched(lambda s, c, root: c[2] @ inv(s[2]) @ (s[0] - s[1]) + c[1]),
                "You leave out the roots: a covariance is squared colour, and A multiplies colours."),
    ),
    minutes=10, difficulty=3, tolerance=3e-4,
)  # fmt: skip


def shrunk(mask, features):
    return adaptive_avg_pool2d(mask, tuple(features.shape[2:]))


def even(small):
    """A mask whose squares have the mean 1."""
    return small / small.square().mean().sqrt()


def guided(weigh, small=shrunk):
    """An answer of which only the weights differ: shrunk mask -> weights, (1, 1, h, w)."""
    return lambda features, mask: gram(features * weigh(small(mask, features)))


def soft_mask(seed, height, width, sharpness):
    """A mask that is soft somewhere: what is right for hard ones alone must be found."""
    slope = torch.linspace(-1, 1, width)[None] + torch.linspace(-0.5, 0.7, height)[:, None]
    wave = 0.3 * uniform(seed, 1, 1, height, width)
    return ((slope * sharpness + wave) / 2 + 0.5).clamp(0.05, 1)


def chosen_places(features, mask):
    inside = shrunk(mask, features)[0, 0] > 0.5
    rows = features[0][:, inside]
    return (rows @ rows.T / rows.shape[1])[None]


guided_gram = exercise(
    "guided_gram",
    "Maps (1, C, h, w) and a mask (1, 1, H, W), from 0 to 1, as large as the picture → (1, C, C): the Gram matrix, divided "
    "by h·w, of the maps times T; T is the mask, averaged down to (h, w) and scaled so that the mean of T² is 1.",
    guided(even),
    lambda seed: [
        (normal(seed, 1, 3, 4, 6).relu(), soft_mask(seed, 16, 24, 2.0)),
        (normal(seed + 1, 1, 5, 6, 5).relu(), soft_mask(seed + 1, 24, 20, 0.7)),
        (normal(seed + 2, 1, 2, 3, 8).relu(), soft_mask(seed + 2, 12, 32, 3.0)),
        (normal(seed + 3, 1, 4, 5, 5).relu(), soft_mask(seed + 3, 5, 5, 1.0)),
    ],
    "A Gram matrix of a part, on the scale of a whole picture: a small region and a large one can be held against the "
    "same painting.",
    (
        Hint("value",
             "Three steps: `small = adaptive_avg_pool2d(mask, features.shape[2:])`; divide it by the root of the mean of "
             "its squares; then the Gram matrix of `features * small`."),
        Hint("shape", "(1, C, h, w) times (1, 1, h, w) is (1, C, h, w): the mask acts on all channels."),
        Hint("error", "The mask is as large as the picture, the maps are smaller: shrink the mask to `features.shape[2:]`."),
    ),
    (
        Mistake("mask used once", lambda f, mask: f.flatten(2) @ (f * even(shrunk(mask, f))).flatten(2).transpose(1, 2)
                / f[0, 0].numel(),
                "You use the mask on one side of the product only; both factors are F times T."),
        Mistake("not scaled", guided(lambda t: t),
                "You do not scale the mask: the smaller the region, the smaller your matrix. Divide by √mean(T²)."),
        Mistake("scaled by the mean", guided(lambda t: t / t.mean()),
                "You make the mean of T equal to 1; the Gram matrix has squares, so make the mean of T² equal to 1."),
        Mistake("scaled by the mean", guided(lambda t: t / t.mean().sqrt()),
                "You divide by √mean(T), which is right for masks of 0 and 1 only; take √mean(T²)."),
        Mistake("root forgotten", guided(lambda t: t / t.square().mean()), "You divide by mean(T²); divide by its root."),
        Mistake("root of the mask", guided(lambda t: (t / t.mean()).sqrt()),
                "You multiply the maps by √T; multiply them by T."),
        Mistake("hard edges", chosen_places, "You choose the places above 0.5; let the edge of a soft mask count in part."),
        Mistake("hard edges", guided(lambda t: even((t > 0.5).to(t.dtype))),
                "You make the mask hard; multiply by its values as they are."),
        Mistake("nearest pixels", guided(even, lambda mask, f: interpolate(mask, f.shape[2:], mode="nearest")),
                "You take single pixels of the mask; one place of a deep map stands for many: average over them."),
        Mistake("scaled before it was shrunk", lambda f, mask: gram(f * shrunk(even(mask), f)),
                "You scale first and then shrink, and the average makes the mean of T² smaller than 1: shrink first."),
    ),
    minutes=8, difficulty=2, needs_gradient=True,
)  # fmt: skip


def sets_of_grams(seed, *counts, layers=2):
    """One dictionary {layer: G (1, C, C)} for each painting; `counts` are the channels of the layers."""
    return [
        {f"relu{n}_1": gram(normal(seed + 5 * k + n, 1, count, 3, 4).relu()) for n, count in enumerate(counts, 1)}
        for k in range(layers)
    ]


def shares_of(change):
    """An answer of which only the weights differ: shares -> one weight for each painting."""

    def answer(grams, shares):
        weights = change([float(share) for share in shares])
        return {name: sum(w * g[name] for w, g in zip(weights, grams, strict=True)) for name in grams[0]}

    return answer


def normalised(shares, power=1.0):
    powers = [share**power for share in shares]
    return [p / sum(powers) for p in powers]


blend = exercise(
    "blend",
    "A list of dictionaries {layer: Gram matrix (1, C, C)}, one for each painting, and a list of shares, which need not add "
    "up to 1 → one dictionary {layer: (1, C, C)}: the weighted mean, layer by layer.",
    shares_of(normalised),
    lambda seed: [
        (sets_of_grams(seed, 3, 2), [0.25, 0.75]),
        (sets_of_grams(seed + 1, 4, layers=3), [2.0, 1.0, 3.0]),
        (sets_of_grams(seed + 2, 2, 3, 5), [1.0, 0.0]),
        (sets_of_grams(seed + 3, 3), [5.0, 3.0]),
    ],
    "The same target as that of a picture with the two paintings side by side, one of them larger: a mean of Gram matrices "
    "is the Gram matrix of something.",
    (
        Hint("value", "Divide by the sum of the shares: 2 and 1 mean two thirds and one third."),
        Hint("error", "`for layer in grams[0]:`, then `sum(share * gram[layer] for share, gram in zip(shares, grams))`."),
    ),
    (
        Mistake("not divided", shares_of(lambda s: s),
                "You do not divide by the sum of the shares: 2 and 1 give three times a target."),
        Mistake("divided by the count", shares_of(lambda s: [x / len(s) for x in s]),
                "You divide by the number of paintings; divide by the sum of the shares."),
        Mistake("order turned", shares_of(lambda s: normalised(s[::-1])),
                "You give the shares to the wrong paintings, in reverse order."),
        Mistake("softmax", shares_of(lambda s: torch.tensor(s).softmax(0).tolist()),
                "You take a softmax, in which a share of 0 still counts; divide by the sum."),
        Mistake("only the last", shares_of(lambda s: [*[0.0] * (len(s) - 1), normalised(s)[-1]]),
                "Each painting overwrites the one before: only the last one's share is left. Add them up."),
    ),
    minutes=5, difficulty=1,
)  # fmt: skip


def length(deviation, slopes):
    """An answer made of two parts: image -> its deviation, image -> what its slopes amount to."""
    return lambda image: float(2 * math.pi * deviation(image) / slopes(image))


def spread(image):
    return image.std(correction=0)


def steps(image):
    return image.diff(dim=3), image.diff(dim=2)


def slope(image):
    across, down = steps(image)
    return (across.square().mean() + down.square().mean()).sqrt()


wavelength = exercise(
    "wavelength",
    "A grey picture (1, 1, H, W) → one number, in pixels: 2π times the standard deviation, divided by the root of (the mean "
    "squared difference of horizontal neighbours + that of vertical ones).",
    length(spread, slope),
    lambda seed: [
        (uniform(seed, 1, 1, 40, 60),),
        (0.3 + 0.2 * (torch.linspace(0, 30, 80)[None] + torch.linspace(0, 9, 50)[:, None]).sin()[None, None],),
        (uniform(seed + 1, 1, 1, 50, 30).cumsum(3) / 40,),
        (uniform(seed + 2, 1, 1, 45, 45).square(),),
    ],
    "Twice as large strokes, half as steep: the number doubles. For a wave it is the length of the wave.",
    (
        Hint("value", "`across = image.diff(dim=3).square().mean()`, `down` the same with dim=2; the root after their sum."),
        Hint("shape", "One number: `.item()` or `float(…)` at the end."),
    ),
    (
        Mistake("upside down", lambda i: float(2 * math.pi * slope(i) / spread(i)),
                "You divide by the deviation; divide by the slope: flat pictures have long waves."),
        Mistake("upside down", lambda i: float(slope(i) / spread(i)),
                "You return the frequency; its inverse times 2π is the length."),
        Mistake("without 2π", lambda i: float(spread(i) / slope(i)), "You leave out the factor 2π."),
        Mistake("mean not subtracted", length(lambda i: i.square().mean().sqrt(), slope),
                "You do not subtract the mean: a lighter picture would have longer waves. Take the deviation."),
        Mistake("no root of the slope", length(spread, lambda i: slope(i).square()), "You leave out the root below."),
        Mistake("only across", length(spread, lambda i: steps(i)[0].square().mean().sqrt()),
                "You compare only horizontal neighbours; add the vertical ones."),
        Mistake("absolute differences", length(spread, lambda i: steps(i)[0].abs().mean() + steps(i)[1].abs().mean()),
                "You take absolute differences; square them, and take the root of the sum of the means."),
        Mistake("one mean for both",
                length(spread, lambda i: torch.cat([s.flatten() for s in steps(i)]).square().mean().sqrt()),
                "You take one mean over both kinds of differences: take two means, and add them."),
        Mistake("mean before the square", length(spread, lambda i: sum(s.mean().square() for s in steps(i)).sqrt()),
                "You average first and square then, so that up and down cancel: square each difference first."),
        Mistake("over two pixels",
                length(spread, lambda i: sum(g.square().mean() for g in torch.gradient(i, dim=(2, 3))).sqrt()),
                "Your differences reach over two pixels, as those of `torch.gradient` do: `diff` takes direct neighbours."),
        Mistake("wraps around", length(spread, lambda i: sum((i - i.roll(1, d)).square().mean() for d in (2, 3)).sqrt()),
                "Your differences wrap around: the first column is compared with the last, as `torch.roll` does."),
        Mistake("roots added", length(spread, lambda i: sum(s.square().mean().sqrt() for s in steps(i))),
                "You take a root of each mean and add the roots; add the means, then take one root."),
    ),
    minutes=6, difficulty=2, tolerance=1e-3,
)  # fmt: skip
