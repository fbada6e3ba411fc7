"""Exercises of notebook 10: colours, place, blend and the size of strokes."""

import math

import torch
from torch.nn.functional import adaptive_avg_pool2d, adaptive_max_pool2d, interpolate

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


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


def right_match(style, content, root):
    (pixels, mean, covariance), (_, target, wanted) = style, content
    return root(wanted) @ torch.linalg.inv(root(covariance)) @ (pixels - mean) + target


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
    matched(right_match),
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
                "Only the mean is matched; the spread of the colours is still the style's."),
        Mistake("channel by channel", matched(by_channel),
                "Each channel has its own mean and deviation, but how the channels go together is still the style's."),
        Mistake("mean not subtracted", matched(lambda s, c, root: root(c[2]) @ inv(root(s[2])) @ s[0] + c[1]),
                "Subtract the style's mean before you multiply; else it is multiplied, too, and stays in the result."),
        Mistake("mean not added", matched(lambda s, c, root: root(c[2]) @ inv(root(s[2])) @ (s[0] - s[1])),
                "The content's mean is missing: add it at the end."),
        Mistake("the style's mean added", matched(lambda s, c, root: root(c[2]) @ inv(root(s[2])) @ (s[0] - s[1]) + s[1]),
                "You added the style's own mean back; add the content's."),
        Mistake("both means of the content", matched(lambda s, c, root: root(c[2]) @ inv(root(s[2])) @ (s[0] - c[1]) + c[1]),
                "You subtracted the content's mean; subtract the style's, from the style's pixels."),
        Mistake("no inverse", matched(with_matrix(lambda wanted, given: wanted @ given)),
                "The style's root is not inverted: first take the style's covariance away, then give it the content's."),
        Mistake("not whitened", matched(with_matrix(lambda wanted, given: wanted)),
                "The style's own covariance is still in there: multiply by the inverse of its root first."),
        Mistake("only whitened", matched(with_matrix(lambda wanted, given: inv(given))),
                "You whiten the style (its covariance becomes the identity); give it the content's with root(Σc)."),
        Mistake("other order", matched(with_matrix(lambda wanted, given: inv(given) @ wanted)),
                "The matrices stand in the other order: root(Σs)⁻¹ acts first and stands right, beside the pixels."),
        Mistake("the wrong way", matched(with_matrix(lambda wanted, given: given @ inv(wanted))),
                "You go from the content to the style: exchange the two covariances."),
        Mistake("transposed", matched(with_matrix(lambda wanted, given: (wanted @ inv(given)).T)),
                "The matrix is transposed: is it `A @ pixels`, with a colour in each column?"),
        Mistake("no root", matched(lambda s, c, root: c[2] @ inv(s[2]) @ (s[0] - s[1]) + c[1]),
                "The roots are missing: a covariance is squared colour, and A multiplies colours."),
        Mistake("elementwise root", matched(lambda s, c, root: root(c[2]) @ inv(s[2].abs().sqrt()) @ (s[0] - s[1]) + c[1]),
                "This takes the root of each entry; `root(…)` is the root of the matrix."),
        Mistake("root of one only", matched(lambda s, c, root: root(c[2]) @ inv(s[2]) @ (s[0] - s[1]) + c[1]),
                "The root of the style's covariance is missing; you inverted the covariance itself."),
        Mistake("clamped", lambda style, content, root: matched(right_match)(style, content, root).clamp(0.1, 0.9),
                "The colours are cut off at 0.1 and 0.9."),
        Mistake("unchanged", lambda style, content, root: style, "The style comes back as it was."),
        Mistake("a picture of the content", matched(lambda s, c, root: c[0].repeat(1, 99)[:, : s[0].shape[1]]),
                "These are the content's pixels; its colours are wanted in the style's places."),
    ),
    minutes=10,
    difficulty=3,
    tolerance=3e-4,
)  # fmt: skip


