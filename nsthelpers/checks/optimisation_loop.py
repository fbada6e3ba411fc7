"""Exercises of notebook 07: how the pixels move."""

import math
from functools import partial

import torch

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


def bowl(image):
    """Σ (x − 0.3)²"""
    return (image - 0.3).square().sum()


def valley(image):
    """Σ x⁴/4 + 2·(mean of x)²"""
    return image.pow(4).sum() / 4 + 2 * image.mean().square()


def slope(image, loss_function):
    image = image.detach().clone().requires_grad_()
    return torch.autograd.grad(loss_function(image), image)[0]


gradient_step = exercise(
    "gradient_step",
    "An image, a loss function and a learning rate → a new image: image − learning_rate · gradient.",
    lambda image, loss_function, learning_rate: image - learning_rate * slope(image, loss_function),
    lambda seed: [
        (uniform(seed, 1, 3, 2, 4), bowl, 0.1),
        (uniform(seed, 1, 3, 4, 4), valley, 0.5),
        (normal(seed, 2, 3, 5, 2), bowl, 0.03),
        (normal(seed, 1, 3, 3, 3, scale=3.0), valley, 0.01),
        (torch.full((1, 3, 2, 2), 0.3), bowl, 1.0),
    ],
    "Pixels are trained as weights are: the gradient says where the loss grows, and you step the other way.",
    (
        Hint("error",
             "Three lines: `x = image.detach().clone().requires_grad_()`, the loss of x, its gradient. Then step."),
        Hint("value",
             "The gradient points uphill, so subtract it, times the learning rate, from the old pixels, once."),
    ),
    (
        Mistake("uphill", lambda i, f, r: i + r * slope(i, f), "You step uphill: the gradient must be subtracted."),
        Mistake("no learning rate", lambda i, f, r: i - slope(i, f), "The learning rate is not used."),
        Mistake("only the gradient", lambda i, f, r: slope(i, f),
                "This is the gradient; asked is the image after the step."),
        Mistake("only the step", lambda i, f, r: -r * slope(i, f), "This is the step alone; add it to the image."),
        Mistake("only the step", lambda i, f, r: r * slope(i, f),
                "This is the step alone; subtract it from the image."),
        Mistake("unchanged", lambda i, f, r: i, "The image did not move: is the result of the step returned?"),
        Mistake("only the sign", lambda i, f, r: i - r * slope(i, f).sign(),
                "You use only the sign of the gradient: steep and flat places then take equal steps."),
        Mistake("gradient scaled", lambda i, f, r: i - r * slope(i, f) / slope(i, f).norm(),
                "You scaled the gradient to length 1; plain gradient descent uses it as it is."),
        Mistake("clamped", lambda i, f, r: (i - r * slope(i, f)).clamp(0, 1),
                "You clamped the image to [0, 1]. A sensible wish, but not part of the gradient step."),
        Mistake("gradient twice", lambda i, f, r: i - 2 * r * slope(i, f),
                "The step is twice as long: two backward passes add up their gradients in `.grad`."),
        Mistake("learning rate twice", lambda i, f, r: i - r * r * slope(i, f),
                "The learning rate is multiplied in twice."),
        Mistake("divided by learning rate", lambda i, f, r: i - slope(i, f) / r,
                "Multiply by the rate, do not divide."),
        Mistake("two steps", lambda i, f, r: i - r * slope(i, f) - r * slope(i - r * slope(i, f), f),
                "You took two steps; one is asked."),
        Mistake("loss subtracted", lambda i, f, r: i - r * f(i),
                "You subtract the loss itself; its gradient is needed."),
        Mistake("the loss", lambda i, f, r: f(i), "This is the loss; asked is the image after the step."),
    ),
    minutes=6,
    difficulty=2,
)  # fmt: skip


def walk(
    image, loss_function, learning_rate, steps, *, after=False, accumulate=False, keep_last=True, sign=-1, decay=1.0
):
    losses, x, total = [], image.clone(), torch.zeros_like(image)
    for step in range(steps):
        total = slope(x, loss_function) + (total if accumulate else 0)
        losses.append(loss_function(x).item())
        x = x + sign * learning_rate * decay**step * total
        if after:
            losses[-1] = loss_function(x).item()
        if not keep_last and step == steps - 2:
            early = x
    return (x if keep_last or steps < 2 else early), losses


