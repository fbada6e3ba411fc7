"""Exercises and patients of notebook 12: ten famous failures, their signs, causes and cures."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nsthelpers.backbones import Backbone, Normalize, load_backbone
from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.card import Card
from nsthelpers.checks.machinery.exercise import Hint, Mistake, uniform
from nsthelpers.checks.optimisation_loop import paint_with, paintings, undivided
from nsthelpers.images import load_image

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise

SIZE = 192  # of the patients' pictures


@dataclass(frozen=True)
class Patient:
    """A failure: what one sees, the sign that tells it from others, its cause and cure, and what makes a run ill with it.

    `line` is the line of code that is wrong, as one finds it in programs. `others` are causes that it is not, each with the
    reason. `parts` makes the parts of the notebook's loop that are to be replaced.
    """

    symptom: str
    sign: str
    cause: str
    cure: str
    line: str
    why: str
    others: dict[str, str]
    parts: Callable[[], dict[str, Any]]


def own_copy(pixels: Tensor) -> list[Tensor]:
    return [pixels.detach().clone().requires_grad_(True)]


def root_distance(found: Tensor, wanted: Tensor) -> Tensor:
    return ((found - wanted).square().sum() / wanted.square().sum()).sqrt()


def wrapped(image: Tensor) -> Tensor:
    """What most processors do with 256 in a byte: it becomes 0. (By way of int16, where it is no matter of luck.)"""
    return (255 * image)[0].permute(1, 2, 0).to(torch.int16).to(torch.uint8)


def normalised_twice(image: Tensor) -> Tensor:
    return Normalize()(Normalize()(image))


def sky(name: str) -> Tensor:
    """A flat part of Tübingen's sky, where a frame is seen best; other pictures as they are."""
    return load_image("tuebingen", 512)[..., :112, 112:304] if name == "tuebingen" else load_image(name, SIZE)


def zero_padded() -> Backbone:
    network = load_backbone("mini")[1:]
    for name, layer in network.named_children():
        if name.startswith("conv"):
            layer.padding_mode = "zeros"
    return network


