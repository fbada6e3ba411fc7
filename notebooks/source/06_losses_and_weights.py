# %% [markdown]
# # 06 · Losses and weights
#
# **What do the weights mean, and why is it 1e6 there and 1e-2 here?**
#
# ![Houses by a river, painted in the manner of The Starry Night, twice: on the left with a content weight of 3, where walls and roofs are those of the photograph, on the right with 0.0003, where long strokes and a few lights cover the sky and the walls.](attachment:06_losses_and_weights.jpg)
#
# **You will**
#
# - turn one weight from photograph to painting, and draw what each step costs and brings;
# - write the style loss of the paper and its relative form, and see which of them depends on the network's scale;
# - choose the layers of the style, and find the weights that a formula hides;
# - write the total variation, and see why its differences are squared;
# - paint a large picture with your own three terms.
#
# **You need** [04 · What layers remember](04_what_layers_remember.ipynb) for the content term and
# [05 · Gram matrices](05_gram_matrices.ipynb) for the style term.
#
# **Reading** 10 minutes, exercises 18 minutes (bonus: 14 more). **Running** about two minutes on two CPU cores.
#
# **Short path** (30 minutes): sections 1, 3 and 5, then the large picture of section 6; run the cells of the others without reading.
#
# **Sections** 1 One fader · 2 The paper's terms, with a pencil · 3 Why a bare weight says nothing · 4 A weight for each layer · 5 Total variation · 6 Your picture.

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

# %%
import matplotlib.pyplot as plt
import torch
from nsthelpers import (StyleTransferLoss, extract_features, gram_matrix, load_backbone, load_image,
                        minimise, scrubber, show, style_loss, total_variation_loss)
from nsthelpers.checks import losses_and_weights as check
from nsthelpers.losses import STYLE_LAYERS
show.setup_notebook(quality=65)

# %% [markdown] tags=["teacher"]
# **Teaching notes.** *Forty-five minutes:* sections 1 (10), 3 with its exercise (15), 5 with its exercise (15), 6 (5).
# Section 4 and the appendix are homework.
#
# *Misconceptions to expect:* "a larger weight means more style" (only within one formula); "the losses should be equal"
# (their gradients move the picture); "1e6 is a sign of a bug".
#
# *Talking point:* everybody writes down a style weight that they have seen, and where. Sort them with the appendix.

# %% [markdown]
# ## 1 · One fader
#
# The loss of style transfer is a sum of three terms. Each has a **weight**, a number that a person chooses:
#
# $$L(x) = \alpha\, L_{\text{content}}(x) + \beta\, L_{\text{style}}(x) + \gamma\, L_{\text{tv}}(x).$$
#
# One network (mini), one photograph, one painting. Only the weights' ratios matter, so we fix $\beta = 1$. $\gamma$ stays at 0.01, and the **content weight** $\alpha$ is our
# fader: 30, 3, 0.3, 0.03, and at last 0. Each run starts at the photograph and makes 40 evaluations of the loss.
#
# > **Predict** · From 30 to 0.3 the weight falls a hundred times, and the picture comes nearer to the painting. From 0.3
# > it falls to 0. How large is the second gain in style, compared with the first?

# %%
gains = ["larger", "about half of it", "less than a tenth of it"]
check.predict("Going from 0.3 to 0 gains, compared with going from 30 to 0.3,", options=gains)

# %% [markdown]
# `painted` runs L-BFGS (the subject of [07](07_optimisation_loop.ipynb)) and keeps the picture of the lowest loss.

# %%
backbone = load_backbone("mini")
photo, painting = load_image("tuebingen", 256), load_image("starry_night", 256)


def painted(loss, start=photo, evaluations=40):
    """A loss and a picture to start from -> the picture of the lowest loss on the way."""
    return min(minimise(loss, start, evaluations), key=lambda record: record.losses["total"]).image


fader = {}
for weight in (30, 3, 0.3, 0.03, 0):
    loss = StyleTransferLoss(backbone, photo, painting, content_weight=weight, tv_weight=0.01)
    fader[f"α = {weight}"] = painted(loss)
show.pictures({name: fader[name] for name in list(fader)[:4]}, "One weight, four pictures", 2, 3.2)

