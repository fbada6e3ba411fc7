# %% [markdown]
# # 07 · The optimisation loop
#
# **How do the pixels move?**
#
# ![Old houses above a river on their way from a photograph, at the left, to a painting in blue and yellow strokes, at the right.](attachment:07_optimisation_loop.jpg)
#
# **You will**
#
# - find the direction in which a loss falls, with a pencil and with PyTorch, and take a step;
# - write the whole of style transfer, in fewer than twenty lines, and paint a large picture with them;
# - watch gradient descent, Adam and L-BFGS walk through a narrow valley;
# - compare two optimisers fairly: equal work, several seeds, losses *and* pictures;
# - measure what the start decides, and what painting small first buys.
#
# **You need** Python and derivatives as in school. [01](01_images_as_tensors.ipynb) trains its first pixels,
# [05](05_gram_matrices.ipynb) explains the style term, [06](06_losses_and_weights.ipynb) the weights.
#
# **Reading** 10 minutes, exercises 38 minutes. **Running** about two minutes in all, on two CPU cores.
# **Short path**, 30 minutes: read sections 1, 3 and 5, and run every cell: each needs those before it.
#
# **Sections** 1 A picture on its way · 2 Which way is down? · 3 The whole loop · 4 A narrow valley · 5 Adam or L-BFGS? · 6 Where to start · 7 Small first.

# %%
# In Colab this installs the course; anywhere else it does nothing.
import importlib.util, sys
from pathlib import Path

if "google.colab" in sys.modules and importlib.util.find_spec("nsthelpers") is None:
    folders = [Path("."), Path("/content"), Path("/content/drive/MyDrive/nst-course")]
    wheels = [str(wheel) for folder in folders for wheel in sorted(folder.glob("nsthelpers-*.whl"))]
    course = wheels[0] if wheels else "git+{{repository}}"
    if "OWNER" in course:
        raise SystemExit(
            "Click the folder at the left, drag nsthelpers-….whl in; run this cell again.")
    # %pip install -q "$course"

# %% [markdown]
# Everything below runs offline. The optimisers come from `torch.optim`; pictures and network from the course's package.

# %%
import torch

from nsthelpers import (
    StyleTransferLoss, extract_features, gram_matrix, load_backbone, load_image, resize, scrubber,
    show, stylize,
)
from nsthelpers.checks import optimisation_loop as check
from nsthelpers.losses import STYLE_LAYERS
from nsthelpers.transfer import starting_image

show.setup_notebook(quality=58)

# %% [markdown] tags=["teacher"]
# **Timing.** Ninety minutes: section 2 (20), 3 as pair work (35), 4 and 5 (25), summary (10). Adam is homework.
#
# **Expect.** "The network is trained" (its weights are frozen; the pixels move). "A smaller loss is a better picture" (only as
# far as the loss says what we like). "A step is a step" (one step of torch's L-BFGS may be twenty evaluations).
#
# **Ask**, before section 2: how can style transfer begin at all if the content loss starts at its minimum?

# %% [markdown]
# ## 1 · A picture on its way
#
# A painting is not drawn, it is *approached*: all pixels move a little, sixty times. `callback` hands us the picture at each
# evaluation of the loss, and we keep them all.

# %%
movie = []
one_size = stylize("tuebingen", "starry_night", size=384, steps=60, scales=1, callback=movie.append)
stages = {f"evaluation {n}": movie[n - 1].image for n in (1, 6, 15, 60)}
show.pictures(stages, "From photograph to painting (288 × 384)", columns=2, height=3.0)

# %% [markdown]
# **What to see.** At 6 a fine grain lies over sky and walls; by 15 whole areas have changed their colour, and by 60 the strokes are
# longer and thicker, and the red of the roofs and the pink of the walls have gone. The houses never moved.
#
# The whole way, to move through; the slider needs no kernel:

# %%
frames = {f"evaluation {n}": resize(movie[n - 1].image, (216, 288)) for n in (1, 4, 8, 12, 25, 60)}
scrubber(frames, "On its way: move the slider", alt="houses above a river that become a painting")

