# %% [markdown]
# # 09 · What changes what?
#
# **How do you find out what a setting does, and how do you know that you have not fooled yourself?**
#
# ![Four versions of the river front of Tübingen in the colours of the photograph, each with the brushwork of another painting.](attachment:09_experiments.jpg)
#
# *Four paintings, one photograph, and its own colours: you will write the last step of these pictures.*
#
# **You will**
#
# - solve a puzzle, "which painting made which picture?", by eye and by machine;
# - plan a grid of settings, paint it and read it: layers × weight, pooling × start;
# - measure how far apart *equal* runs end, and trust no difference that is smaller;
# - plan a fair experiment of your own, and have it checked and painted;
# - give a picture the colours of its photograph back.
#
# **You need** [05 · Gram matrices](05_gram_matrices.ipynb) and [06 · Losses and weights](06_losses_and_weights.ipynb).
#
# **Reading** 10 minutes + exercises 26 minutes. **Running** about 2½ minutes on two CPU cores.
# **Short path** (30 minutes): sections 1 to 3, then 5 and 7; leave out `grid`.
#
# **Sections** 1 Which painting made which picture? · 2 One question, one change, one measure · 3 How large is nothing? · 4 Pooling × start · 5 Your own experiment · 6 The puzzle, solved by machine · 7 The colours come back.

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
# Everything runs offline, with the small network "mini". Its training never saw the paintings and photographs of this notebook.

# %%
import itertools

import matplotlib.pyplot as plt
import torch
from tqdm.auto import tqdm

import nsthelpers
from nsthelpers import StyleTransferLoss, extract_features, gram_matrix, load_backbone, load_image
from nsthelpers import grid_scrubber, show
from nsthelpers.checks import experiments as check
from nsthelpers.losses import STYLE_LAYERS
from nsthelpers import luminance

show.setup_notebook(quality=55)

# %% [markdown] tags=["teacher"]
# **Teaching notes.** *Ninety minutes:* the puzzle on paper before anybody runs a cell (10), sections 2 and 3 (30), 4 (10), 5 in
# pairs, each pair with another question (20), 6 and 7 (20).
#
# *Misconceptions to expect:* "more runs make an experiment" (a control and a question do); "another seed is another run" (not when
# the start is the photograph); "the loss is the quality of the picture"; "16 of 16 proves that Gram matrices are style" (section 6).
#
# *Talking point:* collect the guesses on the board. How many have all four right? How many would, if all had guessed?

# %% [markdown]
# ## 1 · Which painting made which picture?
#
# One photograph of Tübingen was painted four times, each time in the style of another painting. Then the colours were taken away, and the
# pictures were mixed.
#
# All pictures of this notebook are made by `paint`. It takes the settings that differ from `base`, and makes no picture twice. (`base` has more content weight than
# `stylize`, 0.03 for 0.0003, so that the content counts in short runs, too.)

# %%
base = dict(content="tuebingen", style="starry_night", size=192, steps=40, scales=2)
base |= dict(content_weight=0.03, style_layers=STYLE_LAYERS, pooling="avg")
base |= dict(init="content", seed=0, precision="float32")
made = {}
styles = ["starry_night", "the_scream", "composition_vii", "shipwreck"]


def paint(change):
    """A dictionary of settings that differ from `base` -> the picture (1, 3, H, W)."""
    settings = base | change
    key = repr(sorted(settings.items()))
    if key not in made:
        made[key] = nsthelpers.stylize(**settings, progress=False).image
    return made[key]

# %%
def grey(image):
    """(1, 3, H, W) -> the same without its colours."""
    return luminance(image).expand(-1, 3, -1, -1)


hidden = [2, 0, 3, 1]  # which painting made A, B, C, D: do not read this line
puzzle = [paint({"style": styles[number]}) for number in hidden]
shown = {f"painting {n + 1}": load_image(style, 320) for n, style in enumerate(styles)}
shown |= {f"picture {letter}": grey(picture) for letter, picture in zip("ABCD", puzzle)}
show.pictures(shown, "Four paintings, and four pictures in mixed order", height=2.3)

# %% [markdown]
# **What to see.** Above: van Gogh's *Starry Night*, Munch's *Scream*, Kandinsky's *Composition VII*, Turner's *Shipwreck*. Below, look at
# the sky and the water, which the painter had to fill with *something*: curls, long bands, hard edges or soft patches?
#
# > **Predict** · Which painting made which picture? Decide now; the answer comes in section 6.

