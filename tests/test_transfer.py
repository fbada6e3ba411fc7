import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from nsthelpers import (
    StyleTransferLoss,
    extract_features,
    keep_colours,
    load_backbone,
    load_image,
    match_colours,
    minimise,
    receptive_field,
    reconstruct,
    save_image,
    stylize,
    stylize_steps,
    to_pil,
)
from nsthelpers.transfer import Progress, starting_image

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("mini", device="cpu")


def quick(**options):
    return stylize("chelsea", "starry_night", **{"size": 64, "steps": 8, "progress": False, "device": "cpu"} | options)


def bowl(image):
    """A loss with a known minimum: all pixels 0.25."""
    return {"total": (image - 0.25).square().sum()}


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_the_optimisers_find_the_minimum_of_a_bowl(optimizer):
    records = list(minimise(bowl, torch.ones(1, 3, 4, 4), 200, optimizer))
    assert torch.allclose(records[-1].image, torch.full((1, 3, 4, 4), 0.25), atol=0.02)
    assert records[-1].losses["total"] < 1e-3 * records[0].losses["total"]


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_the_running_best_falls(optimizer):
    losses = [row["total"] for row in quick(optimizer=optimizer, steps=30).history]
    best = [min(losses[: n + 1]) for n in range(len(losses))]
    assert best == sorted(best, reverse=True) and best[-1] < 0.6 * best[0]


def test_gradient_descent_with_a_falling_rate_is_the_formula():
    records = list(minimise(bowl, torch.ones(1, 3, 1, 1), 4, "sgd", lambda step: 0.1 / (step + 1)))
    pixel, expected = 1.0, []
    for step in range(4):
        expected.append(pixel)
        pixel -= 0.1 / (step + 1) * 2 * (pixel - 0.25)
    assert [record.image.mean().item() for record in records] == pytest.approx(expected, rel=1e-6)


def test_one_step_is_one_evaluation_of_the_loss():
    calls = []

    def counting(image):
        calls.append(image.detach().clone())
        return bowl(image)

    records = list(minimise(counting, torch.rand(1, 3, 4, 4), 12))
    assert len(calls) == len(records) == 12
    # What is yielded is what was evaluated, and never outside the range of a picture.
    assert all(torch.equal(call, record.image) for call, record in zip(calls, records))


def test_pixels_stay_in_range_between_steps():
    def pull_out(image):
        return {"total": (image - torch.tensor([-1.0, 2.0]).view(1, 1, 1, 2)).square().sum()}

    *_, last = minimise(pull_out, torch.full((1, 3, 1, 2), 0.5), 20)
    assert last.image.tolist() == [[[[0.0, 1.0]]]] * 3 or torch.allclose(
        last.image, torch.tensor([0.0, 1.0]).expand(1, 3, 1, 2), atol=1e-3
    )


