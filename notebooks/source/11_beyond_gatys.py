# %% [markdown]
# # 11 · Beyond Gatys
#
# **What else can "style" be, and must one optimise every time?**
#
# ![Three pictures: old houses with pale blue fronts under a blue sky of short strokes and yellow flecks; a red pagoda before a dusky sky; a cat in orange and grey with yellow eyes.](attachment:11_beyond_gatys.jpg)
#
# *Each of the three in one pass through a network, without a step of optimisation. Only the night was trained for its painting.*
#
# **You will**
#
# - replace the Gram matrix by two other statistics, and see what each of them loses;
# - show with numbers that matching Gram matrices means comparing all pairs of places with a kernel;
# - write AdaIN, one line that paints in *any* style without a single step of optimisation;
# - train a network for one painting, and send a moving camera through it;
# - measure what a second of optimisation buys that a tenth of a second cannot.
#
# **You need** [07 · The optimisation loop](07_optimisation_loop.ipynb) and [05 · Gram matrices](05_gram_matrices.ipynb).
#
# **Reading** 10 minutes + exercises 28 minutes. **Running** about two minutes on two CPU cores.
# **Short path** (30 minutes): sections 1, 3, 4 and 6; leave out `train`.
#
# **Sections** 1 In one breath · 2 Other statistics · 3 Any style in one pass · 4 A network for one painting · 5 A moving camera · 6 The measure.

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
# Two trained networks come with the package: one that paints *The Starry Night* and nothing else, and one that paints anything. Neither has seen the photographs of
# this notebook, and the second none of the eight paintings.

# %%
import time

import torch

from nsthelpers import StyleTransferLoss, extract_features, gram_matrix, list_images, load_backbone
from nsthelpers import load_image, minimise, scrubber, show, stylize
from nsthelpers.beyond.adain import AnyStyle
from nsthelpers.beyond.feedforward import FeedForward, PerceptualLoss, load_feedforward
from nsthelpers.beyond.statistics import SlicedWasserstein, polynomial_mmd
from nsthelpers.checks import beyond_gatys as check
from nsthelpers.losses import STYLE_LAYERS

show.setup_notebook(quality=40)
mini = load_backbone("mini")

# %% [markdown] tags=["teacher"]
# **Timing.** Ninety minutes: section 1 (5), 2 (30), 3 (25), 4 and 5 (20), 6 (10). While `train` runs, let them guess what the next picture will look like.
#
# **Expect.** "Feed-forward is better because it is faster." "AdaIN is magic": it is two numbers a channel, the decoder has learnt the rest. "Sliced Wasserstein must be
# best, it has the most numbers": let them look before they count.
#
# **Ask.** What would you use for a film, for a poster, for a phone?

# %% [markdown]
# ## 1 · In one breath

# %%
night = load_feedforward()
photo = load_image("tuebingen", 512)
show.pictures({"": night(photo)}, "One pass through a network: no loss, no steps", height=5)

# %% [markdown]
# **What to see.** A night: pale fronts before a blue sky, and short, bent strokes everywhere, in the flat sky too. In place of stars there are yellow flecks and dark patches, which repeat like a wallpaper's pattern; section 6 says what it costs to do better.
#
# > **Predict** · `stylize` evaluates the loss and its gradient 200 times. How many of these 200 fit into the time of the one pass above?

# %%
check.predict("Evaluations of the loss in the time of one pass:", options=[
    "fewer than 4", "about 20", "about 100"])

