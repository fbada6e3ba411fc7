# %% [markdown]
# # 03 · Inside VGG
#
# **Which layers does VGG-19 have, what do they answer to, and how do I get at them?**
#
# ![Three pictures in false colours: the river front of Tübingen, The Starry Night and The Great Wave.](attachment:03_inside_vgg.jpg)
#
# *Three pictures as layers of a network hold them. Within one picture, places of equal colour look alike to its layer.*
#
# **You will**
#
# - name every layer of VGG-19, and translate `features[21]` in other people's code into the papers' names;
# - write the extractor that gets the activations of any layer, and step over the in-place trap;
# - paint what a layer holds of a picture in three colours;
# - say in one sentence what a channel answers to, and test the sentence on paintings;
# - measure what training adds, against five untrained networks, and see why a plain cosine misleads.
#
# **You need** [02 · Convolutions and features](02_convolutions_and_features.ipynb): convolution, ReLU, pooling, receptive field.
#
# **Reading** 10 minutes + exercises 30 minutes. **Running** about half a minute on two CPU cores.
# **Short path** (30 minutes): sections 1, 3, 4 and 5.
#
# **Sections** 1 The Starry Night, seen by a layer · 2 The plan · 3 The extractor · 4 Paint what a layer holds · 5 What does a channel answer to? · 6 What training adds: a cosine with a trap.

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
from collections import OrderedDict

import matplotlib.pyplot as plt
import torch
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor

from nsthelpers import (
    exciting_patches, explore_activations, extract_features, layer_table, list_images,
    load_backbone, load_image, resize, show,
)
from nsthelpers.checks import inside_vgg as check

show.setup_notebook(quality=54)

# %% [markdown]
# ## 1 · The Starry Night, seen by a layer
#
# The second ReLU of the network holds 16 numbers for each pixel of a painting. Three colours show the three directions in
# which these numbers differ most:

# %%
mini = load_backbone("mini")


def main_axes(maps):
    """(1, C, h, w) -> (3, C): the three directions in which the places differ most."""
    rows = (maps - maps.mean(dim=(2, 3), keepdim=True))[0].flatten(1)
    axes = torch.linalg.eigh(rows @ rows.T)[1].flip(1)[:, :3].T
    return axes * axes.sum(dim=1, keepdim=True).sign()  # else their signs are arbitrary


maps = extract_features(mini, load_image("starry_night", 720), "relu1_2")["relu1_2"]
view = check.false_colours.reference(maps, main_axes(maps))
show.pictures({"": view}, f"The Starry Night at relu1_2, {tuple(maps.shape)}", height=5.6)

# %% [markdown]
# **What to see.** Stars and moon are crimson discs, and the bright band over the hills is crimson as well; the cypress is violet like the dark outlines of the hills, and the sky is green,
# combed in yellow strokes. Places of one colour are alike *to this layer*, whatever they show.
#
# Two functions of yours will make such pictures: `extract` gets the maps, `false_colours` paints them. First we need
# the plan of the building.
#
# ## 2 · The plan
#
# VGG (Simonyan and Zisserman 2014) is the plainest of the famous networks. It uses one kind of convolution, 3 × 3 with a border of
# one pixel, so that height and width stay; a ReLU after each; and 2 × 2 pooling, which halves both (maxima in VGG; `load_backbone` takes
# means, for the reasons in [02](02_convolutions_and_features.ipynb), section 6). Five **blocks**, each
# closed by a pooling.
#
# The whole plan fits into one line, where a number is a convolution with so many channels (and its ReLU), and "M" a pooling:

