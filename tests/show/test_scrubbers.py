import base64
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import nsthelpers
from nsthelpers import before_after, grid_scrubber, scrubber
from nsthelpers.show import scrubbers

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import build_notebooks


def grey(value: float, height: int = 8, width: int = 12) -> torch.Tensor:
    return torch.full((1, 3, height, width), float(value))


class Page(HTMLParser):
    """The tags of a page with their attributes, its text, and what stands in its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.scripts: list[str] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.inside = tag

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts.append(data)
        elif self.inside != "style":
            self.words.append(data)

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def data(self):
        found = re.search(r"const data = (.*);$", "".join(self.scripts), re.M)
        return json.loads(found.group(1))


def decoded(encoded: str) -> np.ndarray:
    content = base64.b64decode(encoded.removeprefix("data:image/jpeg;base64,"), validate=True)
    picture = Image.open(io.BytesIO(content))
    assert picture.format == "JPEG"
    return np.asarray(picture) / 255


def pictures(page: Page) -> list[np.ndarray]:
    """All pictures of a scrubber in the order in which its script counts them."""
    return [decoded(code) for code in [page.of("img")[0]["src"], *page.data["frames"]]]


# What is in the HTML


def test_frames_stand_in_their_order_under_their_captions():
    page = Page(scrubber({"dark": grey(0.1), "middle": grey(0.5), 0.9: grey(0.9)}, "Greys", alt="a grey").html)
    assert [shown.mean() for shown in pictures(page)] == pytest.approx([0.1, 0.5, 0.9], abs=0.01)
    assert pictures(page)[0].shape == (8, 12, 3)
    assert page.data["axes"] == [{"name": "", "values": ["dark", "middle", "0.9"]}]
    assert page.of("img")[0]["alt"] == "a grey, dark" and page.data["alt"] == "a grey"


def test_a_sequence_is_numbered_and_keys_are_captions():
    frames = [grey(0.2), grey(0.4)]
    assert Page(scrubber(frames).html).data["axes"][0]["values"] == ["1 of 2", "2 of 2"]
    assert Page(scrubber({"a": grey(0.2), 2: grey(0.4)}).html).data["axes"][0]["values"] == ["a", "2"]


def test_grid_counts_row_by_row_whatever_the_order_of_the_dictionary():
    frames = {(row, column): grey(row + column) for column in (0.0, 0.1, 0.2) for row in (0.7, 0.3)}
    page = Page(grid_scrubber(frames, "row", "column", "Sums").html)
    rows, columns = page.data["axes"]
    assert rows == {"name": "row", "values": ["0.7", "0.3"]} and columns["values"] == ["0.0", "0.1", "0.2"]
    found = np.array([shown.mean() for shown in pictures(page)]).reshape(2, 3)
    assert np.allclose(found, [[0.7, 0.8, 0.9], [0.3, 0.4, 0.5]], atol=0.01)


def test_before_and_after_are_both_there_without_a_script():
    page = Page(before_after(grey(0.2), grey(0.8, 16, 24), "Pair", alt="a grey").html)
    assert [decoded(tag["src"]).mean() for tag in page.of("img")] == pytest.approx([0.2, 0.8], abs=0.01)
    assert [tag["alt"] for tag in page.of("img")] == ["a grey, before", "a grey, after"]


def test_without_scripts_the_first_picture_and_a_sentence_remain():
    page = Page(scrubber({"start": grey(0.1), "end": grey(0.9)}, "Title").html)
    (first,) = page.of("img")
    assert decoded(first["src"]).mean() == pytest.approx(0.1, abs=0.01)
    assert "Title" in page.words and "start. Run this cell to move through all 2 pictures." in page.words
    assert not page.of("input")  # a slider that nothing moves would be broken


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@settings(max_examples=40, deadline=None)
@given(WORDS, WORDS, WORDS)
def test_titles_alts_and_captions_are_text_and_nothing_else(title, alt, caption):
    shown = scrubber({caption + "<": grey(0.5, 1, 1), "</script><b>": grey(0.6, 1, 1)}, title, alt)
    page = Page(shown.html)
    assert [tag for tag, _ in page.tags] == (
        ["figure", "style", *(["figcaption", "strong"] if title else []), "div", "img", "p", "script"]
    )
    assert page.data["axes"][0]["values"] == [caption + "<", "</script><b>"]
    words = (alt or title) + ", " if alt or title else ""
    assert page.of("img")[0]["alt"] == f"{words}{caption}<"


@pytest.mark.parametrize("hostile", ['"><script>alert(1)</script>', "</title></figure>", "' onload='x", "<!--"])
def test_hostile_titles_stay_titles(hostile):
    frames = {(hostile, 1): grey(0.5), (hostile, 2): grey(0.6)}
    for shown in (
        scrubber({hostile: grey(0.5)}, hostile, hostile),
        before_after(grey(0.1), grey(0.2), hostile, hostile),
        grid_scrubber(frames, hostile, hostile, hostile, hostile),
    ):
        page = Page(shown.html)
        assert len(page.of("figure")) == len(page.of("script")) == 1 and "onload" not in page.of("img")[0]
        assert page.of("figure")[0]["aria-label"] == hostile


def test_it_asks_for_nothing_from_the_network():
    for shown in (
        scrubber([grey(0.5)]),
        before_after(grey(0.1), grey(0.2)),
        grid_scrubber({(1, 1): grey(0)}, "a", "b"),
    ):
        assert not re.search(r"https?:|@import|url\(|fetch\(|XMLHttp", shown.html)
        assert all(tag["src"].startswith("data:image/jpeg;base64,") for tag in Page(shown.html).of("img"))


def test_the_same_pictures_give_the_same_bytes_and_others_another_name():
    def name(shown):
        return Page(shown.html).of("figure")[0]["class"]

    first, again = scrubber([grey(0.1), grey(0.2)], "a"), scrubber([grey(0.1), grey(0.2)], "a")
    assert first.html == again.html
    others = [scrubber([grey(0.1), grey(0.3)], "a"), scrubber([grey(0.1), grey(0.2)], "b"), scrubber([grey(0.1)], "a")]
    assert len({name(shown) for shown in [first, *others]}) == 4
    assert repr(first) == "<Scrubber 'a'>"  # stored in notebooks: no address


# Size


@pytest.mark.parametrize("count", [1, 12, 40])
def test_stays_below_the_limit_and_keeps_what_fits(count):
    noise = torch.rand(count, 1, 3, 200, 300, generator=torch.Generator().manual_seed(0))  # the worst for a JPEG
    shown = scrubber(list(noise))
    assert len(shown.html.encode()) < 400_000
    sides = {max(picture.shape[:2]) for picture in pictures(Page(shown.html))}
    assert len(sides) == 1 and (sides == {300}) == (count == 1)


def test_quality_falls_before_half_of_the_limit_is_given_away():
    noise = list(torch.rand(12, 1, 3, 200, 300, generator=torch.Generator().manual_seed(0)))
    assert len(scrubber(noise).html) > 200_000


def test_too_many_frames_are_refused_with_advice():
    noise = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="80 frames do not fit into 400 kB, even at 128 pixels; give fewer"):
        scrubber([noise] * 80)


def test_large_pictures_are_shrunk_and_small_ones_are_not_enlarged():
    large, small = pictures(Page(scrubber([grey(0.5, 300, 700), grey(0.5, 5, 10)]).html))
    assert large.shape == (219, 512, 3) and small.shape == (5, 10, 3)


def test_room_on_the_page():
    def style(shown):
        return Page(shown.html).of("figure")[0]["style"]

    assert style(scrubber([grey(0.5, 300, 400)])) == "width: 400px"
    assert style(scrubber([grey(0.5, 8, 12)])) == "width: 320px"  # room for the slider
    assert style(scrubber([grey(0.5, 1024, 768)])) == "width: 384px"  # 512 high


# Errors


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: scrubber([]), "frames is empty; give at least one picture"),
        (lambda: scrubber({}), "frames is empty"),
        (lambda: scrubber([grey(0), torch.zeros(3, 4)]), r"frame '2 of 2' has the shape \(3, 4\)"),
        (lambda: scrubber(["chelsea"]), "frame '1 of 1' is a str, not an image tensor"),
        (lambda: grid_scrubber({}, "a", "b"), "frames is empty"),
        (lambda: grid_scrubber([grey(0)], "a", "b"), r"dictionary from \(row, column\) to image"),
        (lambda: grid_scrubber({"ab": grey(0)}, "a", "b"), r"dictionary from \(row, column\) to image"),
        (lambda: grid_scrubber({(1, 1): grey(0), (2, 2): grey(0)}, "a", "b"), r"no image for \(1, 2\)"),
        (lambda: grid_scrubber({(1, 1): 3}, "a", "b"), r"frame \(1, 1\) is a int"),
        (lambda: before_after(grey(0), grey(0, 12, 8)), "before and after are 12 × 8 and 8 × 12 pixels; crop"),
        (lambda: before_after(grey(0), None), "after is a NoneType"),
    ],
)
def test_errors_name_the_input_and_say_what_to_do(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# The package and the notebooks


def test_public_names_come_when_asked_for_and_load_no_matplotlib():
    code = """