def test_lbfgs_equals_torchs_own_long_step():
    """max_iter=1 called n times walks the same path as one call with max_iter=n, where nothing is clamped."""
    start = 0.5 + 0.1 * torch.rand(1, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    weight = torch.linspace(1, 9, 27).view(1, 3, 3, 3)

    def valley(image):
        return {"total": (weight * (image - 0.5).square()).sum()}

    *_, last = minimise(valley, start, 6)
    image = start.clone().requires_grad_(True)
    torch_own = torch.optim.LBFGS(
        [image], max_iter=5, max_eval=99, history_size=10, tolerance_grad=0, tolerance_change=0
    )

    def closure():
        torch_own.zero_grad()
        loss = valley(image)["total"]
        loss.backward()
        return loss

    torch_own.step(closure)
    assert torch.allclose(last.image, image.detach(), atol=1e-6)


def test_the_loss_of_a_record_is_that_of_its_picture(backbone):
    content, style = load_image("chelsea", 64, "cpu"), load_image("starry_night", 64, "cpu")
    loss = StyleTransferLoss(backbone, content, style, content_weight=0.1, tv_weight=0.3)
    for record in minimise(loss, content, 5):
        assert record.losses["total"] == pytest.approx(loss(record.image)["total"].item(), rel=1e-4)


def test_result_holds_the_best_picture_and_everything_about_the_run():
    result = quick()
    assert result.image.shape == (1, 3, 43, 64) and 0 <= result.image.min() and result.image.max() <= 1
    assert [row["step"] for row in result.history] == list(range(1, 9)) and result.evaluations == 8
    assert set(result.history[0]) == {"step", "seconds", "size", "content", "style", "tv", "total"}
    assert result.stopped == "finished" and result.seconds > 0
    assert result.settings["steps"] == 8 and result.settings["content"] == "chelsea"
    json.dumps(result.settings)
    assert result._repr_jpeg_()[:2] == b"\xff\xd8"


def test_the_best_is_kept_when_the_last_is_worse():
    # Far too large a step: Adam overshoots, and the last picture is worse than an earlier one.
    result = quick(optimizer="adam", learning_rate=0.9, steps=12)
    losses = [row["total"] for row in result.history]
    best = losses.index(min(losses))
    records = list(
        stylize_steps("chelsea", "starry_night", size=64, steps=12, optimizer="adam", learning_rate=0.9, device="cpu")
    )
    assert torch.equal(result.image, records[best].image) and best != len(losses) - 1


def test_same_seed_same_picture():
    first, second, other = quick(init="noise"), quick(init="noise"), quick(init="noise", seed=1)
    assert torch.equal(first.image, second.image) and not torch.equal(first.image, other.image)


def test_style_moves_the_gram_matrices_and_content_holds():
    content, style = load_image("coffee", 96, "cpu"), load_image("starry_night", 96, "cpu")
    result = stylize(content, style, size=None, steps=40, progress=False, device="cpu")
    assert result.history[0]["content"] == 0 and result.history[-1]["style"] < 0.35 * result.history[0]["style"]
    heavy = stylize(content, style, size=None, steps=40, content_weight=10.0, progress=False, device="cpu")
    assert heavy.history[-1]["content"] < result.history[-1]["content"]


def test_pictures_of_different_sizes_are_neither_cropped_nor_stretched():
    tall, wide = torch.rand(1, 3, 80, 40), torch.rand(1, 3, 30, 90)
    assert stylize(tall, wide, size=None, steps=2, progress=False, device="cpu").image.shape == (1, 3, 80, 40)
    assert stylize(tall, wide, size=48, steps=2, progress=False, device="cpu").image.shape == (1, 3, 48, 24)


@pytest.mark.parametrize("init", ["content", "style", "noise"])
def test_starts(init):
    content, style = torch.rand(1, 3, 20, 31), torch.rand(1, 3, 50, 17)
    start = starting_image(init, content, style, seed=3)
    assert start.shape == content.shape and 0 <= start.min() and start.max() <= 1
    assert torch.equal(start, content) == (init == "content")


def test_start_from_style_keeps_its_proportions():
    style = (torch.arange(64) // 8 % 2).float().expand(1, 3, 32, 64)  # stripes, 8 pixels wide
    start = starting_image("style", torch.zeros(1, 3, 64, 64), style)
    edges = start[0, 0, 32].round().diff().abs().nonzero().flatten()
    assert edges.diff().tolist() == [16] * (len(edges) - 1)  # twice as high, so twice as wide: scaled, then cropped


def test_callback_sees_every_record_and_can_stop():
    seen: list[Progress] = []
    result = quick(callback=lambda record: seen.append(record) or len(seen) < 3)
    assert [record.step for record in seen] == [1, 2, 3] and result.stopped == "stopped" and result.evaluations == 3
    assert seen[1].seconds_left == pytest.approx(seen[1].seconds / 2 * 6)


def test_interrupt_keeps_the_result():
    def interrupt(record):
        if record.step == 4:
            raise KeyboardInterrupt

    result = quick(callback=interrupt)
    assert result.stopped == "interrupted" and result.evaluations == 4 and result.image is not None


def test_an_error_in_a_callback_carries_the_result():
    def fail(record):
        if record.step == 3:
            raise RuntimeError("the user's own")

    with pytest.raises(RuntimeError, match="the user's own") as caught:
        quick(callback=fail)
    assert caught.value.result.evaluations == 3 and caught.value.result.image.shape == (1, 3, 43, 64)


@pytest.mark.parametrize(
    ("factor", "optimizer", "back"), [(11, "lbfgs", True), (9, "lbfgs", False), (11, "adam", False)]
)
def test_a_leap_of_lbfgs_is_taken_back(factor, optimizer, back):
    """The fourth loss is said to be so many times the third: L-BFGS takes a tenth of that step, and forgets."""
    totals = []

    def loss(image):
        total = (image - 0.3).pow(4).sum() + (image - 0.3).square().sum()
        if len(totals) == 3:
            total = total * (factor * totals[-1] / total.item())
        totals.append(total.item())
        return {"total": total}

    images = [
        record.image for record in minimise(loss, starting_image("noise", torch.zeros(1, 3, 4, 4), None), 8, optimizer)
    ]
    assert not torch.equal(images[3], images[2])
    assert torch.allclose(images[4], torch.lerp(images[2], images[3], 0.1), atol=1e-6) == back
    assert totals[-1] < totals[2]  # and it goes on from there


def test_nan_ends_the_run_and_keeps_the_best(monkeypatch):
    original, count = StyleTransferLoss.forward, []

    def breaking(self, image):
        count.append(1)
        terms = original(self, image)
        if len(count) > 5:
            terms["total"] = terms["total"] * math.nan
        return terms

    monkeypatch.setattr(StyleTransferLoss, "forward", breaking)
    with pytest.warns(UserWarning, match="after 5 of 8 steps.*lower learning_rate"):
        result = quick()
    assert result.stopped == "diverged" and result.evaluations == 5 and torch.isfinite(result.image).all()


def test_nan_at_once_says_so(monkeypatch):
    monkeypatch.setattr(StyleTransferLoss, "forward", lambda self, image: {"total": image.sum() * math.nan})
    with pytest.raises(ValueError, match="starting picture"):
        quick()


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"steps": 2.5}, "steps is 2.5"),
        ({"optimizer": "newton"}, "use 'lbfgs' or 'adam'"),
        ({"optimizer": "sgd"}, "'sgd' has no default"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"init": "random"}, "init is 'random'"),
        ({"size": 8}, "at least 16 pixels"),
        ({"content_layers": ["conv9_1"]}, "no layer 'conv9_1'"),
        ({"backbone": "resnet"}, "no backbone 'resnet'"),
        ({"pooling": "median"}, "pooling is 'median'"),
        ({"style_weight": -1}, "style_weight is -1"),
    ],
)
def test_bad_settings(options, what):
    with pytest.raises(ValueError, match=what):
        quick(**options)


