"""Bad and odd pictures, made here: each gives right pixels, or one sentence that names it and says what to do."""

from __future__ import annotations

import io
import os
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageCms

HEIGHT, WIDTH = 24, 36
FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif", "TIFF": "tif", "BMP": "bmp", "AVIF": "avif"}
FORMATS |= {"ICO": "ico", "PCX": "pcx", "PPM": "ppm", "QOI": "qoi", "SGI": "sgi", "TGA": "tga", "DIB": "dib"}
LOSSY = ("JPEG", "WEBP", "AVIF", "GIF", "ICO")
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "LAB", "I", "F", "I;16", "I;16B")


ROOT = Path(__file__).parents[1]
THOROUGH = os.environ.get("NSTHELPERS_THOROUGH") == "1"  # the long runs, whose figures go to docs/robustness.md


def record(topic: str, tried: str, outcome: str, lost: str = "nothing") -> None:
    """Write the figures of a thorough run into their row of docs/robustness.md."""
    if THOROUGH:
        page = ROOT / "docs" / "robustness.md"
        row = f"| {topic} | {tried} | {outcome} | {lost} |"
        text, count = re.subn(rf"^\| {re.escape(topic)} \|.*$", lambda _: row, page.read_text("utf-8"), flags=re.M)
        assert count == 1, f"docs/robustness.md has {count} rows of {topic!r}"
        page.write_text(text, "utf-8")


def begin_peak() -> None:
    """Begin to measure the peak of this process's memory anew (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> float:
    """Return the peak of this process's memory since `begin_peak`, in megabytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


class Case(NamedTuple):
    """A source for `load_image`; `expected` are its pixels (height, width, 3) in [0, 1], a word of the message, or None
    where both outcomes are right: pixels, because the damage does not matter, or a sentence."""

    name: str
    source: Any
    expected: np.ndarray | str | None
    tolerance: float = 1 / 255
    size: int | None = None


def painting() -> Image.Image:
    """A picture that no turn, mirror or swap of channels leaves alone."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    pixels = np.stack([x * 255 // WIDTH, y * 255 // HEIGHT, 255 - (x + y) * 255 // (HEIGHT + WIDTH)], axis=-1)
    pixels[: HEIGHT // 3, : WIDTH // 3] = (250, 20, 30)
    return Image.fromarray(pixels.astype(np.uint8))


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Return a picture as the bytes of a file."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def values(picture: Image.Image) -> np.ndarray:
    """Return the pixels (height, width, 3) in [0, 1] over white, by numpy alone once Pillow has made RGBA of them."""
    if picture.mode.startswith("I"):
        grey = np.asarray(picture).astype(np.float64) / 65535
        return np.repeat(grey[..., None], 3, axis=-1)
    if picture.mode == "F":
        grey = np.asarray(picture, dtype=np.float64)
        return np.repeat(grey[..., None] / 255, 3, axis=-1)
    if picture.mode == "LAB":
        profiles = (ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"))
        picture = ImageCms.profileToProfile(picture, *profiles, outputMode="RGB")
    if picture.mode in ("HSV", "YCbCr", "CMYK"):
        picture = picture.convert("RGB")
    rgba = np.asarray(picture.convert("RGBA"), dtype=np.float64) / 255
    return rgba[..., :3] * rgba[..., 3:] + 1 - rgba[..., 3:]


def pixels_in(data: bytes) -> np.ndarray:
    """Return the pixels that Pillow finds in the bytes of a file, as `values` gives them."""
    return values(Image.open(io.BytesIO(data)))


def in_mode(mode: str) -> Image.Image:
    """Return the painting in one of Pillow's modes."""
    picture = painting()
    if mode == "LAB":
        return ImageCms.profileToProfile(
            picture, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
    if mode.startswith("I"):
        grey = np.asarray(picture.convert("L"), dtype=np.uint16) * 257
        return Image.fromarray(grey.astype({"I": np.int32, "I;16": "<u2", "I;16B": ">u2"}[mode]))
    if mode in ("RGBA", "LA", "PA"):
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
        if mode == "PA":
            return picture.convert("LA").convert("PA")
    return picture.convert(mode)


def cases_of_modes() -> Iterator[Case]:
    """Every mode that Pillow writes in every format that the package reads."""
    for kind, ending in FORMATS.items():
        for mode in MODES:
            picture = in_mode(mode)
            try:
                data = encoded(picture, kind)
            except Exception:
                continue  # Pillow does not write this mode in this format
            again = Image.open(io.BytesIO(data))
            # Where the format keeps the pixels, they must come back; elsewhere, those count that are in the file.
            kept = kind not in LOSSY and again.mode == mode
            yield Case(f"{mode.replace(';', '')}.{ending}", data, values(picture if kept else again), 2 / 255)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, rows: bytes, depth: int = 8, colour: int = 2, more: bytes = b"") -> bytes:
    """Return a PNG of raw rows (each begins with its filter byte) and, before them, `more` chunks."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def damaged(data: bytes, seed: int, flips: int = 12) -> bytes:
    """Return the bytes with some bits flipped behind the first 16."""
    changed, random = bytearray(data), np.random.default_rng(seed)
    for place in random.integers(min(16, len(data) - 1), len(data), flips):
        changed[place] ^= 1 << random.integers(8)
    return bytes(changed)


def swapped_profile() -> bytes:
    """Return sRGB's ICC profile with red and blue exchanged, under another name."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    count = struct.unpack(">I", profile[128:132])[0]
    tags = {profile[132 + 12 * n : 136 + 12 * n]: 136 + 12 * n for n in range(count)}
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    swapped = bytearray(profile)
    swapped[red : red + 8], swapped[blue : blue + 8] = profile[blue : blue + 8], profile[red : red + 8]
    return bytes(swapped).replace("sRGB".encode("utf-16-be"), "XBGR".encode("utf-16-be"))


