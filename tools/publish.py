#!/usr/bin/env python3
"""Publish the course: as a site, as slides, and as a folder for Colab.

    python tools/publish.py site     builds dist/site, from the executed notebooks as they are, without running one
    python tools/publish.py slides   builds dist/slides, a deck of each executed notebook: sections side by side, cells below
    python tools/publish.py colab    builds dist/nst-course-colab.zip: the package as a wheel, and the notebooks;
                                     and dist/nst-course-students.zip: the same without solutions, to hand out

Title pictures are attachments, which GitHub, JupyterLab and VS Code (since 1.70: vscode issue 119961) show. Colab ignores
them (colabtools issue 3836) and so does myst-nb: for Colab they become data URIs, for the site files.
"""

from __future__ import annotations

import argparse
import base64
import html
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parent.parent
MATHJAX, REVEAL = "mathjax@3.2.2", "reveal.js@5.2.1"
FOLD = re.compile(r"<details>(?:(?!<details>).)*?</details>", re.DOTALL)  # an innermost one
PAGES = ("teaching", "failures", "conventions", "benchmark", "sweeps", "checks", "robustness")  # of docs/
ATTACHMENT = re.compile(r"!\[([^\]]*)\]\(attachment:([^)]+)\)")
HOW_TO = """The course in Colab, without a repository:

1. Unzip this folder and put it into your Google Drive as "nst-course".
2. Open drive.google.com, folder nst-course, and double-click 00_start_here.ipynb: it opens in Colab.
3. In Colab, click the folder at the left, then "Mount Drive"; or drag the .whl file into the folder there.
4. Run all cells: the first one installs the course from the .whl file and leaves PyTorch alone.
5. What you write is saved in your Drive, and your progress too, if it is mounted.
"""


def replace_attachments(notebook: dict[str, Any], where: Callable[[str, bytes], str]) -> dict[str, Any]:
    """Return a notebook whose attached pictures are at the address that `where(name, content)` returns."""
    notebook = json.loads(json.dumps(notebook))
    for cell in notebook["cells"]:
        attached = cell.pop("attachments", {})

        def address(match: re.Match[str], attached: dict[str, Any] = attached) -> str:
            (content,) = attached[match[2]].values()
            return f"![{match[1]}]({where(match[2], base64.b64decode(content))})"

        cell["source"] = ATTACHMENT.sub(address, "".join(cell["source"]))
    return notebook


def data_uri(name: str, content: bytes) -> str:
    """Return a picture as an address that holds it."""
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"


def notebooks() -> dict[str, dict[str, Any]]:
    """Return the executed notebooks by name, in order."""
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    return {path.stem: describe_figures(nbformat.read(path, as_version=4)) for path in paths}


def describe_figures(notebook: dict[str, Any]) -> dict[str, Any]:
    """Give each figure an alternative text, for nbconvert and myst-nb; the words below it say what is to be seen.

    It is stored with the figure, by `show.setup_notebook`; a figure without a title gets the section's.
    """
    section = ""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            headings = re.findall(r"^#+ +(.+)$", "".join(cell["source"]), re.MULTILINE)
            section = headings[-1] if headings else section
            continue
        default, found = f"Figure: {section.replace('$', '').replace('`', '')}", []
        for output in cell["outputs"]:
            for kind in output.get("data", {}):
                if kind.startswith("image/"):
                    found.append(output.get("metadata", {}).get(kind, {}).get("alt") or default)
                    output["metadata"] = {kind: {"alt": found[-1]}}
        if found:  # myst-nb knows one for all figures of a cell
            cell["metadata"] = {**cell["metadata"], "mystnb": {"image": {"alt": "; ".join(dict.fromkeys(found))}}}
    return notebook


def opening(notebook: dict[str, Any]) -> tuple[str, str, str]:
    """Return the title of a notebook, the question that it answers, and what its title picture shows."""
    text = "".join(notebook["cells"][0]["source"])
    lines, picture = text.splitlines(), ATTACHMENT.search(text)
    question = next(line.replace("*", "") for line in lines[1:] if line.startswith("**"))
    return lines[0].lstrip("# "), question, picture[1] if picture else ""


def build_wheel(folder: Path) -> Path:
    """Build the wheel of the package into a folder and return its path."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("nsthelpers-*.whl")
    return wheel


def student_notebooks() -> dict[str, dict[str, Any]]:
    """Return the notebooks without solutions by name, in order; they have not been run."""
    import build_notebooks

    return {
        path.stem: build_notebooks.build_cells(ROOT / f"notebooks/source/{path.stem}.py", "student")
        for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    }


def colab(target: Path, students: bool = False) -> None:
    """Write the zip for Colab, without solutions for students."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        wheel = build_wheel(Path(folder))
        archive.write(wheel, f"nst-course/{wheel.name}")
        archive.writestr("nst-course/README.txt", HOW_TO)
        for name, notebook in (student_notebooks() if students else notebooks()).items():
            text = json.dumps(replace_attachments(notebook, data_uri), ensure_ascii=False, indent=1)
            archive.writestr(f"nst-course/{name}.ipynb", text)


