# %% [markdown]
# # 09 · What changes what?
#
# **How do you find out what a setting does, and how do you know that you have not fooled yourself?**
#
# ![Above: four paintings. Below: four portraits of one astronaut in the colours of the photograph, each with the brushwork of one of the paintings. At the right: a contact sheet, nine versions of the portrait in the style of the first painting.](attachment:09_experiments.jpg)
#
# **You will**
#
# - design an experiment: one question, one change, a control, and a metric that is decided beforehand;
# - paint a grid of settings with two processes at once, and read it as a contact sheet with two numbers under each picture;
# - measure how far apart *equal* runs are, and trust no difference that is smaller;
# - say which of six settings matters most, and test a sentence from the paper;
# - solve a puzzle, "which painting made which portrait?", with hand-made features and with Gram matrices, and say what the answer proves.
#
# **You need** [05 · Gram matrices](05_gram_matrices.ipynb) and [06 · Losses and weights](06_losses_and_weights.ipynb);
# what the settings do inside the loop is in [07 · The optimisation loop](07_optimisation_loop.ipynb).
#
# **Reading** 40 minutes, exercises 25 minutes. **Running** less than two minutes in all, on two CPU cores.

# %%
# In Colab this installs the course; anywhere else it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("nsthelpers") is None:
    # %pip install -q "git+{{repository}}"

# %% [markdown]
# Everything runs offline. New in this notebook is `joblib`, which keeps several processor cores busy at once.

# %%
import itertools, math
from functools import cache

import matplotlib.pyplot as plt
import torch
from joblib import Parallel, delayed
from matplotlib_inline.backend_inline import set_matplotlib_formats
from torch.nn.functional import avg_pool2d
from tqdm.auto import tqdm
from nsthelpers import (StyleTransferLoss, extract_features, gram_matrix, grid_scrubber, keep_colours, load_backbone,
                        load_image, resize, show, stylize)
from nsthelpers.checks import experiments as check
from nsthelpers.show.colours import luminance
from nsthelpers.losses import STYLE_LAYERS
show.setup_notebook()
set_matplotlib_formats("jpeg", pil_kwargs={"quality": 55})  # so many pictures: a smaller file

# %% [markdown] tags=["teacher"]
# **Teaching notes.** *Ninety minutes:* the puzzle (10 minutes, on paper, before anybody runs a cell), sections 2–5 (35), section 6
# (15), section 9 (20), summary (10). Sections 7 and 8 make good homework, section 10 a good seminar. Of the exercises, `grid` and
# `confusion` are best done in pairs.
#
# *Misconceptions to expect:* "more runs make an experiment" (no: a control and a question do); "the seed changes every run" (not one
# that starts from the photograph); "the loss is the quality of the picture" (it is what the painter was told to lower); "16 of 16 proves
# that Gram matrices are style" (section 10).
#
# *Talking point:* collect the guesses of the class for the puzzle on the board, and keep them until section 9. How many have all four
# right? How many would, if everybody had guessed?

# %% [markdown]
# ## 1 · Which painting made which portrait?
#
# One photograph was painted four times, each time in the style of another painting. Two of the paintings are mostly blue and two are
# mostly orange and red, on purpose. And to make it harder, each portrait has got back the colours of the photograph (`keep_colours`
# takes the light and dark from the painted picture, and the colour from the photograph). What is left is light and dark: brushwork, above all.
#
# All pictures of this notebook are made by one function, `paint`. It takes a dictionary of settings; what is not in it is taken from
# `base`.

# %%
base = dict(size=128, steps=60, content_weight=0.03, tv_weight=0.1, precision="float32", scales=1)


def paint(setting):
    """A dictionary of settings -> the picture (1, 3, H, W) that `stylize` makes with them, on one core."""
    torch.set_num_threads(1)
    return stylize(**(base | setting), progress=False).image


styles = ["swirls", "woodblock_waves", "autumn_forest", "marbling"]
painted = {style: paint({"content": "portrait", "style": style}) for style in styles}
photo = load_image("portrait", 128)
hidden = [2, 0, 3, 1]  # which painting made portrait A, B, C, D: do not read this line
portraits = [keep_colours(painted[styles[number]], photo) for number in hidden]
shown = {f"painting {number + 1}": load_image(style, 256) for number, style in enumerate(styles)}
shown |= {f"portrait {letter}": portrait for letter, portrait in zip("ABCD", portraits)}
show.pictures(shown, "Four paintings, and four portraits in mixed order", height=1.75)

# %% [markdown]
# **What to see.** Above the four paintings: a night in swirling strokes, printed waves, a forest of upright trunks, marbled paper. Below
# four times the same astronaut in the same colours. The portraits differ in the grain of the background, in the hair and in the suit: short
# upright dabs in one, long bent strokes in another, light and dark flecks in a third, lines that lie nearly level in the fourth. And one is
# darker than the rest: is that brushwork too?
#
# > **Predict** · Which painting made which portrait? Decide before you read on; the answer comes in section 9.

# %%
puzzle = "Which painting made which portrait?"
check.predict(puzzle, options=["A1 B3 C2 D4", "A3 B1 C4 D2", "A3 B2 C4 D1", "A4 B1 C3 D2"])

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# Look at the plain grey background behind her. The painter had to fill it with *something*: are its lines long or short, straight or
# bent, and which way do they run?
#
# </details>
#
# Say that you had guessed. How many of four would be right by luck? There are 4 · 3 · 2 · 1 = 24 ways to put four portraits in order.
# Let us count.

# %% tags=["nbval-check-output"]
right = [sum(guess == truth for guess, truth in zip(order, range(4))) for order in itertools.permutations(range(4))]
counts = {hits: right.count(hits) for hits in sorted(set(right))}
print(counts, "of", len(right), "orders; on average", sum(right) / len(right))
assert right.count(4) == 1 and sum(right) == 24 and math.comb(8, 4) == 70

# %% [markdown]
# Nine orders have no portrait right, eight have one, six have two, and a single one has all four. On average **one** is right by luck. So
# "one of four" says nothing, and all four by luck happens once in 24 times.
#
# > **An old experiment** · A lady said that she could taste whether the milk or the tea was poured first. R. A. Fisher (1935) gave her eight
# > cups in random order, four of each kind, and asked her to name the four. There are $\binom{8}{4} = 70$ ways to choose four cups of
# > eight; one of them is right. Before the first cup was poured it was settled what would count as a success, and how likely luck was.
#
# That is the pattern for all that follows. A puzzle with four pictures is too small to be sure; section 9 has sixteen.
#
# ## 2 · What an experiment is
#
# "I raised the content weight and it looks better" is no experiment. One has four parts:
#
# 1. **One question**, to which the answer may be no: *does the content weight change how well the style is matched?*
# 2. **One change.** All else stays: pictures, size, number of evaluations, start.
# 3. A **control**: the same without the thing that is said to matter (random weights, shuffled pixels, nothing changed at all).
# 4. A **metric**, a number that is decided *before* the pictures are there. Whoever looks first and chooses the number then will find one
#    that agrees.
#
# Our metric has two numbers, both relative: 0 is a perfect match, and 1 is what activations of nothing but zeros would get.
#
# $$e_{\text{content}} = \frac{\lVert F - P\rVert^2}{\lVert P\rVert^2}, \qquad
# e_{\text{style}} = \frac1L \sum_{l=1}^{L} \frac{\lVert G_l - A_l\rVert^2}{\lVert A_l\rVert^2}$$
#
# - $F, P$, shape $(1, C, H, W)$: the activations of one layer, for the result and for the photograph;
# - $G_l, A_l$, shape $(C_l, C_l)$: the Gram matrices of layer $l$, for the result and for the painting; $L$ is the number of layers;
# - $\lVert\cdot\rVert^2$: the sum of the squares of all entries, one number.
#
# By hand, for $A = \begin{pmatrix} 2 & 0 \\ 0 & 1\end{pmatrix}$ and $G = \begin{pmatrix} 1 & 0 \\ 0 & 1\end{pmatrix}$: the difference has a
# single entry, −1, so $\lVert G - A\rVert^2 = 1$; $\lVert A \rVert^2 = 4 + 1 = 5$; the distance is 1/5.

