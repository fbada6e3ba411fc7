"""Exercises of notebook 01: what a picture is to a network, and how its pixels are trained."""

from functools import partial

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, uniform

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


def column(values, image):
    return torch.tensor(values, dtype=image.dtype).reshape(3, 1, 1)


def mean(image):
    return column((0.485, 0.456, 0.406), image)


def deviation(image):
    return column((0.229, 0.224, 0.225), image)


def flipped(column):
    return column.flip(0)


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
    "Every picture of this notebook now comes in through your function: one door, and no convention forgotten.",
    (
        Hint("shape", "`permute(2, 0, 1)` brings the channels to the front, and `[None]` adds the batch axis."),
        Hint("value", "255 must become 1. Convert to float32 first, then divide by 255."),
    ),
    (
        Mistake("not scaled", lambda p: from_bytes(p) * 255, "Your values still go up to 255: divide by 255."),
        Mistake("reshaped, not permuted", lambda p: (p.float() / 255).reshape(1, 3, *p.shape[:2]),
                "Your `reshape` to (1, 3, H, W) mixes colours and places: use `permute(2, 0, 1)`."),
        Mistake("channels last", lambda p: p.float() / 255, "Your channels still come last: `permute(2, 0, 1)[None]`."),
        Mistake("divided as bytes", lambda p: (p // 255).permute(2, 0, 1)[None].float(),
                "You divide whole numbers without a remainder: convert to float32 before you divide."),
        Mistake("stretched", lambda p: from_bytes(p) / from_bytes(p).max(),
                "You divide by the brightest value of the picture; always divide by 255."),
    ),
    minutes=5,
)  # fmt: skip


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
    "The network gets numbers as it was trained on: your function gives what its own first layer gives.",
    (
        Hint("value", "A pixel of exactly the mean must become 0: first subtract, then divide. Red comes first, blue last."),
        Hint("shapes", "Three numbers must meet axis 1: give them the shape (3, 1, 1), for example by `[:, None, None]`."),
    ),
    (
        Mistake("mean missing", lambda i: i / deviation(i), "You do not subtract the mean."),
        Mistake("deviation missing", lambda i: i - mean(i), "You subtract the mean, but do not divide by the deviation."),
        Mistake("wrong order", lambda i: i / deviation(i) - mean(i), "You divide first and then subtract; subtract first."),
        Mistake("Caffe's convention", lambda i: 255 * i.flip(1) - column((103.939, 116.779, 123.68), i),
                "You follow Caffe's convention: 0 … 255, blue first, only the means. The networks here follow PyTorch's."),
        Mistake("blue and red exchanged", lambda i: (i - flipped(mean(i))) / flipped(deviation(i)),
                "Your three numbers are in the order blue, green, red; here channel 0 is red."),
        *(Mistake("0 to 255", lambda i, times=times: (i * times - mean(i)) / deviation(i),
                  "You use 255, but the pixels go from 0 to 1 already.") for times in (255, 1 / 255)),
        Mistake("−1 to 1", lambda i: (i - 0.5) / 0.5,
                "You map the pixels to −1 … 1. The VGG networks were trained with ImageNet's numbers."),
        Mistake("the picture's own mean", lambda i: (i - i.mean((2, 3), keepdim=True)) / i.std((2, 3), keepdim=True),
                "You use this picture's own mean and deviation; the network knows those of ImageNet."),
        Mistake("along the width", lambda i: (i - mean(i).flatten()) / deviation(i).flatten(),
                "Your three numbers meet the *last* axis, the width. With the shape (3, 1, 1) they meet the channels."),
    ),
    minutes=5,
)  # fmt: skip


def whole(image):
    return image


def averages(image):
    """The means of squares of 2 × 2 pixels."""
    return torch.nn.functional.avg_pool2d(image, 2)


def squares(image):
    """A view that is not linear, like a network's: view(x) − view(t) is not view(x − t)."""
    return image.square() + 0.5 * image


def edges(image):
    """The differences of horizontal neighbours."""
    return image.diff(dim=3)


def apart(image, target, view):
    return view(image) - view(target)


view_loss = exercise(
    "view_loss",
    "Two pictures and a function `view` → one number: half the sum of the squares of view(image) − view(target).",
    lambda image, target, view: apart(image, target, view).square().sum() / 2,
    lambda seed: [
        (uniform(seed, 1, 3, 4, 6), uniform(seed + 1, 1, 3, 4, 6), whole),
        (uniform(seed, 1, 3, 4, 4), uniform(seed + 1, 1, 3, 4, 4), squares),
        (uniform(seed, 1, 3, 6, 4), uniform(seed + 1, 1, 3, 6, 4), averages),
        (uniform(seed, 2, 3, 3, 5), uniform(seed + 1, 2, 3, 3, 5), edges),
    ],
    "Your loss compares what a view shows of two pictures. Content and style losses differ from it in the view only.",
    (
        Hint("value",
             "By hand: views (0.2, 0.9) and (0.5, 0.5) give ½ (0.09 + 0.16) = 0.125. Difference, square, sum, half."),
        Hint("error",
             "`view` is a function: call it on each picture, `view(image) - view(target)`, and only then subtract."),
        Hint("detached", "Stay with torch functions: no `.item()`, `.detach()` or `float(...)` on the way."),
    ),
    (
        Mistake("mean for sum", lambda i, t, v: apart(i, t, v).square().mean(),
                "You take the mean of the squares; the loss here is half their sum."),
        Mistake("root", lambda i, t, v: apart(i, t, v).norm(), "You take the root of the sum; leave the root out."),
        Mistake("view of the difference", lambda i, t, v: v(i - t).square().sum() / 2,
                "You take the view of the difference. Take the view of each picture, then the difference."),
        Mistake("target not viewed", lambda i, t, v: (v(i) - t).square().sum() / 2,
                "You take the view of the image only; take the target's as well."),
        Mistake("absolute values", lambda i, t, v: apart(i, t, v).abs().sum(),
                "You sum absolute values; square the differences instead."),
        Mistake("image not viewed", lambda i, t, v: (i - v(t)).square().sum() / 2,
                "You take the view of the target only; take the image's as well."),
    ),
    minutes=5, needs_gradient=True,
)  # fmt: skip


