# %% [markdown]
# # 02 · Convolutions and features
#
# **What does one convolution see, and how far?**
#
# ![Four pictures. A photographer; the same photograph as a relief of its upright edges, light and dark on grey; sixteen small coloured squares of nine pixels each, the filters that a network learnt; and a photograph of a cat with nested square frames, from a dot in its eye to half of its face: what units of five layers can see.](attachment:02_convolutions_and_features.jpg)
#
# **You will**
#
# - compute a convolution with a pencil, then write it in a few lines, and read from nine numbers what they answer to;
# - predict the size of any layer's output, and how many input pixels one of its numbers depends on;
# - look for an edge filter among the first filters of a trained network, and judge your find against a thousand untrained ones;
# - see what ReLU cuts away and what pooling keeps still, and show that without ReLU two convolutions are only one;
# - measure which pixels a deep unit *really* listens to.
#
# **You need** [01 · Images as tensors](01_images_as_tensors.ipynb): a picture is a tensor of numbers. No more mathematics than sums and products; in section 11 a derivative, as there.
#
# **Reading** 40 minutes, exercises 35 minutes. **Running** about half a minute in all, on two CPU cores.

# %%
# In Colab this installs the course; anywhere else it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("nsthelpers") is None:
    # %pip install -q "git+{{repository}}"

# %% [markdown]
# Two networks of the same architecture come along. `trained` has learnt from photographs; the weights of `untrained` are random
# numbers. It is the *control*: what it does as well is no result of learning.

# %%
import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F

from nsthelpers import explore_receptive_field, extract_features, layer_table, load_backbone, load_image, show
from nsthelpers import receptive_field as field_of
from nsthelpers.checks import convolutions_and_features as check

show.setup_notebook()
trained, untrained = load_backbone("mini"), load_backbone("mini", weights="random")

# %% [markdown] tags=["teacher"]
# **Teaching notes.** *Ninety minutes:* sections 1–3 (25 minutes, `convolve` in pairs), 4 (10), 5–6 (20), 7–8 (15), 9–10 (15),
# summary (5). `max_pool` and section 11 make good homework. With less time, leave out 9 and show the figure of section 10.
#
# *Misconceptions to expect:* "a convolution makes the picture smaller" (only by its rim, and padding undoes it; strides and pooling
# do); "one kernel for each colour" (one kernel has three colour slices and gives *one* map); "the filters of the first layer are
# edge filters" (three of our sixteen are, see sections 5 and 6); "pooling makes a network invariant" (section 8 has the number).
#
# *Talking point before you begin:* cover the kernels of section 1 and let the room describe what was done to each picture. The words
# they find (softer, harder, from the side, outline) are the kernels.

# %% [markdown]
# ## 1 · Nine numbers make a picture
#
# Each of the pictures A to E below was made from the photograph by one **kernel**: a table of nine numbers. A kernel is laid
# on every place of the picture; the nine pixels under it are multiplied by its nine numbers, and the sum is the new pixel.
# These are the kernels, not in the order of the pictures:
#
# $$\tfrac19\begin{pmatrix} 1&1&1\\1&1&1\\1&1&1 \end{pmatrix} \quad
# \begin{pmatrix} -1&0&1\\-2&0&2\\-1&0&1 \end{pmatrix} \quad
# \begin{pmatrix} -1&-2&-1\\0&0&0\\1&2&1 \end{pmatrix} \quad
# \begin{pmatrix} 0&-1&0\\-1&5&-1\\0&-1&0 \end{pmatrix} \quad
# \begin{pmatrix} -1&-1&-1\\-1&8&-1\\-1&-1&-1 \end{pmatrix}$$
#
# > **Predict** · Which kernel made picture B? Look at where B is plain grey although the photograph is not.
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# What does each kernel answer where all nine pixels are the same? And which kernel cannot tell left from right?
#
# </details>

# %%
SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
HARDER = torch.tensor([[0.0, -1.0, 0.0], [-1.0, 5.0, -1.0], [0.0, -1.0, 0.0]])
OUTLINE = torch.tensor([[-1.0, -1.0, -1.0], [-1.0, 8.0, -1.0], [-1.0, -1.0, -1.0]])
KERNELS = {"first": torch.ones(3, 3) / 9, "second": SOBEL, "third": SOBEL.T, "fourth": HARDER, "fifth": OUTLINE}


def answer(image, kernel):
    """(1, 1, H, W) and (h, w) -> (H - h + 1, W - w + 1): the kernel laid on every place."""
    return F.conv2d(image, kernel[None, None])[0, 0]


def relief(values, zero=0.0, reach=1.5):
    """(H, W) of any sign -> (1, 3, H, W): `zero` is mid-grey, `zero` + `reach` white, `zero` - `reach` black."""
    return (0.5 + 0.5 * (values - zero) / reach).clamp(0, 1).expand(1, 3, -1, -1)

# %%
photo = load_image("camera", 256)[:, :1]  # (1, 1, 256, 256): for a grey photograph one channel is enough
close_up = photo[..., 20:132, 56:196]  # (1, 1, 112, 140)
riddle = {"the photograph": relief(close_up[0, 0], 0.5, 0.5)}
for letter, name in zip("CDBAE", KERNELS):
    riddle[letter] = relief(answer(close_up, KERNELS[name]), *((0.5, 0.5) if letter in "AC" else (0.0, 1.5)))
riddle = {caption: riddle[caption] for caption in ["the photograph", *"ABCDE"]}
show.pictures(riddle, "A photograph (112 × 140), and what five kernels make of it", columns=3, height=1.75)
check.predict("Which kernel made picture B?", options=list(KERNELS))

# %% [markdown]
# **What to see.** A is harder than the photograph, C is softer. B, D and E are reliefs: mid-grey means an answer of 0, white a positive and
# black a negative one (A and C are shown as they are, from 0, black, to 1, white). The smooth sky has turned to the same mid-grey in all three; what is left are edges. B and D do not show the same ones:
# follow the top of the head, the profile of the face, the post under the camera. E draws a thin double line around everything, whatever its direction.
#
# > **Common mistake** · Showing answers with `imshow(values, cmap="gray")` alone: black is then the smallest of them and white the largest, and 0 is some grey or other.
# > Answers have signs. Here 0 is always mid-grey, or black where it says so.
#
# Which kernel is which can be *calculated*. We begin with a picture small enough for a pencil.
#
# ## 2 · With a pencil
#
# $$Y_{yx} \;=\; \sum_{i=0}^{h-1}\;\sum_{j=0}^{w-1} K_{ij}\, X_{y+i,\,x+j}$$
#
# - $X$, shape $(H, W)$: the picture; $X_{yx}$ is the pixel in row $y$ and column $x$, counted from 0;
# - $K$, shape $(h, w)$: the kernel, here $3 \times 3$;
# - $Y$, shape $(H - h + 1,\; W - w + 1)$: the answers, one for each place where the whole kernel lies inside the picture.
#
# Take a picture of $5 \times 5$ pixels, dark at the upper left and bright at the lower right, and the second of the five kernels, which is called **Sobel**. At the upper left place the
# window holds zeros, except for one 1 at its lower right:
#
# $$Y_{00} = -1\cdot0 + 0\cdot0 + 1\cdot0 \;-\; 2\cdot0 + 0\cdot0 + 2\cdot0 \;-\; 1\cdot0 + 0\cdot0 + 1\cdot1 = 1 .$$
#
# The figure shows another place, row 1 and column 2. Calculate it before you look at the table on the right.

# %%
patch = torch.tensor([[0, 0, 0, 2, 2], [0, 0, 0, 2, 2], [0, 0, 1, 2, 2], [0, 1, 2, 2, 2], [1, 2, 2, 2, 2]]).float()
answers = answer(patch[None, None], SOBEL)
assert answers.tolist() == [[1, 8, 7], [4, 7, 4], [6, 4, 1]]  # with a pencil
row, column = 1, 2
window = patch[row : row + 3, column : column + 3]
tables = {"picture X (5 × 5)": patch, "kernel K (3 × 3)": SOBEL, "window × kernel": window * SOBEL, "answers Y (3 × 3)": answers}

