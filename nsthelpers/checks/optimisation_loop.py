"""Exercises of notebook 07: how the pixels move."""

from functools import partial

import torch

from nsthelpers.checks.gram_matrices import batched as gram
from nsthelpers.checks.images_as_tensors import slope, valley
from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform
from nsthelpers.checks.what_layers_remember import relative

book = Book(__name__)
predict, score, progress, report, exercise = book.predict, book.score, book.progress, book.report, book.exercise


def bowl(image):
    """Σ (x − 0.3)²"""
    return (image - 0.3).square().sum()


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
        Hint("error", "Three lines: `x = image.detach().clone().requires_grad_()`, the loss of x, its gradient. Then step."),
        Hint("value", "The gradient points uphill, so subtract it, times the learning rate, from the old pixels, once."),
    ),
    (
        Mistake("uphill", lambda i, f, r: i + r * slope(i, f), "You step uphill: subtract the gradient."),
        Mistake("gradient twice", lambda i, f, r: i - 2 * r * slope(i, f),
                "Your step is twice as long: two backward passes add up in `.grad`."),
        Mistake("only the gradient", lambda i, f, r: slope(i, f),
                "You return the gradient; return the image after the step."),
        Mistake("only the step", lambda i, f, r: r * slope(i, f), "You return the step alone; subtract it from the image."),
        Mistake("only the sign", lambda i, f, r: i - r * slope(i, f).sign(),
                "You use only the sign of the gradient, as Adam does at first: steep and flat places take equal steps."),
        Mistake("loss subtracted", lambda i, f, r: i - r * f(i),
                "You subtract the loss itself; subtract its gradient, times the rate."),
        Mistake("the loss", lambda i, f, r: f(i), "You return the loss; return the image after the step."),
    ),
    minutes=6, difficulty=2,
)  # fmt: skip


def small_network(seed, channels, *more):
    """A network of 1 × 1 convolutions for tiny pictures; its weights can be trained, as those of a real one can.

    Written as products: torch would share a convolution out among threads, which takes seconds on a busy machine.
    """
    kernels, given = [], 3
    for number, count in enumerate((channels, *more)):
        kernels.append(normal(seed + number, count, given, scale=0.8).requires_grad_())
        given = count

    def features(image):
        """A picture (1, 3, H, W) -> (content maps, a list of style maps), each (1, C, h, w)."""
        maps, styles = image, []
        for kernel in kernels:
            maps = torch.einsum("oc,bchw->bohw", kernel.to(image.dtype), maps).relu()
            styles.append(maps)
            maps = torch.nn.functional.avg_pool2d(maps, 2)
        return styles[-1], styles

    return features


def lbfgs(pixels):
    return torch.optim.LBFGS(pixels, max_iter=1)


def lbfgs_in_threes(pixels):
    return torch.optim.LBFGS(pixels, max_iter=3)


def adam_of(pixels):
    return torch.optim.Adam(pixels, lr=0.1)


def paintings(seed):
    # The first optimiser of a session makes torch import for seconds: they must not count as the learner's.
    torch.optim.Adam([torch.zeros(1)])

    def picture(number, *shape):
        return uniform(seed + number, 1, 3, *shape).mul(1.6).sub(0.3).clamp(0, 1)  # with some pixels at 0 and at 1

    return [
        (small_network(seed, 4), picture(0, 6, 8), picture(1, 5, 4), picture(2, 6, 8), adam_of, 2, 0.5),
        (small_network(seed + 1, 3, 5), picture(3, 8, 6), picture(4, 4, 4), picture(5, 8, 6), lbfgs, 3, 0.2),
        (small_network(seed + 2, 4, 3), picture(6, 4, 8), picture(7, 8, 8), picture(8, 4, 8), lbfgs_in_threes, 2, 2.0),
        (small_network(seed + 3, 5), picture(9, 4, 4), picture(10, 6, 4), picture(11, 4, 4), lbfgs_in_threes, 1, 0.5),
        (small_network(seed + 4, 2, 4), picture(12, 4, 6), picture(13, 4, 6), picture(14, 4, 6), adam_of, 1, 1.5),
    ]


def undivided(maps):
    return maps.flatten(2) @ maps.flatten(2).transpose(1, 2)


