import io
import json
import os
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nsthelpers import images, list_images, load_image, paintings, resize, save_image, to_pil


def encoded(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def load(source, size=None):
    return load_image(source, size, device="cpu")


@pytest.fixture
def rgb():
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 9, 3), dtype=np.uint8))


# Right pixels, whatever the mode


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


def test_transparency_is_laid_over_white():
    picture = Image.new("RGBA", (2, 1), (255, 0, 0, 255))
    picture.putpixel((1, 0), (0, 0, 0, 0))
    assert load(picture)[0, :, 0].T.tolist() == [[1, 0, 0], [1, 1, 1]]


def test_palette_with_transparency():
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 100, 50])
    picture.putpixel((1, 0), 1)
    pixels = load(encoded(picture, transparency=0))[0, :, 0].T * 255
    assert pixels.round().tolist() == [[255, 255, 255], [200, 100, 50]]


def test_sixteen_bits_keep_their_depth():
    grey = Image.fromarray(np.array([[0, 257, 258, 65535]], dtype=np.uint16))
    values = load(encoded(grey))[0, 0, 0]
    assert torch.allclose(values * 65535, torch.tensor([0.0, 257.0, 258.0, 65535.0]), atol=0.01)
    assert load(encoded(grey)).shape == (1, 3, 1, 4)


def test_greyscale_has_three_equal_channels():
    image = load(Image.linear_gradient("L"))
    assert torch.equal(image[:, 0], image[:, 1]) and torch.equal(image[:, 0], image[:, 2])


def test_cmyk_jpeg_gives_rgb():
    image = load(encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95))
    assert torch.allclose(image.mean(dim=(0, 2, 3)), torch.tensor([1.0, 0.0, 0.0]), atol=0.05)


