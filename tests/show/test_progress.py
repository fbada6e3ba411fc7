import base64
import io
import json
import re
import time

import pytest
import torch
from jupyter_client.manager import start_new_kernel
from PIL import Image

from nsthelpers import LiveProgress, Progress, stylize
from nsthelpers.show import progress

GREY = torch.full((1, 3, 6, 8), 0.5)


def rows(values, **more):
    return [{"step": n, "seconds": n / 10, "size": 8, "total": value} | more for n, value in enumerate(values, 1)]


def record(step, steps=100, total=1.0, image=GREY):
    return Progress(step, steps, {"total": total}, image, step / 10, step / steps)


# What is seen


def test_speed_and_time_left_are_those_of_the_records():
    history = rows([1.0] * 40)  # ten a second
    page = progress.progress_html(record(40), history)
    assert "step 40 of 100 · 10 evaluations per second · 6 s left · 8 × 6 pixels" in page
    assert re.search(r'<progress value="0.4000" max="1" aria-label=', page) and 'alt="The picture at step 40"' in page
    ended = progress.progress_html(record(40), history, ended="Stopped <early>")
    assert "Stopped &lt;early&gt; · 4 s · 8 × 6 pixels" in ended and "left" not in ended.partition("</style>")[2]
    picture = Image.open(io.BytesIO(base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])))
    assert picture.size == (8, 6) and picture.getpixel((3, 3)) == pytest.approx((128, 128, 128), abs=2)


def test_losses_are_said_in_words_and_foreign_names_are_escaped():
    page = progress.progress_html(record(2), rows([2.0, 1.0], **{"<b>": 0.25}))
    assert 'alt="Losses, logarithmic, at step 2: total 1, &lt;b&gt; 0.25"' in page and "<b>" not in page
    curves = Image.open(io.BytesIO(base64.b64decode(re.findall(r"base64,([^\"]+)", page)[1])))
    assert curves.size == progress.CURVES


# The panel


def test_panel_keeps_the_best_picture_of_the_finest_size():
    panel = progress.ProgressPanel()
    small, fine, worse = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)
    for step, (total, image) in enumerate([(0.1, small), (0.5, fine), (0.7, worse)], 1):
        panel.update(record(step, total=total, image=image))
    assert torch.equal(panel.image, fine) and [row["size"] for row in panel.history] == [4, 8, 8]


def test_panel_draws_seldom_and_always_the_last(monkeypatch):
    clock, drawn = [0.0], []
    monkeypatch.setattr(progress.time, "perf_counter", lambda: clock[0])

    def draw(shown, *_):
        clock[0] += 0.05  # a slow page: 5 % of the time allow one drawing a second
        drawn.append(shown.step)
        return ""

    monkeypatch.setattr(progress, "SHARE", 0.05)
    monkeypatch.setattr(progress, "progress_html", draw)
    panel = progress.ProgressPanel()
    for step in range(1, 1001):
        clock[0] += 0.01
        panel.update(record(step, 1000))
    assert drawn[0] == 1 and drawn[-1] == 1000 and 8 <= len(drawn) <= 12
    monkeypatch.setattr(progress, "progress_html", lambda shown, *_: drawn.append(shown.step) or "")
    drawn.clear()
    panel.begin()
    for step in range(1, 1001):
        clock[0] += 0.01
        panel.update(record(step, 1000))
    assert 45 <= len(drawn) <= 52  # a fast one: five times a second


def test_stop_ends_the_run_and_keeps_the_result():
    panel = progress.ProgressPanel()

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
    assert progress._is_click(message("comm_msg", click), "a")
    assert not progress._is_click(message("comm_msg", click), "b")
    assert not progress._is_click(message("execute_request", {"code": "1"}), "a")
    assert not progress._is_click(message("comm_msg", {"comm_id": "a", "data": {"method": "update"}}), "a")
    assert not progress._is_click([b"stop aborting"], "a")


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
