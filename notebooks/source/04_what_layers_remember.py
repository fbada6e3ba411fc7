# %% [markdown]
# # 04 · What layers remember
#
# **What can be rebuilt from a layer?**
#
# ![One photograph of a cat in four vertical strips: on the left coloured noise, then twice a cat that emerges from it, on the right a clear cat.](attachment:04_what_layers_remember.jpg)
#
# *From noise to a cat, left to right: the search that you will write. It never sees the cat, only the numbers of one layer.*
#
# **You will**
#
# - write the content loss and its gradient, equations 1 and 2 of Gatys et al. (2016);
# - write the loop that rebuilds a picture from a layer, and run it at five depths;
# - compare trained with untrained networks and with plain blur, over several random seeds;
# - say what "content" is, what it is not, and which layer to take it from.
#
# **You need** [01 · Images as tensors](01_images_as_tensors.ipynb) (pixels can be trained) and [03 · Inside VGG](03_inside_vgg.ipynb) (names of layers).
#
# **Reading** 9 minutes + exercises and predictions 30 minutes. **Running** about a minute and a half on two CPU cores.
# **Short path** (30 minutes): sections 1, 3 (the content loss alone), 4 and 8; run the cells of the others without reading.
#
# **Sections** 1 A guessing game · 2 A layer's answer is a description · 3 The content loss · 4 The search · 5 Is that learnt? Two controls · 6 Which other layers does it match? · 7 Content is not meaning · 8 What the layer leaves open, the start fills in · 9 Which layer for style transfer?

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
from torchvision.transforms.functional import gaussian_blur

import nsthelpers
from nsthelpers import extract_features, load_backbone, load_image, resize, show
from nsthelpers import total_variation_loss
from nsthelpers.checks import what_layers_remember as check
from nsthelpers.transfer import starting_image

show.setup_notebook(quality=56)

# %% [markdown]
# ## 1 · A guessing game
#
# A photograph goes into the network, and we keep the numbers of *one* layer. Then the photograph is taken away. A search starts from
# noise and changes pixels until the network answers with nearly the same numbers. Five searches, five layers of different
# depth, shuffled:

# %%
LAYERS = ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"]
mini, town = load_backbone("mini"), load_image("tuebingen", 160)
found = {"the start: noise": starting_image("noise", town, town)}
for letter, number in zip("ABCDE", (2, 4, 0, 3, 1)):
    found[letter] = nsthelpers.reconstruct(
        mini, town, content_layer=LAYERS[number], tv_weight=1.0, steps=50, progress=False
    ).image
show.pictures(
    found, "Tübingen, rebuilt from one layer each: which is which?", columns=3, height=2.2
)

# %% [markdown]
# **What to see.** Three of the five could pass for the photograph at first glance. Two could not, although both keep something of the row of houses.
#
# > **Predict** · Which picture was rebuilt from the deepest layer, `relu5_1`?

# %%
game = "Which picture was rebuilt from the deepest of the five layers?"
check.predict(game, options=list("ABCDE"))

# %% [markdown]
# The answer comes in section 4. First: what exactly was kept, and how does one search?
#
# ## 2 · A layer's answer is a description
#
# Layer $\ell$ answers to a picture $x$ of shape $(1, 3, H, W)$ with $F = F^\ell(x)$ of shape $(1, C, h, w)$: one map for each of $C$ channels. Call it a
# *description*. Two pictures with the same description are, for this layer and all deeper ones, the same picture.
#
# Can two different pictures share one? By hand, for a window of 2 × 2 pixels, a ReLU and average pooling:
#
# $$\begin{pmatrix} 1 & 3 \\ 2 & -4 \end{pmatrix} \xrightarrow{\text{ReLU}} \begin{pmatrix} 1 & 3 \\ 2 & 0 \end{pmatrix} \xrightarrow{\text{mean}} 1.5
# \qquad \begin{pmatrix} -7 & 0 \\ 0 & 6 \end{pmatrix} \xrightarrow{\text{ReLU}} \begin{pmatrix} 0 & 0 \\ 0 & 6 \end{pmatrix} \xrightarrow{\text{mean}} 1.5$$

