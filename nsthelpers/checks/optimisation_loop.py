"""Exercises of notebook 07: how the pixels move."""

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
                "You returned the gradient; return the image after the step."),
        Mistake("only the step", lambda i, f, r: -r * slope(i, f), "This is the step alone; add it to the image."),
        Mistake("only the step", lambda i, f, r: r * slope(i, f),
                "This is the step alone; subtract it from the image."),
        Mistake("unchanged", lambda i, f, r: i, "The image did not move: is the result of the step returned?"),
        Mistake("only the sign", lambda i, f, r: i - r * slope(i, f).sign(),
                "You use only the sign of the gradient, as Adam does at first: steep and flat places take equal steps."),
        Mistake("gradient scaled", lambda i, f, r: i - r * slope(i, f) / slope(i, f).norm(),
                "You scaled the gradient to length 1; plain gradient descent uses it as it is."),
        Mistake("one slope for all", lambda i, f, r: i - r * slope(i, f).mean(),
                "You take the mean of the gradient; every pixel has a slope of its own."),
        Mistake("clamped", lambda i, f, r: (i - r * slope(i, f)).clamp(0, 1),
                "You clamped the image to [0, 1]. A sensible wish, but not part of the gradient step."),
        Mistake("gradient twice", lambda i, f, r: i - 2 * r * slope(i, f),
                "The step is twice as long: two backward passes add up their gradients in `.grad`."),
        Mistake("learning rate twice", lambda i, f, r: i - r * r * slope(i, f),
                "The learning rate is multiplied in twice."),
        Mistake("divided by learning rate", lambda i, f, r: i - slope(i, f) / r,
                "Multiply by the rate, do not divide."),
        Mistake("two steps", lambda i, f, r: i - r * slope(i, f) - r * slope(i - r * slope(i, f), f),
                "You took two steps; take one."),
        Mistake("loss subtracted", lambda i, f, r: i - r * f(i),
                "You subtract the loss itself; its gradient is needed."),
        Mistake("the loss", lambda i, f, r: f(i), "You returned the loss; return the image after the step."),
    ),
    minutes=6,
    difficulty=2,
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


def relative(found, wanted):
    return (found - wanted).square().sum() / wanted.square().sum()


def undivided(maps):
    return maps.flatten(2) @ maps.flatten(2).transpose(1, 2)


def gram(maps):
    return undivided(maps) / maps[0, 0].numel()


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
    begin="start",
    anew=False,
    frozen=False,
    closure_only="given",
    losses_of="each",
    style=lambda terms: sum(terms) / len(terms),
    combine=lambda content, style, weight: weight * content + style,
    sign=1,
):
    """The style-transfer loop; the arguments after `content_weight` make it wrong in various ways."""
    with torch.set_grad_enabled(not detach):
        target = features(photo)[0]
        tables = [table(maps) for maps in features(painting)[1]]
    pixels = {"start": start, "photo": photo, "painting": painting}[begin].detach().clone().requires_grad_()
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
        loss = sign * measure()
        loss.backward()
        if zero == "after":
            optimiser.zero_grad()
        losses.append(sign * loss.item())
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
        if losses_of == "after":
            losses[-1] = measure().item()
        elif losses_of != "each":
            losses = [*kept, losses[len(kept)] if losses_of == "first" else losses[-1]]
    if clamp in ("end", "loss", "closure and end"):
        pixels.data.clamp_(0, 1)
    return shown.detach(), losses


def paint_with(**changes):
    return partial(paint, **changes)


def after(change):
    return lambda *given: change(*paint(*given))


def only_means(maps):
    return maps.mean(dim=(2, 3))


