"""Write data/README.md from data/pictures.json, the one file of facts about the bundled pictures.

python tools/write_data_readme.py
"""

from __future__ import annotations

import json
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
HEAD = """\
# The pictures

`load_image("starry_night")` loads one by its name, `list_images()` lists the names, and `paintings()` returns the facts
about the paintings and their stories. This page is written by `tools/write_data_readme.py` from `pictures.json`.

The photographs from scikit-image keep the facts of its documentation. The painters died before 1946: their works are in
the public domain, and so is a faithful photograph of one. The other pictures in `style/` were painted for this course by
a seeded program (`make styles` paints them again).

| picture | title, author, year | what it shows | licence | origin; changes made |
| --- | --- | --- | --- | --- |
"""


def row(facts: dict) -> str:
    """One picture as a row of the table."""
    place = "; " + facts["museum"] if "museum" in facts else ""
    about = f"*{facts['title']}*, {facts['artist']}, {facts['year'] or 'year not recorded'}{place}"
    origin = (
        f"<{facts['origin']}>"
        if facts["origin"].startswith("https://") and " " not in facts["origin"]
        else facts["origin"]
    )
    width, height = facts["size"]
    file = f"`{facts['kind']}/{facts['name']}.jpg`, {width} × {height}"
    licence = f"[{facts['licence']}]({facts['licence_link']})"
    return f"| {file} | {about} | {facts['shows']} | {licence} | {origin}; {facts['changes']} |\n"


def page() -> str:
    """The whole page: the table, then the stories of the paintings."""
    entries = json.loads((DATA / "pictures.json").read_text(encoding="utf-8"))
    stories = [f"\n**{facts['title']}.** {facts['story']}\n" for facts in entries if "story" in facts]
    return HEAD + "".join(map(row, entries)) + "\n## The stories of the paintings\n" + "".join(stories)


if __name__ == "__main__":
    (DATA / "README.md").write_text(page(), encoding="utf-8")