# %% [markdown]
# Who tells the pixels where to go? That is the question of this notebook.
#
# ## 2 · Which way is down?
#
# Take four grey pixels $x$, shape (1, 1, 2, 2). All of them should be 0.5, the target $t$. The loss is half the sum of the squared
# differences, and its **gradient** has one number for each pixel:
#
# $$L(x) = \tfrac12 \sum_i (x_i - t_i)^2, \qquad \frac{\partial L}{\partial x_i} = x_i - t_i .$$
#
# It says how fast $L$ grows when that pixel grows. For $x = (0, 1, 0.5, 0.25)$ a pencil gives $L = 0.28125$ and the gradient
# $(-0.5, 0.5, 0, -0.25)$. PyTorch gives the same, if `requires_grad` is set *before* the loss is calculated:

# %% tags=["nbval-check-output"]
x = torch.tensor([[[[0.0, 1.0], [0.5, 0.25]]]], requires_grad=True)
half_squares = (x - 0.5).square().sum() / 2
half_squares.backward()
assert half_squares.item() == 0.28125 and x.grad.flatten().tolist() == [-0.5, 0.5, 0.0, -0.25]
print(f"loss {half_squares:.5f}; picture {tuple(x.shape)}, gradient {tuple(x.grad.shape)}")

# %% [markdown]
# The upper left pixel is too dark; its gradient is negative, so walking *against* the gradient makes it lighter. With the
# **learning rate** $\eta > 0$, one step of **gradient descent** is
#
# $$x \leftarrow x - \eta\, \nabla L(x), \qquad x \text{ and } \nabla L(x) \text{ of shape } (1, 3, H, W).$$
#
# > **Predict** · Now a photograph, and the loss of [06](06_losses_and_weights.ipynb):
# > $L = \alpha L_c + \beta L_s + \gamma L_{tv}$. We start *at* the photograph. What is the gradient of the content term there?

# %%
SIZE = 192
mini = load_backbone("mini")
photo, painting = load_image("tuebingen", SIZE), load_image("starry_night", SIZE)
loss = StyleTransferLoss(mini, photo, painting, content_weight=0.03, tv_weight=0.01)
check.predict("At the photograph, the gradient of the content term is", options=[
    "0 at every pixel", "large along the edges of the houses", "the same as the style term's"])

# %%
def gradient_of(image, term):
    """A picture and the name of a term -> the gradient of that term, with the picture's shape."""
    pixels = image.detach().clone().requires_grad_(True)
    return torch.autograd.grad(loss(pixels)[term], pixels)[0]


for term in ("content", "style", "total"):
    print(f"{term:8} mean size of the gradient: {gradient_of(photo, term).abs().mean():.1e}")
assert gradient_of(photo, "content").abs().max() == 0
check.score("0 at every pixel", because="no difference yet: a square is flat at its minimum.")

# %% [markdown]
# So the style drives the first step (total variation is in the total too, but does not show in these digits). The content term holds still until something has changed, and then pulls back: it is
# a brake, not an engine.
#
# > **Your turn** · core · 6 min · ●●○ — One step. `loss_function(image)` returns a number that carries a gradient. Leave the
# > caller's picture unchanged and return a new one. Your step makes the next figure and walks in section 4.

# %% tags=["exercise"]
# 6 min · ●●○
def gradient_step(image, loss_function, learning_rate):
    """(1, 3, H, W), a loss, a rate -> the image after one step of gradient descent."""
    # Your turn.
    return None

check.gradient_step(gradient_step)

# %% [markdown]
# <details><summary>Hint 1 · an error about a leaf variable, or about a tensor that does not require grad</summary>
#
# Make your own copy with `requires_grad`, before the loss is calculated:
# `pixels = image.detach().clone().requires_grad_(True)`.
# </details>
#
# <details><summary>Hint 2 · the loss grows, or the step has the wrong size</summary>
#
# `torch.autograd.grad(loss, pixels)[0]` is the gradient. It points uphill: subtract it, once, times the learning rate.
# </details>

# %% tags=["solution"]
def gradient_step(image, loss_function, learning_rate):
    """(1, 3, H, W), a loss, a rate -> the image after one step of gradient descent."""
    pixels = image.detach().clone().requires_grad_(True)
    gradient = torch.autograd.grad(loss_function(pixels), pixels)[0]
    return image.detach() - learning_rate * gradient

# %% [markdown] tags=["solution"]
# **Why.** Only a tensor whose `requires_grad` is set *before* the loss is calculated gets a gradient. The copy keeps the caller's
# picture out of it, and the last line uses plain numbers, so that the notes for this step can be thrown away.