# %% tags=["nbval-check-output"]
A, G = torch.tensor([[2.0, 0.0], [0.0, 1.0]]), torch.eye(2)
print(f"from A to G: {(G - A).square().sum() / A.square().sum():.2f}")
print(f"from G to A: {(A - G).square().sum() / G.square().sum():.2f}")
assert abs((G - A).square().sum() / A.square().sum() - 0.2) < 1e-6

# %% [markdown]
# It is no symmetric distance: the *style's* matrix stands below the line, since it is what we wanted.
#
# > **Your turn** · 4 min · ●○○ — The distance of one layer, as above. Keep it a tensor.

# %% tags=["exercise"]
# 4 min · ●○○
def gram_distance(gram, style_gram):
    """Two Gram matrices (C, C) -> one number, a 0-d tensor: ‖G − A‖² / ‖A‖²."""
    # Your turn.
    return None

check.gram_distance(gram_distance)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# Two sums of squares and one division: subtract, square, sum; then divide by the sum of the squares of the *style's* matrix. No root and
# no mean.
#
# </details>
#
# <details><summary>Hint 2 · it should be a tensor</summary>
#
# No `.item()` and no `float(...)`: `tensor.square().sum()` is a tensor with one number already.
#
# </details>

# %% tags=["solution"]
def gram_distance(gram, style_gram):
    """Two Gram matrices (C, C) -> one number, a 0-d tensor: ‖G − A‖² / ‖A‖²."""
    return (gram - style_gram).square().sum() / style_gram.square().sum()

# %% [markdown] tags=["solution"]
# **Why.** Dividing by $\lVert A\rVert^2$ removes the units: the number means the same for every layer and every network, so that we may
# average over layers and put numbers of different networks side by side. `StyleTransferLoss` does the same for all layers at once.

# %% [markdown]
# ## 3 · A grid, and two hands
#
# Most questions have more than one setting in them. A **grid** has a run for every combination: with 4 photographs and 4 styles 16 runs, with
# three settings of three values 27. The number of runs is the *product*, so a plan grows fast; write it down before you start it.
#
# > **Your turn** · 6 min · ●●○ — Write the plan as a list of dictionaries, which `paint` takes one by one. The last name changes fastest,
# > as in nested loops.

# %% tags=["exercise"]
# 6 min · ●●○
def grid(settings):
    """{"size": [64, 128], "seed": [0, 1]} -> [{"size": 64, "seed": 0}, {"size": 64, "seed": 1}, ...], every combination."""
    # Your turn.
    return None

check.grid(grid)

# %% [markdown]
# <details><summary>Hint 1 · combinations are missing</summary>
#
# `zip` walks along all lists at once and takes the first of each, the second of each. `itertools.product(*settings.values())` takes each
# with each.
#
# </details>
#
# <details><summary>Hint 2 · all entries are equal, or the names are lost</summary>
#
# Make a new dictionary for every combination: `dict(zip(settings, values))` puts the names back.
#
# </details>

# %% tags=["solution"]
def grid(settings):
    """{"size": [64, 128], "seed": [0, 1]} -> [{"size": 64, "seed": 0}, {"size": 64, "seed": 1}, ...], every combination."""
    return [dict(zip(settings, values)) for values in itertools.product(*settings.values())]

# %% [markdown] tags=["solution"]
# **Why.** `product(*lists)` is a nested loop whose depth need not be known beforehand. With nothing to vary it gives one empty combination,
# and so one run: the base itself. That is right, since an empty plan changes nothing.

# %% [markdown]
# Runs do not need each other, so they can go side by side. `joblib` starts two more Python processes, hands each the next setting as soon as it is
# free, and returns the pictures **in the order of the plan**, whichever is finished first. Three things to know:
#
# - The processes have to start and import torch first, which takes some seconds. It pays for a dozen runs, not for two.
# - Each run gets *one* thread (`torch.set_num_threads(1)` in `paint`). Two processes with two threads each would queue for two cores.
# - A laptop has more cores than Colab, which has two: `jobs=` says how many to use. Each process needs memory of its own.
#
# `return_as="generator"` hands out each picture when it is there, so that a progress bar can count.

# %%
def run_all(plan, jobs=2):
    """A list of settings -> the list of pictures, in the same order, painted by `jobs` processes at once."""
    tasks = (delayed(paint)(setting) for setting in plan)
    return list(tqdm(Parallel(n_jobs=jobs, return_as="generator")(tasks), total=len(plan), leave=False))


contents = ["portrait", "chelsea", "coffee", "camera"]
pairs = list(itertools.product(contents, styles))
sixteen = dict(zip(pairs, run_all([{"content": content, "style": style} for content, style in pairs])))
show.pictures({f"{content}\n{style}": image for (content, style), image in sixteen.items()},
                  "4 photographs × 4 paintings: 16 runs", height=1.1)
difference = max((sixteen["portrait", style] - painted[style]).abs().max().item() for style in styles)
print(f"largest difference between a picture painted here and by another process: {difference:.3f}")

# %% [markdown]
# **What to see.** A row has one photograph, a column one painting. You can read the table in both directions: the cup is a cup in each column,
# and a column has one palette and one kind of stroke. This is the first **contact sheet** of this notebook.
#
# The number below it is a control of the machinery: the four portraits of section 1 were painted in this process, one after the other,
# and those of the first row by the two others. A difference of 0 means that they agree to the last bit, so that it does not matter who paints.
#
# > **Common mistake** · To leave `precision` at "auto" in an experiment. It times the processor to choose, and a busy one may choose otherwise:
# > what a run gives would depend on what else your computer does. `base` fixes it.
#
# ## 4 · A judge must not be the painter
#
# Which network should measure $e_{\text{style}}$? The one that painted has lowered just this number, in 60 steps. To ask it how well it
# did is to let students mark their own exams. Let us see what that does. There are two painters, equal but for their pooling (the
# maximum of 2 × 2 values, or their mean); each paints the portrait in the style of the swirls, and then each judges both
# pictures by its own five style layers.
#
# > **Predict** · Which picture is nearer to the painting?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# The maximum of four values and their mean are equal on a flat area, and differ most at fine texture. Which numbers has each painter
# been driving down, and whose numbers are they?
#
# </details>

# %%
check.predict("Who paints better, max pooling or average pooling?",
              options=["max, both judges agree", "average, both judges agree", "each judge prefers its own picture"])