# %%
def seconds(work, times=3):
    """The shortest of a few runs of a function."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


loss = StyleTransferLoss(mini, photo, load_image("starry_night", 512), tv_weight=0.01)
one_pass = seconds(lambda: night(photo))
one_evaluation = seconds(lambda: list(minimise(loss, photo, 1)))
print("at least 50 times faster than 200 evaluations:", 50 * one_pass < 200 * one_evaluation)
check.score("fewer than 4", because="a pass has no way back: no gradient, and no second look.")

# %% [markdown]
# The price was paid before, once, by training. This notebook leaves Gatys in two directions: other *statistics* for the loop (section 2), and networks *instead* of the loop (3 to 6).
#
# ## 2 · Other statistics
#
# A layer gives each place $p$ of a picture a vector $f_p$ of $C$ numbers. The Gram matrix sums up this cloud of points: $G = \frac1{HW}\sum_p f_p f_p^\top$. Why not
# something simpler? For each channel its mean and standard deviation (Li, Wang, Liu and Hou 2017):
#
# $$\mu_c = \frac{1}{HW}\sum_p f_{pc}, \qquad \sigma_c = \sqrt{\frac{1}{HW}\sum_p (f_{pc}-\mu_c)^2},$$
#
# $2C$ numbers in place of $C(C+1)/2$. By hand: a channel with the values 1 and 3 has $\mu = 2$, $\sigma = 1$.
#
# > **Your turn** · core · 5 min · ●○○ — `channel_statistics`: it becomes the style of the loop below, and the heart of section 3.

# %% tags=["exercise"]
# 5 min · ●○○
def channel_statistics(features):
    """(B, C, H, W) -> (B, 2, C): means, then standard deviations (divided by H·W)."""
    # Your turn.
    return None


check.channel_statistics(channel_statistics)

# %% [markdown]
# <details><summary>Hint 1 · the shape is wrong</summary>
#
# `features.mean((2, 3))` is (B, C). Two of these become one with `torch.stack([…, …], 1)`.
#
# </details>
#
# <details><summary>Hint 2 · a little too large</summary>
#
# `features.std((2, 3))` divides by $HW - 1$; `correction=0` divides by $HW$.
#
# </details>

# %% tags=["solution"]
def channel_statistics(features):
    """(B, C, H, W) -> (B, 2, C): means, then standard deviations (divided by H·W)."""
    deviation, mean = torch.std_mean(features, dim=(2, 3), correction=0)
    return torch.stack([mean, deviation], 1)

# %% [markdown] tags=["solution"]
# **Why.** Places are summed over, so they are forgotten, as in the Gram matrix. Channels stay apart: *which* of them fire together is forgotten too.

# %% [markdown]
# In the other direction, one can keep *more*: the whole distribution of the cloud. In one dimension that is easy: sort the numbers. So look at the cloud along a direction $d$, a vector of
# length 1: sort the $d\cdot f_p$ of all places. Two clouds with equal lists along every direction are equal. This is the *sliced Wasserstein* distance (Heitz and others 2021).
#
# By hand: one channel with the values 3, 1, 2 and the direction $d = (-1)$ give $-3, -2, -1$.
#
# > **Your turn** · core · 6 min · ●●○ — `sorted_projections`. `SlicedWasserstein` draws $C$ random directions, calls your function, and cuts each list into 256 equal parts, so
# > that pictures of different sizes can be compared.

# %% tags=["exercise"]
# 6 min · ●●○
def sorted_projections(features, directions):
    """(C, H, W), (K, C) -> (K, H·W): the numbers d · f_p along each direction, rising."""
    # Your turn.
    return None


check.sorted_projections(sorted_projections)

# %% [markdown]
# <details><summary>Hint 1 · two shapes that do not fit</summary>
#
# `features.flatten(1)` is $(C, HW)$: one column for each place. `directions @` it.
#
# </details>
#
# <details><summary>Hint 2 · the numbers are mixed up</summary>
#
# Project first, then sort each row: `.sort(1).values`. Sorted before, the values of different places would be added.
#
# </details>

# %% tags=["solution"]
def sorted_projections(features, directions):
    """(C, H, W), (K, C) -> (K, H·W): the numbers d · f_p along each direction, rising."""
    return (directions @ features.flatten(1)).sort(1).values

# %% [markdown] tags=["solution"]
# **Why.** Sorting is a permutation, so a gradient flows back through it: to the place where each number came from.

# %%
channel_statistics = check.channel_statistics.mine or check.channel_statistics.reference
sorted_projections = check.sorted_projections.mine or check.sorted_projections.reference
sliced = SlicedWasserstein(project=sorted_projections)
measures = {"mean, deviation": channel_statistics, "Gram": gram_matrix}
measures |= {"sliced Wasserstein": sliced}
by_hand = torch.tensor([[[[1.0, 3.0]]]])
assert torch.allclose(channel_statistics(by_hand).flatten(), torch.tensor([2.0, 1.0]))

# %% [markdown]
# > **Predict** · Quiz, back to [05](05_gram_matrices.ipynb): there you shuffled a picture's *pixels*. Now shuffle the *places* of the maps of relu3_1, all channels alike. Which of the three
# > statistics change?

# %%
check.predict("Places of the maps shuffled: what changes?", options=[
    "none of the three", "sliced Wasserstein only", "all but mean and deviation", "all three"])

# %%
def apart(a, b):
    """The relative distance of two tensors."""
    return float((a - b).norm() / b.norm())


painting = load_image("great_wave", 256)
maps = extract_features(mini, painting, STYLE_LAYERS)
waves = maps["relu3_1"]
order = torch.randperm(waves[0, 0].numel(), generator=torch.Generator().manual_seed(0))
shuffled = waves.flatten(2)[..., order].view_as(waves)
moved = {name: apart(measure(shuffled), measure(waves)) for name, measure in measures.items()}
flipped = {n: apart(m(extract_features(mini, painting.flip(2), "relu3_1")["relu3_1"]), m(waves))
           for n, m in measures.items()}
for name, measure in measures.items():
    numbers = sum(measure(f).numel() for f in maps.values())
    print(f"{name:18} {numbers:7,} numbers; changes by {moved[name]:.3f} (shuffled maps), "
          f"{flipped[name]:.2f} (painting upside down)")
check.score("none of the three", because="each sums over places, or sorts them.")

# %% [markdown]
# None of them depends on where anything stands. (Of the Gram matrix's numbers nearly half are doubles, $G_{ij} = G_{ji}$. To shuffle *pixels* is another thing: it changes the maps themselves. The painting upside
# down is the control: there all three change.) So all three describe a *texture*. Let each paint one, from the same noise, by the same loop:

# %%
def texture(name, measure, size=144, steps=36):
    """A painting's name and a statistic -> a texture, from noise."""
    loss = StyleTransferLoss(mini, style=load_image(name, 256), gram=measure, tv_weight=0.003)
    noise = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0))
    *_, last = minimise(loss, 0.35 + 0.3 * noise, steps)
    return last.image


