# %% [markdown]
# # 04 · What layers remember
#
# **What can be rebuilt from a layer?**
#
# ![A photograph of a coffee cup, and five pictures that were rebuilt from layers of growing depth: the first two look like the photograph, the third has a violet shadow and wrong fine detail, the fourth keeps the drawing and paler colours, the fifth keeps little more than the outlines, on violet and grey.](attachment:04_what_layers_remember.jpg)
#
# **You will**
#
# - write the content loss, work it out by hand, and find its gradient;
# - rebuild a photograph from five depths of a network, starting from noise each time;
# - measure by PSNR and SSIM what is left at each depth, against an untrained network, and see where these numbers mislead;
# - separate what a deep layer keeps (the drawing, where it stands, its coarse colours) from what it lets go (fine detail, contrast, brightness);
# - say what "content" is, what it is not, and which layer to take it from.
#
# **You need** [01 · Images as tensors](01_images_as_tensors.ipynb), where pixels become something to be trained, and
# [03 · Inside VGG](03_inside_vgg.ipynb) for the names of the layers. [02](02_convolutions_and_features.ipynb) explains convolutions.
#
# **Reading** 40 minutes, exercises 20 minutes. **Running** less than two minutes in all, on two CPU cores.

# %%
# In Colab this installs the course; anywhere else it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("nsthelpers") is None:
    # %pip install -q "git+{{repository}}"

# %% [markdown]
# Two networks again, and everything offline: `trained` has learnt from photographs, `untrained` has the same layers with random
# numbers in them. What the second can do as well is no result of learning.

# %%
import matplotlib.pyplot as plt
import torch
from torchvision.transforms.functional import gaussian_blur

from nsthelpers import (
    StyleTransferLoss, content_loss, extract_features, load_backbone, load_image, reconstruct, scrubber, show, stylize,
)
from nsthelpers.checks import what_layers_remember as check
from nsthelpers.show.colours import luminance
from nsthelpers.transfer import starting_image

show.setup_notebook()
trained, untrained = load_backbone("mini"), load_backbone("mini", weights="random")

# %% [markdown]
# ## 1 · A guessing game
#
# A photograph goes into the network, and we keep the numbers of *one* layer. Then the photograph is taken away. Somebody who
# has only those numbers, and the network, starts from noise and changes its pixels until the network answers with the same numbers, as nearly
# as 100 steps allow. What does that person get?
#
# Five people have played, with five layers of different depth. Their pictures are shuffled.

# %%
LAYERS = ["relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_2"]
settings = {"steps": 100, "tv_weight": 0.3, "progress": False}
cup = load_image("coffee", 144)
rebuilt = {layer: reconstruct(trained, cup, content_layer=layer, **settings).image for layer in LAYERS}

shuffled = [rebuilt[LAYERS[place]] for place in (2, 4, 0, 3, 1)]
show.pictures(dict(zip("ABCDE", shuffled)), "Rebuilt from one layer each: which is which?", columns=5, height=1.1)

# %% [markdown]
# **What to see.** All five started from the same noise and none of the five people has seen the photograph. Yet in each of the pictures there are
# rings where the cup and its saucer are. Three of them could pass for the photograph at first glance, and two of these at a second one.
#
# > **Predict** · Which of the five was rebuilt from the deepest layer, `relu5_2`? If that is too easy: which two come from the two shallowest layers, and in which order?

# %%
game = "Which picture was rebuilt from the deepest of the five layers?"
check.predict(game, options=list("ABCDE"))

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# The deeper the layer, the more convolutions and poolings have come between it and the pixels. Which of the pictures has lost the most?
#
# </details>
#
# We come to the answer in section 5. First: what exactly was kept, and how does one search?

# %% [markdown] tags=["teacher"]
# **Timing.** *Ninety minutes:* sections 1–4 (35 minutes, `content_loss` on paper first), 5 (20), 7 (10), 8 (15), summary (10). Sections 6, 9
# and 10 make good homework. *The game:* print the figure of section 1 and let pairs put the five in order before anybody runs the answer.
#
# **Expect.** "The network stores the picture." It stores nothing: its weights are frozen, and the activations are computed anew from
# whatever picture is shown. "Deeper means worse." Deeper means *less of the pixels*; section 8 shows what it means more of.
# "The picture is decoded by running the network backwards." No layer is inverted: the picture is found by trying, with gradients.

# %% [markdown]
# ## 2 · A layer's answer is a description
#
# Take the layer $\ell$ of the network. Its answer to a picture $x$, shape $(1, 3, H, W)$, is a block of numbers $F^\ell(x)$, shape $(1, C_\ell, H_\ell, W_\ell)$: one map for
# each of $C_\ell$ channels. Think of it as a *description* of the picture. Two pictures with the same
# description are, for this layer and for everything behind it, the same picture.
#
# Can two different pictures have the same description? The two operations between the convolutions see to that. By hand, for one window of 2 × 2 pixels
# that passes through a ReLU (negative numbers become 0) and a max-pooling (only the largest number stays):
#
# $$\begin{pmatrix} 1 & 3 \\ 2 & -4 \end{pmatrix} \xrightarrow{\text{ReLU}} \begin{pmatrix} 1 & 3 \\ 2 & 0 \end{pmatrix} \xrightarrow{\text{max}} 3
# \qquad\qquad \begin{pmatrix} -7 & 0 \\ 0 & 3 \end{pmatrix} \xrightarrow{\text{ReLU}} \begin{pmatrix} 0 & 0 \\ 0 & 3 \end{pmatrix} \xrightarrow{\text{max}} 3$$

# %% tags=["nbval-check-output"]
one, other = torch.tensor([[[[1.0, 3.0], [2.0, -4.0]]]]), torch.tensor([[[[-7.0, 0.0], [0.0, 3.0]]]])
described = [torch.nn.functional.max_pool2d(window.relu(), 2) for window in (one, other)]
assert torch.equal(*described) and not torch.equal(one, other)
print("two windows, one description:", described[0].item())

# %% [markdown]
# The value 3 has survived. *Where* in the window it stood, and what the others were, is gone.
#
# <details><summary>A third window with the same description?</summary>
#
# Any one whose largest number is 3: there are infinitely many. And if the description is 0, the window may hold anything that is not positive.
#
# </details>
#
# In the real network the loss of places is made up for by more channels, for a while. Count the numbers of each description, and look
# at the strongest channel of each:

# %% tags=["nbval-check-output"]
features = extract_features(trained, cup, LAYERS)
for layer, maps in features.items():
    print(f"{layer}  {tuple(maps.shape)!s:18} numbers for each number of the picture: {maps.numel() / cup.numel():.2f}")

# %%
strongest = {layer: maps[0, maps[0].mean(dim=(1, 2)).argmax()] for layer, maps in features.items()}
shown = {"the picture": cup} | {f"{layer}, {m.shape[0]} × {m.shape[1]}": m for layer, m in strongest.items()}
show.pictures(shown, "The strongest channel of each layer (white: strong)", columns=6, height=0.9)

# %% [markdown]
# **What to see.** With depth the maps get coarser: one value of `relu5_2` stands for a square of 16 × 16 pixels. From `relu4_2` on there are *fewer*
# numbers in the description than in the picture, so different pictures must share one. In the three shallower layers there are more. Whether these numbers
# are enough, no counting can tell: many of them are zeros, or say the same twice.
#
# So we do what Mahendran and Vedaldi (2015) did: look for a picture with the given description, and see what comes.
#
# ## 3 · The content loss
#
# "The same description" needs a number that is 0 when it is reached. Let $P = F^\ell(p)$ be the description of the photograph $p$, and $F = F^\ell(x)$ that of
# our picture $x$, both of shape $(1, C, H, W)$ with the layer's own $C$, $H$ and $W$. The **content loss** is
#
# $$L_{\text{content}} = \tfrac12 \sum_{c,h,w} (F_{chw} - P_{chw})^2, \qquad \frac{\partial L_{\text{content}}}{\partial F_{chw}} = F_{chw} - P_{chw}.$$
#
# One number, and a gradient of the shape of $F$: each activation is pulled towards its target, the harder the farther it is. By hand, with one channel of 2 × 2:
#
# $$P = \begin{pmatrix} 1 & 2 \\ 1 & 3 \end{pmatrix} \qquad F = \begin{pmatrix} 2 & 2 \\ 0 & 1 \end{pmatrix} \qquad F - P = \begin{pmatrix} 1 & 0 \\ -1 & -2 \end{pmatrix}
# \qquad L_{\text{content}} = \tfrac12 (1 + 0 + 1 + 4) = 3$$

# %% tags=["nbval-check-output"]
P = torch.tensor([[[[1.0, 2.0], [1.0, 3.0]]]])
F = torch.tensor([[[[2.0, 2.0], [0.0, 1.0]]]], requires_grad=True)
L = content_loss(F, P)
L.backward()
assert L == 3 and torch.equal(F.grad, F.detach() - P)
print("loss", L.item(), " gradient", F.grad.flatten().tolist())

# %% [markdown]
# > **Your turn** · 4 min · ●○○ — `content_loss`: two descriptions (B, C, H, W) in, one number out, ½ Σ (F − P)². It must carry a gradient back to `features`.

# %% tags=["exercise"]
# 4 min · ●○○
def my_content_loss(features, target):
    """(B, C, H, W) twice -> one number: half the sum of the squared differences."""
    # Your turn.
    return None


check.content_loss(my_content_loss)

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
def my_content_loss(features, target):
    """(B, C, H, W) twice -> one number: half the sum of the squared differences."""
    return 0.5 * (features - target).square().sum()

# %% [markdown] tags=["solution"]
# **Why.** The one half is there for beauty only: it cancels the 2 of the square's derivative, so that the gradient is plainly $F - P$.

# %% [markdown]
# Is 3 much? It depends on how large the numbers of the layer are, and they differ between layers and between networks. Divide by $\lVert P \rVert^2 = \sum P_{chw}^2$ and the scale is gone:
#
# $$\text{relative content loss} = \frac{\lVert F - P \rVert^2}{\lVert P \rVert^2} \qquad\text{by hand: } \frac{1 + 0 + 1 + 4}{1 + 4 + 1 + 9} = \frac{6}{15} = 0.4$$
#
# It is 0 for a perfect match and 1 for a layer that is silent. This is what `StyleTransferLoss`, `stylize` and `reconstruct` minimise.
#
# > **Your turn** · 4 min · ●○○ — `relative_content`: as before, but $\lVert F - P \rVert^2 / \lVert P \rVert^2$, both sums over everything.

# %% tags=["exercise"]
# 4 min · ●○○
def relative_content(features, target):
    """(B, C, H, W) twice -> one number: ‖F − P‖² / ‖P‖²."""
    # Your turn.
    return None


check.relative_content(relative_content)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# Two sums of squares and one division, at the end. The target stands below: features of zero must give exactly 1.
#
# </details>
#
# <details><summary>Hint 2 · the factor is wrong</summary>
#
# The ½ is not here any more, and `.mean()` in one place needs `.mean()` in the other.
#
# </details>

# %% tags=["solution"]
def relative_content(features, target):
    """(B, C, H, W) twice -> one number: ‖F − P‖² / ‖P‖²."""
    return (features - target).square().sum() / target.square().sum()

# %% [markdown] tags=["solution"]
# **Why.** $P$ does not change during a run, so the division moves no minimum. But 0.4 now means the same at every layer, for every network and for every size of picture.

# %% [markdown]
# One more thing about the gradient. $F$ has just come out of a ReLU, and a ReLU that is closed lets no gradient through. In the example, the 0 at the lower left
# may have been −5 before the ReLU. It ought to become 1, the gradient with respect to $F$ says so; but the pixels never hear of it.

# %% tags=["nbval-check-output"]
Z = torch.tensor([[[[2.0, 2.0], [-5.0, 1.0]]]], requires_grad=True)  # before the ReLU
content_loss(Z.relu(), P).backward()
assert abs(2 * content_loss(F, P) / P.square().sum() - 0.4) < 1e-6  # the relative loss, by hand above
print("with respect to F:", F.grad.flatten().tolist(), "  before the ReLU:", Z.grad.flatten().tolist())
assert Z.grad.flatten().tolist() == [1, 0, 0, -2]

