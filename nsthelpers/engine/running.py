"""Carry a run to its end: the best picture, the bar, the interrupts and the checkpoint, whatever happens on the way."""

from __future__ import annotations

import math
import shutil
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from nsthelpers.engine.checkpoints import Checkpoint
from nsthelpers.engine.memory import is_out_of_memory
from nsthelpers.files.writing import encode
from nsthelpers.images import to_pil

if TYPE_CHECKING:
    from nsthelpers.transfer import Progress

EXPLODED, PATIENCE = 1000, 20  # times the lowest loss, for this many steps in a row: no run recovers from that


@dataclass(eq=False, repr=False)
class Result:
    """The result of a run: `image` is the picture with the lowest total loss, (1, 3, H, W) in [0, 1].

    With a pyramid it is the best of the last scale that was reached, since losses of two scales cannot be compared: a run
    that is stopped early gives a smaller picture.

    `history` has one dictionary for each step: "step", "seconds", "size" (the longer side), "total" and the terms.
    `settings` are the arguments of the run, described in words unless they are text or numbers. `stopped` says why it ended:
    "finished", "stopped" (a callback), "interrupted" or "diverged".

    Used in notebook 13.

    >>> from nsthelpers import stylize
    >>> result = stylize("tuebingen", "starry_night", size=64, steps=3, progress=False)
    >>> result.image.shape, result.evaluations, result.stopped, result.settings["style"]
    (torch.Size([1, 3, 48, 64]), 3, 'finished', 'starry_night')
    """

    image: Tensor
    history: list[dict[str, float]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    stopped: str = "finished"

    @property
    def seconds(self) -> float:
        """How long the optimisation took."""
        return self.history[-1]["seconds"] if self.history else 0.0

    @property
    def evaluations(self) -> int:
        """How many times the loss and its gradient were computed."""
        return len(self.history)

    def _repr_jpeg_(self) -> bytes:
        return encode(to_pil(self.image), "JPEG", quality=85, subsampling=-1)

    def __repr__(self) -> str:
        height, width = self.image.shape[2:]
        return f"Result({width} × {height} pixels, {self.evaluations} evaluations, {self.stopped})"


@torch.inference_mode(False)
def run(
    records: Iterator[Progress],
    steps: int,
    settings: dict[str, Any],
    callback: Callable[[Progress], object] | None = None,
    progress: bool = True,
    checkpoint: Checkpoint | None = None,
) -> Result:
    """Run `records` to their end, and keep the best picture and the checkpoint, whatever happens on the way.

    This is what `stylize` does with `stylize_steps`; `settings` become those of the `Result`.

    >>> from nsthelpers import minimise
    >>> grey = lambda image: {"total": (image - 0.5).square().sum()}
    >>> run(minimise(grey, torch.ones(1, 3, 1, 1), 3), 3, {}, progress=False)
    Result(1 × 1 pixels, 3 evaluations, finished)
    """
    if callback is not None and not callable(callback):
        raise ValueError(f"callback is {callback!r}; give a function that takes a Progress, or None.")
    kept = (checkpoint.state if checkpoint else None) or {"best": None, "lowest": math.inf, "history": []}
    result, lowest, above = Result(kept["best"], kept["history"], settings), kept["lowest"], 0
    bar = Bar(steps, len(result.history), progress)
    with one_interrupt() as interrupts:
        try:
            for record in records:
                total, size = record.losses["total"], max(record.image.shape[2:])
                # The losses of two scales cannot be compared: a finer picture replaces the best coarse one.
                if result.image is None or record.image.shape != result.image.shape or total < lowest:
                    result.image, lowest, above = record.image.clone(), total, 0
                result.history.append({"step": record.step, "seconds": record.seconds, "size": size, **record.losses})
                if checkpoint is not None:
                    best = {"best": result.image, "lowest": lowest, "history": list(result.history)}
                    checkpoint.keep(record.state() | {"scale": record.scale, "seconds": record.seconds} | best)
                bar.update(record.seconds_left, notes(record))
                answer = callback(record) if callback is not None else None
                if isinstance(answer, (bool, np.bool_)) and not answer:  # None goes on
                    result.stopped = "stopped"
                    break
                above = above + 1 if total > EXPLODED * lowest else 0
                if above == PATIENCE:
                    result.stopped = "diverged"
                    break
        except KeyboardInterrupt:
            if result.image is None:
                raise
            result.stopped = "interrupted"
        except Exception as problem:
            # The exception carries the result so far, None before the first step.
            problem.result = None if result.image is None else result
            if is_out_of_memory(problem):
                half = f"size={settings['size'] // 2}" if settings.get("size") else "half the size"
                shortage = MemoryError(f"There is not enough memory for this picture; {half} needs a quarter of it.")
                shortage.result = problem.result
                raise shortage from problem
            raise
        finally:
            interrupts.quiet = True  # the rest takes a moment and must not be interrupted
            bar.close()
            if checkpoint is not None:
                checkpoint.write()
    if result.image is None:
        raise ValueError("The loss of the starting picture is not a finite number; lower the weights.")
    if result.stopped == "finished" and len(result.history) < steps:
        result.stopped = "diverged"
    if result.stopped == "diverged":
        how = f"grew beyond {EXPLODED} times its lowest value" if above == PATIENCE else "stopped being a number"
        taken = f"after {len(result.history)} of {steps} steps"
        advice = "try a lower learning_rate, or optimizer='adam'."
        warnings.warn(f"The loss {how} {taken}. The best picture so far is kept; {advice}", stacklevel=3)
    return result


def notes(record: Progress) -> list[str]:
    """Return facts about a step, the most important first: the loss, the memory if it is known, the terms."""
    terms = [f"{name} {value:.4g}" for name, value in record.losses.items() if name != "total"]
    memory = [f"about {record.memory / 1e9:.2g} GB"] if record.memory else []
    return [f"total {record.losses['total']:.4g}", *memory, *terms]


class Bar:
    """A progress bar of `total` steps, given up for good where it cannot be shown: a closed pipe, no stderr.

    It opens at the first step, so that no bar precedes an error in the settings. `step` is the number of steps so far; set
    it where a part is skipped.
    """

    NARROWEST = 15  # columns that the notes must leave for the bar

    def __init__(self, total: int, initial: int, shown: bool) -> None:
        self.bar: tqdm | None = None
        self.total, self.step, self.shown = total, initial, shown

    def update(self, seconds_left: float, notes: Sequence[str] = ()) -> None:
        """Move on by one step; show the time left, and as many of the notes, in order, as there is room for."""
        self.step += 1
        if not self.shown:
            return
        line = f"step {self.step}/{self.total}, {duration(seconds_left)} left {{bar}}"
        room = shutil.get_terminal_size().columns - len(line) + len("{bar}") - self.NARROWEST - 1
        texts = [" " + ", ".join(notes[:count]) for count in range(1, len(notes) + 1)]
        shown = max((text for text in texts if len(text) <= room), key=len, default="")
        try:
            if self.bar is None:
                options = {"bar_format": line + shown, "dynamic_ncols": True, "leave": False}
                self.bar = tqdm(total=self.total, initial=self.step, **options)
            else:
                self.bar.bar_format = line + shown
                self.bar.update(self.step - self.bar.n)
        except Exception:
            if self.bar is not None:
                self.bar.disable = True
            self.bar, self.shown = None, False

    def close(self) -> None:
        """Remove the bar."""
        if self.bar is not None:
            with suppress(Exception):
                self.bar.close()


def duration(seconds: float) -> str:
    """Return a time in words: in seconds below 100 seconds, in minutes above.

    >>> duration(4.2), duration(300)
    ('4 s', '5 min')
    """
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


class Interrupts:
    """A signal handler: the first signal raises KeyboardInterrupt; later ones, and any once it is `quiet`, do nothing.

    `seen` says whether there was one.
    """

    def __init__(self) -> None:
        self.seen = self.quiet = False

    def __call__(self, number: int, frame: Any) -> None:
        """Handle a signal."""
        first, self.seen = not self.seen, True
        if first and not self.quiet:
            raise KeyboardInterrupt


@contextmanager
def one_interrupt(*signals: int) -> Iterator[Interrupts]:
    """Let the first Ctrl-C inside the block raise KeyboardInterrupt, and ignore those that follow until the block ends.

    People press it twice, and the second one would interrupt the saving of their picture. `signals` are others, such as
    SIGTERM, to treat in the same way. Outside the main thread, and where a signal already has another handler, nothing
    changes. Of nested blocks, the outermost counts: once a run inside it has ended, its picture can be saved undisturbed.
    """
    outer = signal.getsignal(signal.SIGINT)
    if isinstance(outer, Interrupts):
        yield outer
        return
    interrupts = Interrupts()
    main = threading.current_thread() is threading.main_thread()
    usual = {signal.SIGINT: signal.default_int_handler} | dict.fromkeys(signals, signal.SIG_DFL)
    watched = [each for each, handler in usual.items() if main and signal.getsignal(each) is handler]
    for each in watched:
        signal.signal(each, interrupts)
    try:
        yield interrupts
    finally:
        for each in watched:
            signal.signal(each, usual[each])
