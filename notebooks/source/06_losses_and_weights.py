# %% [markdown]
# # 06 · Losses and weights
#
# **What do the weights mean, and why is it 1e6 there and 1e-2 here?**
#
# ![A cup of coffee on a wooden table, five times: on the left nearly the photograph, on the right red and white fields and black bars, with a cup that has lost its saucer. Below: the same cup, painted with the style of one layer each: on the left in the painting's colours and soft forms, on the right brown as in the photograph, with thin strokes.](attachment:06_losses_and_weights.jpg)
#
# **You will**
#
# - write the style loss, the total variation and their weighted sum, and check each with a pencil;
# - see each term's gradient as a picture, and a weight as the fader that mixes them;
# - find out which habits (sums or means, 0–255 or 0–1, the division of the Gram matrix) make a weight large or small;
# - turn the weight from photograph to painting, choose the layers of the style, and smooth without blurring;
# - convert a weight from another tutorial, and prove with pictures that the conversion holds.
#
# **You need** [04 · What layers remember](04_what_layers_remember.ipynb) for the content term and
# [05 · Gram matrices](05_gram_matrices.ipynb) for the style term; derivatives as in school.
#
# **Reading** 40 minutes, exercises 30 minutes. **Running** about a minute and a half in all, on two CPU cores.

# %%
# In Colab this installs the course; anywhere else it does nothing.
import importlib.util
import sys

if "google.colab" in sys.modules and importlib.util.find_spec("nsthelpers") is None:
    # %pip install -q "git+{{repository}}"

# %% [markdown]
# One network, one photograph and one painting serve for the whole notebook. They are small, so that each picture below
# is painted before your eyes, in a second or two.

# %%
from dataclasses import replace
from itertools import combinations
import matplotlib.pyplot as plt
import torch
from nsthelpers import (StyleTransferLoss, content_loss, extract_features, gram_matrix, load_backbone, load_image,
                        minimise, scrubber, show, style_loss, total_variation_loss)
from nsthelpers.checks import losses_and_weights as check
from nsthelpers.conventions import CONVENTIONS, ConventionLoss, compare, convention_loss, convert
from nsthelpers.losses import STYLE_LAYERS
show.setup_notebook()

# %% [markdown] tags=["teacher"]
# **Teaching notes.** *Ninety minutes:* sections 1–3 (35 minutes, with `style_loss` and `total_variation` as pair work),
# 4 with its two figures (15), 6 (15), 9 (15), summary (5). Section 5 fits into a sentence; 7 and 8 make good homework.
#
# *Misconceptions to expect:* "a larger weight means more style" (only within one program); "the losses should be equal"
# (it is the gradients that move the picture); "1e6 is a sign of a bug"; "total variation blurs" (it flattens, and
# leaves an edge where it is).
#
# *Talking point:* let everybody write down the style weight that they have used or seen, and where. Collect them on the
# board, unsorted. They are sorted in section 4, by something better than their size.

# %% [markdown]
# ## 1 · Three programs, one picture
#
# The PyTorch tutorial on style transfer has a style weight of 1,000,000. TensorFlow's tutorial has 0.01, and the
# example of Keras 0.000001. They want the same thing, a photograph painted like a painting. Who is right?
#
# The package knows the formulas of ten such programs. `ConventionLoss` is the loss of one of them, here always with
# *our* network, so that only the formulas and their weights differ. `painted` is the same for all: it starts at the
# photograph and makes 40 evaluations with L-BFGS (how that works is the subject of [07](07_optimisation_loop.ipynb)).
# The total variation is left out for now (`tv=None`).
#
# > **Predict** · Three style weights: 1e6 (PyTorch), 1e-2 (TensorFlow), 1e-6 (Keras). In which order of strength do you
# > expect the style?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# Two programs print the length of the same table, one in metres and one in millimetres. Which number is larger, and
# which table?
#
# </details>

# %%
backbone = load_backbone("mini")
photo, painting = load_image("coffee", 128), load_image("de_stijl", 128)
orders = ["1e6, 1e-2, 1e-6", "1e6, 1e-6, 1e-2", "1e-6, 1e-2, 1e6"]
check.predict("From the strongest style to the weakest, in which order?", options=orders)


# %%
def painted(loss, steps=40):
    """A loss -> the best picture of a run of L-BFGS that starts at the photograph."""
    return min(minimise(loss, photo, steps), key=lambda record: record.losses["total"]).image


def as_they_do(name, weight=None):
    """The name of a program -> the photograph, painted by its formula, with its style weight or another one."""
    known = CONVENTIONS[name]
    style = known.style if weight is None else replace(known.style, weight=weight)
    return painted(ConventionLoss(replace(known, style=style, tv=None), backbone, photo, painting))


ten = {name: as_they_do(name) for name in ("pytorch-tutorial", "keras", "tensorflow")}
captions = {f"{name}\n{CONVENTIONS[name].style.weight:.0e}": image for name, image in ten.items()}
shown = {"the photograph": photo, "the painting": painting} | captions
show.pictures(shown, "The same photograph, painting and network; three formulas", columns=5, height=0.9)
check.score("1e6, 1e-6, 1e-2", because="the weight is one of several factors, and the others are hidden in the formulas")

# %% [markdown]
# **What to see.** With 1e6 the table and the saucer have fallen apart into red, white and blue fields, and the cup is a
# white shape in thick soft outlines. With 0.000001, the smallest of the three numbers, the cup is nearly as far gone.
# With 0.01, ten thousand times that, it is still the photograph; one has to look twice to find that anything has
# changed. The size of the number has told us nothing.
#
# All three are right, each with its own formula. This notebook takes the formulas apart until you can say beforehand
# what a weight will do.
#
# ## 2 · What is added up
#
# The loss of a picture $x$, shape $(1, 3, H, W)$, is a sum of three terms, each one number:
#
# $$L(x) = \alpha\, L_{\text{content}}(x) + \beta\, L_{\text{style}}(x) + \gamma\, L_{\text{tv}}(x), \qquad \alpha, \beta, \gamma \ge 0.$$
#
# $\alpha$, $\beta$, $\gamma$ (alpha, beta, gamma) are the **weights**: one number each, chosen by a person. The terms,
# in the paper's form, at a layer with $C$ channels and $M$ places:
#
# $$L_{\text{content}} = \tfrac12 \sum_{i=1}^{C}\sum_{p=1}^{M} (F_{ip} - P_{ip})^2, \qquad
# E = \frac{1}{4C^2} \sum_{i=1}^{C}\sum_{j=1}^{C} (G_{ij} - A_{ij})^2, \qquad L_{\text{style}} = \tfrac15 \sum_{\text{5 layers}} E,$$
#
# - $F$, $P$, shape $(C, M)$: the features of the picture $x$ and of the photograph;
# - $G = F F^\top / M$ and $A$, shape $(C, C)$: the Gram matrices of the picture and of the painting, as in notebook 05.
#
# Total variation asks for no network. It is the mean size of the step from a pixel to its right neighbour, plus that to
# the neighbour below:
#
# $$L_{\text{tv}} = \operatorname{mean} |x_{r,\,c+1} - x_{r,\,c}| + \operatorname{mean} |x_{r+1,\,c} - x_{r,\,c}|.$$
#
# > **In the paper** · Gatys, Ecker and Bethge 2016 have $\alpha$ and $\beta$ only. Total variation is an older tool
# > against noise (Rudin, Osher and Fatemi 1992), which Mahendran and Vedaldi 2015 brought to pictures made from
# > features. Section 8 is about it.
#
# Take a pencil. $C = 2$ channels, $M = 2$ places; and for total variation a picture of 2 × 3 pixels:
#
# $$F = \begin{pmatrix} 1 & 1 \\ 2 & 0 \end{pmatrix} \quad P = \begin{pmatrix} 1 & 0 \\ 0 & 0 \end{pmatrix} \quad
# A = \begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix} \quad x = \begin{pmatrix} 0 & 0.5 & 1 \\ 0 & 1 & 1 \end{pmatrix}$$
#
# - content: $\tfrac12 (0 + 1 + 4 + 0) = 2.5$;
# - style: $G_{11} = (1 + 1)/2 = 1$, $G_{12} = (2 + 0)/2 = 1$, $G_{22} = (4 + 0)/2 = 2$; so
#   $E = (0 + 1 + 1 + 1)/(4 \cdot 4) = 3/16$;
# - total variation: to the right $(0.5 + 0.5 + 1 + 0)/4 = 0.5$, downwards $(0 + 0.5 + 0)/3 = 1/6$; together $2/3$.