# %%
poolings = ["max", "avg"]
pictures = {"max": painted["swirls"], "avg": paint({"content": "portrait", "style": "swirls", "pooling": "avg"})}
swirls = load_image("swirls", 128)
networks = {pooling: load_backbone("mini", pooling=pooling) for pooling in poolings}
own = {pooling: StyleTransferLoss(network, photo, swirls) for pooling, network in networks.items()}
exam = {(painter, judge): own[judge](pictures[painter])["style"].item() for painter in poolings for judge in poolings}

marks = {p: f"{p} pooling\njudge max: {exam[p, 'max']:.3f}\njudge avg: {exam[p, 'avg']:.3f}" for p in poolings}
show.pictures({"the painting": swirls} | {marks[p]: pictures[p] for p in poolings},
                  "Two painters, and the style error that each judge gives them", height=1.9)
check.score("each judge prefers its own picture", because="each has lowered its own numbers, and not those of the other")

# %% [markdown]
# **What to see.** The two portraits differ: the max painter has left her a face, the average painter has drawn it into a yellow spiral. And the
# numbers contradict each other. The max judge gives the picture of the max painter a much smaller error, the average judge that of the
# average painter, three to four times smaller in both cases. Neither is wrong. Each measures *its* agreement, and a painter can always improve on its own terms.
#
# So from here on nobody marks their own exam. A **jury** measures every picture. It has two members, one with each pooling, so that neither
# painter has a friend alone; and they look at **layers that no painter of ours uses**. Its errors are the mean of the two. (It is still no
# stranger: the same weights, other layers. Section 10 calls a stranger.)

# %%
jury_layers = dict(content_layers=["relu3_3"], style_layers=["relu1_2", "relu2_2", "relu3_2", "relu4_3"])


@cache
def jury(content, style):
    """Names of a photograph and a painting -> the size at which the jury looks, and its two members."""
    photo, painting = load_image(content, 128), load_image(style, 128)
    return photo.shape[2:], [StyleTransferLoss(network, photo, painting, **jury_layers) for network in networks.values()]


@torch.no_grad()
def measure(picture, content="portrait", style="swirls"):
    """A picture -> {"content": ..., "style": ..., "tv": ...}, the means of the jury's verdicts."""
    size, members = jury(content, style)
    verdicts = [member(resize(picture, tuple(size))) for member in members]
    return {term: sum(verdict[term].item() for verdict in verdicts) / 2 for term in ("content", "style", "tv")}


for name, image in {"the photograph": photo, "the swirls, cropped": swirls[..., 16:112]}.items():
    print(f"{name:20}", {term: round(value, 2) for term, value in measure(image).items()})

# %% [markdown]
# Two controls for the jury itself. The photograph has content error 0, and a style error well above all that will follow. The
# painting itself, cropped to the shape of the portrait, has nearly no style error and a large content error. A jury that does not
# pass such a test need not be asked anything.
#
# ## 5 · How far apart are equal runs?
#
# Two pictures are never quite equal; so when is a difference a *result*? Only when it is larger than what you get by changing
# **nothing that matters**.
#
# The first idea is to take several seeds. But the seed only makes the noise of a run that *starts* from noise; nothing else in the loop is
# random ([07](07_optimisation_loop.ipynb)). Five runs from the photograph with five seeds would be five times the same picture, and would give the impression that the
# method is perfectly stable. (The last picture below has another seed: see how far it is from the one in section 1.)
#
# To see how stable it is we must *shake* it. Five runs start from the photograph with a breath of noise on it: a deviation of 0.01,
# two or three steps of an 8-bit picture, which no eye sees. Four more start from pure noise with different seeds.
#
# For a metric $y$ and $n$ runs with the values $y_1, …, y_n$ and the mean $\bar y$, the **spread** is their standard deviation
#
# $$s = \sqrt{\tfrac{1}{n-1}\sum_{k=1}^{n} (y_k - \bar y)^2}, \qquad\text{and the floor for a difference of two means of $m$ runs each is}\qquad
# s\,\sqrt{2/m}.$$
#
# All are single numbers. By hand: the values 1, 2, 3 have the mean 2 and the spread $\sqrt{(1 + 0 + 1)/2} = 1$. Two single runs ($m = 1$)
# then typically differ by $\sqrt2 \approx 1.41$, and two means of two runs by 1.
#
# `sheet` shows pictures with the jury's two errors above each, and returns the errors. We shall use it for every contact sheet.

# %%
assert torch.tensor([1.0, 2.0, 3.0]).std() == 1  # with a pencil


def nudged(seed, amount=0.01):
    """A seed -> the photograph with a little noise on it: a start that no eye can tell from another."""
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(seed))
    return (photo + amount * noise).clamp(0, 1)


starts = {f"nudge {seed}": {"init": nudged(seed)} for seed in range(5)}
starts |= {f"noise {seed}": {"init": "noise", "seed": seed} for seed in range(4)} | {"seed 1": {"seed": 1}}
fixed = {"content": "portrait", "style": "swirls"}
equal_runs = dict(zip(starts, run_all([fixed | start for start in starts.values()])))

# %%
def sheet(pictures, title, columns=4, height=1.5):
    """{name: picture} -> {name: errors}; shows the pictures, each with its two errors."""
    errors = {name: measure(picture) for name, picture in pictures.items()}
    captions = [f"{name}\ncontent {e['content']:.2f}\nstyle {e['style']:.3f}" for name, e in errors.items()]
    show.pictures(dict(zip(captions, pictures.values())), title, columns, height)
    return errors


noise_errors = sheet(equal_runs, "Runs that ought to be equal", columns=5, height=1.4)
spreads = {kind: {term: torch.tensor([e[term] for name, e in noise_errors.items() if kind in name]).std().item()
                  for term in ("content", "style", "tv")} for kind in ("nudge", "noise")}
for kind, found in spreads.items():
    print(f"spread of the runs from {kind}:", {term: f"{value:.4f}" for term, value in found.items()})
spread = spreads["nudge"]
print(f"largest difference that the seed makes: {(equal_runs['seed 1'] - painted['swirls']).abs().max():.3f}")
gap = (equal_runs["nudge 0"] - equal_runs["nudge 1"]).abs().mean() / (nudged(0) - nudged(1)).abs().mean()
print(f"two nudged runs end {gap:.0f} times as far apart, pixel by pixel, as they began")

# %% [markdown]
# **What to see.** The five nudged runs look alike, but compare the mouths and the cheeks: the strokes lie
# elsewhere. The nudge has grown several times on the way. Yet the two *errors* hardly move from one to the next: pixels are sensitive, the
# metric is not, and that makes it a good metric. The four runs from noise swirl, each in other places; of the astronaut there is a collar and a
# shadow of the hair after 60 evaluations, but no face. Their style errors are nearly as small; their content errors are larger, and lie far apart.
#
# **The spread of the nudged runs is our noise floor.** The next sections compare every difference with it. (The two judges of section 4 differed
# by many times as much.) Two warnings. It was measured at one place, the base; the content errors from noise have a spread more than ten times as large, so it
# is no floor for those: an honest floor is measured where it is used. And look at the last picture, which nobody nudged: its style error is 0.028,
# and those of all five nudged runs lie near 0.025. The shaking is a small change itself, and the spread does not show it. So take
# differences of two or three thousandths in the style error for less than they seem.
#
# ## 6 · A grid: style layers × content weight
#
# The question: *what do the content weight and the choice of style layers do to the two errors, and do they do it independently?* Three
# sets of layers: the two shallowest, all five, the two deepest; and three weights, each ten times the one before.

