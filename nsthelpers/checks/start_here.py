"""Exercises of notebook 00: the sum that steers a painting, the picture it starts from, and a weight to choose."""

import math

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, uniform

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


def sums_to_make(seed):
    numbers = uniform(seed, 7)
    return [
        ({"content": 0.5, "style": 0.02, "tv": 0.1}, {"content": 0.1, "style": 1.0, "tv": 0.3}),
        # A row of a history: other columns, another order, a term without weight.
        (
            {"step": 3, "total": 9.0, "tv": 0.25, "content": 1.5, "style": 0.5},
            {"style": 2.0, "content": 0.02, "tv": 0.0},
        ),
        # What the optimisation hands over: tensors without axes.
        (
            {"content": numbers[0], "style": numbers[1], "tv": numbers[2], "total": numbers[3]},
            {"tv": 0.01, "style": 1.0, "content": 0.2},
        ),
        ({"style": numbers[4], "tv": numbers[5], "content": numbers[6]}, {"content": 3.0, "style": 0.5, "tv": 7.0}),
    ]


def products(terms, weights):
    return [weights[name] * terms[name] for name in weights]


weighted_sum = exercise(
    "weighted_sum",
    "Two dictionaries → one number: each weight times the term of its name, added up.",
    lambda terms, weights: sum(products(terms, weights)),
    sums_to_make,
    "This sum is all that the optimiser sees: whoever sets the weights decides what is painted.",
    (
        Hint("value", "Multiply first, then add: weights['content'] * terms['content'] + …, one product for each name."),
        Hint("error", "Go through the names in `weights`: `for name in weights`. `terms` may hold more names than these."),
    ),
    (
        *(Mistake("no weights", answer, "You add the terms as they are: the weights are not used.")
          for answer in (lambda t, w: sum(t.values()), lambda t, w: sum(t[name] for name in w))),
        Mistake("one product", lambda t, w: math.prod(products(t, w)),
                "You multiply the three products together; add them."),
        Mistake("brackets", lambda t, w: sum(w.values()) * sum(t[name] for name in w),
                "You multiply the sum of the weights by the sum of the terms; each weight belongs to one term."),
        Mistake("paired by place", lambda t, w: sum(a * b for a, b in zip(t.values(), w.values(), strict=False)),
                "You pair weights and terms by their place, but dictionaries may differ in order. Pair them by name."),
        Mistake("overwritten", lambda t, w: products(t, w)[-1],
                "You return only the last product: add with `+=`; `=` overwrites."),
        *(Mistake("a term is missing", lambda t, w, left=left: sum(w[name] * t[name] for name in w if name != left),
                  f"The {left} term is missing.") for left in ("content", "style", "tv")),
    ),
    minutes=4,
)  # fmt: skip


def pairs_to_blend(seed):
    a, b = uniform(seed, 1, 3, 4, 6), uniform(seed + 1, 1, 3, 4, 6)
    return [
        (a, b, 0.25),
        (a, b, 0.0),
        (a, b, 1.0),
        (uniform(seed, 2, 3, 5, 3), uniform(seed + 1, 2, 3, 5, 3), 0.7),
        (torch.zeros(1, 3, 3, 3), torch.ones(1, 3, 3, 3), 0.9),
    ]


blend = exercise(
    "blend",
    "Two pictures of one shape and an amount from 0 to 1 → (1 − amount)·a + amount·b.",
    lambda a, b, amount: (1 - amount) * a + amount * b,
    pairs_to_blend,
    "Pictures mix like paint. What you can mix you can start from: a photograph, noise, or anything between.",
    (
        Hint("value", "Try the two ends by hand: amount 0 must give `a` alone, and amount 1 must give `b` alone."),
        Hint("shape", "The result has the shape of `a`. Add the two pictures; joining them makes a larger tensor."),
    ),
    (
        Mistake("a is not faded", lambda a, b, t: a + t * b,
                "You add `b` to the whole of `a`: the weights t and 1 must become t and 1 − t, or pixels exceed 1."),
        Mistake("b is not scaled", lambda a, b, t: (1 - t) * a + b,
                "You fade `a`, but add the whole of `b`: multiply `b` by the amount."),
        Mistake("clipped sum", lambda a, b, t: (a + t * b).clamp(0, 1),
                "You clip a sum that is too large: multiply `a` by 1 − amount instead."),
        Mistake("joined", lambda a, b, t: torch.cat([(1 - t) * a, t * b]),
                "You put the pictures one after the other; add them pixel by pixel."),
        Mistake("joined", lambda a, b, t: torch.cat([(1 - t) * a, t * b], dim=1),
                "You put the channels of `b` behind those of `a`; add the pictures pixel by pixel."),
    ),
    minutes=4,
)  # fmt: skip


