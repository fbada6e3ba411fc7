# %% [markdown]
# # 12 · The failure clinic
#
# **My picture is grey, black, noisy, unchanged. What is wrong?**
#
# ![One view of old houses above a river in five bands: glowing red spots, coloured noise, a grey veil, orange instead of blue, and at the right the healthy painting in blue and yellow.](attachment:12_failure_clinic.jpg)
#
# *Four famous failures and a cure, in one picture.*
#
# **You will**
#
# - recognise ten famous failures by their picture, their curve and four numbers;
# - write those numbers, the vital signs of a run;
# - find a learning rate by a scan, and save a picture so that nothing wraps around;
# - heal each failure with one line, and see the picture come back;
# - find four faults in twenty lines that raise no error, and paint a large picture with the healed loop.
#
# **You need** [07 · The optimisation loop](07_optimisation_loop.ipynb); [06](06_losses_and_weights.ipynb) for the weights.
#
# **Reading** 8 minutes + exercises and diagnoses 40 minutes. **Running** about a minute and a half on two CPU cores.
# **Short path** (30 minutes): sections 1 to 3, 5 and 9; leave out `to_bytes`.
#
# **Sections** 1 A healthy loop · 2 The waiting room · 3 Ward one: nothing happened · 4 Ward two: nothing is left · 5 Ward three: noise · 6 Ward four: wrong colours · 7 Ward five: a veil and a frame · 8 The last patient · 9 The chart.

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
# Everything runs offline, with the small network "mini". The patients come from the check module: `sick("A")` says what to replace in the loop.
# Do not look inside before you have made your diagnosis.

# %%
from types import SimpleNamespace

import torch
from IPython.display import Markdown, display

from nsthelpers import extract_features, gram_matrix, load_backbone, load_image, show, stylize
from nsthelpers.backbones import Normalize
from nsthelpers.checks import failure_clinic as check
from nsthelpers.checks.failure_clinic import diagnose, flow_chart, flow_table, reveal, sick
from nsthelpers.losses import STYLE_LAYERS

show.setup_notebook(quality=46)

# %% [markdown] tags=["teacher"]
# **Timing.** Ninety minutes: sections 1 and 2 (20), one ward for each pair of students, who then present their two patients to the others (40),
# section 8 as pair work (20), the chart (10). Print the wall of section 2 for the first ten minutes, without computers.
#
# **Expect.** "The loss falls, so it works" (G and H have a healthy curve). "Noise means too high a learning rate" (F). "The picture is unchanged, so
# more steps" (A). Insist on the *sign* that excludes the other causes.
#
# **Ask.** Which of the ten would a unit test have found? Which would have raised an error in a better library?

# %% [markdown]
# ## 1 · A healthy loop
#
# First, what health looks like, painted by the package:

# %%
well = stylize("tuebingen", "starry_night", size=384, steps=60, progress=False)
show.pictures({"": well.image}, "A healthy picture (288 × 384, 60 evaluations)", height=5)

# %% [markdown]
# **What to see.** Pale, winding strokes in the sky, the painting's blues and yellows, and houses that stand where they stood. Each of the three can be lost without the others.
#
# Below is the loop of 07, taken apart: every part that often goes wrong has a name in `HEALTHY`, and can be replaced. With $F$ and $P$ the content maps
# of pixels and photograph, and $G_\ell$, $A_\ell$ the Gram matrices of pixels and painting at five layers,
#
# $$L = \alpha\, d(F, P) + \frac{\beta}{5} \sum_\ell d(G_\ell, A_\ell), \qquad d(M, N) = \frac{\lVert M - N\rVert^2}{\lVert N\rVert^2}, \quad \alpha = 0.03,\ \beta = 1.$$
#
# $F$ and $P$ are (1, C, h, w), $G_\ell$ and $A_\ell$ (1, C, C). By hand: $M = (3, 1)$, $N = (1, 1)$ give $d = 4/2 = 2$.
# (This α is that of 07. `stylize` takes 0.0003, and painted the picture above at half its size first. Expect shorter strokes from here on.)

