"""Exercises of notebook 01: what a picture is to a network."""

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


def column(values, image):
    return torch.tensor(values, dtype=image.dtype).reshape(3, 1, 1)


def mean(image):
    return column((0.485, 0.456, 0.406), image)


def deviation(image):
    return column((0.229, 0.224, 0.225), image)


def flipped(column):
    return column.flip(0)


normalise = exercise(
    "normalise",
    "(B, 3, H, W) in [0, 1] → the same shape: (image − mean) / deviation, each channel with its own ImageNet numbers.",
    lambda image: (image - mean(image)) / deviation(image),
    lambda seed: [
        (uniform(seed, 1, 3, 4, 6),),
        (uniform(seed, 2, 3, 5, 2),),
        (uniform(seed, 1, 3, 4, 3),),
        (torch.zeros(1, 3, 2, 2),),
        (torch.ones(1, 3, 3, 3),),
    ],
    "The network was trained on numbers around 0 of size 1; normalised, your picture speaks its language.",
    (
        Hint("value",
             "A grey pixel of exactly the mean must become 0. First subtract, then divide; red, green, blue in this "
             "order."),
        Hint("shapes",
             "Three numbers must meet axis 1: give them the shape (3, 1, 1), for example by `[:, None, None]`."),
    ),
    (
        Mistake("mean missing", lambda i: i / deviation(i), "The mean is not subtracted."),
        Mistake("deviation missing", lambda i: i - mean(i),
                "You subtracted the mean, but did not divide by the deviation."),
        Mistake("wrong order", lambda i: i / deviation(i) - mean(i),
                "You divided first and subtracted then: it is the other way."),
        Mistake("multiplied", lambda i: (i - mean(i)) * deviation(i), "You multiply by the deviation; divide by it."),
        Mistake("un-normalised", lambda i: i * deviation(i) + mean(i), "This is the way back: un-normalising."),
        Mistake("blue and red exchanged", lambda i: (i - flipped(mean(i))) / flipped(deviation(i)),
                "The three numbers stand in the order blue, green, red; here channel 0 is red."),
        Mistake("variance", lambda i: (i - mean(i)) / deviation(i) ** 2,
                "You divide by the variance; the deviation is its root."),
        Mistake("0 to 255", lambda i: (i * 255 - mean(i)) / deviation(i),
                "The pixels already go from 0 to 1: no 255 here."),
        Mistake("0 to 255", lambda i: (i / 255 - mean(i)) / deviation(i),
                "The pixels already go from 0 to 1: no 255 here."),
        Mistake("plus for minus", lambda i: (i + mean(i)) / deviation(i), "Subtract the mean; you add it."),
        Mistake("one number for all channels", lambda i: (i - mean(i).mean()) / deviation(i).mean(),
                "You use one mean and one deviation for all; every channel has its own."),
        Mistake("one number for all channels", lambda i: (i - mean(i)[0]) / deviation(i)[0],
                "You use the numbers of red for all; every channel has its own."),
        Mistake("−1 to 1", lambda i: (i - 0.5) / 0.5,
                "This maps to −1 … 1. The VGG networks were trained with ImageNet's numbers."),
        Mistake("the picture's own mean", lambda i: (i - i.mean((2, 3), keepdim=True)) / i.std((2, 3), keepdim=True),
                "You use this picture's own mean and deviation; the network knows those of ImageNet."),
        Mistake("along the width", lambda i: (i - mean(i).flatten()) / deviation(i).flatten(),
                "Three numbers meet the *last* axis, the width. Give them the shape (3, 1, 1) so that they meet the "
                "channels."),
    ),
    minutes=5,
)  # fmt: skip


unnormalise = exercise(
    "unnormalise",
    "(B, 3, H, W) normalised → the same shape, in [0, 1] again: the exact inverse of normalise.",
    lambda image: image * deviation(image) + mean(image),
    lambda seed: [
        (normal(seed, 1, 3, 4, 6),),
        (normal(seed, 2, 3, 5, 2),),
        (normal(seed, 1, 3, 3, 3, scale=4.0),),
        (torch.zeros(1, 3, 2, 2),),
    ],
    "You can look at what a network is given: turn the two steps round, in reverse order.",
    (
        Hint("value", "An all-zero input must give exactly the mean. Undo the last step first: multiply, then add."),
        Hint("shapes", "As in normalise: mean and deviation need the shape (3, 1, 1)."),
    ),
    (
        Mistake("wrong order", lambda i: (i + mean(i)) * deviation(i),
                "Undo the last step first: multiply, then add the mean."),
        Mistake("divided", lambda i: i / deviation(i) + mean(i),
                "Multiply by the deviation; normalising divided by it."),
        Mistake("normalised again", lambda i: (i - mean(i)) / deviation(i),
                "This normalises a second time; go the way back."),
        Mistake("minus for plus", lambda i: i * deviation(i) - mean(i), "Add the mean; you subtract it."),
        Mistake("mean missing", lambda i: i * deviation(i), "The mean must be added again."),
        Mistake("deviation missing", lambda i: i + mean(i),
                "You added the mean, but did not multiply by the deviation."),
        Mistake("blue and red exchanged", lambda i: i * flipped(deviation(i)) + flipped(mean(i)),
                "The three numbers stand in the order blue, green, red; here channel 0 is red."),
        Mistake("clamped", lambda i: (i * deviation(i) + mean(i)).clamp(0, 1),
                "You clamp to [0, 1]. That is for showing; the exact inverse keeps what lies outside."),
        Mistake("0 to 255", lambda i: (i * deviation(i) + mean(i)) * 255,
                "The result should go from 0 to 1, not to 255."),
        Mistake("stretched", lambda i: (i - i.min()) / (i.max() - i.min()),
                "You stretch the picture to 0 … 1 by its own extremes. It looks fine, and the colours are wrong."),
        Mistake("along the width", lambda i: i * deviation(i).flatten() + mean(i).flatten(),
                "Three numbers meet the *last* axis, the width. Give them the shape (3, 1, 1)."),
    ),
    minutes=4,
)  # fmt: skip