textures = {(name, kind): texture(name, measure) for name in ("great_wave", "stained_glass")
            for kind, measure in measures.items()}
shown = {}
for name in ("great_wave", "stained_glass"):
    shown[name] = load_image(name, 256)[..., :144, :144]
    shown |= {f"{kind} ({name})": textures[name, kind] for kind in measures}
show.pictures(shown, "A piece of the painting, and three textures (144 × 144, 36 evaluations)")

# %% [markdown]
# **What to see.** The great wave has a large empty sky. The Gram matrix spreads it evenly between the waves; sliced Wasserstein keeps paper and water apart; mean and deviation make soft clouds with
# hard specks. For stained glass the three differ less: its pieces are everywhere.
#
# Which texture loses what? Measure all three with each statistic:

# %%
def loss_of(image, name, measure):
    """The mean relative distance of an image to a painting at five layers, in a statistic."""
    pairs = zip(*(extract_features(mini, im, STYLE_LAYERS).values()
                  for im in (image, load_image(name, 256))))
    return sum(apart(measure(a), measure(b)) for a, b in pairs) / 5


rows = list(measures)
tables = {name: torch.tensor([[100 * loss_of(textures[name, row], name, measures[column])
                               for column in rows] for row in rows])
          for name in ("great_wave", "stained_glass")}
show.number_tables(tables, [f"made with {row}" for row in rows],
                   ["mean,\ndev.", "Gram", "sliced W."],
                   "Distance from the painting in %, by each statistic")