# %%
weights = [0.003, 0.03, 0.3]
layer_sets = {"shallow": STYLE_LAYERS[:2], "all five": STYLE_LAYERS, "deep": STYLE_LAYERS[3:]}
cells = list(itertools.product(layer_sets, weights))
plan = [fixed | {"content_weight": weight, "style_layers": layer_sets[layers]} for layers, weight in cells]
grid_pictures = dict(zip(cells, run_all(plan)))
grid_scrubber(grid_pictures, "style layers", "content weight", "Style layers × content weight",
              "a portrait of an astronaut, painted in the style of the swirls")

# %% [markdown]
# Two sliders, two questions; they need no kernel. Move one and leave the other alone. The whole grid at once, with the metric:

# %%
grid_errors = sheet({f"{layers}, {weight}": image for (layers, weight), image in grid_pictures.items()},
                    "Style layers × content weight", columns=3, height=1.6)

# %% [markdown]
# **What to see.** Go down a column first. *Shallow* layers bring the blue and yellow of the night, and blots, but no swirls. *Deep* layers bring
# lines and whirls in the wrong colours: the suit stays orange-red, the wall grey. *All five* bring both, and have by far the smallest style error in
# each column. Now go along a row: the content error falls, and the astronaut comes back. At the left she nearly drowns in the blots of the shallow
# layers; at the right her face is whole again. The layers decide *which* colours and strokes there are, the weight *how much* of them.
#
# ### Main effects
#
# To put a number on "matters more", write one error into a table $y$ of shape $(R, K)$: $R$ rows (here layer sets), $K$ columns (weights).
# The mean of row $r$ is $\bar y_{r\cdot} = \frac1K\sum_k y_{rk}$, that of column $k$ is $\bar y_{\cdot k} = \frac1R\sum_r y_{rk}$, and
# $\bar y$ is the mean of all. The **main effect** of the rows is the range of their means, and so for the columns:
#
# $$E_{\text{rows}} = \max_r \bar y_{r\cdot} - \min_r \bar y_{r\cdot}, \qquad
# I_{rk} = y_{rk} - (\bar y_{r\cdot} + \bar y_{\cdot k} - \bar y).$$
#
# $I$, of shape $(R, K)$, is the **interaction**: what is left when each factor has added its share. It is 0 everywhere if the two factors act
# independently. By hand, for $y = \begin{pmatrix} 1 & 2 & 3 \\ 3 & 4 & 8\end{pmatrix}$: the rows have the means 2 and 5, so
# $E_{\text{rows}} = 3$; the columns have 2, 3 and 5.5, so $E_{\text{columns}} = 3.5$; $\bar y = 3.5$, and
# $I_{11} = 1 - (2 + 2 - 3.5) = 0.5$.

# %% tags=["nbval-check-output"]
def main_effects(y):
    """A table (R, K) -> the effect of the rows, that of the columns, and the interaction (R, K)."""
    rows, columns = y.mean(dim=1, keepdim=True), y.mean(dim=0, keepdim=True)
    return (rows.max() - rows.min()).item(), (columns.max() - columns.min()).item(), y - (rows + columns - y.mean())


by_hand = main_effects(torch.tensor([[1.0, 2.0, 3.0], [3.0, 4.0, 8.0]]))
print(by_hand[:2], by_hand[2].tolist())
assert by_hand[:2] == (3.0, 3.5) and by_hand[2][0, 0] == 0.5

# %% [markdown]
# And for our grid. If the lines are parallel, there is no interaction. The grey band is the noise floor, twice the spread to either side; it is so
# narrow that the lines hide it. (The "floor" in the printed lines is the spread itself.)

# %%
figure, axes = plt.subplots(1, 2, figsize=(8, 2.8))
for axis, term in zip(axes, ("content", "style")):
    y = torch.tensor([error[term] for error in grid_errors.values()]).view(len(layer_sets), len(weights))
    for line, name, marker, colour in zip(y, layer_sets, "osD", show.COLOURS.values()):
        axis.plot(weights, line, marker=marker, label=name, color=colour)
        axis.fill_between(weights, line - 2 * spread[term], line + 2 * spread[term], color="0.7")
    axis.set(title=f"{term} error", xlabel="content weight (logarithmic)", xscale="log", ylim=(0, 1.45 * y.max()))
    rows, columns, interaction = main_effects(y)
    print(f"{term:8} effect of the layers {rows:.3f}, of the weight {columns:.3f}, "
          f"largest interaction {interaction.abs().max():.3f}, floor {spread[term]:.4f}")
axes[1].legend(title="style layers", ncols=3, loc="upper center")
figure.suptitle("The grid as lines: one for each set of style layers")
plt.show()

# %% [markdown]
# **What to see.** *Left:* all three lines fall: more content weight, less content error, whatever the layers. *Right:* all three rise, but they lie
# further apart than any of them rises: the effect of the layers is three times that of the weight. And the lines are not parallel. With deep layers
# the error rises by 0.14, with all five by 0.05, with shallow ones by 0.03; the interaction is far above the floor. So "how much style does the content
# weight cost?" has no answer until you say with which layers. (Nor until you say how you count: as a *ratio*, all five lose most, since their error
# grows to four times what it was.) That is why one varies settings *together*.

# %% [markdown] tags=["teacher"]
# **Teaching notes, sections 5 and 6.** Let the class guess the floor before it is measured: most expect the errors to vary as much as
# the pixels. *Misconception:* "an interaction is a mistake in the experiment"; it is a finding. *Talking point:* would one have found this
# interaction by changing one setting at a time, from the base? (Only the row and the column through the base are seen then: 5 of the 9 pictures.)

# %% [markdown]
# ## 7 · Two more grids, and a ranking
#
# Four more settings: the pooling and the start (2 × 3 runs), the size and the weight of the total variation (2 × 3 runs). The jury looks at all
# pictures at one size.
#
# > **Predict** · Six settings: content weight, style layers, pooling, start, total variation, size. Which moves the *style error* most?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# Which of them changes *what* the painter is asked for, and which only how it gets there?
#
# </details>

# %%
factors = ["content weight", "style layers", "pooling", "start", "total variation", "size"]
check.predict("Which of six settings moves the style error most?", options=factors)

# %%
by_start = {(p, start): {"pooling": p, "init": start} for p in poolings for start in ("content", "style", "noise")}
by_size = {(size, tv): {"size": size, "tv_weight": tv} for size in (128, 192) for tv in (0.0, 0.1, 1.0)}
more = dict(zip(by_start | by_size, run_all([fixed | change for change in (by_start | by_size).values()])))
start_errors = sheet({f"{p}, from {start}": more[p, start] for p, start in by_start}, "Pooling × start", 3, 1.6)
size_errors = sheet({f"{size} px, tv {tv}": more[size, tv] for size, tv in by_size}, "Size × total variation", 3, 1.6)

