"""Every public name says in which notebooks it is used, and there is no name that nobody uses."""

import re
from pathlib import Path

import pytest

import nsthelpers

ROOT = Path(__file__).parents[1]
SOURCES = {path.stem[:2]: path.read_text(encoding="utf-8") for path in (ROOT / "notebooks/source").glob("[0-9]*.py")}
# What the notebooks get without naming it: what functions return and take, and the generator under `stylize`.
UNNAMED = {"Progress", "Result", "Settings", "stylize_steps"}
# For people's own pictures: in the README, on the command line, in the studio.
ELSEWHERE = {
    "LiveProgress",
    "before_after",
    "load_settings",
    "save_image",
    "save_with_settings",
    "to_pil",
}


def used_in(name):
    """Return the numbers of the notebooks whose code uses a public name."""
    code = {
        number: "\n".join(line for line in text.splitlines() if not line.startswith("#"))
        for number, text in SOURCES.items()
    }
    return sorted(number for number, text in code.items() if re.search(rf"(?<![\w.\"]){name}\b(?!\")", text))


def sentence(numbers):
    """Return how a docstring says it."""
    if len(numbers) == 1:
        return f"Used in notebook {numbers[0]}."
    return f"Used in notebooks {', '.join(numbers[:-1])} and {numbers[-1]}."


@pytest.mark.parametrize("name", nsthelpers.__all__)
def test_a_public_name_says_where_it_is_used(name):
    numbers = used_in(name)
    if not numbers:
        assert name in UNNAMED | ELSEWHERE
        return
    assert sentence(numbers) in " ".join(getattr(nsthelpers, name).__doc__.split())
