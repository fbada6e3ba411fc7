# %% [markdown]
# # 13 · Gallery
#
# **Whose hand is this?**
#
# ![Eight pictures in two rows: Tübingen and a cat, each four times, in the manner of Hokusai, Munch, Kandinsky and van Gogh.](attachment:13_gallery.jpg)
#
# *Two photographs, four of the eight hands that you will meet.*
#
# **You will**
#
# - match four portraits of a cat with the paintings that they were made with, by eye and by machine;
# - write a distance between two paintings, and test whether it finds a *painting*, a *painter*, or mere colour;
# - find the channels that tell a painting from the others, and see where they fire;
# - write a caricature of a painter's hand, and paint with it;
# - hang your results in an exhibition: one file that needs no network.
#
# **You need** [05 · Gram matrices](05_gram_matrices.ipynb); [09 · Experiments](09_experiments.ipynb) helps.
#
# **Reading** 8 minutes + exercises 22 minutes. **Running** about two minutes on two CPU cores.
# **Short path** (30 minutes): sections 1, 2, 4, 5 and 7.
#
# **Sections** 1 Eight hands · 2 The puzzle of portraits · 3 A distance between two hands · 4 A painting, or a painter? · 5 What tells a hand from the others · 6 A caricature of a hand · 7 One wall, and the machine's answer · 8 Your exhibition.

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
# `trained` is mini, the small network of this course: its training never saw these paintings or photographs. The `untrained` ones hold
# random numbers: the control.
#
# ## 1 · Eight hands

# %%
import itertools
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from IPython.display import HTML

import nsthelpers
from nsthelpers import StyleTransferLoss, extract_features, gram_matrix, load_backbone, load_image
from nsthelpers import keep_colours, paintings, show
from nsthelpers.checks import gallery as check
from nsthelpers.engine.running import run
from nsthelpers.losses import STYLE_LAYERS
from nsthelpers import luminance
from nsthelpers.show.exhibition import exhibition

show.setup_notebook(quality=38)
trained = load_backbone("mini")
untrained = [load_backbone("mini", weights="random", seed=seed) for seed in (1, 2, 3)]
facts = paintings()
names = list(facts)
labels = {name: f"{n} · {facts[name]['artist']}\n{facts[name]['title'].split(' (')[0]}\n"
          f"{facts[name]['year']}" for n, name in enumerate(names, 1)}
wall = {labels[name]: load_image(name, 384) for name in names}
show.pictures(wall, "Eight paintings in the public domain", height=2.3)

# %% [markdown]
# **What to see.** Three of the eight, numbers 3, 5 and 8, are by one man, painted within about two years. Look for a habit that the three share and the
# other five do not: you will be asked whether a machine finds it.
#
# Each has its story. Unfold one, at least.

# %%
folds = [f"<details><summary><b>{f['title']}</b>, {f['artist']}</summary><p>{f['story']}</p>"
         f"<p><em>{f['museum']}</em></p></details>" for f in facts.values()]
HTML("".join(folds))

# %% [markdown]
# ## 2 · The puzzle of portraits
#
# A cat sat for four of these painters. Then each portrait was given the colours of the photograph back, so that no palette betrays its painter.

# %%
def hang(photograph, painting):
    """Two names -> the Result of a run of 30 steps at 192 pixels, made only once."""
    if (photograph, painting) not in made:
        made[photograph, painting] = nsthelpers.stylize(
            photograph, painting, backbone=trained, size=192, steps=30, scales=2,
            content_weight=0.02, precision="float32", progress=False)
    return made[photograph, painting]


made = {}
four = ["composition_vii", "great_wave", "the_scream", "water_lilies"]
hidden = [2, 3, 1, 0]  # who painted A, B, C, D: do not read this line
cat = load_image("chelsea", 192)
portraits = [keep_colours(hang("chelsea", four[number]).image, cat) for number in hidden]
shown = {f"{n}: {facts[name]['artist']}": load_image(name, 320) for n, name in enumerate(four, 1)}
shown |= {f"portrait {letter}": picture for letter, picture in zip("ABCD", portraits)}
show.pictures(shown, "Four paintings, four portraits in mixed order", height=1.9)

