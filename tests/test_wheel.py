"""The wheel holds all that it needs, and works from any folder, without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tools"))
import publish

CODE = """
import importlib, sys
import nsthelpers
from nsthelpers import load_image, load_backbone, paintings, stylize
from nsthelpers.conventions import CONVENTIONS
from nsthelpers.checks import NOTEBOOKS
from nsthelpers.command_line import main
assert "checkout" not in nsthelpers.__file__ and "unpacked" in nsthelpers.__file__, nsthelpers.__file__
assert len(paintings()) == 8 and len(CONVENTIONS) >= 10
for notebook in NOTEBOOKS:
    importlib.import_module(f"nsthelpers.checks.{notebook}")
print(stylize("tuebingen", "starry_night", size=48, steps=2, progress=False))
sys.exit(main(["tuebingen", "starry_night", "--size", "48", "--steps", "2", "--json"]))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(publish.build_wheel(folder)) as wheel:
        wheel.extractall(folder / "unpacked")
        names = wheel.namelist()
    return folder / "unpacked", names


def test_the_wheel_works_from_an_empty_folder(unpacked, tmp_path):
    place, _ = unpacked
    environment = os.environ | {"PYTHONPATH": str(place), "NSTHELPERS_OFFLINE": "1"}
    command = [sys.executable, "-W", "ignore", "-c", CODE]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Result(48 × 36 pixels, 2 evaluations, finished)")
    assert [path.name for path in tmp_path.iterdir()] == ["tuebingen-starry_night.png"]


def test_the_wheel_holds_no_more_than_the_package(unpacked):
    _, names = unpacked
    tops = {name.split("/")[0] for name in names}
    assert tops == {"nsthelpers", next(top for top in tops if top.endswith(".dist-info"))}
    assert any(name.endswith("licenses/LICENSE-CC-BY-4.0.md") for name in names)
    assert any(name.endswith("entry_points.txt") for name in names)


def test_a_package_index_shows_no_picture_or_link_that_leads_nowhere(unpacked):
    place, names = unpacked
    metadata = (place / next(name for name in names if name.endswith("METADATA"))).read_text(encoding="utf-8")
    _, _, description = metadata.partition("\n\n")
    assert description.startswith("# nsthelpers") and "](" not in description and "<img" not in description
