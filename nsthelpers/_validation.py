"""Checks of arguments for all public functions; each error is one clear sentence."""

from __future__ import annotations

import math
import numbers
import operator
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

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
    if isinstance(number, bool) or not isinstance(number, numbers.Real) or not 0 <= number < math.inf:
        raise ValueError(f"{name} is {number!r}; give a number of at least 0.")
    return float(number)


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