# %% [markdown]
# **What to see.** At 30 you still have the photograph; at 3 the colours have turned, and at 0.3 strokes cover the sky.
# From 0.3 to 0.03 the weight falls by a factor of ten once more, and you hardly see it. (`stylize` takes 0.0003. In its longer runs,
# small pictures first, one does see it: the strokes in the sky grow long.)
#
# Move the slider (it needs no kernel). Its last picture is a control: with $\alpha = 0$ no term of the loss depends on the
# photograph.

# %%
scrubber(fader, "The content weight α", "Houses by a river that turn into strokes")

# %% [markdown]
# The houses stand even at $\alpha = 0$, although no term of the loss keeps them: the *start* put them there, and 40 evaluations
# do not wipe them out. From noise, only a content weight could bring them.
#
# What does each step cost, and what does it bring? Each picture is a point: to the right its distance from the photograph, upwards its
# distance from the painting. Both are relative distances (section 3 says what that is). The control is the simplest
# mixture of two pictures, a **cross-fade** of their pixels.

# %%
judge = StyleTransferLoss(backbone, photo, painting)
cover = painting[..., : photo.shape[2], : photo.shape[3]]
blends = [(1 - share) * photo + share * cover for share in torch.linspace(0, 1, 9)]


def scores(image):
    """A picture -> (relative content distance, relative style distance)."""
    with torch.no_grad():
        return tuple(judge(image)[term].item() for term in ("content", "style"))


curves = {"the fader": {name: scores(image) for name, image in fader.items()}}
curves["cross-fade of the pixels"] = dict(enumerate(map(scores, blends)))
show.trade_off(curves, "What a weight costs in content and brings in style (mini)")
first, bend, last = (curves["the fader"][f"α = {weight}"][1] for weight in (30, 0.3, 0))
print(f"style distance {first:.3f} at α = 30, {bend:.3f} at 0.3, {last:.3f} at 0")
print(f"the second gain is {(bend - last) / (first - bend):.0%} of the first")
check.score(gains[2], because="beyond the bend of the curve little style is left to be won")

# %% [markdown]
# **What to see.** The fader's curve falls steeply, then runs flat to the right: there you pay in content and gain hardly
# any style. At the same content distance as $\alpha = 0.3$, the cross-fade is no nearer to the painting than the photograph.
#
# There is no right $\alpha$: taste decides. But the curve shows where to search: at its bend.
#
# ## 2 · The paper's terms, with a pencil
#
# At a layer with $C$ channels and $M$ places, with features $F$ (of the picture) and $P$ (of the photograph), each
# $(C, M)$, and Gram matrices $G = F F^\top / M$ (of the picture) and $A$ (of the painting), each $(C, C)$:
#
# $$L_{\text{content}} = \tfrac12 \sum_{ip} (F_{ip} - P_{ip})^2, \qquad
# E = \frac{1}{4C^2} \sum_{ij} (G_{ij} - A_{ij})^2, \qquad L_{\text{style}} = \tfrac15 \sum_{\text{5 layers}} E.$$
#
# The content term is yours since notebook 04. Take a pencil for the style of one layer, with $C = 2$ and $M = 2$:
#
# $$F = \begin{pmatrix} 1 & 1 \\ 2 & 0 \end{pmatrix}, \quad G = \tfrac12 F F^\top = \begin{pmatrix} 1 & 1 \\ 1 & 2 \end{pmatrix}, \quad
# A = \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}, \quad E = \frac{0 + 1 + 1 + 1}{4 \cdot 4} = \frac{3}{16}.$$
#
# > **Your turn** · core · 6 min · ●●○ — `my_style_loss`: features (B, C, H, W) and a target (B, C, C) in, $E$ out, one
# > number, summed over the batch. `gram_matrix` divides by $M$ already.

# %% tags=["exercise"]
# 6 min · ●●○
def my_style_loss(features, target_gram):
    """(B, C, H, W) and (B, C, C) -> one number: Σ (G − A)² / (4·C²)."""
    # Your turn.
    return None

