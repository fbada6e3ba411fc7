"""Whatever happens during a run: what was done is kept, and a checkpoint goes on as if nothing had happened."""

import json
import math
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest
import torch

from nsthelpers import StyleTransferLoss, checkpoints, images, load_image, save_image, speed, stylize, transfer
from nsthelpers.__main__ import main
from nsthelpers.checkpoints import State, open_state

sys.path.insert(0, str(Path(__file__).parent))
from corpus import THOROUGH, record

SURVIVED = []  # the faults whose tests have passed, for the page of figures
CONTENT, STYLE = load_image("chelsea", 48, "cpu"), load_image("starry_night", 48, "cpu")
STEPS = 18


def run(**options):
    given = {"steps": STEPS, "size": None, "scales": 2, "precision": "float32", "progress": False, "device": "cpu"}
    return stylize(CONTENT, STYLE, **given | options)


def losses(result):
    """The history without what the clock says."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in result.history]


def fail_at(step, exception=KeyboardInterrupt):
    def callback(record):
        if record.step == step:
            raise exception

    return callback


# Checkpoints


@pytest.fixture(scope="module")
def whole():
    """Uninterrupted runs to compare with, and the random number that follows each."""
    results = {}
    for optimizer in ("lbfgs", "adam"):
        torch.manual_seed(5)
        result = run(optimizer=optimizer, callback=lambda record: torch.rand(1))
        results[optimizer] = result, torch.rand(1)
    return results


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_resumed_runs_equal_uninterrupted_ones_bit_for_bit(tmp_path, monkeypatch, optimizer, whole):
    """Cut at random points: by an interrupt in the callback, in the loss, or in the midst of the optimiser's step."""
    expected, number = whole[optimizer]
    cuts = random.Random(optimizer).sample(range(1, STEPS), 17 if THOROUGH else 4) + [5, 12, STEPS]
    places = {"callback": 0, "loss": 0, "optimiser": 0}
    for index, cut in enumerate(cuts):
        path, place = tmp_path / f"{cut} {index}", list(places)[index % 3]
        torch.manual_seed(5)
        with monkeypatch.context() as patch:
            draw = lambda record: torch.rand(1)  # noqa: E731
            if place == "callback":
                draw = lambda record, cut=cut: (torch.rand(1), fail_at(cut)(record))  # noqa: E731
            elif place == "loss":
                interrupt_call(patch, StyleTransferLoss, "forward", cut + 1)
            else:
                # All are called after the loss, L-BFGS's when its memory is renewed and the pixels are, too.
                owner, name = {
                    "lbfgs": (torch.optim.LBFGS, "_add_grad"),
                    "adam": (torch.optim.Adam, "_init_group"),
                }[optimizer]
                interrupt_call(patch, owner, name, cut + 1)
            first = run(optimizer=optimizer, checkpoint=path, callback=draw)
        places[place] += 1
        assert first.stopped == ("finished" if cut == STEPS and place != "callback" else "interrupted")
        assert first.evaluations == cut, (place, cut)
        torch.manual_seed(99)
        second = run(optimizer=optimizer, checkpoint=path, callback=lambda record: torch.rand(1))
        assert second.stopped == "finished" and losses(second) == losses(expected), (place, cut)
        assert torch.equal(second.image, expected.image) and torch.equal(torch.rand(1), number), (place, cut)
        seconds = [row["seconds"] for row in second.history]
        assert seconds == sorted(seconds)  # the clock of the second part goes on where the first stopped
    assert all(places.values())
    SURVIVED.extend(f"an interrupt in the {place} ({optimizer})" for place in places)
    record(
        f"resumed runs, {optimizer}", f"{len(cuts)} cut points", "every one equal to the uninterrupted run, bit for bit"
    )


def interrupt_call(patch, owner, name, number):
    """Make the `number`th call of a method raise KeyboardInterrupt once it has done its work."""
    original, calls = getattr(owner, name), []

    def counting(*args, **kwargs):
        calls.append(1)
        value = original(*args, **kwargs)
        if len(calls) == number:
            raise KeyboardInterrupt
        return value

    patch.setattr(owner, name, counting)


