"""Read the weights of a network from a file, without running code that may be in it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor


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
            # Mapped, not read: the 400 MB of classifier weights never reach memory. Files of the old format cannot be.
            state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:
        # safetensors and pickle each have their own errors for damaged, foreign or unsafe files. PyTorch's tells how to
        # load the file all the same, with the code in it: not repeated here.
        raise ValueError(
            f"Cannot read the weights {path.name!r}: it is damaged, or holds more than tensors; give a .safetensors file or "
            "a state dict saved with torch.save(model.state_dict(), …)."
        ) from problem
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise ValueError(
            f"The weights {path.name!r} are no state dict; save one with torch.save(model.state_dict(), …)."
        )
    return state, {}
