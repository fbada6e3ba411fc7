"""Collect what students handed in: ``python -m nsthelpers.checks collect FOLDER -o results.csv``."""

from __future__ import annotations

import argparse
import ast
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

COLUMNS = ("file", "notebook", "exercise", "status", "tries", "diagnosis")


def reports(path: Path) -> Iterator[dict[str, Any]]:
    """Yield what each `check.report()` said that is shown in a notebook, or that a .json file holds."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if path.suffix == ".json":
        texts = [json.dumps(content)]
    else:
        outputs = [output for cell in content["cells"] for output in cell.get("outputs", [])]
        shown = [output.get("text") or output.get("data", {}).get("text/plain") or "" for output in outputs]
        texts = ["".join(text) for text in shown]
    for text in texts:
        try:
            found = json.loads(ast.literal_eval(text) if text.startswith(("'", '"')) else text)
        except (ValueError, SyntaxError):
            continue  # another output
        if isinstance(found, dict) and {"notebook", "exercises"} <= found.keys():
            yield found


def rows(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """Return one row for each exercise of each file in a folder, and the files that hold no report."""
    found, empty = [], []
    for path in sorted([*folder.rglob("*.ipynb"), *folder.rglob("*.json")]):
        if ".ipynb_checkpoints" in path.parts:
            continue
        try:
            said = list(reports(path))
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            said = []
        if not said:
            empty.append(str(path.relative_to(folder)))
        for report in said:
            for name, entry in report["exercises"].items():
                place = {"file": str(path.relative_to(folder)), "notebook": report["notebook"], "exercise": name}
                found.append(place | {key: entry.get(key, "") for key in COLUMNS[3:]})
    return found, empty


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0, or 2 if there is no such folder."""
    parser = argparse.ArgumentParser(prog="python -m nsthelpers.checks", description=__doc__)
    parser.add_argument("what", choices=["collect"])
    parser.add_argument(
        "folder", type=Path, help="the notebooks that students handed in, with print(check.report()) run"
    )
    parser.add_argument("-o", "--output", type=Path, help="a CSV file (default: the standard output)")
    options = parser.parse_args(arguments)
    if not options.folder.is_dir():
        print(f"There is no folder {str(options.folder)!r}.", file=sys.stderr)
        return 2
    found, empty = rows(options.folder)
    stream = options.output.open("w", newline="", encoding="utf-8") if options.output else sys.stdout
    writer = csv.DictWriter(stream, COLUMNS)
    writer.writeheader()
    writer.writerows(found)
    if options.output:
        stream.close()
    for name in empty:
        print(f"{name}: no report; its last cell should be print(check.report()), run.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
