# %% [markdown]
# # 08 · The studio
#
# **How do I paint my own pictures, and make them good enough for the wall?**
#
# ![A cup of coffee, six times: as stained glass, in blue swirls, as a woodblock print, as a sunset, in red, white and black fields, and marbled. Beside them an astronaut's portrait in the yellow, pink and blue of a sunset, and with the same strokes in the colours of the photograph.](attachment:08_studio.jpg)
#
# **You will**
#
# - choose a photograph and a painting that suit each other, and recognise a pair that does not;
# - load your own files, and understand what can go wrong with them;
# - paint in the studio, and turn one dial at a time;
# - set the size of the strokes by the sizes of the two pictures, and paint large ones with a pyramid;
# - plan a print of 2048 pixels: its centimetres, its memory, its minutes;
# - keep a picture so that it can be painted again, exactly.
#
# **You need** [00 · Start here](00_start_here.ipynb). What the weights mean is in
# [06 · Losses and weights](06_losses_and_weights.ipynb), what happens during a run in [07 · The optimisation loop](07_optimisation_loop.ipynb);
# neither is needed to paint. (The paragraphs on memory in section 9 read more easily after them.)
#
# **Reading** 35 minutes, exercises 25 minutes. **Running** less than two minutes in all, on two CPU cores.

# %%
# In Colab this installs the course; anywhere else it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("nsthelpers") is None:
    # %pip install -q "git+{{repository}}"

# %% [markdown]
# Everything below runs offline. Files that this notebook writes go to a temporary folder, which your system clears away.

# %%
import json, tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from PIL import Image
import nsthelpers
from nsthelpers import StyleTransferLoss, before_after, extract_features, keep_colours, load_backbone, load_image, show, stylize
from nsthelpers.checks import studio as check
from nsthelpers.show.colours import luminance

show.setup_notebook()

# %% [markdown] tags=["teacher"]
# **Teaching notes.** *Ninety minutes:* sections 1–2 (15 minutes, by eye, in front of the class), 3 (10, with `fit_size`), 4–5 (25, everybody
# paints a picture of their own), 6 (15), 10 (10), 11 (10, a discussion), summary (5). Sections 7–9 with their exercises are good homework.
# Ask for photographs the week before: one large subject, no small faces.
#
# *Misconceptions to expect:* "a larger size makes the same picture sharper" (it makes another picture, section 6); "bad results come from
# too few steps" (mostly from the pair); "the seed is why my picture differs" (a run that starts from the photograph does not use it,
# section 10); "four times as large a side is four times as much work" (sixteen times).
#
# *Talking point:* hang the results up without names. Which painting was used for which? What gives it away: colour or stroke?

# %% [markdown]
# ## 1 · Six paintings for one photograph
#
# Nobody can say beforehand which painting suits a photograph. So do what a painter does with sketches: make several, small and
# quick, put them side by side, and choose **by eye**. Here a cup of coffee, six times, with equal settings.
# (The default, `content_weight=0.2`, is made for faces. A cup forgives more, so its painting may have more of a say: 0.03.)
# In this notebook the *painting* is the picture that lends its style, and what comes out is the *result*; an *evaluation* is one step of a
# run, one look of the network at the picture.

# %%
names = ["stained_glass", "swirls", "woodblock_waves", "impasto_sunset", "de_stijl", "marbling"]
sketch = dict(size=288, steps=80, content_weight=0.03, progress=False)
wall = {name: stylize("coffee", name, **sketch).image for name in names}
show.pictures(wall, "One cup of coffee, six paintings: 288 × 192 pixels, 80 evaluations each", columns=3, height=1.55)

# %% [markdown]
# **What to see.** The cup is where it was in all six, and so are the saucer and the table, except in *De Stijl*, where both fall apart into fields. All else changes with the painting: rounded tiles between dark lines for the *stained glass*, curved strokes in blue and yellow for the *swirls*, which wind into rings in the coffee and around the spoon,
# a pale print in brown and indigo for the *waves*, a fine grain, nearly level, in pink, orange and violet for the *sunset*, large fields in red, white and dark blue between black bars for *De Stijl*, and small flames in many colours for the *marbling*. The wooden table, which was one plain area, shows the
# stroke of each painting clearly. The small things fare worst: the handle is a stub at best, and the spoon a cluster of spots.
#
# Which one would you hang up? There is no right answer, and no loss knows it. But there are reasons why some pairs work, and
# the next section looks for them.
#
# ## 2 · What makes a good pair
#
# Style transfer keeps **where things are** as far as deep layers see it, and repaints **what surfaces look like**
# ([04](04_what_layers_remember.ipynb) and [05](05_gram_matrices.ipynb) measured both). From this follow three rules of thumb:
#
# 1. *A photograph with large shapes.* What is thinner than a stroke is painted over.
# 2. *A painting with strokes of one kind, all over.* Its statistics are taken from the whole picture, so an empty corner counts too.
# 3. *Light where light is wanted.* A dark photograph and a bright painting pull against each other at every pixel.
#
# As a test, a photograph that breaks the first rule: a rocket before its launch, thin masts of lattice, small lamps, and a large
# empty sky. To have a number as well, we ask how much of the photograph's light and dark is still in its place: with $y$ and $\hat y$ the
# luminances of photograph and result (the brightness of each pixel, formula in section 8), both $(1, 1, H, W)$, the **correlation** of their $H \cdot W$ values (1: the same up to
# brightness and contrast; 0: nothing in common).

# %%
def kept_light(photo, painting):
    """Two images (1, 3, H, W) -> the correlation of their luminances, from -1 to 1."""
    return torch.corrcoef(torch.stack([luminance(photo).flatten(), luminance(painting).flatten()]))[0, 1].item()