# %% [markdown]
# **What to see.** *First sheet.* The start decides what the picture *is*, as long as 60 evaluations are all it gets. From the photograph it is the astronaut
# (with average pooling her head is on the way to becoming a whirl); from the painting the yellow stars remain, and she is a collar below them; from noise she
# is a shadow. The smallest style error of the sheet belongs to the max painter who started from the painting: no wonder, it began there. And the
# pictures from noise have a style error no larger than those from the photograph, with hardly anybody in them. **A small error is no good picture.** Only both
# errors together say something, and still not all.
#
# *Second sheet.* From left to right the picture becomes smoother: the fine grain goes first, and with a weight of 1 soft patches are left. Below, at 192
# pixels, the strokes are finer compared with the face, though a whirl has taken one of her eyes. The jury gives the lower row a smaller content error and a larger style
# error, and the second needs care: it looks at all pictures at 128 pixels, where the strokes that were made at 192 have shrunk. The *metric* prefers one size. A metric
# is a decision, and it has its own opinions.
#
# Now the ranking: the main effect of each setting, beside the floor. ("Floor" here is the typical difference of two single runs, $s\sqrt2$.)

# %%
grids = {("style layers", "content weight"): (grid_errors, 3, 3), ("pooling", "start"): (start_errors, 2, 3),
         ("size", "total variation"): (size_errors, 2, 3)}
effects = {term: {} for term in ("content", "style")}
for term, names in itertools.product(effects, grids):
    errors, rows, columns = grids[names]
    y = torch.tensor([error[term] for error in errors.values()]).view(rows, columns)
    effects[term] |= dict(zip(names, main_effects(y)[:2]))

figure, axes = plt.subplots(1, 2, figsize=(8, 2.5), sharey=True)
for axis, (term, found) in zip(axes, effects.items()):
    axis.barh(list(found), list(found.values()), color=show.COLOURS[term])
    axis.axvline(spread[term] * 2**0.5, color="black", linestyle="--", label="noise floor")
    axis.set(title=f"{term} error: range of the means", xlim=(0, None))
axes[1].legend()
axes[0].invert_yaxis()
figure.suptitle("Main effects of six settings")
plt.show()
most = max(effects["style"], key=effects["style"].get)
others = max(effect for factor, effect in effects["style"].items() if factor != most)
check.score(most, because=f"its effect is {effects['style'][most]:.2f}; the next one's is {others:.2f}")

# %% [markdown]
# **What to see.** *Right:* the style layers stand out; the next, the content weight, moves a third as much, and pooling and start only twice as much as the nudge
# of section 5 did. *Left:* the content error obeys the content weight first, as it should; but the style layers have half as much to say, and the start a quarter.
# Every bar must be read against the dashed line (strictly, a mean of $m$ runs has a lower floor still, $s\sqrt{2/m}$), and against one more thing: **the range that we chose.** A content weight from 0.003 to 0.3 is a
# decision of ours, and with another range its bar would be longer. A ranking of settings is a ranking *within a plan*.
#
# ## 8 · A claim, tested
#
# > **In the paper** · "For image synthesis we found that replacing the maximum pooling operation by average pooling yields slightly more
# > appealing results" (Gatys et al. 2016).
#
# "Appealing" is no metric. What *can* be asked, and what would count, decided now:
#
# 1. Is it **smoother**? Metric: the total variation of the picture, the mean difference of neighbours.
# 2. Is it **nearer to the style**? Metric: the jury's style error. And does it cost content?
# 3. One pair proves nothing: two photographs × four paintings, eight pairs. All else is equal within a pair, so we compare *within* pairs and
#    count in how many the average painter has the smaller value.
#
# If pooling did not matter, each pair would be a coin. All eight on one side, either one, happen by luck with the probability $2 \cdot (1/2)^8 = 1/128$.
# We ask three questions, so once in about 43 times one of them will look like a discovery. (The pairs share photographs and paintings; take it as a rule of thumb.)

# %%
eight = [(content, style) for content in ("portrait", "camera") for style in styles]
average = dict(zip(eight, run_all([{"content": content, "style": style, "pooling": "avg"} for content, style in eight])))
verdicts = {pair: (measure(sixteen[pair], *pair), measure(average[pair], *pair)) for pair in eight}

# %%
figure, axes = plt.subplots(1, 3, figsize=(8.5, 2.7))
names = {"tv": "total variation", "style": "style error", "content": "content error"}
for axis, (term, name) in zip(axes, names.items()):
    for (content, _), (first, second) in verdicts.items():
        line = "-" if content == "portrait" else ":"
        axis.plot([0, 1], [first[term], second[term]], marker="o", color=show.COLOURS[term], linestyle=line)
    smaller = sum(second[term] < first[term] for first, second in verdicts.values())
    axis.set(title=f"{name}\nsmaller with average: {smaller} of 8", xlim=(-0.3, 1.3))
    axis.set(xticks=[0, 1], xticklabels=["max", "average"])
    middle = sum(first[term] for first, _ in verdicts.values()) / 8
    axis.errorbar(-0.15, middle, 2 * spread[term], color="black", capsize=4)
figure.suptitle("Eight pairs, each painted with both poolings (black bar: noise floor)")
plt.show()
both = {"max": sixteen, "average": average}
show.pictures({f"{style}\n{name}": group["camera", style] for style in styles[::2] for name, group in both.items()},
                  "The photographer, with both poolings", height=1.6)

# %% [markdown]
# **What to see.** *Smoother:* yes, in every pair, and by more than the floor (solid lines: the portrait, dotted: the photographer; the black bar: twice the spread to either side). *Nearer to the style:* no.
# Seven lines go *up*, and the eighth falls by less than the floor. Is the average painter further away, then? Seven or more of eight on one side happen by luck with the probability $2 \cdot (8 + 1) / 2^8$,
# once in 14 times; that is less than we asked for, so we leave it at "not nearer". (The jury is the mean of two members who each lean to their own pooling. Section 10 asks somebody else.) *Content:* average
# pooling gives away more of it in seven pairs of eight; the same holds. In the pictures the average painter has broader patches, less grain and fewer small whirls.
#
# So much can be said: with *this* small network, at *this* size and number of evaluations, average pooling gives smoother pictures, and there is no sign that they
# are nearer to the style. Whether that is more appealing is for you to say. What cannot be said: that the authors were right or wrong. They used VGG-19,
# larger pictures and many more steps. Anybody with `backbone="vgg19"` and some patience can ask again.
#
# ## 9 · The puzzle, solved
#
# A machine plays. Each painting and each picture is turned into a row of numbers, a **feature**; the picture is given to the
# painting whose row is nearest. The distance is always the relative one of section 2, with the rows in place of $G$ and $A$.
#
# > **Your turn** · 3 min · ●○○ — From distances to names: for each result, the number of the nearest style.

# %% tags=["exercise"]
# 3 min · ●○○
def nearest_style(distances):
    """(results, styles) -> for each result the index of its nearest style, as a list or a tensor."""
    # Your turn.
    return None

check.nearest_style(nearest_style)

# %% [markdown]
# <details><summary>Hint 1 · one number comes out, or too few, or too many</summary>
#
# One answer for each row. Give the axis that you search *through*: the styles, axis 1.
#
# </details>
#
# <details><summary>Hint 2 · the answers are distances</summary>
#
# `amin` gives the smallest value, `argmin` the place where it stands.
#
# </details>

