"""Exercises of notebook 00: a picture is numbers, and one can calculate with it."""

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, uniform

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


def pictures(seed):
    chequered = (torch.arange(6)[:, None] + torch.arange(5)) % 2.0
    return [
        (uniform(seed, 1, 3, 4, 6) * torch.tensor([0.2, 0.6, 1.0])[:, None, None],),
        (uniform(seed, 1, 3, 5, 5) ** 3,),
        (uniform(seed, 1, 3, 7, 2),),
        (chequered.expand(1, 3, 6, 5).clone() * torch.tensor([1.0, 0.5, 0.0])[:, None, None],),
        (torch.zeros(1, 3, 3, 3),),
    ]


brightness = exercise(
    "brightness",
    "(1, 3, H, W) → one number: the mean of all pixel values.",
    lambda image: image.mean().item(),
    pictures,
    "A picture is a block of numbers, and one line of arithmetic answers a question about all of it.",
    (
        Hint("shape", "`image.mean(dim=...)` keeps the axes that you do not name. Name none, and one number is left."),
        Hint("value", "A mean is the sum divided by how many there are: 3·H·W numbers, not H·W and not 3."),
    ),
    (
        Mistake("per channel", lambda i: i.mean(dim=(2, 3)),
                "This is one mean for each colour channel: you averaged over height and width only."),
        Mistake("per channel", lambda i: i.mean(dim=(2, 3))[0],
                "This is one mean for each colour channel: you averaged over height and width only."),
        Mistake("sum", lambda i: i.sum(), "This is the sum of all values: divide it by how many there are."),
        Mistake("divided by H·W", lambda i: i.sum() / i[0, 0].numel(),
                "You divided by H·W, but there are three channels: 3·H·W values."),
        Mistake("one channel", lambda i: i[:, 0].mean(), "This is the mean of the red channel only."),
        Mistake("one channel", lambda i: i[:, 1].mean(), "This is the mean of the green channel only."),
        Mistake("one channel", lambda i: i[:, 2].mean(), "This is the mean of the blue channel only."),
        Mistake("0 to 255", lambda i: i.mean() * 255, "You scaled to 0 … 255; here pixels go from 0 to 1."),
        Mistake("median", lambda i: i.median(), "This is the median: the value in the middle, not the mean."),
        Mistake("maximum", lambda i: i.max(), "This is the brightest value, not the mean."),
        Mistake("middle of the range", lambda i: (i.max() + i.min()) / 2,
                "This is the middle between the darkest and the brightest value; all those between count too."),
        Mistake("weighted like the eye", lambda i: (0.299 * i[:, 0] + 0.587 * i[:, 1] + 0.114 * i[:, 2]).mean(),
                "You weighted green more than red and blue, as the eye does. Well known, but here all count alike."),
    ),
    minutes=3,
)  # fmt: skip


def pairs_to_blend(seed):
    a, b = uniform(seed, 1, 3, 4, 6), uniform(seed + 1, 1, 3, 4, 6)
    return [
        (a, b, 0.25),
        (a, b, 0.0),
        (a, b, 1.0),
        (uniform(seed, 2, 3, 5, 3), uniform(seed + 1, 2, 3, 5, 3), 0.7),
        (torch.zeros(1, 3, 3, 3), torch.ones(1, 3, 3, 3), 0.9),
    ]


blend = exercise(
    "blend",
    "Two pictures of one shape and an amount from 0 to 1 → (1 − amount)·a + amount·b.",
    lambda a, b, amount: (1 - amount) * a + amount * b,
    pairs_to_blend,
    "Pictures can be mixed like paint. The losses of style transfer are weighted sums of the same kind.",
    (
        Hint("value", "Try the two ends by hand: amount 0 must give `a` alone, and amount 1 must give `b` alone."),
        Hint("shape", "The result has the shape of `a`. Add the two pictures; joining them makes a larger tensor."),
    ),
    (
        Mistake("exchanged", lambda a, b, t: t * a + (1 - t) * b,
                "The pictures are exchanged: an amount of 0 should give `a`, and yours gives `b`."),
        Mistake("a is not faded", lambda a, b, t: a + t * b,
                "You add `b` to the whole of `a`: the weights t and 1 must become t and 1 − t, or pixels exceed 1."),
        Mistake("amount ignored", lambda a, b, t: (a + b) / 2, "This is half of each, whatever the amount."),
        Mistake("plain sum", lambda a, b, t: a + b, "This is the plain sum: the amount is not used."),
        Mistake("b is not scaled", lambda a, b, t: (1 - t) * a + b,
                "You fade `a`, but add the whole of `b`: multiply `b` by the amount."),
        Mistake("wrong sign", lambda a, b, t: a - t * (b - a),
                "You walk away from `b`: it should be `b - a`, from `a` towards `b`."),
        Mistake("starts at b", lambda a, b, t: b + t * (b - a), "You start at `b`; amount 0 should give `a`."),
        Mistake("product", lambda a, b, t: (1 - t) * a * t * b, "You multiply the pictures; they should be added."),
        Mistake("clipped sum", lambda a, b, t: (a + t * b).clamp(0, 1),
                "Clipping hides that the sum is too large: fade `a` by 1 − amount instead."),
        Mistake("joined", lambda a, b, t: torch.cat([(1 - t) * a, t * b]),
                "You put the pictures one after the other; add them pixel by pixel."),
        Mistake("joined", lambda a, b, t: torch.cat([(1 - t) * a, t * b], dim=1),
                "You put the channels of `b` behind those of `a`; add the pictures pixel by pixel."),
        Mistake("joined", lambda a, b, t: torch.cat([a, b], dim=1),
                "You put the channels of `b` behind those of `a`; weight the pictures and add them pixel by pixel."),
        Mistake("brackets", lambda a, b, t: 1 - t * a + t * b,
                "Brackets are missing: `1 - amount * a` multiplies first. It should be `(1 - amount) * a`."),
    ),
    minutes=4,
)  # fmt: skip


