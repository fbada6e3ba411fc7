import io
import json

import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nsthelpers import load_image, load_settings, save_with_settings, stylize
from nsthelpers.settings import png_with_settings, rounded

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
    settings = load_settings(path)
    assert settings["seed"] == 5 and settings["init"] == "noise" and settings["size"] == 48
    again = stylize(**settings, progress=False)
    assert torch.equal(again.image, first.image)
    assert torch.equal((load_image(path, device="cpu") * 255).round(), (first.image.cpu() * 255).round())


def test_a_starting_picture_travels_along():
    start = rounded(torch.rand(1, 3, 300, 400, generator=torch.Generator().manual_seed(0)))
    file = png_with_settings(BLACK, {"content": "chelsea", "init": start})  # longer than Pillow's limit for packed text
    assert len(file) > 2**18 and torch.equal(load_settings(file)["init"].cpu(), start.cpu())


def test_rounding_is_what_a_png_does():
    assert torch.allclose(rounded(torch.full((1, 3, 1, 1), 0.25)).cpu() * 255, torch.tensor(64.0))


def test_description_is_readable_by_others():
    with Image.open(io.BytesIO(png_with_settings(BLACK, {}, "Größe ← ✓"))) as picture:
        assert picture.info["Description"] == "Größe ← ✓" and json.loads(picture.info["nsthelpers"]) == {}


@pytest.mark.parametrize(
    "content, message",
    [
        (b"no picture", "the PNG: it is damaged, or no picture"),
        (png(), "holds no settings"),
        (png(nsthelpers="[1, 2]"), "holds no settings"),
        (png(nsthelpers="{half"), "damaged"),
        (png(nsthelpers='{"callback": "x", "content": "chelsea"}'), "that stylize does not have: callback"),
        (png_with_settings(BLACK, {"size": 3})[:60], "damaged"),
    ],
)
def test_other_files_are_refused(content, message):
    with pytest.raises(ValueError, match=message):
        load_settings(content)


def test_names_of_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*nothing.png"):
        load_settings(tmp_path / "nothing.png")
    with pytest.raises(ValueError, match="only PNG holds them"):
        save_with_settings(BLACK, tmp_path / "painted.jpg", {})
    with pytest.raises(FileNotFoundError, match="does not exist"):
        save_with_settings(BLACK, tmp_path / "no folder" / "painted.png", {})