check.style_loss(my_style_loss)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# In this order: $G$, the difference, the squares, the sum, the division. Mind the brackets: `/ 4 * C**2` multiplies by
# $C^2$.
#
# </details>
#
# <details><summary>Hint 2 · right for one input, wrong for another</summary>
#
# `mean()` divides by $B \cdot C^2$; and $C$ is `features.shape[1]`, not the number of places.
#
# </details>

# %% tags=["solution"]
def my_style_loss(features, target_gram):
    """(B, C, H, W) and (B, C, C) -> one number: Σ (G − A)² / (4·C²)."""
    channels = features.shape[1]
    return (gram_matrix(features) - target_gram).square().sum() / (4 * channels**2)

# %% [markdown] tags=["solution"]
# **Why.** $C^2$ is the number of entries, so $E$ is a quarter of the *mean* squared difference. Two programs that differ
# by "sum or mean" differ by $C^2$ here: 4096 already for the 64 channels of VGG's first block.

# %% [markdown]
# ## 3 · Why a bare weight says nothing
#
# In [05](05_gram_matrices.ipynb) a Gram matrix was a mean of products of two activations. Now let *every* activation of
# a network be ten times as large, of the picture and of the painting. (ReLUs allow this: multiply the first kernels and
# all biases by ten.) Apart from this factor the features stay what they were: we call the network ten
# times *louder*.
#
# > **Predict** · Recall 05: what will the paper's $E$ be?
#
# (From here on your function is used if its check passed, and the package's if not.)

# %%
paper_style = check.style_loss.mine or style_loss
F = torch.tensor([[1.0, 1.0], [2.0, 0.0]]).view(1, 2, 1, 2)  # (B, C, H, W): two places in a line
A = torch.eye(2)[None]
assert paper_style(F, A) == 3 / 16  # with the pencil
options = ["as large as before", "10 times as large", "100 times as large", "10,000 times as large"]
check.predict("All activations become ten times as large. The paper's E becomes", options=options)

# %% [markdown]
# Networks do differ like this. So does the *size of the pixels* (some programs feed 0–255), and so do the divisors:
# each multiplies the loss, and the weight must make up for it. The way out is to divide by what the term would be if
# all features were zero:
#
# $$D_{\text{style}} = \frac{\sum_{ij} (G_{ij} - A_{ij})^2}{\sum_{ij} A_{ij}^2}, \qquad
# D_{\text{content}} = \frac{\sum_{ip} (F_{ip} - P_{ip})^2}{\sum_{ip} P_{ip}^2}.$$
#
# These **relative terms** are 0 for a perfect match and 1 for $G = 0$ or $F = 0$. Whatever multiplies $G$ and $A$ alike
# cancels. With the pencil, from above: $D_{\text{style}} = 3/2$.
#
# > **Your turn** · core · 5 min · ●●○ — `my_relative_loss`: the same arguments as before, $D_{\text{style}}$ out.

# %% tags=["exercise"]
# 5 min · ●●○
def my_relative_loss(features, target_gram):
    """(B, C, H, W) and (B, C, C) -> one number: Σ (G − A)² / Σ A²."""
    # Your turn.
    return None

check.relative_style_loss(my_relative_loss)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# Two sums of squares, one divided by the other. Below the line stands the target's $A$, not the picture's $G$.
#
# </details>
#
# <details><summary>Hint 2 · the value is a root of the right one</summary>
#
# `norm()` takes a root: square it, above and below the line.
#
# </details>

# %% tags=["solution"]
def my_relative_loss(features, target_gram):
    """(B, C, H, W) and (B, C, C) -> one number: Σ (G − A)² / Σ A²."""
    gap = gram_matrix(features) - target_gram
    return gap.square().sum() / target_gram.square().sum()

# %% [markdown] tags=["solution"]
# **Why.** The target never changes during a run, so its sum of squares is a constant: at each layer the gradient has the
# paper's direction. Only its length changes, and it no longer depends on how large the network's numbers are.

# %% [markdown]
# The test: the style of the photograph, judged by mini, by mini ten times louder, at half the size, and by three
# untrained networks. One column for each of your two functions, the mean over five layers.

