# %% [markdown]
# # 08 · The studio
#
# **How do I paint my own pictures, and make one good enough for the wall?**
#
# ![A pagoda above a lake, painted in the manner of a Japanese woodblock print: dark blue lines on cream, roofs in blue and ochre, foamy trees, a cream sky with blue-green clouds.](attachment:08_studio.jpg)
#
# **You will**
#
# - paint in the studio, with your own photograph if you like;
# - recognise a pair of pictures that suits, and one that does not;
# - choose settings for three pairs by eye;
# - write a brush, and make its strokes finer or broader;
# - write a two-level pyramid, and paint 1024 pixels with it;
# - keep the colours of the photograph.
#
# **You need** [00 · Start here](00_start_here.ipynb). The loss is explained in
# [06 · Losses and weights](06_losses_and_weights.ipynb), the run in [07 · The optimisation loop](07_optimisation_loop.ipynb).
#
# **Reading** 10 minutes + exercises 30 minutes. **Running** about two minutes on two CPU cores; the large picture takes a third of it.
#
# **Short path, 30 minutes:** sections 1, 3, 5 and 6.
#
# **Sections** 1 Paint something · 2 What makes a good pair · 3 Three pairs, three settings · 4 The size of the brush · 5 Coarse to fine · 6 One for the wall · 7 Keep the colours.

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
# ## 1 · Paint something
#
# All that follows runs offline. The third cell opens the studio: choose two pictures or upload your own, press **Run**, watch, stop
# when you like it. Every result stays below, with a download that remembers its settings.

# %%
from functools import cache

import nsthelpers
from nsthelpers import StyleTransferLoss, load_backbone, load_image, resize, show, stylize
from nsthelpers.checks import studio as check

show.setup_notebook(quality=56)

# %%
page = nsthelpers.studio()
page

# %% [markdown]
# ![The studio after a run. Left: the photograph of houses above a river and The Starry Night in two choosers, with upload buttons; sliders for photograph or painting, smoothness and steps; menus for the longer side, the colours and the strokes. Right: the buttons Run, Stop and Continue, the houses in blue and yellow strokes, the loss curves, and the finished result with its download link.](attachment:08_studio_page.jpg)
#
# **What to see.** The studio after one run, for readers without a kernel: left what goes in, right what comes out.
# In the curves, the upright dotted lines mark where the coarse picture was enlarged and painted on; section 5 builds that step.

# %% [markdown] tags=["teacher"]
# **Teaching notes.** *Ninety minutes:* section 1 (20, everybody paints), 2–3 (25, by eye, in front of the class), 5 (30), 6 and summary (15).
# Ask for photographs the week before: one large subject, no small faces.
#
# *Misconceptions:* "a larger size makes the same picture sharper" (it makes another picture: section 4); "bad results come from too few
# steps" (mostly from the pair); "twice the side is twice the work" (four times).
#
# *Talking point:* hang the results up without names. Which painting was used, and what gives it away: colour or stroke?

# %% [markdown]
# The page is thin: its sliders are the arguments of `stylize`. `page.settings()` returns them; use them by hand, smaller. For your own
# picture write its path instead of a name, `load_image("holiday.jpg", 512)`: photographs from a phone are turned upright, transparency and
# colour profiles are taken care of ([01](01_images_as_tensors.ipynb)). A file that cannot be read is refused with a sentence that says why.

# %%
dials = page.settings()
shown = ("content", "style", "size", "steps", "content_weight", "tv_weight")
print({name: dials[name] for name in shown})
by_hand = stylize(**dials | {"size": 288, "steps": 60}, progress=False)
both = {"photograph": load_image(dials["content"], 288), "painted": by_hand.image}
title = "Tübingen in The Starry Night: stylize(**page.settings()), 288 × 216"
show.pictures(both, title, columns=2, height=3.6)

