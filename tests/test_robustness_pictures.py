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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nsthelpers import load_image, save_image
from nsthelpers.__main__ import main

sys.path.insert(0, str(Path(__file__).parent))
import corpus
from corpus import THOROUGH, begin_peak, encoded, painting, peak, record

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


def test_a_file_name_never_becomes_another_path(tmp_path, monkeypatch):
    """Only a bare name means a bundled picture: nothing with a folder in it reaches into data/ or out of it."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "../chelsea",
        "./content/chelsea.jpg",
        "style/../chelsea.jpg",
        "/chelsea.jpg",
        "chelsea.jpg/",
        "CHELSEA",
    ):
        if Path(name).is_file():
            continue
        try:
            load_image(name, 16, device="cpu")
        except FileNotFoundError:
            continue
        assert Path(name).name == name.rstrip("/"), name


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


# Mutated files


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
# Half of the places lie in the first hundred bytes, where the sizes and the offsets are.
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


# Saving


def test_a_link_stays_a_link_and_a_device_a_device(tmp_path):
    target = save_image(painting(), tmp_path / "real.png")
    link = tmp_path / "link.png"
    link.symlink_to(target)
    save_image(painting().rotate(180), link)
    assert link.is_symlink() and np.array_equal(np.asarray(painting().rotate(180)), _pixels(target))
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(PermissionError, match="a folder or a device"):
        save_image(painting(), tmp_path / "pipe.png")


@pytest.mark.parametrize("name", ["two\nlines.png", "Zürich 🎨.png", "x" * 240 + ".png", "-o.png", "a b.png"])
def test_odd_names_are_saved_and_loaded(tmp_path, name):
    path = save_image(painting(), tmp_path / name)
    assert os.listdir(tmp_path) == [name] and np.array_equal(_pixels(path), np.asarray(painting()))


def _pixels(path):
    return (load_image(path, device="cpu")[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)


def test_a_picture_that_pillow_holds_is_not_changed():
    """A lazily opened JPEG of the user's stays as large as it was (`draft` would shrink it in place)."""
    from PIL import Image

    picture = Image.open(io.BytesIO(encoded(painting().resize((800, 600)), "JPEG")))
    assert load_image(picture, 40, device="cpu").shape == (1, 3, 30, 40)
    assert picture.size == (800, 600)