# %%
question = "Which painting made which picture?"
check.predict(question, options=["A1 B3 C2 D4", "A3 B1 C4 D2", "A3 B2 C4 D1", "A4 B1 C3 D2"])

# %% [markdown]
# <details><summary>How many would be right by luck?</summary>
#
# There are 4 · 3 · 2 · 1 = 24 orders of four pictures: 9 of them have none right, 8 have one, 6 have two, and one has all four.
# On average **one** picture is right by luck. So "one of four" says nothing, and four of four by luck happens once in 24 times. In this way R. A. Fisher
# (1935) tested a lady who said that she could taste whether the milk or the tea was poured first.
#
# </details>
#
# ## 2 · One question, one change, one measure
#
# "I raised the content weight and it looks better" is no experiment. One has four parts:
#
# 1. **a question** to which the answer may be no;
# 2. **one change**: the same pictures, size, steps, start and seed;
# 3. **a control**: the same without the thing that is said to matter;
# 4. **a measure**, chosen *before* the pictures are there, and **not the loss that is being minimised**. The painter has spent 40 steps on
#    making its loss small; to judge it by that loss would be to let students mark their own exams.
#
# So a **jury** measures our pictures: the same network with other layers than the painter's, once with average and once with max pooling. (It is not independent: its
# weights are the painter's.) Its two errors are relative, as in [06](06_losses_and_weights.ipynb): 0 is a perfect match. A third measure, `edges_kept`, is the outsider and uses no network: the
# correlation between the edges of the picture and those of the photograph.

# %%
jury_layers = dict(content_layers=["relu3_3"],
                   style_layers=["relu1_2", "relu2_2", "relu3_2", "relu4_3"])
networks = [load_backbone("mini", pooling=pooling) for pooling in ("avg", "max")]
photo, painting = (load_image(base[kind], base["size"]) for kind in ("content", "style"))
jury = [StyleTransferLoss(network, photo, painting, **jury_layers) for network in networks]


def edges(image):
    """(1, 3, H, W) -> the strength of the edges, (H − 1)(W − 1) numbers."""
    down, across = luminance(image).diff(dim=2), luminance(image).diff(dim=3)
    return (down[..., 1:].square() + across[..., 1:, :].square()).sqrt().flatten()


@torch.no_grad()
def measure(picture):
    """A picture of Tübingen -> {"style_error": ..., "content_error": ..., "edges_kept": ...}."""
    picture = nsthelpers.resize(picture, tuple(photo.shape[2:]))
    one, two = (member(picture) for member in jury)
    errors = {f"{term}_error": (one[term] + two[term]).item() / 2 for term in ("style", "content")}
    kept = torch.corrcoef(torch.stack([edges(picture), edges(photo)]))[0, 1]
    return errors | {"edges_kept": kept.item()}


for name, image in {"photograph": photo, "painting": painting, "our base": paint({})}.items():
    print(f"{name:10}", {term: round(value, 2) for term, value in measure(image).items()})

# %% [markdown]
# The first two lines are the control of the jury itself. The photograph has no content error, all of its edges, and a large style error; the
# painting has no style error and next to nothing of the photograph. Our base lies between them.
#
# ### A grid
#
# Two settings with three values each are nine runs. Write the plan down before you start it: the number of runs is a *product*, and grows fast.
#
# > **Your turn** · core · 6 min · ●●○ — Make the plan: a list of dictionaries, one for each combination, the last name changing fastest. Your plan
# > paints the pictures of sections 2, 4 and 6.

# %% tags=["exercise"]
# 6 min · ●●○
def grid(settings):
    """{"size": [1, 2], "seed": [0, 1]} -> [{"size": 1, "seed": 0}, {"size": 1, "seed": 1}, ...]"""
    # Your turn.
    return None

check.grid(grid)

# %% [markdown]
# <details><summary>Hint 1 · combinations are missing</summary>
#
# `zip` takes the first of each list, then the second of each. `itertools.product(*settings.values())` takes each with each.
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
    """{"size": [1, 2], "seed": [0, 1]} -> [{"size": 1, "seed": 0}, {"size": 1, "seed": 1}, ...]"""
    return [dict(zip(settings, values)) for values in itertools.product(*settings.values())]

# %% [markdown] tags=["solution"]
# **Why.** `product(*lists)` is a nested loop whose depth need not be known. With nothing to vary it gives one empty combination, and so one
# run: the base itself.