# %% [markdown]
# **What to see.** The flat sky has become thick streaks of blue and pale yellow, and the houses stand where they stood, drawn in the same colours.
# This is a sketch: the studio's default of 512 pixels and 200 steps takes longer and has finer strokes.
#
# ## 2 · What makes a good pair
#
# Style transfer (Gatys et al. 2016) keeps **where things are**, as far as a deep layer sees it, and repaints **what surfaces look like**
# ([04](04_what_layers_remember.ipynb), [05](05_gram_matrices.ipynb)). Two rules of thumb follow:
#
# 1. *A photograph with large shapes.* What is thinner than a stroke is painted over.
# 2. *A painting with strokes all over.* Its statistics come from the whole picture, so an empty corner counts too.
#
# We test the first with two photographs, a large cup on a table and a rocket between thin masts against an empty sky, and two paintings: one with broad tiles, one with
# short strokes.

# %%
originals = {name: load_image(name, 320) for name in ("coffee", "rocket")}
originals |= {name: load_image(name, 320) for name in ("stained_glass", "starry_night")}
show.pictures(originals, "Two photographs and two paintings", columns=2, height=2.4)

# %% [markdown]
# **What to see.** The cup fills its picture, and nothing in it is thin. The rocket is small, the masts beside it are thinner still, and the sky between them is empty.
#
# > **Predict** · Each photograph is painted after each painting. Which of the four results will lose most of its photograph?

# %%
options = [f"{a} in {b}" for a in ("cup", "rocket") for b in ("stained glass", "The Starry Night")]
check.predict("Which of the four keeps least of its photograph?", options=options)

# %% [markdown]
# So that it is not only a matter of taste, we print two numbers for each: the content term (0: the photograph itself) and the style term (0: the
# Gram matrices of the painting). The control is the photograph as it is: content 0, and a style term that shows how far there was to go.

# %%
mini = load_backbone("mini")


@cache
def sketch(photo, painting, content_weight=0.03):
    """Two names -> a small painting (1, 3, H, W); asked for again, it costs nothing."""
    weights = {"content_weight": content_weight}
    return stylize(photo, painting, size=192, steps=40, progress=False, **weights).image


def terms(photo, painting, image):
    """The content and the style term of an image, on mini."""
    loss = StyleTransferLoss(mini, load_image(photo, 192), load_image(painting, 192))
    return "  ".join(f"{name} {loss(image)[name].item():.3f}" for name in ("content", "style"))


pairs = [(a, b) for a in ("coffee", "rocket") for b in ("stained_glass", "starry_night")]
for pair in pairs:
    control = terms(*pair, load_image(pair[0], 192))
    print(f"{' in '.join(pair):24} {terms(*pair, sketch(*pair))}   unchanged: {control}")
sheet = {" in ".join(pair): sketch(*pair) for pair in pairs}
show.pictures(sheet, "Two photographs, two paintings: 192 × 128 pixels", columns=2, height=2.6)

# %% [markdown]
# **What to see.** *Upper row:* both cups stand. *Lower row:* the rocket, bright and not too thin, survives in both. The masts beside it can still be followed in *The Starry Night*; in the stained glass
# they have become ladders of tiles, and patches with dark edges fill the empty sky. The numbers agree: the rocket keeps less than the cup in both paintings, and each loses more in the glass. So photograph *and* painting count.

# %%
because = "its masts are thinner than a tile, and its sky gives the tiles room"
check.score("rocket in stained glass", because)

# %% [markdown]
# ## 3 · Three pairs, three settings
#
# A recipe for the sliders:
#
# 1. **Small first.** 192 pixels cost seconds. Sketch with several paintings and keep two.
# 2. **One slider at a time**; otherwise you will not know which it was.
# 3. **`content_weight` first, by factors of ten or more.** Less is hardly seen. The studio starts with 0.0003; its slider goes from 0.00003 to 3.
# 4. **Then `tv_weight`** ("Smoothness"), if the grain disturbs.
# 5. **Then large**, once.
#
# > **Predict** · One pair, the weights 0.002, 0.2 and 3. The painting's strokes are the *style* term's work. What happens to that term?