PATIENTS = {
    "A": Patient(
        "unchanged",
        "the loss is one and the same number at every step",
        "the optimiser holds a copy of the pixels",
        "give it the very tensor that you measure",
        "optimiser = make([pixels.detach().clone().requires_grad_(True)])",
        "not one digit of the loss ever changes, so the optimiser does not move what is measured.",
        {
            "the style weight is far too small": "a small weight still moves something; here no pixel moved at all.",
            "there were too few steps": "a healthy loss has changed after two.",
            "the learning rate is far too small": "tiny steps change the last digits; here every digit stays.",
        },
        lambda: {"hold": own_copy},
    ),
    "B": Patient(
        "unchanged",
        "the total is tiny from the start, and the style term does not fall",
        "the style weight comes from another program",
        "weigh the terms for your own loss (notebook 06 converts weights)",
        "loss = 1.0 * content + 1e-4 * style",
        "the total is ten thousand times smaller than that of a healthy run, and the start is already nearly its minimum.",
        {
            "the optimiser holds a copy of the pixels": "then no digit of the loss would change.",
            "the network is untrained": "an untrained network has Gram matrices too, and moves the pixels towards them.",
            "the pixels are clamped to the photograph": "a clamp changes no weight: the total would start as usual.",
        },
        lambda: {"content": 1.0, "style": 1e-4},
    ),
    "C": Patient(
        "black",
        "the curve ends after the first step: the loss is NaN",
        "a root whose slope at 0 is infinite gives NaN",
        "compare squares, or write √(… + 1e-8)",
        "return ((found - wanted).square().sum() / wanted.square().sum()).sqrt()",
        "at the photograph the content term is √0. The slope of the root is infinite there, and infinity times 0 is NaN, in "
        "every pixel at once.",
        {
            "the painting is too dark": "a dark painting has finite Gram matrices, and its curve goes on.",
            "the pixels were divided by 255 twice": "that is nearly black, but still numbers, with a curve.",
            "all pixels were clamped to 0": "zeros are numbers; here no finite pixel is left.",
        },
        lambda: {"distance": root_distance},
    ),
    "D": Patient(
        "white",
        "the pixels moved by far more than 1",
        "the pictures go from 0 to 255, the loop expects 0 to 1",
        "divide by 255 when you load",
        'photo = torch.tensor(imread("tuebingen.jpg"))   # 0 … 255',
        "nearly every value is above 1, so the first clamp to 0…1 turns it into 1, and white stays.",
        {
            "the learning rate is too large": "too large steps scatter pixels to both sides, black and white.",
            "the loss became NaN": "the curve goes on to its end, and all pixels are finite.",
            "the content weight is 0": "even without content the picture would be blue, as The Starry Night is.",
        },
        lambda: {"load": lambda name: 255 * load_image(name, SIZE)},
    ),
    "E": Patient(
        "noise",
        "the loss leaps up at the second step",
        "Adam's learning rate is meant for pixels from 0 to 255",
        "scan the rate; for 0 to 1 begin near 0.03",
        "optimiser = torch.optim.Adam([pixels], lr=10)",
        "Adam moves every pixel by about its rate: 10 throws all of them from 0…1 to a limit in one step.",
        {
            "the gradients are never cleared": "the first step would be a healthy one, without a leap.",
            "the start is noise": "the first loss is that of the photograph, to the last digit.",
            "nothing makes neighbours alike (no total variation)": "a healthy run here has none either.",
        },
        lambda: {"optimiser": lambda pixels: torch.optim.Adam(pixels, lr=10.0)},
    ),
    "F": Patient(
        "noise",
        "the loss falls or wavers first, then climbs",
        "the gradients are never cleared",
        "call optimiser.zero_grad() at the top of the closure",
        "# optimiser.zero_grad()",
        "each step goes along the sum of all gradients so far, also along those that are long out of date.",
        {
            "Adam's learning rate is meant for pixels from 0 to 255": "that leaps at the second step.",
            "the pixels are never clamped": "no pixel lies outside 0…1.",
            "the start is noise": "the first loss is that of the photograph, to the last digit.",
        },
        lambda: {"clear": lambda optimiser: None, "optimiser": lambda held: torch.optim.Adam(held, lr=0.03)},
    ),
    "G": Patient(
        "wrong colours",
        "the curve is healthy, and every colour is another one",
        "red and blue are exchanged when the picture is saved",
        "turn the channels around where you save: image.flip(1)",
        'cv2.imwrite("result.png", image)   # OpenCV wants blue, green, red',
        "the curve is the healthy one to the last digit, so the fault lies behind the loop. Blue has become orange.",
        {
            "the wrong painting was loaded": "another painting has another loss.",
            "the normalisation is missing": "the loss would be another one from the first step.",
            "the style weight is too large": "the weights are in the loss, and the loss is the healthy one.",
        },
        lambda: {"save": lambda image: (255 * image.flip(1)).round().to(torch.uint8)[0].permute(1, 2, 0)},
    ),
    "H": Patient(
        "wrong colours",
        "the curve is healthy, and only the darkest or brightest spots glow",
        "values outside 0…1 wrap around when they become bytes",
        "clamp before you convert",
        "(255 * image).to(torch.uint8)",
        "a byte ends at 255: 256 starts again at 0, and −3 is 253. Black becomes glaring, and white black.",
        {
            "the learning rate is too large": "the curve falls as a healthy one does.",
            "some pixels are NaN": "all of them are finite.",
            "red and blue are exchanged": "then every colour would be another, not some spots.",
        },
        lambda: {"between": lambda pixels: None, "save": wrapped},
    ),
    "I": Patient(
        "grey",
        "the first content loss is not 0, though the start is the photograph",
        "the pixels are normalised twice, the targets once",
        "send pixels and targets through one and the same function",
        "maps = network(normalise(pixels))   # and the network normalises, too",
        "the same picture gives other maps as pixels than as a target. Only a picture with hardly any contrast comes out "
        "right after two normalisations.",
        {
            "the picture was saved without its colours": "the curve starts hundreds of times too high: look in the loop.",
            "the content weight is too large": "that keeps the photograph; here its contrast is lost.",
            "the loss became NaN": "the curve goes on, and the picture is not black.",
        },
        lambda: {"feed": normalised_twice},
    ),
    "J": Patient(
        "a frame",
        "the curve falls well; the picture is darker or lighter along its border",
        "the network continues the picture with zeros",
        'continue it by its edge pixels: padding_mode="replicate"',
        "nn.Conv2d(64, 64, 3, padding=1)   # zeros around every layer's maps",
        "behind the border the network sees zeros, in every layer, and the pixels near it make up for them.",
        {
            "the painting has a frame": "it has none, and the frame goes with the padding.",
            "the picture was scaled badly": "the start was scaled in the same way, and has no frame.",
            "the pixels at the border are never updated": "then they would look like the photograph.",
        },
        lambda: {"load": sky, "network": zero_padded(), "steps": 30},
    ),
}  # fmt: skip
# What other notebooks have measured, for the chart.
ELSEWHERE = [
    (
        "without houses", "the start was noise, and the style falls well",
        "the start knows nothing of the photograph, and the content weight is small",
        "start from the photograph (notebook 07, section 6)",
    ),
]  # fmt: skip


