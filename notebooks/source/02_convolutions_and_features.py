# %% [markdown]
# # 02 · Convolutions and features
#
# **What does one convolution see, and how far?**
#
# ![A cup of coffee on a red saucer, as if painted with a broad brush in flat patches of brown, orange and red, with thin dark lines along the edges.](attachment:02_convolutions_and_features.jpg)
#
# *A photograph of a cup, painted with nothing but means and differences of neighbouring pixels. You will paint like this in section 4.*
#
# **You will**
#
# - write a convolution with loops, then one for colour pictures, and read a kernel from its numbers;
# - paint a photograph with them, without any network;
# - sort the first kernels of a trained network, with untrained ones as the control;
# - find out which pixels a gradient reaches through a pooling, and why skies get strokes;
# - calculate how far each layer sees.
#
# **You need** [01 · Images as tensors](01_images_as_tensors.ipynb): a picture is a tensor, and its pixels can be trained. Sections
# 1 to 5 and 7 need sums, products and squares; section 6 needs gradients as in 01.
#
# **Reading** 11 minutes + exercises 42 minutes. **Running** under a minute on two CPU cores.
# **Short path** (30 minutes): sections 1, 3, 4, and the pictures of 6.
#
# **Sections** 1 A painting without a network · 2 Nine numbers · 3 Reading a kernel · 4 A painter made of means · 5 What a network's first kernels have learnt · 6 Pooling, and who gets the gradient · 7 How far does a unit see?

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
import torch
import torch.nn.functional as F

from nsthelpers import (
    explore_receptive_field, extract_features, layer_table, load_backbone, load_image, minimise,
    resize, show, stylize,
)
from nsthelpers import receptive_field as measured_field
from nsthelpers.checks import convolutions_and_features as check

show.setup_notebook(quality=52)
mini = load_backbone("mini")

# %% [markdown]
# ## 1 · A painting without a network
#
# A photograph of Tübingen, enlarged, and then treated with one short function. Nothing was trained.

# %%
town = resize(load_image("tuebingen"), (768, 1024))
painted = check.kuwahara.reference(town, 9)
show.pictures({"": painted}, "Tübingen, painted with means of 9 × 9 pixels", height=5.4)

# %% [markdown]
# **What to see.** Walls, trees and water lie in flat patches, as in gouache, and yet the roofs keep sharp edges. Only the
# sky is empty: where the photograph shows nothing, this painter has nothing to do.
#
# The function adds, multiplies and compares. Its sums are **convolutions**, and every network of this course is built from
# them. (Who *can* put strokes into an empty sky? Section 6.)
#
# ## 2 · Nine numbers
#
# A **kernel** is a small table of numbers. It slides over the picture; at each place the pixels under it are multiplied by its
# numbers, entry by entry, and added up. This sum is the new pixel:
#
# $$Y_{yx} \;=\; \sum_{i=0}^{h-1}\;\sum_{j=0}^{w-1} K_{ij}\, X_{y+i,\,x+j}$$
#
# with the picture $X$ of shape $(H, W)$, the kernel $K$ of shape $(h, w)$, and $Y$ of shape $(H - h + 1,\; W - w + 1)$: one
# number for each place where the whole kernel lies inside. One place with a pencil:

# %%
SOBEL = town.new_tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
window = town.new_tensor([[0.0, 2.0, 2.0], [1.0, 2.0, 2.0], [2.0, 2.0, 2.0]])
tables = {"pixels under it": window, "kernel": SOBEL, "their product": window * SOBEL + 0}
assert (window * SOBEL).sum() == 4
title = "One place of one convolution: the sum of the last table, 4, is the new pixel"
show.number_tables(tables, ["top", "middle", "bottom"], ["left", "", "right"], title)

# %% [markdown]
# **What to see.** The middle column of this kernel, called **Sobel's**, is 0, the right one positive, the left one negative: the sum is
# *right minus left*, the middle row counted twice. Here it is $8 - 4 = 4$, since the window is darker on the left.
#
# > **Your turn** · core · 10 min · ●●○ — `convolve`, with two loops over the places. Your function draws the pictures of the riddle below.

# %% tags=["exercise"]
# 10 min · ●●○
def convolve(image, kernel):
    """(H, W) and (h, w) -> (H - h + 1, W - w + 1): at each place the sum of window times kernel."""
    # Your turn.
    return None


check.convolve(convolve)

# %% [markdown]
# <details><summary>Hint 1 · the shape is wrong, or an index is out of range</summary>
#
# A kernel of height 3 fits at $H - 3 + 1$ places. `range(n)` counts from 0 to $n - 1$. Height and width may differ.
#
# </details>
#
# <details><summary>Hint 2 · the shape is right, the numbers are not</summary>
#
# The window at (y, x) is `image[y : y + h, x : x + w]`. Multiply it by the kernel with `*`, not with `@`, and sum.
#
# </details>

# %% tags=["solution"]
def convolve(image, kernel):
    """(H, W) and (h, w) -> (H - h + 1, W - w + 1): at each place the sum of window times kernel."""
    h, w = kernel.shape
    result = image.new_zeros(image.shape[0] - h + 1, image.shape[1] - w + 1)
    for y in range(result.shape[0]):
        for x in range(result.shape[1]):
            result[y, x] = (image[y : y + h, x : x + w] * kernel).sum()
    return result

