# %% [markdown]
# # 01 · Images as tensors
#
# **What is a picture to a network, and why can its pixels be *trained*?**
#
# ![Above: a photograph of an astronaut, six by six of its pixels with their numbers, and the picture split into red, green and blue. Below: noise turns into the photograph, step by step.](attachment:01_images_as_tensors.jpg)
#
# **You will**
#
# - find any number of a picture in its tensor (1, 3, H, W), and say what each axis is;
# - turn the bytes of a file into such a tensor and back, without losing a pixel to rounding, overflow or a wrong axis;
# - shrink a picture without inventing patterns, and say what shrinking has to do with light;
# - normalise and un-normalise by hand, and say why this course hides both inside the network;
# - recognise the four classic mistakes by their pictures, and measure what each one does to a network;
# - make the pixels themselves trainable and pull noise into a photograph, step by step.
#
# **You need** Python and a little NumPy or PyTorch indexing; derivatives as in school. [00 · Start
# here](00_start_here.ipynb) shows where all this leads. You need to know nothing about networks: here a network is a
# box that takes a picture and answers with numbers, and [02](02_convolutions_and_features.ipynb) opens it.
#
# **Reading** 35 minutes, exercises 25 minutes. **Running** about one minute in all, on two CPU cores.

# %%
# In Colab this installs the course; anywhere else it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("nsthelpers") is None:
    # %pip install -q "git+{{repository}}"

# %% [markdown]
# Everything below runs offline, with pictures and a small network that are part of the course.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image

from nsthelpers import (
    StyleTransferLoss, extract_features, load_backbone, load_image, resize, show, total_variation_loss,
)
from nsthelpers.checks import images_as_tensors as check
from nsthelpers.images import data_folder
from nsthelpers.losses import STYLE_LAYERS
from nsthelpers.transfer import minimise, starting_image

show.setup_notebook()

# %% [markdown]
# ## 1 · Zoom until numbers appear
#
# A photograph on a screen looks smooth. It is not: come close enough, and it falls into squares of one colour each.
# Come closer still, and the colour falls into three numbers.

# %%
def write_numbers(axis, channel):
    """Draw one channel (H, W) in greys, with its numbers on the pixels."""
    axis.imshow(channel, cmap="gray", vmin=0, vmax=1)
    for (row, column), value in np.ndenumerate(channel.numpy()):
        colour = "black" if value > 0.5 else "white"
        axis.text(column, row, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=8)


photo = load_image("astronaut")
figure, axes = plt.subplots(1, 4, figsize=(9.2, 2.6))
for axis, (top, left, side) in zip(axes, [(0, 0, 512), (70, 172, 64), (98, 200, 6), (98, 200, 6)]):
    crop = photo[0, :, top : top + side, left : left + side].cpu()
    axis.imshow(crop.permute(1, 2, 0), extent=(left - 0.5, left + side - 0.5, top + side - 0.5, top - 0.5))
    axis.set(title=f"{side} × {side} pixels", xlabel="column", ylabel="row")
axes[0].add_patch(plt.Rectangle((172, 70), 64, 64, fill=False, color="white"))
axes[1].add_patch(plt.Rectangle((199.5, 97.5), 6, 6, fill=False, color="white"))
axes[3].clear()
write_numbers(axes[3], crop[0])
axes[3].set(title="how red is each one?", xticks=[], yticks=[])
figure.suptitle("From a photograph to its numbers: an eye of the astronaut Eileen Collins")
plt.show()

# %% [markdown]
# **What to see.** Each white frame is the next picture. The third one is the middle of the eye: 36 pixels, dark brown,
# with a bright glint near the centre and a bit of skin in the corner at the lower left. The fourth shows the same
# pixels, but only how *red* they are, drawn in greys: 0 is no red light, 1 as much as the screen can give. That is all
# that a picture is: one such table for red, one for green, one for blue.
#
# ### The tensor
#
# Stack the three tables, and you have a **tensor**: a block of numbers with several axes. Everywhere in this course a
# picture is a tensor $x$ of 32-bit floats of shape $(1, 3, H, W)$:
#
# | axis | length | its index says | here |
# | --- | --- | --- | --- |
# | 0, batch | $B = 1$ | which picture | networks take several at once; we mostly give one |
# | 1, channel | 3 | which colour: 0 red, 1 green, 2 blue | |
# | 2, row | $H$ | how far *down*, from the top | 512 |
# | 3, column | $W$ | how far to the *right* | 512 |
#
# So $x_{b,c,i,j}$ is the amount of colour $c$ in row $i$ and column $j$ of picture $b$; in code, `photo[b, c, i, j]`.
# Row comes before column: it is *down, then right*, the other way round from the $(x, y)$ of school geometry.

# %% tags=["nbval-check-output"]
print("shape", tuple(photo.shape), "  type", photo.dtype, "  numbers", f"{photo.numel():,}")
print("one pixel   photo[0, :, 101, 203]   ", tuple(photo[0, :, 101, 203].shape))
print("one channel photo[0, 0]             ", tuple(photo[0, 0].shape))
print("a crop      photo[..., 70:134, 172:]", tuple(photo[..., 70:134, 172:].shape))
assert photo.numel() == 1 * 3 * 512 * 512 and 0 <= photo.min() and photo.max() <= 1

# %% [markdown]
# ## 2 · Three grey pictures
#
# A channel alone has no colour. It is a table of brightnesses, so it is honest to show it in greys (the picture at the top
# tints each one, only to tell them apart).
#
# > **Predict** · The space suit is bright orange. How does it look in the *blue* channel?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# On a screen, orange is made of much red light and some green. What is left for blue?
#
# </details>

# %%
check.predict("In the blue channel, the orange suit is", options=["bright", "middle grey", "dark"])

# %%
channels = {name: photo[0, number] for number, name in enumerate(["red", "green", "blue"])}
show.pictures({"all three": photo} | channels, "One photograph and its three channels, (512, 512) each", height=1.8)
patches = {"suit": (430, 60), "flag, blue": (65, 10), "wall": (60, 330), "helmet": (430, 330)}
for name, (row, column) in patches.items():
    patch = photo[0, :, row : row + 8, column : column + 8].mean(dim=(1, 2))
    print(f"{name:12} red {patch[0]:.2f}   green {patch[1]:.2f}   blue {patch[2]:.2f}")
check.score("dark", because="orange is red and some green; there is little blue in it")

# %% [markdown]
# **What to see.** The suit is nearly white in the red channel, dark in the green one, darker still in the blue. The
# field of the flag is brightest in the blue channel. The grey wall and the black helmet look alike in all three: **grey
# means three equal numbers**, and the wall's three (printed above, each the mean over a patch of 8 × 8 pixels) are
# nearly equal. The white stripes of the flag are bright in every channel: white is all the red, green and blue that
# there is.
#
# ## 3 · Bytes and floats
#
# Files do not hold floats. An image file, once decoded, holds **bytes**: whole numbers from 0 to 255, eight bits a
# number. And it holds them in another order: the three colours of a pixel lie side by side, so that the shape is
# $(H, W, 3)$, "channels last" or **HWC**. This is what Pillow, NumPy, OpenCV and matplotlib use. PyTorch's networks
# want channels first, **CHW**.
#
# In memory both are one long row of numbers. In a picture of height $H$ and width $W$, channel $c$ of row $i$ and
# column $j$ stands at place
#
# $$k_{\text{HWC}} = (i\,W + j) \cdot 3 + c, \qquad k_{\text{CHW}} = (c\,H + i)\,W + j,$$
#
# all of them whole numbers counted from 0. By hand, with $H = 2$ and $W = 3$: the green ($c = 1$) of the pixel in row
# $i = 1$, column $j = 2$ is number $(1 \cdot 3 + 2) \cdot 3 + 1 = 16$ of 18 in the file's order, and number
# $(1 \cdot 2 + 1) \cdot 3 + 2 = 11$ in the network's.