def sick(letter: str) -> dict[str, Any]:
    """The parts of the loop that are wrong in a patient: ``paint(**sick("A"))``. Looking inside spoils the diagnosis.

    >>> sick("B")
    {'content': 1.0, 'style': 0.0001}
    """
    return PATIENTS[letter].parts()


def question(letter: str) -> str:
    return f"What ails patient {letter}?"


def diagnose(letter: str, answer: str | None = None) -> Card:
    """Ask what ails a patient: a card with four causes. `answer` is the learner's, a letter from a to d or the cause itself.

    >>> diagnose("A", "a").rows[-1][1]
    'the optimiser holds a copy of the pixels (noted; run on)'
    """
    patient = PATIENTS[letter]
    causes = sorted([patient.cause, *patient.others], key=lambda cause: sum(map(ord, cause)) % 97)
    return predict(question(letter), answer, options=causes)


def reveal(letter: str) -> Card:
    """Score the diagnosis: the cause, why it is no other, and the line that was wrong.

    >>> diagnose("A", "the learning rate is far too small").status
    'open'
    >>> reveal("A").status
    'wrong'
    """
    patient = PATIENTS[letter]
    said = book.predictions.get(question(letter), {}).get("answer")
    card = score(patient.cause, patient.why, question=question(letter))
    if said in patient.others:
        card.add("and not yours", patient.others[said])
    card.add("the line was", f"`{patient.line}`")
    return card


def flow_chart() -> list[tuple[str, str, str, str]]:
    """The rows of the flow chart: (my picture is …, sign, cause, cure).

    >>> flow_chart()[2][0]
    'black'
    """
    return [(p.symptom, p.sign, p.cause, p.cure) for p in PATIENTS.values()] + ELSEWHERE


def flow_table() -> str:
    """The flow chart as a table in Markdown, which docs/failures.md holds, too.

    >>> flow_table().splitlines()[0]
    '| My picture is … | and the sign is | the cause | the cure |'
    """
    head = ["| My picture is … | and the sign is | the cause | the cure |", "| --- | --- | --- | --- |"]
    return "\n".join(head + [f"| {' | '.join(row)} |" for row in flow_chart()])


def signs(start: Tensor, picture: Tensor, losses: list[float]) -> dict[str, float]:
    fine = picture.isfinite()
    return {
        "finite": fine.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[fine].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }


def signs_with(**changes: Callable[..., Any]) -> Callable[..., dict[str, float]]:
    def answer(start: Tensor, picture: Tensor, losses: list[float]) -> dict[str, float]:
        right = signs(start, picture, losses)
        return right | {name: float(change(start, picture, losses)) for name, change in changes.items()}

    return answer