# %%
relative = check.relative_style_loss.mine or check.relative_style_loss.reference
assert abs(relative(F, A) - 3 / 2) < 1e-6  # with a pencil
louder = load_backbone("mini")
with torch.no_grad():
    louder.conv1_1.weight.mul_(10)
    for module in louder.children():
        if isinstance(module, torch.nn.Conv2d):
            module.bias.mul_(10)
cases = {"mini": (backbone, 256), "ten times louder": (louder, 256), "128 px": (backbone, 128)}
for seed in (0, 1, 2):
    cases[f"untrained, {seed}"] = (load_backbone("mini", weights="random", seed=seed), 256)
for name, (network, size) in cases.items():
    with torch.no_grad():
        maps, goals = (extract_features(network, load_image(picture, size), STYLE_LAYERS)
                       for picture in ("tuebingen", "starry_night"))
        values = [sum(form(maps[n], gram_matrix(goals[n])) for n in STYLE_LAYERS).item() / 5
                  for form in (paper_style, relative)]
    print(f"{name:17} the paper's {values[0]:12.4g}   relative {values[1]:6.2f}")
check.score("10,000 times as large", because="E squares G, a product of two activations: 10⁴")

# %% [markdown]
# The paper's form runs over many powers of ten, and its weight would have to follow; the relative form stays between
# 0.2 and 7. It makes *numbers* comparable. It does not make an untrained network as good as a trained one (notebook 05).
#
# ## 4 · A weight for each layer
#
# The style term is a sum over five layers. Build the whole loss from your own terms, with three faders: the content
# weight, a weight for each layer, and that of total variation.
#
# > **Predict** · Three runs, each with *one* style layer: `relu1_1`, `relu3_1`, `relu5_1`. Which of them brings the
# > painting's colours best?

# %%
variation = total_variation_loss  # until section 5
EVEN = dict.fromkeys(STYLE_LAYERS, 1.0)


def mixer(photo, painting):
    """Two pictures -> the loss of a picture, made of your own terms, with three faders."""
    with torch.no_grad():
        goals = extract_features(backbone, painting, STYLE_LAYERS)
        grams = {name: gram_matrix(maps) for name, maps in goals.items()}
        wanted = extract_features(backbone, photo, "relu4_2")["relu4_2"]

    def loss(image, content=0.03, layers=EVEN, tv=0.01):
        maps = extract_features(backbone, image, [*layers, "relu4_2"])
        style = sum(weight * relative(maps[n], grams[n]) for n, weight in layers.items())
        distance = (maps["relu4_2"] - wanted).square().sum() / wanted.square().sum()
        total = content * distance + style / sum(layers.values()) + tv * variation(image)
        return {"total": total}

    return loss


mix, single = mixer(photo, painting), ["relu1_1", "relu3_1", "relu5_1"]
check.predict("One style layer alone: which brings the colours best?", options=single)

# %%
alone = {}
for layer in single:
    alone[f"{layer} alone"] = painted(lambda image: mix(image, layers={layer: 1.0}))
alone["all five"] = painted(mix)
show.pictures(alone, "The style of one layer, and of five (mini)", 2, 3.2)
for name, image in {"the photograph": photo, **alone}.items():
    gap = (image.mean(dim=(2, 3)) - painting.mean(dim=(2, 3))).abs().mean().item()
    print(f"{name:14} mean colour off by {gap:.3f}; style distance {scores(image)[1]:.3f}")
check.score("relu1_1", because="its channels are hardly more than colours and small edges")

# %% [markdown]
# **What to see.** `relu1_1` alone tints the photograph and ripples it finely; `relu3_1` draws edges in relief and keeps
# the daylight; `relu5_1` lays soft ripples of blue and green into the sky and hardly touches the houses. The distance over all five layers is small only where all
# five were matched.
#
# ### The weights that a formula hides
#
# "All layers weigh the same" is true of a *formula* only. Suppose that a program, as gordicaleksa's well-known one does,
# adds up $\sum (G - A)^2 / C^2$ (with our $G$) over five layers, each with the weight ⅕. A layer with large activations
# then counts for more. Its share is about its part in $\sum A^2 / C^2$.
#
# > **Your turn** · bonus · 6 min · ●●○ — `my_layer_shares`: the painting's Gram matrices by layer in, each layer's share
# > out. It paints the next figure.