# %% [markdown]
# **What to see.** All four cats have the same colours, and not the same fur: smooth bands, short dabs, hard specks, thin lines. The background, where
# the photograph has nothing to say, shows the hand best.
#
# > **Predict** · Which painting made which portrait? The answer comes in section 7.

# %%
question = "Which painting made which portrait?"
check.predict(question, options=["A1 B4 C2 D3", "A3 B4 C2 D1", "A3 B2 C4 D1", "A4 B3 C2 D1"])

# %% [markdown]
# ## 3 · A distance between two hands
#
# In [05](05_gram_matrices.ipynb) one of two pictures was the *target*, and the distance was divided by its Gram matrix. Between two paintings neither is the target. So
# divide by both: with $G$ and $A$ their Gram matrices at one layer, both $(C, C)$,
#
# $$d = \frac{\lVert G - A \rVert^2}{\lVert G \rVert^2 + \lVert A \rVert^2},$$
#
# and take the mean over the layers. By hand, for $G = \begin{pmatrix} 1 & 1 \\ 1 & 2 \end{pmatrix}$ and $A = \begin{pmatrix} 1 & 0 \\ 0 & 2 \end{pmatrix}$:
# $d = (1 + 1)/(7 + 5) = 1/6$.
#
# <details><summary>Why it is never above 1</summary>
#
# $\lVert G - A\rVert^2 = \lVert G\rVert^2 + \lVert A\rVert^2 - 2\sum_{ij} G_{ij}A_{ij}$, and the last sum is the mean of $(f_p^\top s_q)^2$ over all pairs of a
# place $p$ in one picture and a place $q$ in the other: a mean of squares, so not below 0. It is 0, and $d = 1$, if no channel fires in both pictures.
#
# </details>
#
# > **Your turn** · core · 8 min · ●●○ — `hand_distance`. It judges everything up to the end of section 4, and the puzzle.

# %% tags=["exercise"]
# 8 min · ●●○
def hand_distance(first, second):
    """{layer: G (C, C)}, {layer: A (C, C)} -> one number: the mean over the layers of d."""
    # Your turn.
    return None


check.hand_distance(hand_distance)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# Three sums of squares for each layer: of $G - A$, of $G$, of $A$. Divide layer by layer, and take the mean at the end.
#
# </details>
#
# <details><summary>Hint 2 · how to walk through two dictionaries</summary>
#
# `for layer in first:` and then `first[layer]` and `second[layer]`.
#
# </details>

# %% tags=["solution"]
def hand_distance(first, second):
    """{layer: G (C, C)}, {layer: A (C, C)} -> one number: the mean over the layers of d."""
    pairs = [(first[layer], second[layer]) for layer in first]
    parts = [(g - a).square().sum() / (g.square().sum() + a.square().sum()) for g, a in pairs]
    return sum(parts) / len(parts)

# %% [markdown] tags=["solution"]
# **Why.** Divided layer by layer, each has the same say, whatever the size of its numbers; divided by both, $d$ is the same in both directions.

# %% [markdown]
# > **Predict** · Which of the other seven is nearest to *The Starry Night*, in colour?

# %%
hand_distance = check.hand_distance.mine or check.hand_distance.reference
G, A = torch.tensor([[1.0, 1.0], [1.0, 2.0]]), torch.tensor([[1.0, 0.0], [0.0, 2.0]])
assert abs(float(hand_distance({"by hand": G}, {"by hand": A})) - 1 / 6) < 1e-5
nearest = ["Wheat Field (van Gogh, the same month)", "Self-Portrait (van Gogh)",
           "Water Lilies (Monet)", "The Great Wave (Hokusai)"]