# %% [markdown]
# How long should a step be? Nobody tells us. We try three learning rates, chosen so that the *first* step moves the pixels
# by 0.001, 0.01 and 0.03 on average, and take twelve steps with each, or fewer if the loss explodes:

# %%
step = check.gradient_step.mine or check.gradient_step.reference
mean_slope, after = gradient_of(photo, "total").abs().mean(), {}
for move in (0.001, 0.01, 0.03):
    image, n, total = photo, 0, 0.0
    while n < 12 and total < 10:
        image = step(image, lambda x: loss(x)["total"], move / mean_slope)
        n, total = n + 1, loss(image)["total"].item()
    after[f"first move {move}: loss {total:.2g}\nafter {n} steps"] = image.clamp(0, 1)
start = {f"start\nloss {loss(photo)['total']:.2g}": photo}
show.pictures(start | after, "Gradient descent with three learning rates (144 × 192)", height=1.95)

# %% [markdown]
# **What to see.** The first two rates lay a grain over the photograph, faint and stronger, and the largest throws the pixels far out of
# their range in three steps. Only a factor of three lies between a rate that works and one that explodes, and nothing told us where: section 4 shows why, and what helps.
#
# ## 3 · The whole loop
#
# Now write the method of Gatys, Ecker and Bethge (2015, 2016), with the relative terms of [06](06_losses_and_weights.ipynb). With $F$ the content maps of the picture and $P$ those of the photograph, $G_\ell$ and $A_\ell$ the Gram
# matrices of picture and painting at style layer $\ell$ of $n$ (each (1, C, C), divided by H·W), and the content weight $\alpha$:
#
# $$L(x) = \alpha\,\frac{\lVert F - P\rVert^2}{\lVert P\rVert^2} + \frac1n \sum_{\ell=1}^{n} \frac{\lVert G_\ell - A_\ell\rVert^2}{\lVert A_\ell\rVert^2},
# \qquad \lVert M\rVert^2 = \text{the sum of all squared entries of } M.$$
#
# Two numbers by hand: $F = (3, 1)$ and $P = (1, 1)$ give $\lVert F - P\rVert^2 = 4$ and $\lVert P\rVert^2 = 2$, a distance of 2. The network
# is ready, as a function:

# %%
def features(image):
    """(1, 3, H, W) -> the content maps (1, C, h, w), and a list of five style layers' maps."""
    maps = extract_features(mini, image, ["relu4_2", *STYLE_LAYERS])
    return maps["relu4_2"], [maps[name] for name in STYLE_LAYERS]


def distance(found, wanted):
    """Two tensors of one shape -> ‖found − wanted‖² / ‖wanted‖²."""
    return (found - wanted).square().sum() / wanted.square().sum()


assert distance(torch.tensor([3.0, 1.0]), torch.tensor([1.0, 1.0])) == 2

# %% [markdown]
# One thing is new: the **closure**. Some optimisers need the loss at several points before they decide on a step. So
# `optimiser.step(closure)` takes a *function* without arguments that clears the gradients, measures the pixels as they are
# now, calls `backward()` and returns the loss. Any optimiser of torch takes one.
#
# - **Before the loop:** the targets, from `photo` and `painting`, without a graph; a copy of `start` with `requires_grad`;
#   `make_optimiser([pixels])`; an empty list.
# - **In the closure:** as above, and note the loss as a plain number.
# - **After each step:** clamp the pixels to 0…1, in place, without a graph.
#
# > **Your turn** · core · 20 min · ●●● — *The* exercise of this notebook. Use `gram_matrix` and `distance`. Your loop paints
# > the pictures of sections 3, 5 and 6.

# %% tags=["exercise"]
# 20 min · ●●●
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    """Pictures (1, 3, H, W) -> (the last picture, a list with the loss of each evaluation)."""
    # Your turn.
    return None, None

check.style_transfer(style_transfer)