def pages() -> list[str]:
    """Return the pages of docs/ that there are."""
    return [name for name in PAGES if (ROOT / f"docs/{name}.md").exists()]


def front_page(openings: dict[str, tuple[str, str, str]]) -> str:
    """Return the front page: the wall, each picture the door to its notebook."""
    doors = "".join(
        f'<a href="notebooks/{name}.html"><img src="_static/titles/{name}.jpg" alt="{html.escape(picture)}">'
        f"<b>{html.escape(title)}</b><br>{html.escape(question)}</a>\n"
        for name, (title, question, picture) in openings.items()
    )
    listed = "\n".join(f"notebooks/{name}" for name in openings)
    more = "\n".join([*pages(), "network", "api"])
    return (
        "# Neural style transfer, step by step\n\n"
        "![A photograph of old houses above a river; The Starry Night; the houses under a sky of strokes](header.jpg)\n\n"
        "A course in notebooks that turns a photograph into a painting with a neural network that comes along, on a laptop, "
        "without a download or a GPU, and explains every line of it.\n\n"
        f'<div class="wall">\n{doors}</div>\n\n'
        "![Eight photographs, each painted in another style](contact_sheet.jpg)\n\n"
        f"```{{toctree}}\n:hidden:\n:caption: The course\n\n{listed}\n```\n\n"
        f"```{{toctree}}\n:hidden:\n:caption: More\n\n{more}\n```\n"
    )


def api_page() -> str:
    """Return the page of all public names."""
    import nsthelpers

    entries = []
    for name in sorted(nsthelpers.__all__, key=str.lower):
        thing = getattr(nsthelpers, name)
        kind = "autoclass" if isinstance(thing, type) else "autofunction"
        entries.append(f"```{{eval-rst}}\n.. {kind}:: nsthelpers.{name}\n```\n")
    return "# The package\n\nAll public names of `nsthelpers`.\n\n" + "\n".join(entries)


def relink(text: str, books: Container[str], folder: str = "notebooks/") -> str:
    """Return Markdown with links that hold on the site; a link to what is not on it becomes plain words."""

    def link(match: re.Match[str]) -> str:
        words, address = match[1], match[2]
        file, stem = address.split("#")[0], Path(address.split("#")[0]).stem
        if "://" in address or not file:
            return match[0]
        if file.endswith(".ipynb") and stem in books:
            return f"[{words}]({folder}{stem}.ipynb)"
        beside = "" if folder else "../"  # pages lie above the notebooks
        return f"[{words}]({beside}{stem}.md)" if file.endswith(".md") and stem in pages() else words

    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", link, text)


def site(target: Path, packages: Path | None = None) -> None:
    """Build the site into a folder; `packages` is a folder that has MathJax's package of npm already."""
    work, books = ROOT / "build" / "site", notebooks()
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("_static/titles", "_static/notebooks", "notebooks/pictures"):
        (work / folder).mkdir(parents=True)
    shutil.copy(ROOT / "docs/site/conf.py", work)
    shutil.copytree(ROOT / "docs/site/templates", work / "templates")
    shutil.copy(ROOT / "docs/site/course.css", work / "_static")
    for name, notebook in books.items():
        write_notebook(work, name, notebook, books)
    for name in pages():
        write_page(work, name, ROOT / f"docs/{name}.md", books)
    write_page(work, "network", ROOT / "nsthelpers/weights/README.md", books)
    for picture in ("header.jpg", "contact_sheet.jpg"):
        shutil.copy(ROOT / "docs/pictures" / picture, work)
    openings = {name: opening(notebook) for name, notebook in books.items()}
    (work / "index.md").write_text(front_page(openings), encoding="utf-8")
    (work / "api.md").write_text(api_page(), encoding="utf-8")
    copy_package(MATHJAX, "es5", work / "_static/mathjax", packages)
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", str(work), str(target)]
    subprocess.run(command, check=True)


def open_in(name: str, repository: str) -> str:
    """Return links that open a notebook of a repository elsewhere; none while its address is a placeholder."""
    if "OWNER" in repository:
        return ""
    place, path = repository.removeprefix("https://github.com/"), f"notebooks/{name}.ipynb"
    addresses = {
        "Colab": f"https://colab.research.google.com/github/{place}/blob/main/{path}",
        "Binder": f"https://mybinder.org/v2/gh/{place}/main?labpath={path}",
        "Codespaces": f"https://codespaces.new/{place}",
    }
    return " · Open in " + ", ".join(f'<a href="{address}">{host}</a>' for host, address in addresses.items())


