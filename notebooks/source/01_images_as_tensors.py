# %% [markdown]
# # 01 · Images as tensors
#
# **What is a picture to a network, and why can its pixels be *trained*?**
#
# ![The river front of Tübingen twice: once drawn in the swirling strokes of The Starry Night, once in the combed feathers of marbled paper.](attachment:01_images_as_tensors.jpg)
#
# *Two pictures that you will make in section 9 with a dozen lines of your own, without any network.*
#
# **You will**
#
# - find any number of a picture in its tensor (1, 3, H, W), and turn a file's bytes into one;
# - recognise four classic mistakes by their pictures;
# - normalise a picture, and say why this course does it inside the network;
# - write a loss, look at its gradient as a picture, and write gradient descent on pixels;
# - predict what a loss leaves untouched, and use that to build a town out of brush strokes.
#
# **You need** Python, a little indexing in NumPy or PyTorch, and derivatives as in school. [00 · Start
# here](00_start_here.ipynb) shows where all this leads.
#
# **Reading** 10 minutes + exercises 30 minutes. **Running** about half a minute on two CPU cores.
# **Short path** (30 minutes): sections 1, 6, 7, 8 and 9; run the cells of the others without reading.
#
# **Sections** 1 A painting out of noise · 2 Zoom until numbers appear · 3 Three grey pictures · 4 Bytes and floats · 5 Normalising · 6 A loss: what a view shows · 7 Its gradient is a picture · 8 The loop · 9 What a loss does not see · 10 Which view?

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
# Everything below runs offline: the paintings, the photographs and a small network are part of the course.

# %%
import numpy as np
import torch
from PIL import Image

from nsthelpers import extract_features, load_backbone, load_image, resize, scrubber, show
from nsthelpers.checks import images_as_tensors as check
from nsthelpers.images import data_folder
from nsthelpers.transfer import minimise, starting_image

show.setup_notebook(quality=55)

# %% [markdown]
# ## 1 · A painting out of noise
#
# Nobody paints here. The picture begins as noise, and a rule changes each of its numbers a little, forty times over.
# Move the slider. By section 8 you will have written the rule yourself.

# %%
painting = load_image("starry_night", 288)
noise = starting_image("noise", painting, painting, seed=0)


def distance(image):
    return {"total": (image - painting).square().sum() / 2}


way = minimise(distance, noise, 41, "sgd", 0.1)  # plain gradient descent
frames = {f"step {p.step - 1}": p.image for p in way if p.step - 1 in (0, 6, 12, 20, 40)}
scrubber(frames, "Noise becomes a painting", alt="Noise out of which The Starry Night appears")

# %% [markdown]
# Four of these moments side by side, for readers on GitHub, where nothing slides:

# %%
moments = {name: frames[f"step {name}"] for name in (0, 6, 12, 40)}
named = {f"step {n}": image for n, image in moments.items()}
show.pictures(named, "The Starry Night, out of noise", height=2.5)

# %% [markdown]
# **What to see.** After six steps the sky shows through, after twelve the strokes are clearer than the grain, and after
# forty the grain is gone. Only the numbers of the picture have moved: there is no network in this cell.
#
# A number that can be changed in this way is called *trainable*. To see why pixels are, we first have to see the numbers.
#
# ## 2 · Zoom until numbers appear

# %%
full = load_image("starry_night")
moon, six = full[..., 70:166, 805:901], full[..., 112:118, 850:856]
views = {"792 × 792": full[..., 208:], "96 × 96": moon, "6 × 6": six}
views["the red of the 6 × 6"] = six[:, :1].expand(-1, 3, -1, -1)
show.pictures(views, "From The Starry Night to its numbers", height=2.3)
print("how red, row by row:")
for row in six[0, 0].tolist():
    print("  ".join(f"{value:.2f}" for value in row))
print("the whole:", tuple(full.shape), full.dtype, " one pixel:", tuple(full[0, :, 112, 850].shape))
assert full.numel() == 1 * 3 * 792 * 1000