def walk_to_best(image, loss_function, rate, steps):
    images = [walk(image, loss_function, rate, n)[0] for n in range(steps + 1)]
    return min(images, key=loss_function), walk(image, loss_function, rate, steps)[1]


def walk_clamped(image, loss_function, rate, steps):
    losses, x = [], image.clone()
    for _ in range(steps):
        losses.append(loss_function(x).item())
        x = (x - rate * slope(x, loss_function)).clamp(0, 1)
    return x, losses


descend = exercise(
    "descend",
    "An image, a loss function, a learning rate and a number of steps → (the last image, the loss before each step).",
    walk,
    lambda seed: [
        (uniform(seed, 1, 3, 2, 4), bowl, 0.1, 4),
        (uniform(seed, 1, 3, 3, 3), valley, 0.5, 3),
        (normal(seed, 2, 3, 4, 2), bowl, 0.9, 5),
        (normal(seed, 1, 3, 2, 5), valley, 0.05, 1),
        (uniform(seed, 1, 3, 2, 2), bowl, 1.2, 6),
    ],
    "This loop is style transfer: everything else is a better loss and a cleverer step.",
    (
        Hint("value", "In each round, in this order: loss, note it, gradient, step. The gradient is new each time."),
        Hint("length",
             "One loss for each step, noted before the step: `steps` numbers, the last image's is not among them."),
    ),
    (
        Mistake("loss after the step", partial(walk, after=True),
                "You noted each loss after its step; note it before, with the pixels that the gradient was taken at."),
        Mistake("one loss too many", lambda i, f, r, n: (walk(i, f, r, n)[0], walk(i, f, r, n + 1)[1]),
                "There is one loss too many: that of the last image is not asked."),
        Mistake("only the last loss", lambda i, f, r, n: (walk(i, f, r, n)[0], walk(i, f, r, n)[1][-1:]),
                "Only the last loss is there: start the list before the loop, and append to it inside."),
        Mistake("gradients add up", partial(walk, accumulate=True),
                "The gradients of earlier steps are still in `.grad` and add up: clear it before each `backward`."),
        Mistake("uphill", partial(walk, sign=1), "The loss grows: you add the gradient instead of subtracting it."),
        Mistake("one step", lambda i, f, r, n: (walk(i, f, r, 1)[0], [f(i).item()] * n),
                "Every step starts from the first image: the new image must go into the next round."),
        Mistake("one step", lambda i, f, r, n: (walk(i, f, r, 1)[0], [f(i).item()]),
                "Only one step is made: is the `return` inside the loop?"),
        Mistake("one step too many", lambda i, f, r, n: walk(i, f, r, n + 1),
                "One step too many: `range(steps)` is enough."),
        Mistake("one step too few", lambda i, f, r, n: walk(i, f, r, n - 1), "One step is missing: `range(steps)`."),
        Mistake("last step lost", partial(walk, keep_last=False),
                "The losses are right, but the image is the one before the last step."),
        Mistake("image unchanged", lambda i, f, r, n: (i, walk(i, f, r, n)[1]),
                "You return the first image; the one after the last step is asked."),
        Mistake("best image", walk_to_best,
                "You return the best image; here the last one is asked (the best comes later)."),
        Mistake("clamped", walk_clamped,
                "You clamp to [0, 1] after each step; that is not part of plain gradient descent."),
        Mistake("order of results", lambda *a: walk(*a)[::-1],
                "The two results are exchanged: first the image, then the losses."),
        Mistake("only the image", lambda *a: walk(*a)[0], "The list of losses is missing: `return image, losses`."),
        Mistake("losses reversed", lambda *a: (walk(*a)[0], walk(*a)[1][::-1]), "The losses stand in reverse order."),
    ),
    minutes=10,
    difficulty=2,
)  # fmt: skip


