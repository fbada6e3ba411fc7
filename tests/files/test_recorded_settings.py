"""Settings inside pictures: read again from each format, nothing private in them, and what must be given again is said."""

import io
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from nsthelpers import load_backbone, load_image, load_settings, save_image, save_with_settings, stylize
from nsthelpers.files.settings import MARK, describe, digest, embed

ENDINGS = ["png", "jpg", "webp", "avif"]
BACKBONE = load_backbone("mini", "max", device="cpu")
SMALL = {"size": 32, "steps": 1, "scales": 1, "progress": False, "device": "cpu"}


def run(content="chelsea", style="marbling", **settings):
    return stylize(content, style, **SMALL | settings)


def test_every_format_that_holds_settings_makes_the_picture_again(tmp_path):
    layers = {"relu1_1": 1.0, "relu2_1": 0.5}
    first = run(seed=7, init="noise", style_layers=layers, content_weight=np.float32(0.25))
    for ending in ENDINGS:
        path = save_image(first, tmp_path / f"a.{ending}")
        settings = load_settings(path)
        assert settings == load_settings(path.read_bytes()) == load_settings(str(path)) == first.settings
        assert load_image(path, device="cpu").shape == first.image.shape
    assert settings["seed"] == 7 and settings["style_layers"] == layers and settings["content_weight"] == 0.25
    assert torch.equal(stylize(**settings, progress=False).image, first.image)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_description_for_people(tmp_path, ending):
    path = save_with_settings(torch.zeros(1, 3, 2, 2), tmp_path / f"a.{ending}", {"seed": 1}, "Größe ← ✓")
    with Image.open(path) as picture:
        said = picture.info["Description"] if ending == "png" else picture.getexif()[0x010E]
    said = said if isinstance(said, str) else said.decode()
    assert said in ("Größe ← ✓", "Größe ← ✓".encode().decode("latin-1"))  # Pillow decodes the bytes as Latin-1
    assert load_settings(path) == {"seed": 1}


def test_formats_without_settings(tmp_path):
    path = save_image(run(), tmp_path / "a.bmp")
    with pytest.raises(ValueError, match="Cannot read settings from"):
        load_settings(path)
    with pytest.raises(ValueError, match="'.*a.bmp' with its settings: use .png, .jpg, .webp"):
        save_with_settings(torch.zeros(1, 3, 2, 2), tmp_path / "a.bmp", {})


def exif_comment(text):
    exif, buffer = Image.Exif(), io.BytesIO()
    exif.get_ifd(0x8769)[0x9286] = text
    Image.new("RGB", (2, 2)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"no picture", "damaged, or not a picture"),
        (b"", "damaged, or not a picture"),
        (exif_comment(b"ASCII\0\0\0holidays"), "holds no settings"),
        (exif_comment(MARK + b"[1, 2]"), "holds no settings"),
        (exif_comment(MARK + b"{half"), "damaged"),
        (exif_comment(MARK + b"[" * 20_000), "damaged"),
        (embed(Image.new("RGB", (2, 2)), "PNG", {"size": 3})[:60], "damaged"),
        (embed(Image.new("RGB", (2, 2)), "WEBP", {"size": 3})[:30], "damaged"),
    ],
)
def test_other_files_are_refused(data, said):
    with pytest.raises(ValueError, match=said) as caught:
        load_settings(data)
    assert "the picture" in str(caught.value)


# Nothing private


def photograph():
    """A JPEG with a place, a camera and a comment in it."""
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[0x010F], exif[0x0110] = "SECRETMAKER", "SECRETMODEL"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 31.0, 12.0), 29: "SECRETDATE"})
    picture = Image.effect_noise((64, 48), 90).convert("RGB")
    picture.save(buffer, "JPEG", exif=exif, comment=b"SECRETCOMMENT", xmp=b"<SECRETXMP/>")
    return buffer.getvalue()


@pytest.mark.parametrize("source", ["path", "bytes", "PIL", "file", "array"])
def test_nothing_of_the_photograph_gets_in(source):
    with tempfile.TemporaryDirectory(prefix="SECRETFOLDER") as folder:
        path = Path(folder) / "cat.jpg"
        path.write_bytes(photograph())
        opened = Image.open(path)
        with open(path, "rb") as file:
            content = {
                "path": path, "bytes": path.read_bytes(), "PIL": opened, "file": file, "array": np.asarray(opened)
            }[source]  # fmt: skip
            result = run(content, backbone=BACKBONE)
        opened.close()
        written = [save_image(result, Path(folder) / f"a.{ending}").read_bytes() for ending in ENDINGS]
    for data in written:
        assert b"SECRET" not in data and "SECRET".encode("utf-16-le") not in data
        with Image.open(io.BytesIO(data)) as saved:
            assert not saved.getexif().get_ifd(0x8825) and set(saved.getexif().get_ifd(0x8769)) <= {0x9286}
            assert not {"comment", "xmp"} & set(saved.info)
        assert len(json.dumps(load_settings(data))) < 2000


