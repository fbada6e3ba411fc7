# %% [markdown]
# # 10 · Control
#
# **Which colours, where, how much of whom, how large the strokes: who decides?**
#
# ![Old houses above a river, twice: with Van Gogh's sky and Hokusai's river, and with Munch's sky and Monet's river; Kandinsky has the houses in both.](attachment:10_control.jpg)
#
# *Two runs, three paintings each, every one in its place.*
#
# **You will**
#
# - keep a photograph's colours in two ways, and say when each fails;
# - match the mean and covariance of colours, and see what another matrix root does to the hues;
# - write a guided Gram matrix, and give each painting its own place;
# - blend two paintings in one target, and measure why mixing the two results is something else;
# - set the size of the strokes, and put one painting's fine strokes on another's coarse ones.
#
# **You need** [05 · Gram matrices](05_gram_matrices.ipynb) and [07 · The optimisation loop](07_optimisation_loop.ipynb).
#
# **Reading** 9 minutes + exercises 29 minutes. **Running** about two minutes on two CPU cores.
# **Short path** (30 minutes): sections 1, 2, 3 and 6; leave out *How far does it see over the fence?*
#
# **Sections** 1 Four dials · 2 Colour · 3 Place · 4 Blend · 5 Scale · 6 All four at once.

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
# Everything runs offline, on the small network "mini". Its training saw none of these pictures; of the dotted one in section 5 it saw relatives, drawn by the same program.

# %%
import matplotlib.pyplot as plt
import torch
from torch.nn.functional import adaptive_avg_pool2d

from nsthelpers import StyleTransferLoss, extract_features, gram_matrix, load_backbone, load_image
from nsthelpers import minimise, receptive_field, resize, scrubber, show, stylize
from nsthelpers.checks import control as check
from nsthelpers.engine.pyramid import refine
from nsthelpers.engine.running import run
from nsthelpers.losses import STYLE_LAYERS
from nsthelpers import luminance

show.setup_notebook(quality=55)
network = load_backbone("mini")

# %% [markdown] tags=["teacher"]
# **Timing.** Ninety minutes: section 1 (5), colour (25), place (30), blend (10), scale (10), everybody's own picture of section 6 (10).
#
# **Expect.** "The mask cuts the painting" (it weighs the *maps of the result*; the painting stays whole). "Matching colours moves each colour to its
# place" (it knows no places). "Half and half is half-transparent."
#
# **Ask.** Which of the four dials changes the loss, which only its inputs? (Colour and scale: inputs. Place and blend: the loss.)

# %% [markdown]
# ## 1 · Four dials
#
# So far a run has had weights, layers and steps. None of them says *which colours*, *where*, *how much of whom*, or *how large*. Gatys and others (2017) built
# dials for colour, place and size; the shares are a weighted mean. Here is *place* at work: sky, houses and river, found by a few lines of code, and a painting for each.