check.predict("Nearest to The Starry Night is", options=nearest)

# %% [markdown]
# `equal_light` takes the colours away and gives all pictures the same brightness and contrast: what is left is drawing and brush.

# %%
def equal_light(images):
    """(N, 3, H, W) -> the same in grey, each with the mean 0.5 and the deviation 0.15."""
    light = torch.cat([luminance(image[None]) for image in images])
    deviation, mean = torch.std_mean(light, dim=(2, 3), keepdim=True)
    return ((light - mean) / deviation * 0.15 + 0.5).expand(-1, 3, -1, -1)


def grams(network, images, layers=STYLE_LAYERS):
    """A network and images (N, 3, H, W) -> N dictionaries {layer: Gram matrix (C, C)}."""
    maps = extract_features(network, images, layers)
    found = {layer: gram_matrix(f) for layer, f in maps.items()}
    return [dict(zip(found, row)) for row in zip(*found.values())]


def table(rows, columns):
    """Two lists of dictionaries -> (rows, columns): the distance of every pair."""
    return torch.tensor([[float(hand_distance(r, c)) for c in columns] for r in rows])


views = {"in colour": lambda images: images, "in equal light": equal_light}
hands = {v: [grams(trained, view(w))[0] for w in wall.values()] for v, view in views.items()}
far = {v: table(each, each) for v, each in hands.items()}
show.number_tables({v: 100 * t for v, t in far.items()}, names, range(1, 9),
                   "Distances of hands × 100 (mini, five layers)")
night = far["in colour"][4].clone()
night[4] = 9
answer = {7: 0, 2: 1, 6: 2, 1: 3}.get(night.argmin().item())
check.score(nearest[answer], because=f"its distance is {night.min():.2f}")

# %% [markdown]
# **What to see.** In colour the blue and violet pictures are close, whoever painted them. In equal light nearly all distances shrink, many to a fifth or less (3 and 6 alone do not), and the neighbours change: much of what looked like a hand was a palette.
#
# ## 4 · A painting, or a painter?
#
# "The machine recognises van Gogh" is easily said. Two questions are hidden in it:
#
# 1. **Which painting?** Cut twelve pieces out of each. Is the piece nearest to a piece from the same painting? (Luck: 11 of 95.)
# 2. **Which painter?** Now forbid the piece's own painting. Is the nearest piece of a van Gogh from *another* van Gogh? (Luck: two of the seven other
#    paintings, 10 of 36 pieces.)
#
# For the second there is an exact control: call *any* three of the eight paintings "one painter". There are 56 such trios. If the hand shows, van Gogh's trio
# should rank first, or nearly.
#
# > **Predict** · In **colour**, van Gogh's trio ranks among the 56 …

# %%
ranks = ["among the first 3", "4th to 15th", "lower than that"]
check.predict("In colour, for the trained network, van Gogh's trio ranks", options=ranks)

# %%
def cut(name, side=96):
    """Name of a painting -> (12, 3, side, side): pieces of it that share no pixel."""
    image = load_image(name, 480)
    counts = (3, 4) if image.shape[3] >= image.shape[2] else (4, 3)
    starts = [torch.linspace(0, n - side, k).int().tolist()
              for n, k in zip(image.shape[2:], counts)]
    places = itertools.product(*starts)
    return torch.cat([image[..., y : y + side, x : x + side] for y, x in places])


def verdict(rows):
    """96 dictionaries -> (pieces that find their painting, hits and rank of van Gogh's trio)."""
    far, owner = torch.zeros(96, 96), torch.arange(8).repeat_interleave(12)
    for a, b in itertools.combinations(range(96), 2):
        far[a, b] = far[b, a] = float(hand_distance(rows[a], rows[b]))
    own = owner[far.clone().fill_diagonal_(9).argmin(dim=1)] == owner
    others = owner[far.masked_fill(owner[:, None] == owner, 9).argmin(dim=1)]
    trios = {trio: sum(int(a) in trio and int(b) in trio for a, b in zip(owner, others))
             for trio in itertools.combinations(range(8), 3)}
    gogh = trios[2, 4, 7]
    return int(own.sum()), gogh, sum(hits > gogh for hits in trios.values()) + 1