def test_inversion_finds_the_activations(backbone):
    cat = load_image("chelsea", 64, "cpu")
    result = reconstruct(backbone, cat, content_layer="relu1_1", steps=60, progress=False)
    assert result.history[-1]["content"] < 0.02 * result.history[0]["content"]
    assert (result.image - cat).abs().mean() < 0.05  # the first layer holds nearly everything
    assert "style" not in result.history[0]


def test_texture_finds_the_gram_matrices_but_not_the_places(backbone):
    cat = load_image("chelsea", 64, "cpu")
    layers = {"relu1_1": 1.0, "relu2_1": 1.0}
    result = reconstruct(backbone, cat, style_layers=layers, steps=60, progress=False)
    assert result.history[-1]["style"] < 0.02 * result.history[0]["style"]
    assert (result.image - cat).abs().mean() > 0.1
    assert list(extract_features(backbone, result.image, list(layers))) == list(layers)


def test_reconstruct_wants_exactly_one(backbone):
    for options in ({}, {"content_layer": "relu1_1", "style_layers": ["relu1_1"]}):
        with pytest.raises(ValueError, match="not both"):
            reconstruct(backbone, "chelsea", **options)


def test_import_is_light():
    """matplotlib, ipywidgets and torchvision are imported where they are used."""
    code = "import sys, nsthelpers; print([m for m in ('matplotlib', 'ipywidgets', 'torchvision') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


# Whatever mode the caller is in, and whatever kind of number is given


@pytest.mark.parametrize("mode", ["inference_mode", "no_grad", "float64"])
def test_the_callers_mode_changes_nothing(backbone, mode, default_dtype):
    content, style = load_image("chelsea", 48, "cpu"), load_image("marbling", 48, "cpu")
    loss = StyleTransferLoss(backbone, content, style)

    def everything():
        yield stylize("chelsea", "marbling", size=48, steps=3, init="noise", backbone=backbone, progress=False).image
        yield stylize(content.clone(), style.clone(), size=None, steps=3, backbone=backbone, progress=False).image
        yield stylize("chelsea", "marbling", size=48, steps=2, weights="random", device="cpu", progress=False).image
        yield reconstruct(backbone, content.clone(), content_layer="relu2_1", steps=3, progress=False).image
        yield reconstruct(backbone, "chelsea", style_layers=["relu1_1"], steps=2, progress=False).image
        yield from (record.image for record in minimise(loss, content.clone(), 3))

    expected = list(everything())
    modes = {"inference_mode": torch.inference_mode, "no_grad": torch.no_grad}
    with modes[mode]() if mode in modes else default_dtype(torch.float64):
        found = list(everything())
    for ours, theirs in zip(expected, found, strict=True):
        assert torch.equal(ours, theirs) and theirs.dtype == torch.float32 and not theirs.is_inference()