# %% [markdown]
# <details><summary>Hint 1 · "backward through the graph a second time", or a leaf variable</summary>
#
# Calculate the targets under `with torch.no_grad():`, once, before the loop; clamp under `torch.no_grad()` too:
# `pixels.clamp_(0, 1)`, with the underscore that means "in place".
# </details>
#
# <details><summary>Hint 2 · an error in step(), or a picture that does not move</summary>
#
# `optimiser.step(closure)` without brackets after `closure`, and the closure ends with `return loss`. The optimiser must hold the
# very tensor that the closure measures: `pixels = start.clone().requires_grad_(True)`, `make_optimiser([pixels])`.
# </details>
#
# <details><summary>Hint 3 · wrong values</summary>
#
# The order in the closure: `zero_grad`, features of `pixels`, content term times weight, *mean* of the style terms, `backward`,
# `losses.append(loss.item())`, `return loss`.
# </details>

# %% tags=["solution"]
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    """Pictures (1, 3, H, W) -> (the last picture, a list with the loss of each evaluation)."""
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram_matrix(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(maps), gram) for maps, gram in zip(styles, grams))
        loss = content_weight * distance(content, target) + style / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses

# %% [markdown] tags=["solution"]
# **Why.** The targets never change, so they are calculated once and carry no graph. The closure only *measures*: what is the loss
# here? It moves nothing, so an optimiser may call it as often as it likes. The clamp stands between the steps, and the picture that
# you return is one that a screen can show.

# %% [markdown]
# Hang it on the wall: 512 pixels, fifty evaluations of L-BFGS, from the photograph. (`max_iter=1`: one evaluation for each step.)

# %%
def lbfgs(pixels):
    return torch.optim.LBFGS(
        pixels, max_iter=1, history_size=10, tolerance_grad=0, tolerance_change=0)


paint = check.style_transfer.mine or check.style_transfer.reference
large, starry = load_image("tuebingen", 512), load_image("starry_night", 512)
picture, losses = paint(features, large, starry, large, lbfgs, 50, 0.03)
show.pictures({"": picture}, "Painted by your loop (384 × 512)", height=6)

# %% [markdown]
# **What to see.** Short curved strokes fill the sky and the water, walls turn to the yellow of the painting, roofs and windows stay legible. All of it
# comes out of some twenty lines and a frozen network.
#
# Is this what `stylize` does? The same settings (left alone, `stylize` takes the content weight 0.0003), once by your loop and once by the package, small:

# %%
mine, losses = paint(features, photo, painting, photo, lbfgs, 20, 0.03)
same = dict(size=SIZE, scales=1, content_weight=0.03, tv_weight=0.0, precision="float32", progress=False)
theirs = [row["total"] for row in stylize("tuebingen", "starry_night", steps=20, **same).history]
for n in (1, 5, 20):
    print(f"evaluation {n:2}: loss {losses[n - 1]:.3f} yours, {theirs[n - 1]:.3f} stylize's")
assert abs(losses[0] / theirs[0] - 1) < 0.15

# %% [markdown]
# Both start nearly alike: the package first extends the painting, mirrored at its edges, to a multiple of 16 pixels (one place of `relu5_1`). On the way they part, since small differences grow; here they meet again.
# What else it adds is loading, a progress bar, total variation, checkpoints, a mirrored margin (cut off again) where the photograph's sides do not fit, keeping the *best* picture (a step may go up), taking back a step that leaps to more than ten times the loss, and section 7.
#
# <details><summary>Why not clamp inside the closure?</summary>
#
# A closure tells the optimiser the loss at *its* point. If it moves the point, the answer belongs to another one, and L-BFGS
# infers curvature from such answers. Take $f(x) = \tfrac{25}{2}(x - 1.2)^2$ at 0.9, with slope −7.5. The optimiser tries 1.1, where the slope
# is −2.5, and learns the curvature $(-2.5 + 7.5)/0.2 = 25$: right. If the closure clamps the pixel to 1.0, the slope there is −5, and
# it learns $(-5 + 7.5)/0.2 = 12.5$: half of the truth, and so a step twice too long.
#
# A clamp between two steps does the same harm, but only once a step. With one evaluation for each step, as here, the two come to the same, but for the
# last picture; with torch's default of twenty iterations in one step they do not.
# </details>
#
# ## 4 · A narrow valley
#
# Eighty thousand pixel values cannot be drawn; two can. Take a valley that is flat along $a$ and steep along $b$:
#
# $$f(a, b) = \tfrac12\,(a^2 + 25\, b^2), \qquad \nabla f = (a,\; 25\, b).$$
#
# Gradient descent with $\eta = 0.07$ multiplies $a$ by $1 - 0.07 = 0.93$ and $b$ by $1 - 25 \cdot 0.07 = -0.75$ at every step. By
# hand, the first step leads from $(-2,\; 0.8)$ to $(-1.86,\; -0.6)$: it hops across the valley and creeps along it.
#
# > **Predict** · It creeps, so let us be bolder: $\eta = 0.09$ instead of 0.07. What happens in forty steps?