# %% [markdown]
# **The first question:** what do the choice of style layers and the content weight do to the picture? Layers: the two shallowest, all five, the two
# deepest. Weights: each ten times the one before.
#
# > **Predict** · With only the two *deep* style layers, relu4_1 and relu5_1: what does the picture lose most?

# %%
check.predict("With the two deep style layers alone, the picture loses most of",
              options=["the painting's colours", "the photograph's houses", "nothing one sees"])

# %%
grid = check.grid.mine or check.grid.reference
layer_sets = {"two shallow": STYLE_LAYERS[:2], "all five": STYLE_LAYERS}
layer_sets["two deep"] = STYLE_LAYERS[3:]
weights = [0.003, 0.03, 0.3]
plan = grid({"style_layers": [*layer_sets.values()], "content_weight": weights})
layers_weight = dict(zip(itertools.product(layer_sets, weights), map(paint, tqdm(plan, leave=0))))
grid_scrubber(layers_weight, "style layers", "content weight",
              "Move one slider, leave the other alone", "Tübingen in the style of The Starry Night")

# %% [markdown]
# The same nine at once, each with the jury's verdict:

# %%
def sheet(pictures, title, columns=3):
    """{name: picture} -> {name: errors}; shows the pictures, each with its measures."""
    errors = {name: measure(picture) for name, picture in pictures.items()}
    words = "style error {style_error:.3f} · content error {content_error:.2f}"
    captions = [f"{name}\n{words.format(**e)}" for name, e in errors.items()]
    show.pictures(dict(zip(captions, pictures.values())), title, columns, height=2.2)
    return errors


named = {f"{layers}, content weight {weight}": image
         for (layers, weight), image in layers_weight.items()}
grid_errors = sheet(named, "Style layers (rows) × content weight (columns)")
check.score("the painting's colours",
            because="colour is settled in the shallow layers, which nobody has matched")

# %% [markdown]
# **What to see.** Down a column the *kind* of style changes: shallow layers bring the colours of the night, deep ones leave most of the photograph's colours and stir the
# sky, all five together come nearest. Along a row the *amount* changes: the content error falls, and the style error rises.
#
# ## 3 · How large is nothing?
#
# Two pictures are never quite equal, so when is a difference a *result*? When it is larger than what you get by changing **nothing that matters**.
# Another seed alone will not do: a run that starts from the photograph has no randomness in it. So we nudge the start with noise of 1 %,
# two or three of the 256 steps of an 8-bit picture, which the eye can hardly see.
#
# > **Predict** · Two starts differ by invisible noise. After 40 steps, how far apart are the two pictures, pixel by pixel?

# %%
check.predict("Compared with their starts, the two pictures are",
              options=["closer together", "about as far apart", "several times as far apart"])

# %%
def nudged(seed):
    """A seed -> the photograph with 1 % of noise on it."""
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(seed))
    return (photo + 0.01 * noise).clamp(0, 1)


runs = [paint({"init": nudged(seed)}) for seed in range(1, 5)]
before, after = nudged(1) - nudged(2), runs[0] - runs[1]
shown = {"from one start": runs[0], "from another": runs[1]}
shown["difference of the starts × 5"] = (0.5 + 5 * before).clamp(0, 1)
shown["difference of the pictures × 5"] = (0.5 + 5 * after).clamp(0, 1)
show.pictures(shown, "The same run, twice", height=2.3)
growth = (after.abs().mean() / before.abs().mean()).item()
check.score("several times as far apart",
            because=f"the mean difference of the pixels has grown {growth:.1f} times")

# %% [markdown]
# **What to see.** The two pictures look alike, but their strokes lie in other places: at the right the difference shows whole strokes. Pixels are sensitive;
# is the *measure*?
#
# For one measure, let $y_0$ be its value for the base and $y_1, …, y_n$ those of the $n$ nudged runs. The **noise floor** is
#
# $$s = \sqrt{\frac1n \sum_{k=1}^{n} (y_k - y_0)^2},$$
#
# all of them plain numbers. It is measured from the base, not from the mean of the runs, and so contains both their spread and their **bias**: a nudge may
# move all runs to the same side. By hand: $y_0 = 0$ and the runs 3 and 4 give $s = \sqrt{(9 + 16)/2} = 3.54$, of which the bias is 3.5.
#
# In this notebook a difference of two runs is **resolved** if it is larger than $3s$. That is our only rule.
#
# > **Your turn** · core · 4 min · ●○○ — The noise floor. It judges all that follows.

