"""Exercises of notebook 09: what changes what?"""

import itertools
import re
import statistics
from dataclasses import dataclass

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, uniform
from nsthelpers.engine.colours import luminance
from nsthelpers.transfer import Settings

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
                "`zip` takes the first of each, the second of each …; return all combinations: "
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
                "Return a list of dictionaries, not a dictionary of lists."),
        Mistake("number of runs", lambda s: len(product(s)),
                "This is the number of runs; return the runs themselves."),
        Mistake("reversed", lambda s: product(s)[::-1], "The order is turned."),
        Mistake("empty grid forgotten", lambda s: product(s) if s else [], "Nothing to vary is still one run: [{}]."),
    ),
    minutes=6,
    difficulty=2,
)  # fmt: skip


def root_mean_square(base, runs):
    return (sum((run - base) ** 2 for run in runs) / len(runs)) ** 0.5


def bias(base, runs):
    return sum(runs) / len(runs) - base


noise_floor = exercise(
    "noise_floor",
    "One number (the base run) and a list of numbers (the nudged runs) → the root of the mean squared distance from the "
    "base, one number.",
    root_mean_square,
    lambda seed: [
        (0.0, [3.0, 4.0]),
        (0.030, [0.031, 0.034, 0.029, 0.033]),
        (0.5, [0.45, 0.40, 0.42, 0.47, 0.44]),
        (2.0, [5.0, 6.5, 7.0]),
    ],
    "One number holds the spread *and* the bias: its square is the sum of theirs. Less than three of it is no result.",
    (
        Hint("value", "Distance of each run from the *base*; square, mean, root. By hand: base 0, runs 3 and 4: "
             "√((9 + 16) / 2) = 3.54."),
        Hint("error", "`runs` is a plain list: `sum((run - base) ** 2 for run in runs)`, or `torch.tensor(runs) - base`."),
    ),
    (
        Mistake("spread only", lambda base, runs: statistics.stdev(runs),
                "This is the spread about the mean of the runs. They may all lie on one side of the base, and this bias "
                "is missing: measure from the base."),
        Mistake("spread only", lambda base, runs: statistics.pstdev(runs),
                "This is the spread about the mean of the runs; the bias is missing: measure from the base."),
        Mistake("spread only", lambda base, runs: statistics.pvariance(runs),
                "This is the variance about the mean of the runs: measure from the base, and take the root."),
        Mistake("spread only", lambda base, runs: statistics.variance(runs),
                "This is the variance about the mean of the runs: measure from the base, and take the root."),
        Mistake("bias only", bias, "This is the bias, the mean distance with its sign: distances to both sides cancel."),
        Mistake("bias only", lambda base, runs: abs(bias(base, runs)),
                "This is the bias alone: distances to both sides cancel. Square before the mean."),
        Mistake("no root", lambda base, runs: root_mean_square(base, runs) ** 2,
                "The root is missing: a square of errors cannot stand beside errors."),
        Mistake("absolute values", lambda base, runs: sum(abs(run - base) for run in runs) / len(runs),
                "This is the mean of the absolute distances; squares, mean, root are meant."),
        Mistake("sum for mean", lambda base, runs: sum((run - base) ** 2 for run in runs) ** 0.5,
                "You add the squares; take their mean, or twice the runs would give a larger floor."),
        Mistake("n − 1", lambda base, runs: (sum((run - base) ** 2 for run in runs) / (len(runs) - 1)) ** 0.5,
                "n − 1 belongs to a mean that is taken from the same runs; the base is not: divide by n."),
        Mistake("largest", lambda base, runs: max(abs(run - base) for run in runs),
                "This is the largest distance; it grows with the number of runs."),
        Mistake("summed, then squared", lambda base, runs: abs(sum(run - base for run in runs)) / len(runs) ** 0.5,
                "You add up first and square then, so that distances to both sides cancel: square each first."),
        Mistake("brackets", lambda base, runs: sum((run - base) ** 2 for run in runs) ** 0.5 / len(runs),
                "Your root is taken of the sum alone; take it of the mean: √(sum / n), not √sum / n."),
        Mistake("brackets", lambda base, runs: sum((run - base) ** 2 for run in runs) / len(runs) ** 0.5,
                "Your root is taken of n alone; take it of the mean: √(sum / n)."),
        Mistake("base counted", lambda base, runs: (sum((run - base) ** 2 for run in runs) / (len(runs) + 1)) ** 0.5,
                "You count the base as a run: its distance, 0, draws the mean down."),
        Mistake("always four", lambda base, runs: (sum((run - base) ** 2 for run in runs) / 4) ** 0.5,
                "You divide by 4, always; divide by the number of runs, `len(runs)`."),
        Mistake("first run only", lambda base, runs: abs(runs[0] - base), "Only the first run counts."),
        Mistake("first run only", lambda base, runs: abs(runs[0] - base) / len(runs) ** 0.5,
                "Only the first run counts: is `return` in the loop?"),
        Mistake("range", lambda base, runs: max(runs) - min(runs),
                "This is the range of the runs; measure from the base."),
        Mistake("mean of the runs", lambda base, runs: sum(runs) / len(runs),
                "This is the mean of the runs; how far they lie from the base is meant."),
        Mistake("relative", lambda base, runs: root_mean_square(base, runs) / base, "Do not divide by the base."),
        Mistake("for each run", lambda base, runs: [run - base for run in runs],
                "These are the distances; one number for all is meant."),
        Mistake("for each run", lambda base, runs: [abs(run - base) for run in runs],
                "These are the distances; one number for all is meant."),
        Mistake("for each run", lambda base, runs: [(run - base) ** 2 for run in runs],
                "These are the squares; take their mean, and its root."),
    ),
    minutes=4,
)  # fmt: skip