# %% tags=["nbval-check-output"]
one = torch.tensor([[[[1.0, 3.0], [2.0, -4.0]]]])
other = torch.tensor([[[[-7.0, 0.0], [0.0, 6.0]]]])
described = [torch.nn.functional.avg_pool2d(window.relu(), 2) for window in (one, other)]
assert torch.equal(*described) and not torch.equal(one, other)

cat = load_image("chelsea", 192)
for layer, maps in extract_features(mini, cat, LAYERS).items():
    share = maps.numel() / cat.numel()
    print(f"{layer}  {tuple(maps.shape)!s:18} {share:.2f} numbers for each number of the picture")

# %% [markdown]
# The mean of the window survives; the place of each value is lost, and so is every negative value. In return, deeper blocks have more channels. From
# `relu4_1` on a description has fewer numbers than the picture (the share is below 1), so different pictures *must* share one. The shallower layers have
# enough numbers, but counting cannot tell whether these are independent. So we search, as Mahendran and Vedaldi (2015) did.
#
# ## 3 · The content loss
#
# We need a number that is 0 when two descriptions are the same. Let $P = F^\ell(p)$ describe the photograph $p$ and $F = F^\ell(x)$ our picture $x$, both of
# shape $(1, C, h, w)$:
#
# $$L_{\text{content}}(F, P) = \tfrac12 \sum_{c,i,j} (F_{cij} - P_{cij})^2$$
#
# By hand, with one channel of 2 × 2:
#
# $$F = \begin{pmatrix} 2 & 2 \\ 0 & 1 \end{pmatrix} \quad P = \begin{pmatrix} 1 & 2 \\ 1 & 3 \end{pmatrix} \quad F - P = \begin{pmatrix} 1 & 0 \\ -1 & -2 \end{pmatrix}
# \quad L_{\text{content}} = \tfrac12 (1 + 0 + 1 + 4) = 3$$
#
# > **Your turn** · core · 4 min · ●○○ — `content_loss`: two descriptions in, one number out. It must carry a gradient back to `features`.

# %% tags=["exercise"]
# 4 min · ●○○
def content_loss(features, target):
    """(B, C, H, W) twice -> one number: half the sum of the squared differences."""
    # Your turn.
    return None


check.content_loss(content_loss)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# Difference, square, sum over everything, times one half: in this order. Not a mean, and no root.
#
# </details>
#
# <details><summary>Hint 2 · the gradient is missing</summary>
#
# Stay with tensors to the end: `.item()`, `.detach()` or NumPy would cut the way back to the pixels.
#
# </details>

# %% tags=["solution"]
def content_loss(features, target):
    """(B, C, H, W) twice -> one number: half the sum of the squared differences."""
    return 0.5 * (features - target).square().sum()

# %% [markdown] tags=["solution"]
# **Why.** The one half cancels the 2 of the square's derivative, so that the gradient is plainly $F - P$.

# %% [markdown]
# From here on, `content_loss` is yours if its check passed, else the package's. Is a loss of 3 large? That depends on how large the layer's numbers are. Divide by the loss of
# an *empty* description, all zeros, and the scale is gone:
#
# $$\text{relative content loss} = \frac{L_{\text{content}}(F, P)}{L_{\text{content}}(0, P)} = \frac{\sum (F - P)^2}{\sum P^2} \qquad\text{by hand: } \frac{6}{15} = 0.4$$

# %% tags=["nbval-check-output"]
content_loss = check.content_loss.mine or nsthelpers.content_loss


def relative(features, target):
    """(B, C, H, W) twice -> the content loss as a share of that of an empty description."""
    return content_loss(features, target) / content_loss(0 * target, target)


