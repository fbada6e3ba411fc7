# %% [markdown]
# # 05 · Gram matrices
#
# **Why is a table of correlations "style"?**
#
# ![Three squares. One shows dark blue claws scattered over cream; one short blue strokes with black patches and yellow lights; one pale blue and white clouds with patches of wheat yellow and dark green. None shows a wave, a village or a field.](attachment:05_gram_matrices.jpg)
#
# *Nobody painted these. Each was grown from noise until its Gram matrices were those of a painting: The Great Wave, The Starry Night, Wheat Field with Cypresses.*
#
# **You will**
#
# - compute a Gram matrix on paper, then in code, and take one entry of it apart;
# - write the style distance, and test on paintings that the network never saw whether it tells a painter's hand from mere colour;
# - show what a Gram matrix forgets (*where* things are) and what it keeps (what stands *next to* what);
# - write the texture loss, and grow paintings' textures from noise with your own code.
#
# **You need** [00 · Start here](00_start_here.ipynb), and matrix products. [03 · Inside VGG](03_inside_vgg.ipynb) and
# [04 · What layers remember](04_what_layers_remember.ipynb) help.
#
# **Reading** 10 minutes, exercises and predictions 35 minutes. **Running** one to two minutes in all, on two CPU cores.
# **Short path** (30 minutes): sections 1, 2 and 4, and section 6 as far as *Layer by layer*.
#
# **Sections** 1 A picture that nobody painted · 2 The Gram matrix, on paper · 3 One entry, taken apart · 4 A distance of styles · 5 What is forgotten, and what is kept · 6 Grow a texture, with your own code · 7 What a Gram matrix does not hold.

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
# `trained` is mini, the small network of this course. It was trained on photographs and, for a small part, on pictures that programs painted,
# never on the paintings below. The five `untrained` networks have the same layers with random weights: the *control*.

# %%
import matplotlib.pyplot as plt
import torch
from torchvision.transforms.functional import center_crop

from nsthelpers import (
    explore_gram, extract_features, gram_matrix, load_backbone, load_image, minimise,
    paintings, reconstruct, resize, show, total_variation_loss,
)
from nsthelpers.checks import gram_matrices as check
from nsthelpers.losses import STYLE_LAYERS
from nsthelpers.transfer import starting_image

show.setup_notebook(quality=62)
trained = load_backbone("mini")
untrained = [load_backbone("mini", weights="random", seed=seed) for seed in range(1, 6)]

# %% [markdown]
# ## 1 · A picture that nobody painted
#
# On the left a painting. On the right a picture that began as noise; its pixels were changed until five tables of numbers,
# its **Gram matrices**, were nearly those of the painting.

# %%
def square(name, side):
    """Name of a picture -> (1, 3, side, side): its middle."""
    image = load_image(name)
    return resize(center_crop(image, min(image.shape[2:])), (side, side))