# %% [markdown]
# Six witnesses are heard: the trained Gram matrices, those of three untrained networks, a histogram of colours in 16 steps (in equal light: of greys), and,
# in colour only, the mean colour.

# %%
def histograms(images):
    """(N, 3, H, W) -> N dictionaries with one entry: 48 counts."""
    return [{"counts": torch.cat([c.histc(16, 0, 1) for c in image])} for image in images]


pieces = torch.cat([cut(name) for name in names])  # (96, 3, 96, 96)
found = {}
for name, view in views.items():
    seen = view(pieces)
    found[name] = {"Gram, trained": [verdict(grams(trained, seen))]}
    found[name]["Gram, untrained"] = [verdict(grams(network, seen)) for network in untrained]
    found[name]["histogram"] = [verdict(histograms(seen))]
found["in colour"]["mean colour"] = [verdict([{"mean": p.mean(dim=(1, 2))} for p in pieces])]
figure, axes = plt.subplots(2, 2, figsize=(9.5, 4))
for line, (view, results) in zip(axes, found.items()):
    for axis, number, luck in zip(line, (0, 1), (96 * 11 / 95, 36 * 2 / 7)):
        for place, hits in enumerate(results.values()):
            axis.plot([h[number] for h in hits], [place] * len(hits), "o", color="#0072B2")
        axis.axvline(luck, color="#888888")
        axis.set(title=f"which paint{('ing', 'er')[number]}? {view}", xlim=(0, (96, 36)[number]))
        axis.set_yticks(range(len(results)), results)
plt.show()
for view, results in found.items():
    print(view, {who: [h[2] for h in hits] for who, hits in results.items()}, "= rank of 56")
rank = found["in colour"]["Gram, trained"][0][2]
check.score(ranks[(rank > 3) + (rank > 15)], because=f"it is number {rank}: colour hides the hand")

# %% [markdown]
# **What to see.** Left, a *painting* is found far more often than luck (grey line) allows; but in colour the histogram does it nearly as well, and three numbers, the mean colour, find
# most. Right, the *painter*: in colour only the trained network does better than luck, and in equal light everybody does, the trained network best.
#
# How much is that worth? In equal light van Gogh's trio leads the 56 for the trained network, and stands further down for the controls; but even a histogram of greys lifts it. One
# painter, three pictures, pieces that are no independent witnesses: a hint, not a proof. **The machine finds the painting. That it finds the painter is not shown here.**

# %% [markdown] tags=["teacher"]
# **Timing.** Sections 1 and 2: 15 minutes, on paper. 3 and 4: 30 minutes. **Expect.** "It knows van Gogh": let them name what else the three have in
# common (dates, thick paint, photographs of the canvas, JPEG).
#
# **Ask.** What would you need to prove it? (Many painters, many paintings of each, none seen before.)

# %% [markdown]
# ## 5 · What tells a hand from the others
#
# The diagonal of a Gram matrix holds the *strength* of each channel. A channel that is strong everywhere says nothing; one that is strong *here and not
# elsewhere* tells. With $s_{nc}$ the strength of channel $c$ in painting $n$, shape $(N, C)$:
#
# $$t_{nc} = \log s_{nc} - \frac1N \sum_{m=1}^{N} \log s_{mc}$$
#
# Above 0: stronger than usual, by the factor $e^t$. By hand, two paintings and one channel, strengths 1 and 4: $t = (-\log 2, +\log 2) = (-0.69, 0.69)$.
#
# > **Your turn** · core · 6 min · ●●○ — `telling`: it chooses the channels below, and makes the caricatures of section 6.