F = torch.tensor([[[[2.0, 2.0], [0.0, 1.0]]]])
P = torch.tensor([[[[1.0, 2.0], [1.0, 3.0]]]])
assert content_loss(F, P) == 3
print(f"content loss {content_loss(F, P):.1f}, relative {relative(F, P):.1f}")

# %% [markdown]
# ### Its gradient
#
# $F$ comes out of a ReLU: $F = \max(Z, 0)$ with $Z$ of shape $(1, C, h, w)$. Where $Z < 0$ the ReLU is closed and passes no gradient. So the loss changes with $Z$ by
#
# $$\frac{\partial L_{\text{content}}}{\partial Z_{cij}} = \begin{cases} F_{cij} - P_{cij} & Z_{cij} > 0 \\ 0 & Z_{cij} < 0 \end{cases}$$
#
# In the example, let the 0 of $F$ have been $Z = -5$: the gradient is $(1, 0, 0, -2)$. That place should become 1, but its gradient is 0, so it cannot change the pixels.
#
# > **Your turn** · bonus · 6 min · ●●○ — `content_gradient`: $Z$ and $P$ in, the gradient of the same shape out. Write it yourself, without `backward`.

# %% tags=["exercise"]
# 6 min · ●●○
def content_gradient(before, target):
    """Z before the ReLU and P, both (B, C, H, W) -> the gradient of the content loss by Z."""
    # Your turn.
    return None


check.content_gradient(content_gradient)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# Which places are closed? Test where $Z > 0$, not where $P > 0$. The ½ and the 2 cancel.
#
# </details>
#
# <details><summary>Hint 2 · the shape is wrong</summary>
#
# One number for each activation: no sum, no mean. `(before > 0)` is a mask of 0 and 1 that you can multiply with.
#
# </details>

# %% tags=["solution"]
def content_gradient(before, target):
    """Z before the ReLU and P, both (B, C, H, W) -> the gradient of the content loss by Z."""
    return (before - target) * (before > 0)

# %% [markdown] tags=["solution"]
# **Why.** Where the ReLU is open, $F = Z$; where it is closed, nothing passes. This is equation 2 of Gatys et al. (2016).

# %% [markdown]
# Your formula starts the chain rule; PyTorch carries it on to the pixels. From a flat grey picture, which pixels does the first step make lighter, and which darker?

# %%
gradient = check.content_gradient.mine or check.content_gradient.reference
first = {"the photograph": cat}
for block in (1, 2, 3):
    target = extract_features(mini, cat, f"relu{block}_1")[f"relu{block}_1"]
    grey = torch.full_like(cat, 0.5).requires_grad_()
    before = extract_features(mini, grey, f"conv{block}_1")[f"conv{block}_1"]
    before.backward(gradient(before.detach(), target))
    first[f"first step for relu{block}_1"] = show.step_picture(grey.grad)
show.pictures(
    first,
    "The first step from flat grey: its signs and strengths around grey",
    columns=2,
    height=2.2,
)

# %% [markdown]
# **What to see.** For `relu1_1` the first step is a relief of the cat, sharp to the pixel, since each value depends on 3 × 3 pixels. Deeper, each value depends on a larger square: the lines get coarser. None of the three has the right colours yet; that takes many steps.
#
# ## 4 · The search
#
# Now the whole search. It minimises
#
# $$L(x) = \frac{L_{\text{content}}(F(x), P)}{L_{\text{content}}(0, P)} + \gamma\, \mathrm{TV}(x), \qquad x \text{ of shape } (1, 3, H, W).$$
#
# $\mathrm{TV}$ is `total_variation_loss`, one number: the mean squared difference of neighbouring pixels. It is a *prior*, a reason to choose one of several pictures that fit the layer
# equally well: here, the smoothest. Its weight $\gamma$, here `smooth`, was chosen by eye. The optimiser is Adam (Kingma and Ba 2015), whose first steps change every pixel by about `rate`.
#
# > **Your turn** · core · 15 min · ●●● — `rebuild`: a dozen lines. `describe` is any function from a picture to a description. After each step, clamp the pixels to [0, 1]. All pictures below
# > come out of this loop.