# %% tags=["exercise"]
# 6 min · ●●○
def my_layer_shares(grams):
    """{layer: A (1, C, C)} -> {layer: its part of the sum of Σ A² / C², a number}."""
    # Your turn.
    return None

check.layer_shares(my_layer_shares)

# %% [markdown]
# <details><summary>Hint 1 · the shares do not add up to 1</summary>
#
# Two steps: $\sum A^2 / C^2$ for each layer, then each divided by the sum of all of them.
#
# </details>
#
# <details><summary>Hint 2 · what comes out should be numbers by name</summary>
#
# `A.square().mean()` is $\sum A^2 / C^2$; `.item()` makes a number of it. Build a dictionary with the same names.
#
# </details>

# %% tags=["solution"]
def my_layer_shares(grams):
    """{layer: A (1, C, C)} -> {layer: its part of the sum of Σ A² / C², a number}."""
    strengths = {name: A.square().mean().item() for name, A in grams.items()}
    return {name: strength / sum(strengths.values()) for name, strength in strengths.items()}

# %% [markdown] tags=["solution"]
# **Why.** Near the photograph $G - A$ is about as large as $A$ in most layers. So $\sum A^2/C^2$ tells you before any run
# which layers dominate the sum. Relative terms divide by it.

# %% [markdown]
# Here are the shares for *The Starry Night*, on mini as your function finds them, and on a **real VGG-16** as we
# measured them (256 pixels, average pooling).

# %%
layer_shares = check.layer_shares.mine or check.layer_shares.reference
with torch.no_grad():
    goals = extract_features(backbone, painting, STYLE_LAYERS)
on_mini = layer_shares({name: gram_matrix(maps) for name, maps in goals.items()})
on_vgg16 = dict(zip(STYLE_LAYERS, (0.0038, 0.1917, 0.8043, 0.0002, 0.00003)))
figure, axis = plt.subplots(figsize=(7, 2.8))
for shift, shares, name in ((-0.2, on_mini, "mini"), (0.2, on_vgg16, "real VGG-16")):
    places = [place + shift for place in range(5)]
    words = [f"{share:.1%}" if share > 0.001 else "< 0.1%" for share in shares.values()]
    axis.bar_label(axis.bar(places, shares.values(), 0.38, label=name), words)
axis.set(title="Share of each layer in the sum of ΣA²/C²", ylabel="share", ylim=(0, 1))
axis.set_xticks(range(5), STYLE_LAYERS)
axis.legend()
plt.show()

# %% [markdown]
# **What to see.** On VGG-16 `relu3_1` has 80 % and `relu2_1` 19 % (88 % and 11 % with maximum pooling, which that program
# uses); the other three together have less than 1 %. On mini each layer has at least 5 %, and `relu5_1` half.
#
# <details><summary>Other paintings, other settings</summary>
#
# Measured on the same VGG-16 at 256 pixels: with average pooling `relu3_1` has 86 % (*The Scream*), 87 %
# (*Composition VII*) and 62 % (*The Great Wave*), with maximum pooling 94, 95 and 83 %; `relu2_1` has all but a third of
# a percent of the rest. Other runs of ours, at 400 pixels, gave 87–93 % and 7–13 %. At the photograph the real terms
# $\sum (G - A)^2/C^2$ have nearly the same shares. At the *end* of the run below, with the loud layers nearly matched, what
# is left is 29 % `relu1_1`, 43 % `relu2_1`, 28 % `relu3_1`, and 0.1 % for the two deepest. The weights are Oxford's VGG-16
# (Simonyan and Zisserman 2014), in a version that was fine-tuned very slightly for edges.
#
# </details>
#
# So this formula begins with the style of *two* layers; the two deepest hardly count at any time. Here is its picture from the
# real VGG-16, with the program's own weights (256 pixels, 80 evaluations, average pooling; shown enlarged):
#
# ![The houses of Tübingen, painted by a real VGG-16 with gordicaleksa's formula: long, curved, dark strokes cover the sky, the river and the houses; the tower and the yellow gable can be made out.](attachment:06_vgg16.jpg)
#
# Long strokes, and little left of the houses. So equal layer weights are a choice, too. Put
# VGG-16's shares on mini, and your own beside them: change `yours` and run the cell again.