# %% tags=["exercise"]
# 6 min · ●●○
def telling(strengths):
    """(N, C), all above 0 -> (N, C): the logarithm, minus its mean over the N paintings."""
    # Your turn.
    return None


check.telling(telling)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# First the logarithm of everything, then the mean. The logarithm of a mean is another number.
#
# </details>
#
# <details><summary>Hint 2 · which axis?</summary>
#
# Paintings are the rows: `.mean(dim=0)` gives one number for each channel.
#
# </details>

# %% tags=["solution"]
def telling(strengths):
    """(N, C), all above 0 -> (N, C): the logarithm, minus its mean over the N paintings."""
    logs = strengths.log()
    return logs - logs.mean(dim=0)

# %% [markdown] tags=["solution"]
# **Why.** A logarithm turns "three times as strong" into the same step everywhere, for loud and soft channels alike.

# %% [markdown]
# The channels are chosen on the **left halves** of the paintings only. The right halves are the control: a mark of the painting should be
# there, too. The pictures are in equal light, so that no channel tells a mere colour. And to every strength a **floor** is added, a tenth of the mean of all: otherwise a ratio of two tiny
# numbers would win.

# %%
telling = check.telling.mine or check.telling.reference
assert torch.allclose(telling(torch.tensor([[1.0], [4.0]])).exp(), torch.tensor([[0.5], [2.0]]))


def strengths(rows, layer):
    """N dictionaries -> (N, C): strengths at a layer, plus a floor of a tenth of their mean."""
    s = torch.stack([row[layer].diagonal() for row in rows])
    return s + 0.1 * s.mean()


layer, grey = "relu3_1", [equal_light(w) for w in wall.values()]
halves = [[grams(trained, im.chunk(2, dim=3)[side])[0] for im in grey] for side in (0, 1)]
left, right = (telling(strengths(rows, layer)) for rows in halves)
best = left.argmax(dim=1)
shown = {}
for n, (name, image) in enumerate(zip(names, wall.values())):
    fires = extract_features(trained, grey[n], layer)[layer][:, best[n], None]  # (1, 1, H/4, W/4)
    mask = nsthelpers.resize(fires, tuple(image.shape[2:]))
    lit = (mask / mask.quantile(0.95)).clamp(0, 1)
    shown[f"{n + 1}: channel {best[n]}"] = torch.lerp(0.35 * luminance(image), image, lit)
show.pictures(shown, f"In colour: where the most telling channel fires ({layer})", height=2.2)
times = right[torch.arange(8), best].exp()
print("left: ", " ".join(f"{t:5.1f}×" for t in left.amax(dim=1).exp()))
print("right:", " ".join(f"{t:5.1f}×" for t in times), f"  above 1: {int((times > 1).sum())} of 8")

# %% [markdown]
# **What to see.** In colour is where the channel fires, in grey where it does not: the beads of foam in *The Great Wave*, the lilies on Monet's pond, the slanting planks
# of *The Scream*, the edges of the clouds in *Wheat Field with Cypresses*. In the *Self-Portrait* the channel fires almost everywhere: on the short strokes of the whole canvas.
#
# The printed lines say how many times as strong the channel is as in the usual painting. The left halves, where it was chosen, flatter it; in the right halves all 8 are still above 1, some of them
# barely. A channel chosen blindly would be above 1 in about half of them.
#
# <details><summary>Does it depend on the floor?</summary>
#
# On which channels win, yes; on the answer, little. With floors of 0.03, 0.3 and 1 times the mean, 7, 8 and 7 of the 8 are above 1 in the right halves. With hardly any floor (a millionth) channels win
# that are nearly silent in *all* paintings, by a few bright spots, and 6 of the 8 are above 1: a trap of every ratio.
#
# </details>
#
# ## 6 · A caricature of a hand
#
# A caricaturist takes what is unusual in a face and makes it more so. Do the same to a Gram matrix: multiply row $i$ and column $j$ by how telling they are,
#
# $$G'_{ij} = G_{ij}\; e^{\,a\,(t_i + t_j)/2}.$$
#
# With $a = 0$ nothing changes; with $a > 0$ the hand is exaggerated; with $a = -1$ every strength comes close to that of the usual painting. By hand: $G = \begin{pmatrix} 1 & 1 \\ 1 & 2 \end{pmatrix}$,
# $t = (\log 4, 0)$, $a = 1$ give $\begin{pmatrix} 4 & 2 \\ 2 & 2 \end{pmatrix}$.
#
# The strengths are now those in colour, at all five layers, for a palette is part of a hand, too.
#
# > **Your turn** · core · 8 min · ●●○ — `exaggerate`. It paints the next pictures, and one for your exhibition.

