"""A run goes on from its checkpoint as if it had never stopped."""

import hashlib
import io
import math
import os
import random
import sys
from pathlib import Path

import pytest
import torch

import nsthelpers
from nsthelpers import StyleTransferLoss, stylize
from nsthelpers.engine import checkpoints
from nsthelpers.engine.checkpoints import Checkpoint

sys.path.insert(0, str(Path(__file__).parents[1]))
from corpus import THOROUGH, record
from runs import CONTENT, STEPS, STYLE, fail_at, interrupt_call, losses, run, survived


@pytest.fixture(scope="module")
def whole():
    """Uninterrupted runs to compare with."""
    return {optimizer: run(optimizer=optimizer) for optimizer in ("lbfgs", "adam")}


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_resumed_runs_equal_uninterrupted_ones_bit_for_bit(tmp_path, monkeypatch, optimizer, whole):
    """Cut at random points: by an interrupt in the callback, in the loss, or in the midst of the optimiser's step."""
    expected = whole[optimizer]
    cuts = random.Random(optimizer).sample(range(1, STEPS), 17 if THOROUGH else 4) + [5, 12, STEPS]
    places = {"callback": 0, "loss": 0, "optimiser": 0}
    for index, cut in enumerate(cuts):
        path, place = tmp_path / f"{cut} {index}", list(places)[index % 3]
        with monkeypatch.context() as patch:
            callback = fail_at(cut) if place == "callback" else None
            if place == "loss":
                interrupt_call(patch, StyleTransferLoss, "forward", cut + 1)
            elif place == "optimiser":
                # All are called after the loss, L-BFGS's when its memory is renewed and the pixels are, too.
                owner, name = {
                    "lbfgs": (torch.optim.LBFGS, "_add_grad"),
                    "adam": (torch.optim.Adam, "_init_group"),
                }[optimizer]
                interrupt_call(patch, owner, name, cut + 1)
            first = run(optimizer=optimizer, checkpoint=path, callback=callback)
        places[place] += 1
        assert first.stopped == ("finished" if cut == STEPS and place != "callback" else "interrupted")
        assert first.evaluations == cut, (place, cut)
        second = run(optimizer=optimizer, checkpoint=path)
        assert second.stopped == "finished" and losses(second) == losses(expected), (place, cut)
        assert torch.equal(second.image, expected.image), (place, cut)
        seconds = [row["seconds"] for row in second.history]
        assert seconds == sorted(seconds)  # the clock of the second part goes on where the first stopped
    assert all(places.values())
    for place in places:
        survived(f"an interrupt in the {place} ({optimizer})")
    record(
        f"resumed runs, {optimizer}", f"{len(cuts)} cut points", "every one equal to the uninterrupted run, bit for bit"
    )


def test_a_checkpoint_is_written_on_the_way(tmp_path, monkeypatch):
    """Not only at the end: what kill -9 leaves is at most `SECONDS` old."""
    path, seen = tmp_path / "run", []
    monkeypatch.setattr(checkpoints, "SECONDS", -1.0)
    run(checkpoint=path, callback=lambda record: seen.append(path.exists() and len(Checkpoint(path).state["history"])))
    assert seen == list(range(1, STEPS + 1))


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"steps": STEPS + 1}, "steps is 18 there and 19 here"),
        ({"optimizer": "adam"}, "optimizer is 'lbfgs' there and 'adam' here"),
        ({"style_weight": 2.0}, "style_weight is 1.0 there and 2.0 here"),
        ({"style_layers": ["relu1_1"]}, "style_layers is"),
        ({"seed": 1}, "seed is 0 there and 1 here"),
        ({"backbone": "mini", "weights": "random"}, "backbone is 'mini"),
        ({"size": 40}, "content is .* 32 × 48"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused_and_kept(tmp_path, other, what):
    path = tmp_path / "run"
    run(checkpoint=path, callback=lambda record: record.step < 2)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=f"'run' is from another run: {what}"):
        run(checkpoint=path, **other)
    assert path.read_bytes() == before


def test_a_checkpoint_of_other_pictures_is_refused(tmp_path):
    path = tmp_path / "run"
    run(checkpoint=path, callback=lambda record: record.step < 2)
    with pytest.raises(ValueError, match="content is"):
        stylize(CONTENT.flip(3), STYLE, steps=STEPS, size=None, scales=2, precision="float32", checkpoint=path)


def test_damaged_checkpoints_are_refused(tmp_path):
    """Every bit is under the SHA-256: a file that is not the one written is never gone on from."""
    path = tmp_path / "run"
    run(checkpoint=path, callback=lambda record: record.step < 2)
    data, generator = path.read_bytes(), random.Random(0)
    for _ in range(200 if THOROUGH else 40):
        place = generator.choice([generator.randrange(len(data)), generator.randrange(3000)])
        damage = generator.choice([data[:place], data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :]])
        path.write_bytes(damage)
        with pytest.raises(ValueError, match="^Cannot read the checkpoint 'run': it is damaged"):
            Checkpoint(path)
    mini = (Path(nsthelpers.__file__).parent / "weights" / "mini.safetensors").read_bytes()
    for other in (b"", b"noise", mini, signed({"format": 1}), signed({}), signed([])):
        path.write_bytes(other)
        with pytest.raises(ValueError, match="damaged, or from another version"):
            Checkpoint(path)


def signed(record):
    """A checkpoint's file with any content, as somebody else may have made it."""
    buffer = io.BytesIO()
    torch.save(record, buffer)
    return hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue()


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_no_code_in_a_checkpoint_is_run(tmp_path):
    path, harm = tmp_path / "run", tmp_path / "harm was done"
    path.write_bytes(signed({"format": checkpoints.FORMAT, "state": Evil(harm), "settings": {}}))
    with pytest.raises(ValueError, match="damaged"):
        Checkpoint(path)
    assert not harm.exists()


def test_no_step_no_checkpoint(tmp_path, monkeypatch):
    """An interrupt before the first step has nothing to keep, and a loss that is never finite neither."""
    monkeypatch.setattr(StyleTransferLoss, "forward", lambda self, image: {"total": image.sum() * math.nan})
    with pytest.raises(ValueError, match="starting picture"):
        run(checkpoint=tmp_path / "run")
    assert os.listdir(tmp_path) == []
