import base64
import io
import json
import re
import time
import xml.etree.ElementTree as ElementTree
from datetime import datetime

import ipywidgets
import pytest
import torch
from jupyter_client.manager import start_new_kernel
from PIL import Image

from nsthelpers import (
    LiveProgress,
    Progress,
    keep_colours,
    list_images,
    load_image,
    load_settings,
    paintings,
    studio,
    stylize,
    widgets,
)
from nsthelpers.colours import luminance

GREY = torch.full((1, 3, 6, 8), 0.5)


def rows(values, **more):
    return [{"step": n, "seconds": n / 10, "size": 8, "total": value} | more for n, value in enumerate(values, 1)]


def record(step, steps=100, total=1.0, image=GREY):
    return Progress(step, steps, {"total": total}, image, step / 10, step / steps)


def svg(history):
    return ElementTree.fromstring(widgets.curves_svg(history).replace("<svg ", '<svg xmlns="http://svg" '))


def lines(history):
    found = [line.get("points") for line in svg(history).iter("{http://svg}polyline")]
    return [[tuple(map(float, point.split(","))) for point in points.split()] for points in found]


# What is seen


def test_equal_factors_are_equal_distances_and_the_highest_is_at_the_top():
    ((_, first), (_, second), (_, third)), *_ = lines(rows([100.0, 10.0, 1.0]))
    assert first < second < third and second - first == pytest.approx(third - second, abs=0.11)


def test_steps_are_equally_spaced():
    ((a, _), (b, _), (c, _)), *_ = lines(rows([1.0, 1.0, 1.0]))
    assert b - a == pytest.approx(c - b, abs=0.11) and b > a


def test_a_long_history_has_few_points_and_the_last():
    (points,) = lines(rows([1.0 / n for n in range(1, 5001)]))
    (short,) = lines(rows([1.0, 1.0 / 5000]))
    assert len(points) <= widgets.POINTS + 1 and points[0] == short[0]
    assert points[-1][0] == max(x for x, _ in points) == pytest.approx(352) and points[-1][1] > points[-2][1]


def test_zero_has_no_place_on_a_logarithmic_scale():
    points = lines(rows([1.0, 2.0, 3.0], content=0.0))
    assert len(points) == 1
    assert lines(rows([0.0, 0.0])) == []


def test_a_term_that_rises_from_nothing_does_not_squeeze_the_rest():
    history = [{**row, "content": 1e-12 if row["step"] < 3 else 0.5} for row in rows([1.0] * 30)]
    lowest, highest = widgets._limits(history)
    assert lowest == pytest.approx(0.5 / 1.1) and highest == pytest.approx(1.1)
    assert widgets._limits(history[:10])[0] < 1e-11  # a short history is shown whole


def test_names_and_values_stand_apart_and_every_line_has_its_own_dashes():
    root = svg(rows([1.0, 1.0], style=1.0, content=1.0, tv=1.0))
    labels = {t.text: float(t.get("y")) for t in root.iter("{http://svg}text") if re.match("[a-z]+ 1$", t.text)}
    places = sorted(labels.values())
    assert set(labels) == {"total 1", "style 1", "content 1", "tv 1"}
    assert all(b - a >= 13.9 for a, b in zip(places, places[1:]))
    dashes = {(line.get("stroke"), line.get("stroke-dasharray")) for line in root.iter("{http://svg}polyline")}
    assert len(dashes) == 4
    assert "total 1, style 1, content 1, tv 1" in root.get("aria-label")


def test_a_change_of_size_is_marked():
    history = rows([1.0, 1.0, 1.0])
    assert "px" not in widgets.curves_svg(history)
    history[2]["size"] = 16
    assert widgets.curves_svg(history).count(">16 px<") == 1


def test_foreign_names_of_terms_are_escaped():
    assert "<b>" not in widgets.curves_svg([{"step": 1, "size": 8, "seconds": 0.1, "<b>": 2.0}])


@pytest.mark.parametrize("low, high", [(-5, 2), (-1, 0), (-0.3, 0.2), (0.31, 0.32)])
def test_ticks(low, high):
    ticks = widgets._log_ticks(low, high)
    assert 1 <= len(ticks) <= 7 and all(10**low * 0.999 <= tick <= 10**high * 1.001 for tick in ticks)


