"""The site, the slides and the zip for Colab are whole, and need nothing from another host."""

import base64
import importlib.util
import itertools
import json
import re
import shutil
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import publish  # noqa: E402

BUILDS = all(importlib.util.find_spec(name) for name in ("myst_nb", "sphinx_book_theme")) and shutil.which("npm")
needs_docs = pytest.mark.skipif(not BUILDS, reason="the docs extra, or npm, is not installed")


def test_attachments_become_addresses():
    cell = {"cell_type": "markdown", "source": ["# A\n", "![a cat](attachment:c.jpg)"]}
    cell["attachments"] = {"c.jpg": {"image/jpeg": base64.b64encode(b"pixels").decode()}}
    before = json.dumps(cell)
    kept = {}
    made = publish.replace_attachments(
        {"cells": [cell]}, lambda name, content: kept.setdefault(name, content) and "x/c.jpg"
    )
    assert made["cells"][0] == {"cell_type": "markdown", "source": "# A\n![a cat](x/c.jpg)"}
    assert kept == {"c.jpg": b"pixels"} and json.dumps(cell) == before


def test_links_hold_or_become_words():
    text = "[a](notebooks/05_gram_matrices.ipynb#x) [b](https://a.b/c) [c](LICENSE) ![d](e.jpg) [f](#g) [h](docs/checks.md)"
    made = publish.relink(text, {"05_gram_matrices"})
    assert made == "[a](notebooks/05_gram_matrices.ipynb) [b](https://a.b/c) c ![d](e.jpg) [f](#g) [h](checks.md)"


def test_a_page_says_where_to_open_its_notebook_once_the_address_is_real():
    assert publish.open_in("00_a", "https://github.com/OWNER/neural-style-transfer-course") == ""
    made = re.findall(r'href="([^"]+)"', publish.open_in("00_a", "https://github.com/ada/course"))
    assert made == [
        "https://colab.research.google.com/github/ada/course/blob/main/notebooks/00_a.ipynb",
        "https://mybinder.org/v2/gh/ada/course/main?labpath=notebooks/00_a.ipynb",
        "https://codespaces.new/ada/course",
    ]


def test_the_zip_for_colab_is_complete_and_small(tmp_path):
    publish.colab(tmp_path / "course.zip")
    with zipfile.ZipFile(tmp_path / "course.zip") as archive:
        names = archive.namelist()
        books = [name for name in names if name.endswith(".ipynb")]
        assert len(books) == len(list((ROOT / "notebooks").glob("*.ipynb"))) >= 10
        assert sum(name.endswith(".whl") for name in names) == 1 and "nst-course/README.txt" in names
        for name in books:
            text = archive.read(name).decode()
            assert "](attachment:" not in text and "](data:image/jpeg;base64," in text
    assert (tmp_path / "course.zip").stat().st_size <= 25e6


def test_the_zip_for_students_has_hints_and_no_solutions(tmp_path, monkeypatch):
    wheel = tmp_path / "nsthelpers-1.0.0-py3-none-any.whl"
    wheel.touch()
    monkeypatch.setattr(publish, "build_wheel", lambda folder: wheel)  # built by the test above
    publish.colab(tmp_path / "students.zip", students=True)
    with zipfile.ZipFile(tmp_path / "students.zip") as archive:
        names = {name for name in archive.namelist() if name.endswith(".ipynb")}
        assert names == {f"nst-course/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
        for name in names:
            text = archive.read(name).decode()
            assert "Solution</b>" not in text and "<summary>Hint" in text and "](attachment:" not in text
        assert f"nst-course/{wheel.name}" in archive.namelist()


class Page(HTMLParser):
    """What a page refers to."""

    def __init__(self, path):
        super().__init__()
        self.lang, self.links, self.loads, self.images, self.anchors, self.title = None, [], [], [], set(), ""
        self.inside, self.open, self.headings, self.fields = None, {"article": 0, "label": 0, "th": 0}, [], []
        self.heads = []  # of tables
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.inside = tag
        if tag in self.open:
            self.open[tag] += 1
        if self.open["article"] and re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("input", "select") and values.get("type") != "hidden":
            self.fields.append(bool(self.open["label"] or values.get("aria-label")))
        self.anchors.add(values.get("id"))
        if tag == "th":
            self.heads.append("")
        if tag == "html":
            self.lang = values.get("lang")
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag in ("script", "img", "iframe", "source") and values.get("src"):
            self.loads.append(values["src"])
        if tag == "link" and values.get("rel") in ("stylesheet", "preload", "icon"):
            self.loads.append(values["href"])
        if tag == "img":
            self.images.append(values)

    def handle_endtag(self, tag):
        if tag in self.open:
            self.open[tag] -= 1

    def handle_data(self, data):
        if self.open["th"]:
            self.heads[-1] += data
        if self.inside == "title":
            self.title += data


def described(image):
    """Whether a picture has words instead; a file's name is none."""
    return image.get("alt") and not re.search(r"\.(jpe?g|png)$|No description", image["alt"])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    target = tmp_path_factory.mktemp("site") / "site"
    publish.site(target)
    return {path: Page(path) for path in target.rglob("*.html") if "_static" not in path.parts}


@needs_docs
def test_every_page_has_language_title_and_alternative_texts(site):
    assert len(site) >= 15
    for path, page in site.items():
        assert page.lang == "en" and page.title.strip(), path.name
        assert all(described(image) for image in page.images), path.name


@needs_docs
def test_headings_are_in_order_and_fields_have_labels(site):
    for path, page in site.items():
        assert page.fields and all(page.fields), path.name  # of the search; scrubbers make theirs in the browser
        if path.name != "search.html":  # the theme's own
            levels = page.headings
            assert levels[:1] == [1] and levels.count(1) == 1, path.name
            assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), f"{path.name}: {levels}"


