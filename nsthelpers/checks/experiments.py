"""Exercises of notebook 09: what changes what?"""

import itertools

import torch
import torch.nn.functional as F

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


def product(settings):
    return [dict(zip(settings, values, strict=True)) for values in itertools.product(*settings.values())]


def first_fastest(settings):
    turned = product(dict(reversed(list(settings.items()))))
    return [{name: entry[name] for name in settings} for entry in turned]


def one_at_a_time(settings):
    base = {name: values[0] for name, values in settings.items()}
    return [base, *({**base, name: value} for name, values in settings.items() for value in values[1:])]


grid = exercise(
    "grid",
    "{name: list of values} → a list of dictionaries, one for each combination; the last name changes fastest.",
    product,
    lambda seed: [
        ({"weight": [0.1, 1.0, 10.0], "start": ["content", "noise"]},),
        ({"weight": [1, 2], "layer": ["a", "b", "c"], "pool": ["max", "avg"]},),
        ({"size": [64, 128]},),
        ({"size": [64], "steps": [5, 10, 20, 40]},),
        ({},),
    ],
    "Three settings of three values are 27 runs: you can write the plan down, and see why one keeps it small.",
    (
        Hint("value",
             "`itertools.product(*settings.values())` walks in the right order; `dict(zip(names, values))` names "
             "them."),
        Hint("length",
             "The number of runs is the product of the numbers of values: 3 × 2 = 6. Nothing to vary is one run: "
             "[{}]."),
    ),
    (
        Mistake("side by side", lambda s: [dict(zip(s, v, strict=True)) for v in zip(*s.values(), strict=False)],
                "`zip` takes the first of each, the second of each …; all combinations are asked: "
                "`itertools.product`."),
        Mistake("first name fastest", first_fastest,
                "The first name changes fastest; it should be the last, as in nested loops."),
        Mistake("without names", lambda s: list(itertools.product(*s.values())),
                "The values are right, their names are lost: `dict(zip(names, values))`."),
        Mistake("without names", lambda s: [list(v) for v in itertools.product(*s.values())],
                "The values are right, their names are lost."),
        Mistake("one at a time", one_at_a_time, "You change one setting at a time; the grid has every combination."),
        Mistake("one at a time", lambda s: [{name: value} for name, values in s.items() for value in values],
                "Each entry has one setting only; a combination has a value for every name."),
        Mistake("only the last", lambda s: product(s)[-1:],
                "Only the last combination is there: a new dictionary for every round, and append it."),
        Mistake("one dictionary for all", lambda s: product(s)[-1:] * len(product(s)),
                "All entries are the *same* dictionary, changed in each round: make a new one inside the loop."),
        Mistake("dictionary of lists", lambda s: {name: [entry[name] for entry in product(s)] for name in s},
                "A list of dictionaries is asked, not a dictionary of lists."),
        Mistake("number of runs", lambda s: len(product(s)),
                "This is the number of runs; the runs themselves are asked."),
        Mistake("reversed", lambda s: product(s)[::-1], "The order is turned."),
        Mistake("empty grid forgotten", lambda s: product(s) if s else [], "Nothing to vary is still one run: [{}]."),
    ),
    minutes=6,
    difficulty=2,
)  # fmt: skip


def gram_of(seed, channels):
    maps = normal(seed, channels, 20) + 0.3
    return maps @ maps.T / 20


