# %% [markdown]
# # 03 · Inside VGG
#
# **Which layers has VGG-19, what do they answer to, and how do I get at them?**
#
# ![Six channels from shallow to deep, each with the nine patches of pictures that excite it most: light above dark, dark on the left and light on the right, red and pink surfaces, light areas above dark ones, red beside dark or green, and a mixed sixth, often yellow.](attachment:03_inside_vgg.jpg)
#
# **You will**
#
# - name every layer of VGG-19, and translate `features[21]` in other people's code into the papers' names;
# - take the activations of any layer out of any network, in two ways, and prove them equal;
# - walk into the in-place trap and out of it, and learn why a well-known helper returns the wrong layer without a word;
# - find out what a channel answers to, and defend your answer with patches and a control;
# - count where VGG-19 keeps its numbers and where it spends its time.
#
# **You need** [02 · Convolutions and features](02_convolutions_and_features.ipynb): convolution, ReLU, pooling, receptive field.
#
# **Reading** 30 minutes, exercises 30 minutes. **Running** about half a minute in all, on two CPU cores.

# %%
# In Colab this installs the course; anywhere else it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("nsthelpers") is None:
    # %pip install -q "git+{{repository}}"

# %% [markdown]
# Three networks of one plan: `mini`, which comes with the course and was trained to answer as a real VGG-16 does; `untrained`, the same with random weights, as
# the control; and VGG-19 in its full size. Of VGG-19 we only look at the *structure* here, so it may do with random weights too
# (`load_backbone("vgg19")` would download the trained ones, 550 MB).

# %%
import matplotlib.pyplot as plt
import torch
from torch import nn
from torchvision.models.feature_extraction import create_feature_extractor

from nsthelpers import explore_activations, extract_features, layer_table, load_backbone, load_image, resize, show
from nsthelpers.checks import inside_vgg as check
from nsthelpers.features import exciting_patches

show.setup_notebook()
mini, untrained = load_backbone("mini"), load_backbone("mini", weights="random")
vgg19 = load_backbone("vgg19", weights="random")

# %% [markdown] tags=["teacher"]
# **Teaching notes.** *Ninety minutes:* sections 1 and 2 (15 minutes), 3 (20, `names_from_config` as pair work), 4 and 5 (25, the
# trap is the heart of it), 6 (20: everybody defends one channel), 7 and 8 (10, or homework).
#
# *Misconceptions to expect:* "a channel is a thing" (no: it answers to many things, and shares each of them with other channels);
# "deep layers see the whole picture" (see the receptive field in 02); "layer 21 is the twenty-first layer with weights".

# %% [markdown]
# ## 1 · Six channels and what excites them
#
# A feature map is bright where its channel finds what it looks for. What *does* it look for? Nobody wrote that down. But we can ask:
# search all sixteen pictures of this course for the places where the channel is brightest, and cut them out, each as large as
# the channel's receptive field.

# %%
def mosaic(network, layer, channel, side=24):
    """The nine patches that excite a channel most, as one picture (1, 3, 3·side + 4, 3·side + 4)."""
    patches = [resize(patch.image, (side, side)) for patch in exciting_patches(network, layer, channel)]
    whole = torch.ones(1, 3, 3 * side + 4, 3 * side + 4)
    for number, patch in enumerate(patches):
        top, left = (place * (side + 2) for place in divmod(number, 3))
        whole[..., top : top + side, left : left + side] = patch
    return whole


six = [("relu1_2", 9), ("relu2_1", 56), ("relu2_1", 32), ("relu3_1", 76), ("relu3_1", 33), ("relu4_1", 6)]
shown = {f"{layer}, channel {channel}": mosaic(mini, layer, channel) for layer, channel in six}
show.pictures(shown, "The nine patches that excite each channel most", columns=6, height=1.5)

# %% [markdown]
# **What to see.** Each block belongs to one channel, and its nine patches come from nine different pictures. From left to right:
# light above and dark below; dark on the left and light on the right; red and pink surfaces; again light above and dark below, but less strictly; red or orange
# beside something dark or green; and, for the last, yellow, perhaps, if a red pane and a starry night may count. All are drawn equally large, but with the receptive
# field the patches grow from 5 to 68 pixels, and what unites them gets harder to say.
#
# That last point is no accident, and section 6 measures it. First we need the map of the network, and a way to get at its layers.
#
# ## 2 · The plan
#
# VGG (Simonyan and Zisserman 2014) is the plainest of the famous networks, so plain that we can learn it by heart; style transfer was built on it. It
# uses one kind of convolution, $3 \times 3$ with a border of one pixel, so that height and width stay; a ReLU after each; and
# $2 \times 2$ max pooling, which halves both. Five **blocks**, each closed by a pooling. (`load_backbone` takes average pooling instead unless told otherwise; for the plan it makes no difference.)