# %%
def valley(point):
    """(2, …) -> the height f (…)."""
    return (point[0] ** 2 + 25 * point[1] ** 2) / 2


def descend(rate, steps=40):
    """A learning rate -> the points of gradient descent, (steps + 1, 2), with your step."""
    points = [torch.tensor([-2.0, 0.8])]
    for _ in range(steps):
        points.append(step(points[-1], valley, rate))
    return torch.stack(points)


assert torch.allclose(descend(0.07)[1], torch.tensor([-1.86, -0.6]))  # with a pencil
check.predict("With a learning rate of 0.09, gradient descent", options=[
    "arrives sooner", "arrives as late", "flies out of the valley"])

# %%
for rate in (0.07, 0.09):
    print(f"height after 40 steps with {rate}: {valley(descend(rate)[-1]):.2g}")
check.score("flies out of the valley", because="across it, 1 − 25 · 0.09 is −1.25.")

# %% [markdown]
# The steep direction sets the limit, $\eta < 2/25$, and the flat one pays for it. Two ways out:
#
# - **Adam** (Kingma and Ba 2015) gives each number a rate of its own: it divides the mean gradient by its usual size.
# - **L-BFGS** (Liu and Nocedal 1989) *measures* the curvature, from the last few steps, and divides by it.
#
# The idea of L-BFGS in one dimension: two points and their gradients give the curvature, and it leads to the bottom.
#
# $$s = x_1 - x_0, \quad y = g_1 - g_0, \quad x_2 = x_1 - g_1\, s / y .$$
#
# By hand, for $f(x) = \tfrac12 \cdot 25 x^2$ with $g = 25x$, from 1 to 0.9: $s = -0.1$, $y = 22.5 - 25 = -2.5$, so
# $x_2 = 0.9 - 22.5 \cdot 0.04 = 0$. There, and nobody told us the 25.

# %%
def walk(make, steps=40):
    """What makes an optimiser -> the points that it visits, (steps, 2), one for each evaluation."""
    point, points = torch.tensor([-2.0, 0.8], requires_grad=True), []
    optimiser = make([point])

    def closure():
        optimiser.zero_grad()
        points.append(point.detach().clone())
        height = valley(point)
        height.backward()
        return height

    for _ in range(steps):
        optimiser.step(closure)
    return torch.stack(points)


assert abs(0.9 - 22.5 * (0.9 - 1.0) / (22.5 - 25.0)) < 1e-9  # with a pencil: the bottom

# %%
def adam(pixels, rate=0.1):
    return torch.optim.Adam(pixels, lr=rate)


ways = {"gradient descent": descend(0.07), "Adam": walk(adam), "L-BFGS": walk(lbfgs)}
for name, way in ways.items():
    heights = (f"height after {n}: {valley(way[n - 1]):.3f}   " for n in (5, 10, 20, 40))
    print(f"{name:17}", *heights)
show.descent_paths(valley, ways, "Forty evaluations; star: lowest point, grey: heights")

# %% [markdown]
# **What to see.** Gradient descent zigzags, and Adam strides down both directions at once, swings past the star and curls back. L-BFGS
# starts with one careful step that just crosses the floor (from 0.8 to −0.1), takes a few uneven ones, and is there.
# (Forty evaluations are thirty-nine steps: hence 0.007 for gradient descent, and 0.006 above.)
#
# <details><summary>Two fair warnings</summary>
#
# In two dimensions the memory of L-BFGS holds all there is to know of the curvature; in eighty thousand, ten pairs $(s, y)$ hold ten
# directions. And Adam's scaling works number by number: turn this valley by 45°, and after forty evaluations Adam stands at 0.60 instead of 0.07 (measured, not shown), while the other two walk
# the same path, turned (nearly so for L-BFGS).
# </details>
#
# **Adam, exactly.** With $g_t$ the gradient at step $t = 1, 2, \dots$ and two averages $m$, $v$ that begin at 0, all of the picture's shape and
# everything pixel by pixel:
#
# $$m \leftarrow 0.9\,m + 0.1\,g_t, \quad v \leftarrow 0.999\,v + 0.001\,g_t^2, \quad
# x \leftarrow x - \eta\, \frac{m / (1 - 0.9^t)}{\sqrt{v / (1 - 0.999^t)} + 10^{-8}} .$$
#
# By hand at $t = 1$: $m/(1 - 0.9) = g$ and $v/(1 - 0.999) = g^2$, so the first step is $\eta\, g/|g|$: every pixel moves by
# $\eta$, however steep or flat.
#
# > **Your turn** · bonus · 12 min · ●●● — One step of Adam. `step` counts from 1. Return the update that is to be *subtracted*, and the two new
# > averages (plain, not divided). Your Adam then paints.