gram_distance = exercise(
    "gram_distance",
    "Two Gram matrices (C, C) → one number: ‖G − A‖² / ‖A‖², A being the style's.",
    lambda result, style: (result - style).square().sum() / style.square().sum(),
    lambda seed: [
        (gram_of(seed, 3), gram_of(seed + 1, 3)),
        (gram_of(seed, 6) * 50, gram_of(seed + 1, 6) * 40),
        (gram_of(seed, 4) * 1e-3, gram_of(seed + 1, 4) * 2e-3),
        (gram_of(seed, 5), gram_of(seed, 5)),
        (torch.zeros(2, 2), gram_of(seed, 2)),
    ],
    "One number says how far two styles are apart; that solves the puzzle of the four paintings.",
    (
        Hint("value", "Two sums of squares and one division. A matrix of zeros must be at distance 1."),
        Hint("number", "Keep the tensor: no `.item()`."),
    ),
    (
        Mistake("not relative", lambda g, a: (g - a).square().sum(), "Divide by ‖A‖²."),
        Mistake("not relative", lambda g, a: (g - a).square().mean(), "This is the mean square; divide by that of A."),
        Mistake("not squared", lambda g, a: (g - a).norm() / a.norm(),
                "This is ‖G − A‖ / ‖A‖: the squares are missing."),
        Mistake("not squared", lambda g, a: (g - a).norm(), "This is ‖G − A‖: neither squared nor relative."),
        Mistake("denominator not squared", lambda g, a: (g - a).square().sum() / a.norm(),
                "The denominator is not squared."),
        Mistake("denominator not squared", lambda g, a: (g - a).square().sum() / a.sum(),
                "The denominator is ΣA; it should be ΣA²."),
        Mistake("divided by G", lambda g, a: (g - a).square().sum() / g.square().sum(),
                "Divide by the style's ‖A‖², not by the result's."),
        Mistake("divided by both", lambda g, a: (g - a).square().sum() / (g.norm() * a.norm()),
                "Divide by ‖A‖² alone."),
        Mistake("divided by both", lambda g, a: (g - a).square().sum() / (g.square().sum() + a.square().sum()),
                "Divide by ‖A‖² alone."),
        Mistake("cosine", lambda g, a: 1 - F.cosine_similarity(g.flatten(), a.flatten(), 0),
                "This is the cosine distance: it forgets how strong the textures are."),
        Mistake("absolute values", lambda g, a: (g - a).abs().sum() / a.abs().sum(), "Squares, not absolute values."),
        Mistake("only the diagonal", lambda g, a: (g - a).diagonal().square().sum() / a.diagonal().square().sum(),
                "You compare the diagonals only; the pairs of channels carry the style."),
        Mistake("element by element", lambda g, a: ((g - a) / a).square().mean(),
                "You divide entry by entry; first sum, then divide once."),
        Mistake("squares subtracted", lambda g, a: (g.square() - a.square()).sum() / a.square().sum(),
                "Subtract first, then square."),
        Mistake("summed, then squared", lambda g, a: (g - a).sum().square() / a.square().sum(),
                "First square, then sum."),
    ),
    minutes=4,
)  # fmt: skip


nearest_style = exercise(
    "nearest_style",
    "Distances (results, styles) → for each result the index of the style that is nearest, as a list or a tensor.",
    lambda distances: distances.argmin(dim=1).tolist(),
    lambda seed: [
        (uniform(seed, 4, 4),), (uniform(seed + 2, 5, 3),), (uniform(seed + 1, 2, 6),), (uniform(seed, 1, 5) + 3,),
    ],
    "A detective in one line: whoever is nearest has painted it.",
    (
        Hint("value", "`argmin`, and the axis is the one that you search through: the styles, axis 1."),
        Hint("length", "One answer for each *result*: as many as there are rows."),
    ),
    (
        Mistake("farthest", lambda d: d.argmax(1), "This is the farthest style: `argmin`."),
        Mistake("wrong axis", lambda d: d.argmin(0),
                "You searched through the results; search through the styles, axis 1."),
        Mistake("the distance", lambda d: d.amin(1), "These are the distances; the index of the style is asked."),
        Mistake("whole matrix", lambda d: d.argmin(),
                "This is the smallest of the whole matrix; one for each row is asked."),
        Mistake("counted from 1", lambda d: d.argmin(1) + 1, "The styles count from 0."),
        Mistake("sorted", lambda d: d.argsort(1), "This is the whole order of the styles; only the nearest is asked."),
        Mistake("second nearest", lambda d: d.argsort(1)[:, 1], "This is the second nearest."),
        Mistake("min without taking it apart", lambda d: d.min(1),
                "`min(dim=1)` gives values *and* indices: take `.indices`."),
        Mistake("one-hot", lambda d: (d == d.amin(1, keepdim=True)).long(),
                "These are ones and zeros; the index of the one is asked."),
        Mistake("columns kept", lambda d: d.argmin(1, keepdim=True),
                "Without `keepdim`: one plain number for each row."),
    ),
    minutes=3,
)  # fmt: skip


def table(truth, guess, classes):
    counts = torch.zeros(classes, classes, dtype=torch.int64)
    for right, said in zip(truth, guess, strict=True):
        counts[right, said] += 1
    return counts