# %%
options = ["it rises with the weight", "it falls with the weight", "it stays the same"]
check.predict("content_weight goes from 0.002 to 3. The style term of the result:", options=options)

# %%
WEIGHTS = (0.002, 0.2, 3)
trio = [("pagoda", "great_wave"), ("chelsea", "the_scream"), ("coffee", "stained_glass")]
sheet = {f"{' in '.join(pair)}, {w}": sketch(*pair, w) for pair in trio for w in WEIGHTS}
for pair in trio:
    found = [f"{w}: {terms(*pair, sketch(*pair, w))}" for w in WEIGHTS]
    print(f"{' in '.join(pair):24}", "   ".join(found))
show.pictures(sheet, "Three pairs (rows), three content weights (columns)", columns=3, height=1.95)

# %% [markdown]
# **What to see.** *Left column:* the style has won: broad orange patches cover the cat, and saucer and table are made of tiles. *Right:* the photograph is back, tinted by the painting.
# The pagoda changes least from weight to weight, cat and cup change much. So each pair needs a weight of its own, and only your eye can choose it.

# %%
because = "the two terms pull against each other, and the weight decides how far"
check.score("it rises with the weight", because)

# %% [markdown]
# > **Your eye** · 6 min · ●○○ · core — For each pair choose the weight whose picture *you* would hang up; the pagoda's is used in sections 5 and 6. Any number from 0 to 10 will do, not only the three above.
# > No loss can tell you which is right.

# %%
choice = {
    ("pagoda", "great_wave"): 0.001,
    ("chelsea", "the_scream"): 0.2,
    ("coffee", "stained_glass"): 0.03,
}
chosen = {f"{' in '.join(pair)}, {w}": sketch(*pair, w) for pair, w in choice.items()}
show.pictures(chosen, "Chosen by eye", columns=3, height=2.2)

# %% [markdown]
# **What to see.** Our choice, for a start; yours may differ, and differs from pair to pair.
# Look at the place that matters in each: the roof, the eyes, the rim of the cup.
#
# > **Common mistake** · More steps for a picture that you do not like. Steps finish what the weights have begun; turn a slider instead.
#
# ## 4 · The size of the brush
#
# A filter covers a fixed number of *pixels*. So the forms that it finds are as wide as they are in the painting **as the network saw it**: bring the painting to another size, and the
# forms follow.
#
# > **Predict** · Back to [02](02_convolutions_and_features.ipynb), where you predicted how far a layer sees: a place of `relu4_1` sees 68 × 68 pixels. One photograph of 240 pixels, the stained
# > glass at two sizes, nothing else differs. Which size covers the table with small tiles?

# %%
options = ["128 pixels", "640 pixels", "no difference"]
check.predict("Which size of the painting covers the table with small tiles?", options=options)

# %% [markdown]
# > **Your turn** · 5 min · ●○○ · core — Write `brush`. With `width=1` it paints with the painting as it is given; less makes finer strokes, more makes broader ones. `paint(photo, painting)` paints and leaves both sizes as they are;
# > `resize(image, (height, width))` changes one. By hand: a painting of 100 × 60 pixels with `width=0.5` goes in as 50 × 30.

# %% tags=["exercise"]
# 5 min · ●○○ · core
def brush(photo, painting, width, paint):
    """Two pictures (1, 3, H, W), a factor, paint(photo, painting) -> the painted picture."""
    # Your turn.
    return None

check.brush(brush)

# %% [markdown]
# <details><summary>Hint 1 · the values are wrong</summary>
#
# Only the painting changes its size, before anything is painted; the photograph stays as it is. And small strokes come from a *small* painting.
#
# </details>
#
# <details><summary>Hint 2 · an error about the size</summary>
#
# `rows, columns = painting.shape[2:]`. `resize` needs whole numbers: `round(width * rows)`, `round(width * columns)`.
#
# </details>