def bowl(image):
    """½ Σ (x − 0.3)²"""
    return (image - 0.3).square().sum() / 2


def valley(image):
    """Σ x⁴/4 + 2·(mean of x)²"""
    return image.pow(4).sum() / 4 + 2 * image.mean().square()


def beyond(image):
    """½ Σ (x − 1.4)²: its lowest point is whiter than white."""
    return (image - 1.4).square().sum() / 2


def slope(image, loss):
    image = image.detach().clone().requires_grad_()
    return torch.autograd.grad(loss(image), image)[0]


gradient = exercise(
    "gradient",
    "A picture and a loss function → a tensor of the picture's shape: the slope of the loss for each number of the picture.",
    slope,
    lambda seed: [
        (uniform(seed, 1, 3, 2, 4), bowl),
        (uniform(seed, 1, 3, 4, 4), valley),
        (uniform(seed, 2, 3, 5, 2), beyond),
        (uniform(seed, 1, 3, 3, 3), lambda image: averages(image).square().sum() / 2),
    ],
    "A gradient has the picture's own shape: it is a picture itself, and you can look at it.",
    (
        Hint("error", "Three steps: `x = image.clone().requires_grad_()`, then `loss(x).backward()`, then read `x.grad`."),
        Hint("value", "Return the slope as it is: not the step, not the loss, no learning rate and no minus sign."),
    ),
    (
        Mistake("the loss", lambda i, f: f(i), "You return the loss itself; return its gradient, `x.grad`."),
        Mistake("a tuple", lambda i, f: (slope(i, f),),
                "You return a tuple: `torch.autograd.grad` gives one gradient for each input. Take its entry `[0]`."),
        Mistake("the step", lambda i, f: i - slope(i, f), "You return the picture after a step; return the gradient alone."),
        Mistake("gradient scaled", lambda i, f: slope(i, f) / slope(i, f).norm(),
                "You scale the gradient to length 1; return it as it is."),
        Mistake("gradient twice", lambda i, f: 2 * slope(i, f),
                "Your gradient is twice as large: two backward passes add up in `.grad`."),
    ),
    minutes=5,
)  # fmt: skip


def train(start, loss, steps, rate, *, low=0.0, high=1.0, accumulate=False, keep=None, once=False):
    """The pictures of a gradient descent; the options are its mistakes."""
    x, frames, total = start.clone(), [start.clone()], torch.zeros_like(start)
    for _ in range(steps):
        total = slope(start if once else x, loss) + (total if accumulate else 0)
        x = (x - rate * total).clamp(low, high)
        frames.append(x.clone())
    return [keep(frame) for frame in frames] if keep else frames


train_pixels = exercise(
    "train_pixels",
    "A picture, a loss function, a number of steps and a learning rate → a list of steps + 1 pictures: the start, and "
    "the picture after each step x ← x − rate · gradient, clamped to [0, 1].",
    train,
    lambda seed: [
        (uniform(seed, 1, 3, 2, 4), bowl, 4, 0.2),
        (uniform(seed, 1, 3, 3, 3), beyond, 5, 0.4),
        (uniform(seed, 1, 3, 5, 2), valley, 3, 0.5),
        (uniform(seed, 2, 3, 2, 3), bowl, 1, 0.1),
        (uniform(seed, 1, 3, 2, 5), bowl, 6, 1.9),
    ],
    "This loop is the engine of the whole course. What the pixels become is decided by the loss alone.",
    (
        Hint("length", "Begin the list with the start, and append one picture for each step: steps + 1 in all."),
        Hint("value", "In each round: the gradient *of the current picture*, a step against it, the clamp, a new entry."),
    ),
    (
        Mistake("clamped only in the list", partial(train, low=-1e9, high=1e9, keep=lambda x: x.clamp(0, 1)),
                "You clamp the pictures in the list, but go on with unclamped pixels: clamp the picture itself."),
        Mistake("gradients add up", partial(train, accumulate=True),
                "You let the gradients of earlier steps add up in `.grad`: take a new tensor in each step."),
        Mistake("gradient taken once", partial(train, once=True),
                "You take the gradient once, at the start; take it in the loop, at the current picture."),
        Mistake("always from the start", lambda s, f, n, r: [s] + [train(s, f, 1, r)[1]] * n,
                "You begin every step at the start again: use the new picture in the next round."),
        Mistake("only the last picture", lambda s, f, n, r: train(s, f, n, r)[-1],
                "You return only the last picture; return the whole list."),
    ),
    minutes=10, difficulty=2,
)  # fmt: skip