# %% tags=["nbval-check-output"]
with Image.open(data_folder() / "content" / "astronaut.jpg") as file:
    decoded = torch.from_numpy(np.array(file))
print("the file, decoded:         ", tuple(decoded.shape), decoded.dtype)
assert torch.allclose(decoded[101, 203] / 255, photo[0, :, 101, 203].cpu())  # one pixel, here and there

(H, W), (i, j, c) = (2, 3), (1, 2, 1)
hwc = torch.arange(H * W * 3).view(H, W, 3)  # every number says at which place of the file it lies
chw = hwc.permute(2, 0, 1).contiguous()  # (3, H, W): the axes change places, and the numbers move with them
assert hwc[i, j, c] == (i * W + j) * 3 + c == 16 and chw.flatten()[(c * H + i) * W + j] == 16
print("the red channel:           ", chw[0].tolist())
print("reshape instead of permute:", hwc.reshape(3, H, W)[0].tolist())

# %% [markdown]
# In the file, the reds are numbers 0, 3, 6, … `permute` collects them. `reshape` gives the same *shape*, raises no
# error, and is wrong: it only cuts the row of numbers anew, so that its "red channel" begins with the red, green and
# blue of the first pixel. Keep it in mind; you will see in section 7 what it looks like.
#
# > **Your turn** · 5 min · ●○○ — The way in. You get what a file holds; return what the course works with.

# %% tags=["exercise"]
# 5 min · ●○○
def from_hwc_uint8(pixels):
    """(H, W, 3), uint8, 0 to 255 -> (1, 3, H, W), float32, 0 to 1."""
    # Your turn.
    return None


check.from_hwc_uint8(from_hwc_uint8)

# %% [markdown]
# <details><summary>Hint 1 · the shape is wrong, or the picture is scrambled</summary>
#
# `permute(2, 0, 1)` brings the channels to the front, and `[None]` adds the batch axis. No `reshape`, no `view`.
#
# </details>
#
# <details><summary>Hint 2 · everything is 0, or white is not 1</summary>
#
# Convert first, then divide: `.to(torch.float32)` and then `/ 255`. Bytes that are divided with `//` lose everything
# behind the point, and 255 has to become exactly 1.
#
# </details>

# %% tags=["solution"]
def from_hwc_uint8(pixels):
    """(H, W, 3), uint8, 0 to 255 -> (1, 3, H, W), float32, 0 to 1."""
    return (pixels.to(torch.float32) / 255).permute(2, 0, 1)[None]

# %% [markdown] tags=["solution"]
# **Why.** Three conventions change at once: the scale (255 becomes 1), the order of the axes, and the batch axis in
# front. Forget one of them, and the picture is too bright, scrambled, or no batch; only the last of the three is likely
# to raise an error.

# %% [markdown]
# From a file to a tensor in two lines: Pillow decodes the bytes (`np.array(Image.open(...))`, above), and your function
# does the rest. `load_image` is no more than this, besides taking care of rotated, transparent, grey and 16-bit files.
#
# ### The way back
#
# A network works with floats, for it needs values *between* the 256 steps: you will see in section 8 that learning
# depends on them. To save or show a picture we go back to bytes. With $x$ a number of the tensor and $b$ the byte:
#
# $$b = \operatorname{round}\big(255 \cdot \min(\max(x, 0),\, 1)\big).$$
#
# By hand: $x = 0.7$ gives $178.5 \to 178$ (a tie goes to the even number), $x = 0.999$ gives $254.7 \to 255$, and
# $x = 1.2$, which no screen can show, is cut to 1 and gives 255. Who forgets to **round** gets 254 in the second case,
# since a conversion to whole numbers drops what is behind the point. Who forgets to **clamp** gets worse: a byte counts
# like a mileage counter with 256 positions, and after 255 comes 0.

# %%
def stored(values, rounded=True, clamped=True):
    """Floats -> what comes back from a file of bytes; optionally with one of the two steps forgotten."""
    scaled = (values.clamp(0, 1) if clamped else values) * 255
    return ((scaled.round() if rounded else scaled).to(torch.int64) % 256) / 255  # % 256: bytes begin again at 0


x = torch.tensor([0.7, 0.999, 1.2])
assert (255 * stored(x)).round().tolist() == [178, 255, 255]  # with a pencil
assert (255 * stored(x, clamped=False)).round()[2] == 306 - 256
bright = 1.4 * photo
show.pictures(
    {"1.4 · x, clamped": stored(bright), "1.4 · x, not clamped": stored(bright, clamped=False)},
    "Brightened, then stored as bytes", height=1.9,
)
grey = torch.rand(100_000, generator=torch.Generator().manual_seed(0))
for name, rounded in {"rounded": True, "cut off": False}.items():
    error = 255 * (stored(grey, rounded) - grey)
    print(f"{name:8} mean error {error.mean():+.2f} of a byte, largest {error.abs().max():.2f}")

# %% [markdown]
# **What to see.** On the left the brightest places are merely burnt out: the wall has become white. On the right they
# have run over: every number above 1 came back 256 steps lower. So the wall is nearly black where it should be white,
# the face is full of hard-edged blue blotches, and the suit, whose red ran over while green and blue did not, is green.
#
# The printed numbers, for random values: rounding is right on average and never off by more than half a step. Cutting
# off darkens everything by half a step on average: too little to see, and it costs nothing to do it right.
#
# > **Your turn** · 6 min · ●●○ — The way back: tensor in, bytes out, in the file's order.

# %% tags=["exercise"]
# 6 min · ●●○
def to_hwc_uint8(image):
    """(1, 3, H, W), floats that may leave [0, 1] -> (H, W, 3), uint8: clamped, times 255, rounded."""
    # Your turn.
    return None


check.to_hwc_uint8(to_hwc_uint8)

# %% [markdown]
# <details><summary>Hint 1 · the shape is wrong</summary>
#
# `image[0]` drops the batch axis. What has to stand where? Old axis 1 (rows) first, then 2 (columns), then 0
# (channels): `permute(1, 2, 0)`.
#
# </details>
#
# <details><summary>Hint 2 · some numbers are too small by one, or far off</summary>
#
# In this order: `clamp(0, 1)`, times 255, `round()`, and only then `to(torch.uint8)`.
#
# </details>

# %% tags=["solution"]
def to_hwc_uint8(image):
    """(1, 3, H, W), floats that may leave [0, 1] -> (H, W, 3), uint8: clamped, times 255, rounded."""
    return (image[0].clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0)

