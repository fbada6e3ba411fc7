"""Whatever happens during a run, what was done is kept."""

import io
import math
import os
import random
import signal
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nsthelpers import Result, StyleTransferLoss, save_image
from nsthelpers.engine import checkpoints
from nsthelpers.engine.checkpoints import Checkpoint
from nsthelpers.engine.running import Bar, one_interrupt

sys.path.insert(0, str(Path(__file__).parents[1]))
from corpus import record
from runs import fail_at, losses, run, survived


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_same_seed_same_bytes_whatever_the_callback_does(tmp_path, optimizer):
    def vandal(record):
        record.image.zero_()
        record.losses.clear()
        torch.rand(3)
        torch.manual_seed(3)

    callbacks = [None, lambda record: None, vandal, lambda record: time.sleep(0.001)]
    results = [run(optimizer=optimizer, init="noise", seed=7, callback=callback) for callback in callbacks]
    saved = {save_image(result.image, tmp_path / f"{n}.png").read_bytes() for n, result in enumerate(results)}
    assert len(saved) == 1 and all(losses(result) == losses(results[0]) for result in results)
    record(f"determinism, {optimizer}", f"{len(callbacks)} runs, each with another callback", "the same bytes")


def test_the_clock_set_back(monkeypatch):
    """Only a clock that never goes back is asked."""
    monkeypatch.setattr(time, "time", lambda: random.uniform(-1e9, 0))
    seen = []
    result = run(callback=seen.append)
    assert [row["seconds"] for row in result.history] == sorted(row["seconds"] for row in result.history)
    assert all(0 <= item.seconds_left < 600 for item in seen)
    survived("the clock set back")


def test_a_loss_that_explodes_ends_the_run_and_keeps_the_best(monkeypatch):
    original, calls = StyleTransferLoss.forward, []

    def exploding(self, image):
        calls.append(1)
        terms = original(self, image)
        return terms | {"total": terms["total"] * (1e6 if len(calls) > 5 else 1)}

    monkeypatch.setattr(StyleTransferLoss, "forward", exploding)
    with pytest.warns(UserWarning, match="beyond 1000 times.*25 of 60 steps.*lower learning_rate"):
        result = run(steps=60, scales=1)
    assert result.stopped == "diverged" and result.evaluations == 25
    assert min(row["total"] for row in result.history) == min(row["total"] for row in result.history[:5])
    survived("an exploding loss")


def test_a_run_that_comes_back_is_not_ended(monkeypatch):
    """A bad start of a few steps, as a large learning rate makes it, is not an explosion."""
    original, calls = StyleTransferLoss.forward, []

    def bumpy(self, image):
        calls.append(1)
        terms = original(self, image)
        return terms | {"total": terms["total"] * (1e6 if len(calls) % 20 else 1)}

    monkeypatch.setattr(StyleTransferLoss, "forward", bumpy)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run(steps=60, scales=1, optimizer="adam").stopped == "finished"


def kept(path):
    """How many steps a checkpoint holds."""
    return len(Checkpoint(path).state["history"])


MEMORY = ["DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes", "MPS backend out of memory"]


@pytest.mark.parametrize("problem", [torch.OutOfMemoryError("CUDA out of memory"), *map(RuntimeError, MEMORY)])
def test_out_of_memory_keeps_the_best_and_says_what_fits(tmp_path, monkeypatch, problem):
    original, calls = StyleTransferLoss.forward, []

    def hungry(self, image):
        calls.append(1)
        if len(calls) > 3:
            raise problem
        return original(self, image)

    monkeypatch.setattr(StyleTransferLoss, "forward", hungry)
    with pytest.raises(MemoryError, match="size=24 needs a quarter") as caught:
        run(size=48, scales=1, checkpoint=tmp_path / "run")
    assert caught.value.result.evaluations == 3 and kept(tmp_path / "run") == 3
    survived(f"out of memory ({str(problem).split()[0]})")


def test_other_errors_are_not_taken_for_a_lack_of_memory(monkeypatch):
    monkeypatch.setattr(StyleTransferLoss, "forward", lambda *_: (_ for _ in ()).throw(RuntimeError("shapes differ")))
    with pytest.raises(RuntimeError, match="shapes differ"):
        run()


def test_an_exception_in_a_callback_keeps_the_picture_and_the_checkpoint(tmp_path):
    with pytest.raises(ZeroDivisionError) as caught:
        run(checkpoint=tmp_path / "run", callback=fail_at(4, ZeroDivisionError("the user's own")))
    assert caught.value.result.evaluations == 4 and kept(tmp_path / "run") == 4
    assert torch.equal(Checkpoint(tmp_path / "run").state["best"], caught.value.result.image)
    survived("an exception in a callback")


def test_a_loss_that_is_no_number_keeps_the_picture_and_the_checkpoint(tmp_path, monkeypatch):
    original, calls = StyleTransferLoss.forward, []

    def breaking(self, image):
        calls.append(1)
        terms = original(self, image)
        return terms | {"total": terms["total"] * (math.nan if len(calls) > 7 else 1)}

    monkeypatch.setattr(StyleTransferLoss, "forward", breaking)
    with pytest.warns(UserWarning, match="stopped being a number after 7 of 18 steps.*lower learning_rate"):
        result = run(checkpoint=tmp_path / "run")
    state = Checkpoint(tmp_path / "run").state
    assert result.stopped == "diverged" and len(state["history"]) == 7 and torch.isfinite(state["pixels"]).all()
    survived("a loss that is no number")


