"""Checks of arguments for all public functions; each error is one clear sentence."""

from __future__ import annotations

import math
import numbers
import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor


def check_whole(number: Any, name: str, lowest: int) -> int:
    """Return a whole number (also NumPy's) as an int; raise ValueError unless it is from `lowest` to 2⁶³ − 1.

    >>> check_whole(3, "steps", 1)
    3
    """
    try:
        whole = operator.index(number)
    except TypeError:
        whole = lowest - 1
    if isinstance(number, bool) or not lowest <= whole < 2**63:
        raise ValueError(f"{name} is {number!r}; give a whole number of at least {lowest}.")
    return whole


def check_weight(number: Any, name: str) -> float:
    """Return a finite number of at least 0 (also NumPy's) as a float; raise ValueError for anything else.

    >>> check_weight(2, "content_weight")
    2.0
    """
    if not _is_weight(number):
        raise ValueError(f"{name} is {number!r}; give a number of at least 0.")
    return float(number)


def _is_weight(number: Any) -> bool:
    return isinstance(number, numbers.Real) and not isinstance(number, bool) and 0 <= number < math.inf


def check_rate(rate: Any) -> Callable[[int], float]:
    """Return a learning rate, a number above 0 or a function of the step, as such a function; raise ValueError otherwise.

    >>> check_rate(0.5)(0)
    0.5
    """
    first = rate(0) if callable(rate) else rate
    if not _is_weight(first) or not first:
        default = "; 'sgd' has no default" if rate is None else ", or None for the default"
        raise ValueError(f"learning_rate is {rate!r}; give a number above 0{default}.")
    return rate if callable(rate) else lambda step: float(rate)


def check_path(path: Any, name: str) -> Path:
    """Return `path` as a Path with ~ expanded; raise a ValueError that calls it `name` if it cannot be a path."""
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path) or "\0" in os.fspath(path):
        raise ValueError(f"{name} is {path!r}; give the path of a file.")
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ValueError(f"{name} is {path!r}; there is no such home folder: write the full path.") from None


def check_given(value: Any, name: str) -> Any:
    """Return `value`; raise ValueError for a placeholder in stored settings: see `files.settings.describe`.

    >>> check_given("chelsea", "content")
    'chelsea'
    """
    if isinstance(value, str) and value.startswith("<"):
        raise ValueError(f"{name} was {value.strip('<>')}, which is not stored with the settings; give it again.")
    return value


def check_several(pictures: Any, name: str) -> list[Any]:
    """Return one picture or several as a list; raise ValueError if there is none."""
    several = list(pictures) if isinstance(pictures, (list, tuple)) else [pictures]
    if not several:
        raise ValueError(f"{name} is empty; give at least one picture.")
    return several


def check_size(size: Any) -> int | None:
    """Return the longer side of a picture, None to keep it; raise ValueError unless it is from 1 to 16384 pixels."""
    try:
        whole = None if size is None else check_whole(size, "size", 1)
    except ValueError:
        whole = math.inf
    if whole is not None and whole > 16384:
        raise ValueError(
            f"size is {size!r}; give the longer side as a whole number of pixels from 1 to 16384, or None."
        )
    return whole


def check_maps(maps: Any, name: str, channels: int | str = "C") -> None:
    """Raise ValueError unless `maps` is a float tensor of shape (B, C, H, W), without a 0."""
    if not isinstance(maps, Tensor):
        raise ValueError(f"{name} is a {type(maps).__name__}; give a tensor of shape (B, {channels}, H, W).")
    if maps.ndim != 4 or 0 in maps.shape or channels not in ("C", maps.shape[1]):
        raise ValueError(f"{name} has the shape {tuple(maps.shape)}; it must be (B, {channels}, H, W), without a 0.")
    if not maps.is_floating_point():
        raise ValueError(f"{name} holds {maps.dtype}; give floats.")


def check_same_shape(first: Tensor, second: Any, first_name: str, second_name: str) -> None:
    """Raise ValueError unless `second` is a tensor with the shape of `first`."""
    if not isinstance(second, Tensor):
        raise ValueError(f"{second_name} is a {type(second).__name__}; give a tensor of shape {tuple(first.shape)}.")
    if first.shape != second.shape:
        shapes = f"{tuple(first.shape)} and {tuple(second.shape)}"
        raise ValueError(f"{first_name} and {second_name} have the shapes {shapes}; they must be equal.")


