"""Exercises of notebook 03: which layers there are, and how to get at them."""

from itertools import pairwise

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise

VGG19 = [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"]
VGG16 = [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"]
CONFIGS = ([8, "M"], [8, 8, "M", 16, "M"], [4, "M", 4, 4, 4, "M", 8, 8], VGG16, VGG19)


def names(config, *, block=1, number=1, restart=True, relus=True, pools=True, early=False, shared=False):
    result, first = [], number
    for entry in config:
        if entry == "M":
            block += early
            result += [f"pool{block}"] if pools else []
            block += not early
            number = first if restart else number
        else:
            result.append(f"conv{block}_{number}")
            number += shared
            result += [f"relu{block}_{number}"] if relus else []
            number += 1
    return result


def without_block(config):
    return [name.replace("_", "") for name in names(config)]


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
        Mistake("blocks from 0", lambda c: names(c, block=0), "The blocks count from 1, not from 0."),
        Mistake("numbers from 0", lambda c: names(c, number=0), "Within a block the layers count from 1, not from 0."),
        Mistake("blocks and numbers from 0", lambda c: names(c, block=0, number=0),
                "Blocks and layers count from 1, not from 0."),
        Mistake("number not restarted", lambda c: names(c, restart=False),
                "After a pool the second counter starts at 1 again."),
        Mistake("no relu", lambda c: names(c, relus=False), "The ReLUs are missing: one after every convolution."),
        Mistake("no pool", lambda c: names(c, pools=False), "The pools are missing: one for every \"M\"."),
        Mistake("block raised too early", lambda c: names(c, early=True),
                "A pool closes its block: name it first, then raise the block."),
        Mistake("relu counted by itself", lambda c: names(c, shared=True),
                "A ReLU has the number of its convolution: conv1_1, relu1_1."),
        Mistake("order of conv and relu", lambda c: exchanged(names(c)), "The convolution comes before its ReLU."),
        Mistake("underscore missing", without_block, "Block and number are separated by `_`: conv1_1."),
        Mistake("number of channels", lambda c: [f"conv{e}" for e in c if e != "M"],
                "The entries are channels, not layer numbers: count yourself."),
        Mistake("block never raised", lambda c: names([e for e in c if e != "M"]),
                "The block counter never grows: raise it at every \"M\"."),
        Mistake("pool counted in the block", lambda c: numbered_pools(c),
                "A pool has only its block's number: pool1, not pool1_1."),
    ),
    minutes=8,
    difficulty=2,
)  # fmt: skip


def exchanged(layers):
    result = list(layers)
    for place, (first, second) in enumerate(pairwise(layers)):
        if first.startswith("conv"):
            result[place], result[place + 1] = second, first
    return result


def numbered_pools(config):
    return [f"{name}_1" if name.startswith("pool") else name for name in names(config)]


def layers_and_name(seed):
    return [(list(CONFIGS[1]), "conv1_1"), (list(CONFIGS[1]), "conv2_1"), (list(VGG19), "relu3_4"), (list(VGG19), "conv4_2"),
            (list(VGG16), "pool5"), (list(VGG19), "relu5_1")]  # fmt: skip


def place(config, name, **options):
    layers = names(config, **options)
    return layers.index(name) if name in layers else -1


layer_index = exercise(
    "layer_index",
    'A list such as [64, 64, "M", …] and a name such as "conv2_1" → the place in `vgg.features`, counted from 0.',
    place,
    layers_and_name,
    "You can translate between the papers' names and `features[21]`, and see through tutorials that mix them up.",
    (
        Hint("value",
             "conv1_1 is 0, relu1_1 is 1, conv1_2 is 2, relu1_2 is 3, pool1 is 4: everything counts, also ReLU and "
             "pool."),
        Hint("error", "`names_from_config(config).index(name)`, if you have solved the exercise before."),
    ),
    (
        Mistake("counted from 1", lambda c, n: place(c, n) + 1, "One too many: places count from 0."),
        Mistake("relus not counted", lambda c, n: place(c, n.replace("relu", "conv"), relus=False),
                "The ReLUs are layers too: count them."),
        Mistake("pools not counted", lambda c, n: last_place(names(c, pools=False), n),
                "The pools are layers too: count them."),
        Mistake("only convolutions", lambda c, n: last_place(names(c, pools=False, relus=False), n.replace("relu", "conv")),
                "You counted the convolutions only; ReLUs and pools are layers too."),
        Mistake("convolution for relu", lambda c, n: place(c, n.replace("relu", "conv")),
                "This is the convolution; its ReLU comes one later."),
        Mistake("relu for convolution", lambda c, n: place(c, n.replace("conv", "relu")),
                "This is the ReLU; its convolution stands one earlier."),
        Mistake("counted from the end", lambda c, n: place(c, n) - len(names(c)),
                "This counts from the end; count from the front."),
        Mistake("one place early", lambda c, n: place(c, n) - 1, "One too few: places count from 0."),
        Mistake("the name", lambda c, n: names(c)[place(c, n)], "This is the name; its place is asked."),
    ),
    minutes=5,
)  # fmt: skip


def last_place(layers, name):
    return layers.index(name) if name in layers else len(layers) - 1


def tiny_network(seed, in_place=True):
    layers = []
    for channels, wider in ((3, 4), (4, 5)):
        convolution = torch.nn.Conv2d(channels, wider, 3, padding=1)
        with torch.no_grad():
            convolution.weight.copy_(normal(seed + wider, wider, channels, 3, 3))
            convolution.bias.copy_(normal(seed, wider))
        layers += [convolution.requires_grad_(False), torch.nn.ReLU(inplace=in_place), torch.nn.MaxPool2d(2)]
    return torch.nn.Sequential(*layers)