figure, axes = plt.subplots(1, 4, figsize=(9, 2.9), width_ratios=(5, 3, 3, 3))
for axis, (title, table) in zip(axes, tables.items()):
    axis.imshow(table, cmap="RdBu_r", vmin=-13, vmax=13)
    for place, value in enumerate(table.flatten().tolist()):
        axis.text(place % table.shape[1], place // table.shape[1], f"{value + 0:.0f}", ha="center", va="center", fontsize=13)
    axis.set(title=title, xticks=[], yticks=[])
axes[0].add_patch(plt.Rectangle((column - 0.5, row - 0.5), 3, 3, fill=False, lw=3))
axes[3].add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, lw=3))
figure.suptitle("One place of one convolution: the framed window, times the kernel, summed, is the framed answer")
plt.show()

# %% [markdown]
# **What to see.** The window holds 0, 2, 2 / 1, 2, 2 / 2, 2, 2. Times the kernel its left column gives 0, −2, −2, the middle one nothing, the right
# one 2, 4, 2. The sum is $8 - 4 = 4$: *right minus left*, the middle row counted twice. So the answer is large where it is
# brighter on the right, and it is 8 at most here, in the middle of the upper row, where the window is black on the left and 2 on the right.
# All nine have been calculated with a pencil; the `assert` in the cell holds them.
#
# > **Your turn** · 10 min · ●●○ — `convolve`: a picture (H, W) and a kernel (h, w) in, the answers (H − h + 1, W − w + 1) out. Two
# > loops over the places are fine here; write it with slices and sums, without `conv2d`.

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
# A kernel of height 3 fits at $H - 3 + 1$ places. `range(n)` counts from 0 to $n - 1$, so it is
# `range(image.shape[0] - kernel.shape[0] + 1)`. Height and width may differ, for the picture and for the kernel.
#
# </details>
#
# <details><summary>Hint 2 · the shape is right, the numbers are not</summary>
#
# The window at (y, x) is `image[y : y + h, x : x + w]`. Multiply it by the kernel entry by entry (`*`, not `@`) and sum. Try
# `patch` and `SOBEL`: the answers stand in the assertion above.
#
# </details>

# %% tags=["solution"]
def convolve(image, kernel):
    """(H, W) and (h, w) -> (H - h + 1, W - w + 1): at each place the sum of window times kernel."""
    h, w = kernel.shape
    answers = image.new_zeros(image.shape[0] - h + 1, image.shape[1] - w + 1)
    for y in range(answers.shape[0]):
        for x in range(answers.shape[1]):
            answers[y, x] = (image[y : y + h, x : x + w] * kernel).sum()
    return answers

# %% [markdown] tags=["solution"]
# **Why.** Nothing more happens in a layer: the same few numbers at every place. That they are the *same* is the point (LeCun et al. 1989): a detector that has
# been learnt at one place works at all of them, and it costs nine numbers, not one for each pair of an input and an output pixel.

# %% [markdown]
# > **Is this a convolution?** A mathematician's convolution is $\sum_{ij} K_{ij}\, X_{y-i,\,x-j}$: minus signs, which turn the kernel by 180°.
# > What networks do is called *cross-correlation* there. `conv2d` turns nothing round. It does not matter to a network, which learns
# > its kernels as it needs them; it does matter when you take a kernel from a book.
#
# The test that tells them apart is a picture with one bright pixel. A mathematician's convolution prints the kernel around it;
# ours prints the kernel turned round.

# %% tags=["nbval-check-output"]
one_pixel = torch.zeros(1, 1, 5, 5)
one_pixel[0, 0, 2, 2] = 1
numbered = torch.arange(1.0, 10.0).view(3, 3)
print(answer(one_pixel, numbered))
assert torch.equal(answer(one_pixel, numbered), numbered.flip(0, 1))
assert torch.equal(SOBEL.flip(0, 1), -SOBEL)  # for Sobel, turning round only changes the sign

# %% [markdown]
# ## 3 · Reading a kernel
#
# Two rules of thumb let you read a kernel without a computer.
#
# **The sum of its entries is its answer to a plain wall.** If all pixels under the kernel are $c$, then
# $Y = \sum_{ij} K_{ij}\, c = c \sum_{ij} K_{ij}$. A kernel whose entries sum to 0 is *balanced*: it is deaf to brightness, and answers only to differences.
#
# **It answers most to what looks like itself**: bright where its entries are positive, dark where they are negative. (Among all windows of the same length
# $\sqrt{\sum X^2}$; a sum of products is a *similarity*.)
#
# By hand: Sobel's entries sum to $4 - 4 = 0$, the first kernel's to $9 \cdot \frac19 = 1$. So if the whole photograph becomes brighter by 0.2, the answers of the first kernel grow by 0.2 and those of Sobel not at all.

# %%
for name, kernel in KERNELS.items():
    change = (answer(close_up + 0.2, kernel) - answer(close_up, kernel)).mean().item()
    print(f"{name:7} sum of entries {kernel.sum().item() + 0:3.1f}   answers change by {round(change, 3) + 0:3.1f}")
    assert abs(change - 0.2 * kernel.sum().item()) < 1e-4
reason = "below minus above: silent along upright edges, loud along level ones"
check.score("third", because=reason, question="Which kernel made picture B?")

# %% [markdown]
# So two kernels keep the brightness of the sky: the first, a mean of nine pixels (soft, C), and the fourth (hard, A). The other three are
# balanced. Of these the fifth asks whether the middle is brighter than its surroundings, in no particular direction: E. The second is *right minus
# left*, the third *below minus above*.
#
# ### Sobel, and what makes it a good edge detector
#
# Why 1, 2, 1 and not 1, 1, 1? Because Sobel is two kernels in one: a *blur* along the edge, which calms noise, and a
# *difference* across it. Laid on one after the other they are the same as one kernel, their product:
#
# $$\begin{pmatrix} 1\\2\\1 \end{pmatrix} \begin{pmatrix} -1&0&1 \end{pmatrix} =
# \begin{pmatrix} -1&0&1\\-2&0&2\\-1&0&1 \end{pmatrix}$$
#
# shapes $(3, 1)$, $(1, 3)$ and $(3, 3)$. That two convolutions can be one is worth remembering: in section 9 it will be a problem.
#
# With $S_x$ the answer of Sobel (right minus left) and $S_y$ that of its transpose (below minus above), both $(H-2, W-2)$, the **strength** of an edge is
# $\sqrt{S_x^2 + S_y^2}$, whatever its direction. By hand: 3 and 4 give 5. The control has the *same pixels in random order*.

# %%
blur, difference = torch.tensor([[1.0], [2.0], [1.0]]), torch.tensor([[-1.0, 0.0, 1.0]])
assert torch.equal(blur @ difference, SOBEL) and torch.hypot(torch.tensor(3.0), torch.tensor(4.0)) == 5
assert torch.allclose(answer(answer(photo, blur)[None, None], difference), answer(photo, SOBEL), atol=1e-5)


def strength(image):
    """(1, 1, H, W) -> (H - 2, W - 2): how strong an edge is at each place, in whatever direction."""
    return torch.hypot(answer(image, SOBEL), answer(image, SOBEL.T))


order = torch.randperm(photo.numel(), generator=torch.Generator().manual_seed(0))
shuffled = photo.flatten()[order].view_as(photo)
shown = {"photograph": relief(photo[0, 0], 0.5, 0.5), "right − left": relief(answer(photo, SOBEL))}
shown |= {"below − above": relief(answer(photo, SOBEL.T)), "strength": relief(strength(photo), 1, 1)}
shown["strength, pixels shuffled"] = relief(strength(shuffled), 1, 1)
show.pictures(shown, "Sobel on a photograph (256 × 256 in, 254 × 254 out)", columns=5, height=1.6)
print(f"mean strength: photograph {strength(photo).mean():.2f}, shuffled {strength(shuffled).mean():.2f}")
print(f"places with a strength below 0.2: {(strength(photo) < 0.2).float().mean():.0%} and {(strength(shuffled) < 0.2).float().mean():.0%}")

# %% [markdown]
# **What to see.** The tripod's legs and the face stand out in the second picture, the level lines of the camera, the arm and the buildings
# in the third. In the fourth, where black is 0, the drawing is complete; sky and coat are dark. The last one is all noise.
#
# The numbers say what an edge detector lives on: **neighbouring pixels of a photograph are nearly alike**. Edges are rare, and so
# they say much. Shuffle the pixels, and there is an "edge" everywhere. We shall need this in section 6.
#
# ## 4 · How large is the answer?
#
# A kernel of 3 fits at 254 of 256 places in a row. The 16 convolutions of VGG-19, one after the other, would take 32 pixels off the height and the width;
# so networks lay a rim around it first, as a rule one of zeros: **padding**. And they may leave out places: with a **stride** of 2, every second one. Along one axis:
#
# $$O = \left\lfloor \frac{N + 2p - k}{s} \right\rfloor + 1$$
#
# - $N$: the size of the input; $k$: of the kernel; $p$: of the padding on *each* side; $s$: the stride; all whole numbers, in pixels;
# - $\lfloor\cdot\rfloor$: rounded down; $O$: the size of the output. Height and width are calculated separately.
#
# By hand: $N = 5, k = 3, p = 0, s = 1$ gives $2/1 + 1 = 3$, as in section 2. VGG's convolutions have $k = 3, p = 1, s = 1$: $O = N + 2 - 3 + 1 = N$,
# the size stays. Its poolings have $k = 2, p = 0, s = 2$: 224 gives $222/2 + 1 = 112$, and 225 also gives 112.
#
# > **Your turn** · 5 min · ●○○ — `output_size`: four whole numbers in, one out.