# %% tags=["nbval-check-output"]
F = torch.tensor([[1.0, 1.0], [2.0, 0.0]]).view(1, 2, 1, 2)  # (B, C, H, W), two places in one line
P = torch.tensor([[1.0, 0.0], [0.0, 0.0]]).view(1, 2, 1, 2)
x = torch.tensor([[0.0, 0.5, 1.0], [0.0, 1.0, 1.0]]).view(1, 1, 2, 3)
terms = {"content": content_loss(F, P), "style": style_loss(F, torch.eye(2)[None]), "tv": total_variation_loss(x)}
assert terms["content"] == 2.5 and terms["style"] == 3 / 16 and abs(terms["tv"] - 2 / 3) < 1e-6
print({name: round(term.item(), 4) for name, term in terms.items()})

# %% [markdown]
# Now write two of them.
#
# > **Your turn** · 6 min · ●●○ — `style_loss`: features (B, C, H, W) and a target (B, C, C) in, $E$ out, one number
# > (summed over the batch). You may use `gram_matrix`, which divides by $M$ already. (Name it `my_style_loss`; the
# > package's is used below.)

# %% tags=["exercise"]
# 6 min · ●●○
def my_style_loss(features, target_gram):
    """(B, C, H, W) and (B, C, C) -> one number: Σ (G − A)² / (4·C²)."""
    # Your turn.
    return None

check.style_loss(my_style_loss)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# In this order: $G$, the difference, the squares, the sum, the division. Mind the brackets: `/ 4 * C**2` multiplies by
# $C^2$.
#
# </details>
#
# <details><summary>Hint 2 · right for one input, wrong for another</summary>
#
# `mean()` divides by $B \cdot C^2$ and so agrees with nothing here; and $C$ is `features.shape[1]`, not the number of
# places.
#
# </details>

# %% tags=["solution"]
def my_style_loss(features, target_gram):
    """(B, C, H, W) and (B, C, C) -> one number: Σ (G − A)² / (4·C²)."""
    channels = features.shape[1]
    return (gram_matrix(features) - target_gram).square().sum() / (4 * channels**2)

# %% [markdown] tags=["solution"]
# **Why.** $C^2$ is the number of entries of a Gram matrix, so $E$ is a quarter of the *mean* squared difference. Keep
# this in mind: two programs that differ by "sum or mean" differ by the factor $C^2$ here: 4096 already for the 64
# channels of VGG-19's first block.

# %% [markdown]
# > **Your turn** · 7 min · ●●○ — `total_variation`: a picture (B, 3, H, W) in, one number out. Two means, added.

# %% tags=["exercise"]
# 7 min · ●●○
def total_variation(image):
    """(B, 3, H, W) -> one number: mean |step to the right| + mean |step downwards|."""
    # Your turn.
    return None

check.total_variation(total_variation)

# %% [markdown]
# <details><summary>Hint 1 · how to get all differences at once</summary>
#
# `image[..., 1:]` is the picture without its first column, `image[..., :-1]` without its last. Their difference holds
# every step to the right.
#
# </details>
#
# <details><summary>Hint 2 · an error about shapes, or a value that is a little too small</summary>
#
# There are $H(W-1)$ steps to the right and $(H-1)W$ downwards. Take the mean of each before you add, and do not use
# `roll`, which compares the last column with the first.
#
# </details>

# %% tags=["solution"]
def total_variation(image):
    """(B, 3, H, W) -> one number: mean |step to the right| + mean |step downwards|."""
    right, down = image[..., 1:] - image[..., :-1], image[..., 1:, :] - image[..., :-1, :]
    return right.abs().mean() + down.abs().mean()

# %% [markdown] tags=["solution"]
# **Why.** Means do not depend on the size of the picture, so $\gamma$ need not either. Without `abs` ups and downs
# would cancel, and only the first and last column would count.

# %% [markdown]
# > **Your turn** · 5 min · ●○○ — `combine`: a dictionary of losses and one of weights, by name; $\sum$ weight · loss
# > out. A loss without a weight counts 0.

# %% tags=["exercise"]
# 5 min · ●○○
def combine(losses, weights):
    """{name: loss} and {name: weight} -> one number, the weighted sum."""
    # Your turn.
    return None

check.combine(combine)

# %% [markdown]
# <details><summary>Hint 1 · wrong for one of the inputs only</summary>
#
# The two dictionaries may be in a different order, and one may have a name that the other lacks. Look up by name, never
# by position.
#
# </details>
#
# <details><summary>Hint 2 · KeyError</summary>
#
# `weights.get(name, 0.0)` is 0 where there is no such name.
#
# </details>

# %% tags=["solution"]
def combine(losses, weights):
    """{name: loss} and {name: weight} -> one number, the weighted sum."""
    return sum(weights.get(name, 0.0) * loss for name, loss in losses.items())

# %% [markdown] tags=["solution"]
# **Why.** A sum with weights is a bargain: with $\alpha = 1$ and $\beta = 1000$, lowering the style term by 1 is worth
# raising the content term by up to 1000. What a bargain means depends on the units of what is traded, and that is the
# trouble with weights.

# %% [markdown]
# ## 3 · What pulls on the picture: gradients
#
# A term moves the picture by its **gradient**: one number for each pixel and colour, shape $(1, 3, H, W)$, which says
# how fast the term grows when that number grows. The gradient of a weighted sum is the weighted sum of the gradients:
#
# $$\nabla L = \alpha\, \nabla L_{\text{content}} + \beta\, \nabla L_{\text{style}} + \gamma\, \nabla L_{\text{tv}}.$$
#
# So a weight is a fader: it mixes two or three pictures. By hand, with a "picture" of two numbers:
# $\nabla L_{\text{content}} = (3, 0)$ and $\nabla L_{\text{style}} = (0, 0.04)$. With $\alpha = \beta = 1$ the sum
# $(3,\, 0.04)$ is content alone, for all practical purposes. With $\beta = 100$ it is $(3, 4)$, where style is a little
# ahead. With $\beta = 10^6$ it is style alone. The weight that makes both pull alike is
# $\lVert \nabla L_{\text{content}} \rVert / \lVert \nabla L_{\text{style}} \rVert = 3/0.04 = 75$.
#
# And for a real picture? Let us stop a run after 15 evaluations, *on the way*, and ask the three terms of the paper for
# their values and for the lengths $\lVert \nabla \rVert$ of their gradients.

# %%
mine = StyleTransferLoss(backbone, photo, painting, content_weight=0.1, style_weight=1.0, tv_weight=0.03)
halfway = painted(mine, steps=15)
with torch.no_grad():
    targets = {name: gram_matrix(maps) for name, maps in extract_features(backbone, painting, STYLE_LAYERS).items()}
    wanted = extract_features(backbone, photo, "relu4_2")["relu4_2"]


