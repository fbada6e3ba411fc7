"""Exercises of notebook 13: how a painting differs from the others."""

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


def matrices(seed, *channels, scale=1.0):
    """Gram matrices of random maps, one for each layer."""
    grams = {}
    for number, count in enumerate(channels, 1):
        maps = normal(seed + number, count, 12).relu() * scale**number
        grams[f"relu{number}_1"] = maps @ maps.T / 12
    return grams


def each(first, second, measure):
    return torch.stack([measure(first[name], second[name]) for name in first])


def gap(g, a):
    return (g - a).square().sum()


def power(g):
    return g.square().sum()


def relative(g, a):
    return gap(g, a) / (power(g) + power(a))


def mean_of(measure):
    return lambda first, second: each(first, second, measure).mean()


hand_distance = exercise(
    "hand_distance",
    "Two dictionaries {layer: Gram matrix (C, C)} → one number: the mean over the layers of ‖G − A‖² / (‖G‖² + ‖A‖²).",
    lambda first, second: each(first, second, relative).mean().item(),
    lambda seed: [
        (matrices(seed, 3, 5), matrices(seed + 9, 3, 5)),
        (matrices(seed, 4, 4, 2, scale=20.0), matrices(seed + 7, 4, 4, 2, scale=20.0)),
        (matrices(seed, 6), matrices(seed + 5, 6)),
        (matrices(seed, 2, 3, 4, 5), matrices(seed, 2, 3, 4, 5)),
    ],
    "No painting is the target of the other: the distance is the same both ways, 0 for one hand, at most 1.",
    (
        Hint("value", "Layer by layer: the sum of (G − A)², divided by the sum of G² plus the sum of A². Then the mean."),
        Hint("error", "Loop over the names: `for name in first`, with `first[name]` and `second[name]`."),
    ),
    (
        Mistake("not symmetric", mean_of(lambda g, a: gap(g, a) / power(a)),
                "You divide by the second painting alone, as in 05; the distance changes when the two change places."),
        Mistake("not symmetric", mean_of(lambda g, a: gap(g, a) / power(g)),
                "You divide by the first painting alone; the distance changes when the two change places."),
        Mistake("not relative", mean_of(gap), "Divide each layer by ‖G‖² + ‖A‖², or the layer of large numbers decides."),
        Mistake("not relative", mean_of(lambda g, a: (g - a).square().mean()),
                "This is the mean of (G − A)²; divide its sum by ‖G‖² + ‖A‖²."),
        Mistake("summed", lambda f, s: each(f, s, relative).sum(),
                "You added up the layers; take their mean, so that the distance stays below 1."),
        Mistake("divided by five", lambda f, s: each(f, s, relative).sum() / 5,
                "You divide by 5, always; divide by the number of layers, `len(first)`."),
        Mistake("not squared", mean_of(lambda g, a: (g - a).norm() / (g.norm() + a.norm())),
                "The squares are missing: ‖…‖² is the sum of the squares, without a root."),
        Mistake("not squared", mean_of(lambda g, a: (g - a).norm() / (power(g) + power(a)).sqrt()),
                "There is a root too many: the formula is made of squares."),
        Mistake("brackets", mean_of(lambda g, a: gap(g, a) / power(g) + power(a)),
                "Brackets are missing: `/ g + a` divides by the first alone. Write `/ (g + a)`."),
        Mistake("absolute values", mean_of(lambda g, a: (g - a).abs().sum() / (g.abs().sum() + a.abs().sum())),
                "You took absolute values; the distance is made of squares."),
        Mistake("divided by the product", mean_of(lambda g, a: gap(g, a) / (g.norm() * a.norm())),
                "You divide by ‖G‖ · ‖A‖; it is the sum of the squares: ‖G‖² + ‖A‖²."),
        Mistake("square of the sum", mean_of(lambda g, a: gap(g, a) / power(g + a)),
                "You divide by ‖G + A‖²; square each first, then add: ‖G‖² + ‖A‖²."),
        Mistake("all layers in one", lambda f, s: each(f, s, gap).sum() / each(f, s, lambda g, a: power(g) + power(a)).sum(),
                "You divided once, at the end: the layer of the largest numbers decides. Divide layer by layer."),
        Mistake("only the last layer", lambda f, s: each(f, s, relative)[-1],
                "Only the last layer is left: does the sum begin anew in the loop?"),
        Mistake("only the first layer", lambda f, s: each(f, s, relative)[0],
                "Only the first layer is left: the `return` stands in the loop."),
        Mistake("one for each layer", lambda f, s: each(f, s, relative), "This is one number a layer; take the mean."),
        Mistake("element by element", mean_of(lambda g, a: ((g - a).square() / (g.square() + a.square())).mean()),
                "You divide entry by entry; sum first, and divide once a layer."),
        Mistake("likeness", lambda f, s: 1 - each(f, s, relative).mean(),
                "This is 1 for one hand: a likeness. The distance is 0 there."),
        Mistake("only the diagonal", mean_of(lambda g, a: relative(g.diagonal(), a.diagonal())),
                "Only the diagonals are compared; the pairs of channels are missing."),
    ),
    minutes=8,
    difficulty=2,
)  # fmt: skip


