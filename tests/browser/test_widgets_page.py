"""The widgets in JupyterLab, in small notebooks of their own: each is moved, and its picture must change."""

import base64
import io
import re
import time

import pytest
from PIL import Image, ImageChops

import nsthelpers
from nsthelpers import load_image, save_image

expect = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed").expect

EXPLORERS = [
    "from nsthelpers import explore_activations, explore_gram, explore_receptive_field",
    "explore_activations()",
    "explore_receptive_field()",
    "explore_gram()",
]
LIVE = [
    "import time\nfrom nsthelpers import LiveProgress, studio, stylize",
    "live, times = LiveProgress(), []\n"
    "def watch(record):\n    times.append(time.time())\n    return live(record)\n"
    "result = stylize('chelsea', 'starry_night', size=160, steps=20_000, scales=1, callback=watch, progress=False)\n"
    "result",
    "print(result.stopped, result.evaluations, tuple(result.image.shape))\nprint('last step', times[-1])",
    "studio()",
]


def outputs(page, cell):
    return page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea")


def picture_in(element, unlike=None, seconds=20):
    """Return the picture that an <img> shows, as soon as there is one, and one unlike another; fail after some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        # Widgets replace the whole element: while its successor is loaded, there is no picture.
        source = element.evaluate(
            "image => image.complete && image.checkVisibility() && image.naturalWidth && image.src"
        )
        if source:
            now = Image.open(io.BytesIO(base64.b64decode(source.partition("base64,")[2]))).convert("RGB")
            if unlike is None or now.size != unlike.size or ImageChops.difference(now, unlike).getbbox():
                return now
        time.sleep(0.05)
    raise AssertionError(f"no picture, or always the same, within {seconds} s")


@pytest.fixture(scope="module")
def explorers(lab, open_notebook, run_all):
    page = open_notebook(lab.write("explorers.ipynb", *EXPLORERS))
    cells = run_all(page)
    assert not [output for cell in cells for output in cell["outputs"] if output["output_type"] in ("error", "stream")]
    return page


# The cell, how many sliders redraw its figure, and which picture that is (the first may be the diagram of the network).
@pytest.mark.parametrize("cell, sliders, place", [(1, 1, 1), (2, 3, 1), (3, 3, 0)])
def test_every_slider_of_an_explorer_changes_its_picture(explorers, cell, sliders, place, move_slider, screenshot):
    shown = outputs(explorers, cell)
    picture = shown.locator("img").nth(place)
    screenshot(shown, EXPLORERS[cell].partition("(")[0])
    for number in range(sliders):
        before = picture_in(picture)
        # Three presses: on a deep layer a single one, 2 % of the picture, is less than one position.
        move_slider(shown.locator(".widget-slider").nth(number), times=3)
        picture_in(picture, unlike=before)
    assert all(text.strip() for text in shown.locator("img").evaluate_all("all => all.map(image => image.alt)"))
    assert not explorers.problems


def test_another_channel_and_another_order_change_the_activations(explorers):
    shown = outputs(explorers, 1)
    picture, channels = shown.locator("img").nth(1), shown.locator(".widget-toggle-buttons button")
    before = picture_in(picture)
    channels.nth(1).click()
    before = picture_in(picture, unlike=before)
    strongest = channels.all_inner_texts()
    shown.get_by_label("Order").select_option(index=1)
    picture_in(picture, unlike=before)
    assert channels.all_inner_texts() != strongest


def test_an_edited_entry_makes_a_texture_while_one_watches(explorers, move_slider, screenshot):
    shown = outputs(explorers, 3)
    pictures = shown.locator("img").count()
    move_slider(shown.locator(".widget-slider").nth(3))
    growing = shown.locator("img").nth(pictures + 1)
    growing.wait_for()
    picture_in(growing, unlike=picture_in(growing))
    stop = shown.get_by_role("button", name="Stop")
    stop.click()
    expect(stop).to_be_disabled()
    assert not explorers.problems


@pytest.fixture(scope="module")
def live(lab, open_notebook, start):
    """A notebook in which a long run has begun."""
    page = open_notebook(lab.write("live.ipynb", *LIVE))
    # The moment of a click, as the page sees it: Playwright itself takes its time.
    page.evaluate("addEventListener('click', () => { window.clicked = Date.now() / 1000; }, true)")
    start(page)
    return page


def test_stop_stops_within_a_second_and_keeps_the_picture(live, finish, screenshot):
    shown = outputs(live, 1)
    picture = shown.locator("img").first
    picture.wait_for(timeout=180_000)
    picture_in(picture, unlike=picture_in(picture))  # it evolves
    live.wait_for_timeout(2000)
    screenshot(shown, "live_progress")
    shown.get_by_role("button", name="Stop").click()
    clicked = live.evaluate("window.clicked")
    text = outputs(live, 2)
    text.get_by_text("last step").wait_for()
    words = text.inner_text()
    assert float(re.search(r"last step ([\d.]+)", words).group(1)) - clicked < 1
    found = re.search(r"stopped (\d+) \(1, 3, 106, 160\)", words)
    assert found, words
    evaluations = int(found.group(1))
    assert 1 < evaluations < 20_000
    # What is left: a static figure that says when it was stopped, and the result.
    figure = finish(live)[1]["outputs"][0]
    words = figure["metadata"]["image/jpeg"]["alt"]  # JupyterLab stores it, and does not show it
    assert f"Stopped after {evaluations} of 20000 steps" in words
    assert shown.get_by_role("button", name="Stop").count() == 0 and shown.locator("img").count() == 2


@pytest.fixture
def studio(live, finish):
    if not outputs(live, 2).get_by_text("last step").count():
        # The test of it has failed, or was not asked for: the run goes on, and its button may still have to appear.
        outputs(live, 1).get_by_role("button", name="Stop").click(timeout=180_000)
    finish(live)
    return outputs(live, 3)


def upload(page, button, file):
    with page.expect_file_chooser() as chooser:
        button.click()
    chooser.value.set_files(file)


def test_studio(live, studio, lab, tmp_path, move_slider, screenshot):
    photograph = studio.get_by_role("button", name="Your photograph")
    preview = studio.locator("img").first
    before = picture_in(preview)

    # A file that is no picture: a sentence, and nothing breaks.
    bad = tmp_path / "holiday <b>.jpg"
    bad.write_bytes(b"not a picture")
    upload(live, photograph, bad)
    alert = studio.get_by_role("alert")
    alert.wait_for()
    assert "holiday <b>.jpg" in alert.inner_text() and "no picture in a known format" in alert.inner_text()
    screenshot(studio, "studio_bad_file")

    # A real one
    good = save_image(load_image("coffee", 200, "cpu"), tmp_path / "my <b>cup.jpg")
    upload(live, photograph, good)
    alert.wait_for(state="detached")
    menu = studio.locator("select").first
    assert menu.locator("option:checked").inner_text().replace("\xa0", " ") == "my <b>cup.jpg (yours)"
    # For a moment, while the menu gets its new entry, the first picture is shown.
    studio.get_by_alt_text("Photograph: my <b>cup.jpg (yours)").wait_for()
    picture_in(preview, unlike=before)

    # Few steps, small, and off
    studio.get_by_label("Longer side").select_option(index=0)
    steps = studio.locator(".widget-slider").last
    move_slider(steps, "Home")
    studio.get_by_role("button", name="Run").click()
    first = studio.get_by_role("link", name="Download result 1")
    first.wait_for(timeout=180_000)
    with live.expect_download() as download:
        first.click()
    assert nsthelpers.load_settings(download.value.path())["steps"] == 20

    # A long one is stopped, and kept.
    move_slider(steps, "End")
    studio.get_by_role("button", name="Continue").click()
    stop = studio.get_by_role("button", name="Stop")
    stop.click()  # waits until it can be clicked
    second = studio.locator("figure").filter(has_text="Download result 2")
    second.wait_for()
    assert "stopped" in second.inner_text() and "continued" in second.inner_text()
    assert studio.get_by_role("button", name="Run").is_enabled() and not live.problems
