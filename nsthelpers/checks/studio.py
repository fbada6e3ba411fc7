"""Exercises of notebook 08: your own pictures."""

import json

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


def fitted(width, height, longest, *, side=max, number=round, least=1):
    scale = longest / side(width, height)
    return max(least, number(width * scale)), max(least, number(height * scale))


fit_size = exercise(
    "fit_size",
    "Width, height and `longest` → (new width, new height): the longer side becomes `longest`, the form stays, whole "
    "numbers ≥ 1.",
    fitted,
    lambda seed: [(400, 300, 200), (300, 400, 256), (64, 64, 128), (1000, 3, 100),
                  (4032, 3024, 512), (1335, 2000, 224), (1333, 2000, 224)],
    "Any photograph fits into the memory you have, and nobody gets a longer face.",
    (
        Hint("value", "One scale for both sides: longest / max(width, height). Then `round` each."),
        Hint("float", "Sizes of pictures are whole numbers: `round(...)` without a second argument gives an int."),
    ),
    (
        Mistake("shorter side", lambda w, h, n: fitted(w, h, n, side=min),
                "You brought the *shorter* side to `longest`."),
        Mistake("width only", lambda w, h, n: (n, max(1, round(h * n / w))),
                "Always the width becomes `longest`; in portraits it is the height."),
        Mistake("height only", lambda w, h, n: (max(1, round(w * n / h)), n),
                "Always the height becomes `longest`; in landscapes it is the width."),
        Mistake("square", lambda w, h, n: (n, n), "Both sides became `longest`: the form is lost."),
        Mistake("cut off", lambda w, h, n: fitted(w, h, n, number=int),
                "`int` cuts off what is behind the point: `round`."),
        Mistake("not whole", lambda w, h, n: fitted(w, h, n, number=float),
                "The sizes must be whole numbers: `round`."),
        Mistake("zero pixels", lambda w, h, n: fitted(w, h, n, least=0),
                "A very long picture gets 0 pixels: at least 1 must stay, `max(1, ...)`."),
        Mistake("never enlarged", lambda w, h, n: fitted(w, h, min(n, max(w, h))), "Small pictures should grow too."),
        Mistake("order of results", lambda w, h, n: fitted(w, h, n)[::-1], "First the width, then the height."),
        Mistake("cut to size", lambda w, h, n: (min(w, n), min(h, n)),
                "You cut each side by itself: the form is lost. One scale for both."),
        Mistake("mean side", lambda w, h, n: fitted(w, h, n, side=lambda a, b: (a + b) / 2),
                "Scale by the longer side, not by the mean."),
        Mistake("cut off, zero pixels", lambda w, h, n: fitted(w, h, n, number=int, least=0),
                "Use `round`, and keep at least 1 pixel."),
        Mistake("not whole", lambda w, h, n: fitted(w, h, n, number=lambda side: round(side, 0)),
                "`round(x, 0)` gives a float; `round(x)` gives a whole number."),
        Mistake("not whole, zero pixels", lambda w, h, n: fitted(w, h, n, number=float, least=0),
                "The sizes must be whole numbers, and at least 1: `max(1, round(...))`."),
        Mistake("not whole, zero pixels", lambda w, h, n: fitted(w, h, n, number=lambda side: round(side, 0), least=0.0),
                "`round(x, 0)` gives a float, `round(x)` a whole number; keep at least 1 pixel: `max(1, round(...))`."),
        Mistake("scale upside down", lambda w, h, n: (max(1, round(w * max(w, h) / n)), max(1, round(h * max(w, h) / n))),
                "The scale is upside down: it is longest / max(width, height)."),
    ),
    minutes=6,
)  # fmt: skip