def paper_terms(image):
    """(1, 3, H, W) -> {"content", "style", "tv"}: the three terms in the paper's form, each one number."""
    maps = extract_features(backbone, image, [*STYLE_LAYERS, "relu4_2"])
    style = sum(style_loss(maps[name], target) for name, target in targets.items()) / len(targets)
    return {"content": content_loss(maps["relu4_2"], wanted), "style": style, "tv": total_variation_loss(image)}


# %%
def pulls(image):
    """A picture -> {term: its gradient, with the shape of the picture}."""
    pixels = image.detach().clone().requires_grad_(True)
    values = paper_terms(pixels)
    return {name: torch.autograd.grad(value, pixels, retain_graph=True)[0] for name, value in values.items()}


values, slopes = paper_terms(halfway), pulls(halfway)
figure, axis = plt.subplots(figsize=(6, 2.6))
for place, (name, value) in enumerate(values.items()):
    axis.bar(place - 0.2, value.item(), 0.4, color=show.COLOURS[name])
    axis.bar(place + 0.2, slopes[name].norm().item(), 0.4, color=show.COLOURS[name], alpha=0.5, hatch="//")
    print(f"{name:8} value {value.item():10.3g}    length of the gradient {slopes[name].norm().item():10.3g}")
axis.set(title="Three terms in the paper's form, at one picture", yscale="log", ylabel="logarithmic")
axis.set_xticks(range(3), values)
axis.set_xlabel(f"plain: value; hatched: length of the gradient, a picture of {tuple(photo.shape)}")
plt.show()

# %% [markdown]
# **What to see.** Mind that the axis is logarithmic. The content term is a sum over all channels and places, and tens
# of thousands of times as large as the style term, which is a mean; total variation is smaller still. The gradients
# differ as much. Added up with weights of 1, the content term would decide alone; nobody meant that. So weights have
# two jobs at once: they make up for what the formulas happen to divide by, and they say what we want. The first job is
# arithmetic, and only the second is art.
#
# > **Your turn** · 4 min · ●○○ — `balance`: a content loss, a style loss and a ratio in, the style weight $w$ out for
# > which $w \cdot$ style is `ratio` times the content loss.

# %% tags=["exercise"]
# 4 min · ●○○
def balance(content, style, ratio):
    """Two losses and a ratio -> the weight w with w · style = ratio · content."""
    # Your turn.
    return None

check.balance(balance)

# %% [markdown]
# <details><summary>Hint 1 · the value is wrong</summary>
#
# Write the equation down and solve it for $w$. If the style loss becomes ten times smaller, $w$ must become ten times
# larger.
#
# </details>
#
# <details><summary>Hint 2 · right for the ratio 1 only</summary>
#
# The ratio multiplies the content loss. It does not divide, and it does not replace a loss.
#
# </details>

# %% tags=["solution"]
def balance(content, style, ratio):
    """Two losses and a ratio -> the weight w with w · style = ratio · content."""
    return ratio * content / style

# %% [markdown] tags=["solution"]
# **Why.** This undoes the first job of a weight: whatever the losses are divided by cancels in
# $\beta = r \cdot L_{\text{content}} / L_{\text{style}}$, and only the ratio $r$ is left to be chosen. But *where* does
# one measure? At the photograph the content loss is exactly 0, and so would be the weight.

# %% [markdown]
# <details><summary>A question before you run on: is it better to balance values or gradients?</summary>
#
# Gradients move the picture, values do not. A term may have a large value and hardly any slope, such as a loss with a
# large constant added to it: then equal values would let the other term decide alone. `balance` works with either.
#
# </details>
#
# Now the fader. Take $\alpha = 1$ and no total variation, and find the $\beta$ at which content and style pull alike,
# by the lengths of their gradients. (`check.balance.reference` is the check's own answer; put your `balance` in its
# place.) Then draw the step that each of the three terms asks for, $-\nabla$, and that of the sum of content and style,
# with a hundredth of that weight, with just that weight, and with a hundred times it. Grey is "stay", lighter is
# "grow", and every picture has its own scale.

# %%
assert abs(check.balance.reference(3.0, 0.04, 1.0) - 75) < 1e-6  # with a pencil
even = check.balance.reference(slopes["content"].norm(), slopes["style"].norm(), 1.0)
mixes = {f"β = {factor} × {even:.0e}": slopes["content"] + factor * even * slopes["style"] for factor in (0.01, 1, 100)}
shown = {"the picture on the way": halfway}
shown |= {f"{name} alone": show.step_picture(slope) for name, slope in slopes.items()}
shown |= {name: show.step_picture(mix) for name, mix in mixes.items()}
show.pictures(shown, f"The steps of the terms and of their sum, {tuple(photo.shape)} each", columns=4, height=0.9)
for name, mix in mixes.items():
    alike = {term: torch.cosine_similarity(mix.flatten(), slopes[term].flatten(), dim=0) for term in ("content", "style")}
    print(f"{name:18}", "  ".join(f"like {term}: {value:.2f}" for term, value in alike.items()))
shuffled = slopes["style"].flatten()[torch.randperm(photo.numel(), generator=torch.Generator().manual_seed(0))]
print(f"control: like the shuffled style step: {torch.cosine_similarity(mix.flatten(), shuffled, dim=0):.2f}")

# %% [markdown]
# **What to see.** Above, three wishes: content is busiest on the saucer, left and right of the cup; style draws the rim
# of the cup as a pale ring, which cannot be found in the content step; total variation asks for corrections of single
# pixels, in a few fixed sizes only (its gradient adds up signs). Below, content and style are added up: on the left the
# sum cannot be told from content, on the right hardly from style; in the middle both can be made out. The cosines say
# it in numbers (1 is the same direction, −1 the opposite, 0 what the shuffled control has). And they say more: where
# one term has its way, the other's cosine is *negative*. The two pull against each other.
#
# So a weight does its work within a few powers of ten around the *even* one. Far below it the term is not heard; far
# above it nothing else is. A weight should be told relative to that point, never as a bare number.
#
# The same holds for total variation: it has its own even point, which `balance` finds from the lengths of its gradient
# and another's. [07 · The optimisation loop](07_optimisation_loop.ipynb) shows how such steps add up to a run.
#
# ## 4 · What is hidden in a formula
#
# Now the ten programs. They agree on what to compare and differ in what they divide by. Take
# $S = \sum_{ij} (G_{ij} - A_{ij})^2$ with our $G = FF^\top/M$. The style terms of one layer are then, without their
# weights:
#
# | program | Gram matrix divided by | squares divided by | in our $S$ |
# | --- | --- | --- | --- |
# | the paper | (in the loss) | $4 C^2 M^2$ | $S / 4C^2$ |
# | TensorFlow | $M$ | $C^2$ (a mean) | $S / C^2$ |
# | gatys-pytorch, by Gatys himself | $M$ | $C^2$ (a mean), then $C^2$ | $S / C^4$ |
# | PyTorch tutorial, D2L, neural-style | $C M$ | $C^2$ (a mean) | $S / C^4$ |
# | Udacity | 1 | $C^2$ (a mean), then $C M$ | $S M / C^3$ |
# | gordicaleksa, CS231n | $C M$ | 1 (a sum) | $S / C^2$ |
# | Keras | 1 | $36 P^2$, $P$ = pixels of the picture | $S M^2 / 36 P^2$ |
#
# $C$ is the number of channels of the layer, $M$ its number of places. By hand, with $C = 3$, $M = 2$,
#
# $$F = \begin{pmatrix} 1 & 1 \\ 2 & 0 \\ 0 & 0\end{pmatrix}, \quad \text{painting: } \begin{pmatrix} 1 & 1 \\ 0 & 0 \\ 0 & 0\end{pmatrix}; \qquad
# G = \begin{pmatrix} 1 & 1 & 0 \\ 1 & 2 & 0 \\ 0 & 0 & 0\end{pmatrix}, \quad A = \begin{pmatrix} 1 & 0 & 0 \\ 0 & 0 & 0 \\ 0 & 0 & 0\end{pmatrix}, \quad S = 1 + 1 + 4 = 6:$$
#
# the paper $6/36$, TensorFlow $6/9$, the PyTorch tutorial $6/81$, Udacity $6 \cdot 2/27$. Two pictures, one difference,
# and four numbers.

