# %% [markdown]
# # 00 · Start here
#
# **Can I make a picture in a minute, and how does this course work?**
#
# ![Above: a photograph of a cat, a picture of blue and yellow swirls, and the cat in its style. Below: the cat in the style of a woodblock print, a stained-glass window and a painted sunset.](attachment:00_start_here.jpg)
#
# **You will**
#
# - paint a photograph in the style of a picture with three lines of code, and watch it happen step by step;
# - change one thing at a time (the style, its weight, the start, the number of steps) and predict what it does;
# - read what a run leaves behind: its losses and its settings;
# - test, with two controls, that a *trained network* is what makes style transfer work;
# - solve three short exercises, and learn how their checks answer.
#
# **You need** Python: functions, loops, dictionaries. No machine learning, no GPU, no download. This is the first
# notebook; everything that it only touches has a notebook of its own (the map is in section 6).
#
# **Reading** 25 minutes, exercises 15 minutes. **Running** about one minute in all, on two CPU cores.

# %%
# In Colab this installs the course; anywhere else it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("nsthelpers") is None:
    # %pip install -q "git+{{repository}}"

# %% [markdown]
# Run a cell with *Shift + Enter*. The next one loads the course's package, `nsthelpers`. The network that it needs is
# inside it, so from here on nothing is fetched from the internet.
#
# <details><summary>If the import fails</summary>
#
# `No module named 'nsthelpers'` means that this notebook runs in another Python than the one the course was installed
# in. Start it with `make lab`, or choose the course's environment in *Kernel → Change kernel*. In Colab, run the cell above.
# </details>

# %%
import torch

from nsthelpers import (
    StyleTransferLoss, extract_features, layer_table, list_images, load_backbone, load_image, show, stylize,
)
from nsthelpers.checks import start_here as check
from nsthelpers.transfer import starting_image

show.setup_notebook()

# %% [markdown]
# ## 1 · A painting in three lines
#
# Two pictures go in. One says **what** to paint: the *content*, here a photograph of a cat called Chelsea. The other
# says **how**: the *style*. `stylize` starts from the photograph and changes its pixels, a little at each step.
# The list `movie` collects all the pictures on the way, because every step is handed to `callback`. (`scales=1` keeps every
# step at full size; left out, larger pictures begin as small, quick sketches of themselves. `content_weight=0.03`, a
# number that section 2 explains, lets the style have more of a say than the default, 0.2, which is made for faces: a cat
# forgives more.)

# %%
movie = []
result = stylize("chelsea", "swirls", size=256, steps=100, scales=1, content_weight=0.03, callback=movie.append)
show.pictures(
    {"content": load_image("chelsea"), "style": load_image("swirls"), "painting": result.image},
    "A photograph, a style, and what stylize makes of them", height=2.0,
)

# %% [markdown]
# **What to see.** The painting shows the same cat in the same pose. Its colours have moved to the blue and yellow of the
# style, and fur and background are laid in curved, brush-like strokes that the photograph does not have. The yellow discs were
# not copied; their yellow went to the nose. The style's *manner* came over, not its layout.
#
# The picture is only 256 pixels wide, so that it is ready before you lose patience. To see the finished picture alone,
# write `result` on the last line of a cell.
#
# ### From photograph to painting
#
# The painting did not appear at once. At each step a single number, the **loss**, says how far the picture is
# from what we want, and every pixel is moved a little so that the loss falls.
#
# > **Predict** · The loss falls over 100 steps. How many steps does the first *half* of that fall take? Give your answer
# > as `answer="a"` in the call below (or click, if you see buttons) *before* you run on. Nobody marks it: a guess that
# > was written down makes you look harder, right or wrong.
#
# <details><summary>What is one step, exactly?</summary>
#
# One evaluation of the loss and of its gradient (in which direction each pixel should move), and one move of all pixels by
# the optimiser L-BFGS (Liu and Nocedal 1989). Picture 1 of the movie is the start, before any move. `result.image` is the
# picture with the lowest loss of all, which need not be the last. Notebook 07 takes the loop apart.
# </details>

# %%
check.predict(
    "How many of the 100 steps does the first half of the fall in the loss take?",
    options=["about 10", "about 50", "about 90"],
)

# %%
shown = [1, 5, 15, 40, 100]
show.pictures({f"step {n}": movie[n - 1].image for n in shown}, "From photograph to painting", columns=5, height=1.4)