def test_a_checkpoint_is_written_on_the_way(tmp_path, monkeypatch):
    """Not only at the end: what kill -9 leaves is at most `SECONDS` old."""
    path, seen = tmp_path / "run", []
    monkeypatch.setattr(transfer, "SECONDS", 0.0)
    run(checkpoint=path, callback=lambda record: seen.append(path.exists() and open_state(path).evaluations))
    assert seen == [False, *range(1, STEPS)]


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"steps": STEPS + 1}, "steps is 18 there and 19 here"),
        ({"optimizer": "adam"}, "optimizer is 'lbfgs' there and 'adam' here"),
        ({"style_weight": 2.0}, "style_weight is 1.0 there and 2.0 here"),
        ({"style_layers": ["relu1_1"]}, "style_layers is"),
        ({"seed": 1}, "seed is 0 there and 1 here"),
        ({"backbone": "mini", "weights": "random"}, "backbone is 'mini"),
        ({"size": 40}, "size is None there and 40 here"),
    ],
)
def test_a_checkpoint_of_other_settings_is_refused_and_kept(tmp_path, other, what):
    path = tmp_path / "run"
    run(checkpoint=path, callback=lambda record: record.step < 2)
    before, state = path.read_bytes(), torch.get_rng_state()
    with pytest.raises(ValueError, match=f"'run' is of another run: {what}"):
        run(checkpoint=path, **other)
    assert path.read_bytes() == before and torch.equal(torch.get_rng_state(), state)


def test_a_checkpoint_of_other_pictures_is_refused(tmp_path):
    path = tmp_path / "run"
    run(checkpoint=path, callback=lambda record: record.step < 2)
    with pytest.raises(ValueError, match="content is"):
        stylize(CONTENT.flip(3), STYLE, steps=STEPS, size=None, scales=2, precision="float32", checkpoint=path)


def same(first, second):
    """Whether two states are equal, every tensor and number of them."""
    (tree, tensors), (other, others) = (taken_apart(state) for state in (first, second))
    return tree == other and all(torch.equal(tensor, others[name]) for name, tensor in tensors.items())


def taken_apart(state):
    tensors = {}
    return checkpoints._take_out(vars(state), tensors), tensors


def test_damaged_checkpoints_are_refused(tmp_path):
    """Every bit is under the SHA-256: a file that is not the one written is never gone on from."""
    path = tmp_path / "run"
    run(checkpoint=path, callback=lambda record: record.step < 2)
    data, generator, original = path.read_bytes(), random.Random(0), open_state(path)
    for _ in range(200 if THOROUGH else 40):
        place = generator.choice([generator.randrange(len(data)), generator.randrange(3000)])
        damage = generator.choice([data[:place], data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :]])
        path.write_bytes(damage)
        try:
            open_state(path)
        except ValueError as problem:
            assert str(problem).startswith("Cannot read the checkpoint 'run'")
        else:
            # The JSON of safetensors' header has some bytes that say nothing: the state is the one written.
            assert same(open_state(path), original)
    for other in (b"", b"noise", (images.data_folder().parent / "nsthelpers/weights/mini.safetensors").read_bytes()):
        path.write_bytes(other)
        with pytest.raises(ValueError, match="damaged, or none of this version"):
            open_state(path)
    import pickle

    path.write_bytes(pickle.dumps({"state": State()}))
    with pytest.raises(ValueError, match="damaged"):
        open_state(path)


def test_the_command_line_resumes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = [
        "chelsea",
        "marbling",
        "-o",
        "a.png",
        "--size",
        "48",
        "--steps",
        "12",
        "--json",
        "--precision",
        "float32",
    ]
    assert main(command) == 0
    expected = Path("a.png").read_bytes()
    assert main([*command, "--resume"]) == 2 and "give --checkpoint FILE too" in capsys.readouterr().err
    assert main([*command, "--checkpoint", "run", "--resume"]) == 2 and "no checkpoint 'run'" in capsys.readouterr().err
    with monkeypatch.context() as patch:
        interrupt_call(patch, StyleTransferLoss, "forward", 4)
        assert main([*command, "--checkpoint", "run"]) == 130
    assert json.loads(capsys.readouterr().out)["evaluations"] == 3 and Path("a.png").read_bytes() != expected
    assert main([*command, "--checkpoint", "run"]) == 2 and "give --resume to go on" in capsys.readouterr().err
    assert main([*command, "--checkpoint", "run", "--resume"]) == 0
    assert json.loads(capsys.readouterr().out)["evaluations"] == 12 and Path("a.png").read_bytes() == expected


# Determinism


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


# Faults