# %% [markdown]
# > **In the paper** · Equations 1 and 2 of Gatys et al. 2016 are these two: the loss with ½ Σ, and its gradient $F - P$ where $F > 0$ and 0 where $F < 0$. The paper writes
# > each map as one row, so that its $F$ has two indices.
#
# ## 4 · From noise to a picture
#
# Now the whole way, slowly, for `relu4_2`. `reconstruct` starts from noise and minimises, with L-BFGS ([07 · The optimisation loop](07_optimisation_loop.ipynb) explains it),
#
# $$L(x) = \frac{\lVert F(x) - P \rVert^2}{\lVert P \rVert^2} + \gamma\, \mathrm{TV}(x), \qquad x \text{ of shape } (1, 3, H, W),\quad \gamma = 0.3 .$$
#
# Total variation (TV, one number; Rudin, Osher and Fatemi 1992) is the mean absolute difference of neighbouring pixels, from left to right plus from top to bottom, and its weight $\gamma$ was chosen by eye. It is a *prior*: where the layer leaves the choice, take the smoother picture. Mahendran and Vedaldi used it too. We look on, and measure at eight moments
# how far the picture is from the cup: at `relu4_2`, and also at the other four depths that *nobody is matching*.
#
# > **Predict** · When `relu4_2` is matched, which of the other layers has nearly been matched as well?

# %%
options = ["the shallower ones: relu1_2, relu2_2, relu3_2", "the deeper one: relu5_2", "all of them", "none of them"]
check.predict("Only relu4_2 is matched. Which other layers nearly are, too?", options=options)

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# What does the network need to know in order to calculate `relu5_2`? And what would it need to know in order to calculate `relu2_2`?
#
# </details>
#
# `reconstruct` calls its `callback` at every step with the step's number and the picture. Move the slider: it works without a kernel.

# %%
def distances(network, image, target=cup):
    """Two pictures -> {layer: relative content loss of the first, measured at that layer}."""
    terms = {layer: StyleTransferLoss(network, content=target, content_layers=[layer]) for layer in LAYERS}
    with torch.no_grad():
        return {layer: term(image)["content"].item() for layer, term in terms.items()}


way, moments = {}, (1, 4, 6, 9, 15, 25, 50, 100)


def watch(now):
    if now.step in moments:
        way[now.step] = now.image


reconstruct(trained, cup, content_layer="relu4_2", callback=watch, **settings)
scrubber({f"step {step}": image for step, image in way.items() if step not in (4, 50)}, "From noise, matching relu4_2", alt="A coffee cup emerges from coloured noise")

# %% [markdown]
# And as a still, with the distance at all five depths. The measure is the relative content loss, so that all five may share one axis.

# %%
errors = {step: distances(trained, image) for step, image in way.items()}
stills = {f"step {step}": way[step] for step in (1, 6, 15, 100)}
show.pictures(stills, "From noise, matching relu4_2 only", columns=4, height=1.15)
figure, axis = plt.subplots(figsize=(6.2, 2.7))
for number, layer in enumerate(LAYERS):
    line = "-" if layer == "relu4_2" else "--"
    colour = plt.get_cmap("viridis")(number / 5)
    axis.plot(errors.keys(), [error[layer] for error in errors.values()], line, marker="os^Dv"[number], color=colour, label=layer)
axis.set(title="Distance from the photograph at five depths", xlabel="step", ylabel="relative content loss", xscale="log", yscale="log")
axis.legend(ncols=3)
plt.show()
check.score("the deeper one: relu5_2", because="it is calculated from relu4_2 alone: what makes relu4_2 equal makes relu5_2 equal")

# %% [markdown]
# **What to see.** *The pictures:* edges come first, out of the grey, and their places are right from the start; the red of the saucer and the brown of the coffee follow much later. *The curves:* `relu4_2`, the one that is matched (the continuous line), falls to about a fiftieth, and `relu5_2` goes along with it, from step 9 on even below it,
# though nobody asked. That is logic, not luck: $F^{5\_2}$ is a function of $F^{4\_2}$, so equal inputs give equal outputs, and inputs that are nearly equal give outputs that are nearly equal. The shallower layers are a different matter. The two shallowest hardly move for the first fifteen steps, and at the end they are still half as far from the photograph as the noise was. To bring `relu4_2`
# into the right state there are many ways, and the one that was found is not the photograph's.
#
# ## 5 · Five depths, and a control
#
# Now the five pictures of the game in their order, and under them what the *untrained* network gives with the same settings.

# %%
control = {layer: reconstruct(untrained, cup, content_layer=layer, **settings).image for layer in LAYERS}
rows = {"the photograph": cup} | rebuilt | {"the photograph ": cup} | {f"untrained, {name}": image for name, image in control.items()}
show.pictures(rows, "Rebuilt from five depths: trained network above, random weights below", columns=6, height=0.9)
check.score("B", because="B has lost the most. In order of depth: C, E, A, D, B", question=game)

# %% [markdown]
# **What to see.** *Above:* from `relu1_2` and `relu2_2` nearly everything comes back. From `relu3_2` the cup is still there at first glance, but its fine detail is not right: look at the spoon. From
# `relu4_2` the drawing is there, the rim, the handle, the spoon, and the red too; but all is paler, and the contours are wild. From `relu5_2` come rings, a spoon, and colours that nobody photographed. *Below:* with random weights the first layer gives the photograph back too,
# but for a violet shadow. From the second the bright cup is right, and all that is dark is blue and pink speckle. From the third comes the ghost of a rim in heavy noise, from the fourth hardly that, and from the last nothing that one would call a picture.
#
# So two statements must be kept apart. That the *first* block can be inverted is no result of learning; random filters hold a picture as well, and nearly as
# easily. That the second and third still give the photograph back, with the same steps, and the fourth its drawing and its colours, is one.
#
# > **In the paper** · The content reconstructions in figure 1 of Gatys et al. 2016 show the same with VGG-19, for conv1_2, conv2_2, conv3_2, conv4_2 and conv5_2. We take the values behind the ReLU.
#
# **Scruples.** Strictly, a bad reconstruction shows that the picture was not *found*, in 100 steps and from this start. Is it lost, or only harder to find? Give the untrained network 200 steps more, on top of what it has, and print the mean squared difference from the
# photograph, as a share of that of the noise:

# %%
noise = starting_image("noise", cup, cup)
for layer in LAYERS[1:3]:
    longer = reconstruct(untrained, cup, content_layer=layer, init=control[layer], **settings | {"steps": 200}).image
    copies = {"untrained, 100 steps": control[layer], "200 steps more": longer, "trained, 100 steps": rebuilt[layer]}
    share = {name: (copy - cup).square().mean() / (noise - cup).square().mean() for name, copy in copies.items()}
    print(layer, "".join(f"   {name}: {value:.1%}" for name, value in share.items()))