# %%
yours = {"relu1_1": 1, "relu2_1": 1, "relu3_1": 4, "relu4_1": 2, "relu5_1": 0.5}
unequal = {"equal weights": alone["all five"]}
unequal["VGG-16's shares"] = painted(lambda image: mix(image, layers=on_vgg16))
unequal["yours"] = painted(lambda image: mix(image, layers=yours))
show.pictures(unequal, "Three ways to weigh five layers (mini, relative terms)", 3, 2.6)
for name, image in unequal.items():
    content, style = scores(image)
    print(f"{name:16} content distance {content:.3f}, style distance {style:.3f}")

# %% [markdown]
# **What to see.** VGG-16's shares on mini leave more of the photograph, even the pink of its walls. They do not turn mini into VGG-16,
# whose layers have other channels. Watch the sky and the white walls while you try your own.
#
# ## 5 · Total variation
#
# The third term needs no network. It is the mean squared step from each pixel to its right neighbour, plus the same to
# the neighbour below, for a picture $x$ of shape $(1, 3, H, W)$ with rows $r$ and columns $c$:
#
# $$L_{\text{tv}} = \operatorname{mean} (x_{r,\,c+1} - x_{r,\,c})^2 + \operatorname{mean} (x_{r+1,\,c} - x_{r,\,c})^2.$$
#
# A chequerboard of 0 and 1 has exactly 2. (This is the form of Mahendran and Vedaldi 2015, with exponent 2. Rudin, Osher
# and Fatemi 1992 took the length of the step, not its square.)
#
# > **Predict** · A row goes from black to white at once (0, 0, 1, 1), or evenly (0, ⅓, ⅔, 1). Which costs more in
# > *squares*, and which in *absolute values*?

# %%
options = ["the jump in both", "the jump in squares; equal in absolute values", "the ramp in both"]
check.predict("The jump 0, 0, 1, 1 or the ramp 0, ⅓, ⅔, 1: which costs more?", options=options)

# %% [markdown]
# > **Your turn** · core · 7 min · ●●○ — `my_variation`: a picture (B, 3, H, W) in, one number out. Two means, added.
# > Your function goes into the pictures below.

# %% tags=["exercise"]
# 7 min · ●●○
def my_variation(image):
    """(B, 3, H, W) -> one number: mean (step to the right)² + mean (step downwards)²."""
    # Your turn.
    return None

check.total_variation(my_variation)

# %% [markdown]
# <details><summary>Hint 1 · how to get all differences at once</summary>
#
# `image[..., 1:]` is the picture without its first column, `image[..., :-1]` without its last. Their difference holds
# every step to the right.
#
# </details>
#
# <details><summary>Hint 2 · an error about shapes, or a value that is a little too small</summary>
#
# There are $H(W-1)$ steps to the right and $(H-1)W$ downwards. Take the mean of each before you add, and do not use
# `roll`, which compares the last column with the first.
#
# </details>

# %% tags=["solution"]
def my_variation(image):
    """(B, 3, H, W) -> one number: mean (step to the right)² + mean (step downwards)²."""
    right, down = image[..., 1:] - image[..., :-1], image[..., 1:, :] - image[..., :-1, :]
    return right.square().mean() + down.square().mean()

# %% [markdown] tags=["solution"]
# **Why.** Means do not grow with the number of pixels, as sums do. Without the squares ups and downs would cancel, and only
# the first and last pixels of each line would count.

# %% [markdown]
# With the pencil: the jump costs $1^2/3$ in squares, the ramp $3 \cdot \tfrac19 / 3 = \tfrac19$; in absolute values both
# cost $\tfrac13$. Now three runs: without the term, with yours, and with absolute differences. To be fair, the last two
# have weights (2 and 0.3) at which they cost about the same in style. Both are far too large for a good picture, so that
# you see what they do.

# %%
variation = check.total_variation.mine or total_variation_loss
for row, cost in (([0, 0, 1.0, 1], 1 / 3), ([0, 1 / 3, 2 / 3, 1], 1 / 9)):  # with the pencil
    assert abs(variation(torch.tensor(row).expand(1, 1, 2, 4)) - cost) < 1e-6