def test_the_clock_set_back(monkeypatch):
    """Only a clock that never goes back is asked."""
    monkeypatch.setattr(time, "time", lambda: random.uniform(-1e9, 0))
    seen = []
    result = run(callback=seen.append)
    assert [row["seconds"] for row in result.history] == sorted(row["seconds"] for row in result.history)
    assert all(0 <= item.seconds_left < 600 for item in seen)
    SURVIVED.append("the clock set back")


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
    SURVIVED.append("an exploding loss")


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
    assert caught.value.result.evaluations == 3 and open_state(tmp_path / "run").evaluations == 3
    SURVIVED.append(f"out of memory ({str(problem).split()[0]})")


def test_other_errors_are_not_taken_for_a_lack_of_memory(monkeypatch):
    monkeypatch.setattr(StyleTransferLoss, "forward", lambda *_: (_ for _ in ()).throw(RuntimeError("shapes differ")))
    with pytest.raises(RuntimeError, match="shapes differ"):
        run()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the memory of a program, as Linux does")
def test_a_program_whose_memory_is_limited_ends_with_one_sentence(tmp_path):
    """A real limit, which no estimate knows of: half a gigabyte more than the program itself needs."""
    code = """
import resource, sys, torch
from nsthelpers import load_backbone, speed
from nsthelpers.__main__ import main
load_backbone("mini")
speed.available_memory = lambda device: 10**15
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, -1))
sys.exit(main(["chelsea", "starry_night", "-o", "a.png", "--size", "2000", "--steps", "2", "--scales", "1", "--json"]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2 and done.stdout == "", done.stderr
    assert done.stderr.count("\n") == 1 and "needs a quarter" in done.stderr, done.stderr
    assert os.listdir(tmp_path) == []
    SURVIVED.append("a limit of memory")


def test_a_full_disk_is_seen_before_the_run(tmp_path, monkeypatch, capsys):
    usage = images.shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(images.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr(transfer, "_run", lambda *_: pytest.fail("a run was begun"))
    assert main(["chelsea", "starry_night", "-o", str(tmp_path / "a.png")]) == 2
    assert "the disk is nearly full; delete something" in capsys.readouterr().err
    with pytest.raises(OSError, match="the disk is nearly full"):
        open_state(tmp_path / "run")
    SURVIVED.append("a full disk")


def test_a_folder_that_may_not_be_written_to_is_seen_before_the_run(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(images.os, "access", lambda *_: False)
    monkeypatch.setattr(transfer, "_run", lambda *_: pytest.fail("a run was begun"))
    assert main(["chelsea", "starry_night", "-o", str(tmp_path / "a.png")]) == 2
    assert "may not be written to; use another folder" in capsys.readouterr().err
    SURVIVED.append("a read-only target")


def test_a_disk_that_fills_up_during_the_run_costs_neither_the_picture_nor_the_run(tmp_path, monkeypatch, capsys):
    """The checkpoint cannot be written: a warning. The picture cannot be saved: it is put elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(checkpoints, "replacing", full_disk)
    with pytest.warns(UserWarning, match="Cannot write the checkpoint 'run' .*No space.*the run goes on"):
        assert run(checkpoint=tmp_path / "run").stopped == "finished"
    original = images.write_atomically

    def full_here(path, content):
        if path.parent == Path("."):
            raise OSError(28, "No space left on device")
        original(path, content)

    monkeypatch.setattr(images, "write_atomically", full_here)
    assert main(["chelsea", "starry_night", "-o", "a.png", "--size", "48", "--steps", "2", "--json"]) == 2
    sentence = capsys.readouterr().err
    assert sentence.count("\n") == 1 and "No space left" in sentence
    rescued = Path(sentence.split("the picture is in '")[1].split("'")[0])
    assert load_image(rescued).shape == (1, 3, 32, 48)
    SURVIVED.append("a disk that fills up")


def full_disk(_path):
    raise OSError(28, "No space left on device")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_program_with_the_picture_saved(tmp_path, number):
    command = [sys.executable, "-m", "nsthelpers", "chelsea", "starry_night", "-o", "a.png", "--size", "64"]
    command += ["--steps", "100000", "--scales", "1", "--checkpoint", "run"]
    program = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    try:
        heard = b""
        while b"/100000" not in heard or b" 0/100000" in heard[-200:]:
            heard += os.read(program.stderr.fileno(), 4096)  # the bar: it has begun to count
        program.send_signal(number)
        rest = program.communicate(timeout=60)[1]
    finally:
        program.kill()
    assert program.returncode == 130 and b"Traceback" not in rest and b"(interrupted). To go on, add --resume." in rest
    assert load_image(tmp_path / "a.png").shape == (1, 3, 43, 64)
    assert open_state(tmp_path / "run").evaluations >= 1
    SURVIVED.append(number.name)