def to_bytes(image, *, rounded=True, clamped=True, scale=255):
    image = image[0].permute(1, 2, 0) * scale
    image = image.round() if rounded else image
    return (image.clamp(0, 255) if clamped else image.to(torch.int64)).to(torch.uint8)


to_hwc_uint8 = exercise(
    "to_hwc_uint8",
    "(1, 3, H, W) → (H, W, 3), uint8: clamp to [0, 1], times 255, rounded. This is what image files hold.",
    to_bytes,
    lambda seed: [
        (uniform(seed, 1, 3, 4, 6),),
        (uniform(seed, 1, 3, 5, 5),),
        (uniform(seed, 1, 3, 7, 3) * 1.6 - 0.3,),
        (torch.tensor([0.0, 0.5, 1.0])[:, None, None].expand(1, 3, 2, 3).clone(),),
    ],
    "You know all four conventions that break pictures: axis order, scale, rounding and clamping.",
    (
        Hint("shape",
             "`permute(1, 2, 0)` after `image[0]` moves the channels to the end; `reshape` would mix the pixels."),
        Hint("value",
             "In this order: clamp(0, 1), times 255, `round()`, `to(torch.uint8)`. uint8 alone cuts off and wraps "
             "round."),
    ),
    (
        Mistake("not rounded", lambda i: to_bytes(i, rounded=False),
                "`uint8` cuts off what is behind the point: round first, or every pixel darkens a little."),
        Mistake("not clamped", lambda i: to_bytes(i, clamped=False),
                "Values outside [0, 1] wrap round: 256 becomes 0, and the brightest spots turn black. Clamp first."),
        Mistake("not rounded or clamped", lambda i: to_bytes(i, clamped=False, rounded=False),
                "Values outside [0, 1] wrap round, and the others are cut off instead of rounded."),
        Mistake("times 256", lambda i: to_bytes(i, scale=256), "White is 255, not 256: multiply by 255."),
        Mistake("times 256", lambda i: to_bytes(i, scale=256, rounded=False),
                "White is 255, not 256: multiply by 255."),
        Mistake("not scaled", lambda i: to_bytes(i, scale=1),
                "The factor 255 is missing: almost everything becomes 0."),
        Mistake("not scaled", lambda i: to_bytes(i, scale=1, rounded=False),
                "The factor 255 is missing: all becomes 0."),
        Mistake("still float", lambda i: to_bytes(i).float(),
                "The values are right, but still float: `.to(torch.uint8)`."),
        Mistake("still float", lambda i: (i[0].permute(1, 2, 0) * 255).clamp(0, 255), "Still float, and not rounded."),
        Mistake("reshaped, not permuted", lambda i: to_bytes(i).permute(2, 0, 1).reshape(*i.shape[2:], 3),
                "`reshape` to (H, W, 3) cuts the numbers anew and mixes colours and places: use `permute(1, 2, 0)`."),
        Mistake("height and width exchanged", lambda i: to_bytes(i).transpose(0, 1),
                "The result is (W, H, 3): the picture lies on its side. Height comes first."),
        Mistake("batch kept", lambda i: to_bytes(i)[None], "The batch axis is still there: take `image[0]`."),
        Mistake("channels first", lambda i: to_bytes(i).permute(2, 0, 1),
                "Channels still come first: `permute(1, 2, 0)`."),
        Mistake("blue and red exchanged", lambda i: to_bytes(i).flip(-1),
                "The channels stand in the order blue, green, red."),
    ),
    minutes=6,
    difficulty=2,
)  # fmt: skip


def from_bytes(pixels):
    return (pixels.to(torch.float32) / 255).permute(2, 0, 1)[None]


def random_bytes(seed, *shape):
    return (uniform(seed, *shape) * 256).to(torch.uint8)


