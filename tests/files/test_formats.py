"""Whatever kind of picture it is: the right pixels, or a sentence that says what it is and what helps."""

import io
import struct
import subprocess
import sys
import threading
import types
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from nsthelpers import list_images, load_image
from nsthelpers.files.decoding import fit, read_picture

T = Image.Transpose
# How a camera in that orientation stores the upright picture: the inverse of what undoes it.
STORED = {2: T.FLIP_LEFT_RIGHT, 3: T.ROTATE_180, 4: T.FLIP_TOP_BOTTOM, 5: T.TRANSPOSE}
STORED |= {6: T.ROTATE_90, 7: T.TRANSVERSE, 8: T.ROTATE_270}


def encoded(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def pixels(source, size=None):
    return load_image(source, size, device="cpu")[0].permute(1, 2, 0).numpy()


def painting(width=64, height=40):
    """A picture that no turn, mirror or swap of channels leaves alone."""
    y, x = np.mgrid[0:height, 0:width]
    colours = np.stack([x * 255 // width, y * 255 // height, 255 - (x + y) * 255 // (height + width)], axis=-1)
    colours[: height // 2, : width // 4] = (250, 20, 30)
    return Image.fromarray(colours.astype(np.uint8))


# Orientation


@pytest.mark.parametrize("opened", [False, True], ids=["bytes", "PIL"])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "MPO"])
def test_every_format_in_every_orientation_is_upright(kind, orientation, opened):
    upright, exif = painting(), Image.Exif()
    exif[0x0112] = orientation
    stored = upright.transpose(STORED[orientation]) if orientation in STORED else upright
    options = {"tiffinfo": {0x0112: orientation}} if kind == "TIFF" else {"exif": exif}
    options |= {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}.get(kind, {"quality": 98})
    data = encoded(stored, kind, **options)
    found = pixels(Image.open(io.BytesIO(data)) if opened else data)
    assert found.shape == (40, 64, 3)
    assert abs(found - np.asarray(upright) / 255).mean() < 0.01
    assert pixels(data, 32).shape == (20, 32, 3)


def test_a_tiff_is_turned_once():
    data = encoded(Image.new("RGB", (60, 40)), "TIFF", tiffinfo={0x0112: 6})
    assert pixels(data).shape == (60, 40, 3)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_photograph_that_lies_on_its_side_is_decoded_small_and_upright(orientation):
    exif, upright = Image.Exif(), painting(1600, 1001)
    exif[0x0112] = orientation
    data = encoded(upright.transpose(STORED[6]) if orientation == 6 else upright, "JPEG", exif=exif, quality=95)
    assert Image.open(io.BytesIO(data)).draft(None, (200, 200)) is not None
    found, expected = pixels(data, 100), np.asarray(upright.resize((100, 63), Image.Resampling.LANCZOS)) / 255
    assert found.shape == (63, 100, 3) and abs(found - expected).mean() < 0.01


# Greys and colour profiles


def profile(space: bytes, curve: bytes | None = None) -> bytes:
    """Return an ICC profile of greys with one curve, or sRGB's with its three curves replaced, its name kept."""
    if space == b"RGB ":
        data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
        for number in range(struct.unpack(">I", data[128:132])[0]):
            name, offset, _ = struct.unpack(">4sII", data[132 + 12 * number : 144 + 12 * number])
            if curve is not None and name in (b"rTRC", b"gTRC", b"bTRC"):
                data[offset : offset + len(curve)] = curve
        return bytes(data)
    parts = {b"wtpt": struct.pack(">4siiii", b"XYZ ", 0, 63190, 65536, 54061), b"kTRC": curve}
    table, body = struct.pack(">I", len(parts)), b""
    for name, part in parts.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(parts) + len(body), len(part))
        body += part + bytes(-len(part) % 4)
    size = 128 + len(table) + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02400000, b"mntr", space, b"XYZ ") + bytes(12) + b"acsp"
    return header.ljust(68, b"\0") + struct.pack(">iii", 63190, 65536, 54061).ljust(60, b"\0") + table + body