ramp = torch.tensor([0.0, 0.2, 0.4, 0.6]).expand(1, 3, 1, 4)
assert round(kept_light(ramp, 0.5 * ramp + 0.1), 4) == 1 and round(kept_light(ramp, 1 - ramp), 4) == -1  # by hand
rocket = {name: stylize("rocket", name, **sketch).image for name in ("stained_glass", "woodblock_waves")}
photos = {name: load_image(name, 288) for name in ("coffee", "rocket")}
shuffled = photos["rocket"].flatten(2)[..., torch.randperm(288 * 192, generator=torch.Generator().manual_seed(0))]
print(f"control, the rocket and its own shuffled pixels: {abs(kept_light(photos['rocket'], shuffled.view_as(photos['rocket']))):.2f}")
for photo, paintings in (("coffee", wall), ("rocket", rocket)):
    print(photo, {name: round(kept_light(photos[photo], paintings[name]), 2) for name in rocket})
show.pictures({"rocket": photos["rocket"]} | {f"in {name}": image for name, image in rocket.items()},
                  "A bad pair and a better one, 288 × 192 pixels", height=1.55)

# %% [markdown]
# **What to see.** *In stained glass* the empty sky is filled with tiles that the photograph knows nothing of, and the masts of lattice, thinner than a tile, are in pieces or have become coloured columns. Only the rocket, broad and bright, has survived. *In woodblock waves* the same photograph does
# better: the rocket stands whole, the sky is dark above and light near the ground, as it was, and a grey-blue evening is painted in grey-blue. But here, too, the masts are going, and waves roll through the air where nothing was.
#
# The numbers say the same, and one thing more. The waves keep light and dark better than the window does, for the rocket and for the cup; and the rocket loses more than the cup in both. So photograph and painting *both* count: a difficult photograph
# needs a painting that is kind to it, and an easy one forgives a harsh painting. (Try the other four: the rocket fares worse than the cup in three of them, and as well in the swirls, a night sky like its own. The control: a picture and its own shuffled pixels have nothing in common, 0.)
#
# ## 3 · Your own files
#
# `load_image` takes the path of a file: `load_image("holiday/cat.jpg", size=512)`. `stylize` takes the same for both of its pictures.
# In JupyterLab you upload a file by dragging it into the file list at the left, in Colab into the folder panel.
#
# Phones hold a trap. However you hold one, it often stores the pixels as its sensor lies, and writes a note into the file, the **EXIF orientation**: "turn me before you show me". A program that reads only the pixels gets a cat that has
# fallen over, and a network sees it so. We build such a file, and read it both ways.

# %%
folder = Path(tempfile.mkdtemp())
lying = nsthelpers.to_pil(load_image("chelsea", 240)).rotate(90, expand=True)  # as the sensor has it
note = Image.Exif()
note[0x0112] = 6  # the tag "orientation"; 6 means: turn by 90° clockwise
lying.save(folder / "phone.jpg", exif=note)
read = {"the pixels alone": load_image(lying), "load_image(path)": load_image(folder / "phone.jpg")}
show.pictures({f"{name}\n{tuple(image.shape)}": image for name, image in read.items()}, "One file, read twice", height=2)

# %% [markdown]
# **What to see.** On the left the cat lies on her ear and the tensor is higher than wide; on the right `load_image` has read the note and turned her
# upright. It does more of this kind, silently: transparent pixels are laid over white, greys become three channels, colour profiles of phones
# become sRGB ([01](01_images_as_tensors.ipynb)).
#
# What cannot be mended is refused, with a sentence that says what was given, what is wrong, and what to do. Four accidents
# that happen to everybody: a typing error, a file that is no picture, a folder, and a tensor of 8-bit values.

# %% tags=["nbval-check-output"]
for wrong in ["chelsae", b"Dear diary", ".", torch.full((1, 3, 8, 8), 200.0)]:
    try:
        load_image(wrong)
    except (OSError, ValueError) as problem:
        print("-", problem)

# %% [markdown]
# `size` is the length of the *longer* side. The other one follows, so that nobody gets a longer face. That little calculation is yours:
#
# > **Your turn** · 6 min · ●○○ — Width and height in pixels, and the wanted length of the longer side; return the new width and the new
# > height, whole numbers of at least 1.

# %% tags=["exercise"]
# 6 min · ●○○
def fit_size(width, height, longest):
    """Two whole numbers and the wanted longer side -> (new width, new height)."""
    # Your turn.
    return None

check.fit_size(fit_size)

# %% [markdown]
# <details><summary>Hint 1 · landscapes come out right, portraits wrong (or the form is lost)</summary>
#
# One scale for both sides: `longest / max(width, height)`. Then multiply both by it.
#
# </details>
#
# <details><summary>Hint 2 · off by one, a float, or a side of 0 pixels</summary>
#
# `round(...)` without a second argument gives the nearest whole number; `int(...)` cuts off. A strip of 1000 × 3 pixels, scaled down far enough,
# would have no height at all: `max(1, ...)`.
#
# </details>

# %% tags=["solution"]
def fit_size(width, height, longest):
    """Two whole numbers and the wanted longer side -> (new width, new height)."""
    scale = longest / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))

# %% [markdown] tags=["solution"]
# **Why.** One scale for both sides keeps the form. By hand: 451 × 300 to 288 is a scale of 0.6386, and 300 · 0.6386 = 191.6, so 288 × 192.

# %% tags=["nbval-check-output"]
print(check.fit_size.reference(451, 300, 288), tuple(load_image("chelsea", 288).shape))  # width first; height first
assert load_image("chelsea", 288).shape == (1, 3, 192, 288)