# %% tags=["exercise"]
# 5 min · ●○○
def output_size(size, kernel, stride, padding):
    """Whole numbers -> the size of the output (a whole number), along one axis."""
    # Your turn.
    return None


check.output_size(output_size)

# %% [markdown]
# <details><summary>Hint 1 · some numbers are off by one</summary>
#
# The kernel's first place needs no move. Count the moves that fit, `(size + 2 * padding - kernel) // stride`, and add the first place at the end.
#
# </details>
#
# <details><summary>Hint 2 · the result is a float, or too large for odd sizes</summary>
#
# `/` gives a float. An incomplete move does not count: `//` rounds down.
#
# </details>

# %% tags=["solution"]
def output_size(size, kernel, stride, padding):
    """Whole numbers -> the size of the output (a whole number), along one axis."""
    return (size + 2 * padding - kernel) // stride + 1

# %% [markdown] tags=["solution"]
# **Why.** The kernel's left end starts at 0 and may go as far as `size + 2 * padding - kernel`, in steps of `stride`. The `+ 1`
# is the place where it starts: five fence posts, four gaps.

# %% [markdown]
# Padding has a price. Zero is a colour too, and where the rim meets the picture there is an edge that nobody photographed. VGG subtracts the mean colour
# before it pads, so its rim is not black but grey (here: the mean of the photograph); that helps, as much as the picture's border is grey. Repeating the outermost pixels makes no new edge at all; our small network does it, in every layer.

# %%
mean = photo.mean()
padded = {
    "zeros (black)": F.pad(photo, (1, 1, 1, 1)),
    "zeros, mean subtracted": F.pad(photo - mean, (1, 1, 1, 1)),
    "border repeated": F.pad(photo, (1, 1, 1, 1), mode="replicate"),
}
edges = {name: strength(image) for name, image in padded.items()}
assert [check.output_size.reference(*case) for case in ((5, 3, 1, 0), (224, 2, 2, 0), (225, 2, 2, 0))] == [3, 112, 112]
assert edges["border repeated"].shape[0] == check.output_size.reference(256, 3, 1, 1) == 256
border = {"the photograph there": relief(photo[0, 0, -10:, 30:70], 0.5, 0.5)}
border |= {name: relief(values[-10:, 30:70], 1, 1) for name, values in edges.items()}
show.pictures(border, "Edge strength at the lower border, 10 × 40 of 256 × 256 (black: 0)", columns=2, height=0.95)
for name, values in edges.items():
    rim = torch.cat([values[0], values[-1], values[:, 0], values[:, -1]])
    print(f"{name:23} mean strength at the rim {rim.mean():.2f}, inside {values[1:-1, 1:-1].mean():.2f}")

# %% [markdown]
# **What to see.** A piece of the lowest ten rows: the dark coat, and light lawn between the legs. With black zeros there is a bright line under the lawn, which lies against black now. With the mean subtracted the lawn has none (it is
# about as bright as the mean), but the coat has one. With the border repeated only the real edges are left, the outlines of the legs. The printed numbers are for the whole rim of the photograph. If a stylised picture has a strange frame, this is where to look.
#
# ## 5 · Colour in, channels out
#
# A colour picture has three channels, so a kernel has three slices, one for each, and the products of all slices go into *one* sum. One kernel
# makes one map. A layer has a whole **bank** of kernels and makes as many maps:
#
# $$Z_{oyx} \;=\; b_o \;+\; \sum_{c}\sum_{i}\sum_{j} W_{ocij}\, X_{c,\,y+i,\,x+j}$$
#
# - $X$, shape $(C_\text{in}, H, W)$: the input; $c$ runs over its channels;
# - $W$, shape $(C_\text{out}, C_\text{in}, h, w)$: the bank; $o$ counts its kernels; $b$, shape $(C_\text{out},)$: one number added to each map, the **bias**;
# - $Z$, shape $(C_\text{out}, H', W')$: the **feature maps**, with $H', W'$ from section 4.
#
# By hand, with kernels of $1 \times 1$: the picture has two pixels, red (1, 0, 0) and green (0, 1, 0). The kernel (1, −1, 0), "red minus green", answers 1 and −1. The kernel
# (1, 1, 1), brightness, answers 1 and 1: to it the two pixels are the same.
#
# Below, first these two pixels. Then the first layer of the network, `conv1_1`, by one call of `conv2d` on the padded picture: 16 kernels of $3 \times 3 \times 3$, so $16 \cdot 27 + 16 = 448$ numbers (VGG-19's has 64 kernels and 1792
# numbers). A kernel of three slices can be drawn as a tiny colour picture: red for the first slice, green for the second, blue for the third, mid-grey for 0.

# %% tags=["nbval-check-output"]
two_pixels = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]])  # (3, 1, 2): red, green
bank = torch.tensor([[1.0, -1.0, 0.0], [1.0, 1.0, 1.0]]).view(2, 3, 1, 1)
assert F.conv2d(two_pixels[None], bank)[0].tolist() == [[[1, -1]], [[1, 1]]]

coffee, layer = load_image("coffee", 256), trained.conv1_1
# The padding of our small network: the outermost pixels, repeated.
by_hand = F.conv2d(F.pad(trained.normalize(coffee), (1, 1, 1, 1), mode="replicate"), layer.weight, layer.bias)
assert torch.allclose(by_hand, extract_features(trained, coffee, "conv1_1")["conv1_1"], atol=1e-4)
print("in", tuple(coffee.shape[1:]), "  bank", tuple(layer.weight.shape), "  bias", tuple(layer.bias.shape), "  out", tuple(by_hand.shape[1:]))
print("numbers to learn:", layer.weight.numel() + layer.bias.numel(), "=", layer_table(trained)[0].parameters)

# %%
def draw_bank(weights):
    """(16, 3, 3, 3) -> a picture (1, 3, H, W): each kernel as 3 × 3 coloured squares, each on its own scale."""
    tiles = 0.5 + 0.5 * weights / weights.abs().amax(dim=(1, 2, 3), keepdim=True)
    tiles = F.pad(tiles, (0, 1, 0, 1), value=1.0).view(2, 8, 3, 4, 4)  # two rows of eight, with a white gap
    return tiles.permute(2, 0, 3, 1, 4).reshape(1, 3, 8, 32).repeat_interleave(12, 2).repeat_interleave(12, 3)


banks = {"trained": draw_bank(trained.conv1_1.weight), "untrained": draw_bank(untrained.conv1_1.weight)}
show.pictures(banks, "The 16 kernels of conv1_1, each 3 × 3 pixels × 3 colours", columns=2, height=1.3)

# %% [markdown]
# **What to see.** *Right*, untrained: confetti. *Left*, trained: order. Most of these kernels have one colour all over, stronger or weaker in the middle. Three (the first of the upper row, the fifth and sixth of the lower) have no colour, but a light and a
# dark side. In networks whose first kernels are 7 or 11 pixels wide, such pictures show neat stripes and spots of colour (Zeiler and Fergus 2014); nine pixels are too few
# for that. So look at what the kernels *do*: of each network the first seven maps (not the best seven).

# %%
def first_maps(network, image, count=7):
    """-> {caption: (1, 3, H, W)}: the first `count` maps of conv1_1, mid-grey at their mean."""
    maps = extract_features(network, image, "conv1_1")["conv1_1"][0, :count]
    name = "trained" if network is trained else "untrained"
    return {f"{name}, channel {o}": relief(values, values.mean(), 2 * values.std()) for o, values in enumerate(maps)}


maps = {"the photograph": coffee} | first_maps(trained, coffee) | {" the photograph": coffee} | first_maps(untrained, coffee)
show.pictures(maps, f"Maps of conv1_1, {coffee.shape[2]} × {coffee.shape[3]} values each (mid-grey: the mean)", columns=4, height=1.1)