def write_notebook(work: Path, name: str, notebook: dict[str, Any], books: Container[str]) -> None:
    """Write a notebook as a page of the site, with a link to itself as it is in the course, and to where it can be run."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shutil.copy(ROOT / f"notebooks/{name}.ipynb", work / "_static/notebooks")
    shutil.copy(ROOT / f"notebooks/source/pictures/{name}.jpg", work / "_static/titles")

    def save(picture: str, content: bytes) -> str:
        (work / "notebooks/pictures" / picture).write_bytes(content)
        return f"pictures/{picture}"

    page = replace_attachments(notebook, save)
    for cell in page["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = relink("".join(cell["source"]), books, "")
    link = f'<a href="../_static/notebooks/{name}.ipynb" download>Download this notebook</a>'
    link += open_in(name, project["urls"]["Repository"])
    page["cells"].insert(1, {"cell_type": "markdown", "id": "download", "metadata": {}, "source": link})
    (work / "notebooks" / f"{name}.ipynb").write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")


def write_page(work: Path, name: str, source: Path, books: Container[str]) -> None:
    """Write a Markdown file of the repository as a page of the site, its pictures beside it."""

    def picture(match: re.Match[str]) -> str:
        shutil.copy(source.parent / match[2], work)
        return f"![{match[1]}]({Path(match[2]).name})"

    text = re.sub(r"!\[([^\]]*)\]\(([^)]+\.jpg)\)", picture, source.read_text(encoding="utf-8"))
    (work / f"{name}.md").write_text(relink(text, books), encoding="utf-8")


def copy_package(name: str, inside: str, target: Path, packages: Path | None) -> None:
    """Copy a folder of a package of npm; `packages` is a folder that has the package's file already."""
    with tempfile.TemporaryDirectory() as folder:
        if packages is None:
            subprocess.run(["npm", "pack", "--silent", name], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        packed = (packages or Path(folder)) / f"{name.replace('@', '-')}.tgz"
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
        shutil.copytree(Path(folder) / "package" / inside, target)


def deck(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook as slides: a section begins a column, each cell is a slide in it, "What to see" joins its figure.

    Left out: what is folded (hints, solutions), setup, quiz answers, references, and the code of a figure where it is long.
    """
    cells: list[dict[str, Any]] = []
    pictured = False
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            while FOLD.search(text):
                text = FOLD.sub("", text)
            for part in re.split(r"^(?=## )", text, flags=re.MULTILINE):
                part = part.partition("**You need**")[0].strip() if part.startswith("# ") else part.strip()
                if part.startswith("## References"):
                    return {**notebook, "cells": cells}
                if part:
                    joins = pictured and part.startswith("**What to see")
                    kind = "slide" if part.startswith("#") else "-" if joins else "subslide"
                    cells.append({"cell_type": "markdown", "metadata": {}, "source": relink(part, ())})
                    cells[-1] |= {"id": f"slide-{len(cells)}", "metadata": {"slideshow": {"slide_type": kind}}}
                    pictured = False
            continue
        exercise = "exercise" in cell["metadata"].get("tags", [])
        if not exercise and re.search(r"^check\.|^import importlib|setup_notebook", text, re.MULTILINE):
            continue
        outputs = [] if exercise else [each for each in cell["outputs"] if each["output_type"] != "error"]
        pictured = any("image/jpeg" in output.get("data", {}) for output in outputs)
        kind = "-" if exercise else "subslide"  # an exercise stands below the words that set it
        metadata = {"slideshow": {"slide_type": kind}, "hide_code": pictured and text.count("\n") >= 8}
        cells.append({**cell, "metadata": metadata, "source": text, "outputs": outputs})
    return {**notebook, "cells": cells}


def slides(target: Path, packages: Path | None = None) -> None:
    """Build a deck of each notebook into a folder."""
    import nbformat
    from nbconvert import SlidesExporter

    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    copy_package(MATHJAX, "es5", target / "assets/mathjax", packages)
    copy_package(REVEAL, "dist", target / "assets/reveal", packages)
    shutil.copy(ROOT / "docs/slides/slides.css", target / "assets")
    exporter = SlidesExporter(template_name="slides", extra_template_basedirs=[str(ROOT / "docs")])
    exporter.reveal_url_prefix, exporter.reveal_theme = "assets/reveal", "white"  # others load fonts
    for name, notebook in notebooks().items():
        made = nbformat.from_dict(deck(replace_attachments(notebook, data_uri)))
        page, _ = exporter.from_notebook_node(made, {"metadata": {"name": opening(notebook)[0]}})
        (target / f"{name}.html").write_text(page.replace("assets/reveal/dist/", "assets/reveal/"), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["site", "slides", "colab"])
    parser.add_argument(
        "--packages", type=Path, help=f"a folder with the .tgz of {MATHJAX} and {REVEAL}, instead of npm"
    )
    options = parser.parse_args()
    dist = ROOT / "dist"
    dist.mkdir(exist_ok=True)
    if options.what == "site":
        site(dist / "site", options.packages)
        print(f"Open {dist / 'site' / 'index.html'}")
    elif options.what == "slides":
        slides(dist / "slides", options.packages)
        print(f"Open {dist / 'slides' / '00_start_here.html'}")
    else:
        for name, students in (("nst-course-colab.zip", False), ("nst-course-students.zip", True)):
            colab(dist / name, students)
            print(f"{dist / name}: {(dist / name).stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