def logs(strengths):
    return strengths.log()


def told(strengths):
    return logs(strengths) - logs(strengths).mean(dim=0)


def of_the_others(table):
    return (table.sum(dim=0) - table) / (len(table) - 1)


telling = exercise(
    "telling",
    "Strengths (N, C), all above 0, of C channels in N paintings → (N, C): the logarithm of each, minus the mean of its "
    "channel's logarithms over the N paintings.",
    told,
    lambda seed: [
        (uniform(seed, 8, 5) + 0.05,),
        (uniform(seed, 3, 7) * 30 + 0.1,),
        (uniform(seed, 4, 4) + 0.01,),
        (uniform(seed, 2, 9) + 0.5,),
    ],
    "Above 0: stronger here than in the usual painting. A common factor of a channel, large or small, no longer counts.",
    (
        Hint("value", "Each channel is a column: `strengths.log()`, then subtract its `.mean(dim=0)`."),
        Hint("shape", "The result has the shape of the input; the mean over the paintings is (C,) and spreads by itself."),
    ),
    (
        Mistake("no logarithm", lambda s: s - s.mean(dim=0),
                "The logarithm is missing: channels with large numbers would always tell the most."),
        Mistake("ratio", lambda s: s / s.mean(dim=0), "This is the ratio to the mean; take logarithms, then subtract."),
        Mistake("ratio", lambda s: told(s).exp(), "This is the ratio itself; its logarithm is wanted."),
        Mistake("log of the mean", lambda s: logs(s) - s.mean(dim=0).log(),
                "You take the mean first and then its logarithm: one strong painting pulls it up. First logarithms."),
        Mistake("mean over channels", lambda s: logs(s) - logs(s).mean(dim=1, keepdim=True),
                "You subtract each painting's mean over its channels; wanted is each channel's over the paintings: dim 0."),
        Mistake("mean of everything", lambda s: logs(s) - logs(s).mean(),
                "You subtract one mean of all numbers; every channel has its own: `.mean(dim=0)`."),
        Mistake("mean of the others", lambda s: logs(s) - of_the_others(logs(s)),
                "You leave the painting itself out of the mean. A fair idea; here the mean is over all N."),
        Mistake("sign", lambda s: -told(s), "The sign is turned: a channel that is strong here comes out below 0."),
        Mistake("standardised", lambda s: told(s) / logs(s).std(dim=0),
                "You also divide by the spread; here the factor itself is wanted, as a logarithm."),
        Mistake("standardised", lambda s: told(s) / logs(s).std(dim=0, correction=0),
                "You also divide by the spread; here the factor itself is wanted, as a logarithm."),
        Mistake("another logarithm", lambda s: told(s) / 2.302585092994046,
                "This is the logarithm to base 10; `.log()` is the natural one, which `exp` undoes."),
        Mistake("another logarithm", lambda s: told(s) / 0.6931471805599453,
                "This is the logarithm to base 2; `.log()` is the natural one, which `exp` undoes."),
        Mistake("the mean", lambda s: logs(s).mean(dim=0), "This is what should be subtracted: the mean of the logarithms."),
        Mistake("log(1 + s)", lambda s: s.log1p() - s.log1p().mean(dim=0),
                "You take the logarithm of 1 + s; all strengths are above 0, so that the plain logarithm is safe."),
        Mistake("sum for mean", lambda s: logs(s) - logs(s).sum(dim=0), "You subtract the sum of the logarithms; the mean."),
        Mistake("mean not subtracted", logs, "These are the logarithms; subtract each channel's mean."),
        Mistake("median", lambda s: logs(s) - logs(s).median(dim=0).values, "You subtract the median; the mean is meant."),
    ),
    minutes=6,
    difficulty=2,
    loops="remark",
)  # fmt: skip


def factors(tells, amount):
    return (amount * tells / 2).exp()


def without_last(gram, tells, amount):
    new = gram.clone()
    new[:-1, :-1] *= (factors(tells, amount)[:, None] * factors(tells, amount))[:-1, :-1]
    return new


def a_case(seed, channels, amount):
    maps = normal(seed, channels, 15).relu()
    return maps @ maps.T / 15, normal(seed + 1, channels), amount


