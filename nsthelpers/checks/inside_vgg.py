"""Exercises of notebook 03: which layers there are, how to get at them, and what to make of what they hold."""

from collections import OrderedDict

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise

VGG19 = [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"]
VGG16 = [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"]
CONFIGS = ([8, "M"], [8, 8, "M", 16, "M"], [4, "M", 4, 4, 4, "M", 8, 8], VGG16, VGG19)


def names(config, *, block=1, number=1, restart=True, relus=True, pools=True, early=False):
    result, first = [], number
    for entry in config:
        if entry == "M":
            block += early
            result += [f"pool{block}"] if pools else []
            block += not early
            number = first if restart else number
        else:
            result.append(f"conv{block}_{number}")
            result += [f"relu{block}_{number}"] if relus else []
            number += 1
    return result


names_from_config = exercise(
    "names_from_config",
    'A list such as [64, 64, "M", 128, "M"] → ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1", "conv2_1", …].',
    names,
    lambda seed: [(list(config),) for config in CONFIGS],
    "The papers' names are counted, not looked up: block and number, and you can name every layer of every VGG.",
    (
        Hint("value", 'Two counters, block and number. A width gives conv and relu and raises the number; an "M" gives '
             "pool, raises the block and sets the number back to 1."),
        Hint("length", "Every number stands for two layers, conv and relu; every \"M\" for one."),
    ),
    (
        Mistake("blocks and numbers from 0", lambda c: names(c, block=0, number=0),
                "You count blocks and layers from 0; count from 1."),
        Mistake("number not restarted", lambda c: names(c, restart=False),
                "You go on counting after a pool; start the second counter at 1 again."),
        Mistake("no relu", lambda c: names(c, relus=False), "Your ReLUs are missing: one after every convolution."),
        Mistake("no pool", lambda c: names(c, pools=False), "Your pools are missing: one for every \"M\"."),
        Mistake("block raised too early", lambda c: names(c, early=True),
                "You raise the block too early: name the pool first, then raise the block."),
        Mistake("underscore missing", lambda c: [name.replace("_", "") for name in names(c)],
                "You leave out the `_` between block and number: conv1_1."),
        Mistake("pool counted in the block", lambda c: [n + "_1" if n.startswith("pool") else n for n in names(c)],
                "You give the pool two numbers; it has only its block's: pool1."),
    ),
    minutes=6, difficulty=2,
)  # fmt: skip


def tiny_network(seed):
    """Two convolutions, each with a ReLU that works in place and a pooling, under the papers' names."""
    layers = OrderedDict()
    for block, (channels, wider) in enumerate(((3, 4), (4, 5)), start=1):
        convolution = torch.nn.Conv2d(channels, wider, 3, padding=1)
        with torch.no_grad():
            convolution.weight.copy_(normal(seed + wider, wider, channels, 3, 3))
            convolution.bias.copy_(normal(seed, wider))
        layers[f"conv{block}_1"] = convolution.requires_grad_(False)
        layers[f"relu{block}_1"] = torch.nn.ReLU(inplace=True)
        layers[f"pool{block}"] = torch.nn.AvgPool2d(2)
    return torch.nn.Sequential(layers)


def networks_and_names(seed):
    network = tiny_network(seed)
    return [
        (network, normal(seed, 1, 3, 8, 8), ["relu1_1", "conv2_1"]),
        (network, normal(seed, 1, 3, 4, 6), ["conv1_1"]),
        (network, normal(seed, 2, 3, 8, 4), ["conv1_1", "conv2_1", "pool2"]),
        (network, normal(seed, 1, 3, 12, 4), ["relu2_1", "pool1"]),
    ]


def walk(network, image, wanted, *, keep=torch.clone, before=False):
    """{name: output} on the way through the layers; `before` keeps what goes into a layer instead."""
    kept, maps = {}, image.clone()  # a copy: the first layer may work in place
    for name, layer in network.named_children():
        given, maps = maps.clone(), layer(maps)
        if name in wanted:
            kept[name] = keep(given if before else maps)
    return kept


extract = exercise(
    "extract",
    "A network (`nn.Sequential` with named layers), an image (B, 3, H, W) and a list of names → {name: that layer's "
    "output}, no matter what comes after it.",
    walk,
    networks_and_names,
    "You can look into any network at any place, and know the trap: an in-place ReLU overwrites what you kept.",
    (
        Hint("value", "No negative numbers in a convolution's output? The next ReLU writes over it: keep `maps.clone()`."),
        Hint("error", "`for name, layer in network.named_children():`, and in the loop `maps = layer(maps)`."),
    ),
    (
        Mistake("overwritten by the ReLU", lambda n, i, w: walk(n, i, w, keep=lambda maps: maps),
                "The in-place ReLU after the layer overwrites what you keep: your convolution's output is a ReLU's now. "
                "Keep `maps.clone()`."),
        Mistake("one layer too early", lambda n, i, w: walk(n, i, w, before=True),
                "You keep the layer's *input*: apply the layer first, then keep."),
        Mistake("only the first", lambda n, i, w: dict([*walk(n, i, w).items()][:1]),
                "You keep only one layer: is there a `return` in the loop?"),
        Mistake("only the last", lambda n, i, w: dict([*walk(n, i, w).items()][-1:]),
                "You keep only the deepest of them: make the dictionary before the loop."),
        Mistake("output of the network", lambda n, i, w: dict.fromkeys(w, n(i)),
                "You give the output of the whole network under every name."),
    ),
    minutes=10, difficulty=3,
)  # fmt: skip


def maps_and_axes(seed):
    def axes(number, channels):
        return torch.nn.functional.normalize(normal(seed + number, 3, channels), dim=1)

    return [
        (uniform(seed, 1, 4, 5, 7), axes(0, 4)),
        (normal(seed, 1, 6, 3, 8).relu() + 1, axes(1, 6)),
        (normal(seed, 1, 3, 6, 2, scale=20.0).relu(), axes(2, 3)),
        (uniform(seed + 1, 2, 5, 4, 4) + 3, axes(3, 5)),
    ]


def centre(maps):
    return maps - maps.mean(dim=(2, 3), keepdim=True)


def project(maps, axes):
    return torch.einsum("kc,bchw->bkhw", axes, maps)


def size(seen, dim=(2, 3)):
    """The root of the mean square."""
    return seen.square().mean(dim=dim, keepdim=True).sqrt()


def colours(maps, axes, *, before=centre, by=size, squash=torch.sigmoid, factor=2.0):
    seen = project(before(maps), axes)
    return squash(factor * seen / by(seen))


def stretched(seen):
    low, high = seen.amin(dim=(2, 3), keepdim=True), seen.amax(dim=(2, 3), keepdim=True)
    return (seen - low) / (high - low)


false_colours = exercise(
    "false_colours",
    "Maps (B, C, h, w) and three axes (3, C) → a picture (B, 3, h, w): centre each channel over the places, project on "
    "the axes, divide each colour by its root mean square r, and take sigmoid(2 · seen / r).",
    lambda maps, axes: colours(maps, axes),
    maps_and_axes,
    "Equal colours now mean: to this layer, these places look alike. Such pictures work for every network.",
    (
        Hint("value", "In this order: centre, project, divide by r, sigmoid. r and the mean are taken over the places, "
             "`dim=(2, 3), keepdim=True`; r is a root of a mean of squares."),
        Hint("error", '`torch.einsum("kc,bchw->bkhw", axes, maps)` makes three dot products at every place.'),
    ),
    (
        Mistake("not centred", lambda m, a: colours(m, a, before=lambda maps: maps),
                "You do not centre the channels: subtract each channel's mean over the places first."),
        *(Mistake("one scale for all colours", lambda m, a, dim=dim: colours(m, a, by=lambda s: size(s, dim)),
                  "You use one r for all three colours; each has its own: take it over dim=(2, 3) only.")
          for dim in ((1, 2, 3), (0, 1, 2, 3))),
        Mistake("not divided", lambda m, a: colours(m, a, by=lambda s: torch.ones_like(s)),
                "You do not divide: divide each colour by its root mean square before the sigmoid."),
        Mistake("no factor 2", lambda m, a: colours(m, a, factor=1.0), "You leave out the factor 2 in the sigmoid."),
        Mistake("no sigmoid", lambda m, a: colours(m, a, squash=lambda s: s),
                "Your numbers leave [0, 1]: the sigmoid is missing."),
        Mistake("stretched", lambda m, a: stretched(project(centre(m), a)),
                "You stretch from the smallest to the largest; take sigmoid(2 · seen / r)."),
        Mistake("mean of absolute values",
                lambda m, a: colours(m, a, by=lambda s: s.abs().mean(dim=(2, 3), keepdim=True)),
                "You divide by the mean of absolute values; r is the root of the mean *square*."),
    ),
    minutes=8, difficulty=2,
)  # fmt: skip


def two_answers(seed):
    return [
        (uniform(seed, 1, 4, 3, 5), uniform(seed + 1, 1, 4, 3, 5), uniform(seed + 2, 4)),
        (normal(seed, 1, 6, 4, 2).relu() + 2, normal(seed + 1, 1, 6, 4, 2).relu() + 2, uniform(seed + 2, 6) + 2),
        (normal(seed, 1, 3, 2, 2), -normal(seed, 1, 3, 2, 2), torch.zeros(3)),
        (uniform(seed, 1, 5, 6, 3) * 9, uniform(seed + 1, 1, 5, 6, 3), uniform(seed + 3, 5)),
    ]


def cosine(a, b):
    return (a * b).sum() / (a.norm() * b.norm())


def less(maps, mean):
    return maps - mean[:, None, None]


centred_cosine = exercise(
    "centred_cosine",
    "Two answers (1, C, h, w) and the channels' usual means (C,) → one number: the cosine of both answers, all channels "
    "and places in one row, after the means are subtracted.",
    lambda first, second, mean: cosine(less(first, mean), less(second, mean)).item(),
    two_answers,
    "You measure what two pictures have in common, and not what all pictures have in common.",
    (
        Hint("value", "Subtract from both, *then* multiply, sum, and divide by both lengths."),
        Hint("error", "`mean[:, None, None]` has the shape (C, 1, 1), which meets the channels of (1, C, h, w)."),
    ),
    (
        Mistake("one centred", lambda f, s, m: cosine(less(f, m), s), "You centre only one of the two."),
        Mistake("one centred", lambda f, s, m: cosine(f, less(s, m)), "You centre only one of the two."),
        Mistake("own means", lambda f, s, m: cosine(centre(f), centre(s)),
                "You subtract each answer's own means, which hides its strong channels. Use `mean`."),
        Mistake("one mean for all", lambda f, s, m: cosine(f - m.mean(), s - m.mean()),
                "You subtract one mean; each channel has its own: `mean[:, None, None]`."),
        Mistake("not divided", lambda f, s, m: (less(f, m) * less(s, m)).sum(),
                "You return the dot product: divide it by both lengths."),
        Mistake("squared lengths",
                lambda f, s, m: (less(f, m) * less(s, m)).sum() / (less(f, m).norm() * less(s, m).norm()) ** 2,
                "You divide by the squares of the lengths: a root is missing."),
        Mistake("lengths before centring", lambda f, s, m: (less(f, m) * less(s, m)).sum() / (f.norm() * s.norm()),
                "You divide by the lengths before centring; take those of the centred answers."),
        Mistake("place by place",
                lambda f, s, m: torch.cosine_similarity(less(f, m), less(s, m), dim=1).mean(),
                "You average a cosine of each place; put all channels and places into one row."),
        Mistake("channel by channel",
                lambda f, s, m: torch.cosine_similarity(less(f, m).flatten(2), less(s, m).flatten(2), dim=2).mean(),
                "You average a cosine of each channel; put all channels and places into one row."),
        Mistake("not averaged",
                lambda f, s, m: torch.cosine_similarity(less(f, m), less(s, m), dim=1),
                "You return a cosine for each place; flatten first, for one number."),
    ),
    minutes=6, difficulty=2,
)  # fmt: skip
