# %% [markdown]
# # 05 · Gram matrices
#
# **Why is a table of correlations "style"?**
#
# ![Left: a composition of coloured rectangles and black lines. Middle: its Gram matrix as a heat map. Right: a new picture, grown from noise so that it has the same Gram matrices: again fields of red, white, yellow and blue between black bars, in a new arrangement.](attachment:05_gram_matrices.jpg)
#
# **You will**
#
# - compute a Gram matrix on paper, then in code, and read one as a heat map;
# - test whether it knows which pieces come from the same painting, against three controls;
# - show what it forgets (*where* things are) and what it keeps (what stands *next to* what), and measure how far "next to" reaches;
# - grow textures out of noise from one layer, two layers, … five layers, with a trained and with an untrained network;
# - write the style distance that the rest of the course minimises, and say why it is divided as it is.
#
# **You need** [00 · Start here](00_start_here.ipynb); matrix products at school level. [02 · Convolutions](02_convolutions_and_features.ipynb) and
# [03 · Inside VGG](03_inside_vgg.ipynb) help; all that you need from them is repeated in two sentences below.
#
# **Reading** 35 minutes, exercises 25 minutes. **Running** about one minute in all, on two CPU cores.

# %%
# In Colab this installs the course; anywhere else it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("nsthelpers") is None:
    # %pip install -q "git+{{repository}}"

# %% [markdown]
# Two networks come along from the start. `trained` has learnt to recognise things in photographs. `untrained` has the same
# architecture, but its weights are random numbers: it is the *control*. What it can do as well is no result of learning.

# %%
import matplotlib.pyplot as plt
import torch

from nsthelpers import (
    explore_gram, extract_features, gram_matrix, layer_table, list_images, load_backbone, load_image, reconstruct, resize, show,
)
from nsthelpers.checks import gram_matrices as check
from nsthelpers.losses import STYLE_LAYERS, style_loss

show.setup_notebook()
trained, untrained = load_backbone("mini"), load_backbone("mini", weights="random")

# %% [markdown]
# ## 1 · What is the same?
#
# Below are four pieces, each of 160 × 160 pixels: two corners of one painting and two corners of another. No two of them
# share a pixel. Before you read on, say in one sentence how you know which belong together.

# %%
def corners(name, side=160):
    """Name of a picture -> (4, 3, side, side): its four corners, which share no pixel."""
    image = load_image(name, 512)
    ends = (slice(None, side), slice(-side, None))
    return torch.cat([image[..., rows, columns] for rows in ends for columns in ends])


fields, waves = corners("de_stijl"), corners("woodblock_waves")
four = {"piece 1": fields[0], "piece 2": waves[2], "piece 3": fields[3], "piece 4": waves[3]}
show.pictures({name: piece[None] for name, piece in four.items()}, "Four pieces of two paintings", height=1.7)

# %% [markdown]
# **What to see.** Pieces 1 and 3 belong together, and so do 2 and 4. Yet they show different things at different places:
# laid on top of each other, hardly a pixel agrees. What is the same is which *kinds* of things occur, and
# which occur **together**: flat fields of red, yellow or white *with* straight black bars; blue shapes *with* fine, long, parallel lines.
#
# That is the whole idea of this notebook. If we can count what occurs together, without asking where, we have a number
# for style.
#
# ## 2 · Detectors, and when two of them fire together
#
# A layer of the network answers to a picture with $C$ *feature maps*, one for each channel. A channel is a detector:
# its map is bright where it finds what it looks for (an edge of some direction, a colour, a corner). The ReLU at
# the end of a layer replaces negative answers by zero, so the map is exactly zero where the detector finds nothing.
# `relu2_1` is the output of the first convolution in the second of five blocks.
#
# Take one map $F_i$ and another one $F_j$, both of shape $(H, W)$, and multiply them place by place. The product is
# bright only where *both* are. We take the strongest channel of `relu2_1`, and look for a channel that often
# fires at the same places, and for one that seldom does. `grey` draws a map from black (zero) to white; both products are drawn
# on *one* scale, so that you may compare them.

# %%
picture = load_image("de_stijl", 256)
maps = extract_features(trained, picture, "relu2_1")["relu2_1"][0]  # (C, H, W)
strength = maps.square().mean(dim=(1, 2)).sqrt()  # (C,)
order = strength.argsort(descending=True)
i, others = order[0], order[1:16]
together = (maps * maps[i]).mean(dim=(1, 2)) / (strength * strength[i])  # 0: never together, 1: always, in step
j, k = others[together[others].argmax()], others[together[others].argmin()]


def grey(values, top):
    """(H, W) -> (1, 3, H, W): black at 0, white at `top` and above."""
    return (values / top).clamp(0, 1).expand(1, 3, -1, -1)


shown = {"the picture": picture}
shown |= {f"channel {name}": grey(maps[name], 2.5 * strength[name]) for name in (j.item(), k.item(), i.item())}
bright = 4 * strength[i] * strength[j]
shown |= {f"channel {i} × channel {name}": grey(maps[i] * maps[name], bright) for name in (j.item(), k.item())}
show.pictures(shown, f"Three channels of relu2_1, each {tuple(maps.shape[1:])}, and two products", columns=3, height=1.75)
print(f"how much together, 0 to 1:  with channel {j}: {together[j]:.2f}   with channel {k}: {together[k]:.2f}")