# %% tags=["exercise"]
# 15 min · ●●●
def rebuild(describe, photo, start, steps, rate, smooth):
    """Pictures (B, 3, H, W) -> start, changed until describe answers to it as it does to photo."""
    # Your turn: the target; a copy of start with gradients; Adam; the loop; the picture.
    return None


check.rebuild(rebuild)

# %% [markdown]
# <details><summary>Hint 1 · there is an error</summary>
#
# `image = start.clone().requires_grad_()` is what may change, and `torch.optim.Adam([image], lr=rate)` changes it. Make the target once, before the loop, and `.detach()` it.
#
# </details>
#
# <details><summary>Hint 2 · the value is wrong</summary>
#
# In the loop, in this order: `zero_grad()`, loss, `backward()`, `step()`, then `image.clamp_(0, 1)` inside `with torch.no_grad():`. Use `relative` from above.
#
# </details>

# %% tags=["solution"]
def rebuild(describe, photo, start, steps, rate, smooth):
    """Pictures (B, 3, H, W) -> start, changed until describe answers to it as it does to photo."""
    target = describe(photo).detach()
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = relative(describe(image), target) + smooth * total_variation_loss(image)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            image.clamp_(0, 1)
    return image.detach()

# %% [markdown] tags=["solution"]
# **Why.** The network's weights never change: only `image` is in the optimiser's list. Clamping is no part of the function that is differentiated, hence `no_grad`.

# %% [markdown]
# Watch your loop: every frame is four more steps at `relu2_1`. Move the slider; it works without a kernel.

# %%
rebuild = check.rebuild.mine or check.rebuild.reference


def at(layer, network=mini):
    """A layer's name -> the function from a picture to its description there."""
    return lambda image: extract_features(network, image, layer)[layer]


noise = starting_image("noise", cat, cat)
named = {"step 0": noise}
for n in (4, 8, 12, 16, 20):
    named[f"step {n}"] = rebuild(at("relu2_1"), cat, noise, steps=n, rate=0.1, smooth=2.0)
nsthelpers.scrubber(named, "The search at relu2_1", alt="A cat emerges from noise")

# %% [markdown]
# **What to see.** Edges come first, and in the right places; colours and fur follow. The figure below shows the same loop at five depths.

# %%
copies = {layer: rebuild(at(layer), cat, noise, steps=80, rate=0.1, smooth=2.0) for layer in LAYERS}
show.pictures({"the photograph": cat} | copies, "Your loop at five depths", columns=3, height=2.3)
check.score(
    "B", because="the deepest has lost the most. In order of depth: C, E, A, D, B", question=game
)

# %% [markdown]
# **What to see.** From the first two blocks the whole cat comes back; at `relu3_1` its lines do, in colours that are washed out. From `relu4_1` there are faint spots where the eyes and the nose were, and the fur is gone; at `relu5_1` little is left but coloured specks.
#
# Is this mini's weakness? No: the real VGG-16 does the same. Both, with the same loop and settings, made once and stored:
#
# ![Four pictures in two rows: the cat rebuilt from relu3_1 by mini and by VGG-16, both clear, the first in greyer colours; below from relu4_1, both a noisy texture with bluish spots for eyes.](attachment:04_vgg16.jpg)
#
# **What to see.** At `relu3_1` both networks give the cat back, VGG-16 in truer colours; at `relu4_1` both leave a texture with bluish spots in place of the eyes, fainter with mini. The relative content loss fell from about 0.8 to 0.06 (mini) and 0.05 (VGG-16) at `relu3_1`, and from about 0.3 to 0.02 (both) at `relu4_1`. So the loss of detail after block 3 is not peculiar to mini.
#
# <details><summary>How the stored picture was made</summary>
#
# `rebuild(at(layer, network), cat, noise, steps=60, rate=0.1, smooth=2.0)` for both networks, the cat at 192 pixels; VGG-16 with ImageNet weights (Simonyan and Zisserman 2014), through `load_backbone("vgg16", weights=FILE)`.
#
# </details>