def test_the_mode_of_a_callback_is_its_own(backbone):
    """Between two steps the caller may be in another mode: the loop sets its own again each time."""
    records = minimise(bowl, torch.ones(1, 3, 2, 2), 4)
    with torch.no_grad():
        first = next(records)
    with torch.inference_mode():
        second = next(records)
    assert torch.is_grad_enabled() and [first.step, second.step, *(record.step for record in records)] == [1, 2, 3, 4]


def test_numpys_numbers_are_settings():
    theirs = {"size": np.int64(48), "steps": np.int32(3), "seed": np.uint8(5), "scales": np.int64(1)}
    theirs |= {"content_weight": np.float32(0.5), "style_weight": np.int64(2), "tv_weight": np.float64(0.25)}
    theirs |= {"learning_rate": np.float32(0.5), "style_layers": {"relu1_1": np.float32(1), "relu2_1": np.int64(2)}}
    plain = {name: value.item() for name, value in theirs.items() if name != "style_layers"}
    plain |= {"style_layers": {"relu1_1": 1.0, "relu2_1": 2}}
    results = [quick(init="noise", **given) for given in (theirs, plain)]
    assert torch.equal(results[0].image, results[1].image) and results[0].settings == results[1].settings
    json.dumps(results[0].settings)


def test_a_state_is_where_the_loop_goes_on(backbone):
    """Every step's state, kept until the run is over, leads to the same pictures: later steps do not write into it."""
    for optimizer in ("lbfgs", "adam", "sgd"):
        rate = 0.05 if optimizer == "sgd" else None
        start = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
        records = list(minimise(bowl, start, 14, optimizer, rate))
        states = []
        for record in minimise(bowl, start, 14, optimizer, rate):
            states.append(record.state())
        for step in (1, 2, 11, 13, 14):
            assert states[step - 1]["step"] == step
            rest = list(minimise(bowl, start, 14, optimizer, rate, states[step - 1]))
            assert [record.step for record in rest] == list(range(step + 1, 15))
            for ours, theirs in zip(rest, records[step:]):
                assert torch.equal(ours.image, theirs.image) and ours.losses == theirs.losses


def test_weights_that_leave_nothing_are_refused():
    with pytest.raises(ValueError, match="are all 0"):
        quick(content_weight=0, style_weight=0, tv_weight=0)


def test_a_default_device_of_the_callers_changes_nothing():
    """People set torch.set_default_device("cuda") once; "meta" stands for any device that is not the pictures'."""
    expected = stylize("chelsea", "marbling", size=48, steps=2, init="noise", progress=False, device="cpu")
    torch.set_default_device("meta")
    try:
        backbone = load_backbone("mini", device="cpu")
        found = stylize("chelsea", "marbling", size=48, steps=2, init="noise", progress=False, backbone=backbone)
        random = load_backbone("mini", weights="random", device="cpu").conv1_1.weight
        field = receptive_field(backbone, "relu2_1", images="chelsea")
    finally:
        torch.set_default_device(None)
    assert torch.equal(found.image, expected.image) and random.device.type == "cpu" and field.effective.sum() > 0


# Control: colours, places, sizes

DIALS = {"size": 64, "steps": 4, "progress": False, "device": "cpu", "precision": "float32"}


def left_half(content="tuebingen"):
    mask = torch.zeros_like(load_image(content, 64, "cpu"))
    mask[..., :32] = 1
    return mask


def test_luminance_keeps_the_photographs_colours_at_every_step():
    seen = []
    result = stylize("tuebingen", "starry_night", keep_colours="luminance", callback=seen.append, **DIALS)
    photo = load_image("tuebingen", 64, "cpu")
    for image in [result.image, *(record.image for record in seen)]:
        assert torch.allclose(image, keep_colours(image, photo), atol=1e-4)
    assert result.history[-1]["total"] < result.history[0]["total"]
    again = stylize("tuebingen", "starry_night", keep_colours=True, **DIALS)
    assert torch.equal(again.image, result.image)