import sys, nsthelpers
assert "scrubber" in dir(nsthelpers) and "nsthelpers.show.scrubbers" not in sys.modules
nsthelpers.scrubber, nsthelpers.before_after, nsthelpers.grid_scrubber
loaded = {"matplotlib", "ipywidgets", "IPython"} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    assert set(nsthelpers._LAZY) <= set(nsthelpers.__all__)
    for name in nsthelpers._LAZY:
        assert getattr(nsthelpers, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'scruber'"):
        _ = nsthelpers.scruber
    assert nsthelpers.scrubber is scrubbers.scrubber


def test_a_built_notebook_keeps_the_html_byte_for_byte(tmp_path):
    source = tmp_path / "00_lesson.py"
    source.write_text(
        "# %%\nimport torch\nfrom nsthelpers import scrubber\n"
        "scrubber([torch.zeros(1, 3, 8, 12), torch.ones(1, 3, 8, 12)], 'Two')\n",
        encoding="utf-8",
    )
    build_notebooks.build(source, output=tmp_path / "out.ipynb")
    (cell,) = nbformat.read(tmp_path / "out.ipynb", as_version=4)["cells"]
    (output,) = cell["outputs"]
    assert output["data"]["text/html"] == scrubber([grey(0.0), grey(1.0)], "Two").html
    assert output["data"]["text/plain"] == "<Scrubber 'Two'>"
