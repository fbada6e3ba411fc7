"""The files that say what to install agree with one another, and name no package index."""

import re
import subprocess
import sysconfig
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = [
    Requirement(line)
    for lines in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values())
    for line in lines
]
# Installed only where there is a browser to test with, or a site to build, and never with conda.
BROWSER = [*map(Requirement, PROJECT["optional-dependencies"]["browser"] + PROJECT["optional-dependencies"]["docs"])]


def pinned() -> dict[str, list[Requirement]]:
    pins: dict[str, list[Requirement]] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        requirement = Requirement(line)
        pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pins


def test_environment_yml_has_the_requirements_of_pyproject():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    listed = {
        line.strip("- ").replace(" ", "") for line in text.partition("dependencies:")[2].splitlines() if line.strip()
    }
    wanted = [r for r in REQUIREMENTS if not r.marker and r not in BROWSER]
    expected = {f"{r.name.replace('torchvision', 'Torchvision')}{r.specifier}" for r in wanted}
    expected = {re.sub("^torch", "pytorch", line).replace("Torchvision", "torchvision") for line in expected}
    extra = {line for line in listed if not line.startswith(("python", "pip", "pip:", "e."))}
    assert extra | {"pytorch>=2.9"} == expected


def test_constraints_pin_every_requirement_within_its_range():
    pins = pinned()
    for requirement in REQUIREMENTS:
        found = pins[canonicalize_name(requirement.name)]
        for pin in found:
            version = str(pin.specifier).removeprefix("==")
            assert requirement.specifier.contains(version), f"{pin} is outside {requirement}"


def test_no_file_names_an_index():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text and "--" not in text


def test_every_room_uses_only_the_rooms_below_it():
    command = [Path(sysconfig.get_path("scripts")) / "lint-imports", "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stdout[-3000:] + found.stderr[-1000:]
