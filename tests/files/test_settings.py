import io
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nsthelpers import load_backbone, load_image, load_settings, save_image, save_with_settings, stylize, to_pil
from nsthelpers.files.settings import describe, digest, embed

BLACK = torch.zeros(1, 3, 2, 2)


def png(**texts):
    info, buffer = PngInfo(), io.BytesIO()
    for name, text in texts.items():
        info.add_text(name, text)
    Image.new("RGB", (2, 2)).save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def test_settings_of_a_file_make_the_same_picture_again(tmp_path):
    first = stylize("chelsea", "starry_night", size=48, steps=3, seed=5, init="noise", tv_weight=0.2, progress=False)
    path = save_with_settings(first.image, tmp_path / "painted.png", first.settings)
    stored = load_settings(path)
    assert stored["seed"] == 5 and stored["init"] == "noise" and stored["size"] == 48
    again = stylize(**stored, progress=False)
    assert torch.equal(again.image, first.image)
    assert torch.equal((load_image(path, device="cpu") * 255).round(), (first.image.cpu() * 255).round())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("tuebingen", "tuebingen"),
        ("cat.jpg", "cat.jpg"),
        ("/home/ada/secret/cat.jpg", "./cat.jpg"),
        (Path("secret") / "cat.jpg", "./cat.jpg"),
        ("~/cat.jpg", "./cat.jpg"),
        (Path("cat.jpg"), "cat.jpg"),
        (None, None),
        (True, True),
        (3, 3),
        (0.5, 0.5),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(False), False),
        (("relu1_1", "relu2_1"), ["relu1_1", "relu2_1"]),
        ({"relu1_1": np.float64(0.5)}, {"relu1_1": 0.5}),
        (["/home/ada/a.png", "marbling"], ["./a.png", "marbling"]),
        (torch.zeros(1, 3, 2, 2), "<tensor 1 × 3 × 2 × 2 81b982a4b36cf1ee>"),
        (b"abc", "<file of 3 bytes ba7816bf8f01cfea>"),
        (bytearray(b"abc"), "<file of 3 bytes ba7816bf8f01cfea>"),
        (Image.new("RGB", (2, 2)), "<picture 2 × 2 15ec7bf0b50732b4>"),
        (io.BytesIO(b"abc"), "<open file>"),
        (np.zeros((2, 2)), "<array 2 × 2 66687aadf862bd77>"),
        (torch.nn.ReLU(), "<network ReLU with unknown pooling>"),
    ],
)
def test_settings_in_words_and_nothing_private(value, expected):
    found = describe(value)
    assert found == expected and type(found) is type(expected)
    assert json.loads(json.dumps(found)) == found


WORDS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
WORDS |= st.text().filter(lambda text: "/" not in text and os.sep not in text)


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(st.text(), st.recursive(WORDS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
)
def test_what_is_stored_comes_back(stored):
    assert load_settings(embed(Image.new("RGB", (1, 1)), "PNG", stored)) == stored


def test_digests_tell_values_shapes_and_kinds_apart():
    tensors = [torch.zeros(4), torch.zeros(2, 2), torch.zeros(4, dtype=torch.float64), torch.ones(4), torch.zeros(0)]
    assert len({digest(tensor) for tensor in tensors}) == len(tensors)
    turned = torch.arange(6.0).view(2, 3).T
    assert digest(turned) == digest(turned.contiguous()) == digest(turned.clone().requires_grad_(True))
    assert digest(torch.ones(2), torch.zeros(2)) != digest(torch.zeros(2), torch.ones(2))


def test_a_photograph_of_ones_own_must_be_given_again(tmp_path, monkeypatch):
    """Its folders are not in the PNG: it is looked for in the current folder, and the message names it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "private").mkdir()
    photo = save_image(load_image("chelsea", 48, "cpu"), tmp_path / "private" / "cat.png")
    first = stylize(photo, "marbling", size=48, steps=2, progress=False)
    file = embed(to_pil(first.image), "PNG", first.settings)
    stored = load_settings(file)
    assert stored["content"] == "./cat.png" and b"private" not in file and str(tmp_path).encode() not in file
    with pytest.raises(FileNotFoundError, match="'./cat.png'"):
        stylize(**stored, progress=False)
    again = stylize(**stored | {"content": photo}, progress=False)
    photo.rename(tmp_path / "cat.png")
    there = stylize(**stored, progress=False)
    assert torch.equal(again.image, first.image) and torch.equal(there.image, first.image)


@pytest.mark.parametrize("name", ["content", "style", "init", "backbone"])
def test_what_had_no_name_must_be_given_again(name):
    image = load_image("chelsea", 48, "cpu")
    given = load_backbone("mini", device="cpu") if name == "backbone" else image
    options = {"content": image, "style": image, "size": None, "steps": 1, "progress": False, "scales": 1}
    result = stylize(**options | {name: given})
    stored = load_settings(embed(to_pil(result.image), "PNG", result.settings))
    others = {"content": image, "style": image} | ({} if name in ("content", "style") else {name: given})
    with pytest.raises(ValueError, match=name):
        stylize(**stored | {n: v for n, v in others.items() if n != name}, progress=False)
    again = stylize(**stored | others | {name: given}, progress=False)
    assert torch.equal(again.image, result.image)


def test_description_is_readable_by_others():
    with Image.open(io.BytesIO(embed(Image.new("RGB", (2, 2)), "PNG", {}, "Größe ← ✓"))) as picture:
        assert picture.info["Description"] == "Größe ← ✓" and json.loads(picture.info["nsthelpers"]) == {}


@pytest.mark.parametrize(
    "content, message",
    [
        (b"no picture", "from the picture: it is damaged, or not a picture"),
        (png(), "holds no settings"),
        (png(nsthelpers="[1, 2]"), "holds no settings"),
        (png(nsthelpers="{half"), "damaged"),
        (embed(Image.new("RGB", (2, 2)), "PNG", {"size": 3})[:60], "damaged"),
    ],
)
def test_other_files_are_refused(content, message):
    with pytest.raises(ValueError, match=message):
        load_settings(content)


def test_names_of_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*nothing.png"):
        load_settings(tmp_path / "nothing.png")
    with pytest.raises(ValueError, match="use .png, .jpg, .webp or .avif"):
        save_with_settings(BLACK, tmp_path / "painted.bmp", {})
    with pytest.raises(FileNotFoundError, match="does not exist"):
        save_with_settings(BLACK, tmp_path / "no folder" / "painted.png", {})


def test_settings_that_are_no_longer_there_are_named():
    stored = load_settings(embed(Image.new("RGB", (2, 2)), "PNG", {"content": "chelsea", "styel_weight": 2}))
    with pytest.raises(TypeError, match="stylize has no setting 'styel_weight'; did you mean 'style_weight'?"):
        stylize(**stored, style="marbling")