# %% tags=["exercise"]
# 12 min · ●●●
def adam_step(gradient, mean, square, step, learning_rate):
    """-> (update, new mean, new square); 0.9 and 0.999, epsilon 1e-8."""
    # Your turn.
    return None, None, None

check.adam_step(adam_step)

# %% [markdown]
# <details><summary>Hint 1 · the first steps are far off, or infinite</summary>
#
# The corrections are `mean / (1 - 0.9**step)` and `square / (1 - 0.999**step)`, with `step` as it comes. Correct
# copies: the averages that you return stay uncorrected.
# </details>
#
# <details><summary>Hint 2 · NaN where the gradient is 0, or small differences for tiny gradients</summary>
#
# The `1e-8` is added *after* the root: `root + 1e-8`.
# </details>

# %% tags=["solution"]
def adam_step(gradient, mean, square, step, learning_rate):
    """-> (update, new mean, new square); 0.9 and 0.999, epsilon 1e-8."""
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    usual_size = (square / (1 - 0.999**step)).sqrt() + 1e-8
    return learning_rate * mean / (1 - 0.9**step) / usual_size, mean, square

# %% [markdown] tags=["solution"]
# **Why.** The averages start at 0, so after one step they hold only a tenth and a thousandth of what they should; the divisions take
# exactly that out. Scaling makes the learning rate a length in *pixel values*: with 0.03 the first step is 0.03 of the way from black to
# white, and later ones have about this size at most, whatever the weights of the loss.

# %%
class ByHand(torch.optim.Optimizer):
    """Your Adam in the form in which `style_transfer` takes an optimiser."""

    def __init__(self, pixels, rate=0.03):
        super().__init__(pixels, {})
        self.rate, self.t = rate, 0
        self.mean, self.square = torch.zeros_like(pixels[0]), torch.zeros_like(pixels[0])

    def step(self, closure):
        closure()
        self.t += 1
        pixels, one_step = self.param_groups[0]["params"][0], check.adam_step
        update, self.mean, self.square = (one_step.mine or one_step.reference)(
            pixels.grad, self.mean, self.square, self.t, self.rate)
        pixels.data -= update


twins = [paint(features, photo, painting, photo, make, 5, 0.03)[1]
         for make in (ByHand, lambda pixels: adam(pixels, 0.03))]
for name, twin in zip(("yours", "torch"), twins):
    print(f"{name}: {[round(value, 3) for value in twin]}")
assert abs(twins[0][4] - twins[1][4]) < 0.02 * twins[1][4]

# %% [markdown]
# ## 5 · Adam or L-BFGS?
#
# In the valley one of them was far ahead. A picture is no such valley: at 256 pixels it has 150,000 directions, and ten are remembered. A fair
# race gives both the same number of **evaluations** of the loss: they take nearly all the time.
#
# > **Predict** · From the photograph, 256 pixels, forty evaluations each, your loop. Which has the lower loss after *five*, and which
# > after *forty*?

# %%
check.predict("Lower loss after 5 and after 40 evaluations:", options=[
    "L-BFGS, L-BFGS", "Adam, L-BFGS", "L-BFGS, Adam", "Adam, Adam"])

# %%
middle, style = load_image("tuebingen", 256), load_image("starry_night", 256)
race = {name: paint(features, middle, style, middle, make, 40, 0.03)
        for name, make in {"Adam": ByHand, "L-BFGS": lbfgs}.items()}
