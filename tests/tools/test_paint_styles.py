"""The bundled style pictures: painted by the program beside them, rich at several scales, of the right size."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nsthelpers import paintings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "data" / "style"


def _load():
    spec = importlib.util.spec_from_file_location("paint_styles", ROOT / "tools" / "paint_styles.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


paint = _load()
NAMES = sorted(paint.PAINTERS)


def _edges(picture: Image.Image, reduction: int) -> float:
    """The mean difference of neighbouring pixels, in grey levels, after a reduction by averaging."""
    grey = np.asarray(picture.convert("L").reduce(reduction), float)
    return (np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()) / 2


def test_the_folder_holds_what_the_program_paints():
    assert NAMES == ["de_stijl", "marbling", "pointillism", "stained_glass"]
    assert {file.stem for file in FOLDER.glob("*.jpg")} == {*NAMES, *paintings()}


@pytest.mark.parametrize("name", NAMES)
def test_size(name):
    file = FOLDER / f"{name}.jpg"
    with Image.open(file) as picture:
        assert (picture.mode, min(picture.size)) == ("RGB", 640)
        assert max(picture.size) <= 900
    assert file.stat().st_size < 350_000


def test_shapes_differ():
    ratios = []
    for name in NAMES:
        with Image.open(FOLDER / f"{name}.jpg") as picture:
            ratios.append(picture.width / picture.height)
    assert sum(ratio > 1.1 for ratio in ratios) >= 1
    assert sum(ratio < 0.9 for ratio in ratios) >= 1
    assert sum(ratio == 1 for ratio in ratios) >= 1


@pytest.mark.parametrize("name", NAMES)
def test_rich_in_colour_and_at_three_scales(name):
    with Image.open(FOLDER / f"{name}.jpg") as picture:
        picture.load()
    pixels = np.asarray(picture).reshape(-1, 3)
    assert len(np.unique(pixels // 8, axis=0)) > 1500  # colours that differ by more than a shade
    for reduction in (1, 4, 16):
        assert _edges(picture, reduction) > 5, reduction
    # Never flat: in nearly every little square of 16 x 16 pixels something happens.
    grey = np.asarray(picture.convert("L"), float)
    rows, columns = grey.shape[0] // 16, grey.shape[1] // 16
    squares = grey[: rows * 16, : columns * 16].reshape(rows, 16, columns, 16)
    assert np.mean(squares.std(axis=(1, 3)) > 1.5) > 0.99


def test_a_flat_picture_is_not_rich():
    assert _edges(Image.new("RGB", (640, 640), "red"), 1) == 0


@pytest.mark.parametrize("name", ["marbling", "pointillism"])
def test_same_seed_same_pixels(name):
    first, again, other = (paint.PAINTERS[name](seed, 96) for seed in (3, 3, 4))
    assert min(first.size) == 96
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_every_painter_paints_small():
    for name, painter in paint.PAINTERS.items():
        picture = painter(1, 64)
        assert (picture.mode, min(picture.size)) == ("RGB", 64), name
        assert np.asarray(picture).std() > 20, name


def test_command_line(tmp_path, capsys):
    paint.main(["marbling", "--out", str(tmp_path), "--size", "64", "--seed", "2"])
    assert [file.name for file in tmp_path.iterdir()] == ["marbling.jpg"]
    assert "marbling" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        paint.main(["no_such_picture", "--out", str(tmp_path)])


def test_oklab_round_trip():
    colours = np.random.default_rng(0).random((100, 3))
    np.testing.assert_allclose(paint.from_oklab(paint.to_oklab(colours)), colours, atol=1e-3)


def test_stays_below_the_limit(tmp_path):
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8))
    assert paint.save(noise, tmp_path / "noise.jpg", limit=30_000) < 30_000