def absolute(image):
    return sum(image.diff(dim=side).abs().mean() for side in (2, 3))


def blocky(image):
    """The same loss with absolute differences in place of squared ones."""
    return {"total": mix(image, tv=0.0)["total"] + 0.3 * absolute(image)}


smooth = {"no total variation": painted(lambda image: mix(image, tv=0.0))}
smooth["squares"] = painted(lambda image: mix(image, tv=2.0))
smooth["absolute values"] = painted(blocky)
crops = {f"{name}: style distance {scores(image)[1]:.4f}": image[..., 10:86, 150:240]
         for name, image in smooth.items()}
show.pictures(crops, "The same piece of sky and roof, enlarged", 3, 2.6)
check.score(options[1], because="a square counts one large step more than many small ones")

# %% [markdown]
# **What to see.** With absolute values a jump costs no more than a ramp, so the sky falls into flat, rectangular blocks with
# sharp borders. With squares a jump costs more: no blocks, but sky and tower are blurred. Hence our usual weight, 0.01: two hundred times less.
#
# ## 6 · Your picture
#
# All three terms are yours now. Set the three faders and paint at 448 pixels, in about half a minute. Change one number
# at a time.

# %%
large, large_painting = load_image("tuebingen", 448), load_image("starry_night", 448)
mine = mixer(large, large_painting)
faders = {"content": 0.03, "layers": EVEN, "tv": 0.01}
picture = painted(lambda image: mine(image, **faders), large, evaluations=60)
show.pictures({"Painted with your own terms": picture}, "", 1, 6.0)

# %% [markdown]
# **What to see.** Strokes follow the roofs and run through the whole sky; windows and gables are where they were. The
# loss is yours: feature maps, a Gram matrix, and the functions that you wrote.
#
# > **Predict** · A question back to 05, where you put the pixels of a picture in random order. Take the *painting*, and
# > shuffle its pixels. Which of your terms sees no difference to the painting?

# %%
options = ["content", "style", "total variation", "none: all three see it"]
check.predict("The painting, its pixels shuffled: which term sees no difference?", options=options)

# %%
order = torch.randperm(painting[0, 0].numel(), generator=torch.Generator().manual_seed(0))
shuffled = painting.flatten(2)[..., order].view_as(painting)
own = StyleTransferLoss(backbone, painting, painting)
for name, image in {"the painting": painting, "shuffled": shuffled}.items():
    with torch.no_grad():
        terms = own(image)
    print(f"{name:13}", {term: round(terms[term].item(), 3) for term in ("content", "style", "tv")})
check.score(options[3], because="shuffled pixels make other maps, not shuffled maps")

# %% [markdown]
# ## Appendix · Ten programs, one table
#
# Why is it 1e6 there and 1e-2 here? Take $S = \sum (G - A)^2$ with our $G = FF^\top/M$. The style terms of one layer,
# and the weights as the programs give them:
#
# | program | style term of one layer | style weight | content weight | pixels |
# | --- | --- | --- | --- | --- |
# | the paper | $S / 4C^2$ | 1e3 | 1 | 0–255 |
# | TensorFlow | $S / C^2$ | 1e-2 | 1e4 | 0–255 |
# | gatys-pytorch, by Gatys | $S / C^4$ | 1e3 | 1 | 0–255 |
# | PyTorch tutorial | $S / C^4$ | 1e6 | 1 | 0–1 |
# | neural-style | $S / C^4$ | 100 | 5 | 0–256 |
# | D2L | $S / C^4$ | 1e4 | 1 | normalised |
# | Udacity | $S M / C^3$ | 1e6 | 1 | normalised |
# | gordicaleksa | $S / C^2$ | 3e4 | 1e5 | 0–255 |
# | CS231n | $S / C^2$ | 3 to 3e5, by layer | 0.06 | normalised |
# | Keras | $S M^2 / 36 P^2$ | 1e-6 | 2.5e-8 | 0–255 |
#
# ($P$: pixels of the picture.) Pixels that are $s$ times larger multiply $S$ by about $s^4$. From normalised pixels to
# 0–255, $s$ is about 58, and $s^4$ ten million. And activations differ in size from network to network, as sections 3 and 4 showed. So their weights mean something on *their*
# network alone. What can be converted is a formula:
#
# > **Your turn** · bonus · 8 min · ●●● — `my_conversion`: a style weight of the PyTorch tutorial, whose term is $S/C^4$,
# > and the number of channels $C$ in; the weight that gives the paper's $S/4C^2$ the same value out.