def runs(seed: int) -> list[tuple[Tensor, Tensor, list[float]]]:
    first, second, third = (uniform(seed + n, 1, 3, *shape) for n, shape in enumerate([(4, 6), (5, 5), (3, 2)]))
    wild = 1.5 * uniform(seed + 3, 1, 3, 5, 5) - 0.3
    spoilt = 1.2 * uniform(seed + 4, 1, 3, 3, 2)
    spoilt[0, 0, 0, 0], spoilt[0, 2, 1, 1] = math.nan, math.inf
    return [
        (first, 1.2 * uniform(seed + 5, 1, 3, 4, 6) - 0.1, [0.5, 0.7, 0.2, 0.25]),
        (second, wild, [2.0, 1.0, 8.0]),
        (third, spoilt, [0.3, 0.1, 0.2]),
        (first, first.clone(), [0.25, 0.25]),
        (second, (second * 3).round() / 2 - 0.5, [0.25, 0.5, 0.125]),  # with values of exactly 0 and 1
    ]


vital_signs = exercise(
    "vital_signs",
    "Start and picture (1, 3, H, W), a list of losses → a dictionary of four numbers: the shares of finite values and of "
    "values outside 0…1, the mean |picture − start| of the finite values, and the last loss over the first.",
    signs,
    runs,
    "Four numbers tell most failures apart before you have looked at the picture. They stand under every patient.",
    (
        Hint("nan",
             "Choose the finite values first: `fine = picture.isfinite()`, then `(picture - start)[fine].abs().mean()`."),
        Hint("value",
             "A share is the mean of True and False: `(picture > 1).float().mean()`; *outside* is below 0 *or* above 1."),
    ),
    (
        *(Mistake("difference not absolute",
                  signs_with(moved=lambda s, p, _, size=size: size((p - s)[p.isfinite()].mean())),
                  "You let ups and downs cancel in *moved*: take the absolute value of each before the mean.")
          for size in (torch.clone, torch.abs)),
        Mistake("root of squares", signs_with(moved=lambda s, p, _: (p - s)[p.isfinite()].square().mean().sqrt()),
                "You take a root mean square for *moved*; take the mean of the absolute values."),
        Mistake("NaN in moved", signs_with(moved=lambda s, p, _: (p - s).abs().mean()),
                "You average all values: one NaN makes *moved* NaN. Choose the finite values first."),
        Mistake("NaN in moved", signs_with(moved=lambda s, p, _: (p - s).abs().nanmean()),
                "You use `nanmean`, which leaves NaN out, but not infinity: choose the finite values first."),
        Mistake("NaN as 0", signs_with(moved=lambda s, p, _: (p.nan_to_num(0, 0, 0) - s).abs().mean()),
                "You count NaN and infinity as 0; leave them out of *moved*."),
        Mistake("NaN as 0", signs_with(moved=lambda s, p, _: (p - s).nan_to_num(0, 0, 0).abs().mean()),
                "You count NaN and infinity as unmoved; leave them out of *moved*."),
        Mistake("only above 1", signs_with(outside=lambda s, p, _: (p > 1).float().mean()),
                "You leave the values below 0 out of *outside*."),
        Mistake("limits counted", signs_with(outside=lambda s, p, _: ((p <= 0) | (p >= 1)).float().mean()),
                "You count 0 and 1 as outside; they are inside: `<` and `>`, without `=`."),
        Mistake("only NaN", signs_with(finite=lambda s, p, _: (~p.isnan()).float().mean()),
                "You look for NaN and miss infinity in *finite*: `torch.isfinite` finds both."),
        Mistake("all or nothing", signs_with(finite=lambda s, p, _: p.isfinite().all().float()),
                "You ask whether all values are finite; *finite* is a share, a mean."),
        Mistake("second loss", signs_with(fell=lambda s, p, losses: losses[-1] / losses[1]),
                "You divide by the second loss for *fell*: lists count from 0, so that the first one is `losses[0]`."),
        Mistake("lowest loss", signs_with(fell=lambda s, p, losses: min(losses) / losses[0]),
                "You take the lowest loss for *fell*; take the last one, to which the picture belongs."),
        *(Mistake("difference", signs_with(fell=lambda s, p, losses, sign=sign: sign * (losses[-1] - losses[0])),
                  "You subtract for *fell*; divide: ratios can be compared between losses of different size.")
          for sign in (1, -1)),
    ),
    minutes=7, difficulty=2,
)  # fmt: skip


