"""A copy of the network made for the loop: nothing after the deepest layer, channels last, in the fastest precision."""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from nsthelpers.backbones import Backbone, deepest_layer


def has_fast_bfloat16(device: str) -> bool:
    """Return whether convolutions in bfloat16 are clearly faster than in float32 on this kind of device.

    CPUs with instructions for it (avx512_bf16, AMX) take about half the time, others many times as long. This reads the
    capabilities and times nothing, so that a machine always gives the same picture. On Apple's MPS it is False.
    """
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """Return the dtype of the network for a precision: "auto", "float32" or "bfloat16". Raises ValueError for another."""
    if precision not in ("auto", "float32", "bfloat16"):
        raise ValueError(f"precision is {precision!r}; use one of 'auto', 'float32', 'bfloat16'.")
    if precision == "auto":
        precision = "bfloat16" if has_fast_bfloat16(device.type) else "float32"
    return getattr(torch, precision)


def prepare(
    backbone: Backbone, layers: Sequence[str], dtype: torch.dtype = torch.float32, frugal: bool = False
) -> Backbone:
    """Return a copy of a backbone made for the loop: nothing after the deepest of `layers`, channels last, in `dtype`.

    The activations of the named layers are the same as the original's (in float32, to rounding), in another memory
    layout. ReLUs work in place where the convolution before them is not one of `layers`, which saves a tensor each, and
    convolutions with replicate padding keep no copy of their input. If `frugal`, whole blocks are computed again in the
    backward pass instead of being kept: slower, with less memory.
    """
    deepest, kept = deepest_layer(backbone, layers).name, OrderedDict()
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
    kept["normalize"].dtype, kept["normalize"].memory_format = dtype, torch.channels_last
    prepared = (CheckpointedBackbone if frugal else Backbone)(kept)
    prepared.name, prepared.pooling = backbone.name, backbone.pooling
    return prepared.eval().requires_grad_(False)


class CheckpointedBackbone(Backbone):
    """A backbone that computes whole blocks again in the backward pass instead of keeping them (Chen et al. 2016)."""

    def walk(self, images: Tensor, layers: Iterable[str]) -> Iterator[tuple[str, Tensor]]:
        """Do what `Backbone.walk` does, one block (up to a pooling layer) at a time."""
        missing, current, block = set(layers), images, []
        for name, module in self.named_children():
            block.append((name, module))
            if not name.startswith("pool") and name != self.layer_names[-1]:
                continue
            if not missing:
                return
            current, found = checkpoint(_run, block, missing, current, use_reentrant=False)
            yield from found.items()
            missing, block = missing - found.keys(), []


def _run(
    block: Sequence[tuple[str, nn.Module]], wanted: Container[str], maps: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """Apply the layers of a block one after the other; return the last activation, and the wanted ones by name."""
    found = {}
    for name, module in block:
        maps = module(maps)
        if name in wanted:
            found[name] = maps
    return maps, found


class _RepeatBorder(torch.autograd.Function):
    """A frozen 3 × 3 convolution with replicate padding.

    Its gradient needs only the weights, so the padded maps are not kept, as autograd would keep them; and in the backward
    pass the border's part is added in place, where autograd would copy the maps.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, weight: Tensor, bias: Tensor, turned: Tensor) -> Tensor:
        ctx.save_for_backward(turned)
        padded = nn.functional.pad(maps, (1, 1, 1, 1), mode="replicate")
        return nn.functional.conv2d(padded, weight, bias)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (turned,) = ctx.saved_tensors
        # The gradient of a convolution is a convolution with the kernels turned by 180 degrees and their input and output
        # channels exchanged; computed as such, because PyTorch's own function copies maps that it never reads.
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


class _LeanGram(torch.autograd.Function):
    """`gram_matrix` for the loop: one product in the backward pass, where autograd makes two and adds them; and
    sums in float32 for low-precision features, piece by piece, without a float32 copy of all of them."""

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
        # Rounded to the features' precision, as the product is anyway.
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