# %% [markdown]
# **What to see.** Upper row: the picture and two channels. Below each of the two stands its product with the channel at the lower left.
# The first pair answers to the same parts of the picture, and its product is bright there; the second product is nearly black
# all over: where one of the two detectors fires, the other is silent. One number says it: the **mean of the product** over all places,
# printed here after division by the strengths of both channels.
#
# Two warnings. First, nobody named these detectors, and we need no names: only whether they agree. Second,
# the number is often called a correlation, but no mean is subtracted: a channel that is always on is "together"
# with everything.
#
# ## 3 · The Gram matrix, on paper
#
# Do this for *all* pairs of channels and write the numbers into a table. That is the **Gram matrix**:
#
# $$G_{ij} = \frac{1}{HW}\sum_{p=1}^{HW} F_{ip}\,F_{jp}$$
#
# - $F$, shape $(C, HW)$: the feature maps, each written as one row; $F_{ip}$ is what channel $i$ says at place $p$;
# - $C$: the number of channels; $H, W$: height and width of the maps; $p$ runs over all $H \cdot W$ places;
# - $G$, shape $(C, C)$: the Gram matrix. $G_{ij} = G_{ji}$. On its diagonal, $G_{ii}$ is the mean square of channel $i$: how strong it is.
#
# Now by hand, with $C = 2$ channels of $H \times W = 2 \times 3$:
#
# $$F_1 = \begin{pmatrix} 1 & 2 & 0 \\ 0 & 1 & 0 \end{pmatrix} \qquad F_2 = \begin{pmatrix} 0 & 2 & 2 \\ 0 & 2 & 0 \end{pmatrix}$$
#
# - $G_{11} = (1 + 4 + 0 + 0 + 1 + 0)/6 = 1$, and $G_{22} = (0 + 4 + 4 + 0 + 4 + 0)/6 = 2$;
# - $G_{12} = G_{21} = (1 \cdot 0 + 2 \cdot 2 + 0 \cdot 2 + 0 \cdot 0 + 1 \cdot 2 + 0 \cdot 0)/6 = 6/6 = 1$.
#
# The same with the package's `gram_matrix`, which takes a batch $(B, C, H, W)$ and returns $(B, C, C)$:

# %% tags=["nbval-check-output"]
small = torch.tensor([[[1.0, 2.0, 0.0], [0.0, 1.0, 0.0]], [[0.0, 2.0, 2.0], [0.0, 2.0, 0.0]]])  # (2, 2, 3)
on_paper = torch.tensor([[1.0, 1.0], [1.0, 2.0]])
assert torch.equal(gram_matrix(small[None])[0], on_paper)
print(gram_matrix(small[None])[0])

# %% [markdown]
# The Gram matrix is yours to write, in two steps.
#
# > **Your turn** · 3 min · ●○○ — `flatten_features`: turn feature maps (B, C, H, W) into a table (B, C, H·W). The map of
# > each channel becomes one row, written line after line.

# %% tags=["exercise"]
# 3 min · ●○○
def flatten_features(features):
    """(B, C, H, W) -> (B, C, H·W): every channel map as one row."""
    # Your turn.
    return None


check.flatten_features(flatten_features)

# %% [markdown]
# <details><summary>Hint 1 · the shape is wrong</summary>
#
# Axes 0 and 1 stay; axes 2 and 3 become one. `tensor.flatten(start)` melts all axes from `start` on.
#
# </details>
#
# <details><summary>Hint 2 · the shape is right, the numbers are not</summary>
#
# Do not exchange axes on the way (`permute`, `transpose`), and do not `reshape` to another order of axes: a reshape only cuts
# the same row of numbers anew.
#
# </details>

# %% tags=["solution"]
def flatten_features(features):
    """(B, C, H, W) -> (B, C, H·W): every channel map as one row."""
    return features.flatten(2)

# %% [markdown] tags=["solution"]
# **Why.** The numbers of a tensor lie in memory channel after channel, line after line. Melting the last two axes moves none of
# them; it only forgets where a line ended. This is the first sign that the layout of the picture is about to get lost.

# %% [markdown]
# > **Your turn** · 8 min · ●●○ — `gram`: for one picture, feature maps (C, H, W) in, Gram matrix (C, C) out, by the
# > formula above. No loop over the channels: a product of two matrices does it.

# %% tags=["exercise"]
# 8 min · ●●○
def gram(features):
    """(C, H, W) -> (C, C): inner products of the channel maps, divided by H·W."""
    # Your turn.
    return None


check.gram(gram)

# %% [markdown]
# <details><summary>Hint 1 · the result has the shape (H·W, H·W)</summary>
#
# What is summed over must stand in the middle: (C, H·W) times (H·W, C) gives (C, C). You have it the other way round.
#
# </details>
#
# <details><summary>Hint 2 · the numbers are too large</summary>
#
# Try your function on `small` above. If it gives 6, 6, 12 in place of 1, 1, 2, the division by the number of places H·W is missing.
#
# </details>

# %% tags=["solution"]
def gram(features):
    """(C, H, W) -> (C, C): inner products of the channel maps, divided by H·W."""
    rows = features.flatten(1)
    return rows @ rows.T / rows.shape[1]

# %% [markdown] tags=["solution"]
# **Why.** Entry $(i, j)$ of `rows @ rows.T` is row $i$ times row $j$, summed over places: the sum in the formula, for all
# pairs at once. `rows.shape[1]` is $H \cdot W$.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 1 to 3: 30 minutes. Let everybody compute $G_{12}$ on paper before the cell is run.
#
# **Expect.** "The Gram matrix is a small picture." Its axes are channels on both sides, not places: a person who looks for
# the painting in the heat map has not understood the axes yet. "A correlation lies between −1 and 1." This one does not:
# no mean is subtracted and no deviation divided out. After a ReLU it cannot be negative either.
#
# **Ask.** What is $G$ if all channels are the same map? (All entries equal.) If no two channels ever fire together?
# (Diagonal.) How many different numbers has a Gram matrix of $C$ channels? ($C(C+1)/2$, it is symmetric.)

