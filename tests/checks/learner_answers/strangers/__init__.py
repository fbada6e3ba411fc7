"""Answers by people who saw only the stubs: `ANSWERS` in each module, as (exercise, "wrong" or "right", what, source).

They run where a learner's code runs: among the imports and functions of the notebook, its solutions included. What a
notebook has calculated by then (a photograph, a matrix) is there under its name, as a small picture.
"""

from __future__ import annotations

import ast
import importlib
import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nsthelpers.checks import NOTEBOOKS, Exercise
from nsthelpers.checks.machinery.book import exercises

NOTEBOOK_SOURCES = Path(__file__).resolve().parents[4] / "notebooks" / "source"
COLUMN = {"MEAN": (0.485, 0.456, 0.406), "DEVIATION": (0.229, 0.224, 0.225)}


@dataclass(frozen=True)
class Stranger:
    """One answer: `number` is its place in its module, `what` its author's words for what is wrong or right in it."""

    exercise: Exercise
    number: int
    wrong: bool
    what: str
    function: Callable[..., Any]

    @property
    def key(self) -> str:
        return f"{self.exercise.key} {self.number}"


def surroundings(notebook: str) -> dict[str, Any]:
    """The names that a learner's code can use in a notebook."""
    tree = ast.parse((NOTEBOOK_SOURCES / f"{NOTEBOOKS[notebook]:02d}_{notebook}.py").read_text(encoding="utf-8"))
    stored = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    space: dict[str, Any] = {name: torch.linspace(0, 1, 3 * 6 * 8).reshape(1, 3, 6, 8) for name in stored}
    for statement in tree.body:
        if isinstance(statement, (ast.Import, ast.ImportFrom, ast.FunctionDef)):
            exec(compile(ast.Module([statement], []), "notebook", "exec"), space)
    return space | {name: torch.tensor(numbers).reshape(3, 1, 1) for name, numbers in COLUMN.items()}


def strangers(notebook: str) -> Iterator[Stranger]:
    """All answers of one notebook, as functions."""
    module, outside = importlib.import_module(f"{__name__}.{notebook}"), surroundings(notebook)
    for number, (name, verdict, what, source) in enumerate(module.ANSWERS):
        space, file = dict(outside), f"{notebook} {number}"
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
        exec(compile(source, file, "exec"), space)
        defined = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        function = space[name if name in defined else defined[-1]]
        yield Stranger(exercises(notebook)[name], number, verdict == "wrong", what, function)