def check_image(image: Any, name: str) -> Tensor:
    """Return `image` if it is a (1, 3, H, W) float tensor of finite numbers; otherwise raise a ValueError that names it."""
    if not isinstance(image, Tensor):
        raise ValueError(f"{name} is a {type(image).__name__}, not an image tensor; make one with load_image(...).")
    if image.layout != torch.strided or image.ndim != 4 or image.shape[:2] != (1, 3) or 0 in image.shape:
        advice = "; write image[None]" if image.ndim == 3 and len(image) == 3 else ""
        raise ValueError(f"{name} has the shape {tuple(image.shape)}; an image is (1, 3, height, width){advice}.")
    if not image.is_floating_point():
        raise ValueError(f"{name} holds {image.dtype}; an image holds floats from 0 to 1: divide 8-bit values by 255.")
    if not torch.isfinite(image).all():
        raise ValueError(f"{name} holds NaN or infinite values; an image holds floats from 0 to 1.")
    return image


def check_layers(layers: Any, name: str) -> list[str]:
    """Return one or several layer names as a list; raise a ValueError that calls them `name` if they are not names.

    >>> check_layers("relu4_2", "content_layers")
    ['relu4_2']
    """
    several = isinstance(layers, Iterable) and not isinstance(layers, Tensor)
    listed = [layers] if isinstance(layers, str) else list(layers) if several else []
    if not listed or not all(isinstance(layer, str) for layer in listed):
        empty = layers is None or several and not listed
        found = "empty" if empty else "a tensor" if isinstance(layers, Tensor) else repr(layers)
        raise ValueError(f"{name} is {found}; give at least one layer by its name, such as ['relu4_2'].")
    return listed


def check_channel(channel: Any, channels: int, layer: str) -> None:
    """Raise ValueError unless `channel` is a whole number from 0 to `channels` - 1."""
    if isinstance(channel, bool) or not isinstance(channel, int) or not 0 <= channel < channels:
        raise ValueError(f"There is no channel {channel!r} in {layer}; give a whole number from 0 to {channels - 1}.")


def check_layer_weights(layers: Any, name: str) -> dict[str, float]:
    """Return the weight of each layer, 1 unless `layers` is a dictionary; raise ValueError for bad layers or weights.

    >>> check_layer_weights(["relu1_1", "relu2_1"], "style_layers")
    {'relu1_1': 1.0, 'relu2_1': 1.0}
    """
    names = check_layers(layers, name)
    weights = dict(layers) if isinstance(layers, Mapping) else dict.fromkeys(names, 1.0)
    if not all(map(_is_weight, weights.values())) or not sum(weights.values()):
        raise ValueError(f"{name} is {layers!r}; name at least one layer, with weights of at least 0 and not all 0.")
    return weights


def check_shares(blend: Any, count: int) -> list[float]:
    """Return the shares of `count` style pictures, equal ones for None; raise ValueError for bad ones.

    >>> check_shares(None, 2)
    [1.0, 1.0]
    """
    shares = [1.0] * count if blend is None else blend.tolist() if isinstance(blend, np.ndarray) else blend
    several = isinstance(shares, Sequence) and not isinstance(shares, str) and len(shares) == count
    if not several or not all(map(_is_weight, shares)) or not sum(shares):
        raise ValueError(
            f"style_blend is {blend!r}; give {count} numbers of at least 0 and not all 0, one for each style picture."
        )
    return [float(share) for share in shares]


def check_masks(masks: Any, count: int, shape: tuple[int, ...] | None) -> list[Tensor]:
    """Return one mask (1, 1, H, W) for each style picture, of the content's `shape` if there is a content; or raise
    ValueError."""
    if not isinstance(masks, (list, tuple)) or len(masks) != count:
        raise ValueError(f"masks must be a list of {count}, one mask for each style picture.")
    for number, mask in enumerate(masks):
        check_maps(mask, f"masks[{number}]", 1)
        shape = shape or tuple(mask.shape)
        if mask.shape[2:] != shape[2:]:
            size, wanted = (" × ".join(map(str, reversed(each[2:]))) for each in (mask.shape, shape))
            raise ValueError(f"masks[{number}] has {size} pixels and the content {wanted}; resize the mask.")
        if not 0 <= mask.min() <= mask.max() <= 1 or not mask.any():
            raise ValueError(f"masks[{number}] needs values from 0 to 1, and not all 0: 1 where its style is painted.")
    return list(masks)


def check_position(position: Any, shape: tuple[int, int], layer: str) -> tuple[int, int]:
    """Return the (row, column) of a value in the map of a layer, of `shape`; raise ValueError if it is not in the map.

    >>> check_position((1, 2), (2, 3), "relu4_1")
    (1, 2)
    """
    try:
        found = tuple(check_whole(index, "position", 0) for index in position)
    except (TypeError, ValueError):
        found = ()
    if len(found) != 2 or not all(index < count for index, count in zip(found, shape)):
        size = f"{shape[0]} rows and {shape[1]} columns"
        raise ValueError(
            f"position is {position!r}; the map of {layer} has {size} for this picture: give (row, column), from (0, 0)."
        )
    return found