# %% [markdown]
# So patience hardly helps: 200 more steps take away a tenth of the error at `relu2_2`, and less at `relu3_2`. What can be said is this: even with a third of the steps, the trained layers give the picture back and the untrained ones do not. Whether the latter hold it somewhere out of reach, this experiment does not tell.
#
# ### How good is a copy? PSNR
#
# For a curve we need a number for each picture. The usual one is the **peak signal-to-noise ratio**, in decibels. Let $a$ and $b$ be two pictures of shape $(1, 3, H, W)$ in $[0, 1]$ and $n = 3HW$:
#
# $$\mathrm{MSE} = \frac1n \sum_{i=1}^{n} (a_i - b_i)^2, \qquad \mathrm{PSNR} = 10 \log_{10} \frac{1}{\mathrm{MSE}} .$$
#
# By hand: if every value is off by 0.1, MSE = 0.01 and PSNR = 10 · 2 = 20 dB. A mean squared error ten times smaller is 10 dB more.
#
# > **Your turn** · 6 min · ●●○ — `psnr`: two pictures in, one number out. Equal pictures give `inf`.

# %% tags=["exercise"]
# 6 min · ●●○
def psnr(a, b):
    """Two pictures (B, 3, H, W) in [0, 1] -> 10·log₁₀(1 / mean squared error), inf if they are equal."""
    # Your turn.
    return None


check.psnr(psnr)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# Try two pictures that differ by 0.1 everywhere: 20 must come out. 40 means a factor of 20 in place of 10, −20 a wrong sign, 46 a natural logarithm.
#
# </details>
#
# <details><summary>Hint 2 · an error for equal pictures</summary>
#
# The mean squared error is 0. `math.log10(0)` stops; torch's `log10` gives −inf, and minus that is what you need.
#
# </details>

# %% tags=["solution"]
def psnr(a, b):
    """Two pictures (B, 3, H, W) in [0, 1] -> 10·log₁₀(1 / mean squared error), inf if they are equal."""
    return -10 * (a - b).square().mean().log10().item()

# %% [markdown] tags=["solution"]
# **Why.** $\log_{10}(1/\mathrm{MSE}) = -\log_{10} \mathrm{MSE}$, and torch's logarithm of 0 is −inf, so equal pictures need no special case.

# %% [markdown]
# ### SSIM
#
# PSNR compares pixel by pixel. Wang et al. (2004) compare *windows*: is the mean the same, is the contrast the same, do both go up and down together? For a window with means $\mu_a, \mu_b$, variances $\sigma_a^2, \sigma_b^2$ and covariance $\sigma_{ab}$ of the brightness,
# all single numbers, the **structural similarity** is
#
# $$\mathrm{SSIM} = \frac{2\mu_a\mu_b + c_1}{\mu_a^2 + \mu_b^2 + c_1} \cdot \frac{2\sigma_{ab} + c_2}{\sigma_a^2 + \sigma_b^2 + c_2}, \qquad c_1 = 0.01^2,\; c_2 = 0.03^2,$$
#
# averaged over all windows (11 × 11 pixels, weighted by a bell curve of deviation 1.5; at the border the picture is continued as in a mirror). Equal pictures have 1. By hand:
#
# - two flat greys, 0.5 and 0.6: nothing varies, the second factor is $c_2/c_2 = 1$, the first is $0.6001/0.6101 \approx 0.984$;
# - a checkerboard of 0 and 1 and its negative: both means are ½, both variances ¼, the covariance is −¼. So about $1 \cdot (-\tfrac12)/\tfrac12 = -1$.

# %% tags=["nbval-check-output"]
def ssim(a, b, c1=0.01**2, c2=0.03**2):
    """Two pictures (1, 3, H, W) in [0, 1] -> their mean structural similarity, at most 1 (Wang et al. 2004)."""
    a, b = luminance(a), luminance(b)  # (1, 1, H, W)
    mean_a, mean_b, aa, bb, ab = (gaussian_blur(x, 11, 1.5) for x in (a, b, a * a, b * b, a * b))
    var_a, var_b, cov = aa - mean_a**2, bb - mean_b**2, ab - mean_a * mean_b
    light = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
    return (light * (2 * cov + c2) / (var_a + var_b + c2)).mean().item()


flat = torch.full((1, 3, 16, 24), 0.5)
board = (torch.arange(16)[:, None] + torch.arange(24)).remainder(2).float().expand(1, 3, -1, -1)
cases = {"itself": ssim(cup, cup), "two greys": ssim(flat, flat + 0.1), "negative": ssim(board, 1 - board)}
print({name: round(value, 2) for name, value in cases.items()})
assert abs(cases["itself"] - 1) < 1e-4 and abs(cases["two greys"] - 0.6001 / 0.6101) < 1e-3 and cases["negative"] < -0.99

# %% [markdown]
# Both numbers against depth. To see that it is not the cup alone, a second photograph is rebuilt too, smaller and with fewer steps. And a yardstick: how well
# does a *flat field* do, of the photograph's mean colour, which knows nothing at all about the picture but three numbers?

# %%
head = load_image("portrait", 96)
quick = settings | {"steps": 60}
heads = {net: [reconstruct(net, head, content_layer=layer, **quick).image for layer in LAYERS] for net in (trained, untrained)}

# %%
def quality(image, original):
    """Two pictures -> (PSNR in dB, SSIM)."""
    return 10 * (1 / (image - original).square().mean()).log10().item(), ssim(image, original)


assert abs(quality(flat, flat + 0.1)[0] - 20) < 1e-3  # by hand above

figure, axes = plt.subplots(1, 2, figsize=(7.6, 2.5))
flat_cup = cup.mean(dim=(2, 3), keepdim=True).expand_as(cup)
for axis, which, name in zip(axes, (0, 1), ("PSNR in dB", "SSIM")):
    for net, copies, colour, label in ((trained, rebuilt, "#0072B2", "trained"), (untrained, control, "#D55E00", "untrained")):
        mark = "o-" if net is trained else "s--"
        axis.plot(LAYERS, [quality(copies[layer], cup)[which] for layer in LAYERS], mark, color=colour, label=f"{label}, cup")
        axis.plot(LAYERS, [quality(copy, head)[which] for copy in heads[net]], mark, color=colour, alpha=0.35, label=f"{label}, portrait")
    axis.axhline(quality(flat_cup, cup)[which], color="black", linestyle=":", label="flat field for the cup")
    axis.set(title=name, xlabel="rebuilt from")