def paint(
    features,
    photo,
    painting,
    start,
    make_optimiser,
    steps,
    content_weight,
    *,
    distance=relative,
    table=gram,
    detach=True,
    zero=True,
    clamp="between",
    anew=False,
    frozen=False,
    closure_only="given",
    losses_of="each",
    style=lambda terms: sum(terms) / len(terms),
    combine=lambda content, style, weight: weight * content + style,
):
    """The style-transfer loop; the arguments after `content_weight` make it wrong in various ways."""
    with torch.set_grad_enabled(not detach):
        target = features(photo)[0]
        tables = [table(maps) for maps in features(painting)[1]]
    pixels = start.detach().clone().requires_grad_()
    shown, optimiser, losses = pixels, make_optimiser([pixels]), []

    def measure():
        content, styles = features(shown.detach() if frozen else shown.clamp(0, 1) if clamp == "loss" else shown)
        terms = [distance(table(maps), wanted) for maps, wanted in zip(styles, tables, strict=True)]
        return combine(distance(content, target), style(terms), content_weight)

    def closure():
        if clamp in ("closure", "closure and end"):
            pixels.data.clamp_(0, 1)
        if zero is True:
            optimiser.zero_grad()
        loss = measure()
        loss.backward()
        if zero == "after":
            optimiser.zero_grad()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        kept = list(losses)
        if zero == "step":
            optimiser.zero_grad()
        if anew:
            optimiser = make_optimiser([pixels])
        if closure_only == "missing":
            closure()
            optimiser.step()
        else:
            optimiser.step((lambda: closure() and None) if closure_only == "empty" else closure)
        if clamp == "between":
            pixels.data.clamp_(0, 1)
        elif clamp == "new tensor":
            shown = shown.clamp(0, 1)
        elif clamp == "new leaf":
            pixels = shown = shown.detach().clamp(0, 1).requires_grad_()
        if losses_of != "each":
            losses = [*kept, losses[len(kept)] if losses_of == "first" else losses[-1]]
    if clamp in ("end", "loss", "closure and end"):
        pixels.data.clamp_(0, 1)
    return shown.detach(), losses


def paint_with(**changes):
    return partial(paint, **changes)


def swapped(features, photo, painting, start, make, steps, weight):
    """Content of the painting, style of the photograph; where their shapes differ, the content cannot be compared."""
    return paint(features, painting, photo, start, make, steps, weight)


style_transfer = exercise(
    "style_transfer",
    "A network, a photograph, a painting, a start (all pictures (1, 3, H, W)), what makes the optimiser, a number of steps "
    "and the content weight → (the picture after the last step, in [0, 1]; a list with the loss of every evaluation).",
    lambda features, photo, painting, start, make_optimiser, steps, content_weight: paint(
        features, photo, painting, start, make_optimiser, steps, content_weight
    ),
    paintings,
    "This is the method of Gatys, Ecker and Bethge: everything else in this course measures it, speeds it up or steers it.",
    (
        Hint("value",
             "Targets once, before the loop. In the closure: `zero_grad`, features of the pixels, loss, `backward`, note "
             "`loss.item()`, return the loss. After each step: clamp."),
        Hint("error",
             "`pixels = start.clone().requires_grad_()`; the targets under `torch.no_grad()`; `optimiser.step(closure)`, "
             "where the closure returns the loss."),
    ),
    (
        Mistake("gradient not zeroed", paint_with(zero=False),
                "You let earlier gradients add up: call `optimiser.zero_grad()` at the top of the closure."),
        *(Mistake("clamp in the closure", paint_with(clamp=clamp),
                  "You clamp inside the closure, where the optimiser needs the loss at *its* point, unmoved. Clamp after "
                  "`optimiser.step(closure)`.") for clamp in ("closure", "closure and end")),
        Mistake("clamp only at the end", paint_with(clamp="end"), "You clamp only once, at the end; clamp after each step."),
        Mistake("one step", lambda f, p, a, s, make, n, w: paint(f, p, a, s, make, 1, w),
                "You make only one step: is `return` in the loop?"),
        Mistake("clamp in the loss", paint_with(clamp="loss"),
                "You measure a clamped copy: a pixel outside has no gradient and cannot return. Clamp the pixels "
                "themselves, after each step."),
        Mistake("not clamped", paint_with(clamp="no"),
                "Your pixels leave [0, 1]. Clamp them in place after each step: `pixels.clamp_(0, 1)` under "
                "`torch.no_grad()`. Without the `_` it makes a new tensor."),
        *(Mistake("clamped into a new tensor", paint_with(clamp=clamp),
                  "Your clamp makes a new tensor, and the optimiser still holds the old one. Change the pixels in place: "
                  "`pixels.clamp_(0, 1)` under `torch.no_grad()`.") for clamp in ("new tensor", "new leaf")),
        Mistake("target not detached", paint_with(detach=False),
                "Your targets keep their graph, and the second `backward` fails in it. Compute them under "
                "`torch.no_grad()`, or `.detach()` them."),
        Mistake("closure", paint_with(closure_only="missing"),
                "You call `step()` without the closure; L-BFGS needs it: `optimiser.step(closure)`, and the closure "
                "ends with `return loss`."),
        Mistake("closure", paint_with(closure_only="empty"),
                "Your closure returns nothing; the optimiser needs the loss: end it with `return loss`."),
        Mistake("returns the start", lambda f, p, a, start, *r: (start, paint(f, p, a, start, *r)[1]),
                "You return the start; return the pixels that you gave to the optimiser."),
        Mistake("pixels do not move", paint_with(frozen=True),
                "Your pixels never move: does the optimiser hold the tensor that you measure and return, and does the "
                "gradient reach it?"),
        Mistake("Gram matrix not divided", paint_with(table=undivided),
                "You do not divide your Gram matrices by H·W, and photograph and painting differ in size."),
        *(Mistake("not relative", paint_with(distance=lambda found, wanted, of=of: of((found - wanted).square())),
                  "You do not divide the terms by ‖target‖², so that a layer with large numbers drowns the others.")
          for of in (torch.sum, torch.mean)),
        Mistake("divided by the picture", paint_with(distance=lambda found, wanted: relative(wanted, found)),
                "You divide by the picture's own maps, which change at each step; divide by the target's."),
        Mistake("style not averaged", paint_with(style=sum),
                "You add up the style layers; take their mean, so that the content weight keeps its meaning."),
        *(Mistake("only one style layer", paint_with(style=one),
                  "You count only one style layer: does each layer overwrite the sum of those before?")
          for one in (lambda terms: terms[-1], lambda terms: terms[-1] / len(terms), lambda terms: terms[0])),
        Mistake("weights exchanged", paint_with(combine=lambda c, s, w: c + w * s),
                "You multiply the style by the content weight; multiply the content."),
        Mistake("style missing", paint_with(combine=lambda c, s, w: w * c), "You leave out the style term."),
        Mistake("content and style exchanged", swapped,
                "You exchange photograph and painting: content from the first, style from the second."),
        Mistake("optimiser made anew", paint_with(anew=True),
                "You make a new optimiser in every step, and it knows nothing of the steps before: make it once."),
        *(Mistake("one loss for each step", paint_with(losses_of=which),
                  "You note one loss for each step; one step of L-BFGS may be several evaluations. Note it in the closure.")
          for which in ("first", "last")),
    ),
    minutes=20, difficulty=3, tolerance=1e-3,
)  # fmt: skip


