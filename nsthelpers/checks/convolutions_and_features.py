"""Exercises of notebook 02: what one convolution sees, and how far."""

import math
from functools import partial

import torch
import torch.nn.functional as F

from nsthelpers.checks.machinery.book import Book
from nsthelpers.checks.machinery.exercise import Hint, Mistake, normal, uniform

book = Book(__name__)
predict, score, progress, report = book.predict, book.score, book.progress, book.report
exercise = book.exercise


def slide(image, kernel, **options):
    return F.conv2d(image[None, None], kernel[None, None], **options)[0, 0]


SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])

convolve = exercise(
    "convolve",
    "(H, W) and a kernel (h, w) → (H − h + 1, W − w + 1): at each place the sum of patch times kernel, nothing "
    "turned round.",
    slide,
    lambda seed: [
        (normal(seed, 5, 5), SOBEL),
        (normal(seed, 4, 7), normal(seed, 3, 3)),
        (normal(seed, 6, 5), normal(seed, 2, 3)),
        (uniform(seed, 5, 8), normal(seed, 3, 1)),
        (torch.ones(3, 3), normal(seed, 3, 3)),
    ],
    "This is all that a layer does: lay a small pattern on every place and write down how well it fits.",
    (
        Hint("shape", "A kernel of 3 fits at H − 3 + 1 places: `range(height - kernel_height + 1)`."),
        Hint("value", "At (y, x): `(image[y:y+h, x:x+w] * kernel).sum()`. No turning, no mean."),
    ),
    (
        Mistake("kernel turned", lambda i, k: slide(i, k.flip(0, 1)),
                "You turned the kernel by 180°: the mathematician's convolution. Networks slide it as it is."),
        Mistake("kernel mirrored", lambda i, k: slide(i, k.flip(1)), "The kernel is mirrored; take it as it is."),
        Mistake("kernel mirrored", lambda i, k: slide(i, k.flip(0)), "The kernel is upside down; take it as it is."),
        Mistake("kernel transposed", lambda i, k: slide(i, k.T),
                "The kernel is transposed: rows and columns exchanged."),
        Mistake("padded", lambda i, k: slide(i, k, padding="same"),
                "You padded with zeros to keep the size; here the kernel stays inside the image."),
        Mistake("mean for sum", lambda i, k: slide(i, k) / k.numel(),
                "You took the mean of the products; it is their sum."),
        Mistake("last place forgotten", lambda i, k: slide(i, k)[:-1, :-1],
                "The last row and column are missing: there are H − h + 1 places (`range` stops one before its end)."),
        Mistake("stride of the kernel", lambda i, k: slide(i, k, stride=k.shape),
                "You move by the whole kernel each time; move by one pixel."),
        Mistake("height and width exchanged", lambda i, k: slide(i, k).T,
                "Rows and columns of the result are exchanged."),
        Mistake("negative values cut off", lambda i, k: slide(i, k).relu(),
                "Negative values are lost: no ReLU, no abs here."),
        Mistake("negative values cut off", lambda i, k: slide(i, k).abs(), "The signs are lost: no ReLU, no abs here."),
        Mistake("matrix product", lambda i, k: torch.stack([torch.stack([
                    (i[y : y + k.shape[0], x : x + k.shape[1]] @ k).sum() for x in range(i.shape[1] - k.shape[1] + 1)])
                    for y in range(i.shape[0] - k.shape[0] + 1)]),
                "`@` is the matrix product; patch and kernel are multiplied entry by entry: `*`."),
        Mistake("largest for sum", lambda i, k: (i.unfold(0, k.shape[0], 1).unfold(1, k.shape[1], 1) * k).amax((2, 3)),
                "You took the largest product; it is their sum."),
    ),
    minutes=10,
    difficulty=2,
)  # fmt: skip


