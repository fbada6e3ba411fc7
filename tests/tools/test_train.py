"""The trainer of the mini backbone, on tiny made pictures, taught by a random VGG-16 of a quarter of the width."""

import copy
import itertools
import json
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from torchvision.models.vgg import cfgs

from nsthelpers import extract_features, load_backbone

sys.path.insert(0, str(Path(__file__).parents[2] / "tools" / "mini"))
import train

SMALL = [4, 3, 6, 4, 8, 4, 4, 6, 8, 8, 4, 4, 8, 4, 4, 5]
FOUND = train.load_teacher  # as it was before `teacher` took its place
RELUS = [f"relu{block}_1" for block in range(1, 6)]


@pytest.fixture(scope="module")
def teacher():
    with pytest.MonkeyPatch.context() as patch:
        narrow = [v if v == "M" else v // 4 for v in cfgs["D"]]
        patch.setattr("nsthelpers.backbones._standard_widths", lambda name: narrow)
        return FOUND("random")


@pytest.fixture(autouse=True)
def one_teacher_for_all(monkeypatch: pytest.MonkeyPatch, teacher) -> None:
    monkeypatch.setattr(train, "load_teacher", lambda source: teacher)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures of smooth coloured waves, one of them portrait, one small."""
    folder = tmp_path_factory.mktemp("photos")
    for number, (height, width) in enumerate([(160, 200), (220, 150), (150, 150), (64, 80)]):
        y, x = torch.meshgrid(torch.linspace(0, 9, height), torch.linspace(0, 9, width), indexing="ij")
        waves = torch.stack([(x + number).sin(), (y * number).cos(), (x * y / 5).sin()], -1)
        Image.fromarray((127 * (1 + waves)).byte().numpy()).save(folder / f"p{number}.png")
    return folder


def arguments(photos: Path, out: Path, *more: str) -> list[str]:
    return [
        str(photos), "--teacher", "random", "--out", str(out), "--widths", *map(str, SMALL), "--steps", "3",
        "--crop", "32", "--batch", "3", "--canvases", "2", "--paint", "1", "--calibration", "1", "--no-bf16",
        "--print-every", "1", "--device", "cpu", *more,
    ]  # fmt: skip


def make_trainer(photos: Path, *more: str) -> "train.Trainer":
    """One that has not taken a step."""
    args = train.parser().parse_args(arguments(photos, Path("unused"), *more))
    args.weights = train.WEIGHTS
    return train.Trainer(args, train.load_pictures(photos, []))


# --- whole runs -----------------------------------------------------------------------------------------------


def test_a_run_leaves_weights_curve_and_card(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "run" / "mini.safetensors"
    trainer = train.main(arguments(photos, out, "--hold-out", "p3*", "--styles", str(photos)))
    assert trainer.done == 3
    assert (len(trainer.source.sizes), trainer.source.n_styles) == (6, 3)
    rows = [json.loads(line) for line in out.with_suffix(".jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3]
    for row in rows:
        assert row["loss"] == pytest.approx(row["match"] + 0.3 * row["gram"] + 0.5 * row["feature"], abs=2e-3)
    card = out.with_suffix(".md").read_text()
    assert str(SMALL) in card and "padding: replicate" in card and "Start: random weights" in card
    assert "Steps: 3 of 3 crops" in card and str(tmp_path) not in card

    # What was delivered is the averaged student up to a factor for each layer, and float16.
    delivered, image = load_backbone("mini", "avg", weights=out, device="cpu"), torch.rand(2, 3, 64, 64)
    assert {module.padding_mode for module in train.convolutions(delivered)} == {"replicate"}
    trainer.student.load_state_dict(trainer.average)
    names = [*train.MATCH, "relu5_4"]
    inside, outside = (extract_features(x, image, names) for x in (trainer.student.eval(), delivered))
    assert [outside[name].shape[1] for name in RELUS] == [SMALL[i] for i in (0, 2, 4, 8, 12)]
    for name in names:
        alike = torch.cosine_similarity(inside[name].flatten(), outside[name].flatten(), 0)
        assert alike.item() == pytest.approx(1, abs=1e-4)
    maps = extract_features(delivered, train.Source(train.load_pictures(photos, ["p3*"]), 0, 32).crops(64), names)
    assert all(x.mean().item() == pytest.approx(1, abs=0.01) for x in maps.values())


@pytest.mark.parametrize("kind", ["new", "finished"])
def test_resumes_with_the_same_bits(kind: str, photos: Path, tmp_path: Path) -> None:
    """Also over the step at which batch norms come to rest."""
    more = ["--freeze", "0.5"]
    if kind == "finished":
        start = tmp_path / "start.safetensors"
        train.save_weights(train.fold_batch_norm(train.build_student(SMALL)), start)
        more = ["--start", str(start)]
    whole = train.main(arguments(photos, tmp_path / "whole.safetensors", *more))
    out = tmp_path / "parts.safetensors"
    first = train.main(arguments(photos, out, "--stop-after", "1", *more))
    assert (first.done, first.settled) == (1, kind == "finished")
    second = train.main(arguments(photos, out, *more))
    assert (second.done, second.settled) == (3, True)
    for mine, theirs in ((whole.student, second.student), (whole.adapters, second.adapters)):
        for key, value in mine.state_dict().items():
            assert torch.equal(value, theirs.state_dict()[key]), key
    assert torch.equal(whole.canvases.canvas, second.canvases.canvas)
    assert (tmp_path / "whole.safetensors").read_bytes() == out.read_bytes()


def test_in_the_last_part_batch_norms_rest(photos: Path) -> None:
    """From the freeze on the run goes on from the averaged student: kernels learn, statistics stay."""
    trainer = make_trainer(photos, "--freeze", "0.3")
    before = {key: value.clone() for key, value in trainer.student.state_dict().items()}
    trainer.train_step()
    assert not trainer.settled
    for key, value in trainer.student.state_dict().items():  # what lies behind relu5_1 has no part in any loss
        if key < "bn5_2" and key.endswith(("running_mean", "running_var")):
            assert not torch.equal(value, before[key]), key
    average = {key: value.clone() for key, value in trainer.average.items()}
    kernel = "conv1_1.weight"  # the average of the first steps is a short one
    expected = before[kernel].lerp(trainer.student.state_dict()[kernel], 10 / 11)
    torch.testing.assert_close(average[kernel], expected)
    trainer.train_step()
    assert trainer.settled
    for key, value in trainer.student.state_dict().items():
        if key.startswith("bn") and not key.endswith(("weight", "bias")):
            assert torch.equal(value, average[key]), key
        elif key.startswith("conv") and key.endswith("weight") and key < "conv5_2":
            assert not torch.equal(value, average[key]), key


def test_the_plan_follows_steps_or_the_clock(photos: Path) -> None:
    trainer = make_trainer(photos)
    trainer.done, trainer.seconds = 1, 90.0
    assert trainer.progress() == pytest.approx(1 / 3)
    trainer.args.minutes, trainer.done = 2, 1000
    assert trainer.progress() == 0.75


# --- teacher and channels -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "name", "weights"), [
    ("vgg16", "vgg16", None), ("vgg19", "vgg19", None), ("a.pth", "vgg16", "a.pth"),
])  # fmt: skip
def test_the_teacher_is_a_vgg_that_pools_by_averages(
    source: str, name: str, weights: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fake(*wanted):
        asked.append(wanted)
        return load_backbone(wanted[0], wanted[1], "random", "cpu")

    monkeypatch.setattr(train, "load_backbone", fake)
    found = FOUND(source)
    assert asked == [(name, "avg", weights, "cpu")]
    assert {*train.MATCH, *train.FEATURE[found.name].values()} <= set(found.layer_names)
    assert {*train.MATCH, *train.FEATURE[found.name]} <= set(train.build_student(SMALL).layer_names)


def test_the_teacher_and_the_student_repeat_the_border(teacher) -> None:
    """What is the same everywhere is seen to be the same everywhere, up to the border of every layer."""
    image = torch.tensor([0.9, 0.4, 0.1]).view(1, 3, 1, 1).expand(1, 3, 32, 32)
    torch.manual_seed(0)
    for backbone in (teacher, train.build_student([16] * 16).eval()):
        for name, maps in extract_features(backbone, image, [n for n in backbone.layer_names if "conv" in n]).items():
            assert maps.abs().amax() > 1e-3
            torch.testing.assert_close(maps, maps[..., :1, :1].expand_as(maps), rtol=1e-3, atol=1e-4, msg=name)


def test_a_new_student_learns_the_strongest_channels_of_the_teacher(photos: Path) -> None:
    """Channel by channel: what matches costs nothing, and the same channels in another order do cost."""
    trainer = make_trainer(photos)
    calibration = train.Source(train.load_pictures(photos, []), 0, 32).batch(16)
    for name, maps in extract_features(trainer.teacher, calibration, train.MATCH).items():
        power = maps.square().mean((0, 2, 3))
        chosen = trainer.chosen[name]
        others = torch.ones(len(power), dtype=torch.bool).index_fill(0, chosen, False)
        assert len(chosen) == trainer.student.get_submodule(name.replace("relu", "conv")).out_channels
        assert chosen.tolist() == sorted(set(chosen.tolist()))
        assert power[chosen].min() >= 0.999 * power[others].max()
        assert trainer.unit[name].item() == pytest.approx(power[chosen].mean().sqrt().item(), rel=1e-3)
    image = trainer.source.batch(3)
    with torch.no_grad():
        theirs = extract_features(trainer.teacher, image, trainer.theirs)
        mine = extract_features(trainer.student, image, trainer.mine)
    for name, channels in trainer.chosen.items():
        assert theirs[name].shape[2:] == mine[name].shape[2:]
        mine[name] = theirs[name][:, channels] / trainer.unit[name]
    perfect = trainer.losses(mine, theirs)
    assert perfect["match"].item() == pytest.approx(0, abs=1e-10)
    assert perfect["gram"].item() == pytest.approx(0, abs=1e-5)
    turned = trainer.losses({name: x.roll(1, 1) for name, x in mine.items()}, theirs)
    assert turned["match"] > 0.05
    assert turned["gram"] > 0.05


def test_a_finished_student_finds_its_channels_again(
    photos: Path, tmp_path: Path, teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose conv1_1 is a part of the teacher's, twice as strong: the weakest channels that are not silent."""
    image = train.Source(train.load_pictures(photos, []), 5, 32).batch(16)
    power = extract_features(teacher, image, ["relu1_1"])["relu1_1"].square().mean((0, 2, 3))
    subset = sorted([i for i in power.argsort().tolist() if power[i] > 0.02 * power.mean()][:4])
    teacher = copy.deepcopy(teacher)
    busy = next(i for i in range(16) if i not in subset)
    teacher.conv1_1.bias[busy] = 5.0  # goes along with everything, unless its mean is taken out
    monkeypatch.setattr(train, "load_teacher", lambda source: teacher)
    student = train.fold_batch_norm(train.build_student(SMALL))
    student.conv1_1.weight.data = 2 * teacher.conv1_1.weight[subset]
    student.conv1_1.bias.data = 2 * teacher.conv1_1.bias[subset]
    start = tmp_path / "start.safetensors"
    train.save_weights(student, start)
    trainer = make_trainer(photos, "--start", str(start))
    assert [conv.out_channels for conv in train.convolutions(trainer.student)] == SMALL
    assert trainer.settled and not any(isinstance(m, torch.nn.BatchNorm2d) for m in trainer.student)
    assert all(p.requires_grad for p in trainer.student.parameters())
    assert trainer.chosen["relu1_1"].tolist() == subset
    assert trainer.unit["relu1_1"].item() == pytest.approx(0.5, rel=1e-3)
    assert all(torch.equal(x, x.unique()) for x in trainer.chosen.values())
    trainer.chosen = {"relu1_1": trainer.chosen["relu1_1"]}
    with torch.no_grad():
        theirs = extract_features(trainer.teacher, image, trainer.theirs)
        mine = extract_features(trainer.student, image, trainer.mine)
        found = trainer.losses(mine, theirs)
    assert found["match"] < 1e-5  # float16
    assert found["gram"] < 1e-2


def test_in_order_is_the_best_rising_sequence() -> None:
    torch.manual_seed(0)
    for rows, columns in [(1, 5), (3, 7), (4, 4), (5, 9)]:
        likeness = torch.randn(rows, columns) - 2  # negative ones count too
        best = max(
            itertools.combinations(range(columns), rows),
            key=lambda c: likeness[torch.arange(rows), torch.tensor(c)].sum(),
        )
        assert train.in_order(likeness).tolist() == list(best)


def test_in_order_is_not_led_astray_by_noise_and_silent_channels() -> None:
    torch.manual_seed(0)
    truth = torch.randperm(64)[:12].sort().values
    likeness = 0.3 * torch.rand(12, 64)
    likeness[torch.arange(12), truth] = 0.8
    likeness[3, truth[9]] = 1.0  # more like another one's channel than like its own
    likeness[6] = 0.0  # silent
    found = train.in_order(likeness)
    loud = torch.arange(12) != 6
    assert likeness[3].argmax() != truth[3]
    assert torch.equal(found[loud], truth[loud])
    assert truth[5] < found[6] < truth[7]


def test_a_tap_wider_than_the_teachers_is_one_clear_sentence(photos: Path) -> None:
    with pytest.raises(SystemExit, match="relu1_1 has 17 channels, the teacher's 16"):
        make_trainer(photos, "--widths", "17", *map(str, SMALL[1:]))


# --- the optimiser, and what is done to the finished network --------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 40), (40, 5), (16, 16)])
def test_an_orthogonal_step_turns_all_directions_alike(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    u, _, v = torch.linalg.svd(torch.randn(shape), full_matrices=False)
    spread = torch.linspace(0.05, 1, min(shape))
    turned = train.orthogonal(u * spread @ v)
    values = torch.linalg.svdvals(turned)
    assert 0.6 < values.min() <= values.max() < 1.3
    assert torch.allclose(turned, (u.T @ turned @ v.T).diagonal() * u @ v, atol=1e-3)  # the directions stay


def test_muon_walks_downhill_and_leaves_what_has_no_gradient() -> None:
    torch.manual_seed(0)
    goal, still = torch.randn(6, 4, 3, 3), torch.nn.Parameter(torch.ones(2, 2))
    kernel = torch.nn.Parameter(torch.zeros(6, 4, 3, 3))
    optimizer = train.Muon([kernel, still], lr=0.05, weight_decay=0.0)
    distances = []
    for _ in range(120):
        optimizer.zero_grad()
        loss = (kernel - goal).square().sum()
        loss.backward()
        optimizer.step()
        distances.append(loss.item())
    assert distances[-1] < 0.2 * distances[0]
    assert torch.equal(still, torch.ones(2, 2))


def test_folding_batch_norm_keeps_the_outputs() -> None:
    torch.manual_seed(0)
    student, images = train.build_student(SMALL), torch.rand(4, 3, 32, 32)
    for _ in range(3):  # running means and variances that are not 0 and 1
        student(images * torch.rand(4, 1, 1, 1))
    student.eval()
    folded = train.fold_batch_norm(student)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in folded)
    names = [name for name in folded.layer_names if "conv" not in name]  # a conv of the student is before its norm
    before, after = extract_features(student, images, names), extract_features(folded, images, names)
    for name in names:
        torch.testing.assert_close(after[name], before[name], rtol=1e-4, atol=1e-5)


def test_rescaling_gives_mean_one_and_keeps_relative_distances() -> None:
    torch.manual_seed(0)
    student, images = train.fold_batch_norm(train.build_student(SMALL)), torch.rand(4, 3, 32, 32)
    names = [name for name in student.layer_names if "relu" in name]
    before = extract_features(student, images, names)
    train.rescale(student, images)
    for name, x in extract_features(student, images, names).items():
        assert x.mean().item() == pytest.approx(1, abs=1e-3)
        torch.testing.assert_close(x, before[name] / before[name].mean(), rtol=1e-3, atol=1e-4)


# --- pictures and canvases ------------------------------------------------------------------------------------


def test_augmented_crops_are_pictures_and_seeded(photos: Path) -> None:
    pictures = train.load_pictures(photos, [])
    assert [min(picture.shape[1:]) for picture in pictures] == [256] * 4
    sources = [train.Source(pictures, 3, 48) for _ in range(2)]
    for _ in range(4):
        batch, again = (source.batch(6) for source in sources)
        assert batch.shape == (6, 3, 48, 48)
        assert torch.equal(batch, again)
        assert 0 <= batch.min() <= batch.max() <= 1
        assert batch.std() > 0.02
    assert not torch.equal(sources[0].batch(6), batch)


def test_a_crop_is_a_piece_of_one_picture() -> None:
    """Pictures of several shapes: red is the column, green the row, blue the picture's own number."""
    pictures = []
    for number, (height, width) in enumerate([(90, 60), (60, 100), (70, 70)]):
        row, column = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        pictures.append(torch.stack([column, row, torch.full_like(row, 50 * number)]).byte())
    for crop in 255 * train.Source(pictures, 0, 32).crops(24):
        red, green, blue = crop
        assert (blue - blue[0, 0]).abs().max() < 1e-3 and round(blue[0, 0].item()) in (0, 50, 100)
        assert (red - red[:1]).abs().max() < 1e-3 and (green - green[:, :1]).abs().max() < 1e-3
        steps = [red[0].diff()[2:-2], green[:, 0].diff()[2:-2]]  # resizing flattens the ends
        assert all(step.std() < 0.05 for step in steps)
        assert steps[0].mean().abs().item() == pytest.approx(steps[1].mean().item(), abs=0.02)  # flipped or not


def test_paintings_are_mixed_in_at_their_share() -> None:
    white, black = torch.full((3, 40, 40), 255, dtype=torch.uint8), torch.zeros(3, 40, 40, dtype=torch.uint8)
    source = train.Source([black, black, white], 0, 8, style_share=0.25, n_styles=1)
    share = source.crops(400).mean().item()
    assert share == pytest.approx(0.25, abs=0.07)


def test_a_palette_is_mean_and_covariance_and_no_flow_leaves_the_picture() -> None:
    torch.manual_seed(0)
    x, other = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16) ** 3
    swapped = train.swap_palette(x, other)
    for got, wanted in zip(swapped.flatten(2), other.flatten(2)):
        assert torch.allclose(got.mean(1), wanted.mean(1), atol=1e-4)
        assert torch.allclose(got.cov(), wanted.cov(), atol=2e-3)
    assert torch.allclose(train.warp(x, torch.zeros(2, 2, 16, 16)), x, atol=1e-5)