# %% [markdown]
# **What to see.** Read the columns. By the Gram matrix the first and the third texture of the wave are almost equally near (9 and 8 %); by sliced Wasserstein they are 14 and 6 % away. So the Gram matrix does not fix the distribution. After 36
# evaluations no search has ended: the Gram matrix's own number is not even the smallest of its column.
#
# | statistic | numbers at mini's five layers | time of an evaluation | what its texture loses |
# | --- | --- | --- | --- |
# | mean, deviation | 992 | 1.0 | which channels fire *together* |
# | Gram matrix | 64,768, nearly half of them doubles | 1 | all beyond second order: whether a value is reached often and a little, or rarely and much |
# | sliced Wasserstein | 126,976 | 1.7 | what its $C$ directions do not show |
#
# *Times relative to the Gram matrix's, at 144 pixels, CPU time of one thread.*
#
# ### A Gram matrix compares all pairs of places
#
# Take the clouds $x_1 … x_n$ of one picture and $y_1 … y_m$ of another. The kernel $k(x, y) = (x^\top y)^2$ says how alike two points are. Compare means of $k$ over all pairs:
#
# $$\mathrm{MMD}^2 = \overline{k(x, x')} + \overline{k(y, y')} - 2\,\overline{k(x, y)}.$$
#
# By hand, one channel, one place each, $x = 1$, $y = 2$: $1 + 16 - 2\cdot 4 = 9$, and $(G - A)^2 = (1 - 4)^2 = 9$.
#
# > **Predict** · On real maps, how far is this *maximum mean discrepancy* from $\lVert G - A\rVert^2$?

# %%
check.predict("MMD² and the squared distance of Gram matrices differ by", options=[
    "about 10 %", "a constant factor", "rounding only"])

# %%
for pair in (("great_wave", "tuebingen"), ("starry_night", "chelsea")):
    x, y = (extract_features(mini, load_image(n, 96), "relu3_1")["relu3_1"].double() for n in pair)
    mmd, gap = polynomial_mmd(x, y), (gram_matrix(x) - gram_matrix(y)).square().sum()
    small = "below" if abs(mmd / gap - 1) < 1e-9 else "not below"
    print(f"{' and '.join(pair):28} {mmd:.6f} {gap:.6f}   relative difference {small} 1e-9")
check.score("rounding only", because="(xᵀy)² is the inner product of the matrices xxᵀ and yyᵀ.")

# %% [markdown]
# So Gatys' loss is one of a family (Li and others 2017): another kernel, another style. It was never about correlations as such; it compares two *distributions* of points.
#
# ## 3 · Any style in one pass
#
# If $\mu$ and $\sigma$ are a style, one need not search for a picture that has them. One can *put them in*. Take the maps $x$ of the photograph and $y$ of the painting, and set
#
# $$\mathrm{AdaIN}(x, y) = \sigma(y)\,\frac{x - \mu(x)}{\sigma(x)} + \mu(y),$$
#
# channel by channel (Huang and Belongie 2017). $x$ is $(B, C, H, W)$, $y$ has the same $C$ and any size. By hand: $x = (0, 2)$, $y = (5, 5, 11, 11)$ give $(5, 11)$.
#
# The result has exactly the style's means and deviations, and the photograph's arrangement. It is not a picture, though: a *decoder*, trained once, turns maps into pixels. (The paper's
# takes the maps of relu4_1 alone; ours those of relu3_1 too, both after AdaIN, as Sheng and others do, 2018: that is trained in a fraction of the time.)
#
# > **Your turn** · core · 8 min · ●●○ — `adain`. From here on it paints.

# %% tags=["exercise"]
# 8 min · ●●○
def adain(content, style):
    """(B, C, H, W), (B or 1, C, any size) -> content's maps with style's means and deviations."""
    # Your turn.
    return None


check.adain(adain)

# %% [markdown]
# <details><summary>Hint 1 · shapes that do not spread</summary>
#
# `content.mean((2, 3), keepdim=True)` is (B, C, 1, 1); so is `content.std((2, 3), correction=0, keepdim=True)`.
#
# </details>
#
# <details><summary>Hint 2 · the colours go wrong</summary>
#
# In this order: minus the content's mean, divided by its deviation; times the style's deviation, plus the style's mean.
#
# </details>