# %% tags=["exercise"]
# 4 min · ●○○
def noise_floor(base, runs):
    """A number, a list of numbers -> the root of the runs' mean squared distance from the base."""
    # Your turn.
    return None

check.noise_floor(noise_floor)

# %% [markdown]
# <details><summary>Hint 1 · the value is too small</summary>
#
# `torch.std` and its like measure from the mean of the runs. Measure from `base`.
#
# </details>
#
# <details><summary>Hint 2 · the value is far off</summary>
#
# Distance, square, mean, root: in this order.
#
# </details>

# %% tags=["solution"]
def noise_floor(base, runs):
    """A number, a list of numbers -> the root of the runs' mean squared distance from the base."""
    return (sum((run - base) ** 2 for run in runs) / len(runs)) ** 0.5

# %% [markdown] tags=["solution"]
# **Why.** $s^2$ = (spread)² + (bias)², exactly. With four runs $s$ itself is uncertain by a third or so, and a difference
# of two runs has the noise of both, $\sqrt2\,s$ if there is no bias: two reasons for the factor 3.

# %%
noise_floor = check.noise_floor.mine or check.noise_floor.reference
start, verdicts = measure(paint({})), [measure(run) for run in runs]
s = {name: float(noise_floor(start[name], [v[name] for v in verdicts])) for name in start}
for name in s:
    bias = sum(v[name] for v in verdicts) / len(verdicts) - start[name]
    words = f"{name:14} base {start[name]:.3f}   bias {bias:+.4f}   noise floor s = {s[name]:.4f}"
    print(f"{words}   resolved from 3s = {3 * s[name]:.3f}")
assert abs(noise_floor(0.0, [3.0, 4.0]) - 3.5355) < 1e-3  # by hand

figure, axis = plt.subplots(figsize=(8, 4))
bars = dict(xerr=3 * s["content_error"], yerr=3 * s["style_error"], capsize=4)
for name, marker, colour in zip(layer_sets, "osD", show.COLOURS.values()):
    points = [errors for label, errors in grid_errors.items() if label.startswith(name)]
    x, y = ([point[term] for point in points] for term in ("content_error", "style_error"))
    axis.errorbar(x, y, marker=marker, color=colour, label=name, **bars)