@needs_docs
def test_every_column_of_a_table_has_a_head(site):
    assert sum(len(page.heads) for page in site.values()) > 50
    for path, page in site.items():
        assert all(head.strip() for head in page.heads), f"{path.name}: {page.heads}"


@needs_docs
def test_nothing_is_loaded_from_another_host(site):
    for path, page in site.items():
        for address in page.loads:
            assert not urlsplit(address).netloc, f"{path.name} loads {address[:80]}"
            if not address.startswith("data:"):
                assert (path.parent / unquote(urlsplit(address).path)).exists(), f"{path.name}: {address}"


@needs_docs
def test_every_link_inside_the_site_leads_somewhere(site):
    for path, page in site.items():
        for address in page.links:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.exists(), f"{path.name}: {address}"
            if parts.fragment and target in site:
                assert unquote(parts.fragment) in site[target].anchors, f"{path.name}: {address}"


@needs_docs
def test_solutions_are_folded_and_each_notebook_can_be_downloaded(site):
    books = {path: page for path, page in site.items() if path.parent.name == "notebooks"}
    assert len(books) == len(list((ROOT / "notebooks").glob("*.ipynb")))
    for path, page in books.items():
        assert f"../_static/notebooks/{path.stem}.ipynb" in page.links
        assert "<details>" in path.read_text(encoding="utf-8"), path.name


def cells(*given):
    made = []
    for kind, source, *more in given:
        made.append({"cell_type": kind, "source": source, "metadata": {}, "id": str(len(made))})
        if kind == "code":
            data = {"image/jpeg": "AA"} if "draw" in source else {"text/plain": "x"}
            made[-1] |= {"outputs": [{"output_type": "display_data", "data": data}], "metadata": {"tags": more}}
    return {"cells": made}


def test_a_deck_has_sections_figures_and_exercises_without_solutions_and_setup():
    deck = publish.deck(
        cells(
            ("markdown", "# 05 · A\n\n**Why?**\n\n**You need** 04."),
            ("code", "import importlib.util, sys"),
            ("markdown", "Words.\n\n## 1 · B\n\nMore.<details>a<details>b</details>c</details>"),
            ("code", "draw()"),
            ("markdown", "**What to see.** Strokes."),
            ("markdown", "<details>only a hint</details>"),
            ("code", "x = 1\n" * 9 + "draw()"),
            ("markdown", "Your turn."),
            ("code", "def f():\n    return None\n\ncheck.f(f)", "exercise"),
            ("code", "check.score(1)"),
            ("markdown", "## Summary\n\nAll.\n\n## References\n\n- one"),
            ("markdown", "after"),
        )
    )["cells"]
    shown = [(cell["metadata"]["slideshow"]["slide_type"], cell["source"].split("\n")[0]) for cell in deck]
    assert shown == [
        ("slide", "# 05 · A"),
        ("subslide", "Words."),
        ("slide", "## 1 · B"),
        ("subslide", "draw()"),
        ("-", "**What to see.** Strokes."),
        ("subslide", "x = 1"),
        ("subslide", "Your turn."),
        ("-", "def f():"),
        ("slide", "## Summary"),
    ]
    assert deck[0]["source"] == "# 05 · A\n\n**Why?**" and deck[2]["source"] == "## 1 · B\n\nMore."
    assert [cell["metadata"].get("hide_code") for cell in deck if cell["cell_type"] == "code"] == [False, True, False]
    assert deck[7]["outputs"] == []


@pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed")
def test_slides_need_nothing_from_another_host(tmp_path):
    publish.slides(tmp_path / "slides")
    decks = {path: Page(path) for path in (tmp_path / "slides").glob("*.html")}
    assert len(decks) == len(publish.notebooks())
    for path, page in decks.items():
        assert page.lang == "en" and page.title.split(" ·")[0] == path.stem[:2]
        assert all(described(image) for image in page.images), path.name
        for address in page.loads:
            assert not urlsplit(address).netloc, f"{path.name} loads {address[:80]}"
            assert address.startswith("data:") or (path.parent / address).exists(), address
    theme = (tmp_path / "slides/assets/reveal/theme/white.css").read_text(encoding="utf-8")
    assert not re.search(r"url\(.?https?:", theme)