# %% tags=["solution"]
def brush(photo, painting, width, paint):
    """Two pictures (1, 3, H, W), a factor, paint(photo, painting) -> the painted picture."""
    rows, columns = painting.shape[2:]
    return paint(photo, resize(painting, (round(width * rows), round(width * columns))))

# %% [markdown] tags=["solution"]
# **Why.** A Gram matrix is a mean over places, so a painting of any size can be the target. What changes with its size is how many pixels a stroke covers, and so which filters it excites.

# %%
brush = check.brush.mine or check.brush.reference


def sketched(photo, painting):
    """Two pictures (1, 3, H, W) -> a quick painting; with size=None both keep their size."""
    return stylize(photo, painting, size=None, steps=50, progress=False).image


photo, glass = load_image("coffee", 240), load_image("stained_glass", 640)
sheet = {f"painting at {round(640 * width)} pixels (width {width})":
         brush(photo, glass, width, sketched) for width in (0.2, 1)}
title = "One photograph of 240 × 160, your brush at two widths"
show.pictures(sheet, title, columns=2, height=3.1)
check.score("128 pixels", because="at 128 some fifty tiles fit into 68 × 68, at 640 two or three")

# %% [markdown]
# **What to see.** *Left,* hundreds of small tiles, on the table, in the saucer, along the rim. *Right,* wide, soft fields; the table has short dark marks, and only its lower corner
# still has something like tiles. A tile of the painting is now some 45 pixels wide; three of the five style layers, which see 3, 10 and 24 pixels, see less than one tile.
#
# This is also why "the same, but larger" gives another picture: in the studio `size` enlarges photograph and painting together, but the filters keep their width
# in pixels: they see less of each form, and finer strokes. Your brush is the studio's menu *Strokes* and `style_scale` in `stylize`. [10](10_control.ipynb) measures how much broader the strokes really become, and combines the fine strokes of one painting with the coarse forms of another (Gatys et al. 2017).
#
# ## 5 · Coarse to fine
#
# A large picture has two problems. An evaluation (the loss and its gradient, once) is costly: twice the sides, four times the pixels. And the network sees only details: even `relu5_1`, the deepest style layer,
# sees 156 pixels, less than a sixth of a width of 1024. The cure: paint a **small** picture first, enlarge it, and go on from there (Gatys et al. 2017).
#
# Enlarging makes it soft: half the size cannot hold the finest details. They are the photograph's, so we take them from there. With
# $x$ the photograph $(1, 3, H, W)$, ↓ to half the sides and ↑ back,
#
# $$d(x) = x - {\uparrow}{\downarrow}\,x, \qquad (1, 3, H, W),$$
#
# one band of a **Laplacian pyramid** (Burt and Adelson 1983); Kolkin, Salavon and Shakhnarovich (2019) optimise such bands instead of pixels. By hand: a flat grey
# has no detail, $d = 0$, and $d(x) + {\uparrow}{\downarrow}\,x$ is $x$ again.
#
# > **Your turn** · 6 min · ●○○ · core — Write $d$. `resize(image, (height, width))` goes both ways.

# %% tags=["exercise"]
# 6 min · ●○○ · core
def fine_detail(image):
    """(1, 3, H, W) -> (1, 3, H, W): what half the size cannot hold."""
    # Your turn.
    return None

check.fine_detail(fine_detail)

# %% [markdown]
# <details><summary>Hint 1 · shapes do not fit</summary>
#
# `height, width = image.shape[2:]`. After the small picture a second `resize` brings it back to `(height, width)`.
#
# </details>
#
# <details><summary>Hint 2 · the values are wrong</summary>
#
# The sides are halved with `//`. The result is *image minus smooth*, with both signs: no `clamp`, no `abs`.
#
# </details>

