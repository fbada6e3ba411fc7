"""How much memory the loop takes, and how much is free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from nsthelpers.backbones import Backbone, deepest_layer, layer_table

OVERHEAD = 1.35  # ratio of the peak to what is counted, measured with mini and VGG-19 from 384 to 1024 pixels


def estimate_memory(
    backbone: Backbone,
    shape: tuple[int, int],
    layers: Sequence[str],
    dtype: torch.dtype = torch.float32,
    frugal: bool = False,
) -> int:
    """Return the bytes of working memory that the loop will take for a picture of `shape` (height, width).

    The estimate counts the activations kept for the backward pass (n copies of a layer that is named n times), the
    gradients in flight and the optimiser's history of 10 steps, times a measured factor for temporary tensors; it leaves
    out the weights and the program itself (about 0.5 GB). A `frugal` loop computes whole blocks again: see `prepare`.
    """
    rows = layer_table(backbone)
    deepest = rows.index(deepest_layer(backbone, layers))
    width = torch.finfo(dtype).bits // 8
    area = shape[0] * shape[1]
    kept, blocks, largest = 0.0, [0.0], 0.0
    for row in rows[: deepest + 1]:
        values = row.channels * area / row.stride**2
        largest = max(largest, values)
        # The ReLU overwrites what a convolution returns, unless that is one of the named layers.
        size = values * width * max(list(layers).count(row.name), 0 if row.kind == "conv" else 1)
        if row.kind == "pool":
            blocks.append(0.0)
        blocks[-1] += size
        if frugal:
            kept += size * ((row.name in layers) + (row.kind == "pool"))
    kept += max(blocks) if frugal else sum(blocks)
    in_flight = 2 * largest * width + largest * 4
    optimiser = (2 * 10 + 8) * 3 * area * 4
    return int(OVERHEAD * (kept + in_flight + optimiser))


def available_memory(device: torch.device) -> int:
    """Return the bytes of memory that are free on a device; Apple's MPS shares that of the processor."""
    if device.type == "cuda":
        # What PyTorch keeps reserved from earlier tensors counts as free.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept
    import psutil

    return min([psutil.virtual_memory().available, *_container_memory()])


def _container_memory(root: Path = Path("/sys/fs/cgroup")) -> list[int]:
    """Return what a container (Binder, Docker, Colab) has left of its limit, in bytes; nothing where there is none.

    Reads the files of control groups version 2, then version 1; what the kernel would give back (inactive file pages)
    counts as free.
    """
    for folder, limit, used in (
        ("", "memory.max", "memory.current"),
        ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        try:
            left = int((root / folder / limit).read_text()) - int((root / folder / used).read_text())
            pages = dict(line.split() for line in (root / folder / "memory.stat").read_text().splitlines())
            return [max(0, left + int(pages.get("inactive_file", 0)))]
        except (OSError, ValueError):  # no such file, or "max": no limit
            continue
    return []


def fit_memory(
    backbone: Backbone, images: Sequence[Tensor], layers: Sequence[str], dtype: torch.dtype
) -> tuple[bool, int]:
    """Return whether the loop must checkpoint to fit into the free memory, and the bytes that it will then take.

    `images` are the content, which is painted, and the styles, which pass through the network once. Raises MemoryError, with
    the size that would fit, if even checkpointing is not enough.
    """
    content, free = images[0], available_memory(images[0].device)
    height, width = content.shape[2:]
    for frugal in (False, True):
        needed = estimate_memory(backbone, (height, width), layers, dtype, frugal)
        # A target (content or style) needs no gradients: a layer, the next, and the compared ones are kept at a time.
        needed = max(needed, *(estimate_memory(backbone, tuple(i.shape[2:]), layers, dtype) // 2 for i in images))
        if needed <= 0.9 * free:
            return frugal, needed
    fitting = int(max(height, width) * (0.9 * free / needed) ** 0.5) // 16 * 16
    advice = f"size={fitting} would fit" if fitting >= 32 else "close other programs"
    raise MemoryError(
        f"A picture of {width} × {height} pixels needs about {needed / 1e9:.1f} GB with {backbone.name}, and "
        f"{free / 1e9:.1f} GB are free; {advice}."
    )


def is_out_of_memory(problem: Exception) -> bool:
    """Return whether an exception says that memory ran out; on the CPU, PyTorch has no exception of its own for it."""
    words = ("out of memory", "can't allocate memory", "not enough memory", "bad_alloc")
    if isinstance(problem, MemoryError):
        return not str(problem)  # Python's own; those of this package have a message
    return isinstance(problem, RuntimeError) and any(word in str(problem) for word in words)