# %% [markdown] tags=["solution"]
# **Why.** The same few numbers at every place: a detector that works at one place works at all of them, and costs nine numbers
# (LeCun et al. 1989). A mathematician would call this a *cross-correlation*; a convolution proper turns the kernel by 180°.

# %% [markdown]
# **A riddle.** Five kernels have been laid on the photograph, and the five pictures shuffled:
#
# $$\underset{\text{first}}{\tfrac19\begin{pmatrix} 1&1&1\\1&1&1\\1&1&1 \end{pmatrix}} \quad
# \underset{\text{second}}{\begin{pmatrix} -1&0&1\\-2&0&2\\-1&0&1 \end{pmatrix}} \quad
# \underset{\text{third}}{\begin{pmatrix} -1&-2&-1\\0&0&0\\1&2&1 \end{pmatrix}} \quad
# \underset{\text{fourth}}{\begin{pmatrix} 0&-1&0\\-1&5&-1\\0&-1&0 \end{pmatrix}} \quad
# \underset{\text{fifth}}{\begin{pmatrix} -1&-1&-1\\-1&8&-1\\-1&-1&-1 \end{pmatrix}}$$
#
# > **Predict** · Which kernel made picture B?

# %%
convolve = check.convolve.mine or check.convolve.reference
HARDER = town.new_tensor([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]])
OUTLINE = town.new_tensor([[-1.0, -1.0, -1.0], [-1.0, 8.0, -1.0], [-1.0, -1.0, -1.0]])
KERNELS = {"first": town.new_ones(3, 3) / 9, "second": SOBEL, "third": SOBEL.T}
KERNELS |= {"fourth": HARDER, "fifth": OUTLINE}


def relief(values, reach):
    """(H, W) of any sign -> a grey picture: 0 is mid-grey, `reach` white, -`reach` black."""
    return (0.5 + 0.5 * values / reach).clamp(0, 1).expand(1, 3, -1, -1)


grey = load_image("tuebingen", 224).mean(dim=1)[0, 24:144, 64:]  # (120, 160)
riddle = {"the photograph": relief(2 * grey - 1, 1.0)}
for letter, name in zip("ABCDE", ("fourth", "third", "first", "second", "fifth")):
    values = convolve(grey, KERNELS[name])
    riddle[letter] = relief(2 * values - 1, 1.0) if letter in "AC" else relief(values, 1.5)
show.pictures(riddle, "Tübingen, and what five kernels make of it", columns=3, height=2.3)
check.predict("Which kernel made picture B?", options=list(KERNELS))

# %% [markdown]
# **What to see.** A is sharper than the photograph and C softer; the other three are reliefs, in which mid-grey is 0, white
# positive and black negative. B and D bring out different edges: follow the roofs, and then the corners of the houses.
#
# ## 3 · Reading a kernel
#
# Two rules let you read a kernel without a computer.
#
# - **The sum of its entries is its answer to a plain wall.** If all pixels are $c$, then $Y = c \sum_{ij} K_{ij}$. A sum of 0 means
#   that brightness does not matter, only differences do.
# - **It answers most to what looks like itself**: bright where its entries are positive, dark where they are
#   negative. (Exactly: of all windows with the same sum of squares, the one proportional to the kernel gives the largest sum.)
#
# By hand: the second kernel's entries sum to $4 - 4 = 0$, the first's to $9 \cdot \frac19 = 1$. So if the photograph gets lighter by
# 0.2, the first kernel's answers grow by 0.2, and the second's stay as they were.

# %%
for name, kernel in KERNELS.items():
    change = (convolve(grey + 0.2, kernel) - convolve(grey, kernel)).mean().item()
    print(f"{name:7} sum {kernel.sum().item() + 0:.0f}, change {round(change, 3) + 0:.1f}")
reason = "below minus above: mid-grey along upright edges, white or black along level ones"
check.score("third", because=reason)

# %% [markdown]
# The second kernel and the third, both Sobel's, together give the **strength** of an edge in any direction. With $S_x$ (right minus left)
# and $S_y$ (below minus above), all of one shape $(H, W)$: $\;S = \sqrt{S_x^2 + S_y^2}$. By hand: 3 and 4 give 5.
#
# For paintings we need colour, and results as large as the picture. So each channel is filtered alone, and the border is *padded*
# first. Zeros would be black, and draw a frame; we repeat the outermost pixels, as mini does in every layer. By hand, a row
# (1, 2, 4) and the kernel $\frac13(1, 1, 1)$: padded it is (1, 1, 2, 4, 4), and the result $(\frac43, \frac73, \frac{10}3)$.
#
# > **Your turn** · core · 6 min · ●●○ — `filter_image`: use `F.pad` and `F.conv2d`. This will be your brush.

# %% tags=["exercise"]
# 6 min · ●●○
def filter_image(image, kernel):
    """(B, C, H, W) and (h, w), odd -> (B, C, H, W): each channel alone, the border repeated."""
    # Your turn.
    return None


check.filter_image(filter_image)

# %% [markdown]
# <details><summary>Hint 1 · the shape is wrong</summary>
#
# `F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode="replicate")`: the first two numbers are for the width.
#
# </details>
#
# <details><summary>Hint 2 · all colours are gone, or an error about channels</summary>
#
# `F.conv2d` adds the channels up. Give it (B·C) pictures of one channel, `padded.reshape(-1, 1, …)`, and the kernel as
# `kernel[None, None]`. A loop over the channels works too.
#
# </details>