curves = {name: [{"evaluation": n, "total": value} for n, value in enumerate(values, 1)]
          for name, (_, values) in race.items()}
show.loss_curves(curves, "Your loop with two optimisers, from the photograph", x="evaluation")

# %% [markdown]
# **What to see.** Adam is off at once, with a leap back up on the way (nobody checks whether a step goes down). L-BFGS hesitates, since it
# knows no curvature yet; then it overtakes.

# %%
early, late = ({name: values[n - 1] for name, (_, values) in race.items()} for n in (5, 40))
pair = {f"{name}\nloss {values[-1]:.4f}": image for name, (image, values) in race.items()}
show.pictures(pair, "After forty evaluations (192 × 256)", columns=2, height=3.0)
check.score(f"{min(early, key=early.get)}, {min(late, key=late.get)}",
            because="Adam strides at once; L-BFGS first has to measure.")

# %% [markdown]
# **What to see.** Both are paintings of one kind. L-BFGS has the cleaner strokes and the sharper tower; Adam's sky is rougher and
# blotchy.
#
# One run proves nothing. So: three starts from noise with different seeds, and for Adam two learning rates, so that it is not
# beaten by a bad choice of ours.

# %%
tiny, stars = load_image("tuebingen", 128), load_image("starry_night", 128)
noises = [starting_image("noise", tiny, stars, seed=seed) for seed in (0, 1, 2)]
makers = {"L-BFGS": lbfgs} | {
    f"Adam {rate}": lambda p, rate=rate: adam(p, rate) for rate in (0.03, 0.1)}
print("lowest loss within 40 evaluations, one column for each seed")
for name, make in makers.items():
    ends = [min(paint(features, tiny, stars, noise, make, 40, 0.03)[1]) for noise in noises]
    print(f"{name:10}", *(f"{end:8.4f}" for end in ends))

# %% [markdown]
# Adam's three seeds agree, but with the other learning rate its loss is about twice as high. L-BFGS had no rate to choose, and with each seed its loss is less than half of Adam's best.
# It is less steady than it looks: a wrong early guess can cost it evaluations. Another number of processor threads changes its row,
# and three more seeds (not shown) ended at 0.012, 0.014 and 0.021: still below Adam's row.
#
# **The real VGG-16**, the same loop at 256 pixels, with fifty evaluations, stored as a picture, since the network is too large for the course:
#
# ![The same houses twice, painted with VGG-16. At the left by L-BFGS: long strokes run through sky and water, houses are half dissolved. At the right by Adam: fine dots in the sky, the houses are sharp.](attachment:07_vgg16.jpg)
#
# **What to see.** At the left L-BFGS (loss 0.0038) has long strokes in sky and water and has half dissolved the houses; at the right Adam (0.0044) is still
# at fine dots, and the houses are sharp. One run each. The pictures differ more than mini's, the losses less (by 14 %, mini's by about a third).
#
# > **In the paper** · Gatys, Ecker and Bethge (2016) use L-BFGS, "which we found to work best for image synthesis".
#
# ## 6 · Where to start
#
# The loss says where to go, not where to begin. [Notebook 00](00_start_here.ipynb) started from the photograph with content weight 0, and
# asked whether the houses would go. They stayed.
#
# > **Predict** · Back to that question, with one change: content weight 0 again, but the start is *noise*. Will there be houses?

# %%
check.predict("With content weight 0, starting from noise,", options=[
    "there are houses", "there are none, only patches of colour", "it stays grey noise"])

# %%
starts = {name: starting_image(name, photo, painting) for name in ("content", "style", "noise")}
ends = {f"from {name}": paint(features, photo, painting, start, lbfgs, 45, 0.03)[0]
        for name, start in starts.items()}
ends["from noise,\ncontent weight 0"] = paint(
    features, photo, painting, starts["noise"], lbfgs, 45, 0.0)[0]
show.pictures(ends, "Four ends after 45 evaluations (144 × 192)", height=1.95)
for name, image in ends.items():
    terms = loss(image)
    print(" ".join(name.split()).ljust(31),
          f"content term {terms['content']:.2f}   style term {terms['style']:.4f}")
check.score("there are none, only patches of colour",
            because="neither the start nor the loss knows of houses.")