LINEAR = struct.pack(">4sII", b"curv", 0, 0)
GAMMA = struct.pack(">4sIIHH", b"curv", 0, 1, round(2.2 * 256), 0)
KINDS = {
    "none": (None, None),
    "noise": (b"noise" * 99, None),
    "grey gamma 2.2": (profile(b"GRAY", GAMMA), lambda v: encode(v ** (563 / 256))),
    "linear grey": (profile(b"GRAY", LINEAR), lambda v: encode(v)),
    "sRGB": (profile(b"RGB "), None),
    "linear RGB, called sRGB": (profile(b"RGB ", LINEAR), lambda v: encode(v)),
}


def encode(light):
    """sRGB's curve (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


RAMP = np.arange(256, dtype=np.uint8).reshape(1, 256)


def ramp(mode):
    if mode == "I;16":
        return Image.fromarray(RAMP.astype(np.uint16) * 257)
    if mode == "I":
        return Image.fromarray(RAMP.astype(np.int32) * 257)
    picture = Image.fromarray(RAMP.astype(np.float32) / 255 if mode == "F" else RAMP)
    return (
        picture if mode in ("L", "F") else picture.convert("RGB").convert("P") if mode == "P" else picture.convert(mode)
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "I", "F", "RGB", "RGBA", "P", "CMYK"])
def test_each_mode_with_each_kind_of_profile(mode, kind):
    icc, curve = KINDS[kind]
    picture = ramp(mode)
    plain = np.asarray(picture.convert("RGB"))[0].astype(float)[:, 0] / 255 if mode in ("P", "CMYK") else RAMP[0] / 255
    # A profile of greys says nothing of colours, and one of RGB nothing of inks.
    fits = mode != "CMYK" and ("RGB" in kind or mode in ("L", "LA", "I;16", "I", "F"))
    expected = curve(plain) if curve and fits else plain
    picture.info["icc_profile"] = icc
    found = pixels(picture)
    assert found.shape == (1, 256, 3)
    assert abs(found[0] - expected[:, None]).max() < 0.009
    if mode in ("L", "LA", "I;16", "I", "F"):
        assert (found[..., 0] == found[..., 1]).all() and (found[..., 0] == found[..., 2]).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_a_scan_of_sixteen_bits_with_a_profile_keeps_its_shades(kind):
    levels = np.linspace(20_000, 22_000, 200).astype(np.uint16).reshape(1, -1)
    found = pixels(encoded(Image.fromarray(levels), kind, icc_profile=profile(b"GRAY", GAMMA)))[0, :, 0]
    assert abs(found - encode((levels[0] / 65535) ** 2.2)).max() < 0.004
    assert len(np.unique(found)) > 150  # eight bits would leave nine


def test_transparent_grey_is_white_whatever_its_profile():
    picture = Image.new("LA", (4, 1), (0, 255))
    picture.putpixel((1, 0), (128, 0))
    picture.info["icc_profile"] = profile(b"GRAY", GAMMA)
    assert pixels(picture)[0, :3, 0].tolist() == [0, 1, 0]


def test_swapped_primaries_are_seen_though_the_curve_is_srgbs():
    data = bytearray(profile(b"RGB "))
    at = {
        bytes(data[132 + 12 * n : 136 + 12 * n]): struct.unpack(">I", data[136 + 12 * n : 140 + 12 * n])[0]
        for n in range(9)
    }
    red, blue = at[b"rXYZ"], at[b"bXYZ"]
    data[red : red + 20], data[blue : blue + 20] = data[blue : blue + 20], data[red : red + 20]
    found = pixels(encoded(painting(), icc_profile=bytes(data)))
    assert abs(found[..., ::-1] - np.asarray(painting()) / 255).max() < 0.02


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((3, 4), 200, np.int32), 200 / 255),
        (np.full((3, 4), 51400, np.int32), 51400 / 65535),
        (np.full((3, 4), 200, np.uint16), 200 / 65535),
        (np.full((3, 4), 0.5, np.float32), 0.5),
        (np.full((3, 4), 127.5, np.float32), 0.5),
        (np.full((3, 4), 32767.5, np.float32), 0.5),
    ],
)
def test_the_range_of_greys(array, expected):
    assert pixels(Image.fromarray(array)) == pytest.approx(expected, abs=1e-4)
    assert pixels(encoded(Image.fromarray(array), "TIFF")) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("kind", ["PNG", "PPM"])
def test_dark_sixteen_bits_stay_dark(kind):
    assert pixels(encoded(Image.fromarray(np.full((3, 4), 200, np.uint16)), kind)).max() == pytest.approx(200 / 65535)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.array([[0, 70_000]], np.int32), "values from 0 to 70000"),
        (np.array([[-5, 9]], np.int32), "values from -5 to 9"),
        (np.array([[0, 1e9]], np.float32), "values from 0 to 1e\\+09"),
        (np.array([[0, np.nan]], np.float32), "NaN or infinity"),
        (np.array([[0, np.inf]], np.float32), "NaN or infinity"),
    ],
)
def test_greys_without_a_range_are_refused(array, said):
    with pytest.raises(ValueError, match=f"^Cannot read the PIL image: it holds {said}; .*\\.$"):
        load_image(Image.fromarray(array))


# Transparency


@pytest.mark.parametrize("mode", ["LA", "La", "RGBA", "RGBa", "PA"])
def test_alpha_is_laid_over_white(mode):
    picture = Image.new("RGBA", (3, 1), (0, 0, 0, 255))
    picture.putpixel((1, 0), (0, 0, 0, 0))
    picture.putpixel((2, 0), (0, 0, 0, 51))
    picture = picture.convert("LA").convert(mode) if mode == "La" else picture.convert(mode)
    assert pixels(picture)[0] == pytest.approx(np.array([[0] * 3, [1] * 3, [0.8] * 3]), abs=0.005)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_a_colour_that_is_transparent(mode):
    picture = Image.new("RGB", (2, 1), "black").convert(mode)
    picture.putpixel((1, 0), {"1": 1, "L": 90, "P": 5, "RGB": (90, 90, 90)}[mode])
    if mode == "P":
        picture.putpalette([0, 0, 0] * 5 + [90, 90, 90])
    data = encoded(picture, transparency=(0, 0, 0) if mode == "RGB" else 0)
    assert pixels(data)[0, 0].tolist() == [1, 1, 1]
    assert pixels(data)[0, 1] == pytest.approx(1 if mode == "1" else 90 / 255)


# Formats of phones


def test_of_several_pictures_in_a_jpeg_the_first_one_counts():
    """MPO (3D cameras) and Ultra HDR, whose second picture is a map of gains."""
    gains = Image.new("L", (16, 10), 90).convert("RGB")
    data = encoded(painting(), "MPO", save_all=True, append_images=[gains], quality=98)
    assert Image.open(io.BytesIO(data)).format == "MPO"
    assert abs(pixels(data) - np.asarray(painting()) / 255).mean() < 0.01
    large = encoded(painting(1600, 1000), "MPO", save_all=True, append_images=[gains])
    assert pixels(large, 64).shape == (40, 64, 3)
    assert abs(pixels(large, 64) - np.asarray(painting(1600, 1000).resize((64, 40))) / 255).mean() < 0.02


def test_avif():
    found = pixels(encoded(painting(), "AVIF", quality=98))
    assert found.shape == (40, 64, 3) and abs(found - np.asarray(painting()) / 255).mean() < 0.01


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100)


def test_heic_names_what_reads_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    for name in ("OPEN", "ID"):
        registered = getattr(Image, name)
        monkeypatch.setattr(Image, name, type(registered)(each for each in registered if each != "HEIF") if name == "ID"
                            else {key: value for key, value in registered.items() if key != "HEIF"})  # fmt: skip
    with pytest.raises(ValueError, match="it is an HEIC picture; run 'pip install pillow-heif', or export it as JPEG."):
        load_image(HEIC)


def test_heic_is_read_through_pillow_heif_where_it_is(monkeypatch):
    """Against a stand-in: what is tested is that the opener is registered, asked, and its picture taken."""
    asked = []

    def opener(file, _name):
        asked.append(file.read(12))
        return Image.new("RGB", (5, 3), (255, 0, 0))

    def register():
        Image.register_open("HEIF", opener, lambda start: start[4:8] == b"ftyp")

    monkeypatch.setattr(Image, "OPEN", {name: each for name, each in Image.OPEN.items() if name != "HEIF"})
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    monkeypatch.setitem(sys.modules, "pillow_heif", types.SimpleNamespace(register_heif_opener=register))
    assert pixels(HEIC)[0, 0].tolist() == [1, 0, 0] and pixels(HEIC).shape == (3, 5, 3)
    assert asked == [HEIC[:12]] * 2
    Image.OPEN["HEIF"] = (lambda *_: (_ for _ in ()).throw(SyntaxError("damaged")), lambda start: True)
    with pytest.raises(ValueError, match="^Cannot read the source of 124 bytes: (?!.*pip install)"):
        load_image(HEIC)  # it is installed: to install it would not help


def test_heic_itself():
    pillow_heif = pytest.importorskip("pillow_heif")
    buffer = io.BytesIO()
    pillow_heif.from_pillow(painting()).save(buffer, quality=98)
    assert abs(pixels(buffer.getvalue()) - np.asarray(painting()) / 255).mean() < 0.02


# What it is


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "an empty file; copy or download"),
        (b"\n \n", "an empty file; copy or download"),
        (b"<!DOCTYPE html>\n<html></html>", "a web page; save the picture itself"),
        (b"\r\n  <HTML lang='de'>", "a web page; save the picture itself"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer.*run 'git lfs pull'"),
        (b"\0\0\0\x0cJXL \x0d\x0a\x87\x0a", "a JPEG XL picture; export"),
        (b"\xff\x0a\xfa\x7f", "a JPEG XL picture; export"),
        (b"\0\0\0\x0cjP  \x0d\x0a\x87\x0a", "a JPEG 2000 picture; export"),
        (b"\0\0\0\x18ftypmp42" + bytes(99), "a video; save one of its frames"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing; export"),
        (b"<svg xmlns='a'/>", "an SVG drawing; export"),
        (b"%PDF-1.7\n", "a document .*; export"),
        (b"8BPS\0\1", "a document .*; export"),
        (b"no picture", "no picture in a known format; use"),
    ],
)
def test_what_a_file_really_is(tmp_path, data, said):
    path = tmp_path / "cat.jpg"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"^Cannot read '.*cat.jpg': it is {said}.*\\.$"):
        load_image(path)


# Arrays


def test_arrays_are_pictures():
    array = np.asarray(painting())
    expected = pixels(painting())
    assert np.array_equal(pixels(array), expected)
    assert np.array_equal(pixels(array, 32), pixels(painting(), 32))
    for kind in (np.float16, np.float32, np.float64):
        assert pixels((array / 255).astype(kind)) == pytest.approx(expected, abs=1e-3)
    assert np.array_equal(pixels(array[:, ::-1]), expected[:, ::-1])  # a view with a negative stride
    grey = array[..., 0]
    assert np.array_equal(pixels(grey), np.repeat(grey[..., None] / np.float32(255), 3, axis=2))
    clear = np.dstack([array, np.where(np.arange(64) < 32, 255, 0)[None].repeat(40, 0)]).astype(np.uint8)
    assert np.array_equal(pixels(clear)[:, :32], expected[:, :32]) and (pixels(clear)[:, 32:] == 1).all()
    assert pixels(np.array([[[0, 0, 0, 0.25]]])) == pytest.approx(0.75)


def test_an_array_is_neither_changed_nor_shared():
    array = np.full((2, 2), 0.5, np.float32)
    image = load_image(array, device="cpu")
    image.zero_()
    assert (array == 0.5).all()


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((3, 40, 64)), r"the shape \(3, 40, 64\): an array must be"),
        (np.zeros((1, 40, 64, 3)), "an array must be"),
        (np.zeros((40, 64, 1)), "an array must be"),
        (np.zeros((40, 0, 3)), "an array must be"),
        (np.zeros(5), "an array must be"),
        (np.zeros((4, 4), np.uint16), "of uint16 .* must hold uint8"),
        (np.zeros((4, 4), bool), "must hold uint8"),
        (np.zeros((4, 4), object), "must hold uint8"),
        (np.full((4, 4), 255.0), "its values go from 255 to 255"),
        (np.full((4, 4), np.nan), "its values go from nan to nan"),
        (np.full((4, 4), -0.5), "its values go from -0.5"),
        (np.zeros((6000, 6000), np.uint8), "give a smaller size"),
    ],
)
def test_other_arrays_are_refused(array, said):
    with pytest.raises(ValueError, match=f"^Cannot read source, an array .*{said}.*\\.$"):
        load_image(array)


# Names


def test_the_nearest_names_and_no_more():
    with pytest.raises(FileNotFoundError, match="did you mean 'chelsea'\\?$"):
        load_image("Chelsey.png")
    with pytest.raises(FileNotFoundError, match="did you mean '.*starry_night.*'\\?$"):
        load_image("starry")
    with pytest.raises(FileNotFoundError, match="list_images\\(\\) shows the bundled names.$") as caught:
        load_image("qqqqqqqq")
    assert not any(name in str(caught.value) for name in list_images())


def test_a_folder_never_hides_a_picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chelsea").mkdir()
    assert pixels("chelsea", 32).shape == (21, 32, 3)
    with pytest.raises(ValueError, match="is a folder"):
        load_image("./chelsea")


def test_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    painting().save(tmp_path / "cat.png")
    assert np.array_equal(pixels("~/cat.png"), pixels(painting())) and pixels(Path("~/cat.png")).size
    with pytest.raises(ValueError, match="source is '~nobody_of_that_name/cat.png'; there is no such home folder"):
        load_image("~nobody_of_that_name/cat.png")


@pytest.mark.parametrize("empty", ["", "\0"])
def test_an_empty_string(empty):
    with pytest.raises(ValueError, match="^source is .*; give the path of a file.$"):
        load_image(empty)


# Threads


def test_threads_leave_warnings_as_they_were():
    """In a program of its own: what it does at exit is the process's."""
    code = """
import io, threading, warnings
from PIL import Image
from nsthelpers import load_image
def encoded(**options):
    buffer = io.BytesIO()
    Image.new("RGB", (400, 400)).save(buffer, "JPEG", **options)
    return buffer.getvalue()
data, damaged = encoded(), encoded(exif=b"Exif\\0\\0II*\\0\\xff\\xff\\xff\\xff")
def work():
    for _ in range(40):
        load_image(data, 32, device="cpu"), load_image(damaged, 32, device="cpu")
before, seen, done = list(warnings.filters), [], threading.Event()
def watch():
    while not done.is_set():
        seen.append(warnings.filters == before)
threads = [threading.Thread(target=work) for _ in range(8)]
watcher = threading.Thread(target=watch)
for thread in (watcher, *threads):
    thread.start()
for thread in threads:
    thread.join()
done.set(); watcher.join()
print(all(seen) and warnings.filters == before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout == "True\n", done.stderr


def test_too_many_pixels_are_refused_whatever_the_warnings_do(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 2000)
    data = encoded(Image.new("RGB", (60, 40)))  # more, but less than twice as many: Pillow only warns
    for action in ("ignore", "error"):
        with warnings.catch_warnings():
            warnings.simplefilter(action)
            with pytest.raises(ValueError, match="too many pixels to be decoded safely"):
                load_image(data)


def test_pictures_are_decoded_in_threads_as_outside():
    expected, found = pixels("chelsea", 100), [None] * 8

    def work(number):
        found[number] = pixels("chelsea", 100)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(each, expected) for each in found)


# The size of a style


@pytest.mark.parametrize(
    ("shape", "size", "beside", "expected"),
    [
        ((300, 400), 512, None, (384, 512)),
        ((300, 400), None, None, (300, 400)),
        ((400, 400), 512, (384, 512), (512, 512)),  # ordinary pictures: as large as ever
        ((600, 300), 512, (288, 512), (512, 256)),
        ((400, 400), 5100, (160, 5100), (1807, 1807)),
        ((9000, 9000), None, (800, 1000), (1789, 1789)),
        ((16, 900), None, (16, 16), (16, 900)),  # thinner than the content it does not become
        ((20, 900), None, (16, 16), (16, 720)),
    ],
)
def test_a_style_is_as_large_as_it_need_be(shape, size, beside, expected):
    assert fit(shape, size, beside) == expected


def test_a_huge_style_beside_a_small_content_is_read():
    data = encoded(Image.new("1", (6000, 6000), 1))
    with pytest.raises(ValueError, match="give a smaller size"):
        read_picture(data, "style", None)
    assert read_picture(data, "style", None, beside=(60, 80)).shape == (3, 139, 139)


def test_a_panorama_with_a_square_style():
    from nsthelpers.engine.inputs import load_inputs
    from nsthelpers.transfer import Settings

    content, (style, array, tensor), _, _ = load_inputs(
        Image.new("RGB", (5100, 160)),
        [painting(400, 400), np.zeros((400, 400)), torch.zeros(1, 3, 400, 400)],
        Settings(size=5100, device="cpu"),
    )
    assert content.shape == (1, 3, 160, 5100) and style.shape == array.shape == tensor.shape == (1, 3, 1807, 1807)
