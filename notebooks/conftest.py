"""What nbval does not look at: that the pictures a notebook makes here are like the ones stored in it."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

collect_ignore = ["source", "student", "instructor"]


def figures(outputs) -> list[Image.Image]:
    """Return the pictures among a cell's outputs."""
    found = []
    for output in outputs:
        data = output.get("data", {})
        encoded = data.get("image/jpeg") or data.get("image/png")
        if encoded:
            found.append(Image.open(io.BytesIO(base64.b64decode(encoded))))
    return found


def likeness(first: Image.Image, second: Image.Image) -> float:
    """Return the correlation of two pictures, averaged down to 24 × 24 blocks of grey: 1 for the same picture.

    The optimiser amplifies rounding, so single strokes differ from machine to machine; where light and dark, axes and
    panels are does not.
    """
    small = [np.asarray(p.convert("L").resize((24, 24), Image.Resampling.BOX), float) for p in (first, second)]
    centred = [values - values.mean() for values in small]
    return float((centred[0] * centred[1]).sum() / (np.linalg.norm(centred[0]) * np.linalg.norm(centred[1]) + 1e-9))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    outcome = yield
    if outcome.excinfo is not None or not hasattr(item, "test_outputs"):
        return
    stored, made = figures(item.cell.get("outputs", [])), figures(item.test_outputs or [])
    problem = None
    if "LiveProgress()" in item.cell.source:
        return  # its figure takes the place of a live view (update_display_data), and nbval 0.11 does not see such messages
    if len(stored) != len(made):
        problem = f"stored are {len(stored)} pictures, made were {len(made)}"
    for number, (old, new) in enumerate(zip(stored, made), 1):
        if abs(old.width - new.width) > 0.1 * old.width or abs(old.height - new.height) > 0.1 * old.height:
            problem = f"picture {number} was {old.size}, is {new.size}"
        elif likeness(old, new) < 0.75:
            problem = f"picture {number} differs from the stored one: likeness {likeness(old, new):.2f}, wanted 0.75"
    if problem:
        outcome.force_exception(AssertionError(f"{item.nodeid}: {problem}. Look at it, then run make notebooks."))