def test_bilevel_is_black_and_white():
    assert load(Image.new("1", (3, 2), 1)).unique().tolist() == [1.0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(orientation):
    upright = Image.new("RGB", (16, 8), "black")
    upright.paste("red", (0, 0, 8, 4))
    stored = upright
    if orientation > 1:
        # How a camera in that orientation stores the upright picture: the inverse of what undoes it.
        mirror, left, half, right, flip, transpose, transverse = (
            Image.Transpose(number) for number in (0, 2, 3, 4, 1, 5, 6)
        )
        stored = upright.transpose([mirror, half, flip, transpose, left, transverse, right][orientation - 2])
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = load(encoded(stored, exif=exif))
    assert torch.equal(image, load(upright))
    assert load(encoded(stored, exif=exif), size=8).shape == (1, 3, 4, 8)


def test_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert load(data)[0, :, 0, 0].tolist() == [1, 0, 0]


# Sizes


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


# One clear sentence


def test_truncated_jpeg():
    data = encoded(Image.effect_noise((64, 64), 90).convert("RGB"), "JPEG")
    with pytest.raises(ValueError, match="damaged or incomplete"):
        load(data[: len(data) // 2])


def test_text_called_png(tmp_path):
    path = tmp_path / "notes.png"
    path.write_text("no picture")
    with pytest.raises(ValueError, match=r"notes\.png.* no picture in a known format"):
        load(path)


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n"])
def test_empty_files(data):
    with pytest.raises(ValueError, match="Cannot read"):
        load(data)


def test_missing_path_and_directory(tmp_path):
    with pytest.raises(FileNotFoundError, match="did you mean 'chelsea'"):
        load("chelsey")
    with pytest.raises(FileNotFoundError, match="no file"):
        load(tmp_path / "missing.png")
    with pytest.raises(ValueError, match="is a folder"):
        load(tmp_path)


def test_decompression_bomb(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(ValueError, match="too many pixels"):
        load(encoded(Image.new("RGB", (10, 10))))


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


# Saving


def test_saved_png_comes_back_exactly(tmp_path, rgb):
    path = save_image(load(rgb), tmp_path / "a.png")
    assert torch.equal(load(path), load(rgb))
    assert os.listdir(tmp_path) == ["a.png"]


def test_values_are_rounded_and_clipped():
    image = torch.tensor([-0.5, 0.499 / 255, 0.501 / 255, 2.0]).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    assert [to_pil(image).getpixel((x, 0))[0] for x in range(4)] == [0, 0, 1, 255]


def test_saving_fails_before_anything_is_written(tmp_path):
    image = torch.zeros(1, 3, 2, 2)
    with pytest.raises(ValueError, match="no picture format"):
        save_image(image, tmp_path / "a.docx")
    with pytest.raises(FileNotFoundError, match="create it"):
        save_image(image, tmp_path / "missing" / "a.png")
    with pytest.raises(ValueError, match="NaN"):
        save_image(image / 0, tmp_path / "a.png")
    assert os.listdir(tmp_path) == []


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = save_image(torch.zeros(1, 3, 2, 2), tmp_path / "a.png")
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(images.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_image(torch.ones(1, 3, 2, 2), path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a.png"]


# Names and the facts about the bundled pictures

ROOT = Path(__file__).parent.parent
FACTS = json.loads((images.data_folder() / "pictures.json").read_text(encoding="utf-8"))
KEYS = {
    "name", "kind", "title", "artist", "year", "licence", "licence_link", "origin", "changes", "size", "shows"
}  # fmt: skip


def test_lists_of_names():
    assert {"tuebingen", "pagoda"} <= set(list_images("content")) and len(list_images("content")) >= 7
    assert set(paintings()) < set(list_images("style")) and len(paintings()) == 8
    assert list_images() == sorted(list_images("content") + list_images("style"))
    for kind in ("photo", "painting"):
        with pytest.raises(ValueError, match="kind is"):
            list_images(kind)


def test_every_picture_has_its_facts_and_the_reverse():
    files = sorted(f"{path.parent.name}/{path.name}" for path in images.data_folder().glob("*/*"))
    assert files == sorted(f"{facts['kind']}/{facts['name']}.jpg" for facts in FACTS)
    assert len({facts["name"] for facts in FACTS}) == len(FACTS)  # a name means one picture


@pytest.mark.parametrize("facts", FACTS, ids=lambda facts: facts["name"])
def test_the_facts_are_complete_and_the_sizes_right(facts):
    museum = {"museum", "story"} if facts["name"] in paintings() else set()
    assert set(facts) == KEYS | museum
    for key in set(facts) - {"year", "size"}:
        assert isinstance(facts[key], str) and facts[key] == facts[key].strip() != "", key
    # When some photographs were taken is not known; of every style it is.
    assert facts["year"] is None and facts["kind"] == "content" or re.search(r"\d{4}$", facts["year"])
    assert facts["licence"] in ("public domain", "CC0", "CC BY 2.0", "CC BY 3.0", "CC BY 4.0")
    link = facts["licence"].removeprefix("CC ").lower().replace(" ", "/")
    link = {"public/domain": "publicdomain/mark/1.0", "cc0": "publicdomain/zero/1.0"}.get(link, f"licenses/{link}")
    assert facts["licence_link"] == f"https://creativecommons.org/{link}/"
    with Image.open(images.data_folder() / facts["kind"] / f"{facts['name']}.jpg") as picture:
        assert (picture.format, picture.mode) == ("JPEG", "RGB") and list(picture.size) == facts["size"]
    assert max(facts["size"]) <= 1000 and min(facts["size"]) >= 300
    assert facts["shows"].endswith(".") and len(facts["shows"].split()) <= 30


def test_the_stories_are_short_and_in_whole_sentences():
    for name, facts in paintings().items():
        assert 60 <= len(facts["story"].split()) <= 100 and facts["story"].endswith("."), name
        assert facts["licence"] == "public domain" and 1400 < int(facts["year"][-4:]) < 1930, name


def test_nobody_changes_the_facts_for_the_next_caller():
    taken = paintings()
    taken.pop("starry_night")
    taken["the_scream"].clear()
    assert paintings()["starry_night"]["title"] == "The Starry Night" and paintings()["the_scream"]["artist"]


def test_shapes_of_every_kind():
    shapes = [facts["size"] for facts in FACTS]
    assert {"portrait", "landscape", "square"} == {
        "square" if w == h else "portrait" if h > w else "landscape" for w, h in shapes
    }


def test_the_page_of_the_pictures_says_what_the_facts_say():
    """Not so? `python tools/write_data_readme.py` writes it anew."""
    tool = runpy.run_path(str(ROOT / "tools" / "write_data_readme.py"))
    page = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    assert page == tool["page"]()
    assert all(facts["title"] in page and facts["artist"] in page and facts["licence_link"] in page for facts in FACTS)


def test_the_pictures_are_light():
    assert sum(path.stat().st_size for path in images.data_folder().rglob("*") if path.is_file()) <= 5e6
