# %% [markdown]
# # 07 · The optimisation loop
#
# **How do the pixels move?**
#
# ![Six pictures of a cat on its way from a photograph to a painting in dark blue and yellow: first fine texture, then colour.](attachment:07_optimisation_loop.jpg)
#
# **You will**
#
# - differentiate a loss with respect to a picture, first with a pencil, then with PyTorch, and look at the result;
# - write gradient descent, and see what too small and too large a learning rate do;
# - write the whole of style transfer as one loop of fourteen lines, and find the same picture as `stylize`;
# - write Adam, understand what L-BFGS adds to it, and compare the two fairly;
# - find out by measurement where a run should start, where it may clamp, when it should stop, and what makes it fast.
#
# **You need** Python and derivatives as in school. [00 · Start here](00_start_here.ipynb) shows what style transfer is,
# [01 · Images as tensors](01_images_as_tensors.ipynb) moves its first pixels, [05 · Gram matrices](05_gram_matrices.ipynb)
# says what the style term measures, and [06 · Losses and weights](06_losses_and_weights.ipynb) how the terms are weighed.
#
# **Reading** 40 minutes, exercises 35 minutes. **Running** less than two minutes in all, on two CPU cores.

# %%
# In Colab this installs the course; anywhere else it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("nsthelpers") is None:
    # %pip install -q "git+{{repository}}"

# %% [markdown]
# Everything below runs offline. `torch.optim` has the optimisers; the pictures, the network and the loss come from
# the course's own package.

# %%
import math
import time

import matplotlib.pyplot as plt
import torch

from nsthelpers import LiveProgress, StyleTransferLoss, content_loss, load_backbone, load_image, scrubber, show, total_variation_loss
from nsthelpers.checks import optimisation_loop as check
from nsthelpers.transfer import minimise, starting_image, stylize

show.setup_notebook()

# %% [markdown] tags=["teacher"]
# **Teaching notes.** *Ninety minutes:* sections 1–3 (35 minutes, with `gradient_step` and `descend` as pair work), 4
# (10), 6–7 (25), 9 (15), summary (5). Adam by hand (5), the starts (8) and `keep_best` (10) make good homework.
#
# *Misconceptions to expect:* "the network is being trained" (no: its weights are frozen, the fifty thousand numbers of
# the *picture* move); "the gradient is a direction in the plane of the picture" (no: it is one number for each pixel
# and colour, a direction in a space with as many axes); "a smaller loss is a better picture" (only as far as the loss
# says what we like); "L-BFGS is always better" (see the first evaluations of the race, and the last).
#
# *Talking point:* ask, before section 2, how style transfer can begin at all if the content loss starts at its minimum.

# %% [markdown]
# ## 1 · Four pixels
#
# [Notebook 01](01_images_as_tensors.ipynb) moved two pixels with a pencil. Here are four, grey ones, a tensor $x$ of shape
# (1, 1, 2, 2). We would like all of them to be 0.5, so the target $t$ has the same shape. The loss is *half* the sum of
# squared differences, which saves a 2 in the gradient:
#
# $$L(x) = \tfrac12 \sum_i (x_i - t_i)^2, \qquad \frac{\partial L}{\partial x_i} = x_i - t_i .$$
#
# $L$ is one number; its **gradient** has one number for each pixel, so the gradient has the shape of the picture. It
# says how fast the loss grows when that pixel grows. PyTorch calculates it if we ask for it *before* the loss: with
# `requires_grad`.

# %% tags=["nbval-check-output"]
x = torch.tensor([[[[0.0, 1.0], [0.5, 0.25]]]], requires_grad=True)
target = torch.full((1, 1, 2, 2), 0.5)
total = content_loss(x, target)
total.backward()
assert total.item() == 0.28125 and x.grad.tolist() == [[[[-0.5, 0.5], [0.0, -0.25]]]]  # with a pencil
slope = (content_loss(x + torch.tensor([[[[0.001, 0], [0, 0]]]]), target) - total).item() / 0.001
assert abs(slope - x.grad[0, 0, 0, 0]) < 0.01
print(f"loss {total:.3f}, picture {tuple(x.shape)}, gradient {tuple(x.grad.shape)}, slope at the upper left {slope:.2f}")

