import base64
import inspect
import io
import re
import time
from datetime import datetime

import ipywidgets
import pytest
import torch
from PIL import Image

from nsthelpers import keep_colours, list_images, load_image, load_settings, paintings, studio, stylize
from nsthelpers.files.settings import describe


@pytest.fixture
def small():
    """A studio whose runs take a moment."""
    page = studio()
    page.size.options, page.size.value = [("64 pixels", 64)], 64
    page.steps.min, page.steps.value = 1, 2
    return page


def finish(page):
    page.thread.join(60)
    assert not page.thread.is_alive() and not page.run.disabled and page.panel.button.disabled


def downloaded(page, number=0):
    card = page.history.children[number].value
    return base64.b64decode(re.search(r'href="data:image/png;base64,([^"]+)"', card)[1])


def test_run_shows_keeps_and_offers_the_result(small):
    assert small.go_on.disabled
    small.run.click()
    assert small.run.disabled
    finish(small)
    (result,) = small.results
    assert result.evaluations == 2 and result.image.shape == (1, 3, 48, 64) and not small.go_on.disabled
    assert repr(small) == "Studio with 1 results" and 'download="painted-1.png"' in small.history.children[0].value
    again = stylize(**load_settings(downloaded(small)), progress=False)
    assert torch.equal(again.image, result.image)


def test_the_menu_names_the_painters_and_puts_the_museums_first(small):
    options = small.style_picture.menu.options
    assert ("The Scream, Edvard Munch", "the_scream") in options and ("Marbling", "marbling") in options
    keys = [key for _, key in options]
    assert set(keys[:8]) == set(paintings()) and sorted(keys) == list_images("style")


def test_defaults_are_those_of_stylize():
    settings = studio().settings()
    result = stylize("tuebingen", "starry_night", size=48, steps=1, progress=False)
    assert {k: v for k, v in settings.items() if k not in ("size", "steps")}.items() <= result.settings.items()


def test_the_sliders_reach_from_a_tenth_of_the_default_to_hardly_painted_and_to_smooth():
    page, defaults = studio(), inspect.signature(stylize).parameters
    for name, largest in {"content_weight": 3, "tv_weight": 0.1}.items():
        slider, default = getattr(page, name), defaults[name].default
        assert slider.value == default
        assert (10**slider.min, 10**slider.max) == pytest.approx((default / 10, largest))
    assert page.size.value == 512 and page.steps.value == 200


def test_continue_starts_from_the_present_picture(small):
    small.run.click()
    finish(small)
    small.go_on.click()
    finish(small)
    first, second = small.results
    settings = load_settings(downloaded(small))
    assert settings["init"] == describe(first.image) and settings["scales"] == 1
    assert second.history[0]["content"] > 0  # the photograph itself would have none
    assert torch.equal(stylize(**settings | {"init": first.image}, progress=False).image, second.image)
    small.content.menu.value = "coffee"
    small.go_on.click()
    assert "choose its photograph again" in small.message.value and len(small.results) == 2


def test_stop_keeps_the_picture(small):
    small.steps.max, small.steps.value = 5000, 5000
    small.run.click()
    while not small.panel.history:
        time.sleep(0.01)
    small.panel.button.click()
    finish(small)
    assert f"Stopped after {small.results[0].evaluations} of 5000 steps" in small.panel.view.value
    assert small.results[0].stopped == "stopped" and ", stopped" in small.history.children[0].value


def test_colours_kept_are_those_of_the_photograph(small):
    small.keep_colours.value, small.style_scale.value = "luminance", 1.5
    small.run.click()
    finish(small)
    kept, photo = small.results[0].image, load_image("tuebingen", 64)
    assert torch.allclose(kept, keep_colours(kept, photo), atol=1e-4)
    assert "colours kept · strokes 1.5" in small.history.children[0].value
    stored = load_settings(downloaded(small))
    assert stored["keep_colours"] == "luminance" and torch.equal(stylize(**stored, progress=False).image, kept)


def test_a_failed_run_shows_its_sentence_and_gives_the_buttons_back(small, monkeypatch, tmp_path):
    monkeypatch.setenv("NSTHELPERS_OFFLINE", "1")
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.delenv("NSTHELPERS_VGG19", raising=False)
    small.backbone = "vgg19"
    small.run.click()
    finish(small)
    assert "Cannot download" in small.message.value and small.results == [] and small.go_on.disabled


def test_what_was_painted_before_a_failure_is_kept(small, monkeypatch):
    def broken(step):
        if step.step == 2:
            raise RuntimeError("out of <memory>")

    monkeypatch.setattr(small.panel, "update", broken)
    small.run.click()
    finish(small)
    assert "out of &lt;memory&gt;" in small.message.value and len(small.results) == 1


# Uploads


def upload(chooser, name, content):
    """What the page does when a file was chosen."""
    if ipywidgets.__version__.startswith("7"):
        chooser.upload.set_trait("value", {name: {"metadata": {}, "content": content}})
    else:
        file = {"name": name, "type": "", "size": len(content), "content": memoryview(content)}
        chooser.upload.set_trait("value", (file | {"last_modified": datetime.now()},))


def picture(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (80, 60), colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_upload_is_chosen_shown_escaped_and_used(small, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "../<img src=x onerror=alert(1)>.png"
    upload(small.content, name, picture("teal"))
    assert small.content.key == "./<img src=x onerror=alert(1)>.png" and small.content.title.endswith("(yours)")
    assert not small.content.upload.value  # so that the same file can be chosen again
    assert "<img src=x" not in small.content.preview.value and "&lt;img src=x" in small.content.preview.value
    small.run.click()
    finish(small)
    assert small.message.value == "" and small.results[0].image.shape == (1, 3, 48, 64)
    assert "<img src=x" not in small.history.children[0].value
    settings = load_settings(downloaded(small))
    assert settings["content"] == "./<img src=x onerror=alert(1)>.png" == small.results[0].settings["content"]
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        stylize(**settings, progress=False)
    (tmp_path / settings["content"]).write_bytes(picture("teal"))
    assert torch.equal(stylize(**settings, progress=False).image, small.results[0].image)


def test_an_upload_with_the_name_of_a_bundled_picture_is_not_that_picture(small):
    upload(small.style_picture, "starry_night.jpg", picture("red"))
    assert small.style_picture.key == "./starry_night.jpg"
    assert torch.allclose(load_image(small.style_picture.source).amax((2, 3)).cpu(), torch.tensor([[1.0, 0.0, 0.0]]))
    upload(small.style_picture, "starry_night.jpg", picture("blue"))  # again: the new one counts
    assert torch.allclose(load_image(small.style_picture.source).amax((2, 3)).cpu(), torch.tensor([[0.0, 0.0, 1.0]]))


def test_a_bad_file_shows_the_sentence_and_breaks_nothing(small):
    upload(small.content, "notes<b>.txt", b"no picture")
    assert (
        "Cannot read &#x27;notes&lt;b&gt;.txt&#x27;: it is no picture in a known format" in small.content.preview.value
    )
    assert small.content.key == "tuebingen"
    upload(small.content, "huge.png", b"0" * (10 * 2**20))
    assert "huge.png has 10.0 MB; at most 9 MB" in small.content.preview.value and small.content.uploads == {}
    small.content.menu.value = "coffee"
    assert "nst-problem" not in small.content.preview.value