# %% [markdown] tags=["teacher"]
# **Timing.** Ninety minutes: sections 1–3 (30), `rebuild` and section 4 (30), 5 (15), 7 and 8 (15). Section 6 is homework. Print the figure of section 1 and let pairs put the five in order first.
#
# **Expect.** "The network stores the picture": it stores nothing; activations are computed anew from whatever picture is shown. "The network runs backwards": no layer is inverted, the picture is found by search.

# %% [markdown]
# ## 5 · Is that learnt? Two controls
#
# *Control 1:* the same loop with **untrained** networks, three draws of random weights. *Control 2:* **no network**: the photograph shrunk to the layer's grid and enlarged again. If
# a thumbnail keeps as much, depth is only coarseness.
#
# For a number, split a picture into three parts: coarse colours (blurred by 4 pixels), edges (where brightness changes), fine detail (brightness minus its blur). For each, the correlation
# with the photograph's part: 1 is the same up to a factor, 0 unrelated.
#
# > **Predict** · How much of the *edges* do untrained networks give back?

# %%
question = "Of the edges, the untrained networks give back"
options = ["nothing at any depth", "as much as mini at every depth"]
options += ["as much as mini in block 1, less in blocks 2 and 3"]
check.predict(question, options=options)


def parts(image):
    """A picture -> its coarse colours, edges and fine detail."""
    grey = (image * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)
    across, down = grey.diff(dim=3)[..., 1:, :], grey.diff(dim=2)[..., 1:]
    edges = gaussian_blur((across.square() + down.square()).sqrt(), 13, 2.0)
    detail = grey - gaussian_blur(grey, 7, 1.0)
    return {"coarse colours": gaussian_blur(image, 25, 4.0), "edges": edges, "fine detail": detail}


def kept(image, photo):
    """Two pictures -> for each part the correlation of the two."""
    pairs = zip(parts(image).values(), parts(photo).values())
    flat = [[(p - p.mean(dim=(2, 3), keepdim=True)).flatten() for p in pair] for pair in pairs]
    return torch.stack([torch.cosine_similarity(*pair, dim=0) for pair in flat])

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# A random 3 × 3 filter still responds to the nine pixels under it, and there are many such filters. What happens when their outputs are mixed at random, layer after layer?
#
# </details>