def until(network, index, image):
    for layer in list(network)[: index + 1]:
        image = layer(image)
    return image


def relu_of(network, index, value):
    return value.relu() if isinstance(network[index], torch.nn.ReLU) else value


def spoiled(network, index, image):
    value = until(network, index, image)
    return relu_of(network, min(index + 1, len(network) - 1), value)


grab = exercise(
    "grab",
    "A network (`nn.Sequential`), a layer's index and an image → the output of that layer, no matter what comes after.",
    until,
    lambda seed: [
        (tiny_network(seed), 1, normal(seed, 1, 3, 8, 8)),
        (tiny_network(seed), 0, normal(seed, 1, 3, 4, 6)),
        (tiny_network(seed), 3, normal(seed, 2, 3, 8, 4)),
        (tiny_network(seed), 2, normal(seed, 1, 3, 12, 4)),
        (tiny_network(seed), 5, normal(seed, 1, 3, 4, 4)),
    ],
    "You can look into any network at any place, and know the trap: an in-place ReLU overwrites what you kept.",
    (
        Hint("value",
             "Kept the output, and there are no negative numbers in it? The next layer is an in-place ReLU: keep "
             "`output.clone()`."),
        Hint("changed input", "`handle = layer.register_forward_hook(...)`, run the network, then `handle.remove()`."),
    ),
    (
        Mistake("overwritten by the ReLU", spoiled,
                "The in-place ReLU behind the layer overwrote what you kept: your convolution is a ReLU now. "
                "`output.clone()` in the hook."),
        Mistake("one layer too early", lambda n, k, i: until(n, k - 1, i),
                "This is the layer's *input*; its output is asked."),
        Mistake("one layer too early", lambda n, k, i: relu_of(n, k, until(n, k - 1, i) if k else i),
                "This is the layer's *input* (and an in-place ReLU changes even that); its output is asked."),
        Mistake("one layer too late", lambda n, k, i: until(n, min(k + 1, len(n) - 1), i),
                "This is the next layer's output: `[: index + 1]` or `[: index]`?"),
        Mistake("output of the network", lambda n, k, i: n(i), "This is the output of the whole network."),
        Mistake("only this layer", lambda n, k, i: n[k](i),
                "You gave the image to this layer alone; it needs what the layers before made of it."),
        Mistake("no batch", lambda n, k, i: until(n, k, i)[0],
                "The batch axis is lost: take the whole output, not `output[0]`."),
        Mistake("the weights", lambda n, k, i: n[k].weight, "These are the weights; the activations are asked."),
        Mistake("mean of the maps", lambda n, k, i: until(n, k, i).mean((2, 3)),
                "You averaged over the places; the whole maps are asked."),
    ),
    minutes=10,
    difficulty=3,
)  # fmt: skip


def weights(config, *, channels=3, bias=1, side=3, first=None):
    total, before = 0, channels
    for entry in config:
        if entry != "M":
            total += (side * side * (before if first is None else first) + bias) * entry
            before = entry
    return total


count_weights = exercise(
    "count_weights",
    'A list such as [64, 64, "M", 128, …] → how many numbers its 3 × 3 convolutions learn, '
    "biases included; the picture has 3 channels.",
    weights,
    lambda seed: [(list(config),) for config in CONFIGS],
    "VGG-19's convolutions hold twenty million numbers, most of them in its last two blocks.",
    (
        Hint("value", "A convolution from a to b channels learns b·(9·a + 1) numbers. What is `a` for the next one?"),
        Hint("error", 'An "M" learns nothing and leaves the number of channels as it is: `continue`.'),
    ),
    (
        Mistake("no bias", lambda c: weights(c, bias=0), "The biases are missing: one for each output channel."),
        Mistake("one bias for a layer", lambda c: weights(c, bias=0) + sum(e != "M" for e in c),
                "Each *output channel* has a bias, not each layer."),
        Mistake("bias for each weight", lambda c: sum((9 + 1) * a * b for a, b in channel_pairs(c)),
                "One bias for each output channel, not for each pair of channels."),
        Mistake("starts with 1 channel", lambda c: weights(c, channels=1), "The picture has 3 channels, not 1."),
        Mistake("always 3 channels", lambda c: weights(c, first=3),
                "Only the first layer sees 3 channels; later ones see what the layer before made."),
        Mistake("input channels forgotten", lambda c: weights(c, first=1),
                "A kernel reaches through *all* input channels: 9 times their number."),
        Mistake("kernel of 3 numbers", lambda c: sum((3 * a + 1) * b for a, b in channel_pairs(c)),
                "A 3 × 3 kernel has 9 numbers for each channel, not 3."),
        Mistake("kernel forgotten", lambda c: weights(c, side=1),
                "Each pair of channels has 9 weights (3 × 3), not 1."),
        Mistake("pairs shifted", lambda c: sum((9 * b + 1) * b for _, b in channel_pairs(c)),
                "Input and output channels differ where the width changes."),
        Mistake("only the last layer", lambda c: [(9 * a + 1) * b for a, b in channel_pairs(c)][-1],
                "This is the last layer alone: add them up."),
        Mistake("one for each layer", lambda c: [(9 * a + 1) * b for a, b in channel_pairs(c)],
                "One number is asked: the sum over the layers."),
        Mistake("channels counted", lambda c: sum(e for e in c if e != "M"),
                "You added up the channels; each has 9·a + 1 weights."),
    ),
    minutes=6,
    difficulty=2,
)  # fmt: skip


def channel_pairs(config):
    return list(pairwise([3, *[entry for entry in config if entry != "M"]]))