def adam(gradient, mean, square, step, learning_rate, *, first=0.9, second=0.999, variant=""):
    mean = first * mean + (1 - first) * gradient
    square = second * square + (1 - second) * (gradient.abs() if variant == "not squared" else gradient**2)
    shift = {"step from 0": -1, "step late": 1}.get(variant, 0)
    right_mean = mean / (1 - first ** (step + shift)) if step + shift and variant != "none" else mean / 0
    right_square = square / (1 - second ** (step + shift)) if step + shift and variant != "none" else square / 0
    if variant == "none":
        right_mean, right_square = mean, square
    elif variant == "mean only":
        right_square = square
    elif variant == "square only":
        right_mean = mean
    if variant == "epsilon inside":
        update = learning_rate * right_mean / (right_square + 1e-8).sqrt()
    elif variant == "no epsilon":
        update = learning_rate * right_mean / right_square.sqrt()
    elif variant == "no root":
        update = learning_rate * right_mean / (right_square + 1e-8)
    else:
        update = learning_rate * right_mean / (right_square.sqrt() + 1e-8)
    return (update, right_mean, right_square) if variant == "corrected state" else (update, mean, square)


def adam_inputs(seed):
    gradient, later = normal(seed, 1, 3, 2, 4), normal(seed + 1, 1, 3, 4, 4, scale=5.0)
    zero = torch.zeros_like
    return [
        (gradient, zero(gradient), zero(gradient), 1, 0.02),
        (later, normal(seed, 1, 3, 4, 4), uniform(seed, 1, 3, 4, 4) * 9, 3, 0.1),
        (normal(seed, 2, 3, 5, 2), normal(seed + 2, 2, 3, 5, 2), uniform(seed, 2, 3, 5, 2), 40, 1.0),
        (gradient * 1e-8, zero(gradient), zero(gradient), 1, 0.02),
        (zero(gradient), zero(gradient), zero(gradient), 2, 0.02),
    ]


adam_step = exercise(
    "adam_step",
    "gradient, mean, square, step (from 1), learning rate → (update to subtract, new mean, new square).",
    adam,
    adam_inputs,
    "Adam divides each pixel's mean gradient by its usual size: all pixels move at about the learning rate.",
    (
        Hint("value",
             "mean ← 0.9·mean + 0.1·g, square ← 0.999·square + 0.001·g²; correct *copies* by 1 − 0.9^t and 1 − "
             "0.999^t."),
        Hint("nan",
             "At step 1 the corrections are 1 − 0.9 and 1 − 0.999; where the gradient is 0, ε = 1e-8 saves the "
             "division."),
    ),
    (
        Mistake("no bias correction", partial(adam, variant="none"),
                "The bias correction is missing: divide by 1 − βᵗ, or the first steps are far off."),
        Mistake("half corrected", partial(adam, variant="mean only"),
                "Only the mean is corrected; the square needs 1 − 0.999ᵗ."),
        Mistake("half corrected", partial(adam, variant="square only"),
                "Only the square is corrected; the mean needs 1 − 0.9ᵗ."),
        Mistake("step from 0", partial(adam, variant="step from 0"),
                "The correction uses t − 1; steps count from 1, so at the first step it would divide by 0."),
        Mistake("step late", partial(adam, variant="step late"),
                "The correction uses t + 1; `step` already counts from 1."),
        Mistake("betas exchanged", partial(adam, first=0.999, second=0.9),
                "The two betas are exchanged: mean 0.9, square 0.999."),
        Mistake("epsilon inside the root", partial(adam, variant="epsilon inside"),
                "ε stands inside the root; in the paper it is added after the root, which matters for tiny gradients."),
        Mistake("no epsilon", partial(adam, variant="no epsilon"),
                "Where the gradient is 0 you divide 0 by 0: ε is missing."),
        Mistake("no root", partial(adam, variant="no root"), "The root of the mean square is missing."),
        Mistake("not squared", partial(adam, variant="not squared"), "The second average takes g² (you have |g|)."),
        Mistake("corrected state", partial(adam, variant="corrected state"),
                "You return the corrected averages; keep the uncorrected ones, or the next step corrects them again."),
        Mistake("wrong sign", lambda *a: (-adam(*a)[0], *adam(*a)[1:]),
                "The update has the wrong sign: it is subtracted from the image later."),
        Mistake("order of results", lambda *a: (*adam(*a)[1:], adam(*a)[0]),
                "First the update, then mean, then square."),
        Mistake("order of results", lambda *a: (adam(*a)[0], adam(*a)[2], adam(*a)[1]),
                "Mean and square are exchanged."),
        Mistake("no learning rate", lambda g, m, s, t, r: adam(g, m, s, t, 1.0), "The learning rate is not used."),
        Mistake("old averages used",
                lambda g, m, s, t, r: (adam(g * 0, m / 0.9, s / 0.999, t, r)[0], *adam(g, m, s, t, r)[1:]),
                "The update uses the old averages: update them first."),
        Mistake("new gradient not scaled",
                lambda g, m, s, t, r: adam(g * 10, m, s + g**2 * 0.9 / 0.999, t, r),
                "The new gradient comes in whole: it needs the weight 1 − β."),
        Mistake("only the update", lambda *a: adam(*a)[0],
                "Three results are asked: the update, the new mean, the new square."),
        Mistake("state not updated", lambda g, m, s, t, r: (adam(g, m, s, t, r)[0], m, s),
                "You return the old averages."),
    ),
    minutes=12,
    difficulty=3,
)  # fmt: skip