# %% [markdown]
# **What to see.** Step 1 is the photograph itself. At step 5 the colours are still those of the photograph, but fine, wiry
# curls cover the fur; at step 15 the background turns violet-blue and the eyes blue and green; by step 40 the deep blue and the
# strokes are there, and the nose turns yellow. From 40 to 100 the drawing stays as it is, while contrasts grow and yellow patches
# brighten. Now the same in numbers:

# %%
totals = [row["total"] for row in result.history]
halfway = (totals[0] + min(totals)) / 2
steps_needed = next(step for step, total in enumerate(totals, start=1) if total <= halfway)
assert steps_needed <= 30
check.score("about 10", because=f"half of the fall was done at step {steps_needed}: the crude changes come first.")

# %% [markdown]
# ## 2 · What a run leaves behind
#
# `stylize` returns a `Result`. Its `image` is the best picture seen. Its `settings` are all the choices that were
# made, most of them defaults, so that any picture can be made again:

# %% tags=["nbval-check-output"]
for name in ("content", "style", "backbone", "size", "init"):
    print(f"{name:10}", result.settings[name])
print("picture   ", tuple(result.image.shape), "after", result.evaluations, "steps:", result.stopped)

# %% [markdown]
# A picture is a block of numbers of shape (1, 3, H, W): one picture, three colours (red, green, blue), H rows and W
# columns, each number from 0 (dark) to 1 (bright). Here H = 170 and W = 256. You will calculate with it in section 5.
#
# And `history` holds the loss at each step. It is a sum of three terms, each a single number:
#
# $$L = \alpha\,L_\text{content} + \beta\,L_\text{style} + \gamma\,L_\text{tv}$$
#
# - $L_\text{content}$: how far the *things* in the picture are from those in the photograph (0 for the photograph itself);
# - $L_\text{style}$: how far its *manner* is from the style picture (0 for the style picture itself);
# - $L_\text{tv}$, total variation: how much neighbouring pixels differ (0 for one flat colour; Rudin, Osher and Fatemi 1992);
# - $\alpha, \beta, \gamma \ge 0$: single numbers that you choose. They are the arguments `content_weight`,
#   `style_weight` and `tv_weight`.
#
# By hand, with $\alpha = 0.1$, $\beta = 1$, $\gamma = 0.3$ and the terms 0.5, 0.02 and 0.1:
# $L = 0.05 + 0.02 + 0.03 = 0.1$. The same line of code, for the numbers by hand and for the last step of our run:
#
# <details><summary>For the curious · the three terms, exactly</summary>
#
# *Content*: the squared distance between the feature maps (section 4) of the picture and of the photograph at layer
# `relu4_2`, divided by the squared length of the photograph's. *Style*: the same for the Gram matrices (section 4) at
# `relu1_1`, `relu2_1`, `relu3_1`, `relu4_1` and `relu5_1`, averaged over the five layers. *Total variation*: the mean
# absolute difference of horizontal neighbours plus that of vertical ones. The divisions make the first two terms
# *relative*: 0 for a perfect match, 1 if the network were silent. Gatys et al. (2016) do not divide in this way. (For the first
# two terms, pictures whose sides are no multiples of 16 are continued at the right and below, as in a mirror.) Notebooks
# [04](04_what_layers_remember.ipynb), [05](05_gram_matrices.ipynb) and [06](06_losses_and_weights.ipynb) are about these terms.
# </details>

# %%
def weighted_sum(terms, weights):
    """Two dictionaries with the keys content, style and tv -> one number."""
    return sum(weights[name] * terms[name] for name in ("content", "style", "tv"))


by_hand = weighted_sum({"content": 0.5, "style": 0.02, "tv": 0.1}, {"content": 0.1, "style": 1.0, "tv": 0.3})
assert abs(by_hand - 0.1) < 1e-9
last, settings = result.history[-1], result.settings
weights = {name: settings[f"{name}_weight"] for name in ("content", "style", "tv")}
assert abs(weighted_sum(last, weights) - last["total"]) < 1e-4
show.loss_curves(result.history[4:], title="The loss of the first painting and its terms, from step 5 on")