# %% [markdown]
# ## 4 · Reading real Gram matrices
#
# Three of the four pieces from the beginning, at the layer `relu2_1`: two of the coloured fields, one of the waves.

# %%
def gram_of(network, image, layer="relu2_1"):
    """A picture (1, 3, H, W) -> its Gram matrix (1, C, C) at one layer."""
    return gram_matrix(extract_features(network, image, layer)[layer])


heat = {name: gram_of(trained, four[name][None]) for name in ("piece 1", "piece 3", "piece 2")}
titles = ("fields, piece 1", "fields, piece 3", "waves, piece 2")
show.gram_matrices(dict(zip(titles, heat.values())), "Gram matrices of relu2_1: the first 24 channels, one colour scale", count=24)

# %% [markdown]
# **What to see.** Rows and columns are channels, not places, and each matrix is symmetric about its diagonal. A bright square on
# the diagonal is a strong channel; one off the diagonal is a pair that fires together, and its mirror image says the same again. Most of each matrix
# is dark. In the two matrices of the fields largely the same squares stand out: channels 13 and 23 on the diagonal, the pair of 10 and 23 beside it.
# In that of the waves these are dark, and channels 16 and 20 with their pairs stand out. "Largely the same" is no measurement, so a number follows.
#
# First look into one matrix yourself. Choose two channels, and see their maps, the product, and where in the painting both
# fire. The slider *Entry ×* multiplies their entry, and *Make the texture* grows two small pictures from noise, one with the
# matrix as it was and one with the changed matrix. (Section 6 explains how.)

# %%
explore_gram("swirls")

# %%
show.gram_entry("swirls")

# %% [markdown]
# **What to see.** The figure is what the explorer shows at the start. The channels stand in another order than above, like beside
# like, so that channels that fire together are neighbours. The colours show square roots, so that small entries can be seen too. The
# circle marks the largest entry off the diagonal. Its two channels both answer to the night sky between the stars; their product is
# bright there and black in the stars, and its mean *is* the entry. The last picture keeps the colours only where both fire.
#
# ### From heat maps to a distance
#
# Let $A$ be the Gram matrix of a *target* and $G$ that of another picture, both $(C, C)$. Their **relative distance** is
#
# $$D = \frac{\lVert G - A\rVert^2}{\lVert A\rVert^2} = \frac{\sum_{ij} (G_{ij} - A_{ij})^2}{\sum_{ij} A_{ij}^2}$$
#
# one number: 0 if both are equal, 1 if $G$ is zero everywhere. By hand, for $A$ = our matrix on paper
# and $G = \begin{pmatrix} 1 & 0 \\ 0 & 2 \end{pmatrix}$: $D = (0 + 1 + 1 + 0)/(1 + 1 + 1 + 4) = 2/7$.
#
# `distance_table` computes it for every pair among $N$ objects at once, each described by one row of numbers. It serves for Gram
# matrices written as rows, and for anything that we want to compare them with.

# %%
def distance_table(rows):
    """(N, D) -> (N, N): entry (a, b) is ‖row b − row a‖² / ‖row a‖²."""
    exact = torch.cdist(rows, rows, compute_mode="donot_use_mm_for_euclid_dist")
    return (exact.square() / rows.square().sum(dim=1, keepdim=True)).cpu()


two = torch.stack([on_paper.flatten(), torch.tensor([1.0, 0.0, 0.0, 2.0])])
assert abs(distance_table(two)[0, 1] - 2 / 7) < 1e-6
between = distance_table(torch.cat(list(heat.values())).flatten(1))
print(f"from piece 1 to piece 3: {between[0, 1]:.2f}     from piece 1 to piece 2: {between[0, 2]:.2f}")

# %% [markdown]
# Three pieces prove nothing; they may be lucky. So take the four corners of *all* bundled paintings, 40 pieces, and ask of each:
# which of the 39 others is nearest? It should be one of the three from the same painting. By pure chance that happens to 3 in 39:
# about 3 of the 40 pieces.
#
# > **Predict** · For how many of the 40 pieces is the nearest piece, by Gram matrices, one of the same painting?

# %%
paintings = list_images("style")
pieces = torch.cat([corners(name) for name in paintings])  # (40, 3, 160, 160)
check.predict(
    f"How many of {len(pieces)} pieces find their own painting by the Gram distance?",
    options=["about 3, as by chance", "about 15", "more than 30"],
)

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# How many would *you* find? Look at the corners of a picture of your own: what is in one corner that is also in the others?
#
# </details>
#
# Controls are the distance of the pixels themselves, one by one; that of the mean colours, three numbers for each piece; and the
# Gram matrices of the *untrained* network. The Gram distance is the mean over the five layers.

# %%
def gram_tables(network):
    """A network -> {layer: (40, 40)}: relative distances of the pieces' Gram matrices."""
    features = extract_features(network, pieces, STYLE_LAYERS)
    return {layer: distance_table(gram_matrix(features[layer]).flatten(1)) for layer in STYLE_LAYERS}


by_layer = {"trained": gram_tables(trained), "untrained": gram_tables(untrained)}
tables = {"pixels": distance_table(pieces.flatten(1)), "mean colour": distance_table(pieces.mean(dim=(2, 3)))}
tables |= {f"Gram, {net}": sum(found.values()) / len(found) for net, found in by_layer.items()}