# %% tags=["exercise"]
# 8 min · ●●●
def my_conversion(weight, channels):
    """A weight for S / C⁴ and C -> the weight for S / 4C² with the same product."""
    # Your turn.
    return None

check.convert_weight(my_conversion)

# %% [markdown]
# <details><summary>Hint 1 · the value is far too large</summary>
#
# The tutorial's term is the smaller of the two (it divides by more), so its weight must be the larger one. Write
# $w \cdot S/C^4 = w' \cdot S/4C^2$.
#
# </details>
#
# <details><summary>Hint 2 · the value is near, but wrong</summary>
#
# $S$ cancels. The 4 stands above the line, and two of the four $C$ are left below it.
#
# </details>

# %% tags=["solution"]
def my_conversion(weight, channels):
    """A weight for S / C⁴ and C -> the weight for S / 4C² with the same product."""
    return weight * 4 / channels**2

# %% [markdown] tags=["solution"]
# **Why.** One number there is *several* numbers here: a conversion is exact only layer by layer, unless both divide by
# the same power of $C$. `nsthelpers.conventions.convert` does it for any two programs.

# %% tags=["nbval-check-output"]
conversion = check.convert_weight.mine or check.convert_weight.reference
for channels in (64, 128, 256, 512):  # VGG's four widths
    print(f"1e6 there, at {channels} channels, is {conversion(1e6, channels):6.1f} here")

# %% [markdown]
# ## Summary
#
# - A weight is a fader. It matters around the bend of the trade-off curve, and hardly beyond it.
# - A bare weight says nothing: divisors, pixel range, and the size of the activations multiply to many powers of ten.
# - Relative terms, $\lVert G - A\rVert^2 / \lVert A\rVert^2$, have none of these factors.
# - Without them a formula hides layer weights: on VGG-16, gordicaleksa's begins with `relu3_1` and `relu2_1` alone.
# - Squared total variation smooths; absolute differences, with a large weight, make blocks.
#
# ## Common mistakes
#
# - Copying a weight without its formula, layers, pixel range, and network.
# - Judging a content weight by a short run from the photograph: the start keeps the houses, too.
# - Tuning all three weights: multiplying all by the same number moves no minimum. Fix one.
# - Dividing by the *picture's* Gram matrix in a relative term: the divisor then changes at every step.
#
# ## Challenge
#
# Find the layer weights with which mini comes nearest to the VGG-16 picture above, by eye. Which layer gives long
# strokes, and what happens to the houses? Then give the content term two layers, `relu3_1` and `relu4_2`: can you have
# the strokes and the windows?
#
# ## References
#
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). [Image style transfer using convolutional neural networks](https://doi.org/10.1109/CVPR.2016.265). *CVPR*. Preprint (2015): [arXiv:1508.06576](https://arxiv.org/abs/1508.06576).
# - L. I. Rudin, S. Osher, E. Fatemi (1992). [Nonlinear total variation based noise removal algorithms](https://doi.org/10.1016/0167-2789(92)90242-F). *Physica D* 60.
# - A. Mahendran, A. Vedaldi (2015). [Understanding deep image representations by inverting them](https://arxiv.org/abs/1412.0035). *CVPR*.
# - K. Simonyan, A. Zisserman (2014). [Very deep convolutional networks for large-scale image recognition](https://arxiv.org/abs/1409.1556).
# - The formulas of the ten programs (2026): [`docs/conventions.md`](../docs/conventions.md) of this course, which names the file and version read, and says where one was read only in copies or quotations.
#
# Photograph: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); changed here. All others: `data/README.md`.
#
# [← 05 · Gram matrices](05_gram_matrices.ipynb) · [07 · The optimisation loop →](07_optimisation_loop.ipynb) · [00 · Start here](00_start_here.ipynb)
