"""Checkpoints: the state of a run in one file, from which it continues as if it had never stopped."""

from __future__ import annotations

import hashlib
import io
import os
import time
import warnings
from typing import Any

import torch
from torch import Tensor

from nsthelpers._validation import check_path
from nsthelpers.files.writing import check_folder, write_atomically

FORMAT = 4  # raised when the meaning of the file changes
SECONDS = 30.0  # between two writes of a run


class Checkpoint:
    """The file of a run. `state` is what the run continues from, None for a new one; the run keeps it up to date.

    The file holds tensors, numbers and texts only (PyTorch reads it with ``weights_only=True``: no code in it is run),
    preceded by their SHA-256. Raises ValueError if the file is damaged or not a checkpoint, and what `check_folder` raises.

    >>> import tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "run.checkpoint")
    >>> first = Checkpoint(path)
    >>> first.claim({"steps": 3}); first.keep({"step": 1}); first.write()
    >>> Checkpoint(path).state
    {'step': 1}
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = check_path(path, "checkpoint")
        check_folder(self.path)
        self.state: dict[str, Any] | None = None
        self.settings: dict[str, Any] | None = None
        self.written, self.changed = time.monotonic(), False
        if self.path.exists():
            try:
                content = self.path.read_bytes()
                if hashlib.sha256(content[32:]).digest() != content[:32]:
                    raise ValueError("damaged")
                record = torch.load(io.BytesIO(content[32:]), map_location="cpu", weights_only=True)
                if record["format"] != FORMAT:
                    raise ValueError("of another version")
                self.state, self.settings = record["state"], record["settings"]
            except Exception as problem:  # each kind of damage has its own error
                raise ValueError(
                    f"Cannot read the checkpoint {self.path.name!r}: it is damaged, or from another version; delete it to "
                    "start again."
                ) from problem

    def claim(self, settings: dict[str, Any]) -> None:
        """State which run this is; raise ValueError, naming the first difference, if the file belongs to another one."""
        for name in settings if self.settings is not None else ():
            theirs, ours = self.settings.get(name), settings[name]
            if theirs != ours:
                raise ValueError(
                    f"The checkpoint {self.path.name!r} is from another run: {name} is {theirs!r} there and {ours!r} here; "
                    "give the same settings, or another file."
                )
        self.settings = settings

    def keep(self, state: dict[str, Any]) -> None:
        """Remember the state after a step, and write it every half minute."""
        self.state, self.changed = state, True
        if time.monotonic() - self.written > SECONDS:
            self.write()

    def write(self) -> None:
        """Write the state, if it has changed; if that fails (a full disk), warn, and let the run continue."""
        if not self.changed:
            return
        buffer = io.BytesIO()
        try:
            torch.save({"format": FORMAT, "settings": self.settings, "state": self.state}, buffer)
            write_atomically(self.path, hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())
        except Exception as problem:
            warnings.warn(f"Cannot write the checkpoint {self.path.name!r} ({problem}); the run goes on.", stacklevel=4)
        self.written, self.changed = time.monotonic(), False


def state_after(step: int, image: Tensor, safe: Tensor, loss: float, stepper: torch.optim.Optimizer) -> dict[str, Any]:
    """Return what `minimise` continues from: the pixels, the last picture that was no leap, its loss, the optimiser's state.

    The next step changes none of it: that step writes into the optimiser's tensors and lists, which are copied, but never
    into the tensors in the lists (the 20 vectors of L-BFGS), which are not. `run` adds "scale", "seconds", "best", "lowest"
    and "history".
    """
    copies = {Tensor: Tensor.clone, list: list.copy}
    memory = stepper.state_dict()["state"].get(0, {})
    memory = {name: copies.get(type(value), lambda same: same)(value) for name, value in memory.items()}
    return {
        "step": step,
        "pixels": image.detach().clone(),
        "evaluated": safe.clone(),
        "loss": loss,
        "optimizer": memory,
    }
