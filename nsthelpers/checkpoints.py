"""Checkpoints: the state of a run in one file, from which it goes on as if it had never stopped.

The file is in the safetensors format, tensors and one JSON text: reading it never runs code, as a pickle would.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from nsthelpers.images import check_folder, check_path, choose_device, replacing

FORMAT = 1  # raised when the meaning of the file changes
SECONDS = 30.0  # between two writes of the checkpoint of a run


@dataclass
class State:
    """Where a run stands between two steps: all that it needs to go on from there, and what it has found so far.

    `scale` is the number of the present scale of the pyramid, from 0, and `step` counts the steps done there; `seconds` is
    the time that all steps have taken and `evaluations` their number. `image` holds the pixels as the next step will find
    them, `evaluated` those of the last step's loss, `optimizer` the optimiser's memory. `best` is the picture of the
    lowest total loss, `lowest`, at the present size; `history` is that of `Result`. `settings` name the run;
    `memory` is the estimate of the bytes that it takes.
    `minimise` keeps it up to date; each field is replaced, never written into (but for `history`, which is added to), so
    that an interrupt finds all of them as they were between two steps.

    >>> State().step
    0
    """

    scale: int = 0
    step: int = 0
    evaluations: int = 0
    seconds: float = 0.0
    image: Tensor | None = None
    evaluated: Tensor | None = None
    optimizer: dict[str, Any] = field(default_factory=dict)
    best: Tensor | None = None
    lowest: float = math.inf
    history: list[dict[str, float]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    random: Tensor | None = None
    memory: int = 0
    path: Path | None = None

    def replace(self, **fields: Any) -> None:
        """Set several fields at once: no interrupt can come between them."""
        vars(self).update(fields)

    def claim(self, settings: dict[str, Any]) -> None:
        """Say which run this is. Raises ValueError, naming the first difference, if the state is that of another one."""
        for name in settings if self.settings else ():
            theirs, ours = self.settings.get(name), settings[name]
            if theirs != ours:
                raise ValueError(
                    f"The checkpoint {self.path.name!r} is of another run: {name} is {theirs!r} there and {ours!r} here; "
                    "give the same settings, or another file."
                )
        self.settings = settings
        if self.random is not None:
            # For those who draw random numbers in a callback: they go on as well.
            torch.set_rng_state(self.random)

    def write(self) -> None:
        """Write the state to its file, which is always the old one or the new one, whole."""
        from safetensors.torch import save_file

        if len(self.history) != self.evaluations:
            return  # interrupted between a step and the note of it: the file of the step before is as good
        tensors: dict[str, Tensor] = {}
        fields = vars(self) | {"random": torch.get_rng_state(), "path": None, "format": FORMAT}
        record = json.dumps(_take_out(fields, tensors))
        with replacing(self.path) as temporary:
            save_file(tensors, temporary, {"state": record, "sha256": _digest(record, tensors)})


def open_state(path: str | os.PathLike[str], device: torch.device | str | None = None) -> State:
    """Return the state that a file holds, or a new one, to be written there, if there is no such file.

    Raises ValueError if the file is damaged or no checkpoint, and what `images.check_folder` raises.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "run.checkpoint"
    >>> State(scale=1, path=path).write(); open_state(path).scale
    1
    """
    from safetensors import safe_open

    path = check_path(path, "checkpoint")
    check_folder(path)
    if not path.exists():
        return State(path=path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            # Cloned: they would stay views of a file that is about to be replaced.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}
        record = json.loads(metadata["state"])
        if metadata["sha256"] != _digest(metadata["state"], tensors) or record.pop("format") != FORMAT:
            raise ValueError("damaged, or of another version")
        state = State(**_put_back(record, tensors) | {"path": path})
    except Exception as problem:  # safetensors, JSON and a missing key each have their own errors
        raise ValueError(
            f"Cannot read the checkpoint {path.name!r}: it is damaged, or none of this version; delete it to begin anew."
        ) from problem
    if state.best is not None:
        state.best = state.best.to(choose_device(device))
    return state


def digest(*tensors: Tensor) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the values of tensors: a name for a picture or a network.

    >>> digest(torch.zeros(2)) == digest(torch.zeros(2)), digest(torch.zeros(2)) == digest(torch.ones(2))
    (True, False)
    """
    return _digest("", {str(n): tensor for n, tensor in enumerate(tensors)})[:16]


def _digest(text: str, tensors: dict[str, Tensor]) -> str:
    total = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        values = tensors[name].detach().cpu().contiguous()
        total.update(f"{name} {values.dtype} {tuple(values.shape)}".encode())
        total.update(values.reshape(-1).view(torch.uint8).numpy())
    return total.hexdigest()


def _take_out(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Return `value` with every tensor in it moved to `tensors` and replaced by its name there: something for JSON."""
    if isinstance(value, Tensor):
        name = f"tensor {len(tensors)}"
        tensors[name] = value.detach().cpu().contiguous()
        return {"tensor": name}
    if isinstance(value, dict):
        return {name: _take_out(item, tensors) for name, item in value.items()}
    return [_take_out(item, tensors) for item in value] if isinstance(value, list) else value


def _put_back(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Undo `_take_out`."""
    if isinstance(value, dict):
        if value.keys() == {"tensor"}:
            return tensors[value["tensor"]]
        return {name: _put_back(item, tensors) for name, item in value.items()}
    return [_put_back(item, tensors) for item in value] if isinstance(value, list) else value