# %% [markdown]
# ## 4 · The studio
#
# The next cell opens the studio: a page to choose or upload two pictures, with three sliders, a few menus and a Run button. While it paints you see the picture, its
# loss curves and the time that is left; you may stop at any time and keep what is there, or continue afterwards from where you are.
# Under the picture every result stays, with a download that remembers its settings. Your files stay in the memory
# of the kernel (in Colab that is a computer of Google's) and are written nowhere.
#
# In a terminal, `make studio` opens the same page as an app, without a notebook around it.

# %%
page = nsthelpers.studio()
page

# %% [markdown]
# ![The studio after a run. At the left the photograph of a cat and a painting of blue and yellow swirls in two choosers, with upload buttons; three sliders, for photograph or painting, smoothness and steps; a menu for the longer side; a box to keep the colours. At the right the buttons Run, Stop and Continue, the cat in blue and yellow strokes, four loss curves, and the finished result with a link to download it.](attachment:08_studio_page.jpg)
#
# **What to see.** The studio after one run (a picture, for readers without a kernel). *Left,* what goes in. *Right,* what comes out: the
# painting, the terms of the loss at each step, and below them the results so far. The dotted line at "384 px" is where the coarse picture was enlarged and
# painted on (section 7).
#
# The page is thin: its dials are the arguments of `stylize`, and Run calls it. You can ask for them and do the same by hand.

# %%
dials = page.settings()
print({name: dials[name] for name in ("content", "style", "size", "steps", "content_weight", "tv_weight")})
by_hand = stylize(**dials | {"size": 256, "steps": 100}, progress=False)
show.progress_figure(by_hand.image, by_hand.history, "stylize(**page.settings()), smaller")

# %% [markdown]
# **What to see.** *Left,* Chelsea in swirls, a little smaller than the studio would paint her. *Right,* the terms of the loss: the style term falls furthest. All curves jump after step 30 (the green one downwards), where the picture was enlarged from 128 to 256 pixels: fine strokes are
# still missing there, and what was enlarged is smooth, so its total variation is small. The right half of the studio is drawn in this way, from the history of its run.
#
# ## 5 · A recipe
#
# 1. **Small first.** 192 pixels and 60 steps cost seconds. Sketch with several paintings (section 1), and keep two.
# 2. **One dial at a time.** If you turn two, you will not know which it was ([09](09_experiments.ipynb) makes a science of it).
# 3. **`content_weight` first**, by factors of about three or ten, never by a little. It decides between photograph and painting.
# 4. **Then `tv_weight`**, if the grain disturbs: more of it is smoother.
# 5. **Then large**, once. Expect the strokes to become finer (next section).
#
# The third step, on the cup and *De Stijl*; in the studio the same dial is called "Photograph or painting".

# %%
dial = {w: stylize("coffee", "de_stijl", **sketch | {"content_weight": w}).image for w in (0.003, 1.0)}
dial = {0.003: dial[0.003], 0.03: wall["de_stijl"], 1.0: dial[1.0]}
show.pictures({f"content_weight {w}": image for w, image in dial.items()}, "From painting to photograph", height=1.55)
print("correlation with the photograph:", {w: round(kept_light(photos["coffee"], image), 2) for w, image in dial.items()})

# %% [markdown]
# **What to see.** With 0.003 the painting rules: black bars and white fields stand where the photograph has none, and the saucer is hardly round. With 1 the cup, the saucer and even the handle are back in shape, and of the painting only deeper reds, harder blacks and a rough grain on the table are left. The wall's 0.03 is nearer to the first. The
# printed correlations grow with the weight, as they should; but they cannot tell you which one to hang.
#
# > **Common mistake** · Adding steps to a picture that you do not like. Steps finish what the weights ask for; if the
# > first third of a run goes the wrong way, stop it and turn a dial.
#
# ## 6 · Resolution and the size of strokes
#
# Now the fifth step of the recipe, and the surprise in it. The same pair, the same settings, at 128, 256 and 384 pixels; `size` scales the photograph
# *and* the painting. The photograph is a portrait now. People forgive a saucer nearly everything and a face nothing, so it gets more `content_weight` than the cup, 0.2; and so that nothing but the size differs, each is painted at one size (`scales=1`, more in section 7).
#
# > **Predict** · Hung at equal size on the wall, what will be different?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# The first filters of the network are 3 pixels wide. How much of the picture is that at 128 pixels, and at 384?
#
# </details>

# %%
options = ["only the sharpness", "larger pictures have finer strokes", "larger pictures have coarser strokes"]
check.predict("The same run at 128, 256 and 384 pixels, shown at equal size: what differs?", options=options)

# %%
face = dict(steps=80, content_weight=0.2, scales=1, progress=False)
by_size = {size: stylize("portrait", "swirls", size=size, **face).image for size in (128, 256, 384)}
show.pictures({f"{size} pixels": image for size, image in by_size.items()}, "One run at three sizes, shown equally large", height=2.7)
check.score("larger pictures have finer strokes", because="a network's filters are some pixels wide, at every size of the picture")

# %% [markdown]
# **What to see.** At 128 pixels a few broad dabs make the whole face, and the eyes are two blots. At 256 there are eyes and a mouth in short strokes. At 384 the strokes have become hatching: hair, collar and the folds of the suit are drawn in many fine lines, and the face can be recognised. It is not the
# same painting made sharper; it is painted with a finer brush. (All three are darker than the photograph: the painting is a night. That is the third rule of section 2, the other way round.)
#
# Why? A filter of the network covers a fixed number of *pixels* ([02](02_convolutions_and_features.ipynb)): `relu1_1` sees 3 × 3 of them, `relu4_1` 68 × 68. So it is pixels in which
# a stroke has its width, and on a picture three times as large it covers a third of the way. Let us measure it. Walk along a row of
# luminances $y_1, \dots, y_W$ and count how often light turns from growing to falling or back. With $d_i = y_{i+1} - y_i$,
#
# $$\text{stroke width} = \frac{W - 2}{\#\{\, i : \operatorname{sign} d_i \ne \operatorname{sign} d_{i+1} \}} \quad\text{pixels},$$
#
# the mean distance between two turns ($\#$ counts; $W$ pixels have $W-2$ pairs of neighbouring differences). By hand: 0, 1, 2, 1, 0, 1, 2 goes up, up, down, down, up, up;
# that is 2 turns in 5 pairs, so 2.5 pixels. The function takes all rows and columns.
#
# <details><summary>With a pencil: which width has pure noise?</summary>
#
# Take three independent random numbers. Light turns at the middle one if it is the largest or the smallest of the three, which happens in 2 of 3 cases. So the width of noise is 3/2 = 1.5 pixels. (And the least that there can be? 1, for a checkerboard: it turns at every pixel.)
#
# </details>