# %% [markdown]
# **What to see.** Each panel is a piece of the one before, and the third is nothing but squares of one colour each. The
# fourth shows how *red* these squares are: 0 is no red light, 1 is as much as the screen can give.
#
# Three such tables, for red, green and blue, are the whole picture. Stacked, they are a **tensor**. Everywhere in this
# course a picture is a tensor $x$ of 32-bit floats from 0 to 1, of shape $(1, 3, H, W)$:
#
# | axis | length | its index says |
# | --- | --- | --- |
# | 0, batch | 1 | which picture (networks take several at once) |
# | 1, channel | 3 | which colour: 0 red, 1 green, 2 blue |
# | 2, row | $H$ | how far *down* |
# | 3, column | $W$ | how far to the *right* |
#
# $x_{b,c,i,j}$ is `image[b, c, i, j]`: down first, then right.
#
# ## 3 · Three grey pictures
#
# One channel alone has no colour: it is a table of brightnesses, so we show it in greys.
#
# > **Predict** · In *The Scream*, Munch's sky is orange. How does that sky look in the *blue* channel?

# %%
check.predict("In the blue channel, the orange sky is", options=["bright", "middle grey", "dark"])

# %%
scream = load_image("the_scream", 600)
shown = {"all three": scream}
for c, name in enumerate(["red", "green", "blue"]):
    shown[name] = scream[:, c : c + 1].expand(-1, 3, -1, -1)  # three times the same: grey
show.pictures(shown, f"The Scream, channels of shape {tuple(scream.shape[2:])}", height=2.9)
sky = scream[0, :, 60:180, 60:360].mean(dim=(1, 2))
print("mean of a piece of sky: red {:.2f}, green {:.2f}, blue {:.2f}".format(*sky.tolist()))
check.score("dark", because="orange light is much red and some green; there is little blue in it")

# %% [markdown]
# **What to see.** The sky is brightest in red and dark in blue, and the printed means say the same. Where the three
# pictures agree, as in the dark coat, there is no colour, only grey or black.
#
# ## 4 · Bytes and floats
#
# A file holds no floats. Decoded, it holds **bytes**, whole numbers from 0 to 255, and the three colours of a pixel lie
# side by side: shape $(H, W, 3)$, "HWC". A network needs floats with the channels in front. So three things change on
# the way in:
#
# $$x_{0,c,i,j} = b_{i,j,c}\, /\, 255, \qquad b: (H, W, 3) \text{ bytes}, \quad x: (1, 3, H, W) \text{ floats}.$$
#
# By hand: the byte 51 becomes $51/255 = 0.2$. `permute` moves axes and the numbers with them; `reshape` gives the same
# *shape* and scrambles the picture.
#
# > **Your turn** · core · 5 min · ●○○ — The door through which later pictures come in. If your
# > function is right, the notebook goes on with it, else with the course's; so with every exercise.

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
# Convert first, then divide: `.to(torch.float32)`, then `/ 255`. 255 has to become exactly 1.
#
# </details>

# %% tags=["solution"]
def from_hwc_uint8(pixels):
    """(H, W, 3), uint8, 0 to 255 -> (1, 3, H, W), float32, 0 to 1."""
    return (pixels.to(torch.float32) / 255).permute(2, 0, 1)[None]

# %% [markdown] tags=["solution"]
# **Why.** Scale, order of the axes, batch axis. Forget the scale, and the picture is white; change the order with `reshape`,
# and it is scrambled. Neither raises an error.

# %%
from_hwc_uint8 = check.from_hwc_uint8.mine or check.from_hwc_uint8.reference


def load(name, size):
    """A picture of the course, its longer side `size` pixels long -> (1, 3, H, W)."""
    with Image.open(next(data_folder().glob(f"*/{name}.jpg"))) as file:
        file.thumbnail((size, size))  # antialiased
        return from_hwc_uint8(torch.from_numpy(np.array(file))).to(full.device)