def finite_last(run: Callable[[float], list[float]], rates: list[float]) -> dict[float, float]:
    ends = {rate: run(rate)[-1] for rate in rates}
    return {rate: end for rate, end in ends.items() if math.isfinite(end)}


def best(run: Callable[[float], list[float]], rates: list[float]) -> float:
    ends = finite_last(run, rates)
    return min(ends, key=ends.__getitem__)


def all_finite(run: Callable[[float], list[float]], rates: list[float]) -> float:
    return best(run, [rate for rate in rates if all(map(math.isfinite, run(rate)))])


def stopping(run: Callable[[float], list[float]], rates: list[float]) -> float:
    ends = [run(rate)[-1] for rate in rates]
    return next((a for a, old, new in zip(rates, ends, ends[1:], strict=False) if not new < old), rates[-1])


def bowl(steep: float, steps: int) -> Callable[[float], list[float]]:
    """Gradient descent in a parabola: too small a rate creeps, too large a one explodes."""
    return lambda rate: [(1 - steep * rate) ** (2 * n) + 0.01 * rate for n in range(steps)]


def breaking(rate: float) -> list[float]:
    """Losses that are not a number at a rate of 1, infinite at 2, and low only on the way at 0.5."""
    if rate >= 1:
        return [1.0, 0.5, 0.0001, math.inf] if rate >= 2 else [1.0, 0.6, 0.001, math.nan]
    return [1.0, 0.4, 0.01, 0.65] if rate >= 0.5 else [1.0, 0.9 if rate > 0.1 else 0.3, 0.95, 0.8 - rate]


def crossing(rate: float) -> list[float]:
    """One run falls by most and ends higher than others, one is infinite on the way and ends lowest."""
    return {0.1: [9.0, 3.0, 0.5], 0.2: [1.0, 0.7, 0.6], 0.3: [1.0, 0.8, 0.4]}.get(rate, [1.0, math.inf, 0.2])


pick_rate = exercise(
    "pick_rate",
    "run (a function: a learning rate → the list of losses of a run with it) and a list of rates → the rate whose run ends "
    "lowest; runs that end in NaN or infinity do not count.",
    best,
    lambda seed: [
        (bowl(10.0, 6), [0.001, 0.01, 0.1, 1.0]),
        (bowl(2.0, 4), [10.0, 1.0, 0.3, 0.1]),
        (breaking, [1.0, 2.0, 0.5, 0.2, 0.1]),
        (breaking, [0.05, 0.2, 0.5, 1.0, 2.0]),
        (crossing, [0.1, 0.2, 0.3]),
        (crossing, [0.2, 0.1, 0.3]),
        (crossing, [0.3, 0.4, 0.1]),
        (bowl(10.0, 6), [0.001, 0.01, 0.1]),
    ],
    "A few short runs, each rate some three to ten times the last, find the size of the rate for any loss and any pixels.",
    (
        Hint("value", "Compare the *last* losses, since the last picture is the one you get, and leave out those for which "
             "`math.isfinite` is false."),
        Hint("error",
             "`ends = {rate: run(rate)[-1] for rate in rates}`; `min(ends, key=ends.get)` gives the rate, not the loss."),
    ),
    (
        Mistake("lowest on the way",
                lambda run, rates: min(rates, key=lambda r: min(x for x in run(r) if math.isfinite(x))),
                "You compare the lowest losses on the way; the picture that you get belongs to the last one."),
        Mistake("NaN not left out", lambda run, rates: min(rates, key=lambda r: run(r)[-1]),
                "You take `min` of numbers with a NaN, which depends on their order: leave NaN out."),
        Mistake("NaN not left out", lambda run, rates: rates[torch.tensor([run(r)[-1] for r in rates]).argmin()],
                "You count NaN as the smallest (as torch's `argmin` does): leave NaN out."),
        Mistake("the place", lambda run, rates: rates.index(best(run, rates)),
                "You return the place in the list; return the rate itself."),
        Mistake("the loss", lambda run, rates: min(finite_last(run, rates).values()),
                "You return the lowest last loss; return its rate."),
        Mistake("largest that is stable", lambda run, rates: max(finite_last(run, rates)),
                "You return the largest rate that does not break; return the one that ends lowest."),
        Mistake("first losses", lambda run, rates: min(rates, key=lambda r: run(r)[0]),
                "You compare the first losses, before anything has moved."),
        Mistake("finite all the way", all_finite,
                "You leave out a run that is infinite only on the way; its last loss counts, and that is finite."),
        Mistake("greatest fall", lambda run, rates: max(finite_last(run, rates), key=lambda r: run(r)[0] - run(r)[-1]),
                "You take the greatest fall; take the lowest end."),
        Mistake("stops too early", stopping, "You stop at the first rate that is not better; a later one may be."),
        Mistake("mean of the run",
                lambda run, rates: min(finite_last(run, rates), key=lambda r: sum(run(r)) / len(run(r))),
                "You compare the means over the runs; compare the last losses."),
    ),
    minutes=6, difficulty=1,
)  # fmt: skip