def images_and_losses(seed, *losses):
    return [uniform(seed + place, 1, 3, 2, 3) for place in range(len(losses))], list(losses)


def index_by(choice):
    return lambda images, losses: images[choice(losses)]


def finite(losses):
    return [value for value in losses if math.isfinite(value)]


keep_best = exercise(
    "keep_best",
    "A list of images and a list of their losses → the image of the lowest finite loss: NaN and inf never win.",
    lambda images, losses: images[losses.index(min(finite(losses)))],
    lambda seed: [
        images_and_losses(seed, 3.0, -1.0, 0.5),
        images_and_losses(seed, math.nan, 5.0, 4.0, 6.0),
        images_and_losses(seed, 2.5, math.nan, 0.5, math.inf),
        images_and_losses(seed, 7.0, -math.inf, 6.5, 8.0, math.nan),
        images_and_losses(seed, math.inf, math.nan, 9.0),
    ],
    "A run may blow up in its last step; who keeps the best image loses nothing.",
    (
        Hint("value", "Compare only losses for which `math.isfinite(loss)` holds: every comparison with NaN is False."),
        Hint("error", "Keep image and loss together: `for image, loss in zip(images, losses)`."),
    ),
    (
        Mistake("NaN wins", index_by(lambda v: v.index(min(v))),
                "NaN gets in the way: `min` keeps what it has when a comparison with NaN is False. Sort out "
                "non-finite ones."),
        Mistake("NaN wins", index_by(lambda v: int(torch.tensor(v).argmin())),
                "`argmin` takes NaN for the smallest: sort out the losses that are not finite."),
        Mistake("−inf wins", index_by(lambda v: v.index(min(x for x in v if not math.isnan(x)))),
                "NaN is out, but −inf still wins: `math.isfinite` sorts out all three."),
        Mistake("index shifted", index_by(lambda v: finite(v).index(min(finite(v)))),
                "The index counts in the filtered list, but you use it in the whole one."),
        Mistake("index shifted", index_by(lambda v: [x for x in v if x == x].index(min(x for x in v if x == x))),
                "The index counts in the filtered list, but you use it in the whole one."),
        Mistake("last image", index_by(lambda v: -1), "This is the last image, not the best."),
        Mistake("last finite image", index_by(lambda v: v.index(finite(v)[-1])),
                "This is the last finite one, not the best."),
        Mistake("first image", index_by(lambda v: 0), "This is the first image: is the `return` inside the loop?"),
        Mistake("highest loss", index_by(lambda v: v.index(max(finite(v)))),
                "This is the worst image: lower is better."),
        Mistake("highest loss", index_by(lambda v: v.index(max(v))), "This is the worst image: lower is better."),
        Mistake("the loss", lambda images, losses: min(finite(losses)), "This is the loss; asked is its image."),
        Mistake("the index", lambda images, losses: losses.index(min(finite(losses))),
                "This is the index; asked is the image."),
        Mistake("the index", lambda images, losses: losses.index(min(losses)),
                "This is the index; asked is the image."),
        Mistake("smallest size", index_by(lambda v: v.index(min(finite(v), key=abs))),
                "Compare the losses, not their sizes."),
    ),
    minutes=5,
)  # fmt: skip
