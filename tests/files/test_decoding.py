"""Whatever file is given: right pixels, or one sentence; never a hang, a traceback, or all of the memory."""

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from nsthelpers import load_image, save_image
from nsthelpers.command_line import main

sys.path.insert(0, str(Path(__file__).parents[1]))
import corpus
from corpus import THOROUGH, begin_peak, encoded, painting, peak, record


def load(source, size=None):
    return load_image(source, size, device="cpu")


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


def test_decompression_bomb(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(ValueError, match="too many pixels"):
        load(encoded(Image.new("RGB", (10, 10))))


linux = pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="measures memory through Linux's /proc")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """The corpus, loaded by a program of its own: a crash there would be seen here."""
    folder = tmp_path_factory.mktemp("corpus")
    command = [sys.executable, str(Path(corpus.__file__)), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr  # Pillow may warn of what it mended
    return json.loads(done.stdout)


@linux
def test_every_picture_of_the_corpus_gives_pixels_or_one_sentence(outcomes):
    assert len(outcomes) >= 60
    assert [row for row in outcomes if row["wrong"]] == []
    slowest, largest = (max(row[key] for row in outcomes) for key in ("seconds", "megabytes"))
    assert slowest < 5 and largest < 1000
    pixels = sum(row["outcome"] == "pixels" for row in outcomes)
    assert 50 < pixels < len(outcomes) - 50
    found = (
        f"{pixels} right pixels, {len(outcomes) - pixels} one sentence; at most {slowest:.1f} s and {largest:.0f} MB"
    )
    record("bad and odd pictures", f"{len(outcomes)} made files and objects", found)


def test_the_command_line_says_the_same_sentence(outcomes, tmp_path, capsys):
    """Refused files end with status 2, one line and no output file; the program itself, not only `load_image`, is run."""
    refused = [row for row in outcomes if row["path"] is not None and row["outcome"] != "pixels"]
    assert len(refused) > 30
    for row in refused:
        size = str(row["size"] or 384)
        if "give a smaller size" in row["outcome"]:
            continue  # the command line always gives one
        # "--" ends the options: a file may be called -o.png.
        status = main(
            ["-o", str(tmp_path / "out.png"), "--size", size, "--steps", "1", "--json", "--", row["path"], "marbling"]
        )
        captured = capsys.readouterr()
        assert (status, captured.out) == (2, ""), row["name"]
        assert captured.err.count("\n") == 1 and "Traceback" not in captured.err, row["name"]
        assert not list(tmp_path.iterdir()), row["name"]
    record("the same on the command line", f"{len(refused)} refused files", "exit status 2 and one line for each")


@pytest.mark.parametrize("what", ["file", "folder"])
def test_no_permission(tmp_path, what):
    folder = tmp_path / "closed"
    folder.mkdir()
    path = save_image(painting(), folder / "a.png")
    (path if what == "file" else folder).chmod(0)
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:2]:
        if parent.name.startswith("pytest"):
            parent.chmod(0o755)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)  # root may read everything: be nobody for a moment
        with pytest.raises(PermissionError, match=r"a\.png.*change the permissions"):
            load_image(path)
    finally:
        if user == 0:
            os.seteuid(0)
        folder.chmod(0o755)


def seeds():
    """Small files of every format and most of their kinds of compression."""
    picture = painting()
    files = [encoded(picture, kind) for kind in corpus.FORMATS]
    files += [encoded(picture, "JPEG", progressive=True), encoded(corpus.in_mode("CMYK"), "JPEG")]
    files += [encoded(picture, "TIFF", compression=how) for how in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits")]
    files += [encoded(corpus.in_mode(mode), "PNG") for mode in ("1", "P", "LA", "RGBA", "I;16")]
    files += [encoded(corpus.in_mode("P"), kind, transparency=3) for kind in ("PNG", "GIF")]
    files += [encoded(picture, "WEBP", lossless=True), encoded(corpus.in_mode("RGBA"), "WEBP")]
    files += [encoded(picture, kind, save_all=True, append_images=[picture]) for kind in ("GIF", "WEBP", "PNG", "TIFF")]
    files += [case.source for case in corpus.cases_of_metadata() if case.name.startswith(("orientation", "profile"))]
    return files


SEEDS = seeds()


EDITS = {
    "flip": lambda data, place, value: data[:place] + bytes([data[place] ^ (1 << value % 8)]) + data[place + 1 :],
    "set": lambda data, place, value: data[:place] + bytes([value % 256]) + data[place + 1 :],
    "number": lambda data, place, value: data[:place] + value.to_bytes(4, "big") + data[place + 4 :],
    "cut": lambda data, place, value: data[:place],
    "drop": lambda data, place, value: data[:place] + data[place + 1 + value % 40 :],
    "repeat": lambda data, place, value: (
        data[:place] + data[place : place + 1 + value % 99] * (value % 50) + data[place:]
    ),
    "join": lambda data, place, value: data[:place] + SEEDS[value % len(SEEDS)][place:],
}


PLACES = st.one_of(st.integers(0, 100), st.integers(0, 10_000))


COUNT = {"pixels": 0, "a sentence": 0, "seconds": 0.0, "megabytes": 0.0}


@linux
@settings(
    max_examples=10_000 if THOROUGH else 150,
    deadline=5000,
    database=None,
    derandomize=not THOROUGH,
    suppress_health_check=list(HealthCheck),
)
@given(
    st.integers(0, len(SEEDS) - 1),
    st.lists(st.tuples(st.sampled_from(sorted(EDITS)), PLACES, st.integers(0, 2**32 - 1)), min_size=1, max_size=6),
    st.sampled_from([None, 8, 100]),
)
def test_mutated_files(number, edits, size):
    data = SEEDS[number]
    for kind, place, value in edits:
        data = EDITS[kind](data, place % len(data), value) or b"\0"
    begin_peak()
    began = time.monotonic()
    try:
        image = load_image(data, size, device="cpu")
        assert image.shape[:2] == (1, 3) and bool(image.isfinite().all()) and 0 <= image.min() and image.max() <= 1
        COUNT["pixels"] += 1
    except ValueError as problem:
        assert str(problem).startswith("Cannot read") and "\n" not in str(problem)
        COUNT["a sentence"] += 1
    COUNT["seconds"] = max(COUNT["seconds"], time.monotonic() - began)
    COUNT["megabytes"] = max(COUNT["megabytes"], peak())


def test_figures_of_the_mutated_files():
    """Not all of one kind: the mutations must neither miss nor hit the first byte every time."""
    total = COUNT["pixels"] + COUNT["a sentence"]
    if not total:
        pytest.skip("the mutated files were not run")
    assert COUNT["pixels"] > 0.02 * total and COUNT["a sentence"] > 0.2 * total
    found = f"{COUNT['pixels']} pixels, {COUNT['a sentence']} one sentence; "
    found += f"at most {COUNT['seconds']:.1f} s and {COUNT['megabytes']:.0f} MB"
    record("mutated picture files", f"{total} (hypothesis)", found)


def test_a_picture_that_pillow_holds_is_not_changed():
    """A lazily opened JPEG of the user's stays as large as it was (`draft` would shrink it in place)."""
    from PIL import Image

    picture = Image.open(io.BytesIO(encoded(painting().resize((800, 600)), "JPEG")))
    assert load_image(picture, 40, device="cpu").shape == (1, 3, 30, 40)
    assert picture.size == (800, 600)