def coarse_noise(side, seed=0):
    """Noise (1, 3, side, side): one value every four pixels, enlarged."""
    small = torch.zeros(1, 3, side // 4, side // 4)
    return resize(starting_image("noise", small, small, seed), (side, side))


wave = square("great_wave", 192)
settings = {"steps": 80, "tv_weight": 0.02, "progress": False}
start = coarse_noise(192)
grown = reconstruct(trained, wave, style_layers=STYLE_LAYERS, init=start, **settings).image
pair = {"The Great Wave": wave, "grown from noise": grown}
show.pictures(pair, "The same five Gram matrices, nearly", height=4.2)

# %% [markdown]
# **What to see.** The colours are Hokusai's, and so are the pieces: dark blue claws with pale edges, cream between them. But
# the wave is gone.
#
# The idea is older than the networks. Julesz (1962) asked which statistics make two textures look alike; Portilla and Simoncelli (2000) grew textures
# from correlations of hand-made filters; Gatys et al. (2015) took the filters of a trained network.
#
# The rest of this notebook takes the method apart, until your own code does it. First the question behind it. Below are four pieces
# of two paintings, and no two share a pixel. Say in one sentence how you know which belong together.

# %%
def pieces_of(name, side=96, rows=3, columns=4):
    """Name of a picture -> (rows · columns, 3, side, side): pieces of it that share no pixel."""
    image = load_image(name, 480)
    height, width = image.shape[2:]
    if height > width:
        rows, columns = columns, rows
    tops = torch.linspace(0, height - side, rows).int().tolist()
    lefts = torch.linspace(0, width - side, columns).int().tolist()
    return torch.cat([image[..., y : y + side, x : x + side] for y in tops for x in lefts])


wheat, scream = pieces_of("wheat_field", 144, 2, 2), pieces_of("the_scream", 144, 2, 2)
four = {"piece 1": wheat[0], "piece 2": scream[1], "piece 3": wheat[1], "piece 4": scream[3]}
shown = {name: piece[None] for name, piece in four.items()}
show.pictures(shown, "Four pieces of two paintings", height=2.4)

# %% [markdown]
# **What to see.** Pieces 1 and 3 belong together, and so do 2 and 4, though their pixels hardly agree. They share which *kinds* of
# strokes and colours occur **together**.
#
# If we can measure what occurs together, no matter where, we have a measure of style.
#
# ## 2 · The Gram matrix, on paper
#
# A layer turns a picture into $C$ *feature maps*. Each is a detector: bright where it finds its colour, edge or stroke, zero
# where it does not. Multiply two maps place by place: the product is bright only where *both* fire. Its mean says how much they
# fire together. The table of these means, for *all* pairs, is the **Gram matrix**:
#
# $$G_{ij} = \frac{1}{HW}\sum_{p=1}^{HW} F_{ip}\,F_{jp}$$
#
# - $F$, shape $(C, HW)$: the feature maps, each written as one row; $p$ runs over all $H \cdot W$ places;
# - $G$, shape $(C, C)$, symmetric. On its diagonal stands how strong each channel is.
#
# By hand, with $C = 2$ channels of $H \times W = 2 \times 3$:
#
# $$F_1 = \begin{pmatrix} 1 & 2 & 0 \\ 0 & 1 & 0 \end{pmatrix} \qquad F_2 = \begin{pmatrix} 0 & 2 & 2 \\ 0 & 2 & 0 \end{pmatrix}$$
#
# - $G_{11} = (1 + 4 + 0 + 0 + 1 + 0)/6 = 1$, and $G_{22} = (0 + 4 + 4 + 0 + 4 + 0)/6 = 2$;
# - $G_{12} = G_{21} = (0 + 4 + 0 + 0 + 2 + 0)/6 = 1$.
#
# > **Your turn** (core) · 10 min · ●●○ — `gram`: the feature maps (C, H, W) of a picture in, its Gram matrix (C, C) out.
# > No loop over channels, which would take minutes later on: a product of matrices does it for all pairs at once. From then on your `gram` is
# > used (until its check passes, the solution).

# %% tags=["exercise"]
# 10 min · ●●○
def gram(features):
    """(C, H, W) -> (C, C): inner products of the channel maps, divided by H·W."""
    # Your turn.
    return None


check.gram(gram)

# %% [markdown]
# <details><summary>Hint 1 · the shape is wrong</summary>
#
# `features.flatten(1)` writes each map as one row: (C, H·W). What is summed over must stand in the middle:
# (C, H·W) times (H·W, C) gives (C, C). `.T` exchanges the axes.
#
# </details>
#
# <details><summary>Hint 2 · the numbers are too large</summary>
#
# The example above: does your function give 6, 6, 12 in place of 1, 1, 2? Then the division by $H \cdot W$ is missing.
#
# </details>

# %% tags=["solution"]
def gram(features):
    """(C, H, W) -> (C, C): inner products of the channel maps, divided by H·W."""
    rows = features.flatten(1)
    return rows @ rows.T / rows.shape[1]

# %% [markdown] tags=["solution"]
# **Why.** Entry $(i, j)$ of `rows @ rows.T` is row $i$ times row $j$, summed over places: the formula, for all pairs.

# %% tags=["nbval-check-output"]
gram = check.gram.mine or check.gram.reference
F_1, F_2 = [[1.0, 2.0, 0.0], [0.0, 1.0, 0.0]], [[0.0, 2.0, 2.0], [0.0, 2.0, 0.0]]
small = torch.tensor([F_1, F_2])  # (2, 2, 3)
on_paper = torch.tensor([[1.0, 1.0], [1.0, 2.0]])
assert torch.equal(gram(small), on_paper) and torch.equal(gram_matrix(small[None])[0], on_paper)
print(gram(small))

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 1 and 2: 25 minutes. Let everybody compute $G_{12}$ on paper before the cell is run.
#
# **Expect.** "The Gram matrix is a small picture." Its axes are channels on both sides, not places. "A correlation lies between −1 and
# 1." No mean is subtracted and no deviation divided out; after a ReLU it cannot be negative either.
#
# **Ask.** What is $G$ if all channels are the same map? If no two channels ever fire together? How many different numbers has it?
# ($C(C+1)/2$.)

# %% [markdown]
# ## 3 · One entry, taken apart
#
# First a still picture, then something to move. Choose a layer and two channels and see what their entry is made of. *Entry ×* multiplies
# it, and *Make the texture* grows two small pictures: one with the matrix as it was, one with the changed matrix.

# %%
show.gram_entry("starry_night")
explore_gram("starry_night")

# %% [markdown]
# **What to see.** The heat map has channels on both axes, not places; similar channels stand side by side. It shows $\sqrt{G}$, so that small entries can be
# seen. The circled entry of $G$ is the mean of the panel *their product*, and the last panel keeps the painting only where both channels fire.
#
# ## 4 · A distance of styles
#
# Let $A$ be the Gram matrix of a *target* and $G$ that of another picture, both $(C, C)$. Their **style distance** at one layer is
#
# $$D = \frac{\lVert G - A\rVert^2}{\lVert A\rVert^2} = \frac{\sum_{ij} (G_{ij} - A_{ij})^2}{\sum_{ij} A_{ij}^2}$$
#
# It is 0 for equal matrices and 1 for $G = 0$, at every layer of every network. By hand, for $A$ = our matrix on paper and
# $G = \begin{pmatrix} 1 & 0 \\ 0 & 2 \end{pmatrix}$: $D = (0 + 1 + 1 + 0)/(1 + 1 + 1 + 4) = 2/7$.
#
# > **In the paper** · Gatys et al. 2016 divide by $4C^2$ instead of $\lVert A \rVert^2$. Layers of large numbers then weigh
# > more; [06](06_losses_and_weights.ipynb) shows what this does.
#
# > **Your turn** (core) · 8 min · ●●○ — `style_distance`: feature maps and a target's Gram matrix in, $D$ out. A gradient must flow
# > through it. Use your `gram`.

# %% tags=["exercise"]
# 8 min · ●●○
def style_distance(features, target_gram):
    """(C, H, W) and (C, C) -> one number: the relative distance ‖G − A‖² / ‖A‖²."""
    # Your turn.
    return None


check.style_distance(style_distance)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# Three steps: $G$, then the sum of the squares of $G - A$, then the division by the sum of the squares of $A$. No root, and no mean.
#
# </details>
#
# <details><summary>Hint 2 · the gradient is missing</summary>
#
# Use tensors from the first line to the last: no `.item()`, no `.detach()`, no `float(...)`.
#
# </details>

# %% tags=["solution"]
def style_distance(features, target_gram):
    """(C, H, W) and (C, C) -> one number: the relative distance ‖G − A‖² / ‖A‖²."""
    return (gram(features) - target_gram).square().sum() / target_gram.square().sum()

# %% [markdown] tags=["solution"]
# **Why.** The target never changes during a run, so the division moves no minimum. But it puts all layers on one scale: $G = 0$
# costs 1 at each of them, whatever the size of its numbers.

# %%
style_distance = check.style_distance.mine or check.style_distance.reference
apart = torch.tensor([[[2**0.5, 0.0]], [[0.0, 2.0]]])  # (2, 1, 2): channels that never meet
assert torch.isclose(style_distance(apart, on_paper), torch.tensor(2 / 7))
maps = extract_features(trained, torch.stack(list(four.values())), "relu2_1")["relu2_1"]
for other in (2, 1, 3):
    D = style_distance(maps[other], gram(maps[0])).item()
    print(f"from piece 1 to piece {other + 1}, at relu2_1: D = {D:.2f}")

# %% [markdown]
# ### The test: does it find a painter's hand?
#
# Three numbers prove nothing. So take twelve pieces of each of the eight paintings in the course, and find for each piece the nearest of
# the 95 others. It should be one of the eleven from the same painting; by chance that happens to 11 of the 96.
#
# A colour histogram might do as well, and so might random filters, so we test both. And because paintings
# differ so much in colour, the test is run a second time with the pieces in **grey**, all brought to the same mean and the
# same contrast.
#
# > **Predict** · In grey, who finds the most?

# %%
def look_at(network, image, layers=STYLE_LAYERS):
    """A network and a picture (1, 3, H, W) -> {layer: maps (C, H, W)}."""
    return {name: maps[0] for name, maps in extract_features(network, image, layers).items()}


def distance_table(rows):
    """(N, numbers) -> (N, N): entry (a, b) is ‖row b − row a‖² / ‖row a‖²."""
    exact = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return exact.square() / rows.square().sum(dim=1, keepdim=True)


def by_gram(network, pieces):
    """(N, 3, H, W) -> (N, N): the style distance of every pair, mean of five layers."""
    found = extract_features(network, pieces, STYLE_LAYERS)
    grams = [torch.stack([gram(maps).flatten() for maps in found[layer]]) for layer in STYLE_LAYERS]
    return sum(map(distance_table, grams)) / len(grams)


check.predict(
    "In grey, with equal mean and contrast, the most pieces find their painting by",
    options=["trained Gram matrices", "untrained Gram matrices", "histograms", "all alike"],
)

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# Without colour, what is left to tell a Monet from a Munch? Which of the three measures it?
#
# </details>
#
# The histogram counts the pixels in 16 steps of red, green and blue; *pixels* compares place by place. Each dot below is one network or one
# measure; the grey line is chance.

# %%
def histograms(pieces):
    """(N, 3, H, W) -> (N, 48): how many pixels of each channel lie in each of 16 steps."""
    return torch.stack([torch.cat([c.histc(16, 0, 1) for c in piece]) for piece in pieces])


def find_own(table):
    """(N, N) distances -> for how many pieces the nearest other is from the same painting."""
    number = torch.arange(len(table)) // 12  # twelve of each painting, in a row
    nearest = table.clone().fill_diagonal_(float("inf")).argmin(dim=1)
    return int((number[nearest] == number).sum())


def scores(pieces):
    """Pieces -> {measure: [how many find their own painting]}."""
    return {
        "Gram, trained": [find_own(by_gram(trained, pieces))],
        "Gram, untrained": [find_own(by_gram(network, pieces)) for network in untrained],
        "histograms": [find_own(distance_table(histograms(pieces)))],
        "pixels": [find_own(distance_table(pieces.flatten(1)))],
    }

# %%
colour = torch.cat([pieces_of(name) for name in paintings()])  # (96, 3, 96, 96)
grey = (colour * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(dim=1, keepdim=True)
deviation, mean = torch.std_mean(grey, dim=(2, 3), keepdim=True)
grey = ((grey - mean) / deviation * 0.18 + 0.5).expand(-1, 3, -1, -1)
result = {"in colour": scores(colour), "in grey": scores(grey)}
figure, axes = plt.subplots(1, 2, figsize=(9, 2.6), sharey=True)
for axis, (name, found) in zip(axes, result.items()):
    for place, counts in enumerate(reversed(found.values())):
        axis.plot(counts, [place] * len(counts), "o", alpha=0.7, color=show.COLOURS["style"])
    axis.axvline(96 * 11 / 95, color="#888888", linewidth=1)
    axis.set(title=name, xlim=(0, len(colour)), xlabel=f"pieces of {len(colour)}")
    axis.set_yticks(range(4), list(reversed(found)))
figure.suptitle("How many pieces find their own painting")
plt.show()
print("\n".join(f"{name:10}{found}" for name, found in result.items()))
best = max(result["in grey"]["Gram, untrained"] + result["in grey"]["histograms"])
assert result["in grey"]["Gram, trained"][0] > best
check.score("trained Gram matrices", because=f"the best of the others finds {best}.")

# %% [markdown]
# **What to see.** In colour, the trained Gram matrices lead the histogram by so little (83 to 78) that nothing follows from it: colour alone tells
# most pieces apart. In grey the lead is clear (57 to 39), and the best untrained network finds 34.
#
# So the test says: these Gram matrices hold more of a painter's hand than colour and brightness do, and this comes from the *training*
# (on mini, with pieces of the same eight paintings). How much more depends on the size of the pieces. Pairs of random detectors do worse than the histogram here.
# And strictly it is *paintings* that are found, not painters: three of the eight are by van Gogh.
#
# <details><summary>Other sizes of the pieces</summary>
#
# Measured with the functions above, in grey; trained, five untrained, histograms. Six pieces of each painting at 480 pixels (48 in all): 22, 13–19, 15 with pieces of 96 pixels; 25, 16–21, 13 with 128;
# 25, 15–21, 17 with 144. Twelve of each (96 in all): 63, 32–41, 38 with 128 of 640 pixels; 72, 38–50, 42 with 192 of 960; 65, 33–47, 36 with 128 of 1000. The trained network
# led each time, by 3 to 22 pieces; which of the other two came second changed.
#
# </details>
#
# ## 5 · What is forgotten, and what is kept
#
# In the formula, $p$ runs over all places, and a sum does not depend on the order of its terms. So we may move the places
# about as we like, as long as all channels move together.
#
# > **Your turn** (bonus) · 5 min · ●●○ — `shuffle_pixels`: given maps (C, H, W) and a permutation of the numbers 0 … H·W − 1,
# > return maps that have at place p what stood at place `permutation[p]`. Places are counted line after line.

# %% tags=["exercise"]
# 5 min · ●●○
def shuffle_pixels(features, permutation):
    """(C, H, W) and (H·W,) -> (C, H, W): at place p what stood at place permutation[p]."""
    # Your turn.
    return None


check.shuffle_pixels(shuffle_pixels)

# %% [markdown]
# <details><summary>Hint 1 · where to begin</summary>
#
# As rows (C, H·W) it is one indexing: `rows[:, permutation]` takes the columns in a new order, for all channels alike.
#
# </details>
#
# <details><summary>Hint 2 · the shape is wrong at the end</summary>
#
# Give the result the old shape with `.reshape(features.shape)`.
#
# </details>

# %% tags=["solution"]
def shuffle_pixels(features, permutation):
    """(C, H, W) and (H·W,) -> (C, H, W): at place p what stood at place permutation[p]."""
    return features.flatten(1)[:, permutation].reshape(features.shape)

# %% [markdown] tags=["solution"]
# **Why.** The same `permutation` is applied to every row, so what fired together at one place still does, somewhere else.

# %% [markdown]
# Your function shuffles the *maps* of `relu2_1`, and the Gram matrix stays the same. Now shuffle the *pixels of the
# picture* before the network sees them.
#
# > **Predict** · The pixels are shuffled: the same colours, each as often as before. What happens to the Gram matrices?

# %%
shuffle_pixels = check.shuffle_pixels.mine or check.shuffle_pixels.reference
night = square("starry_night", 256)
maps = look_at(trained, night)["relu2_1"]  # (C, 128, 128)
places = torch.randperm(128 * 128, generator=torch.Generator().manual_seed(5))
D = style_distance(shuffle_pixels(maps, places), gram(maps)).item()
print(f"maps shuffled: D = {D:.5f}")
check.predict(
    "The pixels of the picture are shuffled before the network sees it. Its Gram matrices",
    options=["stay the same (D < 0.01)", "change a little (D < 0.1)", "change much (D > 0.1)"],
)

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# A channel of `relu1_1` looks at 3 × 3 pixels at a time. What is left of a stroke when its pixels are scattered?
#
# </details>
#
# Single pixels are the extreme. `shuffle_tiles` cuts the picture into square tiles and shuffles those: within a tile, neighbours stay.
# For scale, the last line has the nearest and the farthest of the seven other paintings.

# %%
def shuffle_tiles(image, side, seed=0):
    """(1, 3, H, W), H and W multiples of side -> the same tiles in random order."""
    tiles = torch.nn.functional.unfold(image, side, stride=side)  # (1, 3·side², number of tiles)
    order = torch.randperm(tiles.shape[2], generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.fold(tiles[:, :, order], image.shape[2:], side, stride=side)


def from_night(image):
    """A picture -> its style distance from The Starry Night at each of the five layers."""
    maps = look_at(trained, image)
    return torch.tensor([style_distance(maps[name], target[name]) for name in STYLE_LAYERS])


target = {name: gram(m) for name, m in look_at(trained, night).items()}
shown = {f"tiles of {side} px": shuffle_tiles(night, side) for side in (1, 4, 16, 64)}
show.pictures(shown, "The same pixels, in shuffled tiles", height=2.4)
print("style distance at      ", *STYLE_LAYERS)
for name, image in shown.items():
    print(f"{name:18}", *(f"{D:9.3f}" for D in from_night(image)))
others = [from_night(square(name, 256)) for name in paintings() if name != "starry_night"]
others = torch.stack(sorted(others, key=lambda D: D.mean()))
for name, D in zip(("nearest painting", "farthest painting"), others[[0, -1]]):
    print(f"{name:18}", *(f"{value:9.3f}" for value in D))
check.score("change much (D > 0.1)", because="every channel now sees an edge at every pixel.")

# %% [markdown]
# **What to see.** Tiles of 64 px keep the brush, and the distance is far below that of any other painting. Cut into single pixels, the same night
# is as far from itself as some other paintings are. As the tiles grow, `relu1_1`, which sees 3 px, falls first. Tiles of 4 px are worse than single pixels at `relu2_1` to
# `relu4_1`: a likely reason is that the borders of the tiles make a grid of sharp edges.
#
# To be precise, a Gram matrix **forgets where**: it is the same for any rearrangement of the *places of the feature
# maps*. It **keeps what stands next to what**, within the receptive field of a channel.
#
# > **Common mistake** · "The Gram matrix throws away all spatial information." It throws away the positions of the *features*.
# > The arrangement of pixels within each receptive field is what the features are made of.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 3 to 5: 35 minutes. If time is short, skip the tiles and keep the two predictions.
#
# **Expect.** Many predict that shuffled pixels change nothing, because shuffled maps do not. Let two people who disagree
# explain it to each other before the cell is run.
#
# **Ask.** Mirror the *picture*: does $G$ change? (In general yes. Mirror the *maps*: no.) Why does the histogram do so well in colour?

# %% [markdown]
# ## 6 · Grow a texture, with your own code
#
# The sharpest test of a description is to find what else fits it. Start from noise and change the *pixels* until the picture has the
# painting's Gram matrices. The search is that of [04](04_what_layers_remember.ipynb); only the loss is new, and it is yours.
#
# > **Your turn** (core) · 8 min · ●●○ — `texture_loss`: `look(image)` returns {layer: maps (C, H, W)}; `targets` is {layer: Gram matrix (C, C) of the painting}.
# > Return the mean of the style distances of the layers in `targets`.

# %% tags=["exercise"]
# 8 min · ●●○
def texture_loss(image, look, targets):
    """A picture, a function to {layer: (C, H, W)}, {layer: (C, C)} -> the mean style distance."""
    # Your turn.
    return None


check.texture_loss(texture_loss)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# `maps = look(image)` once; then add up `style_distance(maps[name], targets[name])` for every `name` in `targets`, and divide
# by `len(targets)`.
#
# </details>
#
# <details><summary>Hint 2 · the gradient is missing</summary>
#
# The pixels must be changed by it: let tensors flow from `image` to the result, without `no_grad`, `.item()` or `.detach()`.
#
# </details>

# %% tags=["solution"]
def texture_loss(image, look, targets):
    """A picture, a function to {layer: (C, H, W)}, {layer: (C, C)} -> the mean style distance."""
    maps = look(image)
    return sum(style_distance(maps[name], targets[name]) for name in targets) / len(targets)

# %% [markdown] tags=["solution"]
# **Why.** Each layer is divided by its own $\lVert A \rVert^2$ *before* the sum. Divided once at the end, the layer of the largest numbers
# would decide alone.

# %% [markdown]
# `grow` gives your loss to an optimiser: `minimise` changes the pixels, step by step ([07](07_optimisation_loop.ipynb)
# shows how). A little total variation removes grain. The factor of 1000 changes no minimum; without it,
# PyTorch's L-BFGS takes the small gradients of untrained networks for zero, and the control would be unfair.

# %%
texture_loss = check.texture_loss.mine or check.texture_loss.reference


def grow(network, painting, layers=STYLE_LAYERS, steps=60):
    """A painting -> (its texture, your loss at the first step, your loss at the best step)."""
    def look(image):
        return look_at(network, image, layers)

    def loss(image):
        style = texture_loss(image, look, targets)
        return {"style": style, "total": 1000 * (style + 0.02 * total_variation_loss(image))}

    targets = {name: gram(maps) for name, maps in look(painting).items()}
    records = list(minimise(loss, coarse_noise(painting.shape[2]), steps))
    best = min(records, key=lambda record: record.losses["total"])
    return best.image, records[0].losses["style"], best.losses["style"]


night = square("starry_night", 192)
texture, start, end = grow(trained, night)
print(f"texture loss: {start:.2f} at the start, {end:.4f} at the end")
pair = {"The Starry Night": night, "its texture, by your loss": texture}
show.pictures(pair, "Mini, 192 px, 60 steps", height=4)

# %% [markdown]
# **What to see.** The night sky's short blue strokes, its yellow lights, the black of its cypress: all there, and nothing where it was.
# Your loss painted this.
#
# For comparison, the same run with the real VGG-16, which has ten times as many weights. Its strokes are longer and bend more:
#
# ![A square of blue, curved strokes in bundles, with blurred yellow and white spots and black patches between them, and no village.](attachment:05_vgg16.jpg)
#
# *Stored, not computed here: Oxford's VGG-16 (Simonyan and Zisserman 2014), average pooling, the same square of 192 px, the same loss and start, 60 steps.*
#
# ### Layer by layer
#
# Now match one layer, three, all five, as in figure 1 of Gatys et al. 2016, for three paintings. Does the painting come back if more is matched?
#
# > **Predict** · The correlation of the texture's pixels with the painting's is 1 if the painting comes back, near 0 if nothing stands where it stood.

# %%
check.predict(
    "With all five layers matched, the pixels' correlation with the painting is on average",
    options=["below 0.4", "between 0.4 and 0.8", "above 0.8"],
)

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# Section 5: what happens to $G$ when all places of the maps are shuffled?
#
# </details>

# %%
def correlation(a, b):
    """Two pictures of one shape -> the correlation of their pixels, from −1 to 1."""
    return torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1].item()


shown, alike = {}, []
for name in ("starry_night", "great_wave", "wheat_field"):
    painting = square(name, 144)
    shown[f"{name}, 144 px"] = painting
    for depth in (1, 3, 5):
        texture, _, _ = grow(trained, painting, STYLE_LAYERS[:depth])
        shown[f"{name}, {'up to ' if depth > 1 else ''}{STYLE_LAYERS[depth - 1]}"] = texture
    alike.append(correlation(texture, painting))
show.pictures(shown, "Mini: textures from one, three and five layers", columns=4, height=2.3)
mean = sum(alike) / 3
print("correlation with the painting, five layers:", ", ".join(f"{r:+.2f}" for r in alike))
answer = ["below 0.4", "between 0.4 and 0.8", "above 0.8"][(mean > 0.4) + (mean > 0.8)]
check.score(answer, because="Gram matrices forget where.")

# %% [markdown]
# **What to see.** `relu1_1` alone gives round blots in roughly the right colours (the starting noise has something to do with their size). Three layers bring
# strokes: claws in the wave, dabs in the sky, tufts in the field.
#
# The two deepest layers add little here. And nothing comes back to its place: all three correlations lie below 0.2.
#
# ### Is it the training?
#
# The control: the same search with three untrained networks. They match as many numbers, but from random filters.

# %%
painting = square("great_wave", 128)
networks = {"trained": trained}
networks |= {f"untrained, seed {seed}": network for seed, network in enumerate(untrained[:3], 1)}
control = {}
for name, network in networks.items():
    control[name], start, end = grow(network, painting)
    print(f"{name:17}: texture loss {start:.2f} at the start, {end:.4f} at the end")
show.pictures(control, "The Great Wave from five layers of four networks", height=2.5)

# %% [markdown]
# **What to see.** Where an untrained network's loss has come close to 0, its Gram matrices are matched, and still the pictures are blots: no
# claws, no pale edges, and with some seeds the wrong hue. So strokes do not come from the number of values, but from *which* filters they describe.
#
# <details><summary>Do random networks make no textures, then?</summary>
#
# They can. Ustyuzhaninov et al. (2016) grow good textures from one layer of random filters of *many sizes*, up to 55 pixels. Our claim is
# about these networks, five layers of 3 × 3 filters, and 60 steps.
#
# </details>
#
# > **Quiz, back to 04** · There you matched the *maps* of one layer, and asked which other layers nearly match as well: the deeper ones, which
# > are computed from it. Now only the *Gram matrix* of `relu3_1` is matched. Is that of a deeper layer right as well?

# %%
check.predict(
    "Only relu3_1's Gram matrix is matched. Compared with its D, relu5_1's is",
    options=["as small", "somewhat larger, less than 3 times", "many times larger"],
)

# %%
texture, _, _ = grow(trained, painting, ["relu3_1"])
was, now = look_at(trained, painting), look_at(trained, texture)
left = {name: style_distance(now[name], gram(was[name])).item() for name in STYLE_LAYERS}
print("   ".join(f"{name}: {D:.3f}" for name, D in left.items()))
times = left["relu5_1"] / left["relu3_1"]
options = ["as small", "somewhat larger, less than 3 times", "many times larger"]
answer = options[(times > 1.2) + (times > 3)]
check.score(answer, because=f"it is {times:.0f} times: relu5_1 follows from the maps, not from G.")

# %% [markdown]
# **What to see.** `relu5_1` is left at 0.035, more than a hundred times the distance of the matched layer. For scale: between *The Starry Night*
# and the painting nearest to it (section 5) it is 0.163. So one matched Gram matrix brings those of deeper layers near, and does not fix them.
#
# ## 7 · What a Gram matrix does not hold
#
# A photograph is no texture. Tübingen, grown anew from its five Gram matrices:

# %%
town = square("tuebingen", 192)
texture, _, end = grow(trained, town)
print(f"texture loss at the end: {end:.4f}")
pair = {"Tübingen": town, "grown from its Gram matrices": texture}
show.pictures(pair, "The same Gram matrices, nearly, and no town", height=3.6)

# %% [markdown]
# **What to see.** Sky, water, gables and windows are made of the right stuff, and float as islands: no house stands on a bank. The table does not hold what makes a town
# a town.
#
# For style transfer this is just what is needed: the content loss ([04](04_what_layers_remember.ipynb)) says *where*, the Gram matrices say *how*. The two
# are not independent, though: both change the same pixels, and [06](06_losses_and_weights.ipynb) measures what each costs the other.
#
# <details><summary>Another view: a cloud of points (Li et al. 2017)</summary>
#
# Each place $p$ is a point $f_p = (F_{1p}, …, F_{Cp})$ in $C$ dimensions. A picture is a cloud of such points, without order. With the kernel
# $k(x, y) = (x^\top y)^2$, the squared Gram distance is the squared *maximum mean discrepancy* of two clouds:
#
# $$\lVert G - A \rVert^2 = \underset{p,\,p'}{\mathrm{mean}}\; k(f_p, f_{p'}) \;+\; \underset{q,\,q'}{\mathrm{mean}}\; k(s_q, s_{q'}) \;-\; 2\, \underset{p,\,q}{\mathrm{mean}}\; k(f_p, s_q)$$
#
# By hand, with $C = 1$, points $1, 3$ against the point $2$: $G = (1 + 9)/2 = 5$, $A = 4$, so the left side is 1. Right:
# $(1 + 9 + 9 + 81)/4 + 16 - 2\,(4 + 36)/2 = 25 + 16 - 40 = 1$. So "style" is one way of comparing two clouds, and there are others.
#
# </details>
#
# <details><summary>Why divide by H·W?</summary>
#
# Lay a picture out two by two, like tiles on a wall: four times as many places, the same style. Undivided, $G$ would be four times as
# large; divided, it stays, but for the seams. So a painting of any size may be the target of a picture of any size.
#
# </details>

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 6 and 7: 35 minutes with the exercise.
#
# **Expect.** "Deeper layers have the better style." In these pictures they add little; the strokes come from the middle ones. "The
# loss is 0.001, so it is good." Without a scale no such number means anything; ours is relative.
#
# **Ask.** Which of your own pictures are all texture, and which have none?

# %% [markdown]
# ## Summary
#
# - A Gram matrix $G$, shape $(C, C)$, holds for each pair of channels the mean of their product: what fires together.
# - It forgets where: shuffled maps have the same $G$. It keeps what stands next to what, within a receptive field.
# - In colour, a histogram finds a painting nearly as well; in grey, trained Gram matrices find more than any control.
# - Grown from noise: one shallow layer gives colours, three give strokes, and no layer gives the arrangement.
# - Divide by $\lVert A \rVert^2$, layer by layer: then all layers count alike.
#
# ## Common mistakes
#
# - Summing over channels: `rows.T @ rows` is $(HW, HW)$ and says which *places* are alike.
# - `reshape(H*W, C)` in place of a transpose: it runs without an error and mixes all channels.
# - Forgetting $H \cdot W$: another size of picture, another style.
# - Comparing undivided style losses of two layers, networks or programs.
#
# ## Challenge
#
# How much of the style is in the *pairs*, and how much in the strength of each channel alone? Grow a texture that matches only the
# diagonals, and set it beside yours. How many of the 96 grey pieces find their painting by diagonals?
#
# <details><summary>Where to start</summary>
#
# `features.square().mean(dim=(2, 3))` is the diagonal, (B, C). `distance_table` takes it as it is; for the texture, write a second `grow` whose
# targets and loss are made of it.
#
# </details>
#
# ## References
#
# - B. Julesz (1962). [Visual pattern discrimination](https://doi.org/10.1109/TIT.1962.1057698). *IRE Transactions on Information Theory*.
# - J. Portilla, E. P. Simoncelli (2000). [A parametric texture model based on joint statistics of complex wavelet coefficients](https://doi.org/10.1023/A:1026553619983). *International Journal of Computer Vision* 40.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2015). [Texture synthesis using convolutional neural networks](https://arxiv.org/abs/1505.07376). *NIPS*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). [Image style transfer using convolutional neural networks](https://doi.org/10.1109/CVPR.2016.265). *CVPR*.
# - I. Ustyuzhaninov, W. Brendel, L. A. Gatys, M. Bethge (2016). [Texture synthesis using shallow convolutional networks with random filters](https://arxiv.org/abs/1606.00021).
# - Y. Li, N. Wang, J. Liu, X. Hou (2017). [Demystifying neural style transfer](https://arxiv.org/abs/1701.01036). *IJCAI*.
#
# Photograph: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); changed here. All others: `data/README.md`.
#
# [← 04 · What layers remember](04_what_layers_remember.ipynb) · [06 · Losses and weights →](06_losses_and_weights.ipynb)
