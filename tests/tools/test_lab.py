"""`make lab` works on copies."""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import lab
import nbformat
from nbformat.sign import NotebookNotary


def notebook(path, text):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="a")]), path)
    return path


def test_copies_are_made_once_trusted_and_never_overwritten(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    source, work = tmp_path / "notebooks", tmp_path / "work"
    source.mkdir()
    notebook(source / "00_a.ipynb", "the course's")
    (source / "conftest.py").write_text("")
    assert lab.copy_notebooks(source, work) == []
    assert [path.name for path in work.iterdir()] == ["00_a.ipynb"]
    assert NotebookNotary().check_signature(nbformat.read(work / "00_a.ipynb", as_version=4))
    notebook(work / "00_a.ipynb", "the learner's")
    os.utime(work / "00_a.ipynb", (1e9, 1e9))
    notebook(source / "01_b.ipynb", "new")
    assert lab.copy_notebooks(source, work) == ["00_a.ipynb"]
    assert "the learner's" in (work / "00_a.ipynb").read_text()
    assert (work / "01_b.ipynb").exists()


def test_jupyterlab_opens_the_copies(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(lab, "ROOT", tmp_path)
    monkeypatch.setattr(lab.sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setattr(lab.subprocess, "run", lambda command: calls.append(command) or type("", (), {"returncode": 7}))
    (tmp_path / "notebooks").mkdir()
    assert lab.main(["--no-browser"]) == 7
    assert f"--ServerApp.root_dir={tmp_path / 'work'}" in calls[0] and calls[0][-1] == "--no-browser"
    settings = json.loads((tmp_path / "venv/share/jupyter/lab/settings/overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