# %% tags=["solution"]
def filter_image(image, kernel):
    """(B, C, H, W) and (h, w), odd -> (B, C, H, W): each channel alone, the border repeated."""
    h, w = kernel.shape
    padded = F.pad(image, (w // 2, w // 2, h // 2, h // 2), mode="replicate")
    alone = padded.reshape(-1, 1, *padded.shape[2:])
    return F.conv2d(alone, kernel[None, None]).reshape(image.shape)

# %% [markdown] tags=["solution"]
# **Why.** A padding of half a kernel on each side makes up for the rim that the kernel cannot reach. To `conv2d`, channels are summed and
# pictures of a batch are not; so colours become pictures for a moment.

# %%
filter_image = check.filter_image.mine or check.filter_image.reference
row = filter_image(town.new_tensor([[[[1.0, 2.0, 4.0]]]]), town.new_ones(1, 3) / 3)
assert torch.allclose(3 * row, town.new_tensor([4.0, 7.0, 10.0]))
assert torch.hypot(torch.tensor(3.0), torch.tensor(4.0)) == 5


def edge_strength(image):
    """(B, C, H, W) -> (B, 1, H, W): how strong an edge is, mean over the channels."""
    right, below = filter_image(image, SOBEL), filter_image(image, SOBEL.T)
    return torch.hypot(right, below).mean(dim=1, keepdim=True)


wave = load_image("great_wave")
shown = {"The Great Wave": wave}
shown["blurred: mean of 9 × 9"] = filter_image(wave, town.new_ones(9, 9) / 81)
shown["emboss: 0.5 + (below − above) / 2"] = (0.5 + filter_image(wave, SOBEL.T) / 2).clamp(0, 1)
shown["pencil: 1 − edge strength"] = (1 - edge_strength(wave)).clamp(0, 1).expand(1, 3, -1, -1)
show.pictures(shown, "One painting, three sums", columns=2, height=3.0)

# %% [markdown]
# **What to see.** The blur keeps the masses and loses every line; the pencil keeps the lines and loses the masses. In the emboss an edge is
# white where the painting gets lighter downwards.
#
# ## 4 · A painter made of means
#
# A painting needs both: flat masses *and* sharp edges. A blur mixes the two sides of an edge because its window lies across it. Kuwahara and
# others (1976) had an idea for medical pictures that painting programs still use: look at **four** windows, each with the pixel in one corner, and take the mean of the
# *calmest*. Near an edge, that is one on the pixel's own side.
#
# Its **variance** says how calm a window is: the mean of the squares minus the square of the mean. With $\bar x$ and $\overline{x^2}$ of
# shape $(1, 3, H, W)$, summed over the colours $c$:
#
# $$v = \sum_c \left( \overline{x_c^2} - \bar x_c^{\,2} \right), \qquad v \text{ of shape } (1, 1, H, W).$$
#
# By hand: (0, 0, 1, 1) has $\bar x = \frac12$, $\overline{x^2} = \frac12$ and $v = \frac14$; (1, 1, 1, 1) has $v = 0$. Two means, so two calls of your
# `filter_image`. The helper `corners` then fetches the values at the middles of the four windows.
#
# > **Your turn** · core, graded · 12 min · ●●● — `kuwahara`: at each pixel the mean colour of the calmest of four windows, whose middles are `side // 2` away.
# > **It paints the picture that you hang.**

# %%
def corners(maps, reach):
    """(B, C, H, W) -> (4, B, C, H, W): the values `reach` pixels away towards the four corners."""
    height, width = maps.shape[2:]
    wide = F.pad(maps, (reach,) * 4, mode="replicate")
    starts = [(y, x) for y in (0, 2 * reach) for x in (0, 2 * reach)]
    return torch.stack([wide[..., y : y + height, x : x + width] for y, x in starts])


four_pixels = torch.tensor([0.0, 0.0, 1.0, 1.0])
assert four_pixels.square().mean() - four_pixels.mean().square() == 0.25

# %% tags=["exercise"]
# 12 min · ●●●
def kuwahara(image, side):
    """(B, C, H, W) and an odd number -> (B, C, H, W): the mean of the calmest of four windows."""
    # Your turn. filter_image and corners are at hand.
    return None


check.kuwahara(kuwahara)

# %% [markdown]
# <details><summary>Hint 1 · where to begin</summary>
#
# `box = image.new_ones(side, side) / side**2`; the mean is `filter_image(image, box)`, the mean of squares
# `filter_image(image.square(), box)`. Sum the variance over `dim=1, keepdim=True`.
#
# </details>
#
# <details><summary>Hint 2 · the shape is wrong, or colours get mixed</summary>
#
# One choice for all colours: `best = corners(variance, side // 2).argmin(dim=0, keepdim=True)`. Then
# `corners(mean, side // 2).take_along_dim(best, dim=0)[0]`.
#
# </details>

# %% tags=["solution"]
def kuwahara(image, side):
    """(B, C, H, W) and an odd number -> (B, C, H, W): the mean of the calmest of four windows."""
    box = image.new_ones(side, side) / side**2
    mean = filter_image(image, box)
    variance = filter_image(image.square(), box) - mean.square()
    variance = variance.sum(dim=1, keepdim=True)
    best = corners(variance, side // 2).argmin(dim=0, keepdim=True)
    return corners(mean, side // 2).take_along_dim(best, dim=0)[0]

# %% [markdown] tags=["solution"]
# **Why.** Every window's mean stands already in the blurred picture, at the window's middle; so four windows cost no more than one. The choice
# is what makes it more than a blur: no sum of products can choose.

# %%
kuwahara = check.kuwahara.mine or check.kuwahara.reference
cup = load_image("coffee", 480)
brushes = {"the photograph": cup} | {f"windows of {n} × {n}": kuwahara(cup, n) for n in (5, 11)}
brushes["control: blur of 11 × 11"] = filter_image(cup, cup.new_ones(11, 11) / 121)
show.pictures(brushes, "A cup, painted with two brushes", columns=2, height=3.0)

# %% [markdown]
# **What to see.** The rim of the cup stays sharp with both brushes (ragged with the larger), while the wood turns into patches that grow with the window. The blur, with as large a window, has
# no patches and no sharp rim.
#
# A painter would now take a pen. A narrow blur minus a wide one is below 0 where a pixel is darker than its surroundings; there we draw
# (Winnemöller, Kyprianidis and Olsen 2012). Put in the name of a photograph of your own.

# %%
photo = "chelsea"  # or yours, such as "holiday.jpg"


def bell(width):
    """A width in pixels -> a square kernel that falls off like a bell and sums to 1."""
    places = torch.arange(-int(3 * width), int(3 * width) + 1).to(town)
    kernel = torch.exp(-(places[:, None] ** 2 + places**2) / (2 * width**2))
    return kernel / kernel.sum()


def ink(image):
    """(1, 3, H, W) -> (1, 1, H, W): 1 for paper, darker along dark lines."""
    brightness = image.mean(dim=1, keepdim=True)
    difference = filter_image(brightness, bell(1.2)) - filter_image(brightness, bell(1.9))
    return (1.2 + 20 * difference).clamp(0, 1)  # 1.2: what is hardly darker stays white


small = load_image(photo)
large = resize(small, (round(1024 * small.shape[2] / small.shape[3]), 1024))
painting = kuwahara(large, 9) * (0.3 + 0.7 * ink(large))
show.pictures({"": painting}, f"{photo}, gouache and ink: your function, no network", height=5.4)

# %% [markdown]
# **What to see.** Fur and eyes are drawn with fine dark lines, and everything else is laid on in patches. You could hang it: `save_image(painting, "mine.png")`
# of `nsthelpers` writes the file.
#
# But this painter has one style, and *we* chose it. To take the style from a painting, we must measure it first. For that we turn
# to kernels that nobody wrote down: they were learnt.
#
# ## 5 · What a network's first kernels have learnt
#
# A layer's kernel has a slice for each channel of its input, and all products go into *one* sum. A bank of kernels gives as many maps:
#
# $$Z_{oyx} \;=\; b_o + \sum_{c}\sum_{i,j} W_{ocij}\, X_{c,\,y+i,\,x+j}$$
#
# $X$: $(C_\text{in}, H, W)$, padded; $W$: $(C_\text{out}, C_\text{in}, 3, 3)$; the **bias** $b$: $(C_\text{out},)$; $Z$: $(C_\text{out}, H, W)$. By hand, with a kernel of $1 \times 1$:
# $(1, -1, 0)$, "red minus green", answers 1 to a red pixel (1, 0, 0) and −1 to a green one. mini's first layer, `conv1_1`, has 16 kernels of $3 \times 3 \times 3$, so
# $16 \cdot 27 + 16 = 448$ numbers. The next cell applies them all, with one `conv2d`.
#
# > **Predict** · Textbooks show first layers full of edge detectors. How many of mini's 16 first kernels are edge detectors?

# %%
two_pixels = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]])  # red, green: (3, 1, 2)
red_minus_green = torch.tensor([1.0, -1.0, 0.0]).view(1, 3, 1, 1)
assert F.conv2d(two_pixels, red_minus_green).flatten().tolist() == [1, -1]

layer = mini.conv1_1
padded = F.pad(mini.normalize(wave), (1, 1, 1, 1), mode="replicate")
maps = F.conv2d(padded, layer.weight, layer.bias)
assert torch.allclose(maps, extract_features(mini, wave, "conv1_1")["conv1_1"], atol=1e-4)
print("kernels", tuple(layer.weight.shape), " maps", tuple(maps.shape))
assert layer.weight.numel() + layer.bias.numel() == 448
question = "Of mini's 16 first kernels, edge detectors are"
check.predict(question, options=["all 16", "about half", "three", "none"])

# %%
def draw_bank(weights):
    """(16, 3, 3, 3) -> (1, 3, H, W): each kernel as 3 × 3 colours, mid-grey for 0."""
    tiles = 0.5 + 0.5 * weights / weights.abs().amax(dim=(1, 2, 3), keepdim=True)
    tiles = F.pad(tiles, (0, 1, 0, 1), value=1.0).view(2, 8, 3, 4, 4).permute(2, 0, 3, 1, 4)
    return tiles.reshape(1, 3, 8, 32).repeat_interleave(20, 2).repeat_interleave(20, 3)


untrained = [load_backbone("mini", weights="random", seed=seed) for seed in range(8)]
banks = {"trained": draw_bank(mini.conv1_1.weight)}
banks["untrained, seed 0"] = draw_bank(untrained[0].conv1_1.weight)
show.pictures(banks, "The 16 kernels of conv1_1, 3 × 3 pixels × 3 colours", columns=1, height=1.9)

# %% [markdown]
# **What to see.** Untrained: confetti. Trained: most kernels are of nearly *one* colour, and a few, grey, have a light and a dark side.
#
# To count them, split each kernel: in each slice, the mean of the nine numbers can only see colour, and what remains can only see a pattern. The
# **pattern's share** is a ratio of two sums of squares over $c, i, j$:
#
# $$p_o = \frac{\sum (W_{ocij} - \overline{W}_{oc})^2}{\sum W_{ocij}^2}$$
#
# with $\overline{W}_{oc}$ the mean of a slice, and $p$ of shape $(16,)$. By hand: for Sobel the mean is 0, so $p = 1$; for nine equal numbers $p = 0$; for random
# numbers about $\frac89$, since one of nine directions is "all equal".

# %%
def pattern_share(weights):
    """(N, 3, 3, 3) -> (N,): 0 for a kernel that sees only colour, 1 for only pattern."""
    rest = weights - weights.mean(dim=(2, 3), keepdim=True)
    return rest.square().sum(dim=(1, 2, 3)) / weights.square().sum(dim=(1, 2, 3))


by_hand = torch.stack([SOBEL, torch.ones_like(SOBEL)])[:, None].expand(2, 3, 3, 3)
assert pattern_share(by_hand).tolist() == [1, 0]
shares = pattern_share(mini.conv1_1.weight)
chance = torch.cat([pattern_share(network.conv1_1.weight) for network in untrained])
print("trained:", " ".join(f"{share:.2f}" for share in shares.sort().values.tolist()))
print(f"untrained, 8 seeds: {chance.min():.2f} to {chance.max():.2f}, mean {chance.mean():.2f}")
check.score("three", because="three have a pattern's share of 1.00; the other 13 see colour")

# %% [markdown]
# Training has *sorted*: thirteen kernels for colour, three for edges, nothing between. Of the 128 untrained kernels none sees only colour.
#
# Is this mini's doing? mini was taught by a real **VGG-16** (Simonyan and Zisserman 2014), whose first 64 kernels are stored here. The sixteen that mini took over, fourteen of them nearly
# unchanged, are framed:
#
# ![64 small coloured squares in four rows of sixteen. Sixteen are framed in black: most of these have one colour, three have a light and a dark side. Of the others, most have a light and a dark side.](attachment:02_vgg16_kernels.jpg)
#
# **What to see.** VGG-16 has many more edge detectors: of its 64 kernels 38 have a pattern's share above 0.8, 19 one below 0.2, and only 7 lie between. The sorting is VGG's, the small number of edges mini's.
#
# What do these kernels make of a picture? Behind each convolution stands the **ReLU**, which takes each number by itself: $\mathrm{ReLU}(z) = \max(z, 0)$, for maps of any shape. By hand: (−2, 0, 3)
# becomes (0, 0, 3). It makes an edge detector one-sided.

# %%
def centred(values):
    """(H, W) -> a grey picture around the mean of the values."""
    return relief(values - values.mean(), 2.5 * values.std())


assert torch.tensor([-2.0, 0.0, 3.0]).relu().tolist() == [0, 0, 3]
shown = {f"mini, channel {c}": centred(maps[0, c]) for c in (0, 13, 3, 5)}
after_relu = maps[0, 0].relu() / (3 * maps[0, 0].std())
shown["channel 0 behind its ReLU"] = after_relu.clamp(0, 1).expand(1, 3, -1, -1)
for seed, network in enumerate(untrained[:3]):
    values = extract_features(network, wave, "conv1_1")["conv1_1"][0, 0]
    shown[f"untrained, seed {seed}"] = centred(values)
show.pictures(shown, f"The Great Wave in conv1_1, maps of {tuple(maps.shape[2:])}", height=2.1)

# %% [markdown]
# **What to see.** Channels 0 and 13 are reliefs of edges in two directions; 3 and 5 weigh one colour against another. The ReLU keeps only one side of each edge; the three
# untrained maps show the picture once more, in other shades.
#
# <details><summary>Why a ReLU at all?</summary>
#
# Two convolutions, one after the other, are sums of sums, and so are *one* convolution with a larger kernel: 3 × 3 after 3 × 3 is 5 × 5. Without something between them that is no
# sum, a hundred layers would be no more than one. With a ReLU, the second layer can combine *which* detectors fired: $\mathrm{ReLU}(z) + \mathrm{ReLU}(-z) = |z|$ is an edge
# detector for both sides, and no single convolution is.
#
# </details>
#
# ## 6 · Pooling, and who gets the gradient
#
# Five times a VGG halves its maps. **Max pooling** keeps the largest of each block of $2 \times 2$, **average pooling** the mean, with $X$: $(C, H, W)$ and $P$: $(C, \lfloor H/2 \rfloor, \lfloor W/2 \rfloor)$:
#
# $$P_{cyx} = \max_{a, b \in \{0, 1\}} X_{c,\,2y+a,\,2x+b} \qquad\text{or}\qquad P_{cyx} = \tfrac14 \sum_{a, b \in \{0, 1\}} X_{c,\,2y+a,\,2x+b}$$
#
# By hand: $\begin{pmatrix} 1&3\\2&0 \end{pmatrix}$ becomes 3 or 1.5. On the way *back* they differ more. If $P$ should grow by a little, how much does each of the four pixels count? For the mean $\frac14\begin{pmatrix} 1&1\\1&1 \end{pmatrix}$,
# for the maximum $\begin{pmatrix} 0&1\\0&0 \end{pmatrix}$: one pixel gets everything.
#
# **Back to [01](01_images_as_tensors.ipynb).** There a loss saw only a thumbnail, means over $8 \times 8$ pixels, and you predicted what the loop makes of noise: the blurred town, with all the
# grain. That thumbnail *was* average pooling, three times. Now the canvas is almost flat, grey with a trace of grain, and the view is your `max_pool`, three times.
#
# > **Predict** · What does the loop make of the flat canvas if the view keeps the *largest* of each $8 \times 8$?
#
# > **Your turn** · bonus · 6 min · ●●○ — `max_pool`, without `max_pool2d`; an odd last row or column is left out. The next picture comes out of its gradient.

# %%
question = "Following the largest values, the flat canvas becomes"
options = ["the same blurred town", "grey, with scattered specks", "a sharp town"]
check.predict(question, options=options)

# %% tags=["exercise"]
# 6 min · ●●○
def max_pool(features):
    """(B, C, H, W) -> (B, C, H // 2, W // 2): the largest of each block of 2 × 2."""
    # Your turn.
    return None


check.max_pool(max_pool)

# %% [markdown]
# <details><summary>Hint 1 · the shape is wrong</summary>
#
# First cut to even sizes. Then `even[..., 0::2, 0::2]` are the upper left pixels of all blocks, `even[..., 0::2, 1::2]` the upper right ones.
#
# </details>
#
# <details><summary>Hint 2 · negative blocks come out as 0, or no gradient comes back</summary>
#
# Begin with one of the four slices, not with zeros, and stay with `torch.maximum`: no `.item()`, no `.detach()`.
#
# </details>

# %% tags=["solution"]
def max_pool(features):
    """(B, C, H, W) -> (B, C, H // 2, W // 2): the largest of each block of 2 × 2."""
    height, width = features.shape[2] // 2 * 2, features.shape[3] // 2 * 2
    even = features[..., :height, :width]
    upper = torch.maximum(even[..., 0::2, 0::2], even[..., 0::2, 1::2])
    lower = torch.maximum(even[..., 1::2, 0::2], even[..., 1::2, 1::2])
    return torch.maximum(upper, lower)

# %% [markdown] tags=["solution"]
# **Why.** Four slices are four pictures of half the size; their maximum, place by place, is the pooled map.

# %%
max_pool = check.max_pool.mine or check.max_pool.reference
block = torch.tensor([[[[1.0, 3.0], [2.0, 0.0]]]])
assert max_pool(block) == 3 and F.avg_pool2d(block, 2) == 1.5
target = load_image("tuebingen", 384)
grain = torch.randn(target.shape, generator=torch.Generator().manual_seed(0)).to(target)


def follow(view, rate):
    """A view and a learning rate -> the canvas after 40 steps, and its first gradient."""
    def loss(image):
        return {"total": (view(image) - view(target)).square().sum() / 2}

    canvas = (0.5 + 0.01 * grain).requires_grad_()
    loss(canvas)["total"].backward()
    *_, last = minimise(loss, canvas.detach(), 41, "sgd", rate)
    return last.image, canvas.grad


canvases = {}
for name, pool, rate in (("mean", lambda x: F.avg_pool2d(x, 2), 45.0), ("maximum", max_pool, 0.7)):
    canvases[f"view: {name} of 8 × 8"], slopes = follow(lambda x: pool(pool(pool(x))), rate)
    print(f"{name:8} share of the numbers with a gradient: {(slopes != 0).float().mean():.1%}")
show.pictures(canvases, "A flat canvas after 40 steps", columns=2, height=3.2)
check.score(options[1], because="in each block only the largest number gets a gradient: 1 of 64")

# %% [markdown]
# **What to see.** Means move all pixels of a block together, and the town appears in blocks. Maxima move one number in 64 at a time: where the canvas should get lighter, they leave
# specks, and where it should get darker, they wear it down slowly.
#
# A clear sky *is* a flat canvas. So does style transfer paint it differently with the two poolings? Below, the same network paints with each. Our measure of broad strokes is how much the sky's brightness varies (its standard deviation) after
# averaging over $8 \times 8$ pixels.

# %%
def broad_strokes(image):
    """(1, 3, 240, 320) -> one number: deviation, in a piece of sky, of means over 8 × 8 pixels."""
    sky = image.mean(dim=1, keepdim=True)[..., 8:88, 60:180]
    slow = F.avg_pool2d(F.pad(sky, (16,) * 4, mode="reflect"), 33, 1)  # the sky's own gradation
    return F.avg_pool2d(sky - slow, 8).std().item()


skies = {}
for name, pooling in (("maximum", "max"), ("mean", "avg")):
    run = stylize("tuebingen", "starry_night", size=320, steps=60, pooling=pooling,
                  content_weight=0.03, progress=False)
    skies[f"{name}: broad strokes {broad_strokes(run.image):.3f}"] = run.image
print(f"the photograph: {broad_strokes(load_image('tuebingen', 320)):.3f}")
show.pictures(skies, "mini paints Tübingen after The Starry Night", columns=2, height=3.6)

# %% [markdown]
# **What to see.** With the maximum the sky gets a fine ripple, with the mean broad strokes, nearly twice as strong by this measure. On the houses, which are full of edges, the two pictures differ much less.
#
# mini was trained with average pooling; is the comparison fair? The control is VGG-16, which was trained with *maxima* (same pictures, size and weights of the loss, 80 steps; made once and stored):
#
# ![Tübingen in blue and yellow strokes, twice: on the left under a sky of fine ripples, on the right under a sky with broad swirls and yellow spots.](attachment:02_vgg16.jpg)
#
# **What to see.** Left maximum, right mean: the same again, 0.010 against 0.021, with swirls and yellow spots as in the painting, although VGG-16 was never trained with means.
#
# Both use one painting only. Four others, measured once with mini and not in this notebook: with the mean, the broad strokes are about 1.7 times as strong for `wheat_field` and 1.4 times for `great_wave` and `water_lilies`, but no stronger for `the_scream`. There
# the sky gets broad patches of *colour*, which brightness does not show: in the colours alone (each channel minus brightness) they are about three times as strong.
#
# > **In the paper** · Gatys et al. (2015) replaced the maximum by the mean: the gradient flows better, they write, and the pictures look slightly better. `load_backbone` does so unless you say `pooling="max"`.
#
# ## 7 · How far does a unit see?
#
# The **receptive field** of a unit is the square of pixels that it depends on. With $k_l$ the kernel's side and $s_l$ the stride of layer $l$ (how many places it moves on):
#
# $$r_l = r_{l-1} + (k_l - 1)\, j_{l-1}, \qquad j_l = j_{l-1}\, s_l, \qquad r_0 = j_0 = 1$$
#
# $r_l$ is the side of the field in pixels, and $j_l$, the **jump**, how many pixels lie between two neighbours in layer $l$; all are whole numbers. A kernel reaches over $k - 1$ gaps, each $j$ pixels wide. By hand:
#
# | after | $k, s$ | $r$ | $j$ |
# | --- | --- | --- | --- |
# | conv1_1 | 3, 1 | 1 + 2·1 = 3 | 1 |
# | conv1_2 | 3, 1 | 3 + 2·1 = 5 | 1 |
# | pool1 | 2, 2 | 5 + 1·1 = 6 | 2 |
# | conv2_1 | 3, 1 | 6 + 2·2 = 10 | 2 |
#
# > **Predict** · `relu4_2`, where style transfer takes its content, stands behind ten convolutions and three poolings. How many pixels wide is its field?
#
# > **Your turn** · core · 8 min · ●●○ — `receptive_field`: pairs (kernel, stride), first layer first. It draws the frames below.

# %%
question = "The field of a unit in relu4_2 is, in pixels, about"
check.predict(question, options=["20", "80", "320", "as wide as the picture"])

# %% tags=["exercise"]
# 8 min · ●●○
def receptive_field(layers):
    """[(kernel, stride), …] from the first layer to the last -> the side of the field in pixels."""
    # Your turn.
    return None


check.receptive_field(receptive_field)

# %% [markdown]
# <details><summary>Hint 1 · fields behind a pooling are wrong</summary>
#
# Keep two numbers. First `field += (kernel - 1) * jump`, *then* `jump *= stride`: a stride counts for the layers after it.
#
# </details>
#
# <details><summary>Hint 2 · everything is off by one, or the empty list fails</summary>
#
# Without any layer a unit *is* one pixel: begin with `field, jump = 1, 1`.
#
# </details>

# %% tags=["solution"]
def receptive_field(layers):
    """[(kernel, stride), …] from the first layer to the last -> the side of the field in pixels."""
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field

# %% [markdown] tags=["solution"]
# **Why.** Fields of neighbours overlap; only the steps between them are new ground. So kernels do not simply add up, and a pooling, which doubles the jump, doubles what every later convolution adds.

# %%
receptive_field = check.receptive_field.mine or check.receptive_field.reference
first = [(3, 1), (3, 1), (2, 2), (3, 1)]
assert [receptive_field(first[:n]) for n in range(5)] == [1, 3, 5, 6, 10]
steps, layers, sizes = {"conv": [(3, 1)], "relu": [], "pool": [(2, 2)]}, [], {}
for name in mini.layer_names:
    layers = layers + steps[name[:4]]
    sizes[name] = receptive_field(layers)
assert sizes == {row.name: row.receptive_field for row in layer_table(mini)}

cat, middle = load_image("chelsea", 384), (97, 138)
framed, seen = cat.clone(), {}
for name in ("relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1"):
    top, left = (place - sizes[name] // 2 for place in middle)
    rows, columns = slice(top, top + sizes[name]), slice(left, left + sizes[name])
    seen[f"{name}: {sizes[name]} × {sizes[name]}"] = cat[..., rows, columns]
    inside = framed[..., rows, columns].clone()
    framed[..., top - 2 : rows.stop + 2, left - 2 : columns.stop + 2] = 1.0
    framed[..., rows, columns] = inside
shown = {"one place, five frames": framed} | seen
show.pictures(shown, "What one unit of each layer sees of a cat (255 × 384)", columns=3, height=2.4)
check.score("80", because=f"it is {sizes['relu4_2']}, as in VGG-19", question=question)

# %% [markdown]
# **What to see.** At `relu2_1` there is a border of green and black, at `relu3_1` perhaps the rim of a pupil, from `relu4_1` on an eye, at `relu5_1` half a face. What a layer cannot
# see it cannot learn: in a picture of this size a hair fits into the shallow fields, an eye from `relu4_1` on, and the whole face not even into `relu5_1`.
#
# But does a unit use its whole field? The next cell measures, by gradients, how much each pixel counts (Luo et al. 2016). In a live notebook, choose a layer and move the unit.

# %%
explore_receptive_field("chelsea", mini)

# %%
show.receptive_field("chelsea", mini, "relu4_1")
for name in ("relu2_1", "relu3_1", "relu4_1"):
    used = [measured_field(network, name).effective_size for network in (mini, *untrained[:3])]
    print(f"{name}: field {sizes[name]}, in effect {used[0]:.0f}; "
          f"untrained, 3 seeds: {min(used[1:]):.0f} to {max(used[1:]):.0f}")

# %% [markdown]
# **What to see.** The solid frame is what this unit of `relu4_1` sees, the smaller, dashed one has the size of the part that counts in effect, and on the right each pixel is as bright as it counts: the eye at the rim is only dimly
# there. The untrained networks concentrate too, so most of this comes from the architecture; in mini, training narrowed the field further, while Luo et al. saw training widen it in their networks. (The printed numbers are computed over all photographs of the course, so they differ
# a little from the figure's.)

# %% [markdown] tags=["teacher"]
# **Timing.** Ninety minutes: sections 1 to 3 (30), 4 as pair work (25), 5 (10), 6 (15), 7 (10). `max_pool` and `receptive_field` are good homework.
#
# **Expect.** "One kernel for each colour": a layer's kernel has three slices and gives *one* map. "A convolution shrinks the picture": only by its rim, and padding undoes it. "Max pooling keeps the strongest edges": the
# strongest in each block, however weak all four are.
#
# **Ask.** How far does `kuwahara` with windows of 9 × 9 see? (17 × 17.) What would the fields be without poolings? (VGG-19: 1 + 2 · 16 = 33.)

# %% [markdown]
# ## Summary
#
# 1. A convolution multiplies a window by a kernel and sums, everywhere with the same numbers. The kernel's sum is its answer to a plain wall.
# 2. Blurs, differences and one choice paint a picture; but in one style, and never in an empty sky.
# 3. Training sorted the first kernels into colour and pattern; untrained ones are both at once.
# 4. Behind a maximum one number in four gets a gradient, behind a mean all four; with means, skies mostly get broader strokes.
# 5. Fields grow by $(k - 1)\,j$, and poolings double $j$: 3, 10, 24, 68, 156 pixels in the five style layers.
#
# ## Common mistakes
#
# - Showing answers that have signs with black for the smallest: make 0 mid-grey.
# - Padding with zeros and finding a frame in the picture.
# - Calling first layers "edge detectors" without counting.
# - Letting a layer's stride count for itself: it counts for the layers *after* it.
#
# ## Challenge
#
# *Open, an hour or more.* Your painter leaves skies empty. Give it strokes without a network: start from noise, and blur it along lines. Which direction should a stroke have? Along an edge brightness changes least,
# and $S_x$ and $S_y$ tell where that is. And in the sky, where both are nearly 0?
#
# <details><summary>A way to begin</summary>
#
# Make eight kernels of 1 × 15 pixels, turned to eight directions, filter one noise with each, and choose at every pixel, as `kuwahara` does, the one that lies nearest to the direction of the edge, taken from $S_x$ and $S_y$ *after* a wide blur of $S_x^2$, $S_y^2$ and $S_x S_y$.
#
# </details>
#
# ## References
#
# - Y. LeCun et al. (1989). [Backpropagation applied to handwritten zip code recognition](https://doi.org/10.1162/neco.1989.1.4.541). *Neural Computation* 1.
# - M. Kuwahara, K. Hachimura, S. Eiho, M. Kinoshita (1976). [Processing of RI-angiocardiographic images](https://doi.org/10.1007/978-1-4684-0769-3_13). *Digital Processing of Biomedical Images*.
# - H. Winnemöller, J. E. Kyprianidis, S. C. Olsen (2012). [XDoG: an extended difference-of-Gaussians compendium](https://doi.org/10.1016/j.cag.2012.03.004). *Computers & Graphics* 36.
# - K. Simonyan, A. Zisserman (2014). [Very deep convolutional networks](https://arxiv.org/abs/1409.1556).
# - L. A. Gatys, A. S. Ecker, M. Bethge (2015). [A neural algorithm of artistic style](https://arxiv.org/abs/1508.06576).
# - W. Luo, Y. Li, R. Urtasun, R. Zemel (2016). [Understanding the effective receptive field in deep convolutional neural networks](https://arxiv.org/abs/1701.04128). *NIPS*.
#
# Photograph: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); changed here. All others: `data/README.md`.
#
# [← 01 · Images as tensors](01_images_as_tensors.ipynb) · [03 · Inside VGG →](03_inside_vgg.ipynb)