def test_speed_and_time_left_are_those_of_the_records():
    history = rows([1.0] * 40)  # ten a second
    page = widgets.progress_html(record(40), history)
    assert "step 40 of 100 · 10 evaluations a second · 6 s left · 8 × 6 pixels" in page
    assert re.search(r'<progress value="0.4000" max="1" aria-label=', page) and 'alt="The picture at step 40"' in page
    ended = widgets.progress_html(record(40), history, ended="Stopped <early>")
    assert "Stopped &lt;early&gt; · 4 s · 8 × 6 pixels" in ended and "left" not in ended.partition("</style>")[2]
    picture = Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])))
    assert picture.size == (8, 6) and picture.getpixel((3, 3)) == pytest.approx((128, 128, 128), abs=2)


def test_static_figure_shows_the_picture_and_every_term():
    picture, curves = widgets.progress_figure(GREY, rows([2.0, 1.0], style=0.5, content=0.0), "after 2 steps").axes
    assert picture.get_title() == "after 2 steps" and picture.images[0].get_array()[0, 0].tolist() == [128] * 3
    assert [line.get_label() for line in curves.lines] == ["total", "style"] and curves.get_yscale() == "log"


# The panel


def test_panel_keeps_the_best_picture_of_the_finest_size():
    panel = widgets.ProgressPanel()
    small, fine, worse = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)
    for step, (total, image) in enumerate([(0.1, small), (0.5, fine), (0.7, worse)], 1):
        panel.update(record(step, total=total, image=image))
    assert torch.equal(panel.image, fine) and [row["size"] for row in panel.history] == [4, 8, 8]


def test_panel_draws_seldom_and_always_the_last(monkeypatch):
    clock, drawn = [0.0], []
    monkeypatch.setattr(widgets.time, "perf_counter", lambda: clock[0])

    def draw(shown, *_):
        clock[0] += 0.05  # a slow page: 5 % of the time allow one drawing a second
        drawn.append(shown.step)
        return ""

    monkeypatch.setattr(widgets, "progress_html", draw)
    panel = widgets.ProgressPanel()
    for step in range(1, 1001):
        clock[0] += 0.01
        panel.update(record(step, 1000))
    assert drawn[0] == 1 and drawn[-1] == 1000 and 8 <= len(drawn) <= 12
    monkeypatch.setattr(widgets, "progress_html", lambda shown, *_: drawn.append(shown.step) or "")
    drawn.clear()
    panel.begin()
    for step in range(1, 1001):
        clock[0] += 0.01
        panel.update(record(step, 1000))
    assert 45 <= len(drawn) <= 52  # a fast one: five times a second


def test_stop_ends_the_run_and_keeps_the_result():
    panel = widgets.ProgressPanel()

    def callback(step):
        if step.step == 3:
            panel.button.click()
        return panel.update(step)

    result = stylize("chelsea", "starry_night", size=48, steps=50, callback=callback, progress=False)
    assert result.stopped == "stopped" and result.evaluations == 3 and panel.button.disabled
    assert torch.equal(result.image, panel.image)
    panel.begin()
    assert panel.update(record(1)) and not panel.button.disabled


def test_outside_of_a_notebook_nothing_is_shown(capsys):
    assert LiveProgress()(record(1)) is True
    assert capsys.readouterr().out == ""


def message(kind, content):
    parts = [b"client", b"<IDS|MSG>", b"signature", json.dumps({"msg_type": kind}).encode(), b"{}", b"{}"]
    return [*parts, json.dumps(content).encode()]


def test_only_the_click_on_this_button_is_one():
    click = {"comm_id": "a", "data": {"method": "custom", "content": {"event": "click"}}}
    assert widgets._is_click(message("comm_msg", click), "a")
    assert not widgets._is_click(message("comm_msg", click), "b")
    assert not widgets._is_click(message("execute_request", {"code": "1"}), "a")
    assert not widgets._is_click(message("comm_msg", {"comm_id": "a", "data": {"method": "update"}}), "a")
    assert not widgets._is_click([b"stop aborting"], "a")


