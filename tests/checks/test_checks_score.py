"""The checks are tested with wrong and right answers: they must catch, name and accept them."""

from __future__ import annotations

import importlib.util
import time
from collections import defaultdict
from pathlib import Path

import pytest
import torch

from nsthelpers.checks import NOTEBOOKS
from nsthelpers.checks.machinery.book import exercises
from nsthelpers.checks.machinery.judge import judge

TOOL = Path(__file__).resolve().parents[2] / "tools" / "check_report.py"
ALL = [exercise for notebook in NOTEBOOKS for exercise in exercises(notebook).values()]
EVERY = pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.key)


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("check_report", TOOL)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["check_report"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def results(tool):
    return tool.measure()


def test_right_answers_are_accepted(results):
    refused = [r for r in results if r.answer.diagnosis is None and r.status != "solved"]
    assert not refused


def test_wrong_answers_are_caught_and_named(tool, results):
    bad, caught, named, _, _ = tool.counts(results)
    assert caught >= 0.95 * bad
    assert named >= 0.80 * bad


def test_each_exercise_has_enough_answers_and_reaches_the_marks(tool, results):
    grouped = defaultdict(list)
    for result in results:
        grouped[result.answer.exercise.key].append(result)
    short = {}
    for exercise in ALL:
        bad, caught, named, good, accepted = tool.counts(grouped[exercise.key])
        if bad < 10 or good < 6 or caught < 0.95 * bad or named < 0.80 * bad or accepted < good:
            short[exercise.key] = (bad, caught, named, good, accepted)
    assert not short


@pytest.fixture(scope="module")
def strange(tool):
    return tool.measure_strangers()


def test_what_strangers_do_is_caught_named_and_accepted(tool, strange):
    bad, caught, named, misled, good, accepted = tool.strange_counts(strange)
    assert bad >= 4 * len(ALL) and good >= 2 * len(ALL)
    assert caught == bad and accepted == good
    assert named >= 0.91 * bad and not misled


def test_the_table_is_current(tool, results, strange):
    text = (TOOL.parent.parent / "docs" / "checks.md").read_text(encoding="utf-8")
    assert text == tool.page(results, strange), "run python tools/check_report.py"


@EVERY
def test_the_reference_solves_its_exercise(exercise):
    assert judge(exercise, exercise.reference).status == "solved"
    assert judge(exercise, exercise.reference, torch.float64).status == "solved"


@EVERY
def test_every_known_mistake_is_wrong_and_found_under_its_name(exercise):
    for mistake in exercise.mistakes:
        verdict = judge(exercise, mistake.answer)
        assert (verdict.status, verdict.diagnosis) == ("wrong", mistake.name)


@EVERY
def test_inputs_are_various_and_the_texts_are_there(exercise):
    cases = exercise.make_inputs(7)
    assert len(cases) >= 3
    assert len(exercise.hints) >= 2 and len(exercise.mistakes) >= 5
    assert exercise.difficulty in (1, 2, 3) and 1 <= exercise.minutes <= 30
    for text in [exercise.task, exercise.solved, *(hint.text for hint in exercise.hints)]:
        assert text.rstrip("`)").endswith((".", "?", "!")) or "`" in text
    for mistake in exercise.mistakes:
        assert mistake.sentence.endswith((".", "?", "!")), mistake.sentence
    pictures = [a for args in cases for a in args if isinstance(a, torch.Tensor) and a.dim() >= 3]
    assert not pictures or any(picture.shape[-1] != picture.shape[-2] for picture in pictures)


@EVERY
def test_a_check_answers_before_one_looks_away(exercise):
    """Some hundredths of a second, where the machine is quiet; a second and a half is an accident."""
    for answer in (exercise.reference, exercise.mistakes[-1].answer):
        times = []
        for _ in range(3):  # the first one has lazy imports of torch
            start = time.process_time()
            judge(exercise, answer)
            times.append(time.process_time() - start)
        assert min(times) < 1.5