# %% tags=["exercise"]
# 8 min · ●●○
def exaggerate(gram, tells, amount):
    """(C, C), (C,), a number -> (C, C): G[i, j] · exp(amount · (t[i] + t[j]) / 2)."""
    # Your turn.
    return None


check.exaggerate(exaggerate)

# %% [markdown]
# <details><summary>Hint 1 · the matrix is no longer symmetric</summary>
#
# Rows *and* columns: `gram * factor[:, None] * factor`.
#
# </details>
#
# <details><summary>Hint 2 · the diagonal grows too fast</summary>
#
# `factor = (amount * tells / 2).exp()`: an entry on the diagonal meets its factor twice, hence the half.
#
# </details>

# %% tags=["solution"]
def exaggerate(gram, tells, amount):
    """(C, C), (C,), a number -> (C, C): G[i, j] · exp(amount · (t[i] + t[j]) / 2)."""
    factor = (amount * tells / 2).exp()
    return gram * factor[:, None] * factor

# %% [markdown] tags=["solution"]
# **Why.** This is the Gram matrix of the same maps, each multiplied by $e^{a t_i/2}$: a matrix that maps can have, so that the search has something to find.

# %% [markdown]
# > **Predict** · Tübingen by *The Great Wave* and by *The Starry Night*, both with $a = -1$. The two pictures …

# %%
alike = ["look much alike", "differ as usual", "are each other's negative"]
check.predict("With the amount −1, the two pictures", options=alike)

# %%
exaggerate = check.exaggerate.mine or check.exaggerate.reference
tells = {k: telling(strengths(hands["in colour"], k)) for k in STYLE_LAYERS}


def caricature(photograph, painting, amount, size=192, steps=40):
    """Names of two pictures and an amount -> a Result."""
    photo = load_image(photograph, size)
    style = load_image(painting, size)
    loss = StyleTransferLoss(trained, photo, style, content_weight=0.03, tv_weight=0.01)
    for layer, target in loss.style_targets.named_buffers():
        target.copy_(exaggerate(target[0], tells[layer][names.index(painting)], amount)[None])
    words = {"content": photograph, "style": painting, "caricature": amount, "size": size}
    records = nsthelpers.minimise(loss, photo, steps)
    return run(records, steps, words | {"steps": steps}, progress=False)


ramp = {(name, a): caricature("tuebingen", name, a).image
        for name in ("great_wave", "starry_night") for a in (-1, 0, 0.5)}
shown = {f"{facts[name]['title'].split(' (')[0]}, a = {a}": im for (name, a), im in ramp.items()}
show.pictures(shown, "From nobody's hand to a caricature", columns=3, height=2.3)
gaps = [(ramp["great_wave", a] - ramp["starry_night", a]).abs().mean().item() for a in (-1, 0, 0.5)]
print("mean difference of the two at a = -1, 0, 0.5:", *(f"{gap:.3f}" for gap in gaps))
check.score(alike[0], because=f"their pixels differ by {gaps[0]:.2f}, against {gaps[1]:.2f} at 0")

