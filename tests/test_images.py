import io
import os

import numpy as np
import pytest
import torch
from PIL import Image

from nsthelpers import load_image, resize, save_image, to_pil


def encoded(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def load(source, size=None):
    return load_image(source, size, device="cpu")


@pytest.fixture
def rgb():
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8))


def test_pixels_are_exact_and_in_order(rgb):
    image = load(rgb)
    assert image.shape == (1, 3, 6, 9) and image.dtype == torch.float32 and image.is_contiguous()
    assert torch.equal((image[0].permute(1, 2, 0) * 255).round().byte(), torch.from_numpy(np.asarray(rgb)))


def test_all_kinds_of_source_agree(rgb, tmp_path):
    path = tmp_path / "picture with spaces ü.png"
    path.write_bytes(encoded(rgb))
    expected = load(rgb)
    with open(path, "rb") as file:
        for source in (path, str(path), path.read_bytes(), file, io.BytesIO(path.read_bytes()), expected):
            assert torch.equal(load(source), expected)


def test_size_is_the_longer_side():
    assert load("chelsea", 200).shape == (1, 3, 133, 200)
    assert load("the_scream", 200).shape == (1, 3, 200, 157)
    assert load("astronaut", 200).shape == (1, 3, 200, 200)


def test_one_pixel_and_a_thread(rgb):
    assert load(Image.new("RGB", (1, 1), "white")).tolist() == [[[[1.0]], [[1.0]], [[1.0]]]]
    assert load(Image.new("RGB", (20000, 10))).shape == (1, 3, 10, 20000)
    assert load(Image.new("RGB", (20000, 10)), 256).shape == (1, 3, 1, 256)


def test_resizing_keeps_the_mean():
    image = load("coffee")
    assert torch.allclose(load("coffee", 100).mean((2, 3)), image.mean((2, 3)), atol=0.01)
    assert torch.allclose(resize(image, (50, 70)).mean((2, 3)), image.mean((2, 3)), atol=0.01)


def test_tensor_source_is_resized():
    assert load(torch.rand(1, 3, 10, 20), 10).shape == (1, 3, 5, 10)


@pytest.mark.parametrize("size", [0, -1, 2.5, "256", True, 10**9])
def test_bad_size(size):
    with pytest.raises(ValueError, match="size is"):
        load("chelsea", size)


@pytest.mark.parametrize(
    ("tensor", "what"),
    [
        (torch.full((1, 3, 2, 2), float("nan")), "NaN"),
        (torch.zeros(3, 2, 2), "shape"),
        (torch.zeros(1, 3, 0, 2), "shape"),
        (torch.zeros(1, 3, 2, 2, dtype=torch.uint8), "divide 8-bit values by 255"),
    ],
)
def test_bad_tensors(tensor, what):
    with pytest.raises(ValueError, match=what):
        load(tensor)


def test_other_things_are_refused():
    with pytest.raises(ValueError, match="source is a int"):
        load(5)


def test_saved_png_comes_back_exactly(tmp_path, rgb):
    path = save_image(load(rgb), tmp_path / "a.png")
    assert torch.equal(load(path), load(rgb))
    assert os.listdir(tmp_path) == ["a.png"]


def test_values_are_rounded_and_clipped():
    image = torch.tensor([-0.5, 0.499 / 255, 0.501 / 255, 2.0]).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    assert [to_pil(image).getpixel((x, 0))[0] for x in range(4)] == [0, 0, 1, 255]


def test_saving_fails_before_anything_is_written(tmp_path):
    image = torch.zeros(1, 3, 2, 2)
    with pytest.raises(ValueError, match="not a picture format"):
        save_image(image, tmp_path / "a.docx")
    with pytest.raises(FileNotFoundError, match="create it"):
        save_image(image, tmp_path / "missing" / "a.png")
    with pytest.raises(ValueError, match="NaN"):
        save_image(image / 0, tmp_path / "a.png")
    assert os.listdir(tmp_path) == []