def test_no_pictures_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="No pictures found"):
        train.load_pictures(tmp_path, [])


def test_a_canvas_is_painted_with_adam(photos: Path) -> None:
    source = train.Source(train.load_pictures(photos, []), 0, 16)
    canvases = train.Canvases.make(3, source)
    start, index = canvases.canvas.clone(), torch.tensor([2, 0])
    expected = [start[i].clone().requires_grad_() for i in index]
    adams = [torch.optim.Adam([x], float(canvases.rate[i]), (0.9, 0.98), 1e-12) for x, i in zip(expected, index)]
    for _ in range(3):
        gradient = torch.randn(2, 3, 16, 16)
        canvases.step(index, gradient)
        for x, g, adam in zip(expected, gradient, adams):
            x.grad = g
            adam.step()
            x.data.clamp_(0, 1)
    assert torch.allclose(canvases.canvas[index], torch.stack(expected), atol=1e-5)
    assert torch.equal(canvases.canvas[1], start[1])
    assert canvases.age.tolist() == [3, 0, 3]


def test_painting_lowers_the_students_own_loss_and_ends(photos: Path) -> None:
    trainer = make_trainer(photos, "--canvases", "1")
    canvases, index = trainer.canvases, torch.tensor([0])
    canvases.life[0], canvases.rate[0], canvases.content_weight[0] = 21, 0.02, 0.01
    style, content = canvases.style.clone(), canvases.content.clone()

    @torch.no_grad()
    def loss() -> float:
        student = trainer.student.eval()
        target = extract_features(student, torch.cat([content, style]), train.MATCH)
        return train.painting_loss(
            extract_features(student, canvases.canvas, train.MATCH), target, canvases.content_weight
        ).item()

    before = loss()
    for _ in range(20):
        trainer.paint(index)
    assert loss() < 0.6 * before
    assert torch.equal(canvases.style, style)
    assert all(p.grad is None for p in trainer.student.parameters())  # painting does not train
    trainer.paint(index)  # the last step of its life: a new content, style and canvas
    assert canvases.age[0] == 0 and not torch.equal(canvases.style, style)


def test_the_painting_loss_is_relative() -> None:
    """Nothing for a canvas that has both; and the size of the activations does not count."""
    torch.manual_seed(0)
    target = {name: torch.rand(4, 3, 4, 4) for name in train.MATCH}
    for name in train.STYLE_LAYERS:
        target[name][2:] = target[name][:2]  # the styles have the Gram matrices of the contents
    now = {name: x[:2].clone() for name, x in target.items()}
    weight = torch.tensor([0.5, 2.0])
    assert train.painting_loss(now, target, weight).abs().max() < 1e-8
    black = {name: torch.zeros_like(x) for name, x in now.items()}
    assert torch.allclose(train.painting_loss(black, target, weight), 1 + weight)
    large = {name: 9 * x for name, x in target.items()}
    assert torch.allclose(train.painting_loss(black, large, weight), 1 + weight)