# %% [markdown] tags=["solution"]
# **Why.** The order matters only where it must: clamp before the conversion, or the values run over; round before it, or
# they are cut off. Where the `permute` stands makes no difference. In the package this is `to_pil`.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 1 to 3: 30 minutes with both exercises. In a workshop of 90 minutes: sections 1–3 (30), 6 without
# `unnormalise` (10), 7 (20), 8–9 (25), summary (5). Sections 4 and 5 read well at home.
#
# **Expect.** "Reshape and permute are the same, they give the same shape." Let them write the 18 numbers of the 2 × 3
# picture on paper in both orders. "The first number is x": rows come first, so `image[0, 0, 10, 20]` lies 10 *down* and
# 20 to the right. "A red picture has a bright red channel only where it is red": white is bright there too.
#
# **Ask.** A grey picture has three equal channels. How much smaller could its file be? Which of the two formulas for
# $k$ makes it cheap to cut out the upper half of a picture? (HWC: one continuous piece.) And which to take out the red
# channel? (CHW.)

# %% [markdown]
# ## 4 · The numbers are not light
#
# One more thing that the numbers do not say by themselves. A value of 0.5 is *not* half as much light as 1. Our eyes
# tell dark shades apart better than bright ones, so the standard for screens and files, **sRGB**, spends more of its
# 256 steps on the dark ones. With $x$ the stored value and $\ell$ the light that the screen sends out, both one number
# from 0 to 1:
#
# $$\ell(x) = \left(\frac{x + 0.055}{1.055}\right)^{2.4} \text{ for } x > 0.04045, \qquad \ell(x) = \frac{x}{12.92} \text{ below}.$$
#
# By hand: $\ell(0.5) = (0.555/1.055)^{2.4} = 0.526^{2.4} \approx 0.214$. So "half" on paper is about a fifth of the
# light. And half the light is stored as $\ell^{-1}(0.5) \approx 0.735$. Which of the two is the right average of a
# black and a white line?

# %%
def to_light(x):
    """sRGB values, any shape -> light, from 0 to 1."""
    return torch.where(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92)


def to_srgb(light):
    """The inverse of to_light."""
    return torch.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, light * 12.92)


assert abs(to_light(torch.tensor(0.5)) - 0.214) < 1e-3 and abs(to_srgb(torch.tensor(0.5)) - 0.735) < 1e-3
lines = (torch.arange(32) % 2.0)[:, None].expand(1, 3, 32, 32)  # 16 black and 16 white lines
averages = {"mean number": lines.mean(), "mean light": to_srgb(to_light(lines).mean())}
dark, light = ({f"{name}: {value:.2f}": value.expand(1, 3, 32, 32)} for name, value in averages.items())
title = "Squint, or step back until the lines melt: which grey are they?"
show.pictures(dark | {"black and white lines": lines} | light, title, height=1.7)
for name in ("astronaut", "rocket", "ink_hatching"):
    picture = load_image(name)
    kept = to_light(torch.nn.functional.avg_pool2d(picture, 8)).mean() / to_light(picture).mean()
    print(f"{name:13} averaged over squares of 8 × 8 numbers, it keeps {kept:.0%} of its light")

# %% [markdown]
# **What to see.** From a distance the lines in the middle become a grey, and it is the *lighter* grey at the right that
# they match, not the left one, although 0.5 is the mean of the numbers 0 and 1.
#
# So a program that averages sRGB numbers, as nearly every program does when it shrinks a picture, makes fine bright
# detail too dark: a few per cent of the light are lost in the photographs, more in a drawing of fine black lines on
# bright paper. One honest sentence: **this course does it too, because the networks were trained on pictures that were
# shrunk in this way, and what counts is that theirs and ours agree.**
#
# ## 5 · Fewer pixels
#
# Style transfer is slow on large pictures, so we nearly always shrink. The obvious way, "keep every 8th pixel", throws
# away 63 of 64 pixels. The careful way averages. For a factor $k$ (a whole number), the mean over each square of
# $k \times k$ pixels, with $y$ the small picture, shape $(1, 3, H/k, W/k)$:
#
# $$y_{c,i,j} = \frac{1}{k^2} \sum_{a=0}^{k-1} \sum_{b=0}^{k-1} x_{c,\; ki + a,\; kj + b} .$$
#
# By hand, $k = 2$ on one channel: $\begin{pmatrix} 0 & 1 \\ 1 & 1 \end{pmatrix}$ becomes $3/4$, while "every 2nd pixel"
# keeps only the upper left one, 0.
#
# To see the difference we need a picture that is hard to shrink. `rings` has rings around its centre that become finer
# and finer towards the edge. At 512 pixels all of them can be shown. At 64 pixels the outer ones cannot: they would be
# finer than a pixel.
#
# > **Predict** · What does "every 8th pixel" put in the place of rings that are too fine to be shown?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# A film takes 24 pictures a second. What do you see of a wheel that turns 23 times a second?
#
# </details>

# %%
square = torch.tensor([[[[0.0, 1.0], [1.0, 1.0]]]])
assert torch.nn.functional.avg_pool2d(square, 2).item() == 0.75 and square[..., ::2, ::2].item() == 0

place = torch.linspace(-1, 1, 512)
rings = (0.5 + 0.5 * torch.cos(200 * (place[:, None] ** 2 + place**2))).expand(1, 3, -1, -1)
options = ["an even grey", "random noise", "rings that were not there"]
check.predict("Every 8th pixel: the outer part becomes", options=options)

# %%
def enlarged(image, factor):
    """Repeat every pixel `factor` times in both directions, so that a small picture shows its pixels."""
    return image.repeat_interleave(factor, 2).repeat_interleave(factor, 3)


shown = {}
for name, image in {"rings": rings, "engraving": load_image("ink_hatching")[..., 64:576, 160:672]}.items():
    ways = {"every 8th pixel": image[..., ::8, ::8], "mean of 8 × 8": torch.nn.functional.avg_pool2d(image, 8)}
    ways["antialiased"] = resize(image, (64, 64))
    shown |= {f"{name}\n512 × 512": image} | {f"{name}\n{way}": enlarged(small, 4) for way, small in ways.items()}
    rough = {way: small[..., :8].diff(dim=3).abs().mean() for way, small in ways.items()}
    print(f"{name:10}", "  ".join(f"{way}: {value:.2f}" for way, value in rough.items()))
show.pictures(shown, "From 512 × 512 to 64 × 64 pixels, in three ways", height=1.45)
check.score("rings that were not there", because="a pattern finer than the grid returns as a coarse one: aliasing")