# %% tags=["nbval-check-output"]
one = torch.tensor([[1.0, 1.0], [2.0, 0.0], [0.0, 0.0]]).view(1, 3, 1, 2)
other = torch.tensor([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]).view(1, 3, 1, 2)
on_paper = {"gatys-2016": 6 / 36, "tensorflow": 6 / 9, "pytorch-tutorial": 6 / 81, "udacity": 12 / 27}
for name, value in on_paper.items():
    term = CONVENTIONS[name].style.unit("relu1_1")  # weight 1, one layer
    (found,) = term.per_layer({"relu1_1": one}, term.prepare({"relu1_1": other}), pixels=2).values()
    assert abs(found - value) < 1e-6
    print(f"{name:17} {found:.4f}")

# %% [markdown]
# There is one more hidden factor, and it is the largest: the **units of the pixels**. TensorFlow, Keras and others use
# networks that were trained on pixels from 0 to 255; ours, like torchvision's, on pixels from 0 to 1, divided by a
# deviation of 0.226 on average. So theirs are larger by $s = 255 \cdot 0.226 \approx 58$, and if everything else is
# alike, so are all activations. Squares of features then grow by $s^2 \approx 3 \cdot 10^3$, squares of Gram matrices
# by $s^4 \approx 10^7$. ("If": other weights are another network. `ConventionLoss` multiplies our features by $s$,
# which is right in size, but their numbers on their own weights would differ in the digits.)
#
# All factors together, for the picture *on the way*: on the left of the next figure the length of the style term's
# gradient, divided by that of the content term's, both without weights; then the weights, style by content; on the
# right the product of the two, the program's real **pull**. At 1 the two are even, in the sense of section 3.

# %%
names = [name for name in CONVENTIONS if name != "nsthelpers"]


def plain(name):
    """A convention without total variation, and with a content and a style weight of 1."""
    known = CONVENTIONS[name]
    return replace(known, content=replace(known.content, weight=1.0), style=replace(known.style, weight=1.0), tv=None)


ratios = {}
for name in names:
    pixels = halfway.clone().requires_grad_(True)
    terms = ConventionLoss(plain(name), backbone, photo, painting)(pixels)
    style, content = (torch.autograd.grad(terms[kind], pixels, retain_graph=True)[0] for kind in ("style", "content"))
    gradient = (style.norm() / content.norm()).item()
    weight = CONVENTIONS[name].style.weight / CONVENTIONS[name].content.weight
    ratios[name] = (gradient, weight, gradient * weight)
ranked = sorted(names, key=lambda name: ratios[name][2])
figure, axes = plt.subplots(1, 3, figsize=(8.5, 2.8), sharey=True)
titles = ("gradients: style / content", "weights: style / content", "pull: the product")
for column, (axis, title) in enumerate(zip(axes, titles)):
    axis.hlines(range(10), 1, [ratios[name][column] for name in ranked], color="0.7")
    axis.plot([ratios[name][column] for name in ranked], range(10), "o", color="#D55E00")
    axis.set(title=title, xscale="log", xlim=(1e-7, 1e9), yticks=range(10), yticklabels=ranked)
    axis.axvline(1, color="0.5", linewidth=0.8)
figure.suptitle("Ten programs, one picture: what the formula gives, what the weight adds, what comes out")
plt.show()

# %% [markdown]
# **What to see.** The middle column is what one reads in a program, and it spans twelve powers of ten. The left column
# is what its formula does behind one's back, and spans about eight. Where one is far to the right, the other is often
# far to the left: TensorFlow has the smallest weight and one of the largest gradients, the paper a large weight and the
# smallest gradient. The programs are sorted by the right column. The outlier at the top is Udacity's formula, whose $M$
# alone is about ten thousand in the first layer.
#
# Does the pull tell what the pictures will look like? Paint with all ten, and put them in the order of the right
# column.

# %%
ten |= {name: as_they_do(name) for name in names if name not in ten}
captions = {f"{n}. {name}": ten[name] for n, name in enumerate(ranked, 1)}
show.pictures(captions, "Ten programs on one network, from the weakest pull to the strongest", columns=5, height=0.9)
judge = StyleTransferLoss(backbone, photo, painting)


def scores(image):
    """A picture -> (relative content distance, relative style distance)."""
    with torch.no_grad():
        terms = judge(image)
    return terms["content"].item(), terms["style"].item()


away = {name: scores(image)[0] for name, image in ten.items()}
rankings = {"style weight as written": lambda name: CONVENTIONS[name].style.weight}
rankings |= {"style weight / content weight": lambda name: ratios[name][1], "pull": lambda name: ratios[name][2]}
for title, key in rankings.items():
    right = sum((key(a) - key(b)) * (away[a] - away[b]) > 0 for a, b in combinations(names, 2))
    weakest = ", ".join(f"{away[name]:.2f}" for name in sorted(names, key=key)[:3])
    print(f"{title:30} {right} of 45 pairs in order; content distances of its three weakest: {weakest}")
print(f"style distances: cs231n {scores(ten['cs231n'])[1]:.2f}, the photograph {scores(photo)[1]:.2f}")

# %% [markdown]
# **What to see.** The first two are still the photograph; from the third on the wooden table has gone. Between them lies
# the even point: the pull of the second is far below 1, that of the third above it. Among the other eight, "from strong
# to stronger" is a small step, as section 3 told us, and most of what tells them apart has other reasons than the
# weight: CS231n and PyTorch's tutorial look at shallow layers only, and get speckled edges and soft blots.
#
# The printed lines say it in numbers, with two controls. Each picture is measured with the same yardstick, its relative
# content distance from the photograph (notebook 04): how far has it gone? Ten programs make 45 pairs. In how many of
# them has the program with the larger number also gone farther? A coin would get about half of them right. The pull
# gets nearly all; the bare weight, and the weight relative to the content weight, miss a quarter and more (two pairs
# have equal weights and count as missed). And only the pull has the two photographs in the first places.
#
# The yardstick matters, too. Far from the photograph need not mean near the painting: by its style distance at five
# layers, the last line, CS231n's picture is no nearer to the painting than the photograph. A strong pull leads where
# its layers look, and nowhere else. (In fairness: content distance was chosen as the yardstick after style distance had
# shown no such order, so read this as a description of ten pictures, not as a test that might have failed.)
#
# ### The size of the picture
#
# A last hidden factor is the easiest to overlook. Take the same pictures, but larger: what happens to the terms?
#
# > **Predict** · Udacity's formula, $S\,M/C^3$, for a picture of twice the width *and* twice the height. Its style term
# > becomes …

# %%
sizes = ["as large as before", "twice", "four times", "sixteen times as large"]
check.predict("Twice the width and twice the height: Udacity's style term becomes", options=sizes)