# %% tags=["solution"]
def adain(content, style):
    """(B, C, H, W), (B or 1, C, any size) -> content's maps with style's means and deviations."""
    sigma, mu = torch.std_mean(content, (2, 3), correction=0, keepdim=True)
    style_sigma, style_mu = torch.std_mean(style, (2, 3), correction=0, keepdim=True)
    return style_sigma * (content - mu) / sigma + style_mu

# %% [markdown] tags=["solution"]
# **Why.** The first half alone, $(x - \mu)/\sigma$, is *instance normalisation*: it takes a picture's own style out. The second half puts another one in.

# %%
adain = check.adain.mine or check.adain.reference
painter = AnyStyle()
four = ["great_wave", "the_scream", "composition_vii", "wheat_field"]
wall = {f"{photo}, {name}": painter(load_image(photo, 320), load_image(name, 320), mix=adain)
        for photo in ("tuebingen", "chelsea") for name in four}
show.pictures(wall, "Two photographs, four styles that the decoder has never seen", height=1.9)

# %% [markdown]
# **What to see.** Ink and light blue for Hokusai, dusk and red roofs for Munch, loud reds for Kandinsky, pale blue and yellow for van Gogh's wheat: palette and contrast arrive at once. Contours turn into coarse, coloured
# strokes; the flat sky gets faint ripples.
#
# > **Predict** · And if the photograph is its own style? AdaIN then changes nothing at all. What comes out of the decoder?

# %%
check.predict("The photograph in its own style comes back", options=[
    "exactly", "softened: edges and colours about right", "as a grey blur"])

# %%
cat = load_image("chelsea", 320)
ramp = {f"strength {s}": painter(cat, load_image("composition_vii", 320), s, adain)
        for s in (0, 0.5, 1)}
show.pictures({"photograph": cat} | ramp, "A dial without a loss", height=1.9)
itself = painter(cat, cat, mix=adain)
error = (itself - cat).abs().mean().item()
grey = (cat - 0.5).abs().mean()
print(f"its own style: mean error of a pixel {error:.2f}; of a grey picture {grey:.2f}")
check.score("softened: edges and colours about right",
            because="the layers have forgotten fine detail.")

# %% [markdown]
# **What to see.** Even strength 0 is not the photograph: it is softer, and the long whiskers are gone. From there every position between is one pass away.
#
# The strength mixes maps, $(1-s)\,x + s\,\mathrm{AdaIN}(x, y)$. In the loop the same dial is a weight, and every position of it a new run.
#
# <details><summary>How the decoder was trained</summary>
#
# By `tools/beyond/train_adain.py`, in 17 minutes on a GPU: 21,080 steps of eight crops of 192 pixels, from 1,490 photographs. Styles: 300 photographs that a program painted over in brush strokes, pictures by other programs, and
# photographs. The loss compares the painted picture's maps with AdaIN's (relu4_1 of mini), its statistics and Gram matrices with the style's (on a real VGG-16), and, where a picture is its own style, the pixels. The paper's decoder belongs to a
# VGG-19. More in the package: `nsthelpers/weights/beyond.md`.
#
# </details>
#
# ## 4 · A network for one painting
#
# Johnson, Alahi and Fei-Fei (2016) gave up "any": one painting, one network, trained to make Gatys' loss small for *whatever* photograph comes. The loop is that of 07 with two words
# exchanged:
#
# | step | optimisation (07) | training |
# | --- | --- | --- |
# | what moves | the pixels of one picture | the weights of a network |
# | what it sees | one photograph, again and again | another crop in each step |
# | the loss | content + style | the same, of `network(photograph)` |
#
# > **Your turn** · core · 9 min · ●●○ — `train`. It trains the network of the next picture.

# %% tags=["exercise"]
# 9 min · ●●○
def train(network, batches, loss, make_optimiser):
    """One step for each batch of photographs -> the list of the losses, each before its step.

    loss(painted, photographs)["total"] is a tensor; make_optimiser(parameters) makes an optimiser.
    """
    # Your turn.
    return None


