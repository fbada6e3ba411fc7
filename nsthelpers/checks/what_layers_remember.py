"""Exercises of notebook 04: what can be rebuilt from a layer."""

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform
from nsthelpers.losses import total_variation_loss

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


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
        Hint("gradient", "Keep the tensor: `.item()`, `.detach()` or NumPy would cut the gradient's way to the pixels."),
    ),
    (
        Mistake("mean", lambda f, p: gap(f, p).square().mean(),
                "This is the mean of the squares; equation 1 of the paper has ½ times the sum."),
        Mistake("mean", lambda f, p: 0.5 * gap(f, p).square().mean(),
                "You took the mean of the squares; the paper sums them."),
        Mistake("no one half", lambda f, p: gap(f, p).square().sum(), "The factor ½ is missing."),
        Mistake("absolute values", lambda f, p: 0.5 * gap(f, p).abs().sum(),
                "You took absolute values; it is squares."),
        Mistake("absolute values", lambda f, p: gap(f, p).abs().sum(), "You took absolute values; it is squares."),
        Mistake("absolute values", lambda f, p: gap(f, p).abs().mean(), "You took absolute values; it is squares."),
        Mistake("root", lambda f, p: gap(f, p).norm(), "This is the distance, a root; the loss is ½ of its square."),
        Mistake("root", lambda f, p: 0.5 * gap(f, p).norm(), "This is half the distance, a root; square it."),
        Mistake("not squared", lambda f, p: 0.5 * gap(f, p).sum(),
                "The square is missing: positive and negative differences cancel."),
        Mistake("not squared", lambda f, p: gap(f, p).sum(),
                "The square is missing: positive and negative differences cancel."),
        Mistake("summed, then squared", lambda f, p: 0.5 * gap(f, p).sum().square(), "First square, then sum."),
        Mistake("not summed", lambda f, p: 0.5 * gap(f, p).square(), "The result is one number: sum over all axes."),
        Mistake("one for each picture", lambda f, p: 0.5 * gap(f, p).square().sum((1, 2, 3)),
                "Sum over the batch too."),
        Mistake("squares subtracted", lambda f, p: 0.5 * (f.square() - p.square()).sum(),
                "Subtract first, then square."),
        Mistake("relative", lambda f, p: gap(f, p).square().sum() / p.square().sum(),
                "This is the relative loss; here ½ Σ (F − P)²."),
        Mistake("divided by batch", lambda f, p: 0.5 * gap(f, p).square().sum() / len(f),
                "Do not divide by the batch."),
        Mistake("one quarter", lambda f, p: 0.25 * gap(f, p).square().sum(),
                "The factor is ½, and it stands there once."),
    ),
    minutes=4,
    needs_gradient=True,
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
        Hint("shape", "A gradient has the shape of what it belongs to: no sum, no mean."),
    ),
    (
        Mistake("gate missing", lambda z, p: gap(z.relu(), p),
                "Where Z is negative the ReLU is closed: there the gradient is 0, not −P."),
        Mistake("ReLU missing", gap, "Where Z is negative the ReLU is closed: there the gradient is 0, not Z − P."),
        Mistake("wrong sign", lambda z, p: -gap(z, p) * is_open(z), "The sign is turned: F − P, not P − F."),
        Mistake("factor 2", lambda z, p: 2 * gap(z, p) * is_open(z), "The ½ of the loss cancels the 2 of the square."),
        Mistake("one half", lambda z, p: 0.5 * gap(z, p) * is_open(z),
                "The ½ of the loss cancels the 2 of the square: no factor is left."),
        Mistake("gate of the target", lambda z, p: gap(z.relu(), p) * is_open(p),
                "What is closed is the ReLU behind Z: ask where Z > 0, not where P > 0."),
        Mistake("gate of the target", lambda z, p: gap(z, p) * is_open(p),
                "What is closed is the ReLU behind Z: ask where Z > 0, not where P > 0."),
        Mistake("gate of the difference", lambda z, p: gap(z, p).relu(),
                "You cut off negative differences. What must be positive is Z, not F − P."),
        Mistake("gate of the difference", lambda z, p: gap(z.relu(), p).relu(),
                "You cut off negative differences. What must be positive is Z, not F − P."),
        Mistake("gate turned round", lambda z, p: gap(z.relu(), p) * (1 - is_open(z)),
                "The gate is turned round: the gradient passes where Z > 0."),
        Mistake("mean", lambda z, p: gap(z, p) * is_open(z) / z.numel(), "The loss is a sum: nothing is averaged."),
        Mistake("the loss", lambda z, p: 0.5 * gap(z.relu(), p).square().sum(),
                "This is the loss; its gradient has one number for each activation."),
        Mistake("squared", lambda z, p: gap(z, p).square() * is_open(z),
                "These are the squares; their derivative is the difference."),
        Mistake("squared", lambda z, p: 0.5 * gap(z.relu(), p).square(),
                "These are the squares; their derivative is the difference."),
        Mistake("signs only", lambda z, p: gap(z, p).sign() * is_open(z),
                "These are only the signs; the gradient is the difference itself."),
        Mistake("the gate alone", lambda z, p: is_open(z), "This is where the ReLU is open; multiply it by F − P."),
        Mistake("times F", lambda z, p: gap(z, p) * z.relu(), "You multiply by F; the gate is 1 where Z > 0, not Z."),
    ),
    minutes=6,
    difficulty=2,
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
    describe,
    photo,
    start,
    steps,
    rate,
    smooth,
    distance=relative,
    make=torch.optim.Adam,
    zero=True,
    clamp="each",
    sign=1,
    prior=total_variation_loss,
    once=False,
):
    """The reconstruction loop; the arguments after `smooth` make it wrong in various ways."""
    target, image = describe(photo).detach(), start.detach().clone().requires_grad_()
    optimizer = make([image], lr=rate)
    for _ in range(steps):
        if zero and not once:
            optimizer.zero_grad()
        loss = distance(describe(image), target) + smooth * prior(image)
        if not once or image.grad is None:
            (sign * loss).backward()
        optimizer.step()
        if clamp == "each":
            with torch.no_grad():
                image.clamp_(0, 1)
    return image.detach().clamp(0, 1) if clamp == "end" else image.detach()


