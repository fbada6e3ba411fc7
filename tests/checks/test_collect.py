"""`python -m nsthelpers.checks collect` makes one table of what students handed in."""

import csv
import json

import nbformat

from nsthelpers.checks import gram_matrices as check
from nsthelpers.checks.__main__ import main


def handed_in(path, output):
    cell = nbformat.v4.new_code_cell("print(check.report())", outputs=[output])
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


def test_reports_become_one_table(tmp_path, capsys):
    check.gram(lambda features: features.flatten(1) @ features.flatten(1).T)  # the division is forgotten
    text = check.report()
    printed = nbformat.v4.new_output("stream", name="stdout", text=text + "\n")
    shown = nbformat.v4.new_output("execute_result", data={"text/plain": repr(text)}, execution_count=1)
    handed_in(tmp_path / "anna.ipynb", printed)
    handed_in(tmp_path / "ben.ipynb", shown)
    handed_in(tmp_path / "clara.ipynb", nbformat.v4.new_output("stream", name="stdout", text="{1: 2}"))
    (tmp_path / "dora.json").write_text(text)
    (tmp_path / "broken.ipynb").write_text("no JSON")
    assert main(["collect", str(tmp_path), "-o", str(tmp_path / "all.csv")]) == 0
    table = list(csv.DictReader((tmp_path / "all.csv").open(encoding="utf-8")))
    said = json.loads(text)["exercises"]
    assert [row["file"] for row in table if row["exercise"] == "gram"] == ["anna.ipynb", "ben.ipynb", "dora.json"]
    assert len(table) == 3 * len(said) and {row["notebook"] for row in table} == {"gram_matrices"}
    gram = next(row for row in table if row["exercise"] == "gram")
    assert (gram["status"], gram["tries"], gram["diagnosis"]) == ("wrong", "1", said["gram"]["diagnosis"])
    assert gram["diagnosis"]
    complaints = capsys.readouterr().err
    assert "clara.ipynb: no report" in complaints and "broken.ipynb: no report" in complaints


def test_no_folder_is_one_sentence(tmp_path, capsys):
    assert main(["collect", str(tmp_path / "missing")]) == 2
    assert capsys.readouterr().err.startswith("There is no folder")