axes[0].legend()
figure.suptitle("How like the photograph is the copy? (higher is better)")
plt.show()

# %% [markdown]
# **What to see.** Both curves fall with depth, for both photographs. At the first layer the untrained network is nearest to the trained one, at the second the gap is widest. But look at the dotted line: by both numbers a flat brown field is as good a
# copy of the cup as what `relu4_2` gave back, and a *better* one than that from `relu5_2`, where the trained network is no better than the untrained one. Your eyes disagree: in the two pictures from the trained layers there is a cup, in a brown field and in noise there is none.
#
# The eyes are not wrong, the question is. PSNR asks for the right *value* at each pixel, and SSIM for the right ups and downs within a few pixels, and neither is what a deep layer keeps. A number answers its own question only. So let us ask better ones.
#
# ## 6 · Who knows whom?
#
# First, from within the network. Each rebuilt picture matched one layer. How near did it come at the *other* layers? Section 4 had the answer for `relu4_2`. The full table has 5 × 5 entries.
#
# > **Your turn** · 5 min · ●●○ — `errors_by_layer`: two dictionaries {layer: (B, C, H, W)} in, one dictionary {layer: relative content loss} out, with plain numbers.

# %% tags=["exercise"]
# 5 min · ●●○
def errors_by_layer(features, targets):
    """Two dictionaries {layer: (B, C, H, W)} -> {layer: ‖F − P‖² / ‖P‖² as a number}."""
    # Your turn.
    return None


check.errors_by_layer(errors_by_layer)

# %% [markdown]
# <details><summary>Hint 1 · the keys are wrong</summary>
#
# The names of the layers are the keys of the result: `{layer: ... for layer in targets}`.
#
# </details>
#
# <details><summary>Hint 2 · the values are wrong</summary>
#
# For each layer your `relative_content`, with the target of *that* layer below the fraction bar; then `.item()`.
#
# </details>

# %% tags=["solution"]
def errors_by_layer(features, targets):
    """Two dictionaries {layer: (B, C, H, W)} -> {layer: ‖F − P‖² / ‖P‖² as a number}."""
    return {
        layer: ((features[layer] - target).square().sum() / target.square().sum()).item()
        for layer, target in targets.items()
    }

# %% [markdown] tags=["solution"]
# **Why.** Each layer has its own $\lVert P \rVert^2$. One common denominator would let the layer with the largest numbers speak for all.

# %% [markdown]
# The table is drawn as a share of what the noise had: 100 % means as far away as the noise was, 0 % is a perfect match.

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 2.7))
for axis, network, copies, name in ((axes[0], trained, rebuilt, "trained"), (axes[1], untrained, control, "untrained")):
    start = torch.tensor(list(distances(network, noise).values()))
    share = 100 * torch.tensor([list(distances(network, copies[layer]).values()) for layer in LAYERS]) / start
    axis.imshow(share.log10(), cmap="viridis", vmin=-1, vmax=2, aspect="auto")
    for y, x in torch.cartesian_prod(torch.arange(5), torch.arange(5)).tolist():
        axis.text(x, y, f"{share[y, x]:.2g}" if share[y, x] < 10 else f"{share[y, x]:.0f}", ha="center", va="center", color="black" if share[y, x] > 8 else "white")
    axis.set(title=f"{name} network", xlabel="measured at", xticks=range(5), xticklabels=LAYERS, yticks=range(5), yticklabels=LAYERS)
    if network is trained:
        axis.set_ylabel("rebuilt from")
        assert share[3, 4] < 5 < share[3, 2]  # matched at relu4_2: deeper near, shallower far
figure.suptitle("What is left of the noise's distance, in per cent (colours: logarithmic)")
plt.show()

# %% [markdown]
# **What to see.** On the diagonal stands the layer that was matched. To the *right* of it everything is dark: whoever has matched a layer has matched all deeper ones. To the *left* it gets brighter: with the picture from `relu4_2` the two shallowest layers are still half as far away as with noise, and with that from `relu5_2` nearly nine tenths.
# Each layer knows all that comes after it, and the less of what came before the deeper it is. The pattern is the same with random weights, though paler, for it is a matter of who is calculated from whom. What training changes is how bright the left side is: the
# picture from the trained `relu3_2` is much nearer at the layers before it than the untrained one.
#
# The diagonal belongs to the scruples of section 5 as well: with random weights all layers but the deepest were matched less well, so part of their failure is that the search is harder.
#
# ## 7 · What is kept, what is lost
#
# Second, from outside. Split a picture into four parts that a painter would know, each of which can be compared with the photograph's:
#
# - **light**: the brightness, strongly blurred: where it is light and where dark;
# - **colour**: what remains when the brightness is subtracted, blurred as strongly;
# - **edges**: how much the brightness changes from pixel to pixel, slightly blurred: where there are lines, whatever they look like;
# - **fine detail**: the brightness minus the same slightly blurred, down to the single pixel.

# %%
def parts(image):
    """A picture (1, 3, H, W) -> {name: (1, 1 or 3, h, w)}: its light, colour, edges and fine detail."""
    grey = luminance(image)
    across, down = grey.diff(dim=3)[..., 1:, :], grey.diff(dim=2)[..., 1:]
    return {
        "light": gaussian_blur(grey, 25, 4.0),
        "colour": gaussian_blur(image - grey, 25, 4.0),
        "edges": gaussian_blur((across.square() + down.square()).sqrt(), 13, 2.0),
        "fine detail": grey - gaussian_blur(grey, 7, 1.0),
    }


shown = {}
for name, image in {"photograph": cup, "relu4_2": rebuilt["relu4_2"]}.items():
    light, colour, edges, detail = parts(image).values()
    pieces = {"light": light[0, 0], "colour": (0.5 + 1.5 * colour).clamp(0, 1), "edges": edges[0, 0], "fine detail": detail[0, 0].clamp(-0.1, 0.1)}
    shown |= {f"{name}: {part}": piece for part, piece in pieces.items()}
show.pictures(shown, "Four parts of two pictures (greys: each on its own scale)", columns=4, height=1.15)

