#!/usr/bin/env python3
"""Run notebooks as Colab would: from the zip alone, with Colab's versions, without an index to install from.

    python tools/try_colab.py PYTHON [00 08 ...]    PYTHON has the packages of tools/colab_versions.txt (make try-colab)

Each notebook lies in an empty folder, with the wheel beside it, and its first cell installs that; `google.colab` is there,
empty. What Colab's front end does with widgets is not tried.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

sys.path.insert(0, str(Path(__file__).parent))
import publish

SIGNS = ("Error in callback", "Traceback (most recent call last)")  # an error that nbclient takes for a message


def run(notebook: NotebookNode, python: str, folder: Path, timeout: int = 1200) -> NotebookNode:
    """Return the notebook, run in `folder` by a Python that believes that it is in Colab. Raises CellExecutionError."""
    home = folder.parent / "home"
    (home / "fake/google/colab").mkdir(parents=True)
    for package in ("google", "google/colab"):
        (home / "fake" / package / "__init__.py").touch()
    kernel = home / "kernels/colab"
    kernel.mkdir(parents=True)
    start = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    start.append("--IPKernelApp.exec_lines=import google.colab")
    spec = {"argv": start, "display_name": "Colab", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JUPYTER", "NSTHELPERS"))
    }
    outside = {"HOME": str(home), "PYTHONPATH": str(home / "fake"), "PIP_NO_INDEX": "1", "NSTHELPERS_OFFLINE": "1"}
    manager = AsyncKernelManager(
        kernel_name="colab", kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(kernel.parent)])
    )
    ran = nbformat.from_dict(json.loads(json.dumps(notebook)))
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(ran, km=manager, timeout=timeout, resources=resources).execute(env=kept | outside)
    return ran


def complaints(before: NotebookNode, ran: NotebookNode) -> list[str]:
    """Return what went wrong in a notebook that reached its end: errors only printed, pictures missing."""
    found = []
    for number, (old, new) in enumerate(zip(before.cells, ran.cells, strict=True)):
        outputs = new.get("outputs", [])
        if "raises-exception" not in new.metadata.get("tags", []):
            text = json.dumps(outputs)
            found += [f"cell {number}: {sign}\n{new.source}" for sign in SIGNS if sign in text]
        if pictures(old) > pictures(new):
            found.append(f"cell {number}: {pictures(new)} pictures instead of {pictures(old)}\n{new.source}")
    return found


def pictures(cell: NotebookNode) -> int:
    """Return how many of a cell's outputs are, or hold, a picture."""
    return sum("image/" in json.dumps(output.get("data", {})) for output in cell.get("outputs", []))


def versions(python: str) -> dict[str, str]:
    """Return the versions of all packages that a Python has."""
    command = [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    listed = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {entry["name"]: entry["version"] for entry in listed}


def try_out(archive: Path, name: str, python: str) -> list[str]:
    """Return what goes wrong with one notebook of the zip."""
    subprocess.run([python, "-m", "pip", "uninstall", "-q", "-y", "nsthelpers"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as course:
            course.extractall(folder)
        content, had = Path(folder) / "content", versions(python)
        content.mkdir()
        for needed in Path(folder, "nst-course").glob("*.whl"):
            shutil.copy(needed, content)
        before = nbformat.read(Path(folder, "nst-course", name), as_version=4)
        try:
            found = complaints(before, run(before, python, content))
        except Exception as problem:
            return [str(problem)]
        has = versions(python)
        if has.pop("nsthelpers", None) is None:
            found.append("The first cell has not installed the course.")
        return found + [f"{package} became {has[package]}" for package in has if has[package] != had.get(package)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", help="the Python with Colab's versions")
    parser.add_argument(
        "names", nargs="*", default=["00", "02", "07", "08"], help="of notebooks (default: 00 02 07 08)"
    )
    options = parser.parse_args()
    python, failed = os.path.abspath(options.python), 0
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "course.zip"
        publish.colab(archive)
        with zipfile.ZipFile(archive) as course:
            books = sorted(Path(name).name for name in course.namelist() if name.endswith(".ipynb"))
        for book in (book for book in books if book.startswith(tuple(options.names))):
            found = try_out(archive, book, python)
            failed += bool(found)
            print(f"{book}: {'runs' if not found else 'FAILED'}", *found, sep="\n", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
