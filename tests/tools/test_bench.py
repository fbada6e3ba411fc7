"""The tools beside the package: what `make bench` compares with must compute what it claims to."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from nsthelpers import StyleTransferLoss, layer_table, load_backbone, load_image
from nsthelpers.losses import CONTENT_LAYERS, STYLE_LAYERS, whole_cells

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
import bench
import make_conventions_figure
import make_pictures
import usual_loops


@pytest.fixture(scope="module")
def setting():
    backbone = load_backbone("mini", device="cpu")
    content, style = load_image("chelsea", 64, "cpu"), load_image("starry_night", 48, "cpu")
    return backbone, content, style


def test_frozen_and_tutorial_loop_compute_the_same(setting):
    image = torch.rand(1, 3, 43, 64)
    found = []
    for make in (usual_loops.frozen_loop, usual_loops.tutorial_loop):
        pixels = image.clone().requires_grad_(True)
        found.append((make(*setting, CONTENT_LAYERS, STYLE_LAYERS)(pixels), pixels.grad))
    (first, gradient), (second, other) = found
    assert first.item() == pytest.approx(second.item(), rel=1e-5)
    assert torch.allclose(gradient, other, atol=1e-4 * gradient.abs().max()) and gradient.abs().max() > 0


def test_their_loss_is_nothing_for_a_perfect_match(setting):
    backbone, content, _ = setting
    evaluate = usual_loops.frozen_loop(backbone, content, content, CONTENT_LAYERS, STYLE_LAYERS)
    assert evaluate(content.clone().requires_grad_(True)).item() == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("name", ["mini", "vgg19"])
def test_the_frozen_loop_can_race_for_our_loss(name):
    backbone = load_backbone(name, weights=None if name == "mini" else "random", device="cpu")
    content, style, image = (torch.rand(1, 3, *shape) for shape in ((32, 48), (35, 40), (32, 48)))
    # Ours continues the style to whole cells of 16 pixels; the frozen loop's is given so.
    whole = whole_cells(style, StyleTransferLoss(backbone, content, style).cell)
    evaluate = usual_loops.frozen_loop(backbone, content, whole, CONTENT_LAYERS, STYLE_LAYERS, relative=bench.WEIGHTS)
    ours = StyleTransferLoss(backbone, content, style, **bench.WEIGHTS)(image)["total"]
    assert evaluate(image.clone().requires_grad_(True)).item() == pytest.approx(ours.item(), rel=1e-4)


def test_turns_are_taken(setting, monkeypatch):
    """By a clock of our own: a turn is as many calls as fill half a second, and the first round is not counted."""
    order, clock, length = [], [0.0], {"a": 0.75, "b": 0.25}

    def job(name):
        order.append(name)
        # 10 times as slow in the first round
        clock[0] += length[name] * (10 if order.count(name) == 1 else 1)

    monkeypatch.setattr(bench, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    jobs = {name: lambda _, name=name: job(name) for name in "ab"}
    assert bench.by_turns(jobs, setting[1], rounds=2) == {"a": 0.75, "b": 0.25}
    assert order == list("ab abb abb".replace(" ", ""))


def test_the_race_counts_the_time_of_the_loops_alone(monkeypatch):
    """By a clock of our own that moves on by a second in each evaluation: seconds are evaluations, scoring costs nothing."""
    clock, forward = [0.0], StyleTransferLoss.forward

    def counted(self, image):
        clock[0] += image.requires_grad  # the judge has none
        return forward(self, image)

    def frozen_loop(*args, **options):
        evaluate = usual_loops.frozen_loop(*args, **options)

        def counted(image):
            clock[0] += 1
            return evaluate(image)

        return counted

    monkeypatch.setattr(StyleTransferLoss, "forward", counted)
    monkeypatch.setattr(bench, "frozen_loop", frozen_loop)
    monkeypatch.setattr(bench, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    race = bench.time_to_loss(("coffee", "wheat_field"), 64, 12, load_backbone("mini", device="cpu"))
    assert 8 <= race["frozen loop"] <= 12 and race["goal"] > 0
    # The same optimiser needs as many evaluations, within the rounding of bfloat16.
    assert abs(race["auto precision"] - race["frozen loop"]) <= 3
    assert set(race) == {"goal", "frozen loop", *bench.FAST_PARTS}


def test_the_limit_counts_every_convolution_and_no_more(setting):
    """By PyTorch's own count of the work, against 2 · 9 · in · out · positions per kernel, forward and again backward."""
    backbone, content, _ = setting
    run = bench.convolution_limit(backbone, content, torch.float32)
    with FlopCounterMode(display=False) as counter:
        run(content)
    expected, before, area = 0, 3, content[0, 0].numel()
    for row in layer_table(backbone):
        if row.name == "conv5_2":
            break  # behind the deepest layer that the loss looks at
        if row.kind == "conv":
            positions = area if row.stride == 1 else (43 // row.stride) * (64 // row.stride)
            expected += 2 * 2 * 9 * before * row.channels * positions
            before = row.channels
    assert content.shape[2:] == (43, 64) and counter.get_total_flops() == expected


def test_the_headline_compares_as_many_evaluations(monkeypatch):
    monkeypatch.setattr(bench, "by_turns", lambda jobs, image, rounds: dict.fromkeys(jobs, 1.5))
    monkeypatch.setattr(bench, "load_backbone", lambda *_, **__: load_backbone("mini", device="cpu"))
    seconds, usual = bench.headline(size=32)
    assert 0 < seconds < 60 and usual == 1.5 * bench.DEFAULTS["steps"]


def test_the_pictures_of_another_network_are_made_as_the_notebooks_say(monkeypatch):
    monkeypatch.setattr(make_pictures, "STEPS", dict.fromkeys(make_pictures.STEPS, 1))
    backbone = load_backbone("mini")
    made = make_pictures.of_vgg16(backbone, backbone)
    assert {number: picture.size for number, picture in made.items()} == {
        "00": (868, 324), "04": (708, 478), "05": (384, 384), "06": (560, 420), "07": (830, 307),
    }  # fmt: skip
    left, right = made["00"].crop((0, 0, 432, 324)), made["00"].crop((436, 0, 868, 324))
    assert left.tobytes() == right.tobytes()  # one network twice


def test_sheet_of_pictures():
    backbone = load_backbone("mini", device="cpu")
    sheet = make_pictures.contact_sheet(backbone, size=48, steps=1)
    rows = -(-len(make_pictures.PAIRS) // 4)
    assert sheet.size == (4 * 48 + 5 * 8, rows * 32 + (rows + 1) * 8)  # all as high as the lowest, 48 × 32


def test_figure_of_conventions():
    figure = make_conventions_figure.figure("chelsea", "starry_night", size=48, steps=1, names=["keras", "d2l"])
    assert figure.width > 4 * 48 and len(figure.getcolors(10**6)) > 500
