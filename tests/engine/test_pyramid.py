"""The coarse-to-fine pyramid."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import nsthelpers
from nsthelpers import load_backbone, load_image, stylize, stylize_steps
from nsthelpers.engine.pyramid import Stage, plan_scales, refine, share_done, shrink
from nsthelpers.images import resize
from nsthelpers.transfer import starting_image


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("mini", device="cpu")


def test_plans():
    assert plan_scales((64, 64), 100) == [Stage(1.0, 100)]
    assert plan_scales((256, 100), 100) == [Stage(0.5, 35), Stage(1.0, 65)]
    assert plan_scales((2048, 2048), 100)[0].share == 0.25
    assert plan_scales((512, 512), 10) == [Stage(1.0, 10)]
    assert plan_scales((512, 512), 10, 1) == [Stage(1.0, 10)]
    for bad in (0, 7, 1.5, "coarse", True):
        with pytest.raises(ValueError, match="scales is"):
            plan_scales((512, 512), 100, bad)


@pytest.mark.parametrize("steps", [1, 2, 5, 31, 100, 333])
@pytest.mark.parametrize("scales", ["auto", 1, 2, 3, 5])
def test_plans_spend_every_step_and_little_time_on_the_coarse_scales(steps, scales):
    stages = plan_scales((512, 384), steps, scales)
    assert sum(stage.steps for stage in stages) == steps and min(stage.steps for stage in stages) >= 1
    shares = [stage.share for stage in stages]
    assert shares == sorted(shares) and shares[-1] == 1
    costs = [stage.share**2 * stage.steps for stage in stages]
    if steps >= 30:
        assert sum(costs[:-2]) <= 0.2 * sum(costs)


def test_a_run_climbs_the_pyramid_and_returns_the_full_size(backbone):
    records = list(stylize_steps("coffee", "marbling", size=128, steps=9, scales=3, backbone=backbone, device="cpu"))
    assert [tuple(record.image.shape[2:]) for record in (records[0], records[3], records[6])] == [
        (21, 32),
        (42, 64),
        (85, 128),
    ]
    assert [record.step for record in records] == list(range(1, 10))
    assert records[-1].done == pytest.approx(1) and records[0].done < 0.05
    assert [record.seconds for record in records] == sorted(record.seconds for record in records)
    result = stylize("coffee", "marbling", size=128, steps=9, scales=3, backbone=backbone, progress=False, device="cpu")
    assert result.image.shape == (1, 3, 85, 128)
    last = [row["total"] for row in result.history if row["size"] == 128]
    best = last.index(min(last))
    assert torch.equal(result.image, records[6 + best].image)


def test_styles_keep_their_proportions_on_coarse_scales(backbone, monkeypatch):
    seen, original = [], nsthelpers.transfer.StyleTransferLoss
    monkeypatch.setattr(
        nsthelpers.transfer, "StyleTransferLoss", lambda *a, **k: seen.append(a[2][0].shape[2:]) or original(*a, **k)
    )
    for shape, scales in (((20, 512), "auto"), ((20, 128), 4)):
        options = {"size": shape[1], "steps": 30, "scales": scales, "backbone": backbone, "device": "cpu"}
        next(stylize_steps("chelsea", torch.rand(1, 3, *shape), **options))
        height, width = seen.pop()
        assert abs(height / width - shape[0] / shape[1]) < 0.02


def test_a_finer_scale_begins_with_the_coarser_picture_enlarged_and_the_fine_detail_of_the_start(backbone):
    content, style = (load_image(name, 128, device="cpu")[..., :64, :] for name in ("coffee", "starry_night"))
    options = {"size": None, "steps": 6, "scales": 2, "backbone": backbone, "device": "cpu"}
    # Where nothing but the content counts, nothing is changed at any scale, so nothing may be lost between them.
    faithful = list(stylize_steps(content, style, style_weight=0.0, tv_weight=0.0, **options))
    assert torch.allclose(faithful[-1].image, content, atol=1e-6)
    for init in ("content", "noise"):
        records = list(stylize_steps(content, style, init=init, **options))
        start = starting_image(init, content, style)
        first = next(number for number, record in enumerate(records) if record.image.shape == content.shape)
        coarse, fine = records[first - 1].image, records[first].image
        enlarged = [resize(image, content.shape[2:]) for image in (coarse, resize(start, coarse.shape[2:]))]
        assert torch.allclose(fine, (enlarged[0] + start - enlarged[1]).clamp(0, 1), atol=1e-6)
        assert (fine - enlarged[0]).abs().mean() > 0.01  # the detail is something


@pytest.mark.parametrize("shape", [(96, 128), (101, 128), (90, 117)])
def test_a_picture_of_any_sides_is_painted_on_whole_cells(backbone, shape):
    """Two scales and a stride of 16: whole cells are 32 pixels. The margin is painted like the rest, and cut off."""
    content, *styles = (load_image(name, 128, device="cpu") for name in ("astronaut", "starry_night", "the_scream"))
    content = content[..., : shape[0], : shape[1]]
    mask = (content[:, :1] > 0.5).float()
    below, right = -shape[0] % 32, -shape[1] % 32
    pictures, extended = [content, mask], []
    for picture in pictures:
        extended.append(torch.nn.functional.pad(picture, (0, right, 0, below), mode="reflect"))
    runs = []
    for photograph, place in (pictures, extended):
        options = {"size": None, "steps": 6, "scales": 2, "masks": [place, 1 - place], "backbone": backbone}
        runs.append(stylize_steps(photograph, styles, device="cpu", **options))
    for found, whole in zip(*runs):
        height, width = found.image.shape[2:]
        assert (height, width) == (shape if found.scale else tuple(round(side / 2) for side in shape))
        assert torch.equal(found.image, whole.image[..., :height, :width]) and found.losses == whole.losses


SIDES = st.integers(16, 1500)


@settings(deadline=None, max_examples=200)
@given(
    SIDES, SIDES, st.integers(1, 400), st.sampled_from(["auto", 1, 2, 3, 4, 5, 6]), st.sampled_from([1, 2, 4, 8, 16])
)
def test_every_scale_keeps_the_proportions_and_what_the_layers_need(height, width, steps, scales, smallest):
    """For every size, number of steps and scales: no side is rounded away, or held up, by more than half a pixel."""
    stages = plan_scales((height, width), steps, scales, smallest)
    assert sum(stage.steps for stage in stages) == steps and all(stage.steps >= 1 for stage in stages)
    assert stages[-1].share == 1 and len(stages) <= (3 if scales == "auto" else scales)
    for share, _ in stages:
        for side in (height, width):
            assert abs(max(smallest, round(side * share)) - side * share) <= 0.5
            assert side * share >= smallest - 0.5


@pytest.mark.parametrize("scales", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("shape", [(43, 64), (64, 43), (16, 900), (33, 31)])
def test_a_small_picture_is_never_distorted_by_many_scales(backbone, shape, scales):
    content = torch.rand(1, 3, *shape, generator=torch.Generator().manual_seed(0))
    records = stylize_steps(content, content, size=None, steps=6, scales=scales, backbone=backbone, device="cpu")
    for record in records:
        height, width = record.image.shape[2:]
        share = max(height, width) / max(shape)
        assert min(height, width) >= 16 and abs(height - share * shape[0]) <= 1 and abs(width - share * shape[1]) <= 1
    assert record.image.shape == content.shape


def test_shrinking_is_resizing_and_no_share_is_no_change():
    image = torch.rand(1, 3, 30, 50)
    assert shrink(image, 1.0) is image
    assert torch.equal(shrink(image, 0.5), resize(image, (15, 25)))
    assert shrink(image, 0.1, 8).shape == (1, 3, 8, 8)
    flat = torch.full((1, 3, 31, 47), 0.25)
    assert torch.allclose(shrink(flat, 0.25), flat[..., :8, :12])


@settings(deadline=None, max_examples=25)
@given(st.integers(8, 40), st.integers(8, 40), st.sampled_from([0.25, 0.5]))
def test_refining_what_was_only_shrunk_gives_the_start_back(height, width, share):
    """Nothing is lost between two scales: the coarse version of a picture and its own detail make it whole."""
    start = torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(height * width))
    coarse = shrink(start, share)
    assert torch.allclose(refine(coarse, start), start, atol=1e-6)
    # A change of the whole picture by a constant stays one.
    pale = 0.5 + start / 4
    assert torch.allclose(refine(shrink(pale, share) + 0.1, pale), pale + 0.1, atol=1e-5)


def test_a_step_costs_as_its_pixels_do():
    stages = [Stage(0.5, 4), Stage(1.0, 3)]  # 4 quarters of a step, then 3
    assert [share_done(stages, *place) for place in ((0, 0), (0, 4), (1, 0), (1, 1), (1, 3))] == [0, 0.25, 0.25, 0.5, 1]