exaggerate = exercise(
    "exaggerate",
    "A Gram matrix (C, C), how telling its channels are (C,), and an amount → (C, C): entry (i, j) is "
    "G[i, j] · exp(amount · (t[i] + t[j]) / 2).",
    lambda gram, tells, amount: gram * factors(tells, amount)[:, None] * factors(tells, amount),
    lambda seed: [
        a_case(seed, 3, 1.0),
        a_case(seed + 1, 5, 0.5),
        a_case(seed + 2, 4, -1.0),
        a_case(seed + 3, 6, 0.3),
        a_case(seed + 4, 2, 0.0),
    ],
    "Row and column together: this is what the matrix would be if every channel were louder or softer by its own factor.",
    (
        Hint("value", "`factor = (amount * tells / 2).exp()`; multiply row i by factor i, and column j by factor j."),
        Hint("shape", "`factor[:, None]` is a column (C, 1), `factor` alone acts along the row: both together give (C, C)."),
    ),
    (
        Mistake("rows only", lambda g, t, m: g * factors(t, m)[:, None],
                "Only the rows are multiplied, and the matrix is no longer symmetric: multiply the columns, too."),
        Mistake("rows only", lambda g, t, m: g * (m * t).exp()[:, None],
                "Only the rows are multiplied, and the matrix is no longer symmetric: half the exponent for each side."),
        Mistake("columns only", lambda g, t, m: g * factors(t, m),
                "Only the columns are multiplied, and the matrix is no longer symmetric: multiply the rows, too."),
        Mistake("columns only", lambda g, t, m: g * (m * t).exp(),
                "Only the columns are multiplied, and the matrix is no longer symmetric: half the exponent for each side."),
        Mistake("half forgotten", lambda g, t, m: g * (m * t).exp()[:, None] * (m * t).exp(),
                "The half is missing: a strength G[i, i] gets the factor twice, once for its row and once for its column."),
        Mistake("half too often", lambda g, t, m: g * factors(t, m / 2)[:, None] * factors(t, m / 2),
                "The exponent is halved twice: t[i] and t[j] each come with one half."),
        Mistake("no exponential", lambda g, t, m: g * (m * (t[:, None] + t) / 2),
                "The exponential is missing: with the amount 0 everything would vanish."),
        Mistake("no exponential", lambda g, t, m: g * (1 + m * (t[:, None] + t) / 2),
                "Take `exp` in place of 1 + …: else strong channels come out below 0."),
        Mistake("added", lambda g, t, m: g + m * (t[:, None] + t) / 2, "You add; multiply by the exponential."),
        Mistake("added", lambda g, t, m: g + (m * (t[:, None] + t) / 2).exp(), "You add the factor; multiply by it."),
        Mistake("half for one only", lambda g, t, m: g * (m * (t[:, None] + t / 2)).exp(),
                "You halve one of the two only: brackets around t[i] + t[j], and the half of the sum."),
        Mistake("half for one only", lambda g, t, m: g * (m * (t[:, None] / 2 + t)).exp(),
                "You halve one of the two only: brackets around t[i] + t[j], and the half of the sum."),
        Mistake("power of 10", lambda g, t, m: g * 10 ** (m * (t[:, None] + t) / 2), "This is a power of 10, not `exp`."),
        Mistake("power of 2", lambda g, t, m: g * 2 ** (m * (t[:, None] + t) / 2), "This is a power of 2, not `exp`."),
        Mistake("last channel left out", without_last,
                "The last row and column are as they were: does a loop stop one too early?"),
        Mistake("product of the two", lambda g, t, m: g * (m * t[:, None] * t / 2).exp(),
                "You multiply t[i] and t[j]; add them: two soft channels would otherwise become loud."),
        Mistake("product of the two", lambda g, t, m: g * (m * t[:, None] * t).exp(),
                "You multiply t[i] and t[j]; add them: two soft channels would otherwise become loud."),
        Mistake("difference", lambda g, t, m: g * (m * (t[:, None] - t) / 2).exp(),
                "You subtract t[j]; add it: row and column are both multiplied."),
        Mistake("sign", lambda g, t, m: g * factors(t, -m)[:, None] * factors(t, -m),
                "The sign is turned: what tells the most becomes softer."),
        Mistake("only the diagonal", lambda g, t, m: torch.where(torch.eye(len(g), dtype=torch.bool), g * (m * t).exp(), g),
                "Only the strengths on the diagonal change; the pairs belong to it."),
        Mistake("only the diagonal", lambda g, t, m: torch.diag(g.diagonal() * (m * t).exp()),
                "Only the diagonal is left; the pairs belong to it."),
        Mistake("amount outside", lambda g, t, m: m * g * ((t[:, None] + t) / 2).exp(),
                "The amount stands outside the exponential: with 0 the matrix would vanish."),
        Mistake("amount forgotten", lambda g, t, m: g * factors(t, 1)[:, None] * factors(t, 1),
                "The amount is not used: it multiplies the exponent."),
        Mistake("one more", lambda g, t, m: g * factors(t, 1 + m)[:, None] * factors(t, 1 + m),
                "You use 1 + amount; the matrix has its own strengths already, so that the amount 0 changes nothing."),
        Mistake("matrix product", lambda g, t, m: g @ torch.outer(factors(t, m), factors(t, m)),
                "`@` is a matrix product; multiply entry by entry, with `*`."),
        Mistake("unchanged", lambda g, t, m: g, "Nothing has changed: the matrix comes back as it was."),
    ),
    minutes=8,
    difficulty=2,
    loops="remark",
)  # fmt: skip