# %% tags=["solution"]
def fine_detail(image):
    """(1, 3, H, W) -> (1, 3, H, W): what half the size cannot hold."""
    height, width = image.shape[2:]
    small = resize(image, (height // 2, width // 2))
    return image - resize(small, (height, width))

# %% [markdown] tags=["solution"]
# **Why.** What goes through the small picture is what it can hold; the difference is the rest. Added again it gives the picture back, to rounding.

# %% [markdown]
# From here on your own function is used, if its check has passed; otherwise ours.

# %%
fine_detail = check.fine_detail.mine or check.fine_detail.reference
photo = load_image("pagoda", 288)
band = fine_detail(photo)
assert fine_detail(0 * photo + 0.5).abs().max() < 1e-5  # by hand: a flat grey has none
parts = {"photograph": photo, "through half the size": photo - band}
parts["fine detail, twice, on grey"] = 0.5 + 2 * band
show.pictures(parts, "What half the size cannot hold, 288 × 192", columns=3, height=2.2)

# %% [markdown]
# **What to see.** *Middle:* large shapes and colours have come through; the railings are soft. *Right:* what was lost are edges and leaves, light and dark around zero;
# the sky is empty.
#
# Now the pyramid. `paint` takes a content, a picture to start from and a number of steps, and uses the weight that you chose.

# %%
def paint(content, start, steps, scales="auto"):
    """Paint `content` (1, 3, H, W) from `start`; the painting is brought to their size."""
    style, weight = load_image("great_wave", max(content.shape[2:])), choice["pagoda", "great_wave"]
    plan = {"size": None, "init": start, "steps": steps, "scales": scales, "content_weight": weight}
    return stylize(content, style, progress=False, **plan).image

# %% [markdown]
# > **Your turn** · 12 min · ●●○ · core, graded — Half the photograph: `paint` it, starting from itself, for `coarse_steps`. Enlarge it, add
# > `fine_detail(photo)`, clamp to [0, 1]. Then `paint` the photograph, starting from that, for `fine_steps`. This function makes the picture of section 6.

# %% tags=["exercise"]
# 12 min · ●●○ · core, graded
def two_levels(photo, paint, coarse_steps, fine_steps):
    """Photo (1, 3, H, W), paint(content, start, steps) -> the photo painted small, then large."""
    # Your turn.
    return None

check.two_levels(two_levels)

# %% [markdown]
# <details><summary>Hint 1 · paint complains about sizes</summary>
#
# Content and start must have one size: small with small, `paint(small, small, coarse_steps)`; full with full.
#
# </details>
#
# <details><summary>Hint 2 · the values are wrong</summary>
#
# Five lines: small; coarse; enlarged; start, with the photo's detail and `.clamp(0, 1)`; and `paint(photo, start, fine_steps)`, whose result is returned.
#
# </details>

# %% tags=["solution"]
def two_levels(photo, paint, coarse_steps, fine_steps):
    """Photo (1, 3, H, W), paint(content, start, steps) -> the photo painted small, then large."""
    height, width = photo.shape[2:]
    small = resize(photo, (height // 2, width // 2))
    coarse = paint(small, small, coarse_steps)
    start = resize(coarse, (height, width)) + fine_detail(photo)
    return paint(photo, start.clamp(0, 1), fine_steps)

# %% [markdown] tags=["solution"]
# **Why.** The content stays the photograph on both levels; only the start carries the painting upwards. More levels are the same idea again: `paint` itself may
# call `two_levels`.

# %% [markdown]
# Is it worth it? We compare at **equal work**, counted in evaluations at full size: an evaluation at half the sides has a quarter of the pixels. By hand, 48 coarse and 12 fine ones:
# $48/4 + 12 = 24$. Its rivals: 24 evaluations at full size, and, as a control, the pyramid without the detail.
#
# > **Predict** · Which of the three comes nearest to the painting's Gram matrices?

# %%
options = ["one size", "two levels", "two levels without detail"]
check.predict("For equal work, which has the lowest style term?", options=options)

# %%
two_levels = check.two_levels.mine or check.two_levels.reference


def one_size(content, start, steps):
    """`paint` without the pyramid that `stylize` builds by itself."""
    return paint(content, start, steps, scales=1)


coarse = resize(one_size(*2 * [resize(photo, (96, 144))], 48), (192, 288))
rivals = {"one size": one_size(photo, photo, 24), "two levels": two_levels(photo, one_size, 48, 12)}
rivals["two levels without detail"] = one_size(photo, coarse, 12)
judge = StyleTransferLoss(mini, photo, load_image("great_wave", 288))
for name, image in rivals.items():
    print(f"{name:26} style {judge(image)['style']:.4f}  content {judge(image)['content']:.3f}")
show.pictures(rivals, "Equal work: 24 evaluations at 288 × 192", columns=3, height=2.2)
because = "large shapes were settled where it was cheap, and the detail came back"
check.score("two levels", because)

# %% [markdown]
# **What to see.** *Left,* 24 evaluations at one size: short, thin strokes all over the sky and the lake. *Middle,* two levels: broad soft clouds *and* sharp
# railings. *Right,* without the detail: the same clouds, and blurred railings. For equal work the two levels come nearest to the painting; in the content term the three hardly differ (one pair, one run each).
#
# ## 6 · One for the wall
#
# Now 1024 pixels. Most evaluations happen at 512 pixels and below (`stylize` goes coarse to fine by itself from 30 steps on), and only 12 at full size. Change the
# photograph to your own.
#
# > **Predict** · An evaluation at 1024 pixels: how many times the work of one at 128?
#
# <details><summary>The answer, when you have one</summary>
#
# $(1024/128)^2 = 64$ times. The next cell makes 21 evaluations at 128 pixels: together they cost about a third of one at full size.
#
# </details>

# %%
large = load_image("pagoda", 1024)  # or your own file
wall = two_levels(large, paint, coarse_steps=60, fine_steps=12)
print(tuple(wall.shape))
show.pictures({"": wall}, "The pagoda in The Great Wave, 1024 × 683 pixels", columns=1, height=5.6)

# %% [markdown]
# **What to see.** Lines of dark blue on cream, roofs in blue and ochre, foam in the trees: a woodblock print of a building that Hokusai never drew.
# The flat, pale sky of the photograph has become round clouds, blue-green at the left and grey at the right. The picture at the top of this page is half as large and
# was painted by `stylize` with its defaults. How far two runs may part with equal settings is measured in [09](09_experiments.ipynb).

# %%
nsthelpers.Result(wall[..., 150:530, 200:740])  # rows, columns

# %% [markdown]
# **What to see.** The middle of it, pixel for pixel. The railings and the roof tiles are sharp, since the fine detail was given back; the sky has a fine weave, like rough paper.
#
# Printed at 150 dots per inch (enough for a poster, seen from afar) 1024 pixels are 17 cm wide; at 300, 9 cm. 2048 pixels take about four times as long; `stylize` says before it begins
# if the memory will not do.
#
# ```python
# nsthelpers.save_image(wall, "wall.png", dpi=(150, 150))
# ```
#
# <details><summary>Keep the way to it, too</summary>
#
# `nsthelpers.save_with_settings(result.image, "cup.png", result.settings)` writes the settings of a `stylize` run into the file, as every download of the studio does;
# `stylize(**nsthelpers.load_settings("cup.png"))` paints it again. JPEG and WebP files hold them, too; messengers and many web pages throw them away.
#
# </details>
#
# <details><summary>Whose picture is it?</summary>
#
# A result is made from two pictures, and both have authors. With your own photograph you may do what you like, as long as the people in it agree; one from the web belongs to
# somebody. The painters of this course's museum pieces died before 1946; `data/README.md` names every author and licence. A manner of painting is, in most places, nobody's property. But ask before you
# publish pictures in a living painter's manner, and never sell one as theirs. This is no legal advice.
#
# </details>
#
# ## 7 · Keep the colours
#
# Sometimes one wants the strokes but not the palette. Gatys et al. (2016, *Preserving color*) split a picture into **luminance** (how light each place is) and colour, paint the
# luminance alone, and take the colour from the photograph. `keep_colours` does it afterwards, which is simpler: light from the painted picture, colour from the photograph. The studio's
# menu *Colours* offers the paper's way; the simpler one you write yourself in [09](09_experiments.ipynb), for a puzzle.

# %%
small = {"photograph": large, "painted": wall}
small["its colours kept"] = nsthelpers.keep_colours(wall, large)
small = {name: resize(image, (256, 384)) for name, image in small.items()}
show.pictures(small, "Strokes of the painting, colours of the photograph", columns=3, height=2.2)

# %% [markdown]
# **What to see.** *Right,* the red walls and the green trees are back, and light and dark are the painting's, line for line: the clouds in the sky, the foam in the trees.
# A dark painting stays dark, whatever colours it gets.
#
# ## Summary
#
# 1. Choose pairs by eye from small sketches: large shapes in the photograph, strokes all over the painting.
# 2. One slider at a time, `content_weight` first, by factors of ten.
# 3. The size at which the network sees the painting sets the brush: smaller, finer strokes; larger, broader ones.
# 4. A pyramid settles the large shapes where an evaluation is cheap; the photograph's fine detail is added on the way up.
# 5. Keep PNGs with their settings, and say whose pictures they were made from.
#
# ## Common mistakes
#
# - Judging a style at 192 pixels and printing it at 2048, without a sketch in between.
# - Comparing two runs that differ in three settings.
# - Enlarging without the fine detail, or clamping the detail itself: it has both signs.
# - Forgetting that `size` changes photograph *and* painting.
#
# ## Challenge
#
# *Open, an evening.* **A triptych.** One photograph of your own, three panels that belong together: with three brushes, or with three paintings and the colours kept. Decide first
# what is equal in the three and what differs; sketch at 192 pixels; paint at 1024. Then ask somebody who does not know the course what they see.
#
# <details><summary>A way to begin</summary>
#
# ```python
# photo, painting = load_image("my_photo.jpg", 192), load_image("starry_night", 384)
# panels = {width: brush(photo, painting, width, sketched) for width in (0.25, 0.5, 1)}
# show.pictures({width: nsthelpers.keep_colours(panel, photo) for width, panel in panels.items()})
# ```
#
# </details>
#
# ## References
#
# - P. J. Burt, E. H. Adelson (1983). [The Laplacian pyramid as a compact image code](https://doi.org/10.1109/TCOM.1983.1095851). *IEEE Transactions on Communications*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). [Image style transfer using convolutional neural networks](https://doi.org/10.1109/CVPR.2016.265). *CVPR*.
# - L. A. Gatys, M. Bethge, A. Hertzmann, E. Shechtman (2016). [Preserving color in neural artistic style transfer](https://arxiv.org/abs/1606.05897).
# - L. A. Gatys, A. S. Ecker, M. Bethge, A. Hertzmann, E. Shechtman (2017). [Controlling perceptual factors in neural style transfer](https://arxiv.org/abs/1611.07865). *CVPR*.
# - N. Kolkin, J. Salavon, G. Shakhnarovich (2019). [Style transfer by relaxed optimal transport and self-similarity](https://arxiv.org/abs/1904.12785). *CVPR*.
#
# Photographs: pagoda, danielbuechele (CC BY 2.0); Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0), painted over and scaled here; all others in `data/README.md`.
#
# [← 07 · The optimisation loop](07_optimisation_loop.ipynb) · [09 · What changes what? →](09_experiments.ipynb)