# %%
def stroke_width(image):
    """(1, 3, H, W) -> the mean distance in pixels between turns of the luminance, along rows and columns."""
    signs = [luminance(image).diff(dim=dim).sign().unfold(dim, 2, 1) for dim in (2, 3)]
    turns = torch.cat([(pair[..., 0] != pair[..., 1]).flatten() for pair in signs]).float().mean()
    return 1 / turns.item()


wave = torch.tensor([0, 1, 2, 1, 0, 1, 2.0]) / 4
assert round(stroke_width((wave[:, None] + wave).expand(1, 3, 7, 7)), 4) == 2.5  # by hand: each row and column is a wave
enlarged = nsthelpers.resize(by_size[128], tuple(by_size[384].shape[2:]))
rows = {f"painted at {size}": image for size, image in by_size.items()} | {"128, enlarged to 384": enlarged}
rows["the photograph, 384"] = load_image("portrait", 384)
rows["noise, 384"] = torch.rand(1, 3, 384, 288, generator=torch.Generator().manual_seed(0))
for name, image in rows.items():
    width = stroke_width(image)
    print(f"{name:22} {width:4.1f} pixels, {image.shape[3] / width:4.0f} strokes side by side")

# %% [markdown]
# The three paintings have nearly the same stroke width *in pixels*, so the number of strokes from side to side grows with the size. The control is the smallest painting, enlarged: its strokes are about two and a half times as wide, as broad brushwork on a large picture should be. Noise has its 1.5.
#
# A caution: the photograph's row shows a similar number. Nature has detail at every size, and so has the painting. The numbers say that the large painting is not the small one enlarged; that it is strokes that fill it is for your eyes to say.
#
# ### The painting's size as a dial
#
# So far the painting grew with the photograph. But `stylize` also takes tensors, and with `size=None` it leaves them as they are. Then the two sizes
# are two dials: the photograph's decides how many strokes fit into it, and the painting's **how much of the painting a filter sees at once**.
#
# > **Predict** · The photograph stays at 256 pixels. The painting of swirls is loaded at 96 pixels, where a whole vortex is about 20 pixels wide, and at
# > 384. In which result will there be small, whole curls? (`content_weight` is 0.03 again, so that the painting has its say.)
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# A place of `relu4_1` sees 68 × 68 pixels. Hold such a window over the painting at 96 pixels, then at 384. In which of them is there a whole vortex in the window?
#
# </details>

# %%
check.predict("Which size of the painting puts small, whole curls into the picture?", options=["96 pixels", "384 pixels", "no difference"])

# %%
photo = load_image("portrait", 256)
by_style = {n: stylize(photo, load_image("swirls", n), size=None, steps=80, content_weight=0.03, progress=False).image for n in (96, 384)}
show.pictures({f"painting at {n} pixels": image for n, image in by_style.items()}, "One photograph of 192 × 256, one painting at two sizes", height=2.7)
check.score("96 pixels", because="a whole vortex fits under one filter only if it is small")

# %% [markdown]
# **What to see.** *Left,* painted from a small painting: small whole curls and suns, on the wall, in the hair, on the suit, and around both eyes. *Right,* from the large one: long, sweeping strokes that follow the forms, and hardly a curl except in the face. To the network the second painting is so large that only pieces of a vortex fit under most of its filters, and pieces of a vortex are
# curved lines. The photograph, the weights and the number of evaluations are the same.
#
# > **In the paper** · Gatys et al. (2017, *Controlling perceptual factors*) make it a method: they mix the fine strokes of one painting with the coarse
# > forms of another, and paint high resolutions coarse to fine. The second is the next section.
#
# ## 7 · Coarse to fine
#
# A large picture has a problem: where the strokes are small and each evaluation is dear, large shapes hardly move. The cure is to paint a *small* picture first, enlarge it, and go on
# from there: a **pyramid**. Enlarging cannot bring back the fine detail of the photograph, so that is added (Kolkin et al. 2019 do the same). `stylize` does it by itself (`scales="auto"`: up to three sizes, the smallest at least 128 pixels).
#
# > **Your turn** · 5 min · ●●○ — The sizes of a pyramid, coarse to fine: the last is the final size, each is half of the next (rounded down), never below 1.

# %% tags=["exercise"]
# 5 min · ●●○
def pyramid_sizes(size, levels):
    """The final size and a number of levels -> a list of sizes from coarse to fine."""
    # Your turn.
    return None

check.pyramid_sizes(pyramid_sizes)

# %% [markdown]
# <details><summary>Hint 1 · the right numbers in the wrong order</summary>
#
# Halving goes from fine to coarse; painting starts with the coarsest. `list(reversed(...))`, or `[::-1]`.
#
# </details>
#
# <details><summary>Hint 2 · one size too many or too few</summary>
#
# `levels` sizes in all, and the final one is among them: it was halved 0 times, the coarsest `levels - 1` times.
#
# </details>