# %% [markdown]
# **What to see.** Compare each part with the one above it. The edges of `relu4_2` are by and large at the photograph's places: the rim, the handle, the spoon, the saucer. Its light is roughly right, a bright rim and a darker saucer, but less than half as strong as the photograph's, which does not show, since each grey picture has a scale of its own. Its colour is much like the photograph's, orange coffee and red sides of the saucer, somewhat greyer, with violet patches at the border. Its fine detail is lively, and invented.
#
# A number for each: the correlation between the part and the photograph's part over all places, each channel's mean subtracted. 1 means the same up to a factor, 0 means unrelated. One more control: the same for another photograph.

# %%
def agreement(a, b):
    """Two parts of one shape -> their correlation over the places, from −1 to 1 (a channel's mean counts for nothing)."""
    a, b = ((part - part.mean(dim=(2, 3), keepdim=True)).flatten() for part in (a, b))
    return torch.cosine_similarity(a, b, dim=0).item()


cat = load_image("chelsea", 144)
figure, axes = plt.subplots(1, 2, figsize=(7.6, 2.5), sharey=True)
for axis, copies, name in zip(axes, (rebuilt, control), ("trained network", "untrained network")):
    for number, (part, original) in enumerate(parts(cup).items()):
        values = [agreement(parts(copies[layer])[part], original) for layer in LAYERS]
        axis.plot(LAYERS, values, "os^D"[number] + "-", color=list(show.COLOURS.values())[number], label=part)
    axis.set(title=name, xlabel="rebuilt from", ylim=(-0.15, 1.05))
axes[0].set_ylabel("agreement with the photograph")
axes[0].legend(loc="lower left")
figure.suptitle("What of the photograph comes back, by depth")
plt.show()
print("a cat in place of the cup:", {part: round(agreement(parts(cat)[part], original), 1) for part, original in parts(cup).items()})

# %% [markdown]
# **What to see.** *Left:* fine detail goes first: at `relu3_2` most of it is gone, and at `relu4_2` nearly all. The three coarse parts stay together: nearly whole at `relu3_2`, clearly there at `relu4_2`, and less than half at `relu5_2`. *Right:* with random weights everything but the light falls earlier, already at `relu2_2`,
# and the edges fall *before* light and colour: at `relu2_2` and `relu3_2` there is light, a good deal of colour, and half of the edges. That edges last as long as the coarse light does is what training has brought about. (At `relu5_2`
# the untrained network even has the better *light*, a patch that is faintly brighter where the white cup was: a correlation does not mind how faint. Yet your eyes found a cup in the one picture and nothing in the other. A fifth measure is missing. Which?)
#
# This is why Gatys et al. 2016 took conv4_2 for content, and why `relu4_2` is the default here: it holds the drawing, and it leaves fine detail and brushwork free for the style.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 5 to 7: 35 minutes with `psnr`. *Talking point:* before the curves, ask which of the pictures is the better copy, a flat brown field or the one from `relu5_2`, and then what a judge should measure.
#
# **Expect.** "The random network is bad." It was matched nearly as well at the first layer; what it lacks is filters that answer to lines rather than to everything. "SSIM is the right measure because it is newer." It looks at 11 × 11 pixels, and a drawing with other shading fails it.
#
# **Ask.** Which part would survive best if the picture had been drawn with a pencil? Why does so little survive at `relu5_2`, although its relative content loss is as small as that of `relu4_2`?

# %% [markdown]
# ## 8 · Content is not meaning
#
# In the literature "content" sounds as if the layer knew that this is a cup. What does it take for the same description? Change the photograph in ways that leave a cup a cup, and measure how far each change carries it, at each depth.
#
# > **Predict** · Which change is the largest, for `relu4_2`?

# %%
wide = load_image("coffee", 240)


def view(right):
    """Pixels -> (1, 3, 96, 144): a window onto a larger photograph, moved to the right by so many pixels."""
    return wide[..., 32:128, 40 + right : 184 + right]


here = view(0)
versions = {"red and blue exchanged": here.flip(1), "negative": 1 - here, "mirrored": here.flip(3), "moved by 16 px": view(16)}
show.pictures({"the cup, nearer": here} | versions, "The same cup, in five versions", columns=5, height=1.15)
check.predict("Which version is farthest from the cup, for relu4_2?", options=list(versions))

# %% [markdown]
# **What to see.** A person would call all five "a cup on a saucer". Only the last is what a camera might have seen a moment later: a small step to the side, and all is the same, but 16 pixels farther left.
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# The loss compares the two descriptions place by place. In which version is there something else at most of the places? And in which are the lines still where they were?
#
# </details>
#
# The yardstick is the mean distance to three *other* pictures (a cat, a rocket, a portrait), at each layer: 100 % means as different as another photograph.

# %%
others = [cat, load_image("rocket", 144), load_image("portrait", 192)[..., 24:120, :]]


def compared(network, image):
    """A picture -> (5,): its distance from the cup at each layer, in per cent of that of other photographs."""
    found = [torch.tensor(list(distances(network, picture, here).values())) for picture in (image, *others)]
    return 100 * found[0] / torch.stack(found[1:]).mean(dim=0)


figure, axes = plt.subplots(1, 2, figsize=(9.4, 2.4))
for axis, network, name in zip(axes, (trained, untrained), ("trained", "untrained")):
    table = torch.stack([compared(network, image) for image in versions.values()])
    axis.imshow(table, cmap="viridis", vmin=0, vmax=130, aspect="auto")
    for y, x in torch.cartesian_prod(torch.arange(4), torch.arange(5)).tolist():
        axis.text(x, y, f"{table[y, x]:.0f}", ha="center", va="center", color="black" if table[y, x] > 70 else "white")
    axis.set(title=f"{name} network", xticks=range(5), xticklabels=LAYERS, yticks=range(4), yticklabels=list(versions) if network is trained else [])
    if network is trained:
        farthest = list(versions)[table[:, 3].argmax()]
figure.suptitle("Distance from the cup, in per cent of the distance to another photograph")
plt.show()
check.score(farthest, because="the layer compares place by place, and two steps of its grid are 16 pixels")

# %% [markdown]
# **What to see.** *Left:* to `relu1_2` the colours are what counts: with red and blue exchanged the cup is farther away than another photograph, as a negative more than twice as far, and mirrored or moved it is much nearer. With depth the negative and the exchanged colours shrink to less than half of that: the deep layers care less about them. The moved cup goes the other way. From `relu3_2` on it is the farthest of the four, at `relu4_2` nearly as far as a picture of something else. Only at `relu5_2`, whose squares
# are 16 pixels wide, does a step of 16 pixels shrink.
#
# *Right:* with random weights the order is another one: the negative is farthest at every depth, by far, and the moved cup is never as strange as another photograph. So it is learnt that light and dark matter less than places.
#
# How far may a picture be moved before a layer takes it for another one?

