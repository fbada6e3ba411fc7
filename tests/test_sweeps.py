"""The program of docs/sweeps.md, as it stands there: every picture is painted, even when a worker is killed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from nsthelpers import load_image, load_settings

PAGE = Path(__file__).parent.parent / "docs" / "sweeps.md"
KILLED_ONCE = """
    import os, signal
    if weight == 0.1 and not os.path.exists("killed"):
        open("killed", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is of Unix")
def test_a_killed_worker_costs_no_picture(tmp_path):
    pytest.importorskip("distributed")
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    head = "def paint(weight, style):\n"
    assert program.count(head) == 1 and program.count("size=256, steps=100") == 1
    program = program.replace(head, head + KILLED_ONCE).replace("size=256, steps=100", "size=48, steps=2")
    (tmp_path / "sweep.py").write_text(program, encoding="utf-8")
    (tmp_path / "the_scream-0.01.png").write_bytes(b"painted before")
    done = subprocess.run(
        [sys.executable, "sweep.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True
    )
    assert (tmp_path / "killed").exists() and done.stdout.count("painted") == 3
    assert (tmp_path / "the_scream-0.01.png").read_bytes() == b"painted before"
    for weight, style in ((0.01, "starry_night"), (0.1, "starry_night"), (0.1, "the_scream")):
        path = tmp_path / f"{style}-{weight}.png"
        settings = load_settings(path)
        assert (settings["style"], settings["content_weight"], settings["size"]) == (style, weight, 48)
        assert load_image(path, device="cpu").shape == (1, 3, 36, 48)