def pictures_to_crop(seed):
    return [
        (uniform(seed, 1, 3, 4, 8),),
        (uniform(seed, 1, 3, 9, 5),),
        (uniform(seed, 1, 3, 5, 5),),
        (uniform(seed, 1, 3, 4, 7),),
        (uniform(seed, 1, 3, 8, 3),),
        (uniform(seed, 1, 3, 1, 30),),
    ]


def cropped(image, start):
    height, width = image.shape[-2:]
    side = min(height, width)
    top, left = start(height - side), start(width - side)
    return image[..., top : top + side, left : left + side]


square_crop = exercise(
    "square_crop",
    "(1, 3, H, W) → (1, 3, S, S): the square in the middle, S = min(H, W), starting at (side − S) // 2.",
    lambda image: cropped(image, lambda spare: spare // 2),
    pictures_to_crop,
    "Slicing cuts pictures without touching a pixel; the two last axes are height and width, in this order.",
    (
        Hint("shape", "`image.shape[-2:]` is (height, width). S is the smaller one; the slice is start : start + S."),
        Hint("value",
             "What is spare is (side − S); half of it stays on each side. Slice `[..., top:top+S, left:left+S]`."),
    ),
    (
        Mistake("not centred", lambda i: cropped(i, lambda spare: 0),
                "You cut from the upper left corner. The middle starts at (side − S) // 2."),
        Mistake("not centred", lambda i: cropped(i, lambda spare: spare), "You cut from the lower right corner."),
        Mistake("rounded up", lambda i: cropped(i, lambda spare: (spare + 1) // 2),
                "One pixel off where the spare number is odd: (side − S) // 2 rounds down."),
        Mistake("rounded up", lambda i: cropped(i, round_half), "One pixel off where the spare number is odd."),
        Mistake("height and width exchanged", lambda i: exchanged(i),
                "Height and width are exchanged: a tensor is indexed [..., row, column], so height comes first."),
        Mistake("half of the side", lambda i: half_start(i),
                "You start at the middle of the picture; go back from there by half of S."),
        Mistake("squashed", lambda i: torch.nn.functional.interpolate(i, size=(min(i.shape[-2:]),) * 2),
                "You squashed the whole picture into a square; a crop leaves the pixels as they are."),
        Mistake("squashed", lambda i: torch.nn.functional.interpolate(
                    i, size=(min(i.shape[-2:]),) * 2, mode="bilinear", align_corners=False),
                "You squashed the whole picture into a square; a crop leaves the pixels as they are."),
        Mistake("width only", lambda i: cropped_width(i), "You cut the width only; tall pictures need it as well."),
        Mistake("height only", lambda i: cropped_width(i.mT).mT, "You cut the height only; wide pictures need it too."),
        Mistake("no batch", lambda i: cropped(i, lambda spare: spare // 2)[0],
                "The batch axis is lost: an image is (1, 3, H, W) from start to end. `[..., top:bottom, left:right]` "
                "keeps it."),
        Mistake("larger side", lambda i: i[..., : max(i.shape[-2:]), : max(i.shape[-2:])],
                "S must be the smaller side: `min`, not `max`. A slice beyond the edge is silently cut short."),
        Mistake("first two axes", lambda i: first_axes(i),
                "You cut the first two axes; `image[..., top:bottom, left:right]` cuts the last two."),
        Mistake("end without the start", lambda i: ends_at_side(i),
                "A slice of length S ends at start + S, not at S."),
        Mistake("one start", lambda i: one_start(i, lambda top, left: top), "Each side has its own start."),
        Mistake("one start", lambda i: one_start(i, lambda top, left: left), "Each side has its own start."),
        Mistake("one start", lambda i: one_start(i, max), "Each side has its own start."),
    ),
    minutes=6,
    difficulty=2,
)  # fmt: skip


def round_half(spare):
    return round(spare / 2)


def exchanged(image):
    height, width = image.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[..., left : left + side, top : top + side]


def half_start(image):
    height, width = image.shape[-2:]
    side = min(height, width)
    return image[..., height // 2 : height // 2 + side, width // 2 : width // 2 + side]


def first_axes(image):
    height, width = image.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]


def ends_at_side(image):
    height, width = image.shape[-2:]
    side = min(height, width)
    return image[..., (height - side) // 2 : side, (width - side) // 2 : side]


def one_start(image, chosen):
    height, width = image.shape[-2:]
    side = min(height, width)
    start = chosen((height - side) // 2, (width - side) // 2)
    return image[..., start : start + side, start : start + side]


def cropped_width(image):
    height, width = image.shape[-2:]
    left = max(0, width - height) // 2
    return image[..., left : left + min(height, width)]