# %%
grids = {"picture x": x, "gradient ∂L/∂x": x.grad, "x − 0.5 · gradient": x - 0.5 * x.grad}
figure, axes = plt.subplots(1, 3, figsize=(6.5, 2.6))
for axis, (name, grid) in zip(axes, grids.items(), strict=True):
    lowest = -1 if "∂" in name else 0
    axis.imshow(grid.detach()[0, 0], cmap="gray", vmin=lowest, vmax=1)
    for place, value in enumerate(grid.flatten().tolist()):
        colour = "black" if (value - lowest) / (1 - lowest) > 0.45 else "white"
        axis.text(place % 2, place // 2, f"{value:.3g}", ha="center", va="center", color=colour, fontsize=14)
    axis.set(title=name, xticks=[], yticks=[])
figure.suptitle("Four pixels (2 × 2) that want to be 0.5 (the gradient: black is −1, white is 1)")
plt.show()

# %% [markdown]
# **What to see.** The upper left pixel is too dark: its gradient is negative (the loss *falls* when it grows), so
# subtracting makes it lighter. The lower left pixel is right already: its gradient is 0 and it stays. On the right,
# every pixel has gone exactly half the way to 0.5. And the slope that was printed above the figure needed no calculus:
# nudge the upper left pixel by 0.001, divide the change of the loss by 0.001, and there is the gradient again.
#
# Now the same pixels with another loss, an old friend from [06](06_losses_and_weights.ipynb): the **total variation** is
# the mean absolute difference of horizontal neighbours plus that of vertical neighbours. Our $x$ has two horizontal and
# two vertical pairs (first index the row):
#
# $$\mathrm{TV}(x) = \tfrac12\big(|x_{12}-x_{11}| + |x_{22}-x_{21}|\big)
# + \tfrac12\big(|x_{21}-x_{11}| + |x_{22}-x_{12}|\big).$$
#
# Take a pencil again: what is the gradient at the upper left pixel, $x_{11} = 0$, with its neighbours $x_{12} = 1$ and
# $x_{21} = 0.5$?
#
# <details><summary>With a pencil</summary>
#
# An absolute value $|u|$ has the slope 1 where $u > 0$ and −1 where $u < 0$: only the sign of the difference counts.
# $x_{11}$ occurs in two of the four pairs, is the darker one in both, and each pair counts one half. So the gradient
# is −½ − ½ = −1.
#
# </details>

# %% tags=["nbval-check-output"]
y = x.detach().clone().requires_grad_(True)
total_variation_loss(y).backward()
print("picture\n", y[0, 0].tolist(), "\ngradient of TV\n", y.grad[0, 0].tolist())
assert y.grad.tolist() == [[[[-1.0, 1.0], [1.0, -1.0]]]]

# %% [markdown]
# So total variation pushes a pixel towards its neighbours with a force that does not depend on how far apart they are.
# Remember that sign-like look: you will see it again in a moment.
#
# ## 2 · The gradient is a picture too
#
# Now a photograph and the loss of style transfer, as in [06](06_losses_and_weights.ipynb). $x$ has the shape (1, 3, H, W),
# each term is one number, and so are the weights $\alpha, \beta, \gamma \ge 0$ (in the code `content_weight`, `style_weight` and `tv_weight`):
#
# $$L(x) = \alpha\, L_{\text{content}}(x) + \beta\, L_{\text{style}}(x) + \gamma\, \mathrm{TV}(x) .$$
#
# `StyleTransferLoss` returns the three terms, unweighted, and their weighted sum under "total". The network inside is
# frozen; **the only thing that is trained is the picture**. Most people start it at the content picture. There the
# content loss is exactly 0, for nothing resembles the cat more than the cat.
#
# > **Predict** · And the *gradient* of the content term there? If you know it, you also know what drives the first step.
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# The content term is $\lVert F(x) - P\rVert^2 / \lVert P\rVert^2$, where $F(x)$ are the activations of the picture and
# $P$ those of the photograph. Where on a parabola is the slope 0?
#
# </details>

# %%
SIZE = 160
backbone = load_backbone("mini")
cat, swirls = load_image("chelsea", SIZE), load_image("swirls", SIZE)
loss = StyleTransferLoss(backbone, content=cat, style=swirls, content_weight=0.1, style_weight=1.0, tv_weight=0.3)
print({name: round(term.item(), 2) for name, term in loss(cat).items()}, "for a picture of shape", tuple(cat.shape))
options = ["0 at every pixel", "large along the edges of the cat", "it points towards the style"]
check.predict("At the content picture, what is the gradient of the content term?", options=options)


# %%
def gradient_of(image, term):
    """A picture and the name of a term -> the gradient of that term, with the shape of the picture."""
    pixels = image.detach().clone().requires_grad_(True)
    return torch.autograd.grad(loss(pixels)[term], pixels)[0]


print("mean size:", {term: f"{gradient_of(cat, term).abs().mean():.0e}" for term in ("content", "style", "tv")})
assert gradient_of(cat, "content").abs().max() == 0
check.score("0 at every pixel", because="the slope of a square is twice the difference, and there is no difference yet")

# %% [markdown]
# **So the first step is driven by the style alone** (and by total variation, if it has a weight). The content term
# holds still until something has changed, then begins to pull back: it is a brake, not an engine.
#
# To look at a gradient we show the *step* that it asks for, $-\nabla L$: grey where a pixel may stay, lighter where it
# is to grow, coloured where the three channels disagree. Each picture has a scale of its own.

# %%
later = list(minimise(loss, cat, 20))[-1].image
shown = {}
for name, image in {"start": cat, "step 20": later}.items():
    shown[f"{name}: the picture"] = image
    for term in ("content", "style", "tv"):
        shown[f"{name}: {term}"] = show.step_picture(gradient_of(image, term))
show.pictures(shown, f"The step that each term asks for, {tuple(cat.shape)} each", height=1.2)
for term in ("content", "style"):
    undo = torch.cosine_similarity(gradient_of(later, term).flatten(), (later - cat).flatten(), dim=0)
    print(f"the {term} term at step 20: {undo:+.2f}")

# %% [markdown]
# **What to see.** *Above, at the start:* the content term asks for nothing, a flat grey. The style term asks for fine
# coloured texture, strongest around the eyes and on the nose. Total variation asks for hard little corrections of
# equal size: the signs that you calculated by hand. *Below, twenty evaluations later:* the content term is awake, and around
# the eyes it asks for yellow where the style term asks for blue. (Both are strong along the lower border: the loss
# continues the picture there as in a mirror, from 106 to 112 rows, so that the last rows count twice.)
#
# What does it ask for? The printed numbers compare its gradient with the change so far (a cosine: 1 is "take it all
# back", −1 "go on like this", and chance gives less than 0.01). The content term is on the side of taking back, the
# style term on that of going on.
#
# ### Does the direction matter?
#
# Let $g$ be the gradient, of the picture's shape, and $\eta$ (Greek *eta*) the **learning rate**, one small number. For the
# step $-\eta\, g$,
#
# $$L(x - \eta\, g) \approx L(x) - \eta\, \lVert g\rVert^2, \qquad \lVert g\rVert^2 = \sum_i g_i^2 ,$$
#
# since the loss falls by *slope times distance* at each pixel. On the four pixels of section 1:
# $\lVert g\rVert^2 = 0.25 + 0.25 + 0.0625 = 0.5625$, so $\eta = 0.01$ should lower the loss by 0.0056. And as a
# control: the same step with its numbers **shuffled** over the pixels. It is just as long, but points anywhere.

# %%
small = content_loss(x.detach() - 0.01 * x.grad, target)
assert abs((total - small).item() - 0.01 * 0.5625) < 1e-4  # with a pencil

g, before = gradient_of(cat, "total"), loss(cat)["total"]
eta = 1e-4 / g.abs().mean()  # moves each pixel by 0.0001 on average
shuffled = g.flatten()[torch.randperm(g.numel(), generator=torch.Generator().manual_seed(0))].view_as(g)
print(f"{'promised':22} {-eta * g.square().sum():+.5f}")
for name, step in {"against the gradient": -g, "along the gradient": g, "shuffled gradient": -shuffled}.items():
    print(f"{name:22} {loss(cat + eta * step)['total'] - before:+.5f}")

# %% [markdown]
# Against the gradient the loss falls, about as much as promised; along it, it grows about as much; and a step of the
# same length with the same numbers in the wrong places does hardly anything. In a space of some fifty thousand
# dimensions a random direction is almost surely useless; the gradient is the one in which it pays to move every pixel
# at once.
#
# ## 3 · One step, then many
#
# **Gradient descent** is the sentence "walk a little way downhill", repeated. With $x_k$ the picture after $k$ steps
# (shape (1, 3, H, W)) and $\eta > 0$ the learning rate:
#
# $$x_{k+1} = x_k - \eta\, \nabla L(x_k).$$
#
# > **Your turn** · 6 min · ●●○ — One step. `loss_function(image)` returns a number that knows its gradient. Leave
# > the caller's picture unchanged, and return a new one without a graph (PyTorch's notes of how it was calculated).

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
# Make your own copy that asks for a gradient, before the loss is calculated:
# `pixels = image.detach().clone().requires_grad_(True)`.
#
# </details>
#
# <details><summary>Hint 2 · the loss grows, or the step has the wrong size</summary>
#
# `torch.autograd.grad(loss, pixels)[0]` is the gradient. It points uphill: subtract it, once, times the learning rate.
#
# </details>

# %% tags=["solution"]
def gradient_step(image, loss_function, learning_rate):
    """(1, 3, H, W), a loss, a rate -> the image after one step of gradient descent."""
    pixels = image.detach().clone().requires_grad_(True)
    gradient = torch.autograd.grad(loss_function(pixels), pixels)[0]
    return image.detach() - learning_rate * gradient

# %% [markdown] tags=["solution"]
# **Why.** Only a tensor that asks for a gradient *before* the loss is calculated gets one. The copy keeps the caller's
# picture out of it, and the last line uses the plain numbers, so that the graph of this step can be thrown away: a
# loop that keeps it would run out of memory.

# %% [markdown]
# How long may a step be? For the four pixels the answer is exact. Put $\nabla L = x - t$ into the rule and subtract $t$:
#
# $$x_{k+1} - t = (1 - \eta)\,(x_k - t).$$
#
# Every step multiplies the distance to the target by $1 - \eta$. With $\eta = 0.1$ a tenth of it goes at each step; with
# $\eta = 1$ all of it, at once.
#
# > **Predict** · And with $\eta = 2.1$?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# Calculate $1 - \eta$, and then its second and third power.
#
# </details>

# %%
check.predict(
    "What do the four pixels do with a learning rate of 2.1?",
    options=["arrive in one step", "swing around the target and arrive", "swing around it, farther each time"],
)

# %%
figure, axis = plt.subplots(figsize=(6.5, 2.8))
for rate, mark in {0.1: "o-", 1.0: "s--", 1.9: "^-.", 2.1: "v:"}.items():
    distances = [(1 - rate) ** k * (0.0 - 0.5) for k in range(11)]
    axis.plot(distances, mark, label=f"η = {rate}", markersize=4)
axis.set(title="Distance of the upper left pixel to its target", xlabel="step k", ylabel="x − t")
axis.legend(ncols=4)
plt.show()
check.score("swing around it, farther each time", because="1 − 2.1 = −1.1: the sign changes and the size grows by a tenth")

# %% [markdown]
# **What to see.** Four fates: creeping (0.1), arriving at once (1), swinging in (1.9), swinging out (2.1). The border
# is where $|1 - \eta| = 1$, at $\eta = 2$. In general it is $\eta = 2/c$, where $c$ is the **curvature**, the slope of
# the slope; here $c = 1$. The trouble to come: a real loss has a different curvature in every direction, and one
# $\eta$ must do for all.
#
# > **Your turn** · 10 min · ●●○ — Now the loop. Note the loss *before* each step, and return the last picture and the
# > list of losses.

# %% tags=["exercise"]
# 10 min · ●●○
def descend(image, loss_function, learning_rate, steps):
    """Gradient descent: (1, 3, H, W), a loss, a rate, a number -> (the last image, a list of `steps` losses)."""
    # Your turn.
    return None, None

check.descend(descend)

# %% [markdown]
# <details><summary>Hint 1 · the losses fall too fast, then everything explodes</summary>
#
# `.backward()` *adds* to `.grad`. Set it to None before each round, or use `torch.autograd.grad`, which does not
# accumulate.
#
# </details>
#
# <details><summary>Hint 2 · one loss too many or too few, or losses that are tensors</summary>
#
# In each round, in this order: loss, note it (`loss.item()` is a plain number), gradient, step.
#
# </details>

# %% tags=["solution"]
def descend(image, loss_function, learning_rate, steps):
    """Gradient descent: (1, 3, H, W), a loss, a rate, a number -> (the last image, a list of `steps` losses)."""
    losses = []
    for _ in range(steps):
        pixels = image.detach().clone().requires_grad_(True)
        total = loss_function(pixels)
        losses.append(total.item())
        image = (pixels - learning_rate * torch.autograd.grad(total, pixels)[0]).detach()
    return image, losses

# %% [markdown] tags=["solution"]
# **Why.** Each round needs a *new* gradient, taken where we are now. `.item()` matters: a list of tensors would keep the
# graph of every step alive. And the loss that is noted belongs to the picture before the step, because that is the
# picture whose gradient was taken.

# %% [markdown]
# On the photograph nobody tells us the curvature, so we try three learning rates, each ten times the one before. They
# are chosen so that the first step moves the pixels by 0.001, 0.01 and 0.1 on average. `torch.optim.SGD` is gradient
# descent; the helper stops when the loss passes 10, many times what it was at the start.

# %%
def slide(first_move, steps=30):
    """Gradient descent from the cat -> (the last picture, its history)."""
    pixels = cat.clone().requires_grad_(True)
    optimiser = torch.optim.SGD([pixels], lr=(first_move / g.abs().mean()).item())
    history = []
    for step in range(1, steps + 1):
        optimiser.zero_grad()
        total = loss(pixels)["total"]
        history.append({"step": step, "total": total.item()})
        if not total < 10:  # also when it is not a number
            break
        total.backward()
        optimiser.step()
    return pixels.detach(), history


slides = {f"first move {move}": slide(move) for move in (0.001, 0.01, 0.1)}
show.loss_curves(
    {name: [row for row in history if row["total"] < 10] for name, (_, history) in slides.items()},
    "Gradient descent on the photograph, three learning rates",
)
pictures = {name: picture.nan_to_num(0.5) for name, (picture, _) in slides.items()}
show.pictures({"start": cat} | pictures, "After 30 steps, or when the loss passed 10", height=1.2)

# %% [markdown]
# **What to see.** *Above:* the smallest rate creeps downhill. The middle one falls much faster, and just as smoothly. The
# largest climbs out of the figure at once and was stopped. *Below:* 0.001 has hardly touched the photograph; 0.01 has
# laid fine texture over it; 0.1 has thrown pixels far out of the range from 0 to 1, and the display cuts them off to
# garish specks. Between "too slow" and "explodes" lies a factor of a hundred, and nothing
# told us beforehand where.
#
# ## 4 · The whole loop
#
# Everything is here: a picture that asks for a gradient, a loss, an optimiser that makes the steps. Put together, this
# is the core of style transfer:
#
# ```python
# pixels = start.clone().requires_grad_(True)
# optimiser = torch.optim.Adam([pixels], lr=0.03)
# for step in range(steps):
#     optimiser.zero_grad()
#     loss(pixels)["total"].backward()
#     optimiser.step()
# ```
#
# Two things are missing. Nothing keeps the pixels between 0 and 1 (section 9 asks how to), and the last picture
# need not be the best one, so we keep the best. With both it is still short. Is it really what `stylize` does? With the
# same settings it must give the same picture.

# %%
def paint(loss, start, steps, learning_rate=0.03):
    pixels = start.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([pixels], lr=learning_rate)
    best, lowest = start, math.inf
    for _ in range(steps):
        with torch.no_grad():
            pixels.clamp_(0, 1)
        optimiser.zero_grad()
        total = loss(pixels)["total"]
        total.backward()
        if total.item() < lowest:
            best, lowest = pixels.detach().clone(), total.item()
        optimiser.step()
    return best

# %%
settings = dict(size=SIZE, backbone=backbone, content_weight=0.1, style_weight=1.0, tv_weight=0.3)
settings |= dict(scales=1, precision="float32", progress=False)
pictures = {
    "paint": paint(loss, cat, steps=40),
    "stylize": stylize("chelsea", "swirls", steps=40, optimizer="adam", learning_rate=0.03, **settings).image,
    "paint, start + 0.000001": paint(loss, cat + 1e-6, steps=40),
}
show.pictures({"start": cat} | pictures, "The same 40 steps of Adam, written twice, and once nudged", height=1.2)
mine = pictures["paint"]
print(f"{'':24}{'loss':>8}{'mean distance of its pixels to those of paint':>48}")
for name, picture in ({"start": cat} | pictures).items():
    print(f"{name:24}{loss(picture)['total'].item():8.3f}{(picture - mine).abs().mean().item():48.3f}")
assert (pictures["stylize"] - mine).abs().mean() < 0.05

# %% [markdown]
# **What to see.** Three paintings that no eye tells apart, with nearly equal losses. What `stylize` has besides the
# fourteen lines of `paint` is loading, a progress bar, other optimisers, speed (`scales` and `precision`, switched off
# here), and what section 10 is about.
#
# The last row is a warning: a nudge of a millionth at the start, far below what a picture file can store, moves the
# pixels of the result by more than ten thousand times as much. The road is sensitive, the destination is not. `stylize`
# lays out its numbers in another order than `paint`; that changes last digits, and so a part of the way. So will your machine:
# its pictures are equal to ours to the eye and in their losses, but not bit for bit.
#
# > **Common mistake** · `torch.optim.Adam([pixels.clone()])` or `pixels = pixels.clamp(0, 1)` inside the loop: the
# > optimiser then holds another tensor than the one that you look at, and nothing moves, or only for one step.
#
# ## 5 · Adam
#
# Plain gradient descent has one learning rate for all pixels. **Adam** (Kingma and Ba 2015) gives each pixel its own,
# from two running averages. With $g_t$ the gradient at step $t = 1, 2, \dots$ and $m$, $v$ (both begin at 0), all of the
# picture's shape (1, 3, H, W), and everything pixel by pixel:
#
# $$m \leftarrow 0.9\,m + 0.1\,g_t, \qquad v \leftarrow 0.999\,v + 0.001\,g_t^2,$$
#
# $$\hat m = \frac{m}{1 - 0.9^t}, \qquad \hat v = \frac{v}{1 - 0.999^t}, \qquad x \leftarrow x - \eta\, \frac{\hat m}{\sqrt{\hat v} + 10^{-8}} .$$
#
# $m$ is the mean of the recent gradients (**momentum**: what keeps its sign adds up, what alternates cancels).
# $\sqrt v$ is their usual size, and dividing by it is the **scaling**. The hats correct for the start at 0.
#
# By hand, at $t = 1$: $m = 0.1 g$, so $\hat m = g$; $v = 0.001 g^2$, so $\hat v = g^2$; the step is $\eta\, g / |g|$.
# The first step of Adam moves **every pixel by $\eta$**, however large or small its gradient. (Only where the gradient is 0,
# or as tiny as the $10^{-8}$, does the pixel stay.) PyTorch calls 0.9 and 0.999 the *betas*, and $10^{-8}$ *epsilon*.
#
# > **Your turn** · 12 min · ●●● — One step of Adam. All tensors have the picture's shape; `step` counts from 1. Return
# > the update that is to be *subtracted*, and the two new averages (the plain ones, without hats).

# %% tags=["exercise"]
# 12 min · ●●●
def adam_step(gradient, mean, square, step, learning_rate):
    """-> (update, new mean, new square); betas 0.9 and 0.999, epsilon 1e-8."""
    # Your turn.
    return None, None, None

check.adam_step(adam_step)

# %% [markdown]
# <details><summary>Hint 1 · the first steps are far off, or infinite</summary>
#
# The corrections are `mean / (1 - 0.9**step)` and `square / (1 - 0.999**step)`, with `step` as it comes. Correct
# copies: the averages that you return stay uncorrected.
#
# </details>
#
# <details><summary>Hint 2 · NaN where the gradient is 0, or small differences for tiny gradients</summary>
#
# The `1e-8` is added *after* the root: `root + 1e-8`.
#
# </details>

# %% tags=["solution"]
def adam_step(gradient, mean, square, step, learning_rate):
    """-> (update, new mean, new square); betas 0.9 and 0.999, epsilon 1e-8."""
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    usual_size = (square / (1 - 0.999**step)).sqrt() + 1e-8
    return learning_rate * mean / (1 - 0.9**step) / usual_size, mean, square

# %% [markdown] tags=["solution"]
# **Why.** The averages start at 0, so after one step they hold only a tenth and a thousandth of what they should: the
# hats divide exactly that out. Scaling makes the learning rate a length in *pixel values*: 0.03 means "about 0.03 of
# the way from black to white at each step", whatever the weights of the loss.

# %% [markdown]
# Two numbers, three steps, beside `torch.optim.Adam`. The first number has gradients of 4, 4 and 4, the second of
# −0.002, 0.002 and −0.002. (`check.adam_step.reference` is the check's own answer; when yours is solved, put
# `adam_step` in its place.)

# %% tags=["nbval-check-output"]
by_hand = check.adam_step.reference
mean = square = torch.zeros(2)
twin = torch.zeros(2, requires_grad=True)
optimiser = torch.optim.Adam([twin], lr=0.03)
for step, sign in enumerate([1, -1, 1], 1):
    gradient = torch.tensor([4.0, -0.002 * sign])
    update, mean, square = by_hand(gradient, mean, square, step, 0.03)
    before, twin.grad = twin.detach().clone(), gradient
    optimiser.step()
    assert torch.allclose(before - update, twin, atol=1e-6)
    print(f"step {step}: gradients {[round(v, 3) for v in gradient.tolist()]}, moves {[round(-v, 3) for v in update.tolist()]}")

# %% [markdown]
# The first step is 0.03 for both, though one gradient is two thousand times the other. Afterwards the steady one goes
# on at 0.03, while the one that changes its sign moves much less: its mean cancels.
#
# ## 6 · A narrow valley
#
# Fifty thousand dimensions cannot be drawn, two can. Take a point with the coordinates $(a, b)$ and a valley that is
# flat along $a$ and steep along $b$:
#
# $$f(a, b) = \tfrac12\,(a^2 + c\, b^2), \qquad \nabla f = (a,\; c\, b), \qquad c = 25 .$$
#
# With $\eta = 0.07$, gradient descent multiplies $a$ by $1 - 0.07 = 0.93$ and $b$ by $1 - 0.07 \cdot 25 = -0.75$ at
# each step: it zigzags across the valley while it creeps along it. A larger $\eta$ would explode across, a smaller one
# creep more. By hand, the first step leads from $(-2,\; 0.8)$ to $(-1.86,\; -0.6)$.
#
# <details><summary>Which learning rate is the best for such a valley?</summary>
#
# The factor along the valley is $1 - \eta$, across it $1 - c\,\eta$. The larger a learning rate, the better along the
# valley; the limit is set across it. Both are equally good, $1 - \eta = c\,\eta - 1$, at $\eta = 2/(1 + c)$, and the
# factor is then $(c - 1)/(c + 1)$: for $c = 25$ about 0.92, for $c = 400$ about 0.995. So the number of steps grows
# like $c$. No choice of $\eta$ helps; only another *direction* does.
#
# </details>
#
# Four walkers make forty evaluations each: gradient descent; the same with momentum; Adam; and L-BFGS, which section 7
# explains. They do it in this valley, and, as a control, in the same valley `turn`ed by 45°, the starting point with it.
# Which of the four will be at the bottom first? And for which of them does the turning matter?

# %%
def valley(point, turn, curvature):
    """(2,) or (2, n) -> the height f, with the axes of the valley turned by an angle."""
    a = math.cos(turn) * point[0] + math.sin(turn) * point[1]
    b = math.cos(turn) * point[1] - math.sin(turn) * point[0]
    return (a**2 + curvature * b**2) / 2


def path(make, turn=0.0, curvature=25.0, steps=40):
    """An optimiser's maker -> the points it visits, (steps, 2), one for each evaluation."""
    a, b = -2.0, 0.8
    start = [a * math.cos(turn) - b * math.sin(turn), a * math.sin(turn) + b * math.cos(turn)]
    point, points = torch.tensor(start, requires_grad=True), []
    optimiser = make([point])

    def closure():
        optimiser.zero_grad()
        points.append(point.detach().clone())
        height = valley(point, turn, curvature)
        height.backward()
        return height

    for _ in range(steps):
        optimiser.step(closure)
    return torch.stack(points)


# %%
walkers = {
    "gradient descent": lambda p, c=25: torch.optim.SGD(p, lr=1.75 / c),
    "with momentum": lambda p, c=25: torch.optim.SGD(p, lr=1.75 / c, momentum=0.6),
    "Adam": lambda p, c=25: torch.optim.Adam(p, lr=0.1),
    "L-BFGS": lambda p, c=25: torch.optim.LBFGS(p, max_iter=1, tolerance_grad=0, tolerance_change=0),
}
assert torch.allclose(path(walkers["gradient descent"])[1], torch.tensor([-2 * 0.93, 0.8 * -0.75]))  # with a pencil
figure, axes = plt.subplots(1, 2, figsize=(8.5, 3.9))
u, w = torch.meshgrid(torch.linspace(-2.4, 1.2, 120), torch.linspace(-2, 1.6, 120), indexing="xy")
for axis, (name, turn) in zip(axes, {"along the axes": 0.0, "turned by 45°": math.pi / 4}.items(), strict=True):
    heights = valley(torch.stack([u, w]), turn, 25)
    axis.contour(u, w, heights, levels=[0.1, 0.5, 1.5, 4, 10, 20], colors="0.75", linewidths=0.8)
    for (walker, make), mark, colour in zip(walkers.items(), ".^sD", show.COLOURS.values(), strict=True):
        axis.plot(*path(make, turn).T, marker=mark, color=colour, markersize=4, linewidth=0.9, label=walker)
    axis.plot(0, 0, "k*", markersize=12)
    axis.set(title=f"the valley {name}", xlabel="first coordinate", ylabel="second coordinate", aspect="equal")
axes[0].legend(loc="upper right", fontsize=8)
figure.suptitle("Forty evaluations of four optimisers; the star is the lowest point, grey lines are heights")
plt.show()

# %% [markdown]
# **What to see.** *Left:* gradient descent (dots) hops from wall to wall. With momentum (triangles) the hops die away
# and the walk along the valley speeds up. Adam (squares) does not care that one wall is steep: it strides down both
# coordinates at nearly the same speed, swings past the bottom and curls back. L-BFGS (diamonds) makes one short step,
# a few uneven ones, and is there. *Right:* the same valley, turned. Gradient descent's path is simply turned with it,
# and L-BFGS's nearly so. Adam's is not: its scaling works coordinate by coordinate, and the valley no longer lies
# along one.
#
# Count it, and make the valley narrower: how many evaluations until $f$ stays below 0.01?

# %%
print(f"{'':18}" + "".join(f"{f'c = {c}, {turn}':>18}" for c in (25, 400) for turn in ("0°", "45°")))
for walker, make in walkers.items():
    counts = []
    for c in (25, 400):
        for turn in (0.0, math.pi / 4):
            heights = valley(path(lambda p: make(p, c), turn, c, steps=800).T, turn, c)
            counts.append(1 + (heights >= 0.01).nonzero().max().item())
    print(f"{walker:18}" + "".join(f"{count:18}" for count in counts))
# %% [markdown]
# Gradient descent pays for a valley with 16 times the curvature with about 16 times the evaluations. Adam along the
# axes takes it almost in its stride; turned, it loses that advantage. L-BFGS needs only a few evaluations in all four.
# (In two dimensions its memory holds all there is to know of the curvature; in fifty thousand it holds ten directions.
# So expect less of it on pictures.)
#
# ## 7 · L-BFGS, and what a closure is
#
# The idea in one dimension. We know two points and the gradients there. The change of the gradient, divided by the
# step, *is* the curvature; and a step of gradient divided by curvature leads to the bottom of a parabola:
#
# $$s = x_1 - x_0, \qquad y = g_1 - g_0, \qquad c \approx y / s, \qquad x_2 = x_1 - g_1\, \frac{s}{y} .$$
#
# By hand, for $f(x) = \tfrac12 \cdot 25\, x^2$ (so $g = 25 x$), from $x_0 = 1$ to $x_1 = 0.9$: $s = -0.1$,
# $y = 22.5 - 25 = -2.5$, so $s/y = 0.04 = 1/25$, and $x_2 = 0.9 - 22.5 \cdot 0.04 = 0$. There in one step, and nobody
# told us the 25.
#
# A picture has $n$ = 3·H·W numbers, and its curvature would be a table of n × n: for our small cat more than two
# thousand million. **L-BFGS** (Liu and Nocedal 1989; the L is for *limited memory*) keeps only the last few pairs
# $(s, y)$, each of the picture's shape, ten of them here, and builds from them a direction that is *as if* divided by
# the curvature.
#
# > **In the paper** · Gatys, Ecker and Bethge 2016 use L-BFGS, "which we found to work best for image synthesis".
#
# Some methods need the loss at several points before they decide on a step. So `torch.optim.LBFGS` wants a
# **closure**: a function without arguments that clears the gradients, calculates the loss of the pixels *as they are
# now*, calls `backward()`, and returns the loss. The optimiser calls it as often as it likes. How often is that in one
# `step()`?

# %%
g0, g1 = 25 * 1.0, 25 * 0.9
assert abs(0.9 - g1 * (0.9 - 1.0) / (g1 - g0)) < 1e-9  # with a pencil: the next point is 0

for name, options in {"torch's default": {}, "as in this course": {"max_iter": 1}}.items():
    pixels, calls = cat.clone().requires_grad_(True), []
    optimiser = torch.optim.LBFGS([pixels], **options)

    def closure():
        optimiser.zero_grad()
        total = loss(pixels)["total"]
        total.backward()
        calls.append(total.item())
        return total

    optimiser.step(closure)
    print(f"{name}: evaluations in one call of step(): {len(calls)}")
first_move = (pixels.detach() - cat).abs().sum().item()
print(f"L-BFGS's first step changed {cat.numel()} numbers by {first_move:.2f} in total; Adam's: {0.03 * cat.numel():.0f}")
assert first_move < 1.01

# %% [markdown]
# One call of `step()` can be many evaluations: `max_iter=20` is torch's default. Whoever compares "300 steps" of one
# program with "300 steps" of another may compare 300 evaluations with 6000. In this course **one step is one
# evaluation of the loss and its gradient**, with every optimiser: `max_iter=1`, and the memory of curvature lives on
# between the calls.
#
# The last line explains a hesitation that you will see in a moment. Before it knows any curvature, torch's L-BFGS is
# very careful: the changes of all numbers in its first step add up to 1 at most. For a picture that is next to nothing.
#
# Now the fair race: equal evaluations. Are they also equal time? Nearly all the time goes into the network, forwards and
# backwards, and it is the same for both. `time.process_time` counts the seconds that the processor has worked for us.

# %%
records, seconds = {}, {}
for name in ("adam", "lbfgs"):
    began = time.process_time()
    records[name] = list(minimise(loss, cat, 128, optimizer=name))
    seconds[name] = time.process_time() - began
print("Equal evaluations cost equal time, within a factor of two:", 0.5 < seconds["lbfgs"] / seconds["adam"] < 2)
show.loss_curves(
    {name: [{"step": r.step, **r.losses} for r in run] for name, run in records.items()},
    "Adam and L-BFGS at equal evaluations, from the content picture",
)
show.pictures(
    {f"{name}, {n}": records[name][n - 1].image for name in records for n in (10, 30, 100)},
    "After the same number of evaluations: Adam above, L-BFGS below", columns=3, height=1.35,
)

# %% [markdown]
# **What to see.** *The curves:* Adam is off at once. L-BFGS waits at the top until it has gathered some curvature,
# catches up within ten evaluations, and then leads: between 20 and 40 it is six to ten evaluations ahead. Later
# both flatten, Adam closes the gap, and at the end the two are level. L-BFGS's curve has a small bump after 100: without a
# line search (a trial of several step lengths) nobody guarantees that each step goes down.
# *The pictures:* after 10 evaluations both have engraved a fine texture and changed hardly any colour. After 30 both are
# turning blue. After 100 both have repainted the cat; L-BFGS's has the stronger contrasts, around the eyes and on the nose.
#
# One pair of pictures is no evidence, and one learning rate would be unfair to Adam. The control: other pairs, small,
# Adam with three learning rates, and once a network with *random* weights. The numbers are losses after 60
# evaluations.

# %%
rates = (0.01, 0.03, 0.1)
print(" " * 34, *(f"{name:>10}" for name in ("L-BFGS", *(f"Adam {rate}" for rate in rates))))
rows = [("coffee", "impasto_sunset", None), ("rocket", "swirls", None)]
rows += [("portrait", "stained_glass", weights) for weights in (None, "random")]
for content, style, weights in rows:
    pair = [load_image(name, 96) for name in (content, style)]
    other = StyleTransferLoss(load_backbone("mini", weights=weights), *pair, content_weight=0.1, tv_weight=0.3)
    ways = [list(minimise(other, pair[0], 60, *how)) for how in [("lbfgs",), *(("adam", rate) for rate in rates)]]
    lows = [min(record.losses["total"] for record in way) for way in ways]
    print(f"{content} + {style} {weights or ''}".ljust(34), *(f"{low:10.3f}" for low in lows))

# %% [markdown]
# In no row does L-BFGS end higher than Adam with the best of its three rates: in two it is lower by about a quarter, in
# one by little, and with the rocket the two are level. It wins with random weights as well: this is a matter of the
# loss's valleys, not of what the network has learned. And Adam's best rate is not the same in all rows, while L-BFGS had
# none to choose.
# What speaks for Adam: it starts at once, and its step has a known size.
#
# ## 8 · Where to start
#
# The loss says where to go, not where to begin. [Notebook 00](00_start_here.ipynb) has compared three starts by eye; here
# we measure. Three starts are usual, and `starting_image` makes them: the content
# picture, the style picture (scaled and cropped to the same frame), and noise, which we try with two seeds.

# %%
def likeness(image, other):
    """Two pictures (1, 3, H, W) -> the correlation of their colours in blocks of 8 × 8: 1 if equal, about 0 if strangers."""
    blocks = [torch.nn.functional.avg_pool2d(picture, 8).flatten(2) for picture in (image, other)]
    blocks = [block - block.mean(dim=2, keepdim=True) for block in blocks]
    return torch.cosine_similarity(blocks[0].flatten(), blocks[1].flatten(), dim=0).item()


origins = {name: starting_image(name, cat, swirls) for name in ("content", "style", "noise")}
origins["noise 2"] = starting_image("noise", cat, swirls, seed=1)
ways = {"content": records["lbfgs"][:100]}
ways |= {name: list(minimise(loss, image, 100)) for name, image in origins.items() if name != "content"}
show.loss_curves(
    {name: [{"step": r.step, **r.losses} for r in way] for name, way in ways.items()}, "Four starts, L-BFGS"
)

# %% [markdown]
# **What to see.** The style picture starts lowest: its style loss is nearly 0 already, and the content has the smaller
# weight. Content and noise start higher, for different reasons: one has all of the content and none of the style, the
# other has neither. The peak of the second noise is a step of L-BFGS that was far too long, the danger that section 7
# spoke of; a few evaluations later it is repaired. After 100 evaluations all four curves are close together and fall only
# slowly. By the numbers, then, the start hardly matters. By the pictures?

# %%
best = {name: min(way, key=lambda r: r.losses["total"]) for name, way in ways.items()}
show.pictures(
    {f"start: {name}": image for name, image in origins.items()}
    | {f"end: {name}": record.image for name, record in best.items()},
    "Above the starts, below the best picture within 100 evaluations", height=1.2,
)
print(f"{'start':9}{'content':>9}{'style':>9}{'total':>9}{'like cat':>11}{'like swirls':>13}")
for name, record in best.items():
    terms = "".join(f"{record.losses[term]:9.3f}" for term in ("content", "style", "total"))
    print(f"{name:9}{terms}{likeness(record.image, cat):11.2f}{likeness(record.image, origins['style']):13.2f}")
print("two noises: start", round(likeness(origins["noise"], origins["noise 2"]), 1),
      "end", round(likeness(best["noise"].image, best["noise 2"].image), 1))

# %% [markdown]
# **What to see.** From the *content*, a cat with its own light and shade in the colours of the style. From the
# *style*, two of the yellow suns still stand, paler, where they stood, and the cat's face is drawn over the sky: one of its
# eyes lies in a sun. From *noise*, a cat once more, darker and flatter than the first; the two seeds differ in details,
# such as the left eye and the nose.
#
# The table says the same. The losses are nearly equal, but the coarse colours remember the start: "like cat"
# for the first row, "like swirls" for the second. Noise has no large shapes to remember; it takes some of the cat's, through
# the content term, and so the two noises, which began as strangers, ended as close relatives. The loss does not mind: a
# Gram matrix does not ask *where*, and the content term is nearly the same in all rows. What the loss
# leaves open, the start decides, as [notebook 04](04_what_layers_remember.ipynb) found for the content term alone.
#
# > **In the paper** · Gatys, Ecker and Bethge 2016 find that the start biases the result "somewhat towards the spatial
# > structure of the initialisation" without a strong effect, and that only noise gives an arbitrary number of new
# > pictures. Their network is larger; after our hundred evaluations of a small one the bias is plain to see, and our two
# pictures from noise differ in details only.
#
# ## 9 · Where to clamp
#
# Nothing in the loss keeps the pixels between 0 and 1, but a screen can show nothing else. So somewhere they must be
# clamped: cut off at 0 and 1. Four programs, four places:
#
# - **only at the end**: let the pixels roam, cut once;
# - **in the closure**, in place, before the loss is calculated;
# - **between steps**, as `stylize` does;
# - **in the loss**: minimise $L(\mathrm{clamp}(x))$, so that the cut is a part of the function.
#
# > **Predict** · All four make 60 evaluations of L-BFGS. Which ends with the highest loss of the picture *as it is shown*?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# Which of the four programs never hears, during the run, what the cut will do to its picture?
#
# </details>

# %%
def clamped_run(place, evaluations=60, max_iter=1, history=10):
    """One of `places` (and options of L-BFGS) -> the pixels (1, 3, H, W) after the last step, not cut."""
    pixels = cat.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS([pixels], max_iter=max_iter, history_size=history, tolerance_grad=0, tolerance_change=0)

    def closure():
        if place == "in the closure":
            pixels.data.clamp_(0, 1)
        optimiser.zero_grad()
        total = loss(pixels.clamp(0, 1) if place == "in the loss" else pixels)["total"]
        total.backward()
        return total

    for _ in range(evaluations // max_iter):
        if place == "between steps":
            pixels.data.clamp_(0, 1)
        optimiser.step(closure)
    return pixels.detach()


places = ["only at the end", "in the closure", "between steps", "in the loss"]
check.predict("Which place for the clamp gives the worst picture?", options=places)

# %%
raw = {place: clamped_run(place) for place in places}
raw["between 20s"] = clamped_run("between steps", max_iter=20)  # three calls of step(), twenty evaluations each
print(f"{'':17}{'pixels outside':>16}{'loss, uncut':>13}{'loss, as shown':>16}")
for place, image in raw.items():
    outside = ((image < 0) | (image > 1)).float().mean()
    print(f"{place:17}{outside:16.1%}{loss(image)['total']:13.3f}{loss(image.clamp(0, 1))['total']:16.3f}")
change = raw["only at the end"].clamp(0, 1) - raw["only at the end"]
pictures = {"only at the end": raw["only at the end"], "the pixels that were cut": (change != 0).any(dim=1)[0].float()}
show.pictures(pictures | {"between steps": raw["between steps"]}, "What a screen shows after 60 evaluations", height=1.35)
check.score("only at the end", because="what it reached, it reached with pixels that no screen can show")

# %% [markdown] tags=["teacher"]
# **Teaching notes, section 9.** Many tutorials say "never clamp in the closure" or do it without comment. Let the
# class argue for a place *before* the table is shown, then let them explain why two rows agree. *Talking point:* a
# rule can be right for another reason than the one that is given for it; here the measured damage comes from cutting
# too late, not from the closure. *Misconception:* "the optimiser knows that pixels end at 0 and 1."

# %% [markdown]
# **What to see.** *The table:* whoever cuts only at the end believes the loss to be about as low as that of the others (*uncut*),
# but the picture on the screen has a much higher one: a good part of the optimiser's work was done by pixels that
# nobody sees. *The pictures:* white in the middle marks the pixels where a channel was cut: the eyes, the nose, the
# corners, the darkest and most saturated places. They are enough to change the Gram matrices, and nothing was left
# to repair them.
#
# Cutting *in the closure* and *between steps* are here one and the same program: cut, evaluate, step, cut, evaluate,
# step. Their rows agree. *In the loss* is almost as good: a pixel outside has no gradient of its own and does no harm. And
# "between 20s", the same code with torch's default of twenty evaluations in one `step()`, cuts too rarely and pays for
# it.
#
# So why do careful programs not clamp in the closure, if it costs nothing here? Because a closure is a *question*:
# "what is the loss at this point?" The optimiser may ask it twenty times in a step. With a line search it asks at
# several points and returns to one of them; if the question has moved the pixels, the loss that it wrote down belongs
# to another picture. And L-BFGS infers curvature: torch takes $s$ from the step that it *asked for*, and $y$ from the
# gradients where it *landed*. By hand, for $f(x) = \tfrac{25}{2}(x - 1.2)^2$: from 0.9, where the slope is −7.5, it
# asks for 1.1. There the slope is −2.5, and $y/s = 5/0.2 = 25$, the truth. Clamped to 1.0 the slope is −5, and
# $y/s = 2.5/0.2 = 12.5$.

# %% tags=["nbval-check-output"]
def slope_at(x):
    return 25 * (x - 1.2)  # f(x) = 25/2 · (x - 1.2)², whose bottom lies outside the range


asked, given = 0.9 + 0.2, 1.0
honest = (slope_at(asked) - slope_at(0.9)) / 0.2
fooled = (slope_at(given) - slope_at(0.9)) / 0.2
print(f"curvature from the point that was asked for {honest:.1f}, from the clamped point {fooled:.1f}")
assert round(honest, 6) == 25 and round(fooled, 6) == 12.5

# %% [markdown]
# Half of the true curvature, and so a step twice too long. This price is paid wherever one cuts during the run, also
# between steps; it is small because few pixels are at the border. The rule: **cut where the optimiser can still react,
# keep the closure a pure question, and cut once more before you show** (`to_pil` does it, and `stylize` returns a
# picture that was cut *before* its loss was measured).
#
# ## 10 · When to stop, and what to keep
#
# The loss never arrives; it only gets tired. A simple rule: stop when the last 20 evaluations have lowered the best
# loss by less than 5 %. `stylize` calls `callback` after each evaluation and stops when it returns `False`. Ours shows the
# run while it goes (`LiveProgress`, with a Stop button of its own), and stops it when it is tired:

# %%
live, seen = LiveProgress(), []


def tired(record):
    seen.append(min([record.losses["total"], *seen[-1:]]))  # the best loss so far
    return live(record) and (len(seen) <= 20 or seen[-1] < 0.95 * seen[-21])


result = stylize("chelsea", "swirls", steps=300, callback=tired, **settings)
losses = [row["total"] for row in result.history]
print(f"{result.stopped!r} after {len(losses)} of 300; upward steps: {sum(b > a for a, b in zip(losses, losses[1:]))}")

# %% [markdown]
# **What to see.** *Left,* the best picture of the run. *Right,* the terms, unweighted, and their weighted total. The style
# term falls furthest. The content term begins below the figure (0 has no logarithm), shoots up when the style moves in,
# and creeps down again from its peak: the brake at work. The total went down at every single step here, which nobody
# guarantees (think of the second noise in section 8), and the rule ended the run well before the 300 evaluations.
# A tired loss is no finished picture, though: look at both.
#
# > **Your turn** · 5 min · ●○○ — Keep the best. You get the pictures of a run and their losses, some of which may be NaN
# > ("not a number") or infinite. Return the picture of the lowest *finite* loss.

# %% tags=["exercise"]
# 5 min · ●○○
def keep_best(images, losses):
    """A list of images and a list of floats -> the image of the lowest finite loss."""
    # Your turn.
    return None

check.keep_best(keep_best)

# %% [markdown]
# <details><summary>Hint 1 · NaN wins, or the first picture does</summary>
#
# Every comparison with NaN is False, so `min` and `<` cannot be trusted with it. `math.isfinite(loss)` sorts out NaN,
# inf and −inf.
#
# </details>
#
# <details><summary>Hint 2 · the index points to another picture</summary>
#
# If you filter the losses first, their places shift. Walk over `zip(images, losses)` and keep both together.
#
# </details>

# %% tags=["solution"]
def keep_best(images, losses):
    """A list of images and a list of floats -> the image of the lowest finite loss."""
    best, lowest = None, math.inf
    for image, loss in zip(images, losses, strict=True):
        if math.isfinite(loss) and loss < lowest:
            best, lowest = image, loss
    return best

# %% [markdown] tags=["solution"]
# **Why.** A run costs minutes, and its last step is the one that may blow up. Who compares only finite losses and keeps
# picture and loss together loses nothing. −inf has to go too: it is no better loss, only another kind of accident.

# %% [markdown]
# What `stylize` does when something goes wrong: here we press the stop button ourselves, by raising what it raises, and
# then hand `minimise` a loss that becomes NaN at its sixth evaluation.

# %% tags=["nbval-check-output"]
def stop_button(record):
    if record.step == 8:
        raise KeyboardInterrupt


calls = []


def breaks(image):
    calls.append(1)
    factor = math.nan if len(calls) == 6 else 1.0
    return {name: factor * term for name, term in loss(image).items()}


stopped = stylize("chelsea", "swirls", steps=50, callback=stop_button, **settings)
print(stopped.stopped, "after", stopped.evaluations, "evaluations; finite:", bool(stopped.image.isfinite().all()))
survived = list(minimise(breaks, cat, 50))
print("pictures before the NaN:", len(survived), "- finite:", all(r.image.isfinite().all() for r in survived))

# %% [markdown]
# Nothing is lost: an interrupted run returns its best picture, and a run whose loss is no longer a number ends there
# with what it has (`stylize` then warns, and `result.stopped` is "diverged").
#
# ## 11 · What the fast parts buy
#
# `stylize` has three parts that `paint` has not: L-BFGS with its memory, smaller numbers inside the network, and smaller
# pictures at the beginning; and, if it is asked, a fourth: steps that are smooth at first. First the memory. How many of
# the pairs $(s, y)$ of section 7 are worth keeping?

# %%
for history in (1, 3, 10, 60):
    image = clamped_run("between steps", history=history).clamp(0, 1)
    print(f"pairs kept: {history:2}   loss after 60 evaluations: {loss(image)['total']:.3f}")

# %% [markdown]
# Hardly any: the four losses differ by two parts in a hundred. The newest pair does nearly all of the work,
# and sixty need six times the space of ten and gain nothing. `stylize` keeps ten, which costs little and is on the safe side.
#
# The other three have been switched off so far. Switch them on one after the other, with the same 60 evaluations, and
# score every picture with the same exact loss. The *work* counts pixels: an evaluation at half the side is a quarter of one.

# %%
fast_parts = {
    "float32, one size": dict(precision="float32", scales=1),
    "bfloat16, one size": dict(precision="bfloat16", scales=1),
    "bfloat16, two sizes": dict(precision="bfloat16", scales=2),
    "bfloat16, smooth steps": dict(precision="bfloat16", scales=1, optimizer="smooth_lbfgs"),
}
shown, runs = {}, {}
for name, parts in fast_parts.items():
    runs[name] = result = stylize("chelsea", "swirls", steps=60, **(settings | parts))
    work = sum((row["size"] / SIZE) ** 2 for row in result.history)
    score = loss(result.image)["total"].item()
    shown[f"{name}\nloss {score:.3f}, work {work:.0f}, {result.seconds:.1f} s"] = result.image
show.pictures(shown, "The same 60 evaluations with the fast parts", height=1.3)

plain, smooth = ([row["total"] for row in runs[f"bfloat16, {kind}"].history] for kind in ("one size", "smooth steps"))
for n in (20, 40, 60):
    reached = next(step for step, total in enumerate(smooth, start=1) if total <= min(plain[:n]))
    print(f"the loss of {n} evaluations of plain L-BFGS, with smooth steps: after {reached}")

# %% [markdown]
# **What to see.** The first two pictures have practically the same loss: **bfloat16** keeps 8 bits of each activation instead
# of 24, and the picture does not notice, because the losses, the Gram matrices and the pixels themselves stay in float32. What it
# buys is time, on hardware that multiplies such numbers natively: an evaluation takes about half as long with VGG-19, and
# about two thirds with mini (measured in `docs/benchmark.md`; the seconds over the pictures are those of the machine that made
# this page, so run the cell for yours). Elsewhere it would be *slower*, so `precision="auto"` tries it first.
#
# The third did less work, since its first evaluations were at half the side: the **pyramid**. The large shapes are settled
# there for a quarter of the price; then the photograph's fine detail is given back, and the rest only has to add fine
# strokes. Its loss after as many *evaluations* is a little higher; compare it at equal *work*, by giving it more steps.
#
# The fourth has one size again and another optimiser: **smooth steps**, `optimizer="smooth_lbfgs"`. Where L-BFGS has not
# measured the curvature yet it must guess, and the usual guess is the same for all directions. But section 12 will show
# that fine texture changes early and the colour of whole areas late: the valley is shallow along what is coarse. So the
# guess says that: at first, the longer a wave across the picture, the longer the step along it. Over 60
# evaluations that fades, and what remains is plain L-BFGS. Its loss is the lowest of the four, and the lines below the
# pictures say how many evaluations it takes to where plain L-BFGS was after 20, 40 and 60: at first two thirds as many, later
# the two draw closer. One pair is no evidence: for most pairs the benchmark finds a fifth to a quarter fewer with mini and more
# than that with VGG-19, but for one pair with each it loses. Each of its evaluations takes a little longer, for smoothing is
# work too. The course paints with the L-BFGS of the paper unless it says otherwise.
#
# ## 12 · The whole way in eight pictures
#
# The loss falls fast at first and slowly later, so we look at doubling distances: after 1, 2, 4, … 128 evaluations.
# Which kind of change comes first? For each picture we compare its difference from the photograph with the same
# difference averaged over blocks of 8 × 8 pixels. The **coarse share** is what survives the averaging: 1 if whole
# areas changed their colour together, about 1/64 if only noise was added.
#
# Move the slider (it needs no kernel); below it the eight pictures side by side, and the numbers.

# %%
when = [1, 2, 4, 8, 16, 32, 64, 128]
way = {f"evaluation {n}": records["lbfgs"][n - 1].image for n in when}
scrubber(way, "L-BFGS on its way: move the slider", alt="a cat that becomes a painting of swirls")

# %%
def coarse_share(change):
    """(1, 3, H, W) -> one number from 0 to 1: how much of the squared change is left in blocks of 8 × 8."""
    return (torch.nn.functional.avg_pool2d(change, 8).square().mean() / change.square().mean()).item()


show.pictures(way, "L-BFGS on its way", height=1.05)
print(f"noise: {coarse_share(origins['noise'] - 0.5):.2f}")
for name in ("lbfgs", "adam"):
    shares = (coarse_share(records[name][n - 1].image - cat) for n in when[2:])
    print(f"{name:6} at {when[2:]}:", *(f"{share:.2f}" for share in shares))

# %% [markdown]
# **What to see.** At 4 and 8 only a fine texture has appeared, first along edges, then everywhere. Between 8 and 16
# whole areas turn blue and violet. From 16 to 128 the specks fade again, and patches of dark blue and yellow settle. The
# numbers agree, for both optimisers: the coarse share begins at a tenth or less and ends above four fifths. **Texture
# first, colour later.** It fits the valley of section 6: across it the loss is steep and quick to respond, along it
# shallow and slow.
#
# That is also why `stylize` paints large pictures small first (`scales`): what is slow here is cheap there. More in
# [08](08_studio.ipynb).
#
# ## Summary
#
# - The gradient of a loss with respect to a picture is a picture: one number for each pixel and colour, how fast the loss grows with it.
# - From the content picture the first step is driven by the style; the content term is a brake.
# - Adam moves a pixel by about its learning rate while its gradient keeps its sign; L-BFGS divides by the curvature that it has measured on the way.
# - Count evaluations, not steps; clamp where the optimiser can still react; keep the best picture.
#
# ## Common mistakes
#
# - Forgetting `zero_grad()`: gradients of all earlier steps add up, and the loss climbs.
# - Giving the optimiser a copy: `Adam([pixels.clone()])` trains a tensor that nobody looks at.
# - Comparing optimisers at equal "steps", when one step of L-BFGS is twenty evaluations.
# - Clamping only when saving, and wondering why the saved picture is worse than the loss said.
# - Keeping tensors (`losses.append(total)`) instead of numbers (`total.item()`): the memory grows with each step.
#
# ## Challenge
#
# *Open, an hour or more.* Get rid of the clamp: let the optimiser move numbers $z$ without limits, and show
# $x = \sigma(z)$, which is always between 0 and 1. (a) Does L-BFGS end lower, after 60 evaluations, than with the
# clamp between steps? (b) What happens at pixels that start at exactly 0 or 1, and what do you do about them? (c) Is
# your answer the same for another pair, and for random weights?
#
# <details><summary>A way to begin</summary>
#
# `torch.logit(cat, eps=0.01)` is the $z$ of the photograph, and `lambda z: loss(torch.sigmoid(z))` is a loss of $z$.
# Copy `clamped_run`, take out what is no longer needed, and compare losses of the pictures, not of the $z$.
#
# </details>
#
# ## References
#
# - D. C. Liu, J. Nocedal (1989). On the limited memory BFGS method for large scale optimization. *Mathematical Programming*.
# - L. I. Rudin, S. Osher, E. Fatemi (1992). Nonlinear total variation based noise removal algorithms. *Physica D*.
# - J. W. Neuberger (1997). *Sobolev gradients and differential equations.* Springer. (Smooth steps.)
# - D. P. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. *ICLR*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2015). A neural algorithm of artistic style. *arXiv:1508.06576*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). Image style transfer using convolutional neural networks. *CVPR*.
#
# [← 06 · Losses and weights](06_losses_and_weights.ipynb) · [08 · The studio →](08_studio.ipynb)