# %% [markdown]
# **What to see.** The scale is logarithmic: each grid line upwards is ten times more. The total (black) and the style
# term (orange) fall steeply at first and ever more slowly after; a small bump, near step 10, is a move that went too far, and
# the next ones make up for it. The content term (blue, dashed) *has risen*: it was 0 at step 1, and the first strokes moved the
# picture so far away from the photograph that at step 5 it is above 2. From about step 15 on it falls back, to 1.5 in the
# end. It may lie above the total, because it is drawn before it is multiplied by its small weight. Style transfer is a
# bargain between these terms, and the weights set it.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 1 and 2: 20 minutes with the predictions. Let everybody run section 1 at once, then collect the
# predictions by show of hands *before* the strip is run.
#
# **Expect.** "The network paints the picture." It does not: it only judges, and the *pixels* are what is
# trained. Say it now and come back to it in 01 and 07. "The loss should reach 0." It cannot: only the photograph has no
# content loss, and it has a high style loss.
#
# **Ask.** Which of the three terms is already 0 at the start, and why? What would the final picture be with
# $\beta = 0$? (The photograph, a little smoothed by the third term.)

# %% [markdown]
# ## 3 · One change at a time
#
# This is how the whole course works: change *one* thing, say what you expect, then look. To keep the waiting short we now
# take 192 pixels and 60 steps. The cat in swirls with these settings, `reference`, is what the others are
# compared with.

# %%
quick = {"size": 192, "steps": 60, "scales": 1, "content_weight": 0.03}
photo = load_image("chelsea", 192)
reference = stylize("chelsea", "swirls", **quick)

# %% [markdown]
# ### Another style
#
# > **Predict** · Chelsea's photograph is brown and beige. Painted in a style of other colours, will the
# > *average colour* of the painting be nearer to that of the photograph or to that of the style?

# %%
check.predict("The average colour of a painting will be nearer to that of", options=["the photograph", "the style"])

# %%
names = ["impasto_sunset", "woodblock_waves", "pointillism"]
by_style = {"swirls": reference} | {name: stylize("chelsea", name, **quick) for name in names}
pictures = {f"style: {name}": load_image(name, 192) for name in by_style}
pictures |= {f"cat in {name}": run.image for name, run in by_style.items()}
show.pictures(pictures, "One photograph, four styles", height=1.6)

# %% [markdown]
# **What to see.** Above the styles, below the cat in each. She is recognisable in all four. The palette changes most: pink,
# orange and yellow from the sunset, paper and ink blue from the woodblock, greens and light blues from the lake. The texture
# changes too: curved strokes for the swirls, level strokes for the sunset, smooth areas between dark lines for the woodblock,
# speckles for the pointillist lake. Not one
# of the things in the style pictures (disc, sun, wave, tree) appears in the paintings.
#
# Now the colours: the distance between average colours, three numbers (red, green, blue) for each picture.

# %%
def colour_distance(a, b):
    """Two pictures (1, 3, H, W), of any sizes -> the distance of their mean colours, one number."""
    return (a.mean(dim=(2, 3)) - b.mean(dim=(2, 3))).norm().item()


for name, run in by_style.items():
    to_style = colour_distance(run.image, load_image(name, 192))
    print(f"{name:16} from the photograph {colour_distance(run.image, photo):.2f}   from the style {to_style:.2f}")
check.score("the style", because="the palette is part of what the style term measures, and the style weight is high.")

# %% [markdown]
# In all four rows the second distance is the smaller one. If you would rather keep the colours of the photograph: that is
# possible, and notebook 10, still to come, will be about it.
#
# ### More or less style
#
# The weights say how much each term counts. Only their *ratios* matter, so we leave $\alpha$ and $\gamma$ alone and turn
# $\beta$, the style weight: a tenth of it, as it is, ten times as much.
#
# > **Predict** · With the style weight ten times *larger*, which of the two terms will be larger
# > in the finished picture than it is in `reference`?
#
# <details><summary>For the curious · why only the ratios matter</summary>
#
# Multiply all three weights by ten, and the loss of *every* picture is ten times what it was. The picture with the lowest
# loss is still the same one. (The way there can differ a little, since the optimiser's first move depends on the scale.)
# </details>

# %%
check.predict(
    "With ten times the style weight, which term ends larger than before?",
    options=["the content term", "the style term", "both"],
)

# %%
by_weight = {1.0: reference} | {w: stylize("chelsea", "swirls", style_weight=w, **quick) for w in (0.1, 10.0)}
captions = {w: f"style weight {w:g}" for w in sorted(by_weight)}
show.pictures(
    {captions[w]: by_weight[w].image for w in captions}, "The style weight, each time ten times larger", height=1.9
)