def cases_of_damage() -> Iterator[Case]:
    """Truncated and bit-flipped files: what matters is that nothing else happens."""
    for kind, ending in FORMATS.items():
        data = encoded(painting(), kind)
        for share in (0.1, 0.5, 0.95):
            # The last five hundredths of some formats hold nothing that is missed.
            expected = None if share > 0.5 or kind in ("ICO", "PCX", "TGA", "SGI", "QOI") else "Cannot read"
            yield Case(f"truncated at {share:.0%}.{ending}", data[: int(share * len(data))], expected)
        for seed in range(2):
            yield Case(f"bits flipped {seed}.{ending}", damaged(data, seed), None)


def cases_of_traps() -> Iterator[Case]:
    """Files that ask for much more than they are."""
    many = "too many pixels"
    yield Case("bomb.png", png(50_000, 50_000, bytes(100_000_000)[: 50_001 * 1999], colour=0), many)
    jpeg = encoded(Image.new("RGB", (64, 64)), "JPEG")
    frame = jpeg.index(b"\xff\xc0") + 5
    yield Case("bomb.jpg", jpeg[:frame] + struct.pack(">HH", 65500, 65500) + jpeg[frame + 4 :], many)
    gif = encoded(Image.new("P", (8, 8)), "GIF")
    yield Case("bomb.gif", gif[:6] + struct.pack("<HH", 65535, 65535) + gif[10:], many)
    bitmap = encoded(Image.new("RGB", (8, 8)), "BMP")
    yield Case("bomb.bmp", bitmap[:18] + struct.pack("<ii", 50_000, 50_000) + bitmap[26:], many)
    targa = encoded(Image.new("RGB", (8, 8)), "TGA")
    yield Case("bomb.tga", targa[:12] + struct.pack("<HH", 65535, 65535) + targa[16:], many)
    yield Case("bomb.ppm", b"P6 50000 50000 255\n" + bytes(1000), many)
    large = encoded(Image.new("1", (9400, 9400), 1))
    white = np.ones((48, 48, 3))
    yield Case("88 million pixels, small.png", large, white, size=48)
    yield Case("88 million pixels, whole.png", large, "give a smaller size")
    grey = encoded(Image.new("L", (9400, 9400), 255), "JPEG", progressive=True, quality=30)
    yield Case("88 million pixels, small.jpg", grey, white, size=48)
    last = grey.rindex(b"\xff\xda")
    yield Case("2000 scans.jpg", grey[:-2] + 2000 * grey[last:-2] + grey[-2:], "too many scans", size=48)
    photograph = encoded(painting(), "JPEG", quality=95)
    film = photograph + 4000 * b"\xff\xda\x00\x08"
    yield Case("with a film behind it.jpg", film, pixels_in(photograph))
    rows = b"".join(b"\0" + np.asarray(painting())[y].tobytes() for y in range(HEIGHT))
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9))
    yield Case("200 MB of text.png", png(WIDTH, HEIGHT, rows, more=text), None)
    profile = chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(200_000_000), 9))
    yield Case("200 MB of profile.png", png(WIDTH, HEIGHT, rows, more=profile), None)
    yield Case("no rows.png", png(WIDTH, 0, b""), "Cannot read")
    yield Case("too few rows.png", png(WIDTH, HEIGHT, rows[:50]), "Cannot read")
    tiff = bytearray(encoded(painting(), "TIFF"))
    directory = struct.unpack("<I", tiff[4:8])[0]
    entries = struct.unpack("<H", tiff[directory : directory + 2])[0]
    tiff[directory + 2 + 12 * entries : directory + 6 + 12 * entries] = struct.pack("<I", directory)
    yield Case("directory that leads to itself.tif", bytes(tiff), values(painting()))