# %% tags=["solution"]
def pyramid_sizes(size, levels):
    """The final size and a number of levels -> a list of sizes from coarse to fine."""
    return [max(1, size // 2**halvings) for halvings in reversed(range(levels))]

# %% [markdown] tags=["solution"]
# **Why.** At half the side an evaluation costs a quarter, at a quarter of the side a sixteenth. So the coarse sizes can have many evaluations for little.

# %% [markdown]
# How much does it bring? To be fair we compare at **equal work**. With $n_k$ evaluations at the share $r_k$ of the final side, the work is $\sum_k n_k r_k^2$, counted in
# evaluations at full size. By hand, for 81 evaluations at three sizes: 24 at a quarter, 24 at a half, 33 at the full size: $24/16 + 24/4 + 33 = 40.5$. The rival gets 40
# evaluations at full size. Both results are scored with the same loss.

# %%
SIZE = 384
pair = {"content": load_image("coffee", SIZE), "style": load_image("swirls", SIZE)}
loss_weights = dict(content_weight=0.03, tv_weight=0.1)
judge = StyleTransferLoss(load_backbone("mini"), **pair, **loss_weights)
runs = {"one size": dict(scales=1, steps=40), "pyramid": dict(scales=3, steps=81)}
runs = {name: stylize(**pair, size=None, progress=False, **loss_weights, **plan) for name, plan in runs.items()}
for name, run in runs.items():
    work = sum((row["size"] / SIZE) ** 2 for row in run.history)
    print(f"{name:9} work {work:4.1f}, loss {judge(run.image)['total']:.3f}, style term {judge(run.image)['style']:.4f}")
assert judge(runs["pyramid"].image)["style"] < judge(runs["one size"].image)["style"]
show.pictures({name: run.image for name, run in runs.items()}, "Equal work: 40 evaluations at 384 × 256 pixels", height=2.1)

# %% [markdown]
# **What to see.** *Left,* one size: the forms of the photograph stand, and fine strokes lie over them like a hatching. *Right,* the pyramid, for the same work: larger fields of yellow and blue, one large vortex in the coffee where the left one has two small ones, and a wide one on the table where the left one has only short strokes. Its style term is lower by a seventh here, its loss by a tenth or less (rounding makes these runs drift apart, so other machines have other figures).
# The large shapes were settled where it was cheap.
#
# If you like the left one better, there is nothing wrong with you: its light and dark are nearer to the photograph's. `scales=1` is a dial too, in the studio under "More settings".
#
# ## 8 · Keep the colours of the photograph
#
# Sometimes one wants the strokes but not the palette: the sky is to stay blue, and the coat red. In the studio it is a tick box. Behind it is an idea of Gatys et al. (2016, *Preserving color*):
# split a picture into **luminance** (how light) and **chrominance** (which colour), and take the first from the painting and the second from the photograph.
# With $x$ the painting and $c$ the photograph, both $(1, 3, H, W)$,
#
# $$Y(x) = 0.299\,R + 0.587\,G + 0.114\,B, \qquad x' = Y(x) + \big(c - Y(c)\big),$$
#
# where $Y$ has the shape $(1, 1, H, W)$ and is added to all three channels. By hand, for a painted grey of 0.3 on a photographed red of (0.5, 0.2, 0.2): $Y(c) = 0.2897$, and $x' = (0.5103, 0.2103, 0.2103)$.
# (The paper paints in luminance alone from the start; we paint in colour, and exchange the colours afterwards. Where a channel would leave 0 to 1, `keep_colours` makes the colour paler until it fits.)

# %%
grey, red = torch.full((1, 3, 1, 1), 0.3), torch.tensor([0.5, 0.2, 0.2]).view(1, 3, 1, 1)
assert torch.allclose(keep_colours(grey, red).flatten(), torch.tensor([0.5103, 0.2103, 0.2103]), atol=1e-4)  # by hand
original, painted = load_image("portrait", 384), stylize("portrait", "impasto_sunset", size=384, **face).image
kept = keep_colours(painted, original)
print(f"largest change of luminance {(luminance(kept) - luminance(painted)).abs().max():.0e}")
show.pictures({"photograph": original, "painted": painted, "its colours kept": kept}, "Strokes of the painting, colours of the photograph", height=2.7)

# %% [markdown]
# **What to see.** *Right,* the strokes are those of the painting, line for line, and the colours those of the photograph: orange suit, brown hair, a grey wall. The yellow of the face, the pink of the suit and the blue of the collar are gone, but what was light or dark in the painting is as light or dark here; the printed change is only rounding. Compare a stroke on the yellow cheek in the
# middle with the same stroke on the right. This is also why the portrait is painted from a sunset here, and not from the swirls of section 6: a dark painting stays dark, and its face with it, whichever colours it gets.
#
# ## 9 · Large pictures
#
# How large must a picture be for the wall? A printer sets $d$ **dots per inch** (dpi); 300 looks sharp from near, 150 is enough for a poster. An inch is 2.54 cm.
#
# > **Your turn** · 4 min · ●○○ — Width and height in pixels, and the dots per inch; return width and height of the print in centimetres.

# %% tags=["exercise"]
# 4 min · ●○○
def print_size(width, height, dpi):
    """Pixels, pixels, dots per inch -> (width, height) in centimetres."""
    # Your turn.
    return None

check.print_size(print_size)

# %% [markdown]
# <details><summary>Hint 1 · the numbers are too small by a factor of about 2.5, or far too large</summary>
#
# 300 pixels at 300 dots per inch are one inch: divide by the dots. Then one inch is 2.54 cm: multiply.
#
# </details>
#
# <details><summary>Hint 2 · one number comes out, or whole centimetres</summary>
#
# Return both, `width_cm, height_cm`, with `/` and without rounding.
#
# </details>

# %% tags=["solution"]
def print_size(width, height, dpi):
    """Pixels, pixels, dots per inch -> (width, height) in centimetres."""
    return width / dpi * 2.54, height / dpi * 2.54

# %% [markdown] tags=["solution"]
# **Why.** Pixels / (pixels / inch) are inches. By hand: 2048 / 300 = 6.83 inches = 17.3 cm; at 150 dpi it is twice as wide.

# %% tags=["nbval-check-output"]
for dpi in (300, 150):
    width, height = check.print_size.reference(2048, 1365, dpi)
    print(f"2048 × 1365 pixels at {dpi} dpi: {width:.1f} × {height:.1f} cm")

# %% [markdown]
# So 2048 pixels it shall be. Before such a run, ask two questions: does it fit into the memory, and how long will it take?
#
# ### Memory
#
# To find out how each pixel should move, PyTorch (its part *autograd*) must keep what every layer has calculated, its *activations*, until it has gone back through all layers. A layer of stride $s$ (its maps are $s$ times smaller than the picture) with $C$ channels
# and $b$ bytes a number keeps
#
# $$\text{bytes} = C \cdot \frac{H}{s} \cdot \frac{W}{s} \cdot b .$$
#
# By hand: `relu1_1` of VGG-19 has 64 channels and stride 1, so at 2048 × 1365 in float32 (4 bytes) it keeps 64 · 2048 · 1365 · 4 = 716 million bytes, one layer of many.
#
# <details><summary>With a pencil: and the layers behind it?</summary>
#
# Each block has twice the channels of the one before, at half the side: a layer of block 2 keeps 2 · ¼ = ½ of what a layer of block 1 keeps, one of block 3 a quarter, one of block 4 an eighth. Block 5 has 512 channels, not 1024, so a thirty-second. The first blocks, not the deep ones, fill the memory.
#
# </details>
#
# We measure instead of believing: PyTorch lets us look
# at every tensor that it keeps for the way back.

# %%
backbone = load_backbone("mini")
assert extract_features(backbone, load_image("coffee", 96), ["relu1_1"])["relu1_1"].nbytes == 16 * 96 * 64 * 4  # by hand
weights = {parameter.data_ptr() for parameter in backbone.parameters()}


def kept_bytes(size):
    """The longer side in pixels -> bytes that autograd keeps for one evaluation of the loss."""
    kept, picture = {}, load_image("coffee", size)
    loss = StyleTransferLoss(backbone, picture, picture)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.setdefault(t.data_ptr(), t), lambda t: t):
        loss(picture.requires_grad_(True))
    return sum(tensor.nbytes for place, tensor in kept.items() if place not in weights)


measured = {size: kept_bytes(size) / 1e6 for size in (96, 192, 384)}
print("megabytes kept:", {size: round(mb, 1) for size, mb in measured.items()})
print("each doubling of the side:", round(measured[192] / measured[96], 1), round(measured[384] / measured[192], 1))

# %% [markdown]
# Twice the side is nearly four times the memory, and the larger the picture, the nearer: the Gram matrices do not grow with it, and each map has a thin border, which grows with the side and not with the area. From 384 to 2048 pixels the factor is $(2048/384)^2 \approx 28$. `estimate_memory` counts in this way what the loop of `stylize` keeps, which is thriftier, and adds the
# optimiser's memory and a measured factor for what is needed in passing. Two savings can be had. **bfloat16** stores activations in 2 bytes instead of 4. **Checkpointing** forgets the activations inside a block, and calculates them
# again on the way back. `stylize` uses the first where the hardware is fast at it, and the second by itself when memory is short.

# %%
from nsthelpers.losses import STYLE_LAYERS
from nsthelpers.speed import estimate_memory, plan_scales

networks = {"mini": backbone, "VGG-19": load_backbone("vgg19", weights="random")}  # memory does not depend on the values
ways = {"float32": (torch.float32, False), "bfloat16": (torch.bfloat16, False), "bfloat16, checkpointed": (torch.bfloat16, True)}
sizes = (256, 512, 1024, 2048)
figure, axes = plt.subplots(1, 2, figsize=(8, 2.9), sharey=True)
for axis, (name, network) in zip(axes, networks.items(), strict=True):
    for (way, (dtype, checkpoint)), mark in zip(ways.items(), ("o-", "s--", "^:"), strict=True):
        gigabytes = [estimate_memory(network, (n * 2 // 3, n), [*STYLE_LAYERS, "relu4_2"], dtype, checkpoint) / 1e9 for n in sizes]
        axis.loglog(sizes, gigabytes, mark, label=f"{way}: {gigabytes[-1]:.1f} GB at 2048")
    axis.axhline(8, color="grey", linewidth=1)
    axis.set(title=name, xlabel="longer side in pixels", xticks=sizes, xticklabels=sizes, ylim=(0.02, 200), ylabel="working memory in GB")
    axis.minorticks_off()
    axis.legend(fontsize=8, loc="upper left")
figure.suptitle("Estimated working memory of stylize, pictures of 3 : 2 (grey line: 8 GB)")
plt.show()

# %% [markdown]
# **What to see.** Straight lines on logarithmic axes, and from one size to the next always a factor of four: memory goes with the number of pixels. With mini, 2048 pixels fit into a usual laptop. VGG-19 in float32 passes the grey line there, in bfloat16 it stays below. Checkpointing helps
# little (the triangles lie almost on the squares: 3 % less for mini, 4 % for VGG-19): the largest part of what is kept belongs to the first block, at full size, and a block that is calculated again is needed as a whole for a moment.
#
# ### Time
#
# Time goes with pixels, as memory does, and with the work of section 7. `docs/benchmark.md` has measured one evaluation of 512 × 512 pixels on two cores with bfloat16: 0.13 to 0.14 seconds with mini, 1.06 to 1.12 with VGG-19, depending on the day. We take the slower day; the rest is
# arithmetic: $\text{seconds} = t_{512} \cdot \dfrac{H\,W}{512^2} \cdot \sum_k n_k r_k^2$.

# %% tags=["nbval-check-output"]
stages = plan_scales((1365, 2048), 200)
work = sum(stage.share**2 * stage.steps for stage in stages)
assert work == 60 / 16 + 60 / 4 + 80  # by hand
print(f"200 evaluations are the work of {work:.0f} at full size:", [(stage.share, stage.steps) for stage in stages])
for name, seconds in {"mini": 0.142, "VGG-19": 1.115}.items():
    print(f"{name:7} 2048 × 1365 pixels: about {seconds * 2048 * 1365 / 512**2 * work / 60:.0f} minutes")

# %% [markdown]
# Your machine has other seconds, so measure yours: `stylize("coffee", "swirls", size=512).seconds`, times 16, is what 2048 pixels will take (two doublings of the side, $4 \cdot 4$). Then the recipe for the wall is two lines, to be started before lunch:
#
# ```python
# result = stylize("my_photo.jpg", "stained_glass", size=2048, steps=200, checkpoint="wall.state")
# nsthelpers.save_image(result.image, "wall.png", dpi=(300, 300))
# ```
#
# The picture knows its 300 dots per inch, and the next section puts its settings into it as well. With `checkpoint` a run that breaks off, because the laptop went to sleep or the browser was closed, goes on where it was. If the memory is too small, `stylize` says so *before* it begins, and names the size that would fit.
#
# > **Common mistake** · Sketching at 256 pixels and expecting the same picture at 2048. The strokes will be eight times finer (section 6). More scales go against it: with `scales=5` the run begins at
# > 128 pixels, where large strokes are cheap, instead of at 512. And sketch once in between, at 768.
#
# ## 10 · Keep it
#
# A picture that you like should never be lost, nor the way to it. `save_with_settings` writes a PNG with the settings inside; so does every download of the studio. `load_settings` reads them, and `stylize(**settings)` paints it again.

# %%
result = stylize("coffee", "woodblock_waves", size=256, steps=60, content_weight=0.02, progress=False)
path = nsthelpers.save_with_settings(result.image, folder / "cup.png", result.settings)
settings = nsthelpers.load_settings(path)
print({name: settings[name] for name in ("content", "style", "size", "steps", "content_weight", "seed")})
again = stylize(**settings, progress=False)
difference = (again.image - load_image(path)).abs()
print(f"from the PNG, painted again: the pixels differ by at most {difference.max():.4f}")
assert difference.mean() < 0.02  # on one machine only the 8 bits of the file: half of 1/255, 0.0020

# %% [markdown]
# The file holds 8 bits a channel, so half of 1/255 = 0.002 is lost in saving; beyond that the picture is the same. On another machine last digits differ, and grow to differences that no eye sees ([07](07_optimisation_loop.ipynb)).
#
# Among the settings is `seed`, the number that random things start from.
#
# > **Predict** · A run that starts from the photograph, once with `seed=0` and once with `seed=1`: the same picture, or another? And a run that starts from noise?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# What in a run is random? Go through it: loading, the network, the optimiser, the start.
#
# </details>

# %%
check.predict("Seeds 0 and 1, starting from the photograph:", options=["the same picture", "another picture"])

# %%
small = dict(size=160, steps=100, content_weight=1.0, progress=False)
runs = [(start, seed) for start in ("content", "noise") for seed in (0, 1)]
seeds = {f"{start}, seed {seed}": stylize("chelsea", "swirls", init=start, seed=seed, **small).image for start, seed in runs}
show.pictures(seeds, "Two starts, two seeds, 160 × 106 pixels", height=1.25)
for start in ("content", "noise"):
    apart = (seeds[f"{start}, seed 0"] - seeds[f"{start}, seed 1"]).abs().mean()
    print(f"start from {start}: mean distance of the two pictures {apart:.3f}")
check.score("the same picture", because="nothing in that run is random; the seed is used for noise only")

# %% [markdown]
# **What to see.** The two cats on the left are one picture, twice: their distance is 0. The two on the right began as different noise and have ended as different pictures of one cat: her eyes and nose are in the same places, but the strokes that draw them are others. (With less `content_weight` than the 1 that is used here, noise finds less of her.) So keep the seed if you start
# from noise, and turn another dial if you do not.
#
# > **Your turn** · 6 min · ●●○ — Reading settings is more than `json.loads`: files are old, hand-edited, or from elsewhere. You get a JSON text and a dictionary of defaults. Return a *new* dictionary with every name of the defaults:
# > the text's value where it has one (0 is one), else the default. Unknown names are left out.

# %% tags=["exercise"]
# 6 min · ●●○
def load_settings(text, defaults):
    """JSON text and a dictionary of defaults -> a new dictionary with the names of the defaults."""
    # Your turn.
    return None

check.load_settings(load_settings)

# %% [markdown]
# <details><summary>Hint 1 · unknown names come through, or known ones are missing</summary>
#
# Start from the defaults and let only those names of the text in that stand there: `if name in defaults`.
#
# </details>
#
# <details><summary>Hint 2 · a weight of 0 becomes the default, or the defaults were changed</summary>
#
# `or` takes 0 for "nothing"; ask whether the *name* is there. And make a copy first: `{**defaults, ...}` or `dict(defaults)`.
#
# </details>

# %% tags=["solution"]
def load_settings(text, defaults):
    """JSON text and a dictionary of defaults -> a new dictionary with the names of the defaults."""
    given = json.loads(text)
    return {**defaults, **{name: value for name, value in given.items() if name in defaults}}

# %% [markdown] tags=["solution"]
# **Why.** Later entries win, so the text goes behind the defaults. Leaving unknown names out is friendly to files of a newer version; the package's own `load_settings` is stricter and refuses them, since a typing error that is silently dropped is worse than an error. Both are defensible; only guessing is not.

# %% [markdown]
# ### Show it
#
# Two ways to show what has happened. With `before_after` you drag a divider over the picture; it is one piece of HTML, works without a kernel, and can be put on any web page.

# %%
smaller = [nsthelpers.resize(image, (256, 192)) for image in (original, painted)]
shown = before_after(*smaller, "Portrait in a sunset", alt="an astronaut's portrait, as a photograph and painted in yellow, pink and blue")
shown

# %%
shown.strip()

# %% [markdown]
# **What to see.** The static twin of the slider: the photograph, which is on the left of the divider, and the painting, which is on its right. Drag the divider slowly over the eyes and the collar: the outlines meet, and everything else changes.
#
# The second way is a film. A callback gets every step of a run; every fourth picture is kept, and `save_animation` makes a WebP (or GIF) of them that any browser plays.

# %%
frames = []
stylize("chelsea", "stained_glass", size=160, steps=60, scales=1, content_weight=0.03, callback=lambda record: frames.append(record.image), progress=False)
film = nsthelpers.save_animation(frames[::4], folder / "cat.webp", seconds_per_frame=0.15)
print(f"{film.name}: {len(frames[::4])} frames, {Image.open(film).n_frames} in the file, below 1 MB: {film.stat().st_size < 1e6}")
show.pictures({f"frame {n}": frames[4 * n] for n in (0, 2, 5, 14)}, "Four of its frames", height=1.25)

# %% [markdown]
# **What to see.** From the photograph (frame 0) through a net of fine dark lines to patches of colour between dark outlines. The lines come first, the colours after them. [07](07_optimisation_loop.ipynb) measures why.
#
# ## 11 · Whose picture is it?
#
# *Licences.* A painted picture is made from two others, and both have authors. With your own photograph you may do what you like, as long as the people in it agree; a photograph from the web belongs to somebody, and only where its licence says so
# may you change it and pass it on. The photographs of this course are in the public domain or CC0, and its paintings CC BY 4.0 (`data/README.md` names each author); the famous paintings of the catalogue are in the public domain because their painters died long ago. Write down
# where both pictures came from when you save a result; `description=` of `save_with_settings` is a good place. What the law says differs from country to country, and this is not advice on it.
#
# *Fairness.* A way of painting is, in most places, nobody's property. But a living painter has spent years on theirs, may live from it, and did not ask to be an argument of a function. So ask before you publish pictures in a living person's manner, name them if they agree, never
# sell such a picture as theirs, and do not paint a person's face into something that they would not want to be seen in. When in doubt, take a painter who cannot be harmed any more, or paint your own style picture: a scan of ten minutes of crayon works very well.

# %% [markdown] tags=["teacher"]
# **Teaching notes, section 11.** Ten minutes, no slides. Ask each pair to find one picture that they would *not* process, and to say why; collect the reasons on the board (the person, the painter, the owner, the viewer who is misled). Do not settle the legal questions.

# %% [markdown]
# ## Summary
#
# 1. Choose pairs by eye from small sketches: large shapes in the photograph, strokes all over the painting.
# 2. One dial at a time, `content_weight` first; the studio's dials are the arguments of `stylize`.
# 3. Strokes have their width in pixels: larger pictures have finer ones. The painting's size decides which of its forms are copied.
# 4. Twice the side is four times the memory and time; a pyramid settles large shapes where they are cheap.
# 5. Keep PNGs with their settings, and say whose pictures they were made from.
#
# ## Common mistakes
#
# - Judging a style at 192 pixels and printing it at 2048, without a sketch in between.
# - Reading a phone's photograph without its EXIF orientation, and painting it sideways.
# - Comparing two runs that differ in three settings.
# - Saving as JPEG and wondering where the settings are: only the PNG holds them, and messengers and web pages throw them away.
# - Changing the seed to get another picture, when the run starts from the photograph.
#
# ## Challenge
#
# *Open, an evening.* **A triptych.** One photograph of your own, three panels that hang side by side and belong together: the same motif with the brush coarse, middle and fine, or with three paintings and the colours of the photograph kept in all three. Decide first what is
# to be equal in the three and what is to differ; sketch at 192 pixels; plan memory and time; paint at a size that prints 20 cm wide; keep the settings. Then let somebody who does not know the course say what they see.
#
# <details><summary>A way to begin</summary>
#
# ```python
# photo = load_image("my_photo.jpg", 192)
# panels = {n: stylize(photo, load_image("swirls", n), size=None, steps=60, content_weight=0.03).image for n in (96, 192, 384)}
# show.pictures({n: keep_colours(panel, photo) for n, panel in panels.items()})
# ```
#
# For the print multiply all sizes by the same factor. Do the strokes keep their look? If not, which of the two dials of section 6 brings it back?
#
# </details>
#
# ## References
#
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). Image style transfer using convolutional neural networks. *CVPR*.
# - L. A. Gatys, M. Bethge, A. Hertzmann, E. Shechtman (2016). Preserving color in neural artistic style transfer. *arXiv:1606.05897*.
# - L. A. Gatys, A. S. Ecker, M. Bethge, A. Hertzmann, E. Shechtman (2017). Controlling perceptual factors in neural style transfer. *CVPR*.
# - J. Johnson, A. Alahi, L. Fei-Fei (2016). Perceptual losses for real-time style transfer and super-resolution. *ECCV*. One pass of a trained network instead of a run of many steps: large pictures in a moment, one network for each style.
#
# [← 07 · The optimisation loop](07_optimisation_loop.ipynb) · [09 · What changes what? →](09_experiments.ipynb)