# %%
def places(photo):
    """Tübingen, (1, 3, H, W) -> three soft masks (1, 1, H, W), white for 'here': sky, houses, river."""
    height, width = photo.shape[2:]
    red, blue = photo[0, 0], photo[0, 2]
    y, x = torch.linspace(0, 1, height)[:, None], torch.linspace(0, 1, width)
    found = [(blue - red > 0.05) & (y < 0.6), (y > 0.77) & (y > 0.77 + 0.42 * (x - 0.37))]
    small = (max(1, height // 4), max(1, width // 4))
    soft = [resize(mask[None, None].float(), small) for mask in found]
    sky, river = (resize(mask, (height, width)) for mask in soft)
    return [sky, (1 - sky - river).clamp(0, 1), river]


hands = ["starry_night", "composition_vii", "great_wave"]
regions = places(load_image("tuebingen"))
three = stylize("tuebingen", hands, masks=regions, size=384, steps=80, progress=False)
show.pictures({"": three.image}, "Three hands, one picture (288 × 384)", height=5.2)

# %% [markdown]
# **What to see.** Van Gogh has the sky, Kandinsky the houses, Hokusai the river. It is one run, not three pictures cut and glued. Only at the left, where bank and water are dark in the photograph, the upper edge of the river's mask shows as a straight line.
#
# ## 2 · Colour
#
# A transfer brings the painting's palette along. Gatys and others (2016) keep the photograph's in two ways.
#
# **Luminance only.** Both pictures become grey, with $Y = 0.299R + 0.587G + 0.114B$, and the style's grey gets the content's mean and deviation, $Y_s' = \frac{\sigma_c}{\sigma_s}(Y_s - \mu_s) + \mu_c$. The run
# paints in grey; then the photograph's colours go back on top. In code: `keep_colours="luminance"`.
#
# **Match the colours first.** Each pixel $x$ of the painting, a column of three numbers, becomes
#
# $$x' = A\,(x - \mu_s) + \mu_c, \qquad A = \Sigma_c^{1/2}\, \Sigma_s^{-1/2},$$
#
# with the means $\mu$, (3, 1), and covariances $\Sigma$, (3, 3), of style and content. Then the recoloured painting is the style of an ordinary run:
# `keep_colours="match"`. By hand: if the channels are uncorrelated, with the variances 1 in the style and 4 in the content, then $A = 2$ on the diagonal.
#
# `root` is any function that gives an $R$ with $R R^\top = \Sigma$. There are many, as you will see.
#
# > **Your turn** · core · 10 min · ●●● — `match_colours`. It recolours every painting of this section, and one of the last picture.

# %% tags=["exercise"]
# 10 min · ●●●
def match_colours(style, content, root):
    """(1, 3, h, w), (1, 3, H, W), a function -> (1, 3, h, w), in the colours of the content."""
    # Your turn.
    return None

check.match_colours(match_colours)

# %% [markdown]
# <details><summary>Hint 1 · how to get three rows, and the covariance</summary>
#
# `pixels = style[0].flatten(1)` is (3, h·w); `torch.cov(pixels)` is (3, 3); `pixels.mean(dim=1, keepdim=True)` is (3, 1). Back: `.reshape_as(style)`.
#
# </details>
#
# <details><summary>Hint 2 · the value is wrong</summary>
#
# Subtract the style's mean *first*, add the content's *last*. The inverse, `torch.linalg.inv`, belongs to the style's root, and stands right, beside the pixels.
#
# </details>

# %% tags=["solution"]
def match_colours(style, content, root):
    """(1, 3, h, w), (1, 3, H, W), a function -> (1, 3, h, w), in the colours of the content."""
    pixels, target = style[0].flatten(1), content[0].flatten(1)
    matrix = root(torch.cov(target)) @ torch.linalg.inv(root(torch.cov(pixels)))
    moved = matrix @ (pixels - pixels.mean(dim=1, keepdim=True))
    return (moved + target.mean(dim=1, keepdim=True)).reshape_as(style)

# %% [markdown] tags=["solution"]
# **Why.** $\Sigma_s^{-1/2}$ makes the covariance the identity, $\Sigma_c^{1/2}$ makes it the content's: $A \Sigma_s A^\top = \Sigma_c$.

# %% [markdown]
# Two roots: the symmetric one, from eigenvalues, and the triangular one of Cholesky, which is quicker. Both give the content's mean and covariance exactly.
#
# > **Predict** · How does the painting recoloured by Cholesky's root look, beside the other?

# %%
match_colours = check.match_colours.mine or check.match_colours.reference
photo, painting = load_image("tuebingen", 224), load_image("water_lilies", 224)


def symmetric(covariance):
    """(3, 3) -> the root that is itself symmetric: the roots of the eigenvalues."""
    values, vectors = torch.linalg.eigh(covariance)
    return vectors * values.clamp_min(0).sqrt() @ vectors.T


double = match_colours(painting, 2 * painting, symmetric)
assert torch.allclose(double, 2 * painting, atol=1e-3)
check.predict("Recoloured by Cholesky's root, the painting",
              options=["looks the same", "has other hues", "is flatter, with the same hues"])

# %%
def turn(style, content, root):
    """How far the colours are turned on their way through the middle, in degrees."""
    s, c = (torch.cov(image[0].flatten(1)) for image in (style, content))
    turned = symmetric(c).inverse() @ root(c) @ root(s).inverse() @ symmetric(s)
    return torch.rad2deg(((turned.trace() - 1) / 2).clamp(-1, 1).acos()).item()


cholesky, bgr = torch.linalg.cholesky, [image.flip(1) for image in (painting, photo)]
ways = {"symmetric root": match_colours(painting, photo, symmetric),
        "Cholesky": match_colours(painting, photo, cholesky),
        "Cholesky, channels as B G R": match_colours(*bgr, cholesky).flip(1)}
show.pictures({"Water Lilies": painting} | ways, "One palette in numbers, three by eye", 2, 2.5)
turns = [turn(painting, photo, symmetric), turn(painting, photo, cholesky), turn(*bgr, cholesky)]
print("colours turned by:", *(f"{name} {degrees:.0f}°;" for name, degrees in zip(ways, turns)))
check.score("has other hues", because="mean and covariance leave a rotation free")

# %% [markdown]
# **What to see.** All three have the photograph's mean and covariance, and they differ in which colour went where. Cholesky's answer even changes with the *order* of the channels, which means nothing;
# the symmetric root favours no channel. (The angles are measured against it, so its own is 0 by definition.)
#
# <details><summary>Where the rotation hides</summary>
#
# If $Q$ is a rotation, $A = \Sigma_c^{1/2} Q\, \Sigma_s^{-1/2}$ also has $A \Sigma_s A^\top = \Sigma_c$, since $Q Q^\top = 1$. Every root is the symmetric one times some $Q$; `turn`
# finds its angle, $\cos\varphi = (\mathrm{tr}\, Q - 1)/2$. The symmetric root is not free of turns either, as the
# violets that became blue show; but it treats all directions of colour alike. Gatys and others (2016) compare these two roots, too, and prefer it.
#
# </details>
#
# Now both ways, painted: one pair that suits them and one that does not.

# %%
quick = {"size": 224, "steps": 45, "scales": 2, "progress": False}


def both_ways(photograph, name):
    """Two names -> the picture as usual, by luminance, and by your matched colours."""
    photo, style = load_image(photograph, 224), load_image(name, 224)
    matched = match_colours(style, photo, symmetric).clamp(0, 1)
    return {"as usual": stylize(photo, style, **quick).image,
            "luminance": stylize(photo, style, keep_colours="luminance", **quick).image,
            "matched": stylize(photo, matched, **quick).image}


def colour_facts(image, photo):
    """-> how far colours moved in their places; how far the covariance is from the photograph's."""
    moved = (image - luminance(image) - photo + luminance(photo)).abs().mean()
    a, b = (torch.cov(each[0].flatten(1)) for each in (image, photo))
    return f"colour in place off by {moved:.3f}   covariance off by {(a - b).norm() / b.norm():.2f}"


for photograph, name in [("tuebingen", "the_scream"), ("pagoda", "composition_vii")]:
    looks = {"the photograph": load_image(photograph, 224)} | both_ways(photograph, name)
    show.pictures(looks, f"{photograph} by {name}", height=2.2)
    for way, image in looks.items():
        print(f"{way:15}", colour_facts(image, looks["the photograph"]))

# %% [markdown]
# **What to see.** *Luminance* puts every colour back where it was; but its strokes have no colour of their own, and what Kandinsky says in colour is gone from the pagoda's sky. *Matched* keeps the
# palette and lets the strokes choose: the blue is in the sky, yet the pink house has nearly lost its pink, since one mean and one covariance know of no house.
#
# The numbers say the same. In place, luminance moves next to nothing, and matching about half as much as the usual way. Matching aims at mean and covariance, and ends 0.06 and 0.21 off. For the pagoda clipping does it: 14 % of the recoloured
# Kandinsky's values lie outside 0 … 1, and clipped it is already 0.2 off before the run begins (measured, not shown). Luminance ends nearer both times (0.01 and 0.14).
#
# ## 3 · Place
#
# A Gram matrix forgets where. To say where, weigh the maps first. With the mask shrunk to a layer's size by averages and scaled to $T$, (1, 1, h, w),
#
# $$G^{r} = \mathrm{gram}(F \cdot T_r), \qquad \mathrm{mean}(T_r^2) = 1,$$
#
# for each region $r$, held against the Gram matrix of *its* painting, the whole of it. $F$ is (1, C, h, w), $G^r$ (1, C, C). By hand: one channel $F = (2, 4)$, the mask $(1, 0)$: $T = (\sqrt2, 0)$ and
# $G = \frac12 (2\sqrt 2)^2 = 4$, just what the first place alone would give.
#
# > **Your turn** · core, graded · 8 min · ●●○ — `guided_gram`. It paints everything up to the end of section 4.

# %% tags=["exercise"]
# 8 min · ●●○
def guided_gram(features, mask):
    """(1, C, h, w), (1, 1, H, W) in 0…1 -> (1, C, C): the Gram matrix of the maps times T."""
    # Your turn.
    return None

check.guided_gram(guided_gram)

# %% [markdown]
# <details><summary>Hint 1 · the sizes do not fit</summary>
#
# `adaptive_avg_pool2d(mask, features.shape[2:])` averages the mask down to the maps' size; the product spreads it over the channels.
#
# </details>
#
# <details><summary>Hint 2 · the value is wrong</summary>
#
# First shrink, then scale: divide by `small.square().mean().sqrt()`. Then `gram_matrix`, which divides by h·w.
#
# </details>

# %% tags=["solution"]
def guided_gram(features, mask):
    """(1, C, h, w), (1, 1, H, W) in 0…1 -> (1, C, C): the Gram matrix of the maps times T."""
    small = adaptive_avg_pool2d(mask, features.shape[2:])
    return gram_matrix(features * small / small.square().mean().sqrt())

# %% [markdown] tags=["solution"]
# **Why.** Without the scaling a small region would have a small matrix, and could never match a whole painting's.

# %% [markdown]
# > **Predict** · Quiz, back to [05](05_gram_matrices.ipynb): a Gram matrix is a sum over places and forgets their order. Shuffle the places of $F$, first inside the sky, then anywhere. What happens
# > to the *sky's* guided matrix?

# %%
guided_gram = check.guided_gram.mine or check.guided_gram.reference
F, mask = torch.tensor([2.0, 4.0]).view(1, 1, 1, 2), torch.tensor([1.0, 0.0]).view(1, 1, 1, 2)
assert torch.allclose(guided_gram(F, mask), torch.tensor(4.0))
orders = ["it stays in both", "it stays inside, changes anywhere", "it changes in both"]
check.predict("The sky's guided Gram matrix when places are shuffled", options=orders)

# %%
maps = extract_features(network, photo, "relu3_1")["relu3_1"]
sky = (adaptive_avg_pool2d(places(photo)[0], maps.shape[2:]) > 0.5).float()  # hard: in or out
torch.manual_seed(0)
inside, anywhere = sky.flatten().nonzero()[:, 0], torch.arange(sky.numel())
for name, spots in {"inside the sky": inside, "anywhere": anywhere}.items():
    mixed = maps.flatten(2).clone()
    mixed[..., spots] = mixed[..., spots[torch.randperm(len(spots))]]
    before, after = guided_gram(maps, sky), guided_gram(mixed.view_as(maps), sky)
    print(f"shuffled {name:14}: changes by {(after - before).norm() / before.norm():.4f}")
check.score(orders[1], because="a guided matrix forgets the order, but not the region")

# %% [markdown]
# Now your function in a loss: content as ever, and for each part of the picture a share, a mask and a target. `paint` runs the loop of [07](07_optimisation_loop.ipynb), first at half the
# size, then at the whole.

# %%
def hand(name, size=192):
    """A painting by name, cut to whole cells of 16 pixels: what relu5_1 sees as one place."""
    image = load_image(name, size)
    return image[..., : image.shape[2] // 16 * 16, : image.shape[3] // 16 * 16]


def grams(image):
    return {k: gram_matrix(f) for k, f in extract_features(network, image, STYLE_LAYERS).items()}


def relative(found, target):
    return (found - target).square().sum() / target.square().sum()

# %%
def part_loss(photo, parts, content_weight=0.03):
    """An image and [(share, mask, {layer: Gram matrix})] -> a loss for `minimise`."""
    target = extract_features(network, photo, "relu4_2")["relu4_2"]

    def loss(image):
        maps = extract_features(network, image, ["relu4_2", *STYLE_LAYERS])
        style = sum(share * relative(guided_gram(maps[layer], mask), wanted[layer])
                    for share, mask, wanted in parts for layer in STYLE_LAYERS)
        style = style / (len(STYLE_LAYERS) * sum(share for share, _, _ in parts))
        content = relative(maps["relu4_2"], target)
        return {"content": content, "style": style, "total": content_weight * content + style}

    return loss


def paint(photo, parts, steps=40):
    """An image and its parts -> the painted picture."""
    half = tuple(side // 2 for side in photo.shape[2:])
    coarse = [(share, resize(mask, half), wanted) for share, mask, wanted in parts]
    first = part_loss(resize(photo, half), coarse)
    small = run(minimise(first, resize(photo, half), steps // 2), steps // 2, {}, progress=False)
    records = minimise(part_loss(photo, parts), refine(small.image, photo), steps // 2)
    return run(records, steps // 2, {}, progress=False).image

# %% [markdown]
# Masks need not be hard. Here, two painters share one photograph, and the edge between them gets wider.

# %%
photo = load_image("tuebingen", 192)
left, right = grams(hand("the_scream")), grams(hand("great_wave"))
x = torch.linspace(0, 1, photo.shape[3]).expand(1, 1, *photo.shape[2:])
edges = {}
for wide in (0.02, 0.3, 1):
    mask = ((x - 0.5) / wide + 0.5).clamp(0, 1)
    edges[f"an edge of {wide:.0%}"] = paint(photo, [(1, 1 - mask, left), (1, mask, right)])
show.pictures(edges, "From Munch to Hokusai, left to right (144 × 192)", 3, height=2.5)

pair = [hand("the_scream"), hand("great_wave")]
theirs = StyleTransferLoss(network, photo, pair, masks=[1 - mask, mask])(photo)["style"]
mine = part_loss(photo, [(1, 1 - mask, left), (1, mask, right)])(photo)["style"]
print(f"style term by your function {mine:.4f}, by StyleTransferLoss(masks=…) {theirs:.4f}")

# %% [markdown]
# **What to see.** The wider the edge, the longer the way from one hand to the other, and nothing is blurred on it: every place has strokes.
# The last line says that the package's `masks=[…]`, one for each style, are what you wrote.
#
# ### How far does it see over the fence?
#
# A mask with a hard edge weighs *values of maps*, and each value looks at a square of pixels, its receptive field: at `relu5_1` it is wider than this sky is high
# ([02](02_convolutions_and_features.ipynb)). So the houses' painting pulls at pixels of the sky, too.
#
# To see how far, paint twice, with two different paintings on the *right* half, and compare the *left* halves. The control: the same paintings, the start
# moved by a hair.
#
# > **Predict** · At which distance from the border has the difference, above the control's, fallen to half of what it is at the border?

# %%
mask = (x > 0.5).float()
far = ["at 2 pixels or less", "at 3 to 12", "at 13 to 40", "nowhere"]
check.predict("The difference has fallen to half", options=far)

# %%
other = grams(hand("wheat_field"))
torch.manual_seed(0)
nudged = (photo + 0.001 * torch.randn_like(photo)).clamp(0, 1)
base = paint(photo, [(1, 1 - mask, left), (1, mask, right)])
swapped = paint(photo, [(1, 1 - mask, left), (1, mask, other)])
again = paint(nudged, [(1, 1 - mask, left), (1, mask, right)])
gap = {name: (image - base).abs().mean(dim=(0, 1, 2)) for name, image in
       {"another painting on the right": swapped, "the same, nudged": again}.items()}
_, axis = plt.subplots(figsize=(7, 3))
for name, values in gap.items():
    axis.plot(range(-96, 96), values, label=name)
axis.set(title="What changes, column by column", xlabel="pixels from the border",
         ylabel="mean difference")
axis.legend()
plt.show()
excess = (gap["another painting on the right"] - gap["the same, nudged"])[:96].flip(0)
half = int((excess < excess[0] / 2).nonzero()[0]) + 1
print("receptive fields:", {k: receptive_field(network, k).size for k in STYLE_LAYERS})
print(f"left of the border, above the control: half at {half} pixels, "
      f"{excess[40:].mean() / excess[0]:.0%} of it beyond 40")
check.score(far[(half > 2) + (half > 12) + (half > 40)], because=f"it is half at {half} pixels")

# %% [markdown]
# **What to see.** The difference falls steeply at the border: half of it is gone within 4 pixels, although `relu5_1` looks at 156 of them. A receptive field counts most in its middle
# ([02](02_convolutions_and_features.ipynb)), and four of the five layers have smaller ones. Beyond 40 pixels the two lines cross, and on average nothing of it is left.
#
# ## 4 · Blend
#
# Two paintings everywhere, in shares $w_k$: the targets are blended, layer by layer,
#
# $$A = \frac{\sum_k w_k A_k}{\sum_k w_k},$$
#
# each $A_k$ (1, C, C). By hand: shares 2 and 1 of $(3)$ and $(0)$ give $(2)$. In code: `style_blend=(2, 1)`; with masks the same shares weigh the regions.
#
# > **Your turn** · core · 5 min · ●○○ — `blend`: the target of the ramp.

# %% tags=["exercise"]
# 5 min · ●○○
def blend(grams, shares):
    """[{layer: (1, C, C)}, …], [share, …] -> {layer: (1, C, C)}: the weighted mean."""
    # Your turn.
    return None

check.blend(blend)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# Shares need not add up to 1: divide by `sum(shares)`.
#
# </details>
#
# <details><summary>Hint 2 · how to walk through several dictionaries</summary>
#
# All have the same layers: `for layer in grams[0]`, and inside `zip(shares, grams)`.
#
# </details>

# %% tags=["solution"]
def blend(grams, shares):
    """[{layer: (1, C, C)}, …], [share, …] -> {layer: (1, C, C)}: the weighted mean."""
    pairs = list(zip(shares, grams))
    return {layer: sum(share * gram[layer] for share, gram in pairs) / sum(shares)
            for layer in grams[0]}

# %% [markdown] tags=["solution"]
# **Why.** This mean is the Gram matrix of all places of both paintings together, counted in these shares.

# %% [markdown]
# The alternative needs no target: run twice, and mix the *pixels* of the results.
#
# > **Predict** · Half and half, in pixels. How far is its style from the blended target, against that of the run towards it?

# %%
blend = check.blend.mine or check.blend.reference
assert blend([{"a": torch.tensor(3.0)}, {"a": torch.tensor(0.0)}], [2, 1])["a"] == 2
times = ["about as near", "2 to 5 times as far", "more than 10 times as far"]
check.predict("Mixed in pixels, the style is", options=times)

# %%
everywhere = torch.ones_like(photo[:, :1])
shares = (0, 0.25, 0.5, 0.75, 1)
targets = {w: blend([left, right], [1 - w, w]) for w in shares}
ramp = {w: paint(photo, [(1, everywhere, target)]) for w, target in targets.items()}
frames = {f"{1 - w:.0%} Munch, {w:.0%} Hokusai": image for w, image in ramp.items()}
scrubber(frames, "From Munch to Hokusai, in Gram space", "Tübingen in a blend of hands")

# %% [markdown]
# Move the slider. Below, the middle three, and the same shares mixed in pixels.

# %%
mixed = {w: (1 - w) * ramp[0] + w * ramp[1] for w in shares}
middle = {f"target, {w:.0%}": ramp[w] for w in shares[1:4]}
middle |= {f"pixels, {w:.0%}": mixed[w] for w in shares[1:4]}
show.pictures(middle, "One run to a blended target; two runs, mixed", 3, height=2.4)


def away(image, target):
    return sum(relative(g, target[layer]) for layer, g in grams(image).items()).item() / 5


print("distance to the blended target")
for w in shares:
    run_there, by_pixels = away(ramp[w], targets[w]), away(mixed[w], targets[w])
    print(f"{w:4.0%} Hokusai   run {run_there:.4f}   pixels {by_pixels:.4f}")
ratio = away(mixed[0.5], targets[0.5]) / away(ramp[0.5], targets[0.5])
check.score(times[(ratio > 2) + (ratio > 10)], because=f"it is {ratio:.0f} times as far")

# %% [markdown]
# **What to see.** Above, every picture has full colours and clear strokes, and one hand turns into the other. Below, colours and strokes fade: where two pictures disagree, their mean is pale. In the middle the mixture is 31 times as far from the blended target as the run
# towards it.
#
# ## 5 · Scale
#
# In [08](08_studio.ipynb) your `brush` resized the painting, and its strokes followed. In `stylize` this is `style_scale`: 2 makes the painting's longer side twice `size`. How much of it arrives?
#
# How large are strokes? For a wave, deviation and slope give the length. With $\sigma$ the deviation of a grey picture $I$, (1, 1, H, W), and the differences of neighbours $d_x$ and $d_y$,
#
# $$\lambda = \frac{2\pi\,\sigma}{\sqrt{\mathrm{mean}(d_x^2) + \mathrm{mean}(d_y^2)}} \quad\text{pixels.}$$
#
# By hand: columns 0, 1, 0, 1 … have $\sigma = \frac12$ and steps of 1: $\lambda = \pi$. (Their true length is 2; a wave so short is all corners.)
#
# > **Your turn** · bonus · 6 min · ●●○ — `wavelength`: the measure of the next figure.

# %% tags=["exercise"]
# 6 min · ●●○
def wavelength(grey):
    """(1, 1, H, W) -> one number, in pixels: 2π · deviation / slope."""
    # Your turn.
    return None

check.wavelength(wavelength)

# %% [markdown]
# <details><summary>Hint 1 · how to take differences</summary>
#
# `grey.diff(dim=3)` for horizontal neighbours, `dim=2` for vertical ones; then `.square().mean()` of each.
#
# </details>
#
# <details><summary>Hint 2 · the value is wrong</summary>
#
# Add the two means first, then one root. Above stands the deviation, `grey.std()`, not the variance.
#
# </details>

# %% tags=["solution"]
def wavelength(grey):
    """(1, 1, H, W) -> one number, in pixels: 2π · deviation / slope."""
    slope = (grey.diff(dim=3).square().mean() + grey.diff(dim=2).square().mean()).sqrt()
    return float(2 * torch.pi * grey.std() / slope)

# %% [markdown] tags=["solution"]
# **Why.** A wave $\sin(2\pi x/\lambda)$ has the slope $2\pi/\lambda$ times its height; deviations of both give the ratio, and brightness does not count.

# %% [markdown]
# > **Predict** · From `style_scale` ½ to 2 the painting's strokes become four times as large. How many times as long are the waves of the painted picture?

# %%
wavelength = check.wavelength.mine or check.wavelength.reference
assert abs(wavelength(torch.arange(400.0).mul(0.1).sin().expand(1, 1, 400, 400)) - 63) < 2
growth = ["about 4 times", "about 2 times", "1.1 to 1.6 times", "no longer"]
check.predict("From ½ to 2, the waves of the picture become", options=growth)

# %%
scaled = {scale: stylize("tuebingen", "the_scream", style_scale=scale, **quick).image
          for scale in (0.5, 1, 2)}
show.pictures({f"style_scale={scale}": image for scale, image in scaled.items()},
              "One painting, three sizes (168 × 224)", 3, height=2.5)


def waves(image):
    grey = luminance(image)
    parts = [grey, grey[..., :66, 46:178], grey[..., 70:130, 46:], grey[..., 124:, :160]]
    return [wavelength(part) for part in parts]


print("waves in pixels:      whole   sky  houses river   the painting itself")
for scale, image in scaled.items():
    own = wavelength(luminance(load_image("the_scream", int(224 * scale))))
    print(f"style_scale={scale:<9}", *(f"{w:5.1f} " for w in waves(image)), f"{own:12.1f}")
print("the photograph       ", *(f"{w:5.1f} " for w in waves(load_image("tuebingen", 224))))
times = waves(scaled[2])[0] / waves(scaled[0.5])[0]
check.score(growth[3 if times < 1.1 else 2 if times < 1.6 else 1 if times < 3 else 0],
            because=f"they are {times:.2f} times as long")

# %% [markdown]
# **What to see.** Left, thin dark lines around windows and roofs; right, broad patches of orange that flow over roofs and walls. The waves grow 1.35 times: about 1.3 times in the houses and the river, 1.1 times in the sky, where they are short in any case.
#
# Not four times? Loaded four times as large, the painting itself has waves only 1.7 times as long: its broad strokes grow, but finer ones come to light between them.
#
# ### Coarse strokes, fine detail
#
# One painting for the large forms, another for the fine ones: first make a *new style* from the two, as Gatys and others (2017) do. Start from the coarse painting and match only the two
# *shallowest* layers to the fine one, which here gets the coarse one's colours by your function. The paper needs no content term for this; on mini the deep layers would follow the
# shallow ones, as you will see, so the coarse painting is the content, too.

# %%
bands = load_image("the_scream", 192)
dots = match_colours(load_image("pointillism", 192), bands, symmetric).clamp(0, 1)


def new_style(content_weight):
    return stylize(bands, dots, style_layers=["relu1_1", "relu2_1"], size=None, steps=30, scales=1,
                   content_weight=content_weight, tv_weight=0.1, progress=False).image


styles = {"coarse": bands, "fine": dots, "both": new_style(0.1)}
painted = {f"painted by: {n}": stylize("tuebingen", s, **quick).image for n, s in styles.items()}
show.pictures(styles | painted, "A style made of two", 3, height=2.5)

# %% [markdown]
# **What to see.** Above, the bands of *The Scream* are made of dots. Below, the third picture has the dots' grain and dark shadows, as the second has; its sky has fewer reddish streaks than the second's, and comes nearer to the first's.
#
# By eye, that is. Compare Gram matrices, layer by layer, with those of both parents:

# %%
family = {"coarse": grams(bands), "fine": grams(dots), "both": grams(styles["both"]),
          "both, no content term": grams(new_style(0))}
tables = {f"distance to the {name} one": torch.tensor(
    [[float(relative(family[who][layer], family[name][layer])) for layer in STYLE_LAYERS]
     for who in family]) for name in ("coarse", "fine")}
show.number_tables(tables, list(family), STYLE_LAYERS, "Whose Gram matrices are these?", ".3f")

# %% [markdown]
# **What to see.** *Both* has the fine one's matrices in the two shallow layers (right) and the coarse one's in the two deep ones (left), as it should; `relu3_1` lies between, nearer to the fine one. Without the content term, here on mini, `relu3_1` and `relu4_1`
# follow the shallow ones to the dots, and `relu5_1` goes most of the way.
#
# ## 6 · All four at once
#
# Your turn to conduct. Change the names, shares, scales and the palette.

# %%
lilies = match_colours(load_image("water_lilies", 320), load_image("tuebingen", 320), symmetric)
mine = stylize("tuebingen", ["the_scream", "composition_vii", lilies.clamp(0, 1)], masks=regions,
               style_blend=(2, 1, 1), style_scale=1.3, size=320, steps=70, progress=False)
show.pictures({"": mine.image}, "Colour, place, blend and scale (240 × 320)", height=5.2)

# %% [markdown]
# **What to see.** Munch has the sky (with twice the say), Kandinsky the houses, and Monet the river, in the photograph's blue and brown instead of his own green and violet. All three paintings were loaded 1.3 times as large as usual, for larger strokes.
#
# ## Summary
#
# - *Colour*: luminance keeps each colour in its place, matching keeps the palette; of the roots, the symmetric one depends on no order of channels.
# - *Place*: weigh the maps, scale so that mean(T²) = 1, and hold each region against a whole painting.
# - *Blend*: mix the targets, not the pixels.
# - *Scale*: the size at which the painting is loaded is a setting, too.
# - Colour and scale change the inputs, place and blend the style term; the loop stays the same.
#
# ## Common mistakes
#
# - A mask on the *painting's* maps as well: then only the painting's sky may paint the sky. (Sometimes wanted.)
# - Masks that do not add up to 1: where all are black, no painting works, only content and smoothness.
# - Judging colour by the mean alone; or by the palette, when the places matter.
# - A painting loaded larger without a word about it: the strokes change with it.
#
# ## Challenge
#
# *Open, an hour or more.* Take a photograph of your own with two or three clear parts, and write `places` for it (colour, position, brightness, or a mask drawn in any paint program). Then find a setting that
# is wrong for the whole picture and right for one part. *Does a mask on the painting's maps help, so that the sky is painted by the painting's sky only? Does one run with shallow layers from one
# painting and deep layers from another give the same as section 5?*
#
# ## References
#
# - L. A. Gatys, A. S. Ecker, M. Bethge, A. Hertzmann, E. Shechtman (2017). [Controlling perceptual factors in neural style transfer](https://arxiv.org/abs/1611.07865). *CVPR*.
# - L. A. Gatys, M. Bethge, A. Hertzmann, E. Shechtman (2016). [Preserving color in neural artistic style transfer](https://arxiv.org/abs/1606.05897). *arXiv*.
# - A. Hertzmann, C. E. Jacobs, N. Oliver, B. Curless, D. H. Salesin (2001). [Image analogies](https://doi.org/10.1145/383259.383295). *SIGGRAPH*: transfer of the luminance only, its mean and deviation matched first.
# - E. Reinhard, M. Ashikhmin, B. Gooch, P. Shirley (2001). [Color transfer between images](https://doi.org/10.1109/38.946629). *IEEE Computer Graphics and Applications*: mean and deviation.
#
# Photographs: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); the pagoda, danielbuechele (CC BY 2.0); changed here. All others: `data/README.md`.
#
# [← 09 · Experiments](09_experiments.ipynb) · [11 · Beyond Gatys →](11_beyond_gatys.ipynb)
