"""The weights of the networks: found, downloaded once if need be, and read without running code in them."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from torch import Tensor, nn

from nsthelpers._validation import check_path
from nsthelpers.files.downloads import download

# torchvision's IMAGENET1K_V1: address, SHA-256 (its first digits are in the name), bytes.
VGG_FILES = {
    "vgg16": (
        "https://download.pytorch.org/models/vgg16-397923af.pth",
        "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
        553_433_881,
    ),
    "vgg19": (
        "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
        "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
        574_673_361,
    ),
}


def find_weights(name: str, weights: str | os.PathLike[str] | None) -> Path:
    """Return the file with the weights: the one given, the bundled one, or torchvision's, downloaded once."""
    variable = f"NSTHELPERS_{name.upper()}"
    if weights is None and name != "mini":
        weights = os.environ.get(variable) or None
    if weights is not None:
        path = check_path(weights, "weights")
        if not path.is_file():
            raise FileNotFoundError(f"There is no weights file {str(path)!r}; give a file, 'random', or None.")
        return path
    if name == "mini":
        return Path(__file__).parents[1] / "weights" / "mini.safetensors"
    url, sha256, size = VGG_FILES[name]
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[-1]
    if not path.is_file() or path.stat().st_size != size:  # of another size: damaged
        remedy = f"set {variable} (or weights=) to a local copy of {path.name}, or use the bundled backbone 'mini'."
        download(url, path, sha256, size, f"the weights of {name}", remedy)
    return path


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the state dict and the metadata of a .safetensors file or a .pth state dict, on the CPU.

    Raises ValueError if the file is damaged or holds more than tensors.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors import safe_open

            with safe_open(path, framework="pt") as file:
                return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}
        try:
            # Mapped, not read: the 400 MB of classifier weights never reach memory. Old-format files cannot be mapped.
            state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:
        # safetensors and pickle each have their own errors for damaged, foreign or unsafe files. PyTorch's says how to
        # load the file anyway, running the code in it: that is not repeated here.
        raise ValueError(
            f"Cannot read the weights {path.name!r}: it is damaged, or holds more than tensors; give a .safetensors file or "
            "a state dict saved with torch.save(model.state_dict(), …)."
        ) from problem
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(
            f"The weights {path.name!r} are not a state dict; save one with torch.save(model.state_dict(), …)."
        )
    return state, {}


def assign_weights(layers: nn.Sequential, state: dict[str, Tensor], name: str) -> None:
    """Give the layers of a network their weights, in float32; raise ValueError if `state` lacks one, or has damaged ones."""
    own = {}
    for key, empty in layers.state_dict().items():
        value = state.get(f"features.{key}")
        if value is None:
            raise ValueError(
                f"The weights do not fit {name}: 'features.{key}' is missing; give weights made for {name}."
            )
        if value.shape != empty.shape:
            shapes = f"{tuple(value.shape)}, expected {tuple(empty.shape)}"
            raise ValueError(f"The weights do not fit {name}: 'features.{key}' has the shape {shapes}.")
        if not torch.isfinite(value).all():
            raise ValueError(f"The weights are damaged: 'features.{key}' holds NaN or infinite values; get them again.")
        own[key] = value.to(torch.float32).clone()  # a copy: `value` may be a piece of a file mapped into memory
    layers.load_state_dict(own, assign=True)