PICTURE = Image.new("RGB", (6, 4), "red")
TENSOR = torch.full((1, 3, 4, 6), 0.5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("starry_night", "starry_night"),
        ("/home/me/cat.jpg", "./cat.jpg"),
        ("~/cat.jpg", "./cat.jpg"),
        (Path("/home/me/cat.jpg"), "./cat.jpg"),
        (Path("cat.jpg"), "cat.jpg"),
        ("https://example.org/cat.jpg", "https://example.org/cat.jpg"),
        ("https://example.org/cat.jpg?key=SECRET", "<picture from an address with a key>"),
        ("https://me:SECRET@example.org/cat.jpg", "<picture from an address with a key>"),
        (TENSOR, f"<tensor 1 × 3 × 4 × 6 {digest(TENSOR)}>"),
        (TENSOR.to("meta"), "<tensor 1 × 3 × 4 × 6>"),
        (np.zeros((4, 6, 3), np.uint8), f"<array 4 × 6 × 3 {digest(bytes(72))}>"),
        (np.zeros((6, 4, 3), np.uint8)[::-1], f"<array 6 × 4 × 3 {digest(bytes(72))}>"),
        (b"12345", f"<file of 5 bytes {digest(b'12345')}>"),
        (bytearray(b"12345"), f"<file of 5 bytes {digest(b'12345')}>"),
        (memoryview(b"12345"), f"<file of 5 bytes {digest(b'12345')}>"),
        (PICTURE, f"<picture 6 × 4 {digest(PICTURE.tobytes())}>"),
        (BACKBONE, f"<network mini with max pooling {digest(*BACKBONE.parameters())}>"),
        (io.BytesIO(b"12345"), "<open file>"),
        (np.int64(64), 64),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("a"), "a"),
        (torch.device("cpu"), "cpu"),
        (torch.float32, "torch.float32"),
        (["chelsea", b"1"], ["chelsea", f"<file of 1 bytes {digest(b'1')}>"]),
        ({"relu1_1": np.float64(0.5)}, {"relu1_1": 0.5}),
        (True, True),
        (None, None),
        (len, "<builtin_function_or_method>"),
        ({1, 2}, "<set>"),
        (1j, "<complex>"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_everything_is_described_in_short(value, expected):
    found = describe(value)
    assert found == expected and type(found) is type(expected)
    assert json.loads(json.dumps(found)) == expected


def test_an_open_file_is_named_without_its_folder(tmp_path):
    with open(tmp_path / "cat.jpg", "wb+") as file:
        assert describe(file) == "<open file cat.jpg>"


def test_a_damaged_picture_is_described_too():
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(buffer, "BMP")
    assert describe(Image.open(io.BytesIO(buffer.getvalue()[:2000]))) == "<picture 64 × 64>"


def test_networks_that_differ_are_told_apart():
    random = load_backbone("mini", "max", weights="random", device="cpu")
    assert describe(random) != describe(BACKBONE) != describe(load_backbone("mini", "avg", device="cpu"))


# What must be given again


GIVEN = {
    "a tensor": ({"content": TENSOR.repeat(1, 1, 8, 8)}, "content", "tensor 1 × 3 × 32 × 48 "),
    "bytes": ({"content": photograph()}, "content", "file of [0-9]+ bytes "),
    "PIL": ({"content": Image.new("RGB", (64, 48))}, "content", "picture 64 × 48 "),
    "an array": ({"style": np.zeros((48, 64))}, "style", "array 48 × 64 "),
    "one of two styles": ({"style": ["marbling", Image.new("RGB", (64, 48))]}, "style", "picture 64 × 48 "),
    "init": ({"init": torch.rand(1, 3, 21, 32)}, "init", "tensor 1 × 3 × 21 × 32 "),
    "a network": ({"backbone": BACKBONE}, "backbone", "network mini with max pooling "),
}


@pytest.mark.parametrize("kind", GIVEN)
def test_what_is_not_stored_must_be_given_again(tmp_path, kind):
    given, name, called = GIVEN[kind]
    stored = describe({"content": "chelsea", "style": "marbling", **SMALL, **given})
    settings = load_settings(save_with_settings(torch.zeros(1, 3, 2, 2), tmp_path / "a.png", stored))
    with pytest.raises(
        ValueError, match=f"^{name} was {called}[0-9a-f]{{16}}, which is not stored .*; give it again\\.$"
    ):
        stylize(**settings)
    assert stylize(**settings | given).stopped == "finished"


def test_numpy_lists_and_booleans_are_settings(tmp_path):
    settings = {"style_layers": np.array(["relu1_1"]), "style_blend": np.array([2, 1]), "keep_colours": np.bool_(False)}
    result = run(style=["marbling", "de_stijl"], **settings)
    stored = load_settings(save_image(result, tmp_path / "a.png"))
    assert stored["style_layers"] == ["relu1_1"] and stored["style_blend"] == [2, 1] and stored["keep_colours"] is False
    assert torch.equal(stylize(**stored, progress=False).image, result.image)