def cases_of_metadata() -> Iterator[Case]:
    """EXIF, ICC, animations, depths: right pixels."""
    upright, plain = painting(), values(painting())
    T = Image.Transpose
    # How a camera in that orientation stores the upright picture: the inverse of what undoes it.
    stored = {2: T.FLIP_LEFT_RIGHT, 3: T.ROTATE_180, 4: T.FLIP_TOP_BOTTOM, 5: T.TRANSPOSE}
    stored |= {6: T.ROTATE_90, 7: T.TRANSVERSE, 8: T.ROTATE_270}
    for orientation in (*range(1, 9), 77):
        exif = Image.Exif()
        exif[0x0112] = orientation
        turned = upright.transpose(stored[orientation]) if orientation in stored else upright
        yield Case(f"orientation {orientation}.png", encoded(turned, exif=exif), plain)
    for name, garbage in {"noise": b"Exif\0\0" + b"\xf7" * 300, "short": b"Exif\0\0II*\0\xff\xff\xff\xff"}.items():
        with_garbage = encoded(upright, "JPEG", quality=95, exif=garbage)
        yield Case(f"EXIF of {name}.jpg", with_garbage, pixels_in(encoded(upright, "JPEG", quality=95)))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield Case("profile of sRGB.png", encoded(upright, icc_profile=srgb), plain)
    yield Case("profile of noise.png", encoded(upright, icc_profile=b"noise" * 99), plain)
    yield Case("profile cut short.png", encoded(upright, icc_profile=srgb[:200]), plain)
    yield Case("profile of another kind.png", encoded(upright.convert("L"), icc_profile=srgb), None)
    swapped = encoded(upright, icc_profile=swapped_profile())
    yield Case("profile with red for blue.png", swapped, plain[..., ::-1], 3 / 255)
    frames = [upright, *(Image.new("RGB", upright.size, colour) for colour in ("red", "blue"))]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        yield Case(f"animated.{FORMATS[kind]}", data, plain, 0.25 if kind == "GIF" else 1 / 255)
    deep = np.random.default_rng(0).integers(0, 65536, (4, 5, 3)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    yield Case("16 bits a channel.png", png(5, 4, rows, depth=16), deep.astype(float) / 65535)
    floats = np.full((4, 5), np.nan, np.float32)
    yield Case("NaN.tif", encoded(Image.fromarray(floats), "TIFF"), "NaN")
    keyed = Image.new("RGB", (4, 4), "red")
    yield Case("a colour that is transparent.png", encoded(keyed, transparency=(255, 0, 0)), np.ones((4, 4, 3)))
    for width, height in ((1, 1), (1, 5000), (5000, 1)):
        blank = encoded(Image.new("RGB", (width, height), "white"))
        yield Case(f"{width} × {height}.png", blank, np.ones((height, width, 3)))
        yield Case(f"{width} × {height} at 100.png", blank, None, size=100)


def cases_of_other_files() -> Iterator[Case]:
    """What is called a picture and is none."""
    unknown = "no picture in a known format"
    yield Case("empty.png", b"", "an empty file")
    yield Case("noise.jpg", np.random.default_rng(0).bytes(2000), unknown)
    yield Case("text.png", b"no picture", unknown)
    yield Case("page.png", b"<!doctype html><html><body>not found</body></html>", "a web page")
    yield Case("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing")
    yield Case("paper.pdf", b"%PDF-1.7\n" + bytes(100), "a document")
    yield Case(
        "program.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n", "a document"
    )
    yield Case("phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100), "an HEIC picture")
    yield Case("film.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(100), "a video")
    yield Case("pickle.png", b"\x80\x04\x95\x1f\x00\x00\x00\x8c\x05posix\x8c\x06system\x93.", unknown)
    yield Case("only the signature.png", b"\x89PNG\r\n\x1a\n", "Cannot read")
    yield Case("a PNG called.jpg", encoded(painting()), values(painting()))
    yield Case("a JPEG called.png", encoded(painting(), "JPEG"), pixels_in(encoded(painting(), "JPEG")))


def cases_of_names(folder: Path) -> Iterator[Case]:
    """What a file system can hold besides ordinary files, and what a file may be called."""
    data, plain = encoded(painting()), values(painting())
    for name in (
        "with spaces.png",
        "Zürich 東京 🎨.png",
        "two\nlines.png",
        "-o.png",
        "'quoted\".png",
        "x" * 240 + ".png",
    ):
        (folder / name).write_bytes(data)
        yield Case(name, folder / name, plain)
    (folder / "link.png").symlink_to(folder / "with spaces.png")
    yield Case("link.png", folder / "link.png", plain)
    (folder / "dangling.png").symlink_to(folder / "nowhere.png")
    yield Case("dangling.png", folder / "dangling.png", "no file")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    yield Case("loop.png", folder / "loop.png", "no file")
    os.mkfifo(folder / "pipe.png")
    yield Case("pipe.png", folder / "pipe.png", "not an ordinary file")
    yield Case("device.png", Path(os.devnull), "not an ordinary file")
    (folder / "folder.png").mkdir()
    yield Case("folder.png", folder / "folder.png", "is a folder")
    yield Case("name that is too long.png", folder / ("x" * 3000 + ".png"), "no file")
    yield Case("name with a zero.png", "a\0b.png", "give the path")
    yield Case("empty name", "", "give the path")
    yield Case("missing.png", folder / "missing.png", "no file")
    yield Case("in a file.png", folder / "with spaces.png" / "inside.png", "no file")
    with open(folder / "300 MB.webp", "wb") as file:
        file.write(b"RIFF\xff\xff\xff\x7fWEBPVP8 ")
        file.truncate(300 * 2**20)
    yield Case("300 MB.webp", folder / "300 MB.webp", "larger than 256 MB")


def cases_of_objects() -> Iterator[Case]:
    """Python objects that are not files."""
    image = torch.from_numpy(values(painting())).permute(2, 0, 1)[None].float()
    yield Case("a tensor", image, values(painting()))
    yield Case("a tensor of doubles", image.double(), values(painting()))
    nan, infinite = image.clone(), image.clone()
    nan[0, 0, 3, 4], infinite[0, 1, 2, 3] = float("nan"), float("inf")
    yield Case("a tensor with NaN", nan, "NaN")
    yield Case("a tensor with infinity", infinite, "infinite")
    yield Case("a tensor from 0 to 255", image * 255, "values from")
    yield Case("a normalised tensor", (image - 0.45) / 0.225, "values from")
    yield Case("a tensor of bytes", (image * 255).byte(), "divide 8-bit values by 255")
    yield Case("a complex tensor", image.to(torch.complex64), "complex64")
    yield Case("a sparse tensor", image.to_sparse(), "shape")
    yield Case("a batch of two", image.repeat(2, 1, 1, 1), "shape")
    yield Case("a tensor without batch", image[0], "shape")
    yield Case("a tensor with its channels last", image.permute(0, 2, 3, 1), "shape")
    yield Case("an empty tensor", image[..., :0], "shape")
    yield Case("a grey tensor", image[:, :1], "shape")
    yield Case("an array", values(painting()), values(painting()))
    yield Case("None", None, "give a path")
    yield Case("a list", [1, 2], "give a path")
    lazy = Image.open(io.BytesIO(encoded(painting(), "BMP")[:1000]))
    yield Case("an opened picture that is cut short", lazy, "damaged or incomplete")
    closed = io.BytesIO(encoded(painting()))
    closed.close()
    yield Case("a closed file", closed, "Cannot read")
    yield Case("a file open as text", io.StringIO("text"), "mode 'rb'")
    read = io.BytesIO(encoded(painting()))
    read.read()
    yield Case("a file that has been read", read, values(painting()))


def corpus(folder: Path) -> Iterator[Case]:
    """All cases; those that are bytes are written to files of their names, and stay bytes every second time."""
    makers: list[Callable[[], Iterator[Case]]] = [cases_of_modes, cases_of_damage, cases_of_traps, cases_of_metadata]
    number = 0
    for maker in (*makers, cases_of_other_files):
        for case in maker():
            path = folder / f"{number:03d} {case.name}"
            path.write_bytes(case.source)
            number += 1
            yield case._replace(source=path)
    yield from cases_of_names(folder)
    yield from cases_of_objects()


def run(folder: Path) -> Iterator[dict[str, Any]]:
    """Load the whole corpus; yield for each case what came of it, in how many seconds, and the peak of the memory."""
    import time

    from nsthelpers import load_image

    for case in corpus(folder):
        begin_peak()
        began, wrong = time.monotonic(), ""
        try:
            found = load_image(case.source, case.size, device="cpu")[0].permute(1, 2, 0).numpy()
            outcome = "pixels"
            if isinstance(case.expected, str):
                wrong = "pixels where a sentence was expected"
            elif case.expected is not None and found.shape != case.expected.shape:
                wrong = f"shape {found.shape} where {case.expected.shape} was expected"
            elif case.expected is not None and abs(found - case.expected).max() > case.tolerance + 1e-6:
                wrong = f"off by {abs(found - case.expected).max():.3f}"
            elif not (np.isfinite(found).all() and found.min() >= 0 and found.max() <= 1):
                wrong = "values outside of 0 to 1"
        except (ValueError, FileNotFoundError, PermissionError) as problem:
            outcome = sentence = str(problem)
            if isinstance(case.expected, np.ndarray):
                wrong = "a sentence where pixels were expected"
            elif isinstance(case.expected, str) and case.expected not in sentence:
                wrong = f"another sentence than with {case.expected!r}"
            elif "\n" in sentence or not sentence.endswith((".", "?")) or len(sentence) > 700:
                wrong = "not one sentence"
        except BaseException as problem:
            outcome, wrong = repr(problem), "another exception"
        seconds = time.monotonic() - began
        yield {
            "name": case.name,
            "path": str(case.source) if isinstance(case.source, (str, Path)) else None,
            "size": case.size,
            "outcome": outcome,
            "wrong": wrong,
            "seconds": seconds,
            "megabytes": peak(),
        }


if __name__ == "__main__":
    import json

    print(json.dumps(list(run(Path(sys.argv[1])))))