# %%
steps_aside = (1, 2, 4, 8, 16, 32)
figure, axes = plt.subplots(1, 2, figsize=(7.6, 2.5), sharey=True)
for axis, network, name in zip(axes, (trained, untrained), ("trained network", "untrained network")):
    curves = torch.stack([compared(network, view(step)) for step in steps_aside])
    for number, layer in enumerate(LAYERS):
        axis.plot(steps_aside, curves[:, number], "os^Dv"[number] + "-", color=plt.get_cmap("viridis")(number / 5), label=layer)
    axis.axhline(100, color="black", linestyle=":")
    axis.set(title=name, xlabel="moved by … pixels", xscale="log", xticks=steps_aside, xticklabels=steps_aside)
    axis.minorticks_off()
axes[0].set_ylabel("% of another photograph")
axes[1].legend(loc=(0.03, 0.36))
figure.suptitle("Distance from the cup after a step aside (dotted: another photograph)")
plt.show()

# %% [markdown]
# **What to see.** *Left:* for the smallest steps the curves lie one below the other: the deeper the layer, the farther a picture may move, as each pooling doubles the grid. After a step of 4 pixels `relu2_2` is more than half-way to another photograph, and the two deepest layers have hardly noticed. (`relu1_2` starts highest and then climbs least, presumably because it hears the colours most, and these are much the same a few pixels farther on.) But no layer is indifferent: after 32 pixels, the cup is at least two thirds as strange to each of them as something else, and to two of them stranger.
# *Right:* in the untrained network the three shallower layers lie close together, small steps count for less in them, and none of the five reaches the dotted line.
#
# And the reverse: the *same person*, photographed in another frame, against things that have nothing to do with her.

# %%
def square(name, top=0):
    """Name of a picture -> (1, 3, 128, 128): a square cut from it, full width or height."""
    image = load_image(name)
    side = min(image.shape[2:])
    return torch.nn.functional.interpolate(image[..., top : top + side, :side], size=128, mode="bilinear", antialias=True)


portrait = square("portrait", top=40)
candidates = {"the same person": square("astronaut"), "a cat": square("chelsea"), "a cup": square("coffee"), "a rocket": square("rocket")}
found = {name: distances(trained, image, portrait) for name, image in candidates.items()}
captions = {f"{name}\nat relu4_2: {found[name]['relu4_2']:.2f}\nat relu5_2: {found[name]['relu5_2']:.2f}": image for name, image in candidates.items()}
show.pictures({"the portrait\n\ndistance from it:": portrait} | captions, "Who is nearest to the portrait? (relative content loss)", columns=5, height=1.4)

# %% [markdown]
# **What to see.** At `relu4_2` the same person in another frame is *farther* from the portrait than a cat, a cup or a rocket are, and at `relu5_2` she is no nearer than the cat and the cup. The content loss does not know who that is; it knows that the face is not where it was, and that there are many other things in its place.
#
# So this is content: **which of the things that the layer answers to are where, on the layer's grid**. It is more than pixels, since it does not insist on exact light and fine detail. It is less than meaning, since the same thing elsewhere is another content.
#
# ## 9 · What the layer does not know, the start fills in
#
# If many pictures share a description, which one do we get? Start the search for the cup's `relu4_2` from three other pictures instead of noise.

# %%
starts = {"a cat": cat, "a rocket": others[1], "waves": load_image("woodblock_waves", 144)[..., :96, :]}
ends = {name: reconstruct(trained, cup, content_layer="relu4_2", init=start, **settings) for name, start in starts.items()}
shown = {f"start: {name}": start for name, start in starts.items()}
shown |= {f"end, from {name}": run.image for name, run in ends.items()}
show.pictures(shown, "Three starts, one description: below, all match the cup at relu4_2", columns=3, height=1.15)

print(f"the cup itself: mean brightness {luminance(cup).mean():.2f}")
for name, run in ends.items():
    mine, cups, was = parts(run.image), parts(cup), parts(starts[name])
    loss = min(row["content"] for row in run.history)
    like = {part: [agreement(mine[part], other[part]) for other in (cups, was)] for part in ("edges", "colour", "light")}
    print(f"{name}: content loss {loss:.2f}, mean brightness {luminance(run.image).mean():.2f} (of the start: {luminance(starts[name]).mean():.2f})")
    print("".join(f"   {part}: like cup {a:+.1f}, like start {b:+.1f}" for part, (a, b) in like.items()))

# %% [markdown]
# **What to see.** All three ends show the cup on its red saucer, as the one from noise did, and to `relu4_2` they are nearly the same picture. To us they are a warm one, a dark one and a light one: general brightness comes from the *start*, wherever the description is silent. The numbers say it.
# Edges and colours agree with the cup's, whatever the start. But the mean brightness is nearly that of the *start*; and where it is light and where dark is at least as much like the start as like the cup, although the description is the cup's.
#
# So the paleness of our reconstruction from noise is no memory of anything. It was the noise that was a medium grey all over, and total variation, which asks for smoothness and not for contrast, left it nearly so. This is worth remembering when you read such pictures, here or in a paper: **what you see is the description, plus the start, plus the prior.**
#
# To see where the description is silent, play the game three times with different noise, and look where the results differ.

# %%
def several(layer, seeds=(1, 2)):
    """A layer -> (3, 3, H, W): the cup rebuilt from it, from the first noise and from two others."""
    runs = [reconstruct(trained, cup, content_layer=layer, seed=seed, **settings) for seed in seeds]
    return torch.cat([rebuilt[layer], *(run.image for run in runs)])


games = {layer: several(layer) for layer in ("relu2_2", "relu4_2")}
figure, axes = plt.subplots(2, 3, figsize=(6.8, 2.9))
for row, (layer, images) in zip(axes, games.items()):
    spread = images.std(dim=0).mean(dim=0)  # (H, W)
    for axis, image, name in zip(row, images[:2], ("noise 1", "noise 2")):
        axis.imshow(image.permute(1, 2, 0))
        axis.set_title(f"{layer}, {name}")
    drawn = row[2].imshow(spread, cmap="viridis", vmin=0, vmax=0.2)
    row[2].set_title(f"deviation, mean {spread.mean():.3f}")
    for axis in row:
        axis.set_axis_off()