# %% [markdown]
# <details><summary>A nudge, if you cannot decide</summary>
#
# $S$ is made of means over places, so it stays (if the style stays). How many places has a map of twice the width and
# twice the height?
#
# </details>
#
# Two ways to make a picture larger. *Tiled*: four copies, two by two. Nothing new is in it, so this is the control, and
# any change is the formula's. *Enlarged*: the same motif with twice the pixels. As the picture to judge we take the
# mirrored photograph, which is as different from the photograph at every size.

# %%
larger_photo, larger_painting = load_image("coffee", 256), load_image("de_stijl", 256)
trios = {"small": (photo.flip(3), photo, painting)}
trios["tiled"] = tuple(image.repeat(1, 1, 2, 2) for image in trios["small"])
trios["enlarged"] = (larger_photo.flip(3), larger_photo, larger_painting)
chosen = ("gatys-2016", "pytorch-tutorial", "udacity", "tensorflow", "keras", "nsthelpers")
measured = {(name, way): convention_loss(plain(name), backbone, *trio) for name in chosen for way, trio in trios.items()}
figure, axes = plt.subplots(1, 2, figsize=(8.5, 2.5), sharey=True)
for axis, kind in zip(axes, ("content", "style")):
    for shift, way, colour in ((-0.2, "tiled", "#0072B2"), (0.2, "enlarged", "#E69F00")):
        grown = [measured[name, way][kind] / measured[name, "small"][kind] for name in chosen]
        axis.bar([n + shift for n in range(len(chosen))], grown, 0.4, color=colour, label=way)
    axis.set(title=f"{kind} term", xticks=range(len(chosen)), yscale="log")
    axis.set_yticks([0.5, 1, 2, 4], ["½", "1", "2", "4"])
    axis.minorticks_off()
    axis.set_xticklabels(chosen, rotation=20)
    axis.axhline(1, color="black", linewidth=0.8)
axes[0].set_ylabel("times as large as for the small picture")
axes[1].legend()
figure.suptitle("Twice the width and twice the height: what happens to each term")
plt.show()
check.score("four times", because="S hardly changes, but M is four times as large")

# %% [markdown]
# **What to see.** *Tiled (blue):* the content terms of the paper and of Keras are sums over places, and become about
# four times as large; Udacity's *style* term does. All other terms stay, but for the seams between the tiles. So in
# these three programs a weight that was found at 128 pixels is off by a factor of four at 256, and of sixty-four at
# 1024.
#
# *Enlarged (orange):* the same steps, and on top of them other changes, in every program, ours included: the style
# terms shrink, some to less than half, and the content terms go up or down by up to a third. They are no fault of any
# formula. The network sees larger things in a larger picture, and finds others. No divisor can help that.
#
# ## 5 · Relative terms
#
# All of these factors can be got rid of at one stroke. Divide each term by what it would be for a picture without any
# activation:
#
# $$D_{\text{content}} = \frac{\lVert F - P\rVert^2}{\lVert P\rVert^2}, \qquad D_{\text{style}} = \frac{\lVert G - A\rVert^2}{\lVert A\rVert^2}.$$
#
# Both are 0 for a perfect match and 1 if $F$ or $G$ is zero. Whatever multiplies $F$ and $P$ alike, or $G$ and $A$
# alike, cancels: $C$, $M$, sums or means, 255. With the numbers of section 2: $D_{\text{content}} = (1 + 4)/1 = 5$, and
# $D_{\text{style}} = 3/2$. This is the form that `stylize` and `StyleTransferLoss` use.
#
# The test: the mirrored photograph, judged with four networks or sizes. `louder` is our network with its first weights
# and all its biases multiplied by 10. A ReLU does not mind, so *every* activation is exactly 10 times as large, and
# nothing else has changed.

# %%
assert (F - P).square().sum() / P.square().sum() == 5  # with a pencil
assert (gram_matrix(F) - torch.eye(2)).square().sum() / torch.eye(2).square().sum() == 3 / 2
louder = load_backbone("mini")
with torch.no_grad():
    louder.conv1_1.weight.mul_(10)
    for module in louder.children():
        if isinstance(module, torch.nn.Conv2d):
            module.bias.mul_(10)
cases = {"mini, 128 pixels": (backbone, "small"), "ten times louder": (louder, "small"),
         "mini, 256 pixels": (backbone, "enlarged"), "random weights": (load_backbone("mini", weights="random"), "small")}
print(f"{'':18}{'content':>11}{'style':>11}{'relative content':>20}{'relative style':>17}")
for name, (network, size) in cases.items():
    paper = convention_loss(plain("gatys-2016"), network, *trios[size])
    relative = convention_loss(plain("nsthelpers"), network, *trios[size])
    print(f"{name:18}{paper['content']:11.3g}{paper['style']:11.3g}{relative['content']:20.2f}{relative['style']:17.2f}")

# %% [markdown]
# In the paper's form the numbers run over several powers of ten from line to line, and so would the weights. In the
# relative form they stay within a factor of a few. "Ten times louder" is the exact case: the paper's content term grows
# a hundred times, its style term ten thousand times, and the relative ones not at all. The random network is the
# warning: relative terms make *numbers* comparable. They do not make a network see what it does not see (notebook 05).
#
# ## 6 · From photograph to painting
#
# Now the art. With relative terms, $\alpha = 0.1$ and a little total variation ($\gamma = 0.03$), turn the style weight
# $\beta$ from 0.01 to 100.
#
# > **Predict** · At the end of the sweep the weight grows ten times, from 10 to 100. What will happen to the style
# > distance of the finished picture?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# Recall the fader of section 3. What did a hundred times the even weight change in the *direction* of the step, and
# what would a thousand times it change?
#
# </details>

# %%
fates = ["about ten times smaller", "about three times smaller", "about the same"]
check.predict("From β = 10 to β = 100, the style distance becomes", options=fates)

# %%
def ours(**options):
    """Options of `StyleTransferLoss` -> the photograph, painted with relative terms."""
    return painted(StyleTransferLoss(backbone, photo, painting, **options))


weights = (0.01, 0.03, 0.1, 0.3, 1, 10, 100)
sweep = {weight: ours(content_weight=0.1, style_weight=weight, tv_weight=0.03) for weight in weights}
frames = {f"β = {weight}": image for weight, image in sweep.items()}
scrubber(frames, "From photograph to painting: the style weight", "A cup of coffee that turns into fields and bars")

# %% [markdown]
# Move the slider (it needs no kernel). Five of the seven pictures, side by side:

# %%
row = [f"β = {weight}" for weight in (0.01, 0.1, 1, 10, 100)]
show.pictures({name: frames[name] for name in row}, "α = 0.1, γ = 0.03, and five style weights", columns=5, height=0.9)

# %% [markdown]
# **What to see.** At 0.01 a photograph, a little smoothed. At 0.1 the shadows are blacker and the saucer is streaky. At
# 1 the wood has turned red, and white on the left; the saucer is red patches between black bars, and the cup has grown
# corners. Between 10 and 100 there is hardly anything left to tell apart. Nearly all that happens, happens within two
# powers of ten.
#
# How much of each goal is reached? Each picture is a point: to the right, its distance from the photograph in content;
# upwards, its distance from the painting in style. The control is the simplest way to mix two pictures: a
# **cross-fade** of the pixels, from all photograph to all painting.

# %%
cover = painting[..., : photo.shape[2], :]  # as large as the photograph
fade = [scores((1 - share) * photo + share * cover) for share in torch.linspace(0, 1, 9)]
curve = [scores(image) for image in sweep.values()]
figure, axis = plt.subplots(figsize=(5.6, 3))
axis.plot(*zip(*curve), "o-", color="#D55E00", label="style transfer, β from 0.01 to 100")
axis.plot(*zip(*fade), "s--", color="#0072B2", label="cross-fade of the pixels")
for weight, point in zip(weights, curve):
    axis.annotate(f"{weight}", point, textcoords="offset points", xytext=(6, 4))