def variation(power):
    def prior(image):
        return sum(image.diff(dim=axis).abs().pow(power).mean() for axis in (2, 3))

    return prior


def paper(features, target):
    return 0.5 * gap(features, target).square().sum()


rebuild = exercise(
    "rebuild",
    "A function `describe`, a photo, a start (both (B, 3, H, W) in [0, 1]), steps, rate, smooth → the picture after "
    "`steps` steps of Adam, clamped to [0, 1] after each. Loss: ‖F − P‖² / ‖P‖² + smooth · total variation.",
    lambda describe, photo, start, steps, rate, smooth: search(describe, photo, start, steps, rate, smooth),
    searches,
    "You have written feature inversion (Mahendran and Vedaldi 2015). With a style term in the loss, this loop paints.",
    (
        Hint("error", "`image = start.clone().requires_grad_()` is what Adam may change; `[image]` goes into `Adam`."),
        Hint("value",
             "In the loop: zero the gradients, loss, `backward()`, `step()`, clamp under `torch.no_grad()`. The target is "
             "made once, before it."),
    ),
    (
        Mistake("gradients not zeroed", lambda *a: search(*a, zero=False),
                "Gradients of earlier steps pile up: call `optimizer.zero_grad()` in every step."),
        Mistake("not clamped", lambda *a: search(*a, clamp="no"),
                "Pixels leave [0, 1]: clamp them after each step, under `torch.no_grad()`."),
        Mistake("clamped at the end only", lambda *a: search(*a, clamp="end"),
                "You clamp once, at the end; between the steps the search has left [0, 1]."),
        Mistake("wrong direction", lambda *a: search(*a, sign=-1), "The loss grows: minimise it, not its negative."),
        Mistake("smoothness missing", lambda d, p, s, n, r, w: search(d, p, s, n, r, 0.0),
                "`smooth` times the total variation is missing from the loss."),
        Mistake("smoothness unweighted", lambda d, p, s, n, r, w: search(d, p, s, n, r, 1.0),
                "Multiply the total variation by `smooth`."),
        Mistake("other smoothness", lambda *a: search(*a, prior=variation(1)),
                "Absolute differences of neighbours: `total_variation_loss` has their squares."),
        Mistake("not relative", lambda *a: search(*a, distance=paper),
                "The content loss is not divided: ‖F − P‖² / ‖P‖²."),
        Mistake("not relative", lambda *a: search(*a, distance=lambda f, p: gap(f, p).square().sum()),
                "The content loss is not divided: ‖F − P‖² / ‖P‖²."),
        Mistake("not relative", lambda *a: search(*a, distance=lambda f, p: gap(f, p).square().mean()),
                "This is the mean square; divide by that of the target."),
        Mistake("one half too many", lambda *a: search(*a, distance=lambda f, p: paper(f, p) / p.square().sum()),
                "There is a ½ above the fraction bar and none below: ½ ‖F − P‖² / ½ ‖P‖²."),
        Mistake("starts from the photograph", lambda d, p, s, n, r, w: search(d, p, p, n, r, w),
                "Your search begins with the photograph; begin with `start`."),
        Mistake("pixels compared", lambda d, p, *a: search(lambda x: x, p, *a),
                "You compare the pixels themselves; compare `describe(image)` with `describe(photo)`."),
        Mistake("plain gradient descent", lambda *a: search(*a, make=torch.optim.SGD),
                "These are steps of plain gradient descent; use `torch.optim.Adam`."),
        *(Mistake("another optimiser", lambda *a, make=make: search(*a, make=make),
                  f"You use `{make.__name__}`; use `torch.optim.Adam`.")
          for make in (torch.optim.RMSprop, torch.optim.Adamax, torch.optim.NAdam, torch.optim.Adagrad, torch.optim.AdamW)),
        Mistake("gradient taken once", lambda *a: search(*a, once=True),
                "You take the gradient once, before the loop; it belongs into the loop, at the present picture."),
        Mistake("learning rate not used", lambda d, p, s, n, r, w: search(d, p, s, n, 0.001, w),
                "Adam works with its default rate: hand it `lr=rate`."),
        Mistake("one step only", lambda d, p, s, n, r, w: search(d, p, s, 1, r, w),
                "Only one step counts: is `return` in the loop, or do you clamp into a *new* tensor, unknown to Adam?"),
        Mistake("one step too many", lambda d, p, s, n, r, w: search(d, p, s, n + 1, r, w), "One step too many."),
        Mistake("one step too few", lambda d, p, s, n, r, w: search(d, p, s, n - 1, r, w), "One step is missing."),
        Mistake("nothing moves", lambda d, p, s, *a: s.clone(),
                "The start comes back. Is what you return the tensor that the optimiser was given?"),
        Mistake("the photograph", lambda d, p, *a: p.clone(), "The photograph itself comes back."),
    ),
    minutes=15,
    difficulty=3,
    tolerance=2e-3,
)  # fmt: skip