figure, axes = plt.subplots(1, 4, figsize=(8, 2.5))
for axis, (name, table) in zip(axes, tables.items()):
    axis.imshow(table / table.median(), cmap="viridis", vmin=0, vmax=1)
    axis.set(title=name, xlabel="piece", xticks=range(0, 40, 8), yticks=range(0, 40, 8))
axes[0].set_ylabel("piece (target)")
figure.suptitle("Distances among 40 pieces of 10 paintings (dark: near; yellow: at least the median)")
plt.show()

# %% [markdown]
# **What to see.** Pieces 0–3 are the four corners of the first painting, 4–7 those of the second, and so on. A perfect measure
# shows ten dark squares of 4 × 4 along the diagonal, and yellow elsewhere. The trained Gram matrices come nearest to it, though they
# find the first two paintings much alike: their squares run together into one of 8 × 8. With pixels,
# hardly a piece is near to any but itself (the thin diagonal). With mean colours, dark spots lie all over the table: pieces of different
# paintings often have the same mean. The untrained network shows some of the squares, and large dark patches besides. Count for how many pieces the nearest other one is right:

# %%
def find_own(table):
    """(N, N) distances -> how many pieces have one of their own painting (four in a row) as the nearest other."""
    number = torch.arange(len(table))
    nearest = table.clone().fill_diagonal_(float("inf")).argmin(dim=1)
    return int((nearest // 4 == number // 4).sum())


scores = {name: find_own(table) for name, table in tables.items()}
lines = [f"{name:16} {count:2} of {len(pieces)}" for name, count in scores.items()]
for net, found in by_layer.items():
    lines.append(f"{net:9} " + "  ".join(f"{layer}: {find_own(table)}" for layer, table in found.items()))
print("\n".join(lines))
assert scores["Gram, trained"] > 30 > scores["Gram, untrained"] > scores["mean colour"]
check.score("more than 30", because=f"{scores['Gram, trained']} of 40 do; by mean colour only {scores['mean colour']}.")

# %% [markdown]
# Two things are to be learnt from these numbers, and they are separate. *Counting what occurs together*, without asking where, helps by
# itself. Even with random detectors the Gram matrices find about twice as many as the pixels do (which ask where) or the mean colours
# (which know three numbers only). *Trained detectors* add the rest, and in deep layers most. From `relu1_1` to `relu5_1` the trained
# network gets better, while the untrained one gets worse: at `relu5_1` its random detectors find no more than the pixels do.
#
# ## 5 · What is forgotten: where
#
# Look at the formula again. The sum runs over all places, and a sum does not ask for the order of its terms.
# So we may carry all the places of the feature maps about as we like, if only all channels move together.
#
# > **Your turn** · 5 min · ●●○ — `shuffle_pixels`: given feature maps (C, H, W) and a permutation of the numbers 0 … H·W − 1,
# > return maps of the same shape that have at place p what stood at place `permutation[p]`. Places are counted line after line.

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
# With another permutation for each channel the pairs would be torn apart, and only the diagonal of $G$ would survive.

# %% [markdown]
# Now with the maps of section 2: one permutation for all channels and, as a control, another one for each channel. The last line asks
# whether the Gram matrix is the old one to four digits, for each.

# %%
generator = torch.Generator().manual_seed(5)
count = maps.shape[1] * maps.shape[2]
one_for_all = torch.randperm(count, generator=generator)
moved = maps.flatten(1)[:, one_for_all].reshape(maps.shape)
torn = torch.stack([row[torch.randperm(count, generator=generator)] for row in maps.flatten(1)]).reshape(maps.shape)
versions = {"as they are": maps, "shuffled together": moved, "each for itself": torn}
top = 2.5 * strength[i]
show.pictures({name: grey(m[i], top) for name, m in versions.items()}, f"Channel {i} of relu2_1", height=1.5)
grams = {name: gram_matrix(m[None]) for name, m in versions.items()}
show.gram_matrices(grams, "The Gram matrix that belongs to each: the first 16 channels", count=16)
old = grams["as they are"]
print({name: torch.allclose(g, old, rtol=1e-4, atol=1e-5 * old.max().item()) for name, g in grams.items()})

# %% [markdown]
# **What to see.** Above: after the shuffle nobody can say what the picture was; both shuffled maps look like the same
# noise. Below: the Gram matrix of the maps that were shuffled *together* is the old one. If each channel is shuffled for itself, the diagonal
# stays, but the pattern off the diagonal turns into plain stripes: what is left is how strong each channel is on its own.
#
# ### But not everything about places is forgotten
#
# That was a shuffle of *feature maps*. Now shuffle the **pixels of the picture**, and only then ask the network.
#
# > **Predict** · All pixels of the picture are put in random order: the same colours, each as often as before. What happens to
# > the Gram matrices of the trained network?

# %%
check.predict(
    "The pixels of the picture are shuffled before the network sees it. Its Gram matrices",
    options=["stay the same, but for rounding", "change by a few per cent", "change as much as for another painting, or more"],
)

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# A channel of `relu1_1` looks at 3 × 3 pixels at a time. What is left of an edge when its pixels are scattered?
#
# </details>
#
# Single pixels are the extreme case. `shuffle_tiles` cuts the picture into square tiles and shuffles those: within a
# tile everything stays as it was. With tiles of 1 × 1 it shuffles pixels.

# %%
def shuffle_tiles(image, side, seed=0):
    """(1, 3, H, W), H and W multiples of side -> the same picture, its side × side tiles in random order."""
    tiles = torch.nn.functional.unfold(image, side, stride=side)  # (1, 3·side², number of tiles)
    places = torch.randperm(tiles.shape[2], generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.fold(tiles[:, :, places], image.shape[2:], side, stride=side)


examples = {f"tiles of {side} px": shuffle_tiles(picture, side) for side in (64, 16, 1)}
show.pictures({"whole": picture} | examples, "The same pixels, in tiles that are shuffled", height=1.7)

# %% [markdown]
# **What to see.** All four pictures hold exactly the same pixels. With tiles of 64 pixels it still looks like a picture
# by the same hand. With tiles of 16 the bars are chopped into short pieces. Single pixels are coloured noise: no bars, no fields.
#
# Now the Gram distance from the whole picture, for every layer and for tiles of 1 to 128 pixels, by both networks. The legend says how far a
# channel sees: its *receptive field* ([notebook 02](02_convolutions_and_features.ipynb)) is the square of pixels that one value of its map depends on.

# %%
sides = (1, 2, 4, 8, 16, 32, 64, 128)


def distances_by_tile(network):
    """A network -> {layer: [distance for each tile side]}, from the Gram matrix of the whole picture."""
    target = extract_features(network, picture, STYLE_LAYERS)
    found = {layer: [] for layer in STYLE_LAYERS}
    for side in sides:
        now = extract_features(network, shuffle_tiles(picture, side), STYLE_LAYERS)
        for layer in STYLE_LAYERS:
            both = torch.cat([gram_matrix(target[layer]), gram_matrix(now[layer])])
            found[layer].append(distance_table(both.flatten(1))[0, 1].item())
    return found


by_tile = {"trained": distances_by_tile(trained), "untrained": distances_by_tile(untrained)}

# %%
sees = {row.name: row.receptive_field for row in layer_table(trained)}
figure, axes = plt.subplots(1, 2, figsize=(8.4, 3), sharey=True)
for axis, (network, found) in zip(axes, by_tile.items()):
    for number, (layer, values) in enumerate(found.items()):
        colour = plt.get_cmap("viridis")(number / 5)
        axis.plot(sides, values, color=colour, marker="os^Dv"[number], label=f"{layer} (sees {sees[layer]} px)")
    axis.set(title=f"{network} network", xlabel="side of the tiles in pixels", xscale="log", yscale="log", xticks=sides, xticklabels=sides)
    axis.minorticks_off()
    axis.grid(alpha=0.3)
axes[0].set_ylabel("relative Gram distance D")
axes[0].legend(loc="lower left", fontsize=8)
figure.suptitle("Gram distance from the whole picture after shuffling its tiles")
plt.show()
D = by_tile["trained"]["relu2_1"][0]
reason = f"D at relu2_1 is {D:.1f}, and from the fields to the waves it was {between[0, 2]:.1f}: now there is an edge at every pixel"
check.score("change as much as for another painting, or more", because=reason)

# %% [markdown]
# **What to see.** Both axes are logarithmic. Tiles of one pixel change every layer of the trained network: all its curves begin
# above 1, which is what $G = 0$ would give. Only `relu1_1` gets better at once when the tiles grow. The other curves rise first, and that of
# `relu5_1` as far as tiles of 8 pixels: probably because a mosaic of small tiles is a pattern of its own, which a detector that sees many of them answers to.
# Then all curves fall, because a smaller share of the places lies at a cut. The shallow layers fall first: with tiles of 32 pixels
# `relu1_1` and `relu2_1` hardly notice any more, while `relu4_1` and `relu5_1`, which see more than one tile, are still far off. The
# untrained network shows the same order in depth, mostly with smaller distances.
#
# So say it precisely. A Gram matrix **forgets where**: it is the same for any rearrangement of the *places of the
# feature maps*. It **keeps what stands next to what**, as far as one detector sees: a few pixels at `relu1_1`, more than a
# hundred at `relu5_1`.
#
# > **Common mistake** · "The Gram matrix throws away all spatial information." It throws away the positions of the *features*.
# > The arrangement of pixels *within* each receptive field is what the features are made of.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 4 and 5: 35 minutes with the exercise. If time is short, skip the plot of tiles and keep the two predictions.
#
# **Expect.** Most of a class predict that shuffled pixels change nothing, because they have just seen that shuffled maps do not.
# This is the moment of the notebook: let two people who disagree explain it to each other before the cell is run.
#
# **Ask.** Mirror the *picture*: does $G$ change? (Yes, in general: a detector of "/" now fires where one of "\\" did. Mirror the *maps*: no.)
# Why does the untrained network find more than half of the paintings? (Random filters still respond to colour, contrast and coarseness.)

# %% [markdown]
# ## 6 · Growing a texture from noise
#
# The sharpest question to ask of a description is: what else fits it? Start from noise and change the *pixels* until the picture has the
# Gram matrices of our composition. `reconstruct` does that, as it rebuilt photographs from feature maps in
# [notebook 04](04_what_layers_remember.ipynb); [07](07_optimisation_loop.ipynb) shows how. As far as the match is good, the
# Gram matrices cannot tell what comes out from the original. We match one layer, then two, up to five, like the *style
# reconstructions* in figure 1 of Gatys et al. 2016. (A tiny weight on total variation, 0.01, keeps single-pixel noise down; the
# paper has none.)
#
# > **Predict** · What will come out if only `relu1_1` is matched, whose channels see 3 × 3 pixels?

# %%
check.predict(
    "A picture grown to match relu1_1 alone will show",
    options=["plain grey noise", "shapeless blots in the right colours", "rectangles with straight black bars", "the composition itself"],
)

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# What can one know of a painting through a hole of 3 × 3 pixels: its colours? The direction of an edge? The width of a line?
#
# </details>

# %%
source = load_image("de_stijl", 128)
settings = {"steps": 100, "tv_weight": 0.01, "progress": False}


def textures(network, depths):
    """A network -> {caption: Result}: pictures from noise with the Gram matrices of `source` in the first layers."""
    runs = [reconstruct(network, source, style_layers=STYLE_LAYERS[:depth], **settings) for depth in depths]
    return {f"{'up to ' if depth > 1 else ''}{STYLE_LAYERS[depth - 1]}": run for depth, run in zip(depths, runs)}


grown = textures(trained, range(1, 6))
show.pictures({"original": source} | {name: run.image for name, run in grown.items()},
                  "From noise, trained network: more and more layers matched", columns=6, height=1.6)
check.score("shapeless blots in the right colours", because="3 × 3 pixels show a colour and an edge, not how the edge goes on.")

# %% [markdown]
# **What to see.** With `relu1_1` alone: small blots in the colours of the composition. A short edge here and there is upright or level, but none
# goes on, and the black is in blots as well. Up to `relu2_1` and `relu3_1` the blots have become fields of one colour, many of them roughly
# rectangular, with short dark strokes between them. Up to `relu4_1` the strokes join into bars, most of them nearly level or upright.
# Up to `relu5_1` one red field is almost as large as the largest of the original, with bars around it. Nothing tells it where to stand: if it overlaps with the original's, that is luck. Try `seed=1` in
# `settings`, which begins with other noise, and look where the red goes.
#
# Is it the *network's knowledge* that makes bars and rectangles, or would any matching of many numbers do? The control: the same
# procedure with the untrained network. It has just as many channels, and just as many numbers are matched.

# %%
control = textures(untrained, [3, 4, 5])
show.pictures({f"untrained, {name}": run.image for name, run in control.items()},
                  "From noise, the same with random weights", columns=3, height=1.75)

# %% [markdown]
# **What to see.** Red, white and black come over here too; of the yellow and the blue little is left. And at every depth it is blots: no bar,
# no rectangle. The number of values that are matched is the same; what the trained network adds is *which* values they are.

# %%
def correlation(a, b):
    """Two pictures of one shape -> the correlation of their pixels, from −1 to 1."""
    return torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1].item()


channels = [extract_features(trained, source, layer)[layer].shape[1] for layer in STYLE_LAYERS]
numbers = sum(c * (c + 1) // 2 for c in channels)
lines = [f"numbers in five Gram matrices: {numbers}; numbers in the picture: {source.numel()}"]
for name, run in (grown | {f"untrained, {name}": run for name, run in control.items()}).items():
    start, end = run.history[0]["style"], min(row["style"] for row in run.history)
    alike = correlation(run.image, source)
    lines.append(f"{name:25} Gram distance {start:.2f} → {end:.4f}   pixels' correlation with the original {alike:+.2f}")
print("\n".join(lines))

# %% [markdown]
# The first line counts $C(C+1)/2$ numbers for each Gram matrix, since it is symmetric. Every run brings the Gram distance down to
# about a hundredth of what it was for noise, or less. Pixel for pixel the picture stays far from the original, which would have
# a correlation of 1. This is what "texture" means here: all the pictures that share these numbers. The
# idea is older than neural networks: Julesz (1962) asked which statistics two textures must share to look the same, and
# Portilla and Simoncelli (2000) grew textures from the statistics of hand-made filters. Gatys, Ecker and Bethge (2015) put the
# filters of a trained network in their place.

# %% [markdown]
# ## 7 · Why divide, and by what?
#
# **By $H \cdot W$.** Lay the picture out two by two, like tiles on a wall: it has four times as many places, and the same style.
# Without the division the Gram matrix would be four times as large. The same holds, roughly, for the picture at twice the size:

# %%
lines = []
for name, larger in (("four tiles, 2 × 2", source.repeat(1, 1, 2, 2)), ("enlarged twice", picture)):
    for layer in ("relu1_1", "relu3_1"):
        small_maps, large_maps = (extract_features(trained, image, layer)[layer] for image in (source, larger))
        times = large_maps.numel() / small_maps.numel()
        divided = (gram_matrix(large_maps).norm() / gram_matrix(small_maps).norm()).item()
        lines.append(f"{name:18} {layer}: ‖G‖ grows {times * divided:.1f} times undivided, {divided:.1f} times divided by H·W")
        assert divided < 2 < times * divided
print("\n".join(lines))

# %% [markdown]
# Divided by $H \cdot W$, the wall has the Gram matrix of the tile, but for the seams. For the enlarged picture the factor is much
# nearer to 1 than to 4, but not 1: its strokes and bars are larger too, and that is a difference in style that the network sees.
#
# **By what else?** The paper's loss of one layer, written with our $G$ and $A$, which are divided by $H \cdot W$ already, is
#
# $$E = \frac{1}{4C^2} \sum_{ij} (G_{ij} - A_{ij})^2$$
#
# a single number. By hand, with the two matrices from above: $C = 2$, the sum is 2, so $E = 2/(4 \cdot 4) = 1/8$. In the package it is `style_loss`.
#
# > **In the paper** · Gatys et al. 2016 leave $G$ undivided and write $1/(4N^2M^2)$, with $N = C$ channels and $M = H \cdot W$ places. It is
# > the same number: the $M^2$ goes into the two Gram matrices.

# %% tags=["nbval-check-output"]
target = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])  # (1, 2, 2)
E = style_loss(small[None], target)
undivided, M, N = gram_matrix(small[None]) * 6, 6, 2
as_in_the_paper = (undivided - 6 * target).square().sum() / (4 * N**2 * M**2)
assert E == as_in_the_paper == 1 / 8
print(E.item(), as_in_the_paper.item())

# %% [markdown]
# $E$ still depends on how large the numbers of a layer happen to be, and nothing keeps those alike.
#
# > **Predict** · Suppose that a layer's activations were ten times as large, for the picture and for the target. $E$ would be …

# %%
check.predict("All activations of a layer become 10 times as large. E becomes", options=["10 times", "100 times", "10,000 times as large"])

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# $G$ is made of products of two activations. And what does $E$ do with $G - A$?
#
# </details>
#
# The relative distance of section 4 has no such trouble: what is above and below the fraction bar grows alike. It is what
# `stylize` minimises. Now write it, for a batch, and so that a gradient can flow through it.
#
# > **Your turn** · 8 min · ●●○ — `style_distance`: feature maps (B, C, H, W) and a target (B, C, C) in, one number out:
# > $\lVert G - A \rVert^2 / \lVert A \rVert^2$, both sums over everything, the batch included. You may use `gram_matrix`.

# %% tags=["exercise"]
# 8 min · ●●○
def style_distance(features, target_gram):
    """(B, C, H, W) and (B, C, C) -> one number: the relative distance ‖G − A‖² / ‖A‖²."""
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
    """(B, C, H, W) and (B, C, C) -> one number: the relative distance ‖G − A‖² / ‖A‖²."""
    return (gram_matrix(features) - target_gram).square().sum() / target_gram.square().sum()

# %% [markdown] tags=["solution"]
# **Why.** The target never changes during a run, so dividing by $\lVert A \rVert^2$ only rescales a layer: it moves no minimum. But it gives
# all layers the same say: $G = 0$ costs each of them 1, whatever its numbers are.

# %% [markdown]
# Both forms, for two pictures and two networks: how far are the swirls from our composition, layer by layer?

# %%
pair = torch.cat([picture, load_image("swirls", 256)])
figure, axes = plt.subplots(1, 2, figsize=(9, 2.9))
for network, colour, shift in ((trained, "#0072B2", -0.2), (untrained, "#D55E00", 0.2)):
    A_and_G = [gram_matrix(m) for m in extract_features(network, pair, STYLE_LAYERS).values()]
    paper = [((g[1] - g[0]).square().sum() / (4 * g.shape[1] ** 2)).item() for g in A_and_G]
    relative = [distance_table(g.flatten(1))[0, 1].item() for g in A_and_G]
    name = "trained" if network is trained else "untrained"
    for axis, values in zip(axes, (paper, relative)):
        axis.bar([n + shift for n in range(5)], values, 0.4, color=colour, label=name)
for axis, title in zip(axes, ("E, as in the paper", "relative distance D")):
    axis.set(title=title, xticks=range(5), xticklabels=STYLE_LAYERS, yscale="log", ylim=(1e-6, 1e3))
axes[1].legend()
figure.suptitle("From the composition to the swirls: one distance, two scales (logarithmic)")
plt.show()
ten_times = style_loss(10 * small[None], 100 * target) / style_loss(small[None], target)
check.score("10,000 times as large", because=f"E of the matrices on paper grows {ten_times:,.0f} times: G by 100, (G − A)² by 100².")

# %% [markdown]
# **What to see.** Both halves have the same logarithmic axis. On the left the two networks stand far apart: the trained bars are between 40
# and 1,000 times as high as the untrained ones beside them. A weight that suits one network is wrong for the other by orders of magnitude. And whoever
# adds up $E$ over layers lets the largest decide: `relu2_1` in the trained network, `relu1_1` in the untrained one, where it makes up three quarters of the sum.
# On the right no two neighbours differ by more than ten times, and what is left is no matter of scale. The trained network finds the two
# pictures most different at `relu5_1`, its deepest layer. The untrained bars fall with depth: the deeper the random features, the less they tell the
# two pictures apart. What weights have to do with it is the subject of [notebook 06](06_losses_and_weights.ipynb).
#
# ## 8 · Another view, in one box
#
# > **A cloud of points.** Each place $p$ is a point $f_p = (F_{1p}, …, F_{Cp})$ in a space of $C$ dimensions. A picture is a cloud of $H \cdot W$
# > such points, without order. Li et al. (2017) showed that matching Gram matrices is matching *clouds*: the squared Gram distance
# > is the squared **maximum mean discrepancy** (MMD), a well-known measure of how two samples differ, with the kernel $k(x, y) = (x^\top y)^2$:
# >
# > $$\lVert G - A \rVert^2 = \underset{p,\,p'}{\mathrm{mean}}\; k(f_p, f_{p'}) \;+\; \underset{q,\,q'}{\mathrm{mean}}\; k(s_q, s_{q'}) \;-\; 2\, \underset{p,\,q}{\mathrm{mean}}\; k(f_p, s_q)$$
# >
# > with $f_p, s_q$ of shape $(C,)$: the points of the picture and those of the style. The means run over all pairs, a point with itself included, and the clouds may have
# > different sizes. This kernel compares the clouds' second moments and nothing else. So "style" is one choice of how
# > to compare two clouds, and other choices (mean and deviation, Wasserstein) give other styles of style: notebook 11, still to come.
#
# By hand, with $C = 1$, points $1, 3$ against the single point $2$: $G = (1 + 9)/2 = 5$, $A = 4$, so the left side is $1$. Right:
# $(1 + 9 + 9 + 81)/4 + 16 - 2\,(4 + 36)/2 = 25 + 16 - 40 = 1$. For random numbers, in double precision:

# %% tags=["nbval-check-output"]
def mmd_squared(F, S):
    """Clouds (C, P) and (C, Q) -> the squared MMD with k(x, y) = (xᵀy)², one number."""
    def k(X, Y):
        return (X.T @ Y).square().mean()

    return k(F, F) + k(S, S) - 2 * k(F, S)


assert mmd_squared(torch.tensor([[1.0, 3.0]]), torch.tensor([[2.0]])) == 1
random_numbers = torch.Generator().manual_seed(8)
F = torch.randn(5, 60, dtype=torch.float64, generator=random_numbers) + 0.5
S = torch.randn(5, 42, dtype=torch.float64, generator=random_numbers)
gram_side = (gram_matrix(F.view(1, 5, 6, 10)) - gram_matrix(S.view(1, 5, 6, 7))).square().sum()
print(f"{gram_side:.6f}  {mmd_squared(F, S):.6f}  equal to 12 digits: {abs(gram_side / mmd_squared(F, S) - 1) < 1e-12}")

# %% [markdown]
# ## 9 · What a Gram matrix does not hold
#
# Texture is not everything. A painting that lives by its *arrangement* over long distances, and a photograph of a person, each
# grown anew from its five Gram matrices:

# %%
lost = {}
for name in ("concentric_squares", "portrait"):
    original = load_image(name)
    side = min(original.shape[2:])
    original = resize(original[..., :side, :side], (128, 128))
    run = reconstruct(trained, original, style_layers=STYLE_LAYERS, **settings)
    lost |= {name: original, f"{name}, grown": run.image}
show.pictures(lost, "Originals, and pictures from noise with (nearly) the same five Gram matrices", height=1.7)

# %% [markdown]
# **What to see.** There are rings still, some of them wound into spirals. But they are no longer set in straight rows, each in a square of its
# own colour. Of the portrait there are the pale wall, the tones of skin, hair and suit and their soft edges, but no face.
#
# The Gram matrices are nearly right and the picture is wrong: what makes a face a face, or a grid a grid, is not in them. For
# style transfer this is a blessing. The content term of the loss ([notebook 04](04_what_layers_remember.ipynb)) says *where*, the Gram matrices say *how*, and the
# two hardly quarrel.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 6 to 9: 40 minutes; section 8 is for those who ask for it. In a workshop of 90 minutes: sections 1–3, the
# table of 40 pieces, both shuffles, the textures, summary.
#
# **Expect.** "Deeper layers have the better style." They have *larger* structures; the fine ones come from the shallow layers, and that is
# why all five are used. "E is 0.001, so the match is good." Without a scale no such number means anything: ask for the relative one.
#
# **Ask.** Would the texture of one layer, `relu5_1` alone, have the right colours? (Try: `style_layers=["relu5_1"]`.) Which of your own
# pictures are all texture, and which have none?

# %% [markdown]
# ## Summary
#
# - A Gram matrix $G$, shape $(C, C)$, holds for each pair of channels the mean of their product: what fires together.
# - It forgets where: shuffled feature maps have the same $G$. It keeps what stands next to what, within the receptive field.
# - Trained features find the painting that a piece belongs to; pixels and mean colours do not, random features only in part.
# - Pictures grown from noise show it: colours from shallow layers, larger forms from deeper ones, no arrangement from any.
# - Divide by $H \cdot W$ for the size of the picture, and by $\lVert A \rVert^2$ for the layer and the network.
#
# ## Common mistakes
#
# - Summing over channels: `rows.T @ rows` is $(HW, HW)$ and says which *places* are alike.
# - `reshape(H*W, C)` in place of a transpose: it runs without an error and mixes all channels.
# - Subtracting the mean, or forgetting $H \cdot W$: another matrix, and weights from elsewhere no longer fit.
# - Comparing raw style losses of two layers, networks or programs: compare relative ones.
#
# ## Challenge
#
# How much of the style is in the *pairs*, and how much in the strength of each channel alone? Grow a texture that matches only the diagonals of the five
# Gram matrices, and set it beside the one from section 6. Then ask the 40 pieces: how many find their painting by diagonals?
#
# <details><summary>Where to start: the 40 pieces</summary>
#
# `features.square().mean(dim=(2, 3))` is the diagonal for a whole batch, shape (B, C). `distance_table` takes it as it is.
#
# </details>
#
# <details><summary>Where to start: the texture</summary>
#
# `nsthelpers.minimise(loss, start, steps)` takes any function from a picture to a dictionary with the key `"total"`, and yields a record for each step with
# its `image`. `nsthelpers.transfer.starting_image("noise", source, source)` is the noise that we began with.
#
# </details>
#
# ## References
#
# - B. Julesz (1962). Visual pattern discrimination. *IRE Transactions on Information Theory*.
# - J. Portilla, E. P. Simoncelli (2000). A parametric texture model based on joint statistics of complex wavelet coefficients. *International Journal of Computer Vision*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2015). Texture synthesis using convolutional neural networks. *NIPS*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). Image style transfer using convolutional neural networks. *CVPR*.
# - Y. Li, N. Wang, J. Liu, X. Hou (2017). Demystifying neural style transfer. *IJCAI*.
#
# [← 04 · What layers remember](04_what_layers_remember.ipynb) · [06 · Losses and weights →](06_losses_and_weights.ipynb)
