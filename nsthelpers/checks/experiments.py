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
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


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
        Hint("value", "`itertools.product(*settings.values())` has the right order; `dict(zip(names, values))` adds names."),
        Hint("length", "The number of runs is a product: 3 × 2 values are 6 runs. Nothing to vary is one run: [{}]."),
    ),
    (
        Mistake("side by side", lambda s: [dict(zip(s, v, strict=True)) for v in zip(*s.values(), strict=False)],
                "You use `zip`, which takes the first of each, the second of each …; take all combinations: "
                "`itertools.product`."),
        Mistake("first name fastest", first_fastest,
                "Your first name changes fastest; let the last one, as in nested loops."),
        Mistake("without names", lambda s: list(itertools.product(*s.values())),
                "You give the values without their names: `dict(zip(names, values))`."),
        Mistake("one at a time", one_at_a_time, "You change one setting at a time; give every combination."),
        Mistake("one at a time", lambda s: [{name: value} for name, values in s.items() for value in values],
                "Your entries have one setting each; a combination has a value for every name."),
        Mistake("empty grid forgotten", lambda s: product(s) if s else [],
                "You return no run for an empty dictionary; nothing to vary is still one run: [{}]."),
    ),
    minutes=6, difficulty=2,
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
        Hint("value", "Distance from the *base*, square, mean, root. Base 0, runs 3 and 4: √((9 + 16) / 2) = 3.54."),
        Hint("error", "`runs` is a plain list: `sum((run - base) ** 2 for run in runs)`, or `torch.tensor(runs) - base`."),
    ),
    (
        *(Mistake("spread only", lambda base, runs, spread=spread: spread(runs),
                  "You measure from the mean of the runs; measure from the base. All runs may lie on one side of it, and "
                  "this bias counts.")
          for spread in (statistics.stdev, statistics.pstdev, statistics.variance, statistics.pvariance)),
        *(Mistake("bias only", lambda base, runs, size=size: size(bias(base, runs)),
                  "You take the mean distance, the bias: distances to both sides cancel. Square before the mean.")
          for size in (float, abs)),
        Mistake("absolute values", lambda base, runs: sum(abs(run - base) for run in runs) / len(runs),
                "You take the mean of the absolute distances; take squares, mean, root."),
        Mistake("sum for mean", lambda base, runs: sum((run - base) ** 2 for run in runs) ** 0.5,
                "You add the squares; take their mean, or twice the runs would give a larger floor."),
        Mistake("largest", lambda base, runs: max(abs(run - base) for run in runs),
                "You take the largest distance, which grows with the number of runs."),
        Mistake("summed, then squared", lambda base, runs: abs(sum(run - base for run in runs)) / len(runs) ** 0.5,
                "You add up first and then square, so that distances to both sides cancel: square each first."),
        Mistake("brackets", lambda base, runs: sum((run - base) ** 2 for run in runs) ** 0.5 / len(runs),
                "You take the root of the sum alone; take it of the mean: √(sum / n), not √sum / n."),
        Mistake("always four", lambda base, runs: (sum((run - base) ** 2 for run in runs) / 4) ** 0.5,
                "You always divide by 4; divide by the number of runs, `len(runs)`."),
        Mistake("for each run", lambda base, runs: [(run - base) ** 2 for run in runs],
                "You return one square for each run; take their mean, and its root."),
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
        ({"content": "tuebingen", "style": "starry_night", "size": 192, "steps": 40, "scales": 1, "content_weight": 0.03},),
        ({"content": "chelsea", "style": "the_scream", "size": 176, "steps": 37, "content_weight": 0.0123},),
        ({"content": "rocket", "style": "shipwreck", "size": 144, "steps": 23, "tv_weight": 0.017, "content_weight": 0.03},),
    ],
    "One change, the same pictures, seed and start, and a judge who has not painted: now a difference has one cause.",
    (
        Hint("value", "Compare your two dictionaries: exactly one entry may differ, and it is neither the seed nor the "
             "start. `base | {\"tv_weight\": 0.1}` is the base with one change."),
        Hint("error", "`check.Experiment(base, base | {...}, \"style_error\")`: two dictionaries and a name."),
    ),
    (
        Mistake("nothing changed", lambda base: Experiment(base, dict(base), "style_error"),
                "Your two runs are equal: is your value the default already? Or did you change the base in place? "
                "`base | {...}` makes a new dictionary."),
        Mistake("several changes", plan(tv_weight=0.31, pooling="max"),
                "You change more than one setting, and a difference has two possible causes: change one. A `convention` "
                "changes several at once."),
        Mistake("the change alone", lambda base: Experiment(base, {"tv_weight": 0.31}, "style_error"),
                "Your second dictionary holds the change alone, so that all other settings get their defaults: "
                "`base | {...}`."),
        *(Mistake("another picture", plan(**{kind: name}),
                  "You take another picture, which makes another target for the measure. Keep both.")
          for kind, names in (("content", ("tuebingen", "chelsea", "rocket")),
                              ("style", ("starry_night", "the_scream", "shipwreck", "wheat_field"))) for name in names),
        Mistake("seed changed", plan(seed=17),
                "You change the seed. That is the control of section 3, the noise floor: change a setting instead."),
        Mistake("start changed", plan(init="noise"),
                "You change the start; section 4 has done that. Keep it, and change a setting of the loss or the loop."),
        Mistake("unknown setting", plan(contentweight=1.0),
                "You name a setting that `stylize` does not have; look at its help: `stylize?`."),
        Mistake("impossible value", plan(pooling="median"),
                "You give a setting an impossible value: weights are numbers from 0, `pooling` is \"avg\" or \"max\", "
                "`optimizer` \"lbfgs\" or \"adam\", `size` at most 512, `steps` at most 400, layers a list of names."),
        Mistake("the loss as measure", plan("total", tv_weight=0.31),
                "You measure with the loss, which the painter has made small, as if students marked their own exams. Take "
                "\"style_error\", \"content_error\" or \"edges_kept\"."),
        Mistake("unknown measure", plan("beauty", tv_weight=0.31),
                "You name an unknown measure: take \"style_error\", \"content_error\" or \"edges_kept\", as a text."),
        Mistake("not two dictionaries", lambda base: Experiment(base, "tv_weight", "style_error"),
                "You do not give two dictionaries of all settings: `base | {...}` (`base.update(...)` returns None)."),
    ),
    minutes=10, difficulty=2,
)  # fmt: skip


def recombined(painted, photo, light=luminance):
    return (light(painted) + photo - light(photo)).clamp(0, 1)


def weighted(*weights):
    return lambda image: (image * image.new_tensor(weights).view(1, 3, 1, 1)).sum(1, keepdim=True)


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
    (
        Mistake("light added twice", lambda a, b: (luminance(a) + b).clamp(0, 1),
                "You keep the photo's own light: subtract `luminance(photo)`."),
        Mistake("painting's colours too", lambda a, b: (a + b - luminance(b)).clamp(0, 1),
                "You keep the painting's colours: take only its luminance."),
        Mistake("mean for luminance", lambda a, b: recombined(a, b, light=weighted(1 / 3, 1 / 3, 1 / 3)),
                "You take the mean of R, G and B; how light it looks is 0.299 R + 0.587 G + 0.114 B, `luminance`."),
        Mistake("scaled", lambda a, b: (b * luminance(a) / luminance(b).clamp_min(1e-6)).clamp(0, 1),
                "You scale the photo to the new light, which changes how strong its colours are; add the difference."),
        Mistake("averaged", lambda a, b: (a + b) / 2, "You take the mean of both pictures: take the light of one only."),
    ),
    minutes=6, difficulty=2,
)  # fmt: skip