# %% [markdown]
# **What to see.** *Below*, untrained: the photograph again and again, or its negative, in other shades; only 3 and 5 have sharper outlines. *Above*, trained: there are two kinds. Channel 0 is a relief: cup, saucer and the grain of the wood are drawn in light and dark
# lines on an almost even grey. The others weigh one colour against another, as "red minus green" did: in 1 and 5 the orange coffee is darkest, in 3 the red saucer; in 2, 4 and 6 the saucer is lighter than the white cup.
# How good an edge filter is channel 0, or any other? That can be calculated.
#
# ## 6 · Which one is the edge filter?
#
# Sobel was written by a person. Did training find something like it? To compare, we need the single table of nine numbers that a *grey* picture
# meets in a kernel of three slices. All three channels then hold the same pixel, and the network divides each by its deviation $\sigma_c$ (`normalize`; see [01](01_images_as_tensors.ipynb)), so
#
# $$G_{oij} = \sum_c W_{ocij} / \sigma_c$$
#
# with $W$ of shape $(16, 3, 3, 3)$, $\sigma$ of shape $(3,)$ and $G$ of shape $(16, 3, 3)$. By hand, for one entry with $W = (0.2, -0.1, 0.3)$ and, to keep it simple, $\sigma = (0.2, 0.1, 0.3)$: $G = 1 - 1 + 1 = 1$.
# On our grey photograph the whole layer must then be nothing but these kernels, plus one constant for each map. The code asserts it.
#
# The **cosine** says how alike two kernels are, both of shape $(3, 3)$: 1 or −1 if one is a multiple of the other (the sign tells which side is bright), and 0 if
# they have nothing in common:
#
# $$\cos(A, B) = \frac{\sum_{ij} A_{ij} B_{ij}}{\sqrt{\sum_{ij} A_{ij}^2\; \sum_{ij} B_{ij}^2}}$$
#
# By hand: Sobel and the simpler kernel with three rows −1, 0, 1 have $\sum AB = 1 + 1 + 2 + 2 + 1 + 1 = 8$, $\sum A^2 = 12$, $\sum B^2 = 6$, so $\cos = 8/\sqrt{72} = 0.94$. Sobel and its transpose: $1 - 1 - 1 + 1 = 0$.
#
# > **Predict** · Before we look at the trained kernels: draw 16 kernels of random numbers and take the one most like Sobel, signs aside. Its cosine is, on average, about …
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# Nine numbers are not many directions. One random kernel has a cosine of about 0.3, signs aside. You have sixteen tries.
#
# </details>
#
# (The function takes one thing more, a matrix $M$ of shape $(9, 9)$. It is explained below; with the identity, as here, this is the cosine.)

# %%
def grey_kernels(network):
    """A network -> (16, 3, 3): what a grey picture meets in the kernels of conv1_1."""
    return (network.conv1_1.weight / network.normalize.std.view(1, 3, 1, 1)).sum(dim=1)


def similarity(kernels, target, M=torch.eye(9)):
    """(N, 3, 3), (3, 3) and (9, 9) -> (N,): aᵀMb / √(aᵀMa · bᵀMb); with the identity for M the cosine."""
    a, b = kernels.flatten(1), target.flatten()
    return a @ M @ b / ((a @ M * a).sum(dim=1) * (b @ M @ b)).sqrt()


maps = extract_features(trained, photo.expand(1, 3, -1, -1), "conv1_1")["conv1_1"][0, :, 1:-1, 1:-1]
constants = maps - torch.stack([answer(photo, kernel) for kernel in grey_kernels(trained)])  # one for each map
assert (constants - constants.mean(dim=(1, 2), keepdim=True)).abs().max() < 1e-4
assert abs((torch.tensor([0.2, -0.1, 0.3]) / torch.tensor([0.2, 0.1, 0.3])).sum() - 1) < 1e-6
simpler = torch.tensor([[[-1.0, 0.0, 1.0]] * 3])
assert abs(similarity(simpler, SOBEL) - 8 / 72**0.5) < 1e-6 and similarity(SOBEL.T[None], SOBEL) == 0
check.predict("The best of 16 random kernels has a cosine with Sobel of about", options=["0.1", "0.3", "0.65", "0.95"])

# %% [markdown]
# Now both networks, and as a control a thousand random banks of 16. There is a second thing to measure. Section 3 said to look at the sum of the entries first; the
# **imbalance** $|\sum G_{ij}| \,/\, \sum |G_{ij}|$ is 0 if the kernel is deaf to plain brightness, and 1 if all entries have one sign. Sobel: 0; the mean: 1.

# %%
# Random numbers with a bell curve; a sum of three such slices would be one again.
thousand = torch.randn(1000 * 16, 3, 3, generator=torch.Generator().manual_seed(1))


def best_of_16(kernels, M=torch.eye(9)):
    """(1000 · 16, 3, 3) -> (1000,): for each bank of 16 its largest similarity to Sobel, signs aside."""
    return similarity(kernels, SOBEL, M).abs().view(-1, 16).amax(dim=1)


def imbalance(kernels):
    """(N, 3, 3) -> (N,): from 0 (deaf to plain brightness) to 1 (all entries of one sign)."""
    return kernels.sum(dim=(1, 2)).abs() / kernels.abs().sum(dim=(1, 2))


assert imbalance(torch.stack([SOBEL, KERNELS["first"]])).tolist() == [0, 1]
nets = {"trained": trained, "untrained": untrained}
best = {name: similarity(grey_kernels(net), SOBEL).abs().max().item() for name, net in nets.items()}
chance, few = best_of_16(thousand), {name: (imbalance(grey_kernels(net)) < 0.05).sum().item() for name, net in nets.items()}
print("cosine of the best of 16:", {name: round(value, 2) for name, value in best.items()} | {"by chance": round(chance.mean().item(), 2)})
print(f"random banks that hold a kernel as good as the best trained one: {(chance >= best['trained']).float().mean():.0%}")
few["by chance"] = round(16 * (imbalance(thousand) < 0.05).float().mean().item(), 1)
print("kernels of 16 with an imbalance below 0.05:", few)
check.score("0.65", because="the best of sixteen draws is far above the average draw")

# %% [markdown]
# The best trained filter has a cosine of 0.92, and that is **evidence**: of the thousand random banks only four hold one as good. Without the control we could not say so. The untrained network's 0.83 sounds respectable too, and it is
# chance: about one random bank in 25 has as much. (One control can be lucky, as this one was; hence the thousand.) The last line alone proves little: three of the sixteen trained kernels are balanced, and so are three or more
# in one random bank of six. But the three are channels 0, 12 and 13, those of the figure in section 5 with a light and a dark side, and the best filter is one of them. Nobody asked for it; presumably it pays, since a thing is the same thing in bright and in dark photographs.
#
# Does balance matter? On a photograph, very much. Neighbouring pixels are nearly alike (section 3), so whatever is unbalanced mostly answers to
# brightness, and whatever is balanced can only answer to differences. So compare what kernels *do*: the **correlation** of their answers to the photograph, over all places. It needs no maps. If $M$, shape
# $(9, 9)$, is the covariance of the nine pixels of a window, two answers have the correlation $a^\top M b / \sqrt{a^\top M a \; b^\top M b}$, with $a, b$ of shape $(9,)$ the
# kernels as rows: the cosine, seen through the photograph. For shuffled pixels $M$ is nearly the identity (times a number), and we are back at the plain cosine.

# %%
M_photo, M_shuffled = (torch.cov(F.unfold(image, 3)[0]) for image in (photo, shuffled))
pair = torch.stack([answer(photo, SOBEL).flatten(), answer(photo, HARDER).flatten()])
assert abs(torch.corrcoef(pair)[0, 1] - similarity(HARDER[None], SOBEL, M_photo)) < 1e-3
balanced = thousand - thousand.mean(dim=(1, 2), keepdim=True)

figure, axes = plt.subplots(1, 3, figsize=(9, 2.8), sharey=True)
panels = {"kernels (cosine)": torch.eye(9), "answers, photograph": M_photo, "answers, pixels shuffled": M_shuffled}
for axis, (title, M) in zip(axes, panels.items()):
    for kernels, colour, label in ((thousand, "#999999", "random banks"), (balanced, "#56B4E9", "random, balanced")):
        axis.hist(best_of_16(kernels, M), bins=torch.linspace(0, 1, 41), color=colour, alpha=0.65, label=label)
    for (name, net), line in zip(nets.items(), "-:", strict=True):
        axis.axvline(similarity(grey_kernels(net), SOBEL, M).abs().max(), color="black", linestyle=line, label=name)
    axis.set(title=title, xlabel="best of 16, signs aside", xlim=(0, 1))