# %% [markdown]
# **What to see.** *Above:* the original first. The figure has to show it at a quarter of its size, shrunk with care, so its
# outer rings look grey; in its 512 pixels they reach the edge. With every 8th pixel, new ring centres appear all over the
# picture. Nothing of the kind is in the original. This is **aliasing**: what is too fine for the new grid does not vanish, it disguises itself as
# something coarse. Averaging leaves a faint trace of it, and the *antialiased* filter (a smooth weighted mean over a
# larger neighbourhood) an even grey. *Below:* the engraving keeps its tones when averaged; sampled, it breaks up into
# specks and jagged bits of line.
#
# The printed numbers are the mean difference of horizontal neighbours in the eight outermost columns: roughness. For
# the rings it should be 0: there the small picture has nothing to show. What sampling adds to either picture is
# invented.
#
# A network cannot know that these patterns are not part of the picture: to it, false rings are rings, and in a style
# picture they would be style. `load_image(name, size=...)` and `resize` always antialias.
#
# > **Common mistake** · `torch.nn.functional.interpolate(image, size, mode="bilinear")` does *not* antialias unless you
# > say `antialias=True`: at an eighth it looks at no more than 4 pixels of each 64.
#
# ### Keep the proportions
#
# A network without its last, classifying layers takes pictures of any shape; nothing needs to be square.
# `load_image(name, size)` makes the *longer* side `size` pixels long and keeps the proportions. By hand: the cat has
# 300 × 451 pixels; for 128 the factor is 128/451, and the height becomes $300 \cdot 128 / 451 = 85.1$, so 85.

# %%
cat, fitted = load_image("chelsea"), load_image("chelsea", 128)
assert tuple(fitted.shape) == (1, 3, 85, 128)  # with a pencil
middle = cat[..., 75:375]
ways = {"original": cat, "fitted": fitted, "squeezed": resize(cat, (128, 128)), "cropped": resize(middle, (128, 128))}
shown = {f"{way} {tuple(image.shape)}": image for way, image in ways.items()}
show.pictures(shown, "Three ways to 128 pixels", height=1.4)

# %% [markdown]
# **What to see.** Squeezed, Chelsea has a narrow face and oval eyes; a style picture that is squeezed has strokes that
# are all too steep. Fitting keeps everything; cropping keeps the shape and loses both sides. When in doubt, fit.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 4 and 5: 15 minutes; they are the ones to drop.
#
# **Expect.** "0.5 is half as bright." It is half of the *scale*, about a fifth of the light, and to the eye roughly a
# middle grey: that is what the scale was made for. "Antialiasing is a blur": it is, of exactly what the small picture
# cannot show.
#
# **Ask.** Where have you seen aliasing outside? (Striped shirts on television, wheels that turn backwards in films.)
# Why do the rings come back in a regular grid of centres? (A pattern that repeats once per sample looks like no pattern
# at all.)

# %% [markdown]
# ## 6 · Normalising
#
# A network is a chain of sums and products whose numbers were tuned on one kind of input. VGG as torchvision
# has it, and our small *mini*, were trained on pictures whose channels had been **normalised**: minus the mean $\mu_c$ and divided by the standard
# deviation $\sigma_c$ of that channel, measured over the training pictures of ImageNet. With $x$ and $z$ of shape
# $(B, 3, H, W)$, and one number $\mu_c$, $\sigma_c$ for each channel:
#
# $$z_{b,c,i,j} = \frac{x_{b,c,i,j} - \mu_c}{\sigma_c}, \qquad \mu = (0.485,\ 0.456,\ 0.406), \qquad \sigma = (0.229,\ 0.224,\ 0.225).$$
#
# By hand, for the orange pixel $(1,\ 0.456,\ 0)$: red $(1 - 0.485)/0.229 = 2.25$; green $0$, exactly average; blue
# $(0 - 0.406)/0.225 = -1.80$.
#
# In code, three numbers must meet axis 1. PyTorch lines up shapes from the *right*, so they need the shape (3, 1, 1).

# %%
MEAN = torch.tensor([0.485, 0.456, 0.406], device=photo.device)[:, None, None]  # (3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225], device=photo.device)[:, None, None]
orange = torch.tensor([1.0, 0.456, 0.0], device=photo.device).view(1, 3, 1, 1)
z = (orange - MEAN) / DEVIATION
assert z.shape == (1, 3, 1, 1) and abs(z[0, 0] - 2.25) < 0.01 and z[0, 1] == 0 and abs(z[0, 2] + 1.80) < 0.01

looks = [("#D55E00", "-"), ("#009E73", "--"), ("#0072B2", ":")]  # colour and line, told apart by every eye
figure, axes = plt.subplots(1, 2, figsize=(8.5, 2.6))
six = [load_image(name, 128) for name in ("astronaut", "camera", "chelsea", "coffee", "portrait", "rocket")]
for axis, pictures in zip(axes, (six, [(image - MEAN) / DEVIATION for image in six]), strict=True):
    numbers = torch.cat([image.flatten(2) for image in pictures], dim=2)[0].cpu()  # (3, all pixels)
    for name, values, (colour, mark) in zip(channels, numbers, looks, strict=True):
        label = f"{name}: mean {values.mean():.2f}, deviation {values.std():.2f}"
        axis.hist(values, bins=60, density=True, histtype="step", color=colour, linestyle=mark, label=label)
    axis.legend(loc="upper right", fontsize=8)
    axis.set_ylim(0, 1.7 * axis.get_ylim()[1])
axes[0].set(title="before: x", xlabel="value", ylabel="share of the pixels (density)")
axes[1].set(title="after: z", xlabel="value")
figure.suptitle("The pixels of the course's six photographs, by channel")
plt.show()

# %% [markdown]
# **What to see.** The shapes are the same; only the scale below them has changed, a little differently for each
# channel. Before, everything lies between 0 and 1. After, it lies around 0, from about −2.1 to 2.6, with a deviation a
# little above 1. It is not exactly 0 and 1: the $\mu$ and $\sigma$ are those of ImageNet's million photographs, and our
# six have a mean of their own. That is intended. **Always use the numbers that the network was trained with**, never
# those of your own picture: a night photograph should stay dark.
#
# > **In the paper** · Simonyan and Zisserman (2014) only subtract the mean of each channel and do not divide. Their
# > published weights, made for the library Caffe, expect blue, green, red, and numbers from 0 to 255. So for *that*
# > network our pictures would be the mistake: right is what the network was trained on.
#
# <details><summary>For the curious · numbers that you will meet in other programs</summary>
#
# The mean for those weights is $(103.939,\ 116.779,\ 123.68)$, in the order blue, green, red. Divided by 255 and turned
# round it is $(0.485,\ 0.458,\ 0.408)$, nearly the $\mu$ of above. A program with 123.68 in it has the old convention,
# one with 0.485 that of torchvision, which this course follows.
#
# </details>
#
# > **Your turn** · 5 min · ●○○ — Write it for a batch.

# %% tags=["exercise"]
# 5 min · ●○○
def normalise(image):
    """(B, 3, H, W) in [0, 1] -> the same shape: each channel minus its mean, divided by its deviation."""
    # Your turn.
    return None


check.normalise(normalise)

# %% [markdown]
# <details><summary>Hint 1 · the numbers are wrong</summary>
#
# A pixel of exactly the mean must become 0. First subtract, then divide, in the order red, green, blue.
#
# </details>
#
# <details><summary>Hint 2 · an error about sizes that do not match, or stripes</summary>
#
# `MEAN` and `DEVIATION` above have the shape (3, 1, 1) and meet the channels. Three bare numbers would meet the last
# axis, the columns; if the picture happens to be 3 columns wide, there is not even an error.
#
# </details>

