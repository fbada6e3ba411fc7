"""The measure of tools/judge.py, with a judge of random weights."""

import importlib.util
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from nsthelpers import load_image

_spec = importlib.util.spec_from_file_location("judge", Path(__file__).parents[1] / "tools" / "judge.py")
judge = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(judge)


@pytest.fixture(scope="module")
def squeezenet() -> "judge.Judge":
    torch.manual_seed(0)
    return judge.Judge(None)


@pytest.fixture(scope="module")
def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    return load_image("chelsea", 96, "cpu"), load_image("swirls", 80, "cpu")


def test_the_unchanged_content_has_style_one_and_content_zero(squeezenet, pictures) -> None:
    content, style = pictures
    assert squeezenet.style_distance(content, style, content) == pytest.approx(1.0)
    assert squeezenet.content_distance(content, content) == 0.0


def test_the_style_itself_has_style_zero(squeezenet, pictures) -> None:
    content, style = pictures
    assert squeezenet.style_distance(style, style, content) == 0.0


def test_distances_against_the_formula(squeezenet, pictures) -> None:
    content, style = pictures
    out = (0.5 * content + 0.2).clamp(0, 1)

    def distance(image: torch.Tensor) -> float:
        total = 0.0
        for n in (1, 3, 5, 8, 10):
            f, s = (squeezenet(x, [n])[n].flatten(2)[0].double() for x in (image, style))
            g, a = f @ f.T / f.shape[1], s @ s.T / s.shape[1]
            total += float((g - a).square().sum().sqrt() / a.square().sum().sqrt())
        return total / 5

    assert squeezenet.style_distance(out, style, content) == pytest.approx(distance(out) / distance(content), rel=1e-4)
    error = [
        float((squeezenet(out, [n])[n] - squeezenet(content, [n])[n]).norm() / squeezenet(content, [n])[n].norm()) ** 2
        for n in (5, 7)
    ]
    assert squeezenet.content_distance(out, content) == pytest.approx(sum(error) / 2, rel=1e-4)


def test_the_activations_are_those_of_torchvision(squeezenet) -> None:
    image = torch.rand(1, 3, 64, 64)
    x = (image - torch.tensor(judge.MEAN).view(1, 3, 1, 1)) / torch.tensor(judge.STD).view(1, 3, 1, 1)
    torch.testing.assert_close(squeezenet(image, [5])[5], squeezenet.net[:6](x))


def test_pairs() -> None:
    assert len(set(judge.all_pairs(judge.CONTENTS, judge.STYLES))) == 25
    assert judge.all_pairs("ab", "cd", diagonal=True) == [("a", "c"), ("b", "d")]


def test_measure_writes_results_and_never_repeats(tmp_path: Path, monkeypatch, capsys) -> None:
    torch.manual_seed(0)
    from torchvision.models import squeezenet1_0

    save_file(squeezenet1_0().state_dict(), tmp_path / "judge.safetensors")
    command = [
        "measure", "--teacher", str(tmp_path / "judge.safetensors"), "--networks", "mini", "random", "teacher",
        "--contents", "chelsea", "--styles", "swirls", "--size", "64", "--steps", "2",
        "--out", str(tmp_path / "r.json"), "--pictures", str(tmp_path / "pictures"),
    ]  # fmt: skip
    judge.main(command)
    table = capsys.readouterr().out
    assert table.count("\n| ") == 4
    rows = json.loads((tmp_path / "r.json").read_text())
    assert {row["network"] for row in rows.values()} == {"mini", "random", "teacher"}
    assert all(0 < row["style_distance"] < 2 for row in rows.values())
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 3
    monkeypatch.setattr(judge.Bench, "paint", lambda *_: pytest.fail("painted again"))
    judge.main(command)
    assert capsys.readouterr().out == table


def test_a_sheet_stays_below_its_limit(tmp_path: Path) -> None:
    noise = [[torch.rand(1, 3, 60, 90) for _ in range(3)] for _ in range(2)]
    judge.contact_sheet(noise, ["a", "b", "c"], tmp_path / "s.jpg", 100, limit=60_000)
    assert 1000 < (tmp_path / "s.jpg").stat().st_size < 60_000


def test_psnr_of_a_known_error() -> None:
    assert judge.psnr(torch.zeros(1, 3, 4, 4), torch.full((1, 3, 4, 4), 0.1)) == pytest.approx(20, abs=1e-4)