def mean_squared(found, wanted):
    return (found - wanted).square().mean()


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
                "The gradients of earlier evaluations are still in `.grad` and add up: `optimiser.zero_grad()` belongs "
                "at the top of the closure."),
        Mistake("clamp in the closure", paint_with(clamp="closure"),
                "You clamp inside the closure. The optimiser asks there for the loss at *its* point; a clamp moves the "
                "point behind its back. Clamp after `optimiser.step(closure)`."),
        Mistake("clamp in the closure", paint_with(clamp="closure and end"),
                "You clamp inside the closure. The optimiser asks there for the loss at *its* point; a clamp moves the "
                "point behind its back. Clamp after `optimiser.step(closure)`."),
        Mistake("clamp only at the end", paint_with(clamp="end"),
                "You clamp once, at the end: the steps before were made with pixels that no screen can show. Clamp after "
                "each step."),
        Mistake("clamp in the loss", paint_with(clamp="loss"),
                "You measure a clamped copy: a pixel outside then has no gradient and cannot return. Clamp the pixels "
                "themselves, between the steps."),
        Mistake("not clamped", paint_with(clamp="no"),
                "The pixels leave [0, 1]. Clamp them in place after each step, under `torch.no_grad()`: "
                "`pixels.clamp(0, 1)` alone makes a new tensor and changes nothing."),
        Mistake("clamped into a new tensor", paint_with(clamp="new tensor"),
                "`pixels = pixels.clamp(0, 1)` makes a new tensor, and the optimiser still holds the old one. Change the "
                "pixels in place: `pixels.clamp_(0, 1)` under `torch.no_grad()`."),
        Mistake("clamped into a new tensor", paint_with(clamp="new leaf"),
                "Your clamp makes a new tensor, and the optimiser still holds the old one: only one step counts. Change "
                "the pixels in place: `pixels.clamp_(0, 1)` under `torch.no_grad()`."),
        Mistake("target not detached", paint_with(detach=False),
                "The targets still hang on their graph: the second `backward` goes through it again and fails. Compute "
                "them under `torch.no_grad()`, or `.detach()` them."),
        Mistake("closure", paint_with(closure_only="missing"),
                "L-BFGS has to ask for the loss itself: hand the closure over, `optimiser.step(closure)`, and let the "
                "closure end with `return loss`."),
        Mistake("closure", paint_with(closure_only="empty"),
                "Your closure returns nothing; the optimiser needs the loss: end it with `return loss`."),
        Mistake("mean removed", paint_with(table=lambda maps: gram(maps - maps.mean(dim=(2, 3), keepdim=True))),
                "You subtracted each map's mean first: this is the covariance. The Gram matrix keeps the mean."),
        Mistake("returns the start", lambda f, p, a, start, *r: (start, paint(f, p, a, start, *r)[1]),
                "You return the start. The pixels that the optimiser holds have moved: return those."),
        Mistake("pixels do not move", paint_with(frozen=True),
                "The pixels never move: does the optimiser hold the same tensor that you measure and return, and does "
                "the gradient reach it?"),
        Mistake("starts from the photograph", paint_with(begin="photo"),
                "You start from the photograph; begin with a copy of `start`."),
        Mistake("Gram matrix not divided", paint_with(table=undivided),
                "Your Gram matrices grow with the size of the picture, and photograph and painting differ in size: "
                "divide by H·W."),
        Mistake("not relative", paint_with(distance=lambda found, wanted: (found - wanted).square().sum()),
                "The terms are not divided by ‖target‖²: a layer with large numbers then drowns the others."),
        Mistake("not relative", paint_with(distance=mean_squared),
                "This is the mean squared difference; divide the *sum* by ‖target‖² instead."),
        Mistake("divided by the picture", paint_with(distance=lambda found, wanted: relative(wanted, found)),
                "You divide by the picture's own maps, which change at each step; divide by the target's."),
        Mistake("root", paint_with(distance=lambda found, wanted: relative(found, wanted).sqrt()),
                "You have a root too many: the terms are squared distances over squared lengths."),
        Mistake("style not averaged", paint_with(style=sum),
                "You add up the style layers; take their mean, so that the content weight keeps its meaning."),
        Mistake("only one style layer", paint_with(style=lambda terms: terms[-1]),
                "Only the last style layer counts: does each layer overwrite the sum of those before?"),
        Mistake("only one style layer", paint_with(style=lambda terms: terms[-1] / len(terms)),
                "Only the last style layer counts: does each layer overwrite the sum of those before?"),
        Mistake("only one style layer", paint_with(style=lambda terms: terms[0]),
                "Only the first style layer counts."),
        Mistake("weights exchanged", paint_with(combine=lambda c, s, w: c + w * s),
                "The weight stands at the style term; it belongs to the content."),
        Mistake("no content weight", paint_with(combine=lambda c, s, w: c + s), "The content weight is not used."),
        Mistake("content missing", paint_with(combine=lambda c, s, w: s), "The content term is missing."),
        Mistake("style missing", paint_with(combine=lambda c, s, w: w * c), "The style term is missing."),
        Mistake("weight on both", paint_with(combine=lambda c, s, w: w * (c + s)),
                "The weight multiplies both terms; only the content has it."),
        Mistake("weight divides", paint_with(combine=lambda c, s, w: c / w + s), "Multiply by the weight, do not divide."),
        Mistake("style of the mean activations", paint_with(table=only_means),
                "You compare the channels' means; the style is in their products, the Gram matrix."),
        Mistake("content and style exchanged", swapped,
                "Photograph and painting are exchanged: content from the first, style from the second."),
        Mistake("optimiser made anew", paint_with(anew=True),
                "Every step makes a new optimiser, which knows nothing of the steps before: make it once."),
        Mistake("uphill", paint_with(sign=-1), "The loss grows: is there a minus sign too many?"),
        Mistake("loss after the step", paint_with(losses_of="after"),
                "You note the loss after its step; note it in the closure, at the pixels that were measured."),
        Mistake("one loss for each step", paint_with(losses_of="last"),
                "You note one loss for each step; one step of L-BFGS may be several evaluations. Note it in the closure."),
        Mistake("one loss for each step", paint_with(losses_of="first"),
                "You note one loss for each step; one step of L-BFGS may be several evaluations. Note it in the closure."),
        Mistake("one step", lambda f, p, a, s, make, n, w: paint(f, p, a, s, make, 1, w),
                "Only one step is made: is the `return` inside the loop?"),
        Mistake("one step too many", lambda f, p, a, s, make, n, w: paint(f, p, a, s, make, n + 1, w),
                "One step too many: `range(steps)` is enough."),
        Mistake("last step lost", lambda f, p, a, s, make, n, w: (
                    paint(f, p, a, s, make, n - 1, w)[0] if n > 1 else s, paint(f, p, a, s, make, n, w)[1]),
                "You return the picture before the last step."),
        Mistake("order of results", after(lambda picture, losses: (losses, picture)),
                "The two results are exchanged: first the picture, then the losses."),
        Mistake("only the picture", after(lambda picture, losses: picture),
                "The list of losses is missing: `return picture, losses`."),
        Mistake("only the last loss", after(lambda picture, losses: (picture, losses[-1:])),
                "Only the last loss is there: make the list before the loop, and append to it in the closure."),
    ),
    minutes=20,
    difficulty=3,
    tolerance=1e-3,
)  # fmt: skip


