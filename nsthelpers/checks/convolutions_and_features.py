"""Exercises of notebook 02: what one convolution sees, and how far."""

from functools import partial

import torch
import torch.nn.functional as F

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


def slide(image, kernel, **options):
    return F.conv2d(image[None, None], kernel[None, None], **options)[0, 0]


SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])

convolve = exercise(
    "convolve",
    "(H, W) and a kernel (h, w) → (H − h + 1, W − w + 1): at each place the sum of patch times kernel, nothing "
    "turned round.",
    slide,
    lambda seed: [
        (normal(seed, 5, 5), SOBEL),
        (normal(seed, 4, 7), normal(seed, 3, 3)),
        (normal(seed, 6, 5), normal(seed, 2, 3)),
        (uniform(seed, 5, 8), normal(seed, 3, 1)),
        (torch.ones(3, 3), normal(seed, 3, 3)),
    ],
    "This is all that a layer does: lay a small pattern on every place and write down how well it fits.",
    (
        Hint("shape", "A kernel of 3 fits at H − 3 + 1 places: `range(height - kernel_height + 1)`."),
        Hint("value", "At (y, x): `(image[y:y+h, x:x+w] * kernel).sum()`. No turning, no mean."),
    ),
    (
        Mistake("kernel turned", lambda i, k: slide(i, k.flip(0, 1)),
                "You turn the kernel by 180°, as mathematicians do. Networks slide it as it is."),
        Mistake("kernel transposed", lambda i, k: slide(i, k.T), "You exchange rows and columns of the kernel."),
        Mistake("mean for sum", lambda i, k: slide(i, k) / k.numel(), "You take the mean of the products; take their sum."),
        Mistake("padded", lambda i, k: slide(i, k, padding="same"),
                "You pad with zeros to keep the size; here the kernel stays inside the image."),
        Mistake("last place forgotten", lambda i, k: slide(i, k)[:-1, :-1],
                "Your last row and column are missing: there are H − h + 1 places (`range` stops one before its end)."),
    ),
    minutes=10, difficulty=2,
)  # fmt: skip


def by_channel(image, kernel, *, mode="replicate"):
    """Every channel filtered alone, the border repeated; `mode` is one of those of F.pad."""
    (h, w), (batch, channels, height, width) = kernel.shape, image.shape
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode=mode)
    alone = padded.reshape(batch * channels, 1, *padded.shape[2:])
    return F.conv2d(alone, kernel[None, None]).reshape(batch, channels, height, width)


def summed(image, kernel):
    """What one kernel of a layer does: the channels in one sum."""
    return by_channel(image, kernel).sum(dim=1, keepdim=True)


def wrongly_padded(image, kernel, vertical, horizontal):
    padded = F.pad(image, (horizontal, horizontal, vertical, vertical), mode="replicate")
    return F.conv2d(padded.flatten(0, 1)[:, None], kernel[None, None])[:, 0].unflatten(0, image.shape[:2])