axis.set(title="What is paid in content, and what is got in style")
axis.set(xlabel="relative content distance", ylabel="relative style distance")
axis.legend()
plt.show()
change = f"from {curve[-2][1]:.4f} to {curve[-1][1]:.4f}"
check.score("about the same", because=f"it went {change}: the style rules already, nothing is left to be won")

# %% [markdown]
# **What to see.** Both curves lead from the photograph (left) towards the painting's style (below). The orange one
# hangs far under the other: in the middle it has about a tenth of the style distance at the same distance in content.
# That is what the optimisation buys, and why style transfer is not a cross-fade. It falls steeply first and is flat at
# the end, where more weight costs content and brings nothing: the prediction was about this part. (If the last number
# is even a little larger than the one before, that is the run: 40 evaluations get close to the bottom, not to it.)
#
# There is no right $\beta$: every point on the orange curve is about the best that our runs can find at its price, and
# which one hangs on the wall is a matter of taste. But the curve says where to search: where it bends.
#
# ## 7 · A weight for each layer
#
# The style term is itself a sum, over five layers. `style_layers` may be a list, or a dictionary with a weight for
# each. What does each contribute? Above, one layer more at each picture; below, one layer alone.

# %%
settings = dict(content_weight=0.03, tv_weight=0.03)
single = {f"only {name}": ours(style_layers=[name], **settings) for name in STYLE_LAYERS}
shown = {"relu1_1 only": single["only relu1_1"]}
shown |= {f"… and {STYLE_LAYERS[n]}": ours(style_layers=STYLE_LAYERS[: n + 1], **settings) for n in range(1, 5)}
show.pictures(shown | single, "Above: one, two, … five style layers. Below: one alone", columns=5, height=0.9)

# %% [markdown]
# **What to see.** *Below:* `relu1_1` and `relu2_1` alone bring the colours, white, red, black and a little blue and
# yellow, in soft patches and round outlines. Deeper layers alone bring the lines: with `relu4_1` and `relu5_1` thin
# strokes run across the table, mostly upright and level, but the table stays brown. *Above:* with the deep layers the
# saucer loses its roundness, until it is made of upright bars. The strokes grow longer with depth, as the receptive
# fields grow.
#
# If only one layer is asked for, how well are the others matched?

# %%
judged = single | {"the photograph": photo}
distances = torch.zeros(6, 5)
for row, image in enumerate(judged.values()):
    for column, layer in enumerate(STYLE_LAYERS):
        with torch.no_grad():
            distances[row, column] = StyleTransferLoss(backbone, style=painting, style_layers=[layer])(image)["style"]
