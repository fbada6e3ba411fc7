"""Exercises of notebook 04: what can be rebuilt from a layer."""

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform
from nsthelpers.losses import total_variation_loss

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


def two_layers(seed):
    same = normal(seed, 1, 3, 4, 4)
    return [
        (normal(seed, 1, 2, 3, 5), normal(seed + 1, 1, 2, 3, 5)),
        (normal(seed, 2, 4, 5, 2), normal(seed + 1, 2, 4, 5, 2) + 0.5),
        (normal(seed, 1, 5, 3, 3, scale=100.0), normal(seed + 1, 1, 5, 3, 3, scale=100.0)),
        (same, same.clone()),
        (normal(seed, 3, 1, 2, 7, scale=0.01), normal(seed + 1, 3, 1, 2, 7)),
    ]


def gap(features, target):
    return features - target


content_loss = exercise(
    "content_loss",
    "Features and target, both (B, C, H, W) → one number: ½ Σ (F − P)².",
    lambda features, target: 0.5 * gap(features, target).square().sum(),
    two_layers,
    "Two pictures are alike for a layer if this number is small, whatever their pixels do.",
    (
        Hint("value", "Difference, square, sum over everything, times one half: in this order."),
        Hint("gradient", "Keep the tensor: `.item()`, `.detach()` and NumPy cut the gradient off from the pixels."),
    ),
    (
        Mistake("mean", lambda f, p: gap(f, p).square().mean(),
                "You take the mean of the squares; equation 1 of the paper has ½ times the sum."),
        Mistake("no one half", lambda f, p: gap(f, p).square().sum(), "You leave out the factor ½."),
        Mistake("absolute values", lambda f, p: 0.5 * gap(f, p).abs().sum(), "You take absolute values; take squares."),
        Mistake("not squared", lambda f, p: 0.5 * gap(f, p).sum(),
                "You do not square: positive and negative differences cancel."),
        Mistake("squares subtracted", lambda f, p: 0.5 * (f.square() - p.square()).sum(),
                "You square first and then subtract: subtract first."),
    ),
    minutes=4, needs_gradient=True,
)  # fmt: skip


def maps_and_targets(seed):
    """Activations before the ReLU, negative ones among them, and targets from behind one, with their zeros."""
    return [
        (normal(seed, 1, 2, 3, 5), normal(seed + 1, 1, 2, 3, 5).relu()),
        (normal(seed, 2, 4, 5, 2), normal(seed + 1, 2, 4, 5, 2).relu() + 0.5),
        (normal(seed, 1, 5, 3, 3, scale=10.0), normal(seed + 1, 1, 5, 3, 3, scale=10.0).relu()),
        (-uniform(seed, 1, 1, 2, 7) - 0.1, uniform(seed + 1, 1, 1, 2, 7)),
        (uniform(seed, 1, 3, 4, 2) + 0.1, uniform(seed + 1, 1, 3, 4, 2)),
    ]


def is_open(before):
    return (before > 0).to(before.dtype)


content_gradient = exercise(
    "content_gradient",
    "Activations before the ReLU and the target, both (B, C, H, W) → the gradient of ½ Σ (ReLU(Z) − P)² by Z: F − P "
    "where Z > 0, and 0 elsewhere.",
    lambda before, target: gap(before, target) * is_open(before),
    maps_and_targets,
    "This is equation 2 of Gatys et al. 2016. The rest of the way to the pixels is the chain rule, which PyTorch knows.",
    (
        Hint("value", "By hand: Z = (2, 2, −5, 1) and P = (1, 2, 1, 3) give (1, 0, 0, −2). Which place is closed?"),
        Hint("shape", "The gradient has the shape of Z: no sum, no mean."),
    ),
    (
        Mistake("gate missing", lambda z, p: gap(z.relu(), p),
                "You give −P where Z is negative: the ReLU is closed there, and the gradient is 0."),
        Mistake("ReLU missing", gap, "You give Z − P where Z is negative: the ReLU is closed there, and the gradient is 0."),
        *(Mistake("gate of the target", lambda z, p, seen=seen: gap(seen(z), p) * is_open(p),
                  "You close the gate where P is 0; it is closed where Z ≤ 0.") for seen in (torch.relu, torch.clone)),
        Mistake("gate of the difference", lambda z, p: gap(z, p).relu(),
                "You cut off negative differences; cut off where Z is negative."),
        Mistake("the loss", lambda z, p: 0.5 * gap(z.relu(), p).square().sum(),
                "You return the loss; its gradient has one number for each activation."),
        Mistake("times F", lambda z, p: gap(z, p) * z.relu(), "You multiply by F; the gate is 1 where Z > 0, not Z."),
    ),
    minutes=6, difficulty=2,
)  # fmt: skip