# %% tags=["solution"]
def nearest_style(distances):
    """(results, styles) -> for each result the index of its nearest style, as a list or a tensor."""
    return distances.argmin(dim=1)

# %% [markdown] tags=["solution"]
# **Why.** The rows are asked one by one, so two results may be given to the same style. In the puzzle every painting occurs once; a player who
# uses that knows more than ours does.

# %% [markdown]
# Now the features that one could think of without a network. Four of them are about edges, and make a little 2 × 2 grid: of eight maps (light-to-dark and dark-to-light in four
# directions) either the *means*, or the table of products of all *pairs*, a Gram matrix by hand; and that either at one scale or at *three* (× 3: the picture, and the same at half and at a
# quarter of the size). Texture researchers built such features from filters that nobody trained (Portilla and Simoncelli 2000).
#
# Beside them stand Gram matrices of five layers, of the trained network and, as a control, of one with random weights. A feature is a list of
# tensors; the distance is the mean over the list.

# %%
def edges(image):
    """(1, 3, H, W) -> (1, 8, H − 1, W − 1): light-to-dark and dark-to-light steps in four directions."""
    grey = luminance(image)
    across, down = grey.diff(dim=3)[..., 1:, :], grey.diff(dim=2)[..., 1:]
    four = torch.cat([across, down, (across + down) / 2**0.5, (across - down) / 2**0.5], dim=1)
    return torch.cat([four, -four], dim=1).relu()


def colour_counts(image):
    """(1, 3, H, W) -> (64,): the share of pixels in each of 4 × 4 × 4 boxes of colour."""
    red, green, blue = (image[0] * 4).long().clamp(0, 3)
    return torch.bincount((16 * red + 4 * green + blue).flatten(), minlength=64) / red.numel()


hand_made = {
    "pixels, 16 × 16": lambda image: [resize(image, (16, 16))],
    "mean colour": lambda image: [image.mean(dim=(2, 3))],
    "colour counts": lambda image: [colour_counts(image)],
    "edge means": lambda image: [edges(image).mean(dim=(2, 3))],
    "edge means × 3": lambda image: [edges(avg_pool2d(image, side)).mean(dim=(2, 3)) for side in (1, 2, 4)],
    "edge pairs": lambda image: [gram_matrix(edges(image))],
    "edge pairs × 3": lambda image: [gram_matrix(edges(avg_pool2d(image, side))) for side in (1, 2, 4)],
}

# %%
def gram_feature(network, layers=STYLE_LAYERS):
    """A network -> a function from a picture to the list of its Gram matrices."""
    return lambda image: [gram_matrix(maps) for maps in extract_features(network, image, layers).values()]


def distances(feature, pictures, paintings):
    """A feature, R pictures, S paintings -> (R, S): the mean of ‖r − s‖² / ‖s‖² over the list that a feature is."""
    def relative(result, target):
        return sum((r - s).square().sum() / s.square().sum() for r, s in zip(result, target)) / len(target)

    targets = [feature(painting) for painting in paintings]
    return torch.tensor([[relative(result, target) for target in targets] for result in map(feature, pictures)])


def draw_table(axis, table, top, digits=0, **labels):
    """Numbers (R, K) as cells of an axis, 0 dark and empty, `top` bright; that is one number, or one for each row (R, 1)."""
    axis.imshow(table / top, cmap="cividis", vmin=0, vmax=1)
    for row, column in itertools.product(*map(range, table.shape)):
        ink, number = "black" if (table / top)[row, column] > 0.5 else "white", table[row, column]
        axis.text(column, row, f"{number:.{digits}f}" if number else "", ha="center", va="center", color=ink)
    axis.set(xticks=range(table.shape[1]), yticks=range(table.shape[0]), **labels)


untrained = load_backbone("mini", weights="random")
features = hand_made | {"Gram, random": gram_feature(untrained), "Gram, trained": gram_feature(networks["max"])}

# %% [markdown]
# Sixteen results, four styles: a **confusion matrix** says what was taken for what.
#
# > **Your turn** · 6 min · ●●○ — Count the guesses into a table: the row is the truth, the column the guess.

# %% tags=["exercise"]
# 6 min · ●●○
def confusion(truth, guess, classes):
    """Two lists of class numbers and the number of classes n -> (n, n), whole numbers: row = true, column = guessed."""
    # Your turn.
    return None

check.confusion(confusion)

# %% [markdown]
# <details><summary>Hint 1 · pairs that occur twice count once</summary>
#
# Go through the pairs with a loop and *add* 1 at `[true, guessed]`. Indexing with two lists at once, `counts[truth, guess] += 1`, adds only once.
#
# </details>
#
# <details><summary>Hint 2 · the type, or the shape</summary>
#
# Begin with `torch.zeros(classes, classes, dtype=torch.int64)`: whole numbers, and a row for every class, also for one that does not occur.
#
# </details>

# %% tags=["solution"]
def confusion(truth, guess, classes):
    """Two lists of class numbers and the number of classes n -> (n, n), whole numbers: row = true, column = guessed."""
    counts = torch.zeros(classes, classes, dtype=torch.int64)
    for true, guessed in zip(truth, guess):
        counts[true, guessed] += 1
    return counts

# %% [markdown] tags=["solution"]
# **Why.** The diagonal holds what is right. What stands off it is more telling: *which* styles are taken for which. A single number cannot say that.

# %% [markdown]
# > **Your turn** · 3 min · ●○○ — The single number after all: the share of guesses that are right.

# %% tags=["exercise"]
# 3 min · ●○○
def accuracy(matrix):
    """A confusion matrix (n, n) -> the share of the guesses that were right, one number."""
    # Your turn.
    return None

check.accuracy(accuracy)

# %% [markdown]
# <details><summary>Hint 1 · larger than 1</summary>
#
# Divide by *all* guesses, the sum of the matrix; not by the number of classes, nor by the wrong guesses.
#
# </details>
#
# <details><summary>Hint 2 · where the right ones stand</summary>
#
# `matrix.diag()` is the diagonal.
#
# </details>

# %% tags=["solution"]
def accuracy(matrix):
    """A confusion matrix (n, n) -> the share of the guesses that were right, one number."""
    return (matrix.diag().sum() / matrix.sum()).item()

# %% [markdown] tags=["solution"]
# **Why.** Each guess counts alike. It means nothing by itself: with four styles, pure luck gives 0.25.

# %% [markdown]
# The features play three times. First with the pictures *as painted*, in their new colours. Then in **grey**, pictures and paintings alike, so that only light and
# dark can help, as in the puzzle. And then in grey with **equal light**: all get the same mean brightness and the same contrast (standard deviation).
# (In fairness: this third round was added *after* the grey one had been seen to leave brightness as a shortcut, and no other way of closing it was tried.)
#
# > **Predict** · Of the 16 pictures as painted: how many does the *mean colour* get right, three numbers that know nothing of strokes?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# Two of the paintings are blue and two are warm. The painter matches, among other things, how strong each colour is.
#
# </details>

# %%
def grey(image):
    """(1, 3, H, W) -> the same without its colours."""
    return luminance(image).expand(-1, 3, -1, -1)