def adam(gradient, mean, square, step, learning_rate, *, first=0.9, second=0.999, power=lambda g: g**2,
         correct=("mean", "square"), below=lambda s: s.sqrt() + 1e-8, keep_corrected=False):  # fmt: skip
    """Adam's step; the options are its mistakes."""
    mean = first * mean + (1 - first) * gradient
    square = second * square + (1 - second) * power(gradient)
    right_mean = mean / (1 - first**step) if "mean" in correct else mean
    right_square = square / (1 - second**step) if "square" in correct else square
    update = learning_rate * right_mean / below(right_square)
    return (update, right_mean, right_square) if keep_corrected else (update, mean, square)


def adam_corrected(gradient, mean, square, rate, first, second):
    """Adam's step with given corrections: it divides by `first` and `second`."""
    mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
    return rate * (mean / first) / ((square / second).sqrt() + 1e-8), mean, square


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
        Hint("value", "mean ← 0.9·mean + 0.1·g, square ← 0.999·square + 0.001·g²; divide *copies* by 1 − βᵗ."),
        Hint("nan", "At step 1 you divide by 1 − 0.9 and 1 − 0.999. Where the gradient is 0 you need ε = 1e-8."),
    ),
    (
        Mistake("corrected state", partial(adam, keep_corrected=True),
                "You return the corrected averages; keep the uncorrected ones, or the next step corrects them again."),
        Mistake("no bias correction", partial(adam, correct=()),
                "You leave out the bias correction: divide by 1 − βᵗ, or the first steps are far off."),
        *(Mistake("half corrected", partial(adam, correct=(done,)),
                  f"You correct only the {done}; correct both, by 1 − 0.9ᵗ and 1 − 0.999ᵗ.")
          for done in ("mean", "square")),
        *(Mistake("other betas", partial(adam, first=first, second=second),
                  f"You take {first} for the mean and {second} for the square; the betas are 0.9 and 0.999.")
          for first, second in ((0.999, 0.9), (0.99, 0.999), (0.9, 0.99), (0.9, 0.9), (0.999, 0.999))),
        Mistake("epsilon inside the root", partial(adam, below=lambda s: (s + 1e-8).sqrt()),
                "You add ε inside the root; the paper adds it after the root, which matters for tiny gradients."),
        Mistake("no epsilon", partial(adam, below=torch.sqrt),
                "You leave out ε: where the gradient is 0 you divide 0 by 0."),
        Mistake("no root", partial(adam, below=lambda s: s + 1e-8), "You do not take the root of the mean square."),
        Mistake("not squared", partial(adam, power=torch.abs), "You average |g|; the second average takes g²."),
        Mistake("not squared", partial(adam, power=lambda g: g), "You average g itself; the second average takes g²."),
        Mistake("times the step", lambda g, m, s, t, r: adam_corrected(g, m, s, r, 1 - 0.9 * t, 1 - 0.999 * t),
                "You multiply β by the step; take β to the power of the step: `0.9 ** step`."),
        Mistake("old averages used",
                lambda g, m, s, t, r: (adam(g * 0, m / 0.9, s / 0.999, t, r)[0], *adam(g, m, s, t, r)[1:]),
                "You use the old averages for the update: update them first."),
        Mistake("new gradient not scaled",
                lambda g, m, s, t, r: adam(g * 10, m, s + g**2 * 0.9 / 0.999, t, r),
                "You add the whole new gradient: give it the weight 1 − β."),
    ),
    minutes=12, difficulty=3,
)  # fmt: skip