def bytes_of(image: Tensor) -> Tensor:
    return (255 * image.clamp(0, 1)).round().to(torch.uint8)[0].permute(1, 2, 0)


def wrapping(values: Tensor) -> Tensor:
    return values.to(torch.int64).to(torch.uint8)


to_bytes = exercise(
    "to_bytes",
    "A picture (1, 3, H, W) with values around 0…1, some outside → (H, W, 3), uint8: clamped, times 255, rounded.",
    bytes_of,
    lambda seed: [
        (1.3 * uniform(seed, 1, 3, 4, 6) - 0.15,),
        (1.3 * uniform(seed + 1, 1, 3, 5, 5) - 0.15,),
        (0.2 + 0.5 * uniform(seed + 2, 1, 3, 7, 2),),
        (2.0 * uniform(seed + 3, 1, 3, 3, 4),),
    ],
    "Every picture of this notebook now goes out through your function: no value can wrap around.",
    (
        Hint("shape", "`[0]` takes the picture out of its batch, `permute(1, 2, 0)` brings the channels to the end."),
        Hint("value", "In this order: `clamp(0, 1)`, times 255, `round()`, `to(torch.uint8)`."),
    ),
    (
        *(Mistake("not clamped", lambda i, end=end: wrapping(end(255 * i))[0].permute(1, 2, 0),
                  "You do not clamp: values outside 0…1 wrap around, which is the illness itself. Clamp before you convert.")
          for end in (torch.round, torch.clone)),
        Mistake("not rounded", lambda i: (255 * i.clamp(0, 1)).to(torch.uint8)[0].permute(1, 2, 0),
                "You do not round: the conversion cuts off the fraction, and the picture gets darker. `round()` first."),
        Mistake("clamped at 255 before scaling", lambda i: wrapping((255 * i.clamp(0, 255)).round())[0].permute(1, 2, 0),
                "You clamp to 0…255 before you multiply, where the range is still 0…1: values above 1 wrap around."),
        Mistake("bytes too early", lambda i: wrapping(i.clamp(0, 1))[0].permute(1, 2, 0) * 255,
                "You make bytes first and then multiply: only 0 and 255 are left."),
        Mistake("not scaled", lambda i: i.clamp(0, 1).round().to(torch.uint8)[0].permute(1, 2, 0),
                "You do not multiply by 255: your values are 0 and 1, both nearly black."),
        Mistake("stretched",
                lambda i: (255 * (i - i.min()) / (i.max() - i.min())).round().to(torch.uint8)[0].permute(1, 2, 0),
                "You stretch the picture to its smallest and largest value: one odd pixel changes all colours. Clamp."),
        Mistake("channels first", lambda i: bytes_of(i).permute(2, 0, 1)[None],
                "You return (1, 3, H, W): `[0].permute(1, 2, 0)`."),
        Mistake("reshaped, not permuted",
                lambda i: (255 * i.clamp(0, 1)).round().to(torch.uint8).reshape(*i.shape[2:], 3),
                "You use `reshape`, which mixes colours and places: use `permute(1, 2, 0)`."),
        Mistake("lies on its side", lambda i: bytes_of(i).transpose(0, 1),
                "You exchange height and width: `permute(1, 2, 0)`."),
        Mistake("blue and red exchanged", lambda i: bytes_of(i.flip(1)), "You return blue, green, red."),
    ),
    minutes=5,
)  # fmt: skip

