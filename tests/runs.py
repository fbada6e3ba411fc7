"""Short runs, and ways to break them: for the tests of the engine and of the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from corpus import record

from nsthelpers import Progress, Result, load_image, stylize

CONTENT, STYLE = load_image("chelsea", 48, "cpu"), load_image("starry_night", 48, "cpu")
STEPS = 18
FAULTS: list[str] = []


def survived(fault: str) -> None:
    """Add a fault to its row of docs/robustness.md (in a thorough run)."""
    FAULTS.append(fault)
    kept = "the best picture was kept, or the run refused before it began"
    record("faults during a run", f"{len(FAULTS)}: {', '.join(FAULTS)}", kept)


def run(**options: Any) -> Result:
    """Paint 48 × 32 pixels in 18 steps on two scales, in float32."""
    given = {"steps": STEPS, "size": None, "scales": 2, "precision": "float32", "progress": False, "device": "cpu"}
    return stylize(CONTENT, STYLE, **given | options)


def losses(result: Result) -> list[dict[str, float]]:
    """Return the history without what the clock says."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in result.history]


def fail_at(step: int, exception: BaseException | type[BaseException] = KeyboardInterrupt) -> Callable:
    """Return a callback that raises at a step."""

    def callback(progress: Progress) -> None:
        if progress.step == step:
            raise exception

    return callback


def interrupt_call(patch: pytest.MonkeyPatch, owner: type, name: str, number: int) -> None:
    """Make the `number`th call of a method raise KeyboardInterrupt once it has done its work."""
    original, calls = getattr(owner, name), []

    def counting(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        value = original(*args, **kwargs)
        if len(calls) == number:
            raise KeyboardInterrupt
        return value

    patch.setattr(owner, name, counting)