filter_image = exercise(
    "filter_image",
    "(B, C, H, W) and a kernel (h, w) of odd sides → (B, C, H, W): the kernel slides over every channel alone; at the "
    "border the outermost pixels are repeated.",
    by_channel,
    lambda seed: [
        (uniform(seed, 1, 3, 5, 7), normal(seed, 3, 3)),
        (uniform(seed, 2, 3, 4, 6), normal(seed, 1, 3)),
        (uniform(seed, 1, 2, 6, 5), normal(seed, 5, 3)),
        (uniform(seed, 1, 1, 4, 4), normal(seed, 3, 3)),
    ],
    "Your brush: whatever this notebook paints from here on goes through this function.",
    (
        Hint("shape", "Repeat the border first, with the width before the height: "
             "`F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode=\"replicate\")`."),
        Hint("value", "`conv2d` adds all channels up. Give it one channel at a time: as a batch of B·C pictures, "
             "`padded.reshape(-1, 1, …)`, or in a loop over the channels."),
        Hint("error", "`conv2d` needs four axes twice: the picture (B, 1, H, W), and the kernel `kernel[None, None]`."),
    ),
    (
        Mistake("zeros at the border", partial(by_channel, mode="constant"),
                "You pad with zeros, which are black: the border becomes an edge. Repeat the outermost pixels."),
        Mistake("mirrored border", partial(by_channel, mode="reflect"),
                "You mirror the picture at its border; repeat the outermost pixels (`mode=\"replicate\"`)."),
        Mistake("not padded", lambda i, k: wrongly_padded(i, k, 0, 0),
                "Your result is smaller than the picture. Repeat the border before you filter."),
        Mistake("padding exchanged", lambda i, k: wrongly_padded(i, k, k.shape[1] // 2, k.shape[0] // 2),
                "You exchange the paddings of height and width: the first two numbers of `F.pad` are for the width."),
        Mistake("channels added", lambda i, k: summed(i, k).expand_as(i),
                "You add up all channels; filter each channel alone."),
    ),
    minutes=6, difficulty=2,
)  # fmt: skip


def corners(maps, reach):
    """(B, C, H, W) → (4, B, C, H, W): at each pixel the values `reach` away towards each corner, the border repeated."""
    height, width = maps.shape[2:]
    wide = F.pad(maps, (reach, reach, reach, reach), mode="replicate")
    return torch.stack([
        wide[..., reach * (1 + y) : reach * (1 + y) + height, reach * (1 + x) : reach * (1 + x) + width]
        for y in (-1, 1) for x in (-1, 1)
    ])  # fmt: skip


def window_mean(image, side):
    return by_channel(image, image.new_ones(side, side) / side**2)


def variance(image, side):
    return window_mean(image.square(), side) - window_mean(image, side).square()


def choose(image, side, *, spread=lambda i, s: variance(i, s).sum(1, keepdim=True), wildest=False,
           reach=lambda side: side // 2):  # fmt: skip
    """At each pixel the mean of the window of least `spread`; the options are its mistakes."""
    means, spreads = (corners(maps, reach(side)) for maps in (window_mean(image, side), spread(image, side)))
    return means.take_along_dim((-spreads if wildest else spreads).argmin(dim=0, keepdim=True), dim=0)[0]


def undivided(image, side):
    """The answer with a kernel of plain ones, whose sums are side² times the means."""

    def spread(image, side):
        return (window_mean(image.square(), side) - side**2 * window_mean(image, side).square()).sum(1, keepdim=True)

    return side**2 * choose(image, side, spread=spread)


kuwahara = exercise(
    "kuwahara",
    "(B, C, H, W) and an odd number → (B, C, H, W): of the four windows of side × side pixels that have the pixel in a "
    "corner, the mean colour of the one whose variance, summed over the channels, is least.",
    choose,
    lambda seed: [
        (uniform(seed, 1, 3, 6, 8), 3),
        (uniform(seed, 1, 3, 7, 5), 5),
        (uniform(seed, 2, 3, 5, 5), 3),
        (uniform(seed, 1, 1, 4, 6), 3),
    ],
    "You paint with nothing but means: flat colours, sharp edges, no network. Now hang something.",
    (
        Hint("value",
             "Three maps: the mean (filter with ones / side²), the mean of the squares, and the variance: the second "
             "minus the square of the first, summed over dim 1. Then `corners` of mean and variance, and `argmin(dim=0)`."),
        Hint("shape", "`corners(…)` is (4, B, C, H, W). `variances.argmin(dim=0, keepdim=True)` says which of the four; "
             "`means.take_along_dim(best, dim=0)[0]` takes it."),
    ),
    (
        Mistake("wildest window", partial(choose, wildest=True),
                "You take the window of the *largest* variance: `argmin`, not `argmax`. Or is its sign wrong?"),
        Mistake("plain blur", window_mean,
                "You take the mean around each pixel, a plain blur, and do not compare the four corner windows."),
        Mistake("mean of four", lambda i, s: corners(window_mean(i, s), s // 2).mean(0),
                "You average the four windows, which is a blur; take the one of the least variance."),
        Mistake("channels apart", partial(choose, spread=variance),
                "You choose a window for each channel, which mixes colours: sum the variance over the channels first."),
        Mistake("square of the mean missing",
                partial(choose, spread=lambda i, s: window_mean(i.square(), s).sum(1, keepdim=True)),
                "You compare the means of the squares, which are least in dark places: subtract the squared mean."),
        Mistake("mean not squared",
                partial(choose, spread=lambda i, s: (window_mean(i.square(), s) - window_mean(i, s)).sum(1, keepdim=True)),
                "You subtract the mean from the mean of the squares; subtract its square."),
        Mistake("windows too far", partial(choose, reach=lambda side: side),
                "You look a whole side away: the middles of the windows are side // 2 from the pixel."),
        Mistake("the variance", lambda i, s: corners(variance(i, s).sum(1, keepdim=True), s // 2).amin(0).expand_as(i),
                "You return the least variance; return the mean colour of that window."),
        Mistake("kernel not divided", undivided,
                "You do not divide your kernel of ones by side²: it adds pixels up instead of averaging them."),
        Mistake("the number of the window",
                lambda i, s: corners(variance(i, s).sum(1, keepdim=True), s // 2).argmin(0).to(i.dtype),
                "You return the number of the window; return its mean colour."),
    ),
    minutes=12, difficulty=3,
)  # fmt: skip


def even(maps):
    """Without an odd last row or column."""
    return maps[..., : maps.shape[-2] // 2 * 2, : maps.shape[-1] // 2 * 2]


def halved(maps):
    return *maps.shape[:2], maps.shape[2] // 2, maps.shape[3] // 2


max_pool = exercise(
    "max_pool",
    "(B, C, H, W) → (B, C, H // 2, W // 2): the largest of each 2 × 2 block; an odd last row or column is left out.",
    lambda features: F.max_pool2d(features, 2),
    lambda seed: [
        (normal(seed, 1, 2, 4, 6),),
        (normal(seed, 2, 3, 5, 7),),
        (normal(seed, 3, 1, 2, 9) - 3,),
        (normal(seed, 1, 4, 8, 3),),
    ],
    "The maximum says *that* a pattern is in the block, no longer where. Now ask who gets its gradient.",
    (
        Hint("shape", "First cut to even sizes, then four shifted halves: `[..., 0::2, 0::2]`, `[..., 1::2, 0::2]` …"),
        Hint("value", "Blocks do not overlap; pool every channel of every picture by itself."),
    ),
    (
        Mistake("stride 1", lambda f: F.max_pool2d(f, 2, 1), "Your blocks overlap: move by two, not by one."),
        Mistake("four in a line", lambda f: even(f).flatten(-2).unflatten(-1, (-1, 4)).amax(-1).reshape(*halved(f)),
                "You take the largest of four numbers in a line; a block is 2 × 2: two of one row, two of the next."),
        Mistake("two of the four", lambda f: torch.maximum(even(f)[..., ::2, ::2], even(f)[..., 1::2, 1::2]),
                "You compare only two corners of each block, on a diagonal; there are four."),
        Mistake("only one direction", lambda f: F.max_pool2d(f, (1, 2)), "You pool the width only."),
        Mistake("only one direction", lambda f: F.max_pool2d(f, (2, 1)), "You pool the height only."),
        Mistake("whole map", lambda f: f.amax((2, 3)), "You take the largest of the whole map; take it in blocks of 2 × 2."),
    ),
    minutes=6, difficulty=2, needs_gradient=True, loops="remark",
)  # fmt: skip


def reach(layers, *, grows="before", minus=1):
    size = jump = 1
    for kernel, stride in layers:
        jump = jump * stride if grows == "after" else jump
        size += (kernel - minus) * (jump if grows != "never" else 1)
        jump = jump * stride if grows == "before" else jump
    return size


receptive_field = exercise(
    "receptive_field",
    "A list of (kernel, stride) from the first layer to the last → how many input pixels wide one output number sees.",
    reach,
    lambda seed: [
        ([(3, 1)],),
        ([(3, 1), (3, 1), (2, 2)],),
        ([(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2), (3, 1)],),
        ([(7, 2), (3, 2), (3, 1)],),
        ([(5, 3), (1, 1), (2, 2), (3, 1)],),
        ([],),
    ],
    "A deep unit looks at a large window: that is why content lives deep and strokes live early.",
    (
        Hint("value", "Keep two numbers, field and jump, both 1 at first. Field += (kernel − 1)·jump; jump *= stride."),
        Hint("error", "A list of pairs: `for kernel, stride in layers`. An empty list sees one pixel."),
    ),
    (
        Mistake("stride ignored", partial(reach, grows="never"),
                "You do not use the stride: after a stride of 2, each step means two input pixels."),
        Mistake("kernel not minus 1", partial(reach, minus=0), "You add kernel · jump; a layer adds (kernel − 1) · jump."),
        Mistake("jump too early", partial(reach, grows="after"),
                "You use a layer's stride too early; it counts for the layers after it: first add (kernel − 1)·jump."),
        Mistake("kernels added", lambda ls: sum(k for k, _ in ls),
                "You add up the kernels; they overlap, and strides count."),
        Mistake("last layer first", lambda ls: reach(ls[::-1]),
                "You go from the last layer to the first; this rule needs the order first to last."),
        Mistake("last stride only",
                lambda ls: 1 + sum((k - 1) * t for (k, _), (_, t) in zip(ls, [(1, 1), *ls], strict=False)),
                "You multiply by the stride of one layer before; multiply all strides before together."),
    ),
    minutes=8, difficulty=2,
)  # fmt: skip
