"""Exercises of notebook 11: other statistics, and networks that paint in one pass."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from nsthelpers.beyond import adain as one_pass
from nsthelpers.beyond import statistics
from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


def moments(f: Tensor) -> tuple[Tensor, Tensor]:
    return f.mean((2, 3)), f.std((2, 3), correction=0)


def stacked(*parts: Tensor) -> Tensor:
    return torch.stack(parts, 1)


channel_statistics = exercise(
    "channel_statistics",
    "Maps (B, C, H, W) → (B, 2, C): the mean of each channel over all places, then its standard deviation (divided by H·W).",
    statistics.channel_statistics,
    lambda seed: [
        (normal(seed, 1, 3, 4, 6) + 1,),
        (normal(seed, 2, 5, 3, 3, scale=4.0),),
        (uniform(seed, 1, 2, 1, 7),),
        (normal(seed, 3, 4, 5, 2) - 2,),
    ],
    "2 · C numbers, and the places are gone. From here on they are a style: the loop matches them.",
    (
        Hint("shape", "`features.mean((2, 3))` is (B, C): one number for each channel. `torch.stack([…, …], 1)` joins two."),
        Hint("value", "The deviation of all places divides by H·W: `features.std((2, 3), correction=0)`."),
    ),
    (
        Mistake("variance", lambda f: stacked(f.mean((2, 3)), f.var((2, 3), correction=0)),
                "This is the variance; the deviation is its square root."),
        Mistake("variance", lambda f: stacked(f.mean((2, 3)), f.var((2, 3))),
                "This is the variance; the deviation is its square root."),
        Mistake("root mean square", lambda f: stacked(f.mean((2, 3)), f.square().mean((2, 3)).sqrt()),
                "You forgot to subtract the mean: this is the root of the mean square."),
        Mistake("over the channels", lambda f: stacked(f.mean(1), f.std(1, correction=0)),
                "You averaged over the channels and kept the places: the other way round."),
        Mistake("over the batch", lambda f: stacked(*(m.mean(0, keepdim=True).expand(len(f), -1) for m in moments(f))),
                "The pictures of the batch are mixed: each has its own statistics."),
        Mistake("over the batch", lambda f: stacked(*(m[0, :, 0, 0].expand(len(f), -1) for m in whole(f, (0, 2, 3)))),
                "The pictures of the batch are mixed: each has its own statistics."),
        Mistake("joined", lambda f: torch.cat(moments(f), 1), "`cat` makes (B, 2·C) of it; `torch.stack(…, 1)` is meant."),
        Mistake("joined in front", lambda f: torch.cat(moments(f)).reshape(len(f), 2, -1),
                "`cat` puts all means before all deviations, so that a batch is mixed: `torch.stack(…, 1)`."),
    ),
    minutes=5, needs_gradient=True,
)  # fmt: skip


def flat(f: Tensor) -> Tensor:
    return f.flatten(1)


sorted_projections = exercise(
    "sorted_projections",
    "Maps (C, H, W) and directions (K, C) → (K, H·W): for each direction d the numbers d · f_p of all places p, rising.",
    statistics.sorted_projections,
    lambda seed: [
        (normal(seed, 3, 2, 5), normal(seed, 4, 3)),
        (normal(seed, 4, 4, 3), normal(seed + 1, 4, 4)),
        (normal(seed, 2, 1, 6) + 1, normal(seed + 2, 1, 2)),
        (uniform(seed, 5, 3, 4), normal(seed + 3, 2, 5)),
    ],
    "Sorted, the numbers have forgotten where they stood: two pictures with the same lists have the same values, elsewhere.",
    (
        Hint("shape", "`features.flatten(1)` is (C, H·W); `directions @` that is (K, H·W)."),
        Hint("value", "First project, then sort each row: `.sort(1).values`."),
    ),
    (
        Mistake("not sorted", lambda f, d: d @ flat(f), "The lists still stand in the order of the places: sort each row."),
        Mistake("sorted too early", lambda f, d: d @ flat(f).sort(1).values,
                "You sorted the channels and then projected: that mixes values of different places. Project first."),
        Mistake("sorted within rows", lambda f, d: torch.einsum("kc,chw->khw", d, f).sort(2).values.flatten(1),
                "You sorted each row of the picture by itself; flatten first, so that all places stand in one list."),
        Mistake("all in one list", lambda f, d: (d @ flat(f)).flatten().sort().values.reshape(len(d), -1),
                "All directions went into one list; each is sorted by itself."),
        Mistake("the order", lambda f, d: (d @ flat(f)).argsort(1),
                "These are the places in sorted order, not the numbers: `.values`."),
        Mistake("reshaped, not flattened", lambda f, d: (f.reshape(-1, f.shape[0]) @ d.T).T.sort(1).values,
                "`reshape(-1, C)` cuts the numbers anew and mixes channels and places: `flatten(1)`, then transpose."),
    ),
    minutes=6, difficulty=2, needs_gradient=True,
)  # fmt: skip


def mixed(c: Tensor, s: Tensor, scale: Callable[..., Tensor], shift: Callable[..., Tensor]) -> Tensor:
    """scale · (c − mean of c) + shift, of the means and deviations of both, all (B or 1, C, 1, 1)."""
    given = [m[..., None, None] for f in (c, s) for m in moments(f)]
    return scale(*given) * (c - given[0]) + shift(*given)


def whole(f: Tensor, dims: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    return f.mean(dims, keepdim=True), f.std(dims, correction=0, keepdim=True)


adain = exercise(
    "adain",
    "The content's maps (B, C, H, W) and the style's (B or 1, C, any size) → maps like the content's, in which each channel "
    "has the mean and the deviation of the style's channel.",
    one_pass.adain,
    lambda seed: [
        (normal(seed, 1, 3, 4, 6) + 1, normal(seed, 1, 3, 5, 5, scale=3.0) - 2),
        (normal(seed, 2, 4, 3, 3), uniform(seed, 2, 4, 2, 7)),
        (normal(seed, 3, 2, 2, 5, scale=5.0), normal(seed + 1, 1, 2, 6, 3) + 4),
        (uniform(seed, 1, 5, 4, 4), normal(seed + 2, 1, 5, 3, 4, scale=0.5)),
    ],
    "One line of arithmetic puts a painting's statistics into a photograph's maps. No step down a slope, no loss.",
    (
        Hint("shape", "With `keepdim=True` the means are (B, C, 1, 1) and spread over the places by themselves."),
        Hint("value", "Subtract the content's mean, divide by its deviation, times the style's deviation, plus its mean."),
    ),
    (
        Mistake("mean alone", lambda c, s: mixed(c, s, lambda m, d, sm, sd: 1 + 0 * d, lambda m, d, sm, sd: sm),
                "The means are the style's, the deviations still the content's."),
        Mistake("mean not added", lambda c, s: mixed(c, s, lambda m, d, sm, sd: sd / d, lambda m, d, sm, sd: 0 * m),
                "The mean is 0 now: add the style's at the end."),
        Mistake("not divided", lambda c, s: mixed(c, s, lambda m, d, sm, sd: sd, lambda m, d, sm, sd: sm),
                "Divide by the content's deviation before you multiply by the style's."),
        Mistake("mean not subtracted",
                lambda c, s: mixed(c, s, lambda m, d, sm, sd: sd / d, lambda m, d, sm, sd: sm + m * sd / d),
                "Subtract the content's mean first; else it stays in the result."),
        Mistake("brackets",
                lambda c, s: mixed(c, s, lambda m, d, sm, sd: sd / d, lambda m, d, sm, sd: sm + sd * (m / d - m)),
                "Brackets: you divide by the deviation first and subtract the mean then. (x − μ) / σ."),
    ),
    minutes=8, difficulty=2,
)  # fmt: skip


def small_network(seed: int) -> nn.Sequential:
    """A network of one hidden layer that paints, with weights of the seed."""
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Tanh(), nn.Conv2d(4, 3, 1))
    for number, parameter in enumerate(network.parameters()):
        parameter.data = normal(seed + number, *parameter.shape, scale=0.5)
    return network


def small_loss(painted: Tensor, photographs: Tensor) -> dict[str, Tensor]:
    """Not the same when the two are exchanged, as the real one."""
    terms = {"content": (painted - photographs).square().mean(), "style": (painted.mean() - 0.7).square()}
    return {"total": terms["content"] + 3 * terms["style"], **terms}


def training(network: nn.Module, batches: Any, loss: Callable[..., Any], make_optimiser: Callable[..., Any], *,
             clear: bool = True, step: bool = True, anew: bool = False,
             measured: Callable[..., Tensor] = lambda n, p, loss: loss(n(p), p)["total"]) -> list[float]:  # fmt: skip
    """The loop of training; the options are its mistakes."""
    optimiser, losses = make_optimiser(network.parameters()), []
    for photographs in batches:
        optimiser = make_optimiser(network.parameters()) if anew else optimiser
        if clear:
            optimiser.zero_grad()
        value = measured(network, photographs, loss)
        value.backward()
        if step:
            optimiser.step()
        losses.append(value.item())
    return losses


def pictures(seed: int, count: int, *shape: int) -> list[Tensor]:
    return [uniform(seed + number, *shape) for number in range(count)]


train = exercise(
    "train",
    "A network, batches of photographs (B, 3, H, W), loss(painted, photographs) → a dictionary with \"total\", a function "
    "that makes an optimiser of parameters → the list of the losses: one step for each batch, each loss before its step.",
    training,
    lambda seed: [
        (small_network(seed), pictures(seed, 5, 2, 3, 4, 6), small_loss, lambda held: torch.optim.SGD(held, 0.3)),
        (small_network(seed + 9), pictures(seed, 6, 1, 3, 5, 5), small_loss, lambda held: torch.optim.Adam(held, 0.05)),
        (small_network(seed + 5), pictures(seed, 4, 3, 3, 2, 7), small_loss,
         lambda held: torch.optim.SGD(held, 0.1, momentum=0.9)),
    ],
    "The loop of 07, with two words exchanged: the weights move now, and every batch brings other pictures.",
    (
        Hint("value", "For each batch: `zero_grad`, paint, loss, `backward`, `step`. Make the optimiser once, before."),
        Hint("error", "`make_optimiser(network.parameters())`; the loss that has a slope is `loss(…, …)[\"total\"]`."),
    ),
    (
        Mistake("zero_grad", partial(training, clear=False),
                "The gradients of earlier batches are still there: `optimiser.zero_grad()` at the top of the loop."),
        Mistake("exchanged", partial(training, measured=lambda n, p, loss: loss(p, n(p))["total"]),
                "The two arguments of the loss are exchanged: first the painted batch, then the photographs."),
        Mistake("no step", partial(training, step=False),
                "The weights never change. Is there a `backward()` and then a `step()`, and no `zero_grad()` between them?"),
        Mistake("loss of the photographs", partial(training, measured=lambda n, p, loss: loss(n(p), n(p))["total"]),
                "You compare the painted batch with itself; the photographs are the second argument."),
        Mistake("optimiser anew", partial(training, anew=True),
                "Every step makes a new optimiser, which knows nothing of the steps before: make it once."),
    ),
    minutes=9, difficulty=2,
)  # fmt: skip
