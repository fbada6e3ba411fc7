"""Exercises of notebook 13: how a painting differs from the others."""

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


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
                "You divide by the second painting alone, as in 05; divide by both, so that both ways are the same."),
        Mistake("not symmetric", mean_of(lambda g, a: gap(g, a) / power(g)),
                "You divide by the first painting alone; divide by both, so that both ways are the same."),
        *(Mistake("not relative", mean_of(lambda g, a, of=of: of((g - a).square())),
                  "You do not divide each layer by ‖G‖² + ‖A‖², and the layer with large numbers decides.")
          for of in (torch.sum, torch.mean)),
        Mistake("not squared", mean_of(lambda g, a: (g - a).norm() / (g.norm() + a.norm())),
                "You do not square: ‖…‖² is the sum of the squares, without a root."),
        Mistake("not squared", mean_of(lambda g, a: (g - a).norm() / (power(g) + power(a)).sqrt()),
                "You take a root too many: the formula has squares only."),
        Mistake("divided by the product", mean_of(lambda g, a: gap(g, a) / (g.norm() * a.norm())),
                "You divide by ‖G‖ · ‖A‖; divide by ‖G‖² + ‖A‖²."),
        Mistake("square of the sum", mean_of(lambda g, a: gap(g, a) / power(g + a)),
                "You divide by ‖G + A‖²; square each first, then add: ‖G‖² + ‖A‖²."),
        Mistake("all layers in one", lambda f, s: each(f, s, gap).sum() / each(f, s, lambda g, a: power(g) + power(a)).sum(),
                "You divide once, at the end: the layer with the largest numbers decides. Divide layer by layer."),
        Mistake("only the last layer", lambda f, s: each(f, s, relative)[-1],
                "You return the last layer only: does the sum start again in the loop?"),
        Mistake("only the first layer", lambda f, s: each(f, s, relative)[0],
                "You return the first layer only: `return` is in the loop."),
        Mistake("element by element", mean_of(lambda g, a: ((g - a).square() / (g.square() + a.square())).mean()),
                "You divide entry by entry; sum first, and divide once for each layer."),
    ),
    minutes=8, difficulty=2,
)  # fmt: skip


def logs(strengths):
    return strengths.log()


def told(strengths):
    return logs(strengths) - logs(strengths).mean(dim=0)


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
                "You take no logarithm: channels with large numbers would always tell the most."),
        Mistake("ratio", lambda s: s / s.mean(dim=0), "You divide by the mean; take logarithms, then subtract."),
        Mistake("log of the mean", lambda s: logs(s) - s.mean(dim=0).log(),
                "You take the mean first and then its logarithm: one strong painting pulls it up. Take logarithms first."),
        Mistake("the mean", lambda s: logs(s).mean(dim=0), "You return the mean of the logarithms; subtract it from them."),
        Mistake("median", lambda s: logs(s) - logs(s).median(dim=0).values, "You subtract the median; subtract the mean."),
    ),
    minutes=6, difficulty=2, loops="remark",
)  # fmt: skip


def factors(tells, amount):
    return (amount * tells / 2).exp()


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
        *(Mistake("rows only", lambda g, t, m, part=part: g * factors(t, part * m)[:, None],
                  "You multiply only the rows, and the matrix is no longer symmetric: multiply the columns as well, with "
                  "half the exponent for each.") for part in (1, 2)),
        *(Mistake("columns only", lambda g, t, m, part=part: g * factors(t, part * m),
                  "You multiply only the columns, and the matrix is no longer symmetric: multiply the rows as well, with "
                  "half the exponent for each.") for part in (1, 2)),
        Mistake("half forgotten", lambda g, t, m: g * (m * t).exp()[:, None] * (m * t).exp(),
                "You leave out the half: G[i, i] gets the factor twice, once for its row and once for its column."),
        Mistake("no exponential", lambda g, t, m: g * (m * (t[:, None] + t) / 2),
                "You leave out the exponential: with the amount 0 everything would vanish."),
        Mistake("no exponential", lambda g, t, m: g * (1 + m * (t[:, None] + t) / 2),
                "You take 1 + …; take `exp`, or soft channels come out below 0."),
        *(Mistake("power of 10", lambda g, t, m, base=base: g * base ** (m * (t[:, None] + t) / 2),
                  f"You take a power of {base}, not `exp`.") for base in (10, 2)),
        *(Mistake("product of the two", lambda g, t, m, part=part: g * (part * m * t[:, None] * t).exp(),
                  "You multiply t[i] and t[j]; add them, or two soft channels become loud.") for part in (0.5, 1)),
        Mistake("only the diagonal", lambda g, t, m: torch.where(torch.eye(len(g), dtype=torch.bool), g * (m * t).exp(), g),
                "You change only the strengths on the diagonal; change the pairs as well."),
        Mistake("amount outside", lambda g, t, m: m * g * ((t[:, None] + t) / 2).exp(),
                "You multiply by the amount outside the exponential: with 0 the matrix would vanish."),
    ),
    minutes=8, difficulty=2, loops="remark",
)  # fmt: skip