# %% tags=["solution"]
def normalise(image):
    """(B, 3, H, W) in [0, 1] -> the same shape: each channel minus its mean, divided by its deviation."""
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    return (image - mean) / deviation

# %% [markdown] tags=["solution"]
# **Why.** The first convolution adds a number of its own, the *bias*, to weighted sums of $z$. The two were tuned
# together: with inputs of another size, the bias says too much or nothing at all.

# %% [markdown]
# > **Your turn** · 4 min · ●○○ — And back. To *look* at what a network was given, undo both steps, the last one first:
# > $x_c = \sigma_c\, z_c + \mu_c$. By hand: $2.25 \cdot 0.229 + 0.485 = 1.00$, the red of the orange pixel.

# %% tags=["exercise"]
# 4 min · ●○○
def unnormalise(image):
    """(B, 3, H, W), normalised -> the same shape, in [0, 1] again: the exact inverse."""
    # Your turn.
    return None


check.unnormalise(unnormalise)

# %% [markdown]
# <details><summary>Hint 1 · zeros do not become the mean</summary>
#
# A tensor of zeros must give exactly the mean. Multiply first, then add.
#
# </details>
#
# <details><summary>Hint 2 · nearly right, but not for all inputs</summary>
#
# Do not clamp here. Values outside [0, 1] are cut when a picture is shown, not when it is calculated with.
#
# </details>

# %% tags=["solution"]
def unnormalise(image):
    """(B, 3, H, W), normalised -> the same shape, in [0, 1] again: the exact inverse."""
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    return image * deviation + mean

# %% [markdown] tags=["solution"]
# **Why.** Like socks and shoes: what was put on last comes off first. `normalise` subtracts, then divides; so multiply,
# then add.

# %% [markdown]
# ### Where it happens in this course
#
# In this package you will never call `normalise`. **Images are in [0, 1] everywhere, and the network's first part does
# the rest.** There are three reasons. Nobody can forget it, or do it twice. The limits of what a screen can show stay
# the simple numbers 0 and 1, which matters when pixels are trained. And a picture can be looked at in every line of the
# program. Here is the proof that it is the same:

# %% tags=["nbval-check-output"]
backbone = load_backbone("mini")
networks = {"trained": backbone, "random": load_backbone("mini", weights="random")}  # the second one is for controls
print([name for name, _ in backbone.named_children()][:5])
assert torch.allclose(backbone.normalize(photo), (photo - MEAN) / DEVIATION, atol=1e-5)

# %% [markdown]
# ## 7 · Four classic mistakes
#
# These four stand behind many a first attempt that failed. None of them raises an error.
#
# - **BGR.** OpenCV's `imread`, and the original VGG weights of 2014 (made for the library Caffe), have blue first.
# - **0–255.** The bytes were converted to floats, but not divided.
# - **Missing mean.** Divided by $\sigma$, but $\mu$ was not subtracted. Shown with $\mu$ added, as usual, every number is too large by $\mu$.
# - **HWC.** `reshape` where a `permute` was needed.
#
# > **Your turn** · 3 min · ●○○ — The remedy for the first one.

# %% tags=["exercise"]
# 3 min · ●○○
def bgr_to_rgb(image):
    """(B, 3, H, W) with blue, green, red -> the same picture with red, green, blue."""
    # Your turn.
    return None


check.bgr_to_rgb(bgr_to_rgb)

# %% [markdown]
# <details><summary>Hint 1 · the picture is mirrored or upside down</summary>
#
# `flip(n)` turns axis $n$ round. Which axis holds the channels?
#
# </details>
#
# <details><summary>Hint 2 · the shape has changed</summary>
#
# A list of indices picks channels, too, but name the batch axis first: `image[:, [...]]`.
#
# </details>

# %% tags=["solution"]
def bgr_to_rgb(image):
    """(B, 3, H, W) with blue, green, red -> the same picture with red, green, blue."""
    return image.flip(1)

# %% [markdown] tags=["solution"]
# **Why.** Green stays in the middle, the other two change places, and doing it twice changes nothing: the same function
# turns RGB into BGR.

# %% [markdown]
# ### What they look like
#
# `mistakes` has each of them as a function from the right picture to the wrong one. On the left the picture as it
# should be, then what the screen shows.

# %%
def scrambled(image):
    """(1, 3, H, W) -> the same shape: what comes out if the file's order (H, W, 3) is reshaped, not permuted."""
    return image.permute(0, 2, 3, 1).reshape(image.shape)


mistakes = {
    "right": lambda image: image,
    "BGR": lambda image: image.flip(1),
    "0–255": lambda image: image * 255,
    "mean missing": lambda image: image + MEAN,
    "HWC": scrambled,
}
shown = {}
for kind in ("portrait", "camera"):
    picture = load_image(kind, 192)
    shown |= {f"{kind}\n{name}": mistake(picture) for name, mistake in mistakes.items()}
show.pictures(shown, "Four mistakes on the screen", columns=5, height=1.5)

# %% [markdown]
# **What to see.** *BGR:* blue skin, blue-green hair, and the orange suit is blue as well. On the grey photograph
# nothing has changed, since equal numbers may be exchanged. *0–255:* white, but for places where a channel is
# (nearly) 0. *Mean missing:* pale; everything brighter than about one half is white. *HWC:* a fine mesh over large, stretched
# ghosts in loud colours, even where the photograph was grey. Here the "red channel" is the first third of the file,
# that is the upper third of the picture; "green" is the middle third and "blue" the lower one.
#
# ### What they do to the network
#
# Now the mistakes go *into* the network. A network is a chain of **layers**; we ask five of them, from `relu1_1`, near
# the picture, to `relu5_1`, the deepest. For each mistake $m$ we compare the activations $F$, the numbers with which a
# layer answers, shape $(1, C, H', W')$, with the right ones:
#
# $$d = \frac{\lVert F(m(x)) - F(x) \rVert}{\lVert F(x) \rVert}, \qquad \lVert F \rVert^2 = \text{the sum of the squares of all numbers of } F .$$
#
# $d$ is one number for each layer; 0 means "no difference". By hand: $F(x) = (3, 4)$ and $F(m(x)) = (3, 1)$ give
# $d = 3/5$. Two *controls* give it a scale: rounding the picture to bytes, which should not matter, and another
# photograph altogether.
#
# > **Predict** · Red and blue are exchanged. How far does the deepest of the five layers move, compared with another
# > photograph?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# Look at the blue astronaut in the gallery. What has changed for you, and what would you still recognise?
#
# </details>

# %%
def distance(answer, right):
    """Two tensors of one shape -> how far the first is from the second, relative to its size."""
    return ((answer - right).norm() / right.norm()).item()


assert abs(distance(torch.tensor([3.0, 1.0]), torch.tensor([3.0, 4.0])) - 0.6) < 1e-6
astronaut = load_image("astronaut", 192)
inputs = {name: mistake(astronaut) for name, mistake in mistakes.items() if name != "right"}
inputs |= {"control: rounded to bytes": stored(astronaut), "control: a cat": resize(middle, (192, 192))}