axes[0].set_ylabel("banks")
axes[0].legend(fontsize=8, loc="upper left")
figure.suptitle("How near to Sobel is the nearest of 16 kernels? Two networks and a thousand random banks")
plt.show()
for name in ("camera", "chelsea", "coffee", "rocket"):
    M = torch.cov(F.unfold(load_image(name, 256).mean(dim=1, keepdim=True), 3)[0])
    ours = similarity(grey_kernels(trained), SOBEL, M).abs().max()
    shares = [(best_of_16(kernels, M) >= ours).float().mean() for kernels in (thousand, balanced)]
    print(f"{name:8} in grey: trained {ours:.2f}; as good or better: {shares[0]:4.0%} of random, {shares[1]:4.0%} of balanced banks")

# %% [markdown]
# **What to see.** *Left, the kernels themselves:* the trained network (solid line) stands at the right end of the heap of the random banks, the lucky untrained one (dotted) a little farther down, and to balance the random ones (blue) hardly moves the heap.
# *Middle, what they do to the photograph:* the trained network is at the far right of the grey heap, which few random banks reach. But the balanced ones do reach it: subtract the mean from random kernels, and
# most banks hold an excellent edge detector, about one in six a better one than the trained. *Right, the control:* on shuffled pixels there is nothing smooth, the advantage of balance is gone, and
# the picture on the left comes back. The printed lines repeat the middle with other photographs, in grey.
#
# So, did it learn Sobel? Something like it, more than chance explains; but on photographs *balance* alone takes random kernels nearly as far. Here is the filter, beside the one that a person wrote:

# %%
likeness = {name: similarity(grey_kernels(net), SOBEL, M_photo) for name, net in nets.items()}
edge = likeness["trained"].abs().argmax().item()
sign = likeness["trained"][edge].sign()
rows = {"Sobel": SOBEL, f"trained, channel {edge}": sign * grey_kernels(trained)[edge]}
other = likeness["untrained"].abs().argmax().item()
rows[f"untrained, channel {other}"] = likeness["untrained"][other].sign() * grey_kernels(untrained)[other]
shown = {name: relief(kernel, 0, kernel.abs().max()) for name, kernel in rows.items()}
for name, kernel in rows.items():
    values = answer(photo, kernel)
    shown[f"its answers, {similarity(kernel[None], SOBEL, M_photo).item():+.2f}"] = relief(values, values.mean(), 2.5 * values.std())
show.pictures(shown, "Kernels (3 × 3) and their answers (254 × 254), with the correlation to Sobel's", columns=3, height=1.5)

# %% [markdown]
# **What to see.** The trained kernel is not quite Sobel: dark on the left and light on the right, lightest in the middle of the right column, but its left column is about equally dark all the way, and its middle column is not grey. On the photograph its answers
# are nearly Sobel's, the same outlines light and dark on the same sides. The untrained network's best has a dark side on the left too. But its entries sum to a little less than 0, and so its answers still hear brightness: the sky is
# darker than the lawn, and the dark coat is lighter than both. (The sign of a kernel is free; both were turned so that right is light. With its own sign, the trained one answers to the opposite side. The next section shows why that matters.)
#
# ## 7 · ReLU: what is cut away
#
# After each convolution comes the **rectified linear unit**, number by number:
#
# $$\mathrm{ReLU}(z) = \max(z, 0)$$
#
# with $z$ of any shape and a result of the same shape. By hand: $(-2, 0, 3)$ becomes $(0, 0, 3)$. Layers are named in pairs: `conv1_1` holds $z$, `relu1_1` holds $\mathrm{ReLU}(z)$.
#
# > **Your turn** · 2 min · ●○○ — `relu`: a tensor of any shape in, a *new* tensor out. A gradient must be able to pass.

# %% tags=["exercise"]
# 2 min · ●○○
def relu(features):
    """Any shape -> the same shape: negative numbers become 0, the others stay."""
    # Your turn.
    return None


check.relu(relu)

# %% [markdown]
# <details><summary>Hint 1 · large numbers have changed</summary>
#
# Only the lower end is cut. `clamp(0, 1)` cuts the upper end too.
#
# </details>
#
# <details><summary>Hint 2 · "you changed the input"</summary>
#
# `clamp_`, `relu_` and `x[x < 0] = 0` write into the tensor that was given to you. `clamp(min=0)`, without the underscore, makes a new one.
#
# </details>

# %% tags=["solution"]
def relu(features):
    """Any shape -> the same shape: negative numbers become 0, the others stay."""
    return features.clamp(min=0)

# %% [markdown] tags=["solution"]
# **Why.** The slope is 1 above 0 and 0 below: where a detector is silent, no gradient passes. Written in place, the function
# would also turn every stored `conv1_1` into `relu1_1` behind your back; [03 · Inside VGG](03_inside_vgg.ipynb) walks into that trap on purpose.

# %% [markdown]
# What does it do to an edge detector? Sobel answers +4 to an edge from dark to light and −4 to the same edge from light to dark. ReLU keeps the first and drops
# the second, so the detector becomes *one-sided*. A second kernel with the opposite sign would keep the other half. Nothing is lost if both are there: $\mathrm{ReLU}(z) - \mathrm{ReLU}(-z) = z$.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 4 to 6: 30 minutes, of which 10 for the prediction and the thousand banks.
#
# **Expect.** "0.83 is a high cosine." Let the room choose the best of sixteen random rows of nine numbers themselves; the surprise is the lesson. "The balanced random banks are trained too, since
# they are as good": no, they are as good *at this one task*, after balancing by hand. "The untrained network has an edge filter, so training is useless": it is one lucky draw; look at where the thousand lie,
# and at the middle panel.
#
# **Ask.** What else could one look for in the 16 kernels, and how often would it be found by chance? Which of the printed lines of section 6 would you put into a paper?

# %%
z = answer(photo, SOBEL)
assert torch.equal(z.relu() - (-z).relu(), z) and torch.tensor([-2.0, 0.0, 3.0]).relu().tolist() == [0, 0, 3]
values = extract_features(trained, photo.expand(1, 3, -1, -1), ["conv1_1", "relu1_1"])
bins = torch.arange(-30, 31) / 30 * values["conv1_1"][0, edge].abs().max()  # 0 is a border between two bars

figure, axes = plt.subplots(1, 4, figsize=(11, 2.7))
for axis, (title, half) in zip(axes, {"ReLU(z): light on the right": z.relu(), "ReLU(−z): light on the left": (-z).relu()}.items()):
    axis.imshow(half, cmap="gray", vmin=0, vmax=2)
    axis.set(title=title, xticks=[], yticks=[])
for axis, (layer, maps) in zip(axes[2:], values.items()):
    axis.hist(maps[0, edge].flatten(), bins=bins, color="#0072B2")
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set(title=f"{layer}, channel {edge}", xlabel="value", ylabel="places (logarithmic)", yscale="log", ylim=(0.8, 1e5))
figure.suptitle("Two halves of Sobel's answers z (254 × 254), and the learnt filter's values before and after its ReLU")
plt.show()
for name, net in nets.items():
    found = extract_features(net, coffee, ["relu1_1", "relu3_1", "relu5_1"])
    print(f"{name:9} exactly 0:", "  ".join(f"{layer} {(v == 0).float().mean():.0%}" for layer, v in found.items()))