def test_match_paints_with_the_matched_style():
    photo, painting = load_image("tuebingen", 64, "cpu"), load_image("starry_night", 64, "cpu")
    result = stylize(photo, painting, keep_colours="match", **DIALS)
    assert torch.equal(result.image, stylize(photo, match_colours(painting, photo), **DIALS).image)


def test_style_scale_is_the_size_of_the_style():
    painting = load_image("starry_night", 96, "cpu")
    result = stylize("tuebingen", "starry_night", style_scale=1.5, **DIALS)
    photo = load_image("tuebingen", 64, "cpu")
    assert torch.equal(result.image, stylize(photo, painting, **DIALS | {"size": None}).image)
    enlarged = stylize(photo, load_image("starry_night", 64, "cpu"), style_scale=1.5, **DIALS | {"size": None})
    assert enlarged.image.shape == result.image.shape and not torch.equal(enlarged.image, result.image)


def test_styles_in_their_places():
    """What the mask of a style leaves out is as free of it as the receptive fields allow: the far edge does not change."""
    masks, options = [left_half()], DIALS | {"content_weight": 0.0, "tv_weight": 0.0, "style_layers": ["relu1_1"]}
    result = stylize("tuebingen", ["the_scream"], masks=masks, **options)
    moved = (result.image - load_image("tuebingen", 64, "cpu")).abs().sum((0, 1, 2))
    assert (moved[:32] > 0).all() and (moved[33:] == 0).all()


def test_masks_are_any_pictures_of_the_contents_proportions(tmp_path):
    mask = left_half()
    kinds = [mask, mask[:, :1], to_pil(mask), mask[0, 0].numpy(), save_image(mask, tmp_path / "mask.png")]
    found = [stylize("tuebingen", "the_scream", masks=[kind], **DIALS).image for kind in kinds]
    assert all(torch.equal(image, found[0]) for image in found)
    assert not torch.equal(found[0], stylize("tuebingen", "the_scream", masks=[1 - mask], **DIALS).image)


def test_a_run_with_all_dials_goes_on_from_its_checkpoint(tmp_path):
    dials = {"masks": [left_half(), 1 - left_half()], "keep_colours": "luminance", "style_scale": 0.7, "steps": 6}
    pair = ("tuebingen", ["starry_night", "the_scream"])
    whole = stylize(*pair, **DIALS | dials)
    path = tmp_path / "run"
    stylize(*pair, callback=lambda record: record.step < 3, checkpoint=path, **DIALS | dials)
    resumed = stylize(*pair, checkpoint=path, **DIALS | dials)
    assert torch.equal(resumed.image, whole.image) and resumed.evaluations == 6
    with pytest.raises(ValueError, match="masks"):
        stylize(*pair, checkpoint=path, **DIALS | dials | {"masks": [left_half(), left_half()]})


@pytest.mark.parametrize(
    ("dial", "sentence"),
    [
        ({"keep_colours": "hsv"}, "keep_colours is 'hsv'"),
        ({"style_scale": 0}, "style_scale is 0; give a number from 0.1 to 4"),
        ({"style_scale": "2"}, "style_scale is '2'"),
        ({"style_scale": True}, "style_scale is True"),
        ({"masks": []}, "masks must be a list of 1"),
        ({"masks": "mask.png"}, "masks must be a list of 1"),
        ({"masks": [torch.ones(1, 3, 64, 64)]}, r"masks\[0\] has 64 × 64 pixels; give a mask with the proportions"),
        ({"masks": [torch.zeros(1, 1, 48, 64)]}, r"masks\[0\] needs values"),
        ({"masks": ["no_such.png"]}, r"no_such.png"),
    ],
)
def test_bad_dials_are_named(dial, sentence):
    with pytest.raises((ValueError, OSError), match=sentence):
        stylize("tuebingen", "starry_night", **DIALS | dial)


def test_fifty_runs_leave_no_memory_behind():
    program = """
import gc, psutil
from nsthelpers import stylize
held = []
for number in range(60):
    stylize("tuebingen", "starry_night", size=64, steps=4, progress=False, device="cpu")
    if number in (9, 59):
        gc.collect()
        held.append(psutil.Process().memory_info().rss / 2**20)
print(held[1] - held[0])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(done.stdout) <= 20, f"{done.stdout} MB"