# %% [markdown]
# **What to see.** With a tenth of the weight the background is blue, but blurred and almost without strokes, and in the face
# the browns and greys of the photograph shine through; bright yellow is missing. With ten times the weight curved strokes of blue and
# yellow cover everything, the plain background included, the stripes of the fur bend into curls, and the mouth dissolves in
# them. Even then the cat stays: the pixels *began* as a cat.

# %%
for weight in captions:
    end = min(by_weight[weight].history, key=lambda row: row["total"])
    print(f"style weight {weight:>6g}:  content term {end['content']:.2f}   style term {end['style']:.3f}")
check.score("the content term", because="what the style gains, the content pays: the cat moves away from the photograph.")

# %% [markdown]
# > **Common mistake** · Taking a style weight from another tutorial. There it may be a million where it is 1 here, and neither
# > number means anything without its formula: every implementation scales its terms in its own way. Ours are relative, so that
# > one weight serves all networks and sizes. [Notebook 06](06_losses_and_weights.ipynb) converts the one into the other.
#
# ### Another start, and more steps
#
# So far the pixels began as the photograph. They can begin as anything: as the style picture, or as noise. The loss is the
# same; only the place from which we walk downhill is another. Before you
# run it, say aloud what will be left of the yellow discs.

# %%
by_start = {"content": reference} | {s: stylize("chelsea", "swirls", init=s, **quick) for s in ("style", "noise")}
show.pictures(
    {f"from {s}: loss {min(h['total'] for h in run.history):.2f}": run.image for s, run in by_start.items()},
    f"Three starts, 60 steps each (the photograph itself has a loss of {reference.history[0]['total']:.2f})", height=1.9,
)

# %% [markdown]
# **What to see.** Three very different pictures, and their losses are close together, far below that of the photograph. From
# the photograph, the cat keeps her light and shade. From the style picture, the yellow discs are still where they were (the
# smallest is fading), and eyes and nose show through as in a double exposure. From noise, eyes, nose and an outline of the head
# have come out of a dark blue field of strokes, with a ring at the right that belongs to nothing; but the light and shade of the cat are missing: 60 steps did not bring back what
# the photograph gives for nothing. So the loss does not decide alone; where you start decides which of many good pictures you
# reach.
#
# > **In the paper** · Gatys et al. (2016) start from white noise, try both other starts too, and find that the start tilts the
# > picture towards its own layout without changing the outcome much. Only noise gives a *new* picture each time. In runs as
# > short as ours the start is plain to see.
#
# And more steps? The first run went on to step 100; its `movie` tells what the later steps were worth.

# %%
def mean_change(first, second):
    """The mean absolute difference of two pictures of the same shape: one number from 0 to 1."""
    return (first - second).abs().mean().item()


for first, second in [(1, 20), (20, 50), (50, 100)]:
    change = mean_change(movie[first - 1].image, movie[second - 1].image)
    print(f"steps {first:>2} to {second:>3}: pixels change by {change:.3f} on average")

# %% [markdown]
# The first twenty steps move the pixels more than twice as far as the last fifty. More steps do no harm, but they pay less and
# less; [notebook 07](07_optimisation_loop.ipynb) is about how the pixels move, and about faster ways down.

# %% [markdown] tags=["teacher"]
# **Timing.** Section 3: 25 minutes. Give each third of the room one change (style, weight, start) and let them report.
#
# **Expect.** "A larger style weight makes *both* losses better, it only takes longer." The printed table is the answer.
# "From noise one gets a more creative picture": the *loss* is the same; what differs is how far down 60 steps reach.
#
# **Ask.** Multiply all three weights by ten. Which picture comes out? (In principle the same one: the lowest
# point of ten times a function lies in the same place.)

# %% [markdown]
# ## 4 · Who is looking?
#
# Who says how far the "things" and the "manner" are off? A **convolutional network** that was trained on photographs,
# either to name what is in them (VGG-19, below) or to answer as such a network does (ours, mini). It is not trained further
# here, and it paints nothing: it *looks*. It works in **layers**, one after the other. Show it a picture, and each layer
# answers with a stack of **feature maps**, one for each of its *channels*: small grey pictures that are bright wherever the
# channel found what it looks for: an edge of some slant, a spot of some colour, later a texture or a part of a thing.

# %%
mini = load_backbone("mini")
maps = extract_features(mini, photo, "relu2_1")["relu2_1"]
show.feature_maps(maps, f"Chelsea as layer relu2_1 sees her: 8 of {maps.shape[1]} channels", count=8, columns=4)

