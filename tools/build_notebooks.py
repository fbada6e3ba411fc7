#!/usr/bin/env python3
"""Build the notebooks from ``notebooks/source/*.py`` (jupytext percent format): one source, three editions.

    python tools/build_notebooks.py                        the learner's edition of what changed, executed, in notebooks/
    python tools/build_notebooks.py --edition student      without solutions, not executed, in notebooks/student/
    python tools/build_notebooks.py --edition instructor   stubs solved, teaching notes, executed, in notebooks/instructor/

Cell tags that the source uses:
    exercise      code with a stub; its last lines, from the first `check.` on, call the check
    solution      the code (and, in Markdown, the reason) that belongs to the exercise above; folded in the learner's
                  edition, left out in the student's, in place of the stub in the instructor's
    teacher       Markdown for the instructor's edition only
    nbval-check-output, raises-exception    as nbval means them
`{{repository}}` stands for the address in pyproject.toml, and `attachment:NAME` for notebooks/source/pictures/NAME.

The build is deterministic: cell ids come from the cells' text, nothing is stamped with a time, widget state is dropped.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "notebooks" / "source"
EDITIONS = ("learner", "student", "instructor")
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"},
}


def build_cells(source: Path, edition: str) -> NotebookNode:
    """Return the notebook of one edition, not yet executed: a pure function of the source, the pictures and the edition."""
    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    repository = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
    cells: list[NotebookNode] = []
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        text = cell.source.replace("{{repository}}", repository)
        if "teacher" in tags and edition != "instructor":
            continue
        if "solution" in tags:
            _place_solution(cells, cell.cell_type, text, edition)
            continue
        made = nbformat.v4.new_code_cell(text) if cell.cell_type == "code" else nbformat.v4.new_markdown_cell(text)
        made.metadata = NotebookNode({"tags": tags} if tags else {})
        cells.append(made)
    seen: dict[str, int] = {}
    for cell in cells:
        if cell.cell_type == "markdown":
            _attach(cell, source.parent / "pictures")
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, -1) + 1
        cell.id = f"{digest}-{seen[digest]}" if seen[digest] else digest
    return nbformat.v4.new_notebook(cells=cells, metadata=json.loads(json.dumps(METADATA)))


def _place_solution(cells: list[NotebookNode], kind: str, text: str, edition: str) -> None:
    """Put a solution where the edition wants it: folded below the exercise, into its stub, or nowhere."""
    if edition == "student":
        return
    if edition == "instructor" and kind == "code":
        exercise = next(cell for cell in reversed(cells) if "exercise" in cell.metadata.get("tags", []))
        lines = exercise.source.splitlines()
        call = next(number for number, line in enumerate(lines) if line.startswith("check."))
        exercise.source = "\n".join([*(line for line in lines[:1] if line.startswith("#")), text, "", *lines[call:]])
        return
    body = f"```python\n{text}\n```" if kind == "code" else text
    opening = "<details><summary><b>Solution</b></summary>\n\n"
    last = cells[-1]
    if last.cell_type == "markdown" and opening in last.source:
        last.source = last.source.removesuffix("\n\n</details>") + f"\n\n{body}\n\n</details>"
    elif last.cell_type == "markdown" and last.source.startswith("<details>"):
        last.source += f"\n\n{opening}{body}\n\n</details>"  # behind the hints, in their cell
    else:
        cells.append(nbformat.v4.new_markdown_cell(f"{opening}{body}\n\n</details>"))


def _attach(cell: NotebookNode, folder: Path) -> None:
    """Embed the pictures that a Markdown cell names, so that the notebook is one file that shows them everywhere."""
    for name in re.findall(r"\(attachment:([\w.-]+)\)", cell.source):
        encoded = base64.b64encode((folder / name).read_bytes()).decode()
        kind = "image/png" if name.endswith(".png") else "image/jpeg"
        cell.setdefault("attachments", NotebookNode())[name] = {kind: encoded}


def execute(notebook: NotebookNode, folder: Path) -> list[float]:
    """Run all cells in `folder`, offline, tidy the outputs and return each code cell's seconds.

    An error without the tag raises-exception stops it.
    """
    from nbclient import NotebookClient

    for cell in notebook.cells:
        if "raises-exception" not in cell.metadata.get("tags", []):
            continue
        cell.metadata["raises-exception"] = True
    environment = os.environ | {"NSTHELPERS_PROGRESS": "off", "NSTHELPERS_OFFLINE": "1"}
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        coalesce_streams=True,
    )
    client.execute(env=environment)
    seconds = []
    for cell in notebook.cells:
        cell.metadata.pop("raises-exception", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(_tidy, cell.outputs) if output]
            times = cell.metadata.pop("execution")
            start, end = (datetime.fromisoformat(times[name]) for name in ("iopub.status.busy", "iopub.status.idle"))
            seconds.append((end - start).total_seconds())
    notebook.metadata = json.loads(json.dumps(METADATA))
    return seconds


def _tidy(output: NotebookNode) -> NotebookNode | None:
    """Drop what only a live kernel can use (progress bars, widgets), and what differs from run to run."""
    data = output.get("data", {})
    if output.output_type == "stream" and output.name == "stderr":
        raise RuntimeError(f"The notebook wrote to stderr, which learners would see:\n{output.text}")
    if "application/vnd.jupyter.widget-view+json" in data:
        return None
    if any(kind.startswith("image/") for kind in data):
        data["text/plain"] = "<Figure>"
    return output


def fingerprint(source: Path) -> str:
    """Return a hash of all that the notebook is made from: its source and pictures, the package, the data, this tool."""
    files = [source, Path(__file__), ROOT / "pyproject.toml", *sorted((source.parent / "pictures").glob("*"))]
    for folder, pattern in (("nsthelpers", "**/*.*"), ("data", "*/*.jpg")):
        files += sorted(
            p
            for p in (ROOT / folder).glob(pattern)
            if p.is_file() and p.suffix in (".py", ".json", ".safetensors", ".jpg")
        )
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def target(source: Path, edition: str) -> Path:
    folder = ROOT / "notebooks" if edition == "learner" else ROOT / "notebooks" / edition
    return folder / f"{source.stem}.ipynb"


def keep_outputs(notebook: NotebookNode, built: NotebookNode) -> None:
    """Give a notebook the outputs of the one built before, if no code cell has changed. Raises ValueError if one has."""
    new, old = ([cell for cell in one.cells if cell.cell_type == "code"] for one in (notebook, built))
    if [cell.source for cell in new] != [cell.source for cell in old]:
        raise ValueError("A code cell has changed: build without --prose.")
    for cell, before in zip(new, old, strict=True):
        cell.outputs, cell.execution_count = before.outputs, before.execution_count
    notebook.metadata = built.metadata


def build(
    source: Path, edition: str = "learner", force: bool = False, output: Path | None = None, prose: bool = False
) -> str:
    """Build one notebook and return a line that says what was done."""
    output = output or target(source, edition)
    mark = fingerprint(source)
    if not (force or prose) and output.is_file():
        if (
            json.loads(output.read_text(encoding="utf-8")).get("metadata", {}).get("nsthelpers", {}).get("made_from")
            == mark
        ):
            return f"{output.name} ({edition}): nothing changed"
    notebook, seconds = build_cells(source, edition), []
    if prose:
        keep_outputs(notebook, nbformat.read(output, as_version=4))  # and its mark, so that a plain build runs it
    else:
        if edition != "student":
            seconds = execute(notebook, ROOT / "notebooks")
        notebook.metadata["nsthelpers"] = {"edition": edition, "made_from": mark}
    nbformat.validate(notebook)
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_suffix(".tmp")
    temporary.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")  # lines split as JupyterLab splits them
    temporary.replace(output)
    ran = f", {sum(seconds):.0f} s, slowest cell {max(seconds):.0f} s" if seconds else ""
    return f"{output.name} ({edition}): built, {output.stat().st_size // 1024} kB{ran}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="notebooks to build, e.g. 05 or 05_gram_matrices (default: all)")
    parser.add_argument("--edition", action="append", choices=EDITIONS, help="default: learner; may be given twice")
    parser.add_argument("--force", action="store_true", help="build even if nothing changed")
    parser.add_argument("--prose", action="store_true", help="only the text has changed: keep the outputs, run nothing")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) // 2), help="notebooks at a time")
    options = parser.parse_args(arguments)
    sources = sorted(SOURCES.glob("[0-9][0-9]_*.py"))
    if options.names:
        sources = [source for source in sources if any(source.stem.startswith(name) for name in options.names)]
    tasks = [(source, edition) for edition in options.edition or ["learner"] for source in sources]
    failed = 0
    # Threads, since the work is done in the notebooks' kernels. The default leaves two cores to each.
    with ThreadPoolExecutor(options.jobs) as pool:
        for (source, edition), future in [
            (task, pool.submit(build, *task, options.force, prose=options.prose)) for task in tasks
        ]:
            try:
                print(future.result(), flush=True)
            except Exception as problem:
                failed += 1
                print(f"{source.stem} ({edition}): FAILED\n{problem}", file=sys.stderr, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
