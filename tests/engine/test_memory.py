"""The memory that is needed, and the memory that there is."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from nsthelpers import load_backbone, stylize
from nsthelpers.engine import memory
from nsthelpers.engine.memory import estimate_memory, fit_memory
from nsthelpers.engine.network import has_fast_bfloat16
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS

sys.path.insert(0, str(Path(__file__).parents[1]))
from runs import run

TAPS = [*STYLE_LAYERS, *CONTENT_LAYERS]


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("mini", device="cpu")


def test_too_large_a_picture_is_refused_with_a_size_that_fits(backbone, monkeypatch):
    shape = (1, 3, 512, 512)
    image = torch.rand(shape)
    plain, lean = (estimate_memory(backbone, shape[2:], TAPS, frugal=on) for on in (False, True))
    assert lean < plain
    monkeypatch.setattr(memory, "available_memory", lambda _: 2 * plain)
    assert fit_memory(backbone, [image], TAPS, torch.float32) == (False, plain)
    monkeypatch.setattr(memory, "available_memory", lambda _: int((plain + lean) / 1.8))
    assert fit_memory(backbone, [image], TAPS, torch.float32) == (True, lean)
    monkeypatch.setattr(memory, "available_memory", lambda _: int(lean / 4))
    with pytest.raises(
        MemoryError, match=r"512 × 512 pixels needs about .* GB with mini.* size=\d+ would fit"
    ) as caught:
        fit_memory(backbone, [image], TAPS, torch.float32)
    side = int(str(caught.value).split("size=")[1].split()[0])
    assert estimate_memory(backbone, (side, side), TAPS, frugal=True) <= 0.9 * lean / 4


def test_the_estimate_is_said_in_the_bar(backbone, capsys):
    image = torch.rand(1, 3, 64, 64)
    stylize(image, image, backbone=backbone, size=64, steps=2, precision="float32", progress=True)
    expected = estimate_memory(backbone, (64, 64), TAPS)
    assert f"about {expected / 1e9:.2g} GB" in capsys.readouterr().err


MEASURE = r"""
import gc, json, re, sys, torch
from nsthelpers import StyleTransferLoss, load_backbone, minimise
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS
from nsthelpers.engine.memory import estimate_memory
from nsthelpers.engine.network import prepare
side, dtype, checkpoint = int(sys.argv[1]), getattr(torch, sys.argv[2]), sys.argv[3] == "True"
layers = [*STYLE_LAYERS, *CONTENT_LAYERS]
backbone = load_backbone("mini", device="cpu")
def run(side, steps):
    image, style = torch.rand(1, 3, side, side), torch.rand(1, 3, 64, 64)
    loss = StyleTransferLoss(prepare(backbone, layers, dtype, checkpoint), image, style)
    for record in minimise(loss, image, steps):
        pass
def kilobytes(field):
    return int(re.search(field + r":\s+(\d+)", open("/proc/self/status").read()).group(1))
run(64, 2)  # loads all code
gc.collect()
before = kilobytes("VmRSS")
open("/proc/self/clear_refs", "w").write("5")  # the peak is counted from here on
run(side, 14)
used = (kilobytes("VmHWM") - before) * 1024
print(json.dumps([used, estimate_memory(backbone, (side, side), layers, dtype, checkpoint)]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of the memory in use from /proc")
@pytest.mark.parametrize(("dtype", "checkpoint"), [("float32", False), ("bfloat16", False), ("float32", True)])
def test_the_estimate_of_memory_is_right_within_a_quarter(dtype, checkpoint):
    if dtype == "bfloat16" and not has_fast_bfloat16("cpu"):
        pytest.skip("bfloat16 is not native here: it is never chosen, and takes minutes")
    command = [sys.executable, "-c", MEASURE, "896", dtype, str(checkpoint)]
    for _ in range(2):  # once more, since a busy kernel may have taken idle pages away during the first run
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
        used, estimated = json.loads(done.stdout)
        if 0.75 < estimated / used < 1.25:
            break
    assert 0.75 < estimated / used < 1.25, (estimated / 1e6, used / 1e6)


def test_estimates_are_used_before_memory_runs_out(monkeypatch):
    for free, advice in ((10**6, r"size=32 would fit"), (1000, "close other programs")):
        monkeypatch.setattr(memory, "available_memory", lambda device, free=free: free)
        with pytest.raises(MemoryError, match=advice):
            run()


# Containers


def control_groups(root, version, limit, used, inactive=0):
    """Write the files in which Linux tells a container's memory: version 2 or 1 of control groups."""
    folder = root if version == 2 else root / "memory"
    folder.mkdir(exist_ok=True)
    names = ("memory.max", "memory.current") if version == 2 else ("memory.limit_in_bytes", "memory.usage_in_bytes")
    for name, value in zip(names, (limit, used)):
        (folder / name).write_text(f"{value}\n")
    (folder / "memory.stat").write_text(f"anon 17\ninactive_file {inactive}\nactive_file 5\n")
    return root


@pytest.mark.parametrize("version", [1, 2])
def test_what_a_container_has_left(tmp_path, version):
    assert memory._container_memory(control_groups(tmp_path, version, 2**30, 2**29)) == [2**29]
    # What the kernel would give back is as good as free.
    assert memory._container_memory(control_groups(tmp_path, version, 2**30, 2**29, 2**20)) == [2**29 + 2**20]
    assert memory._container_memory(control_groups(tmp_path, version, 100, 200)) == [0]


def test_no_container_or_no_limit(tmp_path):
    assert memory._container_memory(tmp_path) == []
    assert memory._container_memory(control_groups(tmp_path, 2, "max", 2**29)) == []
    (tmp_path / "memory.max").write_text("noise")
    assert memory._container_memory(tmp_path) == []
    # Without a limit in version 2, that of version 1 counts: both may be mounted.
    assert memory._container_memory(control_groups(tmp_path, 1, 2**30, 2**29)) == [2**29]


def test_the_smaller_of_the_machines_and_the_containers_memory_counts(monkeypatch):
    machine = SimpleNamespace(available=1000)
    monkeypatch.setattr("psutil.virtual_memory", lambda: machine)
    for container, least in (([], 1000), ([300], 300), ([5000], 1000)):
        monkeypatch.setattr(memory, "_container_memory", lambda container=container: container)
        assert memory.available_memory(torch.device("cpu")) == least


def test_a_large_style_counts_too(backbone, monkeypatch):
    """A painting of 2048 pixels is looked at at once, whatever the size of the photograph."""
    photo, painting = torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 2048, 1024)
    monkeypatch.setattr(memory, "available_memory", lambda _: 10**15)
    alone, both = (fit_memory(backbone, pictures, TAPS, torch.float32)[1] for pictures in ([photo], [photo, painting]))
    assert both > 10 * alone


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        (MemoryError(), True),
        (MemoryError("A picture of 9 × 9 pixels needs …"), False),
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("shapes differ"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_which_exceptions_say_that_memory_ran_out(problem, answer):
    assert memory.is_out_of_memory(problem) is answer
