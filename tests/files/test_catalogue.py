"""The bundled pictures: their names, and the facts about them."""

import json
import re
import runpy
from pathlib import Path

import pytest
from PIL import Image

from nsthelpers import list_images, load_image, paintings
from nsthelpers.files.catalogue import data_folder

ROOT = Path(__file__).parents[2]


FACTS = json.loads((data_folder() / "pictures.json").read_text(encoding="utf-8"))


KEYS = {
    "name", "kind", "title", "artist", "year", "licence", "licence_link", "origin", "changes", "size", "shows"
}  # fmt: skip


def test_missing_path_and_directory(tmp_path):
    with pytest.raises(FileNotFoundError, match="did you mean 'chelsea'"):
        load_image("chelsey")
    with pytest.raises(FileNotFoundError, match="no file"):
        load_image(tmp_path / "missing.png")
    with pytest.raises(ValueError, match="is a folder"):
        load_image(tmp_path)


def test_lists_of_names():
    assert {"tuebingen", "pagoda"} <= set(list_images("content")) and len(list_images("content")) >= 7
    assert set(paintings()) < set(list_images("style")) and len(paintings()) == 8
    assert list_images() == sorted(list_images("content") + list_images("style"))
    for kind in ("photo", "painting"):
        with pytest.raises(ValueError, match="kind is"):
            list_images(kind)


def test_every_picture_has_its_facts_and_the_reverse():
    files = sorted(f"{path.parent.name}/{path.name}" for path in data_folder().glob("*/*"))
    assert files == sorted(f"{facts['kind']}/{facts['name']}.jpg" for facts in FACTS)
    assert len({facts["name"] for facts in FACTS}) == len(FACTS)  # a name means one picture


@pytest.mark.parametrize("facts", FACTS, ids=lambda facts: facts["name"])
def test_the_facts_are_complete_and_the_sizes_right(facts):
    museum = {"museum", "story"} if facts["name"] in paintings() else set()
    assert set(facts) == KEYS | museum
    for key in set(facts) - {"year", "size"}:
        assert isinstance(facts[key], str) and facts[key] == facts[key].strip() != "", key
    # When some photographs were taken is not known; of every style it is.
    assert facts["year"] is None and facts["kind"] == "content" or re.search(r"\d{4}$", facts["year"])
    assert facts["licence"] in ("public domain", "CC0", "CC BY 2.0", "CC BY 3.0", "CC BY 4.0")
    link = facts["licence"].removeprefix("CC ").lower().replace(" ", "/")
    link = {"public/domain": "publicdomain/mark/1.0", "cc0": "publicdomain/zero/1.0"}.get(link, f"licenses/{link}")
    assert facts["licence_link"] == f"https://creativecommons.org/{link}/"
    with Image.open(data_folder() / facts["kind"] / f"{facts['name']}.jpg") as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB") and list(picture.size) == facts["size"]
    assert max(facts["size"]) <= 1000 and min(facts["size"]) >= 300
    assert facts["shows"].endswith(".") and len(facts["shows"].split()) <= 30


def test_the_stories_are_short_and_in_whole_sentences():
    for name, facts in paintings().items():
        assert 60 <= len(facts["story"].split()) <= 100 and facts["story"].endswith("."), name
        assert facts["licence"] == "public domain" and 1400 < int(facts["year"][-4:]) < 1930, name


def test_nobody_changes_the_facts_for_the_next_caller():
    taken = paintings()
    taken.pop("starry_night")
    taken["the_scream"].clear()
    assert paintings()["starry_night"]["title"] == "The Starry Night" and paintings()["the_scream"]["artist"]


def test_shapes_of_every_kind():
    shapes = [facts["size"] for facts in FACTS]
    assert {"portrait", "landscape", "square"} == {
        "square" if w == h else "portrait" if h > w else "landscape" for w, h in shapes
    }


def test_the_page_of_the_pictures_says_what_the_facts_say():
    """Not so? `python tools/write_data_readme.py` writes it anew."""
    tool = runpy.run_path(str(ROOT / "tools" / "write_data_readme.py"))
    page = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert page == tool["page"]()
    assert all(facts["title"] in page and facts["artist"] in page and facts["licence_link"] in page for facts in FACTS)


def test_the_pictures_are_light():
    assert sum(path.stat().st_size for path in data_folder().rglob("*") if path.is_file()) <= 5e6


def test_a_file_name_never_becomes_another_path(tmp_path, monkeypatch):
    """Only a bare name means a bundled picture: nothing with a folder in it reaches into data/ or out of it."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "../chelsea",
        "./content/chelsea.jpg",
        "style/../chelsea.jpg",
        "/chelsea.jpg",
        "chelsea.jpg/",
        "CHELSEA",
    ):
        if Path(name).is_file():
            continue
        try:
            load_image(name, 16, device="cpu")
        except FileNotFoundError:
            continue
        assert Path(name).name == name.rstrip("/"), name