# Kill -9 while saving


def save_for_ever(path, started):
    """Save one of two pictures after the other, and the state of a run beside them, until killed."""
    torch.set_num_threads(1)  # a forked process has none of the threads that its parent has started
    pictures = [torch.full((1, 3, 60, 60), float(n)) for n in range(2)]
    started.set()
    for n in range(10**6):
        save_image(pictures[n % 2], path)
        State(path=path.with_name("run"), evaluations=3, history=[{}] * 3, best=pictures[n % 2]).write()


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of Unix")
def test_kill_9_while_saving_leaves_the_old_file_or_the_new_one(tmp_path):
    path, count = tmp_path / "a.png", 200 if THOROUGH else 25
    context, delays = multiprocessing.get_context("fork"), random.Random(0)
    saved = {"old": 0, "new": 0}
    save_image(torch.zeros(1, 3, 60, 60), path)
    for _ in range(count):
        before, started = path.read_bytes(), context.Event()
        process = context.Process(target=save_for_ever, args=(path, started))
        process.start()
        assert started.wait(30)
        time.sleep(delays.uniform(0, 0.02))
        process.kill()
        process.join()
        image = load_image(path, device="cpu")
        assert image.unique().numel() == 1 and image.shape == (1, 3, 60, 60)
        saved["old" if path.read_bytes() == before else "new"] += 1
        if path.with_name("run").exists():
            assert open_state(path.with_name("run")).evaluations == 3
    left = len(list(tmp_path.glob(".saving-*")))
    assert left > 0  # some were hit in the midst of writing, or the test shows nothing
    found = f"always a whole file; {left} times hit in the midst of writing, which left a hidden temporary file"
    record("kill -9 while saving", f"{count} times at random moments", found)


def test_estimates_are_used_before_memory_runs_out(monkeypatch):
    for free, advice in ((10**6, r"size=32 would fit"), (1000, "close other programs")):
        monkeypatch.setattr(speed, "available_memory", lambda device, free=free: free)
        with pytest.raises(MemoryError, match=advice):
            run()


def test_an_exception_in_a_callback_keeps_the_picture_and_the_checkpoint(tmp_path):
    with pytest.raises(ZeroDivisionError) as caught:
        run(checkpoint=tmp_path / "run", callback=fail_at(4, ZeroDivisionError("the user's own")))
    assert caught.value.result.evaluations == 4 and open_state(tmp_path / "run").evaluations == 4
    assert torch.equal(open_state(tmp_path / "run").best, caught.value.result.image)
    SURVIVED.append("an exception in a callback")


def test_a_loss_that_is_no_number_keeps_the_picture_and_the_checkpoint(tmp_path, monkeypatch):
    original, calls = StyleTransferLoss.forward, []

    def breaking(self, image):
        calls.append(1)
        terms = original(self, image)
        return terms | {"total": terms["total"] * (math.nan if len(calls) > 7 else 1)}

    monkeypatch.setattr(StyleTransferLoss, "forward", breaking)
    with pytest.warns(UserWarning, match="stopped being a number after 7 of 18 steps.*lower learning_rate"):
        result = run(checkpoint=tmp_path / "run")
    state = open_state(tmp_path / "run")
    assert result.stopped == "diverged" and state.evaluations == 7 and torch.isfinite(state.image).all()
    SURVIVED.append("a loss that is no number")


def test_no_step_no_checkpoint(tmp_path, monkeypatch):
    """An interrupt before the first step has nothing to keep, and a loss that is never finite neither."""
    monkeypatch.setattr(StyleTransferLoss, "forward", lambda self, image: {"total": image.sum() * math.nan})
    with pytest.raises(ValueError, match="starting picture"):
        run(checkpoint=tmp_path / "run")
    assert os.listdir(tmp_path) == []


def test_the_page_of_figures_is_complete():
    """Every row of docs/robustness.md was filled by a thorough run."""
    if len(SURVIVED) >= 18:
        record(
            "faults during a run",
            f"{len(SURVIVED)}: {', '.join(SURVIVED)}",
            "the best picture was kept, or the run refused before it began",
        )
    page = (Path(__file__).parents[1] / "docs" / "robustness.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("| ")][1:]
    empty = [row[0].strip() for row in rows if not all(cell.strip() for cell in row)]
    assert len(rows) >= 14 and (THOROUGH or empty == [])
