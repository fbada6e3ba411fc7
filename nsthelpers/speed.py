"""What makes the loop fast and lean: a prepared copy of the network, the precision, the pyramid, the memory."""

from __future__ import annotations

import copy
import time
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from nsthelpers.backbones import Backbone, deepest_layer, layer_table

PRECISIONS = ("auto", "float32", "bfloat16")
OVERHEAD = 1.35  # peak over what is counted, measured with mini and VGG-19 from 384 to 1024 pixels
COARSEST = 128  # pixels on the longer side: below it, a VGG's deep layers have too few positions to average over


@cache
def has_fast_bfloat16(device: str) -> bool:
    """Return whether a convolution in bfloat16 is clearly faster than in float32 on this device, by timing a small one.

    Processors with native support (avx512_bf16, AMX) take about half the time, others many times as long, so that a
    threshold between the two is safe. CUDA is asked instead; on Apple's MPS the answer is no.
    """
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device != "cpu":
        return False
    dtypes, shapes = (torch.float32, torch.bfloat16), ((1, 64, 64, 64), (64, 64, 3, 3))
    # Ones, not an nn.Conv2d with its random weights: a probe must not move the caller's random numbers on.
    inputs = {
        dtype: [torch.ones(shape, dtype=dtype).contiguous(memory_format=torch.channels_last) for shape in shapes]
        for dtype in dtypes
    }
    seconds: dict[torch.dtype, list[float]] = {dtype: [] for dtype in dtypes}
    for _ in range(10):  # by turns, so that another program that is busy meanwhile hits both alike
        for dtype, (maps, weight) in inputs.items():
            began = time.perf_counter()
            with torch.no_grad():
                nn.functional.conv2d(maps, weight, padding=1)
            seconds[dtype].append(time.perf_counter() - began)
    return min(seconds[torch.bfloat16]) < 0.8 * min(seconds[torch.float32])


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """Return the dtype of the network for a precision: "auto", "float32" or "bfloat16". Raises ValueError for another.

    >>> choose_dtype("float32", torch.device("cpu"))
    torch.float32
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision is {precision!r}; use one of {', '.join(map(repr, PRECISIONS))}.")
    if precision == "auto":
        precision = "bfloat16" if has_fast_bfloat16(device.type) else "float32"
    return getattr(torch, precision)


def prepare(
    backbone: Backbone, layers: Sequence[str], dtype: torch.dtype = torch.float32, checkpoint: bool = False
) -> Backbone:
    """Return a copy of a backbone made for the loop: nothing behind the deepest of `layers`, channels last, in `dtype`.

    The activations of the named layers are the same as the original's (in float32, to rounding), in another order in
    memory. ReLUs work in place where the convolution before them is not asked for, which saves a tensor each, max poolings
    find their maxima again on the way back, and convolutions with repeated borders keep no copy of their input. With
    `checkpoint`, whole blocks are computed again on the way back instead of being kept: slower, with less memory.

    >>> from nsthelpers import load_backbone
    >>> prepare(load_backbone("mini"), ["relu2_1"]).layer_names[-1]
    'relu2_1'
    """
    deepest, kept = deepest_layer(backbone, layers), OrderedDict()
    for name, module in backbone.named_children():
        kept[name] = copy.deepcopy(module)
        if name == deepest:
            break
    for name, module in kept.items():
        if isinstance(module, nn.Conv2d):
            if module.padding_mode == "replicate":
                kept[name] = module = LeanConv2d(module)
            module.to(dtype=dtype, memory_format=torch.channels_last)
        if isinstance(module, nn.ReLU):
            module.inplace = name.replace("relu", "conv") not in layers
        if isinstance(module, nn.MaxPool2d):
            kept[name] = LeanMaxPool2d()
    kept["normalize"].dtype, kept["normalize"].memory_format = dtype, torch.channels_last
    prepared = Backbone(kept)
    prepared.name, prepared.pooling, prepared.checkpoint = backbone.name, backbone.pooling, checkpoint
    return prepared.eval().requires_grad_(False)


class _LeanGram(torch.autograd.Function):
    """`gram_matrix` as the loop wants it: one product on the way back, where autograd would make two and add them, and
    for features in low precision sums in float32, piece by piece, without a float32 copy of the features."""

    PIECE = 16384  # positions at a time

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> Tensor:
        ctx.save_for_backward(features)
        rows = features.permute(0, 2, 3, 1).flatten(1, 2)
        pieces = (piece.float() for piece in rows.split(_LeanGram.PIECE, dim=1))
        return sum(piece.transpose(1, 2) @ piece for piece in pieces) / rows.shape[1]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (features,) = ctx.saved_tensors
        rows = features.permute(0, 2, 3, 1).flatten(1, 2)
        # Rounded to the features' precision: what comes out of the product is rounded so anyway.
        both = ((gradient + gradient.transpose(1, 2)) / rows.shape[1]).to(features.dtype)
        result = torch.empty_like(features, memory_format=torch.channels_last)
        torch.bmm(rows, both, out=result.permute(0, 2, 3, 1).flatten(1, 2))
        return result


def lean_gram_matrix(features: Tensor) -> Tensor:
    """Return `gram_matrix` of (B, C, H, W) features of any precision, in float32, with less time and memory.

    >>> lean_gram_matrix(torch.ones(1, 2, 3, 5, dtype=torch.bfloat16))
    tensor([[[1., 1.],
             [1., 1.]]])
    """
    return _LeanGram.apply(features.contiguous(memory_format=torch.channels_last))


class _LeanPool(torch.autograd.Function):
    """2 × 2 max pooling that does not keep where each maximum was (64-bit numbers, twice the size of bfloat16 maps)."""

    @staticmethod
    def forward(ctx: Any, maps: Tensor) -> Tensor:
        ctx.save_for_backward(maps)
        return nn.functional.max_pool2d(maps, 2)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (maps,) = ctx.saved_tensors
        _, places = nn.functional.max_pool2d(maps, 2, return_indices=True)
        pooling = ([2, 2], [2, 2], [0, 0], [1, 1], False)  # kernel, stride, padding, dilation, ceil_mode
        return torch.ops.aten.max_pool2d_with_indices_backward(gradient, maps, *pooling, places)


class LeanMaxPool2d(nn.Module):
    """``nn.MaxPool2d(2)`` that finds its maxima again on the way back instead of keeping their places."""

    def forward(self, maps: Tensor) -> Tensor:
        return _LeanPool.apply(maps)


class _RepeatBorder(torch.autograd.Function):
    """A frozen convolution of maps whose outermost values are repeated once on all sides.

    Its gradient needs the weights only, so the maps with their border are not kept, as autograd would; and on the way back
    the border's part is added in place, where autograd would copy the maps.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor, turned: Tensor) -> Tensor:
        ctx.save_for_backward(turned)
        padded = nn.functional.pad(maps, (1, 1, 1, 1), mode="replicate")
        return nn.functional.conv2d(padded, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (turned,) = ctx.saved_tensors
        # The gradient of a convolution is a convolution with the kernels turned by 180 degrees and their two kinds of
        # channels exchanged; computed as such, because PyTorch's function for it wants (and copies) maps it never reads.
        padded = nn.functional.conv2d(gradient, turned, padding=2)
        for dimension in (2, 3):
            last = padded.shape[dimension] - 1
            for border, inside in ((0, 1), (last, last - 1)):
                padded.select(dimension, inside).add_(padded.select(dimension, border))
        return padded[:, :, 1:-1, 1:-1], None, None, None


class LeanConv2d(nn.Conv2d):
    """A frozen copy of a 3 × 3 convolution with `padding_mode="replicate"` that takes less time and memory."""

    def __init__(self, layer: nn.Conv2d) -> None:
        # On the "meta" device nothing is drawn: random weights would move the caller's random numbers on.
        super().__init__(layer.in_channels, layer.out_channels, 3, padding=1, padding_mode="replicate", device="meta")
        self.weight, self.bias = layer.weight, layer.bias
        self.register_buffer("turned", layer.weight.detach().flip(2, 3).transpose(0, 1).contiguous())

    def forward(self, maps: Tensor) -> Tensor:
        return _RepeatBorder.apply(maps, self.weight, self.bias, self.turned)


class Stage(NamedTuple):
    """One scale of the pyramid: the size of the picture as a share of the final one, and the steps spent there."""

    share: float
    steps: int


def plan_scales(shape: tuple[int, int], steps: int, scales: int | str = "auto") -> list[Stage]:
    """Return the stages from coarse to fine for a picture of `shape` (height, width) and `steps` evaluations in all.

    Each stage has twice the side of the one before it. "auto" takes as many as there are sides of at least 128 pixels, three
    at most, and one for less than 30 steps; a number asks for so many. An evaluation at half the side costs a quarter, so
    coarse stages are given many of the evaluations (0.3 of them each, or 0.6 together where there are more than two) and
    still take little of the time. Raises ValueError.

    >>> plan_scales((512, 384), 200)
    [Stage(share=0.25, steps=60), Stage(share=0.5, steps=60), Stage(share=1.0, steps=80)]
    """
    if scales == "auto":
        count = 1 + sum(max(shape) / 2**n >= COARSEST for n in (1, 2))
        count = count if steps >= 30 else 1
    elif isinstance(scales, bool) or not isinstance(scales, int) or not 1 <= scales <= 6:
        raise ValueError(f"scales is {scales!r}; give 'auto' or a whole number from 1 to 6.")
    else:
        count = min(scales, steps)
    coarse = int(0.3 * steps) if count < 4 else int(0.6 * steps / (count - 1))
    coarse = max(1, coarse)
    stages = [Stage(0.5 ** (count - 1 - n), coarse) for n in range(count - 1)]
    return [*stages, Stage(1.0, steps - coarse * (count - 1))]


def estimate_memory(
    backbone: Backbone,
    shape: tuple[int, int],
    layers: Sequence[str],
    dtype: torch.dtype = torch.float32,
    checkpoint: bool = False,
) -> int:
    """Return the bytes of working memory that the loop will take for a picture of `shape` (height, width).

    Counted are the activations that are kept for the way back, the gradients in flight, and the optimiser's memory of 10
    steps, times a measured factor for temporary tensors. The weights and the program itself (about 0.5 GB) are not.

    >>> from nsthelpers import load_backbone
    >>> small, large = (estimate_memory(load_backbone("mini"), (side, side), ["relu4_2"]) for side in (256, 512))
    >>> 3.9 < large / small < 4.1
    True
    """
    rows = layer_table(backbone)
    deepest = backbone.layer_names.index(deepest_layer(backbone, layers))
    width = torch.finfo(dtype).bits // 8
    area = shape[0] * shape[1]
    kept, blocks, largest = 0.0, [0.0], 0.0
    for row in rows[: deepest + 1]:
        values = row.channels * area / row.stride**2
        largest = max(largest, values)
        size = values * width if row.kind != "conv" or row.name in layers else 0
        if row.name in layers:
            kept += size if checkpoint else 0
        if row.kind == "pool":
            kept += size if checkpoint else 0
            blocks.append(0.0)
        blocks[-1] += size
    kept += max(blocks) if checkpoint else sum(blocks)
    in_flight = 2 * largest * width + largest * 4
    optimiser = (2 * 10 + 8) * 3 * area * 4
    return int(OVERHEAD * (kept + in_flight + optimiser))


def available_memory(device: torch.device) -> int:
    """Return the bytes of memory that are free on a device; Apple's MPS shares that of the processor."""
    if device.type == "cuda":
        # What PyTorch has kept from earlier tensors is as good as free.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    import psutil

    return psutil.virtual_memory().available


def fit_memory(backbone: Backbone, image: Tensor, layers: Sequence[str], dtype: torch.dtype) -> tuple[bool, int]:
    """Return whether the loop must checkpoint to fit into the free memory, and the bytes that it will take then.

    Raises MemoryError, with the size that would fit, if even checkpointing is not enough.
    """
    free = available_memory(image.device)
    shape = tuple(image.shape[2:])
    needed = estimate_memory(backbone, shape, layers, dtype)
    if needed <= 0.9 * free:
        return False, needed
    needed = estimate_memory(backbone, shape, layers, dtype, checkpoint=True)
    if needed <= 0.9 * free:
        return True, needed
    fitting = int(max(shape) * (0.9 * free / needed) ** 0.5) // 16 * 16
    advice = f"size={fitting} would fit" if fitting >= 32 else "close other programs"
    raise MemoryError(
        f"A picture of {shape[1]} × {shape[0]} pixels needs about {needed / 1e9:.1f} GB with {backbone.name}, and "
        f"{free / 1e9:.1f} GB are free; {advice}."
    )