figure, axis = plt.subplots(figsize=(5.8, 2.8))
shown = axis.imshow(distances.log10(), cmap="cividis", aspect="auto")
for place, value in enumerate(distances.flatten().tolist()):
    colour = "black" if value > 0.05 else "white"
    axis.text(place % 5, place // 5, f"{value:.2g}", ha="center", va="center", color=colour)
axis.set_title("Relative style distance at each layer (columns)")
axis.set_xticks(range(5), STYLE_LAYERS)
axis.set_yticks(range(6), judged)
figure.colorbar(shown, label="log10")
plt.show()

# %% [markdown]
# **What to see.** A row is a picture of the lower row above, a column the layer at which it is judged; the last row,
# the photograph itself, is the control. The diagonal is what was asked for, and the smallest number of each row. The
# three shallow layers come along with each other in part. But at `relu5_1` the pictures made from them alone are even
# farther from the painting than the photograph was. No layer stands for the others, and that is why all five are used.
#
# A program that gives all layers the same weight does not treat them alike: what it divides by is a hidden weight.
# `compare` works it out, relative to the paper's $E$:

# %%
chosen = ("gatys-2016", "tensorflow", "pytorch-tutorial", "gatys-pytorch", "udacity", "nsthelpers")
show.hidden_weights(compare(backbone, photo, painting, chosen))

# %% [markdown]
# **What to see.** A 1 means "as the paper". TensorFlow's mean is the paper's $E$ but for a factor of 4, the same in all
# layers. Whoever divides by more powers of $C$ favours the shallow layers, which have the fewest channels: `relu1_1`
# more than twenty times for `gatys-pytorch`, more than two hundred times for Udacity, where $M$ joins in. The tutorial
# of PyTorch has no deep layers at all. Our relative terms have a hidden weight too, which depends on the painting: the
# smaller the entries of a layer's Gram matrix, the louder it speaks. Here the five stay within a factor of three.
#
# ## 8 · Total variation: smooth, but not blurred
#
# The features leave the finest grain of a picture nearly free: you have seen it in the ten pictures of section 4, none
# of which had a total variation term. It is the term that minds.
#
# > **Predict** · A row of four pixels goes from black to white, either at once (0, 0, 1, 1) or evenly (0, ⅓, ⅔, 1).
# > Which has the larger total variation?
#
# <details><summary>A nudge, if you cannot decide</summary>
#
# Climb a hill of one metre, once by a ladder and once by a ramp. How many metres have you climbed in each case?
#
# </details>

# %%
options = ["the step 0, 0, 1, 1", "the ramp 0, ⅓, ⅔, 1", "both have the same"]
check.predict("Which row has the larger total variation?", options=options)

# %% tags=["nbval-check-output"]
step = torch.tensor([0.0, 0.0, 1.0, 1.0]).view(1, 1, 1, 4)
ramp = torch.tensor([0.0, 1 / 3, 2 / 3, 1.0]).view(1, 1, 1, 4)
for name, row in {"step": step, "ramp": ramp}.items():
    jumps = row.diff(dim=3)
    assert abs(total_variation_loss(row) - 1 / 3) < 1e-6  # with a pencil: the jumps add up to 1, over three pairs
    print(f"{name}: total variation {total_variation_loss(row):.4f}, mean square of the jumps {jumps.square().mean():.4f}")

# %% [markdown]
# On the way from black to white the steps of a row add up to 1, in however many pieces, as long as it never turns back.
# So total variation does not mind a sharp edge. **Squares** do: one jump of 1 costs 1, three jumps of ⅓ cost
# $3 \cdot \tfrac19 = \tfrac13$ in all (the cell prints the means, a third of that). Whoever punishes squares asks for
# ramps, that is, for blur. Noise goes up and down all the time, and costs under both.
#
# Rudin, Osher and Fatemi (1992) made this a method: find the row $x$ that stays near the noisy row $y$ but varies
# little, by the least $\tfrac12 \lVert x - y \rVert^2 + \lambda \sum_c |x_{c+1} - x_c|$. Here $x$ and $y$ are rows of
# 64 numbers, and $\lambda \ge 0$ (lambda) is one number, a weight like any other. The clean row has a step and a ramp,
# and beside the method stands the same with squares of the differences. To be fair, each may try five $\lambda$, and
# the row that comes nearest to the clean one counts.

# %%
check.score("both have the same", because="a sum of steps in one direction is the difference of the ends")
clean = torch.cat([torch.full((20,), 0.2), torch.full((20,), 0.8), torch.linspace(0.8, 0.3, 24)])
clean = clean.expand(1, 3, 1, 64)  # an image of one row, grey: three equal channels
noisy = clean + 0.06 * torch.randn(64, generator=torch.Generator().manual_seed(1))


def cleaned(cost, strength):
    """A cost of the jumps and λ -> the row that is near `noisy` and has little of that cost."""
    def total(row):
        return {"total": (row - noisy).square().sum() / 2 + strength * cost(row.diff(dim=3)).sum()}

    records = list(minimise(total, noisy, 400, "adam", lambda step: 0.02 * 0.99**step))
    return records[-1].image


def error(row):
    return (row - clean).square().mean().sqrt().item()


rows = {"total variation": min((cleaned(torch.abs, strength) for strength in (0.02, 0.05, 0.1, 0.2, 0.4)), key=error),
        "squares": min((cleaned(torch.square, strength) for strength in (0.1, 0.3, 1, 3, 10)), key=error)}
figure, axis = plt.subplots(figsize=(6.5, 2.7))
axis.plot(noisy[0, 0, 0], ".", color="0.6", label="noisy")
axis.plot(clean[0, 0, 0], color="0.8", linewidth=3, label="clean")
for (name, row), colour, line in zip(rows.items(), ("#009E73", "#D55E00"), ("-", "--")):
    axis.plot(row[0, 0, 0], line, color=colour, label=name)
    jump = (row[0, 0, 0, 20] - row[0, 0, 0, 19]).item()
    print(f"{name:16} error {error(row):.3f}, before {error(noisy):.3f}; jump at the edge {jump:.2f} of 0.60")
axis.set(title="A noisy row of 64 pixels, smoothed in two ways", xlabel="pixel", ylabel="grey value")
axis.legend(loc=(0.36, 0.04))
plt.show()

# %% [markdown]
# **What to see.** Total variation has made flat pieces of the noise, and left the edge where it is with nearly its
# whole height. The squares cannot have both: at their best $\lambda$ there is still a ripple left, and the edge has
# gone soft already; with a larger $\lambda$ the ripple would go, and the edge with it. Total variation has its price
# too: the ramp on the right has become a staircase. Flat patches with sharp borders are what total variation likes;
# remember that when you see it in pictures.
#
# What is much, what is little? Noise of independent pixels, evenly distributed between 0 and 1, has a total variation
# of $\tfrac13 + \tfrac13$, for two such numbers are $\tfrac13$ apart on average.

# %%
noise = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
assert abs(total_variation_loss(noise) - 2 / 3) < 0.02
for name, image in {"noise": noise, "photograph": photo, "painting": painting}.items():
    print(f"{name:11} total variation {total_variation_loss(image):.3f}")
smooth = {weight: ours(content_weight=0.1, tv_weight=weight) for weight in (0, 0.1, 1, 10)}
captions = {f"γ = {weight}: tv {total_variation_loss(image):.3f}": image for weight, image in smooth.items()}
show.pictures(captions, "α = 0.1, β = 1, and four weights of total variation", columns=4, height=1.0)

# %% [markdown]
# **What to see.** Without it there is a fine coloured grain all over, and about twice the total variation of the
# photograph or the painting. A weight of 0.1 takes a part of the grain away and leaves the strokes. At 1 the strokes
# have run together to flat patches with sharp borders, the two-dimensional staircase. At 10 nothing is left of the
# painting: it is the photograph, simplified. The painting's own total variation, printed above the figure, tells where
# to look for the right $\gamma$: between the second picture and the third.
#
# ## 9 · Converting a weight
#
# You have found a program whose pictures you like, and it says 1e6. What is that here? Equal pull means: weight there ×
# gradient there = weight here × gradient here. Where two terms differ by a factor only, so do their gradients, and the
# factor is all there is to know.
#
# > **Your turn** · 8 min · ●●● — `convert_weight`: a style weight of the PyTorch tutorial, whose term is $S/C^4$ (table
# > in section 4), and the number of channels $C$ of the layer in; the weight that gives the paper's $E = S/4C^2$ the
# > same value out.

# %% tags=["exercise"]
# 8 min · ●●●
def convert_weight(weight, channels):
    """A weight for S / C⁴ and C -> the weight for S / 4C² with the same product."""
    # Your turn.
    return None

check.convert_weight(convert_weight)

# %% [markdown]
# <details><summary>Hint 1 · the value is far too large</summary>
#
# The tutorial's term is the smaller of the two (it divides by more), so its weight must be the larger one. Write
# $w \cdot S/C^4 = w' \cdot S/4C^2$.
#
# </details>
#
# <details><summary>Hint 2 · the value is near, but wrong</summary>
#
# $S$ cancels. What is left on the right of $w' = w \cdot \dots$? The 4 stands above the line, and two of the four $C$
# are left below it.
#
# </details>

# %% tags=["solution"]
def convert_weight(weight, channels):
    """A weight for S / C⁴ and C -> the weight for S / 4C² with the same product."""
    return weight * 4 / channels**2

# %% [markdown] tags=["solution"]
# **Why.** 1e6 there is 977 here for the 64 channels of VGG-19's first block, and 15 for the 512 of its last. So one
# number there is *several* numbers here: a conversion is exact only layer by layer, unless both divide by the same power
# of $C$.

# %% [markdown]
# The package's `convert` does this for any two programs, content term included. First a case in which the answer is
# exact. Somebody uses TensorFlow's formula with the paper's content layer and a style weight of 1, and wants the same
# picture from the paper's formula. The terms then differ by constant factors only: the style term by
# $4\, s^4$, the content term by $2\, s^2/(C M)$, times the weight of 10,000 that TensorFlow gives it. With $C = 128$ and
# $M = 10 \cdot 16$ places, the answer can be worked out with a pencil.
#
# How equal is equal? A run of L-BFGS is sensitive: a nudge of the start by a millionth changes the pixels (notebook
# 07). So there are two controls: TensorFlow's loss once more from a *nudged* start, for the least difference that we
# can hope for, and the paper's formula with the *unconverted* weight of 1.

# %%
known = CONVENTIONS["tensorflow"]
content, style = replace(known.content, layers={"relu4_2": 1.0}), replace(known.style, weight=1.0)
theirs = replace(known, content=content, style=style, tv=None)
answer = convert(1.0, "style", theirs, "gatys-2016", backbone, photo, painting)
print(f"1 of theirs is {answer.weight:.0f} of the paper's ({answer.how}): {answer.detail}")
loss = ConventionLoss(theirs, backbone, photo, painting)
nudged = min(minimise(loss, photo + 1e-6, 40), key=lambda record: record.losses["total"]).image
trial = {"theirs: 1": painted(loss), f"the paper's: {answer.weight:.0f}": as_they_do("gatys-2016", answer.weight),
         "unconverted: 1": as_they_do("gatys-2016", 1.0)}
show.pictures(trial, "One picture from two formulas, and a control", columns=3, height=1.0)
trial["theirs, nudged: 1"] = nudged
for name, image in trial.items():
    change, (content, style) = (image - trial["theirs: 1"]).abs().mean(), scores(image)
    print(f"{name:22} mean difference of the pixels {change:.3f}   distances: content {content:.3f}, style {style:.3f}")

# %% [markdown]
# **What to see.** The first two pictures are one picture. Going over to the paper's formula changes the pixels about as
# much as the nudge does, and the distances in content and style agree. The third, with the same *number* as the first,
# is the bare photograph.
#
# Most conversions are not exact: other layers, other divisors in each. Then `convert` **measures**: it compares the
# lengths of the gradients, relative to the content term's, at one picture. We give it the one on the way; left alone,
# it takes noise. *My weight 1e6 of the PyTorch tutorial, what is it here?*

# %%
rates = {}
for name in ("pytorch-tutorial", "keras", "tensorflow"):
    there = CONVENTIONS[name].style.weight
    here = convert(there, "style", name, "nsthelpers", backbone, photo, painting, image=halfway).weight
    at_noise = convert(there, "style", name, "nsthelpers", backbone, photo, painting).weight
    rates[name] = here
    print(f"{there:.0e} of {name:17} is {here:8.2g} here, measured on the way (and {at_noise:8.2g}, measured at noise)")
pairs = {}
for name, weight in rates.items():
    pairs[f"{name}\n{CONVENTIONS[name].style.weight:.0e}"] = ten[name]
    pairs[f"ours\n{weight:.2g}"] = as_they_do("nsthelpers", weight)
pairs["ours, unconverted\n1e-06"] = as_they_do("nsthelpers", 1e-6)
show.pictures(pairs, "Theirs, and ours with the converted weight", columns=4, height=1.0)

# %% [markdown]
# **What to see.** The order of the first figure, from 1e6 by way of 1e-6 to 1e-2, is now the order of the numbers that
# are printed here. So much for "who is right". A measured conversion depends on where it is measured, here by a factor
# of a few: it is a rate of exchange on a certain day, no constant of nature.
#
# In each pair, left theirs and right ours, both pictures have gone about equally far: the first two pairs have lost the
# table, and in the third both are still the photograph. They are no twins. PyTorch's tutorial draws thick soft outlines
# and Keras long firm ones, ours short upright strokes, because other layers speak in other proportions. The last
# picture is the control, ours with Keras's unconverted 0.000001: the same number with another formula does nothing at
# all.
#
# The last test turns it round: convert *our* weight, 1, into each of the ten programs, and paint. If the conversion is
# worth something, ten programs with ten formulas must now agree, as far as their layers allow. We measure at our
# finished picture, the `goal`: a run comes to rest where the pulls balance, so that is where they should balance for
# the others too.

# %%
goal, agreed = as_they_do("nsthelpers", 1.0), {}
for name in ranked:
    weight = convert(1.0, "style", "nsthelpers", name, backbone, photo, painting, image=goal).weight
    agreed[name] = as_they_do(name, weight)
captions = {"our goal": goal} | {name: agreed[name] for name in (*ranked[:2], *ranked[-2:])}
show.pictures(captions, "The weights that pull like our 1", columns=5, height=0.9)
alike = ("gatys-2016", "gatys-pytorch", "neural-style", "gordicaleksa", "d2l")
figure, axis = plt.subplots(figsize=(5.6, 3))
for name in names:
    start, end = scores(ten[name]), scores(agreed[name])
    colour = "#D55E00" if name in alike else "#0072B2"
    line = {"arrowstyle": "->", "color": colour, "linestyle": "-" if name in alike else "--"}
    axis.annotate("", end, start, arrowprops=line)
    axis.plot(*end, "o" if name in alike else "s", color=colour)
axis.plot(*scores(goal), "k*", markersize=14)
axis.set(title="From the weight as written to the converted weight (star: ours, β = 1)")
axis.set(xscale="log", yscale="log", xlim=(0.004, 2), ylim=(0.006, 0.8))
axis.set(xlabel="relative content distance", ylabel="relative style distance")
plt.show()
for title, pictures in {"as written": ten, "converted": agreed}.items():
    contents = [scores(pictures[name])[0] for name in alike]
    print(f"{title:11} content distances of the five: {min(contents):.2f} to {max(contents):.2f}")
print(f"{'ours':11} {scores(goal)[0]:.2f}")

# %% [markdown]
# **What to see.** Above, our own picture and four of the ten: first the two that were still the photograph in section
# 4, and now are paintings like ours; then the two with the strongest pull, which have come back to a round cup on a round
# saucer: the tutorial of PyTorch, which has no deep layers, and Udacity's, whose deep ones count for little. Below, each of the ten is
# an arrow in the plane of the two distances, from the weight as written to the converted one. There are two groups.
# Solid, dots: five that have the paper's layers, or nearly. Dashed, squares: five that look at other layers, or give
# them very uneven weights.
#
# The five dots stand close together near the star. Before, one of them was almost at the photograph (far left) and the
# others beyond the star. The squares have moved too, but only one of them to the dots' falling line: TensorFlow, whose
# *style* layers and their proportions are the paper's, has gone past the star, to more style for less content. The other
# four stay high above, each in a place of its own: who asks for other layers gets another picture, and no single weight
# can make up for that. That is the limit of every conversion.
#
# > **Common mistake** · Copying a weight together with nothing else. A weight travels with its layers, its divisors,
# > its pixels' range, its network, and its number of steps; if you must copy one number, copy the *ratio of the
# > gradients*.

# %% [markdown] tags=["teacher"]
# **Timing.** Section 9: 15 minutes. The exercise `convert_weight` is algebra of one line; let those who are done find
# out which factor is missing in it if the content terms differ too.
#
# **Expect.** "So the converted pictures should be identical." Only where the layers and the powers of $C$ agree, and
# even then only up to the sensitivity of the run. "The paper is the standard, the others are wrong." A formula cannot
# be wrong by a factor; only a weight without its formula can.
#
# **Ask.** Which of the hidden factors would change if somebody used VGG-16 in place of VGG-19? (None of the divisors:
# the widths are the same. The features are others.) If the style picture were twice as large?

# %% [markdown]
# ## Summary
#
# - $L = \alpha L_{\text{content}} + \beta L_{\text{style}} + \gamma L_{\text{tv}}$: a weight is a fader between
#   gradients, and matters within a few powers of ten around the point where they are even.
# - A bare weight says nothing: sums or means, $C$, $M$ and the pixels' range are factors that multiply to many powers
#   of ten.
# - Relative terms, $\lVert G - A\rVert^2 / \lVert A\rVert^2$, have none of these factors; then $\beta$ says what we
#   want, and little else.
# - Shallow style layers bring colours, deep ones forms; total variation takes noise away and leaves edges.
# - To convert, compare pulls: exactly where formulas differ by a factor, measured at a picture where they do not.
#
# ## Common mistakes
#
# - Balancing at the photograph, where the content term and its gradient are 0.
# - Changing the size of the picture and keeping the weight, with terms that are sums.
# - Tuning all three weights: multiplying all of them by the same number moves no minimum. Fix one, and turn the others.
# - Punishing squared differences of neighbours and calling it total variation: that is a blur.
#
# ## Challenge
#
# Write a loss that needs no weight at all: at every step, divide each term's gradient by its own length before you add
# them. Does it paint the same pictures? What happens at the first step, and what near the end, when one term is nearly
# satisfied? Compare with a point of the orange curve in section 6 that has the same content distance.
#
# <details><summary>Where to start</summary>
#
# `pulls(image)` gives you the three gradients. Make your own steps with
# `image = (image - rate * direction).clamp(0, 1)`, with a rate that moves the pixels by about 0.01 on average, and
# judge with `scores`.
#
# </details>
#
# ## References
#
# - L. I. Rudin, S. Osher, E. Fatemi (1992). Nonlinear total variation based noise removal algorithms. *Physica D*.
# - A. Mahendran, A. Vedaldi (2015). Understanding deep image representations by inverting them. *CVPR*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2015). A neural algorithm of artistic style. *arXiv:1508.06576*.
# - L. A. Gatys, A. S. Ecker, M. Bethge (2016). Image style transfer using convolutional neural networks. *CVPR*.
# - The formulas of the ten programs, each with the file and the version that was read: `docs/conventions.md` in the
#   repository of this course (2026).
#
# [← 05 · Gram matrices](05_gram_matrices.ipynb) · [07 · The optimisation loop →](07_optimisation_loop.ipynb) · [00 · Start here](00_start_here.ipynb)