def as_bytes(image):
    """Floats -> what a file can hold: clamped to [0, 1], times 255, rounded."""
    return (image.clamp(0, 1) * 255).round()


assert as_bytes(torch.tensor([0.7, 0.999, 1.2])).tolist() == [178, 255, 255]  # 178.5 goes to 178

# %% [markdown]
# `as_bytes` is the way back. Without the *clamp*, values above 1 run over like a mileage counter: 256 becomes 0.
#
# **Quiz.** Four mistakes, none of which raises an error: blue and red exchanged · reshaped instead of permuted ·
# brightened, and then saved without the clamp · shown while still *normalised* (section 5). Which picture is which?

# %%
wave = load("great_wave", 320)
MEAN = torch.tensor([0.485, 0.456, 0.406], device=wave.device)[:, None, None]  # (3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225], device=wave.device)[:, None, None]
wrong = {
    "A": (1.4 * wave * 255).round() % 256 / 255,
    "B": wave.flip(1),
    "C": (wave - MEAN) / DEVIATION,
    "D": wave.permute(0, 2, 3, 1).reshape(wave.shape),
}
show.pictures(wrong, "The Great Wave off Kanagawa, four times wrong", height=2.4)

# %% [markdown]
# **What to see.** One picture has hard edges where its brightest places should be, one has a warm sea, one is too hard
# in contrast, and one is hardly a wave any more. Decide before you open the answer.
#
# <details><summary>Answer</summary>
#
# A: not clamped; the red and green of the pale sky ran over and came back near 0, so that it is blue. B: blue and red
# exchanged (OpenCV's order). C: still normalised; what lies below the mean is cut to black. D: reshaped; its red, green
# and blue are the upper, middle and lower third of the file.
#
# </details>
#
# ## 5 · Normalising
#
# The networks of this course were trained on pictures from which a mean $\mu_c$ was subtracted, channel by channel, and
# which were divided by a deviation $\sigma_c$. With $x$ and $z$ of shape $(B, 3, H, W)$:
#
# $$z_{b,c,i,j} = \frac{x_{b,c,i,j} - \mu_c}{\sigma_c}, \qquad \mu = (0.485,\ 0.456,\ 0.406), \qquad \sigma = (0.229,\ 0.224,\ 0.225).$$
#
# By hand: a red of 1 becomes $(1 - 0.485)/0.229 = 2.25$, and a green of exactly 0.456 becomes 0.
#
# > **Your turn** · bonus · 5 min · ●○○ — PyTorch lines up shapes from the *right*: three numbers meet the channels only
# > in the shape (3, 1, 1).

# %% tags=["exercise"]
# 5 min · ●○○
def normalise(image):
    """(B, 3, H, W) in [0, 1] -> the same shape: each channel minus its mean, over its deviation."""
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
# <details><summary>Hint 2 · an error about sizes that do not match</summary>
#
# Three bare numbers meet the last axis, the columns. `[:, None, None]` gives them the shape (3, 1, 1).
#
# </details>

# %% tags=["solution"]
def normalise(image):
    """(B, 3, H, W) in [0, 1] -> the same shape: each channel minus its mean, over its deviation."""
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    return (image - mean) / deviation

# %% [markdown] tags=["solution"]
# **Why.** The weights of the first layer were tuned to inputs of this kind. With others, its answers have another size.

# %%
backbone = load_backbone("mini")
normalise = check.normalise.mine or check.normalise.reference
assert torch.allclose(normalise(wave.cpu()), backbone.normalize(wave).cpu(), atol=1e-5)

names = ["tuebingen", "pagoda", "chelsea", "coffee", "rocket", "astronaut"]
pixels = [load(name, 192)[0].flatten(1) for name in names]  # each (3, H·W)
own = torch.stack([p.std(dim=1) for p in pixels]).mean(dim=0)
print("mean of each photograph's own deviation: {:.3f} {:.3f} {:.3f}".format(*own.tolist()))
together = torch.cat(pixels, dim=1).std(dim=1)
print("deviation of all their pixels together:  {:.3f} {:.3f} {:.3f}".format(*together.tolist()))