def moved_by(name, network):
    """Name of an input -> how far it moves each of the five layers."""
    answers, right = (extract_features(network, image, STYLE_LAYERS) for image in (inputs[name], astronaut))
    return [distance(answers[layer], right[layer]) for layer in STYLE_LAYERS]


options = ["not at all", "part of the way", "just as far"]
check.predict("BGR moves the deepest activations, compared with another photograph,", options=options)

# %%
moved = {name: moved_by(name, backbone) for name in inputs}
figure, axis = plt.subplots(figsize=(8, 3))
marks, colours = ("o-", "s-", "^-", "D-", "x:", "+:"), ("#0072B2", "#D55E00", "#009E73", "black", "grey", "grey")
for (name, values), mark, colour in zip(moved.items(), marks, colours, strict=True):
    axis.plot(STYLE_LAYERS, values, mark, color=colour, label=name)
axis.set(yscale="log", ylim=(1e-3, 1e3), ylabel="distance d (logarithmic)", title="How far each mistake moves five layers")
axis.grid(alpha=0.3)
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()
for kind, network in networks.items():
    bgr, other = moved_by("BGR", network), moved_by("control: a cat", network)
    print(f"{kind:8} BGR as a share of the cat:", "  ".join(f"{a / b:.2f}" for a, b in zip(bgr, other)))
share = moved["BGR"][-1] / moved["control: a cat"][-1]
assert 0.1 < share < 0.9
check.score("part of the way", because=f"{share:.0%} as far: much of what a layer answers to is not a matter of colour")

# %% [markdown]
# **What to see.** From top to bottom: 0–255 makes the answers more than a hundred times too large. HWC moves them farther
# than the cat does, in every layer: to the network it is another picture. BGR and the missing mean begin near the cat
# (the missing mean is level with it at `relu2_1`), lie well below it from `relu3_1` on, and disturb the deepest layer
# least. Rounding to bytes does about a hundredth of that, or less.
#
# Why least? "Deep layers look at shapes, not at colours" would be a nice explanation. The printed control is a warning:
# with *random* weights the share of BGR falls with depth as well, and even lower. So this is no proof of anything
# learnt, and [03](03_inside_vgg.ipynb) asks again, with other changes than colour.
#
# So a network survives BGR well enough to be dangerous: everything seems to work.
#
# ### What they do to a painting
#
# Suppose that the *style picture* is loaded with a mistake, and the photograph rightly: two loading functions in one
# program, one of them wrong. Everything else stays the same: the same portrait, the same loss, 50 steps.

# %%
style = load_image("swirls", 128)
sitter = load_image("portrait", 128)
goal = StyleTransferLoss(backbone, sitter, style, content_weight=0.03, tv_weight=0.1)
painted = {}
for name, mistake in mistakes.items():
    loss = StyleTransferLoss(backbone, sitter, mistake(style), content_weight=0.03, tv_weight=0.1)
    *_, last = minimise(loss, sitter, 50)
    painted[f"{name}: {goal(last.image)['style']:.2f}"] = last.image
title = "The style picture loaded with a mistake (number: distance to the true style)"
show.pictures(painted, title, columns=5, height=1.55)

# %% [markdown]
# **What to see.** Only the first has the night blue and yellow of the swirls. *BGR:* strokes of the right kind in the
# wrong colours, rust-red and turquoise. *0–255:* a smoothed photograph, and no style. The target is tens of thousands
# of times too large (style is compared by products of two activations, as [05](05_gram_matrices.ipynb) explains, and
# $255^2 = 65{,}025$). No picture can come near it, and the optimiser finds nothing to gain. *Mean missing:* strokes again,
# but bleached to white. *HWC:* woven, of fine upright and level threads, with a green head. These are the symptoms to
# remember. The number is the style term of the *right* loss: 0 would be the true style, and 1 is what answers of nothing
# but zeros would get. By this measure, bleached and woven are worse than no style at all: both are farther from the
# swirls than the smoothed photograph is.
#
# And if the mistake is made *everywhere*: with the photograph, with the style, and with the picture that is being
# painted?

# %%
def painted_with(mistake):
    """Style transfer in which every picture goes through the same mistake on its way into the network."""
    loss = StyleTransferLoss(backbone, mistake(sitter), mistake(style), content_weight=0.03)
    *_, last = minimise(lambda x: {"total": loss(mistake(x))["total"] + 0.1 * total_variation_loss(x)}, sitter, 50)
    return last.image


everywhere = {name: painted_with(mistake) for name, mistake in mistakes.items()}
shown = {f"{name}: {goal(image)['style']:.2f}": image for name, image in everywhere.items()}
show.pictures(shown, "The same mistake made everywhere", columns=5, height=1.55)

# %% [markdown]
# **What to see.** Now BGR, 0–255 and the missing mean all give a painting in blue and gold that many would accept. What
# is compared is wrong in the same way on both sides, and most of the error cancels. Not all: with 0–255 and the missing
# mean the suit is a dull ochre, the inside of the collar stays nearly black, and the wall is a more even blue, without the
# pale streaks. All three numbers are larger than the first one, that of 0–255 most of all. (They would be larger in any case:
# the judge is the right loss, and only the first picture was made for this judge.) Only HWC still ruins everything, with
# blurred patches in the place of strokes: scrambling destroys what convolutions live by, that neighbours in the tensor
# are neighbours in the picture.
#
# That is why these mistakes live so long in programs. **A consistent mistake makes results a little worse; an
# inconsistent one makes them plainly wrong.** The remedy is one door: every picture comes in through the same function.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 6 and 7: 30 minutes. Show the five paintings of the first row without their captions and let the
# class diagnose them from the gallery: it is the best five minutes of this notebook.
#
# **Expect.** "Normalising makes the picture better for the network." It makes it *familiar*; a network trained on 0–255
# would want 0–255. "If the network answers differently, it fails": see the second row, where both sides of the
# comparison move together.
#
# **Ask.** On which picture would BGR be invisible? (A grey one, like `camera`.) Which mistake would you find by
# printing `image.max()`, which one by `image.shape`, and which by neither? (0–255 by the first; HWC without a reshape
# by the second; BGR by neither, one has to look.)

# %% [markdown]
# ## 8 · Pixels that learn
#
# In most of machine learning the picture is given, and the numbers *in the network* are trained. Style transfer turns
# it round: the network is given, and the numbers in the **picture** are trained. To PyTorch there is no difference. A
# number is trainable if it is a float and if we ask for its gradient.
#
# Two pixels are enough to see all of it: $x = (0.2,\ 0.9)$, and both would like to be $t = (0.5,\ 0.5)$. How wrong they
# are is one number, the **loss**:
#
# $$L(x) = \sum_i (x_i - t_i)^2, \qquad \frac{\partial L}{\partial x_i} = 2\,(x_i - t_i) .$$
#
# With a pencil: $L = 0.09 + 0.16 = 0.25$. The **gradient**, all slopes together, is $(-0.6,\ 0.8)$: the loss falls if
# the first pixel grows and if the second one shrinks. So move against it, with a step size $\eta$ (Greek *eta*, the
# learning rate), here 0.25:
#
# $$x \leftarrow x - \eta\, \frac{\partial L}{\partial x}, \qquad x = (0.2 + 0.15,\ 0.9 - 0.2) = (0.35,\ 0.7), \qquad L = 0.0225 + 0.04 = 0.0625 .$$
#
# One step, and a quarter of the loss is left.