# %% [markdown]
# **What to see.** Each map is the same cat through another filter: some maps light up on dark things, the pupils, the rims of
# the eyes and the stripes of the fur, some on bright areas; one (the first) is brightest on the red of the nose, and one (the
# last) follows edges. The channel number says nothing; the network found its own filters. Notebooks
# [02](02_convolutions_and_features.ipynb) and [03](03_inside_vgg.ipynb) read them.
#
# **Content and style, in one paragraph.** The maps of a deep layer say what is *where*: keep them close to the
# photograph's and the cat stays. For the style, forget the places and only ask which channels are bright *together*: "blue
# together with fine curved edges" is true all over a swirl painting, wherever you look. The table of all such pairs is
# called the **Gram matrix**, and making two Gram matrices alike makes two textures alike. Why that works is the subject
# of [notebook 05](05_gram_matrices.ipynb).
#
# ### Two networks
#
# Gatys, Ecker and Bethge used **VGG-19** (Simonyan and Zisserman 2014). It is a download of about 550 MB, and slow without
# a GPU. This course carries **mini**: the same sixteen convolutions with the same names, but
# narrower, that is, with fewer channels in each. Here are both, VGG-19 with random numbers for weights, since we only count:

# %% tags=["nbval-check-output"]
large = load_backbone("vgg19", weights="random")
print("the same layer names:", mini.layer_names == large.layer_names)
for name, network in (("mini", mini), ("vgg19", large)):
    count = sum(row.parameters for row in layer_table(network))
    print(f"{name:6} {count / 1e6:5.1f} million parameters in {len(network.layer_names)} layers")

# %% [markdown]
# The real VGG-19 is one word away. The first time it downloads its weights; on a CPU, expect to wait much longer than for mini:
#
# ```python
# stylize("chelsea", "swirls", backbone="vgg19")
# ```
#
# ### Control 1 · Does the network matter?
#
# Perhaps any network would do. A fair control has the *same* layers, the *same* settings and the *same* style, and
# differs in one thing: its weights are random numbers, so that it has learned nothing.
#
# > **Predict** · What will the random network paint?
#
# <details><summary>For the curious · how the random network is made</summary>
#
# `load_backbone("mini", weights="random")` draws all weights from a normal distribution whose width keeps the activations
# from fading with depth (He et al. 2015), with a fixed seed, so that everybody gets the same network. Layers, shapes,
# normalisation and loss are those of the trained one.
# </details>

# %%
check.predict(
    "With random weights, the picture will be",
    options=["grey noise", "the cat in the style's colours, without its strokes", "the same painting"],
)

# %%
control = stylize("chelsea", "swirls", weights="random", **quick)
show.pictures(
    {"photograph": photo, "trained network": reference.image, "random network": control.image},
    "The same loss seen through a trained and a random network", height=1.9,
)

# %% [markdown]
# **What to see.** The random network is not blind. Its cat has taken on the style's blue and yellow, in large, grainy
# blotches: the dark parts went blue, many of the light ones yellow. What is missing are the strokes, the curved lines that
# the trained network lays along the fur and around the eyes. So colour comes nearly for nothing; brushwork does not.
#
# Looking can deceive, so we ask both networks: each one judges both paintings with its own style term.

# %%
style = load_image("swirls", 192)
judges = {"trained": mini, "random": load_backbone("mini", weights="random")}
for name, network in judges.items():
    loss = StyleTransferLoss(network, photo, style)
    terms = {made: loss(picture)["style"].item() for made, picture in
             {"photo": photo, "trained": reference.image, "random": control.image}.items()}
    print(f"judge {name:8}", "  ".join(f"{made}: {value:.3f}" for made, value in terms.items()))
check.score(
    "the cat in the style's colours, without its strokes",
    because="random filters pass colours on, but none of them was trained to answer to lines and textures.",
)

# %% [markdown]
# Read it row by row. Each judge prefers the painting that was made for its own eyes, and both judges put either painting
# well before the photograph. So a low number alone proves nothing: the random network is satisfied with *its* picture too.
# The numbers say that the two networks measure different things; which of the two comes nearer to what we call style, your
# eyes have to say. That is why the course shows a picture beside every number and a number beside every picture. (And one
# random network is one sample: the control comes back in later notebooks, with other questions.)