confusion = exercise(
    "confusion",
    "Lists of true and guessed classes and the number of classes n → (n, n), whole numbers: row = true, column = "
    "guessed.",
    table,
    lambda seed: [
        ([0, 1, 2, 2], [0, 2, 2, 2], 3),
        ([0, 0, 1, 1, 1, 3], [1, 1, 1, 0, 1, 0], 4),
        ([1, 1, 1], [0, 0, 1], 2),
        ([], [], 2),
    ],
    "The diagonal is what went right; off it you read *which* styles are mistaken for which.",
    (
        Hint("value", "For each pair one count more at [true, guessed]. Pairs that occur twice must count twice."),
        Hint("dtype", "Counts are whole numbers: `torch.zeros(n, n, dtype=torch.int64)`."),
    ),
    (
        Mistake("transposed", lambda t, g, n: table(t, g, n).T,
                "Rows and columns are exchanged: the true class is the row."),
        Mistake("counted once", lambda t, g, n: table(t, g, n).clamp(max=1),
                "Pairs that occur twice count once: add 1, do not set to 1 (also `x[a, b] += 1` with lists)."),
        Mistake("shares", lambda t, g, n: table(t, g, n) / len(t) if t else table(t, g, n),
                "These are shares; whole counts are asked."),
        Mistake("shares of the row", lambda t, g, n: table(t, g, n) / table(t, g, n).sum(1, keepdim=True),
                "These are shares of each row; whole counts are asked."),
        Mistake("only the diagonal", lambda t, g, n: table(t, g, n).diag().diag(),
                "Only the right guesses are counted."),
        Mistake("only the diagonal", lambda t, g, n: table(t, g, n).diag(), "Only the right guesses are counted."),
        Mistake("only the errors", lambda t, g, n: table(t, g, n) - table(t, g, n).diag().diag(),
                "The right guesses are missing: the diagonal."),
        Mistake("float", lambda t, g, n: table(t, g, n).float(), "Counts are whole numbers: dtype int64."),
        Mistake("nested lists", lambda t, g, n: table(t, g, n).tolist(), "These are nested lists; a tensor is asked."),
        Mistake("classes from the data", lambda t, g, n: table(t, g, max(t + g, default=-1) + 1),
                "A class that does not occur still has its row: use the number of classes."),
        Mistake("share of right guesses", lambda t, g, n: table(t, g, n).diag().sum() / len(t) if t else 0,
                "This is one number, the accuracy."),
    ),
    minutes=6,
    difficulty=2,
)  # fmt: skip


def counts(seed, classes):
    return (uniform(seed, classes, classes) * 5).to(torch.int64) + 3 * torch.eye(classes, dtype=torch.int64)


accuracy = exercise(
    "accuracy",
    "A confusion matrix (n, n) → one number: the share of guesses that were right.",
    lambda matrix: (matrix.diag().sum() / matrix.sum()).item(),
    lambda seed: [
        (counts(seed, 3),), (counts(seed, 4),), (torch.eye(4, dtype=torch.int64) * 2,), (torch.tensor([[0, 5], [1, 0]]),),
    ],
    "With four styles guessing gives 0.25: a score means something only beside that.",
    (
        Hint("value", "What is right stands on the diagonal; divide by *all* guesses, not by the number of classes."),
        Hint("error", "`matrix.diag()` or `matrix.trace()` gets the diagonal, `matrix.sum()` everything."),
    ),
    (
        Mistake("divided by classes", lambda m: m.diag().sum() / len(m),
                "You divide by the number of classes; divide by the number of guesses."),
        Mistake("number of right guesses", lambda m: m.diag().sum(),
                "This is how many were right; their share is asked."),
        Mistake("share of errors", lambda m: 1 - m.diag().sum() / m.sum(), "This is the share of *wrong* guesses."),
        Mistake("mean of the rows", lambda m: (m.diag() / m.sum(1)).mean(),
                "You averaged over the classes; here every guess counts alike."),
        Mistake("mean of the columns", lambda m: (m.diag() / m.sum(0)).mean(),
                "You averaged over the guessed classes; here every guess counts alike."),
        Mistake("for each class", lambda m: m.diag() / m.sum(1),
                "This is one share for each class; one number is asked."),
        Mistake("percent", lambda m: 100 * m.diag().sum() / m.sum(),
                "This is in percent; the share from 0 to 1 is asked."),
        Mistake("mean of the matrix", lambda m: m.diag().float().mean() / m.float().mean(),
                "Use sums: the diagonal has fewer numbers than the matrix."),
        Mistake("right to wrong", lambda m: m.diag().sum() / (m.sum() - m.diag().sum()),
                "Divide by all guesses, not only by the wrong ones."),
        Mistake("whole number", lambda m: (m.diag().sum() // m.sum()).item(),
                "`//` cuts off what is behind the point: divide with `/`."),
        Mistake("divided by n²", lambda m: m.diag().sum() / m.numel(),
                "You divide by the number of cells; divide by the sum of the counts."),
        Mistake("largest of the rows", lambda m: m.amax(1).sum() / m.sum(),
                "You took each row's largest number; what is right stands on the diagonal."),
    ),
    minutes=3,
)  # fmt: skip