def gram(maps):
    rows = maps.flatten(2)
    return rows @ rows.transpose(1, 2) / rows.shape[2]


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
        Mistake("not scaled", guided(lambda t: t),
                "The mask is not scaled: the smaller the region, the smaller your matrix. Divide by √mean(T²)."),
        Mistake("scaled by the mean", guided(lambda t: t / t.mean()),
                "You made the mean of T equal to 1; the Gram matrix is made of squares, so the mean of T² counts."),
        Mistake("scaled by the mean", guided(lambda t: t / t.mean().sqrt()),
                "You divided by √mean(T), which is right for masks of 0 and 1 only; take √mean(T²)."),
        Mistake("sum for mean", guided(lambda t: t / t.square().sum().sqrt()),
                "Divided by h·w twice: `gram_matrix` does it already, so the mean of T² is to be 1, not the sum."),
        Mistake("root forgotten", guided(lambda t: t / t.square().mean()), "The root is missing: divide by √mean(T²)."),
        Mistake("divided by the maximum", guided(lambda t: t / t.max()),
                "You divided by the largest value; take √mean(T²)."),
        Mistake("mask used once", lambda f, mask: f.flatten(2) @ (f * even(shrunk(mask, f))).flatten(2).transpose(1, 2)
                / f[0, 0].numel(),
                "The mask is on one side of the product only; both factors are F times T."),
        Mistake("root of the mask", guided(lambda t: (t / t.mean()).sqrt()),
                "This weighs each place with T, not with T²; multiply the maps themselves by T."),
        Mistake("the other region", guided(lambda t: even(1 - t)),
                "This is the region outside: white, 1, means here."),
        Mistake("hard edges", chosen_places,
                "You chose the places above 0.5; a soft mask should count in parts, at its edge."),
        Mistake("hard edges", guided(lambda t: even((t > 0.5).to(t.dtype))),
                "You made the mask hard; multiply by its values as they are."),
        Mistake("nearest pixels", guided(even, lambda mask, f: interpolate(mask, f.shape[2:], mode="nearest")),
                "You took single pixels of the mask; one place of a deep map stands for many: average over them."),
        Mistake("nearest pixels", guided(even, lambda mask, f: interpolate(mask, f.shape[2:], mode="bilinear")),
                "Bilinear without antialias reads a few pixels of the mask only: average over the area."),
        Mistake("largest pixels", guided(even, lambda mask, f: adaptive_max_pool2d(mask, tuple(f.shape[2:]))),
                "You shrank the mask by maxima: the region grows at every layer. Take averages."),
        Mistake("scaled before it was shrunk", lambda f, mask: gram(f * shrunk(even(mask), f)),
                "You scaled first and shrank then: the average makes edges softer, and the mean of T² smaller than 1."),
        Mistake("no mask", lambda f, mask: gram(f), "This is the Gram matrix of the whole picture: the mask is not used."),
        Mistake("not divided", lambda f, mask: gram(f * even(shrunk(mask, f))) * f[0, 0].numel(),
                "The division by h·w is missing: `gram_matrix` has it."),
        Mistake("divided by C as well", lambda f, mask: gram(f * even(shrunk(mask, f))) / f.shape[1],
                "You divided by C, too; only the places are averaged."),
    ),
    minutes=8,
    difficulty=2,
    needs_gradient=True,
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
                "Divide by the sum of the shares, or 2 and 1 give three times a target."),
        Mistake("divided by the count", shares_of(lambda s: [x / len(s) for x in s]),
                "You divided by the number of paintings; divide by the sum of the shares."),
        Mistake("shares ignored", shares_of(lambda s: [1 / len(s)] * len(s)),
                "The shares are not used: this is the plain mean."),
        Mistake("summed", shares_of(lambda s: [1.0] * len(s)), "The shares are not used, and the matrices are added up."),
        Mistake("order turned", shares_of(lambda s: normalised(s[::-1])),
                "The shares went to the wrong paintings: the order is turned."),
        Mistake("squared shares", shares_of(lambda s: normalised(s, 2.0)),
                "You squared the shares; they weigh as they are."),
        Mistake("roots of the shares", shares_of(lambda s: [x**0.5 for x in normalised(s)]),
                "You took roots of the shares; their plain values add up to 1."),
        Mistake("softmax", shares_of(lambda s: torch.tensor(s).softmax(0).tolist()),
                "A softmax gives a painting with the share 0 something, too; divide by the sum."),
        Mistake("divided by the largest", shares_of(lambda s: [x / max(s) for x in s]),
                "You divided by the largest share; divide by the sum."),
        Mistake("the larger alone", shares_of(lambda s: [float(x == max(s)) for x in s]),
                "Only the painting with the largest share is left."),
        Mistake("the first alone", lambda grams, shares: dict(grams[0]), "Only the first painting is left."),
        Mistake("blended roots", lambda grams, shares: {
                    n: sum(w * g[n].abs().sqrt() for w, g in zip(normalised(shares), grams, strict=True)).square()
                    for n in grams[0]},
                "You averaged the roots and squared; average the matrices themselves."),
        Mistake("geometric mean", lambda grams, shares: {
                    n: math.prod(g[n].clamp_min(1e-12) ** w for w, g in zip(normalised(shares), grams, strict=True))
                    for n in grams[0]},
                "This is a geometric mean: where one matrix is 0, it is 0. Take the ordinary weighted mean."),
        Mistake("only the last layer", lambda grams, shares: {
                    n: g for n, g in list(shares_of(normalised)(grams, shares).items())[-1:]},
                "Only the last layer is there: does the dictionary begin anew in the loop, or the `return` stand in it?"),
        Mistake("only the first layer", lambda grams, shares: {
                    n: g for n, g in list(shares_of(normalised)(grams, shares).items())[:1]},
                "Only the first layer is there: the `return` stands in the loop."),
    ),
    minutes=5,
    difficulty=1,
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
        Mistake("without 2π", lambda i: float(spread(i) / slope(i)), "The factor 2π is missing."),
        Mistake("half a wave", lambda i: float(math.pi * spread(i) / slope(i)), "You used π; a whole wave is 2π."),
        Mistake("upside down", lambda i: float(2 * math.pi * slope(i) / spread(i)),
                "You divide by the deviation; it stands above: flat pictures have long waves."),
        Mistake("upside down", lambda i: float(slope(i) / spread(i)),
                "This is the frequency; its inverse times 2π is the length."),
        Mistake("variance", length(lambda i: i.var(correction=0), slope),
                "You took the variance; take its root, the deviation."),
        Mistake("mean not subtracted", length(lambda i: i.square().mean().sqrt(), slope),
                "You took the root of the mean square; a lighter picture would have longer waves. Take the deviation."),
        Mistake("no root of the slope", length(spread, lambda i: slope(i).square()), "The root below is missing."),
        Mistake("only across", length(spread, lambda i: steps(i)[0].square().mean().sqrt()),
                "Only horizontal neighbours are compared; vertical ones belong to it."),
        Mistake("only down", length(spread, lambda i: steps(i)[1].square().mean().sqrt()),
                "Only vertical neighbours are compared; horizontal ones belong to it."),
        Mistake("absolute differences", length(spread, lambda i: steps(i)[0].abs().mean() + steps(i)[1].abs().mean()),
                "You took absolute differences; square them, and take the root of the sum of the means."),
        Mistake("roots added", length(spread, lambda i: sum(s.square().mean().sqrt() for s in steps(i))),
                "You took a root of each and added; first add, then take one root."),
        Mistake("mean of the two", length(spread, lambda i: slope(i) / 2**0.5),
                "You took the mean of the two directions; add them: the slope is as long as both together."),
        Mistake("sums for means", length(spread, lambda i: sum(s.square().sum() for s in steps(i)).sqrt()),
                "You summed over the pixels; take means, so that the size of the picture does not count."),
        Mistake("sums of squares", length(lambda i: i.norm(), lambda i: sum(s.square().sum() for s in steps(i)).sqrt()),
                "You took sums above and below, and the mean is not subtracted."),
        Mistake("deviation of the slopes", length(spread, lambda i: sum(s.var(correction=0) for s in steps(i)).sqrt()),
                "You took the deviation of the differences; take the mean of their squares."),
    ),
    minutes=6,
    difficulty=2,
    tolerance=1e-3,
)  # fmt: skip