# %% [markdown]
# ## 5 · Calculating with pictures
#
# Every exercise of the course looks the same: a function to write, and under it a line `check.…`. Three warm-ups show
# what the check can answer. None of them can break anything: the notebook goes on with functions of its own.
#
# **The mean of all pixels.** For a picture $x$ of shape (1, 3, H, W), its brightness $b$ is one number:
#
# $$b = \frac{1}{3HW} \sum_{c=1}^{3} \sum_{i=1}^{H} \sum_{j=1}^{W} x_{c,i,j}$$
#
# with $c$ the colour, $i$ the row and $j$ the column. By hand, for a picture of a single pixel (H = W = 1) with red 0.2,
# green 0.6 and blue 1.0: $b = (0.2 + 0.6 + 1.0) / 3 = 0.6$.
#
# > **Your turn** · 3 min · ●○○ — The stub below is *wrong on purpose*. Run it, read what the check says, and mend it.

# %% tags=["exercise"]
# 3 min · ●○○
def brightness(image):
    """(1, 3, H, W) -> one number: the mean of all pixel values."""
    return image.mean(dim=(2, 3))

check.brightness(brightness)

# %% [markdown]
# <details><summary>Hint 1 · three numbers come out</summary>
#
# `mean(dim=(2, 3))` averages over rows and columns and keeps the axes that you did not name. Name none.
# </details>
#
# <details><summary>Hint 2 · one number comes out, but too large</summary>
#
# A mean is the sum divided by how many numbers there are: 3·H·W, not H·W.
# </details>

# %% tags=["solution"]
def brightness(image):
    """(1, 3, H, W) -> one number: the mean of all pixel values."""
    return image.mean().item()

# %% [markdown] tags=["solution"]
# **Why.** Without `dim`, `mean` runs over all axes. `.item()` turns a tensor with one number into a Python number; the check
# accepts both.

# %% [markdown]
# **How to read a card.** For the wrong stub it is orange. It says on which input the answer is wrong, what was expected, what
# came out, and, when it knows the mistake, which mistake it is. From the second try on it adds a hint. A solved exercise
# gets a blue card that says what you know now. And a stub that is not touched yet gets a grey one, which repeats the task, as
# the next exercise shows:
#
# > **Your turn** · 6 min · ●●○ — Cut the square out of the middle of a picture: from (1, 3, H, W) to (1, 3, S, S), where
# > S is the smaller one of H and W, starting at `(side - S) // 2` in both directions. For H = 4 and W = 8: S = 4, rows 0
# > to 3, columns 2 to 5.

# %% tags=["exercise"]
# 6 min · ●●○
def square_crop(image):
    """(1, 3, H, W) -> (1, 3, S, S): the square in the middle."""
    # Your turn: image[..., top:bottom, left:right] cuts rows and columns.
    return None

check.square_crop(square_crop)

# %% [markdown]
# <details><summary>Hint 1 · the shape is wrong</summary>
#
# `image.shape[-2:]` is (height, width), in this order. S is the smaller one, and a slice of length S runs from `start` to
# `start + S`.
# </details>
#
# <details><summary>Hint 2 · the shape is right, the pixels are not</summary>
#
# Of the longer side, `side - S` pixels are too many; half of them (rounded down, `//`) are left out before the square.
# </details>

# %% tags=["solution"]
def square_crop(image):
    """(1, 3, H, W) -> (1, 3, S, S): the square in the middle."""
    height, width = image.shape[-2:]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[..., top : top + side, left : left + side]

# %% [markdown] tags=["solution"]
# **Why.** The shorter side has nothing to spare, so its start is 0 and the same two lines serve tall and wide pictures. The three
# dots stand for "all the axes before": the crop would work for a batch, or for feature maps, just as well.

# %% [markdown]
# **Mixing.** The third one makes a picture from two. For pictures $a$ and $b$ of one shape (1, 3, H, W) and an amount
# $t$ from 0 to 1, the mixture $m$ has the same shape:
#
# $$m = (1 - t)\,a + t\,b$$
#
# By hand, for one pixel value: $a = 0.2$, $b = 0.6$, $t = 0.25$ give $m = 0.75 \cdot 0.2 + 0.25 \cdot 0.6 = 0.3$.
#
# > **Your turn** · 4 min · ●○○ — Write it. It is one line, and the control that follows is about it.

# %% tags=["exercise"]
# 4 min · ●○○
def blend(a, b, amount):
    """Two pictures of one shape and an amount from 0 to 1 -> their mixture, of the same shape."""
    # Your turn.
    return None

check.blend(blend)

