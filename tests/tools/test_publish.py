"""The site and the zip for Colab are whole, and need nothing from another host."""

import base64
import importlib.util
import json
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


class Page(HTMLParser):
    """What a page refers to."""

    def __init__(self, path):
        super().__init__()
        self.lang, self.links, self.loads, self.images, self.anchors, self.title = None, [], [], [], set(), ""
        self.inside = None
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.inside = tag
        self.anchors.add(values.get("id"))
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

    def handle_data(self, data):
        if self.inside == "title":
            self.title += data


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
        assert all("alt" in image for image in page.images), path.name


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