# %% [markdown]
# The cell has compared `normalise` with the network's own first part: it is the same. In this package you never call it:
# pictures are in [0, 1] everywhere, and nobody can forget to normalise or do it twice.
#
# The two printed rows differ because photographs differ in their mean. ImageNet's $\sigma$ is, as far as one can tell, of the
# *first* kind.
#
# <details><summary>Where the famous numbers come from</summary>
#
# Nobody noted how they were computed. [torchvision's maintainers](https://github.com/pytorch/vision/pull/1965) tried to get the
# numbers again (2020): averaging each picture's own deviation gives nearly (0.229, 0.224, 0.225); other ways of pooling
# the pixels give about (0.272, 0.264, 0.276). Simonyan and Zisserman (2014) subtract the mean only. Always use the
# numbers that *your* network was trained with, never those of your own picture: a night should stay dark.
#
# </details>
#
# ## 6 · A loss: what a view shows
#
# To train pixels we need one number that says how wrong they are, the **loss**. Let $t$ be the target, and $s$ a
# **view**: any function from a picture to numbers (all pixels, a thumbnail, a network's answer). With $k$ counting the
# numbers of the view:
#
# $$L(x) = \tfrac12 \sum_k \big(s(x)_k - s(t)_k\big)^2 .$$
#
# By hand, two pixels $x = (0.2,\ 0.9)$ and $t = (0.5,\ 0.5)$. If $s$ shows both, $L = \frac12 (0.09 + 0.16) = 0.125$.
# If $s$ shows only their mean, 0.55 and 0.5, then $L = \frac12 \cdot 0.0025 = 0.00125$: to this view they are nearly
# the same.
#
# > **Your turn** · core · 5 min · ●○○ — One line. The content and style losses of later notebooks are this one, up to a factor, with other views.

# %% tags=["exercise"]
# 5 min · ●○○
def view_loss(image, target, view):
    """Two pictures and a function -> one number: half the sum of squared differences of views."""
    # Your turn.
    return None


check.view_loss(view_loss)

# %% [markdown]
# <details><summary>Hint 1 · the number is wrong</summary>
#
# Difference of the two views, square, sum over everything, half. Not the mean, and no root.
#
# </details>
#
# <details><summary>Hint 2 · an error, or "detached"</summary>
#
# `view` is a function: call `view(image)` and `view(target)`. Use torch functions only, and return the tensor itself.
#
# </details>

# %% tags=["solution"]
def view_loss(image, target, view):
    """Two pictures and a function -> one number: half the sum of squared differences of views."""
    return (view(image) - view(target)).square().sum() / 2

# %% [markdown] tags=["solution"]
# **Why.** Squares are never negative, so 0 is the best there is. The ½ cancels the 2 of the derivative.

# %% [markdown]
# ## 7 · Its gradient is a picture
#
# Which way should a pixel go? The slope $\partial L / \partial x_i$ says how fast the loss grows when number $i$ grows.
# All slopes together are the **gradient**, which has the shape of the picture. When the view shows all pixels,
#
# $$\frac{\partial L}{\partial x_i} = x_i - t_i, \qquad \text{by hand } (0.2 - 0.5,\ 0.9 - 0.5) = (-0.3,\ 0.4).$$
#
# For any other view PyTorch finds it: `requires_grad_()` makes it note every operation, and `backward()` walks the notes
# back and leaves the slopes in `.grad`.
#
# > **Your turn** · core · 5 min · ●○○ — The gradient of any loss at any picture.

# %% tags=["exercise"]
# 5 min · ●○○
def gradient(image, loss):
    """A picture and a loss function -> the slope for each number, of the picture's shape."""
    # Your turn.
    return None


