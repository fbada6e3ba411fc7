import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PIL import Image

from nsthelpers import Result, stylize
from nsthelpers.show.exhibition import exhibition


def grey(value: float) -> torch.Tensor:
    return torch.full((1, 3, 12, 16), value)


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags, self.open, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.text += data if self.open and self.open[-1] != "style" else ""

    def of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def shown(source: str) -> np.ndarray:
    import base64

    content = base64.b64decode(source.removeprefix("data:image/jpeg;base64,"), validate=True)
    return np.asarray(Image.open(io.BytesIO(content))) / 255


def test_pictures_hang_in_their_order_under_their_titles():
    page = Page(exhibition({"Night": grey(0.1), "Noon": grey(0.9)}, "Hours", "One day."))
    assert not page.open
    assert [shown(tag["src"]).mean() for tag in page.of("img")] == pytest.approx([0.1, 0.9], abs=0.01)
    assert shown(page.of("img")[0]["src"]).shape == (12, 16, 3)
    assert re.findall("Hours|One day|Night|Noon", page.text) == ["Hours", "Hours", "One day", "Night", "Noon"]


def test_a_result_tells_its_settings_and_credits_the_makers():
    result = stylize("tuebingen", "starry_night", size=64, steps=2, content_weight=0.07, progress=False)
    page = Page(exhibition({"Evening": result}))
    assert "size 64 · steps 2 · content weight 0.07" in page.text
    assert "Photograph: Andreas Praefcke, Tuebingen Neckarfront (2003), CC BY 3.0" in page.text
    assert "Painting: Vincent van Gogh, The Starry Night (1889), public domain" in page.text
    (picture,) = page.of("img")
    assert picture["alt"].startswith("Evening, A row of old houses") and "The Starry Night" in picture["alt"]


def test_own_pictures_are_named_without_their_folders_and_own_settings_come_first():
    made_with = {"content": "/home/me/cat.jpg", "style": ["the_scream", grey(0.5)], "amount": 0.5, "steps": 3}
    page = Page(exhibition({"Cat": Result(grey(0.4), settings=made_with)}))
    assert "Photograph: ./cat.jpg" in page.text and "/home" not in page.text
    assert "Edvard Munch" in page.text and "<tensor 1 × 3 × 12 × 16" in page.text
    assert "amount 0.5 · steps 3" in page.text


def test_nothing_comes_from_the_network_and_nothing_is_taken_for_html():
    text = exhibition({"<b>Cat & {dog}</b>": grey(0.5)}, "<script>alert(1)</script>", "{title}")
    page = Page(text)
    assert not page.of("script") and not page.of("b") and not page.of("link")
    assert "<b>Cat & {dog}</b>" in page.text and "{title}" in page.text
    assert not re.search(r"https?://|url\(|@import", text)
    assert all(tag["src"].startswith("data:") for tag in page.of("img"))


@pytest.mark.parametrize("bad", [{}, [grey(0.5)], None, grey(0.5)])
def test_an_empty_wall_or_no_dictionary_is_refused(bad):
    with pytest.raises(ValueError, match="give at least one"):
        exhibition(bad)


def test_what_is_no_picture_is_named():
    with pytest.raises(ValueError, match="the result 'Cat'"):
        exhibition({"Cat": torch.zeros(3)})