def halves(size, levels):
    return [max(1, size // 2**step) for step in reversed(range(levels))]


pyramid_sizes = exercise(
    "pyramid_sizes",
    "The final size and a number of levels → the sizes from coarse to fine, each half of the next (`//`), never "
    "below 1.",
    halves,
    lambda seed: [(512, 3), (300, 4), (225, 2), (64, 1), (5, 4)],
    "Large strokes are painted on a small picture, fine ones on top: so a high resolution keeps its composition.",
    (
        Hint("value", "The last entry is the final size. Go down by `// 2`, then turn the list round."),
        Hint("length", "`levels` entries in all, the final size among them."),
    ),
    (
        Mistake("fine to coarse", lambda s, n: halves(s, n)[::-1],
                "The order is turned: painting starts with the coarsest."),
        Mistake("final size missing", lambda s, n: halves(s // 2, n), "The final size itself is missing at the end."),
        Mistake("final size missing", lambda s, n: halves(s, n)[:-1], "The final size itself is missing at the end."),
        Mistake("one level too many", lambda s, n: halves(s, n + 1),
                "One level too many: the final size is one of them."),
        Mistake("equal steps", lambda s, n: [s * k // n for k in range(1, n + 1)],
                "You divide into equal steps; each size is half of the next."),
        Mistake("not whole", lambda s, n: [s / 2**k for k in reversed(range(n))], "Sizes are whole numbers: `//`."),
        Mistake("zero pixels", lambda s, n: [s // 2**k for k in reversed(range(n))],
                "A size of 0 turns up: `max(1, ...)`."),
        Mistake("rounded up", lambda s, n: [-(-s // 2**k) for k in reversed(range(n))],
                "You round up; `//` rounds down."),
        Mistake("rounded", lambda s, n: [max(1, round(s / 2**k)) for k in reversed(range(n))],
                "You round to the nearest; `//` rounds down."),
        Mistake("doubled from the final size", lambda s, n: [s * 2**k for k in range(n)],
                "You double from the final size; it is the largest."),
        Mistake("wrong divisor", lambda s, n: [max(1, s // (k + 1)) for k in reversed(range(n))],
                "You divide by 1, 2, 3 …; halve each time: 1, 2, 4."),
        Mistake("fine to coarse, zero pixels", lambda s, n: [s // 2**k for k in range(n)],
                "The order is turned: painting starts with the coarsest. And a size of 0 turns up: `max(1, ...)`."),
        Mistake("final size missing, zero pixels", lambda s, n: [s // 2**k for k in reversed(range(1, n + 1))],
                "The final size itself is missing at the end. And a size of 0 turns up: `max(1, ...)`."),
        Mistake("final size missing, fine to coarse", lambda s, n: halves(s // 2, n)[::-1],
                "The final size itself is missing, and the order is turned: it comes last, after the smaller ones."),
        Mistake("final size missing, fine to coarse", lambda s, n: [s // 2**k for k in range(1, n + 1)],
                "The final size itself is missing, the order is turned, and a size of 0 turns up: `max(1, ...)`."),
    ),
    minutes=5,
    difficulty=2,
)  # fmt: skip


print_size = exercise(
    "print_size",
    "Width and height in pixels and the printer's dots per inch → (width, height) in centimetres; an inch is 2.54 cm.",
    lambda width, height, dpi: (width / dpi * 2.54, height / dpi * 2.54),
    lambda seed: [(2048, 1536, 300), (300, 600, 150), (1000, 1000, 72), (1, 4000, 254)],
    "2048 pixels are 17 cm at 300 dots per inch: now you know what to render for the wall.",
    (
        Hint("value", "300 pixels at 300 dots per inch are one inch: 2.54 cm."),
        Hint("length", "Two numbers: `return width_cm, height_cm`."),
    ),
    (
        Mistake("inches", lambda w, h, d: (w / d, h / d), "These are inches: times 2.54."),
        Mistake("divided by 2.54", lambda w, h, d: (w / d / 2.54, h / d / 2.54),
                "Times 2.54, not divided: a centimetre is the shorter one."),
        Mistake("dpi ignored", lambda w, h, d: (w * 2.54, h * 2.54),
                "The dots per inch are not used: divide the pixels by dpi."),
        Mistake("multiplied by dpi", lambda w, h, d: (w * d * 2.54, h * d * 2.54),
                "More dots per inch make a smaller print: divide."),
        Mistake("upside down", lambda w, h, d: (d / w * 2.54, d / h * 2.54), "It is pixels divided by dots per inch."),
        Mistake("order of results", lambda w, h, d: (h / d * 2.54, w / d * 2.54), "First the width, then the height."),
        Mistake("millimetres", lambda w, h, d: (w / d * 25.4, h / d * 25.4), "These are millimetres."),
        Mistake("metres", lambda w, h, d: (w / d * 0.0254, h / d * 0.0254), "These are metres."),
        Mistake("cut off", lambda w, h, d: (w // d * 2.54, h // d * 2.54),
                "`//` cuts off what is behind the point: divide with `/`."),
        Mistake("rounded", lambda w, h, d: (round(w / d * 2.54), round(h / d * 2.54)),
                "Do not round to whole centimetres."),
        Mistake("rounded", lambda w, h, d: (round(w / d * 2.54, 1), round(h / d * 2.54, 1)),
                "Do not round; return the full number."),
        Mistake("rounded", lambda w, h, d: (round(w / d * 2.54, 2), round(h / d * 2.54, 2)),
                "Do not round; return the full number."),
        Mistake("area", lambda w, h, d: w * h / d**2 * 2.54**2, "This is the area; width and height are asked."),
        Mistake("2.5 for 2.54", lambda w, h, d: (w / d * 2.5, h / d * 2.5), "An inch is 2.54 cm, not 2.5."),
    ),
    minutes=4,
)  # fmt: skip


DEFAULTS = {"backbone": "mini", "size": 256, "steps": 120, "style_weight": 1.0, "layers": ["relu1_1", "relu2_1"]}


def loaded(text, defaults):
    return {**defaults, **{name: value for name, value in json.loads(text).items() if name in defaults}}


def settings(**changes):
    return json.dumps(changes), {**DEFAULTS, "layers": list(DEFAULTS["layers"])}


load_settings = exercise(
    "load_settings",
    "JSON text and a dictionary of defaults → a new dictionary: what the text gives, else the default; unknown names "
    "are left out.",
    loaded,
    lambda seed: [
        settings(size=512, style_weight=0.1),
        settings(),
        settings(steps=30, brush="wide", layers=["relu3_1"]),
        settings(backbone="vgg19", size=64, steps=0, style_weight=0.0, layers=[]),
    ],
    "A picture that you like can be painted again, next year and by somebody else.",
    (
        Hint("keys", "`json.loads` gives a dictionary. Keep only the names that stand in `defaults`."),
        Hint("changed input",
             "Start from a copy: `{**defaults, ...}` or `dict(defaults)`; then what you were given stays as it was."),
    ),
    (
        Mistake("defaults win", lambda t, d: {**json.loads(t), **d},
                "The defaults overwrite what the text says: the other way round."),
        Mistake("defaults win", lambda t, d: dict(d), "Only the defaults are left: the text is not used."),
        Mistake("unknown names kept", lambda t, d: {**d, **json.loads(t)},
                "Unknown names come through: a typing error would never be noticed."),
        Mistake("defaults missing", lambda t, d: json.loads(t),
                "What the text leaves out is missing: fill it from the defaults."),
        Mistake("defaults missing", lambda t, d: {n: v for n, v in json.loads(t).items() if n in d},
                "What the text leaves out is missing: fill it from the defaults."),
        Mistake("zero taken for missing", lambda t, d: {n: json.loads(t).get(n) or v for n, v in d.items()},
                "0 and an empty list are values too; with `or` the default replaces them."),
        Mistake("None for missing", lambda t, d: {n: json.loads(t).get(n) for n in d},
                "Where the text is silent, take the default, not None."),
        Mistake("text of the values", lambda t, d: {n: str(v) for n, v in loaded(t, d).items()},
                "Numbers became text: keep their types."),
        Mistake("JSON text", lambda t, d: json.dumps(loaded(t, d)), "This is text again; a dictionary is asked."),
        Mistake("only unknown names", lambda t, d: {n: v for n, v in json.loads(t).items() if n not in d},
                "You kept the unknown names and dropped the others."),
    ),
    minutes=6,
    difficulty=2,
)  # fmt: skip