# %% [markdown]
# <details><summary>Hint 1 · the values are wrong</summary>
#
# Try the ends by hand: an amount of 0 must give `a` alone, an amount of 1 must give `b` alone.
# </details>
#
# <details><summary>Hint 2 · the shape is wrong</summary>
#
# Add the pictures, pixel by pixel, with `+`. Joining them (`torch.cat`) makes a larger tensor.
# </details>

# %% tags=["solution"]
def blend(a, b, amount):
    """Two pictures of one shape and an amount from 0 to 1 -> their mixture, of the same shape."""
    return (1 - amount) * a + amount * b

# %% [markdown] tags=["solution"]
# **Why.** The two weights add up to 1, so a mixture of values between 0 and 1 stays between 0 and 1. PyTorch has this line built
# in, as `a.lerp(b, amount)`; the next cells use that one.

# %% tags=["nbval-check-output"]
# The two examples by hand, as PyTorch writes them.
pixel = torch.tensor([0.2, 0.6, 1.0]).view(1, 3, 1, 1)
mixture = torch.tensor([0.2]).lerp(torch.tensor([0.6]), 0.25)
assert torch.isclose(pixel.mean(), torch.tensor(0.6)) and torch.isclose(mixture, torch.tensor([0.3]))
print(f"brightness {pixel.mean():.1f}, mixture {mixture.item():.1f}")

# %% [markdown]
# ### Control 2 · Is mixing not enough?
#
# If style transfer were only a mixture of two pictures, you would have finished the course with the exercise above. So
# let us mix photograph and style, with the style picture cut to the photograph's shape, and ask the trained network for
# the terms of each mixture. (`a.lerp(b, t)`, *linear interpolation*, is PyTorch's own name for the mixture.)

# %%
cut = starting_image("style", photo, style)
candidates = {f"{t:.0%} mixed": photo.lerp(cut, t) for t in (0.25, 0.5, 0.75)} | {"style transfer": reference.image}
judge = StyleTransferLoss(mini, photo, style)
scores = {name: {term: value.item() for term, value in judge(image).items()} for name, image in candidates.items()}
show.pictures(
    {f"{name}\ncontent {scores[name]['content']:.2f}, style {scores[name]['style']:.2f}": image
     for name, image in candidates.items()},
    "Mixing pixels is not style transfer (small is good for both terms)", height=1.6,
)

# %% [markdown]
# **What to see.** The mixtures are double exposures: the discs of the style picture lie over the cat, and neither has
# changed the other. In its content term the style transfer lies between the half-and-half mixture and the one of 75 %, and
# its style term is many times smaller than that of either. Mixing trades one picture for the other, pixel by pixel; style
# transfer keeps the cat *and* gets the manner, because its loss does not ask for the style's pixels, only for what they have
# in common.

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 4 and 5: 35 minutes, of which 15 are for the exercises. Section 6: 10 minutes. Whoever is done
# early takes the challenge.
#
# **Expect.** In `square_crop`, height and width exchanged: images are (x, y) in most people's heads, tensors are (row,
# column). In `blend`, `a + amount * b`. The checks name both.
#
# **Ask.** What makes a control fair? (All but one thing equal.) Which other controls could we have run? (A network that
# was trained on something else; the style picture with its pixels shuffled: notebook 05 does it.)