figure.colorbar(drawn, ax=axes, shrink=0.7, label="deviation")
figure.suptitle("What the layer does not know: the same description, from different noise")
plt.show()
for layer, images in games.items():
    each = [distances(trained, image[None])[layer] for image in images]
    blend = distances(trained, images.mean(dim=0, keepdim=True))[layer]
    print(f"{layer}: content loss of each picture at most {max(each):.3f}, of the mean of all three {blend:.3f}")

# %% [markdown]
# **What to see.** From `relu2_2` the three pictures are nearly one: dark all over, but for faint contours. From `relu4_2` they differ nearly everywhere, and most along the contours: that there *is* a rim is known; where exactly its dark and light and coloured lines run is not.
#
# Would the mean of the three be a better guess than each? To the layer it is a worse one. The content loss of the mean, printed below the figure, is about seven times that of its parts at `relu4_2`.
#
# <details><summary>Why the mean of three right answers is a wrong one</summary>
#
# The layer is not linear: a dark line on a light ground and a light line on a dark ground may get similar answers from it, but their mean is plain grey and gets none. The pictures that share a description do not lie on a straight line, on which one could
# stop half-way.
#
# </details>
#
# ## 10 · Which layer for style transfer?
#
# In style transfer the content loss is one of two masters, the style loss being the other ([05 · Gram matrices](05_gram_matrices.ipynb), [06 · Losses and weights](06_losses_and_weights.ipynb)). What the content layer insists on, the style cannot change. The same photograph, style and weights, and only the content layer is another:

# %%
options = {"size": 176, "steps": 70, "content_weight": 1.0, "progress": False}
painted = {layer: stylize("portrait", "swirls", content_layers=[layer], **options) for layer in ("relu2_2", "relu4_2")}
shown = {"photograph": load_image("portrait", 176), "style": load_image("swirls", 176)}
shown |= {f"content from {layer}": run.image for layer, run in painted.items()}
show.pictures(shown, "One style, two content layers", columns=4, height=2.0)
photograph = load_image("portrait", 176)
for layer, run in painted.items():
    kept = {part: round(agreement(piece, parts(photograph)[part]), 1) for part, piece in parts(run.image).items()}
    best = min(run.history, key=lambda row: row["total"])
    print(f"{layer}: style loss {best['style']:.2f}, agreement with the photograph {kept}")

# %% [markdown]
# **What to see.** With `relu2_2` the photograph wins: eyes, teeth and single strands of hair are in their places, and the style is a blue tint with a fine speckle. With `relu4_2` the portrait is repainted: the bright wall has become a blue sky of brushstrokes, strokes run through hair, face and suit, the fine features are coarse, and the woman is still where she was. (The suit stays orange in both, more or less: `relu4_2` holds on to coarse colours too, and the run started from the photograph.)
# The printed numbers are section 7 again: what the deeper layer does not insist on, fine detail first, is what the style has changed more. The style losses decide nothing: here that of `relu4_2` is a little lower, but with a content weight of 0.3 or 3 in place of 1 it is that of `relu2_2`, while the fine detail goes with `relu4_2` at each of the three.
#
# Neither is wrong. It is a choice that you now make knowing what you choose.

# %% [markdown] tags=["teacher"]
# **Timing.** Section 8: 15 minutes. Sections 9 and 10: 15 minutes, or homework. *Talking point:* if "content" is what-is-where, is a caricature the same content as its model? Is a photograph the same content as its negative?
#
# **Expect.** "Then deeper is better." At `relu5_2` the drawing itself begins to go; try `content_layers=["relu5_2"]` in the last section. "The network recognises the cup." Nothing in this notebook asked it to.
#
# **Ask.** Which of the starts in section 9 would you choose for style transfer, and why does everybody start from the photograph?

# %% [markdown]
# ## Summary
#
# - The content loss is ½ Σ (F − P)², its gradient F − P; divided by ‖P‖² it can be compared between layers and networks.
# - From the first block a photograph comes back nearly whole, with random weights too; from deeper ones only with trained weights, and from the fourth as a drawing in paler colours.
# - Fine detail is forgotten first, then contrast, and last which lines and coarse colours are where. A matched layer brings all deeper ones with it.
# - Content is what is where on the layer's grid: not pixels, and not meaning. To `relu4_2` a step of 16 pixels is nearly another content, a negative less so.
# - What a layer does not know is filled in by the start and the prior: read every reconstruction with that in mind.
#
# ## Common mistakes
#
# - Reading invented detail or pale colour as "what the network sees": it may come from the noise, or from total variation.
# - Comparing undivided content losses of two layers: compare relative ones.
# - Calling a result "learnt" without looking at random weights.
# - Trusting one number. Before PSNR or SSIM judges, ask what a flat field would get.
#
# ## Challenge
#
# What is a good *prior*? Rebuild the cup from `relu4_2` without total variation, with ten times as much, and with a prior of your own (say, the squared difference of neighbours, or the distance to a blurred copy). Judge with the four parts of section 7, not by eye alone. Can you bring the full contrast back, and
# would you have the right to?
#
# <details><summary>Where to start</summary>
#
# `reconstruct(..., tv_weight=0.0)` and `tv_weight=3.0` are two of the three. For your own, write a function from a picture to `{"total": ...}`, with `StyleTransferLoss(trained, content=cup, content_layers=["relu4_2"])(image)["content"]` in it, and give it to `nsthelpers.minimise(loss, noise, 100)`:
# it yields a record with an `image` for each step.
#
# </details>
#
# ## References
#
# - L. I. Rudin, S. Osher, E. Fatemi (1992). Nonlinear total variation based noise removal algorithms. *Physica D*.
# - Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli (2004). Image quality assessment: from error visibility to structural similarity. *IEEE Transactions on Image Processing*.
# - A. Mahendran, A. Vedaldi (2015). Understanding deep image representations by inverting them. *CVPR*.
# - A. Dosovitskiy, T. Brox (2016). Inverting visual representations with convolutional networks. *CVPR*. They train a second network to do the inversion in one pass; its pictures show the prior even more clearly.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). Image style transfer using convolutional neural networks. *CVPR*.
#
# [← 03 · Inside VGG](03_inside_vgg.ipynb) · [05 · Gram matrices →](05_gram_matrices.ipynb)