# %% [markdown]
# **What to see.** *Left:* each half keeps one side of every edge. The man's back, dark after a light background, is drawn in the second picture and missing in the first; of each leg of the tripod every
# half has one outline. *Right:* the same in the network, for the edge filter of section 6 with its own sign and constant. There is a sharp peak near 0 (most of a photograph has no edges) and a long tail on either side. After the ReLU the
# negative tail is gone: all of it has been added to the first bar at 0. The peak stands a little to the right of 0: the filter is not perfectly balanced, so light flat areas like the sky just get through, and dark ones like the coat do not.
#
# The printed numbers are for the coffee cup, all channels. With random weights about half of all values are cut, as one expects of numbers whose sign is a toss of a coin. Training has changed
# that: fewer zeros in all three layers, in the two deeper ones about a third.
#
# ## 8 · Pooling: what moves and what stays
#
# Five times in a VGG the maps are halved. **Max pooling** keeps the largest of every block of $2 \times 2$, **average pooling** the mean:
#
# $$P_{cyx} = \max_{a, b \in \{0, 1\}} X_{c,\,2y+a,\,2x+b} \qquad \text{or} \qquad P_{cyx} = \tfrac14 \sum_{a, b \in \{0, 1\}} X_{c,\,2y+a,\,2x+b}$$
#
# with $X$ of shape $(C, H, W)$ and $P$ of shape $(C, \lfloor H/2 \rfloor, \lfloor W/2 \rfloor)$; $c$ counts channels, each is pooled by itself. By hand:
# $\begin{pmatrix} 1&3&0&0\\2&0&0&8 \end{pmatrix}$ becomes $(3, 8)$ or $(1.5, 2)$.
#
# > **Your turn** · 7 min · ●●○ — `max_pool`: (B, C, H, W) in, (B, C, H // 2, W // 2) out; an odd last row or column is left out. Without
# > `max_pool2d`: four slices and `torch.maximum` will do.

# %% tags=["exercise"]
# 7 min · ●●○
def max_pool(features):
    """(B, C, H, W) -> (B, C, H // 2, W // 2): the largest of each block of 2 × 2."""
    # Your turn.
    return None


check.max_pool(max_pool)

# %% [markdown]
# <details><summary>Hint 1 · the shape is wrong</summary>
#
# First cut to even sizes: `features[..., : H // 2 * 2, : W // 2 * 2]`. Then `[..., 0::2, 0::2]` are the upper left pixels of all blocks, `[..., 0::2, 1::2]` the upper right ones.
#
# </details>
#
# <details><summary>Hint 2 · negative blocks come out as 0</summary>
#
# The largest of −3, −2, −5, −4 is −2. Do not begin with zeros: begin with one of the four slices.
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
# **Why.** Four slices are four pictures of half the size, one for each corner of the blocks; their maximum, place by place, is the
# pooled map. The maximum says *that* the pattern was in the block, no longer in which of its four places.

# %% [markdown]
# That sentence is on many slides, and it often ends "… and so the network does not mind if the picture moves". How much does it not mind? We take two crops of one photograph, the second
# one to four pixels farther to the right, and compare the maps $M$ and $M'$ at the same places: the change is $\lVert M' - M \rVert / \lVert M \rVert$, 0 if nothing changed. Four treatments of
# `relu1_2`: left as it is; every second value kept (*thinned out*: as small as a pooled map, but nothing is gathered; the control); maximum; mean.
#
# > **Predict** · The picture is shifted by one pixel. By how much does max pooling reduce the change of the map?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# A pattern that moves by one pixel stays in its block of $2 \times 2$ in one case out of two, along one axis.
#
# </details>
#
# What a convolution does have is **equivariance**: if the picture moves, the map moves along. With a pooling behind it, that should hold for even shifts only. The last two printed lines test it.

# %%
treatments = {
    "as it is": lambda maps: maps, "every second value": lambda maps: maps[..., ::2, ::2],
    "maximum": lambda maps: F.max_pool2d(maps, 2), "mean": lambda maps: F.avg_pool2d(maps, 2),
}  # fmt: skip
by_hand = torch.tensor([[[[1.0, 3.0, 0.0, 0.0], [2.0, 0.0, 0.0, 8.0]]]])
assert treatments["maximum"](by_hand).flatten().tolist() == [3, 8] and treatments["mean"](by_hand).flatten().tolist() == [1.5, 2]
cat = load_image("chelsea", 256)


def relative_change(new, old):
    """Two tensors of one shape -> a number: 0 if they are equal, 1 if they differ by as much as `old` is long."""
    return ((new - old).norm() / old.norm()).item()


def maps_at(network, shift):
    """relu1_2 of a crop of the cat that begins `shift` pixels farther right, without its rim: (1, 16, 120, 216)."""
    crop = cat[..., 16:144, 16 + shift : 240 + shift]
    return extract_features(network, crop, "relu1_2")["relu1_2"][..., 4:-4, 4:-4]


check.predict(
    "For a shift of one pixel, max pooling reduces the change of a map",
    options=["to almost nothing", "by about half", "by about a quarter", "not at all"],
)

# %%
moved = {name: [maps_at(net, shift) for shift in range(5)] for name, net in nets.items()}
figure, axes = plt.subplots(1, 2, figsize=(8, 2.9), sharey=True)
for axis, (network, maps) in zip(axes, moved.items()):
    for (name, f), style in zip(treatments.items(), ("k-o", "k:s", "C0-^", "C1--D")):
        axis.plot([relative_change(f(m), f(maps[0])) for m in maps], style, label=name, markersize=4)
    axis.set(title=f"{network} network", xlabel="shift in pixels", xticks=range(5), ylim=(0, None))
    axis.grid(alpha=0.3)
axes[0].set_ylabel("relative change of the map")
axes[0].legend(fontsize=8)
figure.suptitle("relu1_2 of a cat that moves to the left: how much its map changes at a fixed place")
plt.show()
maps = moved["trained"]
still, by_1, by_2 = (F.max_pool2d(m, 2) for m in maps[:3])
print(f"shifted by 2: moved by one place, the pooled map is off by {relative_change(by_2[..., :-1], still[..., 1:]):.3f}")
nearer = min(relative_change(by_1, still), relative_change(by_1[..., :-1], still[..., 1:]))
print(f"shifted by 1: moved by one place or by none, whichever fits better, it is off by {nearer:.2f}")
kept = relative_change(by_1, still) / relative_change(maps[1], maps[0])
check.score("by about a quarter", because=f"what is left of the change is {kept:.0%}")

# %% [markdown]
# **What to see.** A shift of a single pixel, which no eye would notice, changes the trained map by two fifths of its length. Thinning it out
# helps nothing: the square markers lie on the round ones. Pooling helps: at this shift the maximum takes off a sixth (of the four answers, "a quarter" is the nearest), the mean a quarter, and farther on both less. But it is no
# invariance: at four pixels the pooled maps have changed about as much as the unpooled ones at three. And the control: the untrained maps change less even *without* pooling than the trained ones with it. They hold little but copies of the
# photograph (section 5), which is smooth.
#
# And equivariance? Two pixels are one place of the pooled map, exactly. One pixel is half a place, and there is no such thing.
#
# > **In the paper** · Gatys et al. (2016) replace the maximum by the mean for making pictures, and find the results slightly more appealing. `load_backbone` does
# the same unless you ask for `pooling="max"`; in [09 · Experiments](09_experiments.ipynb) you can judge for yourself.
#
# ## 9 · Why stack?
#
# We have convolutions, ReLU and pooling. Why conv, relu, conv, relu, pool, and that five times over? First: why ReLU in between?
# In section 3 two convolutions, blur and difference, were one. That is no exception. Lay the kernel $A$ on the picture and then $B$ on the answers, both $3 \times 3$: each answer of $B$ is a sum of sums of products, so it is
# one sum over $5 \times 5$ pixels, with the kernel
#
# $$K_{ij} = \sum_{a}\sum_{b} A_{ab}\, B_{i-a,\,j-b}$$
#
# where terms with an index outside $B$ are left out ($K$ has the shape $(5, 5)$; this is the mathematician's convolution of section 2). By hand in one row: $(1, 1)$ after $(1, 1)$ is $(1, 2, 1)$. The same with all channels, for the first two layers of the trained network, in double precision:

# %%
assert F.conv2d(torch.ones(1, 1, 1, 2), torch.ones(1, 1, 1, 2), padding=(0, 1)).tolist() == [[[[1, 2, 1]]]]
A, B = trained.conv1_1.weight.double(), trained.conv1_2.weight.double()  # (16, 3, 3, 3) and (16, 16, 3, 3)
K = F.conv2d(A.transpose(0, 1), B.flip(2, 3), padding=2).transpose(0, 1)  # (16, 3, 5, 5)
x = trained.normalize(cat).double()
two_layers, one_layer = F.conv2d(F.conv2d(x, A), B), F.conv2d(x, K)
error = relative_change(two_layers, one_layer)
print("two layers without ReLU", tuple(two_layers.shape), "are one", tuple(K.shape), "kernel bank, to 12 digits:", error < 1e-12)

with_relu = F.conv2d(F.conv2d(x, A).relu(), B)
print(f"with a ReLU between the two, the answers differ from that by {relative_change(with_relu, one_layer):.0%} of their length")