# %% tags=["nbval-check-output"]
def pixel_loss(image, target):
    """Two tensors of one shape -> one number: the sum of the squared differences."""
    return (image - target).square().sum()


two, wanted = torch.tensor([0.2, 0.9], requires_grad=True), torch.tensor([0.5, 0.5])
loss = pixel_loss(two, wanted)
loss.backward()  # fills two.grad
stepped = two.detach() - 0.25 * two.grad
print(f"loss {loss:.4f}   gradient ({two.grad[0]:.1f}, {two.grad[1]:.1f})")
print(f"loss after one step {pixel_loss(stepped, wanted):.4f}")
assert torch.allclose(two.grad, torch.tensor([-0.6, 0.8])) and torch.allclose(stepped, torch.tensor([0.35, 0.7]))

rounded = two.detach().clone().requires_grad_(True)
pixel_loss((rounded * 255).round() / 255, wanted).backward()
print("gradient behind a rounding", rounded.grad.tolist())

# %% [markdown]
# `requires_grad=True` makes PyTorch note every operation on the way to the loss; `backward()` walks the notes back and
# leaves the gradient in `.grad`. The last line of the output is why pictures must be floats: *behind a rounding* the
# gradient is 0, for a staircase is flat wherever you stand on it. (Bytes themselves cannot even ask for a gradient;
# PyTorch refuses.)
#
# ### From noise, one step
#
# Now 49,152 numbers instead of two (16,384 pixels with three each), and the same line of code. $x$ is noise of shape
# (1, 3, 128, 128), $t$ the photograph of the same shape. The gradient has that shape too: **one slope for each number
# of the picture, so it is a picture itself.** To look at it we show the step that it asks for,
# $-\partial L / \partial x$: grey means "stay", lighter "grow", darker "shrink".

# %%
target = stored(load_image("astronaut", 128))  # what an image file of 128 × 128 pixels would hold
noise = starting_image("noise", target, target, seed=0)
pixels = noise.clone().requires_grad_(True)
pixel_loss(pixels, target).backward()
assert torch.allclose(pixels.grad, 2 * (noise - target))  # the formula
steps = {"x: noise": noise, "the step asked for": show.step_picture(pixels.grad)}
steps |= {f"after it, η = {eta}": noise - eta * pixels.grad for eta in (0.05, 0.5)}
show.pictures(steps, f"One step from noise, pictures of shape {tuple(noise.shape)}", columns=4, height=1.4)

# %% [markdown]
# **What to see.** The step already contains the photograph: it is nothing but the difference $t - x$, the photograph
# minus the noise, around grey. A small step brings only a shadow of it; with $\eta = 0.5$ the astronaut is there *in
# one step*. The formula says why. Put the gradient into the step and subtract $t$:
#
# $$x_{\text{new}} - t = x - 2\eta\,(x - t) - t = (1 - 2\eta)\,(x - t) .$$
#
# Every step multiplies the error by $1 - 2\eta$, and for $\eta = 0.5$ that is 0. This is a gift of the simplest of all
# losses; for nearly any other we have to walk. So that we can watch, we walk here too: $\eta = 0.05$, and each step
# leaves nine tenths of the error.
#
# > **Predict** · No pixel can start farther than 1 from its goal. After how many steps is every one of them right to
# > within half a byte, $1/510$, so that the *files* of the two pictures are the same?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# $0.9^7 \approx 0.48$: seven steps halve the error, roughly. How many halvings lead from 1 to 1/510?
#
# </details>

# %%
check.predict(
    "With 0.9 of the error left after each step, the bytes are right after about",
    options=["10 steps", "60 steps", "600 steps"],
)

# %%
def pull(start, loss_function, steps, learning_rate):
    """Plain gradient descent on the pixels -> a list of pictures: the start, then one after each step."""
    pixels = start.clone().requires_grad_(True)
    movie = [start]
    for _ in range(steps):
        loss_function(pixels).backward()
        with torch.no_grad():  # the step itself is not to be differentiated
            pixels -= learning_rate * pixels.grad
        pixels.grad = None  # backward() would add to it
        movie.append(pixels.detach().clone())
    return movie


movie = pull(noise, lambda image: pixel_loss(image, target), steps=100, learning_rate=0.05)
shown = {f"step {n}": movie[n] for n in (0, 2, 5, 10, 20, 100)}
show.pictures(shown, "Noise is pulled into a photograph", columns=6, height=1.33)
worst = [(image - target).abs().max().item() for image in movie]
same = next(n for n, image in enumerate(movie) if torch.equal(stored(image), stored(target)))
assert abs(worst[50] / (worst[0] * 0.9**50) - 1) < 0.01 and 50 < same < 70
check.score("60 steps", because=f"the bytes agree from step {same} on, and 0.9ⁿ falls below 1/510 at n = 60")

# %% [markdown]
# **What to see.** At step 2 there is a shadow, at 5 one can tell helmet and flag, at 10 a portrait stands behind grain,
# at 20 hardly any grain is left. Nobody drew anything: each number went its own way to where its slope is 0, and the
# formula foretold the step at which the last one would arrive.
#
# You may object that this is the slowest copying machine ever built: `target.clone()` would have done it. True, and the
# next control says what exactly is missing. Shuffle the pixels of the noise and of the photograph in the *same* way, so
# that no picture is left, and run the same loop:

# %%
order = torch.randperm(128 * 128, generator=torch.Generator().manual_seed(0))


def shuffled(image):
    # (1, 3, H, W) -> the same shape, with its pixels in the order `order`
    return image.flatten(2)[..., order].view(image.shape)


blind = pull(shuffled(noise), lambda image: pixel_loss(image, shuffled(target)), steps=100, learning_rate=0.05)
difference = max((shuffled(a) - b).abs().max().item() for a, b in zip(movie, blind))
print(f"largest difference between the shuffled movie and the movie of the shuffled pictures: {difference:.0e}")
assert difference < 1e-5
show.pictures({f"step {n}": blind[n] for n in (0, 10, 100)}, "The same loop on shuffled pixels", height=1.0)

# %% [markdown]
# **What to see.** No picture at any step, and yet pixel for pixel the *same* movie: shuffling before or after makes no
# difference at all. **The pixel loss does not know what a picture is.** It compares number with number and never asks
# for a neighbour. It would be just as content with a spreadsheet.
#
# ## 9 · The same loop, another loss
#
# What the pixel loss cannot see, one picture shows. Here are four pictures made from the photograph, and to the pixel
# loss all four are *equally far* from it. Each change is scaled so that the sum of its squares is the same.