FAULTS = {
    "the Gram matrix": {"table": undivided},
    "zero_grad": {"zero": False},
    "the clamp": {"clamp": "closure"},
    "the weight": {"combine": lambda content, style, weight: content + weight * style},
}
WHERE = {
    "the Gram matrix": "Photograph and painting differ in size: look at what the matrix is divided by.",
    "zero_grad": "The second gradient contains the first: look at the top of the closure.",
    "the clamp": "The closure moves the pixels that it measures: clamp after `step`.",
    "the weight": "The *content* weight is at the wrong term.",
}


def still_sick() -> list[Mistake]:
    """One mistake for each selection of the faults that the learner may have left in, all four first."""
    mistakes = []
    for count in (4, 3, 2, 1):
        for names in itertools.combinations(FAULTS, count):
            changes = {key: value for name in names for key, value in FAULTS[name].items()}
            if count == 4:
                name = "as it came"
                text = (
                    "This is the loop as it came, with four faults. Read it against notebook 07; this card counts them."
                )
            else:
                name = " + ".join(names)
                text = f"You have healed {4 - count} of 4 faults. {WHERE[names[0]]}"
            mistakes.append(Mistake(name, paint_with(**changes), text))
    return mistakes


repair = exercise(
    "repair",
    "The loop of notebook 07, healthy again → (the picture after the last step, in [0, 1]; a list with the loss of every "
    "evaluation).",
    lambda features, photo, painting, make_optimiser, steps, content_weight: paint_with()(
        features, photo, painting, photo, make_optimiser, steps, content_weight
    ),
    lambda seed: [(f, photo, painting, *rest) for f, photo, painting, _, *rest in paintings(seed)],
    "Four faults in twenty lines, and none of them raised an error. Such code is found by its signs, not by its messages.",
    (
        Hint("value",
             "Compare each line with notebook 07: the Gram matrix over H·W; `zero_grad` first in the closure; the clamp "
             "after `step`; content weight times content."),
        Hint("error", "Add only one line: `optimiser.zero_grad()`. Change or move the others."),
    ),
    tuple(
        Mistake(m.name, lambda f, p, a, make, n, w, wrong=m.answer: wrong(f, p, a, p, make, n, w), m.sentence)
        for m in [
            *still_sick(),
            Mistake("not clamped", paint_with(clamp="no"),
                    "You took the clamp out of the closure, and it is missing now: clamp in place after each `step`."),
            Mistake("clamp only at the end", paint_with(clamp="end"),
                    "You clamp only once, at the end; clamp after each `step`, inside the loop."),
            Mistake("clamped into a new tensor", paint_with(clamp="new tensor"),
                    "You write `pixels = pixels.clamp(0, 1)`, a new tensor, and the optimiser still holds the old one."),
            Mistake("layers added up", paint_with(style=sum), "You add up the style layers; average them, as before."),
            Mistake("zeroed too rarely", paint_with(zero="step"),
                    "You clear the gradients once for each step, which may call the closure several times: clear in it."),
            Mistake("no gradient left", paint_with(zero="after"),
                    "You clear the gradients after `backward`, and none is left for the step. Clear before."),
            Mistake("weight on both", paint_with(combine=lambda c, s, w: w * (c + s)),
                    "You multiply both terms by the weight; multiply only the content."),
            Mistake("optimiser made anew", paint_with(anew=True),
                    "You make a new optimiser in every step, and it knows nothing of the steps before: make it once."),
        ]
    ),
    minutes=12, difficulty=3, tolerance=1e-3,
)  # fmt: skip
