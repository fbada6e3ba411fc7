"""python -m nsthelpers CONTENT STYLE -o OUT"""

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nsthelpers import Settings, StyleTransferLoss, images, load_image
from nsthelpers.__main__ import build_parser, main
from nsthelpers.engine import checkpoints
from nsthelpers.engine.checkpoints import Checkpoint
from nsthelpers.files import writing

sys.path.insert(0, str(Path(__file__).parent))
from runs import interrupt_call, run, survived


def test_command_line_saves_a_picture_and_prints_one_line_of_json(tmp_path, capsys):
    output = tmp_path / "out.png"
    assert main(["chelsea", "starry_night", "-o", str(output), "--size", "48", "--steps", "3", "--json"]) == 0
    captured = capsys.readouterr()
    record = json.loads(captured.out)
    assert captured.out.count("\n") == 1 and captured.err == ""
    assert record["evaluations"] == 3 and len(record["losses"]) == 3 and record["settings"]["size"] == 48
    assert load_image(output).shape == (1, 3, 32, 48)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["chelsea", "starry_night", "-o", "missing/out.png"], "create it"),
        (["chelsea", "starry_night", "-o", "out.xyz"], "no picture format"),
        (["chelsey", "starry_night", "-o", "out.png"], "did you mean 'chelsea'"),
        (["chelsea", "starry_night", "-o", "out.png", "--steps", "0"], "steps is 0"),
        (["chelsea", "starry_night", "-o", "out.png", "--pooling", "min"], "pooling is 'min'"),
    ],
)
def test_command_line_errors_are_one_sentence(tmp_path, monkeypatch, capsys, arguments, what):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert what in captured.err and captured.err.count("\n") == 1 and captured.out == ""
    assert list(tmp_path.iterdir()) == []


def test_as_a_program_with_a_bar_on_stderr(tmp_path):
    command = [
        sys.executable,
        "-m",
        "nsthelpers",
        "coffee",
        "marbling",
        "-o",
        "out.jpg",
        "--size",
        "48",
        "--steps",
        "2",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (
        done.returncode == 0
        and done.stdout == ""
        and "/2" in done.stderr
        and "left=" in done.stderr
        and "Saved out.jpg" in done.stderr
    )


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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the memory of a program, as Linux does")
def test_a_program_whose_memory_is_limited_ends_with_one_sentence(tmp_path):
    """A real limit, which no estimate knows of: half a gigabyte more than the program itself needs."""
    code = """
import resource, sys, torch
from nsthelpers import load_backbone
from nsthelpers.engine import memory
from nsthelpers.__main__ import main
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
    monkeypatch.setattr(writing.os, "access", lambda *_: False)
    monkeypatch.setattr("nsthelpers.transfer.minimise", lambda *_: pytest.fail("a run was begun"))
    assert main(["chelsea", "starry_night", "-o", str(tmp_path / "a.png")]) == 2
    assert "may not be written to; use another folder" in capsys.readouterr().err
    survived("a read-only target")


def test_a_disk_that_fills_up_during_the_run_costs_neither_the_picture_nor_the_run(tmp_path, monkeypatch, capsys):
    """The checkpoint cannot be written: a warning. The picture cannot be saved: it is put elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(checkpoints, "write_atomically", full_disk)
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
    survived("a disk that fills up")


def full_disk(_path, _content):
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
    assert len(Checkpoint(tmp_path / "run").state["history"]) >= 1
    survived(number.name)


def test_every_option_is_a_setting_with_its_default_and_meaning():
    parser = build_parser()
    options = vars(parser.parse_args(["a", "b", "-o", "c.png"]))
    fields = {field.name: field for field in dataclasses.fields(Settings) if not field.name.endswith("layers")}
    others = {"content", "style", "output", "checkpoint", "resume", "json"}
    assert {name: options[name] for name in options.keys() - others} == {n: f.default for n, f in fields.items()}
    text = " ".join(parser.format_help().split())
    for field in fields.values():
        assert field.metadata["meaning"] in text, field.name


def test_words_become_the_kinds_that_stylize_takes():
    def parse(*words):
        return vars(build_parser().parse_args(["a", "b", "-o", "c.png", *words]))

    assert parse("--size", "None")["size"] is None and parse("--size", "64")["size"] == 64
    assert parse("--scales", "3")["scales"] == 3 and parse("--scales", "auto")["scales"] == "auto"
    assert parse("--learning-rate", "0.5")["learning_rate"] == 0.5 and parse("--seed", "7")["seed"] == 7
    assert parse("--content-weight", "2")["content_weight"] == 2.0
    with pytest.raises(SystemExit):
        parse("--steps", "many")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to catch")
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_interrupt_does_not_hit_the_saving_of_the_picture(tmp_path, monkeypatch, capsys, second):
    """People press Ctrl-C twice: here again while the checkpoint is written, and again while the picture is saved."""
    monkeypatch.chdir(tmp_path)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    for owner in (images, checkpoints):
        original = owner.write_atomically

        def interrupted(path, content, original=original):
            os.kill(os.getpid(), second)
            original(path, content)

        monkeypatch.setattr(owner, "write_atomically", interrupted)
    original_forward, calls = StyleTransferLoss.forward, []

    def pressed_twice(self, image):
        calls.append(1)
        if len(calls) == 4:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), second)
        return original_forward(self, image)

    monkeypatch.setattr(StyleTransferLoss, "forward", pressed_twice)
    command = ["chelsea", "marbling", "-o", "a.png", "--size", "48", "--steps", "12", "--json", "--checkpoint", "run"]
    assert main(command) == 130
    assert json.loads(capsys.readouterr().out)["evaluations"] == 3
    assert load_image("a.png").shape == (1, 3, 32, 48) and len(Checkpoint("run").state["history"]) == 3
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    survived(f"SIGINT and then {second.name}")