# %% [markdown]
# So without ReLU a hundred layers would be one convolution with a large kernel: one weighted sum for each place. (Biases change nothing: a constant
# stays a constant.) With a ReLU in between, the second layer sees *which* detectors fired and can ask for combinations: this edge **and** that one make a corner; this one **or** that one make an edge
# of any direction. For example $\mathrm{ReLU}(z) + \mathrm{ReLU}(-z) = |z|$: an edge detector that does not mind which side is light. No single convolution can: it answers to the negative of a picture with the negative of its answers.
#
# Second: why small kernels, many times? Three layers of $3 \times 3$ see as far as one of $7 \times 7$, with $3 \cdot 9 = 27$ numbers in place of 49 for each pair of channels, and with three ReLUs in place of one. That is the argument of Simonyan and Zisserman (2014), the makers of VGG.
# Third: why pool? That is the next section.
#
# ## 10 · How far does it see?
#
# The **receptive field** of a unit is the square of input pixels that it depends on. Layer after layer, with $k_l$ the kernel and $s_l$ the stride of layer $l = 1, 2, \dots$:
#
# $$r_l = r_{l-1} + (k_l - 1)\, j_{l-1}, \qquad j_l = j_{l-1}\, s_l, \qquad r_0 = j_0 = 1$$
#
# - $r_l$: the side of the receptive field in input pixels;
# - $j_l$, the **jump**: how many input pixels lie between neighbouring units of layer $l$.
#
# A kernel of $k$ reaches over $k - 1$ gaps between units, and each gap is $j$ pixels wide. By hand, for the beginning of a VGG (conv 3, conv 3, pool 2 with stride 2, conv 3):
#
# | after | $k, s$ | $r$ | $j$ |
# | --- | --- | --- | --- |
# | the picture | | 1 | 1 |
# | conv1_1 | 3, 1 | 1 + 2·1 = 3 | 1 |
# | conv1_2 | 3, 1 | 3 + 2·1 = 5 | 1 |
# | pool1 | 2, 2 | 5 + 1·1 = 6 | 2 |
# | conv2_1 | 3, 1 | 6 + 2·2 = **10** | 2 |
#
# Here is what pooling buys: it doubles the jump, and from there on every convolution reaches twice as far.
#
# > **Predict** · The content of style transfer is usually taken from `relu4_2`, behind ten convolutions and three poolings. How wide is the field of one of its units?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# Go on with the table. The jump is 2 behind the first pooling, 4 behind the second, 8 behind the third, and each convolution adds twice the jump.
#
# </details>
#
# > **Your turn** · 10 min · ●●● — `receptive_field`: a list of pairs (kernel, stride), first layer first, in; the side of the field in pixels out.

# %%
check.predict("How many pixels wide is the field of a unit in relu4_2?", options=["about 20", "about 80", "about 320", "the whole picture"])

# %% tags=["exercise"]
# 10 min · ●●●
def receptive_field(layers):
    """[(kernel, stride), …] from the first layer to the last -> the side of the receptive field in pixels."""
    # Your turn.
    return None


check.receptive_field(receptive_field)

# %% [markdown]
# <details><summary>Hint 1 · fields behind a pooling are too small or too large</summary>
#
# Keep two numbers, `field = 1` and `jump = 1`. In each layer first `field += (kernel - 1) * jump`, *then* `jump *= stride`: a layer's own stride counts only for those after it.
#
# </details>
#
# <details><summary>Hint 2 · everything is off by one, or the empty list fails</summary>
#
# Without any layer a unit *is* one pixel: begin with 1, and loop with `for kernel, stride in layers`.
#
# </details>

# %% tags=["solution"]
def receptive_field(layers):
    """[(kernel, stride), …] from the first layer to the last -> the side of the receptive field in pixels."""
    field, jump = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field

# %% [markdown] tags=["solution"]
# **Why.** The fields of neighbouring units overlap; only the steps between them are new ground. That is why kernels do not simply add up, and far less multiply.

# %% [markdown]
# `layer_table` calculates it for every layer. The widths of VGG-19 play no part in it, so our small network has the receptive fields of the large one, layer by layer.
# All rows: `layer_table(trained)`. (Control: VGG-19's architecture with random weights; nothing is downloaded. It has 20 million numbers, ours not one tenth of that.)

# %%
table = layer_table(trained)
vgg19 = layer_table(load_backbone("vgg19", weights="random"))
assert [row[3:5] for row in table] == [row[3:5] for row in vgg19]
first = [(3, 1), (3, 1), (2, 2), (3, 1)]
assert [check.receptive_field.reference(first[:n]) for n in range(5)] == [1, 3, 5, 6, 10]
wanted = ["relu1_1", "relu1_2", "pool1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1", "pool5"]
for row in table:
    if row.name in wanted:
        print(f"{row.name:8} one unit every {row.stride:2} pixels, sees {row.receptive_field:3} × {row.receptive_field:3}")
check.score("about 80", because="84: ten convolutions add 2 jumps each, at jumps of 1, 1, 2, 2, 4, 4, 4, 4, 8, 8; three poolings add 1, 2, 4")

# %% [markdown]
# $1 + 2(1 + 1 + 2 + 2 + 4 + 4 + 4 + 4 + 8 + 8) + 1 + 2 + 4 = 84$. What does that mean in a photograph? A cat, 255 × 384 pixels. Each frame is what one unit can see, for the five
# layers from which Gatys et al. take the style:

# %%
STYLE = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
large_cat, middle = load_image("chelsea", 384), (97, 138)
framed, seen = large_cat.clone(), {}
for row in table:
    if row.name in STYLE:
        top, left = (m - row.receptive_field // 2 for m in middle)
        bottom, right = top + row.receptive_field, left + row.receptive_field
        seen[f"{row.name}: {bottom - top} × {bottom - top}"] = large_cat[..., top:bottom, left:right]
        inside = framed[..., top:bottom, left:right].clone()
        framed[..., top - 2 : bottom + 2, left - 2 : right + 2] = torch.tensor([1.0, 1.0, 0.3]).view(3, 1, 1)
        framed[..., top:bottom, left:right] = inside
show.pictures({"one place, five frames": framed} | seen, "What one unit of each style layer can see of 255 × 384 pixels (enlarged)", columns=3, height=1.8)

# %% [markdown]
# **What to see.** One unit of `relu1_1` sees nine pixels, darker towards the right. At `relu2_1` there is a border between green and black: of what, nobody can say. At `relu3_1` it may be the rim of a pupil; at
# `relu4_1` it is an eye; at `relu5_1` an eye in a furry face. No unit of `relu1_1` can know that there is an eye, whatever was learnt.
# What a layer can care about begins with what it can see.
#
# ## 11 · How far does it *really* see?
#
# A receptive field says which pixels *can* have an influence. How much has each? The **gradient** tells:
#
# $$g_p = \frac{\partial u}{\partial x_p}$$
#
# with $u$ the value of one unit (one number), $x_p$ pixel $p$ of the picture, and $g$ of the shape of the picture: how much $u$ changes if that pixel is changed a little. PyTorch goes backwards through the
# network for it, as it did for the loss in [01](01_images_as_tensors.ipynb). Behind `conv1_2`, two layers of $3 \times 3$, exactly $5 \times 5$ pixels should have a gradient that is not 0; the first cell below looks whether it is so.
#
# Are all pixels of the field equally important? Follow the *paths*. Lay $(1, 1, 1)$ on a row twice: the result is $(1, 2, 3, 2, 1)$. From the outermost pixel one path leads to the unit, from the middle one three. In two dimensions it is 1 against 9,
# and after $n$ layers the paths make a bell curve: the field grows like $n$, the width of the bell only like $\sqrt n$ (its deviation is $\sqrt{2n/3}$ pixels: $2/3$ is the variance of −1, 0, 1, and variances add). Luo et al. (2016) called what is under the bell
# the **effective** receptive field.

# %% tags=["nbval-check-output"]
pixels = cat.clone().requires_grad_(True)
unit = extract_features(trained, pixels, "conv1_2")["conv1_2"][0, :, 80, 100].sum()
gradient = torch.autograd.grad(unit, pixels)[0]  # (1, 3, H, W)
where = gradient.abs().sum(dim=(0, 1)).nonzero()
print("rows", where[:, 0].min().item(), "to", where[:, 0].max().item(), "  columns", where[:, 1].min().item(), "to", where[:, 1].max().item())

# %%
row, widths = torch.ones(1, 1, 1), {}
figure, axis = plt.subplots(figsize=(6.5, 2.6))
for n in range(1, 33):
    row = F.conv1d(F.pad(row, (2, 2)), torch.ones(1, 1, 3)) / 3  # one more layer of (1, 1, 1)
    places = torch.arange(-n, n + 1)
    widths[n] = (row[0, 0] * places**2).sum().sqrt()
    if n == 2:
        assert torch.allclose(9 * row[0, 0], torch.tensor([1.0, 2, 3, 2, 1]))
    if n in (2, 8, 32):
        axis.plot(places, row[0, 0], marker="os^"[(2, 8, 32).index(n)], markersize=3, label=f"{n} layers: field {2 * n + 1}, deviation {widths[n]:.1f}")
assert all(abs(width - (2 * n / 3) ** 0.5) < 1e-3 for n, width in widths.items())
axis.set(title="The share of all paths that leads from each pixel to the unit, for layers of (1, 1, 1)", xlabel="distance from the unit in pixels")
axis.legend()
plt.show()

# %% [markdown]
# **What to see.** The printed line first: rows 78 to 82 and columns 98 to 102 are five by five pixels, with the unit's own place (80, 100) in the middle. Then the bells. From 2 to 8 to 32 layers the field grows from 5 to 17 to 65 pixels, but the bell only doubles its width each time. With 32 layers the outer
# half of the field is almost flat at zero: these pixels are in the field and have no say.
#
# A real network has weights of both signs, ReLUs and poolings. So measure it: `nsthelpers.receptive_field` (here under the name `field_of`, since the other is yours) takes the gradients of one unit for all channels of a layer and six photographs, and their root mean square at each pixel. Its `effective_size` is
# the measure of Luo et al.: how many pixels count at least 4.55 % of the one that counts most, as the side of a square. In a bell curve, 4.55 % is what lies outside two deviations.

# %%
fields = {(name, layer): field_of(net, layer) for layer in STYLE[1:] for name, net in nets.items()}
print(f"{'':9}{'can see':>9}{'trained':>10}{'untrained':>11}")
for layer in STYLE[1:]:
    sizes = [fields[name, layer].effective_size for name in nets]
    print(f"{layer:9}{fields['trained', layer].size:9}{sizes[0]:10.0f}{sizes[1]:11.0f}")


def cut_out(field):
    """A field -> (size, size): the influence of each pixel in its box, 1 for the largest of the smoothed values."""
    inside = field.effective[field.top : field.bottom, field.left : field.right]
    side = field.size // 24 * 2 + 1
    smooth = F.avg_pool2d(inside[None, None], side, 1, side // 2, count_include_pad=False)[0, 0]
    return relief(smooth / smooth.max(), 0.5, 0.5)


shown = {f"{name}\n{layer}: {field.size} × {field.size} px": cut_out(field) for (name, layer), field in fields.items()}
show.pictures(dict(sorted(shown.items())), "Influence of each pixel in the box that a unit can see (white: most)", columns=4, height=1.55)

# %% [markdown]
# **What to see.** Deep units listen to the middle of their box. At `relu2_1` all of it counts, the trained network's outermost pixels least; at `relu3_1` its rim fades to black; at `relu4_1` and `relu5_1` a wide rim is black. The table says the same in numbers: in the trained network the effective side is
# seven tenths of what the unit can see at `relu4_1` and less than six tenths at `relu5_1`, so half and a third of the area.
#
# And the control? The untrained network concentrates too. So this is the architecture, not learning: the paths do it. In this network training narrowed the field further, from `relu3_1` on. Luo et al. report networks
# in which training *widened* it, so take that part as a fact about this network and not as a law.
#
# ### Move it yourself
#
# In a live notebook the cell below shows a diagram of the network, a picture, and the field of one unit. Choose a layer and move the unit down and across: solid is what the unit can see, dashed the effective size. Without a kernel you see one of its views, for a unit of `relu4_1` in the middle of the picture.

# %%
explore_receptive_field("chelsea", trained)

# %%
show.receptive_field("chelsea", trained, "relu4_1")

# %% [markdown]
# **What to see.** Above, the network in a row, with the pointer at `relu4_1`. On the left the solid frame is what this unit can see, from the middle of one eye almost to the other; the dashed one is about two thirds as wide, and the colours in it (yellow:
# most) say how much each pixel counts. On the right the contents of the solid frame, every pixel as bright as it counts: the half eye in its upper left corner is only a dim shape. The unit can see the eye. It hardly listens.
#
# For style transfer this explains the division of labour: what a stroke looks like can be measured by layers that see a stroke's width, and where the eyes are only by layers
# that see a face. [04 · What layers remember](04_what_layers_remember.ipynb) and [05 · Gram matrices](05_gram_matrices.ipynb) build on it.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 7 to 11: 40 minutes; 25 without `max_pool` and section 9.
#
# **Expect.** "Max pooling keeps the strongest edges of the picture": it keeps the strongest in *each block*, however weak all four are. "A unit of `relu5_1` sees the whole picture": on 156 pixels of it, and mostly on the middle.
# "Padding enlarges the receptive field": it does not, it lets the field hang over the border.
#
# **Ask.** What would the fields be without poolings? (VGG-19's 16 convolutions: $1 + 2 \cdot 16 = 33$ pixels.) What is the jump after `pool3`? (8.) A picture has 64 × 64 pixels: from which layer on does even the unit in the middle see its border? (`conv4_1`, with 68.)

# %% [markdown]
# ## Summary
#
# - A convolution lays the same few numbers on every place: multiply, sum. The sum of a kernel's entries is its answer to a plain wall.
# - Training gave three of the sixteen first kernels a light and a dark side, one of them nearer to Sobel than chance explains; on smooth photographs *balance* is what makes a kernel an edge detector. One cosine proves nothing without its control, and one control may be lucky.
# - ReLU keeps one side of every answer, and it alone keeps two layers from being one. Pooling halves the map and calms it a little; it is not invariance.
# - $O = \lfloor (N + 2p - k)/s \rfloor + 1$; fields grow by $(k - 1)\,j$, and poolings double $j$: 3, 10, 24, 68, 156 pixels for the five style layers.
# - A deep unit listens mostly to the middle of its field.
#
# ## Common mistakes
#
# - Turning a kernel round, or not, without looking: put in one bright pixel and see what is printed.
# - Calling the best of many a discovery. How good is the best of as many random ones?
# - Multiplying a layer's own stride into its own kernel: a stride counts for the layers *after* it.
# - Reading "receptive field 156" as "looks at 156 pixels": most of them have hardly a say.
#
# ## Challenge
#
# *Open, an hour or more.* Let the nine numbers be *learnt*. (a) Begin with a random kernel, take Sobel's answers to a photograph as the target, and minimise the mean squared difference by gradient descent. Do you get Sobel back? How many steps does it take on the photograph, how many on shuffled
# pixels, and why is there a difference? (b) Now take the edge *strength* of section 3 as the target. One kernel cannot do it; how near do 2, 4, 8 kernels with ReLUs and a sum behind them come? Draw what they have learnt.
#
# <details><summary>A way to begin</summary>
#
# `kernel = torch.randn(3, 3, requires_grad=True)`, `optimiser = torch.optim.Adam([kernel], lr=0.05)`, and the loss is `(answer(photo, kernel) - answer(photo, SOBEL)).square().mean()`. The loop is in section 4 of
# [07 · The optimisation loop](07_optimisation_loop.ipynb), with a picture in the kernel's place.
#
# </details>
#
# <details><summary>Why should shuffled pixels be easier?</summary>
#
# Look at `M_photo` of section 6: its eigenvalues (`torch.linalg.eigvalsh`) are nearly the curvatures of the loss, up to a factor. On a photograph, how many times larger is the largest than the smallest? And on shuffled pixels?
#
# </details>
#
# ## References
#
# - Y. LeCun et al. (1989). Backpropagation applied to handwritten zip code recognition. *Neural Computation*.
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998). Gradient-based learning applied to document recognition. *Proceedings of the IEEE*.
# - M. D. Zeiler, R. Fergus (2014). Visualizing and understanding convolutional networks. *ECCV*.
# - K. Simonyan, A. Zisserman (2014). Very deep convolutional networks for large-scale image recognition. *arXiv:1409.1556*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). Image style transfer using convolutional neural networks. *CVPR*.
# - W. Luo, Y. Li, R. Urtasun, R. Zemel (2016). Understanding the effective receptive field in deep convolutional neural networks. *NIPS*.
#
# [← 01 · Images as tensors](01_images_as_tensors.ipynb) · [03 · Inside VGG →](03_inside_vgg.ipynb)