def equal_light(image):
    """(1, 3, H, W) -> the same in grey, with the mean 0.5 and the standard deviation 0.15."""
    return 0.5 + 0.15 * (grey(image) - grey(image).mean()) / grey(image).std()


check.predict("Of 16 pictures as painted, the mean colour gets right:",
              options=["about 4, as by luck", "more than half, but not all", "all of them"])

# %%
truth = torch.tensor([styles.index(style) for _, style in pairs])
paintings = [load_image(style, 128) for style in styles]
rounds = {"as painted": lambda image: image, "in grey": grey, "equal light": equal_light}
tables = {}
for (when, view), (name, feature) in itertools.product(rounds.items(), features.items()):
    found = distances(feature, map(view, sixteen.values()), map(view, paintings))
    guess = found.round(decimals=6).argmin(dim=1)  # rounded: what differs by less is equal
    tables[when, name] = torch.bincount(4 * truth + guess, minlength=16).view(4, 4)

figure, axes = plt.subplots(3, len(features), figsize=(10.5, 5), sharex=True, sharey=True)
for axis, ((_, name), matrix) in zip(axes.flat, tables.items()):
    draw_table(axis, matrix, 4, xticklabels="1234", yticklabels="1234")
    axis.set_title(f"{name}\n{matrix.trace()} of 16", fontsize=8)
for axis, when in zip(axes[:, 0], rounds):
    axis.set_ylabel(f"{when}\npainted by")
figure.supxlabel("taken for painting")
figure.suptitle("Who painted it? Nine features, in three rounds")
plt.show()
hits = [tables[when, "mean colour"].trace().item() for when in rounds]
check.score("all of them",
            because=f"{hits[0]} of 16; in grey, where it is a mean brightness, {hits[1]}; with equal light, {hits[2]}")

# %% [markdown]
# **What to see.** A perfect player has four 4s on the diagonal; an empty cell is 0. *Above, as painted:* the mean colour, three numbers, gets all of them right: **colour is a shortcut.** A test in
# which it is left in says little about brushwork. *In the middle, in grey,* that shortcut is closed, and another one stands open. A mean brightness, a single number, is right far more often than the 4 of 16
# that luck gives, because the night is darker than the other paintings, and so is all that was painted after it. The random network still finds all 16. *Below, with equal light,* the pixels,
# the brightness and the counts are at luck or next to it. (All brightnesses are equal now, so all 16 pictures go to painting 1, and 4 of them are right.) The random network has lost six. The
# trained Gram matrices still find all; and so, all but one, do the edge pairs at three scales, which nobody trained.
#
# How do you know that a shortcut is closed? Let somebody play who *cannot* know the answer, such as the mean. As long as it wins, something leaks.
#
# The confusions are not random either. In grey the edge means, for instance, mostly take a picture for a painting with *weaker* edges than its own, where there is one:
# a photograph that is painted over keeps much of its smoothness. Another distance might help there. But whoever turns that knob *after* the table is there
# has left the experiment.
#
# > **Common mistake** · Compare the first edge feature with the last, and conclude: "it is the products that count". So said the first draft of this notebook. But *two* things were changed
# > at once. Read the four as a 2 × 2 table instead (rows: means, pairs; columns: one scale, three): the next cell prints both main effects and the interaction, counted in pictures. In grey both
# > help, the scales a little more, and their shares add up. With equal light the products do nothing at one scale (9 right without them, 8 with), and much at three (10 and 15): an interaction, as in section 6.
#
# And how many right are more than luck? If each of 16 guesses is right with the probability
# 1/4, at least $k$ are right with
#
# $$P(\ge k) = \sum_{j=k}^{16} \binom{16}{j} \left(\tfrac14\right)^j \left(\tfrac34\right)^{16-j}.$$

# %%
def luck(k, n=16, p=0.25):
    """The probability of at least k right guesses of n, each right with the probability p."""
    return sum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k, n + 1))


assert luck(2, n=2) == 0.25**2 and abs(luck(0) - 1) < 1e-9  # by hand: both of two
print({k: f"{luck(k):.1g}" for k in (4, 6, 8, 10, 12)})
for when in ("in grey", "equal light"):
    edge_hits = [float(tables[when, name].trace()) for name in hand_made if "edge" in name]
    pairs_help, scales_help, interaction = main_effects(torch.tensor(edge_hits).view(2, 2))
    print(f"{when}: pairs against means {pairs_help:+.1f} of 16, three scales against one {scales_help:+.1f}, "
          f"interaction {interaction[1, 1]:+.1f}")

# %% [markdown]
# Up to 6 of 16 is nothing to speak of; 8 is suspicious; 12 is no luck. (The guesses of one feature are not independent, since it may prefer one painting; so take this as
# a rule of thumb.) Which layer knows it, and what about
# your own four portraits?

# %%
def solve(feature, pictures, view=grey):
    """A feature and pictures -> (pictures, 4): their distances to the four paintings, all in grey (or another view)."""
    return distances(feature, map(view, pictures), map(view, paintings))


figure, (left, right) = plt.subplots(1, 2, figsize=(9, 2.8), width_ratios=(1.6, 1))
for network, name, colour, shift in ((networks["max"], "trained", "#0072B2", -0.2), (untrained, "random", "#D55E00", 0.2)):
    found = [solve(gram_feature(network, [layer]), sixteen.values(), equal_light) for layer in STYLE_LAYERS]
    found = [(far.argmin(dim=1) == truth).sum() for far in found]
    left.bar([n + shift for n in range(5)], found, 0.4, color=colour, label=name)
left.axhline(4, color="black", linestyle="--", label="luck")
left.set(title="Gram matrix of one layer, equal light: right of 16", xticks=range(5), xticklabels=STYLE_LAYERS, ylim=(0, 21))
left.legend(ncols=3)
table = solve(features["Gram, trained"], portraits)
draw_table(right, table, table.amax(dim=1, keepdim=True), 2, xticklabels="1234", yticklabels="ABCD")
right.set(title="The puzzle: Gram distance, in grey", xlabel="painting", ylabel="portrait")
plt.show()
found = " ".join(f"{letter}{number + 1}" for letter, number in zip("ABCD", table.argmin(dim=1)))
check.score("A3 B1 C4 D2", because=f"the smallest distances in the rows say {found}", question=puzzle)

# %% [markdown]
# **What to see.** *Left:* with trained weights every layer but the first gets all or nearly all right, and the first, which sees only a few pixels at a time, most. With random weights each
# layer gets fewer than the trained one, and the first and the last are near luck: once the light is equal, much of what is found was learnt.
#
# *Right, your own four portraits:* each row is shaded from its own largest number down, and its smallest names the painting: A was made by the forest, B by the swirls, C by the marbled paper, D by the waves. The
# machine has not looked at a single colour. Did you need them?

# %% [markdown] tags=["teacher"]
# **Teaching notes, section 9.** Bring back the guesses from the board. *Misconception:* "16 of 16, so the feature is perfect": it is perfect on pictures that were
# painted to please it, which is the subject of the next section. *Talking point:* show only "edge means" and "edge pairs × 3", let the class explain the difference, and then show the other
# two, with equal light. Why do the products need several scales? (Strokes have a size; the layers of a network, with their growing fields of view, are scales too.) *If time is short*, show the three rows of confusion matrices and go to section 10.

