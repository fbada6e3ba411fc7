"""The command line where the disk, the memory or the run gives up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nsthelpers import StyleTransferLoss, load_image
from nsthelpers.command_line import main
from nsthelpers.engine import checkpoints
from nsthelpers.engine.checkpoints import Checkpoint
from nsthelpers.files import settings, writing

sys.path.insert(0, str(Path(__file__).parent))
from runs import interrupt_call, run, survived


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
    command.append("--overwrite")
    assert main([*command, "--resume"]) == 2 and "add --checkpoint FILE" in capsys.readouterr().err
    assert main([*command, "--checkpoint", "run", "--resume"]) == 2 and "no checkpoint 'run'" in capsys.readouterr().err
    with monkeypatch.context() as patch:
        interrupt_call(patch, StyleTransferLoss, "forward", 4)
        assert main([*command, "--checkpoint", "run"]) == 130
    assert json.loads(capsys.readouterr().out)["evaluations"] == 3 and Path("a.png").read_bytes() != expected
    assert main([*command, "--checkpoint", "run"]) == 2 and "give --resume to continue" in capsys.readouterr().err
    assert main([*command, "--checkpoint", "run", "--resume"]) == 0
    assert json.loads(capsys.readouterr().out)["evaluations"] == 12 and Path("a.png").read_bytes() == expected


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the memory of a program, as Linux does")
def test_a_program_whose_memory_is_limited_ends_with_one_sentence(tmp_path):
    """A real limit, which no estimate knows of: half a gigabyte more than the program itself needs."""
    code = """
import resource, sys, torch
from nsthelpers import load_backbone
from nsthelpers.engine import memory
from nsthelpers.command_line import main
load_backbone("mini")
memory.available_memory = lambda device: 10**15
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, -1))
sys.exit(main(["chelsea", "starry_night", "-o", "a.png", "--size", "2000", "--steps", "2", "--scales", "1", "--json"]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2 and done.stdout == "", done.stderr
    assert done.stderr.count("\n") == 1 and "needs a quarter" in done.stderr, done.stderr
    assert os.listdir(tmp_path) == []
    survived("a limit of memory")


def test_a_full_disk_is_seen_before_the_run(tmp_path, monkeypatch, capsys):
    usage = writing.shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(writing.shutil, "disk_usage", lambda _: usage)
    monkeypatch.setattr("nsthelpers.transfer.minimise", lambda *_: pytest.fail("a run was begun"))
    assert main(["chelsea", "starry_night", "-o", str(tmp_path / "a.png")]) == 2
    assert "the disk is nearly full; delete something" in capsys.readouterr().err
    with pytest.raises(OSError, match="the disk is nearly full"):
        Checkpoint(tmp_path / "run")
    survived("a full disk")


def test_a_folder_that_may_not_be_written_to_is_seen_before_the_run(tmp_path, monkeypatch, capsys):
    def closed(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(writing, "_create_beside", closed)
    monkeypatch.setattr("nsthelpers.transfer.minimise", lambda *_: pytest.fail("a run was begun"))
    assert main(["chelsea", "starry_night", "-o", str(tmp_path / "a.png")]) == 2
    assert "is not writable; use another folder" in capsys.readouterr().err
    survived("a read-only target")


def test_a_disk_that_fills_up_during_the_run_costs_neither_the_picture_nor_the_run(tmp_path, monkeypatch, capsys):
    """The checkpoint cannot be written: a warning. The picture cannot be saved: it is put elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(checkpoints, "write_atomically", full_disk)
    with pytest.warns(UserWarning, match="Cannot write the checkpoint 'run' .*No space.*the run goes on"):
        assert run(checkpoint=tmp_path / "run").stopped == "finished"
    original = settings.write_atomically

    def full_here(path, content):
        if path.parent == Path("."):
            raise OSError(28, "No space left on device")
        original(path, content)

    monkeypatch.setattr(settings, "write_atomically", full_here)
    assert main(["chelsea", "starry_night", "-o", "a.png", "--size", "48", "--steps", "2", "--json"]) == 2
    sentence = capsys.readouterr().err
    assert sentence.count("\n") == 1 and "No space left" in sentence
    rescued = Path(sentence.split("the picture is in '")[1].split("'")[0])
    assert load_image(rescued).shape == (1, 3, 32, 48)
    survived("a disk that fills up")


def full_disk(_path, _content):
    raise OSError(28, "No space left on device")