def adam(gradient, mean, square, step, learning_rate, *, first=0.9, second=0.999, variant=""):
    mean = first * mean + (1 - first) * gradient
    square = second * square + (1 - second) * (
        gradient.abs() if variant == "not squared" else gradient if variant == "plain" else gradient**2
    )
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


def adam_corrected(gradient, mean, square, rate, first, second):
    """Adam's step with given corrections: it divides by `first` and `second`."""
    mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
    return rate * (mean / first) / ((square / second).sqrt() + 1e-8), mean, square


def bare(gradient, mean, square, step, rate):
    mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
    return rate * (mean / 1 - 0.9**step) / ((square / 1 - 0.999**step).sqrt() + 1e-8), mean, square


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
        Mistake("not squared", partial(adam, variant="plain"), "The second average takes g² (you have g itself)."),
        Mistake("another beta", partial(adam, first=0.99), "You have 0.99 for the mean's β; it is 0.9."),
        Mistake("another beta", partial(adam, second=0.99), "You have 0.99 for the square's β; it is 0.999."),
        Mistake("another beta", partial(adam, second=0.9), "You have 0.9 for both β; the square's is 0.999."),
        Mistake("another beta", partial(adam, first=0.999), "You have 0.999 for both β; the mean's is 0.9."),
        Mistake("corrected state", partial(adam, variant="corrected state"),
                "You return the corrected averages; keep the uncorrected ones, or the next step corrects them again."),
        Mistake("brackets", bare,
                "Brackets are missing: `mean / 1 - 0.9**t` divides by 1 and subtracts then. Write `mean / (1 - 0.9**t)`."),
        Mistake("times the step", lambda g, m, s, t, r: adam_corrected(g, m, s, r, 1 - 0.9 * t, 1 - 0.999 * t),
                "You multiply β by the step; it is β to the power of the step: `0.9 ** step`."),
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
                "Return three results: the update, the new mean, the new square."),
        Mistake("state not updated", lambda g, m, s, t, r: (adam(g, m, s, t, r)[0], m, s),
                "You return the old averages."),
    ),
    minutes=12,
    difficulty=3,
)  # fmt: skip