check.gradient(gradient)

# %% [markdown]
# <details><summary>Hint 1 · an error</summary>
#
# `x = image.clone().requires_grad_()`, then `loss(x).backward()`, then `x.grad`.
#
# </details>
#
# <details><summary>Hint 2 · the result is None, a tuple or has the wrong sign</summary>
#
# `backward()` returns nothing; read `x.grad` of the tensor that went into the loss. `torch.autograd.grad` returns a
# tuple. No minus yet: that belongs to the step.
#
# </details>

# %% tags=["solution"]
def gradient(image, loss):
    """A picture and a loss function -> the slope for each number, of the picture's shape."""
    x = image.clone().requires_grad_()
    loss(x).backward()
    return x.grad

# %% [markdown] tags=["solution"]
# **Why.** `clone` keeps the caller's picture as it was. A fresh `x` each time also starts with a fresh `.grad`, which
# otherwise adds up from call to call.

# %%
view_loss = check.view_loss.mine or check.view_loss.reference
gradient = check.gradient.mine or check.gradient.reference
two, wanted = torch.tensor([0.2, 0.9]), torch.tensor([0.5, 0.5])
slopes = gradient(two, lambda x: view_loss(x, wanted, lambda image: image))
assert torch.allclose(slopes, torch.tensor([-0.3, 0.4]))  # with a pencil

noise = torch.rand(wave.shape, generator=torch.Generator().manual_seed(0)).to(wave)
slopes = gradient(noise, lambda x: view_loss(x, wave, lambda image: image))
shown = {"noise x": noise, "step against the gradient": show.step_picture(slopes)}
shown["x − 0.5 · gradient"] = noise - 0.5 * slopes
show.pictures(shown, f"A gradient of shape {tuple(slopes.shape)}, seen as a picture", height=2.5)

# %% [markdown]
# **What to see.** The step is shown around mid-grey: lighter means "grow", darker "shrink". It already holds the wave,
# mixed with the negative of the noise. Add half of it to the noise, and the wave shows through.
#
# ## 8 · The loop
#
# Repeat the step, with a **learning rate** $\eta$, and keep the pixels where a screen can show them:
#
# $$x \leftarrow \operatorname{clamp}\big(x - \eta\, \nabla L(x),\ 0,\ 1\big).$$
#
# By hand, with $\eta = 0.5$: $x = (0.2 + 0.15,\ 0.9 - 0.2) = (0.35,\ 0.7)$, and the loss falls from 0.125 to 0.03125.
#
# > **Your turn** · core · 10 min · ●●○ — **This is the engine of the course.** What you write here paints every picture
# > from here to the end of this notebook.

# %% tags=["exercise"]
# 10 min · ●●○
def train_pixels(start, loss, steps, rate):
    """A list of steps + 1 pictures: the start, and the picture after each clamped step."""
    # Your turn. gradient(image, loss) is at hand.
    return None


check.train_pixels(train_pixels)

# %% [markdown]
# <details><summary>Hint 1 · the list has the wrong length</summary>
#
# Begin with `pictures = [start]`, and append one picture for each step. `return` stands outside the loop.
#
# </details>
#
# <details><summary>Hint 2 · the numbers are wrong</summary>
#
# In each round, take the gradient at the *present* picture, `pictures[-1]`, step against it, clamp, append a new tensor.
#
# </details>

# %% tags=["solution"]
def train_pixels(start, loss, steps, rate):
    """A list of steps + 1 pictures: the start, and the picture after each clamped step."""
    pictures = [start]
    for _ in range(steps):
        step = rate * gradient(pictures[-1], loss)
        pictures.append((pictures[-1] - step).clamp(0, 1))
    return pictures

# %% [markdown] tags=["solution"]
# **Why.** A gradient is true at one point only: after each step it must be computed anew. The clamp comes after the
# step and outside the loss, so it sets no slope to 0.

