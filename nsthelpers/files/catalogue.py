"""The bundled pictures in ``data/``: where they are, what they are called, and facts about the paintings."""

from __future__ import annotations

import difflib
import json
import os
import stat
from pathlib import Path
from typing import Any

from nsthelpers._validation import check_path


def data_folder() -> Path:
    """Return the folder with the bundled pictures: ``data/`` in a checkout, a copy of it in an installed package."""
    here = Path(__file__).parents[1]
    installed = here / "data"
    return installed if installed.is_dir() else here.parent / "data"


def paintings() -> dict[str, dict[str, Any]]:
    """Return facts about the bundled museum paintings, all in the public domain: {name: facts}.

    They come from ``data/pictures.json``: title, artist, year and museum, licence, origin and changes, the size
    (width, height) in pixels, ``shows`` (what one sees, for an alt text) and ``story`` (60 to 100 words). Every call
    reads the file again, so the caller may change the result.

    Used in notebooks 03, 05, 08, 09 and 13.

    >>> paintings()["starry_night"]["artist"]
    'Vincent van Gogh'
    """
    return {name: entry for name, entry in read_facts().items() if "story" in entry}


def read_facts() -> dict[str, dict[str, Any]]:
    """Return what ``data/pictures.json`` says about every bundled picture: {name: facts}."""
    entries = json.loads((data_folder() / "pictures.json").read_text(encoding="utf-8"))
    return {entry["name"]: entry for entry in entries}


def list_images(kind: str | None = None) -> list[str]:
    """Return the names that `load_image` knows, sorted.

    `kind` is "content" (photographs), "style" (the paintings, and four pictures made by a program) or None for both.
    Raises ValueError for another kind.

    Used in notebooks 00, 03 and 11.

    >>> "chelsea" in list_images("content")
    True
    """
    if kind not in (None, "content", "style"):
        raise ValueError(f"kind is {kind!r}; use 'content', 'style' or None.")
    folders = [kind] if kind else ["content", "style"]
    return sorted(path.stem for folder in folders for path in (data_folder() / folder).glob("*.jpg"))


def locate(source: str | os.PathLike[str], argument: str = "the picture") -> Path | str:
    """Return the file for a path or the name of a bundled picture; return an address unchanged."""
    if isinstance(source, str) and "://" in source:
        return source
    path = check_path(source, argument)
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except PermissionError:
        raise PermissionError(
            f"Cannot read {str(path)!r}: its folder cannot be opened; change the permissions."
        ) from None
    except (OSError, ValueError):  # no such file, or no possible file name
        kind = 0
    if kind == stat.S_IFREG:
        return path
    name = str(source)
    for folder in ("content", "style"):
        bundled = data_folder() / folder / f"{path.stem}.jpg"
        if name in (bundled.stem, bundled.name) and bundled.is_file():
            return bundled
    if kind:
        what = "a folder" if kind == stat.S_IFDIR else "not an ordinary file"
        raise ValueError(f"{str(path)!r} is {what}; give the path of one picture.")
    names = list_images()
    near = difflib.get_close_matches(path.stem.lower(), names, n=3, cutoff=0.6)
    near += [each for each in names if path.stem.lower() in each.split("_")][: 3 - len(near)]
    nearest = " or ".join(map(repr, dict.fromkeys(near)))
    hint = f"did you mean {nearest}?" if near else "list_images() shows the bundled names."
    raise FileNotFoundError(f"There is no file and no bundled picture called {name!r:.200}; {hint}")