axis.set(title="Nine runs; the bars are 3s to either side", xlabel="content error")
axis.set(ylabel="style error", ylim=(0, None))
axis.legend(title="style layers", loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()
pairs = list(itertools.combinations([e["style_error"] for e in grid_errors.values()], 2))
count = sum(abs(a - b) > 3 * s["style_error"] for a, b in pairs)
print(f"style error: {count} of {len(pairs)} pairs of runs are resolved")

# %% [markdown]
# **What to see.** Each line is one set of layers; along it, from right to left, the content weight grows. All five layers lie lowest,
# by far more than the bars: *which layers* matters more for the style than *which weight*, within the values that we chose.
# Sideways each step along a line is resolved, too. Upwards one is not: with two deep layers, 0.003 and 0.03 give nearly the same style error. And with the weight 0.3, neither error
# tells two shallow layers from two deep ones.
#
# <details><summary>Three warnings</summary>
#
# A ranking of settings is a ranking *within a plan*: with weights from 0.0001 to 100 the lines would be longer. And the floor was measured at one place, the
# base. Runs from noise scatter differently, and there the floor has to be measured anew: the next section does that.
#
# And see what a floor is made of. That of the edges, 0.041, is mostly bias: the nudged copies keep more edges than the base, on average by 0.039.
# Measured from the mean of the runs it would be 0.015, and would let differences pass that a nudge alone can make.
#
# </details>
#
# ## 4 · Pooling × start
#
# Two settings that you know: how the network shrinks its maps (mean or maximum of 2 × 2 values, [02](02_convolutions_and_features.ipynb)), and where the picture
# begins (the photograph, the painting, or noise, [07](07_optimisation_loop.ipynb)). Gatys et al. (2016) wrote that average pooling "yields slightly more appealing results". "Appealing"
# is no measure; the jury has two.

# %%
plan = grid({"pooling": ["avg", "max"], "init": ["content", "style", "noise"]})
starts = {f"{p['pooling']} pooling, from {p['init']}": paint(p) for p in tqdm(plan, leave=False)}
start_errors = sheet(starts, "Pooling (rows) × start (columns)")
of_noise = [measure(paint({"init": "noise", "seed": seed})) for seed in (1, 2)]
base_of_noise = start_errors["avg pooling, from noise"]
at_noise = {term: noise_floor(base_of_noise[term], [e[term] for e in of_noise]) for term in s}
print("max instead of average pooling (* resolved):")
for start, floor in {"content": s, "style": s, "noise": at_noise}.items():
    first, second = (start_errors[f"{pooling} pooling, from {start}"] for pooling in ("avg", "max"))
    gaps = {term: second[term] - first[term] for term in s}
    star = {term: "*" if abs(gap) > 3 * floor[term] else "" for term, gap in gaps.items()}
    words = [f"{term} {gap:+.3f}{star[term]}" for term, gap in gaps.items()]
    print(f"from {start:8}", *words, sep="  ")

# %% [markdown]
# **What to see.** After 40 steps the start decides what the picture *is*: from the painting and from noise there is little of Tübingen, and yet their style errors are
# small. **A small error is no good picture**; only both errors together say something.
#
# What does max pooling change? From the photograph the style error is larger. From the photograph and from noise the content error is smaller; from noise a few more edges are
# kept, of next to none. The rest is not resolved. See the style error from noise: it falls by 0.007, where 0.004 is enough from the photograph, and yet that proves nothing here, since the style
# errors of runs from noise scatter more.
# (The floor of the photograph serves for the painting, too; for noise it is measured anew, roughly, with two more seeds.)
#
# The jury has one member of each pooling, so that it favours neither. And this is mini, at 192 pixels and with 40 steps: it says nothing about the authors'
# VGG-19 at theirs.
#
# ## 5 · Your own experiment
#
# > **Your turn** · core · 10 min · ●●○ — Choose a question and write the plan: the control, the same with **one** change, and the measure that decides
# > (`"style_error"`, `"content_error"` or `"edges_kept"`). The next cell paints it.
#
# Some questions: *Does more total variation (`tv_weight`, 0.01 by default) cost edges? Are 160 steps nearer to the style than 40? Does Adam
# (`optimizer="adam"`) reach what L-BFGS reaches? What do random weights (`weights="random"`) paint?* Say first what you expect, and by how much.

# %% tags=["exercise"]
# 10 min · ●●○
def experiment(base):
    """The settings of the base -> check.Experiment(control, changed, measure)."""
    # Your turn.
    return None

check.experiment(experiment)

# %% [markdown]
# <details><summary>Hint 1 · how to change one thing</summary>
#
# `base | {"steps": 20}` is a new dictionary: the base, with 20 steps. The base itself stays as it is, and is a good control.
#
# </details>
#
# <details><summary>Hint 2 · the measure is refused</summary>
#
# "total", "style", "content" and "tv" are what the painter has made small. Take one of the jury's errors, or the edges. (And if you change the style layers,
# take none of the jury's: `jury_layers`.)
#
# </details>

# %% tags=["solution"]
def experiment(base):
    """The settings of the base -> check.Experiment(control, changed, measure)."""
    return check.Experiment(control=base, changed=base | {"tv_weight": 0.3}, measure="edges_kept")

# %% [markdown] tags=["solution"]
# **Why.** Everything else is equal, so a resolved difference has one cause. A difference that is not resolved is an answer, too: "not by more than $3s$".

# %%
mine = (check.experiment.mine or check.experiment.reference)(base)
control, changed = paint(mine.control), paint(mine.changed)
name, = mine.changes
value = mine.changed.get(name, "default")
shown = {"control": control, f"{name} = {value}": changed}
show.pictures(shown, "One experiment", columns=2, height=3.6)
first, second = (measure(picture)[mine.measure] for picture in (control, changed))
gap, needed = second - first, 3 * s[mine.measure]
print(f"{mine.measure}: {first:.3f} → {second:.3f}, a difference of {gap:+.3f}; 3s = {needed:.3f}")
print("resolved" if abs(gap) > needed else "not resolved: it may be nothing")

# %% [markdown]
# **What to see.** Left the control, right the one change (yours, if your plan passed its check; else a larger `tv_weight`). First read the two lines below,
# then look for the difference: in this order you cannot talk yourself into it.
#
# ## 6 · The puzzle, solved by machine
#
# A *player* is now a program. It turns each painting and each picture into numbers, and gives the picture to the painting whose numbers are nearest. Four pictures are few, so it plays with
# 16: four photographs × four paintings. By luck 4 of 16 are right.
#
# - **mean colour**: three numbers that know nothing of strokes;
# - **trained**: the Gram matrices of mini at five layers;
# - **untrained**: the same with random weights, five networks. This is the control.
#
# They play three times: with the pictures *as painted*; in *grey*, as you did; and in *grey with equal light*, where all have the same brightness and contrast.
#
# > **Predict** · With the pictures as painted: how many of 16 does the mean colour get right?

# %%
check.predict("Of 16 pictures as painted, the mean colour gets right",
              options=["about 4, as by luck", "more than half", "fewer than 4"])

# %% [markdown]
# Two tools: the view with equal light, and the distance from each picture to each painting (the relative one of the jury).

# %%
def equal_light(image):
    """(1, 3, H, W) -> the same in grey, with the mean 0.5 and the standard deviation 0.15."""
    return 0.5 + 0.15 * (grey(image) - grey(image).mean()) / grey(image).std()


def grams(network):
    """A network -> a function from a picture to the list of its Gram matrices."""
    def player(image):
        return [gram_matrix(m) for m in extract_features(network, image, STYLE_LAYERS).values()]

    return player


def distances(player, pictures, view):
    """-> (pictures, 4): the mean of ‖G − A‖² / ‖A‖² from each picture to each painting."""
    targets = [player(view(load_image(style, base["size"]))) for style in styles]
    rows = [player(view(picture)) for picture in pictures]

    def far(row, target):
        ratios = [(g - a).square().sum() / a.square().sum() for g, a in zip(row, target)]
        return sum(ratios) / len(ratios)

    return torch.tensor([[far(row, target) for target in targets] for row in rows])

# %%
contents = ["tuebingen", "chelsea", "coffee", "pagoda"]
plan = grid({"content": contents, "style": styles})
sixteen = [paint(change) for change in tqdm(plan, leave=False)]
truth = torch.arange(4).repeat(4)
views = {"as painted": lambda image: image, "in grey": grey, "equal light": equal_light}
untrained = [load_backbone("mini", weights="random", seed=seed) for seed in range(5)]
players = {"mean colour": lambda image: [image.mean(dim=(2, 3))], "trained": grams(networks[0])}
players |= {f"untrained {seed}": grams(network) for seed, network in enumerate(untrained)}


def right(player, pictures, view):
    """How many pictures a player gives to the right painting (rounded: nearly equal is equal)."""
    guess = distances(player, pictures, view).round(decimals=6).argmin(dim=1)
    return (guess == truth).sum().item()


hits = {name: [right(player, sixteen, view) for view in views.values()]
        for name, player in players.items()}

# %% [markdown]
# The untrained networks are shown by their mean, with a bar from the worst to the best of the five.

# %%
random_hits = torch.tensor([hits[f"untrained {seed}"] for seed in range(5)], dtype=torch.float)
middle = random_hits.mean(dim=0)
spans = torch.stack([middle - random_hits.amin(dim=0), random_hits.amax(dim=0) - middle])
figure, axis = plt.subplots(figsize=(8, 3.6))
x, look = torch.arange(3), dict(width=0.25, capsize=5)
axis.bar(x - 0.26, hits["mean colour"], label="mean colour", color="#888888", **look)
axis.bar(x, hits["trained"], label="trained", color="#0072B2", **look)
axis.bar(x + 0.26, middle, yerr=spans, label="untrained, 5 networks", color="#D55E00", **look)
axis.axhline(4, color="black", linestyle="--", label="luck")
axis.set(title="Who painted it? Right of 16", ylim=(0, 17), ylabel="right answers")
axis.set_xticks(range(3), views, fontsize=11)
axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()
print(f"mean colour {hits['mean colour']}, trained {hits['trained']}")
print(f"untrained, one row a network: {random_hits.int().tolist()}")
check.score("more than half", because=f"{hits['mean colour'][0]} of 16: colour is a shortcut")

# %% [markdown]
# **What to see.** As painted, three numbers get 10 of 16 right, and the untrained networks 12 to 16: a test with the colours left in says little about brushwork. With equal light the mean *cannot* know the
# answer and falls to luck, which shows that the shortcut is closed; in grey and in equal light the trained network lies above all five untrained ones.
#
# **What this proves, and what it does not.** The pictures were painted by making the trained network's Gram distance small, and the trained player finds out by the same distance
# who did it. That is a circle: its score says that the painter did its work, not that "Gram matrices are style". The untrained networks have painted nothing: what
# *they* recognise, 7 or 8 of 16 in equal light, is there for others to see.
#
# <details><summary>How many right are more than luck?</summary>
#
# If each of 16 guesses is right with the probability 1/4, at least $k$ are right with
# $P(\ge k) = \sum_{j=k}^{16} \binom{16}{j} (1/4)^j (3/4)^{16-j}$: 0.080 for $k = 7$, 0.027 for 8, 0.0016 for 10. The guesses of one player are not
# independent, since it may prefer one painting, so take this as a rule of thumb. A Gram distance *defines* a style, that of its detectors; Li et al. (2017) show that
# other distances define others, and Ustyuzhaninov et al. (2016) make good textures with random filters in a single layer.
#
# </details>
#
# ### A quiz from 05
#
# In [05](05_gram_matrices.ipynb) you saw what happens to a Gram matrix when the *places* of a layer are shuffled: nothing. Now we cut the *pictures* into
# tiles of 48 pixels and shuffle these, and to be fair the paintings, too, so that both have seams. The town is gone.
#
# > **Predict** · Of the 16 shuffled pictures in equal light, the trained player still gets right …

# %%
outcomes = ["no more than luck, up to 6", "7 to 11", "at least 12"]
check.predict("Shuffled in tiles, in equal light, the trained player gets right", options=outcomes)

# %%
def shuffled(image, side=48):
    """(1, 3, H, W) -> its tiles of `side` × `side` pixels in another order; leftover edges go."""
    rows, columns = (length // side for length in image.shape[2:])
    strips = image[..., : rows * side, : columns * side].split(side, dim=2)
    tiles = [tile for strip in strips for tile in strip.split(side, dim=3)]
    order = torch.randperm(len(tiles), generator=torch.Generator().manual_seed(0)).tolist()
    mixed = [tiles[number] for number in order]
    strips = [torch.cat(mixed[k : k + columns], dim=3) for k in range(0, len(mixed), columns)]
    return torch.cat(strips, dim=2)


far = distances(players["trained"], puzzle, grey)
found = far.argmin(dim=1).tolist()
captions = [f"{letter}: painting {n + 1}\ndistance {row[n]:.3f}, next {row.sort().values[1]:.3f}"
            for letter, n, row in zip("ABCD", found, far)]
tiled = dict(zip(captions, map(shuffled, puzzle)))
show.pictures(tiled, "The machine's answer to the puzzle, and the pictures in tiles", height=2.3)
count = right(players["trained"], sixteen, lambda image: equal_light(shuffled(image)))
check.score(outcomes[(count > 6) + (count > 11)],
            because=f"{count} of 16, against {hits['trained'][2]} unshuffled")

# %% [markdown]
# **What to see.** The four pictures of section 1, in colour and in tiles, and the machine's answer from their unshuffled grey versions. Nothing stands where it
# stood, and you can still tell the hands apart. You have the colours to help you; the player had equal light only, and still got 11 of 16, against 13 unshuffled. So it needs
# little arrangement beyond a tile: local brushwork is enough for most answers. One of the four answers in grey was a close call: *D*, 0.038 against 0.044. And the puzzle of section 1?

# %%
answer = " ".join(f"{letter}{n + 1}" for letter, n in zip("ABCD", found))
check.score("A3 B1 C4 D2", because=f"the machine, in grey, says {answer}", question=question)

# %% [markdown]
# ## 7 · The colours come back
#
# The pictures of section 1 lost their colours so that you could not use them. A friendlier way to part light and colour: keep the **light** of the painted
# picture and take the **colour** of the photograph, a simple form of what Gatys et al. (2016b) do. With the luminance $Y = 0.299\,R + 0.587\,G + 0.114\,B$, shape $(1, 1, H, W)$, of the result $r$ and the
# photograph $p$, both $(1, 3, H, W)$:
#
# $$\text{picture} = Y(r) + \big(p - Y(p)\big), \text{ clipped to } 0 … 1.$$
#
# By hand, for one pixel: a result of grey 0.3 and a photograph of red (0.5, 0.2, 0.2), whose $Y$ is 0.2897, give (0.510, 0.210, 0.210): as light as the
# result, and red.
#
# > **Your turn** · core · 6 min · ●●○ — In [08](08_studio.ipynb) you used the package's; now write it. It paints the last picture. `luminance(image)` is there.

# %% tags=["exercise"]
# 6 min · ●●○
def keep_colours(result, photo):
    """Two pictures (N, 3, H, W) -> one: the light of the result, the colours of the photograph."""
    # Your turn.
    return None

check.keep_colours(keep_colours)

# %% [markdown]
# <details><summary>Hint 1 · the picture is too bright, or grey</summary>
#
# The photograph's own light has to go before the result's is added: `photo - luminance(photo)` is colour alone.
#
# </details>
#
# <details><summary>Hint 2 · values leave 0 … 1</summary>
#
# Not every colour exists at every light. End with `.clamp(0, 1)`.
#
# </details>

# %% tags=["solution"]
def keep_colours(result, photo):
    """Two pictures (N, 3, H, W) -> one: the light of the result, the colours of the photograph."""
    return (luminance(result) + photo - luminance(photo)).clamp(0, 1)

# %% [markdown] tags=["solution"]
# **Why.** Adding the same number to R, G and B changes the light and leaves their differences, which are the colour. Clipping shifts hue and light a little;
# `nsthelpers.keep_colours` makes the colour paler until it fits.

# %%
keep = check.keep_colours.mine or nsthelpers.keep_colours
red, dark = torch.tensor([0.5, 0.2, 0.2]).view(1, 3, 1, 1), torch.full((1, 3, 1, 1), 0.3)
print("by hand:", [round(value, 3) for value in keep(dark, red).flatten().tolist()])

# %%
large = {"size": 384, "steps": 80, "scales": "auto", "style": "the_scream"}
scream = paint(large)
photograph = load_image("tuebingen", large["size"])
shown = {"painted": scream, "in the colours of the photograph": keep(scream, photograph)}
show.pictures(shown, "Tübingen by the hand of The Scream", columns=2, height=4)

show.pictures({letter: keep(picture, photo) for letter, picture in zip("ABCD", puzzle)},
              "The four pictures of the puzzle in the colours of the photograph", height=2.3)

# %% [markdown]
# **What to see.** Above, the strokes are the same in both pictures, since nearly all of the light is: the colours belonged to the painting, the brushwork stays.
# Below, four hands and one palette: would you have solved the puzzle more easily like this?
#
# ## Summary
#
# 1. An experiment is one question, one change, a control, and a measure that nobody has minimised.
# 2. Know how large nothing is: nudge the start, take the root mean square from the base, believe differences above $3s$.
# 3. Layers decide *which* style, the content weight *how much*; the start decides what the picture is, as long as steps are few.
# 4. Close the shortcuts and show that they are closed: three numbers get most of the puzzle right in colour.
# 5. The network that painted a picture recognises it. Ask one that did not paint.
#
# ## Common mistakes
#
# - Changing two things at once, or the number of steps along with the setting.
# - Several seeds of a run that has no randomness in it.
# - Choosing the measure, or the example, after seeing the pictures.
# - Reporting a score without what luck gives, and what a shortcut gives.
#
# ## Challenge
#
# *Open, an hour or more.* Write four sentences: question, change, control, measure with its floor. Then run it, and report one contact sheet and one number, also if the
# answer is no. *How many steps until an untrained network solves the puzzle? Which single style layer paints what others can recognise? Does the puzzle get harder
# with paintings by one hand (`starry_night`, `wheat_field`, `self_portrait`)?*
#
# ## References
#
# - R. A. Fisher (1935). [The Design of Experiments](https://archive.org/details/in.ernet.dli.2015.502684). Oliver and Boyd.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). [Image style transfer using convolutional neural networks](https://doi.org/10.1109/CVPR.2016.265). *CVPR*.
# - L. A. Gatys, M. Bethge, A. Hertzmann, E. Shechtman (2016b). [Preserving color in neural artistic style transfer](https://arxiv.org/abs/1606.05897). *arXiv*.
# - I. Ustyuzhaninov, W. Brendel, L. A. Gatys, M. Bethge (2016). [Texture synthesis using shallow convolutional networks with random filters](https://arxiv.org/abs/1606.00021). *arXiv*.
# - Y. Li, N. Wang, J. Liu, X. Hou (2017). [Demystifying neural style transfer](https://arxiv.org/abs/1701.01036). *IJCAI*.
#
# Photographs: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); the pagoda, danielbuechele (CC BY 2.0); changed here. All others: `data/README.md`.
#
# [← 08 · The studio](08_studio.ipynb) · [10 · Control →](10_control.ipynb)