# %% [markdown]
# When the view shows all pixels, put $x - t$ for the gradient: each step multiplies the error by $1 - \eta$.
#
# > **Predict** · With $\eta = 0.1$, nine tenths of the error are left after each step, and no pixel begins farther than 1
# > from its goal. After how many steps is each right to within half a byte, 1/510, so that the two *files* are equal?

# %%
options = ["10 steps", "60 steps", "600 steps"]
question = "With 0.9 of the error left after each step, the files agree after about"
check.predict(question, options=options)

# %%
train_pixels = check.train_pixels.mine or check.train_pixels.reference
way = train_pixels(noise, lambda x: view_loss(x, wave, lambda image: image), 70, 0.1)
show.pictures({f"step {n}": way[n] for n in (5, 15, 60)}, "Noise, pulled into a wave", height=2.5)
same = next(n for n, image in enumerate(way) if torch.equal(as_bytes(image), as_bytes(wave)))
reason = f"the files agree from step {same} on; 0.9ⁿ falls below 1/510 at n = 60"
check.score("60 steps", because=reason)

# %% [markdown]
# **What to see.** At step 5 the wave stands behind grain, at 15 the grain is thin, at 60 the file is the painting's own.
# The formula said 60 at the latest; it was 59.
#
# Why not take larger steps? Ten steps with three learning rates:

# %%
rated = {}
for rate in (1.0, 1.8, 2.2):
    image = train_pixels(noise, lambda x: view_loss(x, wave, lambda image: image), 10, rate)[-1]
    error = (image - wave).square().mean().sqrt()
    rated[f"η = {rate}: error {error:.2f}"] = image
show.pictures(rated, "Ten steps at three learning rates (root mean square error)", height=2.5)

# %% [markdown]
# **What to see.** $\eta = 1$ arrives in one step. Beyond it every step overshoots: 1.8 still closes in, and 2.2 throws
# each pixel farther off than it was, until the clamp stops it at 0 or 1.
#
# For most losses nobody knows a safe rate in advance. Then one tries, and looks; [07](07_optimisation_loop.ipynb) has
# better ways.
#
# ## 9 · What a loss does not see
#
# Copying the target pixel by pixel is no art. Now let the view show *less*: a thumbnail. The photograph of Tübingen has
# 384 × 288 pixels, the loss sees 48 × 36, each of them an average over about 8 × 8 pixels.
#
# > **Predict** · The loop starts at *noise* and follows the thumbnail of Tübingen until the two thumbnails are equal. What
# > comes out? (And where do the brush strokes of the picture at the top come from?)

# %%
options = ["the sharp photograph", "a blurred photograph", "a blurred one with all the grain"]
check.predict("Starting at noise, following the thumbnail of the town, we get", options=options)

