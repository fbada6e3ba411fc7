"""The trainer of the mini backbone, on tiny made pictures and a random teacher."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

_spec = importlib.util.spec_from_file_location("train_mini", Path(__file__).parents[1] / "tools" / "train_mini.py")
train_mini = importlib.util.module_from_spec(_spec)
sys.modules["train_mini"] = train_mini  # dataclasses look their module up
_spec.loader.exec_module(train_mini)

SMALL = [4, 6, 8, 8, 8]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Four pictures of smooth coloured waves, one of them portrait, one small."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, (height, width) in enumerate([(160, 200), (220, 150), (150, 150), (64, 80)]):
        y, x = torch.meshgrid(torch.linspace(0, 9, height), torch.linspace(0, 9, width), indexing="ij")
        waves = torch.stack([(x + number).sin(), (y * number).cos(), (x * y / 5).sin()], -1)
        Image.fromarray((127 * (1 + waves)).byte().numpy()).save(folder / f"p{number}.png")
    return folder


def arguments(photos: Path, out: Path, *more: str) -> list[str]:
    return [
        str(photos), "--teacher", "random", "--out", str(out), "--widths", *map(str, SMALL), "--steps", "3",
        "--batch", "5", "--canvases", "2", "--paint", "1", "--calibration", "1", "--no-bf16",
        "--print-every", "1", "--device", "cpu", *more,
    ]  # fmt: skip


def test_three_steps_leave_weights_curve_and_card(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "run" / "mini.safetensors"
    trainer = train_mini.main(arguments(photos, out, "--hold-out", "p3*"))
    assert trainer.done == 3
    assert len(trainer.source.pictures) == 3
    rows = [json.loads(line) for line in out.with_suffix(".jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3]
    assert all(torch.isfinite(torch.tensor(list(row.values()))).all() for row in rows)
    assert "16 convolutions" not in out.with_suffix(".md").read_text()
    assert "Steps: 3 of 5 crops" in out.with_suffix(".md").read_text()

    from nsthelpers import extract_features, load_backbone

    backbone = load_backbone("mini", weights=out, device="cpu")
    assert backbone.conv1_1.padding_mode == "replicate"
    maps = extract_features(backbone, torch.rand(1, 3, 64, 64), ["relu1_1", "relu5_4"])
    assert maps["relu1_1"].shape == (1, 4, 64, 64)
    assert maps["relu5_4"].shape == (1, 8, 4, 4)


def test_resumes_with_the_same_bits(photos: Path, tmp_path: Path) -> None:
    whole = train_mini.main(arguments(photos, tmp_path / "whole.safetensors"))
    out = tmp_path / "parts.safetensors"
    first = train_mini.main(arguments(photos, out, "--stop-after", "1"))
    assert first.done == 1
    second = train_mini.main(arguments(photos, out))
    assert second.done == 3
    for mine, theirs in ((whole.student, second.student), (whole.adapters, second.adapters)):
        for key, value in mine.state_dict().items():
            assert torch.equal(value, theirs.state_dict()[key]), key
    assert torch.equal(whole.canvases.canvas, second.canvases.canvas)
    assert (tmp_path / "whole.safetensors").read_bytes() == out.read_bytes()


def test_in_the_last_part_batch_norms_and_two_blocks_rest(photos: Path, tmp_path: Path) -> None:
    """From the freeze on the run goes on from the averaged student, and only what lies behind pool2 still changes."""
    trainer = train_mini.main(arguments(photos, tmp_path / "a.safetensors", "--stop-after", "1", "--freeze", "0.1"))
    assert not trainer.settled
    average = {key: value.clone() for key, value in trainer.average.items()}
    trainer.train_step()
    assert trainer.settled
    for key, value in trainer.student.state_dict().items():
        number, _, kind = key.partition(".")
        rests = int(number) < trainer.early or kind.startswith("running")
        assert torch.equal(value, average[key]) == (rests or kind == "num_batches_tracked"), key


@pytest.mark.parametrize("shape", [(5, 40), (40, 5), (16, 16)])
def test_an_orthogonal_step_turns_all_directions_alike(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    u, _, v = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    spread = torch.linspace(0.05, 1, min(shape))
    turned = train_mini.orthogonal(u * spread @ v)
    values = torch.linalg.svdvals(turned)
    assert 0.6 < values.min() <= values.max() < 1.3
    assert torch.allclose(turned, (u.T @ turned @ v.T).diagonal() * u @ v, atol=1e-3)  # the directions stay


def test_muon_walks_downhill_and_leaves_what_has_no_gradient() -> None:
    torch.manual_seed(0)
    goal, kernel, still = (
        torch.randn(6, 4, 3, 3),
        torch.nn.Parameter(torch.zeros(6, 4, 3, 3)),
        torch.nn.Parameter(torch.ones(2, 2)),
    )
    optimizer = train_mini.Muon([kernel, still], lr=0.05, weight_decay=0.0)
    distances = []
    for _ in range(120):
        optimizer.zero_grad()
        loss = (kernel - goal).square().sum()
        loss.backward()
        optimizer.step()
        distances.append(loss.item())
    assert distances[-1] < 0.2 * distances[0]
    assert torch.equal(still, torch.ones(2, 2))


def test_a_tap_learns_the_strongest_channels_of_the_teacher(photos: Path, tmp_path: Path) -> None:
    """Channel by channel: what matches costs nothing, and the same channels in another order do cost."""
    trainer = train_mini.main(arguments(photos, tmp_path / "out.safetensors"))
    image = trainer.source.batch(3)
    with torch.no_grad():
        theirs = trainer.teacher(train_mini.mirrored(image))
        mine = train_mini.taps(trainer.student, train_mini.inner(image))
    for name, target in trainer.plan["match"].items():
        channels = trainer.chosen[name]
        assert len(channels.unique()) == mine[name].shape[1]
        assert theirs[target].shape[2:] == mine[name].shape[2:]
        mine[name] = theirs[target][:, channels] / trainer.unit[name]
    perfect = trainer.losses(mine, theirs)
    assert perfect["match"].item() == pytest.approx(0, abs=1e-10)
    assert perfect["gram"].item() == pytest.approx(0, abs=1e-5)
    turned = trainer.losses({name: x.roll(1, 1) for name, x in mine.items()}, theirs)
    assert turned["match"] > 0.1
    assert turned["gram"] > 0.1


def test_folding_batch_norm_keeps_the_outputs() -> None:
    torch.manual_seed(0)
    student = train_mini.build_student(SMALL, batch_norm=True)
    images = torch.rand(4, 3, 64, 64)
    for _ in range(3):  # running means and variances that are not 0 and 1
        student(train_mini.normalise(images * torch.rand(4, 1, 1, 1)))
    student.eval()
    folded = train_mini.fold_batch_norm(student)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in folded)
    before, after = train_mini.taps(student, images), train_mini.taps(folded, images)
    assert list(before) == list(after)
    for name in before:
        torch.testing.assert_close(after[name], before[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("per_filter", [False, True])
def test_rescaling_gives_mean_one_and_keeps_relative_distances(per_filter: bool) -> None:
    torch.manual_seed(0)
    student = train_mini.build_student(SMALL)
    images = torch.rand(4, 3, 64, 64)
    before = train_mini.taps(student, images)
    train_mini.rescale(student, images, per_filter)
    after = train_mini.taps(student, images)
    for name, x in after.items():
        old, means = before[name].mean((0, 2, 3)), x.mean((0, 2, 3))
        means = means[old > 0.01 * old.mean()] if per_filter else means.mean()  # a random network has dead filters
        torch.testing.assert_close(means, torch.ones_like(means), rtol=1e-3, atol=1e-3)
        if not per_filter:  # one factor for the whole layer: nothing relative changes
            factor = x.norm() / before[name].norm()
            torch.testing.assert_close(x, factor * before[name], rtol=1e-3, atol=1e-4)


def test_augmented_crops_are_pictures_and_seeded(photos: Path) -> None:
    pictures = train_mini.load_pictures(photos, [])
    sources = [train_mini.Source(pictures, torch.Generator().manual_seed(3), 0.0, 0) for _ in range(2)]
    for _ in range(4):
        batch, again = (source.batch(6) for source in sources)
        assert batch.shape == (6, 3, 169, 169)
        assert torch.equal(batch, again)
        assert 0 <= batch.min() <= batch.max() <= 1
        assert batch.std() > 0.02


def test_no_pictures_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="No pictures found"):
        train_mini.load_pictures(tmp_path, [])