# %% [markdown]
# **What to see.** Left, two different paintings give two pictures that are much alike: most of what made them different was in the strengths of the channels, and these are nearly the same now. Right, *The Great Wave* makes Tübingen whiter and harder
# than the honest transfer in the middle does, and *The Starry Night* makes it bluer.
#
# Now one to hang. Change the names and the amount as you like.

# %%
poster = caricature("tuebingen", "great_wave", 0.35, size=320, steps=60)
show.pictures({"": poster.image}, "Hokusai, more than Hokusai (a = 0.35)", height=4.6)

# %% [markdown]
# **What to see.** The houses and most of the sky are nearly as pale as paper, and trees and river are bluer than in the honest transfer above ($a = 0$). If a picture of yours looks like noise, the amount is too large.
#
# ## 7 · One wall, and the machine's answer
#
# Three photographs × eight paintings: 24 runs with one set of settings. Where the sliders do not move, on GitHub for instance, the figure below them shows eight of the 24.

# %%
photographs = ["chelsea", "tuebingen", "pagoda"]
for photograph, name in itertools.product(photographs, names):
    hang(photograph, name)
frames = {(name, photograph): load_image(made[photograph, name].image, 160)
          for name in names for photograph in photographs}
nsthelpers.grid_scrubber(frames, "painting", "photograph", "Three photographs, eight hands",
                         "A photograph in the manner of a painting")

# %%
pagodas = {name: frames[name, "pagoda"] for name in names}
show.pictures(pagodas, "One pagoda, eight hands", 4, height=1.7)

# %% [markdown]
# **What to see.** The tower stands in all eight; the colours and the strokes in the sky are the painter's. In Turner's dusk it is a dark shape that has lost its roof.
#
# Who painted which? A player gives each of the 24 pictures to the nearest of the eight paintings; luck gets 3. The run made the Gram distance at five layers small, so to judge
# by these would be circular. The players look at four *other* layers, and only one of them uses the network that painted.
#
# > **Predict** · Quiz, back to [09](09_experiments.ipynb): there the mean colour alone solved most of a puzzle of four paintings. Here are eight, in colour. It gets …

# %%
options = ["about 3, as by luck", "8 to 12", "more than half"]
check.predict("Of 24, as painted, the mean colour gets", options=options)

# %%
jury = ["relu1_2", "relu2_2", "relu3_2", "relu4_3"]
results = [made[photograph, name].image for photograph in photographs for name in names]
targets = [load_image(name, 192) for name in names]
players = {"mean colour": lambda image: [{"mean": image[0].mean(dim=(1, 2))}]}
players["trained"] = lambda image: grams(trained, image, jury)
for seed, network in enumerate(untrained, 1):
    players[f"untrained {seed}"] = lambda image, network=network: grams(network, image, jury)


def distances(player, pictures, paintings, view):
    """-> (pictures, paintings): how far each picture is from each painting."""
    rows, columns = ([player(view(i))[0] for i in images] for images in (pictures, paintings))
    return table(rows, columns).round(decimals=6)  # nearly equal is equal


right = {(who, v): int((distances(player, results, targets, view).argmin(dim=1)
                        == torch.arange(8).repeat(3)).sum())
         for who, player in players.items() for v, view in views.items()}
count = right["mean colour", "in colour"]
for who in players:
    print(f"{who:12}", *(f"{v}: {right[who, v]:2} of 24   " for v in views))
check.score(options[(count > 7) + (count > 12)], because=f"it is {count} of 24: three numbers")

# %% [markdown]
# **How to read it.** In colour everybody does far better than luck, three numbers included: a score without that line would say nothing. In equal light the mean colour holds nothing and falls to luck; the untrained
# networks stay near it, and the trained one finds 12, half of them. And the four portraits of section 2?