check.train(train)

# %% [markdown]
# <details><summary>Hint 1 · the order of the five lines</summary>
#
# `zero_grad`, the loss of `network(photographs)`, `backward`, `step`, and `.item()` into the list.
#
# </details>
#
# <details><summary>Hint 2 · it learns too slowly</summary>
#
# Make the optimiser once, before the loop: Adam remembers earlier gradients. And clear these gradients in every step.
#
# </details>

# %% tags=["solution"]
def train(network, batches, loss, make_optimiser):
    """One step for each batch of photographs -> the list of the losses, each before its step."""
    optimiser, losses = make_optimiser(network.parameters()), []
    for photographs in batches:
        optimiser.zero_grad()
        total = loss(network(photographs), photographs)["total"]
        total.backward()
        optimiser.step()
        losses.append(total.item())
    return losses

# %% [markdown] tags=["solution"]
# **Why.** No crop comes twice, so the network cannot learn a picture by heart. What helps for all of them is the style.

# %% [markdown]
# Johnson's network learns everything, for hours. Yours gets a good start: mini's layers on the way in, frozen; *instance normalisation* (Ulyanov and others 2017), the first half of AdaIN, with the
# painting's means and deviations; the decoder of section 3 on the way out. So at first it paints as AdaIN does, and a generalist becomes a specialist. One thing is new: a flat sky gives nearly flat maps, from
# which a layer can make few strokes. So some noise, *grain*, is added to the maps (Ulyanov and others 2016). Tübingen is not among the photographs that it learns from:

# %%
train = check.train.mine or check.train.reference
painting = load_image("starry_night", 384)
torch.manual_seed(0)  # of the grain
young, small = FeedForward(painting), load_image("tuebingen", 384)
ages = {"before": young(small).detach()}


def crops(count, side=128):
    """`count` squares (1, 3, side, side) of the bundled photographs, and pictures on the way."""
    draw = torch.Generator().manual_seed(0)
    photos = [load_image(n, 256) for n in list_images("content") if n != "tuebingen"]
    for step in range(1, count + 1):
        photo = photos[torch.randint(len(photos), (), generator=draw)]
        y, x = (int(torch.randint(n - side + 1, (), generator=draw)) for n in photo.shape[2:])
        yield photo[..., y : y + side, x : x + side]
        if step in (20, 60, count):
            ages[f"after {step} steps"] = young(small).detach()


loss = PerceptualLoss(mini, painting, content_weight=0.05)
curve = train(young, crops(120), loss, lambda weights: torch.optim.Adam(weights, 0.0004))

# %%
show.pictures(ages, "Your network grows up, in about half a minute", height=1.9)
means = {n: sum(curve[n - 10 : n]) / 10 for n in range(10, len(curve) + 1)}
show.loss_curves([{"step": n, "total": mean} for n, mean in means.items()],
                 "Loss of each new crop, before it is learnt from (mean of ten)")

# %% [markdown]
# **What to see.** From left to right the light blue of the sky turns into the blue of the night, and its dents into a fine weave of level strokes. The curve is restless, since every step meets another crop; it falls all the same.
#
# Twelve minutes of training on a GPU, with four crops of 256 pixels in each step, from 1,490 other photographs, and a real VGG-16 in the loss, made the network of section 1:

# %%
optimised = stylize("tuebingen", "starry_night", size=384, steps=40, precision="float32",
                    progress=False)
three = {"yours": young(small).detach(), "trained longer": night(small)}
show.pictures(three | {"optimised (40 evaluations)": optimised.image},
              "Half a minute of training, more of it, and none at all", columns=3, height=2.6)

