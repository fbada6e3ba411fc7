#!/usr/bin/env python3
"""Open the course in JupyterLab, in copies: what a learner writes dirties no clone, and no update overwrites it.

    python tools/lab.py [arguments of jupyter lab]

The notebooks are copied to ``work/``, each once, and trusted, so that scrubbers move at once.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from nbformat import read
from nbformat.sign import NotebookNotary

ROOT = Path(__file__).resolve().parent.parent
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def copy_notebooks(source: Path, work: Path) -> list[str]:
    """Copy the notebooks that `work` has not got, and trust them; return the names of those that the course changed since.

    A changed one stays as the learner left it: the new edition comes when theirs is renamed or deleted.
    """
    work.mkdir(exist_ok=True)
    changed, notary = [], NotebookNotary()
    for notebook in sorted(source.glob("*.ipynb")):
        mine = work / notebook.name
        if not mine.exists():
            shutil.copy2(notebook, mine)
            notary.sign(read(mine, as_version=4))
        elif mine.stat().st_mtime < notebook.stat().st_mtime:
            changed.append(notebook.name)
    return changed


def main(arguments: list[str]) -> int:
    """Make the copies, turn the news popup off (where the learner has not chosen), and run JupyterLab."""
    for name in copy_notebooks(ROOT / "notebooks", ROOT / "work"):
        print(f"work/{name} is yours and stays; the course has a newer one: rename or delete yours to get it.")
    overrides = Path(sys.prefix) / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    if not overrides.exists():
        overrides.parent.mkdir(parents=True, exist_ok=True)
        overrides.write_text(json.dumps(QUIET), encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", "--allow-root", f"--ServerApp.root_dir={ROOT / 'work'}"]
    return subprocess.run([*command, "--LabApp.default_url=/lab/tree/00_start_here.ipynb", *arguments]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
