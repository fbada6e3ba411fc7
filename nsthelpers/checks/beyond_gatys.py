"""Exercises of notebook 11: other statistics, and networks that paint in one pass."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from nsthelpers.beyond import adain as one_pass
from nsthelpers.beyond import statistics
from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise

SMALL = 1e-6


def moments(f: Tensor, correction: int = 0) -> tuple[Tensor, Tensor]:
    return f.mean((2, 3)), f.std((2, 3), correction=correction)


def stacked(*parts: Tensor) -> Tensor:
    return torch.stack(parts, 1)


def centred(f: Tensor) -> Tensor:
    return f - f.mean((2, 3), keepdim=True)


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
        Mistake("divided by one less", lambda f: stacked(*moments(f, 1)),
                "Your deviation divides by H·W − 1; these are all the places there are, so `correction=0`."),
        Mistake("variance", lambda f: stacked(f.mean((2, 3)), f.var((2, 3), correction=0)),
                "This is the variance; the deviation is its square root."),
        Mistake("variance", lambda f: stacked(f.mean((2, 3)), f.var((2, 3))),
                "This is the variance; the deviation is its square root."),
        Mistake("exchanged", lambda f: stacked(*reversed(moments(f))), "First the mean, then the deviation."),
        Mistake("exchanged", lambda f: stacked(*reversed(moments(f, 1))), "First the mean, then the deviation."),
        Mistake("root mean square", lambda f: stacked(f.mean((2, 3)), f.square().mean((2, 3)).sqrt()),
                "You forgot to subtract the mean: this is the root of the mean square."),
        Mistake("mean square", lambda f: stacked(f.mean((2, 3)), f.square().mean((2, 3))),
                "This is the mean of the squares; subtract the mean first, and take the root at the end."),
        Mistake("absolute deviation", lambda f: stacked(f.mean((2, 3)), centred(f).abs().mean((2, 3))),
                "This is the mean *absolute* deviation; the standard deviation has squares and a root."),
        Mistake("pairs last", lambda f: torch.stack(moments(f), -1),
                "The two numbers stand in the last axis, (B, C, 2): stack along axis 1."),
        Mistake("pairs last", lambda f: torch.stack(moments(f, 1), -1),
                "The two numbers stand in the last axis, (B, C, 2): stack along axis 1."),
        Mistake("stacked in front", lambda f: torch.stack(moments(f)),
                "(2, B, C) has the batch second: stack along axis 1."),
        Mistake("joined", lambda f: torch.cat(moments(f), 1), "`cat` makes (B, 2·C) of it; `torch.stack(…, 1)` is meant."),
        Mistake("over the channels", lambda f: stacked(f.mean(1), f.std(1, correction=0)),
                "You averaged over the channels and kept the places: the other way round."),
        Mistake("only one axis", lambda f: stacked(f.mean(3), f.std(3, correction=0)),
                "Only one axis of places is gone: both, `(2, 3)`."),
        Mistake("only one axis", lambda f: stacked(f.mean(2), f.std(2, correction=0)),
                "Only one axis of places is gone: both, `(2, 3)`."),
        Mistake("over the batch", lambda f: stacked(*(m.mean(0, keepdim=True).expand(len(f), -1) for m in moments(f))),
                "The pictures of the batch are mixed: each has its own statistics."),
        Mistake("over the batch", lambda f: stacked(*(m[0, :, 0, 0].expand(len(f), -1) for m in whole(f, (0, 2, 3)))),
                "The pictures of the batch are mixed: each has its own statistics."),
        Mistake("joined in front", lambda f: torch.cat(moments(f)).reshape(len(f), 2, -1),
                "`cat` puts all means before all deviations, so that a batch is mixed: `torch.stack(…, 1)`."),
        Mistake("sum for mean", lambda f: stacked(f.sum((2, 3)), f.std((2, 3), correction=0)),
                "The first row is a sum; a mean does not grow with the picture."),
        Mistake("largest", lambda f: stacked(f.amax((2, 3)), f.std((2, 3), correction=0)),
                "The first row is the maximum of each channel; the mean is wanted."),
        Mistake("median", lambda f: stacked(f.flatten(2).median(2).values, f.std((2, 3), correction=0)),
                "The first row is the median; the mean is wanted."),
        Mistake("mean alone", lambda f: f.mean((2, 3)), "These are the means alone; the deviations are missing."),
        Mistake("deviation alone", lambda f: f.std((2, 3), correction=0), "These are the deviations alone."),
    ),
    minutes=5,
    needs_gradient=True,
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
        Mistake("falling", lambda f, d: (d @ flat(f)).sort(1, descending=True).values, "Your lists fall; they should rise."),
        Mistake("sorted too early", lambda f, d: d @ flat(f).sort(1).values,
                "You sorted the channels and then projected: that mixes values of different places. Project first."),
        Mistake("sorted within rows", lambda f, d: torch.einsum("kc,chw->khw", d, f).sort(2).values.flatten(1),
                "You sorted each row of the picture by itself; flatten first, so that all places stand in one list."),
        Mistake("sorted along the directions", lambda f, d: (d @ flat(f)).sort(0).values,
                "You sorted the directions against each other; sort along the places, `.sort(1)`."),
        Mistake("all in one list", lambda f, d: (d @ flat(f)).flatten().sort().values.reshape(len(d), -1),
                "All directions went into one list; each is sorted by itself."),
        Mistake("the order", lambda f, d: (d @ flat(f)).argsort(1).to(f.dtype),
                "These are the places in sorted order, not the numbers: `.values`."),
        Mistake("the order", lambda f, d: (d @ flat(f)).argsort(1),
                "These are the places in sorted order, not the numbers: `.values`."),
        Mistake("values and places", lambda f, d: (d @ flat(f)).sort(1),
                "`sort` gives values and places; take `.values`."),
        Mistake("lying down", lambda f, d: (d @ flat(f)).sort(1).values.T, "This is (H·W, K); (K, H·W) is wanted."),
        Mistake("reshaped, not flattened", lambda f, d: (f.reshape(-1, f.shape[0]) @ d.T).T.sort(1).values,
                "`reshape(-1, C)` cuts the numbers anew and mixes channels and places: `flatten(1)`, then transpose."),
        Mistake("absolute values", lambda f, d: (d @ flat(f)).abs().sort(1).values,
                "You took absolute values; both sides of a direction count."),
        Mistake("squared", lambda f, d: (d @ flat(f)).square().sort(1).values, "You squared; the numbers as they are."),
        Mistake("centred", lambda f, d: (d @ (flat(f) - flat(f).mean(1, keepdim=True))).sort(1).values,
                "You subtracted the means; where a distribution lies belongs to it."),
        Mistake("divided", lambda f, d: (d @ flat(f)).sort(1).values / flat(f).shape[1],
                "You divide by the number of places; the values as they are."),
        Mistake("normalised directions", lambda f, d: (nn.functional.normalize(d) @ flat(f)).sort(1).values,
                "You gave the directions the length 1; whoever hands them over has done so, if it is wanted."),
        Mistake("summed", lambda f, d: (d @ flat(f)).sum(1), "Nothing is summed here: one number for each place."),
        Mistake("summed", lambda f, d: (d @ flat(f)).mean(1), "Nothing is averaged here: one number for each place."),
        Mistake("no projection", lambda f, d: flat(f).sort(1).values,
                "These are the channels, sorted; the directions are not used."),
    ),
    minutes=6,
    difficulty=2,
    needs_gradient=True,
)  # fmt: skip


def mixed(c: Tensor, s: Tensor, scale: Callable[..., Tensor], shift: Callable[..., Tensor]) -> Tensor:
    """scale · (c − mean of c) + shift, of the means and deviations of both, all (B or 1, C, 1, 1)."""
    given = [m[..., None, None] for f in (c, s) for m in moments(f)]
    return scale(*given) * (c - given[0]) + shift(*given)


def whole(f: Tensor, dims: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    return f.mean(dims, keepdim=True), f.std(dims, correction=0, keepdim=True)


def over(dims: tuple[int, ...]) -> Callable[[Tensor, Tensor], Tensor]:
    def answer(c: Tensor, s: Tensor) -> Tensor:
        (mean, deviation), (style_mean, style_deviation) = whole(c, dims), whole(s, dims)
        return (c - mean) / deviation * style_deviation + style_mean

    return answer


def unlike(c: Tensor, s: Tensor) -> Tensor:
    (mean, deviation), (style_mean, style_deviation) = moments(c, 1), moments(s, 1)
    mean, deviation, style_mean, style_deviation = (
        m[..., None, None] for m in (mean, deviation, style_mean, style_deviation)
    )
    return (c - mean) / deviation * style_deviation + style_mean


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
        Mistake("exchanged", lambda c, s: one_pass.adain(s, c), "The two are exchanged: these are the *style's* maps."),
        Mistake("only normalised", lambda c, s: mixed(c, s, lambda m, d, sm, sd: 1 / d, lambda m, d, sm, sd: 0 * m),
                "This is instance normalisation: mean 0, deviation 1. Now the style's two numbers."),
        Mistake("mean alone", lambda c, s: mixed(c, s, lambda m, d, sm, sd: 1 + 0 * d, lambda m, d, sm, sd: sm),
                "The means are the style's, the deviations still the content's."),
        Mistake("deviation alone", lambda c, s: mixed(c, s, lambda m, d, sm, sd: sd / d, lambda m, d, sm, sd: m),
                "The deviations are the style's, the means still the content's."),
        Mistake("mean not added", lambda c, s: mixed(c, s, lambda m, d, sm, sd: sd / d, lambda m, d, sm, sd: 0 * m),
                "The mean is 0 now: add the style's at the end."),
        Mistake("not divided", lambda c, s: mixed(c, s, lambda m, d, sm, sd: sd, lambda m, d, sm, sd: sm),
                "Divide by the content's deviation before you multiply by the style's."),
        Mistake("turned over", lambda c, s: mixed(c, s, lambda m, d, sm, sd: d / sd, lambda m, d, sm, sd: sm),
                "The quotient is upside down: style's deviation over content's."),
        Mistake("variance", lambda c, s: mixed(c, s, lambda m, d, sm, sd: (sd / d) ** 2, lambda m, d, sm, sd: sm),
                "You used variances; deviations are their roots."),
        Mistake("sign", lambda c, s: mixed(c, s, lambda m, d, sm, sd: sd / d, lambda m, d, sm, sd: -sm),
                "You subtract the style's mean at the end; add it."),
        Mistake("added too early", lambda c, s: mixed(c, s, lambda m, d, sm, sd: sd / d, lambda m, d, sm, sd: sm * sd),
                "The style's mean is added before the multiplication, so it is multiplied too."),
        Mistake("mean not subtracted",
                lambda c, s: mixed(c, s, lambda m, d, sm, sd: sd / d, lambda m, d, sm, sd: sm + m * sd / d),
                "Subtract the content's mean first; else it stays in the result."),
        Mistake("brackets",
                lambda c, s: mixed(c, s, lambda m, d, sm, sd: sd / d, lambda m, d, sm, sd: sm + sd * (m / d - m)),
                "Brackets: you divide by the deviation first and subtract the mean then. (x − μ) / σ."),
        Mistake("divided by one less", unlike,
                "The deviations divide by H·W − 1: for pictures of different sizes that is not the same. `correction=0`."),
        Mistake("all channels together", over((1, 2, 3)),
                "One mean for all channels; every channel has its own: `(2, 3)`."),
        Mistake("batch together", over((0, 2, 3)),
                "The pictures of the batch are mixed; that is batch normalisation. Each has its own: `(2, 3)`."),
        Mistake("nothing changed", lambda c, s: c.clone(), "These are the content's maps, unchanged."),
        Mistake("average", lambda c, s: (c + one_pass.adain(c, s)) / 2,
                "Half content, half style: a strength of 0.5. Here the whole."),
        Mistake("moved only", lambda c, s: c + s.mean((2, 3), keepdim=True),
                "You only add the style's mean; the content's must go first."),
    ),
    minutes=8,
    difficulty=2,
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


def steps(
    network: nn.Module,
    batches: Any,
    loss: Callable[..., dict[str, Tensor]],
    make_optimiser: Callable[..., Any],
    clear: bool = True,
    step: bool = True,
    anew: bool = False,
    twice: bool = False,
    measured: Callable[..., dict[str, Tensor]] | None = None,
    which: Callable[[nn.Module], Any] = lambda network: network.parameters(),
    key: str = "total",
    order: str = "before",
) -> Iterator[float]:
    """The loop of training, right or with one thing wrong."""
    optimiser = make_optimiser(which(network))
    for photographs in batches:
        if anew:
            optimiser = make_optimiser(which(network))
        for _ in range(2 if twice else 1):
            if clear:
                optimiser.zero_grad()
            value = (measured or (lambda n, p: loss(n(p), p)))(network, photographs)[key]
            value.backward()
            if step:
                optimiser.step()
        if order == "after":
            value = loss(network(photographs), photographs)["total"]
        yield value.item()


def train_with(after: Callable[[list[float]], Any] = list, **changes: Any) -> Callable[..., Any]:
    return lambda network, batches, loss, make_optimiser: after(
        [*steps(network, batches, loss, make_optimiser, **changes)]
    )


def on(measured: Callable[..., Any]) -> Callable[..., Any]:
    """Training whose loss is called with something else."""
    return lambda network, batches, loss, make: [
        *steps(network, batches, loss, make, measured=lambda n, p: measured(n, p, loss))
    ]


def pictures(seed: int, count: int, *shape: int) -> list[Tensor]:
    return [uniform(seed + number, *shape) for number in range(count)]


train = exercise(
    "train",
    "A network, batches of photographs (B, 3, H, W), loss(painted, photographs) → a dictionary with \"total\", a function "
    "that makes an optimiser of parameters → the list of the losses: one step for each batch, each loss before its step.",
    train_with(),
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
        Mistake("zero_grad", train_with(clear=False),
                "The gradients of earlier batches are still there: `optimiser.zero_grad()` at the top of the loop."),
        Mistake("no step", train_with(step=False),
                "The weights never change. Is there a `backward()` and then a `step()`, and no `zero_grad()` between them?"),
        Mistake("exchanged", on(lambda n, p, loss: loss(p, n(p))),
                "The two arguments of the loss are exchanged: first the painted batch, then the photographs."),
        Mistake("loss of the photographs", on(lambda n, p, loss: loss(n(p), n(p))),
                "You compare the painted batch with itself; the photographs are the second argument."),
        Mistake("painted twice", on(lambda n, p, loss: loss(n(n(p)), p)), "You paint the painted batch again; paint once."),
        Mistake("optimiser anew", train_with(anew=True),
                "Every step makes a new optimiser, which knows nothing of the steps before: make it once."),
        Mistake("two steps a batch", train_with(twice=True), "You take two steps for each batch; one is meant."),
        Mistake("loss after the step", train_with(order="after"),
                "You measure after the step, with a second pass: take the loss that you stepped with."),
        Mistake("only the last layer", train_with(which=lambda n: list(n.parameters())[-2:]),
                "Only the last layer is trained: `network.parameters()` are all of them."),
        Mistake("only one term", train_with(key="content"), "You follow the content alone; \"total\" has the style too."),
        Mistake("only one term", train_with(key="style"), "You follow the style alone; \"total\" has the content too."),
        Mistake("only the last loss", train_with(after=lambda losses: losses[-1]),
                "This is the last loss; the list of all is wanted."),
        Mistake("only the last loss", train_with(after=lambda losses: losses[-1:]),
                "Only one loss is in the list: is it made anew in the loop?"),
        Mistake("mean of the losses", train_with(after=lambda losses: sum(losses) / len(losses)),
                "This is the mean; the list of all losses is wanted."),
        Mistake("stopped early", train_with(after=lambda losses: losses[:1]),
                "One batch only: the `return` stands in the loop."),
        Mistake("running sum", train_with(after=lambda losses: torch.tensor(losses).cumsum(0).tolist()),
                "Each entry has those before it in it: one loss for each batch."),
    ),
    minutes=9,
    difficulty=2,
)  # fmt: skip