# %% [markdown]
# **What to see.** From the photograph, the houses stand. From the painting, it is still *The Starry Night*, hardly touched. From noise, there are patches of
# its blues and yellows and no house to be seen, *with* the content weight and without it.
#
# Now read the terms: for the first two pictures they are nearly equal! To the loss they are equally good, though they could not differ more. What the loss
# leaves open, the **start** decides (on mini, with this weight and 45 evaluations).
# From noise, the content weight did its part: the content term ended at 0.18, and at 0.48 without it. But a match at `relu4_2` need not show, as in [04](04_what_layers_remember.ipynb), section 8.
#
# ## 7 · Small first
#
# Large shapes need many steps, and on a small picture a step is cheap: half the side, a quarter of the work. So `stylize` begins small, enlarges what
# it has, gives the photograph's fine detail back, and goes on: the **pyramid**. The first run of this notebook had one size. Here is
# one with two, for *equal work*, beside it:

# %%
two_sizes = stylize("tuebingen", "starry_night", size=384, steps=81, scales=2, progress=False)
exact = StyleTransferLoss(mini, load_image("tuebingen", 384), load_image("starry_night", 384))
both = {}
for name, run in {"one size": one_size, "two sizes": two_sizes}.items():
    work = sum((row["size"] / 384) ** 2 for row in run.history)
    both[f"{name}, work {work:.0f}\nstyle term {exact(run.image)['style']:.5f}"] = run.image
show.pictures(both, "Equal work, one size and two (288 × 384)", columns=2, height=3.2)

# %% [markdown]
# **What to see.** With one size the strokes in the sky are short and thin and lie this way and that. With two they are longer and thicker, often side by side, with pale
# streaks low in the sky: the large shapes were settled where they were cheap. (*Work* 1 is one evaluation at full size.)
#
# <details><summary>The other fast part: precision</summary>
#
# `precision="bfloat16"` keeps 8 significant bits of each activation instead of 24; losses, Gram matrices and pixels stay in float32. It pays on
# hardware that multiplies such numbers natively (`docs/benchmark.md` has the measurements); elsewhere it is slower, so
# `precision="auto"` asks the hardware first.
# </details>
#
# ## Summary
#
# - The gradient of a loss has one number for each pixel; walk against it.
# - Style transfer fits into twenty lines: targets, closure, step, clamp.
# - From the photograph the style drives the first step; the content term is a brake.
# - Count evaluations, not steps; compare optimisers with several seeds, and look at the pictures.
# - What the loss leaves open, the start decides.
#
# ## Common mistakes
#
# - No `zero_grad()`: the gradients of all earlier evaluations add up.
# - `Adam([pixels.clone()])` or `pixels = pixels.clamp(0, 1)`: the optimiser holds another tensor than the one that you look at.
# - "300 steps" beside "300 steps", when torch's L-BFGS makes up to twenty iterations in one `step()` unless told otherwise.
# - `losses.append(loss)` instead of `loss.item()`: every graph stays in memory.
#
# ## Challenge
#
# *Open, an hour or more.* Get rid of the clamp: let the optimiser move numbers $z$ without limits, and show $x = \sigma(z)$, which is always
# between 0 and 1. Does L-BFGS end lower after 60 evaluations? What happens at pixels that start at exactly 0 or 1? Is the answer the
# same for another pair, and for other seeds?
#
# <details><summary>A way to begin</summary>
#
# `torch.logit(photo, eps=0.01)` is the $z$ of the photograph, and `lambda z: features(torch.sigmoid(z))` describes it. Copy your loop, take
# the clamp out, give it the $z$ of all three pictures, and compare losses of the pictures, not of the $z$.
# </details>
#
# ## References
#
# - D. C. Liu, J. Nocedal (1989). [On the limited memory BFGS method for large scale optimization](https://doi.org/10.1007/BF01589116). *Mathematical Programming*.
# - D. P. Kingma, J. Ba (2015). [Adam: a method for stochastic optimization](https://arxiv.org/abs/1412.6980). *ICLR*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2015). [A neural algorithm of artistic style](https://arxiv.org/abs/1508.06576).
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). [Image style transfer using convolutional neural networks](https://doi.org/10.1109/CVPR.2016.265). *CVPR*.
#
# Photograph: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); changed here. All others: `data/README.md`.
#
# [← 06 · Losses and weights](06_losses_and_weights.ipynb) · [08 · The studio →](08_studio.ipynb)