CELL = """
import time
import torch
from nsthelpers import LiveProgress, minimise

def loss(image):
    time.sleep(0.01)
    return {"total": (image - 0.5).square().sum()}

def run(steps, callback):
    for record in minimise(loss, torch.rand(1, 3, 8, 8), steps, "sgd", 1e-5):
        if callback(record) is False:
            return "stopped"
    return "finished"
"""


@pytest.fixture(scope="module")
def kernel():
    manager, client = start_new_kernel()
    outputs = []
    client.execute_interactive(CELL, output_hook=outputs.append, timeout=120)
    assert not [o for o in outputs if o["msg_type"] == "error"], outputs
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def execute(client, code, click=False):
    """Run a cell as a page without subshells does; return its outputs, and the seconds from the click to the result."""
    sent, button, outputs, clicked, order = client.execute(code), None, {}, None, []
    while True:
        message = client.get_iopub_msg(timeout=60)
        kind, content = message["msg_type"], message["content"]
        if kind == "comm_open" and content["data"]["state"].get("_model_name") == "ButtonModel":
            button = content["comm_id"]
        elif kind == "comm_msg" and "value" in content["data"].get("state", {}) and click and clicked is None:
            event = {"comm_id": button, "data": {"method": "custom", "content": {"event": "click"}}}
            client.shell_channel.send(client.session.msg("comm_msg", event))
            clicked = time.monotonic()
        elif kind in ("display_data", "update_display_data"):
            outputs[content["transient"]["display_id"]] = content["data"]
        elif kind == "error" or (kind == "stream" and content["name"] == "stdout"):
            order.append((time.monotonic(), content.get("text") or content["ename"]))
        elif kind == "status" and content["execution_state"] == "idle" and message["parent_header"]["msg_id"] == sent:
            return list(outputs.values()), order, clicked


def test_stop_button_of_a_busy_kernel(kernel):
    outputs, texts, clicked = execute(kernel, "print(run(2000, LiveProgress()))", click=True)
    assert "".join(text for _, text in texts) == "stopped\n"
    assert texts[0][0] - clicked < 10  # less than 1 s on free cores, the figure included; the whole run takes 20 s
    (output,) = outputs  # the static figure stands where the live view stood
    assert Image.open(io.BytesIO(base64.b64decode(output["image/jpeg"]))).size == (864, 316)
    # Nothing of it is left for the next run.
    outputs, texts, _ = execute(kernel, "print(run(3, LiveProgress()))")
    assert "".join(text for _, text in texts) == "finished\n" and len(outputs) == 1 and "image/jpeg" in outputs[0]


def test_a_run_that_fails_or_is_interrupted_leaves_its_figure(kernel):
    code = """
live, seen = LiveProgress(), []
def callback(record):
    live(record)
    if record.step == 4:
        raise {}
run(10, callback)
"""
    for problem in ("RuntimeError", "KeyboardInterrupt"):
        outputs, _, _ = execute(kernel, code.replace("{}", problem))
        assert ["image/jpeg" in output for output in outputs] == [True]


def test_one_object_shows_several_runs(kernel):
    outputs, _, _ = execute(kernel, "live = LiveProgress()\nfor n in (2, 3): run(n, live)")
    assert ["image/jpeg" in output for output in outputs] == [True, True]


# The studio


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


def test_continue_starts_from_the_present_picture(small):
    small.run.click()
    finish(small)
    small.go_on.click()
    finish(small)
    first, second = small.results
    settings = load_settings(downloaded(small))
    assert (settings["init"] - first.image).abs().max() <= 0.5 / 255 + 1e-6 and settings["scales"] == 1
    assert second.history[0]["content"] > 0  # the photograph itself would have none
    assert torch.equal(stylize(**settings, progress=False).image, second.image)
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
    small.run.click()
    finish(small)
    small.keep.value = True
    small.run.click()
    finish(small)
    plain, kept = small.results
    assert torch.equal(kept.image, keep_colours(plain.image, load_image("tuebingen", 64)))
    assert torch.allclose(luminance(kept.image), luminance(plain.image), atol=1e-5)
    assert "colours kept" in small.history.children[0].value
    small.go_on.click()  # goes on with what was optimised, not with what was shown
    finish(small)
    assert (load_settings(downloaded(small))["init"] - plain.image).abs().max() <= 0.5 / 255 + 1e-6


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