# %%
soft = 0.2 + 0.6 * target  # less contrast, so that there is room on both sides
blurred = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(soft, (4, 4, 4, 4), mode="replicate"), 9, stride=1)
changes = {
    "moved by one pixel": soft.roll(1, dims=3) - soft,
    "brighter": torch.ones_like(soft),
    "blurred": blurred - soft,
    "noise": torch.randn(soft.shape, generator=torch.Generator().manual_seed(0)).to(soft),
}
length = changes["moved by one pixel"].norm()
shown, far = {"the photograph\n": soft}, []
for name, change in changes.items():
    version = soft + change * length / change.norm()
    far.append(round(pixel_loss(version, soft).item(), 1))
    maps = [extract_features(network, torch.cat([version, soft]), "relu4_1")["relu4_1"] for network in networks.values()]
    shown[f"{name}\n{distance(*maps[0]):.2f}   ({distance(*maps[1]):.2f})"] = version
print("pixel loss of the four:", far)
show.pictures(shown, "Equally far in pixels, but not for a network: d at relu4_1, trained (random)", columns=5, height=1.5)

# %% [markdown]
# **What to see.** You would hardly notice that the second picture has moved, or that the third is brighter; the fourth
# is out of focus and the fifth full of grain. The pixel loss gives all four the same number. The distance $d$ of
# section 7, at the layer `relu4_1` of the trained network, does what your eyes do: it is several times as large for
# blur and noise as for the other two. The control, in brackets: to a network with random weights the brighter picture,
# which you would hardly notice, is about as far away as the blurred and the noisy one. What makes the difference is not
# that there are layers, but what they have learnt.
#
# So take the loop and change one thing: the loss. In place of pixels, compare the *answers of a network*. Two
# candidates, both explained in later chapters: the activations of the layer `relu4_1` should be those of the photograph
# ([04](04_what_layers_remember.ipynb)), or the style statistics of five layers should be those of a painting
# ([05](05_gram_matrices.ipynb)). One change besides: these losses have no formula for a good $\eta$, so the optimiser
# **Adam** chooses the step of each pixel; [07](07_optimisation_loop.ipynb) takes it apart.

# %%
def train_pixels(start, loss_function, steps=100):
    """The loop with Adam -> the last picture."""
    pixels = start.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([pixels], lr=0.05)
    for _ in range(steps):
        optimiser.zero_grad()
        loss_function(pixels).backward()
        optimiser.step()
        pixels.data.clamp_(0, 1)
    return pixels.detach()


losses = {"pixels": lambda image: pixel_loss(image, target)}
for name, network in networks.items():
    term = StyleTransferLoss(network, content=target, content_layers=["relu4_1"])
    losses[f"relu4_1, {name}"] = lambda image, term=term: term(image)["content"]
swirls = StyleTransferLoss(backbone, style=style)
losses["style of the swirls"] = lambda image: swirls(image)["style"]
results = {name: train_pixels(noise, loss) for name, loss in losses.items()}
for name, loss in losses.items():
    print(f"{name:24} loss {loss(noise).item():10.4f} → {loss(results[name]).item():.4f}")
show.pictures({"start": noise} | results, "One noise, one loop, 100 steps, four losses", columns=5, height=1.4)

# %% [markdown]
# **What to see.** The same noise and the same 100 steps. *Pixels:* the photograph. *relu4_1, trained:* the astronaut
# again, with the orange suit, its badge, the collar, the helmet and the shuttle all in their places. Fine detail is
# another matter: the face is smudged, the flag has lost its stars, and the black of the helmet has become grey. So much
# of the photograph comes back from this layer. *relu4_1, random:* the control, still noise, with a few lighter and
# darker patches at most. And yet its loss fell to less than a hundredth of its beginning, that of the trained network
# only to about a fortieth. For an untrained network this noise *is* the astronaut. *Style of the swirls:* no astronaut
# at all, but strokes of night blue, and curls of yellow.
#
# Nothing distinguishes these runs but the loss. **The loop is always the same; the loss decides what the pixels
# become.** The rest of the course is about losses that are worth following: [04](04_what_layers_remember.ipynb) asks
# what each layer remembers (Mahendran and Vedaldi 2015), [05](05_gram_matrices.ipynb) what style is, and together they
# make a painting (Gatys, Ecker and Bethge 2016). Before that, [02](02_convolutions_and_features.ipynb) shows what a
# layer computes.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 8 and 9: 30 minutes. Do the two pixels on the board, all of it, before anybody runs the cell.
#
# **Expect.** "The network is being trained." In section 8 there is no network at all; in section 9 its weights are
# frozen, and the same 49,152 numbers move. "A smaller loss is a better picture": the random network reaches a
# smaller loss than the trained one, with a picture of nothing.
#
# **Ask.** What would the loop make of the loss $-\sum_i (x_i - t_i)^2$? (Pixels run away from the photograph for ever,
# farther at each step; one would have to clamp.) Why does the shuffle leave the pixel loss alone, but not a loss that
# asks a network? (A convolution looks at neighbours.)

# %% [markdown]
# ## Summary
#
# 1. A picture is a tensor (1, 3, H, W) of floats from 0 to 1: batch, channel, row, column. Files hold bytes, (H, W, 3).
# 2. In: permute, divide by 255. Out: clamp, times 255, round, permute. Shrink with antialiasing.
# 3. Networks want the mean and deviation that they were trained with; here the backbone applies them itself.
# 4. BGR, 0–255, a missing mean and HWC raise no error. Made on one side only, they ruin the painting; made everywhere, all but HWC hide.
# 5. Pixels with `requires_grad` are trainable like weights, and the loss decides what they turn into.
#
# ## Common mistakes
#
# - `reshape` or `view` to change the order of axes: only `permute` moves the numbers along.
# - Normalising twice: once by hand, once in a backbone that does it already.
# - `image.clamp(0, 1).requires_grad_()` and then looking at `image.grad`: it is `None`, for the gradient went to the copy.
# - Forgetting that `.grad` adds up: set it to `None` (or call `zero_grad`) before each `backward()`.
# - Saving a picture with `.to(torch.uint8)` alone: not rounded, and what is above 1 runs over.
#
# ## Challenge
#
# *Open, half an hour or more.* Write a loss of your own for the loop of section 8, one that needs no network and does
# not compare pixel by pixel, and let noise follow it. Three ideas: (a) the picture averaged over squares of 16 × 16
# pixels should be that of the photograph, and the total variation should be small: what does the loop invent inside the
# squares? (b) The *sorted* values of each channel should be those of a painting, and the picture should stay close to a
# photograph: which colours come out? (c) Every pixel should equal the one that lies opposite. Before you run it, write
# down what you expect; afterwards, look at the gradient as a picture.
#
# <details><summary>A way to begin</summary>
#
# `torch.nn.functional.avg_pool2d(image, 16)` averages, `total_variation_loss` is imported,
# `image.flatten(2).sort(dim=2).values` sorts each channel, and `image.flip(2, 3)` turns the picture round. All of them
# pass gradients on. `train_pixels(noise, my_loss)` does the rest.
#
# </details>
#
# ## References
#
# - K. Simonyan, A. Zisserman (2014). Very deep convolutional networks for large-scale image recognition. *arXiv:1409.1556*.
# - A. Mahendran, A. Vedaldi (2015). Understanding deep image representations by inverting them. *CVPR*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). Image style transfer using convolutional neural networks. *CVPR*.
# - D. P. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. *ICLR*.
#
# [← 00 · Start here](00_start_here.ipynb) · [02 · Convolutions and features →](02_convolutions_and_features.ipynb)