# %%
def thumbnail(image):
    """(1, 3, H, W) -> (1, 3, H / 8, W / 8), averaged."""
    return resize(image, (image.shape[2] // 8, image.shape[3] // 8))


town = load("tuebingen", 384)
starts = {"flat grey": torch.full_like(town, 0.5)}
starts["noise"] = starting_image("noise", town, town, seed=0)
for name in ("starry_night", "marbling"):
    starts[name] = starting_image("style", town, load(name, 768), seed=0)  # scaled and cut to fit
ends = {}
for name, start in starts.items():
    ends[name] = train_pixels(start, lambda x: view_loss(x, town, thumbnail), 40, 45.0)[-1]
    before, after = (view_loss(image, town, thumbnail).item() for image in (start, ends[name]))
    far = (ends[name] - town).square().mean().sqrt()
    print(f"{name:13} loss {before:6.1f} → {after:.4f}, error in pixels {far:.2f}")
named = {f"from {name}": image for name, image in ends.items()}
show.pictures(named, "Four starts, one thumbnail", height=2.0)
check.score(options[2], because="the thumbnail decides the coarse colours, the start all the rest")

# %% [markdown]
# **What to see.** All four have the *same* thumbnail, to the last digit printed: to this loss they are the same picture,
# though in their pixels they differ from the photograph by 0.07 to 0.16.
# Where it sees nothing, its slope is 0 and the start stays: grey stays smooth, noise stays noise, and van Gogh's strokes
# fill the sky over Tübingen.
#
# **A loss fixes what its view shows; the start decides the rest.** Nothing later in the course is more useful to know.
# (Pictures from one picture's coarse and another's fine parts are *hybrid images*: Oliva, Torralba and Schyns 2006.)
#
# <details><summary>Why the learning rate is 45 here</summary>
#
# Each number of the thumbnail is an average of about 64 pixels, so each pixel moves it by about 1/64, and all slopes are
# about 64 times smaller than before. A rate of 45 is about 0.7 · 64.
#
# </details>
#
# And one of them large enough to hang:

# %%
large = load("tuebingen", 512)
start = starting_image("style", large, load("starry_night", 1000), seed=0)
picture = train_pixels(start, lambda x: view_loss(x, large, thumbnail), 40, 45.0)[-1]
title = "Tübingen in van Gogh's strokes: gradient descent, no network"
show.pictures({"": picture}, title, height=5.2)

# %% [markdown]
# **What to see.** The whirls of the sky run on through the roofs, for they were there before the town was. A ghost of
# the cypress stands at the left: this loss changes the colour under the strokes and leaves the strokes where they were.
#
# **Quiz, back to 00.** In [00](00_start_here.ipynb) a run that *starts at the photograph* still shows its motif when the
# content weight is 0. Why: (a) the style loss knows the motif, (b) the start brings it along, (c) the network has seen
# the motif before?
#
# <details><summary>Answer</summary>
#
# (b). As here: what the loss does not see stays as the start left it. The test is to start from noise.
#
# </details>
#
# ## 10 · Which view?
#
# Pixels are a poor view. Here are four changes of one photograph, scaled so that to the pixel loss all are *equally
# far*. The title of each gives another distance, seen by the layer `relu4_1` of a network: the length of the change in its
# answers, divided by the length of the answers. The control is five *untrained* networks.

# %%
soft = 0.2 + 0.6 * load("tuebingen", 256)  # less contrast, so that there is room on both sides
padded = torch.nn.functional.pad(soft, (4, 4, 4, 4), mode="replicate")
changes = {"moved": soft.roll(1, dims=3) - soft, "brighter": torch.ones_like(soft)}
changes["blurred"] = torch.nn.functional.avg_pool2d(padded, 9, stride=1) - soft
changes["noisy"] = torch.randn(soft.shape, generator=torch.Generator().manual_seed(0)).to(soft)
networks = [backbone] + [load_backbone("mini", weights="random", seed=seed) for seed in range(5)]
shown = {}
for name, change in changes.items():
    version = soft + change * changes["moved"].norm() / change.norm()
    far = []
    for network in networks:
        a, b = (extract_features(network, image, "relu4_1")["relu4_1"] for image in (version, soft))
        far.append(((a - b).norm() / b.norm()).item())
    shown[f"{name}: {far[0]:.2f}\n(untrained {min(far[1:]):.2f} to {max(far[1:]):.2f})"] = version
show.pictures(shown, "Equally far in pixels; the numbers: how far at relu4_1 of mini", height=2.0)

# %% [markdown]
# **What to see.** You hardly notice the first two; blur and noise you do, and the trained network puts them farther away,
# if the noise only just (0.15, against 0.12 for "moved"). To each of the five untrained networks the brighter picture is
# the farthest of all: on this photograph it is the training that brings this view closer to ours.
#
# So take your loop once more and change nothing but the view: the answers of the layer `relu2_1`.

# %%
small = load("tuebingen", 192)
noise = starting_image("noise", small, small, seed=0)


def answers(image):
    """(1, 3, H, W) -> (1, C, H / 2, W / 2): what the layer relu2_1 answers."""
    return extract_features(backbone, image, "relu2_1")["relu2_1"]


shown = {}
runs = [("thumbnail", thumbnail, 0.1), ("relu2_1", answers, 0.02), ("η too large", answers, 0.2)]
for name, view, first in runs:
    slopes = gradient(noise, lambda x: view_loss(x, small, view))
    rate = first / slopes.square().mean().sqrt().item()  # the first step changes pixels by `first`
    shown[name] = train_pixels(noise, lambda x: view_loss(x, small, view), 40, rate)[-1]
show.pictures(shown, "One noise, one loop, 40 steps", height=2.0)

# %% [markdown]
# **What to see.** The same noise and loop: the thumbnail leaves the noise in place, the network's view brings back roofs,
# windows and the bank. With ten times the learning rate the pixels run from one limit to the other and end in stripes.
#
# The rest of the course is about views: what each layer remembers ([04](04_what_layers_remember.ipynb)), and a view
# that is *style* ([05](05_gram_matrices.ipynb)). Before that, [02](02_convolutions_and_features.ipynb) opens the network.

# %% [markdown] tags=["teacher"]
# **Timing.** 90 minutes: sections 1–3 (15), 4 with the quiz (15), 6–8 (35), 9–10 (20), summary (5); 5 is homework.
#
# **Expect.** "The network is being trained": in sections 1 to 9 there is no network; in 10 it is frozen. "A loss of 0
# means the same picture": section 9 has four pictures with a thumbnail loss of nearly 0.
#
# **Ask.** What does the loop do with the loss $-L$? (It runs to the clamp.) Which view would keep the strokes and lose
# the places? (05.)

# %% [markdown]
# ## Summary
#
# 1. A picture is a tensor (1, 3, H, W) of floats from 0 to 1; a file holds bytes, (H, W, 3).
# 2. A network needs the mean and deviation that it was trained with; here it applies them itself.
# 3. The gradient of a loss has the picture's shape: a slope for each number.
# 4. Training pixels: step against the gradient, clamp, repeat. Too large a learning rate makes the error grow.
# 5. A loss fixes what its view shows; the start decides the rest.
#
# ## Common mistakes
#
# - `reshape` or `view` to change the order of axes: only `permute` moves the numbers along.
# - Normalising twice: once by hand, once in a network that does it already.
# - Gradients that add up in `.grad`: take a fresh tensor, or clear it, before each `backward()`.
# - Taking a small loss for a good picture: ask what its view leaves out.
#
# ## Challenge
#
# *Open, half an hour or more.* Invent a view without a network, and let your loop follow it from three starts. Ideas: the
# *sorted* values of each channel (`image.flatten(2).sort(dim=2).values`) of a painting, starting at a photograph: which
# colours come out? The differences of neighbours, `image.diff(dim=3)`: what is lost? Write down what you expect first.
#
# ## References
#
# - A. Oliva, A. Torralba, P. G. Schyns (2006). [Hybrid images](https://doi.org/10.1145/1141911.1141919). *ACM Transactions on Graphics* 25.
# - K. Simonyan, A. Zisserman (2014). [Very deep convolutional networks](https://arxiv.org/abs/1409.1556).
# - A. Mahendran, A. Vedaldi (2015). [Understanding deep image representations by inverting them](https://arxiv.org/abs/1412.0035) (pixels trained until a network's answers agree, as in section 10). *CVPR*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). [Image style transfer using convolutional neural networks](https://doi.org/10.1109/CVPR.2016.265). *CVPR*.
# - J. Johnson, A. Alahi, L. Fei-Fei (2016). [Perceptual losses](https://arxiv.org/abs/1603.08155) (the view of a network as a loss). *ECCV*.
#
# Photographs: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); the pagoda, danielbuechele (CC BY 2.0); changed here. All others: `data/README.md`.
#
# [← 00 · Start here](00_start_here.ipynb) · [02 · Convolutions and features →](02_convolutions_and_features.ipynb)