# %%
vgg19_plan = [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"]
rows = [row for row in layer_table(mini) if row.kind != "relu"]
mini_plan = [row.channels if row.kind == "conv" else "M" for row in rows]
print("mini:  ", *mini_plan)
print("VGG-19:", *vgg19_plan)
show.vgg(mini)

# %% [markdown]
# **What to see.** Each bar is a layer; it gets lower where a hatched pooling halves the maps. S marks the five layers that the style loss reads, C the one for content.
#
# The "19" of VGG-19 counts layers that learn: these sixteen convolutions, and three fully connected layers behind `pool5`
# that name the picture ("tabby cat"). Style transfer cuts those off. `mini`, the course's network, has the same plan with
# fewer channels.
#
# <details><summary>Where VGG-19's numbers are, and where its work is</summary>
#
# A 3 × 3 convolution from $a$ to $b$ channels learns $b\,(9a + 1)$ numbers: the first of VGG-19 $64 \cdot 28 = 1792$, all sixteen
# together 20 million, most of them in blocks 4 and 5. Each is used once at every place of its layer's map, and the maps of block 5 are small:
# so block 5 holds nearly half of the numbers and does about a tenth of the multiplications. The fully connected layers hold 124 million more.
#
# </details>
#
# From the plan torchvision builds a list called `features`, in which every convolution, ReLU and pooling is an entry of its own.
#
# > **Predict** · How many entries does that list have for VGG-19?

# %%
check.predict("VGG-19's `features` has how many entries?", options=["16", "19", "21", "37"])

# %% [markdown]
# The papers name layers by counting: **a pooling ends its block, a convolution raises the number within the block.** So
# `conv4_2` is the second convolution of the fourth block, `relu4_2` its ReLU, `pool4` the end of the block.
#
# > **Your turn** · core · 6 min · ●●○ — From the plan to the names. They become the name plates of section 3.

# %% tags=["exercise"]
# 6 min · ●●○
def names_from_config(config):
    """[64, "M", 128] -> ["conv1_1", "relu1_1", "pool1", "conv2_1", "relu2_1"]."""
    # Your turn.
    return None


check.names_from_config(names_from_config)

# %% [markdown]
# <details><summary>Hint 1 · the numbers run on after a pooling</summary>
#
# Two counters, block and number. An "M" raises the block *and* sets the number back to 1.
#
# </details>
#
# <details><summary>Hint 2 · the list is too short</summary>
#
# A number in the plan gives two names, conv and relu, with the same counters; raise the number after both.
#
# </details>

# %% tags=["solution"]
def names_from_config(config):
    """[64, "M", 128] -> ["conv1_1", "relu1_1", "pool1", "conv2_1", "relu2_1"]."""
    names, block, number = [], 1, 1
    for entry in config:
        if entry == "M":
            names.append(f"pool{block}")
            block, number = block + 1, 1
        else:
            names += [f"conv{block}_{number}", f"relu{block}_{number}"]
            number += 1
    return names

# %% [markdown] tags=["solution"]
# **Why.** The names hold nothing that is not in the plan. A pooling belongs to the block it closes, so it is named first and
# the counter raised afterwards.

# %%
names_from_config = check.names_from_config.mine or check.names_from_config.reference
names = names_from_config(vgg19_plan)
for n in (0, 5, 10, 19, 28, 21):
    print(f"features[{n:2}] is {names[n]}, features[{n + 1:2}] is {names[n + 1]}")
assert len(names) == 37 and names == names_from_config(mini_plan) == mini.layer_names
check.score("37", because="16 convolutions, 16 ReLUs and 5 poolings")

# %% [markdown]
# You meet these six numbers in many a tutorial: five for style (0, 5, 10, 19, 28), one for content (21). They are *convolutions*, before
# the ReLU. [Gatys' own code in PyTorch](https://github.com/leongatys/PytorchNeuralStyleTransfer) names its layers r11 … r42, and each is the output of a ReLU; this course does the same. How
# the two get mixed up is the next section.
#
# ## 3 · The extractor
#
# Here is mini as torchvision would build it: a plain list, ReLUs that work *in place* (`inplace=True`: they write their
# result over their input, to save memory), and your names as name plates. Such a network does not normalise pictures
# ([01](01_images_as_tensors.ipynb)); we do. A *hook*, a function that is called each time its layer has worked, keeps what the convolution `conv4_2` returns, before its ReLU.
# Nothing is wrong with this code, as far as one can see.
#
# > **Predict** · What is the smallest number in `kept["conv4_2"]`?

# %%
layers = [mini.get_submodule(name) for name in mini.layer_names]
layers = [nn.ReLU(inplace=True) if isinstance(layer, nn.ReLU) else layer for layer in layers]
named = nn.Sequential(OrderedDict(zip(names, layers)))
town, night = load_image("tuebingen", 320), load_image("starry_night", 320)
normalised = mini.normalize(town)

kept = {}
handle = named.conv4_2.register_forward_hook(lambda layer, given, out: kept.update(conv4_2=out))
with torch.no_grad():
    named(normalised.clone())
handle.remove()
options = ["clearly below 0", "exactly 0", "slightly above 0"]
check.predict('The smallest number in kept["conv4_2"] is', options=options)

# %%
truth = extract_features(mini, town, ["conv4_2", "relu4_2"])
for name, maps in {"kept by the hook": kept["conv4_2"], **truth}.items():
    print(f"{name:18} smallest value {maps.min():6.1f}, below 0: {(maps < 0).float().mean():.0%}")
assert torch.allclose(kept["conv4_2"], truth["relu4_2"], atol=1e-4)
check.score("exactly 0", because="the in-place ReLU behind the layer has written over the tensor")

# %% [markdown]
# The hook kept no copy, only a reference to a piece of memory, and a moment later the ReLU wrote over it. Nothing failed;
# "conv4_2" had become `relu4_2`. (By hand: $z = (2, -3)$, kept; then `z.relu_()`; what was kept is $(2, 0)$.)
#
# The cure is a copy, and the plainest extractor needs no hook: **walk** through the layers, one by one. In
# [04](04_what_layers_remember.ipynb) and all that follows, losses are built on such a walk.
#
# > **Your turn** · core · 10 min · ●●● — `extract`, the engine of this notebook. `network.named_children()` gives pairs
# > (name, layer) in order. The check's networks have in-place ReLUs.

# %% tags=["exercise"]
# 10 min · ●●●
def extract(network, image, wanted):
    """A network, (B, 3, H, W) and a list of names -> {name: that layer's output (B, C, h, w)}."""
    # Your turn.
    return None


check.extract(extract)

# %% [markdown]
# <details><summary>Hint 1 · no negative numbers come out of a convolution</summary>
#
# You have met the trap. Keep `maps.clone()`.
#
# </details>
#
# <details><summary>Hint 2 · an error about channels</summary>
#
# Each layer takes what the one before has made: `maps = layer(maps)`, beginning with `maps = image`.
#
# </details>

# %% tags=["solution"]
def extract(network, image, wanted):
    """A network, (B, 3, H, W) and a list of names -> {name: that layer's output (B, C, h, w)}."""
    kept, maps = {}, image
    for name, layer in network.named_children():
        maps = layer(maps)
        if name in wanted:
            kept[name] = maps.clone()
    return kept

# %% [markdown] tags=["solution"]
# **Why.** The copy is made before the next layer runs. Gradients flow through `clone`, so a loss may be built on what comes out.
# The package's `extract_features` also stops behind the deepest layer wanted; hooks are for networks in which the layers do not simply follow one another.

# %% tags=["nbval-check-output"]
extract = check.extract.mine or check.extract.reference
with torch.no_grad():
    mine = extract(named, normalised.clone(), ["conv1_1", "conv4_2", "relu4_2"])
    theirs = extract_features(mini, town, list(mine))
for name, maps in mine.items():
    print(f"{name}: {tuple(maps.shape)}, equal to the package's: {torch.equal(maps, theirs[name])}")

# %% [markdown]
# Two ways, equal to the last bit: now we can trust both. Is so much care needed? torchvision has a tool for
# the purpose, `create_feature_extractor`.
#
# > **Predict** · We ask it for one of mini's layers by name. What do we get?

# %%
options = ["conv1_1", "conv1_2", "relu1_1", "an error"]
check.predict('create_feature_extractor(mini, ["conv1_1"]) returns', options=options)

# %%
found = create_feature_extractor(mini, ["conv1_1"])(town)["conv1_1"]
for name, maps in extract(mini, town, ["conv1_1", "conv1_2"]).items():
    print(f"largest difference from {name}: {(found - maps).abs().max():.2f}")
check.score("conv1_2", because="it takes the _1 at a name's end for a count of uses of `conv1`")

# %% [markdown]
# No error, no warning, and the right shape, for `conv1_2` too has 16 channels. So we stay with your walk.
#
# ## 4 · Paint what a layer holds
#
# Let $F$ of shape $(1, C, h, w)$ be a layer's maps, $\bar F_c$ the mean of channel $c$ over all places, and $a$ of shape $(3, C)$ the
# three axes along which the places differ most (`main_axes`; statisticians call it principal component analysis, Pearson 1901). Each colour $k$ is
# a dot product, scaled by its root mean square $r_k$ over the places and pressed between 0 and 1:
#
# $$s_{kij} = \sum_c a_{kc}\,(F_{cij} - \bar F_c), \qquad x_{kij} = \sigma(2\, s_{kij} / r_k), \qquad \sigma(t) = \frac{1}{1 + e^{-t}}.$$
#
# By hand, one channel with $F = (1, 3)$ at two places and $a_k = 1$: $\bar F = 2$, $s = (-1, 1)$, $r = 1$, so $x = \sigma(\mp 2) = (0.12,\ 0.88)$.
#
# > **Your turn** · core · 8 min · ●●○ — `false_colours`. It ends in a picture for the wall.

# %% tags=["exercise"]
# 8 min · ●●○
def false_colours(maps, axes):
    """(B, C, h, w) and (3, C) -> a picture (B, 3, h, w): centre, project, divide, sigmoid."""
    # Your turn.
    return None


check.false_colours(false_colours)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# Mean and $r$ are taken over the places: `dim=(2, 3), keepdim=True`. Each channel has its own mean, each colour its own $r$.
#
# </details>
#
# <details><summary>Hint 2 · an error in the projection</summary>
#
# `torch.einsum("kc,bchw->bkhw", axes, maps)` makes three dot products at every place.
#
# </details>

# %% tags=["solution"]
def false_colours(maps, axes):
    """(B, C, h, w) and (3, C) -> a picture (B, 3, h, w): centre, project, divide, sigmoid."""
    centred = maps - maps.mean(dim=(2, 3), keepdim=True)
    seen = torch.einsum("kc,bchw->bkhw", axes, centred)
    return torch.sigmoid(2 * seen / seen.square().mean(dim=(2, 3), keepdim=True).sqrt())

# %% [markdown] tags=["solution"]
# **Why.** Without centring, the first colour would show little but how strong the channels are on average. The division makes weak axes
# as visible as strong ones; the sigmoid keeps the strongest places within 0 and 1 without cutting them off.

# %% [markdown]
# > **Predict** · Now both main pictures at four depths. At `relu4_1`, each coloured square stands for one place of the map. How many
# > pixels of the picture lie between two neighbouring squares?

# %%
options = ["2 px", "4 px", "8 px", "68 px"]
check.predict("At relu4_1, neighbouring places lie apart by", options=options)

# %%
false_colours = check.false_colours.mine or check.false_colours.reference
assert false_colours(torch.tensor([[[[1.0, 3.0]]]]), torch.ones(3, 1))[0, 0, 0, 1] > 0.88


def views(image, wanted):
    """A picture and names of layers -> {name: the layer in false colours}, with your code."""
    return {n: false_colours(m, main_axes(m)) for n, m in extract(mini, image, wanted).items()}


wanted, shown = ["relu1_1", "relu2_1", "relu3_1", "relu4_1"], {}
for title, image in {"Tübingen": town, "Starry Night": night}.items():
    shown |= {f"{title}, {layer}": view for layer, view in views(image, wanted).items()}
show.pictures(shown, "Two pictures at four depths: equal colours, equal to the layer", height=1.95)
check.score("8 px", because="three poolings halve the map; 68 px is how far each place sees")

# %% [markdown]
# **What to see.** At `relu1_1` the colours follow light and colour of the picture; at `relu2_1` every edge and stroke stands out, with two flanks of different colours. At
# `relu3_1` a rim runs along the skyline, and at `relu4_1` sky, houses and river are a few coarse patches. Compare colours within a panel only: each has axes of its own.
#
# And one for the wall. Choose your own picture and your own layer:

# %%
picture, layer = "great_wave", "relu1_1"
poster = views(load_image(picture, 720), [layer])[layer]
show.pictures({"": poster}, f"{picture} at {layer}, painted by your extractor", height=6.0)

# %% [markdown]
# **What to see.** The dark blue of the wave has turned red and the pale sky teal; foam and drops wear a thin bright rim, for at an edge the layer holds something else than on either side.
#
# ## 5 · What does a channel answer to?
#
# Three axes sum up a layer; now single **channels**. Nobody wrote down what a channel answers to. But one can search (as Zeiler and Fergus 2014 did): go through
# all pictures of the course, and cut out the places where the channel is largest, each as large as its receptive field.
#
# Run this cell and look for yourself: move along the layers, choose a channel, and say in one sentence what it answers to. The figure is what the explorer shows for one of them.

# %%
show.activations("tuebingen", mini, "relu3_1", channel=76)
explore_activations("tuebingen", mini)

# %% [markdown]
# **What to see.** *Left,* the 24 channels of largest mean draw the town each in its own way, most of them as outlines. *Middle,* channel 76, yellow where it fires most, along level edges above the bank;
# *right,* the nine patches from all pictures that excite it most: light above dark, nearly all.
#
# ### Does your sentence hold?
#
# People see patterns in everything. So find the sentence in one place and test it in another. *Above,* the four best patches
# of three channels of `relu2_1` in *photographs*; *below,* in real *paintings*, shuffled. mini was trained on none of these pictures.
#
# > **Predict** · X, Y, Z belong to which channels?

# %%
by_program = {"stained_glass", "de_stijl", "pointillism", "marbling"}
photographs, paintings = (set(list_images(kind)) - by_program for kind in ("content", "style"))


def mosaic(layer, channel, pictures):
    """The four patches that excite a channel most, from four of the pictures -> one picture."""
    patches = exciting_patches(mini, layer, channel, count=30)
    best = [resize(p.image, (90, 90)) for p in patches if p.picture in pictures][:4]
    return torch.cat([torch.cat(best[:2], dim=3), torch.cat(best[2:], dim=3)], dim=2)


shown = {f"channel {c}, photographs": mosaic("relu2_1", c, photographs) for c in (18, 32, 13)}
shown |= {f"{x}, paintings": mosaic("relu2_1", c, paintings) for x, c in zip("XYZ", (13, 18, 32))}
show.pictures(shown, "Three channels of relu2_1: which is which?", columns=3, height=2.3)
options = ["18, 32, 13", "32, 13, 18", "13, 18, 32", "13, 32, 18"]
check.predict("X, Y, Z are channels", options=options)

# %% [markdown]
# **What to see.** Write down a sentence for each of the three in the upper row. Then match the lower row with your sentences alone.

# %%
check.score("13, 18, 32", because="light above dark; light to the left of dark; red or pink")

# %% [markdown]
# A name that passes such a test is worth more than one that fits the patches it was made from. It need not be complete: channels of
# deeper layers answer to many things ([Olah, Mordvintsev and Schubert 2017](https://doi.org/10.23915/distill.00007)). Try the game at `relu4_1`.
#
# ## 6 · What training adds: a cosine with a trap
#
# Change a picture, and ask how similar a layer's answer remains. A common measure is the **cosine** of both answers, all channels and places in one
# row: 1 means the same pattern.

# %%
def square(name, shift=0):
    """A picture of the course -> its middle, 192 × 192, moved to the right by `shift` pixels."""
    image = load_image(name, 288)
    top, left = ((side - 192) // 2 for side in image.shape[2:])
    return image[..., top : top + 192, left - shift : left - shift + 192]


plain = square("tuebingen")
changes = {"paler": 0.7 * plain + 0.3, "moved by 4 px": square("tuebingen", 4)}
changes |= {"The Starry Night": square("starry_night"), "coffee": square("coffee")}
LAYERS = [f"relu{block}_1" for block in range(1, 6)]
with torch.no_grad():
    before = extract(mini, plain, LAYERS)
    after = {name: extract(mini, image, LAYERS) for name, image in changes.items()}
raw = [[torch.cosine_similarity(before[layer].flatten(), maps[layer].flatten(), dim=0)
        for layer in LAYERS] for maps in after.values()]
show.pictures(changes, "Tübingen changed, and two other pictures", height=2.2)
table = {"cosine with Tübingen, mini": torch.tensor(raw)}
show.number_tables(table, list(changes), LAYERS, form=".2f")

# %% [markdown]
# **What to see.** Read the right column: at `relu5_1` even a cup of coffee has a cosine of 0.90 with Tübingen. Do deep layers no longer tell pictures apart?
#
# Be careful: the fault lies in the measure, not in the network. Behind a ReLU nothing is negative, and some channels are large for *every* picture. In deep layers this shared pattern makes any two
# answers look alike. By hand, two channels: $(5, 6)$ and $(6, 5)$ have the cosine $60/61 = 0.98$. Subtract what is usual, $(5.5, 5.5)$: the rest is $(-0.5, 0.5)$ and $(0.5, -0.5)$,
# and their cosine is $-1$. So subtract each channel's mean $\mu_c$ over *other* pictures first:
#
# $$\text{similarity}(F, F') = \frac{(F - \mu) \cdot (F' - \mu)}{\lVert F - \mu\rVert\, \lVert F' - \mu\rVert}, \qquad F, F' \text{ of shape } (1, C, h, w),\ \mu \text{ of shape } (C).$$
#
# > **Your turn** · core · 6 min · ●●○ — `centred_cosine`.

# %% tags=["exercise"]
# 6 min · ●●○
def centred_cosine(first, second, mean):
    """(1, C, h, w) twice and the usual means (C,) -> one number from -1 to 1."""
    # Your turn.
    return None


check.centred_cosine(centred_cosine)

# %% [markdown]
# <details><summary>Hint 1 · an error about sizes</summary>
#
# `mean[:, None, None]` has the shape (C, 1, 1) and meets the channels.
#
# </details>
#
# <details><summary>Hint 2 · the value is wrong</summary>
#
# Subtract from both, with the given means and not their own; then the dot product over everything, divided by both lengths.
#
# </details>

# %% tags=["solution"]
def centred_cosine(first, second, mean):
    """(1, C, h, w) twice and the usual means (C,) -> one number from -1 to 1."""
    a, b = (maps - mean[:, None, None] for maps in (first, second))
    return (a * b).sum() / (a.norm() * b.norm())

# %% [markdown] tags=["solution"]
# **Why.** What all pictures share says nothing about these two. Subtracting each answer's *own* means would also remove which channels are strong in it.

# %% [markdown]
# > **Back to [01](01_images_as_tensors.ipynb)** · There, at `relu4_1`, each of five untrained networks put the brighter picture farthest of four changes, and mini did not. Now
# > a *paler* picture, and five layers.
# >
# > **Predict** · At how many of the five layers is paler Tübingen more similar for mini than for *all five* untrained ones?

# %%
centred_cosine = check.centred_cosine.mine or check.centred_cosine.reference
two = [torch.tensor([5.0, 6.0]).view(1, 2, 1, 1), torch.tensor([6.0, 5.0]).view(1, 2, 1, 1)]
assert abs(centred_cosine(*two, torch.tensor([5.5, 5.5])) + 1) < 1e-6  # by hand
usual_pictures = ("pagoda", "chelsea", "camera", "great_wave", "the_scream", "wheat_field")


@torch.no_grad()
def similarities(network):
    """A network -> (4, 5): how similar its answers to the four changes are, at five layers."""
    usual = [extract(network, square(name), LAYERS) for name in usual_pictures]
    mean = {n: torch.stack([u[n].mean(dim=(0, 2, 3)) for u in usual]).mean(dim=0) for n in LAYERS}
    old, new = (extract(network, one, LAYERS) for one in (plain, torch.cat([*changes.values()])))
    return torch.tensor([[centred_cosine(old[n], new[n][i : i + 1], mean[n]) for n in LAYERS]
                         for i in range(len(changes))])


trained = similarities(mini)
untrained = torch.stack([similarities(load_backbone("mini", weights="random", seed=seed))
                         for seed in range(1, 6)])
options = ["no layer", "relu4_1 and relu5_1 only", "all five layers"]
check.predict("mini above all five untrained networks, for 'paler', at", options=options)

# %%
figure, axes = plt.subplots(2, 2, figsize=(9, 5.6), sharex=True, sharey=True)
low, high = untrained.amin(dim=0), untrained.amax(dim=0)
for axis, name, line, bottom, top in zip(axes.flat, changes, trained, low, high):
    band = {"color": "#D55E00", "alpha": 0.35, "label": "untrained: range of 5 seeds"}
    axis.fill_between(LAYERS, bottom, top, **band)
    axis.plot(LAYERS, line, "o-", color="#0072B2", label="trained mini")
    axis.set(title=name, ylim=(-0.75, 1.05))
    axis.grid(alpha=0.3)
figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
figure.suptitle("Centred cosine with Tübingen")
plt.show()
check.score("all five layers", because="at each layer mini's dot lies above the band of the five")

# %% [markdown]
# **What to see.** *Paler* Tübingen stays above 0.8 for mini, and above all five untrained networks at every layer; *The Starry Night*, a town under a large sky as well, is a different picture to mini from `relu2_1` on, below
# all five. The *shift* of 4 px brings mini down to 0.5 at `relu2_1`, far below the untrained ones, and at `relu5_1` it hardly matters to any of the six networks.
#
# So at that depth a small shift matters little even without training: that comes from the *plan*. The *training* adds two things here: paleness matters little, and the night becomes a different picture from the town. For *coffee* mini lies within the band from
# `relu2_1` on: there we cannot tell. All this is one photograph and one small network; the challenge below widens it.

# %% [markdown] tags=["teacher"]
# **Timing.** Ninety minutes: sections 1–2 (20), 3 (25), 4 (20), 5 as a game in pairs (15), 6 (10, the rest homework).
#
# **Expect.** "A channel is a thing" (it answers to many); "layer 21 is the twenty-first layer with weights"; "a cosine of 0.9 means similar".
#
# **Ask.** Why does the trap of section 3 not exist for `relu4_2`? (A pooling or convolution follows, and neither works in place.)

# %% [markdown]
# ## Summary
#
# 1. VGG-19 is five blocks of 3 × 3 convolutions and ReLUs, each closed by a pooling; its 37 names are a way of counting.
# 2. `conv` is before the ReLU, `relu` after it; an in-place ReLU silently turns the first into the second. Keep a copy.
# 3. Three colours show what a layer takes to be alike; patches show what a channel answers to. Test a name on other pictures.
# 4. In deep layers an uncentred cosine of ReLU features is near 1 even for unrelated pictures. Subtract the usual means first.
# 5. At `relu5_1` a small shift hardly matters, trained or not. With training, paleness matters less and the night differs from the town (one photograph, on mini).
#
# ## Common mistakes
#
# - Keeping `output` in a hook, or `maps` in a loop, while an in-place layer follows.
# - Forgetting to remove a hook: it goes on running and holding memory.
# - Naming a channel by its prettiest patch, and never testing the name.
# - One draw of random weights as "the untrained network".
#
# ## Challenge
#
# *Open, an hour or more.* Section 6 has one photograph. Take three others and more changes (mirrored, blurred, red and blue exchanged), count in how many cases mini lies outside the range of the
# five, and say which sentence of the summary survives. Or draw a picture with PyTorch that should excite one channel of `relu3_1` more than any photograph does.
#
# ## References
#
# - K. Pearson (1901). [On lines and planes of closest fit to systems of points in space](https://doi.org/10.1080/14786440109462720). *Philosophical Magazine* 2.
# - K. Simonyan, A. Zisserman (2014). [Very deep convolutional networks for large-scale image recognition](https://arxiv.org/abs/1409.1556).
# - M. D. Zeiler, R. Fergus (2014). [Visualizing and understanding convolutional networks](https://arxiv.org/abs/1311.2901). *ECCV*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). [Image style transfer using convolutional neural networks](https://doi.org/10.1109/CVPR.2016.265). *CVPR*.
# - C. Olah, A. Mordvintsev, L. Schubert (2017). [Feature visualization](https://doi.org/10.23915/distill.00007). *Distill*.
#
# Photographs: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); the pagoda, danielbuechele (CC BY 2.0); changed here. All others: `data/README.md`.
#
# [← 02 · Convolutions and features](02_convolutions_and_features.ipynb) · [04 · What layers remember →](04_what_layers_remember.ipynb)