# The bar


class Broken(io.StringIO):
    """A stream that breaks after so many writes, as a closed pipe does."""

    def __init__(self, writes):
        super().__init__()
        self.left = writes

    def write(self, text):
        self.left -= 1
        if self.left < 0:
            raise BrokenPipeError
        return super().write(text)


@pytest.mark.parametrize("stream", [None, "closed", *map(Broken, (0, 1, 2, 3, 5, 8))])
def test_no_bar_is_no_reason_to_lose_a_run(monkeypatch, stream):
    """No stderr at all (a windowed Python), a closed one, a pipe that breaks at any moment."""
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed if stream == "closed" else stream)
    result = run(progress=True, steps=4, scales=1)
    assert result.stopped == "finished" and result.evaluations == 4


NOTES = ["total 0.1234", "about 2.5 GB", "content 0.01234", "style 0.001234"]


@pytest.mark.parametrize(
    ("columns", "shown", "hidden"),
    [(160, NOTES, []), (80, NOTES[:2], NOTES[2:]), (60, NOTES[:1], NOTES[1:]), (45, [], NOTES)],
)
def test_the_bar_says_step_and_time_and_as_many_losses_as_there_is_room_for(
    capsys, monkeypatch, columns, shown, hidden
):
    monkeypatch.setenv("COLUMNS", str(columns))
    bar = Bar(200, 17, True)
    bar.update(4.2, NOTES)
    text = capsys.readouterr().err
    assert text.startswith("\rstep 18/200, 4 s left ") and len(text) <= columns
    assert all(note in text for note in shown) and not any(note.split()[0] in text for note in hidden)
    bar.update(300, NOTES)
    bar.bar.refresh()
    assert "step 19/200, 5 min left" in capsys.readouterr().err
    bar.close()


def test_no_bar_stands_before_an_error_in_the_settings(capsys):
    with pytest.raises(ValueError, match="style_weight"):
        run(progress=True, style_weight=-1)
    Bar(10, 0, False).update(1.0)
    assert capsys.readouterr().err == ""


# Interrupts


def press(number=signal.SIGINT):
    os.kill(os.getpid(), number)


def test_the_first_interrupt_raises_and_those_that_follow_do_nothing():
    usual, done = signal.getsignal(signal.SIGINT), []
    with one_interrupt():
        try:
            press()
            pytest.fail("the first one did nothing")
        except KeyboardInterrupt:
            for _ in range(5):
                press()
            done.append("cleaned up")
        finally:
            press()
            done.append("saved")
    assert done == ["cleaned up", "saved"] and signal.getsignal(signal.SIGINT) is usual
    with pytest.raises(KeyboardInterrupt):
        press()  # afterwards all is as it was
        time.sleep(1)


def test_one_interrupt_inside_another_leaves_it_to_the_outer_one():
    done = []
    with one_interrupt():
        with one_interrupt():
            try:
                press()
            except KeyboardInterrupt:
                press()
        press()  # the inner block has ended, the outer one has not
        done.append("saved")
    assert done == ["saved"]


def test_handlers_of_others_are_left_alone(monkeypatch):
    """As JupyterLab's kernel, or a program with a handler of its own; and no thread but the main one may set any."""
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
    try:
        with one_interrupt():
            press(), press()
        assert pressed == [1, 1]
    finally:
        signal.signal(signal.SIGINT, before)
    inside = []

    def elsewhere():
        with one_interrupt():
            inside.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert inside == [before]


def test_two_interrupts_in_quick_succession_lose_nothing(tmp_path, monkeypatch):
    """The second one comes while the first is being handled: the picture and the checkpoint are there all the same."""
    original = checkpoints.write_atomically
    monkeypatch.setattr(checkpoints, "write_atomically", lambda *given: (press(), original(*given), press()))

    def twice(record):
        if record.step == 5:
            press(), press()

    result = run(checkpoint=tmp_path / "run", callback=twice)
    assert result.stopped == "interrupted" and result.evaluations == 5 and kept(tmp_path / "run") == 5
    survived("two interrupts in quick succession")


# Answers and results


@pytest.mark.parametrize(
    ("answer", "steps"),
    [(False, 1), (np.False_, 1), (np.bool_(0), 1), (True, 4), (np.True_, 4), (None, 4), (0, 4), ([], 4), ("", 4)],
)
def test_only_false_ends_a_run_numpys_too(answer, steps):
    result = run(callback=lambda record: answer, steps=4, scales=1)
    assert result.evaluations == steps and result.stopped == ("finished" if steps == 4 else "stopped")


def test_a_result_is_shown_in_a_line():
    result = run(steps=2, scales=1)
    assert repr(result) == "Result(48 × 32 pixels, 2 evaluations, finished)"
    picture = Image.open(io.BytesIO(result._repr_jpeg_()))
    assert picture.format == "JPEG" and picture.size == (48, 32)
    assert Result(torch.zeros(1, 3, 2, 3)).seconds == 0.0  # no step, no time
