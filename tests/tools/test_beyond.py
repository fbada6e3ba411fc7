"""The tools of notebook 11: painted pictures, and both trainers for a few steps, stopped and gone on."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2] / "tools" / "beyond"))
import pictures
import train_adain
import train_feedforward

from nsthelpers.beyond.adain import Decoder
from nsthelpers.beyond.feedforward import load_feedforward
from nsthelpers.files.weights import read_weights


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for number in range(3):
        noise = Image.fromarray(rng.integers(0, 255, (6, 7, 3), dtype=np.uint8))
        noise.resize((70, 64), Image.Resampling.BICUBIC).save(folder / f"{number}.jpg")
    return folder


def test_strokes_are_repeatable_and_differ_from_the_photograph(photos):
    first, second = (Image.open(photos / f"{n}.jpg") for n in (0, 1))
    painted = pictures.paint_strokes(first, second, 3)
    assert np.array_equal(painted, pictures.paint_strokes(first, second, 3))
    assert not np.array_equal(painted, pictures.paint_strokes(first, second, 4))
    before = np.asarray(first.resize(painted.size), float)
    assert np.abs(np.asarray(painted, float) - before).mean() > 10


def test_a_folder_of_paintings_is_completed_and_not_painted_twice(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures.paint_styles, "PAINTERS", {"flat": lambda seed, size: Image.new("RGB", (size, size))})
    arguments = [str(photos), str(tmp_path), "--seeds", "2", "--count"]
    pictures.main([*arguments, "1"])
    old = (tmp_path / "strokes_000.png").stat().st_mtime_ns
    pictures.main([*arguments, "2"])
    assert {path.name for path in tmp_path.iterdir()} == {
        "strokes_000.png", "strokes_001.png", "flat_0.png", "flat_1.png",
    }  # fmt: skip
    assert (tmp_path / "strokes_000.png").stat().st_mtime_ns == old


def test_kernels_in_bytes_are_as_good_as_a_half_step():
    kernels = torch.randn(5, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    kernels[3] = 0
    packed = train_feedforward.in_bytes({"a.weight": kernels, "a.bias": torch.ones(5)})
    scale = packed["a.weight.scale"].float()
    assert packed["a.weight"].dtype == torch.int8 and torch.equal(packed["a.bias"], torch.ones(5))
    assert ((packed["a.weight"] * scale - kernels).abs() <= 0.51 * scale).all()
    assert (packed["a.weight"].abs().amax((1, 2, 3)) == torch.tensor([127, 127, 127, 0, 127])).all()


TOOLS = {
    "feedforward": (train_feedforward, lambda _: ["starry_night", "--style-size", "64"], load_feedforward),
    "adain": (train_adain, lambda photos: [str(photos), "--batch", "2"], lambda _: Decoder()),
}


@pytest.mark.parametrize("name", TOOLS)
def test_a_trainer_saves_weights_and_goes_on(name, photos, tmp_path):
    tool, more, make = TOOLS[name]
    network = make("cpu")
    out = tmp_path / f"{name}.safetensors"
    arguments = [str(photos), *more(photos), "--out", str(out), "--crop", "32", "--minutes"]
    tool.main([*arguments, "0.005"])
    first = torch.load(out.with_suffix(".ckpt"), weights_only=True)
    tool.main([*arguments, str(2 * first["seconds"] / 60 + 0.002)])
    second = torch.load(out.with_suffix(".ckpt"), weights_only=True)
    assert second["done"] > first["done"] >= 1
    state, metadata = read_weights(out)
    scales = {key: state.pop(f"{key}.scale") for key in [*state] if f"{key}.scale" in state}
    assert len(scales) == (sum(value.ndim == 4 for value in state.values()) if name == "feedforward" else 0)
    for key, value in state.items():
        assert value.dtype == (torch.int8 if key in scales else torch.float16) and torch.isfinite(value).all()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    network.load_state_dict({key: value.float() * scales.get(key, 1.0) for key, value in state.items()})
    assert any(not torch.equal(before[key], value) for key, value in network.state_dict().items())
    assert metadata == ({"style": "starry_night"} if name == "feedforward" else {})