def small_network(seed, channels, pooled=True):
    """A convolution, a ReLU and perhaps an average pooling: a description for tiny pictures."""
    kernel = normal(seed, channels, 3, 3, 3, scale=0.4)

    def describe(image):
        """A picture (B, 3, H, W) -> its description (B, C, h, w)."""
        maps = torch.nn.functional.conv2d(image, kernel.to(image.dtype), padding=1).relu()
        return torch.nn.functional.avg_pool2d(maps, 2) if pooled else maps

    return describe


def searches(seed):
    # The first optimiser of a session makes torch import for seconds: they must not count as the learner's.
    torch.optim.Adam([torch.zeros(1)])

    def picture(number, *shape):
        return uniform(seed + number, *shape).mul(1.6).sub(0.3).clamp(0, 1)  # with some pixels at 0 and at 1

    return [
        (small_network(seed, 4), picture(0, 1, 3, 6, 8), picture(1, 1, 3, 6, 8), 4, 0.3, 0.5),
        (small_network(seed + 1, 6, False), picture(2, 2, 3, 5, 4), picture(3, 2, 3, 5, 4), 3, 0.1, 2.0),
        (small_network(seed + 2, 5, False), picture(4, 1, 3, 4, 7), picture(5, 1, 3, 4, 7), 2, 0.2, 0.0),
        (small_network(seed + 3, 3), picture(6, 1, 3, 4, 4), picture(7, 1, 3, 4, 4), 1, 0.05, 1.0),
    ]


def relative(features, target):
    return gap(features, target).square().sum() / target.square().sum()


def search(
    describe, photo, start, steps, rate, smooth, distance=relative, make=torch.optim.Adam, zero=True, clamp="each"
):
    """The reconstruction loop; the arguments after `smooth` make it wrong in various ways."""
    target, image = describe(photo).detach(), start.detach().clone().requires_grad_()
    optimizer = make([image], lr=rate)
    for _ in range(steps):
        if zero:
            optimizer.zero_grad()
        loss = distance(describe(image), target) + smooth * total_variation_loss(image)
        loss.backward()
        optimizer.step()
        if clamp == "each":
            with torch.no_grad():
                image.clamp_(0, 1)
    return image.detach().clamp(0, 1) if clamp == "end" else image.detach()


def paper(features, target):
    return 0.5 * gap(features, target).square().sum()


OTHERS = [getattr(torch.optim, name) for name in ("SGD", "RMSprop", "Adamax", "NAdam", "Adagrad", "AdamW")]

rebuild = exercise(
    "rebuild",
    "A function `describe`, a photo, a start (both (B, 3, H, W) in [0, 1]), steps, rate, smooth → the picture after "
    "`steps` steps of Adam, clamped to [0, 1] after each. Loss: ‖F − P‖² / ‖P‖² + smooth · total variation.",
    lambda describe, photo, start, steps, rate, smooth: search(describe, photo, start, steps, rate, smooth),
    searches,
    "You have written feature inversion (Mahendran and Vedaldi 2015). With a style term in the loss, this loop paints.",
    (
        Hint("error", "`image = start.clone().requires_grad_()`, and give Adam `[image]`."),
        Hint("value",
             "Make the target once, before the loop. In it: zero the gradients, loss, `backward()`, `step()`, clamp under "
             "`torch.no_grad()`."),
    ),
    (
        Mistake("gradients not zeroed", lambda *a: search(*a, zero=False),
                "You let the gradients of earlier steps pile up: call `optimizer.zero_grad()` in every step."),
        Mistake("not clamped", lambda *a: search(*a, clamp="no"),
                "Your pixels leave [0, 1]: clamp them after each step, under `torch.no_grad()`."),
        Mistake("clamped at the end only", lambda *a: search(*a, clamp="end"),
                "You clamp only once, at the end; clamp after each step."),
        *(Mistake("not relative", lambda *a, distance=distance: search(*a, distance=distance),
                  "You do not divide the content loss by ‖P‖²; it is ‖F − P‖² / ‖P‖².")
          for distance in (paper, lambda f, p: gap(f, p).square().sum(), lambda f, p: gap(f, p).square().mean())),
        *(Mistake("another optimiser", lambda *a, make=make: search(*a, make=make),
                  f"You use `{make.__name__}`; use `torch.optim.Adam`.") for make in OTHERS),
        Mistake("one step only", lambda d, p, s, n, r, w: search(d, p, s, 1, r, w),
                "Only one of your steps counts: is `return` in the loop, or do you clamp into a *new* tensor?"),
        Mistake("nothing moves", lambda d, p, s, *a: s.clone(),
                "You return the start. Did you give the optimiser the tensor that you return?"),
    ),
    minutes=15, difficulty=3, tolerance=2e-3,
)  # fmt: skip