output_size = exercise(
    "output_size",
    "Input size, kernel size, stride and padding (whole numbers) → the output size (a whole number).",
    lambda size, kernel, stride, padding: (size + 2 * padding - kernel) // stride + 1,
    lambda seed: [
        (224, 3, 1, 1), (5, 3, 1, 0), (224, 2, 2, 0), (225, 2, 2, 0),
        (64, 7, 2, 3), (10, 4, 3, 1), (7, 7, 5, 0), (8, 3, 2, 1),
    ],
    "You can follow the size of a picture through any network with a pencil.",
    (
        Hint("value",
             "Draw it: size + 2·padding cells, a kernel that moves by `stride`. How many moves fit? One place more."),
        Hint("float", "Half a place does not exist: divide with `//`, which rounds down."),
    ),
    (
        Mistake("+ 1 forgotten", lambda s, k, t, p: (s + 2 * p - k) // t,
                "You counted the moves; the places are one more (the first one needs no move)."),
        Mistake("padding once", lambda s, k, t, p: (s + p - k) // t + 1, "Padding is added on both sides: 2·padding."),
        Mistake("no padding", lambda s, k, t, p: (s - k) // t + 1, "The padding is not used."),
        Mistake("rounded up", lambda s, k, t, p: -((k - s - 2 * p) // t) + 1,
                "Round down: an incomplete move does not count."),
        Mistake("stride ignored", lambda s, k, t, p: s + 2 * p - k + 1, "The stride is not used: divide by it."),
        Mistake("+ 1 inside", lambda s, k, t, p: (s + 2 * p - k + 1) // t, "The + 1 comes after the division."),
        Mistake("not whole", lambda s, k, t, p: (s + 2 * p - k) / t + 1,
                "Divide with `//`: half a place does not exist."),
        Mistake("rounded", lambda s, k, t, p: round((s + 2 * p - k) / t + 1), "Round down, not to the nearest."),
        Mistake("padding subtracted", lambda s, k, t, p: (s - 2 * p - k) // t + 1,
                "Padding makes the picture larger: add it."),
        Mistake("kernel added", lambda s, k, t, p: (s + 2 * p + k) // t + 1,
                "The kernel takes places away: subtract it."),
        Mistake("size over stride", lambda s, k, t, p: s // t,
                "This is size // stride, true only with padding to match."),
        Mistake("size over stride", lambda s, k, t, p: -(-s // t),
                "This is size / stride, true only with padding to match."),
        Mistake("kernel forgotten", lambda s, k, t, p: (s + 2 * p) // t + 1,
                "The kernel's own size is not subtracted."),
    ),
    minutes=5,
)  # fmt: skip


def reach(layers, *, start=1, grows="before", minus=1):
    size, jump = start, 1
    for kernel, stride in layers:
        jump = jump * stride if grows == "after" else jump
        size += (kernel - minus) * (jump if grows != "never" else 1)
        jump = jump * stride if grows == "before" else jump
    return size


receptive_field = exercise(
    "receptive_field",
    "A list of (kernel, stride) from the first layer to the last → how many input pixels wide one output number sees.",
    reach,
    lambda seed: [
        ([(3, 1)],),
        ([(3, 1), (3, 1), (2, 2)],),
        ([(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2), (3, 1)],),
        ([(7, 2), (3, 2), (3, 1)],),
        ([(5, 3), (1, 1), (2, 2), (3, 1)],),
        ([],),
    ],
    "A deep unit looks at a large window: that is why content lives deep and strokes live early.",
    (
        Hint("value",
             "Keep two numbers: the field (1 at first) and the jump (1 at first). Field += (kernel − 1)·jump; jump "
             "*= stride."),
        Hint("error", "A list of pairs: `for kernel, stride in layers`. An empty list sees one pixel."),
    ),
    (
        Mistake("stride ignored", partial(reach, grows="never"),
                "The stride is not used: after a stride of 2, each step means two input pixels."),
        Mistake("jump too early", partial(reach, grows="after"),
                "A layer's stride counts for the layers after it: first add (kernel − 1)·jump, then jump *= stride."),
        Mistake("kernel not minus 1", partial(reach, minus=0),
                "The first cell overlaps: a layer adds (kernel − 1)·jump."),
        Mistake("kernel not minus 1", partial(reach, minus=0, start=0),
                "A layer adds (kernel − 1)·jump, and it starts at 1."),
        Mistake("starts at 0", partial(reach, start=0), "Without any layer one sees one pixel: start at 1, not at 0."),
        Mistake("kernels added", lambda ls: sum(k for k, _ in ls),
                "You added up the kernels; they overlap, and strides count."),
        Mistake("kernels multiplied", lambda ls: math.prod(k for k, _ in ls),
                "You multiplied the kernels; the fields add up."),
        Mistake("last layer first", lambda ls: reach(ls[::-1]),
                "You walked from the last layer to the first with the wrong rule."),
        Mistake("the jump", lambda ls: math.prod(t for _, t in ls),
                "This is the jump (how far neighbours stand apart)."),
        Mistake("kernel times stride", lambda ls: 1 + sum((k - 1) * t for k, t in ls),
                "Each layer's own stride multiplies its kernel; it is the strides of all layers *before* it."),
        Mistake("largest kernel", lambda ls: max((k for k, _ in ls), default=1),
                "This is the largest kernel; the fields grow."),
        Mistake("strides added", lambda ls: added_jump(ls),
                "The jump is the *product* of the strides before, not their sum."),
    ),
    minutes=10,
    difficulty=3,
)  # fmt: skip


def added_jump(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump += stride
    return size


max_pool = exercise(
    "max_pool",
    "(B, C, H, W) → (B, C, H // 2, W // 2): the largest of each 2 × 2 block; an odd last row or column is left out.",
    lambda features: F.max_pool2d(features, 2),
    lambda seed: [
        (normal(seed, 1, 2, 4, 6),),
        (normal(seed, 2, 3, 5, 7),),
        (normal(seed, 3, 1, 2, 9) - 3,),
        (normal(seed, 1, 4, 8, 3),),
    ],
    "Pooling says *that* a pattern is here, no longer exactly where. Gatys uses the mean instead of the maximum.",
    (
        Hint("shape",
             "Four shifted halves: `features[..., 0::2, 0::2]`, `[..., 1::2, 0::2]` … or `unfold`; first cut to even "
             "sizes."),
        Hint("value", "Blocks do not overlap, and every channel of every picture is pooled by itself."),
    ),
    (
        Mistake("mean for maximum", lambda f: F.avg_pool2d(f, 2), "This is average pooling: the mean of each block."),
        Mistake("stride 1", lambda f: F.max_pool2d(f, 2, 1), "The blocks overlap: move by two, not by one."),
        Mistake("rounded up", lambda f: F.max_pool2d(f, 2, ceil_mode=True),
                "An odd last row or column is left out here."),
        Mistake("only thinned out", lambda f: f[..., ::2, ::2],
                "You kept every second pixel; the largest of four is asked."),
        Mistake("only thinned out", lambda f: f[..., : f.shape[-2] // 2 * 2 : 2, : f.shape[-1] // 2 * 2 : 2],
                "You kept every second pixel; the largest of four is asked."),
        Mistake("only one direction", lambda f: F.max_pool2d(f, (1, 2)), "You pooled the width only."),
        Mistake("only one direction", lambda f: F.max_pool2d(f, (2, 1)), "You pooled the height only."),
        Mistake("smallest", lambda f: -F.max_pool2d(-f, 2), "This is the smallest of each block."),
        Mistake("whole map", lambda f: f.amax((2, 3)),
                "This is the largest of the whole map; take it in blocks of 2 × 2."),
        Mistake("across channels", lambda f: F.max_pool2d(f, 2).amax(1, keepdim=True),
                "You pooled across channels too."),
        Mistake("sum for maximum", lambda f: F.avg_pool2d(f, 2) * 4, "This is the sum of each block."),
        Mistake("largest size", lambda f: F.max_pool2d(f.abs(), 2),
                "You lost the signs: take the largest, not the farthest from 0."),
        Mistake("negative values cut off", lambda f: F.max_pool2d(f, 2).relu(),
                "Where all four are negative you give 0 (from padding, or from a start value of 0)."),
        Mistake("blocks of 3", lambda f: F.max_pool2d(f, 3, 2, 1), "Your blocks are 3 × 3; here they are 2 × 2."),
    ),
    minutes=7,
    difficulty=2,
    loops="remark",
)  # fmt: skip


relu = exercise(
    "relu",
    "A tensor of any shape → the same shape: negative numbers become 0, the others stay.",
    lambda features: features.clamp(min=0),
    lambda seed: [
        (normal(seed, 1, 2, 3, 5),),
        (normal(seed, 4, 6),),
        (normal(seed, 2, 3, 4, 4, scale=100.0),),
        (-uniform(seed, 7),),
    ],
    "The one bend between two convolutions: without it a hundred layers would be no more than one.",
    (
        Hint("value", "Try it on [-2, 0, 3] by hand: [0, 0, 3]. Nothing above 0 may change."),
        Hint("changed input", "`clamp_`, `relu_` and `x[x < 0] = 0` change the caller's tensor. Make a new one."),
    ),
    (
        Mistake("absolute value", lambda x: x.abs(), "You turned negative numbers positive; they should become 0."),
        Mistake("clamped to 1", lambda x: x.clamp(0, 1), "You also cut off above 1; large numbers stay."),
        Mistake("turned round", lambda x: x.clamp(max=0), "You kept the negative numbers and lost the others."),
        Mistake("leaky", lambda x: F.leaky_relu(x),
                "A little of the negative numbers leaks through: this is the leaky ReLU."),
        Mistake("step", lambda x: (x > 0).to(x.dtype),
                "This is 0 or 1: a step. Keep the positive numbers as they are."),
        Mistake("mask", lambda x: x > 0, "This is the mask (True or False); multiply it with the numbers."),
        Mistake("largest number", lambda x: x.max(),
                "This is the largest of all: `maximum(x, 0)` compares one by one."),
        Mistake("negative ones dropped", lambda x: x[x > 0],
                "You dropped the negative numbers; they stay as 0 in their place."),
        Mistake("sigmoid", lambda x: x.sigmoid(), "This is the sigmoid; ReLU is simpler."),
        Mistake("unchanged", lambda x: x, "Nothing changed."),
        Mistake("negative", lambda x: (-x).clamp(min=0), "The sign is turned: you keep the negative side."),
        Mistake("softplus", lambda x: F.softplus(x), "This is the soft version; ReLU has a sharp bend at 0."),
    ),
    minutes=2,
    needs_gradient=True,
    loops="remark",
)  # fmt: skip