# %% [markdown]
# ## 10 · So what is style?
#
# Something is too good about these scores. The pictures were painted by lowering the Gram distance to their painting, and then the Gram distance finds
# out which painting it was. That is a circle: **we measured style by what painted it.**
#
# A circle can be tested. Let the *random* network paint eight pictures too, by lowering *its* Gram distances. Its style is whatever its random detectors count. Then let everybody
# judge everybody's pictures, in grey: the three networks, and one **stranger** who has painted nothing, the hand-made edge pairs at three scales.
#
# > **Predict** · Can the random judge tell which painting made the pictures of the random painter? And can the stranger?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# Who has been driving down whose numbers? It is the exam of section 4 again.
#
# </details>

# %%
check.predict("The pictures of the random painter, in grey, are recognised by",
              options=["nobody", "its own judge always, the stranger no better than by luck", "everybody, about equally"])

# %%
plan = [{"content": content, "style": style, "weights": "random"} for content, style in eight]
painters = {"max": sixteen, "average": average, "random": dict(zip(eight, run_all(plan)))}
painters["nobody"] = {(content, style): load_image(content, 128) for content, style in eight}
show.pictures({f"{style}\n{name}": painters[name]["portrait", style] for name in ("max", "random") for style in styles},
                  "The portrait by the trained painter (max) and by the random one", height=1.5)

judges = {"max": gram_feature(networks["max"]), "average": gram_feature(networks["avg"]),
          "random": gram_feature(untrained), "stranger": hand_made["edge pairs × 3"]}
answers = torch.tensor([styles.index(style) for _, style in eight])
scores = torch.zeros(4, 4, dtype=torch.int64)
for (row, pictures), (column, judge) in itertools.product(enumerate(painters.values()), enumerate(judges.values())):
    scores[row, column] = (solve(judge, [pictures[pair] for pair in eight]).argmin(dim=1) == answers).sum()
to_own = {name: solve(judges["stranger"], [painters[name][pair] for pair in eight])[range(8), answers] for name in both}

figure, axis = plt.subplots(figsize=(4.6, 3.3))
draw_table(axis, scores, 8, xticklabels=judges, yticklabels=painters)
axis.set(title="Right of 8, in grey (luck: 2)", xlabel="judge", ylabel="painter")
plt.show()
nearer = (to_own["average"] < to_own["max"]).sum()
print(f"section 8 again: for the stranger, average pooling is nearer to the style in {nearer} of 8 pairs")
of_random = solve(judges["random"], [painters["random"][pair] for pair in eight], equal_light).argmin(dim=1)
print(f"with equal light, the random judge recognises {(of_random == answers).sum()} of the random painter's 8 pictures")
check.score("its own judge always, the stranger no better than by luck", because="it finds what it put there itself")

# %% [markdown]
# **What to see.** *The pictures:* the trained painter leaves strokes of a kind of its own for each painting; the random one changes the colours and adds grain: dark blots for the night, bright specks for the forest and the marbled paper. But for the blots
# the face stays that of the photograph. *The table,* along the diagonal: every painter is recognised
# by its own kind. That is the circle, and it is worth nothing as evidence: even the random painter gets full marks from the random judge. *The column of the stranger* is worth something. It has painted nothing and
# was trained on nothing, and it recognises all pictures of both trained painters; of the random painter's it recognises no more than luck may give. (One reservation: we invited it because it was the best of the hand-made features in section 9, and the pictures of that test include the eight of the first row. Those of the second and third row it had never seen.) The trained judges are in between there. And the random judge
# recognises all that the trained painters made: to *recognise* these pictures in grey is easy, to *paint* one that a stranger recognises is not. *The last row* is the control: the bare
# photographs, painted by nobody. Each judge gives the same answer to four copies of one photograph, so exactly 2 of 8 are right.
#
# *The first line below:* for the stranger, too, average pooling is not nearer to the style in most pairs, so the "no sign" of section 8 stands; nor does the stranger find it clearly further away.
# *The second line:* what had the random painter put there? Take away the brightness and the contrast, and even its own judge is down to luck. Most of what it had painted was light and dark.
#
# So what can be said? A Gram distance **defines** a style: that of its detectors. (Gatys et al. 2015 defined *texture* so; Li et al. 2017 show that other distances between the same
# features define other styles, and Jing et al. 2019 review what else has been tried, and how results are judged.) That trained detectors define one which others see too, a hand-made feature, the pieces of real paintings in
# [05](05_gram_matrices.ipynb), and you, when you solved the puzzle, is a *finding*, and it could have come out otherwise. With these random ones it did. (Not every untrained network fails so: Ustyuzhaninov et al. 2016
# make good textures with a single layer of random filters.)
#
# ## Summary
#
# 1. An experiment is one question, one change, a control, and a metric decided beforehand; the painter is not the judge.
# 2. Measure how far apart equal runs are, by shaking the start; smaller differences are no results.
# 3. Vary settings together: a grid shows main effects and interactions. Here the style layers matter most for the style.
# 4. Close the shortcuts, and check that they are closed: three numbers solve the puzzle in colour, and one much of it in grey; with equal light it takes Gram matrices or edges at three scales.
# 5. What painted a picture will recognise it. Ask a stranger.
#
# ## Common mistakes
#
# - Changing two things at once, or the number of evaluations along with the setting.
# - Taking several seeds of a run that has no randomness in it for several runs.
# - Choosing the metric, or the example, after having seen the pictures.
# - Two processes with all threads each: slower than one after the other.
# - Reporting an accuracy without what luck gives, and what a shortcut gives.
#
# ## Challenge
#
# *Open, an hour or more.* Design an experiment of your own. Write down first, in four sentences: the question, the one change, the control, the metric with its floor. Then run it, and report what you
# found in one contact sheet and one number, also if the answer is no. Some questions: *How many evaluations does it take until the puzzle is solvable, and does the stranger need more than
# the painter's own kind? Does a picture that is larger than the painting (`size` 192 against 128) lose its style for the stranger? Which single style layer paints what a stranger can recognise?*
#
# <details><summary>A way to begin</summary>
#
# Copy the last code cell; change the setting in its plan. With `"steps": 10` a run costs a sixth. Decide what you would believe *before* you see the table.
#
# </details>
#
# ## References
#
# - R. A. Fisher (1935). *The Design of Experiments*. Oliver and Boyd.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2015). Texture synthesis using convolutional neural networks. *NIPS*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). Image style transfer using convolutional neural networks. *CVPR*.
# - I. Ustyuzhaninov, W. Brendel, L. A. Gatys, M. Bethge (2016). Texture synthesis using shallow convolutional networks with random filters. *arXiv:1606.00021*.
# - Y. Li, N. Wang, J. Liu, X. Hou (2017). Demystifying neural style transfer. *IJCAI*.
# - Y. Jing, Y. Yang, Z. Feng, J. Ye, Y. Yu, M. Song (2019). Neural style transfer: a review. *IEEE Transactions on Visualization and Computer Graphics*.
# - J. Portilla, E. P. Simoncelli (2000). A parametric texture model based on joint statistics of complex wavelet coefficients. *International Journal of Computer Vision*.
#
# [← 08 · The studio](08_studio.ipynb) · [00 · Start here →](00_start_here.ipynb)