# %% [markdown]
# **What to see.** All give the night's blues. The network trained longer has bent strokes and yellow flecks everywhere, in the sky too, where the photograph has nothing: that is the grain; and it has lost the yellow gable. Optimisation, too, packs the sky with bent strokes; it keeps the windows and the yellow gable.
#
# <details><summary>How it was trained</summary>
#
# By `tools/beyond/train_feedforward.py`: 11,420 steps of four crops of 256 pixels, from the decoder of section 3, with the content weight 0.1. At the end its style distance was smaller still, but yellow flecks and dark patches lay over everything,
# the cat's face too. So the weights were moved back, to 85 % of the way from the decoder ([Wortsman and others 2022](https://arxiv.org/abs/2109.01903) mix weights like this). That was chosen by eye: the loss does not know all that the eye knows.
#
# </details>
#
# ## 5 · A moving camera
#
# For optimisation every frame is a new search. The network is one fixed function: what looks alike in two frames is painted alike.

# %%
def camera(t):
    """t from 0 to 1 -> a window on the photograph, from the whole view to the gable."""
    size = 1 - 0.55 * t
    top, left = 0.34 * t * 384, 0.45 * t * 512
    window = photo[..., int(top) : int(top + size * 384), int(left) : int(left + size * 512)]
    return torch.nn.functional.interpolate(window, (240, 320), mode="bilinear", antialias=True)


film = {f"frame {n + 1}": night(camera(n / 7)) for n in range(8)}
scrubber(film, "Into the old town", "Old houses in brush strokes, nearer in every frame")

# %%
show.pictures(dict([*film.items()][::3]), "Three of the eight frames", 3, height=2.4)

# %% [markdown]
# **What to see.** In frames 1, 4 and 7 the gables come nearer and stay pale. Strokes have the same size in pixels in every frame, so that a near house has more of them. The grain is the same in every frame, too: it stays with the frame, not with the houses.
#
# ## 6 · The measure
#
# Three photographs, *The Starry Night*, 288 pixels, one judge: the terms of [06](06_losses_and_weights.ipynb), relative content distance at relu4_2 and relative style distance of the Gram matrices at five layers.
#
# > **Predict** · Which of them comes nearest to the painting, in style?

# %%
check.predict("The smallest style distance has", options=[
    "AdaIN", "the network for one painting", "optimisation, 40 evaluations"])

# %%
painting = load_image("starry_night", 288)
judged = {}
for name in ("tuebingen", "chelsea", "pagoda"):
    scene = load_image(name, 288)
    judge = StyleTransferLoss(mini, scene, painting)
    run = stylize(scene, painting, size=288, steps=40, precision="float32", progress=False)
    works = {"photograph": scene, "AdaIN": painter(scene, painting, mix=adain),
             "your network": young(scene).detach(), "trained longer": night(scene),
             "40 evaluations": run.image}
    judged[name] = {who: judge(image) for who, image in works.items()}
points = {who: tuple(sum(float(judged[n][who][term]) for n in judged) / 3
                     for term in ("content", "style")) for who in works}
show.trade_off({who: {0: point} for who, point in points.items() if who != "photograph"},
               "Who paints how well? Mean of three photographs (mini judges)")
print({who: f"{content:.2f} / {style:.3f}" for who, (content, style) in points.items()})

# %% [markdown]
# **What to see.** Optimisation comes about seven times as near to the painting as the network trained longer, which in turn stays nearest to the photograph. Your network comes nearly as near to the painting as that one and loses more of the photograph; AdaIN, which has never met this painting, stays farthest from it.
#
# In content, optimisation lies behind them all; two thirds of its distance come from the cat. One reason is the content weight: 0.0003 in `stylize`, 0.05 for your network, 0.1 for the one trained longer.

# %%
show.pictures(works, "The pagoda by all of them (the last of the three)", columns=3, height=2.1)
best = min((style, who) for who, (_, style) in points.items())[1]
check.score({"AdaIN": "AdaIN", "40 evaluations": "optimisation, 40 evaluations"}.get(
    best, "the network for one painting"), because="it searches for this one picture.")