# %%
photo = load_image("chelsea", 128)
start = starting_image("noise", photo, photo)
networks = [mini, *(load_backbone("mini", weights="random", seed=seed) for seed in (1, 2, 3))]
tries = [
    [rebuild(at(layer, network), photo, start, 30, 0.1, 2.0) for layer in LAYERS]
    for network in networks
]
scores = torch.stack([torch.stack([kept(copy, photo) for copy in row]) for row in tries])
grids = [[max(1, side // 2**block) for side in photo.shape[2:]] for block in range(5)]
thumbnails = [resize(resize(photo, grid), photo.shape[2:]) for grid in grids]
blurred = torch.stack([kept(image, photo) for image in thumbnails])

# %%
shown = {}
for block in (2, 3):
    shown[f"mini, {LAYERS[block]}"] = tries[0][block]
    shown[f"untrained (seed 1), {LAYERS[block]}"] = tries[1][block]
    shown[f"thumbnail, block {block + 1}"] = thumbnails[block]
show.pictures(shown, "Trained, untrained, and no network at all", columns=3, height=2.2)

figure, axes = plt.subplots(1, 3, figsize=(10, 3), sharey=True)
for number, (axis, name) in enumerate(zip(axes, parts(photo))):
    low, high = scores[1:, :, number].amin(dim=0), scores[1:, :, number].amax(dim=0)
    axis.plot(LAYERS, scores[0, :, number], "o-", color="#0072B2", label="trained mini")
    axis.fill_between(
        LAYERS, low, high, color="#D55E00", alpha=0.4, label="untrained: range of 3 seeds"
    )
    axis.plot(LAYERS, blurred[:, number], "k:", label="thumbnail on the layer's grid")
    axis.set(title=name, ylabel="correlation" if number == 0 else "", ylim=(-0.2, 1.05))
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
figure.suptitle("What comes back of the photograph, by depth")
plt.show()
check.score(options[2], question=question,
            because="at relu2_1 and relu3_1 mini's edges lie above the range of the seeds")

# %% [markdown]
# **What to see.** *Edges:* in blocks 2 and 3 mini gives back more than all three untrained networks, and more than the thumbnail: this is what training adds. *Coarse colours:* the order is reversed, and mini comes last. You see it at `relu3_1`: the untrained network's cat has the better colours, mini's the better lines. (After the 80 steps of section 4, mini had both at `relu2_1`, and some of the colours at `relu3_1`.) *Fine detail* is mixed: mini leads a little at `relu2_1` and is last at `relu3_1`.
#
# From `relu4_1` on, no network finds the edges in so few steps, so we claim nothing there.
#
# <details><summary>But others have inverted and painted with random weights</summary>
#
# He, Wang and Hopcroft (2016) report better inversions with random weights than with trained ones, and paintings too; Ustyuzhaninov et al. (2016) make textures with random filters. Their networks, scales of the weights, optimisers and
# numbers of steps are not ours. Our coarse colours agree with them, our edges do not. What this section shows holds for mini's layers, these random weights, Adam and 30 steps: a part was not *found*. Whether it is lost, or only hard to find, such an experiment cannot tell.
#
# </details>
#
# ## 6 · Which other layers does it match?
#
# Each copy of section 4 was fitted to one layer. How near did it come at the *others*?
#
# > **Predict** · Only `relu4_1` is matched. Which other layers nearly are, too?

# %%
options = ["the shallower ones", "the deeper ones", "all of them", "none of them"]
check.predict("Only relu4_1 is matched. Which other layers nearly are, too?", options=options)

# %%
def distances(image, other, network=mini):
    """Two pictures -> (5,): their relative content loss at each layer."""
    with torch.no_grad():
        maps, targets = (extract_features(network, picture, LAYERS) for picture in (image, other))
        return torch.stack([relative(maps[layer], targets[layer]) for layer in LAYERS])


left = torch.stack([distances(copy, cat) for copy in copies.values()]) / distances(noise, cat)
rows = [f"rebuilt from {layer}" for layer in LAYERS]
title = "Distance from the photograph, in per cent of the noise's"
show.number_tables({"measured at": 100 * left}, rows, LAYERS, title, form=".1f")
check.score("the deeper ones", because="relu5_1 is calculated from relu4_1 and from nothing else")

# %% [markdown]
# **What to see.** To the right of the diagonal the numbers are smaller than to its left: in the row of `relu4_1`, about 3 at `relu5_1`, and 60 to 98 at the shallower layers. The first is logic: $F^{5\_1}$ is a function of $F^{4\_1}$, so equal inputs give equal outputs. *Nearly* equal inputs need not: `relu3_1` is matched to 3 %, and the rest grows to 27 % at `relu5_1`.
#
# ## 7 · Content is not meaning
#
# "Content" sounds as if the layer knew that this is a cat. Change the photograph so that it still shows a cat, and measure how far each change moves its description. 100 % is the mean distance to three *other* photographs.

# %%
wide = load_image("chelsea", 288)
here = wide[..., 32:160, 40:232]
versions = {"red and blue exchanged": here.flip(1), "negative": 1 - here, "mirrored": here.flip(3)}
versions["moved by 16 pixels"] = wide[..., 32:160, 56:248]
show.pictures(versions, "The same cat, in four versions", columns=2, height=2.3)

# %% [markdown]
# **What to see.** A person calls all four "a cat". Only the last could be the camera's next shot.
#
# > **Predict** · Which version is farthest from the cat for `relu4_1`?

# %%
check.predict("Which version is farthest from the cat, for relu4_1?", options=list(versions))

# %%
others = [resize(load_image(name, 192), here.shape[2:]) for name in ("coffee", "rocket", "pagoda")]


def table(network):
    """A network -> (4, 5): each version's distance at each layer, in % of other photographs'."""
    usual = torch.stack([distances(other, here, network) for other in others]).mean(dim=0)
    found = [distances(version, here, network) for version in versions.values()]
    return 100 * torch.stack(found) / usual


tables = torch.stack([table(network) for network in networks])
spread = tables[1:].amax(dim=0) - tables[1:].amin(dim=0)
named = {
    "trained mini": tables[0],
    "untrained: mean of 3 seeds": tables[1:].mean(dim=0),
    "its range": spread,
}
title = "Distance from the cat, in per cent of another photograph's"
show.number_tables(named, list(versions), [layer[4:] for layer in LAYERS], title)
check.score(list(versions)[tables[0, :, 3].argmax()], because="the table's column 4_1 says so")

# %% [markdown]
# **What to see.** *Left:* for mini's `relu4_1` a cat in false colours is 70 to 86 per cent as far away as another photograph, and the mirrored cat is much nearer; at `relu2_1` the exchanged colours count least. *Middle and right:* the three untrained networks differ from each other by up to 81 points, so a single draw would tell us little.
#
# So content is **a layer's answers, place by place**. Which changes are large depends on the layer, not on whether it is still a cat: at `relu1_1` and `relu5_1` the negative of the cat is farther away than another photograph.
#
# ## 8 · What the layer leaves open, the start fills in
#
# If many pictures share a description, which one do we get? Search for the cat's `relu4_1` from three other pictures, in small steps and without a prior.

# %%
names = ("starry_night", "great_wave", "coffee")
starts = {name: starting_image("style", photo, load_image(name, 192)) for name in names}
ends = {name: rebuild(at("relu4_1"), photo, image, 40, 0.02, 0.0) for name, image in starts.items()}
shown = {f"start: {name}": image for name, image in starts.items()}
shown |= {f"end, from {name}": image for name, image in ends.items()}
show.pictures(shown, "Three starts, one description", columns=3, height=2.0)
for name, end in ends.items():
    before, after = (distances(image, photo)[3].item() for image in (starts[name], end))
    cats, own = kept(end, photo), kept(end, starts[name])
    print(f"{name}: content loss {before:.2f} -> {after:.2f}; "
          "like the cat / like the start: coarse colours "
          f"{cats[0]:.1f} / {own[0]:.1f}, edges {cats[1]:.1f} / {own[1]:.1f}")

# %% [markdown]
# **What to see.** To `relu4_1` all three ends are the cat: the content loss has fallen from about 1 to 0.02 or less. To us they are still the night, the wave and the cup, and the correlations agree. **What you see in a reconstruction is the description, plus the start, plus the prior.**
#
# > **Back to [00](00_start_here.ipynb)** · There you predicted whether the houses stay when the content weight is 0 and the search starts from the photograph. They stayed. Which finding of this notebook explains it?

# %%
check.predict("The houses stayed without a content loss, because", options=[
    "the style's layers know the photograph", "the start fills in what the loss does not say",
    "deep layers are matched along with shallow ones"])

# %%
check.score("the start fills in what the loss does not say",
            because="nothing in a style loss says where things are, so the start decides")

# %% [markdown]
# ## 9 · Which layer for style transfer?
#
# The content loss is one term of two; [05 · Gram matrices](05_gram_matrices.ipynb) brings the other. The more the content layer fixes, the less the style can change. One photograph, one painting, the same weights, two content layers:

# %%
painted = {}
for layer in ("relu2_1", "relu4_2"):
    run = nsthelpers.stylize("tuebingen", "starry_night", size=320, steps=80, content_weight=0.3,
                             content_layers=[layer], progress=False)
    painted[f"content from {layer}"] = run.image
    print(f"{layer}: style loss {min(run.history, key=lambda row: row['total'])['style']:.3f}")
show.pictures(painted, "One style, two content layers", columns=2, height=3.8)

# %% [markdown]
# **What to see.** With `relu2_1` the photograph stays, to the last branch, and the style is a blue tint with a fine grain. With `relu4_2` the sky gets brushwork, the houses stand where they stood, and the style loss is half as large.
#
# Gatys et al. (2016) compared conv2_2 with conv4_2 by eye and took the deeper; this fits their choice.

# %% [markdown] tags=["teacher"]
# **Talking point.** If content means what stands where, does a caricature have the same content as its model? Does a photograph have the same content as its negative?
#
# **Ask.** Why does everybody start style transfer from the photograph? (Section 8.)

# %% [markdown]
# ## Summary
#
# - The content loss is ½ Σ (F − P)²; divided by that of an empty description it can be compared between layers.
# - From mini's first three blocks a photograph comes back, with paler colours from the third; from the fourth and fifth, traces, in so few steps.
# - Matching a layer exactly matches all deeper ones, but not the shallower ones. What training adds in blocks 2 and 3 is edges.
# - Content is a layer's answers, place by place: not pixels, and not meaning.
# - What a layer leaves open, the start and the prior fill in.
#
# ## Common mistakes
#
# - Reading invented texture as "what the network sees": it may come from the start or the prior.
# - Comparing undivided content losses of two layers.
# - Calling a result "learnt" after one draw of random weights.
#
# ## Challenge
#
# What is a good prior? Rebuild the cat from `relu4_1` with `smooth` 0 and 20, with absolute differences, and with a prior of your own. Judge with `kept`, and by eye. Can you bring the fur back? If so, does it come from the layer or from your prior?
#
# <details><summary>Where to start</summary>
#
# Give `rebuild` one argument more, a function from a picture to a number, in place of `total_variation_loss`. Yours could be the distance from a slightly blurred copy. Olah, Mordvintsev and Schubert (2017) collect what others use.
#
# </details>
#
# ## References
#
# - A. Mahendran, A. Vedaldi (2015). [Understanding deep image representations by inverting them](https://arxiv.org/abs/1412.0035). CVPR.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). [Image style transfer using convolutional neural networks](https://doi.org/10.1109/CVPR.2016.265). CVPR.
# - K. He, Y. Wang, J. Hopcroft (2016). [A powerful generative model using random weights for the deep image representation](https://arxiv.org/abs/1606.04801). NIPS.
# - I. Ustyuzhaninov, W. Brendel, L. A. Gatys, M. Bethge (2016). [Texture synthesis using shallow convolutional networks with random filters](https://arxiv.org/abs/1606.00021).
# - D. P. Kingma, J. Ba (2015). [Adam: a method for stochastic optimization](https://arxiv.org/abs/1412.6980). ICLR.
# - K. Simonyan, A. Zisserman (2014). [Very deep convolutional networks for large-scale image recognition](https://arxiv.org/abs/1409.1556).
# - C. Olah, A. Mordvintsev, L. Schubert (2017). [Feature visualization](https://doi.org/10.23915/distill.00007). Distill.
#
# Photographs: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); the pagoda, danielbuechele (CC BY 2.0); changed here. All others: `data/README.md`.
#
# [← 03 · Inside VGG](03_inside_vgg.ipynb) · [05 · Gram matrices →](05_gram_matrices.ipynb)
