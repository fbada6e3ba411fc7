"""A file is always the old one or the new one, whole."""

import os
import random
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from nsthelpers import load_image, save_image
from nsthelpers.engine.checkpoints import Checkpoint
from nsthelpers.files import writing

sys.path.insert(0, str(Path(__file__).parents[1]))
from corpus import THOROUGH, painting, record


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = save_image(torch.zeros(1, 3, 2, 2), tmp_path / "a.png")
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_image(torch.ones(1, 3, 2, 2), path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a.png"]


def test_a_link_stays_a_link_and_a_device_a_device(tmp_path):
    target = save_image(painting(), tmp_path / "real.png")
    link = tmp_path / "link.png"
    link.symlink_to(target)
    save_image(painting().rotate(180), link)
    assert link.is_symlink() and np.array_equal(np.asarray(painting().rotate(180)), _pixels(target))
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PermissionError, match="a folder or a device"):
        save_image(painting(), tmp_path / "pipe.png")


@pytest.mark.parametrize("name", ["two\nlines.png", "Zürich 🎨.png", "x" * 240 + ".png", "-o.png", "a b.png"])
def test_odd_names_are_saved_and_loaded(tmp_path, name):
    path = save_image(painting(), tmp_path / name)
    assert os.listdir(tmp_path) == [name] and np.array_equal(_pixels(path), np.asarray(painting()))


def _pixels(path):
    return (load_image(path, device="cpu")[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)


SAVE_FOR_EVER = """
import torch
from nsthelpers import save_image
from nsthelpers.engine.checkpoints import Checkpoint

torch.set_num_threads(1)  # a forked process has none of the threads that its parent has started
pictures = [torch.full((1, 3, 60, 60), float(n)) for n in range(2)]
checkpoint = Checkpoint(path.with_name("run"))
checkpoint.claim({"steps": 3})
for n in range(10**6):
    save_image(pictures[n % 2], path)
    checkpoint.keep({"best": pictures[n % 2]})
    checkpoint.write()
    started.set()  # from the second turn on nothing is imported any more
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of Unix")
def test_kill_9_while_saving_leaves_the_old_file_or_the_new_one(tmp_path, clean_processes):
    path, count = tmp_path / "a.png", 200 if THOROUGH else 25
    delays = random.Random(0)
    save_image(torch.zeros(1, 3, 60, 60), path)
    for _ in range(count):
        started = clean_processes.Event()
        process = clean_processes.Process(target=exec, args=(SAVE_FOR_EVER, {"path": path, "started": started}))
        process.start()
        assert started.wait(30)
        time.sleep(delays.uniform(0, 0.02))
        process.kill()
        process.join()
        image = load_image(path, device="cpu")
        assert image.unique().numel() == 1 and image.shape == (1, 3, 60, 60)
        if path.with_name("run").exists():
            assert Checkpoint(path.with_name("run")).state["best"].unique().numel() == 1
    left = len(list(tmp_path.glob(".saving-*")))
    assert left > 0  # some were hit in the midst of writing, or the test shows nothing
    found = f"always a whole file; {left} times hit in the midst of writing, which left a hidden temporary file"
    record("kill -9 while saving", f"{count} times at random moments", found)