from_hwc_uint8 = exercise(
    "from_hwc_uint8",
    "(H, W, 3), uint8 → (1, 3, H, W), float32 in [0, 1].",
    from_bytes,
    lambda seed: [
        (random_bytes(seed, 4, 6, 3),),
        (random_bytes(seed, 5, 5, 3),),
        (random_bytes(seed, 7, 2, 3),),
        (torch.full((2, 3, 3), 255, dtype=torch.uint8),),
    ],
    "Bytes have become something that one can differentiate: the door from image files to the network.",
    (
        Hint("shape", "`permute(2, 0, 1)` brings the channels to the front, and `[None]` adds the batch axis."),
        Hint("value", "255 must become 1. Convert to float32 first, then divide by 255."),
    ),
    (
        Mistake("not scaled", lambda p: from_bytes(p) * 255, "The values still go to 255: divide by 255."),
        Mistake("over 256", lambda p: from_bytes(p) * 255 / 256, "White becomes 0.996: divide by 255, not by 256."),
        Mistake("−1 to 1", lambda p: from_bytes(p) * 2 - 1, "The values go from −1 to 1; here from 0 to 1."),
        Mistake("reshaped, not permuted", lambda p: (p.float() / 255).reshape(1, 3, *p.shape[:2]),
                "`reshape` to (1, 3, H, W) cuts the numbers anew and mixes colours and places: use `permute(2, 0, "
                "1)`."),
        Mistake("no batch", lambda p: from_bytes(p)[0],
                "The batch axis is missing: `[None]` or `unsqueeze(0)` adds it."),
        Mistake("height and width exchanged", lambda p: from_bytes(p).mT,
                "The result is (1, 3, W, H): the picture lies on its side. Is it `permute(2, 0, 1)`?"),
        Mistake("channels last", lambda p: p.float()[None] / 255, "Channels still come last: `permute(2, 0, 1)`."),
        Mistake("channels last", lambda p: p.float() / 255, "Channels still come last: `permute(2, 0, 1)`."),
        Mistake("divided as bytes", lambda p: (p // 255).permute(2, 0, 1)[None].float(),
                "You divided whole numbers without a remainder: convert to float32 before you divide."),
        Mistake("blue and red exchanged", lambda p: from_bytes(p).flip(1),
                "The channels stand in the order blue, green, red."),
        Mistake("stretched", lambda p: from_bytes(p) / from_bytes(p).max(),
                "You divide by the brightest value of the picture; divide by 255, always."),
        Mistake("wider than float32", lambda p: from_bytes(p).double(),
                "This is float64; the networks calculate in float32."),
    ),
    minutes=5,
)  # fmt: skip


def exchanged_channels(image, *order):
    return image[:, list(order)]


bgr_to_rgb = exercise(
    "bgr_to_rgb",
    "(B, 3, H, W) with channels blue, green, red → the same picture with channels red, green, blue.",
    lambda image: exchanged_channels(image, 2, 1, 0),
    lambda seed: [
        (uniform(seed, 1, 3, 4, 6),),
        (uniform(seed, 2, 3, 5, 3),),
        (uniform(seed, 1, 3, 3, 3),),
        (torch.tensor([1.0, 0.0, 0.0])[:, None, None].expand(1, 3, 2, 4).clone(),),
    ],
    "Blue faces come from this: OpenCV and the original Caffe VGG store blue first.",
    (
        Hint("value", "Only axis 1 is concerned: channel 0 and channel 2 change places. `flip(1)`, or an index list."),
        Hint("shape", "The shape stays: `image[:, [2, 1, 0]]` names the batch axis first."),
    ),
    (
        Mistake("mirrored", lambda i: i.flip(-1), "You mirrored the picture: left and right. The channels are axis 1."),
        Mistake("upside down", lambda i: i.flip(-2), "You turned the picture upside down. The channels are axis 1."),
        Mistake("batch reversed", lambda i: i.flip(0), "You reversed the batch, axis 0. The channels are axis 1."),
        Mistake("all axes reversed", lambda i: i.flip(0, 1, 2, 3), "You reversed more than the channels."),
        Mistake("all axes reversed", lambda i: i.flip(1, 2, 3), "You reversed more than the channels."),
        Mistake("rolled", lambda i: exchanged_channels(i, 1, 2, 0),
                "You moved the channels round; green must stay in the middle."),
        Mistake("rolled", lambda i: exchanged_channels(i, 2, 0, 1),
                "You moved the channels round; green must stay in the middle."),
        Mistake("wrong pair", lambda i: exchanged_channels(i, 1, 0, 2),
                "You exchanged channels 0 and 1; it is 0 and 2."),
        Mistake("wrong pair", lambda i: exchanged_channels(i, 0, 2, 1),
                "You exchanged channels 1 and 2; it is 0 and 2."),
        Mistake("blue lost", lambda i: exchanged_channels(i, 2, 1, 2),
                "You overwrote one channel before you kept it: copy first."),
        Mistake("unchanged", lambda i: i, "Nothing changed."),
        Mistake("negative", lambda i: 1 - i, "This is the negative: bright and dark exchanged, not the channels."),
        Mistake("channels last", lambda i: i.permute(0, 2, 3, 1),
                "You moved the channels to the end; reverse their order."),
    ),
    minutes=3,
)  # fmt: skip