# %%
def look(network, normalised):
    """A picture as the network wants it -> content maps, a list of five style layers' maps."""
    maps = extract_features(network, normalised, ["relu4_2", *STYLE_LAYERS])
    return maps["relu4_2"], [maps[layer] for layer in STYLE_LAYERS]


def distance(m, n):
    return (m - n).square().sum() / n.square().sum()


HEALTHY = {
    "load": lambda name: load_image(name, 192),  # a name -> (1, 3, H, W) in 0…1
    "network": load_backbone("mini")[1:],  # without its first member, which normalises
    "feed": Normalize(), "target": Normalize(),  # what the network gets of pixels and targets
    "distance": distance, "content": 0.03, "style": 1.0,
    "hold": lambda pixels: [pixels],  # what the optimiser may change
    "optimiser": lambda held: torch.optim.LBFGS(
        held, max_iter=1, tolerance_grad=0, tolerance_change=0),
    "clear": lambda optimiser: optimiser.zero_grad(),
    "between": lambda pixels: pixels.clamp_(0, 1),  # after each step
    "save": check.to_bytes.reference,  # (1, 3, H, W) -> bytes (H, W, 3)
}
assert distance(torch.tensor([3.0, 1.0]), torch.tensor([1.0, 1.0])) == 2

# %%
def paint(steps=20, **changes):
    """{part: replacement} -> a run: its start, pixels, the picture as saved, and its history."""
    do, history = SimpleNamespace(**HEALTHY | changes), []

    start, painting = do.load("tuebingen"), do.load("starry_night")
    target, _ = look(do.network, do.target(start))
    wanted = [gram_matrix(maps) for maps in look(do.network, do.target(painting))[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser = do.optimiser(do.hold(pixels))

    def closure():
        do.clear(optimiser)
        content, styles = look(do.network, do.feed(pixels))
        terms = {"content": do.distance(content, target)}
        apart = [do.distance(gram_matrix(maps), gram) for maps, gram in zip(styles, wanted)]
        terms["style"] = sum(apart) / 5
        terms["total"] = do.content * terms["content"] + do.style * terms["style"]
        terms["total"].backward()
        history.append({k: v.item() for k, v in terms.items()} | {"step": len(history) + 1})
        return terms["total"]

    for _ in range(steps):
        optimiser.step(closure)
        do.between(pixels.data)
    seen = do.save(pixels.detach()).permute(2, 0, 1)[None] / 255
    return SimpleNamespace(start=start, pixels=pixels.detach(), seen=seen, history=history)

# %% [markdown]
# ## 2 · The waiting room
#
# Ten patients, each with one thing wrong, and a healthy run beside them: the same photograph, painting and 20 evaluations. (E and F use
# Adam, the others L-BFGS; J has only a piece of the sky, where its illness shows best, and 30 evaluations.) No error was raised and no warning printed.

# %%
healthy = paint()
runs = {letter: paint(**sick(letter)) for letter in "ABCDEFGHIJ"}
wall = {"healthy": healthy.seen} | {letter: run.seen for letter, run in runs.items()}
show.pictures(wall, "The waiting room (144 × 192; J: 112 × 192)", height=1.95)
check.predict("The first content loss is not 0 in", options=[
    "none of them", "D, the white one", "E and F, the noise", "I, the grey one"])

# %% [markdown]
# **What to see.** A and B look like the photograph, C is black and D white (it hangs in the empty place), E and F are noise. G and H have wrong colours, I lies behind a grey veil, and J has
# a frame.
#
# A first sign needs no code. [07](07_optimisation_loop.ipynb) asked you for the gradient of the content term at the photograph: it is 0, because the content
# loss itself is 0 there, and all our runs start at the photograph.
#
# > **Predict** · So the *first* content loss should be 0. In which patients is it not? (The card stands under the wall.)
#
# A picture alone is not enough: several illnesses look alike. Take its **vital signs**. With start $s$ and picture $x$, both (1, 3, H, W), before it is saved,
# and the losses $L_1 … L_n$:
#
# - *finite*: the share of the values of $x$ that are numbers (neither NaN nor infinite);
# - *outside*: the share that lies below 0 or above 1;
# - *moved*: the mean $|x - s|$ of the finite values;
# - *fell*: $L_n / L_1$.
#
# By hand: $s = (0, 0.5)$, $x = (0.2, 1.5)$ and losses 0.4, 0.1 give finite 1, outside 0.5, moved 0.6, fell 0.25.
#
# > **Your turn** · core · 7 min · ●●○ — Write them. They stand under every patient from here on.

# %% tags=["exercise"]
# 7 min · ●●○
def vital_signs(start, picture, losses):
    """(1, 3, H, W) twice, a list -> {"finite": …, "outside": …, "moved": …, "fell": …}"""
    # Your turn.
    return None

check.vital_signs(vital_signs)

# %% [markdown]
# <details><summary>Hint 1 · moved is NaN</summary>
#
# One NaN spoils a mean. Choose the finite values first: `fine = picture.isfinite()`, then `(picture - start)[fine]`.
#
# </details>
#
# <details><summary>Hint 2 · how to get a share</summary>
#
# The mean of a question: `(picture > 1).float().mean().item()`. "Or" between two of them is `|`, with brackets around each.
#
# </details>

# %% tags=["solution"]
def vital_signs(start, picture, losses):
    """(1, 3, H, W) twice, a list -> {"finite": …, "outside": …, "moved": …, "fell": …}"""
    fine = picture.isfinite()
    outside = (picture < 0) | (picture > 1)
    return {
        "finite": fine.float().mean().item(),
        "outside": outside.float().mean().item(),
        "moved": (picture - start)[fine].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }

# %% [markdown] tags=["solution"]
# **Why.** Each number answers one question before you look at the picture: is it still made of numbers, can it be shown, did anything happen, did it help?

# %%
vital_signs = check.vital_signs.mine or check.vital_signs.reference
by_hand = torch.tensor([0.0, 0.5]).view(1, 1, 1, 2), torch.tensor([0.2, 1.5]).view(1, 1, 1, 2)
assert abs(vital_signs(*by_hand, [0.4, 0.1])["moved"] - 0.6) < 1e-6


def see(named, title):
    """{name: run}, a title -> their pictures and vital signs."""
    show.pictures({name: run.seen for name, run in named.items()}, title, 3, height=2.4)
    for name, run in named.items():
        signs = vital_signs(run.start, run.pixels, [row["total"] for row in run.history])
        print(f"{name:12}", "   ".join(f"{sign} {value:.2g}" for sign, value in signs.items()))


def ward(*letters):
    """Two patients beside the healthy run, with their curves, and the question what ails them."""
    beds = {letter: runs[letter] for letter in letters} | {"healthy": healthy}
    see(beds, f"Patients {' and '.join(letters)}")
    show.loss_curves({name: run.history for name, run in beds.items()}, "Their total loss")
    display(*map(diagnose, letters))


print([f"{letter}: {run.history[0]['content']:.2g}" for letter, run in runs.items()])
check.score("I, the grey one", because="only there the photograph is not its own target.")

# %% [markdown]
# A value of 0 says: pixels and target take the same way through the same network. I's 13 says that they do not.
#
# ## 3 · Ward one: nothing happened

# %%
ward("A", "B")

# %% [markdown]
# **What to see.** Both pictures are still the photograph, and both curves are flat. But they lie at very different heights, and only in one of them *moved* is exactly 0.
#
# > **Predict** · What ails A, what ails B? Choose among the causes on the cards.
#
# <details><summary>An examination: the losses of A and B with all their digits</summary>
#
# `print([row["total"] for row in runs["A"].history[:5]])`, and the same for B. Which of them changes at all?
#
# </details>
#
# The cures are one line each: the part that was wrong, put right.

# %%
cured = {
    "A cured": paint(**sick("A") | {"hold": lambda pixels: [pixels]}),
    "B cured": paint(**sick("B") | {"content": 0.03, "style": 1.0}),
}
display(reveal("A"), reveal("B"))
see(cured, "After the cure")

# %% [markdown]
# **What to see.** Both paint, and their signs are those of the healthy run. A's optimiser held a tensor that
# the loss never saw: it has no gradient, so nothing was moved.
#
# B's 1e-4 is not wrong in itself: in a program whose style term is a sum over undivided Gram matrices it may be right. Weights cannot be copied without their
# loss.
#
# ## 4 · Ward two: nothing is left

# %%
ward("C", "D")

# %% [markdown]
# **What to see.** Black and white, and two different stories: C has no curve (one loss, then NaN), D's jumps up at once and stays. Then read *finite* and
# *moved*: pixels between 0 and 1 cannot move by more than 1.
#
# > **Predict** · What ails C and D?

# %%
cured = {
    "C cured": paint(**sick("C") | {"distance": HEALTHY["distance"]}),
    "D cured": paint(**sick("D") | {"load": lambda name: 255 * load_image(name, 192) / 255}),
}
display(reveal("C"), reveal("D"))
see(cured, "After the cure")

# %% [markdown]
# **What to see.** Both are back. C had one root too many; D one division too few.
#
# <details><summary>C with a pencil</summary>
#
# $\frac{d}{du}\sqrt u = \frac{1}{2\sqrt u}$, which is infinite at $u = 0$. The square under it, $u = \lVert F - P\rVert^2$, has the slope $2(F - P) = 0$. The chain rule multiplies
# them, and ∞ · 0 is NaN. The same happens to $0/0$: a layer that is silent for the painting has a Gram matrix of zeros, and a relative distance divides by its norm. The
# package divides by at least $10^{-12}$.
#
# </details>
#
# ## 5 · Ward three: noise

# %%
ward("E", "F")

# %% [markdown]
# **What to see.** E is confetti; F is a patchwork of green and violet, through which the bright houses glimmer. The curves differ: E's leaps up by powers of ten at the *second* step, F's falls first, then swings and
# climbs.
#
# > **Predict** · What ails E and F?
#
# F needs one line. E needs a number, and nobody knows it beforehand: it depends on the loss, the optimiser and the range of the pixels. So try a few, with
# short runs.
#
# > **Your turn** · core · 6 min · ●○○ — Write the scan. `run(rate)` gives the losses of a run; return the rate whose *last* loss is lowest. Runs that end in NaN or
# > infinity do not count. Your scan heals E.
#
# > **Predict** · Which of Adam's rates ends lowest after 12 steps? (The card stands behind the exercise.)

# %% tags=["exercise"]
# 6 min · ●○○
def pick_rate(run, rates):
    """A function rate -> list of losses, a list of rates -> the best rate."""
    # Your turn.
    return None

check.pick_rate(pick_rate)

# %% [markdown]
# <details><summary>Hint 1 · a loss comes out, or a wrong rate</summary>
#
# `ends = {rate: run(rate)[-1] for rate in rates}`, then `min(ends, key=ends.get)`: the key with the smallest value.
#
# </details>
#
# <details><summary>Hint 2 · NaN wins</summary>
#
# Every comparison with NaN is false, so `min` may keep it. Leave out what is not `math.isfinite` first.
#
# </details>

# %% tags=["solution"]
import math


def pick_rate(run, rates):
    """A function rate -> list of losses, a list of rates -> the best rate."""
    ends = {rate: run(rate)[-1] for rate in rates}
    ends = {rate: end for rate, end in ends.items() if math.isfinite(end)}
    return min(ends, key=ends.get)

# %% [markdown] tags=["solution"]
# **Why.** The last picture is the one that you get, so the last loss counts, not the lowest on the way. Steps of a factor of ten find the size; a second scan
# around the winner finds the rest.

# %%
def adam(rate):
    """A rate -> what makes an optimiser."""
    return lambda held: torch.optim.Adam(held, lr=rate)


def short_run(rate):
    losses = [row["total"] for row in paint(steps=12, optimiser=adam(rate)).history]
    print(f"rate {rate:<7} first loss {losses[0]:.3f}   last {losses[-1]:.3f}")
    return losses


check.predict(
    "Of Adam's rates, the best after 12 steps is", options=["0.0003", "0.003", "0.03", "0.3"])

# %%
rate = (check.pick_rate.mine or check.pick_rate.reference)(short_run, [0.0003, 0.003, 0.03, 0.3])
cured = {
    "E cured": paint(**sick("E") | {"optimiser": adam(rate)}),
    "F cured": paint(**sick("F") | {"clear": lambda optimiser: optimiser.zero_grad()}),
}
creep = "smaller ones creep, the larger one scatters the pixels."
display(check.score(str(rate), because=creep), reveal("E"), reveal("F"))
see(cured, "After the cure")

# %% [markdown]
# **What to see.** Both have strokes again, and the same signs: F uses Adam, too, with the rate that your scan finds.
#
# E's rate came from a program with pixels from 0 to 255, where a step of 10 is a small one. On ours it is ten times the way from black to white.
#
# ## 6 · Ward four: wrong colours

# %%
ward("G", "H")

# %% [markdown]
# **What to see.** G's brushwork is right and its sky orange; H is right except for glowing spots in the dark. The curves are healthy: whatever is wrong here does not enter
# the loss.
#
# > **Predict** · What ails G and H? Look at *outside*, too.
#
# The loop ends with floats, and a file holds bytes. Let us write the last step once and well. A value $v$ becomes $\mathrm{round}(255 \cdot \min(1, \max(0, v)))$;
# by hand, −0.01, 0.5 and 1.004 become 0, 128 and 255. (Without the clamp the outer two are −3 and 256, and a byte holds 253 and 0.)
#
# > **Your turn** · bonus · 5 min · ●○○ — A picture (1, 3, H, W) in, bytes (H, W, 3) out. It saves every picture from here on, and heals both.

# %% tags=["exercise"]
# 5 min · ●○○
def to_bytes(image):
    """(1, 3, H, W), around 0…1 -> (H, W, 3), uint8."""
    # Your turn.
    return None

check.to_bytes(to_bytes)

# %% [markdown]
# <details><summary>Hint 1 · wrong shape</summary>
#
# `[0]` takes the picture out of its batch; `permute(1, 2, 0)` brings the channels to the end.
#
# </details>
#
# <details><summary>Hint 2 · some values are far off, or all a little too small</summary>
#
# Clamp *before* the conversion; `.to(torch.uint8)` cuts fractions off, so `.round()` first.
#
# </details>

# %% tags=["solution"]
def to_bytes(image):
    """(1, 3, H, W), around 0…1 -> (H, W, 3), uint8."""
    return (255 * image.clamp(0, 1)).round().to(torch.uint8)[0].permute(1, 2, 0)

# %% [markdown] tags=["solution"]
# **Why.** Clamping loses what no screen can show; wrapping turns it into its opposite. Stretching the picture to its extremes is no cure: one odd pixel would
# change all colours.

# %%
HEALTHY["save"] = check.to_bytes.mine or check.to_bytes.reference
cured = {f"{letter} cured": paint(**sick(letter) | {"save": HEALTHY["save"]}) for letter in "GH"}
display(reveal("G"), reveal("H"))
see(cured, "After the cure")

# %% [markdown]
# **What to see.** The sky is blue and the sparks are gone, and the signs have not changed by a digit: the fault lay behind the loop. H's pixels still go
# *outside* a little, since it never clamps between its steps.
#
# ## 7 · Ward five: a veil and a frame

# %%
ward("I", "J")

# %% [markdown]
# **What to see.** I starts hundreds of times too high and falls a long way, to a picture without contrast. J's curve falls as it should, and its sky has a plain band along
# the border, blue at the top and the left, yellowish at the right and the bottom.
#
# > **Predict** · What ails I and J? (I's first content loss was not 0: section 2.)
#
# The curve of J looks as good as any. And I's illness suggests one more question.
#
# > **Predict** · What if the normalisation is forgotten *everywhere*, for pixels and both targets?

# %%
nowhere, painted = "Without any normalisation, the picture", "is painted all the same"


def as_it_is(image):
    return image


def rim(image, side=8):
    """How much lighter the outer 8 pixels are than the rest, on average."""
    inside = torch.zeros_like(image, dtype=torch.bool)
    inside[..., side:-side, side:-side] = True
    return (image[~inside].mean() - image[inside].mean()).item()


check.predict(nowhere, options=["is grey as well", painted, "is noise"])

# %%
cured = {
    "I cured": paint(**sick("I") | {"feed": Normalize()}),
    "J cured": paint(**sick("J") | {"network": HEALTHY["network"]}),
    "none at all": paint(feed=as_it_is, target=as_it_is),
}
nearly = "both sides are wrong in the same way."
display(reveal("I"), reveal("J"), check.score(painted, nearly, question=nowhere))
see(cured, "After the cure, and a run without any normalisation")
skies = {"J's start": runs["J"].start, "J": runs["J"].seen, "J cured": cured["J cured"].seen}
for name, image in skies.items():
    print(f"border against inside, {name:10} {rim(image):+.3f}")

# %% [markdown]
# **What to see.** The veil and the frame are gone (a few specks are left at J's right edge), and without *any* normalisation there are strokes, too, if only flat waves in the sky. (J's border was 0.009
# darker than its inside, against 0.001 in the photograph and 0.002 after the cure: small numbers for a frame that one sees at once.) A fault on both
# sides of a comparison nearly cancels; on one side it ruins the picture.
#
# That is why such programs live for years: they look healthy. (On mini, with this pair. Which error is visible on another network has to be tried there.)
#
# ## 8 · The last patient
#
# A loop as one finds it: twenty lines, **four faults**, no error message. `features(image)` takes a picture in 0…1 and gives the content maps and a list of style maps;
# `distance` is the one of section 1.
#
# > **Your turn** · core, graded · 12 min · ●●● — Heal it. The card says how many faults are left. Your loop then paints the last picture.

# %% tags=["exercise"]
# 12 min · ●●●
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    """-> (the last picture, a list with the loss of each evaluation). Four faults."""
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2)

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        pixels.data.clamp_(0, 1)
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = distance(content, target) + content_weight * style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
    return pixels.detach(), losses

check.repair(repair)

# %% [markdown]
# <details><summary>Hint 1 · how to search</summary>
#
# Read it against 07, line by line: what is divided by what, what is cleared when, what is moved where, which weight stands at which term?
#
# </details>
#
# <details><summary>Hint 2 · three are found, one is left</summary>
#
# The pictures differ in size (what does the Gram matrix divide by?). Gradients add up (who clears them?). A closure must not move the pixels (where does the clamp
# belong?). It is the *content* weight.
#
# </details>

# %% tags=["solution"]
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    """-> (the last picture, a list with the loss of each evaluation)."""
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses

# %% [markdown] tags=["solution"]
# **Why.** Undivided Gram matrices grow with the picture, and photograph and painting differ in size. Gradients of earlier evaluations pile up. A clamp in the closure
# moves the point behind the optimiser's back. And the weight of the content belongs to the content.

# %%
def features(image):
    return look(HEALTHY["network"], Normalize()(image))


heal = check.repair.mine or check.repair.reference
photo, painting = load_image("tuebingen", 384), load_image("starry_night", 384)
picture, losses = heal(features, photo, painting, HEALTHY["optimiser"], 45, 0.03)
show.pictures({f"loss {losses[0]:.3f} → {losses[-1]:.4f}": picture}, "Healed (288 × 384)", height=5)
print({sign: round(value, 3) for sign, value in vital_signs(photo, picture, losses).items()})

# %% [markdown]
# **What to see.** Strokes, colours and houses, all three, from a loop that had four faults a moment ago. The strokes are shorter than in section 1: this loop has one size only, and α = 0.03.
# The vital signs are healthy, too.
#
# ## 9 · The chart
#
# Begin with the picture, let the curve and the signs decide, and change *one* thing.

# %%
show.flow_chart(flow_chart(), "My picture is … → and the sign is … → the cause → the cure")
display(Markdown(flow_table()))

# %% [markdown]
# **What to see.** Eight things that one can see, eleven causes: wherever two share a picture, the sign tells them apart. The table says the same in words; it stands
# in the course's `docs/failures.md`, too.
#
# <details><summary>Failures that did not come to this clinic</summary>
#
# Some need no clinic, since an error message names them: a picture too small for relu5_1; a network on another device, or in another precision, than the picture; `detach` on the pixels' maps ("does not require grad");
# targets computed with trainable weights and without `no_grad` ("backward through the graph a second time"). Their quiet relative: a list of losses without `.item()` keeps every graph, and the memory grows.
#
# Others have their place elsewhere: the in-place ReLU in [03](03_inside_vgg.ipynb), the rippled skies of max pooling in [02](02_convolutions_and_features.ipynb), too little total variation in [06](06_losses_and_weights.ipynb). Batch
# normalisation left in training mode cannot happen here, for VGG-19 has none; a network that has it needs `eval()`, or its maps depend on what else is in the batch.
#
# </details>
#
# ## Summary
#
# - Look at picture, curve and signs: no single one is enough.
# - At the photograph the first content loss is 0. If it is not, pixels and targets take different ways.
# - A healthy curve with a wrong picture: look behind the loop first (G, H), then at the network (J).
# - NaN comes from a root or a quotient at 0; noise from a step that is too long, or from old gradients.
# - Change one thing, and keep a healthy run beside it.
#
# ## Common mistakes
#
# - "More steps" for a picture that does not change at all.
# - A smaller learning rate for whatever is noisy, before the curve was looked at.
# - Two cures at once: you will not know which one helped.
# - Weights, rates and mean values copied from a program with another loss or another range of pixels.
#
# ## Challenge
#
# *Open, an hour or more.* Breed an eleventh patient: one part of `HEALTHY` replaced, no error raised, a picture that resembles one of the ten, and a sign that tells it apart.
# *Red and blue exchanged in the targets only? Max pooling? Random weights? The painting loaded at 32 pixels? Squares replaced by absolute values?* Give its picture to somebody else first.
#
# <details><summary>A way to begin</summary>
#
# `paint(between=lambda pixels: pixels.mul_(8).round_().div_(8))` resembles A and B. What is its sign?
#
# </details>
#
# ## References
#
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). [Image style transfer using convolutional neural networks](https://doi.org/10.1109/CVPR.2016.265). *CVPR*.
# - D. P. Kingma, J. Ba (2015). [Adam: a method for stochastic optimization](https://arxiv.org/abs/1412.6980). *ICLR*. Its step has about the length of the rate (section 2.1).
# - D. C. Liu, J. Nocedal (1989). [On the limited memory BFGS method for large scale optimization](https://doi.org/10.1007/BF01589116). *Mathematical Programming*.
# - B. Alsallakh, N. Kokhlikyan, V. Miglani, J. Yuan, O. Reblitz-Richardson (2021). [Mind the pad: CNNs can develop blind spots](https://arxiv.org/abs/2010.02178). *ICLR*. What zeros at the border do.
# - Public reports of such patients: [range, channel order and means forgotten](https://github.com/jcjohnson/neural-style/issues/450); [means subtracted along the wrong axis](https://github.com/keras-team/keras/issues/1891); [channel order, and pixels changed between
#   the steps of L-BFGS](https://github.com/keras-team/keras/issues/3340); [black pictures](https://github.com/jcjohnson/neural-style/issues/47); [NaN from a grey picture](https://github.com/dsanno/chainer-neural-style/issues/7); [an in-place
#   operation](https://github.com/halahup/NeuralStyleTransfer/issues/1); [a dark frame](https://github.com/Lasagne/Recipes/issues/24).
#
# Photograph: the Neckarfront in Tübingen, Andreas Praefcke (CC BY 3.0); changed here. All others: `data/README.md`.
#
# [← 11 · Beyond Gatys](11_beyond_gatys.ipynb) · [13 · Gallery →](13_gallery.ipynb)