# %% [markdown]
# **What to see.** All four have the night's blues. AdaIN and your network follow the pagoda's lines; the network trained longer covers everything with bent strokes; optimisation paints the empty sky blue at the left and a dull yellow at the right, in short strokes, and keeps every roof of the pagoda.
#
# Mini judges here, and two of the four, your network and the optimised picture, were fitted to its measure: not a neutral witness. A real VGG-16 ([Simonyan and Zisserman 2014](https://arxiv.org/abs/1409.1556)), from which AdaIN's decoder and the network trained longer have learnt, says:
#
# | method | style distance (photograph: 1) | content distance | seconds |
# | --- | --- | --- | --- |
# | AdaIN, any style | 0.34 | 0.46 | 0.18 |
# | network for one painting | 0.22 | 0.33 | 0.12 |
# | optimisation, 40 evaluations | 0.19 | 0.77 | 4.0 |
#
# *Stored: `tools/beyond/measure.py --vgg16 FILE --size 288 --steps 40`, means of the three photographs, CPU time of one thread. Style: roots of the terms above, divided by the photograph's.*
#
# Optimisation still comes nearest to the painting, but its lead is small now: the network learnt from VGG-16, and the 40 evaluations followed mini. In content it is again behind both. (By eye it is optimisation that keeps the windows: a distance at relu4_2
# does not see all that the eye sees.) **Where optimisation still wins**: any layer, weight, mask or statistic, at once and without training. Where it loses: wherever several seconds are too long.
#
# ## Summary
#
# - Style is a distribution of feature vectors. Mean and deviation, Gram matrix and sliced Wasserstein are three ways to sum it up.
# - Gram matching *is* a comparison of all pairs of places with the kernel $(x^\top y)^2$.
# - AdaIN puts means and deviations in, and a decoder paints: any style, one pass.
# - A network for one painting makes Gatys' loss small for any photograph, though, by mini's measure, less small than the loop does.
# - Optimisation is slowest, needs no training, and comes nearest to the painting; in content, measured at relu4_2, it lies behind.
#
# ## Common mistakes
#
# - To judge a fast method by its speed alone, or by a picture that it was trained on.
# - `std` with $HW - 1$ on one side and $HW$ on the other: pictures of different sizes get different contrasts.
# - Sorting before projecting: that makes another cloud.
# - Batch normalisation in place of instance normalisation: the style then depends on the other pictures of the batch.
# - To compare two statistics by the size of their own losses.
#
# ## Challenge
#
# *Open, an hour or more.* Train a network for *your* painting: `PerceptualLoss(mini, painting)`, `FeedForward(painting)`, and as many photographs of your own as you have. How many steps until you cannot tell it from `stylize` across the room?
# Then replace its Gram matrices by a statistic of your own, and say beforehand what will be lost.
#
# ## References
#
# - Y. Li, N. Wang, J. Liu, X. Hou (2017). [Demystifying neural style transfer](https://arxiv.org/abs/1701.01036). *IJCAI*.
# - E. Heitz, K. Vanhoey, T. Chambon, L. Belcour (2021). [A sliced Wasserstein loss for neural texture synthesis](https://arxiv.org/abs/2006.07229). *CVPR*.
# - X. Huang, S. Belongie (2017). [Arbitrary style transfer in real-time with adaptive instance normalization](https://arxiv.org/abs/1703.06868). *ICCV*.
# - J. Johnson, A. Alahi, L. Fei-Fei (2016). [Perceptual losses for real-time style transfer and super-resolution](https://arxiv.org/abs/1603.08155). *ECCV*.
# - L. Sheng, Z. Lin, J. Shao, X. Wang (2018). [Avatar-Net: multi-scale zero-shot style transfer by feature decoration](https://arxiv.org/abs/1805.03857). *CVPR*.
# - D. Ulyanov, V. Lebedev, A. Vedaldi, V. Lempitsky (2016). [Texture networks: feed-forward synthesis of textures and stylized images](https://arxiv.org/abs/1603.03417). *ICML*.
# - D. Ulyanov, A. Vedaldi, V. Lempitsky (2017). [Improved texture networks: maximizing quality and diversity in feed-forward stylization and texture synthesis](https://arxiv.org/abs/1701.02096). *CVPR*.
#
# Photographs: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); the pagoda, danielbuechele (CC BY 2.0); changed here. All others: `data/README.md`.
#
# [← 10 · Control](10_control.ipynb) · [12 · The failure clinic →](12_failure_clinic.ipynb)