MEASURES = ("style_error", "content_error", "edges_kept")  # of a picture, by somebody who has not painted it
LOSSES = ("total", "style", "content", "tv")  # what the painter has made small
LAYER = re.compile(r"(conv|relu)([12]_[12]|[345]_[1-4])")


def weight(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf")


def layers(value):
    return isinstance(value, (list, tuple, dict)) and len(value) > 0 and all(LAYER.fullmatch(str(n)) for n in value)


# What may be changed, and the values that a run of a few seconds can take.
SETTINGS = {
    "content_weight": weight,
    "style_weight": lambda value: weight(value) and value > 0,
    "tv_weight": weight,
    "learning_rate": lambda value: weight(value) and value > 0,
    "steps": lambda value: type(value) is int and 1 <= value <= 400,
    "size": lambda value: type(value) is int and 64 <= value <= 512,
    "scales": lambda value: value == "auto" or type(value) is int and 1 <= value <= 3,
    "pooling": lambda value: value in ("avg", "max"),
    "optimizer": lambda value: value in ("lbfgs", "adam"),
    "weights": lambda value: value in (None, "random"),
    "precision": lambda value: value in ("float32", "bfloat16"),
    "content_layers": layers,
    "style_layers": layers,
}
DEFAULTS = {"content": None, "style": None} | vars(Settings())


@dataclass(frozen=True, eq=False, repr=False)
class Experiment:
    """A learner's plan: the settings of two runs, and the name of the measure that decides.

    Two plans are equal if they are equally fair, that is, if they have the same fault or none: this is how the check
    compares a free answer with its own.

    >>> base = {"content": "tuebingen", "style": "starry_night"}
    >>> Experiment(base, base | {"seed": 1}, "style_error").fault
    'seed changed'
    """

    control: dict
    changed: dict
    measure: str

    @property
    def changes(self) -> list[str]:
        """The names of the settings in which the two runs differ; what is not given has the default of `stylize`."""
        first, second = DEFAULTS | self.control, DEFAULTS | self.changed
        return [name for name in first | second if first.get(name) != second.get(name)]

    @property
    def fault(self) -> str:
        """What makes the plan unfair, in two or three words; empty if nothing does."""
        if not isinstance(self.control, dict) or not isinstance(self.changed, dict):
            return "not two dictionaries"
        if set(self.control | self.changed) - set(DEFAULTS):
            return "unknown setting"
        if len(self.changed) < len(self.control):
            return "the change alone"
        changes = self.changes
        if len(changes) != 1:
            return "several changes" if changes else "nothing changed"
        (name,) = changes
        special = {"content": "another picture", "style": "another picture", "seed": "seed changed"}
        special |= {"init": "start changed", "convention": "several changes"}
        if name in special:
            return special[name]
        if name not in SETTINGS or not SETTINGS[name]((DEFAULTS | self.changed)[name]):
            return "impossible value"
        if self.measure in LOSSES:
            return "the loss as measure"
        return "" if self.measure in MEASURES else "unknown measure"

    def __eq__(self, other):
        return isinstance(other, Experiment) and self.fault == other.fault

    __hash__ = None

    def __repr__(self):
        return f"<Experiment: {self.fault or 'one change, a measure of its own'}>"


def plan(measure="style_error", **change):
    return lambda base: Experiment(base, base | change, measure)


experiment = exercise(
    "experiment",
    "The settings of the base (a dictionary) → `check.Experiment(control, changed, measure)`: two dictionaries of settings "
    "that differ in one, and the name of a measure that the painter has not made small.",
    plan("edges_kept", tv_weight=0.3),
    lambda seed: [
        ({"content": "tuebingen", "style": "starry_night", "size": 192, "steps": 40, "scales": 1},),
        ({"content": "chelsea", "style": "the_scream", "size": 176, "steps": 37, "content_weight": 0.0123},),
        ({"content": "rocket", "style": "shipwreck", "size": 144, "steps": 23, "seed": 4, "tv_weight": 0.0171},),
    ],
    "One change, the same pictures, seed and start, and a judge who has not painted: now a difference has one cause.",
    (
        Hint("value", "Compare your two dictionaries: exactly one entry may differ, and it is neither the seed nor the "
             "start. `base | {\"tv_weight\": 0.1}` is the base with one change."),
        Hint("error", "`check.Experiment(base, base | {...}, \"style_error\")`: two dictionaries and a name."),
    ),
    (
        Mistake("nothing changed", lambda base: Experiment(base, dict(base), "style_error"),
                "The two runs are equal: is your value the default already? Or did you change the base in place? "
                "`base | {...}` makes a new dictionary."),
        Mistake("several changes", plan(tv_weight=0.31, pooling="max"),
                "More than one thing differs, and a difference would have two possible causes: change one setting. A "
                "`convention` changes several at once."),
        Mistake("the change alone", lambda base: Experiment(base, {"tv_weight": 0.31}, "style_error"),
                "Your second dictionary holds the change alone, so that all other settings fall back to `stylize`'s own: "
                "`base | {...}`."),
        *(Mistake("another picture", plan(content=name),
                  "Another picture is another case, and the measure would have another target. Keep both.")
          for name in ("tuebingen", "chelsea", "rocket")),
        *(Mistake("another picture", plan(style=name),
                  "Another picture is another case, and the measure would have another target. Keep both.")
          for name in ("starry_night", "the_scream", "shipwreck")),
        Mistake("seed changed", plan(seed=17),
                "The seed differs. That is the control of section 3, the noise floor: it shows the size of nothing."),
        Mistake("start changed", plan(init="noise"),
                "The start differs; section 4 has done that. Keep it, and change a setting of the loss or the loop."),
        Mistake("another picture", plan(style="wheat_field"),
                "Another photograph or painting is another case, and the measure would have another target. Keep both."),
        Mistake("unknown setting", plan(contentweight=1.0),
                "`stylize` has no setting of this name; look at its help: `stylize?`."),
        Mistake("impossible value", plan(pooling="median"),
                "This setting cannot have this value here: weights are numbers from 0, `pooling` is \"avg\" or \"max\", "
                "`optimizer` \"lbfgs\" or \"adam\", `size` at most 512, `steps` at most 400, layers a list of names."),
        Mistake("the loss as measure", plan("total", tv_weight=0.31),
                "This is the loss, which the painter has made small: students would mark their own exams. Take "
                "\"style_error\", \"content_error\" or \"edges_kept\"."),
        Mistake("unknown measure", plan("beauty", tv_weight=0.31),
                "There is no such measure: take \"style_error\", \"content_error\" or \"edges_kept\", as a text."),
        Mistake("not two dictionaries", lambda base: Experiment(base, "tv_weight", "style_error"),
                "The first two are dictionaries of settings, all of them: `base | {...}` (`base.update(...)` gives None)."),
        Mistake("not an Experiment", lambda base: base | {"tv_weight": 0.31},
                "This is one run; an experiment is two and a measure: `check.Experiment(control, changed, measure)`."),
        Mistake("not an Experiment", lambda base: {"tv_weight": 0.31},
                "This is the change alone: `check.Experiment(base, base | {...}, measure)`."),
    ),
    minutes=10,
    difficulty=2,
)  # fmt: skip


def recombined(painted, photo, *, light=luminance, clamp=True):
    colours = light(painted) + photo - light(photo)
    return colours.clamp(0, 1) if clamp else colours


def stretched(image):
    return (image - image.min()) / (image.max() - image.min())


def weighted(*weights):
    return lambda image: (image * image.new_tensor(weights).view(1, 3, 1, 1)).sum(1, keepdim=True)


COLOUR_MISTAKES = (
    Mistake("exchanged", lambda a, b: recombined(b, a),
            "It is the other way round: light from the painting, colours from the photo."),
    Mistake("no clamp", lambda a, b: recombined(a, b, clamp=False), "Some channels leave [0, 1]: `.clamp(0, 1)`."),
    Mistake("only the light", lambda a, b: luminance(a).expand_as(a), "This is grey: add the photo's colours."),
    Mistake("only the light", lambda a, b: luminance(a), "This is the light alone: add the photo's colours."),
    Mistake("only the colours", lambda a, b: b - luminance(b), "These are the colours alone: add the painting's light."),
    Mistake("only the colours", lambda a, b: (b - luminance(b)).clamp(0, 1),
            "These are the colours alone: add the painting's light."),
    Mistake("light added twice", lambda a, b: (luminance(a) + b).clamp(0, 1),
            "The photo brings its own light along: subtract `luminance(photo)`."),
    Mistake("light added twice", lambda a, b: luminance(a) + b,
            "The photo brings its own light along: subtract `luminance(photo)`, then clamp."),
    Mistake("painting's colours too", lambda a, b: (a + b - luminance(b)).clamp(0, 1),
            "The painting brings its colours along: take only its luminance."),
    Mistake("painting's colours too", lambda a, b: a + b - luminance(b),
            "The painting brings its colours along: take only its luminance, and clamp."),
    Mistake("colours of the painting", lambda a, b: (luminance(a) + a - luminance(a)).clamp(0, 1),
            "This is the painting again: the colours come from the photo."),
    Mistake("wrong luminance", lambda a, b: (luminance(a) + b - luminance(a)).clamp(0, 1),
            "You subtract the painting's luminance from the photo; subtract the photo's own."),
    Mistake("mean for luminance", lambda a, b: recombined(a, b, light=weighted(1 / 3, 1 / 3, 1 / 3)),
            "The mean of R, G and B is not how light it looks: 0.299 R + 0.587 G + 0.114 B, which is `luminance`."),
    Mistake("weights reversed", lambda a, b: recombined(a, b, light=weighted(0.114, 0.587, 0.299)),
            "The weights are in the order B, G, R; the channels here are R, G, B."),
    Mistake("other weights", lambda a, b: recombined(a, b, light=weighted(0.2126, 0.7152, 0.0722)),
            "These are the weights of Rec. 709; the paper's Y has 0.299, 0.587, 0.114."),
    Mistake("scaled", lambda a, b: (b * luminance(a) / luminance(b).clamp_min(1e-6)).clamp(0, 1),
            "You scale the photo to the new light, which changes how strong its colours are; add the difference."),
    Mistake("scaled", lambda a, b: (b * luminance(a) / (luminance(b) + 1e-6)).clamp(0, 1),
            "You scale the photo to the new light, which changes how strong its colours are; add the difference."),
    Mistake("scaled", lambda a, b: b * luminance(a) / luminance(b),
            "You scale the photo to the new light, which changes how strong its colours are; add the difference."),
    Mistake("averaged", lambda a, b: (a + b) / 2, "This is the mean of both pictures: take the light of one only."),
    Mistake("one light for all", lambda a, b: (luminance(a).mean() + b - luminance(b)).clamp(0, 1),
            "You take one mean light for the whole picture; each pixel has its own."),
    Mistake("one light for all", lambda a, b: (luminance(a) + b - luminance(b).mean()).clamp(0, 1),
            "You subtract one mean light from the whole photo; each pixel has its own."),
    Mistake("one light for all", lambda a, b: (luminance(a).mean() + b - luminance(b).mean()).clamp(0, 1),
            "You take one mean light for each whole picture; each pixel has its own."),
    Mistake("signs", lambda a, b: (luminance(a) - b + luminance(b)).clamp(0, 1),
            "A minus stands for the plus: the colours are subtracted, and every one becomes its opposite."),
    Mistake("signs", lambda a, b: (luminance(a) - b - luminance(b)).clamp(0, 1),
            "The photograph is added, its luminance subtracted."),
    Mistake("signs", lambda a, b: (luminance(a) + b + luminance(b)).clamp(0, 1),
            "You add the photo's luminance; subtract it."),
    Mistake("colours clamped", lambda a, b: (luminance(a) + (b - luminance(b)).clamp(0, 1)).clamp(0, 1),
            "You clamp the colours, which have both signs; clamp the sum only."),
    Mistake("stretched", lambda a, b: stretched(recombined(a, b, clamp=False)),
            "You stretch from the smallest to the largest number, which changes every pixel: clamp."),
)  # fmt: skip


keep_colours = exercise(
    "keep_colours",
    "Two pictures (N, 3, H, W) in [0, 1] → one: the luminance of the result, the photograph's differences to its own "
    "luminance, clipped to 0 … 1.",
    lambda result, photo: recombined(result, photo),
    lambda seed: [
        (0.4 + 0.2 * uniform(seed, 1, 3, 5, 7), 0.4 + 0.2 * uniform(seed + 1, 1, 3, 5, 7)),
        (uniform(seed, 1, 3, 4, 6), uniform(seed + 1, 1, 3, 4, 6)),
        (uniform(seed, 2, 3, 6, 3), uniform(seed + 1, 2, 3, 6, 3)),
        (0.3 + 0.4 * uniform(seed, 1, 3, 4, 4), uniform(seed + 1, 1, 3, 4, 4)),
    ],
    "Light from the painted picture, colour from the photograph: brushwork without a change of palette.",
    (
        Hint("value", "Three steps: `luminance(result)`; the photograph minus its own luminance; their sum, clipped."),
        Hint("shape", "`luminance` keeps its axis, (N, 1, H, W): it spreads over the three channels by itself."),
    ),
    COLOUR_MISTAKES,
    minutes=6,
    difficulty=2,
)  # fmt: skip