def rows(*values):
    return {weight: {"content": content, "style": style} for weight, content, style in values}


def runs_to_choose_from(seed):
    return [
        (rows((0.0, 0.9, 0.01), (0.02, 0.5, 0.02), (0.2, 0.2, 0.05), (2.0, 0.05, 0.2)), 0.05),
        (rows((1.0, 0.1, 0.3), (0.001, 0.8, 0.02), (0.1, 0.2, 0.04), (0.01, 0.4, 0.06)), 0.05),
        (rows((0.2, 0.4, 0.045), (0.5, 0.3, 0.01), (0.05, 0.6, 0.04)), 0.05),
        (rows((3.0, 0.01, 0.4), (0.0, 0.7, 0.03), (0.3, 0.2, 0.09)), 0.08),
        (rows((0.4, 0.02, 0.05), (0.1, 0.04, 0.03)), 0.03),
    ]


def that_fit(ends, most):
    return [weight for weight in ends if ends[weight]["style"] <= most]


def until_one_does_not_fit(ends, most):
    best = None
    for weight in sorted(ends):
        if ends[weight]["style"] > most:
            break
        best = weight
    return best


def largest(weights):
    return max(weights, default=None)


pick_weight = exercise(
    "pick_weight",
    "Runs and a bound → the largest content weight whose style term is at most the bound.",
    lambda ends, most_style: max(that_fit(ends, most_style)),
    runs_to_choose_from,
    "You fix how much style you want, and keep as much of the photograph as that allows. This is how weights are chosen.",
    (
        Hint("value", "Two steps: which weights have `ends[weight]['style'] <= most_style`? Which of these is largest?"),
        Hint("error", "A key of `ends` is a weight; `ends[weight]` is a dictionary with the keys content and style."),
    ),
    (
        Mistake("the bound is ignored", lambda e, m: max(e), "You take the largest weight of all: use the bound."),
        Mistake("lowest style term", lambda e, m: min(e, key=lambda w: e[w]["style"]),
                "You take the run with the lowest style term; take the one with the largest weight within the bound."),
        Mistake("strictly below", lambda e, m: largest([w for w in e if e[w]["style"] < m]),
                "Your `<` leaves out a run that meets the bound exactly; \"at most\" is `<=`."),
        Mistake("content for style", lambda e, m: largest([w for w in e if e[w]["content"] <= m]),
                "You compare the content term with the bound; compare the style term."),
        Mistake("weight for style", lambda e, m: largest([w for w in e if w <= m]),
                "You compare the weight itself with the bound; compare `ends[weight]['style']`."),
        Mistake("first that fits", lambda e, m: that_fit(e, m)[0],
                "You take the first run within the bound; the dictionary need not be in order."),
        Mistake("last that fits", lambda e, m: that_fit(e, m)[-1],
                "You take the last run within the bound; the dictionary need not be in order."),
        Mistake("stops too early", until_one_does_not_fit,
                "You stop at the first run that does not fit; a later one may, since measured terms need not rise evenly."),
        Mistake("nearest to the bound", lambda e, m: max(that_fit(e, m), key=lambda w: e[w]["style"]),
                "You take the run nearest to the bound; among those that fit, take the largest weight."),
        Mistake("nearest to the bound", lambda e, m: min(e, key=lambda w: abs(e[w]["style"] - m)),
                "You take the run nearest to the bound, on either side; take the largest weight within the bound."),
        Mistake("style term, not weight", lambda e, m: e[max(that_fit(e, m))]["style"],
                "You return the run's style term; return its weight, the key."),
        Mistake("style term, not weight", lambda e, m: max(e[w]["style"] for w in that_fit(e, m)),
                "You return a style term; return a weight, the key."),
        Mistake("terms, not weight", lambda e, m: e[max(that_fit(e, m))],
                "You return the run's dictionary of terms; return its weight, the key."),
        Mistake("all that fit", that_fit, "You return all weights that fit; take the largest of them."),
    ),
    minutes=6, difficulty=2,
)  # fmt: skip