# %%
show.vgg(vgg19)

# %% [markdown]
# **What to see.** Each bar is a layer, read from left to right; its height stands for the size of its maps: each step down, at a hatched pooling, is a halving.
# Convolutions are white, ReLUs grey. The five layers marked S are those that our style loss reads, one at the beginning of each
# block; C marks the layer for content. The "19" counts the layers that learn: sixteen convolutions here, and three
# fully connected layers behind `pool5` (each of their numbers is a weighted sum of *all* numbers before), which name the picture ("tabby cat"). Style transfer has no use for a name and cuts them off.

# %% tags=["nbval-check-output"]
rows = zip(layer_table(vgg19), layer_table(mini))
print(f"{'layer':9}{'VGG-19':>9}{'mini':>6}{'stride':>8}{'sees':>6}")
for big, small in rows:
    if big.kind == "conv":
        print(f"{big.name:9}{big.channels:9}{small.channels:6}{big.stride:8}{big.receptive_field:6}")

# %% [markdown]
# The two networks differ in one column only: the number of channels. Stride (how many pixels lie between two neighbouring values)
# and receptive field (how many pixels a value sees, across) follow from kernels and poolings, and these are the same. So
# everything that you learn on mini about layers and names holds for VGG-19. (One small thing is not in the table: the border of one pixel holds
# zeros in VGG-19, and in mini the nearest value of the map, which PyTorch calls `replicate`.)
#
# ## 3 · Names by counting
#
# The whole plan fits into one line, in which a number is a convolution with so many channels (and its ReLU), and "M" a max pooling:

# %% tags=["nbval-check-output"]
vgg19_plan = [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"]
mini_plan = [16, 16, "M", 64, 32, "M", 96, 64, 64, 96, "M", 160, 128, 96, 128, "M", 160, 128, 128, 128, "M"]
print(len(vgg19_plan), "entries,", sum(entry != "M" for entry in vgg19_plan), "convolutions")

# %% [markdown]
# From it torchvision builds a list called `features`, in which every convolution, every ReLU and every pooling is a layer of its own.
#
# > **Predict** · How long is that list for VGG-19?

# %%
check.predict("VGG-19's `features` has how many layers?", options=["16", "19", "21", "37"])

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# Every number of the plan gives two layers, every "M" one.
#
# </details>
#
# The papers name the layers by counting: **a pooling ends its block, and a convolution raises the number within the block.** So
# `conv4_2` is the second convolution of the fourth block, `relu4_2` the ReLU behind it, and `pool4` the pooling that ends the block.
#
# > **Your turn** · 8 min · ●●○ — `names_from_config`: from the plan to the list of all names, in order.

# %% tags=["exercise"]
# 8 min · ●●○
def names_from_config(config):
    """[64, "M", 128] -> ["conv1_1", "relu1_1", "pool1", "conv2_1", "relu2_1"]."""
    # Your turn.
    return None

check.names_from_config(names_from_config)

# %% [markdown]
# <details><summary>Hint 1 · the numbers run on after a pooling</summary>
#
# Two counters: block and number. An "M" raises the block *and* sets the number back to 1.
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
# **Why.** The names hold no knowledge that is not in the plan: they are a way of counting. A pooling closes the block it belongs to, so it is
# named first and the counter raised afterwards.

# %%
check.score("37", because="16 convolutions, 16 ReLUs and 5 poolings; the fully connected layers are not in this list.")

# %% [markdown]
# Other people's code says `features[21]`, or "layer 28", and comments it with a name that is often wrong. From now on you can check.
#
# > **Your turn** · 5 min · ●○○ — `layer_index`: the place of a name in `features`, counted from 0.

# %% tags=["exercise"]
# 5 min · ●○○
def layer_index(config, name):
    """A plan and a name such as "conv2_1" -> its place in `features`."""
    # Your turn.
    return None

check.layer_index(layer_index)

# %% [markdown]
# <details><summary>Hint 1 · a little too small</summary>
#
# ReLUs and poolings are entries of `features` too. conv1_1 is 0, relu1_1 is 1, conv1_2 is 2.
#
# </details>
#
# <details><summary>Hint 2 · no idea where to begin</summary>
#
# You have the list of names already. A Python list can say at which place it holds something.
#
# </details>

# %% tags=["solution"]
def layer_index(config, name):
    """A plan and a name such as "conv2_1" -> its place in `features`."""
    return names_from_config(config).index(name)

# %% [markdown] tags=["solution"]
# **Why.** `features` and the list of names are made from the same plan in the same order, so the places agree.

# %% tags=["nbval-check-output"]
names = vgg19.layer_names
for number in (0, 5, 10, 19, 21, 28):
    print(f"features[{number:2}] is {names[number]}, features[{number + 1:2}] is {names[number + 1]}")
assert mini.layer_names == names and len(names) == 37

# %% [markdown]
# You will meet these six numbers in many a tutorial: five for style (0, 5, 10, 19, 28) and one for content (21). They are the *convolutions*,
# before the ReLU. The authors' own code for textures ran in another library (Caffe), where the ReLU overwrites its convolution's
# output: asked for "conv4_2" it gave what we call `relu4_2`. The first author's later code in PyTorch says so openly: its layers are called r11, r21 … r42, and each is the output of a ReLU. This is why this course says `relu`, and it brings us to the trap.
#
# ## 4 · Getting at a layer
#
# In PyTorch a layer can be asked to report. A **forward hook** is a function that is called with (layer, inputs, output) each time the layer has worked.
# Here is a network of torchvision's kind, unnamed and numbered, with the weights of mini. It wants its pictures normalised ([01](01_images_as_tensors.ipynb)), which our `normalize` does.

# %%
def numbered_copy(backbone, inplace=True):
    """A backbone's layers as an unnamed nn.Sequential, as torchvision builds it: ReLUs work in place by default."""
    layers = [backbone.get_submodule(name) for name in backbone.layer_names]
    return nn.Sequential(*(nn.ReLU(inplace=inplace) if isinstance(layer, nn.ReLU) else layer for layer in layers))


features, cat = numbered_copy(mini), load_image("chelsea", 192)
normalised = mini.normalize(cat)
print("features[21]:", features[21])
print("features[22]:", features[22])

# %% [markdown]
# A first try: note the output of `features[21]`, which is `conv4_2`, with a hook, and compare it with what the package returns. Nothing is wrong with
# this code, as far as one can see.

# %%
kept = {}
handle = features[21].register_forward_hook(lambda layer, inputs, output: kept.update(conv4_2=output))
with torch.no_grad():
    features(normalised.clone())
handle.remove()
truth = extract_features(mini, cat, ["conv4_2", "relu4_2"])

# %% [markdown]
# > **Predict** · Before a ReLU there are negative numbers, many of them. What is the smallest number in `kept["conv4_2"]`?

# %%
check.predict(
    "The smallest value in the output of features[21] that the hook kept is",
    options=["clearly below 0", "exactly 0", "slightly above 0"],
)

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# Look at what was printed for `features[22]`. Who else holds the tensor that the hook kept?
#
# </details>

# %%
lowest = {name: f"{maps.min().item():.1f}" for name, maps in [("kept by the hook", kept["conv4_2"]), *truth.items()]}
for name, value in lowest.items():
    print(f"{name:18} smallest value {value:>6}")
assert torch.allclose(kept["conv4_2"], truth["relu4_2"], atol=1e-4)
check.score("exactly 0", because="the in-place ReLU behind the layer has overwritten the tensor: 'conv4_2' became relu4_2.")

# %% [markdown]
# ## 5 · The in-place trap
#
# `nn.ReLU(inplace=True)` saves memory: it writes its result over its input. The hook kept no copy, only a reference to that same
# piece of memory, and a moment later the ReLU wrote over it. Nothing fails, nothing warns; you have just lost every negative number:

# %%
channel = truth["conv4_2"][0].amin(dim=(1, 2)).argmin().item()
before, after = truth["conv4_2"][0, channel], kept["conv4_2"][0, channel]
lost = {"conv4_2": before, 'kept as "conv4_2"': after, "what was lost": (before - after).abs()}
show.pictures(lost, f"Channel {channel} of conv4_2, {tuple(before.shape)}, as it was and as it was kept", height=1.7)
share = (truth["conv4_2"] < 0).float().mean().item()
print(f"values of conv4_2 below 0, over all channels: {share:.0%}")

# %% [markdown]
# **What to see.** Each map has its own scale from black to white. The first is the convolution's answer, and all of it is below
# zero. So in the second nothing is left. The third is the difference: how loudly the channel
# had said *no*, most of all at the nearer of the cat's eyes, which the ReLU threw away. The printed share says how much of the layer is gone.
#
# Is it a bug? If you *wanted* `relu4_2`, you have it. But code that says `conv4_2` and computes with `relu4_2` cannot be compared with code that means
# what it says: here is one relative distance between two pictures, the cat and a cup, taken both ways: $\sum_c (m'_c - m_c)^2 / \sum_c m_c^2$, where $m$ and $m'$, both of shape $(128,)$, are their channels' means (means, since the pictures differ in size).

# %%
coffee = extract_features(mini, load_image("coffee", 192), ["conv4_2", "relu4_2"])
for layer in ("conv4_2", "relu4_2"):
    target = truth[layer].mean(dim=(2, 3))
    distance = (coffee[layer].mean(dim=(2, 3)) - target).square().sum() / target.square().sum()
    print(f"{layer}: {distance:.2f}")

# %% [markdown]
# > **Common mistake** · Keeping `output` in a hook, or `x` in a loop over layers, while an in-place layer follows. Keep
# > `output.clone()`, or switch it off: `for m in net.modules(): if isinstance(m, nn.ReLU): m.inplace = False`.
#
# > **Your turn** · 10 min · ●●● — `grab`: the output of layer number `index` of any `nn.Sequential`, untouched by whatever follows. The
# > check's networks have in-place ReLUs, and they do not like it if their picture is changed.

# %% tags=["exercise"]
# 10 min · ●●●
def grab(network, index, image):
    """An nn.Sequential, a place and an image -> the output of that layer."""
    # Your turn.
    return None

check.grab(grab)

# %% [markdown]
# <details><summary>Hint 1 · there is no negative number in a convolution's output</summary>
#
# You have met the trap. In the hook: `kept.append(output.clone())`.
#
# </details>
#
# <details><summary>Hint 2 · it works once, then the list grows</summary>
#
# `register_forward_hook` returns a handle. Call `handle.remove()` when you are done, or the hook stays for ever. There is also a way
# without any hook: walk through the first `index + 1` layers yourself.
#
# </details>

# %% tags=["solution"]
def grab(network, index, image):
    """An nn.Sequential, a place and an image -> the output of that layer."""
    kept = []
    handle = network[index].register_forward_hook(lambda layer, inputs, output: kept.append(output.clone()))
    try:
        network(image)
    finally:
        handle.remove()
    return kept[0]

# %% [markdown] tags=["solution"]
# **Why.** The copy is made before the next layer runs. `finally` removes the hook even if the network fails half-way. Running
# `network[: index + 1](image)` gives the same and computes nothing behind the layer; a hook is for networks that are no simple list.

# %% [markdown]
# ### The second way, and a proof
#
# torchvision's `create_feature_extractor` reads the network's program, cuts off what comes after the last layer asked for, and returns
# a new network that gives a dictionary. If both ways are right, they agree to the last bit.

# %% tags=["nbval-check-output"]
def hooked(network, index, image):
    kept = []
    handle = network[index].register_forward_hook(lambda layer, inputs, output: kept.append(output.clone()))
    network(image)
    handle.remove()
    return kept[0]


safe = numbered_copy(mini, inplace=False)
extractor = create_feature_extractor(safe, {"0": "conv1_1", "19": "conv4_1", "21": "conv4_2"})
with torch.no_grad():
    for name, maps in extractor(normalised).items():
        mine = hooked(features, names.index(name), normalised.clone())
        print(f"{name}: {tuple(maps.shape)}, equal to the last bit: {torch.equal(maps, mine)}")

# %% [markdown]
# Both ways agree. (The extractor got a copy *without* in-place ReLUs; with them, it falls into the same trap.)
#
# <details><summary>And VGG-16?</summary>
#
# Its plan has three convolutions in each of the blocks 3, 4 and 5 where VGG-19 has four. So `conv4_2` exists in both, but stands at another place:
# `names_from_config` knows which. `load_backbone("vgg16")` loads it.
#
# </details>
#
# > **Predict** · Our backbone's layers have names already. We ask `create_feature_extractor` for one of them.

# %%
check.predict(
    'create_feature_extractor(mini, ["conv1_1"]) returns the activations of',
    options=["conv1_1", "conv1_2", "relu1_1", "an error"],
)

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# If it were the obvious answer, we would hardly ask. How would a tool name the first, the second and the third use of a layer called `conv1`?
#
# </details>

# %%
first_two = extract_features(mini, cat, ["conv1_1", "conv1_2"])
returned = create_feature_extractor(mini, ["conv1_1"])(cat)["conv1_1"]
for name, maps in first_two.items():
    print(f"difference from {name}: {(returned - maps).abs().max().item():.2f}")
check.score("conv1_2", because="a name that ends in _1 is how the tool marks the second use of a layer called conv1.")

# %% [markdown]
# The helper gives the layers names of its own making. It takes a number at the end of a name for a count of uses, and strips it. So `conv1_1`
# becomes `conv1`, and `conv1_2`, to the helper the second use of `conv1`, becomes `conv1_1`. No error, no warning, and the right shape: only a comparison finds it. This is why
# `nsthelpers.extract_features` walks through the layers itself (read it: it is short), and why a proof of equality belongs
# into every project that reads layers by name.
#
# ## 6 · What does a channel answer to?
#
# Here is one layer as a whole: 24 of its channels, one of them laid over the picture, and the patches that excite that one most.

# %%
show.activations("astronaut", mini, "relu3_1", channel=76)

# %% [markdown]
# **What to see.** *Above,* the network with the layer pointed at. *Left,* the 24 channels of the largest mean; each shows the
# astronaut in its own way, some only her outline, some her suit. *Middle,* channel 76, which is not among the 24, over the picture in grey: coloured where it fires, yellow where most. *Right,* its nine
# strongest patches from all pictures, with the value of each.
#
# Now look for yourself. Move the slider along the layers; order the channels; choose one and write down, in
# one sentence, what it answers to. Then look at its patches: is there one that does not fit your sentence? (In Colab, too, the sliders work with the arrow keys.)

# %%
explore_activations("astronaut", mini)

# %% [markdown]
# ### Defending an answer
#
# "Channel 56 of `relu2_1` looks for dark on the left and light on the right." How would you defend that against somebody who says that people see patterns in
# everything? With a number, and with a control. If the nine patches of a channel have a form in common, they are *alike* when laid on top of
# each other. Take their brightness only (colour would be too easy), as rows $p_a$ of $24 \cdot 24$ numbers with the mean taken out, and average the
# cosine over all pairs:
#
# $$\text{likeness} = \frac{1}{N(N-1)} \sum_{a \neq b} \frac{p_a \cdot p_b}{\lVert p_a\rVert\,\lVert p_b\rVert}, \qquad N \le 9.$$
#
# 1 means nine times the same pattern, 0 means nothing in common. By hand, for the three rows $(1, -1)$, $(2, -2)$, $(-1, 1)$: the cosines of
# the three pairs are $1, -1, -1$, and their mean is $-1/3$.

# %%
def likeness(patches):
    """(N, 3, side, side) -> the mean cosine between the brightness patterns of two patches."""
    rows = patches.mean(dim=1).flatten(1)
    return mean_cosine(rows - rows.mean(dim=1, keepdim=True))


def mean_cosine(rows):
    rows = rows / rows.norm(dim=1, keepdim=True).clamp_min(1e-6)
    count = len(rows)
    return (((rows @ rows.T).sum() - rows.square().sum()) / (count * (count - 1))).item()


assert abs(mean_cosine(torch.tensor([[1.0, -1.0], [2.0, -2.0], [-1.0, 1.0]])) + 1 / 3) < 1e-6
for layer, channel in six:
    patches = torch.cat([resize(patch.image, (24, 24)) for patch in exciting_patches(mini, layer, channel)])
    print(f"{layer}, channel {channel:2}: likeness {likeness(patches):5.2f}")

# %% [markdown]
# These are the six channels of section 1. The three that look for a border, 9, 56 and 76, have a high likeness. The two that look for red, 32 and 33, have
# almost none, though you named them at once: our number sees where it is light and where it is dark, and not the colour.
#
# Now for every channel of four layers (that fires in nine pictures at least), with the untrained network as the control: its channels have favourite patches, too, since *some* nine
# patches are always the strongest.

# %%
def all_likenesses(network, layer):
    """The likeness of every channel of a layer that fires in nine pictures or more, largest first."""
    channels = network.get_submodule(layer.replace("relu", "conv")).out_channels
    found = [exciting_patches(network, layer, channel) for channel in range(channels)]
    stacks = [torch.cat([resize(patch.image, (24, 24)) for patch in nine]) for nine in found if len(nine) == 9]
    return sorted((likeness(stack) for stack in stacks), reverse=True)


layers = ("relu1_2", "relu2_1", "relu3_1", "relu4_1")
alike = {name: [all_likenesses(network, layer) for layer in layers]
         for name, network in (("trained", mini), ("untrained", untrained))}
print(f"{'':10}", *(f"{layer:>9}" for layer in layers))
for name, values in alike.items():
    print(f"{name:10}", *(f"{sum(one) / len(one):9.2f}" for one in values))

# %%
figure, axes = plt.subplots(1, 4, figsize=(8, 2.3), sharey=True)
for axis, layer, trained_one, untrained_one in zip(axes, layers, *alike.values()):
    for values, look in ((trained_one, "-"), (untrained_one, "--")):
        axis.plot([100 * n / len(values) for n in range(len(values))], values, look, color="black" if look == "-" else "#D55E00")
    axis.set(title=layer, xlabel="channels, %")
    axis.grid(alpha=0.3)
axes[0].set_ylabel("likeness of its patches")
axes[0].legend(["trained", "untrained"])
figure.suptitle("How alike are the nine patches of a channel? Channels in falling order")
plt.show()

# %% [markdown]
# **What to see.** Each panel is a layer; its channels stand in falling order. At `relu1_2` the trained curve (solid) lies above
# the control (dashed) for six channels in ten, then drops below it; at `relu2_1` the two nearly coincide, except at the end. Both
# sink from panel to panel, the trained one faster: at `relu3_1` and `relu4_1` it lies *below* the control, and its mean ends at 0.
# (With three other sets of random weights it is the same: the trained mean lies among those of the controls in the first two layers, and below all of them in the last two.)
#
# So this number, on average, does not show that training has done anything, and a high likeness alone does not defend our sentence about channel 56: untrained channels reach 0.75, too. Is the control better, then? Remember what the number sees. An untrained channel is a random sum of what lies in its patch, and such a sum, one may suppose, is largest for a certain
# distribution of light and dark: the very thing that we measure. The trained channels at the low end are often those for a colour: red surfaces, say, at a likeness of 0.04.
#
# So do deep channels answer to nothing in particular? There are two explanations. Either they do, or what they have in common is no pattern of light and dark at the same
# *place* in each patch, and our number, which compares brightness pixel with pixel, is blind to it. A second measurement bears on this.
#
# ## 7 · What changes the answer?
#
# Change a picture and ask each layer: how similar is your answer to the one before? Similarity is the cosine of both answers, all channels and places
# in one long row: 1 means the same pattern. A shift by four pixels, more light, the mirror image, and as a yardstick: a *different picture*.

# %%
astronaut = load_image("astronaut", 256)
plain = astronaut[..., 8:-8, 8:-8]
changed = {
    "more light": 0.7 * plain + 0.3,
    "4 px to the side": astronaut[..., 8:-8, 4:-12],
    "mirrored": plain.flip(-1),
    "another picture": resize(load_image("rocket"), (240, 240)),
}
show.pictures({"the picture": plain} | changed, "One picture, three changes, and another picture", columns=5, height=1.5)

# %% [markdown]
# **What to see.** The second picture is paler. The third has moved to the right by four pixels; you will hardly notice. The fourth faces the other way,
# with the shuttle on the left. The fifth, a rocket in the evening, is the yardstick: a change that is not small. Before you run the next cell, order
# the four by how much you expect each to change the *deepest* layer.

# %%
def answers(network, image):
    return {layer: maps.flatten() for layer, maps in extract_features(network, image, deep).items()}


deep = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
figure, axes = plt.subplots(1, 2, figsize=(8, 2.8), sharey=True)
for axis, (name, network) in zip(axes, {"trained": mini, "untrained": untrained}.items()):
    plain_answers = answers(network, plain)
    for (change, image), look in zip(changed.items(), ("C0o-", "C1s--", "C2^-.", "kx:")):
        other = answers(network, image)
        similar = [torch.cosine_similarity(plain_answers[layer], other[layer], dim=0).item() for layer in deep]
        axis.plot(deep, similar, look, label=change)
        print(f"{name:10}{change:18}", *(f"{value:6.2f}" for value in similar))
    axis.set(title=name, ylim=(0, 1.03), xlabel="layer")
    axis.grid(alpha=0.3)
axes[0].set_ylabel("similarity of the answers")
axes[1].legend()
figure.suptitle("How similar is a layer's answer to the changed picture?")
plt.show()

# %% [markdown]
# **What to see.** All curves end high, in both networks: in the deepest layer the rocket is almost as good as the astronaut, at 0.93 trained and 0.91 untrained.
# Do deep layers no longer tell pictures apart? Be careful: the yardstick has warned us about our number, not about the network. Behind a ReLU nothing is negative, so some channels are
# high and others low for *every* picture, and this shared pattern of means makes any two answers look alike. Take each channel's mean out first, as we did with the patches, and measure again:

# %%
def centred(network, image):
    maps = extract_features(network, image, deep)
    return {layer: (one - one.mean(dim=(2, 3), keepdim=True)).flatten() for layer, one in maps.items()}


print(f"{'':28}", *(f"{layer:>8}" for layer in deep))
for name, network in {"trained": mini, "untrained": untrained}.items():
    plain_answers = centred(network, plain)
    for change, image in changed.items():
        other = centred(network, image)
        similar = [torch.cosine_similarity(plain_answers[layer], other[layer], dim=0).item() for layer in deep]
        print(f"{name:10}{change:18}", *(f"{value:8.2f}" for value in similar))

# %% [markdown]
# Now the rocket stays far below the shift in the deep layers, at 0.10 trained and 0.28 untrained in `relu5_1`: the similarity of before was an artefact of the shared means. And the shift, which
# takes the trained `relu2_1` down to 0.31, leaves `relu5_1` at 0.96. So deep layers do ignore a small shift *and* tell pictures apart. But the untrained network does so as well: it needs no training, only the
# plan, presumably its poolings and large receptive fields. The mirror image, place by place, is another picture for both.
#
# The shift fits the second explanation above: a deep channel does not mind so much where in its patch a thing lies. (It is no proof: four pixels are few in a patch of 68.)
#
# ## 8 · Where the numbers are, and where the work is
#
# A convolution from $a$ to $b$ channels learns, for each of its $b$ outputs, a kernel of $3 \cdot 3 \cdot a$ weights and one bias:
#
# $$\text{parameters} = b\,(9a + 1), \qquad \text{multiplications} = 9\,a\,b\,H\,W$$
#
# where $H \times W$ is the size of its maps. The first convolution of VGG-19 has $64 \cdot (9 \cdot 3 + 1) = 1792$ parameters.
#
# > **Your turn** · 6 min · ●●○ — `count_weights`: all parameters of a plan.

# %% tags=["exercise"]
# 6 min · ●●○
def count_weights(config):
    """[64, 64, "M", …] -> how many numbers its convolutions learn; the picture has 3 channels."""
    # Your turn.
    return None

check.count_weights(count_weights)

# %% [markdown]
# <details><summary>Hint 1 · far too small</summary>
#
# A kernel reaches through *all* channels of the layer before. Carry their number along: it is 3 at first, then the entry before.
#
# </details>
#
# <details><summary>Hint 2 · an error about "M"</summary>
#
# A pooling learns nothing and leaves the number of channels as it is: `continue`.
#
# </details>

# %% tags=["solution"]
def count_weights(config):
    """[64, 64, "M", …] -> how many numbers its convolutions learn; the picture has 3 channels."""
    total, channels = 0, 3
    for entry in config:
        if entry != "M":
            total += entry * (9 * channels + 1)
            channels = entry
    return total

# %% [markdown] tags=["solution"]
# **Why.** Each output channel has its own kernel through all input channels, and its own bias. Poolings pass on as many channels as they get.

# %% tags=["nbval-check-output"]
for name, network in (("VGG-19", vgg19), ("mini", mini)):
    print(f"{name:7}{sum(row.parameters for row in layer_table(network)):12,} parameters")
assert layer_table(vgg19)[0].parameters == 64 * (9 * 3 + 1) == 1792

# %% [markdown]
# > **Predict** · Which of VGG-19's five blocks computes most, and which one knows most?

# %%
check.predict("In VGG-19, the last block holds a third or more of the parameters. Its share of the multiplications is",
              options=["about a third as well", "about a tenth or less", "more than half"])

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# A weight is used once at each place of its layer's map. How many places has a map of block 5, and how many one of block 1?
#
# </details>

# %%
convolutions = [row for row in layer_table(vgg19) if row.kind == "conv"]
blocks = [int(row.name[4]) for row in convolutions]
weights = [row.parameters for row in convolutions]
work = [row.parameters / row.stride**2 for row in convolutions]  # one use of every weight at each place of the map
figure, axis = plt.subplots(figsize=(6.5, 2.6))
for values, label, shift, hatch in ((weights, "parameters", -0.2, ""), (work, "multiplications", 0.2, "///")):
    shares = [sum(v for v, b in zip(values, blocks) if b == block) / sum(values) for block in range(1, 6)]
    axis.bar([block + shift for block in range(1, 6)], [100 * s for s in shares], 0.38, label=label, hatch=hatch, edgecolor="white")
    print(f"{label:16}", *(f"{share:5.0%}" for share in shares))
axis.set(title="VGG-19, block by block", xlabel="block", ylabel="share, %")
axis.legend()
plt.show()
check.score("about a tenth or less", because="its maps are small: every weight is used only once for each 16 × 16 pixels.")

# %% [markdown]
# **What to see.** Plain bars: the parameters pile up in blocks 4 and 5, with their 512 channels. Hatched bars: block 5, with its small maps, does hardly a tenth
# of the work; blocks 3 and 4 do two thirds, and the first two a quarter with almost no parameters. So narrow *last* blocks make a network small, but to make it fast the others
# must be narrow too. mini is narrow everywhere: its 1.4 million numbers take 6 MB where VGG-19's take 80 (and 3 MB in the file, which keeps two bytes of each).
#
# <details><summary>And the 143 million parameters that one reads about?</summary>
#
# Most of VGG-19's parameters are not in this plan at all: the three fully connected layers behind `pool5` hold about 124 million of its 144. The
# first of them takes exactly $7 \times 7 \times 512$ numbers, which would also fix the picture's size to 224 pixels. We do without, and may paint at any size.
#
# </details>
#
# ## Summary
#
# 1. VGG-19 is five blocks of 3 × 3 convolutions and ReLUs, each closed by a pooling; its 37 names are a way of counting.
# 2. `conv` is before the ReLU, `relu` after it, and an in-place ReLU silently turns the first into the second.
# 3. Two ways to the same activations must agree to the last bit; if you have only one way, you do not know what you have.
# 4. Patches show what a channel answers to; a control shows how much of it is training, as far as your number can see.
# 5. Deep layers ignore small shifts and still tell pictures apart, trained or not. A cosine that leaves the shared means in hides it.
#
# ## Common mistakes
#
# - Hooks that are never removed: they run, and hold memory, for ever.
# - Naming a channel by its prettiest patch instead of by all nine.
# - Reading `features[21]` as "the 21st layer with weights".
# - Forgetting that the network wants normalised pictures when it is not ours.
# - Calling something invariant without asking whether it notices anything at all, or blind without taking the mean out first.
#
# ## Challenge
#
# *Open, an hour or more.* Find the channel of `relu3_1` that you can name most exactly, then try to break your name: draw a picture with PyTorch (lines, discs, gradients of colour) that fits
# the name and should excite the channel more than any photograph does, and one that fits nearly as well and should not. How far up the
# ranking of `exciting_patches` do they come? Or climb: let `minimise` ([07](07_optimisation_loop.ipynb)) *raise* the channel's mean from noise, and compare the result with its patches.
#
# ## References
#
# - K. Simonyan, A. Zisserman (2014). Very deep convolutional networks for large-scale image recognition. *arXiv:1409.1556*.
# - M. D. Zeiler, R. Fergus (2014). Visualizing and understanding convolutional networks. *ECCV*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). Image style transfer using convolutional neural networks. *CVPR*.
# - C. Olah, A. Mordvintsev, L. Schubert (2017). Feature visualization. *Distill*.
#
# [← 02 · Convolutions and features](02_convolutions_and_features.ipynb) · [04 · What layers remember →](04_what_layers_remember.ipynb)