# %%
chosen = [load_image(name, 192) for name in four]
guess = distances(players["trained"], portraits, chosen, equal_light).argmin(dim=1).tolist()
machine = " ".join(f"{letter}{n + 1}" for letter, n in zip("ABCD", guess))
truth = " ".join(f"{letter}{n + 1}" for letter, n in zip("ABCD", hidden))
hits = sum(a == b for a, b in zip(guess, hidden))
shown = {f"{letter}: {facts[four[n]]['artist']}": hang("chelsea", four[n]).image
         for letter, n in zip("ABCD", hidden)}
show.pictures(shown, "The portraits in their painters' colours", height=1.9)
check.score(truth, because=f"the machine, in equal light, says {machine}: {hits} right",
            question=question)

# %% [markdown]
# **What to see.** The same four portraits, with the palettes that were hidden. By luck one of four is right on average. In equal light the machine has two: it says Kandinsky three times, and Hokusai by a hair. Four are too few to tell, and that is why 24 came first.
#
# ## 8 · Your exhibition
#
# Choose results, give them titles. `exhibition` makes a page of them, with settings and credits (the photograph of Tübingen needs one: CC BY), in one file that needs no network: mail it,
# or open it in any browser.

# %%
exhibits = {"Nothing but weather": poster, "The river at dusk": hang("tuebingen", "starry_night"),
            "Alarm": hang("pagoda", "the_scream"), "Still waters": hang("chelsea", "water_lilies")}
page = exhibition(exhibits, "Three minutes in a gallery", "Painted in the last notebook.")
file = Path(tempfile.mkdtemp()) / "exhibition.html"  # Path("exhibition.html"): beside the notebook
file.write_text(page, encoding="utf-8")
outside = page.count("src=") - page.count('src="data:')
print(f"{file.name}: {len(exhibits)} pictures, {outside} of them from the network")

# %% [markdown]
# ## Summary
#
# - Between paintings no one is the target: divide by both, and the distance is symmetric and at most 1.
# - In colour, a palette finds most paintings; in equal light, training makes the difference.
# - Which painting: found. Which painter: hinted at by one trio of 56, not proved.
# - What is unusual in a hand is a few strengths; exaggerate them and you have a caricature, remove them and nobody's hand is left.
#
# ## Common mistakes
#
# - "The machine knows van Gogh": say what colour alone would find.
# - Choosing the telling channel and testing it on the same piece of canvas.
# - Judging who painted a picture by the loss that painted it.
# - An exhibition without credits.
#
# ## Challenge
#
# Hang your own photograph by all eight hands, and let a friend play the puzzle with it. Then: *is van Gogh's trio still first with pieces of 128 or 192 pixels, or when the pieces are compared by `telling`
# strengths? And is the caricature still one with another floor under the strengths?* Decide what you would accept as an answer before you look.
#
# ## References
#
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). [Image style transfer using convolutional neural networks](https://doi.org/10.1109/CVPR.2016.265). *CVPR*.
# - L. A. Gatys, M. Bethge, A. Hertzmann, E. Shechtman (2016). [Preserving color in neural artistic style transfer](https://arxiv.org/abs/1606.05897). *arXiv*.
# - C. R. Johnson and others (2008). [Image processing for artist identification](https://doi.org/10.1109/MSP.2008.923513). *IEEE Signal Processing Magazine*: van Gogh's brushwork, by wavelets.
# - S. E. Brennan (1985). [Caricature generator](https://doi.org/10.2307/1578048). *Leonardo*: exaggerate the difference from the average face.
# - R. A. Fisher (1935). [The Design of Experiments](https://archive.org/details/in.ernet.dli.2015.502684). Oliver and Boyd: the permutation test.
#
# Photographs: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); the pagoda, danielbuechele (CC BY 2.0); changed here. All others: `data/README.md`.
#
# [← 12 · The failure clinic](12_failure_clinic.ipynb) · [00 · Start here →](00_start_here.ipynb)