# %% [markdown]
# ## 6 · How this course works
#
# Each notebook asks one question. Take them in order; who is in a hurry reads 05 and 07 right after this one, and who wants
# to paint first goes to 08 and comes back.
#
# | no. | notebook | the question it answers | |
# | --- | --- | --- | --- |
# | 00 | start here | Can I make a picture in a minute, and how does this course work? | you are here |
# | 01 | [images as tensors](01_images_as_tensors.ipynb) | What is a picture to a network, and why can its pixels be *trained*? | ready |
# | 02 | [convolutions and features](02_convolutions_and_features.ipynb) | What does one convolution see, and how far? | ready |
# | 03 | [inside VGG](03_inside_vgg.ipynb) | Which layers has VGG-19, what do they answer to, how do I get at them? | ready |
# | 04 | [what layers remember](04_what_layers_remember.ipynb) | What can be rebuilt from a layer? | ready |
# | 05 | [Gram matrices](05_gram_matrices.ipynb) | Why is a table of correlations "style"? | ready |
# | 06 | [losses and weights](06_losses_and_weights.ipynb) | What do the weights mean, and why is it 1e6 there and 1e-2 here? | ready |
# | 07 | [optimisation loop](07_optimisation_loop.ipynb) | How do the pixels move? | ready |
# | 08 | [studio](08_studio.ipynb) | My own pictures | ready |
# | 09 | [experiments](09_experiments.ipynb) | What changes what? | ready |
# | 10 | control | Keep the colours, mask a region, blend two styles, set the stroke size | coming |
# | 11 | beyond Gatys | Other statistics, and a network that paints in one pass | coming |
# | 12 | failure clinic | Famous failures, reproduced on purpose, each to be diagnosed | coming |
#
# Predictions and solved exercises are kept in a small file of your own, on this computer only; `check.progress()` shows
# them for all notebooks.
#
# <details><summary>Where is that file, and can I do without it?</summary>
#
# `~/.local/share/nsthelpers/progress.json` on Linux and macOS, the folder in `LOCALAPPDATA` on Windows. Delete it to start
# again. The environment variable `NSTHELPERS_PROGRESS` names another place, or is `off`; then nothing is written, and
# predictions are asked without buttons.
# </details>
#
# ### Where to run it, and your own pictures
#
# - **On your computer.** `git clone {{repository}}`, then `make lab` in the new folder. It sets up
#   everything, once, and opens JupyterLab. (The README has a way without `make`, for Windows.)
# - **In Colab.** *File → Open notebook → GitHub*, with the address {{repository}}. The first cell
#   then installs the course.
# - **Your own pictures.** [Notebook 08](08_studio.ipynb) has a studio with buttons. Without it: put a file beside this
#   notebook (in Colab: drag it into the file panel) and give its name: `stylize("my_photo.jpg", "swirls")`. Styles are pictures too, so any file will do for either part. Save what comes out
#   with `save_image(result.image, "my_painting.png")`, which is in `nsthelpers`.
#
# <details><summary>Too slow, or out of memory?</summary>
#
# Time and memory grow with the number of pixels: half the `size` is about a quarter of both. Find the settings at `size=192`,
# then paint the picture that you want to keep at 512 or more. *Kernel → Interrupt* ends a run and still returns its best
# picture so far.
# </details>
#
# These pictures come with the course. And if a name is wrong, the message says what to do:

# %% tags=["nbval-check-output"]
print("content:", ", ".join(list_images("content")))
print("style:  ", ", ".join(list_images("style")))
try:
    load_image("chelsey")
except FileNotFoundError as problem:
    print("\nAn error on purpose:", problem)

# %% [markdown]
# ## Summary
#
# - Style transfer changes the *pixels* of a picture until a loss is small; the network only looks.
# - The loss is a weighted sum: content (what), style (how) and total variation (smoothness). The weights set the bargain.
# - Most of the fall comes in the first third of the steps; the start and the number of steps decide how far down you get.
# - Two controls: a random network brings the colours but not the strokes; mixing pixels gives a double exposure.
#
# ## Common mistakes
#
# - **Changing three things at once.** Then the picture is different and nobody knows why. Change one.
# - **Judging by the total loss alone.** Totals with different weights cannot be compared; the terms can.
# - **Copying weights from elsewhere.** They belong to another implementation's scales.
# - **Height and width exchanged.** A picture is (1, 3, H, W): rows before columns.
# - **A run without its settings.** Keep `result.settings` with the picture.

# %% [markdown]
# ## Challenge
#
# **A picture for the wall.** Choose a content and a style (your own, if you like) and make a contact sheet of four pictures
# in which exactly one setting changes. Write down, before you run it, what you expect from left to right; afterwards, write
# one sentence on where you were wrong. There is no check for this one. To begin:
#
# ```python
# runs = {w: stylize("coffee", "stained_glass", size=256, content_weight=w) for w in (0.01, 0.1, 1.0, 10.0)}
# show.pictures({f"content weight {w:g}": run.image for w, run in runs.items()}, "Four cups of coffee")
# ```

# %% [markdown]
# ## References
#
# - D. C. Liu, J. Nocedal (1989). On the limited memory BFGS method for large scale optimization. *Mathematical Programming*.
# - L. I. Rudin, S. Osher, E. Fatemi (1992). Nonlinear total variation based noise removal algorithms. *Physica D*.
# - K. Simonyan, A. Zisserman (2014). Very deep convolutional networks for large-scale image recognition. *arXiv:1409.1556*.
# - K. He, X. Zhang, S. Ren, J. Sun (2015). Delving deep into rectifiers. *ICCV*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2015). A neural algorithm of artistic style. *arXiv:1508.06576*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). Image style transfer using convolutional neural networks. *CVPR*.
#
# [01 · Images as tensors →](01_images_as_tensors.ipynb)
